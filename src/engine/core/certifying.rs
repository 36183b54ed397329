//! The loop between whoever shows a certificate, whoever remembers it, and the notices about it.

use std::collections::BTreeSet;
use std::time::Instant;

use super::super::certificates::WatchEffect;
use super::super::clock;
use super::Core;
use device::{Certificate, CertificateOwner, DeviceId, Fingerprint};
use events::{Occurrence, Subject};

impl Core {
    /// A connection stands on which this certificate was shown: the remembered one, or the first one.
    pub(super) fn certificate_shown(&mut self, owner: CertificateOwner, certificate: &Certificate) {
        self.certificates.showed(owner, clock::unix());
        self.files.remember_certificate(owner, certificate);
    }

    /// A person trusts what a device shows instead of the remembered one; where that is not known, whatever it shows next.
    pub(super) fn trust_certificate(&mut self, device: DeviceId, now: Instant) {
        let seen = self.certificates.shown().changed_of(std::iter::once(device));
        if seen.iter().all(|(owner, _)| owner.web_port.is_some()) {
            self.files.trust_certificate(device);
        }
        self.trust_certificates(&seen, now);
    }

    /// A person trusts exactly these.
    pub(super) fn trust_certificates(&mut self, seen: &[(CertificateOwner, Fingerprint)], now: Instant) {
        let shown = self.certificates.still_shown(seen);
        for (owner, _) in shown.iter().filter(|(owner, _)| owner.web_port.is_some()) {
            self.enquiries.look_soon(owner.device, now);
        }
        let devices: BTreeSet<DeviceId> = shown.iter().map(|(owner, _)| owner.device).collect();
        for device in devices {
            self.events
                .done_by_person(Subject::Device(device), Occurrence::CertificateTrusted, now);
        }
        self.files.trust_certificates(shown);
    }

    pub(super) fn do_for_certificates(&mut self, effect: WatchEffect) {
        match effect {
            WatchEffect::Changed => self.screen.changed(),
            WatchEffect::Update { old, new } => self.screen.update_notice(old, new),
            WatchEffect::Tell { old, new } => {
                self.screen.withdraw(old);
                self.screen.notice(new);
            }
        }
    }
}
