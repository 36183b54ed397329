//! The engine as the window uses it: commands in, engine states out, real sockets to a fake DVR on loopback.

mod diagnosis;
mod enquiry;
mod events;
mod fake_keyring;
mod feeds;
mod first_pictures;
mod idle;
mod large;
mod moved;
mod passwords;
mod patience;
mod playback;
mod ptz;
mod recording;
mod rig;
mod roads;
mod sources;
mod standstill;
mod update;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use device::{
    BrandId, ChannelId, Device, DeviceEdit, Draft, Password, PasswordEdit, Registry, Site, StreamId, StreamKind,
};
use monomi::bridge::{
    Command, EngineState, NoticeKind, SoundProblem, SoundState, StreamInfo, TestId, TestRequest, TestState,
    WantedStream,
};
use monomi::demo::{DemoConfig, DemoDvr};
use monomi::video::SoundOutput;
use reconnect::{FailureKind, Rank, Stage};
use settings::{Settings, Volume};
use wall::Listen;

use self::rig::{EngineRig, edit_of, main_of, with_sign_in};
use crate::fake_dvr::{Answer, Datagrams, FakeDvr, Fault, Request, Script, Sound, Step, Way};
use crate::video::sound::ear;

#[test]
fn a_copy_of_a_device_signs_in_with_the_same_password_and_so_does_its_test() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = EngineRig::new();
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
    stage.until("the picture", |state| {
        let passed = matches!(state.test.as_ref()?.state, TestState::Passed { .. });
        passed.then_some(())
    });
    let id = copy.device.id;
    stage.send(Command::SaveDevice(Box::new(copy)));
    stage.until("the copy", |state| state.registry.device(id).map(|_| ()));
    let stream = stage.show(id);
    stage.until_state(stream, "live");
}

#[test]
fn another_name_of_a_site_or_a_device_closes_no_stream_and_keeps_the_password() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = EngineRig::new();
    let device = stage.add(&dvr, Some("secret"));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    let site = stage.state().registry.sites[0].clone();
    let name = "Another name".to_owned();
    stage.send(Command::SaveSite(Site { name, ..site }));
    stage.until("the name of the site", |state| {
        (state.registry.sites[0].name == "Another name").then_some(())
    });
    let renamed = stage.state().registry.renamed(device.id, "Gate".to_owned());
    stage.send(Command::SaveDevice(Box::new(renamed.expect("it is registered"))));
    stage.until("the name of the device", |state| {
        (state.registry.device(device.id)?.name == "Gate").then_some(())
    });
    stage.until_state(stream, "live");
    assert_eq!(dvr.seen().len(), 1, "no new connection");
    // A new connection signs in with the same password.
    stage.send(Command::SetEnabled(vec![device.id], false));
    stage.until("it is off", |state| {
        let device = state.registry.device(device.id)?;
        (!device.enabled && state.streams.is_empty()).then_some(())
    });
    stage.send(Command::SetEnabled(vec![device.id], true));
    stage.until_state(stage.show(device.id), "live");
}

