//! WHAT HAPPENED: troubles that last, each as one event with a begin, an end and whether somebody has seen it; and who is called
//! about it, when, by which means.
//!
//! Belongs here: when a trouble is an event, which troubles are one event, when it has ended, the rules and the timing of alerts.
//! Does not belong here: how troubles are found (the program's `trouble`), sounds, notifications, files, words on screen. Time is an
//! argument.

mod alerter;
mod alerts;
mod book;
mod cause;
mod choice;
mod event;
mod hours;
mod rules;
mod sighting;
mod tracker;

pub use alerter::{Alert, Alerter};
pub use alerts::{AlertSettings, AlertSound};
pub use book::{EventBook, MOST_EVENTS, OLDEST};
pub use cause::{Cause, Kind};
pub use event::{End, EventId, EventRecord, LocalTime, Moment, Subject, Unwatched, WallTime};
pub use hours::{Hours, HoursError, Weekdays};
pub use rules::{AlertRules, Means, RuleError};
pub use sighting::{Observation, Part, Sighting};
pub use tracker::{News, Tracker};
