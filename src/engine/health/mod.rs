//! HEALTH: how available each device is, watched or not.
//!
//! Belongs here: when a device is looked at, what is seen of it in an engine state, when it is written down. Does not belong here: what is counted
//! (`health`), files (`store`), words on screen.

mod check;
mod check_news;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::check::Checks;
pub(super) use self::check_news::CheckNews;
use super::connections::{GrantedQuestion, QuestionId};
use super::inbox::Inbox;
use crate::bridge::EngineState;
use device::DeviceId;
use events::{Category, Cause, Happening, Phase, What};
use health::{HealthBook, HealthRecord, PasswordWarning, Seen, StorageTrouble};
use reconnect::Failure;

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(10);

/// The same, with what a busy loop may take, in seconds.
const GAP: i64 = 60;

/// That events are listened to shows that a device lives, for so long.
const ALIVE: Duration = Duration::from_secs(120);

/// It is written so often; a program that is killed loses no more.
const WRITE: Duration = Duration::from_secs(300);

/// What other parts have to do.
pub(super) enum HealthEffect {
    /// To be written.
    Keep(Arc<HealthBook>),
}

pub(super) struct HealthKeeper {
    book: Arc<HealthBook>,
    keeps: bool,
    /// What an earlier run left was read: before that, nothing is counted and nothing written.
    opened: bool,
    warnings: Arc<BTreeMap<DeviceId, PasswordWarning>>,
    checks: Checks,
    /// Devices at which somebody works, as was planned: that they are down says nothing.
    resting: BTreeSet<DeviceId>,
    looked: Option<Instant>,
    written: Option<Instant>,
    effects: VecDeque<HealthEffect>,
}

/// What is seen of a device.
enum Look {
    Is(Seen, &'static str),
    /// It is being tried: nothing is known yet.
    Trying,
    Away,
}

impl HealthKeeper {
    /// `keeps`: whether this program is the one that counts.
    pub(super) fn new(keeps: bool) -> Self {
        Self {
            book: Arc::default(),
            keeps,
            opened: false,
            warnings: Arc::default(),
            checks: Checks::default(),
            resting: BTreeSet::new(),
            looked: None,
            written: None,
            effects: VecDeque::new(),
        }
    }

    /// Takes over what earlier runs of the program counted.
    pub(super) fn opened(&mut self, book: HealthBook, now: Instant) {
        (self.book, self.opened, self.written) = (Arc::new(book), true, Some(now));
    }

    pub(super) fn shown(&self) -> Arc<HealthBook> {
        Arc::clone(&self.book)
    }

    pub(super) fn warnings(&self) -> Arc<BTreeMap<DeviceId, PasswordWarning>> {
        Arc::clone(&self.warnings)
    }

    pub(super) fn poll_effect(&mut self) -> Option<HealthEffect> {
        self.effects.pop_front()
    }

