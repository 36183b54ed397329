//! A profile in one file, to move it to another computer: devices, views and settings with their passwords, sealed with a passphrase.
//!
//! An import adds to what is there. A device or view that is there already is replaced, which is said before it is done, and what was
//! there is a dated copy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};
use zeroize::Zeroizing;

use super::load::{Found, LoadProblem, Loaded};
use super::lock::WriteLock;
use super::profile::{Profile, SaveError};
use super::read::{self, Refusal};
use super::records::set;
use super::sealed_file::{self, OpenError};
use super::secrets::secrets_of_messengers;
use super::views_file::views_from_text;
use super::{WriteError, atomic, registry_file, settings_file, views_file};
use device::{DeviceEdit, DeviceId, Password, PasswordEdit, Registry, SiteAbout};
use registry_csv::CsvHeader;
use settings::Settings;
use wall::{Views, WindowView};

/// What a profile file holds.
#[derive(Clone, Debug)]
pub struct ProfileContents {
    pub registry: Registry,
    pub views: Views,
    pub windows: Vec<WindowView>,
    pub settings: Settings,
    pub passwords: BTreeMap<DeviceId, Password>,
}

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportPlan {
    /// Names of the devices and views that are new here, and of those that are here and would be replaced.
    pub new_devices: Vec<String>,
    pub changed_devices: Vec<String>,
    pub new_views: Vec<String>,
    pub changed_views: Vec<String>,
    pub passwords: usize,
    /// There is no device here, so that the windows show what the file's showed.
    pub takes_windows: bool,
}

/// What an import brought.
#[derive(Clone, Debug)]
pub struct ImportedProfile {
    pub registry: Registry,
    pub views: Views,
    /// Empty where the windows stay as they are.
    pub windows: Vec<WindowView>,
    /// Names of the devices whose passwords could not be stored.
    pub without: Vec<String>,
}

/// Why a profile was not written to a file or not read from it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("there is no such file or folder")]
    NotFound,
    #[error("there is a file of this name already")]
    Exists,
    #[error("no permission")]
    Denied,
    #[error("the file is no profile of Monomi")]
    NotAProfile,
    #[error("the end of the file is missing")]
    Truncated,
    #[error("this is not the passphrase of the file")]
    WrongPassphrase,
    #[error("the file is damaged")]
    Damaged,
    #[error("the file was written by a newer Monomi")]
    Newer,
    /// A file of the profile that is to be exported.
    #[error("{file} cannot be read ({refusal})")]
    Unreadable { file: String, refusal: Refusal },
    #[error("{0}")]
    Other(String),
}

/// What a profile file lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Names of the devices whose passwords could not be read.
    pub without: Vec<String>,
    /// What was not understood of the files of the profile, and so is not in it, such as `device[2]`.
    pub missing: Vec<String>,
}

/// Writes a text that a person wants to have to a new file. An existing file is never replaced.
///
/// # Errors
/// [`ExchangeError`], where nothing was written.
pub fn write_text(path: &Path, text: &str) -> Result<(), ExchangeError> {
    is_free(path)?;
    atomic::write(path, text.as_bytes())?;
    Ok(())
}

