//! The sound of one stream, for as long as somebody listens. It comes and goes without touching the picture.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::track::caps_of;
use crate::bridge::{SoundProblem, SoundState};
use crate::video::{SoundEvent, SoundFault, SoundOutput, SoundPlayer, TrackCaps};
use rtsp::{Media, SoundOffer, Track};
use wall::Listen;

pub(super) struct Ear {
    listen: Listen,
    output: SoundOutput,
    /// Which of the session's tracks is sound, and what it is.
    track: Option<(usize, TrackCaps)>,
    sound: Option<SoundPlayer>,
    news: (mpsc::Sender<SoundNews>, mpsc::Receiver<SoundNews>),
}

/// More than one sound has to say at once.
const MOST_NEWS: usize = 8;

enum SoundNews {
    Built(Result<SoundPlayer, SoundFault>),
    Event(SoundEvent),
}

impl Ear {
    pub(super) fn new(listen: Listen, output: SoundOutput) -> Self {
        Self {
            listen,
            output,
            track: None,
            sound: None,
            news: mpsc::channel(MOST_NEWS),
        }
    }

    pub(super) fn listens(&self) -> Listen {
        self.listen
    }

    /// What the session set up; says why it is silent where it will stay so.
    pub(super) fn on_playing(&mut self, tracks: &[Track], offer: &SoundOffer) -> Option<SoundState> {
        let track = tracks.iter().enumerate().find(|(_, track)| track.media == Media::Audio);
        self.track = track.map(|(index, track)| (index, caps_of(track)));
        self.silence();
        self.listen_on(offer)
    }

    pub(super) fn set(&mut self, listen: Listen, offer: &SoundOffer) -> Option<SoundState> {
        self.listen = listen;
        match listen {
            Listen::Yes => self.listen_on(offer),
            Listen::Prepared | Listen::No => {
                self.silence();
                None
            }
        }
    }

    /// Ends what sounds and what is being built. Whatever they still say is heard by nobody.
    fn silence(&mut self) {
        self.sound = None;
        self.news = mpsc::channel(MOST_NEWS);
    }

    fn listen_on(&mut self, offer: &SoundOffer) -> Option<SoundState> {
        if self.listen != Listen::Yes || self.sound.is_some() {
            return None;
        }
        let Some((_, caps)) = &self.track else {
            return match offer {
                SoundOffer::None => Some(SoundState::Failed(SoundProblem::NoSound)),
                SoundOffer::Unplayable(codec) => {
                    let codec = codec.clone();
                    Some(SoundState::Failed(SoundProblem::Unplayable { codec }))
                }
                SoundOffer::Refused => Some(SoundState::Failed(SoundProblem::Refused)),
                // It is being set up.
                SoundOffer::Playable => None,
            };
        };
        let (caps, output, news) = (caps.clone(), self.output.clone(), self.news.0.clone());
        let events = news.clone();
        // A sound server may be slow to answer: pictures do not wait for it.
        spawn_blocking(move || {
            let tell = move |event| drop(events.try_send(SoundNews::Event(event)));
            let built = SoundPlayer::new(&caps, &output, tell);
            drop(news.blocking_send(SoundNews::Built(built)));
        });
        None
    }

    pub(super) fn push(&self, track: usize, packet: Bytes) {
        if let (Some((index, _)), Some(sound)) = (&self.track, &self.sound)
            && *index == track
        {
            sound.push(packet);
        }
    }

    /// What the sound does next; waits until there is news. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<SoundState> {
        let fault = match self.news.1.recv().await? {
            SoundNews::Built(Ok(sound)) => {
                self.sound = Some(sound);
                return None;
            }
            SoundNews::Event(SoundEvent::Playing) => return Some(SoundState::Playing),
            SoundNews::Built(Err(fault)) | SoundNews::Event(SoundEvent::Failed(fault)) => fault,
        };
        self.sound = None;
        tracing::info!(?fault, "no sound");
        Some(SoundState::Failed(sound_problem(fault)))
    }
}

/// What is told of a sound that cannot be played.
pub(in crate::engine) fn sound_problem(fault: SoundFault) -> SoundProblem {
    match fault {
        SoundFault::NoDevice => SoundProblem::NoDevice,
        SoundFault::NoPlugin(packages) => SoundProblem::NoPlugin {
            packages: packages.to_owned(),
        },
        SoundFault::Output(reason) => SoundProblem::NoOutput { reason },
        SoundFault::Decode(reason) => SoundProblem::Broken { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_an_earlier_sound_said_is_not_said_of_the_one_that_took_its_place() {
        let mut ear = Ear::new(Listen::Yes, SoundOutput::default());
        for again in [
            |ear: &mut Ear| drop(ear.on_playing(&[], &SoundOffer::Playable)),
            |ear: &mut Ear| {
                drop(ear.set(Listen::No, &SoundOffer::Playable));
            },
        ] {
            let earlier = ear.news.0.clone();
            earlier
                .try_send(SoundNews::Event(SoundEvent::Failed(SoundFault::NoDevice)))
                .ok();
            again(&mut ear);
            assert!(ear.news.1.try_recv().is_err());
            assert!(earlier.try_send(SoundNews::Event(SoundEvent::Playing)).is_err());
        }
    }
}
