//! EVENTS: what happened, as the screen shows it and the disk keeps it, and the calls about it.
//!
//! Belongs here: when everything is looked at, when the list is written, which calls are under way. What other parts have to do comes
//! out as an [`EventsEffect`]. Does not belong here: what an event is and when somebody is called (`events`), what fails together (`trouble`),
//! how a tone is played (`video`) or a notification shown (the program's root says how).

mod alarms;
mod alerting;
mod done;
mod edits;
mod keeping;
mod known;
mod log_keeper;
mod look;
mod planned;
mod reading;
mod sender;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::alarms::Alarms;
use self::known::Known;
use self::log_keeper::LogKeeper;
use self::reading::LogViewer;
use self::sender::Sender;
use super::clock;
use crate::bridge::{
    AlertFault, AlertTrial, EngineState, EventsShown, NoticeKind, Notification, NotificationAbout, ShownEvent, Trying,
};
use crate::store::{LoadProblem, Profile};
use device::{DeviceId, Registry, SiteId};
use events::{
    Acknowledged, Aggregator, AlertSettings, Alerter, Circumstances, EventId, Happening, LogChange, Messenger,
    NoteText, Occurrence, OwnName, Reported, Subject, ToldCall, Tracker, What,
};
use self_watch::Standstill;
use settings::Settings;

pub(super) use done::AlertDone;
pub use edits::who;
pub(super) use log_keeper::LogAnswer;
pub(super) use sender::AlertOutputs;
pub use sender::Notifier;

/// What other parts have to do.
pub(super) enum EventsEffect {
    /// What is shown of the events changed.
    Changed,
    /// How writing the log ended.
    Written(Result<(), String>),
    /// The log goes on in another file.
    Aside(LoadProblem),
    /// That the loop of an earlier run stood still is told.
    StandstillTold,
    /// Somebody elsewhere is to be written to.
    Write {
        by: Messenger,
        call: u64,
        over: bool,
        about: Vec<ShownEvent>,
    },
    /// Nobody elsewhere is told the end of this call.
    Forget {
        by: Messenger,
        call: u64,
    },
    Notice(NoticeKind),
    Withdraw(fn(&NoticeKind) -> bool),
}

/// From one look at everything to the next.
const LOOK: Duration = Duration::from_secs(1);
/// The name of the log, as notices say it.
pub(super) const LOG_FILE: &str = "events.sqlite";
/// So many reports wait for what an earlier run left.
const MOST_EARLY: usize = 1_000;

pub(super) struct EventKeeper {
    tracker: Tracker,
    aggregator: Aggregator,
    /// What somebody is called about of what is reported.
    reported: Reported,
    alarms: Alarms,
    registry: Arc<Registry>,
    /// Whether that is what was read, so that another one was made by somebody.
    knows_registry: bool,
    known_settings: Option<Arc<Settings>>,
    /// What was reported before what an earlier run left was read.
    early: Vec<Happening>,
    alerter: Alerter,
    /// Where somebody works, as was planned.
    planned: BTreeSet<SiteId>,
    /// Calls of an earlier run, until what happened then was read.
    told_earlier: Vec<ToldCall>,
    /// As they were set; a kiosk calls by some of the means alone.
    settings: AlertSettings,
    kiosk: bool,
    sender: Sender,
    list: Arc<Vec<ShownEvent>>,
    attention: u64,
    trial: Option<AlertTrial>,
    looked: Option<Instant>,
    ticked: Option<Instant>,
    /// Where it is kept; `None`: this program is not the one that keeps what happens.
    log: Option<LogKeeper>,
    log_fails: bool,
    /// Raised with every change that is on disk.
    written: u64,
    viewer: Option<LogViewer>,
    /// What an earlier run left was read: before that, nothing is begun and nothing written.
    opened: bool,
    /// The loop of an earlier run stood still, and nobody was told.
    stood_still: Option<Standstill>,
    effects: VecDeque<EventsEffect>,
}

impl EventKeeper {
    /// `outputs`: by what people are called; `None`: nobody is. `log`: where it is kept, and by which way
    /// the log answers; `None`: this program is not the one that keeps it.
    pub(super) fn new(outputs: Option<AlertOutputs>, log: Option<(Profile, mpsc::Sender<LogAnswer>)>) -> Self {
        let viewer = log.as_ref().map(|(profile, answers)| LogViewer::new(profile, answers));
        Self {
            tracker: Tracker::default(),
            aggregator: Aggregator::default(),
            reported: Reported::default(),
            alarms: Alarms::default(),
            registry: Arc::default(),
            knows_registry: false,
            known_settings: None,
            early: Vec::new(),
            alerter: Alerter::default(),
            planned: BTreeSet::new(),
            told_earlier: Vec::new(),
            settings: AlertSettings::default(),
            kiosk: false,
            sender: Sender::new(outputs),
            list: Arc::default(),
            attention: 0,
            trial: None,
            looked: None,
            ticked: None,
            log: log.map(|(profile, answers)| LogKeeper::new(profile, answers)),
            log_fails: false,
            written: 0,
            viewer,
            opened: false,
            stood_still: None,
            effects: VecDeque::new(),
        }
    }

    /// The loop of an earlier run stood still, and nobody was told yet.
    pub(super) fn stood_still(&mut self, untold: Option<Standstill>) {
        self.stood_still = untold;
    }

    /// Names are those of this registry from now on.
    pub(super) fn set_registry(&mut self, registry: &Arc<Registry>, now: Instant) {
        let before = std::mem::replace(&mut self.registry, Arc::clone(registry));
        if std::mem::replace(&mut self.knows_registry, true) {
            for edit in edits::of_registry(&before, registry) {
                self.happened(edit, now);
            }
        }
        self.rest_planned();
    }

