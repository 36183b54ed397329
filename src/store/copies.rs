//! Dated copies of the registry and the views: what they were after each of the last changes, and at the end of each of the last
//! days. A copy is a folder below `backups` with the files as they were, damaged ones among them.
//!
//! Belongs here: when a copy is made, which ones stay, what one holds, how it comes back. A restore is a change like any other: what
//! it replaces is a copy, too.

mod restore;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::aside::{id_of, is_version_of};
use super::atomic::WriteError;
use super::document::Document;
use super::format::FileFormat;
use super::lock::WriteLock;
use super::profile::Profile;
use super::{migrate, registry_file, views_file};
use crate::private;
use device::Registry;
pub use restore::PartFault;
use restore::{Replacement, whole_copy};
use wall::{Views, WindowView};

/// What the registry and the views were at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct DatedCopy {
    /// Its name, which is also that of its folder.
    pub id: String,
    pub at: SystemTime,
    pub sites: usize,
    pub devices: usize,
    pub views: usize,
    /// What would change if it were restored now.
    pub difference: Difference,
    /// A file of it is damaged or missing, so that it is not restored.
    pub is_damaged: bool,
}

impl DatedCopy {
    /// When it was made, in local time, such as `2026-11-28 23:16:22`.
    #[must_use]
    pub fn when(&self) -> String {
        let at = local(self.at);
        at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default()
    }
}

/// What tells a copy from what is there now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub devices: NameChanges,
    pub views: NameChanges,
    /// Sites, virtual DVRs, own layouts, the tour, or what the windows show.
    pub rest: bool,
}

/// Names of what a restore would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameChanges {
    /// In the copy alone.
    pub back: Vec<String>,
    /// There now, and not in the copy.
    pub gone: Vec<String>,
    /// In both, and not the same.
    pub changed: Vec<String>,
}

impl Difference {
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a restore brought back.
#[derive(Clone, Debug)]
pub struct Restored {
    pub registry: Registry,
    pub views: Views,
    pub windows: Vec<WindowView>,
    /// Names of the devices that came back and whose passwords went when they were removed.
    pub without: Vec<String>,
}

/// Why a copy was not restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no copy '{0}'")]
    NoSuchCopy(String),
    #[error("{file} in the copy cannot be read: {fault}")]
    Unreadable { file: String, fault: PartFault },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// How much it matters what is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// Somebody registered, edited, named or removed something.
    Edit,
    /// An edit comes. Only a registry that somebody else wrote is worth a copy.
    BeforeEdit,
    /// The windows show something else, which happens with many clicks.
    Look,
}

impl Profile {
    /// The copies, the newest first, each with what it would change.
    #[must_use]
    pub fn copies(&self) -> Vec<DatedCopy> {
        let now = FolderState::read(self.path());
        let copies = stored(&self.copies_folder()).into_iter().map(|(id, at)| {
            let folder = self.copies_folder().join(&id);
            let then = FolderState::read(&folder);
            DatedCopy {
                id,
                at,
                sites: then.registry.sites.len(),
                devices: then.registry.devices.len(),
                views: then.views.list().len(),
                difference: now.difference(&then),
                is_damaged: then.is_damaged || whole_copy(&folder).is_err(),
            }
        });
        copies.collect()
    }

    /// Makes the registry and the views those of a copy. What is there now is a copy afterwards; a file that was damaged is kept
    /// under another name.
    pub fn restore_copy(&self, id: &str) -> Result<Restored, RestoreError> {
        let known = stored(&self.copies_folder())
            .into_iter()
            .any(|(stored, _)| stored == id);
        if !known {
            return Err(RestoreError::NoSuchCopy(id.to_owned()));
        }
        let _lock = WriteLock::of(self.path())?;
        let before = FolderState::read(self.path());
        // Read first: the copy may be the oldest one, which goes when another is made.
        let copy = whole_copy(&self.copies_folder().join(id))?;
        self.keep_copy(Weight::Edit);
        let mut changes = Vec::new();
        for (file, copy) in copy {
            changes.extend(Replacement::prepare(&self.path().join(file.name), file.format, &copy)?);
        }
        // The disk has taken all of it: from here on nothing is written, only renamed.
        for change in changes {
            change.put()?;
        }
        self.keep_copy(Weight::Edit);
        let FolderState {
            registry,
            views,
            windows,
            ..
        } = FolderState::read(self.path());
        let with_password = self.secrets().devices();
        let without = registry.devices.iter().filter(|device| {
            let is_back = before.registry.device(device.id).is_none();
            is_back && device.password_revision > 0 && !with_password.contains(&device.id)
        });
        let without = without.map(|device| registry.label_of(device).into_owned()).collect();
        Ok(Restored {
            registry,
            views,
            windows,
            without,
        })
    }

