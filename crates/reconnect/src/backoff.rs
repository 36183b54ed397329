//! How long to wait before it is worth trying again: pure figures and seeded jitter.

use std::time::Duration;

/// A stream that failed or was lost is not connected again sooner, even after a success: some firmware punishes less.
pub(super) const GAP: Duration = Duration::from_secs(5);
/// Two connects of one device are at least this far apart.
pub(super) const PACE: Duration = Duration::from_millis(100);
/// Backoff is forgotten only after this much media.
pub(super) const PROVEN_BY: Duration = Duration::from_secs(60);
/// Of one device at most this many connects begin within this time, beside those whose stream plays.
pub(super) const UNPROVEN: (usize, Duration) = (5, Duration::from_secs(10));
/// A stream that is lost sooner counts as a failed attempt.
pub(super) const SHORT_LIFE: Duration = Duration::from_secs(5);
/// A device that asks to wait, or asks us to believe it, is not heard beyond this.
pub(super) const LONGEST_HOLD: Duration = Duration::from_secs(86_400);

/// Two looks of a canary that hints or people hurry on are at least this far apart.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(2);
/// Without a route no packet is sent; where the system reports no change, look again as rarely as this.
pub(super) const ROUTE_MAY_RETURN: Duration = Duration::from_secs(600);

const ROUTE: Duration = Duration::from_secs(60);
const SHORTEST_HOLD: Duration = Duration::from_secs(30);
const SIGN_IN: Duration = Duration::from_secs(30 * 60);
const POLICY: Duration = Duration::from_secs(60);
const SLOW: Duration = Duration::from_secs(5 * 60);
const CANARY: [u64; 5] = [2, 4, 8, 16, 30];
const CANARY_AFTER_AN_HOUR: u64 = 60;
/// A minute, and a hair for the clocks of whoever counts.
const TWO_PROBES: Duration = Duration::from_millis(60_250);

/// Seeded chance: same seed, same run.
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The place of a device among its equals.
    pub(super) fn order(&mut self) -> u32 {
        self.0.u32(..)
    }

    pub(super) fn up_to(&mut self, longest: Duration) -> Duration {
        longest.mul_f64(self.0.f64())
    }

    /// A device that fails: 2, 4, 8 … 60 s, ±20 %.
    pub(super) fn device(&mut self, failures: u32) -> Duration {
        self.spread(backoff_of(failures), 0.8, 1.2)
    }

    /// A stream that was lost again before it had proved itself: 5, 10, 20 … 60 s, never less than the gap.
    pub(super) fn stream(&mut self, short_lives: u32) -> Duration {
        self.spread(
            doubled(GAP, short_lives.saturating_sub(1), Duration::from_secs(60)),
            1.0,
            1.2,
        )
    }

    /// The canary of a site: 2, 4, 8, 16, 30 s, and 60 s once the outage is an hour old, ±20 %. The steady 30 s keep within
    /// ±12 % and, with the wait `before`, last a minute: no sliding minute ever holds three probes, and yet no two clients
    /// fall into step.
    pub(super) fn canary(&mut self, step: u32, outage: Duration, before: Option<Duration>) -> Duration {
        let last = CANARY.len() - 1;
        let step = usize::try_from(step).unwrap_or(last).min(last);
        if step < last {
            return self.spread(Duration::from_secs(CANARY[step]), 0.8, 1.2);
        }
        if outage >= Duration::from_secs(3600) {
            return self.spread(Duration::from_secs(CANARY_AFTER_AN_HOUR), 0.8, 1.2);
        }
        let steady = Duration::from_secs(CANARY[last]);
        let wait = self.spread(steady, 0.9, 1.1);
        // Only a steady wait counts: after a probe that a hint moved forward nobody waits longer.
        match before {
            Some(before) if before >= steady.mul_f64(0.9) => wait.max(TWO_PROBES.saturating_sub(before)),
            _ => wait,
        }
    }

    /// While untried devices of a site remain whose path works, look at one each 15 s.
    pub(super) fn exploring(&mut self) -> Duration {
        self.spread(Duration::from_secs(15), 0.8, 1.2)
    }

    /// A device that is full: what it asked for, else 30 s, growing to 5 min when it stays full. Never sooner than asked.
    pub(super) fn full(&mut self, retry_after: Option<Duration>, times: u32) -> Duration {
        let grown = doubled(SHORTEST_HOLD, times.saturating_sub(1), SLOW);
        let asked = retry_after.map_or(SHORTEST_HOLD, |asked| asked.clamp(GAP, LONGEST_HOLD));
        let least = if retry_after.is_some() && times <= 1 {
            asked
        } else {
            asked.max(grown)
        };
        self.spread(least, 1.0, 1.1)
    }

    /// The device has no such stream, or none we can show, or hangs up each time: 5, 10 … 60 min.
    pub(super) fn useless(&mut self, times: u32) -> Duration {
        self.spread(
            doubled(SLOW, times.saturating_sub(1), Duration::from_secs(3600)),
            1.0,
            1.2,
        )
    }

    /// The slow retry of a refused sign-in: recorders lock accounts for half an hour.
    pub(super) fn sign_in(&mut self) -> Duration {
        self.spread(SIGN_IN, 1.0, 1.2)
    }

    /// This machine has no route to the device: 1, 2 … 10 min, never later than the site looks again.
    pub(super) fn route(&mut self, times: u32) -> Duration {
        let wait = doubled(ROUTE, times.saturating_sub(1), ROUTE_MAY_RETURN);
        self.spread(wait, 0.8, 1.0)
    }

    /// A name whose address the policy refused may have moved.
    pub(super) fn policy(&mut self) -> Duration {
        self.spread(POLICY, 1.0, 1.2)
    }

    fn spread(&mut self, wait: Duration, low: f64, high: f64) -> Duration {
        wait.mul_f64(low + (high - low) * self.0.f64())
    }
}

