//! Leads each input through the parts that it concerns. Each part owns its state; what one of them finds is passed to the others
//! here, or in a function that takes the parts it needs.

mod attempting;
mod dialling;
mod registering;
mod travelling;

use std::time::Instant;

use super::all_sites::AllSites;
use super::attempts::{Attempts, Totals};
use super::basis::Basis;
use super::earlier::Earlier;
use super::groups::{Group, Groups};
use super::keeping;
use super::ledger::Ledger;
use super::limits::Limits;
use super::network;
use super::news::News;
use super::outcome;
use super::plans::{Plans, Registration};
use super::port::{AttemptId, Hint, Input, LinkId, LinkView, Output, RoadView, SignIn, SiteView};
use super::process::Process;
use super::queue::Queue;
use super::roads::RoadBook;
use super::spent::Spent;
use super::view::Survey;
use device::{DeviceId, SiteId};

/// Decides when to connect. Feed it with [`Machine::handle`], then [`Machine::poll`] until it says [`Output::Sleep`].
/// `now` never goes back, but may leap.
pub struct Machine {
    basis: Basis,
    plans: Plans,
    groups: Groups,
    attempts: Attempts,
    all_sites: AllSites,
    queue: Queue,
    process: Process,
    earlier: Earlier,
    roads: RoadBook,
    news: News,
}

impl Machine {
    #[must_use]
    pub fn new(seed: u64, limits: Limits, now: Instant) -> Self {
        Self {
            basis: Basis::new(seed, limits, now),
            plans: Plans::default(),
            groups: Groups::default(),
            attempts: Attempts::default(),
            all_sites: AllSites::default(),
            queue: Queue::default(),
            process: Process::new(now),
            earlier: Earlier::default(),
            roads: RoadBook::default(),
            news: News::default(),
        }
    }

    /// Takes back what an earlier run spent; before any device is registered.
    pub fn resume(&mut self, spent: &Spent, now: Instant) {
        self.basis.advance(now);
        let now = self.basis.now();
        self.process.resume(&Ledger::of_ages(&spent.process, now));
        self.all_sites.resume(spent.network.as_ref(), now);
        for site in &spent.sites {
            self.groups.resume(site.site, Ledger::of_ages(&site.failed, now));
        }
        self.earlier = Earlier::of(spent, now);
    }

    pub fn handle(&mut self, input: Input, now: Instant) {
        self.basis.advance(now);
        if !matches!(
            input,
            Input::Device { .. } | Input::DeviceRemoved(_) | Input::Want { .. }
        ) {
            self.form_groups();
        }
        let Self {
            basis,
            plans,
            groups,
            all_sites,
            ..
        } = self;
        match input {
            Input::Device {
                id,
                site,
                address,
                recorder,
                revision,
            } => {
                let address = address.map(|address| address.to_canonical());
                let registration = Registration {
                    site,
                    address,
                    recorder,
                    revision,
                };
                self.register(id, registration);
            }
            Input::DeviceRemoved(id) => self.remove(id),
            Input::SignIn { device, state } => self.sign_in(device, state),
            Input::Roads { device, roads } => self.set_roads(device, roads),
            Input::Heir { heir, of } => self.want_heir(heir, of),
            Input::Want { link, device, rank } => self.want(link, device, rank),
            Input::Unwant(link) => self.unwant(link),
            Input::Connected { attempt, address } => self.heard(attempt, |machine| machine.connected(attempt, address)),
            Input::Waits { attempt } => self.heard(attempt, |machine| machine.waits(attempt)),
            Input::Playing { attempt } => {
                let before = self.before(attempt);
                self.heard(attempt, |machine| machine.playing(attempt));
                before.into_iter().for_each(|before| self.after_playing(before));
            }
            Input::Media { attempt } => self.heard(attempt, |machine| machine.media(attempt)),
            Input::Failed {
                attempt,
                address,
                failure,
            } => {
                let before = self.before(attempt);
                self.heard(attempt, |machine| machine.failed(attempt, address, &failure));
                before
                    .into_iter()
                    .for_each(|before| self.after_failure(before, &failure));
            }
            Input::Redirected { attempt, address } => {
                self.heard(attempt, |machine| machine.redirected(attempt, address));
            }
            Input::Answered { attempt } => {
                let before = self.before(attempt);
                self.heard(attempt, |machine| machine.answered(attempt));
                before.into_iter().for_each(|before| self.after_answer(before));
            }
            Input::SignInRefused { device, failure } => {
                outcome::sign_in_refused(device, &failure, groups, plans, basis);
                self.after_refusal(device, &failure);
            }
            Input::RetryNow(device) => {
                network::retry_now(device, groups, plans, basis);
                self.hurry_scout(device);
            }
            Input::Hint(Hint::Device(device)) => network::hint(device, groups, plans, basis),
            Input::Hint(Hint::Address(address)) => {
                let here: Vec<_> = plans.at_address(address).collect();
                for device in here.iter().copied() {
                    network::hint(device, groups, plans, basis);
                }
                for device in here {
                    self.hint_to_scout(device);
                }
            }
            Input::Network(network) => {
                network::told(network, all_sites, groups, plans, basis);
                self.all_go_home();
            }
            Input::Woke => {
                network::woke(all_sites, groups, plans, basis);
                self.all_go_home();
            }
            Input::PolicyChanged => {
                network::policy_changed(groups, plans, basis);
                self.all_go_home();
            }
            Input::Forbidden { device, address } => network::forbidden(device, address, groups, plans, basis),
            Input::Limits(limits) => network::set_limits(limits, groups, plans, basis),
            Input::Planned { site, on } => network::planned(site, on, groups, plans, basis),
        }
        self.place_touched();
    }

