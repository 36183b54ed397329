//! The names of devices. They are unique within a site, without regard to case; where two sites have one of the same name, `SITE/NAME`
//! tells them apart, on screen as on the command line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{Registry, RegistryError};
use crate::letters::folded;
use crate::{Device, DeviceEdit, SiteId};

/// Why a text names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    #[error("there is no device '{0}'")]
    Unknown(String),
    /// `candidates` are texts that [`Registry::select`] takes, two at least.
    #[error("several devices are called '{name}', say which one: {}", quoted(.candidates))]
    Ambiguous { name: String, candidates: Vec<String> },
}

impl Registry {
    /// The device of this name at a site. Case and surrounding space do not count.
    #[must_use]
    pub fn find_device_at(&self, site: SiteId, name: &str) -> Option<&Device> {
        let name = folded(name);
        self.devices_of(site).find(|device| folded(&device.name) == name)
    }

    /// The devices of this name at all sites. Case and surrounding space do not count.
    pub fn devices_named(&self, name: &str) -> impl Iterator<Item = &Device> + use<'_> {
        let name = folded(name);
        self.devices.iter().filter(move |device| folded(&device.name) == name)
    }

    /// The one device that a person means by `NAME`, `SITE/NAME` or its id. Names may hold a `/`: a name as a whole comes first.
    pub fn select(&self, typed: &str) -> Result<&Device, SelectError> {
        let typed = typed.trim();
        let meant = self.meant(typed);
        match meant[..] {
            [device] => Ok(device),
            [] => Err(SelectError::Unknown(typed.to_owned())),
            _ => Err(SelectError::Ambiguous {
                name: typed.to_owned(),
                candidates: meant.iter().map(|device| self.address_of(device)).collect(),
            }),
        }
    }

    /// The shortest text by which [`Registry::select`] finds this device: its name, `SITE/NAME`, or its id.
    #[must_use]
    pub fn address_of(&self, device: &Device) -> String {
        let texts = [device.name.clone(), self.with_site(device)];
        let finds = |text: &String| matches!(self.meant(text)[..], [found] if found.id == device.id);
        texts.into_iter().find(finds).unwrap_or_else(|| device.id.to_string())
    }

    /// What a device is called where its site is not in view: its name, or `SITE/NAME` where another site has one of that name.
    #[must_use]
    pub fn label_of<'a>(&self, device: &'a Device) -> Cow<'a, str> {
        if self.has_namesake(device) {
            Cow::Owned(self.with_site(device))
        } else {
            Cow::Borrowed(&device.name)
        }
    }

    /// [`Registry::label_of`] of several devices, with one look at all names.
    #[must_use]
    pub fn labels_of(&self, devices: &[&Device]) -> Vec<String> {
        if devices.len() < 8 {
            return devices
                .iter()
                .map(|device| self.label_of(device).into_owned())
                .collect();
        }
        let mut sites_of: HashMap<String, HashSet<SiteId>> = HashMap::new();
        for device in &self.devices {
            sites_of.entry(folded(&device.name)).or_default().insert(device.site);
        }
        let is_alone = |device: &Device| sites_of.get(&folded(&device.name)).is_none_or(|sites| sites.len() < 2);
        let label = |device: &&Device| match is_alone(device) {
            true => device.name.clone(),
            false => self.with_site(device),
        };
        devices.iter().map(label).collect()
    }

    /// Whether a device of another site has the same name.
    #[must_use]
    pub fn has_namesake(&self, device: &Device) -> bool {
        if self.sites.len() < 2 {
            return false;
        }
        let name = folded(&device.name);
        let mut others = self.devices.iter().filter(|other| other.site != device.site);
        others.any(|other| folded(&other.name) == name)
    }

    /// Whether [`Registry::save`] would take this edit.
    pub fn check(&self, edit: &DeviceEdit) -> Result<(), RegistryError> {
        let merged;
        let edit = match edit.before {
            None => edit,
            Some(_) => {
                merged = self.merged(edit.clone())?;
                &merged
            }
        };
        let site = self.known_site(&edit.site);
        let other = site.and_then(|site| self.find_device_at(site, &edit.device.name));
        match other {
            Some(other) if other.id != edit.device.id => Err(RegistryError::DuplicateName),
            _ => Ok(()),
        }
    }

    /// `name`, or `name (2)`, `name (3)` and so on: the first that no device of the site with this name has.
    #[must_use]
    pub fn free_device_name(&self, site: &str, name: &str) -> String {
        let site = self.find_site_by_name(site).map(|site| site.id);
        let is_free = |name: &String| site.is_none_or(|site| self.find_device_at(site, name).is_none());
        let numbered = (2u64..).map(|number| format!("{name} ({number})"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(is_free).unwrap_or_default()
    }

    /// All devices that a text may mean.
    fn meant(&self, typed: &str) -> Vec<&Device> {
        let named: Vec<&Device> = self.devices_named(typed).collect();
        if !named.is_empty() {
            return named;
        }
        let at_site = typed.match_indices('/').filter_map(|(slash, _)| {
            let site = self.find_site_by_name(&typed[..slash])?;
            self.find_device_at(site.id, &typed[slash + 1..])
        });
        let at_site: Vec<&Device> = at_site.collect();
        if !at_site.is_empty() {
            return at_site;
        }
        let is_id = typed.len() == 16;
        let id = typed.parse().ok().filter(|_| is_id);
        id.and_then(|id| self.device(id)).into_iter().collect()
    }

    fn with_site(&self, device: &Device) -> String {
        let site = self.site(device.site).map_or("", |site| &site.name);
        format!("{site}/{}", device.name)
    }
}

fn quoted(candidates: &[String]) -> String {
    let quoted: Vec<String> = candidates.iter().map(|text| format!("'{text}'")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceId, sample};

    fn registry(devices: &[(u64, &str)]) -> Registry {
        let sites = [(1, "Tokyo"), (2, "Osaka"), (3, "A/B")];
        let device = |(id, (site, name)): (u64, &(u64, &str))| Device {
            site: SiteId(*site),
            ..sample::device(id, name, 1)
        };
        Registry {
            sites: sites.map(|(id, name)| sample::site(SiteId(id), name)).to_vec(),
            devices: (1..).zip(devices).map(device).collect(),
            ..Registry::default()
        }
    }

    fn selected(registry: &Registry, typed: &str) -> Result<u64, String> {
        let device = registry.select(typed).map_err(|error| error.to_string())?;
        Ok(device.id.0)
    }

    #[test]
    fn a_name_alone_is_enough_while_one_site_has_it() {
        let registry = registry(&[(1, "DVR1"), (2, "dvr1"), (2, "Gate")]);
        assert_eq!(selected(&registry, " GATE "), Ok(3));
        assert_eq!(selected(&registry, "osaka/DVR1"), Ok(2));
        assert_eq!(selected(&registry, "Tokyo/ dvr1"), Ok(1));
        assert_eq!(
            selected(&registry, "Tokyo/Gate"),
            Err("there is no device 'Tokyo/Gate'".to_owned())
        );
        assert_eq!(
            selected(&registry, "DVR1"),
            Err("several devices are called 'DVR1', say which one: 'Tokyo/DVR1', 'Osaka/dvr1'".to_owned())
        );
    }

    #[test]
    fn a_name_with_a_slash_comes_before_the_site_that_it_looks_like() {
        let registry = registry(&[(1, "Osaka/DVR1"), (2, "DVR1"), (3, "DVR1"), (1, "B/DVR1")]);
        assert_eq!(selected(&registry, "Osaka/DVR1"), Ok(1));
        assert_eq!(selected(&registry, "A/B/DVR1"), Ok(3));
        assert_eq!(selected(&registry, "Tokyo/B/DVR1"), Ok(4));
        // What no name reaches its id does.
        assert_eq!(registry.address_of(&registry.devices[1]), "0000000000000002");
        for device in &registry.devices {
            assert_eq!(
                registry.select(&registry.address_of(device)).map(|found| found.id),
                Ok(device.id)
            );
        }
    }

    #[test]
    fn the_site_is_said_only_where_two_share_a_name() {
        let registry = registry(&[(1, "DVR1"), (2, "dvr1"), (2, "Gate")]);
        let labels = registry.devices.iter().map(|device| registry.label_of(device));
        assert_eq!(labels.collect::<Vec<_>>(), ["Tokyo/DVR1", "Osaka/dvr1", "Gate"]);
        assert_eq!(registry.free_device_name("osaka", "DVR1"), "DVR1 (2)");
        assert_eq!(registry.free_device_name("A/B", "DVR1"), "DVR1");
        assert_eq!(registry.free_device_name("Nowhere", "DVR1"), "DVR1");
        assert_eq!(
            registry.find_device_at(SiteId(2), " DVR1").map(|device| device.id),
            Some(DeviceId(2))
        );
    }
}
