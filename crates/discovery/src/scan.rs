//! One find: which datagram goes where and when, until nothing is left to wait for.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::probe::ProbeKind;
use super::range::Ranges;

/// When the group is asked, from the beginning or from a change of interfaces on: datagrams are lost.
const ROUNDS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(1_000),
    Duration::from_millis(2_500),
];

/// How long answers of the group are waited for after the last round.
const GROUP_LISTENS: Duration = Duration::from_millis(1_500);

/// How long answers of single addresses are waited for. A device may take half a second on purpose (WS-Discovery §3.1.3).
const ADDRESS_LISTENS: Duration = Duration::from_millis(1_100);

/// Between two datagrams at first: two passes over a /24 take less than 4 s. An address that nobody has occupies the system's table of neighbours for 3 s,
/// and that table has 1,024 places.
const PACE: Duration = Duration::from_millis(7);

/// So many go at that pace: two passes over a /24 and a little.
const AT_FIRST: usize = 600;

/// Between two datagrams after that. A router keeps an entry of 30 s or more for each.
const CALM_PACE: Duration = Duration::from_millis(20);

/// Between two datagrams where nobody waits for the result.
const UNHURRIED_PACE: Duration = Duration::from_millis(50);

/// A change of interfaces begins the rounds anew so many times at most.
const MOST_CHANGES: u8 = 8;

/// What a find has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// Ask the group on every interface.
    ToGroup(ProbeKind),
    /// Ask this address.
    ToAddress(IpAddr, ProbeKind),
    /// Nothing before this time.
    Wait(Instant),
    /// All is asked, and answers were waited for.
    Done,
}

/// How far a find is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanProgress {
    /// Addresses that were asked at least once.
    pub asked: usize,
    /// Addresses of all ranges.
    pub addresses: usize,
    /// In thousandths of the whole, waiting included.
    pub permille: u16,
}

/// One find, without its sockets: [`Scan::poll`] says what to do, [`Scan::answered`] hears who has spoken.
#[derive(Debug)]
pub struct Scan {
    start: Instant,
    rounds: Option<Rounds>,
    addresses: Vec<IpAddr>,
    among: HashSet<IpAddr>,
    answered: HashSet<IpAddr>,
    /// The pass (each has a type of its own), and the address in it.
    pass: usize,
    next: usize,
    sent: usize,
    due: Instant,
    /// Until when answers of addresses are waited for.
    listens: Instant,
    hurried: bool,
}

#[derive(Debug)]
struct Rounds {
    start: Instant,
    /// In steps of one datagram: two a round.
    next: usize,
    changes: u8,
}

impl Scan {
    /// Asks the group, if `group`, and all addresses of `ranges`. `hurried`: a person waits for it.
    #[must_use]
    pub fn new(ranges: &Ranges, group: bool, hurried: bool, now: Instant) -> Self {
        let addresses = ranges.addresses();
        Self {
            start: now,
            rounds: group.then_some(Rounds {
                start: now,
                next: 0,
                changes: 0,
            }),
            among: addresses.iter().copied().collect(),
            addresses,
            answered: HashSet::new(),
            pass: 0,
            next: 0,
            sent: 0,
            due: now,
            listens: now,
            hurried,
        }
    }

    /// What to do now. To be asked again at once after anything but [`ScanStep::Wait`] and [`ScanStep::Done`].
    pub fn poll(&mut self, now: Instant) -> ScanStep {
        let group = self.poll_group(now);
        if let Err(kind) = group {
            return ScanStep::ToGroup(kind);
        }
        let address = self.poll_address(now);
        if let Err((ip, kind)) = address {
            return ScanStep::ToAddress(ip, kind);
        }
        match (group.ok().flatten(), address.ok().flatten()) {
            (Some(one), Some(other)) => ScanStep::Wait(one.min(other)),
            (Some(until), None) | (None, Some(until)) => ScanStep::Wait(until),
            (None, None) => ScanStep::Done,
        }
    }

