use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::clock::{Judgement, judge};
use super::speed::Speed;
use super::stretch::Stretch;

/// When nothing came for so long although it should, that is said.
pub const SILENT_AFTER: Duration = Duration::from_secs(5);

/// Pictures with more time than this between them have a gap between them, at the usual speed.
const GAP: SignedDuration = SignedDuration::from_secs(3);

/// Key frames alone come so rarely at most.
const GAP_OF_KEYS: SignedDuration = SignedDuration::from_secs(30);

/// The time of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTime {
    pub at: Timestamp,
    /// The recorder said so with the picture itself. Otherwise it is reckoned: where the recorder said that it begins, and the clock of
    /// its packets from there.
    pub exact: bool,
}

/// Whether so much lies between two pictures that follow each other that nothing was recorded between them.
#[must_use]
pub fn is_gap(one: Timestamp, other: Timestamp, only_key_frames: bool) -> bool {
    let most = if only_key_frames { GAP_OF_KEYS } else { GAP };
    other.duration_since(one).abs() > most
}

/// Nothing was recorded between two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap(pub Stretch);

/// What a playback does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// The picture of the time that was asked has not come yet.
    Seeking,
    Playing,
    Paused,
    /// The recording goes no further.
    Ended,
    /// It plays, and nothing came for [`SILENT_AFTER`].
    Silent,
}

/// Where a playback is, as the pictures tell it.
#[derive(Clone, Debug)]
pub struct Playhead {
    asked: Timestamp,
    frame: Option<FrameTime>,
    /// Of the time before the seek that is under way.
    before: Option<FrameTime>,
    speed: Speed,
    paused: bool,
    ended: bool,
    gap: Option<Gap>,
    judgement: Option<Judgement>,
    /// When something came or was asked for last.
    heard: Instant,
    /// What the recorder's zone is ahead of UTC.
    ahead_of_utc: SignedDuration,
}

impl Playhead {
    /// A playback that begins at this time. `ahead_of_utc`: of the recorder's zone.
    #[must_use]
    pub fn new(at: Timestamp, ahead_of_utc: SignedDuration, now: Instant) -> Self {
        Self {
            asked: at,
            frame: None,
            before: None,
            speed: Speed::default(),
            paused: false,
            ended: false,
            gap: None,
            judgement: None,
            heard: now,
            ahead_of_utc,
        }
    }

    /// Another time is wanted.
    pub fn seek(&mut self, at: Timestamp, now: Instant) {
        self.before = self.frame.take().or(self.before);
        (self.asked, self.ended, self.gap, self.judgement, self.heard) = (at, false, None, None, now);
    }

    pub fn set_paused(&mut self, paused: bool, now: Instant) {
        (self.paused, self.heard) = (paused, now);
    }

    /// From where it is now, as fast as this.
    pub fn set_speed(&mut self, speed: Speed, now: Instant) {
        (self.speed, self.heard) = (speed, now);
        if self.ended {
            self.ended = false;
        }
    }

    /// A picture of this time goes to the screen. `after`: the time of the one right before it, where that is known; not each picture
    /// is told.
    pub fn frame(&mut self, frame: FrameTime, after: Option<Timestamp>, now: Instant) {
        self.heard = now;
        self.ended = false;
        if self.frame.is_none() {
            self.judgement = Some(judge(self.asked, frame.at, self.ahead_of_utc));
        }
        if let Some(after) = after.filter(|after| is_gap(*after, frame.at, self.speed.only_key_frames())) {
            self.gap = Stretch::new(after.min(frame.at), after.max(frame.at)).map(Gap);
        }
        (self.frame, self.before) = (Some(frame), None);
    }

    /// Something came that shows that the recorder is at work.
    pub fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// The recorder said that its recording goes no further.
    pub fn end(&mut self, now: Instant) {
        (self.ended, self.heard) = (true, now);
    }

