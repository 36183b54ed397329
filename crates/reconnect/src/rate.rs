//! A plain rate: governor's limiter, told the time by the machine. Its permits are never handed back.

use std::cell::Cell;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// One permit each interval, and none saved up.
pub(super) struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, HeldClock, NoOpMiddleware<Instant>>,
    /// When the next permit will be there, as the limiter said after the last one.
    free_at: Instant,
}

impl Rate {
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        let quota = Quota::with_period(interval).unwrap_or_else(|| Quota::per_second(std::num::NonZeroU32::MIN));
        Self {
            limiter: RateLimiter::direct_with_clock(quota, HeldClock(Cell::new(now))),
            free_at: now,
        }
    }

    /// When a permit will be there.
    pub(super) fn earliest(&self, now: Instant) -> Instant {
        self.free_at.max(now)
    }

    /// Spends one permit, or says when one will be there.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        self.limiter.clock().0.set(now);
        match self.limiter.check() {
            Ok(()) => {
                // To be refused spends nothing, and says when the next permit will be there.
                let next = self.limiter.check();
                self.free_at = next.map_or_else(|not_until| not_until.earliest_possible(), |()| now);
                Ok(())
            }
            Err(not_until) => {
                self.free_at = not_until.earliest_possible();
                Err(self.free_at)
            }
        }
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

    #[test]
    fn one_each_interval_and_none_saved_up() {
        let interval = Duration::from_millis(250);
        let start = Instant::now();
        let mut rate = Rate::new(interval, start);
        assert_eq!(rate.earliest(start), start);
        assert_eq!(rate.take(start), Ok(()));
        assert_eq!(rate.earliest(start), start + interval);
        assert_eq!(rate.take(start + interval / 2), Err(start + interval));
        let day = start + Duration::from_secs(86_400);
        assert_eq!(rate.earliest(day), day);
        assert_eq!(rate.take(day), Ok(()));
        assert_eq!(rate.take(day), Err(day + interval));
    }
}
