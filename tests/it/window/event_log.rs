//! View → Event log: a log of any length, what is searched for, what somebody notes, and what is written to a file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId, SiteId};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use events::{
    Acknowledged, Category, Cause, Detail, End, EventId, EventQuery, EventRecord, LogCount, LogFormat, LogStart,
    NoteText, Occurrence, OwnName, Subject, WallTime,
};
use monomi::bridge::{Command, LogExported, LogPart, LogPeriod, LogRead, LogRequest, ShownEvent};
use monomi::i18n::Language;
use monomi::ui::choosing::Chooser;

use super::events::{EIGHT, clock, event};
use super::rig::{WindowRig, WindowSetup, cameras};

/// A log, as the engine reads it for the window.
struct Log {
    /// The newest first.
    events: Vec<EventRecord>,
    asked: Vec<LogRequest>,
}

impl Log {
    fn of(events: impl IntoIterator<Item = EventRecord>) -> Self {
        let mut events: Vec<EventRecord> = events.into_iter().collect();
        events.sort_by_key(|event| std::cmp::Reverse((event.since, event.id)));
        Self {
            events,
            asked: Vec::new(),
        }
    }

    /// So many moments, a second after another.
    fn long(count: u64) -> Self {
        Self::of((1..=count).map(|id| {
            let at = WallTime(EIGHT + id * 1_000);
            EventRecord {
                end: End::At(at),
                ..EventRecord::new(EventId(id), Subject::Device(DeviceId(1)), Occurrence::Motion, at)
            }
        }))
    }

    fn read(&self, request: &LogRequest) -> LogPart {
        let place = |event: &EventRecord| events::LogPlace::of(event);
        let is_in = |event: &&EventRecord| match request.start {
            LogStart::Newest | LogStart::Oldest => true,
            LogStart::At(at) => place(event) <= at,
            LogStart::Older(at) => place(event) < at,
            LogStart::Newer(at) => place(event) > at,
        };
        let mut found: Vec<&EventRecord> = self.events.iter().filter(is_in).collect();
        let more = found.len() > request.most;
        if request.start.goes_up() {
            found.drain(..found.len().saturating_sub(request.most));
        } else {
            found.truncate(request.most);
        }
        let begins = matches!(request.start, LogStart::Newest | LogStart::Oldest);
        LogPart {
            rows: found.into_iter().map(shown).collect(),
            more,
            count: begins.then_some(LogCount::Exactly(self.events.len())),
        }
    }

    /// Answers until nothing more is asked; the other commands that came meanwhile.
    fn serve(&mut self, rig: &mut WindowRig) -> Vec<Command> {
        let mut others = Vec::new();
        loop {
            let mut asked = None;
            for command in rig.sent() {
                match command {
                    Command::ReadLog(request) => asked = Some(*request),
                    other => others.push(other),
                }
            }
            let Some(request) = asked else { return others };
            let part = Ok(self.read(&request));
            rig.change(|state| state.events.read = Some(Arc::new(LogRead { id: request.id, part })));
            self.asked.push(request);
        }
    }

    fn last(&self) -> &LogRequest {
        self.asked.last().expect("the log was asked")
    }
}

fn shown(event: &EventRecord) -> ShownEvent {
    ShownEvent {
        event: event.clone(),
        since: clock(event.since),
        until: event.until().map(clock),
    }
}

fn open(rig: &mut WindowRig, log: &mut Log) {
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    rig.harness.run();
    log.serve(rig);
}

fn rows(rig: &WindowRig) -> Vec<String> {
    let rows = rig.harness.query_all_by(|node| node.role() == Role::Row);
    let labels = rows.filter_map(|row| row.accesskit_node().label());
    labels
        .filter(|label| label.contains("08:") || label.contains("09:"))
        .collect()
}

fn type_into(rig: &mut WindowRig, label: &str, text: &str) {
    rig.harness.get_by_label(label).focus();
    rig.harness.step();
    rig.harness.get_by_label(label).type_text(text);
    rig.harness.run_steps(3);
}

