//! Which certificate belongs to which device: the first one seen is remembered, a later change waits for the user.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Answer, DiskAnswer, Effect, Files};
use device::{Device, DeviceId, Fingerprint, Registry};

impl Files {
    /// The device was connected to: its certificate is known from now on.
    pub(in crate::engine) fn remember_certificate(&mut self, device: DeviceId, fingerprint: Fingerprint) {
        if self.trust.get(&device) != Some(&fingerprint) {
            self.change_trust(device, Some(fingerprint));
        }
    }

    /// The user trusts whatever certificate the device shows next.
    pub(in crate::engine) fn trust_certificate(&mut self, id: DeviceId) {
        if self.registry.device(id).is_some() {
            self.change_trust(id, None);
            self.effects.push_back(Effect::TrustAnew(id));
        }
    }

    /// A device that moved to another address is another device, as far as certificates go; a removed one is forgotten.
    pub(super) fn forget_certificates(&mut self, before: &Registry) {
        let place = |device: &Device| (device.host.clone(), device.port, device.carrier);
        for old in &before.devices {
            let stays = self.registry.device(old.id).is_some_and(|new| place(new) == place(old));
            if !stays && self.trust.contains_key(&old.id) {
                self.change_trust(old.id, None);
            }
        }
    }

    pub(super) fn set_trust(&mut self, trust: BTreeMap<DeviceId, Fingerprint>) {
        self.trust = Arc::new(trust);
        self.effects.push_back(Effect::Pins(Arc::clone(&self.trust)));
    }

    fn change_trust(&mut self, device: DeviceId, fingerprint: Option<Fingerprint>) {
        let mut trust = BTreeMap::clone(&self.trust);
        match fingerprint {
            Some(fingerprint) => trust.insert(device, fingerprint),
            None => trust.remove(&device),
        };
        self.set_trust(trust);
        let number = self.trust_writes.order();
        let answer = move |result| Answer::Disk(DiskAnswer::Trust(number, result));
        self.disk
            .order(answer(Err("a defect of Monomi".to_owned())), move |disk| {
                let result = disk.profile().save_trust(device, fingerprint);
                answer(result.map_err(|error| error.to_string()))
            });
    }
}
