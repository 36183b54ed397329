//! The stretch of the log that is held, around what is in sight: however long the log is, the window holds a small part of it.

use std::ops::Range;

use crate::bridge::{LogPart, ShownEvent};
use events::{LogCount, LogPlace, LogStart};

/// So many rows are read at once.
pub(super) const PART: usize = 200;
/// So many rows are held; those that are furthest away go.
const MOST: usize = 1_000;
/// What comes next is read when so few rows are left before it.
const NEAR: usize = 60;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LogSpan {
    /// The newest first.
    rows: Vec<ShownEvent>,
    /// Whether the first row is the newest of all.
    begins: bool,
    /// Whether the last row is the oldest of all.
    ends: bool,
    count: Option<LogCount>,
}

impl LogSpan {
    pub(super) fn rows(&self) -> &[ShownEvent] {
        &self.rows
    }

    pub(super) fn count(&self) -> Option<LogCount> {
        self.count
    }

    /// Takes in what was read; by how many rows what is in sight moves down.
    pub(super) fn take(&mut self, start: LogStart, part: LogPart) -> isize {
        let LogPart { rows, more, count } = part;
        self.count = count.or(self.count);
        let taken = rows.len();
        match start {
            LogStart::Newest => (self.rows, self.begins, self.ends) = (rows, true, !more),
            LogStart::Oldest => (self.rows, self.begins, self.ends) = (rows, !more, true),
            LogStart::At(_) => (self.rows, self.begins, self.ends) = (rows, false, !more),
            LogStart::Older(_) => {
                self.rows.extend(rows);
                self.ends = !more;
                let beyond = self.rows.len().saturating_sub(MOST);
                self.rows.drain(..beyond);
                self.begins &= beyond == 0;
                return -signed(beyond);
            }
            LogStart::Newer(_) => {
                self.rows.splice(..0, rows);
                self.begins = !more;
                self.ends &= self.rows.len() <= MOST;
                self.rows.truncate(MOST);
                return signed(taken);
            }
        }
        0
    }

    /// What has to be read next while these rows are in sight.
    pub(super) fn wants(&self, in_sight: &Range<usize>) -> Option<LogStart> {
        let (first, last) = (self.rows.first()?, self.rows.last()?);
        if !self.ends && in_sight.end + NEAR >= self.rows.len() {
            return Some(LogStart::Older(LogPlace::of(&last.event)));
        }
        (!self.begins && in_sight.start < NEAR).then(|| LogStart::Newer(LogPlace::of(&first.event)))
    }

    /// How the rows are read again as they are now, without moving what is in sight.
    pub(super) fn anew(&self, in_sight: &Range<usize>) -> (LogStart, usize) {
        let most = self.rows.len().max(PART);
        match self.rows.first() {
            Some(first) if !self.begins || in_sight.start > 0 => (LogStart::At(LogPlace::of(&first.event)), most),
            _ => (LogStart::Newest, most),
        }
    }
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Clock;
    use events::{EventId, EventRecord, Occurrence, Subject, WallTime};

    const CLOCK: Clock = Clock {
        year: 2026,
        month: 11,
        day: 30,
        hour: 8,
        minute: 0,
        second: 0,
    };

    fn row(id: u64) -> ShownEvent {
        ShownEvent {
            event: EventRecord::new(EventId(id), Subject::Computer, Occurrence::Motion, WallTime(id)),
            since: CLOCK,
            until: None,
        }
    }

    /// What a log of the events 1 to `all` answers.
    fn read(all: u64, start: LogStart, most: usize) -> LogPart {
        let mut ids: Vec<u64> = match start {
            LogStart::Newest | LogStart::Oldest => (1..=all).rev().collect(),
            LogStart::At(place) => (1..=place.id.0).rev().collect(),
            LogStart::Older(place) => (1..place.id.0).rev().collect(),
            LogStart::Newer(place) => (place.id.0 + 1..=all).rev().collect(),
        };
        let more = ids.len() > most;
        if start.goes_up() {
            ids.drain(..ids.len().saturating_sub(most));
        } else {
            ids.truncate(most);
        }
        LogPart {
            rows: ids.into_iter().map(row).collect(),
            more,
            count: None,
        }
    }

    /// The window looks at 20 rows and moves by `step` rows at a time; which events were in sight.
    fn scroll(span: &mut LogSpan, all: u64, mut top: isize, step: isize, times: usize) -> Vec<u64> {
        let mut seen = Vec::new();
        for _ in 0..times {
            loop {
                let at = usize::try_from(top).unwrap();
                let in_sight = at..(at + 20).min(span.rows.len());
                let Some(start) = span.wants(&in_sight) else { break };
                top += span.take(start, read(all, start, PART));
            }
            assert!(span.rows.len() <= MOST, "{}", span.rows.len());
            let at = usize::try_from(top).unwrap();
            let in_sight = &span.rows[at..(at + 20).min(span.rows.len())];
            seen.extend(in_sight.iter().map(|row| row.event.id.0));
            let last = signed(span.rows.len().saturating_sub(20));
            top = (top + step).clamp(0, last);
        }
        seen
    }

    #[test]
    fn a_long_log_is_read_from_end_to_end_and_back_with_no_row_left_out_and_few_held() {
        const ALL: u64 = 5_000;
        let mut span = LogSpan::default();
        span.take(LogStart::Newest, read(ALL, LogStart::Newest, PART));
        let down = scroll(&mut span, ALL, 0, 20, 251);
        let wanted: Vec<u64> = (1..=ALL).rev().collect();
        assert_eq!(down[..5_000], wanted);
        assert!(span.ends && !span.begins);
        let mut span = LogSpan::default();
        span.take(LogStart::Oldest, read(ALL, LogStart::Oldest, PART));
        let mut up = scroll(&mut span, ALL, 180, -20, 251);
        up.sort_unstable();
        up.dedup();
        assert_eq!(up, (1..=ALL).collect::<Vec<_>>());
        assert!(span.begins && !span.ends);
    }

    #[test]
    fn what_is_read_anew_stays_where_it_is_unless_its_newest_end_is_in_sight() {
        let mut span = LogSpan::default();
        span.take(LogStart::Newest, read(300, LogStart::Newest, PART));
        assert_eq!(span.anew(&(0..20)), (LogStart::Newest, PART));
        let (start, most) = span.anew(&(40..60));
        assert_eq!((start, most), (LogStart::At(LogPlace::of(&row(300).event)), PART));
        span.take(start, read(310, start, most));
        assert_eq!(span.rows[40].event.id.0, 260, "ten newer ones came");
        assert_eq!(
            span.wants(&(40..60)),
            Some(LogStart::Newer(LogPlace::of(&row(300).event)))
        );
    }

    #[test]
    fn an_empty_log_wants_nothing() {
        let mut span = LogSpan::default();
        assert_eq!(span.wants(&(0..0)), None);
        span.take(LogStart::Newest, read(0, LogStart::Newest, PART));
        assert_eq!(
            (span.wants(&(0..0)), span.anew(&(0..0))),
            (None, (LogStart::Newest, PART))
        );
    }
}