#[test]
fn what_is_chosen_above_the_list_is_what_the_log_is_asked_for() {
    let mut log = Log::long(3);
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    open(&mut rig, &mut log);
    assert_eq!(log.asked.len(), 1);
    assert_eq!(
        (log.last().start, &log.last().wanted.query),
        (LogStart::Newest, &EventQuery::default())
    );
    assert!(rig.is_shown("3 events"));
    type_into(&mut rig, "Search names, events, details", "  Refus ");
    log.serve(&mut rig);
    let query = &log.last().wanted.query;
    assert_eq!(query.text, "Refus");
    assert!(query.called.contains(Cause::Refused.as_str()), "{:?}", query.called);
    rig.click("Alarms only");
    rig.click("Site");
    rig.click("本店");
    rig.click("Category");
    rig.click("Storage");
    rig.click("Security");
    log.serve(&mut rig);
    let query = &log.last().wanted.query;
    assert_eq!(query.categories, [Category::Storage, Category::Security].into());
    assert_eq!((query.alarms, query.site, query.device), (true, Some(SiteId(1)), None));
    rig.press(Key::Escape);
    rig.click("Period");
    rig.click("Last 7 days");
    log.serve(&mut rig);
    assert_eq!(log.last().wanted.period, LogPeriod::Hours(168));
}

#[test]
fn a_date_that_is_none_gets_its_error_where_it_was_typed_and_asks_nothing() {
    for (language, period, dates, first, last, wrong, turned) in [
        (
            Language::En,
            "Period",
            "From … to …",
            "From (2026-11-01)",
            "To (today)",
            "Type a date such as 2026-11-30.",
            "The last day is before the first one.",
        ),
        (
            Language::Ja,
            "期間",
            "日付を指定",
            "開始日（2026-11-01）",
            "終了日（今日）",
            "2026-11-30 のように日付を入力してください。",
            "終了日が開始日より前です。",
        ),
    ] {
        let mut log = Log::long(3);
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        open(&mut rig, &mut log);
        rig.click(period);
        rig.click(dates);
        type_into(&mut rig, first, "2026-02-30");
        log.serve(&mut rig);
        assert!(rig.is_shown(wrong));
        assert_eq!(log.asked.len(), 1, "nothing that is wrong was asked for");
        for _ in 0..10 {
            rig.press(Key::Backspace);
        }
        type_into(&mut rig, first, "２０２６/１１/１５");
        log.serve(&mut rig);
        assert!(!rig.is_shown(wrong));
        let until_today = LogPeriod::Days((2026, 11, 15), (2026, 11, 21));
        assert_eq!(log.last().wanted.period, until_today);
        type_into(&mut rig, last, "2026-11-01");
        log.serve(&mut rig);
        assert!(rig.is_shown(turned));
        assert_eq!(log.last().wanted.period, until_today);
    }
}

#[test]
fn a_log_of_any_length_is_walked_from_end_to_end_and_a_small_part_of_it_is_held() {
    let mut log = Log::long(5_000);
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    open(&mut rig, &mut log);
    assert!(rows(&rig)[0].contains("09:23:20"), "{:?}", rows(&rig)[0]);
    rig.press(Key::End);
    log.serve(&mut rig);
    assert_eq!(log.last().start, LogStart::Oldest);
    assert!(rows(&rig).last().unwrap().contains("08:00:01"), "{:?}", rows(&rig));
    rig.press(Key::Home);
    log.serve(&mut rig);
    assert!(rows(&rig)[0].contains("09:23:20"));
    let mut before = rows(&rig)[0].clone();
    for step in 0..150 {
        rig.press(Key::PageDown);
        log.serve(&mut rig);
        let now = rows(&rig)[0].clone();
        assert!(
            step < 2 || now < before,
            "{before} then {now}: the list did not move on"
        );
        before = now;
    }
    let deepest = 5_000 - 1_500;
    let at = |id: u64| format!("{:02}:{:02}:{:02}", 8 + id / 3_600, id / 60 % 60, id % 60);
    assert!(
        rows(&rig).iter().any(|row| row.contains(&at(deepest + 1))),
        "{:?}",
        (at(deepest), rows(&rig))
    );
    let parts = log.asked.len();
    assert!(parts < 20, "{parts} parts were read for 1,500 rows");
    assert!(log.asked.iter().all(|request| request.most <= 1_000));
}

