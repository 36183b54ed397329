use std::time::Instant;

use super::{Media, Session, SoundOffer, Step, ask::RequestPurpose};
use crate::{Event, Quirk};

/// What a session knows of its sound.
#[derive(Default)]
pub(super) struct Sound {
    pub offer: SoundOffer,
    pub refused: bool,
    adding: Adding,
}

/// How far the setting up of sound has come while the picture plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Adding {
    #[default]
    No,
    /// SETUP or PLAY waits for its reply.
    Beside,
    /// TEARDOWN waits for its reply; then everything is set up again.
    Anew,
}

impl Sound {
    /// Whether something is asked of the device because of it, on which it may hang up.
    pub fn is_being_set_up(&self) -> bool {
        self.adding != Adding::No
    }

    pub fn is_being_added(&self) -> bool {
        self.adding == Adding::Beside
    }
}

impl Session {
    /// Whether sound is set up. While pictures play it is added on this same connection: as one more track, and where the
    /// device refuses that, by TEARDOWN and setting up everything again. A new [`Event::Playing`] says what came of it. Sound
    /// that is no longer wanted stays set up until the connection ends, because many devices end all where a part is torn down.
    pub fn set_audio(&mut self, audio: bool, now: Instant) {
        self.now = self.now.max(now);
        self.request.audio = audio;
        self.sound.refused = false;
    }

    /// What is known of the device's sound; nothing before its description came.
    #[must_use]
    pub fn sound(&self) -> SoundOffer {
        if self.sound.refused {
            SoundOffer::Refused
        } else {
            self.sound.offer.clone()
        }
    }

    /// Asks for the sound that is wanted and not set up; returns whether it did.
    pub(super) fn add_sound(&mut self) -> bool {
        let ready = self.pending.is_none() && !self.datagrams.is_opening() && self.request.audio && !self.sound.refused;
        let missing = |planned: &super::PlannedTrack| planned.track.media == Media::Audio && planned.channels.is_none();
        let Some(index) = self.tracks.iter().position(missing).filter(|_| ready) else {
            return false;
        };
        self.sound.adding = Adding::Beside;
        self.ask_set_up(index);
        true
    }

    /// PLAY was answered while pictures play.
    pub(super) fn sound_plays(&mut self) {
        if std::mem::take(&mut self.sound.adding) == Adding::Beside {
            self.tell_tracks();
        }
    }

    /// Tears everything down to set it up again with sound, because the device does not add a track while it plays.
    pub(super) fn set_up_anew(&mut self) {
        self.note(Quirk::SetUpAnew);
        self.sound.adding = Adding::Anew;
        self.send(RequestPurpose::Teardown);
    }

    /// TEARDOWN was answered. The session ends, or sets everything up again with sound.
    pub(super) fn torn_down(&mut self) {
        let again = std::mem::take(&mut self.sound.adding) == Adding::Anew || self.moved();
        if !again || self.step == Step::Teardown {
            self.finish(Event::Closed);
            return;
        }
        self.session = None;
        self.set_up_again = false;
        self.tracks.iter_mut().for_each(|planned| planned.channels = None);
        self.step = Step::Setup;
        self.set_up(0);
    }

    /// No reply came in time to a request that was about the sound; returns whether it was one.
    pub(super) fn sound_is_late(&mut self, purpose: RequestPurpose) -> bool {
        match (purpose, self.sound.adding) {
            (RequestPurpose::Setup { .. } | RequestPurpose::Play(_), Adding::Beside) => {
                self.abandoned = self.pending.take().map(|pending| pending.cseq);
                self.set_up_anew();
                true
            }
            (RequestPurpose::Teardown, Adding::Anew) => {
                self.abandoned = self.pending.take().map(|pending| pending.cseq);
                self.torn_down();
                true
            }
            _ => false,
        }
    }
}
