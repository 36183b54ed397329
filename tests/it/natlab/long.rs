//! The long cases (`make natlab`): the table of limits, targets and measured figures.

use std::time::{Duration, Instant};

use super::{Story, skipped};
use crate::watch::{Watch, monomi};

const PATIENCE: Duration = Duration::from_secs(180);

/// Only `MONOMI_NATLAB=long` wants these.
fn wanted() -> bool {
    std::env::var("MONOMI_NATLAB").is_ok_and(|size| size == "long") && !skipped("natlab: the long cases")
}

/// One row of the table.
struct Row {
    what: String,
    limit: f64,
    target: Option<f64>,
    unit: &'static str,
    measured: f64,
}

impl Row {
    fn new(
        what: impl Into<String>,
        limit: f64,
        target: impl Into<Option<f64>>,
        unit: &'static str,
        measured: f64,
    ) -> Self {
        Self {
            what: what.into(),
            limit,
            target: target.into(),
            unit,
            measured,
        }
    }
}

fn print(title: &str, rows: &[Row]) {
    println!("\n### {title}\n\n| | hard limit | target | measured |\n|---|---|---|---|");
    for Row {
        what,
        limit,
        target,
        unit,
        measured,
    } in rows
    {
        let target = target.map(|target| format!("{target}{unit}")).unwrap_or_default();
        let over = if measured > limit { " **over**" } else { "" };
        let limit = if limit.is_finite() {
            format!("{limit}{unit}")
        } else {
            String::new()
        };
        println!("| {what} | {limit} | {target} | {measured:.1}{unit}{over} |");
    }
    let over: Vec<&str> = rows
        .iter()
        .filter(|row| row.measured > row.limit)
        .map(|row| row.what.as_str())
        .collect();
    assert!(over.is_empty(), "over the hard limit: {}", over.join(", "));
}

/// Seconds from now until the first and until all `count` streams of `site` are live again.
fn recovery(watch: &Watch, site: &str, count: usize) -> (f64, f64) {
    let begin = Instant::now();
    let first = watch.until(PATIENCE, |log| !log.live(site).is_empty());
    assert!(first.is_ok(), "nothing came back");
    let first = begin.elapsed().as_secs_f64();
    watch.until_live(site, count, PATIENCE);
    (first, begin.elapsed().as_secs_f64())
}

#[test]
fn one_site_of_64_and_of_256_devices() {
    if !wanted() {
        return;
    }
    for devices in [64, 256] {
        let story = Story::build(&[devices]);
        let all = devices as usize;
        let begin = Instant::now();
        let watch = story.watch();
        watch.until_live("s0", all, PATIENCE);
        let start = begin.elapsed().as_secs_f64();
        let down = Instant::now();
        story.lab().black_hole(0, true);
        std::thread::sleep(Duration::from_secs(250));
        let up = Instant::now();
        story.lab().black_hole(0, false);
        // The first minute counts from the first failed attempt: streams are noticed as lost some seconds after the drop.
        let whole = watch.log().between(down, up);
        let first_failure = whole
            .lines
            .iter()
            .find(|line| line.is_failure())
            .expect("a failed attempt")
            .at;
        let first_minute = whole.between(first_failure, first_failure + Duration::from_secs(60));
        let minute_on = first_failure + Duration::from_secs(60);
        let (steady, wire) = (watch.log().between(minute_on, up), story.gauge.between(minute_on, up));
        let over_all = story.gauge.between(down, up);
        let (first, live) = recovery(&watch, "s0", all);
        let ramp = watch.log().between(up, Instant::now());
        let mut rows = vec![
            Row::new(
                "failed attempts in any minute, steady outage",
                6.0,
                2.0,
                "",
                steady.failed_in_any_minute() as f64,
            ),
            Row::new(
                "failed attempts in the first minute",
                12.0,
                8.0,
                "",
                first_minute.lines.iter().filter(|l| l.is_failure()).count() as f64,
            ),
            Row::new(
                "SYN packets a minute at the router, steady",
                12.0,
                4.0,
                "",
                wire.most_syns_in_a_minute(0) as f64,
            ),
            Row::new(
                "SYNs an attempt",
                2.0,
                2.0,
                "",
                over_all.syns(0) as f64 / whole.attempts().max(1) as f64,
            ),
            Row::new(
                "NAT entries in SYN_SENT, steady",
                4.0,
                1.0,
                "",
                wire.most_nat_entries(0) as f64,
            ),
            Row::new(
                "attempts under way at once, steady outage",
                1.0,
                None,
                "",
                steady.most_at_once() as f64,
            ),
            Row::new(
                "attempts under way at once, ramp",
                8.0,
                None,
                "",
                ramp.most_at_once() as f64,
            ),
            Row::new(
                "half-open sockets at once",
                8.0,
                None,
                "",
                story.gauge.between(begin, Instant::now()).most_half_open() as f64,
            ),
            Row::new("site back → first picture", 36.0, 15.0, " s", first),
        ];
        if devices == 64 {
            rows.push(Row::new("start, all healthy: 64 devices live", 20.0, 12.0, " s", start));
            rows.push(Row::new("site back → all 64 live", 60.0, 30.0, " s", live));
        } else {
            println!("256 devices: all live {start:.1} s after the start, {live:.1} s after the site was back");
        }
        print(&format!("One site of {devices} devices, black hole for 250 s"), &rows);
    }
}

#[test]
fn coming_back_after_outages_of_many_lengths() {
    if !wanted() {
        return;
    }
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    let (mut firsts, mut alls) = (Vec::new(), Vec::new());
    for outage in [17, 31, 45, 58, 72, 94, 20, 37] {
        story.lab().black_hole(0, true);
        std::thread::sleep(Duration::from_secs(outage));
        story.lab().black_hole(0, false);
        let (first, all) = recovery(&watch, "s0", 64);
        println!("outage of {outage} s: first picture after {first:.1} s, all live after {all:.1} s");
        firsts.push(first);
        alls.push(all);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let rows = [
        Row::new(
            "site back → first picture, longest of 8",
            36.0,
            None,
            " s",
            most(&firsts),
        ),
        Row::new("site back → first picture, mean of 8", 36.0, 15.0, " s", mean(&firsts)),
        Row::new("site back → all 64 live, longest of 8", 60.0, None, " s", most(&alls)),
        Row::new("site back → all 64 live, mean of 8", 60.0, 30.0, " s", mean(&alls)),
    ];
    print("One site of 64 devices, eight outages", &rows);
}

#[test]
fn some_devices_dead_for_minutes() {
    if !wanted() {
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
        std::thread::sleep(Duration::from_secs(240));
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
fn one_dvr_of_16_channels_starts() {
    if !wanted() {
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
fn twenty_sites_down_at_once() {
    if !wanted() {
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
    std::thread::sleep(Duration::from_secs(120));
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
fn flapping_for_ten_minutes() {
    if !wanted() {
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
        std::thread::sleep(Duration::from_secs(up));
        story.lab().black_hole(0, true);
        std::thread::sleep(Duration::from_secs(down));
        story.lab().black_hole(0, false);
    }
    watch.until_live("s0", 64, PATIENCE);
    let log = watch.log();
    let wire = story.gauge.between(begin, Instant::now());
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
            wire.most_syns_in_a_minute(0) as f64,
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
