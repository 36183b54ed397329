use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::device::Host;

/// How long a name may take before the attempt fails.
const DEADLINE: Duration = Duration::from_secs(4);

/// All addresses of `host`, in the resolver's order; a literal address is itself. Asked anew at every attempt, never kept:
/// a recorder behind dynamic DNS moves.
pub(super) async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let name = match host {
        Host::Ip(ip) => return Ok(vec![SocketAddr::new(*ip, port)]),
        Host::Name(name) => name.clone(),
    };
    let found = tokio::time::timeout(DEADLINE, tokio::net::lookup_host((name, port)))
        .await
        .map_err(|_elapsed| ResolveError::Timeout)?
        .map_err(|error| ResolveError::Failed(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found.map(canonical) {
        if !addresses.contains(&address) && addresses.len() < MOST_ADDRESSES {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(ResolveError::Failed("the name has no address".to_owned()));
    }
    Ok(addresses)
}

/// More addresses than this of one name are not looked at.
const MOST_ADDRESSES: usize = 64;

#[derive(Debug)]
pub(super) enum ResolveError {
    Timeout,
    Failed(String),
}

/// An IPv4-mapped IPv6 address is dialled as the IPv4 address that it is.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::new(IpAddr::V4(v4), address.port()),
        IpAddr::V6(_) => address,
    }
}
