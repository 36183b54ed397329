use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::read::Refusal;
#[cfg(not(unix))]
use super::sharing;
use super::sharing::is_held;
use super::temporary::held;
#[cfg(unix)]
use crate::private;

/// Why a file was not written. The former file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the disk is full: {} was not saved, its last version is kept", .0.display())]
    DiskFull(PathBuf),
    #[error("no permission to write {}", .0.display())]
    Denied(PathBuf),
    #[error("another program holds {} for too long", .0.display())]
    Busy(PathBuf),
    /// What stands in the file is not known, so that it is not replaced.
    #[error("{} cannot be read ({refusal}); nothing was saved in its place", path.display())]
    Unread { path: PathBuf, refusal: Refusal },
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
            _ if is_held(&source, &path) => Self::Busy(path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied(path),
            _ => Self::Other { path, source },
        }
    }
}

/// Replaces `path` as a whole or not at all. A file that is replaced keeps its owner and its mode; a new one belongs to the owner of
/// its folder, who alone can read it. A symbolic link stays one: its target is replaced, in the target's folder.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    prepare(path, bytes)?.put()
}

/// What [`write()`] does, up to the last step: the bytes are on the disk, beside the file that they are to replace.
pub(super) fn prepare(path: &Path, bytes: &[u8]) -> Result<Prepared, WriteError> {
    prepare_by(path, |file| file.write_all(bytes))
}

/// What [`write()`] does with content that `fill` writes bit by bit.
pub(super) fn write_by(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), WriteError> {
    prepare_by(path, fill)?.put()
}

fn prepare_by(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<Prepared, WriteError> {
    let made = || {
        let target = target_of(path)?;
        let file = temporary(&target, fill)?;
        file.as_file().sync_all()?;
        Ok((file, target))
    };
    let (file, target) = made().map_err(|source| WriteError::new(path, source))?;
    Ok(Prepared { file, target })
}

/// A file that waits to replace another one. Dropped, it changes nothing.
pub(super) struct Prepared {
    file: tempfile::NamedTempFile,
    target: PathBuf,
}

impl Prepared {
    pub(super) fn put(self) -> Result<(), WriteError> {
        let Self { file, target } = self;
        let replace = || {
            put(file, &target)?;
            sync_dir(folder_of(&target)?)
        };
        replace().map_err(|source| WriteError::new(&target, source))
    }
}

/// The same without waiting until it is safe from a power cut: for what only the end of the process must not take.
pub(super) fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let replace = || {
        let target = target_of(path)?;
        put(temporary(&target, |file| file.write_all(bytes))?, &target)
    };
    replace().map_err(|source| WriteError::new(path, source))
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// The file that is replaced: `path`, or what it leads to. A link that leads nowhere is an error, because its target may come back.
fn target_of(path: &Path) -> io::Result<PathBuf> {
    if !fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Ok(path.to_owned());
    }
    fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other(Refusal::LinkToNothing),
        _ => error,
    })
}

/// A new file beside `target` with this content, and with the owner and mode that are said at [`write()`].
fn temporary(target: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<tempfile::NamedTempFile> {
    let dir = folder_of(target)?;
    let mut file = held(dir)?;
    keep_owner_and_mode(target, dir, &file)?;
    fill(file.as_file_mut())?;
    Ok(file)
}

/// Renames the file into place.
#[cfg(unix)]
fn put(file: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    file.persist(target).map(drop).map_err(|error| error.error)
}

/// The same where nobody could read the file before it is closed, and where it cannot be put in the place of one that somebody holds.
/// Std's rename asks for what newer systems allow: to replace a file that others have open.
#[cfg(not(unix))]
fn put(file: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    let (file, made) = file.keep().map_err(|error| error.error)?;
    drop(file);
    let moved = sharing::patiently(target, || fs::rename(&made, target));
    if moved.is_err() {
        let _ = fs::remove_file(&made);
    }
    moved
}

#[cfg(unix)]
fn keep_owner_and_mode(target: &Path, dir: &Path, file: &tempfile::NamedTempFile) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let Ok(before) = fs::metadata(target) else {
        private::give_to_owner_of_folder(file.path());
        return Ok(());
    };
    let new = file.as_file();
    let owners = |file: &File| file.metadata().map(|meta| (meta.uid(), meta.gid()));
    let wanted = (before.uid(), before.gid());
    if owners(new)? != wanted {
        // Only root may give a file away; a member of the group may give it to the group.
        let _ = fchown(new, Some(before.uid()), Some(before.gid()));
        let _ = fchown(new, None, Some(before.gid()));
    }
    let (owner, group) = owners(new)?;
    let mode = mode_after(before.permissions().mode(), owner == wanted.0, is_shared(dir, group));
    // After the owner, whose change would take bits away.
    new.set_permissions(fs::Permissions::from_mode(mode))
}

