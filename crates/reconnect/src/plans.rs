//! What is registered and wanted: the devices with their links, where they are, and which are entries of one recorder.
//!
//! It knows when each device may be dialled by itself; the groups say who of them goes next.

mod device_plan;
mod directory;
mod entry;
mod link_plan;
mod route;
mod turn;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Instant;

use super::failure::FailureKind;
use super::port::{LinkId, Rank};
use device::{DeviceId, is_public};
use directory::Directory;

pub(super) use device_plan::{DevicePlan, GroupId, Registration};
pub(super) use entry::RecorderEntry;
pub(super) use link_plan::{LinkPlan, LinkState};
pub(super) use turn::{Slot, Tier, Turn};

/// Invariants: `owners` names the device of each link that is wanted; the directory has each device under its address and its
/// recorder.
#[derive(Default)]
pub(super) struct Plans {
    devices: BTreeMap<DeviceId, DevicePlan>,
    owners: BTreeMap<LinkId, DeviceId>,
    directory: Directory,
}

impl Plans {
    pub(super) fn get(&self, id: DeviceId) -> Option<&DevicePlan> {
        self.devices.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: DeviceId) -> Option<&mut DevicePlan> {
        self.devices.get_mut(&id)
    }

    pub(super) fn group_of(&self, id: DeviceId) -> Option<GroupId> {
        self.get(id).map(DevicePlan::group)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (DeviceId, &DevicePlan)> {
        self.devices.iter().map(|(id, plan)| (*id, plan))
    }

    /// These devices.
    pub(super) fn of<'a>(
        &'a self,
        ids: impl IntoIterator<Item = DeviceId> + 'a,
    ) -> impl Iterator<Item = (DeviceId, &'a DevicePlan)> + 'a {
        ids.into_iter().filter_map(|id| Some((id, self.get(id)?)))
    }

    /// A device that is not registered yet. Says whether the groups must be formed anew.
    pub(super) fn insert(&mut self, id: DeviceId, plan: DevicePlan) -> bool {
        let address = plan.address();
        self.devices.insert(id, plan);
        self.index(id, None, address)
    }

    /// Forgets a device whose links are gone. Says whether an address had tied groups together.
    pub(super) fn remove(&mut self, id: DeviceId) -> Option<(DevicePlan, bool)> {
        self.leave_recorder(id);
        let plan = self.devices.remove(&id)?;
        let tied = self.index(id, plan.address(), None);
        Some((plan, tied))
    }

    // Links.

    pub(super) fn owner(&self, link: LinkId) -> Option<DeviceId> {
        self.owners.get(&link).copied()
    }

    /// A link and its device.
    pub(super) fn link(&self, id: LinkId) -> Option<(&DevicePlan, &LinkPlan)> {
        let plan = self.get(self.owner(id)?)?;
        Some((plan, plan.link(id)?))
    }

    pub(super) fn link_mut(&mut self, id: LinkId) -> Option<&mut LinkPlan> {
        let owner = self.owner(id)?;
        self.get_mut(owner)?.link_mut(id)
    }

    /// Wants a link of a device, or changes its rank. Says whether it is the first that is wanted of the device.
    pub(super) fn want(&mut self, id: LinkId, device: DeviceId, rank: Rank) -> bool {
        let Some(plan) = self.devices.get_mut(&device) else {
            return false;
        };
        let first = !plan.is_wanted();
        if plan.want(id, rank) {
            self.owners.insert(id, device);
        }
        first
    }

    /// A link is not wanted any more. Says whether nothing is wanted of its device now.
    pub(super) fn unwant(&mut self, id: LinkId, played: bool) -> bool {
        let Some(plan) = self.owners.remove(&id).and_then(|owner| self.devices.get_mut(&owner)) else {
            return false;
        };
        plan.unwant(id, played);
        !plan.is_wanted()
    }

    /// A link that has no dial under way is one of another device from now on.
    pub(super) fn move_link(&mut self, id: LinkId, to: DeviceId) {
        let from = self.owner(id).and_then(|owner| self.devices.get_mut(&owner));
        let Some(link) = from.and_then(|plan| plan.take_link(id)) else {
            return;
        };
        self.owners.remove(&id);
        if let Some(plan) = self.devices.get_mut(&to) {
            plan.put_link(id, link);
            self.owners.insert(id, to);
        }
    }

    // Addresses.

    pub(super) fn at_address(&self, address: IpAddr) -> impl Iterator<Item = DeviceId> + '_ {
        self.directory.at_address(address)
    }