#[test]
fn what_is_written_meanwhile_stands_in_the_list_a_second_later() {
    let mut log = Log::long(3);
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    open(&mut rig, &mut log);
    log.events = Log::long(4).events;
    rig.change(|state| state.events.written += 1);
    assert!(
        log.serve(&mut rig).is_empty() && log.asked.len() == 1,
        "a second has not passed"
    );
    rig.change(|state| state.now += Duration::from_secs(1));
    log.serve(&mut rig);
    assert_eq!((log.asked.len(), rows(&rig).len()), (2, 4));
    rig.change(|state| state.now += Duration::from_secs(9));
    log.serve(&mut rig);
    assert_eq!(log.asked.len(), 2, "nothing was written");
}

#[test]
fn somebody_takes_note_of_an_event_with_the_mouse_or_with_keys_alone() {
    let mut log = Log::of([event(1, 2, Cause::SignIn)]);
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    open(&mut rig, &mut log);
    rig.click("What can be done with this event");
    rig.click("Acknowledge…");
    type_into(&mut rig, "Note", "電話した");
    rig.click("Acknowledge");
    let noted = |rig: &WindowRig| {
        let mut sent = rig.sent().into_iter();
        sent.find_map(|command| match command {
            Command::AcknowledgeEvent(id, note) => Some((id.0, note)),
            _ => None,
        })
    };
    assert_eq!(noted(&rig), Some((1, NoteText::new("電話した"))));
    assert!(!rig.is_shown("Note") && rig.is_shown("Event log"));
    log.events[0].acknowledged = Some(Acknowledged {
        at: WallTime(EIGHT),
        who: OwnName::new("sato"),
        note: NoteText::new("電話した"),
    });
    log.events[0].seen = true;
    rig.change(|state| {
        state.events.written += 1;
        state.now += Duration::from_secs(2);
    });
    log.serve(&mut rig);
    assert!(
        rows(&rig)[0].contains("acknowledged by sato: 電話した"),
        "{:?}",
        rows(&rig)
    );
    rig.press(Key::ArrowDown);
    rig.press(Key::Space);
    assert!(rig.is_shown("Note"));
    rig.press(Key::Enter);
    assert_eq!(noted(&rig), Some((1, NoteText::default())));
    rig.press(Key::Space);
    rig.press(Key::Escape);
    assert!(
        !rig.is_shown("Note") && rig.is_shown("Event log"),
        "Escape closes the question alone"
    );
}

#[test]
fn the_parts_of_an_outage_are_listed_and_left_again() {
    let mut log = Log::of([event(1, 2, Cause::NoAnswer)]);
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    open(&mut rig, &mut log);
    rig.click("What can be done with this event");
    rig.click("What is a part of it");
    log.serve(&mut rig);
    assert_eq!(log.last().wanted.query.of, Some(EventId(1)));
    assert!(rig.is_shown("A part of: DVR: no answer"));
    rig.click("Back to all events");
    log.serve(&mut rig);
    assert_eq!(log.last().wanted.query, EventQuery::default());
    rig.click("What can be done with this event");
    rig.click("Only this device");
    log.serve(&mut rig);
    assert_eq!(log.last().wanted.query.device, Some(DeviceId(1)));
}

#[test]
fn what_is_listed_is_written_to_a_file_in_the_words_of_the_window() {
    for (language, csv, known, written) in [
        (Language::En, "Save as CSV…", "no answer", "12 events were written."),
        (Language::Ja, "CSV で保存…", "応答なし", "12 件を保存しました。"),
    ] {
        let mut setup = WindowSetup::new(language, cameras(4));
        let path = PathBuf::from("/tmp/events.csv");
        let chosen = path.clone();
        setup.chooser = Chooser::new(move |_question, reply| reply.chose(chosen.clone()));
        let mut rig = setup.open();
        let mut log = Log::long(12);
        open(&mut rig, &mut log);
        rig.harness.get_by_label(csv).click();
        rig.harness.run_steps(3);
        let export = rig.sent().into_iter().find_map(|command| match command {
            Command::ExportLog(export) => Some(*export),
            _ => None,
        });
        let export = export.expect("a file is asked for");
        assert_eq!((&export.path, export.format), (&path, LogFormat::Csv));
        assert_eq!(export.labels.called.get("no-answer").map(String::as_str), Some(known));
        assert_eq!(export.labels.head.len(), 15);
        let done = LogExported {
            id: export.id,
            path: path.clone(),
            count: Ok(12),
        };
        rig.change(|state| state.events.exported = Some(Arc::new(done)));
        assert!(rig.is_shown(written));
    }
}

