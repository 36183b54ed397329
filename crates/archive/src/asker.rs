use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::stretch::Stretch;
use super::timeline::{Span, Timeline};

/// The longest stretch that is asked in one question: the longest day.
pub const MOST_AT_ONCE: SignedDuration = SignedDuration::from_hours(25);

/// What an answer left open, the newest part above all, is asked again after so long.
pub const NEWS_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// One thing to ask of a recorder: what it has of a channel in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveQuestion {
    /// Never used before: an answer to another one comes too late.
    pub number: u64,
    /// From 1.
    pub channel: u16,
    pub stretch: Stretch,
}

/// How far an answer goes, by the clock of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What comes later is not known: it was not recorded yet, or the recorder did not come to it.
    pub until: Timestamp,
    /// When it came.
    pub at: Timestamp,
}

/// Asks one recorder about its recordings: only for what is looked at, one question at a time, and nothing twice.
#[derive(Clone, Debug, Default)]
pub struct ArchiveAsker {
    timelines: BTreeMap<u16, Timeline>,
    /// What of each channel is looked at, the one looked at last at the end.
    wanted: Vec<(u16, Stretch)>,
    under_way: Option<ArchiveQuestion>,
    /// The question under way is about everything up to when it was asked.
    reaches_now: bool,
    /// What answers of the last [`NEWS_AFTER`] left open, by channel, and when they came.
    open: Vec<(u16, Stretch, Timestamp)>,
    /// Why a channel is not asked any more, until somebody asks for it.
    troubles: BTreeMap<u16, String>,
    last: u64,
}

impl ArchiveAsker {
    /// Somebody looks at this stretch of this channel now.
    pub fn want(&mut self, channel: u16, visible: Stretch) {
        self.wanted.retain(|(wanted, _)| *wanted != channel);
        self.wanted.push((channel, visible));
    }

    /// Nobody looks at this channel any more. What is known of it is kept.
    pub fn unwant(&mut self, channel: u16) {
        self.wanted.retain(|(wanted, _)| *wanted != channel);
        if self.under_way.is_some_and(|question| question.channel == channel) {
            self.under_way = None;
        }
    }

    /// The next question, which counts as asked; `None` while one is under way, and where nothing is to be asked. `now`: by the clock of
    /// this computer; what comes later is not recorded yet.
    pub fn next(&mut self, now: Timestamp) -> Option<ArchiveQuestion> {
        if self.under_way.is_some() {
            return None;
        }
        self.open.retain(|(.., at)| {
            let since = now.duration_since(*at);
            SignedDuration::ZERO <= since && since < NEWS_AFTER
        });
        let open = &self.open;
        let (channel, stretch) = self.wanted.iter().rev().find_map(|(channel, visible)| {
            if self.troubles.contains_key(channel) {
                return None;
            }
            let past = Stretch::new(visible.from(), visible.to().min(now))?;
            let missing = match self.timelines.get(channel) {
                Some(timeline) => timeline.not_asked(past),
                None => vec![past],
            };
            // What was left open a moment ago waits; what lies before it or after it does not.
            let waiting = open.iter().filter(|(of, ..)| of == channel);
            let missing = waiting.fold(missing, |missing, (_, open, _)| {
                let parts = missing.iter().flat_map(|part| part.without(*open));
                parts.flatten().collect()
            });
            let part = missing.first()?;
            let to = part.to().min(part.from() + MOST_AT_ONCE);
            Some((*channel, Stretch::new(part.from(), to)?))
        })?;
        self.last += 1;
        let question = ArchiveQuestion {
            number: self.last,
            channel,
            stretch,
        };
        self.under_way = Some(question);
        self.reaches_now = stretch.to() >= now;
        Some(question)
    }

