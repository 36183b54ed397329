//! What an edit of several devices changes, for how many, or what is wrong with it.

use egui::{RichText, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::i18n::Words;
use crate::ui::form::{error_text, weak_text};
use crate::ui::theme;
use crate::wording::problem;
use device::{BulkChange, BulkError, BulkField, BulkPlan, Field, MediaTransport};

/// How many different values or mistakes are said one by one.
const SAID: usize = 3;

pub(super) fn show(ui: &mut Ui, env: &Env, plan: &Result<BulkPlan, Vec<BulkError>>) {
    let words = env.words;
    match plan {
        Ok(plan) => {
            let changes = plan.changes();
            if changes.is_empty() {
                weak_text(ui, &fl!(words, "bulk-nothing"));
                return;
            }
            for change in &changes {
                one_change(ui, env, change);
            }
            if plan.unchanged > 0 {
                ui.add_space(theme::SPACE / 2.0);
                weak_text(ui, &fl!(words, "bulk-unchanged", count = plan.unchanged));
            }
        }
        Err(errors) => {
            for error in errors.iter().take(SAID) {
                let device = error.device.as_str();
                for wrong in &error.errors {
                    let said = problem::sentence(words, wrong);
                    let field = field_name(words, wrong.field);
                    error_text(
                        ui,
                        &fl!(words, "bulk-error", device = device, field = field, problem = said),
                    );
                }
            }
            if errors.len() > SAID {
                weak_text(ui, &fl!(words, "bulk-more-errors", count = (errors.len() - SAID)));
            }
        }
    }
}

/// What the form calls the field.
fn field_name(words: &Words, field: Field) -> String {
    match field {
        Field::Site => fl!(words, "editor-site"),
        Field::Name => fl!(words, "editor-name"),
        Field::Host | Field::Url => fl!(words, "editor-host"),
        Field::Port => fl!(words, "editor-port"),
        Field::Transport => fl!(words, "editor-transport"),
        Field::RoadName(number) | Field::RoadHost(number) | Field::RoadPort(number) => {
            fl!(words, "editor-road", number = number)
        }
        Field::User => fl!(words, "editor-user"),
        Field::Password => fl!(words, "editor-password"),
        Field::Brand => fl!(words, "editor-brand"),
        Field::MainPath => fl!(words, "editor-main-path"),
        Field::SubPath => fl!(words, "editor-sub-path"),
        Field::Channels => fl!(words, "editor-channels"),
        Field::ChannelName(_) => fl!(words, "editor-channel-names"),
    }
}

fn one_change(ui: &mut Ui, env: &Env, change: &BulkChange) {
    let words = env.words;
    let tokens = theme::tokens(ui);
    let field = match change.field {
        BulkField::Site => fl!(words, "editor-site"),
        BulkField::Name => fl!(words, "editor-name"),
        BulkField::Paths => fl!(words, "editor-brand"),
        BulkField::Host => fl!(words, "editor-host"),
        BulkField::Port => fl!(words, "editor-port"),
        BulkField::Carrier => fl!(words, "bulk-carrier"),
        BulkField::Transport => fl!(words, "editor-transport"),
        BulkField::Roads => fl!(words, "editor-roads"),
        BulkField::User => fl!(words, "editor-user"),
        BulkField::Password => fl!(words, "editor-password"),
        BulkField::Channels => fl!(words, "editor-channels"),
        BulkField::Enabled => fl!(words, "devices-column-state"),
    };
    let count = fl!(words, "bulk-devices", count = change.devices);
    let title = fl!(words, "bulk-change", field = field, devices = count);
    ui.label(RichText::new(title).color(tokens.text));
    let values = |texts: &[String]| {
        let shown: Vec<String> = texts
            .iter()
            .take(SAID)
            .map(|text| value(env, change.field, text))
            .collect();
        let more = if texts.len() > SAID { " …" } else { "" };
        format!("{}{more}", words.list(&shown))
    };
    let after = values(&change.after);
    let said = match change.before.is_empty() {
        true => after,
        false => fl!(words, "bulk-values", before = values(&change.before), after = after),
    };
    weak_text(ui, &said);
    ui.add_space(4.0);
}

/// A value as the form shows it.
fn value(env: &Env, field: BulkField, text: &str) -> String {
    let words = env.words;
    match (field, text) {
        (BulkField::Password, "none") => fl!(words, "bulk-password-removed"),
        (BulkField::Password, _) => fl!(words, "bulk-password-set"),
        (_, "") => fl!(words, "bulk-none"),
        (BulkField::Enabled, "enabled") => fl!(words, "bulk-enabled"),
        (BulkField::Enabled, _) => fl!(words, "bulk-disabled"),
        (BulkField::Carrier, text) => text.to_uppercase(),
        (BulkField::Transport, text) => match MediaTransport::from_word(text) {
            Some(MediaTransport::Automatic) => fl!(words, "editor-transport-automatic"),
            Some(MediaTransport::Tcp) => fl!(words, "editor-transport-tcp"),
            Some(MediaTransport::Udp) => fl!(words, "editor-transport-udp"),
            Some(MediaTransport::Multicast) => fl!(words, "editor-transport-multicast"),
            None => text.to_owned(),
        },
        (BulkField::Paths, text) => {
            let brand = env.brands.all().iter().find(|brand| brand.id.0 == text);
            brand.map_or_else(|| text.to_owned(), device::Brand::label)
        }
        (_, text) => text.to_owned(),
    }
}
