//! Recorders that take their time are waited for on a socket that is open, and what they taught is remembered.

use std::time::Duration;

use super::{Fleet, PATIENCE, state, told};
use crate::fake_dvr::{Codec, Datagrams, Pace, Script};
use crate::watch::Log;

const SECOND: Duration = Duration::from_secs(1);

fn with(pace: Pace) -> Script {
    Script {
        pace,
        ..Script::default()
    }
}

/// The states of a stream one after another, with their times.
fn states(log: &Log, name: &str) -> Vec<(f64, String)> {
    let of_site = log.at_site(name);
    let states = of_site.of("state");
    states.map(|line| (line.t, line.text("state").to_owned())).collect()
}

/// A figure of a stream as it was told last.
fn figure(log: &Log, name: &str, field: &str) -> serde_json::Value {
    told(log, name)
        .pop()
        .map(|stream| stream[field].clone())
        .unwrap_or_default()
}

/// Longer than the slowest story, whose fifth picture comes after a minute.
const LONG: Duration = Duration::from_secs(150);

#[test]
fn recorders_that_take_their_time_play_on_few_connections_and_after_a_restart_on_one() {
    let describe = |seconds| {
        with(Pace {
            describe: SECOND * seconds,
            ..Pace::default()
        })
    };
    let each = |seconds| {
        with(Pace {
            each: SECOND * seconds,
            ..Pace::default()
        })
    };
    let dark = with(Pace {
        first_picture: SECOND * 40,
        ..Pace::default()
    });
    let key_each_40_s = Script {
        codec: Codec::H264LongGroup,
        fps: 1,
        ..with(Pace {
            joins_at: 1,
            ..Pace::default()
        })
    };
    // Name, script, connections at most: at first and after a restart.
    let stories = [
        ("quick", Script::default(), 1),
        ("describe-after-13-s", describe(13), 2),
        ("describe-after-25-s", describe(25), 2),
        ("first-picture-after-40-s", dark, 2),
        ("a-picture-each-5-s", each(5), 1),
        ("a-picture-each-15-s", each(15), 1),
        ("a-key-frame-each-40-s", key_each_40_s, 1),
    ];
    let fleet = Fleet::start(
        stories
            .iter()
            .map(|(name, script, _)| (*name, script.clone()))
            .collect(),
    );
    let watch = fleet.watch();
    let said = |log: &Log, name: &str, what: &str| told(log, name).iter().any(|stream| stream["awaits"] == what);
    let paced = |log: &Log| figure(log, "a-picture-each-15-s", "fps").as_f64() == Some(0.07);
    let done = watch.until(LONG, |log| {
        let all_live = stories.iter().all(|(name, ..)| state(log, name) == "live");
        all_live && paced(log) && log.lines.last().is_some_and(|line| line.t > 66.0)
    });
    let log = watch.log();
    let mut faults = Vec::new();
    for (name, _, most) in &stories {
        let seen = states(&log, name);
        let attempts = fleet.dvr(name).seen().len();
        if attempts > *most {
            faults.push(format!("{name}: {attempts} connections, at most {most}"));
        }
        if state(&log, name) != "live" {
            faults.push(format!("{name}: {seen:?}"));
        }
        if *most == 1 && seen.iter().any(|(_, state)| state == "offline") {
            faults.push(format!("{name}: what still sends is not offline: {seen:?}"));
        }
    }
    // The second picture after the first one, and the third, have proven the pace.
    for (name, proven_after) in [("a-picture-each-5-s", 16.0), ("a-picture-each-15-s", 40.0)] {
        let late: Vec<_> = states(&log, name)
            .into_iter()
            .filter(|(t, state)| *t > proven_after && state != "live")
            .collect();
        if !late.is_empty() {
            faults.push(format!("{name}: {late:?}"));
        }
    }
    let rate = figure(&log, "a-picture-each-5-s", "fps");
    if rate != 0.2 {
        faults.push(format!("a-picture-each-5-s: {rate} pictures a second"));
    }
    let long_group = states(&log, "a-key-frame-each-40-s");
    let first_live = long_group.iter().find(|(_, state)| state == "live").map(|(t, _)| *t);
    if first_live.is_none_or(|t| t < 38.0) || long_group.iter().filter(|(_, state)| state == "live").count() != 1 {
        faults.push(format!("a-key-frame-each-40-s: {long_group:?}"));
    }
    for (name, awaits) in [
        ("describe-after-25-s", "describe"),
        ("first-picture-after-40-s", "picture"),
        ("a-key-frame-each-40-s", "key-frame"),
    ] {
        if !said(&log, name, awaits) {
            faults.push(format!("{name}: never said that it awaits {awaits}"));
        }
    }
    assert!(
        done.is_ok() && faults.is_empty(),
        "{}\n{}",
        faults.join("\n"),
        log.tail(60)
    );
    watch.stop();
    let before: Vec<_> = fleet.dvrs.iter().map(|(_, dvr)| dvr.seen().len()).collect();
    let again = fleet.watch();
    let done = again.until(PATIENCE, |log| {
        stories.iter().all(|(name, ..)| state(log, name) == "live")
    });
    assert!(done.is_ok(), "{}", again.log().tail(40));
    for ((name, dvr), before) in fleet.dvrs.iter().zip(before) {
        assert_eq!(dvr.seen().len() - before, 1, "{name}: connections after a restart");
    }
}

