//! Which certificate belongs to which device: the first one seen is remembered, a later change waits for the user, and so does a
//! device whose certificate was lost with a damaged file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::certificates::Certificates;
use super::{DiskAnswer, Files, FilesEffect, WorkerAnswer};
use crate::store::{Profile, TrustBook, WriteError};
use device::{Certificate, CertificateOwner, Device, DeviceId, Registry};

impl Files {
    /// This certificate was shown, and nothing else was remembered: it is known from now on, with what it says of itself.
    pub(in crate::engine) fn remember_certificate(&mut self, owner: CertificateOwner, certificate: &Certificate) {
        let known = self.certificates.pins.get(&owner);
        let is_told_more = |known: &Certificate| !known.is_read() && certificate.is_read();
        if known.is_none_or(|known| known.fingerprint != certificate.fingerprint || is_told_more(known)) {
            self.pin(vec![(owner, certificate.clone())]);
        }
    }

    /// A person trusts these, which were shown instead of the remembered ones.
    pub(in crate::engine) fn trust_certificates(&mut self, shown: Vec<(CertificateOwner, Certificate)>) {
        let is_there = |(owner, _): &(CertificateOwner, Certificate)| self.registry.device(owner.device).is_some();
        let shown: Vec<_> = shown.into_iter().filter(is_there).collect();
        let streams: Vec<DeviceId> = shown
            .iter()
            .filter(|(owner, _)| owner.web_port.is_none())
            .map(|(owner, _)| owner.device)
            .collect();
        self.pin(shown);
        self.effects.extend(streams.into_iter().map(FilesEffect::TrustAnew));
    }

    /// The user trusts whatever certificate the device shows next.
    pub(in crate::engine) fn trust_certificate(&mut self, id: DeviceId) {
        if self.registry.device(id).is_some() {
            self.forget_certificate(id.into());
            let certificates = &self.certificates;
            let unsure = certificates.unsure.iter().filter(|owner| owner.device == id);
            for owner in unsure.copied().collect::<Vec<_>>() {
                self.forget_certificate(owner);
            }
            self.effects.push_back(FilesEffect::TrustAnew(id));
        }
    }

    /// A device that is registered now never showed a certificate, whatever the file has lost.
    pub(super) fn trust_new_device(&mut self, device: &Device) {
        if self.registry.device(device.id).is_none() {
            for owner in owners(device)
                .filter(|owner| self.trust_book.doubts(*owner))
                .collect::<Vec<_>>()
            {
                self.write_trust(move |profile| profile.trust_anew(owner));
            }
        }
    }

    /// A device that moved to another address is another device, as far as certificates go; a removed one is forgotten. An address that
    /// only has another place among those of its device keeps its certificate.
    pub(super) fn forget_certificates(&mut self, before: &Registry) {
        let mut moved = Vec::new();
        for old in &before.devices {
            let now = self.registry.device(old.id);
            let pins = self.certificates.pins.range(CertificateOwner::all_of(old.id));
            let leaves = |(owner, pin): (&CertificateOwner, &Certificate)| {
                let stays_as = now.and_then(|new| owner_after(*owner, old, new));
                (stays_as != Some(*owner)).then(|| (*owner, stays_as.map(|owner| (owner, pin.clone()))))
            };
            let (gone, is_registered) = (pins.filter_map(leaves).collect::<Vec<_>>(), now.is_some());
            for (owner, stays_as) in gone {
                moved.extend(stays_as);
                if is_registered {
                    self.forget_certificate(owner);
                } else {
                    self.change_certificates(|certificates| {
                        Arc::make_mut(&mut certificates.pins).remove(&owner);
                    });
                    self.write_trust(move |profile| profile.save_trust(owner, None));
                }
            }
        }
        self.pin(moved);
    }

