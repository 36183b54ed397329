//! One report of a source.

use std::time::Duration;

use super::{OwnName, Severity, Subject, WallTime, What};
use crate::Category;
use crate::bounded::Detail;

/// What a source reports: that something began, ended or happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// A channel only where the source names it for certain, else the device.
    pub subject: Subject,
    pub what: What,
    pub phase: Phase,
    /// When it was by the clock of the device, which may be wrong by hours. Ours is that of the moment in which the report is taken in.
    pub device_time: Option<WallTime>,
    /// What the device says of it in its own words, or what was changed from what into what; never a password.
    pub detail: Detail,
    /// The user of the system, for what a person did.
    pub who: Option<OwnName>,
    /// How often it happened: once, unless the source has counted.
    pub times: u32,
}

/// What is taken to be over where nobody says so and Monomi has no word for it.
const OWN_ENDS_AFTER: Duration = Duration::from_secs(30);

/// What a report says of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It began, or still lasts: a repetition says only that. Where its end may never be said, it ends this long after the last
    /// repetition.
    Begin { ends_after: Option<Duration> },
    /// It ended; of what is not known to last, this is no news.
    End,
    /// It has no length.
    Moment,
}

impl Happening {
    /// A report that this happened just now and has no length.
    #[must_use]
    pub fn new(subject: Subject, what: impl Into<What>) -> Self {
        Self {
            subject,
            what: what.into(),
            phase: Phase::Moment,
            device_time: None,
            detail: Detail::default(),
            who: None,
            times: 1,
        }
    }

    /// A report of something that Monomi has no word for.
    #[must_use]
    pub fn own(subject: Subject, name: &str, category: Category, severity: Severity) -> Self {
        let what = What::Own {
            name: OwnName::new(name),
            category,
            severity,
        };
        Self::new(subject, what)
    }

    /// It began; it ends when that is said, or by itself after [`crate::Occurrence::ends_after`].
    #[must_use]
    pub fn begins(self) -> Self {
        let ends_after = match &self.what {
            What::Known(occurrence) => occurrence.ends_after(),
            What::Trouble(_) => None,
            What::Own { .. } => Some(OWN_ENDS_AFTER),
        };
        self.begins_for(ends_after)
    }

    /// It began; it ends when that is said, or this long after the last report of it.
    #[must_use]
    pub fn begins_for(self, ends_after: Option<Duration>) -> Self {
        Self {
            phase: Phase::Begin { ends_after },
            ..self
        }
    }

    #[must_use]
    pub fn ends(self) -> Self {
        Self {
            phase: Phase::End,
            ..self
        }
    }

    #[must_use]
    pub fn by_device_time(self, device_time: Option<WallTime>) -> Self {
        Self { device_time, ..self }
    }

    #[must_use]
    pub fn detail(self, detail: &str) -> Self {
        Self {
            detail: Detail::new(detail),
            ..self
        }
    }

    #[must_use]
    pub fn by(self, who: &str) -> Self {
        Self {
            who: Some(OwnName::new(who)).filter(|who| !who.is_empty()),
            ..self
        }
    }
}
