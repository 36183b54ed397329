//! The addresses by which one device is reached, in the order in which they are tried.

use std::fmt;

use super::letters::{as_name, half_width, is_unseen};
use super::typed::{MAX_NAME, number as number_in};
use super::{Device, Field, Host, Problem};

/// Another address of a device, for when the preferred one is dead: by a VPN, from outside, or of the recorder that stands in for it.
/// User, password, paths and how RTSP is carried are those of the device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Road {
    /// What a person calls it; may be empty.
    pub name: String,
    pub host: Host,
    pub port: u16,
}

/// The roads of a device beyond the preferred one, which is its own host and port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roads {
    /// In the order in which they are tried; at most [`Roads::MOST`].
    pub others: Vec<Road>,
    /// The only one that is taken, where a person wants that; 0: the preferred one.
    pub pinned: Option<usize>,
}

impl Roads {
    /// The most roads beyond the preferred one: a router keeps an unanswered connect for two minutes, and there are as many looks in
    /// them.
    pub const MOST: usize = 3;

    /// These, of a device that is registered as `before`: a pin stays at its road as long as that is one of them.
    pub(super) fn of(others: Vec<Road>, before: Option<&Device>) -> Self {
        let pinned = before.and_then(|device| match device.roads.pinned? {
            0 => Some(0),
            pinned => {
                let road = device.roads.others.get(pinned - 1)?;
                others.iter().position(|other| other == road).map(|index| index + 1)
            }
        });
        let pinned = pinned.filter(|_| !others.is_empty());
        Self { others, pinned }
    }

    /// How many there are, with the preferred one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.others.len() + 1
    }
}

impl Device {
    /// Host and port by a road; 0: the preferred one.
    #[must_use]
    pub fn place(&self, road: usize) -> Option<(&Host, u16)> {
        match road.checked_sub(1) {
            None => Some((&self.host, self.port)),
            Some(other) => self.roads.others.get(other).map(|road| (&road.host, road.port)),
        }
    }

    /// Whether one of its roads ends at this host.
    #[must_use]
    pub fn is_at(&self, host: &Host) -> bool {
        self.host == *host || self.roads.others.iter().any(|road| road.host == *host)
    }

    /// What a road is called: its name, else its host and port.
    #[must_use]
    pub fn road_name(&self, road: usize) -> Option<String> {
        let named = road.checked_sub(1).and_then(|other| self.roads.others.get(other));
        match named.filter(|road| !road.name.is_empty()) {
            Some(road) => Some(road.name.clone()),
            None => self.place(road).map(|(host, port)| host.with_port(port)),
        }
    }
}

impl fmt::Display for Road {
    /// As the files and the command line write it: `VPN=10.8.0.5:554`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{}=", self.name)?;
        }
        f.write_str(&self.host.with_port(self.port))
    }
}

/// A road as it is typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DraftRoad {
    pub name: String,
    pub host: String,
    pub port: String,
}

impl DraftRoad {
    /// Reads what [`Road`] writes; without a port it has that of the device.
    #[must_use]
    pub fn read(text: &str, port: &str) -> Self {
        let (name, place) = text.split_once('=').unwrap_or(("", text));
        let place = place.trim();
        let is_port = |port: &str| !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit());
        let (host, own) = match place.rsplit_once(':') {
            // An IPv6 address without brackets has no port.
            Some((host, port)) if is_port(port) && (!host.contains(':') || host.ends_with(']')) => (host, Some(port)),
            _ => (place, None),
        };
        Self {
            name: name.trim().to_owned(),
            host: host.to_owned(),
            port: own.unwrap_or(port).to_owned(),
        }
    }

    /// Whether nothing is typed: then it is no road.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.host.trim().is_empty() && self.name.trim().is_empty()
    }

    /// The road with this number from 1, or what is wrong with it.
    pub(super) fn parse(&self, number: u16) -> Result<Road, Vec<(Field, Problem)>> {
        let mut wrong = Vec::new();
        let name = as_name(&self.name);
        let problem = match () {
            () if name.chars().count() > MAX_NAME => Some(Problem::TooLong { max: MAX_NAME }),
            () if is_unseen(&name) && !name.is_empty() => Some(Problem::ControlCharacter),
            () if name.contains(['=', ';']) => Some(Problem::NotInName),
            () => None,
        };
        wrong.extend(problem.map(|problem| (Field::RoadName(number), problem)));
        let host = half_width(&self.host).parse::<Host>().map_err(Problem::Host);
        let port = number_in(&self.port, 1, u16::MAX.into()).map(|port| u16::try_from(port).unwrap_or(u16::MAX));
        match (host, port) {
            (Ok(host), Ok(port)) if wrong.is_empty() => Ok(Road { name, host, port }),
            (host, port) => {
                wrong.extend(host.err().map(|problem| (Field::RoadHost(number), problem)));
                wrong.extend(port.err().map(|problem| (Field::RoadPort(number), problem)));
                Err(wrong)
            }
        }
    }
}

