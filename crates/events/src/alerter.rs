//! When a person is called, and by which means: one call for one trouble, one for its end.

mod planned;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::{
    AlarmView, AlertSettings, AlertSound, Decision, End, EventId, EventRecord, EventsById, LocalTime, Messenger,
    Moment, News,
};
use device::DeviceId;

/// What begins within this time of a call belongs to it: a power cut takes many devices in a row.
const BURST: Duration = Duration::from_secs(60);

/// From one sound to the next, until somebody has seen what happened.
const EVERY: Duration = Duration::from_secs(5);

/// The most calls whose ends are awaited.
const MOST_CALLS: usize = 100;

/// A call to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Play the tone once.
    Sound,
    /// Have the windows ask for attention.
    Attention,
    /// Say on the desktop what happened; it replaces what was said for the same call.
    Notify {
        call: u64,
        about: Vec<EventId>,
        /// All of it has ended.
        over: bool,
    },
    /// Write the same to somebody elsewhere, unless that was sent already.
    Write {
        by: Messenger,
        call: u64,
        about: Vec<EventId>,
        over: bool,
    },
    /// Nobody is told the end of this call: it was in quiet hours, or is not known.
    Forget { by: Messenger, call: u64 },
    /// Open cameras in a window of their own.
    Open { event: EventId, view: AlarmView },
    /// What was opened about this event may close by itself: it is over.
    Close { event: EventId },
}

/// A call of an earlier run that somebody elsewhere was written about, and whose end they were not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldCall {
    pub by: Messenger,
    pub call: u64,
    pub about: BTreeSet<EventId>,
}

#[derive(Default)]
pub struct Alerter {
    settings: AlertSettings,
    /// What sounds until it is seen.
    sounding: BTreeSet<EventId>,
    next_sound: Option<Instant>,
    /// What began in quiet hours, or at a time at which no rule calls.
    held: BTreeSet<EventId>,
    /// Devices at which somebody works, as was planned: nobody is called for what is of them alone.
    planned: BTreeSet<DeviceId>,
    /// What began while somebody worked there.
    rested: BTreeSet<EventId>,
    /// The time at which those were looked at last.
    held_at: Option<LocalTime>,
    /// What has to last until then before it calls.
    pending: BTreeMap<EventId, Instant>,
    /// Their tiles have a border.
    bordered: BTreeSet<EventId>,
    /// Cameras were opened about these.
    viewed: BTreeSet<EventId>,
    /// The newest last.
    calls: VecDeque<Call>,
    number: u64,
    alerts: VecDeque<Alert>,
}

struct Call {
    number: u64,
    /// `None`: in an earlier run of the program.
    begun: Option<Instant>,
    sounded: bool,
    attention: bool,
    /// What is said of it, to each who is told of it.
    tellings: Vec<Telling>,
}

/// What one addressee of a call is told.
struct Telling {
    /// `None`: the desktop.
    by: Option<Messenger>,
    /// What it is about, and what of it has ended.
    about: BTreeSet<EventId>,
    over: BTreeSet<EventId>,
    /// Of some of it the end is known, and worth telling.
    known: bool,
}

impl Alerter {
    /// The next call to make.
    pub fn poll(&mut self) -> Option<Alert> {
        self.alerts.pop_front()
    }

    #[must_use]
    pub fn settings(&self) -> &AlertSettings {
        &self.settings
    }

    /// Acts from now on as these say.
    pub fn set_settings(&mut self, settings: &AlertSettings, book: &impl EventsById, at: LocalTime) {
        self.settings = settings.clone();
        if settings.sound != AlertSound::UntilSeen {
            self.sounding.clear();
        }
        self.sounding.retain(|id| {
            book.event(*id)
                .is_some_and(|event| settings.decide(event, at).means.sound)
        });
        self.bordered
            .retain(|id| book.event(*id).is_some_and(|event| settings.decide(event, at).border));
        self.held_at = None;
    }

