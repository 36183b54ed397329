//! What this process uses, measured.

/// Open file descriptors and resident memory; zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessFigures {
    pub open_fds: u64,
    pub rss_kib: u64,
    pub threads: u64,
}

/// Reads the figures now (Linux: `/proc/self`).
#[must_use]
pub fn process_figures() -> ProcessFigures {
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

/// What all threads of this process have used, in user and system mode; `None` where the system does not tell (Linux:
/// `/proc/self/stat`, fields 14 and 15, in hundredths of a second on every architecture that Monomi is built for).
pub(super) fn cpu_time() -> Option<std::time::Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name and may hold anything but ends at the last bracket.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = fields.next()?.ok()? + fields.next()?.ok()?;
    Some(std::time::Duration::from_millis(ticks * 10))
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
