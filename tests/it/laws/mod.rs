//! The laws of the reconnect machine, in simulated time.

mod law;
mod random;
mod stories;
pub mod world;
