//! Seconds of each hour in which a device worked, and in which it did not.

use std::collections::BTreeMap;
use std::fmt::Write as _;

const HOUR: i64 = 3_600;

/// Thirty days and a day, because the first and the last hour are not whole.
const MOST: usize = 31 * 24;

/// The last thirty days, by hours since 1970. An hour that is missing is one in which nobody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchedHours {
    hours: BTreeMap<i64, Hour>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hour {
    /// Seconds, together at most as many as an hour has.
    up: u16,
    down: u16,
}

/// What is known of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Seconds in which it worked, and in which it did not. The rest of the span nobody looked.
    pub up: u64,
    pub down: u64,
    /// Of the whole span.
    pub span: u64,
}

impl Share {
    /// Of the time in which somebody looked, in ten-thousandths; `None`: nobody did.
    #[must_use]
    pub fn available(self) -> Option<u32> {
        share_of(self.up, self.up + self.down)
    }

    /// How much of the span somebody looked, in ten-thousandths.
    #[must_use]
    pub fn watched(self) -> u32 {
        share_of(self.up + self.down, self.span).unwrap_or(0)
    }
}

/// Rounded down, so that what was away for a second is not there all the time.
fn share_of(part: u64, whole: u64) -> Option<u32> {
    let share = part.saturating_mul(10_000).checked_div(whole)?;
    u32::try_from(share.min(10_000)).ok()
}

impl WatchedHours {
    /// It worked, or did not, from one moment to the other.
    pub fn add(&mut self, works: bool, from: i64, to: i64) {
        let mut at = from;
        // Nobody looks at anything for longer without saying so.
        while at < to && to - from <= 7 * 24 * HOUR {
            let hour = at.div_euclid(HOUR);
            let end = to.min((hour + 1) * HOUR);
            self.hours.entry(hour).or_default().add(works, end - at);
            at = end;
        }
        while self.hours.len() > MOST {
            self.hours.pop_first();
        }
    }

    /// The last so many hours before this moment.
    #[must_use]
    pub fn over(&self, hours: u32, now: i64) -> Share {
        let last = now.div_euclid(HOUR);
        let first = last - i64::from(hours);
        // The oldest hour counts for the part of it that lies in the span, as if it were all the same.
        let part = HOUR - now.rem_euclid(HOUR);
        let mut share = Share {
            span: u64::from(hours) * HOUR.unsigned_abs(),
            ..Share::default()
        };
        for (hour, of) in self.hours.range(first..=last) {
            let scaled = |seconds: u16| match *hour == first {
                true => u64::from(seconds) * part.unsigned_abs() / HOUR.unsigned_abs(),
                false => u64::from(seconds),
            };
            share.up += scaled(of.up);
            share.down += scaled(of.down);
        }
        share
    }

    /// In few bytes: runs of hours that are the same, such as `495000*720:3600/0`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut run: Option<(i64, i64, Hour)> = None;
        for (hour, of) in &self.hours {
            match &mut run {
                Some((first, count, same)) if *first + *count == *hour && same == of => *count += 1,
                _ => {
                    write_run(&mut text, run);
                    run = Some((*hour, 1, *of));
                }
            }
        }
        write_run(&mut text, run);
        text
    }

    /// What [`Self::to_text`] wrote. What cannot be read is left out.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut all = Self::default();
        for run in text.split(' ') {
            let Some((first, count, of)) = read_run(run) else {
                continue;
            };
            for hour in first..first.saturating_add(count) {
                all.hours.insert(hour, of);
            }
        }
        while all.hours.len() > MOST {
            all.hours.pop_first();
        }
        all
    }
}

impl Hour {
    /// An hour has no more seconds, however the clock was set.
    fn add(&mut self, works: bool, seconds: i64) {
        let left = HOUR - i64::from(self.up) - i64::from(self.down);
        let seconds = u16::try_from(seconds.clamp(0, left)).unwrap_or(0);
        match works {
            true => self.up += seconds,
            false => self.down += seconds,
        }
    }
}

