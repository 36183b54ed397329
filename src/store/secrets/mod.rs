//! Passwords: in the keyring of the operating system, or, where there is none, in an encrypted file of the profile.
//!
//! `secrets.toml` says for every device where its password is, so that a program without access to the keyring (a terminal of
//! another machine) says so instead of believing that there is no password, and so that both places can be in use at once.

mod error;
mod keyring;
mod sealed;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use toml_edit::{Item, Table, Value};

pub use self::error::SecretError;
use self::keyring::Keyring;
pub use self::keyring::{Vault, VaultError};
use self::sealed::KeyFile;
use super::atomic;
use super::document::Document;
use super::load::LoadProblem;
use super::lock::WriteLock;
use super::migrate;
use super::records::set;
use device::{DeviceId, Password};

/// Where new passwords are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordPlace {
    Keyring,
    EncryptedFile,
}

/// The passwords of a profile. Cheap to clone. Calls may wait for the keyring, so that they must not be made in a loop
/// that has to go on.
#[derive(Clone)]
pub struct Secrets {
    inner: Arc<Inner>,
}

struct Inner {
    dir: Box<Path>,
    /// The keyring; `None` inside if there is none, or if it is not wanted.
    vault: OnceLock<Option<Box<dyn Vault>>>,
    /// The keyring refused a password; from then on the file is used.
    refused: AtomicBool,
    /// The new name of a damaged key file, until it was asked for.
    key_set_aside: Mutex<Option<String>>,
}

impl Secrets {
    /// Looks for a keyring when first asked, unless `MONOMI_SECRETS=file` is set in the environment.
    pub(super) fn new(dir: &Path) -> Self {
        Self::with(dir, OnceLock::new())
    }

    pub(super) fn with_vault(dir: &Path, vault: impl Vault + 'static) -> Self {
        Self::with(dir, OnceLock::from(Some(Box::new(vault) as Box<dyn Vault>)))
    }

    pub(super) fn without_keyring(dir: &Path) -> Self {
        Self::with(dir, OnceLock::from(None))
    }

    fn with(dir: &Path, vault: OnceLock<Option<Box<dyn Vault>>>) -> Self {
        Self {
            inner: Arc::new(Inner {
                dir: dir.into(),
                vault,
                refused: AtomicBool::new(false),
                key_set_aside: Mutex::default(),
            }),
        }
    }

    /// Where the next password will be stored.
    #[must_use]
    pub fn place(&self) -> PasswordPlace {
        if self.vault().is_some() && !self.inner.refused.load(Ordering::Relaxed) {
            PasswordPlace::Keyring
        } else {
            PasswordPlace::EncryptedFile
        }
    }

    /// Whether a password is stored; does not ask the keyring.
    #[must_use]
    pub fn has(&self, device: DeviceId) -> bool {
        entry(self.document().table(), device).is_some()
    }

    /// Every device that has a password; does not ask the keyring.
    #[must_use]
    pub fn devices(&self) -> HashSet<DeviceId> {
        let document = self.document();
        let devices = document.table().get(DEVICE).and_then(Item::as_table);
        devices
            .into_iter()
            .flatten()
            .filter_map(|(id, _)| id.parse().ok())
            .collect()
    }

    /// Where the password of each device is; does not ask the keyring.
    #[must_use]
    pub fn places(&self) -> BTreeMap<DeviceId, PasswordPlace> {
        let document = self.document();
        let place = |row: &Table| {
            if row.contains_key(SEALED) {
                PasswordPlace::EncryptedFile
            } else {
                PasswordPlace::Keyring
            }
        };
        rows(document.table())
            .map(|(device, row)| (device, place(row)))
            .collect()
    }