    #[must_use]
    pub fn doing(&self, now: Instant) -> Doing {
        let silent = now.saturating_duration_since(self.heard) >= SILENT_AFTER;
        if self.ended {
            Doing::Ended
        } else if self.frame.is_none() && !silent {
            Doing::Seeking
        } else if self.paused && self.frame.is_some() {
            Doing::Paused
        } else if silent {
            Doing::Silent
        } else {
            Doing::Playing
        }
    }

    /// The time of the picture on screen; while a seek is under way that of the one before, which still stands there.
    #[must_use]
    pub fn shown(&self) -> Option<FrameTime> {
        self.frame.or(self.before)
    }

    /// Where the mark of the bar stands: where it is wanted, until a picture says where it is.
    #[must_use]
    pub fn mark(&self) -> Timestamp {
        self.frame.map_or(self.asked, |frame| frame.at)
    }

    #[must_use]
    pub fn asked(&self) -> Timestamp {
        self.asked
    }

    #[must_use]
    pub fn speed(&self) -> Speed {
        self.speed
    }

    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The last gap that was jumped since the last seek.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// Whether the recorder plays what was asked; `None` before its first picture.
    #[must_use]
    pub fn judgement(&self) -> Option<Judgement> {
        self.judgement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn exact(second: i64) -> FrameTime {
        FrameTime {
            at: at(second),
            exact: true,
        }
    }

    #[test]
    fn it_says_what_it_does() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut head = Playhead::new(at(1_000), SignedDuration::ZERO, start);
        assert_eq!(head.doing(later(1)), Doing::Seeking);
        assert_eq!((head.shown(), head.mark()), (None, at(1_000)));
        head.frame(exact(998), None, later(1));
        assert_eq!(head.doing(later(1)), Doing::Playing);
        assert_eq!((head.mark(), head.judgement()), (at(998), Some(Judgement::AsAsked)));
        assert_eq!(head.doing(later(6)), Doing::Silent, "it ended without a word");
        head.set_paused(true, later(6));
        assert_eq!(head.doing(later(100)), Doing::Paused);
        head.end(later(100));
        assert_eq!(head.doing(later(100)), Doing::Ended);
        head.seek(at(500), later(101));
        assert_eq!(head.doing(later(101)), Doing::Seeking);
        assert_eq!(head.shown(), Some(exact(998)), "it still stands there");
        assert_eq!(head.mark(), at(500));
    }

    #[test]
    fn a_gap_is_named_and_is_no_end() {
        let start = Instant::now();
        let mut head = Playhead::new(at(1_000), SignedDuration::ZERO, start);
        head.frame(exact(1_000), None, start);
        head.frame(exact(1_012), Some(at(1_010)), start);
        assert_eq!(head.gap(), None, "between them came pictures that were not told");
        head.frame(exact(1_602), Some(at(1_012)), start);
        assert_eq!(head.gap(), Stretch::new(at(1_012), at(1_602)).map(Gap));
        assert_eq!(head.doing(start), Doing::Playing);
        let mut fast = Playhead::new(at(1_000), SignedDuration::ZERO, start);
        fast.set_speed(Speed::default().faster().faster().faster(), start);
        fast.frame(exact(1_000), None, start);
        fast.frame(exact(1_010), Some(at(1_000)), start);
        assert_eq!(fast.gap(), None, "key frames are far apart");
    }

    #[test]
    fn another_time_than_asked_is_named() {
        let start = Instant::now();
        let mut head = Playhead::new(at(100_000), SignedDuration::from_hours(9), start);
        head.frame(exact(100_000 - 9 * 3_600), None, start);
        assert_eq!(head.judgement(), Some(Judgement::OtherReading));
        head.seek(at(200_000), start);
        head.frame(exact(0), None, start);
        assert_eq!(
            head.judgement(),
            Some(Judgement::OffBy(SignedDuration::from_secs(-200_000)))
        );
    }
}
