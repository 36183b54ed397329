//! The registry, by what a device may be known by.

use std::collections::HashMap;

use device::{Device, DeviceId, Host, Identity, Mac, Registry};

#[derive(Default)]
pub(super) struct Known {
    /// Where each stands in the registry: a search for each of a thousand among a thousand would be felt.
    by_id: HashMap<DeviceId, usize>,
    by_host: HashMap<Host, Vec<DeviceId>>,
    /// By the other roads of each.
    by_other_host: HashMap<Host, DeviceId>,
    by_endpoint: HashMap<String, Vec<DeviceId>>,
    by_serial: HashMap<String, Vec<DeviceId>>,
    by_mac: HashMap<Mac, Vec<DeviceId>>,
}

impl Known {
    pub(super) fn new(registry: &Registry) -> Self {
        let mut known = Self::default();
        for (index, device) in registry.devices.iter().enumerate() {
            known.by_id.insert(device.id, index);
            let Identity { endpoint, serial, mac } = &device.identity;
            known.by_host.entry(device.host.clone()).or_default().push(device.id);
            for road in &device.roads.others {
                known.by_other_host.entry(road.host.clone()).or_insert(device.id);
            }
            if let Some(endpoint) = endpoint {
                known.by_endpoint.entry(endpoint.clone()).or_default().push(device.id);
            }
            if let Some(serial) = serial {
                known.by_serial.entry(serial.clone()).or_default().push(device.id);
            }
            if let Some(mac) = mac {
                known.by_mac.entry(*mac).or_default().push(device.id);
            }
        }
        known
    }

    /// The device of the registry that this was made of.
    pub(super) fn device<'r>(&self, registry: &'r Registry, id: DeviceId) -> Option<&'r Device> {
        registry.devices.get(*self.by_id.get(&id)?)
    }

    /// The registered devices that are this one: several where one recorder is registered several times.
    pub(super) fn by_identity(&self, identity: &Identity, registry: &Registry) -> Vec<DeviceId> {
        let candidates = [
            identity.serial.as_ref().and_then(|serial| self.by_serial.get(serial)),
            identity
                .endpoint
                .as_ref()
                .and_then(|endpoint| self.by_endpoint.get(endpoint)),
            identity.mac.as_ref().and_then(|mac| self.by_mac.get(mac)),
        ];
        let mut same: Vec<DeviceId> = candidates.into_iter().flatten().flatten().copied().collect();
        same.retain(|id| {
            self.device(registry, *id)
                .is_some_and(|device| device.identity.is_same(identity))
        });
        same.sort_unstable();
        same.dedup();
        same
    }

    /// The first device that is registered at this address.
    pub(super) fn at(&self, host: &Host) -> Option<DeviceId> {
        let preferred = self.by_host.get(host).and_then(|devices| devices.first());
        preferred.or_else(|| self.by_other_host.get(host)).copied()
    }

    /// The device that is registered at this address, if it is the only one: behind a router several recorders share one.
    pub(super) fn alone_at(&self, host: &Host) -> Option<DeviceId> {
        match self.by_host.get(host)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}
