//! The one place where a socket is connected. One permit, one address, one socket, at most two SYNs.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::FutureExt as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;

use super::policy::Policy;
use super::resolve::{ResolveError, resolve};
use super::tls::{self, TlsError, Trust};
use device::{Carrier, Certificate, Host};
use reconnect::{Permit, TlsObstacle};

/// How long a connect may take. Kernels send SYNs at 0 s and 1 s and the third at 2 s (Linux from 6.5 on) or 3 s, so at most
/// two are on the wire when this ends. The kernel is told as well (`TCP_USER_TIMEOUT`), so that it gives up in time even if this
/// process is stopped or slow.
pub const CONNECT_DEADLINE: Duration = Duration::from_millis(1_800);

/// Where to connect, and from where.
#[derive(Clone, Debug)]
pub struct Target {
    pub host: Host,
    pub port: u16,
    pub carrier: Carrier,
    pub trust: Trust,
    /// Read just before the first packet, because the user may switch it while a name is looked up.
    pub policy: Arc<ArcSwap<Policy>>,
    pub local_port: LocalPort,
    /// Which of several allowed addresses is dialled: this number modulo their count. One attempt dials one.
    pub turn: usize,
}

/// The local port an attempt leaves from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalPort {
    #[default]
    Any,
    /// The port of an earlier failed attempt at the same address, so that a router holds one entry for both. When the
    /// system does not grant it, any other is taken.
    Again(u16),
}

/// What was reached while dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStep {
    /// The policy allows this address; the SYN goes out now.
    Resolved(SocketAddr),
    Connected,
    Secured,
}

/// A connected stream, ready for RTSP.
#[derive(Debug)]
pub struct Dialled {
    pub stream: Stream,
    pub peer: SocketAddr,
    /// The certificate that the device showed; `None` without TLS.
    pub certificate: Option<Certificate>,
}

/// Why a dial failed, and the addresses and ports that are known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialError {
    pub reason: Reason,
    /// What was dialled, or what the policy refused.
    pub address: Option<SocketAddr>,
    /// The local port that the attempt left from.
    pub local_port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The name has no address, or the resolver does not answer. No packet was sent to the device.
    NoAddress(String),
    /// The policy forbids every address of the host. No packet was sent to the device.
    Policy,
    Refused,
    Timeout,
    /// The network reported that there is no way to the address.
    Unreachable(String),
    /// This machine has no route; no packet was sent.
    NoRoute,
    /// The local port is in use towards this address; no packet was sent.
    PortTaken,
    /// The system refused the socket (descriptors used up, forbidden by a local firewall).
    System(String),
    TlsTimeout,
    /// The handshake failed for a reason that may pass.
    Tls(String),
    /// The device closed the connection when it was spoken to in TLS, without a word.
    TlsHungUp,
    /// The handshake failed and would fail again; with what exactly happened.
    TlsUnspoken(TlsObstacle, String),
    /// The device shows another certificate than the one that was remembered.
    CertificateChanged(Box<Certificate>),
    /// A server of the web shows a certificate that no authority vouches for under its name.
    Untrusted(String),
}

/// Connects once: looks the name up, asks the policy, dials one address, and does the TLS handshake where the carrier asks for
/// it. The permit is used up, whatever comes of it. `progress` hears each step as it is reached.
pub async fn dial(_permit: Permit, target: &Target, progress: impl Fn(DialStep)) -> Result<Dialled, DialError> {
    let addresses = choose(target).await?;
    let (stream, address) = connect_first(&addresses, target, &progress).await?;
    progress(DialStep::Connected);
    let failed = |reason| DialError {
        reason,
        address: Some(address),
        local_port: None,
    };
    match target.carrier {
        Carrier::Rtsp => Ok(Dialled {
            stream: Stream::Plain(stream),
            peer: address,
            certificate: None,
        }),
        Carrier::Rtsps => {
            let (stream, certificate) = secure(stream, target, address.ip()).await.map_err(failed)?;
            progress(DialStep::Secured);
            Ok(Dialled {
                stream: Stream::Tls(Box::new(stream)),
                peer: address,
                certificate,
            })
        }
    }
}

