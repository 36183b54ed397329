//! What is done beside the loop tells the loop.

use ::self_watch::OwnSeries;

/// What was measured, read or written.
pub(in crate::engine) struct OwnFiguresNews {
    /// What an earlier run left, when that was read.
    pub series: Option<Box<OwnSeries>>,
    pub(super) beside: Beside,
    pub(super) written: Result<(), String>,
}

/// What may keep one waiting to be measured; `None`: the system does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    pub disk_free_mib: Option<u64>,
    pub gpu_percent: Option<u64>,
    pub gpu_memory_mib: Option<u64>,
}
