use std::collections::BTreeSet;

use super::*;
use device::{ChannelId, DeviceId, SiteId};
use events::{
    Acknowledged, Category, Cause, Detail, End, LogCount, LogPlace, NoteText, Occurrence, OwnName, Severity, Subject,
    Unwatched, What,
};

const NOW: WallTime = WallTime(1_000_000_000);

fn open(folder: &Path) -> (EventLog, LogOpened) {
    let (log, opened, aside) = EventLog::open(folder, &EventBook::default(), NOW).unwrap();
    assert_eq!(aside, []);
    (log, opened)
}

fn event(id: u64, what: impl Into<What>) -> EventRecord {
    EventRecord {
        name: format!("DVR {}", id % 7),
        site: Some((SiteId(id % 3), "大阪店".to_owned())),
        end: End::At(WallTime(id * 1_000 + 500)),
        ..EventRecord::new(
            EventId(id),
            Subject::Device(DeviceId(id % 7)),
            what,
            WallTime(id * 1_000),
        )
    }
}

fn put(log: &mut EventLog, events: impl IntoIterator<Item = EventRecord>) {
    let changes: Vec<LogChange> = events
        .into_iter()
        .map(|event| LogChange::Put(Box::new(event)))
        .collect();
    log.write(&changes, NOW).unwrap();
}

fn ids(log: &mut EventLog, query: &EventQuery) -> Vec<u64> {
    let mut ids = Vec::new();
    let mut start = LogStart::Newest;
    loop {
        let page = log.page(query, start, 7).unwrap();
        ids.extend(page.events.iter().map(|event| event.id.0));
        match page.events.last().map(LogPlace::of) {
            Some(last) if page.more => start = LogStart::Older(last),
            _ => return ids,
        }
    }
}

fn several() -> Vec<EventRecord> {
    vec![
        event(1, Cause::NoAnswer),
        EventRecord {
            subject: Subject::Channel(ChannelId {
                device: DeviceId(2),
                number: 3,
            }),
            devices: [DeviceId(2)].into(),
            channels: [3].into(),
            end: End::Lasts,
            device_time: Some(WallTime(77)),
            detail: Detail::new("region 4 のゲート"),
            count: 9,
            ..event(2, Occurrence::LineCrossing)
        },
        EventRecord {
            subject: Subject::Computer,
            name: String::new(),
            site: None,
            devices: BTreeSet::new(),
            who: Some(OwnName::new("yamada")),
            ..event(3, Occurrence::SettingsEdited)
        },
        EventRecord {
            end: End::Unknown(WallTime(9_000), Unwatched::NotWatched),
            devices: [DeviceId(4), DeviceId(9)].into(),
            seen: true,
            ..event(
                4,
                What::Own {
                    name: OwnName::new("FireSmoke"),
                    category: Category::Analytics,
                    severity: Severity::Warning,
                },
            )
        },
    ]
}

#[test]
fn what_is_written_is_read_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, opened) = open(folder.path());
    assert_eq!(opened, LogOpened::default());
    put(&mut log, several());
    let page = log.page(&EventQuery::default(), LogStart::Newest, 100).unwrap();
    let mut wanted = several();
    wanted.reverse();
    assert_eq!(page.events, wanted);
    assert_eq!((page.more, page.count), (false, Some(LogCount::Exactly(4))));
    let noted = Acknowledged {
        at: WallTime(5),
        who: OwnName::new("佐藤"),
        note: NoteText::new("電話した"),
    };
    log.write(&[LogChange::Acknowledge(EventId(1), noted.clone())], NOW)
        .unwrap();
    put(
        &mut log,
        [EventRecord {
            count: 2,
            ..event(1, Cause::Refused)
        }],
    );
    let first = log
        .page(&EventQuery::default(), LogStart::Newest, 100)
        .unwrap()
        .events
        .pop()
        .unwrap();
    assert_eq!(
        (first.count, first.acknowledged),
        (2, Some(noted)),
        "a note outlives what changes"
    );
}

#[test]
fn what_lasted_when_the_program_was_killed_has_an_end_that_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    put(
        &mut log,
        [EventRecord {
            end: End::Lasts,
            ..event(1, Cause::NoAnswer)
        }],
    );
    drop(log);
    let (mut log, opened) = open(folder.path());
    assert!(opened.crashed);
    let end = End::Unknown(NOW, Unwatched::ProgramEnded);
    assert_eq!(opened.book.iter().map(|event| event.end).collect::<Vec<_>>(), [end]);
    log.end().unwrap();
    drop(log);
    assert!(!open(folder.path()).1.crashed);
}

