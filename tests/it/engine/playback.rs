//! Recorded pictures: from the demo DVR, which serves them by their time, and from a recorder that has no playback left.

use std::time::{Duration, Instant};

use archive::{Doing, RecordingKind, SignedDuration, Speed, TimelineState, Timestamp};
use device::{
    BrandId, ChannelId, DeviceEdit, DeviceId, Draft, DraftPaths, OnvifPlace, Password, PasswordEdit, Registry,
};
use monomi::bridge::{Command, PlaybackSearch, PlaybackStatus, PlaybackTrouble, PlaybackWish};
use monomi::demo::{DemoConfig, DemoDvr, read_time_code};

use reconnect::FailureKind;

use onvif::sample::{ArchiveHabits, ScriptedHabits};

use super::rig::{EngineRig, main_of, with_sign_in};
use crate::fake_dvr::{Answer, FakeDvr, Fault, Script, Step};
use crate::fake_onvif::FakeOnvif;

fn add(rig: &EngineRig, url: &str, brand: &str) -> ChannelId {
    let mut draft = Draft::from_url(url).expect("a URL");
    (draft.site, draft.name) = ("Lab".to_owned(), "Recorder".to_owned());
    (draft.brand, draft.channels) = (Some(BrandId(brand.to_owned())), "1".to_owned());
    let edit = draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft");
    let device: DeviceId = edit.device.id;
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(device).map(|_| ()));
    ChannelId { device, number: 1 }
}

fn wish(rig: &EngineRig, channel: ChannelId, wish: PlaybackWish) {
    rig.send(Command::Playback(channel, wish));
}

fn until(rig: &EngineRig, channel: ChannelId, what: &str, fits: impl Fn(&PlaybackStatus) -> bool) -> PlaybackStatus {
    rig.until(what, |state| {
        let status = state.playbacks.get(&channel)?;
        fits(status).then(|| PlaybackStatus::clone(status))
    })
}

/// An hour ago: the demo DVR has recorded it.
fn recorded() -> Timestamp {
    let now = Timestamp::now().as_second();
    Timestamp::from_second(now - 3_600).unwrap()
}

fn is_near(status: &PlaybackStatus, at: Timestamp) -> bool {
    let Some(shown) = status.shown() else { return false };
    let off = shown.at.duration_since(at);
    shown.exact && -SignedDuration::from_secs(2) <= off && off <= SignedDuration::from_secs(60)
}

