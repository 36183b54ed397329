//! Times as a command takes and prints them, on the clock of the wall.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil;
use jiff::tz::TimeZone;

use device::LocalMoment;

/// Now, as plans are told.
pub(super) fn now() -> LocalMoment {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    at(i64::try_from(unix).unwrap_or(i64::MAX))
}

/// This time, as plans are told.
pub(super) fn at(unix: i64) -> LocalMoment {
    let local = jiff::Timestamp::from_second(unix)
        .unwrap_or_default()
        .to_zoned(TimeZone::system());
    let part = |value: i8| u16::try_from(value).unwrap_or(0);
    LocalMoment {
        unix,
        weekday: u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0),
        minute: part(local.hour()) * 60 + part(local.minute()),
    }
}

/// Reads `2026-12-01 22:00`, or a time of day: the next one after this time. In seconds since 1970.
pub(super) fn moment_at(text: &str, after: i64) -> Option<i64> {
    let text = text.trim();
    let zone = TimeZone::system();
    let time = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
    };
    let unix = |date: civil::Date, time: civil::Time| {
        let zoned = date.to_datetime(time).to_zoned(zone.clone()).ok()?;
        Some(zoned.timestamp().as_second())
    };
    if let Some((date, of_day)) = text.split_once([' ', 'T']) {
        let mut parts = date.split(['-', '/']);
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let date = civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        return unix(date, time(of_day)?).filter(|_| parts.next().is_none());
    }
    let today = jiff::Timestamp::from_second(after).ok()?.to_zoned(zone.clone()).date();
    let time = time(text)?;
    let first = unix(today, time)?;
    if first >= after {
        Some(first)
    } else {
        unix(today.tomorrow().ok()?, time)
    }
}

/// Reads `2h`, `90m` or `1h30m`, in minutes.
pub(super) fn minutes_of(text: &str) -> Option<u32> {
    let (mut minutes, mut digits) = (0_u32, String::new());
    for c in text.trim().chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'd' => 1_440,
            'h' => 60,
            'm' => 1,
            _ => return None,
        };
        let count: u32 = std::mem::take(&mut digits).parse().ok()?;
        minutes = minutes.checked_add(count.checked_mul(unit)?)?;
    }
    (digits.is_empty() && minutes > 0).then_some(minutes)
}

/// `2026-12-01 22:00`.
pub(super) fn shown(unix: i64) -> String {
    let local = jiff::Timestamp::from_second(unix)
        .unwrap_or_default()
        .to_zoned(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_times_of_day_are_read() {
        for (text, minutes) in [("2h", 120), ("90m", 90), ("1h30m", 90), ("1d", 1_440)] {
            assert_eq!(minutes_of(text), Some(minutes));
        }
        for text in ["", "2", "h", "0m", "-2h", "2h5", "99999999999h"] {
            assert_eq!(minutes_of(text), None, "{text}");
        }
        let unix = moment_at("2026-06-01 22:00", 0).unwrap();
        assert_eq!(shown(unix), "2026-06-01 22:00");
        assert_eq!(moment_at("22:00", unix), Some(unix), "now is not over");
        assert_eq!(
            moment_at("22:00", unix + 1).map(shown).as_deref(),
            Some("2026-06-02 22:00")
        );
        for text in ["25:00", "2026-13-01 1:00", "2026-01-01-01 1:00", "noon"] {
            assert_eq!(moment_at(text, 0), None, "{text}");
        }
    }
}
