//! The line at the foot of the window: what is live, how often Monomi connects, the time.

use egui::{Align, Area, Color32, Frame, Id, Label, Layout, Margin, Order, RichText, Ui, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::{events, state, theme, trouble_line};
use crate::bridge::TileState;
use device::StreamId;
use wall::{Demand, ShownTile, TourState};

/// What menu and status bar show of a tour.
#[derive(Clone, Copy, Debug)]
pub struct TourLine {
    pub state: TourState,
    /// Counted from 1.
    pub stop: usize,
    pub stops: usize,
}

/// Whether the engine carries out a command now.
#[derive(Clone, Copy, Debug)]
pub struct Busy(pub bool);

/// Work of the engine is shown when it takes longer than this, in seconds.
const SAID_AFTER: f64 = 0.5;

/// Paints the status bar. `shown`: the channels on screen. Live channels are counted on screen; all other figures are
/// the engine's.
pub fn show(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    shown: &[ShownTile],
    demand: &Demand,
    tour: TourLine,
    busy: Busy,
    acts: &mut Vec<Act>,
) {
    let (words, state, tokens) = (paint.words, paint.state, theme::tokens(ui));
    let is_live = |stream: StreamId| {
        state
            .streams
            .get(&stream)
            .is_some_and(|status| status.state == TileState::Live)
    };
    // What plays a recording is not live, whatever its stream does meanwhile.
    let (recorded, shown): (Vec<&ShownTile>, Vec<&ShownTile>) = shown
        .iter()
        .partition(|tile| state.playbacks.contains_key(&tile.channel));
    let live = shown
        .iter()
        .filter(|tile| demand.streams(tile.channel, tile.crop.choice).any(is_live))
        .count();
    theme::enlarge(ui, paint.text.bars());
    // The clock and the tour get their room first; the text on the left ends before them.
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.style_mut().override_font_id = Some(theme::small(ui));
        ui.label(state::date_and_clock(state.clock));
        events::badge(ui, paint, acts);
        show_tour(ui, paint, tour, acts);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let failed = |tile: &ShownTile| {
                let status = demand
                    .streams(tile.channel, tile.crop.choice)
                    .find_map(|stream| state.streams.get(&stream));
                status.is_some_and(|status| status.state.failure().is_some())
            };
            let (icon, color) = match live {
                live if live == shown.len() && live > 0 => (Icon::Live, tokens.live),
                0 if shown.iter().any(|tile| failed(tile)) => (Icon::Offline, tokens.offline),
                0 => (Icon::Idle, tokens.text_weak),
                _ => (Icon::Outage, tokens.late),
            };
            icon::show(ui, icon, 12.0, color);
            let total = shown.len() + recorded.len();
            ui.label(fl!(words, "status-live", live = live, total = total));
            ui.add_space(theme::SPACE);
            if !recorded.is_empty() {
                icon::show(ui, Icon::Play, 12.0, tokens.connecting);
                ui.label(fl!(words, "status-recorded", count = recorded.len()));
                ui.add_space(theme::SPACE);
            }
            trouble_line::show(ui, paint, acts);
            let attempts = state.totals.attempts_last_minute;
            ui.colored_label(tokens.text_weak, fl!(words, "status-attempts", count = attempts));
            if lasts(ui, busy) {
                ui.add_space(theme::SPACE);
                icon::show(ui, Icon::Waiting, 12.0, tokens.accent);
                let label = ui.label(fl!(words, "status-working"));
                ui.ctx()
                    .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
            }
            if let Some(said) = overload_words(paint) {
                ui.add_space(theme::SPACE);
                icon::show(ui, Icon::Late, 12.0, tokens.late);
                ui.add(Label::new(said).truncate())
                    .on_hover_text(fl!(words, "status-overload-hint"));
            }
            if state.settings.internal_network_only {
                ui.add_space(theme::SPACE);
                icon::show(ui, Icon::Refused, 12.0, tokens.refused);
                let said = RichText::new(fl!(words, "status-internal-only")).color(tokens.text_weak);
                ui.add(Label::new(said).truncate());
            }
        });
    });
}

/// Whether the engine has worked on one thing for a while. Asks for a repaint when that may change.
fn lasts(ui: &Ui, busy: Busy) -> bool {
    let (id, now) = (Id::unique("busy since"), ui.input(|input| input.time));
    if !busy.0 {
        ui.data_mut(|data| data.remove::<f64>(id));
        return false;
    }
    ui.ctx().request_repaint_after_secs(SAID_AFTER as f32 / 2.0);
    now - ui.data_mut(|data| *data.get_temp_mut_or(id, now)) >= SAID_AFTER
}