    /// Whether the file that says where each password is could be read as a whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.document().found().is_poorer()
    }

    /// Notes that these devices are removed, so that their passwords are cleared even where the program is killed before it has
    /// come to that.
    pub fn mark_removed(&self, devices: &[DeviceId]) -> Result<(), SecretError> {
        self.mark(devices, true)
    }

    /// Notes that these devices are registered again.
    pub fn mark_restored(&self, devices: &[DeviceId]) -> Result<(), SecretError> {
        self.mark(devices, false)
    }

    /// The devices that were noted as removed and still have a password.
    #[must_use]
    pub fn removed(&self) -> Vec<DeviceId> {
        let document = self.document();
        rows(document.table())
            .filter(|(_, row)| row.get(REMOVED).is_some())
            .map(|(device, _)| device)
            .collect()
    }

    fn mark(&self, devices: &[DeviceId], removed: bool) -> Result<(), SecretError> {
        let known = self.devices();
        if !devices.iter().any(|device| known.contains(device)) {
            return Ok(());
        }
        self.locked(|| {
            let mut document = self.document();
            let rows = document.table_mut().get_mut(DEVICE).and_then(Item::as_table_mut);
            for (id, row) in rows.into_iter().flat_map(Table::iter_mut) {
                let marked = id.parse().is_ok_and(|id| devices.contains(&id));
                let Some(row) = row.as_table_mut().filter(|_| marked) else {
                    continue;
                };
                if removed {
                    set(row, REMOVED, true.into());
                } else {
                    row.remove(REMOVED);
                }
            }
            Ok(document.save()?)
        })
    }

    /// The password of a device; `Ok(None)` if none is stored.
    pub fn get(&self, device: DeviceId) -> Result<Option<Password>, SecretError> {
        let document = self.document();
        let Some(entry) = entry(document.table(), device) else {
            return Ok(None);
        };
        if let Some(sealed) = entry.get(SEALED) {
            let sealed = sealed
                .as_str()
                .ok_or_else(|| SecretError::Unreadable("its record is damaged".to_owned()))?;
            return KeyFile::read(&self.inner.dir)?.open(device, sealed).map(Some);
        }
        let vault = self
            .vault()
            .ok_or_else(|| SecretError::Keyring("there is none in this session".to_owned()))?;
        let held = vault.get(&self.account(device)?).map_err(|error| match error {
            VaultError::Shut(text) => SecretError::Keyring(text),
            VaultError::Entry(text) => SecretError::KeyringEntry(text),
        })?;
        let missing = || SecretError::KeyringEntry("it does not hold the password any more; enter it again".to_owned());
        held.map(Some).ok_or_else(missing)
    }

    /// Stores the password in the keyring, or else in the encrypted file; it is never in both.
    pub fn set(&self, device: DeviceId, password: &Password) -> Result<(), SecretError> {
        if self.place() == PasswordPlace::Keyring {
            let account = self.account(device)?;
            match self.vault().map(|vault| vault.set(&account, password)) {
                Some(Ok(())) => return self.record(device, |row| set_only(row, IN_KEYRING, true.into())),
                Some(Err(_)) | None => self.inner.refused.store(true, Ordering::Relaxed),
            }
        }
        let sealed = self.locked(|| {
            let (key, aside) = KeyFile::read_or_make(&self.inner.dir)?;
            if aside.is_some() {
                let mut told = self.inner.key_set_aside.lock().unwrap_or_else(PoisonError::into_inner);
                *told = aside;
            }
            key.seal(device, password)
        })?;
        self.record(device, |row| set_only(row, SEALED, sealed.into()))?;
        self.forget_in_keyring(device);
        Ok(())
    }

    /// Has `tell` called whenever the keyring answers somebody who has given up waiting: its user has unlocked it.
    pub fn tell_when_open(&self, tell: impl Fn() + Send + Sync + 'static) {
        if let Some(vault) = self.vault() {
            vault.tell_when_open(Box::new(tell));
        }
    }

    /// The new name of a key file that [`Secrets::set`] found damaged; returned once. The passwords sealed with it have
    /// to be entered again.
    #[must_use]
    pub fn take_key_set_aside(&self) -> Option<String> {
        let mut told = self.inner.key_set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        told.take()
    }

    /// What is wrong with the file that says where each password is.
    #[must_use]
    pub fn problems(&self) -> Vec<LoadProblem> {
        self.document().take_problems()
    }

    /// Stores the password of `from` for `to` as well; where `from` has none, `to` has none either.
    pub fn copy(&self, from: DeviceId, to: DeviceId) -> Result<(), SecretError> {
        match self.get(from)? {
            Some(password) => self.set(to, &password),
            None => self.clear(to),
        }
    }

    /// Removes the password; it is no error if there is none.
    pub fn clear(&self, device: DeviceId) -> Result<(), SecretError> {
        if !self.has(device) {
            return Ok(());
        }
        self.forget_in_keyring(device);
        self.locked(|| {
            let mut document = self.document();
            if let Some(devices) = document.table_mut().get_mut(DEVICE).and_then(Item::as_table_mut) {
                devices.remove(&device.to_string());
            }
            Ok(document.save()?)
        })
    }

    fn vault(&self) -> Option<&dyn Vault> {
        let find = || {
            let file_wanted = std::env::var_os("MONOMI_SECRETS").is_some_and(|wanted| wanted == "file");
            (!file_wanted)
                .then(Keyring::find)
                .flatten()
                .map(|keyring| Box::new(keyring) as Box<dyn Vault>)
        };
        self.inner.vault.get_or_init(find).as_deref()
    }

    fn forget_in_keyring(&self, device: DeviceId) {
        let Some(vault) = self.vault() else { return };
        if let Ok(account) = self.account(device) {
            let _ = vault.clear(&account);
        }
    }

    fn record(&self, device: DeviceId, change: impl FnOnce(&mut Table)) -> Result<(), SecretError> {
        self.locked(|| {
            let mut document = self.document();
            let table = document.table_mut();
            if table.get(DEVICE).is_some_and(|item| !item.is_table()) {
                table.remove(DEVICE);
            }
            let devices = table.entry(DEVICE).or_insert_with(|| Item::Table(implicit_table()));
            let devices = devices
                .as_table_mut()
                .ok_or_else(|| SecretError::Unreadable("secrets.toml is damaged".to_owned()))?;
            let id = device.to_string();
            if devices.get(&id).is_some_and(|row| !row.is_table()) {
                devices.remove(&id);
            }
            if let Some(row) = devices.entry(&id).or_insert_with(toml_edit::table).as_table_mut() {
                change(row);
            }
            Ok(document.save()?)
        })
    }

    fn locked<T>(&self, act: impl FnOnce() -> Result<T, SecretError>) -> Result<T, SecretError> {
        let _lock = WriteLock::take(&self.inner.dir.join("secrets.lock"))?;
        act()
    }

    fn document(&self) -> Document {
        Document::load(&self.inner.dir.join("secrets.toml"), &migrate::SECRETS)
    }

    /// The account in the keyring. It differs between the profiles of a user.
    fn account(&self, device: DeviceId) -> Result<String, SecretError> {
        let path = self.inner.dir.join("profile.id");
        let read = || {
            fs::read_to_string(&path)
                .ok()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let profile = match read() {
            Some(id) => id,
            None => self.locked(|| {
                if let Some(id) = read() {
                    return Ok(id);
                }
                let id = format!("{:016x}", fastrand::u64(1..));
                atomic::write(&path, id.as_bytes())?;
                Ok(id)
            })?,
        };
        Ok(format!("{profile}/{device}"))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

const DEVICE: &str = "device";
const SEALED: &str = "sealed";
const IN_KEYRING: &str = "in-keyring";
const REMOVED: &str = "removed";

/// The devices that have a password, each with its record.
fn rows(table: &Table) -> impl Iterator<Item = (DeviceId, &Table)> {
    let devices = table.get(DEVICE).and_then(Item::as_table);
    let rows = devices.into_iter().flat_map(Table::iter);
    rows.filter_map(|(id, row)| Some((id.parse().ok()?, row.as_table()?)))
}

fn entry(table: &Table, device: DeviceId) -> Option<&Table> {
    table.get(DEVICE)?.as_table()?.get(&device.to_string())?.as_table()
}

fn set_only(row: &mut Table, key: &str, value: Value) {
    row.remove(SEALED);
    row.remove(IN_KEYRING);
    row.remove(REMOVED);
    set(row, key, value);
}

fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

#[cfg(test)]
mod tests;
