//! Coming back to the road that a device should take, without a gap in its pictures: an heir of each stream plays there before the
//! stream is let go.

use crate::failure::Failure;
use crate::machine::Machine;
use crate::plans::DevicePlan;
use crate::port::{LinkId, Output};
use crate::roads::Choice;
use device::DeviceId;

impl Machine {
    /// Somebody looks at the road that the device should take, or, where a person pinned it, it goes there at once.
    pub(in crate::machine) fn head_for_goal(&mut self, device: DeviceId) {
        let now = self.basis.now();
        let (Some(choice), Some(plan)) = (self.roads.get(device), self.plans.get(device)) else {
            return;
        };
        let (site, plays, idle) = (plan.site(), plan.is_playing(), plan.is_idle());
        if !choice.is_away() {
            self.roads.is_home(device, site);
            self.go_on_looking(site);
        } else if !choice.is_pinned() {
            let wait = self.look_wait(std::time::Duration::ZERO, None);
            self.roads.is_away(device, site, now + wait);
        } else if idle {
            let goal = choice.goal();
            // A person wants it there, whatever was said where it is.
            self.plans
                .get_mut(device)
                .into_iter()
                .for_each(DevicePlan::leaves_recorder);
            self.turn_to(device, goal, false);
        } else if plays && !choice.returns() {
            self.begin_return(device);
        }
    }

    pub(in crate::machine) fn begin_return(&mut self, device: DeviceId) {
        self.prepare_scout(device);
        let Some(choice) = self.roads.get_mut(device) else {
            return;
        };
        choice.begin_return();
        self.news.push(Output::Road(device));
        self.settle(device);
    }

    /// A second link for what `of` shows.
    pub(in crate::machine) fn want_heir(&mut self, heir: LinkId, of: LinkId) {
        let Some((device, link)) = self.plans.owner(of).zip(self.plans.link(of)) else {
            return;
        };
        let rank = link.1.rank();
        let Some(choice) = self.roads.get(device).filter(|choice| choice.returns()) else {
            return;
        };
        let scout = choice.scout();
        self.prepare_scout(device);
        self.want_plainly(heir, scout, rank);
    }

    /// Where all that plays has returned, the device has.
    pub(in crate::machine) fn settle(&mut self, device: DeviceId) {
        let (Some(choice), Some(plan)) = (self.roads.get(device), self.plans.get(device)) else {
            return;
        };
        let scout = self.plans.get(choice.scout());
        let under_way = scout.is_some_and(|scout| scout.dialling().is_some());
        // What has returned before, and all that is left does not play: the road it should take is the one that does.
        let done = choice.returns() || choice.is_away() && scout.is_some_and(DevicePlan::is_playing);
        if !done || !plan.is_idle() || under_way {
            return;
        }
        let (goal, with_site, site) = (choice.goal(), choice.left_with_site(), plan.site());
        self.turn_to(device, goal, false);
        if with_site {
            self.all_follow_home(site);
        }
    }

    /// One that left with its site is back: so may be all others.
    fn all_follow_home(&mut self, site: device::SiteId) {
        let away: Vec<_> = self
            .roads
            .patrol(site)
            .into_iter()
            .flat_map(|patrol| patrol.away())
            .collect();
        for device in away {
            let choice = self
                .roads
                .get(device)
                .filter(|choice| choice.left_with_site() && !choice.returns());
            let Some(goal) = choice.map(Choice::goal) else { continue };
            let plan = self.plans.get(device);
            if plan.is_some_and(DevicePlan::is_playing) {
                self.begin_return(device);
            } else if plan.is_some_and(DevicePlan::is_idle) {
                self.turn_to(device, goal, false);
            }
        }
    }

