//! Recorders that do not send on the RTSP connection, named after what they do.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use gstreamer_rtsp_server::gst_rtsp::RTSPLowerTrans;

use super::gst_server::GstServer;
use super::{Fleet, PATIENCE, figures, state};
use crate::fake_dvr::{Codec, Datagrams, FakeDvr, Interleaved, Says, Script, Way};
use crate::watch::{Log, Watch, add_device, monomi};

const FPS: u32 = 15;

fn with(datagrams: Datagrams) -> Script {
    Script {
        fps: FPS,
        datagrams,
        ..Script::default()
    }
}

fn methods(dvr: &FakeDvr) -> Vec<String> {
    let requests = dvr.seen().into_iter().flat_map(|connection| connection.requests);
    requests.map(|request| request.method).collect()
}

fn transports(dvr: &FakeDvr, connection: usize) -> Vec<String> {
    let seen = dvr.seen();
    let asked = seen[connection].requests.iter();
    asked
        .filter_map(|request| request.header("Transport").map(str::to_owned))
        .collect()
}

#[test]
fn recorders_that_refuse_tcp_play_in_datagrams_at_their_full_rate_at_the_first_attempt() {
    let only_udp = Datagrams::only_udp();
    let group = Some((Ipv4Addr::new(239, 255, 77, 1), 47_100));
    let stories = vec![
        ("h264-over-udp", with(only_udp)),
        (
            "h265-over-udp",
            Script {
                codec: Codec::H265,
                ..with(only_udp)
            },
        ),
        (
            "jpeg-over-udp",
            Script {
                codec: Codec::Mjpeg,
                ..with(only_udp)
            },
        ),
        (
            "reorders",
            with(Datagrams {
                way: Way::Reorders,
                ..only_udp
            }),
        ),
        (
            "sends-twice",
            with(Datagrams {
                way: Way::Doubles,
                ..only_udp
            }),
        ),
        (
            "from-another-port",
            with(Datagrams {
                way: Way::OtherPort,
                ..only_udp
            }),
        ),
        (
            "names-no-port",
            with(Datagrams {
                says: Says::Nothing,
                ..only_udp
            }),
        ),
        (
            "names-another-source",
            with(Datagrams {
                says: Says::ForeignSource,
                ..only_udp
            }),
        ),
        (
            "answers-udp-to-tcp",
            with(Datagrams {
                interleaved: Interleaved::TakenForUdp,
                ..only_udp
            }),
        ),
        (
            "forbids-tcp",
            with(Datagrams {
                interleaved: Interleaved::Forbidden,
                ..only_udp
            }),
        ),
        (
            "multicast-only",
            with(Datagrams {
                unicast: false,
                multicast: group,
                ..only_udp
            }),
        ),
    ];
    let names: Vec<&str> = stories.iter().map(|(name, _)| *name).collect();
    let fleet = Fleet::start(stories);
    let watch = fleet.watch();
    let measured = |log: &Log| names.iter().all(|name| figures(log, name).len() >= 9);
    let done = watch.until(PATIENCE, measured);
    let log = watch.log();
    let mut faults = Vec::new();
    for name in &names {
        let seen = figures(&log, name);
        let late: Vec<_> = seen.iter().skip(3).collect();
        let rate = late.iter().map(|(fps, _)| fps).sum::<f64>() / late.len().max(1) as f64;
        if (rate / f64::from(FPS) - 1.0).abs() > 0.15 {
            faults.push(format!("{name}: {rate:.1} of {FPS} pictures a second: {seen:?}"));
        }
        if seen.iter().any(|(_, lost)| *lost > 0) {
            faults.push(format!("{name}: lost packets: {seen:?}"));
        }
        let states = log.at_site(name);
        let live = states.of("state").filter(|line| line.text("state") == "live").count();
        if live != 1 || state(&log, name) != "live" {
            let told: Vec<_> = states.of("state").map(|line| (line.t, line.text("state"))).collect();
            faults.push(format!("{name}: live {live} times: {told:?}"));
        }
        let attempts = fleet.dvr(name).seen().len();
        if attempts != 1 {
            faults.push(format!("{name}: {attempts} attempts"));
        }
    }
    assert!(
        done.is_ok() && faults.is_empty(),
        "{}\n{}",
        faults.join("\n"),
        log.tail(20)
    );
}

