//! The groups: which devices share a way out, what is known of it, and who of them goes next.
//!
//! A group whose place among the others may have changed is *touched*; the machine places it anew when its input is done.

mod budget;
mod canary;
mod formation;
mod group;
mod lineup;
mod probe;
mod ramp;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::attempts::{Attempts, Charge};
use super::basis::Basis;
use super::ledger::Ledger;
use super::plans::{DevicePlan, GroupId, Plans, Slot, Tier, Turn};
use super::port::Why;
use device::{DeviceId, SiteId};

pub(super) use budget::PermitFor;
pub(super) use canary::CanaryTimes;
pub(super) use group::{AfterLoss, Group, Refused};
pub(super) use probe::{Path, Probe};

/// A device that was not looked at stands as if it had been this long ago.
pub(super) const FORGOTTEN: Duration = Duration::from_secs(300);

/// While work is planned at all sites of a group, dials of it that may fail are this far apart.
const PLANNED_PACE: Duration = Duration::from_secs(60);

/// What is to be dialled, and why.
#[derive(Clone, Copy)]
pub(super) struct NextDial {
    pub(super) device: DeviceId,
    pub(super) charge: Charge,
    pub(super) why: Why,
}

/// Invariant: every device is of the group of its site.
#[derive(Default)]
pub(super) struct Groups {
    groups: BTreeMap<GroupId, Group>,
    of_site: BTreeMap<SiteId, GroupId>,
    /// Devices, sites or addresses changed so that the groups must be formed anew.
    outdated: bool,
    /// What sites without devices spent in the last minute: to delete a device and add it again buys nothing.
    departed: BTreeMap<SiteId, Ledger>,
    /// In the order of their last touch.
    touched: Vec<GroupId>,
    last_group: u64,
    last_epoch: u64,
    revision: u64,
}

impl Groups {
    pub(super) fn get(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: GroupId) -> Option<&mut Group> {
        self.groups.get_mut(&id)
    }

    /// The group of a device.
    pub(super) fn of(&self, plan: &DevicePlan) -> Option<&Group> {
        self.get(plan.group())
    }

    pub(super) fn of_site(&self, site: SiteId) -> Option<GroupId> {
        self.of_site.get(&site).copied()
    }

    /// Every site that has a device.
    pub(super) fn sites(&self) -> impl Iterator<Item = (SiteId, GroupId)> + '_ {
        self.of_site.iter().map(|(site, group)| (*site, *group))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        self.groups.iter().map(|(id, group)| (*id, group))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (GroupId, &mut Group)> {
        self.groups.iter_mut().map(|(id, group)| (*id, group))
    }

    pub(super) fn ids(&self) -> Vec<GroupId> {
        self.groups.keys().copied().collect()
    }