fn write_run(text: &mut String, run: Option<(i64, i64, Hour)>) {
    let Some((first, count, of)) = run else { return };
    if !text.is_empty() {
        text.push(' ');
    }
    let _ = match count {
        1 => write!(text, "{first}:{}/{}", of.up, of.down),
        _ => write!(text, "{first}*{count}:{}/{}", of.up, of.down),
    };
}

fn read_run(run: &str) -> Option<(i64, i64, Hour)> {
    let (hours, of) = run.split_once(':')?;
    let (first, count) = match hours.split_once('*') {
        Some((first, count)) => (first, count.parse().ok()?),
        None => (hours, 1),
    };
    let (up, down) = of.split_once('/')?;
    let of = Hour {
        up: up.parse().ok()?,
        down: down.parse().ok()?,
    };
    let fits = i64::from(of.up) + i64::from(of.down) <= HOUR && (1..=MOST as i64).contains(&count);
    fits.then_some((first.parse().ok()?, count, of))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * HOUR;
    const BEGIN: i64 = 495_000 * HOUR;

    #[test]
    fn time_in_which_nobody_looked_is_neither_up_nor_down() {
        let mut hours = WatchedHours::default();
        assert_eq!(hours.over(24, BEGIN).available(), None);
        hours.add(true, BEGIN, BEGIN + 3 * HOUR);
        hours.add(false, BEGIN + 3 * HOUR, BEGIN + 4 * HOUR);
        let share = hours.over(24, BEGIN + DAY);
        assert_eq!((share.up, share.down, share.span), (3 * 3_600, 3_600, 86_400));
        assert_eq!((share.available(), share.watched()), (Some(7_500), 1_666));
        assert_eq!(
            hours.over(24, BEGIN + 2 * DAY + HOUR).available(),
            None,
            "it is longer ago"
        );
        assert_eq!(hours.over(7 * 24, BEGIN + 2 * DAY).available(), Some(7_500));
    }

    #[test]
    fn a_second_is_not_rounded_away() {
        let mut hours = WatchedHours::default();
        hours.add(true, BEGIN, BEGIN + DAY - 1);
        hours.add(false, BEGIN + DAY - 1, BEGIN + DAY);
        assert_eq!(hours.over(24, BEGIN + DAY).available(), Some(9_999));
    }

    #[test]
    fn thirty_days_are_kept_in_few_bytes() {
        let mut hours = WatchedHours::default();
        for minute in 0..40 * 24 * 60 {
            hours.add(true, BEGIN + minute * 60, BEGIN + (minute + 1) * 60);
        }
        assert_eq!(hours.hours.len(), MOST);
        assert_eq!(
            hours.over(30 * 24, BEGIN + 40 * DAY),
            Share {
                up: 30 * 86_400,
                down: 0,
                span: 30 * 86_400
            }
        );
        assert_eq!(hours.to_text(), format!("{}*744:3600/0", 495_000 + 40 * 24 - 744));
    }

    #[test]
    fn a_clock_that_leaps_adds_no_time_and_takes_none_away() {
        let mut hours = WatchedHours::default();
        hours.add(true, BEGIN, BEGIN + HOUR);
        hours.add(true, BEGIN, BEGIN + HOUR);
        hours.add(false, BEGIN, BEGIN + HOUR);
        hours.add(true, BEGIN + HOUR, BEGIN);
        // To the year 2200 and back.
        hours.add(true, 2_000_000 * HOUR, 2_000_000 * HOUR + 60);
        hours.add(true, BEGIN, 2_000_000 * HOUR);
        let share = hours.over(24, BEGIN + HOUR);
        assert_eq!((share.up, share.down), (3_600, 0));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_again(spans in prop::collection::vec((any::<bool>(), 0_i64..2_000_000, 1_i64..20_000), 0..60)) {
            let mut hours = WatchedHours::default();
            for (works, from, lasts) in spans {
                hours.add(works, BEGIN + from, BEGIN + from + lasts);
            }
            prop_assert_eq!(WatchedHours::from_text(&hours.to_text()), hours);
        }

        #[test]
        fn any_text_is_read(text in "[0-9*:/ \\-a]{0,80}") {
            let hours = WatchedHours::from_text(&text);
            prop_assert!(hours.hours.len() <= MOST);
        }
    }
}
