//! A limit whose permits can be handed back: GCRA (the generic cell rate algorithm) as a plain value.

use std::time::{Duration, Instant};

/// `burst` permits at once, then one each `interval`. [`Gcra::take`] spends: ask at the moment of dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gcra {
    /// When it will be full again; in the past: it is.
    full_at: Instant,
    interval: Duration,
    burst: u32,
}

impl Gcra {
    pub(super) fn new(burst: u32, interval: Duration, now: Instant) -> Self {
        Self {
            full_at: now,
            interval: interval.max(Duration::from_nanos(1)),
            burst: burst.max(1),
        }
    }

    /// Another limit with as many permits spent.
    pub(super) fn relimited(self, burst: u32, interval: Duration, now: Instant) -> Self {
        let mut new = Self::new(burst, interval, now);
        let owed = self.full_at.saturating_duration_since(now);
        let spent = owed.div_duration_f64(self.interval).min(f64::from(new.burst));
        new.full_at = now + new.interval.mul_f64(spent);
        new
    }

    /// When a permit will be there; spends nothing.
    pub(super) fn earliest(&self, now: Instant) -> Instant {
        let room = self.interval * (self.burst - 1);
        // Seen from here, so that no time before the computer's start is asked for.
        let owed = self.full_at.saturating_duration_since(now);
        now + owed.saturating_sub(room)
    }

    /// When the `nth` permit from now on (from 0) will be there, if all before it are taken as soon as they are.
    pub(super) fn nth(&self, nth: usize, now: Instant) -> Instant {
        let nth = u32::try_from(nth).unwrap_or(u32::MAX);
        let owed = self.full_at.saturating_duration_since(now);
        let before = self.interval.saturating_mul(nth);
        now + owed
            .saturating_add(before)
            .saturating_sub(self.interval * (self.burst - 1))
    }

    /// Whether no permit is spent that has not come back.
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// Spends one permit, or says when one will be there.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let at = self.earliest(now);
        if at > now {
            return Err(at);
        }
        self.full_at = self.full_at.max(now) + self.interval;
        Ok(())
    }

    /// Hands back a permit that was taken for something which turned out to cost nothing.
    pub(super) fn give_back(&mut self, now: Instant) {
        let owed = self.full_at.saturating_duration_since(now);
        self.full_at = now + owed.saturating_sub(self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_then_one_each_interval() {
        let start = Instant::now();
        let mut limit = Gcra::new(2, SECOND, start);
        assert_eq!(limit.take(start), Ok(()));
        assert_eq!(limit.earliest(start), start, "looking spends nothing");
        assert_eq!(limit.take(start), Ok(()));
        assert_eq!(limit.take(start), Err(start + SECOND));
        assert_eq!(limit.earliest(start), start + SECOND);
        assert_eq!(limit.take(start + SECOND), Ok(()));
        assert!(limit.take(start + SECOND).is_err());
    }

    #[test]
    fn a_new_limit_refills_nothing() {
        let start = Instant::now();
        let mut limit = Gcra::new(3, SECOND, start);
        for _ in 0..3 {
            assert_eq!(limit.take(start), Ok(()));
        }
        for i in 0..100 {
            limit = limit.relimited(3 + i % 2, SECOND, start + SECOND / 200 * i);
        }
        let now = start + SECOND / 2;
        limit = limit.relimited(3, SECOND, now);
        assert!(limit.take(now).is_err());
        assert_eq!(limit.take(start + 2 * SECOND), Ok(()), "and what comes by time is kept");
    }

    #[test]
    fn a_permit_handed_back_can_be_taken_again_and_none_is_invented() {
        let start = Instant::now();
        let mut limit = Gcra::new(2, SECOND, start);
        let untouched = limit;
        for _ in 0..100 {
            assert_eq!(limit.take(start), Ok(()));
            limit.give_back(start);
        }
        assert_eq!(limit, untouched);
        for _ in 0..5 {
            limit.give_back(start);
        }
        let day = start + Duration::from_secs(86_400);
        assert_eq!(
            (0..9).filter(|_| limit.take(day).is_ok()).count(),
            2,
            "a day of rest fills it to the burst, no further"
        );
    }
}
