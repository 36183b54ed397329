//! What an export takes: from the key picture before its begin to its end, and what is missing in between.

use super::reader::{ReadPart, Sample};
use super::{micros_of, ticks_of};

/// Pictures that are further apart than this leave a gap, in microseconds, where the stream itself is not that slow.
const GAP: i64 = 3_000_000;
/// A file of an export has no more pictures than this, but where one part alone does: whoever reads it holds its tables in memory.
const MOST_SAMPLES_OF_A_RUN: usize = 500_000;
/// A part that begins earlier than this before the last one ends is of another file, in microseconds: a clock was set back, or two
/// programs recorded. A file has one line of time, and the pictures of both do not fit onto it.
const OVERLAP: i64 = 1_000_000;

/// Pictures of one part, one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPiece {
    /// Which of the parts.
    pub part: usize,
    /// Which of its samples: from here, and up to there without it.
    pub first: usize,
    pub end: usize,
}

/// Pieces that one file can hold: their stream is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub pieces: Vec<PartPiece>,
    /// When its first picture is, and when its last one ends, in microseconds since 1970.
    pub from: i64,
    pub to: i64,
    /// What is missing between its pictures.
    pub gaps: Vec<RecordingGap>,
}

/// A time of which nothing is there, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingGap {
    pub from: i64,
    pub to: i64,
}

/// What an export takes of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportPlan {
    pub runs: Vec<Run>,
    /// What is missing of what was asked for, its ends included.
    pub gaps: Vec<RecordingGap>,
}

/// How many pictures a run has.
fn held(run: &Run) -> usize {
    run.pieces.iter().map(|piece| piece.end - piece.first).sum()
}

/// What is missing of both of two streams that show the same.
#[must_use]
pub fn missing_of_both(one: &[RecordingGap], other: &[RecordingGap]) -> Vec<RecordingGap> {
    let both = |one: &RecordingGap, other: &RecordingGap| RecordingGap {
        from: one.from.max(other.from),
        to: one.to.min(other.to),
    };
    let pairs = one
        .iter()
        .flat_map(|one| other.iter().map(move |other| both(one, other)));
    pairs.filter(|gap| gap.to - gap.from > GAP).collect()
}

/// Whether a time has more in it than a gap may be long of which none of these have anything. All of them in microseconds since 1970.
#[must_use]
pub fn adds_to(covered: &[(i64, i64)], from: i64, to: i64) -> bool {
    let mut covered: Vec<(i64, i64)> = covered.to_vec();
    covered.sort_unstable();
    let mut at = from;
    for (begin, end) in covered {
        if begin.min(to) - at > GAP {
            return true;
        }
        at = at.max(end);
    }
    to - at > GAP
}

/// When a sample of a part is shown, in microseconds since 1970.
fn at(part: &ReadPart, sample: &Sample) -> i64 {
    part.info.begin.saturating_add(micros_of(sample.shown))
}

/// What is taken of these parts of one stream, in the order of their begins, for the time from `from` to `to` (microseconds since
/// 1970).
#[must_use]
pub fn plan(parts: &[ReadPart], from: i64, to: i64) -> ExportPlan {
    let mut plan = ExportPlan::default();
    let mut covered = from;
    for (number, part) in parts.iter().enumerate() {
        let Some((first, end)) = taken(part, from, to) else {
            continue;
        };
        let begin = at(part, &part.samples[first]);
        let until = part.samples.get(end).map_or_else(|| part.end(), |next| at(part, next));
        if begin - covered > GAP {
            plan.gaps.push(RecordingGap {
                from: covered,
                to: begin,
            });
        }
        let piece = PartPiece {
            part: number,
            first,
            end,
        };
        let same = plan.runs.last().and_then(|run| run.pieces.last()).is_some_and(|last| {
            let last = &parts[last.part];
            last.description == part.description
        });
        match plan.runs.last_mut() {
            Some(run)
                if same
                    && begin >= run.to.saturating_sub(OVERLAP)
                    && held(run) + (end - first) <= MOST_SAMPLES_OF_A_RUN =>
            {
                if begin - run.to > GAP {
                    run.gaps.push(RecordingGap {
                        from: run.to,
                        to: begin,
                    });
                }
                run.pieces.push(piece);
                run.to = run.to.max(until);
            }
            _ => plan.runs.push(Run {
                pieces: vec![piece],
                from: begin,
                to: until,
                gaps: Vec::new(),
            }),
        }
        inner_gaps(part, first, end, &mut plan);
        covered = covered.max(until);
    }
    if to - covered > GAP {
        plan.gaps.push(RecordingGap { from: covered, to });
    }
    plan
}

/// Which samples of a part are taken: from the last key picture at or before `from`.
fn taken(part: &ReadPart, from: i64, to: i64) -> Option<(usize, usize)> {
    let samples = &part.samples;
    let wanted = samples.iter().position(|sample| at(part, sample) >= from);
    // The last picture before the begin may still stand then.
    let wanted = match wanted {
        Some(wanted) => wanted,
        None if part.end() > from => samples.len().checked_sub(1)?,
        None => return None,
    };
    let keys = samples.iter().enumerate().filter(|(_, sample)| sample.key);
    let before = |(number, sample): &(usize, &Sample)| *number <= wanted && at(part, sample) <= from;
    let first = keys.clone().rfind(before).or_else(|| keys.clone().next())?.0;
    let end = samples.iter().rposition(|sample| at(part, sample) < to)? + 1;
    (first < end).then_some((first, end))
}