#[test]
fn where_the_log_cannot_be_read_that_is_said_and_what_is_in_memory_is_listed() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    rig.change(super::events::happen);
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    rig.harness.run();
    let asked = rig.sent().into_iter().find_map(|command| match command {
        Command::ReadLog(request) => Some(request.id),
        _ => None,
    });
    let read = LogRead {
        id: asked.expect("the log is asked"),
        part: Err("disk I/O error".to_owned()),
    };
    rig.change(|state| state.events.read = Some(Arc::new(read)));
    assert_eq!(rows(&rig).len(), 5);
    assert!(rig.harness.query_by_label_contains("(disk I/O error)").is_some());
}

/// What a long night left: troubles, reports of recorders, acts of people.
pub fn night() -> Vec<EventRecord> {
    let at = |minutes: u64| WallTime(EIGHT + minutes * 60_000);
    let report = |id: u64, minutes: u64, number: u16, what: Occurrence| EventRecord {
        name: "DVR".to_owned(),
        site: Some((SiteId(1), "本店".to_owned())),
        end: End::At(at(minutes)),
        detail: Detail::new("Zone 1"),
        ..EventRecord::new(
            EventId(id),
            Subject::Channel(ChannelId {
                device: DeviceId(1),
                number,
            }),
            what,
            at(minutes),
        )
    };
    let by_person = |id: u64, minutes: u64, what: Occurrence, detail: &str| EventRecord {
        name: "DVR".to_owned(),
        end: End::At(at(minutes)),
        who: Some(OwnName::new("sato")),
        detail: Detail::new(detail),
        ..EventRecord::new(EventId(id), Subject::Device(DeviceId(1)), what, at(minutes))
    };
    vec![
        event(1, 2, Cause::SignIn),
        EventRecord {
            subject: Subject::Site(SiteId(1)),
            name: "本店".to_owned(),
            devices: [DeviceId(1), DeviceId(2)].into(),
            seen: true,
            acknowledged: Some(Acknowledged {
                at: at(20),
                who: OwnName::new("yamada"),
                note: NoteText::new("回線業者に連絡済み"),
            }),
            ..event(2, 12, Cause::NoAnswer)
        },
        EventRecord {
            count: 41,
            end: End::At(at(31)),
            ..report(4, 21, 2, Occurrence::Motion)
        },
        report(5, 24, 3, Occurrence::VideoLoss),
        EventRecord {
            end: End::Lasts,
            ..report(6, 26, 1, Occurrence::StorageFull)
        },
        report(7, 28, 4, Occurrence::Person),
        by_person(8, 33, Occurrence::DeviceEdited, "port: 554 → 8554, password"),
        by_person(9, 35, Occurrence::SettingsEdited, "show-figures: false → true"),
        EventRecord {
            subject: Subject::Computer,
            name: String::new(),
            devices: std::collections::BTreeSet::new(),
            who: None,
            ..by_person(10, 38, Occurrence::ProgramStarted, "0.1.0")
        },
        EventRecord {
            end: End::Lasts,
            ..event(40, 0, Cause::Refused)
        },
    ]
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_log() {
    for language in [Language::Ja, Language::En] {
        for (size, name) in [([1280.0, 720.0], "720"), ([1920.0, 1080.0], "1080")] {
            let mut setup = WindowSetup::new(language, cameras(4));
            setup.size = size;
            let mut rig = setup.open();
            let mut log = Log::of(night());
            rig.change(|state| {
                super::events::publish(state, &[]);
                state.events.unseen = 2;
            });
            open(&mut rig, &mut log);
            super::screens::shoot(rig, &format!("l1-event-log-{}-{name}", language.tag()));
        }
    }
}
