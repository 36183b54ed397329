//! EVENTS: what happened, as the screen shows it and the disk keeps it, and the calls about it.
//!
//! Belongs here: when everything is looked at, when the list is written, which calls are under way. What other parts have to do comes
//! out as an [`EventsEffect`]. Does not belong here: what an event is and when somebody is called (`events`), what fails together (`trouble`),
//! how a tone is played (`video`) or a notification shown (the program's root says how).

mod done;
mod look;
mod sender;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::sender::Sender;
use super::clock;
use crate::bridge::{
    AlertFault, AlertTrial, EngineState, EventsShown, NoticeKind, Notification, NotificationAbout, ShownEvent, Trying,
};
use device::{DeviceId, Registry};
use events::{
    Aggregator, Alert, AlertSettings, Alerter, Circumstances, EventBook, EventId, EventRecord, Happening, Messenger,
    Subject, Tracker, WallTime, What,
};

pub(super) use done::AlertDone;
pub(super) use sender::AlertOutputs;
pub use sender::Notifier;

/// What other parts have to do.
pub(super) enum EventsEffect {
    /// What is shown of the events changed.
    Changed,
    /// To be written.
    Keep(Arc<EventBook>, WallTime),
    /// Somebody elsewhere is to be written to.
    Write {
        by: Messenger,
        call: u64,
        over: bool,
        about: Vec<ShownEvent>,
    },
    Notice(NoticeKind),
    Withdraw(fn(&NoticeKind) -> bool),
}

/// From one look at everything to the next.
const LOOK: Duration = Duration::from_secs(1);
/// Much may happen at once: it is written together.
const GATHER: Duration = Duration::from_secs(2);
/// The shortest time from one write to the next.
const PAUSE: Duration = Duration::from_secs(60);
/// While something lasts the file is written so often, so that a program that is killed knows until when it lasted.
const REFRESH: Duration = Duration::from_secs(300);
/// A write that failed is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60);

/// So many reports wait for what an earlier run left.
const MOST_EARLY: usize = 1_000;

pub(super) struct EventKeeper {
    tracker: Tracker,
    aggregator: Aggregator,
    registry: Arc<Registry>,
    /// What was reported before what an earlier run left was read.
    early: Vec<Happening>,
    alerter: Alerter,
    /// As they were set; a kiosk calls by some of the means alone.
    settings: AlertSettings,
    kiosk: bool,
    sender: Sender,
    list: Arc<Vec<ShownEvent>>,
    attention: u64,
    trial: Option<AlertTrial>,
    looked: Option<Instant>,
    keeps: bool,
    /// What an earlier run left was read: before that, nothing is begun and nothing written.
    opened: bool,
    write_at: Option<Instant>,
    written: Option<Instant>,
    effects: VecDeque<EventsEffect>,
}

impl EventKeeper {
    /// `outputs`: by what people are called; `None`: nobody is. `keeps`: whether this program is the one that keeps the list.
    pub(super) fn new(outputs: Option<AlertOutputs>, keeps: bool) -> Self {
        Self {
            tracker: Tracker::default(),
            aggregator: Aggregator::default(),
            registry: Arc::default(),
            early: Vec::new(),
            alerter: Alerter::default(),
            settings: AlertSettings::default(),
            kiosk: false,
            sender: Sender::new(outputs),
            list: Arc::default(),
            attention: 0,
            trial: None,
            looked: None,
            keeps,
            opened: false,
            write_at: None,
            written: None,
            effects: VecDeque::new(),
        }
    }

    /// Takes over what earlier runs of the program kept.
    pub(super) fn opened(&mut self, book: EventBook, now: Instant) {
        if !self.keeps {
            return;
        }
        self.opened = true;
        self.tracker = Tracker::new(book);
        for happening in std::mem::take(&mut self.early) {
            self.happened(happening, now);
        }
        self.list_anew();
    }

    /// Names are those of this registry from now on.
    pub(super) fn set_registry(&mut self, registry: &Arc<Registry>) {
        self.registry = Arc::clone(registry);
    }

    /// A source reports this.
    pub(super) fn happened(&mut self, happening: Happening, now: Instant) {
        if !self.keeps {
            return;
        }
        if !self.opened {
            // No number can be given before the highest one is known.
            if self.early.len() < MOST_EARLY {
                self.early.push(happening);
            } else {
                self.aggregator.not_kept(happening.times);
            }
            return;
        }
        let (registry, tracker) = (&self.registry, &mut self.tracker);
        let around = |happening: &Happening| circumstances(registry, tracker, happening.subject, &happening.what, now);
        self.aggregator.take(happening, around, clock::moment(now));
    }

