//! What the last minutes cost, as plain data: a program that is killed and started again goes on where it was.

use std::time::{Duration, Instant};

use super::backoff::{backoff_of, canary_wait};
use super::group::{Group, Mode, Path, Probe};
use super::ledger::Ledger;
use super::machine::{Machine, Phase};
use super::member::Member;
use super::network::NetworkCanary;
use device::{DeviceId, SiteId};

/// What must survive a restart. Every age is counted back and every wait forward from the moment of [`Machine::spent`].
/// An attempt under way is in it until it plays; attempts that played are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Ages of the failed and pending attempts of the process in the last minute, oldest first.
    pub process: Vec<Duration>,
    /// All sites are down together, and one canary goes for all.
    pub network: Option<NetworkSpent>,
    pub sites: Vec<SiteSpent>,
    pub recorders: Vec<RecorderSpent>,
    pub devices: Vec<DeviceSpent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteSpent {
    pub site: SiteId,
    /// Ages of its failed and pending attempts in the last minute, oldest first.
    pub failed: Vec<Duration>,
    /// Attempts since something last played there, those under way among them.
    pub in_vain: u32,
    pub outage: Option<OutageSpent>,
}

/// The canary that goes for all sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSpent {
    /// The sites have been down together for this long.
    pub since: Duration,
    /// How far the waits have grown.
    pub step: u32,
    /// The age of the last look and the wait before the next one.
    pub last_look: Option<Duration>,
    pub next_look: Duration,
    /// Some site refused when it went down: another refusal is no news.
    pub refuses: bool,
}

/// A site that one canary probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageSpent {
    /// Nothing has played for this long.
    pub since: Duration,
    /// How far the canary's waits have grown.
    pub step: u32,
    /// The age of the last look and the wait before the next one.
    pub last_look: Option<Duration>,
    pub next_look: Duration,
    pub canary: Option<DeviceId>,
    /// Something answered there, but no device served.
    pub answers: bool,
}

/// The connects to one host and port that came to nothing lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecorderSpent {
    pub recorder: u64,
    /// Their ages, oldest first.
    pub connects: Vec<Duration>,
}

/// A device that fails by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceSpent {
    pub device: DeviceId,
    /// In a row.
    pub failures: u32,
    /// The wait before its next try.
    pub next_try: Duration,
}

/// What is older says nothing any more.
const FORGOTTEN: Duration = Duration::from_secs(300);
/// A program that is started again and again asks a recorder that refused it no more often than this.
const REFUSED: Duration = Duration::from_secs(60);

impl Spent {
    /// The same, this much later. What is too old to matter falls away when the machine takes it back.
    #[must_use]
    pub fn later(mut self, elapsed: Duration) -> Self {
        let sites = self.sites.iter_mut().map(|site| &mut site.failed);
        let recorders = self.recorders.iter_mut().map(|recorder| &mut recorder.connects);
        for age in sites.chain(recorders).flatten().chain(&mut self.process) {
            *age = age.saturating_add(elapsed);
        }
        for outage in self.sites.iter_mut().filter_map(|site| site.outage.as_mut()) {
            outage.since = outage.since.saturating_add(elapsed);
            outage.last_look = outage.last_look.map(|age| age.saturating_add(elapsed));
            outage.next_look = outage.next_look.saturating_sub(elapsed);
        }
        if let Some(network) = &mut self.network {
            network.since = network.since.saturating_add(elapsed);
            network.last_look = network.last_look.map(|age| age.saturating_add(elapsed));
            network.next_look = network.next_look.saturating_sub(elapsed);
        }
        for device in &mut self.devices {
            device.next_try = device.next_try.saturating_sub(elapsed);
        }
        self
    }
}

/// An outage of an earlier run, until its site is registered.
#[derive(Clone, Copy)]
struct Outage {
    down_since: Instant,
    step: u32,
    last: Option<Instant>,
    next: Instant,
    canary: Option<DeviceId>,
    path: Path,
}