    /// The recorder answered. `false`: too late, nobody waits for this answer.
    pub fn answered(&mut self, number: u64, answered: Answered, spans: &[Span]) -> bool {
        let Some(question) = self.under_way.take_if(|question| question.number == number) else {
            return false;
        };
        let ArchiveQuestion { channel, stretch, .. } = question;
        let timeline = self.timelines.entry(channel).or_default();
        timeline.take(stretch, answered.until, spans);
        let known = answered.until.clamp(stretch.from(), stretch.to());
        let end = match self.reaches_now {
            true => answered.at.saturating_add(NEWS_AFTER).unwrap_or(answered.at),
            false => stretch.to(),
        };
        let left = Stretch::new(known, end);
        self.open.extend(left.map(|left| (channel, left, answered.at)));
        true
    }

    /// It could not be asked, or would not say. The channel is not asked again before [`ArchiveAsker::retry`]. `false`: too late.
    pub fn failed(&mut self, number: u64, why: &str) -> bool {
        let Some(question) = self.under_way.take_if(|question| question.number == number) else {
            return false;
        };
        self.troubles.insert(question.channel, why.to_owned());
        true
    }

    /// A person wants this channel to be asked again.
    pub fn retry(&mut self, channel: u16) {
        self.troubles.remove(&channel);
    }

    /// The recorder was changed: what is known of it is of another one, perhaps.
    pub fn clear(&mut self) {
        self.timelines.clear();
        self.troubles.clear();
        self.open.clear();
        self.under_way = None;
    }

    #[must_use]
    pub fn timeline(&self, channel: u16) -> Option<&Timeline> {
        self.timelines.get(&channel)
    }

    /// A playback found out that there is nothing.
    pub fn refute(&mut self, channel: u16, stretch: Stretch) {
        self.timelines.entry(channel).or_default().refute(stretch);
    }

    #[must_use]
    pub fn trouble(&self, channel: u16) -> Option<&str> {
        self.troubles.get(&channel).map(String::as_str)
    }

    /// What is being asked now.
    #[must_use]
    pub fn under_way(&self) -> Option<ArchiveQuestion> {
        self.under_way
    }

