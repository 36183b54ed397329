use std::net::{IpAddr, Ipv4Addr};

use super::own_address::OwnAddress;

/// The links of this computer that carry something, and the way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interfaces {
    /// Addresses on interfaces that are up, loopback left out; sorted.
    pub addresses: Vec<IpAddr>,
    /// Gateways of default routes; sorted.
    pub gateways: Vec<IpAddr>,
    /// Where a multicast group can be joined; sorted.
    pub multicast: Vec<Interface>,
    /// Every address with its network, link-local ones of IPv6 too; sorted.
    pub own: Vec<OwnAddress>,
}

/// An interface that is up and multicasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interface {
    /// The system's number for it, which a new interface of the same name and address does not share; 0 where it is not known.
    pub index: u32,
    /// Its first IPv4 address.
    pub v4: Option<Ipv4Addr>,
    /// Whether it has an IPv6 address, if only a link-local one.
    pub v6: bool,
}

/// What the system reports.
pub(super) enum Told {
    /// All interfaces, at the beginning and after each change.
    Interfaces(Interfaces),
    /// A host of the local segment answered again or appeared (neighbour table).
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "Linux alone tells of neighbours")
    )]
    Neighbour(IpAddr),
}

/// Calls `tell` with the present interfaces and then with every change. Ends only with an error.
pub(super) async fn follow(tell: impl FnMut(Told)) -> Result<(), String> {
    system::follow(tell).await
}

/// Whether an address can reach other hosts. Every cable that is plugged in gets a link-local IPv6 address, which says nothing.
#[cfg(any(target_os = "linux", windows))]
fn carries(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::{BTreeMap, HashMap, HashSet};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use futures_util::{StreamExt as _, TryStreamExt as _};
    use rtnetlink::packet_core::NetlinkPayload;
    use rtnetlink::packet_route::RouteNetlinkMessage;
    use rtnetlink::packet_route::address::AddressAttribute;
    use rtnetlink::packet_route::link::LinkFlags;
    use rtnetlink::packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState};
    use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute};
    use rtnetlink::{Handle, MulticastGroup, RouteMessageBuilder, new_multicast_connection};

    use super::{Interface, Interfaces, OwnAddress, Told, carries};

    /// A change comes as a burst of messages; the tables are read once it is over.
    const SETTLE: Duration = Duration::from_millis(150);

    pub(super) async fn follow(mut tell: impl FnMut(Told)) -> Result<(), String> {
        let groups = [
            MulticastGroup::Link,
            MulticastGroup::Ipv4Ifaddr,
            MulticastGroup::Ipv6Ifaddr,
            MulticastGroup::Ipv4Route,
            MulticastGroup::Ipv6Route,
            MulticastGroup::Neigh,
        ];
        let (connection, handle, mut messages) = new_multicast_connection(&groups).map_err(|e| e.to_string())?;
        let pump = tokio::spawn(connection);
        let mut neighbours = Neighbours::default();
        tell(Told::Interfaces(read(&handle).await?));
        // The first message of a burst sets this time and later ones do not move it, so that endless messages do not hide a
        // change.
        let mut settled: Option<tokio::time::Instant> = None;
        loop {
            let message = match settled {
                None => messages.next().await,
                Some(at) => match tokio::time::timeout_at(at, messages.next()).await {
                    Ok(message) if tokio::time::Instant::now() < at => message,
                    Ok(_) | Err(_) => {
                        settled = None;
                        tell(Told::Interfaces(read(&handle).await?));
                        continue;
                    }
                },
            };
            let Some((message, _)) = message else {
                pump.abort();
                return Err("the netlink socket closed".to_owned());
            };
            match message.payload {
                NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewNeighbour(entry)) => {
                    if let Some(ip) = neighbours.note(&entry) {
                        tell(Told::Neighbour(ip));
                    }
                }
                NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelNeighbour(entry)) => neighbours.forget(&entry),
                // Messages were lost: the tables are read as after any change.
                NetlinkPayload::InnerMessage(_) | NetlinkPayload::Overrun(_) => {
                    settled = settled.or_else(|| Some(tokio::time::Instant::now() + SETTLE));
                }
                _ => {}
            }
        }
    }

    async fn read(handle: &Handle) -> Result<Interfaces, String> {
        let mut up = HashMap::new();
        let mut links = handle.link().get().execute();
        while let Some(link) = links.try_next().await.map_err(|e| e.to_string())? {
            let flags = link.header.flags;
            if flags.contains(LinkFlags::Up | LinkFlags::LowerUp) && !flags.contains(LinkFlags::Loopback) {
                up.insert(link.header.index, flags.contains(LinkFlags::Multicast));
            }
        }
        let mut found = Interfaces::default();
        let mut interfaces: BTreeMap<u32, Interface> = BTreeMap::new();
        let mut addresses = handle.address().get().execute();
        while let Some(message) = addresses.try_next().await.map_err(|e| e.to_string())? {
            let index = message.header.index;
            let Some(multicasts) = up.get(&index) else { continue };
            for attribute in &message.attributes {
                let AddressAttribute::Address(ip) = attribute else {
                    continue;
                };
                if carries(*ip) {
                    found.addresses.push(*ip);
                }
                found.own.push(OwnAddress {
                    interface: index,
                    ip: *ip,
                    prefix: message.header.prefix_len,
                    multicasts: *multicasts,
                });
                if *multicasts {
                    let interface = interfaces.entry(index).or_insert(Interface {
                        index,
                        v4: None,
                        v6: false,
                    });
                    match ip {
                        IpAddr::V4(ip) => interface.v4 = interface.v4.or(Some(*ip)),
                        IpAddr::V6(_) => interface.v6 = true,
                    }
                }
            }
        }
        found.multicast = interfaces.into_values().collect();
        for wanted in [
            RouteMessageBuilder::<Ipv4Addr>::new().build(),
            RouteMessageBuilder::<Ipv6Addr>::new().build(),
        ] {
            let mut routes = handle.route().get(wanted).execute();
            while let Some(route) = routes.try_next().await.map_err(|e| e.to_string())? {
                if route.header.destination_prefix_length > 0 {
                    continue;
                }
                found
                    .gateways
                    .extend(route.attributes.iter().filter_map(|attribute| match attribute {
                        RouteAttribute::Gateway(RouteAddress::Inet(ip)) => Some(IpAddr::V4(*ip)),
                        RouteAttribute::Gateway(RouteAddress::Inet6(ip)) => Some(IpAddr::V6(*ip)),
                        _ => None,
                    }));
            }
        }
        found.addresses.sort_unstable();
        found.addresses.dedup();
        found.gateways.sort_unstable();
        found.gateways.dedup();
        found.own.sort_unstable();
        found.own.dedup();
        Ok(found)
    }

    /// Which neighbours answered when last heard of. As large as the kernel's own table, which is bounded.
    #[derive(Default)]
    struct Neighbours(HashSet<IpAddr>);

    impl Neighbours {
        /// The address, when this entry says that a host answers which did not before.
        fn note(&mut self, entry: &NeighbourMessage) -> Option<IpAddr> {
            let ip = destination(entry)?;
            let answers = match entry.header.state {
                NeighbourState::Reachable | NeighbourState::Stale => true,
                NeighbourState::Incomplete | NeighbourState::Failed | NeighbourState::None => false,
                // In Delay and Probe this computer waits for an answer, so that they say nothing of the host.
                _ => return None,
            };
            if !answers {
                self.0.remove(&ip);
                return None;
            }
            self.0.insert(ip).then_some(ip)
        }

        /// The kernel let go of the entry.
        fn forget(&mut self, entry: &NeighbourMessage) {
            if let Some(ip) = destination(entry) {
                self.0.remove(&ip);
            }
        }
    }

    fn destination(entry: &NeighbourMessage) -> Option<IpAddr> {
        entry.attributes.iter().find_map(|attribute| match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => Some(IpAddr::V4(*ip)),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(ip)) => Some(IpAddr::V6(*ip)),
            _ => None,
        })
    }
}

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use self::windows as system;

