//! How often a device was dialled, by hours.

use std::collections::BTreeMap;

const HOUR: i64 = 3_600;

/// A day and an hour, because the first and the last hour are not whole.
const MOST: usize = 25;

/// The connects that were made to a device in the last 24 hours: streams, questions and looks alike, each with one permit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptHours {
    hours: BTreeMap<i64, u32>,
}

impl AttemptHours {
    /// So many more, now.
    pub fn add(&mut self, attempts: u32, now: i64) {
        if attempts == 0 {
            return;
        }
        let hour = now.div_euclid(HOUR);
        let of = self.hours.entry(hour).or_default();
        *of = of.saturating_add(attempts);
        while self.hours.len() > MOST {
            self.hours.pop_first();
        }
    }

    /// In the last 24 hours, rounded up to whole ones.
    #[must_use]
    pub fn of_a_day(&self, now: i64) -> u32 {
        let last = now.div_euclid(HOUR);
        let day = self.hours.range(last - 24..=last);
        day.map(|(_, attempts)| *attempts).fold(0, u32::saturating_add)
    }

    /// The most SYNs that these attempts can have cost: the kernel gives up before it sends a third.
    #[must_use]
    pub fn most_syns(attempts: u32) -> u32 {
        attempts.saturating_mul(2)
    }

    /// In few bytes, such as `495000:3 495001:7`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let hours: Vec<String> = self.hours.iter().map(|(hour, of)| format!("{hour}:{of}")).collect();
        hours.join(" ")
    }

    /// What [`Self::to_text`] wrote. What cannot be read is left out.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let read = |part: &str| {
            let (hour, of) = part.split_once(':')?;
            Some((hour.parse::<i64>().ok()?, of.parse::<u32>().ok()?))
        };
        let mut hours: BTreeMap<i64, u32> = text.split(' ').filter_map(read).collect();
        while hours.len() > MOST {
            hours.pop_first();
        }
        Self { hours }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 495_000 * HOUR;

    #[test]
    fn a_day_counts_and_what_is_older_is_forgotten() {
        let mut hours = AttemptHours::default();
        for hour in 0..100 {
            hours.add(2, BEGIN + hour * HOUR + 60);
        }
        let now = BEGIN + 99 * HOUR + 120;
        assert_eq!(hours.of_a_day(now), 50);
        assert_eq!(hours.of_a_day(now + 24 * HOUR), 2);
        assert_eq!(hours.of_a_day(now + 48 * HOUR), 0);
        assert_eq!(AttemptHours::from_text(&hours.to_text()), hours);
        assert_eq!(AttemptHours::most_syns(50), 100);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for text in ["", "x", "1", "1:", ":1", "1:-1", "99999999999999999999:1"] {
            assert_eq!(AttemptHours::from_text(text), AttemptHours::default(), "{text}");
        }
        assert_eq!(AttemptHours::from_text("x 495000:3").of_a_day(BEGIN), 3);
    }
}
