//! Passwords: read for those who ask, and stored. Whatever may touch the keyring is done by a worker of its own, because it may
//! wait for a person.

use std::collections::BTreeMap;

use super::super::password::PasswordQuestion;
use super::disk::read_password;
use super::passwords::{PasswordStep, Unreadable};
use super::{DiskAnswer, Files, FilesEffect, KeyringAnswer, WorkerAnswer, problems_of};
use crate::bridge::{NoticeKind, SecretsPlace};
use crate::store::{
    Forgotten, Found, LoadProblem, Loaded, OWNER_OF_WEBHOOK_PATH, PasswordPlace, SecretError, Secrets, owner_of_secret,
};
use device::{Device, DeviceId, Password, PasswordEdit};
use events::Messenger;

/// How storing a password ended.
pub(in crate::engine) struct Stored {
    device: DeviceId,
    name: String,
    result: Result<(), String>,
    /// The name under which a damaged key file was kept.
    key_set_aside: Option<String>,
    place: PasswordPlace,
    places: Option<BTreeMap<DeviceId, PasswordPlace>>,
    /// The keyring still holds passwords that it was to forget.
    owed: bool,
}

impl Files {
    /// Somebody asks for a password; it is answered with [`FilesEffect::Password`].
    pub(in crate::engine) fn ask_password(&mut self, question: PasswordQuestion) {
        match self.passwords.ask(question) {
            // That there is none would be a guess, and the recorder would count a refusal.
            PasswordStep::Answer(Ok(None)) if self.has_lost_password(question.of) => {
                let why = self.passwords_lost.clone().unwrap_or_default();
                self.effects.push_back(FilesEffect::Password(question.number, Err(why)));
            }
            PasswordStep::Answer(answer) => self.effects.push_back(FilesEffect::Password(question.number, answer)),
            PasswordStep::ReadFile => {
                let lost = WorkerAnswer::Disk(DiskAnswer::Password(question, Err(a_defect())));
                self.disk.order(lost, move |disk| {
                    let answer = read_password(&disk.profile().secrets(), question.of);
                    WorkerAnswer::Disk(DiskAnswer::Password(question, answer))
                });
            }
            PasswordStep::Wait => self.ask_keyring(),
        }
    }

    /// Where the passwords are, as the file says; what was wrong with it goes to the screen.
    /// A file that cannot be read as a whole takes nothing that is known, but when the program opens nothing is known.
    pub(super) fn places_read(&mut self, places: Loaded<BTreeMap<DeviceId, PasswordPlace>>, opening: bool) {
        let is_taken = opening || places.found == Found::Whole;
        let damage = places
            .problems
            .iter()
            .find(|problem| !matches!(problem, LoadProblem::Warning { .. }));
        self.passwords_lost = damage.map(ToString::to_string);
        let places = problems_of("secrets.toml", places, &mut self.effects);
        if is_taken {
            self.passwords.set_places(places);
        }
    }

    /// Whether the device once had a password, or a messenger may have had a secret, which a damaged file does not name any more.
    fn has_lost_password(&self, id: DeviceId) -> bool {
        if self.passwords_lost.is_none() {
            return false;
        }
        let had_one = |device: &Device| device.password_revision > 0 && !device.user.is_empty();
        match id {
            // Without its path or its signature a letter may come to nobody, and count as delivered.
            OWNER_OF_WEBHOOK_PATH => true,
            id if id == owner_of_secret(Messenger::Webhook) => true,
            id if id == owner_of_secret(Messenger::Mail) => !self.settings.messengers.mail_user.is_empty(),
            id => self.registry.device(id).is_some_and(had_one),
        }
    }

    fn ask_keyring(&mut self) {
        let Some(question) = self.passwords.next_for_keyring() else {
            return;
        };
        let lost = WorkerAnswer::Keyring(KeyringAnswer::Password(question, Err(a_defect())));
        self.keyring.order(lost, move |secrets| {
            let answer = read_password(secrets, question.of);
            WorkerAnswer::Keyring(KeyringAnswer::Password(question, answer))
        });
    }

    pub(super) fn password_read(&mut self, question: PasswordQuestion, answer: Result<Option<Password>, Unreadable>) {
        let (answers, ask_again) = self.passwords.answered(question, answer);
        for (number, answer) in answers {
            self.effects.push_back(FilesEffect::Password(number, answer));
        }
        if ask_again {
            self.effects.push_back(FilesEffect::PasswordsChanged);
        }
        self.ask_keyring();
    }

    pub(super) fn keyring_answered(&mut self, answer: KeyringAnswer) {
        match answer {
            KeyringAnswer::Place(place) => self.set_place(place),
            KeyringAnswer::Password(question, answer) => self.password_read(question, answer),
            KeyringAnswer::Profile(changed) => self.profile_answered(*changed),
            KeyringAnswer::Stored(stored) => self.stored(*stored),
            KeyringAnswer::Former(device, password) => self.former_password(device, password),
            KeyringAnswer::Cleared { owed } => self.cleared(owed),
        }
    }

