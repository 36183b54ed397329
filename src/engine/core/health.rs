//! The loop and how available devices are.

use std::time::Instant;

use super::super::clock;
use super::super::connections::Addressee;
use super::super::health::{CheckNews, HealthEffect};
use super::Core;
use device::OnvifPlace;
use events::Happening;

impl Core {
    /// Looks at every device, where that is due.
    pub(super) fn look_at_health(&mut self, now: Instant) {
        if !self.health.is_due(now) {
            return;
        }
        let attempts = self.connections.take_attempts();
        self.health.count_attempts(&attempts, clock::unix());
        let state = self.state(now);
        let warnings = self.connections.password_warnings();
        self.health.look(&state, warnings, (now, clock::unix()));
        self.screen.changed();
    }

    /// Asks the next device that nobody watches, where one is due.
    pub(super) fn check_devices(&mut self, now: Instant) {
        if let Some(question) = self.health.gives_up(now) {
            self.connections.end_question(question, now);
        }
        let minutes = self.files.settings().checks.minutes;
        let Some(device) = self.health.check_due(minutes, now) else {
            return;
        };
        let port = self.files.registry().device(device).map(|device| device.port);
        let question = port.and_then(|port| {
            let to = Addressee::Checked(device);
            self.connections.begin_question(to, OnvifPlace::at(port), now)
        });
        self.health.check_begun(question);
    }

    pub(super) fn on_checked(&mut self, news: CheckNews, now: Instant) {
        let CheckNews {
            question,
            attempt,
            result,
        } = news;
        if let Err((address, failure)) = &result
            && self
                .connections
                .asks_on_by_another_road(question, attempt, (*address, failure.clone()), now)
        {
            return self.health.check_again(question, now);
        }
        let minutes = self.files.settings().checks.minutes;
        self.health.checked(question, &result, minutes, (now, clock::unix()));
        match result {
            Ok(address) => {
                self.connections
                    .question_connected(question, attempt, address, None, now);
                self.connections.question_answered(question, attempt, now);
                self.connections.end_question(question, now);
            }
            Err((address, failure)) => {
                self.connections
                    .question_failed(question, attempt, address, failure, now);
            }
        }
    }

    /// What a device told of its disks and recordings stands beside how it is.
    pub(in crate::engine) fn note_storage(&mut self, happening: &Happening) {
        self.health.note_storage(happening, clock::unix());
    }

    pub(super) fn do_for_health(&mut self, effect: HealthEffect) {
        match effect {
            HealthEffect::Keep(book) => self.files.keep_health(book),
        }
    }
}
