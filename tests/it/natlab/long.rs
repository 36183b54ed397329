//! The long cases (`make natlab`): the table of limits, targets and measured figures.

use std::time::{Duration, Instant};

use super::skipped;
use super::story::Story;
use super::table::{Row, print};
use crate::watch::{Log, Watch, monomi};

/// For anything that the machine does by itself, such as getting live.
const PATIENCE: Duration = Duration::from_secs(180);

/// So much media proves a stream.
pub const PROVEN: Duration = Duration::from_secs(62);

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Seconds from now until the first and until all `count` streams of `site` are live again.
pub fn recovery(watch: &Watch, site: &str, count: usize, patience: Duration) -> (f64, f64) {
    let begin = Instant::now();
    let first = watch.until(patience, |log| !log.live(site).is_empty());
    assert!(first.is_ok(), "nothing came back");
    let first = begin.elapsed().as_secs_f64();
    watch.until_live(site, count, patience);
    (first, begin.elapsed().as_secs_f64())
}

/// An outage in two: its first minute and what is steady after it. The minute counts from the first failed attempt, for
/// streams are noticed as lost some seconds after the drop.
struct Outage {
    first_minute: Log,
    steady: Log,
    steady_from: Instant,
}

impl Outage {
    fn of(log: &Log) -> Self {
        let first = log
            .lines
            .iter()
            .find(|line| line.is_failure())
            .expect("a failed attempt")
            .at;
        let (steady_from, end) = (first + seconds(60), Instant::now() + seconds(1));
        Self {
            first_minute: log.between(first, steady_from),
            steady: log.between(steady_from, end),
            steady_from,
        }
    }
}

fn failures(log: &Log) -> f64 {
    log.lines.iter().filter(|line| line.is_failure()).count() as f64
}

fn one_site(devices: u32) {
    let all = devices as usize;
    // Two cores draw and decode 1,024 pictures a second, not 5,120.
    let story = Story::with_pictures(&[devices], if devices > 256 { 1 } else { 5 });
    let patience = PATIENCE + seconds(u64::from(devices) / 2);
    let begin = Instant::now();
    let watch = story.watch();
    watch.until_live("s0", all, patience);
    let start = begin.elapsed().as_secs_f64();
    std::thread::sleep(PROVEN);
    let (down, up) = held(seconds(250), |on| story.lab().black_hole(0, on));
    let whole = watch.log().between(down, up);
    let outage = Outage::of(&whole);
    let wire = story.gauge.between(outage.steady_from, up);
    let syns = story.lab().syns().between(outage.steady_from, up).most_in_a_minute();
    let over_all = story.gauge.between(down, up);
    let (first, live) = recovery(&watch, "s0", all, patience);
    let ramp = watch.log().between(up, Instant::now());
    let row = Row::new;
    let mut rows = vec![
        row(
            "failed attempts in any minute, steady outage",
            6.0,
            Some(2.0),
            "",
            outage.steady.failed_in_any_minute() as f64,
        ),
        row(
            "failed attempts a minute, steady outage, mean",
            6.0,
            Some(2.0),
            "",
            failures(&outage.steady) * 60.0 / up.duration_since(outage.steady_from).as_secs_f64(),
        ),
        row(
            "failed attempts in the first minute",
            12.0,
            Some(8.0),
            "",
            failures(&outage.first_minute),
        ),
        row(
            "SYN packets in any minute at the router, steady",
            12.0,
            Some(4.0),
            "",
            syns as f64,
        ),
        row(
            "SYNs an attempt",
            2.0,
            Some(2.0),
            "",
            over_all.syns(0) as f64 / whole.attempts().max(1) as f64,
        ),
        row(
            "NAT entries in SYN_SENT, steady",
            4.0,
            Some(1.0),
            "",
            wire.most_nat_entries(0) as f64,
        ),
        row(
            "attempts under way at once, steady outage",
            1.0,
            None,
            "",
            outage.steady.most_at_once() as f64,
        ),
        row(
            "attempts under way at once, ramp",
            8.0,
            None,
            "",
            ramp.most_at_once() as f64,
        ),
        row(
            "half-open sockets at once",
            8.0,
            None,
            "",
            story.gauge.between(begin, Instant::now()).most_half_open() as f64,
        ),
        row("site back → first picture", 36.0, Some(15.0), " s", first),
    ];
    // The table gives times for 64.
    let (start_limits, live_limits) = match devices {
        64 => ((20.0, Some(12.0)), (60.0, Some(30.0))),
        _ => ((f64::INFINITY, None), (f64::INFINITY, None)),
    };
    rows.push(row(
        "start, all healthy: all live",
        start_limits.0,
        start_limits.1,
        " s",
        start,
    ));
    rows.push(row("site back → all live", live_limits.0, live_limits.1, " s", live));
    // Its last words reach nobody, and it waits for no answer.
    story.lab().black_hole(0, true);
    let end = watch.time_to_end().as_secs_f64();
    rows.push(row(
        "SIGTERM while the site is silent → the program has ended",
        2.0,
        None,
        " s",
        end,
    ));
    print(&format!("One site of {devices} devices, black hole for 250 s"), &rows);
}