#[test]
fn a_recorder_that_pauses_for_half_a_minute_in_each_session_is_dialled_for_it_once_and_then_waited_for() {
    let pauses = |after| {
        with(Pace {
            pause: Some((SECOND * after, SECOND * 30)),
            ..Pace::default()
        })
    };
    let fleet = Fleet::start(vec![("pauses", pauses(6))]);
    let dvr = fleet.dvr("pauses");
    let watch = fleet.watch();
    // The first pause looks like the end, the second one is waited for.
    let goes_on = |log: &Log| {
        let seen = states(log, "pauses");
        let late = seen.iter().rposition(|(_, state)| state == "late");
        dvr.seen().len() == 2 && state(log, "pauses") == "live" && late.is_some_and(|at| seen[at].0 > 30.0)
    };
    let done = watch.until(LONG, goes_on);
    let log = watch.stop();
    assert!(done.is_ok(), "{:?}: {}", dvr.seen().len(), log.tail(20));
    let again = fleet.watch();
    let done = again.until(LONG, |log| {
        let late = states(log, "pauses").iter().any(|(_, state)| state == "late");
        late && state(log, "pauses") == "live"
    });
    let log = again.stop();
    assert!(done.is_ok(), "{}", log.tail(20));
    assert_eq!(dvr.seen().len(), 3, "one connection after a restart");
    let seen = states(&log, "pauses");
    assert!(seen.iter().all(|(_, state)| state != "offline"), "{seen:?}");
}

#[test]
fn a_first_picture_that_takes_long_in_datagrams_is_waited_for_and_remembered() {
    let fleet = Fleet::start(vec![(
        "dark",
        Script {
            datagrams: Datagrams::only_udp(),
            ..with(Pace {
                first_picture: SECOND * 40,
                ..Pace::default()
            })
        },
    )]);
    let watch = fleet.watch();
    let done = watch.until(LONG, |log| state(log, "dark") == "live");
    let log = watch.stop();
    assert!(done.is_ok(), "{}", log.tail(20));
    assert_eq!(
        fleet.dvr("dark").seen().len(),
        1,
        "waiting on an open socket costs no SYN"
    );
    let seen = states(&log, "dark");
    let awaited = told(&log, "dark").iter().any(|stream| stream["awaits"] == "picture");
    assert!(awaited, "{seen:?}");
    let offline = seen.iter().any(|(_, state)| state == "offline");
    assert!(offline, "what seems to be in the way is named meanwhile: {seen:?}");
    let again = fleet.watch();
    let done = again.until(LONG, |log| state(log, "dark") == "live");
    let log = again.stop();
    assert!(done.is_ok(), "{}", log.tail(20));
    let seen = states(&log, "dark");
    assert!(
        seen.iter().all(|(_, state)| state != "offline"),
        "it is known to take so long: {seen:?}"
    );
    assert_eq!(fleet.dvr("dark").seen().len(), 2);
}
