//! Paints a tile: its picture, and words wherever the picture is not live.

use std::sync::Arc;

use egui::{
    Align2, Button, Color32, CornerRadius, Direction, FontId, Galley, Layout, Rect, Response, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, ViewportId, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, Dragged, PaintContext};
use super::caption::{Caption, CaptionSize, split};
use super::icon;
use super::laid::lay;
use super::moved;
use super::picture::Pictures;
use super::record_mark;
use super::road;
use super::sound::{self, Heard};
use super::state::{self, Explanation, Help, Look};
use super::text;
use super::theme::{self, DARK, Tokens};
use super::tile_content::{Content, Spoken, Spot};
use super::zoom_mark::ZoomMark;
use crate::bridge::{Asked, Command, StreamStatus, TileState};
use device::{Device, DeviceId, StreamId};

pub(super) struct Face<'a> {
    paint: PaintContext<'a>,
    spot: Spot<'a>,
    content: &'a Content<'a>,
    look: Option<Look>,
    heard: Option<Heard>,
    header: Rect,
    body: Rect,
    /// The tile has no room for sentences.
    small: bool,
    font: FontId,
    /// How many times as large as usual the words on the tile are.
    scale: f32,
}

impl<'a> Face<'a> {
    pub(super) fn new(
        paint: PaintContext<'a>,
        spot: Spot<'a>,
        content: &'a Content<'a>,
        look: Option<Look>,
        heard: Option<Heard>,
    ) -> Self {
        let caption = Caption::of(paint.text.captions, spot.rect, !spot.several);
        let (header, body) = split(spot.rect, caption);
        let small = body.height() < 112.0 || body.width() < 190.0;
        // With captions of the usual size so is all that is said; larger ones are read from afar, as far as the tile has room.
        let scale = match paint.text.captions {
            CaptionSize::Small => 1.0,
            CaptionSize::Medium | CaptionSize::Large => (caption.font / 14.0)
                .min(body.height() / 130.0)
                .min(body.width() / 220.0)
                .clamp(1.0, 2.5),
        };
        Self {
            paint,
            spot,
            content,
            look,
            heard,
            header,
            body,
            small,
            font: FontId::proportional(caption.font),
            scale,
        }
    }

    pub(super) fn paint(&self, ui: &mut Ui, pictures: &Pictures, response: &Response, acts: &mut Vec<Act>) {
        let tokens = theme::tokens(ui);
        if !self.has_picture() {
            ui.painter().rect_filled(self.spot.rect, 0.0, tokens.tile);
        }
        match self.content {
            Content::Empty => self.paint_empty(ui),
            Content::Asked(..) => self.paint_words(ui, tokens, &Explanation::default(), None, acts),
            Content::Disabled(device, _) => {
                let what = fl!(self.paint.words, "disabled-what", device = device.name.as_str());
                let explained = Explanation {
                    what,
                    ..Explanation::default()
                };
                self.paint_words(ui, tokens, &explained, None, acts);
            }
            Content::Stream {
                device,
                status,
                picture,
                ..
            } => {
                self.paint_picture(ui, status, pictures, *picture, acts);
                if let Some(spoken) = self.spot.spoken {
                    let tokens = if picture.is_some() { &DARK } else { tokens };
                    self.paint_age(ui, tokens, status, spoken, response);
                } else if status.state == TileState::Late && self.spot.said_before {
                    let spoken = Spoken {
                        panel: Rect::NOTHING,
                        since: None,
                    };
                    let tokens = if picture.is_some() { &DARK } else { tokens };
                    self.paint_age(ui, tokens, status, spoken, response);
                } else if picture.is_some() && matches!(status.state, TileState::AwaitingKeyFrame { .. }) {
                    self.paint_strip(ui, status);
                } else if self.spot.said_before && matches!(status.state, TileState::Waiting { failure: None, .. }) {
                    let tokens = if picture.is_some() { &DARK } else { tokens };
                    let figure = state::figure(self.paint.words, status, self.paint.state.now);
                    self.paint_short(ui, tokens, figure.as_deref());
                } else if !status.state.moves() {
                    // Words on a picture are light in both themes, because the picture under them is dimmed.
                    let tokens = if picture.is_some() { &DARK } else { tokens };
                    self.explain(ui, tokens, device, status, acts);
                }
                if self.paint.state.settings.show_figures
                    && let Some(said) = self.figures(status)
                {
                    ui.ctx()
                        .accesskit_node_builder(response.id, |node| node.set_description(said.as_str()));
                    self.paint_figures(ui, &said);
                }
            }
        }
        self.paint_header(ui, tokens, acts);
        record_mark::say_trouble(ui, self.paint, self.content, self.body, &self.font);
        self.paint_outline(ui, response, tokens);
    }

