//! What the screen shows of events and of the calls about them.

use std::sync::Arc;

use super::alert::AlertTrial;
use super::event_log::{LogExported, LogRead};
use super::shown_event::ShownEvent;
use events::WallTime;

/// The events at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsShown {
    /// The oldest first.
    pub list: Arc<Vec<ShownEvent>>,
    pub unseen: usize,
    /// By the clock that events are told with.
    pub now: WallTime,
    /// It sounds until somebody has seen what happened.
    pub sounding: bool,
    /// Raised when the windows should ask for attention.
    pub attention: u64,
    /// How the last *Try it* went.
    pub trial: Option<AlertTrial>,
    /// Raised whenever something was written to the log.
    pub written: u64,
    /// The answer to the last [`super::Command::ReadLog`].
    pub read: Option<Arc<LogRead>>,
    /// The answer to the last [`super::Command::ExportLog`].
    pub exported: Option<Arc<LogExported>>,
}
