//! The policies on packets: PC – NAT router – 64 real RTSP servers in network namespaces, a laboratory for each policy.

mod client;
#[path = "../../../tests/it/natlab/gauge.rs"]
#[allow(dead_code, reason = "the tests use more of it than the bench does")]
mod gauge;
#[path = "../../../tests/it/natlab/lab.rs"]
#[allow(dead_code, reason = "the tests use more of it than the bench does")]
mod lab;
#[path = "../../../tests/it/natlab/server.rs"]
mod server;
#[path = "../../../tests/it/natlab/story.rs"]
#[allow(dead_code, reason = "the tests use more of it than the bench does")]
mod story;
#[path = "../../../tests/it/natlab/syns.rs"]
#[allow(dead_code, reason = "the tests use more of it than the bench does")]
mod syns;

use std::time::{Duration, Instant};

use crate::peers::PEERS;
use crate::watch::Watch;
use lab::Lab;
use story::Story;

const CAMERAS: u32 = 64;
const SITE: &str = "s0";
const PATIENCE: Duration = Duration::from_secs(240);
/// The end of an outage, longer than the router holds an unanswered connect.
const STEADY: Duration = Duration::from_secs(125);
const MINUTE: Duration = Duration::from_secs(60);

/// Whether this process is one that the laboratory runs inside a namespace; then its work is done.
pub fn inside() -> bool {
    server::serve_if_asked() || client::run_if_asked()
}

#[derive(Clone, Copy)]
enum Fault {
    /// Everything to and from the site vanishes.
    BlackHole,
    /// The servers end; their host answers with RST.
    Rst,
}

/// What one outage cost.
struct Figures {
    name: String,
    start: f64,
    first_minute: usize,
    per_minute: f64,
    syns_per_minute: f64,
    entries: usize,
    first_picture: f64,
    all_live: f64,
}

pub fn print() {
    if let Some(why) = Lab::missing() {
        crate::skipped::skip("the policies in network namespaces", &why);
        return;
    }
    println!(
        "\nIn network namespaces: {CAMERAS} real RTSP servers behind a NAT router, all policies at the same time, each in a"
    );
    println!(
        "laboratory of its own. SYNs (nft) and entries in SYN_SENT (conntrack) are counted at the router. Monomi is the"
    );
    println!(
        "program itself (`watch --json`), its first picture is a decoded one; a peer is a small loop that connects, asks with"
    );
    println!("DESCRIBE, SETUP and PLAY, and has its first picture when the first packet of media arrives.");
    for (fault, title, length) in [
        (Fault::BlackHole, "Black hole", Duration::from_secs(300)),
        (Fault::Rst, "RST", Duration::from_secs(240)),
    ] {
        println!("\n### {title}, {} min\n", length.as_secs() / 60);
        println!(
            "| policy | attempts, first minute | attempts/min, steady | SYNs/min, steady | NAT entries in SYN_SENT | site back → first picture | → all live | start: all live |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        // Which policy: its place among the peers, after them ours.
        let threads: Vec<_> = (0..=PEERS.len())
            .map(|policy| {
                let run = move || outage(policy, fault, length);
                let thread = std::thread::Builder::new().name(format!("policy {policy}"));
                thread.spawn(run).expect("a thread")
            })
            .collect();
        for thread in threads {
            let run = thread.join().expect("an outage");
            println!(
                "| {} | {} | {:.1} | {:.1} | {} | {:.1} s | {:.1} s | {:.1} s |",
                run.name,
                run.first_minute,
                run.per_minute,
                run.syns_per_minute,
                run.entries,
                run.first_picture,
                run.all_live,
                run.start
            );
        }
    }
    println!("\n{}", load());
}

fn outage(policy: usize, fault: Fault, length: Duration) -> Figures {
    let all = CAMERAS as usize;
    let story = if policy < PEERS.len() {
        Story::without_devices(&[CAMERAS])
    } else {
        Story::build(&[CAMERAS])
    };
    let begin = Instant::now();
    let (name, watch) = match PEERS.get(policy) {
        Some((name, _)) => ((*name).to_owned(), Watch::start(client::command(&story, policy))),
        None => ("**Monomi**".to_owned(), story.watch()),
    };
    watch.until_live(SITE, all, PATIENCE);
    let start = begin.elapsed().as_secs_f64();
    // A stream has proved itself by then.
    std::thread::sleep(MINUTE + Duration::from_secs(2));
    let down = Instant::now();
    match fault {
        Fault::BlackHole => story.lab().black_hole(0, true),
        Fault::Rst => story.lab().stop_server(0),
    }
    std::thread::sleep(length);
    let up = Instant::now();
    match fault {
        Fault::BlackHole => story.lab().black_hole(0, false),
        Fault::Rst => story.lab().start_server(0),
    }
    // By the watch's own clock, for a busy machine reads late.
    watch.until_live(SITE, all, PATIENCE);
    let (first_picture, all_live) = back(&watch, up);
    let log = watch.stop();
    let begun = |from: Instant, to: Instant| log.between(from, to).attempts();
    let steady = up - STEADY;
    let wire = story.gauge.between(steady, up);
    assert_eq!(
        story.gauge.between(begin, Instant::now()).packets_to_public(),
        0,
        "{name} sent packets elsewhere"
    );
    let minutes = STEADY.as_secs_f64() / 60.0;
    // A stall shows after 10 s: the first minute is the worse of the one after the drop and the one after it shows.
    let shows = down + Duration::from_secs(10);
    Figures {
        name,
        start,
        first_minute: begun(down, down + MINUTE).max(begun(shows, shows + MINUTE)),
        per_minute: begun(steady, up) as f64 / minutes,
        syns_per_minute: wire.syns(0) as f64 / minutes,
        entries: wire.most_nat_entries(0),
        first_picture,
        all_live,
    }
}

/// Seconds after which the first and the last stream were live again.
fn back(watch: &Watch, up: Instant) -> (f64, f64) {
    let log = watch.log().between(up, Instant::now());
    let lives = log.of("state").filter(|line| line.text("state") == "live");
    let since = |line: &crate::watch::Line| line.at.saturating_duration_since(up).as_secs_f64();
    lives.fold((f64::INFINITY, 0.0), |(first, last), line| {
        (since(line).min(first), since(line).max(last))
    })
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let averages: Vec<&str> = load.split(' ').take(3).collect();
    format!("{cores} cores, load at the end (1, 5, 15 min): {}", averages.join(", "))
}