#[test]
fn what_is_lost_on_the_way_is_counted_shown_and_reported() {
    // Of 20 packets one is lost; a picture has few.
    let fleet = Fleet::start(vec![(
        "loses",
        with(Datagrams {
            way: Way::LosesAfter(19),
            ..Datagrams::only_udp()
        }),
    )]);
    let watch = fleet.watch();
    let dvr = fleet.dvr("loses");
    let lost = |log: &Log| {
        let stats = log.of("stats").last()?.fields["channels"]
            .as_array()?
            .first()
            .cloned()?;
        stats["dropped"].as_u64()
    };
    let reported = || {
        let seen = dvr.seen();
        let reports = seen[0].reports.clone();
        reports.into_iter().rfind(|report| report.source.is_some())
    };
    let done = watch.until(PATIENCE, |log| {
        lost(log).is_some_and(|lost| lost >= 10) && reported().is_some_and(|report| report.lost >= 5)
    });
    assert!(done.is_ok(), "{:?}: {}", reported(), watch.log().tail(5));
    let report = reported().expect("a report");
    // 1/20 is 12.8 of 256.
    assert!((3..=30).contains(&report.fraction_lost), "{report:?}");
    assert_eq!(dvr.seen().len(), 1);
}

#[test]
fn what_worked_is_remembered_for_the_next_start() {
    let fleet = Fleet::start(vec![("udp", with(Datagrams::only_udp()))]);
    let first = fleet.watch();
    first.until_live("udp", 1, PATIENCE);
    first.stop();
    let habits = fleet.profile.path().join("habits.toml");
    let written = std::fs::read_to_string(&habits).unwrap_or_default();
    assert!(written.contains("udp"), "{written}");
    let again = fleet.watch();
    again.until_live("udp", 1, PATIENCE);
    let dvr = fleet.dvr("udp");
    assert_eq!(dvr.seen().len(), 2);
    assert!(transports(dvr, 0)[0].contains("interleaved"));
    assert!(
        transports(dvr, 1)[0].contains("client_port"),
        "{:?}",
        transports(dvr, 1)
    );
}

/// It knows no word for what it does not like.
#[test]
fn a_recorder_that_hangs_up_when_asked_for_tcp_is_asked_for_udp_at_the_third_attempt_and_at_the_next_start() {
    let hangs_up = Datagrams {
        interleaved: Interleaved::HungUpOn,
        ..Datagrams::only_udp()
    };
    let fleet = Fleet::start(vec![("hangs-up", with(hangs_up))]);
    let dvr = fleet.dvr("hangs-up");
    let first = fleet.watch();
    first.until_live("hangs-up", 1, PATIENCE);
    first.stop();
    let asked = |connection| transports(dvr, connection)[0].contains("interleaved");
    assert_eq!(
        (0..dvr.seen().len()).map(asked).collect::<Vec<_>>(),
        [true, true, false]
    );
    let again = fleet.watch();
    again.until_live("hangs-up", 1, PATIENCE);
    assert_eq!(dvr.seen().len(), 4);
    assert!(!asked(3), "{:?}", transports(dvr, 3));
}

#[test]
fn where_datagrams_no_longer_arrive_tcp_is_asked_for_on_the_same_connection() {
    let fleet = Fleet::start(vec![("udp", with(Datagrams::only_udp()))]);
    let first = fleet.watch();
    first.until_live("udp", 1, PATIENCE);
    first.stop();
    let dvr = fleet.dvr("udp");
    // Somebody closes the firewall, and allows TCP.
    dvr.script().datagrams = Datagrams {
        interleaved: Interleaved::Taken,
        way: Way::Silent,
        ..Datagrams::only_udp()
    };
    let again = fleet.watch();
    again.until_live("udp", 1, PATIENCE);
    assert_eq!(dvr.seen().len(), 2, "{:?}", methods(dvr));
    let asked = transports(dvr, 1);
    assert!(
        asked[0].contains("client_port") && asked[1].contains("interleaved"),
        "{asked:?}"
    );
}

