//! The roads of one device: which one it takes, what speaks against it, and what is known of the one that it should take.

use std::time::{Duration, Instant};

use crate::failure::{Failure, FailureKind, Stage};
use crate::port::{LinkId, RoadEnd, RoadTried, RoadView, RoadsOf};
use device::DeviceId;

/// What speaks against a road before the next one is taken: an attempt that failed, or the loss of the stream before it.
const ENOUGH: u32 = 2;
/// The preferred road has answered for so long before it is taken back.
const HOLD: Duration = Duration::from_secs(20);
const LONGEST_HOLD: Duration = Duration::from_secs(3_600);
/// Who leaves the preferred road so soon after it came back has come back too soon.
const SETTLED: Duration = Duration::from_secs(600);
/// What was learnt of a road says nothing after so long, unless it was looked at again.
const EXPIRES: Duration = Duration::from_secs(600);
/// Where this computer has no way to a road, it may have one again.
const NO_WAY: Duration = Duration::from_secs(60);

/// One road, and what was found there.
struct RoadPlan {
    end: RoadEnd,
    tried: Option<RoadTried>,
    /// It is left out: the policy of this number forbids it, or there was no way there until then.
    forbidden: Option<u64>,
    no_way: Option<Instant>,
    /// The sign-in was refused there, and is not asked again before somebody changes something.
    refused: bool,
}

impl RoadPlan {
    fn new(end: RoadEnd) -> Self {
        Self {
            end,
            tried: None,
            forbidden: None,
            no_way: None,
            refused: false,
        }
    }

    fn is_open(&self, policy: u64, now: Instant) -> bool {
        !self.refused && self.forbidden != Some(policy) && self.no_way.is_none_or(|until| until <= now)
    }
}

pub(crate) struct Choice {
    roads: Vec<RoadPlan>,
    taken: usize,
    /// Since when.
    since: Instant,
    pinned: Option<usize>,
    scout: DeviceId,
    look: LinkId,
    /// What speaks against the road that it takes, since something played there.
    evidence: u32,
    /// Roads that came to nothing since something played.
    given_up: u32,
    /// Away from the road that it should take somebody answers who shows nothing of what is wanted: so it is no reason to stay there.
    useless: bool,
    /// It left the preferred road because its whole site had.
    with_site: bool,
    /// When it came back to the preferred road, and how often that was too soon.
    came_home: Option<Instant>,
    flaps: u32,
    /// When the preferred road answered first and last, without a silence in between.
    answers: Option<(Instant, Instant)>,
    /// When something was last learnt.
    learnt: Instant,
    looked: Option<Instant>,
    returns: bool,
    /// An heir has played since it returns.
    proven: bool,
}

impl Choice {
    pub(super) fn new(roads: RoadsOf, now: Instant) -> Self {
        Self {
            roads: roads.roads.into_iter().map(RoadPlan::new).collect(),
            taken: 0,
            since: now,
            pinned: roads.pinned,
            scout: roads.scout,
            look: roads.look,
            evidence: 0,
            given_up: 0,
            useless: false,
            with_site: false,
            came_home: None,
            flaps: 0,
            answers: None,
            learnt: now,
            looked: None,
            returns: false,
            proven: false,
        }
    }

    /// The roads are others now; what is known of those that stay is kept. Whether the one that it takes is still among them.
    pub(super) fn replace(&mut self, roads: RoadsOf) -> bool {
        let taken = self.roads.get(self.taken).map(|plan| plan.end);
        let mut before = std::mem::take(&mut self.roads);
        for end in roads.roads {
            let known = before.iter().position(|plan| plan.end == end);
            let plan = known.map_or_else(|| RoadPlan::new(end), |index| before.swap_remove(index));
            self.roads.push(plan);
        }
        self.pinned = roads.pinned;
        let still = self.roads.iter().position(|plan| Some(plan.end) == taken);
        self.taken = still.unwrap_or(0);
        still.is_some()
    }

    /// Whether these are its roads already.
    pub(crate) fn is(&self, roads: &RoadsOf) -> bool {
        let own = self.roads.iter().map(|plan| &plan.end);
        self.pinned == roads.pinned && own.eq(&roads.roads)
    }

    pub(crate) fn scout(&self) -> DeviceId {
        self.scout
    }

    pub(crate) fn look(&self) -> LinkId {
        self.look
    }

    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// The road that it should take.
    pub(crate) fn goal(&self) -> usize {
        self.pinned.filter(|pinned| *pinned < self.roads.len()).unwrap_or(0)
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.pinned.is_some_and(|pinned| pinned < self.roads.len())
    }