    /// A source reports this.
    pub(super) fn happened(&mut self, happening: Happening, now: Instant) {
        if self.log.is_none() {
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
        let planned = self.planned_of(happening.subject);
        let (registry, tracker) = (&self.registry, &mut self.tracker);
        let around = |happening: &Happening| {
            let around = circumstances(registry, tracker, happening.subject, &happening.what, now);
            let planned = planned.filter(|_| happening.what.may_follow_an_outage());
            Circumstances {
                parent: around.parent.or(planned),
                ..around
            }
        };
        self.aggregator.take(happening, around, clock::moment(now));
    }

    /// A person at the screen did this.
    pub(super) fn done_by_person(&mut self, subject: Subject, what: Occurrence, now: Instant) {
        self.happened(Happening::new(subject, what).by(&who()), now);
    }

    /// Nothing is heard of the events of this device any more, so that nobody knows how long its states last.
    pub(super) fn unheard(&mut self, device: DeviceId) {
        self.aggregator.lost(device);
    }

    pub(super) fn set_settings(&mut self, settings: &Arc<Settings>, now: Instant) {
        if let Some(before) = self.known_settings.replace(Arc::clone(settings)) {
            for edit in edits::of_settings(&before, settings) {
                self.happened(edit, now);
            }
        }
        if let Some(log) = &mut self.log {
            log.set_bounds(settings.event_log);
        }
        if self.settings != settings.alerts {
            self.settings.clone_from(&settings.alerts);
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
            let at = clock::moment(clock::now()).local;
            let known = Known {
                book: self.tracker.book(),
                reported: &self.reported,
            };
            self.alerter.set_settings(settings, &known, at);
        }
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<EventsEffect> {
        self.effects.pop_front()
    }

    pub(super) fn shown(&self) -> EventsShown {
        EventsShown {
            list: Arc::clone(&self.list),
            unseen: self.tracker.book().unseen() + self.reported.iter().filter(|event| !event.seen).count(),
            now: clock::wall_of_events(),
            attention: self.attention,
            sounding: self.alerter.is_sounding(),
            alarms: self.alarms.shown(),
            bordered: self.alarms.bordered(),
            trial: self.trial.clone(),
            written: self.written,
            read: self.viewer.as_ref().and_then(|viewer| viewer.read.clone()),
            exported: self.viewer.as_ref().and_then(|viewer| viewer.exported.clone()),
        }
    }

    /// Whether time alone may change what happened, so that it has to be looked at.
    pub(super) fn awaits_a_look(&self, now: Instant) -> bool {
        let calm = self.tracker.is_calm() && self.reported.is_calm() && self.alerter.is_calm();
        self.opened && !calm && self.is_due(now)
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
                self.mark_planned(&news);
                let known = Known {
                    book: self.tracker.book(),
                    reported: &self.reported,
                };
                self.alerter.take(&news, &known, moment);
                self.follow_alarms(&news);
                self.keep_news(&news, moment.wall);
                self.list_anew();
                changed = true;
            }
        }
        let ended = self.reported.tick(moment);
        changed |= self.alert(&ended, moment);
        self.call(state);
        changed | self.border()
    }

    /// Somebody heard it.
    pub(super) fn hush(&mut self) {
        self.alerter.hush();
        self.effects.push_back(EventsEffect::Changed);
    }

    /// Somebody has seen these.
    pub(super) fn see(&mut self, ids: Vec<EventId>, now: Instant) {
        let reported = self.reported.see(ids.iter().copied());
        if self.tracker.see(ids.iter().copied()) | reported {
            self.seen(now);
        }
        self.aggregator.see(&ids);
        self.keep(LogChange::See(ids));
    }

    /// Somebody has seen all until now.
    pub(super) fn see_all(&mut self, now: Instant) {
        let all: Vec<EventId> = self.tracker.book().iter().map(|event| event.id).collect();
        if self.tracker.see(all) | self.reported.see_all() {
            self.seen(now);
        }
        self.aggregator.see_all();
        self.keep(LogChange::SeeUntil(self.tracker.book().last()));
    }

    /// Somebody has taken note of this event.
    pub(super) fn acknowledge(&mut self, id: EventId, note: NoteText, now: Instant) {
        let noted = Acknowledged {
            at: clock::wall_of_events(),
            who: OwnName::new(&who()),
            note,
        };
        if self.tracker.acknowledge(id, &noted) | self.reported.acknowledge(id, &noted) {
            self.seen(now);
        }
        self.aggregator.see(&[id]);
        self.keep(LogChange::Acknowledge(id, noted));
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

    /// To be called several times a second.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.opened
            && self
                .ticked
                .is_none_or(|ticked| now.saturating_duration_since(ticked) >= LOOK)
        {
            self.ticked = Some(now);
            self.aggregator.tick(clock::moment(now), || self.tracker.next_id());
            self.write(now);
        }
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

fn answer<P: Clone>(result: &Result<(), P>) -> Trying<P> {
    match result {
        Ok(()) => Trying::Done,
        Err(problem) => Trying::Failed(problem.clone()),
    }
}

#[cfg(test)]
impl EventKeeper {
    /// How much is held, by name.
    pub(super) fn sizes(&self) -> std::collections::BTreeMap<&'static str, usize> {
        std::collections::BTreeMap::from([
            ("events", self.tracker.book().len()),
            ("rows of reports", self.aggregator.rows()),
            ("rows to be written", self.aggregator.waiting()),
            ("events shown", self.list.len()),
        ])
    }
}
