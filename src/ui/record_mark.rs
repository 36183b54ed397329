//! That a tile is recorded: a red point with the time since when, once pictures have reached the disk; and why they do not.

use egui::accesskit::Role;
use egui::{Color32, FontId, Id, Rect, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::theme::DARK;
use super::tile_content::Content;
use super::{state, text};
use crate::bridge::{RecordingTrouble, RecordingView};
use device::{ChannelId, StreamId, StreamKind};

/// The red of what is being recorded; on every ground.
pub(super) const RECORDS: Color32 = Color32::from_rgb(0xf0, 0x3a, 0x3a);

fn views(paint: PaintContext<'_>, channel: ChannelId) -> impl Iterator<Item = &RecordingView> {
    let kinds = [StreamKind::Main, StreamKind::Sub].into_iter();
    let recordings = &paint.state.recordings.now;
    kinds.filter_map(move |kind| recordings.get(&StreamId { channel, kind }))
}

/// Paints the sign of a channel at the left of `inner`, where pictures of it are being written; where the rest begins.
pub(super) fn sign(ui: &Ui, paint: PaintContext<'_>, channel: ChannelId, inner: Rect, font: &FontId) -> f32 {
    let Some(view) = views(paint, channel).find(|view| view.since.is_some()) else {
        return inner.left();
    };
    let radius = font.size * 0.36;
    let centre = pos2(inner.left() + radius, inner.center().y);
    let place = Rect::from_center_size(centre, Vec2::splat(inner.height().min(radius * 3.0)));
    let id = Id::unique(("recorded", channel, ui.ctx().viewport_id()));
    let since = view.since_clock.map(state::clock).unwrap_or_default();
    let said = fl!(paint.words, "recorded-since", time = since);
    let response = ui.interact(place, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.painter().circle_filled(centre, radius, RECORDS);
    response.on_hover_text(said);
    inner.left() + 2.0 * radius + 4.0
}

/// Why not all of a channel is recorded that should be.
fn trouble(paint: PaintContext<'_>, channel: ChannelId) -> Option<String> {
    let words = paint.words;
    let trouble = views(paint, channel).find_map(|view| view.trouble.as_ref())?;
    Some(match trouble {
        RecordingTrouble::TooSlow { groups } => fl!(words, "record-too-slow", count = (*groups)),
        RecordingTrouble::NoSpace => fl!(words, "record-no-space"),
        RecordingTrouble::Write(reason) => fl!(words, "record-not-written", reason = reason.as_str()),
        RecordingTrouble::Codec(codec) => fl!(words, "record-codec", codec = codec.as_str()),
    })
}

/// Says across the upper edge of the tile's body what is not recorded that should be, and why.
pub(super) fn say_trouble(ui: &Ui, paint: PaintContext<'_>, content: &Content<'_>, body: Rect, font: &FontId) {
    let said = content.channel().and_then(|(_, channel)| trouble(paint, channel));
    let Some(said) = said else { return };
    let height = (1.5 * font.size).min(body.height());
    let strip = body.with_max_y(body.top() + height);
    ui.painter().rect_filled(strip, 0.0, Color32::from_black_alpha(200));
    let galley = text::line(ui, &said, font.clone(), DARK.late, strip.width() - 12.0);
    text::paint_left(ui, strip.shrink2(vec2(6.0, 0.0)), galley, DARK.late);
}
