use std::collections::BTreeSet;

use super::tiles::Wall;
use crate::device::SiteId;

/// What one window shows and how, as it is found again after a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowView {
    pub wall: Wall,
    pub tree: TreePane,
    pub fullscreen: bool,
}

/// The pane with sites, devices and channels.
#[derive(Clone, Debug, PartialEq)]
pub struct TreePane {
    pub open: bool,
    /// In points; `None` until the user dragged it.
    pub width: Option<f32>,
    /// Sites whose devices are hidden; devices open on demand and start closed.
    pub closed_sites: BTreeSet<SiteId>,
}

impl Default for TreePane {
    fn default() -> Self {
        Self {
            open: true,
            width: None,
            closed_sites: BTreeSet::new(),
        }
    }
}
