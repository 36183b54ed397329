//! All that was found: one row for each device, however often and from wherever it answers.

use std::collections::HashMap;

use super::answer::ProbeAnswer;
use device::{Host, Identity, Mac, OnvifPlace};

/// The most devices that are kept.
pub const MOST_FOUND: usize = 4_096;

/// The most addresses of one device that are kept.
const MOST_ADDRESSES: usize = 8;

/// Which row it is; rows keep their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FoundId(pub usize);

/// By which way a device was found, from the one that says least of whether it can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// It answered the group from an address that is in no network of this computer, such as one from the factory.
    Elsewhere,
    /// It took a connection on this port; nothing else is known of it.
    Port(u16),
    /// It answered the group.
    Group,
    /// It answered a Probe of its own.
    Asked,
}

impl Way {
    /// Whether a connection from this computer can get there, as far as an answer tells.
    #[must_use]
    pub fn is_reachable(self) -> bool {
        self != Self::Elsewhere
    }
}

/// A device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDevice {
    pub identity: Identity,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub name: Option<String>,
    /// The addresses from which it answered, with how; the best one first. Never empty.
    pub addresses: Vec<(Host, Way)>,
    /// Where it speaks ONVIF.
    pub place: Option<OnvifPlace>,
}

impl FoundDevice {
    /// The address to use.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.addresses[0].0
    }

    #[must_use]
    pub fn way(&self) -> Way {
        self.addresses[0].1
    }

    #[must_use]
    pub fn is_at(&self, host: &Host) -> bool {
        self.addresses.iter().any(|(known, _)| known == host)
    }
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    New(FoundId),
    Changed(FoundId),
    /// Nothing that was not known.
    Known(FoundId),
    /// There is no room for it.
    Full,
}

/// All rows, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct FoundBook {
    rows: Vec<FoundDevice>,
    by_endpoint: HashMap<String, FoundId>,
    by_serial: HashMap<String, FoundId>,
    by_mac: HashMap<Mac, FoundId>,
    by_host: HashMap<Host, FoundId>,
}

impl FoundBook {
    #[must_use]
    pub fn rows(&self) -> &[FoundDevice] {
        &self.rows
    }

    /// Takes in what was answered from `host`. What has no identity is told by its address.
    pub fn note(&mut self, answer: ProbeAnswer, host: Host, way: Way) -> Noted {
        let Some(id) = self.find(&answer.identity, &host) else {
            return self.add(answer, host, way);
        };
        let Some(row) = self.rows.get_mut(id.0) else {
            return Noted::Full;
        };
        let before = row.clone();
        row.identity.learn(&answer.identity);
        row.maker = row.maker.take().or(answer.maker);
        row.model = row.model.take().or(answer.model);
        row.name = row.name.take().or(answer.name);
        // The place is that of the address that is used.
        let was_at = row.host().clone();
        let has_room = row.addresses.len() < MOST_ADDRESSES;
        match row.addresses.iter_mut().find(|(known, _)| *known == host) {
            Some((_, known)) => *known = (*known).max(way),
            None if has_room => row.addresses.push((host.clone(), way)),
            None => {}
        }
        row.addresses.sort_by_key(|(host, way)| order(host, *way));
        if row.place.is_none() || (*row.host() == host && was_at != host && answer.place.is_some()) {
            row.place = answer.place;
        }
        let changed = *row != before;
        if changed {
            self.index(id);
        }
        match changed {
            true => Noted::Changed(id),
            false => Noted::Known(id),
        }
    }

    /// The row that is this device, or that stands at this address where neither says who it is.
    #[must_use]
    pub fn find(&self, identity: &Identity, host: &Host) -> Option<FoundId> {
        let known = [
            identity.serial.as_ref().and_then(|serial| self.by_serial.get(serial)),
            identity
                .endpoint
                .as_ref()
                .and_then(|endpoint| self.by_endpoint.get(endpoint)),
            identity.mac.as_ref().and_then(|mac| self.by_mac.get(mac)),
        ];
        let is_same = |id: &&FoundId| self.rows.get(id.0).is_some_and(|row| row.identity.is_same(identity));
        let same = known.into_iter().flatten().find(is_same);
        let there = self.by_host.get(host).filter(|id| {
            let row = self.rows.get(id.0);
            row.is_some_and(|row| row.identity.is_empty() || identity.is_empty())
        });
        same.or(there).copied()
    }

    fn add(&mut self, answer: ProbeAnswer, host: Host, way: Way) -> Noted {
        if self.rows.len() >= MOST_FOUND {
            return Noted::Full;
        }
        let id = FoundId(self.rows.len());
        self.rows.push(FoundDevice {
            identity: answer.identity,
            maker: answer.maker,
            model: answer.model,
            name: answer.name,
            addresses: vec![(host, way)],
            place: answer.place,
        });
        self.index(id);
        Noted::New(id)
    }