    /// When there is something to do; nothing where that is over.
    fn poll_group(&mut self, now: Instant) -> Result<Option<Instant>, ProbeKind> {
        let Some(rounds) = &mut self.rounds else {
            return Ok(None);
        };
        let round = rounds.next / ProbeKind::ALL.len();
        let Some(after) = ROUNDS.get(round) else {
            let end = rounds.start + ROUNDS[ROUNDS.len() - 1] + GROUP_LISTENS;
            return Ok((now < end).then_some(end));
        };
        let due = rounds.start + *after;
        if now < due {
            return Ok(Some(due));
        }
        let kind = ProbeKind::ALL[rounds.next % ProbeKind::ALL.len()];
        rounds.next += 1;
        Err(kind)
    }

    fn poll_address(&mut self, now: Instant) -> Result<Option<Instant>, (IpAddr, ProbeKind)> {
        loop {
            let Some(kind) = ProbeKind::ALL.get(self.pass).filter(|_| !self.addresses.is_empty()) else {
                return Ok((now < self.listens).then_some(self.listens));
            };
            let Some(ip) = self.addresses.get(self.next) else {
                (self.pass, self.next) = (self.pass + 1, 0);
                continue;
            };
            if self.answered.contains(ip) {
                self.next += 1;
                continue;
            }
            if now < self.due {
                return Ok(Some(self.due));
            }
            self.next += 1;
            self.sent += 1;
            // What a late timer missed is caught up with, a little.
            self.due = (self.due + self.pace()).max(now.checked_sub(PACE * 8).unwrap_or(now));
            self.listens = now + ADDRESS_LISTENS;
            return Err((*ip, *kind));
        }
    }

    fn pace(&self) -> Duration {
        match self.hurried {
            false => UNHURRIED_PACE,
            true if self.sent <= AT_FIRST => PACE,
            true => CALM_PACE,
        }
    }

    /// An address has answered, so that it is not asked again.
    pub fn answered(&mut self, ip: IpAddr) {
        if self.among.contains(&ip) {
            self.answered.insert(ip);
        }
    }

