use std::time::{Duration, Instant, SystemTime};

use crate::bridge::{CalendarDay, Clock, LogPeriod};
use events::{LocalTime, Moment, WallTime};

/// The engine's time: that of its timers, which a test may hold and let run ahead.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The wall clock, which may be set by anybody at any time.
#[cfg(not(test))]
pub(super) fn wall() -> SystemTime {
    SystemTime::now()
}

/// A wall clock that goes with the engine's time, which tests let run ahead.
#[cfg(test)]
pub(super) fn wall() -> SystemTime {
    static BEGIN: std::sync::OnceLock<(Instant, SystemTime)> = std::sync::OnceLock::new();
    let (begin, wall) = BEGIN.get_or_init(|| (Instant::now(), SystemTime::now()));
    *wall + now().saturating_duration_since(*begin)
}

/// The local wall clock.
pub(super) fn local_clock() -> Clock {
    shown(&jiff::Zoned::now())
}

fn shown(now: &jiff::Zoned) -> Clock {
    let byte = |value: i8| u8::try_from(value).unwrap_or(0);
    Clock {
        year: now.year().into(),
        month: byte(now.month()),
        day: byte(now.day()),
        hour: byte(now.hour()),
        minute: byte(now.minute()),
        second: byte(now.second()),
    }
}

/// The wall clock as recordings are asked by.
pub(super) fn timestamp() -> archive::Timestamp {
    archive::Timestamp::try_from(wall()).unwrap_or_default()
}

/// The wall clock in seconds since 1970.
pub(super) fn unix() -> i64 {
    i64::try_from(wall_of_events().0 / 1_000).unwrap_or(i64::MAX)
}

/// The wall clock as events are told with it.
pub(super) fn wall_of_events() -> WallTime {
    let since = wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// This moment on all clocks.
pub(super) fn moment(now: Instant) -> Moment {
    let wall = wall_of_events();
    Moment {
        steady: now,
        wall,
        local: local_time(&zoned(wall, jiff::tz::TimeZone::system())),
    }
}

/// What the clock on the wall showed then.
pub(super) fn clock_of(wall: WallTime) -> Clock {
    shown(&zoned(wall, jiff::tz::TimeZone::system()))
}

/// When the clock on the wall shows this, in seconds since 1970; 0 where it never does.
pub(super) fn unix_of(clock: Clock) -> i64 {
    let Clock {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = clock;
    let part = |value: u8| i8::try_from(value).unwrap_or(-1);
    let year = i16::try_from(year).unwrap_or(-1);
    let date = jiff::civil::Date::new(year, part(month), part(day));
    let time = jiff::civil::Time::new(part(hour), part(minute), part(second), 0);
    let at = date.and_then(|date| date.to_datetime(time?).to_zoned(jiff::tz::TimeZone::system()));
    at.map_or(0, |at| at.timestamp().as_second())
}

/// Since when and before when something of this period began.
pub(super) fn times_of(period: LogPeriod) -> (Option<WallTime>, Option<WallTime>) {
    match period {
        LogPeriod::Any => (None, None),
        LogPeriod::Hours(hours) => {
            let back = Duration::from_secs(u64::from(hours) * 3_600);
            (Some(wall_of_events().before(back)), None)
        }
        LogPeriod::Days(first, last) => {
            let zone = jiff::tz::TimeZone::system();
            let midnight = |date: jiff::civil::Date| {
                let at = date.to_zoned(zone.clone()).ok()?.timestamp().as_millisecond();
                Some(WallTime(u64::try_from(at).unwrap_or(0)))
            };
            let after = day(last).and_then(|date| date.tomorrow().ok());
            (day(first).and_then(midnight), after.and_then(midnight))
        }
    }
}

fn day((year, month, day): CalendarDay) -> Option<jiff::civil::Date> {
    let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
    jiff::civil::Date::new(year, month, day).ok()
}

fn zoned(wall: WallTime, zone: jiff::tz::TimeZone) -> jiff::Zoned {
    let millis = i64::try_from(wall.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned(zone)
}

/// Counted from 1970-01-01.
fn day_of(date: jiff::civil::Date) -> i64 {
    device::days_of((date.year().into(), date.month().into(), date.day().into()))
}

fn local_time(at: &jiff::Zoned) -> LocalTime {
    let part = |value: i8| u16::try_from(value).unwrap_or(0);
    LocalTime {
        weekday: u8::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0),
        minute: part(at.hour()) * 60 + part(at.minute()),
        day: day_of(at.date()),
    }
}

/// A wall clock that ran this much further than the monotonic one: the computer slept.
const SLEPT: Duration = Duration::from_secs(5);

/// Notices from one look to the next that the computer slept.
pub(super) struct SleepDetector {
    looked: (Instant, SystemTime),
}

impl SleepDetector {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            looked: (now, SystemTime::now()),
        }
    }

    /// How long the computer slept since the last look, if it did. A wall clock that was set forward looks the same.
    pub(super) fn slept(&mut self, now: Instant) -> Option<Duration> {
        let wall = SystemTime::now();
        let (then, then_wall) = std::mem::replace(&mut self.looked, (now, wall));
        let passed = wall.duration_since(then_wall).unwrap_or_default();
        // Where the monotonic clock runs on in sleep, the gap between two looks shows it.
        let gap = !cfg!(target_os = "linux") && now.duration_since(then) > 2 * SLEPT;
        (gap || passed > now.duration_since(then) + SLEPT).then_some(passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hours of a day in which a clock is set forward or back are those that it shows.
    #[test]
    fn the_time_of_day_is_that_of_the_clock_on_the_wall() {
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| {
            let millis = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            let time = local_time(&zoned(WallTime(u64::try_from(millis).unwrap()), berlin.clone()));
            (time.weekday, time.minute / 60, time.minute % 60)
        };
        assert_eq!(at("2026-03-29T00:59:00Z"), (6, 1, 59));
        assert_eq!(at("2026-03-29T01:00:00Z"), (6, 3, 0));
        assert_eq!(at("2026-10-25T00:30:00Z"), (6, 2, 30));
        assert_eq!(at("2026-10-25T01:30:00Z"), (6, 2, 30));
        assert_eq!(at("2026-10-25T23:00:00Z"), (0, 0, 0));
    }
}
