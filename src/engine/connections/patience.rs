//! How long a device is waited for, and at what pace a stream sends: pure figures.
//!
//! Waiting on an open socket costs no SYN, but a hung recorder must be dialled anew soon. So the first wait is short, each timeout
//! makes the next one three times as long, and what a device once took is remembered.

use std::time::{Duration, Instant};

/// How long a device is waited for of which nothing is known.
const FIRST: Duration = Duration::from_secs(10);
/// The longest wait. Recorders are known that send their first picture 78 s after PLAY.
pub(super) const LONGEST: Duration = Duration::from_secs(120);
/// Each timeout makes the next wait so many times as long.
const GROWTH: u32 = 3;

/// The wait for one thing that a device does: a reply, the first picture, or the ones after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Patience {
    /// Waits in a row that came to nothing.
    timeouts: u32,
}

impl Patience {
    /// How long the next wait may last, where it is known to have taken so long once.
    pub(super) fn limit(self, learnt: Option<Duration>) -> Duration {
        let grown = FIRST.saturating_mul(GROWTH.saturating_pow(self.timeouts));
        let learnt = learnt.unwrap_or_default().saturating_mul(2);
        grown.max(learnt).min(LONGEST)
    }

    /// How long the next picture is waited for while the pace is not known, where one interval was remembered.
    pub(super) fn limit_of_pace(self, remembered: Option<Duration>) -> Duration {
        let grown = UNKNOWN_PACE
            .saturating_mul(GROWTH.saturating_pow(self.timeouts))
            .min(LONGEST);
        let remembered = remembered.unwrap_or_default().min(LONGEST_INTERVAL);
        grown.max(remembered * 3)
    }

    pub(super) fn timed_out(&mut self) {
        self.timeouts = self.timeouts.saturating_add(1);
    }

    /// It came.
    pub(super) fn rewarded(&mut self) {
        self.timeouts = 0;
    }
}

/// Without a picture for this long: late. A stream that has proven a slower pace has three of its intervals.
pub(super) const LATE: Duration = Duration::from_secs(3);
/// And for this long: offline, and its attempt has failed. Six intervals of a slower stream.
const OFFLINE: Duration = Duration::from_secs(10);
/// The same, where the pace is not known yet: three intervals of a recorder that sends one picture each 15 s.
const UNKNOWN_PACE: Duration = Duration::from_secs(45);
/// The longest interval that is believed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// How many intervals are remembered.
const GAPS: usize = 4;

/// A stream that was silent is dialled anew, and one that plays again so soon was not cut off: perhaps it had only paused.
const WAS_NOT_CUT_OFF: Duration = Duration::from_secs(30);
/// So long the next silence of such a stream is waited for once, to see whether it ends by itself.
const TRIAL: Duration = Duration::from_secs(45);
/// A trial that came to nothing is repeated after so many more silences at the soonest.
const UNTIL_NEXT_TRIAL: u32 = 8;

/// The wait for pictures to go on, for a stream that falls silent in the middle of a session: recorders pause for half a minute when
/// they change a disk or a scene, and a dial would come to the same pause again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pauses {
    /// The longest that ended by itself.
    known: Option<Duration>,
    /// When the stream was given up last.
    given_up: Option<Instant>,
    trial: bool,
    /// Silences that are given up before another trial.
    skip: u32,
}

impl Pauses {
    /// What earlier sessions learnt.
    pub(super) fn remember(&mut self, known: Option<Duration>) {
        self.known = known.or(self.known);
    }

    /// How long a silence may last at least.
    pub(super) fn limit(&self) -> Duration {
        match self.known {
            Some(known) => (known * 3 / 2).min(LONGEST),
            None if self.trial => TRIAL,
            None => Duration::ZERO,
        }
    }

    /// A silence was given up; whether it was waited for longer than any other, in vain.
    pub(super) fn gives_up(&mut self, now: Instant) -> bool {
        let in_vain = self.limit() > Duration::ZERO;
        if std::mem::take(&mut self.trial) {
            self.skip = UNTIL_NEXT_TRIAL;
        }
        self.known = self.known.map(|known| known * 3 / 4).filter(|known| *known > OFFLINE);
        self.given_up = Some(now);
        in_vain
    }

