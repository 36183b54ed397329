use std::fmt::Write as _;

use super::{Redirect, text};

/// The default port of `rtsp` (RFC 2326 §3.2) and `rtsps` (RFC 7826 §4.2).
pub(super) const fn default_port(secure: bool) -> u16 {
    if secure { 322 } else { 554 }
}

/// A path and query that can stand in a request line: begins with `/`, everything else than visible ASCII percent-encoded.
pub(super) fn clean_target(target: &str) -> String {
    let mut clean = String::with_capacity(target.len() + 1);
    if !target.starts_with('/') {
        clean.push('/');
    }
    // A device's own path is told in its own bytes.
    for byte in text::encode(target) {
        if byte.is_ascii_graphic() && byte != b'"' {
            clean.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(clean, "%{byte:02X}");
        }
    }
    clean
}

/// The path of a base URL as a device states it, with or without scheme and host. The host is ignored: behind a router it is
/// often wrong, and it must never decide where we connect.
pub(super) fn base_path(stated: &str) -> String {
    let stated = stated.trim();
    let path = match path_of_absolute(stated) {
        Some(path) => path,
        None if stated.starts_with('/') => stated,
        None => strip_host(stated),
    };
    clean_target(path)
}

/// The path a `control` attribute of SDP means (RFC 2326 §C.1.1) below `base`.
///
/// Relative ones are appended, as deployed clients do, since devices put queries in the base and forget the final slash.
pub(super) fn control_path(base: &str, control: &str) -> String {
    let control = control.trim();
    if control.is_empty() || control == "*" {
        return base.to_owned();
    }
    if let Some(path) = path_of_absolute(control) {
        return clean_target(path);
    }
    let control = match strip_host(control) {
        stripped if stripped.len() < control.len() => return clean_target(stripped),
        _ => control,
    };
    let trunk = base.trim_end_matches('/');
    if control.starts_with('/') && !trunk.is_empty() && control.starts_with(trunk) {
        return clean_target(control);
    }
    let slash = if base.ends_with('/') || control.starts_with('/') {
        ""
    } else {
        "/"
    };
    let base = if base.ends_with('/') && control.starts_with('/') {
        trunk
    } else {
        base
    };
    clean_target(&format!("{base}{slash}{control}"))
}

/// Reads a `Location` header: an absolute URL, one without a scheme, or a mere path on the same `authority`.
pub(super) fn redirect(location: &str, authority: &str, secure: bool) -> Option<Redirect> {
    let location = location.trim().trim_matches(['<', '>', '"']);
    let (scheme, rest) = match location.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, location.trim_start_matches("//")),
    };
    let secure = match scheme.as_deref() {
        Some("rtsp" | "rtspt" | "rtspu") => false,
        Some("rtsps") => true,
        Some(_) => return None,
        None => secure,
    };
    if rest.is_empty() {
        return None;
    }
    let (stated, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // Credentials that a device puts into a URL are ignored: the user did not type them.
    let stated = stated.rsplit_once('@').map_or(stated, |(_, host)| host);
    let (host, port) = split_authority(if stated.is_empty() { authority } else { stated })?;
    Some(Redirect {
        host,
        port: port.unwrap_or(default_port(secure)),
        secure,
        target: clean_target(path),
    })
}

/// The path of `scheme://host/path`, empty where there is none; `None` where this is no absolute URL.
fn path_of_absolute(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    Some(&rest[rest.find(['/', '?']).unwrap_or(rest.len())..])
}

/// Cuts off a host that stands where a path should: `192.168.0.5:554/live`. Names are recognised by their port only, since a
/// path may have dots.
fn strip_host(text: &str) -> &str {
    let end = text.find('/').unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let is_host = match split_authority(first) {
        Some((_, Some(_))) => !rest.is_empty(),
        Some((host, None)) => host.parse::<std::net::IpAddr>().is_ok(),
        None => false,
    };
    if is_host { rest } else { text }
}

