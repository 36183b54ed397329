//! One tile of the wall: its picture, and in words whatever is not a live picture.

use egui::{
    Align, Align2, Button, Color32, CornerRadius, FontId, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, Dragged, Scene};
use super::icon;
use super::picture::Pictures;
use super::state::{self, Explanation, Look};
use super::text;
use super::theme::{self, DARK, Tokens};
use crate::bridge::{Command, StreamStatus, TileState};
use crate::device::{ChannelId, Device, StreamId};
use crate::wall::{Demand, Grid, Tile};

/// What stands on a tile.
enum Content<'a> {
    Empty,
    /// The registry has the channel, and its device is switched off.
    Disabled(&'a Device, ChannelId),
    /// Asked for, but the engine has not answered yet.
    Asked(&'a Device, ChannelId),
    Stream {
        device: &'a Device,
        channel: ChannelId,
        status: &'a StreamStatus,
        picture: Option<StreamId>,
    },
}

/// Paints `tile` into `rect` and reports what is done with it. `number` counts the tiles on screen from 1.
pub fn show(
    ui: &mut Ui,
    scene: Scene<'_>,
    tile: &Tile,
    number: usize,
    rect: Rect,
    demand: &Demand,
    pictures: &mut Pictures,
    acts: &mut Vec<Act>,
) -> Response {
    let content = content(ui, scene, tile, demand, pictures);
    let tokens = theme::tokens(ui);
    let look = content.look(scene, tokens);
    let name = content.name(scene);
    let layout = Parts::of(rect);

    let response = sense(ui, scene, tile, number, rect, &name, look.as_ref(), acts);
    ui.painter().rect_filled(rect, 0.0, tokens.tile);
    match &content {
        Content::Empty => paint_empty(ui, scene, tile, number, rect),
        Content::Disabled(device, _) => {
            let what = fl!(scene.words, "disabled-what", device = device.name.as_str());
            let explained = Explanation {
                what,
                ..Explanation::default()
            };
            paint_explanation(ui, scene, &layout, look.as_ref(), &explained, None, tokens, acts);
        }
        Content::Asked(..) => {
            let explained = Explanation::default();
            paint_explanation(ui, scene, &layout, look.as_ref(), &explained, None, tokens, acts);
        }
        Content::Stream {
            device,
            status,
            picture,
            ..
        } => {
            let picture = picture.and_then(|stream| pictures.of(stream));
            paint_stream(ui, scene, &layout, device, status, picture, look.as_ref(), acts);
        }
    }
    if let Some(look) = &look {
        paint_header(ui, &layout, &name, look, content.status(), tokens);
    }
    if scene.snapshot.settings.show_figures
        && let Some(status) = content.status()
    {
        paint_figures(ui, scene, &layout, status);
    }
    paint_outline(ui, tile, rect, &response, tokens);
    context_menu(&response, scene, tile, &content, acts);
    response
}

/// The widget of the tile with this number on screen.
fn id(number: usize) -> Id {
    Id::unique(("tile of the wall", number))
}

/// Whether the widget is a tile of the wall.
#[must_use]
pub fn is_tile(widget: Id) -> bool {
    (1..=MOST_TILES).any(|number| id(number) == widget)
}

/// The most tiles a page can have.
const MOST_TILES: usize = Grid::MAX_SIDE as usize * Grid::MAX_SIDE as usize;

/// Where the parts of a tile lie.
struct Parts {
    header: Rect,
    body: Rect,
    /// Too small for sentences.
    small: bool,
    font: FontId,
}

impl Parts {
    fn of(rect: Rect) -> Self {
        let tiny = rect.height() < 110.0;
        let height = if tiny { 17.0 } else { theme::TILE_HEADER };
        let (header, body) = rect.split_top_bottom_at_y(rect.top() + height);
        let small = body.height() < 120.0 || body.width() < 190.0;
        Self {
            header,
            body,
            small,
            font: FontId::proportional(if tiny { 11.0 } else { 12.0 }),
        }
    }
}

impl Content<'_> {
    fn look(&self, scene: Scene<'_>, tokens: &Tokens) -> Option<Look> {
        match self {
            Content::Empty => None,
            Content::Disabled(..) => Some(state::disabled(scene.words, tokens)),
            Content::Asked(..) => Some(state::idle(scene.words, tokens)),
            Content::Stream { status, .. } => Some(state::look(scene.words, tokens, &status.state)),
        }
    }

    fn name(&self, scene: Scene<'_>) -> String {
        match self {
            Content::Empty => fl!(scene.words, "tile-empty"),
            Content::Disabled(device, channel)
            | Content::Asked(device, channel)
            | Content::Stream { device, channel, .. } => state::full_name(scene.words, device, *channel),
        }
    }

    fn status(&self) -> Option<&StreamStatus> {
        match self {
            Content::Stream { status, .. } => Some(status),
            Content::Empty | Content::Disabled(..) | Content::Asked(..) => None,
        }
    }

    fn device(&self) -> Option<&Device> {
        match self {
            Content::Empty => None,
            Content::Disabled(device, _) | Content::Asked(device, _) | Content::Stream { device, .. } => Some(device),
        }
    }
}

