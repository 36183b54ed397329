//! The room of Monomi that has fuzz targets and is no crate, mounted from its sources with those that it knows.
#![allow(dead_code, reason = "a part of the crate: what calls these items is not mounted")]

#[path = "../../src/packaged.rs"]
pub mod packaged;

#[path = "../../src/private.rs"]
mod private;

#[path = "../../src/store/mod.rs"]
pub mod store;
