//! What is taken of an address that a device returned: everything but the host.
//!
//! Devices return private addresses behind a router, link-local ones, `0.0.0.0`. Whoever follows them ends at another camera with the
//! first one's password. So the host is always the one that was dialled, and path and query are kept as they are.

/// The longest address that is kept, in bytes. The book says 128; devices do not keep to it.
const LONGEST: usize = 1_024;

/// Where a stream is, on the host that was dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    /// Of the address, where it names one.
    pub port: Option<u16>,
    /// In TLS (`rtsps`).
    pub secure: bool,
    /// Path and query, beginning with a slash.
    pub target: String,
}

/// Path and query of an address of the web (`http`, `https`), whatever host it names; `None` where it is none.
pub fn web_target(address: &str) -> Option<String> {
    let (scheme, _, target) = cut(address)?;
    matches!(scheme.as_deref(), Some("http" | "https") | None).then_some(target)
}

/// Port, path and query of the address of a stream (`rtsp`, `rtsps`), whatever host it names; `None` where it is none.
pub fn stream_place(address: &str) -> Option<StreamPlace> {
    let (scheme, authority, target) = cut(address)?;
    let secure = match scheme.as_deref() {
        Some("rtsp") => false,
        Some("rtsps") => true,
        _ => return None,
    };
    // Behind the brackets of an IPv6 address, and behind a sign-in, which is nobody's business here.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let behind = host.rsplit_once(']').map_or(host, |(_, behind)| behind);
    let port = behind.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    Some(StreamPlace {
        port: port.filter(|port| *port != 0),
        secure,
        target,
    })
}

/// Scheme in small letters, authority, and path with query.
fn cut(address: &str) -> Option<(Option<String>, &str, String)> {
    let address = address.trim();
    if address.len() > LONGEST || address.chars().any(char::is_control) {
        return None;
    }
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => (Some(scheme.to_ascii_lowercase()), rest),
        _ if address.starts_with('/') => (None, address),
        _ => return None,
    };
    let begin = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(begin);
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target = format!("{slash}{}", target.replace(' ', "%20"));
    Some((scheme, authority, target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_ignored_and_path_and_query_are_kept() {
        for (address, target) in [
            ("http://192.168.1.9/onvif/media", "/onvif/media"),
            ("HTTPS://[fe80::1]:8443/onvif/media?x=1&y=2", "/onvif/media?x=1&y=2"),
            (" http://0.0.0.0?a ", "/?a"),
            ("http://cam", "/"),
            ("/onvif/media", "/onvif/media"),
        ] {
            assert_eq!(web_target(address).as_deref(), Some(target), "{address}");
        }
        for none in ["", "onvif", "ftp://x/y", "rtsp://x/y", "http://x/\u{7}"] {
            assert_eq!(web_target(none), None, "{none}");
        }
        assert_eq!(web_target(&format!("http://x/{}", "y".repeat(LONGEST))), None);
    }

    #[test]
    fn a_stream_keeps_its_port_and_its_query() {
        let place = |address: &str| stream_place(address).map(|place| (place.port, place.secure, place.target));
        for (address, port, secure, target) in [
            (
                "rtsp://10.0.0.5:554/Streaming/Channels/101?profile=Profile_1",
                Some(554),
                false,
                "/Streaming/Channels/101?profile=Profile_1",
            ),
            (
                "rtsp://10.0.0.5/cam/realmonitor?channel=1&subtype=0&unicast=true",
                None,
                false,
                "/cam/realmonitor?channel=1&subtype=0&unicast=true",
            ),
            ("rtsps://[fe80::1%eth0]:322/live", Some(322), true, "/live"),
            ("rtsp://admin:p@ss:w@10.0.0.5:8554/a b", Some(8554), false, "/a%20b"),
            ("rtsp://10.0.0.5:0", None, false, "/"),
            ("RTSP://x:99999/y", None, false, "/y"),
        ] {
            assert_eq!(place(address), Some((port, secure, target.to_owned())), "{address}");
        }
        assert_eq!(place("http://10.0.0.5/x"), None);
        assert_eq!(place("/x"), None);
    }
}