/// Breaks something for this long; when it was broken, and when it was whole again.
fn held(time: Duration, broken: impl Fn(bool)) -> (Instant, Instant) {
    let down = Instant::now();
    broken(true);
    std::thread::sleep(time);
    let up = Instant::now();
    broken(false);
    (down, up)
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn one_site_of_64_devices() {
    if !skipped("natlab: one site") {
        one_site(64);
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn one_site_of_256_devices() {
    if !skipped("natlab: one site") {
        one_site(256);
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn one_site_of_1024_devices() {
    if !skipped("natlab: one site") {
        one_site(1024);
    }
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn all_64_refuse_for_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    std::thread::sleep(PROVEN);
    let down = Instant::now();
    story.lab().stop_server(0);
    std::thread::sleep(seconds(200));
    let up = Instant::now();
    story.lab().start_server(0);
    let outage = Outage::of(&watch.log().between(down, up));
    let syns = story.lab().syns().between(outage.steady_from, up).most_in_a_minute();
    let (first, live) = recovery(&watch, "s0", 64, PATIENCE);
    print(
        "64 devices refuse (RST) for 200 s",
        &[
            Row::new(
                "failed attempts in any minute, steady",
                6.0,
                2.0,
                "",
                outage.steady.failed_in_any_minute() as f64,
            ),
            Row::new(
                "failed attempts in the first minute",
                12.0,
                8.0,
                "",
                failures(&outage.first_minute),
            ),
            Row::new(
                "SYN packets in any minute at the router, steady",
                12.0,
                4.0,
                "",
                syns as f64,
            ),
            Row::new("site back → first picture", 36.0, 15.0, " s", first),
            Row::new("site back → all 64 live", 60.0, 30.0, " s", live),
        ],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn some_devices_dead_for_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let mut rows = Vec::new();
    for dead in [1, 16] {
        let story = Story::build(&[64]);
        for number in 0..dead {
            story.lab().kill_device(0, number, true);
        }
        let watch = story.watch();
        watch.until_live("s0", 64 - dead as usize, PATIENCE);
        std::thread::sleep(seconds(240));
        let what = format!("partial outage, {dead} of 64 dead: failed attempts in any minute");
        rows.push(Row::new(
            what,
            12.0,
            None,
            "",
            watch.log().failed_in_any_minute() as f64,
        ));
    }
    print("Partial outage, four minutes", &rows);
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn one_dvr_of_16_channels_starts() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::without_devices(&[1]);
    let output = monomi(story.profile())
        .args([
            "device",
            "add",
            "--site",
            "s0",
            "--name",
            "s0-dvr",
            "--host",
            &super::lab::Lab::address(0, 0).to_string(),
        ])
        .args([
            "--main-path",
            "/live/{ch}",
            "--sub-path",
            "/live/{ch}",
            "--channels",
            "16",
        ])
        .output()
        .expect("the binary");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let begin = Instant::now();
    let watch = story.watch();
    watch.until_live("s0", 16, PATIENCE);
    print(
        "One DVR of 16 channels",
        &[Row::new(
            "start → 16 channels live",
            10.0,
            5.0,
            " s",
            begin.elapsed().as_secs_f64(),
        )],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn a_cable_is_pulled_for_three_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    std::thread::sleep(PROVEN);
    let (down, up) = held(seconds(180), |on| story.lab().pull_cable(on));
    let attempts = watch.log().between(down, up).attempts();
    let syns = story.gauge.between(down, up).syns_at_pc();
    let (first, live) = recovery(&watch, "s0", 64, PATIENCE);
    print(
        "64 devices, the PC's cable pulled for 180 s",
        &[
            Row::new("attempts", 0.0, None, "", attempts as f64),
            Row::new("SYN packets on the PC's wire", 0.0, None, "", syns as f64),
            Row::new("cable back (a free hint) → first picture", 36.0, 2.0, " s", first),
            Row::new("cable back → all 64 live", 60.0, 30.0, " s", live),
        ],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn a_router_restarts_for_two_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    std::thread::sleep(PROVEN);
    let (down, up) = held(seconds(120), |on| story.lab().router_off(on));
    let failed = watch.log().between(down, up).failed_in_any_minute();
    let syns = story.gauge.between(down, up).syns_at_pc();
    let (first, live) = recovery(&watch, "s0", 64, PATIENCE);
    print(
        "64 devices, the router is off for 120 s and forgets every session",
        &[
            Row::new("failed attempts in any minute", 12.0, 8.0, "", failed as f64),
            Row::new(
                "SYN packets on the PC's wire, both minutes",
                36.0,
                None,
                "",
                syns as f64,
            ),
            Row::new("router back → first picture", 36.0, 15.0, " s", first),
            Row::new("router back → all 64 live", 60.0, 30.0, " s", live),
        ],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn one_of_two_sites_of_64_dies_for_three_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[64, 64]);
    let watch = story.watch();
    for site in ["s0", "s1"] {
        watch.until_live(site, 64, PATIENCE);
    }
    let (down, up) = held(seconds(180), |on| story.lab().black_hole(0, on));
    let log = watch.log().between(down, up);
    let healthy = log.at_site("s1");
    let (first, live) = recovery(&watch, "s0", 64, PATIENCE);
    print(
        "Two sites of 64 devices, one dead for 180 s",
        &[
            Row::new("attempts at the healthy site", 0.0, None, "", healthy.attempts() as f64),
            Row::new(
                "streams of the healthy site that were not live all the time",
                0.0,
                None,
                "",
                healthy.of("state").count() as f64,
            ),
            Row::new(
                "failed attempts in any minute",
                12.0,
                8.0,
                "",
                log.failed_in_any_minute() as f64,
            ),
            Row::new("site back → first picture", 36.0, 15.0, " s", first),
            Row::new("site back → all 64 live", 60.0, 30.0, " s", live),
        ],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn twenty_sites_down_at_once() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[3; 20]);
    let watch = story.watch();
    for site in 0..20 {
        watch.until_live(&format!("s{site}"), 3, PATIENCE);
    }
    let down = Instant::now();
    for site in 1..20 {
        story.lab().black_hole(site, true);
    }
    std::thread::sleep(seconds(120));
    let log = watch.log().between(down, Instant::now());
    let in_a_second = log.most_in(1.0, |line| line.event == "attempt");
    let worst = (1..20)
        .map(|site| log.at_site(&format!("s{site}")).failed_in_any_minute())
        .max()
        .unwrap_or(0);
    print(
        "20 sites, 19 of them down",
        &[
            Row::new(
                "attempts in any second, whole process",
                4.0,
                None,
                "",
                in_a_second as f64,
            ),
            Row::new(
                "failed attempts in any minute, worst site",
                12.0,
                None,
                "",
                worst as f64,
            ),
            Row::new(
                "attempts at the healthy site",
                0.0,
                None,
                "",
                log.at_site("s0").attempts() as f64,
            ),
        ],
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn flapping_for_ten_minutes() {
    if skipped("natlab: long cases") {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    let begin = Instant::now();
    for (up, down) in [
        (5, 20),
        (59, 15),
        (30, 40),
        (12, 12),
        (45, 60),
        (20, 5),
        (55, 30),
        (40, 20),
        (10, 45),
    ] {
        std::thread::sleep(seconds(up));
        story.lab().black_hole(0, true);
        std::thread::sleep(seconds(down));
        story.lab().black_hole(0, false);
    }
    watch.until_live("s0", 64, PATIENCE);
    let log = watch.log();
    let wire = story.gauge.between(begin, Instant::now());
    let syns = story.lab().syns().most_in_a_minute();
    let rows = [
        Row::new(
            "failed attempts in any minute",
            12.0,
            None,
            "",
            log.failed_in_any_minute() as f64,
        ),
        Row::new(
            "SYN packets in any minute to dead addresses and live ones",
            f64::INFINITY,
            None,
            "",
            syns as f64,
        ),
        Row::new(
            "NAT entries in SYN_SENT",
            12.0,
            None,
            "",
            wire.most_nat_entries(0) as f64,
        ),
    ];
    print("64 devices flapping for ten minutes (up 5 to 59 s)", &rows);
}
