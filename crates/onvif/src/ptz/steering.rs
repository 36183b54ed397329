//! The conversation that steers the cameras of one device, without its socket. What a camera is capable of is asked once; then it is
//! moved as the dead man says, and its presets and preset tours are read while nothing moves.
//!
//! A call that reads tells first whether the sign-in is right. What is refused after that is not allowed to this account (ONVIF Core §5.9.4.3, access
//! class ACTUATE): it is said once and not tried again, and it is no refused sign-in.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant, SystemTime};

use device::Credentials;

use super::asked::{Asked, Once, Opening};
use super::calls;
use super::dead_man::DeadMan;
use super::known::Known;
use super::offer::{PresetTour, PtzOffer};
use super::order::{Due, OrderAnswer, SteeringTrouble, TourOrder};
use super::{Motion, Preset};
use crate::envelope::{Call, Service};
use crate::fault::{Fault, FaultKind, said};
use crate::request::{WebReply, WebRequest};
use crate::services::ServicePaths;
use crate::sign_in::{SignInRefusal, SignInVerdict, SignInWay};
use crate::time::clock_offset;
use crate::xml::{XmlLimits, XmlTree};

/// How long an answer is waited for that is none of the dead man's.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same once Stop waits behind it on its connection.
const PATIENCE_BEFORE_STOP: Duration = Duration::from_millis(2_500);

/// What a steering begins with.
#[derive(Debug)]
pub struct SteeringPlan {
    /// Path and query of the device service.
    pub path: String,
    pub credentials: Option<Credentials>,
    /// The password may be sent in clear.
    pub may_basic: bool,
    /// For nonces.
    pub seed: u64,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum SteeringNext {
    Ask(Box<WebRequest>),
    /// Nothing before this moment, unless something happens.
    Wait(Option<Instant>),
    /// The answer has not come: the connection is to be closed, and [`Steering::lost`] to be told.
    GiveUp,
}

/// What a camera does, for all that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SteeringDoing {
    /// It is being asked what it is capable of.
    #[default]
    Asking,
    Still,
    Moving,
    Stopping,
}

/// What is known of the steering of one camera.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SteeringView {
    pub doing: SteeringDoing,
    /// Once it is known.
    pub offer: Option<PtzOffer>,
    /// In the camera's order, once they are known.
    pub presets: Option<Vec<Preset>>,
    pub tours: Vec<PresetTour>,
    pub trouble: Option<SteeringTrouble>,
    /// All that it is asked is known.
    pub complete: bool,
    /// How often what was asked for has come to its end.
    pub finished: u32,
    /// The device refused the sign-in: nothing more is asked.
    pub refusal: Option<SignInRefusal>,
}

/// The steering of the cameras of one device, one at a time.
pub struct Steering {
    path: String,
    sign_in: SignInWay,
    services: ServicePaths,
    opening: Option<Opening>,
    known: HashMap<String, Known>,
    /// The profile that is steered.
    aim: String,
    dead_man: DeadMan,
    once: VecDeque<(Once, bool)>,
    asked: Option<(Asked, Instant)>,
    /// A signed call was answered: the sign-in is right.
    accepted: bool,
    refusal: Option<SignInRefusal>,
}

impl Steering {
    pub fn new(plan: SteeringPlan) -> Self {
        Self {
            sign_in: SignInWay::new(plan.credentials, plan.may_basic, plan.seed),
            path: plan.path,
            services: ServicePaths::default(),
            opening: Some(Opening::Clock),
            known: HashMap::new(),
            aim: String::new(),
            dead_man: DeadMan::default(),
            once: VecDeque::new(),
            asked: None,
            accepted: false,
            refusal: None,
        }
    }

    /// Takes the camera of this profile as the one that is steered. `false`: another one has to stop before, and is told to.
    pub fn aim(&mut self, profile: &str, now: Instant) -> bool {
        if self.aim == profile {
            return true;
        }
        if !self.dead_man.is_still() {
            self.dead_man.release(now);
            return false;
        }
        let lessons = self.dead_man.lessons();
        if let Some(known) = self.known.get_mut(&self.aim) {
            known.lessons = lessons;
        }
        self.once.clear();
        profile.clone_into(&mut self.aim);
        let known = self.known.entry(profile.to_owned()).or_default();
        self.dead_man = DeadMan::new(known.lessons);
        self.dead_man.set_range(known.range.unwrap_or_default());
        true
    }