impl Profile {
    /// Writes the profile to a new file, and says what could not be read and is not in it. An existing file is never replaced. May wait
    /// for the keyring.
    pub fn export_to(&self, path: &Path, passphrase: &Password) -> Result<Exported, ExchangeError> {
        is_free(path)?;
        let mut missing = Vec::new();
        let registry = whole(self.load_registry(), &mut missing)?;
        let views = whole(self.load_views(), &mut missing)?;
        let windows = whole(self.load_windows(), &mut Vec::new())?;
        let settings = whole(self.load_settings(), &mut missing)?;
        let mut passwords = Table::new();
        let mut without = Vec::new();
        let secrets_are_whole = self.secrets().is_whole();
        for device in &registry.devices {
            match self.secrets().get(device.id) {
                Ok(Some(password)) => set(&mut passwords, &device.id.to_string(), password.expose().into()),
                // What says where it is was lost.
                Ok(None) if device.password_revision > 0 && !secrets_are_whole => without.push(device.name.clone()),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(device = device.name, %error, "a password is not exported");
                    without.push(device.name.clone());
                }
            }
        }
        for (owner, word) in secrets_of_messengers() {
            match self.secrets().get(owner) {
                Ok(Some(secret)) => set(&mut passwords, &owner.to_string(), secret.expose().into()),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(messenger = word, %error, "a secret is not exported");
                    without.push(word.to_owned());
                }
            }
        }
        let defect = || ExchangeError::Other("a defect of Monomi".to_owned());
        let views = views_file::views_to_text("", &views).ok_or_else(defect)?;
        let views = views_file::to_text(&views, &windows).ok_or_else(defect)?;
        let settings = settings_file::to_text("", &settings).ok_or_else(defect)?;
        let mut toml = DocumentMut::new();
        set(toml.as_table_mut(), "version", VERSION.into());
        set(
            toml.as_table_mut(),
            DEVICES,
            registry_file::to_text("", &registry).ok_or_else(defect)?.into(),
        );
        set(toml.as_table_mut(), VIEWS, views.into());
        set(toml.as_table_mut(), SETTINGS, settings.into());
        toml.insert(PASSWORDS, Item::Table(passwords));
        let text = Zeroizing::new(toml.to_string());
        let sealed = sealed_file::seal(text.as_bytes(), passphrase).map_err(ExchangeError::Other)?;
        atomic::write(path, &sealed)?;
        Ok(Exported { without, missing })
    }

    /// Writes all devices to a new table for spreadsheets, without passwords, and says what could not be read and is not in it. An
    /// existing file is never replaced.
    pub fn export_csv(&self, path: &Path, header: CsvHeader) -> Result<Vec<String>, ExchangeError> {
        is_free(path)?;
        let mut missing = Vec::new();
        let registry = whole(self.load_registry(), &mut missing)?;
        atomic::write(path, &registry_csv::write(&registry, header))?;
        Ok(missing)
    }

    /// What an import of these contents would do here.
    #[must_use]
    pub fn plan_import(&self, contents: &ProfileContents) -> ImportPlan {
        let (registry, views) = (self.load_registry().value, self.load_views().value);
        let mut plan = ImportPlan {
            passwords: contents.passwords.len(),
            takes_windows: registry.devices.is_empty(),
            ..ImportPlan::default()
        };
        for device in &contents.registry.devices {
            let list = match registry.device(device.id) {
                None => &mut plan.new_devices,
                Some(here) if here != device => &mut plan.changed_devices,
                Some(_) => continue,
            };
            list.push(device.name.clone());
        }
        for view in contents.views.list() {
            let list = match views.find(&view.name) {
                None => &mut plan.new_views,
                Some(here) if here != view => &mut plan.changed_views,
                Some(_) => continue,
            };
            list.push(view.name.clone());
        }
        plan
    }

    /// Takes over the contents of a file, `with_settings` or without. What is there is a dated copy afterwards. May wait for the
    /// keyring.
    pub fn import(&self, contents: &ProfileContents, with_settings: bool) -> Result<ImportedProfile, SaveError> {
        let plan = self.plan_import(contents);
        {
            let _lock = WriteLock::of(self.path())?;
            self.copy_after(true);
        }
        let mut without = Vec::new();
        for device in &contents.registry.devices {
            // The password first: whoever sees the new record asks for it.
            if let Some(password) = contents.passwords.get(&device.id)
                && let Err(error) = self.secrets().set(device.id, password)
            {
                tracing::warn!(device = device.name, %error, "an imported password was not stored");
                without.push(device.name.clone());
            }
        }
        let registry = self.update_registry(|registry| {
            merge(registry, contents);
            registry.clone()
        })?;
        let mut views = self.load_views().value;
        for view in contents.views.list() {
            if !views.replace(view.clone()) {
                views.add(view.clone());
            }
        }
        for layout in contents.views.layouts.list() {
            if let Err(error) = views.layouts.save(None, layout.clone()) {
                tracing::debug!(?error, "a layout of this name is here already");
            }
        }
        if plan.takes_windows {
            views.tour = contents.views.tour;
        }
        self.save_views(&views)?;
        let windows = if plan.takes_windows {
            contents.windows.clone()
        } else {
            Vec::new()
        };
        if !windows.is_empty() {
            self.save_windows(&windows)?;
        }
        if with_settings {
            // The secrets first, as with devices.
            for (owner, word) in secrets_of_messengers() {
                if let Some(secret) = contents.passwords.get(&owner)
                    && let Err(error) = self.secrets().set(owner, secret)
                {
                    tracing::warn!(messenger = word, %error, "an imported secret was not stored");
                    without.push(word.to_owned());
                }
            }
            self.update_settings(|settings| contents.settings.clone_into(settings))?;
        }
        self.settle_passwords();
        Ok(ImportedProfile {
            registry,
            views,
            windows,
            without,
        })
    }
}

