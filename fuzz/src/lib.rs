//! The room of Monomi that has fuzz targets and is no crate, mounted from its sources.
#![allow(dead_code, reason = "a part of the crate: what calls these items is not mounted")]

#[path = "../../src/store/mod.rs"]
pub mod store;
