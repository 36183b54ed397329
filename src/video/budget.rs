//! How much memory the decoders of all streams may take together.

use std::sync::atomic::{AtomicU64, Ordering};

/// A sum that all streams of the process share.
#[derive(Debug)]
pub(super) struct Budget {
    limit: AtomicU64,
    taken: AtomicU64,
}

/// One stream's part of a [`Budget`]; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: &'static Budget,
    bytes: u64,
}

/// Whatever the computer has, decoders may take so much: eight streams of 3840×2160.
const LEAST: u64 = 1 << 30;

/// Of all decoders of this process, by what their parameter sets say.
pub(super) static DECODERS: Budget = Budget::new(4 * LEAST);

impl Budget {
    const fn new(limit: u64) -> Self {
        Self {
            limit: AtomicU64::new(limit),
            taken: AtomicU64::new(0),
        }
    }

    /// A quarter of the computer's memory, where it is known.
    pub(super) fn measure(&self) {
        #[cfg(target_os = "linux")]
        if let Some(memory) = std::fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(total) {
            self.limit.store((memory / 4).max(LEAST), Ordering::Relaxed);
        }
    }

    /// A part of nothing yet.
    pub(super) fn share(&'static self) -> Share {
        Share { budget: self, bytes: 0 }
    }
}

impl Share {
    /// Makes the part so many bytes large.
    ///
    /// # Errors
    /// Where all parts together would be too large: by how much. The part is as before.
    pub(super) fn resize(&mut self, bytes: u64) -> Result<(), u64> {
        let limit = self.budget.limit.load(Ordering::Relaxed);
        let own = self.bytes;
        let fits = |taken: u64| {
            let sum = (taken - own).saturating_add(bytes);
            (sum <= limit || bytes <= own).then_some(sum)
        };
        match self
            .budget
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
        {
            Ok(_) => {
                self.bytes = bytes;
                Ok(())
            }
            Err(taken) => Err((taken - own).saturating_add(bytes).saturating_sub(limit)),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
#[cfg(target_os = "linux")]
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_is_too_much_for_the_sum_is_refused_and_the_others_keep_theirs() {
        static SMALL: Budget = Budget::new(100);
        let (mut first, mut second) = (SMALL.share(), SMALL.share());
        assert_eq!(first.resize(60), Ok(()));
        assert_eq!(second.resize(50), Err(10));
        assert_eq!(second.resize(40), Ok(()));
        assert_eq!(first.resize(61), Err(1));
        assert_eq!(first.resize(20), Ok(()), "less is always granted");
        drop(second);
        assert_eq!(first.resize(100), Ok(()), "what ended gave its part back");
        assert_eq!(first.resize(u64::MAX), Err(u64::MAX - 100));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_computers_memory_is_read() {
        assert_eq!(
            total("MemTotal:       16316412 kB\nMemFree: 1 kB\n"),
            Some(16_316_412 * 1_024)
        );
        assert_eq!(total("nothing"), None);
    }
}
