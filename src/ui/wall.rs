//! The wall: the tiles of one page side by side.

use std::collections::HashSet;

use egui::{Rect, Ui, pos2, vec2};

use super::act::{Act, Dragged, PaintContext};
use super::caption::Caption;
use super::picture::Pictures;
use super::single::Single;
use super::tile::{self, PictureSource};
use super::tile_content::{Spoken, Spot};
use super::trouble_panel::Panel;
use super::{caption, state, text, theme, trouble};
use crate::bridge::TileState;
use device::{ChannelId, StreamId, StreamKind};
use reconnect::HeldBy;
use wall::{Demand, ShownTile, Tile, Wall};

/// Paints the current page into all of `ui` and returns the channels on screen with their sizes.
pub fn show(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    wall: &Wall,
    demand: &Demand,
    pictures: &mut Pictures,
    acts: &mut Vec<Act>,
) -> Vec<ShownTile> {
    let page = ui.max_rect();
    let mut shown = Vec::new();
    let mut source = PictureSource { demand, pictures };
    ui.painter().rect_filled(page, 0.0, theme::tokens(ui).wall);
    let tiles = wall.tiles();
    let scale = ui.pixels_per_point();
    let rects: Vec<Rect> = tiles.iter().map(|tile| place(page, tile.area, scale)).collect();
    let (single, count) = (Single::of(wall), tiles.len());
    let panels = panels(ui, paint, page, &tiles, &rects);
    let said_before = said_before(paint, &tiles);
    for (index, (tile, rect)) in tiles.iter().zip(rects).enumerate() {
        let spoken = panels.iter().find(|panel| panel.speaks_for(index));
        let spot = Spot {
            tile,
            number: index + 1,
            rect,
            spoken: spoken.map(|panel| Spoken {
                panel: panel.rect(),
                since: panel.trouble().since,
            }),
            said_before: said_before[index],
            single,
            several: count > 1,
        };
        let response = tile::show(ui, paint, spot, &mut source, acts);
        // Keys go to the selected tile until another widget asks for them.
        let free = ui.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
        if tile.selected && free && !egui::Popup::is_any_open(ui.ctx()) {
            response.request_focus();
        } else if !tile.selected && response.has_focus() {
            response.surrender_focus();
        }
        let enabled = |channel: ChannelId| {
            paint
                .state
                .registry
                .device(channel.device)
                .is_some_and(|device| device.enabled)
        };
        if let Some(channel) = tile.channel.filter(|channel| enabled(*channel)) {
            let caption = Caption::of(paint.text.captions, rect, count < 2);
            let body = caption::split(rect, caption).1.size() * ui.pixels_per_point();
            shown.push(ShownTile {
                channel,
                height: tile.crop.height(source.pictures.shape(channel), body.into()),
                selected: tile.selected,
                crop: tile.crop,
                tiles: 0,
            });
        }
    }
    let tiles = shown.len();
    shown.iter_mut().for_each(|shown| shown.tiles = tiles);
    for panel in &panels {
        panel.show(ui, paint, acts);
    }
    paint_dragged(ui, paint, wall);
    shown
}

/// For each tile, whether one before it says the same: that the pictures of its device are late, because a device is late as a whole, as
/// a rule; or what it waits for without having failed.
fn said_before(paint: PaintContext<'_>, tiles: &[Tile]) -> Vec<bool> {
    let mut said = HashSet::new();
    let mut awaited: Vec<HeldBy> = Vec::new();
    let held_by = |channel: ChannelId| {
        let streams = [StreamKind::Main, StreamKind::Sub].map(|kind| StreamId { channel, kind });
        let mut states = streams.iter().filter_map(|stream| paint.state.streams.get(stream));
        states.find_map(|status| match status.state {
            TileState::Waiting {
                held_by, failure: None, ..
            } => Some(held_by),
            _ => None,
        })
    };
    let is_late = |channel: ChannelId| {
        let streams = [StreamKind::Main, StreamKind::Sub].map(|kind| StreamId { channel, kind });
        let mut states = streams.iter().filter_map(|stream| paint.state.streams.get(stream));
        states.any(|status| status.state == TileState::Late)
    };
    let again = |tile: &Tile| {
        let late = tile.channel.filter(|channel| is_late(*channel));
        if let Some(channel) = late {
            return !said.insert(channel.device);
        }
        let Some(held_by) = tile.channel.and_then(held_by) else {
            return false;
        };
        let known = awaited.contains(&held_by);
        awaited.push(held_by);
        known
    };
    tiles.iter().map(again).collect()
}

