//! Datagrams as a bad link delivers them: late, out of order, twice, or not at all.

use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use rtsp::{REORDER_WINDOW, Reorder, ReorderCounts};

/// A link that carries packets, numbered from `first`, one each `pace` ms.
struct Link {
    first: u16,
    pace: u64,
    now: Instant,
    reorder: Reorder,
    /// Numbers in the order in which they passed, and how long each was held.
    passed: Vec<(u16, Duration)>,
    arrived: Vec<Option<Instant>>,
}

/// What becomes of one packet: how many ms it takes, and when its copy comes, if there is one.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Comes { after: u64, copy: Option<u64> },
    Lost,
}

impl Link {
    fn new(first: u16, pace: u64) -> Self {
        Self {
            first,
            pace,
            now: Instant::now(),
            reorder: Reorder::default(),
            passed: Vec::new(),
            arrived: Vec::new(),
        }
    }

    fn carry(&mut self, fates: &[Fate]) {
        let start = self.now;
        self.arrived = vec![None; fates.len()];
        let mut arrivals: Vec<(u64, usize)> = Vec::new();
        for (index, fate) in fates.iter().enumerate() {
            let sent = index as u64 * self.pace;
            if let Fate::Comes { after, copy } = fate {
                arrivals.push((sent + after, index));
                arrivals.extend(copy.map(|copy| (sent + copy, index)));
            }
        }
        arrivals.sort_unstable();
        for (at, index) in arrivals {
            let at = start + Duration::from_millis(at);
            self.sleep(at);
            self.now = at;
            self.arrived[index].get_or_insert(at);
            self.reorder.push(packet(self.first.wrapping_add(index as u16)), at);
            self.fetch();
        }
        self.sleep(self.now + 2 * REORDER_WINDOW);
    }

    /// Asks as often as it is to be asked.
    fn sleep(&mut self, until: Instant) {
        while let Some(deadline) = self.reorder.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            let before = self.passed.len();
            self.fetch();
            assert!(self.passed.len() > before, "a deadline at which nothing happens");
        }
    }

    fn fetch(&mut self) {
        while let Some(packet) = self.reorder.next(self.now) {
            let number = u16::from_be_bytes([packet[2], packet[3]]);
            let arrived = self.arrived[usize::from(number.wrapping_sub(self.first))].unwrap_or(self.now);
            self.passed.push((number, self.now - arrived));
        }
    }

    /// What passed, by its place among those that were sent.
    fn places(&self) -> Vec<usize> {
        let place = |(number, _): &(u16, Duration)| usize::from(number.wrapping_sub(self.first));
        self.passed.iter().map(place).collect()
    }

    fn longest_held(&self) -> Duration {
        self.passed.iter().map(|(_, held)| *held).max().unwrap_or_default()
    }
}

fn packet(number: u16) -> Bytes {
    let [high, low] = number.to_be_bytes();
    Bytes::copy_from_slice(&[0x80, 96, high, low, 0, 0, 0, 0, 0, 0, 0, 1, high, low])
}

fn came(fates: &[Fate]) -> Vec<usize> {
    let places = fates.iter().enumerate();
    let came = places.filter(|(_, fate)| matches!(fate, Fate::Comes { .. }));
    came.map(|(place, _)| place).collect()
}

/// Its first packet comes at once: the count begins with it.
fn carried(first: u16, pace: u64, mut fates: Vec<Fate>) -> (Link, Vec<Fate>) {
    fates[0] = Fate::Comes { after: 0, copy: None };
    let mut link = Link::new(first, pace);
    link.carry(&fates);
    (link, fates)
}

/// Within so many ms, perhaps twice.
fn comes(within: u64) -> impl Strategy<Value = Fate> {
    (0..within, proptest::option::of(0..within)).prop_map(|(after, copy)| Fate::Comes { after, copy })
}

proptest! {
    #[test]
    fn what_comes_within_the_window_is_not_lost_and_passes_once_and_in_order(
        first: u16,
        pace in 0_u64..40,
        fates in proptest::collection::vec(comes(199), 2..400),
    ) {
        let (link, fates) = carried(first, pace, fates);
        prop_assert_eq!(link.places(), came(&fates));
        let counts = link.reorder.counts();
        prop_assert_eq!((counts.lost, counts.late, counts.strays, counts.restarts), (0, 0, 0, 0));
        prop_assert!(link.longest_held() <= REORDER_WINDOW);
        prop_assert_eq!(link.reorder.held(), (0, 0));
    }

    #[test]
    fn what_never_comes_is_counted_and_holds_up_the_others_no_longer_than_the_window(
        first: u16,
        pace in 1_u64..40,
        fates in proptest::collection::vec(prop_oneof![9 => comes(39), 1 => Just(Fate::Lost)], 3..500),
    ) {
        let (link, fates) = carried(first, pace, fates);
        let came = came(&fates);
        let lost = came.last().map_or(0, |last| last + 1 - came.len());
        prop_assert_eq!(link.places(), came);
        let counts = link.reorder.counts();
        prop_assert_eq!((counts.lost, counts.late, counts.restarts), (lost as u64, 0, 0));
        prop_assert!(link.longest_held() <= REORDER_WINDOW);
    }
}

/// What is counted after the packets 0 to 1,999 and these, each with a number and what it carries.
fn after_two_thousand(packets: &[(u16, u16)]) -> ReorderCounts {
    let (mut reorder, now) = (Reorder::default(), Instant::now());
    let first = (0..2_000).map(|number| (number, number));
    for (number, content) in first.chain(packets.iter().copied()) {
        let mut bytes = packet(number).to_vec();
        bytes[12..].copy_from_slice(&content.to_be_bytes());
        reorder.push(bytes.into(), now);
        while reorder.next(now).is_some() {}
    }
    while reorder.next(now + REORDER_WINDOW).is_some() {}
    reorder.counts()
}

#[test]
fn a_number_that_came_lately_is_a_copy_or_a_new_count_by_what_it_carries() {
    for number in [1_999, 1_500, 1_488] {
        let counts = after_two_thousand(&[(number, number)]);
        assert_eq!(
            (counts.duplicates, counts.restarts, counts.strays),
            (1, 0, 0),
            "{number}"
        );
        let counts = after_two_thousand(&[(number, 9_999)]);
        assert_eq!((counts.duplicates, counts.restarts, counts.lost), (0, 1, 0), "{number}");
    }
}

#[test]
fn a_number_that_came_long_ago_is_from_elsewhere_until_a_second_one_follows_it() {
    for number in [1_486, 1_200, 1_001] {
        let counts = after_two_thousand(&[(number, 9_999), (2_000, 2_000)]);
        assert_eq!((counts.strays, counts.restarts, counts.lost), (1, 0, 0), "{number}");
        let counts = after_two_thousand(&[(number, 9_999), (number + 1, 9_999)]);
        assert_eq!((counts.strays, counts.restarts, counts.lost), (0, 1, 0), "{number}");
    }
}

#[test]
fn a_number_up_to_a_thousand_ahead_is_a_gap_and_one_further_ahead_is_from_elsewhere() {
    let counts = after_two_thousand(&[(3_000, 0)]);
    assert_eq!((counts.lost, counts.restarts), (1_000, 0));
    let counts = after_two_thousand(&[(3_001, 0)]);
    assert_eq!((counts.lost, counts.restarts), (0, 0));
    let counts = after_two_thousand(&[(3_001, 0), (3_002, 0)]);
    assert_eq!((counts.lost, counts.restarts), (0, 1));
}
