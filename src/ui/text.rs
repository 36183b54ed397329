//! Text that has to fit.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Color32, FontId, Galley, Pos2, Rect, Ui, pos2};

/// One line of at most `width` points; what does not fit ends in an ellipsis.
pub(super) fn line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    rows(ui, text, font, color, width, 1, Align::LEFT)
}

/// At most `max_rows` lines of at most `width` points; what does not fit ends in an ellipsis.
pub(super) fn rows(
    ui: &Ui,
    text: &str,
    font: FontId,
    color: Color32,
    width: f32,
    max_rows: usize,
    align: Align,
) -> Arc<Galley> {
    let mut job = LayoutJob::simple(text.to_owned(), font, color, width.max(0.0));
    job.halign = align;
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows,
        break_anywhere: max_rows == 1,
        overflow_character: Some('…'),
        ..TextWrapping::default()
    };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Paints `galley` at the left of `rect`, in the middle of its height.
pub(super) fn paint_left(ui: &Ui, rect: Rect, galley: Arc<Galley>, color: Color32) {
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(snapped(ui, at), galley, color);
}

/// Keeps letters sharp: their origin on a whole pixel.
pub(super) fn snapped(ui: &Ui, at: Pos2) -> Pos2 {
    let scale = ui.pixels_per_point();
    pos2((at.x * scale).round() / scale, (at.y * scale).round() / scale)
}
