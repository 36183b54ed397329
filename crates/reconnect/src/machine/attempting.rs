//! What becomes of an attempt, as the parts take it over one after the other.

use std::net::IpAddr;
use std::time::Duration;

use super::Machine;
use crate::attempts::{Attempt, Phase, Verdict};
use crate::backoff::PROVEN_BY;
use crate::failure::{Failure, FailureKind, Stage};
use crate::outcome;
use crate::plans::{DevicePlan, GroupId, LinkPlan, RecorderEntry};
use crate::port::{AttemptId, Output};
use device::DeviceId;

impl Machine {
    pub(super) fn connected(&mut self, id: AttemptId, address: IpAddr) {
        let Some(attempt) = self.attempts.get(id) else { return };
        let device = attempt.device();
        if self.attempts.connects(id) {
            self.close(&attempt);
        }
        let now = self.basis.now();
        self.plans.get_mut(device).into_iter().for_each(DevicePlan::connected);
        self.group_mut(device)
            .into_iter()
            .for_each(|group| group.is_routed(now));
        self.learn(device, address);
        self.all_sites
            .connected(id, &mut self.groups, &self.plans, &mut self.basis);
        if let Some(group) = self.plans.group_of(device) {
            self.groups.touch(group, &self.plans, &self.basis);
        }
    }

