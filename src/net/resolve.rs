use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use tokio::sync::Semaphore;

use device::Host;

/// How long a name may take before the attempt fails.
const DEADLINE: Duration = Duration::from_secs(4);

/// Look-ups under way at once, abandoned ones included: the system's resolver may hold its thread for half a minute when no
/// name server answers, and those threads serve others too.
static LOOK_UPS: Semaphore = Semaphore::const_new(8);

/// All addresses of `host`, in the resolver's order; a literal address is itself. Asked anew at every attempt, never kept:
/// a recorder behind dynamic DNS moves.
pub(super) async fn resolve(host: &Host, port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let name = match host {
        Host::Ip(ip) => return Ok(vec![canonical(SocketAddr::new(*ip, port))]),
        // The resolver knows the number of the interface.
        Host::Zoned(..) => host.to_string(),
        Host::Name(name) => name.clone(),
    };
    let found = tokio::time::timeout(DEADLINE, look_up(name, port))
        .await
        .map_err(|_elapsed| ResolveError::Timeout)?
        .map_err(ResolveError::Failed)?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found.into_iter().map(canonical) {
        if !addresses.contains(&address) && addresses.len() < MOST_ADDRESSES {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(ResolveError::Failed("the name has no address".to_owned()));
    }
    Ok(addresses)
}

async fn look_up(name: String, port: u16) -> Result<Vec<SocketAddr>, String> {
    let permit = LOOK_UPS.acquire().await.map_err(|closed| closed.to_string())?;
    let work = move || {
        let _held_until_the_resolver_answers = permit;
        (name, port)
            .to_socket_addrs()
            .map(Iterator::collect)
            .map_err(|error| error.to_string())
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(found) => found,
        Err(error) => Err(error.to_string()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_zone_becomes_the_number_of_its_interface() {
        let found = resolve(&"fe80::1%1".parse().unwrap(), 554).await.unwrap();
        assert!(
            matches!(found[..], [SocketAddr::V6(address)] if address.scope_id() == 1 && address.port() == 554),
            "{found:?}"
        );
    }
}