    /// Whether there is a picture to paint. If so, picture, black borders and header cover the whole tile.
    fn has_picture(&self) -> bool {
        matches!(self.content, Content::Stream { picture: Some(_), .. })
    }

    fn paint_empty(&self, ui: &Ui) {
        let (rect, tokens) = (self.spot.rect, theme::tokens(ui));
        if self.spot.tile.selected && rect.width() > 150.0 && rect.height() > 80.0 {
            let width = (rect.width() - 24.0).min(320.0);
            let hint = fl!(self.paint.words, "tile-empty-hint");
            let galley = text::centred(ui, &hint, theme::small(ui), tokens.text_weak, width, 3);
            let at = rect.center() - vec2(0.0, galley.size().y / 2.0);
            ui.painter().galley(text::snapped(ui, at), galley, tokens.text_weak);
        } else {
            let font = FontId::proportional(if self.small { 12.0 } else { 16.0 });
            let faint = tokens.text_weak.gamma_multiply(0.55);
            ui.painter()
                .text(rect.center(), Align2::CENTER_CENTER, self.spot.number, font, faint);
        }
    }

    /// Paints the newest picture, dimmed unless it is live, and tells the decoder how large it is painted.
    fn paint_picture(
        &self,
        ui: &Ui,
        status: &StreamStatus,
        pictures: &Pictures,
        picture: Option<StreamId>,
        acts: &mut Vec<Act>,
    ) {
        let scale = ui.pixels_per_point();
        let crop = self.spot.tile.crop;
        let shape = picture.and_then(|picture| pictures.laid_out_by(picture, &status.slot, crop.aspect));
        let own = || {
            status
                .slot
                .source()
                .map(|(width, height)| vec2(width as f32, height as f32))
        };
        let laid = lay(crop, shape.or_else(own).unwrap_or(self.body.size()), self.body, scale);
        let every = self.paint.state.totals.relief.every(self.spot.tile.selected);
        let frame = ui.ctx().cumulative_frame_nr_for(ViewportId::ROOT);
        let size = (laid.target.x as u32, laid.target.y as u32);
        status.slot.ask(Asked { size, every }, frame);
        let Some(picture) = picture else { return };
        let light = match status.state {
            TileState::Live | TileState::WithoutKeyFrames => u8::MAX,
            TileState::AwaitingKeyFrame { .. } => 160,
            TileState::Late => 120,
            _ => 56,
        };
        ui.painter().rect_filled(self.body, 0.0, Color32::BLACK);
        pictures.paint(ui.painter(), picture, laid.area, laid.part, light);
        if let Some(mark) = shape.and_then(|shape| ZoomMark::lay(crop, shape, self.body)) {
            let names = (self.spot.number, self.spot.tile.place);
            mark.show(ui, self.paint.words, names, crop, laid.part, acts);
        }
    }

    fn explain(&self, ui: &mut Ui, tokens: &Tokens, device: &Device, status: &StreamStatus, acts: &mut Vec<Act>) {
        let (words, now) = (self.paint.words, self.paint.state.now);
        if self.small {
            let figure = state::figure(words, status, now);
            self.paint_short(ui, tokens, figure.as_deref());
        } else {
            let explained = state::explain(words, device, status, now);
            let moved = moved::explain(words, self.paint.state, device.id, status.state.failure());
            let explained = moved.map_or(explained.clone(), |moved| Explanation {
                next: moved.next.clone().or(explained.next),
                ..moved
            });
            let help = explained.help.filter(|help| !self.paint.kiosk || *help == Help::Retry);
            let help = help.map(|help| (help, device.id));
            self.paint_words(ui, tokens, &explained, help, acts);
        }
    }

