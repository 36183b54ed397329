//! Menus, context menus, the search and dialogs by keyboard alone.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, cameras, refuse_sign_in, set_streams};

fn press(rig: &mut WindowRig, modifiers: Modifiers, key: Key) {
    rig.harness.key_press_modifiers(modifiers, key);
    rig.harness.run();
}

fn focused(rig: &WindowRig) -> Option<String> {
    let node = rig.harness.query_by(|node| node.is_focused())?;
    node.accesskit_node().label()
}

#[test]
fn alt_and_the_letter_or_f10_opens_a_menu_and_arrows_walk_through_all_of_them() {
    for (language, [file, view, help], [settings, handbook]) in [
        (Language::En, ["File", "View", "Help"], ["Settings…", "Handbook"]),
        (Language::Ja, ["ファイル", "表示", "ヘルプ"], ["設定…", "ハンドブック"]),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        press(&mut rig, Modifiers::NONE, Key::F10);
        assert!(rig.is_shown(settings));
        assert_eq!(focused(&rig).as_deref(), Some(file));
        press(&mut rig, Modifiers::NONE, Key::ArrowRight);
        assert_eq!(focused(&rig).as_deref(), Some(view));
        assert!(!rig.is_shown(settings));
        press(&mut rig, Modifiers::NONE, Key::ArrowRight);
        press(&mut rig, Modifiers::NONE, Key::ArrowRight);
        assert!(rig.is_shown(settings), "round and round");
        press(&mut rig, Modifiers::NONE, Key::ArrowLeft);
        assert!(rig.is_shown(handbook));
        assert_eq!(focused(&rig).as_deref(), Some(help));
        press(&mut rig, Modifiers::NONE, Key::Escape);
        assert!(!rig.is_shown(handbook));
        assert_eq!(rig.tiles().len(), 4);
        press(&mut rig, Modifiers::ALT, Key::H);
        press(&mut rig, Modifiers::NONE, Key::ArrowDown);
        assert_eq!(focused(&rig).as_deref(), Some(handbook));
        press(&mut rig, Modifiers::NONE, Key::ArrowDown);
        press(&mut rig, Modifiers::NONE, Key::Enter);
        assert!(rig.is_shown("F11"), "the list of keys is open");
        assert!(!rig.is_shown(handbook), "and the menu closed");
        press(&mut rig, Modifiers::NONE, Key::Escape);
        press(&mut rig, Modifiers::ALT, Key::F);
        assert!(rig.is_shown(settings));
    }
}

#[test]
fn the_menu_of_the_selected_tile_opens_by_key_and_all_of_it_is_reached() {
    for (language, alone, shape, stream, sub) in [
        (Language::En, "Show alone", "Picture shape", "Stream", "Sub"),
        (Language::Ja, "単独表示", "映像の表示方法", "ストリーム", "サブ"),
    ] {
        for (modifiers, key) in [(Modifiers::SHIFT, Key::F10), (Modifiers::NONE, Key::Menu)] {
            let mut rig = WindowSetup::new(language, cameras(4)).open();
            rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
            press(&mut rig, Modifiers::NONE, Key::ArrowRight);
            press(&mut rig, modifiers, key);
            assert!(rig.is_shown(alone) && rig.is_shown(shape) && rig.is_shown(stream));
            press(&mut rig, Modifiers::NONE, Key::ArrowDown);
            assert_eq!(focused(&rig).as_deref(), Some(alone));
            for _ in 0..20 {
                if focused(&rig).as_deref() == Some(stream) {
                    break;
                }
                press(&mut rig, Modifiers::NONE, Key::ArrowDown);
            }
            assert_eq!(focused(&rig).as_deref(), Some(stream));
            press(&mut rig, Modifiers::NONE, Key::ArrowRight);
            let mut seen = Vec::new();
            for _ in 0..4 {
                seen.extend(focused(&rig));
                if seen.last().is_some_and(|label| label.contains(sub)) {
                    break;
                }
                press(&mut rig, Modifiers::NONE, Key::ArrowDown);
            }
            assert!(seen.last().is_some_and(|label| label.contains(sub)), "{seen:?}");
            press(&mut rig, Modifiers::NONE, Key::Enter);
            let tiles = rig.harness.state().view().wall.tiles();
            assert_eq!(tiles[1].crop.to_string(), "fit sub");
            assert_eq!(tiles[0].crop.to_string(), "fit auto");
        }
    }
}

