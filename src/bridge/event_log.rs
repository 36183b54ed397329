//! What the screen asks of the log of events, and the answers.

use std::path::PathBuf;

use super::profile::ProfileFault;
use super::shown_event::ShownEvent;
use events::{EventQuery, LogCount, LogFormat, LogLabels, LogStart};

/// Year, month and day on the clock on the wall.
pub type CalendarDay = (i32, u8, u8);

/// When the events began that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogPeriod {
    #[default]
    Any,
    /// In the last so many hours.
    Hours(u16),
    /// On these days, both of them as well, in local time.
    Days(CalendarDay, CalendarDay),
}

/// Which events are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Its times are filled in from `period`.
    pub query: EventQuery,
    pub period: LogPeriod,
}

/// A part of the log is wanted; [`super::EventsShown::read`] has the answer with the same number. One that was not begun yet gives way
/// to a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    pub id: u64,
    pub wanted: LogQuery,
    pub start: LogStart,
    pub most: usize,
}

/// What was found in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRead {
    /// The number of the request.
    pub id: u64,
    /// Else why it cannot be read, in the words of the system.
    pub part: Result<LogPart, String>,
}

/// A part of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPart {
    /// The newest first.
    pub rows: Vec<ShownEvent>,
    /// Whether there are others behind it, the way that it was read.
    pub more: bool,
    /// How many there are in all; only of a part that begins at an end.
    pub count: Option<LogCount>,
}

/// Write the events that are wanted to a new file; [`super::EventsShown::exported`] has the answer with the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogExport {
    pub id: u64,
    pub wanted: LogQuery,
    pub format: LogFormat,
    pub labels: LogLabels,
    pub path: PathBuf,
}

/// How many events were written to which file.
#[derive(Clone, Debug, PartialEq)]
pub struct LogExported {
    pub id: u64,
    pub path: PathBuf,
    pub count: Result<usize, ProfileFault>,
}
