//! Datagrams that ask devices to name themselves: one socket on each address of this computer for the group, and one for single addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use super::hello::{GROUP_V4, GROUP_V6, PORT};
use super::interfaces::{self, Told};
use super::own_address::OwnAddress;
use super::policy::Policy;

/// Calls `tell` with the addresses of this computer, and with them after every change. Ends only with an error.
pub async fn follow_own_addresses(mut tell: impl FnMut(Vec<OwnAddress>)) -> Result<(), String> {
    interfaces::follow(|told| {
        if let Told::Interfaces(now) = told {
            tell(now.own);
        }
    })
    .await
}

/// What became of a datagram to one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Sent,
    /// The policy does not allow the address; nothing was sent.
    Forbidden,
    /// The system did not send it: it has no way there, or no room.
    NotSent,
}

/// By which way an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbedBy {
    /// It answers what was sent to the group.
    Group,
    /// It answers what was sent to its address.
    Address,
}

/// The longest datagram that is read, in bytes; a longer one is cut off.
const LONGEST: usize = 16 * 1024;

/// What the system may keep while this program does something else: hundreds answer at once.
const RECEIVE_BUFFER: usize = 1 << 20;

/// The most sockets for the group. A computer has few addresses; one that routes for containers has hundreds.
const MOST_SOCKETS: usize = 32;

/// The sockets of one find. None of them is a member of a group: a switch that watches memberships may take devices away from who joins.
#[derive(Debug)]
pub struct Probes {
    policy: Arc<ArcSwap<Policy>>,
    group: Vec<(UdpSocket, OwnAddress)>,
    single_v4: Option<UdpSocket>,
    single_v6: Option<UdpSocket>,
    /// Which socket is asked first, so that none waits for the others.
    turn: usize,
    buffer: Vec<u8>,
}

impl Probes {
    /// Opens what the system allows; where it allows nothing, nothing is sent and nothing heard.
    #[must_use]
    pub fn open(own: &[OwnAddress], policy: Arc<ArcSwap<Policy>>) -> Self {
        let mut probes = Self {
            policy,
            group: Vec::new(),
            single_v4: single(Ipv4Addr::UNSPECIFIED.into()),
            single_v6: single(Ipv6Addr::UNSPECIFIED.into()),
            turn: 0,
            buffer: vec![0; LONGEST],
        };
        probes.set_own(own);
        probes
    }

    /// Opens sockets on addresses that are new, and closes those whose addresses are gone.
    pub fn set_own(&mut self, own: &[OwnAddress]) {
        let wanted = |own: &&OwnAddress| own.multicasts && asks_from(own.ip);
        self.group.retain(|(_, kept)| own.contains(kept));
        for address in own.iter().filter(wanted) {
            if self.group.len() >= MOST_SOCKETS {
                break;
            }
            if self.group.iter().any(|(_, kept)| kept == address) {
                continue;
            }
            match for_group(address) {
                Ok(socket) => self.group.push((socket, *address)),
                Err(error) => tracing::debug!(?address, %error, "nobody is asked from this address"),
            }
        }
    }

    /// The addresses from which the group is asked.
    pub fn asks_from(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.group.iter().map(|(_, own)| own.ip)
    }

    /// Sends to the group from every address; how many were sent. It never leaves the networks that this computer is in (TTL 1).
    pub fn ask_group(&self, datagram: &[u8]) -> usize {
        let send = |(socket, own): &(UdpSocket, OwnAddress)| {
            let to = match own.ip {
                IpAddr::V4(_) => SocketAddr::from((GROUP_V4, PORT)),
                IpAddr::V6(_) => SocketAddrV6::new(GROUP_V6, PORT, 0, own.interface).into(),
            };
            let sent = SockRef::from(socket).send_to(datagram, &to.into());
            sent.inspect_err(|error| tracing::debug!(from = %own.ip, %error, "the group was not asked"))
                .is_ok()
        };
        self.group.iter().filter(|socket| send(socket)).count()
    }

    /// Sends to one address.
    pub fn ask(&self, ip: IpAddr, datagram: &[u8]) -> Sent {
        if !self.policy.load().allows(ip) {
            return Sent::Forbidden;
        }
        let socket = match ip {
            IpAddr::V4(_) => &self.single_v4,
            IpAddr::V6(_) => &self.single_v6,
        };
        let Some(socket) = socket else { return Sent::NotSent };
        // Not through tokio, which learns only later that a new socket can be written to.
        match SockRef::from(socket).send_to(datagram, &SocketAddr::new(ip, PORT).into()) {
            Ok(_) => Sent::Sent,
            Err(_) => Sent::NotSent,
        }
    }

    /// The next datagram, its sender, and which of both it answers. Cancel safe.
    pub async fn receive(&mut self) -> (Vec<u8>, SocketAddr, ProbedBy) {
        std::future::poll_fn(|context| self.poll_receive(context)).await
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<(Vec<u8>, SocketAddr, ProbedBy)> {
        let group = self.group.iter().map(|(socket, _)| (socket, ProbedBy::Group));
        let single = self.single_v4.iter().chain(&self.single_v6);
        let all: Vec<(&UdpSocket, ProbedBy)> = group.chain(single.map(|socket| (socket, ProbedBy::Address))).collect();
        for step in 0..all.len() {
            let at = (self.turn + step) % all.len();
            let (socket, asked) = all[at];
            let mut buffer = ReadBuf::new(&mut self.buffer);
            // Errors tell of a datagram of ours that came nowhere; the next one is read. They are bounded by what was sent.
            while let Poll::Ready(received) = socket.poll_recv_from(context, &mut buffer) {
                if let Ok(from) = received {
                    self.turn = at + 1;
                    return Poll::Ready((buffer.filled().to_vec(), from, asked));
                }
                buffer.clear();
            }
        }
        Poll::Pending
    }
}

/// Link-local addresses of IPv6 reach the group of every interface; the others would ask the same devices again.
fn asks_from(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn for_group(own: &OwnAddress) -> io::Result<UdpSocket> {
    let socket = match own.ip {
        IpAddr::V4(ip) => {
            let socket = socket(Domain::IPV4)?;
            socket.bind(&SocketAddr::from((ip, 0)).into())?;
            socket.set_multicast_if_v4(&ip)?;
            socket.set_multicast_ttl_v4(1)?;
            socket
        }
        IpAddr::V6(ip) => {
            let socket = socket(Domain::IPV6)?;
            socket.set_only_v6(true)?;
            socket.bind(&SocketAddr::from(SocketAddrV6::new(ip, 0, 0, own.interface)).into())?;
            socket.set_multicast_if_v6(own.interface)?;
            socket.set_multicast_hops_v6(1)?;
            socket
        }
    };
    UdpSocket::from_std(socket.into())
}

fn single(any: IpAddr) -> Option<UdpSocket> {
    let open = || {
        let socket = socket(if any.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 })?;
        if any.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&SocketAddr::new(any, 0).into())?;
        UdpSocket::from_std(socket.into())
    };
    open().ok()
}

fn socket(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // As much as the system allows.
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_the_policy_forbids_is_sent_nothing() {
        let policy = Arc::new(ArcSwap::from_pointee(Policy {
            internal_only: true,
            own: Vec::new(),
        }));
        let probes = Probes::open(&[], policy);
        for outside in ["198.51.100.7", "2001:db8::1", "224.0.0.1", "255.255.255.255"] {
            assert_eq!(
                probes.ask(outside.parse().unwrap(), b"probe"),
                Sent::Forbidden,
                "{outside}"
            );
        }
        assert_eq!(probes.ask_group(b"probe"), 0);
    }
}
