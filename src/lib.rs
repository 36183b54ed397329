//! Monomi (物見, a lookout): live pictures of many recorders, and never a flooded network.
//!
//! The rooms with effects. The pure ones are crates of their own under `crates/`; ARCHITECTURE.md is the map of all.

pub mod app;
pub mod bridge;
pub mod cli;
pub mod demo;
pub mod desktop;
pub mod engine;
pub mod handbook;
pub mod http;
pub mod i18n;
pub mod log;
pub mod mail;
pub mod net;
pub mod packaged;
mod private;
pub mod settings_dialog;
pub mod store;
pub mod trouble;
pub mod ui;
pub mod video;
pub mod wording;

#[cfg(test)]
#[path = "../tests/it/skipped.rs"]
mod skipped;
