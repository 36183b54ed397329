//! What devices tell of themselves, over real sockets: by the one dial, on one connection, never faster than our own clock.

use std::time::{Duration, Instant};

use device::{Device, DeviceEdit, Draft, EventSource, OnvifPlace, Password, PasswordEdit, Registry};
use monomi::bridge::{Command, SourceFault, SourceState, SourceStatus};
use onvif::sample::{EventHabits, ScriptedHabits, SignInHabit};

use super::rig::EngineRig;
use crate::fake_onvif::FakeOnvif;
use crate::fake_vendor::{DAHUA, FakeVendor, HIKVISION, PASSWORD};

const RIGHT: &str = "p@ss:日";

fn recorder(events: EventHabits) -> FakeOnvif {
    FakeOnvif::start(habits(events))
}

fn habits(events: EventHabits) -> ScriptedHabits {
    ScriptedHabits {
        sign_in: SignInHabit::Digest {
            sha256: false,
            nonce_each: false,
        },
        channels: 4,
        events: Some(events),
        ..ScriptedHabits::default()
    }
}

fn edit(name: &str, port: u16, password: &str, events: EventSource) -> DeviceEdit {
    let draft = Draft {
        site: "Lab".to_owned(),
        name: name.to_owned(),
        host: "127.0.0.1".to_owned(),
        // Nobody asks there: no picture is wanted.
        port: "9".to_owned(),
        user: "admin".to_owned(),
        password: PasswordEdit::Set(Password::new(password)),
        brand: None,
        main_path: "/{ch}".to_owned(),
        channels: "4".to_owned(),
        onvif: Some(OnvifPlace::at(port)),
        events,
        ..Draft::new()
    };
    draft
        .parse(&Registry::default(), &monomi::store::brands(), None)
        .expect("a good draft")
}

fn add(rig: &EngineRig, edit: DeviceEdit) -> Device {
    let device = edit.device.clone();
    rig.send(Command::SaveDevice(Box::new(edit)));
    rig.until("the device", |state| state.registry.device(device.id).map(|_| ()));
    device
}

fn heard(port: u16, password: &str, events: EventSource) -> (EngineRig, Device) {
    let rig = EngineRig::new();
    let device = add(&rig, edit("Recorder", port, password, events));
    (rig, device)
}

fn until(rig: &EngineRig, device: &Device, what: &str, fits: impl Fn(&SourceStatus) -> bool) -> SourceStatus {
    rig.until(what, |state| {
        let status = state.sources.get(&device.id)?;
        fits(status).then(|| SourceStatus::clone(status))
    })
}

fn is_listening(status: &SourceStatus) -> bool {
    status.state == SourceState::Listening
}

fn is_refused(status: &SourceStatus) -> bool {
    matches!(&status.state, SourceState::Stopped(SourceFault::SignIn(_)))
}

