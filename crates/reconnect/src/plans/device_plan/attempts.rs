//! What the attempts at a device teach: its dials, its streams, its failures.

use std::time::Instant;

use super::DevicePlan;
use crate::failure::{Failure, FailureKind, Remedy, Stage, TlsObstacle};
use crate::plans::link_plan::{LinkPlan, LinkState};
use crate::port::{AttemptId, LinkId};

/// A device that hangs up so often in a row when it is spoken to in TLS is not only starting.
pub(super) const HANGS_UP: u32 = 3;

impl DevicePlan {
    pub(crate) fn dialling(&self) -> Option<AttemptId> {
        self.dialling
    }

    pub(crate) fn last_dial(&self) -> Option<Instant> {
        self.last_dial
    }

    /// Another attempt leaves from the same port.
    pub(crate) fn reuses_port(&self) -> bool {
        self.unanswered
    }

    pub(crate) fn dialled(&mut self, link: LinkId, attempt: AttemptId, now: Instant) {
        self.dialling = Some(attempt);
        self.last_dial = Some(now);
        self.manual = false;
        self.entry.dialled(now);
        if let Some(link) = self.links.get_mut(&link) {
            link.dials(attempt);
        }
    }

    /// The outcome of its dial is known.
    pub(crate) fn dial_ended(&mut self) {
        self.dialling = None;
    }

    pub(crate) fn connected(&mut self) {
        self.unanswered = false;
        self.route.exists();
    }

    pub(crate) fn plays(&mut self, now: Instant) {
        self.unanswered = false;
        if !self.recently_lost {
            self.failed_in = None;
        }
        self.last_failure = None;
        self.hung_up = 0;
        self.backoff_until = None;
        self.hold_until = None;
        self.stop = None;
        self.last_live = Some(now);
    }

    /// Media of this link arrives; `lasted`: it has done so for a little, `proven`: for long.
    pub(crate) fn hears(&mut self, link: LinkId, lasted: bool, proven: bool, now: Instant) {
        self.last_live = Some(now);
        if lasted && std::mem::take(&mut self.recently_lost) {
            self.failed_in = None;
        }
        if proven {
            self.failures = 0;
            self.links.get_mut(&link).into_iter().for_each(LinkPlan::is_proven);
        }
    }

    /// To play proves little here: its last stream was lost almost at once.
    pub(crate) fn is_recently_lost(&self) -> bool {
        self.recently_lost
    }

    /// Its stream was lost almost at once.
    pub(crate) fn lost_briefly(&mut self, epoch: u64) {
        self.recently_lost = true;
        self.failed_in = Some(epoch);
    }

    /// Returns what it means together with those before it.
    pub(crate) fn note_failure(&mut self, failure: &Failure) -> Failure {
        let mut failure = failure.clone();
        if failure.kind == FailureKind::TlsHungUp {
            self.hung_up = self.hung_up.saturating_add(1);
            if self.hung_up >= HANGS_UP {
                let obstacle = TlsObstacle::HangsUp;
                failure.kind = FailureKind::TlsUnspoken { obstacle };
            }
        } else {
            // It does something else: whatever it hung up for, that is over.
            self.hung_up = 0;
            self.stop
                .take_if(|stop| stop.failure.kind.remedy() == Remedy::LookRarely);
        }
        self.last_failure = Some(failure.clone());
        failure
    }

    /// Why a link waits: for what the last attempt at the device found, where that holds for all that is wanted of it; else for what
    /// ended the link itself.
    pub(crate) fn cause_of<'a>(&'a self, link: &'a LinkPlan) -> Option<&'a Failure> {
        let plays = self
            .links
            .values()
            .any(|link| matches!(link.state(), LinkState::Playing(_)));
        let of_all = |failure: &&Failure| !plays && failure.stage != Stage::Media && !failure.kind.is_of_one_stream();
        let last = self.last_failure();
        last.filter(of_all).or(link.failure()).or(last)
    }

    pub(crate) fn last_failure(&self) -> Option<&Failure> {
        self.last_failure.as_ref()
    }

    /// Packets were sent and nothing played.
    pub(crate) fn was_asked(&mut self, kind: FailureKind, connected: bool) {
        self.route.exists();
        self.unanswered = !connected
            && matches!(
                kind,
                FailureKind::Timeout | FailureKind::Unreachable | FailureKind::Refused
            );
    }
}
