//! Pictures that would fill the memory are named, and the rest of the wall is untouched.

use std::time::Duration;

use super::{Fleet, PATIENCE, state, told};
use crate::fake_dvr::{Codec, Habit, Pace, Script};
use crate::watch::Log;

const MIB: u64 = 1 << 20;
/// One decoded picture of 8192×8192.
const HUGE_PICTURE: u64 = 96 * MIB;

/// Pictures a second of the ordinary streams.
const FPS: u64 = 5;

const BOMBS: [&str; 8] = ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8"];
const ORDINARY: [&str; 4] = ["o1", "o2", "o3", "o4"];

/// What large streams may take together: an eighth of the computer's memory.
fn large() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    (kib.expect("the computer's memory") * 1_024 / 8).max(768 * MIB)
}

fn cause(log: &Log, name: &str) -> String {
    let at_site = log.at_site(name);
    let last = at_site.of("state").last().map(|line| line.text("cause").to_owned());
    last.unwrap_or_default()
}

/// Of them, which are in this state.
fn which(log: &Log, names: &[&'static str], wanted: &str) -> Vec<&'static str> {
    names
        .iter()
        .copied()
        .filter(|name| state(log, name) == wanted)
        .collect()
}

#[test]
fn eight_streams_of_8192_by_8192_are_shown_as_far_as_memory_goes_and_the_others_play_on() {
    let huge = || Script {
        codec: Codec::H265Huge,
        pace: Pace {
            each: Duration::from_secs(2),
            ..Pace::default()
        },
        ..Script::default()
    };
    // The bombs come first.
    let bombs = BOMBS.map(|name| (name, huge()));
    let ordinary = ORDINARY.map(|name| (name, Script::default()));
    let mut fleet = Fleet::start(bombs.into_iter().chain(ordinary).collect());
    let watch = fleet.watch();
    let mut most = 0;
    let settled = |log: &Log| {
        which(log, &BOMBS, "live").len() + which(log, &BOMBS, "too-large").len() == BOMBS.len()
            && which(log, &ORDINARY, "live").len() == ORDINARY.len()
    };
    let done = watch.until(2 * PATIENCE, |log| {
        most = most.max(watch.memory());
        settled(log)
    });
    assert!(done.is_ok(), "{}", watch.log().tail(40));
    let begun = watch.log().lines.len();
    let shown_so_far = |log: &Log, name| told(log, name).last().and_then(|stream| stream["frames"].as_u64());
    let sent = |fleet: &Fleet, name| {
        fleet
            .dvr(name)
            .seen()
            .iter()
            .map(|connection| connection.pictures)
            .sum::<u64>()
    };
    let before = ORDINARY.map(|name| (sent(&fleet, name), shown_so_far(&watch.log(), name).unwrap_or(0)));
    // For a while.
    let _ = watch.until(Duration::from_secs(16), |_| {
        most = most.max(watch.memory());
        false
    });
    let log = watch.log();
    let (shown, refused) = (which(&log, &BOMBS, "live"), which(&log, &BOMBS, "too-large"));
    // Four pictures at least are held of each that is shown.
    assert!(
        shown.len() as u64 <= large() / (4 * HUGE_PICTURE),
        "{shown:?} are shown, {refused:?} are not"
    );
    for name in &refused {
        let cause = cause(&log, name);
        assert!(
            cause.contains("8192x8192") && cause.contains("with the other large streams"),
            "{cause}"
        );
    }
    // Beside the pictures: the program, and one screen of pixels for each that is shown.
    assert!(
        most <= large() + 1_024 * MIB,
        "{} MiB, of which {} are for large streams",
        most / MIB,
        large() / MIB
    );
    let later = Log {
        lines: log.lines[begun..].to_vec(),
    };
    // On a busy computer the servers are slow too, and so is who tells: what they sent meanwhile is the measure, and it is told in the end.
    for (name, (sent_before, shown_before)) in ORDINARY.into_iter().zip(before) {
        let sent = sent(&fleet, name) - sent_before;
        // Some were on their way when the first of them was counted.
        let wanted = sent.saturating_sub(3 * FPS).max(FPS);
        let all_told = watch.until(PATIENCE, |log| {
            shown_so_far(log, name).is_some_and(|now| now >= shown_before + wanted)
        });
        assert!(
            all_told.is_ok(),
            "{name}: {sent} pictures were sent: {}",
            watch.log().tail(40)
        );
        let told = told(&later, name);
        assert!(told.iter().all(|stream| stream["dropped"] == 0), "{name}: {told:?}");
    }
    for (name, dvr) in &fleet.dvrs {
        assert_eq!(dvr.seen().len(), 1, "{name}: one attempt");
    }
    // What one gives back another gets, on the connection that it has.
    if let (Some(first), true) = (shown.first(), !refused.is_empty()) {
        fleet.dvrs.retain(|(name, _)| name != first);
        let next = watch.until(PATIENCE, |log| refused.iter().any(|name| state(log, name) == "live"));
        assert!(next.is_ok(), "{}", watch.log().tail(40));
        for name in &refused {
            assert_eq!(fleet.dvr(name).seen().len(), 1, "{name}: the same connection");
        }
    }
}

#[test]
fn a_stream_that_becomes_huge_is_named_and_shown_again_when_it_is_not_on_the_same_connection() {
    let fleet = Fleet::start(vec![(
        "grows",
        Script {
            habit: Habit::SaysHuge { from: 30, until: 80 },
            ..Script::default()
        },
    )]);
    let watch = fleet.watch();
    for wanted in ["live", "too-large", "live"] {
        let reached = watch.until(PATIENCE, |log| state(log, "grows") == wanted);
        assert!(reached.is_ok(), "{wanted}: {}", watch.log().tail(40));
    }
    let log = watch.stop();
    let told: Vec<_> = log
        .of("state")
        .filter(|line| line.text("state") == "too-large")
        .collect();
    assert!(told.iter().all(|line| line.text("cause").contains("16000x16000")));
    assert_eq!(told.len(), 1, "once: {}", log.tail(40));
    assert_eq!(fleet.dvr("grows").seen().len(), 1);
}