/// What is counted stays so for as long as a flood would need to show itself.
fn stays<T: PartialEq + std::fmt::Debug>(count: impl Fn() -> T) {
    let (before, end) = (count(), Instant::now() + Duration::from_secs(4));
    while Instant::now() < end {
        assert_eq!(count(), before);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_recorder_is_heard_by_onvif_on_one_connection_and_told_when_nobody_listens_any_more() {
    let recorder = recorder(EventHabits::default());
    let (mut rig, device) = heard(recorder.port(), RIGHT, EventSource::Onvif);
    until(&rig, &device, "a subscription", |status| status.connects == 1);
    recorder.with(|recorder| recorder.events.motion(3, true));
    let status = until(&rig, &device, "the motion", |status| status.incidents == 1);
    assert!(is_listening(&status) && status.heard.is_some(), "{status:?}");
    assert_eq!((recorder.connects(), status.connects), (1, 1));
    rig.stop();
    assert_eq!(
        recorder.with(|recorder| (recorder.events.made, recorder.events.lives)),
        (1, None)
    );
    assert_eq!(recorder.connects(), 2, "the long answer holds the first connection");
}

#[test]
fn events_at_once_and_for_ever_keep_the_pace() {
    let recorder = recorder(EventHabits {
        floods: true,
        lasts: Duration::ZERO,
        ..EventHabits::default()
    });
    let (rig, device) = heard(recorder.port(), RIGHT, EventSource::Onvif);
    let begin = Instant::now();
    until(&rig, &device, "some events", |status| status.incidents >= 5);
    let pulls = recorder.with(|recorder| recorder.calls["PullMessagesRequest"]);
    assert!(
        f64::from(pulls) <= begin.elapsed().as_secs_f64() + 1.0,
        "{pulls} in {:?}",
        begin.elapsed()
    );
    assert_eq!(recorder.connects(), 1);
    assert_eq!(recorder.with(|recorder| recorder.events.made), 1);
}

#[test]
fn a_recorder_that_closes_after_each_answer_is_dialled_at_the_slow_pace() {
    let recorder = FakeOnvif::start(ScriptedHabits {
        closes: true,
        ..habits(EventHabits {
            floods: true,
            ..EventHabits::default()
        })
    });
    let (rig, device) = heard(recorder.port(), RIGHT, EventSource::Onvif);
    let status = until(&rig, &device, "three events", |status| status.incidents >= 3);
    // Clock, services, capabilities or cameras bare and signed, the subscription; then one for each pull.
    assert!(recorder.connects() <= 10, "{}", recorder.connects());
    assert_eq!(u64::from(recorder.connects()), status.connects);
}

#[test]
fn a_wrong_password_is_refused_once_and_another_one_is_tried() {
    let recorder = recorder(EventHabits::default());
    let (rig, device) = heard(recorder.port(), "wrong", EventSource::Onvif);
    until(&rig, &device, "the refusal", is_refused);
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);
    stays(|| (recorder.connects(), recorder.requests()));
    let right = Draft {
        password: PasswordEdit::Set(Password::new(RIGHT)),
        ..Draft::of(&device, &rig.state().registry)
    };
    let edit = right.parse(&rig.state().registry, &monomi::store::brands(), Some(device.id));
    rig.send(Command::SaveDevice(Box::new(edit.expect("a good draft"))));
    until(&rig, &device, "a subscription", |status| !is_refused(status));
    recorder.with(|recorder| recorder.events.motion(1, true));
    until(&rig, &device, "the motion", |status| status.incidents == 1);
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);
}

#[test]
fn a_sign_in_that_is_refused_in_the_middle_ends_it() {
    let recorder = recorder(EventHabits {
        floods: true,
        refuses_after: Some(2),
        ..EventHabits::default()
    });
    let (rig, device) = heard(recorder.port(), RIGHT, EventSource::Onvif);
    until(&rig, &device, "the refusal", is_refused);
    stays(|| (recorder.connects(), recorder.requests()));
    assert_eq!(recorder.connects(), 1);
}

#[test]
fn who_is_off_or_was_never_asked_over_http_is_not_asked() {
    let recorder = recorder(EventHabits::default());
    let rig = EngineRig::new();
    add(&rig, edit("Off", recorder.port(), RIGHT, EventSource::Off));
    let mut unknown = edit("Unknown", recorder.port(), RIGHT, EventSource::Automatic);
    (unknown.device.onvif, unknown.device.port) = (None, 10);
    add(&rig, unknown);
    stays(|| recorder.connects());
    assert_eq!(recorder.connects(), 0);
    assert!(rig.state().sources.is_empty());
}

#[test]
fn two_registrations_of_one_recorder_share_one_stream() {
    let recorder = FakeVendor::start(DAHUA);
    let (rig, first) = heard(recorder.port(), PASSWORD, EventSource::Dahua);
    let second = add(&rig, edit("Again", recorder.port(), PASSWORD, EventSource::Dahua));
    until(&rig, &first, "the stream", is_listening);
    recorder.say("Code=VideoMotion;action=Start;index=0;data={\n \"Id\" : [ 0 ]\n}");
    recorder.say("Code=VideoMotion;action=Start;index=2;data={}");
    until(&rig, &first, "both motions", |status| status.incidents == 2);
    until(&rig, &second, "the same", |status| status.incidents == 2);
    assert_eq!(
        (recorder.connects(), recorder.open(), recorder.requests()),
        (1, 1, 2),
        "bare, and signed"
    );
}

