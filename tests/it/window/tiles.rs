//! What can be done with one tile: snapshots, shapes, zoom, streams, sound.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId, StreamKind};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, Notice, NoticeKind, SnapshotProblem, TileState};
use monomi::i18n::Language;
use wall::{Crop, Layout};

use super::rig::{WindowRig, WindowSetup, cameras, picture, set_streams};

/// Opens the context menu of the tile whose label contains `name`.
fn open_menu(rig: &mut WindowRig, name: &str) {
    rig.harness.get_by_label_contains(name).click_secondary();
    rig.harness.run();
}

fn snapshots(rig: &WindowRig) -> Vec<u16> {
    let number = |command| match command {
        Command::SaveSnapshot(channel) => Some(channel.number),
        _ => None,
    };
    rig.sent().into_iter().filter_map(number).collect()
}

#[test]
fn a_snapshot_is_taken_by_key_and_by_menu() {
    for (language, item, tile) in [
        (Language::En, "Save a snapshot", "Tile 2:"),
        (Language::Ja, "スナップショットを保存", "タイル 2："),
    ] {
        let mut rig = live(language, 4);
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
        rig.harness.run();
        assert_eq!(snapshots(&rig), [1]);
        open_menu(&mut rig, tile);
        rig.click(item);
        assert_eq!(snapshots(&rig), [2]);
    }
}

#[test]
fn a_saved_snapshot_says_where_it_is_opens_its_folder_and_moves_nothing() {
    for (language, saved, failed, open, not_opened) in [
        (
            Language::En,
            "Snapshot saved: DVR.png",
            "No snapshot: DVR",
            "Open folder",
            "The folder /pictures could not be opened (the log has the reason)",
        ),
        (
            Language::Ja,
            "スナップショットを保存しました：DVR.png",
            "DVR のこのチャンネルに",
            "フォルダーを開く",
            "フォルダー /pictures を開けませんでした（理由はログに記録しました）",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        let before = rig.harness.get_by_label_contains("Cam 1").rect();
        let path = PathBuf::from("/pictures/DVR.png");
        rig.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 1,
                kind: NoticeKind::SnapshotSaved { path },
            }]);
        });
        assert!(rig.is_shown(saved));
        assert_eq!(rig.harness.get_by_label_contains("Cam 1").rect(), before);
        rig.sent();
        rig.click(open);
        let opens = |command: &Command| matches!(command, Command::OpenFolderOf(file) if file.ends_with("DVR.png"));
        assert!(rig.sent().iter().any(opens));
        let (folder, reason) = (PathBuf::from("/pictures"), "no file manager".to_owned());
        rig.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 3,
                kind: NoticeKind::FolderNotOpened { folder, reason },
            }]);
        });
        rig.harness.get_by_label_contains(not_opened);
        let (device, problem) = ("DVR".to_owned(), SnapshotProblem::NoPicture);
        rig.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 2,
                kind: NoticeKind::SnapshotFailed { device, problem },
            }]);
        });
        rig.harness.get_by_label_contains(failed);
    }
}

/// A wall of live sub and main streams with pictures.
fn live(language: Language, channels: usize) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(channels)).open();
    rig.change(|state| {
        set_streams(state, |_| Some(TileState::Live));
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
    rig
}

fn crop(rig: &WindowRig, number: u16) -> Crop {
    let channel = ChannelId {
        device: DeviceId(1),
        number,
    };
    let places = rig.harness.state().view().wall.places();
    let placed = places.iter().flatten().find(|placed| placed.channel == channel);
    placed.map(|placed| placed.crop).unwrap_or_default()
}

fn wheel(rig: &mut WindowRig, name: &str, points: f32) {
    let at = rig.harness.get_by_label_contains(name).rect().center();
    rig.harness.hover_at(at);
    rig.harness.run();
    rig.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, points),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    rig.harness.run_steps(60);
}

