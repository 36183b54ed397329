//! Datagrams that a device sends beside its connection. They come from the device's own address alone and go to it alone.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use bytes::Bytes;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use super::policy::Policy;

/// The datagrams of one connection. Without ports it holds nothing and waits for ever.
#[derive(Debug)]
pub struct Datagrams {
    /// This computer's end of the connection.
    local: SocketAddr,
    /// The device's end of it.
    device: SocketAddr,
    policy: Arc<ArcSwap<Policy>>,
    pairs: Vec<Pair>,
    /// Which socket is asked first, so that none waits for the others.
    turn: usize,
    buffer: Vec<u8>,
    /// Datagrams of other senders.
    ignored: u64,
}

/// The ports of one track: RTP, and RTCP.
#[derive(Debug)]
struct Pair {
    track: usize,
    sockets: [UdpSocket; 2],
}

/// The longest datagram.
const LONGEST: usize = 65_535;

/// What the system may keep while this program does something else: a key frame comes as fast as the network is.
const RECEIVE_BUFFER: usize = 1 << 20;

/// So often two adjacent ports are looked for.
const TRIES: usize = 32;

impl Datagrams {
    /// For a connection from `local` to `device`; opens nothing.
    #[must_use]
    pub fn new(local: SocketAddr, device: SocketAddr, policy: Arc<ArcSwap<Policy>>) -> Self {
        Self {
            local,
            device,
            policy,
            pairs: Vec::new(),
            turn: 0,
            buffer: Vec::new(),
            ignored: 0,
        }
    }

    /// Whether there is any port.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// Datagrams that others than the device sent, and that were ignored.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Opens two adjacent ports for a track, the first one even, at the address from which the connection was made.
    pub fn bind(&mut self, track: usize) -> io::Result<(u16, u16)> {
        let (rtp, rtcp) = adjacent(self.local)?;
        let ports = (rtp.local_addr()?.port(), rtcp.local_addr()?.port());
        self.add(track, [rtp, rtcp]);
        Ok(ports)
    }

    /// Becomes a member of a group for a track, on the interface of the connection, and for what the device itself sends where
    /// the system can tell (RFC 4607).
    ///
    /// # Errors
    /// [`io::ErrorKind::PermissionDenied`] where the policy does not allow the group; what the system says.
    pub fn join(&mut self, track: usize, group: IpAddr, (rtp, rtcp): (u16, u16)) -> io::Result<()> {
        if !self.policy.load().allows_group(group) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the policy does not allow this group",
            ));
        }
        let member = |port| member(self.local, self.device.ip(), group, port);
        let sockets = [member(rtp)?, member(rtcp)?];
        self.add(track, sockets);
        Ok(())
    }

    /// Sends a datagram to a port of the device, from the track's first port or, `rtcp`, from its second one. What the system cannot
    /// send at once is lost, as datagrams are.
    pub fn send(&self, track: usize, rtcp: bool, port: u16, datagram: &[u8]) {
        let mut to = self.device;
        to.set_port(port);
        let pair = self.pairs.iter().find(|pair| pair.track == track);
        // Not through tokio, which learns only later that a new socket can be written to.
        if let Some(pair) = pair.filter(|_| self.policy.load().allows(to.ip()))
            && let Err(error) = SockRef::from(&pair.sockets[usize::from(rtcp)]).send_to(datagram, &to.into())
        {
            tracing::debug!(%to, %error, "a datagram was not sent");
        }
    }

    /// Gives all ports back and leaves all groups.
    pub fn close(&mut self) {
        self.pairs.clear();
    }

    /// The next datagram of the device, with its track. Cancel safe.
    pub async fn receive(&mut self) -> (usize, Bytes) {
        poll_fn(|context| self.poll_receive(context)).await
    }

    /// A datagram that is there already.
    pub fn try_receive(&mut self) -> Option<(usize, Bytes)> {
        let nobody = std::task::Waker::noop();
        match self.poll_receive(&mut Context::from_waker(nobody)) {
            Poll::Ready(received) => Some(received),
            Poll::Pending => None,
        }
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<(usize, Bytes)> {
        let count = self.pairs.len() * 2;
        let device = self.device.ip().to_canonical();
        for step in 0..count {
            let at = (self.turn + step) % count;
            let Pair { track, sockets } = &self.pairs[at / 2];
            let mut buffer = ReadBuf::new(&mut self.buffer);
            while let Poll::Ready(received) = sockets[at % 2].poll_recv_from(context, &mut buffer) {
                match received {
                    Ok(from) if from.ip().to_canonical() == device => {
                        self.turn = at + 1;
                        return Poll::Ready((*track, Bytes::copy_from_slice(buffer.filled())));
                    }
                    // Winsock reports here that a datagram of ours came nowhere.
                    Ok(_) | Err(_) => self.ignored += 1,
                }
                buffer.clear();
            }
        }
        Poll::Pending
    }

    fn add(&mut self, track: usize, sockets: [UdpSocket; 2]) {
        self.buffer.resize(LONGEST, 0);
        self.pairs.retain(|pair| pair.track != track);
        self.pairs.push(Pair { track, sockets });
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        if self.ignored > 0 {
            tracing::info!(device = %self.device, ignored = self.ignored, "datagrams of others were ignored");
        }
    }
}

