//! The sections about those who carry what is said of events elsewhere: their servers, their secrets, and a trial of each.

use std::str::FromStr;

use egui::{TextEdit, Ui, Vec2};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::env::Env;
use crate::bridge::{Command, MessengerShown, Trying};
use crate::i18n::Words;
use crate::ui::events::letters;
use crate::ui::form::{FIELD_WIDTH, FormRow, checkbox, plain_button, radio_value, section, text_field, weak_text};
use crate::ui::state;
use device::Password;
use events::Messenger;
use settings::{MailSecurity, MessengerSettings};

/// What is typed and not saved yet.
#[derive(Default)]
pub(super) struct MessengersForm {
    mail_server: Typed,
    mail_user: Typed,
    mail_from: Typed,
    mail_to: Typed,
    webhook: Typed,
    syslog_server: Typed,
    mail_password: Zeroizing<String>,
    webhook_key: Zeroizing<String>,
}

/// The text of a field while it differs from what is saved.
#[derive(Default)]
struct Typed(Option<String>);

impl Typed {
    /// The text is given to `take` when its field is left. What that does not take stays in the field.
    fn show(&mut self, ui: &mut Ui, row: FormRow, saved: String, take: impl FnOnce(&str) -> bool) {
        let mut text = self.0.clone().unwrap_or_else(|| saved.clone());
        let width = FIELD_WIDTH.min(ui.available_width());
        let field = row.show(ui, |ui, name| text_field(ui, name, &mut text, width, ""));
        if field.lost_focus() {
            let taken = take(text.trim());
            self.0 = (!taken).then_some(text);
        } else if field.changed() {
            self.0 = (text != saved).then_some(text);
        }
    }
}

impl MessengersForm {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, of: &mut MessengerSettings) {
        let words = env.words;
        section(ui, &fl!(words, "messenger-mail"), |ui| {
            weak_text(ui, &fl!(words, "messenger-mail-about"));
            self.mail(ui, env, of);
            trial(ui, env, Messenger::Mail);
        });
        section(ui, &fl!(words, "messenger-webhook"), |ui| {
            weak_text(ui, &fl!(words, "messenger-webhook-about"));
            let (label, error) = (
                fl!(words, "messenger-webhook-address"),
                fl!(words, "general-update-address-wrong"),
            );
            let hint = fl!(words, "messenger-webhook-address-hint");
            parsed(ui, &mut self.webhook, &label, &hint, &error, &mut of.webhook);
            let (label, hint) = (
                fl!(words, "messenger-webhook-key"),
                fl!(words, "messenger-webhook-key-hint"),
            );
            secret(ui, env, &mut self.webhook_key, &label, &hint, Messenger::Webhook);
            trial(ui, env, Messenger::Webhook);
        });
        section(ui, &fl!(words, "messenger-syslog"), |ui| {
            weak_text(ui, &fl!(words, "messenger-syslog-about"));
            let (label, error) = (fl!(words, "messenger-server"), fl!(words, "messenger-server-wrong"));
            let hint = fl!(words, "messenger-syslog-server-hint");
            parsed(
                ui,
                &mut self.syslog_server,
                &label,
                &hint,
                &error,
                &mut of.syslog_server,
            );
            FormRow::new("").show(ui, |ui, _| {
                checkbox(ui, &mut of.syslog_tls, fl!(words, "messenger-syslog-tls"))
            });
            trial(ui, env, Messenger::Syslog);
        });
    }

    fn mail(&mut self, ui: &mut Ui, env: &Env, of: &mut MessengerSettings) {
        let words = env.words;
        let (label, error) = (fl!(words, "messenger-server"), fl!(words, "messenger-server-wrong"));
        let hint = fl!(words, "messenger-mail-server-hint");
        parsed(ui, &mut self.mail_server, &label, &hint, &error, &mut of.mail_server);
        let label = fl!(words, "messenger-security");
        FormRow::new(&label).show(ui, |ui, name| {
            ui.spacing_mut().item_spacing.x = 18.0;
            let mut group: Option<egui::Response> = None;
            for security in MailSecurity::ALL {
                let said = match security {
                    MailSecurity::StartTls => fl!(words, "messenger-security-starttls"),
                    MailSecurity::Tls => fl!(words, "messenger-security-tls"),
                    MailSecurity::None => fl!(words, "messenger-security-none"),
                };
                let radio = radio_value(ui, &mut of.mail_security, *security, said);
                ui.ctx()
                    .accesskit_node_builder(radio.id, |node| node.set_description(label.as_str()));
                group = Some(group.map_or_else(|| radio.clone(), |group| group | radio.clone()));
            }
            group.unwrap_or_else(|| ui.label("").labelled_by(name))
        });
        let (label, hint) = (fl!(words, "messenger-user"), fl!(words, "messenger-user-hint"));
        plain(ui, &mut self.mail_user, &label, &hint, &mut of.mail_user);
        let (label, hint) = (fl!(words, "messenger-password"), String::new());
        secret(ui, env, &mut self.mail_password, &label, &hint, Messenger::Mail);
        if of.mail_security == MailSecurity::None {
            FormRow::new("").show(ui, |ui, _| {
                checkbox(ui, &mut of.mail_sign_in_in_clear, fl!(words, "messenger-clear"))
            });
        }
        let (label, hint) = (fl!(words, "messenger-from"), "monomi@example.jp");
        plain(ui, &mut self.mail_from, &label, hint, &mut of.mail_from);
        FormRow::new("")
            .hint(Some(&fl!(words, "messenger-pictures-hint")))
            .show(ui, |ui, _| {
                checkbox(ui, &mut of.mail_pictures, fl!(words, "messenger-pictures"))
            });
        let (label, hint) = (fl!(words, "messenger-to"), fl!(words, "messenger-to-hint"));
        let saved = of.mail_to.join(", ");
        self.mail_to
            .show(ui, FormRow::new(&label).hint(Some(&hint)), saved, |text| {
                let addresses = text.split(',').map(str::trim).filter(|address| !address.is_empty());
                of.mail_to = addresses.map(str::to_owned).collect();
                true
            });
    }
}

