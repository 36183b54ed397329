use egui::{Align2, Color32, FontId, Id, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::super::act::PaintContext;
use super::super::theme::DARK;
use super::says;
use crate::bridge::PlaybackStatus;
use archive::{DayBar, RecordingKind, TimelineState, Timestamp};

/// One notch of the wheel shows so much less.
const NOTCH: f64 = 0.8;

/// So many points of the wheel are a notch.
const POINTS: f32 = 50.0;

/// Between marks under the bar, in points.
const TICK: f32 = 60.0;

/// Between the lines of what nobody asked, in points.
const HATCH: f32 = 6.0;

/// The bar of one tile.
pub(super) struct Bar<'a> {
    pub paint: PaintContext<'a>,
    pub status: &'a PlaybackStatus,
    pub number: usize,
    pub rect: Rect,
}

impl Bar<'_> {
    /// Paints it; the time that was clicked, or dragged to.
    pub(super) fn show(&self, ui: &Ui, bar: &mut DayBar) -> Option<Timestamp> {
        let strip = self.rect.with_max_y(self.rect.top() + 14.0);
        let id = Id::unique(("bar of the tile", self.number));
        let response = ui.interact(self.rect, id, Sense::click_and_drag());
        let said = self.said(bar);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Slider, true, &said));
        let part = |x: f32| f64::from((x - strip.left()) / strip.width().max(1.0));
        let over = response.hover_pos().filter(|_| response.contains_pointer());
        if let Some(at) = over {
            let turned = ui.input(|input| input.smooth_scroll_delta().y);
            if turned != 0.0 {
                let fixed = bar.at(part(at.x));
                bar.zoom(fixed, NOTCH.powf(f64::from(turned / POINTS)));
            }
        }
        self.pieces(ui, strip, bar);
        self.ticks(ui, strip, bar);
        self.mark(ui, strip, bar);
        let pressed = response.interact_pointer_pos();
        let wanted = pressed.filter(|_| response.clicked() || response.dragged());
        let wanted = wanted.map(|at| bar.at(part(at.x)));
        if let Some(at) = over {
            let time = says::clock(bar.at(part(at.x)), self.status);
            response.on_hover_text_at_pointer(time);
        }
        // The same place again is no other wish.
        wanted.filter(|at| *at != self.status.asked)
    }

    /// For who cannot see it: which stretch it shows, and where the mark is.
    fn said(&self, bar: &DayBar) -> String {
        let clock = |at| says::clock(at, self.status);
        fl!(
            self.paint.words,
            "playback-bar",
            from = clock(bar.visible().from()),
            to = clock(bar.visible().to()),
            at = clock(self.status.mark)
        )
    }

    fn pieces(&self, ui: &Ui, strip: Rect, bar: &DayBar) {
        let painter = ui.painter().with_clip_rect(strip);
        painter.rect_filled(strip, 2.0, Color32::from_gray(60));
        for piece in self.status.timeline.pieces(bar.visible()) {
            let x = |at| strip.left() + strip.width() * bar.part_of(at) as f32;
            let (left, right) = (x(piece.stretch.from()), x(piece.stretch.to()));
            let rect = Rect::from_x_y_ranges(left..=right.max(left + 1.0), strip.y_range());
            match piece.known {
                TimelineState::Nothing => {}
                TimelineState::NotAsked => hatch(&painter, rect),
                TimelineState::Recorded(kind) => {
                    let color = match kind {
                        RecordingKind::Continuous => DARK.live,
                        RecordingKind::Motion => DARK.late,
                        RecordingKind::Alarm => DARK.offline,
                    };
                    // Also told apart without colours.
                    let height = match kind {
                        RecordingKind::Continuous => 0.5,
                        RecordingKind::Motion => 0.75,
                        RecordingKind::Alarm => 1.0,
                    };
                    let top = strip.bottom() - strip.height() * height;
                    painter.rect_filled(rect.with_min_y(top), 0.0, color);
                }
            }
        }
        // What is to come.
        let now = strip.left() + strip.width() * bar.part_of(self.status.now).clamp(0.0, 1.0) as f32;
        painter.rect_filled(strip.with_min_x(now), 0.0, Color32::from_black_alpha(170));
    }

    fn ticks(&self, ui: &Ui, strip: Rect, bar: &DayBar) {
        let most = (strip.width() / TICK).max(1.0) as usize;
        let font = FontId::proportional(10.0);
        for tick in bar.ticks(most) {
            let x = strip.left() + strip.width() * bar.part_of(tick.at) as f32;
            let line = [pos2(x, strip.bottom()), pos2(x, strip.bottom() + 3.0)];
            ui.painter().line_segment(line, Stroke::new(1.0, DARK.text_weak));
            // An hour that comes for the second time is marked.
            let label = if tick.again {
                format!("{}*", tick.label)
            } else {
                tick.label
            };
            let at = pos2(x + 2.0, strip.bottom() + 2.0);
            if x + 30.0 < strip.right() {
                ui.painter()
                    .text(at, Align2::LEFT_TOP, label, font.clone(), DARK.text_weak);
            }
        }
    }

    fn mark(&self, ui: &Ui, strip: Rect, bar: &DayBar) {
        let part = bar.part_of(self.status.mark);
        if (0.0..=1.0).contains(&part) {
            let x = strip.left() + strip.width() * part as f32;
            let rect = Rect::from_center_size(pos2(x, strip.center().y), vec2(2.0, strip.height() + 4.0));
            ui.painter().rect_filled(rect, 0.0, DARK.text);
        }
    }
}

/// Slanted lines: nobody knows.
fn hatch(painter: &egui::Painter, rect: Rect) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let stroke = Stroke::new(1.0, Color32::from_gray(110));
    // From the same origin everywhere, so that neighbours fit.
    let mut x = (rect.left() / HATCH).floor() * HATCH - rect.height();
    while x < rect.right() {
        painter.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], stroke);
        x += HATCH;
    }
}
