//! A picture that is not whole never looks live, and says what it waits for.

use super::{Fleet, PATIENCE, state, told};
use crate::fake_dvr::{Codec, Habit, Pace, Script};
use crate::watch::Log;

fn names(log: &Log, name: &str) -> Vec<String> {
    let at_site = log.at_site(name);
    let states = at_site.of("state").map(|line| line.text("state").to_owned());
    let mut names: Vec<String> = states.collect();
    names.dedup();
    names
}

#[test]
fn pictures_that_are_not_whole_wait_for_a_key_frame_and_say_so() {
    let refreshing = |habit| Script {
        codec: Codec::H264IntraRefresh,
        habit,
        pace: Pace {
            joins_at: 3,
            ..Pace::default()
        },
        ..Script::default()
    };
    let long_group = |habit, joins_at| Script {
        codec: Codec::H264LongGroup,
        habit,
        pace: Pace {
            joins_at,
            ..Pace::default()
        },
        ..Script::default()
    };
    let fleet = Fleet::start(vec![
        ("whole", Script::default()),
        ("joined-in-the-middle", long_group(Habit::None, 5)),
        ("loses-a-packet", long_group(Habit::LosesAPacket { picture: 10 }, 0)),
        // Right behind a key frame, once its numbers have been right for long.
        (
            "leaves-a-picture-out",
            Script {
                codec: Codec::H265,
                fps: 15,
                habit: Habit::LeavesOutAPicture { picture: 101 },
                ..Script::default()
            },
        ),
        ("refreshes-and-says-when", refreshing(Habit::None)),
        ("refreshes-and-says-nothing", refreshing(Habit::NoRecoveryPoints)),
    ]);
    let watch = fleet.watch();
    // Until the stream that says nothing has long been decoded.
    let done = watch.until(PATIENCE, |log| {
        let calm = [
            "whole",
            "joined-in-the-middle",
            "loses-a-packet",
            "leaves-a-picture-out",
            "refreshes-and-says-when",
        ];
        calm.iter().all(|name| state(log, name) == "live") && log.lines.last().is_some_and(|line| line.t > 16.0)
    });
    let log = watch.log();
    let mut faults = Vec::new();
    let mut expect = |name: &str, expected: &[&str]| {
        let seen = names(&log, name);
        let told: Vec<_> = seen
            .iter()
            .filter(|state| *state != "waiting" && *state != "connecting")
            .collect();
        if told != expected {
            faults.push(format!("{name}: {seen:?}, expected {expected:?}"));
        }
    };
    expect("whole", &["live"]);
    expect("joined-in-the-middle", &["awaiting-key-frame", "live"]);
    expect("loses-a-packet", &["live", "awaiting-key-frame", "live"]);
    expect("leaves-a-picture-out", &["live", "awaiting-key-frame", "live"]);
    expect("refreshes-and-says-when", &["awaiting-key-frame", "live"]);
    expect("refreshes-and-says-nothing", &["awaiting-key-frame"]);
    for (name, dvr) in &fleet.dvrs {
        let connections = dvr.seen().len();
        if connections != 1 {
            faults.push(format!("{name}: {connections} connections"));
        }
    }
    // What is not whole is shown all the same, marked.
    let frames = |name: &str| {
        let last = told(&log, name).pop();
        last.and_then(|stream| stream["frames"].as_u64()).unwrap_or(0)
    };
    if frames("refreshes-and-says-nothing") < 10 {
        faults.push("refreshes-and-says-nothing: no picture is shown".to_owned());
    }
    assert!(
        done.is_ok() && faults.is_empty(),
        "{}\n{}",
        faults.join("\n"),
        log.tail(40)
    );
}
