//! One edit of several devices, and its undo: one write of the registry, and every password that it replaces is read before. Devices may
//! be new, as those of an imported table are. What is done for each device finds it in an index: there may be thousands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{Files, FilesEffect, KeyringAnswer, WorkerAnswer};
use crate::bridge::NoticeKind;
use device::{Device, DeviceEdit, DeviceId, Password, PasswordEdit, Registry, RegistryError, Site, SiteId};

/// What the undo of the last edit of several devices brings back.
#[derive(Default)]
pub(super) struct Former {
    devices: Vec<(Site, Device)>,
    /// The devices that it added.
    added: Vec<DeviceId>,
    /// The passwords that were replaced; or why one could not be read.
    passwords: BTreeMap<DeviceId, Result<Option<Password>, String>>,
    /// Those that are being read. The undo waits for them.
    reading: BTreeSet<DeviceId>,
    undo_wanted: bool,
    /// The sites that the edit made.
    made: Vec<SiteId>,
    /// Devices that are added in several steps.
    run: Option<u64>,
}

impl Files {
    /// Saves devices that were found, as a part of a run: what it added before is undone with them.
    pub(in crate::engine) fn add_devices(&mut self, edits: Vec<DeviceEdit>, run: u64) {
        let (mut added, mut made) = (Vec::new(), Vec::new());
        if self.former.run == Some(run) {
            (added, made) = (self.former.added.clone(), self.former.made.clone());
        }
        let number = edits.len();
        self.save_devices(edits);
        if number == 0 || self.former.added.is_empty() {
            return;
        }
        self.former.run = Some(run);
        if !added.is_empty() {
            self.former.added.splice(0..0, added);
            self.former.made.splice(0..0, made.drain(..));
            let (added, changed) = (self.former.added.len(), 0);
            // In place of the one that told of the last step alone.
            self.withdraw_edit();
            self.notice(NoticeKind::DevicesAdded { added, changed });
        }
    }

    /// Saves all of these devices, or none where one does not fit.
    pub(in crate::engine) fn save_devices(&mut self, edits: Vec<DeviceEdit>) {
        let edits = self.without_gone(edits);
        let registry = Arc::clone(&self.registry);
        let mut after = Registry::clone(&registry);
        if let Err(error) = after.save_all(&edits) {
            tracing::warn!(%error, "an edit of several devices was not possible");
            return;
        }
        self.forget_edit();
        let known: HashMap<DeviceId, &Device> = registry.devices.iter().map(|device| (device.id, device)).collect();
        let sites: HashMap<SiteId, &Site> = registry.sites.iter().map(|site| (site.id, site)).collect();
        let mut changed = Vec::new();
        for edit in &edits {
            match known.get(&edit.device.id) {
                None => self.former.added.push(edit.device.id),
                Some(was) => {
                    changed.push(*was);
                    if let Some(site) = sites.get(&was.site) {
                        self.former.devices.push(((*site).clone(), (*was).clone()));
                    }
                }
            }
        }
        let is_new = |site: &&Site| !sites.contains_key(&site.id);
        self.former.made = after.sites.iter().filter(is_new).map(|site| site.id).collect();
        let kind = match self.former.added.len() {
            0 => NoticeKind::DevicesEdited {
                names: registry.labels_of(&changed),
            },
            added => NoticeKind::DevicesAdded {
                added,
                changed: changed.len(),
            },
        };
        for edit in &edits {
            self.trust_new_device(&edit.device);
        }
        self.store_edits(edits, true);
        self.notice(kind);
    }

