//! When a device turns to another of its roads, and how it comes back, as the parts take it over one after the other.
//!
//! It turns where its own road has come to nothing, and with its whole site where that is found dead: then the canary takes a
//! different road on each look, so that an outage costs the same packets however many roads there are. What answered is tried by all.

mod returning;
mod scouting;

use std::time::Duration;

use super::Machine;
use crate::failure::{Failure, FailureKind};
use crate::plans::{DevicePlan, GroupId, Registration};
use crate::port::{AttemptId, LinkId, Output, RoadsOf};
use crate::roads::{Choice, speaks_against_road};
use device::{DeviceId, SiteId};

/// What was true of an attempt before its outcome was taken in.
#[derive(Clone, Copy)]
pub(super) struct Before {
    entry: DeviceId,
    link: LinkId,
    group: GroupId,
    playing: bool,
    /// The timers of its group were frozen, and whether it was the look of its canary.
    frozen: bool,
    look: bool,
    /// One canary went for all sites, this one among them.
    gated: bool,
}

impl Machine {
    // What is registered.

    pub(super) fn set_roads(&mut self, device: DeviceId, roads: RoadsOf) {
        if self.plans.get(device).is_none() {
            return;
        }
        let known = self.roads.get(device);
        if known.is_some_and(|choice| choice.is(&roads)) {
            return;
        }
        if roads.roads.len() < 2 {
            self.forget_roads(device);
            return;
        }
        if known.is_some_and(Choice::returns) {
            self.give_up_return(device);
        }
        self.dismiss_scout(device);
        if self.roads.set(device, roads, self.basis.now()) {
            self.news.push(Output::Road(device));
        } else {
            let goal = self.roads.get(device).map_or(0, Choice::goal);
            self.turn_to(device, goal, false);
        }
        self.head_for_goal(device);
    }

    /// It has one road again, the preferred one, or is gone.
    pub(super) fn forget_roads(&mut self, device: DeviceId) {
        let Some(choice) = self.roads.get(device) else { return };
        let (taken, site) = (choice.taken(), self.plans.get(device).map(DevicePlan::site));
        self.dismiss_scout(device);
        if taken != 0 {
            self.turn_to(device, 0, false);
        }
        self.roads.forget(device, site.unwrap_or(SiteId(0)));
        self.news.push(Output::Road(device));
    }

    /// A device that is registered anew is where the road leads that it takes; an edit of the preferred one begins with that again.
    pub(super) fn by_road(&mut self, device: DeviceId, registration: Registration) -> Registration {
        let (Some(choice), Some(plan)) = (self.roads.get(device), self.plans.get(device)) else {
            return registration;
        };
        let preferred = choice.end_of(0).map(|end| end.recorder);
        let is_same = preferred == Some(registration.recorder)
            && plan.site() == registration.site
            && !plan.is_revised_by(&registration);
        if !is_same {
            self.forget_roads(device);
            return registration;
        }
        match choice.end_of(choice.taken()).filter(|_| choice.taken() > 0) {
            Some(there) => Registration {
                address: there.address,
                recorder: there.recorder,
                ..registration
            },
            None => registration,
        }
    }

    /// Its scout, where one is registered.
    pub(super) fn scout_of(&self, device: DeviceId) -> Option<DeviceId> {
        let scout = self.roads.get(device)?.scout();
        self.plans.get(scout).map(|_| scout)
    }

    /// A packet came from where this scout would look.
    pub(super) fn hint_to_scout(&mut self, scout: DeviceId) {
        if let Some(device) = self.roads.scouted_by(scout) {
            self.hurry_scout(device);
        }
    }

    /// Where a link of this device belongs: with what has returned, if it did or once that is proven.
    pub(super) fn entry_for(&mut self, link: LinkId, device: DeviceId) -> DeviceId {
        let Some(choice) = self.roads.get(device) else {
            return device;
        };
        let (scout, owner) = (choice.scout(), self.plans.owner(link));
        if owner == Some(scout) || owner.is_none() && choice.return_is_proven() && self.plans.get(scout).is_some() {
            return scout;
        }
        // What was learnt before anything was wanted of it may be long ago.
        let stale = choice.is_away() && choice.has_expired(self.basis.now());
        if stale && self.plans.get(device).is_some_and(|plan| !plan.is_wanted()) {
            self.go_home(device);
        }
        device
    }

    // Before and after an outcome.

