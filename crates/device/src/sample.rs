//! Sites and recorders for the tests of every room (feature `test-support`). A new field of [`Device`] has its value for tests
//! here alone. A test states only the fields that it is about: `Device { user: "admin".to_owned(), ..sample::device(1, "DVR", 4) }`.
#![allow(clippy::unwrap_used, reason = "only tests call it, and a test fails by panicking")]

use std::net::Ipv4Addr;

use super::{Carrier, Channel, Device, DeviceId, Host, MediaTransport, Paths, Registry, Site, SiteId};

/// The site of every sample device.
pub const SITE: SiteId = SiteId(1);

/// A recorder with this many channels without names, at 192.0.2.1:554 (an address that no host has, RFC 5737), without a user.
#[must_use]
pub fn device(id: u64, name: &str, channels: usize) -> Device {
    Device {
        id: DeviceId(id),
        site: SITE,
        name: name.to_owned(),
        paths: Paths::Own {
            main: "/{ch}".parse().unwrap(),
            sub: None,
        },
        host: Host::Ip(Ipv4Addr::new(192, 0, 2, 1).into()),
        port: 554,
        carrier: Carrier::Rtsp,
        transport: MediaTransport::Automatic,
        onvif: None,
        events: crate::EventSource::default(),
        user: String::new(),
        password_revision: 0,
        channels: vec![Channel::default(); channels],
        enabled: true,
        identity: crate::Identity::default(),
        unconfirmed: false,
        roads: crate::Roads::default(),
    }
}

/// Channels with these names.
#[must_use]
pub fn channels(names: &[&str]) -> Vec<Channel> {
    let channel = |name: &&str| Channel {
        name: (*name).to_owned(),
    };
    names.iter().map(channel).collect()
}

#[must_use]
pub fn site(id: SiteId, name: &str) -> Site {
    Site::new(id, name.to_owned())
}

/// These devices, all at the one site [`SITE`].
#[must_use]
pub fn registry(devices: &[Device]) -> Registry {
    Registry {
        sites: vec![site(SITE, "Site")],
        devices: devices.to_vec(),
        ..Registry::default()
    }
}

/// How many names this thread has folded to compare them. A test of how work grows counts them instead of time.
#[must_use]
pub fn folds() -> u64 {
    crate::letters::FOLDS.get()
}