#[test]
fn each_filter_and_all_of_them_together_find_what_a_plain_look_finds() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let kinds: [What; 5] = [
        Cause::NoAnswer.into(),
        Occurrence::Motion.into(),
        Occurrence::SignInFailed.into(),
        Occurrence::DeviceEdited.into(),
        Occurrence::Input.into(),
    ];
    let all: Vec<EventRecord> = (1..400_u64)
        .map(|id| {
            let mut event = event(id, kinds[(id * 7 % 5) as usize].clone());
            event.since = WallTime(id / 3 * 1_000);
            if id % 11 == 0 {
                event.detail = Detail::new("駐車場 ＡＢＣ");
            }
            if id % 13 == 0 {
                event.parent = Some(EventId(1));
            }
            event
        })
        .collect();
    put(&mut log, all.clone());
    let plain = |query: &EventQuery| {
        let mut found: Vec<&EventRecord> = all
            .iter()
            .filter(|event| event.parent == query.of)
            .filter(|event| query.categories.is_empty() || query.categories.contains(&event.category()))
            .filter(|event| !query.alarms || event.severity() == Severity::Alarm)
            .filter(|event| query.site.is_none() || event.site_id() == query.site)
            .filter(|event| query.device.is_none() || event.subject.device() == query.device)
            .filter(|event| query.from.is_none_or(|from| event.since >= from))
            .filter(|event| query.before.is_none_or(|before| event.since < before))
            .filter(|event| {
                query.text.is_empty()
                    || event.detail.as_str().contains("駐車")
                    || query.called.contains(event.what.word())
            })
            .collect();
        found.sort_by_key(|event| std::cmp::Reverse(LogPlace::of(event)));
        found.iter().map(|event| event.id.0).collect::<Vec<_>>()
    };
    for bits in 0..256_u32 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        let query = EventQuery {
            categories: match (on(0), on(1)) {
                (false, false) => BTreeSet::new(),
                (true, false) => [Category::Security].into(),
                (false, true) => [Category::Connection, Category::User].into(),
                (true, true) => [Category::Connection].into(),
            },
            alarms: on(2),
            site: on(3).then_some(SiteId(1)),
            device: on(4).then_some(DeviceId(4)),
            from: on(5).then_some(WallTime(20_000)),
            before: on(5).then_some(WallTime(100_000)),
            text: if on(6) { "駐車".to_owned() } else { String::new() },
            called: if on(6) && on(7) {
                ["no-answer".to_owned()].into()
            } else {
                BTreeSet::new()
            },
            of: (on(7) && !on(6)).then_some(EventId(1)),
        };
        assert_eq!(ids(&mut log, &query), plain(&query), "{query:?}");
    }
    let abc = EventQuery {
        text: "abc".to_owned(),
        ..EventQuery::default()
    };
    assert!(!ids(&mut log, &abc).is_empty(), "full-width letters are found, too");
}

#[test]
fn words_that_come_later_are_found_and_a_percent_sign_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let query = |text: &str| EventQuery {
        text: text.to_owned(),
        ..EventQuery::default()
    };
    put(&mut log, [event(1, Occurrence::Motion)]);
    assert_eq!(ids(&mut log, &query("100%")), [0_u64; 0]);
    let full = EventRecord {
        detail: Detail::new("disk 100% full"),
        ..event(2, Occurrence::StorageFull)
    };
    put(&mut log, [full]);
    assert_eq!(ids(&mut log, &query("100%")), [2]);
    assert_eq!(ids(&mut log, &query("大阪")), [2, 1]);
}

#[test]
fn a_part_of_an_outage_is_a_detail_of_it_and_of_what_that_becomes_a_part_of() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    put(
        &mut log,
        [
            event(1, Cause::NoAnswer),
            event(2, Cause::NoAnswer),
            event(3, Cause::NoAnswer),
        ],
    );
    let under = |id, parent| LogChange::Under(EventId(id), EventId(parent), NOW);
    log.write(&[under(1, 2), under(2, 3)], NOW).unwrap();
    assert_eq!(ids(&mut log, &EventQuery::default()), [3]);
    let details = EventQuery {
        of: Some(EventId(3)),
        ..EventQuery::default()
    };
    assert_eq!(ids(&mut log, &details), [2, 1]);
}

#[test]
fn the_oldest_go_first_and_those_of_security_last() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    let what = |id: u64| {
        if id.is_multiple_of(10) {
            Occurrence::SignInFailed
        } else {
            Occurrence::Motion
        }
    };
    let long = |id: u64| EventRecord {
        detail: Detail::new(&format!("{id}").repeat(100)),
        ..event(id, what(id))
    };
    put(&mut log, (1..=10_000).map(long));
    assert!(!log.prune(NOW).unwrap());
    log.set_bounds(LogBounds { days: 365, size: 9 });
    while log.prune(NOW).unwrap() {}
    let of = |category| EventQuery {
        categories: [category].into(),
        ..EventQuery::default()
    };
    let (motion, security) = (
        ids(&mut log, &of(Category::Analytics)),
        ids(&mut log, &of(Category::Security)),
    );
    assert_eq!((security.len(), motion.first()), (1_000, Some(&9_999)));
    assert!(motion.len() < 8_000, "{}", motion.len());
    log.set_bounds(LogBounds { days: 365, size: 1 });
    while log.prune(NOW).unwrap() {}
    let security = ids(&mut log, &of(Category::Security));
    assert_eq!(security.first(), Some(&10_000));
    assert!(security.len() < 1_000);
    let day = 24 * 3_600 * 1_000;
    log.set_bounds(LogBounds { days: 1, size: 1_000 });
    assert!(log.prune(WallTime(day + 9_999_500)).unwrap());
    while log.prune(WallTime(day + 9_999_500)).unwrap() {}
    assert_eq!(ids(&mut log, &EventQuery::default()), [10_000]);
    let pages: i64 = log
        .connection
        .query_row("SELECT count(*) FROM words", [], |row| row.get(0))
        .unwrap();
    assert_eq!(pages, 1);
}

