//! Datagrams over a link that loses, delays, doubles and reorders them, in a network namespace of the test's own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use gstreamer_rtsp_server::gst_rtsp::RTSPLowerTrans;

use super::gst_server::GstServer;
use super::{Fleet, PATIENCE, figures, state, told};
use crate::fake_dvr::{Datagrams, Script, Way};
use crate::skipped::skip;
use crate::watch::{Log, Watch, add_device, monomi};

const FPS: u32 = 15;

/// Set in the process inside the namespace: which story it plays.
const INSIDE: &str = "MONOMI_TEST_LINK";

/// Of all datagrams with media 3 % are dropped.
const LOSES: &str = "loses";
/// Each takes 10 to 70 ms, so that they overtake each other, and 3 % come twice.
const SHAKES: &str = "shakes";

/// A foreign server on another computer sends to a group.
const GROUP: &str = "carries a group";
const IN_ITS_NAMESPACE: &str = "in its namespace";
const SERVES_AT: &str = "serves at port ";

fn in_datagrams(way: Way) -> Script {
    Script {
        fps: FPS,
        datagrams: Datagrams {
            way,
            ..Datagrams::only_udp()
        },
        ..Script::default()
    }
}

/// Plays `story` in a namespace where only its loopback is, after `link` made that what it is.
fn in_a_namespace(story: &str, link: &[&str]) {
    let set_up = format!("ip link set lo up && {}", link.join(" && "));
    let inside = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", script]);
        command
    };
    let made = match inside(&set_up).output() {
        Ok(made) => made,
        Err(error) => return skip(&format!("a link that {story}"), &format!("unshare: {error}")),
    };
    if !made.status.success() {
        let why = String::from_utf8_lossy(&made.stderr).trim().to_owned();
        let what = format!("a link that {story}");
        if why.contains("qdisc kind is unknown") {
            // No installation brings that: it is a matter of how the kernel was built.
            eprintln!("SKIPPED: {what}: this kernel has no netem");
        } else {
            skip(&what, &why);
        }
        return;
    }
    let own = std::env::current_exe().expect("this test");
    let play = format!(
        "{set_up} && exec '{}' --exact stream::link::plays_on_this_link --ignored --nocapture",
        own.display()
    );
    let status = inside(&play).env(INSIDE, story).status().expect("unshare");
    assert!(status.success(), "{story}: {status}");
}

#[test]
fn what_a_link_loses_is_counted_and_what_is_torn_never_looks_live() {
    let table = "nft add table inet link";
    let chain = "nft 'add chain inet link way { type filter hook output priority 0; }'";
    let rule = "nft 'add rule inet link way meta l4proto udp meta length > 100 numgen random mod 100 < 3 drop'";
    in_a_namespace(LOSES, &[table, chain, rule]);
}

#[test]
fn a_foreign_server_that_sends_to_a_group_alone_plays() {
    in_a_namespace(GROUP, &["ip link add probe type veth", "ip link del probe"]);
}

#[test]
fn a_link_that_reorders_and_doubles_loses_nothing() {
    let link = "tc qdisc add dev lo root netem delay 40ms 30ms duplicate 3%";
    in_a_namespace(SHAKES, &[link]);
}

#[test]
#[ignore = "started by the tests above in a namespace of its own"]
fn plays_on_this_link() {
    match std::env::var(INSIDE).as_deref() {
        Ok(LOSES) => loses(),
        Ok(SHAKES) => loses_nothing("shakes", in_datagrams(Way::Straight)),
        Ok(GROUP) => plays_what_goes_to_a_group(),
        _ => {}
    }
}

/// The server stands on another computer: on one, two programs cannot both have the port of the group.
fn plays_what_goes_to_a_group() {
    let own = std::env::current_exe().expect("this test");
    let mut server = Command::new("unshare")
        .args(["--net", "--"])
        .arg(own)
        .args(["--exact", "stream::link::serves_a_group", "--ignored", "--nocapture"])
        .env(INSIDE, GROUP)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let mut until = |wanted: &str| {
        let mut lines = lines.by_ref().map_while(Result::ok);
        let found = lines.find_map(|line| Some(line.split_once(wanted)?.1.trim().to_owned()));
        found.expect("what the server says")
    };
    until(IN_ITS_NAMESPACE);
    ip(&format!("link add lan type veth peer name eth0 netns {}", server.id()));
    ip("addr add 10.99.0.1/24 dev lan");
    ip("link set lan up");
    let port = until(SERVES_AT);
    let profile = tempfile::tempdir().expect("a profile");
    add_device(
        profile.path(),
        "group",
        "group-dvr",
        &format!("rtsp://10.99.0.2:{port}/live"),
    );
    let watch = Watch::start(monomi(profile.path()));
    let measured = |log: &Log| figures(log, "group").last().is_some_and(|(fps, _)| *fps > 8.0);
    let done = watch.until(PATIENCE, measured);
    let log = watch.stop();
    let _ = server.kill();
    let _ = server.wait();
    assert!(done.is_ok(), "{}", log.tail(10));
    assert_eq!(log.attempts(), 1);
    assert_eq!(figures(&log, "group").last().map(|(_, lost)| *lost), Some(0));
    let habits = std::fs::read_to_string(profile.path().join("habits.toml")).unwrap_or_default();
    assert!(habits.contains("multicast"), "{habits}");
}

