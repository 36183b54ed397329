//! The conversation that hears the events of one device by PullPoint (ONVIF Core §9.2), without its socket: a subscription is made, pulled at our
//! own pace, made to last where the device wants that, and ended.
//!
//! Devices answer a pull at once, empty or full, for ever; others say that each subscription has ended already. Whoever asks again because an answer
//! came floods them. So nothing that a device says makes the next request come earlier.

mod asking;
mod notification;
mod reference;
mod taking;
mod topics;

use std::time::{Duration, Instant, SystemTime};

use device::Credentials;
use incidents::{Incident, Pause};

use self::notification::Notifications;
use self::reference::Reference;
use crate::envelope::Service;
use crate::fault::{Fault, FaultKind};
use crate::request::{WebReply, WebRequest};
use crate::services::ServicePaths;
use crate::sign_in::{SignInRefusal, SignInVerdict, SignInWay};
use crate::xml::{XmlLimits, XmlTree};

/// From an answer to the next pull, whatever the answer was.
const PACE: Duration = Duration::from_secs(1);

/// The same where pulls are answered empty before their time, and where each request costs a connect.
const SLOW_PACE: Duration = Duration::from_secs(10);

/// So many empty answers in a row before their time make the pace slow.
const EMPTY: u32 = 3;

/// How long a device may wait before it answers a pull that has nothing to tell. The book has each device take this.
const PULL_LASTS: Duration = Duration::from_secs(60);

/// The same with what the way to the device takes.
const PULL_PATIENCE: Duration = Duration::from_secs(75);

/// How long any other answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// No subscription counts as shorter, and none is made to last, or made anew, more often.
const LEAST: Duration = Duration::from_secs(60);

/// The longest pause before another subscription is made.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// A subscription that was good for so long was no failure.
const LASTED: Duration = Duration::from_secs(600);

/// After a silence as long as this, how things stand is asked for anew.
const MISSED: Duration = Duration::from_secs(60);

/// What hearing begins with.
#[derive(Debug)]
pub struct PullPointPlan {
    /// Path and query of the device service.
    pub path: String,
    pub credentials: Option<Credentials>,
    /// The password may be sent in clear.
    pub may_basic: bool,
    /// So many channels are registered: only those are told apart.
    pub channels: usize,
    /// For nonces.
    pub seed: u64,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum PullNext {
    Ask(Box<WebRequest>),
    /// Nothing before this moment; the connection is kept.
    Wait(Instant),
    /// Nothing before this moment, for which no connection is kept.
    Rest(Instant),
    /// Nothing any more.
    Stop,
}

/// Why nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullTrouble {
    /// Nothing more is asked before the sign-in is changed.
    SignIn(SignInRefusal),
    /// The device has no events, or no ONVIF; what it said.
    Unsupported(String),
    /// It refuses another subscription, or ended the last one; what it said.
    Refused(String),
}

/// The hearing of one device.
pub struct PullPoint {
    path: String,
    sign_in: SignInWay,
    services: ServicePaths,
    step: Step,
    asked: Option<Asked>,
    asked_at: Option<Instant>,
    subscription: Option<Subscription>,
    /// How an end is asked for when a subscription is made.
    end: End,
    /// No subscription is made before.
    make_at: Option<Instant>,
    pause: Pause,
    pull_at: Option<Instant>,
    empty: u32,
    is_costly: bool,
    /// Renew is no call that the device knows.
    no_renew: bool,
    /// It is to be ended.
    ends: bool,
    trouble: Option<PullTrouble>,
    notifications: Notifications,
    heard: Vec<Incident>,
    /// When something was answered last.
    answered_at: Option<Instant>,
    accepted: bool,
}

/// What has to be known before a subscription is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Clock,
    Services,
    Capabilities,
    Cameras(Service),
    Ready,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Opening,
    Make,
    Synchronise,
    Pull,
    Renew,
    Unsubscribe,
}

/// How a new subscription is told when to end: what one device wants another refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Relative,
    /// By the clock of the device.
    Absolute,
    Unsaid,
}

