//! What this computer knows of a host without a packet to it: its addresses, the way there, and who is asked first on it. A name is
//! asked of the name server, as for every dial.

use std::net::IpAddr;
use std::time::Duration;

use super::resolve::{ResolveError, resolve};
use device::Host;
use trace::{KnownWay, Neighbour, WayKind};

/// How long the tables of the system are waited for; they are in its memory.
const TABLES: Duration = Duration::from_secs(2);

/// The addresses of a host, at least one.
///
/// # Errors
/// What the name server said, or that it said nothing.
pub async fn addresses_of(host: &Host, port: u16) -> Result<Vec<IpAddr>, String> {
    let found = resolve(host, port).await.map_err(|error| match error {
        ResolveError::Timeout => "the name server does not answer".to_owned(),
        ResolveError::Failed(text) => text,
    })?;
    Ok(found.into_iter().map(|address| address.ip()).collect())
}

/// The way to an address by the routing table of the system, and what its neighbour table says of whoever is asked first.
pub async fn way_to(ip: IpAddr) -> KnownWay {
    let unknown = KnownWay {
        kind: WayKind::Unknown,
        next: Neighbour::Unknown,
    };
    // Which interface a link-local address of IPv6 is behind stands in its zone alone.
    if matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local()) {
        return unknown;
    }
    let read = tokio::time::timeout(TABLES, system::way_to(ip)).await;
    read.ok().flatten().unwrap_or(unknown)
}

#[cfg(target_os = "linux")]
mod system {
    use std::net::IpAddr;

    use futures_util::{StreamExt as _, TryStreamExt as _};
    use rtnetlink::packet_route::AddressFamily;
    use rtnetlink::packet_route::link::LinkAttribute;
    use rtnetlink::packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourState};
    use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};
    use rtnetlink::{Error, Handle, RouteMessageBuilder, new_connection};

    use super::{KnownWay, Neighbour, WayKind};

    pub(super) async fn way_to(ip: IpAddr) -> Option<KnownWay> {
        let (connection, handle, _) = new_connection().ok()?;
        let pump = tokio::spawn(connection);
        let way = read(&handle, ip).await;
        pump.abort();
        way
    }

    async fn read(handle: &Handle, ip: IpAddr) -> Option<KnownWay> {
        let prefix = if ip.is_ipv4() { 32 } else { 128 };
        let wanted = RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(ip, prefix)
            .ok()?
            .build();
        let mut answers = std::pin::pin!(handle.route().get(wanted).execute());
        let route = match answers.next().await? {
            Ok(route) => route,
            // The kernel says why as a number of `errno`: it has no route, or one that forbids.
            Err(Error::NetlinkError(_)) => {
                return Some(KnownWay {
                    kind: WayKind::None,
                    next: Neighbour::Unknown,
                });
            }
            Err(_) => return None,
        };
        if route.header.kind == RouteType::Local {
            return Some(KnownWay {
                kind: WayKind::Here,
                next: Neighbour::Answers,
            });
        }
        let (index, router) = (interface_of(&route)?, router_of(&route));
        let interface = name_of(handle, index).await.unwrap_or_default();
        let next = neighbour(handle, index, router.unwrap_or(ip)).await;
        let kind = match router {
            Some(router) => WayKind::Router { router, interface },
            None => WayKind::Direct { interface },
        };
        Some(KnownWay { kind, next })
    }

    fn interface_of(route: &RouteMessage) -> Option<u32> {
        route.attributes.iter().find_map(|attribute| match attribute {
            RouteAttribute::Oif(index) => Some(*index),
            _ => None,
        })
    }

    fn router_of(route: &RouteMessage) -> Option<IpAddr> {
        route.attributes.iter().find_map(|attribute| match attribute {
            RouteAttribute::Gateway(RouteAddress::Inet(ip)) => Some(IpAddr::V4(*ip)),
            RouteAttribute::Gateway(RouteAddress::Inet6(ip)) => Some(IpAddr::V6(*ip)),
            _ => None,
        })
    }

    async fn name_of(handle: &Handle, index: u32) -> Option<String> {
        let mut links = std::pin::pin!(handle.link().get().match_index(index).execute());
        let link = links.try_next().await.ok()??;
        link.attributes.into_iter().find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name),
            _ => None,
        })
    }

    async fn neighbour(handle: &Handle, index: u32, ip: IpAddr) -> Neighbour {
        let family = match ip {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        let request = handle.neighbours().get().set_address_family(family);
        let mut entries = std::pin::pin!(request.execute());
        while let Ok(Some(entry)) = entries.try_next().await {
            let is_it = entry.attributes.iter().any(|attribute| match attribute {
                NeighbourAttribute::Destination(NeighbourAddress::Inet(other)) => ip == IpAddr::V4(*other),
                NeighbourAttribute::Destination(NeighbourAddress::Inet6(other)) => ip == IpAddr::V6(*other),
                _ => false,
            });
            if is_it && entry.header.ifindex == index {
                return match entry.header.state {
                    NeighbourState::Reachable => Neighbour::Answers,
                    // Asked and not answered. Of what is not asked at all, such as a tunnel, nothing is known.
                    NeighbourState::Failed | NeighbourState::Incomplete => Neighbour::Silent,
                    _ => Neighbour::Unknown,
                };
            }
        }
        Neighbour::Unknown
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::net::IpAddr;

    use super::KnownWay;

    /// Not read on this system.
    pub(super) async fn way_to(_ip: IpAddr) -> Option<KnownWay> {
        std::future::ready(None).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_needs_no_look_up_and_this_computer_is_here() {
        let host = "127.0.0.1".parse().unwrap();
        assert_eq!(addresses_of(&host, 554).await, Ok(vec!["127.0.0.1".parse().unwrap()]));
        let way = way_to("127.0.0.1".parse().unwrap()).await;
        let here = if cfg!(target_os = "linux") {
            WayKind::Here
        } else {
            WayKind::Unknown
        };
        assert_eq!(way.kind, here);
    }
}
