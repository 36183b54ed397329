//! Layouts, pages, single view, and what they ask the engine for.

use std::sync::Arc;

use device::StreamKind;
use egui::Key;
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;

use super::stage::{Setting, cameras, set_streams};

#[test]
fn every_layout_can_be_chosen_from_the_menu() {
    let mut stage = Setting::new(Language::En, cameras(64)).open();
    for (name, tiles) in [
        ("25 tiles", 25),
        ("36 tiles", 36),
        ("64 tiles", 64),
        ("1+5 tiles", 6),
        ("1+7 tiles", 8),
        ("1+12 tiles", 13),
        ("2+8 tiles", 10),
    ] {
        stage.click("View");
        stage.click("Layout");
        stage.click(name);
        assert_eq!(stage.tiles().len(), tiles, "{name}");
        stage.press(Key::Escape);
    }
}

#[test]
fn number_keys_choose_layouts() {
    let mut stage = Setting::new(Language::En, cameras(16)).open();
    for (key, tiles) in [
        (Key::Num1, 1),
        (Key::Num2, 4),
        (Key::Num3, 9),
        (Key::Num4, 16),
        (Key::Num8, 6),
    ] {
        stage.press(key);
        assert_eq!(stage.tiles().len(), tiles);
    }
}

#[test]
fn channels_beyond_the_tiles_are_on_further_pages() {
    let mut stage = Setting::new(Language::En, cameras(6)).open();
    stage.press(Key::Num2);
    assert!(stage.is_shown("1 / 2"));
    stage.press(Key::PageDown);
    assert!(stage.is_shown("2 / 2"));
    assert!(stage.tiles()[0].starts_with("Tile 1: Cam 5"));
    assert_eq!(stage.tiles()[2], "Tile 3: empty");
    stage.click("Previous page");
    assert!(stage.tiles()[0].starts_with("Tile 1: Cam 1"));
}

#[test]
fn a_page_that_is_left_is_kept_warm_and_not_decoded() {
    let mut stage = Setting::new(Language::En, cameras(6)).open();
    stage.press(Key::Num2);
    stage.sent();
    stage.press(Key::PageDown);
    let wanted = stage.wanted();
    let (decoded, warm): (Vec<&str>, Vec<&str>) = wanted.split(' ').partition(|one| !one.ends_with('~'));
    assert_eq!((decoded.len(), warm.len()), (2, 4), "{wanted}");
}

#[test]
fn a_double_click_shows_a_channel_alone_and_the_same_brings_all_back() {
    let mut stage = Setting::new(Language::En, cameras(4)).open();
    let third = stage.tiles()[2].clone();
    stage.double_click(&third);
    let alone = stage.tiles();
    assert_eq!(alone.len(), 1);
    assert!(alone[0].starts_with("Tile 1: Cam 3"), "{alone:?}");
    stage.double_click(&alone[0]);
    assert_eq!(stage.tiles().len(), 4);
    stage.double_click(&third);
    stage.press(Key::Escape);
    assert_eq!(stage.tiles().len(), 4);
    stage.press(Key::Enter);
    assert_eq!(stage.tiles().len(), 1);
    stage.press(Key::Enter);
    assert_eq!(stage.tiles().len(), 4);
}

#[test]
fn a_single_view_takes_the_main_stream_and_keeps_the_picture_until_it_plays() {
    let mut stage = Setting::new(Language::En, cameras(16)).open();
    stage.change(|state| {
        set_streams(state, |stream| {
            (stream.kind == StreamKind::Sub).then_some(TileState::Live)
        });
    });
    assert!(!stage.wanted().contains('m'), "{}", stage.wanted());
    stage.press(Key::Enter);
    stage.change(|state| state.now += std::time::Duration::from_millis(600));
    let wanted = stage.wanted();
    assert!(wanted.contains("1m!") && wanted.contains("1s!"), "{wanted}");
    assert!(
        stage.tiles()[0].ends_with("LIVE"),
        "the small picture stays: {:?}",
        stage.tiles()
    );
    stage.change(|state| set_streams(state, |_| Some(TileState::Live)));
    assert!(
        stage.wanted().contains("1m!") && !stage.wanted().contains("1s!"),
        "{}",
        stage.wanted()
    );
}

#[test]
fn arrows_move_the_selection_and_the_selected_channel_goes_first() {
    let mut stage = Setting::new(Language::En, cameras(4)).open();
    assert!(stage.wanted().contains("1m!"));
    stage.press(Key::ArrowRight);
    assert!(stage.wanted().contains("2m!"), "{}", stage.wanted());
    stage.press(Key::ArrowDown);
    assert!(stage.wanted().contains("4m!"), "{}", stage.wanted());
    stage.press(Key::R);
    assert!(
        stage
            .sent()
            .iter()
            .any(|command| matches!(command, Command::RetryNow(_)))
    );
}

#[test]
fn full_screen_shows_the_wall_alone() {
    let mut stage = Setting::new(Language::En, cameras(4)).open();
    stage.press(Key::F11);
    assert!(!stage.is_shown("File") && !stage.is_shown("Sites and devices"));
    assert_eq!(stage.tiles().len(), 4);
    stage.press(Key::Escape);
    assert!(stage.is_shown("File") && stage.is_shown("Sites and devices"));
}

#[test]
fn what_the_window_shows_is_saved_and_found_again() {
    let mut stage = Setting::new(Language::En, cameras(6)).open();
    stage.press(Key::Num8);
    stage.press(Key::ArrowRight);
    stage.press(Key::F9);
    for _ in 0..3 {
        stage.change(|state| state.now += std::time::Duration::from_secs(1));
    }
    let saved = stage.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveWindows(windows) => Some(windows),
        _ => None,
    });
    let saved = saved.expect("the window is saved");
    let mut setting = Setting::new(Language::En, cameras(6));
    setting.state.windows = Arc::new(saved);
    let again = setting.open();
    assert_eq!(again.tiles().len(), 6);
    assert!(
        again.wanted().contains("2m!") || again.wanted().contains("2s!"),
        "{}",
        again.wanted()
    );
    assert!(!again.is_shown("Sites and devices"), "the tree stays hidden");
}