    pub(crate) fn is_away(&self) -> bool {
        self.taken != self.goal()
    }

    pub(crate) fn left_with_site(&self) -> bool {
        self.with_site
    }

    /// Where one of its roads ends.
    pub(crate) fn end_of(&self, road: usize) -> Option<RoadEnd> {
        self.roads.get(road).map(|plan| plan.end)
    }

    pub(crate) fn count(&self) -> usize {
        self.roads.len()
    }

    /// Whether it has a road of this number.
    pub(crate) fn has(&self, road: usize) -> bool {
        road < self.roads.len()
    }

    /// The road after the one that it takes; `None`: it is pinned, or there is no other one that is open.
    pub(crate) fn next(&self, policy: u64, now: Instant) -> Option<usize> {
        if self.is_pinned() {
            return None;
        }
        let count = self.roads.len();
        let others = (1..count).map(|step| (self.taken + step) % count);
        others.into_iter().find(|road| self.roads[*road].is_open(policy, now))
    }

    /// It takes this road from now on.
    pub(crate) fn takes(&mut self, road: usize, with_site: bool, now: Instant) {
        let goal = self.goal();
        if self.taken == goal {
            let too_soon = self
                .came_home
                .is_some_and(|at| now.saturating_duration_since(at) < SETTLED);
            self.flaps = if too_soon { self.flaps.saturating_add(1) } else { 0 };
            self.came_home = None;
            self.with_site = with_site;
        }
        if road == goal {
            self.came_home = Some(now);
            self.with_site = false;
        } else {
            self.with_site |= with_site;
        }
        (self.taken, self.since, self.learnt) = (road, now, now);
        (self.evidence, self.useless, self.answers) = (0, false, None);
        (self.returns, self.proven) = (false, false);
    }

    /// An attempt there, or the stream that it opened, has failed while nothing else plays. Whether the next road is to be taken.
    pub(crate) fn fails(&mut self, failure: &Failure, was_playing: bool, policy: u64, now: Instant) -> bool {
        let away = self.is_away();
        let Some(plan) = self.roads.get_mut(self.taken) else {
            return false;
        };
        plan.tried = Some(RoadTried {
            at: now,
            failure: failure.clone(),
        });
        self.learnt = now;
        self.useless = away && answers_in_vain(failure.kind);
        plan.refused |= self.useless && failure.kind == FailureKind::Auth;
        match failure.kind {
            FailureKind::Policy => {
                plan.forbidden = Some(policy);
                return true;
            }
            FailureKind::NoRoute => {
                plan.no_way = Some(now + NO_WAY);
                return true;
            }
            _ if was_playing => self.evidence = self.evidence.max(1),
            _ if speaks_against_road(failure) => self.evidence = self.evidence.saturating_add(1),
            _ => {}
        }
        // Where every road came to nothing, one attempt at each is enough.
        let enough = if self.given_up == 0 { ENOUGH } else { 1 };
        self.evidence >= enough && !was_playing
    }

    /// Whether whoever stands where it is shows nothing of what is wanted.
    pub(crate) fn is_useless(&self) -> bool {
        self.useless
    }

    /// It has been where it is for so long that what was learnt before of other roads says nothing any more.
    pub(crate) fn has_stayed(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= EXPIRES
    }

    /// It gives the road up that it takes.
    pub(crate) fn gives_up(&mut self) {
        self.given_up = self.given_up.saturating_add(1);
    }

    /// There are pictures by the road that it takes.
    pub(crate) fn plays(&mut self, now: Instant) {
        (self.evidence, self.given_up, self.useless) = (0, 0, false);
        if let Some(plan) = self.roads.get_mut(self.taken) {
            plan.tried = None;
        }
        if !self.is_away() {
            self.roads.iter_mut().for_each(|plan| plan.tried = None);
        }
        self.learnt = now;
    }

    /// Its scout has found something: an answer, or what failed.
    pub(crate) fn scouted(&mut self, found: Result<(), &Failure>, now: Instant) {
        let goal = self.goal();
        self.looked = Some(now);
        self.learnt = now;
        match found {
            Ok(()) => {
                let first = self.answers.map_or(now, |(first, _)| first);
                self.answers = Some((first, now));
            }
            Err(failure) => {
                self.answers = None;
                if let Some(plan) = self.roads.get_mut(goal) {
                    let failure = failure.clone();
                    plan.tried = Some(RoadTried { at: now, failure });
                }
            }
        }
    }

    /// Whether the road that it should take has answered for long enough.
    pub(crate) fn may_return(&self) -> bool {
        self.answers.is_some_and(|(first, last)| last - first >= self.hold())
    }