#[test]
fn what_neither_side_can_do_is_named_and_not_dialled_again_and_again() {
    let none = Datagrams {
        unicast: false,
        ..Datagrams::only_udp()
    };
    let fleet = Fleet::start(vec![
        ("refuses-all", with(none)),
        (
            "nothing-arrives",
            with(Datagrams {
                way: Way::Silent,
                ..Datagrams::only_udp()
            }),
        ),
        ("healthy", Script::default()),
    ]);
    let begin = Instant::now();
    let watch = fleet.watch();
    let outcome = |log: &Log, name: &str| {
        let of_site = log.at_site(name);
        let mut results = of_site.of("outcome").map(|line| line.text("result").to_owned());
        results.next()
    };
    let named = |log: &Log| {
        let both = ["refuses-all", "nothing-arrives"];
        both.iter()
            .all(|name| outcome(log, name).as_deref() == Some("transport"))
    };
    assert!(watch.until(PATIENCE, named).is_ok(), "{}", watch.log().tail(20));
    // Longer than the wait after any failure that is tried again soon.
    std::thread::sleep(Duration::from_secs(25).saturating_sub(begin.elapsed()) + Duration::from_secs(5));
    let log = watch.log();
    for name in ["refuses-all", "nothing-arrives"] {
        assert_eq!(
            fleet.dvr(name).seen().len(),
            1,
            "{name}: {:?}",
            methods(fleet.dvr(name))
        );
        assert_eq!(state(&log, name), "offline", "{name}");
        let of_site = log.at_site(name);
        let outages = of_site.of("site").filter(|line| line.text("state") == "outage");
        assert_eq!(outages.count(), 0, "{name}: the recorder answered");
    }
    assert_eq!(state(&log, "healthy"), "live");
}

#[test]
fn a_choice_of_the_user_is_obeyed() {
    let both = Datagrams {
        unicast: true,
        ..Datagrams::default()
    };
    let profile = tempfile::tempdir().expect("a profile");
    let dvrs: Vec<(&str, &str, FakeDvr)> = vec![
        ("udp", "udp", FakeDvr::start(with(both))),
        ("tcp", "tcp", FakeDvr::start(with(Datagrams::only_udp()))),
        ("refused", "udp", FakeDvr::start(with(Datagrams::default()))),
    ];
    for (name, transport, dvr) in &dvrs {
        let added = monomi(profile.path())
            .args(["device", "add", "--site", name, "--name", &format!("{name}-dvr")])
            .args(["--url", &dvr.url(), "--transport", transport])
            .status();
        assert!(added.expect("the binary").success());
    }
    let watch = Watch::start(monomi(profile.path()));
    let failed = |log: &Log, name: &str| {
        log.at_site(name)
            .of("outcome")
            .any(|line| line.text("result") == "transport")
    };
    let done = watch.until(PATIENCE, |log| {
        state(log, "udp") == "live" && failed(log, "tcp") && failed(log, "refused")
    });
    assert!(done.is_ok(), "{}", watch.log().tail(20));
    let all = |dvr: &FakeDvr| transports(dvr, 0).join(" ");
    assert!(!all(&dvrs[0].2).contains("interleaved"));
    assert!(!all(&dvrs[1].2).contains("client_port") && !all(&dvrs[1].2).contains("multicast"));
    assert!(!all(&dvrs[2].2).contains("interleaved") && all(&dvrs[2].2).contains("client_port"));
}

#[test]
fn a_foreign_server_that_serves_by_udp_alone_plays() {
    let h264 = "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=-1";
    let server = GstServer::with(RTSPLowerTrans::UDP, h264, None);
    let profile = tempfile::tempdir().expect("a profile");
    let url = format!("rtsp://127.0.0.1:{}/live", server.port);
    add_device(profile.path(), "udp", "udp-dvr", &url);
    let watch = Watch::start(monomi(profile.path()));
    let measured = |log: &Log| figures(log, "udp").last().is_some_and(|(fps, _)| *fps > 8.0);
    assert!(watch.until(PATIENCE, measured).is_ok(), "{}", watch.log().tail(5));
    let log = watch.stop();
    assert_eq!(log.attempts(), 1);
    assert_eq!(figures(&log, "udp").last().map(|(_, lost)| *lost), Some(0));
}