    /// Brings the devices back as they were before the last edit of several.
    pub(in crate::engine) fn undo_edit(&mut self) {
        if !self.former.reading.is_empty() {
            self.former.undo_wanted = true;
            return;
        }
        let former = std::mem::take(&mut self.former);
        self.withdraw_edit();
        let registry = Arc::clone(&self.registry);
        let known: HashMap<DeviceId, &Device> = registry.devices.iter().map(|device| (device.id, device)).collect();
        let mut edits = Vec::new();
        for (site, device) in former.devices {
            let Some(now) = known.get(&device.id) else {
                continue;
            };
            let before = Some(Box::new((*now).clone()));
            let password = match former.passwords.get(&device.id) {
                None => PasswordEdit::Keep,
                Some(Ok(None)) => PasswordEdit::Clear,
                Some(Ok(Some(password))) => PasswordEdit::Set(password.clone()),
                Some(Err(reason)) => {
                    self.notice(NoticeKind::SecretFailed {
                        device: self.registry.label_of(&device).into_owned(),
                        reason: reason.clone(),
                    });
                    PasswordEdit::Keep
                }
            };
            edits.push(DeviceEdit {
                site,
                device,
                password,
                before,
            });
        }
        self.store_edits(edits, false);
        let (made, added) = (former.made, former.added);
        for id in &added {
            self.clear_password(*id);
        }
        let added: HashSet<DeviceId> = added.into_iter().collect();
        self.edit_registry(move |registry| {
            registry.devices.retain(|device| !added.contains(&device.id));
            for site in &made {
                // One that got other devices since stays.
                let _ = registry.remove_site(*site);
            }
            Ok(())
        });
    }

    /// A password that is to be replaced was read.
    pub(super) fn former_password(&mut self, device: DeviceId, password: Result<Option<Password>, String>) {
        if self.former.reading.remove(&device) {
            self.former.passwords.insert(device, password);
        }
        if self.former.reading.is_empty() && self.former.undo_wanted {
            self.undo_edit();
        }
    }

    /// `remember`: the passwords that are replaced are read first.
    fn store_edits(&mut self, mut edits: Vec<DeviceEdit>, remember: bool) {
        let with_password = edits.iter().filter(|edit| edit.password != PasswordEdit::Keep);
        let devices: Vec<&Device> = with_password.map(|edit| &edit.device).collect();
        let mut labels = self.registry.labels_of(&devices).into_iter();
        for edit in &mut edits {
            if edit.password == PasswordEdit::Keep {
                continue;
            }
            let is_new = edit.before.is_none();
            if remember && !is_new {
                self.read_former(edit.device.id);
            }
            let name = labels.next().unwrap_or_default();
            self.store_password(edit.device.id, &name, &edit.password);
            // The registry need not know the password, only that it is another one.
            edit.password = PasswordEdit::Clear;
        }
        self.edit_registry(move |registry| match registry.save_all(&edits)?.first() {
            // The others are edited all the same.
            Some(_gone) => Err(RegistryError::NoSuchDevice),
            None => Ok(()),
        });
    }

    /// The edits of devices that are still registered. That somebody removed the others is said.
    pub(super) fn without_gone(&mut self, mut edits: Vec<DeviceEdit>) -> Vec<DeviceEdit> {
        let count = edits.len();
        let known: HashSet<DeviceId> = self.registry.devices.iter().map(|device| device.id).collect();
        edits.retain(|edit| edit.before.is_none() || known.contains(&edit.device.id));
        if edits.len() < count {
            self.notice(NoticeKind::EditedDeviceGone);
        }
        edits
    }

    fn read_former(&mut self, device: DeviceId) {
        self.former.reading.insert(device);
        let answer = move |read| WorkerAnswer::Keyring(KeyringAnswer::Former(device, read));
        self.keyring
            .order(answer(Err("a defect of Monomi".to_owned())), move |secrets| {
                answer(secrets.get(device).map_err(|error| error.to_string()))
            });
    }

    fn forget_edit(&mut self) {
        self.former = Former::default();
        self.withdraw_edit();
    }

