//! What one part of an event stream says, before it is known what of it may be believed.

use std::time::Duration;

use incidents::{IncidentKind, IncidentState};

/// What a part says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Heartbeat,
    Report(Report),
}

/// An incident, before it is known which channel may be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub kind: IncidentKind,
    pub state: IncidentState,
    pub channel: Option<u16>,
    pub name: String,
    pub detail: String,
    pub device_time: Option<i64>,
    pub ends_after: Option<Duration>,
}
