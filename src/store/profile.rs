use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::aside::set_beside_aside;
use super::atomic::WriteError;
use super::brands::brands;
use super::document::Document;
use super::load::{Found, LoadProblem, Loaded};
use super::lock::{LockError, ProfileLock, WriteLock};
use super::read::Print;
use super::secrets::{Forgotten, SecretError, Secrets, Vault, is_of_program};
use super::temporary::{held, sweep};
use super::{migrate, registry_file, settings_file};
use crate::private;
use device::{Device, DeviceEdit, DeviceId, PasswordEdit, Registry, RegistryError};
use settings::Settings;

/// The folder with everything that Monomi keeps for a user. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Profile {
    dir: Arc<Path>,
    secrets: Secrets,
}

/// How long a start waits for the end of the run that started it.
const UNTIL_IT_ENDED: Duration = Duration::from_secs(10);

/// Why a folder cannot be a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("the home folder of this user is not known; name a folder with --profile")]
    NoHome,
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("the profile folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
}

/// Why a device with its password was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What is to be said of devices that were saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedDevices {
    /// Another program removed these meanwhile, and they stay removed.
    pub gone: Vec<DeviceId>,
    /// The keyring still holds the former passwords of these. They are removed once it can be reached.
    pub owed: Vec<DeviceId>,
}

/// A device that was removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// Where it stood in the list.
    pub index: usize,
    pub device: Device,
    pub password: Forgotten,
}

impl Profile {
    /// Opens the folder `dir`, or the platform's folder for this program, to read it. It need not exist.
    pub fn open_to_read(dir: Option<PathBuf>) -> Result<Self, ProfileError> {
        let dir = match dir {
            Some(dir) => std::path::absolute(&dir).map_err(|source| ProfileError::Unusable { path: dir, source })?,
            None => directories::ProjectDirs::from("", "", "monomi")
                .ok_or(ProfileError::NoHome)?
                .config_dir()
                .to_owned(),
        };
        match fs::metadata(&dir) {
            Ok(meta) if !meta.is_dir() => return Err(ProfileError::NotAFolder(dir)),
            Ok(_) => {}
            // A folder that is not there is empty, but not one that a link leads to or that is not to be looked at.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&dir).is_err() => {}
            Err(source) => return Err(ProfileError::Unusable { path: dir, source }),
        }
        Ok(Self {
            secrets: Secrets::new(&dir),
            dir: dir.into(),
        })
    }

    /// Opens the same folder to change it, and makes it if it does not exist. Fails if nothing can be written there.
    pub fn open(dir: Option<PathBuf>) -> Result<Self, ProfileError> {
        let profile = Self::open_to_read(dir)?;
        let dir = &profile.dir;
        let unusable = |source| ProfileError::Unusable {
            path: dir.to_path_buf(),
            source,
        };
        private::make_folder(dir).map_err(unusable)?;
        // A file is written as a trial, because permissions do not tell of read-only file systems, quotas or access
        // lists.
        held(dir).map_err(unusable)?;
        sweep(dir);
        Ok(profile)
    }

    /// The same profile, whose new passwords go to the encrypted file even where there is a keyring: for a profile that is
    /// thrown away.
    #[must_use]
    pub fn without_keyring(mut self) -> Self {
        self.secrets = Secrets::without_keyring(&self.dir);
        self
    }

    /// The same profile with another keyring than that of the operating system.
    #[must_use]
    pub fn with_vault(mut self, vault: impl Vault + 'static) -> Self {
        self.secrets = Secrets::with_vault(&self.dir, vault);
        self
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.dir
    }

    #[must_use]
    pub fn log_dir(&self) -> PathBuf {
        self.dir.join("logs")
    }

    /// Makes this process the one engine of the profile, until the lock is dropped.
    pub fn lock(&self) -> Result<ProfileLock, LockError> {
        let take = || ProfileLock::take(&self.dir.join("engine.lock"));
        let deadline = Instant::now() + UNTIL_IT_ENDED;
        loop {
            match take() {
                // Who was started by a run that stood still waits until that has ended.
                Err(LockError::Held { .. }) if Instant::now() < deadline && self.starts_again() => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                taken => return taken,
            }
        }
    }

