//! Two sites have a device of the same name: wherever the site is not in view, it is said.

use std::sync::Arc;

use device::{ChannelId, Device, DeviceId, Registry, SiteId, VirtualDvr, VirtualDvrId, VirtualDvrMember, sample};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::i18n::Language;
use wall::{Layout, Wall, WindowView};

use super::rig::{WindowRig, WindowSetup, device, registry};

/// `DVR1` of 本店 and of 大阪, `Gate` of 大阪, and a virtual DVR with a channel of both.
fn chain_of_shops() -> Registry {
    let at = |site, device| Device {
        site: SiteId(site),
        ..device
    };
    let mut registry = registry(&[
        device(1, "DVR1", &["Door"]),
        at(2, device(2, "DVR1", &["Door"])),
        at(2, device(3, "Gate", &["Door"])),
    ]);
    registry.sites.push(sample::site(SiteId(2), "大阪"));
    let member = |device| VirtualDvrMember {
        channel: ChannelId {
            device: DeviceId(device),
            number: 1,
        },
        label: String::new(),
    };
    registry.virtual_dvrs.push(VirtualDvr {
        id: VirtualDvrId(5),
        name: "Doors".to_owned(),
        members: (1..=3).map(member).collect(),
        layout: String::new(),
    });
    registry
}

/// A window whose wall shows the first channel of each device.
fn opened(language: Language) -> WindowRig {
    let mut setup = WindowSetup::new(language, chain_of_shops());
    let placed = (1..=3).map(|device| {
        let channel = ChannelId {
            device: DeviceId(device),
            number: 1,
        };
        Some(channel.into())
    });
    let known = (1..=3).map(DeviceId).collect();
    setup.state.windows = Arc::new(vec![WindowView {
        wall: Wall::restore(Layout::Four, placed.collect(), known, 0, false),
        ..WindowView::default()
    }]);
    setup.open()
}

fn labels(rig: &WindowRig, part: &str) -> Vec<String> {
    let found = rig
        .harness
        .query_all_by(|node| node.label().is_some_and(|label| label.contains(part)));
    found.filter_map(|node| node.accesskit_node().label()).collect()
}

#[test]
fn tiles_tree_and_virtual_dvrs_say_the_site_where_two_share_a_name() {
    for (language, idle) in [(Language::En, ", Not watched"), (Language::Ja, "、未表示")] {
        let mut rig = opened(language);
        let tiles = rig.tiles();
        assert!(tiles[0].contains("Door · 本店/DVR1"), "{tiles:?}");
        assert!(tiles[1].contains("Door · 大阪/DVR1"), "{tiles:?}");
        assert!(tiles[2].contains("Door · Gate"), "{tiles:?}");
        for row in ["本店/DVR1", "大阪/DVR1", "Gate"] {
            assert_eq!(labels(&rig, &format!("{row}{idle}")).len(), 1, "{row}");
        }
        rig.click(&format!("Doors{idle}"));
        rig.press(egui::Key::ArrowRight);
        for row in ["Door · 本店/DVR1", "Door · 大阪/DVR1", "Door · Gate"] {
            assert_eq!(labels(&rig, &format!("{row}{idle}")).len(), 1, "{row}");
        }
    }
}

#[test]
fn the_search_takes_site_and_name() {
    for (language, search) in [(Language::En, "Search"), (Language::Ja, "検索")] {
        let mut rig = opened(language);
        rig.click(search);
        rig.harness.get_by_label(search).type_text("大阪／dvr");
        rig.harness.run();
        assert_eq!(labels(&rig, "大阪/DVR1").len(), 2, "its row and its tile");
        assert_eq!(labels(&rig, "本店/DVR1").len(), 1, "its tile alone");
    }
}
