//! Which question for a password is put to whom, and which is answered without asking: pure bookkeeping.
//!
//! A locked keyring opens a dialog for every question. So one question at a time is put to it, and where it gives nothing, that
//! is the answer to all others too, until a person asks again or the passwords change.

use std::collections::{BTreeMap, VecDeque};

use super::super::password::{PasswordAnswer, PasswordQuestion};
use crate::store::PasswordPlace;
use device::{DeviceId, Password};

#[derive(Default)]
pub(super) struct Passwords {
    /// Where the password of each device is that has one.
    places: BTreeMap<DeviceId, PasswordPlace>,
    /// What the user entered and what is not stored yet, or could not be; `None`: no password.
    entered: BTreeMap<DeviceId, Option<Password>>,
    /// Orders under way that change what is stored for a device.
    storing: BTreeMap<DeviceId, u32>,
    /// Why the password of a device could not be read, while the store itself gave others.
    unreadable: BTreeMap<DeviceId, String>,
    /// Why the keyring gave nothing when it was asked last.
    shut: Option<String>,
    /// The question that the keyring is asked now.
    asked: Option<PasswordQuestion>,
    waiting: VecDeque<PasswordQuestion>,
    /// Somebody was told that the keyring gives nothing, and should ask again once it does.
    disappointed: bool,
}

/// What to do with a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PasswordStep {
    Answer(PasswordAnswer),
    /// The password is in the encrypted file.
    ReadFile,
    /// It waits for the keyring; see [`Passwords::next_for_keyring`].
    Wait,
}

/// Why a password was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Unreadable {
    /// The keyring gives nothing to anybody now.
    KeyringShut(String),
    /// It is the password of this device alone that cannot be read.
    Entry(String),
}

