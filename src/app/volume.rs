//! The volume of the channel that is heard: it changes at once and is saved when it has not changed for a while.

use std::time::Instant;

use super::saving::Saving;
use settings::Volume;

pub(super) struct HeardVolume {
    now: Volume,
    saving: Saving<Volume>,
}

impl HeardVolume {
    pub(super) fn new(saved: Volume) -> Self {
        Self {
            now: saved,
            saving: Saving::new(&saved),
        }
    }

    pub(super) fn get(&self) -> Volume {
        self.now
    }

    /// Returns whether the volume changed, so that the engine has to be told.
    pub(super) fn set(&mut self, volume: Volume) -> bool {
        std::mem::replace(&mut self.now, volume) != volume
    }

    /// Takes over a saved volume that was set elsewhere, such as on the command line.
    pub(super) fn follow(&mut self, before: Volume, now: Volume) {
        if before != now {
            *self = Self::new(now);
        }
    }

    /// The volume to save now, if it has not changed for a while.
    pub(super) fn due(&mut self, now: Instant) -> Option<Volume> {
        self.saving.is_due(&self.now, now).then_some(self.now)
    }

    /// The volume to save at the end, if it is not saved yet.
    pub(super) fn unsaved(&self) -> Option<Volume> {
        self.saving.is_unsaved(&self.now).then_some(self.now)
    }
}