    /// The stream plays anew.
    pub(super) fn plays(&mut self, now: Instant) {
        let since = self.given_up.take();
        if since.is_none_or(|since| now.saturating_duration_since(since) > WAS_NOT_CUT_OFF) {
            return;
        }
        match self.skip.checked_sub(1) {
            Some(left) => self.skip = left,
            None => self.trial = true,
        }
    }

    /// A silence ended by itself.
    pub(super) fn ended(&mut self, pause: Duration) {
        (self.trial, self.skip) = (false, 0);
        self.known = self.known.max(Some(pause.min(LONGEST)));
    }
}

/// How long an attempt waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// In its session.
    pub session: rtsp::SessionPatience,
    /// For the first picture, once its session plays.
    pub picture: Duration,
}

impl Waits {
    /// `reply`, `picture`: the limits of a stream. A Test waits as long as ever, because a person watches it and may cancel it, and
    /// it is one attempt.
    pub(super) fn new(reply: Duration, picture: Duration, is_test: bool) -> Self {
        let at_least = if is_test { LONGEST } else { Duration::ZERO };
        let session = rtsp::SessionPatience {
            reply: reply.max(at_least),
            media: picture,
            longest: picture.max(LONGEST),
        };
        Self {
            session,
            picture: picture.max(at_least),
        }
    }
}

/// Whether a stream is so slow that its pace is worth remembering.
pub(super) fn is_slow(interval: Duration) -> bool {
    interval >= LATE
}

/// The pace at which signs of life come, as measured.
#[derive(Clone, Debug, Default)]
pub(super) struct SignPace {
    last: Option<Instant>,
    gaps: [Duration; GAPS],
    measured: usize,
}

