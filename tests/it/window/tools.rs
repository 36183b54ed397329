//! The tools of the tile under the pointer, the way out of the single view, and the mark of an enlarged picture.

use std::time::Duration;

use device::{ChannelId, DeviceId, StreamKind};
use egui::{Key, Rect};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, Stage};
use wall::{Aspect, Crop, Layout};

use super::rig::{WindowRig, WindowSetup, cameras, picture, set_streams};

/// What the tools are called: snapshot, sound, alone, enlarge, fill, clear, more; retry.
type Names = ([&'static str; 7], &'static str);

const NAMES: [(Language, Names); 2] = [
    (
        Language::En,
        (
            [
                "Save a snapshot (Ctrl+S)",
                "Turn the sound on (M)",
                "Show alone (Enter)",
                "Enlarge (+)",
                "Fill the tile (F)",
                "Clear tile (Delete)",
                "More (Shift+F10)",
            ],
            "Retry now (R)",
        ),
    ),
    (
        Language::Ja,
        (
            [
                "スナップショットを保存 (Ctrl+S)",
                "音声をオンにする (M)",
                "単独表示 (Enter)",
                "拡大 (+)",
                "タイルいっぱいに表示 (F)",
                "タイルを空にする (Delete)",
                "その他 (Shift+F10)",
            ],
            "今すぐ再試行 (R)",
        ),
    ),
];

fn publish(rig: &mut WindowRig, tile: impl Fn(u16) -> TileState) {
    rig.change(|state| {
        set_streams(state, |stream| Some(tile(stream.channel.number)));
        for (stream, status) in state.streams.iter().filter(|(_, status)| status.state.has_pictures()) {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
}

fn live(language: Language, channels: usize) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(channels)).open();
    publish(&mut rig, |_| TileState::Live);
    rig
}

fn offline() -> TileState {
    let failure = Failure {
        kind: FailureKind::Timeout,
        stage: Stage::Connect,
        detail: String::new(),
    };
    TileState::Offline {
        failure,
        next_try: None,
    }
}

/// Where the tile with this number is.
fn tile(rig: &WindowRig, number: usize) -> Rect {
    let label = rig.tiles()[number - 1].clone();
    rig.harness.get_by_label(&label).rect()
}

fn hover(rig: &mut WindowRig, number: usize) {
    let at = tile(rig, number).center();
    rig.harness.hover_at(at);
    rig.harness.run();
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

/// More than the time for which the tools stay.
const REST: usize = 240;

#[test]
fn the_tile_under_the_pointer_has_tools_until_the_pointer_rests() {
    for (language, (names, retry)) in NAMES {
        let mut rig = live(language, 4);
        assert!(names.iter().all(|name| !rig.is_shown(name)), "no pointer, no tools");
        hover(&mut rig, 2);
        for name in names {
            assert!(rig.is_shown(name), "{name}");
        }
        assert!(!rig.is_shown(retry), "a live tile has nothing to retry");
        let tool = rig.harness.get_by_label(names[0]).rect();
        let caption = tile(&rig, 2).top() + 22.0;
        assert!(tool.top() >= caption, "the caption stays free");
        rig.harness.run_steps(REST);
        assert!(names.iter().all(|name| !rig.is_shown(name)), "the pointer rests");
        let at = tile(&rig, 2).center();
        rig.harness.hover_at(at + egui::vec2(3.0, 0.0));
        rig.harness.run();
        assert!(rig.is_shown(names[0]), "it moved");
        rig.harness.hover_at(tool.center());
        rig.harness.run_steps(REST);
        assert!(rig.is_shown(names[1]), "the pointer is on the tools");
        hover(&mut rig, 3);
        let other = rig.harness.get_by_label(names[0]).rect();
        assert!(other != tool, "the tools are those of one tile");
    }
}

#[test]
fn each_tool_does_what_it_says() {
    for (language, (names, _)) in NAMES {
        let mut rig = live(language, 4);
        let tool = |rig: &mut WindowRig, index: usize| {
            hover(rig, 2);
            rig.click(names[index]);
        };
        rig.sent();
        tool(&mut rig, 0);
        let saved = rig.sent().into_iter().find_map(|command| match command {
            Command::SaveSnapshot(channel) => Some(channel.number),
            _ => None,
        });
        assert_eq!(saved, Some(2));
        tool(&mut rig, 3);
        let factor = crop(&rig, 2).zoom.factor;
        assert!((1.4..1.6).contains(&factor), "{factor}");
        tool(&mut rig, 4);
        assert_eq!(crop(&rig, 2).aspect, Aspect::Fill);
        tool(&mut rig, 1);
        let listens = |command: &Command| match command {
            Command::Show(wanted) => wanted
                .iter()
                .any(|wanted| wanted.stream.channel.number == 2 && wanted.listen == wall::Listen::Yes),
            _ => false,
        };
        assert!(rig.sent().iter().any(listens), "it is heard");
        tool(&mut rig, 2);
        assert_eq!(rig.tiles().len(), 1);
        rig.press(Key::Escape);
        tool(&mut rig, 5);
        assert_eq!(rig.harness.state().view().wall.channel(1), None, "it is cleared");
    }
}

#[test]
fn a_tile_without_a_picture_has_no_tool_that_needs_one_and_an_empty_one_has_none() {
    for (language, (names, retry)) in NAMES {
        let mut rig = WindowSetup::new(language, cameras(3)).open();
        publish(&mut rig, |number| if number == 2 { offline() } else { TileState::Live });
        rig.sent();
        hover(&mut rig, 2);
        for (name, is) in names.iter().zip([false, false, true, false, false, true, true]) {
            assert_eq!(rig.is_shown(name), is, "{name}");
        }
        rig.click(retry);
        let retried = |command: &Command| matches!(command, Command::RetryNow(DeviceId(1)));
        assert!(rig.sent().iter().any(retried));
        hover(&mut rig, 4);
        assert!(names.iter().all(|name| !rig.is_shown(name)));
    }
}

#[test]
fn a_key_shows_the_tools_of_the_tile_that_it_selects_for_a_while() {
    for (language, (names, _)) in NAMES {
        let mut rig = live(language, 4);
        rig.press(Key::ArrowRight);
        let tool = rig.harness.get_by_label(names[0]).rect();
        assert!(tile(&rig, 2).contains_rect(tool));
        rig.harness.run_steps(REST);
        assert!(!rig.is_shown(names[0]));
    }
}

#[test]
fn the_smallest_tile_has_a_menu_that_has_all_of_it() {
    for (language, (names, _)) in NAMES {
        let mut rig = live(language, 64);
        rig.press(Key::Num7);
        publish(&mut rig, |_| TileState::Live);
        hover(&mut rig, 10);
        assert!(!rig.is_shown(names[5]), "there is no room for all");
        let tile = tile(&rig, 10);
        let more = rig.harness.get_by_label(names[6]).rect();
        assert!(tile.contains_rect(more));
        rig.click(names[6]);
        let [clear, shape] = match language {
            Language::Ja => ["タイルを空にする", "映像の表示方法"],
            Language::En => ["Clear tile", "Picture shape"],
        };
        assert!(rig.is_shown(clear) && rig.is_shown(shape));
        assert!(!rig.is_shown(names[6]), "the menu stands alone");
    }
}

#[test]
fn a_kiosk_has_no_tool_that_changes_anything() {
    for (language, (names, _)) in NAMES {
        let mut setup = WindowSetup::new(language, cameras(4));
        setup.kiosk = Some(std::sync::Arc::default());
        let mut rig = setup.open();
        publish(&mut rig, |_| TileState::Live);
        hover(&mut rig, 2);
        for (name, is) in names.iter().zip([false, true, true, true, true, false, true]) {
            assert_eq!(rig.is_shown(name), is, "{name}");
        }
    }
}

#[test]
fn the_way_out_of_the_single_view_is_seen_and_pages_go_through_channels() {
    for (language, back, [next, previous], [menu_next, figure]) in [
        (
            Language::En,
            "Back to 4 tiles (Esc)",
            ["Next channel (PgDn)", "Previous channel (PgUp)"],
            ["Next channel", "3 / 6"],
        ),
        (
            Language::Ja,
            "4 タイルに戻る（Esc）",
            ["次のチャンネル (PgDn)", "前のチャンネル (PgUp)"],
            ["次のチャンネル", "3 / 6"],
        ),
    ] {
        let mut rig = live(language, 6);
        rig.press(Key::Num2);
        publish(&mut rig, |_| TileState::Live);
        assert!(!rig.is_shown(back));
        rig.press(Key::Enter);
        for _ in 0..2 {
            assert!(rig.is_shown(back));
            assert!(!rig.is_shown(previous), "the first channel");
            rig.click(next);
            assert!(rig.tiles()[0].contains("Cam 2"));
            rig.press(Key::PageDown);
            assert!(rig.tiles()[0].contains("Cam 3"));
            rig.click(previous);
            assert!(rig.tiles()[0].contains("Cam 2"));
            rig.press(Key::PageUp);
            assert!(rig.tiles()[0].contains("Cam 1"));
            // Once more in full screen, where there is no menu.
            rig.press(Key::F11);
        }
        rig.click(menu_next);
        rig.click(menu_next);
        assert!(rig.is_shown(figure), "the menu bar counts channels, too");
        rig.click(back);
        assert_eq!(rig.tiles().len(), 4);
        assert!(!rig.is_shown(back));
    }
}

#[test]
fn an_enlarged_picture_is_marked_and_a_click_shows_all_of_it() {
    for (language, mark) in [
        (
            Language::En,
            "Enlarged 2.4×: only a part of the picture is shown. Click to show all of it (0)",
        ),
        (
            Language::Ja,
            "2.4 倍に拡大中（映像の一部のみ表示）：クリックで全体を表示（0）",
        ),
    ] {
        let mut rig = live(language, 4);
        for _ in 0..4 {
            rig.press(Key::Plus);
        }
        let of_four = rig.harness.get_by_label(mark).rect();
        rig.press(Key::Enter);
        publish(&mut rig, |_| TileState::Live);
        let alone = rig.harness.get_by_label(mark).rect();
        assert!(
            alone.height() > of_four.height(),
            "it is seen from as far as the tile is"
        );
        rig.click(mark);
        assert_eq!(crop(&rig, 1), Crop::default());
        assert!(!rig.is_shown(mark));
    }
}

#[test]
fn the_shape_is_that_of_the_main_stream_from_when_it_was_seen() {
    let mut rig = WindowSetup::new(Language::En, cameras(25)).open();
    rig.press(Key::Num5);
    // Width by height of what is asked for of the stream that is shown.
    let shape = |rig: &mut WindowRig, kind: StreamKind| {
        for _ in 0..3 {
            rig.change(|state| {
                set_streams(state, |_| Some(TileState::Live));
                let shown = state.streams.iter().filter(|(stream, _)| stream.kind == kind);
                for (stream, status) in shown {
                    let (width, height) = match stream.kind {
                        StreamKind::Main => (1920, 1080),
                        StreamKind::Sub => (352, 240),
                    };
                    status.slot.set_source(width, height);
                    status.slot.publish(picture(1, 352, 240));
                }
                state.now += Duration::from_secs(60);
            });
        }
        let state = rig.harness.state().engine_state();
        let mut streams = state.streams.iter();
        let shown = streams.find(|(stream, _)| stream.channel.number == 1 && stream.kind == kind);
        let (width, height) = shown.unwrap().1.slot.target().expect("it is shown");
        width as f32 / height as f32
    };
    let before = shape(&mut rig, StreamKind::Sub);
    assert!((before - 352.0 / 240.0).abs() < 0.03, "nothing else is known: {before}");
    rig.press(Key::Enter);
    let main = shape(&mut rig, StreamKind::Main);
    assert!((main - 16.0 / 9.0).abs() < 0.03, "{main}");
    rig.press(Key::Escape);
    let after = shape(&mut rig, StreamKind::Sub);
    assert!((after - 16.0 / 9.0).abs() < 0.03, "it does not jump back: {after}");
}

#[test]
fn every_layout_has_a_key_a_name_and_a_drawing() {
    for (language, all, names) in [
        (
            Language::En,
            "All layouts",
            [
                "12 tiles",
                "20 tiles",
                "48 tiles",
                "1+9 tiles",
                "2+8 tiles",
                "Corridor, 3 tiles",
            ],
        ),
        (
            Language::Ja,
            "すべての画面分割",
            ["12 分割", "20 分割", "48 分割", "1+9 分割", "2+8 分割", "縦長 3 分割"],
        ),
    ] {
        let mut rig = live(language, 4);
        let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];
        for (key, (name, layout)) in keys.into_iter().zip(names.into_iter().zip(Layout::OF_ALT_DIGITS)) {
            rig.harness.key_press_modifiers(egui::Modifiers::ALT, key);
            rig.harness.run();
            assert_eq!(*rig.harness.state().view().wall.layout(), layout);
            assert_eq!(rig.tiles().len(), layout.tiles());
            assert!(rig.is_shown(name), "the button of the layout in use");
            rig.press(Key::Num2);
            rig.click(all);
            rig.click(name);
            assert_eq!(*rig.harness.state().view().wall.layout(), layout, "from its drawing");
            rig.press(Key::Num2);
        }
    }
}

#[test]
fn a_tall_tile_takes_the_stream_that_its_picture_needs() {
    let mut setup = WindowSetup::new(Language::En, cameras(3));
    setup.size = [1000.0, 720.0];
    let mut rig = setup.open();
    rig.harness.key_press_modifiers(egui::Modifiers::ALT, Key::Num6);
    rig.harness.run();
    let turned = |rig: &mut WindowRig, width, height| {
        rig.change(|state| {
            set_streams(state, |_| Some(TileState::Live));
            for (stream, status) in state.streams.iter() {
                status.slot.set_source(width, height);
                status.slot.publish(picture(stream.channel.number, 90, 160));
            }
        });
        rig.change(|state| state.now += Duration::from_secs(60));
        rig.change(|state| state.now += Duration::from_secs(60));
        rig.wanted()
    };
    assert_eq!(
        turned(&mut rig, 1920, 1080),
        "1s! 2s 3s",
        "a wide picture is small in it"
    );
    assert_eq!(
        turned(&mut rig, 1080, 1920),
        "1m! 2m 3m",
        "that of a turned camera is large"
    );
}

#[test]
fn menus_offer_only_what_means_something() {
    for (language, [view, snapshot, clear, clear_page, alone]) in [
        (
            Language::En,
            ["View", "Save a snapshot", "Clear tile", "Clear page", "Show alone"],
        ),
        (
            Language::Ja,
            [
                "表示",
                "スナップショットを保存",
                "タイルを空にする",
                "ページを空にする",
                "単独表示",
            ],
        ),
    ] {
        let is_enabled = |rig: &WindowRig, name: &str| {
            let node = rig.harness.get_by_label(name);
            use egui_kittest::kittest::NodeT as _;
            !node.accesskit_node().is_disabled()
        };
        let mut rig = WindowSetup::new(language, cameras(2)).open();
        publish(&mut rig, |number| if number == 2 { offline() } else { TileState::Live });
        rig.click(view);
        for name in [snapshot, clear, clear_page, alone] {
            assert!(is_enabled(&rig, name), "{name}");
        }
        rig.press(Key::Escape);
        rig.press(Key::ArrowRight);
        rig.click(view);
        assert!(
            !is_enabled(&rig, snapshot) && is_enabled(&rig, clear),
            "no live picture"
        );
        rig.press(Key::Escape);
        rig.press(Key::ArrowDown);
        rig.click(view);
        for name in [snapshot, clear, alone] {
            assert!(!is_enabled(&rig, name), "an empty tile: {name}");
        }
        assert!(is_enabled(&rig, clear_page));
    }
}
