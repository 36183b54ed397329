//! The one panel that says for all tiles of a recorder or a site what is wrong, laid out and painted.

use std::sync::Arc;

use egui::{
    Button, Color32, CursorIcon, FontId, Galley, Id, OpenUrl, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::caption::Caption;
use super::icon::{self, Icon};
use super::moved;
use super::state::Help;
use super::text;
use super::theme::{self, Tokens};
use super::trouble::{self, Cause, Said, Scope, Trouble};
use crate::bridge::Command;
use device::DeviceId;

/// A panel where it lies, with what it says.
pub(super) struct Panel<'a> {
    trouble: &'a Trouble,
    /// The tiles that it speaks for, by their index on the page.
    tiles: Vec<usize>,
    said: Said,
    /// `None`: it fits nowhere, and the first of its tiles speaks for the others.
    laid: Option<Laid>,
}

/// The measures of a panel in one form.
struct Laid {
    rect: Rect,
    form: Form,
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

/// How a panel may look.
#[derive(Clone, Copy)]
struct Form {
    scale: f32,
    advises: bool,
    /// At scale 1, in points.
    padding: f32,
    button: Stands,
}

/// Where its button stands.
#[derive(Clone, Copy, PartialEq)]
enum Stands {
    /// Under the sentences, with the answer beside it.
    Below,
    /// Behind the name; the answer stands between them where there is room.
    InTitle,
    Nowhere,
}

/// How large letters may become where there is room, for those who look from afar.
const SCALES: [f32; 7] = [2.5, 2.0, 1.75, 1.5, 1.25, 1.1, 1.0];

impl Form {
    /// With all that is to be said, from the largest to the smallest.
    fn roomy() -> impl DoubleEndedIterator<Item = Self> {
        let scales = SCALES.iter().map(|scale| (*scale, true)).chain([(1.0, false)]);
        scales.map(|(scale, advises)| Self {
            scale,
            advises,
            padding: 12.0,
            button: Stands::Below,
        })
    }

    /// For a row of low tiles, or for one tile among those of others.
    fn tight() -> impl DoubleEndedIterator<Item = Self> {
        let ways = [(8.0, Stands::InTitle), (6.0, Stands::InTitle), (6.0, Stands::Nowhere)];
        ways.into_iter().map(|(padding, button)| Self {
            scale: 1.0,
            advises: false,
            padding,
            button,
        })
    }

    fn padding(self) -> f32 {
        self.padding * self.scale
    }

    /// The height of the line with the name, at scale 1.
    fn head(self, button: Option<Vec2>) -> f32 {
        match button {
            Some(_) if self.button == Stands::InTitle => BUTTON,
            _ => ICON,
        }
    }
}

/// The measures at scale 1, in points.
const GAP: f32 = 4.0;
const ICON: f32 = 16.0;
const WIDTH: f32 = 440.0;
const LEAST_WIDTH: f32 = 170.0;
const BUTTON: f32 = 26.0;
/// What the tools of a tile take of its height, in points.
const TOOLS: f32 = 40.0;

impl<'a> Panel<'a> {
    /// Lays the panel of `place` over its tiles: as large as fits between two headers, else as large as fits. Where there is no room for
    /// all that is to be said, it says less.
    pub(super) fn lay(
        ui: &Ui,
        paint: PaintContext<'a>,
        place: &trouble::Place,
        area: Rect,
        rects: &[Rect],
    ) -> Option<Self> {
        let trouble = paint.troubles.get(place.trouble)?;
        let said = trouble::said(paint.words, paint.state, trouble);
        let said = Said {
            help: said.help.filter(|help| !paint.kiosk || *help == Help::Retry),
            // A kiosk opens nothing beside itself.
            page: said.page.filter(|_| !paint.kiosk),
            ..said
        };
        let own = place.tiles.iter().filter_map(|index| rects.get(*index));
        let bodies: Vec<Rect> = own
            .filter(|rect| area.expand(1.0).contains_rect(**rect))
            .map(|rect| {
                let caption = Caption::of(paint.text.captions, *rect, rects.len() < 2);
                super::caption::split(*rect, caption).1
            })
            .collect();
        let tallest = bodies.iter().map(Rect::height).fold(0.0, f32::max) - 8.0;
        let room = area.shrink(6.0);
        let fits = |height: f32, form: Form| {
            let laid = measure(ui, paint, &said, room.width(), form)?;
            (laid.rect.height() <= height).then_some(laid)
        };
        let several = place.tiles.len() > 1;
        // The tools of a tile stand at its edge.
        let between = if several { tallest } else { tallest - 2.0 * TOOLS };
        let mut laid = Form::roomy().find_map(|form| fits(between, form));
        // A small tile by itself says as much without a panel.
        if several {
            laid = laid
                .or_else(|| Form::roomy().rev().find_map(|form| fits(room.height(), form)))
                .or_else(|| Form::tight().find_map(|form| fits(tallest, form)))
                .or_else(|| Form::tight().find_map(|form| fits(room.height(), form)));
        }
        let laid = laid.map(|laid| laid.put(ui, area, &bodies));
        let tiles = place.tiles.clone();
        Some(Self {
            trouble,
            tiles,
            said,
            laid,
        })
    }

