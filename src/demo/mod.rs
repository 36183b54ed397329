//! THE BUILT-IN DEMO DVR: a real RTSP server with moving pictures, for a first look and for tests.
//!
//! Belongs here: the server, its pictures and their encoders. Does not belong here: anything that a real recorder would not
//! know of; the rest of the program meets the demo DVR over a socket like any other device. Known by `main` and `cli` alone.

mod encoder;
mod font;
mod recorded;
mod server;
mod test_card;
mod time_code;

pub use server::{DemoConfig, DemoDvr, DemoError};
pub use time_code::read as read_time_code;