    /// Goes on with calls of an earlier run, so that their end is told once. `awaited`: the events of which nobody knows yet whether they still last.
    pub fn resume(
        &mut self,
        calls: impl IntoIterator<Item = ToldCall>,
        awaited: &BTreeSet<EventId>,
        book: &impl EventsById,
    ) {
        for ToldCall { by, call, about } in calls {
            self.number = self.number.max(call);
            let has_ended = |id: &EventId| !awaited.contains(id) && book.event(*id).is_none_or(|event| !event.lasts());
            let over: BTreeSet<EventId> = about.iter().copied().filter(has_ended).collect();
            let known = over.iter().any(|id| book.event(*id).is_some_and(has_known_end));
            let by = Some(by);
            let telling = Telling { by, about, over, known };
            if telling.is_over() {
                // It ended just before the program did.
                let end = telling.end(call, true);
                self.alerts.extend(end);
                continue;
            }
            match self.calls.iter_mut().find(|known| known.number == call) {
                Some(known) => known.tellings.push(telling),
                None => self.calls.push_back(Call {
                    number: call,
                    begun: None,
                    sounded: true,
                    attention: true,
                    tellings: vec![telling],
                }),
            }
        }
        self.calls.make_contiguous().sort_by_key(|call| call.number);
    }

    /// The events whose tiles have a border: they last, or nobody has seen them.
    #[must_use]
    pub fn bordered(&self) -> &BTreeSet<EventId> {
        &self.bordered
    }

    /// Whether it sounds until somebody has seen what happened.
    #[must_use]
    pub fn is_sounding(&self) -> bool {
        !self.sounding.is_empty()
    }

