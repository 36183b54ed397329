//! Addresses and numbers of devices that stand in a text by themselves: IPv4, IPv6, MAC, UUID, serial number, host of a URL.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::kind::NameKind;

/// What was found in a text at one place.
pub(super) struct Found<'a> {
    pub kind: NameKind,
    pub text: &'a str,
}

/// What begins at byte `at` of the text, which is the first one or stands behind one that belongs to no word.
pub(super) fn at(text: &str, at: usize) -> Option<Found<'_>> {
    let rest = &text[at..];
    uuid(rest)
        .or_else(|| mac(rest))
        .or_else(|| address(rest))
        .or_else(|| serial(text, at))
}

/// Whether nothing of a word or number goes on here.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn grouped(rest: &str, groups: &[usize], separator: char) -> Option<usize> {
    let mut at = 0;
    for (index, length) in groups.iter().enumerate() {
        if index > 0 {
            if !rest[at..].starts_with(separator) {
                return None;
            }
            at += 1;
        }
        let group = rest.get(at..at + length)?;
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        at += length;
    }
    ends(&rest[at..]).then_some(at)
}

fn uuid(rest: &str) -> Option<Found<'_>> {
    let length = grouped(rest, &[8, 4, 4, 4, 12], '-')?;
    let text = &rest[..length];
    Some(Found {
        kind: NameKind::Uuid,
        text,
    })
}

fn mac(rest: &str) -> Option<Found<'_>> {
    let length = [':', '-']
        .iter()
        .find_map(|separator| grouped(rest, &[2; 6], *separator))?;
    if rest[length..].starts_with([':', '-']) {
        return None;
    }
    let text = &rest[..length];
    Some(Found {
        kind: NameKind::Mac,
        text,
    })
}

fn address(rest: &str) -> Option<Found<'_>> {
    let run = |belongs: fn(char) -> bool| {
        let run = &rest[..rest.find(|c: char| !belongs(c)).unwrap_or(rest.len())];
        run.trim_end_matches(['.', ':'])
    };
    let long = run(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
    if long.matches(':').count() >= 2
        && let Ok(ip) = long.parse::<Ipv6Addr>()
        && ends(&rest[long.len()..])
    {
        return told(IpAddr::V6(ip), long);
    }
    let short = run(|c| c.is_ascii_digit() || c == '.');
    let ip = short.parse::<Ipv4Addr>().ok().filter(|_| ends(&rest[short.len()..]))?;
    told(IpAddr::V4(ip), short)
}

/// An address that says nothing about a place stays as it is.
fn told(ip: IpAddr, text: &str) -> Option<Found<'_>> {
    let (says_nothing, is_local) = match ip {
        IpAddr::V4(ip) => (
            ip.is_loopback() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast(),
            ip.is_private() || ip.is_link_local(),
        ),
        IpAddr::V6(ip) => (
            ip.is_loopback() || ip.is_unspecified() || ip.is_multicast(),
            ip.is_unique_local() || ip.is_unicast_link_local(),
        ),
    };
    let kind = if is_local {
        NameKind::LocalAddress
    } else {
        NameKind::Address
    };
    (!says_nothing).then_some(Found { kind, text })
}

/// The word behind `serial` or `S/N` and its sign.
fn serial(text: &str, at: usize) -> Option<Found<'_>> {
    let before = text[..at].trim_end_matches([' ', '"', '\'', '\\']);
    let before = before
        .strip_suffix(['=', ':'])?
        .trim_end_matches([' ', '"', '\'', '\\']);
    let from = before.len().saturating_sub(24);
    let from = (from..=before.len()).find(|from| before.is_char_boundary(*from))?;
    let name: String = before[from..].chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    if !["serial", "serialnumber", "serialno", "sn"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return None;
    }
    // `SN` ends other words, too.
    if !name.contains("serial") && !before.ends_with("SN") && !before.ends_with("S/N") {
        return None;
    }
    let rest = &text[at..];
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(rest.len());
    let text = &rest[..end];
    let is_one = text.len() >= 5 && text.bytes().any(|byte| byte.is_ascii_digit());
    is_one.then_some(Found {
        kind: NameKind::Serial,
        text,
    })
}

/// The hosts of the URLs in a text: names, no addresses.
pub(super) fn hosts(text: &str) -> Vec<&str> {
    let behind = text.match_indices("://").map(|(at, sign)| &text[at + sign.len()..]);
    let host = |rest: &'_ str| {
        let end = rest
            .find(|c: char| c.is_whitespace() || "/?#\"'<>()".contains(c))
            .unwrap_or(rest.len());
        let from = rest[..end].rfind('@').map_or(0, |sign| sign + 1);
        let to = rest[from..end].find(':').map_or(end, |colon| from + colon);
        (from, to)
    };
    behind
        .map(|rest| {
            let (from, to) = host(rest);
            &rest[from..to]
        })
        .filter(|host| host.contains('.') && host.parse::<Ipv4Addr>().is_err() && !host.starts_with('['))
        .collect()
}