impl SignPace {
    /// So many came since the last call.
    pub(super) fn note(&mut self, count: u64, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
            self.gaps[self.measured % GAPS] = now.saturating_duration_since(last) / count;
            self.measured += 1;
        }
    }

    /// A pause that says nothing of the pace begins.
    pub(super) fn rest(&mut self) {
        self.last = None;
    }

    /// The interval that has been proven: the second longest of the last ones, for a gap that came once proves nothing.
    pub(super) fn interval(&self) -> Option<Duration> {
        let known = self.measured.min(GAPS);
        let mut gaps = self.gaps;
        gaps[..known].sort_unstable();
        known.checked_sub(2).map(|second| gaps[second])
    }

    pub(super) fn late_after(&self) -> Duration {
        let interval = self.interval().unwrap_or_default().min(LONGEST_INTERVAL);
        (interval * 3).max(LATE)
    }

    /// `unknown`: while no pace is proven.
    pub(super) fn offline_after(&self, unknown: Duration) -> Duration {
        match self.interval() {
            Some(interval) => (interval.min(LONGEST_INTERVAL) * 6).max(OFFLINE),
            None => unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_wait_is_short_and_each_timeout_makes_it_longer_up_to_a_limit() {
        let mut patience = Patience::default();
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(patience.limit(None).as_secs());
            patience.timed_out();
        }
        assert_eq!(waits, [10, 30, 90, 120, 120]);
        patience.timeouts = u32::MAX;
        assert_eq!(patience.limit(None), LONGEST);
        patience.rewarded();
        assert_eq!(patience.limit(None), FIRST);
    }

    #[test]
    fn what_a_slow_device_took_is_waited_for_at_once() {
        for (took, limit) in [
            (0, 10),
            (4, 10),
            (13, 26),
            (25, 50),
            (30, 60),
            (40, 80),
            (78, 120),
            (600, 120),
        ] {
            let limited = Patience::default().limit(Some(SECOND * took)).as_secs();
            assert_eq!(limited, limit, "{took}");
        }
        let mut patience = Patience::default();
        patience.timed_out();
        patience.timed_out();
        assert_eq!(
            patience.limit(Some(SECOND * 13)),
            90 * SECOND,
            "it may have become slower"
        );
    }

    #[test]
    fn a_stream_whose_second_picture_did_not_come_in_time_is_given_longer_the_next_time() {
        let mut patience = Patience::default();
        assert_eq!(patience.limit_of_pace(None), UNKNOWN_PACE);
        patience.timed_out();
        assert_eq!(patience.limit_of_pace(None), LONGEST);
        patience.rewarded();
        for (remembered, limit) in [(1, 45), (15, 45), (40, 120), (60, 180), (600, 180)] {
            assert_eq!(
                patience.limit_of_pace(Some(SECOND * remembered)).as_secs(),
                limit,
                "{remembered}"
            );
        }
    }

    #[test]
    fn a_silence_of_a_stream_that_came_back_at_once_is_waited_for_longer_the_next_time_and_what_it_took_is_known() {
        let mut now = Instant::now();
        let mut pauses = Pauses::default();
        assert_eq!(pauses.limit(), Duration::ZERO);
        pauses.plays(now);
        assert!(!pauses.gives_up(now));
        now += 8 * SECOND;
        pauses.plays(now);
        assert_eq!(pauses.limit(), TRIAL);
        pauses.ended(30 * SECOND);
        assert_eq!(pauses.limit(), 45 * SECOND);
        // It does not go on any more: what was known is forgotten little by little.
        let mut limits = Vec::new();
        while pauses.gives_up(now) {
            limits.push(pauses.limit().as_secs());
        }
        assert_eq!(limits, [33, 25, 18, 0]);
    }

    #[test]
    fn a_stream_that_never_goes_on_by_itself_costs_one_long_wait_in_many() {
        let mut now = Instant::now();
        let mut pauses = Pauses::default();
        let mut long = 0;
        for _ in 0..90 {
            pauses.plays(now);
            long += u32::from(pauses.limit() > Duration::ZERO);
            now += 60 * SECOND;
            pauses.gives_up(now);
            now += 8 * SECOND;
        }
        assert_eq!(long, 10, "one in nine");
        // What was cut off for long says nothing of pauses.
        let mut pauses = Pauses::default();
        pauses.gives_up(now);
        pauses.plays(now + 60 * SECOND);
        assert_eq!(pauses.limit(), Duration::ZERO);
    }

    fn paced(gaps: &[f32]) -> SignPace {
        let mut now = Instant::now();
        let mut pace = SignPace::default();
        pace.note(1, now);
        for gap in gaps {
            now += Duration::from_secs_f32(*gap);
            pace.note(1, now);
        }
        pace
    }

    #[test]
    fn a_stream_is_late_after_three_of_the_intervals_that_it_has_proven() {
        for (gaps, late, offline) in [
            (&[][..], 3, 45),
            (&[15.0], 3, 45),
            (&[15.0, 15.0], 45, 90),
            (&[5.0, 5.0, 5.0], 15, 30),
            (&[5.0, 15.0, 5.0, 15.0], 45, 90),
            (&[30.0, 30.0], 90, 180),
            (&[0.25; 9], 3, 10),
            (&[0.25, 0.25, 0.25, 9.0], 3, 10),
            (&[0.25, 0.25, 0.25, 9.0, 0.25, 0.25, 0.25, 0.25], 3, 10),
            (&[900.0, 900.0], 180, 360),
        ] {
            let pace = paced(gaps);
            assert_eq!(pace.late_after().as_secs(), late, "{gaps:?}");
            assert_eq!(pace.offline_after(UNKNOWN_PACE).as_secs(), offline, "{gaps:?}");
        }
    }

    #[test]
    fn pictures_that_came_between_two_looks_share_their_time_and_a_pause_is_no_interval() {
        let start = Instant::now();
        let mut pace = SignPace::default();
        pace.note(3, start);
        pace.note(4, start + SECOND);
        pace.rest();
        pace.note(1, start + 60 * SECOND);
        pace.note(4, start + 61 * SECOND);
        assert_eq!(pace.interval(), Some(SECOND / 4));
    }
}