/// Finds what the tile shows, takes new pictures and tells the decoder how large they are painted.
fn content<'a>(ui: &Ui, scene: Scene<'a>, tile: &Tile, demand: &Demand, pictures: &mut Pictures) -> Content<'a> {
    let Some(channel) = tile.channel else {
        return Content::Empty;
    };
    let Some(device) = scene.snapshot.registry.device(channel.device) else {
        return Content::Empty;
    };
    if !device.enabled {
        return Content::Disabled(device, channel);
    }
    let mut best: Option<(&StreamStatus, Option<StreamId>)> = None;
    for stream in demand.streams(channel) {
        let Some(status) = scene.snapshot.streams.get(&stream) else {
            continue;
        };
        pictures.take(ui.ctx(), stream, &status.slot);
        let picture = pictures.of(stream).map(|_| stream);
        best = Some(match best {
            // The stream that suits is preferred; the other one stands in while it shows nothing.
            Some((first, shown)) if first.state == TileState::Live && shown.is_some() => (first, shown),
            Some(_) if status.state == TileState::Live && picture.is_some() => (status, picture),
            Some((first, shown)) => (first, shown.or(picture)),
            None => (status, picture),
        });
    }
    match best {
        Some((status, picture)) => Content::Stream {
            device,
            channel,
            status,
            picture,
        },
        None => Content::Asked(device, channel),
    }
}

