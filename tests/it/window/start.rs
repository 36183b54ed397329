//! First start, and the languages.

use device::Registry;
use monomi::i18n::Language;

use super::stage::{Setting, cameras};

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
        let mut stage = Setting::new(language, Registry::default()).open();
        assert!(stage.is_shown(title));
        stage.click(demo);
        assert_eq!(*stage.demo_started.lock().unwrap(), 1);
        stage.click(add);
        assert!(stage.is_shown(save), "the device editor is open");
        assert_eq!(stage.tiles(), [""; 0], "no tiles behind the dialog");
    }
}

#[test]
fn without_a_demo_none_is_offered() {
    let mut setting = Setting::new(Language::En, Registry::default());
    setting.demo = false;
    assert!(!setting.open().is_shown("Try the demo"));
}

#[test]
fn a_first_recorder_appears_on_the_wall_by_itself() {
    let mut stage = Setting::new(Language::En, Registry::default()).open();
    assert_eq!(stage.tiles(), [""; 0]);
    stage.change(|state| state.registry = cameras(16).into());
    let tiles = stage.tiles();
    assert_eq!(tiles.len(), 16);
    assert_eq!(tiles[0], "Tile 1: Cam 1 · DVR, Preparing");
    assert_eq!(
        stage.wanted().split(' ').count(),
        16,
        "all sixteen are asked for: {}",
        stage.wanted()
    );
}

#[test]
fn the_language_is_switched_at_once() {
    let mut stage = Setting::new(Language::En, cameras(1)).open();
    assert!(stage.is_shown("File") && !stage.is_shown("ファイル"));
    let language = |chosen| {
        move |state: &mut monomi::bridge::EngineState| {
            let mut settings = (*state.settings).clone();
            settings.language = chosen;
            state.settings = settings.into();
        }
    };
    stage.change(language(settings::Language::Ja));
    assert!(stage.is_shown("ファイル") && !stage.is_shown("File"));
    assert_eq!(stage.tiles(), ["タイル 1：Cam 1 · DVR、準備中"]);
    stage.change(language(settings::Language::En));
    assert!(stage.is_shown("File"));
}

#[test]
fn the_menus_hold_what_ems2_users_look_for() {
    let mut stage = Setting::new(Language::Ja, cameras(1)).open();
    stage.click("ファイル");
    assert!(stage.is_shown("設定…") && stage.is_shown("終了"));
    stage.press(egui::Key::Escape);
    stage.click("情報");
    stage.click("バージョン情報");
    assert!(stage.is_shown(&format!("バージョン {}", env!("CARGO_PKG_VERSION"))));
    stage.press(egui::Key::Escape);
    assert!(!stage.is_shown(&format!("バージョン {}", env!("CARGO_PKG_VERSION"))));
}
