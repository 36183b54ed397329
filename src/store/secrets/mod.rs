//! Passwords: in the keyring of the operating system, or, where there is none, in an encrypted file of the profile.
//!
//! `secrets.toml` says for every device where its password is, so that a program without access to the keyring (a terminal of
//! another machine) says so instead of believing that there is no password, and so that both places can be in use at once. It
//! names each entry of the keyring before it is made and until it is gone, so that none is ever forgotten there: see `debts`. An
//! entry belongs to one profile in one place: see `home`.

mod debts;
mod error;
mod home;
mod keyring;
mod rows;
mod sealed;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

pub use self::debts::Forgotten;
pub use self::error::SecretError;
use self::home::Home;
use self::keyring::Keyring;
pub use self::keyring::{Vault, VaultError};
use self::rows::{Rows, Stored};
use self::sealed::KeyFile;
use super::document::Document;
use super::load::LoadProblem;
use super::lock::WriteLock;
use super::migrate;
use device::{DeviceId, Password};
use events::Messenger;

/// Under which identity the secret of a messenger is kept. Those of devices are random.
#[must_use]
pub fn owner_of_secret(messenger: Messenger) -> DeviceId {
    match messenger {
        Messenger::Mail => DeviceId(u64::MAX),
        Messenger::Webhook => DeviceId(u64::MAX - 1),
        Messenger::Syslog => DeviceId(u64::MAX - 2),
    }
}

/// Under which identity the key is kept that signs exports.
pub(super) const SIGNING_KEY: DeviceId = DeviceId(u64::MAX - 3);

/// Under which identity the path of the webhook is kept: with some services, who knows it may write there.
pub const OWNER_OF_WEBHOOK_PATH: DeviceId = DeviceId(u64::MAX - 4);

/// The secrets of all messengers, each with a word for it.
pub(super) fn secrets_of_messengers() -> impl Iterator<Item = (DeviceId, &'static str)> {
    let of_messengers = Messenger::ALL.iter().map(|of| (owner_of_secret(*of), of.as_str()));
    of_messengers.chain([(OWNER_OF_WEBHOOK_PATH, "webhook path")])
}

