//! What the system tells of disk, graphics card and of its own limits.

use std::path::{Path, PathBuf};

use super::news::Beside;
use ::self_watch::Ceilings;

/// What the computer gives this program.
pub(super) fn ceilings() -> Ceilings {
    let memory = crate::video::memory_of_computer().map(|bytes| bytes / 1_024);
    Ceilings {
        memory: memory.and_then(|kib| u32::try_from(kib).ok()),
        handles: most_handles(),
        queue: None,
    }
}

/// What may keep one waiting.
pub(super) fn beside(folder: &Path) -> Beside {
    let card = card(Path::new("/sys/class/drm"));
    Beside {
        disk_free_mib: disk_free(folder).map(|bytes| bytes >> 20),
        gpu_percent: card.0,
        gpu_memory_mib: card.1.map(|bytes| bytes >> 20),
    }
}

/// `Max open files` of `/proc/self/limits`, of which the first number is the one that holds.
#[cfg(target_os = "linux")]
fn most_handles() -> Option<u32> {
    most_open_files(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

/// Where there is no such limit, or the system does not tell.
#[cfg(not(target_os = "linux"))]
fn most_handles() -> Option<u32> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn most_open_files(limits: &str) -> Option<u32> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Bytes that this user may still write there.
#[cfg(unix)]
fn disk_free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "the crates that wrap this call bring a second binding of all others"
)]
fn disk_free(folder: &Path) -> Option<u64> {
    use std::os::windows::ffi::OsStrExt as _;
    use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
    let name: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0;
    // SAFETY: the name ends with a zero, the place outlives the call, and what is not wanted may be null.
    let known =
        unsafe { GetDiskFreeSpaceExW(name.as_ptr(), &raw mut free, std::ptr::null_mut(), std::ptr::null_mut()) };
    (known != 0).then_some(free)
}

/// How busy the first graphics card is whose driver tells, and how many bytes of its memory are in use (Linux, `amdgpu`: `gpu_busy_percent` and
/// `mem_info_vram_used` of its device; other drivers tell neither there).
fn card(drm: &Path) -> (Option<u64>, Option<u64>) {
    let Ok(entries) = std::fs::read_dir(drm) else {
        return (None, None);
    };
    let mut cards: Vec<PathBuf> = entries.flatten().map(|entry| entry.path().join("device")).collect();
    cards.sort();
    let number =
        |card: &Path, name: &str| -> Option<u64> { std::fs::read_to_string(card.join(name)).ok()?.trim().parse().ok() };
    let told = cards
        .iter()
        .map(|card| (number(card, "gpu_busy_percent"), number(card, "mem_info_vram_used")));
    told.into_iter()
        .find(|(busy, used)| busy.is_some() || used.is_some())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_linux_are_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(most_open_files(limits), Some(1_024));
        assert_eq!(
            most_open_files("Max open files            unlimited            unlimited            files"),
            None
        );
        assert_eq!(most_open_files(""), None);
    }

    #[test]
    fn the_disk_of_a_folder_has_room_and_what_is_not_there_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(disk_free(folder.path()).is_some());
        assert_eq!(disk_free(&folder.path().join("nothing")), None);
    }

    #[test]
    fn the_first_card_that_tells_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(card(folder.path()), (None, None));
        for (name, busy) in [("card0", None), ("card1", Some("37\n")), ("card2", Some("99\n"))] {
            let device = folder.path().join(name).join("device");
            std::fs::create_dir_all(&device).unwrap();
            if let Some(busy) = busy {
                crate::private::new_file(&device.join("gpu_busy_percent"))
                    .and_then(|mut file| std::io::Write::write_all(&mut file, busy.as_bytes()))
                    .unwrap();
            }
        }
        assert_eq!(card(folder.path()), (Some(37), None));
        assert_eq!(card(&folder.path().join("nothing")), (None, None));
    }
}
