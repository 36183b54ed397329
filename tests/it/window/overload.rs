//! What an overloaded machine gives up is said in the status bar; the figures on tiles say what was measured.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;
use monomi::ui::theme::TILE_HEADER;
use wall::{Load, Overload, Relief};

use super::rig::{WindowRig, WindowSetup, cameras, picture, set_streams};

/// The texts about an overload: sub streams only, then lower rates as well.
const SAID: [(Language, [&str; 2]); 2] = [
    (
        Language::En,
        [
            "This PC is overloaded: sub streams only",
            "This PC is overloaded: sub streams, fewer pictures a second",
        ],
    ),
    (
        Language::Ja,
        [
            "この PC は過負荷です：サブストリームで表示中",
            "この PC は過負荷です：サブストリーム・低フレームレートで表示中",
        ],
    ),
];

/// The relief after so many steps of strain.
pub(super) fn relief(steps: u64) -> Relief {
    let (mut overload, start) = (Overload::default(), Instant::now());
    let load = Load {
        cpu: Some(1.0),
        pictures: 100,
        replaced: 50,
    };
    let mut relief = Relief::default();
    for second in 0..=steps * 5 {
        relief = overload.note(load, start + Duration::from_secs(second));
    }
    relief
}

/// Four live tiles that show their figures.
fn rig(language: Language, steps: u64) -> WindowRig {
    setup(language, steps).open()
}

fn setup(language: Language, steps: u64) -> WindowSetup {
    let mut setup = WindowSetup::new(language, cameras(4));
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    let mut settings = (*setup.state.settings).clone();
    settings.show_figures = true;
    setup.state.settings = Arc::new(settings);
    let mut streams = (*setup.state.streams).clone();
    for (stream, status) in &mut streams {
        status.info.delay = Some(Duration::from_millis(83));
        status.info.dropped = 4;
        status.slot.publish(picture(stream.channel.number, 352, 198));
    }
    setup.state.streams = Arc::new(streams);
    setup.state.totals.relief = relief(steps);
    setup
}

#[test]
fn the_status_bar_says_that_the_machine_is_overloaded_and_what_was_given_up() {
    for (language, [sub, rate]) in SAID {
        let calm = rig(language, 0);
        assert!(!calm.is_shown(sub) && !calm.is_shown(rate));
        let mut strained = rig(language, 1);
        assert!(strained.is_shown(sub));
        assert!(
            strained.wanted().starts_with("1m! 2s 3s"),
            "the selected tile is spared: {}",
            strained.wanted()
        );
        strained.change(|state| state.totals.relief = relief(2));
        assert!(strained.is_shown(rate));
        strained.change(|state| state.totals.relief = Relief::default());
        assert!(!strained.is_shown(rate) && !strained.is_shown(sub));
    }
}

#[test]
fn in_the_narrowest_window_what_is_said_ends_before_the_clock() {
    for (language, [_, rate]) in SAID {
        let mut setup = setup(language, 2);
        setup.size = [640.0, 400.0];
        let rig = setup.open();
        let said = rig.harness.get_by_label(rate).rect();
        let clock = rig.harness.query_all_by(|node| {
            let words = node.label().or(node.value());
            words.is_some_and(|words| words.starts_with("20") && words.len() == "2026-11-21 09:05:42".len())
        });
        let clock = clock.map(|node| node.rect()).next().expect("the clock");
        assert!(said.right() <= clock.left(), "{said:?} {clock:?}");
    }
}

#[test]
fn where_there_is_no_status_bar_the_wall_says_it_at_its_foot() {
    for (language, said) in SAID {
        for kiosk in [false, true] {
            let mut setup = setup(language, 0);
            setup.kiosk = kiosk.then(Arc::default);
            let mut rig = setup.open();
            if !kiosk {
                rig.press(Key::F11);
            }
            assert!(!rig.is_shown(said[0]));
            for (steps, said, layout) in [(1, said[0], Key::Num2), (2, said[1], Key::Num7)] {
                rig.press(layout);
                rig.change(|state| state.totals.relief = relief(steps));
                let place = rig.harness.get_by_label(said).rect();
                let (tiles, wall) = (rig.tiles(), rig.harness.ctx.content_rect());
                assert!(
                    wall.contains_rect(place) && wall.bottom() - place.bottom() < 40.0,
                    "{place:?}"
                );
                for tile in tiles {
                    let header = rig.harness.get_by_label(&tile).rect();
                    assert!(
                        !header.with_max_y(header.top() + TILE_HEADER).intersects(place),
                        "{header:?} {place:?}"
                    );
                }
            }
            rig.change(|state| state.totals.relief = Relief::default());
            assert!(said.iter().all(|said| !rig.is_shown(said)));
        }
    }
}

#[test]
fn figures_of_a_tile_tell_rate_codec_size_delay_and_drops() {
    for (language, figures) in [
        (
            Language::En,
            "H.264 704×480  15.0 fps  512 kbit/s  delay 83 ms  4 dropped",
        ),
        (Language::Ja, "H.264 704×480  15.0 fps  512 kbit/s  遅延 83 ms  欠落 4"),
    ] {
        let mut rig = rig(language, 0);
        let said = |rig: &WindowRig| {
            let tile = rig.tiles()[0].clone();
            let node = rig.harness.get_by_label(&tile);
            node.accesskit_node().description()
        };
        assert_eq!(said(&rig).as_deref(), Some(figures));
        rig.press(Key::F8);
        let switched = rig
            .sent()
            .into_iter()
            .any(|command| matches!(command, Command::SaveSettings(settings) if !settings.show_figures));
        assert!(switched, "F8 is the key");
        rig.change(|state| {
            let mut settings = (*state.settings).clone();
            settings.show_figures = false;
            state.settings = Arc::new(settings);
        });
        assert_eq!(said(&rig), None);
    }
}

#[test]
fn what_takes_the_engine_longer_than_half_a_second_is_said() {
    for (language, said) in [
        (Language::En, "Saving or reading…"),
        (Language::Ja, "保存または読み込み中…"),
    ] {
        let mut rig = rig(language, 0);
        rig.engine.set_working(true);
        rig.harness.run_steps(20);
        assert!(!rig.is_shown(said), "a third of a second");
        rig.harness.run_steps(20);
        assert!(rig.is_shown(said));
        rig.engine.set_working(false);
        rig.harness.run_steps(2);
        assert!(!rig.is_shown(said));
        rig.engine.set_working(true);
        rig.harness.run_steps(10);
        assert!(!rig.is_shown(said), "counted anew");
    }
}
