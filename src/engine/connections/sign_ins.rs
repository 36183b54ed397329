//! The passwords of the devices that are wanted. Each is asked for once, before the machine may grant a permit; it is wiped
//! from memory when its device is edited or not wanted any more.

use std::collections::BTreeMap;

use super::super::password::PasswordQuestion;
use device::{Credentials, DeviceId, Password, PasswordEdit};

#[derive(Default)]
pub(super) struct SignIns {
    known: BTreeMap<DeviceId, Entry>,
    last_question: u64,
}

struct Entry {
    user: String,
    of: DeviceId,
    state: SignInState,
}

enum SignInState {
    /// The answer with this number is awaited.
    Asking(u64),
    /// `None`: the device is used without a sign-in.
    Ready(Option<Credentials>),
    Unreadable,
}

impl SignIns {
    pub(super) fn has(&self, device: DeviceId) -> bool {
        self.known.contains_key(&device)
    }

    /// The device is wanted. The question to be asked, where the password is not known already.
    pub(super) fn want(&mut self, device: DeviceId, user: &str, password: PasswordEdit) -> Option<PasswordQuestion> {
        let (of, password) = match password {
            PasswordEdit::Keep => (device, None),
            PasswordEdit::SameAs(other) => (other, None),
            PasswordEdit::Set(password) => (device, Some(Some(password))),
            PasswordEdit::Clear => (device, Some(None)),
        };
        let state = match password {
            Some(password) => SignInState::Ready(credentials(user, password)),
            None => SignInState::Unreadable,
        };
        let ask = matches!(state, SignInState::Unreadable);
        let user = user.to_owned();
        self.known.insert(device, Entry { user, of, state });
        if ask { self.ask_again(device, false) } else { None }
    }

    /// The question to be asked once more, where the password could not be read.
    pub(super) fn ask_again(&mut self, device: DeviceId, by_hand: bool) -> Option<PasswordQuestion> {
        let entry = self.known.get_mut(&device)?;
        if !matches!(entry.state, SignInState::Unreadable) {
            return None;
        }
        self.last_question += 1;
        let number = self.last_question;
        entry.state = SignInState::Asking(number);
        let of = entry.of;
        Some(PasswordQuestion { number, of, by_hand })
    }

    /// Takes an answer; whose it is, or `None` where nobody waits for it any more.
    pub(super) fn answer(&mut self, number: u64, password: Option<Option<Password>>) -> Option<DeviceId> {
        let waits = |entry: &Entry| matches!(entry.state, SignInState::Asking(waits) if waits == number);
        let (device, entry) = self.known.iter_mut().find(|(_, entry)| waits(entry))?;
        entry.state = match password {
            Some(password) => SignInState::Ready(credentials(&entry.user, password)),
            None => SignInState::Unreadable,
        };
        Some(*device)
    }

    pub(super) fn forget(&mut self, device: DeviceId) {
        self.known.remove(&device);
    }

    /// What to sign in with; `None`: not known.
    pub(super) fn ready(&self, device: DeviceId) -> Option<Option<Credentials>> {
        match &self.known.get(&device)?.state {
            SignInState::Ready(credentials) => Some(credentials.clone()),
            SignInState::Asking(_) | SignInState::Unreadable => None,
        }
    }

    /// The devices whose password could not be read.
    pub(super) fn unreadable(&self) -> Vec<DeviceId> {
        let unreadable = |entry: &Entry| matches!(entry.state, SignInState::Unreadable);
        let devices = self.known.iter().filter(|(_, entry)| unreadable(entry));
        devices.map(|(device, _)| *device).collect()
    }
}

/// A device without user and password is used without a sign-in.
fn credentials(user: &str, password: Option<Password>) -> Option<Credentials> {
    if user.is_empty() && password.is_none() {
        return None;
    }
    Some(Credentials {
        user: user.to_owned(),
        password: password.unwrap_or_else(|| Password::new("")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: DeviceId = DeviceId(1);

    #[test]
    fn each_device_is_asked_for_once_and_only_the_newest_answer_counts() {
        let mut sign_ins = SignIns::default();
        let first = sign_ins.want(A, "admin", PasswordEdit::Keep).unwrap();
        assert_eq!((first.of, sign_ins.ready(A)), (A, None));
        assert_eq!(sign_ins.ask_again(A, true), None, "the answer is awaited");
        // It is edited meanwhile.
        sign_ins.forget(A);
        let second = sign_ins.want(A, "admin", PasswordEdit::Keep).unwrap();
        assert_eq!(sign_ins.answer(first.number, Some(None)), None);
        assert_eq!(sign_ins.answer(second.number, None), Some(A));
        assert_eq!(sign_ins.unreadable(), [A]);
        let third = sign_ins.ask_again(A, true).unwrap();
        assert!(third.by_hand);
        assert_eq!(sign_ins.answer(third.number, Some(Some(Password::new("x")))), Some(A));
        assert_eq!(
            sign_ins.ready(A),
            Some(Some(Credentials {
                user: "admin".to_owned(),
                password: Password::new("x"),
            }))
        );
        assert!(sign_ins.unreadable().is_empty());
    }

    #[test]
    fn what_was_typed_is_known_without_a_question() {
        let mut sign_ins = SignIns::default();
        assert_eq!(sign_ins.want(A, "", PasswordEdit::Clear), None);
        assert_eq!(sign_ins.ready(A), Some(None), "no user and no password: no sign-in");
        assert_eq!(sign_ins.want(A, "u", PasswordEdit::Set(Password::new("p"))), None);
        assert!(sign_ins.ready(A).unwrap().is_some());
        let question = sign_ins.want(A, "u", PasswordEdit::SameAs(DeviceId(2))).unwrap();
        assert_eq!(question.of, DeviceId(2));
    }
}
