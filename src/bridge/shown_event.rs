//! An event as the screen shows it.

use super::clock::Clock;
use events::EventRecord;

/// An event with its times as the clock on the wall showed them.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownEvent {
    pub event: EventRecord,
    pub since: Clock,
    /// When it ended, or was known to last; `None`: it lasts.
    pub until: Option<Clock>,
}
