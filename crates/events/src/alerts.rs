//! When and how a person is called.

use std::time::Duration;

use super::{AlertRules, Hours, LocalTime, Means, Weekdays};
use crate::{EventRecord, Kind};
use device::SiteId;

/// How long the sound calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AlertSound {
    Off,
    #[default]
    Once,
    /// Every few seconds, until somebody has seen what happened.
    UntilSeen,
}

impl AlertSound {
    pub const ALL: &[Self] = &[Self::Off, Self::Once, Self::UntilSeen];
    /// The words for files and the command line, in the order of `ALL`.
    pub const WORDS: &[&str] = &["off", "once", "until-seen"];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Once => "once",
            Self::UntilSeen => "until-seen",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|sound| sound.as_str() == word)
    }
}

/// Everything that can be set of alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    /// A trouble that ends earlier is no event, in seconds.
    pub after: u32,
    pub sound: AlertSound,
    pub attention: bool,
    pub notification: bool,
    /// In these hours nobody is called; what lasts until their end calls then.
    pub quiet_hours: Option<Hours>,
    /// The days on which the quiet hours begin.
    pub quiet_days: Weekdays,
    pub rules: AlertRules,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            after: 30,
            sound: AlertSound::default(),
            attention: true,
            notification: true,
            quiet_hours: None,
            quiet_days: Weekdays::default(),
            rules: AlertRules::default(),
        }
    }
}

impl AlertSettings {
    #[must_use]
    pub fn after(&self) -> Duration {
        Duration::from_secs(self.after.into())
    }

    #[must_use]
    pub fn is_quiet(&self, at: LocalTime) -> bool {
        self.quiet_hours.is_some_and(|hours| hours.contain(at, self.quiet_days))
    }

    /// How this event calls.
    #[must_use]
    pub fn means(&self, event: &EventRecord) -> Means {
        self.means_of(event.site_id(), event.cause.kind())
    }

    #[must_use]
    pub fn means_of(&self, site: Option<SiteId>, kind: Kind) -> Means {
        let means = self.rules.means(site, kind);
        Means {
            sound: means.sound && self.sound != AlertSound::Off,
            attention: means.attention && self.attention,
            notification: means.notification && self.notification,
        }
    }
}
