//! What the worker for the disk does: the profile's files and the passwords that are in one of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use super::passwords::Unreadable;
use super::taking::{self, FileDifference};
use crate::store::{
    Arrangement, Found, KeptFeeds, Loaded, Parts, PasswordPlace, Print, Profile, SecretError, Secrets, TrustBook,
};
use device::{DeviceId, Password, Registry, RegistryError};
use health::HealthBook;
use outbox::KeptOutbox;
use reconnect::Spent;
use rtsp::HabitBook;
use settings::{KEYS, Settings};
use wall::{Views, WindowView};

/// A change of the registry. It is made in memory at once and then, by the worker, to what is on disk: another process may
/// have changed that.
pub(super) type RegistryEdit = Arc<dyn Fn(&mut Registry) -> Result<(), RegistryError> + Send + Sync>;

/// A change of the settings: what differs between the two is what the user changed.
#[derive(Clone)]
pub(super) struct SettingsEdit {
    pub(super) before: Settings,
    pub(super) after: Settings,
}

/// The profile on disk. Of each file it knows what was read or written last: where a file holds a part of that or nothing for a
/// moment, an edit is made to what is known, and made again to the file itself when that is whole.
pub(super) struct Disk {
    profile: Profile,
    /// The folder as it was when the profile was opened. A disk that is away leaves another one in its place.
    home: Option<Print>,
    /// How often a file was not begun anew because the folder is another one.
    refused: u32,
    registry: Registry,
    settings: Settings,
    arrangement: Arrangement,
    /// Whether the arrangement on disk is the one that is known, so that a newer one may replace it. Otherwise it was not readable
    /// when the windows opened.
    arrangement_is_known: bool,
    /// Whether it still cannot be read as a whole.
    arrangement_is_awaited: bool,
    /// The version of the file that was read or written last.
    arrangement_print: Option<Print>,
    /// What is not in the file itself yet, oldest first.
    registry_edits: Vec<RegistryEdit>,
    settings_edits: Vec<SettingsEdit>,
    parts: Parts,
}

/// What is read before anything is dialled.
pub(in crate::engine) struct Opened {
    pub(super) trust: Loaded<TrustBook>,
    pub(super) secrets: Loaded<BTreeMap<DeviceId, PasswordPlace>>,
    /// Devices that were removed by a program that was killed before it could clear their passwords.
    pub(super) removed: Vec<DeviceId>,
    /// Whether the keyring still has to forget passwords.
    pub(super) owed: bool,
    /// What an earlier run of the program spent.
    pub(super) spent: Option<Spent>,
    /// What recorders taught.
    pub(super) habits: Loaded<HabitBook>,
    pub(super) health: Loaded<HealthBook>,
    pub(super) feeds: Loaded<KeptFeeds>,
    pub(super) outbox: KeptOutbox,
}

/// The files as somebody else left them, each with its print.
pub(in crate::engine) struct Reloaded {
    pub(super) registry: (Option<Print>, Loaded<Registry>),
    pub(super) settings: (Option<Print>, Loaded<Settings>),
    pub(super) trust: (Option<Print>, Loaded<TrustBook>),
    pub(super) places: Loaded<BTreeMap<DeviceId, PasswordPlace>>,
    /// The windows and views that could not be read when the program started.
    pub(super) late: Option<Loaded<Arrangement>>,
    /// Those still cannot be read.
    pub(super) awaits_arrangement: bool,
    pub(super) foreign: Option<Foreign>,
    /// Whether the folder of the profile is the one that it was.
    pub(super) at_home: bool,
}

/// The windows and views that somebody else wrote.
pub(in crate::engine) struct Foreign {
    pub(super) print: Print,
    pub(super) arrangement: Arrangement,
    /// Beside the views that are known.
    pub(super) difference: FileDifference,
    pub(super) windows_differ: bool,
}

/// What was written, and what was found of the file then.
pub(in crate::engine) struct Written<T> {
    pub(super) value: T,
    pub(super) found: Found,
    /// A device that was to be changed is not registered any more.
    pub(super) gone: bool,
}

