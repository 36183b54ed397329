//! What became of an attempt, and what follows for its link, its device and its site.

use std::net::IpAddr;
use std::time::Duration;

use super::attempt::{Attempt, Phase, Verdict};
use super::backoff::{GAP, PROVEN_BY, SHORT_LIFE};
use super::device_plan::{HOPS, HOPS_AFTER_A_LOOP, LinkState, Stop};
use super::failure::{Failure, FailureKind, Remedy};
use super::group::{Group, GroupId, Mode, Path};
use super::machine::Machine;
use super::port::{AttemptId, SignIn};
use device::DeviceId;

impl Machine {
    pub(super) fn connected(&mut self, id: AttemptId, address: IpAddr) {
        let Some(mut attempt) = self.attempts.remove(&id) else {
            return;
        };
        if matches!(attempt.phase, Phase::HalfOpen) {
            self.closed(&attempt);
            attempt.phase = Phase::Connected;
        }
        let device = attempt.device;
        if let Some(member) = self.members.get_mut(&device) {
            member.unanswered = false;
            member.has_route();
            if let Some(group) = self.groups.get_mut(&member.group) {
                group.last_routed = Some(self.now);
            }
        }
        self.attempts.insert(id, attempt);
        self.learn(device, address);
        self.all_sites_connected(id);
        self.settle_of(device);
    }

    pub(super) fn playing(&mut self, id: AttemptId) {
        let now = self.now;
        let Some(mut attempt) = self.attempts.remove(&id) else {
            return;
        };
        if matches!(attempt.phase, Phase::Playing { .. }) {
            self.attempts.insert(id, attempt);
            return;
        }
        self.spent_revision += 1;
        self.release(&attempt);
        attempt.on_trial = self.members.get(&attempt.device).is_some_and(|member| {
            let group = self.groups.get(&member.group);
            member.recently_lost || group.is_some_and(|group| group.is_brief(now))
        });
        if !attempt.on_trial {
            self.give_back(&attempt);
        }
        self.process.cost_nothing(attempt.class, now);
        self.process.plays();
        attempt.not_lasted = true;
        attempt.phase = Phase::Playing {
            media: Duration::ZERO,
            heard: now,
        };
        let (link, device, begun) = (attempt.link, attempt.device, attempt.begun);
        self.attempts.insert(id, attempt);
        self.each_entry(device, |member| member.forget_connect(begun));
        if let Some(link) = self.links.get_mut(&link) {
            link.state = LinkState::Playing(id);
            link.hops = 0;
            link.owes_a_hop = false;
            link.hops_allowed = HOPS;
            link.failure = None;
            link.wait = None;
        }
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        member.unanswered = false;
        if !member.recently_lost {
            member.failed_in = None;
        }
        member.last_failure = None;
        member.backoff_until = None;
        member.hold_until = None;
        member.stop = None;
        member.last_live = Some(now);
        let group_id = member.group;
        let Some(group) = self.groups.get_mut(&group_id) else {
            return;
        };
        group.traffic.plays();
        group.failing.remove(&device);
        group.down_since = None;
        group.refuses = false;
        group.in_vain = 0;
        group.last_media = Some(now);
        group.silences.clear();
        if group.probe().is_some() {
            self.reopen(group_id, 2);
        } else {
            group.succeeded += 1;
            if group.succeeded >= group.window {
                group.restart_round(group.window * 2);
            }
        }
        self.answered(group_id, Verdict::Well);
        self.all_sites_freed(id);
        self.refresh(device);
        self.settle(group_id);
    }

    pub(super) fn media(&mut self, id: AttemptId) {
        let now = self.now;
        let Some(attempt) = self.attempts.get_mut(&id) else {
            return;
        };
        let Phase::Playing { media, heard } = &mut attempt.phase else {
            return;
        };
        // A leap of the clock is not media.
        *media += (now - *heard).min(Duration::from_secs(2));
        *heard = now;
        let proven = *media >= PROVEN_BY;
        let lasted = *media >= SHORT_LIFE;
        let passed = lasted && std::mem::take(&mut attempt.on_trial);
        let lasts_now = lasted && std::mem::take(&mut attempt.not_lasted);
        let charge = attempt.charge;
        let (link, device) = (attempt.link, attempt.device);
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        member.last_live = Some(now);
        if lasted && std::mem::take(&mut member.recently_lost) {
            member.failed_in = None;
        }
        let id = member.group;
        let Some(group) = self.groups.get_mut(&id) else { return };
        group.last_media = Some(now);
        if passed {
            group.budget.give_back(charge, now);
        }
        group.lasted |= lasted;
        if lasts_now {
            group.traffic.lasts();
            self.process.lasts();
        }
        if proven {
            member.failures = 0;
            group.step = 0;
            if let Some(link) = self.links.get_mut(&link) {
                link.setbacks = 0;
            }
        }
        // Pictures that arrive after the site was given up prove its path; what was on its way then does not.
        if group
            .probe()
            .is_some_and(|probe| now >= probe.since + Duration::from_secs(1))
        {
            group.down_since = None;
            self.reopen(id, 1);
            self.answered(id, Verdict::Well);
        }
        if lasts_now {
            self.settle(id);
        }
    }

