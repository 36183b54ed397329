//! WHAT HAPPENED: the one model of events. Troubles that last and everything that a source reports are rows of one log, each with a begin, an
//! end, a count and whether somebody has seen it; and who is called about troubles, when, by which means.
//!
//! Belongs here: when a trouble is an event, which troubles are one event, when it has ended, how reports that repeat come to one row,
//! the rules and the timing of alerts. Does not belong here: how troubles are found (the program's `trouble`), where reports come from,
//! sounds, notifications, files, words on screen. Time is an argument.
//!
//! How a source reports: it makes a [`Happening`] of a [`Subject`] and an [`Occurrence`] (`Happening::new(..)`, or `Happening::own(..)` under the
//! device's own name), says `.begins()`, `.begins_for(..)`, `.ends()` or neither for what has no length, and adds `.detail(..)`, `.by_device_time(..)`.
//! In the engine it gives it to `EventKeeper::happened`. Where it hears nothing of a device any more it
//! says so by `EventKeeper::unheard`. Repetitions, ends that are never said and floods are the [`Aggregator`]'s: a source reports all that it hears.

mod aggregator;
mod alarm_view;
mod alerter;
mod alerts;
mod book;
mod bounded;
mod category;
mod cause;
mod choice;
mod event;
mod happening;
mod holidays;
mod hours;
mod own_rule;
mod query;
mod rate;
mod reported;
mod rules;
mod sighting;
mod tracker;
mod week;
mod what;

pub use aggregator::{Aggregator, Circumstances};
pub use alarm_view::AlarmView;
pub use alerter::{Alert, Alerter, ToldCall};
pub use alerts::{AlertSettings, AlertSound, Decision};
pub use book::{EventBook, EventsById, MOST_EVENTS, OLDEST};
pub use bounded::{Bounded, Detail, NoteText, OwnName};
pub use category::{Category, Severity};
pub use cause::{Cause, Kind};
pub use event::{Acknowledged, End, EventId, EventRecord, LocalTime, Moment, Subject, Unwatched, WallTime};
pub use happening::{Happening, Phase};
pub use holidays::{DaySpan, DaySpanError, is_japanese_holiday};
pub use hours::{Hours, HoursError, Weekdays};
pub use own_rule::{OwnRule, OwnRuleError, RuleTopic};
pub use query::{
    EventQuery, LogBounds, LogChange, LogCount, LogFormat, LogLabels, LogOpened, LogPage, LogPlace, LogStart,
};
pub use reported::Reported;
pub use rules::{AlertRules, Means, Messenger, RuleError};
pub use sighting::{Observation, Part, Sighting};
pub use tracker::{News, Tracker};
pub use week::{WeekHours, WeekHoursError};
pub use what::{Occurrence, What};
