//! Where an event leads: to the tiles of its cameras, and to what was recorded of it.

use super::span::LogSpan;
use crate::ui::act::{Act, RecordingsAt};
use device::ChannelId;
use events::{EventRecord, Subject};

/// A recording is shown from so long before its event on, in microseconds.
const BEFORE: i64 = 5_000_000;

/// Leads to what was recorded some seconds before the event.
pub(super) fn recording_of(event: &EventRecord, span: &LogSpan) -> Option<Act> {
    let Subject::Channel(channel) = event.subject else {
        return None;
    };
    let shown = span.rows().iter().find(|row| row.event.id == event.id)?;
    let (since, clock) = (i64::try_from(event.since.0).ok()?, shown.since);
    Some(Act::Recordings(Some(RecordingsAt {
        channel,
        day: (clock.year, clock.month, clock.day),
        at: since.saturating_mul(1_000).saturating_sub(BEFORE),
    })))
}

/// Leads to the tiles of the event, else to the device in the tree.
pub(super) fn lead(event: &EventRecord) -> Act {
    let channels = match event.subject {
        Subject::Channel(channel) => vec![channel],
        Subject::Channels(device) => event
            .channels
            .iter()
            .map(|number| ChannelId {
                device,
                number: *number,
            })
            .collect(),
        _ => Vec::new(),
    };
    Act::LeadTo(channels, event.devices.iter().copied().collect())
}
