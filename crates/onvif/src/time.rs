//! The clock of a device, as it tells it, and times as they are written (ISO 8601).

use std::time::{Duration, SystemTime};

use super::xml::XmlElement;
use device::{date_of, days_of};

const DAY: i64 = 86_400;

/// `2026-11-29T12:40:00Z`: in UTC, to the second.
pub(crate) fn iso_time(time: SystemTime) -> String {
    let seconds = unix_seconds(time);
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Their clock less ours, in seconds, from the answer to GetSystemDateAndTime. `None` where it says no time that can be.
///
/// `ours` is the middle of the time that the question took.
pub(crate) fn clock_offset(answer: XmlElement<'_>, ours: SystemTime) -> Option<i64> {
    let utc = answer.find("UTCDateTime")?;
    let number = |names: &[&str]| utc.text_of(names)?.parse::<i64>().ok();
    let date = (
        number(&["Date", "Year"])?,
        number(&["Date", "Month"])?,
        number(&["Date", "Day"])?,
    );
    let time = (
        number(&["Time", "Hour"])?,
        number(&["Time", "Minute"])?,
        number(&["Time", "Second"])?,
    );
    let (year, month, day) = date;
    let (hour, minute, second) = time;
    let can_be = (1970..=2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    if !can_be {
        return None;
    }
    let theirs = days_of(date) * DAY + hour * 3_600 + minute * 60 + second;
    Some(theirs - unix_seconds(ours))
}

/// The time of a clock that is so far from ours; ours where that cannot be.
pub(crate) fn shifted(time: SystemTime, seconds: i64) -> SystemTime {
    const MOST: i64 = 1_000 * 366 * DAY;
    if !(-MOST..=MOST).contains(&seconds) {
        return time;
    }
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let shifted = if seconds < 0 {
        time.checked_sub(distance)
    } else {
        time.checked_add(distance)
    };
    shifted.unwrap_or(time)
}

fn unix_seconds(time: SystemTime) -> i64 {
    let since = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{XmlLimits, XmlTree};

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_time_is_written_with_its_date() {
        assert_eq!(iso_time(at(0)), "1970-01-01T00:00:00Z");
        assert_eq!(iso_time(at(951_782_399)), "2000-02-28T23:59:59Z");
        assert_eq!(iso_time(at(951_782_400)), "2000-02-29T00:00:00Z");
    }

    #[test]
    fn an_offset_is_read_where_a_time_is_told() {
        let answer = |date: &str, time: &str| {
            let text = format!("<tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>");
            let tree = XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap();
            clock_offset(tree.top(), at(951_782_400))
        };
        let date = "<Year>2000</Year><Month>2</Month><Day>29</Day>";
        assert_eq!(
            answer(date, "<Hour>0</Hour><Minute>0</Minute><Second>37</Second>"),
            Some(37)
        );
        assert_eq!(
            answer(date, "<Hour>10</Hour><Minute>0</Minute><Second>0</Second>"),
            Some(36_000)
        );
        let never = "<Year>0</Year><Month>0</Month><Day>0</Day>";
        assert_eq!(
            answer(never, "<Hour>0</Hour><Minute>0</Minute><Second>0</Second>"),
            None
        );
        assert_eq!(answer(date, "<Hour>x</Hour><Minute>0</Minute><Second>0</Second>"), None);
        assert_eq!(answer(date, ""), None);
        assert_eq!(shifted(at(100), -100), at(0));
        assert_eq!(shifted(at(100), i64::MAX), at(100), "a time that cannot be");
    }
}
