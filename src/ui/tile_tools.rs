//! The tools of the tile under the pointer, or of the tile that a key selected: a bar in its upper right corner that goes after some
//! seconds of rest. Each tool has a key, so that the bar takes no place in the order of Tab.

use std::time::Duration;

use egui::{Context, CornerRadius, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext, SteerAct};
use super::icon::{self, Icon};
use super::record_mark::RECORDS;
use super::theme::DARK;
use super::tile_content::{Content, Spot};
use super::tile_offer::Offer;
use super::zoom::Lens;
use crate::bridge::Command;
use crate::i18n::Words;
use wall::{Aspect, Crop};

/// How long the bar stays when the pointer rests, or after a key, in seconds.
const REST: f32 = 3.0;

/// The side of a tool at the smallest captions, in points.
const SIDE: f32 = 26.0;

/// Between the bar and the edge of the tile's body.
const EDGE: f32 = 5.0;

/// How much one click on the loupe enlarges.
const STEP: f32 = 1.5;

/// The tools, those that are missed the least last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tool {
    Retry,
    Snapshot,
    Record,
    Sound,
    Alone,
    Steer,
    Enlarge,
    Fill,
    Clear,
    /// Opens the context menu, which has what finds no room.
    More,
}

/// The tools of one tile.
pub(super) struct Tools<'a> {
    pub paint: PaintContext<'a>,
    pub spot: Spot<'a>,
    pub content: &'a Content<'a>,
    pub offer: Offer,
    /// Its channel is the one that is heard.
    pub listened: bool,
    pub lens: Option<Lens>,
    /// The tile without its caption.
    pub body: Rect,
    /// How much of the body's upper edge is taken from the left, in points.
    pub taken: f32,
}

/// A key has selected a tile of the window that is painted: its tools are shown for a while.
pub fn selected_by_key(ctx: &Context) {
    let (now, id) = (ctx.input(|input| input.time), key_id(ctx));
    ctx.data_mut(|data| data.insert_temp(id, now));
}

fn key_id(ctx: &Context) -> Id {
    Id::unique(("a tile was selected by key", ctx.viewport_id()))
}

