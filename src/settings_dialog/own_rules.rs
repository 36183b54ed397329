//! The section about rules of a person's own: the list, and the days that count as holidays.

use egui::{RichText, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use super::own_rule_form::OwnRuleForm;
use super::own_rule_words::{place, topic};
use crate::i18n::Words;
use crate::ui::form::{FIELD_WIDTH, FormRow, checkbox, plain_button, section, text_field, weak_text};
use crate::ui::theme;
use crate::wording::event;
use device::Registry;
use events::{AlertSettings, DaySpan, OwnRule};

/// What is open and typed, and not saved yet.
#[derive(Default)]
pub(super) struct OwnRulesSection {
    /// Which rule is being changed.
    editing: Option<(usize, OwnRuleForm)>,
    holidays: Option<String>,
}

/// What a person does to the list.
enum Change {
    Edit(usize),
    Up(usize),
    Remove(usize),
}

impl OwnRulesSection {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, alerts: &mut AlertSettings) {
        let words = env.words;
        section(ui, &fl!(words, "own-rules"), |ui| {
            weak_text(ui, &fl!(words, "own-rules-about"));
            let mut change = None;
            for (at, rule) in alerts.own_rules.iter_mut().enumerate() {
                change = row(ui, env, at, rule).or(change);
                if let Some((_, form)) = self.editing.as_mut().filter(|(editing, _)| *editing == at) {
                    ui.indent(("own-rule", at), |ui| form.show(ui, env, rule));
                }
            }
            match change {
                Some(Change::Edit(at)) => {
                    let is_open = self.editing.as_ref().is_some_and(|(editing, _)| *editing == at);
                    self.editing = (!is_open).then(|| (at, OwnRuleForm::default()));
                }
                Some(Change::Up(at)) if at > 0 => {
                    alerts.own_rules.swap(at, at - 1);
                    self.editing = None;
                }
                Some(Change::Remove(at)) => {
                    drop(alerts.own_rules.remove(at));
                    self.editing = None;
                }
                Some(Change::Up(_)) | None => {}
            }
            FormRow::new("").show(ui, |ui, _| {
                let button = plain_button(ui, &fl!(words, "own-rules-add"));
                if button.clicked() {
                    // It fits everything and calls nobody yet: on at once, it would keep the table from calling.
                    alerts.own_rules.push(OwnRule::switched_off());
                    self.editing = Some((alerts.own_rules.len() - 1, OwnRuleForm::default()));
                }
                button
            });
            self.holidays(ui, words, alerts);
        });
    }

    fn holidays(&mut self, ui: &mut Ui, words: &Words, alerts: &mut AlertSettings) {
        let saved = alerts
            .holidays
            .iter()
            .map(DaySpan::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let mut text = self.holidays.clone().unwrap_or_else(|| saved.clone());
        let read = days(&text);
        let wrong = read
            .as_ref()
            .err()
            .map(|day| fl!(words, "own-rules-holidays-wrong", day = day.as_str()));
        let (label, hint) = (fl!(words, "own-rules-holidays"), fl!(words, "own-rules-holidays-hint"));
        let row = FormRow::new(&label).hint(Some(&hint)).error(wrong.as_deref());
        let field = row.show(ui, |ui, name| {
            text_field(ui, name, &mut text, FIELD_WIDTH, "12-29..01-03")
        });
        if let (true, Ok(read)) = (field.lost_focus(), read) {
            alerts.holidays = read;
            self.holidays = None;
        } else if field.changed() {
            self.holidays = (text != saved).then_some(text);
        }
        FormRow::new("").show(ui, |ui, _| {
            checkbox(ui, &mut alerts.japanese_holidays, fl!(words, "own-rules-japanese"))
        });
    }
}

/// The days that a text names; the part that names none as the error.
fn days(text: &str) -> Result<Vec<DaySpan>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|_no_day| part.to_owned()))
        .collect()
}

/// One rule of the list: what it is called, what it does in a line, and what can be done to it.
fn row(ui: &mut Ui, env: &Env, at: usize, rule: &mut OwnRule) -> Option<Change> {
    let words = env.words;
    let called = called(words, at, rule);
    let summary = summary(words, &env.state.registry, rule);
    let understood = rule.not_understood().is_none();
    let mut change = None;
    ui.horizontal(|ui| {
        ui.add_enabled_ui(understood, |ui| checkbox(ui, &mut rule.enabled, called.as_str()));
        let button = |ui: &mut Ui, text: String, change_to: Change, change: &mut Option<Change>| {
            let button = ui.small_button(text.as_str());
            let name = fl!(words, "alerts-cell", kind = called.as_str(), means = text.as_str());
            ui.ctx()
                .accesskit_node_builder(button.id, |node| node.set_label(name.as_str()));
            if button.clicked() {
                *change = Some(change_to);
            }
        };
        if understood {
            button(ui, fl!(words, "own-rules-edit"), Change::Edit(at), &mut change);
        }
        if at > 0 {
            button(ui, fl!(words, "own-rules-up"), Change::Up(at), &mut change);
        }
        button(ui, fl!(words, "own-rules-remove"), Change::Remove(at), &mut change);
    });
    let color = theme::tokens(ui).text_weak;
    ui.add(egui::Label::new(RichText::new(summary).size(12.5).color(color)).wrap());
    ui.add_space(4.0);
    change
}

fn called(words: &Words, at: usize, rule: &OwnRule) -> String {
    let number = at + 1;
    match rule.name.is_empty() {
        true => fl!(words, "own-rules-unnamed", number = number),
        false => rule.name.clone(),
    }
}

/// What the rule is about, where, when and what it does.
fn summary(words: &Words, registry: &Registry, rule: &OwnRule) -> String {
    if let Some(text) = rule.not_understood() {
        return fl!(words, "own-rules-not-understood", text = text);
    }
    let topics: Vec<String> = rule.topics.iter().map(|of| topic(words, *of)).collect();
    let mut parts = vec![match topics.is_empty() {
        true => fl!(words, "own-rules-everything"),
        false => words.list(&topics),
    }];
    parts.push(fl!(
        words,
        "own-rules-from",
        severity = event::severity(words, rule.least)
    ));
    let places: Vec<String> = rule.places.iter().map(|of| place(registry, of)).collect();
    parts.push(match places.is_empty() {
        true => fl!(words, "own-rules-everywhere"),
        false => words.list(&places),
    });
    if !rule.when.is_always() {
        parts.push(rule.when.to_string());
    }
    if rule.after > 0 {
        parts.push(fl!(words, "own-rules-after-said", seconds = rule.after));
    }
    if rule.enabled && !rule.calls() {
        parts.push(fl!(words, "own-rules-calls-nobody"));
    }
    parts.join(" · ")
}
