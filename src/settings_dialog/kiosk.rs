//! The section about the kiosk on the General page: the password that it is left with.

use egui::{TextEdit, Ui};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::env::Env;
use crate::bridge::Command;
use crate::ui::form::{FIELD_WIDTH, FormRow, plain_button, section};
use device::Password;

/// The two fields for a new password, which is not set yet.
#[derive(Default)]
pub(super) struct KioskForm {
    password: Zeroizing<String>,
    again: Zeroizing<String>,
    /// The second field was left, so that a difference is shown.
    compared: bool,
}

impl KioskForm {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env) {
        let words = env.words;
        let is_set = env.state.settings.kiosk_password.is_some();
        section(ui, &fl!(words, "general-kiosk"), |ui| {
            let (state, hint) = if is_set {
                (fl!(words, "general-kiosk-set"), fl!(words, "general-kiosk-set-hint"))
            } else {
                (fl!(words, "general-kiosk-none"), fl!(words, "general-kiosk-none-hint"))
            };
            FormRow::new(&fl!(words, "general-kiosk-password"))
                .hint(Some(&hint))
                .show(ui, |ui, _| {
                    let label = ui.label(state);
                    if is_set && plain_button(ui, &fl!(words, "general-kiosk-remove")).clicked() {
                        env.engine.send(Command::SetKioskPassword(None));
                    }
                    label
                });
            let field = |ui: &mut Ui, name, text: &mut String| {
                let edit = TextEdit::singleline(text)
                    .password(true)
                    .margin(egui::vec2(8.0, 5.0))
                    .desired_width((FIELD_WIDTH - 200.0).min(ui.available_width()));
                ui.add(edit).labelled_by(name)
            };
            let label = fl!(words, "general-kiosk-new");
            let typed = FormRow::new(&label).show(ui, |ui, name| field(ui, name, &mut self.password));
            let differs = self.password != self.again;
            let wrong = fl!(words, "general-kiosk-differs");
            let label = fl!(words, "general-kiosk-again");
            let again = FormRow::new(&label)
                .error((self.compared && differs).then_some(wrong.as_str()))
                .show(ui, |ui, name| field(ui, name, &mut self.again));
            if typed.changed() || again.changed() {
                self.compared = false;
            }
            self.compared |= again.lost_focus() && !self.again.is_empty();
            let ready = !self.password.is_empty() && !differs;
            let entered = again.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            FormRow::new("").show(ui, |ui, _| {
                let set = ui
                    .add_enabled_ui(ready, |ui| plain_button(ui, &fl!(words, "general-kiosk-save")))
                    .inner;
                if ready && (set.clicked() || entered) {
                    let password = Password::new(self.password.as_str());
                    env.engine.send(Command::SetKioskPassword(Some(password)));
                    *self = Self::default();
                }
                set
            });
        });
    }
}
