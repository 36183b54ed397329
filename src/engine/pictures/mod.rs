//! PICTURES FOR LETTERS: of each camera that shows something, a small picture of the last minute, so that a mail about what fails has the last one before.
//!
//! Belongs here: which camera is taken next, what is kept, which pictures go with a letter. Does not belong here: mails, words. While nobody wants pictures
//! nothing is taken.

mod scale;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::scale::scaled;
use super::clock;
use crate::bridge::{Clock, Frame, FrameSlot, PictureNote};
use crate::store::{self, StillImage};
use device::{ChannelId, DeviceId, Registry};
use events::Subject;
use outbox::Letter;

/// A picture is taken anew when it is this old.
const EVERY: Duration = Duration::from_secs(60);

/// From one camera to the next.
const PACE: Duration = Duration::from_millis(500);

/// How wide a kept picture is at most, in pixels.
const WIDTH: u32 = 400;

/// The most that all pictures take, in bytes; the oldest go.
const MOST_BYTES: usize = 12 * 1024 * 1024;

/// The most pictures of one mail, and their bytes.
const MOST_OF_A_MAIL: (usize, usize) = (4, 1024 * 1024);

/// A picture as a mail has it.
#[derive(Clone, Debug)]
pub(super) struct MailPicture {
    pub note: PictureNote,
    /// A PNG.
    pub png: Arc<[u8]>,
}

/// All pictures that are kept; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct PictureStore(Arc<Mutex<BTreeMap<ChannelId, (Instant, MailPicture)>>>);

impl PictureStore {
    fn put(&self, channel: ChannelId, at: Instant, picture: MailPicture) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(channel, (at, picture));
        while kept.values().map(|(_, kept)| kept.png.len()).sum::<usize>() > MOST_BYTES {
            let Some(oldest) = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(id, _)| *id) else {
                return;
            };
            kept.remove(&oldest);
        }
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The pictures of the cameras that letters of one mail are about, as many as a mail takes. Letters that tell an end have none.
    pub(super) fn of_mail(&self, letters: &[Letter], registry: &Registry) -> Vec<MailPicture> {
        let begun = letters.iter().filter(|letter| letter.phase == outbox::Phase::Begun);
        let troubles = begun.flat_map(|letter| &letter.troubles);
        let subjects: BTreeSet<Subject> = troubles.filter_map(|trouble| trouble.subject.parse().ok()).collect();
        let is_about = |channel: &ChannelId| {
            let site = registry.device(channel.device).map(|device| device.site);
            subjects.iter().any(|subject| match *subject {
                Subject::Channel(of) => of == *channel,
                Subject::Device(of) | Subject::Channels(of) => of == channel.device,
                Subject::Site(of) => site == Some(of),
                Subject::Computer | Subject::AllSites => false,
            })
        };
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<(ChannelId, MailPicture)> = kept
            .iter()
            .filter(|(channel, _)| is_about(channel))
            .map(|(channel, (_, picture))| (*channel, picture.clone()))
            .collect();
        drop(kept);
        // The first camera of each device before the second of any.
        found.sort_by_key(|(channel, _)| (channel.number, channel.device));
        let (most, mut left) = MOST_OF_A_MAIL;
        let fits = |(_, picture): (ChannelId, MailPicture)| {
            let fits = picture.png.len() <= left;
            left -= if fits { picture.png.len() } else { 0 };
            fits.then_some(picture)
        };
        found.into_iter().filter_map(fits).take(most).collect()
    }
}

/// Takes a picture now and then.
#[derive(Default)]
pub(super) struct LastPictures {
    store: PictureStore,
    wanted: bool,
    taken: BTreeMap<ChannelId, Instant>,
    last: Option<Instant>,
}

impl LastPictures {
    pub(super) fn store(&self) -> PictureStore {
        self.store.clone()
    }

    /// Pictures are wanted, or no more.
    pub(super) fn set_wanted(&mut self, wanted: bool) {
        if std::mem::replace(&mut self.wanted, wanted) && !wanted {
            self.taken.clear();
            self.store.clear();
        }
    }

    /// Something is told of these devices: what their cameras show now goes with it.
    pub(super) fn hurry(&mut self, devices: &BTreeSet<DeviceId>) {
        self.taken.retain(|channel, _| !devices.contains(&channel.device));
    }

    /// Takes the picture that is due, if any; `live`: where the pictures of each camera come that shows some.
    pub(super) fn tick(&mut self, now: Instant, live: impl FnOnce() -> Vec<(ChannelId, Arc<FrameSlot>)>) {
        let since = |at: Instant| now.saturating_duration_since(at);
        if !self.wanted || self.last.is_some_and(|last| since(last) < PACE) {
            return;
        }
        self.last = Some(now);
        let live = live();
        let age = |channel: &ChannelId| self.taken.get(channel).map_or(Duration::MAX, |at| since(*at));
        let due = live.iter().filter(|(channel, _)| age(channel) >= EVERY);
        let Some((channel, slot)) = due.max_by_key(|(channel, _)| age(channel)) else {
            return;
        };
        let channel = *channel;
        self.taken.insert(channel, now);
        let store = self.store.clone();
        let Ok(workers) = tokio::runtime::Handle::try_current() else {
            return;
        };
        slot.capture(move |frame| {
            let taken = clock::local_clock();
            // The thread that decodes has other things to do.
            workers.spawn_blocking(move || keep(&store, channel, &frame, taken));
        });
    }
}