    /// Whether it is time to look, where there is anything to be seen.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.keeps
            && self.opened
            && self
                .looked
                .is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK)
    }

    /// Looks at every device. `unix`: the wall clock, in seconds since 1970.
    pub(super) fn look(
        &mut self,
        state: &EngineState,
        warnings: BTreeMap<DeviceId, PasswordWarning>,
        (now, unix): (Instant, i64),
    ) {
        self.looked = Some(now);
        if *self.warnings != warnings {
            self.warnings = Arc::new(warnings);
        }
        let streams = pictures(state);
        let mut book = HealthBook::clone(&self.book);
        let mut unwatched = BTreeSet::new();
        let most_age = check_gap(state.settings.checks.minutes);
        book.retain(|id, _| state.registry.device(*id).is_some());
        let is_over = |record: &HealthRecord| record.known.storage.as_ref().is_some_and(|of| of.is_over(unix));
        for record in book.values_mut().filter(|record| is_over(record)) {
            Arc::make_mut(record).known.storage = None;
        }
        for device in state.registry.devices.iter().filter(|device| device.enabled) {
            let look = seen(state, device.id, streams.get(&device.id).copied(), now);
            // While somebody works there, what is down is so as was planned.
            let rests = state.planned_until(device.site).is_some();
            let look = match look {
                Look::Is(Seen::Down, _) if rests => Look::Away,
                look => look,
            };
            if matches!(look, Look::Away) && !rests && !state.excluded.contains(&device.id) {
                unwatched.insert(device.id);
            }
            let known = book.get(&device.id);
            let said = known_of(state, device.id, known.map(|record| &**record), unix);
            if matches!(look, Look::Away | Look::Trying)
                && known.is_none_or(|record| record.seen().is_none())
                && said.is_none()
            {
                continue;
            }
            let record = Arc::make_mut(book.entry(device.id).or_default());
            if streams.get(&device.id) == Some(&true) {
                record.reached_as = Some(device.contact_print());
            }
            if let Some(said) = said {
                record.known = said;
            }
            match look {
                Look::Is(seen, cause) => record.look(seen, cause, GAP, unix),
                Look::Trying => {}
                // What was asked of it lately still holds.
                Look::Away if !rests && record.looked.is_some_and(|looked| unix - looked <= most_age) => {}
                Look::Away => record.look_away(),
            }
        }
        self.book = Arc::new(book);
        self.resting = if state.planned.is_empty() {
            BTreeSet::new()
        } else {
            let rests = |device: &&device::Device| state.planned_until(device.site).is_some();
            state
                .registry
                .devices
                .iter()
                .filter(rests)
                .map(|device| device.id)
                .collect()
        };
        self.checks.set(&unwatched, now);
        if self
            .written
            .is_none_or(|written| now.saturating_duration_since(written) >= WRITE)
        {
            self.write(now);
        }
    }

    /// So often each device was dialled since the last call.
    pub(super) fn count_attempts(&mut self, attempts: &BTreeMap<DeviceId, u32>, unix: i64) {
        let dialled = attempts.iter().filter(|(_, attempts)| **attempts > 0);
        for (device, attempts) in dialled {
            let record = Arc::make_mut(&mut self.book).entry(*device).or_default();
            Arc::make_mut(record).attempts.add(*attempts, unix);
        }
    }

    /// Keeps what a device says is wrong with its disks or recordings, until it takes that back.
    pub(super) fn note_storage(&mut self, happening: &Happening, unix: i64) {
        let (Some(device), What::Known(of)) = (happening.subject.device(), &happening.what) else {
            return;
        };
        if of.category() != Category::Storage || !self.keeps || !self.opened {
            return;
        }
        let record = Arc::make_mut(&mut self.book).entry(device).or_default();
        let storage = &mut Arc::make_mut(record).known.storage;
        let known = storage.take_if(|storage| storage.what == of.as_str());
        match happening.phase {
            Phase::End => {}
            Phase::Begin { .. } | Phase::Moment => {
                *storage = Some(StorageTrouble {
                    what: of.as_str().to_owned(),
                    since: known.map_or(unix, |known| known.since),
                    heard: unix,
                    stays: happening.phase == Phase::Begin { ends_after: None },
                });
            }
        }
    }

    /// Nothing is heard of the events of this device any more.
    pub(super) fn unheard(&mut self, device: DeviceId) {
        if let Some(record) = Arc::make_mut(&mut self.book).get_mut(&device)
            && let Some(storage) = &mut Arc::make_mut(record).known.storage
        {
            storage.stays = false;
        }
    }

    /// Who is to be asked now whether it is there. `minutes`: from one question to the next; 0: nobody is.
    pub(super) fn check_due(&mut self, minutes: u32, now: Instant) -> Option<DeviceId> {
        if minutes == 0 {
            return None;
        }
        self.checks.due(Duration::from_secs(u64::from(minutes) * 60), now)
    }

    pub(super) fn check_begun(&mut self, question: Option<QuestionId>) {
        self.checks.begun(question);
    }

    /// Whether this question is one whether a device is there.
    pub(super) fn asks(&self, question: QuestionId) -> bool {
        self.checks.owns(question)
    }

    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>) {
        self.checks.start(granted, inbox);
    }

    /// Nobody answered, and the device takes another of its roads now, by which it is asked, too.
    pub(super) fn check_again(&mut self, question: QuestionId, now: Instant) {
        self.checks.again(question, now);
    }

    /// A question that waits for its permit for too long.
    pub(super) fn gives_up(&mut self, now: Instant) -> Option<QuestionId> {
        self.checks.give_up(now)
    }

    /// The connections ended the question: nothing is known by that.
    pub(super) fn check_ended(&mut self, question: QuestionId, now: Instant) {
        self.checks.ended(question, now);
    }

    /// What came of a question.
    pub(super) fn checked(
        &mut self,
        question: QuestionId,
        result: &Result<IpAddr, (Option<IpAddr>, Failure)>,
        minutes: u32,
        (now, unix): (Instant, i64),
    ) {
        let Some(device) = self.checks.ended(question, now) else {
            return;
        };
        let (seen, cause) = match result {
            Ok(_) => (Seen::Up, ""),
            Err((_, failure)) => match Cause::of(failure) {
                // This computer could not ask, or must not.
                None | Some(Cause::Local | Cause::NoNetwork) => return,
                Some(cause) => (Seen::Down, cause.as_str()),
            },
        };
        if seen == Seen::Down && self.resting.contains(&device) {
            return;
        }
        let record = Arc::make_mut(&mut self.book).entry(device).or_default();
        Arc::make_mut(record).look(seen, cause, check_gap(minutes), unix);
    }

    /// The program ends.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.keeps && self.opened && self.looked.is_some() {
            self.write(now);
        }
    }

    fn write(&mut self, now: Instant) {
        self.written = Some(now);
        self.effects.push_back(HealthEffect::Keep(Arc::clone(&self.book)));
    }
}

