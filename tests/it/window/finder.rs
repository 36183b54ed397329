//! File → Find recorders: asking, choosing, adding with one sign-in for all, and devices that have moved.

use std::sync::Arc;

use device::{Identity, OnvifPlace, Registry};
use discovery::{FoundId, ScanProgress};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, FindStatus, FoundRow, FoundState, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{WindowRig, WindowSetup, cameras, set_streams};
use super::screens::shoot;

pub(super) fn row(number: usize, state: FoundState) -> FoundRow {
    FoundRow {
        id: FoundId(number),
        identity: Identity::new(Some(&format!("device-{number}")), None, None),
        maker: Some("HIKVISION".to_owned()).filter(|_| number % 2 == 1),
        model: Some(format!("DS-{number}")),
        name: Some("Recorder".to_owned()),
        host: format!("192.168.{}.{}", 1 + number / 250, 1 + number % 250)
            .parse()
            .unwrap(),
        also: Vec::new(),
        port: Some(80),
        place: Some(OnvifPlace::default()),
        state,
    }
}

pub(super) fn open(language: Language, registry: Registry) -> WindowRig {
    open_sized(language, registry, [1280.0, 800.0])
}

fn open_sized(language: Language, registry: Registry, size: [f32; 2]) -> WindowRig {
    let (menu, entry) = match language {
        Language::En => ("File", "Find recorders…"),
        Language::Ja => ("ファイル", "レコーダーを検索…"),
    };
    let mut setup = WindowSetup::new(language, registry);
    setup.brands = monomi::store::brands();
    setup.size = size;
    let mut rig = setup.open();
    rig.click(menu);
    rig.click(entry);
    rig
}

/// Types into the field of this name, in place of what stands there.
pub(super) fn type_into(rig: &mut WindowRig, field: &str, text: &str) {
    use egui::accesskit::Role;
    let find = |rig: &WindowRig, role| rig.harness.query_by_role_and_label(role, field).is_some();
    let role = if find(rig, Role::TextInput) {
        Role::TextInput
    } else {
        Role::PasswordInput
    };
    rig.harness.get_by_role_and_label(role, field).focus();
    rig.harness.run();
    rig.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    rig.harness.run();
    rig.harness.get_by_role_and_label(role, field).type_text(text);
    rig.harness.run();
}

pub(super) fn found(rig: &mut WindowRig, rows: Vec<FoundRow>, progress: Option<ScanProgress>) {
    rig.change(move |state| {
        state.find = Arc::new(FindStatus {
            progress,
            rows: Arc::new(rows),
            asked_from: vec!["192.168.1.9".parse().unwrap()],
            ..FindStatus::default()
        });
    });
}

#[test]
fn a_range_is_asked_and_a_wrong_one_is_named_in_its_place() {
    for (language, field, start, fault) in [
        (Language::En, "Also beyond routers", "Find", "is no range"),
        (
            Language::Ja,
            "ルーターの先も検索",
            "検索を開始",
            "アドレスの範囲ではありません",
        ),
    ] {
        let mut rig = open(language, cameras(1));
        type_into(&mut rig, field, "192.168.5.*, nonsense");
        assert!(rig.harness.query_by_label_contains(fault).is_some());
        rig.click(start);
        assert!(!rig.sent().iter().any(|command| matches!(command, Command::Find(_))));
    }
}

#[test]
fn what_answers_is_listed_and_the_search_can_be_cancelled() {
    for (language, start, cancel, count, registered) in [
        (
            Language::En,
            "Find",
            "Cancel the search",
            "3 devices found",
            "Registered: DVR",
        ),
        (
            Language::Ja,
            "検索を開始",
            "検索を中止",
            "3 台見つかりました",
            "登録済み：DVR",
        ),
    ] {
        let registry = cameras(1);
        let id = registry.devices[0].id;
        let mut rig = open(language, registry);
        rig.click(start);
        let commands = rig.sent();
        assert!(
            commands
                .iter()
                .any(|command| matches!(command, Command::Find(request) if request.hurried))
        );
        let rows = vec![
            row(0, FoundState::New),
            row(1, FoundState::Registered(id)),
            row(2, FoundState::Elsewhere),
        ];
        let progress = ScanProgress {
            asked: 120,
            addresses: 254,
            permille: 300,
        };
        found(&mut rig, rows, Some(progress));
        assert!(rig.harness.query_by_label_contains(count).is_some());
        assert!(rig.harness.query_by_label_contains(registered).is_some());
        rig.click(cancel);
        assert!(rig.sent().iter().any(|command| matches!(command, Command::CancelFind)));
    }
}

#[test]
fn what_cannot_be_added_says_why_and_nothing_of_it_is_saved() {
    let mut rig = open(Language::Ja, cameras(1));
    found(&mut rig, vec![row(0, FoundState::New)], None);
    rig.click("未登録をすべて選択");
    type_into(&mut rig, "1 台のチャンネル数", "x");
    rig.sent();
    rig.click("1 台を追加");
    assert!(
        !rig.sent()
            .iter()
            .any(|command| matches!(command, Command::Enquire(_) | Command::AddDevices { .. }))
    );
    assert!(rig.harness.query_by_label_contains("追加していません").is_some());
}