/// Gaps inside a part: steps that are much longer than its usual ones.
fn inner_gaps(part: &ReadPart, first: usize, end: usize, plan: &mut ExportPlan) {
    let mut shown: Vec<i64> = part.samples[first..end].iter().map(|sample| sample.shown).collect();
    shown.sort_unstable();
    let mut steps: Vec<i64> = shown.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let usual = steps.get(steps.len() / 2).copied().unwrap_or(0);
    let limit = ticks_of(GAP).max(usual.saturating_mul(5));
    for pair in shown.windows(2).filter(|pair| pair[1] - pair[0] > limit) {
        let gap = RecordingGap {
            from: part.info.begin + micros_of(pair[0]),
            to: part.info.begin + micros_of(pair[1]),
        };
        plan.gaps.push(gap);
        if let Some(run) = plan.runs.last_mut() {
            run.gaps.push(gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use device::{ChannelId, DeviceId, StreamId, StreamKind};

    use super::*;
    use crate::{PartInfo, RecordedCodec, RecordingCause, StreamDescription, Unit};

    const SECOND: i64 = 1_000_000;
    const TICKS: i64 = crate::TIMESCALE as i64;
    /// Sets of a stream of 64×48 pixels.
    const SETS: &[u8] = &[
        0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xb8, 0x40, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80,
    ];

    /// A part of so many seconds with so many pictures in each, the first one of each a key picture.
    fn part(begin: i64, seconds: i64, pictures: i64) -> ReadPart {
        let first = Unit {
            data: Bytes::from_static(SETS),
            at: begin,
            rtp_time: 0,
            key: true,
            sets: Bytes::from_static(SETS),
            size: Some((64, 48)),
        };
        let sample = |number: i64| Sample {
            at: 100 + number as u64,
            size: 1,
            decoded: number * TICKS / pictures,
            shown: number * TICKS / pictures,
            key: number % pictures == 0,
        };
        ReadPart {
            info: PartInfo {
                stream: StreamId {
                    channel: ChannelId {
                        device: DeviceId(1),
                        number: 1,
                    },
                    kind: StreamKind::Main,
                },
                cause: RecordingCause::Schedule,
                begin,
                offset: 0,
                site: String::new(),
                device: String::new(),
                channel: String::new(),
            },
            description: StreamDescription::of(RecordedCodec::H264, &first).unwrap(),
            samples: (0..seconds * pictures).map(sample).collect(),
            finished: true,
            whole: 0,
            hinge_at: 0,
        }
    }

    #[test]
    fn a_day_is_several_files_each_of_which_can_be_read_back() {
        let parts: Vec<ReadPart> = (0..144).map(|n| part(n * 600 * SECOND, 600, 15)).collect();
        let planned = plan(&parts, 0, 86_400 * SECOND);
        assert_eq!(planned.gaps, []);
        assert_eq!(planned.runs.len(), 3);
        assert!(planned.runs.iter().all(|run| held(run) <= MOST_SAMPLES_OF_A_RUN));
        let all: usize = planned.runs.iter().map(held).sum();
        assert_eq!(all, 86_400 * 15, "nothing is lost between them");
        assert!(planned.runs.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert!(
            planned
                .runs
                .iter()
                .all(|run| run.pieces[0].first == 0 && run.gaps.is_empty())
        );
    }

    #[test]
    fn parts_of_the_same_time_are_two_files() {
        // The clock was set back by four minutes.
        let parts = [part(0, 600, 5), part(360 * SECOND, 600, 5), part(960 * SECOND, 60, 5)];
        let planned = plan(&parts, 0, 1_020 * SECOND);
        let of: Vec<Vec<usize>> = planned
            .runs
            .iter()
            .map(|run| run.pieces.iter().map(|piece| piece.part).collect())
            .collect();
        assert_eq!(of, [vec![0], vec![1, 2]]);
        assert_eq!(planned.gaps, []);
        // Half a second is what clocks and their smoothing differ by.
        let parts = [part(0, 600, 5), part(599_500_000, 60, 5)];
        assert_eq!(plan(&parts, 0, 600 * SECOND).runs.len(), 1);
    }

    #[test]
    fn what_one_of_two_streams_has_is_not_missing() {
        let gap = |from, to| RecordingGap {
            from: from * SECOND,
            to: to * SECOND,
        };
        let main = [gap(0, 100), gap(200, 300)];
        assert_eq!(
            missing_of_both(&main, &[gap(50, 210), gap(298, 400)]),
            [gap(50, 100), gap(200, 210)]
        );
        assert_eq!(missing_of_both(&main, &[]), []);
        let covered = [(200 * SECOND, 300 * SECOND), (0, 100 * SECOND)];
        assert!(adds_to(&covered, 0, 200 * SECOND));
        assert!(adds_to(&covered, 250 * SECOND, 304 * SECOND));
        assert!(!adds_to(&covered, 10 * SECOND, 102 * SECOND));
        assert!(!adds_to(&covered, 198 * SECOND, 300 * SECOND));
        assert!(adds_to(&[], 0, 10 * SECOND));
    }
}
