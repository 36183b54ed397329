//! One binary for all integration tests, a module a story.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod architecture;
mod cli;
mod engine;
mod fake_dvr;
mod glossary;
mod hello;
mod kept;
mod kiosk;
mod natlab;
mod profile;
mod skipped;
mod stream;
mod tls;
mod video;
mod watch;
mod window;
mod window_settings;
mod xvfb;
mod xvfb_input;
