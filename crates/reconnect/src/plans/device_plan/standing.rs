//! What is held against a device, for how long, and what forgives it.

use std::time::{Duration, Instant};

use super::attempts::HANGS_UP;
use super::{DevicePlan, Stop};
use crate::backoff::{Dice, backoff_of};
use crate::failure::{Failure, FailureKind};
use crate::plans::link_plan::LinkPlan;
use crate::plans::route::Route;

/// No recorder restarts sooner than this: it is believed that it has news once in this time.
const RESTART: Duration = Duration::from_secs(60);
/// A program that is started again and again asks a recorder that refused it no more often than this.
const REFUSED: Duration = Duration::from_secs(60);

impl DevicePlan {
    /// It failed in this epoch of its group.
    pub(crate) fn fails_in(&mut self, epoch: u64) {
        self.failed_in = Some(epoch);
    }

    pub(crate) fn has_failed_in(&self, epoch: u64) -> bool {
        self.failed_in == Some(epoch)
    }

    pub(crate) fn backs_off(&mut self, dice: &mut Dice, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.backoff_until = Some(now + dice.device(self.failures));
    }

    /// The failure that was counted when it began to wait is the one that is counted next.
    pub(crate) fn waited_in_vain(&mut self) {
        self.failures = self.failures.saturating_sub(1);
    }

    /// It asked to be left alone.
    pub(crate) fn holds(&mut self, asked: Option<Duration>, dice: &mut Dice, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.hold_until = Some(now + dice.full(asked, self.failures));
    }

    /// This machine could not even begin.
    pub(crate) fn not_begun(&mut self, dice: &mut Dice, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.route.waits(now + dice.device(self.failures));
    }

    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    pub(crate) fn route_mut(&mut self) -> &mut Route {
        &mut self.route
    }

    pub(crate) fn stops(&mut self, failure: &Failure, until: Option<Instant>) {
        let failure = failure.clone();
        self.stop = Some(Stop { failure, until });
    }

    /// It hangs up again and again: 5, 10 … 60 minutes.
    pub(crate) fn looks_rarely(&mut self, failure: &Failure, dice: &mut Dice, now: Instant) {
        let looks = self.hung_up.saturating_sub(HANGS_UP - 1);
        self.stops(failure, Some(now + dice.useless(looks)));
    }

    /// Why it is not tried at all, and when it is all the same.
    pub(crate) fn stopped(&self) -> Option<(&Failure, Option<Instant>)> {
        self.stop.as_ref().map(|stop| (&stop.failure, stop.until))
    }

    /// A refusal of this kind, if there is one, holds until then.
    pub(crate) fn stop_until(&mut self, kind: FailureKind, until: impl FnOnce() -> Option<Instant>) {
        if let Some(stop) = self.stop.as_mut().filter(|stop| stop.failure.kind == kind) {
            stop.until = until();
        }
    }

    /// It waits for a change of its own, and a sign that it has just started may mean that it was updated.
    pub(crate) fn may_have_changed(&self, now: Instant) -> bool {
        let stopped = self.stop.as_ref().is_some_and(Stop::awaits_change);
        let lately = self.last_dial.is_some_and(|at| at + RESTART > now);
        stopped && !lately && self.is_wanted()
    }

    /// It is tried again, whatever had stopped it.
    pub(crate) fn resumes(&mut self) {
        self.stop = None;
    }

    /// The policy changed; says whether it had stopped the device.
    pub(crate) fn policy_changed(&mut self) -> bool {
        self.stop
            .take_if(|stop| stop.failure.kind == FailureKind::Policy)
            .is_some()
    }

    /// Forgets the backoff of the device alone.
    pub(crate) fn skip_backoff(&mut self) {
        self.backoff_until = None;
    }

    pub(crate) fn backs_off_at(&self, now: Instant) -> bool {
        self.backoff_until.is_some_and(|at| at > now)
    }

    /// When its own backoff, and what it asked for, are over.
    pub(crate) fn waits_until(&self) -> Option<Instant> {
        let backoff = self.backoff_until.max(self.route.until());
        backoff.filter(|_| !self.manual).max(self.hold_until)
    }

    /// Its path works again.
    pub(crate) fn excuse_path(&mut self) {
        self.backoff_until = None;
        self.links.values_mut().for_each(LinkPlan::excuse_path);
    }

    /// Forget what was held against it; a sign-in stop and a wish of the device itself stay.
    pub(crate) fn forgive(&mut self) {
        self.backoff_until = None;
        self.failures = 0;
        self.links.values_mut().for_each(LinkPlan::forgive);
    }

    /// Its failures, and when its next try may be. An attempt under way counts as one that failed.
    pub(crate) fn spent(&self) -> (u32, Option<Instant>) {
        let failures = self.failures.saturating_add(u32::from(self.dialling.is_some()));
        let failing = self.dialling.and(self.last_dial);
        let failing = failing.map(|at| at + backoff_of(failures));
        let refused = self.stop.as_ref().and(self.last_dial).map(|at| at + REFUSED);
        let until = self.backoff_until.max(self.hold_until).max(refused).max(failing);
        (failures, until)
    }
}