    fn index(&mut self, id: FoundId) {
        let Some(row) = self.rows.get(id.0) else { return };
        let Identity { endpoint, serial, mac } = &row.identity;
        if let Some(endpoint) = endpoint {
            self.by_endpoint.entry(endpoint.clone()).or_insert(id);
        }
        if let Some(serial) = serial {
            self.by_serial.entry(serial.clone()).or_insert(id);
        }
        if let Some(mac) = mac {
            self.by_mac.entry(*mac).or_insert(id);
        }
        for (host, _) in &row.addresses {
            self.by_host.entry(host.clone()).or_insert(id);
        }
    }
}

/// The best address first: one that can be reached, of IPv4, not link-local. Where it came first it stays first.
fn order(host: &Host, way: Way) -> (bool, bool, bool) {
    let is_local = match host {
        Host::Ip(std::net::IpAddr::V4(ip)) => ip.is_link_local(),
        Host::Ip(std::net::IpAddr::V6(ip)) => ip.is_unicast_link_local(),
        Host::Zoned(..) => true,
        Host::Name(_) => false,
    };
    let is_v6 = !matches!(host, Host::Ip(std::net::IpAddr::V4(_)));
    (!way.is_reachable(), is_local, is_v6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(endpoint: &str, serial: &str) -> ProbeAnswer {
        ProbeAnswer {
            identity: Identity::new(Some(endpoint), Some(serial), None),
            ..ProbeAnswer::default()
        }
    }

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn a_recorder_with_two_interfaces_is_one_row_with_two_addresses() {
        let mut book = FoundBook::default();
        let id = FoundId(0);
        assert_eq!(
            book.note(answer("a", ""), host("192.0.2.9"), Way::Elsewhere),
            Noted::New(id)
        );
        assert_eq!(
            book.note(answer("a", ""), host("fe80::1%2"), Way::Group),
            Noted::Changed(id)
        );
        assert_eq!(
            book.note(answer("a", ""), host("192.168.1.20"), Way::Group),
            Noted::Changed(id)
        );
        assert_eq!(
            book.note(answer("a", ""), host("192.168.1.20"), Way::Group),
            Noted::Known(id)
        );
        let [row] = book.rows() else { panic!() };
        assert_eq!((row.host(), row.way()), (&host("192.168.1.20"), Way::Group));
        assert_eq!(row.addresses.len(), 3);
        assert!(row.is_at(&host("192.0.2.9")));
    }

    #[test]
    fn two_devices_with_the_uuid_of_their_factory_are_two_rows() {
        let mut book = FoundBook::default();
        book.note(answer("a", "DS7608-001"), host("192.168.1.20"), Way::Group);
        book.note(answer("a", "DS7608-002"), host("192.168.1.21"), Way::Group);
        book.note(answer("b", "DS7608-001"), host("192.168.1.22"), Way::Group);
        let hosts: Vec<String> = book.rows().iter().map(|row| row.host().to_string()).collect();
        assert_eq!(hosts, ["192.168.1.20", "192.168.1.21"]);
    }

    #[test]
    fn what_does_not_say_who_it_is_is_known_by_its_address_until_it_does() {
        let mut book = FoundBook::default();
        let none = ProbeAnswer::default();
        assert_eq!(
            book.note(none.clone(), host("192.168.1.20"), Way::Port(554)),
            Noted::New(FoundId(0))
        );
        assert_eq!(
            book.note(none, host("192.168.1.20"), Way::Port(80)),
            Noted::Known(FoundId(0))
        );
        assert_eq!(
            book.note(answer("a", ""), host("192.168.1.20"), Way::Asked),
            Noted::Changed(FoundId(0))
        );
        // Another one behind the same address, by a router.
        assert_eq!(
            book.note(answer("b", ""), host("192.168.1.20"), Way::Asked),
            Noted::New(FoundId(1))
        );
    }

    #[test]
    fn no_number_of_answers_is_too_much() {
        let mut book = FoundBook::default();
        for number in 0..MOST_FOUND + 500 {
            book.note(
                answer(&format!("device-{number}"), ""),
                host("192.168.1.20"),
                Way::Group,
            );
        }
        assert_eq!(book.rows().len(), MOST_FOUND);
        for number in 0..100 {
            book.note(answer("device-7", ""), host(&format!("10.0.0.{number}")), Way::Group);
        }
        assert_eq!(book.rows()[7].addresses.len(), MOST_ADDRESSES);
    }
}