    fn withdraw_edit(&mut self) {
        let about_edit =
            |kind: &NoticeKind| matches!(kind, NoticeKind::DevicesEdited { .. } | NoticeKind::DevicesAdded { .. });
        self.effects.push_back(FilesEffect::Withdraw(about_edit));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::clock;
    use super::super::super::rig::Rig;
    use crate::bridge::{Command, NoticeKind};
    use crate::store::Profile;
    use device::Registry;

    async fn until(rig: &mut Rig, what: &str, mut fits: impl FnMut(&mut Rig) -> bool) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..1_000 {
            if fits(rig) {
                return;
            }
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        panic!("{what} did not come");
    }

    /// What a table makes of the registry as the engine knows it.
    fn import(rig: &mut Rig, table: &str) {
        let brands = crate::store::brands();
        let plan = registry_csv::read(table.as_bytes(), rig.core.registry(), &brands, "").unwrap();
        rig.core.on_command(Command::SaveDevices(plan.edits()), clock::now());
    }

    #[tokio::test(start_paused = true)]
    async fn an_imported_table_is_saved_at_once_and_one_undo_takes_it_back() {
        let mut rig = Rig::new().await;
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        let profile = Profile::open_to_read(Some(folder)).unwrap().without_keyring();
        let names = |registry: &Registry| -> Vec<String> {
            registry.devices.iter().map(|device| device.name.clone()).collect()
        };
        import(&mut rig, "Site,Name,Host,Password\nTokyo,Old,10.0.0.1,former\n");
        until(&mut rig, "the first device", |_| {
            profile.load_registry().value.devices.len() == 1
        })
        .await;
        let before = rig.core.registry().devices[0].clone();
        import(
            &mut rig,
            "Site,Name,Host,Port,Password\nTokyo,Old,10.0.0.1,8554,another\nNara,New,10.0.0.2,,s3cret\nNara,Two,10.0.0.3,,\n",
        );
        until(&mut rig, "the table", |rig| {
            let registry = profile.load_registry().value;
            let stored = |id| profile.secrets().get(id).ok().flatten();
            names(&registry) == ["Old", "New", "Two"]
                && registry.devices[0].port == 8554
                && stored(registry.devices[1].id).is_some_and(|password| password.expose() == "s3cret")
                && rig
                    .engine
                    .state()
                    .notices
                    .iter()
                    .any(|notice| notice.kind == NoticeKind::DevicesAdded { added: 2, changed: 1 })
        })
        .await;
        let new = rig.core.registry().devices[1].id;
        rig.core.on_command(Command::UndoEdit, clock::now());
        until(&mut rig, "the undo", |rig| {
            let registry = profile.load_registry().value;
            let stored = |id| profile.secrets().get(id).ok().flatten();
            names(&registry) == ["Old"]
                && registry.sites.len() == 1
                && registry.devices[0].port == before.port
                && stored(new).is_none()
                && stored(before.id).is_some_and(|password| password.expose() == "former")
                && rig.engine.state().notices.is_empty()
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn devices_that_are_added_one_by_one_in_a_run_are_one_notice_and_one_undo() {
        let mut rig = Rig::new().await;
        let add = |rig: &mut Rig, name: &str, host: &str, run: u64| {
            let brands = crate::store::brands();
            let table = format!("Site,Name,Host\nOsaka,{name},{host}\n");
            let plan = registry_csv::read(table.as_bytes(), rig.core.registry(), &brands, "").unwrap();
            let edits = plan.edits();
            rig.core.on_command(Command::AddDevices { edits, run }, clock::now());
        };
        add(&mut rig, "Before", "10.0.1.1", 1);
        for number in 1..=3 {
            add(&mut rig, &format!("DVR {number}"), &format!("10.0.0.{number}"), 2);
        }
        until(&mut rig, "the notice", |rig| {
            let state = rig.engine.state();
            let kinds: Vec<&NoticeKind> = state.notices.iter().map(|notice| &notice.kind).collect();
            kinds == [&NoticeKind::DevicesAdded { added: 3, changed: 0 }]
        })
        .await;
        rig.core.on_command(Command::UndoEdit, clock::now());
        let names: Vec<&str> = rig.core.registry().devices.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Before"]);
    }
}
