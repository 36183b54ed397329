//! Recorders that count some signs of life and not others are kept, named after what they do.

use std::time::{Duration, Instant};

use super::{Fleet, PATIENCE, state, told};
use crate::fake_dvr::{FakeDvr, Flow, Life, MIDDLE, Script, Sound};
use crate::watch::{Log, Watch, monomi};

const FPS: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);

/// A session timeout of so many seconds, which the recorder keeps to.
fn after(seconds: u32, life: Life) -> Script {
    Script {
        fps: FPS,
        session_timeout: seconds,
        drops_without_keepalive: Some(SECOND * seconds),
        life,
        ..Script::default()
    }
}

/// Name, how often it may end a session, and what it does.
fn stories() -> Vec<(&'static str, usize, Script)> {
    let all = Life::default();
    let few = Life {
        offers_get_parameter: false,
        ..all
    };
    vec![
        ("counts-all", 0, after(4, all)),
        (
            "ignores-get-parameter",
            0,
            after(
                4,
                Life {
                    counts: &["OPTIONS"],
                    ignores: &["GET_PARAMETER"],
                    ..all
                },
            ),
        ),
        (
            "answers-get-parameter-and-does-not-count-it",
            1,
            after(
                4,
                Life {
                    counts: &["OPTIONS"],
                    ..all
                },
            ),
        ),
        (
            "counts-get-parameter-which-it-does-not-offer",
            1,
            after(
                4,
                Life {
                    counts: &["GET_PARAMETER"],
                    ..few
                },
            ),
        ),
        (
            "hangs-up-on-get-parameter",
            1,
            after(
                4,
                Life {
                    hangs_up_on: &["GET_PARAMETER"],
                    ..all
                },
            ),
        ),
        (
            "hangs-up-on-options",
            1,
            after(
                6,
                Life {
                    hangs_up_on: &["OPTIONS"],
                    ..few
                },
            ),
        ),
        (
            "hangs-up-on-reports",
            1,
            after(
                6,
                Life {
                    hangs_up_on: &["RTCP"],
                    ..all
                },
            ),
        ),
        (
            "counts-reports-alone",
            0,
            after(
                4,
                Life {
                    counts: &["RTCP"],
                    ..all
                },
            ),
        ),
        (
            "ends-the-media-and-leaves-the-connection-open",
            1,
            after(
                4,
                Life {
                    counts: &["OPTIONS"],
                    freezes: true,
                    ..all
                },
            ),
        ),
        (
            "refuses-get-parameter-by-454",
            0,
            after(
                4,
                Life {
                    counts: &["OPTIONS"],
                    refuses: &["GET_PARAMETER"],
                    with: "454 Session Not Found",
                    ..all
                },
            ),
        ),
        (
            "refuses-get-parameter-by-501",
            0,
            after(
                4,
                Life {
                    counts: &["OPTIONS"],
                    refuses: &["GET_PARAMETER"],
                    with: "501 Not Implemented",
                    ..all
                },
            ),
        ),
        (
            "answers-without-cseq-and-names-more-in-its-session",
            0,
            after(
                4,
                Life {
                    no_cseq: true,
                    session_parameters: Some(" ; x=y;timeout=4 ;z"),
                    ..all
                },
            ),
        ),
        (
            "asks-itself",
            0,
            Script {
                flow: Flow::ServerRequests,
                ..after(4, all)
            },
        ),
        (
            "means-eight-seconds-and-names-none",
            2,
            Script {
                session_timeout: 0,
                ..after(8, all)
            },
        ),
    ]
}

/// Whether the last session has lasted for so long, and how many there were.
fn lasts(fleet: &Fleet, name: &str, time: Duration) -> (bool, usize) {
    let seen = fleet.dvr(name).seen();
    let lasts = seen
        .last()
        .is_some_and(|last| last.ended.is_none() && last.at.elapsed() > time);
    (lasts, seen.len())
}

/// Pictures a second of a stream in the last measurement.
fn rate(log: &Log, name: &str) -> f64 {
    let last = told(log, name).pop();
    last.and_then(|stream| stream["fps"].as_f64()).unwrap_or_default()
}

