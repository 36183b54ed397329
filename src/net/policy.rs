use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use settings::Cidr;

/// Where Monomi may connect. It says nothing about how often: that is `reconnect`, whatever the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// *Internal network only*: refuse every address that is not internal and not in `own`.
    pub internal_only: bool,
    /// Networks that the user declared internal.
    pub own: Vec<Cidr>,
}

impl Policy {
    /// Whether a packet may be sent to `ip`. An address that is no host (unspecified, multicast, broadcast) never may.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        if !is_host(ip) {
            return false;
        }
        !self.internal_only || is_internal(ip) || self.own.iter().any(|network| network.contains(ip))
    }
}

fn is_host(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    !(ip.is_unspecified() || ip.is_multicast() || broadcast)
}

/// Private (RFC 1918), link-local (RFC 3927, RFC 4291 §2.5.6), loopback, and unique local (RFC 4193) addresses. `ip` is canonical:
/// an IPv4-mapped IPv6 address counts as the IPv4 address that it carries.
fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_internal_v4(v4),
        IpAddr::V6(v6) => is_internal_v6(v6),
    }
}

fn is_internal_v4(ip: Ipv4Addr) -> bool {
    ip.is_private() || ip.is_link_local() || ip.is_loopback()
}

fn is_internal_v6(ip: Ipv6Addr) -> bool {
    ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_network_only_lets_internal_addresses_through_and_no_others() {
        let policy = Policy {
            internal_only: true,
            own: vec!["203.0.113.0/24".parse().unwrap()],
        };
        for internal in [
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.254",
            "192.168.0.1",
            "169.254.9.9",
            "127.0.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:192.168.0.1",
            "203.0.113.9",
            "::ffff:203.0.113.9",
        ] {
            assert!(policy.allows(internal.parse().unwrap()), "{internal}");
        }
        for outside in [
            "8.8.8.8",
            "172.32.0.1",
            "172.15.255.255",
            "100.64.0.1",
            "198.51.100.1",
            "2001:db8::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(!policy.allows(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn what_is_no_host_is_never_dialled() {
        for none in [
            "0.0.0.0",
            "::",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
            "::ffff:0.0.0.0",
        ] {
            assert!(!Policy::default().allows(none.parse().unwrap()), "{none}");
        }
        assert!(Policy::default().allows("8.8.8.8".parse().unwrap()));
    }
}
