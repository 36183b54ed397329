//! A tour goes from view to view, prepares the next one, and waits while somebody uses the window.

use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId};
use egui::Key;
use monomi::bridge::TileState;
use monomi::i18n::Language;
use wall::{Layout, Placed, TourPlan, View, Views};

use super::rig::{WindowRig, WindowSetup, cameras, device, registry, set_streams, two_views};

/// Two views of one channel each, both live; 10 s each.
fn rig(language: Language) -> WindowRig {
    let mut setup = WindowSetup::new(language, cameras(4));
    setup.state.views = Arc::new(two_views());
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    setup.open()
}

fn pass(rig: &mut WindowRig, seconds: u32) {
    for _ in 0..seconds {
        rig.change(|state| state.now += Duration::from_secs(1));
    }
}

#[test]
fn the_next_view_is_connected_then_decoded_then_shown() {
    let mut rig = rig(Language::En);
    rig.press(Key::T);
    pass(&mut rig, 1);
    assert_eq!(rig.tiles().len(), 1);
    assert!(rig.tiles()[0].contains("Cam 1"), "{:?}", rig.tiles());
    assert!(rig.is_shown("Tour 1 / 2"));
    assert!(rig.wanted().contains("2m~"), "connected, not decoded: {}", rig.wanted());
    pass(&mut rig, 6);
    assert!(
        rig.wanted().contains("2m") && !rig.wanted().contains("2m~"),
        "decoded: {}",
        rig.wanted()
    );
    pass(&mut rig, 5);
    assert!(rig.tiles()[0].contains("Cam 2"), "{:?}", rig.tiles());
    assert!(rig.is_shown("Tour 2 / 2"));
    rig.press(Key::T);
    assert!(!rig.is_shown("Tour 2 / 2"));
}

#[test]
fn what_is_prepared_is_the_stream_that_will_be_shown() {
    let recorder = |id: u64| device(id, "DVR", &["", "", ""]);
    let mut setup = WindowSetup::new(Language::En, registry(&[recorder(1), recorder(2)]));
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
    setup.state.views = Arc::new(Views::restore(views, TourPlan::default()));
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    setup.view = Some("A".to_owned());
    let mut rig = setup.open();
    rig.press(Key::T);
    pass(&mut rig, 1);
    assert!(rig.wanted().contains("2s~"), "{}", rig.wanted());
}

#[test]
fn a_touch_pauses_and_a_button_goes_on() {
    for (language, resume) in [(Language::En, "Go on now"), (Language::Ja, "すぐに再開")] {
        let mut rig = rig(language);
        rig.press(Key::T);
        pass(&mut rig, 2);
        rig.press(Key::ArrowLeft);
        assert!(rig.is_shown(resume));
        pass(&mut rig, 20);
        assert!(rig.tiles()[0].contains("Cam 1"), "{:?}", rig.tiles());
        rig.click(resume);
        assert!(!rig.is_shown(resume));
        pass(&mut rig, 12);
        assert!(rig.tiles()[0].contains("Cam 2"), "{:?}", rig.tiles());
    }
}

#[test]
fn in_full_screen_the_wall_itself_says_where_the_tour_is_and_how_to_go_on() {
    for (language, at, how) in [
        (Language::En, "Tour 1 / 2", "T stops it"),
        (Language::Ja, "巡回 1 / 2", "T キーで停止"),
    ] {
        let mut rig = rig(language);
        rig.press(Key::F11);
        assert!(!rig.is_shown(at));
        rig.press(Key::T);
        pass(&mut rig, 2);
        assert!(rig.is_shown(at) && !rig.is_shown(how));
        rig.press(Key::ArrowLeft);
        assert!(rig.is_shown(at) && rig.is_shown(how));
        rig.press(Key::T);
        assert!(!rig.is_shown(at));
    }
}

#[test]
fn one_view_is_no_tour() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    rig.press(Key::T);
    assert!(!rig.is_shown("Stop the tour"));
}
