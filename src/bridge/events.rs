//! What the screen shows of events and of the calls about them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::alarm::OpenAlarm;
use super::alert::AlertTrial;
use super::event_log::{LogExported, LogRead};
use super::shown_event::ShownEvent;
use device::ChannelId;
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
    /// Cameras that rules have opened; the oldest first.
    pub alarms: Arc<Vec<OpenAlarm>>,
    /// The cameras whose tiles have a border.
    pub bordered: Arc<BTreeSet<ChannelId>>,
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
