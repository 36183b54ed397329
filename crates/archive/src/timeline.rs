use jiff::{SignedDuration, Timestamp};

use super::stretch::{Stretch, take_out, uncovered, unite};

/// Why a stretch was recorded. What matters more is greater, and is painted over the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingKind {
    Continuous,
    Motion,
    Alarm,
}

/// A stretch that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub stretch: Stretch,
    pub kind: RecordingKind,
}

/// What is known of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineState {
    /// Nobody has asked the recorder.
    NotAsked,
    /// The recorder has nothing there.
    Nothing,
    Recorded(RecordingKind),
}

/// A part of a timeline of which the same is known everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub stretch: Stretch,
    pub known: TimelineState,
}

/// What is known of the recordings of one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Sorted; none touch.
    asked: Vec<Stretch>,
    /// Of each kind, sorted; none touch.
    recorded: [Vec<Stretch>; 3],
}

/// Recordings of one kind with no more between them than this are one: recorders begin a new file each hour, a second after the last
/// picture of the one before.
pub const JOINED: SignedDuration = SignedDuration::from_secs(2);

/// More is forgotten, and asked anew when it is looked at.
pub const MOST_SPANS: usize = 50_000;

const KINDS: [RecordingKind; 3] = [RecordingKind::Continuous, RecordingKind::Motion, RecordingKind::Alarm];

impl Timeline {
    /// Takes an answer of the recorder about `asked`, which holds up to `now`: what comes later is not recorded yet, and so not known.
    /// In what was asked the answer takes the place of what was known before. Recordings that reach out of it are kept as a whole.
    pub fn take(&mut self, asked: Stretch, now: Timestamp, spans: &[Span]) {
        let Some(asked) = Stretch::new(asked.from(), asked.to().min(now)) else {
            return;
        };
        if self.len() + spans.len() > MOST_SPANS {
            *self = Self::default();
        }
        for recorded in &mut self.recorded {
            take_out(recorded, asked);
        }
        for span in spans.iter().take(MOST_SPANS) {
            add(&mut self.recorded[span.kind as usize], span.stretch);
        }
        unite(&mut self.asked, asked);
    }

    /// There was nothing to be played, whatever the recorder had said.
    pub fn refute(&mut self, stretch: Stretch) {
        for recorded in &mut self.recorded {
            take_out(recorded, stretch);
        }
        unite(&mut self.asked, stretch);
    }

    /// What was known of it may have changed: it counts as not asked.
    pub fn forget(&mut self, stretch: Stretch) {
        take_out(&mut self.asked, stretch);
        for recorded in &mut self.recorded {
            take_out(recorded, stretch);
        }
    }

    /// What of it nobody has asked, in its order.
    #[must_use]
    pub fn not_asked(&self, within: Stretch) -> Vec<Stretch> {
        uncovered(&self.asked, within)
    }

    #[must_use]
    pub fn known_at(&self, at: Timestamp) -> TimelineState {
        let has = |list: &Vec<Stretch>| {
            let after = list.partition_point(|stretch| stretch.from() <= at);
            after
                .checked_sub(1)
                .and_then(|last| list.get(last))
                .is_some_and(|last| last.contains(at))
        };
        let kind = KINDS.into_iter().rev().find(|kind| has(&self.recorded[*kind as usize]));
        match kind {
            Some(kind) => TimelineState::Recorded(kind),
            None if has(&self.asked) => TimelineState::Nothing,
            None => TimelineState::NotAsked,
        }
    }

