use super::message::leading_number;

/// The interleaved channels of one track: RTP and RTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Channels {
    pub rtp: u8,
    pub rtcp: u8,
}

impl Channels {
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
        let is = |rtp, rtcp| Some(Channels { rtp, rtcp });
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
            assert_eq!(Channels::stated(header), expected, "{header}");
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