    /// Changes whenever an outage ends, which is what the next run must know of the groups.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        let groups = self.groups.values().map(Group::footprint);
        groups.sum::<usize>() + self.departed.len() + self.of_site.len()
    }

    // Formation.

    /// Where a new device of this site belongs, whose address other devices have too. Says whether the group takes the site in.
    pub(super) fn group_for(&mut self, site: SiteId, neighbour: Option<GroupId>, basis: &mut Basis) -> (GroupId, bool) {
        if let Some(known) = self.of_site(site) {
            return (known, false);
        }
        let id = neighbour.unwrap_or_else(|| self.add(basis));
        self.of_site.insert(site, id);
        let departed = self.departed.remove(&site);
        if let Some(group) = self.groups.get_mut(&id) {
            group.adds_site(site);
            departed.iter().for_each(|spent| group.merge_ledger(spent));
        }
        (id, true)
    }

    /// The groups may not be the right ones any more.
    pub(super) fn are_outdated(&mut self, outdated: bool) {
        self.outdated |= outdated;
    }

    /// A device is gone. What remains may fall apart, a site may be empty, the last address that was not loopback may be gone.
    pub(super) fn left_by(&mut self, device: DeviceId, group: GroupId) {
        if let Some(group) = self.groups.get_mut(&group) {
            group.leaves(device);
            self.outdated = true;
        }
    }

    /// An earlier run spent this at a site.
    pub(super) fn resume(&mut self, site: SiteId, failed: Ledger) {
        self.departed.insert(site, failed);
    }

    /// Forms all groups anew where something changed that matters; says whether it did. What was spent stays spent: a part
    /// inherits the history of the whole, a union the history of its parts.
    pub(super) fn form(&mut self, plans: &mut Plans, attempts: &Attempts, basis: &Basis) -> bool {
        if !std::mem::take(&mut self.outdated) {
            return false;
        }
        let now = basis.now();
        let mut old = std::mem::take(&mut self.groups);
        self.of_site.clear();
        let components = formation::components(plans);
        let donors: Vec<BTreeSet<GroupId>> = components
            .iter()
            .map(|devices| {
                plans
                    .of(devices.iter().copied())
                    .map(|(_, plan)| plan.group())
                    .collect()
            })
            .collect();
        let mut users: BTreeMap<GroupId, usize> = BTreeMap::new();
        for id in donors.iter().flatten() {
            *users.entry(*id).or_default() += 1;
        }
        for (devices, donors) in components.into_iter().zip(donors) {
            let alone = donors
                .first()
                .filter(|id| donors.len() == 1 && users.get(*id) == Some(&1));
            let (id, mut group) = match alone.and_then(|id| Some((*id, old.remove(id)?))) {
                Some(kept) => kept,
                None => {
                    let mut group = Group::new(self.new_epoch(), basis.limits(), now);
                    for donor in donors.iter().filter_map(|id| old.get(id)) {
                        group.inherit(donor);
                    }
                    (self.new_id(), group)
                }
            };
            let traffic = formation::traffic_of(&devices, plans, attempts);
            group.reform(plans.of(devices.iter().copied()), traffic);
            self.of_site.extend(group.sites().map(|site| (site, id)));
            self.groups.insert(id, group);
            for device in devices {
                if let Some(plan) = plans.get_mut(device) {
                    plan.set_group(id);
                }
                self.line_up(device, plans, basis);
            }
            self.touch(id, plans, basis);
        }
        self.departed.retain(|_, ledger| ledger.count(now) > 0);
        for group in old.values().filter(|group| group.ledger().count(now) > 0) {
            for site in group.sites().filter(|site| !self.of_site.contains_key(site)) {
                self.departed.insert(site, group.ledger().clone());
            }
        }
        true
    }

    fn add(&mut self, basis: &mut Basis) -> GroupId {
        let now = basis.now();
        let id = self.new_id();
        let mut group = Group::new(self.new_epoch(), basis.limits(), now);
        // Before those that were looked at, and by lot: were the first sites of a list the dead ones, all others would wait.
        let earlier = FORGOTTEN + basis.lots().up_to(Duration::from_secs(1));
        group.stands_since(now.checked_sub(earlier).unwrap_or(now));
        self.groups.insert(id, group);
        id
    }

    fn new_id(&mut self) -> GroupId {
        self.last_group += 1;
        GroupId(self.last_group)
    }

    fn new_epoch(&mut self) -> u64 {
        self.last_epoch += 1;
        self.last_epoch
    }

    // Who goes next.

    /// Places a device in its group's queue anew, after anything about it changed.
    pub(super) fn line_up(&mut self, device: DeviceId, plans: &Plans, basis: &Basis) {
        let Some(plan) = plans.get(device) else { return };
        let Some(group) = self.groups.get_mut(&plan.group()) else {
            return;
        };
        group.set_locked_out(device, plan.is_locked_out());
        let slot = match group.probe() {
            Some(_) => Slot::Nowhere,
            None => plan.slot(group.epoch(), basis.born(), basis.now()),
        };
        group.lineup_mut().place(device, slot);
    }

    pub(super) fn line_up_all(&mut self, id: GroupId, plans: &Plans, basis: &Basis) {
        let devices: Vec<_> = self.get(id).into_iter().flat_map(Group::members).collect();
        for device in devices {
            self.line_up(device, plans, basis);
        }
    }

    /// The same for one device, whose group is touched by it.
    pub(super) fn line_up_and_touch(&mut self, device: DeviceId, plans: &Plans, basis: &Basis) {
        self.line_up(device, plans, basis);
        if let Some(group) = plans.group_of(device) {
            self.touch(group, plans, basis);
        }
    }

    /// The place of the group among the others may have changed.
    pub(super) fn touch(&mut self, id: GroupId, plans: &Plans, basis: &Basis) {
        self.touched.retain(|other| *other != id);
        self.touched.push(id);
        self.tend(id, plans, basis);
    }

    pub(super) fn touch_all(&mut self, plans: &Plans, basis: &Basis) {
        let ids = self.ids();
        self.touched.retain(|id| !self.groups.contains_key(id));
        self.touched.extend(&ids);
        for id in ids {
            self.tend(id, plans, basis);
        }
    }

    /// The groups to be placed anew.
    pub(super) fn take_touched(&mut self) -> Vec<GroupId> {
        std::mem::take(&mut self.touched)
    }

    /// Sees to who is due by now, and who would be the canary.
    pub(super) fn tend(&mut self, id: GroupId, plans: &Plans, basis: &Basis) {
        let now = basis.now();
        while let Some(group) = self.groups.get(&id)
            && let Some((at, device)) = group.lineup().next_waiting()
            && at <= now
        {
            self.line_up(device, plans, basis);
        }
        if let Some(group) = self.groups.get_mut(&id).filter(|group| !is_cut_off(group, basis)) {
            canary::keep(group, plans, basis);
        }
    }

    /// Whose turn it is in an open group, and when: the first of those that draw on the same budget, the first budget that
    /// admits one. So nobody waits behind a queue that a spent budget holds up.
    pub(super) fn front(group: &Group, basis: &Basis) -> Option<(Turn, DeviceId, Instant)> {
        let rests = rests_until(group, basis);
        let fronts = [Tier::Manual, Tier::Selected, Tier::Failed].map(|tier| {
            let (turn, device) = group.lineup().first_from(tier, basis.born())?;
            let at = group.admitted(turn.tier, basis.limits(), basis.now())?;
            let may_fail = match turn.tier {
                Tier::Manual => false,
                Tier::Failed | Tier::Doubtful => true,
                Tier::Selected | Tier::Visible | Tier::Background => !group.is_proven(basis.now()),
            };
            let rests = rests.filter(|_| may_fail);
            Some((turn, device, rests.map_or(at, |rests| at.max(rests))))
        });
        fronts.into_iter().flatten().min_by_key(|(_, _, at)| *at)
    }

    /// Takes a permit for the device whose turn it is in an open group.
    pub(super) fn choose(&mut self, id: GroupId, plans: &Plans, basis: &Basis) -> Option<NextDial> {
        let group = self.groups.get_mut(&id)?;
        let (turn, device, _) = Self::front(group, basis)?;
        let why = match turn.tier {
            Tier::Manual => Why::Manual,
            Tier::Failed => Why::Retry,
            _ if group.is_ramping() => Why::Ramp,
            _ if plans.get(device)?.last_failure().is_some() => Why::Retry,
            _ => Why::Start,
        };
        let (charge, purpose) = if turn.tier == Tier::Failed || turn.tier == Tier::Manual {
            (Charge::Retry, PermitFor::Retry)
        } else {
            (Charge::Fresh, PermitFor::Fresh)
        };
        let choice = NextDial { device, charge, why };
        group.budget_mut().take(purpose, basis.now()).then_some(choice)
    }

    // Outages.

    /// The timers of a group freeze after what happened just now: one canary goes for all.
    pub(super) fn freeze(&mut self, id: GroupId, path: Path, plans: &Plans, basis: &mut Basis) {
        let now = basis.now();
        let Some(group) = self.groups.get_mut(&id) else { return };
        let (down_since, step) = group.goes_down(now);
        let next = now + basis.dice().canary(step, now - down_since, None);
        group.freeze(Probe::new(path, next, now));
        self.line_up_all(id, plans, basis);
    }

    /// The path is proved: all devices are due again, `window` at a time.
    pub(super) fn open(&mut self, id: GroupId, window: u32, plans: &mut Plans, basis: &Basis) {
        let epoch = self.new_epoch();
        self.revision += 1;
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.opens(epoch, window);
        for device in group.members() {
            if let Some(plan) = plans.get_mut(device) {
                plan.excuse_path();
            }
        }
        self.line_up_all(id, plans, basis);
        self.touch(id, plans, basis);
    }

    /// Many streams were lost at once, but nothing says that the path is dead: begin again with one.
    pub(super) fn ramp(&mut self, id: GroupId, plans: &Plans, basis: &Basis) {
        let epoch = self.new_epoch();
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.ramps(epoch, 1);
        self.line_up_all(id, plans, basis);
    }

    #[cfg(test)]
    pub(super) fn after_years(&mut self, long_ago: u64) {
        (self.last_epoch, self.last_group) = (long_ago, long_ago);
        self.groups.values_mut().for_each(Group::after_years);
    }
}

/// Until when no dial goes there that may fail, because somebody works at all its sites; `None`: nobody does.
pub(super) fn rests_until(group: &Group, basis: &Basis) -> Option<Instant> {
    let planned = basis.are_planned(group.sites());
    planned.then(|| group.last_turn() + PLANNED_PACE)
}

/// There is no network that would lead to it.
pub(super) fn is_cut_off(group: &Group, basis: &Basis) -> bool {
    basis.is_offline() && !group.is_loopback()
}

/// Whether anything of the group that could be dialled is on screen.
pub(super) fn is_on_screen(group: &Group, plans: &Plans) -> bool {
    let wanted = plans.of(group.members()).filter(|(_, plan)| plan.is_wanted());
    wanted.map(|(_, plan)| plan).any(DevicePlan::is_on_screen)
}