    /// `within` as pieces that follow each other without a gap, each as long as it can be.
    #[must_use]
    pub fn pieces(&self, within: Stretch) -> Vec<Piece> {
        let lists = self.recorded.iter().chain([&self.asked]);
        let mut cuts: Vec<Timestamp> = lists
            .flatten()
            .filter_map(|stretch| stretch.overlap(within))
            .flat_map(|part| [part.from(), part.to()])
            .chain([within.from(), within.to()])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces: Vec<Piece> = Vec::new();
        for pair in cuts.windows(2) {
            let (Some(stretch), known) = (Stretch::new(pair[0], pair[1]), self.known_at(pair[0])) else {
                continue;
            };
            match pieces.last_mut().filter(|last| last.known == known) {
                Some(last) => {
                    if let Some(grown) = Stretch::new(last.stretch.from(), stretch.to()) {
                        last.stretch = grown;
                    }
                }
                None => pieces.push(Piece { stretch, known }),
            }
        }
        pieces
    }

    /// The first recorded moment from `at` on, as far as it is known; `at` itself where it is recorded.
    #[must_use]
    pub fn next_recorded(&self, at: Timestamp) -> Option<Timestamp> {
        let next = |list: &Vec<Stretch>| {
            list.iter()
                .find(|stretch| stretch.to() > at)
                .map(|stretch| stretch.from().max(at))
        };
        self.recorded.iter().filter_map(next).min()
    }

    /// How many stretches it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.asked.len() + self.recorded.iter().map(Vec::len).sum::<usize>()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Adds a recording; what lies so little before or after it is one with it.
fn add(list: &mut Vec<Stretch>, new: Stretch) {
    let mut grown = new;
    let near = |list: &[Stretch], grown: Stretch| {
        let before = list.partition_point(|old| old.from() <= grown.from()).checked_sub(1);
        let after = list
            .iter()
            .skip(before.map_or(0, |before| before + 1))
            .find(|old| old.from() >= grown.to());
        let before = before
            .and_then(|before| list.get(before))
            .filter(|old| old.to() <= grown.from());
        (before.copied(), after.copied())
    };
    let (before, after) = near(list, grown);
    let is_near = |from: Timestamp, to: Timestamp| to.duration_since(from) <= JOINED;
    if let Some(before) = before.filter(|before| is_near(before.to(), grown.from())) {
        grown = Stretch::new(before.from(), grown.to()).unwrap_or(grown);
    }
    if let Some(after) = after.filter(|after| is_near(grown.to(), after.from())) {
        grown = Stretch::new(grown.from(), after.to()).unwrap_or(grown);
    }
    unite(list, grown);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch::new(at(from), at(to)).unwrap()
    }

    fn span(from: i64, to: i64, kind: RecordingKind) -> Span {
        Span {
            stretch: stretch(from, to),
            kind,
        }
    }

    const FAR: i64 = 1_000_000;
    use RecordingKind::{Alarm, Continuous, Motion};

    #[test]
    fn what_nobody_asked_is_not_nothing() {
        let mut line = Timeline::default();
        assert_eq!(line.known_at(at(50)), TimelineState::NotAsked);
        line.take(stretch(0, 100), at(FAR), &[span(10, 20, Continuous)]);
        assert_eq!(line.known_at(at(5)), TimelineState::Nothing);
        assert_eq!(line.known_at(at(10)), TimelineState::Recorded(Continuous));
        assert_eq!(line.known_at(at(20)), TimelineState::Nothing);
        assert_eq!(line.known_at(at(100)), TimelineState::NotAsked);
        let known: Vec<TimelineState> = line.pieces(stretch(-10, 110)).iter().map(|piece| piece.known).collect();
        let (none, unasked) = (TimelineState::Nothing, TimelineState::NotAsked);
        assert_eq!(
            known,
            [unasked, none, TimelineState::Recorded(Continuous), none, unasked]
        );
    }

    #[test]
    fn the_future_is_not_known_although_it_was_asked() {
        let mut line = Timeline::default();
        line.take(stretch(0, 100), at(40), &[span(0, 40, Continuous)]);
        assert_eq!(line.known_at(at(39)), TimelineState::Recorded(Continuous));
        assert_eq!(line.known_at(at(40)), TimelineState::NotAsked);
        assert_eq!(line.not_asked(stretch(0, 100)), [stretch(40, 100)]);
        line.take(stretch(50, 60), at(45), &[]);
        assert_eq!(line.not_asked(stretch(0, 100)), [stretch(40, 100)]);
    }