    pub(super) fn failed(&mut self, id: AttemptId, address: Option<IpAddr>, failure: Failure) {
        let Some(attempt) = self.attempts.remove(&id) else {
            return;
        };
        let device = attempt.device;
        self.spent_revision += 1;
        self.release(&attempt);
        if let Some(address) = address {
            self.learn(device, address);
        }
        let played = matches!(attempt.phase, Phase::Playing { .. });
        let mut owes_a_hop = false;
        if let Some(link) = self.links.get_mut(&attempt.link) {
            link.state = LinkState::Idle;
            owes_a_hop = std::mem::take(&mut link.owes_a_hop);
            if std::mem::take(&mut link.hops) > 0 && !played {
                link.hops_allowed = HOPS_AFTER_A_LOOP;
            }
            if played || failure.kind != FailureKind::Policy {
                link.not_before = Some(self.now + GAP);
            }
            link.failure = Some(failure.clone());
        }
        if owes_a_hop && !played {
            // It led nowhere: what was a step aside turns out to be a failed attempt of its own.
            self.spend(device);
        }
        if let Phase::Playing { media, .. } = attempt.phase {
            self.lost(&attempt, media, &failure);
        } else {
            self.refused(id, &attempt, &failure);
        }
        // The groups may have been formed anew since it was dialled: the gate is told all the same.
        if failure.blames_path() {
            self.all_sites_silent(id);
        }
        self.all_sites_freed(id);
        self.refresh(device);
        self.settle_of(device);
    }

    /// An attempt did not reach its picture.
    fn refused(&mut self, id: AttemptId, attempt: &Attempt, failure: &Failure) {
        let now = self.now;
        let device = attempt.device;
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        let group_id = member.group;
        let Some(group) = self.groups.get_mut(&group_id) else {
            return;
        };
        member.last_failure = Some(failure.clone());
        if failure.sent_packets() {
            self.statistics.failed(attempt.site);
            group.ledger.note(now);
            self.process.failed(now);
            group.last_routed = Some(now);
            member.has_route();
            let connected = matches!(attempt.phase, Phase::Connected);
            member.unanswered = !connected
                && matches!(
                    failure.kind,
                    FailureKind::Timeout | FailureKind::Unreachable | FailureKind::Refused
                );
        } else {
            self.each_entry(device, |member| member.forget_connect(attempt.begun));
            self.give_back(attempt);
            self.process.sent_nothing(attempt.class, now - attempt.begun, now);
        }
        let offline = self.offline && !self.groups.get(&group_id).is_some_and(|group| group.loopback);
        if offline {
            // Nothing can be learned of a device while there is no network.
            self.canary_gone(id, device);
            if let Some(group) = self.groups.get_mut(&group_id) {
                group.failing.insert(device);
            }
            // But what it has said holds.
            match failure.kind.remedy() {
                Remedy::StopUntilChanged
                | Remedy::AwaitChange
                | Remedy::RetrySlowly
                | Remedy::WaitAtLeast(_)
                | Remedy::AwaitPolicy => {
                    self.set_remedy(attempt, failure);
                }
                Remedy::RetryWithBackoff | Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
            }
            return;
        }
        if failure.kind == FailureKind::Local {
            self.not_begun(id, group_id, device);
            return;
        }
        match failure.kind.remedy() {
            Remedy::AwaitPolicy => {
                self.canary_gone(id, device);
                self.set_remedy(attempt, failure);
            }
            Remedy::AwaitNetwork => {
                self.no_route(id, group_id, device);
            }
            Remedy::AwaitPassword => {
                self.canary_sent_nothing(id, group_id);
                self.sign_in(
                    device,
                    SignIn::Unreadable {
                        detail: failure.detail.clone(),
                    },
                );
            }
            Remedy::StopUntilChanged if !failure.sent_packets() => {
                self.canary_sent_nothing(id, group_id);
                self.set_remedy(attempt, failure);
            }
            Remedy::StopUntilChanged | Remedy::AwaitChange | Remedy::RetrySlowly => {
                self.judge(id, group_id, device, Verdict::Well);
                self.set_remedy(attempt, failure);
            }
            Remedy::WaitAtLeast(_) => {
                self.judge(id, group_id, device, Verdict::Answered);
                self.set_remedy(attempt, failure);
            }
            Remedy::RetryWithBackoff => {
                let verdict = if failure.blames_path() {
                    Verdict::Silent
                } else {
                    Verdict::Answered
                };
                self.judge(id, group_id, device, verdict);
                self.set_remedy(attempt, failure);
            }
        }
    }

