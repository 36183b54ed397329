//! The laws of the reconnect machine, in simulated time.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod edges;
mod entries;
mod figures;
mod groups;
mod law;
mod many_sites;
mod passwords;
mod planned;
mod questions;
mod random;
mod restarts;
mod rig;
mod roads;
mod stories;
mod unspoken;
mod waiting;
mod world;
