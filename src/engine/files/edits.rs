//! What the screen changes: the registry and the settings. They are changed in memory at once and then written.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::find::Relocation;
use super::disk::{RegistryEdit, SettingsEdit, Written};
use super::{DiskAnswer, Files, FilesEffect, Unsaved, WorkerAnswer};
use crate::bridge::{NoticeKind, SiteEdit};
use crate::store::Parts;
use device::{
    Device, DeviceEdit, DeviceId, Identity, PasswordEdit, PlannedWorkProblem, Registry, RegistryError, Site, SiteId,
    VirtualDvr, VirtualDvrId, WorkPlan,
};
use settings::Settings;

/// How long after a failed write the next one is tried.
const WRITE_AGAIN: Duration = Duration::from_secs(10);

/// The answer where a defect of this program ends an order.
const A_DEFECT: &str = "a defect of Monomi";

impl Files {
    pub(in crate::engine) fn save_device(&mut self, edit: DeviceEdit) {
        let Some(edit) = self.without_gone(vec![edit]).pop() else {
            return;
        };
        self.trust_new_device(&edit.device);
        // The password first: whoever sees the new record asks for it.
        let name = self.registry.label_of(&edit.device).into_owned();
        self.store_password(edit.device.id, &name, &edit.password);
        // The registry need not know the password, only that it is another one.
        let password = match edit.password {
            PasswordEdit::Keep => PasswordEdit::Keep,
            PasswordEdit::Set(_) | PasswordEdit::Clear | PasswordEdit::SameAs(_) => PasswordEdit::Clear,
        };
        let edit = DeviceEdit { password, ..edit };
        self.edit_registry(move |registry| registry.save(edit.clone()));
    }

    pub(in crate::engine) fn remove_devices(&mut self, ids: &[DeviceId]) {
        self.forget_removed();
        // Where the program is killed before it forgets them, the next start does.
        self.mark_removed(ids, true);
        let mut after = Registry::clone(&self.registry);
        let mut names = Vec::new();
        for id in ids {
            let site = after.device(*id).and_then(|device| after.site(device.site)).cloned();
            if let (Some(site), Some((index, device))) = (site, after.remove(*id)) {
                names.push(self.registry.label_of(&device).into_owned());
                self.undo.push((index, site, device));
            }
        }
        let removed: Vec<DeviceId> = self.undo.iter().map(|(_, _, device)| device.id).collect();
        self.edit_registry(move |registry| {
            for id in &removed {
                registry.remove(*id);
            }
            Ok(())
        });
        self.withdraw_removal();
        self.notice(NoticeKind::DevicesRemoved { names });
    }

    pub(in crate::engine) fn undo_remove(&mut self) {
        let removed = std::mem::take(&mut self.undo);
        self.withdraw_removal();
        let ids: Vec<DeviceId> = removed.iter().map(|(_, _, device)| device.id).collect();
        self.edit_registry(move |registry| {
            // Back to front: each index was true when its device was taken out.
            for (index, site, device) in removed.iter().cloned().rev() {
                // One that is there again already does not keep the others away.
                let _ = registry.restore(index, site, device);
            }
            Ok(())
        });
        self.mark_removed(&ids, false);
    }

    /// Removed devices that came back by another way keep their passwords: there is nothing to undo for them any more.
    pub(super) fn keep_what_is_back(&mut self) {
        let registry = Arc::clone(&self.registry);
        let is_back = |device: &Device| registry.device(device.id).is_some();
        let back: Vec<DeviceId> = self
            .undo
            .iter()
            .filter(|(_, _, device)| is_back(device))
            .map(|(_, _, device)| device.id)
            .collect();
        if back.is_empty() {
            return;
        }
        self.undo.retain(|(_, _, device)| !is_back(device));
        if self.undo.is_empty() {
            self.withdraw_removal();
        }
        self.mark_removed(&back, false);
    }

    pub(super) fn withdraw_removal(&mut self) {
        let about_removal = |kind: &NoticeKind| matches!(kind, NoticeKind::DevicesRemoved { .. });
        self.effects.push_back(FilesEffect::Withdraw(about_removal));
    }

