//! Drags: from the tree to a tile, and between tiles.

use egui::Key;
use monomi::i18n::Language;

use super::rig::{WindowSetup, device, registry};

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
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    assert_eq!(names(&rig.tiles()), ["Door", "Desk", "Gate", "Fence"]);
    rig.click("View");
    rig.click("Clear page");
    rig.click("Lobby, Not watched");
    rig.press(Key::ArrowRight);
    rig.drag("Desk, Not watched", "Tile 3: empty");
    assert_eq!(names(&rig.tiles()), ["empty", "empty", "Desk", "empty"]);
    assert!(rig.wanted().starts_with('2'), "{}", rig.wanted());
}

#[test]
fn a_device_dragged_from_the_tree_fills_tiles_in_order() {
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    rig.drag("Yard, Not watched", "Tile 1: Door · Lobby, Preparing");
    assert_eq!(names(&rig.tiles()), ["Gate", "Fence", "Gate", "Fence"]);
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
        let mut rig = WindowSetup::new(language, two_recorders()).open();
        rig.drag(first, last);
        let tiles = rig.tiles();
        assert!(tiles[0].contains("Fence") && tiles[3].contains("Door"), "{tiles:?}");
    }
}

#[test]
fn a_double_click_in_the_tree_leads_to_the_tile_that_shows_the_channel() {
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    rig.click("Tile 4: Fence · Yard, Preparing");
    rig.press(Key::Delete);
    rig.click("Lobby, Not watched");
    rig.press(Key::ArrowRight);
    rig.double_click("Door, Not watched");
    let tiles = rig.tiles();
    assert_eq!(
        names(&tiles),
        ["Door", "Desk", "Gate", "empty"],
        "already on the wall, so it stays there"
    );
    assert_eq!(rig.harness.state().view().wall.selected(), 0);
}
