//! What the machine shows of itself, as of its last input or poll; it only reads.

use std::time::Instant;

use super::all_sites::AllSites;
use super::attempts::Attempts;
use super::basis::Basis;
use super::class::Class;
use super::failure::{Failure, FailureKind, Stage};
use super::groups::{CanaryTimes, Group, Groups, Path, is_cut_off, is_on_screen, rests_until};
use super::plans::{DevicePlan, LinkPlan, LinkState, Plans};
use super::port::{HeldBy, LinkId, LinkView, SignIn, SiteState, SiteView};
use super::process::Process;
use super::queue::Queue;
use device::SiteId;

pub(super) struct Survey<'a> {
    pub(super) basis: &'a Basis,
    pub(super) plans: &'a Plans,
    pub(super) groups: &'a Groups,
    pub(super) attempts: &'a Attempts,
    pub(super) all_sites: &'a AllSites,
    pub(super) process: &'a Process,
}

impl Survey<'_> {
    pub(super) fn link(&self, id: LinkId) -> Option<LinkView> {
        let (plan, link) = self.plans.link(id)?;
        match link.state() {
            LinkState::Dialling(attempt) => return Some(LinkView::Dialling(attempt)),
            LinkState::Playing(attempt) => return Some(LinkView::Playing(attempt)),
            LinkState::Idle => {}
        }
        let group = self.groups.of(plan)?;
        if let SignIn::Unreadable { detail } = plan.sign_in() {
            return Some(LinkView::Stopped {
                failure: Failure {
                    kind: FailureKind::PasswordStore,
                    stage: Stage::Resolve,
                    detail: detail.clone(),
                },
                until: None,
            });
        }
        if let Some((failure, until)) = plan.stopped() {
            let failure = failure.clone();
            return Some(LinkView::Stopped { failure, until });
        }
        Some(self.idle(link, plan, group))
    }

    pub(super) fn site(&self, id: SiteId) -> Option<SiteView> {
        let group = self.groups.get(self.groups.of_site(id)?)?;
        let now = self.basis.now();
        let counted = self.attempts.statistics().of_site(id, now);
        let (state, next) = self.state_of(group);
        let next_canary = next.and_then(|_| self.next_look(group));
        Some(SiteView {
            state,
            next_canary,
            half_open: counted.half_open,
            attempts: counted.attempts,
            failed: counted.failed,
            attempts_last_minute: counted.attempts_last_minute,
            failed_last_minute: group.ledger().count(now),
            failed_allowed: group.failed_per_minute(self.basis.limits(), now),
        })
    }

    /// What the sites of a group show, and when their canary goes next.
    pub(super) fn state_of(&self, group: &Group) -> (SiteState, Option<Instant>) {
        let down = is_cut_off(group, self.basis);
        let state = match group.probe().map(|probe| probe.path()) {
            _ if down => SiteState::NoNetwork,
            Some(Path::NoRoute) => SiteState::NoNetwork,
            Some(Path::Dead) => SiteState::Outage,
            Some(Path::Unknown) if group.down_since().is_some() => SiteState::Outage,
            _ if !group.has_trouble() => SiteState::Up,
            _ => SiteState::Partial,
        };
        (state, self.next_canary(group).filter(|_| !down))
    }

    /// When the site is looked at next by its own timer, or by the canary of all sites.
    fn next_canary(&self, group: &Group) -> Option<Instant> {
        if group.probe()?.is_looking() || group.wanted() == 0 {
            return None;
        }
        if self.all_sites.hold(group) {
            return self.all_sites.due().map(|at| at.max(self.basis.now()));
        }
        CanaryTimes::of(group, false, self.plans, self.process, self.basis).first()
    }

    /// The same, and not before the process has room for it.
    fn next_look(&self, group: &Group) -> Option<Instant> {
        let own = self.next_canary(group)?;
        if self.all_sites.hold(group) {
            return Some(own);
        }
        Some(own.max(self.turn_of(group)))
    }

    /// When a group has its turn, if all that go before it fail.
    fn turn_of(&self, group: &Group) -> Instant {
        let key = |group: &Group| (is_on_screen(group, self.plans), group.last_turn());
        let (on_screen, since) = key(group);
        let (mut ahead, mut others) = (0, 0);
        for (_, other) in self.groups.iter().filter(|(_, other)| self.competes(other)) {
            let (screen, at) = key(other);
            ahead += usize::from(screen == on_screen && at < since);
            others += usize::from(screen != on_screen);
        }
        let turns = Queue::turns_before(on_screen, ahead, others);
        self.process.forecast(turns, self.basis.now())
    }

    /// It wants or will want turns of those that may fail.
    fn competes(&self, group: &Group) -> bool {
        let looks = match group.probe() {
            Some(probe) => !probe.is_looking() && probe.path() != Path::NoRoute,
            None => group.lineup().has_ready() && !group.is_proven(self.basis.now()),
        };
        looks && group.wanted() > 0
    }

    fn idle(&self, link: &LinkPlan, plan: &DevicePlan, group: &Group) -> LinkView {
        let now = self.basis.now();
        let failure = plan.cause_of(link).cloned();
        let (until, held_by) = if *plan.sign_in() == SignIn::Asking {
            (None, HeldBy::Password)
        } else if is_cut_off(group, self.basis) {
            (None, HeldBy::NoNetwork)
        } else if let Some(probe) = group.probe() {
            let held_by = if probe.path() == Path::NoRoute {
                HeldBy::NoNetwork
            } else {
                HeldBy::SiteOutage
            };
            (self.next_look(group), held_by)
        } else {
            let due = link
                .ready_at(plan.is_manual(), now)
                .max(plan.waits_until().unwrap_or(now));
            match failure {
                Some(failure) if due > now => {
                    let rests = rests_until(group, self.basis).filter(|_| !plan.is_manual());
                    let until = rests.map_or(due, |rests| due.max(rests));
                    return LinkView::BackingOff { until, failure };
                }
                _ if due > now || plan.dialling().is_some() || plan.entry().is_busy() => {
                    ((due > now).then_some(due), HeldBy::Device)
                }
                _ => self.budget(group),
            }
        };
        LinkView::Waiting {
            until,
            held_by,
            failure,
        }
    }

    fn budget(&self, group: &Group) -> (Option<Instant>, HeldBy) {
        let now = self.basis.now();
        match Groups::front(group, self.basis) {
            _ if !group.has_slot(self.basis.limits(), now) => (None, HeldBy::Site),
            None => (None, HeldBy::Site),
            Some((_, _, at)) if at > now => (Some(at), HeldBy::Site),
            Some((turn, _, _)) if matches!(group.class_of(turn, now), Class::Unknown | Class::Doubtful) => {
                let at = self.turn_of(group);
                ((at > now).then_some(at), HeldBy::Process)
            }
            Some(_) => (None, HeldBy::Process),
        }
    }
}