/// Whether this identity is that of no device, but of a messenger or of the key that signs.
pub(super) fn is_of_program(owner: DeviceId) -> bool {
    owner == SIGNING_KEY || secrets_of_messengers().any(|(of, _)| of == owner)
}

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
    /// Which profile this is, once that is known.
    home: OnceLock<Home>,
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
                home: OnceLock::new(),
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
        rows::stored(self.document().table(), device).is_some()
    }

    /// Every device that has a password; does not ask the keyring.
    #[must_use]
    pub fn devices(&self) -> HashSet<DeviceId> {
        self.places().into_keys().collect()
    }

    /// Where the password of each device is; does not ask the keyring.
    #[must_use]
    pub fn places(&self) -> BTreeMap<DeviceId, PasswordPlace> {
        let place = |stored| match stored {
            Stored::Sealed(_) => PasswordPlace::EncryptedFile,
            Stored::Keyring(_) => PasswordPlace::Keyring,
        };
        rows::all(self.document().table())
            .map(|(device, stored)| (device, place(stored)))
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
        rows::removed(self.document().table())
    }

    fn mark(&self, devices: &[DeviceId], removed: bool) -> Result<(), SecretError> {
        let document = self.readable()?;
        if !devices
            .iter()
            .any(|device| rows::stored(document.table(), *device).is_some())
        {
            return Ok(());
        }
        self.locked(|| {
            let mut document = self.document();
            Rows::of(&mut document).mark_removed(devices, removed);
            Ok(document.save()?)
        })
    }

    /// The password of a device; `Ok(None)` if none is stored.
    pub fn get(&self, device: DeviceId) -> Result<Option<Password>, SecretError> {
        let document = self.readable()?;
        let account = match rows::stored(document.table(), device) {
            None => return Ok(None),
            Some(Stored::Sealed(sealed)) => {
                let sealed = sealed.ok_or_else(|| SecretError::Unreadable("its record is damaged".to_owned()))?;
                return KeyFile::read(&self.inner.dir)?.open(device, sealed).map(Some);
            }
            Some(Stored::Keyring(account)) => account.map(str::to_owned),
        };
        let vault = self
            .vault()
            .ok_or_else(|| SecretError::Keyring("there is none in this session".to_owned()))?;
        let missing = || SecretError::KeyringEntry("it does not hold the password any more; enter it again".to_owned());
        let account = account.or_else(|| home::earlier_account(&self.inner.dir, device));
        let account = account.ok_or_else(missing)?;
        let held = vault.get(&account).map_err(|error| match error {
            VaultError::Shut(text) => SecretError::Keyring(text),
            VaultError::Entry(text) => SecretError::KeyringEntry(text),
        })?;
        let password = held.ok_or_else(missing)?;
        self.make_own(device, &account, &password);
        if !rows::owed(document.table()).is_empty() {
            self.pay_debts();
        }
        Ok(Some(password))
    }

    /// Stores the password in the keyring, or else in the encrypted file; it is never in both. A keyring that refuses it is not
    /// asked to forget the former one: that is owed.
    pub fn set(&self, device: DeviceId, password: &Password) -> Result<(), SecretError> {
        if self.place() == PasswordPlace::Keyring {
            if self.set_in_keyring(device, password)? {
                self.pay_debts();
                return Ok(());
            }
            self.inner.refused.store(true, Ordering::Relaxed);
        }
        let now = SystemTime::now();
        self.at_home(|home, document| {
            let (key, aside) = KeyFile::read_or_make(&self.inner.dir)?;
            if aside.is_some() {
                let mut told = self.inner.key_set_aside.lock().unwrap_or_else(PoisonError::into_inner);
                *told = aside;
            }
            let sealed = key.seal(device, password)?;
            Rows::of(document).set_sealed(device, &sealed, now, home)
        })
    }

    /// Whether the keyring took it. Its entry is named in the file before it is made, so that it is found whatever comes between.
    fn set_in_keyring(&self, device: DeviceId, password: &Password) -> Result<bool, SecretError> {
        let Some(vault) = self.vault() else { return Ok(false) };
        let now = SystemTime::now();
        let account = self.at_home(|home, document| Rows::of(document).begin_entry(device, now, home))?;
        if vault.set(&account, password).is_err() {
            return Ok(false);
        }
        self.at_home(|home, document| Rows::of(document).end_entry(device, &account, now, home))?;
        Ok(true)
    }

    /// A password that was read from the entry of another profile (this one is its copy) gets an entry of this profile's own.
    /// Where that fails, it is read from there again the next time.
    fn make_own(&self, device: DeviceId, account: &str, password: &Password) {
        let own = self.home().is_ok_and(|home| home.owns(account));
        if own || self.place() != PasswordPlace::Keyring {
            return;
        }
        if !self.set_in_keyring(device, password).unwrap_or(false) {
            tracing::debug!(%device, "a copied profile still reads the password of the original");
        }
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
            None => self.clear(to).map(drop),
        }
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

    fn home(&self) -> Result<Home, SecretError> {
        if let Some(home) = self.inner.home.get() {
            return Ok(home.clone());
        }
        let home = match Home::known(&self.inner.dir) {
            Some(home) => home,
            None => self.at_home(|home, _| Ok(home.clone()))?,
        };
        Ok(self.inner.home.get_or_init(|| home).clone())
    }

    /// Changes the file under the lock of the profile, knowing which profile this is.
    fn at_home<T>(&self, act: impl FnOnce(&Home, &mut Document) -> Result<T, SecretError>) -> Result<T, SecretError> {
        self.locked(|| {
            let mut document = self.document();
            let home = Home::settle(&self.inner.dir, |earlier| {
                Rows::of(&mut document).become_a_copy(earlier);
                Ok(document.save()?)
            })?;
            let result = act(&home, &mut document)?;
            document.save()?;
            Ok(result)
        })
    }

    fn locked<T>(&self, act: impl FnOnce() -> Result<T, SecretError>) -> Result<T, SecretError> {
        let _lock = WriteLock::of(&self.inner.dir)?;
        act()
    }

    /// The file for whoever takes what it does not say for an answer: one that the system does not give says nothing.
    fn readable(&self) -> Result<Document, SecretError> {
        let document = self.document();
        match document.refusal() {
            Some(refusal) => Err(refusal.into()),
            None => Ok(document),
        }
    }

    fn document(&self) -> Document {
        Document::load(&self.inner.dir.join("secrets.toml"), &migrate::SECRETS)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests;