#[test]
fn a_test_shows_its_steps_and_the_first_picture_then_lets_go() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = EngineRig::new();
    let edit = edit_of(&dvr, Some("secret"));
    let stream = main_of(edit.device.id);
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit,
        stream,
    })));
    let status = stage.until("the picture", |state| {
        let test = state.test.clone()?;
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
    assert!(stage.state().registry.devices.is_empty());
    assert_eq!(dvr.seen().len(), 1);
}

#[test]
fn a_test_says_which_step_failed_and_does_not_try_again() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = EngineRig::new();
    let edit = edit_of(&dvr, Some("wrong"));
    let stream = main_of(edit.device.id);
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit,
        stream,
    })));
    let failure = stage.until("the failure", |state| match &state.test.as_ref()?.state {
        TestState::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure.kind, FailureKind::Auth);
    assert_eq!(dvr.seen().len(), 1);

    // The same words again are answered without asking the recorder, which would lock the account.
    let edit = edit_of(&dvr, Some("wrong"));
    stage.send(Command::Test(Box::new(TestRequest {
        id: TestId(3),
        edit,
        stream,
    })));
    stage.until("the same failure", |state| {
        let test = state.test.as_ref()?;
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
    stage.until("the picture", |state| {
        let test = state.test.as_ref()?;
        (test.id == TestId(2) && matches!(test.state, TestState::Passed { .. })).then_some(())
    });
}

/// Recorders lock accounts: however often one is registered, the same wrong words are tried once.
#[test]
fn a_recorder_that_is_registered_three_times_is_asked_to_sign_in_once() {
    let dvr = FakeDvr::start(with_sign_in());
    let stage = EngineRig::new();
    let entries: Vec<Device> = (1..=3)
        .map(|entry| {
            let mut edit = edit_of(&dvr, Some("wrong"));
            edit.device.name = format!("Entry {entry}");
            let device = edit.device.clone();
            stage.send(Command::SaveDevice(Box::new(edit)));
            stage.until("the entry", |state| state.registry.device(device.id).map(|_| ()));
            device
        })
        .collect();
    let streams: Vec<_> = entries.iter().map(|device| main_of(device.id)).collect();
    let wanted = streams.iter().map(|stream| WantedStream {
        stream: *stream,
        rank: Rank::Visible,
        decode: true,
        listen: Listen::No,
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
    stage.until("the failure", |state| match &state.test.as_ref()?.state {
        TestState::Failed(failure) => (failure.kind == FailureKind::Auth).then_some(()),
        _ => None,
    });
    assert_eq!(dvr.seen().len(), 1);

    // The right words are tried at once; the other entries stay as they are.
    let password = PasswordEdit::Set(Password::new("secret"));
    let registry = Arc::clone(&stage.state().registry);
    let device = registry.device(entries[1].id).expect("the entry").clone();
    let site = registry.site(device.site).expect("its site").clone();
    stage.send(Command::SaveDevice(Box::new(DeviceEdit {
        device,
        site,
        password,
        before: None,
    })));
    stage.until_state(streams[1], "live");
    stage.until_state(streams[0], "sign-in-failed");
    assert_eq!(dvr.seen().len(), 2);
}

#[test]
fn a_saved_device_plays_and_survives_a_restart() {
    let dvr = FakeDvr::start(with_sign_in());
    let mut stage = EngineRig::new();
    let device = stage.add(&dvr, Some("secret"));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.start();
    assert_eq!(
        stage
            .state()
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
    let stage = EngineRig::new();
    let device = stage.add(&dvr, Some("secret"));
    stage.send(Command::RemoveDevices(vec![device.id]));
    stage.until("the removal", |state| {
        let told = state
            .notices
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::DevicesRemoved { .. }));
        (state.registry.devices.is_empty() && told).then_some(())
    });
    stage.send(Command::UndoRemove);
    stage.until("the device", |state| state.registry.device(device.id).map(|_| ()));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
}

#[test]
fn a_disabled_device_is_let_go_and_comes_back() {
    let dvr = FakeDvr::start(Script::default());
    let stage = EngineRig::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.send(Command::SetEnabled(vec![device.id], false));
    stage.until("the end of its stream", |state| state.streams.is_empty().then_some(()));
    stage.until("TEARDOWN", |_| {
        dvr.seen()
            .iter()
            .flat_map(|seen| &seen.requests)
            .any(|request| request.method == "TEARDOWN")
            .then_some(())
    });
    stage.send(Command::SetEnabled(vec![device.id], true));
    stage.until("the device", |state| {
        state.registry.device(device.id)?.enabled.then_some(())
    });
    stage.show(device.id);
    stage.until_state(stream, "live");
}

#[test]
fn the_policy_acts_at_once_in_both_directions() {
    let dvr = FakeDvr::start(Script::default());
    let stage = EngineRig::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    // Loopback is internal: nothing happens to it.
    let mut settings = (*stage.state().settings).clone();
    settings.internal_network_only = true;
    stage.send(Command::SaveSettings(Box::new(settings.clone())));
    stage.until("the setting", |state| {
        state.settings.internal_network_only.then_some(())
    });
    assert_eq!(dvr.seen().len(), 1);
    assert!(stage.state().excluded.is_empty());
    settings.internal_network_only = false;
    stage.send(Command::SaveSettings(Box::new(settings)));
    stage.until("the setting", |state| {
        (!state.settings.internal_network_only).then_some(())
    });
    stage.until_state(stream, "live");
}

#[test]
fn a_changed_certificate_fails_calmly_until_it_is_trusted() {
    let dvr = FakeDvr::start(Script {
        tls: true,
        ..Script::default()
    });
    let mut stage = EngineRig::new();
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
    stage.until("the refusal", |state| {
        let failure = state.streams.get(&stream)?.state.failure()?;
        (failure.kind == FailureKind::CertificateChanged).then_some(())
    });
    assert!(
        dvr.seen().iter().all(|seen| seen.requests.is_empty()),
        "nothing was said to a stranger"
    );
    stage.send(Command::TrustCertificate(device.id));
    stage.until_state(stream, "live");
}

/// Whoever stands in between after the file was damaged is not taken for the device that was seen first.
#[test]
fn a_certificate_that_was_lost_with_its_file_is_not_seen_first_again_until_somebody_decides() {
    let secure = || Script {
        tls: true,
        ..Script::default()
    };
    let (dvr, plain) = (FakeDvr::start(secure()), FakeDvr::start(Script::default()));
    let mut stage = EngineRig::new();
    let device = stage.add(&dvr, None);
    let mut other = edit_of(&plain, None);
    other.device.name = "Plain".to_owned();
    let other_id = other.device.id;
    stage.send(Command::SaveDevice(Box::new(other)));
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.stop();
    let seen = dvr.seen().len();
    let file = stage.folder.path().join("trust.toml");
    let whole = std::fs::read(&file).expect("the certificates");
    // What stands after the fingerprint is only told of it.
    let facts = whole
        .windows(8)
        .position(|part| part == b"[certifi")
        .map(|first| first + 1);
    let facts = facts.and_then(|from| {
        whole[from..]
            .windows(8)
            .position(|part| part == b"[certifi")
            .map(|at| from + at)
    });
    let damaged = whole[..facts.unwrap_or(whole.len()) - 5].to_vec();
    std::fs::File::create(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &damaged))
        .expect("the damage");
    stage.start();
    stage.show(device.id);
    stage.until("the question", |state| {
        let failure = state.streams.get(&stream)?.state.failure()?;
        (failure.kind == FailureKind::CertificateUnsure).then_some(())
    });
    stage.until("the notice", |state| {
        let mut kinds = state.notices.iter().map(|notice| &notice.kind);
        let about = |kind: &NoticeKind| matches!(kind, NoticeKind::FileSetAside { file, .. } if file == "trust.toml");
        kinds.any(about).then_some(())
    });
    assert_eq!(dvr.seen().len(), seen, "not a packet");
    let plain_stream = stage.show(other_id);
    stage.until_state(plain_stream, "live");
    stage.show(device.id);
    stage.send(Command::TrustCertificate(device.id));
    stage.until_state(stream, "live");
    assert_eq!(std::fs::read(&file).expect("the file"), damaged, "its bytes are kept");
}

fn methods(dvr: &FakeDvr) -> Vec<String> {
    let named = |request: &Request| match request.uri.rsplit_once("trackID=") {
        Some((_, track)) => format!("{} {track}", request.method),
        None => request.method.clone(),
    };
    let seen = dvr.seen();
    let methods = seen.iter().flat_map(|connection| &connection.requests).map(named);
    methods.filter(|method| method != "GET_PARAMETER").collect()
}

#[test]
fn sound_is_off_the_wire_until_somebody_listens_and_then_comes_on_the_same_connection() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        ..Script::default()
    });
    let (output, heard, _) = ear();
    let stage = EngineRig::with(output);
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    let quiet = ["OPTIONS", "DESCRIBE", "SETUP 1", "PLAY"];
    assert_eq!(methods(&dvr), quiet, "off by default");
    stage.until_sound(stream, &SoundState::Off);
    stage.listen(stream, Listen::Yes);
    stage.until_sound(stream, &SoundState::Playing);
    stage.until("samples", |_| (heard.load(Ordering::Relaxed) > 24_000).then_some(()));
    assert_eq!(methods(&dvr), [&quiet[..], &["SETUP 2", "PLAY"]].concat());
    stage.until_state(stream, "live");
    // Off and on again costs no request.
    stage.listen(stream, Listen::No);
    stage.until_sound(stream, &SoundState::Off);
    let before = heard.load(Ordering::Relaxed);
    stage.listen(stream, Listen::Yes);
    stage.until_sound(stream, &SoundState::Playing);
    stage.until("samples", |_| {
        (heard.load(Ordering::Relaxed) > before + 24_000).then_some(())
    });
    assert_eq!(methods(&dvr).len(), quiet.len() + 2);
    assert_eq!(dvr.seen().len(), 1, "one connection");
}

