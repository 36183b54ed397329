//! Another name for a site, a device or a virtual DVR, and devices that move to another site.

use super::Registry;
use crate::letters::{as_name, is_unseen};
use crate::{Device, DeviceEdit, DeviceId, Draft, PasswordEdit, Site, SiteId, VirtualDvrId};

/// What is to have another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Site(SiteId),
    Device(DeviceId),
    VirtualDvr(VirtualDvrId),
}

/// Why a typed text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    Empty,
    /// More than [`Draft::MAX_NAME`] characters.
    Long,
    /// It holds characters that cannot be seen.
    Unseen,
    /// Another site, another device of the same site, or another virtual DVR has it.
    Taken,
}

impl Registry {
    /// The name as it would be kept. What is not registered any more is compared with all sites or virtual DVRs; a device
    /// with nothing.
    pub fn check_name(&self, of: Named, typed: &str) -> Result<String, NameProblem> {
        let name = as_name(typed);
        if name.is_empty() {
            return Err(NameProblem::Empty);
        }
        if name.chars().count() > Draft::MAX_NAME {
            return Err(NameProblem::Long);
        }
        if is_unseen(&name) {
            return Err(NameProblem::Unseen);
        }
        let is_taken = match of {
            Named::Site(id) => self.find_site_by_name(&name).is_some_and(|other| other.id != id),
            Named::Device(id) => {
                let site = self.device(id).map(|device| device.site);
                let other = site.and_then(|site| self.find_device_at(site, &name));
                other.is_some_and(|other| other.id != id)
            }
            Named::VirtualDvr(id) => self.find_virtual_dvr_by_name(&name).is_some_and(|other| other.id != id),
        };
        if is_taken { Err(NameProblem::Taken) } else { Ok(name) }
    }

    /// The edit that gives a device this name and leaves everything else as it is; `None` where it is not registered.
    #[must_use]
    pub fn renamed(&self, id: DeviceId, name: String) -> Option<DeviceEdit> {
        let device = self.device(id)?;
        self.edit_of(Device { name, ..device.clone() }, device.site)
    }

    /// The edits that move devices to a site and leave everything else as it is. Those that stand there already are left out.
    ///
    /// # Errors
    /// The names that the site would have twice. Then nothing is to be moved.
    pub fn moved_to(&self, site: SiteId, ids: &[DeviceId]) -> Result<Vec<DeviceEdit>, Vec<String>> {
        let mut after = self.clone();
        let (mut edits, mut clashes) = (Vec::new(), Vec::new());
        let moving = |device: &&Device| device.site != site && ids.contains(&device.id);
        for device in self.devices.iter().filter(moving) {
            let moved = Device { site, ..device.clone() };
            let Some(edit) = self.edit_of(moved, site) else {
                continue;
            };
            match after.save(edit.clone()) {
                Ok(()) => edits.push(edit),
                Err(_) => clashes.push(device.name.clone()),
            }
        }
        if clashes.is_empty() { Ok(edits) } else { Err(clashes) }
    }

    fn edit_of(&self, device: Device, site: SiteId) -> Option<DeviceEdit> {
        let site: Site = self.site(site)?.clone();
        let before = self.device(device.id).cloned().map(Box::new);
        Some(DeviceEdit {
            site,
            device,
            password: PasswordEdit::Keep,
            before,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{VirtualDvr, sample};

    /// `DVR1` (1) and `Gate` (2) of Tokyo, `DVR1` (3) and `Yard` (4) of Osaka.
    fn registry() -> Registry {
        let at = |site, id, name| Device {
            site: SiteId(site),
            ..sample::device(id, name, 2)
        };
        Registry {
            sites: vec![sample::site(SiteId(1), "Tokyo"), sample::site(SiteId(2), "Osaka")],
            devices: vec![at(1, 1, "DVR1"), at(1, 2, "Gate"), at(2, 3, "DVR1"), at(2, 4, "Yard")],
            virtual_dvrs: vec![VirtualDvr {
                id: VirtualDvrId(5),
                name: "Doors".to_owned(),
                members: Vec::new(),
                layout: String::new(),
            }],
        }
    }

    #[test]
    fn a_name_is_free_within_its_kind_and_a_device_s_within_its_site() {
        let check = |of, typed: &str| registry().check_name(of, typed);
        let taken = Err(NameProblem::Taken);
        assert_eq!(check(Named::Site(SiteId(1)), " osaka "), taken);
        assert_eq!(
            check(Named::Site(SiteId(1)), " TOKYO "),
            Ok("TOKYO".to_owned()),
            "its own"
        );
        assert_eq!(check(Named::Device(DeviceId(1)), "gate"), taken);
        assert_eq!(
            check(Named::Device(DeviceId(1)), "Yard"),
            Ok("Yard".to_owned()),
            "another site's"
        );
        assert_eq!(check(Named::VirtualDvr(VirtualDvrId(6)), "doors"), taken);
        assert_eq!(
            check(Named::VirtualDvr(VirtualDvrId(5)), "Tokyo"),
            Ok("Tokyo".to_owned())
        );
        for (typed, problem) in [
            (" ".to_owned(), NameProblem::Empty),
            ("\u{2800}".to_owned(), NameProblem::Unseen),
            ("録".repeat(201), NameProblem::Long),
        ] {
            for of in [
                Named::Site(SiteId(1)),
                Named::Device(DeviceId(1)),
                Named::VirtualDvr(VirtualDvrId(5)),
            ] {
                assert_eq!(check(of, &typed), Err(problem), "{of:?}");
            }
        }
    }

    #[test]
    fn another_name_leaves_everything_else() {
        let before = registry();
        let edit = before.renamed(DeviceId(2), "Tor".to_owned()).unwrap();
        let mut after = before.clone();
        after.save(edit).unwrap();
        let mut expected = before;
        expected.devices[1].name = "Tor".to_owned();
        assert_eq!(after, expected, "the password's revision, too");
        assert_eq!(after.renamed(DeviceId(9), "X".to_owned()), None);
    }

    #[test]
    fn devices_move_together_or_not_at_all() {
        let registry = registry();
        let moved = |site, ids: &[u64]| {
            let ids: Vec<DeviceId> = ids.iter().map(|id| DeviceId(*id)).collect();
            let edits = registry.moved_to(SiteId(site), &ids)?;
            Ok::<_, Vec<String>>(edits.into_iter().map(|edit| edit.device.id.0).collect::<Vec<_>>())
        };
        assert_eq!(moved(2, &[2]), Ok(vec![2]));
        assert_eq!(moved(2, &[4, 2]), Ok(vec![2]), "the other one is there");
        assert_eq!(moved(2, &[1, 2]), Err(vec!["DVR1".to_owned()]));
        assert_eq!(moved(9, &[1, 2]), Ok(vec![]), "no such site");
        let mut third = registry.clone();
        third.sites.push(sample::site(SiteId(3), "Nara"));
        let both = third.moved_to(SiteId(3), &[DeviceId(1), DeviceId(3)]);
        assert_eq!(both, Err(vec!["DVR1".to_owned()]), "two of one name come together");
    }
}
