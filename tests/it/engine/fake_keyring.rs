//! A keyring in memory that can be locked, and that can keep everybody waiting as one does that asks its user.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use device::Password;
use monomi::store::{Vault, VaultError};

#[derive(Clone, Default)]
pub struct FakeKeyring(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    tell_open: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Default)]
struct State {
    mood: Mood,
    held: HashMap<String, Password>,
    /// Questions for a password, those that are not answered among them.
    questions: usize,
    /// Calls that are not answered.
    waiting: usize,
}

/// How it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Open,
    /// Its user dismisses every dialog.
    Locked,
    /// It is open, but holds no password any more.
    Emptied,
    /// A dialog is open, and nobody answers it.
    Waiting,
}

impl FakeKeyring {
    pub fn set(&self, mood: Mood) {
        self.0.state.lock().unwrap().mood = mood;
        self.0.changed.notify_all();
    }

    /// Its user answers a dialog whose program has given up waiting.
    pub fn open_late(&self) {
        self.set(Mood::Open);
        let tell = self.0.tell_open.get().expect("somebody who listens");
        tell();
    }

    pub fn questions(&self) -> usize {
        self.0.state.lock().unwrap().questions
    }

    /// Whether somebody waits for it.
    pub fn keeps_waiting(&self) -> bool {
        self.0.state.lock().unwrap().waiting > 0
    }

    pub fn held(&self) -> usize {
        self.0.state.lock().unwrap().held.len()
    }

    fn call<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, VaultError> {
        let mut state = self.0.state.lock().unwrap();
        state.waiting += 1;
        let mut state = self
            .0
            .changed
            .wait_while(state, |state| state.mood == Mood::Waiting)
            .unwrap();
        state.waiting -= 1;
        match state.mood {
            Mood::Locked => Err(VaultError::Shut("it is locked".to_owned())),
            Mood::Open | Mood::Emptied | Mood::Waiting => Ok(act(&mut state)),
        }
    }
}

impl Vault for FakeKeyring {
    fn get(&self, account: &str) -> Result<Option<Password>, VaultError> {
        self.0.state.lock().unwrap().questions += 1;
        self.call(|state| match state.mood {
            Mood::Emptied => None,
            Mood::Open | Mood::Locked | Mood::Waiting => state.held.get(account).cloned(),
        })
    }

    fn set(&self, account: &str, password: &Password) -> Result<(), VaultError> {
        self.call(|state| drop(state.held.insert(account.to_owned(), password.clone())))
    }

    fn clear(&self, account: &str) -> Result<(), VaultError> {
        self.call(|state| drop(state.held.remove(account)))
    }

    fn tell_when_open(&self, tell: Box<dyn Fn() + Send + Sync>) {
        self.0.tell_open.set(tell).ok();
    }
}