    pub(super) fn mark_removed(&mut self, ids: &[DeviceId], removed: bool) {
        let has_password = |id: &DeviceId| self.passwords.has(*id);
        let ids: Vec<DeviceId> = ids.iter().copied().filter(has_password).collect();
        if ids.is_empty() {
            return;
        }
        let marked = || WorkerAnswer::Disk(DiskAnswer::Marked);
        self.disk.order(marked(), move |disk| {
            let secrets = disk.profile().secrets();
            let result = if removed {
                secrets.mark_removed(&ids)
            } else {
                secrets.mark_restored(&ids)
            };
            if let Err(error) = result {
                tracing::warn!(%error, "the removal of a device was not noted");
            }
            marked()
        });
    }

    /// The time to bring removed devices back is over: their passwords go too.
    pub(in crate::engine) fn forget_removed(&mut self) {
        for (_, _, device) in std::mem::take(&mut self.undo) {
            self.clear_password(device.id);
        }
    }

    pub(in crate::engine) fn set_enabled(&mut self, ids: Vec<DeviceId>, enabled: bool) {
        self.edit_registry(move |registry| {
            // One that is gone keeps nothing from the others.
            let all = ids.iter().map(|id| registry.set_enabled(*id, enabled));
            all.fold(Ok(()), Result::and)
        });
    }

    pub(in crate::engine) fn pin_road(&mut self, device: DeviceId, road: Option<usize>) {
        self.edit_registry(move |registry| registry.pin_road(device, road));
    }

    pub(in crate::engine) fn move_device(&mut self, device: DeviceId, index: usize) {
        self.edit_registry(move |registry| registry.move_device(device, index));
    }

    /// Registered devices have said who they are.
    pub(in crate::engine) fn learn_identities(&mut self, known: Vec<(DeviceId, Identity)>) {
        self.edit_registry(move |registry| {
            for (id, identity) in &known {
                // One that was removed meanwhile keeps nothing from the others.
                registry.learn_identity(*id, identity).ok();
            }
            Ok(())
        });
    }

    /// A device is asked at another address from now on.
    pub(in crate::engine) fn relocate(&mut self, moved: Relocation) {
        let Relocation {
            device,
            from,
            to,
            identity,
            confirmed,
        } = moved;
        self.edit_registry(move |registry| registry.relocate(device, &from, to.clone(), &identity, !confirmed));
    }

    /// A person says that a device is the same one at its new address.
    pub(in crate::engine) fn confirm(&mut self, device: DeviceId) {
        self.edit_registry(move |registry| registry.confirm(device));
    }

    pub(in crate::engine) fn save_site(&mut self, site: Site) {
        self.edit_registry(move |registry| registry.save_site(site.clone()));
    }

    pub(in crate::engine) fn edit_site(&mut self, edit: SiteEdit) {
        self.edit_registry(move |registry| registry.edit_site(&edit.before, &edit.after));
    }

    /// The plan of a site becomes what `change` makes of it.
    pub(in crate::engine) fn plan_work(
        &mut self,
        site: SiteId,
        change: impl Fn(&WorkPlan) -> Result<WorkPlan, PlannedWorkProblem> + Send + Sync + 'static,
    ) {
        if let Some(known) = self.registry.site(site)
            && let Err(problem) = change(&known.about.work)
        {
            let site = known.name.clone();
            return self.notice(NoticeKind::WorkNotPlanned { site, problem });
        }
        self.edit_registry(move |registry| {
            let before = registry.site(site).cloned().ok_or(RegistryError::NoSuchSite)?;
            let mut after = before.clone();
            match change(&before.about.work) {
                Ok(work) => after.about.work = work,
                Err(error) => tracing::warn!(%error, "work cannot be planned"),
            }
            registry.edit_site(&before, &after)
        });
    }

    pub(in crate::engine) fn remove_site(&mut self, site: SiteId) {
        self.edit_registry(move |registry| registry.remove_site(site).map(drop));
    }

