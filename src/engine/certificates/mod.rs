//! WHICH CERTIFICATE each device may show, and what people are told of that: a change waits for them, and one that will expire is said.
//!
//! Belongs here: what is remembered as a value, what was shown instead, the notices about both.
//! Does not belong here: writing it down (`files`), dialling (`connections`).

mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use self::watch::{CertificateWatch, WatchEffect};
use crate::net::Trust;
use device::{Certificate, CertificateOwner};

/// What is known of the devices' certificates. Who is in neither list may show any: it is its first one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificates {
    /// The one that each showed first, or that a person has trusted since.
    pub(super) pins: Arc<BTreeMap<CertificateOwner, Certificate>>,
    /// Whose certificate was lost with a damaged file: they wait until a person decides.
    pub(super) unsure: BTreeSet<CertificateOwner>,
}

impl Certificates {
    pub(super) fn trust(&self, owner: CertificateOwner) -> Trust {
        match self.pins.get(&owner) {
            Some(pin) => Trust::Pinned(pin.fingerprint),
            None if self.unsure.contains(&owner) => Trust::Unsure,
            None => Trust::FirstUse,
        }
    }
}
