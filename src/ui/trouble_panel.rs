//! The one panel that says for all tiles of a recorder or a site what is wrong, laid out and painted.

use std::sync::Arc;

use egui::{
    Button, Color32, FontId, Galley, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::caption::Caption;
use super::icon::{self, Icon};
use super::state::Help;
use super::text;
use super::theme::{self, Tokens};
use super::trouble::{self, Cause, Place, Said, Scope, Trouble};
use crate::bridge::Command;

/// A panel where it lies, with what it says.
pub(super) struct Panel<'a> {
    trouble: &'a Trouble,
    /// The tiles that it speaks for, by their index on the page.
    tiles: Vec<usize>,
    said: Said,
    laid: Laid,
}

/// The measures of a panel at one scale.
struct Laid {
    rect: Rect,
    scale: f32,
    /// From top to bottom, under each other.
    lines: Vec<Line>,
    name: Arc<Galley>,
    aside: Arc<Galley>,
    button: Option<Vec2>,
    answer: Option<Arc<Galley>>,
}

struct Line {
    galley: Arc<Galley>,
    color: Color32,
}

/// How large letters may become where there is room, for those who look from afar.
const SCALES: [f32; 7] = [2.5, 2.0, 1.75, 1.5, 1.25, 1.1, 1.0];

/// The measures at scale 1, in points.
const PADDING: f32 = 12.0;
const GAP: f32 = 4.0;
const ICON: f32 = 16.0;
const WIDTH: f32 = 440.0;
const LEAST_WIDTH: f32 = 170.0;
const BUTTON: f32 = 26.0;

impl<'a> Panel<'a> {
    /// Lays the panel of `place` over its tiles: as large as fits between two headers, else as large as fits. `None`: there is no
    /// room, and the tiles say it themselves.
    pub(super) fn lay(ui: &Ui, paint: PaintContext<'a>, place: &Place, area: Rect, rects: &[Rect]) -> Option<Self> {
        let trouble = paint.troubles.get(place.trouble)?;
        let said = trouble::said(paint.words, paint.state, trouble);
        let said = Said {
            help: said.help.filter(|help| !paint.kiosk || *help == Help::Retry),
            ..said
        };
        let own = place.tiles.iter().filter_map(|index| rects.get(*index));
        let bodies: Vec<Rect> = own
            .filter(|rect| area.expand(1.0).contains_rect(**rect))
            .map(|rect| super::face::split(*rect, Caption::of(paint.text.captions, *rect)).1)
            .collect();
        let tallest = bodies.iter().map(Rect::height).fold(0.0, f32::max);
        let room = area.shrink(6.0);
        let full = SCALES.iter().map(|scale| (*scale, true));
        let ways = full.chain([(1.0, false)]);
        let all: Vec<(f32, bool)> = ways.collect();
        let fits = |height: f32, way: &(f32, bool)| {
            let laid = measure(ui, paint, &said, room.width(), *way)?;
            (laid.rect.height() <= height).then_some(laid)
        };
        let between = all.iter().find_map(|way| fits(tallest - 8.0, way));
        let laid = between.or_else(|| all.iter().rev().find_map(|way| fits(room.height(), way)))?;
        let laid = laid.put(ui, area, &bodies);
        let tiles = place.tiles.clone();
        Some(Self {
            trouble,
            tiles,
            said,
            laid,
        })
    }

    pub(super) fn rect(&self) -> Rect {
        self.laid.rect
    }

