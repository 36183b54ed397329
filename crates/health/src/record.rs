//! What is known of one device over time.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::attempts::AttemptHours;
use crate::hours::{Share, WatchedHours};
use device::DeviceId;

/// What is kept of all devices.
pub type HealthBook = BTreeMap<DeviceId, Arc<HealthRecord>>;

/// What somebody saw of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Its pictures come, or it answers.
    Up,
    Down,
}

impl Seen {
    /// For files and for scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// What [`Self::word`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Up, Self::Down].into_iter().find(|seen| seen.word() == word)
    }
}

/// What a device said of itself, the last time that it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Empty where it never said.
    pub model: String,
    pub firmware: String,
    /// Seconds that its clock is ahead.
    pub clock: Option<i64>,
    /// When it told of an event last.
    pub heard: Option<i64>,
    /// What it told of its disks and recordings and did not take back.
    pub storage: Option<StorageTrouble>,
}

/// What a device said is wrong with its disks or recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageTrouble {
    /// A stable word, such as `storage-failure`.
    pub what: String,
    pub since: i64,
    /// When it said so last.
    pub heard: i64,
    /// It lasts until the device takes it back, as far as that is heard; else it is forgotten when it was not said again for a day.
    pub stays: bool,
}

impl StorageTrouble {
    const FORGOTTEN: i64 = 24 * 3_600;

    /// Whether it was said too long ago to be said of now.
    #[must_use]
    pub fn is_over(&self, now: i64) -> bool {
        !self.stays && now - self.heard > Self::FORGOTTEN
    }
}

/// A time in which it did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub since: i64,
    /// `None`: it lasts, or nobody saw its end.
    pub until: Option<i64>,
    /// A stable word for what was found, such as `timeout`.
    pub cause: String,
}

/// What is kept of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthRecord {
    pub hours: WatchedHours,
    /// What was seen last; `None`: nothing since the program began, or nobody looks.
    seen: Option<Seen>,
    /// Since when it is so.
    pub since: Option<i64>,
    /// When somebody looked last.
    pub looked: Option<i64>,
    pub outage: Option<Outage>,
    pub known: Known,
    /// What was seen last, also by an earlier run of the program.
    pub last: Option<Seen>,
    /// With what its pictures came last ([`device::Device::contact_print`]).
    pub reached_as: Option<u64>,
    /// How often it was dialled.
    pub attempts: AttemptHours,
}

/// A change between two looks is where it was found, if they lie as close as this; else nobody knows.
const CLOSE: i64 = 60;

impl HealthRecord {
    /// What was read from a file: nobody has looked since.
    #[must_use]
    pub fn kept(hours: WatchedHours, looked: Option<i64>, outage: Option<Outage>, known: Known) -> Self {
        Self {
            hours,
            looked,
            outage,
            known,
            ..Self::default()
        }
    }

    /// Somebody looks. `most_gap`: an earlier look counts up to now if it is no longer ago, in seconds.
    pub fn look(&mut self, seen: Seen, cause: &str, most_gap: i64, now: i64) {
        if let (Some(before), Some(looked)) = (self.seen, self.looked) {
            let gap = now - looked;
            let counts = before == seen && gap <= most_gap || gap <= CLOSE.min(most_gap);
            if gap > 0 && counts {
                self.hours.add(before == Seen::Up, looked, now);
            }
        }
        if self.seen != Some(seen) {
            self.since = Some(now);
            self.turn(seen, cause, now);
        } else if let Some(outage) = self
            .outage
            .as_mut()
            .filter(|outage| outage.until.is_none() && seen == Seen::Down)
        {
            cause.clone_into(&mut outage.cause);
        }
        (self.seen, self.last, self.looked) = (Some(seen), Some(seen), Some(now));
    }

    /// Nobody looks any more.
    pub fn look_away(&mut self) {
        (self.seen, self.last, self.since) = (None, None, None);
    }

