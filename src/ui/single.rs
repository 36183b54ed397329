//! What stands in the caption of a tile that fills the page: the way back to all tiles, and the channels before and after it.

use egui::{FontId, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::Act;
use super::icon::{self, Icon};
use super::text;
use super::theme::Tokens;
use crate::i18n::Words;
use wall::{Paging, Wall};

/// The way back from a tile that fills the page, and where it is among the others.
#[derive(Clone, Copy, Debug)]
pub struct Single {
    /// How many tiles the page has.
    tiles: usize,
    paging: Paging,
}

impl Single {
    /// `None`: the wall shows all tiles.
    #[must_use]
    pub(super) fn of(wall: &Wall) -> Option<Self> {
        wall.is_alone().then(|| Self {
            tiles: wall.layout().tiles(),
            paging: wall.paging(),
        })
    }

    /// Shows it at the left of `caption`, as far as that leaves a third of it free, and returns where it ends. `place`: that of the tile.
    pub(super) fn show(
        &self,
        ui: &Ui,
        words: &Words,
        tokens: &Tokens,
        caption: Rect,
        (font, place): (&FontId, usize),
        acts: &mut Vec<Act>,
    ) -> f32 {
        let back = fl!(words, "single-back", tiles = self.tiles);
        let sign = caption.height() * 0.6;
        let galley = text::line(ui, &back, font.clone(), tokens.text, caption.width() * 0.5);
        let width = sign + galley.size().x + 14.0;
        let mut end = caption.left() + width;
        let button = Rect::from_min_max(caption.min, pos2(end, caption.bottom())).shrink2(vec2(0.0, 2.0));
        if press(ui, tokens, "single-back", button, &back, |ui| {
            let at = pos2(button.left() + 4.0 + sign / 2.0, button.center().y);
            icon::paint(
                ui.painter(),
                Icon::Tiles,
                Rect::from_center_size(at, Vec2::splat(sign)),
                tokens.text,
            );
            text::paint_left(ui, button.with_min_x(at.x + sign / 2.0 + 4.0), galley, tokens.text);
        }) {
            acts.push(Act::Alone(place));
        }
        let Paging { at, of } = self.paging;
        let figure = fl!(words, "page-of", page = at, pages = of);
        let figure = text::line(ui, &figure, font.clone(), tokens.text, caption.width() * 0.2);
        let pager = 2.0 * caption.height() + figure.size().x + 12.0;
        if of < 2 || end + pager > caption.left() + 0.65 * caption.width() {
            return end;
        }
        end += 6.0;
        for (icon, key, by) in [(Icon::Back, "PgUp", -1), (Icon::Closed, "PgDn", 1)] {
            let place = Rect::from_min_size(pos2(end, caption.top()), Vec2::splat(caption.height()));
            let place = place.shrink2(vec2(0.0, 2.0));
            let name = match by {
                -1 => fl!(words, "menu-previous-channel"),
                _ => fl!(words, "menu-next-channel"),
            };
            let there = if by < 0 { at > 1 } else { at < of };
            let color = if there { tokens.text } else { tokens.line };
            let said = format!("{name} ({key})");
            let sign = place.shrink(place.height() * 0.2);
            let paint = |ui: &Ui| icon::paint(ui.painter(), icon, sign, color);
            if there && press(ui, tokens, key, place, &said, paint) {
                acts.push(Act::Turn(by));
            } else if !there {
                paint(ui);
            }
            end = place.right();
            if by < 0 {
                let size = figure.size().x;
                text::paint_left(ui, caption.with_min_x(end + 3.0), figure.clone(), tokens.text);
                end += size + 6.0;
            }
        }
        end
    }
}

/// A button of the caption that is there for the pointer alone, because each has its key.
fn press(ui: &Ui, tokens: &Tokens, name: &str, place: Rect, said: &str, paint: impl FnOnce(&Ui)) -> bool {
    let response = ui.interact(place, Id::unique(("single view", name)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, said));
    let fill = if response.hovered() {
        tokens.raised_hovered
    } else {
        tokens.raised
    };
    ui.painter().rect_filled(place, 4.0, fill);
    ui.painter()
        .rect_stroke(place, 4.0, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    paint(ui);
    response.on_hover_text(said).clicked()
}
