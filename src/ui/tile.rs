//! One tile of the wall: what stands on it and what can be done with it. How it is painted stands in `ui::face`.

use std::time::Duration;

use egui::{EventFilter, Response, Sense, Ui};
use i18n_embed_fl::fl;

use super::act::{Act, DiagnoseWhat, Dragged, PaintContext, SteerAct};
use super::caption::{self, Caption};
use super::context_key;
use super::face::Face;
use super::picture::Pictures;
use super::playback::{self, PlaybackPanel};
use super::road;
use super::sound;
use super::state::{self, Look};
use super::steer::{self, SteerPanel};
use super::theme;
use super::tile_content::{Content, Spot};
use super::tile_id::id;
pub use super::tile_id::is_tile;
use super::tile_offer::Offer;
use super::tile_tools::Tools;
use super::virtual_node;
use super::zoom::{self, Lens};
use super::zoom_mark::ZoomMark;
use crate::bridge::{Command, PlaybackWish, StreamStatus, TileState};
use device::{ChannelId, Device, StreamId, StreamKind};
use wall::{Crop, Demand, Tile, Zoom};

/// The streams that a channel may use, and their newest pictures.
pub struct PictureSource<'a> {
    pub demand: &'a Demand,
    pub pictures: &'a mut Pictures,
}

/// Paints a tile and reports what is done with it.
pub fn show(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    spot: Spot<'_>,
    source: &mut PictureSource<'_>,
    acts: &mut Vec<Act>,
) -> Response {
    let content = content(ui, paint, spot.tile, source);
    let recorded = content
        .channel()
        .and_then(|(_, channel)| playback::of(paint.state, channel));
    let look = content.look(paint, theme::tokens(ui)).map(|look| match recorded {
        Some(status) => playback::look(paint, theme::tokens(ui), status, spot.rect.width()),
        None => look,
    });
    let response = sense(ui, paint, spot, &content, look.as_ref(), acts);
    let lens = lens(paint, spot, &content, source.pictures);
    let steered = content
        .channel()
        .is_some_and(|(_, channel)| paint.steered == Some(channel));
    // Wheel and keys are the camera's while it is steered.
    let panel = recorded.and_then(|_| {
        playback::place(caption::split(spot.rect, Caption::of(paint.text.captions, spot.rect, !spot.several)).1)
    });
    let on_panel = panel.is_some_and(|panel| ui.rect_contains_pointer(panel));
    if let Some(lens) = lens.filter(|_| !steered && !on_panel) {
        lens.sense(ui, &response, acts);
    }
    let heard = sound::heard(paint, source.demand, spot.tile, spot.number);
    let listened = heard.is_some();
    Face::new(paint, spot, &content, look, heard).paint(ui, source.pictures, &response, acts);
    alarm_border(ui, paint, spot, &content, &response);
    let offer = Offer::of(paint, spot.tile, &content, spot.several, source.demand);
    let body = caption::split(spot.rect, Caption::of(paint.text.captions, spot.rect, !spot.several)).1;
    let mark = lens.and_then(|lens| ZoomMark::lay(spot.tile.crop, lens.picture, body));
    let tools = Tools {
        paint,
        spot,
        content: &content,
        offer,
        listened,
        lens,
        body,
        taken: mark.map_or(0.0, |mark| mark.width()),
    };
    let more = tools.show(ui, &response, acts);
    if let Some((_, channel)) = content
        .channel()
        .filter(|_| recorded.is_none() && offer.steer && (offer.picture || steered))
    {
        let panel = SteerPanel {
            paint,
            channel,
            place: spot.tile.place,
            number: spot.number,
            body,
        };
        panel.show(ui, &response, acts);
    }
    if let (Some(status), Some((_, channel))) = (recorded, content.channel()) {
        let panel = PlaybackPanel {
            paint,
            status,
            channel,
            number: spot.number,
            body,
        };
        panel.show(ui, acts);
    }
    // The key means the selected tile, unless the keyboard is somewhere else.
    let elsewhere = ui.memory(|memory| memory.focused()).is_some_and(|id| !is_tile(id));
    let by_key = more || spot.tile.selected && !elsewhere && context_key::take(ui);
    // A kiosk has nothing to offer on an empty tile.
    if !paint.kiosk || content.channel().is_some() {
        context_key::menu(&response, by_key, |ui| {
            if paint.kiosk {
                kiosk_menu(ui, paint, spot.tile, &content, (offer, listened), acts);
            } else {
                context_menu(ui, paint, spot.tile, &content, (offer, listened), acts);
            }
        });
    }
    // A panel says it already.
    match advice(paint, &content).filter(|_| spot.spoken.is_none()) {
        Some(advice) => response.on_hover_text(advice),
        None => match content
            .channel()
            .and_then(|(device, _)| road::sentence(paint.words, paint.state, device))
        {
            Some(road) => response.on_hover_text(road),
            None => response,
        },
    }
}

