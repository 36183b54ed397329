use std::time::{Duration, Instant, SystemTime};

use crate::bridge::Clock;

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
    let now = jiff::Zoned::now();
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
