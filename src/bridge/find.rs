//! A find: what it is asked, and what it has found.

use std::net::IpAddr;
use std::sync::Arc;

use device::{DeviceId, Host, Identity, OnvifPlace};
use discovery::{FoundId, KnockProgress, Ranges, ScanProgress};

/// Where recorders are looked for: on every network of this computer, and at the addresses of `ranges`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindRequest {
    pub ranges: Ranges,
    /// A person waits for it.
    pub hurried: bool,
}

/// The last find.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindStatus {
    /// `None`: it is over, or there was none.
    pub progress: Option<ScanProgress>,
    /// In the order in which they answered.
    pub rows: Arc<Vec<FoundRow>>,
    /// Addresses of the ranges that stayed silent, once it is over.
    pub silent: usize,
    /// Connections to silent addresses that are tried now.
    pub knocks: Option<KnockProgress>,
    /// More has answered than is kept.
    pub full: bool,
    /// The addresses of this computer from which the group was asked.
    pub asked_from: Vec<IpAddr>,
    /// Addresses of the ranges that *Internal network only* forbids; nothing was sent there.
    pub forbidden: usize,
}

/// A device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    pub id: FoundId,
    pub identity: Identity,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub name: Option<String>,
    pub host: Host,
    /// Where else it answered.
    pub also: Vec<Host>,
    /// The port of its services, where it said one.
    pub port: Option<u16>,
    /// Where it speaks ONVIF, where it said that.
    pub place: Option<OnvifPlace>,
    pub state: FoundState,
}

/// What a device that was found is to the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundState {
    New,
    Registered(DeviceId),
    /// This device, which is registered at another address.
    Moved(DeviceId),
    /// Its address is in no network of this computer, such as one from the factory.
    Elsewhere,
}
