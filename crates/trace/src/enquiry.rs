//! From what an enquiry reports to the steps of ONVIF.

use std::time::Instant;

use onvif::{EnquiryFault, EnquiryResult, EnquiryStep};
use reconnect::Failure;

use super::Trace;
use super::exchange::ExchangeKind;
use super::step::{StepFact, StepName, TraceFault};

/// How far the enquiry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnvifState {
    /// The attempt comes first.
    NotYet,
    NotAsked(NoEnquiry),
    /// It waits for a permit, until about this time.
    Waiting(Option<Instant>),
    Asking,
    Over,
}

/// Why a device is not asked by ONVIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEnquiry {
    /// Nobody has said where it speaks ONVIF.
    NoPlace,
    /// Nothing answers at its address: another attempt would bring the same.
    NothingAnswers,
    /// Its address may not be asked, or is not known.
    NoWay,
}

impl OnvifState {
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::NotAsked(_) | Self::Over)
    }
}

impl Trace {
    pub fn onvif_not_asked(&mut self, why: NoEnquiry) {
        self.onvif_state = OnvifState::NotAsked(why);
    }

    pub fn onvif_waits(&mut self, until: Option<Instant>) {
        self.onvif_state = OnvifState::Waiting(until);
    }

    /// A connect of it is made now.
    pub fn onvif_dials(&mut self, now: Instant) {
        if matches!(self.onvif_state, OnvifState::Waiting(_)) && self.onvif.is_to_come(StepName::OnvifReach) {
            self.onvif.enter(StepName::OnvifReach, now);
        }
        self.onvif_state = OnvifState::Asking;
    }

    /// One more request goes out for this step. Asked again after its answer, the device has asked for a sign-in.
    pub fn onvif_asks(&mut self, step: EnquiryStep, now: Instant) {
        let name = step_of(step);
        let was_answered = |exchanges: &[super::Exchange]| {
            exchanges
                .last()
                .is_some_and(|exchange| exchange.kind == ExchangeKind::Answered)
        };
        let again = self.onvif.is_at(name)
            && step == EnquiryStep::Identity
            && self.onvif.step(name).is_some_and(|step| was_answered(&step.exchanges));
        if again {
            self.onvif.challenged(StepName::OnvifSignIn, now);
        }
        if name > StepName::OnvifIdentity && self.onvif.is_to_come(StepName::OnvifSignIn) {
            self.onvif.not_needed(StepName::OnvifSignIn);
        }
        self.onvif.enter(name, now);
    }

    /// What went over the wire, without its secrets.
    pub fn onvif_told(&mut self, kind: ExchangeKind, text: &str, now: Instant) {
        if let Some(current) = self.onvif.current_name() {
            self.onvif.tell(current, kind, text, now);
        }
    }

    /// It is over; what is known, and why it ended early if it did.
    pub fn onvif_ends(&mut self, result: &EnquiryResult, now: Instant) {
        if let Some(offset) = result.identity.clock_offset {
            self.onvif.found(StepName::OnvifClock, StepFact::Clock(offset));
        }
        if result.done.iter().any(|(step, _)| *step == EnquiryStep::Identity) {
            let identity = &result.identity;
            let fact = StepFact::Is {
                maker: identity.maker.clone(),
                model: identity.model.clone(),
                firmware: identity.firmware.clone(),
            };
            self.onvif.found(StepName::OnvifIdentity, fact);
        }
        match &result.failed {
            Some((step, fault)) => {
                let name = match fault {
                    EnquiryFault::SignIn(_) => {
                        self.onvif.challenged(StepName::OnvifSignIn, now);
                        StepName::OnvifSignIn
                    }
                    _ => step_of(*step),
                };
                self.onvif.fail(name, TraceFault::Onvif(fault.clone()), now);
            }
            None => {
                let fact = StepFact::Channels(result.channels.len());
                self.onvif.found(StepName::OnvifChannels, fact);
                self.onvif.finish(now);
            }
        }
        self.onvif_state = OnvifState::Over;
    }

    /// There was no conversation, or it broke.
    pub fn onvif_fails(&mut self, failure: Failure, now: Instant) {
        let name = self.onvif.current_name().unwrap_or(StepName::OnvifReach);
        self.onvif.fail(name, TraceFault::Stream(failure), now);
        self.onvif_state = OnvifState::Over;
    }

    /// The device refused the same sign-in lately.
    pub fn onvif_sign_in_refused_before(&mut self, now: Instant) {
        self.onvif.fail(StepName::OnvifSignIn, TraceFault::NotAsked, now);
        self.onvif_state = OnvifState::Over;
    }

    /// Nobody waits for it any more.
    pub fn give_up(&mut self, now: Instant) {
        self.stream.give_up(now);
        self.onvif.give_up(now);
        if !self.onvif_state.is_over() {
            self.onvif_state = OnvifState::Over;
        }
    }
}

fn step_of(step: EnquiryStep) -> StepName {
    match step {
        EnquiryStep::Clock => StepName::OnvifClock,
        EnquiryStep::Services => StepName::OnvifServices,
        EnquiryStep::Identity => StepName::OnvifIdentity,
        EnquiryStep::Profiles | EnquiryStep::Streams => StepName::OnvifChannels,
    }
}
