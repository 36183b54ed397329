//! What a log of millions costs: rows that are written in a second, and what the window waits for at 5 million of them.
//!
//! `cargo bench --bench log`; `MONOMI_BENCH_ROWS` for another number of rows, `MONOMI_BENCH_FOLDER` to keep the file (1.5 GB) and go on with it.

#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use device::{ChannelId, DeviceId, SiteId};
use events::{
    Category, Cause, Detail, End, EventBook, EventId, EventQuery, EventRecord, LogChange, LogPlace, LogStart,
    Occurrence, Subject, WallTime, What,
};
use monomi::store::{EventLog, EventReader};

const ROWS: u64 = 5_000_000;
/// So many are committed at once: what a second of a storm brings.
const BATCH: u64 = 2_000;
/// What a window reads at once.
const PART: usize = 200;
/// Each question is asked so often; the slowest counts.
const TIMES: u32 = 5;
const NOW: WallTime = WallTime(1_000_000_000);

fn main() {
    // Cargo asks every target for its tests.
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let rows = std::env::var("MONOMI_BENCH_ROWS").map_or(ROWS, |rows| rows.parse().expect("a number of rows"));
    let kept = std::env::var_os("MONOMI_BENCH_FOLDER").map(PathBuf::from);
    let made = tempfile::tempdir().expect("a folder");
    let folder = kept.as_deref().unwrap_or(made.path());
    std::fs::create_dir_all(folder).expect("the folder");
    fill(folder, rows);
    let mut reader = EventReader::open(folder).expect("the log is read").expect("a log");
    println!("| asked | newest 200 | the next | in the middle | oldest 200 | how many |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, query) in queries(rows) {
        ask(&mut reader, name, &query, rows);
    }
}

/// Writes what is missing, a storm's second after another, and says how fast that went.
fn fill(folder: &Path, rows: u64) {
    let (mut log, _, _) = EventLog::open(folder, &EventBook::default(), NOW).expect("the log is opened");
    let reader = EventReader::open(folder).expect("the log is read").expect("a log");
    let known = reader.last().expect("the highest number").0;
    let begin = Instant::now();
    let mut slowest = Duration::ZERO;
    for first in (known + 1..=rows).step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(rows);
        let changes: Vec<LogChange> = (first..=last).map(|id| LogChange::Put(Box::new(event(id)))).collect();
        let before = Instant::now();
        log.write(&changes, NOW).expect("the log is written");
        slowest = slowest.max(before.elapsed());
    }
    let written = rows.saturating_sub(known);
    if written > 0 {
        let each = written as f64 / begin.elapsed().as_secs_f64();
        println!("{written} rows written, {each:.0} a second; the slowest commit of {BATCH} rows took {slowest:.0?}");
    }
    let size = std::fs::metadata(folder.join("events.sqlite")).map_or(0, |file| file.len());
    println!("{rows} rows are {} MB\n", size / 1_000_000);
}

/// A year of 300 recorders: motion nearly all of it, a trouble in a thousand.
fn event(id: u64) -> EventRecord {
    let what: What = match id % 1_000 {
        0 => Cause::NoAnswer.into(),
        1 => Occurrence::SignInFailed.into(),
        2 => Occurrence::DeviceEdited.into(),
        3..=40 => Occurrence::Input.into(),
        _ => Occurrence::Motion.into(),
    };
    let device = DeviceId(id * 2_654_435_761 % 300);
    let number = (id % 16) as u16 + 1;
    EventRecord {
        devices: [device].into(),
        channels: [number].into(),
        name: format!("レコーダー {}", device.0),
        site: Some((SiteId(device.0 / 10), format!("拠点 {}", device.0 / 10))),
        detail: if id.is_multiple_of(50) {
            Detail::new(&format!("rule {}", id % 100_000))
        } else {
            Detail::default()
        },
        end: End::At(WallTime(id * 1_000 + 500)),
        ..EventRecord::new(
            EventId(id),
            Subject::Channel(ChannelId { device, number }),
            what,
            WallTime(id * 1_000),
        )
    }
}

fn queries(count: u64) -> Vec<(&'static str, EventQuery)> {
    let plain = EventQuery::default;
    vec![
        ("all", plain()),
        (
            "alarms",
            EventQuery {
                alarms: true,
                ..plain()
            },
        ),
        (
            "security",
            EventQuery {
                categories: [Category::Security].into(),
                ..plain()
            },
        ),
        (
            "two categories",
            EventQuery {
                categories: [Category::User, Category::Security].into(),
                ..plain()
            },
        ),
        (
            "device",
            EventQuery {
                device: Some(DeviceId(7)),
                ..plain()
            },
        ),
        (
            "device, security",
            EventQuery {
                device: Some(DeviceId(7)),
                categories: [Category::Security].into(),
                ..plain()
            },
        ),
        (
            "site, alarms",
            EventQuery {
                site: Some(SiteId(7)),
                alarms: true,
                ..plain()
            },
        ),
        (
            "period",
            EventQuery {
                from: Some(WallTime(count * 300)),
                before: Some(WallTime(count * 301)),
                ..plain()
            },
        ),
        (
            "period, security",
            EventQuery {
                categories: [Category::Security].into(),
                from: Some(WallTime(count * 300)),
                before: Some(WallTime(count * 800)),
                ..plain()
            },
        ),
        (
            "text, dense",
            EventQuery {
                text: "拠点".to_owned(),
                ..plain()
            },
        ),
        (
            "text, one device",
            EventQuery {
                text: "レコーダー 123".to_owned(),
                ..plain()
            },
        ),
        (
            "text, rare",
            EventQuery {
                text: "rule 99950".to_owned(),
                ..plain()
            },
        ),
        (
            "text, none",
            EventQuery {
                text: "停電".to_owned(),
                ..plain()
            },
        ),
        (
            "text, by what it is called",
            EventQuery {
                text: "応答".to_owned(),
                called: ["no-answer".to_owned()].into(),
                ..plain()
            },
        ),
        (
            "text, alarms",
            EventQuery {
                text: "拠点 3".to_owned(),
                alarms: true,
                ..plain()
            },
        ),
    ]
}

/// Asks for the parts that a window asks for while somebody scrolls, and prints the slowest answer of each.
fn ask(reader: &mut EventReader, name: &str, query: &EventQuery, rows: u64) {
    let middle = LogPlace {
        since: WallTime(rows * 500),
        id: EventId(0),
    };
    let mut slowest = [Duration::ZERO; 4];
    let mut count = None;
    for _ in 0..TIMES {
        // Another text between them, so that each search begins anew.
        let other = EventQuery {
            text: "別の語".to_owned(),
            ..EventQuery::default()
        };
        reader.page(&other, LogStart::Newest, 1).expect("an answer");
        let mut timed = |at: usize, start: LogStart| {
            let begin = Instant::now();
            let page = reader.page(query, start, PART).expect("an answer");
            slowest[at] = slowest[at].max(begin.elapsed());
            page
        };
        let first = timed(0, LogStart::Newest);
        if let Some(last) = first.events.last().map(LogPlace::of) {
            timed(1, LogStart::Older(last));
        }
        timed(2, LogStart::Older(middle));
        timed(3, LogStart::Oldest);
        count = first.count;
    }
    let [newest, next, deep, oldest] = slowest.map(|time| format!("{:.1} ms", time.as_secs_f64() * 1_000.0));
    println!("| {name} | {newest} | {next} | {deep} | {oldest} | {count:?} |");
}