    /// Whether time alone changes nothing.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.sounding.is_empty() && self.held.is_empty() && self.pending.is_empty() && self.alerts.is_empty()
    }

    /// Somebody has heard it: it sounds no more for what sounds now.
    pub fn hush(&mut self) {
        self.sounding.clear();
        self.next_sound = None;
    }

    /// Takes in what changed.
    pub fn take(&mut self, news: &[News], book: &impl EventsById, now: Moment) {
        let mut begun = Vec::new();
        let mut renewed = BTreeSet::new();
        for news in news {
            match *news {
                // Whoever took note of what comes and goes is not called for it again.
                News::Again(id) if book.event(id).is_some_and(|event| event.acknowledged.is_some()) => {}
                News::Opened(id) | News::Again(id) => {
                    self.leave_calls(id);
                    begun.push(id);
                }
                News::Absorbed(id, into) => {
                    if let Some(at) = self.pending.remove(&id) {
                        self.pending.entry(into).or_insert(at);
                    }
                    for set in [
                        &mut self.sounding,
                        &mut self.held,
                        &mut self.rested,
                        &mut self.bordered,
                        &mut self.viewed,
                    ] {
                        if set.remove(&id) {
                            set.insert(into);
                        }
                    }
                    for call in &mut self.calls {
                        for telling in &mut call.tellings {
                            if telling.about.remove(&id) {
                                telling.about.insert(into);
                                renewed.insert(call.number);
                            }
                        }
                    }
                }
                News::Widened(id) => {
                    let calls = self.calls.iter().filter(|call| call.is_about(id));
                    renewed.extend(calls.map(|call| call.number));
                }
                News::Settled(id) => {
                    let known = book.event(id).is_some_and(has_known_end);
                    self.ended(id, known, now);
                }
                News::Gone(id) => self.ended(id, true, now),
                News::Forgotten(id) => self.ended(id, false, now),
                News::Changed(_) | News::Pruned => {}
            }
        }
        for call in &mut self.calls {
            call.tellings.retain(|telling| !telling.about.is_empty());
        }
        self.calls
            .retain(|call| !call.tellings.is_empty() || is_fresh(call, now));
        let is_planned = |id: &EventId| book.event(*id).is_some_and(|event| self.is_planned(event));
        let (rested, begun): (Vec<_>, Vec<_>) = begun.into_iter().partition(is_planned);
        self.rested.extend(rested);
        if self.settings.is_quiet(now.local) {
            self.held.extend(begun);
        } else {
            let begun = self.ripe(begun, book, now);
            let called = self.call(&begun, book, now);
            renewed.retain(|number| Some(*number) != called);
            for call in self.calls.iter().filter(|call| renewed.contains(&call.number)) {
                let told = call.tellings.iter();
                self.alerts.extend(told.map(|telling| telling.said(call.number, false)));
            }
        }
    }

    /// Does what is due. To be called every second or so.
    pub fn tick(&mut self, book: &impl EventsById, now: Moment) {
        let unseen = |id: &EventId| book.event(*id).filter(|event| !event.seen);
        self.bordered.retain(|id| {
            let event = book.event(*id);
            event.is_some_and(|event| !event.seen || event.lasts() && event.acknowledged.is_none())
        });
        self.sounding.retain(|id| unseen(id).is_some());
        self.rest(book);
        if self.sounding.is_empty() {
            self.next_sound = None;
        }
        if self.settings.is_quiet(now.local) {
            return;
        }
        let lasts = |id: &EventId| unseen(id).is_some_and(EventRecord::lasts);
        let mut begun = Vec::new();
        if self.held.is_empty() {
            self.held_at = None;
        } else if self.held_at != Some(now.local) {
            self.held_at = Some(now.local);
            let held = std::mem::take(&mut self.held).into_iter();
            // What has ended for a moment may go on as the same event: its end counts once it holds.
            let (lasting, waiting) = held.filter(|id| unseen(id).is_some()).partition::<Vec<_>, _>(lasts);
            self.held.extend(waiting);
            begun = self.ripe(lasting, book, now);
        }
        self.pending.retain(|id, _| book.event(*id).is_some());
        let is_ripe =
            |id: &EventId, at: &mut Instant| now.steady >= *at && book.event(*id).is_some_and(EventRecord::lasts);
        let ripe = self.pending.extract_if(.., is_ripe);
        begun.extend(ripe.map(|(id, _)| id));
        if !begun.is_empty() {
            self.call(&begun, book, now);
        }
        if self.next_sound.is_some_and(|at| now.steady >= at) {
            self.alerts.push_back(Alert::Sound);
            self.next_sound = Some(now.steady + EVERY);
        }
    }

    /// Those of the events that call now. The others wait until they have lasted, or until a rule calls.
    fn ripe(&mut self, begun: Vec<EventId>, book: &impl EventsById, now: Moment) -> Vec<EventId> {
        let mut ripe = Vec::new();
        for id in begun {
            let Some(event) = book.event(id) else { continue };
            let decision = self.settings.decide(event, now.local);
            let age = Duration::from_millis(now.wall.0.saturating_sub(event.since.0));
            let left = decision.after.saturating_sub(age);
            if !decision.calls() {
                if decision.later && event.lasts() {
                    self.held.insert(id);
                }
            } else if decision.after.is_zero() || left.is_zero() && event.lasts() {
                ripe.push(id);
            } else if event.lasts() {
                self.pending.insert(id, now.steady + left);
            }
        }
        ripe
    }

    /// Calls about these; the number of the call.
    fn call(&mut self, begun: &[EventId], book: &impl EventsById, now: Moment) -> Option<u64> {
        let decided = |id: &EventId| {
            let event = book.event(*id)?;
            Some((*id, self.settings.decide(event, now.local)))
        };
        let events: Vec<(EventId, Decision)> = begun.iter().filter_map(decided).collect();
        for (id, decision) in &events {
            if decision.border {
                self.bordered.insert(*id);
            }
            if let Some(view) = &decision.view {
                self.viewed.insert(*id);
                let (event, view) = (*id, view.clone());
                self.alerts.push_back(Alert::Open { event, view });
            }
        }
        let by = |means: fn(super::Means) -> bool| {
            let ids = events.iter().filter(move |(_, of)| means(of.means));
            ids.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let (sound, attention) = (by(|of| of.sound), by(|of| of.attention));
        let told = [
            (None, by(|of| of.notification)),
            (Some(Messenger::Mail), by(|of| of.mail)),
            (Some(Messenger::Webhook), by(|of| of.webhook)),
            (Some(Messenger::Syslog), by(|of| of.syslog)),
        ];
        if sound.is_empty() && attention.is_empty() && told.iter().all(|(_, about)| about.is_empty()) {
            return None;
        }
        if !self.calls.back().is_some_and(|call| is_fresh(call, now)) {
            self.number += 1;
            self.calls.push_back(Call {
                number: self.number,
                begun: Some(now.steady),
                sounded: false,
                attention: false,
                tellings: Vec::new(),
            });
        }
        if self.calls.len() > MOST_CALLS {
            self.calls.pop_front();
        }
        let call = self.calls.back_mut()?;
        if !sound.is_empty() && !std::mem::replace(&mut call.sounded, true) && self.next_sound.is_none() {
            self.alerts.push_back(Alert::Sound);
        }
        if !attention.is_empty() && !std::mem::replace(&mut call.attention, true) {
            self.alerts.push_back(Alert::Attention);
        }
        for (by, about) in told.into_iter().filter(|(_, about)| !about.is_empty()) {
            let number = call.number;
            let telling = call.telling(by);
            telling.about.extend(about);
            let said = telling.said(number, false);
            self.alerts.push_back(said);
        }
        if self.settings.sound == AlertSound::UntilSeen && !sound.is_empty() {
            self.sounding.extend(sound);
            self.next_sound.get_or_insert(now.steady + EVERY);
        }
        Some(call.number)
    }

    /// The event begins anew: what was said of it before is no more about it.
    fn leave_calls(&mut self, id: EventId) {
        for call in &mut self.calls {
            for telling in &mut call.tellings {
                if !telling.about.remove(&id) {
                    continue;
                }
                telling.over.remove(&id);
                match telling.by {
                    Some(by) if telling.about.is_empty() => {
                        let call = call.number;
                        self.alerts.push_back(Alert::Forget { by, call });
                    }
                    // What was sent stays; what its end will be about is another thing now.
                    Some(_) => self.alerts.push_back(telling.said(call.number, false)),
                    None => {}
                }
            }
        }
    }

    /// The end of an event is told with the last one of its call. `known`: it has surely ended.
    fn ended(&mut self, id: EventId, known: bool, now: Moment) {
        self.held.remove(&id);
        self.rested.remove(&id);
        self.pending.remove(&id);
        let alerts = &mut self.alerts;
        if self.viewed.remove(&id) {
            alerts.push_back(Alert::Close { event: id });
        }
        let is_quiet = self.settings.is_quiet(now.local);
        self.calls.retain_mut(|call| {
            if !call.is_about(id) {
                return true;
            }
            for telling in call.tellings.iter_mut().filter(|telling| telling.about.contains(&id)) {
                telling.over.insert(id);
                telling.known |= known;
                if telling.is_over() {
                    alerts.extend(telling.end(call.number, !is_quiet));
                }
            }
            call.tellings.retain(|telling| !telling.is_over());
            !call.tellings.is_empty()
        });
    }
}