    /// Interfaces have come or gone: the group is asked anew.
    pub fn links_changed(&mut self, now: Instant) {
        if let Some(rounds) = &mut self.rounds
            && rounds.changes < MOST_CHANGES
        {
            rounds.changes += 1;
            (rounds.start, rounds.next) = (now, 0);
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self, now: Instant) -> ScanProgress {
        let passes = ProbeKind::ALL.len();
        let addresses = self.addresses.len();
        let asked = if self.pass == 0 { self.next } else { addresses };
        let all = addresses * passes;
        let done = (addresses * self.pass.min(passes) + self.next).min(all);
        let by_count = (done * 1_000).checked_div(all);
        let group = ROUNDS[ROUNDS.len() - 1] + GROUP_LISTENS;
        let passed = now.saturating_duration_since(self.rounds.as_ref().map_or(self.start, |rounds| rounds.start));
        let by_time = match &self.rounds {
            Some(_) => usize::try_from(passed.as_millis() * 1_000 / group.as_millis()).unwrap_or(1_000),
            None => 1_000,
        };
        let permille = by_count.unwrap_or(1_000).min(by_time).min(1_000);
        ScanProgress {
            asked,
            addresses,
            permille: u16::try_from(permille).unwrap_or(1_000),
        }
    }

    /// The addresses that were asked and have not answered.
    #[must_use]
    pub fn silent(&self) -> Vec<IpAddr> {
        let is_silent = |ip: &&IpAddr| !self.answered.contains(*ip);
        self.addresses.iter().filter(is_silent).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes out, with the time since the start, until it is done.
    fn run(
        scan: &mut Scan,
        start: Instant,
        mut on_sent: impl FnMut(&mut Scan, ScanStep),
    ) -> (Vec<(Duration, ScanStep)>, Duration) {
        let (mut now, mut sent) = (start, Vec::new());
        loop {
            match scan.poll(now) {
                ScanStep::Done => return (sent, now - start),
                ScanStep::Wait(until) => {
                    assert!(until > now);
                    now = until;
                }
                step => {
                    sent.push((now - start, step));
                    on_sent(scan, step);
                }
            }
        }
    }

    fn ranges(text: &str) -> Ranges {
        let (ranges, faults) = Ranges::parse(text);
        assert_eq!(faults, []);
        ranges
    }

    #[test]
    fn the_group_is_asked_for_both_types_three_times_within_three_seconds() {
        let now = Instant::now();
        let mut scan = Scan::new(&Ranges::default(), true, true, now);
        let (sent, took) = run(&mut scan, now, |_, _| {});
        assert_eq!(sent.len(), 6);
        assert!(sent.iter().all(|(at, _)| *at <= Duration::from_secs(3)));
        assert!(took <= Duration::from_secs(5));
        assert_eq!(scan.progress(now + took).permille, 1_000);
    }

    #[test]
    fn a_slash_24_is_asked_in_five_seconds_with_254_datagrams_and_one_repeat() {
        let now = Instant::now();
        let mut scan = Scan::new(&ranges("192.168.1.0/24"), true, true, now);
        let mut first = 0;
        let (sent, took) = run(&mut scan, now, |_, step| {
            first += usize::from(matches!(step, ScanStep::ToAddress(_, ProbeKind::Transmitter)));
        });
        assert_eq!((first, sent.len()), (254, 254 * 2 + 6));
        assert!(took <= Duration::from_secs(5), "{took:?}");
        assert_eq!(scan.silent().len(), 254);
    }

    #[test]
    fn who_has_answered_is_not_asked_again() {
        let now = Instant::now();
        let mut scan = Scan::new(&ranges("192.168.1.1-10"), false, true, now);
        let (sent, _) = run(&mut scan, now, |scan, step| {
            if let ScanStep::ToAddress(ip, _) = step {
                scan.answered(ip);
            }
            scan.answered("10.9.9.9".parse().unwrap());
        });
        assert_eq!(sent.len(), 10);
        assert_eq!((scan.silent(), scan.answered.len()), (Vec::new(), 10));
    }

    #[test]
    fn a_wide_range_goes_on_at_a_calmer_pace_and_one_that_nobody_waits_for_at_the_calmest() {
        let now = Instant::now();
        for (hurried, most) in [(true, 150), (false, 21)] {
            let mut scan = Scan::new(&ranges("10.0.0.0/20"), false, hurried, now);
            let (sent, took) = run(&mut scan, now, |_, _| {});
            assert_eq!(sent.len(), 4_094 * 2);
            for window in sent.windows(most + 1) {
                assert!(window[most].0 - window[0].0 >= Duration::from_secs(1));
            }
            let late = sent.iter().filter(|(at, _)| *at >= Duration::from_secs(60)).count();
            assert!(late > 0 && took < Duration::from_secs(500), "{took:?}");
        }
    }

    #[test]
    fn a_late_timer_is_not_made_up_for_by_a_burst() {
        let now = Instant::now();
        let mut scan = Scan::new(&ranges("192.168.1.*"), false, true, now);
        assert!(matches!(scan.poll(now), ScanStep::ToAddress(..)));
        let late = now + Duration::from_secs(3);
        let burst = std::iter::from_fn(|| matches!(scan.poll(late), ScanStep::ToAddress(..)).then_some(())).count();
        assert!(burst <= 10, "{burst}");
    }

    #[test]
    fn interfaces_that_come_and_go_do_not_make_it_endless() {
        let now = Instant::now();
        let mut scan = Scan::new(&Ranges::default(), true, true, now);
        let (sent, took) = run(&mut scan, now, |scan, _| scan.links_changed(now));
        assert!(sent.len() <= 6 * 9 && took < Duration::from_secs(60));
        let mut none = Scan::new(&Ranges::default(), false, true, now);
        assert_eq!(none.poll(now), ScanStep::Done);
    }
}
