//! The figures of one minute, or the worst of an hour.

use crate::figure::OwnFigure;

/// What is not known.
const UNKNOWN: u32 = u32::MAX;

/// Ends each line, so that one that is cut in the middle of a number is known.
const END: &str = " .";

/// The figures of one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSample {
    /// When it was taken, in seconds since 1970.
    pub at: i64,
    values: [u32; OwnFigure::ALL.len()],
}

impl OwnSample {
    /// Nothing is known of this time yet.
    #[must_use]
    pub const fn at(at: i64) -> Self {
        Self {
            at,
            values: [UNKNOWN; OwnFigure::ALL.len()],
        }
    }

    #[must_use]
    pub fn get(&self, figure: OwnFigure) -> Option<u32> {
        let value = self.values[figure.index()];
        (value != UNKNOWN).then_some(value)
    }

    /// `None`: it is not known. What is larger than a figure can be is the largest.
    #[must_use]
    pub fn with(mut self, figure: OwnFigure, value: Option<u64>) -> Self {
        let value = value.map(|value| u32::try_from(value).unwrap_or(UNKNOWN).min(UNKNOWN - 1));
        self.values[figure.index()] = value.unwrap_or(UNKNOWN);
        self
    }

    /// The worst of both; the time is that of the first.
    #[must_use]
    pub fn worst(mut self, other: &Self) -> Self {
        for figure in OwnFigure::ALL {
            let value = match (self.get(figure), other.get(figure)) {
                (Some(one), Some(other)) => Some(figure.gather().of(one, other)),
                (one, other) => one.or(other),
            };
            self = self.with(figure, value.map(u64::from));
        }
        self
    }

    /// As a line of a file: the time, then what is known.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = self.at.to_string();
        for figure in OwnFigure::ALL {
            if let Some(value) = self.get(figure) {
                line.push_str(&format!(" {}={value}", figure.word()));
            }
        }
        line.push_str(END);
        line
    }

    /// What [`Self::to_line`] wrote; figures of other versions are left out. `None`: the line is damaged, or cut anywhere.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let mut words = line.strip_suffix(END)?.split(' ');
        let mut sample = Self::at(words.next()?.parse().ok()?);
        for word in words {
            let (name, value) = word.split_once('=')?;
            let value = value.parse().ok()?;
            if let Some(figure) = OwnFigure::from_word(name) {
                sample = sample.with(figure, Some(value));
            }
        }
        Some(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_known_is_not_zero() {
        let sample = OwnSample::at(60).with(OwnFigure::Handles, Some(0));
        assert_eq!(
            (sample.get(OwnFigure::Handles), sample.get(OwnFigure::GpuUse)),
            (Some(0), None)
        );
        assert_eq!(sample.to_line(), "60 handles=0 .");
        let huge = sample.with(OwnFigure::Memory, Some(u64::MAX));
        assert_eq!(huge.get(OwnFigure::Memory), Some(u32::MAX - 1));
    }

    #[test]
    fn the_worst_is_the_least_of_a_disk_the_sum_of_restarts_and_else_the_most() {
        let of = |disk, restarts, handles| {
            OwnSample::at(0)
                .with(OwnFigure::Disk, Some(disk))
                .with(OwnFigure::Decoders, Some(restarts))
                .with(OwnFigure::Handles, Some(handles))
        };
        assert_eq!(of(5, 1, 7).worst(&of(3, 2, 6)), of(3, 3, 7));
        let known = OwnSample::at(0).with(OwnFigure::Cpu, Some(1));
        assert_eq!(OwnSample::at(0).worst(&known), known);
    }

    proptest! {
        #[test]
        fn no_line_is_too_much(line in ".{0,200}") {
            let _read = OwnSample::from_line(&line);
        }

        #[test]
        fn a_line_is_read_as_it_was_written(at in 0..i64::MAX, values in prop::collection::vec(prop::option::of(0..u64::from(u32::MAX)), 11)) {
            let sample = OwnFigure::ALL.into_iter().zip(values).fold(OwnSample::at(at), |sample, (figure, value)| sample.with(figure, value));
            prop_assert_eq!(OwnSample::from_line(&sample.to_line()), Some(sample));
        }
    }

    #[test]
    fn a_line_of_another_version_is_read_and_one_that_is_cut_is_not() {
        let sample = OwnSample::at(60).with(OwnFigure::Threads, Some(9));
        assert_eq!(OwnSample::from_line("60 new_figure=3 threads=9 ."), Some(sample));
        for cut in [
            "",
            ".",
            "x .",
            "60 threads=9",
            "60 threads .",
            "60 threads= .",
            "60 threads=-1 .",
            "60  threads=9 .",
        ] {
            assert_eq!(OwnSample::from_line(cut), None, "{cut}");
        }
    }
}
