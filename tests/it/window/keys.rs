//! The keyboard reaches everything, and a key that is typed is not a command.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, EngineState, TileState};
use monomi::i18n::Language;
use reconnect::{FailureKind, Stage};

use super::rig::{WindowRig, WindowSetup, cameras, refuse_sign_in, set_streams};
use super::trouble::fails;

#[test]
fn digits_typed_into_the_search_box_are_text() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    rig.harness.run();
    rig.harness.get_by_label("Search").type_text("1");
    rig.press(Key::Num1);
    assert_eq!(rig.tiles().len(), 16);
}

#[test]
fn f1_shows_every_key_and_escape_closes_it() {
    for (language, title, line) in [
        (Language::En, "Shortcuts", "Previous and next page"),
        (Language::Ja, "ショートカット", "前・次のページ"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        rig.press(Key::F1);
        assert!(rig.is_shown(title) && rig.is_shown(line));
        rig.press(Key::Num1);
        assert_eq!(rig.tiles().len(), 4, "keys do not reach what lies behind");
        rig.press(Key::Escape);
        assert!(!rig.is_shown(line));
    }
}

#[test]
fn f1_groups_the_keys_and_finds_them_by_words_and_by_key() {
    for (language, groups, search, snapshot, layout, none) in [
        (
            Language::En,
            ["Wall", "Views", "Windows and program"],
            "Search words or keys",
            "Save a snapshot of the selected tile",
            "Choose a layout",
            "No key matches “zzz”",
        ),
        (
            Language::Ja,
            ["画面", "ビュー", "ウィンドウと全般"],
            "説明またはキーで検索",
            "選択したタイルのスナップショットを保存",
            "画面分割を選ぶ",
            "「zzz」に合うキーはありません",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        let mut found = |typed: &str| {
            rig.press(Key::F1);
            rig.harness.get_by_label(search).type_text(typed);
            rig.harness.run();
            let shown = [snapshot, layout, none].map(|label| rig.is_shown(label));
            rig.press(Key::Escape);
            rig.press(Key::Escape);
            shown
        };
        assert_eq!(found("ctrl+s"), [true, false, false]);
        assert_eq!(found(&snapshot[snapshot.len() - 6..]), [true, false, false]);
        assert_eq!(found("zzz"), [false, false, true]);
        rig.press(Key::F1);
        for group in groups {
            assert!(rig.harness.query_all_by_label(group).next().is_some(), "{group}");
        }
    }
}

#[test]
fn no_key_enlarges_the_whole_window() {
    for kiosk in [false, true] {
        let mut setup = WindowSetup::new(Language::En, cameras(4));
        setup.kiosk = kiosk.then(Arc::default);
        let mut rig = setup.open();
        let scale = |rig: &WindowRig| (rig.harness.ctx.zoom_factor(), rig.harness.ctx.pixels_per_point());
        let before = scale(&rig);
        for key in [Key::Minus, Key::Plus, Key::Plus, Key::Equals, Key::Num0] {
            rig.harness.key_press_modifiers(Modifiers::COMMAND, key);
            rig.harness.run();
            assert_eq!(scale(&rig), before, "{key:?}, kiosk: {kiosk}");
        }
    }
}

#[test]
fn tab_leaves_the_wall_for_the_menu_and_enter_opens_it() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let mut seen = Vec::new();
    for _ in 0..24 {
        rig.press(Key::Tab);
        let focused = rig
            .harness
            .query_by(|node| node.is_focused())
            .and_then(|node| node.accesskit_node().label());
        seen.extend(focused);
        if seen.last().is_some_and(|label| label == "File") {
            rig.press(Key::Enter);
            assert!(rig.is_shown("Settings…"));
            return;
        }
    }
    panic!("the menu is not reached: {seen:?}");
}

#[test]
fn a_key_does_only_what_the_menu_of_its_tile_offers() {
    for (language, retry, snapshot) in [
        (Language::En, "Retry now", "Save a snapshot"),
        (Language::Ja, "今すぐ再試行", "スナップショットを保存"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(2)).open();
        let mut seen = |change: &dyn Fn(&mut EngineState)| {
            rig.change(change);
            let count = |rig: &WindowRig, label| rig.harness.query_all_by_label(label).count();
            let before = [count(&rig, retry), count(&rig, snapshot)];
            rig.press(Key::Menu);
            let offered = [count(&rig, retry) > before[0], count(&rig, snapshot) > before[1]];
            rig.press(Key::Escape);
            rig.sent();
            rig.press(Key::R);
            rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
            rig.harness.run();
            let sent = rig.sent();
            let done = [
                sent.iter().any(|command| matches!(command, Command::RetryNow(_))),
                sent.iter().any(|command| matches!(command, Command::SaveSnapshot(_))),
            ];
            assert_eq!(done, offered);
            done
        };
        assert_eq!(
            seen(&|state| set_streams(state, |_| Some(TileState::Live))),
            [false, true]
        );
        let silent = |state: &mut EngineState| fails(state, FailureKind::Timeout, Stage::Connect, |_| true);
        assert_eq!(seen(&silent), [true, false]);
        assert_eq!(seen(&refuse_sign_in), [false, false]);
        let off = |state: &mut EngineState| {
            silent(state);
            let mut registry = (*state.registry).clone();
            registry.devices[0].enabled = false;
            state.registry = Arc::new(registry);
        };
        assert_eq!(seen(&off), [false, false]);
    }
}
