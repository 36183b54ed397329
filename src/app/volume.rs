//! The volume of the channel that is heard: it changes at once and is saved when it has not changed for a while.

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

    /// Takes over a volume that was set elsewhere, such as on the command line.
    pub(super) fn follow_volume(&mut self, before: Volume, now: Volume) {
        if before != now {
            self.volume = now;
            self.saving_volume = super::Saving::new(&now);
        }
    }

    /// Saves the volume if it has not changed for a while; `at_once` does not wait.
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