    #[test]
    fn an_alarm_stands_over_motion_and_motion_over_what_is_always_recorded() {
        let mut line = Timeline::default();
        let spans = [span(0, 100, Continuous), span(20, 60, Motion), span(40, 50, Alarm)];
        line.take(stretch(0, 100), at(FAR), &spans);
        let found: Vec<(i64, TimelineState)> = line
            .pieces(stretch(0, 100))
            .iter()
            .map(|piece| (piece.stretch.from().as_second(), piece.known))
            .collect();
        let recorded = TimelineState::Recorded;
        assert_eq!(
            found,
            [
                (0, recorded(Continuous)),
                (20, recorded(Motion)),
                (40, recorded(Alarm)),
                (50, recorded(Motion)),
                (60, recorded(Continuous)),
            ]
        );
    }

    #[test]
    fn a_recording_that_began_the_day_before_is_seen_and_files_that_follow_each_other_are_one() {
        let mut line = Timeline::default();
        let files = [
            span(-500, 1_000, Continuous),
            span(1_001, 2_000, Continuous),
            span(2_010, 3_000, Continuous),
        ];
        line.take(stretch(0, 3_600), at(FAR), &files);
        assert_eq!(line.known_at(at(-100)), TimelineState::Recorded(Continuous));
        let pieces = line.pieces(stretch(0, 3_600));
        let starts: Vec<i64> = pieces.iter().map(|piece| piece.stretch.from().as_second()).collect();
        assert_eq!(starts, [0, 2_000, 2_010, 3_000]);
        assert_eq!(line.next_recorded(at(2_001)), Some(at(2_010)));
        assert_eq!(line.next_recorded(at(2_500)), Some(at(2_500)));
        assert_eq!(line.next_recorded(at(3_000)), None);
    }

    #[test]
    fn a_later_answer_replaces_and_a_failed_click_corrects() {
        let mut line = Timeline::default();
        line.take(stretch(0, 100), at(FAR), &[span(0, 100, Continuous)]);
        line.take(stretch(40, 60), at(FAR), &[]);
        assert_eq!(line.known_at(at(50)), TimelineState::Nothing);
        line.refute(stretch(0, 10));
        assert_eq!(line.known_at(at(5)), TimelineState::Nothing);
        line.forget(stretch(80, 200));
        assert_eq!(line.known_at(at(90)), TimelineState::NotAsked);
        assert_eq!(line.known_at(at(70)), TimelineState::Recorded(Continuous));
    }

    proptest! {
        /// Pieces cover what is asked for without a gap, and say of each moment what is known of it.
        #[test]
        fn pieces_are_a_partition(
            answers in prop::collection::vec((0_i64..500, 1_i64..200, prop::collection::vec((0_i64..600, 1_i64..80, 0_usize..3), 0..6)), 0..8),
            view in (0_i64..500, 1_i64..300),
        ) {
            let mut line = Timeline::default();
            for (from, long, spans) in answers {
                let spans: Vec<Span> = spans.into_iter().map(|(from, long, kind)| span(from, from + long, KINDS[kind])).collect();
                line.take(stretch(from, from + long), at(FAR), &spans);
            }
            let view = stretch(view.0, view.0 + view.1);
            let pieces = line.pieces(view);
            prop_assert_eq!(pieces.first().unwrap().stretch.from(), view.from());
            prop_assert_eq!(pieces.last().unwrap().stretch.to(), view.to());
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].stretch.to(), pair[1].stretch.from());
                prop_assert_ne!(pair[0].known, pair[1].known);
            }
            for second in view.from().as_second()..view.to().as_second() {
                let piece = pieces.iter().find(|piece| piece.stretch.contains(at(second))).unwrap();
                prop_assert_eq!(piece.known, line.known_at(at(second)));
            }
        }
    }
}