/// What an earlier run left, for whatever is registered later.
#[derive(Default)]
pub(super) struct Earlier {
    outages: Vec<(SiteId, Outage)>,
    in_vain: Vec<(SiteId, u32)>,
    recorders: Vec<(u64, Vec<Instant>)>,
    devices: Vec<(DeviceId, u32, Instant)>,
}

impl Earlier {
    pub(super) fn len(&self) -> usize {
        self.outages.len() + self.in_vain.len() + self.recorders.len() + self.devices.len()
    }

    /// A device that is registered for the first time in this run takes over its failures and its wait.
    pub(super) fn apply_to(&mut self, id: DeviceId, member: &mut Member, epoch: Option<u64>) {
        if let Some(index) = self.devices.iter().position(|(device, ..)| *device == id) {
            let (_, failures, until) = self.devices.swap_remove(index);
            member.failures = failures;
            member.backoff_until = Some(until);
            member.failed_in = epoch.filter(|_| failures > 0);
        }
    }

    /// The group of a site that is registered for the first time in this run goes on where the earlier run stopped.
    pub(super) fn apply_to_group(&mut self, site: SiteId, group: &mut Group, now: Instant) {
        if let Some(index) = self.in_vain.iter().position(|(other, _)| *other == site) {
            group.in_vain = group.in_vain.max(self.in_vain.swap_remove(index).1);
        }
        if let Some(index) = self.outages.iter().position(|(other, _)| *other == site) {
            self.outages.swap_remove(index).1.apply_to(group, now);
        }
    }

    pub(super) fn take_recorder(&mut self, recorder: u64) -> Vec<Instant> {
        let index = self.recorders.iter().position(|(other, _)| *other == recorder);
        index.map_or_else(Vec::new, |index| self.recorders.swap_remove(index).1)
    }
}

impl Outage {
    fn apply_to(self, group: &mut Group, now: Instant) {
        if group.last_media.is_some() {
            return;
        }
        group.down_since = Some(group.down_since.map_or(self.down_since, |at| at.min(self.down_since)));
        group.step = group.step.max(self.step);
        if group.probe().is_none() {
            group.mode = Mode::Probing(Probe {
                canary: self.canary,
                last: self.last,
                // The canary of the earlier run stays: each new address is another entry in the router.
                rotations: u32::MAX,
                ..Probe::new(self.path, self.next, now)
            });
        }
    }
}

