//! Cameras that are steered, over real sockets: by the one dial, on one connection, and never longer than somebody holds them.

use std::time::{Duration, Instant, SystemTime};

use device::{ChannelId, DeviceEdit, Draft, DraftPaths, OnvifPlace, Password, PasswordEdit, Registry};
use monomi::bridge::{Command, Motion, PtzStatus, PtzWish, SteeringDoing, SteeringTrouble, Velocity};
use onvif::sample::{CameraHabits, ScriptedHabits, SignInHabit};

use super::rig::EngineRig;
use crate::fake_onvif::FakeOnvif;

const DIGEST: SignInHabit = SignInHabit::Digest {
    sha256: false,
    nonce_each: false,
};

/// A camera that nothing but Stop ends.
fn endless() -> CameraHabits {
    CameraHabits {
        ignores_timeout: true,
        ..CameraHabits::default()
    }
}

fn recorder(camera: CameraHabits) -> FakeOnvif {
    FakeOnvif::start(ScriptedHabits {
        sign_in: DIGEST,
        camera: Some(camera),
        ..ScriptedHabits::default()
    })
}

fn edit(port: u16, password: &str) -> DeviceEdit {
    let draft = Draft {
        site: "Lab".to_owned(),
        name: "Dome".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: "554".to_owned(),
        user: "admin".to_owned(),
        password: PasswordEdit::Set(Password::new(password)),
        brand: None,
        listed: vec![DraftPaths {
            main: "/a".to_owned(),
            sub: String::new(),
            ptz: "main1".to_owned(),
        }],
        channels: "1".to_owned(),
        onvif: Some(OnvifPlace::at(port)),
        ..Draft::new()
    };
    draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft")
}

/// An engine with this device.
fn steered(recorder: &FakeOnvif, password: &str) -> (EngineRig, ChannelId) {
    let rig = EngineRig::new();
    let edit = edit(recorder.port(), password);
    let channel = ChannelId {
        device: edit.device.id,
        number: 1,
    };
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(channel.device).map(|_| ()));
    (rig, channel)
}

fn wish(rig: &EngineRig, channel: ChannelId, wish: PtzWish) {
    rig.send(Command::Ptz(channel, wish));
}

fn turn(pan: f32) -> PtzWish {
    PtzWish::Hold(Motion::Turn(Velocity {
        pan,
        ..Velocity::default()
    }))
}

fn until(rig: &EngineRig, channel: ChannelId, what: &str, fits: impl Fn(&PtzStatus) -> bool) -> PtzStatus {
    rig.until(what, |state| {
        let status = state.ptz.get(&channel)?;
        fits(status).then(|| PtzStatus::clone(status))
    })
}

fn is_moving(recorder: &FakeOnvif) -> bool {
    recorder.with(|recorder| recorder.camera.is_moving(SystemTime::now()))
}

fn acts(recorder: &FakeOnvif) -> Vec<String> {
    recorder.with(|recorder| recorder.camera.acts.clone())
}

/// Holds until the camera moves, and for so long more.
fn hold(rig: &EngineRig, recorder: &FakeOnvif, channel: ChannelId, lasts: Duration) {
    let end = Instant::now() + super::rig::PATIENCE;
    let mut since = None;
    while since.is_none_or(|since: Instant| since.elapsed() < lasts) {
        assert!(
            Instant::now() < end,
            "it does not move: {:?}",
            rig.state().ptz.get(&channel)
        );
        wish(rig, channel, turn(0.5));
        std::thread::sleep(Duration::from_millis(100));
        if is_moving(recorder) {
            since.get_or_insert_with(Instant::now);
        }
    }
}

