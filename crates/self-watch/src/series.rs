//! Thirty days of figures: each minute of the last two days, each hour of the last thirty.

use std::collections::VecDeque;

use crate::figure::OwnFigure;
use crate::sample::OwnSample;

/// Two days of minutes.
const MOST_MINUTES: usize = 2 * 24 * 60;

/// Thirty days of hours.
const MOST_HOURS: usize = 30 * 24;

const HOUR: i64 = 3_600;

/// From one sample to the next at most, in seconds; what is further apart has a gap in between.
const MINUTE_GAP: i64 = 150;

/// The figures over time. Samples stand as they came: a clock that is set back takes nothing away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnSeries {
    minutes: VecDeque<OwnSample>,
    /// The worst of each hour that is over.
    hours: VecDeque<OwnSample>,
    /// The hour that is not over.
    gathering: Option<OwnSample>,
}

/// One figure as it is drawn, in columns of equal width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plotted {
    /// When the first column begins and the last one ends.
    pub since: i64,
    pub until: i64,
    /// The worst of each column; `None`: nothing is known of it.
    pub columns: Vec<Option<u32>>,
}

impl OwnSeries {
    /// Takes in the figures of a minute.
    pub fn push(&mut self, sample: OwnSample) {
        let hour = sample.at.div_euclid(HOUR);
        match &mut self.gathering {
            Some(gathered) if gathered.at.div_euclid(HOUR) == hour => *gathered = gathered.worst(&sample),
            gathering => {
                if let Some(over) = gathering.replace(sample) {
                    self.hours.push_back(over);
                }
            }
        }
        self.minutes.push_back(sample);
        bound(&mut self.minutes, MOST_MINUTES);
        bound(&mut self.hours, MOST_HOURS);
    }

    /// The newest figures.
    #[must_use]
    pub fn last(&self) -> Option<&OwnSample> {
        self.minutes.back()
    }

    /// The minutes that are kept, as they came.
    pub fn minutes(&self) -> impl DoubleEndedIterator<Item = &OwnSample> + ExactSizeIterator {
        self.minutes.iter()
    }

    /// The hours that are kept, as they came, and the one that is not over.
    pub fn hours(&self) -> impl Iterator<Item = &OwnSample> {
        self.hours.iter().chain(&self.gathering)
    }

    /// One figure over the last `span` seconds before `now`, in so many columns.
    #[must_use]
    pub fn plot(&self, figure: OwnFigure, span: i64, now: i64, columns: usize) -> Plotted {
        let since = now - span;
        let width = span.max(1);
        let mut plotted = vec![None; columns];
        let by_minutes = span <= 2 * 24 * HOUR;
        let samples: &mut dyn Iterator<Item = &OwnSample> = if by_minutes {
            &mut self.minutes.iter()
        } else {
            &mut self.hours.iter().chain(&self.gathering)
        };
        // What is known of an hour holds for all of it, and so of a minute.
        let holds = if by_minutes { MINUTE_GAP } else { HOUR };
        for sample in samples.filter(|sample| sample.at > since - holds && sample.at <= now) {
            let Some(value) = sample.get(figure) else { continue };
            let column = |at: i64| {
                let passed = (at - since).clamp(0, width - 1);
                usize::try_from(i128::from(passed) * columns as i128 / i128::from(width)).unwrap_or(0)
            };
            let last = match figure.gather() {
                // What is counted is counted once.
                crate::figure::Gather::Sum => column(sample.at),
                _ => column((sample.at + holds - 1).min(now)),
            };
            for place in plotted.iter_mut().take(last + 1).skip(column(sample.at)) {
                *place = Some(place.map_or(value, |before: u32| figure.gather().of(before, value)));
            }
        }
        Plotted {
            since,
            until: now,
            columns: plotted,
        }
    }

    /// All of it as the lines of a file, each with its end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let hours = self.hours.iter().map(|sample| format!("h {}\n", sample.to_line()));
        let minutes = self.minutes.iter().map(Self::minute_line);
        hours.chain(minutes).collect()
    }

    /// One minute as it is added to the file.
    #[must_use]
    pub fn minute_line(sample: &OwnSample) -> String {
        format!("m {}\n", sample.to_line())
    }

    /// What [`Self::to_text`] and [`Self::minute_line`] wrote, and how many lines were damaged. Each line stands for itself, so that the others are
    /// read all the same; the last one may be cut where the program was killed.
    #[must_use]
    pub fn from_text(text: &str) -> (Self, usize) {
        let mut series = Self::default();
        let mut damaged = 0;
        let mut hours = VecDeque::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let read = line.split_once(' ');
            let read = read.and_then(|(kind, rest)| Some((kind, OwnSample::from_line(rest)?)));
            match read {
                Some(("h", sample)) => hours.push_back(sample),
                Some(("m", sample)) => series.push(sample),
                _ => damaged += 1,
            }
        }
        // Hours that are in the file as such are not gathered once more from their minutes.
        let known = |sample: &OwnSample| {
            let hour = sample.at.div_euclid(HOUR);
            hours.iter().any(|kept: &OwnSample| kept.at.div_euclid(HOUR) == hour)
        };
        series.hours.retain(|sample| !known(sample));
        hours.append(&mut series.hours);
        bound(&mut hours, MOST_HOURS);
        series.hours = hours;
        (series, damaged)
    }
}