    pub(super) fn trouble(&self) -> &'a Trouble {
        self.trouble
    }

    /// Whether it says what is wrong with this tile of the page.
    pub(super) fn speaks_for(&self, tile: usize) -> bool {
        self.tiles.contains(&tile)
    }

    pub(super) fn show(&self, ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
        let tokens = theme::tokens(ui);
        let Laid { rect, scale, .. } = self.laid;
        let (sign, color) = sign(self.trouble, tokens);
        ui.painter().rect_filled(rect, 6.0 * scale, tokens.panel);
        let edge = Stroke::new(1.0, color.gamma_multiply(0.7));
        ui.painter().rect_stroke(rect, 6.0 * scale, edge, StrokeKind::Inside);
        let (first, viewport) = (self.tiles.first().copied(), ui.ctx().viewport_id());
        let id = |part: usize| Id::unique(("panel of a trouble", first, part, viewport));
        let inner = rect.shrink(PADDING * scale);
        let mark = Rect::from_min_size(inner.min, Vec2::splat(ICON * scale));
        icon::paint(ui.painter(), sign, mark, color);
        let title = Rect::from_min_max(
            pos2(mark.right() + 8.0 * scale, inner.top()),
            pos2(inner.right(), mark.bottom()),
        );
        let label = |rect: Rect, part: usize, said: &str| {
            let response = ui.interact(rect, id(part), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
            response
        };
        let name = label(title, 0, &self.said.name);
        name.on_hover_text(format!("{} · {}", self.said.name, self.said.aside));
        text::paint_left(ui, title, Arc::clone(&self.laid.name), tokens.text);
        let after = title.with_min_x(title.left() + self.laid.name.size().x + 10.0 * scale);
        text::paint_left(ui, after, Arc::clone(&self.laid.aside), tokens.text_weak);
        let spoken = [
            Some(&self.said.cause),
            Some(&self.said.timing),
            self.said.advice.as_ref(),
        ];
        let mut y = title.bottom() + GAP * scale;
        for (part, (line, said)) in self.laid.lines.iter().zip(spoken.into_iter().flatten()).enumerate() {
            let at = pos2(inner.left(), y);
            label(Rect::from_min_size(at, line.galley.size()), part + 1, said);
            ui.painter()
                .galley(text::snapped(ui, at), Arc::clone(&line.galley), line.color);
            y += line.galley.size().y + GAP * scale;
        }
        let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - BUTTON * scale), inner.max);
        let mut left = foot.left();
        if let (Some(size), Some(help)) = (self.laid.button, self.said.help) {
            let button = Rect::from_min_size(foot.min, size);
            self.help(ui, paint, button, help, acts);
            left = button.right() + 10.0 * scale;
        }
        if let (Some(answer), Some(said)) = (&self.laid.answer, &self.said.answer) {
            let at = foot.with_min_x(left);
            let response = ui.interact(at, id(9), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
            text::paint_left(ui, at, Arc::clone(answer), tokens.text);
        }
    }

    fn help(&self, ui: &mut Ui, paint: PaintContext<'_>, rect: Rect, help: Help, acts: &mut Vec<Act>) {
        let Some(device) = self.trouble.device() else { return };
        let scale = self.laid.scale;
        let font = FontId::proportional(13.0 * scale);
        let button = Button::new(egui::RichText::new(label_of(paint, help)).font(font)).min_size(rect.size());
        if ui.put(rect, button).clicked() {
            acts.push(match help {
                Help::Retry => Act::Send(Command::RetryNow(device)),
                Help::Edit => Act::EditDevice(device),
                Help::Trust => Act::Send(Command::TrustCertificate(device)),
            });
        }
    }
}

impl Laid {
    /// Puts it into the middle of `area`, and up or down to where it covers no header.
    fn put(mut self, ui: &Ui, area: Rect, bodies: &[Rect]) -> Self {
        let size = self.rect.size();
        let fitting = bodies.iter().filter(|body| body.height() >= size.y + 2.0);
        let middle = area.center().y;
        let nearest = fitting.min_by(|a, b| {
            let far = |body: &Rect| (body.center().y - middle).abs();
            far(a).total_cmp(&far(b))
        });
        let y = nearest.map_or(middle, |body| body.center().y);
        let corner = pos2(area.center().x - size.x / 2.0, y - size.y / 2.0);
        self.rect = Rect::from_min_size(text::snapped(ui, corner), size);
        self
    }
}

