//! THE SCREEN'S SIDE: what the screen and `watch` hear, engine states at a bounded rate and events as they come.
//!
//! Belongs here: notices, the rate of publishing, the strain on the computer, answers to what the screen asked once.
//! Does not belong here: what is published of connections and files: they say so themselves.

mod notices;
mod strain;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

#[cfg(test)]
pub(super) use self::notices::Notices;
#[cfg(not(test))]
use self::notices::Notices;
use self::strain::Strain;
use super::clock;
use crate::bridge::{
    Clock, Command, EngineEvent, EngineHandle, EngineState, FileFault, Notice, NoticeKind, ProcessCost, ProfileAnswer,
    Unlock, ViewsTransfer, Waker,
};
use crate::store::LoadProblem;
use wall::Relief;

/// Engine states are published no faster than this: a burst of changes is published once.
const GAP: Duration = Duration::from_millis(50);

pub(super) struct Screen {
    engine: EngineHandle,
    events: Option<mpsc::Sender<EngineEvent>>,
    notices: Notices,
    strain: Strain,
    /// The last export or import of views.
    transfer: Option<Arc<ViewsTransfer>>,
    /// The answer to the last request about the profile.
    profile: Option<Arc<ProfileAnswer>>,
    /// The answer to the last question for the kiosk's password.
    unlock: Option<Unlock>,
    /// Something that is shown changed.
    dirty: bool,
    /// States may have changed by time alone.
    look: bool,
    published: Option<Instant>,
    /// Of the wall clock, in the engine state published last.
    second: u8,
}

/// What of an engine state is the screen's own.
pub(super) struct ScreenShown {
    pub clock: Clock,
    pub notices: Arc<Vec<Notice>>,
    pub transfer: Option<Arc<ViewsTransfer>>,
    pub profile: Option<Arc<ProfileAnswer>>,
    pub unlock: Option<Unlock>,
    pub relief: Relief,
    pub cost: ProcessCost,
}

/// Whether to publish.
pub(super) enum Due {
    Now,
    /// Ask again then.
    At(Instant),
    Never,
}

impl Screen {
    /// Begins with the state `first`. `send` takes the screen's commands.
    pub(super) fn new(
        first: EngineState,
        events: Option<mpsc::Sender<EngineEvent>>,
        send: impl Fn(Command) + Send + Sync + 'static,
    ) -> Self {
        Self {
            engine: EngineHandle::new(first, send),
            events,
            notices: Notices::default(),
            strain: Strain::default(),
            transfer: None,
            profile: None,
            unlock: None,
            dirty: true,
            look: true,
            published: None,
            second: u8::MAX,
        }
    }

    /// The screen's end.
    pub(super) fn engine(&self) -> &EngineHandle {
        &self.engine
    }

    /// To be called after every new picture.
    pub(super) fn picture_waker(&self) -> Waker {
        let engine = self.engine.clone();
        Arc::new(move || engine.picture_came())
    }

    /// Something that the screen shows changed.
    pub(super) fn changed(&mut self) {
        self.dirty = true;
    }

    /// A tick passed: states may have changed by time alone.
    pub(super) fn tick(&mut self, now: Instant) {
        self.look = true;
        self.dirty |= self.notices.expire(now);
    }

    pub(super) fn tell(&self, event: EngineEvent) {
        if let Some(events) = &self.events
            && events.try_send(event).is_err()
        {
            tracing::warn!("an event was not told: its reader is too slow or gone");
        }
    }

    pub(super) fn set_working(&self, working: bool) {
        self.engine.set_working(working);
    }

    pub(super) fn notice(&mut self, kind: NoticeKind) {
        self.notices.add(kind, clock::now());
        self.dirty = true;
    }

    pub(super) fn read_by_person(&mut self, ids: &[u64], now: Instant) {
        self.notices.read_by_person(ids, now);
    }

    pub(super) fn dismiss(&mut self, id: u64) {
        self.notices.dismiss(id);
        self.dirty = true;
    }

    pub(super) fn withdraw(&mut self, untrue: impl Fn(&NoticeKind) -> bool) {
        self.notices.withdraw(untrue);
        self.dirty = true;
    }

    /// What a notice says is said so now.
    pub(super) fn update_notice(&mut self, old: impl Fn(&NoticeKind) -> bool, now: Option<NoticeKind>) {
        self.notices.update(old, now);
        self.dirty = true;
    }

    /// How writing a file ended.
    pub(super) fn written(&mut self, file: &str, result: Result<(), String>) {
        self.notices.written(file, result, clock::now());
        self.dirty = true;
    }

    /// What was wrong with a file when it was read.
    pub(super) fn read(&mut self, file: &str, problems: Vec<LoadProblem>) {
        self.notices.read(file, problems, clock::now());
        self.dirty = true;
    }

    /// A file cannot be read as a whole; what is known goes on.
    pub(super) fn kept(&mut self, file: &str, fault: FileFault) {
        self.dirty |= self.notices.kept(file, fault, clock::now());
    }

    pub(super) fn profile_answered(&mut self, answer: ProfileAnswer) {
        self.profile = Some(Arc::new(answer));
        self.dirty = true;
    }

    pub(super) fn transferred(&mut self, transfer: ViewsTransfer) {
        self.transfer = Some(Arc::new(transfer));
        self.dirty = true;
    }

    pub(super) fn unlock(&mut self, unlock: Unlock) {
        if !unlock.granted {
            tracing::warn!("a wrong password was typed at the kiosk");
        }
        self.unlock = Some(unlock);
        self.dirty = true;
    }

    /// Measures what the program costs the computer; once a second.
    pub(super) fn measure(&mut self, now: Instant) {
        self.strain.measure(now);
    }

    /// Pictures of all streams since the last measurement, for the strain on the computer.
    pub(super) fn note_pictures(&mut self, shown: u64, replaced: u64, now: Instant) {
        self.dirty |= self.strain.note(shown, replaced, now);
    }

    /// Whether what the tiles say has to be worked out anew; then [`Screen::looked`] is to be called.
    pub(super) fn wants_a_look(&self) -> bool {
        self.look || self.dirty
    }

    /// What the tiles say was worked out; whether one of them `changed`.
    pub(super) fn looked(&mut self, changed: bool) {
        self.look = false;
        // With the second of the wall clock, so that the clock on screen is never a second behind.
        let second = clock::local_clock().second;
        let heartbeat = std::mem::replace(&mut self.second, second) != second;
        self.dirty |= changed || heartbeat;
    }

    /// Whether something changed and the last state is old enough.
    pub(super) fn due(&self, now: Instant) -> Due {
        match self.published {
            _ if !self.dirty => Due::Never,
            Some(last) if now.duration_since(last) < GAP => Due::At(last + GAP),
            Some(_) | None => Due::Now,
        }
    }

    /// The next state need not wait until the last one is old enough.
    pub(super) fn hurry(&mut self) {
        self.published = None;
        self.dirty = true;
    }

    pub(super) fn shown(&self) -> ScreenShown {
        ScreenShown {
            clock: clock::local_clock(),
            notices: Arc::new(self.notices.shown().to_vec()),
            transfer: self.transfer.clone(),
            profile: self.profile.clone(),
            unlock: self.unlock,
            relief: self.strain.relief(),
            cost: self.strain.cost(),
        }
    }

    pub(super) fn publish(&mut self, state: EngineState, now: Instant) {
        self.dirty = false;
        self.published = Some(now);
        self.engine.publish(state);
    }
}
