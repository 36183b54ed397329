//! Many edits at once. Each name and id is looked up in an index, so that thousands of edits cost thousands of looks, not millions.

use std::collections::HashMap;

use super::{Registry, RegistryError};
use crate::letters::folded;
use crate::{DeviceEdit, DeviceId, PasswordEdit, SiteId};

impl Registry {
    /// Saves all of these edits, as [`Registry::save`] does each, or none where two devices of a site would have one name in the end: on
    /// the way there they may, so that two devices can change their names with each other.
    ///
    /// Returns the devices that were to be changed and are not registered any more. The others are saved all the same.
    pub fn save_all(&mut self, edits: &[DeviceEdit]) -> Result<Vec<DeviceId>, RegistryError> {
        let mut after = self.clone();
        let mut places: HashMap<DeviceId, usize> = HashMap::with_capacity(self.devices.len() + edits.len());
        places.extend(
            self.devices
                .iter()
                .enumerate()
                .map(|(place, device)| (device.id, place)),
        );
        let mut sites: HashMap<SiteId, usize> = HashMap::new();
        let mut sites_by_name: HashMap<String, SiteId> = HashMap::new();
        for (place, site) in self.sites.iter().enumerate() {
            sites.insert(site.id, place);
            sites_by_name.entry(folded(&site.name)).or_insert(site.id);
        }
        let mut gone = Vec::new();
        for edit in edits {
            let place = places.get(&edit.device.id).copied();
            let mut device = edit.device.clone();
            let mut stays = None;
            if let Some(before) = &edit.before {
                let Some(now) = place.map(|place| &after.devices[place]) else {
                    gone.push(edit.device.id);
                    continue;
                };
                device = now.changed(before, &edit.device);
                stays = Some(now.site).filter(|site| before.site == edit.device.site && sites.contains_key(site));
            }
            device.site = match stays {
                Some(site) => site,
                None if sites.contains_key(&edit.site.id) => edit.site.id,
                None => *sites_by_name.entry(folded(&edit.site.name)).or_insert_with(|| {
                    sites.insert(edit.site.id, after.sites.len());
                    after.sites.push(edit.site.clone());
                    edit.site.id
                }),
            };
            let revision = place.map_or(device.password_revision, |place| after.devices[place].password_revision);
            device.password_revision = revision.wrapping_add(u32::from(edit.password != PasswordEdit::Keep));
            match place {
                Some(place) => after.devices[place] = device,
                None => {
                    places.insert(device.id, after.devices.len());
                    after.devices.push(device);
                }
            }
        }
        after.check_names_of(edits)?;
        *self = after;
        Ok(gone)
    }

    /// Whether no edited device has the name of another one of its site.
    fn check_names_of(&self, edits: &[DeviceEdit]) -> Result<(), RegistryError> {
        let edited: std::collections::HashSet<DeviceId> = edits.iter().map(|edit| edit.device.id).collect();
        let mut owners: HashMap<(SiteId, String), DeviceId> = HashMap::with_capacity(self.devices.len());
        for device in &self.devices {
            let name = (device.site, folded(&device.name));
            if let Some(other) = owners.insert(name, device.id)
                && (edited.contains(&device.id) || edited.contains(&other))
            {
                return Err(RegistryError::DuplicateName);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, Password, sample};

    fn edit(registry: &Registry, id: u64, name: &str, site: (u64, &str)) -> DeviceEdit {
        let site = sample::site(SiteId(site.0), site.1);
        let before = registry.device(DeviceId(id)).cloned();
        let device = Device {
            site: site.id,
            name: name.to_owned(),
            ..before.clone().unwrap_or_else(|| sample::device(id, name, 1))
        };
        DeviceEdit {
            site,
            device,
            password: PasswordEdit::Keep,
            before: before.map(Box::new),
        }
    }

    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (id, name) in [(1, "A"), (2, "B"), (3, "C")] {
            registry
                .save(edit(&Registry::default(), id, name, (1, "Tokyo")))
                .unwrap();
        }
        registry
    }

    #[test]
    fn many_edits_make_what_one_after_the_other_makes() {
        let before = registry();
        let mut edits = vec![
            edit(&before, 2, "Gate", (1, "Tokyo")),
            edit(&before, 4, "A", (9, "Osaka")),
            edit(&before, 5, "B", (8, " osaka ")),
            edit(&before, 3, "C", (9, "Osaka")),
        ];
        edits[0].password = PasswordEdit::Set(Password::new("s3cret"));
        let (mut one, mut all) = (before.clone(), before);
        edits.iter().for_each(|edit| one.save(edit.clone()).unwrap());
        assert_eq!(all.save_all(&edits), Ok(vec![]));
        assert_eq!(all, one);
        assert_eq!(all.sites.len(), 2, "the new site is made once");
        assert_eq!(all.devices[1].password_revision, 1);
    }

    #[test]
    fn names_may_change_hands_and_a_name_that_two_would_have_changes_nothing() {
        let before = registry();
        let mut registry = before.clone();
        let swap = [edit(&before, 1, "B", (1, "Tokyo")), edit(&before, 2, "a", (1, "Tokyo"))];
        assert_eq!(registry.save_all(&swap), Ok(vec![]));
        assert_eq!(
            (registry.devices[0].name.as_str(), registry.devices[1].name.as_str()),
            ("B", "a")
        );
        let mut registry = before.clone();
        let clash = [
            edit(&before, 4, "New", (1, "Tokyo")),
            edit(&before, 1, "c", (1, "Tokyo")),
        ];
        assert_eq!(registry.save_all(&clash), Err(RegistryError::DuplicateName));
        assert_eq!(registry, before);
    }

    #[test]
    fn what_is_gone_stays_gone_and_is_told() {
        let before = registry();
        let mut registry = before.clone();
        let edits = [edit(&before, 1, "X", (1, "Tokyo")), edit(&before, 2, "Y", (1, "Tokyo"))];
        registry.remove(DeviceId(1)).unwrap();
        assert_eq!(registry.save_all(&edits), Ok(vec![DeviceId(1)]));
        let names: Vec<&str> = registry.devices.iter().map(|device| device.name.as_str()).collect();
        assert_eq!(names, ["Y", "C"]);
    }
}
