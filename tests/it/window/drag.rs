//! Drags: from the tree to a tile, and between tiles.

use egui::Key;
use monomi::i18n::Language;

use super::stage::{Setting, device, registry};

fn two_recorders() -> device::Registry {
    registry(&[
        device(1, "Lobby", &["Door", "Desk"]),
        device(2, "Yard", &["Gate", "Fence"]),
    ])
}

fn names(tiles: &[String]) -> Vec<&str> {
    tiles
        .iter()
        .map(|tile| {
            tile.split(": ")
                .nth(1)
                .unwrap_or_default()
                .split(" · ")
                .next()
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn a_channel_dragged_from_the_tree_lands_on_the_tile() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    assert_eq!(names(&stage.tiles()), ["Door", "Desk", "Gate", "Fence"]);
    stage.click("View");
    stage.click("Clear page");
    stage.click("Lobby, Not watched");
    stage.press(Key::ArrowRight);
    stage.drag("Desk, Not watched", "Tile 3: empty");
    assert_eq!(names(&stage.tiles()), ["empty", "empty", "Desk", "empty"]);
    assert!(stage.wanted().starts_with('2'), "{}", stage.wanted());
}

#[test]
fn a_device_dragged_from_the_tree_fills_tiles_in_order() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    stage.drag("Yard, Not watched", "Tile 1: Door · Lobby, Preparing");
    assert_eq!(names(&stage.tiles()), ["Gate", "Fence", "Gate", "Fence"]);
}

#[test]
fn a_tile_dragged_to_another_changes_places_with_it() {
    for (language, first, last) in [
        (
            Language::En,
            "Tile 1: Door · Lobby, Preparing",
            "Tile 4: Fence · Yard, Preparing",
        ),
        (
            Language::Ja,
            "タイル 1：Door · Lobby、準備中",
            "タイル 4：Fence · Yard、準備中",
        ),
    ] {
        let mut stage = Setting::new(language, two_recorders()).open();
        stage.drag(first, last);
        let tiles = stage.tiles();
        assert!(tiles[0].contains("Fence") && tiles[3].contains("Door"), "{tiles:?}");
    }
}

#[test]
fn a_double_click_in_the_tree_puts_the_channel_into_the_selected_tile() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    stage.click("Tile 4: Fence · Yard, Preparing");
    stage.press(Key::Delete);
    stage.click("Lobby, Not watched");
    stage.press(Key::ArrowRight);
    stage.double_click("Door, Not watched");
    let tiles = stage.tiles();
    assert_eq!(
        names(&tiles),
        ["empty", "Desk", "Gate", "Door"],
        "already on the page, so it moved"
    );
}
