//! The engine as the window uses it: commands in, snapshots out, real sockets to a fake DVR on loopback.

use std::sync::Arc;
use std::time::{Duration, Instant};

use monomi::bridge::{Command, NoticeKind, Snapshot, TestId, TestRequest, TestState, Wanted};
use monomi::device::{
    ChannelId, Device, DeviceEdit, DeviceId, Draft, Password, PasswordEdit, Registry, StreamId, StreamKind,
};
use monomi::driver::{Driver, Options};
use monomi::reconnect::{Kind, Rank, Stage};
use monomi::store::Profile;

use crate::fake_dvr::{Auth, FakeDvr, Script};

const PATIENCE: Duration = Duration::from_secs(60);

struct Stage0 {
    driver: Option<Driver>,
    folder: tempfile::TempDir,
}

impl Stage0 {
    fn new() -> Self {
        let mut stage = Self {
            driver: None,
            folder: tempfile::tempdir().expect("a folder"),
        };
        stage.start();
        stage
    }

    fn start(&mut self) {
        monomi::video::init().expect("GStreamer");
        self.driver = None;
        let profile = Profile::open(Some(self.folder.path().to_path_buf()))
            .expect("a profile")
            .without_keyring();
        let brands = Arc::new(monomi::store::brands());
        let options = Options {
            profile,
            brands,
            events: None,
            want_all: None,
            listen: false,
            autostart: None,
        };
        self.driver = Some(Driver::start(options).expect("an engine"));
    }

    fn send(&self, command: Command) {
        self.driver.as_ref().expect("an engine").engine().send(command);
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.driver.as_ref().expect("an engine").engine().snapshot()
    }

    /// Waits for a snapshot that fits; the last one is shown when none comes.
    fn until<T>(&self, what: &str, fits: impl Fn(&Snapshot) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let snapshot = self.snapshot();
            if let Some(found) = fits(&snapshot) {
                return found;
            }
            let states: Vec<_> = snapshot.streams.values().map(|status| status.state.clone()).collect();
            assert!(
                Instant::now() < end,
                "{what} did not come: {states:?} {:?}",
                snapshot.test
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn until_state(&self, stream: StreamId, name: &str) {
        self.until(name, |snapshot| {
            let status = snapshot.streams.get(&stream)?;
            (status.state.name() == name).then_some(())
        });
    }

    fn show(&self, device: DeviceId) -> StreamId {
        let stream = main_of(device);
        self.send(Command::Show(vec![Wanted {
            stream,
            rank: Rank::Selected,
            decode: true,
        }]));
        stream
    }

    /// Saves a device that is served by `dvr`, and waits until the engine knows it.
    fn add(&self, dvr: &FakeDvr, password: Option<&str>) -> Device {
        let edit = edit_of(dvr, password);
        let device = edit.device.clone();
        self.send(Command::SaveDevice(Box::new(edit)));
        self.until("the device", |snapshot| snapshot.registry.device(device.id).map(|_| ()));
        device
    }
}

fn edit_of(dvr: &FakeDvr, password: Option<&str>) -> DeviceEdit {
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

fn main_of(device: DeviceId) -> StreamId {
    StreamId {
        channel: ChannelId { device, number: 1 },
        kind: StreamKind::Main,
    }
}

fn with_sign_in() -> Script {
    Script {
        auth: Auth::DigestSha256,
        ..Script::default()
    }
}

#[test]
fn a_copy_of_a_device_signs_in_with_the_same_password_and_so_does_its_test() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = Stage0::new();
    let original = stage.add(&dvr, Some("secret"));
    let mut copy = edit_of(&dvr, Some("secret"));
    copy.device.name = "Copy".to_owned();
    copy.password = PasswordEdit::SameAs(original.id);
    let stream = main_of(copy.device.id);
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit: copy.clone(),
        stream,
    })));
    stage.until("the picture", |snapshot| {
        let passed = matches!(snapshot.test.as_ref()?.state, TestState::Passed { .. });
        passed.then_some(())
    });
    let id = copy.device.id;
    stage.send(Command::SaveDevice(Box::new(copy)));
    stage.until("the copy", |snapshot| snapshot.registry.device(id).map(|_| ()));
    let stream = stage.show(id);
    stage.until_state(stream, "live");
}

