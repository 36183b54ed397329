//! Which certificate belongs to which device: the first one seen is remembered, a later change waits for the user.

use super::clock;
use super::core::Core;
use crate::bridge::NoticeKind;
use device::{Device, DeviceId, Fingerprint, Registry};

impl Core {
    /// The device was connected to: its certificate is known from now on.
    pub(super) fn remember_certificate(&mut self, device: DeviceId, fingerprint: Fingerprint) {
        if self.trust.insert(device, fingerprint) != Some(fingerprint) {
            self.save_trust(device);
        }
    }

    /// The user trusts whatever certificate the device shows next.
    pub(super) fn trust_certificate(&mut self, id: DeviceId) {
        let Some(device) = self.registry.device(id).cloned() else {
            return;
        };
        self.trust.remove(&id);
        self.save_trust(id);
        self.devices.entry(id).or_default().trusted_anew += 1;
        self.register(&device, clock::now());
    }

    /// A device that moved to another address is another device, as far as certificates go; a removed one is forgotten.
    pub(super) fn forget_certificates(&mut self, before: &Registry) {
        let place = |device: &Device| (device.host.clone(), device.port, device.carrier);
        for old in &before.devices {
            let stays = self.registry.device(old.id).is_some_and(|new| place(new) == place(old));
            if !stays && self.trust.remove(&old.id).is_some() {
                self.save_trust(old.id);
            }
        }
    }

    fn save_trust(&mut self, device: DeviceId) {
        let fingerprint = self.trust.get(&device).copied();
        let result = tokio::task::block_in_place(|| self.profile.save_trust(device, fingerprint));
        if let Err(error) = result {
            tracing::warn!(%error, "the certificates were not saved");
            self.publisher.notice(NoticeKind::WriteFailed {
                file: "trust.toml".to_owned(),
                reason: error.to_string(),
            });
        }
    }
}