    /// Whether this start follows one that stood still, a moment ago.
    fn starts_again(&self) -> bool {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        self.load_restarts().restarted_within(20, now)
    }

    #[must_use]
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// The registry. A file that is just being written is waited for, for three seconds at most.
    #[must_use]
    pub fn load_registry(&self) -> Loaded<Registry> {
        registry_of(
            Document::load_at_rest(&self.dir.join(DEVICES), &migrate::DEVICES),
            &self.dir,
        )
    }

    /// The settings. A file that is just being written is waited for, for three seconds at most.
    #[must_use]
    pub fn load_settings(&self) -> Loaded<Settings> {
        settings_of(Document::load_at_rest(&self.dir.join(SETTINGS), &migrate::SETTINGS))
    }

    /// The registry as it is at this moment, and the print of its file before it was read.
    #[must_use]
    pub fn look_at_registry(&self) -> (Option<Print>, Loaded<Registry>) {
        let path = self.dir.join(DEVICES);
        let print = Print::of(&path);
        (print, registry_of(Document::load(&path, &migrate::DEVICES), &self.dir))
    }

    /// The settings as they are at this moment, and the print of their file before it was read.
    #[must_use]
    pub fn look_at_settings(&self) -> (Option<Print>, Loaded<Settings>) {
        let path = self.dir.join(SETTINGS);
        let print = Print::of(&path);
        (print, settings_of(Document::load(&path, &migrate::SETTINGS)))
    }

    /// Replaces the registry in the file. [`Profile::update_registry`] is for a file that another process may have
    /// changed.
    pub fn save_registry(&self, registry: &Registry) -> Result<(), WriteError> {
        self.update_registry(|current| registry.clone_into(current))
    }

    /// Replaces the settings in the file. [`Profile::update_settings`] is for a file that another process may have
    /// changed.
    pub fn save_settings(&self, settings: &Settings) -> Result<(), WriteError> {
        self.update_settings(|current| settings.clone_into(current))
    }

    /// Reads, changes and writes the registry with no other process in between.
    pub fn update_registry<T>(&self, change: impl FnOnce(&mut Registry) -> T) -> Result<T, WriteError> {
        self.change_registry(None, change).map(|(result, _)| result)
    }

    /// The same for somebody who knows the registry: where the file holds a part of it or nothing at this moment, the change is made
    /// to what is `known`. The second value is what was found of the file.
    pub fn update_known_registry<T>(
        &self,
        known: &Registry,
        change: impl FnOnce(&mut Registry) -> T,
    ) -> Result<(T, Found), WriteError> {
        self.change_registry(Some(known), change)
    }

    /// Reads, changes and writes the settings with no other process in between.
    pub fn update_settings<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> Result<T, WriteError> {
        self.change_settings(None, change).map(|(result, _)| result)
    }

    /// The same for somebody who knows the settings, as [`Profile::update_known_registry`].
    pub fn update_known_settings<T>(
        &self,
        known: &Settings,
        change: impl FnOnce(&mut Settings) -> T,
    ) -> Result<(T, Found), WriteError> {
        self.change_settings(Some(known), change)
    }

    fn change_registry<T>(
        &self,
        known: Option<&Registry>,
        change: impl FnOnce(&mut Registry) -> T,
    ) -> Result<(T, Found), WriteError> {
        let _lock = WriteLock::of(&self.dir)?;
        let mut document = Document::load_to_change(&self.dir.join(DEVICES), &migrate::DEVICES)?;
        let read = read_registry(&document, &self.dir);
        let mut registry = match known {
            Some(known) if document.found().is_poorer() => known.clone(),
            _ => read.registry,
        };
        let result = change(&mut registry);
        registry_file::write(&mut document, &registry);
        self.copy_before(true);
        document.save()?;
        if read.beside.is_some()
            && let Err(error) = set_beside_aside(&self.dir.join(DEVICES))
        {
            tracing::warn!(%error, "what was saved beside the registry is in it now, and is still there");
        }
        self.copy_after(true);
        Ok((result, document.found().clone()))
    }

