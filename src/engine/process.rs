//! What this process uses, measured.

/// Open file descriptors and resident memory; zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessFigures {
    pub open_fds: u64,
    pub rss_kib: u64,
    pub threads: u64,
}

/// Reads the figures now (Linux: `/proc/self`; Windows: handles for descriptors, and no number of threads).
#[must_use]
pub fn process_figures() -> ProcessFigures {
    system::figures()
}

/// What all threads of this process have used, in user and system mode; `None` where the system does not tell.
pub(super) fn cpu_time() -> Option<std::time::Duration> {
    system::cpu_time()
}

#[cfg(not(windows))]
mod system {
    use super::ProcessFigures;

    pub(super) fn figures() -> ProcessFigures {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        // The directory handle of this very reading is one of the entries.
        let open_fds = std::fs::read_dir("/proc/self/fd")
            .map_or(0, |entries| entries.count() as u64)
            .saturating_sub(1);
        ProcessFigures {
            open_fds,
            rss_kib: field("VmRSS:").unwrap_or(0),
            threads: field("Threads:").unwrap_or(0),
        }
    }

    /// Linux: `/proc/self/stat`, fields 14 and 15, in hundredths of a second on every architecture that Monomi is built for.
    pub(super) fn cpu_time() -> Option<std::time::Duration> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is the program's name and may hold anything but ends at the last bracket.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u64>);
        let ticks = fields.next()?.ok()? + fields.next()?.ok()?;
        Some(std::time::Duration::from_millis(ticks * 10))
    }
}

#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "the crates that wrap these calls read all processes of the computer"
)]
mod system {
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetProcessHandleCount, GetProcessTimes};

    use super::ProcessFigures;

    pub(super) fn figures() -> ProcessFigures {
        let (mut handles, mut memory) = (0, PROCESS_MEMORY_COUNTERS::default());
        let size = size_of::<PROCESS_MEMORY_COUNTERS>() as u32;
        // SAFETY: the handle of this process needs no closing, both places are valid and as large as is said. A call that fails
        // leaves its zeros.
        unsafe {
            GetProcessHandleCount(GetCurrentProcess(), &raw mut handles);
            K32GetProcessMemoryInfo(GetCurrentProcess(), &raw mut memory, size);
        }
        ProcessFigures {
            open_fds: handles.into(),
            rss_kib: memory.WorkingSetSize as u64 / 1_024,
            threads: 0,
        }
    }

    pub(super) fn cpu_time() -> Option<std::time::Duration> {
        let [mut created, mut exited, mut kernel, mut user] = [FILETIME::default(); 4];
        // SAFETY: the handle of this process needs no closing, and the four places outlive the call.
        let known = unsafe {
            GetProcessTimes(
                GetCurrentProcess(),
                &raw mut created,
                &raw mut exited,
                &raw mut kernel,
                &raw mut user,
            )
        };
        // Both are counted in 100 ns.
        let ticks = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
        (known != 0).then(|| std::time::Duration::from_nanos(100 * (ticks(kernel) + ticks(user))))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn work_is_counted() {
        let before = super::cpu_time().unwrap();
        while super::cpu_time().unwrap() == before {}
    }

    #[test]
    fn an_open_file_is_counted() {
        let before = super::process_figures();
        let files: Vec<_> = (0..50)
            .map(|_| std::fs::File::open("/proc/self/status").unwrap())
            .collect();
        let during = super::process_figures();
        assert!(during.open_fds >= before.open_fds + 40, "{before:?} {during:?}");
        assert!(during.rss_kib > 0 && during.threads > 0);
        drop(files);
    }
}
