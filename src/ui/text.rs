//! Text that is shortened or broken to fit its room.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align, Color32, FontId, Galley, Pos2, Rect, Ui, pos2};

/// One line of at most `width` points; what does not fit ends in an ellipsis.
pub(super) fn line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    layout(ui, LayoutJob::simple(text.to_owned(), font, color, width), width, 1)
}

/// At most `rows` lines of at most `width` points, each in the middle; what does not fit ends in an ellipsis.
pub(super) fn centred(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32, rows: usize) -> Arc<Galley> {
    let size = font.size;
    let mut job = LayoutJob::simple(text.to_owned(), font, color, width);
    job.halign = Align::Center;
    let galley = layout(ui, job.clone(), width, rows);
    // Make the lines equally long, so that no single letter stands on the last one.
    let count = galley.rows.len();
    let even = galley.rows.iter().map(|row| row.row.size.x).sum::<f32>() / count.max(1) as f32 + 1.5 * size;
    if count < 2 || galley.elided || even >= width {
        return galley;
    }
    let balanced = layout(ui, job, even, rows);
    if balanced.rows.len() == count && !balanced.elided {
        balanced
    } else {
        galley
    }
}

/// At most `rows` lines of at most `width` points; what does not fit ends in an ellipsis.
pub(super) fn left(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32, rows: usize) -> Arc<Galley> {
    layout(ui, LayoutJob::simple(text.to_owned(), font, color, width), width, rows)
}

/// Paints `galley` at the left of `rect`, in the middle of its height.
pub(super) fn paint_left(ui: &Ui, rect: Rect, galley: Arc<Galley>, color: Color32) {
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(snapped(ui, at), galley, color);
}

/// Rounds the position to whole pixels, which keeps letters sharp.
pub(super) fn snapped(ui: &Ui, at: Pos2) -> Pos2 {
    let scale = ui.pixels_per_point();
    pos2((at.x * scale).round() / scale, (at.y * scale).round() / scale)
}

fn layout(ui: &Ui, mut job: LayoutJob, width: f32, rows: usize) -> Arc<Galley> {
    job.wrap = TextWrapping {
        max_width: width.max(0.0),
        max_rows: rows,
        break_anywhere: rows == 1,
        overflow_character: Some('…'),
    };
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
