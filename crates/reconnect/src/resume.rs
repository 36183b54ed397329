//! What must be kept for the next start, and how it is taken back.

use std::time::{Duration, Instant};

use super::all_sites::AllSitesCanary;
use super::attempt::Phase;
use super::backoff::{backoff_of, canary_wait};
use super::earlier::{Earlier, FORGOTTEN};
use super::failure::Failure;
use super::group::{GroupId, Path};
use super::ledger::Ledger;
use super::machine::Machine;
use super::spent::{DeviceSpent, OutageSpent, RecorderSpent, SiteSpent, Spent};
use device::SiteId;

/// A program that is started again and again asks a recorder that refused it no more often than this.
const REFUSED: Duration = Duration::from_secs(60);

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
        let site = |(id, group): (SiteId, GroupId)| {
            let group = self.groups.get(&group)?;
            let failed = ages(group.ledger.recent(now).chain(pending(Some(id))).collect());
            let probing = group.probe().and_then(|probe| {
                let since = group.down_since?;
                // A look under way counts as one that came to nothing.
                let looking = probe.dialling.and(probe.last);
                let next = looking.map_or(probe.next, |last| last + probe.wait);
                Some(OutageSpent {
                    since: age(since),
                    step: group.step.saturating_add(u32::from(looking.is_some())),
                    last_look: probe
                        .last
                        .or(Some(group.last_turn).filter(|_| group.in_vain > 0))
                        .map(age),
                    next_look: next.saturating_duration_since(now),
                    canary: probe.canary,
                    answers: probe.path == Path::Alive,
                })
            });
            // Killed before it could see that the site is dead: the next run begins with one canary all the same.
            let last = age(group.last_turn);
            let in_vain = group.in_vain > 0 && group.last_media.is_none() && last < FORGOTTEN;
            let members = || group.members.iter().filter_map(|id| self.members.get(id));
            let doubtful = || {
                let since = group.down_since.map(age);
                Some(OutageSpent {
                    since: since.or(failed.first().copied().filter(|_| group.in_vain >= 2))?,
                    step: group.in_vain,
                    last_look: Some(last),
                    next_look: canary_wait(group.in_vain.saturating_sub(1)).saturating_sub(last),
                    canary: None,
                    answers: members().any(|member| member.last_failure.as_ref().is_some_and(Failure::is_an_answer)),
                })
            };
            let outage = probing.or_else(|| doubtful().filter(|_| in_vain));
            (!failed.is_empty() || outage.is_some() || in_vain).then_some(SiteSpent {
                site: id,
                failed,
                in_vain: group.in_vain,
                outage,
            })
        };
        let recorders = self.directory.recorders().filter_map(|(recorder, entry)| {
            let member = self.members.get(&entry)?;
            let connects: Vec<_> = member.connects().map(age).filter(|age| *age < FORGOTTEN).collect();
            (!connects.is_empty()).then_some(RecorderSpent { recorder, connects })
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
        Spent {
            network: self.all_sites.as_ref().map(|canary| canary.spent(now)),
            process: ages(self.process.failed_lately(now).chain(pending(None)).collect()),
            sites: self.directory.sites().filter_map(site).collect(),
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
        let ledger = |ages: &[Duration]| {
            let at = |age: &Duration| now.checked_sub(*age).unwrap_or(now);
            Ledger::of(ages.iter().map(at).collect(), now)
        };
        self.process.resume(&ledger(&spent.process));
        let canary = spent.network.as_ref();
        self.all_sites = canary.map(|spent| AllSitesCanary::resumed(spent, FORGOTTEN, now));
        for site in &spent.sites {
            self.departed.insert(site.site, ledger(&site.failed));
        }
        self.earlier = Earlier::of(spent, now);
    }
}
