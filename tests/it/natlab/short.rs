//! The short cases. Counts of packets and attempts are judged as the limits say; times with room for a busy machine.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::lab::{FOREIGN_PORT, Lab, PORT, PUBLIC, REDIRECTING_PORT};
use super::skipped;
use super::story::Story;
use crate::watch::{Log, add_device, set};

/// For anything that the machine does by itself, such as getting live.
const PATIENCE: Duration = Duration::from_secs(90);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The instruments themselves, with a client that is not ours: a gauge that reads nothing would prove anything.
#[test]
fn the_laboratory_counts_what_crosses_the_router() {
    if skipped("natlab: instruments") {
        return;
    }
    let lab = Lab::build(&[2, 1], 5);
    let dial = |address: Ipv4Addr| {
        let line = format!("exec 3<>/dev/tcp/{address}/{PORT}");
        lab.on_pc("timeout")
            .args(["1.9", "bash", "-c", &line])
            .stderr(Stdio::null())
            .status()
            .expect("bash")
            .success()
    };
    assert!(dial(Lab::address(0, 0)) && dial(Lab::address(0, 1)) && dial(Lab::address(1, 0)) && dial(PUBLIC));
    let before = lab.count();
    assert_eq!(
        (before.syn.as_slice(), before.syn_at_pc, before.nat.as_slice()),
        ([3, 1].as_slice(), 4, [0, 0].as_slice())
    );
    assert!(before.to_public > 0);
    lab.black_hole(0, true);
    lab.refuse_device(1, 0, true);
    assert!(!dial(Lab::address(0, 0)) && !dial(Lab::address(1, 0)));
    let after = lab.count();
    // 1.9 s hold the first SYN and its first repetition.
    assert_eq!(
        (after.syn.as_slice(), after.nat.as_slice()),
        ([5, 2].as_slice(), [1, 0].as_slice())
    );
    let (syns, dead) = (lab.syns(), Lab::address(0, 0));
    let each = (0..2).map(|site| syns.to(|address| address.octets()[..2] == [10, 50 + site]).count());
    assert_eq!(
        (each.collect::<Vec<_>>(), syns.to(|address| address == PUBLIC).count()),
        (vec![4, 2], 1),
        "each packet is kept with its address"
    );
    assert_eq!(syns.count(), 7);
    let attempts = syns.attempts().count();
    assert_eq!(attempts, 6, "the repetition is no attempt");
    let gaps = syns.to(|address| address == dead).seconds_after_the_first();
    assert!(
        (0.9..1.3).contains(&(gaps[2] - gaps[1])),
        "the kernel repeats a SYN after a second: {gaps:?}"
    );
    lab.black_hole(0, false);
    lab.refuse_device(1, 0, false);
    lab.router_off(true);
    assert!(!dial(Lab::address(0, 0)));
    lab.router_off(false);
    assert_eq!(lab.count().syn, [5, 2], "a router that is off forwards nothing");
    // A busy computer may take longer for an answer than one dial waits.
    let comes_back = |address| (0..30).any(|_| dial(address));
    assert!(comes_back(Lab::address(0, 0)) && comes_back(Lab::address(1, 0)));
    lab.pull_cable(true);
    assert!(!dial(Lab::address(0, 0)));
    lab.pull_cable(false);
    assert!(comes_back(Lab::address(0, 0)));
}

