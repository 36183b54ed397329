//! The keyboard reaches everything, and a key that is typed is not a command.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::i18n::Language;

use super::stage::{Setting, Stage, cameras};

#[test]
fn digits_typed_into_the_search_box_are_text() {
    let mut stage = Setting::new(Language::En, cameras(16)).open();
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    stage.harness.run();
    stage.harness.get_by_label("Search").type_text("1");
    stage.press(Key::Num1);
    assert_eq!(stage.tiles().len(), 16);
}

#[test]
fn f1_shows_every_key_and_escape_closes_it() {
    for (language, title, line) in [
        (Language::En, "Shortcuts", "Previous and next page"),
        (Language::Ja, "ショートカット", "前・次のページ"),
    ] {
        let mut stage = Setting::new(language, cameras(4)).open();
        stage.press(Key::F1);
        assert!(stage.is_shown(title) && stage.is_shown(line));
        stage.press(Key::Num1);
        assert_eq!(stage.tiles().len(), 4, "keys do not reach what lies behind");
        stage.press(Key::Escape);
        assert!(!stage.is_shown(line));
    }
}

#[test]
fn no_key_enlarges_the_whole_window() {
    for kiosk in [false, true] {
        let mut setting = Setting::new(Language::En, cameras(4));
        setting.kiosk = kiosk.then(Arc::default);
        let mut stage = setting.open();
        let scale = |stage: &Stage| (stage.harness.ctx.zoom_factor(), stage.harness.ctx.pixels_per_point());
        let before = scale(&stage);
        for key in [Key::Minus, Key::Plus, Key::Plus, Key::Equals, Key::Num0] {
            stage.harness.key_press_modifiers(Modifiers::COMMAND, key);
            stage.harness.run();
            assert_eq!(scale(&stage), before, "{key:?}, kiosk: {kiosk}");
        }
    }
}

#[test]
fn tab_leaves_the_wall_for_the_menu_and_enter_opens_it() {
    let mut stage = Setting::new(Language::En, cameras(4)).open();
    let mut seen = Vec::new();
    for _ in 0..24 {
        stage.press(Key::Tab);
        let focused = stage
            .harness
            .query_by(|node| node.is_focused())
            .and_then(|node| node.accesskit_node().label());
        seen.extend(focused);
        if seen.last().is_some_and(|label| label == "File") {
            stage.press(Key::Enter);
            assert!(stage.is_shown("Settings…"));
            return;
        }
    }
    panic!("the menu is not reached: {seen:?}");
}
