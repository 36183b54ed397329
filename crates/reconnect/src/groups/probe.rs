//! The canary of a group whose timers are frozen: who goes, when, and what its looks have found.

use std::time::{Duration, Instant};

use crate::attempts::Verdict;
use crate::backoff::ROUTE_MAY_RETURN;
use crate::port::AttemptId;
use device::DeviceId;

/// Looks at one address before another is looked at, for this one may be dead itself and would hold up its site: some six
/// minutes. A router keeps an unanswered connect for 120 s, so that it holds one entry most of the time, and two while the
/// canary moves.
const CANARY_STAYS: u32 = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    Unknown,
    /// This machine has no route.
    NoRoute,
    Dead,
    /// Something answered, but no device serves.
    Alive,
}

/// A site whose devices wait for one canary.
pub(crate) struct Probe {
    path: Path,
    since: Instant,
    next: Instant,
    canary: Option<DeviceId>,
    /// Looks at this canary so far, and canaries before it.
    stay: u32,
    rotations: u32,
    /// Looks in a row that got no answer although the path is thought to work.
    silences: u32,
    looking: Option<AttemptId>,
    last: Option<Instant>,
    /// From the last look to the next, should it come to nothing.
    wait: Duration,
    /// Something suggests that it is worth a look before `next`.
    hint: bool,
    manual: bool,
    /// The canary was sent elsewhere and goes on there: the same look, with one more connect.
    follows: bool,
    /// Connects of the present look.
    connects: u32,
}

impl Probe {
    pub(crate) fn new(path: Path, next: Instant, now: Instant) -> Self {
        Self {
            path,
            since: now,
            next,
            canary: None,
            stay: 0,
            rotations: 0,
            silences: 0,
            looking: None,
            last: None,
            wait: Duration::ZERO,
            hint: false,
            manual: false,
            follows: false,
            connects: 0,
        }
    }

    /// For a group that takes over from another: what is known, but not who was being dialled.
    pub(crate) fn inherited(&self) -> Self {
        Self {
            since: self.since,
            last: self.last,
            ..Self::new(self.path, self.next, self.since)
        }
    }

    /// As an earlier run left it. Its canary stays: each new address is another entry in the router.
    pub(crate) fn resumed(
        path: Path,
        canary: Option<DeviceId>,
        last: Option<Instant>,
        next: Instant,
        now: Instant,
    ) -> Self {
        Self {
            canary,
            last,
            rotations: u32::MAX,
            ..Self::new(path, next, now)
        }
    }

    pub(crate) fn path(&self) -> Path {
        self.path
    }

    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    pub(crate) fn last(&self) -> Option<Instant> {
        self.last
    }

    pub(crate) fn canary(&self) -> Option<DeviceId> {
        self.canary
    }

    pub(crate) fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    pub(crate) fn looks_by(&self, attempt: AttemptId) -> bool {
        self.looking == Some(attempt)
    }

    pub(crate) fn hint(&self) -> bool {
        self.hint
    }

    pub(crate) fn manual(&self) -> bool {
        self.manual
    }

    pub(crate) fn follows(&self) -> bool {
        self.follows
    }

    pub(crate) fn is_hurried(&self) -> bool {
        self.hint || self.manual
    }

    /// How many looks have come to nothing, and the next one, if one that is under way does too.
    pub(crate) fn if_in_vain(&self) -> (u32, Instant) {
        match self.looking.and(self.last) {
            Some(last) => (1, last + self.wait),
            None => (0, self.next),
        }
    }

    pub(crate) fn hurry(&mut self) {
        self.hint = true;
    }

    /// A person asks for a look.
    pub(crate) fn is_asked_for(&mut self) {
        self.manual = true;
    }

    /// The next look by its own timer is then.
    pub(crate) fn look_at(&mut self, next: Instant) {
        self.next = next;
    }

    pub(crate) fn go_to(&mut self, canary: Option<DeviceId>) {
        self.canary = canary;
        self.stay = 0;
    }

    /// This machine has no route, whoever goes.
    pub(crate) fn has_no_route(&mut self, now: Instant) {
        self.path = Path::NoRoute;
        self.next = now + ROUTE_MAY_RETURN;
    }

