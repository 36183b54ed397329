//! Which certificate belongs to which device: the first one seen is remembered, a later change waits for the user, and so does a
//! device whose certificate was lost with a damaged file.

use std::sync::Arc;

use super::super::certificates::Certificates;
use super::{DiskAnswer, Files, FilesEffect, WorkerAnswer};
use crate::store::{Profile, TrustBook, WriteError};
use device::{Device, DeviceId, Fingerprint, Registry};

impl Files {
    /// The device was connected to: its certificate is known from now on.
    pub(in crate::engine) fn remember_certificate(&mut self, device: DeviceId, fingerprint: Fingerprint) {
        if self.certificates.pins.get(&device) != Some(&fingerprint) {
            self.change_certificates(|certificates| {
                certificates.unsure.remove(&device);
                certificates.pins.insert(device, fingerprint);
            });
            self.write_trust(move |profile| profile.save_trust(device, Some(fingerprint)));
        }
    }

    /// The user trusts whatever certificate the device shows next.
    pub(in crate::engine) fn trust_certificate(&mut self, id: DeviceId) {
        if self.registry.device(id).is_some() {
            self.forget_certificate(id);
            self.effects.push_back(FilesEffect::TrustAnew(id));
        }
    }

    /// A device that is registered now never showed a certificate, whatever the file has lost.
    pub(super) fn trust_new_device(&mut self, id: DeviceId) {
        if self.registry.device(id).is_none() && self.trust_book.doubts(id) {
            self.write_trust(move |profile| profile.trust_anew(id));
        }
    }

    /// A device that moved to another address is another device, as far as certificates go; a removed one is forgotten.
    pub(super) fn forget_certificates(&mut self, before: &Registry) {
        let place = |device: &Device| (device.host.clone(), device.port, device.carrier);
        for old in &before.devices {
            let now = self.registry.device(old.id);
            // One that was found elsewhere by itself has to show the certificate that it had.
            let is_found = |new: &Device| new.unconfirmed && !old.unconfirmed;
            let stays = now.is_some_and(|new| place(new) == place(old) || is_found(new));
            if !stays && self.certificates.pins.contains_key(&old.id) {
                if now.is_some() {
                    self.forget_certificate(old.id);
                } else {
                    let id = old.id;
                    self.change_certificates(|certificates| {
                        certificates.pins.remove(&id);
                    });
                    self.write_trust(move |profile| profile.save_trust(id, None));
                }
            }
        }
    }

    /// Takes over what is on disk. What a damaged file has lost is kept as it is in memory; a device of which nothing is in memory
    /// either waits for a person.
    pub(super) fn trust_read(&mut self, book: TrustBook) {
        let mut pins = book.pins.clone();
        let mut unwritten = Vec::new();
        for (id, pin) in &self.certificates.pins {
            if book.doubts(*id) {
                pins.insert(*id, *pin);
                unwritten.push((*id, *pin));
            }
        }
        let doubted = self.registry.devices.iter().map(|device| device.id);
        let doubted = doubted.filter(|id| book.doubts(*id) && !pins.contains_key(id));
        let now = Certificates {
            unsure: doubted.collect(),
            pins,
        };
        let before = Arc::clone(&self.certificates);
        self.change_certificates(|certificates| *certificates = now);
        self.trust_book = book;
        let lost =
            |id: &&DeviceId| !self.certificates.pins.contains_key(*id) && !self.certificates.unsure.contains(*id);
        let decided: Vec<DeviceId> = before.pins.keys().filter(lost).copied().collect();
        let sure = |id: &&DeviceId| !self.certificates.unsure.contains(*id);
        let decided = decided.into_iter().chain(before.unsure.iter().filter(sure).copied());
        for id in decided.collect::<Vec<_>>() {
            self.effects.push_back(FilesEffect::TrustAnew(id));
        }
        for (id, pin) in unwritten {
            self.write_trust(move |profile| profile.save_trust(id, Some(pin)));
        }
    }

    fn forget_certificate(&mut self, id: DeviceId) {
        self.change_certificates(|certificates| {
            certificates.unsure.remove(&id);
            certificates.pins.remove(&id);
        });
        self.write_trust(move |profile| profile.trust_anew(id));
    }

    fn change_certificates(&mut self, change: impl FnOnce(&mut Certificates)) {
        change(Arc::make_mut(&mut self.certificates));
        self.effects
            .push_back(FilesEffect::Certificates(Arc::clone(&self.certificates)));
    }

    /// Has the file hold every certificate that is remembered.
    pub(super) fn write_all_trust(&mut self) {
        let certificates = Arc::clone(&self.certificates);
        self.write_trust(move |profile| {
            let mut pins = certificates.pins.iter();
            pins.try_for_each(|(device, pin)| profile.save_trust(*device, Some(*pin)))
        });
    }

    fn write_trust(&mut self, write: impl FnOnce(&Profile) -> Result<(), WriteError> + Send + 'static) {
        let number = self.trust_writes.order();
        let answer = move |result| WorkerAnswer::Disk(DiskAnswer::Trust(number, result));
        self.disk
            .order(answer(Err("a defect of Monomi".to_owned())), move |disk| {
                answer(write(disk.profile()).map_err(|error| error.to_string()))
            });
    }
}