    /// Whether anybody looks at anything.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.wanted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::{RecordingKind, TimelineState};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch::new(at(from), at(to)).unwrap()
    }

    /// An answer that goes up to `until` and came then.
    fn wholly(until: i64) -> Answered {
        Answered {
            until: at(until),
            at: at(until),
        }
    }

    #[test]
    fn only_what_is_looked_at_is_asked_and_nothing_twice() {
        let mut asker = ArchiveAsker::default();
        assert_eq!(asker.next(at(10_000)), None);
        asker.want(1, stretch(0, 1_000));
        let first = asker.next(at(10_000)).unwrap();
        assert_eq!((first.channel, first.stretch), (1, stretch(0, 1_000)));
        assert_eq!(asker.next(at(10_000)), None, "one at a time");
        assert!(asker.answered(first.number, wholly(10_000), &[]));
        assert_eq!(asker.next(at(10_000)), None, "it is known");
        asker.want(1, stretch(500, 1_500));
        assert_eq!(asker.next(at(10_000)).unwrap().stretch, stretch(1_000, 1_500));
    }

    #[test]
    fn a_late_answer_is_dropped() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 1_000));
        let first = asker.next(at(10_000)).unwrap();
        asker.unwant(1);
        let span = Span {
            stretch: stretch(0, 500),
            kind: RecordingKind::Motion,
        };
        assert!(!asker.answered(first.number, wholly(10_000), &[span]));
        assert_eq!(asker.timeline(1), None);
        asker.want(1, stretch(0, 1_000));
        let second = asker.next(at(10_000)).unwrap();
        assert!(!asker.answered(first.number, wholly(10_000), &[span]));
        assert!(asker.answered(second.number, wholly(10_000), &[]));
        assert_eq!(asker.timeline(1).unwrap().known_at(at(10)), TimelineState::Nothing);
    }

    #[test]
    fn what_was_looked_at_last_is_asked_first() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 1_000));
        asker.want(2, stretch(0, 1_000));
        asker.want(1, stretch(0, 2_000));
        assert_eq!(asker.next(at(10_000)).unwrap().channel, 1);
    }

    #[test]
    fn today_is_asked_up_to_now_and_its_end_again_from_time_to_time() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 86_400));
        let first = asker.next(at(5_000)).unwrap();
        assert_eq!(first.stretch, stretch(0, 5_000));
        asker.answered(first.number, wholly(5_000), &[]);
        assert_eq!(asker.next(at(5_059)), None);
        // Another place of the same day needs no new question, and another day is asked at once.
        asker.want(1, stretch(-86_400, 0));
        let before = asker.next(at(5_059)).unwrap();
        assert_eq!(before.stretch, stretch(-86_400, 0));
        asker.answered(before.number, wholly(5_059), &[]);
        asker.want(1, stretch(0, 86_400));
        assert_eq!(asker.next(at(5_060)).unwrap().stretch, stretch(5_000, 5_060));
        // The future has nothing to be asked.
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(10_000, 20_000));
        assert_eq!(asker.next(at(5_000)), None);
    }

    #[test]
    fn what_an_answer_did_not_come_to_stays_unknown_and_is_asked_again_with_the_news() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 86_400));
        let first = asker.next(at(5_000)).unwrap();
        let running = Span {
            stretch: stretch(1_000, 4_900),
            kind: RecordingKind::Continuous,
        };
        let until = |until, came| Answered {
            until: at(until),
            at: at(came),
        };
        asker.answered(first.number, until(4_900, 5_010), &[running]);
        let known = |asker: &ArchiveAsker, second| asker.timeline(1).unwrap().known_at(at(second));
        assert_eq!(known(&asker, 4_950), TimelineState::NotAsked, "it is recorded just now");
        assert_eq!(asker.next(at(5_069)), None, "a minute after the answer");
        let second = asker.next(at(5_070)).unwrap();
        assert_eq!(second.stretch, stretch(4_900, 5_070));
        // The recorder has written nothing since: nothing new is known, and it is not asked without a pause.
        asker.answered(second.number, until(4_900, 5_071), &[]);
        assert_eq!(asker.next(at(5_072)), None);
        let third = asker.next(at(5_131)).unwrap();
        assert_eq!(third.stretch, stretch(4_900, 5_131));
        let running = Span {
            stretch: stretch(4_900, 5_120),
            kind: RecordingKind::Continuous,
        };
        asker.answered(third.number, until(5_120, 5_132), &[running]);
        let recorded = TimelineState::Recorded(RecordingKind::Continuous);
        let at_each: Vec<TimelineState> = [4_899, 4_900, 5_000, 5_119]
            .into_iter()
            .map(|second| known(&asker, second))
            .collect();
        assert_eq!(at_each, [recorded; 4], "no hole is left");
        // Of a day before the rest is left open for a minute, too, and what lies beside it is asked at once.
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 1_000));
        let first = asker.next(at(100_000)).unwrap();
        asker.answered(first.number, until(400, 100_001), &[]);
        assert_eq!(asker.next(at(100_002)), None);
        asker.want(1, stretch(0, 2_000));
        let beside = asker.next(at(100_002)).unwrap();
        assert_eq!(beside.stretch, stretch(1_000, 2_000));
        asker.answered(beside.number, wholly(100_003), &[]);
        assert_eq!(asker.next(at(100_061)).unwrap().stretch, stretch(400, 1_000));
    }

    #[test]
    fn who_does_not_answer_is_not_asked_again_before_somebody_wants_it() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 1_000));
        let first = asker.next(at(10_000)).unwrap();
        assert!(asker.failed(first.number, "it knows no search"));
        assert_eq!(asker.next(at(10_000)), None);
        assert_eq!(asker.trouble(1), Some("it knows no search"));
        asker.retry(1);
        assert!(asker.next(at(10_000)).is_some());
    }

    #[test]
    fn a_long_view_is_asked_in_days() {
        let mut asker = ArchiveAsker::default();
        asker.want(1, stretch(0, 30 * 86_400));
        let first = asker.next(at(100 * 86_400)).unwrap();
        assert_eq!(first.stretch.length(), MOST_AT_ONCE);
    }
}
