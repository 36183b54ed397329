//! WHEN TO CONNECT: every connect of the program is decided here, by one pure machine.
//!
//! Belongs here: backoff, budgets, site outages and their canary, the ramp, what a failure is answered with. Time is an
//! argument, chance is seeded: same inputs, same seed, same outputs.
//! Does not belong here: sockets, timers and tasks (`net`, `engine`), what is registered (`device`), words (`ui`).
//!
//! The law of use: [`Machine::handle`] one input, then [`Machine::poll`] until it says [`Output::Sleep`].
//!
//! Two waits that are never merged. *Backoff*: is it worth trying? *Budget*: may anyone dial now? A person's *Retry now*
//! and a hint skip the first, nothing skips the second.
//!
//! Three levels: process → group → device. The *process* pays for what fails, whatever the number of sites, and gives
//! turns. A *group* is what shares one way out: the devices of one registry site and of every site that has a public
//! address in common with it. A group is either *open* (its devices have their own timers, and a window of 1, 2, 4, 8 dials
//! in flight that grows with success and shrinks with failure) or *probing* (the timers are frozen and one canary probes
//! for all).
//!
//! The parts own their state: `process` (what may fail in a minute), `queue` (who goes next), `directory` (who is where),
//! `traffic` (a group's dials and streams), `all_sites` (the canary while everything is down), `statistics` (what is shown),
//! `earlier` (what the last run left). `Machine` has the devices and groups, and leads an input through them.

mod all_sites;
mod attempt;
mod backoff;
mod canary;
mod device_plan;
mod directory;
mod earlier;
mod failure;
mod gcra;
mod group;
mod grouping;
mod input;
mod ledger;
mod limits;
mod loss;
mod machine;

mod network;
mod outcome;
mod port;
mod process;
mod queue;
mod rate;
mod recorder;
mod redirect;
mod resume;
mod spent;
mod statistics;
mod traffic;
mod turn;
mod view;

pub use failure::{Failure, FailureKind, Remedy, Stage, TlsObstacle, TransportObstacle};
pub use limits::Limits;
pub use machine::Machine;
pub use port::{
    AttemptId, Dial, HeldBy, Hint, Input, LinkId, LinkView, Network, Output, Permit, Rank, SignIn, SiteState, SiteView,
    Why,
};
pub use spent::{DeviceSpent, NetworkSpent, OutageSpent, RecorderSpent, SiteSpent, Spent};
pub use statistics::Totals;