    pub(crate) fn may_have_route(&mut self, next: Instant) {
        self.path = Path::Unknown;
        self.next = next;
    }

    /// The canary is dialled; should that come to nothing, the next look is after this wait.
    pub(crate) fn looks(&mut self, attempt: AttemptId, wait: Duration, now: Instant) {
        self.looking = Some(attempt);
        self.wait = wait;
        self.last = Some(now);
        self.hint = false;
        self.manual = false;
        self.follows = false;
        self.connects += 1;
    }

    /// The canary was sent elsewhere: the look goes on there.
    pub(crate) fn redirected(&mut self, device: DeviceId) {
        self.looking = None;
        self.canary = Some(device);
        self.follows = true;
    }

    /// No packet was sent: another canary may go at once.
    pub(crate) fn sent_nothing(&mut self, now: Instant) {
        self.looking = None;
        self.canary = None;
        self.connects = 0;
        self.next = now;
    }

    /// The look ended without a verdict.
    pub(crate) fn ended(&mut self, wait: Duration, now: Instant) {
        self.looking = None;
        self.connects = 0;
        self.next = self.next.max(now + wait);
    }

    /// Whether the look needed one connect at most.
    pub(crate) fn was_short(&self) -> bool {
        self.connects <= 1
    }

    /// From this look to the next: not longer than `cap` where there is one. A look that took several connects is paid for by as
    /// many waits.
    pub(crate) fn wait_after(&self, cap: Option<Duration>) -> Duration {
        match cap {
            Some(cap) => self.wait.min(cap),
            None => self.wait.saturating_mul(self.connects.max(1)),
        }
    }

    /// What the look found. `never_live`: nothing is known of the canary. `may_move`: whether the router can bear another
    /// address, asked only if that is what matters.
    pub(crate) fn finds(
        &mut self,
        verdict: Verdict,
        wait: Duration,
        never_live: bool,
        may_move: impl FnOnce() -> bool,
        now: Instant,
    ) {
        let before = self.path;
        self.looking = None;
        self.next = now.max(self.last.unwrap_or(now) + wait);
        self.stay += 1;
        self.connects = 0;
        match verdict {
            Verdict::Silent => {
                self.silences += 1;
                if before != Path::Alive || self.silences >= 2 {
                    self.path = Path::Dead;
                }
            }
            Verdict::Answered | Verdict::Well => {
                self.silences = 0;
                self.path = Path::Alive;
            }
        }
        let moves = match self.path {
            Path::Alive => true,
            // Nothing is known of these devices: look at several before believing that the site is down.
            _ if never_live && self.rotations < 3 => true,
            _ => self.stay >= CANARY_STAYS && may_move(),
        };
        if moves {
            self.stay = 0;
            self.rotations = self.rotations.saturating_add(1);
            self.canary = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_worked_is_dead_only_after_two_silences() {
        let now = Instant::now();
        let wait = Duration::from_secs(30);
        let mut probe = Probe::new(Path::Alive, now, now);
        let look = |probe: &mut Probe| {
            probe.looks(AttemptId(1), wait, now);
            probe.finds(Verdict::Silent, probe.wait_after(None), false, || false, now);
            probe.path()
        };
        assert_eq!(look(&mut probe), Path::Alive);
        assert_eq!(look(&mut probe), Path::Dead);
        assert_eq!(probe.next(), now + wait);
    }

    #[test]
    fn a_canary_stays_for_twelve_looks_and_pays_for_each_connect() {
        let now = Instant::now();
        let mut probe = Probe::new(Path::Dead, now, now);
        probe.go_to(Some(DeviceId(7)));
        for look in 1..=CANARY_STAYS {
            assert_eq!(probe.canary(), Some(DeviceId(7)), "look {look}");
            probe.looks(AttemptId(1), Duration::from_secs(2), now);
            probe.redirected(DeviceId(7));
            probe.looks(AttemptId(2), Duration::from_secs(2), now);
            assert_eq!(probe.wait_after(None), Duration::from_secs(4));
            probe.finds(Verdict::Silent, Duration::ZERO, false, || true, now);
        }
        assert_eq!(probe.canary(), None);
    }
}