fn until_still(recorder: &FakeOnvif) {
    let end = Instant::now() + super::rig::PATIENCE;
    while is_moving(recorder) {
        assert!(Instant::now() < end, "it goes on: {:?}", acts(recorder));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_held_stick_costs_one_connect_and_what_is_let_go_stands_still() {
    let recorder = recorder(endless());
    let (rig, channel) = steered(&recorder, "p@ss:日");
    hold(&rig, &recorder, channel, Duration::from_secs(2));
    wish(&rig, channel, PtzWish::Release);
    until_still(&recorder);
    let status = until(&rig, channel, "a still camera", |status| {
        status.view.complete && status.view.doing == SteeringDoing::Still
    });
    assert_eq!((status.view.trouble, status.failure), (None, None));
    assert_eq!((status.connects, recorder.connects()), (1, 1));
    assert_eq!(status.view.presets.map(|presets| presets.len()), Some(4));
    let totals = rig.state().totals;
    assert_eq!((totals.attempts, totals.failed, totals.half_open), (1, 0, 0));
    let moves = recorder.with(|recorder| recorder.camera.moves.len());
    assert!((2..=11).contains(&moves), "{moves}: at most five a second");
    assert!(!recorder.with(|recorder| recorder.calls.contains_key("GetStatus")));
    // Another hold is one more move and one more Stop on the same connection.
    hold(&rig, &recorder, channel, Duration::from_millis(100));
    wish(&rig, channel, PtzWish::Release);
    until_still(&recorder);
    assert_eq!(recorder.connects(), 1);
}

#[test]
fn a_window_that_hangs_lets_go() {
    let recorder = recorder(endless());
    let (rig, channel) = steered(&recorder, "p@ss:日");
    hold(&rig, &recorder, channel, Duration::from_millis(300));
    // Nobody says anything more.
    until_still(&recorder);
    assert_eq!(acts(&recorder).last().map(String::as_str), Some("Stop"));
}

#[test]
fn a_program_that_ends_stops_what_it_moves() {
    for camera in [
        endless(),
        CameraHabits {
            refuses_stop: Some("InvalidArgVal"),
            ..endless()
        },
    ] {
        let recorder = recorder(camera);
        let (mut rig, channel) = steered(&recorder, "p@ss:日");
        hold(&rig, &recorder, channel, Duration::from_millis(200));
        rig.stop();
        assert!(!is_moving(&recorder), "{:?}", acts(&recorder));
    }
}

#[test]
fn after_a_connection_that_broke_stop_goes_first() {
    let recorder = recorder(endless());
    let (rig, channel) = steered(&recorder, "p@ss:日");
    hold(&rig, &recorder, channel, Duration::from_millis(300));
    recorder.cut();
    let before = acts(&recorder).len();
    let end = Instant::now() + super::rig::PATIENCE;
    while acts(&recorder).len() < before + 2 {
        assert!(Instant::now() < end, "nothing came: {:?}", acts(&recorder));
        wish(&rig, channel, turn(0.5));
        std::thread::sleep(Duration::from_millis(100));
    }
    let acts = acts(&recorder);
    let stop = acts.iter().skip(before).position(|act| act == "Stop").expect("a Stop");
    assert!(stop <= 1, "only what was under way is before it: {acts:?}");
    assert!(recorder.connects() >= 2);
    wish(&rig, channel, PtzWish::Release);
    until_still(&recorder);
}

#[test]
fn an_account_that_may_only_watch_is_told_so_once_and_stops_no_stream() {
    for status in [400, 401] {
        let recorder = recorder(CameraHabits {
            only_watches: Some(status),
            ..CameraHabits::default()
        });
        let (rig, channel) = steered(&recorder, "p@ss:日");
        wish(&rig, channel, turn(0.5));
        until(&rig, channel, "the refusal", |status| {
            matches!(status.view.trouble, Some(SteeringTrouble::NotAllowed(_)))
        });
        let before = acts(&recorder).len();
        for _ in 0..10 {
            wish(&rig, channel, turn(0.5));
            wish(&rig, channel, PtzWish::Release);
        }
        wish(&rig, channel, PtzWish::GoTo("1".to_owned()));
        until(&rig, channel, "its presets", |status| status.view.presets.is_some());
        assert_eq!(acts(&recorder).len(), before);
        let state = rig.state();
        assert!(state.ptz[&channel].view.refusal.is_none());
        assert!(!state.devices.contains_key(&channel.device), "{:?}", state.devices);
    }
}

#[test]
fn a_wrong_password_is_tried_once_and_moves_nothing() {
    let recorder = recorder(endless());
    let (rig, channel) = steered(&recorder, "wrong");
    wish(&rig, channel, turn(0.5));
    until(&rig, channel, "the refusal", |status| status.view.refusal.is_some());
    wish(&rig, channel, PtzWish::Release);
    wish(&rig, channel, turn(0.5));
    wish(&rig, channel, PtzWish::Open);
    until(&rig, channel, "an answer", |status| status.view.refusal.is_some());
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);
    assert!(acts(&recorder).is_empty());
}

#[test]
fn a_recorder_with_a_nonce_for_each_request_that_closes_each_connection_is_steered_within_the_budget() {
    let recorder = FakeOnvif::start(ScriptedHabits {
        sign_in: SignInHabit::Digest {
            sha256: false,
            nonce_each: true,
        },
        closes: true,
        camera: Some(endless()),
        ..ScriptedHabits::default()
    });
    let (rig, channel) = steered(&recorder, "p@ss:日");
    hold(&rig, &recorder, channel, Duration::from_secs(1));
    wish(&rig, channel, PtzWish::Release);
    until_still(&recorder);
    assert_eq!(recorder.with(|recorder| recorder.refused), 0);
    assert_eq!(
        recorder.with(|recorder| recorder.camera.moves.len()),
        1,
        "it waits for its Stop"
    );
    rig.until("a permit for each connect", |state| {
        (u64::from(recorder.connects()) == state.totals.attempts).then_some(())
    });
    assert_eq!(rig.state().totals.failed, 0);
}

#[test]
fn a_preset_is_gone_to_and_a_preset_tour_is_begun() {
    let recorder = recorder(CameraHabits::default());
    let (rig, channel) = steered(&recorder, "p@ss:日");
    wish(&rig, channel, PtzWish::GoTo("1".to_owned()));
    until(&rig, channel, "the answer", |status| status.view.finished == 1);
    wish(
        &rig,
        channel,
        PtzWish::Tour("tour1".to_owned(), onvif::TourOrder::Start),
    );
    until(&rig, channel, "the tour", |status| {
        status.view.tours.iter().any(|tour| tour.on)
    });
    assert_eq!(acts(&recorder), ["GotoPreset", "OperatePresetTour"]);
}
