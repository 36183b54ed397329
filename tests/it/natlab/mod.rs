//! The network laboratory: what the real binary puts on the wire when sites drop, counted at a NAT router.
//!
//! Short cases run with the other tests. The long ones are ignored there: `make natlab` and `make endurance` run them and print
//! the table of measured figures.

mod endurance;
mod gauge;
mod lab;
mod long;
mod many_sites;
mod many_sites_long;
mod recovery;
mod redirects;
mod restarts;
mod server;
mod short;
mod sites;
mod story;
mod syns;
mod table;

use lab::Lab;

/// Says so and returns `true` where no laboratory can be built.
fn skipped(what: &str) -> bool {
    Lab::missing().map(|why| crate::skipped::skip(what, &why)).is_some()
}