/// Whether a new file can have this name.
pub(super) fn is_free(path: &Path) -> Result<(), ExchangeError> {
    if !path.parent().is_some_and(Path::is_dir) {
        return Err(ExchangeError::NotFound);
    }
    if path.symlink_metadata().is_ok() {
        return Err(ExchangeError::Exists);
    }
    Ok(())
}

/// The bytes of a table, which may hold passwords.
pub fn read_table(path: &Path) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
    match read::file(path) {
        Ok(Some(bytes)) => Ok(Zeroizing::new(bytes)),
        Ok(None) => Err(ExchangeError::NotFound),
        Err(refusal) => Err(ExchangeError::Unreadable {
            file: path.display().to_string(),
            refusal,
        }),
    }
}

/// The value of a file that the system gives. What is not understood of it goes to `missing`.
fn whole<T>(loaded: Loaded<T>, missing: &mut Vec<String>) -> Result<T, ExchangeError> {
    for problem in loaded.problems {
        match problem {
            LoadProblem::Unreadable { file, refusal } => return Err(ExchangeError::Unreadable { file, refusal }),
            LoadProblem::SetAside { file, reason, .. } if loaded.found == Found::Part => {
                missing.push(format!("{file}: {reason}"));
            }
            // The file beside it holds all that counts.
            LoadProblem::SetAside { .. } => {}
            LoadProblem::Emptied { file } => missing.push(file),
            LoadProblem::Warning { at, message } => missing.push(format!("{at}: {message}")),
        }
    }
    Ok(loaded.value)
}

/// Reads a profile file.
pub fn read_profile_file(path: &Path, passphrase: &Password) -> Result<ProfileContents, ExchangeError> {
    let meta = fs::metadata(path).map_err(|error| io_fault(&error))?;
    if !meta.is_file() {
        return Err(ExchangeError::NotFound);
    }
    if meta.len() > MOST_BYTES {
        return Err(ExchangeError::NotAProfile);
    }
    let file = fs::read(path).map_err(|error| io_fault(&error))?;
    let content = sealed_file::open(&file, passphrase).map_err(|error| match error {
        OpenError::Foreign => ExchangeError::NotAProfile,
        OpenError::Newer => ExchangeError::Newer,
        OpenError::Truncated => ExchangeError::Truncated,
        OpenError::WrongPassphrase => ExchangeError::WrongPassphrase,
        OpenError::Damaged => ExchangeError::Damaged,
    })?;
    let text = std::str::from_utf8(&content).map_err(|_no_text: std::str::Utf8Error| ExchangeError::Damaged)?;
    let toml: DocumentMut = text
        .parse()
        .map_err(|_broken: toml_edit::TomlError| ExchangeError::Damaged)?;
    if toml
        .get("version")
        .and_then(Item::as_integer)
        .is_none_or(|version| version > VERSION)
    {
        return Err(ExchangeError::Newer);
    }
    let text = |key: &str| toml.get(key).and_then(Item::as_str).unwrap_or_default();
    let passwords = toml.get(PASSWORDS).and_then(Item::as_table).into_iter().flatten();
    let passwords = passwords.filter_map(|(id, item)| Some((id.parse().ok()?, Password::new(item.as_str()?))));
    Ok(ProfileContents {
        registry: registry_file::from_text(text(DEVICES)).0,
        views: views_from_text(text(VIEWS)).0,
        windows: views_file::from_text(text(VIEWS)).0,
        settings: settings_file::from_text(text(SETTINGS)).0,
        passwords: passwords.collect(),
    })
}

/// No profile comes near this size.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
const VERSION: i64 = 1;
const DEVICES: &str = "devices";
const VIEWS: &str = "views";
const SETTINGS: &str = "settings";
const PASSWORDS: &str = "passwords";

