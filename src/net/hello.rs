use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::interfaces::{self, Interface, Told};

/// WS-Discovery multicast groups and port (OASIS WS-Discovery 1.1 §2.4, ONVIF Core §7.3).
pub(super) const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
pub(super) const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xc);
pub(super) const PORT: u16 = 3702;

/// The longest packet that is read, in bytes. A Hello is much shorter; a longer packet is cut off.
const LONGEST: usize = 8 * 1024;

/// Calls `heard` with the address of every device that says Hello on any interface, and with what it said. Nothing is sent. Ends only with an error:
/// without this listener recovery is slower, not wrong.
///
/// A membership ends with its interface. So the groups are joined anew, on fresh sockets, whenever interfaces or addresses change.
pub async fn listen_for_hello(heard: impl Fn(IpAddr, &[u8])) -> io::Result<()> {
    let (changed, mut interfaces) = watch::channel(Vec::new());
    let follow = interfaces::follow(|told| {
        if let Told::Interfaces(now) = told {
            changed.send_if_modified(|known| {
                let differs = *known != now.multicast;
                *known = now.multicast;
                differs
            });
        }
    });
    let mut follow = std::pin::pin!(follow);
    let mut is_followed = true;
    let mut listener = Listener::default();
    let mut packet = vec![0; LONGEST];
    loop {
        tokio::select! {
            received = listener.receive(&mut packet) => {
                let (length, from) = received?;
                if is_hello(&packet[..length]) {
                    heard(from.ip().to_canonical(), &packet[..length]);
                }
            }
            // The channel stays open: `changed` lives as long as this function.
            Ok(()) = interfaces.changed() => {
                let interfaces = interfaces.borrow_and_update().clone();
                listener = Listener::join(&interfaces)?;
            }
            ended = &mut follow, if is_followed => {
                is_followed = false;
                tracing::info!(?ended, "Hello is heard on the system's first interface only");
                listener = Listener::join(&[FIRST])?;
            }
        }
    }
}

/// Stands for the interface that the system chooses.
const FIRST: Interface = Interface {
    index: 0,
    v4: Some(Ipv4Addr::UNSPECIFIED),
    v6: false,
};

/// The sockets that are members of the groups: one for IPv4, one for IPv6, each only where an interface has such an address.
#[derive(Default)]
struct Listener {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
}

impl Listener {
    /// Joins the groups on these interfaces. An interface that refuses is left out, and so is IPv6 where the system lacks it.
    fn join(interfaces: &[Interface]) -> io::Result<Self> {
        let mut listener = Self::default();
        let v4: Vec<Ipv4Addr> = interfaces.iter().filter_map(|interface| interface.v4).collect();
        if !v4.is_empty() {
            let socket = socket(Domain::IPV4, (Ipv4Addr::UNSPECIFIED, PORT).into())?;
            for address in v4 {
                if let Err(error) = socket.join_multicast_v4(&GROUP_V4, &address) {
                    tracing::debug!(%address, %error, "no Hello from this interface");
                }
            }
            listener.v4 = Some(UdpSocket::from_std(socket.into())?);
        }
        let v6: Vec<u32> = interfaces
            .iter()
            .filter(|interface| interface.v6 && interface.index > 0)
            .map(|interface| interface.index)
            .collect();
        if !v6.is_empty()
            && let Ok(socket) = socket(Domain::IPV6, (Ipv6Addr::UNSPECIFIED, PORT).into())
        {
            for index in v6 {
                if let Err(error) = socket.join_multicast_v6(&GROUP_V6, index) {
                    tracing::debug!(index, %error, "no Hello over IPv6 from this interface");
                }
            }
            listener.v6 = Some(UdpSocket::from_std(socket.into())?);
        }
        Ok(listener)
    }

    /// Waits for the next packet and returns its length and sender. Without a socket it waits for ever.
    async fn receive(&self, packet: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            tokio::select! {
                ready = readable(self.v4.as_ref()) => ready?,
                ready = readable(self.v6.as_ref()) => ready?,
            }
            for socket in [&self.v4, &self.v6].into_iter().flatten() {
                match socket.try_recv_from(packet) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    received => return received,
                }
            }
        }
    }
}

async fn readable(socket: Option<&UdpSocket>) -> io::Result<()> {
    match socket {
        Some(socket) => socket.readable().await,
        None => std::future::pending().await,
    }
}

/// A socket on the port that every listener of this computer shares.
fn socket(domain: Domain, address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Whether the SOAP envelope carries the Hello action (`.../discovery/Hello`, whichever version of the namespace).
fn is_hello(packet: &[u8]) -> bool {
    packet.windows(ACTION.len()).any(|window| window == ACTION)
}

const ACTION: &[u8] = b"discovery/Hello";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hello_is_told_from_other_messages() {
        assert!(is_hello(
            b"<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello</wsa:Action>"
        ));
        assert!(!is_hello(
            b"<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Bye</wsa:Action>"
        ));
        assert!(!is_hello(b""));
    }
}
