mod many;
mod names;
mod naming;
mod taken;
mod virtual_dvrs;

pub use names::SelectError;
pub use naming::{NameProblem, Named};
pub use taken::TakenNames;

use super::letters::folded;
use super::{Device, DeviceEdit, DeviceId, Host, Identity, PasswordEdit, Site, SiteId, VirtualDvr};

/// All sites, devices and virtual DVRs, each in display order.
///
/// The methods keep that ids are unique, that the names of sites, of virtual DVRs and of the devices of one site are unique without
/// regard to case, and that every device stands in a site that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    pub sites: Vec<Site>,
    pub devices: Vec<Device>,
    pub virtual_dvrs: Vec<VirtualDvr>,
}

/// Why a change of the registry was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("the name is taken")]
    DuplicateName,
    #[error("there is no such device")]
    NoSuchDevice,
    #[error("there is no such site")]
    NoSuchSite,
    #[error("the site still has devices")]
    SiteHasDevices,
}

impl Registry {
    #[must_use]
    pub fn site(&self, id: SiteId) -> Option<&Site> {
        self.sites.iter().find(|site| site.id == id)
    }

    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    pub fn devices_of(&self, site: SiteId) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(move |device| device.site == site)
    }

    /// Case and surrounding space do not count.
    #[must_use]
    pub fn find_site_by_name(&self, name: &str) -> Option<&Site> {
        let name = folded(name);
        self.sites.iter().find(|site| folded(&site.name) == name)
    }

    /// Adds the device at the end, or changes the one with the same id where it stands. A site that is not there yet is added;
    /// one of the same name is used instead. A password that changes raises the device's `password_revision`. Of an edit that says
    /// what was there before, only what differs is taken, and a device that is gone stays gone.
    pub fn save(&mut self, edit: DeviceEdit) -> Result<(), RegistryError> {
        let edit = self.merged(edit)?;
        self.check(&edit)?;
        let DeviceEdit {
            site,
            mut device,
            password,
            before: _,
        } = edit;
        device.site = self.known_site(&site).unwrap_or_else(|| self.add_site(site));
        let place = self.index_of(device.id);
        let revision = place.map_or(device.password_revision, |index| self.devices[index].password_revision);
        device.password_revision = revision.wrapping_add(u32::from(password != PasswordEdit::Keep));
        match place {
            Some(index) => self.devices[index] = device,
            None => self.devices.push(device),
        }
        Ok(())
    }

    /// The device with its index, for [`Registry::restore`].
    pub fn remove(&mut self, id: DeviceId) -> Option<(usize, Device)> {
        let index = self.index_of(id)?;
        Some((index, self.devices.remove(index)))
    }

    /// Puts a removed device back at `index`, or at the end. A site that went meanwhile is made again from `site`; a name that was taken
    /// meanwhile gets a number.
    pub fn restore(&mut self, index: usize, site: Site, mut device: Device) -> Result<(), RegistryError> {
        if self.device(device.id).is_some() {
            return Err(RegistryError::DuplicateName);
        }
        let known = self.known_site(&site);
        device.name = self.free_device_name(&site.name, &device.name);
        device.site = known.unwrap_or_else(|| self.add_site(site));
        self.devices.insert(index.min(self.devices.len()), device);
        Ok(())
    }

    /// Puts the device at `index` of the whole list; an index past the end is the end.
    pub fn move_device(&mut self, id: DeviceId, index: usize) -> Result<(), RegistryError> {
        let from = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        let device = self.devices.remove(from);
        self.devices.insert(index.min(self.devices.len()), device);
        Ok(())
    }

    /// Adds to what a device is known by; what is known already stays.
    pub fn learn_identity(&mut self, id: DeviceId, identity: &Identity) -> Result<(), RegistryError> {
        let index = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        self.devices[index].identity.learn(identity);
        Ok(())
    }

    /// Registers the device at another address, where it was found. `unconfirmed`: nobody has said that it is the same device. A device
    /// that is not known by `identity`, or is not at `from` any more, stays where it is: somebody edited it meanwhile.
    pub fn relocate(
        &mut self,
        id: DeviceId,
        from: &Host,
        to: Host,
        identity: &Identity,
        unconfirmed: bool,
    ) -> Result<(), RegistryError> {
        let index = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        let device = &mut self.devices[index];
        if device.host == *from && device.identity.is_same(identity) {
            (device.host, device.unconfirmed) = (to, unconfirmed);
        }
        Ok(())
    }

    /// A person says that a device is the same one at its new address.
    pub fn confirm(&mut self, id: DeviceId) -> Result<(), RegistryError> {
        let index = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        self.devices[index].unconfirmed = false;
        Ok(())
    }

    /// Has a device take one of its roads and no other; `None`: any of them.
    pub fn pin_road(&mut self, id: DeviceId, road: Option<usize>) -> Result<(), RegistryError> {
        let index = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        let roads = &mut self.devices[index].roads;
        roads.pinned = road.filter(|road| *road < roads.count() && roads.count() > 1);
        Ok(())
    }

    pub fn set_enabled(&mut self, id: DeviceId, enabled: bool) -> Result<(), RegistryError> {
        let index = self.index_of(id).ok_or(RegistryError::NoSuchDevice)?;
        self.devices[index].enabled = enabled;
        Ok(())
    }

    /// Adds the site at the end, or renames the one with the same id; what else is known of that stays.
    pub fn save_site(&mut self, site: Site) -> Result<(), RegistryError> {
        if self
            .find_site_by_name(&site.name)
            .is_some_and(|other| other.id != site.id)
        {
            return Err(RegistryError::DuplicateName);
        }
        match self.sites.iter_mut().find(|known| known.id == site.id) {
            Some(known) => known.name = site.name,
            None => self.sites.push(site),
        }
        Ok(())
    }

    /// Changes what is known of a site: what differs between `before` and `after`, each field for itself.
    pub fn edit_site(&mut self, before: &Site, after: &Site) -> Result<(), RegistryError> {
        if before.name != after.name {
            self.save_site(Site::new(after.id, after.name.clone()))?;
        }
        let known = self.sites.iter_mut().find(|known| known.id == after.id);
        let known = known.ok_or(RegistryError::NoSuchSite)?;
        known.about = known.about.changed(&before.about, &after.about);
        Ok(())
    }

    /// Removes a site that has no devices.
    pub fn remove_site(&mut self, id: SiteId) -> Result<Site, RegistryError> {
        let index = self
            .sites
            .iter()
            .position(|site| site.id == id)
            .ok_or(RegistryError::NoSuchSite)?;
        if self.devices_of(id).next().is_some() {
            return Err(RegistryError::SiteHasDevices);
        }
        Ok(self.sites.remove(index))
    }

    /// The edit with what is registered now in place of what it leaves as it was.
    pub(super) fn merged(&self, edit: DeviceEdit) -> Result<DeviceEdit, RegistryError> {
        let Some(before) = &edit.before else { return Ok(edit) };
        let now = self.device(edit.device.id).ok_or(RegistryError::NoSuchDevice)?;
        let stays = before.site == edit.device.site;
        let site = self.site(now.site).filter(|_| stays).cloned();
        Ok(DeviceEdit {
            device: now.changed(before, &edit.device),
            site: site.unwrap_or(edit.site),
            password: edit.password,
            before: None,
        })
    }

    /// The site with this id, or else with this name.
    fn known_site(&self, site: &Site) -> Option<SiteId> {
        let known = self.site(site.id).or_else(|| self.find_site_by_name(&site.name));
        known.map(|known| known.id)
    }

    fn add_site(&mut self, site: Site) -> SiteId {
        let id = site.id;
        self.sites.push(site);
        id
    }

    fn index_of(&self, id: DeviceId) -> Option<usize> {
        self.devices.iter().position(|device| device.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Password, sample};

    fn edit(id: u64, name: &str, site: (u64, &str)) -> DeviceEdit {
        let site = sample::site(SiteId(site.0), site.1);
        let device = Device {
            site: site.id,
            ..sample::device(id, name, 1)
        };
        DeviceEdit {
            site,
            device,
            password: PasswordEdit::Keep,
            before: None,
        }
    }

    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (id, name) in [(1, "A"), (2, "B"), (3, "C")] {
            registry.save(edit(id, name, (1, "Tokyo"))).unwrap();
        }
        registry
    }

    fn names(registry: &Registry) -> String {
        registry.devices.iter().map(|device| device.name.as_str()).collect()
    }

    #[test]
    fn names_are_unique_within_a_site_without_regard_to_case() {
        let mut registry = registry();
        assert_eq!(
            registry.save(edit(4, " a ", (1, "Tokyo"))),
            Err(RegistryError::DuplicateName)
        );
        assert_eq!(registry.save(edit(1, "a", (1, "Tokyo"))), Ok(()));
        assert_eq!(names(&registry), "aBC");
        assert_eq!(registry.free_device_name("Tokyo", "b"), "b (2)");
        assert_eq!(registry.save(edit(4, "A", (2, "Osaka"))), Ok(()), "another site");
        assert_eq!(
            registry.save(edit(4, "A", (1, "Tokyo"))),
            Err(RegistryError::DuplicateName)
        );
        assert!(registry.remove(DeviceId(4)).is_some());
        assert!(registry.remove_site(SiteId(2)).is_ok());
        assert_eq!(
            registry.save_site(Site::new(SiteId(2), "tokyo".into())),
            Err(RegistryError::DuplicateName)
        );
        assert_eq!(
            registry.find_device_at(SiteId(1), " c ").map(|device| device.id),
            Some(DeviceId(3))
        );
    }

    #[test]
    fn a_site_of_the_same_name_is_used() {
        let mut registry = registry();
        registry.save(edit(4, "D", (9, "TOKYO"))).unwrap();
        registry.save(edit(5, "E", (9, "Osaka"))).unwrap();
        assert_eq!(registry.sites.len(), 2);
        assert_eq!(
            (registry.devices[3].site, registry.devices[4].site),
            (SiteId(1), SiteId(9))
        );
        assert_eq!(registry.devices_of(SiteId(1)).count(), 4);
    }

    #[test]
    fn a_password_that_changes_raises_the_revision() {
        let mut registry = registry();
        for (password, revision) in [
            (PasswordEdit::Set(Password::new("x")), 1),
            (PasswordEdit::Keep, 1),
            (PasswordEdit::Clear, 2),
        ] {
            registry
                .save(DeviceEdit {
                    password,
                    ..edit(1, "A", (1, "Tokyo"))
                })
                .unwrap();
            assert_eq!(registry.devices[0].password_revision, revision);
        }
    }

    #[test]
    fn an_edit_changes_only_what_it_is_about_and_brings_no_removed_device_back() {
        let seen = registry();
        let before = seen.device(DeviceId(1)).cloned().map(Box::new);
        let named = |names: [&str; 3]| names.map(|name| crate::Channel { name: name.to_owned() }).to_vec();
        let mut edit = edit(1, "renamed", (1, "Tokyo"));
        edit.device.channels = named(["yard", "", ""]);
        let edit = DeviceEdit { before, ..edit };
        // Somebody else moved it to another site, port and user, and named another channel.
        let mut registry = seen.clone();
        registry.sites.push(sample::site(SiteId(2), "Osaka"));
        let others = Device {
            site: SiteId(2),
            port: 8554,
            user: "viewer".to_owned(),
            enabled: false,
            channels: named(["", "gate", ""])[..2].to_vec(),
            ..seen.devices[0].clone()
        };
        registry.devices[0] = others.clone();
        registry.save(edit.clone()).unwrap();
        let both = Device {
            name: "renamed".to_owned(),
            channels: named(["yard", "gate", ""]),
            ..others
        };
        assert_eq!((&registry.devices[0], registry.sites.len()), (&both, 2));
        registry.remove(DeviceId(1)).unwrap();
        assert_eq!(registry.check(&edit), Err(RegistryError::NoSuchDevice));
        assert_eq!(registry.save(edit), Err(RegistryError::NoSuchDevice));
        assert_eq!(registry.devices.len(), 2);
    }

    #[test]
    fn order_is_kept_through_moves_and_undo() {
        let mut registry = registry();
        registry.move_device(DeviceId(1), 2).unwrap();
        assert_eq!(names(&registry), "BCA");
        registry.move_device(DeviceId(1), 99).unwrap();
        let site = registry.sites[0].clone();
        let (index, device) = registry.remove(DeviceId(3)).unwrap();
        assert_eq!((index, names(&registry).as_str()), (1, "BA"));
        registry.restore(index, site.clone(), device.clone()).unwrap();
        assert_eq!(names(&registry), "BCA");
        assert_eq!(registry.restore(index, site, device), Err(RegistryError::DuplicateName));
        let (index, device) = registry.remove(DeviceId(3)).unwrap();
        registry.save(edit(4, "c", (1, "Tokyo"))).unwrap();
        registry.restore(index, registry.sites[0].clone(), device).unwrap();
        assert_eq!(names(&registry), "BC (2)Ac", "the name was taken meanwhile");
        assert_eq!(registry.move_device(DeviceId(9), 0), Err(RegistryError::NoSuchDevice));
        assert_eq!(
            registry.set_enabled(DeviceId(9), false),
            Err(RegistryError::NoSuchDevice)
        );
        assert!(registry.remove(DeviceId(9)).is_none());
    }

    #[test]
    fn only_an_empty_site_goes_and_undo_brings_it_back() {
        let before = registry();
        let mut registry = before.clone();
        assert_eq!(registry.remove_site(SiteId(1)), Err(RegistryError::SiteHasDevices));
        let removed: Vec<_> = (1..=3).filter_map(|id| registry.remove(DeviceId(id))).collect();
        let site = registry.remove_site(SiteId(1)).unwrap();
        assert_eq!(registry.remove_site(SiteId(1)), Err(RegistryError::NoSuchSite));
        for (index, device) in removed.into_iter().rev() {
            registry.restore(index, site.clone(), device).unwrap();
        }
        assert_eq!(registry, before);
    }
}
