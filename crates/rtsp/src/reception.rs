//! What is received of each track, and when to report it (RFC 3550 §6.3, §6.4, appendix A). How the reports reach the device, in the
//! connection or as datagrams, is not known here.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::rtcp::{ReportBlock, RtcpItem, receiver_report, rtcp_items};

/// The receiver reports of one session.
///
/// Tell it each packet; send what [`Reports::poll`] gives, each to the RTCP channel or port of its track. Equal seeds give equal reports.
#[derive(Debug)]
pub struct Reports {
    tracks: Vec<TrackReception>,
    /// Random and for this session alone (RFC 7022 §4.2): it tells nothing of the user.
    cname: String,
    rng: fastrand::Rng,
    pace: Duration,
    next: Option<Instant>,
}

#[derive(Debug)]
struct TrackReception {
    /// Who reports.
    reporter: u32,
    reception: Reception,
}

/// About the time from one report to the next (RFC 3550 §6.2).
const PACE: Duration = Duration::from_secs(5);
/// In a session with a shorter timeout they go more often, up to this.
const FASTEST: Duration = Duration::from_millis(400);

impl Reports {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let cname = format!("{:024x}", rng.u128(..) >> 32);
        Self {
            tracks: Vec::new(),
            cname,
            rng,
            pace: PACE,
            next: None,
        }
    }

    /// The tracks as they are set up now, by their RTP clock rates in Hz. Those that are known already go on. Five reports or more
    /// fit into `timeout`, that of the session.
    pub fn begin(&mut self, rates: &[u32], timeout: Duration, now: Instant) {
        self.tracks.truncate(rates.len());
        for (index, rate) in rates.iter().enumerate() {
            match self.tracks.get_mut(index) {
                Some(track) if track.reception.rate == *rate => {}
                Some(track) => track.reception = Reception::new(*rate, now),
                None => {
                    let reporter = self.rng.u32(..);
                    let reception = Reception::new(*rate, now);
                    self.tracks.push(TrackReception { reporter, reception });
                }
            }
        }
        self.pace = PACE.min(timeout / 6).max(FASTEST);
        if self.next.is_none() {
            // The first one goes early (RFC 3550 §6.2).
            self.next = Some(now + self.draw() / 2);
        }
    }

    /// Nothing is set up any more.
    pub fn end(&mut self) {
        self.tracks.clear();
        self.next = None;
    }

    /// An RTP packet came; some additions, whatever it holds.
    pub fn on_rtp(&mut self, track: usize, packet: &[u8], now: Instant) {
        if let Some(track) = self.tracks.get_mut(track)
            && let Some(source) = track.reception.on_rtp(packet, now)
            && source == track.reporter
        {
            // A collision (RFC 3550 §8.2): the device was there first.
            track.reporter = track.reporter.wrapping_add(self.rng.u32(1..));
        }
    }

    /// A compound RTCP packet came.
    pub fn on_rtcp(&mut self, track: usize, packet: &[u8], now: Instant) {
        if let Some(track) = self.tracks.get_mut(track) {
            track.reception.on_rtcp(packet, now);
        }
    }

    /// When the next reports are due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The reports that are due, each with the index of its track; none before [`Reports::deadline`].
    pub fn poll(&mut self, now: Instant) -> Vec<(usize, Bytes)> {
        if self.next.is_none_or(|next| now < next) {
            return Vec::new();
        }
        self.next = Some(now + self.draw());
        let (cname, tracks) = (&self.cname, self.tracks.iter_mut().enumerate());
        tracks
            .map(|(index, track)| {
                let block = track.reception.report(now);
                (index, receiver_report(track.reporter, block, cname))
            })
            .collect()
    }

    /// From half the pace to a little more than it, so that clients do not fall into step (RFC 3550 §6.3.1). Not to one and a half of
    /// it as there: devices that end the media when no report comes begin to do so after some seconds.
    fn draw(&mut self) -> Duration {
        self.pace.mul_f64(0.5 + 0.6 * self.rng.f64())
    }
}

/// What was received of one source (RFC 3550 appendix A.1, A.3, A.8).
#[derive(Debug)]
struct Reception {
    /// Of the RTP clock, in Hz.
    rate: u32,
    began: Instant,
    source: Option<MediaSource>,
    /// Of the last sender report: of whom, the middle of its NTP time, and when it came.
    sender: Option<(u32, u32, Instant)>,
}

