use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a file was not written. The former file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the disk is full: {} was not saved, its last version is kept", .0.display())]
    DiskFull(PathBuf),
    #[error("no permission to write {}", .0.display())]
    Denied(PathBuf),
    #[error("another program holds {} for too long", .0.display())]
    Busy(PathBuf),
    #[error("{} was not saved: {source}", path.display())]
    Other { path: PathBuf, source: io::Error },
}

impl WriteError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull(path)
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied(path),
            _ => Self::Other { path, source },
        }
    }
}

/// Replaces `path` as a whole or not at all, readable for its owner only. A symbolic link stays one: its target is replaced.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, bytes).map_err(|source| WriteError::new(path, source))
}

/// The same without waiting until it is safe from a power cut: for what only the end of the process must not take.
pub(super) fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let failed = |source| WriteError::new(path, source);
    let dir = path
        .parent()
        .ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let persisted = temporary(dir, bytes).map_err(failed)?.persist(path);
    persisted.map(drop).map_err(|error| failed(error.error))
}

/// Removes what killed processes left behind. A younger file than this may be being written, by whoever does not hold the same lock.
pub(super) fn sweep(dir: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let temporary = name
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY) && name.ends_with(TEMPORARY_END));
        let written = || entry.metadata().and_then(|meta| meta.modified()).ok();
        let old = || written().is_some_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= age));
        if temporary && old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

const TEMPORARY: &str = ".monomi-";
const TEMPORARY_END: &str = ".tmp";

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = target.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let file = temporary(dir, bytes)?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    sync_dir(dir)
}

/// A new file with this content; its mode is 0600.
fn temporary(dir: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(TEMPORARY_END)
        .tempfile_in(dir)?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// On other systems a folder cannot be opened for this. NTFS journals the rename.
#[cfg(not(unix))]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}