    /// What to sign in with. `may_basic`: the password may be sent in clear.
    pub fn set_credentials(&mut self, credentials: Option<Credentials>, may_basic: bool) {
        self.sign_in.set_credentials(credentials, may_basic);
    }

    /// Somebody holds this camera so, and says it again before [`super::HOLD_LASTS`] has passed.
    pub fn hold(&mut self, profile: &str, motion: Motion, now: Instant) {
        if self.aim(profile, now) && self.may_steer() {
            self.dead_man.hold(motion, now);
        }
    }

    pub fn release(&mut self, now: Instant) {
        self.dead_man.release(now);
    }

    /// Somebody wants this camera to stop, whatever made it move.
    pub fn halt(&mut self, profile: &str, now: Instant) {
        self.once.clear();
        if self.aim(profile, now) && self.may_steer() {
            self.dead_man.halt(now);
        }
    }

    pub fn go_to(&mut self, profile: &str, preset: &str, now: Instant) {
        self.do_once(profile, Once::GoTo(preset.to_owned()), now);
    }

    pub fn tour(&mut self, profile: &str, tour: &str, order: TourOrder, now: Instant) {
        self.do_once(profile, Once::Tour(tour.to_owned(), order), now);
    }

    /// The lists of this camera are read anew.
    pub fn refresh(&mut self, profile: &str) {
        if let Some(known) = self.known.get_mut(profile) {
            (known.presets, known.tours) = (None, None);
        }
    }

    /// Each request costs a connect of its own, for the device closes after each answer.
    pub fn set_costly(&mut self) {
        self.dead_man.set_costly(true);
    }

    /// What is to be done on a connection. What it says to ask counts as asked. `wall`: the time by our own clock.
    pub fn next(&mut self, now: Instant, wall: SystemTime) -> SteeringNext {
        if let Some((asked, at)) = &self.asked {
            if matches!(asked, Asked::Order(_)) {
                return match self.dead_man.poll(now) {
                    Due::GiveUp => SteeringNext::GiveUp,
                    Due::Wait(until) => SteeringNext::Wait(until),
                    // Nothing is sent while an order is under way.
                    Due::Send(_) => SteeringNext::Wait(None),
                };
            }
            let patience = match self.dead_man.is_stopping() {
                true => PATIENCE_BEFORE_STOP,
                false => PATIENCE,
            };
            let late = *at + patience;
            return match now >= late {
                true => SteeringNext::GiveUp,
                false => SteeringNext::Wait(Some(late)),
            };
        }
        let Some(asked) = self.due(now) else {
            return SteeringNext::Wait(self.wake(now));
        };
        let request = self.request(&asked, wall);
        self.asked = Some((asked, now));
        SteeringNext::Ask(Box::new(request))
    }

    /// Whether there is anything to ask now, for which a connection is needed.
    pub fn wants(&mut self, now: Instant) -> bool {
        if self.refusal.is_some() || self.aim.is_empty() || self.asked.is_some() {
            return false;
        }
        self.dead_man.wants(now) || self.peek().is_some()
    }

