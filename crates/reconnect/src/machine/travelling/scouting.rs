//! Looking at the road that a device should take while it takes another one.

use std::time::Duration;

use crate::failure::Failure;
use crate::machine::Machine;
use crate::plans::{DevicePlan, Registration};
use crate::port::{LinkId, Rank};
use crate::roads::Choice;
use device::{DeviceId, SiteId};

/// How far the waits of a canary have grown when there is no hurry.
const STEADY: u32 = u32::MAX;

impl Machine {
    /// Sends the scouts that are due.
    pub(in crate::machine) fn send_scouts(&mut self) {
        while let Some(site) = self.roads.take_due(self.basis.now()) {
            self.send_scout(site);
        }
    }

    fn send_scout(&mut self, site: SiteId) {
        let Some(patrol) = self.roads.patrol(site) else { return };
        let may_be_scouted = |device: &DeviceId| {
            let choice = self.roads.get(*device);
            let scout = choice.and_then(|choice| self.plans.get(choice.scout()));
            let useless = choice.is_some_and(Choice::is_useless);
            let stays = |plan: &DevicePlan| plan.is_playing() || useless && plan.is_wanted();
            choice.is_some_and(|choice| !choice.returns())
                && self.plans.get(*device).is_some_and(stays)
                && scout.is_none_or(DevicePlan::is_free)
        };
        let ready: Vec<DeviceId> = patrol.away().filter(may_be_scouted).collect();
        let with_site = |device: &DeviceId| self.roads.get(*device).is_some_and(Choice::left_with_site);
        let speaker = patrol
            .speaker()
            .filter(|speaker| ready.contains(speaker) && with_site(speaker));
        let speaker = speaker.or_else(|| ready.iter().copied().find(with_site));
        let candidates = ready
            .iter()
            .filter(|device| !with_site(device) || Some(**device) == speaker);
        let now = self.basis.now();
        // Nobody stays where it is: each attempt finds out by itself. Who does so later is looked after later.
        let Some(&device) = candidates.min_by_key(|device| self.roads.get(**device).and_then(Choice::looked)) else {
            let wait = self.look_wait(Duration::ZERO, None);
            self.roads.plan_look(site, now + wait);
            return;
        };
        let group = self.plans.group_of(device).and_then(|group| self.groups.get(group));
        if group.is_none_or(|group| group.probe().is_some()) {
            // One canary goes for all, which is none of the scouts: who has waited in vain for long goes back to be it.
            let in_vain = |device: &DeviceId| {
                let choice = self.roads.get(*device);
                choice.is_some_and(|choice| choice.is_useless() && choice.has_stayed(now))
            };
            let in_vain: Vec<DeviceId> = ready.iter().copied().filter(in_vain).collect();
            let wait = self.look_wait(Duration::ZERO, None);
            self.roads.plan_look(site, now + wait);
            in_vain.into_iter().for_each(|device| self.go_home(device));
            return;
        }
        self.prepare_scout(device);
        let Some(choice) = self.roads.get(device) else { return };
        let (scout, look) = (choice.scout(), choice.look());
        if let Some(patrol) = self.roads.patrol_mut(site) {
            if let Some(speaker) = speaker {
                patrol.set_speaker(speaker);
            }
            patrol.looks(device);
        }
        let epoch = self
            .plans
            .group_of(scout)
            .and_then(|group| self.groups.get(group))
            .map(|group| group.epoch());
        if let Some(plan) = self.plans.get_mut(scout) {
            plan.looks_at_road(epoch.unwrap_or_default());
        }
        self.want_plainly(look, scout, Rank::Background);
    }

    /// The look at the road of this device is over.
    pub(in crate::machine) fn looked(&mut self, device: DeviceId, found: Result<(), &Failure>) {
        let now = self.basis.now();
        let Some(site) = self.plans.get(device).map(DevicePlan::site) else {
            return;
        };
        let Some(choice) = self.roads.get_mut(device) else {
            return;
        };
        choice.scouted(found, now);
        let (scout, look, may_return) = (choice.scout(), choice.look(), choice.may_return());
        let away = self
            .roads
            .view(device)
            .map(|view| now.saturating_duration_since(view.since));
        self.unwant_plainly(look);
        let before = self
            .roads
            .patrol_mut(site)
            .and_then(|patrol| patrol.looked(found.is_ok(), now));
        let before = before.map(|before| now.saturating_duration_since(before));
        let wait = self.look_wait(away.unwrap_or_default(), before);
        self.roads.plan_look(site, now + wait);
        if found.is_ok() {
            self.plans.get_mut(scout).into_iter().for_each(DevicePlan::road_answers);
            if let Some(group) = self.group_mut(scout) {
                group.clear_failing(scout);
            }
            if may_return {
                self.begin_return(device);
            }
        }
    }

    /// A person or a packet suggests that the road may answer that this device should take.
    pub(in crate::machine) fn hurry_scout(&mut self, device: DeviceId) {
        let now = self.basis.now();
        let away = self
            .roads
            .get(device)
            .is_some_and(|choice| choice.is_away() && !choice.returns());
        let Some(site) = self.plans.get(device).map(DevicePlan::site).filter(|_| away) else {
            return;
        };
        if let Some(patrol) = self.roads.patrol(site).filter(|patrol| !patrol.is_looking()) {
            // Not sooner after the last look than any canary that somebody hurries.
            let last = patrol.last().map_or(now, |last| last + crate::backoff::COOL_DOWN);
            self.roads.plan_look(site, last.max(now));
        }
    }

    /// From one look to the next: what a canary would wait that has waited in vain before.
    pub(in crate::machine) fn look_wait(&mut self, away: Duration, before: Option<Duration>) -> Duration {
        self.basis.dice().canary(STEADY, away, before)
    }

    /// Who goes the road that the device should take, registered for as long as the device takes another one.
    pub(in crate::machine) fn prepare_scout(&mut self, device: DeviceId) {
        let (Some(plan), Some(choice)) = (self.plans.get(device), self.roads.get(device)) else {
            return;
        };
        let (scout, place) = (choice.scout(), choice.end_of(choice.goal()));
        let (site, sign_in) = (plan.site(), plan.sign_in().clone());
        let Some(place) = place.filter(|_| self.plans.get(scout).is_none()) else {
            return;
        };
        self.register_first(
            scout,
            Registration {
                site,
                address: place.address,
                recorder: place.recorder,
                revision: 0,
            },
        );
        if let Some(plan) = self.plans.get_mut(scout) {
            plan.set_sign_in(sign_in);
        }
    }

    pub(in crate::machine) fn want_plainly(&mut self, link: LinkId, device: DeviceId, rank: Rank) {
        if self.plans.want(link, device, rank)
            && let Some(group) = self.group_mut(device)
        {
            group.is_wanted();
        }
        self.groups.line_up_and_touch(device, &self.plans, &self.basis);
    }

    /// Lets go of a link; says nothing to whoever may settle because of it.
    pub(in crate::machine) fn unwant_plainly(&mut self, link: LinkId) {
        if self.plans.owner(link).is_some() {
            self.let_go(link);
        }
    }
}
