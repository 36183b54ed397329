//! What the worker for the disk does: the profile's files and the passwords that are in one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::passwords::Unreadable;
use crate::store::{Found, Loaded, PasswordPlace, Profile, SecretError, Secrets};
use device::{DeviceId, Fingerprint, Password, Registry, RegistryError};
use reconnect::Spent;
use rtsp::HabitBook;
use settings::Settings;

/// A change of the registry. It is made in memory at once and then, by the worker, to what is on disk: another process may
/// have changed that.
pub(super) type RegistryEdit = Arc<dyn Fn(&mut Registry) -> Result<(), RegistryError> + Send + Sync>;

/// The profile on disk.
pub(super) struct Disk {
    profile: Profile,
    /// Edits that could not be written yet, oldest first.
    unsaved: Vec<RegistryEdit>,
}

/// What is read before anything is dialled.
pub(in crate::engine) struct Opened {
    pub(super) trust: Loaded<BTreeMap<DeviceId, Fingerprint>>,
    pub(super) secrets: Loaded<BTreeMap<DeviceId, PasswordPlace>>,
    /// Devices that were removed by a program that was killed before it could clear their passwords.
    pub(super) removed: Vec<DeviceId>,
    /// What an earlier run of the program spent.
    pub(super) spent: Option<Spent>,
    /// What recorders taught.
    pub(super) habits: Loaded<HabitBook>,
}

/// The files as somebody else left them.
pub(in crate::engine) struct Reloaded {
    pub(super) registry: Loaded<Registry>,
    pub(super) settings: Loaded<Settings>,
    pub(super) trust: Loaded<BTreeMap<DeviceId, Fingerprint>>,
    pub(super) places: BTreeMap<DeviceId, PasswordPlace>,
}

impl Disk {
    pub(super) fn new(profile: Profile) -> Self {
        Self {
            profile,
            unsaved: Vec::new(),
        }
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// `now` is the wall clock.
    pub(super) fn open(&self, now: SystemTime) -> Opened {
        let secrets = self.profile.secrets();
        Opened {
            trust: self.profile.load_trust(),
            secrets: Loaded {
                problems: secrets.problems(),
                value: secrets.places(),
                found: Found::Whole,
            },
            removed: secrets.removed(),
            spent: self.profile.load_spent(now),
            habits: self.profile.load_habits(),
        }
    }

    pub(super) fn reload(&self) -> Reloaded {
        Reloaded {
            registry: self.profile.load_registry(),
            settings: self.profile.load_settings(),
            trust: self.profile.load_trust(),
            // After the registry: whoever adds a device stores its password first.
            places: self.profile.secrets().places(),
        }
    }

    /// Makes the change and all that are not written yet to the registry on disk; the registry as it is there now.
    pub(super) fn edit_registry(&mut self, change: Option<RegistryEdit>) -> Result<Registry, String> {
        self.unsaved.extend(change);
        let unsaved = &self.unsaved;
        let written = self.profile.update_registry(|registry| {
            for edit in unsaved {
                if let Err(error) = edit(registry) {
                    tracing::warn!(%error, "a change of the registry was not possible on disk");
                }
            }
            registry.clone()
        });
        let registry = written.map_err(|error| error.to_string())?;
        self.unsaved.clear();
        Ok(registry)
    }
}

/// Reads a password.
pub(super) fn read_password(secrets: &Secrets, of: DeviceId) -> Result<Option<Password>, Unreadable> {
    secrets.get(of).map_err(|error| match error {
        SecretError::Keyring(_) => Unreadable::KeyringShut(error.to_string()),
        SecretError::KeyringEntry(_) | SecretError::Unreadable(_) | SecretError::KeyFile(_) | SecretError::Write(_) => {
            Unreadable::Entry(error.to_string())
        }
    })
}
