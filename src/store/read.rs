//! Reads a whole file of the profile, and never waits for one: what is no file (a folder, a pipe, a device) is refused unopened.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use super::sharing;

/// A larger file is not read, so that no file costs more than some hundred MiB of memory and a second or two. A registry of 10,000
/// devices with 16 named channels each has 8 MiB.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What tells one version of a file from another: time, size and identity. A file that was renamed into place has another identity
/// than the one before; one that is written in place keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    modified: Option<SystemTime>,
    bytes: u64,
    identity: u64,
}

impl Print {
    /// The print of the file at `path`; `None`: there is none, or it cannot be looked at.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|meta| Self {
            modified: meta.modified().ok(),
            bytes: meta.len(),
            identity: identity(path, &meta),
        })
    }

    /// Whether both are of one file, which then was changed in place.
    #[must_use]
    pub fn is_same_file(self, other: Self) -> bool {
        self.identity == other.identity
    }

    /// When the file was changed last.
    #[must_use]
    pub fn modified(self) -> Option<SystemTime> {
        self.modified
    }
}

#[cfg(unix)]
fn identity(_path: &Path, meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

/// 0 where the file system has none.
#[cfg(windows)]
fn identity(path: &Path, _meta: &fs::Metadata) -> u64 {
    number(path).map_or(0, |(_, number)| number)
}

/// The number of a file or folder in its volume, after the number of the volume.
#[cfg(windows)]
pub(super) fn number(path: &Path) -> Option<(u64, u64)> {
    let handle = winapi_util::Handle::from_path_any(path).ok()?;
    let found = winapi_util::file::information(&handle).ok()?;
    Some((found.volume_serial_number(), found.file_index()))
}

/// Why the system does not give a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is a folder, not a file")]
    Folder,
    #[error("it is a pipe or a device, not a file")]
    NoFile,
    #[error("it is larger than {} MiB", MAX_BYTES / (1024 * 1024))]
    TooLarge,
    /// The disk or the sync folder that the link leads to may come back.
    #[error("it is a link, and what it leads to is not there")]
    LinkToNothing,
    #[error("no permission to read it")]
    Denied,
    #[error("{0}")]
    System(String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::System(error.to_string()),
        }
    }
}

/// The bytes of the file; `None` where there is none.
pub(super) fn file(path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_link = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
            return if is_link { Err(Refusal::LinkToNothing) } else { Ok(None) };
        }
        Err(error) => return Err(error.into()),
    };
    // Before it is opened: opening a pipe waits for somebody who writes to it.
    check(&meta)?;
    let bytes = sharing::patiently(path, || {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        let mut bytes = Vec::new();
        if check(&meta).is_ok() {
            file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        }
        Ok((meta, bytes))
    });
    let (meta, bytes) = bytes?;
    check(&meta)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    Ok(Some(bytes))
}

fn check(meta: &fs::Metadata) -> Result<(), Refusal> {
    match () {
        () if meta.is_dir() => Err(Refusal::Folder),
        () if !meta.is_file() => Err(Refusal::NoFile),
        () if meta.len() > MAX_BYTES => Err(Refusal::TooLarge),
        () => Ok(()),
    }
}