fn keep(store: &PictureStore, channel: ChannelId, frame: &Frame, taken: Clock) {
    let Some((width, height, rgba)) = scaled(frame.width, frame.height, &frame.data, WIDTH) else {
        return;
    };
    let picture = StillImage {
        width,
        height,
        rgba: &rgba,
        title: "",
        taken: "",
    };
    match store::png_of(picture) {
        Ok(png) => {
            let note = PictureNote { channel, taken };
            let png = png.into();
            store.put(channel, clock::now(), MailPicture { note, png });
        }
        Err(error) => tracing::warn!(%error, "a picture for letters cannot be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::WallTime;
    use outbox::{LetterId, LetterText, Phase, TroubleFacts};

    fn channel(device: u64, number: u16) -> ChannelId {
        ChannelId {
            device: DeviceId(device),
            number,
        }
    }

    fn store(of: &[(ChannelId, usize)]) -> PictureStore {
        let store = PictureStore::default();
        for (channel, bytes) in of {
            let note = PictureNote {
                channel: *channel,
                taken: clock::local_clock(),
            };
            let png = vec![0; *bytes].into();
            store.put(*channel, clock::now(), MailPicture { note, png });
        }
        store
    }

    fn letter(phase: Phase, subject: &str) -> Letter {
        Letter {
            id: LetterId(1),
            phase,
            written: WallTime(0),
            due: WallTime(0),
            text: LetterText::default(),
            troubles: vec![TroubleFacts {
                subject: subject.to_owned(),
                ..TroubleFacts::default()
            }],
            refusals: 0,
        }
    }

    fn channels(of: &[MailPicture]) -> Vec<ChannelId> {
        of.iter().map(|picture| picture.note.channel).collect()
    }

    #[test]
    fn a_mail_has_the_pictures_of_its_own_cameras_and_no_more_than_it_may() {
        let registry = Registry::default();
        let small: Vec<(ChannelId, usize)> = (1..=9).map(|number| (channel(5, number), 1_000)).collect();
        let kept = store(&[&small[..], &[(channel(6, 1), 1_000)]].concat());
        let of = |phase, subject: &str| channels(&kept.of_mail(&[letter(phase, subject)], &registry));
        let one = format!("channel:{}:3", DeviceId(5));
        assert_eq!(of(Phase::Begun, &one), [channel(5, 3)]);
        assert_eq!(of(Phase::Over, &one), [], "an end has none");
        let all = of(Phase::Begun, &format!("device:{}", DeviceId(5)));
        assert_eq!(all, [channel(5, 1), channel(5, 2), channel(5, 3), channel(5, 4)]);
        assert_eq!(of(Phase::Begun, "computer"), []);
        let large = store(&[(channel(5, 1), 900_000), (channel(5, 2), 900_000), (channel(5, 3), 9)]);
        let device = letter(Phase::Begun, &format!("device:{}", DeviceId(5)));
        assert_eq!(
            channels(&large.of_mail(&[device], &registry)),
            [channel(5, 1), channel(5, 3)]
        );
    }

    #[test]
    fn all_pictures_together_take_no_more_than_they_may() {
        let many: Vec<(ChannelId, usize)> = (1..=40).map(|number| (channel(5, number), 1_000_000)).collect();
        let kept = store(&many);
        let kept = kept.0.lock().unwrap();
        assert_eq!(kept.len(), MOST_BYTES / 1_000_000);
        assert!(kept.contains_key(&channel(5, 40)) && !kept.contains_key(&channel(5, 1)));
    }

    #[tokio::test]
    async fn a_picture_is_taken_while_they_are_wanted_and_stays_when_its_camera_fails() {
        let slot = Arc::new(FrameSlot::default());
        let mut pictures = LastPictures::default();
        let now = clock::now();
        let camera = channel(5, 1);
        pictures.tick(now, || panic!("nobody wants pictures"));
        pictures.set_wanted(true);
        pictures.tick(now, || vec![(camera, Arc::clone(&slot))]);
        slot.serve_captures(|| {
            Some(Frame {
                width: 800,
                height: 2,
                data: vec![7; 800 * 2 * 4].into(),
                order: crate::bridge::PixelOrder::Rgba,
                number: 1,
                at: now,
            })
        });
        let letter = [letter(Phase::Begun, &format!("channel:{}:1", DeviceId(5)))];
        let kept = pictures.store();
        let find = || kept.of_mail(&letter, &Registry::default());
        while find().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(&find()[0].png[..4], b"\x89PNG");
        pictures.tick(now + PACE * 2, Vec::new);
        assert_eq!(find().len(), 1, "its camera has failed");
        pictures.set_wanted(false);
        assert!(pictures.store().of_mail(&letter, &Registry::default()).is_empty());
    }
}
