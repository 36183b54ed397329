//! The loop between letters, connections and files.

use std::sync::Arc;
use std::time::Instant;

use super::super::connections::ErrandOf;
use super::super::letters::{LettersEffect, LettersNews};
use super::Core;
use crate::bridge::NoticeKind;
use crate::store::owner_of_secret;
use device::{Password, PasswordEdit};
use events::Messenger;
use settings::Settings;

impl Core {
    pub(super) fn do_for_letters(&mut self, effect: LettersEffect, now: Instant) {
        match effect {
            LettersEffect::Changed => self.screen.changed(),
            LettersEffect::Keep(kept) => self.files.keep_outbox(kept),
            LettersEffect::Earlier(told) => self.events.told_earlier(told),
            LettersEffect::AskPassword(question) => self.files.ask_password(question),
            LettersEffect::Begin(messenger, to) => {
                self.connections.begin_errand(ErrandOf::Messenger(messenger), to, now);
            }
            LettersEffect::End(messenger) => self.connections.end_errand(ErrandOf::Messenger(messenger), now),
            LettersEffect::Notice(kind) => self.screen.notice(kind),
            LettersEffect::Withdraw(messenger) => self.screen.withdraw(
                move |kind: &NoticeKind| matches!(kind, NoticeKind::MessengerFailed { messenger: of, .. } if *of == messenger),
            ),
        }
    }

    pub(super) fn on_letters(&mut self, news: LettersNews, now: Instant) {
        match news {
            LettersNews::Connected { attempt, address } => self.connections.errand_connected(attempt, address, now),
            LettersNews::Waits { attempt } => self.connections.errand_waits(attempt, now),
            LettersNews::Answered { attempt } => self.connections.errand_done(attempt, Ok(()), now),
            LettersNews::Done {
                messenger,
                attempt,
                carried,
            } => {
                self.connections.errand_done(attempt, carried.result(), now);
                self.letters.done(messenger, attempt, &carried, now);
            }
        }
    }

    pub(super) fn try_messenger(&mut self, messenger: Messenger, now: Instant) {
        let state = Arc::new(self.state(now));
        self.letters.try_out(messenger, &state, now);
    }

    pub(super) fn save_settings(&mut self, mut settings: Settings) {
        if self.files.hide_typed_path(&mut settings) {
            self.letters.secret_changed(Messenger::Webhook);
        }
        self.files.save_settings(settings);
    }

    pub(super) fn set_messenger_secret(&mut self, messenger: Messenger, secret: Option<Password>) {
        let edit = secret.map_or(PasswordEdit::Clear, PasswordEdit::Set);
        self.files
            .store_password(owner_of_secret(messenger), messenger.as_str(), &edit);
        self.letters.secret_changed(messenger);
    }
}