/// The border of a camera that an alarm is about. Most of the time there is none, so that an idle wall pays one look.
fn alarm_border(ui: &Ui, paint: PaintContext<'_>, spot: Spot<'_>, content: &Content<'_>, response: &Response) {
    let bordered = &paint.state.events.bordered;
    if bordered.is_empty()
        || !content
            .channel()
            .is_some_and(|(_, channel)| bordered.contains(&channel))
    {
        return;
    }
    let stroke = egui::Stroke::new(3.0, theme::tokens(ui).offline);
    ui.painter()
        .rect_stroke(spot.rect, 0.0, stroke, egui::StrokeKind::Inside);
    let said = fl!(paint.words, "alarm-tile");
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(said.as_str()));
}

/// The picture as wheel, drag and keys zoom it; `None` without a picture.
fn lens(paint: PaintContext<'_>, spot: Spot<'_>, content: &Content<'_>, pictures: &Pictures) -> Option<Lens> {
    let Content::Stream { status, picture, .. } = content else {
        return None;
    };
    let crop = spot.tile.crop;
    Some(Lens {
        place: spot.tile.place,
        crop,
        picture: pictures.laid_out_by((*picture)?, &status.slot, crop.aspect)?,
        body: caption::split(spot.rect, Caption::of(paint.text.captions, spot.rect, !spot.several)).1,
    })
}

/// The tooltip of a tile without a live picture: what happened and what a person can do. A small tile has no room for
/// it.
fn advice(paint: PaintContext<'_>, content: &Content<'_>) -> Option<String> {
    let Content::Stream { device, status, .. } = content else {
        return None;
    };
    if !matches!(
        status.state,
        TileState::AwaitingKeyFrame { .. } | TileState::WithoutKeyFrames
    ) {
        status.state.failure()?;
    }
    let explained = state::explain(paint.words, device, status, paint.state.now);
    Some(format!("{}\n{}\n{}", device.name, explained.what, explained.advice?))
}

/// The wait before the first picture of a live stream is looked for again.
const FIRST_PICTURE: Duration = Duration::from_millis(20);