#[test]
fn sound_comes_in_datagrams_beside_a_picture_that_does() {
    for way in [Way::Straight, Way::Reorders, Way::Doubles] {
        let dvr = FakeDvr::start(Script {
            sound: Sound::Pcmu,
            datagrams: Datagrams {
                way,
                ..Datagrams::only_udp()
            },
            ..Script::default()
        });
        let (output, heard, _) = ear();
        let stage = EngineRig::with(output);
        let device = stage.add(&dvr, None);
        let stream = stage.show(device.id);
        stage.until_state(stream, "live");
        stage.listen(stream, Listen::Yes);
        stage.until_sound(stream, &SoundState::Playing);
        stage.until("samples", |_| (heard.load(Ordering::Relaxed) > 24_000).then_some(()));
        stage.until_state(stream, "live");
        let seen = dvr.seen();
        assert_eq!(seen.len(), 1, "{way:?}: one connection");
        let of_sound = seen[0]
            .requests
            .iter()
            .filter(|request| request.uri.ends_with("trackID=2"));
        let asked: Vec<_> = of_sound.filter_map(|request| request.header("Transport")).collect();
        assert!(
            asked.len() == 1 && asked[0].contains("client_port"),
            "{way:?}: {asked:?}"
        );
        assert_eq!(stage.state().streams[&stream].slot.counts().lost, 0, "{way:?}");
    }
}

