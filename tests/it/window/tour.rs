//! A tour goes from view to view, prepares the next one, and waits while somebody uses the window.

use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId};
use egui::Key;
use monomi::bridge::TileState;
use monomi::i18n::Language;
use wall::{Layout, Placed, TourPlan, View, Views};

use super::stage::{Setting, Stage, cameras, device, registry, set_streams, two_views};

/// Two views of one channel each, both live; 10 s each.
fn stage(language: Language) -> Stage {
    let mut setting = Setting::new(language, cameras(4));
    setting.state.views = Arc::new(two_views());
    set_streams(&mut setting.state, |_| Some(TileState::Live));
    setting.open()
}

fn pass(stage: &mut Stage, seconds: u32) {
    for _ in 0..seconds {
        stage.change(|state| state.now += Duration::from_secs(1));
    }
}

#[test]
fn the_next_view_is_connected_then_decoded_then_shown() {
    let mut stage = stage(Language::En);
    stage.press(Key::T);
    pass(&mut stage, 1);
    assert_eq!(stage.tiles().len(), 1);
    assert!(stage.tiles()[0].contains("Cam 1"), "{:?}", stage.tiles());
    assert!(stage.is_shown("Tour 1 / 2"));
    assert!(
        stage.wanted().contains("2m~"),
        "connected, not decoded: {}",
        stage.wanted()
    );
    pass(&mut stage, 6);
    assert!(
        stage.wanted().contains("2m") && !stage.wanted().contains("2m~"),
        "decoded: {}",
        stage.wanted()
    );
    pass(&mut stage, 5);
    assert!(stage.tiles()[0].contains("Cam 2"), "{:?}", stage.tiles());
    assert!(stage.is_shown("Tour 2 / 2"));
    stage.press(Key::T);
    assert!(!stage.is_shown("Tour 2 / 2"));
}

#[test]
fn what_is_prepared_is_the_stream_that_will_be_shown() {
    let recorder = |id: u64| device(id, "DVR", &["", "", ""]);
    let mut setting = Setting::new(Language::En, registry(&[recorder(1), recorder(2)]));
    let view = |name: &str, layout, device, number| View {
        name: name.to_owned(),
        layout,
        places: vec![Some(Placed::from(ChannelId {
            device: DeviceId(device),
            number,
        }))],
        seconds: Some(10),
    };
    // Small tiles of a recorder that was never on screen.
    let views = vec![view("A", Layout::One, 1, 1), view("B", Layout::SixtyFour, 2, 2)];
    setting.state.views = Arc::new(Views::restore(views, TourPlan::default()));
    set_streams(&mut setting.state, |_| Some(TileState::Live));
    setting.view = Some("A".to_owned());
    let mut stage = setting.open();
    stage.press(Key::T);
    pass(&mut stage, 1);
    assert!(stage.wanted().contains("2s~"), "{}", stage.wanted());
}

#[test]
fn a_touch_pauses_and_a_button_goes_on() {
    for (language, resume) in [(Language::En, "Go on now"), (Language::Ja, "すぐに再開")] {
        let mut stage = stage(language);
        stage.press(Key::T);
        pass(&mut stage, 2);
        stage.press(Key::ArrowLeft);
        assert!(stage.is_shown(resume));
        pass(&mut stage, 20);
        assert!(stage.tiles()[0].contains("Cam 1"), "{:?}", stage.tiles());
        stage.click(resume);
        assert!(!stage.is_shown(resume));
        pass(&mut stage, 12);
        assert!(stage.tiles()[0].contains("Cam 2"), "{:?}", stage.tiles());
    }
}

#[test]
fn in_full_screen_the_wall_itself_says_where_the_tour_is_and_how_to_go_on() {
    for (language, at, how) in [
        (Language::En, "Tour 1 / 2", "T stops it"),
        (Language::Ja, "巡回 1 / 2", "T キーで停止"),
    ] {
        let mut stage = stage(language);
        stage.press(Key::F11);
        assert!(!stage.is_shown(at));
        stage.press(Key::T);
        pass(&mut stage, 2);
        assert!(stage.is_shown(at) && !stage.is_shown(how));
        stage.press(Key::ArrowLeft);
        assert!(stage.is_shown(at) && stage.is_shown(how));
        stage.press(Key::T);
        assert!(!stage.is_shown(at));
    }
}

#[test]
fn one_view_is_no_tour() {
    let mut stage = Setting::new(Language::En, cameras(1)).open();
    stage.press(Key::T);
    assert!(!stage.is_shown("Stop the tour"));
}
