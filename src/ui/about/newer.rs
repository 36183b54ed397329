//! Whether there is a newer version: asked when its button is pressed, and never by itself.

use egui::{Button, OpenUrl, RichText, Ui};
use i18n_embed_fl::fl;

use crate::bridge::{Command, EngineHandle, UpdateCheck, UpdateFault, UpdateState};
use crate::i18n::Words;
use crate::ui::act::PaintContext;
use crate::ui::theme;

#[derive(Default)]
pub(super) struct Newer {
    /// The button was pressed although nobody is named who could be asked.
    explains: bool,
}

impl Newer {
    /// Paints the button and the answer; whether the settings are to be opened.
    pub(super) fn show(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle) -> bool {
        let words = paint.words;
        let address = paint.state.settings.update_address.as_ref();
        let check = paint.state.update.as_deref();
        let is_under_way = check.is_some_and(|check| matches!(check.state, UpdateState::Waiting | UpdateState::Asking));
        let button = Button::new(fl!(words, "update-check"));
        if ui.add_enabled(!is_under_way, button).clicked() {
            match address {
                Some(_) => engine.send(Command::CheckForUpdate),
                None => self.explains = true,
            }
        }
        let weak = theme::tokens(ui).text_weak;
        match (address, check) {
            (None, _) if self.explains => {
                ui.label(fl!(words, "update-no-address"));
                return ui.button(fl!(words, "update-open-settings")).clicked();
            }
            (None, _) => {}
            (Some(address), None) => {
                ui.colored_label(weak, fl!(words, "update-asks", server = address.host.as_str()));
            }
            (Some(_), Some(check)) => answer(ui, words, check),
        }
        false
    }
}

fn answer(ui: &mut Ui, words: &Words, check: &UpdateCheck) {
    let weak = theme::tokens(ui).text_weak;
    ui.label(RichText::new(says(words, check)).strong());
    match &check.state {
        UpdateState::Newer { page: Some(page), .. } => {
            ui.colored_label(weak, page);
            if ui.button(fl!(words, "update-open-page")).clicked() {
                ui.ctx().open_url(OpenUrl::new_tab(page));
            }
            if ui.button(fl!(words, "update-copy-page")).clicked() {
                ui.ctx().copy_text(page.clone());
            }
        }
        UpdateState::Failed(_) => {
            ui.colored_label(weak, fl!(words, "update-failed-next"));
        }
        _ => {}
    }
}

/// The question or its answer in a sentence.
fn says(words: &Words, check: &UpdateCheck) -> String {
    let server = check.server.as_str();
    match &check.state {
        UpdateState::Waiting => fl!(words, "update-waiting", server = server),
        UpdateState::Asking => fl!(words, "update-asking", server = server),
        UpdateState::Newest => fl!(words, "update-newest", server = server),
        UpdateState::Newer { version, .. } => fl!(words, "update-newer", version = version.as_str()),
        UpdateState::Failed(fault) => fault_says(words, server, fault),
    }
}

/// What happened, and what a person can do.
fn fault_says(words: &Words, server: &str, fault: &UpdateFault) -> String {
    match fault {
        UpdateFault::Policy { address } => {
            fl!(words, "update-policy", server = server, address = address.as_str())
        }
        UpdateFault::NoTurn => fl!(words, "update-no-turn", server = server),
        UpdateFault::NoSuchName(_) => fl!(words, "update-no-such-name", server = server),
        UpdateFault::NoWay(_) => fl!(words, "update-no-way", server = server),
        UpdateFault::Refused => fl!(words, "update-refused", server = server),
        UpdateFault::Silent => fl!(words, "update-silent", server = server),
        UpdateFault::Untrusted(_) => fl!(words, "update-untrusted", server = server),
        UpdateFault::Broken(_) => fl!(words, "update-broken", server = server),
        UpdateFault::Status(status) => fl!(words, "update-status", server = server, status = status.to_string()),
        UpdateFault::Moved(to) => fl!(words, "update-moved", server = server, to = to.as_str()),
        UpdateFault::NotUnderstood => fl!(words, "update-not-understood", server = server),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn every_answer_names_who_was_asked_or_what_is_there() {
        let text = || "os error 101".to_owned();
        let faults = [
            UpdateFault::Policy {
                address: "203.0.113.9".to_owned(),
            },
            UpdateFault::NoTurn,
            UpdateFault::NoSuchName(text()),
            UpdateFault::NoWay(text()),
            UpdateFault::Refused,
            UpdateFault::Silent,
            UpdateFault::Untrusted(text()),
            UpdateFault::Broken(text()),
            UpdateFault::Status(503),
            UpdateFault::Moved("https://elsewhere.example/".to_owned()),
            UpdateFault::NotUnderstood,
        ];
        for language in Language::ALL {
            let words = Words::new(language);
            let say = |state| {
                let server = "get.example.jp".to_owned();
                says(&words, &UpdateCheck { server, state })
            };
            let mut said: Vec<String> = faults.iter().cloned().map(UpdateState::Failed).map(say).collect();
            said.extend([UpdateState::Waiting, UpdateState::Asking, UpdateState::Newest].map(say));
            for sentence in &said {
                assert!(sentence.contains("get.example.jp"), "{sentence}");
                assert!(
                    !sentence.contains("os error"),
                    "what the system says is for the log: {sentence}"
                );
            }
            let count = said.len();
            said.sort();
            said.dedup();
            assert_eq!(said.len(), count, "each has words of its own");
            let newer = say(UpdateState::Newer {
                version: "1.2.3".to_owned(),
                page: None,
            });
            assert!(newer.contains("1.2.3"), "{newer}");
        }
    }
}
