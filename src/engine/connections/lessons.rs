//! What the next attempt should know of what came in on this one.

use std::time::{Duration, Instant};

use super::patience::{Pauses, is_slow};
use super::run::Run;
use rtsp::{Lesson, Took};

/// What the next attempt should know of a first picture that has just come.
pub(super) fn of_first(run: &Run, now: Instant) -> Option<Lesson> {
    let time = run.first_picture_after(now)?;
    let known = run.begun_with()?.stream.first_picture;
    Some(Lesson::FirstPicture(Took { time, known }))
}

/// What it should know of a silence that has just ended by itself.
pub(super) fn of_pause(pauses: &mut Pauses, run: &mut Run) -> Option<Lesson> {
    let time = run.take_pause().filter(|_| pauses.limit() > Duration::ZERO)?;
    pauses.ended(time);
    run.wait_for_pauses(pauses.limit());
    let known = run.begun_with()?.stream.longest_pause;
    Some(Lesson::Pause(Took { time, known }))
}

/// That a silence which was waited for as long as those before did not end.
pub(super) fn of_no_pause(run: &Run) -> Option<Lesson> {
    let known = run.begun_with()?.stream.longest_pause;
    let time = Duration::ZERO;
    known.map(|_| Lesson::Pause(Took { time, known }))
}

/// What it should know of the pace, where that is not what is remembered.
pub(super) fn of_pace(remembered: &mut Option<Duration>, run: &Run) -> Option<Lesson> {
    let interval = run.interval()?;
    let known = remembered.unwrap_or_default();
    let news = interval.abs_diff(known) * 5 > known;
    if run.begun_with().is_none() || !news || !is_slow(interval) && !is_slow(known) {
        return None;
    }
    *remembered = Some(interval);
    Some(Lesson::PictureInterval(interval))
}