#[test]
fn a_test_shows_its_steps_and_the_first_picture_then_lets_go() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = Stage0::new();
    let edit = edit_of(&dvr, Some("secret"));
    let stream = main_of(edit.device.id);
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit,
        stream,
    })));
    let status = stage.until("the picture", |snapshot| {
        let test = snapshot.test.clone()?;
        matches!(test.state, TestState::Passed { .. }).then_some(test)
    });
    let TestState::Passed { codec, width, height } = &status.state else {
        unreachable!()
    };
    assert_eq!(codec, "H.264");
    assert!(*width > 0 && *height > 0);
    assert!(status.slot.take().is_some(), "the picture is there to be shown");
    let steps: Vec<Stage> = status.done.iter().map(|(stage, _)| *stage).collect();
    let all = [
        Stage::Resolve,
        Stage::Connect,
        Stage::Options,
        Stage::Describe,
        Stage::Setup,
        Stage::Play,
        Stage::Media,
    ];
    assert_eq!(steps, all);
    // Nothing was registered, and one connection was all it took.
    assert!(stage.snapshot().registry.devices.is_empty());
    assert_eq!(dvr.seen().len(), 1);
}

#[test]
fn a_test_says_which_step_failed_and_does_not_try_again() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = Stage0::new();
    let edit = edit_of(&dvr, Some("wrong"));
    let stream = main_of(edit.device.id);
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit,
        stream,
    })));
    let failure = stage.until("the failure", |snapshot| match &snapshot.test.as_ref()?.state {
        TestState::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure.kind, Kind::Auth);
    assert_eq!(dvr.seen().len(), 1);

    // The same words again are answered without asking the recorder, which would lock the account.
    let edit = edit_of(&dvr, Some("wrong"));
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(3),
        edit,
        stream,
    })));
    stage.until("the same failure", |snapshot| {
        let test = snapshot.test.as_ref()?;
        (test.id == TestId(3) && matches!(test.state, TestState::Failed(_))).then_some(())
    });
    assert_eq!(dvr.seen().len(), 1);

    // The right words pass at once: a person asked.
    let edit = edit_of(&dvr, Some("secret"));
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(2),
        edit,
        stream,
    })));
    stage.until("the picture", |snapshot| {
        let test = snapshot.test.as_ref()?;
        (test.id == TestId(2) && matches!(test.state, TestState::Passed { .. })).then_some(())
    });
}

/// Recorders lock accounts: however often one is registered, the same wrong words are tried once.
#[test]
fn a_recorder_that_is_registered_three_times_is_asked_to_sign_in_once() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = Stage0::new();
    let entries: Vec<Device> = (1..=3)
        .map(|entry| {
            let mut edit = edit_of(&dvr, Some("wrong"));
            edit.device.name = format!("Entry {entry}");
            let device = edit.device.clone();
            stage.send(Command::SaveDevice(Box::new(edit)));
            stage.until("the entry", |snapshot| snapshot.registry.device(device.id).map(|_| ()));
            device
        })
        .collect();
    let streams: Vec<_> = entries.iter().map(|device| main_of(device.id)).collect();
    let wanted = streams.iter().map(|stream| Wanted {
        stream: *stream,
        rank: Rank::Visible,
        decode: true,
    });
    stage.send(Command::Show(wanted.collect()));
    for stream in &streams {
        stage.until_state(*stream, "sign-in-failed");
    }
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit: edit_of(&dvr, Some("wrong")),
        stream: streams[0],
    })));
    stage.until("the failure", |snapshot| match &snapshot.test.as_ref()?.state {
        TestState::Failed(failure) => (failure.kind == Kind::Auth).then_some(()),
        _ => None,
    });
    assert_eq!(dvr.seen().len(), 1);

    // The right words are tried at once; the other entries stay as they are.
    let password = PasswordEdit::Set(Password::new("secret"));
    let registry = Arc::clone(&stage.snapshot().registry);
    let device = registry.device(entries[1].id).expect("the entry").clone();
    let site = registry.site(device.site).expect("its site").clone();
    stage.send(Command::SaveDevice(Box::new(DeviceEdit { device, site, password })));
    stage.until_state(streams[1], "live");
    stage.until_state(streams[0], "sign-in-failed");
    assert_eq!(dvr.seen().len(), 2);
}