    /// An attempt of the scout has failed, or a stream that had returned was lost.
    pub(in crate::machine) fn scout_failed(&mut self, device: DeviceId, link: LinkId, failure: &Failure) {
        if self.roads.looked_at_by(link).is_some() {
            self.looked(device, Err(failure));
            return;
        }
        let (returns, pinned) = self
            .roads
            .get(device)
            .map_or((false, false), |choice| (choice.returns(), choice.is_pinned()));
        if returns {
            let now = self.basis.now();
            let site = self.plans.get(device).map(DevicePlan::site);
            if let Some(choice) = self.roads.get_mut(device) {
                choice.return_fails(failure, now);
            }
            if let Some(patrol) = site.and_then(|site| self.roads.patrol_mut(site))
                && patrol.speaker() == Some(device)
            {
                patrol.gives_way();
            }
            self.news.push(Output::Road(device));
            if pinned {
                // A person wants this road and no other: what it does not show is not shown.
                let goal = self.roads.get(device).map_or(0, Choice::goal);
                self.turn_to(device, goal, false);
                return;
            }
        }
        self.hand_back(device);
        self.settle(device);
        // While it returned nobody looked.
        self.head_for_goal(device);
    }

    /// It does not return any more, for its roads are others.
    pub(in crate::machine) fn give_up_return(&mut self, device: DeviceId) {
        if let Some(choice) = self.roads.get_mut(device) {
            choice.stays_away();
        }
        self.news.push(Output::Road(device));
    }

    /// What waits at the scout waits at the device again.
    fn hand_back(&mut self, device: DeviceId) {
        let Some(choice) = self.roads.get(device) else { return };
        let (scout, look) = (choice.scout(), choice.look());
        let Some(plan) = self.plans.get(scout) else { return };
        let waiting = plan
            .links()
            .filter(|(link, plan)| *link != look && plan.attempt().is_none());
        for link in waiting.map(|(link, _)| link).collect::<Vec<_>>() {
            self.hand_over(link, scout, device);
        }
    }

    /// The device is where its scout was: what plays there is its own.
    pub(in crate::machine) fn bring_home(&mut self, device: DeviceId) {
        let Some(choice) = self.roads.get(device) else { return };
        let (scout, look) = (choice.scout(), choice.look());
        self.unwant_plainly(look);
        let Some(plan) = self.plans.get(scout) else { return };
        if let Some(attempt) = plan.dialling() {
            self.abort(attempt);
        }
        let links: Vec<_> = self
            .plans
            .get(scout)
            .into_iter()
            .flat_map(DevicePlan::links)
            .map(|(id, _)| id)
            .collect();
        for link in links {
            self.hand_over(link, scout, device);
        }
        self.remove_plan(scout);
    }

    /// Nobody goes the road any more that the device should take.
    pub(in crate::machine) fn dismiss_scout(&mut self, device: DeviceId) {
        let Some(choice) = self.roads.get(device) else { return };
        let (scout, look) = (choice.scout(), choice.look());
        self.unwant_plainly(look);
        let Some(plan) = self.plans.get(scout) else { return };
        let attempts: Vec<_> = plan.links().filter_map(|(_, link)| link.attempt()).collect();
        if let Some(site) = self.plans.get(device).map(DevicePlan::site) {
            self.roads.cancel_look(device, site);
            self.go_on_looking(site);
        }
        for attempt in attempts {
            self.abort(attempt);
        }
        self.hand_back(device);
        self.remove_plan(scout);
    }

    fn hand_over(&mut self, link: LinkId, from: DeviceId, to: DeviceId) {
        let attempt = self.plans.link(link).and_then(|(_, link)| link.attempt());
        let first = self.plans.get(to).is_some_and(|plan| !plan.is_wanted());
        self.plans.move_link(link, to);
        if let Some(attempt) = attempt {
            self.attempts.hand_over(attempt, to);
        }
        if first && let Some(group) = self.group_mut(to) {
            group.is_wanted();
        }
        if self.plans.get(from).is_some_and(|plan| !plan.is_wanted())
            && let Some(group) = self.group_mut(from)
        {
            group.is_unwanted(from);
        }
        self.groups.line_up(from, &self.plans, &self.basis);
        self.groups.line_up_and_touch(to, &self.plans, &self.basis);
    }
}
