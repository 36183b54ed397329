use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host as the user typed it: an address, or a name that is resolved anew at every attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    Ip(IpAddr),
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

    /// Reads an IPv4 address, an IPv6 address with or without brackets, or a host name (RFC 1123 §2.1; `_` and non-ASCII
    /// letters are let through because local resolvers know such names).
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
            Self::Name(name) => name.fmt(f),
        }
    }
}

impl Host {
    /// The host as it stands in a URL: IPv6 in brackets (RFC 3986 §3.2.2).
    #[must_use]
    pub fn in_url(&self) -> String {
        match self {
            Self::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            Self::Ip(ip) => ip.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
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
