//! The datagrams of one track in the order in which they were sent.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// The longest that a packet waits for those that are missing before it.
pub const REORDER_WINDOW: Duration = Duration::from_millis(200);
/// The same where waiting has been in vain for long: nothing comes late there, it is lost.
const SHORT_WINDOW: Duration = Duration::from_millis(40);
/// So many gaps in a row that nothing filled show that.
const MOST_IN_VAIN: u32 = 16;
/// The most packets that wait.
pub const MOST_WAITING: usize = 1024;
/// The most bytes that wait.
pub const MOST_WAITING_BYTES: usize = 2 << 20;
/// A number further ahead is no gap.
const MOST_AHEAD: u16 = 1_000;
/// So many packets behind, what came is still known.
const HISTORY: u64 = 512;

/// Puts the RTP packets of one track in the order of their sequence numbers (RFC 3550 §5.1).
///
/// A packet in order passes at once. Where others are missing before it, it waits for them, for [`REORDER_WINDOW`] at most; then they
/// count as lost. A packet twice is dropped. Numbers that begin anew do not stop it: two packets in a row with numbers from
/// elsewhere, or one with a number that came before and another content, begin a new count. The source identifier (SSRC) is not
/// looked at, because recorders change it without a reason.
#[derive(Debug, Default)]
pub struct Reorder {
    /// The number of the packet whose turn it is, counted on over the wrap of 16 bits; `None`: nothing came.
    next: Option<u64>,
    /// No number below it belongs to this count.
    floor: u64,
    waiting: BTreeMap<u64, Bytes>,
    waiting_bytes: usize,
    /// What waits by the time of its arrival; may hold some that wait no more.
    arrivals: VecDeque<(Instant, u64)>,
    ready: VecDeque<Bytes>,
    /// A packet whose number is from elsewhere.
    stray: Option<(u16, Bytes)>,
    /// What passed lately, by number.
    history: VecDeque<Passed>,
    in_vain: u32,
    counts: ReorderCounts,
    work: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Passed {
    number: u64,
    print: u64,
}

/// What became of the packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReorderCounts {
    /// Given up, by their numbers.
    pub lost: u64,
    /// Came out of order, and in time.
    pub reordered: u64,
    /// Came twice.
    pub duplicates: u64,
    /// Came after they were given up.
    pub late: u64,
    /// No RTP packet, or a single one with a number from elsewhere.
    pub strays: u64,
    /// The numbers began anew.
    pub restarts: u64,
}

impl Reorder {
    /// Takes one datagram. [`Self::next`] gives what is in order; it is to be asked until it has nothing left.
    pub fn push(&mut self, packet: Bytes, now: Instant) {
        let [first, _, n0, n1, _, _, _, _, _, _, _, _, ..] = packet[..] else {
            self.counts.strays += 1;
            return;
        };
        if first >> 6 != 2 {
            self.counts.strays += 1;
            return;
        }
        let number = u16::from_be_bytes([n0, n1]);
        let Some(next) = self.next else {
            return self.begin(number, packet);
        };
        let ahead = number.wrapping_sub(next as u16);
        let behind = (next as u16).wrapping_sub(number);
        if ahead <= MOST_AHEAD {
            self.drop_stray();
            self.take(next + u64::from(ahead), packet, now);
        } else if u64::from(behind) <= HISTORY.min(next - self.floor) {
            self.take_late(next - u64::from(behind), number, packet);
        } else {
            self.take_stray(number, packet);
        }
    }

    /// The next packet in order, if it is its turn.
    pub fn next(&mut self, now: Instant) -> Option<Bytes> {
        if let Some(packet) = self.ready.pop_front() {
            return Some(packet);
        }
        let next = self.next?;
        let (&first, _) = self.waiting.first_key_value()?;
        if first > next {
            let full = self.waiting.len() > MOST_WAITING || self.waiting_bytes > MOST_WAITING_BYTES;
            if !full && self.deadline().is_none_or(|deadline| now < deadline) {
                return None;
            }
            self.give_up(first);
        }
        let packet = self.waiting.remove(&first)?;
        self.waiting_bytes -= packet.len();
        self.pass(first, &packet);
        Some(packet)
    }

