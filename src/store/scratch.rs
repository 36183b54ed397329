//! A folder that is thrown away with the program; those that killed programs left behind go when the next one is made.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::private;

/// A new folder below that of temporary files. It goes when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    /// Its lock says that somebody lives who will remove the folder; the system frees it with the process. It is closed before the folder
    /// goes, because Windows removes no folder with a file that is open.
    _lives: File,
    folder: TempDir,
}

impl Scratch {
    /// # Errors
    /// There is no room for temporary files.
    pub fn new(prefix: &str) -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir(), prefix)
    }

    fn new_in(parent: &Path, prefix: &str) -> io::Result<Self> {
        sweep(parent, prefix);
        loop {
            let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
            let path = folder.path().join(LIVES);
            let lives = private::file_to_change(&path)?;
            // A sweeper may have come between making and locking: what it took is gone, and another one is made.
            let is_held = !matches!(lives.try_lock(), Err(fs::TryLockError::WouldBlock));
            if is_held && path.exists() {
                return Ok(Self { _lives: lives, folder });
            }
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

const LIVES: &str = "lives.lock";

/// A folder without a lock, of an earlier version, is nobody's when nothing was written there for so long.
const ABANDONED: Duration = Duration::from_hours(24);

fn sweep(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let folder = entry.path();
        let is_nobodys = match File::options().write(true).open(folder.join(LIVES)) {
            Ok(lives) => lives.try_lock().is_ok() && take(lives, &folder),
            Err(_) => is_old(&folder),
        };
        if is_nobodys && let Err(error) = fs::remove_dir_all(&folder) {
            tracing::debug!(%error, "a folder that a killed program left behind stays");
        }
    }
}

/// Takes the locked file away while its lock is held, so that whoever made the folder just now sees that, and closes it.
fn take(lives: File, folder: &Path) -> bool {
    let taken = fs::remove_file(folder.join(LIVES)).is_ok();
    drop(lives);
    taken
}

fn is_old(folder: &Path) -> bool {
    let written = fs::metadata(folder).and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= ABANDONED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_program_left_is_swept_and_what_a_living_one_has_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(parent.path(), "monomi-demo-").unwrap();
        let Scratch { _lives, folder } = Scratch::new_in(parent.path(), "monomi-demo-").unwrap();
        let left = folder.keep();
        drop(_lives);
        fs::create_dir(parent.path().join("monomi-demo-without-lock")).unwrap();
        fs::create_dir(parent.path().join("another")).unwrap();
        // A process that another test is just starting holds a copy of every lock until it runs its program.
        for _ in 0..1_000 {
            let next = Scratch::new_in(parent.path(), "monomi-demo-").unwrap();
            assert!(next.path().exists());
            if !left.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!left.exists());
        assert!(living.path().exists());
        assert!(parent.path().join("monomi-demo-without-lock").exists() && parent.path().join("another").exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
