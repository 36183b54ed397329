use std::fmt::Write as _;

use super::Redirect;

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
    for byte in target.bytes() {
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
    // Credentials in a URL of the device are not ours.
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