    /// What is seen of it now; `None`: nobody looks.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        self.seen
    }

    #[must_use]
    pub fn over(&self, hours: u32, now: i64) -> Share {
        self.hours.over(hours, now)
    }

    fn turn(&mut self, seen: Seen, cause: &str, now: i64) {
        let is_same_run = self.seen.is_some();
        match seen {
            Seen::Down => {
                // One that lasted when nobody looked any more, and lasts, is the same.
                let lasts = self
                    .outage
                    .as_ref()
                    .is_some_and(|outage| outage.until.is_none() && !is_same_run);
                if !lasts {
                    self.outage = Some(Outage {
                        since: now,
                        until: None,
                        cause: cause.to_owned(),
                    });
                }
            }
            Seen::Up => {
                if let Some(outage) = self.outage.as_mut().filter(|outage| outage.until.is_none()) {
                    outage.until = Some(now);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 495_000 * 3_600;

    /// Looks each ten seconds for so long.
    fn watch(record: &mut HealthRecord, seen: Seen, from: i64, lasts: i64) -> i64 {
        for at in (0..=lasts).step_by(10) {
            record.look(seen, "timeout", 60, from + at);
        }
        from + lasts
    }

    #[test]
    fn a_day_of_looks_with_an_outage_of_an_hour() {
        let mut record = HealthRecord::default();
        let fell = watch(&mut record, Seen::Up, BEGIN, 10 * 3_600);
        let back = watch(&mut record, Seen::Down, fell + 10, 3_600);
        let end = watch(&mut record, Seen::Up, back + 10, 13 * 3_600 - 20);
        let share = record.over(24, end);
        assert_eq!((share.up + share.down, share.down), (86_400, 3_610));
        assert_eq!(
            record.outage,
            Some(Outage {
                since: fell + 10,
                until: Some(back + 10),
                cause: "timeout".to_owned()
            })
        );
        assert_eq!(record.since, Some(back + 10));
    }

    #[test]
    fn a_night_without_looks_is_not_counted() {
        let mut record = HealthRecord::default();
        let evening = watch(&mut record, Seen::Up, BEGIN, 3_600);
        record.look_away();
        let end = watch(&mut record, Seen::Up, evening + 10 * 3_600, 3_600);
        assert_eq!(record.over(24, end).up, 7_200);
        // The program was killed: the file knows until when somebody looked.
        let mut again = HealthRecord::kept(record.hours, record.looked, record.outage, Known::default());
        again.look(Seen::Up, "", 60, end + 3_600);
        assert_eq!(again.over(24, end + 3_600).up, 7_200);
    }

    #[test]
    fn rare_checks_count_between_two_that_say_the_same() {
        let mut record = HealthRecord::default();
        let check =
            |record: &mut HealthRecord, minute: i64, seen| record.look(seen, "refused", 1_200, BEGIN + minute * 60);
        for minute in [0, 10, 20] {
            check(&mut record, minute, Seen::Up);
        }
        check(&mut record, 30, Seen::Down);
        check(&mut record, 40, Seen::Down);
        check(&mut record, 90, Seen::Down);
        let share = record.over(24, BEGIN + 90 * 60);
        assert_eq!(
            (share.up, share.down),
            (1_200, 600),
            "nobody knows when it fell, and nobody looked for an hour"
        );
        assert_eq!(record.outage.as_ref().map(|outage| outage.since), Some(BEGIN + 30 * 60));
    }

    #[test]
    fn an_outage_that_lasts_over_a_restart_is_one() {
        let mut record = HealthRecord::default();
        watch(&mut record, Seen::Down, BEGIN, 600);
        let mut again = HealthRecord::kept(record.hours, record.looked, record.outage, Known::default());
        again.look(Seen::Down, "refused", 60, BEGIN + 3_600);
        assert_eq!(
            again.outage.as_ref().map(|outage| (outage.since, outage.until)),
            Some((BEGIN, None))
        );
        again.look(Seen::Up, "", 60, BEGIN + 3_610);
        assert_eq!(again.outage.and_then(|outage| outage.until), Some(BEGIN + 3_610));
    }
}
