//! How much memory the decoders of all streams may take together.

use std::sync::atomic::{AtomicU64, Ordering};

/// A stream whose decoder takes more than this is large. Those of 3840×2160 take 140 to 200 MiB.
const LARGE: u64 = 256 << 20;

/// What decoders may take, whatever the computer has: 12 large ordinary streams, and one of 7680×4320.
const LEAST: u64 = 1 << 30;

/// Of all decoders of this process.
pub(super) static DECODERS: Budget = Budget::new(4 * LEAST, LEAST);

/// Two sums that all streams of the process share: one of those with ordinary pictures, one of those with large ones, so that
/// however many large ones there are, an ordinary one is decoded.
#[derive(Debug)]
pub(super) struct Budget {
    ordinary: Pot,
    large: Pot,
}

#[derive(Debug)]
struct Pot {
    limit: AtomicU64,
    taken: AtomicU64,
}

/// One stream's part of a [`Budget`]; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: &'static Budget,
    bytes: u64,
}

/// What is too much for the memory of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// This stream alone, whatever the others do.
    Alone,
    /// All that are decoded together.
    Together,
}

impl Budget {
    const fn new(ordinary: u64, large: u64) -> Self {
        Self {
            ordinary: Pot::new(ordinary),
            large: Pot::new(large),
        }
    }

    /// Half of the computer's memory for ordinary streams and an eighth for large ones, where it is known.
    pub(super) fn measure(&self) {
        if let Some(memory) = memory() {
            let ordinary = (memory / 2).max(LEAST);
            self.ordinary.limit.store(ordinary, Ordering::Relaxed);
            self.large
                .limit
                .store((ordinary / 4).max(LEAST / 4 * 3), Ordering::Relaxed);
        }
    }

    /// A part of nothing yet.
    pub(super) fn share(&'static self) -> Share {
        Share { budget: self, bytes: 0 }
    }

    fn pot(&self, bytes: u64) -> &Pot {
        if bytes > LARGE { &self.large } else { &self.ordinary }
    }

    #[cfg(test)]
    fn taken(&self) -> [u64; 2] {
        [&self.ordinary, &self.large].map(|pot| pot.taken.load(Ordering::Acquire))
    }
}

impl Pot {
    const fn new(limit: u64) -> Self {
        Self {
            limit: AtomicU64::new(limit),
            taken: AtomicU64::new(0),
        }
    }

    /// Takes `bytes` in place of `own`, which are of this pot.
    fn take(&self, own: u64, bytes: u64) -> Result<(), Excess> {
        let limit = self.limit.load(Ordering::Relaxed);
        let fits = |taken: u64| {
            let sum = (taken - own).saturating_add(bytes);
            (sum <= limit || bytes <= own).then_some(sum)
        };
        match self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits) {
            Ok(_) => Ok(()),
            Err(_) if bytes > limit => Err(Excess::Alone),
            Err(_) => Err(Excess::Together),
        }
    }

    fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Share {
    /// Makes the part so many bytes large.
    ///
    /// # Errors
    /// Where that is too much; the part is as before.
    pub(super) fn resize(&mut self, bytes: u64) -> Result<(), Excess> {
        let (from, to) = (self.budget.pot(self.bytes), self.budget.pot(bytes));
        if std::ptr::eq(from, to) {
            to.take(self.bytes, bytes)?;
        } else {
            to.take(0, bytes)?;
            from.give_back(self.bytes);
        }
        self.bytes = bytes;
        Ok(())
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.pot(self.bytes).give_back(self.bytes);
    }
}

/// What this computer has, in bytes; `None` where it does not tell.
#[cfg(not(windows))]
pub(super) fn memory() -> Option<u64> {
    std::fs::read_to_string("/proc/meminfo").ok().as_deref().and_then(total)
}

