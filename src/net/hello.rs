use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

/// WS-Discovery multicast group and port (OASIS WS-Discovery 1.1 §2.4, ONVIF Core §7.3).
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 3702;

/// A Hello fits easily; what is longer is cut and then not recognised.
const LONGEST: usize = 8 * 1024;

/// Calls `heard` with the address of every device that says Hello. Nothing is sent. Ends only with an error: without this
/// listener recovery is slower, not wrong.
pub async fn listen_for_hello(heard: impl Fn(IpAddr)) -> std::io::Result<()> {
    let socket = listener()?;
    let mut packet = vec![0; LONGEST];
    loop {
        let (length, from) = socket.recv_from(&mut packet).await?;
        if is_hello(&packet[..length]) {
            heard(from.ip().to_canonical());
        }
    }
}

fn listener() -> std::io::Result<UdpSocket> {
    let socket = socket2::Socket::new(
        socket2::Domain::IPV4,
        socket2::Type::DGRAM,
        Some(socket2::Protocol::UDP),
    )?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)).into())?;
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::UNSPECIFIED)?;
    UdpSocket::from_std(socket.into())
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
