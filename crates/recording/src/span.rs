//! What a day bar shows: from when to when something is there.

use super::info::RecordingCause;

/// Something recorded, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedSpan {
    pub from: i64,
    pub to: i64,
    pub cause: RecordingCause,
}

/// Pieces that are no further apart than this are shown as one: the next part begins with the next key picture.
const SEAM: i64 = 3_000_000;

/// The spans that overlap the window from `from` to `to`, cut to it, in their order; those of one cause that follow each other are
/// one.
#[must_use]
pub fn spans_of(pieces: impl IntoIterator<Item = RecordedSpan>, from: i64, to: i64) -> Vec<RecordedSpan> {
    let mut pieces: Vec<RecordedSpan> = pieces
        .into_iter()
        .filter(|piece| piece.from < to && piece.to > from && piece.from < piece.to)
        .map(|piece| RecordedSpan {
            from: piece.from.max(from),
            to: piece.to.min(to),
            ..piece
        })
        .collect();
    pieces.sort_by_key(|piece| (piece.cause, piece.from));
    let mut spans: Vec<RecordedSpan> = Vec::new();
    for piece in pieces {
        match spans.last_mut() {
            Some(last) if last.cause == piece.cause && piece.from <= last.to.saturating_add(SEAM) => {
                last.to = last.to.max(piece.to);
            }
            _ => spans.push(piece),
        }
    }
    spans.sort_by_key(|span| (span.from, span.cause));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: i64, to: i64, cause: RecordingCause) -> RecordedSpan {
        RecordedSpan { from, to, cause }
    }

    #[test]
    fn what_only_overlaps_the_day_is_there_and_a_gap_is_not_painted_over() {
        let second = 1_000_000;
        let pieces = [
            piece(-600 * second, 300 * second, RecordingCause::Schedule),
            piece(301 * second, 900 * second, RecordingCause::Schedule),
            piece(910 * second, 1_000 * second, RecordingCause::Schedule),
            piece(400 * second, 430 * second, RecordingCause::Event),
            piece(86_000 * second, 90_000 * second, RecordingCause::Hand),
            piece(90_000 * second, 90_001 * second, RecordingCause::Hand),
        ];
        assert_eq!(
            spans_of(pieces, 0, 86_400 * second),
            [
                piece(0, 900 * second, RecordingCause::Schedule),
                piece(400 * second, 430 * second, RecordingCause::Event),
                piece(910 * second, 1_000 * second, RecordingCause::Schedule),
                piece(86_000 * second, 86_400 * second, RecordingCause::Hand),
            ]
        );
    }
}