impl Tools<'_> {
    /// Shows the bar while it is wanted. `true`: the person asked for the context menu.
    pub(super) fn show(&self, ui: &Ui, response: &Response, acts: &mut Vec<Act>) -> bool {
        if egui::Popup::is_any_open(ui.ctx()) || !ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
            return false;
        }
        let tools = offered(self.offer, self.content.channel().is_some() || !self.paint.kiosk);
        let side = self.side();
        let room = self.body.width() - self.taken - 2.0 * EDGE;
        let tools = fitting(tools, (room / side).max(0.0) as usize);
        let Some(bar) = self.bar(tools.len(), side) else {
            return false;
        };
        if !self.is_wanted(ui, response, bar) {
            return false;
        }
        ui.painter().rect_filled(bar, 4.0, egui::Color32::from_black_alpha(215));
        let mut more = false;
        for (index, tool) in tools.into_iter().enumerate() {
            let at = bar.left_top() + vec2(index as f32 * side, 0.0);
            let place = Rect::from_min_size(at, Vec2::splat(side));
            if self.button(ui, tool, place) {
                more |= tool == Tool::More;
                acts.extend(self.act(ui, tool));
            }
        }
        more
    }

    /// Where the bar lies; `None`: there is no room for it.
    fn bar(&self, tools: usize, side: f32) -> Option<Rect> {
        let size = vec2(tools as f32 * side, side);
        let corners = [
            self.body.right_top() + vec2(-size.x - EDGE, EDGE),
            self.body.right_bottom() + vec2(-size.x - EDGE, -size.y - EDGE),
        ];
        let hides = |bar: &Rect| self.spot.spoken.is_some_and(|spoken| spoken.panel.intersects(*bar));
        let bars = corners.map(|corner| Rect::from_min_size(corner, size));
        let inside = |bar: &Rect| tools > 0 && self.body.contains_rect(*bar);
        bars.into_iter().find(|bar| inside(bar) && !hides(bar))
    }

    /// As large as the caption asks for, because who wants large letters looks from afar.
    fn side(&self) -> f32 {
        let caption = self.body.top() - self.spot.rect.top();
        SIDE.max(caption).min(self.body.height() * 0.45)
    }

    /// Whether the pointer moved over the tile a moment ago, lies on the bar, or a key has selected the tile.
    fn is_wanted(&self, ui: &Ui, response: &Response, bar: Rect) -> bool {
        let (pointer, rest, drags, now) = ui.input(|input| {
            let pointer = &input.pointer;
            (
                pointer.hover_pos(),
                pointer.time_since_last_movement(),
                pointer.is_decidedly_dragging(),
                input.time,
            )
        });
        if drags || response.dragged() {
            return false;
        }
        let on_it = pointer.is_some_and(|at| bar.contains(at));
        let over = pointer.is_some() && ui.rect_contains_pointer(self.spot.rect);
        let id = key_id(ui.ctx());
        let by_key: Option<f64> = ui.data(|data| data.get_temp(id));
        let by_key = by_key.filter(|_| self.spot.tile.selected);
        let since_key = by_key.map_or(f32::INFINITY, |at| (now - at) as f32);
        let rest = if over { rest.min(since_key) } else { since_key };
        if rest < REST {
            ui.ctx()
                .request_repaint_after(Duration::from_secs_f32((REST - rest).max(0.05)));
        }
        rest < REST || (over && on_it)
    }

    fn button(&self, ui: &Ui, tool: Tool, place: Rect) -> bool {
        let id = Id::unique(("tool of the tile", self.spot.number, tool));
        let response = ui.interact(place, id, Sense::CLICK);
        let (icon, name, key) = self.look(tool);
        let said = format!("{name} ({key})");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if response.hovered() {
            ui.painter()
                .rect_filled(place.shrink(2.0), CornerRadius::same(3), DARK.raised_hovered);
            let edge = Stroke::new(1.0, DARK.accent);
            ui.painter()
                .rect_stroke(place.shrink(2.0), CornerRadius::same(3), edge, StrokeKind::Inside);
        }
        let color = match tool {
            Tool::Sound if self.listened => DARK.live,
            Tool::Record if self.records() => RECORDS,
            Tool::Steer if self.is_steered() => DARK.accent,
            _ => DARK.text,
        };
        icon::paint(ui.painter(), icon, place.shrink(place.width() * 0.23), color);
        response.on_hover_text(said).clicked()
    }

    /// A person records it, and may end that.
    fn records(&self) -> bool {
        matches!(self.offer.record, Some((_, false)))
    }

    fn is_steered(&self) -> bool {
        let channel = self.content.channel().map(|(_, channel)| channel);
        channel.is_some() && channel == self.paint.steered
    }

    fn look(&self, tool: Tool) -> (Icon, String, &'static str) {
        let words: &Words = self.paint.words;
        match tool {
            Tool::Retry => (Icon::Retry, fl!(words, "retry-now"), "R"),
            Tool::Snapshot => (Icon::Snapshot, fl!(words, "menu-snapshot"), "Ctrl+S"),
            Tool::Record if self.records() => (Icon::Record, fl!(words, "menu-record-end"), "Ctrl+R"),
            Tool::Record => (Icon::Record, fl!(words, "menu-record"), "Ctrl+R"),
            Tool::Sound if self.listened => (Icon::Muted, fl!(words, "menu-sound-off"), "M"),
            Tool::Sound => (Icon::Sound, fl!(words, "menu-sound-on"), "M"),
            Tool::Alone => (Icon::Alone, fl!(words, "menu-alone"), "Enter"),
            Tool::Enlarge => (Icon::Enlarge, fl!(words, "menu-enlarge"), "+"),
            Tool::Fill if self.spot.tile.crop.aspect == Aspect::Fill => (Icon::Fit, fl!(words, "aspect-fit"), "F"),
            Tool::Fill => (Icon::Fill, fl!(words, "aspect-fill"), "F"),
            Tool::Steer if self.is_steered() => (Icon::Steer, fl!(words, "steer-end"), "P"),
            Tool::Steer => (Icon::Steer, fl!(words, "steer"), "P"),
            Tool::Clear => (Icon::Close, fl!(words, "menu-clear-tile"), "Delete"),
            Tool::More => (Icon::Connecting, fl!(words, "tool-more"), "Shift+F10"),
        }
    }

    fn act(&self, ui: &Ui, tool: Tool) -> Option<Act> {
        let (device, channel) = self.content.channel()?;
        let place = self.spot.tile.place;
        Some(match tool {
            Tool::Retry => Act::Send(Command::RetryNow(device.id)),
            Tool::Snapshot => Act::Send(Command::SaveSnapshot(channel)),
            Tool::Record => {
                let (stream, on) = self.offer.record?;
                Act::Send(Command::Record(stream, on))
            }
            Tool::Sound => Act::Listen(channel),
            Tool::Alone => Act::Alone(place),
            Tool::Enlarge => Act::Crop(place, self.lens?.enlarged(ui, STEP)),
            Tool::Fill => Act::Crop(place, filled_or_whole(self.spot.tile.crop)),
            Tool::Steer if self.is_steered() => Act::Steer(SteerAct::End),
            Tool::Steer => Act::Steer(SteerAct::Begin(place, channel)),
            Tool::Clear => Act::Clear(place),
            Tool::More => return None,
        })
    }
}