    /// Says how long the tile shows nothing; why, the panel of its recorder or site says. Where the panel lies, it is left out.
    fn paint_age(&self, ui: &Ui, tokens: &Tokens, status: &StreamStatus, spoken: Spoken, response: &Response) {
        let Some(since) = status.last_picture.or(spoken.since) else {
            return;
        };
        let age = self.paint.state.now.saturating_duration_since(since);
        let said = self.paint.words.age(age);
        ui.ctx()
            .accesskit_node_builder(response.id, |node| node.set_description(said.as_str()));
        let size = (self.body.height() * 0.085).clamp(11.0, 36.0);
        let width = self.body.width() - 8.0;
        let galley = text::line(ui, &said, FontId::proportional(size), tokens.text, width);
        let lowest = self.body.bottom() - galley.size().y / 2.0 - 6.0;
        let middles = [self.body.center().y, lowest];
        let rects = middles.map(|y| Rect::from_center_size(pos2(self.body.center().x, y), galley.size()));
        let free = |rect: &&Rect| !rect.expand(4.0).intersects(spoken.panel);
        if let Some(rect) = rects.iter().find(free) {
            ui.painter().galley(text::snapped(ui, rect.min), galley, tokens.text);
        }
    }

    /// Says across the lower edge what is wrong with a picture that is shown all the same.
    fn paint_strip(&self, ui: &Ui, status: &StreamStatus) {
        let Some(look) = self.look_on(&DARK) else { return };
        let TileState::AwaitingKeyFrame { since } = status.state else {
            return;
        };
        let (words, now) = (self.paint.words, self.paint.state.now);
        let waited = now.saturating_duration_since(since);
        let said = if self.small {
            look.label
        } else {
            state::since_when(words, look.label, waited)
        };
        let height = if self.small {
            16.0
        } else {
            22.0_f32.max(1.5 * self.font.size)
        };
        let strip = self.body.with_min_y((self.body.bottom() - height).max(self.body.top()));
        ui.painter().rect_filled(strip, 0.0, Color32::from_black_alpha(190));
        let icon = Rect::from_center_size(pos2(strip.left() + 12.0, strip.center().y), Vec2::splat(height - 8.0));
        icon::paint(ui.painter(), look.icon, icon, look.color);
        let rest = strip.with_min_x(icon.right() + 6.0);
        let galley = text::line(ui, &said, self.font.clone(), DARK.text, rest.width() - 4.0);
        text::paint_left(ui, rest, galley, DARK.text);
    }

    /// Paints the icon, the name of the state and one figure.
    fn paint_short(&self, ui: &Ui, tokens: &Tokens, figure: Option<&str>) {
        let Some(look) = self.look_on(tokens) else { return };
        let size = if self.small { 11.0 } else { 13.0 };
        let font = FontId::proportional(size * self.scale);
        let width = self.body.width() - 8.0;
        let mut lines = vec![text::centred(ui, &look.label, font.clone(), look.color, width, 1)];
        lines.extend(figure.map(|figure| text::centred(ui, figure, font, tokens.text, width, 1)));
        let (icon, gap) = if self.small { (16.0, 2.0) } else { (26.0, 6.0) };
        self.paint_stack(ui, &look, icon * self.scale, gap * self.scale, lines, 0.0);
    }

    /// Paints the icon, as many sentences as fit, and the button that helps, in the middle of the body.
    fn paint_words(
        &self,
        ui: &mut Ui,
        tokens: &Tokens,
        said: &Explanation,
        help: Option<(Help, DeviceId)>,
        acts: &mut Vec<Act>,
    ) {
        if self.small {
            return self.paint_short(ui, tokens, None);
        }
        let Some(look) = self.look_on(tokens) else { return };
        let width = (self.body.width() - 20.0).min(440.0 * self.scale);
        let room = self.body.height() / self.scale;
        let rows = if room > 200.0 { 3 } else { 2 };
        let advice = said.advice.as_ref().filter(|_| room > 230.0);
        let mut lines = Vec::new();
        for (sentence, size, color) in [
            (Some(&said.what), 13.0, tokens.text),
            (said.next.as_ref(), 13.0, tokens.text),
            (advice, 12.0, tokens.text_weak),
        ] {
            if let Some(sentence) = sentence.filter(|sentence| !sentence.is_empty()) {
                lines.push(text::centred(
                    ui,
                    sentence,
                    FontId::proportional(size * self.scale),
                    color,
                    width,
                    rows,
                ));
            }
        }
        let button = if help.is_some() { 26.0 * self.scale } else { 0.0 };
        let end = self.paint_stack(ui, &look, 26.0 * self.scale, 6.0 * self.scale, lines, button);
        if let Some(help) = help {
            let centre = pos2(self.body.center().x, end + button / 2.0);
            self.help_button(
                ui,
                Rect::from_center_size(centre, vec2(width.min(180.0 * self.scale), button)),
                help,
                acts,
            );
        }
    }