    /// What it covers.
    pub(super) fn rect(&self) -> Rect {
        self.laid.as_ref().map_or(Rect::NOTHING, |laid| laid.rect)
    }

    pub(super) fn trouble(&self) -> &'a Trouble {
        self.trouble
    }

    /// Whether it says what is wrong with this tile of the page, or the first of its tiles says it.
    pub(super) fn speaks_for(&self, tile: usize) -> bool {
        let silent = usize::from(self.laid.is_none());
        self.tiles.iter().skip(silent).any(|own| *own == tile)
    }

    pub(super) fn show(&self, ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
        let Some(laid) = &self.laid else { return };
        let tokens = theme::tokens(ui);
        let Laid { rect, form, .. } = *laid;
        let scale = form.scale;
        let (sign, color) = sign(self.trouble, tokens);
        ui.painter().rect_filled(rect, 6.0 * scale, tokens.panel);
        let edge = Stroke::new(1.0, color.gamma_multiply(0.7));
        ui.painter().rect_stroke(rect, 6.0 * scale, edge, StrokeKind::Inside);
        let (first, viewport) = (self.tiles.first().copied(), ui.ctx().viewport_id());
        let id = |part: usize| Id::unique(("panel of a trouble", first, part, viewport));
        let inner = rect.shrink(form.padding());
        let head = inner.with_max_y(inner.top() + form.head(laid.button) * scale);
        let middle = pos2(head.left() + ICON * scale / 2.0, head.center().y);
        let mark = Rect::from_center_size(middle, Vec2::splat(ICON * scale));
        icon::paint(ui.painter(), sign, mark, color);
        let behind = laid.button.filter(|_| form.button == Stands::InTitle);
        let title = Rect::from_min_max(
            pos2(mark.right() + 8.0 * scale, head.top()),
            pos2(head.right() - behind.map_or(0.0, |button| button.x), head.bottom()),
        );
        let label = |rect: Rect, part: usize, said: &str| {
            let response = ui.interact(rect, id(part), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
            response
        };
        let name = label(title, 0, &self.said.name);
        name.on_hover_text(format!("{} · {}", self.said.name, self.said.aside));
        text::paint_left(ui, title, Arc::clone(&laid.name), tokens.text);
        let after = title.with_min_x(title.left() + laid.name.size().x + 10.0 * scale);
        text::paint_left(ui, after, Arc::clone(&laid.aside), tokens.text_weak);
        let spoken = [
            Some(&self.said.cause),
            Some(&self.said.timing),
            self.said.advice.as_ref(),
        ];
        let spoken = spoken.into_iter().flatten().chain(&self.said.notes);
        let page = self.said.page.as_ref().filter(|_| form.advises);
        let of_page = page.map(|_| fl!(paint.words, "panel-open-page"));
        let mut y = title.bottom() + GAP * scale;
        for (part, (line, said)) in laid.lines.iter().zip(spoken.chain(&of_page)).enumerate() {
            let at = pos2(inner.left(), y);
            let whole = Rect::from_min_size(at, line.galley.size());
            match page.filter(|_| part + 1 == laid.lines.len()) {
                Some(page) => link(ui, whole, id(20), said, page),
                None => drop(label(whole, part + 1, said)),
            }
            ui.painter()
                .galley(text::snapped(ui, at), Arc::clone(&line.galley), line.color);
            y += line.galley.size().y + GAP * scale;
        }
        let foot = Rect::from_min_max(pos2(inner.left(), inner.bottom() - BUTTON * scale), inner.max);
        let mut left = foot.left();
        if let (Some(size), Some(help)) = (laid.button, self.said.help) {
            let button = match form.button {
                Stands::InTitle => Rect::from_min_size(pos2(inner.right() - size.x, inner.top()), size),
                _ => Rect::from_min_size(foot.min, size),
            };
            self.help(ui, paint, button, scale, help, acts);
            left = button.right() + 10.0 * scale;
        }
        if let (Some(answer), Some(said)) = (&laid.answer, &self.said.answer) {
            let at = foot.with_min_x(left);
            let response = ui.interact(at, id(9), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
            text::paint_left(ui, at, Arc::clone(answer), tokens.text);
        }
    }

    fn help(&self, ui: &mut Ui, paint: PaintContext<'_>, rect: Rect, scale: f32, help: Help, acts: &mut Vec<Act>) {
        let Some(device) = self.trouble.device() else { return };
        let font = FontId::proportional(13.0 * scale);
        let button =
            Button::new(egui::RichText::new(label_of(paint, help, Some(device))).font(font)).min_size(rect.size());
        if ui.put(rect, button).clicked() {
            acts.push(match help {
                Help::Retry => Act::Send(Command::RetryNow(device)),
                Help::Edit => Act::EditDevice(device),
                Help::Trust => Act::Send(Command::TrustCertificate(device)),
                Help::Move => Act::Send(Command::TakeMoved(device)),
            });
        }
    }
}

/// A line that opens an address with the system's browser.
fn link(ui: &Ui, rect: Rect, id: Id, said: &str, page: &str) {
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Link, true, said));
    let response = response.on_hover_text(page).on_hover_cursor(CursorIcon::PointingHand);
    let line = Stroke::new(1.0, theme::tokens(ui).accent);
    ui.painter().hline(rect.x_range(), rect.bottom(), line);
    if response.clicked() {
        ui.ctx().open_url(OpenUrl::new_tab(page));
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

/// The panel in a form, in a room of this width. `None`: the room is too narrow.
fn measure(ui: &Ui, paint: PaintContext<'_>, said: &Said, room: f32, form: Form) -> Option<Laid> {
    let scale = form.scale;
    if room < LEAST_WIDTH * scale {
        return None;
    }
    let tokens = theme::tokens(ui);
    let font = |size: f32| FontId::proportional(size * scale);
    let most = (WIDTH * scale).min(room) - 2.0 * form.padding();
    let button = said.help.filter(|_| form.button != Stands::Nowhere).map(|help| {
        let label = text::line(ui, &label_of(paint, help, said.device), font(13.0), tokens.text, most);
        vec2((label.size().x + 24.0 * scale).min(most), BUTTON * scale)
    });
    let taken = button.map_or(0.0, |size| size.x + 10.0 * scale);
    let (below, in_title) = (form.button == Stands::Below, form.button == Stands::InTitle);
    let mark = (ICON + 8.0) * scale;
    let title = most - mark - if in_title { taken } else { 0.0 };
    let name = text::line(ui, &said.name, font(15.0), tokens.text, title);
    let left = title - name.size().x - 10.0 * scale;
    // A piece of it says nothing.
    let said_aside = match &said.answer {
        // Where there is no foot, what came of a try stands here.
        Some(answer) if !below => answer.as_str(),
        _ => said.aside.as_str(),
    };
    let said_aside = if left < 60.0 * scale { "" } else { said_aside };
    let aside = text::line(ui, said_aside, font(12.0), tokens.text_weak, left.max(0.0));
    let advice = said.advice.as_deref().filter(|_| form.advises);
    let sentences = [
        (Some(said.cause.as_str()), 13.0, tokens.text, 2),
        (Some(said.timing.as_str()), 13.0, tokens.text, 4),
        (advice, 12.0, tokens.text_weak, 5),
    ];
    let notes = said.notes.iter().filter(|_| form.advises);
    let notes = notes.map(|note| (Some(note.as_str()), 12.0, tokens.text, 4));
    let page = said.page.as_ref().filter(|_| form.advises);
    let page = page.map(|_| fl!(paint.words, "panel-open-page"));
    let page = page.as_deref().map(|page| (Some(page), 12.0, tokens.accent, 1));
    let lines: Vec<Line> = sentences
        .into_iter()
        .chain(notes)
        .chain(page)
        .filter_map(|(sentence, size, color, rows)| {
            let galley = text::left(ui, sentence?, font(size), color, most, rows);
            Some(Line { galley, color })
        })
        .collect();
    let answer = said.answer.as_deref().filter(|_| below);
    let answer = answer.map(|answer| text::line(ui, answer, font(12.0), tokens.text, (most - taken).max(0.0)));
    let foot = if below && (button.is_some() || answer.is_some()) {
        (BUTTON + GAP) * scale
    } else {
        0.0
    };
    let widest = lines.iter().map(|line| line.galley.size().x);
    let title = mark + name.size().x + 10.0 * scale + aside.size().x + if in_title { taken } else { 0.0 };
    // The foot has room for an answer from the start, so that the panel stays as it is when one comes.
    let least = if below { (taken + 170.0 * scale).min(most) } else { 0.0 };
    let widest = widest.fold(title.max(least), f32::max);
    let text: f32 = lines.iter().map(|line| line.galley.size().y + GAP * scale).sum();
    let height = 2.0 * form.padding() + (form.head(button) + GAP) * scale + text + foot;
    let size = vec2(widest + 2.0 * form.padding(), height).ceil();
    Some(Laid {
        rect: Rect::from_min_size(pos2(0.0, 0.0), size),
        form,
        lines,
        name,
        aside,
        button,
        answer,
    })
}

fn label_of(paint: PaintContext<'_>, help: Help, device: Option<DeviceId>) -> String {
    match help {
        Help::Retry => fl!(paint.words, "retry-now"),
        Help::Edit => fl!(paint.words, "menu-edit-device"),
        Help::Trust => fl!(paint.words, "menu-trust-certificate"),
        Help::Move => moved::label(paint.words, paint.state, device),
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
