//! What the Network page counts: attempts of each site and of the process. Nothing is decided by it.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::ledger::Ledger;
use device::SiteId;

/// Counters since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub attempts: u64,
    /// Attempts that failed; one that sent no packet (a refusal by the policy, no route) is none.
    pub failed: u64,
    /// Dials that are not connected yet.
    pub half_open: u32,
    pub attempts_last_minute: u32,
}

/// Counters of one site of the registry.
#[derive(Default)]
pub(crate) struct SiteCounters {
    attempts: u64,
    failed: u64,
    half_open: u32,
    recent: Ledger,
}

/// Invariant: an attempt is counted half-open at its site from its begin until it closes, unless the site goes before.
#[derive(Default)]
pub(crate) struct Statistics {
    sites: BTreeMap<SiteId, SiteCounters>,
    all: SiteCounters,
}

impl Statistics {
    pub(crate) fn begins(&mut self, site: SiteId, now: Instant) {
        self.all.begins(now);
        self.sites.entry(site).or_default().begins(now);
    }

    /// It is connected, or has ended without.
    pub(crate) fn closes(&mut self, site: SiteId) {
        self.all.closes();
        if let Some(site) = self.sites.get_mut(&site) {
            site.closes();
        }
    }

    pub(crate) fn failed(&mut self, site: SiteId) {
        self.all.failed += 1;
        self.sites.entry(site).or_default().failed += 1;
    }

    pub(crate) fn totals(&self, now: Instant) -> Totals {
        Totals {
            attempts: self.all.attempts,
            failed: self.all.failed,
            half_open: self.all.half_open,
            attempts_last_minute: self.all.recent.count(now),
        }
    }

    /// The same of one site.
    pub(crate) fn of_site(&self, site: SiteId, now: Instant) -> Totals {
        self.sites.get(&site).map_or_else(Totals::default, |site| Totals {
            attempts: site.attempts,
            failed: site.failed,
            half_open: site.half_open,
            attempts_last_minute: site.recent.count(now),
        })
    }

    pub(crate) fn keep_sites(&mut self, keep: impl Fn(SiteId) -> bool) {
        self.sites.retain(|site, _| keep(*site));
    }

    /// Entries held.
    pub(crate) fn footprint(&self) -> usize {
        let sites = self.sites.values().map(|site| 1 + site.recent.len());
        sites.sum::<usize>() + self.all.recent.len()
    }

    #[cfg(test)]
    pub(crate) fn after_years(attempts: u64, failed: u64) -> Self {
        let mut statistics = Self::default();
        (statistics.all.attempts, statistics.all.failed) = (attempts, failed);
        statistics
    }
}

impl SiteCounters {
    fn begins(&mut self, now: Instant) {
        self.attempts += 1;
        self.half_open += 1;
        self.recent.note(now);
    }

    fn closes(&mut self) {
        // A site that went and came back meanwhile has not counted it.
        self.half_open = self.half_open.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_site_and_the_process_count_alike_and_a_site_can_be_forgotten() {
        let start = Instant::now();
        let mut statistics = Statistics::default();
        statistics.begins(SiteId(1), start);
        statistics.begins(SiteId(2), start);
        statistics.closes(SiteId(1));
        statistics.failed(SiteId(1));
        let (one, all) = (statistics.of_site(SiteId(1), start), statistics.totals(start));
        assert_eq!(
            (one.attempts, one.failed, one.half_open, one.attempts_last_minute),
            (1, 1, 0, 1)
        );
        assert_eq!(
            (all.attempts, all.failed, all.half_open, all.attempts_last_minute),
            (2, 1, 1, 2)
        );
        statistics.keep_sites(|site| site == SiteId(1));
        assert_eq!(statistics.of_site(SiteId(2), start), Totals::default());
        statistics.closes(SiteId(2));
        assert_eq!(
            statistics.totals(start + Duration::from_secs(61)).attempts_last_minute,
            0
        );
        assert_eq!(statistics.totals(start).half_open, 0);
    }
}