/// Adds what is in the file and replaces what is here under the same id; names that others have here get a number.
fn merge(registry: &mut Registry, contents: &ProfileContents) {
    for site in &contents.registry.sites {
        let known = registry
            .site(site.id)
            .or_else(|| registry.find_site_by_name(&site.name));
        let Some(known) = known.map(|known| known.id) else {
            registry.sites.push(site.clone());
            continue;
        };
        // What is known of a site here stays; where nothing is, what the file knows is taken.
        let known = registry.sites.iter_mut().find(|site| site.id == known);
        if let Some(known) = known.filter(|known| known.about == SiteAbout::default()) {
            known.about.clone_from(&site.about);
        }
    }
    for device in &contents.registry.devices {
        let Some(site) = contents.registry.site(device.site) else {
            continue;
        };
        // The registry need not know the password, only whether it may be another one.
        let password = if contents.passwords.contains_key(&device.id) {
            PasswordEdit::Clear
        } else {
            PasswordEdit::Keep
        };
        let mut edit = DeviceEdit {
            site: site.clone(),
            device: device.clone(),
            password,
            before: None,
        };
        if registry.check(&edit).is_err() {
            edit.device.name = registry.free_device_name(&site.name, &device.name);
        }
        if let Err(error) = registry.save(edit) {
            tracing::warn!(%error, "a device was not imported");
        }
    }
    for dvr in &contents.registry.virtual_dvrs {
        if let Err(error) = registry.save_virtual_dvr(dvr.clone()) {
            tracing::warn!(%error, "a virtual DVR was not imported");
        }
    }
}

fn io_fault(error: &std::io::Error) -> ExchangeError {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ExchangeError::NotFound,
        std::io::ErrorKind::PermissionDenied => ExchangeError::Denied,
        _ => ExchangeError::Other(error.to_string()),
    }
}

