//! What a messenger has to know before it sets out: the path of its address, the password of its sign-in, its key.

use std::time::Instant;

use super::super::password::{PasswordAnswer, PasswordQuestion};
use super::{Letters, LettersEffect, OWN_QUESTION, OnTheWay, Stage, TURN, servers};
use crate::bridge::{MessengerFault, Trying};
use crate::store::{OWNER_OF_WEBHOOK_PATH, owner_of_secret};
use events::Messenger;

impl Letters {
    /// Asks for what the messenger needs: a web server for the path first, where the settings name the server alone.
    pub(super) fn ask(&mut self, messenger: Messenger, by_hand: bool) {
        let names_server = self
            .settings
            .webhook
            .as_ref()
            .is_some_and(|address| !address.has_path());
        let (number, of) = (self.next_question(), OWNER_OF_WEBHOOK_PATH);
        let on_the_way = self.messengers.entry(messenger).or_default();
        on_the_way.whole = None;
        if messenger == Messenger::Webhook && names_server {
            on_the_way.stage = Stage::AsksPath(number);
            let question = PasswordQuestion { number, of, by_hand };
            self.effects.push_back(LettersEffect::AskPassword(question));
        } else {
            self.ask_secret(messenger, by_hand);
        }
    }

    fn ask_secret(&mut self, messenger: Messenger, by_hand: bool) {
        let number = self.next_question();
        self.messengers.entry(messenger).or_default().stage = Stage::Asks(number);
        self.effects.push_back(LettersEffect::AskPassword(PasswordQuestion {
            number,
            of: owner_of_secret(messenger),
            by_hand,
        }));
    }

    fn next_question(&mut self) -> u64 {
        self.questions += 1;
        OWN_QUESTION | self.questions
    }

    /// Whether the answer to this question is ours.
    pub(in crate::engine) fn is_question(number: u64) -> bool {
        number & OWN_QUESTION != 0
    }

    pub(in crate::engine) fn password_answered(&mut self, number: u64, answer: PasswordAnswer, now: Instant) {
        let asks = |on_the_way: &OnTheWay| matches!(on_the_way.stage, Stage::AsksPath(asked) | Stage::Asks(asked) if asked == number);
        let asking = self.messengers.iter().find(|(_, on_the_way)| asks(on_the_way));
        let Some(messenger) = asking.map(|(messenger, _)| *messenger) else {
            return;
        };
        let secret = match answer {
            Ok(secret) => secret,
            Err(why) => return self.came_to_nothing(messenger, MessengerFault::NoPassword(why)),
        };
        let trial = self
            .messengers
            .get(&messenger)
            .and_then(|on_the_way| on_the_way.trial.as_ref());
        let by_hand = trial == Some(&Trying::UnderWay);
        if let Some(on_the_way) = self.messengers.get_mut(&messenger)
            && matches!(on_the_way.stage, Stage::AsksPath(_))
        {
            let server = self.settings.webhook.as_ref();
            on_the_way.whole = match (secret, server) {
                (Some(secret), Some(server)) => match server.with_secret(secret.expose()) {
                    Some(whole) => Some(whole),
                    // Without its path it would come to nobody, and count as delivered.
                    None => return self.came_to_nothing(messenger, MessengerFault::PathOfOther),
                },
                _ => None,
            };
            return self.ask_secret(messenger, by_hand);
        }
        let to = match servers::address(&self.settings, messenger, by_hand) {
            Ok(to) => to,
            Err(fault) => return self.came_to_nothing(messenger, fault),
        };
        let patience = if to.by_hand { TURN[0] } else { TURN[1] };
        if let Some(on_the_way) = self.messengers.get_mut(&messenger) {
            let until = now + patience;
            on_the_way.stage = Stage::Waits { until, secret };
        }
        self.effects.push_back(LettersEffect::Begin(messenger, to));
    }
}
