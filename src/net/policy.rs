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

    /// Whether this computer may become a member of a group, which tells the routers of its network to carry the group's packets
    /// here. The groups by which routers and hosts themselves talk (RFC 5771 §4, §5) never may be. *Internal network only* leaves
    /// those that stay inside: of administrative scope (RFC 2365), of one source (RFC 4607), which is the device, and of IPv6 up
    /// to the organization (RFC 7346).
    #[must_use]
    pub fn allows_group(&self, group: IpAddr) -> bool {
        match group.to_canonical() {
            IpAddr::V4(group) => {
                let [first, second, third, _] = group.octets();
                let is_control = first == 224 && second == 0 && third <= 1;
                let stays_inside = matches!(first, 232 | 239);
                let is_own = self.own.iter().any(|network| network.contains(group.into()));
                group.is_multicast() && !is_control && (!self.internal_only || stays_inside || is_own)
            }
            IpAddr::V6(group) => {
                let [_, flags_and_scope, ..] = group.octets();
                let scope = flags_and_scope & 0x0f;
                let is_well_known = flags_and_scope & 0x10 == 0 && group.segments()[1..7] == [0; 6];
                group.is_multicast() && !is_well_known && (!self.internal_only || scope <= 8)
            }
        }
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
    fn groups_of_routers_are_never_joined_and_those_that_leave_the_network_not_where_it_is_the_limit() {
        let rows = [
            ("239.1.2.3", true, true),
            ("232.1.1.1", true, true),
            ("224.3.0.1", true, false),
            ("226.1.1.1", true, false),
            ("ff15::1234", true, true),
            ("ff1e::1234", true, false),
            ("224.0.0.5", false, false),
            ("224.0.1.1", false, false),
            ("ff02::1", false, false),
            ("192.168.0.1", false, false),
        ];
        let inside = Policy {
            internal_only: true,
            own: Vec::new(),
        };
        for (group, anywhere, stays) in rows {
            let ip = group.parse().unwrap();
            assert_eq!(
                (Policy::default().allows_group(ip), inside.allows_group(ip)),
                (anywhere, stays),
                "{group}"
            );
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
