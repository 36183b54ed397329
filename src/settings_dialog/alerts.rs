//! The Alerts tab: how a person is called, when, and about what.

use egui::{ComboBox, DragValue, Grid, RichText, TextEdit, Ui, Vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use super::messengers::MessengersForm;
use super::own_rule_words::days;
use super::own_rules::OwnRulesSection;
use crate::bridge::{AlertTrial, Command, Trying};
use crate::i18n::Words;
use crate::ui::events::{letters, says};
use crate::ui::form::{FormRow, checkbox, error_text, radio_value, section, weak_text};
use crate::ui::theme;
use device::SiteId;
use events::{AlertSettings, AlertSound, Hours, Kind, Means, Messenger};
use settings::Settings;

/// What is chosen and typed on the page and not saved yet.
#[derive(Default)]
pub(super) struct AlertsTab {
    /// The ends of the quiet hours as they are typed.
    typed: [Option<String>; 2],
    /// The site whose rules are shown; `None`: those of all.
    site: Option<SiteId>,
    /// Somebody tried the alerts since the page was opened.
    tried: bool,
    messengers: MessengersForm,
    own_rules: OwnRulesSection,
}

/// The quiet hours when they are switched on: the night.
const NIGHT: (u16, u16) = (22 * 60, 7 * 60);

impl AlertsTab {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, settings: &mut Settings) {
        let words = env.words;
        let (alerts, messengers) = (&mut settings.alerts, &mut settings.messengers);
        section(ui, &fl!(words, "alerts-how"), |ui| {
            weak_text(ui, &fl!(words, "alerts-how-about"));
            how(ui, words, alerts);
            self.trial(ui, env);
        });
        section(ui, &fl!(words, "alerts-when"), |ui| {
            let hint = fl!(words, "alerts-after-hint");
            FormRow::new(&fl!(words, "alerts-after")).show(ui, |ui, name| {
                let field = ui.add(
                    DragValue::new(&mut alerts.after)
                        .range(5..=3_600)
                        .update_while_editing(false),
                );
                let field = field.labelled_by(name);
                ui.weak(hint);
                field
            });
            self.quiet(ui, words, alerts);
        });
        section(ui, &fl!(words, "alerts-what"), |ui| {
            weak_text(ui, &fl!(words, "alerts-what-about"));
            self.what(ui, env, alerts);
        });
        self.own_rules.show(ui, env, alerts);
        self.messengers.show(ui, env, messengers);
    }

    fn trial(&mut self, ui: &mut Ui, env: &Env) {
        let words = env.words;
        FormRow::new("").show(ui, |ui, _| {
            let button = ui.button(fl!(words, "alerts-try"));
            ui.weak(fl!(words, "alerts-try-about"));
            if button.clicked() {
                self.tried = true;
                env.engine.send(Command::TryAlert);
            }
            button
        });
        let Some(trial) = env.state.events.trial.as_ref().filter(|_| self.tried) else {
            return;
        };
        for line in trial_lines(words, trial) {
            FormRow::new("").show(ui, |ui, _| ui.label(line));
        }
    }

    fn quiet(&mut self, ui: &mut Ui, words: &Words, alerts: &mut AlertSettings) {
        let mut on = alerts.quiet_hours.is_some();
        let hint = fl!(words, "alerts-quiet-hint");
        FormRow::new("").hint(Some(&hint)).show(ui, |ui, _| {
            let switch = checkbox(ui, &mut on, fl!(words, "alerts-quiet"));
            if switch.changed() {
                alerts.quiet_hours = on.then(|| Hours::new(NIGHT.0, NIGHT.1)).flatten();
                self.typed = [None, None];
            }
            switch
        });
        let Some(hours) = alerts.quiet_hours else { return };
        let said = [hours.from(), hours.to()].map(clock);
        let labels = [fl!(words, "alerts-quiet-from"), fl!(words, "alerts-quiet-to")];
        let mut wrong = false;
        for (at, label) in labels.iter().enumerate() {
            let mut text = self.typed[at].clone().unwrap_or_else(|| said[at].clone());
            FormRow::new(label).show(ui, |ui, name| {
                let field = ui.add(
                    TextEdit::singleline(&mut text)
                        .desired_width(64.0)
                        .margin(Vec2::new(8.0, 5.0)),
                );
                let field = field.labelled_by(name);
                if field.changed() {
                    self.typed[at] = Some(text.clone());
                }
                let ends = [0, 1].map(|end| self.typed[end].clone().unwrap_or_else(|| said[end].clone()));
                let read = ends.join("-").parse::<Hours>();
                wrong |= read.is_err();
                if let (true, Ok(hours)) = (field.lost_focus(), read) {
                    alerts.quiet_hours = Some(hours);
                    self.typed = [None, None];
                }
                field
            });
        }
        if wrong {
            error_text(ui, &fl!(words, "alerts-quiet-problem"));
        }
        FormRow::new(&fl!(words, "alerts-days")).show(ui, |ui, name| {
            let mut row: Option<egui::Response> = None;
            for (day, label) in (0..).zip(days(words)) {
                let mut on = alerts.quiet_days.has(day);
                let switch = checkbox(ui, &mut on, label);
                alerts.quiet_days.set(day, on);
                row = Some(row.map_or_else(|| switch.clone(), |row| row | switch.clone()));
            }
            row.unwrap_or_else(|| ui.label("").labelled_by(name))
        });
    }

    fn what(&mut self, ui: &mut Ui, env: &Env, alerts: &mut AlertSettings) {
        let words = env.words;
        let registry = &env.state.registry;
        let known = self.site.and_then(|id| registry.site(id));
        self.site = known.map(|site| site.id);
        let all = fl!(words, "alerts-site-all");
        let chosen = known.map_or_else(|| all.clone(), |site| site.name.clone());
        FormRow::new(&fl!(words, "alerts-site")).show(ui, |ui, name| {
            let combo = ComboBox::from_id_salt("alerts-site").selected_text(chosen).width(260.0);
            let combo = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut self.site, None, all);
                for site in &registry.sites {
                    ui.selectable_value(&mut self.site, Some(site.id), site.name.as_str());
                }
            });
            combo.response.labelled_by(name)
        });
        if let Some(site) = self.site {
            let mut own = alerts.rules.has_own(site);
            FormRow::new("").show(ui, |ui, _| {
                let switch = checkbox(ui, &mut own, fl!(words, "alerts-site-own"));
                if switch.changed() {
                    alerts.rules.set_own(site, own);
                }
                switch
            });
        }
        let may = self.site.is_none_or(|site| alerts.rules.has_own(site));
        ui.add_enabled_ui(may, |ui| table(ui, env, self.site, alerts));
    }
}