/// The panels of all that fails on several tiles of the page, each over its own tiles.
fn panels<'a>(ui: &Ui, paint: PaintContext<'a>, page: Rect, tiles: &[Tile], rects: &[Rect]) -> Vec<Panel<'a>> {
    let channels: Vec<_> = tiles.iter().map(|tile| (tile.channel, tile.area)).collect();
    let places = trouble::places(paint.troubles, &channels);
    let lay = |own: &trouble::Place| Panel::lay(ui, paint, own, place(page, own.area, ui.pixels_per_point()), rects);
    places.iter().filter_map(lay).collect()
}

/// The tile's rectangle on whole pixels, with half a gap on each side that is not an edge of the page.
fn place(page: Rect, [left, top, right, bottom]: [f32; 4], scale: f32) -> Rect {
    let snap = |value: f32| (value * scale).round() / scale;
    let gap = theme::TILE_GAP;
    let edge = |fraction: f32, low: f32, size: f32, inner: f32| {
        let inside = fraction > 0.001 && fraction < 0.999;
        snap(low + fraction * size + if inside { inner } else { 0.0 })
    };
    Rect::from_min_max(
        pos2(
            edge(left, page.left(), page.width(), gap / 2.0),
            edge(top, page.top(), page.height(), gap / 2.0),
        ),
        pos2(
            edge(right, page.left(), page.width(), -gap / 2.0),
            edge(bottom, page.top(), page.height(), -gap / 2.0),
        ),
    )
}

/// Paints the name of what is dragged beside the pointer.
fn paint_dragged(ui: &Ui, paint: PaintContext<'_>, wall: &Wall) {
    let Some(dragged) = egui::DragAndDrop::payload::<Dragged>(ui.ctx()) else {
        return;
    };
    let Some(pointer) = ui.ctx().pointer_interact_pos() else {
        return;
    };
    let name = match &*dragged {
        Dragged::Channels(name, _) | Dragged::Devices(name, ..) | Dragged::Virtual(name, ..) => name.clone(),
        Dragged::Tile(place) => {
            let Some(channel) = wall.channel(*place) else { return };
            let Some(device) = paint.state.registry.device(channel.device) else {
                return;
            };
            state::full_name(paint.words, &paint.state.registry, device, channel)
        }
    };
    let tokens = theme::tokens(ui);
    let galley = text::line(ui, &name, theme::small(ui), tokens.text, 260.0);
    let at = pointer + vec2(14.0, 10.0);
    let painter = ui
        .ctx()
        .layer_painter(egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("dragged")));
    painter.rect_filled(
        Rect::from_min_size(at, galley.size()).expand2(vec2(8.0, 5.0)),
        4.0,
        tokens.selected,
    );
    painter.galley(at, galley, tokens.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wall::Layout;

    #[test]
    fn tiles_touch_the_edges_and_keep_one_gap_between_them_at_every_scale() {
        let page = Rect::from_min_size(pos2(248.0, 30.0), vec2(1032.0, 664.0));
        for scale in [1.0, 1.5, 2.0] {
            let grid = Layout::Nine.grid();
            let rects: Vec<Rect> = grid
                .cells()
                .iter()
                .map(|cell| place(page, cell.fractions(&grid), scale))
                .collect();
            assert_eq!((rects[0].left(), rects[8].right()), (page.left(), page.right()));
            assert_eq!((rects[0].top(), rects[8].bottom()), (page.top(), page.bottom()));
            for pair in [(0, 1), (1, 2), (3, 4)] {
                let gap = rects[pair.1].left() - rects[pair.0].right();
                assert!((gap - theme::TILE_GAP).abs() <= 1.0 / scale, "{gap}");
            }
        }
    }
}