    fn stored(&mut self, stored: Stored) {
        self.set_place(stored.place);
        let is_stored = stored.result.is_ok();
        if stored.owed {
            self.cleared(true);
        }
        if let Some(places) = stored.places {
            self.passwords.set_places(places);
        }
        self.passwords.stored(stored.device, is_stored);
        if stored.device == OWNER_OF_WEBHOOK_PATH {
            self.path_stored(is_stored);
        }
        if let Some(aside) = stored.key_set_aside {
            tracing::warn!(aside, "the key file for passwords was damaged; there is a new one");
            self.notice(NoticeKind::KeySetAside { aside });
        }
        match stored.result {
            // A keyring that takes a password gives others too.
            Ok(()) if stored.place == PasswordPlace::Keyring && self.passwords.opened() => {
                self.effects.push_back(FilesEffect::PasswordsChanged);
            }
            Ok(()) => {}
            Err(reason) => self.notice(NoticeKind::SecretFailed {
                device: stored.name,
                reason,
            }),
        }
        // The device is on its way to the registry, or there already.
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), |disk| {
            disk.profile().settle_passwords();
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
        self.ask_keyring();
    }

    /// The keyring was told to forget passwords; whether some are still in it.
    fn cleared(&mut self, owed: bool) {
        if owed {
            self.notice(NoticeKind::PasswordsOwed);
        } else {
            let about_debts = |kind: &NoticeKind| matches!(kind, NoticeKind::PasswordsOwed);
            self.effects.push_back(FilesEffect::Withdraw(about_debts));
        }
    }

    /// Has the keyring forget what it could not forget earlier.
    pub(super) fn pay_debts(&mut self) {
        let cleared = |owed| WorkerAnswer::Keyring(KeyringAnswer::Cleared { owed });
        self.keyring.order(cleared(true), move |secrets| {
            let unpaid = secrets.pay_debts();
            if let Some(reason) = &unpaid {
                tracing::info!(reason, "the keyring still holds passwords of removed devices");
            }
            cleared(unpaid.is_some())
        });
    }

    /// The keyring did what was asked: those who were turned away may ask again.
    pub(super) fn keyring_opened(&mut self) {
        if self.passwords.opened() {
            self.effects.push_back(FilesEffect::PasswordsChanged);
        }
        self.pay_debts();
    }

    fn set_place(&mut self, place: PasswordPlace) {
        self.secrets_place = match place {
            PasswordPlace::Keyring => SecretsPlace::Keyring,
            PasswordPlace::EncryptedFile => SecretsPlace::EncryptedFile,
        };
        self.effects.push_back(FilesEffect::Changed);
    }

    /// Orders what an edit of the device `name` does to its password.
    pub(in crate::engine) fn store_password(&mut self, device: DeviceId, name: &str, edit: &PasswordEdit) {
        let entered = match edit {
            PasswordEdit::Keep => return,
            PasswordEdit::Set(password) => Some(Some(password.clone())),
            PasswordEdit::Clear => Some(None),
            PasswordEdit::SameAs(_) => None,
        };
        self.passwords.entered(device, entered);
        let (name, edit) = (name.to_owned(), edit.clone());
        let stored = move |result: Result<(), String>, name: String, secrets: Option<&Secrets>| {
            WorkerAnswer::Keyring(KeyringAnswer::Stored(Box::new(Stored {
                device,
                name,
                result,
                key_set_aside: secrets.and_then(Secrets::take_key_set_aside),
                place: secrets.map_or(PasswordPlace::EncryptedFile, Secrets::place),
                places: secrets.map(Secrets::places),
                owed: secrets.is_some_and(|secrets| !secrets.owed().is_empty()),
            })))
        };
        let lost = stored(Err(A_DEFECT.to_owned()), name.clone(), None);
        self.keyring.order(lost, move |secrets| {
            let result = store(secrets, device, &edit).map_err(|error| error.to_string());
            stored(result, name, Some(secrets))
        });
    }

    /// Clears the password of a device that is gone.
    pub(super) fn clear_password(&mut self, device: DeviceId) {
        if !self.passwords.has(device) {
            return;
        }
        self.passwords.forget(device);
        let cleared = |owed| WorkerAnswer::Keyring(KeyringAnswer::Cleared { owed });
        self.keyring.order(cleared(true), move |secrets| {
            let result = secrets.clear(device);
            if !matches!(result, Ok(Forgotten::Gone)) {
                tracing::warn!(%device, ?result, "a removed device's password is still stored");
            }
            // A write that failed leaves the note of the removal, so that the next start clears it.
            cleared(matches!(result, Ok(Forgotten::Owed(_))))
        });
    }
}

fn store(secrets: &Secrets, device: DeviceId, edit: &PasswordEdit) -> Result<(), SecretError> {
    match edit {
        PasswordEdit::Keep => Ok(()),
        PasswordEdit::Clear => secrets.clear(device).map(drop),
        PasswordEdit::Set(password) => secrets.set(device, password),
        PasswordEdit::SameAs(other) => secrets.copy(*other, device),
    }
}

const A_DEFECT: &str = "a defect of Monomi";

fn a_defect() -> Unreadable {
    Unreadable::Entry(A_DEFECT.to_owned())
}