/// The TLS handshake on a connection that was dialled without, once the server agreed to it (STARTTLS). It sends nothing to anybody else.
///
/// # Errors
/// As a dial in TLS.
pub async fn upgrade(dialled: Dialled, target: &Target) -> Result<Dialled, DialError> {
    let Dialled {
        stream,
        peer,
        certificate,
    } = dialled;
    let Stream::Plain(stream) = stream else {
        return Ok(Dialled {
            stream,
            peer,
            certificate,
        });
    };
    let secured = secure(stream, target, peer.ip()).await;
    let (stream, certificate) = secured.map_err(|reason| DialError {
        reason,
        address: Some(peer),
        local_port: None,
    })?;
    Ok(Dialled {
        stream: Stream::Tls(Box::new(stream)),
        peer,
        certificate,
    })
}

/// Connects to the first address; only where the kernel has no route to it, and so sent nothing, to the next.
async fn connect_first(
    addresses: &[SocketAddr],
    target: &Target,
    progress: &impl Fn(DialStep),
) -> Result<(TcpStream, SocketAddr), DialError> {
    let mut last = None;
    for address in addresses.iter().copied() {
        progress(DialStep::Resolved(address));
        match connect(address, target.local_port).await {
            Ok(stream) => return Ok((stream, address)),
            Err(error) if error.reason == Reason::NoRoute => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(DialError {
        reason: Reason::NoRoute,
        address: None,
        local_port: None,
    }))
}

/// The addresses that may be dialled, the one whose turn it is first.
async fn choose(target: &Target) -> Result<Vec<SocketAddr>, DialError> {
    let failed = |reason, address| DialError {
        reason,
        address,
        local_port: None,
    };
    let found = resolve(&target.host, target.port).await.map_err(|error| match error {
        ResolveError::Timeout => failed(Reason::NoAddress("the name server does not answer".to_owned()), None),
        ResolveError::Failed(text) => failed(Reason::NoAddress(text), None),
    })?;
    let refused = found.first().copied();
    let policy = target.policy.load();
    let mut allowed: Vec<SocketAddr> = found
        .into_iter()
        .filter(|address| policy.allows(address.ip()))
        .collect();
    if allowed.is_empty() {
        return Err(failed(Reason::Policy, refused));
    }
    let turn = target.turn % allowed.len();
    allowed.rotate_left(turn);
    Ok(allowed)
}

async fn connect(address: SocketAddr, local_port: LocalPort) -> Result<TcpStream, DialError> {
    let failed = |reason, local_port| DialError {
        reason,
        address: Some(address),
        local_port,
    };
    let system = |error: io::Error| failed(Reason::System(error.to_string()), None);
    let mut socket = socket(address, local_port).map_err(system)?;
    let mut local = socket
        .local_addr()
        .ok()
        .map(|bound| bound.port())
        .filter(|port| *port != 0);
    let mut result = attempt(socket, address, &mut local).await;
    if matches!(result, Err(Reason::PortTaken)) && matches!(local_port, LocalPort::Again(_)) {
        // The kernel refused the old port for this peer (TIME_WAIT) before any packet left, so that another one is taken.
        socket = self::socket(address, LocalPort::Any).map_err(system)?;
        local = None;
        result = attempt(socket, address, &mut local).await;
    }
    result.map_err(|reason| failed(reason, local))
}

fn socket(address: SocketAddr, local_port: LocalPort) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket2::SockRef::from(&socket).set_tcp_user_timeout(Some(CONNECT_DEADLINE))?;
    #[cfg(windows)]
    if let Err(error) = one_repeat(&socket) {
        tracing::debug!(%error, "the deadline alone bounds the SYNs");
    }
    // Every socket is bound before it connects, because its port has to be known when the attempt fails. SO_REUSEADDR lets
    // the next attempt take the same port.
    socket.set_reuseaddr(true)?;
    let any: IpAddr = if address.is_ipv4() {
        [0u8; 4].into()
    } else {
        [0u16; 8].into()
    };
    let wanted = match local_port {
        LocalPort::Any => 0,
        LocalPort::Again(port) => port,
    };
    if socket.bind(SocketAddr::new(any, wanted)).is_err() && wanted != 0 {
        socket.bind(SocketAddr::new(any, 0))?;
    }
    Ok(socket)
}