fn bound(samples: &mut VecDeque<OwnSample>, most: usize) {
    while samples.len() > most {
        samples.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 495_000 * HOUR;

    fn minute(number: i64) -> OwnSample {
        let value = u64::try_from(number).unwrap();
        OwnSample::at(BEGIN + number * 60)
            .with(OwnFigure::Memory, Some(1_000 + value))
            .with(OwnFigure::Disk, Some(100_000 - value))
            .with(OwnFigure::Decoders, Some(1))
    }

    fn days(days: i64) -> OwnSeries {
        let mut series = OwnSeries::default();
        (0..days * 1_440).for_each(|number| series.push(minute(number)));
        series
    }

    #[test]
    fn forty_days_take_no_more_than_thirty_and_each_hour_keeps_its_worst() {
        let series = days(40);
        assert_eq!((series.minutes.len(), series.hours.len()), (MOST_MINUTES, MOST_HOURS));
        assert!(series.to_text().len() < 512 * 1_024);
        let hour = series.hours.back().unwrap();
        let last = 40 * 1_440 - 61;
        assert_eq!(hour.get(OwnFigure::Memory), minute(last).get(OwnFigure::Memory));
        assert_eq!(hour.get(OwnFigure::Disk), minute(last).get(OwnFigure::Disk));
        assert_eq!(hour.get(OwnFigure::Decoders), Some(60));
    }

    #[test]
    fn what_was_written_is_read_again_and_a_line_that_is_damaged_costs_itself_alone() {
        let series = days(3);
        let text = series.to_text();
        assert_eq!(OwnSeries::from_text(&text), (series.clone(), 0));
        // Killed in the middle of a line, and written to after the next start.
        let next = minute(3 * 1_440 + 5);
        let text = format!(
            "{text}m {}\nx\n\0\u{fffd}\n{}",
            &next.to_line()[..12],
            OwnSeries::minute_line(&next)
        );
        let (read, damaged) = OwnSeries::from_text(&text);
        assert_eq!(damaged, 3);
        assert_eq!(read.last(), Some(&next));
        assert_eq!(read.minutes.len(), series.minutes.len());
        assert_eq!(OwnSeries::from_text("").0, OwnSeries::default());
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing_away() {
        let mut series = days(1);
        let wrong = OwnSample::at(0).with(OwnFigure::Memory, Some(7));
        series.push(wrong);
        series.push(minute(1_440));
        let plotted = series.plot(OwnFigure::Memory, 24 * HOUR, BEGIN + 1_440 * 60, 24);
        assert!(plotted.columns.iter().all(Option::is_some), "{plotted:?}");
        assert_eq!(plotted.columns[23], Some(1_000 + 1_440));
    }

    #[test]
    fn columns_hold_the_worst_and_gaps_are_gaps() {
        let mut series = OwnSeries::default();
        for number in (0..60).chain(120..180) {
            series.push(minute(number));
        }
        let now = BEGIN + 180 * 60;
        let memory = series.plot(OwnFigure::Memory, 3 * HOUR, now, 6);
        assert_eq!(
            memory.columns,
            [Some(1_029), Some(1_059), Some(1_059), None, Some(1_149), Some(1_179)]
        );
        let restarts = series.plot(OwnFigure::Decoders, 3 * HOUR, now, 3);
        assert_eq!(restarts.columns, [Some(60), None, Some(60)]);
        let unknown = series.plot(OwnFigure::GpuUse, 3 * HOUR, now, 3);
        assert_eq!(unknown.columns, [None; 3]);
        let month = series.plot(OwnFigure::Memory, 30 * 24 * HOUR, now, 30);
        assert_eq!(month.columns[29], Some(1_179));
        assert_eq!(month.columns[..28], [None; 28]);
        assert!(series.plot(OwnFigure::Memory, 0, now, 0).columns.is_empty());
    }
}