#[test]
fn figures_tell_the_lower_rate_while_an_overloaded_machine_shows_fewer_pictures() {
    let dvr = FakeDvr::start(Script {
        fps: 20,
        ..Script::default()
    });
    let stage = EngineRig::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    let info = |fits: &dyn Fn(&StreamInfo) -> bool| {
        stage.until("the figure", |state| {
            let status = state.streams.get(&stream)?;
            assert_ne!(status.state.name(), "offline");
            (status.state.name() == "live" && fits(&status.info)).then(|| status.info.clone())
        })
    };
    let all = info(&|info| info.fps > 16.0);
    let slot = Arc::clone(&stage.state().streams[&stream].slot);
    slot.set_every(2);
    let half = info(&|info| info.fps > 0.0 && info.fps < all.fps * 0.65);
    assert!(half.fps > all.fps * 0.35, "{half:?} of {all:?}");
    assert_eq!(
        (half.width, half.height, &half.codec),
        (all.width, all.height, &all.codec)
    );
    assert!(
        half.kbit_s > all.kbit_s / 2,
        "as much comes over the wire: {half:?} {all:?}"
    );
    slot.set_every(4);
    info(&|info| info.fps > 0.0 && info.fps < all.fps * 0.4);
    slot.set_every(1);
    info(&|info| info.fps > all.fps * 0.75);
    assert_eq!(dvr.seen().len(), 1, "one connection");
}

#[test]
fn the_volume_is_kept_by_the_settings_and_a_passing_one_is_not() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        ..Script::default()
    });
    let (output, heard, all) = ear();
    let stage = EngineRig::with(output);
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.send(Command::SetVolume(Volume::MUTED));
    stage.listen(stream, Listen::Yes);
    stage.until_sound(stream, &SoundState::Playing);
    let samples = |count| {
        let from = all.load(Ordering::Relaxed);
        stage.until("samples", |_| {
            (all.load(Ordering::Relaxed) > from + count).then_some(())
        });
    };
    samples(24_000);
    assert_eq!(heard.load(Ordering::Relaxed), 0, "muted");
    let settings = stage.state().settings.clone();
    assert_eq!(settings.sound_volume, Volume::FULL, "not kept");
    // Another setting leaves it alone.
    let figures = |sound_volume, show_figures| Settings {
        show_figures,
        sound_volume,
        ..Settings::default()
    };
    stage.send(Command::SaveSettings(Box::new(figures(Volume::FULL, true))));
    stage.until("the setting", |state| state.settings.show_figures.then_some(()));
    samples(24_000);
    assert_eq!(heard.load(Ordering::Relaxed), 0, "still muted");
    stage.send(Command::SaveSettings(Box::new(figures(Volume::of_percent(90), true))));
    stage.until("a tone", |_| (heard.load(Ordering::Relaxed) > 1_000).then_some(()));
    let text = std::fs::read_to_string(stage.folder.path().join("settings.toml")).expect("the file");
    assert!(text.contains("sound-volume = 90"), "{text}");
}

