//! The letters that wait, and who carries which of them when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::messengers::{KeptMessenger, MessengerState, MessengerView, PAUSE, after};
use super::{Delivery, DeliveryEnd, Letter, LetterId, LetterText, Phase, TroubleFacts};
use events::{EventId, Messenger, ToldCall, WallTime};

/// What begins within this time is one letter, as it is one call: nothing is sent before, for what was sent is not replaced.
const GATHER: Duration = PAUSE;

/// The most letters of one messenger that wait. Of more, the oldest are dropped.
pub const MOST_LETTERS: usize = 200;

/// What is older than this is news no more.
pub const OLDEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// So many letters that wait for a mail server are mails of their own; more are one.
const SINGLE_MAILS: usize = 3;

/// The most letters of one connection.
const MOST_AT_ONCE: usize = 50;

/// A letter that its server refused so often is given up.
const MOST_REFUSALS: u32 = 6;

/// The most calls that are remembered for the letter of their end.
const MOST_TOLD: usize = 200;

/// Letters that are handed to a server as one. A digest has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub letters: Vec<Letter>,
}

/// What outlives the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptOutbox {
    /// The number that was given last.
    pub last: u64,
    pub messengers: BTreeMap<Messenger, KeptMessenger>,
    /// The letters that wait, each with the call that it is about.
    pub letters: Vec<(Messenger, Option<u64>, Letter)>,
    /// The calls whose end is still to be told.
    pub told: Vec<ToldCall>,
}

/// Letters on their way to their servers.
#[derive(Debug, Default)]
pub struct Outbox {
    last: u64,
    /// Those that have a server.
    messengers: BTreeMap<Messenger, MessengerState>,
    /// The oldest first.
    letters: Vec<Waiting>,
    /// The calls that somebody was written about, and whose end they were not told.
    told: VecDeque<ToldCall>,
    /// What an earlier run knew of messengers that are not switched on yet.
    earlier: BTreeMap<Messenger, KeptMessenger>,
    dropped: u64,
}

#[derive(Debug)]
struct Waiting {
    messenger: Messenger,
    /// The call that it is about; `None`: none, or an earlier program did not note it.
    call: Option<u64>,
    letter: Letter,
    under_way: bool,
}

impl Outbox {
    /// Takes over what an earlier run left. What was under way then is sent again under the same number.
    #[must_use]
    pub fn restore(kept: KeptOutbox) -> Self {
        let highest = kept.letters.iter().map(|(_, _, letter)| letter.id.0).max();
        let waiting = |(messenger, call, letter)| Waiting {
            messenger,
            call,
            letter,
            under_way: false,
        };
        Self {
            last: kept.last.max(highest.unwrap_or_default()),
            letters: kept.letters.into_iter().map(waiting).collect(),
            earlier: kept.messengers,
            told: kept.told.into(),
            ..Self::default()
        }
    }

    /// What is to be kept for the next run. A trial is not: nobody waits for its answer any more.
    #[must_use]
    pub fn kept(&self) -> KeptOutbox {
        let waiting = self
            .letters
            .iter()
            .filter(|waiting| waiting.letter.phase != Phase::Trial);
        let kept = self
            .messengers
            .iter()
            .map(|(messenger, state)| (*messenger, state.kept));
        KeptOutbox {
            last: self.last,
            messengers: self.earlier.clone().into_iter().chain(kept).collect(),
            letters: waiting
                .map(|waiting| (waiting.messenger, waiting.call, waiting.letter.clone()))
                .collect(),
            told: self.told.iter().cloned().collect(),
        }
    }

    /// Says who has a server, each with a number that changes with its server and sign-in. Letters of the others are dropped; a
    /// messenger whose number changed begins anew.
    pub fn set_messengers(&mut self, targets: &BTreeMap<Messenger, u64>) {
        self.set_known_messengers(targets);
        self.earlier.clear();
        self.told.retain(|told| targets.contains_key(&told.by));
        self.letters
            .retain(|waiting| targets.contains_key(&waiting.messenger) || waiting.under_way);
    }

    /// The same where others may have a server, too, which nobody knows now: what an earlier run left for them waits.
    pub fn set_known_messengers(&mut self, targets: &BTreeMap<Messenger, u64>) {
        self.messengers.retain(|messenger, _| targets.contains_key(messenger));
        for (messenger, target) in targets {
            let earlier = self.earlier.remove(messenger).filter(|kept| kept.target == *target);
            let state = self.messengers.entry(*messenger).or_insert_with(|| {
                let mut state = MessengerState::new(*target);
                state.kept = earlier.unwrap_or(state.kept);
                state
            });
            if state.kept.target != *target {
                state.kept.target = *target;
                state.lift();
            }
        }
    }

