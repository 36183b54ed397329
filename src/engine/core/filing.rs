//! What the parts that keep something want of the others: the files, the events and the habits.

use std::time::Instant;

use super::super::{clock, events, files, habits};
use super::Core;
use ::events::{Occurrence, Subject};

impl Core {
    pub(super) fn do_for_files(&mut self, effect: files::FilesEffect, now: Instant) {
        use files::FilesEffect;
        match effect {
            FilesEffect::Spent(spent) => self.connections.resume(&spent, now),
            FilesEffect::Habits(book) => self.habits.opened(book),
            FilesEffect::Health(book) => self.health.opened(book, now),
            FilesEffect::Registry(registry) => self.registry_changed(&registry, now),
            FilesEffect::Settings(settings) => {
                self.events.set_settings(&settings, now);
                self.connections.set_settings(settings, now);
            }
            FilesEffect::Certificates(certificates) => {
                self.certificates.set_certificates(&certificates, clock::unix());
                self.connections.set_certificates(certificates);
            }
            FilesEffect::TrustAnew(device) => self.connections.trust_anew(device, now),
            FilesEffect::Password(number, answer) => self.connections.password_answered(number, answer, now),
            FilesEffect::PasswordsChanged => self.connections.passwords_changed(now),
            FilesEffect::Notice(kind) => self.screen.notice(kind),
            FilesEffect::Withdraw(untrue) => self.screen.withdraw(untrue),
            FilesEffect::Written(file, result) => self.screen.written(file, result),
            FilesEffect::Problems(file, problems) => self.screen.read(file, problems),
            FilesEffect::Kept(file, fault) => self.screen.kept(file, fault),
            FilesEffect::Unlock(unlock) => {
                let what = if unlock.granted {
                    Occurrence::KioskUnlocked
                } else {
                    Occurrence::KioskRefused
                };
                self.events.done_by_person(Subject::Computer, what, now);
                self.screen.unlock(unlock);
            }
            FilesEffect::Transferred(transfer) => self.screen.transferred(transfer),
            FilesEffect::Profile(answer) => self.screen.profile_answered(answer),
            FilesEffect::Changed => self.screen.changed(),
        }
    }

    pub(super) fn do_for_events(&mut self, effect: events::EventsEffect) {
        use events::EventsEffect;
        match effect {
            EventsEffect::Changed => self.screen.changed(),
            EventsEffect::Written(result) => self.screen.written(events::LOG_FILE, result),
            EventsEffect::Aside(problem) => self.screen.read(events::LOG_FILE, vec![problem]),
            EventsEffect::Notice(kind) => self.screen.notice(kind),
            EventsEffect::Withdraw(untrue) => self.screen.withdraw(untrue),
        }
    }

    pub(super) fn do_for_habits(&mut self, effect: habits::HabitsEffect) {
        use habits::HabitsEffect;
        match effect {
            HabitsEffect::Known(book) => self.connections.set_habits(book),
            HabitsEffect::Keep(book) => self.files.keep_habits(book),
        }
    }
}
