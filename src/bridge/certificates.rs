//! The certificates of registered devices.

use std::collections::BTreeMap;
use std::sync::Arc;

use device::{Certificate, CertificateOwner, DeviceId, Fingerprint};

/// What is remembered, and what was shown instead. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CertificatesShown {
    pub known: Arc<BTreeMap<CertificateOwner, Certificate>>,
    /// These wait for a person.
    pub changed: Arc<BTreeMap<CertificateOwner, Certificate>>,
}

impl CertificatesShown {
    /// What a device has shown, of its streams by the preferred road first.
    pub fn of(&self, device: DeviceId) -> impl Iterator<Item = (CertificateOwner, &Certificate)> {
        let known = self.known.range(CertificateOwner::all_of(device));
        known.map(|(owner, certificate)| (*owner, certificate))
    }

    /// What these devices show instead, to be trusted with [`super::Command::TrustCertificates`].
    #[must_use]
    pub fn changed_of(&self, devices: impl Iterator<Item = DeviceId>) -> Vec<(CertificateOwner, Fingerprint)> {
        let changed = devices.flat_map(|device| self.changed.range(CertificateOwner::all_of(device)));
        changed
            .map(|(owner, certificate)| (*owner, certificate.fingerprint))
            .collect()
    }
}

/// A device of which a certificate will expire, as a notice names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpiringDevice {
    /// The last day on which it is valid, in UTC: year, month and day.
    pub last_day: (i64, i64, i64),
    pub name: String,
}
