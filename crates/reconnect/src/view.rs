//! What the machine shows of itself. As of its last input or poll.

use std::time::Instant;

use super::device_plan::{DevicePlan, LinkPlan, LinkState};
use super::failure::{Failure, FailureKind, Stage};
use super::group::{Group, GroupId, Path};
use super::machine::Machine;
use super::port::{HeldBy, LinkId, LinkView, SignIn, SiteState, SiteView};
use super::process::Class;
use super::queue::Queue;
use super::statistics::Totals;
use device::SiteId;

impl Machine {
    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<LinkView> {
        let link = self.links.get(&id)?;
        match link.state {
            LinkState::Dialling(attempt) => return Some(LinkView::Dialling(attempt)),
            LinkState::Playing(attempt) => return Some(LinkView::Playing(attempt)),
            LinkState::Idle => {}
        }
        let member = self.members.get(&link.device)?;
        let group = self.groups.get(&member.group)?;
        if let SignIn::Unreadable { detail } = &member.sign_in {
            return Some(LinkView::Stopped {
                failure: Failure {
                    kind: FailureKind::PasswordStore,
                    stage: Stage::Resolve,
                    detail: detail.clone(),
                },
                until: None,
            });
        }
        if let Some(stop) = &member.stop {
            return Some(LinkView::Stopped {
                failure: stop.failure.clone(),
                until: stop.until,
            });
        }
        Some(self.idle_view(link, member, group))
    }

    /// The state is that of all sites which share its way out, and so is the budget, `failed_last_minute` of `failed_allowed`;
    /// the other figures are the site's own.
    #[must_use]
    pub fn site(&self, id: SiteId) -> Option<SiteView> {
        let group = self.groups.get(&self.directory.group_of(id)?)?;
        let counted = self.statistics.of_site(id, self.now);
        let (state, next) = self.state_of(group);
        let next_canary = next.and_then(|_| self.next_look(group));
        Some(SiteView {
            state,
            next_canary,
            half_open: counted.half_open,
            attempts: counted.attempts,
            failed: counted.failed,
            attempts_last_minute: counted.attempts_last_minute,
            failed_last_minute: group.ledger.count(self.now),
            failed_allowed: group.failed_per_minute(&self.limits, self.now),
        })
    }

