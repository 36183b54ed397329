//! Temporary files: made beside what they replace, held by a lock while they are written, swept once nobody holds them.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

/// A new, empty file in `dir`; its mode is 0600. The lock on it says that somebody lives who will rename or remove it; the system
/// frees it with the process.
pub(super) fn held(dir: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new()
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .tempfile_in(dir)?;
        // A sweeper may have come between making and locking: what it took is gone, and another one is made.
        if hold(file.as_file()) && !is_gone(file.as_file())? {
            return Ok(file);
        }
    }
}

/// Removes what killed processes left behind. A file that somebody holds is never taken.
pub(super) fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let temporary = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        if temporary && is_file() {
            sweep_one(&entry.path());
        }
    }
}

const PREFIX: &str = ".monomi-";
const SUFFIX: &str = ".tmp";

/// Where the file system has no locks, a file of this age is nobody's: a save takes seconds.
const ABANDONED: Duration = Duration::from_secs(3_600);

fn sweep_one(path: &Path) {
    let Ok(file) = File::options().write(true).open(path) else {
        return;
    };
    let nobodys = match file.try_lock() {
        // Removed while the lock is held: whoever made it just now sees that, because it looks after it has the lock.
        Ok(()) => cfg!(unix) || is_old(&file),
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => is_old(&file),
    };
    if nobodys {
        let _ = fs::remove_file(path);
    }
}

/// Takes the lock; `false`: a sweeper holds it. A file system without locks is no reason not to save.
fn hold(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn is_old(file: &File) -> bool {
    let written = file.metadata().and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed >= ABANDONED))
}

#[cfg(unix)]
fn is_gone(file: &File) -> io::Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&file.metadata()?) == 0)
}

/// On other systems only old files are swept, so that none goes between making and locking.
#[cfg(not(unix))]
fn is_gone(_file: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::super::atomic::write_unsynced;
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn what_somebody_holds_is_not_swept_and_what_nobody_holds_is() {
        let dir = tempfile::tempdir().unwrap();
        let living = held(dir.path()).unwrap();
        File::create(dir.path().join("keep.tmp")).unwrap();
        fs::create_dir(dir.path().join(".monomi-folder.tmp")).unwrap();
        let orphan = held(dir.path()).unwrap();
        let (_, path) = orphan.keep().unwrap();
        // A process that another test is just starting holds a copy of every lock until it runs its program.
        for _ in 0..1_000 {
            sweep(dir.path());
            if cfg!(not(unix)) || !path.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(living.path().exists());
        assert_eq!(path.exists(), cfg!(not(unix)), "{:?}", names(dir.path()));
        assert!(dir.path().join("keep.tmp").exists() && dir.path().join(".monomi-folder.tmp").exists());
    }

    /// Where a sweeper keeps others from a file, writers wait for each other.
    const ROUNDS: u32 = if cfg!(unix) { 2_000 } else { 100 };

    /// Sweepers and writers at the same time, each with files of its own: no writer misses its file.
    #[test]
    fn no_sweeper_takes_the_file_of_a_living_writer() {
        let dir = tempfile::tempdir().unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        sweep(dir.path());
                    }
                });
            }
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let target = dir.path().join(format!("{writer}"));
                    scope.spawn(move || {
                        for number in 0..ROUNDS {
                            let text = number.to_string();
                            write_unsynced(&target, text.as_bytes()).unwrap();
                            assert_eq!(fs::read_to_string(&target).unwrap(), text);
                        }
                    })
                })
                .collect();
            let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(ended.iter().all(Result::is_ok));
        });
    }
}
