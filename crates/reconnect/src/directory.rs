//! Who is where: which devices have an address, which are entries of a recorder, which group a site belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::group::GroupId;
use device::{DeviceId, SiteId};

/// Invariant: no entry without a device. Addresses are canonical.
#[derive(Default)]
pub(super) struct Directory {
    sites: BTreeMap<SiteId, GroupId>,
    addresses: BTreeMap<IpAddr, BTreeSet<DeviceId>>,
    recorders: BTreeMap<u64, BTreeSet<DeviceId>>,
}

impl Directory {
    pub(super) fn group_of(&self, site: SiteId) -> Option<GroupId> {
        self.sites.get(&site).copied()
    }

    pub(super) fn set_group(&mut self, site: SiteId, group: GroupId) {
        self.sites.insert(site, group);
    }

    /// Every site that has a device.
    pub(super) fn sites(&self) -> impl Iterator<Item = (SiteId, GroupId)> + '_ {
        self.sites.iter().map(|(site, group)| (*site, *group))
    }

    pub(super) fn clear_sites(&mut self) {
        self.sites.clear();
    }

    pub(super) fn at_address(&self, address: IpAddr) -> impl Iterator<Item = DeviceId> + '_ {
        self.addresses
            .get(&address.to_canonical())
            .into_iter()
            .flatten()
            .copied()
    }

    pub(super) fn enter_address(&mut self, address: IpAddr, device: DeviceId) {
        self.addresses.entry(address.to_canonical()).or_default().insert(device);
    }

    pub(super) fn leave_address(&mut self, address: IpAddr, device: DeviceId) {
        leave(&mut self.addresses, address.to_canonical(), device);
    }

    /// The entries of a recorder.
    pub(super) fn entries(&self, recorder: u64) -> impl Iterator<Item = DeviceId> + '_ {
        self.recorders.get(&recorder).into_iter().flatten().copied()
    }

    pub(super) fn enter_recorder(&mut self, recorder: u64, device: DeviceId) {
        self.recorders.entry(recorder).or_default().insert(device);
    }

    pub(super) fn leave_recorder(&mut self, recorder: u64, device: DeviceId) {
        leave(&mut self.recorders, recorder, device);
    }

    /// Each recorder with one of its entries.
    pub(super) fn recorders(&self) -> impl Iterator<Item = (u64, DeviceId)> + '_ {
        self.recorders
            .iter()
            .filter_map(|(recorder, entries)| Some((*recorder, *entries.first()?)))
    }

    /// Entries held.
    pub(super) fn footprint(&self) -> usize {
        self.sites.len() + self.addresses.len() + self.recorders.values().map(BTreeSet::len).sum::<usize>()
    }
}

fn leave<K: Ord>(index: &mut BTreeMap<K, BTreeSet<DeviceId>>, key: K, device: DeviceId) {
    if let Some(devices) = index.get_mut(&key) {
        devices.remove(&device);
        if devices.is_empty() {
            index.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_device_that_went() {
        let mut directory = Directory::default();
        let mapped: IpAddr = "::ffff:203.0.113.5".parse().unwrap();
        let plain: IpAddr = "203.0.113.5".parse().unwrap();
        directory.enter_address(mapped, DeviceId(1));
        directory.enter_address(plain, DeviceId(2));
        directory.enter_recorder(7, DeviceId(1));
        assert_eq!(
            directory.at_address(plain).collect::<Vec<_>>(),
            [DeviceId(1), DeviceId(2)]
        );
        assert_eq!(directory.recorders().collect::<Vec<_>>(), [(7, DeviceId(1))]);
        directory.leave_address(plain, DeviceId(1));
        directory.leave_address(mapped, DeviceId(2));
        directory.leave_recorder(7, DeviceId(1));
        directory.leave_recorder(8, DeviceId(1));
        assert_eq!(directory.footprint(), 0);
    }
}