    /// How long that has to be: it grows each time that coming back was too soon.
    fn hold(&self) -> Duration {
        HOLD.saturating_mul(1_u32.checked_shl(self.flaps.min(16)).unwrap_or(u32::MAX))
            .min(LONGEST_HOLD)
    }

    pub(crate) fn returns(&self) -> bool {
        self.returns
    }

    pub(crate) fn begin_return(&mut self) {
        (self.returns, self.proven) = (true, false);
    }

    /// An heir plays.
    pub(crate) fn proves_return(&mut self) {
        self.proven = true;
    }

    /// New streams may go the way of those that have returned.
    pub(crate) fn return_is_proven(&self) -> bool {
        self.returns && self.proven
    }

    /// It does not return any more.
    pub(crate) fn stays_away(&mut self) {
        (self.returns, self.proven, self.answers) = (false, false, None);
    }

    /// What was to return found nothing.
    pub(crate) fn return_fails(&mut self, failure: &Failure, now: Instant) {
        let goal = self.goal();
        if let Some(plan) = self.roads.get_mut(goal) {
            let failure = failure.clone();
            plan.tried = Some(RoadTried { at: now, failure });
        }
        self.flaps = self.flaps.saturating_add(1);
        (self.returns, self.proven, self.answers) = (false, false, None);
        self.learnt = now;
    }

    pub(crate) fn looked(&self) -> Option<Instant> {
        self.looked
    }

    /// What was learnt of its roads is too old.
    pub(crate) fn has_expired(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.learnt) >= EXPIRES
    }

    /// The network or the policy is another: each road may be open again.
    pub(crate) fn forget_closed(&mut self) {
        for plan in &mut self.roads {
            (plan.forbidden, plan.no_way) = (None, None);
        }
    }

    pub(super) fn view(&self, next_look: Option<Instant>) -> RoadView {
        RoadView {
            taken: self.taken,
            since: self.since,
            goal: self.goal(),
            pinned: self.is_pinned(),
            returns: self.returns,
            answers_since: self.answers.map(|(first, _)| first),
            next_look,
            tried: self.roads.iter().map(|plan| plan.tried.clone()).collect(),
        }
    }
}

/// Whether this speaks against the road by which a device was tried, so that another one may do better. A device that is full, or
/// that refuses a sign-in, does so by every road.
pub(crate) fn speaks_against_road(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Refused
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::SpeaksHttp
        | FailureKind::Tls
        | FailureKind::TlsHungUp => true,
        FailureKind::Protocol => failure.stage <= Stage::Options,
        FailureKind::NoRoute
        | FailureKind::Local
        | FailureKind::PasswordStore
        | FailureKind::Policy
        | FailureKind::Auth
        | FailureKind::Limit { .. }
        | FailureKind::Undecodable
        | FailureKind::TlsUnspoken { .. }
        | FailureKind::CertificateChanged
        | FailureKind::CertificateUnsure
        | FailureKind::NoSuchChannel
        | FailureKind::UnsupportedCodec
        | FailureKind::TooLarge { .. }
        | FailureKind::NoTransport { .. } => false,
    }
}