#[test]
fn recorders_that_count_few_signs_of_life_drop_once_or_twice_and_never_after_a_restart() {
    let stories = stories();
    let fleet = Fleet::start(
        stories
            .iter()
            .map(|(name, _, script)| (*name, script.clone()))
            .collect(),
    );
    let mut faults = Vec::new();
    let mut before = vec![0; stories.len()];
    for start in ["first start", "after the restart"] {
        let watch = fleet.watch();
        let began = Instant::now();
        // Four session timeouts and more.
        let time = 20 * SECOND;
        let all_last = |_: &Log| began.elapsed() > time && stories.iter().all(|(name, ..)| lasts(&fleet, name, time).0);
        // Who did not last is named below.
        watch.until(PATIENCE, all_last).ok();
        let log = watch.log();
        for (index, (name, most, _)) in stories.iter().enumerate() {
            let (lasts, sessions) = lasts(&fleet, name, time);
            let most = if start == "first start" { *most } else { 0 };
            let drops = (sessions - before[index]).saturating_sub(1);
            if drops > most || !lasts {
                faults.push(format!("{start}: {name}: {drops} sessions ended, lasts: {lasts}"));
            }
            let (state, rate) = (state(&log, name), rate(&log, name));
            if state != "live" || (rate / f64::from(FPS) - 1.0).abs() > 0.2 {
                faults.push(format!("{start}: {name}: {state}, {rate} pictures a second"));
            }
            before[index] = sessions;
        }
        watch.stop();
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let kept = std::fs::read_to_string(fleet.profile.path().join("habits.toml")).expect("what was learnt");
    assert!(!kept.contains("secret") && kept.contains("GET_PARAMETER"), "{kept}");
}

/// All of them begin together, and each session ends once before any has learnt.
#[test]
fn what_one_channel_learns_all_channels_know_also_after_the_program_was_killed() {
    let dvr = FakeDvr::start(after(
        4,
        Life {
            offers_get_parameter: false,
            counts: &["GET_PARAMETER"],
            ..Life::default()
        },
    ));
    let profile = tempfile::tempdir().expect("a profile");
    let url = dvr.url().replace("/live/1", "/live/{ch}");
    let added = monomi(profile.path())
        .args([
            "device",
            "add",
            "--site",
            "four",
            "--name",
            "four-dvr",
            "--channels",
            "4",
            "--url",
            &url,
        ])
        .output()
        .expect("the binary");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let all_last = |before: usize, time: Duration| {
        let seen = dvr.seen();
        let open = seen[before..].iter().filter(|one| one.ended.is_none());
        open.filter(|one| one.at.elapsed() > time).count() == 4
    };
    let watch = Watch::start(monomi(profile.path()));
    let done = watch.until(PATIENCE, |_| all_last(0, 16 * SECOND));
    let sessions = dvr.seen().len();
    assert!(
        done.is_ok() && sessions <= 8,
        "{sessions} sessions: {}",
        watch.log().tail(20)
    );
    assert_eq!(watch.signal("KILL"), None);
    let watch = Watch::start(monomi(profile.path()));
    let done = watch.until(PATIENCE, |_| all_last(sessions, 16 * SECOND));
    let again = dvr.seen().len() - sessions;
    assert!(
        done.is_ok() && again == 4,
        "{again} sessions after the restart: {}",
        watch.log().tail(20)
    );
    watch.stop();
}

#[test]
fn reports_are_true_and_each_track_has_its_own() {
    let life = Life {
        sender_reports: true,
        ..Life::default()
    };
    let fleet = Fleet::start(vec![(
        "pictures",
        Script {
            sound: Sound::Pcmu,
            ..after(6, life)
        },
    )]);
    let watch = fleet.watch();
    let reported = |_: &Log| fleet.dvr("pictures").seen().iter().any(|one| one.reports.len() >= 6);
    assert!(watch.until(PATIENCE, reported).is_ok());
    let seen = fleet.dvr("pictures").seen();
    assert_eq!(seen.len(), 1);
    let reports = &seen[0].reports;
    let last = reports.last().expect("a report");
    assert!(
        reports.iter().all(|report| report.channel == 1),
        "sound was not set up: {reports:?}"
    );
    assert!(
        reports
            .iter()
            .all(|report| (report.lost, report.fraction_lost) == (0, 0)),
        "{reports:?}"
    );
    assert!(
        reports
            .iter()
            .all(|report| report.cname == last.cname && report.cname.len() == 24)
    );
    assert!(
        reports
            .windows(2)
            .all(|two| two[0].highest < two[1].highest || two[0].source.is_none())
    );
    assert_eq!(last.last_sender_report, MIDDLE);
    watch.stop();
}