    pub(in crate::engine) fn save_virtual_dvr(&mut self, dvr: VirtualDvr) {
        self.edit_registry(move |registry| registry.save_virtual_dvr(dvr.clone()));
    }

    pub(in crate::engine) fn remove_virtual_dvr(&mut self, id: VirtualDvrId) {
        self.undo_virtual = Registry::clone(&self.registry).remove_virtual_dvr(id);
        self.edit_registry(move |registry| {
            registry.remove_virtual_dvr(id);
            Ok(())
        });
        self.withdraw_virtual_removal();
        if let Some((_, dvr)) = &self.undo_virtual {
            let name = dvr.name.clone();
            self.notice(NoticeKind::VirtualDvrRemoved { name });
        }
    }

    pub(in crate::engine) fn undo_remove_virtual_dvr(&mut self) {
        self.withdraw_virtual_removal();
        if let Some((index, dvr)) = self.undo_virtual.take() {
            self.edit_registry(move |registry| {
                registry.restore_virtual_dvr(index, dvr.clone());
                Ok(())
            });
        }
    }

    fn withdraw_virtual_removal(&mut self) {
        let about_removal = |kind: &NoticeKind| matches!(kind, NoticeKind::VirtualDvrRemoved { .. });
        self.effects.push_back(FilesEffect::Withdraw(about_removal));
    }

    /// Changes the registry in memory, and orders the same change of the one on disk.
    pub(super) fn edit_registry(
        &mut self,
        change: impl Fn(&mut Registry) -> Result<(), RegistryError> + Send + Sync + 'static,
    ) {
        let mut registry = Registry::clone(&self.registry);
        if let Err(error) = change(&mut registry) {
            tracing::warn!(%error, "a change of the registry was not possible");
        }
        self.set_registry(registry);
        self.write_registry(Some(Arc::new(change)));
    }

    fn write_registry(&mut self, change: Option<RegistryEdit>) {
        let number = self.registry_writes.order();
        let answer = move |result| WorkerAnswer::Disk(DiskAnswer::Registry(number, result));
        self.disk.order(answer(Err(A_DEFECT.to_owned())), move |disk| {
            answer(disk.edit_registry(change))
        });
    }

    /// Takes over what is on disk after the newest edit: another process may have changed it too.
    pub(in crate::engine) fn registry_written(
        &mut self,
        number: u64,
        result: Result<Written<Registry>, String>,
        now: Instant,
    ) {
        let newest = self.registry_writes.answer(number);
        let result = match result {
            Ok(Written {
                value: registry,
                found,
                gone,
            }) => {
                if gone {
                    self.notice(NoticeKind::EditedDeviceGone);
                }
                self.unsaved.registry = None;
                self.looks.registry().written(&found);
                if newest && *self.registry != registry {
                    self.set_registry(registry);
                }
                Ok(())
            }
            Err(reason) => {
                self.unsaved.registry = Some(now);
                Err(reason)
            }
        };
        self.effects.push_back(FilesEffect::Written("devices.toml", result));
    }

    pub(super) fn settings_written(&mut self, number: u64, result: Result<Written<()>, String>, now: Instant) {
        self.settings_writes.answer(number);
        let result = result.map(|written| self.looks.settings().written(&written.found));
        self.unsaved.settings = result.is_err().then_some(now);
        self.effects.push_back(FilesEffect::Written("settings.toml", result));
    }

    /// Tries a failed write again now and then: what the user entered is not lost while the program runs.
    pub(in crate::engine) fn tick(&mut self, now: Instant) {
        let due = |failed: &mut Instant| now.saturating_duration_since(*failed) >= WRITE_AGAIN;
        if self.registry_writes.are_done() && self.unsaved.registry.as_mut().is_some_and(due) {
            self.write_registry(None);
        }
        if self.settings_writes.are_done() && self.unsaved.settings.as_mut().is_some_and(due) {
            self.order_settings(None);
        }
        if self.trust_writes.are_done() && self.unsaved.trust.take_if(due).is_some() {
            self.write_all_trust();
        }
        if self.unsaved.arrangement.take_if(due).is_some() {
            self.arrange(Parts::default(), |_| {});
        }
        self.look_again(now);
    }