/// Finds what the tile shows and takes new pictures.
fn content<'a>(ui: &Ui, paint: PaintContext<'a>, tile: &Tile, source: &mut PictureSource<'_>) -> Content<'a> {
    let Some(channel) = tile.channel else {
        return Content::Empty;
    };
    let Some(device) = paint.state.registry.device(channel.device) else {
        return Content::Empty;
    };
    if !device.enabled {
        return Content::Disabled(device, channel);
    }
    if let Some(recorded) = playback::of(paint.state, channel) {
        let pictures = playback::pictures_of(channel);
        source.pictures.take(ui.ctx(), pictures, &recorded.stream.slot);
        return Content::Stream {
            device,
            channel,
            status: &recorded.stream,
            picture: source.pictures.size(pictures).map(|_| pictures),
        };
    }
    let mut best: Option<(&StreamStatus, Option<StreamId>)> = None;
    for stream in source.demand.streams(channel, tile.crop.choice) {
        let Some(status) = paint.state.streams.get(&stream) else {
            continue;
        };
        source.pictures.take(ui.ctx(), stream, &status.slot);
        let picture = source.pictures.size(stream).map(|_| stream);
        if picture.is_none() && status.state.moves() {
            // The first picture is on its way.
            ui.ctx().request_repaint_after(FIRST_PICTURE);
        }
        best = Some(match best {
            // The preferred stream comes first; the other one stands in while the first shows nothing.
            Some((first, shown)) if first.state.moves() && shown.is_some() => (first, shown),
            Some(_) if status.state.moves() && picture.is_some() => (status, picture),
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
    paint: PaintContext<'_>,
    spot: Spot<'_>,
    content: &Content<'_>,
    look: Option<&Look>,
    acts: &mut Vec<Act>,
) -> Response {
    let (words, tile, place) = (paint.words, spot.tile, spot.tile.place);
    let focus = if tile.selected {
        Sense::FOCUSABLE
    } else {
        Sense::empty()
    };
    let response = ui.interact(spot.rect, id(spot.number), Sense::CLICK | Sense::DRAG | focus);
    response.widget_info(|| {
        let label = match (content.channel(), look) {
            (Some((device, channel)), Some(look)) => {
                let name = state::tile_name(paint, device, channel, tile.origin);
                let name = state::of_device(words, &paint.state.registry, &name, device);
                fl!(
                    words,
                    "tile-label",
                    number = spot.number,
                    name = name,
                    state = look.label.as_str()
                )
            }
            _ => fl!(words, "tile-label-empty", number = spot.number),
        };
        egui::WidgetInfo::selected(egui::Role::Button, true, tile.selected, label)
    });
    if response.double_clicked() && tile.crop.is_zoomed() {
        let zoom = Zoom::default();
        acts.push(Act::Crop(place, Crop { zoom, ..tile.crop }));
    } else if response.double_clicked() {
        acts.push(Act::Alone(place));
    } else if response.clicked() || response.secondary_clicked() {
        acts.push(Act::Select(place));
        response.request_focus();
    }
    if response.has_focus() && !response.context_menu_opened() {
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    }
    // A drag pans an enlarged picture and moves any other tile.
    if tile.channel.is_some() && !tile.crop.is_zoomed() && !paint.kiosk {
        response.dnd_set_drag_payload(Dragged::Tile(place));
    }
    if let Some(dropped) = response.dnd_release_payload::<Dragged>() {
        acts.push(match &*dropped {
            Dragged::Channels(_, channels) | Dragged::Devices(.., channels) => Act::Put(Some(place), channels.clone()),
            Dragged::Virtual(_, id, channels) => Act::PutVirtual(Some(place), *id, channels.clone()),
            Dragged::Tile(from) => Act::Swap(*from, place),
        });
    }
    response
}

/// The context menu of a kiosk, with what passers-by may do.
fn kiosk_menu(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    tile: &Tile,
    content: &Content<'_>,
    (offer, listened): (Offer, bool),
    acts: &mut Vec<Act>,
) {
    let words = paint.words;
    let Some((device, channel)) = content.channel() else {
        return;
    };
    alone_and_retry(ui, paint, tile, device, offer, acts);
    if offer.sound {
        sound::menu(ui, paint, channel, listened, acts);
    }
    ui.separator();
    zoom::menu(ui, words, tile.place, tile.crop, acts);
}

fn alone_and_retry(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    tile: &Tile,
    device: &Device,
    offer: Offer,
    acts: &mut Vec<Act>,
) {
    let words = paint.words;
    let alone = match tile.alone {
        true => Some(fl!(words, "menu-all-tiles")),
        false => offer.alone.then(|| fl!(words, "menu-alone")),
    };
    if alone.is_some_and(|alone| virtual_node::entry(ui, &alone, "Enter")) {
        acts.push(Act::Alone(tile.place));
    }
    if offer.retry && virtual_node::entry(ui, &fl!(words, "retry-now"), "R") {
        acts.push(Act::Send(Command::RetryNow(device.id)));
    }
}

fn steer_menu(ui: &mut Ui, paint: PaintContext<'_>, place: usize, channel: ChannelId, acts: &mut Vec<Act>) {
    let words = paint.words;
    let (name, act) = match paint.steered == Some(channel) {
        true => (fl!(words, "steer-end"), SteerAct::End),
        false => (fl!(words, "steer"), SteerAct::Begin(place, channel)),
    };
    if virtual_node::entry(ui, &name, "P") {
        acts.push(Act::Steer(act));
    }
    ui.menu_button(fl!(words, "steer-presets"), |ui| {
        steer::menu::entries(ui, paint, channel, acts);
    });
}

fn playback_menu(ui: &mut Ui, paint: PaintContext<'_>, channel: ChannelId, acts: &mut Vec<Act>) {
    let words = paint.words;
    let (name, wish) = match playback::of(paint.state, channel) {
        Some(_) => (fl!(words, "menu-live"), PlaybackWish::Close),
        None => (fl!(words, "menu-playback"), PlaybackWish::Open(None)),
    };
    if virtual_node::entry(ui, &name, "B") {
        acts.push(Act::Send(Command::Playback(channel, wish)));
    }
}

fn context_menu(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    tile: &Tile,
    content: &Content<'_>,
    (offer, listened): (Offer, bool),
    acts: &mut Vec<Act>,
) {
    let words = paint.words;
    if let Some((device, channel)) = content.channel() {
        alone_and_retry(ui, paint, tile, device, offer, acts);
        if content.shows_new_certificate() && virtual_node::plain(ui, fl!(words, "menu-trust-certificate")) {
            acts.push(Act::Send(Command::TrustCertificate(device.id)));
        }
        if offer.snapshot && virtual_node::entry(ui, &fl!(words, "menu-snapshot"), "Ctrl+S") {
            acts.push(Act::Send(Command::SaveSnapshot(channel)));
        }
        if let Some((stream, on)) = offer.record {
            let name = if on {
                fl!(words, "menu-record")
            } else {
                fl!(words, "menu-record-end")
            };
            if virtual_node::entry(ui, &name, "Ctrl+R") {
                acts.push(Act::Send(Command::Record(stream, on)));
            }
        }
        if offer.sound {
            sound::menu(ui, paint, channel, listened, acts);
        }
        if offer.playback {
            playback_menu(ui, paint, channel, acts);
        }
        if virtual_node::plain(ui, fl!(words, "menu-diagnose")) {
            let kind = StreamKind::Main;
            acts.push(Act::Diagnose(DiagnoseWhat::Stream(StreamId { channel, kind })));
        }
        if offer.steer {
            steer_menu(ui, paint, tile.place, channel, acts);
        }
        if virtual_node::plain(ui, fl!(words, "menu-edit-device")) {
            acts.push(Act::EditDevice(device.id));
        }
        ui.separator();
        zoom::menu(ui, words, tile.place, tile.crop, acts);
        ui.separator();
        if virtual_node::entry(ui, &fl!(words, "menu-clear-tile"), "Delete") {
            acts.push(Act::Clear(tile.place));
        }
    }
    if let Some(channel) = tile.channel {
        virtual_node::group_menu(ui, paint, &[channel], acts);
        ui.separator();
    }
    if virtual_node::plain(ui, fl!(words, "menu-clear-page")) {
        acts.push(Act::ClearPage);
    }
}
