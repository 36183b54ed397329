use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host as the user typed it: an address, or a name that is resolved anew at every attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    Ip(IpAddr),
    /// A link-local address with its zone, the interface by name or number (RFC 4007 §11).
    Zoned(Ipv6Addr, String),
    Name(String),
}

/// Why a text is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    #[error("the host is empty")]
    Empty,
    #[error("the host name is longer than 253 characters")]
    TooLong,
    #[error("'{0}' cannot stand in a host name")]
    BadCharacter(char),
    #[error("the host name has an empty part, or one that is longer than 63 characters or begins or ends with '-'")]
    BadLabel,
    #[error("this looks like an IPv4 address, but is none")]
    BadIpv4,
}

impl FromStr for Host {
    type Err = HostError;

    /// Reads an IPv4 address, an IPv6 address with or without brackets (`fe80::1%eth0`, in brackets also `[fe80::1%25eth0]` as in
    /// RFC 6874), or a host name (RFC 1123 §2.1; `_` and non-ASCII letters are let through because local resolvers know such
    /// names).
    fn from_str(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(Self::Ip(ip));
        }
        if let Some((ip, zone)) = zoned(bare, bare.len() < text.len()) {
            return Ok(Self::Zoned(ip, zone.to_owned()));
        }
        if text.len() > 253 {
            return Err(HostError::TooLong);
        }
        if let Some(bad) = text
            .chars()
            .find(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.')))
        {
            return Err(HostError::BadCharacter(bad));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if name
            .split('.')
            .any(|label| label.is_empty() || label.len() > 63 || label.starts_with('-') || label.ends_with('-'))
        {
            return Err(HostError::BadLabel);
        }
        if name.split('.').all(|label| label.chars().all(|c| c.is_ascii_digit())) {
            return Err(HostError::BadIpv4);
        }
        Ok(Self::Name(name.to_owned()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Zoned(ip, zone) => write!(f, "{ip}%{zone}"),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Whether this address stands for one place in the world. Private ranges are in use at every site, so they say nothing.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64; // RFC 6598: carrier-grade NAT
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets()[0] == Ipv4Addr::UNSPECIFIED.octets()[0]
                || shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback()
                || v6 == Ipv6Addr::UNSPECIFIED
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast())
        }
    }
}

impl Host {
    /// The address, where no resolver needs to be asked for it.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Zoned(ip, _) => Some((*ip).into()),
            Self::Name(_) => None,
        }
    }

    /// Host and port for people: `192.168.0.20:554`, `[fe80::1%eth0]:554`.
    #[must_use]
    pub fn with_port(&self, port: u16) -> String {
        match self {
            Self::Zoned(ip, zone) => format!("[{ip}%{zone}]:{port}"),
            _ => format!("{}:{port}", self.in_url()),
        }
    }

    /// The host as it stands in the URL of a request: IPv6 in brackets (RFC 3986 §3.2.2), without its zone, which means nothing
    /// to the device (RFC 6874 §4).
    #[must_use]
    pub fn in_url(&self) -> String {
        match self {
            Self::Zoned(ip, _) => format!("[{ip}]"),
            Self::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Self::Ip(ip) => ip.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

fn zoned(bare: &str, in_brackets: bool) -> Option<(Ipv6Addr, &str)> {
    let (ip, zone) = bare.split_once('%')?;
    let ip: Ipv6Addr = ip.parse().ok().filter(Ipv6Addr::is_unicast_link_local)?;
    let zone = zone
        .strip_prefix("25")
        .filter(|rest| in_brackets && !rest.is_empty())
        .unwrap_or(zone);
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | ':' | '@');
    (!zone.is_empty() && zone.len() <= 64 && zone.chars().all(good)).then_some((ip, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_told_apart() {
        assert_eq!("192.168.0.20".parse(), Ok(Host::Ip("192.168.0.20".parse().unwrap())));
        assert_eq!("[fe80::1]".parse(), Ok(Host::Ip("fe80::1".parse().unwrap())));
        assert_eq!(" dvr.example.jp. ".parse(), Ok(Host::Name("dvr.example.jp".into())));
        assert_eq!("録画機".parse(), Ok(Host::Name("録画機".into())));
    }

    #[test]
    fn a_link_local_address_has_a_zone_which_no_device_hears_of() {
        let host = Host::Zoned("fe80::1".parse().unwrap(), "eth0".to_owned());
        for text in ["fe80::1%eth0", "[fe80::1%eth0]", "[fe80::1%25eth0]"] {
            assert_eq!(text.parse(), Ok(host.clone()), "{text}");
        }
        assert_eq!(host.to_string().parse(), Ok(host.clone()));
        assert_eq!(
            (host.in_url(), host.with_port(554)),
            ("[fe80::1]".to_owned(), "[fe80::1%eth0]:554".to_owned())
        );
        for text in ["fe80::1%", "2001:db8::1%eth0", "fe80::1%et h0", "192.168.0.1%eth0"] {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, error) in [
            ("", HostError::Empty),
            ("192.168.0.256", HostError::BadIpv4),
            ("192.168.0", HostError::BadIpv4),
            ("rtsp://dvr", HostError::BadCharacter(':')),
            ("a..b", HostError::BadLabel),
            ("dvr one", HostError::BadCharacter(' ')),
        ] {
            assert_eq!(text.parse::<Host>(), Err(error), "{text}");
        }
        assert_eq!("x".repeat(10_000).parse::<Host>(), Err(HostError::TooLong));
    }
}
