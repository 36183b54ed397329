//! View → Health: every registered device, watched or not.

use std::sync::Arc;
use std::time::Duration;

use device::{DeviceId, EventSource};
use egui_kittest::kittest::Queryable as _;
use events::WallTime;
use health::{HealthRecord, Known, PasswordWarning, Seen, StorageTrouble};
use monomi::bridge::{
    Command, EngineState, LastHeard, ProfileRequest, SourceFault, SourceState, SourceStatus, TileState,
};
use monomi::i18n::{Language, Words};
use monomi::ui::health::{Column, HealthCondition, percent, rows, table};
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{WindowSetup, device, engine_state, registry, set_streams};

/// 2026-11-21 09:05:42 in Japan.
const NOW: i64 = 1_795_219_542;

fn failure() -> Failure {
    Failure {
        kind: FailureKind::Timeout,
        stage: Stage::Connect,
        detail: String::new(),
    }
}

fn source(state: &EngineState, is: SourceState) -> SourceStatus {
    SourceStatus {
        source: EventSource::Onvif,
        state: is,
        heard: Some(LastHeard {
            at: state.now,
            clock: state.clock,
        }),
        alive: Some(state.now),
        incidents: 3,
        connects: 1,
        says_nothing: false,
    }
}

/// A device whose pictures come, one that has been down for an hour, and one that no tile shows and whose events are refused.
pub fn three(state: &mut EngineState) {
    state.events.now = WallTime(NOW.unsigned_abs() * 1_000);
    let is_down = |stream: device::StreamId| stream.channel.device == DeviceId(2);
    set_streams(state, |stream| match stream.channel.device {
        DeviceId(1) => Some(TileState::Live),
        DeviceId(2) => Some(TileState::Offline {
            failure: failure(),
            next_try: None,
        }),
        _ => None,
    });
    assert!(state.streams.keys().any(|stream| is_down(*stream)));
    let status = monomi::bridge::DeviceStatus {
        failure: Some(failure()),
        since: Some(state.now - Duration::from_secs(3_600)),
        tried: None,
    };
    state.devices = Arc::new([(DeviceId(2), status)].into());
    let watched = |seen: fn(i64) -> Seen| {
        let mut record = HealthRecord::default();
        for at in (-86_400..=86_400).step_by(10) {
            record.look(seen(at), "no-answer", 60, NOW - 86_400 + at);
        }
        record
    };
    let mut live = watched(|_| Seen::Up);
    live.known = Known {
        model: "DS-7616".to_owned(),
        firmware: "V4.30.005".to_owned(),
        clock: Some(37),
        heard: Some(NOW - 60),
        storage: None,
    };
    live.attempts.add(7, NOW);
    let mut fallen = watched(|at| if at < 82_800 { Seen::Up } else { Seen::Down });
    fallen.known.storage = Some(StorageTrouble {
        what: "storage-full".to_owned(),
        since: NOW - 3_600,
        heard: NOW - 60,
        stays: true,
    });
    state.health = Arc::new([(DeviceId(1), Arc::new(live)), (DeviceId(2), Arc::new(fallen))].into());
    state.password_warnings = Arc::new([(DeviceId(1), PasswordWarning::Default)].into());
    let refused = SourceState::Stopped(SourceFault::SignIn("locked".to_owned()));
    let sources = [
        (DeviceId(1), Arc::new(source(state, SourceState::Listening))),
        (DeviceId(3), Arc::new(source(state, refused))),
    ];
    state.sources = Arc::new(sources.into());
}

fn shops() -> device::Registry {
    registry(&[
        device(1, "本店 DVR", &["入口", "レジ"]),
        device(2, "神戸 DVR", &["入口"]),
        device(3, "倉庫 NVR", &["裏口"]),
    ])
}

