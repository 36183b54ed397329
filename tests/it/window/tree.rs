//! The tree: keys, search, a thousand devices.

use std::sync::Arc;

use device::{Registry, Site, SiteId};
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, SiteState, Stage};

use super::rig::{WindowRig, WindowSetup, device, registry, set_streams};

fn thousand() -> Registry {
    let devices: Vec<_> = (1..=1_000)
        .map(|id| device(id, &format!("Recorder {id:04}"), &["", "入口"]))
        .collect();
    registry(&devices)
}

#[test]
fn only_the_rows_in_view_of_a_thousand_devices_are_made() {
    let rig = WindowSetup::new(Language::En, thousand()).open();
    let rows = rig
        .harness
        .query_all_by(|node| node.label().is_some_and(|label| label.starts_with("Recorder")))
        .count();
    assert!((10..60).contains(&rows), "{rows} rows");
}

#[test]
fn search_answers_as_one_types() {
    let mut rig = WindowSetup::new(Language::Ja, thousand()).open();
    rig.harness.get_by_label("検索").click();
    rig.harness.run();
    rig.harness.get_by_label("検索").type_text("０７７");
    rig.harness.run();
    let mut found: Vec<String> = rig
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
    let mut rig = WindowSetup::new(Language::En, thousand()).open();
    rig.click("Recorder 0001, Not watched");
    rig.press(Key::End);
    assert!(rig.is_shown("Recorder 1000, Not watched"), "scrolled to the end");
    rig.press(Key::ArrowRight);
    rig.press(Key::ArrowDown);
    rig.press(Key::Enter);
    assert!(
        rig.tiles()[0].starts_with("Tile 1: CH 1 · Recorder 1000"),
        "{:?}",
        rig.tiles()[0]
    );
    rig.press(Key::Home);
    assert!(rig.is_shown("Recorder 0001, Not watched"));
}

#[test]
fn a_site_is_tried_again_as_a_whole_and_by_one_device_in_an_outage() {
    let mut setup = WindowSetup::new(
        Language::En,
        registry(&[
            device(1, "Lobby", &["A"]),
            device(2, "Yard", &["B"]),
            device(3, "Roof", &["C"]),
        ]),
    );
    set_streams(&mut setup.state, |stream| {
        let failure = Failure {
            kind: FailureKind::Timeout,
            stage: Stage::Connect,
            detail: String::new(),
        };
        Some(match stream.channel.device.0 {
            2 => TileState::Live,
            _ => TileState::Offline {
                failure,
                next_try: None,
            },
        })
    });
    let mut rig = setup.open();
    let retried = |rig: &mut WindowRig, site: &str| {
        rig.harness.get_by_label(site).click_secondary();
        rig.harness.run();
        rig.sent();
        // Tiles have a button of this name as well.
        let entries = rig.harness.query_all_by_label("Retry now");
        let entry = entries.min_by(|a, b| a.rect().left().total_cmp(&b.rect().left()));
        entry.expect("the entry of the menu").click();
        rig.harness.run();
        let retried = rig.sent().into_iter().filter_map(|command| match command {
            Command::RetryNow(device) => Some(device.0),
            _ => None,
        });
        retried.collect::<Vec<_>>()
    };
    assert_eq!(retried(&mut rig, "本店, Up"), [1, 3]);
    rig.change(|state| {
        let mut sites = (*state.sites).clone();
        sites[0].state = SiteState::Outage;
        sites[0].devices.live = 0;
        state.sites = Arc::new(sites);
    });
    assert_eq!(retried(&mut rig, "本店, No answer").len(), 1);
}

/// Clicks the sign in front of a line that folds what stands under it.
fn fold(rig: &mut WindowRig, label: &str) {
    let at = rig.harness.get_by_label(label).rect().left_center() + egui::vec2(13.0, 0.0);
    rig.harness.hover_at(at);
    rig.harness.drag_at(at);
    rig.harness.drop_at(at);
    rig.harness.run();
}

#[test]
fn sites_fold_by_their_sign_and_by_arrow() {
    let mut rig = WindowSetup::new(Language::En, thousand()).open();
    fold(&mut rig, "本店, Up");
    assert!(!rig.is_shown("Recorder 0001, Not watched"));
    rig.harness.key_press_modifiers(Modifiers::NONE, Key::ArrowRight);
    rig.harness.run();
    assert!(rig.is_shown("Recorder 0001, Not watched"));
}

