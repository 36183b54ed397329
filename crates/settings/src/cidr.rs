use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A network such as `10.1.0.0/16` (RFC 4632). Host bits are cleared; an IPv4-mapped IPv6 address is IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr(IpNet);

/// How wide a network is, as one that counts as internal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Every address of its kind (IPv4 or IPv6).
    Everything,
    /// More than the widest private network, so that addresses of strangers are in it.
    Wide,
    /// Addresses of the Internet, such as those of an office with a network of its own.
    Public,
    /// Nothing but private, link-local and loopback addresses.
    Private,
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
    /// The number of leading bits that count.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.0.prefix_len()
    }

    /// How much more than a network of one's own it holds.
    #[must_use]
    pub fn breadth(&self) -> Breadth {
        let widest_private = match self.0 {
            // 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193).
            IpNet::V4(_) => 8,
            IpNet::V6(_) => 7,
        };
        let is_in = |text: &&str| text.parse().is_ok_and(|private: IpNet| private.contains(&self.0));
        match self.prefix() {
            0 => Breadth::Everything,
            prefix if prefix < widest_private => Breadth::Wide,
            _ if PRIVATE.iter().any(is_in) => Breadth::Private,
            _ => Breadth::Public,
        }
    }

    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

/// Addresses that nobody has on the Internet: RFC 1918, RFC 6598 (shared by carriers), RFC 3927, RFC 1122, RFC 4193, RFC 4291.
const PRIVATE: [&str; 9] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

impl FromStr for Cidr {
    type Err = CidrError;

    /// An address with a prefix length; a bare address is a network of one.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let text = text.trim();
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let typed: IpAddr = address
            .trim()
            .parse()
            .map_err(|_not_one: std::net::AddrParseError| CidrError::Address(address.to_owned()))?;
        let address = typed.to_canonical();
        let Some(digits) = prefix else {
            return Ok(Self(address.into()));
        };
        // The prefix of a mapped address counts the 96 bits before the IPv4 address as well.
        let mapped = if typed == address { 0 } else { 96 };
        let network = number(digits.trim())
            .and_then(|prefix| prefix.checked_sub(mapped))
            .and_then(|prefix| IpNet::new(address, prefix).ok());
        let network = network.ok_or_else(|| CidrError::Prefix {
            prefix: digits.to_owned(),
            max: IpNet::from(typed).max_prefix_len(),
        })?;
        Ok(Self(network.trunc()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads a number of digits only, because parsing a `u8` also accepts a sign.
fn number(digits: &str) -> Option<u8> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_wider_than_any_private_one_is_told() {
        for (network, breadth) in [
            ("0.0.0.0/0", Breadth::Everything),
            ("::/0", Breadth::Everything),
            ("::ffff:0.0.0.0/96", Breadth::Everything),
            ("0.0.0.0/1", Breadth::Wide),
            ("2000::/3", Breadth::Wide),
            ("10.0.0.0/8", Breadth::Private),
            ("192.168.4.0/24", Breadth::Private),
            ("192.168.0.0/15", Breadth::Public),
            ("127.0.0.1", Breadth::Private),
            ("fc00::/7", Breadth::Private),
            ("fe80::/64", Breadth::Private),
            ("203.0.113.7", Breadth::Public),
            ("8.0.0.0/8", Breadth::Public),
            ("2001::/16", Breadth::Public),
        ] {
            assert_eq!(network.parse::<Cidr>().unwrap().breadth(), breadth, "{network}");
        }
    }

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
        for (typed, shown) in [
            ("10.1.2.3/16", "10.1.0.0/16"),
            (" 192.0.2.7 ", "192.0.2.7/32"),
            ("10.0.0.0 / 08", "10.0.0.0/8"),
            ("::ffff:10.1.2.3", "10.1.2.3/32"),
            ("::ffff:10.1.2.3/112", "10.1.0.0/16"),
            ("fd00::1/8", "fd00::/8"),
        ] {
            assert_eq!(typed.parse::<Cidr>().unwrap().to_string(), shown);
        }
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
        assert_eq!(
            "10.0.0.0/33".parse::<Cidr>().unwrap_err().to_string(),
            "'/33' is not a prefix length of 0 to 32"
        );
        assert_eq!(
            "::ffff:10.0.0.0/95".parse::<Cidr>().unwrap_err().to_string(),
            "'/95' is not a prefix length of 0 to 128"
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