impl From<&Road> for DraftRoad {
    fn from(road: &Road) -> Self {
        Self {
            name: road.name.clone(),
            host: road.host.to_string(),
            port: road.port.to_string(),
        }
    }
}

/// Reads one road of a file; `None`: it is none.
#[must_use]
pub fn road_of(text: &str, port: u16) -> Option<Road> {
    DraftRoad::read(text, &port.to_string()).parse(1).ok()
}

/// The roads of a draft, or each mistake at its field. `place`: the preferred road, where that is known.
pub(super) fn parse_all(typed: &[DraftRoad], place: Option<(&Host, u16)>) -> Result<Vec<Road>, Vec<(Field, Problem)>> {
    let (mut roads, mut wrong): (Vec<Road>, Vec<_>) = (Vec::new(), Vec::new());
    for (number, road) in (1..).zip(typed).filter(|(_, road)| !road.is_empty()) {
        match road.parse(number) {
            Ok(road) => {
                let is = |host: &Host, port: u16| (host, port) == (&road.host, road.port);
                let known = place.is_some_and(|(host, port)| is(host, port));
                if known || roads.iter().any(|other| is(&other.host, other.port)) {
                    wrong.push((Field::RoadHost(number), Problem::SameRoad));
                } else if roads.len() == Roads::MOST {
                    wrong.push((Field::RoadHost(number), Problem::TooMany { most: Roads::MOST }));
                } else {
                    roads.push(road);
                }
            }
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.is_empty() { Ok(roads) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostError;

    #[test]
    fn a_road_is_read_as_it_was_written_and_has_the_devices_port_without_one() {
        for text in [
            "VPN=10.8.0.5:554",
            "10.8.0.5:554",
            "shop.example.jp:10554",
            "外線=[2001:db8::1]:554",
        ] {
            assert_eq!(road_of(text, 1).map(|road| road.to_string()).as_deref(), Some(text));
        }
        for (text, written) in [
            (" LAN = recorder ", "LAN=recorder:8554"),
            ("2001:db8::1", "[2001:db8::1]:8554"),
            ("[fe80::1%eth0]:554", "[fe80::1%eth0]:554"),
        ] {
            assert_eq!(
                road_of(text, 8554).map(|road| road.to_string()).as_deref(),
                Some(written)
            );
        }
        for text in ["", "=", "a b", "10.8.0.5:0", "x=10.8.0.256"] {
            assert_eq!(road_of(text, 554), None, "{text}");
        }
    }

    #[test]
    fn each_mistake_stands_at_its_field_and_an_empty_line_is_none() {
        let typed = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| DraftRoad::read(text, "554"))
                .collect::<Vec<_>>()
        };
        let own: Host = "10.0.0.1".parse().unwrap();
        let place = Some((&own, 554));
        let roads = parse_all(&typed(&["", "VPN=10.8.0.5", ""]), place).unwrap();
        assert_eq!(roads.len(), 1);
        let wrong = |texts: &[&str]| parse_all(&typed(texts), place).unwrap_err();
        assert_eq!(wrong(&["10.0.0.1:554"]), [(Field::RoadHost(1), Problem::SameRoad)]);
        assert_eq!(wrong(&["a", "a"]), [(Field::RoadHost(2), Problem::SameRoad)]);
        assert_eq!(
            wrong(&["a", "b", "c", "d"]),
            [(Field::RoadHost(4), Problem::TooMany { most: Roads::MOST })]
        );
        assert_eq!(
            wrong(&["VPN=", "x=1.2.3.4:99999"]),
            [
                (Field::RoadHost(1), Problem::Host(HostError::Empty)),
                (Field::RoadPort(2), Problem::OutOfRange { min: 1, max: 65_535 }),
            ]
        );
        let name = DraftRoad {
            name: "a;b".to_owned(),
            ..DraftRoad::read("c", "554")
        };
        assert_eq!(
            parse_all(&[name], place).unwrap_err(),
            [(Field::RoadName(1), Problem::NotInName)]
        );
    }
}
