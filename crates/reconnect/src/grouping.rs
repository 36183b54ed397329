//! Who shares a way out: the closure of "same site" and "same public address".

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::attempt::Phase;
use super::device_plan::DevicePlan;
use super::earlier::FORGOTTEN;
use super::group::{Group, GroupId, Mode, Path};
use super::machine::Machine;
use super::traffic::Traffic;
use device::{DeviceId, SiteId};

/// Whether this address stands for one place in the world. Private ranges are in use at every site, so they say nothing.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64; // RFC 6598: carrier-grade NAT
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets()[0] == Ipv4Addr::UNSPECIFIED.octets()[0]
                || shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6 == Ipv6Addr::UNSPECIFIED
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast())
        }
    }
}

impl Machine {
    /// Where a new device belongs; when it ties two groups together, all are formed anew before anything else happens.
    pub(super) fn group_for(&mut self, site: SiteId, address: Option<IpAddr>) -> GroupId {
        if let Some(known) = self.directory.group_of(site) {
            return known;
        }
        let neighbour = address.filter(|address| is_public(*address)).and_then(|address| {
            let device = self.directory.at_address(address).next()?;
            self.members.get(&device).map(|member| member.group)
        });
        let group = neighbour.unwrap_or_else(|| self.add_group());
        self.directory.set_group(site, group);
        let departed = self.departed.remove(&site);
        if let Some(group) = self.groups.get_mut(&group) {
            group.sites.insert(site);
            departed.iter().for_each(|spent| group.ledger.merge(spent));
            self.earlier.apply_to_group(site, group, self.now);
        }
        group
    }

    pub(super) fn join(&mut self, id: DeviceId, group: GroupId) {
        let loopback = self.members.get(&id).is_some_and(is_loopback);
        let Some(group) = self.groups.get_mut(&group) else {
            return;
        };
        group.loopback = loopback && (group.loopback || group.members.is_empty());
        group.members.insert(id);
    }

    pub(super) fn leave(&mut self, id: DeviceId, member: &DevicePlan) {
        let Some(group) = self.groups.get_mut(&member.group) else {
            return;
        };
        group.members.remove(&id);
        group.failing.remove(&id);
        group.locked_out.remove(&id);
        // What remains may fall apart, a site may be empty, the last address that was not loopback may be gone.
        self.regroup = true;
    }

    /// Keeps the index of addresses, and notes when an address ties groups together or releases them.
    pub(super) fn index_address(&mut self, id: DeviceId, before: Option<IpAddr>, after: Option<IpAddr>) {
        if let Some(before) = before {
            self.directory.leave_address(before, id);
            let shared = is_public(before) && self.directory.at_address(before).next().is_some();
            self.regroup |= shared || before.is_loopback();
        }
        if let Some(after) = after {
            let group_of = |id: DeviceId| self.members.get(&id).map(|member| member.group);
            let other = self.directory.at_address(after).next().and_then(group_of);
            self.regroup |= is_public(after) && other.is_some() && other != group_of(id);
            self.regroup |= after.is_loopback();
            self.directory.enter_address(after, id);
        }
    }

    /// Forms all groups anew where something changed that matters. What was spent stays spent: a part inherits the
    /// history of the whole, a union the history of its parts.
    pub(super) fn form_groups(&mut self) {
        if !self.regroup {
            return;
        }
        self.regroup = false;
        let now = self.now;
        let components = self.components();
        let mut old = std::mem::take(&mut self.groups);
        self.queue.clear();
        self.directory.clear_sites();
        let mut users: BTreeMap<GroupId, usize> = BTreeMap::new();
        let donors: Vec<BTreeSet<GroupId>> = components
            .iter()
            .map(|devices| {
                devices
                    .iter()
                    .filter_map(|id| self.members.get(id))
                    .map(|member| member.group)
                    .collect()
            })
            .collect();
        for id in donors.iter().flatten() {
            *users.entry(*id).or_default() += 1;
        }
        for (devices, donors) in components.into_iter().zip(donors) {
            let alone = donors
                .first()
                .filter(|id| donors.len() == 1 && users.get(*id) == Some(&1))
                .copied();
            let (id, mut group) = match alone.and_then(|id| Some((id, old.remove(&id)?))) {
                Some(kept) => kept,
                None => {
                    let mut group = Group::new(self.new_epoch(), &self.limits, now);
                    for donor in donors.iter().filter_map(|id| old.get(id)) {
                        inherit(&mut group, donor);
                    }
                    (self.new_group_id(), group)
                }
            };
            let members = || devices.iter().filter_map(|id| self.members.get(id));
            group.sites = members().map(|member| member.site).collect();
            group.loopback = members().all(is_loopback);
            group.wanted = members().filter(|member| !member.links.is_empty()).count();
            group.failing.retain(|device| devices.contains(device));
            group.locked_out = devices
                .iter()
                .filter(|id| self.members.get(id).is_some_and(DevicePlan::is_locked_out))
                .copied()
                .collect();
            group.traffic = self.traffic_of(&devices);
            group.ready.clear();
            group.waiting.clear();
            for site in &group.sites {
                self.directory.set_group(*site, id);
            }
            group.members = devices;
            for device in &group.members {
                if let Some(member) = self.members.get_mut(device) {
                    member.group = id;
                    member.slot = super::device_plan::Slot::None;
                }
            }
            let devices: Vec<_> = group.members.iter().copied().collect();
            self.groups.insert(id, group);
            for device in devices {
                self.refresh(device);
            }
            self.settle(id);
        }
        let directory = &self.directory;
        self.statistics.keep_sites(|site| directory.group_of(site).is_some());
        self.changed.retain(|site| directory.group_of(*site).is_some());
        self.departed.retain(|_, ledger| ledger.count(now) > 0);
        for group in old.values().filter(|group| group.ledger.count(now) > 0) {
            for site in group
                .sites
                .iter()
                .filter(|site| self.directory.group_of(**site).is_none())
            {
                self.departed.insert(*site, group.ledger.clone());
            }
        }
    }

