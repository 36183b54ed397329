//! The list of sites. A site is renamed in place; one without devices can be removed.

use egui::{Align, Button, Label, Layout, RichText, ScrollArea, TextEdit, Ui, Vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::bridge::Command;
use crate::i18n::Words;
use crate::ui::form::{error_text, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::theme;
use device::{Draft, Registry, Site, SiteId, as_name, is_unseen};

const ROW: f32 = 36.0;

#[derive(Default)]
pub(super) struct SiteList {
    /// The name that is being typed, or that was refused and is still to be corrected.
    typed: Option<(SiteId, String)>,
}

impl SiteList {
    /// Returns the site whose editor is to be opened.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env) -> Option<SiteId> {
        let words = env.words;
        let registry = &env.state.registry;
        weak_text(ui, &fl!(words, "sites-explanation"));
        ui.add_space(4.0);
        let mut edited = None;
        ScrollArea::vertical()
            .auto_shrink(false)
            .show_rows(ui, ROW, registry.sites.len(), |ui, range| {
                for site in registry.sites.get(range).into_iter().flatten() {
                    let edits = ui.push_id(site.id.0, |ui| self.row(ui, env, site)).inner;
                    edited = edited.or(edits.then_some(site.id));
                }
            });
        edited
    }

    /// Paints the line of a site; whether its editor is to be opened.
    fn row(&mut self, ui: &mut Ui, env: &Env, site: &Site) -> bool {
        let words = env.words;
        let registry = &env.state.registry;
        let devices = registry.devices_of(site.id).count();
        let tokens = theme::tokens(ui);
        let mut edits = false;
        ui.allocate_ui_with_layout(
            Vec2::new(ui.available_width(), ROW),
            Layout::left_to_right(Align::Center),
            |ui| {
                icon::show(ui, Icon::Site, 16.0, tokens.text_weak);
                let typed = self
                    .typed
                    .as_ref()
                    .filter(|(id, _)| *id == site.id)
                    .map(|(_, text)| text.clone());
                let mut text = typed.clone().unwrap_or_else(|| site.name.clone());
                let field = ui.add(TextEdit::singleline(&mut text).desired_width(280.0));
                let field = field.accessible_name(fl!(words, "sites-name", name = site.name.as_str()));
                if field.changed() {
                    self.typed = Some((site.id, text.clone()));
                }
                let error = typed.as_ref().and_then(|text| problem(text, site.id, registry, words));
                if field.lost_focus() && typed.is_some() {
                    if error.is_none() {
                        let name = as_name(&text);
                        if name != site.name {
                            env.engine.send(Command::SaveSite(Site::new(site.id, name)));
                        }
                        self.typed = None;
                    } else if ui.input(|input| input.key_pressed(egui::Key::Escape)) {
                        self.typed = None;
                    }
                }
                let count = RichText::new(fl!(words, "sites-devices", count = devices)).color(tokens.text_weak);
                ui.add_sized(Vec2::new(110.0, 20.0), Label::new(count).truncate());
                let edit = ui.button(fl!(words, "sites-edit"));
                ui.ctx()
                    .accesskit_node_builder(edit.id, |node| node.set_description(site.name.as_str()));
                edits = edit.clicked();
                let remove = fl!(words, "sites-remove");
                let button = ui.add_enabled(devices == 0, Button::new(remove.as_str()));
                let button = button.on_disabled_hover_text(fl!(words, "sites-remove-not-empty"));
                ui.ctx()
                    .accesskit_node_builder(button.id, |node| node.set_description(site.name.as_str()));
                if button.clicked() {
                    env.engine.send(Command::RemoveSite(site.id));
                }
                if let Some(error) = error
                    && !field.has_focus()
                {
                    error_text(ui, &error);
                }
            },
        );
        edits
    }
}

fn problem(name: &str, id: SiteId, registry: &Registry, words: &Words) -> Option<String> {
    let name = as_name(name);
    if name.is_empty() {
        return Some(fl!(words, "problem-empty-site"));
    }
    if name.chars().count() > Draft::MAX_NAME {
        return Some(fl!(words, "problem-too-long", max = Draft::MAX_NAME.to_string()));
    }
    if is_unseen(&name) {
        return Some(fl!(words, "problem-control-character"));
    }
    let taken = registry.find_site_by_name(&name).is_some_and(|other| other.id != id);
    taken.then(|| fl!(words, "problem-duplicate-site"))
}
