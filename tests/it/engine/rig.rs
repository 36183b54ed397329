//! What the tests of the engine are made with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use device::{ChannelId, Device, DeviceEdit, DeviceId, Draft, Password, PasswordEdit, Registry, StreamId, StreamKind};
use monomi::bridge::{Command, EngineHandle, EngineState, SoundState, WantedStream};
use monomi::engine::{Engine, LetterWriter, Notifier, Options};
use monomi::store::Profile;
use monomi::video::SoundOutput;
use reconnect::Rank;
use wall::Listen;

use super::fake_keyring::FakeKeyring;
use crate::fake_dvr::{Auth, FakeDvr, Script};

pub const PATIENCE: Duration = Duration::from_secs(60);

/// An engine on a profile that is thrown away.
pub struct EngineRig {
    engine: Option<Engine>,
    pub folder: tempfile::TempDir,
    output: SoundOutput,
    /// Shows what happened on the desktop; takes effect with the next start.
    pub notifier: Option<Notifier>,
    /// Puts letters in words; takes effect with the next start.
    pub letters: Option<LetterWriter>,
    /// What passwords are kept in; `None`: in the encrypted file.
    keyring: Option<FakeKeyring>,
}

impl EngineRig {
    pub fn new() -> Self {
        Self::with(SoundOutput::default())
    }

    pub fn with(output: SoundOutput) -> Self {
        let mut rig = Self::idle(output, None);
        rig.start();
        rig
    }

    /// Not started yet.
    pub fn idle(output: SoundOutput, keyring: Option<FakeKeyring>) -> Self {
        Self {
            engine: None,
            output,
            notifier: None,
            letters: None,
            folder: tempfile::tempdir().expect("a folder"),
            keyring,
        }
    }

    pub fn profile(&self) -> Profile {
        let profile = Profile::open(Some(self.folder.path().to_path_buf())).expect("a profile");
        match &self.keyring {
            Some(keyring) => profile.with_vault(keyring.clone()),
            None => profile.without_keyring(),
        }
    }

    /// Ends the engine as a user does.
    pub fn stop(&mut self) {
        self.engine = None;
    }

    pub fn start(&mut self) {
        monomi::video::init().expect("GStreamer");
        self.engine = None;
        let brands = Arc::new(monomi::store::brands());
        let options = Options {
            profile: self.profile(),
            brands,
            events: None,
            want_all: None,
            listen: false,
            hears: true,
            autostart: None,
            open_folder: Arc::new(|_| Ok(())),
            output: self.output.clone(),
            notifier: self.notifier.clone(),
            letters: self.letters.clone(),
        };
        self.engine = Some(Engine::start(options).expect("an engine"));
    }

    pub fn send(&self, command: Command) {
        self.engine.as_ref().expect("an engine").handle().send(command);
    }

    /// The screen's end.
    pub fn handle(&self) -> EngineHandle {
        self.engine.as_ref().expect("an engine").handle().clone()
    }

    pub fn state(&self) -> Arc<EngineState> {
        self.engine.as_ref().expect("an engine").handle().state()
    }

    /// Waits for an engine state that fits; the last one is shown when none comes.
    pub fn until<T>(&self, what: &str, fits: impl Fn(&EngineState) -> Option<T>) -> T {
        self.within(PATIENCE, what, fits)
    }

    pub fn within<T>(&self, patience: Duration, what: &str, fits: impl Fn(&EngineState) -> Option<T>) -> T {
        let end = Instant::now() + patience;
        loop {
            let state = self.state();
            if let Some(found) = fits(&state) {
                return found;
            }
            let states: Vec<_> = state.streams.values().map(|status| status.state.clone()).collect();
            assert!(Instant::now() < end, "{what} did not come: {states:?} {:?}", state.test);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn until_state(&self, stream: StreamId, name: &str) {
        self.until(name, |state| {
            let status = state.streams.get(&stream)?;
            (status.state.name() == name).then_some(())
        });
    }

    pub fn show(&self, device: DeviceId) -> StreamId {
        let stream = main_of(device);
        self.send(Command::Show(vec![WantedStream {
            stream,
            rank: Rank::Selected,
            decode: true,
            listen: Listen::No,
        }]));
        stream
    }

    pub fn listen(&self, stream: StreamId, listen: Listen) {
        self.send(Command::Show(vec![WantedStream {
            stream,
            rank: Rank::Selected,
            decode: true,
            listen,
        }]));
    }

    pub fn until_sound(&self, stream: StreamId, sound: &SoundState) {
        self.until("the sound", |state| {
            (state.streams.get(&stream)?.sound == *sound).then_some(())
        });
    }

    /// Saves a device that is served by `dvr`, and waits until the engine knows it.
    pub fn add(&self, dvr: &FakeDvr, password: Option<&str>) -> Device {
        let edit = edit_of(dvr, password);
        let device = edit.device.clone();
        self.send(Command::SaveDevice(Box::new(edit)));
        self.until("the device", |state| state.registry.device(device.id).map(|_| ()));
        device
    }
}

pub fn edit_of(dvr: &FakeDvr, password: Option<&str>) -> DeviceEdit {
    let mut draft = Draft::from_url(&dvr.url()).expect("the fake DVR's URL");
    draft.site = "Lab".to_owned();
    draft.name = "Fake".to_owned();
    if let Some(password) = password {
        draft.user = "admin".to_owned();
        draft.password = PasswordEdit::Set(Password::new(password));
    }
    draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft")
}

pub fn main_of(device: DeviceId) -> StreamId {
    StreamId {
        channel: ChannelId { device, number: 1 },
        kind: StreamKind::Main,
    }
}

pub fn with_sign_in() -> Script {
    Script {
        auth: Auth::DigestSha256,
        ..Script::default()
    }
}
