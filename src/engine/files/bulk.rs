//! One edit of several devices, and its undo: one write of the registry, and every password that it replaces is read before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Files, FilesEffect, KeyringAnswer, WorkerAnswer};
use crate::bridge::NoticeKind;
use device::{Device, DeviceEdit, DeviceId, Password, PasswordEdit, Registry, RegistryError, Site, SiteId};

/// What the undo of the last edit of several devices brings back.
#[derive(Default)]
pub(super) struct Former {
    devices: Vec<(Site, Device)>,
    /// The passwords that were replaced; or why one could not be read.
    passwords: BTreeMap<DeviceId, Result<Option<Password>, String>>,
    /// Those that are being read. The undo waits for them.
    reading: BTreeSet<DeviceId>,
    undo_wanted: bool,
    /// The sites that the edit made.
    made: Vec<SiteId>,
}

impl Files {
    /// Saves all of these devices, or none where one does not fit.
    pub(in crate::engine) fn save_devices(&mut self, edits: Vec<DeviceEdit>) {
        let edits = self.without_gone(edits);
        let mut after = Registry::clone(&self.registry);
        if let Some(error) = edits.iter().find_map(|edit| after.save(edit.clone()).err()) {
            tracing::warn!(%error, "an edit of several devices was not possible");
            return;
        }
        self.forget_edit();
        let mut names = Vec::new();
        for edit in &edits {
            let id = edit.device.id;
            let was = self.registry.device(id);
            let site = was.and_then(|was| self.registry.site(was.site));
            if let Some((was, site)) = was.zip(site) {
                names.push(self.registry.label_of(was).into_owned());
                self.former.devices.push((site.clone(), was.clone()));
            }
        }
        let is_new = |site: &&Site| self.registry.site(site.id).is_none();
        self.former.made = after.sites.iter().filter(is_new).map(|site| site.id).collect();
        self.store_edits(edits, true);
        self.notice(NoticeKind::DevicesEdited { names });
    }

    /// Brings the devices back as they were before the last edit of several.
    pub(in crate::engine) fn undo_edit(&mut self) {
        if !self.former.reading.is_empty() {
            self.former.undo_wanted = true;
            return;
        }
        let former = std::mem::take(&mut self.former);
        self.withdraw_edit();
        let mut edits = Vec::new();
        for (site, device) in former.devices {
            let Some(now) = self.registry.device(device.id) else {
                continue;
            };
            let before = Some(Box::new(now.clone()));
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
        let made = former.made;
        self.edit_registry(move |registry| {
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
        for edit in &mut edits {
            if edit.password == PasswordEdit::Keep {
                continue;
            }
            if remember {
                self.read_former(edit.device.id);
            }
            let name = self.registry.label_of(&edit.device).into_owned();
            self.store_password(edit.device.id, &name, &edit.password);
            // The registry need not know the password, only that it is another one.
            edit.password = PasswordEdit::Clear;
        }
        self.edit_registry(move |registry| {
            let mut changed = registry.clone();
            let mut gone = Ok(());
            for edit in &edits {
                match changed.save(edit.clone()) {
                    // The others are edited all the same.
                    Err(error @ RegistryError::NoSuchDevice) => gone = Err(error),
                    saved => saved?,
                }
            }
            *registry = changed;
            gone
        });
    }

    /// The edits of devices that are still registered. That somebody removed the others is said.
    pub(super) fn without_gone(&mut self, mut edits: Vec<DeviceEdit>) -> Vec<DeviceEdit> {
        let count = edits.len();
        edits.retain(|edit| edit.before.is_none() || self.registry.device(edit.device.id).is_some());
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
        let about_edit = |kind: &NoticeKind| matches!(kind, NoticeKind::DevicesEdited { .. });
        self.effects.push_back(FilesEffect::Withdraw(about_edit));
    }
}
