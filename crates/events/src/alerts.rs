//! When and how a person is called.

use std::time::Duration;

use super::{AlarmView, AlertRules, DaySpan, Hours, LocalTime, Means, OwnRule, Weekdays, is_japanese_holiday};
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
    /// Rules of a person's own. The first one that fits decides; where none does, `rules` do.
    pub own_rules: Vec<OwnRule>,
    /// Days that count as holidays.
    pub holidays: Vec<DaySpan>,
    /// The public holidays of Japan count, too.
    pub japanese_holidays: bool,
}

/// How people are called about one event, as the rules have it at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub means: Means,
    pub border: bool,
    /// It has to last this long before.
    pub after: Duration,
    pub view: Option<AlarmView>,
    /// The rule that decided; `None`: the table of kinds and sites did.
    pub rule: Option<String>,
    /// A rule is about it that does not hold at this time of the week.
    pub later: bool,
}

impl Decision {
    /// Whether anybody is called, or anything shown.
    #[must_use]
    pub fn calls(&self) -> bool {
        self.means != Means::NONE || self.border || self.view.is_some()
    }
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
            own_rules: Vec::new(),
            holidays: Vec::new(),
            japanese_holidays: false,
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

    /// Whether the day, counted from 1970-01-01, is a holiday.
    #[must_use]
    pub fn is_holiday(&self, day: i64) -> bool {
        self.holidays.iter().any(|span| span.has(day)) || self.japanese_holidays && is_japanese_holiday(day)
    }

    /// Whether anybody may be called about this event at any time.
    #[must_use]
    pub fn may_call(&self, event: &EventRecord) -> bool {
        if event.cause().is_some() {
            return true;
        }
        let about = self.own_rules.iter().filter(|rule| rule.is_about(event));
        // One that always holds and calls nobody is the last word.
        let mut decisive = about.filter(|rule| rule.calls() || rule.when.is_always());
        decisive.next().is_some_and(OwnRule::calls)
    }

    /// How people are called about this event at this time.
    #[must_use]
    pub fn decide(&self, event: &EventRecord, at: LocalTime) -> Decision {
        let is_holiday = |day| self.is_holiday(day);
        let mut later = false;
        for rule in self.own_rules.iter().filter(|rule| rule.is_about(event)) {
            if rule.holds(at, is_holiday) {
                return Decision {
                    means: self.allowed(rule.means),
                    border: rule.border,
                    after: rule.after(),
                    view: rule.view.clone(),
                    rule: Some(rule.name.clone()),
                    later: false,
                };
            }
            later = true;
        }
        Decision {
            means: self.means(event),
            border: false,
            after: Duration::ZERO,
            view: None,
            rule: None,
            later,
        }
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
        self.allowed(self.rules.means(site, kind))
    }

    /// Those of the means that are on at all.
    fn allowed(&self, means: Means) -> Means {
        Means {
            sound: means.sound && self.sound != AlertSound::Off,
            attention: means.attention && self.attention,
            notification: means.notification && self.notification,
            ..means
        }
    }
}
