//! The form of one rule of a person's own. What is typed wrong stays in its field, with what is wrong.

use std::collections::BTreeSet;

use egui::{ComboBox, DragValue, PopupCloseBehavior, Response, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use super::own_rule_words::{days, place, topic};
use crate::i18n::Words;
use crate::ui::events::{letters, says};
use crate::ui::form::{FIELD_WIDTH, FormRow, checkbox, text_field, weak_text};
use crate::wording::event;
use device::ChannelId;
use events::{AlarmView, Category, Kind, Messenger, Occurrence, OwnRule, RuleTopic, Severity, Subject};

/// What is typed and not taken over yet.
#[derive(Default)]
pub(super) struct OwnRuleForm {
    name: Option<String>,
    /// The days of the week from Monday on, and holidays.
    hours: [Option<String>; 8],
}

/// Where the hours of holidays are among what is typed.
const HOLIDAYS: usize = 7;

/// The longest time that an event may have to last, in seconds.
const LONGEST: u32 = 86_400;

impl OwnRuleForm {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, rule: &mut OwnRule) {
        let words = env.words;
        self.name(ui, words, rule);
        what(ui, words, rule);
        place_row(ui, env, rule);
        self.when(ui, words, rule);
        FormRow::new(&fl!(words, "own-rule-after")).show(ui, |ui, name| {
            let field = DragValue::new(&mut rule.after)
                .range(0..=LONGEST)
                .update_while_editing(false);
            let field = ui.add(field).labelled_by(name);
            ui.weak(fl!(words, "own-rule-after-hint"));
            field
        });
        means(ui, env, rule);
        view(ui, env, rule);
    }

    fn name(&mut self, ui: &mut Ui, words: &Words, rule: &mut OwnRule) {
        let mut text = self.name.clone().unwrap_or_else(|| rule.name.clone());
        let wrong = (!OwnRule::is_name(text.trim())).then(|| fl!(words, "own-rule-name-wrong"));
        let label = fl!(words, "own-rule-name");
        let row = FormRow::new(&label).error(wrong.as_deref());
        let field = row.show(ui, |ui, name| text_field(ui, name, &mut text, FIELD_WIDTH, ""));
        if field.lost_focus() && wrong.is_none() {
            text.trim().clone_into(&mut rule.name);
            self.name = None;
        } else if field.changed() {
            self.name = Some(text);
        }
    }

    fn when(&mut self, ui: &mut Ui, words: &Words, rule: &mut OwnRule) {
        let mut always = !rule.when.has_days();
        let label = fl!(words, "own-rule-when");
        FormRow::new(&label).show(ui, |ui, _| {
            let switch = checkbox(ui, &mut always, fl!(words, "own-rule-always"));
            if switch.changed() {
                rule.when.set_always(always);
                self.hours = Default::default();
            }
            switch
        });
        if !always {
            weak_text(ui, &fl!(words, "own-rule-hours-hint"));
            for (at, label) in (0_u8..).zip(days(words)) {
                let saved = rule.when.day_text(at).unwrap_or_default();
                let typed = &mut self.hours[usize::from(at)];
                hours_row(ui, words, &label, typed, saved, |text| {
                    rule.when.set_day(at, text).is_ok()
                });
            }
        }
        let mut own = rule.when.holiday_text().is_some();
        FormRow::new("").show(ui, |ui, _| {
            let switch = checkbox(ui, &mut own, fl!(words, "own-rule-holidays-own"));
            if switch.changed() {
                // An empty text is always hours: none.
                drop(rule.when.set_holiday(own.then_some("")));
                self.hours[HOLIDAYS] = None;
            }
            switch
        });
        if let Some(saved) = rule.when.holiday_text() {
            let typed = &mut self.hours[HOLIDAYS];
            let label = fl!(words, "own-rule-holidays");
            hours_row(ui, words, &label, typed, saved, |text| {
                rule.when.set_holiday(Some(text)).is_ok()
            });
        }
    }
}