#[test]
#[ignore = "started by plays_on_this_link in a namespace of its own"]
fn serves_a_group() {
    if std::env::var(INSIDE).as_deref() != Ok(GROUP) {
        return;
    }
    println!("{IN_ITS_NAMESPACE}");
    while !has_interface("eth0") {
        std::thread::sleep(Duration::from_millis(20));
    }
    for line in ["link set lo up", "addr add 10.99.0.2/24 dev eth0", "link set eth0 up"] {
        ip(line);
    }
    let h264 = "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=-1";
    let server = GstServer::at("10.99.0.2", "eth0", RTSPLowerTrans::UDP_MCAST, h264, None);
    println!("{SERVES_AT}{}", server.port);
    // Until the other side ends it.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn has_interface(name: &str) -> bool {
    let known = std::fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    known
        .lines()
        .any(|line| line.trim_start().starts_with(&format!("{name}:")))
}

fn ip(line: &str) {
    let done = Command::new("ip").args(line.split(' ')).output().expect("ip");
    assert!(
        done.status.success(),
        "ip {line}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn loses() {
    let fleet = Fleet::start(vec![("loses", in_datagrams(Way::Straight))]);
    let watch = fleet.watch();
    let dvr = fleet.dvr("loses");
    let states = |log: &Log, wanted: &str| {
        let of_site = log.at_site("loses");
        of_site.of("state").filter(|line| line.text("state") == wanted).count()
    };
    let lost = |log: &Log| told(log, "loses").last().and_then(|stream| stream["dropped"].as_u64());
    let reported = || {
        let reports = dvr.seen()[0].reports.clone();
        reports.into_iter().rfind(|report| report.source.is_some())
    };
    let done = watch.until(PATIENCE, |log| {
        lost(log).is_some_and(|lost| lost >= 10)
            && reported().is_some_and(|report| report.lost >= 5)
            && states(log, "awaiting-key-frame") >= 3
            && states(log, "live") >= 3
    });
    let log = watch.stop();
    assert!(done.is_ok(), "{:?} {:?} {}", lost(&log), reported(), log.tail(20));
    assert_eq!(dvr.seen().len(), 1, "a loss is no reason to dial");
    let lost = lost(&log).unwrap_or_default();
    let torn = states(&log, "awaiting-key-frame") as u64;
    // What is lost while a key frame is awaited anyway changes nothing.
    assert!((1..=lost).contains(&torn), "{torn} of {lost}");
    assert_eq!(states(&log, "offline") + states(&log, "late"), 0, "{}", log.tail(20));
}

/// As on a link that loses nothing, at the first attempt.
fn loses_nothing(name: &str, script: Script) {
    let fleet = Fleet::start(vec![(name, script)]);
    let watch = fleet.watch();
    let measured = |log: &Log| figures(log, name).len() >= 9;
    let done = watch.until(PATIENCE, measured);
    let log = watch.stop();
    let seen = figures(&log, name);
    assert!(done.is_ok(), "{}", log.tail(20));
    let late = &seen[3..];
    let rate = late.iter().map(|(fps, _)| fps).sum::<f64>() / late.len() as f64;
    assert!((rate / f64::from(FPS) - 1.0).abs() < 0.15, "{rate}: {seen:?}");
    assert!(seen.iter().all(|(_, lost)| *lost == 0), "{seen:?}");
    assert_eq!(state(&log, name), "live");
    assert_eq!(fleet.dvr(name).seen().len(), 1);
}

#[test]
fn packets_that_are_overtaken_within_the_window_are_not_lost() {
    loses_nothing("overtaken", in_datagrams(Way::Overtaken(Duration::from_millis(100))));
}