/// Shows the overload and the tour in the lower right corner of a window without a status bar, such as one in full
/// screen; `above` points at its foot are taken. That corner holds no tile's header, so that nothing is covered.
pub fn show_on_wall(ui: &Ui, paint: PaintContext<'_>, tour: TourLine, above: f32) {
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let (mut row, by) = (0, paint.text.bars());
    if let Some((icon, said, paused)) = tour_words(paint, tour) {
        let at = fl!(words, "tour-at", stop = tour.stop, stops = tour.stops);
        let mut parts = vec![(at, tokens.text), (said, tokens.text)];
        if paused {
            parts.push((fl!(words, "tour-keys"), tokens.text_weak));
        }
        badge(
            ui,
            (row, above, by),
            (icon, if paused { tokens.late } else { tokens.live }),
            parts,
        );
        row += 1;
    }
    if let Some(said) = overload_words(paint) {
        badge(
            ui,
            (row, above, by),
            (Icon::Late, tokens.late),
            vec![(said, tokens.text)],
        );
    }
}

/// Paints one line with a background into the lower right corner; `row` counts upwards, `by`: how many times as large as usual.
fn badge(ui: &Ui, (row, above, by): (u8, f32, f32), (icon, color): (Icon, Color32), parts: Vec<(String, Color32)>) {
    const EDGE: f32 = 12.0;
    let height = 26.0 * by;
    let wall = ui.ctx().content_rect();
    let foot = wall.bottom() - above - EDGE - f32::from(row) * (height + 4.0);
    // The area is as wide as the wall, because one that is as wide as its text is misplaced for one frame whenever the
    // text changes.
    Area::new(Id::unique(("badge on the wall", row, ui.ctx().viewport_id())))
        .order(Order::Middle)
        .interactable(false)
        .fixed_pos(pos2(wall.left() + EDGE, foot - height))
        .show(ui.ctx(), |ui| {
            theme::enlarge(ui, by);
            let size = vec2(wall.width() - 2.0 * EDGE, height);
            ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
                let frame = Frame::new().fill(theme::tokens(ui).raised).corner_radius(6);
                frame.inner_margin(Margin::symmetric(10, 5)).show(ui, |ui| {
                    ui.style_mut().override_font_id = Some(theme::small(ui));
                    for (said, color) in parts.into_iter().rev() {
                        ui.add(Label::new(RichText::new(said).color(color)).truncate());
                    }
                    icon::show(ui, icon, 12.0, color);
                });
            });
        });
}

/// What the program leaves out now because the computer is overloaded.
fn overload_words(paint: PaintContext<'_>) -> Option<String> {
    let relief = paint.state.totals.relief;
    let words = paint.words;
    (!relief.is_none()).then(|| match relief.every(false) {
        1 => fl!(words, "status-overload-sub"),
        _ => fl!(words, "status-overload-rate"),
    })
}

/// The state of a tour: its icon, its text, and whether it is paused.
fn tour_words(paint: PaintContext<'_>, tour: TourLine) -> Option<(Icon, String, bool)> {
    let words = paint.words;
    Some(match tour.state {
        TourState::Stopped => return None,
        TourState::Running { left } if left.is_zero() => (Icon::Play, fl!(words, "tour-next-not-ready"), false),
        TourState::Running { left } => (
            Icon::Play,
            fl!(words, "tour-running", wait = words.countdown(left)),
            false,
        ),
        TourState::Paused { left } => (
            Icon::Disabled,
            fl!(words, "tour-paused", wait = words.countdown(left)),
            true,
        ),
    })
}

/// Paints the tour beside the clock: its stop, the time left, and a button to continue.
fn show_tour(ui: &mut Ui, paint: PaintContext<'_>, tour: TourLine, acts: &mut Vec<Act>) {
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let Some((icon, said, paused)) = tour_words(paint, tour) else {
        return;
    };
    ui.add_space(theme::SPACE);
    if ui.small_button(fl!(words, "tour-stop")).clicked() {
        acts.push(Act::Tour);
    }
    if paused && ui.small_button(fl!(words, "tour-resume")).clicked() {
        acts.push(Act::ResumeTour);
    }
    ui.label(said);
    ui.label(fl!(words, "tour-at", stop = tour.stop, stops = tour.stops));
    icon::show(ui, icon, 12.0, if paused { tokens.late } else { tokens.live });
}
