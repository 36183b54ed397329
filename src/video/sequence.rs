use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Follows the sequence numbers of one RTP stream (RFC 3550 §5.1) and says how many packets are missing.
#[derive(Default)]
pub(super) struct LossCounter {
    last: Option<u16>,
}

/// A larger step means that the sender started anew, not a loss (RFC 3550 §A.1, MAX_DROPOUT).
const MAX_DROPOUT: u16 = 3_000;

impl LossCounter {
    /// Notes one packet and returns how many are missing just before it.
    pub(super) fn note(&mut self, number: u16) -> u32 {
        let Some(last) = self.last else {
            self.last = Some(number);
            return 0;
        };
        let step = number.wrapping_sub(last);
        match step {
            // The packet is a duplicate, or it comes late.
            0 => 0,
            _ if step > u16::MAX - 100 => 0,
            _ => {
                self.last = Some(number);
                if step <= MAX_DROPOUT { u32::from(step - 1) } else { 0 }
            }
        }
    }
}

/// The arrival of the last packet of each picture of one RTP stream, found by the picture's time in the pipeline.
#[derive(Default)]
pub(super) struct PictureArrivals {
    /// For each picture: RTP timestamp, time of its first packet in the pipeline, arrival of its last packet. The
    /// newest is last.
    pictures: VecDeque<(u32, Duration, Instant)>,
}

/// How many pictures may be on their way through the decoder.
const ON_THEIR_WAY: usize = 64;

/// The tolerance of times, because GStreamer may round them.
const ROUNDING: Duration = Duration::from_micros(500);

impl PictureArrivals {
    /// Notes one packet and returns its time in the pipeline. All packets of a picture get the time of its first one.
    pub(super) fn note(&mut self, stamp: u32, running: Duration, now: Instant) -> Duration {
        if let Some((last, pts, arrived)) = self.pictures.back_mut()
            && *last == stamp
        {
            *arrived = now;
            return *pts;
        }
        if self.pictures.len() >= ON_THEIR_WAY {
            self.pictures.pop_front();
        }
        self.pictures.push_back((stamp, running, now));
        running
    }

    /// When the last packet of the picture with this time arrived.
    pub(super) fn of(&self, pts: Duration) -> Option<Instant> {
        let mut pictures = self.pictures.iter().rev();
        pictures
            .find(|(_, known, _)| known.abs_diff(pts) <= ROUNDING)
            .map(|(_, _, arrived)| *arrived)
    }
}

/// The timestamp of an RTP packet (RFC 3550 §5.1); 0 if this is not one.
pub(super) fn timestamp_of(packet: &[u8]) -> u32 {
    match packet {
        [_, _, _, _, a, b, c, d, ..] => u32::from_be_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

/// The sequence number of an RTP packet; `None` if this is not one (RFC 3550 §5.1: version 2, at least 12 bytes).
pub(super) fn number_of(packet: &[u8]) -> Option<u16> {
    match packet {
        [first, _, high, low, ..] if first >> 6 == 2 && packet.len() >= 12 => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(numbers: &[u16]) -> u32 {
        let mut sequence = LossCounter::default();
        numbers.iter().map(|&n| sequence.note(n)).sum()
    }

    #[test]
    fn gaps_are_counted_across_the_wrap() {
        assert_eq!(missing(&[1, 2, 3]), 0);
        assert_eq!(missing(&[1, 4]), 2);
        assert_eq!(missing(&[65_534, 65_535, 0, 1]), 0);
        assert_eq!(missing(&[65_534, 1]), 2);
    }

    #[test]
    fn repeats_late_packets_and_restarts_are_no_loss() {
        assert_eq!(missing(&[5, 5, 6]), 0);
        assert_eq!(missing(&[5, 7, 6, 8]), 1);
        assert_eq!(missing(&[5, 40_000, 40_001]), 0);
    }

    #[test]
    fn the_arrival_of_a_picture_is_that_of_its_last_packet() {
        let (mut arrivals, start) = (PictureArrivals::default(), Instant::now());
        let at = |ms| (Duration::from_millis(ms), start + Duration::from_millis(ms));
        let times = [(7, 10), (7, 14), (8, 50), (8, 59)];
        let pts = times.map(|(stamp, ms)| arrivals.note(stamp, at(ms).0, at(ms).1));
        assert_eq!(pts, [10, 10, 50, 50].map(Duration::from_millis));
        assert_eq!(arrivals.of(at(10).0), Some(at(14).1));
        assert_eq!(arrivals.of(at(50).0), Some(at(59).1));
        assert_eq!(arrivals.of(at(30).0), None);
    }

    #[test]
    fn what_is_not_rtp_has_no_number() {
        assert_eq!(number_of(&[]), None);
        assert_eq!(number_of(&[0x80; 11]), None);
        assert_eq!(number_of(&[0x40; 12]), None);
        assert_eq!(number_of(&[0x80, 96, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]), Some(0x0102));
    }
}
