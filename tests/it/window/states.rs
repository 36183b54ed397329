//! What each state says, in both languages; notices.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, EngineState, Notice, NoticeKind, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, HeldBy, Stage};

use super::rig::{WindowSetup, cameras, refuse_sign_in, set_streams};

#[test]
fn sixteen_late_tiles_of_a_recorder_say_it_once_and_each_of_the_others_its_age() {
    for (language, age) in [(Language::En, "for 7 s"), (Language::Ja, "7 秒間")] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        rig.change(|state| set_streams(state, |_| Some(TileState::Late)));
        let ages = rig
            .harness
            .query_all_by(|node| node.description().as_deref() == Some(age));
        assert_eq!(ages.count(), 15);
    }
}

/// Nine channels in nine states.
pub fn all_states(state: &mut EngineState) {
    let soon = Some(state.now + Duration::from_secs(12));
    let failure = |kind, stage| Failure {
        kind,
        stage,
        detail: String::new(),
    };
    set_streams(state, |stream| {
        Some(match stream.channel.number {
            1 => TileState::Live,
            2 => TileState::Late,
            3 => TileState::Offline {
                failure: failure(FailureKind::Timeout, Stage::Connect),
                next_try: soon,
            },
            4 => TileState::Connecting {
                stage: Stage::Describe,
                since: None,
            },
            5 => TileState::Waiting {
                held_by: HeldBy::Device,
                until: soon,
                failure: None,
            },
            6 => TileState::Refused {
                failure: failure(FailureKind::Policy, Stage::Connect),
            },
            7 => TileState::SignInFailed {
                failure: failure(FailureKind::Auth, Stage::Describe),
                next_try: None,
            },
            8 => TileState::NoSuchChannel {
                failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                next_try: soon,
            },
            _ => TileState::UnsupportedCodec {
                failure: failure(FailureKind::UnsupportedCodec, Stage::Setup),
                next_try: soon,
            },
        })
    });
}

#[test]
fn every_state_is_named_in_both_languages_and_only_one_is_live() {
    for (language, names, live) in [
        (
            Language::En,
            [
                "LIVE",
                "Late",
                "Offline",
                "Connecting",
                "Waiting its turn",
                "Not allowed",
                "Sign-in failed",
                "No such channel",
                "Unsupported video",
            ],
            "LIVE",
        ),
        (
            Language::Ja,
            [
                "ライブ",
                "遅延",
                "オフライン",
                "接続中",
                "順番待ち",
                "接続不可",
                "ログイン失敗",
                "チャンネルなし",
                "非対応の映像",
            ],
            "ライブ",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(9)).open();
        rig.change(all_states);
        let tiles = rig.tiles();
        for (tile, name) in tiles.iter().zip(names) {
            assert!(tile.ends_with(name), "{tile} is {name}");
        }
        assert_eq!(tiles.iter().filter(|tile| tile.contains(live)).count(), 1);
        let count = if language == Language::En {
            "1 / 9 tiles live"
        } else {
            "1 / 9 タイルがライブ"
        };
        assert!(rig.is_shown(count));
    }
}

#[test]
fn retry_now_asks_for_the_device() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    rig.change(|state| {
        let failure = Failure {
            kind: FailureKind::Refused,
            stage: Stage::Connect,
            detail: String::new(),
        };
        set_streams(state, |_| {
            Some(TileState::Offline {
                failure: failure.clone(),
                next_try: None,
            })
        });
    });
    rig.sent();
    rig.click("Retry now");
    assert!(
        rig.sent()
            .iter()
            .any(|command| matches!(command, Command::RetryNow(device) if device.0 == 1))
    );
}

#[test]
fn a_refused_sign_in_offers_the_editor_for_a_retry_would_be_refused_too() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    rig.change(refuse_sign_in);
    assert!(!rig.is_shown("Retry now"));
    rig.click("Edit device…");
    assert!(rig.is_shown("Save"), "the device editor is open");
}

#[test]
fn a_notice_is_read_closed_and_undone() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    rig.change(|state| {
        state.notices = Arc::new(vec![
            Notice {
                id: 7,
                kind: NoticeKind::DevicesRemoved {
                    names: vec!["Lobby".into(), "Yard".into()],
                },
            },
            Notice {
                id: 8,
                kind: NoticeKind::WriteFailed {
                    file: "devices.toml".into(),
                    reason: "devices.toml: No space left on device (os error 28)".into(),
                },
            },
        ]);
    });
    assert!(rig.is_shown("2 devices removed: Lobby, Yard"));
    assert!(rig.is_shown(
        "devices.toml could not be saved (the disk is full). Nothing is lost while Monomi runs; it tries again"
    ));
    rig.sent();
    rig.click("Undo");
    assert!(rig.sent().iter().any(|command| matches!(command, Command::UndoRemove)));
}

#[test]
fn a_disabled_device_keeps_its_tiles_and_wants_no_stream() {
    let mut rig = WindowSetup::new(Language::En, cameras(2)).open();
    assert!(!rig.wanted().is_empty());
    rig.change(|state| {
        let mut registry = (*state.registry).clone();
        registry.devices[0].enabled = false;
        state.registry = Arc::new(registry);
    });
    assert_eq!(rig.tiles()[0], "Tile 1: Cam 1 · DVR, Switched off");
    assert_eq!(rig.wanted(), "");
}

#[test]
fn a_key_tells_once_that_somebody_is_there_to_read_and_an_undo_stands_in_one_place() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    let names = vec!["Lobby".to_owned(), "Yard".to_owned()];
    rig.change(|state| {
        let kind = NoticeKind::DevicesRemoved { names };
        state.notices = Arc::new(vec![Notice { id: 7, kind }]);
    });
    rig.sent();
    rig.press(egui::Key::F8);
    rig.press(egui::Key::F8);
    let read = |command: &Command| match command {
        Command::Read(ids) => Some(ids.clone()),
        _ => None,
    };
    let read: Vec<Vec<u64>> = rig.sent().iter().filter_map(read).collect();
    assert_eq!(read, [[7]]);
    assert_eq!(rig.harness.query_all_by_label("Undo").count(), 1);
    rig.harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Comma);
    rig.harness.run();
    let tab = rig.harness.get_by_role_and_label(Role::Tab, "Devices");
    tab.click();
    rig.harness.run();
    assert_eq!(
        rig.harness.query_all_by_label("Undo").count(),
        1,
        "the list of devices says it"
    );
    assert!(!rig.is_shown("2 devices removed: Lobby, Yard"));
}
