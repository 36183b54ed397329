//! One recorder that is listened to.

mod ending;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::super::clock;
use super::super::connections::{GrantedQuestion, QuestionId};
use super::super::failure::failure;
use super::super::inbox::Inbox;
use super::Pictures;
use super::line::{self, Progress};
use super::listener::Listener;
use super::news::{SourceEffect, SourceEvent, SourceNews};
use super::wanted::Wanted;
use crate::bridge::{LastHeard, SourceFault, SourceState, SourceStatus};
use device::{DeviceId, EventSource};
use incidents::{Incident, Pause};
use reconnect::{AttemptId, Failure, FailureKind, LinkView, Stage};

/// Pictures come for so long, or none is wanted for so long, before a device is listened to by itself.
const SETTLED: Duration = Duration::from_secs(60);

/// The same where a person chose that it is listened to.
const SETTLED_BY_CHOICE: Duration = Duration::from_secs(2);

/// A connect that was not permitted for so long is asked for later.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that lasted so long was a good one.
const LASTED: Duration = Duration::from_secs(20);

/// Pauses after connections that did not last, and after connects that failed.
const AFTER_END: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(300));
const AFTER_FAILURE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3_600));

pub(super) struct Source {
    wanted: Wanted,
    /// Which of its interfaces is asked.
    interface: usize,
    /// `None` while a connection has it.
    listener: Option<Listener>,
    question: Option<QuestionId>,
    /// By which road of the device it was asked last.
    road: usize,
    line: Line,
    /// Nothing is begun before; `None`: never again.
    next_at: Option<Instant>,
    /// Since when its pictures are settled, as [`Pictures`] have it.
    settled: Option<(Option<Pictures>, Instant)>,
    after_end: Pause,
    after_failure: Pause,
    state: SourceState,
    heard: Option<LastHeard>,
    alive: Option<Instant>,
    incidents: u64,
    connects: u64,
    says_nothing: bool,
    ends: bool,
    effects: VecDeque<SourceEffect>,
}

enum Line {
    None,
    /// A question is being begun, or waits for a permit, since then.
    Wanted(Option<Instant>),
    Up {
        attempt: AttemptId,
        since: Instant,
        answered: bool,
        stop: watch::Sender<bool>,
        task: AbortHandle,
    },
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Self::Up { task, .. } = self {
            task.abort();
        }
    }
}