    /// For everybody but its own link it has failed: it is billed, no longer in flight, and its device backs off before another of
    /// its links is dialled. Should it play after all, that is forgotten like any failure.
    pub(super) fn waits(&mut self, id: AttemptId) {
        let now = self.basis.now();
        let Some(attempt) = self.attempts.waits(id) else { return };
        let device = attempt.device();
        self.release(&attempt);
        self.spend(device);
        let Self {
            all_sites,
            groups,
            plans,
            basis,
            ..
        } = self;
        outcome::waits(&attempt, all_sites, groups, plans, basis);
        self.all_sites.freed(id, now);
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    pub(super) fn playing(&mut self, id: AttemptId) {
        let now = self.basis.now();
        let Some(attempt) = self.attempts.get(id).filter(|attempt| !attempt.is_playing()) else {
            return;
        };
        let device = attempt.device();
        self.release(&attempt);
        let Some(plan) = self.plans.get_mut(device) else { return };
        let id_of_group = plan.group();
        let Some(group) = self.groups.get_mut(id_of_group) else {
            return;
        };
        // Where streams do not last, to play is no success yet.
        let on_trial = plan.is_recently_lost() || group.is_brief(now);
        if !on_trial {
            group.budget_mut().give_back(attempt.charge(), now);
        }
        plan.plays(now);
        plan.link_mut(attempt.link())
            .into_iter()
            .for_each(|link| link.plays(id));
        group.plays(device, now);
        let probed = group.probe().is_some();
        self.attempts.plays(id, on_trial, now);
        self.process.cost_nothing(attempt.class(), now);
        self.process.plays();
        self.plans
            .each_entry(device, |entry| entry.forget_connect(attempt.begun()));
        if probed {
            self.groups.open(id_of_group, 2, &mut self.plans, &self.basis);
        }
        self.hear(id_of_group, Verdict::Well);
        self.all_sites.freed(id, now);
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    /// A device that answers a question has not shown a stream: its path works, and what is held against its streams stays.
    pub(super) fn answered(&mut self, id: AttemptId) {
        let now = self.basis.now();
        if self.attempts.get(id).is_none_or(|attempt| attempt.is_playing()) {
            return;
        }
        let Some(attempt) = self.attempts.end(id) else { return };
        let device = attempt.device();
        self.release(&attempt);
        self.plans
            .link_mut(attempt.link())
            .into_iter()
            .for_each(LinkPlan::answered);
        let group = self.group_mut(device).into_iter();
        group.for_each(|group| group.budget_mut().give_back(attempt.charge(), now));
        self.process.cost_nothing(attempt.class(), now);
        let Self {
            all_sites,
            groups,
            plans,
            basis,
            ..
        } = self;
        outcome::answered(&attempt, all_sites, groups, plans, basis);
        self.all_sites.freed(id, now);
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    pub(super) fn media(&mut self, id: AttemptId) {
        let now = self.basis.now();
        let Some((attempt, media)) = self.attempts.media(id, now) else {
            return;
        };
        let Some(plan) = self.plans.get_mut(attempt.device()) else {
            return;
        };
        let id_of_group = plan.group();
        let Some(group) = self.groups.get_mut(id_of_group) else {
            return;
        };
        plan.hears(attempt.link(), media.lasted, media.proven, now);
        let proves_path = group.media_arrives(media.lasted, media.proven, now);
        if media.passes {
            group.budget_mut().give_back(attempt.charge(), now);
        }
        if media.lasts_now {
            group.traffic_mut().lasts();
            self.process.lasts();
        }
        if proves_path {
            self.groups.open(id_of_group, 1, &mut self.plans, &self.basis);
            self.hear(id_of_group, Verdict::Well);
        }
        if media.lasts_now {
            self.groups.touch(id_of_group, &self.plans, &self.basis);
        }
    }

    pub(super) fn failed(&mut self, id: AttemptId, address: Option<IpAddr>, failure: &Failure) {
        let now = self.basis.now();
        let Some(attempt) = self.attempts.end(id) else { return };
        let device = attempt.device();
        self.release(&attempt);
        if let Some(address) = address {
            self.learn(device, address);
        }
        let link = self.plans.link_mut(attempt.link());
        if link.is_some_and(|link| link.fails(failure, attempt.is_playing(), now)) {
            // It led nowhere: what was a step aside turns out to be a failed attempt of its own.
            self.spend(device);
        }
        if let Phase::Playing { media, .. } = attempt.phase() {
            self.doubt_stream(&attempt, media);
            if outcome::is_brief(media, failure) {
                self.process.failed_late(now);
            }
            let Self {
                all_sites,
                groups,
                plans,
                basis,
                ..
            } = self;
            outcome::lost(&attempt, media, failure, all_sites, groups, plans, basis);
        } else {
            if failure.sent_packets() {
                self.attempts.statistics_mut().failed(attempt.site());
                if attempt.phase() != Phase::Waiting {
                    self.process.failed(now);
                }
            } else {
                self.process.sent_nothing(attempt.class(), now - attempt.begun(), now);
            }
            let looks_for_site = self
                .group_mut(device)
                .and_then(|group| group.probe())
                .is_some_and(|probe| probe.looks_by(id));
            let Self {
                all_sites,
                groups,
                plans,
                basis,
                ..
            } = self;
            if self.roads.scouted_by(device).is_some() && !looks_for_site {
                outcome::road_refused(&attempt, failure, groups, plans, basis);
            } else {
                outcome::refused(&attempt, failure, all_sites, groups, plans, basis);
            }
        }
        // The groups may have been formed anew since it was dialled: the gate is told all the same.
        if failure.blames_path() {
            self.all_sites.silent(id, &mut self.groups, &self.plans, &self.basis);
        }
        self.all_sites.freed(id, now);
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    /// Sent elsewhere: the device is there, its link dials again at once.
    pub(super) fn redirected(&mut self, id: AttemptId, address: IpAddr) {
        let now = self.basis.now();
        let Some(attempt) = self.attempts.get(id) else { return };
        if !self.may_follow(attempt.link()) {
            let failure = Failure {
                kind: FailureKind::Protocol,
                stage: Stage::Describe,
                detail: "redirected without end".to_owned(),
            };
            self.failed(id, Some(address), &failure);
            return;
        }
        let device = attempt.device();
        self.attempts.end(id);
        self.release(&attempt);
        let path_works = self.group_mut(device).is_some_and(|group| group.is_proven(now));
        let link = self.plans.link_mut(attempt.link());
        // One step aside is how some devices work: where the path works, it costs nothing if the stream then plays. All else
        // costs as much as failures do.
        if link.is_some_and(|link| link.redirected(path_works)) {
            let group = self.group_mut(device).into_iter();
            group.for_each(|group| group.budget_mut().give_back(attempt.charge(), now));
        } else {
            self.spend(device);
        }
        self.learn(device, address);
        self.form_groups();
        let Some(id_of_group) = self.plans.group_of(device) else {
            return;
        };
        self.groups.canary_redirected(id_of_group, id, device);
        self.all_sites.freed(id, now);
        self.hear(id_of_group, Verdict::Answered);
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    /// Ends an attempt that is not wanted any more. One that did not come to play has cost packets and stays on the bill.
    pub(super) fn abort(&mut self, id: AttemptId) {
        let now = self.basis.now();
        let Some(attempt) = self.attempts.end(id) else { return };
        let device = attempt.device();
        self.news.push(Output::Abort(id));
        self.release(&attempt);
        self.plans
            .link_mut(attempt.link())
            .into_iter()
            .for_each(|link| link.aborted(now));
        match attempt.phase() {
            Phase::Playing { media, .. } => self.doubt_stream(&attempt, media),
            Phase::Connected | Phase::HalfOpen => self.spend(device),
            Phase::Waiting => {}
        }
        self.all_sites.freed(id, now);
        if let Some(group) = self.plans.group_of(device) {
            self.groups.canary_gone(group, id, &mut self.basis);
            self.groups.touch(group, &self.plans, &self.basis);
        }
    }

    /// A stream that ends before it has proved itself counts against its recorder.
    pub(super) fn doubt_stream(&mut self, attempt: &Attempt, media: Duration) {
        if media < PROVEN_BY {
            let note = |entry: &mut RecorderEntry| entry.note_connect(attempt.begun());
            self.plans.each_entry(attempt.device(), note);
        }
    }

    /// What this device did counts as a failed attempt in its group's minute.
    pub(super) fn spend(&mut self, device: DeviceId) {
        let now = self.basis.now();
        self.group_mut(device).into_iter().for_each(|group| group.fails(now));
        self.process.failed(now);
    }

    /// Something came back from a device of this group.
    pub(super) fn hear(&mut self, group: GroupId, verdict: Verdict) {
        self.all_sites
            .hear(group, verdict, &mut self.groups, &self.plans, &mut self.basis);
    }

    /// The device turned out to be at this address.
    pub(super) fn learn(&mut self, device: DeviceId, address: IpAddr) {
        let ties = self.plans.set_address(device, Some(address.to_canonical()));
        self.groups.are_outdated(ties);
    }

    /// An attempt is no longer under way: it plays, failed, was aborted, or waits so long that nobody else waits for it. Or the
    /// stream that it opened is gone.
    pub(super) fn release(&mut self, attempt: &Attempt) {
        let device = attempt.device();
        if attempt.is_playing() {
            let group = self.group_mut(device).into_iter();
            group.for_each(|group| group.traffic_mut().stops(!attempt.has_lasted()));
            if !attempt.has_lasted() {
                self.process.lasts();
            }
            return;
        }
        if attempt.phase() == Phase::Waiting {
            return;
        }
        self.process.ends(attempt.class());
        if attempt.phase() == Phase::HalfOpen {
            self.close(attempt);
        }
        self.plans.get_mut(device).into_iter().for_each(DevicePlan::dial_ended);
        self.group_mut(device)
            .into_iter()
            .for_each(|group| group.traffic_mut().ends());
        self.each_other_entry(device, |entry| entry.set_busy(false));
    }

    /// An attempt is no longer half-open.
    pub(super) fn close(&mut self, attempt: &Attempt) {
        self.process.closes(attempt.class());
        self.attempts.statistics_mut().closes(attempt.site());
        let group = self.group_mut(attempt.device()).into_iter();
        group.for_each(|group| group.traffic_mut().closes());
    }

    /// Does this to the other entries of the device's recorder, which may be due or not any more by it. The device's own group is
    /// touched when its dial or outcome is noted.
    pub(super) fn each_other_entry(&mut self, device: DeviceId, change: impl Fn(&mut RecorderEntry)) {
        let own = self.plans.group_of(device);
        for id in self.plans.other_entries(device) {
            let Some(plan) = self.plans.get_mut(id) else { continue };
            change(plan.entry_mut());
            let group = plan.group();
            self.groups.line_up(id, &self.plans, &self.basis);
            if own != Some(group) {
                self.groups.touch(group, &self.plans, &self.basis);
            }
        }
    }
}
