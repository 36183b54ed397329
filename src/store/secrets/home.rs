//! Which profile this is, and where it lives: `profile.id`. The entries of the keyring are named after it.
//!
//! A profile that was copied, to another folder or computer, brings the id of the original with it. It must not remove the
//! original's passwords, so that the file also says where it was written. Elsewhere the profile is a copy and gets an id of its
//! own; where the folder was renamed or moved, it is the same one and keeps it.

use std::fs;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use toml_edit::{DocumentMut, Item};

use super::error::SecretError;
use crate::store::atomic::{self, WriteError};
use crate::store::read::{self, Refusal};
use crate::store::records::{set, set_or_remove};
use device::DeviceId;

/// The identity of a profile in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    id: String,
}

impl Home {
    /// The identity, if the file is true as it is.
    pub(super) fn known(dir: &Path) -> Option<Self> {
        let written = Written::read(dir).ok()??;
        let place = ProfilePlace::of(dir);
        (written.verdict(dir, &place) == HomeVerdict::Here).then_some(Self { id: written.id })
    }

    /// The identity, written anew where the profile is new, moved or a copy. A copy is told to `copied` first, with the names that
    /// earlier versions gave to the entries of the original. To be called under the lock of the profile.
    pub(super) fn settle(
        dir: &Path,
        copied: impl FnOnce(&dyn Fn(DeviceId) -> String) -> Result<(), SecretError>,
    ) -> Result<Self, SecretError> {
        let place = ProfilePlace::of(dir);
        let path = dir.join(FILE);
        let written = Written::read(dir).map_err(|refusal| WriteError::Unread { path, refusal })?;
        let Some(written) = written else {
            return Self::write(dir, new_id(), &place);
        };
        match written.verdict(dir, &place) {
            HomeVerdict::Here => Ok(Self { id: written.id }),
            HomeVerdict::Moved => Self::write(dir, written.id, &place),
            HomeVerdict::Copied => {
                // The names come first: after a kill between the two it is still a copy.
                copied(&|device| account(&written.id, device))?;
                tracing::info!("this profile is a copy: its passwords get entries of their own");
                Self::write(dir, new_id(), &place)
            }
        }
    }

    fn write(dir: &Path, id: String, place: &ProfilePlace) -> Result<Self, SecretError> {
        let mut toml = DocumentMut::new();
        let table = toml.as_table_mut();
        set(table, ID, id.as_str().into());
        set(table, FOLDER, place.folder.to_string_lossy().into_owned().into());
        set(table, COMPUTER, place.computer.as_str().into());
        set_or_remove(table, FOLDER_NUMBER, place.number.as_deref().map(Into::into));
        atomic::write(&dir.join(FILE), toml.to_string().as_bytes())?;
        Ok(Self { id })
    }

    /// Whether the entry of this name is this profile's.
    pub(super) fn owns(&self, account: &str) -> bool {
        let rest = account.strip_prefix(&self.id);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// A name that no entry had before.
    pub(super) fn new_account(&self, device: DeviceId) -> String {
        format!("{}/{:08x}", self.earlier_account(device), fastrand::u32(..))
    }

    /// The name that earlier versions gave to the entry of a device.
    pub(super) fn earlier_account(&self, device: DeviceId) -> String {
        account(&self.id, device)
    }
}

/// The name that earlier versions gave to the entry of a device of this profile, or of the one that it is a copy of.
pub(super) fn earlier_account(dir: &Path, device: DeviceId) -> Option<String> {
    let written = Written::read(dir).ok()??;
    Some(account(&written.id, device))
}

const FILE: &str = "profile.id";
const ID: &str = "id";
const FOLDER: &str = "folder";
const COMPUTER: &str = "computer";
const FOLDER_NUMBER: &str = "folder-number";

fn account(id: &str, device: DeviceId) -> String {
    format!("{id}/{device}")
}

fn new_id() -> String {
    format!("{:016x}", fastrand::u64(1..))
}

/// What the file says.
struct Written {
    id: String,
    /// `None`: an earlier version wrote no place.
    place: Option<ProfilePlace>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HomeVerdict {
    Here,
    Moved,
    Copied,
}

impl Written {
    /// `None`: there is no such file, or it holds no id.
    fn read(dir: &Path) -> Result<Option<Self>, Refusal> {
        let bytes = read::file(&dir.join(FILE))?;
        Ok(bytes.and_then(|bytes| Self::of_text(&String::from_utf8(bytes).ok()?)))
    }

