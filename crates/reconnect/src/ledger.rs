//! What happened in the last 60 s, exactly: the law behind the buckets.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The times of the events of one sliding minute, oldest first; never longer than the limits that guard it allow.
#[derive(Clone, Default)]
pub(super) struct Ledger(VecDeque<Instant>);

impl Ledger {
    /// A hair over a minute, so that a closed window of 60 s never holds one event too many.
    pub(super) const WINDOW: Duration = Duration::from_millis(60_001);

    /// What happened at these times, as far as it is of the last minute.
    pub(super) fn of(mut times: Vec<Instant>, now: Instant) -> Self {
        times.retain(|&at| at + Self::WINDOW > now);
        times.sort_unstable();
        Self(times.into())
    }

    /// What happened so long ago. A clock that cannot name a time before the PC started takes what is older as if it were new.
    pub(super) fn of_ages(ages: &[Duration], now: Instant) -> Self {
        let at = |age: &Duration| now.checked_sub(*age).unwrap_or(now);
        Self::of(ages.iter().map(at).collect(), now)
    }

    pub(super) fn note(&mut self, now: Instant) {
        while self.0.front().is_some_and(|&at| at + Self::WINDOW <= now) {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    pub(super) fn count(&self, now: Instant) -> u32 {
        u32::try_from(self.recent(now).count()).unwrap_or(u32::MAX)
    }

    /// When one more may begin under `limit` while `pending` are under way: every pending one counts until its outcome is known.
    /// `None`: not before one of the pending ones ends.
    pub(super) fn room(&self, limit: u32, pending: u32, now: Instant) -> Option<Instant> {
        let allowed = limit.checked_sub(pending)?.checked_sub(1)?;
        let count = self.count(now);
        if count <= allowed {
            return Some(now);
        }
        let must_leave = usize::try_from(count - allowed - 1).unwrap_or(usize::MAX);
        self.recent(now).nth(must_leave).map(|at| at + Self::WINDOW)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Both histories in one: two sites turned out to share a way out.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
        self.0.make_contiguous().sort_unstable();
    }

    pub(super) fn recent(&self, now: Instant) -> impl Iterator<Item = Instant> + '_ {
        self.0.iter().copied().filter(move |&at| at + Self::WINDOW > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_comes_when_the_oldest_leaves() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut ledger = Ledger::default();
        for i in 0..3 {
            ledger.note(start + i * second);
        }
        let now = start + 3 * second;
        assert_eq!(ledger.count(now), 3);
        assert_eq!(ledger.room(4, 0, now), Some(now));
        assert_eq!(ledger.room(3, 0, now), Some(start + Ledger::WINDOW));
        assert_eq!(ledger.room(3, 1, now), Some(start + second + Ledger::WINDOW));
        assert_eq!(ledger.room(3, 3, now), None);
        assert_eq!(ledger.room(0, 0, now), None);
        assert_eq!(ledger.count(start + Ledger::WINDOW), 2);
    }

    #[test]
    fn it_does_not_grow() {
        let start = Instant::now();
        let mut ledger = Ledger::default();
        for i in 0..100_000 {
            ledger.note(start + i * Duration::from_secs(1));
        }
        assert!(ledger.0.len() <= 61);
    }
}