impl Source {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            interface: 0,
            listener: None,
            question: None,
            road: 0,
            line: Line::None,
            next_at: Some(clock::now()),
            settled: None,
            after_end: Pause::new(AFTER_END.0, AFTER_END.1),
            after_failure: Pause::new(AFTER_FAILURE.0, AFTER_FAILURE.1),
            state: SourceState::Waiting,
            heard: None,
            alive: None,
            incidents: 0,
            connects: 0,
            says_nothing: false,
            ends: false,
            effects: VecDeque::new(),
        }
    }

    pub(super) fn is_as(&self, wanted: &Wanted) -> bool {
        self.wanted.is_as(wanted)
    }

    /// The same with other names, or other entries beside the one that is asked.
    pub(super) fn set_wanted(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        self.changed();
    }

    pub(super) fn question(&self) -> Option<QuestionId> {
        self.question
    }

    /// The entry that is asked.
    pub(super) fn asked_device(&self) -> Option<DeviceId> {
        self.wanted.devices.first().map(|device| device.id)
    }

    pub(super) fn devices(&self) -> impl Iterator<Item = DeviceId> {
        self.wanted.devices.iter().map(|device| device.id)
    }

    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.devices().any(|entry| entry == device)
    }

    pub(super) fn poll_effect(&mut self) -> Option<SourceEffect> {
        self.effects.pop_front()
    }

    pub(super) fn status(&self) -> SourceStatus {
        let interface = self.wanted.interfaces.get(self.interface);
        SourceStatus {
            source: interface.map_or(EventSource::Off, |interface| interface.source()),
            state: self.state.clone(),
            heard: self.heard,
            alive: self.alive,
            incidents: self.incidents,
            connects: self.connects,
            says_nothing: self.says_nothing,
        }
    }

    /// Whether a connection is wanted, as far as it goes by time.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        matches!(self.line, Line::None) && !self.ends && self.next_at.is_some_and(|at| at <= now)
    }

    /// Whether its pictures have been as they are for long enough.
    pub(super) fn may_begin(&mut self, pictures: &BTreeMap<DeviceId, Pictures>, now: Instant) -> bool {
        let seen: Vec<Pictures> = self
            .devices()
            .filter_map(|device| pictures.get(&device).copied())
            .collect();
        let seen = if seen.contains(&Pictures::Missing) {
            Some(Pictures::Missing)
        } else {
            seen.first().copied()
        };
        let since = match self.settled {
            Some((before, since)) if before == seen => since,
            _ => now,
        };
        self.settled = Some((seen, since));
        let long = if self.wanted.is_chosen {
            SETTLED_BY_CHOICE
        } else {
            SETTLED
        };
        seen != Some(Pictures::Missing) && now.saturating_duration_since(since) >= long
    }

    pub(super) fn begin(&mut self) {
        let Some(device) = self.asked_device() else { return };
        match self.question {
            Some(question) => {
                self.line = Line::Wanted(Some(clock::now()));
                self.effects.push_back(SourceEffect::Again(question));
            }
            None => {
                self.line = Line::Wanted(None);
                self.effects
                    .push_back(SourceEffect::Begin(device, self.wanted.place.clone()));
            }
        }
        self.set_state(SourceState::Connecting);
    }

    pub(super) fn begun(&mut self, question: Option<QuestionId>, now: Instant) {
        self.question = question;
        match question {
            Some(_) => self.line = Line::Wanted(Some(now)),
            None => self.pause_after_failure(
                failure(FailureKind::Local, Stage::Connect, "the device is not enabled"),
                now,
            ),
        }
    }

    /// A connect may be made.
    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>, now: Instant) {
        let (question, attempt) = (granted.question, granted.attempt);
        let Some(interface) = self.wanted.interfaces.get(self.interface).copied() else {
            return;
        };
        // What was agreed was agreed with whoever stands where the other road ends.
        if std::mem::replace(&mut self.road, granted.road) != granted.road {
            self.listener = None;
        }
        let mut listener = self.listener.take().unwrap_or_else(|| {
            let sign_in = (granted.credentials.clone(), granted.may_basic);
            Listener::new(interface, &self.wanted.place.path, sign_in, self.wanted.channels())
        });
        self.connects += 1;
        let (stop, stops) = watch::channel(false);
        let task = tokio::spawn(async move {
            let told = inbox.clone();
            let send = move |event| {
                let news = SourceNews {
                    question,
                    attempt,
                    event,
                };
                if told.try_send(Inbox::Source(Box::new(news))).is_err() {
                    tracing::warn!("the engine is busy or gone: what a device told is not taken");
                }
            };
            let tell = |progress| match progress {
                Progress::Connected(address, shown) => send(SourceEvent::Connected(address, shown)),
                Progress::OtherCertificate(shown) => send(SourceEvent::OtherCertificate(shown)),
                Progress::Answered => send(SourceEvent::Answered),
                Progress::Heard {
                    incidents,
                    says_nothing,
                } => send(SourceEvent::Heard {
                    incidents,
                    says_nothing,
                }),
            };
            let end = line::listen(granted, &mut listener, stops, tell).await;
            let news = SourceNews {
                question,
                attempt,
                event: SourceEvent::Ended(listener, end),
            };
            // The loop may be gone already: then nobody needs to know.
            inbox.send(Inbox::Source(Box::new(news))).await.ok();
        });
        self.line = Line::Up {
            attempt,
            since: now,
            answered: false,
            stop,
            task: task.abort_handle(),
        };
        self.set_state(SourceState::Connecting);
    }

    pub(super) fn news(&mut self, news: SourceNews, now: Instant) {
        let SourceNews {
            question,
            attempt,
            event,
        } = news;
        let Line::Up {
            attempt: of, answered, ..
        } = &mut self.line
        else {
            return;
        };
        if *of != attempt {
            return;
        }
        match event {
            SourceEvent::Connected(address, certificate) => {
                let connected = SourceEffect::Connected(question, attempt, address, certificate);
                self.effects.push_back(connected);
            }
            SourceEvent::OtherCertificate(shown) => {
                self.effects.push_back(SourceEffect::OtherCertificate(question, shown));
            }
            SourceEvent::Answered => {
                *answered = true;
                self.alive = Some(now);
                self.effects.push_back(SourceEffect::Answered(question, attempt));
            }
            SourceEvent::Heard {
                incidents,
                says_nothing,
            } => self.heard(incidents, says_nothing, now),
            SourceEvent::Ended(listener, end) => self.line_ended(question, attempt, (listener, end), now),
        }
    }

    /// The connections ended the question: the device was changed, or may not be asked.
    pub(super) fn ended(&mut self, failure: Failure, now: Instant) {
        (self.question, self.line) = (None, Line::None);
        // Who listened was on the connection that is gone.
        if failure.kind != FailureKind::Local {
            return self.pause_after_failure(failure, now);
        }
        self.next_at = Some(now + SETTLED_BY_CHOICE);
        self.deaf();
        self.set_state(SourceState::Waiting);
    }

    /// What the machine plans for a connect that is waited for.
    pub(super) fn judge(&mut self, view: impl Fn(QuestionId) -> Option<LinkView>, now: Instant) {
        let (Line::Wanted(Some(since)), Some(question)) = (&self.line, self.question) else {
            return;
        };
        let waited = now.saturating_duration_since(*since);
        let stopped = match view(question) {
            Some(LinkView::Stopped { failure, .. }) => Some(failure),
            _ => None,
        };
        if stopped.is_none() && waited < PATIENCE {
            return;
        }
        self.end_question();
        match stopped {
            Some(stopped) if stopped.kind == FailureKind::Auth => {
                self.stop(SourceFault::SignIn(stopped.detail));
            }
            Some(stopped) => self.pause_after_failure(stopped, now),
            // Others go first for as long as the network is busy with them.
            None => {
                self.next_at = Some(now + self.after_failure.grow());
                self.set_state(SourceState::Waiting);
            }
        }
    }

    /// A person wants it to be tried at once.
    pub(super) fn retry(&mut self, now: Instant) {
        if !matches!(self.line, Line::None) {
            return;
        }
        if matches!(self.state, SourceState::Stopped(_)) {
            self.listener = None;
        }
        self.after_failure.reset();
        self.next_at = Some(now);
        self.set_state(SourceState::Waiting);
    }

    /// Its pictures come by another road: its events are asked for there.
    pub(super) fn takes_another_road(&mut self, now: Instant) {
        if self.ends || matches!(self.line, Line::None) {
            return;
        }
        self.end_question();
        self.next_at = Some(now + SETTLED_BY_CHOICE);
        self.deaf();
        self.set_state(SourceState::Waiting);
    }

    /// It is not listened to any more.
    pub(super) fn leave(&mut self) {
        self.end_question();
        self.deaf();
    }

    /// The program ends.
    pub(super) fn release(&mut self, now: Instant) {
        if self.ends {
            return;
        }
        self.ends = true;
        match &self.line {
            Line::Up { stop, .. } => {
                stop.send(true).ok();
            }
            Line::Wanted(_) | Line::None => self.unsubscribe(now),
        }
    }

    /// Whether a recorder is still to be told.
    pub(super) fn is_ending(&self) -> bool {
        self.ends && !matches!(self.line, Line::None)
    }

    /// Who listened is told that nobody does, and what they have to say goes out on a connection of its own: the last one is busy with an answer.
    fn unsubscribe(&mut self, now: Instant) {
        let says_so = self.listener.as_mut().is_some_and(|listener| listener.end());
        match self.question {
            Some(question) if says_so => {
                self.line = Line::Wanted(Some(now));
                self.effects.push_back(SourceEffect::Again(question));
            }
            _ => self.end_question(),
        }
    }

    fn heard(&mut self, incidents: Vec<Incident>, says_nothing: bool, now: Instant) {
        self.alive = Some(now);
        self.after_failure.reset();
        let is_change = self.state != SourceState::Listening || self.says_nothing != says_nothing;
        self.says_nothing = says_nothing;
        self.state = SourceState::Listening;
        if !incidents.is_empty() {
            self.incidents += incidents.len() as u64;
            self.heard = Some(LastHeard {
                at: now,
                clock: clock::local_clock(),
            });
        }
        for incident in incidents {
            if let Some(device) = self.wanted.entry(incident.channel) {
                self.effects.push_back(SourceEffect::Happened(device.id, incident));
            }
        }
        if is_change || self.heard.is_some_and(|heard| heard.at == now) {
            self.changed();
        }
    }

    pub(super) fn set_state(&mut self, state: SourceState) {
        if self.state != state {
            self.state = state;
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.effects.push_back(SourceEffect::Changed);
    }
}
