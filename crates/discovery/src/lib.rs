//! HOW RECORDERS ARE FOUND: the ranges that a person types, the probes of WS-Discovery, their answers, and the pace of both.
//!
//! Belongs here: what is sent to whom and when, as values; reading of what comes back; which answers are one device.
//! Does not belong here: sockets (`net`), what is registered (`device`), the questions of ONVIF itself.

mod answer;
mod book;
mod knock;
mod places;
mod probe;
mod range;
mod scan;
mod scopes;

pub use answer::{MOST_ANSWERS, ProbeAnswer, read_answers};
pub use book::{FoundBook, FoundDevice, FoundId, MOST_FOUND, Noted, Way};
pub use knock::{KNOCK_PORTS, KnockProgress, Knocked, Knocks};
pub use places::Places;
pub use probe::{ProbeIds, ProbeKind};
pub use range::{AddressRange, MOST_ADDRESSES, MOST_IN_RANGE, RangeError, RangeFault, Ranges};
pub use scan::{Scan, ScanProgress, ScanStep};