#[test]
fn the_menu_of_the_tree_opens_by_key_and_gives_the_keyboard_back() {
    for (language, row, edit) in [
        (Language::En, "DVR, Not watched", "Edit device…"),
        (Language::Ja, "DVR、未表示", "機器を編集…"),
    ] {
        let mut setup = WindowSetup::new(language, cameras(2));
        setup.state.windows = Arc::default();
        let mut rig = setup.open();
        rig.change(|state| state.streams = Arc::default());
        rig.click(row);
        press(&mut rig, Modifiers::SHIFT, Key::F10);
        assert!(rig.is_shown(edit));
        press(&mut rig, Modifiers::NONE, Key::Escape);
        assert!(!rig.is_shown(edit));
        press(&mut rig, Modifiers::NONE, Key::Menu);
        for _ in 0..12 {
            if focused(&rig).as_deref() == Some(edit) {
                break;
            }
            press(&mut rig, Modifiers::NONE, Key::ArrowDown);
        }
        press(&mut rig, Modifiers::NONE, Key::Enter);
        let editor = if language == Language::Ja {
            "DVR を編集"
        } else {
            "Edit DVR"
        };
        assert!(rig.harness.query_all_by_label(editor).next().is_some());
    }
}

#[test]
fn down_leads_from_the_search_to_what_was_found() {
    for (language, search) in [(Language::En, "Search"), (Language::Ja, "検索")] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        press(&mut rig, Modifiers::COMMAND, Key::F);
        rig.harness.get_by_label(search).type_text("cam 3");
        rig.harness.run();
        press(&mut rig, Modifiers::NONE, Key::ArrowDown);
        press(&mut rig, Modifiers::NONE, Key::ArrowDown);
        press(&mut rig, Modifiers::NONE, Key::Enter);
        assert_eq!(rig.harness.state().view().wall.selected(), 2, "the tile that shows it");
    }
}

#[test]
fn a_refused_sign_in_is_edited_where_the_password_is_typed() {
    for (language, edit, password) in [
        (Language::En, "Edit device…", "Password"),
        (Language::Ja, "機器を編集…", "パスワード"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        rig.change(refuse_sign_in);
        rig.harness.get_all_by_label(edit).next().unwrap().click();
        rig.harness.run();
        let field = rig.harness.get_by_role_and_label(Role::PasswordInput, password);
        assert!(field.is_focused());
    }
}

#[test]
fn enter_on_a_box_saves_and_does_not_switch() {
    for (language, edit, enabled) in [
        (Language::En, "Edit device…", "Enabled"),
        (Language::Ja, "機器を編集…", "有効"),
    ] {
        for modifiers in [Modifiers::NONE, Modifiers::COMMAND] {
            let mut rig = WindowSetup::new(language, cameras(1)).open();
            rig.change(refuse_sign_in);
            rig.harness.get_all_by_label(edit).next().unwrap().click();
            rig.harness.run();
            rig.harness.get_by_role_and_label(Role::CheckBox, enabled).focus();
            rig.harness.run();
            rig.sent();
            press(&mut rig, modifiers, Key::Enter);
            let saved = rig.sent().into_iter().find_map(|command| match command {
                Command::SaveDevice(edit) => Some(edit.device.enabled),
                _ => None,
            });
            assert_eq!(saved, Some(true), "{modifiers:?}");
        }
    }
}

#[test]
fn an_arrow_right_after_f10_leads_into_the_menu() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    for key in [Key::F10, Key::ArrowDown, Key::ArrowDown] {
        rig.harness.key_press(key);
    }
    rig.harness.run();
    assert_eq!(
        focused(&rig).as_deref(),
        Some("Settings…"),
        "the second entry of the first menu"
    );
}
