//! FILES AND FOLDERS FOR ONE USER: those of the profile are made for their owner alone, who is that of the folder they are made in, and
//! none is waited for: a pipe or a device that stands in the place of a file is refused.
//!
//! Belongs here: how such a file is made and opened. Does not belong here: what is in it, and when it is written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Gives what was made to the owner of the folder that it is in, where this process may do that: what root makes in the profile of a user
/// is the user's.
#[cfg(unix)]
pub fn give_to_owner_of_folder(made: &Path) {
    use std::os::unix::fs::{MetadataExt as _, lchown};
    let folder = made.parent().and_then(|folder| fs::metadata(folder).ok());
    if let (Some(folder), Ok(meta)) = (folder, fs::symlink_metadata(made))
        && folder.uid() != meta.uid()
    {
        // Only root may; for everybody else what they make is theirs.
        let _ = lchown(made, Some(folder.uid()), Some(folder.gid()));
    }
}

#[cfg(not(unix))]
pub fn give_to_owner_of_folder(_made: &Path) {}

/// Makes a folder with all that is missing above it.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above)?;
    }
    match of_the_owner_alone().create(folder) {
        // Another process came first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        made => made?,
    }
    give_to_owner_of_folder(folder);
    Ok(())
}

/// What makes folders that nobody but their owner may enter.
#[cfg(unix)]
fn of_the_owner_alone() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The same: on Windows the folders of a person belong to that person.
#[cfg(not(unix))]
fn of_the_owner_alone() -> DirBuilder {
    DirBuilder::new()
}

/// A new file to be written. One that is there already is an error.
pub fn new_file(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create_new(true))
}

/// A file to be written at its end.
pub fn file_to_append(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().create(true).append(true))
}

/// A file to be read and written as it is, such as one that is there for its lock.
pub fn file_to_change(path: &Path) -> io::Result<File> {
    open(
        path,
        OpenOptions::new().read(true).write(true).create(true).truncate(false),
    )
}

/// Opens a file that is there or is made by this.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Err(no_file());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // What takes the place of the file between the look and this is not waited for either.
        options.mode(0o600).custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(no_file());
    }
    give_to_owner_of_folder(path);
    Ok(file)
}

fn no_file() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is a folder, a pipe or a device, not a file",
    )
}

/// Takes the rights of others than the owner away.
#[cfg(unix)]
pub fn keep_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(meta) = fs::metadata(path) else { return };
    let mode = meta.permissions().mode();
    if mode & 0o077 != 0 && (meta.is_file() || meta.is_dir()) {
        // Where this is not allowed, it belongs to somebody else, who decides.
        let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700));
    }
}

#[cfg(not(unix))]
pub fn keep_private(_path: &Path) {}

/// A pipe that nobody writes to.
#[cfg(test)]
#[cfg(unix)]
pub(crate) fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo makes a pipe");
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        assert_eq!((mode(&dir.path().join("a")), mode(&folder)), (0o700, 0o700));
        let file = folder.join("file");
        new_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert!(new_file(&file).is_err() && file_to_append(&file).is_ok() && file_to_change(&file).is_ok());
        for path in [&folder, &file] {
            let before = mode(path);
            fs::set_permissions(path, fs::Permissions::from_mode(before | 0o077)).unwrap();
            keep_private(path);
            assert_eq!(mode(path), before);
        }
    }

    #[test]
    fn what_root_makes_in_the_folder_of_a_user_is_the_users() {
        let dir = tempfile::tempdir().unwrap();
        if chown(dir.path(), Some(4_321), Some(4_322)).is_err() {
            crate::skipped::skip("what root makes", "only root can give files away");
            return;
        }
        let owner = |path: &Path| {
            let meta = fs::metadata(path).unwrap();
            (meta.uid(), meta.gid())
        };
        let folder = dir.path().join("logs/old");
        make_folder(&folder).unwrap();
        let makers: [fn(&Path) -> io::Result<File>; 3] = [new_file, file_to_append, file_to_change];
        for (number, make) in makers.into_iter().enumerate() {
            let file = folder.join(number.to_string());
            make(&file).unwrap();
            assert_eq!(owner(&file), (4_321, 4_322), "{number}");
        }
        assert_eq!(owner(&dir.path().join("logs")), (4_321, 4_322));
        assert_eq!(owner(&folder), (4_321, 4_322));
    }

    #[test]
    fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        make_pipe(&pipe);
        assert!(file_to_append(&pipe).is_err() && file_to_change(&pipe).is_err() && new_file(&pipe).is_err());
        assert!(file_to_append(dir.path()).is_err());
    }
}
