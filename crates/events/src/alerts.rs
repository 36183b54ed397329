//! When and how a person is called.

use std::time::Duration;

use super::{AlertRules, Hours, LocalTime, Means, Weekdays};
use crate::{EventRecord, Kind, choice};
use device::SiteId;

choice! {
    /// How long the sound calls.
    #[derive(Default)]
    enum AlertSound {
        Off = "off",
        #[default]
        Once = "once",
        /// Every few seconds, until somebody has seen what happened.
        UntilSeen = "until-seen",
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
    /// It is said on the desktop of a kiosk, too, where passers-by read it.
    pub kiosk_notification: bool,
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
            kiosk_notification: false,
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

    /// How people are called at a kiosk.
    #[must_use]
    pub fn in_kiosk(&self) -> Self {
        Self {
            notification: self.notification && self.kiosk_notification,
            ..self.clone()
        }
    }

    /// How this event calls.
    #[must_use]
    pub fn means(&self, event: &EventRecord) -> Means {
        let kind = event.cause().map(super::Cause::kind);
        kind.map_or(Means::NONE, |kind| self.means_of(event.site_id(), kind))
    }

    #[must_use]
    pub fn means_of(&self, site: Option<SiteId>, kind: Kind) -> Means {
        let means = self.rules.means(site, kind);
        Means {
            sound: means.sound && self.sound != AlertSound::Off,
            attention: means.attention && self.attention,
            notification: means.notification && self.notification,
            ..means
        }
    }
}
