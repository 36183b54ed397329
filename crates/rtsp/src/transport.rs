use std::net::IpAddr;

use super::message::leading_number;

/// The interleaved channels of one track: RTP and RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InterleavedChannels {
    pub rtp: u8,
    pub rtcp: u8,
}

impl InterleavedChannels {
    /// The channels that SETUP asks for: two for each track, in order.
    pub fn asked(index: usize) -> Self {
        let rtp = u8::try_from(index * 2).unwrap_or(0);
        Self { rtp, rtcp: rtp + 1 }
    }

    /// The `Transport` header asking for them (RFC 2326 §12.39). Some devices refuse `unicast` with 461, so there is a plain form.
    pub fn header(self, plain: bool) -> String {
        let unicast = if plain { "" } else { "unicast;" };
        format!("RTP/AVP/TCP;{unicast}interleaved={}-{}", self.rtp, self.rtcp)
    }

    /// The channels that a device states in its `Transport` header; of several alternatives the first that states any.
    pub fn stated(header: &str) -> Option<Self> {
        header.split(',').find_map(|alternative| {
            alternative.split(';').find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                if !name.trim().eq_ignore_ascii_case("interleaved") {
                    return None;
                }
                let (rtp, rtcp) = value.split_once('-').unwrap_or((value, ""));
                let rtp = leading_number(rtp)?;
                Some(Self {
                    rtp,
                    rtcp: leading_number(rtcp).unwrap_or(rtp.wrapping_add(1)),
                })
            })
        })
    }
}

/// Two ports or channels: of RTP and of RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    pub rtp: u16,
    pub rtcp: u16,
}

impl Ports {
    /// `5000-5001`, or `5000` alone.
    fn stated(value: &str) -> Option<Self> {
        let (rtp, rtcp) = value.split_once(['-', '/']).unwrap_or((value, ""));
        let rtp = leading_number(rtp).filter(|port| *port > 0)?;
        let rtcp = leading_number(rtcp).filter(|port| *port > 0 && *port != rtp);
        Some(Self {
            rtp,
            rtcp: rtcp.unwrap_or(rtp.wrapping_add(1)),
        })
    }
}

/// What a device states of datagrams in its `Transport` header (RFC 2326 §12.39). Each part may be missing or wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StatedDatagrams {
    pub multicast: bool,
    pub server_port: Option<Ports>,
    /// Of a group; some devices say `client_port`.
    pub port: Option<Ports>,
    pub destination: Option<IpAddr>,
    /// From where it says that it sends.
    pub source: Option<IpAddr>,
    pub ttl: Option<u8>,
}

impl StatedDatagrams {
    /// `None` where the header speaks of channels, or of neither.
    pub fn stated(header: &str) -> Option<Self> {
        if InterleavedChannels::stated(header).is_some() {
            return None;
        }
        let first = header.split(',').next().unwrap_or_default();
        let mut parts = first.split(';').map(str::trim);
        let protocol = parts.next().unwrap_or_default().to_ascii_uppercase();
        if protocol.ends_with("/TCP") {
            return None;
        }
        let mut stated = Self::default();
        let mut client_port = None;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "multicast" => stated.multicast = true,
                "server_port" => stated.server_port = Ports::stated(value),
                "client_port" => client_port = Ports::stated(value),
                "port" => stated.port = Ports::stated(value),
                "destination" => stated.destination = address(value),
                "source" => stated.source = address(value),
                "ttl" => stated.ttl = leading_number(value),
                _ => {}
            }
        }
        stated.multicast |= stated.destination.is_some_and(|group| group.is_multicast());
        let says_ports = stated.server_port.or(client_port).or(stated.port).is_some();
        if stated.multicast {
            stated.port = stated.port.or(client_port).or(stated.server_port);
        }
        (says_ports || stated.multicast).then_some(stated)
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().trim_matches(['[', ']']).parse().ok()
}

