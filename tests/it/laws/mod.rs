//! The laws of the reconnect machine, in simulated time.

mod edges;
mod entries;
mod figures;
mod groups;
mod law;
mod random;
mod rig;
mod stories;
pub mod world;
