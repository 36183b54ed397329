//! A registry, or the windows, that could not be read when the program started: places are kept, and come back.

use std::sync::Arc;

use monomi::bridge::{Command, FileFault, Notice, NoticeKind};
use monomi::i18n::Language;
use wall::{Layout, View, Views, Wall, WindowView};

use super::rig::{WindowSetup, cameras};

/// A window with two pages, as it was saved.
fn saved() -> WindowView {
    let mut wall = Wall::default();
    wall.follow(&cameras(6));
    wall.set_layout(Layout::Four);
    wall.swap(0, 5);
    WindowView {
        wall,
        ..WindowView::default()
    }
}

#[test]
fn a_window_that_opens_while_the_registry_cannot_be_read_keeps_every_place() {
    for (language, said) in [
        (Language::En, "The registered devices cannot be read just now"),
        (Language::Ja, "登録済みの機器を読み込めません"),
    ] {
        let mut setup = WindowSetup::new(language, device::Registry::default());
        setup.state.windows = Arc::new(vec![saved()]);
        setup.state.registry_awaited = true;
        let mut rig = setup.open();
        assert!(rig.is_shown(said), "nobody is asked to begin anew");
        let places = saved().wall.places().to_vec();
        assert_eq!(rig.harness.state().view().wall.kept_places(), places);
        // The window is left: what is written holds every place.
        rig.harness.state_mut().leave();
        for command in rig.sent() {
            if let Command::SaveWindows(windows) = command {
                assert_eq!(windows[0].wall.kept_places(), places);
                assert_eq!(windows[0].wall.known(), saved().wall.known());
            }
        }
        rig.change(|state| {
            state.registry = Arc::new(cameras(6));
            state.registry_awaited = false;
        });
        assert_eq!(rig.harness.state().view().wall.places(), places);
        assert!(!rig.is_shown(said));
    }
}

#[test]
fn windows_and_views_that_could_not_be_read_at_the_start_are_taken_up_when_they_can() {
    let mut rig = WindowSetup::new(Language::En, cameras(6)).open();
    rig.sent();
    let mut views = Views::default();
    views.add(View::of("Night", &saved().wall));
    let place = rig.harness.state().view().place;
    rig.change(|state| {
        state.windows = Arc::new(vec![saved()]);
        state.views = Arc::new(views);
    });
    let view = rig.harness.state().view();
    assert_eq!(view.wall.places(), saved().wall.places());
    assert_eq!(view.place, place, "the window stays where it stands");
    rig.harness.state_mut().leave();
    for command in rig.sent() {
        if let Command::SaveWindows(windows) = command {
            assert_eq!(windows[0].wall.kept_places(), saved().wall.places());
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said_with_what_happens_next() {
    for (language, said) in [
        (
            Language::En,
            "devices.toml: a folder stands in its place. Monomi goes on with what it knows, and takes the file as soon as it can be read as a whole",
        ),
        (
            Language::Ja,
            "devices.toml：同じ名前のフォルダーがあります。現在の内容で動作を続け、正しく読み込めるようになり次第、反映します。",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        let kind = NoticeKind::FileKept {
            file: "devices.toml".to_owned(),
            fault: FileFault::Folder,
        };
        rig.change(|state| state.notices = Arc::new(vec![Notice { id: 1, kind }]));
        assert!(rig.is_shown(said), "{said}");
    }
}

#[test]
fn views_that_somebody_else_wrote_are_there_while_the_window_shows_what_it_showed() {
    let mut rig = WindowSetup::new(Language::En, cameras(6)).open();
    let before = rig.harness.state().view().clone();
    let mut views = Views::default();
    views.add(View::of("Night", &saved().wall));
    rig.change(|state| state.views = Arc::new(views));
    assert_eq!(*rig.harness.state().view(), before);
    rig.harness
        .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    rig.harness.run();
    assert_eq!(rig.harness.state().view().view.as_deref(), Some("Night"));
}
