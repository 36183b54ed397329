//! Dates as feeds write them: RFC 3339, and RFC 822 with the years and zones that are in use.

use device::{date_of, days_of};

/// Reads a date, in seconds since 1970.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    internet(text).or_else(|| mail(text))
}

/// `2026-12-01T09:00:00.5+09:00` (RFC 3339 §5.6); a time of day may be left out.
fn internet(text: &str) -> Option<i64> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, "00:00:00Z"),
    };
    let mut parts = date.splitn(3, '-');
    let date = (
        number(parts.next()?, 4, 4)?,
        number(parts.next()?, 2, 2)?,
        number(parts.next()?, 2, 2)?,
    );
    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone);
    at(date, self::clock(clock)?, offset(zone)?)
}

/// `Tue, 01 Dec 2026 09:00:00 +0900` (RFC 822 §5).
fn mail(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let text = text.split_once(',').map_or(text, |(_day, rest)| rest);
    let mut parts = text.split_ascii_whitespace();
    let day = number(parts.next()?, 1, 2)?;
    let month = parts.next()?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| month.starts_with(known))?;
    let year = number(parts.next()?, 2, 4)?;
    let year = match year {
        0..=69 => year + 2_000,
        70..=99 => year + 1_900,
        year => year,
    };
    let clock = clock(parts.next()?)?;
    let zone = parts.next().unwrap_or("GMT");
    at((year, i64::try_from(month).ok()? + 1, day), clock, offset(zone)?)
}

/// `09:00`, with seconds and parts of them or not, in seconds of the day.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 1, 2)?, number(parts.next()?, 2, 2)?);
    let second = match parts.next() {
        None => 0,
        Some(second) => number(second.split('.').next()?, 1, 2)?,
    };
    // A leap second is told as one of the next minute.
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// How far a zone is ahead, in seconds.
fn offset(zone: &str) -> Option<i64> {
    let hours = match zone.trim().to_ascii_uppercase().as_str() {
        "" | "Z" | "UT" | "UTC" | "GMT" => 0,
        "JST" => 9,
        "CET" => 1,
        "CEST" => 2,
        "EST" => -5,
        "EDT" => -4,
        "CST" => -6,
        "CDT" => -5,
        "MST" => -7,
        "MDT" => -6,
        "PST" => -8,
        "PDT" => -7,
        numeric => {
            let (sign, digits) = match numeric.split_at_checked(1)? {
                ("+", digits) => (1, digits),
                ("-", digits) => (-1, digits),
                _ => return None,
            };
            let digits = digits.replace(':', "");
            let hours = number(digits.get(..2)?, 2, 2)?;
            let minutes = number(digits.get(2..)?, 2, 2)?;
            let fits = hours <= 14 && minutes < 60;
            return fits.then_some(sign * (hours * 3_600 + minutes * 60));
        }
    };
    Some(hours * 3_600)
}

fn at(date: (i64, i64, i64), clock: i64, offset: i64) -> Option<i64> {
    let days = days_of(date);
    let is_a_date = (1..=12).contains(&date.1) && date_of(days) == date && (1_970..=2_999).contains(&date.0);
    is_a_date.then(|| days * 86_400 + clock - offset)
}

fn number(text: &str, least: usize, most: usize) -> Option<i64> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}
