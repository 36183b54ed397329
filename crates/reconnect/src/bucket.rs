//! A permit bucket: governor's GCRA, told the time by the machine.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

/// `burst` permits at once, then one each `interval`. A successful [`Bucket::take`] spends: ask at the moment of dialling.
pub(super) struct Bucket {
    limiter: RateLimiter<NotKeyed, Level, HeldClock, NoOpMiddleware<Instant>>,
    level: Level,
    interval: Duration,
    burst: u32,
    since: Instant,
}

impl Bucket {
    pub(super) fn new(burst: u32, interval: Duration, now: Instant) -> Self {
        let interval = interval.max(Duration::from_nanos(1));
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(interval)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        let level = Level::default();
        let limiter = RateLimiter::new(quota, level.clone(), HeldClock(Cell::new(now)));
        Self {
            limiter,
            level,
            interval,
            burst: burst.get(),
            since: now,
        }
    }

    /// This one, just made, as empty as the one that it replaces: with as many permits spent.
    pub(super) fn after(self, before: &Self, now: Instant) -> Self {
        let level = before.since + Duration::from_nanos(before.level.0.load(Ordering::Relaxed));
        let spent = level.saturating_duration_since(now).div_duration_f64(before.interval);
        let owed = self.interval.mul_f64(spent.min(f64::from(self.burst)));
        let owed = u64::try_from(owed.as_nanos()).unwrap_or(u64::MAX);
        self.level.0.store(owed, Ordering::Relaxed);
        self
    }

    /// Spends one permit, or says when one will be there.
    pub(super) fn take(&self, now: Instant) -> Result<(), Instant> {
        self.limiter.clock().0.set(now);
        self.limiter
            .check()
            .map_err(|not_until| not_until.earliest_possible().max(now))
    }

    /// When a permit will be there; spends nothing.
    pub(super) fn earliest(&self, now: Instant) -> Instant {
        let before = self.level.0.load(Ordering::Relaxed);
        match self.take(now) {
            Ok(()) => {
                self.level.0.store(before, Ordering::Relaxed);
                now
            }
            Err(at) => at,
        }
    }

    /// Hands back a permit that was taken for something which turned out to cost nothing.
    pub(super) fn give_back(&self) {
        let interval = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let level = self.level.0.load(Ordering::Relaxed);
        self.level.0.store(level.saturating_sub(interval), Ordering::Relaxed);
    }
}

/// The theoretical arrival time of the GCRA, in nanoseconds since the limiter was made; shared so that a permit can be handed back.
#[derive(Clone, Default)]
struct Level(Arc<AtomicU64>);

impl StateStore for Level {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let level = self.0.load(Ordering::Relaxed);
        let (answer, next) = decide((level > 0).then(|| Nanos::new(level)))?;
        self.0.store(next.as_u64(), Ordering::Relaxed);
        Ok(answer)
    }
}

/// Governor pulls the time, the machine is given it: this holds it between the two.
struct HeldClock(Cell<Instant>);

impl Clock for HeldClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_then_one_each_interval() {
        let start = Instant::now();
        let bucket = Bucket::new(2, SECOND, start);
        assert_eq!(bucket.take(start), Ok(()));
        assert_eq!(bucket.earliest(start), start, "looking spends nothing");
        assert_eq!(bucket.take(start), Ok(()));
        assert_eq!(bucket.take(start), Err(start + SECOND));
        assert_eq!(bucket.earliest(start), start + SECOND);
        assert_eq!(bucket.take(start + SECOND), Ok(()));
        assert!(bucket.take(start + SECOND).is_err());
    }

    #[test]
    fn a_new_limit_refills_nothing() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3, SECOND, start);
        for _ in 0..3 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        for i in 0..100 {
            let now = start + SECOND / 200 * i;
            bucket = Bucket::new(3 + i % 2, SECOND, now).after(&bucket, now);
        }
        let now = start + SECOND / 2;
        bucket = Bucket::new(3, SECOND, now).after(&bucket, now);
        assert!(bucket.take(now).is_err());
        assert_eq!(
            bucket.take(start + 2 * SECOND),
            Ok(()),
            "and what comes by time is kept"
        );
    }

    #[test]
    fn a_permit_handed_back_can_be_taken_again_and_none_is_invented() {
        let start = Instant::now();
        let bucket = Bucket::new(2, SECOND, start);
        for _ in 0..100 {
            assert_eq!(bucket.take(start), Ok(()));
            bucket.give_back();
        }
        for _ in 0..5 {
            bucket.give_back();
        }
        let day = start + Duration::from_secs(86_400);
        assert_eq!(
            (0..9).filter(|_| bucket.take(day).is_ok()).count(),
            2,
            "a day of rest fills it to the burst, no further"
        );
    }
}
