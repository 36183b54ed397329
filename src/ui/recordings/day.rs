//! Days and times as they are typed.

use crate::bridge::{CalendarDay, Clock, RecordingsRead};
use device::{date_of, days_of};

/// `2026-11-28`.
pub(super) fn day_text((year, month, day): CalendarDay) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day that is typed so, or with slashes.
pub(super) fn day_typed(text: &str) -> Option<CalendarDay> {
    let mut pieces = text.trim().split(['-', '/', '.']);
    let (year, month, day) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let date: (i64, i64, i64) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    // Only a day that there is comes back the same.
    let is_day = pieces.next().is_none() && (1..=9_999).contains(&date.0) && date_of(days_of(date)) == date;
    is_day.then(|| calendar(date))
}

/// So many days on.
pub(super) fn moved((year, month, day): CalendarDay, by: i64) -> CalendarDay {
    calendar(date_of(days_of((year.into(), month.into(), day.into())) + by))
}

fn calendar((year, month, day): (i64, i64, i64)) -> CalendarDay {
    (
        i32::try_from(year).unwrap_or(1_970),
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )
}

/// `09:05:00`.
pub(super) fn clock_text(clock: Clock) -> String {
    format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second)
}

/// A time of that day, such as `9:05` or `09:05:30`, in microseconds since 1970; `24:00` is its end. Of an hour that comes twice, the
/// first is meant.
pub(super) fn time_typed(read: &RecordingsRead, text: &str) -> Option<i64> {
    let pieces: Option<Vec<i64>> = text.trim().split(':').map(|piece| piece.parse().ok()).collect();
    let (hour, minute, second) = match pieces?[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    if (hour, minute, second) == (24, 0, 0) {
        return Some(read.to);
    }
    let (begin, _) = read.hours.iter().find(|(_, shown)| i64::from(*shown) == hour)?;
    Some(begin + (minute * 60 + second) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_there_are_are_taken() {
        assert_eq!(day_typed(" 2026/2/28 "), Some((2026, 2, 28)));
        for wrong in ["2026-02-29", "2026-13-01", "today", "2026-11", "-2026-1-1"] {
            assert_eq!(day_typed(wrong), None, "{wrong}");
        }
        assert_eq!(moved((2026, 12, 31), 1), (2027, 1, 1));
        assert_eq!(moved((2024, 3, 1), -1), (2024, 2, 29));
    }

    #[test]
    fn times_are_right_on_days_of_twenty_three_and_twenty_five_hours() {
        const HOUR: i64 = 3_600_000_000;
        let read = |shown: &[u8]| RecordingsRead {
            from: 0,
            to: shown.len() as i64 * HOUR,
            hours: shown
                .iter()
                .enumerate()
                .map(|(at, hour)| (at as i64 * HOUR, *hour))
                .collect(),
            ..RecordingsRead::default()
        };
        let spring: Vec<u8> = [0, 1].into_iter().chain(3..24).collect();
        let autumn: Vec<u8> = [0, 1, 2, 2].into_iter().chain(3..24).collect();
        assert_eq!(time_typed(&read(&spring), "3:00"), Some(2 * HOUR));
        assert_eq!(time_typed(&read(&spring), "2:30"), None, "it does not exist");
        assert_eq!(time_typed(&read(&spring), "24:00"), Some(23 * HOUR));
        assert_eq!(time_typed(&read(&autumn), "02:30:00"), Some(2 * HOUR + HOUR / 2));
        assert_eq!(time_typed(&read(&autumn), "03:00"), Some(4 * HOUR));
        assert_eq!(time_typed(&read(&autumn), "24:00:00"), Some(25 * HOUR));
        for wrong in ["", "9", "9:60", "25:00", "a:b"] {
            assert_eq!(time_typed(&read(&autumn), wrong), None, "{wrong}");
        }
    }
}
