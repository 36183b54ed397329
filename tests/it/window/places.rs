//! What stands on a tile is that tile's own: the label it bears, its shape, its zoom, its stream; a view keeps all of it.

use std::sync::Arc;

use device::{ChannelId, DeviceId, StreamId, StreamKind, VirtualDvr, VirtualDvrId, VirtualDvrMember};
use egui::Key;
use monomi::bridge::{Command, FrameSlot, TileState};
use monomi::i18n::Language;
use wall::{Crop, Layout, Placed, TourPlan, View, Views};

use super::rig::{WindowRig, WindowSetup, cameras, picture, set_streams};

const DOORS: VirtualDvrId = VirtualDvrId(5);

fn cam(number: u16) -> ChannelId {
    ChannelId {
        device: DeviceId(1),
        number,
    }
}

fn placed(number: u16, crop: &str) -> Placed {
    Placed {
        crop: crop.parse().unwrap(),
        ..Placed::from(cam(number))
    }
}

/// A window that opens the view `Night`; every stream is live.
fn stage_on(layout: Layout, places: Vec<Option<Placed>>) -> WindowRig {
    let mut registry = cameras(4);
    registry.virtual_dvrs.push(VirtualDvr {
        id: DOORS,
        name: "Entrances".to_owned(),
        members: vec![VirtualDvrMember {
            channel: cam(1),
            label: "North".to_owned(),
        }],
        layout: String::new(),
    });
    let mut setup = WindowSetup::new(Language::En, registry);
    let view = View {
        name: "Night".to_owned(),
        layout,
        places,
        seconds: None,
    };
    setup.state.views = Arc::new(Views::restore(vec![view], TourPlan::default()));
    setup.view = Some("Night".to_owned());
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    let mut rig = setup.open();
    rig.change(|state| {
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1920, 1080);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
    rig
}

fn slot(rig: &WindowRig, number: u16, kind: StreamKind) -> Arc<FrameSlot> {
    let stream = StreamId {
        channel: cam(number),
        kind,
    };
    Arc::clone(&rig.harness.state().engine_state().streams[&stream].slot)
}

fn crops(rig: &WindowRig) -> Vec<String> {
    let tiles = rig.harness.state().view().wall.tiles();
    tiles.iter().map(|tile| tile.crop.to_string()).collect()
}

#[test]
fn a_view_brings_back_labels_and_framings_of_each_of_its_tiles() {
    let labelled = Placed::new(cam(1), Some(DOORS));
    let mut rig = stage_on(
        Layout::Four,
        vec![
            Some(labelled),
            Some(placed(1, "fill sub")),
            Some(placed(2, "stretch auto")),
        ],
    );
    let opened = (rig.tiles(), crops(&rig));
    assert!(
        opened.0[0].contains("North") && opened.0[1].contains("Cam 1"),
        "{opened:?}"
    );
    assert_eq!(opened.1, ["fit auto", "fill sub", "stretch auto", "fit auto"]);
    rig.press(Key::Num1);
    rig.press(Key::Delete);
    rig.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Num1);
    rig.harness.run();
    assert_eq!((rig.tiles(), crops(&rig)), opened);
    let none = rig
        .sent()
        .iter()
        .all(|command| !matches!(command, Command::SaveViews(_)));
    assert!(none, "opening a view does not change it");
}

#[test]
fn looking_closer_on_one_tile_leaves_the_other_tile_of_the_channel_alone() {
    let mut rig = stage_on(
        Layout::Four,
        vec![Some(placed(1, "fit auto")), Some(placed(1, "fill auto"))],
    );
    for _ in 0..3 {
        rig.press(Key::Plus);
    }
    let tiles = rig.harness.state().view().wall.tiles();
    assert!(tiles[0].crop.is_zoomed());
    assert_eq!(tiles[1].crop, "fill auto".parse::<Crop>().unwrap());
}

#[test]
fn tiles_of_different_size_get_pictures_for_the_largest_of_them_in_every_frame() {
    // The large tile stands first, small ones after it and before the next frame.
    let places = vec![Some(placed(1, "fit main")); 6];
    let mut rig = stage_on(Layout::OnePlusFive, places);
    let slot = slot(&rig, 1, StreamKind::Main);
    for _ in 0..5 {
        rig.harness.step();
        assert!(
            slot.target().is_some_and(|(width, _)| width > 600),
            "{:?}",
            slot.target()
        );
    }
    rig.press(Key::Num3);
    rig.harness.run_steps(3);
    assert!(
        slot.target().is_some_and(|(width, _)| width < 500),
        "{:?}",
        slot.target()
    );
}

#[test]
fn a_stream_chosen_for_one_tile_is_asked_for_beside_what_the_other_tile_shows() {
    let mut rig = stage_on(
        Layout::Four,
        vec![Some(placed(1, "fit auto")), Some(placed(1, "fit sub"))],
    );
    rig.harness.run();
    assert_eq!(rig.wanted(), "1m! 1s");
}
