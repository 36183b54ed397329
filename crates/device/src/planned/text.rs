//! How a plan is written in files and typed: `2026-12-01T00:00:00Z/2026-12-01T05:00:00Z` (ISO 8601 §5.5, an interval), and
//! `weekly sat,sun 22:00-07:00` in local time.

use std::fmt;

use super::{Days, PlannedWork, WorkSpan};
use crate::{date_of, days_of};

impl fmt::Display for PlannedWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(span) => write!(f, "{span}"),
            Self::Done(span) => write!(f, "done {span}"),
            Self::Weekly { days, from, to } => {
                let days: Vec<&str> = days.words().collect();
                write!(f, "weekly {} {}-{}", days.join(","), clock(*from), clock(*to))
            }
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for WorkSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", utc(self.from), utc(self.to))
    }
}

impl PlannedWork {
    /// Reads what a file has; what is not understood is kept as it is.
    #[must_use]
    pub fn read(text: &str) -> Self {
        understood(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// Reads `sat,sun 22:00-07:00`, as a person types it.
    #[must_use]
    pub fn read_weekly(text: &str) -> Option<Self> {
        let (days, hours) = text.trim().split_once(' ')?;
        let (from, to) = hours.split_once('-')?;
        Self::weekly(Days::of(days)?, minute(from)?, minute(to)?).ok()
    }
}

fn understood(text: &str) -> Option<PlannedWork> {
    if let Some(weekly) = text.strip_prefix("weekly ") {
        return PlannedWork::read_weekly(weekly);
    }
    match text.strip_prefix("done ") {
        Some(done) => Some(PlannedWork::Done(span(done)?)),
        None => {
            let span = span(text)?;
            PlannedWork::once(span.from, span.to).ok()
        }
    }
}

fn span(text: &str) -> Option<WorkSpan> {
    let (from, to) = text.split_once('/')?;
    let (from, to) = (unix(from)?, unix(to)?);
    (from < to && to - from <= WorkSpan::LONGEST).then_some(WorkSpan { from, to })
}

/// A time of day as `7:05` or `07:05`, in minutes since midnight.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let minutes = hour * 60 + minute;
    (hour < 24 && minute < 60).then_some(u16::try_from(minutes).ok()?)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn digits(text: &str, most: usize) -> Option<i64> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn utc(unix: i64) -> String {
    let (year, month, day) = date_of(unix.div_euclid(86_400));
    let second = unix.rem_euclid(86_400);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

fn unix(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(time, ':')?;
    let is_one = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    is_one.then(|| days_of((year, month, day)) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn three(text: &str, by: char) -> Option<[i64; 3]> {
    let mut parts = text.split(by);
    let numbers = [
        digits(parts.next()?, 4)?,
        digits(parts.next()?, 2)?,
        digits(parts.next()?, 2)?,
    ];
    parts.next().is_none().then_some(numbers)
}