    /// The program ends: what could not be written is tried once more, wherever the profile is now.
    pub(in crate::engine) fn last_try(&mut self) {
        let Unsaved {
            registry,
            settings,
            arrangement,
            trust,
        } = std::mem::take(&mut self.unsaved);
        let passwords = self.passwords.unstored();
        for (id, password) in passwords {
            if let Some(device) = self.registry.device(id) {
                let name = self.registry.label_of(device).into_owned();
                let edit = password.map_or(PasswordEdit::Clear, PasswordEdit::Set);
                self.store_password(id, &name, &edit);
            }
        }
        if trust.is_some() {
            self.write_all_trust();
        }
        if registry.or(settings).or(arrangement).is_some() {
            let marked = || WorkerAnswer::Disk(DiskAnswer::Marked);
            self.disk.order(marked(), move |disk| {
                disk.settle_here();
                marked()
            });
        }
        if registry.is_some() {
            self.write_registry(None);
        }
        if settings.is_some() {
            self.order_settings(None);
        }
        if arrangement.is_some() {
            self.arrange(Parts::default(), |_| {});
        }
    }

    pub(super) fn set_registry(&mut self, registry: Registry) {
        let before = std::mem::replace(&mut self.registry, Arc::new(registry));
        for old in &before.devices {
            if self.registry.device(old.id).is_some_and(|new| new != old) {
                self.passwords.edited(old.id);
            }
        }
        self.forget_certificates(&before);
        self.effects
            .push_back(FilesEffect::Registry(Arc::clone(&self.registry)));
    }

    /// All settings but the kiosk's password, which only [`Files::set_kiosk_password`] changes.
    pub(in crate::engine) fn save_settings(&mut self, settings: Settings) {
        let kiosk_password = self.settings.kiosk_password.clone();
        self.write_settings(Settings {
            kiosk_password,
            ..settings
        });
    }

    pub(super) fn write_settings(&mut self, settings: Settings) {
        let edit = SettingsEdit {
            before: Settings::clone(&self.settings),
            after: settings.clone(),
        };
        self.set_settings(settings);
        self.order_settings(Some(edit));
    }

    fn order_settings(&mut self, edit: Option<SettingsEdit>) {
        let number = self.settings_writes.order();
        let answer = move |result| WorkerAnswer::Disk(DiskAnswer::Settings(number, result));
        self.disk.order(answer(Err(A_DEFECT.to_owned())), move |disk| {
            answer(disk.edit_settings(edit))
        });
    }

