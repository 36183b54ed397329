//! One canary for all sites, because they went down together or the network has just come up. It goes until something answers;
//! from then on each site looks for itself again.

use std::time::{Duration, Instant};

use crate::attempts::Verdict;
use crate::backoff::{COOL_DOWN, Dice};
use crate::port::AttemptId;
use crate::spent::NetworkSpent;

/// Sites that go down within this time went down together.
pub(crate) const TOGETHER: Duration = Duration::from_secs(10);
/// Of so many looks one goes to a site that was down before.
const OTHERS: u32 = 4;

/// Invariant: one look is under way at most, and the next is due only after it has ended.
pub(crate) struct AllSitesCanary {
    since: Instant,
    step: u32,
    next: Instant,
    last: Option<Instant>,
    /// From the last look to the next, should it come to nothing.
    wait: Duration,
    dialling: Option<AttemptId>,
    /// Some sites refused when they went down: another refusal is no news.
    refuses: bool,
    looks: u32,
}

impl AllSitesCanary {
    /// `step`: how far the waits have grown already.
    pub(crate) fn new(step: u32, next: Instant, refuses: bool, now: Instant) -> Self {
        Self {
            since: now,
            step,
            next,
            last: None,
            wait: Duration::ZERO,
            dialling: None,
            refuses,
            looks: 0,
        }
    }

    /// As an earlier run left it.
    pub(crate) fn resumed(spent: &NetworkSpent, longest_wait: Duration, now: Instant) -> Self {
        let at = |age: Duration| now.checked_sub(age).unwrap_or(now);
        Self {
            since: at(spent.since),
            last: spent.last_look.map(at),
            ..Self::new(spent.step, now + spent.next_look.min(longest_wait), spent.refuses, now)
        }
    }

    /// What the next run must know. A look under way counts as one that came to nothing.
    pub(crate) fn spent(&self, now: Instant) -> NetworkSpent {
        let (step, next) = match self.dialling.and(self.last) {
            Some(last) => (self.step.saturating_add(1), last + self.wait),
            None => (self.step, self.next),
        };
        NetworkSpent {
            since: now.saturating_duration_since(self.since),
            step,
            last_look: self.last.map(|at| now.saturating_duration_since(at)),
            next_look: next.saturating_duration_since(now),
            refuses: self.refuses,
        }
    }

    /// When the next look is due; `None` while one is under way.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.dialling.is_none().then_some(self.next)
    }

    pub(crate) fn is(&self, attempt: AttemptId) -> bool {
        self.dialling == Some(attempt)
    }

    /// Whether a site that went down then did so together with the others.
    pub(crate) fn fell_together(&self, down_since: Instant) -> bool {
        down_since + TOGETHER >= self.since
    }

    /// Those that went down together are the best witnesses, but the others get a look now and then.
    pub(crate) fn prefers_others(&self) -> bool {
        self.looks % OTHERS == OTHERS - 1
    }

    /// Whether such an answer says more than what was known.
    pub(crate) fn is_news(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Silent => false,
            Verdict::Answered => !self.refuses,
            Verdict::Well => true,
        }
    }

    pub(crate) fn looks(&mut self, attempt: AttemptId, dice: &mut Dice, now: Instant) {
        let before = self.last.map(|last| now - last);
        self.wait = dice.canary(self.step, now - self.since, before);
        self.last = Some(now);
        self.dialling = Some(attempt);
        self.looks = self.looks.wrapping_add(1);
    }

    /// The look came back with nothing new.
    pub(crate) fn came_to_nothing(&mut self, now: Instant) {
        self.dialling = None;
        self.next = now.max(self.last.unwrap_or(now) + self.wait);
        self.step = self.step.saturating_add(1);
    }

    /// The look ended without saying anything of the network.
    pub(crate) fn freed(&mut self, now: Instant) {
        self.dialling = None;
        self.next = self.next.max(now + COOL_DOWN);
    }

    /// No packet was sent, so that another look may go at once.
    pub(crate) fn sent_nothing(&mut self, now: Instant) {
        self.dialling = None;
        self.next = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_waits_grow_to_two_looks_a_minute_and_a_look_under_way_counts() {
        let start = Instant::now();
        let mut dice = Dice::new(1);
        let mut canary = AllSitesCanary::new(1, start, false, start);
        let mut now = start;
        let mut looks = Vec::new();
        for number in 0..40 {
            now = now.max(canary.due().unwrap());
            canary.looks(AttemptId(number), &mut dice, now);
            assert_eq!(canary.due(), None);
            let spent = canary.spent(now);
            canary.came_to_nothing(now + Duration::from_secs(2));
            assert_eq!(canary.spent(now), spent, "a restart changes nothing");
            looks.push(now);
        }
        for three in looks[6..].windows(3) {
            assert!(three[2] - three[0] > Duration::from_secs(60));
        }
    }

    #[test]
    fn a_refusal_is_news_only_after_silence() {
        let start = Instant::now();
        for refuses in [false, true] {
            let canary = AllSitesCanary::new(1, start, refuses, start);
            assert_eq!(canary.is_news(Verdict::Answered), !refuses);
            assert!(canary.is_news(Verdict::Well) && !canary.is_news(Verdict::Silent));
        }
    }
}
