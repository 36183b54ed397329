use std::net::IpAddr;

/// What the operating system says of the network by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// No link but loopback is up with an address.
    Down,
    /// A link with an address is up, for the first time or again.
    Up,
    /// Links, addresses or default routes changed while up.
    Changed,
    /// A host of the local segment answered again or appeared (neighbour table).
    Neighbour(IpAddr),
}

/// Calls `tell` with the present state and then with every change. Ends only with an error: without the monitor Monomi works,
/// but learns of a returned network from its probes alone.
pub async fn monitor(tell: impl FnMut(NetworkEvent)) -> Result<(), String> {
    system::monitor(tell).await
}

/// What counts as a change: the links that carry something and the way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Picture {
    /// Addresses on links that are up, loopback left out; sorted.
    addresses: Vec<IpAddr>,
    /// Gateways of default routes; sorted.
    gateways: Vec<IpAddr>,
}

impl Picture {
    /// What to say when `self` takes the place of `before`.
    fn event(&self, before: Option<&Self>) -> Option<NetworkEvent> {
        let up = !self.addresses.is_empty();
        match before {
            None if up => Some(NetworkEvent::Up),
            None => Some(NetworkEvent::Down),
            Some(before) if before == self => None,
            Some(before) if before.addresses.is_empty() && up => Some(NetworkEvent::Up),
            Some(_) if up => Some(NetworkEvent::Changed),
            Some(before) if before.addresses.is_empty() => None,
            Some(_) => Some(NetworkEvent::Down),
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashSet;
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

    use super::{NetworkEvent, Picture};

    /// A change comes as a burst of messages; the tables are read once it is over.
    const SETTLE: Duration = Duration::from_millis(150);

    pub(super) async fn monitor(mut tell: impl FnMut(NetworkEvent)) -> Result<(), String> {
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
        let mut picture = take(&handle).await?;
        picture.event(None).map(&mut tell);
        // Set by the first message of a burst and not moved by the others: chatter must not hide a change.
        let mut settled: Option<tokio::time::Instant> = None;
        loop {
            let message = match settled {
                None => messages.next().await,
                Some(at) => match tokio::time::timeout_at(at, messages.next()).await {
                    Ok(message) if tokio::time::Instant::now() < at => message,
                    Ok(_) | Err(_) => {
                        settled = None;
                        let now = take(&handle).await?;
                        now.event(Some(&picture)).map(&mut tell);
                        picture = now;
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
                        tell(NetworkEvent::Neighbour(ip));
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

    async fn take(handle: &Handle) -> Result<Picture, String> {
        let mut up = Vec::new();
        let mut links = handle.link().get().execute();
        while let Some(link) = links.try_next().await.map_err(|e| e.to_string())? {
            let flags = link.header.flags;
            if flags.contains(LinkFlags::Up | LinkFlags::LowerUp) && !flags.contains(LinkFlags::Loopback) {
                up.push(link.header.index);
            }
        }
        let mut picture = Picture::default();
        let mut addresses = handle.address().get().execute();
        while let Some(message) = addresses.try_next().await.map_err(|e| e.to_string())? {
            if !up.contains(&message.header.index) {
                continue;
            }
            picture
                .addresses
                .extend(message.attributes.iter().filter_map(|attribute| match attribute {
                    AddressAttribute::Address(ip) if carries(*ip) => Some(*ip),
                    _ => None,
                }));
        }
        for wanted in [
            RouteMessageBuilder::<Ipv4Addr>::new().build(),
            RouteMessageBuilder::<Ipv6Addr>::new().build(),
        ] {
            let mut routes = handle.route().get(wanted).execute();
            while let Some(route) = routes.try_next().await.map_err(|e| e.to_string())? {
                if route.header.destination_prefix_length > 0 {
                    continue;
                }
                picture
                    .gateways
                    .extend(route.attributes.iter().filter_map(|attribute| match attribute {
                        RouteAttribute::Gateway(RouteAddress::Inet(ip)) => Some(IpAddr::V4(*ip)),
                        RouteAttribute::Gateway(RouteAddress::Inet6(ip)) => Some(IpAddr::V6(*ip)),
                        _ => None,
                    }));
            }
        }
        picture.addresses.sort_unstable();
        picture.addresses.dedup();
        picture.gateways.sort_unstable();
        picture.gateways.dedup();
        Ok(picture)
    }

    /// A link-local IPv6 address alone is on every cable that is plugged in: it carries nothing yet.
    fn carries(ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(_) => true,
            IpAddr::V6(v6) => !v6.is_unicast_link_local(),
        }
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
                // Delay and Probe are our own packets on their way: they say nothing.
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

#[cfg(not(target_os = "linux"))]
mod system {
    use futures_util::StreamExt as _;

    use super::{NetworkEvent, Picture};

    pub(super) async fn monitor(mut tell: impl FnMut(NetworkEvent)) -> Result<(), String> {
        let mut watcher = if_watch::tokio::IfWatcher::new().map_err(|e| e.to_string())?;
        let mut picture = take(&watcher);
        picture.event(None).map(&mut tell);
        while let Some(event) = watcher.next().await {
            event.map_err(|e| e.to_string())?;
            let now = take(&watcher);
            now.event(Some(&picture)).map(&mut tell);
            picture = now;
        }
        Err("the interface watcher ended".to_owned())
    }

    fn take(watcher: &if_watch::tokio::IfWatcher) -> Picture {
        let mut addresses: Vec<_> = watcher
            .iter()
            .map(|network| network.addr())
            .filter(|ip| !ip.is_loopback())
            .collect();
        addresses.sort_unstable();
        Picture {
            addresses,
            gateways: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(addresses: &[&str], gateways: &[&str]) -> Picture {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Picture {
            addresses: parse(addresses),
            gateways: parse(gateways),
        }
    }

    #[test]
    fn only_changes_are_told() {
        let none = Picture::default();
        let home = with(&["192.168.0.9"], &["192.168.0.1"]);
        let other = with(&["192.168.0.9"], &["192.168.0.254"]);
        assert_eq!(none.event(None), Some(NetworkEvent::Down));
        assert_eq!(home.event(None), Some(NetworkEvent::Up));
        assert_eq!(home.event(Some(&home)), None);
        assert_eq!(home.event(Some(&none)), Some(NetworkEvent::Up));
        assert_eq!(other.event(Some(&home)), Some(NetworkEvent::Changed));
        assert_eq!(none.event(Some(&home)), Some(NetworkEvent::Down));
        assert_eq!(with(&[], &["10.0.0.1"]).event(Some(&none)), None);
    }
}