#[test]
fn the_demo_dvr_plays_what_was_asked_and_seeks_cost_no_connection() {
    let listen = ([127, 0, 0, 1], 0).into();
    let dvr = DemoDvr::start(DemoConfig {
        listen,
        channels: 1,
        credentials: None,
    })
    .expect("a demo DVR");
    let rig = EngineRig::new();
    let channel = add(&rig, &dvr.url(1, true), "monomi-demo");
    let asked = recorded();
    wish(&rig, channel, PlaybackWish::Open(Some(asked)));
    let playing = |at: Timestamp| move |status: &PlaybackStatus| status.doing == Doing::Playing && is_near(status, at);
    until(&rig, channel, "the first picture", playing(asked));
    // The picture itself says the same time as the clock under it.
    let frame = rig.until("a picture", |state| state.playbacks.get(&channel)?.stream.slot.take());
    let (width, height) = (frame.width as usize, frame.height as usize);
    let code = read_time_code(width, height, &frame.data).expect("a time code");
    let shown = rig.state().playbacks[&channel].shown().unwrap().at.as_millisecond();
    let off = (shown & i64::from(u32::MAX)) - i64::from(code);
    assert!((-1_000..20_000).contains(&off), "{off} ms");

    // Paused, another time shows its one picture.
    wish(&rig, channel, PlaybackWish::Pause(true));
    let later = asked + SignedDuration::from_secs(120);
    wish(&rig, channel, PlaybackWish::Seek(later));
    let paused = |at: Timestamp| move |status: &PlaybackStatus| status.doing == Doing::Paused && is_near(status, at);
    let before = until(&rig, channel, "a picture of another time", paused(later))
        .shown()
        .unwrap();
    wish(&rig, channel, PlaybackWish::Step);
    let next = until(&rig, channel, "the next picture", |status| {
        status.doing == Doing::Paused && status.shown().is_some_and(|shown| shown.at > before.at)
    });
    let next = next.shown().unwrap().at;
    let step = next.duration_since(before.at);
    assert!(
        step < SignedDuration::from_millis(200),
        "one picture on, and not {step}"
    );
    wish(&rig, channel, PlaybackWish::Pause(false));
    until(&rig, channel, "it plays on", |status| {
        let moved = status.shown().is_some_and(|shown| shown.at > next);
        status.doing == Doing::Playing && moved
    });

    let before = rig.state().totals.attempts;
    for seek in 1..=5 {
        let at = asked + SignedDuration::from_secs(10 * seek);
        wish(&rig, channel, PlaybackWish::Seek(at));
        until(&rig, channel, "the time that was sought", |status| {
            status.asked == at && playing(at)(status)
        });
    }
    assert_eq!(
        rig.state().totals.attempts,
        before,
        "every seek stays on its connection"
    );
    assert_eq!(before, 1);

    // It plays faster, and back to live closes its connection.
    wish(&rig, channel, PlaybackWish::Speed(Speed::default().faster().faster()));
    let began = until(&rig, channel, "it plays four times as fast", |status| {
        let as_ordered = (status.speed.factor() - 4.0).abs() < 0.01 && status.other_speed.is_none();
        as_ordered && status.doing == Doing::Playing
    });
    let began = began.shown().unwrap();
    until(&rig, channel, "it gets on", |status| {
        status
            .shown()
            .is_some_and(|shown| shown.at.duration_since(began.at) > SignedDuration::from_secs(8))
    });
    wish(&rig, channel, PlaybackWish::Close);
    rig.until("it is closed", |state| state.playbacks.is_empty().then_some(()));
}