#[cfg(not(any(target_os = "linux", windows)))]
mod system {
    use std::net::IpAddr;

    use futures_util::StreamExt as _;

    use super::{Interface, Interfaces, OwnAddress, Told};

    pub(super) async fn follow(mut tell: impl FnMut(Told)) -> Result<(), String> {
        let mut watcher = if_watch::tokio::IfWatcher::new().map_err(|e| e.to_string())?;
        tell(Told::Interfaces(read(&watcher)));
        while let Some(event) = watcher.next().await {
            event.map_err(|e| e.to_string())?;
            tell(Told::Interfaces(read(&watcher)));
        }
        Err("the interface watcher ended".to_owned())
    }

    fn read(watcher: &if_watch::tokio::IfWatcher) -> Interfaces {
        let mut addresses: Vec<_> = watcher
            .iter()
            .map(|network| network.addr())
            .filter(|ip| !ip.is_loopback())
            .collect();
        addresses.sort_unstable();
        let networks = watcher.iter().filter(|network| !network.addr().is_loopback());
        let own = networks.map(|network| OwnAddress {
            interface: 0,
            ip: network.addr(),
            prefix: network.prefix_len(),
            multicasts: true,
        });
        let mut own: Vec<OwnAddress> = own.collect();
        own.sort_unstable();
        let interface = |ip: &IpAddr| match ip {
            IpAddr::V4(ip) => Some(Interface {
                index: 0,
                v4: Some(*ip),
                v6: false,
            }),
            IpAddr::V6(_) => None,
        };
        Interfaces {
            multicast: addresses.iter().filter_map(interface).collect(),
            addresses,
            gateways: Vec::new(),
            own,
        }
    }
}