    /// A person changed a password, or asks: who was stopped, goes again.
    pub fn lift(&mut self, messenger: Messenger) {
        if let Some(state) = self.messengers.get_mut(&messenger) {
            state.lift();
        }
    }

    /// The calls that somebody was written about, and whose end they were not told.
    pub fn told(&self) -> impl Iterator<Item = &ToldCall> {
        self.told.iter()
    }

    #[must_use]
    pub fn has(&self, messenger: Messenger) -> bool {
        self.messengers.contains_key(&messenger)
    }

    /// How the messenger stands; `None`: it has no server.
    #[must_use]
    pub fn view(&self, messenger: Messenger, now: WallTime) -> Option<MessengerView> {
        let state = self.messengers.get(&messenger)?;
        let due = self.of(messenger).map(|waiting| waiting.letter.due).min();
        Some(MessengerView {
            waiting: self.of(messenger).count(),
            next: due.filter(|_| !state.kept.stopped).map(|due| due.max(state.next(now))),
            stopped: state.kept.stopped,
        })
    }

    /// How many letters were dropped because too many waited, or because they were too old.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Writes about a call, or anew what has not been sent about it. `over`: all of it has ended. Whether anything is to be kept.
    pub fn write(
        &mut self,
        messenger: Messenger,
        call: u64,
        over: bool,
        text: LetterText,
        troubles: Vec<TroubleFacts>,
        now: WallTime,
    ) -> bool {
        if !self.has(messenger) {
            return false;
        }
        let waits = |waiting: &&mut Waiting| {
            let letter = &waiting.letter;
            waiting.messenger == messenger
                && waiting.call == Some(call)
                && letter.phase == Phase::Begun
                && !waiting.under_way
                && now < letter.due
        };
        let about: BTreeSet<EventId> = troubles.iter().map(|trouble| EventId(trouble.event)).collect();
        let is_this = |told: &ToldCall| told.by == messenger && told.call == call;
        let told = self.told.iter().position(is_this);
        if let Some(waiting) = self.letters.iter_mut().find(waits) {
            // What has ended before anybody was told is one letter.
            if over {
                waiting.letter.phase = Phase::Over;
                waiting.letter.due = now;
                self.told.retain(|told| !is_this(told));
            } else if let Some(told) = told.and_then(|at| self.told.get_mut(at)) {
                told.about = about;
            }
            (waiting.letter.text, waiting.letter.troubles) = (text, troubles);
            return true;
        }
        match (over, told) {
            // Nothing is said anew, but what the end will be about may have changed.
            (false, Some(at)) => {
                let told = self.told.get_mut(at);
                return told.is_some_and(|told| std::mem::replace(&mut told.about, about.clone()) != about);
            }
            (true, None) => return false,
            (false, None) => self.told.push_back(ToldCall {
                by: messenger,
                call,
                about,
            }),
            (true, Some(at)) => drop(self.told.remove(at)),
        }
        if self.told.len() > MOST_TOLD {
            self.told.pop_front();
        }
        let (phase, due) = match over {
            true => (Phase::Over, now),
            false => (Phase::Begun, after(now, GATHER)),
        };
        self.push(messenger, Some(call), phase, due, text, troubles, now);
        true
    }

    /// Nobody is told the end of this call; whether anything is to be kept.
    pub fn forget(&mut self, messenger: Messenger, call: u64) -> bool {
        let before = self.told.len();
        self.told.retain(|told| !(told.by == messenger && told.call == call));
        self.told.len() < before
    }

    /// A person tries whether letters arrive: at once, whatever happened before.
    pub fn try_out(&mut self, messenger: Messenger, text: LetterText, now: WallTime) {
        if !self.has(messenger) {
            return;
        }
        self.lift(messenger);
        let is_trial = |waiting: &Waiting| waiting.messenger == messenger && waiting.letter.phase == Phase::Trial;
        self.letters.retain(|waiting| !is_trial(waiting) || waiting.under_way);
        self.push(messenger, None, Phase::Trial, now, text, Vec::new(), now);
    }

    #[expect(clippy::too_many_arguments, reason = "it is what a letter is made of")]
    fn push(
        &mut self,
        messenger: Messenger,
        call: Option<u64>,
        phase: Phase,
        due: WallTime,
        text: LetterText,
        troubles: Vec<TroubleFacts>,
        now: WallTime,
    ) {
        self.last += 1;
        let letter = Letter {
            id: LetterId(self.last),
            phase,
            written: now,
            due,
            text,
            troubles,
            refusals: 0,
        };
        self.letters.push(Waiting {
            messenger,
            call,
            letter,
            under_way: false,
        });
        while self.of(messenger).count() > MOST_LETTERS {
            let oldest = |waiting: &Waiting| waiting.messenger == messenger && !waiting.under_way;
            let Some(at) = self.letters.iter().position(oldest) else {
                break;
            };
            self.letters.remove(at);
            self.dropped += 1;
        }
    }

