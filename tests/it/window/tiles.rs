//! What can be done with one tile: snapshots, shapes, zoom, streams, sound.

use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId, StreamKind};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, Notice, NoticeKind, SnapshotProblem, TileState};
use monomi::i18n::Language;
use wall::{Crop, Layout};

use super::stage::{Setting, Stage, cameras, picture, set_streams};

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
        stage.click(item);
        assert_eq!(snapshots(&stage), [2]);
    }
}

#[test]
fn a_saved_snapshot_says_where_it_is_and_moves_nothing() {
    for (language, saved, failed) in [
        (Language::En, "Snapshot saved: /pictures/DVR.png", "No snapshot: DVR"),
        (
            Language::Ja,
            "スナップショットを保存しました：/pictures/DVR.png",
            "DVR のこのチャンネルに",
        ),
    ] {
        let mut stage = Setting::new(language, cameras(4)).open();
        let before = stage.harness.get_by_label_contains("Cam 1").rect();
        let path = "/pictures/DVR.png".to_owned();
        stage.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 1,
                kind: NoticeKind::SnapshotSaved { path },
            }]);
        });
        assert!(stage.is_shown(saved));
        assert_eq!(stage.harness.get_by_label_contains("Cam 1").rect(), before);
        let (device, problem) = ("DVR".to_owned(), SnapshotProblem::NoPicture);
        stage.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 2,
                kind: NoticeKind::SnapshotFailed { device, problem },
            }]);
        });
        stage.harness.get_by_label_contains(failed);
    }
}

/// A wall of live sub and main streams with pictures.
fn live(language: Language, channels: usize) -> Stage {
    let mut stage = Setting::new(language, cameras(channels)).open();
    stage.change(|state| {
        set_streams(state, |_| Some(TileState::Live));
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
    stage
}

fn crop(stage: &Stage, number: u16) -> Crop {
    let channel = ChannelId {
        device: DeviceId(1),
        number,
    };
    let places = stage.harness.state().view().wall.places();
    let placed = places.iter().flatten().find(|placed| placed.channel == channel);
    placed.map(|placed| placed.crop).unwrap_or_default()
}

fn wheel(stage: &mut Stage, name: &str, points: f32) {
    let at = stage.harness.get_by_label_contains(name).rect().center();
    stage.harness.hover_at(at);
    stage.harness.run();
    stage.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, points),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    stage.harness.run_steps(60);
}

#[test]
fn the_wheel_enlarges_a_drag_pushes_and_a_double_click_shows_all_again() {
    let mut stage = live(Language::En, 4);
    wheel(&mut stage, "Cam 2", 320.0);
    let zoom = crop(&stage, 2).zoom;
    assert!((3.0..5.0).contains(&zoom.factor), "{zoom:?}");
    assert_eq!(crop(&stage, 1), Crop::default(), "the other tiles stay");
    let at = stage.harness.get_by_label_contains("Cam 2").rect().center();
    stage.harness.drag_at(at);
    stage.harness.run();
    for part in [10.0, 40.0, 80.0] {
        stage.harness.hover_at(at - egui::vec2(part, 0.0));
        stage.harness.run();
    }
    stage.harness.drop_at(at - egui::vec2(80.0, 0.0));
    stage.harness.run();
    assert!(
        crop(&stage, 2).zoom.centre[0] > zoom.centre[0] + 0.02,
        "the picture follows the pointer"
    );
    assert!(stage.tiles()[1].contains("Cam 2"), "the tile stays where it is");
    let label = stage.tiles()[1].clone();
    stage.double_click(&label);
    assert_eq!(crop(&stage, 2), Crop::default());
    assert_eq!(stage.tiles().len(), 4, "not shown alone");
}

#[test]
fn keys_enlarge_push_and_reset_the_selected_tile() {
    let mut stage = live(Language::Ja, 4);
    for _ in 0..4 {
        stage.press(Key::Plus);
    }
    let zoom = crop(&stage, 1).zoom;
    assert!((2.3..2.6).contains(&zoom.factor), "{zoom:?}");
    open_menu(&mut stage, "タイル 1：");
    assert!(stage.is_shown("拡大を解除"));
    stage.press(Key::Escape);
    stage.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    stage.harness.run();
    assert!(crop(&stage, 1).zoom.centre[0] > zoom.centre[0]);
    stage.press(Key::Minus);
    assert!(crop(&stage, 1).zoom.factor < zoom.factor);
    stage.press(Key::Num0);
    assert_eq!(crop(&stage, 1), Crop::default());
    stage.press(Key::Num0);
    assert_eq!(
        stage.harness.state().view().wall.layout(),
        &Layout::PRESETS[9],
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
        let mut stage = live(language, 4);
        assert!(stage.wanted().contains("1m!"), "{}", stage.wanted());
        for [menu, item] in menus {
            open_menu(&mut stage, tile);
            stage.harness.get_by_label_contains(menu).click();
            stage.harness.run();
            stage.harness.get_by_label(item).click();
            stage.harness.run();
            stage.press(Key::Escape);
        }
        assert_eq!(crop(&stage, 1).to_string(), "fill sub");
        stage.harness.run();
        assert!(stage.wanted().contains("1s!"), "{}", stage.wanted());
    }
}

#[test]
fn a_small_tile_that_is_enlarged_takes_the_main_stream_and_more_pixels() {
    let mut stage = live(Language::En, 25);
    assert!(stage.wanted().contains("1s!"), "{}", stage.wanted());
    for _ in 0..8 {
        stage.press(Key::Plus);
    }
    stage.change(|state| state.now += Duration::from_secs(1));
    stage.harness.run();
    assert!(stage.wanted().contains("1m!"), "{}", stage.wanted());
    let state = stage.harness.state().engine_state();
    let target = state.streams.iter().find_map(|(stream, status)| {
        (stream.channel.number == 1 && stream.kind == StreamKind::Main).then(|| status.slot.target())
    });
    assert!(target.flatten().is_some_and(|(width, _)| width > 600), "{target:?}");
}
