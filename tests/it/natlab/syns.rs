//! Every SYN packet that the router forwarded, with the kernel's time of it.
//!
//! The router adds one element to a set for each packet. The elements are numbered and expire a day later, so that the
//! set says, to the millisecond, when each packet passed, without anything that must be asleep or awake at that time.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

/// The set, in the words of nft: to whom, at which port, from which port, and a serial number.
pub const SET: &str = "set syns { type ipv4_addr . inet_service . inet_service . mark; flags dynamic,timeout; timeout 1d; size 1000000; }";
/// What is done with each packet.
pub const RULE: &str =
    "meta mark set numgen inc mod 4294967295 add @syns { ip daddr . tcp dport . tcp sport . meta mark }";

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);
/// A SYN from the same port to the same address within this time is a repetition by the kernel: it repeats after a
/// second, and the program waits at least five before it connects to an address again.
const REPEATED: Duration = Duration::from_millis(1_900);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syn {
    pub at: Instant,
    pub to: SocketAddrV4,
    pub from_port: u16,
    number: u32,
}

/// SYN packets in the order in which they passed.
#[derive(Clone, Debug, Default)]
pub struct Syns(Vec<Syn>);

impl Syns {
    /// Reads what `nft list set` printed; `now`: when it was asked.
    pub fn read(listed: &str, now: Instant) -> Self {
        let elements = listed
            .split_once("elements = {")
            .and_then(|(_, rest)| rest.split_once('}'))
            .map_or("", |(elements, _)| elements);
        let one = |element: &str| element_of(element.trim(), now).unwrap_or_else(|| panic!("no SYN packet: {element}"));
        let mut syns: Vec<Syn> = elements
            .split(',')
            .filter(|element| !element.trim().is_empty())
            .map(one)
            .collect();
        syns.sort_by_key(|syn| syn.number);
        Self(syns)
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those that came after `earlier` was read.
    pub fn since(&self, earlier: &Self) -> Self {
        let last = earlier.0.last().map(|syn| syn.number);
        self.only(|syn| last.is_none_or(|last| syn.number > last))
    }

    /// Those within a time, as exactly as nft says the present time: some milliseconds.
    pub fn between(&self, from: Instant, to: Instant) -> Self {
        self.only(|syn| (from..to).contains(&syn.at))
    }

    pub fn to(&self, wanted: impl Fn(Ipv4Addr) -> bool) -> Self {
        self.only(|syn| wanted(*syn.to.ip()))
    }

    /// The first packet of each attempt to connect.
    pub fn attempts(&self) -> Self {
        let mut last: HashMap<(SocketAddrV4, u16), Instant> = HashMap::new();
        self.only_mut(|syn| {
            let before = last.insert((syn.to, syn.from_port), syn.at);
            before.is_none_or(|before| syn.at.duration_since(before) > REPEATED)
        })
    }

    /// The most in any minute that ends with one of them.
    pub fn most_in_a_minute(&self) -> usize {
        let within = |end: &Syn| {
            self.0
                .iter()
                .filter(|syn| syn.at <= end.at && end.at.duration_since(syn.at) < MINUTE)
                .count()
        };
        self.0.iter().map(within).max().unwrap_or(0)
    }

    pub fn first(&self) -> Option<Instant> {
        self.0.first().map(|syn| syn.at)
    }

    /// When each of them came, in seconds: for a message.
    pub fn seconds_after_the_first(&self) -> Vec<f64> {
        let second = |syn: &Syn, first| (syn.at.saturating_duration_since(first).as_secs_f64() * 10.0).round() / 10.0;
        let first = self.first();
        self.0.iter().filter_map(|syn| Some(second(syn, first?))).collect()
    }

    fn only(&self, wanted: impl Fn(&Syn) -> bool) -> Self {
        self.only_mut(wanted)
    }

    fn only_mut(&self, mut wanted: impl FnMut(&Syn) -> bool) -> Self {
        Self(self.0.iter().copied().filter(|syn| wanted(syn)).collect())
    }
}

/// `10.50.1.1 . 554 . 44856 . 0x00000000 expires 23h59m55s952ms`
fn element_of(text: &str, now: Instant) -> Option<Syn> {
    let (key, expires) = text.split_once(" expires ")?;
    let mut parts = key.split(" . ");
    let address = parts.next()?.parse().ok()?;
    let to = SocketAddrV4::new(address, parts.next()?.parse().ok()?);
    let from_port = parts.next()?.parse().ok()?;
    let number = u32::from_str_radix(parts.next()?.strip_prefix("0x")?, 16).ok()?;
    let age = KEPT.checked_sub(duration_of(expires)?)?;
    Some(Syn {
        at: now.checked_sub(age)?,
        to,
        from_port,
        number,
    })
}

/// `1d23h59m55s952ms`, any part of it.
fn duration_of(text: &str) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let milliseconds = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            "ms" => 1,
            _ => return None,
        };
        sum += Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(milliseconds)?);
        rest = tail;
    }
    Some(sum)
}

#[test]
fn packets_are_read_as_nft_lists_them() {
    let listed = "table inet count {\n\tset syns {\n\t\tsize 1000000\n\t\ttimeout 1d\n\t\telements = { 10.50.1.2 . 554 . 41002 . 0x0000000a expires 23h58m57s8ms,\n\
                  \t\t\t     10.50.1.1 . 554 . 41000 . 0x00000003 expires 23h58m58s,\n\t\t\t     10.50.1.1 . 554 . 41000 . 0x00000004 expires 23h58m59s24ms,\n\
                  \t\t\t     10.50.1.1 . 554 . 41000 . 0x0000000b expires 23h59m59s500ms }\n\t}\n}\n";
    let now = Instant::now() + KEPT;
    let syns = Syns::read(listed, now);
    assert_eq!(syns.count(), 4);
    assert_eq!(syns.0.iter().map(|syn| syn.number).collect::<Vec<_>>(), [3, 4, 10, 11]);
    assert_eq!(now.duration_since(syns.0[0].at), Duration::from_secs(62));
    assert_eq!(now.duration_since(syns.0[2].at), Duration::from_millis(62_992));
    assert_eq!(syns.attempts().count(), 3, "a repetition is no attempt");
    assert_eq!(syns.most_in_a_minute(), 3);
    assert_eq!(syns.to(|address| address == Ipv4Addr::new(10, 50, 1, 2)).count(), 1);
    let earlier = Syns(syns.0[..2].to_vec());
    assert_eq!(syns.since(&earlier).count(), 2);
    assert_eq!(Syns::read("table inet count {\n\tset syns {\n\t}\n}\n", now).count(), 0);
}