    /// `None`: nothing has more than one road.
    pub(super) fn before(&self, attempt: AttemptId) -> Option<Before> {
        if self.roads.are_unused() {
            return None;
        }
        let attempt = self.attempts.get(attempt)?;
        let group = self.plans.group_of(attempt.device())?;
        let state = self.groups.get(group)?;
        Some(Before {
            entry: attempt.device(),
            link: attempt.link(),
            group,
            playing: attempt.is_playing(),
            frozen: state.probe().is_some(),
            look: state.probe().is_some_and(|probe| probe.looks_by(attempt.id())),
            gated: self.all_sites.hold(state),
        })
    }

    /// Something came back from it. Where that opened its site, everybody goes the way that worked.
    pub(super) fn after(&mut self, before: Option<Before>, gated: bool) {
        if gated && !self.all_sites.are_down() {
            // It was the network of this computer, or a way that all roads of one kind share.
            let road = before.map(|before| self.roads.road_of(before.entry));
            let mut frozen = self.groups.ids();
            frozen.retain(|group| self.is_frozen(*group));
            if let Some(road) = road {
                frozen.into_iter().for_each(|group| self.follow(group, road));
            }
        }
        let Some(before) = before.filter(|before| before.frozen) else {
            return;
        };
        if self
            .groups
            .get(before.group)
            .is_some_and(|group| group.probe().is_none())
        {
            self.follow(before.group, self.roads.road_of(before.entry));
        }
    }

    pub(super) fn after_playing(&mut self, before: Before) {
        let now = self.basis.now();
        let device = self.roads.device_of(before.entry);
        let Some(choice) = self.roads.get_mut(device) else {
            return;
        };
        if device != before.entry {
            choice.proves_return();
            return;
        }
        choice.plays(now);
        self.head_for_goal(device);
    }

    /// It has answered what is no stream.
    pub(super) fn after_answer(&mut self, before: Before) {
        if let Some(device) = self.roads.looked_at_by(before.link) {
            self.looked(device, Ok(()));
        }
    }

    pub(super) fn after_failure(&mut self, before: Before, failure: &Failure) {
        let device = self.roads.device_of(before.entry);
        if device != before.entry {
            self.scout_failed(device, before.link, failure);
            return;
        }
        let (now, policy) = (self.basis.now(), self.basis.policy());
        let plays = self.plans.get(device).is_some_and(DevicePlan::is_playing);
        let choice = self.roads.get_mut(device).filter(|_| !plays);
        let turns = choice.is_some_and(|choice| choice.fails(failure, before.playing, policy, now));
        let froze = !before.frozen && !before.playing && self.is_frozen(before.group);
        if speaks_against_road(failure) && !before.playing && (before.look || froze && !before.gated) {
            if before.gated {
                let held = self.groups.iter().filter(|(_, group)| self.all_sites.hold(group));
                let held: Vec<_> = held.map(|(id, _)| id).collect();
                for group in held {
                    self.turn_site(group, device);
                }
            } else {
                self.turn_site(before.group, device);
            }
        } else if turns {
            self.turn(device, false);
            if failure.kind == FailureKind::NoRoute
                && let Some(group) = self.plans.group_of(device)
            {
                self.groups.way_may_exist(group, now);
                self.groups.line_up_and_touch(device, &self.plans, &self.basis);
            }
        }
        self.settle(device);
        if self.roads.get(device).is_some_and(Choice::is_useless) {
            self.head_for_goal(device);
        }
    }

    /// The sign-in was refused in the answer to a question, by the road that the device takes.
    pub(super) fn after_refusal(&mut self, device: DeviceId, failure: &Failure) {
        let (now, policy) = (self.basis.now(), self.basis.policy());
        let plays = self.plans.get(device).is_some_and(DevicePlan::is_playing);
        if let Some(choice) = self.roads.get_mut(device).filter(|choice| choice.is_away() && !plays) {
            choice.fails(failure, false, policy, now);
            self.head_for_goal(device);
        }
    }

    fn is_frozen(&self, group: GroupId) -> bool {
        self.groups.get(group).is_some_and(|group| group.probe().is_some())
    }

    // Turning.

    /// Its road has come to nothing: the next one is taken, where there is one.
    fn turn(&mut self, device: DeviceId, with_site: bool) -> bool {
        let (now, policy) = (self.basis.now(), self.basis.policy());
        // What was refused is not asked by one road after the other.
        let waits = |plan: &DevicePlan| {
            plan.stopped()
                .is_some_and(|(failure, _)| failure.kind != FailureKind::Policy)
        };
        let may_turn = self
            .plans
            .get(device)
            .is_some_and(|plan| plan.is_idle() && !waits(plan));
        let Some(choice) = self.roads.get_mut(device).filter(|_| may_turn) else {
            return false;
        };
        let scout = self.plans.get(choice.scout());
        let next = if scout.is_some_and(DevicePlan::is_playing) {
            Some(choice.goal())
        } else {
            choice.next(policy, now)
        };
        let Some(next) = next else { return false };
        choice.gives_up();
        self.turn_to(device, next, with_site);
        true
    }

