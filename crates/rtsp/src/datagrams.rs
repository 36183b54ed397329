use std::net::IpAddr;

use bytes::Bytes;

use super::transport::Ports;

/// What a session wants of the sockets beside its connection. A track is named by its number among those of the description,
/// which is not its number in [`Event::Playing`](super::Event::Playing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatagramOrder {
    /// Two adjacent ports of this computer, the first one even (RFC 3550 §11). [`Session::ports`](super::Session::ports) takes
    /// the answer.
    Bind { track: usize },
    /// Membership in a group, at these ports. [`Session::ports`](super::Session::ports) takes the answer.
    Join { track: usize, group: IpAddr, ports: Ports },
    /// A datagram to this port of the device, from the first port of the track or, for RTCP, from the second one.
    Send {
        track: usize,
        rtcp: bool,
        port: u16,
        datagram: Bytes,
    },
    /// All ports can be given back.
    Close,
}