#[test]
fn the_wheel_enlarges_a_drag_pushes_and_a_double_click_shows_all_again() {
    let mut rig = live(Language::En, 4);
    wheel(&mut rig, "Cam 2", 320.0);
    let zoom = crop(&rig, 2).zoom;
    assert!((3.0..5.0).contains(&zoom.factor), "{zoom:?}");
    assert_eq!(crop(&rig, 1), Crop::default(), "the other tiles stay");
    let at = rig.harness.get_by_label_contains("Cam 2").rect().center();
    rig.harness.drag_at(at);
    rig.harness.run();
    for part in [10.0, 40.0, 80.0] {
        rig.harness.hover_at(at - egui::vec2(part, 0.0));
        rig.harness.run();
    }
    rig.harness.drop_at(at - egui::vec2(80.0, 0.0));
    rig.harness.run();
    assert!(
        crop(&rig, 2).zoom.centre[0] > zoom.centre[0] + 0.02,
        "the picture follows the pointer"
    );
    assert!(rig.tiles()[1].contains("Cam 2"), "the tile stays where it is");
    let label = rig.tiles()[1].clone();
    rig.double_click(&label);
    assert_eq!(crop(&rig, 2), Crop::default());
    assert_eq!(rig.tiles().len(), 4, "not shown alone");
}

#[test]
fn keys_enlarge_push_and_reset_the_selected_tile() {
    let mut rig = live(Language::Ja, 4);
    for _ in 0..4 {
        rig.press(Key::Plus);
    }
    let zoom = crop(&rig, 1).zoom;
    assert!((2.3..2.6).contains(&zoom.factor), "{zoom:?}");
    open_menu(&mut rig, "タイル 1：");
    assert!(rig.is_shown("拡大を解除"));
    rig.press(Key::Escape);
    rig.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    rig.harness.run();
    assert!(crop(&rig, 1).zoom.centre[0] > zoom.centre[0]);
    rig.press(Key::Minus);
    assert!(crop(&rig, 1).zoom.factor < zoom.factor);
    rig.press(Key::Num0);
    assert_eq!(crop(&rig, 1), Crop::default());
    rig.press(Key::Num0);
    assert_eq!(
        rig.harness.state().view().wall.layout(),
        &Layout::OF_DIGITS[9],
        "0 is a layout again"
    );
}

#[test]
fn the_menu_chooses_shape_and_stream() {
    for (language, menus, tile) in [
        (
            Language::En,
            [["Picture shape", "Fill the tile"], ["Stream", "Sub stream"]],
            "Tile 1:",
        ),
        (
            Language::Ja,
            [
                ["映像の表示方法", "タイルいっぱいに表示"],
                ["ストリーム", "サブストリーム"],
            ],
            "タイル 1：",
        ),
    ] {
        let mut rig = live(language, 4);
        assert!(rig.wanted().contains("1m!"), "{}", rig.wanted());
        for [menu, item] in menus {
            open_menu(&mut rig, tile);
            rig.harness.get_by_label_contains(menu).click();
            rig.harness.run();
            rig.harness.get_by_label(item).click();
            rig.harness.run();
            rig.press(Key::Escape);
        }
        assert_eq!(crop(&rig, 1).to_string(), "fill sub");
        rig.harness.run();
        assert!(rig.wanted().contains("1s!"), "{}", rig.wanted());
    }
}

#[test]
fn a_small_tile_that_is_enlarged_takes_the_main_stream_and_more_pixels() {
    let mut rig = live(Language::En, 25);
    assert!(rig.wanted().contains("1s!"), "{}", rig.wanted());
    for _ in 0..8 {
        rig.press(Key::Plus);
    }
    rig.change(|state| state.now += Duration::from_secs(1));
    rig.harness.run();
    assert!(rig.wanted().contains("1m!"), "{}", rig.wanted());
    let state = rig.harness.state().engine_state();
    let target = state.streams.iter().find_map(|(stream, status)| {
        (stream.channel.number == 1 && stream.kind == StreamKind::Main).then(|| status.slot.target())
    });
    assert!(target.flatten().is_some_and(|(width, _)| width > 600), "{target:?}");
}
