//! What an export takes: from the key picture before its begin to its end, and what is missing in between.

use super::reader::{ReadPart, Sample};
use super::{micros_of, ticks_of};

/// Pictures that are further apart than this leave a gap, in microseconds, where the stream itself is not that slow.
const GAP: i64 = 3_000_000;

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
            Some(run) if same => {
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