/// The picture over all of the tile, or all of the picture again.
#[must_use]
pub fn filled_or_whole(crop: Crop) -> Crop {
    let aspect = match crop.aspect {
        Aspect::Fill => Aspect::Fit,
        Aspect::Fit | Aspect::Stretch | Aspect::Original => Aspect::Fill,
    };
    Crop { aspect, ..crop }
}

/// The tools that mean something, in their order; `menu`: there is a context menu as well.
fn offered(offer: Offer, menu: bool) -> Vec<Tool> {
    let tools = [
        (offer.retry, Tool::Retry),
        (offer.snapshot, Tool::Snapshot),
        (offer.record.is_some(), Tool::Record),
        (offer.sound, Tool::Sound),
        (offer.alone, Tool::Alone),
        (offer.steer, Tool::Steer),
        (offer.picture, Tool::Enlarge),
        (offer.picture, Tool::Fill),
        (offer.clear, Tool::Clear),
    ];
    let mut tools: Vec<Tool> = tools.into_iter().filter_map(|(is, tool)| is.then_some(tool)).collect();
    if tools.is_empty() {
        // On an empty tile nothing but the menu would stand there, and it is in the way of what is dragged.
        return tools;
    }
    if menu {
        tools.push(Tool::More);
    }
    tools
}

/// As many tools as there is room for. The menu stays, because it has the others.
fn fitting(mut tools: Vec<Tool>, room: usize) -> Vec<Tool> {
    while tools.len() > room {
        let least = tools.iter().rposition(|tool| *tool != Tool::More);
        tools.remove(least.unwrap_or(0));
    }
    tools
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Offer = Offer {
        alone: true,
        retry: false,
        snapshot: true,
        record: None,
        sound: true,
        steer: false,
        playback: true,
        picture: true,
        clear: true,
    };

    #[test]
    fn a_small_tile_has_fewer_tools_and_keeps_the_menu_that_has_the_others() {
        let tools = offered(ALL, true);
        assert_eq!(tools.len(), 7);
        assert_eq!(fitting(tools.clone(), 9), tools);
        assert_eq!(
            fitting(tools.clone(), 4),
            [Tool::Snapshot, Tool::Sound, Tool::Alone, Tool::More]
        );
        assert_eq!(fitting(tools.clone(), 1), [Tool::More]);
        assert!(fitting(tools, 0).is_empty());
    }

    #[test]
    fn a_tile_without_a_picture_has_no_tool_that_needs_one() {
        let offer = Offer {
            retry: true,
            snapshot: false,
            sound: false,
            picture: false,
            ..ALL
        };
        assert_eq!(
            offered(offer, true),
            [Tool::Retry, Tool::Alone, Tool::Clear, Tool::More]
        );
        assert!(offered(Offer::default(), true).is_empty(), "an empty tile");
    }
}
