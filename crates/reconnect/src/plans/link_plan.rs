//! One link: what it does now, and what it waits for.

use std::time::{Duration, Instant};

use crate::backoff::{Dice, GAP, PROVEN_BY};
use crate::failure::{Failure, FailureKind};
use crate::port::{AttemptId, Rank};

/// Redirects in a row that are followed; after a chain that led nowhere one, for some devices redirect every time.
const HOPS: u32 = 3;
const HOPS_AFTER_A_LOOP: u32 = 1;

/// One stream, or a Test.
pub(crate) struct LinkPlan {
    rank: Rank,
    state: LinkState,
    /// The gap after a failure or a loss: nothing skips it.
    not_before: Option<Instant>,
    /// Backoff of this link alone: a person's *Retry now* skips it.
    wait: Option<Instant>,
    /// Short lives or refusals of this stream in a row.
    setbacks: u32,
    /// Redirects in a row, and how many it may follow: fewer once they led nowhere.
    hops: u32,
    hops_allowed: u32,
    /// The first redirect has cost nothing so far.
    owes_a_hop: bool,
    failure: Option<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Idle,
    Dialling(AttemptId),
    Playing(AttemptId),
}

impl LinkPlan {
    /// `gap`: what an earlier link of the device has left.
    pub(crate) fn new(rank: Rank, gap: Option<Instant>) -> Self {
        Self {
            rank,
            state: LinkState::Idle,
            not_before: gap,
            wait: None,
            setbacks: 0,
            hops: 0,
            hops_allowed: HOPS,
            owes_a_hop: false,
            failure: None,
        }
    }

    pub(crate) fn rank(&self) -> Rank {
        self.rank
    }

    pub(crate) fn set_rank(&mut self, rank: Rank) {
        self.rank = rank;
    }

    pub(crate) fn state(&self) -> LinkState {
        self.state
    }

    pub(crate) fn attempt(&self) -> Option<AttemptId> {
        match self.state {
            LinkState::Idle => None,
            LinkState::Dialling(attempt) | LinkState::Playing(attempt) => Some(attempt),
        }
    }