/// How long the answer to a question holds, in seconds: until the next but one.
fn check_gap(minutes: u32) -> i64 {
    i64::from(minutes) * 120
}

/// Of each device of which any pictures are wanted: whether some come.
fn pictures(state: &EngineState) -> BTreeMap<DeviceId, bool> {
    let mut all = BTreeMap::new();
    for (stream, status) in state.streams.iter() {
        *all.entry(stream.channel.device).or_insert(false) |= status.state.has_pictures();
    }
    all
}

fn seen(state: &EngineState, device: DeviceId, pictures: Option<bool>, now: Instant) -> Look {
    let alive = state.sources.get(&device).and_then(|source| source.alive);
    let lives = alive.is_some_and(|alive| now.saturating_duration_since(alive) <= ALIVE);
    let failure = state.devices.get(&device).and_then(|status| status.failure.as_ref());
    match (pictures, failure) {
        (Some(true), _) => Look::Is(Seen::Up, ""),
        (Some(false), Some(failure)) => match Cause::of(failure) {
            Some(cause) => Look::Is(Seen::Down, cause.as_str()),
            // A person forbids it.
            None => Look::Away,
        },
        (Some(false), None) => Look::Trying,
        // Nobody watches it, and it tells of itself.
        (None, _) if lives => Look::Is(Seen::Up, ""),
        (None, _) => Look::Away,
    }
}

/// What it said of itself, where that is news.
fn known_of(state: &EngineState, device: DeviceId, before: Option<&HealthRecord>, unix: i64) -> Option<health::Known> {
    let mut known = before.map(|record| record.known.clone()).unwrap_or_default();
    if let Some(said) = state.identities.get(&device) {
        known.model.clone_from(&said.identity.model);
        known.firmware.clone_from(&said.identity.firmware);
        known.clock = said.identity.clock_offset;
    }
    if let Some(heard) = state.sources.get(&device).and_then(|source| source.heard) {
        let ago = state.now.saturating_duration_since(heard.at).as_secs();
        let at = unix - i64::try_from(ago).unwrap_or(0);
        // Both clocks are rounded.
        if known.heard.is_none_or(|before| at > before + 2) {
            known.heard = Some(at);
        }
    }
    (before.map(|record| &record.known) != Some(&known) && known != health::Known::default()).then_some(known)
}

#[cfg(test)]
mod tests;
