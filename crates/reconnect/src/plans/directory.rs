//! Who is where: which devices have an address, which are entries of a recorder.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use device::DeviceId;

/// Invariant: no entry without a device. Addresses are canonical.
#[derive(Default)]
pub(crate) struct Directory {
    addresses: BTreeMap<IpAddr, BTreeSet<DeviceId>>,
    recorders: BTreeMap<u64, BTreeSet<DeviceId>>,
}

impl Directory {
    pub(crate) fn at_address(&self, address: IpAddr) -> impl Iterator<Item = DeviceId> + '_ {
        self.addresses
            .get(&address.to_canonical())
            .into_iter()
            .flatten()
            .copied()
    }

    pub(crate) fn enter_address(&mut self, address: IpAddr, device: DeviceId) {
        self.addresses.entry(address.to_canonical()).or_default().insert(device);
    }

    pub(crate) fn leave_address(&mut self, address: IpAddr, device: DeviceId) {
        leave(&mut self.addresses, address.to_canonical(), device);
    }

    /// The entries of a recorder.
    pub(crate) fn entries(&self, recorder: u64) -> impl Iterator<Item = DeviceId> + '_ {
        self.recorders.get(&recorder).into_iter().flatten().copied()
    }

    pub(crate) fn enter_recorder(&mut self, recorder: u64, device: DeviceId) {
        self.recorders.entry(recorder).or_default().insert(device);
    }

    pub(crate) fn leave_recorder(&mut self, recorder: u64, device: DeviceId) {
        leave(&mut self.recorders, recorder, device);
    }

    /// Each recorder with one of its entries.
    pub(crate) fn recorders(&self) -> impl Iterator<Item = (u64, DeviceId)> + '_ {
        self.recorders
            .iter()
            .filter_map(|(recorder, entries)| Some((*recorder, *entries.first()?)))
    }

    /// Entries held.
    pub(crate) fn footprint(&self) -> usize {
        self.addresses.len() + self.recorders.values().map(BTreeSet::len).sum::<usize>()
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
