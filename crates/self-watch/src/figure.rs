//! What is measured of the program.

/// One figure of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnFigure {
    /// Resident memory, in KiB.
    Memory,
    /// What all threads used, in thousandths of one core.
    Cpu,
    /// Open files and sockets (Windows: handles).
    Handles,
    Threads,
    /// Tasks of the runtime.
    Tasks,
    /// How late the loop came to what was due, at the worst, in milliseconds.
    LoopDelay,
    /// What waited for the loop, at the most.
    Queue,
    /// Decoders that were built anew because they failed or stood still.
    Decoders,
    /// Free space where the profile is, in MiB.
    Disk,
    /// How busy the graphics card is, with all programs, in percent.
    GpuUse,
    /// Memory of the graphics card that is in use, by all programs, in MiB.
    GpuMemory,
}

/// How several values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gather {
    Most,
    Least,
    Sum,
}

impl OwnFigure {
    pub const ALL: [Self; 11] = [
        Self::Memory,
        Self::Cpu,
        Self::Handles,
        Self::Threads,
        Self::Tasks,
        Self::LoopDelay,
        Self::Queue,
        Self::Decoders,
        Self::Disk,
        Self::GpuUse,
        Self::GpuMemory,
    ];

    /// For files and for scripts, with its unit.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory_kib",
            Self::Cpu => "cpu_permille",
            Self::Handles => "handles",
            Self::Threads => "threads",
            Self::Tasks => "tasks",
            Self::LoopDelay => "loop_delay_ms",
            Self::Queue => "queue",
            Self::Decoders => "decoder_restarts",
            Self::Disk => "disk_free_mib",
            Self::GpuUse => "gpu_percent",
            Self::GpuMemory => "gpu_memory_mib",
        }
    }

    /// What [`Self::word`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.word() == word)
    }

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The worst of a time is what is kept of it.
    pub(crate) const fn gather(self) -> Gather {
        match self {
            Self::Disk => Gather::Least,
            Self::Decoders => Gather::Sum,
            _ => Gather::Most,
        }
    }
}

impl Gather {
    pub(crate) fn of(self, one: u32, other: u32) -> u32 {
        match self {
            Self::Most => one.max(other),
            Self::Least => one.min(other),
            Self::Sum => one.saturating_add(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_stands_at_its_place_and_is_known_by_its_word() {
        for (place, figure) in OwnFigure::ALL.into_iter().enumerate() {
            assert_eq!(figure.index(), place);
            assert_eq!(OwnFigure::from_word(figure.word()), Some(figure));
        }
        assert_eq!(OwnFigure::from_word("other"), None);
    }
}