#[test]
fn hikvisions_stream_is_heard_through_heartbeats_and_junk() {
    let recorder = FakeVendor::start(HIKVISION);
    let (rig, device) = heard(recorder.port(), PASSWORD, EventSource::Hikvision);
    let status = until(&rig, &device, "the stream", is_listening);
    assert_eq!((status.incidents, status.heard), (0, None), "heartbeats are no events");
    recorder.say_raw(b"\xff\0 junk\r\n--myboundary\r\nContent-Length: 99999999999999999999\r\n\r\n<a></b></EventNotificationAlert>\r\n--myboundary\r\n\r\n");
    recorder.say("<EventNotificationAlert><channelID>2</channelID><eventType>VMD</eventType><eventState>active</eventState></EventNotificationAlert>");
    until(&rig, &device, "the motion", |status| status.incidents == 1);
    assert_eq!(recorder.connects(), 1);
}

#[test]
fn streams_that_end_at_once_are_begun_anew_after_pauses_that_grow() {
    let recorder = FakeVendor::start(DAHUA);
    recorder.set(|habits| habits.closes_after = Some(Duration::from_millis(100)));
    let (rig, device) = heard(recorder.port(), PASSWORD, EventSource::Dahua);
    let begin = Instant::now();
    until(&rig, &device, "the third connect", |status| status.connects == 3);
    assert!(
        begin.elapsed() >= Duration::from_secs(6),
        "2 s and 4 s lie between: {:?}",
        begin.elapsed()
    );
    recorder.set(|habits| habits.closes_after = None);
    until(&rig, &device, "a stream that lasts", is_listening);
    assert_eq!(
        u64::from(recorder.connects()),
        until(&rig, &device, "it", is_listening).connects
    );
}

#[test]
fn a_stream_that_is_refused_in_the_middle_or_not_known_is_not_asked_for_again() {
    let recorder = FakeVendor::start(DAHUA);
    recorder.set(|habits| {
        habits.closes_after = Some(Duration::from_millis(100));
        habits.refuses_after = Some(1);
    });
    let (rig, device) = heard(recorder.port(), PASSWORD, EventSource::Dahua);
    until(&rig, &device, "the refusal", is_refused);
    stays(|| (recorder.connects(), recorder.requests(), recorder.refused()));
    let other = FakeVendor::start(HIKVISION);
    let mut edit = edit("Other", other.port(), PASSWORD, EventSource::Dahua);
    edit.device.port = 10;
    let unknown = add(&rig, edit);
    let status = until(&rig, &unknown, "the answer", |status| {
        matches!(status.state, SourceState::Pausing { .. })
    });
    assert!(
        matches!(
            &status.state,
            SourceState::Pausing {
                why: SourceFault::Unsupported(_),
                ..
            }
        ),
        "{status:?}"
    );
    stays(|| (other.connects(), other.requests()));
}

#[test]
fn a_silence_after_heartbeats_ends_a_stream() {
    let recorder = FakeVendor::start(DAHUA);
    let (rig, device) = heard(recorder.port(), PASSWORD, EventSource::Dahua);
    until(&rig, &device, "the stream", is_listening);
    recorder.set(|habits| habits.heartbeat = None);
    let silent = |status: &SourceStatus| {
        matches!(
            &status.state,
            SourceState::Pausing {
                why: SourceFault::Silent,
                ..
            }
        )
    };
    until(&rig, &device, "the end", silent);
    stays(|| recorder.connects());
    assert_eq!(recorder.connects(), 1, "it waits a minute");
}