    /// What the failure means for the device and its link alone.
    pub(super) fn set_remedy(&mut self, attempt: &Attempt, failure: &Failure) {
        let now = self.now;
        let Some(member) = self.members.get_mut(&attempt.device) else {
            return;
        };
        let Some(group) = self.groups.get_mut(&member.group) else {
            return;
        };
        let stop = |until| {
            Some(Stop {
                failure: failure.clone(),
                until,
            })
        };
        match failure.kind.remedy() {
            Remedy::RetryWithBackoff => {
                member.failed_in = Some(group.epoch);
                group.failing.insert(attempt.device);
                if group.probe().is_none_or(|probe| probe.path == Path::Alive) {
                    member.failures = member.failures.saturating_add(1);
                    member.backoff_until = Some(now + self.dice.device(member.failures));
                }
            }
            Remedy::WaitAtLeast(retry_after) => {
                member.failed_in = Some(group.epoch);
                group.failing.insert(attempt.device);
                member.failures = member.failures.saturating_add(1);
                member.hold_until = Some(now + self.dice.full(retry_after, member.failures));
            }
            Remedy::RetrySlowly => {
                if let Some(link) = self.links.get_mut(&attempt.link) {
                    link.setbacks = link.setbacks.saturating_add(1);
                    link.wait = Some(now + self.dice.useless(link.setbacks));
                }
            }
            Remedy::StopUntilChanged => {
                group.failing.insert(attempt.device);
                member.stop = stop(self.limits.slow_sign_in_retry.then(|| now + self.dice.sign_in()));
            }
            Remedy::AwaitChange => {
                group.failing.insert(attempt.device);
                member.stop = stop(None);
            }
            Remedy::AwaitPolicy => {
                group.failing.remove(&attempt.device);
                if attempt.policy != self.policy {
                    return;
                }
                member.stop = stop(member.named.then(|| now + self.dice.policy()));
            }
            Remedy::AwaitNetwork | Remedy::AwaitPassword => {}
        }
    }

    fn judge(&mut self, id: AttemptId, group: GroupId, device: DeviceId, verdict: Verdict) {
        let Some(found) = self.groups.get(&group) else { return };
        match &found.mode {
            Mode::Probing(probe) if probe.dialling == Some(id) => self.judge_canary(id, group, device, verdict),
            Mode::Probing(probe) => {
                // One that was under way when the timers froze.
                if verdict != Verdict::Silent && probe.path != Path::Alive {
                    self.reopen(group, 1);
                    self.answered(group, verdict);
                }
            }
            Mode::Open => self.judge_open(group, device, verdict),
        }
    }

    fn judge_open(&mut self, id: GroupId, device: DeviceId, verdict: Verdict) {
        let now = self.now;
        let Some(group) = self.groups.get_mut(&id) else { return };
        let silent = verdict == Verdict::Silent;
        if verdict == Verdict::Well {
            self.answered(id, verdict);
            return;
        }
        group.failed += 1;
        group.silent += u32::from(silent);
        let together = if silent { group.silences.add(device, now) } else { 0 };
        let hears = group.hears(now);
        if silent && group.traffic.live() == 0 && group.last_media.is_none() {
            group.down_since.get_or_insert(now);
        }
        let all_silent = group.silent == group.failed;
        if hears {
            if group.failed >= 2 {
                group.restart_round(group.window / 2);
            }
        } else if together >= group.many() || group.failed >= 2 && all_silent {
            self.probe(id, Path::Dead);
        } else if group.failed >= 2 || group.wanted == 1 {
            self.probe(id, Path::Alive);
        }
        if silent {
            self.suspect_network();
        } else {
            self.answered(id, verdict);
        }
    }

    /// Something came back from a device of this group.
    pub(super) fn answered(&mut self, id: GroupId, verdict: Verdict) {
        let loopback = self.groups.get(&id).is_some_and(|group: &Group| group.loopback);
        if !loopback {
            self.network_answers(verdict);
        }
    }

    pub(super) fn learn(&mut self, device: DeviceId, address: IpAddr) {
        let Some(member) = self.members.get_mut(&device) else {
            return;
        };
        let before = member.address;
        let address = address.to_canonical();
        if before == Some(address) {
            return;
        }
        member.address = Some(address);
        self.index_address(device, before, Some(address));
    }
}