/// Each byte of the head, and bytes all over the file.
#[test]
fn a_file_that_is_damaged_is_left_as_it_is_and_the_log_goes_on_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    put(&mut log, (1..=500).map(|id| event(id, Occurrence::Motion)));
    drop(log);
    let path = folder.path().join("events.sqlite");
    let good = std::fs::read(&path).unwrap();
    let mut damages: Vec<Vec<u8>> = vec![
        vec![0; good.len()],
        good[..good.len() / 2].to_vec(),
        good[..100].to_vec(),
        b"hello".to_vec(),
        [&good[..4_096], &vec![0xff; good.len() - 4_096][..]].concat(),
    ];
    for at in (0..good.len()).step_by(good.len() / 40) {
        let mut flipped = good.clone();
        for byte in &mut flipped[at..(at + 64).min(good.len())] {
            *byte ^= 0x5a;
        }
        damages.push(flipped);
    }
    let mut set_aside = 0;
    for (number, damage) in damages.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        crate::store::atomic::write(&folder.path().join("events.sqlite"), damage).unwrap();
        let (mut log, _, aside) = EventLog::open(folder.path(), &EventBook::default(), NOW).unwrap();
        put(&mut log, [event(9_999, Occurrence::Input)]);
        let page = log.page(&EventQuery::default(), LogStart::Newest, 1).unwrap();
        assert_eq!(page.events[0].id.0, 9_999, "damage {number}");
        if let [aside] = &aside[..] {
            set_aside += 1;
            assert_eq!(
                (&*aside.file, &*aside.beside),
                ("events.sqlite", "events.recovered.sqlite")
            );
            let left = std::fs::read(folder.path().join("events.sqlite")).unwrap();
            let differs = left.iter().zip(damage).position(|(one, other)| one != other);
            assert_eq!((left.len(), differs), (damage.len(), None), "damage {number}");
        }
    }
    assert!(set_aside > 10, "{set_aside}");
}

#[test]
fn damage_that_is_found_later_sets_the_file_aside_then() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    put(&mut log, [event(1, Occurrence::Motion)]);
    let fault = LogFault::Damaged("a page".to_owned());
    let aside = log.set_aside(&fault, NOW).unwrap();
    assert_eq!(aside.beside, "events.recovered.sqlite");
    put(&mut log, [event(2, Occurrence::Motion)]);
    assert_eq!(ids(&mut log, &EventQuery::default()), [2]);
    // Whoever reads beside it, and whoever opens it next, sees the file that is written, though the other one opens without a fault.
    let reader = EventReader::open(folder.path()).unwrap().unwrap();
    assert_eq!(reader.last().unwrap(), EventId(2));
    drop(log);
    let (mut log, opened) = open(folder.path());
    assert_eq!(opened.book.last(), EventId(2));
    assert_eq!(ids(&mut log, &EventQuery::default()), [2]);
}

#[test]
fn a_file_of_a_newer_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = open(folder.path());
    put(&mut log, [event(1, Occurrence::Motion)]);
    log.connection.pragma_update(None, "user_version", 2).unwrap();
    log.connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(log);
    let path = folder.path().join("events.sqlite");
    let before = std::fs::read(&path).unwrap();
    let (_, opened, aside) = EventLog::open(folder.path(), &EventBook::default(), NOW).unwrap();
    assert_eq!((opened, aside.len()), (LogOpened::default(), 1));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(EventReader::open(folder.path()).unwrap().is_some());
}

#[test]
fn who_reads_beside_the_program_sees_what_was_committed_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(EventReader::open(folder.path()).unwrap().is_none());
    let (mut log, _) = open(folder.path());
    put(&mut log, several());
    let mut reader = EventReader::open(folder.path()).unwrap().unwrap();
    assert_eq!(
        reader
            .page(&EventQuery::default(), LogStart::Newest, 10)
            .unwrap()
            .events
            .len(),
        4
    );
    let last = reader.last().unwrap();
    put(&mut log, [event(5, Occurrence::Motion)]);
    assert_eq!(reader.since(last).unwrap(), [event(5, Occurrence::Motion)]);
    assert!(reader.connection.execute("DELETE FROM event", []).is_err());
}

#[test]
fn what_was_kept_before_there_was_a_log_is_taken_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let book = EventBook::restore([event(3, Cause::NoAnswer), event(8, Cause::Refused)], None, NOW);
    let (mut log, opened, _) = EventLog::open(folder.path(), &book, NOW).unwrap();
    assert_eq!(opened.book, book);
    log.set_bounds(LogBounds { days: 0, size: 1 });
    while log.prune(NOW).unwrap() {}
    drop(log);
    let (_, opened, _) = EventLog::open(folder.path(), &book, NOW).unwrap();
    assert!(opened.book.is_empty());
}
