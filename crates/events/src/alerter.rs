//! When a person is called, and by which means: one call for one trouble, one for its end.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::{AlertSettings, AlertSound, End, EventBook, EventId, EventRecord, Messenger, Moment, News};
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
}

#[derive(Default)]
pub struct Alerter {
    settings: AlertSettings,
    /// What sounds until it is seen.
    sounding: BTreeSet<EventId>,
    next_sound: Option<Instant>,
    /// What began in quiet hours.
    held: BTreeSet<EventId>,
    /// Devices at which somebody works, as was planned: nobody is called for what is of them alone.
    planned: BTreeSet<DeviceId>,
    /// What began while somebody worked there.
    rested: BTreeSet<EventId>,
    /// The newest last.
    calls: VecDeque<Call>,
    number: u64,
    alerts: VecDeque<Alert>,
}

struct Call {
    number: u64,
    begun: Instant,
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
    pub fn set_settings(&mut self, settings: &AlertSettings, book: &EventBook) {
        self.settings = settings.clone();
        if settings.sound != AlertSound::UntilSeen {
            self.sounding.clear();
        }
        self.sounding
            .retain(|id| book.get(*id).is_some_and(|event| settings.means(event).sound));
    }

    /// Whether it sounds until somebody has seen what happened.
    #[must_use]
    pub fn is_sounding(&self) -> bool {
        !self.sounding.is_empty()
    }

    /// Somebody has heard it: it sounds no more for what sounds now.
    pub fn hush(&mut self) {
        self.sounding.clear();
        self.next_sound = None;
    }

    /// At these devices somebody works from now on, as was planned.
    pub fn set_planned(&mut self, devices: BTreeSet<DeviceId>) {
        self.planned = devices;
    }

    /// Whether the event is only of devices at which somebody works.
    #[must_use]
    pub fn is_planned(&self, event: &EventRecord) -> bool {
        !event.devices.is_empty() && event.devices.is_subset(&self.planned)
    }

    /// Takes in what changed.
    pub fn take(&mut self, news: &[News], book: &EventBook, now: Moment) {
        let mut begun = Vec::new();
        let mut renewed = BTreeSet::new();
        for news in news {
            match *news {
                // Whoever took note of what comes and goes is not called for it again.
                News::Again(id) if book.get(id).is_some_and(|event| event.acknowledged.is_some()) => {}
                News::Opened(id) | News::Again(id) => {
                    for telling in self.tellings() {
                        telling.about.remove(&id);
                    }
                    begun.push(id);
                }
                News::Absorbed(id, into) => {
                    for set in [&mut self.sounding, &mut self.held, &mut self.rested] {
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
                News::Settled(id) => self.ended(id, book, now),
                News::Changed(_) | News::Pruned => {}
            }
        }
        for call in &mut self.calls {
            call.tellings.retain(|telling| !telling.about.is_empty());
        }
        self.calls
            .retain(|call| !call.tellings.is_empty() || is_fresh(call, now));
        let is_planned = |id: &EventId| book.get(*id).is_some_and(|event| self.is_planned(event));
        let (rested, begun): (Vec<_>, Vec<_>) = begun.into_iter().partition(is_planned);
        self.rested.extend(rested);
        if self.settings.is_quiet(now.local) {
            self.held.extend(begun);
        } else {
            let called = self.call(&begun, book, now);
            renewed.retain(|number| Some(*number) != called);
            for call in self.calls.iter().filter(|call| renewed.contains(&call.number)) {
                let told = call.tellings.iter();
                self.alerts.extend(told.map(|telling| telling.said(call.number, false)));
            }
        }
    }

    /// Does what is due. To be called every second or so.
    pub fn tick(&mut self, book: &EventBook, now: Moment) {
        let unseen = |id: &EventId| book.get(*id).filter(|event| !event.seen);
        let planned = std::mem::take(&mut self.planned);
        let is_planned = |event: &EventRecord| !event.devices.is_empty() && event.devices.is_subset(&planned);
        self.sounding
            .retain(|id| unseen(id).is_some_and(|event| !is_planned(event)));
        // Nobody works there any more: what lasts is told now, unless it was before.
        let freed = |id: &EventId| book.get(*id).is_none_or(|event| !is_planned(event));
        let freed: Vec<EventId> = self.rested.iter().copied().filter(freed).collect();
        self.planned = planned;
        for id in freed {
            self.rested.remove(&id);
            if !self.calls.iter().any(|call| call.is_about(id)) {
                self.held.insert(id);
            }
        }
        if self.sounding.is_empty() {
            self.next_sound = None;
        }
        if self.settings.is_quiet(now.local) {
            return;
        }
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            let lasts = |id: &EventId| unseen(id).is_some_and(|event| event.lasts());
            let begun: Vec<EventId> = held.into_iter().filter(lasts).collect();
            self.call(&begun, book, now);
        }
        if self.next_sound.is_some_and(|at| now.steady >= at) {
            self.alerts.push_back(Alert::Sound);
            self.next_sound = Some(now.steady + EVERY);
        }
    }

    /// Calls about these; the number of the call.
    fn call(&mut self, begun: &[EventId], book: &EventBook, now: Moment) -> Option<u64> {
        let events: Vec<_> = begun
            .iter()
            .filter_map(|id| {
                let event = book.get(*id)?;
                Some((*id, self.settings.means(event)))
            })
            .collect();
        let by = |means: fn(super::Means) -> bool| {
            let ids = events.iter().filter(move |(_, of)| means(*of));
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
                begun: now.steady,
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

    fn tellings(&mut self) -> impl Iterator<Item = &mut Telling> {
        self.calls.iter_mut().flat_map(|call| &mut call.tellings)
    }

    /// The end of an event is told with the last one of its call.
    fn ended(&mut self, id: EventId, book: &EventBook, now: Moment) {
        let is_quiet = self.settings.is_quiet(now.local);
        let is_known = |id: &EventId| matches!(book.get(*id).map(|event| event.end), Some(End::At(_)));
        let alerts = &mut self.alerts;
        self.calls.retain_mut(|call| {
            if !call.is_about(id) {
                return true;
            }
            for telling in call.tellings.iter_mut().filter(|telling| telling.about.contains(&id)) {
                telling.over.insert(id);
                if telling.is_over() && telling.about.iter().any(is_known) && !is_quiet {
                    alerts.push_back(telling.said(call.number, true));
                }
            }
            call.tellings.retain(|telling| !telling.is_over());
            !call.tellings.is_empty()
        });
    }
}

fn is_fresh(call: &Call, now: Moment) -> bool {
    now.steady.saturating_duration_since(call.begun) < BURST
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

    fn said(&self, call: u64, over: bool) -> Alert {
        let about = self.about.iter().copied().collect();
        match self.by {
            None => Alert::Notify { call, about, over },
            Some(by) => Alert::Write { by, call, about, over },
        }
    }
}