    /// Nothing of this group answers: its devices take their next roads together, and the canary is one of them. `canary`: who went last.
    fn turn_site(&mut self, group: GroupId, canary: DeviceId) {
        let members: Vec<_> = self
            .groups
            .get(group)
            .into_iter()
            .flat_map(|group| group.members())
            .collect();
        let wanted = |device: &DeviceId| self.plans.get(*device).is_some_and(DevicePlan::is_wanted);
        let mut turned: Vec<_> = members.into_iter().filter(wanted).collect();
        turned.retain(|device| self.turn(*device, true));
        if !turned.is_empty() {
            let most = turned
                .iter()
                .filter_map(|device| self.roads.get(*device))
                .map(Choice::count)
                .max();
            if most.is_some_and(|most| most > 2) {
                self.groups
                    .canary_moves_slowly(group, canary, crate::backoff::canary_wait(u32::MAX));
            }
            self.groups
                .canary_is_among(group, &turned, &self.plans, self.basis.now());
            self.groups.touch(group, &self.plans, &self.basis);
        }
    }

    /// By this road something of the group has answered: it is tried by all that wait.
    fn follow(&mut self, group: GroupId, road: usize) {
        let members: Vec<_> = self
            .groups
            .get(group)
            .into_iter()
            .flat_map(|group| group.members())
            .collect();
        for device in members {
            let idle = self
                .plans
                .get(device)
                .is_some_and(|plan| plan.is_wanted() && plan.is_idle());
            let choice = self.roads.get(device).filter(|_| idle);
            let other = choice.filter(|choice| !choice.is_pinned() && choice.has(road) && choice.taken() != road);
            if other.is_some() {
                self.turn_to(device, road, true);
            }
        }
    }

    /// The network or the policy is another one: whoever does not play begins with the road that it should take.
    pub(super) fn all_go_home(&mut self) {
        for device in self.roads.devices() {
            if let Some(choice) = self.roads.get_mut(device) {
                choice.forget_closed();
            }
            self.go_home(device);
        }
    }

    fn go_home(&mut self, device: DeviceId) {
        let away = self
            .roads
            .get(device)
            .filter(|choice| choice.is_away())
            .map(Choice::goal);
        let idle = self.plans.get(device).is_some_and(DevicePlan::is_idle);
        if let Some(goal) = away.filter(|_| idle) {
            self.turn_to(device, goal, false);
        }
    }

    /// The others of this site that are away are looked after.
    pub(super) fn go_on_looking(&mut self, site: SiteId) {
        let next = self.basis.now() + self.look_wait(Duration::ZERO, None);
        self.roads.goes_on(site, next);
    }

    /// It takes this road from now on; what still goes on by the one before ends.
    fn turn_to(&mut self, device: DeviceId, road: usize, with_site: bool) {
        let now = self.basis.now();
        let Some(plan) = self.plans.get(device) else { return };
        let attempts: Vec<_> = plan.links().filter_map(|(_, link)| link.attempt()).collect();
        let site = plan.site();
        for attempt in attempts {
            self.abort(attempt);
        }
        let Some(choice) = self.roads.get_mut(device) else {
            return;
        };
        let Some(there) = choice.end_of(road) else { return };
        let was_useless = choice.is_useless();
        choice.takes(road, with_site, now);
        let (away, look) = (choice.is_away(), choice.look());
        let earlier = || self.earlier.take_recorder(there.recorder);
        self.plans.enter_recorder(device, there.recorder, earlier);
        if let Some(plan) = self.plans.get_mut(device) {
            plan.takes_road(there.address);
            if was_useless {
                plan.leaves_recorder();
            }
        }
        self.groups.are_outdated(self.plans.set_address(device, there.address));
        self.unwant_plainly(look);
        self.roads.cancel_look(device, site);
        if away {
            let wait = self.look_wait(Duration::ZERO, None);
            self.roads.is_away(device, site, now + wait);
        } else {
            self.bring_home(device);
            self.roads.is_home(device, site);
            self.go_on_looking(site);
        }
        self.news.push(Output::Road(device));
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }
}
