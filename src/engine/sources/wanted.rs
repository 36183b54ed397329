//! Which recorders are asked for their events, and how.

use std::collections::BTreeMap;

use super::super::attempt::recorder_of;
use device::{Brands, Device, EventSource, OnvifPlace, Paths, Registry};
use vendor::Maker;

/// The interface by which a device tells its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Interface {
    Onvif,
    Maker(Maker),
}

impl Interface {
    pub(super) fn source(self) -> EventSource {
        match self {
            Self::Onvif => EventSource::Onvif,
            Self::Maker(Maker::Hikvision) => EventSource::Hikvision,
            Self::Maker(Maker::Dahua) => EventSource::Dahua,
        }
    }

    fn of(source: EventSource) -> Option<Self> {
        match source {
            EventSource::Automatic | EventSource::Off => None,
            EventSource::Onvif => Some(Self::Onvif),
            EventSource::Hikvision => Some(Self::Maker(Maker::Hikvision)),
            EventSource::Dahua => Some(Self::Maker(Maker::Dahua)),
        }
    }
}

/// A recorder that is asked for its events.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// The entries of the registry that are this recorder. The first one is asked.
    pub devices: Vec<Device>,
    pub place: OnvifPlace,
    /// The next one is taken where a recorder does not know the one before. Never empty.
    pub interfaces: Vec<Interface>,
    /// A person said how.
    pub is_chosen: bool,
}

impl Wanted {
    /// Of the entry that is asked, what it is asked by: another one begins anew.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let asked = |wanted: &Self| {
            let first = wanted.devices.first()?;
            let sign_in = (first.user.clone(), first.password_revision, first.unconfirmed);
            let channels = wanted.devices.iter().map(|device| device.channels.len()).max();
            Some((first.id, first.host.clone(), first.port, sign_in, channels))
        };
        asked(self) == asked(other) && self.place == other.place && self.interfaces == other.interfaces
    }

    /// So many channels the recorder has, for all that is registered.
    pub(super) fn channels(&self) -> usize {
        self.devices
            .iter()
            .map(|device| device.channels.len())
            .max()
            .unwrap_or(0)
    }

    /// Which entry an event of this channel is of: one that has the channel.
    pub(super) fn entry(&self, channel: Option<u16>) -> Option<&Device> {
        let has = |device: &&Device| channel.is_none_or(|number| device.channels.len() >= usize::from(number));
        self.devices.iter().find(has).or(self.devices.first())
    }
}

/// The recorders that are asked, each once, however often it is registered.
pub(super) fn wanted(registry: &Registry, brands: &Brands) -> BTreeMap<u64, Wanted> {
    let mut all: BTreeMap<u64, Wanted> = BTreeMap::new();
    for device in registry.devices.iter().filter(|device| device.enabled) {
        let Some((interfaces, place)) = interfaces(device, brands) else {
            continue;
        };
        let is_chosen = device.events != EventSource::Automatic;
        let recorder = recorder_of(&device.host, device.port);
        match all.get_mut(&recorder) {
            // Where entries say different things, what a person chose counts.
            Some(other) if is_chosen && !other.is_chosen => {
                other.devices.insert(0, device.clone());
                (other.place, other.interfaces, other.is_chosen) = (place, interfaces, true);
            }
            Some(other) => other.devices.push(device.clone()),
            None => {
                let wanted = Wanted {
                    devices: vec![device.clone()],
                    place,
                    interfaces,
                    is_chosen,
                };
                all.insert(recorder, wanted);
            }
        }
    }
    all
}

/// By itself only who was asked over HTTP before is asked: behind a router, port 80 may be another device, which would get the password.
fn interfaces(device: &Device, brands: &Brands) -> Option<(Vec<Interface>, OnvifPlace)> {
    if let Some(interface) = Interface::of(device.events) {
        return Some((vec![interface], device.onvif.clone().unwrap_or_default()));
    }
    let place = device
        .onvif
        .clone()
        .filter(|_| device.events == EventSource::Automatic)?;
    let brand = match &device.paths {
        Paths::Brand(id) => brands.get(id),
        Paths::Own { .. } | Paths::Listed(_) => None,
    };
    let own = brand.and_then(|brand| brand.events).and_then(Interface::of);
    let makers = own.filter(|interface| *interface != Interface::Onvif);
    Some((makers.into_iter().chain([Interface::Onvif]).collect(), place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{BrandId, sample};

    fn device(id: u64, brand: Option<&str>, onvif: bool, events: EventSource) -> Device {
        let mut device = sample::device(id, "DVR", 4);
        if let Some(brand) = brand {
            device.paths = Paths::Brand(BrandId(brand.to_owned()));
        }
        Device {
            onvif: onvif.then(OnvifPlace::default),
            events,
            port: u16::try_from(500 + id).unwrap(),
            ..device
        }
    }

    fn interfaces_of(device: &Device) -> Vec<Interface> {
        let all = wanted(&sample::registry(std::slice::from_ref(device)), &crate::store::brands());
        all.into_values()
            .next()
            .map(|wanted| wanted.interfaces)
            .unwrap_or_default()
    }

    #[test]
    fn by_itself_only_who_was_asked_before_is_asked_as_its_brand_has_it() {
        use EventSource::{Automatic, Dahua, Off, Onvif};
        let (hik, dahua) = (Interface::Maker(Maker::Hikvision), Interface::Maker(Maker::Dahua));
        for (brand, onvif, events, interfaces) in [
            (None, false, Automatic, vec![]),
            (Some("hikvision"), false, Automatic, vec![]),
            (None, true, Automatic, vec![Interface::Onvif]),
            (Some("hikvision"), true, Automatic, vec![hik, Interface::Onvif]),
            (Some("dahua"), true, Automatic, vec![dahua, Interface::Onvif]),
            (Some("uniview-nvr"), true, Automatic, vec![Interface::Onvif]),
            (Some("hikvision"), true, Off, vec![]),
            (Some("hikvision"), true, Onvif, vec![Interface::Onvif]),
            (None, false, Dahua, vec![dahua]),
        ] {
            assert_eq!(
                interfaces_of(&device(1, brand, onvif, events)),
                interfaces,
                "{brand:?} {onvif} {events:?}"
            );
        }
        let disabled = Device {
            enabled: false,
            ..device(1, None, true, Onvif)
        };
        assert!(interfaces_of(&disabled).is_empty());
    }

    #[test]
    fn one_recorder_is_asked_once_and_what_was_chosen_counts() {
        let first = device(1, None, true, EventSource::Automatic);
        let mut second = device(2, None, true, EventSource::Dahua);
        second.port = first.port;
        second.channels.truncate(2);
        let third = device(3, None, true, EventSource::Automatic);
        let all = wanted(
            &sample::registry(&[first.clone(), second.clone(), third]),
            &Brands::default(),
        );
        assert_eq!(all.len(), 2);
        let shared = &all[&recorder_of(&first.host, first.port)];
        assert_eq!(
            (shared.interfaces.as_slice(), shared.channels()),
            (&[Interface::Maker(Maker::Dahua)][..], 4)
        );
        let entry = |channel| shared.entry(channel).map(|device| device.id);
        assert_eq!((entry(None), entry(Some(1))), (Some(second.id), Some(second.id)));
        assert_eq!(entry(Some(4)), Some(first.id), "it alone has the channel");
    }
}
