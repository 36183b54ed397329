//! What the user registers and wants: devices, links, limits.

use std::net::IpAddr;

use super::attempt::{Attempt, Phase};
use super::backoff::{GAP, PROVEN_BY};
use super::device_plan::{DevicePlan, LinkPlan, LinkState};
use super::failure::FailureKind;
use super::limits::Limits;
use super::machine::Machine;
use super::port::{AttemptId, LinkId, Output, Rank, SignIn};
use device::{DeviceId, SiteId};

impl Machine {
    pub(super) fn device(&mut self, id: DeviceId, site: SiteId, address: Option<IpAddr>, recorder: u64, revision: u64) {
        let now = self.now;
        let address = address.map(|address| address.to_canonical());
        let Some(member) = self.members.get(&id) else {
            let group = self.group_for(site, address);
            let mut member = DevicePlan::new(site, group, self.dice.order(), now);
            member.address = address;
            member.registered = address;
            member.named = address.is_none();
            member.revision = revision;
            let epoch = self.groups.get(&group).map(|group| group.epoch);
            self.earlier.apply_to(id, &mut member, epoch);
            self.members.insert(id, member);
            self.index_address(id, None, address);
            self.join(id, group);
            self.enter_recorder(id, recorder);
            return;
        };
        let before = member.address;
        // What was learned of a name may be told again, and a redirect may have led elsewhere; neither is an edit.
        let moved = !member.named && address.is_some() && address != member.registered;
        let edited = moved || member.recorder != recorder || member.revision != revision;
        if member.site != site {
            self.regroup = true;
        }
        if edited {
            let attempts: Vec<_> = member
                .links
                .iter()
                .filter_map(|link| self.links.get(link)?.attempt())
                .collect();
            for attempt in attempts {
                self.abort(attempt);
            }
        }
        self.enter_recorder(id, recorder);
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.site = site;
        member.revision = revision;
        if edited {
            member.registered = address;
            member.named = address.is_none();
            member.forgive(&mut self.links);
            member.stop = None;
            if member.is_unreadable() {
                member.sign_in = SignIn::Ready;
            }
            member.hold_until = None;
            member.has_route();
            member.last_failure = None;
            member.failed_in = None;
            member.recently_lost = false;
            member.unanswered &= !moved;
            for link in &member.links {
                if let Some(link) = self.links.get_mut(link) {
                    link.failure = None;
                    link.not_before = link.not_before.filter(|_| !moved);
                }
            }
            let group = member.group;
            if let Some(group) = self.groups.get_mut(&group) {
                group.failing.remove(&id);
            }
        }
        let after = if edited { address } else { before.or(address) };
        if before != after
            && let Some(member) = self.members.get_mut(&id)
        {
            member.address = after;
            self.index_address(id, before, after);
        }
        self.refresh(id);
        self.settle_of(id);
    }

    pub(super) fn device_removed(&mut self, id: DeviceId) {
        let Some(member) = self.members.get(&id) else { return };
        for link in member.links.clone() {
            self.unwant(link);
        }
        self.leave_recorder(id);
        let Some(member) = self.members.remove(&id) else { return };
        self.index_address(id, member.address, None);
        self.leave(id, &member);
    }

    /// What the password store says of a device. An attempt under way has its password already.
    pub(super) fn sign_in(&mut self, id: DeviceId, state: SignIn) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        if member.sign_in == state {
            return;
        }
        member.sign_in = state;
        self.refresh(id);
        self.settle_of(id);
    }

    pub(super) fn want(&mut self, id: LinkId, device: DeviceId, rank: Rank) {
        if self.links.get(&id).is_some_and(|link| link.device != device) {
            self.unwant(id);
        }
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        if member.links.insert(id) {
            let mut link = LinkPlan::new(device, rank);
            link.not_before = member.gap;
            self.links.insert(id, link);
            if member.links.len() == 1
                && let Some(group) = self.groups.get_mut(&member.group)
            {
                group.wanted += 1;
            }
        } else if let Some(link) = self.links.get_mut(&id) {
            link.rank = rank;
        }
        self.refresh(device);
        self.settle_of(device);
    }

    pub(super) fn unwant(&mut self, id: LinkId) {
        let Some(link) = self.links.get(&id) else { return };
        let device = link.device;
        let played = matches!(link.state, LinkState::Playing(_));
        if let Some(attempt) = link.attempt() {
            self.abort(attempt);
        }
        let link = self.links.remove(&id);
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        // A page that is turned may come back at once, a stream that failed may not.
        if let Some(until) = link.and_then(|link| link.not_before).filter(|_| !played) {
            member.gap = member.gap.max(Some(until));
        }
        member.links.remove(&id);
        if member.links.is_empty()
            && let Some(group) = self.groups.get_mut(&member.group)
        {
            member.manual = false;
            group.wanted = group.wanted.saturating_sub(1);
            group.failing.remove(&device);
        }
        self.refresh(device);
        self.settle_of(device);
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        let limits = limits.clamped();
        if limits == self.limits {
            return;
        }
        let now = self.now;
        let budgets = limits.site_failed_per_minute != self.limits.site_failed_per_minute;
        let retry_sign_in = limits.slow_sign_in_retry != self.limits.slow_sign_in_retry;
        self.limits = limits;
        if budgets {
            for group in self.groups.values_mut() {
                group.budget.relimit(&limits, now);
            }
        }
        if retry_sign_in {
            let stopped = self.members.values_mut().filter_map(|member| member.stop.as_mut());
            for stop in stopped.filter(|stop| stop.failure.kind == FailureKind::Auth) {
                stop.until = limits.slow_sign_in_retry.then(|| now + self.dice.sign_in());
            }
            for id in self.members.keys().copied().collect::<Vec<_>>() {
                self.refresh(id);
            }
        }
        self.settle_all();
    }

    /// What this device did counts as a failed attempt in its group's minute.
    pub(super) fn spend(&mut self, device: DeviceId) {
        let now = self.now;
        let group = self.members.get(&device).map(|member| member.group);
        if let Some(group) = group.and_then(|id| self.groups.get_mut(&id)) {
            group.ledger.note(now);
        }
        self.process.failed(now);
    }

    /// Ends an attempt that is not wanted any more. One that did not come to play has cost packets and stays on the bill.
    fn abort(&mut self, id: AttemptId) {
        let now = self.now;
        let Some(attempt) = self.attempts.remove(&id) else {
            return;
        };
        self.spent_revision += 1;
        self.outputs.push_back(Output::Abort(id));
        self.release(&attempt);
        if let Some(link) = self.links.get_mut(&attempt.link) {
            link.state = LinkState::Idle;
            link.not_before = Some(now + GAP);
        }
        let Attempt { device, ref phase, .. } = attempt;
        let group = self.members.get(&device).map(|member| member.group);
        match phase {
            Phase::Playing { media, .. } if *media < PROVEN_BY => {
                self.each_entry(device, |member| member.note_connect(attempt.begun));
            }
            Phase::Playing { .. } => {}
            Phase::Connected | Phase::HalfOpen => self.spend(device),
        }
        self.canary_gone(id, device);
        if let Some(group) = group {
            self.settle(group);
        }
    }
}