/// The panel at a scale, with its advice or without, in a room of this width. `None`: the room is too narrow.
fn measure(ui: &Ui, paint: PaintContext<'_>, said: &Said, room: f32, (scale, advises): (f32, bool)) -> Option<Laid> {
    if room < LEAST_WIDTH * scale {
        return None;
    }
    let tokens = theme::tokens(ui);
    let most = (WIDTH * scale).min(room) - 2.0 * PADDING * scale;
    let font = |size: f32| FontId::proportional(size * scale);
    let mark = (ICON + 8.0) * scale;
    let name = text::line(ui, &said.name, font(15.0), tokens.text, most - mark);
    let left = most - mark - name.size().x - 10.0 * scale;
    // A piece of it says nothing.
    let said_aside = if left < 60.0 * scale { "" } else { said.aside.as_str() };
    let aside = text::line(ui, said_aside, font(12.0), tokens.text_weak, left.max(0.0));
    let advice = said.advice.as_deref().filter(|_| advises);
    let sentences = [
        (Some(said.cause.as_str()), 13.0, tokens.text, 2),
        (Some(said.timing.as_str()), 13.0, tokens.text, 3),
        (advice, 12.0, tokens.text_weak, 2),
    ];
    let lines: Vec<Line> = sentences
        .into_iter()
        .filter_map(|(sentence, size, color, rows)| {
            let galley = text::left(ui, sentence?, font(size), color, most, rows);
            Some(Line { galley, color })
        })
        .collect();
    let button = said.help.map(|help| {
        let label = text::line(ui, &label_of(paint, help), font(13.0), tokens.text, most);
        vec2((label.size().x + 24.0 * scale).min(most), BUTTON * scale)
    });
    let beside = button.map_or(0.0, |size| size.x + 10.0 * scale);
    let answer = said.answer.as_deref();
    let answer = answer.map(|answer| text::line(ui, answer, font(12.0), tokens.text, (most - beside).max(0.0)));
    let foot = if button.is_some() || answer.is_some() {
        (BUTTON + GAP) * scale
    } else {
        0.0
    };
    let widest = lines.iter().map(|line| line.galley.size().x);
    let title = mark + name.size().x + 10.0 * scale + aside.size().x;
    // The foot has room for an answer from the start, so that the panel stays as it is when one comes.
    let widest = widest.fold(title.max((beside + 170.0 * scale).min(most)), f32::max);
    let text: f32 = lines.iter().map(|line| line.galley.size().y + GAP * scale).sum();
    let height = (2.0 * PADDING + ICON + GAP) * scale + text + foot;
    let size = vec2(widest + 2.0 * PADDING * scale, height).ceil();
    Some(Laid {
        rect: Rect::from_min_size(pos2(0.0, 0.0), size),
        scale,
        lines,
        name,
        aside,
        button,
        answer,
    })
}

fn label_of(paint: PaintContext<'_>, help: Help) -> String {
    match help {
        Help::Retry => fl!(paint.words, "retry-now"),
        Help::Edit => fl!(paint.words, "menu-edit-device"),
        Help::Trust => fl!(paint.words, "menu-trust-certificate"),
    }
}

/// The icon of a trouble and its colour.
pub(super) fn sign(trouble: &Trouble, tokens: &Tokens) -> (Icon, Color32) {
    use reconnect::FailureKind;
    match (&trouble.cause, &trouble.scope) {
        (Cause::NoNetwork, _) | (_, Scope::AllSites(_)) | (Cause::FellSilent, Scope::Site(_)) => {
            (Icon::Outage, tokens.offline)
        }
        (Cause::Failed(failure), Scope::Site(_)) if failure.blames_path() => (Icon::Outage, tokens.offline),
        (Cause::Failed(failure), _) => match failure.kind {
            FailureKind::Policy => (Icon::Refused, tokens.refused),
            FailureKind::Auth => (Icon::SignIn, tokens.offline),
            FailureKind::NoSuchChannel => (Icon::NoSuchChannel, tokens.offline),
            FailureKind::UnsupportedCodec => (Icon::UnsupportedCodec, tokens.offline),
            FailureKind::TooLarge { .. } => (Icon::TooLarge, tokens.late),
            _ => (Icon::Offline, tokens.offline),
        },
        (Cause::FellSilent, _) => (Icon::Offline, tokens.offline),
        (Cause::Late, _) => (Icon::Late, tokens.late),
    }
}