#[derive(Debug)]
struct MediaSource {
    ssrc: u32,
    /// Extended by how often the numbers began anew.
    base: u32,
    highest: u32,
    received: u32,
    /// A number that was far from the others: two in a row are a new beginning.
    strange: Option<u16>,
    expected_before: u32,
    received_before: u32,
    transit: Option<u32>,
    /// 16 times the jitter.
    jitter: u64,
    left: bool,
}

/// A larger step forward is no loss (RFC 3550 appendix A.1).
const MOST_DROPOUT: u16 = 3_000;
/// A smaller step back is a packet that came late.
const MOST_MISORDER: u16 = 100;

impl Reception {
    fn new(rate: u32, now: Instant) -> Self {
        Self {
            rate,
            began: now,
            source: None,
            sender: None,
        }
    }

    /// Whose packet it is; `None`: it is no RTP packet.
    fn on_rtp(&mut self, packet: &[u8], now: Instant) -> Option<u32> {
        let (head, _) = packet.split_first_chunk::<12>()?;
        if head[0] >> 6 != 2 {
            return None;
        }
        let sequence = u16::from_be_bytes([head[2], head[3]]);
        let time = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let ssrc = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        let arrival = self.ticks(now);
        match &mut self.source {
            Some(source) if source.ssrc == ssrc => source.on_packet(sequence, time, arrival),
            source => *source = Some(MediaSource::new(ssrc, sequence, arrival.wrapping_sub(time))),
        }
        Some(ssrc)
    }

    fn on_rtcp(&mut self, packet: &[u8], now: Instant) {
        for item in rtcp_items(packet) {
            match (item, &mut self.source) {
                (RtcpItem::SenderReport { ssrc, middle }, _) => self.sender = Some((ssrc, middle, now)),
                (RtcpItem::Bye { ssrc }, Some(source)) if source.ssrc == ssrc => source.left = true,
                _ => {}
            }
        }
    }

    /// The block of the next report; `None`: nobody sends.
    fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let source = self.source.as_mut().filter(|source| !source.left)?;
        let expected = source.highest.wrapping_sub(source.base).wrapping_add(1);
        let lost = i64::from(expected) - i64::from(source.received);
        let expected_now = expected.wrapping_sub(source.expected_before);
        let received_now = source.received.wrapping_sub(source.received_before);
        (source.expected_before, source.received_before) = (expected, source.received);
        let lost_now = u64::from(expected_now.saturating_sub(received_now));
        let fraction = (lost_now << 8).checked_div(u64::from(expected_now)).unwrap_or_default();
        let sender = self.sender.filter(|(ssrc, ..)| *ssrc == source.ssrc);
        let (last_sender_report, delay) = sender.map_or((0, 0), |(_, middle, at)| {
            let delay = now.saturating_duration_since(at).as_micros().min(u128::from(u32::MAX)) as u64;
            (middle, u32::try_from((delay << 16) / 1_000_000).unwrap_or(u32::MAX))
        });
        Some(ReportBlock {
            ssrc: source.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: lost.clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_sequence: source.highest,
            jitter: u32::try_from(source.jitter >> 4).unwrap_or(u32::MAX),
            last_sender_report,
            delay,
        })
    }

    /// The time of arrival on the clock of the packets.
    fn ticks(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.began);
        let part = u64::from(since.subsec_nanos()) * u64::from(self.rate) / 1_000_000_000;
        (since.as_secs() as u32)
            .wrapping_mul(self.rate)
            .wrapping_add(part as u32)
    }
}

impl MediaSource {
    fn new(ssrc: u32, sequence: u16, transit: u32) -> Self {
        Self {
            ssrc,
            base: sequence.into(),
            highest: sequence.into(),
            received: 1,
            strange: None,
            expected_before: 0,
            received_before: 0,
            transit: Some(transit),
            jitter: 0,
            left: false,
        }
    }