/// Lets the SYN be repeated once: Winsock repeats it in silence and, half a second later, after RST. `SIO_TCP_INITIAL_RTO` takes
/// `TCP_INITIAL_RTO_PARAMETERS` (mstcpip.h, Windows 8 and later); its `Rtt` is left to the system.
#[cfg(windows)]
#[expect(unsafe_code, reason = "no crate wraps this socket option")]
fn one_repeat(socket: &TcpSocket) -> io::Result<()> {
    use std::os::windows::io::AsRawSocket as _;
    use std::ptr::null_mut;

    use windows_sys::Win32::Networking::WinSock::{
        SIO_TCP_INITIAL_RTO, SOCKET, TCP_INITIAL_RTO_DEFAULT_RTT, TCP_INITIAL_RTO_PARAMETERS, WSAIoctl,
    };
    let wanted = TCP_INITIAL_RTO_PARAMETERS {
        Rtt: TCP_INITIAL_RTO_DEFAULT_RTT as u16,
        MaxSynRetransmissions: 1,
    };
    let (socket, length) = (socket.as_raw_socket() as SOCKET, size_of_val(&wanted) as u32);
    let mut returned = 0;
    // SAFETY: the socket is open, and `wanted` and `returned` outlive the call, which is not overlapped.
    let status = unsafe {
        WSAIoctl(
            socket,
            SIO_TCP_INITIAL_RTO,
            (&raw const wanted).cast(),
            length,
            null_mut(),
            0,
            &raw mut returned,
            null_mut(),
            None,
        )
    };
    if status == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one dial")]
async fn attempt(socket: TcpSocket, address: SocketAddr, local: &mut Option<u16>) -> Result<TcpStream, Reason> {
    *local = socket
        .local_addr()
        .ok()
        .map(|bound| bound.port())
        .filter(|port| *port != 0);
    let connecting = tokio::time::timeout(CONNECT_DEADLINE, socket.connect(address));
    let mut connecting = std::pin::pin!(connecting);
    // An answer that the kernel gives at once is given without having sent a packet.
    let at_once = (&mut connecting).now_or_never();
    let silent = at_once.is_some();
    let result = match at_once {
        Some(result) => result,
        None => connecting.await,
    };
    match result {
        Err(_elapsed) => Err(Reason::Timeout),
        Ok(Err(error)) => Err(classify(&error, silent)),
        Ok(Ok(stream)) => {
            // From here on the missing media show that a peer is silent, and the kernel closes nothing: a connection that
            // survives an outage saves a dial.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            socket2::SockRef::from(&stream)
                .set_tcp_user_timeout(None)
                .map_err(|error| Reason::System(error.to_string()))?;
            Ok(stream)
        }
    }
}

/// `silent`: the error came before any packet could leave.
fn classify(error: &io::Error, silent: bool) -> Reason {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Reason::Refused,
        io::ErrorKind::TimedOut => Reason::Timeout,
        io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable => Reason::PortTaken,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::HostUnreachable if silent => {
            Reason::NoRoute
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::HostUnreachable => {
            Reason::Unreachable(error.to_string())
        }
        _ => Reason::System(error.to_string()),
    }
}

async fn secure(
    stream: TcpStream,
    target: &Target,
    ip: IpAddr,
) -> Result<(TlsStream<TcpStream>, Option<Certificate>), Reason> {
    let name = match &target.host {
        Host::Name(name) => ServerName::try_from(name.clone()).unwrap_or(ServerName::from(ip)),
        Host::Ip(_) | Host::Zoned(..) => ServerName::from(ip),
    };
    tls::secure(stream, name, target.trust)
        .await
        .map_err(|error| match error {
            TlsError::Timeout => Reason::TlsTimeout,
            TlsError::CertificateChanged(shown) => Reason::CertificateChanged(shown),
            TlsError::Obstacle(obstacle, text) => Reason::TlsUnspoken(obstacle, text),
            TlsError::Untrusted(text) => Reason::Untrusted(text),
            TlsError::HungUp => Reason::TlsHungUp,
            TlsError::Broken(text) => Reason::Tls(text),
        })
}

/// A connection to a device, plain or in TLS.
#[derive(Debug)]
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// This computer's end of the connection.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.local_addr(),
            Self::Tls(stream) => stream.get_ref().0.local_addr(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
