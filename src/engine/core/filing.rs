//! What the parts that keep something want of the others: the files, the events and the habits.

use std::sync::Arc;
use std::time::Instant;

use super::super::files::OUTBOX_FILE;
use super::super::letters::Letters;
use super::super::{clock, events, files, habits, still_image};
use super::Core;
use crate::bridge::Command;
use ::events::{Occurrence, Subject};
use device::{ChannelId, Registry};

impl Core {
    /// Who reads the events that follow finds their names in the engine state, so that it is published first.
    pub(super) fn registry_changed(&mut self, registry: &Arc<Registry>, now: Instant) {
        self.screen.hurry();
        self.publish();
        self.habits.set_registry(registry, now);
        self.finder.set_registry(registry);
        self.events.set_registry(registry, now);
        self.certificates.set_registry(registry, clock::unix());
        for question in self.ptz.set_registry(registry) {
            self.connections.end_question(question, now);
        }
        self.sources.set_registry(registry);
        self.playbacks.set_registry(registry);
        self.archives.set_registry(registry);
        self.feeds.set_registry(registry);
        self.plan_anew(now);
        self.connections.set_registry(registry, now);
        self.recordings.set_registry(registry, now);
        self.enquiries.retain(|device| registry.device(device).is_some());
    }

    pub(super) fn do_for_files(&mut self, effect: files::FilesEffect, now: Instant) {
        use files::FilesEffect;
        match effect {
            FilesEffect::Spent(spent) => self.connections.resume(&spent, now),
            FilesEffect::Habits(book) => self.habits.opened(book),
            FilesEffect::Health(book) => self.health.opened(book, now),
            FilesEffect::Feeds(kept) => self.feeds.opened(kept, clock::unix(), now),
            FilesEffect::Outbox(kept) => self.letters.opened(kept),
            FilesEffect::Registry(registry) => self.registry_changed(&registry, now),
            FilesEffect::Settings(settings) => {
                self.events.set_settings(&settings, now);
                let known = self.files.are_settings_known();
                self.letters.set_settings(&settings, known);
                self.recordings.set_settings(&settings, now);
                self.files.hide_path_of_file();
                self.connections.set_settings(settings, now);
            }
            FilesEffect::Certificates(certificates) => {
                self.certificates.set_certificates(&certificates, clock::unix());
                self.connections.set_certificates(certificates);
            }
            FilesEffect::TrustAnew(device) => self.connections.trust_anew(device, now),
            FilesEffect::Password(number, answer) if Letters::is_question(number) => {
                self.letters.password_answered(number, answer, now);
            }
            FilesEffect::Password(number, answer) => self.connections.password_answered(number, answer, now),
            FilesEffect::PasswordsChanged => self.connections.passwords_changed(now),
            FilesEffect::Notice(kind) => self.screen.notice(kind),
            FilesEffect::Withdraw(untrue) => self.screen.withdraw(untrue),
            FilesEffect::Written(file, result) => {
                if file == OUTBOX_FILE && result.is_err() {
                    self.letters.not_written(now);
                }
                self.screen.written(file, result);
            }
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

    pub(super) fn on_event_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::SeeEvents(ids) => self.events.see(ids, now),
            Command::SeeAllEvents => self.events.see_all(now),
            Command::AcknowledgeEvent(id, note) => self.events.acknowledge(id, note, now),
            Command::ReadLog(request) => self.events.read(*request),
            Command::ExportLog(export) => self.events.export(*export),
            Command::TryAlert => self.events.try_alert(&Arc::new(self.state(now))),
            Command::HushAlerts => self.events.hush(),
            Command::DismissAlarms(ids) => self.events.dismiss_alarms(&ids),
            Command::InKiosk(kiosk) => self.events.set_kiosk(kiosk),
            _ => {}
        }
    }

    pub(super) fn save_snapshot(&mut self, channel: ChannelId) {
        let slot = self.connections.live_slot(channel);
        let plan = still_image::Plan::new(channel, self.files.registry(), self.files.settings());
        if let Some(Err(failed)) = plan.map(|plan| plan.start(slot, self.inbox.clone())) {
            self.screen.notice(failed);
        }
    }

    pub(super) fn do_for_events(&mut self, effect: events::EventsEffect, now: Instant) {
        use events::EventsEffect;
        match effect {
            EventsEffect::Changed => self.screen.changed(),
            EventsEffect::Written(result) => self.screen.written(events::LOG_FILE, result),
            EventsEffect::Aside(problem) => self.screen.read(events::LOG_FILE, vec![problem]),
            EventsEffect::Write { by, call, over, about } => {
                let state = Arc::new(self.state(now));
                self.letters.write(by, call, over, about, &state);
            }
            EventsEffect::StandstillTold => self.files.forget_standstill(),
            EventsEffect::Forget { by, call } => self.letters.forget(by, call),
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