struct Subscription {
    reference: Reference,
    made_at: Instant,
    /// When it was heard of last.
    good_at: Instant,
    /// How long it lasts from then on, by the clock of the device.
    lasts: Duration,
    /// When it ends by that clock, in seconds since 1970.
    termination: Option<i64>,
    renew: Renewing,
    synchronise: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewing {
    /// Pulls make it last, as the book says.
    NotNeeded,
    /// Pulls do not: it is asked for at this time.
    At(Instant),
    /// The device knows no such call.
    Refused,
}

impl PullPoint {
    #[must_use]
    pub fn new(plan: PullPointPlan) -> Self {
        Self {
            sign_in: SignInWay::new(plan.credentials, plan.may_basic, plan.seed),
            path: plan.path,
            services: ServicePaths::default(),
            step: Step::Clock,
            asked: None,
            asked_at: None,
            subscription: None,
            end: End::Relative,
            make_at: None,
            pause: Pause::new(LEAST, LONGEST_PAUSE),
            pull_at: None,
            empty: 0,
            is_costly: false,
            no_renew: false,
            ends: false,
            trouble: None,
            notifications: Notifications::new(plan.channels),
            heard: Vec::new(),
            answered_at: None,
            accepted: false,
        }
    }

    /// What to do now; what it says to ask counts as asked. `wall`: the time by our own clock.
    pub fn next(&mut self, now: Instant, wall: SystemTime) -> PullNext {
        if let Some(at) = self.asked_at.filter(|_| self.asked.is_some()) {
            return PullNext::Wait(at + self.patience());
        }
        if matches!(self.trouble, Some(PullTrouble::SignIn(_))) {
            return PullNext::Stop;
        }
        if self.ends {
            return match self.subscription {
                Some(_) => self.ask(Asked::Unsubscribe, now, wall),
                None => PullNext::Stop,
            };
        }
        if let Some(at) = self.make_at.filter(|at| *at > now && self.subscription.is_none()) {
            return PullNext::Rest(at);
        }
        if self.step != Step::Ready {
            return self.ask(Asked::Opening, now, wall);
        }
        let is_over =
            |subscription: &Subscription| now.saturating_duration_since(subscription.good_at) > subscription.lasts;
        if self.subscription.as_ref().is_some_and(is_over) {
            // It has ended by itself while the device was away.
            self.subscription = None;
        }
        let Some(subscription) = &self.subscription else {
            return self.ask(Asked::Make, now, wall);
        };
        if let Some(at) = self.pull_at.filter(|at| *at > now) {
            return PullNext::Wait(at);
        }
        let asked = match subscription.renew {
            _ if subscription.synchronise => Asked::Synchronise,
            Renewing::At(at) if at <= now => Asked::Renew,
            _ => Asked::Pull,
        };
        self.ask(asked, now, wall)
    }