    /// Copies what somebody else wrote before it is changed: by an edit of the registry or the views, or by what the windows show
    /// alone. To be called under the write lock.
    pub(super) fn copy_before(&self, edit: bool) {
        self.keep_copy(if edit { Weight::BeforeEdit } else { Weight::Look });
    }

    /// Copies what is there after the change. To be called under the write lock.
    pub(super) fn copy_after(&self, edit: bool) {
        self.keep_copy(if edit { Weight::Edit } else { Weight::Look });
    }

    /// Makes a copy of what is there, unless the newest one is the same. One that cannot be made is no reason not to save.
    fn keep_copy(&self, weight: Weight) {
        let folder = self.copies_folder();
        if let Err(error) = keep(self.path(), &folder, weight, SystemTime::now()) {
            tracing::warn!(%error, "no dated copy of the registry and the views was made");
        }
    }

    fn copies_folder(&self) -> PathBuf {
        self.path().join("backups")
    }
}

/// A file that copies are made of.
struct Part {
    name: &'static str,
    format: &'static FileFormat,
}

const FILES: [Part; 2] = [
    Part {
        name: "devices.toml",
        format: &migrate::DEVICES,
    },
    Part {
        name: "views.toml",
        format: &migrate::VIEWS,
    },
];

/// The file that says what belongs to a copy: the length and the name of each file, one a line. Copies of earlier versions have none.
const CONTENTS: &str = "contents.txt";

/// The newest copies stay, whatever their age.
const LAST: usize = 10;
/// Of older ones, the last of each day for this long.
const DAYS: i64 = 30;
/// All copies together take no more than this, but the newest one always stays. In bytes.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// What the windows show is copied this often at most.
const BETWEEN_LOOKS: Duration = Duration::from_secs(600);

/// A folder that is being filled; what is left of one was made by a program that was killed.
const UNFINISHED: &str = ".unfinished";

fn keep(profile: &Path, folder: &Path, weight: Weight, now: SystemTime) -> io::Result<()> {
    let files = files_of(profile)?;
    let newest = stored(folder).into_iter().next();
    if files.is_empty() && newest.is_none() {
        return Ok(());
    }
    if let Some((id, at)) = &newest {
        let is_young = now.duration_since(*at).is_ok_and(|age| age < BETWEEN_LOOKS);
        if weight == Weight::Look && is_young {
            return Ok(());
        }
        // A copy that cannot be read is not the same.
        let copy = files_of(&folder.join(id)).unwrap_or_default();
        let counts = |files: &[(String, Vec<u8>)]| {
            let all = weight != Weight::BeforeEdit || !is_young;
            let counted = files.iter().filter(|(name, _)| all || name.starts_with("devices."));
            counted.cloned().collect::<Vec<_>>()
        };
        if counts(&copy) == counts(&files) {
            return Ok(());
        }
    }
    let unfinished = folder.join(UNFINISHED);
    let _ = fs::remove_dir_all(&unfinished);
    private::make_folder(&unfinished)?;
    let lines = files.iter().map(|(name, bytes)| format!("{} {name}\n", bytes.len()));
    let contents = (CONTENTS.to_owned(), lines.collect::<String>().into_bytes());
    for (name, bytes) in files.iter().chain([&contents]) {
        io::Write::write_all(&mut private::new_file(&unfinished.join(name))?, bytes)?;
    }
    // Two changes within a millisecond, or a clock that was set back: a copy is newer than the one before it.
    let after = newest.map(|(_, at)| at + Duration::from_millis(1));
    let at = after.map_or(now, |after| after.max(now));
    fs::rename(&unfinished, folder.join(id_of(at)))?;
    prune(folder, at);
    Ok(())
}

