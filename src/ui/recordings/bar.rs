//! The bars of a day: what is recorded of each channel, and when.

use egui::accesskit::Role;
use egui::{Align2, Color32, FontId, Pos2, Rangef, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::cause;
use crate::bridge::RecordingsRead;
use crate::i18n::Words;
use crate::ui::record_mark::RECORDS;
use crate::ui::{text, theme};
use device::ChannelId;
use recording::{RecordedSpan, RecordingCause, spans_of};

const NAME: f32 = 220.0;
const ROW: f32 = 24.0;

fn color(cause: RecordingCause) -> Color32 {
    match cause {
        RecordingCause::Schedule => Color32::from_rgb(0x3c, 0xa0, 0x5a),
        RecordingCause::Hand => Color32::from_rgb(0x3c, 0x82, 0xd2),
        RecordingCause::Event => RECORDS,
    }
}

/// Where a time is on a bar.
fn place(read: &RecordingsRead, bar: Rangef, at: i64) -> f32 {
    let share = (at - read.from) as f64 / (read.to - read.from).max(1) as f64;
    bar.min + bar.span() * share.clamp(0.0, 1.0) as f32
}

fn bar_of(row: Rect) -> Rect {
    row.with_min_x((row.left() + NAME).min(row.right()))
}

/// The hours over the bars: 23 or 25 of them on the days on which clocks are changed.
pub(super) fn hours(ui: &mut Ui, read: &RecordingsRead) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    let bar = bar_of(row);
    let color = theme::tokens(ui).text_weak;
    for (at, hour) in read.hours.iter().step_by(2) {
        let x = place(read, bar.x_range(), *at);
        let at = pos2(x, row.center().y);
        ui.painter().text(
            at,
            Align2::LEFT_CENTER,
            hour.to_string(),
            FontId::proportional(11.0),
            color,
        );
    }
}

/// The bar of one channel; the time that was clicked, in microseconds since 1970.
pub(super) fn channel(
    ui: &mut Ui,
    words: &Words,
    read: &RecordingsRead,
    (channel, name): (ChannelId, &str),
    chosen: bool,
    at: Option<i64>,
) -> Option<i64> {
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let tokens = theme::tokens(ui);
    let parts = read.parts.iter().map(|shown| &shown.part);
    let pieces = parts
        .filter(|part| part.stream.channel == channel)
        .map(|part| RecordedSpan {
            from: part.from,
            to: part.to,
            cause: part.cause,
        });
    let spans = spans_of(pieces, read.from, read.to);
    let minutes = spans.iter().map(|span| span.to - span.from).sum::<i64>() / 60_000_000;
    let said = fl!(words, "recordings-bar", name = name, minutes = minutes);
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &said));
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(row, 3.0, tokens.raised_hovered);
    }
    let label = row.with_max_x(row.left() + NAME - 8.0);
    let galley = text::line(ui, name, FontId::proportional(12.5), tokens.text, label.width());
    text::paint_left(ui, label, galley, tokens.text);
    let bar = bar_of(row).shrink2(vec2(0.0, 4.0));
    ui.painter().rect_filled(bar, 2.0, tokens.field);
    for (hour, _) in &read.hours {
        let x = place(read, bar.x_range(), *hour);
        ui.painter().vline(x, bar.y_range(), Stroke::new(0.5, tokens.line));
    }
    for span in spans {
        let from = place(read, bar.x_range(), span.from);
        // What is there is seen, however short it is.
        let to = place(read, bar.x_range(), span.to).max(from + 1.5);
        ui.painter()
            .rect_filled(bar.with_min_x(from).with_max_x(to), 0.0, color(span.cause));
    }
    if let Some(at) = at.filter(|at| chosen && (read.from..read.to).contains(at)) {
        let x = place(read, bar.x_range(), at);
        ui.painter().vline(x, row.y_range(), Stroke::new(1.5, tokens.accent));
    }
    let clicked = response.clicked().then(|| response.interact_pointer_pos())?;
    Some(time_at(read, bar, clicked))
}

/// Which time is at this place; the begin of the day where none is.
fn time_at(read: &RecordingsRead, bar: Rect, at: Option<Pos2>) -> i64 {
    let share = at.map_or(0.0, |at| ((at.x - bar.left()) / bar.width().max(1.0)).clamp(0.0, 1.0));
    read.from + ((read.to - read.from) as f64 * f64::from(share)) as i64
}

/// What the colours mean.
pub(super) fn legend(ui: &mut Ui, words: &Words) {
    ui.horizontal(|ui| {
        for each in [RecordingCause::Schedule, RecordingCause::Hand, RecordingCause::Event] {
            let (place, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
            ui.painter().rect_filled(place, 2.0, color(each));
            ui.weak(cause(words, each));
            ui.add_space(8.0);
        }
    });
}