fn split_authority(authority: &str) -> Option<(String, Option<u16>)> {
    let valid = |host: &str| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        let port = rest.strip_prefix(':').map(str::parse).transpose().ok()?;
        return valid(host).then(|| (host.to_owned(), port));
    }
    match authority.split_once(':') {
        None => valid(authority).then(|| (authority.to_owned(), None)),
        Some((host, port)) => {
            let port = port.parse().ok()?;
            valid(host).then(|| (host.to_owned(), Some(port)))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_urls_are_resolved_as_devices_mean_them() {
        let rows = [
            ("/live/ch1", "trackID=1", "/live/ch1/trackID=1"),
            ("/live/ch1/", "trackID=1", "/live/ch1/trackID=1"),
            ("/live/ch1", "*", "/live/ch1"),
            ("/live/ch1", "", "/live/ch1"),
            ("/live/ch1", " trackID=1 ", "/live/ch1/trackID=1"),
            (
                "/live/ch1",
                "rtsp://192.168.1.64:554/live/ch1/trackID=1",
                "/live/ch1/trackID=1",
            ),
            ("/live/ch1", "RTSP://10.0.0.1/other?x=1", "/other?x=1"),
            ("/live/ch1", "/trackID=1", "/live/ch1/trackID=1"),
            ("/live/ch1/", "/trackID=1", "/live/ch1/trackID=1"),
            ("/live/ch1", "/live/ch1/trackID=1", "/live/ch1/trackID=1"),
            ("/live/ch1", "192.168.1.64/live/ch1/trackID=1", "/live/ch1/trackID=1"),
            (
                "/live/ch1",
                "192.168.1.64:554/live/ch1/trackID=1",
                "/live/ch1/trackID=1",
            ),
            (
                "/cam/realmonitor?channel=1&subtype=0",
                "trackID=0",
                "/cam/realmonitor?channel=1&subtype=0/trackID=0",
            ),
            (
                "/cam/realmonitor?channel=1&subtype=0/",
                "trackID=0",
                "/cam/realmonitor?channel=1&subtype=0/trackID=0",
            ),
            ("/", "track1", "/track1"),
            ("/", "/track1", "/track1"),
            (
                "/live",
                "stream=0/track 1\r\nX: y",
                "/live/stream=0/track%201%0D%0AX:%20y",
            ),
        ];
        for (base, control, expected) in rows {
            assert_eq!(control_path(base, control), expected, "{base} + {control}");
        }
    }

    #[test]
    fn the_base_keeps_its_path_and_loses_its_host() {
        let rows = [
            ("rtsp://192.168.1.64:554/live/ch1/", "/live/ch1/"),
            ("rtsp://192.168.1.64/live?x=1", "/live?x=1"),
            ("192.168.1.64:554/live/ch1/", "/live/ch1/"),
            ("192.168.1.64/live/", "/live/"),
            ("dvr.example:554/live/", "/live/"),
            ("/live/ch1/", "/live/ch1/"),
            ("live.sdp/", "/live.sdp/"),
            ("rtsp://user:p@ss@[2001:db8::1]:554/live", "/live"),
            ("rtsp://192.168.1.64", "/"),
        ];
        for (stated, expected) in rows {
            assert_eq!(base_path(stated), expected, "{stated}");
        }
    }

    #[test]
    fn redirects_are_read_leniently() {
        let to = |location| redirect(location, "dvr.example:8554", false).map(|r| (r.host, r.port, r.secure, r.target));
        let is = |host: &str, port, secure, target: &str| Some((host.to_owned(), port, secure, target.to_owned()));
        assert_eq!(to("rtsp://10.0.0.2/live"), is("10.0.0.2", 554, false, "/live"));
        assert_eq!(
            to(" <rtsp://10.0.0.2:8554/live?x=1> "),
            is("10.0.0.2", 8554, false, "/live?x=1")
        );
        assert_eq!(to("rtsps://10.0.0.2/live"), is("10.0.0.2", 322, true, "/live"));
        assert_eq!(
            to("rtsp://user:secret@10.0.0.2/live"),
            is("10.0.0.2", 554, false, "/live")
        );
        assert_eq!(
            to("rtsp://[2001:db8::1]:555/live"),
            is("2001:db8::1", 555, false, "/live")
        );
        assert_eq!(to("10.0.0.2:8555/live"), is("10.0.0.2", 8555, false, "/live"));
        assert_eq!(to("/other/path"), is("dvr.example", 8554, false, "/other/path"));
        assert_eq!(to("rtsp://10.0.0.2"), is("10.0.0.2", 554, false, "/"));
        for bad in [
            "",
            "http://10.0.0.2/",
            "rtsp://10.0.0.2:99999/",
            "rtsp://:1:2:3/",
            "rtsp://[::1/x",
        ] {
            assert_eq!(to(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_target_cannot_break_the_request_line() {
        assert_eq!(
            clean_target("live/\u{76e3}\u{8996} \"1\"\r\nX: y"),
            "/live/%E7%9B%A3%E8%A6%96%20%221%22%0D%0AX:%20y"
        );
        assert_eq!(clean_target("/a%20b?c=d&e=%2F"), "/a%20b?c=d&e=%2F");
    }

    proptest! {
        #[test]
        fn any_url_gives_a_clean_path(base in "\\PC{0,40}", control in "\\PC{0,40}") {
            let base = base_path(&base);
            for path in [&base, &control_path(&base, &control)] {
                prop_assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
            }
            let _ = redirect(&control, &base, false);
        }
    }
}