    fn change_settings<T>(
        &self,
        known: Option<&Settings>,
        change: impl FnOnce(&mut Settings) -> T,
    ) -> Result<(T, Found), WriteError> {
        let _lock = WriteLock::of(&self.dir)?;
        let mut document = Document::load_to_change(&self.dir.join(SETTINGS), &migrate::SETTINGS)?;
        settings_file::be_cautious(&mut document);
        let mut settings = match known {
            Some(known) if document.found().is_poorer() => known.clone(),
            _ => settings_file::read(document.table()).0,
        };
        let result = change(&mut settings);
        settings_file::write(&mut document, &settings);
        document.save()?;
        Ok((result, document.found().clone()))
    }

    /// Saves a device and its password. The password is stored first, so that a reader of the new record finds it; where the
    /// device then does not come, its password goes.
    pub fn save_device(&self, edit: DeviceEdit) -> Result<(), SaveError> {
        let saved = self.save_devices(vec![edit])?;
        if saved.gone.is_empty() {
            Ok(())
        } else {
            Err(RegistryError::NoSuchDevice.into())
        }
    }

    /// Saves several devices and their passwords in one write: all of them, or none where one does not fit. Of an edit that says what
    /// was there before, only what differs is made to what is in the file by then, and a device that was removed meanwhile stays
    /// removed.
    pub fn save_devices(&self, edits: Vec<DeviceEdit>) -> Result<SavedDevices, SaveError> {
        let saved = |registry: &Registry| {
            let mut after = registry.clone();
            let gone = after.save_all(&edits)?;
            Ok::<_, RegistryError>((after, gone))
        };
        let registry = self.load_registry().value;
        let (_, gone) = saved(&registry)?;
        let new = new_in(&registry, &edits);
        let mut owed = Vec::new();
        for edit in edits.iter().filter(|edit| !gone.contains(&edit.device.id)) {
            if let Forgotten::Owed(_) = self.store_password(edit)? {
                owed.push(edit.device.id);
            }
        }
        let saved = self.update_registry(|registry| {
            saved(registry).map(|(after, gone)| {
                *registry = after;
                gone
            })
        });
        let saved = saved.map_err(SaveError::from).and_then(|saved| Ok(saved?));
        let gone = self.arrived(&new, saved)?;
        if !self.secrets.owed().is_empty() {
            self.secrets.pay_debts();
        }
        for id in &gone {
            // Its password came back when it was stored.
            self.secrets.clear(*id)?;
        }
        Ok(SavedDevices { gone, owed })
    }

    /// Whether the keyring has forgotten the password that was there before.
    fn store_password(&self, edit: &DeviceEdit) -> Result<Forgotten, SecretError> {
        let id = edit.device.id;
        if edit.password == PasswordEdit::Keep {
            return Ok(Forgotten::Gone);
        }
        let owed = self.secrets.owed();
        match &edit.password {
            PasswordEdit::Keep => {}
            PasswordEdit::Clear => return self.secrets.clear(id),
            PasswordEdit::Set(password) => self.secrets.set(id, password)?,
            PasswordEdit::SameAs(other) => self.secrets.copy(*other, id)?,
        }
        let is_new = |account: &String| !owed.contains(account);
        Ok(match self.secrets.owed().iter().any(is_new) {
            true => Forgotten::Owed("the keyring did not take the new one".to_owned()),
            false => Forgotten::Gone,
        })
    }

    /// These devices are new, and were saved or not.
    fn arrived<T>(&self, new: &[DeviceId], saved: Result<T, SaveError>) -> Result<T, SaveError> {
        if saved.is_ok() {
            self.settle_passwords();
            // They never showed a certificate, whatever a damaged file has lost.
            let trust = self.load_trust().value;
            for id in new.iter().filter(|id| trust.doubts(**id)) {
                self.trust_anew(*id)?;
            }
        } else {
            // Where even that fails, they go when passwords are settled the next time.
            new.iter().for_each(|id| drop(self.secrets.clear(*id)));
        }
        saved
    }

