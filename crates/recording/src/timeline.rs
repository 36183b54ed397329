//! When a picture is, in a part: by the recorder's RTP times where they are plausible, else by its arrival.

use super::ticks_of;
use super::unit::Unit;

/// How far RTP times and arrivals may be apart: half a second.
const APART: i64 = 45_000;
/// A network that stands still brings pictures late, and then all at once: so long, in ticks, the recorder's times are believed.
const LATE_FOR: i64 = 5 * 90_000;

/// Times of one part, in ticks from its begin.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    begin: i64,
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    rtp_time: u32,
    time: i64,
    /// Since when pictures come later than the recorder's times say.
    late_since: Option<i64>,
}

impl Timeline {
    /// `begin`: of the part, in microseconds since 1970.
    pub(super) fn new(begin: i64) -> Self {
        Self { begin, last: None }
    }

    /// When it arrived.
    pub(super) fn arrival(&self, unit: &Unit) -> i64 {
        ticks_of(unit.at.saturating_sub(self.begin))
    }

    /// How far the arrival of `unit` is from that which is awaited after the last one.
    pub(super) fn step(&self, unit: &Unit) -> i64 {
        self.last.map_or(0, |last| self.arrival(unit) - last.time)
    }

    /// When the picture is shown.
    pub(super) fn place(&mut self, unit: &Unit) -> i64 {
        let arrival = self.arrival(unit);
        let (time, late_since) = match self.last {
            None => (arrival, None),
            Some(last) => {
                let step = i64::from(unit.rtp_time.wrapping_sub(last.rtp_time).cast_signed());
                let told = last.time.saturating_add(step);
                let late = arrival - told;
                let since = last.late_since.unwrap_or(arrival);
                if step == 0 || step.abs() > 10 * 90_000 || late < -APART {
                    (arrival, None)
                } else if late <= APART {
                    (told, None)
                } else if arrival - since > LATE_FOR {
                    (arrival, None)
                } else {
                    (told, Some(since))
                }
            }
        };
        let time = time.max(0);
        self.last = Some(Last {
            rtp_time: unit.rtp_time,
            time,
            late_since,
        });
        time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn unit(at_ms: i64, rtp_ms: i64) -> Unit {
        Unit {
            data: Bytes::new(),
            at: 1_000_000_000 + at_ms * 1_000,
            rtp_time: u32::try_from((rtp_ms * 90) & 0xffff_ffff).unwrap(),
            key: false,
            sets: Bytes::new(),
            size: None,
        }
    }

    fn times(units: &[(i64, i64)]) -> Vec<i64> {
        let mut line = Timeline::new(1_000_000_000);
        let placed = units.iter().map(|(at, rtp)| line.place(&unit(*at, *rtp)) / 90);
        placed.collect()
    }

    #[test]
    fn jitter_of_the_network_is_not_in_the_file() {
        assert_eq!(
            times(&[(0, 5_000), (90, 5_066), (120, 5_133), (210, 5_200)]),
            [0, 66, 133, 200]
        );
        // A stall of two seconds, and then all at once.
        assert_eq!(
            times(&[(0, 0), (2_000, 100), (2_001, 200), (2_002, 300), (2_100, 2_100)]),
            [0, 100, 200, 300, 2_100]
        );
    }

    #[test]
    fn times_that_stand_still_or_jump_are_not_believed() {
        assert_eq!(times(&[(0, 0), (100, 0), (200, 0)]), [0, 100, 200]);
        assert_eq!(times(&[(0, 0), (100, 90_000_000), (200, 90_000_100)]), [0, 100, 200]);
        assert_eq!(times(&[(0, 0), (100, 3_000), (200, 3_100)]), [0, 100, 200]);
    }

    #[test]
    fn pictures_that_are_shown_before_earlier_ones_stay_so() {
        assert_eq!(times(&[(0, 0), (66, 200), (133, 66), (200, 133)]), [0, 200, 66, 133]);
    }

    #[test]
    fn a_clock_that_runs_slow_is_left_after_a_while() {
        let units: Vec<(i64, i64)> = (0..200).map(|n| (n * 100, n * 90)).collect();
        let last = times(&units).pop().unwrap();
        assert!((last - 19_900).abs() < 1_600, "{last}");
    }
}