impl From<WriteError> for ExchangeError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Denied(_) => Self::Denied,
            other => Self::Other(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::owner_of_secret;
    use device::Draft;
    use events::Messenger;
    use wall::{TourPlan, View, Wall};

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        (dir, profile)
    }

    fn add(profile: &Profile, name: &str, password: &str) -> DeviceId {
        let draft = Draft {
            site: "Tokyo".into(),
            name: name.into(),
            host: "10.0.0.1".into(),
            ..Draft::new()
        };
        let registry = profile.load_registry().value;
        let edit = draft.parse(&registry, &crate::store::brands(), None).unwrap();
        let id = edit.device.id;
        let password = PasswordEdit::Set(Password::new(password));
        profile.save_device(DeviceEdit { password, ..edit }).unwrap();
        id
    }

    fn names(profile: &Profile) -> Vec<String> {
        let devices = profile.load_registry().value.devices;
        devices.into_iter().map(|device| device.name).collect()
    }

    #[test]
    fn a_profile_moves_to_another_computer_with_its_passwords() {
        let ((here, from), (_there, to)) = (profile(), profile());
        let id = add(&from, "北口", "s3cret");
        let views = Views::restore(vec![View::of("夜間", &Wall::default())], TourPlan::default());
        from.save_views(&views).unwrap();
        from.save_windows(&[WindowView::default()]).unwrap();
        from.update_settings(|settings| settings.show_figures = true).unwrap();
        let (mail, of_mail) = (owner_of_secret(Messenger::Mail), Password::new("of the mail server"));
        from.secrets().set(mail, &of_mail).unwrap();
        let file = here.path().join("moved.monomi");
        let word = Password::new("a passphrase");
        assert_eq!(from.export_to(&file, &word).unwrap(), Exported::default());
        let bytes = fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"));
        assert!(matches!(from.export_to(&file, &word), Err(ExchangeError::Exists)));

        let contents = read_profile_file(&file, &word).unwrap();
        assert!(!format!("{contents:?}").contains("s3cret"));
        let plan = to.plan_import(&contents);
        assert_eq!(
            (plan.new_devices, plan.passwords, plan.takes_windows),
            (vec!["北口".to_owned()], 2, true)
        );
        assert!(names(&to).is_empty(), "looking changes nothing");
        let imported = to.import(&contents, true).unwrap();
        assert_eq!(to.secrets().get(mail).unwrap(), Some(of_mail));
        assert_eq!((imported.without, imported.windows.len()), (vec![], 1));
        assert_eq!(
            (names(&to), to.load_views().value.list().len()),
            (vec!["北口".to_owned()], 1)
        );
        assert_eq!(to.secrets().get(id).unwrap(), Some(Password::new("s3cret")));
        assert!(to.load_settings().value.show_figures);
    }

    #[test]
    fn an_import_says_what_it_replaces_and_leaves_a_dated_copy_of_that() {
        let ((here, from), (_there, to)) = (profile(), profile());
        let id = add(&from, "A", "one");
        let file = here.path().join("a");
        let word = Password::new("word");
        from.export_to(&file, &word).unwrap();
        let contents = read_profile_file(&file, &word).unwrap();
        to.import(&contents, false).unwrap();
        to.update_registry(|registry| registry.set_enabled(id, false))
            .unwrap()
            .unwrap();
        // Another device that has the name of one in the file.
        from.update_registry(|registry| registry.devices[0].name = "B".to_owned())
            .unwrap();
        add(&from, "A", "two");
        add(&to, "Mine", "three");
        let file = here.path().join("b");
        from.export_to(&file, &word).unwrap();
        let contents = read_profile_file(&file, &word).unwrap();
        let plan = to.plan_import(&contents);
        assert_eq!(
            (plan.changed_devices, plan.new_devices),
            (vec!["B".to_owned()], vec!["A".to_owned()])
        );
        let before = to.load_registry().value;
        let settings = to.load_settings().value;
        to.import(&contents, false).unwrap();
        assert_eq!(names(&to), ["B", "Mine", "A"]);
        assert_eq!(to.load_settings().value, settings);
        let copies = to.copies();
        let undo = copies
            .iter()
            .find(|copy| copy.difference.devices.gone == ["A"])
            .expect("a copy");
        let restored = to.restore_copy(&undo.id).unwrap();
        assert_eq!(restored.registry, before);
    }

    #[test]
    fn an_export_of_a_profile_that_cannot_be_read_is_refused_and_what_is_damaged_is_said() {
        let (here, from) = profile();
        add(&from, "A", "one");
        add(&from, "B", "two");
        let word = Password::new("word");
        let devices = here.path().join("devices.toml");
        let good = fs::read_to_string(&devices).unwrap();
        fs::remove_file(&devices).unwrap();
        fs::create_dir(&devices).unwrap();
        let file = here.path().join("file");
        let refused = from.export_to(&file, &word).unwrap_err();
        assert!(
            matches!(&refused, ExchangeError::Unreadable { file, refusal: Refusal::Folder } if file == "devices.toml"),
            "{refused}"
        );
        assert!(!file.exists());
        fs::remove_dir(&devices).unwrap();
        // A record that is not understood, and a file that is broken in the middle.
        let broken = good.replacen("host = \"10.0.0.1\"", "host = \"\"", 1);
        for (number, text) in [broken, good.replacen("[[device]]", "[[device", 1)].iter().enumerate() {
            atomic::write(&devices, text.as_bytes()).unwrap();
            let exported = from.export_to(&here.path().join(number.to_string()), &word).unwrap();
            assert_eq!(exported.missing.len(), 1, "{:?}", exported.missing);
        }
        atomic::write(&devices, good.as_bytes()).unwrap();
        let secrets = here.path().join("secrets.toml");
        atomic::write(&secrets, b"version = 1\n[device\n").unwrap();
        let exported = from.export_to(&here.path().join("last"), &word).unwrap();
        assert_eq!(exported.without, ["A", "B"]);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_and_changes_nothing() {
        let (here, from) = profile();
        add(&from, "A", "one");
        let (file, word) = (here.path().join("file"), Password::new("word"));
        from.export_to(&file, &word).unwrap();
        let said = |path: &Path, word: &str| read_profile_file(path, &Password::new(word)).unwrap_err().to_string();
        assert_eq!(said(&file, "Word"), "this is not the passphrase of the file");
        assert_eq!(
            said(&here.path().join("none"), "word"),
            "there is no such file or folder"
        );
        let with = |bytes: &[u8]| {
            let path = here.path().join("other");
            atomic::write(&path, bytes).unwrap();
            said(&path, "word")
        };
        let bytes = fs::read(&file).unwrap();
        assert_eq!(with(&bytes[..bytes.len() - 1]), "the end of the file is missing");
        assert_eq!(with(b"[[device]]\n"), "the file is no profile of Monomi");
        assert!(matches!(
            from.export_to(&here.path().join("no/file"), &word),
            Err(ExchangeError::NotFound)
        ));
    }
}
