//! The laws of the reconnect machine, in simulated time.

mod groups;
mod law;
mod random;
mod stories;
pub mod world;
