//! What a dropped site costs and how soon it is back: Monomi's policy beside those of its peers, 64 cameras behind one router,
//! in the simulated world of the laws and in network namespaces.
//!
//! `cargo bench --bench reconnect` prints the tables as Markdown; `-- simulator` or `-- namespaces` only the one half.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table is what it is for")]

mod namespaces;
mod peers;
mod simulator;

#[path = "../../tests/it/fake_dvr/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use more of it than the bench does")]
mod fake_dvr;
#[path = "../../tests/it/skipped.rs"]
mod skipped;
#[path = "../../tests/it/watch.rs"]
#[allow(dead_code, reason = "the tests use more of it than the bench does")]
mod watch;
#[path = "../../crates/reconnect/tests/laws/world.rs"]
#[allow(dead_code, reason = "the laws use more of the world than the bench does")]
mod world;

fn main() {
    // The laboratory runs this program inside its namespaces, as a site's servers and as the client of a peer's policy.
    if namespaces::inside() {
        return;
    }
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let wants = |half: &str| only.as_deref().is_none_or(|only| only == half);
    if wants("simulator") {
        simulator::print();
    }
    if wants("namespaces") {
        namespaces::print();
    }
}
