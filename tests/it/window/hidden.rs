//! Windows that nobody sees: covered or minimised they decode nothing, and uncovered they show the same streams at once.

use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, DeviceId, Registry};
use egui::{Context, Pos2, RawInput, Rect, ViewportId, vec2};
use monomi::bridge::TileState;
use monomi::i18n::Language;
use wall::{Layout, Placed, Wall, WindowView};

use super::rig::{WindowRig, WindowSetup, cameras, set_streams};

/// The id of the second window.
fn second() -> ViewportId {
    ViewportId::from_hash_of(("monomi window", 1_u64))
}

fn window(registry: &Registry, channels: [u16; 2]) -> WindowView {
    let mut wall = Wall::default();
    wall.set_layout(Layout::Four);
    wall.follow(registry);
    wall.clear_page();
    let channels = channels.map(|number| ChannelId {
        device: DeviceId(1),
        number,
    });
    wall.put(0, &channels);
    let places: Vec<Option<Placed>> = channels.map(|channel| Some(Placed::from(channel))).into();
    let wall = Wall::restore(Layout::Four, places, wall.known().clone(), 0, false);
    WindowView {
        wall,
        ..WindowView::default()
    }
}

/// Two windows that were left open, with two live channels each.
fn two() -> WindowRig {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    let registry = cameras(4);
    setup.state.windows = Arc::new(vec![window(&registry, [1, 2]), window(&registry, [3, 4])]);
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    // A window of its own for the second one, as on a desktop: nothing of it is painted.
    Context::set_immediate_viewport_renderer(|ctx, mut viewport| {
        let mut viewports = ctx.input(|input| input.raw.viewports.clone());
        viewports.entry(viewport.ids.this).or_default();
        let input = RawInput {
            viewport_id: viewport.ids.this,
            viewports,
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 720.0))),
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| (viewport.viewport_ui_cb)(ui));
        output.textures_delta.clear();
    });
    setup.further_windows = true;
    setup.open()
}

/// The system says which windows are covered, and `seconds` pass.
fn covered(rig: &mut WindowRig, [first, other]: [bool; 2], seconds: u64) -> Vec<String> {
    for (id, occluded) in [(ViewportId::ROOT, first), (second(), other)] {
        let info = rig.harness.input_mut().viewports.entry(id).or_default();
        info.occluded = Some(occluded);
    }
    for _ in 0..seconds.max(1) {
        rig.change(|state| state.now += Duration::from_secs(seconds.min(1)));
    }
    let mut wanted: Vec<String> = rig.wanted().replace('!', "").split(' ').map(str::to_owned).collect();
    wanted.sort();
    wanted
}

#[test]
fn a_covered_window_decodes_nothing_keeps_its_streams_and_costs_nothing_to_uncover() {
    let mut rig = two();
    let all = covered(&mut rig, [false, false], 0);
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.iter().all(|stream| !stream.ends_with('~')), "{all:?}");
    let of = |numbers: [char; 2], wanted: &[String]| -> Vec<bool> {
        let mine = wanted
            .iter()
            .filter(|stream| numbers.contains(&stream.chars().next().unwrap()));
        mine.map(|stream| stream.ends_with('~')).collect()
    };
    for (state, expected) in [
        ([false, true], [false, true]),
        ([true, false], [true, false]),
        ([true, true], [true, true]),
        ([false, false], [false, false]),
    ] {
        // Longer than the grace time of a page that was left.
        let wanted = covered(&mut rig, state, 40);
        assert_eq!(of(['1', '2'], &wanted), [expected[0]; 2], "{state:?} {wanted:?}");
        assert_eq!(of(['3', '4'], &wanted), [expected[1]; 2], "{state:?} {wanted:?}");
        let streams: Vec<&str> = wanted.iter().map(|stream| stream.trim_end_matches('~')).collect();
        assert_eq!(streams, all, "{state:?}: no connection ends or begins");
    }
}

#[test]
fn the_last_window_that_is_covered_stops_its_decoders_though_nothing_is_laid_out_any_more() {
    let mut rig = two();
    covered(&mut rig, [true, false], 1);
    assert!(rig.wanted().split(' ').any(|stream| !stream.ends_with('~')));
    let ctx = rig.harness.ctx.clone();
    let mut viewports = ctx.input(|input| input.raw.viewports.clone());
    for id in [ViewportId::ROOT, second()] {
        viewports.entry(id).or_default().occluded = Some(true);
    }
    let input = RawInput {
        viewports,
        ..RawInput::default()
    };
    let _ = ctx.run_logic(&input, |ctx| rig.harness.state_mut().tick(ctx));
    let wanted = rig.wanted();
    let (warm, all) = (wanted.matches('~').count(), wanted.split(' ').count());
    assert_eq!((warm, all), (4, 4), "{wanted}");
}

#[test]
fn a_minimised_window_is_a_covered_one() {
    let mut rig = two();
    let info = rig.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    info.minimized = Some(true);
    let wanted = covered(&mut rig, [false, true], 40);
    assert!(
        wanted.len() == 4 && wanted.iter().all(|stream| stream.ends_with('~')),
        "{wanted:?}"
    );
}

#[test]
fn a_device_that_is_removed_while_its_window_is_covered_is_let_go() {
    let mut rig = two();
    covered(&mut rig, [false, true], 1);
    rig.change(|state| {
        Arc::make_mut(&mut state.registry).devices[0].enabled = false;
    });
    assert_eq!(rig.wanted(), "");
}
