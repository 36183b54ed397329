//! How loud the tile is that is listened to: at once for the ear, kept when it rested.

use super::MonomiApp;
use crate::bridge::Command;
use settings::Volume;

impl MonomiApp {
    pub(super) fn set_volume(&mut self, volume: Volume) {
        if volume != self.volume {
            self.volume = volume;
            self.engine.send(Command::SetVolume(volume));
        }
    }

    /// The setting was changed by somebody else.
    pub(super) fn follow_volume(&mut self, before: Volume, now: Volume) {
        if before != now {
            self.volume = now;
            self.saving_volume = super::Saving::new(&now);
        }
    }

    /// Keeps what was set a while ago; `at_once`: whatever was set.
    pub(super) fn save_volume(&mut self, at_once: bool) {
        let due = match at_once {
            true => self.saving_volume.is_unsaved(&self.volume),
            false => self.saving_volume.is_due(&self.volume, self.engine_state.now),
        };
        if due {
            let mut settings = (*self.engine_state.settings).clone();
            settings.sound_volume = self.volume;
            self.engine.send(Command::SaveSettings(Box::new(settings)));
        }
    }
}