#[test]
fn a_recorder_without_a_free_playback_is_named_once_and_its_live_pictures_go_on() {
    let dvr = FakeDvr::start(Script::default());
    let rig = EngineRig::new();
    let channel = add(&rig, &dvr.url(), "hikvision");
    let stream = rig.show(channel.device);
    assert_eq!(stream, main_of(channel.device));
    rig.until_state(stream, "live");
    dvr.script()
        .faults
        .push(Fault::always(Step::Play, Answer::status(453, "Not Enough Bandwidth")));
    let asked = recorded();
    wish(&rig, channel, PlaybackWish::Open(Some(asked)));
    let full = until(&rig, channel, "the refusal", |status| status.trouble.is_some());
    assert_eq!(full.trouble, Some(PlaybackTrouble::Full));
    let connections = dvr.seen().len();
    assert_eq!(connections, 2);
    let asked_for: Vec<String> = dvr.seen()[1]
        .requests
        .iter()
        .map(|request| request.uri.clone())
        .collect();
    assert!(
        asked_for
            .iter()
            .any(|uri| uri.contains("/Streaming/tracks/101?starttime=")),
        "{asked_for:?}"
    );
    // Live pictures go on, and nobody asks again.
    let frames = |state: &monomi::bridge::EngineState| state.streams.get(&stream).map(|status| status.info.frames);
    let before = frames(&rig.state()).unwrap();
    rig.until("more live pictures", |state| {
        (frames(state)? > before + 10).then_some(())
    });
    rig.until_state(stream, "live");
    assert_eq!(dvr.seen().len(), connections);
    // A person may: that is one more connect.
    dvr.script().faults.clear();
    wish(&rig, channel, PlaybackWish::Seek(asked));
    until(&rig, channel, "it plays", |status| status.doing == Doing::Playing);
    assert_eq!(dvr.seen().len(), connections + 1);
    // It does not say the time of its pictures, so that it is reckoned from what was asked.
    let later = asked + SignedDuration::from_secs(60);
    wish(&rig, channel, PlaybackWish::Seek(later));
    let reckoned = until(&rig, channel, "another time", |status| {
        let shown = status.shown().is_some_and(|shown| shown.at >= later);
        status.asked == later && status.doing == Doing::Playing && shown
    });
    assert!(!reckoned.shown().unwrap().exact);
    let seen = dvr.seen();
    assert_eq!(
        seen.len(),
        connections + 1,
        "another request path on the same connection"
    );
    let described = seen
        .last()
        .unwrap()
        .requests
        .iter()
        .filter(|request| request.method == "DESCRIBE");
    let paths: std::collections::BTreeSet<&str> = described.map(|request| request.uri.as_str()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    wish(&rig, channel, PlaybackWish::Speed(Speed::default().faster().faster()));
    rig.until("it is asked four times as fast", |_| {
        let seen = dvr.seen();
        let mut requests = seen.last()?.requests.iter();
        requests
            .any(|request| request.method == "PLAY" && request.header("Scale") == Some("4.000"))
            .then_some(())
    });
}

#[test]
fn a_device_that_was_changed_plays_nothing_of_the_recorder_before() {
    let (dvr, other) = (FakeDvr::start(Script::default()), FakeDvr::start(Script::default()));
    let rig = EngineRig::new();
    let channel = add(&rig, &dvr.url(), "hikvision");
    wish(&rig, channel, PlaybackWish::Open(Some(recorded())));
    until(&rig, channel, "it plays", |status| status.doing == Doing::Playing);
    let renamed = |name: &str| {
        let renamed = rig.state().registry.renamed(channel.device, name.to_owned());
        renamed.expect("it is registered")
    };
    let is_called = |name: &str| {
        rig.until("the change", |state| {
            (state.registry.device(channel.device)?.name == name).then_some(())
        });
    };
    rig.send(Command::SaveDevice(Box::new(renamed("Gate"))));
    is_called("Gate");
    assert!(
        rig.state().playbacks.contains_key(&channel),
        "another name is no other recorder"
    );
    let mut edit = renamed("Yard");
    edit.device.port = Draft::from_url(&other.url()).unwrap().port.parse().unwrap();
    rig.send(Command::SaveDevice(Box::new(edit)));
    is_called("Yard");
    rig.until("nothing plays", |state| state.playbacks.is_empty().then_some(()));
    rig.until("its connection is closed", |_| {
        let seen = dvr.seen();
        seen.iter().all(|connection| connection.ended.is_some()).then_some(())
    });
    assert!(other.seen().is_empty(), "nobody asked the other one for anything");
}

#[test]
fn where_the_sign_in_was_refused_before_that_is_said_and_nothing_is_dialled() {
    let dvr = FakeDvr::start(with_sign_in());
    let rig = EngineRig::new();
    let wrong = dvr.url().replacen("rtsp://", "rtsp://admin:wrong@", 1);
    let channel = add(&rig, &wrong, "hikvision");
    let stream = rig.show(channel.device);
    rig.until_state(stream, "sign-in-failed");
    let connections = dvr.seen().len();
    wish(&rig, channel, PlaybackWish::Open(Some(recorded())));
    let failed = until(&rig, channel, "the failure", |status| status.trouble.is_some());
    assert!(
        matches!(&failed.trouble, Some(PlaybackTrouble::Failed(failure)) if failure.kind == FailureKind::Auth),
        "{:?}",
        failed.trouble
    );
    assert_eq!(dvr.seen().len(), connections, "a lockout is not provoked");
}

#[test]
fn where_nobody_knows_how_a_device_is_asked_that_is_said_without_a_packet() {
    let dvr = FakeDvr::start(Script::default());
    let rig = EngineRig::new();
    let device = rig.add(&dvr, None);
    let channel = ChannelId {
        device: device.id,
        number: 1,
    };
    wish(&rig, channel, PlaybackWish::Open(None));
    let status = until(&rig, channel, "the answer", |status| status.trouble.is_some());
    assert_eq!(status.trouble, Some(PlaybackTrouble::NoWay));
    assert_eq!(
        status.timeline.known_at(status.asked),
        TimelineState::NotAsked,
        "nothing is painted that nobody knows"
    );
    assert!(dvr.seen().is_empty());
}

/// A device that told its channel over ONVIF, with its RTSP where nobody listens.
fn by_onvif(port: u16) -> DeviceEdit {
    let draft = Draft {
        site: "Lab".to_owned(),
        name: "Recorder".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: "9".to_owned(),
        user: "admin".to_owned(),
        password: PasswordEdit::Set(Password::new("p@ss:日")),
        brand: None,
        listed: vec![DraftPaths {
            main: "/a".to_owned(),
            sub: String::new(),
            ptz: String::new(),
        }],
        channels: "1".to_owned(),
        onvif: Some(OnvifPlace::at(port)),
        ..Draft::new()
    };
    draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft")
}

#[test]
fn what_a_recorder_has_is_asked_over_onvif_once_and_stands_on_the_bar() {
    // Far from the ends of a day.
    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    let asked = archive::day_of(yesterday, &archive::TimeZone::system()).from() + SignedDuration::from_hours(12);
    let from = asked.as_second() - 600;
    let spans = [(from, from + 700), (from + 1_300, from + 1_500)];
    let spans = spans.map(|(from, to)| (from + 3_600, to + 3_600)).to_vec();
    let recorder = FakeOnvif::start(ScriptedHabits {
        archive: Some(ArchiveHabits {
            spans,
            ..ArchiveHabits::default()
        }),
        // What it has is told by its own clock, an hour ahead of ours.
        clock: 3_600,
        ..ScriptedHabits::default()
    });
    let rig = EngineRig::new();
    let edit = by_onvif(recorder.port());
    let channel = ChannelId {
        device: edit.device.id,
        number: 1,
    };
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(channel.device).map(|_| ()));
    wish(&rig, channel, PlaybackWish::Open(Some(asked)));
    let known = until(&rig, channel, "what it has", |status| {
        status.timeline.known_at(asked) == TimelineState::Recorded(RecordingKind::Continuous)
    });
    let searches = recorder.with(|recorder| recorder.calls.get("GetReplayUri").copied());
    let at = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(known.timeline.known_at(at(from + 1_000)), TimelineState::Nothing);
    assert_eq!(known.timeline.known_at(at(from - 3 * 86_400)), TimelineState::NotAsked);
    assert_eq!(known.search, PlaybackSearch::Known);
    assert_eq!(searches, Some(1), "one question for all of the day");
    // It said where its recordings are played, and nobody listens there: that is said, once.
    let failed = until(&rig, channel, "the failure", |status| status.trouble.is_some());
    assert!(
        matches!(failed.trouble, Some(PlaybackTrouble::Failed(_))),
        "{:?}",
        failed.trouble
    );
}

#[test]
#[ignore = "measures a hundred seeks"]
fn a_hundred_seeks_are_one_connection_and_each_shows_its_picture_soon() {
    let listen = ([127, 0, 0, 1], 0).into();
    let dvr = DemoDvr::start(DemoConfig {
        listen,
        channels: 1,
        credentials: None,
    })
    .expect("a demo DVR");
    let rig = EngineRig::new();
    let channel = add(&rig, &dvr.url(1, true), "monomi-demo");
    let first = recorded() - SignedDuration::from_hours(10);
    wish(&rig, channel, PlaybackWish::Open(Some(first)));
    until(&rig, channel, "the first picture", |status| is_near(status, first));
    let mut took: Vec<Duration> = (1..=100)
        .map(|seek| {
            let at = first + SignedDuration::from_secs(300 * seek);
            let began = Instant::now();
            wish(&rig, channel, PlaybackWish::Seek(at));
            until(&rig, channel, "the time that was sought", |status| is_near(status, at));
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    println!("median {:?}, worst {:?}", took[50], took[99]);
    assert_eq!(rig.state().totals.attempts, 1);
}
