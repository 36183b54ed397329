//! Layouts, pages, single view, and what they ask the engine for.

use std::sync::Arc;

use device::StreamKind;
use egui::Key;
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;

use super::rig::{WindowSetup, cameras, set_streams};
use super::trouble::fails;
use reconnect::{FailureKind, Stage};

#[test]
fn every_layout_can_be_chosen_from_the_menu() {
    let mut rig = WindowSetup::new(Language::En, cameras(64)).open();
    for (name, tiles) in [
        ("25 tiles", 25),
        ("36 tiles", 36),
        ("64 tiles", 64),
        ("1+5 tiles", 6),
        ("1+7 tiles", 8),
        ("1+12 tiles", 13),
        ("2+8 tiles", 10),
    ] {
        rig.click("View");
        rig.click("Layout");
        rig.click(name);
        assert_eq!(rig.tiles().len(), tiles, "{name}");
        rig.press(Key::Escape);
    }
}

#[test]
fn number_keys_choose_layouts() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    for (key, tiles) in [
        (Key::Num1, 1),
        (Key::Num2, 4),
        (Key::Num3, 9),
        (Key::Num4, 16),
        (Key::Num8, 6),
    ] {
        rig.press(key);
        assert_eq!(rig.tiles().len(), tiles);
    }
}

#[test]
fn channels_beyond_the_tiles_are_on_further_pages() {
    let mut rig = WindowSetup::new(Language::En, cameras(6)).open();
    rig.press(Key::Num2);
    assert!(rig.is_shown("1 / 2"));
    rig.press(Key::PageDown);
    assert!(rig.is_shown("2 / 2"));
    assert!(rig.tiles()[0].starts_with("Tile 1: Cam 5"));
    assert_eq!(rig.tiles()[2], "Tile 3: empty");
    rig.click("Previous page");
    assert!(rig.tiles()[0].starts_with("Tile 1: Cam 1"));
}

#[test]
fn a_page_that_is_left_is_kept_warm_and_not_decoded() {
    let mut rig = WindowSetup::new(Language::En, cameras(6)).open();
    rig.press(Key::Num2);
    rig.sent();
    rig.press(Key::PageDown);
    let wanted = rig.wanted();
    let (decoded, warm): (Vec<&str>, Vec<&str>) = wanted.split(' ').partition(|one| !one.ends_with('~'));
    assert_eq!((decoded.len(), warm.len()), (2, 4), "{wanted}");
}

#[test]
fn a_double_click_shows_a_channel_alone_and_the_same_brings_all_back() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let third = rig.tiles()[2].clone();
    rig.double_click(&third);
    let alone = rig.tiles();
    assert_eq!(alone.len(), 1);
    assert!(alone[0].starts_with("Tile 1: Cam 3"), "{alone:?}");
    rig.double_click(&alone[0]);
    assert_eq!(rig.tiles().len(), 4);
    rig.double_click(&third);
    rig.press(Key::Escape);
    assert_eq!(rig.tiles().len(), 4);
    rig.press(Key::Enter);
    assert_eq!(rig.tiles().len(), 1);
    rig.press(Key::Enter);
    assert_eq!(rig.tiles().len(), 4);
}

#[test]
fn a_single_view_takes_the_main_stream_and_keeps_the_picture_until_it_plays() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    rig.change(|state| {
        set_streams(state, |stream| {
            (stream.kind == StreamKind::Sub).then_some(TileState::Live)
        });
    });
    assert!(!rig.wanted().contains('m'), "{}", rig.wanted());
    rig.press(Key::Enter);
    rig.change(|state| state.now += std::time::Duration::from_millis(600));
    let wanted = rig.wanted();
    assert!(wanted.contains("1m!") && wanted.contains("1s!"), "{wanted}");
    assert!(
        rig.tiles()[0].ends_with("LIVE"),
        "the small picture stays: {:?}",
        rig.tiles()
    );
    rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
    assert!(
        rig.wanted().contains("1m!") && !rig.wanted().contains("1s!"),
        "{}",
        rig.wanted()
    );
}

#[test]
fn arrows_move_the_selection_and_the_selected_channel_goes_first() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    assert!(rig.wanted().contains("1m!"));
    rig.press(Key::ArrowRight);
    assert!(rig.wanted().contains("2m!"), "{}", rig.wanted());
    rig.press(Key::ArrowDown);
    assert!(rig.wanted().contains("4m!"), "{}", rig.wanted());
    rig.change(|state| fails(state, FailureKind::Timeout, Stage::Connect, |_| true));
    rig.press(Key::R);
    assert!(rig.sent().iter().any(|command| matches!(command, Command::RetryNow(_))));
}

#[test]
fn full_screen_shows_the_wall_alone() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    rig.press(Key::F11);
    assert!(!rig.is_shown("File") && !rig.is_shown("Sites and devices"));
    assert_eq!(rig.tiles().len(), 4);
    rig.press(Key::Escape);
    assert!(rig.is_shown("File") && rig.is_shown("Sites and devices"));
}

#[test]
fn what_the_window_shows_is_saved_and_found_again() {
    let mut rig = WindowSetup::new(Language::En, cameras(6)).open();
    rig.press(Key::Num8);
    rig.press(Key::ArrowRight);
    rig.press(Key::F9);
    for _ in 0..3 {
        rig.change(|state| state.now += std::time::Duration::from_secs(1));
    }
    let saved = rig.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveWindows(windows) => Some(windows),
        _ => None,
    });
    let saved = saved.expect("the window is saved");
    let mut setup = WindowSetup::new(Language::En, cameras(6));
    setup.state.windows = Arc::new(saved);
    let again = setup.open();
    assert_eq!(again.tiles().len(), 6);
    assert!(
        again.wanted().contains("2m!") || again.wanted().contains("2s!"),
        "{}",
        again.wanted()
    );
    assert!(!again.is_shown("Sites and devices"), "the tree stays hidden");
}