    fn of(&self, messenger: Messenger) -> impl Iterator<Item = &Waiting> {
        self.letters
            .iter()
            .filter(move |waiting| waiting.messenger == messenger)
    }

    /// Who is to go now, and whether a person waits for it.
    #[must_use]
    pub fn due(&self, now: WallTime) -> Option<(Messenger, bool)> {
        self.messengers.iter().find_map(|(messenger, state)| {
            if state.under_way || state.kept.stopped || state.next(now) > now {
                return None;
            }
            let mut due = self
                .of(*messenger)
                .filter(|waiting| !waiting.under_way && is_due(&waiting.letter, now));
            let first = due.next()?;
            let is_trial = |waiting: &Waiting| waiting.letter.phase == Phase::Trial;
            Some((*messenger, is_trial(first) || due.any(is_trial)))
        })
    }

    /// The messenger goes: what it takes along is sent when [`Self::load`] says what that is.
    pub fn set_out(&mut self, messenger: Messenger) {
        if let Some(state) = self.messengers.get_mut(&messenger) {
            state.under_way = true;
        }
    }

    /// What the messenger takes along, now that its server may be asked.
    pub fn load(&mut self, messenger: Messenger, now: WallTime) -> Vec<Parcel> {
        let oldest = now.before(OLDEST);
        let before = self.letters.len();
        self.letters
            .retain(|waiting| waiting.under_way || waiting.letter.written >= oldest);
        self.dropped += (before - self.letters.len()) as u64;
        let is_trial = |letter: &Letter| letter.phase == Phase::Trial;
        let mut taken: Vec<Letter> = Vec::new();
        // Somebody waits for a trial: however many others wait, it goes along.
        for trials in [true, false] {
            let of_this = |waiting: &&mut Waiting| {
                let letter = &waiting.letter;
                let is_of_this = waiting.messenger == messenger && !waiting.under_way;
                is_of_this && is_trial(letter) == trials && is_due(letter, now)
            };
            let room = MOST_AT_ONCE - taken.len();
            for waiting in self.letters.iter_mut().filter(of_this).take(room) {
                waiting.under_way = true;
                taken.push(waiting.letter.clone());
            }
        }
        let (trials, letters): (Vec<_>, Vec<_>) = taken.into_iter().partition(is_trial);
        let single = |letter| Parcel { letters: vec![letter] };
        let mut parcels: Vec<Parcel> = trials.into_iter().map(single).collect();
        if messenger == Messenger::Mail && letters.len() > SINGLE_MAILS {
            parcels.push(Parcel { letters });
        } else {
            parcels.extend(letters.into_iter().map(single));
        }
        parcels
    }

    /// The messenger is back. Letters that are given up are returned.
    pub fn done(&mut self, messenger: Messenger, delivery: &Delivery, now: WallTime) -> Vec<Letter> {
        if let Some(state) = self.messengers.get_mut(&messenger) {
            state.ended(delivery.end, now);
        }
        let delivered: BTreeSet<LetterId> = delivery.delivered.iter().copied().collect();
        let refused: BTreeSet<LetterId> = delivery.refused.iter().copied().collect();
        let has_server = self.has(messenger);
        let mut given_up = Vec::new();
        self.letters.retain_mut(|waiting| {
            if waiting.messenger != messenger || !waiting.under_way {
                return true;
            }
            waiting.under_way = false;
            if delivered.contains(&waiting.letter.id) || waiting.letter.phase == Phase::Trial || !has_server {
                return false;
            }
            if refused.contains(&waiting.letter.id) {
                waiting.letter.refusals += 1;
                // The others do not wait for it.
                waiting.letter.due = after(now, Duration::from_secs(1_800));
                if waiting.letter.refusals >= MOST_REFUSALS {
                    given_up.push(waiting.letter.clone());
                    return false;
                }
            }
            true
        });
        given_up
    }

    /// The messenger could not set out, because its server may not be asked now.
    pub fn held_up(&mut self, messenger: Messenger, now: WallTime) {
        let nothing = Delivery {
            delivered: Vec::new(),
            refused: Vec::new(),
            end: DeliveryEnd::Later,
        };
        self.done(messenger, &nothing, now);
    }

    /// How many letters wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }
}

/// A time further ahead than any wait is of a clock that was set back since.
fn is_due(letter: &Letter, now: WallTime) -> bool {
    letter.due <= now || letter.due > after(now, Duration::from_secs(3_600))
}