    /// Paints icon and lines one under the other, leaves `below` points free under them and says where these begin.
    fn paint_stack(&self, ui: &Ui, look: &Look, size: f32, gap: f32, lines: Vec<Arc<Galley>>, below: f32) -> f32 {
        let lines_height: f32 = lines.iter().map(|line| gap + line.size().y).sum();
        let rest = if below > 0.0 { below + 2.0 * gap } else { 0.0 };
        let body = self.body.shrink(2.0);
        let mut y = (body.center().y - (size + lines_height + rest) / 2.0).max(body.top());
        let centre = pos2(body.center().x, y + size / 2.0);
        icon::paint(
            ui.painter(),
            look.icon,
            Rect::from_center_size(centre, Vec2::splat(size)),
            look.color,
        );
        y += size;
        for line in lines {
            y += gap;
            let height = line.size().y;
            if y + height <= body.bottom() + 1.0 {
                ui.painter()
                    .galley(text::snapped(ui, pos2(body.center().x, y)), line, look.color);
            }
            y += height;
        }
        y + 2.0 * gap
    }

    fn help_button(&self, ui: &mut Ui, rect: Rect, (help, device): (Help, DeviceId), acts: &mut Vec<Act>) {
        if !self.body.contains_rect(rect) {
            return;
        }
        let layout = Layout::centered_and_justified(Direction::TopDown);
        ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
            theme::enlarge(ui, self.scale);
            let words = self.paint.words;
            let (label, act) = match help {
                Help::Retry => (fl!(words, "retry-now"), Act::Send(Command::RetryNow(device))),
                Help::Edit => (fl!(words, "menu-edit-device"), Act::EditDevice(device)),
                Help::Trust => {
                    let act = Act::Send(Command::TrustCertificate(device));
                    (fl!(words, "menu-trust-certificate"), act)
                }
                Help::Move => {
                    let label = moved::label(words, self.paint.state, Some(device));
                    (label, Act::Send(Command::TakeMoved(device)))
                }
            };
            if ui.add(Button::new(label).truncate()).clicked() {
                acts.push(act);
            }
        });
    }

    /// Paints the channel's name on the left, and on the right the state and the time of the picture where there is
    /// room.
    fn paint_header(&self, ui: &Ui, tokens: &Tokens, acts: &mut Vec<Act>) {
        let (Some(look), Some((device, channel))) = (&self.look, self.content.channel()) else {
            return;
        };
        ui.painter().rect_filled(self.header, 0.0, tokens.tile_header);
        let mut inner = self.header.shrink2(vec2(6.0, 0.0));
        if let Some(single) = &self.spot.single {
            let place = (&self.font, self.spot.tile.place);
            let end = single.show(ui, self.paint.words, tokens, inner, place, acts);
            inner.min.x = end + 10.0;
        }
        let size = self.font.size;
        let icon = Rect::from_center_size(pos2(inner.left() + size / 2.0, inner.center().y), Vec2::splat(size));
        icon::paint(ui.painter(), look.icon, icon, look.color);
        inner.min.x = icon.right() + 5.0;
        // The loudspeaker shortens the name, not the clock.
        let room = inner.width() - if self.heard.is_some() { sound::SIGN + 4.0 } else { 0.0 };
        if let Some(heard) = &self.heard {
            let end = heard.sign(ui, self.paint.words, tokens, inner, &self.font, acts);
            inner.min.x = end + 4.0;
        }

        inner.min.x = record_mark::sign(ui, self.paint, channel, inner, &self.font);
        let aside = [
            (self.time(), tokens.text_weak, 190.0),
            (Some(look.label.clone()), look.color, 120.0),
            (road::mark(self.paint.state, device), tokens.text_weak, 230.0),
        ];
        for (said, color, least) in aside {
            if let Some(said) = said.filter(|_| room > least * size.max(12.0) / 12.0) {
                let galley = text::line(ui, &said, self.font.clone(), color, room * 0.45);
                let at = Rect::from_min_max(pos2(inner.right() - galley.size().x, inner.top()), inner.right_bottom());
                inner.max.x = at.left() - 8.0;
                text::paint_left(ui, at, galley, color);
            }
        }
        let name = state::tile_name(self.paint, device, channel, self.spot.tile.origin);
        let galley = text::line(ui, &name, self.font.clone(), tokens.text, inner.width());
        let after = inner.left() + galley.size().x + 8.0;
        text::paint_left(ui, inner, galley, tokens.text);
        if inner.right() - after > 64.0 {
            inner.min.x = after;
            let device = self.paint.state.registry.label_of(device);
            let galley = text::line(ui, &device, self.font.clone(), tokens.text_weak, inner.width());
            text::paint_left(ui, inner, galley, tokens.text_weak);
        }
    }

    /// When the picture was made that is shown; for how long there is none, where its stream failed.
    fn time(&self) -> Option<String> {
        let Content::Stream { status, .. } = self.content else {
            return None;
        };
        if status.state.has_pictures() {
            return status.last_picture_clock.map(state::clock);
        }
        let since = status.last_picture.filter(|_| self.spot.spoken.is_none())?;
        let age = self.paint.state.now.saturating_duration_since(since);
        Some(self.paint.words.age(age))
    }

    /// The measured figures as text, without those that are not measured yet.
    fn figures(&self, status: &StreamStatus) -> Option<String> {
        let info = &status.info;
        if info.codec.is_empty() || self.body.height() < 40.0 {
            return None;
        }
        let mut said = info.codec.clone();
        if info.width > 0 {
            said += &format!(" {}×{}", info.width, info.height);
        }
        if status.state.moves() {
            let fps = if info.fps > 0.0 && info.fps < 0.95 {
                format!("{:.2}", info.fps)
            } else {
                format!("{:.1}", info.fps)
            };
            said += &format!(
                "  {}",
                fl!(self.paint.words, "figures-rate", fps = fps, rate = info.kbit_s)
            );
        }
        if let Some(delay) = info.delay.filter(|_| status.state.moves()) {
            said += &format!(
                "  {}",
                fl!(self.paint.words, "figures-delay", ms = (delay.as_millis() as u64))
            );
        }
        if info.dropped > 0 {
            said += &format!("  {}", fl!(self.paint.words, "figures-dropped", count = info.dropped));
        }
        Some(said)
    }

    /// Paints the figures into the lower left corner.
    fn paint_figures(&self, ui: &Ui, said: &str) {
        let galley = text::line(
            ui,
            said,
            FontId::proportional(11.0 * self.scale),
            DARK.text,
            self.body.width() - 16.0,
        );
        let at = self.body.left_bottom() + vec2(8.0, -galley.size().y - 5.0);
        let behind = Rect::from_min_size(at, galley.size()).expand2(vec2(5.0, 2.0));
        ui.painter().rect_filled(behind, 3.0, Color32::from_black_alpha(170));
        ui.painter().galley(text::snapped(ui, at), galley, DARK.text);
    }

    fn paint_outline(&self, ui: &Ui, response: &Response, tokens: &Tokens) {
        let hovers = response.dnd_hover_payload::<Dragged>().is_some();
        let width = match (hovers, response.has_focus(), self.spot.tile.selected) {
            (true, _, _) => 3.0,
            (false, true, true) => 2.5,
            (false, _, true) => 1.5,
            (false, _, false) => return,
        };
        let stroke = Stroke::new(width, tokens.accent);
        ui.painter()
            .rect_stroke(self.spot.rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }

    /// The look of the tile's state in the colours of the ground it is painted on.
    fn look_on(&self, tokens: &Tokens) -> Option<Look> {
        self.content.look(self.paint, tokens)
    }
}