/// Hours of one day. They are taken over when the field is left, if they are hours.
fn hours_row(
    ui: &mut Ui,
    words: &Words,
    label: &str,
    typed: &mut Option<String>,
    saved: String,
    take: impl FnOnce(&str) -> bool,
) {
    let mut text = typed.clone().unwrap_or_else(|| saved.clone());
    let is_wrong = text
        .split_whitespace()
        .any(|span| span.parse::<events::Hours>().is_err());
    let wrong = is_wrong.then(|| fl!(words, "own-rule-hours-wrong"));
    let row = FormRow::new(label).error(wrong.as_deref());
    let none = fl!(words, "own-rule-hours-none");
    let field = row.show(ui, |ui, name| text_field(ui, name, &mut text, 260.0, &none));
    if field.lost_focus() && take(text.trim()) {
        *typed = None;
    } else if field.changed() {
        *typed = (text != saved).then_some(text);
    }
}

fn what(ui: &mut Ui, words: &Words, rule: &mut OwnRule) {
    let chosen: Vec<String> = rule.topics.iter().map(|of| topic(words, *of)).collect();
    let all = fl!(words, "own-rules-everything");
    let said = if chosen.is_empty() { all } else { words.list(&chosen) };
    FormRow::new(&fl!(words, "own-rule-what")).show(ui, |ui, name| {
        combo("own-rule-what", said)
            .show_ui(ui, |ui| {
                let categories = Category::ALL.iter().map(|of| RuleTopic::Category(*of));
                let kinds = Kind::ALL.iter().map(|of| RuleTopic::Kind(*of));
                let occurrences = Occurrence::ALL.iter().map(|of| RuleTopic::Occurrence(*of));
                for (at, group) in [categories.collect::<Vec<_>>(), kinds.collect(), occurrences.collect()]
                    .into_iter()
                    .enumerate()
                {
                    if at > 0 {
                        ui.separator();
                    }
                    for of in group {
                        toggle(ui, &mut rule.topics, of, topic(words, of));
                    }
                }
            })
            .response
            .labelled_by(name)
    });
    FormRow::new(&fl!(words, "own-rule-least")).show(ui, |ui, name| {
        let said = event::severity(words, rule.least);
        let combo = ComboBox::from_id_salt("own-rule-least")
            .selected_text(said)
            .width(160.0);
        let combo = combo.show_ui(ui, |ui| {
            for severity in Severity::ALL {
                ui.selectable_value(&mut rule.least, *severity, event::severity(words, *severity));
            }
        });
        combo.response.labelled_by(name)
    });
}

fn place_row(ui: &mut Ui, env: &Env, rule: &mut OwnRule) {
    let (words, registry) = (env.words, &env.state.registry);
    let chosen: Vec<String> = rule.places.iter().map(|of| place(registry, of)).collect();
    let all = fl!(words, "own-rules-everywhere");
    let said = if chosen.is_empty() { all } else { words.list(&chosen) };
    FormRow::new(&fl!(words, "own-rule-where")).show(ui, |ui, name| {
        combo("own-rule-where", said)
            .show_ui(ui, |ui| {
                for site in &registry.sites {
                    toggle(ui, &mut rule.places, Subject::Site(site.id), site.name.clone());
                    for device in registry.devices.iter().filter(|device| device.site == site.id) {
                        let label = format!("    {}", device.name);
                        toggle(ui, &mut rule.places, Subject::Device(device.id), label);
                    }
                }
            })
            .response
            .labelled_by(name)
    });
}