    /// When it is to be looked at again, where it is not connected.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        self.dead_man.wake(now)
    }

    /// Whether nothing is under way, nothing is held and everything stands still.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.asked.is_none() && self.dead_man.is_still() && !self.dead_man.is_held()
    }

    /// Whether a camera moves, or may move.
    #[must_use]
    pub fn may_move(&self) -> bool {
        !self.dead_man.is_still()
    }

    /// The connection is gone. `unanswered`: because an answer did not come.
    pub fn lost(&mut self, unanswered: bool, now: Instant) {
        match self.asked.take() {
            // It was closed while it was idle, so that nobody has read it.
            Some((Asked::Once(once, false), _)) if !unanswered => self.once.push_front((once, true)),
            Some((Asked::Once(..), _)) => self.dead_man.once_unanswered(),
            _ => {}
        }
        self.dead_man.lost(unanswered, now);
    }

    /// There is no way to the device any more.
    pub fn cut_off(&mut self) {
        self.asked = None;
        self.once.clear();
        self.dead_man.cut_off();
    }

    /// Takes the answer to the last request, which took so long. `wall`: the time by our own clock.
    pub fn answered(&mut self, reply: &WebReply, took: Duration, now: Instant, wall: SystemTime) {
        let Some((asked, _)) = self.asked.take() else { return };
        let tree = XmlTree::read(&reply.body, XmlLimits::ANSWER).ok();
        let fault = tree.as_ref().and_then(Fault::of);
        let is_open = matches!(asked, Asked::Opening(_));
        let is_act = matches!(asked, Asked::Order(_) | Asked::Once(..));
        let wants_sign_in =
            reply.status == 401 || fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::NotSignedIn);
        // A token that was right is not signed anew: the account may not do it.
        let is_known = is_act && self.accepted;
        if wants_sign_in && !is_open && !(is_known && reply.status != 401) {
            match self.sign_in.judge(reply, fault.as_ref()) {
                SignInVerdict::Again => return self.ask_again(asked),
                SignInVerdict::Refused(refusal) if !is_known => {
                    self.refusal = Some(refusal);
                    return self.cut_off();
                }
                SignInVerdict::Refused(_) | SignInVerdict::Fine => {}
            }
        } else if !wants_sign_in {
            self.accepted |= self.sign_in.has_signed() && reply.status < 400;
            self.sign_in.judge(reply, fault.as_ref());
        }
        let answer = answer(reply.status, fault.as_ref());
        match asked {
            Asked::Order(_) => self.dead_man.answered(answer, now),
            Asked::Once(once, _) => self.once_answered(&once, answer),
            other => self.take(&other, tree.filter(|_| answer == OrderAnswer::Done), took, wall),
        }
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

    #[must_use]
    pub fn refusal(&self) -> Option<&SignInRefusal> {
        self.refusal.as_ref()
    }

    /// What is known of the camera of this profile.
    #[must_use]
    pub fn view(&self, profile: &str) -> SteeringView {
        let known = self.known.get(profile);
        let is_aim = self.aim == profile;
        let offer = known.and_then(|known| known.offer());
        let doing = match (is_aim, offer) {
            (_, None) => SteeringDoing::Asking,
            (true, _) if self.dead_man.is_stopping() => SteeringDoing::Stopping,
            (true, _) if !self.dead_man.is_still() => SteeringDoing::Moving,
            _ => SteeringDoing::Still,
        };
        let is_none = known.is_some_and(Known::is_none);
        let trouble = self.dead_man.trouble().filter(|_| is_aim).cloned();
        SteeringView {
            doing,
            offer,
            presets: known.and_then(|known| known.presets.clone()),
            tours: known.and_then(|known| known.tours.clone()).unwrap_or_default(),
            trouble: trouble.or_else(|| is_none.then_some(SteeringTrouble::NotSteerable)),
            complete: known.is_some_and(|known| {
                let imaging = self.services.path(Service::Imaging).is_some();
                known.lacks_to_move().is_none() && known.lacks(imaging).is_none()
            }),
            finished: if is_aim { self.dead_man.finished() } else { 0 },
            refusal: self.refusal.clone(),
        }
    }

    /// Whether nothing speaks against what is asked of the camera.
    fn may_steer(&self) -> bool {
        let is_none = self
            .known
            .get(&self.aim)
            .is_some_and(|known| known.profile == Some(None));
        self.refusal.is_none() && !is_none
    }

    fn do_once(&mut self, profile: &str, once: Once, now: Instant) {
        self.dead_man.release(now);
        if self.aim(profile, now) && self.may_steer() && self.dead_man.begin_anew() {
            // What was asked for before is not wanted any more.
            self.once.clear();
            self.once.push_back((once, false));
        }
    }

    fn ask_again(&mut self, asked: Asked) {
        match asked {
            Asked::Order(_) => self.dead_man.unsent(),
            Asked::Once(once, again) => self.once.push_front((once, again)),
            // It is asked because it is not known.
            _ => {}
        }
    }

    /// What is asked now. An order counts as sent.
    fn due(&mut self, now: Instant) -> Option<Asked> {
        if self.refusal.is_some() || self.aim.is_empty() {
            return None;
        }
        let next = self.peek();
        let first = matches!(
            next,
            Some(Asked::Opening(_) | Asked::Profile | Asked::Node | Asked::Timeouts)
        );
        // Without them a move cannot be said.
        if first {
            return next;
        }
        if !self.may_steer() {
            self.dead_man.cut_off();
            return None;
        }
        if let Due::Send(order) = self.dead_man.poll(now) {
            return Some(Asked::Order(order));
        }
        if let Some(Asked::Once(..)) = next {
            self.once.pop_front();
        }
        next
    }

    /// What is asked next beside orders.
    fn peek(&self) -> Option<Asked> {
        if let Some(opening) = self.opening {
            return Some(Asked::Opening(opening));
        }
        let known = self.known.get(&self.aim)?;
        if let Some(asked) = known.lacks_to_move() {
            return Some(asked);
        }
        if !self.may_steer() {
            return None;
        }
        if !self.dead_man.is_still() || self.dead_man.is_held() {
            return None;
        }
        if let Some((once, again)) = self.once.front() {
            return Some(Asked::Once(once.clone(), *again));
        }
        known.lacks(self.services.path(Service::Imaging).is_some())
    }

    fn request(&mut self, asked: &Asked, wall: SystemTime) -> WebRequest {
        let none = Known::default();
        let known = self.known.get(&self.aim).unwrap_or(&none);
        let (service, name, content) = calls::written(asked, &self.aim, known, self.services.media());
        let call = Call {
            service,
            name,
            content: &content,
            addressing: None,
        };
        let target = self.services.path(service).unwrap_or(&self.path).to_owned();
        let is_open = matches!(asked, Asked::Opening(_));
        let signature = self.sign_in.sign(call, &target, is_open, wall);
        signature.request(call, target)
    }

    /// What was read; without an answer it is done without.
    fn take(&mut self, asked: &Asked, tree: Option<XmlTree>, took: Duration, wall: SystemTime) {
        let tree = tree.as_ref();
        if let Asked::Opening(opening) = asked {
            return self.opened(*opening, tree, took, wall);
        }
        let has_ptz = self.services.path(Service::Ptz).is_some();
        let aim = self.aim.clone();
        if let Some(known) = self.known.get_mut(&aim) {
            known.read(asked, &aim, tree, has_ptz);
            self.dead_man.set_range(known.range.unwrap_or_default());
        }
    }

    fn opened(&mut self, opening: Opening, tree: Option<&XmlTree>, took: Duration, wall: SystemTime) {
        self.opening = match opening {
            Opening::Clock => {
                let asked = wall.checked_sub(took / 2).unwrap_or(wall);
                let clock = tree.and_then(|tree| clock_offset(tree.top(), asked));
                self.sign_in.set_clock(clock);
                Some(Opening::Services)
            }
            Opening::Services => {
                tree.inspect(|tree| self.services.read_services(tree));
                let is_known = self.services.has_media() && self.services.path(Service::Ptz).is_some();
                (!is_known).then_some(Opening::Capabilities)
            }
            Opening::Capabilities => {
                tree.inspect(|tree| self.services.read_capabilities(tree));
                None
            }
        };
    }

    fn once_answered(&mut self, once: &Once, answer: OrderAnswer) {
        if let Once::Tour(..) = once
            && let Some(known) = self.known.get_mut(&self.aim)
        {
            // Which one it is on has changed.
            known.tours = None;
        }
        self.dead_man.once_answered(answer);
    }
}

fn answer(status: u16, fault: Option<&Fault>) -> OrderAnswer {
    let text = |otherwise: &str| fault.map_or_else(|| said(otherwise), |fault| fault.text.clone());
    match (fault.map(|fault| fault.kind), status) {
        (Some(FaultKind::NotAllowed | FaultKind::NotSignedIn), _) | (None, 401 | 403) => {
            OrderAnswer::NotAllowed(text(""))
        }
        (Some(FaultKind::Unknown), _) | (None, 404 | 405 | 501) => {
            OrderAnswer::Unknown(text(&format!("HTTP {status}")))
        }
        (Some(FaultKind::Other), _) => OrderAnswer::Refused(text("")),
        (None, 400..) => OrderAnswer::Refused(format!("HTTP {status}")),
        (None, _) => OrderAnswer::Done,
    }
}

#[cfg(test)]
mod tests;