    fn on_packet(&mut self, sequence: u16, time: u32, arrival: u32) {
        self.left = false;
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < MOST_DROPOUT {
            self.highest = self.highest.wrapping_add(ahead.into());
        } else if ahead <= u16::MAX - MOST_MISORDER {
            if self.strange != Some(sequence) {
                self.strange = Some(sequence.wrapping_add(1));
                return;
            }
            // The numbers began anew; nothing is known to be lost.
            *self = Self {
                received: 2,
                base: u32::from(sequence.wrapping_sub(1)),
                highest: u32::from(sequence.wrapping_sub(1)) + 1,
                jitter: self.jitter,
                ..Self::new(self.ssrc, sequence, arrival.wrapping_sub(time))
            };
            return;
        }
        self.received = self.received.wrapping_add(1);
        let transit = arrival.wrapping_sub(time);
        if let Some(before) = self.transit.replace(transit) {
            let difference = u64::from((transit.wrapping_sub(before) as i32).unsigned_abs());
            self.jitter = (self.jitter + difference).saturating_sub((self.jitter + 8) >> 4);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DEVICE: u32 = 0x4d4f_4e4f;

    fn rtp(sequence: u16, time: u32, ssrc: u32) -> Vec<u8> {
        let (sequence, time, ssrc) = (sequence.to_be_bytes(), time.to_be_bytes(), ssrc.to_be_bytes());
        [&[0x80, 96][..], &sequence, &time, &ssrc, b"payload"].concat()
    }

    fn sender_report(ssrc: u32, middle: u32) -> Vec<u8> {
        let ntp = [&[0, 0][..], &middle.to_be_bytes(), &[0, 0]].concat();
        [&[0x80, 200, 0, 6][..], &ssrc.to_be_bytes(), &ntp, &[0; 12]].concat()
    }

    /// A reception of these numbers, one a second at 90 kHz.
    fn received(numbers: &[u16]) -> (Reception, Instant) {
        let mut now = Instant::now();
        let mut reception = Reception::new(90_000, now);
        for (index, number) in (0..).zip(numbers) {
            now += SECOND;
            reception.on_rtp(&rtp(*number, 90_000 * index, DEVICE), now);
        }
        (reception, now)
    }

    #[test]
    fn figures_are_those_of_what_came() {
        let rows: [(&[u16], u32, i32, u8); 8] = [
            (&[7], 7, 0, 0),
            (&[7, 8, 9, 10], 10, 0, 0),
            (&[7, 8, 11, 12], 12, 2, 85),
            (&[7, 9, 8, 10], 10, 0, 0),
            (&[7, 8, 8, 8, 9], 9, -2, 0),
            (&[65_534, 65_535, 0, 1], 65_537, 0, 0),
            (&[100, 101, 30_000, 30_001, 30_002], 30_002, 0, 0),
            (&[100, 101, 30_000, 102, 103], 103, 0, 0),
        ];
        for (numbers, highest, lost, fraction) in rows {
            let (mut reception, now) = received(numbers);
            let block = reception.report(now).unwrap();
            let figures = (block.highest_sequence, block.cumulative_lost, block.fraction_lost);
            assert_eq!(figures, (highest, lost, fraction), "{numbers:?}");
            assert_eq!((block.ssrc, block.last_sender_report, block.delay), (DEVICE, 0, 0));
        }
    }

    #[test]
    fn the_fraction_is_that_since_the_last_report() {
        let (mut reception, now) = received(&[1, 2, 5, 6]);
        assert_eq!(reception.report(now).unwrap().fraction_lost, 85);
        reception.on_rtp(&rtp(7, 0, DEVICE), now);
        reception.on_rtp(&rtp(8, 0, DEVICE), now);
        let block = reception.report(now).unwrap();
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 2));
        assert_eq!(
            reception.report(now).unwrap().fraction_lost,
            0,
            "nothing came, nothing was expected"
        );
    }

    #[test]
    fn jitter_is_that_of_rfc_3550() {
        let (mut reception, now) = received(&[1, 2, 3, 4]);
        assert_eq!(reception.report(now).unwrap().jitter, 0, "as even as the clock");
        // 1600 ticks late once, and so early the next time: 1600 / 16, then + (1600 - 100) / 16.
        reception.on_rtp(&rtp(5, 4 * 90_000 - 1_600, DEVICE), now + SECOND);
        assert_eq!(reception.report(now).unwrap().jitter, 100);
        reception.on_rtp(&rtp(6, 5 * 90_000, DEVICE), now + 2 * SECOND);
        assert_eq!(reception.report(now).unwrap().jitter, 193);
    }

