//! An attempt that is sent elsewhere: followed a few times, and a failure like any other where it never ends.

use std::net::IpAddr;

use super::attempt::Verdict;
use super::device_plan::LinkState;
use super::failure::{Failure, FailureKind, Stage};
use super::group::Group;
use super::machine::Machine;
use super::port::{AttemptId, LinkId};

impl Machine {
    /// Whether the link's next attempt may go where a redirect leads; else the attempt has failed.
    #[must_use]
    pub fn may_follow(&self, link: LinkId) -> bool {
        self.links.get(&link).is_some_and(|link| link.hops < link.hops_allowed)
    }

    /// Sent elsewhere: the device is there, its link dials again at once.
    pub(super) fn redirected(&mut self, id: AttemptId, address: IpAddr) {
        let Some(link) = self.attempts.get(&id).map(|attempt| attempt.link) else {
            return;
        };
        if !self.may_follow(link) {
            let failure = Failure {
                kind: FailureKind::Protocol,
                stage: Stage::Describe,
                detail: "redirected without end".to_owned(),
            };
            self.failed(id, Some(address), failure);
            return;
        }
        let Some(attempt) = self.attempts.remove(&id) else {
            return;
        };
        let device = attempt.device;
        self.spent_revision += 1;
        self.release(&attempt);
        let now = self.now;
        let group = self
            .members
            .get(&device)
            .and_then(|member| self.groups.get(&member.group));
        let is_proven = group.is_some_and(|group| group.is_proven(now));
        let free = self.links.get_mut(&attempt.link).is_some_and(|link| {
            link.state = LinkState::Idle;
            link.hops += 1;
            link.owes_a_hop |= link.hops <= 1 && is_proven;
            link.hops <= 1 && is_proven
        });
        // One step aside is how some devices work: where the path works, it costs nothing if the stream then plays. All else
        // costs as much as failures do.
        if free {
            self.give_back(&attempt);
        } else {
            self.spend(device);
        }
        self.learn(device, address);
        self.form_groups();
        let Some(id_of_group) = self.members.get(&device).map(|member| member.group) else {
            return;
        };
        let probe = self.groups.get_mut(&id_of_group).and_then(Group::probe_mut);
        if let Some(probe) = probe.filter(|probe| probe.dialling == Some(id)) {
            probe.dialling = None;
            probe.canary = Some(device);
            probe.follows = true;
        }
        self.all_sites_freed(id);
        self.answered(id_of_group, Verdict::Answered);
        self.refresh(device);
        self.settle(id_of_group);
    }
}