#[test]
fn a_black_hole_of_64_devices_is_probed_by_one_canary_and_comes_back() {
    if skipped("natlab: black hole") {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    let down = Instant::now();
    story.lab().black_hole(0, true);
    std::thread::sleep(seconds(35));
    let up = Instant::now();
    story.lab().black_hole(0, false);
    let outage = watch.log().between(down, up);
    let wire = story.gauge.between(down, up);
    let (attempts, failed, syns) = (outage.attempts(), outage.failed_in_any_minute(), wire.syns(0));
    println!(
        "black hole, 64 devices, 35 s: {attempts} attempts, {failed} failed, {syns} SYNs, {} NAT entries",
        wire.most_nat_entries(0)
    );
    assert!(
        outage.live("s0").is_empty(),
        "still called live in a black hole: {:?}",
        outage.live("s0")
    );
    assert!(attempts >= 2, "a canary probes: {attempts} attempts");
    assert!(
        failed <= 12,
        "{failed} failed attempts in the first minute\n{}",
        outage.tail(80)
    );
    assert!(syns <= 2 * attempts as u64, "{syns} SYNs for {attempts} attempts");
    assert!(
        wire.most_nat_entries(0) <= 12,
        "{} NAT entries in SYN_SENT",
        wire.most_nat_entries(0)
    );
    assert!(
        wire.most_half_open() <= 8,
        "{} half-open at once",
        wire.most_half_open()
    );
    let first = watch.until(PATIENCE, |log| !log.live("s0").is_empty()).ok();
    watch.until_live("s0", 64, PATIENCE);
    let back = up.elapsed();
    let ramp = watch.log().between(up, Instant::now());
    println!(
        "back: first picture after {first:.1?}, all live after {back:.1?}, {} dials in flight at most",
        ramp.most_at_once()
    );
    assert!(
        ramp.most_at_once() <= 8,
        "{} dials in flight in the ramp",
        ramp.most_at_once()
    );
    let log = watch.stop();
    assert_eq!(
        log.most_in(5.0, |line| line.event == "attempt" && line.text("device") == "s0-001")
            .min(2),
        1,
        "5 s between two connects to a device"
    );
}

#[test]
fn dead_and_refusing_devices_do_not_disturb_the_others() {
    if skipped("natlab: one device dead, one refuses") {
        return;
    }
    let story = Story::build(&[32]);
    story.lab().kill_device(0, 0, true);
    story.lab().refuse_device(0, 1, true);
    let watch = story.watch();
    let begin = Instant::now();
    watch.until_live("s0", 30, PATIENCE);
    std::thread::sleep(seconds(30));
    let log = watch.log();
    let failed = log.failed_in_any_minute();
    println!(
        "32 devices, one dead, one refuses: {failed} failed attempts in a minute, {} SYNs",
        story.gauge.between(begin, Instant::now()).syns(0)
    );
    assert!(failed <= 12, "{failed} failed attempts\n{}", log.tail(60));
    assert!(
        log.of("outcome")
            .any(|line| line.text("device") == "s0-001" && line.text("result") == "timeout")
    );
    assert!(
        log.of("outcome")
            .any(|line| line.text("device") == "s0-002" && line.text("result") == "refused")
    );
    assert!(
        log.of("site").all(|line| line.text("state") != "outage"),
        "two of 32 are no outage"
    );
    let healthy = |log: &Log| {
        (3..=32).all(|number| {
            log.live("s0")
                .iter()
                .any(|(device, _)| *device == format!("s0-{number:03}"))
        })
    };
    assert!(healthy(&log), "every healthy device stays live");
    story.lab().kill_device(0, 0, false);
    story.lab().refuse_device(0, 1, false);
    watch.until_live("s0", 32, PATIENCE);
}

#[test]
fn a_dead_site_does_not_disturb_the_other() {
    if skipped("natlab: two sites, one dies") {
        return;
    }
    let story = Story::build(&[8, 8]);
    let watch = story.watch();
    watch.until_live("s0", 8, PATIENCE);
    watch.until_live("s1", 8, PATIENCE);
    let down = Instant::now();
    story.lab().black_hole(0, true);
    std::thread::sleep(seconds(30));
    let outage = watch.log().between(down, Instant::now());
    let wire = story.gauge.between(down, Instant::now());
    println!(
        "two sites of 8, one dead for 30 s: {} attempts at it, {} at the other",
        outage.at_site("s0").attempts(),
        outage.at_site("s1").attempts()
    );
    assert_eq!(
        (outage.at_site("s1").attempts(), wire.syns(1)),
        (0, 0),
        "the healthy site is left alone"
    );
    assert_eq!(watch.log().live("s1").len(), 8, "the healthy site stays live");
    assert!(outage.at_site("s0").failed_in_any_minute() <= 12);
    assert!(
        outage
            .of("site")
            .any(|line| line.text("site") == "s0" && line.text("state") == "outage"),
        "{}",
        outage.tail(40)
    );
    assert!(
        outage
            .of("site")
            .all(|line| line.text("site") != "s1" || line.text("state") == "up")
    );
}

#[test]
fn refused_by_all_after_the_servers_ended() {
    if skipped("natlab: RST") {
        return;
    }
    let story = Story::build(&[16]);
    let watch = story.watch();
    watch.until_live("s0", 16, PATIENCE);
    let down = Instant::now();
    story.lab().stop_server(0);
    std::thread::sleep(seconds(25));
    let outage = watch.log().between(down, Instant::now());
    let wire = story.gauge.between(down, Instant::now());
    println!(
        "16 devices refuse for 25 s: {} attempts, {} SYNs",
        outage.attempts(),
        wire.syns(0)
    );
    assert!(outage.failed_in_any_minute() <= 12, "{}", outage.tail(60));
    assert!(wire.syns(0) <= 12, "{} SYNs", wire.syns(0));
    story.lab().start_server(0);
    watch.until_live("s0", 16, PATIENCE);
}

#[test]
fn a_pulled_cable_means_silence_until_it_is_back() {
    if skipped("natlab: cable pulled") {
        return;
    }
    let story = Story::build(&[8]);
    let watch = story.watch();
    watch.until_live("s0", 8, PATIENCE);
    let down = Instant::now();
    story.lab().pull_cable(true);
    std::thread::sleep(seconds(25));
    let outage = watch.log().between(down, Instant::now());
    let wire = story.gauge.between(down, Instant::now());
    println!(
        "cable pulled for 25 s: {} attempts, {} SYNs",
        outage.attempts(),
        wire.syns_at_pc()
    );
    assert_eq!(
        (outage.attempts(), wire.syns_at_pc()),
        (0, 0),
        "nothing is tried without a network\n{}",
        outage.tail(40)
    );
    story.lab().pull_cable(false);
    let back = watch.until_live("s0", 8, PATIENCE);
    println!("plugged in again: all live after {back:.1?}");
}

#[test]
fn a_router_that_restarts_is_not_flooded() {
    if skipped("natlab: router restart") {
        return;
    }
    let story = Story::build(&[16]);
    let watch = story.watch();
    watch.until_live("s0", 16, PATIENCE);
    let down = Instant::now();
    story.lab().router_off(true);
    std::thread::sleep(seconds(15));
    story.lab().router_off(false);
    let back = watch
        .until(PATIENCE, |log| {
            log.between(down + seconds(15), Instant::now()).live("s0").len() == 16
        })
        .ok();
    let log = watch.log().between(down, Instant::now());
    let wire = story.gauge.between(down, Instant::now());
    println!(
        "router off for 15 s: all live after {back:.1?}, {} failed attempts, {} SYNs",
        log.failed_in_any_minute(),
        wire.syns_at_pc()
    );
    assert!(back.is_some(), "not all live again\n{}", log.tail(40));
    assert!(log.failed_in_any_minute() <= 12, "{}", log.tail(60));
}

#[test]
fn a_flapping_site_stays_within_the_limits() {
    if skipped("natlab: flapping") {
        return;
    }
    let story = Story::build(&[16]);
    let watch = story.watch();
    let begin = Instant::now();
    for up in [6, 3, 9, 1] {
        std::thread::sleep(seconds(up));
        story.lab().black_hole(0, true);
        std::thread::sleep(seconds(9));
        story.lab().black_hole(0, false);
    }
    watch.until_live("s0", 16, PATIENCE);
    let log = watch.log();
    let wire = story.gauge.between(begin, Instant::now());
    println!(
        "16 devices flapping: {} attempts, {} failed in a minute, {} SYNs",
        log.attempts(),
        log.failed_in_any_minute(),
        wire.syns(0)
    );
    assert!(log.failed_in_any_minute() <= 12, "{}", log.tail(80));
    let too_soon = (1..=16)
        .map(|n| format!("s0-{n:03}"))
        .find(|name| log.most_in(4.9, |line| line.event == "attempt" && line.text("device") == name) > 1);
    assert_eq!(too_soon, None, "5 s between two connects to a device");
}

#[test]
fn internal_network_only_sends_nothing_outside() {
    if skipped("natlab: internal network only") {
        return;
    }
    let story = Story::without_devices(&[4]);
    story
        .lab()
        .set_hosts(&format!("127.0.0.1 localhost\n{} moving.test\n", Lab::address(0, 3)));
    let profile = story.profile();
    for (name, host, port) in [
        ("s0-inside", Lab::address(0, 0).to_string(), PORT),
        ("s0-outside", PUBLIC.to_string(), PORT),
        ("s0-mapped", format!("[::ffff:{PUBLIC}]"), PORT),
        ("s0-redirects", Lab::address(0, 1).to_string(), REDIRECTING_PORT),
        ("s0-foreign", Lab::address(0, 2).to_string(), FOREIGN_PORT),
        ("s0-moving", "moving.test".to_owned(), PORT),
    ] {
        add_device(profile, "s0", name, &format!("rtsp://{host}:{port}/live/1"));
    }
    set(profile, "internal-network-only", "true");
    let watch = story.watch();
    let live = |log: &Log, name: &str| log.live("s0").iter().any(|(device, _)| device == name);
    let state = |log: &Log, name: &str| {
        log.states("s0")
            .into_iter()
            .find(|((device, _), _)| device == name)
            .map(|(_, state)| state)
    };
    let inside = ["s0-inside", "s0-foreign", "s0-moving"];
    let outside = ["s0-outside", "s0-mapped", "s0-redirects"];
    let begin = Instant::now();
    let settled = watch.until(PATIENCE, |log| {
        inside.iter().all(|name| live(log, name))
            && outside
                .iter()
                .all(|name| state(log, name).as_deref() == Some("refused"))
    });
    assert!(settled.is_ok(), "{:?}", watch.log().states("s0"));

    // The name moves to a public address; its stream is cut and must come back through a look-up.
    story
        .lab()
        .set_hosts(&format!("127.0.0.1 localhost\n{PUBLIC} moving.test\n"));
    story.lab().refuse_device(0, 3, true);
    let moved = watch.until(PATIENCE, |log| state(log, "s0-moving").as_deref() == Some("refused"));
    assert!(moved.is_ok(), "{:?}", watch.log().states("s0"));
    assert_eq!(
        story.gauge.between(begin, Instant::now()).packets_to_public(),
        0,
        "not one packet outside"
    );

    set(profile, "internal-network-only", "false");
    let out = watch.until(PATIENCE, |log| live(log, "s0-outside") && live(log, "s0-moving"));
    assert!(out.is_ok(), "{:?}", watch.log().states("s0"));

    set(profile, "internal-network-only", "true");
    let closed = watch
        .until(seconds(10), |log| !live(log, "s0-outside") && !live(log, "s0-moving"))
        .ok();
    println!("internal network only: closed {closed:.1?} after the setting");
    assert!(closed.is_some(), "{:?}", watch.log().states("s0"));
    // Their last packets (FIN and its acknowledgement) are under way.
    std::thread::sleep(seconds(2));
    let quiet = Instant::now();
    std::thread::sleep(seconds(6));
    assert_eq!(
        story.gauge.between(quiet, Instant::now()).packets_to_public(),
        0,
        "not one packet outside"
    );
    assert!(live(&watch.log(), "s0-inside"), "inside goes on");
}