    /// When [`Self::next`] is to be asked again if no packet arrives.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let window = if self.in_vain < MOST_IN_VAIN {
            REORDER_WINDOW
        } else {
            SHORT_WINDOW
        };
        let (arrived, _) = self.arrivals.front()?;
        Some(*arrived + window)
    }

    #[must_use]
    pub fn counts(&self) -> ReorderCounts {
        self.counts
    }

    /// Packets and bytes that are held.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let others = self.ready.iter().chain(self.stray.iter().map(|(_, packet)| packet));
        let (packets, bytes) = others.fold((0, 0), |(packets, bytes), packet| (packets + 1, bytes + packet.len()));
        (self.waiting.len() + packets, self.waiting_bytes + bytes)
    }

    /// Steps made so far: grows in proportion to the packets that came.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work
    }

    /// A count begins with this packet.
    fn begin(&mut self, number: u16, packet: Bytes) {
        // Far from every number before, so that none of them is taken for a late one.
        let base = self.next.map_or(0, |next| (next >> 16) + 2) << 16;
        self.floor = base + u64::from(number);
        self.next = Some(self.floor);
        self.pass(self.floor, &packet);
        self.ready.push_back(packet);
    }

    fn take(&mut self, number: u64, packet: Bytes, now: Instant) {
        self.work += 1;
        if self.next == Some(number) && self.waiting.is_empty() {
            self.pass(number, &packet);
            self.ready.push_back(packet);
            return;
        }
        if self.waiting.contains_key(&number) {
            self.counts.duplicates += 1;
            return;
        }
        if self.waiting.last_key_value().is_some_and(|(last, _)| number < *last) {
            self.counts.reordered += 1;
            self.in_vain = 0;
        }
        self.waiting_bytes += packet.len();
        self.waiting.insert(number, packet);
        self.arrivals.push_back((now, number));
    }

    /// Takes a packet whose turn is over: late, or twice, or the first of numbers that begin anew.
    fn take_late(&mut self, number: u64, stated: u16, packet: Bytes) {
        let passed = self.passed(number);
        match passed {
            None => {
                self.counts.late += 1;
                self.in_vain = 0;
            }
            Some(print) if print == self.print(&packet) => self.counts.duplicates += 1,
            Some(_) => self.restart(stated, packet),
        }
    }

    fn take_stray(&mut self, number: u16, packet: Bytes) {
        match self.stray.take() {
            Some((before, held)) if before.wrapping_add(1) == number => {
                self.restart(before, held);
                let next = self.next.unwrap_or(self.floor);
                self.pass(next, &packet);
                self.ready.push_back(packet);
            }
            before => {
                self.counts.strays += u64::from(before.is_some());
                self.stray = Some((number, packet));
            }
        }
    }

    fn drop_stray(&mut self) {
        self.counts.strays += u64::from(self.stray.take().is_some());
    }

    fn restart(&mut self, number: u16, packet: Bytes) {
        self.counts.restarts += 1;
        self.drop_stray();
        for (number, packet) in std::mem::take(&mut self.waiting) {
            if self.next.is_some_and(|next| next < number) {
                self.give_up(number);
            }
            self.pass(number, &packet);
            self.ready.push_back(packet);
        }
        self.waiting_bytes = 0;
        self.arrivals.clear();
        self.begin(number, packet);
    }

    /// What is missing before this number is lost.
    fn give_up(&mut self, number: u64) {
        let Some(next) = self.next else { return };
        self.counts.lost += number - next;
        self.in_vain = self.in_vain.saturating_add(1);
        self.next = Some(number);
    }

    /// The packet of this number has its turn.
    fn pass(&mut self, number: u64, packet: &Bytes) {
        self.work += 1;
        let print = self.print(packet);
        self.next = Some(number + 1);
        while self.arrivals.front().is_some_and(|(_, waiting)| *waiting <= number) {
            self.work += 1;
            self.arrivals.pop_front();
        }
        if self.history.is_empty() {
            self.history.resize(
                HISTORY as usize,
                Passed {
                    number: u64::MAX,
                    print: 0,
                },
            );
        }
        self.history[(number % HISTORY) as usize] = Passed { number, print };
    }

    /// The print of a packet that passed; `None`: it never came.
    fn passed(&self, number: u64) -> Option<u64> {
        let passed = self.history.get((number % HISTORY) as usize)?;
        (passed.number == number).then_some(passed.print)
    }

    /// A number that two packets share only if they are the same (FNV-1a over their time, length, first and last bytes).
    fn print(&self, packet: &Bytes) -> u64 {
        let body = &packet[12..];
        let ends = [&body[..body.len().min(16)], &body[body.len() - body.len().min(16)..]];
        let length = packet.len().to_be_bytes();
        let bytes = packet[4..8].iter().chain(&length).chain(ends.into_iter().flatten());
        bytes.fold(0xcbf2_9ce4_8422_2325, |print, byte| {
            (print ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A packet whose content is its number, or something else.
    fn packet(number: u16, content: u16) -> Bytes {
        let mut packet = vec![0x80, 96];
        packet.extend(number.to_be_bytes());
        packet.extend([0; 8]);
        packet.extend(content.to_be_bytes());
        packet.into()
    }

    /// A track of which a packet comes each 10 ms.
    struct PacedTrack {
        reorder: Reorder,
        now: Instant,
        passed: Vec<u16>,
    }

    impl PacedTrack {
        fn new() -> Self {
            Self {
                reorder: Reorder::default(),
                now: Instant::now(),
                passed: Vec::new(),
            }
        }

        fn send(&mut self, numbers: impl IntoIterator<Item = u16>) -> &mut Self {
            for number in numbers {
                self.put(packet(number, number));
            }
            self
        }

        fn put(&mut self, packet: Bytes) {
            self.reorder.push(packet, self.now);
            self.fetch();
            self.now += 10 * MS;
            self.fetch();
        }

        fn wait(&mut self, time: Duration) {
            self.now += time;
            self.fetch();
        }

        fn fetch(&mut self) {
            while let Some(packet) = self.reorder.next(self.now) {
                self.passed.push(u16::from_be_bytes([packet[2], packet[3]]));
            }
        }
    }

    #[test]
    fn packets_in_order_pass_at_once_also_over_the_wrap() {
        let mut track = PacedTrack::new();
        for number in (65_530..=65_535).chain(0..5) {
            track.reorder.push(packet(number, number), track.now);
            assert!(track.reorder.next(track.now).is_some());
            assert_eq!(track.reorder.deadline(), None);
        }
        assert_eq!(track.reorder.counts(), ReorderCounts::default());
    }

    #[test]
    fn packets_out_of_order_are_put_in_order() {
        let mut track = PacedTrack::new();
        track.send([1, 2, 5, 4, 3, 6, 8, 7]);
        assert_eq!(track.passed, [1, 2, 3, 4, 5, 6, 7, 8]);
        let counts = track.reorder.counts();
        assert_eq!((counts.reordered, counts.lost, counts.late), (3, 0, 0));
    }

    #[test]
    fn no_packet_waits_longer_than_the_window_and_what_is_missing_then_is_lost() {
        let mut track = PacedTrack::new();
        track.send([1, 4]);
        let waits = track.reorder.deadline().unwrap();
        assert_eq!(waits, track.now - 10 * MS + REORDER_WINDOW);
        track.send([6]);
        assert_eq!(track.reorder.deadline(), Some(waits));
        track.wait(REORDER_WINDOW - 20 * MS);
        assert_eq!(track.passed, [1, 4]);
        track.wait(10 * MS);
        assert_eq!(track.passed, [1, 4, 6]);
        track.send([5, 7]);
        assert_eq!(track.passed, [1, 4, 6, 7], "5 came after it was given up");
        let counts = track.reorder.counts();
        assert_eq!((counts.lost, counts.late), (3, 1));
    }

    #[test]
    fn a_packet_that_comes_twice_passes_once() {
        let mut track = PacedTrack::new();
        track.send([1, 1, 2, 4, 4, 3, 3, 2, 5]);
        assert_eq!(track.passed, [1, 2, 3, 4, 5]);
        assert_eq!(track.reorder.counts().duplicates, 4);
    }

    #[test]
    fn numbers_that_begin_anew_lose_and_hold_up_nothing() {
        for again in [0_u16, 7, 500, 30_000, 65_000] {
            let mut track = PacedTrack::new();
            for round in 0..4_u16 {
                for number in 0..100 {
                    track.put(packet(again.wrapping_add(number), number + 1_000 * round));
                }
                track.wait(REORDER_WINDOW);
            }
            assert_eq!(track.passed.len(), 400, "from {again}");
            let counts = track.reorder.counts();
            assert_eq!((counts.lost, counts.restarts, counts.strays), (0, 3, 0), "from {again}");
        }
    }

    #[test]
    fn a_jump_of_the_numbers_costs_no_packet() {
        for jump in [2_000_u16, 5_000, 32_768, 60_000] {
            let mut track = PacedTrack::new();
            track.send(0..10).send((0..10).map(|number| number + jump));
            track.wait(REORDER_WINDOW);
            assert_eq!(track.passed.len(), 20, "by {jump}");
            assert_eq!(track.reorder.counts().lost, 0, "by {jump}");
        }
    }

    #[test]
    fn a_single_packet_from_elsewhere_is_dropped() {
        let mut track = PacedTrack::new();
        track.send([1, 2, 40_000, 3, 50_000, 4]);
        track.put(Bytes::from_static(b"not RTP"));
        assert_eq!(track.passed, [1, 2, 3, 4]);
        assert_eq!(track.reorder.counts().strays, 3);
    }

    #[test]
    fn where_waiting_is_in_vain_it_becomes_short_until_a_packet_is_late() {
        let mut track = PacedTrack::new();
        track.send((0..40).map(|number| number * 2));
        track.wait(REORDER_WINDOW);
        track.send([100]);
        assert_eq!(track.reorder.deadline(), Some(track.now - 10 * MS + SHORT_WINDOW));
        track.send([85]);
        track.wait(REORDER_WINDOW);
        track.send([99, 102]);
        assert_eq!(track.reorder.deadline(), Some(track.now - 10 * MS + REORDER_WINDOW));
    }

    #[test]
    fn what_is_held_and_done_stays_bounded_whatever_comes() {
        let mut dice = fastrand::Rng::with_seed(7);
        let mut track = PacedTrack::new();
        let mut sent = 0;
        for step in 0..200_000_u64 {
            let number = match step / 20_000 % 4 {
                0 => dice.u16(..),
                1 => (step * 2) as u16,
                2 => (step as u16).wrapping_mul(999),
                _ => (step as u16) ^ 0x1ff,
            };
            track.reorder.push(packet(number, dice.u16(..)), track.now);
            sent += 1;
            let (packets, bytes) = track.reorder.held();
            assert!(packets <= 2 * MOST_WAITING && bytes <= MOST_WAITING_BYTES + 65_536);
            track.passed.clear();
            track.fetch();
            track.now += MS / 20;
            assert!(track.reorder.work() <= 4 * sent, "{} for {sent}", track.reorder.work());
            assert!(track.reorder.arrivals.len() <= 4 * MOST_WAITING);
        }
    }
}