fn how(ui: &mut Ui, words: &Words, alerts: &mut AlertSettings) {
    let label = fl!(words, "alerts-sound");
    let hint = fl!(words, "alerts-sound-hint");
    let row = FormRow::new(&label).hint(Some(&hint));
    row.show(ui, |ui, name| {
        ui.spacing_mut().item_spacing.x = 18.0;
        let mut group: Option<egui::Response> = None;
        for sound in AlertSound::ALL {
            let said = match sound {
                AlertSound::Off => fl!(words, "alerts-sound-off"),
                AlertSound::Once => fl!(words, "alerts-sound-once"),
                AlertSound::UntilSeen => fl!(words, "alerts-sound-until-seen"),
            };
            let radio = radio_value(ui, &mut alerts.sound, *sound, said);
            ui.ctx()
                .accesskit_node_builder(radio.id, |node| node.set_description(label.as_str()));
            group = Some(group.map_or_else(|| radio.clone(), |group| group | radio.clone()));
        }
        group.unwrap_or_else(|| ui.label("").labelled_by(name))
    });
    FormRow::new("").show(ui, |ui, _| {
        checkbox(ui, &mut alerts.attention, fl!(words, "alerts-attention"))
    });
    FormRow::new("").show(ui, |ui, _| {
        let notification = checkbox(ui, &mut alerts.notification, fl!(words, "alerts-notification"));
        ui.add_space(18.0);
        ui.add_enabled_ui(alerts.notification, |ui| {
            let kiosk = checkbox(ui, &mut alerts.kiosk_notification, fl!(words, "alerts-kiosk"));
            kiosk.on_hover_text(fl!(words, "alerts-kiosk-hint"));
        });
        notification
    });
}

/// Kinds and means, with a box for each pair.
fn table(ui: &mut Ui, env: &Env, site: Option<SiteId>, alerts: &mut AlertSettings) {
    let (words, tokens) = (env.words, theme::tokens(ui));
    let mut columns = vec![
        fl!(words, "alerts-column-sound"),
        fl!(words, "alerts-column-attention"),
        fl!(words, "alerts-column-notification"),
    ];
    let carries = |messenger| env.state.messengers.contains_key(&messenger);
    let carried: Vec<Messenger> = Messenger::ALL.iter().copied().filter(|of| carries(*of)).collect();
    columns.extend(carried.iter().map(|of| letters::messenger(words, *of)));
    Grid::new("alerts-table")
        .num_columns(1 + columns.len())
        .min_col_width(if carried.is_empty() { 96.0 } else { 64.0 })
        .min_row_height(24.0)
        .spacing(Vec2::new(16.0, 4.0))
        .show(ui, |ui| {
            ui.label("");
            for column in &columns {
                ui.label(RichText::new(column).size(12.0).color(tokens.text_weak));
            }
            ui.end_row();
            for kind in Kind::ALL {
                let said = says::kind(words, *kind);
                ui.label(said.as_str());
                let mut means = alerts.rules.means(site, *kind);
                let before = means;
                let Means {
                    sound,
                    attention,
                    notification,
                    mail,
                    webhook,
                    syslog,
                } = &mut means;
                let mut boxes = vec![sound, attention, notification];
                let of = [
                    (Messenger::Mail, mail),
                    (Messenger::Webhook, webhook),
                    (Messenger::Syslog, syslog),
                ];
                boxes.extend(
                    of.into_iter()
                        .filter_map(|(of, on)| carried.contains(&of).then_some(on)),
                );
                for (on, column) in boxes.into_iter().zip(&columns) {
                    let switch = checkbox(ui, on, ());
                    let name = fl!(words, "alerts-cell", kind = said.as_str(), means = column.as_str());
                    ui.ctx()
                        .accesskit_node_builder(switch.id, |node| node.set_label(name.as_str()));
                }
                if means != before {
                    alerts.rules.set(site, *kind, means);
                }
                ui.end_row();
            }
        });
}

fn trial_lines(words: &Words, trial: &AlertTrial) -> [String; 2] {
    fn answer<P>(words: &Words, trying: &Trying<P>, problem: impl Fn(&P) -> String) -> String {
        match trying {
            Trying::Off => fl!(words, "alerts-trial-off"),
            Trying::UnderWay => fl!(words, "alerts-trial-under-way"),
            Trying::Done => fl!(words, "alerts-trial-done"),
            Trying::Failed(why) => problem(why),
        }
    }
    let sound = answer(words, &trial.sound, |problem| says::sound_reason(words, problem));
    let notification = answer(words, &trial.notification, |_reason| {
        fl!(words, "alert-notification-none")
    });
    [
        fl!(words, "alerts-trial-sound", answer = sound),
        fl!(words, "alerts-trial-notification", answer = notification),
    ]
}

/// A time of day as it is typed.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