    /// Nothing is heard of the events of this device any more, so that nobody knows how long its states last.
    pub(super) fn unheard(&mut self, device: DeviceId) {
        self.aggregator.lost(device);
    }

    pub(super) fn set_settings(&mut self, settings: &AlertSettings) {
        if self.settings != *settings {
            self.settings.clone_from(settings);
            self.obey_settings();
        }
    }

    /// The windows became a kiosk, or are one no more.
    pub(super) fn set_kiosk(&mut self, kiosk: bool) {
        self.kiosk = kiosk;
        self.obey_settings();
    }

    fn obey_settings(&mut self) {
        let of_kiosk = self.kiosk.then(|| self.settings.in_kiosk());
        let settings = of_kiosk.as_ref().unwrap_or(&self.settings);
        if self.alerter.settings() != settings {
            self.alerter.set_settings(settings, self.tracker.book());
        }
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<EventsEffect> {
        self.effects.pop_front()
    }

    pub(super) fn shown(&self) -> EventsShown {
        EventsShown {
            list: Arc::clone(&self.list),
            unseen: self.tracker.book().unseen(),
            now: clock::wall_of_events(),
            attention: self.attention,
            sounding: self.alerter.is_sounding(),
            trial: self.trial.clone(),
        }
    }

    /// Whether time alone may change what happened, so that it has to be looked at.
    pub(super) fn awaits_a_look(&self, now: Instant) -> bool {
        self.opened && !(self.tracker.is_calm() && self.aggregator.is_calm()) && self.is_due(now)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.looked
            .is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK)
    }

    /// Looks at everything, once a second at most; whether what is shown changed.
    pub(super) fn look(&mut self, state: &EngineState, now: Instant) -> bool {
        if !self.opened || !self.is_due(now) {
            return false;
        }
        self.looked = Some(now);
        let moment = clock::moment(now);
        let mut changed = false;
        if !(self.tracker.is_calm() && look::is_calm(state)) {
            let after = self.alerter.settings().after();
            let news = self.tracker.look(&look::look(state), after, moment);
            if !news.is_empty() {
                tracing::info!(?news, "events");
                self.alerter.take(&news, self.tracker.book(), moment);
                self.list_anew();
                self.write_soon(now);
                changed = true;
            }
        }
        self.aggregator.tick(moment, || self.tracker.next_id());
        for event in self.aggregator.changes() {
            tracing::info!(?event, "event");
        }
        self.alerter.tick(self.tracker.book(), moment);
        self.call(state);
        changed
    }

    /// Somebody heard it.
    pub(super) fn hush(&mut self) {
        self.alerter.hush();
        self.effects.push_back(EventsEffect::Changed);
    }

    /// Somebody has seen these.
    pub(super) fn see(&mut self, ids: Vec<EventId>, now: Instant) {
        if self.tracker.see(ids) {
            self.alerter.tick(self.tracker.book(), clock::moment(now));
            self.list_anew();
            self.write_at = Some(now + GATHER);
        }
    }

    /// Calls once by every means that is on, whatever the hour, and tells how that went.
    pub(super) fn try_alert(&mut self, state: &Arc<EngineState>) {
        let settings = self.alerter.settings();
        let sound = settings.sound != events::AlertSound::Off;
        let (attention, notification) = (settings.attention, settings.notification);
        self.trial = Some(AlertTrial {
            sound: if sound { Trying::UnderWay } else { Trying::Off },
            notification: if notification { Trying::UnderWay } else { Trying::Off },
        });
        self.attention += u64::from(attention);
        if sound {
            self.sender.play();
        }
        if notification {
            self.sender.notify(Notification {
                call: 0,
                about: NotificationAbout::Trial,
                state: Arc::clone(state),
            });
        }
        self.effects.push_back(EventsEffect::Changed);
    }

