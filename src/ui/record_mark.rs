//! That a tile is recorded: a red point with the time since when, once pictures have reached the disk; and why they do not.

use egui::{Color32, FontId, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::{state, text};
use crate::bridge::{RecordingTrouble, RecordingView};
use crate::i18n::Words;
use device::{ChannelId, StreamId, StreamKind};

/// The red of what is being recorded; on every ground.
pub(super) const RECORDS: Color32 = Color32::from_rgb(0xf0, 0x3a, 0x3a);

/// The sign of one channel that is recorded.
pub(super) struct Mark<'a> {
    channel: ChannelId,
    view: &'a RecordingView,
}

/// The sign of a channel, where pictures of it are being written.
pub(super) fn of(paint: PaintContext<'_>, channel: ChannelId) -> Option<Mark<'_>> {
    let view = views(paint, channel).find(|view| view.since.is_some())?;
    Some(Mark { channel, view })
}

fn views(paint: PaintContext<'_>, channel: ChannelId) -> impl Iterator<Item = &RecordingView> {
    let kinds = [StreamKind::Main, StreamKind::Sub].into_iter();
    let recordings = &paint.state.recordings.now;
    kinds.filter_map(move |kind| recordings.get(&StreamId { channel, kind }))
}

impl Mark<'_> {
    /// Paints it at the left of `inner`; where it ends.
    pub(super) fn paint(&self, ui: &Ui, words: &Words, inner: Rect, font: &FontId) -> f32 {
        let radius = font.size * 0.36;
        let centre = pos2(inner.left() + radius, inner.center().y);
        let place = Rect::from_center_size(centre, Vec2::splat(inner.height().min(radius * 3.0)));
        let id = Id::unique(("recorded", self.channel, ui.ctx().viewport_id()));
        let since = self.view.since_clock.map(state::clock).unwrap_or_default();
        let said = fl!(words, "recorded-since", time = since);
        let response = ui.interact(place, id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        ui.painter().circle_filled(centre, radius, RECORDS);
        response.on_hover_text(said);
        inner.left() + 2.0 * radius
    }
}

/// Why not all of a channel is recorded that should be.
pub(super) fn trouble(paint: PaintContext<'_>, channel: ChannelId) -> Option<String> {
    let words = paint.words;
    let trouble = views(paint, channel).find_map(|view| view.trouble.as_ref())?;
    Some(match trouble {
        RecordingTrouble::TooSlow { groups } => fl!(words, "record-too-slow", count = (*groups)),
        RecordingTrouble::NoSpace => fl!(words, "record-no-space"),
        RecordingTrouble::Write(reason) => fl!(words, "record-not-written", reason = reason.as_str()),
        RecordingTrouble::Codec(codec) => fl!(words, "record-codec", codec = codec.as_str()),
    })
}

/// Says it across the upper edge of the tile's body.
pub(super) fn paint_trouble(ui: &Ui, body: Rect, said: &str, font: &FontId) {
    let height = (1.5 * font.size).min(body.height());
    let strip = body.with_max_y(body.top() + height);
    ui.painter().rect_filled(strip, 0.0, Color32::from_black_alpha(200));
    let galley = text::line(ui, said, font.clone(), Color32::from_rgb(0xff, 0xc8, 0x5a), strip.width() - 12.0);
    text::paint_left(ui, strip.shrink2(egui::vec2(6.0, 0.0)), galley, Color32::WHITE);
}