#[test]
fn each_device_is_told_as_it_is_and_nothing_is_made_up() {
    let mut state = engine_state(shops());
    three(&mut state);
    let words = Words::new(Language::En);
    let rows = rows(&words, &state);
    let cell = |row: usize, column: Column| rows[row].cells[column.index()].as_str();
    assert_eq!(
        [rows[0].condition, rows[1].condition, rows[2].condition],
        [
            HealthCondition::Live,
            HealthCondition::Down,
            HealthCondition::NotWatched
        ]
    );
    assert_eq!((cell(0, Column::Day), cell(0, Column::Week)), ("100 %", "100 %"));
    assert_eq!(cell(1, Column::Day), "95.83 %");
    assert_eq!((cell(2, Column::Day), cell(2, Column::Outage)), ("—", ""));
    assert_eq!(cell(1, Column::Outage), "since 08:05: no answer");
    assert_eq!(
        (cell(0, Column::Events), cell(2, Column::Events)),
        ("09:04", "Sign-in refused")
    );
    assert_eq!(cell(1, Column::Events), "Not asked for");
    assert_eq!(
        (cell(0, Column::Clock), cell(0, Column::Password)),
        ("+37 s", "A maker's default")
    );
    assert!(rows[0].warns && rows[1].warns && !rows[2].warns);
    assert_eq!(cell(0, Column::Attempts), "7 (at most 14 SYNs)");
    assert_eq!(
        (cell(1, Column::Storage), cell(2, Column::Attempts)),
        ("Disk full since 08:05", "")
    );
    let written = table(&words, &state, &rows);
    assert_eq!((written.head.len(), written.rows.len()), (Column::ALL.len(), 3));
    assert_eq!(percent(Some(9_999)), "99.99 %");
}

#[test]
fn the_page_is_sorted_searched_and_written() {
    for (language, menu, entry, state, search, csv) in [
        (Language::En, "View", "Health…", "State", "Search", "Save as CSV…"),
        (Language::Ja, "表示", "状態一覧…", "状態", "検索", "CSV で保存…"),
    ] {
        let mut setup = WindowSetup::new(language, shops());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health.csv");
        let chosen = path.clone();
        setup.chooser = monomi::ui::choosing::Chooser::new(move |_question, reply| reply.chose(chosen.clone()));
        let mut rig = setup.open();
        rig.change(three);
        rig.click(menu);
        rig.click(entry);
        let order = |rig: &super::rig::WindowRig| -> Vec<usize> {
            let names = ["本店 DVR", "神戸 DVR", "倉庫 NVR"];
            let mut at: Vec<(f32, usize)> = Vec::new();
            for (index, name) in names.iter().enumerate() {
                let rows = rig.harness.query_all_by_label_contains(name);
                let row = rows
                    .filter(|node| node.rect().width() > 600.0)
                    .map(|node| node.rect().top())
                    .next();
                at.extend(row.map(|top| (top, index)));
            }
            at.sort_by(|one, other| one.0.total_cmp(&other.0));
            at.into_iter().map(|(_, index)| index).collect()
        };
        assert_eq!(order(&rig), [1, 0, 2], "the worst first");
        rig.click(state);
        assert_eq!(order(&rig), [2, 0, 1], "and the other way");
        // The tree behind the page has a field of the same name.
        rig.harness.get_all_by_label(search).last().unwrap().focus();
        rig.harness.step();
        rig.harness.get_all_by_label(search).last().unwrap().type_text("神戸");
        rig.harness.run_steps(3);
        assert_eq!(order(&rig), [1]);
        rig.click(csv);
        let written = (0..200).find_map(|_| {
            rig.harness.step();
            std::thread::sleep(Duration::from_millis(5));
            rig.sent().into_iter().find_map(|command| match command {
                Command::Profile { request, .. } => match *request {
                    ProfileRequest::SaveText { path, text } => Some((path, text)),
                    _ => None,
                },
                _ => None,
            })
        });
        let (to, text) = written.expect("a file is asked for");
        assert_eq!(to, path);
        assert!(text.contains("神戸 DVR") && !text.contains("本店 DVR"), "{text}");
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_page() {
    for language in [Language::Ja, Language::En] {
        let mut rig = WindowSetup::new(language, shops()).open();
        rig.change(three);
        rig.click(if language == Language::Ja { "表示" } else { "View" });
        rig.click(if language == Language::Ja {
            "状態一覧…"
        } else {
            "Health…"
        });
        super::screens::shoot(rig, &format!("h1-health-{}-720", language.tag()));
    }
}