#[test]
fn a_double_click_on_a_site_shows_it_and_leaves_it_open() {
    let mut rig = WindowSetup::new(Language::En, registry(&[device(1, "Lobby", &["Door", "Desk"])])).open();
    rig.press(Key::Num1);
    rig.double_click("本店, Up");
    assert!(rig.is_shown("Lobby, Not watched"), "it is not folded");
    assert!(rig.tiles()[0].starts_with("Tile 1: Door · Lobby"), "{:?}", rig.tiles());
}

#[test]
fn what_is_folded_is_as_it_was_after_a_restart() {
    let recorders = registry(&[device(1, "Lobby", &["Door", "Desk"]), device(2, "Yard", &["Gate"])]);
    let mut rig = WindowSetup::new(Language::En, recorders.clone()).open();
    fold(&mut rig, "Lobby, Not watched");
    assert!(rig.is_shown("Desk, Not watched"));
    let kept = rig.harness.state().view().clone();
    let mut again = WindowSetup::new(Language::En, recorders.clone());
    again.state.windows = Arc::new(vec![kept]);
    let mut rig = again.open();
    assert!(rig.is_shown("Desk, Not watched"), "the device is open as before");
    assert!(!rig.is_shown("Gate, Not watched"));
    fold(&mut rig, "本店, Up");
    let kept = rig.harness.state().view().clone();
    let mut again = WindowSetup::new(Language::En, recorders);
    again.state.windows = Arc::new(vec![kept]);
    let rig = again.open();
    assert!(rig.is_shown("本店, Up"));
    assert!(!rig.is_shown("Lobby, Not watched"));
}

#[test]
fn a_device_that_is_added_at_a_site_stands_there() {
    for (language, add, field) in [
        (Language::En, "Add a device…", "Site"),
        (Language::Ja, "機器を追加…", "拠点"),
    ] {
        let mut registry = registry(&[device(1, "Lobby", &["A"]), device(2, "Yard", &["B"])]);
        registry.sites.push(Site::new(SiteId(2), "Far".to_owned()));
        registry.devices[1].site = SiteId(2);
        let mut rig = WindowSetup::new(language, registry).open();
        for name in ["本店", "Far"] {
            let is_row = |label: String| label.split([',', '、', '：']).next() == Some(name);
            let row = rig.harness.get_by(|node| node.label().is_some_and(is_row));
            row.click_secondary();
            rig.harness.run();
            rig.click(add);
            let said = rig.harness.get_by_label(field).value();
            assert_eq!(said.as_deref(), Some(name));
            rig.press(Key::Escape);
        }
    }
}

#[test]
fn what_is_shown_from_the_tree_takes_nobodys_tile_and_what_is_there_is_led_to() {
    for (language, idle, live, full, undo) in [
        (
            Language::En,
            "Yard, Not watched",
            "Yard, Preparing",
            "This page was full: the 2 channels begin on page 2, which is new",
            "Undo",
        ),
        (
            Language::Ja,
            "Yard、未表示",
            "Yard、準備中",
            "空きがないため、2 チャンネルを新しい 2 ページ目から表示しました",
            "元に戻す",
        ),
    ] {
        let both = registry(&[
            device(1, "Lobby", &["A", "B", "C", "D"]),
            device(2, "Yard", &["E", "F"]),
        ]);
        let mut rig = WindowSetup::new(language, registry(&both.devices[..1])).open();
        rig.change(|state| state.registry = Arc::new(both.clone()));
        let before = rig.tiles();
        rig.double_click(idle);
        assert!(rig.is_shown(full));
        assert!(rig.tiles()[0].contains("E · Yard"), "{:?}", rig.tiles());
        rig.click(undo);
        assert_eq!(rig.tiles(), before);
        assert!(!rig.is_shown(full));
        // Two tiles are free: it goes there, and nothing has to be said.
        for tile in [&before[1], &before[3]] {
            rig.click(tile);
            rig.press(Key::Delete);
        }
        rig.double_click(idle);
        let tiles = rig.tiles();
        assert!(
            tiles[0].contains("A · Lobby") && tiles[2].contains("C · Lobby"),
            "{tiles:?}"
        );
        assert!(
            tiles[1].contains("E · Yard") && tiles[3].contains("F · Yard"),
            "{tiles:?}"
        );
        assert!(!rig.is_shown(undo));
        // It is on the wall: it is led to.
        rig.click(&tiles[0]);
        rig.change(|state| set_streams(state, |_| None));
        let row = if rig.is_shown(idle) { idle } else { live };
        rig.double_click(row);
        assert_eq!(rig.tiles().len(), 4);
        let selected = rig.harness.state().view().wall.selected();
        assert_eq!(selected, 1);
    }
}
