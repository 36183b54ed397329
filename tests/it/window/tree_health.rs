//! The tree as health: how many are live, and what has trouble.

use std::sync::Arc;

use device::{Device, Registry, SiteId, sample};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::TileState;
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{WindowRig, WindowSetup, device, registry, set_streams};

/// `Lobby` and `Yard` of 本店, `Dock` of 大阪; two channels each.
fn two_sites() -> Registry {
    let mut registry = registry(&[
        device(1, "Lobby", &["Door", "Desk"]),
        device(2, "Yard", &["Gate", "Fence"]),
        Device {
            site: SiteId(2),
            ..device(3, "Dock", &["Ramp", "Crane"])
        },
    ]);
    registry.sites.push(sample::site(SiteId(2), "大阪"));
    registry
}

fn refused() -> TileState {
    TileState::Offline {
        failure: Failure {
            kind: FailureKind::Refused,
            stage: Stage::Connect,
            detail: String::new(),
        },
        next_try: None,
    }
}

/// `Dock` is dead, of `Lobby` only the first channel is on screen and live, nobody watches `Yard`.
fn in_trouble(language: Language) -> WindowRig {
    let mut setup = WindowSetup::new(language, two_sites());
    set_streams(&mut setup.state, |stream| {
        match (stream.channel.device.0, stream.channel.number) {
            (1, 1) => Some(TileState::Live),
            (3, _) => Some(refused()),
            _ => None,
        }
    });
    setup.open()
}

/// Whether a line of the tree has this name.
fn has_row(rig: &WindowRig, name: &str) -> bool {
    row(rig, name).is_some()
}

fn row<'a>(rig: &'a WindowRig, name: &str) -> Option<egui_kittest::Node<'a>> {
    let is_row = |label: String| label.split([',', '、']).next() == Some(name);
    let mut rows = rig.harness.query_all_by_role(egui::accesskit::Role::TreeItem);
    rows.find(|node| node.accesskit_node().label().is_some_and(is_row))
}

fn count(rig: &WindowRig, name: &str) -> String {
    let row = row(rig, name).expect("a line of the tree");
    row.accesskit_node().description().unwrap_or_default()
}

#[test]
fn a_device_counts_its_live_channels_and_those_that_nobody_watches() {
    for (language, lobby, yard, dock) in [
        (
            Language::En,
            "1 / 2 channels live, 1 not watched",
            "2 channels, none on screen",
            "0 / 2 channels live",
        ),
        (
            Language::Ja,
            "1 / 2 チャンネルがライブ、1 は未表示",
            "2 チャンネル、すべて未表示",
            "0 / 2 チャンネルがライブ",
        ),
    ] {
        let rig = in_trouble(language);
        assert_eq!(count(&rig, "Lobby"), lobby);
        assert_eq!(count(&rig, "Yard"), yard);
        assert_eq!(count(&rig, "Dock"), dock);
    }
}

#[test]
fn only_what_has_trouble_is_left_the_choice_is_kept_and_no_trouble_is_said() {
    for (language, only, one, none, well) in [
        (
            Language::En,
            "Only what has trouble",
            "1 device has trouble",
            "No device has trouble",
            "Nothing has trouble",
        ),
        (
            Language::Ja,
            "障害のあるものだけ",
            "障害のある機器は 1 台です",
            "障害のある機器はありません",
            "障害はありません",
        ),
    ] {
        let mut rig = in_trouble(language);
        let counted = |rig: &WindowRig| {
            let button = rig.harness.get_by_label(only);
            button.accesskit_node().description().unwrap_or_default()
        };
        assert_eq!(counted(&rig), one);
        rig.click(only);
        assert!(has_row(&rig, "大阪") && has_row(&rig, "Dock"));
        for name in ["本店", "Lobby", "Yard"] {
            assert!(!has_row(&rig, name), "{name}");
        }
        assert!(rig.harness.state().view().tree.trouble_only, "the profile keeps it");
        rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
        assert_eq!(counted(&rig), none);
        assert!(rig.is_shown(well));
        assert!(!has_row(&rig, "Dock"));
        rig.click(only);
        assert!(has_row(&rig, "Yard") && has_row(&rig, "Dock"));
    }
}

#[test]
fn the_search_goes_on_within_what_has_trouble_and_folded_sites_hide_none_of_it() {
    let mut setup = WindowSetup::new(Language::En, two_sites());
    set_streams(&mut setup.state, |stream| match stream.channel.device.0 {
        2 | 3 => Some(refused()),
        _ => None,
    });
    let mut view = wall::WindowView::default();
    view.tree.closed_sites = [SiteId(1), SiteId(2)].into();
    view.tree.trouble_only = true;
    setup.state.windows = Arc::new(vec![view]);
    let mut rig = setup.open();
    assert!(has_row(&rig, "Yard") && has_row(&rig, "Dock") && !has_row(&rig, "Lobby"));
    rig.harness.get_by_label("Search").click();
    rig.harness.run();
    rig.harness.get_by_label("Search").type_text("dock");
    rig.harness.run();
    assert!(has_row(&rig, "Dock") && !has_row(&rig, "Yard"));
    rig.harness.get_by_label("Search").type_text("x");
    rig.harness.run();
    assert!(rig.is_shown("Nothing with trouble matches “dockx”"));
    rig.press(Key::Escape);
    assert!(has_row(&rig, "Yard"), "the search is over, the choice is not");
}
