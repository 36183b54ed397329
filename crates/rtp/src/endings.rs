//! When a picture has ended, as far as a recorder's habits tell before the next one begins.

use std::time::{Duration, Instant};

/// What one track taught about the ends of its pictures.
///
/// The marker should stand on the last packet of a picture and nowhere else (RFC 6184 section 5.1). Where it does, it ends the
/// picture at once. Some recorders set it on every slice, some never: then a picture ends with the slice that has always been
/// the last, or with a short silence, or when the next one begins.
#[derive(Debug, Default)]
pub(super) struct Endings {
    marker: Marker,
    /// Slices of the last picture, and how many pictures in a row had as many.
    slices: u32,
    alike: u32,
    /// The number of slices changed once after pictures had been ended by it, or it never was one.
    counts_mislead: bool,
    /// The fewest slices of late; grows slowly.
    fewest: u32,
    /// Between the first packets of two pictures, smoothed.
    interval: Option<Duration>,
    last_begin: Option<Instant>,
    /// By how much the silence grew because it was too short.
    stretch: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Marker {
    /// No picture has ended yet whose end is certain.
    #[default]
    Unknown,
    /// It stands on the last slice alone.
    Last,
    /// It stands on slices that are not the last; stays so.
    Every,
    /// The pictures had none.
    Never,
}

/// Why a picture was taken for complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndedBy {
    Next,
    Marker,
    Count,
    Silence,
    /// The bytes say so.
    Mark,
}

/// What is known of the picture under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub slices: u32,
    /// Its last packet had the marker.
    pub marked: bool,
    pub last_arrival: Instant,
}

/// So many pictures with the same number of slices make the last one known.
const ALIKE: u32 = 8;

/// A picture is held back at most this long after its last packet.
const LONGEST_HOLD: Duration = Duration::from_secs(1);

/// The silence that ends a marked picture while nothing is known of the track.
const FIRST_SILENCE: Duration = Duration::from_millis(50);

const SHORTEST_SILENCE: Duration = Duration::from_millis(10);

impl Endings {
    /// Pictures do not end after a number of parts that would be known.
    pub(super) fn without_counts() -> Self {
        Self {
            counts_mislead: true,
            ..Self::default()
        }
    }

    /// A picture begins.
    pub(super) fn begin(&mut self, now: Instant) {
        if let Some(last) = self.last_begin.replace(now) {
            let interval = now.saturating_duration_since(last);
            self.interval = Some(self.interval.map_or(interval, |known| (known * 7 + interval) / 8));
        }
    }

    /// Whether the picture has ended with the unit that was complete just now.
    pub(super) fn at_unit(&self, progress: Progress) -> Option<EndedBy> {
        match self.marker {
            Marker::Last => progress.marked.then_some(EndedBy::Marker),
            Marker::Unknown => None,
            Marker::Every | Marker::Never => {
                let known = self.alike >= ALIKE && !self.counts_mislead && progress.slices == self.slices;
                (known && (progress.marked || self.marker == Marker::Never)).then_some(EndedBy::Count)
            }
        }
    }

    /// When silence will have ended the picture.
    pub(super) fn silent_at(&self, progress: Progress) -> Instant {
        let half = self.interval.map_or(FIRST_SILENCE, |interval| interval / 2);
        let silence = half.clamp(SHORTEST_SILENCE, LONGEST_HOLD / 2) * (1 << self.stretch);
        let wait = match self.marker {
            Marker::Unknown if progress.marked => FIRST_SILENCE,
            Marker::Every | Marker::Never if progress.slices >= self.fewest => silence,
            _ => LONGEST_HOLD,
        };
        progress.last_arrival + wait.min(LONGEST_HOLD)
    }

