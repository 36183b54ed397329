//! The line at the foot of the window: what is live, how often Monomi connects, the time.

use egui::{Align, Layout, Ui};
use i18n_embed_fl::fl;

use super::act::Scene;
use super::icon::{self, Icon};
use super::{state, theme};
use crate::bridge::TileState;
use crate::device::StreamId;
use crate::wall::{Demand, Shown};

/// `shown`: the channels on screen. All figures are the engine's; the live ones are counted on screen.
pub fn show(ui: &mut Ui, scene: Scene<'_>, shown: &[Shown], demand: &Demand) {
    let (words, snapshot, tokens) = (scene.words, scene.snapshot, theme::tokens(ui));
    let is_live = |stream: StreamId| {
        snapshot
            .streams
            .get(&stream)
            .is_some_and(|status| status.state == TileState::Live)
    };
    let live = shown
        .iter()
        .filter(|tile| demand.streams(tile.channel).any(is_live))
        .count();
    ui.horizontal_centered(|ui| {
        ui.style_mut().override_font_id = Some(theme::small());
        let failed = |tile: &&Shown| {
            let status = demand
                .streams(tile.channel)
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
        if snapshot.settings.internal_network_only {
            ui.add_space(theme::SPACE);
            icon::show(ui, Icon::Refused, 12.0, tokens.refused);
            ui.colored_label(tokens.text_weak, fl!(words, "status-internal-only"));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(state::date_and_clock(snapshot.clock));
        });
    });
}