/// The wait between two looks of a canary, without jitter: 2, 4, 8, 16, 30 s.
pub(super) fn canary_wait(step: u32) -> Duration {
    let last = CANARY.len() - 1;
    Duration::from_secs(CANARY[usize::try_from(step).unwrap_or(last).min(last)])
}

/// The wait of a device that has failed so often in a row, without jitter: 2, 4, 8 … 60 s.
pub(super) fn backoff_of(failures: u32) -> Duration {
    doubled(
        Duration::from_secs(2),
        failures.saturating_sub(1),
        Duration::from_secs(60),
    )
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first
        .saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(u32::MAX))
        .min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_within_their_bounds() {
        let mut dice = Dice::new(1);
        for times in (0..40).chain([u32::MAX]) {
            let device = dice.device(times);
            assert!(
                device >= Duration::from_millis(1600) && device <= Duration::from_secs(72),
                "{device:?}"
            );
            assert!(dice.stream(times) >= GAP && dice.stream(times) <= Duration::from_secs(72));
            assert!(dice.useless(times) >= SLOW);
            let canary = dice.canary(times, Duration::ZERO, None);
            assert!(
                canary >= Duration::from_millis(1600) && canary <= Duration::from_secs(36),
                "{canary:?}"
            );
            let late = dice.canary(times.max(4), Duration::from_secs(3600), None);
            assert!(
                late >= Duration::from_secs(48) && late <= Duration::from_secs(72),
                "{late:?}"
            );
        }
        assert!(dice.sign_in() >= Duration::from_secs(1800));
    }

    #[test]
    fn a_device_is_not_asked_sooner_than_it_said() {
        let mut dice = Dice::new(1);
        for (asked, least) in [
            (None, 30),
            (Some(0), 5),
            (Some(1), 5),
            (Some(7), 7),
            (Some(120), 120),
            (Some(u64::MAX), 86_400),
        ] {
            let wait = dice.full(asked.map(Duration::from_secs), 1);
            assert!(
                wait >= Duration::from_secs(least) && wait <= Duration::from_secs(least * 2),
                "{asked:?}: {wait:?}"
            );
        }
        assert!(
            dice.full(Some(Duration::from_secs(1)), 9) >= Duration::from_secs(300),
            "it stays full: ask less"
        );
    }
}
