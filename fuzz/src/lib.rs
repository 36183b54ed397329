//! The rooms of Monomi that have fuzz targets, mounted from its sources.
#![allow(dead_code, reason = "a part of the crate: what calls these items is not mounted")]

#[path = "../../src/device/mod.rs"]
pub mod device;
#[path = "../../src/settings/mod.rs"]
pub mod settings;
#[path = "../../src/store/mod.rs"]
pub mod store;

/// Of this room the settings need only the limits.
pub mod reconnect {
    #[path = "../../../src/reconnect/limits.rs"]
    mod limits;
    pub use limits::Limits;
}