/// Shows a stream, listens once it plays, and waits until both are there.
fn listen_to_what_plays(dvr: &FakeDvr) -> EngineRig {
    let stage = EngineRig::with(ear().0);
    let device = stage.add(dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.listen(stream, Listen::Yes);
    stage.until_sound(stream, &SoundState::Playing);
    stage.until_state(stream, "live");
    stage
}

#[test]
fn a_recorder_that_adds_no_track_is_set_up_again_without_another_connect() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        faults: vec![Fault::always(
            Step::SetupBeside,
            Answer::status(455, "Method Not Valid in This State"),
        )],
        ..Script::default()
    });
    let _stage = listen_to_what_plays(&dvr);
    let expected = [
        "OPTIONS", "DESCRIBE", "SETUP 1", "PLAY", "SETUP 2", "TEARDOWN", "SETUP 1", "SETUP 2", "PLAY",
    ];
    assert_eq!(methods(&dvr), expected);
    assert_eq!(dvr.seen().len(), 1, "one connection");
}

#[test]
fn a_recorder_that_hangs_up_on_it_is_dialled_by_the_governor_with_sound_from_the_start() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        faults: vec![Fault::once(Step::SetupBeside, Answer::Close)],
        ..Script::default()
    });
    let _stage = listen_to_what_plays(&dvr);
    let seen = dvr.seen();
    assert_eq!(seen.len(), 2);
    assert!(
        seen[1].at.duration_since(seen[0].at) >= Duration::from_secs(5),
        "the gap between two connects holds"
    );
    assert_eq!(
        methods(&dvr)[5..],
        ["OPTIONS", "DESCRIBE", "SETUP 1", "SETUP 2", "PLAY"]
    );
}

/// A notice says that there is no sound.
fn tells_of_sound(state: &EngineState) -> bool {
    let mut kinds = state.notices.iter().map(|notice| &notice.kind);
    kinds.any(|kind| matches!(kind, NoticeKind::SoundFailed { .. }))
}

/// A click on the loudspeaker must not cost the picture for as long as somebody listens.
#[test]
fn a_recorder_that_hangs_up_whenever_it_is_asked_for_sound_shows_its_picture_without() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        faults: vec![
            Fault::always(Step::SetupBeside, Answer::Close),
            Fault::always(Step::SetupSound, Answer::Close),
        ],
        ..Script::default()
    });
    let stage = EngineRig::with(ear().0);
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.listen(stream, Listen::Yes);
    stage.until_sound(stream, &SoundState::Failed(SoundProblem::Refused));
    stage.until("the notice", |state| tells_of_sound(state).then_some(()));
    stage.until_state(stream, "live");
    assert_eq!(methods(&dvr).last().map(String::as_str), Some("PLAY"));
    assert_eq!(
        stage.state().streams[&stream].sound,
        SoundState::Failed(SoundProblem::Refused)
    );
}

#[test]
fn why_there_is_no_sound_is_said_and_the_picture_plays_on() {
    let cases = [
        (Sound::None, SoundProblem::NoSound),
        (
            Sound::G726,
            SoundProblem::Unplayable {
                codec: "G726-32".to_owned(),
            },
        ),
    ];
    for (sound, problem) in cases {
        let dvr = FakeDvr::start(Script {
            sound,
            ..Script::default()
        });
        let stage = EngineRig::with(ear().0);
        let device = stage.add(&dvr, None);
        let stream = stage.show(device.id);
        stage.until_state(stream, "live");
        stage.listen(stream, Listen::Yes);
        stage.until_sound(stream, &SoundState::Failed(problem.clone()));
        stage.until("the notice", |state| tells_of_sound(state).then_some(()));
        stage.until_state(stream, "live");
        assert_eq!(methods(&dvr), ["OPTIONS", "DESCRIBE", "SETUP 1", "PLAY"]);
        stage.listen(stream, Listen::No);
        stage.until("no notice", |state| (!tells_of_sound(state)).then_some(()));
    }
}

/// Answers that nobody reads must not fill the memory.
#[test]
fn a_recorder_that_asks_and_never_reads_the_answers_is_hung_up_on() {
    let dvr = FakeDvr::start(Script {
        faults: vec![Fault::always(
            Step::Options,
            Answer::Raw(b"OPTIONS * RTSP/1.0\r\n\r\n".repeat(1_000_000)),
        )],
        ..Script::default()
    });
    let stage = EngineRig::new();
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    let failure = stage.until("the failure", |state| {
        state.streams.get(&stream)?.state.failure().cloned()
    });
    assert_eq!(
        (failure.kind, failure.detail.as_str()),
        (FailureKind::Protocol, "it asks and does not read the answers")
    );
}