    /// How long the answer to the request under way may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        match self.asked {
            Some(Asked::Pull) => PULL_PATIENCE,
            _ => PATIENCE,
        }
    }

    /// Takes the answer to the last request, which took so long. `wall`: the time by our own clock.
    pub fn answered(&mut self, reply: &WebReply, took: Duration, now: Instant, wall: SystemTime) {
        let Some(asked) = self.asked.take() else { return };
        let tree = XmlTree::read(&reply.body, XmlLimits::ANSWER).ok();
        let fault = tree.as_ref().and_then(Fault::of);
        let is_open = asked == Asked::Opening && !matches!(self.step, Step::Cameras(_));
        let wants_sign_in =
            reply.status == 401 || fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::NotSignedIn);
        if wants_sign_in && !is_open {
            return match self.sign_in.judge(reply, fault.as_ref()) {
                SignInVerdict::Refused(refusal) => {
                    self.trouble = Some(PullTrouble::SignIn(refusal));
                    self.subscription = None;
                }
                SignInVerdict::Again | SignInVerdict::Fine => {}
            };
        }
        if !wants_sign_in {
            self.accepted |= self.sign_in.has_signed() && reply.status < 400 && fault.is_none();
            self.sign_in.judge(reply, fault.as_ref());
        }
        let is_good =
            reply.status < 400 && fault.is_none() && tree.as_ref().is_some_and(|tree| tree.find("Body").is_some());
        if is_good {
            self.answered_at = Some(now);
        }
        let text = || match &fault {
            Some(fault) if !fault.text.is_empty() => fault.text.clone(),
            _ => format!("HTTP {}", reply.status),
        };
        let good = tree.filter(|_| is_good);
        match (asked, good) {
            (Asked::Opening, tree) => self.opened(tree.as_ref(), reply.status, (took, now, wall)),
            (Asked::Make, Some(tree)) => self.made(&tree, reply, now),
            (Asked::Make, None) => {
                let is_unknown =
                    fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::Unknown) || reply.status == 404;
                self.not_made(text(), is_unknown, now);
            }
            (Asked::Synchronise, _) => self.synchronised(),
            (Asked::Pull, Some(tree)) => self.pulled(&tree, took, now),
            // The book has a fault for a pull that has nothing to tell in its time: no device was seen that ends there.
            (Asked::Pull, None) => self.drop_subscription(PullTrouble::Refused(text()), now),
            (Asked::Renew, tree) => self.renewed(tree.as_ref(), now),
            (Asked::Unsubscribe, _) => self.subscription = None,
        }
    }

    /// The connection is gone. What was under way is not answered any more.
    pub fn lost(&mut self, now: Instant) {
        match self.asked.take() {
            // Nobody knows whether the device made it.
            Some(Asked::Make) => self.make_at = Some(now + self.pause.grow()),
            Some(Asked::Unsubscribe) => self.subscription = None,
            // Some end the connection in each long wait, and so nothing was missed then.
            Some(Asked::Renew) => self.set_renewing(Renewing::At(now + LEAST)),
            _ => {}
        }
        self.pull_at = self.pull_at.max(Some(now + PACE));
    }

    /// When there is something to ask at the earliest, while there is no connection; `None`: never.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        if matches!(self.trouble, Some(PullTrouble::SignIn(_))) || self.ends && self.subscription.is_none() {
            return None;
        }
        let at = match self.subscription {
            _ if self.ends => None,
            Some(_) => self.pull_at,
            None => self.make_at,
        };
        Some(at.unwrap_or(now).max(now))
    }

    /// A connection stands again.
    pub fn connected(&mut self, now: Instant) {
        let missed = self
            .answered_at
            .is_some_and(|at| now.saturating_duration_since(at) > PULL_LASTS + MISSED);
        if let Some(subscription) = self.subscription.as_mut().filter(|_| missed) {
            subscription.synchronise = true;
        }
    }

    /// Each request costs a connect of its own, for the device closes after each answer.
    pub fn set_costly(&mut self, now: Instant) {
        self.is_costly = true;
        if self.step == Step::Ready {
            self.pull_at = self.pull_at.max(Some(now + SLOW_PACE));
        }
    }

    /// Whether each request costs a connect.
    #[must_use]
    pub fn is_costly(&self) -> bool {
        self.is_costly
    }

    /// Nobody listens any more: the subscription is to be ended.
    pub fn end(&mut self) {
        self.ends = true;
    }

    /// Whether a subscription stands at the device, for all that is known.
    #[must_use]
    pub fn is_subscribed(&self) -> bool {
        self.subscription.is_some()
    }

    #[must_use]
    pub fn trouble(&self) -> Option<&PullTrouble> {
        self.trouble.as_ref()
    }

    /// Whether a password was sent with the request under way, in whatever form.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.sign_in.has_signed()
    }

    /// The device takes the sign-in.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.accepted
    }

    /// Seconds that the clock of the device is ahead, once it told.
    #[must_use]
    pub fn clock(&self) -> Option<i64> {
        self.sign_in.clock()
    }

    /// What was heard since the last call.
    pub fn take(&mut self) -> Vec<Incident> {
        std::mem::take(&mut self.heard)
    }
}

#[cfg(test)]
mod tests;
