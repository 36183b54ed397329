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
//! The parts own their state, behind private fields. [`Machine`] leads an input through those that it concerns and passes on
//! what each of them finds; a rule that needs two parts is a function that takes them.
//!
//! - `basis`: the time, chance, and what the machine was told of its surroundings.
//! - `plans`: the devices and their links; who is where, and who is an entry of one recorder.
//! - `groups`: who shares a way out, what is known of it, its canary and its ramp.
//! - `attempts`: what is under way or plays, and what the Network page counts.
//! - `all_sites`: the one canary while everything is down.
//! - `queue`: which group goes next. `process`: what may fail in a minute.
//! - `roads`: by which of its endpoints each device is reached, where it has several.
//! - `earlier`: what the last run left. `news`: what the engine has not been told yet.
//!
//! A group whose place in the queue may have changed is *touched*; it is placed anew when its input is done, never in between.
//! Rules between parts: `outcome` (what a failure says of device and site), `network` (what is tried anew), `wish` (what a group
//! wants next). `view` and `keeping` only read.

mod all_sites;
mod attempts;
mod backoff;
mod basis;
mod class;
mod earlier;
mod failure;
mod gcra;
mod groups;
mod keeping;
mod ledger;
mod limits;
mod machine;
mod network;
mod news;
mod outcome;
mod plans;
mod port;
mod process;
mod queue;
mod rate;
mod roads;
mod spent;
mod view;
mod wish;

pub use attempts::Totals;
pub use failure::{Failure, FailureKind, MemoryLimit, Remedy, Stage, TlsObstacle, TransportObstacle};
pub use limits::Limits;
pub use machine::Machine;
pub use port::{
    AttemptId, Dial, HeldBy, Hint, Input, LinkId, LinkView, Network, Output, Permit, Rank, RoadEnd, RoadTried,
    RoadView, RoadsOf, SignIn, SiteState, SiteView, Why,
};
pub use spent::{DeviceSpent, NetworkSpent, OutageSpent, RecorderSpent, SiteSpent, Spent};
