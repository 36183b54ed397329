//! The permits of a group, and what its devices have in common when they fail.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::attempts::Charge;
use crate::gcra::Gcra;
use crate::limits::Limits;
use device::DeviceId;

/// The permits of a group. A success hands its permit back, so that only failures cost.
pub(crate) struct GroupBudget {
    /// For devices that have not failed since the path was proved.
    fresh: Gcra,
    /// For those that have: three quarters of the minute, so that a quarter is left for the others.
    retries: Gcra,
    /// For a canary that a hint moves forward, and one that a person does.
    hints: Gcra,
    manual: Gcra,
    /// For a canary that goes to another address: each one leaves an entry of 120 s in the router, and 4 are the limit.
    moves: Gcra,
}

/// What a permit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PermitFor {
    Fresh,
    Retry,
    Hint,
    Manual,
    Move,
}

impl GroupBudget {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        let (fresh, retries) = Self::paces(limits);
        Self {
            fresh: Gcra::new(fresh.0, fresh.1, now),
            retries: Gcra::new(retries.0, retries.1, now),
            hints: Gcra::new(2, Duration::from_secs(15), now),
            manual: Gcra::new(2, Duration::from_secs(10), now),
            moves: Gcra::new(2, Duration::from_secs(120), now),
        }
    }

    /// When a permit will be there.
    pub(crate) fn earliest(&self, purpose: PermitFor, now: Instant) -> Instant {
        match purpose {
            PermitFor::Fresh => &self.fresh,
            PermitFor::Retry => &self.retries,
            PermitFor::Hint => &self.hints,
            PermitFor::Manual => &self.manual,
            PermitFor::Move => &self.moves,
        }
        .earliest(now)
    }

    /// Takes a permit, if there is one.
    pub(crate) fn take(&mut self, purpose: PermitFor, now: Instant) -> bool {
        match purpose {
            PermitFor::Fresh => &mut self.fresh,
            PermitFor::Retry => &mut self.retries,
            PermitFor::Hint => &mut self.hints,
            PermitFor::Manual => &mut self.manual,
            PermitFor::Move => &mut self.moves,
        }
        .take(now)
        .is_ok()
    }

    /// The attempt cost nothing.
    pub(crate) fn give_back(&mut self, charge: Charge, now: Instant) {
        match charge {
            Charge::Fresh => self.fresh.give_back(now),
            Charge::Retry => self.retries.give_back(now),
            Charge::Canary => {}
        }
    }

    /// What was handed back turns out to be owed, if only in part.
    pub(crate) fn spend(&mut self, charge: Charge, now: Instant) {
        let _ = match charge {
            Charge::Fresh => self.fresh.take(now),
            Charge::Retry => self.retries.take(now),
            Charge::Canary => Ok(()),
        };
    }

    /// Other limits, but what was spent stays spent.
    pub(crate) fn relimit(&mut self, limits: &Limits, now: Instant) {
        let (fresh, retries) = Self::paces(limits);
        self.fresh = self.fresh.relimited(fresh.0, fresh.1, now);
        self.retries = self.retries.relimited(retries.0, retries.1, now);
    }

    /// Burst and interval for devices that have not failed, and for those that have.
    fn paces(limits: &Limits) -> ((u32, Duration), (u32, Duration)) {
        let limit = limits.site_failed_per_minute;
        let minute = Duration::from_secs(60);
        (
            ((limit * 2 / 3).max(1), minute / limit.max(1)),
            ((limit / 4).clamp(1, 3), minute / Self::for_retries(limit)),
        )
    }

    fn for_retries(limit: u32) -> u32 {
        (limit - limit / 4).max(1)
    }
}

/// Which devices met the same fate within 10 s.
#[derive(Default)]
pub(crate) struct Evidence(VecDeque<(Instant, DeviceId)>);

impl Evidence {
    const SPAN: Duration = Duration::from_secs(10);

    /// Adds one and says how many different devices there are now.
    pub(crate) fn add(&mut self, device: DeviceId, now: Instant) -> usize {
        self.0.retain(|&(at, other)| at + Self::SPAN >= now && other != device);
        self.0.push_back((now, device));
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_minute_is_left_for_devices_that_have_not_failed() {
        let start = Instant::now();
        let mut budget = GroupBudget::new(&Limits::default(), start);
        let mut taken = |purpose| {
            let seconds = (0..60).map(|second| start + Duration::from_secs(second));
            seconds.filter(|at| budget.take(purpose, *at)).count()
        };
        assert!(taken(PermitFor::Retry) <= 3 + 9, "three at once, then nine a minute");
        assert!(taken(PermitFor::Fresh) >= 12);
    }

    #[test]
    fn a_device_that_fails_again_is_no_second_witness() {
        let start = Instant::now();
        let mut evidence = Evidence::default();
        assert_eq!(evidence.add(DeviceId(1), start), 1);
        assert_eq!(evidence.add(DeviceId(1), start), 1);
        assert_eq!(evidence.add(DeviceId(2), start + Evidence::SPAN), 2);
        assert_eq!(
            evidence.add(DeviceId(3), start + Evidence::SPAN * 2),
            2,
            "the first is long ago"
        );
    }
}
