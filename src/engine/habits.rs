//! HABITS: what recorders taught, for the next attempt and for the next start of the program.
//!
//! Belongs here: which device a lesson is of, when what was learnt is written. What other parts have to do comes out as a [`HabitsEffect`].
//! Does not belong here: what a lesson means (`rtsp`), how the file is written (`store`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use device::{Device, Registry, StreamId};
use rtsp::{HabitBook, Lesson};

/// What other parts have to do.
pub(super) enum HabitsEffect {
    /// Attempts begin with this from now on.
    Known(Arc<HabitBook>),
    /// To be written.
    Keep(Arc<HabitBook>),
}

/// Many streams learn at once when they start: their lessons are written together.
const GATHER: Duration = Duration::from_secs(2);
/// The shortest time from one write to the next.
const PAUSE: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct HabitKeeper {
    book: Arc<HabitBook>,
    registry: Arc<Registry>,
    /// What the last draft taught that is not registered where it was tested: it may yet be saved.
    draft: HabitBook,
    /// When what is not on disk yet is to be written.
    write_at: Option<Instant>,
    written: Option<Instant>,
    effects: VecDeque<HabitsEffect>,
}

impl HabitKeeper {
    /// Takes over what earlier runs of the program learnt.
    pub(super) fn opened(&mut self, book: HabitBook) {
        self.book = Arc::new(book);
        self.effects.push_back(HabitsEffect::Known(Arc::clone(&self.book)));
    }

    /// The devices as they are registered now: one that is gone or somewhere else is forgotten.
    pub(super) fn set_registry(&mut self, registry: &Arc<Registry>, now: Instant) {
        self.registry = Arc::clone(registry);
        let draft = self.draft.iter().next().map(|(_, draft)| draft.clone());
        self.change(now, |book, registry| {
            let forgot = book.forget_strangers(registry);
            let devices = draft
                .iter()
                .flat_map(|draft| registry.devices.iter().map(move |device| (draft, device)));
            let adopted = devices.filter(|(draft, device)| book.adopt(device, draft)).count();
            forgot || adopted > 0
        });
    }

    /// A stream of `device` taught this. What a draft teaches that is registered nowhere, or elsewhere, is kept until the next
    /// draft is tested, and written once it is registered.
    pub(super) fn learnt(&mut self, device: &Device, stream: StreamId, lesson: &Lesson, now: Instant) {
        let registered = self.registry.device(device.id);
        if registered.is_none_or(|registered| rtsp::origin_of(registered) != rtsp::origin_of(device)) {
            if self.draft.get(device.id).is_none() {
                self.draft = HabitBook::default();
            }
            self.draft.learn(device, stream, lesson);
            return;
        }
        if !self.book.of(device, stream).learn(lesson) {
            return;
        }
        tracing::debug!(device = device.name, channel = stream.channel.number, ?lesson, "learnt");
        self.change(now, |book, _| book.learn(device, stream, lesson));
    }

