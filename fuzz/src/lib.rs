//! The rooms of Monomi that have fuzz targets, mounted from its sources.
#![allow(dead_code, reason = "a part of the crate: what calls these items is not mounted")]

#[path = "../../src/device/mod.rs"]
pub mod device;
#[path = "../../src/rtsp/mod.rs"]
pub mod rtsp;
#[path = "../../src/settings/mod.rs"]
pub mod settings;
#[path = "../../src/store/mod.rs"]
pub mod store;
#[path = "../../src/wall/mod.rs"]
pub mod wall;

/// Of this room the settings need only the limits.
#[path = "."]
pub mod reconnect {
    #[path = "../../src/reconnect/limits.rs"]
    mod limits;
    pub use limits::Limits;
}