    pub(super) fn set_settings(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, Arc::new(settings));
        if before.start_at_login != self.settings.start_at_login {
            self.start_at_login();
        }
        self.effects
            .push_back(FilesEffect::Settings(Arc::clone(&self.settings)));
    }

    /// Makes the session start the program or not, as the setting says.
    pub(super) fn start_at_login(&mut self) {
        let (autostart, on) = (self.autostart.clone(), self.settings.start_at_login);
        if let Some(autostart) = autostart {
            self.write("monomi.desktop", move |_disk| {
                autostart.set(on).map_err(|error| error.to_string())
            });
        }
    }

    /// Orders a write of which only the success is told.
    pub(super) fn write(
        &mut self,
        file: &'static str,
        work: impl FnOnce(&super::disk::Disk) -> Result<(), String> + Send + 'static,
    ) {
        let answer = move |result| WorkerAnswer::Disk(DiskAnswer::Written(file, result));
        self.disk
            .order(answer(Err(A_DEFECT.to_owned())), move |disk| answer(work(disk)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::endurance::registry;
    use super::super::super::rig::Rig;
    use super::Written;
    use crate::bridge::NoticeKind;
    use crate::store::{Found, Profile};
    use device::{DeviceEdit, DeviceId, PasswordEdit, Registry, Site, SiteId};
    use std::time::Duration;

    fn site(id: u64, name: &str) -> Site {
        Site::new(SiteId(id), name.to_owned())
    }

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

    fn on_disk(rig: &Rig) -> Registry {
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        Profile::open_to_read(Some(folder)).unwrap().load_registry().value
    }

    fn names(registry: &Registry) -> Vec<&str> {
        registry.sites.iter().map(|site| site.name.as_str()).collect()
    }

    fn says_that_it_is_not_written(rig: &Rig) -> bool {
        let state = rig.engine.state();
        let mut kinds = state.notices.iter().map(|notice| &notice.kind);
        kinds.any(|kind| matches!(kind, NoticeKind::WriteFailed { file, .. } if file == "devices.toml"))
    }

    #[tokio::test(start_paused = true)]
    async fn edits_that_could_not_be_written_are_written_in_order_once_the_disk_is_back() {
        let mut rig = Rig::new().await;
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        std::fs::remove_dir_all(&folder).unwrap();
        rig.core.files().save_site(site(1, "first"));
        rig.core.files().save_site(site(2, "second"));
        rig.core.files().save_site(site(1, "renamed"));
        until(&mut rig, "the notice", |rig| says_that_it_is_not_written(rig)).await;
        assert_eq!(
            names(rig.core.registry()),
            ["renamed", "second"],
            "they count all the same"
        );
        std::fs::create_dir(&folder).unwrap();
        until(&mut rig, "the file", |rig| {
            names(&on_disk(rig)) == ["renamed", "second"]
        })
        .await;
        until(&mut rig, "the end of the notice", |rig| {
            !says_that_it_is_not_written(rig)
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_saved_is_tried_once_more_at_the_end() {
        let mut rig = Rig::new().await;
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        let mut registry = registry(0);
        registry.devices.truncate(1);
        let device = registry.devices[0].clone();
        std::fs::remove_dir_all(&folder).unwrap();
        rig.core.files().save_device(DeviceEdit {
            site: registry.site(device.site).unwrap().clone(),
            password: PasswordEdit::Set(device::Password::new("s3cret")),
            device: device.clone(),
            before: None,
        });
        let pin = device::Certificate::unread(device::Fingerprint([7; 32]));
        rig.core.files().remember_certificate(device.id.into(), &pin);
        until(&mut rig, "the failures", |rig| {
            says_that_it_is_not_written(rig) && !rig.core.files().is_busy()
        })
        .await;
        std::fs::create_dir(&folder).unwrap();
        rig.core.files().last_try();
        until(&mut rig, "the last writes", |rig| !rig.core.files().is_busy()).await;
        let profile = Profile::open_to_read(Some(folder)).unwrap().without_keyring();
        assert_eq!(profile.load_registry().value.devices.len(), 1);
        assert!(profile.secrets().has(device.id));
        assert_eq!(profile.load_trust().value.pins.get(&device.id.into()), Some(&pin));
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_keeps_what_another_process_wrote_and_both_are_taken_over() {
        let mut rig = Rig::new().await;
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        let other = Profile::open(Some(folder)).unwrap();
        other.update_registry(|there| *there = registry(0)).unwrap();
        rig.core.files().save_site(site(900, "ours"));
        until(&mut rig, "both", |rig| {
            let known = rig.core.registry();
            known.device(DeviceId(1)).is_some() && known.site(SiteId(900)).is_some()
        })
        .await;
        assert!(on_disk(&rig).site(SiteId(900)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_to_an_older_edit_does_not_undo_a_newer_one() {
        let mut rig = Rig::new().await;
        rig.core.enter(registry(0));
        // Nothing of that is on disk, so that every answer is a registry without the devices.
        rig.core.files().save_site(site(901, "one"));
        let (number, written) = (rig.core.files().last_registry_write(), Registry::default());
        rig.core.files().save_site(site(902, "two"));
        let now = super::super::super::clock::now();
        let written = Written {
            value: written,
            found: Found::Whole,
            gone: false,
        };
        rig.core.files().registry_written(number, Ok(written), now);
        assert!(rig.core.registry().site(SiteId(902)).is_some());
        assert!(rig.core.registry().device(DeviceId(1)).is_some());
    }
}
