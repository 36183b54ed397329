//! What is seen of the pictures of each device, and of its sign-in.

use std::collections::BTreeMap;

use super::super::sources::Pictures;
use super::Connections;
use device::{DeviceId, OnvifPlace};
use health::{PasswordWarning, warning};

impl Connections {
    /// The devices of which any pictures are wanted.
    pub(in crate::engine) fn pictures(&self) -> BTreeMap<DeviceId, Pictures> {
        let mut all = BTreeMap::new();
        for (_, link) in self.links.iter().filter(|(_, link)| link.is_stream()) {
            let plays = link.run.as_ref().is_some_and(|run| run.playing.is_some());
            let seen = all.entry(link.device).or_insert(Pictures::Missing);
            if plays {
                *seen = Pictures::Come;
            }
        }
        all
    }

    /// Devices with a password that anybody tries first. It is compared with what is kept, and nothing is tried.
    pub(in crate::engine) fn password_warnings(&self) -> BTreeMap<DeviceId, PasswordWarning> {
        let devices = self
            .links
            .iter()
            .filter(|(_, link)| link.is_stream())
            .map(|(_, link)| link.device);
        let warned = devices.filter_map(|device| {
            let credentials = self.sign_ins.ready(device)??;
            Some((device, warning(&credentials.user, credentials.password.expose())?))
        });
        warned.collect()
    }

    /// Registered devices that show a living picture, with where they speak ONVIF. By another road than the preferred one that may be the
    /// picture of another recorder, whose name and number are not those of the device.
    pub(in crate::engine) fn live_places(&self) -> BTreeMap<DeviceId, OnvifPlace> {
        let playing = self
            .links
            .iter()
            .filter(|(_, link)| link.is_stream())
            .filter(|(_, link)| {
                link.run
                    .as_ref()
                    .is_some_and(|run| run.playing.is_some() && run.road == 0)
            });
        let places = playing.filter_map(|(_, link)| {
            let device = self.devices.get(link.device)?;
            Some((device.id, device.onvif.clone()?))
        });
        places.collect()
    }
}
