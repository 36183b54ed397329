//! The network laboratory: what the real binary puts on the wire when sites drop, counted at a NAT router.
//!
//! Short cases run with the other tests; `make natlab` runs the long ones and prints the table of measured figures.

mod endurance;
mod gauge;
mod lab;
mod long;
mod recovery;
mod server;
mod short;
mod story;
mod table;

use lab::Lab;

/// Says so and returns `true` where no laboratory can be built.
fn skipped(what: &str) -> bool {
    Lab::missing().map(|why| crate::skipped::skip(what, &why)).is_some()
}

/// Whether `MONOMI_NATLAB` asks for these cases (`long`, `endurance`) and they can run.
fn wanted(cases: &str) -> bool {
    std::env::var("MONOMI_NATLAB").is_ok_and(|wanted| wanted == cases) && !skipped(&format!("natlab: {cases}"))
}
