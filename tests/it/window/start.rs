//! First start, and the languages.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use device::Registry;
use monomi::i18n::Language;
use settings::Theme;

use super::rig::{WindowRig, WindowSetup, cameras};

#[test]
fn a_fresh_profile_invites_in_the_users_language() {
    for (language, title, add, demo, save) in [
        (
            Language::En,
            "Watch your first recorder",
            "Add a device…",
            "Try the demo",
            "Save",
        ),
        (
            Language::Ja,
            "最初のレコーダーを登録しましょう",
            "機器を追加…",
            "デモを試す",
            "保存",
        ),
    ] {
        let mut rig = WindowSetup::new(language, Registry::default()).open();
        assert!(rig.is_shown(title));
        rig.click(demo);
        assert_eq!(*rig.demo_started.lock().unwrap(), [(language, Theme::Dark)]);
        rig.click(add);
        assert!(rig.is_shown(save), "the device editor is open");
        assert_eq!(rig.tiles(), [""; 0], "no tiles behind the dialog");
    }
}

#[test]
fn the_demo_says_over_its_wall_that_it_is_one() {
    for (language, sign) in [
        (Language::En, "Demo: test pictures from inside this PC"),
        (Language::Ja, "デモ：この PC の中で作ったテスト映像です"),
    ] {
        let mut setup = WindowSetup::new(language, cameras(1));
        setup.is_demo = true;
        let mut rig = setup.open();
        assert!(rig.is_shown(sign));
        rig.press(egui::Key::F11);
        assert!(rig.is_shown(sign), "in full screen, too");
        assert!(!WindowSetup::new(language, cameras(1)).open().is_shown(sign));
    }
}

#[test]
fn further_windows_without_a_view_have_a_number_in_their_title() {
    for (language, is_demo, title) in [
        (Language::En, false, "Monomi 2"),
        (Language::Ja, true, "Monomi – デモ 2"),
    ] {
        let titles: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let seen = Arc::clone(&titles);
        egui::Context::set_immediate_viewport_renderer(move |ctx, mut viewport| {
            seen.lock().unwrap().extend(viewport.builder.title.clone());
            let input = egui::RawInput {
                viewport_id: viewport.ids.this,
                viewports: std::iter::once((viewport.ids.this, egui::ViewportInfo::default())).collect(),
                ..egui::RawInput::default()
            };
            let mut output = ctx.run_ui(input, |ui| (viewport.viewport_ui_cb)(ui));
            output.textures_delta.clear();
        });
        let mut setup = WindowSetup::new(language, cameras(1));
        setup.state.windows = vec![wall::WindowView::default(); 2].into();
        (setup.is_demo, setup.further_windows) = (is_demo, true);
        setup.open();
        let titles: Vec<String> = titles.lock().unwrap().iter().cloned().collect();
        assert_eq!(titles, [title]);
    }
}

#[test]
fn without_a_demo_none_is_offered() {
    let mut setup = WindowSetup::new(Language::En, Registry::default());
    setup.demo = false;
    assert!(!setup.open().is_shown("Try the demo"));
}

#[test]
fn a_first_recorder_appears_on_the_wall_by_itself() {
    let mut rig = WindowSetup::new(Language::En, Registry::default()).open();
    assert_eq!(rig.tiles(), [""; 0]);
    rig.change(|state| state.registry = cameras(16).into());
    let tiles = rig.tiles();
    assert_eq!(tiles.len(), 16);
    assert_eq!(tiles[0], "Tile 1: Cam 1 · DVR, Preparing");
    assert_eq!(
        rig.wanted().split(' ').count(),
        16,
        "all sixteen are asked for: {}",
        rig.wanted()
    );
}

#[test]
fn the_language_is_switched_at_once() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    assert!(rig.is_shown("File") && !rig.is_shown("ファイル"));
    let language = |chosen| {
        move |state: &mut monomi::bridge::EngineState| {
            let mut settings = (*state.settings).clone();
            settings.language = chosen;
            state.settings = settings.into();
        }
    };
    rig.change(language(settings::Language::Ja));
    assert!(rig.is_shown("ファイル") && !rig.is_shown("File"));
    assert_eq!(rig.tiles(), ["タイル 1：Cam 1 · DVR、準備中"]);
    rig.change(language(settings::Language::En));
    assert!(rig.is_shown("File"));
}

#[test]
fn the_menus_hold_what_ems2_users_look_for() {
    let mut rig = WindowSetup::new(Language::Ja, cameras(1)).open();
    rig.click("ファイル");
    assert!(rig.is_shown("設定…") && rig.is_shown("終了"));
    rig.press(egui::Key::Escape);
    rig.click("ヘルプ");
    rig.click("バージョン情報");
    assert!(rig.is_shown(&format!("バージョン {}", env!("CARGO_PKG_VERSION"))));
    rig.press(egui::Key::Escape);
    assert!(!rig.is_shown(&format!("バージョン {}", env!("CARGO_PKG_VERSION"))));
}

/// A full-screen start in a window that the system first makes small.
fn fullscreen_start() -> WindowRig {
    let mut setup = WindowSetup::new(Language::En, cameras(16));
    setup.fullscreen = true;
    setup.size = [800.0, 500.0];
    setup.open_as(|window| {
        window.fullscreen = Some(false);
        window.monitor_size = Some(egui::vec2(1920.0, 1080.0));
    })
}

#[test]
fn a_full_screen_start_asks_for_streams_once_after_its_size_is_known() {
    let mut rig = fullscreen_start();
    assert_eq!(rig.times_wanted(), 0, "the window is small still: {}", rig.wanted());
    rig.system_says(|window| window.fullscreen = Some(true));
    rig.harness.run_steps(3);
    assert_eq!(rig.times_wanted(), 0, "it is about to grow: {}", rig.wanted());
    rig.harness.set_size(egui::vec2(1920.0, 1080.0));
    rig.harness.run_steps(20);
    let wanted = rig.wanted();
    assert_eq!((rig.times_wanted(), wanted.matches('m').count()), (1, 16), "{wanted}");
}

#[test]
fn a_window_that_never_fills_the_screen_asks_for_streams_all_the_same() {
    let mut rig = fullscreen_start();
    rig.harness.run_steps(130);
    assert_eq!(rig.wanted().matches('s').count(), 16, "{}", rig.wanted());
}
