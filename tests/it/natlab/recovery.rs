//! How soon a site is back, over many outages (`make natlab`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::long::{PROVEN, recovery};
use super::skipped;
use super::story::Story;
use super::table::{Row, mean, most, percentile, print};
use crate::watch::Watch;

const PATIENCE: Duration = Duration::from_secs(180);
/// A stream that takes longer is told of, line by line.
const SLOW: f64 = 30.0;

#[derive(Clone, Copy)]
enum Fault {
    /// Everything to and from the site vanishes.
    BlackHole,
    /// The servers end and start again; in between their host answers with RST.
    Restart,
}

/// Outages of these lengths in seconds, `pause` of media between them: seconds to the first picture and to all, of each.
fn outages(fault: Fault, lengths: &[u64], pause: Duration) -> Vec<(f64, f64)> {
    let story = Story::build(&[64]);
    let watch = story.watch();
    watch.until_live("s0", 64, PATIENCE);
    let mut found = Vec::new();
    for length in lengths {
        std::thread::sleep(pause);
        let down = Instant::now();
        match fault {
            Fault::BlackHole => story.lab().black_hole(0, true),
            Fault::Restart => story.lab().stop_server(0),
        }
        std::thread::sleep(Duration::from_secs(*length));
        let up = Instant::now();
        match fault {
            Fault::BlackHole => story.lab().black_hole(0, false),
            Fault::Restart => story.lab().start_server(0),
        }
        let (first, all) = recovery(&watch, "s0", 64, PATIENCE);
        println!("outage of {length} s: first picture after {first:.1} s, all live after {all:.1} s");
        if all > SLOW {
            println!("{}", slow(&watch, down, up));
        }
        found.push((first, all));
    }
    found
}

/// What was said, since the drop, of the stream that came last.
fn slow(watch: &Watch, down: Instant, up: Instant) -> String {
    let log = watch.log().between(down, Instant::now());
    let mut lives = BTreeMap::new();
    for line in log
        .of("state")
        .filter(|line| line.text("state") == "live" && line.at > up)
    {
        lives.insert(line.text("device").to_owned(), line.t);
    }
    let last = lives
        .iter()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(device, _)| device.clone());
    let told = log.lines.iter().filter(|line| {
        let site = line.event == "site";
        site || line.event != "stats" && last.as_deref() == Some(line.text("device"))
    });
    told.map(|line| format!("  {}\n", line.fields)).collect()
}

fn rows(found: &[(f64, f64)]) -> [Row; 5] {
    let (firsts, alls): (Vec<f64>, Vec<f64>) = found.iter().copied().unzip();
    [
        Row::new("site back → first picture, mean", 36.0, 15.0, " s", mean(&firsts)),
        Row::new(
            "site back → first picture, p95",
            36.0,
            None,
            " s",
            percentile(&firsts, 95),
        ),
        Row::new("site back → all 64 live, mean", 60.0, 30.0, " s", mean(&alls)),
        Row::new("site back → all 64 live, p95", 60.0, None, " s", percentile(&alls, 95)),
        Row::new("site back → all 64 live, longest", 60.0, None, " s", most(&alls)),
    ]
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn coming_back_after_twenty_outages() {
    if skipped("natlab: recovery") {
        return;
    }
    // Four laboratories at once: a router, a site and a client each.
    let series: [&'static [u64]; 4] = [
        &[13, 61, 22, 40, 85],
        &[17, 55, 31, 72, 26],
        &[35, 15, 94, 20, 47],
        &[28, 78, 12, 50, 37],
    ];
    let threads = series.map(|lengths| {
        let run = move || outages(Fault::BlackHole, lengths, PROVEN);
        std::thread::Builder::new()
            .name("outages".to_owned())
            .spawn(run)
            .expect("a thread")
    });
    let found: Vec<(f64, f64)> = threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("a series of outages"))
        .collect();
    print(
        "One site of 64 devices, 20 outages of 12 to 94 s, a minute of media between",
        &rows(&found),
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn coming_back_after_eight_outages_on_each_others_heels() {
    if skipped("natlab: recovery") {
        return;
    }
    let found = outages(Fault::BlackHole, &[17, 31, 45, 58, 72, 94, 20, 37], Duration::ZERO);
    print(
        "One site of 64 devices, eight outages, each as soon as all are live again",
        &rows(&found),
    );
}

#[test]
#[ignore = "takes minutes: make natlab"]
fn coming_back_after_the_servers_restarted() {
    if skipped("natlab: recovery") {
        return;
    }
    let found = outages(Fault::Restart, &[6, 2, 15, 40, 90], PROVEN);
    print(
        "One site of 64 devices, its servers restart five times, 2 to 90 s",
        &rows(&found),
    );
}
