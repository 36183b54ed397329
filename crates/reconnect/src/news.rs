//! What the engine has not been told yet.

use std::collections::{BTreeSet, VecDeque};

use super::port::Output;
use device::SiteId;

#[derive(Default)]
pub(super) struct News {
    outputs: VecDeque<Output>,
    changed: BTreeSet<SiteId>,
}

impl News {
    pub(super) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn pop(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What these sites show has changed.
    pub(super) fn change(&mut self, sites: impl Iterator<Item = SiteId>) {
        self.changed.extend(sites);
    }

    pub(super) fn pop_changed(&mut self) -> Option<SiteId> {
        self.changed.pop_first()
    }

    /// Nobody is told of a site that is gone.
    pub(super) fn keep_sites(&mut self, keep: impl Fn(SiteId) -> bool) {
        self.changed.retain(|site| keep(*site));
    }

    /// Entries held.
    pub(super) fn len(&self) -> usize {
        self.outputs.len() + self.changed.len()
    }
}
