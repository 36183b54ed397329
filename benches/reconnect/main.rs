//! What a dropped site costs and how soon it is back: Monomi's policy beside those of its peers, 64 cameras behind one router.
//!
//! `cargo bench --bench reconnect` prints the tables as Markdown.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, reason = "a table is what it is for")]

mod peers;
mod simulator;

#[path = "../../tests/it/laws/world.rs"]
#[allow(dead_code, reason = "the laws use more of the world than the bench does")]
mod world;

fn main() {
    simulator::print();
}
