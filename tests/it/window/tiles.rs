//! What can be done with one tile: snapshots, shapes, zoom, streams, sound.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, Notice, NoticeKind, SnapshotProblem};
use monomi::i18n::Language;

use super::stage::{Setting, Stage, cameras};

/// Opens the context menu of the tile whose label contains `name`.
fn open_menu(stage: &mut Stage, name: &str) {
    stage.harness.get_by_label_contains(name).click_secondary();
    stage.harness.run();
}

fn snapshots(stage: &Stage) -> Vec<u16> {
    let number = |command| match command {
        Command::SaveSnapshot(channel) => Some(channel.number),
        _ => None,
    };
    stage.sent().into_iter().filter_map(number).collect()
}

#[test]
fn a_snapshot_is_taken_by_key_and_by_menu() {
    for (language, item, tile) in [
        (Language::En, "Save a snapshot", "Tile 2:"),
        (Language::Ja, "スナップショットを保存", "タイル 2："),
    ] {
        let mut stage = Setting::new(language, cameras(4)).open();
        stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
        stage.harness.run();
        assert_eq!(snapshots(&stage), [1]);
        open_menu(&mut stage, tile);
        stage.harness.get_by_label_contains(item).click();
        stage.harness.run();
        assert_eq!(snapshots(&stage), [2]);
    }
}

#[test]
fn a_saved_snapshot_says_where_it_is_and_moves_nothing() {
    for (language, saved, failed) in [
        (Language::En, "Snapshot saved: /pictures/DVR.png", "No snapshot: DVR"),
        (Language::Ja, "スナップショットを保存しました：/pictures/DVR.png", "DVR のこのチャンネルに"),
    ] {
        let mut stage = Setting::new(language, cameras(4)).open();
        let before = stage.harness.get_by_label_contains("Cam 1").rect();
        let path = "/pictures/DVR.png".to_owned();
        stage.change(|snapshot| {
            snapshot.notices = Arc::new(vec![Notice { id: 1, kind: NoticeKind::SnapshotSaved { path } }]);
        });
        assert!(stage.is_shown(saved));
        assert_eq!(stage.harness.get_by_label_contains("Cam 1").rect(), before);
        let (device, problem) = ("DVR".to_owned(), SnapshotProblem::NoPicture);
        stage.change(|snapshot| {
            snapshot.notices = Arc::new(vec![Notice { id: 2, kind: NoticeKind::SnapshotFailed { device, problem } }]);
        });
        stage.harness.get_by_label_contains(failed);
    }
}