fn hinted(hint: &str) -> Option<&str> {
    Some(hint).filter(|hint| !hint.is_empty())
}

fn plain(ui: &mut Ui, typed: &mut Typed, label: &str, hint: &str, value: &mut String) {
    let saved = value.clone();
    typed.show(ui, FormRow::new(label).hint(hinted(hint)), saved, |text| {
        text.clone_into(value);
        true
    });
}

/// A field whose text is read; an empty one is none.
fn parsed<T: FromStr + ToString>(
    ui: &mut Ui,
    typed: &mut Typed,
    label: &str,
    hint: &str,
    error: &str,
    value: &mut Option<T>,
) {
    let saved = value.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_wrong = |text: &String| !text.trim().is_empty() && text.trim().parse::<T>().is_err();
    let error = typed.0.as_ref().is_some_and(is_wrong).then_some(error);
    typed.show(ui, FormRow::new(label).hint(hinted(hint)).error(error), saved, |text| {
        let read = text.parse().ok();
        let taken = read.is_some() || text.is_empty();
        if taken {
            *value = read;
        }
        taken
    });
}

/// A secret that is typed and never shown.
fn secret(ui: &mut Ui, env: &Env, typed: &mut Zeroizing<String>, label: &str, hint: &str, of: Messenger) {
    let words = env.words;
    FormRow::new(label).hint(hinted(hint)).show(ui, |ui, name| {
        let text: &mut String = typed;
        let edit = TextEdit::singleline(text).password(true).margin(Vec2::new(8.0, 5.0));
        let field = ui.add(edit.desired_width(FIELD_WIDTH - 200.0)).labelled_by(name);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let set = ui
            .add_enabled_ui(!typed.is_empty(), |ui| plain_button(ui, &fl!(words, "messenger-keep")))
            .inner;
        if !typed.is_empty() && (set.clicked() || entered) {
            let secret = Password::new(typed.as_str());
            env.engine.send(Command::SetMessengerSecret(of, Some(secret)));
            *typed = Zeroizing::default();
        }
        if plain_button(ui, &fl!(words, "messenger-forget")).clicked() {
            env.engine.send(Command::SetMessengerSecret(of, None));
        }
        field
    });
}

/// The button that tries it, and how the messenger stands.
fn trial(ui: &mut Ui, env: &Env, of: Messenger) {
    let words = env.words;
    let shown = env.state.messengers.get(&of);
    let called = letters::messenger(words, of);
    FormRow::new("").show(ui, |ui, _| {
        let button = ui
            .add_enabled_ui(shown.is_some(), |ui| plain_button(ui, &fl!(words, "messenger-try")))
            .inner;
        let name = fl!(
            words,
            "alerts-cell",
            kind = called.as_str(),
            means = fl!(words, "messenger-try")
        );
        ui.ctx()
            .accesskit_node_builder(button.id, |node| node.set_label(name.as_str()));
        if button.clicked() {
            env.engine.send(Command::TryMessenger(of));
        }
        button
    });
    if let Some(shown) = shown {
        for line in lines(words, shown) {
            FormRow::new("").show(ui, |ui, _| ui.label(line));
        }
    }
}

fn lines(words: &Words, shown: &MessengerShown) -> Vec<String> {
    let mut lines = Vec::new();
    match (&shown.trial, &shown.last) {
        (Trying::UnderWay, _) => lines.push(fl!(words, "alerts-trial-under-way")),
        (Trying::Failed(why), _) => lines.push(letters::fault(words, &shown.server, why)),
        (Trying::Done, _) => lines.push(fl!(words, "messenger-trial-done", server = shown.server.as_str())),
        (Trying::Off, Some((_, Err(why)))) => lines.push(letters::fault(words, &shown.server, why)),
        (Trying::Off, Some((clock, Ok(())))) => {
            lines.push(fl!(words, "messenger-last", clock = state::date_and_clock(*clock)));
        }
        (Trying::Off, None) => {}
    }
    if shown.waiting > 0 {
        let next = match (shown.stopped, shown.next) {
            (true, _) => fl!(words, "messenger-waits"),
            (false, Some(next)) => fl!(words, "messenger-next", clock = state::clock(next)),
            (false, None) => String::new(),
        };
        lines.push(fl!(words, "messenger-waiting", count = shown.waiting, next = next));
    }
    lines
}
