//! Steps that follow each other, and where they stand.

use std::time::{Duration, Instant};

use super::exchange::{Exchange, ExchangeKind, MOST_EXCHANGES};
use super::step::{StepFact, StepName, StepState, TraceFault, TraceStep};

/// Steps in their order, of which one at most is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    began: Instant,
    ended: Option<Instant>,
    steps: Vec<TraceStep>,
    current: Option<StepName>,
}

impl Ladder {
    pub(crate) fn new(names: &[StepName], now: Instant) -> Self {
        Self {
            began: now,
            ended: None,
            steps: names.iter().copied().map(TraceStep::new).collect(),
            current: None,
        }
    }

    #[must_use]
    pub fn steps(&self) -> &[TraceStep] {
        &self.steps
    }

    /// The step that is under way.
    #[must_use]
    pub fn current(&self) -> Option<&TraceStep> {
        self.current.and_then(|name| self.step(name))
    }

    /// The step that failed.
    #[must_use]
    pub fn failed(&self) -> Option<&TraceStep> {
        self.steps.iter().find(|step| step.fault().is_some())
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    #[must_use]
    pub fn step(&self, name: StepName) -> Option<&TraceStep> {
        self.steps.iter().find(|step| step.name == name)
    }

    pub(crate) fn age(&self, now: Instant) -> Duration {
        self.ended.unwrap_or(now).saturating_duration_since(self.began)
    }

    pub(crate) fn is_at(&self, name: StepName) -> bool {
        self.current == Some(name)
    }

    pub(crate) fn current_name(&self) -> Option<StepName> {
        self.current
    }

    pub(crate) fn step_mut(&mut self, name: StepName) -> Option<&mut TraceStep> {
        self.steps.iter_mut().find(|step| step.name == name)
    }

    pub(crate) fn is_to_come(&self, name: StepName) -> bool {
        self.step(name).is_some_and(|step| step.state == StepState::ToCome)
    }

    /// The step under way has come to a good end, and this one begins. What comes after it is done anew, as behind a redirect; what was
    /// said there stays.
    pub(crate) fn enter(&mut self, name: StepName, now: Instant) {
        if self.ended.is_some() || self.current == Some(name) {
            return;
        }
        self.leave(now);
        let since = now.saturating_duration_since(self.began);
        let is_sign_in = |name| matches!(name, StepName::SignIn | StepName::OnvifSignIn);
        for step in self.steps.iter_mut().filter(|step| step.name > name) {
            if step.state == StepState::Done && !is_sign_in(step.name) {
                (step.state, step.began, step.took) = (StepState::ToCome, None, None);
            }
        }
        if let Some(step) = self.step_mut(name) {
            (step.state, step.began, step.took) = (StepState::Running, Some(since), None);
            self.current = Some(name);
        }
    }

    /// The step under way has come to a good end.
    pub(crate) fn leave(&mut self, now: Instant) {
        let now = now.saturating_duration_since(self.began);
        let Some(name) = self.current.take() else { return };
        if let Some(step) = self.step_mut(name) {
            step.state = StepState::Done;
            step.took = step.began.map(|began| now.saturating_sub(began));
        }
    }

    pub(crate) fn not_needed(&mut self, name: StepName) {
        if let Some(step) = self.step_mut(name) {
            (step.state, step.began, step.took) = (StepState::NotNeeded, None, None);
        }
        self.current = self.current.filter(|current| *current != name);
    }

    /// It was over before the trace began.
    pub(crate) fn earlier(&mut self, name: StepName) {
        if let Some(step) = self.step_mut(name).filter(|step| step.state == StepState::ToCome) {
            (step.state, step.fact) = (StepState::Done, Some(StepFact::Earlier));
        }
    }

    pub(crate) fn found(&mut self, name: StepName, fact: StepFact) {
        if let Some(step) = self.step_mut(name) {
            step.fact = Some(fact);
        }
    }

    pub(crate) fn tell(&mut self, name: StepName, kind: ExchangeKind, text: &str, now: Instant) {
        let at = now.saturating_duration_since(self.began);
        if let Some(step) = self.step_mut(name).filter(|step| step.exchanges.len() < MOST_EXCHANGES) {
            step.exchanges.push(Exchange::new(kind, text, at));
        }
    }

    /// What the step under way has asked was answered with the wish for a sign-in, which is a step of its own. So far it took its time, and
    /// what was said belongs to it.
    pub(crate) fn challenged(&mut self, sign_in: StepName, now: Instant) {
        let now = now.saturating_duration_since(self.began);
        let Some(current) = self.current.filter(|current| *current != sign_in) else {
            return;
        };
        let Some(step) = self.step_mut(current) else { return };
        let began = step.began.replace(now).unwrap_or(now);
        let asked = step
            .exchanges
            .iter()
            .rposition(|exchange| exchange.kind == ExchangeKind::Said);
        let moved = step.exchanges.split_off(asked.unwrap_or(step.exchanges.len()));
        if let Some(step) = self.step_mut(sign_in) {
            let took = step.took.unwrap_or_default() + now.saturating_sub(began);
            step.state = StepState::Done;
            step.began = step.began.or(Some(began));
            step.took = Some(took);
            step.exchanges.extend(moved);
            step.exchanges.truncate(MOST_EXCHANGES);
        }
    }

    /// This step failed, and with it the ladder.
    pub(crate) fn fail(&mut self, name: StepName, fault: TraceFault, now: Instant) {
        if self.ended.is_some() {
            return;
        }
        let since = now.saturating_duration_since(self.began);
        let current = self.current.take();
        if let Some(current) = current
            .filter(|current| *current != name)
            .and_then(|name| self.step_mut(name))
        {
            (current.state, current.began) = (StepState::ToCome, None);
        }
        // What comes after it is not proven by what was begun.
        for step in self.steps.iter_mut().filter(|step| step.name > name) {
            if step.state != StepState::NotNeeded {
                (step.state, step.began, step.took) = (StepState::ToCome, None, None);
            }
        }
        if let Some(step) = self.step_mut(name) {
            if current == Some(name) {
                step.took = step.began.map(|began| since.saturating_sub(began));
            }
            step.state = StepState::Failed(fault);
        }
        self.ended = Some(now);
    }

    /// All that was wanted is done.
    pub(crate) fn finish(&mut self, now: Instant) {
        self.leave(now);
        self.ended.get_or_insert(now);
    }

    /// Nobody waits for it any more: what is under way is not done.
    pub(crate) fn give_up(&mut self, now: Instant) {
        if let Some(step) = self.current.take().and_then(|name| self.step_mut(name)) {
            step.state = StepState::ToCome;
        }
        self.ended.get_or_insert(now);
    }
}
