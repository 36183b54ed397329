//! What a list of millions costs, in figures.

use std::path::PathBuf;
use std::time::Instant;

use super::{EventLog, EventReader};
use device::{ChannelId, DeviceId, SiteId};
use events::{
    Category, Cause, Detail, End, EventBook, EventId, EventQuery, EventRecord, LogChange, LogPlace, LogStart,
    Occurrence, Subject, WallTime, What,
};

const NOW: WallTime = WallTime(1_000_000_000);

/// What a list of millions costs: run in release, with a folder to keep the file in.
#[test]
#[ignore = "makes a file of 2 GB and prints figures"]
fn figures_at_five_million() {
    let folder = std::env::var_os("EVENT_LOG_FOLDER")
        .map_or_else(|| std::env::temp_dir().join("monomi-event-log"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let count = std::env::var("EVENT_LOG_ROWS").map_or(5_000_000, |rows| rows.parse::<u64>().unwrap());
    let (mut log, _, _) = EventLog::open(&folder, &EventBook::default(), NOW).unwrap();
    let known = EventReader::open(&folder).unwrap().unwrap().last().unwrap().0;
    let begin = Instant::now();
    for first in (known + 1..=count).step_by(2_000) {
        let made = (first..first + 2_000).map(|id| {
            let what: What = match id % 1_000 {
                0 => Cause::NoAnswer.into(),
                1 => Occurrence::SignInFailed.into(),
                2 => Occurrence::DeviceEdited.into(),
                3..=40 => Occurrence::Input.into(),
                _ => Occurrence::Motion.into(),
            };
            let device = DeviceId(id * 2_654_435_761 % 300);
            EventRecord {
                subject: Subject::Channel(ChannelId {
                    device,
                    number: (id % 16) as u16 + 1,
                }),
                devices: [device].into(),
                channels: [(id % 16) as u16 + 1].into(),
                name: format!("レコーダー {}", device.0),
                site: Some((SiteId(device.0 / 10), format!("拠点 {}", device.0 / 10))),
                detail: if id % 50 == 0 {
                    Detail::new(&format!("rule {}", id % 100_000))
                } else {
                    Detail::default()
                },
                end: End::At(WallTime(id * 1_000 + 500)),
                ..EventRecord::new(EventId(id), Subject::Computer, what, WallTime(id * 1_000))
            }
        });
        let changes: Vec<LogChange> = made.map(|event| LogChange::Put(Box::new(event))).collect();
        log.write(&changes, NOW).unwrap();
    }
    let made = begin.elapsed();
    if count > known {
        println!(
            "{} rows in {made:?}: {:.0} a second",
            count - known,
            (count - known) as f64 / made.as_secs_f64()
        );
    }
    println!(
        "{} MB",
        std::fs::metadata(folder.join("events.sqlite")).unwrap().len() / 1_000_000
    );
    let plain = EventQuery::default;
    let queries = [
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
    ];
    for (name, query) in queries {
        let begin = Instant::now();
        let page = log.page(&query, LogStart::Newest, 200).unwrap();
        let first = begin.elapsed();
        let begin = Instant::now();
        let start = (page.events.last().map(LogPlace::of)).map_or(LogStart::Newest, LogStart::Older);
        log.page(&query, start, 200).unwrap();
        let next = begin.elapsed();
        let deep = LogPlace {
            since: WallTime(count * 200),
            id: EventId(0),
        };
        let begin = Instant::now();
        log.page(&query, LogStart::Older(deep), 200).unwrap();
        println!(
            "{name:30} first {first:>10.1?} next {next:>10.1?} deep {:>10.1?} {:?}",
            begin.elapsed(),
            page.count
        );
    }
}