    /// Every site that has a device.
    pub fn sites(&self) -> impl Iterator<Item = SiteId> + '_ {
        self.directory.sites().map(|(site, _)| site)
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        self.statistics.totals(self.now)
    }

    /// Entries in all collections together: bounded by what is registered and wanted, not by time.
    #[must_use]
    pub fn footprint(&self) -> usize {
        let groups = self.groups.values().map(|group| {
            group.members.len()
                + group.ready.len()
                + group.waiting.len()
                + group.failing.len()
                + group.locked_out.len()
                + group.ledger.len()
        });
        let waiting = self.queue.len()
            + self.process.footprint()
            + self.outputs.len()
            + self.changed.len()
            + self.statistics.footprint()
            + self.earlier.len();
        let registered = self.links.len()
            + self.members.len()
            + self.attempts.len()
            + self.departed.len()
            + self.directory.footprint();
        groups.sum::<usize>() + waiting + registered
    }

    /// Reports a change of what the sites of a group show.
    pub(super) fn show(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(&id) else { return };
        let shown = self.state_of(group);
        if shown != group.shown {
            self.changed.extend(group.sites.iter().copied());
            if let Some(group) = self.groups.get_mut(&id) {
                group.shown = shown;
            }
        }
    }

    fn state_of(&self, group: &Group) -> (SiteState, Option<Instant>) {
        let down = self.offline && !group.loopback;
        let path = group.probe().map(|probe| probe.path);
        let state = match path {
            _ if down => SiteState::NoNetwork,
            Some(Path::NoRoute) => SiteState::NoNetwork,
            Some(Path::Dead) => SiteState::Outage,
            Some(Path::Unknown) if group.down_since.is_some() => SiteState::Outage,
            _ if group.failing.is_empty() && group.locked_out.is_empty() => SiteState::Up,
            _ => SiteState::Partial,
        };
        (state, self.next_canary(group).filter(|_| !down))
    }

    /// When the site is looked at next by its own timer, or by the canary of all sites.
    fn next_canary(&self, group: &Group) -> Option<Instant> {
        let probe = group.probe()?;
        if probe.dialling.is_some() || group.wanted == 0 {
            return None;
        }
        match &self.all_sites {
            Some(canary) if self.waits_for_all_sites(group) => canary.due().map(|at| at.max(self.now)),
            _ => self.canary_time(group, false),
        }
    }

    /// The same, and not before the process has room for it.
    fn next_look(&self, group: &Group) -> Option<Instant> {
        let own = self.next_canary(group)?;
        if self.waits_for_all_sites(group) {
            return Some(own);
        }
        Some(own.max(self.turn_of(group)))
    }

    /// When an connects group has its turn, if all that go before it fail.
    fn turn_of(&self, group: &Group) -> Instant {
        let key = |group: &Group| (self.is_on_screen(group), group.last_turn);
        let (on_screen, since) = key(group);
        let (mut ahead, mut others) = (0, 0);
        for other in self.groups.values().filter(|other| self.competes(other)) {
            let (screen, at) = key(other);
            ahead += usize::from(screen == on_screen && at < since);
            others += usize::from(screen != on_screen);
        }
        self.process
            .forecast(Queue::turns_before(on_screen, ahead, others), self.now)
    }

    /// It wants or will want turns of those that may fail.
    fn competes(&self, group: &Group) -> bool {
        let looks = match group.probe() {
            Some(probe) => probe.dialling.is_none() && probe.path != Path::NoRoute,
            None => !group.ready.is_empty() && !group.is_proven(self.now),
        };
        looks && group.wanted > 0
    }

    fn idle_view(&self, link: &LinkPlan, member: &DevicePlan, group: &Group) -> LinkView {
        let now = self.now;
        let failure = link.failure.clone().or_else(|| member.last_failure.clone());
        let (until, held_by) = if member.sign_in == SignIn::Asking {
            (None, HeldBy::Password)
        } else if self.offline && !group.loopback {
            (None, HeldBy::NoNetwork)
        } else if let Some(probe) = group.probe() {
            let held_by = if probe.path == Path::NoRoute {
                HeldBy::NoNetwork
            } else {
                HeldBy::SiteOutage
            };
            (self.next_look(group), held_by)
        } else {
            let backoff = member.backoff_until.max(member.route_until);
            let device = backoff.filter(|_| !member.manual).max(member.hold_until);
            let due = link.ready_at(member.manual, now).max(device.unwrap_or(now));
            match failure {
                Some(failure) if due > now => return LinkView::BackingOff { until: due, failure },
                _ if due > now || member.dialling.is_some() || member.recorder_busy => {
                    ((due > now).then_some(due), HeldBy::Device)
                }
                _ => self.budget_view(group),
            }
        };
        LinkView::Waiting {
            until,
            held_by,
            failure,
        }
    }

    fn budget_view(&self, group: &Group) -> (Option<Instant>, HeldBy) {
        match self.front(group) {
            _ if group.traffic.in_flight() >= group.allowed_in_flight(&self.limits, self.now) => (None, HeldBy::Site),
            None => (None, HeldBy::Site),
            Some((_, _, at)) if at > self.now => (Some(at), HeldBy::Site),
            Some((turn, _, _)) if matches!(group.class_of(turn, self.now), Class::Unknown | Class::Doubtful) => {
                let at = self.turn_of(group);
                ((at > self.now).then_some(at), HeldBy::Process)
            }
            Some(_) => (None, HeldBy::Process),
        }
    }
}