impl Machine {
    /// What must be kept for the next start. Ask anew whenever [`Machine::spent_revision`] has changed.
    #[must_use]
    pub fn spent(&self, now: Instant) -> Spent {
        let now = now.max(self.now);
        let age = |at: Instant| now.saturating_duration_since(at);
        let pending = |site: Option<SiteId>| {
            let under_way = self.attempts.values().filter(move |attempt| {
                !matches!(attempt.phase, Phase::Playing { .. }) && site.is_none_or(|site| attempt.site == site)
            });
            under_way.map(|attempt| attempt.begun)
        };
        let ages = |mut times: Vec<Instant>| {
            times.sort_unstable();
            times.into_iter().map(age).collect::<Vec<_>>()
        };
        let site = |(id, site): (&SiteId, &super::machine::Site)| {
            let group = self.groups.get(&site.group)?;
            let failed = ages(group.ledger.recent(now).chain(pending(Some(*id))).collect());
            let probing = group.probe().and_then(|probe| {
                let since = group.down_since?;
                // A look under way counts as one that came to nothing.
                let looking = probe.dialling.and(probe.last);
                let next = looking.map_or(probe.next, |last| last + probe.wait);
                Some(OutageSpent {
                    since: age(since),
                    step: group.step.saturating_add(u32::from(looking.is_some())),
                    last_look: probe.last.map(age),
                    next_look: next.saturating_duration_since(now),
                    canary: probe.canary,
                    answers: probe.path == Path::Alive,
                })
            });
            // Killed before it could see that the site is dead: the next run begins with one canary all the same.
            let doubtful = || {
                let (first, last) = (*failed.first()?, *failed.last()?);
                Some(OutageSpent {
                    since: first,
                    step: group.in_vain,
                    last_look: Some(last),
                    next_look: canary_wait(group.in_vain.saturating_sub(1)).saturating_sub(last),
                    canary: None,
                    answers: false,
                })
            };
            let outage = probing.or_else(|| doubtful().filter(|_| group.in_vain >= 2 && group.last_media.is_none()));
            (!failed.is_empty() || outage.is_some()).then_some(SiteSpent {
                site: *id,
                failed,
                in_vain: group.in_vain,
                outage,
            })
        };
        let recorders = self.recorders.iter().filter_map(|(recorder, entries)| {
            let member = self.members.get(entries.first()?)?;
            let connects: Vec<_> = member.unproven().map(age).filter(|age| *age < FORGOTTEN).collect();
            (!connects.is_empty()).then_some(RecorderSpent {
                recorder: *recorder,
                connects,
            })
        });
        let devices = self.members.iter().filter_map(|(id, member)| {
            if member.last_dial.is_some_and(|at| age(at) >= FORGOTTEN) {
                return None;
            }
            // An attempt under way counts as one that failed.
            let failures = member.failures.saturating_add(u32::from(member.dialling.is_some()));
            let failing = member.dialling.and(member.last_dial);
            let failing = failing.map(|at| at + backoff_of(failures));
            let refused = member.stop.as_ref().and(member.last_dial).map(|at| at + REFUSED);
            let until = member.backoff_until.max(member.hold_until).max(refused).max(failing);
            let next_try = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            (failures > 0 || !next_try.is_zero()).then_some(DeviceSpent {
                device: *id,
                failures,
                next_try,
            })
        });
        let network = self.gate.as_ref().map(|gate| {
            let (step, next) = gate.if_silent();
            NetworkSpent {
                since: age(gate.since),
                step,
                last_look: gate.last.map(age),
                next_look: next.saturating_duration_since(now),
                refuses: gate.refuses,
            }
        });
        Spent {
            network,
            process: ages(self.process.failed_lately(now).chain(pending(None)).collect()),
            sites: self.sites.iter().filter_map(site).collect(),
            recorders: recorders.collect(),
            devices: devices.collect(),
        }
    }

    /// Changes whenever what [`Machine::spent`] would say has changed by more than the passing of time.
    #[must_use]
    pub fn spent_revision(&self) -> u64 {
        self.spent_revision
    }

    /// Takes back what an earlier run spent; before any device is registered.
    pub fn resume(&mut self, spent: &Spent, now: Instant) {
        self.now = self.now.max(now);
        let now = self.now;
        // A clock that cannot name a time before the PC started takes what is older as if it were new.
        let at = |age: &Duration| now.checked_sub(*age).unwrap_or(now);
        let ledger = |ages: &[Duration]| Ledger::of(ages.iter().map(at).collect(), now);
        self.process.resume(&ledger(&spent.process));
        self.gate = spent.network.as_ref().map(|network| {
            let next = now + network.next_look.min(FORGOTTEN);
            NetworkCanary {
                since: at(&network.since),
                last: network.last_look.as_ref().map(at),
                ..NetworkCanary::new(network.step, next, network.refuses, now)
            }
        });
        for site in &spent.sites {
            self.departed.insert(site.site, ledger(&site.failed));
            self.earlier.in_vain.push((site.site, site.in_vain));
            if let Some(outage) = site.outage {
                let path = if outage.answers { Path::Alive } else { Path::Dead };
                let outage = Outage {
                    down_since: at(&outage.since),
                    step: outage.step,
                    last: outage.last_look.as_ref().map(at),
                    next: now + outage.next_look.min(FORGOTTEN),
                    canary: outage.canary,
                    path,
                };
                self.earlier.outages.push((site.site, outage));
            }
        }
        for recorder in &spent.recorders {
            let lately = recorder.connects.iter().filter(|age| **age < FORGOTTEN);
            self.earlier
                .recorders
                .push((recorder.recorder, lately.map(at).collect()));
        }
        for device in &spent.devices {
            let until = now + device.next_try.min(FORGOTTEN);
            self.earlier.devices.push((device.device, device.failures, until));
        }
    }
}