#[test]
fn an_output_that_fails_leaves_the_picture_alone() {
    let dvr = FakeDvr::start(Script {
        sound: Sound::Pcmu,
        ..Script::default()
    });
    let broken = SoundOutput::made_by(|| {
        use gstreamer::prelude::*;
        let sink = gstreamer::ElementFactory::make("filesink").build().expect("a sink");
        sink.set_property("location", "/nonexistent/folder/sound");
        sink
    });
    let stage = EngineRig::with(broken);
    let device = stage.add(&dvr, None);
    let stream = stage.show(device.id);
    stage.until_state(stream, "live");
    stage.listen(stream, Listen::Yes);
    stage.until("the failure", |state| {
        let sound = &state.streams.get(&stream)?.sound;
        matches!(sound, SoundState::Failed(SoundProblem::NoOutput { .. })).then_some(())
    });
    let frames = |state: &EngineState| state.streams.get(&stream).map(|status| status.info.frames);
    let before = frames(&stage.state());
    stage.until("more pictures", |state| {
        (frames(state) > before.map(|before| before + 5)).then_some(())
    });
    assert_eq!(stage.state().streams[&stream].state.name(), "live");
}

#[test]
fn the_demo_dvr_sounds_in_every_format_beside_a_picture_that_plays() {
    let listen = ([127, 0, 0, 1], 0).into();
    let dvr = DemoDvr::start(DemoConfig {
        listen,
        channels: 4,
        credentials: None,
    })
    .expect("a demo DVR");
    let (output, heard, _) = ear();
    let stage = EngineRig::with(output);
    let mut draft = Draft::from_url(&dvr.url(1, false)).expect("the demo's URL");
    (draft.site, draft.name) = ("Lab".to_owned(), "Demo".to_owned());
    (draft.brand, draft.channels) = (Some(BrandId("monomi-demo".to_owned())), "4".to_owned());
    let edit = draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft");
    let device = edit.device.id;
    stage.send(Command::SaveDevice(Box::new(edit)));
    stage.until("the device", |state| state.registry.device(device).map(|_| ()));
    for number in 1..=3 {
        let channel = ChannelId { device, number };
        let kind = StreamKind::Sub;
        let stream = StreamId { channel, kind };
        stage.listen(stream, Listen::No);
        stage.until_state(stream, "live");
        let before = heard.load(Ordering::Relaxed);
        stage.listen(stream, Listen::Yes);
        stage.until_sound(stream, &SoundState::Playing);
        stage.until("a tick", |_| {
            (heard.load(Ordering::Relaxed) > before + 500).then_some(())
        });
        stage.until_state(stream, "live");
    }
    assert_eq!(stage.state().totals.attempts, 3, "one connect a channel");
}

#[test]
fn the_kiosk_opens_to_its_password_alone_and_no_other_setting_touches_it() {
    let stage = EngineRig::new();
    let try_password = |id, password: &str| {
        let password = Password::new(password);
        stage.send(Command::Unlock { id, password });
        let answer = |state: &EngineState| state.unlock.filter(|unlock| unlock.id == id);
        stage.until("the answer", answer).granted
    };
    assert!(!try_password(1, "") && !try_password(2, "secret"), "none is set");
    stage.send(Command::SetKioskPassword(Some(Password::new("secret"))));
    stage.until("the password", |state| {
        state.settings.kiosk_password.is_some().then_some(())
    });
    assert!(!try_password(3, "Secret") && try_password(4, "secret"));
    // The dialog may save settings that it read before.
    let settings = Settings {
        show_figures: true,
        ..Settings::default()
    };
    stage.send(Command::SaveSettings(Box::new(settings)));
    stage.until("the setting", |state| state.settings.show_figures.then_some(()));
    assert!(try_password(5, "secret"));
    let text = std::fs::read_to_string(stage.folder.path().join("settings.toml")).expect("the file");
    assert!(
        text.contains("pbkdf2-sha256$600000$") && !text.contains("secret"),
        "{text}"
    );
    stage.send(Command::SetKioskPassword(None));
    stage.until("no password", |state| {
        state.settings.kiosk_password.is_none().then_some(())
    });
    assert!(!try_password(6, "secret"));
}
