//! The mark of an enlarged picture: a small map with the part that is seen, the factor, and a cross that shows all of it again. A camera
//! that shows a part must not be taken for one that shows all, so that the mark grows with the tile.

use egui::{Color32, FontId, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use i18n_embed_fl::fl;

use super::act::Act;
use super::icon::{self, Icon};
use super::text;
use super::theme::DARK;
use crate::i18n::Words;
use wall::{Crop, Zoom};

/// The mark of one tile, laid out.
pub(super) struct ZoomMark {
    rect: Rect,
    map: Rect,
    letters: f32,
}

/// Around the mark, in points.
const EDGE: f32 = 5.0;

impl ZoomMark {
    /// Lays the mark into the upper left corner of `body`; `None`: nothing is enlarged. `picture`: its size in any unit.
    pub(super) fn lay(crop: Crop, picture: Vec2, body: Rect) -> Option<Self> {
        if !crop.is_zoomed() || body.width() < 40.0 {
            return None;
        }
        let letters = (body.height() * 0.07).clamp(12.0, 56.0);
        let height = (body.height() * 0.14).clamp(letters * 1.4, 130.0);
        let shape = (picture.x / picture.y.max(1.0)).clamp(0.4, 2.5);
        let map = vec2(height * shape, height).min(vec2(body.width() * 0.32, height));
        let said = letters * 3.6;
        let size = vec2(map.x + said + 2.0 * EDGE, map.y + 2.0 * EDGE);
        let rect = Rect::from_min_size(body.left_top() + Vec2::splat(EDGE), size);
        let map = Rect::from_min_size(rect.left_top() + Vec2::splat(EDGE), map);
        Some(Self { rect, map, letters })
    }

    /// The room that it takes from the left edge of the body, in points.
    pub(super) fn width(&self) -> f32 {
        self.rect.width() + EDGE
    }

    /// Paints it, and shows all of the picture again when it is clicked. `part`: what is seen, as fractions of the picture.
    pub(super) fn show(
        &self,
        ui: &Ui,
        words: &Words,
        (number, place): (usize, usize),
        crop: Crop,
        part: Rect,
        acts: &mut Vec<Act>,
    ) {
        let response = ui.interact(self.rect, Id::unique(("zoom of the tile", number)), Sense::CLICK);
        let factor = format!("{:.1}", crop.zoom.factor);
        let said = fl!(words, "zoom-mark", factor = factor.as_str());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        let painter = ui.painter();
        painter.rect_filled(self.rect, 4.0, Color32::from_black_alpha(215));
        let edge = if response.hovered() { 2.0 } else { 1.5 };
        painter.rect_stroke(self.rect, 4.0, Stroke::new(edge, DARK.late), StrokeKind::Inside);
        painter.rect_stroke(self.map, 0.0, Stroke::new(1.0, DARK.text_weak), StrokeKind::Inside);
        let at = |fraction: egui::Pos2| self.map.min + fraction.to_vec2() * self.map.size();
        let seen = Rect::from_min_max(at(part.min), at(part.max)).intersect(self.map);
        painter.rect_filled(seen, 0.0, DARK.late);
        let rest = self.rect.with_min_x(self.map.right() + EDGE).shrink2(vec2(0.0, EDGE));
        let cross = Vec2::splat(self.letters * 0.9);
        let cross = Rect::from_center_size(rest.right_center() - vec2(EDGE + cross.x / 2.0, 0.0), cross);
        icon::paint(painter, Icon::Close, cross, DARK.text);
        let font = FontId::proportional(self.letters);
        let room = cross.left() - rest.left();
        let galley = text::line(ui, &format!("{factor}×"), font, DARK.late, room);
        text::paint_left(ui, rest, galley, DARK.late);
        if response.on_hover_text(said).clicked() {
            let zoom = Zoom::default();
            acts.push(Act::Crop(place, Crop { zoom, ..crop }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    fn body(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(0.0, 22.0), vec2(width, height))
    }

    #[test]
    fn the_mark_grows_with_the_tile_and_stays_in_it() {
        let picture = vec2(1920.0, 1080.0);
        let crop = Crop::default().zoomed(3.0, [0.0, 0.0], picture.into(), [400.0, 225.0]);
        assert!(ZoomMark::lay(Crop::default(), picture, body(400.0, 225.0)).is_none());
        let mut before = 0.0;
        for (width, height) in [(127.0, 64.0), (256.0, 144.0), (960.0, 518.0), (3840.0, 2138.0)] {
            let body = body(width, height);
            let mark = ZoomMark::lay(crop, picture, body).unwrap();
            assert!(body.contains_rect(mark.rect), "{width}x{height}: {:?}", mark.rect);
            assert!(mark.rect.width() > before && mark.rect.contains_rect(mark.map));
            before = mark.rect.width();
        }
    }
}
