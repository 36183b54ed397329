//! An engine for one command: on the profile itself, or, beside a window that runs on it, on a copy that is thrown away.

use std::sync::Arc;

use tokio::sync::Notify;

use super::console::CliError;
use crate::bridge::EngineHandle;
use crate::engine::{Engine, LetterWriter, Options, by_the_desktop};
use crate::store::{OWNER_OF_WEBHOOK_PATH, Profile, ProfileLock, Scratch, owner_of_secret};
use device::{Device, DeviceEdit, PasswordEdit, Registry};
use events::Messenger;

pub(super) struct OwnEngine {
    engine: Engine,
    news: Arc<Notify>,
    _lock: Option<ProfileLock>,
    _scratch: Option<Scratch>,
}

impl OwnEngine {
    /// `device`: the registered device that the command is about, with its registry; it goes into the copy with its password.
    pub(super) fn start(profile: &Profile, device: Option<(&Device, &Registry)>) -> Result<Self, CliError> {
        Self::start_all(profile, device, None)
    }

    /// Writes to somebody elsewhere, as a window does; the secrets of messengers go into the copy.
    pub(super) fn start_with_letters(profile: &Profile, letters: LetterWriter) -> Result<Self, CliError> {
        Self::start_all(profile, None, Some(letters))
    }

    fn start_all(
        profile: &Profile,
        device: Option<(&Device, &Registry)>,
        letters: Option<LetterWriter>,
    ) -> Result<Self, CliError> {
        let lock = profile.lock().ok();
        let scratch = match lock {
            Some(_) => None,
            None => Some(Scratch::new("monomi-command-").map_err(|error| failed(&error))?),
        };
        let own = match &scratch {
            None => profile.clone(),
            Some(scratch) => {
                let own = copy(profile, device, scratch)?;
                if letters.is_some() {
                    copy_secrets(profile, &own)?;
                }
                own
            }
        };
        let options = Options {
            profile: own,
            brands: Arc::new(crate::store::brands()),
            events: None,
            want_all: None,
            listen: false,
            hears: false,
            autostart: None,
            open_folder: by_the_desktop(),
            output: crate::video::SoundOutput::default(),
            notifier: None,
            letters,
        };
        let engine = Engine::start(options).map_err(|error| failed(&error))?;
        let news = Arc::new(Notify::new());
        let told = Arc::clone(&news);
        engine.handle().set_waker(Arc::new(move || told.notify_one()));
        Ok(Self {
            engine,
            news,
            _lock: lock,
            _scratch: scratch,
        })
    }

    pub(super) fn handle(&self) -> &EngineHandle {
        self.engine.handle()
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.engine.block_on(future)
    }

    /// Waits until the engine state is another one than before.
    pub(super) async fn changed(&self) {
        self.news.notified().await;
    }
}

fn copy(profile: &Profile, device: Option<(&Device, &Registry)>, scratch: &Scratch) -> Result<Profile, CliError> {
    let own = Profile::open(Some(scratch.path().to_path_buf())).map_err(|error| failed(&error))?;
    let own = own.without_keyring();
    own.save_settings(&profile.load_settings().value)
        .map_err(|error| failed(&error))?;
    if let Some((device, registry)) = device
        && let Some(site) = registry.site(device.site)
    {
        let password = profile.secrets().get(device.id).map_err(|error| failed(&error))?;
        let edit = DeviceEdit {
            site: site.clone(),
            device: device.clone(),
            password: password.map_or(PasswordEdit::Clear, PasswordEdit::Set),
            before: None,
        };
        own.save_device(edit).map_err(|error| failed(&error))?;
    }
    Ok(own)
}

fn copy_secrets(from: &Profile, to: &Profile) -> Result<(), CliError> {
    let of_messengers = Messenger::ALL.iter().map(|messenger| owner_of_secret(*messenger));
    for owner in of_messengers.chain([OWNER_OF_WEBHOOK_PATH]) {
        let secret = from.secrets().get(owner).map_err(|error| failed(&error))?;
        if let Some(secret) = secret {
            to.secrets().set(owner, &secret).map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

fn failed(error: &dyn std::fmt::Display) -> CliError {
    CliError::Failed(error.to_string())
}
