//! One binary for all integration tests, a module a story.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]
#![cfg_attr(
    not(unix),
    allow(dead_code, reason = "what only laboratory, X server and signals need")
)]

mod alerts;
mod architecture;
mod cli;
mod cli_ptz;
#[cfg(target_os = "linux")]
mod desktop;
mod diagnose;
mod earlier_profiles;
mod engine;
mod event_log;
mod fake_dvr;
mod fake_onvif;
mod fake_vendor;
#[cfg(target_os = "linux")]
mod find;
mod glossary;
#[cfg(target_os = "linux")]
mod guardian;
mod handbook;
mod hello;
mod kept;
#[cfg(unix)]
mod kiosk;
mod licences;
#[cfg(unix)]
mod natlab;
#[cfg(unix)]
mod profile;
mod recording_kill;
mod skipped;
mod stream;
mod tls;
mod unshared;
mod video;
mod watch;
#[cfg(target_os = "linux")]
mod wayland;
mod window;
mod window_settings;
#[cfg(unix)]
mod xvfb;
#[cfg(unix)]
mod xvfb_input;
#[cfg(target_os = "linux")]
mod xvfb_work_area;