fn sense(
    ui: &mut Ui,
    scene: Scene<'_>,
    tile: &Tile,
    number: usize,
    rect: Rect,
    name: &str,
    look: Option<&Look>,
    acts: &mut Vec<Act>,
) -> Response {
    let focus = if tile.selected {
        Sense::FOCUSABLE
    } else {
        Sense::empty()
    };
    let response = ui.interact(rect, id(number), Sense::CLICK | Sense::DRAG | focus);
    let (words, place) = (scene.words, tile.place);
    response.widget_info(|| {
        let label = match look {
            Some(look) => {
                fl!(
                    words,
                    "tile-label",
                    number = number,
                    name = name,
                    state = look.label.as_str()
                )
            }
            None => fl!(words, "tile-label-empty", number = number),
        };
        egui::WidgetInfo::selected(egui::Role::Button, true, tile.selected, label)
    });
    if response.double_clicked() {
        acts.push(Act::Alone(place));
    } else if response.clicked() || response.secondary_clicked() {
        acts.push(Act::Select(place));
        response.request_focus();
    }
    if response.has_focus() {
        let filter = egui::EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    if tile.channel.is_some() {
        response.dnd_set_drag_payload(Dragged::Tile(place));
    }
    if let Some(dropped) = response.dnd_release_payload::<Dragged>() {
        acts.push(match &*dropped {
            Dragged::Channels(_, channels) => Act::Put(Some(place), channels.clone()),
            Dragged::Tile(from) => Act::Swap(*from, place),
        });
    }
    response
}

fn paint_empty(ui: &Ui, scene: Scene<'_>, tile: &Tile, number: usize, rect: Rect) {
    let tokens = theme::tokens(ui);
    let font = FontId::proportional(if rect.height() < 110.0 { 12.0 } else { 16.0 });
    if tile.selected && rect.width() > 150.0 && rect.height() > 80.0 {
        let width = (rect.width() - 24.0).min(320.0);
        let hint = fl!(scene.words, "tile-empty-hint");
        let galley = text::rows(ui, &hint, theme::small(), tokens.text_weak, width, 3, Align::Center);
        let at = rect.center() - vec2(0.0, galley.size().y / 2.0);
        ui.painter().galley(text::snapped(ui, at), galley, tokens.text_weak);
    } else {
        let faint = tokens.text_weak.gamma_multiply(0.55);
        ui.painter()
            .text(rect.center(), Align2::CENTER_CENTER, number, font, faint);
    }
}

fn paint_stream(
    ui: &mut Ui,
    scene: Scene<'_>,
    parts: &Parts,
    device: &Device,
    status: &StreamStatus,
    picture: Option<(egui::TextureId, Vec2)>,
    look: Option<&Look>,
    acts: &mut Vec<Act>,
) {
    let scale = ui.pixels_per_point();
    let body = parts.body;
    let own = status
        .slot
        .source()
        .map(|(width, height)| vec2(width as f32, height as f32));
    let area = own
        .or(picture.map(|(_, size)| size))
        .map_or(body, |size| fit(size, body, scale));
    let target = (area.size() * scale).round();
    status.slot.set_target(target.x as u32, target.y as u32);

    if let Some((texture, _)) = picture {
        let tint = match status.state {
            TileState::Live => Color32::WHITE,
            TileState::Late => Color32::from_gray(120),
            _ => Color32::from_gray(56),
        };
        ui.painter().rect_filled(body, 0.0, Color32::BLACK);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, area, whole, tint);
    }
    if status.state == TileState::Live {
        return;
    }
    // Words on a picture are light in both themes: the picture under them is dimmed.
    let tokens = if picture.is_some() { &DARK } else { theme::tokens(ui) };
    let explained = state::explain(scene.words, device, status, scene.snapshot.now);
    let on_picture = look.map(|look| Look {
        color: state::look(scene.words, tokens, &status.state).color,
        ..look.clone()
    });
    let retry = explained.retry.then_some(device.id);
    paint_explanation(ui, scene, parts, on_picture.as_ref(), &explained, retry, tokens, acts);
}

