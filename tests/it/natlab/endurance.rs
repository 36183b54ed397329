//! A quarter of an hour against servers that come and go (`make endurance`): nothing that the process holds may grow.

use std::time::{Duration, Instant};

use super::skipped;
use super::story::Story;
use super::table::percentile;
use crate::watch::{Log, Watch};

const PATIENCE: Duration = Duration::from_secs(180);
const DEVICES: u32 = 64;
/// What is allocated once (codecs, threads of pools, the allocator's arenas) is allocated by then.
const WARM_UP: Duration = Duration::from_secs(4 * 60);

/// One reading of the process by itself, a little after all streams were live again.
#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Duration,
    open_fds: f64,
    threads: f64,
    rss_kib: f64,
}

#[test]
#[ignore = "takes a quarter of an hour: make endurance"]
fn nothing_grows_while_servers_flap() {
    if skipped("natlab: endurance") {
        return;
    }
    let minutes = std::env::var("MONOMI_ENDURANCE_MINUTES").map_or(15, |text| text.parse().expect("minutes"));
    let story = Story::build(&[DEVICES]);
    let begin = Instant::now();
    let watch = story.watch();
    watch.until_live("s0", DEVICES as usize, PATIENCE);
    let mut readings = Vec::new();
    let mut flaps = 0_u64;
    while begin.elapsed() < Duration::from_secs(60 * minutes) {
        readings.extend(settled(&watch, begin));
        let what = fault(&story, flaps);
        flaps += 1;
        let took = watch.until_live("s0", DEVICES as usize, PATIENCE);
        println!("{what}: all live after {took:.1?}");
    }
    readings.extend(settled(&watch, begin));
    let log = watch.log();
    println!(
        "{DEVICES} devices, {minutes} min, {flaps} outages, {} attempts, {} failed; each line with all live again:",
        log.attempts(),
        log.lines.iter().filter(|line| line.is_failure()).count()
    );
    for Reading {
        at,
        open_fds,
        threads,
        rss_kib,
    } in &readings
    {
        println!(
            "{:5.0} s: {open_fds} fds, {threads} threads, {:.1} MiB",
            at.as_secs_f64(),
            rss_kib / 1024.0
        );
    }
    let warm: Vec<Reading> = readings.into_iter().filter(|reading| reading.at >= WARM_UP).collect();
    assert!(
        warm.len() >= 6,
        "{} readings after the warm-up are too few to judge by",
        warm.len()
    );
    let (early, late) = warm.split_at(warm.len() / 2);
    let median = |half: &[Reading], of: fn(&Reading) -> f64| percentile(&half.iter().map(of).collect::<Vec<_>>(), 50);
    let growth = |of: fn(&Reading) -> f64| (median(early, of), median(late, of));
    let (fds, threads, rss) = (
        growth(|reading| reading.open_fds),
        growth(|reading| reading.threads),
        growth(|reading| reading.rss_kib / 1024.0),
    );
    println!("medians of the earlier and the later half: fds {fds:?}, threads {threads:?}, MiB {rss:.1?}");
    // One descriptor or thread leaked by each outage or stream would be far more.
    assert!(fds.1 <= fds.0 + 2.0, "open descriptors grew: {fds:?}");
    assert!(threads.1 <= threads.0 + 2.0, "threads grew: {threads:?}");
    assert!(rss.1 <= rss.0 * 1.02 + 1.0, "resident memory grew: {rss:.1?} MiB");
    assert_eq!(
        log.of("stats").last().map(|line| line.fields["lines_dropped"].clone()),
        Some(0.into())
    );
}

/// All sorts in turn; ends when the servers serve again.
fn fault(story: &Story, number: u64) -> &'static str {
    let pause = |seconds: u64| std::thread::sleep(Duration::from_secs(seconds));
    match number % 4 {
        0 => {
            story.lab().black_hole(0, true);
            pause(13);
            story.lab().black_hole(0, false);
            "black hole for 13 s"
        }
        1 => {
            story.lab().stop_server(0);
            pause(6);
            story.lab().start_server(0);
            "servers down for 6 s"
        }
        2 => {
            for device in 0..DEVICES / 2 {
                story.lab().refuse_device(0, device, true);
            }
            pause(12);
            for device in 0..DEVICES / 2 {
                story.lab().refuse_device(0, device, false);
            }
            "half of the devices refuse for 12 s"
        }
        _ => {
            for _ in 0..3 {
                story.lab().stop_server(0);
                pause(1);
                story.lab().start_server(0);
                pause(2);
            }
            "servers restart three times"
        }
    }
}

/// The first figures of the process once all streams have been live for some seconds.
fn settled(watch: &Watch, begin: Instant) -> Option<Reading> {
    let from = Instant::now() + Duration::from_secs(6);
    let reading = |log: &Log| {
        let line = log.lines.iter().rev().find(|line| line.event == "stats")?;
        let figure = |name: &str| line.fields[name].as_f64();
        (line.at >= from && line.fields["live"] == line.fields["wanted"]).then_some(())?;
        Some(Reading {
            at: line.at - begin,
            open_fds: figure("open_fds")?,
            threads: figure("threads")?,
            rss_kib: figure("rss_kib")?,
        })
    };
    let mut found = None;
    let _ = watch.until(Duration::from_secs(30), |log| {
        found = reading(log);
        found.is_some()
    });
    found
}