fn means(ui: &mut Ui, env: &Env, rule: &mut OwnRule) {
    let words = env.words;
    FormRow::new(&fl!(words, "own-rule-means")).show(ui, |ui, name| {
        ui.horizontal_wrapped(|ui| {
            let means = &mut rule.means;
            let on_screen = [
                (&mut means.sound, fl!(words, "alerts-column-sound")),
                (&mut means.attention, fl!(words, "alerts-column-attention")),
                (&mut means.notification, fl!(words, "alerts-column-notification")),
                (&mut rule.border, fl!(words, "own-rule-border")),
            ];
            for (on, label) in on_screen {
                checkbox(ui, on, label);
            }
            let elsewhere = [
                (Messenger::Mail, &mut means.mail),
                (Messenger::Webhook, &mut means.webhook),
                (Messenger::Syslog, &mut means.syslog),
            ];
            for (of, on) in elsewhere {
                let has_server = env.state.messengers.contains_key(&of);
                let label = letters::messenger(words, of);
                ui.add_enabled_ui(has_server || *on, |ui| checkbox(ui, on, label));
            }
        })
        .response
        .labelled_by(name)
    });
}

fn view(ui: &mut Ui, env: &Env, rule: &mut OwnRule) {
    let (words, registry) = (env.words, &env.state.registry);
    let mut opens = rule.view.is_some();
    let hint = fl!(words, "own-rule-opens-hint");
    FormRow::new("").hint(Some(&hint)).show(ui, |ui, _| {
        let switch = checkbox(ui, &mut opens, fl!(words, "own-rule-opens"));
        if switch.changed() {
            rule.view = opens.then(AlarmView::of_event);
        }
        switch
    });
    let Some(view) = &mut rule.view else { return };
    let name_of = |channel: ChannelId| says::channel(words, registry, channel);
    let mut chosen: Vec<String> = view.channels.iter().map(|channel| name_of(*channel)).collect();
    if view.of_event {
        chosen.insert(0, fl!(words, "own-rule-of-event"));
    }
    FormRow::new(&fl!(words, "own-rule-cameras")).show(ui, |ui, name| {
        combo("own-rule-cameras", words.list(&chosen))
            .show_ui(ui, |ui| {
                let mut of_event = view.of_event;
                checkbox(ui, &mut of_event, fl!(words, "own-rule-of-event"));
                // One that opens nothing would be no view.
                view.of_event = of_event || view.channels.is_empty();
                for device in &registry.devices {
                    for number in 1..=u16::try_from(device.channels.len()).unwrap_or(u16::MAX) {
                        let channel = ChannelId {
                            device: device.id,
                            number,
                        };
                        toggle(ui, &mut view.channels, channel, name_of(channel));
                    }
                }
            })
            .response
            .labelled_by(name)
    });
    FormRow::new(&fl!(words, "own-rule-monitor")).show(ui, |ui, name| {
        let mut monitor = view.monitor.unwrap_or(0);
        let any = fl!(words, "own-rule-monitor-any");
        let field = DragValue::new(&mut monitor).range(0..=16).update_while_editing(false);
        let field = field.custom_formatter(move |value, _| if value < 1.0 { any.clone() } else { format!("{value}") });
        let field = ui.add(field).labelled_by(name);
        view.monitor = (monitor > 0).then_some(monitor);
        field
    });
    FormRow::new("").show(ui, |ui, _| {
        checkbox(ui, &mut view.replaces, fl!(words, "own-rule-replaces"))
    });
    FormRow::new("").show(ui, |ui, _| {
        checkbox(ui, &mut view.closes, fl!(words, "own-rule-closes"))
    });
}

fn combo(id: &str, said: String) -> ComboBox<'_> {
    ComboBox::from_id_salt(id)
        .selected_text(said)
        .width(FIELD_WIDTH)
        .truncate()
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
}

/// One of several that are chosen together.
fn toggle<T: Ord>(ui: &mut Ui, chosen: &mut BTreeSet<T>, of: T, label: String) -> Response {
    let mut on = chosen.contains(&of);
    let switch = checkbox(ui, &mut on, label);
    if switch.changed() {
        match on {
            true => drop(chosen.insert(of)),
            false => drop(chosen.remove(&of)),
        }
    }
    switch
}