    /// Why it ended last.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub(crate) fn ready_at(&self, skip_backoff: bool, now: Instant) -> Instant {
        let wait = self.wait.filter(|_| !skip_backoff);
        now.max(self.not_before.unwrap_or(now)).max(wait.unwrap_or(now))
    }

    /// It was sent elsewhere and goes on there.
    pub(crate) fn follows(&self) -> bool {
        self.hops > 0
    }

    /// Whether it may go where another redirect leads.
    pub(crate) fn may_follow(&self) -> bool {
        self.hops < self.hops_allowed
    }

    /// Who goes first among the links of a device; smaller is sooner.
    pub(crate) fn precedence(&self) -> (bool, Rank, u32) {
        (!self.follows(), self.rank, self.setbacks)
    }

    /// What remains of its gap when it goes: a page that is turned may come back at once, a stream that failed may not.
    pub(crate) fn gap_left(&self, played: bool) -> Option<Instant> {
        self.not_before.filter(|_| !played)
    }

    pub(crate) fn dials(&mut self, attempt: AttemptId) {
        self.state = LinkState::Dialling(attempt);
    }

    pub(crate) fn plays(&mut self, attempt: AttemptId) {
        self.state = LinkState::Playing(attempt);
        self.hops = 0;
        self.owes_a_hop = false;
        self.hops_allowed = HOPS;
        self.failure = None;
        self.wait = None;
    }

    /// Its stream has lasted.
    pub(crate) fn is_proven(&mut self) {
        self.setbacks = 0;
    }

    /// Its attempt was given up.
    pub(crate) fn aborted(&mut self, now: Instant) {
        self.state = LinkState::Idle;
        self.not_before = Some(now + GAP);
    }

    /// Its attempt was for a question, which is answered.
    pub(crate) fn answered(&mut self) {
        self.state = LinkState::Idle;
        self.hops = 0;
        self.owes_a_hop = false;
        self.failure = None;
    }

    /// Its attempt was sent elsewhere. Says whether that costs nothing: one step aside where the path works.
    pub(crate) fn redirected(&mut self, path_works: bool) -> bool {
        self.state = LinkState::Idle;
        self.hops = self.hops.saturating_add(1);
        let free = self.hops <= 1 && path_works;
        self.owes_a_hop |= free;
        free
    }

    /// Its attempt failed, or its stream ended. Says whether a step aside that cost nothing led nowhere and is owed now.
    pub(crate) fn fails(&mut self, failure: &Failure, played: bool, now: Instant) -> bool {
        self.state = LinkState::Idle;
        let owed = std::mem::take(&mut self.owes_a_hop);
        if std::mem::take(&mut self.hops) > 0 && !played {
            self.hops_allowed = HOPS_AFTER_A_LOOP;
        }
        if played || failure.kind != FailureKind::Policy {
            self.not_before = Some(now + GAP);
        }
        self.failure = Some(failure.clone());
        owed && !played
    }

    /// Its stream was lost after this much media.
    pub(crate) fn lost(&mut self, media: Duration, dice: &mut Dice, now: Instant) {
        self.setbacks = if media >= PROVEN_BY {
            0
        } else {
            self.setbacks.saturating_add(1)
        };
        self.wait = (self.setbacks > 0).then(|| now + dice.stream(self.setbacks));
    }

    /// The device has no such stream, or none that can be shown.
    pub(crate) fn is_useless(&mut self, dice: &mut Dice, now: Instant) {
        self.setbacks = self.setbacks.saturating_add(1);
        self.wait = Some(now + dice.useless(self.setbacks));
    }

    /// Forgets what was held against it.
    pub(crate) fn forgive(&mut self) {
        self.wait = None;
        self.setbacks = 0;
        self.hops_allowed = HOPS;
    }

    /// The device was edited; `moved`: it is elsewhere now.
    pub(crate) fn edited(&mut self, moved: bool) {
        self.failure = None;
        self.not_before = self.not_before.filter(|_| !moved);
    }

    /// Its path works again: a stream that fell silent with its site was not lost by its own fault.
    pub(crate) fn excuse_path(&mut self) {
        if self.failure.as_ref().is_some_and(Failure::blames_path) {
            self.wait = None;
        }
    }

    #[cfg(test)]
    pub(crate) fn after_years(&mut self) {
        (self.setbacks, self.hops) = (u32::MAX, u32::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Stage;

    fn failure() -> Failure {
        Failure {
            kind: FailureKind::Protocol,
            stage: Stage::Describe,
            detail: String::new(),
        }
    }

    #[test]
    fn three_redirects_are_followed_and_one_after_a_chain_that_led_nowhere() {
        let now = Instant::now();
        let mut link = LinkPlan::new(Rank::Visible, None);
        let follow_all = |link: &mut LinkPlan| {
            let mut hops = 0;
            while link.may_follow() {
                let free = link.redirected(true);
                assert_eq!(free, hops == 0, "the first step aside costs nothing");
                hops += 1;
            }
            hops
        };
        assert_eq!(follow_all(&mut link), 3);
        assert!(link.fails(&failure(), false, now), "the step aside is owed");
        assert_eq!(follow_all(&mut link), 1);
        link.plays(AttemptId(1));
        assert!(!link.fails(&failure(), true, now), "what played owes nothing");
        assert_eq!(follow_all(&mut link), 3);
    }

    #[test]
    fn a_gap_is_skipped_by_nobody_and_left_to_the_next_link() {
        let now = Instant::now();
        let mut link = LinkPlan::new(Rank::Visible, None);
        link.dials(AttemptId(1));
        link.fails(&failure(), false, now);
        link.lost(Duration::ZERO, &mut Dice::new(1), now);
        assert_eq!(link.ready_at(true, now), now + GAP);
        assert!(link.ready_at(false, now) >= now + GAP);
        let next = LinkPlan::new(Rank::Visible, link.gap_left(false));
        assert_eq!(next.ready_at(true, now), now + GAP);
        assert_eq!(link.gap_left(true), None, "a page that is turned may come back at once");
    }
}
