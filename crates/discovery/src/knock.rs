//! Addresses that stayed silent, asked by a connection: which port of which address is next, and what that costs at most.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

/// The ports on which recorders take connections: RTSP, HTTP, and what makers use for both.
pub const KNOCK_PORTS: [u16; 5] = [554, 80, 8_000, 8_080, 8_899];

/// So many connections are opened at once at most.
const AT_ONCE: usize = 4;

/// So many connections of the whole program may fail a minute, which nearly all of these do (`reconnect`).
const FAIL_A_MINUTE: u32 = 12;

/// An address that gave no answer on so many ports is taken as empty.
const EMPTY_AFTER: u8 = 2;

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knocked {
    Open,
    /// Somebody is there and takes none on this port.
    Refused,
    Silent,
}

/// How far it is, in connections; `all` gets smaller as addresses turn out to be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnockProgress {
    pub done: usize,
    pub all: usize,
}

/// The connections that are still to be tried.
#[derive(Debug, Default)]
pub struct Knocks {
    waiting: VecDeque<(IpAddr, u16)>,
    under_way: Vec<(IpAddr, u16)>,
    silent: HashMap<IpAddr, u8>,
    done: usize,
}

impl Knocks {
    /// The first port of all addresses, then the second one of those that are not known yet, and so on.
    #[must_use]
    pub fn new(addresses: &[IpAddr]) -> Self {
        let all = KNOCK_PORTS
            .iter()
            .flat_map(|port| addresses.iter().map(|ip| (*ip, *port)));
        Self {
            waiting: all.collect(),
            ..Self::default()
        }
    }

    /// The most connections that so many addresses cost, and how long they take within the governor's budget where nobody answers.
    #[must_use]
    pub fn cost(addresses: usize) -> (usize, Duration) {
        let most = addresses * KNOCK_PORTS.len();
        let silent = addresses * usize::from(EMPTY_AFTER);
        let silent = u32::try_from(silent).unwrap_or(u32::MAX);
        (most, Duration::from_secs(60) * silent / FAIL_A_MINUTE)
    }

    /// The next connection; `None` while enough are under way, or where nothing is left.
    pub fn begin_next(&mut self) -> Option<(IpAddr, u16)> {
        if self.under_way.len() >= AT_ONCE {
            return None;
        }
        // One address is asked on one port at a time.
        let is_free = |(ip, _): &(IpAddr, u16)| !self.under_way.iter().any(|(busy, _)| busy == ip);
        let at = self.waiting.iter().take(AT_ONCE).position(is_free)?;
        let next = self.waiting.remove(at)?;
        self.under_way.push(next);
        Some(next)
    }

    /// What came of a connection that [`Knocks::begin_next`] gave.
    pub fn ended(&mut self, ip: IpAddr, port: u16, knocked: Knocked) {
        self.under_way.retain(|tried| *tried != (ip, port));
        self.done += 1;
        let is_known = match knocked {
            Knocked::Open => true,
            Knocked::Refused => false,
            Knocked::Silent => {
                let silent = self.silent.entry(ip).or_default();
                *silent += 1;
                *silent >= EMPTY_AFTER
            }
        };
        if is_known {
            self.waiting.retain(|(waiting, _)| *waiting != ip);
        }
    }

    #[must_use]
    pub fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    #[must_use]
    pub fn progress(&self) -> KnockProgress {
        KnockProgress {
            done: self.done,
            all: self.done + self.waiting.len() + self.under_way.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(count: u8) -> Vec<IpAddr> {
        (1..=count).map(|last| IpAddr::from([192, 168, 1, last])).collect()
    }

    #[test]
    fn never_more_than_four_are_under_way_and_an_empty_address_costs_two() {
        let mut knocks = Knocks::new(&addresses(50));
        let mut tried = HashMap::<IpAddr, u32>::new();
        while !knocks.is_over() {
            let batch: Vec<_> = std::iter::from_fn(|| knocks.begin_next()).collect();
            assert!((1..=4).contains(&batch.len()));
            for (ip, port) in batch {
                *tried.entry(ip).or_default() += 1;
                knocks.ended(ip, port, Knocked::Silent);
            }
        }
        assert!(tried.values().all(|count| *count == 2));
        assert_eq!(knocks.progress(), KnockProgress { done: 100, all: 100 });
        assert_eq!(Knocks::cost(50), (250, Duration::from_secs(500)));
    }

    #[test]
    fn who_takes_a_connection_is_asked_no_more_and_who_refuses_on_every_port() {
        let mut knocks = Knocks::new(&addresses(2));
        let mut tried = Vec::new();
        while let Some((ip, port)) = knocks.begin_next() {
            tried.push((ip, port));
            let first = ip == addresses(1)[0];
            knocks.ended(ip, port, if first { Knocked::Open } else { Knocked::Refused });
        }
        let of_first = tried.iter().filter(|(ip, _)| *ip == addresses(1)[0]).count();
        assert_eq!((of_first, tried.len()), (1, 1 + KNOCK_PORTS.len()));
        assert!(knocks.is_over());
    }
}