    #[test]
    fn the_last_sender_report_is_repeated_with_its_age() {
        let (mut reception, now) = received(&[1, 2]);
        reception.on_rtcp(&sender_report(DEVICE, 0xaabb_ccdd), now);
        reception.on_rtcp(&[0x80, 200, 0, 6, 0], now);
        let block = reception.report(now + Duration::from_millis(2_500)).unwrap();
        assert_eq!((block.last_sender_report, block.delay), (0xaabb_ccdd, 0x0002_8000));
        reception.on_rtcp(&sender_report(DEVICE + 1, 1), now);
        assert_eq!(
            reception.report(now).unwrap().last_sender_report,
            0,
            "of another source"
        );
    }

    #[test]
    fn a_source_that_left_is_not_reported_until_it_sends_again() {
        let (mut reception, now) = received(&[1, 2]);
        let bye = |ssrc: u32| [&[0x81, 203, 0, 1][..], &ssrc.to_be_bytes()].concat();
        reception.on_rtcp(&bye(DEVICE + 1), now);
        assert!(reception.report(now).is_some());
        reception.on_rtcp(&bye(DEVICE), now);
        assert!(reception.report(now).is_none());
        reception.on_rtp(&rtp(3, 0, DEVICE), now);
        assert!(reception.report(now).is_some());
        reception.on_rtp(&rtp(900, 0, 77), now);
        let other = reception.report(now).unwrap();
        assert_eq!(
            (other.ssrc, other.highest_sequence, other.cumulative_lost),
            (77, 900, 0)
        );
    }

    #[test]
    fn every_track_is_reported_each_four_seconds_on_average_and_often_enough_for_the_session() {
        for (timeout, mean) in [(60, 4.0), (6, 0.8), (1, 0.32)] {
            let (start, mut reports) = (Instant::now(), Reports::new(7));
            reports.begin(&[90_000, 8_000], timeout * SECOND, start);
            let (mut now, mut times) = (start, Vec::new());
            while times.len() < 400 {
                let due = reports.deadline().unwrap();
                assert!(reports.poll(due - Duration::from_millis(1)).is_empty());
                assert!(due <= now + timeout * SECOND / 2, "within the timeout of the session");
                now = due;
                let tracks: Vec<usize> = reports.poll(now).iter().map(|(track, _)| *track).collect();
                assert_eq!(tracks, [0, 1]);
                times.push(now);
            }
            let average = (now - times[0]).as_secs_f64() / 399.0;
            assert!((average / mean - 1.0).abs() < 0.1, "{average} s for {mean} s");
        }
    }

    #[test]
    fn who_reports_is_random_and_never_the_device() {
        let (now, mut reports) = (Instant::now(), Reports::new(7));
        reports.begin(&[90_000], 60 * SECOND, now);
        let reporter = |reports: &mut Reports| {
            let (_, packet) = reports.poll(now + 100 * SECOND).pop().unwrap();
            reports.next = Some(now);
            u32::from_be_bytes(packet[4..8].try_into().unwrap())
        };
        let first = reporter(&mut reports);
        reports.on_rtp(0, &rtp(1, 1, first), now);
        assert_ne!(reporter(&mut reports), first);
        let others: std::collections::BTreeSet<String> = (0..100).map(|seed| Reports::new(seed).cname).collect();
        assert_eq!(others.len(), 100);
        assert!(others.iter().all(|name| name.len() == 24));
    }

    proptest! {
        #[test]
        fn any_packets_are_counted_without_panic(
            packets in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..60), 0_u64..1 << 40), 0..60),
            rate: u32,
        ) {
            let (mut now, mut reports) = (Instant::now(), Reports::new(1));
            reports.begin(&[rate], SECOND, now);
            for (control, mut packet, pause) in packets {
                now += Duration::from_micros(pause);
                if let Some(first) = packet.first_mut() {
                    *first = 0x80 | *first & 0x3f;
                }
                if control {
                    reports.on_rtcp(0, &packet, now);
                } else {
                    reports.on_rtp(0, &packet, now);
                }
                for (_, report) in reports.poll(now) {
                    prop_assert_eq!(report.len() % 4, 0);
                }
            }
        }
    }
}