    /// To be called several times a minute.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.write_at.is_some_and(|at| now >= at) {
            self.write(now);
        }
    }

    /// Has what is not on disk yet written at once.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.write_at.is_some() {
            self.write(now);
        }
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<HabitsEffect> {
        self.effects.pop_front()
    }

    fn change(&mut self, now: Instant, change: impl FnOnce(&mut HabitBook, &Registry) -> bool) {
        let mut book = HabitBook::clone(&self.book);
        if !change(&mut book, &self.registry) {
            return;
        }
        self.book = Arc::new(book);
        let paused = self.written.map(|written| written + PAUSE);
        self.write_at = self.write_at.or(Some((now + GATHER).max(paused.unwrap_or(now))));
        self.effects.push_back(HabitsEffect::Known(Arc::clone(&self.book)));
    }

    fn write(&mut self, now: Instant) {
        self.write_at = None;
        self.written = Some(now);
        self.effects.push_back(HabitsEffect::Keep(Arc::clone(&self.book)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{ChannelId, StreamKind, sample};
    use rtsp::Took;

    const SECOND: Duration = Duration::from_secs(1);

    fn stream(device: &Device) -> StreamId {
        StreamId {
            channel: ChannelId {
                device: device.id,
                number: 1,
            },
            kind: StreamKind::Main,
        }
    }

    fn took(seconds: u32) -> Took {
        let time = seconds * SECOND;
        Took { time, known: None }
    }

    fn writes(keeper: &mut HabitKeeper) -> usize {
        let effects = std::iter::from_fn(|| keeper.poll_effect());
        effects.filter(|effect| matches!(effect, HabitsEffect::Keep(_))).count()
    }

    #[test]
    fn what_is_learnt_is_written_rarely_and_whole_at_the_end() {
        let (device, mut now) = (sample::device(7, "DVR", 4), Instant::now());
        let mut keeper = HabitKeeper::default();
        keeper.set_registry(&Arc::new(sample::registry(std::slice::from_ref(&device))), now);
        for second in 1..=120 {
            keeper.learnt(&device, stream(&device), &Lesson::Reply(took(4 + second)), now);
            now += SECOND;
            keeper.tick(now);
        }
        assert!((10..=12).contains(&writes(&mut keeper)));
        keeper.flush(now);
        keeper.flush(now);
        assert_eq!(writes(&mut keeper), 1);
        keeper.learnt(&device, stream(&device), &Lesson::Reply(took(1)), now);
        keeper.tick(now + 100 * SECOND);
        assert_eq!(writes(&mut keeper), 0, "no news, no write");
    }

    #[test]
    fn what_a_test_of_a_new_device_taught_is_known_once_it_is_saved_at_the_same_place() {
        let (draft, now) = (sample::device(8, "new", 4), Instant::now());
        let saved = |id, port| {
            let device = sample::device(id, "saved", 4);
            Device {
                host: draft.host.clone(),
                port,
                ..device
            }
        };
        let mut keeper = HabitKeeper::default();
        keeper.learnt(&draft, stream(&draft), &Lesson::Reply(took(13)), now);
        keeper.learnt(&draft, stream(&draft), &Lesson::FirstPicture(took(40)), now);
        let elsewhere = saved(9, draft.port + 1);
        keeper.set_registry(&Arc::new(sample::registry(std::slice::from_ref(&elsewhere))), now);
        assert!(keeper.poll_effect().is_none(), "another place is another recorder");
        let here = saved(10, draft.port);
        keeper.set_registry(&Arc::new(sample::registry(std::slice::from_ref(&here))), now);
        let Some(HabitsEffect::Known(book)) = keeper.poll_effect() else {
            panic!("nothing was taken over")
        };
        let known = book.of(&here, stream(&here));
        assert_eq!(known.recorder.longest_reply, Some(13 * SECOND));
        assert_eq!(known.stream.first_picture, Some(40 * SECOND));
        keeper.tick(now + 100 * SECOND);
        assert_eq!(writes(&mut keeper), 1);
    }

    #[test]
    fn a_draft_teaches_only_what_is_true_of_the_registered_device() {
        let (device, now) = (sample::device(7, "DVR", 4), Instant::now());
        let mut keeper = HabitKeeper::default();
        keeper.set_registry(&Arc::new(sample::registry(std::slice::from_ref(&device))), now);
        let lesson = Lesson::Reply(took(9));
        for stranger in [
            sample::device(8, "new", 4),
            Device {
                port: 8554,
                ..device.clone()
            },
        ] {
            keeper.learnt(&stranger, stream(&stranger), &lesson, now);
        }
        assert!(keeper.poll_effect().is_none());
        let draft = Device {
            name: "typed anew".to_owned(),
            ..device.clone()
        };
        keeper.learnt(&draft, stream(&draft), &lesson, now);
        assert!(matches!(keeper.poll_effect(), Some(HabitsEffect::Known(book)) if book.get(device.id).is_some()));
        keeper.set_registry(&Arc::default(), now);
        assert!(matches!(keeper.poll_effect(), Some(HabitsEffect::Known(book)) if *book == HabitBook::default()));
    }
}
