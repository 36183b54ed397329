use egui::{Color32, Id, Rect, Role, Sense, Ui, WidgetInfo};
use i18n_embed_fl::fl;

use super::super::act::PaintContext;
use super::super::theme::{self, DARK};
use super::super::{advice, identity, text};
use crate::bridge::{PlaybackSearch, PlaybackStatus, PlaybackTrouble, SearchTrouble, TileState};
use crate::i18n::Words;
use archive::{Doing, Judgement, Timestamp};
use onvif::RecordingsFault;

/// The time of the picture, with a mark where it is reckoned.
pub(super) fn time(words: &Words, status: &PlaybackStatus) -> String {
    match status.shown() {
        Some(shown) if shown.exact => clock(shown.at, status),
        Some(shown) => fl!(words, "playback-about", time = clock(shown.at, status)),
        None => fl!(words, "playback-no-picture"),
    }
}

/// Date and time by the clock on the wall.
pub(super) fn clock(at: Timestamp, status: &PlaybackStatus) -> String {
    at.to_zoned(status.zone.clone())
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// As [`time`], in little room: without the date, where that is today's, and else without the year.
pub(super) fn short_time(paint: PaintContext<'_>, status: &PlaybackStatus) -> String {
    let Some(shown) = status.shown() else {
        return fl!(paint.words, "playback-no-picture");
    };
    let at = shown.at.to_zoned(status.zone.clone());
    let today = paint.state.clock;
    let is_today = (i32::from(at.year()), at.month(), at.day())
        == (today.year, today.month.cast_signed(), today.day.cast_signed());
    let said = at
        .strftime(if is_today { "%H:%M:%S" } else { "%m-%d %H:%M:%S" })
        .to_string();
    match shown.exact {
        true => said,
        false => fl!(paint.words, "playback-about", time = said),
    }
}

/// What the tile is called while it plays back.
pub(in crate::ui) fn label(paint: PaintContext<'_>, status: &PlaybackStatus, narrow: bool) -> String {
    let time = match narrow {
        true => short_time(paint, status),
        false => time(paint.words, status),
    };
    fl!(paint.words, "playback-label", time = time)
}

/// Says under the bar what is to be said, the most important thing alone.
pub(super) fn show(ui: &Ui, paint: PaintContext<'_>, status: &PlaybackStatus, rect: Rect, number: usize) {
    let (said, color) = line(paint.words, status);
    let galley = text::line(ui, &said, theme::small(ui), color, rect.width());
    text::paint_left(ui, rect, galley, color);
    let response = ui.interact(rect, Id::unique(("said of the playback", number)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_live(egui::accesskit::Live::Polite));
    response.on_hover_text(said);
}

fn line(words: &Words, status: &PlaybackStatus) -> (String, Color32) {
    if let Some(trouble) = &status.trouble {
        return (trouble_said(words, trouble, status), DARK.offline);
    }
    let clock = |at| clock(at, status);
    match status.judgement {
        Some(Judgement::OffBy(off)) => {
            let came = status.asked.checked_add(off).unwrap_or(status.asked);
            let said = fl!(
                words,
                "playback-other-time",
                asked = clock(status.asked),
                came = clock(came)
            );
            return (said, DARK.late);
        }
        Some(Judgement::OtherReading) => return (fl!(words, "playback-other-reading"), DARK.late),
        Some(Judgement::AsAsked) | None => {}
    }
    if status.stream.state != TileState::Live && status.doing != Doing::Ended {
        return match status.stream.state.failure() {
            Some(failure) => (advice::reason(words, failure), DARK.late),
            None => (fl!(words, "playback-connecting"), DARK.text_weak),
        };
    }
    match status.doing {
        Doing::Ended => return (fl!(words, "playback-ended"), DARK.late),
        Doing::Silent => return (fl!(words, "playback-silent"), DARK.late),
        Doing::Seeking => {
            return (
                fl!(words, "playback-seeking", time = clock(status.asked)),
                DARK.text_weak,
            );
        }
        Doing::Playing | Doing::Paused => {}
    }
    if let Some(gap) = status.gap {
        let said = fl!(words, "playback-gap", from = clock(gap.from()), to = clock(gap.to()));
        return (said, DARK.late);
    }
    if let Some(speed) = status.other_speed {
        let speed = format!("{speed:.2}");
        return (fl!(words, "playback-other-speed", speed = speed), DARK.late);
    }
    if let Some(offset) = status.clock_offset {
        let seconds = offset.unsigned_abs();
        let said = match offset > 0 {
            true => fl!(words, "playback-clock-ahead", seconds = seconds),
            false => fl!(words, "playback-clock-behind", seconds = seconds),
        };
        return (said, DARK.text_weak);
    }
    match &status.search {
        PlaybackSearch::Asking => return (fl!(words, "playback-search-asking"), DARK.text_weak),
        PlaybackSearch::Failed(trouble) => return (search_said(words, trouble), DARK.late),
        PlaybackSearch::NotAsked | PlaybackSearch::Known => {}
    }
    let said = match status.doing {
        Doing::Paused => fl!(words, "playback-paused"),
        _ => fl!(words, "playback-playing", speed = status.speed.to_string()),
    };
    (said, DARK.text_weak)
}

fn search_said(words: &Words, trouble: &SearchTrouble) -> String {
    let why = match trouble {
        SearchTrouble::Said(RecordingsFault::NoSearch) => fl!(words, "playback-search-none"),
        SearchTrouble::Said(RecordingsFault::NoRecording) => fl!(words, "playback-search-no-recording"),
        SearchTrouble::Said(RecordingsFault::Other(fault)) => identity::fault(words, fault).0,
        SearchTrouble::Rough => fl!(words, "playback-search-rough"),
        SearchTrouble::Closes => fl!(words, "playback-search-closes"),
        SearchTrouble::NotAsked(_) => fl!(words, "playback-search-not-asked"),
        SearchTrouble::Gone => fl!(words, "playback-search-gone"),
        SearchTrouble::Failed(failure) => advice::reason(words, failure),
    };
    fl!(words, "playback-search-failed", why = why)
}

fn trouble_said(words: &Words, trouble: &PlaybackTrouble, status: &PlaybackStatus) -> String {
    match trouble {
        PlaybackTrouble::NoWay => fl!(words, "playback-no-way"),
        PlaybackTrouble::NoRecording => fl!(words, "playback-no-recording", time = clock(status.asked, status)),
        PlaybackTrouble::Full => fl!(words, "playback-full"),
        PlaybackTrouble::Unknown(said) => fl!(words, "playback-unknown", said = said.as_str()),
        PlaybackTrouble::Refused(said) => fl!(words, "playback-refused", said = said.as_str()),
        PlaybackTrouble::Failed(failure) => fl!(words, "playback-failed", why = advice::reason(words, failure)),
    }
}