impl Disk {
    pub(super) fn new(
        profile: Profile,
        registry: &Registry,
        settings: &Settings,
        arrangement: &Loaded<Arrangement>,
    ) -> Self {
        Self {
            home: Print::of(profile.path()),
            arrangement_print: profile.arrangement_print(),
            refused: 0,
            profile,
            registry: registry.clone(),
            settings: settings.clone(),
            arrangement: arrangement.value.clone(),
            arrangement_is_known: arrangement.found == Found::Whole,
            arrangement_is_awaited: false,
            registry_edits: Vec::new(),
            settings_edits: Vec::new(),
            parts: Parts::default(),
        }
    }

    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// `now` is the wall clock.
    pub(super) fn open(&self, now: SystemTime) -> Opened {
        self.profile.settle_passwords();
        let secrets = self.profile.secrets();
        Opened {
            trust: self.profile.load_trust(),
            secrets: self.places(),
            removed: secrets.removed(),
            owed: !secrets.owed().is_empty(),
            spent: self.profile.load_spent(now),
            habits: self.profile.load_habits(),
            health: self.profile.load_health(),
            feeds: self.profile.load_feeds(),
            outbox: self.profile.load_outbox(),
        }
    }

    /// Where the passwords are, and what is wrong with the file that says so.
    pub(super) fn places(&self) -> Loaded<BTreeMap<DeviceId, PasswordPlace>> {
        let secrets = self.profile.secrets();
        Loaded {
            problems: secrets.problems(),
            found: if secrets.is_whole() { Found::Whole } else { Found::Part },
            value: secrets.places(),
        }
    }

    pub(super) fn reload(&mut self) -> Reloaded {
        let registry = self.profile.look_at_registry();
        if registry.1.found == Found::Whole && !self.registry_edits.is_empty() {
            // What was saved beside it meanwhile is made to the file itself, too.
            self.edit_registry(None).ok();
        }
        if registry.1.found == Found::Whole && registry.1.value == self.registry {
            // Wherever this is, it is the profile: somebody restored the folder.
            self.home = Print::of(self.profile.path());
        }
        let settings = self.profile.look_at_settings();
        if settings.1.found == Found::Whole && !self.settings_edits.is_empty() {
            self.edit_settings(None).ok();
        }
        Reloaded {
            registry: self.profile.look_at_registry(),
            settings: self.profile.look_at_settings(),
            trust: self.profile.look_at_trust(),
            late: self.late_arrangement(),
            awaits_arrangement: self.arrangement_is_awaited,
            foreign: self.foreign_arrangement(),
            // After the registry: whoever adds a device stores its password first.
            places: self.places(),
            at_home: self.is_at_home(),
        }
    }

    /// The files were taken over: this is what is known of them now.
    pub(super) fn taken(&mut self, registry: Option<Registry>, settings: Option<Settings>) {
        if let Some(registry) = registry {
            self.registry = registry;
            self.home = Print::of(self.profile.path());
        }
        if let Some(settings) = settings {
            self.settings = settings;
        }
    }

    /// Makes the change and all that are not written yet to the registry on disk; the registry as it is there now.
    pub(super) fn edit_registry(&mut self, change: Option<RegistryEdit>) -> Result<Written<Registry>, String> {
        self.registry_edits.extend(change);
        self.check_home("devices.toml")?;
        let edits = &self.registry_edits;
        let mut gone = false;
        let written = self.profile.update_known_registry(&self.registry, |registry| {
            for edit in edits {
                if let Err(error) = edit(registry) {
                    gone |= error == RegistryError::NoSuchDevice;
                    tracing::warn!(%error, "a change of the registry was not possible on disk");
                }
            }
            registry.clone()
        });
        let (registry, found) = written.map_err(|error| error.to_string())?;
        if is_in_the_file(&found) {
            self.registry_edits.clear();
        }
        self.registry.clone_from(&registry);
        self.profile.settle_passwords();
        Ok(Written {
            value: registry,
            found,
            gone,
        })
    }

    /// The same for the settings.
    pub(super) fn edit_settings(&mut self, change: Option<SettingsEdit>) -> Result<Written<()>, String> {
        self.settings_edits.extend(change);
        self.check_home("settings.toml")?;
        let edits = &self.settings_edits;
        let written = self.profile.update_known_settings(&self.settings, |settings| {
            edits.iter().for_each(|edit| edit.make(settings));
            settings.clone()
        });
        let (settings, found) = written.map_err(|error| error.to_string())?;
        if is_in_the_file(&found) {
            self.settings_edits.clear();
        }
        self.settings = settings;
        Ok(Written {
            value: (),
            found,
            gone: false,
        })
    }

