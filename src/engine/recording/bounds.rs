use std::path::PathBuf;

use recording::Bounds;

/// Where parts go and how much of them stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct RecorderSettings {
    pub folder: Option<PathBuf>,
    pub bounds: Bounds,
}