/// Whether it lasted, and the time of its end is known: what has no length has no end that could be told.
fn has_known_end(event: &EventRecord) -> bool {
    matches!(event.end, End::At(_)) && !event.is_moment()
}

fn is_fresh(call: &Call, now: Moment) -> bool {
    call.begun
        .is_some_and(|begun| now.steady.saturating_duration_since(begun) < BURST)
}

impl Call {
    fn is_about(&self, id: EventId) -> bool {
        self.tellings.iter().any(|telling| telling.about.contains(&id))
    }

    fn telling(&mut self, by: Option<Messenger>) -> &mut Telling {
        let at = self.tellings.iter().position(|telling| telling.by == by);
        let at = at.unwrap_or_else(|| {
            self.tellings.push(Telling {
                by,
                about: BTreeSet::new(),
                over: BTreeSet::new(),
                known: false,
            });
            self.tellings.len() - 1
        });
        &mut self.tellings[at]
    }
}

impl Telling {
    fn is_over(&self) -> bool {
        !self.about.is_empty() && self.about.is_subset(&self.over)
    }

    /// What is said when all of it has ended; nothing to a person at the screen where it is not worth telling.
    fn end(&self, call: u64, may: bool) -> Option<Alert> {
        match self.by {
            _ if may && self.known => Some(self.said(call, true)),
            Some(by) => Some(Alert::Forget { by, call }),
            None => None,
        }
    }

    fn said(&self, call: u64, over: bool) -> Alert {
        let about = self.about.iter().copied().collect();
        match self.by {
            None => Alert::Notify { call, about, over },
            Some(by) => Alert::Write { by, call, about, over },
        }
    }
}
