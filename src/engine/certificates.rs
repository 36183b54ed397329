//! Which certificate each RTSPS device may show.

use std::collections::{BTreeMap, BTreeSet};

use device::{DeviceId, Fingerprint};

/// What is known of the devices' certificates. A device that is in neither list may show any: it is its first one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Certificates {
    /// The one that each device showed first.
    pub(super) pins: BTreeMap<DeviceId, Fingerprint>,
    /// Devices whose certificate was lost with a damaged file: they wait until a person decides.
    pub(super) unsure: BTreeSet<DeviceId>,
}
