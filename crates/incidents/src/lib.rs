//! WHAT DEVICES REPORT: incidents, such as motion before a camera or a full disk, whichever way a device says them.
//!
//! Belongs here: what an incident is, which channel of a device may be believed, how a pause grows, and times as devices write them.
//! Does not belong here: how each kind of device says them (`onvif`, `vendor`), sockets, and what becomes of them (`events`). Time is an argument.

mod belief;
mod incident;
mod pause;
mod time;

pub use belief::ChannelBelief;
pub use incident::{Incident, IncidentKind, IncidentState, text_of};
pub use pause::Pause;
pub use time::unix_time;
