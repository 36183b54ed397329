//! What this computer knows of the way to a device without asking it: its routes, its neighbours, and how the others at the same site
//! fare.

use std::net::IpAddr;

/// The way to an address, as the routing table and the neighbour table of this computer have it. Reading them sends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownWay {
    pub kind: WayKind,
    /// What the neighbour table says of whoever is asked first: the router, or the device where it is in the same network.
    pub next: Neighbour,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayKind {
    /// It is this computer itself.
    Here,
    /// In the same network, by the interface of this name.
    Direct {
        interface: String,
    },
    Router {
        router: IpAddr,
        interface: String,
    },
    /// There is none.
    None,
    /// This system does not tell.
    Unknown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Neighbour {
    /// It has answered lately (ARP, RFC 826; neighbour discovery, RFC 4861).
    Answers,
    /// It was asked, and did not answer.
    Silent,
    #[default]
    Unknown,
}

/// The other devices of the same site, at this moment. What is not watched is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    pub live: u32,
    pub failing: u32,
    /// All others that are registered there and enabled.
    pub all: u32,
}