    /// Takes what `change` makes of the windows and views, and writes that, and all that could not be written before. Where the
    /// arrangement was not readable when the windows opened and now is, that one counts: nothing is written, and it is given back.
    /// Where somebody else wrote another one, what the windows show is not written either: they are about to take that over.
    pub(super) fn arrange(
        &mut self,
        parts: Parts,
        change: impl FnOnce(&mut Arrangement),
    ) -> Result<Option<Loaded<Arrangement>>, String> {
        let foreign = self.foreign_arrangement();
        if parts == Parts::WINDOWS && foreign.as_ref().is_some_and(|foreign| foreign.windows_differ) {
            return Ok(None);
        }
        change(&mut self.arrangement);
        self.parts.windows |= parts.windows;
        self.parts.views |= parts.views;
        self.check_home("views.toml")?;
        let is_known = self.arrangement_is_known;
        let may = |found: &Found| is_known || *found != Found::Whole;
        let written = self.profile.save_arrangement(&self.arrangement, self.parts, may);
        let found = written.map_err(|error| error.to_string())?;
        match found {
            Found::Whole if !is_known => return Ok(self.late_arrangement()),
            Found::Whole | Found::Nothing => {
                self.parts = Parts::default();
                self.arrangement_is_known = true;
                if foreign.is_none() {
                    self.arrangement_print = self.profile.arrangement_print();
                }
            }
            Found::Beside(_) | Found::Part | Found::Unreadable => {}
        }
        Ok(None)
    }

    /// A copy was restored, or a file was imported: this is in the files now.
    pub(super) fn replaced(&mut self, registry: Registry, views: Views, windows: Option<Vec<WindowView>>) {
        self.registry_edits.clear();
        self.taken(Some(registry), None);
        self.arrangement.views = views;
        if let Some(windows) = windows {
            self.arrangement.windows = windows;
        }
        self.arrangement_is_known = true;
        self.arrangement_print = self.profile.arrangement_print();
        self.parts = Parts::default();
    }

    /// The arrangement that somebody else wrote was taken over.
    pub(super) fn arrangement_taken(&mut self, print: Print, arrangement: Arrangement) {
        self.arrangement_print = Some(print);
        self.arrangement = arrangement;
        self.parts = Parts::default();
    }

    /// What somebody else made of the windows and views, where their file is whole and says something else than what is known.
    fn foreign_arrangement(&self) -> Option<Foreign> {
        let print = self.profile.arrangement_print()?;
        if !self.arrangement_is_known || self.arrangement_print == Some(print) {
            return None;
        }
        let loaded = self.profile.look_at_arrangement();
        let is_foreign = loaded.found == Found::Whole && loaded.value != self.arrangement;
        is_foreign.then(|| Foreign {
            print,
            difference: taking::between_views(&self.arrangement.views, &loaded.value.views),
            windows_differ: loaded.value.windows != self.arrangement.windows,
            arrangement: loaded.value,
        })
    }

    fn late_arrangement(&mut self) -> Option<Loaded<Arrangement>> {
        self.arrangement_is_awaited = false;
        if self.arrangement_is_known {
            return None;
        }
        let loaded = self.profile.look_at_arrangement();
        if loaded.found != Found::Whole {
            self.arrangement_is_awaited = loaded.found != Found::Nothing;
            return None;
        }
        self.arrangement_is_known = true;
        self.arrangement_print = self.profile.arrangement_print();
        self.parts = Parts::default();
        self.arrangement = loaded.value.clone();
        Some(loaded)
    }

    fn is_at_home(&self) -> bool {
        match (self.home, Print::of(self.profile.path())) {
            (Some(home), Some(now)) => home.is_same_file(now),
            _ => false,
        }
    }

    /// From now on the folder of the profile is the one that is there.
    pub(super) fn settle_here(&mut self) {
        self.refused = PATIENCE;
    }

    /// Refuses to begin a file anew in a folder that is not the one of the profile: its disk is away, and may come back.
    fn check_home(&mut self, file: &str) -> Result<(), String> {
        let knows_something = !self.registry.devices.is_empty() || !self.registry.sites.is_empty();
        let is_missing = || !Path::new(&self.profile.path().join(file)).exists();
        if knows_something && !self.is_at_home() && is_missing() {
            self.refused += 1;
            if self.refused <= PATIENCE {
                return Err(
                    "the folder of the profile is another one than before, and this file is not in it".to_owned(),
                );
            }
            self.home = Print::of(self.profile.path());
        }
        self.refused = 0;
        Ok(())
    }
}

/// After so many tries, ten seconds apart, a folder that is another one than before counts as the profile.
const PATIENCE: u32 = 6;

/// Whether what was written stands in the file itself.
fn is_in_the_file(found: &Found) -> bool {
    matches!(found, Found::Whole | Found::Nothing)
}

impl SettingsEdit {
    fn make(&self, settings: &mut Settings) {
        for key in KEYS {
            let value = key.get(&self.after);
            if value != key.get(&self.before)
                && let Err(error) = key.set(settings, value)
            {
                tracing::warn!(%error, key = key.name, "a change of the settings was not possible on disk");
            }
        }
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