impl Passwords {
    pub(super) fn set_places(&mut self, places: BTreeMap<DeviceId, PasswordPlace>) {
        self.places = places;
    }

    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.places.contains_key(&device) || self.entered.contains_key(&device)
    }

    /// The user entered another password for the device, and an order to store it was given. `Some(None)`: it has none any
    /// more; `None`: it is a copy that only the store knows.
    pub(super) fn entered(&mut self, device: DeviceId, password: Option<Option<Password>>) {
        match password {
            Some(password) => self.entered.insert(device, password),
            None => self.entered.remove(&device),
        };
        *self.storing.entry(device).or_default() += 1;
        self.edited(device);
    }

    /// What the user entered and nobody could store.
    pub(super) fn unstored(&self) -> Vec<(DeviceId, Option<Password>)> {
        let unstored = self.entered.iter().filter(|(id, _)| !self.storing.contains_key(id));
        unstored.map(|(id, password)| (*id, password.clone())).collect()
    }

    /// An order to store is done: whether it was stored.
    pub(super) fn stored(&mut self, device: DeviceId, stored: bool) {
        let left = self.storing.get(&device).map_or(0, |count| count.saturating_sub(1));
        if left > 0 {
            self.storing.insert(device, left);
            return;
        }
        self.storing.remove(&device);
        if stored {
            self.entered.remove(&device);
        }
    }

    /// The device is gone for good.
    pub(super) fn forget(&mut self, device: DeviceId) {
        self.places.remove(&device);
        self.entered.remove(&device);
        self.unreadable.remove(&device);
    }

    /// The device was edited: earlier answers are none any more.
    pub(super) fn edited(&mut self, device: DeviceId) {
        self.unreadable.remove(&device);
        self.shut = None;
    }

    /// Somebody else changed what is stored.
    pub(super) fn changed(&mut self) {
        self.unreadable.clear();
        self.shut = None;
    }

    pub(super) fn ask(&mut self, question: PasswordQuestion) -> PasswordStep {
        let of = question.of;
        if question.by_hand {
            self.edited(of);
        }
        if let Some(password) = self.entered.get(&of) {
            return PasswordStep::Answer(Ok(password.clone()));
        }
        if let Some(why) = self.unreadable.get(&of) {
            return PasswordStep::Answer(Err(why.clone()));
        }
        // What is being stored is read afterwards, by the worker that stores it.
        let place = match self.places.get(&of) {
            _ if self.storing.contains_key(&of) => PasswordPlace::Keyring,
            None => return PasswordStep::Answer(Ok(None)),
            Some(place) => *place,
        };
        match (place, &self.shut) {
            (PasswordPlace::EncryptedFile, _) => PasswordStep::ReadFile,
            (PasswordPlace::Keyring, Some(why)) => {
                self.disappointed = true;
                PasswordStep::Answer(Err(why.clone()))
            }
            (PasswordPlace::Keyring, None) => {
                self.waiting.push_back(question);
                PasswordStep::Wait
            }
        }
    }

    /// The question that the keyring is to be asked now.
    pub(super) fn next_for_keyring(&mut self) -> Option<PasswordQuestion> {
        if self.asked.is_some() {
            return None;
        }
        self.asked = self.waiting.pop_front();
        self.asked
    }

    /// Takes an answer: what is answered by it, and whether those should ask again that were turned away before.
    pub(super) fn answered(
        &mut self,
        question: PasswordQuestion,
        answer: Result<Option<Password>, Unreadable>,
    ) -> (Vec<(u64, PasswordAnswer)>, bool) {
        let by_keyring = self.asked.take_if(|asked| *asked == question).is_some();
        let number = question.number;
        match answer {
            Err(Unreadable::KeyringShut(why)) => {
                self.disappointed = true;
                self.shut = Some(why.clone());
                let turned_away = self.waiting.drain(..).map(|waiting| waiting.number);
                let numbers = std::iter::once(number).chain(turned_away);
                (numbers.map(|number| (number, Err(why.clone()))).collect(), false)
            }
            Err(Unreadable::Entry(why)) => {
                self.unreadable.insert(question.of, why.clone());
                (vec![(number, Err(why))], by_keyring && self.opened())
            }
            Ok(password) => (vec![(number, Ok(password))], by_keyring && self.opened()),
        }
    }

    /// The keyring did what was asked. Whether those should ask again that were turned away before.
    pub(super) fn opened(&mut self) -> bool {
        self.shut = None;
        std::mem::take(&mut self.disappointed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: u64) -> PasswordQuestion {
        PasswordQuestion {
            number,
            of: DeviceId(number),
            by_hand: false,
        }
    }

    fn thirty_in_the_keyring() -> Passwords {
        let mut passwords = Passwords::default();
        passwords.set_places((1..=30).map(|id| (DeviceId(id), PasswordPlace::Keyring)).collect());
        for number in 1..=30 {
            assert_eq!(passwords.ask(question(number)), PasswordStep::Wait);
        }
        passwords
    }

    fn locked() -> Result<Option<Password>, Unreadable> {
        Err(Unreadable::KeyringShut("locked".to_owned()))
    }

    #[test]
    fn a_locked_keyring_is_asked_one_question_for_all() {
        let mut passwords = thirty_in_the_keyring();
        let first = passwords.next_for_keyring().unwrap();
        assert_eq!(passwords.next_for_keyring(), None, "one at a time");
        let (answers, again) = passwords.answered(first, locked());
        assert_eq!((answers.len(), again), (30, false));
        assert!(answers.iter().all(|(_, answer)| answer.is_err()));
        assert_eq!(passwords.next_for_keyring(), None);
        // A page that is turned asks for them anew.
        assert!(matches!(passwords.ask(question(7)), PasswordStep::Answer(Err(_))));

        // A person asks, and unlocks it.
        let by_hand = PasswordQuestion {
            by_hand: true,
            ..question(7)
        };
        assert_eq!(passwords.ask(by_hand), PasswordStep::Wait);
        let asked = passwords.next_for_keyring().unwrap();
        let (answers, again) = passwords.answered(asked, Ok(Some(Password::new("x"))));
        assert_eq!((answers.len(), again), (1, true), "the others ask again");
        assert_eq!(passwords.ask(question(8)), PasswordStep::Wait);
    }

    #[test]
    fn one_entry_that_is_missing_is_asked_for_once_and_holds_up_no_other() {
        let mut passwords = thirty_in_the_keyring();
        let mut asked = 0;
        while let Some(question) = passwords.next_for_keyring() {
            asked += 1;
            let answer = match question.number {
                5 => Err(Unreadable::Entry("missing".to_owned())),
                _ => Ok(Some(Password::new("x"))),
            };
            let (answers, again) = passwords.answered(question, answer);
            assert_eq!((answers.len(), again), (1, false));
        }
        assert_eq!(asked, 30);
        assert!(matches!(passwords.ask(question(5)), PasswordStep::Answer(Err(_))));
        passwords.set_places(BTreeMap::from([(DeviceId(5), PasswordPlace::EncryptedFile)]));
        passwords.changed();
        assert_eq!(passwords.ask(question(5)), PasswordStep::ReadFile);
    }

    #[test]
    fn what_was_entered_is_known_at_once_and_kept_where_it_could_not_be_stored() {
        let mut passwords = Passwords::default();
        assert_eq!(
            passwords.ask(question(1)),
            PasswordStep::Answer(Ok(None)),
            "none is stored"
        );
        let entered = || Some(Password::new("new"));
        passwords.entered(DeviceId(1), Some(entered()));
        assert_eq!(passwords.ask(question(1)), PasswordStep::Answer(Ok(entered())));
        passwords.stored(DeviceId(1), false);
        assert_eq!(passwords.ask(question(1)), PasswordStep::Answer(Ok(entered())));
        passwords.entered(DeviceId(1), Some(entered()));
        passwords.set_places(BTreeMap::from([(DeviceId(1), PasswordPlace::EncryptedFile)]));
        passwords.stored(DeviceId(1), true);
        assert_eq!(passwords.ask(question(1)), PasswordStep::ReadFile);
    }

    #[test]
    fn a_copy_is_asked_for_where_it_is_being_stored() {
        let mut passwords = Passwords::default();
        passwords.entered(DeviceId(1), None);
        assert_eq!(passwords.ask(question(1)), PasswordStep::Wait);
    }
}
