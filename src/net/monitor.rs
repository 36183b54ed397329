use std::net::IpAddr;

use super::interfaces::{self, Interfaces, Told};

/// What the operating system reports of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// No link but loopback is up with an address.
    Down,
    /// A link with an address is up, for the first time or again.
    Up,
    /// Interfaces, addresses or default routes changed while up.
    Changed,
    /// A host of the local segment answered again or appeared (neighbour table).
    Neighbour(IpAddr),
}

/// Calls `tell` with the present state and then with every change. Ends only with an error: without the monitor Monomi works,
/// but learns of a returned network from its probes alone.
pub async fn monitor(mut tell: impl FnMut(NetworkEvent)) -> Result<(), String> {
    let mut before: Option<Interfaces> = None;
    interfaces::follow(|told| match told {
        Told::Interfaces(now) => {
            event(before.as_ref(), &now).map(&mut tell);
            before = Some(now);
        }
        Told::Neighbour(ip) => tell(NetworkEvent::Neighbour(ip)),
    })
    .await
}

/// What to say when `now` takes the place of `before`.
fn event(before: Option<&Interfaces>, now: &Interfaces) -> Option<NetworkEvent> {
    let up = !now.addresses.is_empty();
    let was_up = before.is_some_and(|before| !before.addresses.is_empty());
    let same = before.is_some_and(|before| (&before.addresses, &before.gateways) == (&now.addresses, &now.gateways));
    match (was_up, up) {
        (true, true) if same => None,
        (true, true) => Some(NetworkEvent::Changed),
        (false, true) => Some(NetworkEvent::Up),
        (true, false) => Some(NetworkEvent::Down),
        (false, false) => before.is_none().then_some(NetworkEvent::Down),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(addresses: &[&str], gateways: &[&str]) -> Interfaces {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Interfaces {
            addresses: parse(addresses),
            gateways: parse(gateways),
            multicast: Vec::new(),
            own: Vec::new(),
        }
    }

    #[test]
    fn only_changes_are_told() {
        let none = Interfaces::default();
        let home = with(&["192.168.0.9"], &["192.168.0.1"]);
        let other = with(&["192.168.0.9"], &["192.168.0.254"]);
        assert_eq!(event(None, &none), Some(NetworkEvent::Down));
        assert_eq!(event(None, &home), Some(NetworkEvent::Up));
        assert_eq!(event(Some(&home), &home), None);
        assert_eq!(event(Some(&none), &home), Some(NetworkEvent::Up));
        assert_eq!(event(Some(&home), &other), Some(NetworkEvent::Changed));
        assert_eq!(event(Some(&home), &none), Some(NetworkEvent::Down));
        assert_eq!(event(Some(&none), &with(&[], &["10.0.0.1"])), None);
    }
}
