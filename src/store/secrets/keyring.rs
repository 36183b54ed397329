use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::keyring::{Entry, Error};

use device::Password;

/// A store of passwords outside the profile. Any call may wait for a person to unlock it.
pub trait Vault: Send + Sync {
    /// `Ok(None)`: it holds no such password.
    ///
    /// # Errors
    /// Why the password could not be read.
    fn get(&self, account: &str) -> Result<Option<Password>, VaultError>;
    /// # Errors
    /// Why the password was not kept.
    fn set(&self, account: &str, password: &Password) -> Result<(), VaultError>;
    /// Removes the password; it is no error if there is none.
    ///
    /// # Errors
    /// Why the password is still there.
    fn clear(&self, account: &str) -> Result<(), VaultError>;
    /// Has `tell` called whenever the vault answers somebody who has given up waiting: it is open now.
    fn tell_when_open(&self, tell: Box<dyn Fn() + Send + Sync>) {
        drop(tell);
    }
}

/// Why a vault did not do what was asked; the texts hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultError {
    /// The whole vault is closed: it is locked, does not answer, or is gone.
    Shut(String),
    /// The entry of this account cannot be used.
    Entry(String),
}

/// The keyring of the operating system. Its calls run on one thread, because any of them may hang or ask the user.
pub(super) struct Keyring {
    jobs: SyncSender<Job>,
    /// Called when it answers somebody who has given up waiting.
    tell_open: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
}

impl Keyring {
    /// The keyring; `None` if there is none, or if it does not answer at once.
    pub(super) fn find() -> Option<Self> {
        if !session_has_keyring() {
            return None;
        }
        let (jobs, queue) = sync_channel::<Job>(QUEUE);
        std::thread::Builder::new()
            .name("monomi-keyring".to_owned())
            .spawn(move || work(&queue))
            .ok()?;
        let keyring = Self {
            jobs,
            tell_open: Arc::default(),
        };
        // Asks for an entry that does not exist, which needs no unlocking.
        let answer = keyring.ask(PROBE_PATIENCE, "probe".to_owned(), |entry| entry.get_password());
        match answer {
            Ok(Ok(_) | Err(Error::NoEntry)) => Some(keyring),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        account: String,
        act: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<Result<T, Error>, VaultError> {
        let (answer, answered) = sync_channel(1);
        let tell_open = Arc::clone(&self.tell_open);
        let job = move || {
            let result = Entry::new(SERVICE, &account).and_then(|entry| act(&entry));
            let open = matches!(result, Ok(_) | Err(Error::NoEntry));
            if answer.send(result).is_err()
                && open
                && let Some(tell) = tell_open.get()
            {
                tell();
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|error| match error {
            std::sync::mpsc::TrySendError::Full(_) => VaultError::Shut("it does not answer".to_owned()),
            std::sync::mpsc::TrySendError::Disconnected(_) => VaultError::Shut("it failed".to_owned()),
        })?;
        answered.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => VaultError::Shut("it did not answer in time".to_owned()),
            RecvTimeoutError::Disconnected => VaultError::Shut("it failed".to_owned()),
        })
    }
}

impl Vault for Keyring {
    fn get(&self, account: &str) -> Result<Option<Password>, VaultError> {
        match self.ask(PATIENCE, account.to_owned(), |entry| {
            entry.get_password().map(Password::new)
        })? {
            Ok(password) => Ok(Some(password)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(&error)),
        }
    }

    fn set(&self, account: &str, password: &Password) -> Result<(), VaultError> {
        let password = password.clone();
        let stored = self.ask(PATIENCE, account.to_owned(), move |entry| {
            entry.set_password(password.expose())
        })?;
        stored.map_err(|error| reason(&error))
    }

    fn clear(&self, account: &str) -> Result<(), VaultError> {
        match self.ask(PATIENCE, account.to_owned(), |entry| entry.delete_credential())? {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(reason(&error)),
        }
    }

    fn tell_when_open(&self, tell: Box<dyn Fn() + Send + Sync>) {
        // The first one stays: there is one engine.
        self.tell_open.set(tell).ok();
    }
}

const SERVICE: &str = "monomi";
const QUEUE: usize = 16;
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
/// The longest wait for an answer: the keyring may ask the user to unlock it.
const PATIENCE: Duration = Duration::from_secs(20);

type Job = Box<dyn FnOnce() + Send>;

fn work(queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv() {
        job();
    }
}

/// Whether there may be a keyring at all: without a D-Bus session there is none.
#[cfg(all(unix, not(target_os = "macos")))]
fn session_has_keyring() -> bool {
    let bus = std::env::var_os("XDG_RUNTIME_DIR").map(|dir| std::path::PathBuf::from(dir).join("bus"));
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty())
        || bus.is_some_and(|bus| bus.exists())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn session_has_keyring() -> bool {
    true
}

/// The error in words. Some of the library's errors carry the stored value; those are not printed.
fn reason(error: &Error) -> VaultError {
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            VaultError::Entry("what it holds is no password".to_owned())
        }
        Error::Ambiguous(_) => VaultError::Entry("it holds more than one password for this device".to_owned()),
        error => VaultError::Shut(error.to_string()),
    }
}
