//! The line at the foot of the window: what is live, how often Monomi connects, the time.

use egui::{Align, Align2, Area, Frame, Id, Layout, Margin, Order, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, Scene};
use super::icon::{self, Icon};
use super::{state, theme};
use crate::bridge::TileState;
use crate::device::StreamId;
use crate::wall::{Demand, Shown, TourState};

/// A tour as the status bar tells of it.
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

/// What takes longer than this is said, in seconds.
const SAID_AFTER: f64 = 0.5;

/// `shown`: the channels on screen. All figures are the engine's; the live ones are counted on screen.
pub fn show(
    ui: &mut Ui,
    scene: Scene<'_>,
    shown: &[Shown],
    demand: &Demand,
    tour: TourLine,
    busy: Busy,
    acts: &mut Vec<Act>,
) {
    let (words, snapshot, tokens) = (scene.words, scene.snapshot, theme::tokens(ui));
    let is_live = |stream: StreamId| {
        snapshot
            .streams
            .get(&stream)
            .is_some_and(|status| status.state == TileState::Live)
    };
    let live = shown
        .iter()
        .filter(|tile| demand.streams(tile.channel, tile.framing.choice).any(is_live))
        .count();
    ui.horizontal_centered(|ui| {
        ui.style_mut().override_font_id = Some(theme::small());
        let failed = |tile: &&Shown| {
            let status = demand
                .streams(tile.channel, tile.framing.choice)
                .find_map(|stream| snapshot.streams.get(&stream));
            status.is_some_and(|status| status.state.failure().is_some())
        };
        let (icon, color) = match live {
            live if live == shown.len() && live > 0 => (Icon::Live, tokens.live),
            0 if shown.iter().any(|tile| failed(&tile)) => (Icon::Offline, tokens.offline),
            0 => (Icon::Idle, tokens.text_weak),
            _ => (Icon::Outage, tokens.late),
        };
        icon::show(ui, icon, 12.0, color);
        ui.label(fl!(words, "status-live", live = live, total = shown.len()));
        ui.add_space(theme::SPACE);
        let attempts = snapshot.totals.attempts_last_minute;
        ui.colored_label(tokens.text_weak, fl!(words, "status-attempts", count = attempts));
        if lasts(ui, busy) {
            ui.add_space(theme::SPACE);
            icon::show(ui, Icon::Waiting, 12.0, tokens.accent);
            let label = ui.label(fl!(words, "status-working"));
            ui.ctx()
                .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
        }
        if let Some(said) = overload_words(scene) {
            ui.add_space(theme::SPACE);
            icon::show(ui, Icon::Late, 12.0, tokens.late);
            ui.label(said).on_hover_text(fl!(words, "status-overload-hint"));
        }
        if snapshot.settings.internal_network_only {
            ui.add_space(theme::SPACE);
            icon::show(ui, Icon::Refused, 12.0, tokens.refused);
            ui.colored_label(tokens.text_weak, fl!(words, "status-internal-only"));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(state::date_and_clock(snapshot.clock));
            show_tour(ui, scene, tour, acts);
        });
    });
}

/// Whether the engine has been at one thing for a while; looks again by itself.
fn lasts(ui: &Ui, busy: Busy) -> bool {
    let (id, now) = (Id::unique("busy since"), ui.input(|input| input.time));
    if !busy.0 {
        ui.data_mut(|data| data.remove::<f64>(id));
        return false;
    }
    ui.ctx().request_repaint_after_secs(SAID_AFTER as f32 / 2.0);
    now - ui.data_mut(|data| *data.get_temp_mut_or(id, now)) >= SAID_AFTER
}

/// Where there is no status bar, as in full screen: what an overloaded machine gives up, and the state of the tour, in the
/// lower right corner for as long as they last. Headers of tiles are above their pictures, so that none is covered.
pub fn show_on_wall(ui: &Ui, scene: Scene<'_>, tour: TourLine) {
    let tokens = theme::tokens(ui);
    let (overload, tour_words) = (overload_words(scene), tour_words(scene, tour));
    if overload.is_none() && tour_words.is_none() {
        return;
    }
    Area::new(Id::unique(("on the wall", ui.ctx().viewport_id())))
        .order(Order::Middle)
        .interactable(false)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -12.0))
        .show(ui.ctx(), |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.with_layout(Layout::top_down(Align::Max), |ui| {
                if let Some(said) = overload {
                    badge(ui, tokens, |ui| {
                        icon::show(ui, Icon::Late, 12.0, tokens.late);
                        let label = ui.label(said);
                        ui.ctx()
                            .accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
                    });
                }
                if let Some((icon, said, paused)) = tour_words {
                    badge(ui, tokens, |ui| {
                        icon::show(ui, icon, 12.0, if paused { tokens.late } else { tokens.live });
                        ui.label(fl!(scene.words, "tour-at", stop = tour.stop, stops = tour.stops));
                        ui.label(said);
                        if paused {
                            ui.colored_label(tokens.text_weak, fl!(scene.words, "tour-keys"));
                        }
                    });
                }
            });
        });
}

/// One line on a ground of its own.
fn badge(ui: &mut Ui, tokens: &theme::Tokens, add: impl FnOnce(&mut Ui)) {
    let frame = Frame::new().fill(tokens.raised).corner_radius(6);
    frame.inner_margin(Margin::symmetric(10, 5)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.style_mut().override_font_id = Some(theme::small());
            add(ui);
        });
    });
}

/// What an overloaded machine gives up now.
fn overload_words(scene: Scene<'_>) -> Option<String> {
    let relief = scene.snapshot.totals.relief;
    let words = scene.words;
    (!relief.is_none()).then(|| match relief.every(false) {
        1 => fl!(words, "status-overload-sub"),
        _ => fl!(words, "status-overload-rate"),
    })
}

/// How a tour stands: icon, words, and whether it is paused.
fn tour_words(scene: Scene<'_>, tour: TourLine) -> Option<(Icon, String, bool)> {
    let words = scene.words;
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

/// Right of the clock, from right to left: where the tour is, how long, and how to go on.
fn show_tour(ui: &mut Ui, scene: Scene<'_>, tour: TourLine, acts: &mut Vec<Act>) {
    let (words, tokens) = (scene.words, theme::tokens(ui));
    let Some((icon, said, paused)) = tour_words(scene, tour) else {
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
