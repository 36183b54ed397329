use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use super::all_sites::AllSitesCanary;
use super::attempt::Attempt;
use super::backoff::Dice;
use super::device_plan::{DevicePlan, LinkPlan};
use super::directory::Directory;
use super::earlier::Earlier;
use super::group::{Group, GroupId};
use super::ledger::Ledger;
use super::limits::Limits;
use super::port::{AttemptId, Input, LinkId, Output};
use super::process::Process;
use super::queue::Queue;
use super::statistics::Statistics;
use device::{DeviceId, SiteId};

/// Decides when to connect. Feed it with [`Machine::handle`], then [`Machine::poll`] until it says [`Output::Sleep`].
/// `now` never goes back, but may leap.
pub struct Machine {
    pub(super) born: Instant,
    pub(super) now: Instant,
    pub(super) dice: Dice,
    /// Who goes first of those of whom nothing is known: a lot of its own, so that one more site moves no other's waits.
    pub(super) lots: Dice,
    pub(super) limits: Limits,
    pub(super) links: BTreeMap<LinkId, LinkPlan>,
    pub(super) members: BTreeMap<DeviceId, DevicePlan>,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) attempts: BTreeMap<AttemptId, Attempt>,
    pub(super) directory: Directory,
    /// Devices, sites or addresses changed so that the groups must be formed anew.
    pub(super) regroup: bool,
    /// What sites without devices spent in the last minute: to delete a device and add it again buys nothing.
    pub(super) departed: BTreeMap<SiteId, Ledger>,
    pub(super) queue: Queue,
    pub(super) process: Process,
    /// The operating system says that there is no network.
    pub(super) offline: bool,
    /// While all sites are down together.
    pub(super) all_sites: Option<AllSitesCanary>,
    /// Something has answered in this run.
    pub(super) answered: bool,
    /// Counts the changes of the policy: a refusal under an older one says nothing.
    pub(super) policy: u64,
    pub(super) outputs: VecDeque<Output>,
    pub(super) changed: BTreeSet<SiteId>,
    pub(super) statistics: Statistics,
    pub(super) spent_revision: u64,
    pub(super) earlier: Earlier,
    /// The operating system has said how the network is.
    pub(super) network_told: bool,
    pub(super) last_epoch: u64,
    last_group: u64,
    last_attempt: u64,
}

impl Machine {
    #[must_use]
    pub fn new(seed: u64, limits: Limits, now: Instant) -> Self {
        Self {
            born: now,
            now,
            dice: Dice::new(seed),
            lots: Dice::new(!seed),
            limits: limits.clamped(),
            links: BTreeMap::new(),
            members: BTreeMap::new(),
            groups: BTreeMap::new(),
            attempts: BTreeMap::new(),
            directory: Directory::default(),
            regroup: false,
            departed: BTreeMap::new(),
            queue: Queue::default(),
            process: Process::new(now),
            offline: false,
            all_sites: None,
            answered: false,
            policy: 0,
            outputs: VecDeque::new(),
            changed: BTreeSet::new(),
            statistics: Statistics::default(),
            spent_revision: 0,
            earlier: Earlier::default(),
            network_told: false,
            last_epoch: 0,
            last_group: 0,
            last_attempt: 0,
        }
    }

    pub fn handle(&mut self, input: Input, now: Instant) {
        self.now = self.now.max(now);
        if !matches!(
            input,
            Input::Device { .. } | Input::DeviceRemoved(_) | Input::Want { .. }
        ) {
            self.form_groups();
        }
        match input {
            Input::Device {
                id,
                site,
                address,
                recorder,
                revision,
            } => self.device(id, site, address, recorder, revision),
            Input::DeviceRemoved(id) => self.device_removed(id),
            Input::SignIn { device, state } => self.sign_in(device, state),
            Input::Want { link, device, rank } => self.want(link, device, rank),
            Input::Unwant(link) => self.unwant(link),
            Input::Connected { attempt, address } => self.connected(attempt, address),
            Input::Playing { attempt } => self.playing(attempt),
            Input::Media { attempt } => self.media(attempt),
            Input::Failed {
                attempt,
                address,
                failure,
            } => self.failed(attempt, address, failure),
            Input::Redirected { attempt, address } => self.redirected(attempt, address),
            Input::RetryNow(device) => self.retry_now(device),
            Input::Hint(hint) => self.hint(hint),
            Input::Network(network) => self.network(network),
            Input::Woke => self.woke(),
            Input::PolicyChanged => self.policy_changed(),
            Input::Limits(limits) => self.set_limits(limits),
        }
    }

    /// The next thing to do; call it until it answers [`Output::Sleep`].
    pub fn poll(&mut self, now: Instant) -> Output {
        self.now = self.now.max(now);
        self.form_groups();
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        let turn = self.next_turn();
        if let Some(site) = self.changed.pop_first() {
            // The dial, if there was one, waits its turn behind what the screen must know.
            if let Ok(dial) = turn {
                self.outputs.push_back(Output::Dial(dial));
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

    pub(super) fn new_group_id(&mut self) -> GroupId {
        self.last_group += 1;
        GroupId(self.last_group)
    }

    pub(super) fn new_attempt_id(&mut self) -> AttemptId {
        self.last_attempt += 1;
        AttemptId(self.last_attempt)
    }

    pub(super) fn new_epoch(&mut self) -> u64 {
        self.last_epoch += 1;
        self.last_epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::{Failure, FailureKind, Rank, Stage};

    /// A program that has run for years: every counter passes what 32 bits hold, in the middle of an outage.
    #[test]
    fn counters_go_on_past_32_bits() {
        let start = Instant::now();
        let mut machine = Machine::new(1, Limits::default(), start);
        let long_ago = u64::from(u32::MAX) - 20;
        machine.last_attempt = long_ago;
        (machine.last_epoch, machine.last_group) = (long_ago, long_ago);
        machine.queue = Queue::with_last_ticket(long_ago);
        machine.policy = long_ago;
        machine.statistics = Statistics::after_years(long_ago, long_ago);
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
                Output::Abort(_) | Output::SiteChanged(_) => {}
            }
        }
        assert!(dials > 40, "{dials}");
        assert_eq!(machine.totals().attempts, long_ago + dials);
        assert_eq!(machine.totals().failed, long_ago + dials);
        // Counts that only grow a little at a time stop at their end and go on working there.
        for group in machine.groups.values_mut() {
            group.step = u32::MAX;
        }
        for member in machine.members.values_mut() {
            (member.failures, member.no_routes) = (u32::MAX, u32::MAX);
        }
        for link in machine.links.values_mut() {
            (link.setbacks, link.hops) = (u32::MAX, u32::MAX);
        }
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
                    Output::Abort(_) | Output::SiteChanged(_) => {}
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
