//! The tree: keys, search, a thousand devices.

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::device::Registry;
use monomi::i18n::Language;

use super::stage::{Setting, device, registry};

fn thousand() -> Registry {
    let devices: Vec<_> = (1..=1_000)
        .map(|id| device(id, &format!("Recorder {id:04}"), &["", "入口"]))
        .collect();
    registry(&devices)
}

#[test]
fn only_the_rows_in_view_of_a_thousand_devices_are_made() {
    let stage = Setting::new(Language::En, thousand()).open();
    let rows = stage
        .harness
        .query_all_by(|node| node.label().is_some_and(|label| label.starts_with("Recorder")))
        .count();
    assert!((10..60).contains(&rows), "{rows} rows");
}

#[test]
fn search_answers_as_one_types() {
    let mut stage = Setting::new(Language::Ja, thousand()).open();
    stage.harness.get_by_label("検索").click();
    stage.harness.run();
    stage.harness.get_by_label("検索").type_text("０７７");
    stage.harness.run();
    let mut found: Vec<String> = stage
        .harness
        .query_all_by(|node| node.label().is_some_and(|label| label.starts_with("Recorder")))
        .filter_map(|node| node.accesskit_node().label())
        .collect();
    found.sort();
    assert_eq!(found[0], "Recorder 0077、未表示");
    assert_eq!(found.len(), 11, "{found:?}");
}

#[test]
fn arrows_walk_enter_puts_on_the_wall_and_the_cursor_stays_in_view() {
    let mut stage = Setting::new(Language::En, thousand()).open();
    stage.click("Recorder 0001, Not watched");
    stage.press(Key::End);
    assert!(stage.is_shown("Recorder 1000, Not watched"), "scrolled to the end");
    stage.press(Key::ArrowRight);
    stage.press(Key::ArrowDown);
    stage.press(Key::Enter);
    assert!(
        stage.tiles()[0].starts_with("Tile 1: CH 1 · Recorder 1000"),
        "{:?}",
        stage.tiles()[0]
    );
    stage.press(Key::Home);
    assert!(stage.is_shown("Recorder 0001, Not watched"));
}

#[test]
fn sites_fold() {
    let mut stage = Setting::new(Language::En, thousand()).open();
    stage.click("本店, Reachable");
    assert!(!stage.is_shown("Recorder 0001, Not watched"));
    stage.harness.key_press_modifiers(Modifiers::NONE, Key::ArrowRight);
    stage.harness.run();
    assert!(stage.is_shown("Recorder 0001, Not watched"));
}