#[test]
fn a_saved_device_plays_and_survives_a_restart() {
    let dvr = FakeDvr::start(with_sign_in());
    let mut stage = Stage0::new();
    let device = stage.add(&dvr, Some("secret"));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.start();
    assert_eq!(
        stage
            .snapshot()
            .registry
            .device(device.id)
            .map(|device| device.name.clone())
            .as_deref(),
        Some("Fake")
    );
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
}

#[test]
fn a_removed_device_comes_back_with_its_password() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = Stage0::new();
    let device = stage.add(&dvr, Some("secret"));
    stage.send(Command::RemoveDevices(vec![device.id]));
    stage.until("the removal", |snapshot| {
        let told = snapshot
            .notices
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::DevicesRemoved { .. }));
        (snapshot.registry.devices.is_empty() && told).then_some(())
    });
    stage.send(Command::UndoRemove);
    stage.until("the device", |snapshot| snapshot.registry.device(device.id).map(|_| ()));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
}

#[test]
fn a_disabled_device_is_let_go_and_comes_back() {
    let dvr = FakeDvr::start(Script::default());
    let stage = Stage0::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.send(Command::SetEnabled(vec![device.id], false));
    stage.until("the end of its stream", |snapshot| {
        snapshot.streams.is_empty().then_some(())
    });
    stage.until("TEARDOWN", |_| {
        dvr.seen()
            .iter()
            .flat_map(|seen| &seen.requests)
            .any(|request| request.method == "TEARDOWN")
            .then_some(())
    });
    stage.send(Command::SetEnabled(vec![device.id], true));
    stage.until("the device", |snapshot| {
        snapshot.registry.device(device.id)?.enabled.then_some(())
    });
    stage.show(device.id);
    stage.until_state(stream, "live");
}

#[test]
fn the_policy_acts_at_once_in_both_directions() {
    let dvr = FakeDvr::start(Script::default());
    let stage = Stage0::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    // Loopback is internal: nothing happens to it.
    let mut settings = (*stage.snapshot().settings).clone();
    settings.internal_network_only = true;
    stage.send(Command::SaveSettings(Box::new(settings.clone())));
    stage.until("the setting", |snapshot| {
        snapshot.settings.internal_network_only.then_some(())
    });
    assert_eq!(dvr.seen().len(), 1);
    assert!(stage.snapshot().excluded.is_empty());
    settings.internal_network_only = false;
    stage.send(Command::SaveSettings(Box::new(settings)));
    stage.until("the setting", |snapshot| {
        (!snapshot.settings.internal_network_only).then_some(())
    });
    stage.until_state(stream, "live");
}

#[test]
fn a_changed_certificate_fails_calmly_until_it_is_trusted() {
    let dvr = FakeDvr::start(Script {
        tls: true,
        ..Script::default()
    });
    let mut stage = Stage0::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    let address = dvr.address();
    drop(dvr);
    // The same address with a new certificate, also after a restart of Monomi.
    let dvr = FakeDvr::start_on(
        address,
        Script {
            tls: true,
            ..Script::default()
        },
    );
    stage.start();
    stage.show(device.id);
    stage.until("the refusal", |snapshot| {
        let failure = snapshot.streams.get(&stream)?.state.failure()?;
        (failure.kind == Kind::CertificateChanged).then_some(())
    });
    assert!(
        dvr.seen().iter().all(|seen| seen.requests.is_empty()),
        "nothing was said to a stranger"
    );
    stage.send(Command::TrustCertificate(device.id));
    stage.until_state(stream, "live");
}
