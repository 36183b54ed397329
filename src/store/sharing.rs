//! Files that another program holds. Windows refuses to open or replace them; virus scanners, indexers and backups hold each new file
//! for some tenths of a second.

use std::io;
use std::path::Path;
#[cfg(windows)]
use std::time::{Duration, Instant};

/// A scanner is done by then. A save runs beside the loop, so that nobody else waits.
#[cfg(windows)]
const PATIENCE: Duration = Duration::from_secs(3);

/// Does it again while another program holds the file, up to three seconds.
#[cfg(windows)]
pub(super) fn patiently<T>(path: &Path, mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match act() {
            Err(error) if is_held(&error, path) && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Elsewhere a file can be read and replaced whoever has it open.
#[cfg(not(windows))]
pub(super) fn patiently<T>(_path: &Path, mut act: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    act()
}

/// Whether this error says that another program holds the file at `path`.
#[cfg(windows)]
pub(super) fn is_held(error: &io::Error, path: &Path) -> bool {
    use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION};
    match error.raw_os_error().map(i32::cast_unsigned) {
        Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION) => true,
        // What cannot be replaced because it is open is refused like what must not be. The system tells by the file whether it must.
        Some(ERROR_ACCESS_DENIED) => {
            std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && !meta.permissions().readonly())
        }
        _ => false,
    }
}

#[cfg(not(windows))]
pub(super) fn is_held(_error: &io::Error, _path: &Path) -> bool {
    false
}
