//! The General tab: language, looks, start-up, pictures, and where passwords are kept.

use egui::Ui;
use i18n_embed_fl::fl;

use super::env::Env;
use super::snapshot_folder::SnapshotFolder;
use super::update_address::UpdateAddress;
use crate::bridge::SecretsPlace;
use crate::i18n;
use crate::ui::form::{FormRow, checkbox, radio_value, section};
use settings::{Captions, Decoder, Language, Renderer, Settings, Theme};

pub(super) fn show(
    ui: &mut Ui,
    env: &Env,
    system: i18n::Language,
    settings: &mut Settings,
    (folder, update): (&mut SnapshotFolder, &mut UpdateAddress),
) {
    let words = env.words;
    section(ui, &fl!(words, "general-looks"), |ui| {
        let name_of = |choice: &Language| match i18n::Language::from_tag(choice.as_str()) {
            Some(language) => language.own_name().to_owned(),
            None => fl!(words, "general-language-auto", language = system.own_name()),
        };
        let languages: Vec<_> = Language::ALL.iter().map(|choice| (*choice, name_of(choice))).collect();
        choice(
            ui,
            &fl!(words, "general-language"),
            None,
            &mut settings.language,
            &languages,
        );
        let themes = [
            (Theme::System, fl!(words, "general-theme-system")),
            (Theme::Dark, fl!(words, "general-theme-dark")),
            (Theme::Light, fl!(words, "general-theme-light")),
        ];
        choice(ui, &fl!(words, "general-theme"), None, &mut settings.theme, &themes);
        let captions = [
            (Captions::Auto, fl!(words, "general-automatic")),
            (Captions::Small, fl!(words, "general-captions-small")),
            (Captions::Medium, fl!(words, "general-captions-medium")),
            (Captions::Large, fl!(words, "general-captions-large")),
        ];
        let hint = fl!(words, "general-captions-hint");
        choice(
            ui,
            &fl!(words, "general-captions"),
            Some(&hint),
            &mut settings.captions,
            &captions,
        );
    });
    section(ui, &fl!(words, "general-start"), |ui| {
        FormRow::new("").show(ui, |ui, _| {
            checkbox(ui, &mut settings.start_at_login, fl!(words, "general-start-at-login"))
        });
        FormRow::new("").show(ui, |ui, _| {
            checkbox(
                ui,
                &mut settings.start_fullscreen,
                fl!(words, "general-start-fullscreen"),
            )
        });
    });
    section(ui, &fl!(words, "general-pictures"), |ui| {
        let renderers = [
            (Renderer::Auto, fl!(words, "general-automatic")),
            (Renderer::Wgpu, fl!(words, "general-renderer-wgpu")),
            (Renderer::Glow, fl!(words, "general-renderer-glow")),
            (Renderer::Software, fl!(words, "general-renderer-software")),
        ];
        let hint = fl!(words, "general-renderer-hint");
        choice(
            ui,
            &fl!(words, "general-renderer"),
            Some(&hint),
            &mut settings.renderer,
            &renderers,
        );
        let decoders = [
            (Decoder::Auto, fl!(words, "general-automatic")),
            (Decoder::Hardware, fl!(words, "general-decoder-hardware")),
            (Decoder::Software, fl!(words, "general-decoder-software")),
        ];
        let hint = fl!(words, "general-decoder-hint");
        choice(
            ui,
            &fl!(words, "general-decoder"),
            Some(&hint),
            &mut settings.decoder,
            &decoders,
        );
        let hint = fl!(words, "general-figures-hint");
        FormRow::new("").hint(Some(&hint)).show(ui, |ui, _| {
            checkbox(ui, &mut settings.show_figures, fl!(words, "general-figures"))
        });
        folder.show(ui, env, &mut settings.snapshot_folder);
    });
    section(ui, &fl!(words, "general-updates"), |ui| {
        update.show(ui, env, &mut settings.update_address);
    });
    section(ui, &fl!(words, "general-log"), |ui| {
        let hint = fl!(words, "general-log-hint");
        let days = egui::DragValue::new(&mut settings.event_log.days).range(1..=3_650);
        FormRow::new(&fl!(words, "general-log-days")).show(ui, |ui, name| ui.add(days).labelled_by(name));
        let size = egui::DragValue::new(&mut settings.event_log.size).range(16..=65_536);
        FormRow::new(&fl!(words, "general-log-size"))
            .hint(Some(&hint))
            .show(ui, |ui, name| ui.add(size).labelled_by(name));
    });
    section(ui, &fl!(words, "general-passwords"), |ui| {
        let (place, hint) = match env.state.secrets {
            SecretsPlace::Keyring => (
                fl!(words, "general-secrets-keyring"),
                fl!(words, "general-secrets-keyring-hint"),
            ),
            SecretsPlace::EncryptedFile => (
                fl!(words, "general-secrets-file"),
                fl!(words, "general-secrets-file-hint"),
            ),
        };
        FormRow::new(&fl!(words, "general-secrets"))
            .hint(Some(&hint))
            .show(ui, |ui, _| ui.label(place));
    });
}

/// A choice of one of a few values, all of which are in view.
fn choice<T: Copy + PartialEq>(ui: &mut Ui, label: &str, hint: Option<&str>, value: &mut T, all: &[(T, String)]) {
    FormRow::new(label).hint(hint).show(ui, |ui, name| {
        ui.spacing_mut().item_spacing.x = 18.0;
        let mut group: Option<egui::Response> = None;
        for (each, text) in all {
            let radio = radio_value(ui, value, *each, text.as_str());
            ui.ctx()
                .accesskit_node_builder(radio.id, |node| node.set_description(label));
            group = Some(group.map_or_else(|| radio.clone(), |group| group | radio.clone()));
        }
        group.unwrap_or_else(|| ui.label("").labelled_by(name))
    });
}