/// The former owner is one of the group from now on, if the file has another owner, and may do what they could do before.
#[cfg(unix)]
fn mode_after(before: u32, owner_is_kept: bool, is_shared: bool) -> u32 {
    let owners_rights = (before >> 6) & 0o7;
    if owner_is_kept || !is_shared {
        before
    } else {
        before | owners_rights << 3
    }
}

/// Whether the folder is one that this group writes to: its members share what is in it.
#[cfg(unix)]
fn is_shared(dir: &Path, group: u32) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    fs::metadata(dir).is_ok_and(|dir| dir.gid() == group && dir.permissions().mode() & 0o070 == 0o070)
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_target: &Path, _dir: &Path, _file: &tempfile::NamedTempFile) -> io::Result<()> {
    Ok(())
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

#[cfg(test)]
#[cfg(windows)]
mod tests {
    use std::os::windows::fs::OpenOptionsExt as _;

    use super::*;

    /// As a virus scanner holds a file: nobody else may remove or replace it.
    fn scan(path: &Path) -> File {
        fs::OpenOptions::new().read(true).share_mode(1).open(path).unwrap()
    }

    #[test]
    fn a_save_waits_for_a_scanner_and_says_who_is_in_the_way_of_one_that_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("devices.toml");
        write(&path, b"1").unwrap();
        let scanner = scan(&path);
        assert!(matches!(write(&path, b"2"), Err(WriteError::Busy(_))));
        assert_eq!(fs::read(&path).unwrap(), b"1", "the former file is unchanged");
        std::thread::scope(|scope| {
            let saving = scope.spawn(|| write(&path, b"3"));
            drop(scanner);
            saving.join().unwrap().unwrap();
        });
        assert_eq!(fs::read(&path).unwrap(), b"3");
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use super::*;

    fn owner_and_mode(path: &Path) -> (u32, u32, u32) {
        let meta = fs::metadata(path).unwrap();
        (meta.uid(), meta.gid(), meta.permissions().mode() & 0o7777)
    }

    #[test]
    fn a_save_keeps_the_mode_of_the_file_and_a_new_file_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write(&path, b"1").unwrap();
        assert_eq!(owner_and_mode(&path).2, 0o600);
        for (mode, save) in [
            (0o640, write as fn(&Path, &[u8]) -> _),
            (0o664, write_unsynced),
            (0o400, write),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            save(&path, b"2").unwrap();
            assert_eq!(owner_and_mode(&path).2, mode);
        }
    }

    #[test]
    fn an_owner_that_a_save_cannot_keep_is_not_locked_out_of_what_the_group_shares() {
        for (before, owner_is_kept, is_shared, after) in [
            (0o600, true, true, 0o600),
            (0o600, false, true, 0o660),
            (0o640, false, true, 0o660),
            (0o640, false, false, 0o640),
            (0o664, false, true, 0o664),
        ] {
            assert_eq!(mode_after(before, owner_is_kept, is_shared), after, "{before:o}");
        }
    }

    #[test]
    fn what_root_saves_in_the_profile_of_a_user_stays_the_users() {
        let dir = tempfile::tempdir().unwrap();
        if chown(dir.path(), Some(4_321), Some(4_322)).is_err() {
            crate::skipped::skip("a save by root", "only root can give files away");
            return;
        }
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        File::create(&old).unwrap();
        chown(&old, Some(4_323), Some(4_324)).unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o660)).unwrap();
        write(&old, b"1").unwrap();
        write_unsynced(&new, b"1").unwrap();
        assert_eq!(owner_and_mode(&old), (4_323, 4_324, 0o660));
        assert_eq!(owner_and_mode(&new), (4_321, 4_322, 0o600));
    }
}
