//! What is asked of the log, and what is to be written to it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Acknowledged, Category, EventBook, EventId, EventRecord, WallTime};
use device::{DeviceId, SiteId};

/// A change of the log, to be written in the order in which they were made.
#[derive(Clone, Debug, PartialEq)]
pub enum LogChange {
    /// A row, new or as it is now.
    Put(Box<EventRecord>),
    /// This event turned out to be a part of the other one, at this time.
    Under(EventId, EventId, WallTime),
    /// Somebody has seen these.
    See(Vec<EventId>),
    /// All events until this one were seen.
    SeeUntil(EventId),
    Acknowledge(EventId, Acknowledged),
}

/// Which events are wanted; what is not said is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Those of these categories; empty: of all.
    pub categories: BTreeSet<Category>,
    /// Alarms alone.
    pub alarms: bool,
    pub site: Option<SiteId>,
    pub device: Option<DeviceId>,
    /// Those that began at this time or later.
    pub from: Option<WallTime>,
    /// Those that began before this time.
    pub before: Option<WallTime>,
    /// Those whose names or details have this in them, wherever it stands.
    pub text: String,
    /// The words of what is called by something that has `text` in it where the person reads it: these are found, too.
    pub called: BTreeSet<String>,
    /// The details of this event, instead of events that are no details.
    pub of: Option<EventId>,
}

/// A place in the answer, which is sorted from the newest to the oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    pub since: WallTime,
    pub id: EventId,
}

impl LogPlace {
    #[must_use]
    pub fn of(event: &EventRecord) -> Self {
        Self {
            since: event.since,
            id: event.id,
        }
    }
}

/// Where a part of the answer begins, and which way it goes from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogStart {
    /// With the newest, to older ones.
    #[default]
    Newest,
    /// With the oldest, to newer ones.
    Oldest,
    /// With what stands at this place, to older ones.
    At(LogPlace),
    /// With what is older than this place, to older ones.
    Older(LogPlace),
    /// With what is newer than this place, to newer ones.
    Newer(LogPlace),
}

impl LogStart {
    /// Whether it goes from older ones to newer ones.
    #[must_use]
    pub fn goes_up(self) -> bool {
        matches!(self, Self::Oldest | Self::Newer(_))
    }
}

/// A part of the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    /// The newest first, whichever way it was read.
    pub events: Vec<EventRecord>,
    /// Whether there are others behind it, the way that it was read.
    pub more: bool,
    /// How many there are in all, as far as they were counted; only of a part that begins at an end.
    pub count: Option<LogCount>,
}

/// How events are written to a file for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For spreadsheets, in the words of a language.
    Csv,
    /// One array of objects, in the words of the program.
    Json,
}

/// The words of a language for a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLabels {
    /// The titles of the columns.
    pub head: Vec<String>,
    /// What the words of the program are called: those of what happened, of the categories and of the severities.
    pub called: BTreeMap<String, String>,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogCount {
    Exactly(usize),
    /// They were not counted any further.
    MoreThan(usize),
}

/// What an earlier run of the program left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogOpened {
    /// The newest troubles.
    pub book: EventBook,
    /// Whether that run did not come to its end.
    pub crashed: bool,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBounds {
    /// Events that began so many days ago go.
    pub days: u32,
    /// In MiB: of more, the oldest go, those of security last.
    pub size: u32,
}

impl Default for LogBounds {
    fn default() -> Self {
        Self { days: 365, size: 1_024 }
    }
}
