//! Monomi (物見, a lookout): live pictures of many recorders, and never a flooded network.
//!
//! The rooms, one sentence each; ARCHITECTURE.md holds who may know whom, and a test holds it against the imports.

pub mod app;
pub mod bridge;
pub mod cli;
pub mod demo;
pub mod device;
pub mod driver;
pub mod i18n;
pub mod log;
pub mod net;
pub mod raster;
pub mod reconnect;
pub mod rtsp;
pub mod settings;
pub mod shell;
pub mod store;
pub mod ui;
pub mod video;
pub mod wall;