/// The files that a copy is made of, by name: each with those beside it that are used while it is damaged.
fn files_of(dir: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = |stem: &str| is_version_of(stem, &name);
        let is_file = || fs::metadata(entry.path()).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_BYTES);
        if FILES.iter().any(|file| is_ours(file.name.trim_end_matches(".toml"))) && is_file() {
            files.push((name, fs::read(entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}

/// The copies in the folder, the newest first.
fn stored(folder: &Path) -> Vec<(String, SystemTime)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut copies: Vec<_> = entries
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.to_owned();
            let at = at_of(&id)?;
            Some((id, at))
        })
        .collect();
    copies.sort_by(|one, other| other.cmp(one));
    copies
}

/// Removes the copies that are neither among the last ones nor the last of their day, and the oldest that are too much.
fn prune(folder: &Path, now: SystemTime) {
    let mut days = BTreeSet::new();
    let mut bytes = 0;
    for (number, (id, at)) in stored(folder).into_iter().enumerate() {
        let age = now.duration_since(at).unwrap_or_default();
        let is_first_of_day = local(at).is_none_or(|at| days.insert(at.date()));
        let stays = number < LAST || (is_first_of_day && age < Duration::from_hours(24 * DAYS.unsigned_abs()));
        bytes += size_of(&folder.join(&id));
        if number > 0 && (!stays || bytes > MOST_BYTES) {
            let _ = fs::remove_dir_all(folder.join(&id));
        }
    }
}

fn size_of(copy: &Path) -> u64 {
    let entries = fs::read_dir(copy).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// What the files in a folder say.
struct FolderState {
    registry: Registry,
    views: Views,
    windows: Vec<WindowView>,
    is_damaged: bool,
}

impl FolderState {
    fn read(dir: &Path) -> Self {
        let [devices, views] = FILES.map(|file| Document::load(&dir.join(file.name), file.format));
        let is_damaged = devices.is_salvaged() || views.is_salvaged();
        Self {
            registry: registry_file::read(devices.table()).registry,
            views: views_file::read_views(views.table()).0,
            windows: views_file::read(views.table()).0,
            is_damaged,
        }
    }

    /// What would change if this became `then`.
    fn difference(&self, then: &Self) -> Difference {
        let device = |registry: &Registry| {
            let devices = registry.devices.iter().cloned();
            let named = devices.map(|device| (device.id, device.name.clone(), device));
            named.collect::<Vec<_>>()
        };
        let view = |views: &Views| {
            let views = views.list().iter().cloned();
            views
                .map(|view| (view.name.clone(), view.name.clone(), view))
                .collect::<Vec<_>>()
        };
        let order = |registry: &Registry| registry.devices.iter().map(|device| device.id).collect::<Vec<_>>();
        let same_rest = self.registry.sites == then.registry.sites
            && self.registry.virtual_dvrs == then.registry.virtual_dvrs
            && self.views.tour == then.views.tour
            && self.views.layouts == then.views.layouts
            && self.windows == then.windows;
        let devices = changes(&device(&self.registry), &device(&then.registry));
        let views = changes(&view(&self.views), &view(&then.views));
        let same_names = devices == NameChanges::default() && views == NameChanges::default();
        let moved = same_names && order(&self.registry) != order(&then.registry);
        Difference {
            devices,
            views,
            rest: !same_rest || moved,
        }
    }
}

fn changes<Id: PartialEq, T: PartialEq>(now: &[(Id, String, T)], then: &[(Id, String, T)]) -> NameChanges {
    let missing_in = |others: &[(Id, String, T)], items: &[(Id, String, T)]| {
        let items = items
            .iter()
            .filter(|(id, ..)| !others.iter().any(|(other, ..)| other == id));
        items.map(|(_, name, _)| name.clone()).collect()
    };
    let changed = then.iter().filter(|(id, _, value)| {
        let before = now.iter().find(|(other, ..)| other == id);
        before.is_some_and(|(_, _, before)| before != value)
    });
    NameChanges {
        back: missing_in(now, then),
        gone: missing_in(then, now),
        changed: changed.map(|(_, name, _)| name.clone()).collect(),
    }
}

fn at_of(id: &str) -> Option<SystemTime> {
    let (seconds, millis) = id.rsplit_once('-')?;
    let at = DateTime::strptime("%Y%m%d-%H%M%S", seconds).ok()?;
    let millis = millis.parse::<u64>().ok().filter(|millis| *millis < 1_000)?;
    let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(SystemTime::from(at) + Duration::from_millis(millis))
}

fn local(at: SystemTime) -> Option<Zoned> {
    Some(Timestamp::try_from(at).ok()?.to_zoned(TimeZone::system()))
}

#[cfg(test)]
mod tests;
