//! What every decision is based on: the time, chance, and what the machine was told of its surroundings.

use std::collections::BTreeSet;
use std::time::Instant;

use super::backoff::Dice;
use super::limits::Limits;
use super::port::Network;
use device::SiteId;

/// Invariants: `now` never goes back; the limits are clamped.
pub(super) struct Basis {
    born: Instant,
    now: Instant,
    dice: Dice,
    /// Who goes first of those of whom nothing is known: a lot of its own, so that one more site moves no other's waits.
    lots: Dice,
    limits: Limits,
    /// The operating system says that there is no network.
    offline: bool,
    /// The operating system has said how the network is.
    network_told: bool,
    /// Counts the changes of the policy: a refusal under an older one says nothing.
    policy: u64,
    /// The sites at which somebody works, as was planned.
    planned: BTreeSet<SiteId>,
}

impl Basis {
    pub(super) fn new(seed: u64, limits: Limits, now: Instant) -> Self {
        Self {
            born: now,
            now,
            dice: Dice::new(seed),
            lots: Dice::new(!seed),
            limits: limits.clamped(),
            offline: false,
            network_told: false,
            policy: 0,
            planned: BTreeSet::new(),
        }
    }

    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    pub(super) fn now(&self) -> Instant {
        self.now
    }

    /// When the machine was made.
    pub(super) fn born(&self) -> Instant {
        self.born
    }

    pub(super) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    pub(super) fn lots(&mut self) -> &mut Dice {
        &mut self.lots
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sets the limits and returns those before.
    pub(super) fn set_limits(&mut self, limits: Limits) -> Limits {
        std::mem::replace(&mut self.limits, limits.clamped())
    }

    pub(super) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Takes over what the operating system says; says whether that is news. A first report of a network only says how it is.
    pub(super) fn set_network(&mut self, network: Network) -> bool {
        let told = std::mem::replace(&mut self.network_told, true);
        match network {
            Network::Up if !told => false,
            Network::Down | Network::Up | Network::Changed => {
                self.offline = network == Network::Down;
                true
            }
        }
    }

    pub(super) fn policy(&self) -> u64 {
        self.policy
    }

    pub(super) fn policy_changed(&mut self) {
        self.policy += 1;
    }

    /// Takes over whether work is planned at a site now; says whether that is news.
    pub(super) fn set_planned(&mut self, site: SiteId, on: bool) -> bool {
        if on {
            self.planned.insert(site)
        } else {
            self.planned.remove(&site)
        }
    }

    /// Whether work is planned at all of these sites now.
    pub(super) fn are_planned(&self, mut sites: impl Iterator<Item = SiteId>) -> bool {
        !self.planned.is_empty() && sites.all(|site| self.planned.contains(&site))
    }

    #[cfg(test)]
    pub(super) fn after_policies(mut self, policy: u64) -> Self {
        self.policy = policy;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_first_report_of_a_network_is_no_news_and_time_never_goes_back() {
        let start = Instant::now();
        let mut basis = Basis::new(1, Limits::default(), start);
        assert!(!basis.set_network(Network::Up));
        assert!(basis.set_network(Network::Up) && !basis.is_offline());
        assert!(basis.set_network(Network::Down) && basis.is_offline());
        assert!(basis.set_network(Network::Changed) && !basis.is_offline());
        let mut from_the_start = Basis::new(1, Limits::default(), start);
        assert!(from_the_start.set_network(Network::Down) && from_the_start.is_offline());
        basis.advance(start + Duration::from_secs(1));
        basis.advance(start);
        assert_eq!(basis.now(), start + Duration::from_secs(1));
    }
}
