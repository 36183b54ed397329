//! Passwords: read for those who ask, and stored. Whatever may touch the keyring is done by a worker of its own, because it may
//! wait for a person.

use std::collections::BTreeMap;

use super::super::password::PasswordQuestion;
use super::disk::read_password;
use super::passwords::{Step, Unreadable};
use super::{Answer, DiskAnswer, Effect, Files, KeyringAnswer};
use crate::bridge::{NoticeKind, SecretsPlace};
use crate::store::{PasswordPlace, SecretError, Secrets};
use device::{DeviceId, Password, PasswordEdit};
/// How storing a password ended.
pub(in crate::engine) struct Stored {
    device: DeviceId,
    name: String,
    result: Result<(), String>,
    /// The name under which a damaged key file was kept.
    key_set_aside: Option<String>,
    place: PasswordPlace,
    places: Option<BTreeMap<DeviceId, PasswordPlace>>,
}

impl Files {
    /// Somebody asks for a password; it is answered with [`Effect::Password`].
    pub(in crate::engine) fn ask_password(&mut self, question: PasswordQuestion) {
        match self.passwords.ask(question) {
            Step::Answer(answer) => self.effects.push_back(Effect::Password(question.number, answer)),
            Step::ReadFile => {
                let lost = Answer::Disk(DiskAnswer::Password(question, Err(a_defect())));
                self.disk.order(lost, move |disk| {
                    let answer = read_password(&disk.profile().secrets(), question.of);
                    Answer::Disk(DiskAnswer::Password(question, answer))
                });
            }
            Step::Wait => self.ask_keyring(),
        }
    }

    fn ask_keyring(&mut self) {
        let Some(question) = self.passwords.next_for_keyring() else {
            return;
        };
        let lost = Answer::Keyring(KeyringAnswer::Password(question, Err(a_defect())));
        self.keyring.order(lost, move |secrets| {
            let answer = read_password(secrets, question.of);
            Answer::Keyring(KeyringAnswer::Password(question, answer))
        });
    }

    pub(super) fn password_read(&mut self, question: PasswordQuestion, answer: Result<Option<Password>, Unreadable>) {
        let (answers, ask_again) = self.passwords.answered(question, answer);
        for (number, answer) in answers {
            self.effects.push_back(Effect::Password(number, answer));
        }
        if ask_again {
            self.effects.push_back(Effect::PasswordsChanged);
        }
        self.ask_keyring();
    }

    pub(super) fn keyring_answered(&mut self, answer: KeyringAnswer) {
        match answer {
            KeyringAnswer::Place(place) => self.set_place(place),
            KeyringAnswer::Password(question, answer) => self.password_read(question, answer),
            KeyringAnswer::Stored(stored) => self.stored(*stored),
            KeyringAnswer::Former(device, password) => self.former_password(device, password),
            KeyringAnswer::Cleared => {}
        }
    }

    fn stored(&mut self, stored: Stored) {
        self.set_place(stored.place);
        let is_stored = stored.result.is_ok();
        if let Some(places) = stored.places {
            self.passwords.set_places(places);
        }
        self.passwords.stored(stored.device, is_stored);
        if let Some(aside) = stored.key_set_aside {
            tracing::warn!(aside, "the key file for passwords was damaged; there is a new one");
            self.notice(NoticeKind::KeySetAside { aside });
        }
        match stored.result {
            // A keyring that takes a password gives others too.
            Ok(()) if stored.place == PasswordPlace::Keyring && self.passwords.opened() => {
                self.effects.push_back(Effect::PasswordsChanged);
            }
            Ok(()) => {}
            Err(reason) => self.notice(NoticeKind::SecretFailed {
                device: stored.name,
                reason,
            }),
        }
        self.ask_keyring();
    }

    /// The keyring did what was asked: those who were turned away may ask again.
    pub(super) fn keyring_opened(&mut self) {
        if self.passwords.opened() {
            self.effects.push_back(Effect::PasswordsChanged);
        }
    }

    fn set_place(&mut self, place: PasswordPlace) {
        self.secrets_place = match place {
            PasswordPlace::Keyring => SecretsPlace::Keyring,
            PasswordPlace::EncryptedFile => SecretsPlace::EncryptedFile,
        };
        self.effects.push_back(Effect::Changed);
    }

    /// Orders what an edit of the device `name` does to its password.
    pub(super) fn store_password(&mut self, device: DeviceId, name: &str, edit: &PasswordEdit) {
        let entered = match edit {
            PasswordEdit::Keep => return,
            PasswordEdit::Set(password) => Some(Some(password.clone())),
            PasswordEdit::Clear => Some(None),
            PasswordEdit::SameAs(_) => None,
        };
        self.passwords.entered(device, entered);
        let (name, edit) = (name.to_owned(), edit.clone());
        let stored = move |result: Result<(), String>, name: String, secrets: Option<&Secrets>| {
            Answer::Keyring(KeyringAnswer::Stored(Box::new(Stored {
                device,
                name,
                result,
                key_set_aside: secrets.and_then(Secrets::take_key_set_aside),
                place: secrets.map_or(PasswordPlace::EncryptedFile, Secrets::place),
                places: secrets.map(Secrets::places),
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
        let cleared = || Answer::Keyring(KeyringAnswer::Cleared);
        self.keyring.order(cleared(), move |secrets| {
            if let Err(error) = secrets.clear(device) {
                tracing::warn!(%device, %error, "a removed device's password was not cleared");
            }
            cleared()
        });
    }
}

fn store(secrets: &Secrets, device: DeviceId, edit: &PasswordEdit) -> Result<(), SecretError> {
    match edit {
        PasswordEdit::Keep => Ok(()),
        PasswordEdit::Clear => secrets.clear(device),
        PasswordEdit::Set(password) => secrets.set(device, password),
        PasswordEdit::SameAs(other) => secrets.copy(*other, device),
    }
}

const A_DEFECT: &str = "a defect of Monomi";

fn a_defect() -> Unreadable {
    Unreadable::Entry(A_DEFECT.to_owned())
}