    /// The next thing to do; call it until it answers [`Output::Sleep`].
    pub fn poll(&mut self, now: Instant) -> Output {
        self.basis.advance(now);
        self.form_groups();
        self.send_scouts();
        // Who goes home instead of being scouted for stands elsewhere.
        self.form_groups();
        self.place_touched();
        if let Some(output) = self.news.pop() {
            return output;
        }
        let turn = self.next_turn();
        if let Some(site) = self.news.pop_changed() {
            // The dial, if there was one, waits its turn behind what the screen must know.
            if let Ok(dial) = turn {
                self.news.push(Output::Dial(dial));
            }
            return Output::SiteChanged(site);
        }
        match turn {
            Ok(dial) => Output::Dial(dial),
            Err(wake) => {
                let (until, why) = wake.unzip();
                Output::Sleep {
                    until,
                    why: why.unwrap_or("nothing is due"),
                }
            }
        }
    }

    // What it shows.

    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<LinkView> {
        self.view().link(id)
    }

    /// The state is that of all sites which share its way out, and so is the budget, `failed_last_minute` of `failed_allowed`;
    /// the other figures are the site's own.
    #[must_use]
    pub fn site(&self, id: SiteId) -> Option<SiteView> {
        self.view().site(id)
    }

    /// Every site that has a device.
    pub fn sites(&self) -> impl Iterator<Item = SiteId> + '_ {
        self.groups.sites().map(|(site, _)| site)
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        self.attempts.statistics().totals(self.basis.now())
    }

    /// By which road a device is reached; `None`: it has one alone.
    #[must_use]
    pub fn road(&self, device: DeviceId) -> Option<RoadView> {
        self.roads.view(device)
    }

    /// Whether the link's next attempt may go where a redirect leads; else the attempt has failed.
    #[must_use]
    pub fn may_follow(&self, link: LinkId) -> bool {
        self.plans.link(link).is_some_and(|(_, link)| link.may_follow())
    }

    /// What must be kept for the next start. Ask anew whenever [`Machine::spent_revision`] has changed.
    #[must_use]
    pub fn spent(&self, now: Instant) -> Spent {
        keeping::spent(&self.view(), now.max(self.basis.now()))
    }

    /// Changes whenever what [`Machine::spent`] would say has changed by more than the passing of time.
    #[must_use]
    pub fn spent_revision(&self) -> u64 {
        self.attempts.revision() + self.groups.revision() + self.all_sites.revision()
    }

    /// Entries in all collections together: bounded by what is registered and wanted, not by time.
    #[must_use]
    pub fn footprint(&self) -> usize {
        let waiting = self.queue.len() + self.process.footprint() + self.news.len() + self.earlier.len();
        self.plans.footprint() + self.groups.footprint() + self.attempts.footprint() + self.roads.footprint() + waiting
    }

    /// Takes in what an attempt says; where that opens its site or the gate of all of them, everybody goes the way that worked.
    fn heard(&mut self, attempt: AttemptId, take: impl FnOnce(&mut Self)) {
        let (before, gated) = (self.before(attempt), self.all_sites.are_down());
        take(self);
        if !self.roads.are_unused() {
            self.after(before, gated);
        }
    }

    fn sign_in(&mut self, device: DeviceId, state: SignIn) {
        if let Some(scout) = self.scout_of(device) {
            outcome::sign_in(scout, state.clone(), &mut self.groups, &mut self.plans, &self.basis);
        }
        outcome::sign_in(device, state, &mut self.groups, &mut self.plans, &self.basis);
    }

    fn view(&self) -> Survey<'_> {
        Survey {
            basis: &self.basis,
            plans: &self.plans,
            groups: &self.groups,
            attempts: &self.attempts,
            all_sites: &self.all_sites,
            process: &self.process,
        }
    }

    fn group_mut(&mut self, device: DeviceId) -> Option<&mut Group> {
        self.groups.get_mut(self.plans.group_of(device)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::{AttemptId, Failure, FailureKind, Rank, Stage};

    /// A program that has run for years: every counter passes what 32 bits hold, in the middle of an outage.
    #[test]
    fn counters_go_on_past_32_bits() {
        let start = Instant::now();
        let mut machine = Machine::new(1, Limits::default(), start);
        let long_ago = u64::from(u32::MAX) - 20;
        machine.attempts.after_years(long_ago);
        machine.groups.after_years(long_ago);
        machine.queue = Queue::with_last_ticket(long_ago);
        machine.basis = Basis::new(1, Limits::default(), start).after_policies(long_ago);
        for id in 1..=8 {
            machine.handle(
                Input::Device {
                    id: DeviceId(id),
                    site: SiteId(1 + id % 2),
                    address: None,
                    recorder: id,
                    revision: long_ago + id,
                },
                start,
            );
            let rank = Rank::Visible;
            let (link, device) = (LinkId(long_ago + id), DeviceId(id));
            machine.handle(Input::Want { link, device, rank }, start);
        }
        let (mut now, mut dials) = (start, 0);
        while now < start + Duration::from_secs(3_600) {
            match machine.poll(now) {
                Output::Dial(dial) => {
                    dials += 1;
                    assert_eq!(dial.attempt, AttemptId(long_ago + dials));
                    machine.handle(failed(dial.attempt, FailureKind::Timeout), now);
                    machine.handle(Input::PolicyChanged, now);
                }
                Output::Sleep { until, .. } => now = until.unwrap_or(now + Duration::from_secs(60)),
                Output::Abort(_) | Output::SiteChanged(_) | Output::Road(_) => {}
            }
        }
        assert!(dials > 40, "{dials}");
        assert_eq!(machine.totals().attempts, long_ago + dials);
        assert_eq!(machine.totals().failed, long_ago + dials);
        // Counts that only grow a little at a time stop at their end and go on working there.
        machine.groups.after_years(long_ago * 2);
        machine.plans.after_years();
        for kind in [
            FailureKind::Timeout,
            FailureKind::NoRoute,
            FailureKind::Refused,
            FailureKind::Limit { retry_after: None },
            FailureKind::NoSuchChannel,
        ] {
            let dial = loop {
                match machine.poll(now) {
                    Output::Dial(dial) => break dial,
                    Output::Sleep { until, .. } => now = until.unwrap_or(now + Duration::from_secs(60)),
                    Output::Abort(_) | Output::SiteChanged(_) | Output::Road(_) => {}
                }
            };
            machine.handle(failed(dial.attempt, kind), now);
        }
    }

    fn failed(attempt: AttemptId, kind: FailureKind) -> Input {
        Input::Failed {
            attempt,
            address: None,
            failure: Failure {
                kind,
                stage: Stage::Connect,
                detail: String::new(),
            },
        }
    }
}
