//! What the screen shows of events and of the calls about them.

use std::sync::Arc;

use super::clock::Clock;
use super::event_log::{LogExported, LogRead};
use super::sound::SoundProblem;
use events::{EventRecord, WallTime};

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

/// An event with its times as the clock on the wall showed them.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownEvent {
    pub event: EventRecord,
    pub since: Clock,
    /// When it ended, or was known to last; `None`: it lasts.
    pub until: Option<Clock>,
}

/// How each means of an alert was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertTrial {
    pub sound: Trying<SoundProblem>,
    pub notification: Trying<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trying<P> {
    /// It is switched off.
    Off,
    UnderWay,
    Done,
    Failed(P),
}

/// A means of an alert that does not work here.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertFault {
    Sound(SoundProblem),
    /// In the words of the system.
    Notification(String),
}
