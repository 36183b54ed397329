use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::atomic::WriteError;
use crate::private::file_to_change;

/// The lock of a profile: while this exists, no other engine uses the profile. The operating system frees it when the
/// process ends, however it ends.
#[derive(Debug)]
pub struct ProfileLock {
    _file: File,
}

/// Why a profile could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("Monomi already runs with this profile{}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held { pid: Option<u32> },
    #[error("{} cannot be locked: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl ProfileLock {
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = file_to_change(path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { pid: pid_in(file) }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        // The process id is only for the message of a second start, so that a failed write does not matter.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

/// The one lock between processes for all files of a profile, held while one of them is read, changed and written. Nobody takes it
/// twice, and nobody asks the keyring while holding it: that may wait for a person.
pub(super) struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// The lock of the profile in `dir`. Waits for other processes, up to [`PATIENCE`].
    pub(super) fn of(dir: &Path) -> Result<Self, WriteError> {
        Self::take_within(dir, PATIENCE)
    }

    pub(super) fn take_within(dir: &Path, patience: Duration) -> Result<Self, WriteError> {
        let path = &dir.join("write.lock");
        let file = file_to_change(path).map_err(|source| WriteError::new(path, source))?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Err(WriteError::Busy(path.clone())),
                Err(TryLockError::Error(source)) => return Err(WriteError::new(path, source)),
            }
        }
    }
}

/// A save takes milliseconds; a process that holds the lock for longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process id in the lock file; `None` on Windows, where the lock also forbids reading.
fn pid_in(mut file: File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
