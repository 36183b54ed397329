use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network such as `10.1.0.0/16` (RFC 4632). Host bits are cleared; an IPv4-mapped IPv6 address is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    addr: IpAddr,
    prefix: u8,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    #[error("'{0}' is not an IP address")]
    Address(String),
    #[error("'/{prefix}' is not a prefix length of 0 to {max}")]
    Prefix { prefix: String, max: u8 },
}

impl Cidr {
    #[must_use]
    pub fn addr(&self) -> IpAddr {
        self.addr
    }

    /// The number of leading bits that count.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_ipv4() == self.addr.is_ipv4() && masked(ip, self.prefix) == self.addr
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// An address with a prefix length; a bare address is a network of one.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let text = text.trim();
        let (addr, prefix) = text
            .split_once('/')
            .map_or((text, None), |(addr, prefix)| (addr, Some(prefix)));
        let typed: IpAddr = addr
            .trim()
            .parse()
            .map_err(|_not_one: std::net::AddrParseError| CidrError::Address(addr.to_owned()))?;
        let addr = typed.to_canonical();
        // A mapped address keeps its 96 fixed bits in the prefix that was typed.
        let fixed = if typed == addr { 0 } else { 96 };
        let max = if addr.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => max,
            Some(digits) => number(digits.trim())
                .and_then(|prefix| prefix.checked_sub(fixed))
                .filter(|prefix| *prefix <= max)
                .ok_or_else(|| CidrError::Prefix {
                    prefix: digits.to_owned(),
                    max: max + fixed,
                })?,
        };
        Ok(Self {
            addr: masked(addr, prefix),
            prefix,
        })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr, self.prefix)
    }
}

fn number(digits: &str) -> Option<u8> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

fn masked(ip: IpAddr, prefix: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4((ip.to_bits() & u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)).into()),
        IpAddr::V6(ip) => {
            IpAddr::V6((ip.to_bits() & u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_their_addresses() {
        for (network, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.255", "10.2.0.0"),
            ("10.1.2.3/16", "::ffff:10.1.0.1", "::ffff:10.2.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::ffff:10.1.0.0/112", "10.1.9.9", "10.2.9.9"),
        ] {
            let cidr: Cidr = network.parse().unwrap();
            assert!(cidr.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!cidr.contains(outside.parse().unwrap()), "{network} {outside}");
            assert_eq!(cidr.to_string().parse(), Ok(cidr));
        }
        assert_eq!("10.1.2.3/16".parse::<Cidr>().unwrap().to_string(), "10.1.0.0/16");
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!("intranet".parse::<Cidr>(), Err(CidrError::Address("intranet".into())));
        assert_eq!(
            "10.0.0.0/33".parse::<Cidr>(),
            Err(CidrError::Prefix {
                prefix: "33".into(),
                max: 32
            })
        );
        for text in [
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::/129",
            "::ffff:1.2.3.4/32",
            "",
            "/8",
        ] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }
}
