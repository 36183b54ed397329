//! What Monomi itself costs, as the screen shows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Occurrence;
use self_watch::{OwnExcess, OwnLimit, OwnSeries};

/// The figures of the program over time, and what of them is too much now.
#[derive(Clone, Debug, Default)]
pub struct OwnShown {
    pub series: Arc<OwnSeries>,
    pub excesses: Arc<BTreeMap<OwnLimit, OwnExcess>>,
}

/// The event that it is when this is too much.
#[must_use]
pub fn occurrence_of(limit: OwnLimit) -> Occurrence {
    match limit {
        OwnLimit::Memory => Occurrence::OwnMemory,
        OwnLimit::MemoryGrowth => Occurrence::OwnMemoryGrows,
        OwnLimit::Handles => Occurrence::OwnHandles,
        OwnLimit::Disk => Occurrence::OwnDisk,
        OwnLimit::LoopDelay => Occurrence::OwnDelay,
        OwnLimit::Queue => Occurrence::OwnQueue,
        OwnLimit::Decoders => Occurrence::OwnDecoders,
    }
}
