//! The Test of a recorder that takes its time.

use std::time::{Duration, Instant};

use monomi::bridge::{Command, TestId, TestRequest, TestState};
use reconnect::Stage;

use super::rig::{EngineRig, edit_of, main_of};
use crate::fake_dvr::{Auth, Datagrams, FakeDvr, Pace, Script};

const SECOND: Duration = Duration::from_secs(1);

/// Longer than the slowest recorder here, on a computer that does much else.
const LONG: Duration = Duration::from_secs(110);

fn with(pace: Pace) -> Script {
    Script {
        pace,
        ..Script::default()
    }
}

fn describe_after(seconds: u32) -> Script {
    with(Pace {
        describe: seconds * SECOND,
        ..Pace::default()
    })
}

fn dark_for(seconds: u32) -> Script {
    with(Pace {
        first_picture: seconds * SECOND,
        ..Pace::default()
    })
}

/// A Test of an unknown recorder, which is waited for at this step for longer than so many seconds; then the device is saved.
fn passes(script: Script, awaited: Stage, longer_than: u64) {
    let dvr = FakeDvr::start(script);
    let rig = EngineRig::new();
    let edit = edit_of(&dvr, None);
    let stream = main_of(edit.device.id);
    rig.send(Command::Test(Box::new(TestRequest {
        id: TestId(1),
        edit: edit.clone(),
        stream,
    })));
    let end = |state: &monomi::bridge::EngineState| match &state.test.as_ref()?.state {
        TestState::Running { stage, since } if *stage == awaited => {
            (state.now.saturating_duration_since(*since) > Duration::from_secs(longer_than)).then_some(Ok(()))
        }
        TestState::Passed { .. } => Some(Err("it passed, and nobody saw what it waited for".to_owned())),
        TestState::Failed(failure) => Some(Err(format!("{failure:?}"))),
        _ => None,
    };
    assert_eq!(rig.within(LONG, "the wait", end), Ok(()), "{awaited:?}");
    let end = |state: &monomi::bridge::EngineState| match &state.test.as_ref()?.state {
        TestState::Passed { .. } => Some(Ok(())),
        TestState::Failed(failure) => Some(Err(failure.clone())),
        _ => None,
    };
    assert_eq!(rig.within(LONG, "the picture", end), Ok(()), "{awaited:?}");
    assert_eq!(dvr.seen().len(), 1, "one attempt");
    // The form is read anew when it is saved, so that the device has another number.
    let saved = edit_of(&dvr, None);
    assert_ne!(saved.device.id, edit.device.id);
    let id = saved.device.id;
    rig.send(Command::SaveDevice(Box::new(saved)));
    let stream = rig.until("the device", |state| state.registry.device(id).map(|_| main_of(id)));
    rig.show(id);
    rig.within(LONG, "live", |state| {
        let status = state.streams.get(&stream)?;
        assert_ne!(
            status.state.name(),
            "offline",
            "{awaited:?}: what the Test learnt is known"
        );
        (status.state.name() == "live").then_some(())
    });
    assert_eq!(dvr.seen().len(), 2);
}

#[test]
fn a_recorder_that_takes_its_time_passes_the_test_in_sight_and_what_it_took_is_known_once_it_is_saved() {
    let in_datagrams = Script {
        datagrams: Datagrams::only_udp(),
        ..dark_for(40)
    };
    std::thread::scope(|scope| {
        scope.spawn(|| passes(describe_after(13), Stage::Describe, 11));
        scope.spawn(|| passes(describe_after(25), Stage::Describe, 20));
        scope.spawn(|| passes(dark_for(40), Stage::Media, 30));
        scope.spawn(|| passes(in_datagrams, Stage::Media, 30));
    });
}

#[test]
fn a_test_that_waits_can_be_cancelled_and_lets_go_of_the_recorder() {
    let dvr = FakeDvr::start(describe_after(100));
    let rig = EngineRig::new();
    let edit = edit_of(&dvr, None);
    let stream = main_of(edit.device.id);
    let id = TestId(1);
    rig.send(Command::Test(Box::new(TestRequest { id, edit, stream })));
    rig.until("DESCRIBE", |state| match state.test.as_ref()?.state {
        TestState::Running { stage, .. } => (stage == Stage::Describe).then_some(()),
        _ => None,
    });
    rig.send(Command::CancelTest(id));
    rig.until("nothing", |state| state.test.is_none().then_some(()));
    let end = Instant::now() + LONG;
    while !dvr.seen()[0].ended.is_some_and(|ended| ended.by_client) {
        assert!(Instant::now() < end, "the connection stays open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_recorder_that_closes_after_its_challenge_passes_the_test() {
    let dvr = FakeDvr::start(Script {
        auth: Auth::DigestCloses,
        ..Script::default()
    });
    let rig = EngineRig::new();
    let edit = edit_of(&dvr, Some("secret"));
    let stream = main_of(edit.device.id);
    let id = TestId(1);
    rig.send(Command::Test(Box::new(TestRequest { id, edit, stream })));
    let end = rig.until("the end", |state| match &state.test.as_ref()?.state {
        TestState::Passed { .. } => Some(Ok(())),
        TestState::Failed(failure) => Some(Err(failure.clone())),
        _ => None,
    });
    assert_eq!(end, Ok(()));
    assert_eq!(dvr.seen().len(), 2);
}