#[test]
fn what_connections_cost_is_said_before_they_begin_and_they_can_be_cancelled() {
    for (language, begins, cost, cancel, progress) in [
        (
            Language::En,
            "Also try connections",
            "250 addresses stayed silent. At most 1250 connections, four at once; about 41 min 40 s",
            "Cancel the search",
            "12 of 500 connections tried",
        ),
        (
            Language::Ja,
            "接続も試す",
            "接続は最大 1250 回（同時に 4 回まで）。機器がない場合、接続失敗の上限の範囲で約 41 分 40 秒",
            "検索を中止",
            "500 回中 12 回の接続を試しました",
        ),
    ] {
        let mut rig = open(language, cameras(1));
        rig.change(|state| {
            state.find = Arc::new(FindStatus {
                silent: 250,
                ..FindStatus::default()
            });
        });
        assert!(rig.harness.query_by_label_contains(cost).is_some());
        rig.click(begins);
        assert!(rig.sent().iter().any(|command| matches!(command, Command::KnockSilent)));
        rig.change(|state| {
            state.find = Arc::new(FindStatus {
                knocks: Some(discovery::KnockProgress { done: 12, all: 500 }),
                ..FindStatus::clone(&state.find)
            });
        });
        assert!(rig.harness.query_by_label_contains(progress).is_some());
        rig.click(cancel);
        assert!(rig.sent().iter().any(|command| matches!(command, Command::CancelFind)));
    }
}

#[test]
fn a_thousand_rows_paint_no_more_than_what_is_seen() {
    let mut rig = open(Language::En, cameras(1));
    found(
        &mut rig,
        (0..1_000).map(|number| row(number, FoundState::New)).collect(),
        None,
    );
    assert!(rig.harness.query_by_label_contains("1000 devices found").is_some());
    let painted = rig.harness.query_all_by_label_contains("Recorder, New").count();
    assert!((1..60).contains(&painted), "{painted}");
}

/// `cargo test --locked --test it -- --ignored --nocapture a_frame_of`: what a frame costs with few and with many rows.
#[test]
#[ignore = "it measures"]
fn a_frame_of_a_thousand_rows_costs_hardly_more_than_one_of_thirty() {
    let mut each = Vec::new();
    for count in [30, 1_000] {
        let mut rig = open(Language::En, cameras(1));
        found(
            &mut rig,
            (0..count).map(|number| row(number, FoundState::New)).collect(),
            None,
        );
        rig.click("Choose all new ones");
        let began = std::time::Instant::now();
        rig.harness.run_steps(100);
        each.push(began.elapsed().as_secs_f64() * 10.0);
    }
    println!(
        "a frame with 30 rows: {:.1} ms, with 1,000 rows: {:.1} ms",
        each[0], each[1]
    );
    assert!(each[1] < 2.0 * each[0], "{each:?}");
}

#[test]
fn a_tile_says_where_its_device_is_now_and_a_click_takes_it() {
    for (language, said, button) in [
        (Language::En, "Answers at 192.168.1.44 now", "Use 192.168.1.44"),
        (
            Language::Ja,
            "現在は 192.168.1.44 で応答しています",
            "192.168.1.44 を使う",
        ),
    ] {
        let registry = cameras(1);
        let id = registry.devices[0].id;
        let mut rig = WindowSetup::new(language, registry).open();
        rig.change(|state| {
            set_streams(state, |_| {
                Some(TileState::Offline {
                    failure: Failure {
                        kind: FailureKind::Timeout,
                        stage: Stage::Connect,
                        detail: String::new(),
                    },
                    next_try: None,
                })
            });
            state.moved = Arc::new([(id, "192.168.1.44".parse().unwrap())].into());
        });
        assert!(rig.harness.query_by_label_contains(said).is_some());
        rig.click(button);
        assert!(
            rig.sent()
                .iter()
                .any(|command| matches!(command, Command::TakeMoved(of) if *of == id))
        );
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn a_find_in_both_languages() {
    for (language, tag, size) in [
        (Language::Ja, "ja", [1280.0, 720.0]),
        (Language::En, "en", [1920.0, 1080.0]),
    ] {
        let registry = cameras(2);
        let [first, second] = [0, 1].map(|index: usize| registry.devices[index.min(registry.devices.len() - 1)].id);
        let mut rig = open_sized(language, registry, size);
        let rows = (0..30).map(|number| match number {
            2 => row(number, FoundState::Registered(first)),
            5 => row(number, FoundState::Moved(second)),
            9 => row(number, FoundState::Elsewhere),
            _ => row(number, FoundState::New),
        });
        let progress = ScanProgress {
            asked: 120,
            addresses: 254,
            permille: 470,
        };
        found(&mut rig, rows.collect(), Some(progress));
        let choose = match language {
            Language::En => "Choose all new ones",
            Language::Ja => "未登録をすべて選択",
        };
        rig.click(choose);
        shoot(rig, &format!("find_{tag}"));
    }
}