#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "the crates that wrap this call read all that the computer has"
)]
pub(super) fn memory() -> Option<u64> {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the place is valid and says how large it is.
    let known = unsafe { GlobalMemoryStatusEx(&raw mut status) };
    (known != 0).then_some(status.ullTotalPhys)
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
#[cfg(not(windows))]
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_stream_that_is_too_much_for_the_sum_is_refused_and_the_others_keep_theirs() {
        static SMALL: Budget = Budget::new(100, 0);
        let (mut first, mut second) = (SMALL.share(), SMALL.share());
        assert_eq!(first.resize(60), Ok(()));
        assert_eq!(second.resize(50), Err(Excess::Together));
        assert_eq!(second.resize(101), Err(Excess::Alone));
        assert_eq!(second.resize(40), Ok(()));
        assert_eq!(first.resize(61), Err(Excess::Together));
        assert_eq!(first.resize(20), Ok(()), "less is always granted");
        drop(second);
        assert_eq!(first.resize(100), Ok(()), "what ended gave its part back");
        assert_eq!(first.resize(u64::MAX), Err(Excess::Alone));
        drop(first);
        assert_eq!(SMALL.taken(), [0, 0]);
    }

    #[test]
    fn large_streams_take_nothing_from_ordinary_ones() {
        static BUDGET: Budget = Budget::new(4_096 * MIB, 1_024 * MIB);
        let mut bombs: Vec<Share> = (0..8).map(|_| BUDGET.share()).collect();
        let granted = bombs.iter_mut().filter_map(|bomb| bomb.resize(300 * MIB).ok()).count();
        assert_eq!(granted, 3, "so many as fit into their own sum");
        let mut ordinary: Vec<Share> = (0..16).map(|_| BUDGET.share()).collect();
        for stream in &mut ordinary {
            assert_eq!(stream.resize(LARGE), Ok(()));
        }
        assert_eq!(
            ordinary[0].resize(LARGE + 1),
            Err(Excess::Together),
            "it would be large"
        );
        assert_eq!(ordinary[0].bytes(), LARGE);
    }

    /// What streams do, each with one of some shares.
    #[derive(Clone, Debug)]
    enum StreamStep {
        Resize(usize, u64),
        End(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<StreamStep>> {
        let bytes = prop_oneof![0..=2 * LARGE, Just(0), Just(LARGE), Just(LARGE + 1), Just(u64::MAX)];
        let step = prop_oneof![
            4 => (0..6_usize, bytes).prop_map(|(at, bytes)| StreamStep::Resize(at, bytes)),
            1 => (0..6_usize).prop_map(StreamStep::End),
        ];
        prop::collection::vec(step, 0..60)
    }

    /// Does the steps; calls `look` with what is held, in each pot, after each of them.
    fn walk(budget: &'static Budget, steps: &[StreamStep], mut look: impl FnMut([u64; 2])) {
        let mut shares: [Share; 6] = std::array::from_fn(|_| budget.share());
        for step in steps {
            match *step {
                StreamStep::Resize(at, bytes) => {
                    let before = shares[at].bytes();
                    let granted = shares[at].resize(bytes).is_ok();
                    assert_eq!(shares[at].bytes(), if granted { bytes } else { before });
                }
                StreamStep::End(at) => shares[at] = budget.share(),
            }
            let held = |large: bool| {
                shares
                    .iter()
                    .map(Share::bytes)
                    .filter(|bytes| (*bytes > LARGE) == large)
                    .sum()
            };
            look([held(false), held(true)]);
        }
    }

    proptest! {
        #[test]
        fn the_sums_are_of_what_is_held_never_exceed_their_limits_and_end_at_nothing(steps in steps()) {
            static BUDGET: Budget = Budget::new(3 * LARGE, 4 * LARGE);
            // One case at a time: the sums are of the process.
            static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
            let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            walk(&BUDGET, &steps, |held| {
                let taken = BUDGET.taken();
                assert_eq!(taken, held);
                assert!(taken[0] <= 3 * LARGE && taken[1] <= 4 * LARGE);
            });
            prop_assert_eq!(BUDGET.taken(), [0, 0]);
        }

        #[test]
        fn the_same_holds_where_several_threads_do_it_at_once(threads in prop::collection::vec(steps(), 4)) {
            static BUDGET: Budget = Budget::new(3 * LARGE, 4 * LARGE);
            std::thread::scope(|scope| {
                for steps in &threads {
                    scope.spawn(|| walk(&BUDGET, steps, |_own| {
                        let taken = BUDGET.taken();
                        assert!(taken[0] <= 3 * LARGE && taken[1] <= 4 * LARGE, "{taken:?}");
                    }));
                }
            });
            prop_assert_eq!(BUDGET.taken(), [0, 0]);
        }
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
