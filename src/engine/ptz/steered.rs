//! One device that is steered: its conversation, and the connection that carries it. The connection stays open while something is
//! held and for some seconds more, so that a held stick costs one connect.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::super::attempt::{Refusals, SignInKey};
use super::super::clock;
use super::super::connections::{GrantedQuestion, QuestionId, SignInKeys};
use super::super::failure::failure;
use super::super::inbox::Inbox;
use super::line;
use super::news::{PtzEffect, PtzEvent};
use crate::bridge::{Clock, PtzLink, PtzStatus, PtzWish};
use ::onvif::{SignInRefusal, Steering, SteeringNext, SteeringPlan, WebRequest};
use device::{ChannelId, Device};
use reconnect::{AttemptId, Failure, FailureKind, LinkView, Stage};

/// How long a connection stays open that nobody needs.
const LINGER: Duration = Duration::from_secs(8);

/// So many connections in a row that brought no answer end what is wanted, unless a camera may move.
const FRUITLESS: u32 = 2;

pub(super) struct Steered {
    /// As it was when the steering began.
    device: Device,
    steering: Steering,
    /// The channels that were asked for.
    channels: BTreeSet<u16>,
    question: Option<QuestionId>,
    line: Line,
    /// Since when the connection is not needed.
    idle_since: Option<Instant>,
    sent_at: Instant,
    fruitless: u32,
    connects: u32,
    failure: Option<Failure>,
    not_asked: Option<Clock>,
    waits_until: Option<Instant>,
    guard: Option<Guard>,
    wake: Option<Instant>,
    effects: VecDeque<PtzEffect>,
}

enum Line {
    None,
    /// It waits for a permit.
    Wanted,
    Up {
        attempt: AttemptId,
        /// It is connected.
        open: bool,
        /// Something was answered on it.
        answered: bool,
        requests: mpsc::Sender<WebRequest>,
        task: AbortHandle,
    },
}

/// What is known of refusals of the same sign-in.
struct Guard {
    refusals: Arc<Refusals>,
    keys: SignInKeys,
    believe: Duration,
    /// The recorder took it.
    accepted: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Self::Up { task, .. } = self {
            task.abort();
        }
    }
}

impl Steered {
    pub(super) fn new(device: &Device, now: Instant) -> Self {
        let path = device
            .onvif
            .as_ref()
            .map(|place| place.path.clone())
            .unwrap_or_default();
        Self {
            device: device.clone(),
            steering: Steering::new(SteeringPlan {
                path,
                credentials: None,
                may_basic: false,
                seed: fastrand::u64(..),
            }),
            channels: BTreeSet::new(),
            question: None,
            line: Line::None,
            idle_since: None,
            sent_at: now,
            fruitless: 0,
            connects: 0,
            failure: None,
            not_asked: None,
            waits_until: None,
            guard: None,
            wake: None,
            effects: VecDeque::new(),
        }
    }

    /// Whether the device is still the one that is steered.
    pub(super) fn is_of(&self, device: &Device) -> bool {
        let of = |device: &Device| {
            let place = (device.host.clone(), device.port, device.onvif.clone());
            (place, device.user.clone(), device.password_revision, device.enabled)
        };
        of(&self.device) == of(device)
    }

    pub(super) fn question(&self) -> Option<QuestionId> {
        self.question
    }

    pub(super) fn may_move(&self) -> bool {
        self.steering.may_move()
    }

    pub(super) fn is_connected(&self) -> bool {
        !matches!(self.line, Line::None)
    }

    pub(super) fn wake(&self) -> Option<Instant> {
        self.wake
    }

    pub(super) fn poll_effect(&mut self) -> Option<PtzEffect> {
        self.effects.pop_front()
    }

    /// What a person wants of a channel, whose profile this is.
    pub(super) fn wish(&mut self, channel: ChannelId, profile: &str, wish: PtzWish, now: Instant) {
        self.channels.insert(channel.number);
        let steering = &mut self.steering;
        // Who holds on while nothing can be asked has to let go before it is tried anew.
        let is_blocked = self.failure.is_some() || self.not_asked.is_some();
        match wish {
            PtzWish::Hold(_) if is_blocked => {}
            PtzWish::Hold(motion) => steering.hold(profile, motion, now),
            PtzWish::Release | PtzWish::Close => {
                steering.release(now);
                self.unblock();
            }
            PtzWish::Open => {
                self.unblock();
                self.steering.aim(profile, now);
            }
            PtzWish::Halt => {
                self.unblock();
                self.steering.halt(profile, now);
            }
            PtzWish::GoTo(preset) => {
                self.unblock();
                self.steering.go_to(profile, &preset, now);
            }
            PtzWish::Tour(tour, order) => {
                self.unblock();
                self.steering.tour(profile, &tour, order, now);
            }
            PtzWish::Refresh => {
                self.unblock();
                self.steering.refresh(profile);
            }
        }
        self.pump(now);
        self.effects.push_back(PtzEffect::Changed);
    }