    /// A device is at this address now. Says whether that ties groups together or releases them.
    pub(super) fn set_address(&mut self, id: DeviceId, address: Option<IpAddr>) -> bool {
        let Some(plan) = self.devices.get_mut(&id) else {
            return false;
        };
        let before = plan.address();
        if before == address {
            return false;
        }
        plan.set_address(address);
        self.index(id, before, address)
    }

    fn index(&mut self, id: DeviceId, before: Option<IpAddr>, after: Option<IpAddr>) -> bool {
        let mut ties = false;
        if let Some(before) = before {
            self.directory.leave_address(before, id);
            let shared = is_public(before) && self.directory.at_address(before).next().is_some();
            ties |= shared || before.is_loopback();
        }
        if let Some(after) = after {
            let other = self.directory.at_address(after).next().and_then(|id| self.group_of(id));
            ties |= is_public(after) && other.is_some() && other != self.group_of(id);
            ties |= after.is_loopback();
            self.directory.enter_address(after, id);
        }
        ties
    }

    // Recorders.

    /// Makes the device an entry of this recorder, and of no other. No dial of it may be under way where that is a change.
    /// `earlier`: what came to nothing there in an earlier run.
    pub(super) fn enter_recorder(&mut self, id: DeviceId, recorder: u64, earlier: impl FnOnce() -> Vec<Instant>) {
        if self.directory.entries(recorder).any(|entry| entry == id) {
            return;
        }
        self.leave_recorder(id);
        let other = self
            .directory
            .entries(recorder)
            .next()
            .and_then(|other| self.get(other));
        let shared = other.map(|other| {
            let busy = other.entry().is_busy() || other.dialling().is_some();
            (busy, other.entry().connects().collect())
        });
        let (busy, connects) = shared.unwrap_or_else(|| (false, earlier()));
        self.directory.enter_recorder(recorder, id);
        if let Some(plan) = self.get_mut(id) {
            plan.entry_mut().moves_to(recorder, busy, connects);
        }
    }

    /// Each recorder with one of its entries.
    pub(super) fn recorders(&self) -> impl Iterator<Item = (u64, &RecorderEntry)> {
        let recorders = self.directory.recorders();
        recorders.filter_map(|(recorder, entry)| Some((recorder, self.get(entry)?.entry())))
    }

    /// Does this to every entry of the device's recorder.
    pub(super) fn each_entry(&mut self, device: DeviceId, change: impl Fn(&mut RecorderEntry)) {
        for id in self.other_entries(device) {
            self.get_mut(id).into_iter().for_each(|plan| change(plan.entry_mut()));
        }
        self.get_mut(device)
            .into_iter()
            .for_each(|plan| change(plan.entry_mut()));
    }

    /// The entries of the device's recorder beside itself.
    pub(super) fn other_entries(&self, device: DeviceId) -> Vec<DeviceId> {
        let recorder = self.get(device).map(|plan| plan.entry().recorder());
        let entries = recorder
            .into_iter()
            .flat_map(|recorder| self.directory.entries(recorder));
        entries.filter(|id| *id != device).collect()
    }

    fn leave_recorder(&mut self, id: DeviceId) {
        if let Some(recorder) = self.get(id).map(|plan| plan.entry().recorder()) {
            self.directory.leave_recorder(recorder, id);
        }
    }

    // What befalls all of them.

    /// The policy changed: which devices it had stopped.
    pub(super) fn policy_changed(&mut self) -> Vec<DeviceId> {
        let stopped = self
            .devices
            .iter_mut()
            .filter_map(|(id, plan)| plan.policy_changed().then_some(*id));
        stopped.collect()
    }

    /// The routes of this machine may have changed: which devices may be reached again.
    pub(super) fn routes_may_be_back(&mut self) -> Vec<DeviceId> {
        let mut touched = Vec::new();
        for (id, plan) in self.devices.iter_mut().filter(|(_, plan)| plan.route().was_missing()) {
            plan.route_mut().exists();
            touched.push(*id);
        }
        touched
    }

    /// Every refused sign-in is asked again then, each at its own time.
    pub(super) fn retry_sign_ins(&mut self, mut until: impl FnMut() -> Option<Instant>) {
        for plan in self.devices.values_mut() {
            plan.stop_until(FailureKind::Auth, &mut until);
        }
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        self.owners.len() + self.devices.len() + self.directory.footprint()
    }

    #[cfg(test)]
    pub(super) fn after_years(&mut self) {
        self.devices.values_mut().for_each(DevicePlan::after_years);
    }
}