    /// How a call went.
    pub(super) fn done(&mut self, done: AlertDone) {
        self.sender.done(&done);
        let is_news = self.sender.is_news(&done);
        let (fault, of_this): (_, fn(&NoticeKind) -> bool) = match done {
            AlertDone::Sound(result) => {
                if let Some(trial) = self.trial.as_mut().filter(|trial| trial.sound == Trying::UnderWay) {
                    trial.sound = answer(&result);
                }
                (result.err().map(AlertFault::Sound), |kind| {
                    matches!(kind, NoticeKind::AlertFailed(AlertFault::Sound(_)))
                })
            }
            AlertDone::Notification(result) => {
                if let Some(trial) = self
                    .trial
                    .as_mut()
                    .filter(|trial| trial.notification == Trying::UnderWay)
                {
                    trial.notification = answer(&result);
                }
                (result.err().map(AlertFault::Notification), |kind| {
                    matches!(kind, NoticeKind::AlertFailed(AlertFault::Notification(_)))
                })
            }
        };
        match fault {
            None => self.effects.push_back(EventsEffect::Withdraw(of_this)),
            Some(fault) if is_news => {
                tracing::warn!(?fault, "nobody was called by this means");
                self.effects
                    .push_back(EventsEffect::Notice(NoticeKind::AlertFailed(fault)));
            }
            Some(_) => {}
        }
        self.effects.push_back(EventsEffect::Changed);
    }

    /// To be called several times a minute.
    pub(super) fn tick(&mut self, now: Instant) {
        let lasts = || self.tracker.book().iter().any(EventRecord::lasts);
        let is_old = |written: Instant| now.saturating_duration_since(written) >= REFRESH;
        if self.write_at.is_some_and(|at| now >= at) || self.written.is_some_and(is_old) && lasts() {
            self.write(now);
        }
    }

    /// The file could not be written.
    pub(super) fn not_written(&mut self, now: Instant) {
        self.write_at = Some(now + AGAIN);
    }

    /// The program ends: what lasts is known to have lasted until now.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.write_at.is_some() || self.tracker.book().iter().any(EventRecord::lasts) {
            self.write(now);
        }
    }

    /// Makes the calls that are due.
    fn call(&mut self, state: &EngineState) {
        while let Some(alert) = self.alerter.poll() {
            match alert {
                Alert::Sound => self.sender.play(),
                Alert::Attention => {
                    self.attention += 1;
                    self.effects.push_back(EventsEffect::Changed);
                }
                Alert::Notify { call, about, over } => {
                    let book = self.tracker.book();
                    let events: Vec<EventRecord> = about.iter().filter_map(|id| book.get(*id)).cloned().collect();
                    self.sender.notify(Notification {
                        call,
                        about: if over {
                            NotificationAbout::Over(events)
                        } else {
                            NotificationAbout::Begun(events)
                        },
                        state: Arc::new(state.clone()),
                    });
                }
                Alert::Write { by, call, about, over } => {
                    let book = self.tracker.book();
                    let about = about.iter().filter_map(|id| book.get(*id)).map(shown).collect();
                    let write = EventsEffect::Write { by, call, over, about };
                    self.effects.push_back(write);
                }
            }
        }
    }

    fn list_anew(&mut self) {
        self.list = Arc::new(self.tracker.book().iter().map(shown).collect());
        self.effects.push_back(EventsEffect::Changed);
    }

    fn write_soon(&mut self, now: Instant) {
        let paused = self.written.map(|written| written + PAUSE);
        self.write_at = self.write_at.or(Some((now + GATHER).max(paused.unwrap_or(now))));
    }

    fn write(&mut self, now: Instant) {
        self.write_at = None;
        self.written = Some(now);
        let book = Arc::new(self.tracker.book().clone());
        self.effects
            .push_back(EventsEffect::Keep(book, clock::wall_of_events()));
    }
}

/// What else is known of a report, as things stand.
fn circumstances(
    registry: &Registry,
    tracker: &mut Tracker,
    subject: Subject,
    what: &What,
    now: Instant,
) -> Circumstances {
    let device = subject.device().and_then(|id| registry.device(id));
    let site = match subject {
        Subject::Site(id) => registry.site(id),
        _ => device.and_then(|device| registry.site(device.site)),
    };
    let named = device.map(|device| &device.name).or(site.map(|site| &site.name));
    let parent = what
        .may_follow_an_outage()
        .then(|| tracker.outage_of(subject, site.map(|site| site.id), now));
    Circumstances {
        id: tracker.next_id(),
        name: named.cloned().unwrap_or_default(),
        site: site.map(|site| (site.id, site.name.clone())),
        parent: parent.flatten(),
    }
}

/// An event with its times as the clock on the wall showed them.
fn shown(event: &EventRecord) -> ShownEvent {
    ShownEvent {
        event: event.clone(),
        since: clock::clock_of(event.since),
        until: event.until().map(clock::clock_of),
    }
}

fn answer<P: Clone>(result: &Result<(), P>) -> Trying<P> {
    match result {
        Ok(()) => Trying::Done,
        Err(problem) => Trying::Failed(problem.clone()),
    }
}
