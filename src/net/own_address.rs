use std::net::IpAddr;

/// An address of this computer, and the network that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnAddress {
    /// The system's number of its interface; 0 where it is not known.
    pub interface: u32,
    pub ip: IpAddr,
    /// The leading bits that the addresses of its network share.
    pub prefix: u8,
    /// Whether the interface multicasts.
    pub multicasts: bool,
}

impl OwnAddress {
    /// Whether `ip` is in the same network, so that no router lies in between.
    #[must_use]
    pub fn is_beside(&self, ip: IpAddr) -> bool {
        match (self.ip, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => {
                let differing = u64::from(own.to_bits() ^ ip.to_bits());
                differing >> (32_u32.saturating_sub(self.prefix.into())) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(ip)) => {
                let differing = own.to_bits() ^ ip.to_bits();
                let beyond = 128_u32.saturating_sub(self.prefix.into());
                differing.checked_shr(beyond).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(ip: &str, prefix: u8) -> OwnAddress {
        OwnAddress {
            interface: 1,
            ip: ip.parse().unwrap(),
            prefix,
            multicasts: true,
        }
    }

    #[test]
    fn what_is_in_the_same_network_is_told() {
        for (address, prefix, other, is_beside) in [
            ("192.168.1.9", 24, "192.168.1.200", true),
            ("192.168.1.9", 24, "192.168.2.9", false),
            ("192.168.1.9", 32, "192.168.1.9", true),
            ("192.168.1.9", 0, "8.8.8.8", true),
            ("192.168.1.9", 24, "::ffff:192.168.1.7", true),
            ("fe80::1", 64, "fe80::2:3", true),
            ("fd00::1", 64, "fd00:0:0:1::1", false),
            ("fd00::1", 0, "2001:db8::1", true),
            ("fd00::1", 64, "192.168.1.9", false),
        ] {
            assert_eq!(
                own(address, prefix).is_beside(other.parse().unwrap()),
                is_beside,
                "{address}/{prefix} {other}"
            );
        }
    }
}