    /// Everything is let go.
    pub(super) fn release(&mut self, now: Instant) {
        self.steering.release(now);
        self.pump(now);
    }

    /// The connections began the question that was asked for; `None`: the device is not to be asked.
    pub(super) fn begun(&mut self, question: Option<QuestionId>) {
        self.question = question;
        if question.is_none() {
            self.line = Line::None;
            self.steering.cut_off();
            self.fail(failure(FailureKind::Local, Stage::Connect, "the device is not enabled"));
        }
    }

    /// A connect may be made.
    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>, now: Instant) {
        let attempt = granted.attempt;
        self.steering
            .set_credentials(granted.credentials.clone(), granted.may_basic);
        let accepted = self.guard.take().is_some_and(|guard| guard.accepted);
        self.guard = Some(Guard {
            refusals: Arc::clone(&granted.refusals),
            keys: granted.keys,
            believe: granted.believe_refusal,
            accepted,
        });
        self.connects += 1;
        self.waits_until = None;
        let (requests, received) = mpsc::channel(1);
        let task = tokio::spawn(line::carry(granted, received, inbox));
        self.line = Line::Up {
            attempt,
            open: false,
            answered: false,
            requests,
            task: task.abort_handle(),
        };
        self.pump(now);
    }

    pub(super) fn news(&mut self, question: QuestionId, of: AttemptId, event: PtzEvent, now: Instant) {
        let Line::Up {
            attempt,
            open,
            answered,
            ..
        } = &mut self.line
        else {
            return;
        };
        if *attempt != of {
            return;
        }
        match event {
            PtzEvent::Connected(address, certificate) => {
                *open = true;
                self.effects
                    .push_back(PtzEffect::Connected(question, of, address, certificate));
            }
            PtzEvent::OtherCertificate(certificate) => {
                self.effects
                    .push_back(PtzEffect::OtherCertificate(question, certificate));
            }
            PtzEvent::Answer { reply, closes } => {
                if !std::mem::replace(answered, true) {
                    self.effects.push_back(PtzEffect::Answered(question, of));
                }
                self.fruitless = 0;
                let took = now.saturating_duration_since(self.sent_at);
                self.steering.answered(&reply, took, now, SystemTime::now());
                if closes {
                    self.line = Line::None;
                    self.steering.set_costly();
                }
                self.note_sign_in(question);
            }
            PtzEvent::Failed { address, failure } => {
                let answered = *answered;
                self.line = Line::None;
                self.broke(question, of, (answered, address), failure, now);
            }
        }
        self.pump(now);
        self.effects.push_back(PtzEffect::Changed);
    }

    /// The connections ended the question.
    pub(super) fn ended(&mut self, failure: Failure) {
        self.line = Line::None;
        self.question = None;
        self.steering.cut_off();
        self.fail(failure);
        self.effects.push_back(PtzEffect::Changed);
    }

    /// What the machine plans while it waits for a permit. `true`: something that is shown has changed.
    pub(super) fn judge(&mut self, view: Option<LinkView>) -> bool {
        if !matches!(self.line, Line::Wanted) {
            return false;
        }
        let until = match view {
            Some(LinkView::Stopped { failure, .. }) => {
                self.end_question();
                self.steering.cut_off();
                self.fail(failure);
                self.effects.push_back(PtzEffect::Changed);
                return true;
            }
            Some(LinkView::Waiting { until, .. }) => until,
            Some(LinkView::BackingOff { until, .. }) => Some(until),
            _ => None,
        };
        let changed = std::mem::replace(&mut self.waits_until, until) != until;
        if changed {
            self.effects.push_back(PtzEffect::Changed);
        }
        changed
    }

    /// Another question of this device goes before what nobody needs now.
    pub(super) fn give_way(&mut self) {
        if self.steering.is_at_rest() {
            self.close();
        }
    }

    /// Does what is due.
    pub(super) fn pump(&mut self, now: Instant) {
        loop {
            let Line::Up {
                open: true, requests, ..
            } = &self.line
            else {
                return self.pump_closed(now);
            };
            let requests = requests.clone();
            match self.steering.next(now, SystemTime::now()) {
                SteeringNext::Ask(request) => {
                    self.idle_since = None;
                    if self.was_refused_lately() {
                        self.close();
                        self.steering.cut_off();
                        return;
                    }
                    self.sent_at = now;
                    if requests.try_send(*request).is_err() {
                        // Its end is on the way.
                        self.wake = None;
                        return;
                    }
                }
                SteeringNext::GiveUp => {
                    self.line = Line::None;
                    self.steering.lost(true, now);
                    self.effects.push_back(PtzEffect::Changed);
                }
                SteeringNext::Wait(until) => {
                    self.wake = until;
                    if self.steering.is_at_rest() {
                        let closes = *self.idle_since.get_or_insert(now) + LINGER;
                        if now >= closes {
                            return self.close();
                        }
                        self.wake = Some(until.map_or(closes, |until| until.min(closes)));
                    }
                    return;
                }
            }
        }
    }

    /// Without an open connection: one is wanted where there is something to ask.
    fn pump_closed(&mut self, now: Instant) {
        let blocked = self.failure.is_some() || self.not_asked.is_some();
        let wants = (!blocked || self.steering.may_move()) && self.steering.wants(now);
        self.wake = self.steering.wake(now);
        if !matches!(self.line, Line::None) {
            return;
        }
        if wants {
            self.line = Line::Wanted;
            self.effects.push_back(match self.question {
                Some(question) => PtzEffect::Again(question),
                None => PtzEffect::Begin(self.device.id),
            });
        } else if self.steering.is_at_rest() {
            self.end_question();
        }
    }

    pub(super) fn status(&self, profile: &str) -> PtzStatus {
        PtzStatus {
            view: self.steering.view(profile),
            link: match self.line {
                Line::None => PtzLink::Idle,
                Line::Wanted => PtzLink::Waiting {
                    until: self.waits_until,
                },
                Line::Up { open: false, .. } => PtzLink::Connecting,
                Line::Up { open: true, .. } => PtzLink::Open,
            },
            failure: self.failure.clone(),
            not_asked: self.not_asked,
            connects: self.connects,
        }
    }

    /// The channels that were asked for, with what is known of each.
    pub(super) fn statuses(&self) -> impl Iterator<Item = (ChannelId, PtzStatus)> {
        let device = self.device.id;
        self.channels.iter().filter_map(move |number| {
            let channel = ChannelId {
                device,
                number: *number,
            };
            Some((channel, self.status(self.device.ptz_profile(channel)?)))
        })
    }

    fn broke(
        &mut self,
        question: QuestionId,
        attempt: AttemptId,
        (answered, address): (bool, Option<std::net::IpAddr>),
        failure: Failure,
        now: Instant,
    ) {
        self.steering.lost(false, now);
        if !answered {
            self.fruitless += 1;
            // The question ends with it.
            self.question = None;
            self.effects
                .push_back(PtzEffect::Failed(question, attempt, address, failure.clone()));
        }
        if self.fruitless >= FRUITLESS || !self.steering.may_move() && !answered {
            self.fail(failure);
        }
    }

    fn note_sign_in(&mut self, question: QuestionId) {
        if let Some(SignInRefusal::Refused { text, .. }) = self.steering.refusal() {
            let refused = failure(FailureKind::Auth, Stage::Describe, text);
            self.line = Line::None;
            self.question = None;
            self.effects.push_back(PtzEffect::Refused(question, refused));
            return;
        }
        if let Some(guard) = self.guard.as_mut().filter(|guard| !guard.accepted)
            && self.steering.is_signed_in()
        {
            guard.accepted = true;
            guard.refusals.accepted(guard.keys.recorder);
            guard.refusals.accepted(guard.keys.onvif);
        }
    }

    /// Whether the recorder refused lately what is signed now.
    fn was_refused_lately(&mut self) -> bool {
        let Some(guard) = self.guard.as_ref().filter(|guard| !guard.accepted) else {
            return false;
        };
        if !self.steering.has_signed() {
            return false;
        }
        let lately = |key: SignInKey| guard.refusals.lately(key, guard.believe, clock::now());
        let refused = lately(guard.keys.recorder).or_else(|| lately(guard.keys.onvif));
        self.not_asked = refused.map(|(_, clock)| clock);
        self.not_asked.is_some()
    }

    fn unblock(&mut self) {
        (self.failure, self.not_asked) = (None, None);
        self.fruitless = 0;
    }

    fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
        if !self.steering.may_move() {
            self.steering.cut_off();
        }
    }

    fn close(&mut self) {
        self.line = Line::None;
        (self.wake, self.idle_since) = (None, None);
        self.end_question();
        self.effects.push_back(PtzEffect::Changed);
    }

    fn end_question(&mut self) {
        self.line = Line::None;
        if let Some(question) = self.question.take() {
            self.effects.push_back(PtzEffect::End(question));
        }
    }
}