    fn of_text(text: &str) -> Option<Self> {
        let bare = text.trim();
        if !bare.is_empty() && bare.chars().all(|letter| letter.is_ascii_hexdigit()) {
            let id = bare.to_owned();
            return Some(Self { id, place: None });
        }
        let toml: DocumentMut = text.parse().ok()?;
        let text = |key: &str| toml.get(key).and_then(Item::as_str).map(str::to_owned);
        let place = text(FOLDER).map(|folder| ProfilePlace {
            folder: PathBuf::from(folder),
            computer: text(COMPUTER).unwrap_or_default(),
            number: text(FOLDER_NUMBER),
        });
        let id = text(ID).filter(|id| !id.is_empty())?;
        Some(Self { id, place })
    }

    fn verdict(&self, dir: &Path, here: &ProfilePlace) -> HomeVerdict {
        let Some(there) = &self.place else {
            return HomeVerdict::Moved;
        };
        let same_folder = there.folder == here.folder;
        let same_computer = there.computer == here.computer;
        let same_number = there.number == here.number;
        if same_folder && same_computer {
            return if same_number {
                HomeVerdict::Here
            } else {
                HomeVerdict::Moved
            };
        }
        // A folder on the network that two computers know by the same name.
        if same_folder && same_number && here.number.is_some() {
            return HomeVerdict::Here;
        }
        if !same_computer {
            return HomeVerdict::Copied;
        }
        if is_same_folder(&there.folder, dir) {
            return HomeVerdict::Here;
        }
        let original_is_there =
            Self::read(&there.folder).is_ok_and(|other| other.is_some_and(|other| other.id == self.id));
        // A folder that was renamed keeps its number. One whose original is only away (a disk that is not plugged in) does not
        // have it.
        if !original_is_there && same_number {
            HomeVerdict::Moved
        } else {
            HomeVerdict::Copied
        }
    }
}

/// Where a profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ProfilePlace {
    folder: PathBuf,
    /// Tells one computer from another, and nothing else about it.
    computer: String,
    /// The folder's number in its file system; `None` where there is none.
    number: Option<String>,
}

impl ProfilePlace {
    fn of(dir: &Path) -> Self {
        let folder = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
        Self {
            computer: computer(),
            number: number(&folder),
            // As it is written: a name that is no text is compared as its nearest one.
            folder: PathBuf::from(folder.to_string_lossy().into_owned()),
        }
    }
}

fn computer() -> String {
    let named = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok().filter(|text| !text.trim().is_empty()));
    let name = named.or_else(|| {
        ["COMPUTERNAME", "HOSTNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok())
    });
    #[cfg(windows)]
    let name = machine_guid().or(name);
    let Some(name) = name else { return String::new() };
    // The system asks that its id be told to nobody as it is.
    let hash = digest(&SHA256, format!("monomi {}", name.trim()).as_bytes());
    hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What Windows calls this installation; a name may be that of another computer, too.
#[cfg(windows)]
fn machine_guid() -> Option<String> {
    let key = windows_registry::LOCAL_MACHINE
        .open(r"SOFTWARE\Microsoft\Cryptography")
        .ok()?;
    key.get_string("MachineGuid").ok()
}

#[cfg(unix)]
fn number(folder: &Path) -> Option<String> {
    let meta = fs::metadata(folder).ok()?;
    Some(std::os::unix::fs::MetadataExt::ino(&meta).to_string())
}

/// The number of the volume stands before it: another disk may have a folder of the same number and name.
#[cfg(windows)]
fn number(folder: &Path) -> Option<String> {
    let (volume, number) = read::number(folder)?;
    Some(format!("{volume:x}-{number:x}"))
}

/// Whether two names lead to one folder, as with a bind mount.
#[cfg(unix)]
fn is_same_folder(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let identity = |path: &Path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

#[cfg(windows)]
fn is_same_folder(one: &Path, other: &Path) -> bool {
    let identity = read::number;
    identity(one).is_some_and(|one| Some(one) == identity(other))
}