/// Whether somebody answers, and has nothing to show. By the road that it should take a device waits for that to change; another one it
/// does not wait for.
fn answers_in_vain(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Auth
        | FailureKind::Limit { .. }
        | FailureKind::Undecodable
        | FailureKind::TlsUnspoken { .. }
        | FailureKind::CertificateChanged
        | FailureKind::CertificateUnsure
        | FailureKind::NoSuchChannel
        | FailureKind::UnsupportedCodec
        | FailureKind::TooLarge { .. }
        | FailureKind::NoTransport { .. } => true,
        FailureKind::Refused
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::NoRoute
        | FailureKind::Local
        | FailureKind::PasswordStore
        | FailureKind::Policy
        | FailureKind::Protocol
        | FailureKind::SpeaksHttp
        | FailureKind::Tls
        | FailureKind::TlsHungUp => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn choice(roads: u64, now: Instant) -> Choice {
        let end = |recorder| RoadEnd {
            address: None,
            recorder,
        };
        let roads = RoadsOf {
            roads: (1..=roads).map(end).collect(),
            pinned: None,
            scout: DeviceId(9),
            look: LinkId(9),
        };
        Choice::new(roads, now)
    }

    fn failure(kind: FailureKind) -> Failure {
        Failure {
            kind,
            stage: Stage::Connect,
            detail: String::new(),
        }
    }

    #[test]
    fn one_lost_packet_is_no_reason_to_turn_and_a_loss_with_a_failed_attempt_is() {
        let now = Instant::now();
        let mut choice = choice(2, now);
        let timeout = failure(FailureKind::Timeout);
        assert!(!choice.fails(&timeout, false, 0, now));
        choice.plays(now);
        assert!(!choice.fails(&timeout, false, 0, now), "something played in between");
        choice.plays(now);
        assert!(
            !choice.fails(&timeout, true, 0, now),
            "four streams that are lost are one loss"
        );
        assert!(!choice.fails(&timeout, true, 0, now));
        assert!(choice.fails(&timeout, false, 0, now));
        assert_eq!(choice.next(0, now), Some(1));
    }

    #[test]
    fn what_every_road_would_find_turns_nobody_and_what_sends_no_packet_turns_at_once() {
        let now = Instant::now();
        let mut choice = choice(3, now);
        for kind in [
            FailureKind::Auth,
            FailureKind::Limit { retry_after: None },
            FailureKind::NoSuchChannel,
        ] {
            assert!(!(0..5).any(|_| choice.fails(&failure(kind), false, 0, now)), "{kind:?}");
        }
        assert!(choice.fails(&failure(FailureKind::Policy), false, 7, now));
        choice.takes(1, false, now);
        assert!(choice.fails(&failure(FailureKind::NoRoute), false, 7, now));
        choice.takes(2, false, now);
        assert_eq!(
            choice.next(7, now),
            None,
            "one is forbidden, there is no way to the other"
        );
        assert_eq!(choice.next(7, now + NO_WAY), Some(1));
        assert_eq!(choice.next(8, now), Some(0), "the policy is another one");
    }

    #[test]
    fn a_refusal_elsewhere_is_no_reason_to_stay_and_is_not_asked_for_twice() {
        let now = Instant::now();
        let mut choice = choice(3, now);
        let refused = failure(FailureKind::Auth);
        assert!(
            !choice.fails(&refused, false, 0, now) && !choice.is_useless(),
            "it waits where it should be"
        );
        choice.takes(1, false, now);
        assert!(!choice.fails(&refused, false, 0, now) && choice.is_useless());
        choice.takes(0, false, now);
        assert!(!choice.is_useless());
        assert_eq!(choice.next(0, now), Some(2), "the one that refused is left out");
    }

    #[test]
    fn a_road_that_flaps_has_to_answer_for_longer_each_time_and_less_once_it_is_settled() {
        let start = Instant::now();
        let mut choice = choice(2, start);
        let mut now = start;
        let mut away = Vec::new();
        for _ in 0..12 {
            choice.takes(1, false, now);
            let left = now;
            while !choice.may_return() {
                now += 30 * SECOND;
                choice.scouted(Ok(()), now);
            }
            away.push(now - left);
            choice.takes(0, false, now);
            now += 10 * SECOND;
        }
        assert!(away.windows(2).all(|pair| pair[0] <= pair[1]), "{away:?}");
        assert_eq!(away[0], 60 * SECOND);
        assert_eq!(away.last(), Some(&(LONGEST_HOLD + 30 * SECOND)), "{away:?}");
        now += SETTLED;
        choice.takes(1, false, now);
        assert_eq!(choice.hold(), HOLD, "it stood for ten minutes");
    }

    #[test]
    fn answers_that_a_silence_parts_do_not_add_up() {
        let start = Instant::now();
        let mut choice = choice(2, start);
        choice.takes(1, false, start);
        choice.scouted(Ok(()), start);
        choice.scouted(Err(&failure(FailureKind::Timeout)), start + 15 * SECOND);
        choice.scouted(Ok(()), start + 30 * SECOND);
        assert!(!choice.may_return());
        choice.scouted(Ok(()), start + 60 * SECOND);
        assert!(choice.may_return());
    }

    #[test]
    fn who_is_pinned_stays_and_what_is_no_road_any_more_is_not_taken() {
        let now = Instant::now();
        let mut choice = choice(3, now);
        choice.takes(2, false, now);
        let roads = |recorders: &[u64], pinned| RoadsOf {
            roads: recorders
                .iter()
                .map(|recorder| RoadEnd {
                    address: None,
                    recorder: *recorder,
                })
                .collect(),
            pinned,
            scout: DeviceId(9),
            look: LinkId(9),
        };
        assert!(choice.replace(roads(&[3, 1, 2], Some(0))));
        assert_eq!((choice.taken(), choice.goal(), choice.is_away()), (0, 0, false));
        assert_eq!(choice.next(0, now), None, "it is pinned");
        assert!(!choice.replace(roads(&[1, 2], None)));
        assert_eq!(choice.taken(), 0);
    }
}