    /// Takes over what is on disk. What a damaged file has lost is kept as it is in memory; who is not in memory either waits for a
    /// person.
    pub(super) fn trust_read(&mut self, book: TrustBook) {
        let mut pins = book.pins.clone();
        let mut unwritten = BTreeMap::new();
        for (owner, pin) in self.certificates.pins.iter() {
            if book.doubts(*owner) {
                pins.insert(*owner, pin.clone());
                unwritten.insert(*owner, pin.clone());
            }
        }
        let doubted = self.registry.devices.iter().flat_map(owners);
        let doubted = doubted.filter(|owner| book.doubts(*owner) && !pins.contains_key(owner));
        let now = Certificates {
            unsure: doubted.collect(),
            pins: Arc::new(pins),
        };
        let before = Arc::clone(&self.certificates);
        self.change_certificates(|certificates| *certificates = now);
        self.trust_book = book;
        let lost = |owner: &&CertificateOwner| {
            !self.certificates.pins.contains_key(*owner) && !self.certificates.unsure.contains(*owner)
        };
        let sure = |owner: &&CertificateOwner| !self.certificates.unsure.contains(*owner);
        let decided = before.pins.keys().filter(lost);
        let decided = decided.chain(before.unsure.iter().filter(sure));
        let streams = decided.filter(|owner| owner.web_port.is_none());
        for id in streams.map(|owner| owner.device).collect::<Vec<_>>() {
            self.effects.push_back(FilesEffect::TrustAnew(id));
        }
        if !unwritten.is_empty() {
            self.write_pins(unwritten);
        }
    }

    fn pin(&mut self, pins: Vec<(CertificateOwner, Certificate)>) {
        if pins.is_empty() {
            return;
        }
        let pins: BTreeMap<CertificateOwner, Certificate> = pins.into_iter().collect();
        self.change_certificates(|certificates| {
            certificates.unsure.retain(|owner| !pins.contains_key(owner));
            Arc::make_mut(&mut certificates.pins).extend(pins.clone());
        });
        self.write_pins(pins);
    }

    fn forget_certificate(&mut self, owner: CertificateOwner) {
        self.change_certificates(|certificates| {
            certificates.unsure.remove(&owner);
            Arc::make_mut(&mut certificates.pins).remove(&owner);
        });
        self.write_trust(move |profile| profile.trust_anew(owner));
    }

    fn change_certificates(&mut self, change: impl FnOnce(&mut Certificates)) {
        change(Arc::make_mut(&mut self.certificates));
        self.effects
            .push_back(FilesEffect::Certificates(Arc::clone(&self.certificates)));
    }

    /// Has the file hold every certificate that is remembered.
    pub(super) fn write_all_trust(&mut self) {
        let pins = BTreeMap::clone(&self.certificates.pins);
        self.write_pins(pins);
    }

    fn write_pins(&mut self, pins: BTreeMap<CertificateOwner, Certificate>) {
        self.write_trust(move |profile| {
            let pins: Vec<_> = pins.iter().map(|(owner, pin)| (*owner, Some(pin))).collect();
            profile.save_all_trust(&pins)
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

/// Whose certificates a device may show by each of its roads: that of its streams, and that of its web port where it speaks ONVIF in TLS.
fn owners(device: &Device) -> impl Iterator<Item = CertificateOwner> + use<> {
    let web = device.onvif.as_ref().filter(|place| place.secure);
    let web = web.map(|place| CertificateOwner::web(device.id, place.port));
    let streams = CertificateOwner::from(device.id);
    (0..device.roads.count()).flat_map(move |road| std::iter::once(streams).chain(web).map(move |owner| owner.by(road)))
}

/// Who has the certificate of `owner` once its device is registered as `new` instead of `old`; `None`: nobody, for that address is none of
/// its own any more.
fn owner_after(owner: CertificateOwner, old: &Device, new: &Device) -> Option<CertificateOwner> {
    let road = usize::from(owner.road);
    // One that was found elsewhere by itself has to show the certificate that it had.
    if road == 0 && new.unconfirmed && !old.unconfirmed {
        return Some(owner);
    }
    let (host, port) = old.place(road)?;
    let leads_there = |road: &usize| {
        new.place(*road).is_some_and(|there| match owner.web_port {
            None => there == (host, port) && new.carrier == old.carrier,
            Some(_) => there.0 == host,
        })
    };
    let same = Some(road).filter(leads_there);
    let road = same.or_else(|| (0..new.roads.count()).find(leads_there))?;
    Some(owner.by(road))
}
