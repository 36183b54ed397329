//! The Network tab: where Monomi may connect, the state of every site, and the limits of connecting.

use egui::{Frame, Label, Margin, RichText, Ui};
use i18n_embed_fl::fl;

use super::columns::Sort;
use super::env::Env;
use super::networks::NetworkList;
use super::site_order::SiteColumn;
use super::{limits, scrolling, site_table};
use crate::ui::NetworkPage;
use crate::ui::form::{checkbox, section, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::theme;
use settings::Settings;

#[derive(Default)]
pub(super) struct NetworkTab {
    pub(super) page: NetworkPage,
    networks: NetworkList,
    sort: Sort<SiteColumn>,
}

impl NetworkTab {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, settings: &mut Settings) {
        let words = env.words;
        ui.horizontal(|ui| {
            let sites = fl!(words, "network-page-sites", count = env.state.sites.len());
            ui.selectable_value(&mut self.page, NetworkPage::Rules, fl!(words, "network-page-rules"));
            ui.selectable_value(&mut self.page, NetworkPage::Sites, sites);
        });
        match self.page {
            NetworkPage::Rules => scrolling(ui, |ui| self.rules(ui, env, settings)),
            NetworkPage::Sites => {
                weak_text(ui, &fl!(words, "network-sites-explanation"));
                ui.add_space(4.0);
                site_table::show(ui, env, &mut self.sort);
            }
        }
    }

    fn rules(&mut self, ui: &mut Ui, env: &Env, settings: &mut Settings) {
        let words = env.words;
        section(ui, &fl!(words, "network-where"), |ui| {
            checkbox(
                ui,
                &mut settings.internal_network_only,
                RichText::new(fl!(words, "network-internal-only")).strong(),
            );
            weak_text(ui, &fl!(words, "network-internal-only-on"));
            weak_text(ui, &fl!(words, "network-internal-only-not"));
            excluded(ui, env, settings.internal_network_only);
            ui.add_space(6.0);
            ui.label(fl!(words, "networks-title"));
            weak_text(ui, &fl!(words, "networks-explanation"));
            self.networks.show(ui, env, &mut settings.internal_networks);
        });
        section(ui, &fl!(words, "network-checks"), |ui| {
            let label = ui.label(fl!(words, "network-check-minutes"));
            let minutes = egui::DragValue::new(&mut settings.checks.minutes).range(0..=1_440);
            ui.add(minutes).labelled_by(label.id);
            weak_text(ui, &fl!(words, "network-checks-explanation"));
        });
        section(ui, &fl!(words, "network-limits"), |ui| {
            weak_text(ui, &fl!(words, "network-limits-explanation"));
            limits::show(ui, env, &mut settings.limits);
        });
    }
}

/// How many devices are listed; the rest is counted.
const LISTED: usize = 20;

/// Lists the devices that *Internal network only* excludes, by name and address.
fn excluded(ui: &mut Ui, env: &Env, on: bool) {
    let words = env.words;
    let tokens = theme::tokens(ui);
    let devices: Vec<_> = env
        .state
        .excluded
        .iter()
        .filter_map(|id| env.state.registry.device(*id))
        .collect();
    if !on && devices.is_empty() {
        return;
    }
    ui.add_space(4.0);
    if devices.is_empty() {
        ui.horizontal(|ui| {
            icon::show(ui, Icon::Done, 16.0, tokens.live);
            ui.label(fl!(words, "network-excluded-none"));
        });
        return;
    }
    Frame::NONE
        .fill(tokens.notice)
        .corner_radius(6.0)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal(|ui| {
                icon::show(ui, Icon::Refused, 16.0, tokens.refused);
                ui.label(RichText::new(fl!(words, "network-excluded", count = devices.len())).strong());
            });
            for device in devices.iter().take(LISTED) {
                let line = fl!(
                    words,
                    "network-excluded-device",
                    name = env.state.registry.label_of(device).into_owned(),
                    host = device.host.to_string()
                );
                ui.add(Label::new(line).truncate());
            }
            let more = devices.len().saturating_sub(LISTED);
            if more > 0 {
                weak_text(ui, &fl!(words, "notice-more", count = more));
            }
        });
}