/// Icon, sentences and *Retry now* in the middle of the body, as many as fit.
fn paint_explanation(
    ui: &mut Ui,
    scene: Scene<'_>,
    parts: &Parts,
    look: Option<&Look>,
    explained: &Explanation,
    retry: Option<crate::device::DeviceId>,
    tokens: &Tokens,
    acts: &mut Vec<Act>,
) {
    let Some(look) = look else { return };
    let body = parts.body.shrink(6.0);
    let width = (body.width() - 8.0).min(420.0);
    let mut lines = Vec::new();
    if parts.small {
        let said = explained
            .next
            .as_deref()
            .filter(|_| retry.is_some())
            .unwrap_or(&explained.what);
        if body.height() > 34.0 && !said.is_empty() {
            let rows = ((body.height() - 26.0) / 15.0).clamp(1.0, 3.0) as usize;
            lines.push(text::rows(
                ui,
                said,
                FontId::proportional(11.0),
                tokens.text,
                width,
                rows,
                Align::Center,
            ));
        }
    } else {
        let rows = if body.height() > 200.0 { 3 } else { 2 };
        for (said, font, color) in [
            (Some(&explained.what), FontId::proportional(13.0), tokens.text),
            (explained.next.as_ref(), FontId::proportional(13.0), tokens.text),
            (
                explained.advice.as_ref().filter(|_| body.height() > 190.0),
                theme::small(),
                tokens.text_weak,
            ),
        ] {
            if let Some(said) = said.filter(|said| !said.is_empty()) {
                lines.push(text::rows(ui, said, font, color, width, rows, Align::Center));
            }
        }
    }

    let icon_size = if parts.small { 16.0 } else { 26.0 };
    let gap = if parts.small { 3.0 } else { 6.0 };
    let button = (retry.is_some() && !parts.small).then_some(26.0);
    let height =
        icon_size + lines.iter().map(|line| gap + line.size().y).sum::<f32>() + button.map_or(0.0, |b| b + 2.0 * gap);
    let mut y = (body.center().y - height / 2.0).max(body.top());
    let icon_rect = Rect::from_center_size(pos2(body.center().x, y + icon_size / 2.0), Vec2::splat(icon_size));
    icon::paint(ui.painter(), look.icon, icon_rect, look.color);
    y += icon_size;
    for line in lines {
        y += gap;
        let height = line.size().y;
        if y + height <= body.bottom() + 1.0 {
            ui.painter()
                .galley(text::snapped(ui, pos2(body.center().x, y)), line, tokens.text);
        }
        y += height;
    }
    if let (Some(height), Some(device)) = (button, retry) {
        let at = Rect::from_center_size(
            pos2(body.center().x, y + 2.0 * gap + height / 2.0),
            vec2(width.min(180.0), height),
        );
        if parts.body.contains_rect(at) {
            let clicked = ui
                .scope_builder(
                    UiBuilder::new()
                        .max_rect(at)
                        .layout(egui::Layout::centered_and_justified(egui::Direction::TopDown)),
                    |ui| {
                        ui.set_clip_rect(at.expand(2.0).intersect(ui.clip_rect()));
                        ui.add(Button::new(fl!(scene.words, "retry-now")).truncate()).clicked()
                    },
                )
                .inner;
            if clicked {
                acts.push(Act::Send(Command::RetryNow(device)));
            }
        }
    }
}

/// Name on the left; state and the time of the picture on the right, as far as there is room.
fn paint_header(ui: &Ui, parts: &Parts, name: &str, look: &Look, status: Option<&StreamStatus>, tokens: &Tokens) {
    let rect = parts.header;
    ui.painter().rect_filled(rect, 0.0, tokens.tile_header);
    let mut inner = rect.shrink2(vec2(6.0, 0.0));
    let icon = Rect::from_center_size(pos2(inner.left() + 6.0, inner.center().y), Vec2::splat(12.0));
    icon::paint(ui.painter(), look.icon, icon, look.color);
    inner.min.x = icon.right() + 5.0;

    let room = inner.width();
    let clock = status.and_then(|status| status.last_picture_clock).map(state::clock);
    for (said, color, least) in [
        (clock, tokens.text_weak, 230.0),
        (Some(look.label.clone()), look.color, 120.0),
    ] {
        if let Some(said) = said
            && room > least
        {
            let galley = text::line(ui, &said, parts.font.clone(), color, room * 0.45);
            let at = Rect::from_min_max(pos2(inner.right() - galley.size().x, rect.top()), inner.right_bottom());
            inner.max.x = at.left() - 8.0;
            text::paint_left(ui, at, galley, color);
        }
    }
    let galley = text::line(ui, name, parts.font.clone(), tokens.text, inner.width());
    text::paint_left(ui, inner, galley, tokens.text);
}