    /// The dials and streams of these devices.
    fn traffic_of(&self, devices: &BTreeSet<DeviceId>) -> Traffic {
        let mut traffic = Traffic::default();
        let members = devices.iter().filter_map(|id| self.members.get(id));
        let links = members.flat_map(|member| &member.links);
        let attempts = links.filter_map(|id| self.attempts.get(&self.links.get(id)?.attempt()?));
        for attempt in attempts {
            traffic.begins();
            if matches!(attempt.phase, Phase::HalfOpen) {
                continue;
            }
            traffic.closes();
            if matches!(attempt.phase, Phase::Connected) {
                continue;
            }
            traffic.ends();
            traffic.plays();
            if !attempt.not_lasted {
                traffic.lasts();
            }
        }
        traffic
    }

    fn add_group(&mut self) -> GroupId {
        let id = self.new_group_id();
        let epoch = self.new_epoch();
        let mut group = Group::new(epoch, &self.limits, self.now);
        // Before those that were looked at, and by lot: were the first sites of a list the dead ones, all others would wait.
        let earlier = FORGOTTEN + self.lots.up_to(Duration::from_secs(1));
        group.last_turn = self.now.checked_sub(earlier).unwrap_or(self.now);
        self.groups.insert(id, group);
        id
    }

    /// The devices of each group.
    fn components(&self) -> Vec<BTreeSet<DeviceId>> {
        let devices: Vec<_> = self.members.keys().copied().collect();
        let mut parent: Vec<usize> = (0..devices.len()).collect();
        let mut first_of_site: BTreeMap<SiteId, usize> = BTreeMap::new();
        let mut first_of_address: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (index, id) in devices.iter().enumerate() {
            let Some(member) = self.members.get(id) else { continue };
            let root = find(&mut parent, *first_of_site.entry(member.site).or_insert(index));
            let own = find(&mut parent, index);
            parent[own] = root;
            if let Some(address) = member.address.filter(|address| is_public(*address)) {
                let root = find(&mut parent, *first_of_address.entry(address).or_insert(index));
                let own = find(&mut parent, index);
                parent[own] = root;
            }
        }
        let mut components: BTreeMap<usize, BTreeSet<DeviceId>> = BTreeMap::new();
        for (index, id) in devices.iter().enumerate() {
            components.entry(find(&mut parent, index)).or_default().insert(*id);
        }
        components.into_values().collect()
    }
}

fn is_loopback(member: &DevicePlan) -> bool {
    member.address.is_some_and(|address| address.is_loopback())
}

fn find(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

/// The worse of both.
fn inherit(group: &mut Group, donor: &Group) {
    group.ledger.merge(&donor.ledger);
    group.briefs.merge(&donor.briefs);
    group.failing.extend(&donor.failing);
    group.in_vain = group.in_vain.max(donor.in_vain);
    group.last_turn = group.last_turn.min(donor.last_turn);
    group.refuses |= donor.refuses;
    group.lasted |= donor.lasted;
    group.step = group.step.max(donor.step);
    group.last_media = group.last_media.max(donor.last_media);
    group.last_routed = group.last_routed.max(donor.last_routed);
    group.down_since = match (group.down_since, donor.down_since) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    if let Mode::Probing(probe) = &donor.mode {
        let dead = |probe: &super::group::Probe| probe.path == Path::Dead;
        if group.probe().is_none_or(|own| dead(probe) && !dead(own)) {
            group.mode = Mode::Probing(probe.inherited());
        }
    }
}