/// Session id and timeout in seconds of a `Session` header (RFC 2326 §12.37).
pub(super) fn parse_session(header: &str) -> Option<(&str, Option<u64>)> {
    let mut parts = header.split(';').map(str::trim);
    let id = parts.next().filter(|id| !id.is_empty() && id.len() <= 512)?;
    let timeout = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("timeout")
            .then(|| leading_number(value))
            .flatten()
    });
    Some((id, timeout.filter(|seconds| *seconds > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transport_replies_are_read_leniently() {
        let is = |rtp, rtcp| Some(InterleavedChannels { rtp, rtcp });
        let rows = [
            ("RTP/AVP/TCP;unicast;interleaved=0-1", is(0, 1)),
            ("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1234;mode=\"PLAY\"", is(2, 3)),
            ("RTP/AVP/TCP; unicast; Interleaved = 4 - 5 ", is(4, 5)),
            ("RTP/AVP/TCP;interleaved=6", is(6, 7)),
            (
                "RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP;unicast;interleaved=8-9",
                is(8, 9),
            ),
            ("RTP/AVP/TCP;unicast", None),
            ("interleaved=300-301", None),
            ("interleaved=255", is(255, 0)),
            ("", None),
        ];
        for (header, expected) in rows {
            assert_eq!(InterleavedChannels::stated(header), expected, "{header}");
        }
    }

    #[test]
    fn replies_about_datagrams_are_read_leniently() {
        let ports = |rtp, rtcp| Some(Ports { rtp, rtcp });
        let read = |header: &str| StatedDatagrams::stated(header);
        let unicast =
            read("RTP/AVP;unicast;client_port=5000-5001;server_port=6256-6257;ssrc=1;source=10.0.0.9").unwrap();
        assert!(!unicast.multicast);
        assert_eq!(unicast.server_port, ports(6256, 6257));
        assert_eq!(unicast.source, "10.0.0.9".parse().ok());
        let rows = [
            (
                "RTP/AVP/UDP; Unicast; Client_Port = 5000 - 5001 ; Server_Port = 6256 ",
                ports(6256, 6257),
            ),
            ("RTP/AVP;client_port=5000-5001;server_port=6256-6256", ports(6256, 6257)),
            ("RTP/AVP;unicast;client_port=5000-5001;server_port=0-0", None),
            ("RTP/AVP;unicast;client_port=5000-5001;server_port=99999", None),
            ("RTP/AVP;unicast;client_port=5000-5001", None),
            ("rtp/avp;unicast;client_port=1-2;source=", None),
        ];
        for (header, server_port) in rows {
            let stated = read(header).unwrap();
            assert_eq!((stated.server_port, stated.source), (server_port, None), "{header}");
        }
        let rows = [
            "RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=16",
            "RTP/AVP;destination=239.1.2.3;client_port=5000-5001;ttl=16",
            "RTP/AVP/UDP;multicast;destination=\"239.1.2.3\";server_port=5000;ttl=16;mode=play",
        ];
        for header in rows {
            let stated = read(header).unwrap();
            assert!(stated.multicast, "{header}");
            assert_eq!((stated.port, stated.ttl), (ports(5000, 5001), Some(16)), "{header}");
            assert_eq!(stated.destination, "239.1.2.3".parse().ok(), "{header}");
        }
        for channels in [
            "RTP/AVP/TCP;unicast;interleaved=0-1",
            "RTP/AVP/TCP;unicast;client_port=1-2",
            "RTP/AVP;unicast;interleaved=0-1;client_port=1-2",
            "RTP/AVP;unicast",
            "",
        ] {
            assert_eq!(read(channels), None, "{channels}");
        }
    }

    #[test]
    fn session_headers_are_read_leniently() {
        let rows = [
            ("12345678", Some(("12345678", None))),
            ("12345678;timeout=60", Some(("12345678", Some(60)))),
            (" 12345678 ; timeout = 30 ", Some(("12345678", Some(30)))),
            ("ab$c;Timeout=15.5;x=y", Some(("ab$c", Some(15)))),
            ("1;timeout=0", Some(("1", None))),
            ("1;timeout=abc", Some(("1", None))),
            ("", None),
            (";timeout=60", None),
        ];
        for (header, expected) in rows {
            assert_eq!(parse_session(header), expected, "{header}");
        }
    }
}
