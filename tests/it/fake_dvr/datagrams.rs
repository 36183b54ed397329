//! How the fake DVR sends datagrams: which transports it takes, and what becomes of its packets on the way.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::life::{Report, read_report};

/// By default a recorder that sends on the connection alone.
#[derive(Clone, Copy, Debug)]
pub struct Datagrams {
    pub interleaved: Interleaved,
    pub unicast: bool,
    /// The group and its port.
    pub multicast: Option<(Ipv4Addr, u16)>,
    pub says: Says,
    pub way: Way,
}

/// The answer to SETUP over TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interleaved {
    Taken,
    /// 461.
    Refused,
    /// 403, as if it were about the user.
    Forbidden,
    /// It closes the connection instead of an answer.
    HungUpOn,
    /// 200, but as if UDP had been asked for.
    TakenForUdp,
}

/// What its replies say of datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Ports,
    /// No `server_port`.
    Nothing,
    /// `source=` names another host.
    ForeignSource,
}

/// What becomes of datagrams of RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Straight,
    /// Each fifth packet comes behind the next one.
    Reorders,
    Doubles,
    /// Each third packet takes so long, so that others overtake it.
    Overtaken(Duration),
    /// So many arrive, then one is lost.
    LosesAfter(u32),
    /// Nothing arrives.
    Silent,
    /// They come from another port than the reply said.
    OtherPort,
}

impl Default for Datagrams {
    fn default() -> Self {
        Self {
            interleaved: Interleaved::Taken,
            unicast: false,
            multicast: None,
            says: Says::Ports,
            way: Way::Straight,
        }
    }
}

impl Datagrams {
    /// Refuses TCP and sends over UDP.
    pub fn only_udp() -> Self {
        Self {
            interleaved: Interleaved::Refused,
            unicast: true,
            ..Self::default()
        }
    }
}

/// The sockets of one connection.
#[derive(Default)]
pub struct Sender {
    tracks: BTreeMap<bool, Track>,
}

/// Where one track goes, and from where.
struct Track {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    to: SocketAddr,
    held: Option<Vec<u8>>,
    sent: u32,
}

impl Sender {
    /// What the reply to SETUP says; `None`: 461. `sound`: of which track.
    pub fn set_up(
        &mut self,
        script: &Datagrams,
        asked: &str,
        sound: bool,
        (own, client): (IpAddr, IpAddr),
    ) -> Option<String> {
        let port = |name: &str| {
            let value = asked.split(';').find_map(|part| part.trim().strip_prefix(name))?;
            value.split('-').next()?.parse::<u16>().ok()
        };
        if asked.contains("multicast") {
            let (group, port) = script.multicast?;
            let port = port + 2 * u16::from(sound);
            let track = Track::new(own, SocketAddr::from((group, port)));
            self.tracks.insert(sound, track);
            return Some(format!(
                "RTP/AVP;multicast;destination={group};port={port}-{};ttl=1",
                port + 1
            ));
        }
        if !script.unicast {
            return None;
        }
        let track = Track::new(own, SocketAddr::new(client, port("client_port=")?));
        let ports = track.ports();
        let text = match script.says {
            Says::Ports => format!("{asked};server_port={}-{}", ports.0, ports.1),
            Says::Nothing => asked.to_owned(),
            Says::ForeignSource => format!("{asked};server_port={}-{};source=192.0.2.9", ports.0, ports.1),
        };
        self.tracks.insert(sound, track);
        Some(text)
    }

    pub fn carries(&self, sound: bool) -> bool {
        self.tracks.contains_key(&sound)
    }

    pub fn end(&mut self) {
        self.tracks.clear();
    }

    pub fn send(&mut self, way: Way, sound: bool, packet: &[u8]) {
        let Some(track) = self.tracks.get_mut(&sound) else {
            return;
        };
        track.sent += 1;
        match way {
            Way::Straight => track.put(packet),
            Way::Silent => {}
            Way::Doubles => {
                track.put(packet);
                track.put(packet);
            }
            Way::Reorders if track.sent.is_multiple_of(5) => track.held = Some(packet.to_vec()),
            Way::Reorders => {
                track.put(packet);
                if let Some(held) = track.held.take() {
                    track.put(&held);
                }
            }
            Way::Overtaken(time) if track.sent.is_multiple_of(3) => track.put_after(time, packet),
            Way::Overtaken(_) => track.put(packet),
            Way::LosesAfter(most) if track.sent.is_multiple_of(most + 1) => {}
            Way::LosesAfter(_) => track.put(packet),
            Way::OtherPort => {
                let _ = track.rtcp.send_to(packet, track.to);
            }
        }
    }

    /// The receiver reports that came since the last call; the empty ones that open a way through routers are left out.
    pub fn reports(&self) -> Vec<Report> {
        let mut reports = Vec::new();
        let mut bytes = [0; 2048];
        for (sound, track) in &self.tracks {
            while let Ok((length, _)) = track.rtcp.recv_from(&mut bytes) {
                if length > 8 {
                    reports.push(read_report(1 + 2 * u8::from(*sound), &bytes[..length]));
                }
            }
        }
        reports
    }
}

impl Track {
    fn new(own: IpAddr, to: SocketAddr) -> Self {
        let socket = || {
            let socket = UdpSocket::bind((own, 0)).expect("a port");
            socket.set_nonblocking(true).expect("a socket that does not wait");
            if let IpAddr::V4(own) = own {
                let _ = socket2::SockRef::from(&socket).set_multicast_if_v4(&own);
            }
            socket
        };
        Self {
            rtp: socket(),
            rtcp: socket(),
            to,
            held: None,
            sent: 0,
        }
    }

    fn ports(&self) -> (u16, u16) {
        let port = |socket: &UdpSocket| socket.local_addr().expect("an own address").port();
        (port(&self.rtp), port(&self.rtcp))
    }

    fn put_after(&self, time: Duration, packet: &[u8]) {
        let socket = self.rtp.try_clone().expect("a second handle");
        let (packet, to) = (packet.to_vec(), self.to);
        let put = move || {
            std::thread::sleep(time);
            let _ = socket.send_to(&packet, to);
        };
        std::thread::Builder::new()
            .name("a slow packet".to_owned())
            .spawn(put)
            .expect("a thread");
    }

    fn put(&self, packet: &[u8]) {
        let _ = self.rtp.send_to(packet, self.to);
    }
}
