//! The monitor that the command line names, and what is said where it is not there.

use std::sync::Arc;

use egui::{ViewportCommand, ViewportId};
use monomi::app::Monitors;
use monomi::bridge::{Command, Notice};
use monomi::i18n::Language;
use wall::{WindowPlace, WindowView};

use super::rig::{WindowRig, WindowSetup, cameras};

/// A window that stands on the second of two monitors.
fn rig(language: Language, monitor: usize, kiosk: bool) -> WindowRig {
    let mut setup = WindowSetup::new(language, cameras(4));
    setup.monitor = Some(monitor);
    setup.kiosk = kiosk.then(Arc::default);
    let place = WindowPlace {
        at: Some([2_000.0, 10.0]),
        size: Some([800.0, 600.0]),
        maximized: false,
    };
    setup.state.windows = Arc::new(vec![WindowView {
        place,
        ..WindowView::default()
    }]);
    setup.open()
}

fn two() -> Monitors {
    Monitors {
        areas: vec![[0.0, 0.0, 1920.0, 1080.0], [1920.0, 0.0, 1280.0, 1024.0]],
        names: vec!["HDMI-1, 1920×1080".to_owned(), "DP-2, 1280×1024".to_owned()],
        here: Some(0),
        free: Vec::new(),
    }
}

/// Tells the window its monitors and returns its commands to the engine and to the system.
fn learn(rig: &mut WindowRig, monitors: &Monitors) -> (Vec<Command>, Vec<ViewportCommand>) {
    rig.sent();
    let ctx = rig.harness.ctx.clone();
    rig.harness.state_mut().learn_monitors(&ctx, monitors);
    rig.harness.step();
    let commands = rig.harness.output().viewport_output[&ViewportId::ROOT].commands.clone();
    (rig.sent(), commands)
}

#[test]
fn a_monitor_that_is_not_there_is_told_with_those_that_are_and_where_the_window_is() {
    for (language, said, placeless) in [
        (
            Language::En,
            "There is no monitor 3 (--monitor). There are: 1 (HDMI-1, 1920×1080), 2 (DP-2, 1280×1024). The window is on monitor 2",
            "There is no monitor 3 (--monitor). There are: 1 (HDMI-1, 1920×1080), 2 (DP-2, 1280×1024). The window stays where the desktop put it",
        ),
        (
            Language::Ja,
            "モニター 3 はありません（--monitor）。接続中のモニター：1（HDMI-1, 1920×1080）、2（DP-2, 1280×1024）。ウィンドウはモニター 2 に表示しています。",
            "モニター 3 はありません（--monitor）。接続中のモニター：1（HDMI-1, 1920×1080）、2（DP-2, 1280×1024）。ウィンドウの位置は変わっていません。",
        ),
    ] {
        for kiosk in [false, true] {
            let mut rig = rig(language, 3, kiosk);
            let (asked, commands) = learn(&mut rig, &two());
            let told = asked.into_iter().find_map(|command| match command {
                Command::Tell(kind) => Some(kind),
                _ => None,
            });
            let moved = |command: &ViewportCommand| {
                matches!(
                    command,
                    ViewportCommand::SetMonitor(_) | ViewportCommand::OuterPosition(_)
                )
            };
            assert!(!commands.iter().any(moved), "{commands:?}");
            let kind = told.expect("a notice");
            rig.change(|state| state.notices = Arc::new(vec![Notice { id: 1, kind }]));
            assert!(rig.is_shown(said));
        }
        let mut setup = WindowSetup::new(language, cameras(4));
        setup.monitor = Some(3);
        let mut rig = setup.open();
        let (asked, _) = learn(&mut rig, &Monitors { here: None, ..two() });
        let kind = asked.into_iter().find_map(|command| match command {
            Command::Tell(kind) => Some(kind),
            _ => None,
        });
        let kind = kind.expect("a notice");
        rig.change(|state| state.notices = Arc::new(vec![Notice { id: 1, kind }]));
        assert!(rig.is_shown(placeless));
    }
}

#[test]
fn a_window_is_made_no_larger_than_a_dealers_laptop() {
    let laptop = |width: f32, height: f32| Monitors {
        areas: vec![[0.0, 0.0, width, height]],
        names: vec![format!("eDP-1, {width}×{height}")],
        here: Some(0),
        free: Vec::new(),
    };
    let saved = |size| WindowPlace {
        at: Some([30.0, 30.0]),
        size: Some(size),
        maximized: false,
    };
    for (place, monitors, expected) in [
        (None, laptop(1280.0, 720.0), Some([1264.0, 632.0])),
        (None, laptop(1366.0, 768.0), Some([1280.0, 680.0])),
        (None, laptop(1920.0, 1080.0), None),
        (
            Some(saved([1400.0, 820.0])),
            laptop(1280.0, 720.0),
            Some([1264.0, 632.0]),
        ),
        (Some(saved([1200.0, 660.0])), laptop(1280.0, 720.0), None),
    ] {
        let mut setup = WindowSetup::new(Language::En, cameras(4));
        setup.state.windows = Arc::new(
            place
                .into_iter()
                .map(|place| WindowView {
                    place,
                    ..WindowView::default()
                })
                .collect(),
        );
        let mut rig = setup.open();
        let (_, commands) = learn(&mut rig, &monitors);
        let size = commands.iter().find_map(|command| match command {
            ViewportCommand::InnerSize(size) => Some([size.x, size.y]),
            _ => None,
        });
        assert_eq!(size, expected, "{place:?} on {:?}", monitors.names);
    }
}

#[test]
fn a_window_is_made_no_larger_than_what_the_task_bars_leave() {
    let monitors = Monitors {
        areas: vec![[0.0, 0.0, 1366.0, 768.0]],
        names: vec!["eDP-1, 1366×768".to_owned()],
        here: Some(0),
        free: vec![[0.0, 100.0, 1366.0, 668.0]],
    };
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let (_, commands) = learn(&mut rig, &monitors);
    let size = ViewportCommand::InnerSize(egui::vec2(1280.0, 628.0));
    assert!(commands.contains(&size), "{commands:?}");
}

#[test]
fn a_monitor_that_is_there_gets_the_window_and_nothing_is_said() {
    let mut rig = rig(Language::En, 1, false);
    let (asked, commands) = learn(&mut rig, &two());
    assert!(!asked.iter().any(|command| matches!(command, Command::Tell(_))));
    let at = ViewportCommand::OuterPosition(egui::pos2(560.0, 240.0));
    assert!(commands.contains(&at), "its middle: {commands:?}");
    // Filling the screen, it goes by the system's number.
    let mut rig = self::rig(Language::En, 2, true);
    let (_, commands) = learn(&mut rig, &two());
    assert!(commands.contains(&ViewportCommand::SetMonitor(1)), "{commands:?}");
}