    /// Removes a device and its password; `None` if there is no such device. A password that cannot be removed now is a debt,
    /// and [`Removed::password`] says so.
    pub fn remove_device(&self, id: DeviceId) -> Result<Option<Removed>, WriteError> {
        // A program that is killed between the two finds the note.
        if let Err(error) = self.secrets.mark_removed(&[id]) {
            tracing::warn!(%error, "the removal of a device was not noted");
        }
        let removed = match self.update_registry(|registry| registry.remove(id)) {
            Ok(removed) => removed,
            Err(error) => {
                drop(self.secrets.mark_restored(&[id]));
                return Err(error);
            }
        };
        let cleared = self.secrets.clear(id);
        let password = cleared.unwrap_or_else(|error| Forgotten::Owed(error.to_string()));
        Ok(removed.map(|(index, device)| Removed {
            index,
            device,
            password,
        }))
    }

    /// Takes away the passwords of devices that never came, because a program was killed in between. Nothing is taken while the
    /// registry cannot be read as a whole.
    pub fn settle_passwords(&self) {
        if self.secrets.are_settled() {
            return;
        }
        let document = Document::load(&self.dir.join(DEVICES), &migrate::DEVICES);
        let read = read_registry(&document, &self.dir);
        if *document.found() != Found::Whole || !read.problems.is_empty() {
            return;
        }
        let registered = |device| is_of_program(device) || read.registry.device(device).is_some();
        if let Err(error) = self.secrets.settle(&registered, SystemTime::now()) {
            tracing::warn!(%error, "passwords of devices that never came are not taken away yet");
        }
    }
}

/// The devices that are not registered yet.
fn new_in(registry: &Registry, edits: &[DeviceEdit]) -> Vec<DeviceId> {
    let known: HashSet<DeviceId> = registry.devices.iter().map(|device| device.id).collect();
    let ids = edits.iter().map(|edit| edit.device.id);
    ids.filter(|id| !known.contains(id)).collect()
}

/// The registry of a file, with what was registered beside it while it could not be used.
struct WholeRegistry {
    registry: Registry,
    problems: Vec<LoadProblem>,
    /// How many devices come from beside; `None`: there is no such file.
    beside: Option<usize>,
}

fn read_registry(document: &Document, dir: &Path) -> WholeRegistry {
    let registry_file::ReadRegistry {
        mut registry, problems, ..
    } = registry_file::read(document.table());
    let beside = document
        .saved_beside(&dir.join(DEVICES), &migrate::DEVICES)
        .map(|toml| {
            let added = registry_file::read(toml.as_table()).registry;
            let salvaged = Document::salvaged(toml.as_table());
            let before = registry.devices.len();
            for device in added
                .devices
                .iter()
                .filter(|device| !salvaged.contains(&device.id.to_string()))
            {
                // One that is there already counts as it is there.
                if let Some(site) = added.site(device.site) {
                    let _ = registry.restore(usize::MAX, site.clone(), device.clone());
                }
            }
            let dvrs = added.virtual_dvrs.into_iter();
            for dvr in dvrs.filter(|dvr| !salvaged.contains(&dvr.id.to_string())) {
                if registry.virtual_dvr(dvr.id).is_none() {
                    registry.restore_virtual_dvr(usize::MAX, dvr);
                }
            }
            registry.devices.len() - before
        });
    WholeRegistry {
        registry,
        problems,
        beside,
    }
}

fn registry_of(mut document: Document, dir: &Path) -> Loaded<Registry> {
    let mut problems = document.take_problems();
    let read = read_registry(&document, dir);
    if let Some(count) = read.beside.filter(|count| *count > 0) {
        problems.retain(|problem| !matches!(problem, LoadProblem::Warning { .. }));
        problems.push(LoadProblem::Warning {
            at: DEVICES.to_owned(),
            message: format!("it is readable again; {count} devices that were saved beside it meanwhile are taken up"),
        });
    }
    problems.extend(read.problems);
    problems.extend(registry_file::check_brands(&read.registry, &brands()));
    problems.extend(registry_file::check_secrets(&read.registry));
    Loaded {
        value: read.registry,
        problems,
        found: document.found().clone(),
    }
}

fn settings_of(mut document: Document) -> Loaded<Settings> {
    settings_file::be_cautious(&mut document);
    let mut problems = document.take_problems();
    let (value, warnings) = settings_file::read(document.table());
    problems.extend(warnings);
    Loaded {
        value,
        problems,
        found: document.found().clone(),
    }
}

const DEVICES: &str = "devices.toml";
const SETTINGS: &str = "settings.toml";

#[cfg(test)]
mod tests;