/// Measured figures in the lower left corner; what is not measured yet is left out.
fn paint_figures(ui: &Ui, scene: Scene<'_>, parts: &Parts, status: &StreamStatus) {
    let info = &status.info;
    if info.codec.is_empty() || parts.body.height() < 40.0 {
        return;
    }
    let mut said = info.codec.clone();
    if info.width > 0 {
        said += &format!(" {}×{}", info.width, info.height);
    }
    if status.state == TileState::Live {
        let fps = format!("{:.1}", info.fps);
        said += &format!("  {}", fl!(scene.words, "figures-rate", fps = fps, rate = info.kbit_s));
    }
    if info.dropped > 0 {
        said += &format!("  {}", fl!(scene.words, "figures-dropped", count = info.dropped));
    }
    let galley = text::line(
        ui,
        &said,
        FontId::proportional(11.0),
        DARK.text,
        parts.body.width() - 12.0,
    );
    let at = parts.body.left_bottom() + vec2(6.0, -galley.size().y - 4.0);
    let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(4.0, 1.0));
    ui.painter().rect_filled(behind, 2.0, Color32::from_black_alpha(170));
    ui.painter().galley(text::snapped(ui, at), galley, DARK.text);
}

fn paint_outline(ui: &Ui, tile: &Tile, rect: Rect, response: &Response, tokens: &Tokens) {
    let hovers = response.dnd_hover_payload::<Dragged>().is_some();
    let width = match (hovers, response.has_focus(), tile.selected) {
        (true, _, _) => 3.0,
        (false, true, true) => 2.5,
        (false, _, true) => 1.5,
        (false, _, false) => return,
    };
    ui.painter().rect_stroke(
        rect,
        CornerRadius::ZERO,
        Stroke::new(width, tokens.accent),
        StrokeKind::Inside,
    );
}

fn context_menu(response: &Response, scene: Scene<'_>, tile: &Tile, content: &Content<'_>, acts: &mut Vec<Act>) {
    let words = scene.words;
    response.context_menu(|ui| {
        if let Some(device) = content.device() {
            if ui.button(fl!(words, "menu-alone")).clicked() {
                acts.push(Act::Alone(tile.place));
            }
            if device.enabled && ui.button(fl!(words, "retry-now")).clicked() {
                acts.push(Act::Send(Command::RetryNow(device.id)));
            }
            if ui.button(fl!(words, "menu-edit-device")).clicked() {
                acts.push(Act::EditDevice(device.id));
            }
            ui.separator();
            if ui.button(fl!(words, "menu-clear-tile")).clicked() {
                acts.push(Act::Clear(tile.place));
            }
        }
        if ui.button(fl!(words, "menu-clear-page")).clicked() {
            acts.push(Act::ClearPage);
        }
    });
}

/// The largest rectangle of the picture's shape in the middle of `area`, on whole pixels.
fn fit(size: Vec2, area: Rect, scale: f32) -> Rect {
    if size.x <= 0.0 || size.y <= 0.0 {
        return area;
    }
    let factor = (area.width() / size.x).min(area.height() / size.y);
    let pixels = (size * factor * scale).round().max(vec2(1.0, 1.0));
    let free = (area.size() * scale - pixels) / 2.0;
    let origin = (area.min.to_vec2() * scale + free).round();
    Rect::from_min_size((origin / scale).to_pos2(), pixels / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_lies_on_whole_pixels() {
        let area = Rect::from_min_size(pos2(10.5, 20.0), vec2(400.0, 300.0));
        for scale in [1.0, 1.25, 2.0] {
            let fitted = fit(vec2(1280.0, 720.0), area, scale);
            assert!((fitted.width() / fitted.height() - 16.0 / 9.0).abs() < 0.01);
            assert!(area.expand(1.0).contains_rect(fitted));
            let pixels = fitted.min.to_vec2() * scale;
            assert!((pixels - pixels.round()).length() < 0.01, "{pixels:?}");
        }
        assert_eq!(fit(Vec2::ZERO, area, 1.0), area);
    }
}