fn adjacent(local: SocketAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    for _ in 0..TRIES {
        let found = bound(local, 0)?;
        let port = found.local_addr()?.port();
        let is_even = port.is_multiple_of(2);
        if let Ok(other) = bound(local, if is_even { port + 1 } else { port - 1 }) {
            return Ok(if is_even { (found, other) } else { (other, found) });
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

fn bound(local: SocketAddr, port: u16) -> io::Result<UdpSocket> {
    let mut at = local;
    at.set_port(port);
    let socket = socket(at)?;
    socket.bind(&at.into())?;
    UdpSocket::from_std(socket.into())
}

/// A socket that is a member of a group. Others on this computer may listen to the same one.
fn member(local: SocketAddr, device: IpAddr, group: IpAddr, port: u16) -> io::Result<UdpSocket> {
    // A socket at the group's own address hears nothing else; Winsock cannot have one.
    let at = if cfg!(unix) {
        SocketAddr::new(group, port)
    } else {
        let any: IpAddr = if group.is_ipv4() {
            [0_u8; 4].into()
        } else {
            [0_u16; 8].into()
        };
        SocketAddr::new(any, port)
    };
    let socket = socket(at)?;
    socket.set_reuse_address(true)?;
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    socket.bind(&at.into())?;
    match (group, local, device) {
        (IpAddr::V4(group), SocketAddr::V4(local), IpAddr::V4(device)) => {
            #[cfg(target_os = "linux")]
            socket.set_multicast_all_v4(false)?;
            let of_device = socket.join_ssm_v4(&device, &group, local.ip());
            of_device.or_else(|_unknown| socket.join_multicast_v4(&group, local.ip()))?;
        }
        (IpAddr::V6(group), SocketAddr::V6(local), _) => socket.join_multicast_v6(&group, local.scope_id())?,
        (IpAddr::V4(group), ..) => socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?,
        (IpAddr::V6(group), ..) => socket.join_multicast_v6(&group, 0)?,
    }
    UdpSocket::from_std(socket.into())
}

fn socket(at: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // As much as the system allows.
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::new(127, 0, 3, last), 0))
    }

    fn datagrams(policy: Policy) -> Datagrams {
        Datagrams::new(address(1), address(2), Arc::new(ArcSwap::from_pointee(policy)))
    }

    fn sender(last: u8) -> std::net::UdpSocket {
        std::net::UdpSocket::bind(address(last)).unwrap()
    }

    async fn next(datagrams: &mut Datagrams) -> (usize, Bytes) {
        tokio::time::timeout(Duration::from_secs(10), datagrams.receive())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_track_has_two_adjacent_ports_and_hears_the_device_from_any_port_and_nobody_else() {
        let mut datagrams = datagrams(Policy::default());
        assert!(!datagrams.is_open() && datagrams.try_receive().is_none());
        let (rtp, rtcp) = datagrams.bind(3).unwrap();
        assert_eq!((rtp % 2, rtcp), (0, rtp + 1));
        let to = |port| SocketAddr::from((Ipv4Addr::new(127, 0, 3, 1), port));
        sender(9).send_to(b"a stranger", to(rtp)).unwrap();
        sender(2).send_to(b"picture", to(rtp)).unwrap();
        assert_eq!(next(&mut datagrams).await, (3, Bytes::from_static(b"picture")));
        sender(2).send_to(b"report", to(rtcp)).unwrap();
        assert_eq!(next(&mut datagrams).await, (3, Bytes::from_static(b"report")));
        assert_eq!(datagrams.ignored(), 1);
        datagrams.close();
        assert!(!datagrams.is_open());
    }

    #[tokio::test]
    async fn what_is_sent_goes_to_the_device_at_once_from_the_port_of_its_kind() {
        let mut datagrams = datagrams(Policy::default());
        datagrams.bind(0).unwrap();
        let device = sender(2);
        device.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        datagrams.send(0, true, device.local_addr().unwrap().port(), b"report");
        let mut buffer = [0; 16];
        let (length, from) = device.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from.ip()), (&b"report"[..], address(1).ip()));
        assert_eq!(from.port() % 2, 1);
    }

    #[tokio::test]
    async fn a_group_that_the_policy_forbids_is_not_joined() {
        let inside = || Policy {
            internal_only: true,
            own: Vec::new(),
        };
        let error = datagrams(inside()).join(0, "224.0.0.5".parse().unwrap(), (7_000, 7_001));
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
