//! What the screen changes: the registry, the settings, the passwords. Written first, then acted on at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::clock;
use super::core::Core;
use crate::bridge::{Command, NoticeKind};
use device::{DeviceEdit, DeviceId, PasswordEdit, Registry, RegistryError, VirtualDvrId};
use reconnect::Input;
use settings::Settings;
use wall::WindowView;

/// How long after a failed write the next one is tried.
const WRITE_AGAIN: Duration = Duration::from_secs(10);

impl Core {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Show(wanted) => {
                if self.want_all.is_none() {
                    self.show(&wanted);
                }
            }
            Command::RetryNow(device) => self.machine.handle(Input::RetryNow(device), clock::now()),
            Command::TrustCertificate(device) => self.trust_certificate(device),
            Command::SaveSnapshot(channel) => self.save_snapshot(channel),
            Command::Test(request) => self.begin_trial(*request),
            Command::CancelTest(id) => self.cancel_trial(id),
            Command::Tell(kind) => self.publisher.notice(kind),
            Command::Dismiss(id) => self.publisher.dismiss(id),
            Command::SaveDevice(edit) => self.save_device(*edit),
            Command::RemoveDevices(ids) => self.remove_devices(&ids),
            Command::UndoRemove => self.undo_remove(),
            Command::SetEnabled(ids, enabled) => {
                self.edit_registry(|registry| ids.iter().try_for_each(|id| registry.set_enabled(*id, enabled)));
            }
            Command::MoveDevice { device, index } => {
                self.edit_registry(|registry| registry.move_device(device, index));
            }
            Command::SaveSite(site) => self.edit_registry(|registry| registry.save_site(site)),
            Command::RemoveSite(site) => self.edit_registry(|registry| registry.remove_site(site).map(drop)),
            Command::SaveVirtualDvr(dvr) => self.edit_registry(|registry| registry.save_virtual_dvr(*dvr)),
            Command::RemoveVirtualDvr(id) => self.remove_virtual_dvr(id),
            Command::UndoRemoveVirtualDvr => self.undo_remove_virtual_dvr(),
            Command::SaveWindows(windows) => self.save_windows(&windows),
            Command::SaveViews(views) => self.save_views(&views),
            Command::ExportViews { id, path, views } => self.export_views(id, &path, &views),
            Command::ImportViews { id, path } => self.import_views(id, &path),
            Command::SaveSettings(settings) => {
                let kiosk_password = self.settings.kiosk_password.clone();
                self.save_settings(Settings {
                    kiosk_password,
                    ..*settings
                });
            }
            Command::SetVolume(volume) => self.output.set_volume(volume),
            Command::SetKioskPassword(password) => self.set_kiosk_password(password),
            Command::Unlock { id, password } => self.check_kiosk_password(id, password),
        }
    }

    fn save_device(&mut self, edit: DeviceEdit) {
        // The password first: a device whose password is not stored yet would be dialled with the old one.
        let (id, name) = (edit.device.id, edit.device.name.clone());
        let result = match &edit.password {
            PasswordEdit::Keep => Ok(()),
            PasswordEdit::Clear => blocking(|| self.secrets.clear(id)),
            PasswordEdit::Set(password) => blocking(|| self.secrets.set(id, password)),
            PasswordEdit::SameAs(other) => blocking(|| self.secrets.copy(*other, id)),
        };
        if let Some(aside) = self.secrets.take_key_set_aside() {
            tracing::warn!(aside, "the key file for passwords was damaged; there is a new one");
            self.publisher.notice(NoticeKind::KeySetAside { aside });
        }
        match result {
            Ok(()) => self.edit_registry(|registry| registry.save(edit)),
            Err(error) => {
                self.publisher.notice(NoticeKind::SecretFailed {
                    device: name,
                    reason: error.to_string(),
                });
                self.edit_registry(|registry| {
                    registry.save(DeviceEdit {
                        password: PasswordEdit::Keep,
                        ..edit
                    })
                });
            }
        }
    }

    fn remove_devices(&mut self, ids: &[DeviceId]) {
        self.forget_removed();
        let mut removed = Vec::new();
        self.edit_registry(|registry| {
            for id in ids {
                let site = registry
                    .device(*id)
                    .and_then(|device| registry.site(device.site))
                    .cloned();
                if let (Some(site), Some((index, device))) = (site, registry.remove(*id)) {
                    removed.push((index, site, device));
                }
            }
            Ok(())
        });
        let names = removed.iter().map(|(_, _, device)| device.name.clone()).collect();
        self.undo = removed;
        self.publisher
            .withdraw(|kind| matches!(kind, NoticeKind::DevicesRemoved { .. }));
        self.publisher.notice(NoticeKind::DevicesRemoved { names });
    }

    fn undo_remove(&mut self) {
        let removed = std::mem::take(&mut self.undo);
        self.publisher
            .withdraw(|kind| matches!(kind, NoticeKind::DevicesRemoved { .. }));
        self.edit_registry(|registry| {
            // Back to front: each index was true when its device was taken out.
            removed
                .into_iter()
                .rev()
                .try_for_each(|(index, site, device)| registry.restore(index, site, device))
        });
    }

    fn remove_virtual_dvr(&mut self, id: VirtualDvrId) {
        let mut removed = None;
        self.edit_registry(|registry| {
            removed = registry.remove_virtual_dvr(id);
            Ok(())
        });
        self.publisher
            .withdraw(|kind| matches!(kind, NoticeKind::VirtualDvrRemoved { .. }));
        if let Some((_, dvr)) = &removed {
            self.publisher
                .notice(NoticeKind::VirtualDvrRemoved { name: dvr.name.clone() });
        }
        self.undo_virtual = removed;
    }

    fn undo_remove_virtual_dvr(&mut self) {
        self.publisher
            .withdraw(|kind| matches!(kind, NoticeKind::VirtualDvrRemoved { .. }));
        if let Some((index, dvr)) = self.undo_virtual.take() {
            self.edit_registry(|registry| {
                registry.restore_virtual_dvr(index, dvr);
                Ok(())
            });
        }
    }

    /// The time to bring removed devices back is over: their passwords go too.
    pub(super) fn forget_removed(&mut self) {
        for (_, _, device) in std::mem::take(&mut self.undo) {
            if let Err(error) = blocking(|| self.secrets.clear(device.id)) {
                tracing::warn!(device = device.name, %error, "a removed device's password was not cleared");
            }
        }
    }

    pub(super) fn save_settings(&mut self, settings: Settings) {
        let result = blocking(|| self.profile.save_settings(&settings));
        self.written("settings.toml", result.map_err(|error| error.to_string()));
        self.apply_settings(settings);
    }

    /// Makes the session start the program or not, as the setting says.
    pub(super) fn start_at_login(&mut self) {
        let Some(autostart) = &self.autostart else { return };
        let on = self.settings.start_at_login;
        let result = blocking(|| autostart.set(on));
        self.written("monomi.desktop", result.map_err(|error| error.to_string()));
    }

    fn save_windows(&mut self, windows: &[WindowView]) {
        let result = blocking(|| self.profile.save_windows(windows));
        self.written("views.toml", result.map_err(|error| error.to_string()));
    }

    fn apply_settings(&mut self, settings: Settings) {
        let before = std::mem::replace(&mut self.settings, Arc::new(settings));
        if before.start_at_login != self.settings.start_at_login {
            self.start_at_login();
        }
        if before.sound_volume != self.settings.sound_volume {
            self.output.set_volume(self.settings.sound_volume);
        }
        if before.limits != self.settings.limits {
            self.machine.handle(Input::Limits(self.settings.limits), clock::now());
        }
        let switched_on = !before.internal_network_only && self.settings.internal_network_only;
        if before.internal_network_only != self.settings.internal_network_only
            || before.internal_networks != self.settings.internal_networks
        {
            self.policy_changed();
            self.publisher
                .withdraw(|kind| matches!(kind, NoticeKind::Excluded { .. }));
        }
        if switched_on {
            let excluded = self.excluded();
            if !excluded.is_empty() {
                let name = |id: &DeviceId| self.registry.device(*id).map(|device| device.name.clone());
                let devices: Vec<String> = excluded.iter().filter_map(name).collect();
                tracing::info!(count = devices.len(), "devices excluded by internal network only");
                self.publisher.notice(NoticeKind::Excluded { devices });
            }
        }
        self.publisher.dirty();
    }

    /// Changes the registry on disk, then in memory, then in the machine.
    fn edit_registry(&mut self, change: impl FnOnce(&mut Registry) -> Result<(), RegistryError>) {
        let mut change = Some(change);
        let mut apply = |registry: &mut Registry| match change.take() {
            Some(change) => change(registry),
            None => Ok(()),
        };
        let mut after = None;
        // What an earlier write could not save must not be lost to what is on disk.
        let base = self.unsaved.is_some().then(|| Registry::clone(&self.registry));
        let result = blocking(|| {
            self.profile.update_registry(|registry| {
                if let Some(base) = base {
                    *registry = base;
                }
                let result = apply(registry);
                after = Some(registry.clone());
                result
            })
        });
        let mut registry = after.unwrap_or_else(|| Registry::clone(&self.registry));
        let result = match result {
            Ok(result) => {
                self.unsaved = None;
                self.written("devices.toml", Ok(()));
                result
            }
            Err(error) => {
                self.unsaved = Some(clock::now());
                self.written("devices.toml", Err(error.to_string()));
                // The lock was not to be had: then the change was not made yet.
                apply(&mut registry)
            }
        };
        if let Err(error) = result {
            tracing::warn!(%error, "a change of the registry was not possible");
        }
        self.take_registry(registry);
    }

    pub(super) fn take_registry(&mut self, registry: Registry) {
        let before = std::mem::replace(&mut self.registry, Arc::new(registry));
        self.forget_certificates(&before);
        self.devices_changed();
    }

    /// Tries a failed write again now and then: what the user entered is not lost while the program runs.
    pub(super) fn write_again(&mut self, now: Instant) {
        let due = self
            .unsaved
            .is_some_and(|failed| now.saturating_duration_since(failed) >= WRITE_AGAIN);
        if !due {
            return;
        }
        let result = blocking(|| self.profile.save_registry(&self.registry));
        self.unsaved = result.is_err().then_some(now);
        self.written("devices.toml", result.map_err(|error| error.to_string()));
    }

    pub(super) fn written(&mut self, file: &str, result: Result<(), String>) {
        let about = |kind: &NoticeKind| matches!(kind, NoticeKind::WriteFailed { file: failed, .. } if failed == file);
        self.publisher.withdraw(about);
        if let Err(reason) = result {
            tracing::warn!(file, reason, "not written");
            self.publisher.notice(NoticeKind::WriteFailed {
                file: file.to_owned(),
                reason,
            });
        }
    }

    /// Somebody changed a file of the profile: takes over what is different.
    pub(super) fn reload(&mut self) {
        let registry = blocking(|| self.profile.load_registry());
        let settings = blocking(|| self.profile.load_settings());
        let registry = self.publisher.loaded("devices.toml", registry);
        let settings = self.publisher.loaded("settings.toml", settings);
        let trusted = blocking(|| self.profile.load_trust());
        let trusted = self.publisher.loaded("trust.toml", trusted);
        let forgotten: Vec<DeviceId> = self
            .trust
            .keys()
            .filter(|id| !trusted.contains_key(id))
            .copied()
            .collect();
        for id in forgotten {
            self.trust_certificate(id);
        }
        if *self.settings != settings {
            tracing::info!("the settings were changed beside the engine");
            self.apply_settings(settings);
        }
        if self.unsaved.is_none() && *self.registry != registry {
            tracing::info!("the registry was changed beside the engine");
            self.take_registry(registry);
        }
    }
}

/// Runs what may wait for a disk or a keyring without holding up the sockets that this thread serves.
pub(super) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
