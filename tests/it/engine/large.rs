//! Streams that are too large for the memory, as the window has them shown, hidden and tested.

use monomi::bridge::{Command, TestId, TestRequest, TestState, WantedStream};
use reconnect::{FailureKind, MemoryLimit, Rank};
use wall::Listen;

use super::rig::{EngineRig, edit_of, main_of};
use crate::fake_dvr::{Codec, FakeDvr, Habit, Pace, Script};
use device::StreamId;

fn wanted(streams: &[(StreamId, bool)]) -> Command {
    let want = |(stream, decode): &(StreamId, bool)| WantedStream {
        stream: *stream,
        rank: Rank::Selected,
        decode: *decode,
        listen: Listen::No,
    };
    Command::Show(streams.iter().map(want).collect())
}

#[test]
fn a_large_stream_that_is_hidden_makes_room_for_another_and_is_shown_again_on_its_connection() {
    let script = || Script {
        codec: Codec::H265Huge,
        pace: Pace {
            each: std::time::Duration::from_secs(1),
            ..Pace::default()
        },
        ..Script::default()
    };
    let dvrs: Vec<FakeDvr> = (0..8).map(|_| FakeDvr::start(script())).collect();
    let rig = EngineRig::new();
    let add = |(number, dvr): (usize, &FakeDvr)| {
        let mut edit = edit_of(dvr, None);
        edit.device.name = format!("Fake {number}");
        let id = edit.device.id;
        rig.send(Command::SaveDevice(Box::new(edit)));
        rig.until("the device", |state| state.registry.device(id).map(|_| ()));
        main_of(id)
    };
    let streams: Vec<StreamId> = dvrs.iter().enumerate().map(add).collect();
    let mut shown: Vec<(StreamId, bool)> = streams.iter().map(|stream| (*stream, true)).collect();
    rig.send(wanted(&shown));
    // Each is shown or named; pictures that come so rarely may be late just now.
    let refused = rig.until("an answer for each", |state| {
        let names = streams
            .iter()
            .map(|stream| Some((*stream, state.streams.get(stream)?.state.name())));
        let names: Vec<(StreamId, &str)> = names.collect::<Option<_>>()?;
        let answered = |name: &str| ["live", "late", "too-large"].contains(&name);
        let refused = names
            .iter()
            .filter(|(_, name)| *name == "too-large")
            .map(|(stream, _)| *stream);
        names
            .iter()
            .all(|(_, name)| answered(name))
            .then(|| refused.collect::<Vec<_>>())
    });
    if refused.is_empty() {
        crate::skipped::skip(
            "large streams that are hidden",
            "this computer has memory for all of them",
        );
        return;
    }
    for (stream, decode) in &mut shown {
        *decode = refused.contains(stream);
    }
    rig.send(wanted(&shown));
    rig.until("one that had no room", |state| {
        let live = |stream| {
            state
                .streams
                .get(stream)
                .is_some_and(|status| status.state.name() == "live")
        };
        refused.iter().any(live).then_some(())
    });
    // The other way round.
    for (_, decode) in &mut shown {
        *decode = !*decode;
    }
    rig.send(wanted(&shown));
    for stream in streams.iter().filter(|stream| !refused.contains(stream)) {
        rig.until_state(*stream, "live");
    }
    for dvr in &dvrs {
        assert_eq!(dvr.seen().len(), 1, "one connection each");
    }
}

#[test]
fn a_test_of_a_stream_that_is_too_large_says_so_with_its_size() {
    let dvr = FakeDvr::start(Script {
        habit: Habit::SaysHuge {
            from: 0,
            until: u32::MAX,
        },
        ..Script::default()
    });
    let rig = EngineRig::new();
    let edit = edit_of(&dvr, None);
    let stream = main_of(edit.device.id);
    let id = TestId(1);
    rig.send(Command::Test(Box::new(TestRequest { id, edit, stream })));
    let failure = rig.until("the answer", |state| match &state.test.as_ref()?.state {
        TestState::Failed(failure) => Some(failure.clone()),
        _ => None,
    });
    let kind = FailureKind::TooLarge {
        width: 16_000,
        height: 16_000,
        limit: MemoryLimit::Stream,
    };
    assert_eq!(failure.kind, kind);
    assert_eq!(dvr.seen().len(), 1);
}
