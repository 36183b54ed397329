//! What is registered and wanted, as the devices and the groups take it over.

use super::Machine;
use crate::plans::{DevicePlan, LinkState, Registration};
use crate::port::{LinkId, Rank};
use device::{DeviceId, is_public};

impl Machine {
    pub(super) fn register(&mut self, id: DeviceId, registration: Registration) {
        let registration = self.by_road(id, registration);
        let Some(plan) = self.plans.get(id) else {
            self.register_first(id, registration);
            return;
        };
        let (moved, edited) = (plan.is_moved_by(&registration), plan.is_edited_by(&registration));
        self.groups.are_outdated(plan.site() != registration.site);
        if edited {
            let attempts: Vec<_> = plan.links().filter_map(|(_, link)| link.attempt()).collect();
            for attempt in attempts {
                self.abort(attempt);
            }
        }
        let recorder = registration.recorder;
        let earlier = || self.earlier.take_recorder(recorder);
        self.plans.enter_recorder(id, recorder, earlier);
        let Some(plan) = self.plans.get_mut(id) else { return };
        plan.register(&registration);
        let mut address = plan.address().or(registration.address);
        if edited {
            address = registration.address;
            plan.edited(address, moved);
            if let Some(group) = self.groups.get_mut(plan.group()) {
                group.clear_failing(id);
            }
        }
        self.groups.are_outdated(self.plans.set_address(id, address));
        self.groups.line_up_and_touch(id, &self.plans, &self.basis);
    }

    pub(super) fn register_first(&mut self, id: DeviceId, registration: Registration) {
        let now = self.basis.now();
        let public = registration.address.filter(|address| is_public(*address));
        let neighbour = public.and_then(|address| self.plans.at_address(address).next());
        let neighbour = neighbour.and_then(|device| self.plans.group_of(device));
        let (id_of_group, is_new) = self.groups.group_for(registration.site, neighbour, &mut self.basis);
        let mut plan = DevicePlan::new(registration, id_of_group, self.basis.dice().order(), now);
        if let Some(group) = self.groups.get_mut(id_of_group) {
            if is_new {
                self.earlier.apply_to_group(registration.site, group, now);
            }
            group.joins(id, plan.is_loopback());
            self.earlier.apply_to(id, &mut plan, Some(group.epoch()));
        }
        self.groups.are_outdated(self.plans.insert(id, plan));
        let recorder = registration.recorder;
        self.plans
            .enter_recorder(id, recorder, || self.earlier.take_recorder(recorder));
    }

    pub(super) fn remove(&mut self, id: DeviceId) {
        self.forget_roads(id);
        let Some(plan) = self.plans.get(id) else { return };
        for link in plan.links().map(|(link, _)| link).collect::<Vec<_>>() {
            self.unwant(link);
        }
        self.remove_plan(id);
    }

    pub(super) fn remove_plan(&mut self, id: DeviceId) {
        if let Some((plan, tied)) = self.plans.remove(id) {
            self.groups.are_outdated(tied);
            self.groups.left_by(id, plan.group());
        }
    }

    pub(super) fn want(&mut self, id: LinkId, device: DeviceId, rank: Rank) {
        let device = self.entry_for(id, device);
        if self.plans.owner(id).is_some_and(|owner| owner != device) {
            self.unwant(id);
        }
        self.want_plainly(id, device, rank);
    }

    pub(super) fn unwant(&mut self, id: LinkId) {
        let Some(entry) = self.plans.owner(id) else { return };
        self.let_go(id);
        self.settle(self.roads.device_of(entry));
    }

    pub(super) fn let_go(&mut self, id: LinkId) {
        let Some(device) = self.plans.owner(id) else { return };
        let state = self.plans.link(id).map(|(_, link)| link.state());
        if let Some(LinkState::Dialling(attempt) | LinkState::Playing(attempt)) = state {
            self.abort(attempt);
        }
        let played = matches!(state, Some(LinkState::Playing(_)));
        let was_last = self.plans.unwant(id, played);
        if was_last && let Some(group) = self.group_mut(device) {
            group.is_unwanted(device);
        }
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }
}