    /// A picture was taken for complete. `damaged`: a part of it is known to be missing.
    pub(super) fn ended(&mut self, by: EndedBy, progress: Progress, damaged: bool) {
        if damaged {
            return;
        }
        if by == EndedBy::Next {
            self.marker = match (self.marker, progress.marked) {
                (Marker::Unknown | Marker::Never, true) => Marker::Last,
                (Marker::Unknown, false) => Marker::Never,
                (known, _) => known,
            };
        }
        if by == EndedBy::Silence && self.marker == Marker::Unknown && progress.marked {
            self.marker = Marker::Last;
        }
        if progress.slices == self.slices {
            self.alike = self.alike.saturating_add(1);
        } else {
            (self.slices, self.alike) = (progress.slices, 1);
        }
        self.fewest = if progress.slices > self.fewest {
            self.fewest + 1
        } else {
            progress.slices
        };
    }

    /// A slice follows one with the marker, in the same picture.
    pub(super) fn marker_inside(&mut self) {
        self.marker = Marker::Every;
    }

    /// A slice came of a picture that was taken for complete.
    pub(super) fn misled(&mut self, by: EndedBy) {
        (self.slices, self.alike, self.fewest) = (0, 0, 0);
        match by {
            EndedBy::Next | EndedBy::Mark => {}
            EndedBy::Marker => self.marker = Marker::Every,
            EndedBy::Count => self.counts_mislead = true,
            EndedBy::Silence if self.marker == Marker::Last => self.marker = Marker::Every,
            EndedBy::Silence => self.stretch = (self.stretch + 1).min(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(slices: u32, marked: bool, last_arrival: Instant) -> Progress {
        Progress {
            slices,
            marked,
            last_arrival,
        }
    }

    #[test]
    fn a_marker_that_stood_on_the_last_slice_alone_ends_pictures_at_once() {
        let now = Instant::now();
        let mut endings = Endings::default();
        assert_eq!(endings.at_unit(progress(1, true, now)), None, "not known yet");
        assert_eq!(endings.silent_at(progress(1, true, now)), now + FIRST_SILENCE);
        endings.ended(EndedBy::Next, progress(1, true, now), false);
        assert_eq!(endings.at_unit(progress(1, true, now)), Some(EndedBy::Marker));
        assert_eq!(endings.at_unit(progress(1, false, now)), None);
    }

    #[test]
    fn a_marker_inside_a_picture_is_remembered_and_the_number_of_slices_learnt() {
        let now = Instant::now();
        let mut endings = Endings::default();
        endings.marker_inside();
        for _ in 0..ALIKE {
            assert_eq!(endings.at_unit(progress(4, true, now)), None);
            endings.ended(EndedBy::Next, progress(4, true, now), false);
        }
        assert_eq!(endings.at_unit(progress(3, true, now)), None);
        assert_eq!(endings.at_unit(progress(4, true, now)), Some(EndedBy::Count));
        endings.misled(EndedBy::Count);
        assert_eq!(endings.at_unit(progress(4, true, now)), None, "never again");
    }

    #[test]
    fn half_an_interval_of_silence_ends_a_picture_that_has_enough_slices() {
        let start = Instant::now();
        let mut endings = Endings::default();
        endings.marker_inside();
        for picture in 0..100 {
            let now = start + Duration::from_millis(66) * picture;
            endings.begin(now);
            endings.ended(EndedBy::Next, progress(3 + picture % 3, true, now), false);
        }
        let silence = |endings: &Endings, slices| endings.silent_at(progress(slices, true, start)) - start;
        assert_eq!(silence(&endings, 5), Duration::from_millis(33));
        assert_eq!(silence(&endings, 1), LONGEST_HOLD);
        endings.misled(EndedBy::Silence);
        assert_eq!(silence(&endings, 5), Duration::from_millis(66));
    }

    #[test]
    fn pictures_without_markers_end_by_their_count() {
        let now = Instant::now();
        let mut endings = Endings::default();
        for _ in 0..ALIKE {
            endings.ended(EndedBy::Next, progress(1, false, now), false);
        }
        assert_eq!(endings.at_unit(progress(1, false, now)), Some(EndedBy::Count));
    }
}
