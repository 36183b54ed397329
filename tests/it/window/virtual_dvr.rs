//! Virtual DVRs: made in the tree, opened like a DVR, with labels, a layout and an order of their own.

use std::sync::Arc;

use device::{ChannelId, DeviceId, Registry, VirtualDvr, VirtualDvrId, VirtualDvrMember};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, NoticeKind};
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, device, registry};

fn two_recorders() -> Registry {
    registry(&[
        device(1, "Lobby", &["Door", "Desk"]),
        device(2, "Yard", &["Gate", "Fence"]),
    ])
}

fn channel(device: u64, number: u16) -> ChannelId {
    ChannelId {
        device: DeviceId(device),
        number,
    }
}

/// `Entrances`: the gate as `North`, the door, and a channel of a device that is gone; opened in 1+5.
fn with_virtual_dvr() -> Registry {
    let member = |channel, label: &str| VirtualDvrMember {
        channel,
        label: label.to_owned(),
    };
    let mut registry = two_recorders();
    registry.virtual_dvrs.push(VirtualDvr {
        id: VirtualDvrId(5),
        name: "Entrances".to_owned(),
        members: vec![
            member(channel(2, 1), "North"),
            member(channel(1, 1), ""),
            member(channel(9, 1), "Old"),
        ],
        layout: "1+5".to_owned(),
    });
    registry
}

fn saved(rig: &WindowRig) -> Option<VirtualDvr> {
    let sent = rig.sent();
    sent.into_iter().rev().find_map(|command| match command {
        Command::SaveVirtualDvr(dvr) => Some(*dvr),
        _ => None,
    })
}

fn members(dvr: &VirtualDvr) -> Vec<(u64, u16)> {
    let one = |member: &VirtualDvrMember| (member.channel.device.0, member.channel.number);
    dvr.members.iter().map(one).collect()
}

fn press(rig: &mut WindowRig, modifiers: Modifiers, key: Key) {
    rig.harness.key_press_modifiers(modifiers, key);
    rig.harness.run();
}

fn click_with(rig: &mut WindowRig, modifiers: Modifiers, label: &str) {
    rig.harness.get_by_label(label).click_modifiers(modifiers);
    rig.harness.run();
}

fn menu(rig: &mut WindowRig, label: &str) {
    rig.harness.get_by_label(label).click_secondary();
    rig.harness.run();
}

#[test]
fn what_is_selected_with_ctrl_becomes_a_virtual_dvr() {
    for (language, lobby, gate, save, name) in [
        (
            Language::En,
            "Lobby, Not watched",
            "Gate, Not watched",
            "Save",
            "Virtual DVR",
        ),
        (Language::Ja, "Lobby、未表示", "Gate、未表示", "保存", "仮想 DVR"),
    ] {
        let mut rig = WindowSetup::new(language, two_recorders()).open();
        let yard = lobby.replace("Lobby", "Yard");
        rig.click(&yard);
        rig.press(Key::ArrowRight);
        rig.click(gate);
        click_with(&mut rig, Modifiers::COMMAND, lobby);
        press(&mut rig, Modifiers::COMMAND, Key::G);
        assert_eq!(saved(&rig), None, "not before it is saved");
        rig.click(save);
        let dvr = saved(&rig).expect("saved");
        assert_eq!((dvr.name.as_str(), members(&dvr)), (name, vec![(2, 1), (1, 1), (1, 2)]));
    }
}

#[test]
fn shift_reaches_from_line_to_line_and_the_context_menu_makes_it() {
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    rig.click("Lobby, Not watched");
    click_with(&mut rig, Modifiers::SHIFT, "Yard, Not watched");
    menu(&mut rig, "Lobby, Not watched");
    rig.click("New virtual DVR…");
    rig.click("Save");
    let dvr = saved(&rig).expect("saved");
    assert_eq!(members(&dvr), [(1, 1), (1, 2), (2, 1), (2, 2)]);
}

#[test]
fn keys_alone_select_and_group() {
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    rig.click("Lobby, Not watched");
    press(&mut rig, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut rig, Modifiers::COMMAND, Key::G);
    rig.press(Key::Enter);
    assert_eq!(members(&saved(&rig).expect("Enter saves")).len(), 4);
    assert!(!rig.is_shown("Save"), "the dialog is closed");
}

#[test]
fn without_the_tree_the_page_is_grouped() {
    let mut rig = WindowSetup::new(Language::En, two_recorders()).open();
    rig.click("Tile 1: Door · Lobby, Preparing");
    rig.press(Key::Delete);
    press(&mut rig, Modifiers::COMMAND, Key::G);
    rig.click("Save");
    assert_eq!(members(&saved(&rig).expect("saved")), [(1, 2), (2, 1), (2, 2)]);
}

#[test]
fn it_is_opened_like_a_device_in_its_own_layout_with_its_own_labels() {
    for (language, node, tile) in [
        (
            Language::En,
            "Entrances, Not watched",
            "Tile 1: North · Yard, Preparing",
        ),
        (Language::Ja, "Entrances、未表示", "タイル 1：North · Yard、準備中"),
    ] {
        let mut rig = WindowSetup::new(language, with_virtual_dvr()).open();
        assert_eq!(rig.tiles().len(), 4);
        rig.double_click(node);
        let tiles = rig.tiles();
        assert_eq!((tiles.len(), tiles[0].as_str()), (6, tile));
        assert!(tiles[1].contains("Door · Lobby"), "no label: its own name");
        rig.press(Key::Num2);
        rig.click(node);
        rig.press(Key::Enter);
        assert_eq!(rig.tiles().len(), 6, "Enter does the same");
    }
}

#[test]
fn its_label_goes_where_the_tile_goes_and_is_found_again_after_a_restart() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    rig.drag("Entrances, Not watched", "Tile 3: Gate · Yard, Preparing");
    assert_eq!(
        rig.tiles().len(),
        4,
        "dropped on a tile, the wall stays divided as it is"
    );
    assert!(rig.tiles()[2].contains("North · Yard"), "{:?}", rig.tiles());
    rig.drag("Tile 3: North · Yard, Preparing", "Tile 2: Desk · Lobby, Preparing");
    assert!(rig.tiles()[1].contains("North · Yard"), "{:?}", rig.tiles());
    let mut setup = WindowSetup::new(Language::En, with_virtual_dvr());
    setup.state.windows = Arc::new(vec![rig.harness.state().view().clone()]);
    assert!(setup.open().tiles()[1].contains("North · Yard"));
}

#[test]
fn what_is_dragged_onto_it_becomes_a_member() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    rig.drag("Lobby, Not watched", "Entrances, Not watched");
    let dvr = saved(&rig).expect("saved");
    assert_eq!(
        members(&dvr),
        [(2, 1), (9, 1), (1, 1), (1, 2)],
        "the door moved to its device"
    );
    rig.drag("Tile 4: Fence · Yard, Preparing", "Entrances, Not watched");
    assert_eq!(members(&saved(&rig).expect("saved")).last(), Some(&(2, 2)));
}

#[test]
fn members_are_moved_and_removed_by_keys_and_by_drag() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    rig.click("Entrances, Not watched");
    rig.press(Key::ArrowRight);
    assert!(
        rig.is_shown("Old, Not registered any more"),
        "what is gone is kept and says so"
    );
    rig.drag("Door · Lobby, Not watched", "North · Yard, Not watched");
    assert_eq!(members(&saved(&rig).expect("saved")), [(1, 1), (2, 1), (9, 1)]);
    rig.click("North · Yard, Not watched");
    press(&mut rig, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(members(&saved(&rig).expect("saved")), [(1, 1), (2, 1), (9, 1)]);
    rig.press(Key::Delete);
    assert_eq!(members(&saved(&rig).expect("saved")), [(1, 1), (9, 1)]);
    assert_eq!(
        rig.tiles().iter().filter(|tile| tile.contains("Gate")).count(),
        1,
        "the wall keeps it"
    );
}

#[test]
fn the_name_that_is_proposed_is_typed_over() {
    for (language, field, save) in [
        (Language::En, "Name of the virtual DVR", "Save"),
        (Language::Ja, "仮想 DVR の名前", "保存"),
    ] {
        let mut rig = WindowSetup::new(language, two_recorders()).open();
        press(&mut rig, Modifiers::COMMAND, Key::G);
        rig.harness.get_by_label(field).type_text("Doors");
        rig.harness.run();
        rig.click(save);
        assert_eq!(saved(&rig).expect("saved").name, "Doors");
    }
}

#[test]
fn name_labels_layout_and_order_are_edited_in_its_dialog() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    menu(&mut rig, "Entrances, Not watched");
    rig.click("Edit virtual DVR…");
    rig.harness.get_by_label("Name of the virtual DVR").type_text(" 2");
    rig.harness.run();
    rig.harness.get_by_label("Label 2, Door").click();
    rig.harness.run();
    rig.harness.get_by_label("Label 2, Door").type_text("South");
    rig.harness.run();
    rig.click("Move Door up");
    rig.click("Remove CH 1");
    rig.click("Layout when it is opened");
    rig.click("25 tiles");
    rig.click("Save");
    let dvr = saved(&rig).expect("saved");
    assert_eq!((dvr.name.as_str(), dvr.layout.as_str()), ("Entrances 2", "25"));
    let labels: Vec<&str> = dvr.members.iter().map(|member| member.label.as_str()).collect();
    assert_eq!(labels, ["South", "North"]);
}

#[test]
fn a_name_that_is_taken_or_empty_is_told_where_it_is_typed() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    press(&mut rig, Modifiers::COMMAND, Key::G);
    for (typed, problem) in [
        ("", "Enter a name"),
        (" entrances", "Another virtual DVR has this name"),
    ] {
        press(&mut rig, Modifiers::COMMAND, Key::A);
        rig.press(Key::Backspace);
        rig.harness.get_by_label("Name of the virtual DVR").type_text(typed);
        rig.harness.run();
        assert!(rig.is_shown(problem), "{problem}");
        rig.press(Key::Enter);
        assert_eq!(saved(&rig), None);
        rig.harness.get_by_label("Name of the virtual DVR").focus();
        rig.harness.run();
    }
    rig.press(Key::Escape);
    rig.click("Discard");
    assert!(!rig.is_shown("Save"));
}

#[test]
fn removing_it_leaves_its_channels_and_can_be_undone() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    menu(&mut rig, "Entrances, Not watched");
    rig.click("Remove virtual DVR");
    assert!(matches!(
        rig.sent()[..],
        [.., Command::RemoveVirtualDvr(VirtualDvrId(5))]
    ));
    rig.change(|state| {
        state.registry = Arc::new(two_recorders());
        let kind = NoticeKind::VirtualDvrRemoved {
            name: "Entrances".to_owned(),
        };
        state.notices = Arc::new(vec![monomi::bridge::Notice { id: 1, kind }]);
    });
    assert!(!rig.is_shown("Entrances, Not watched"));
    assert_eq!(rig.tiles().len(), 4);
    rig.click("Undo");
    assert!(
        rig.sent()
            .iter()
            .any(|command| matches!(command, Command::UndoRemoveVirtualDvr))
    );
}

#[test]
fn search_finds_it_by_its_labels() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    rig.harness.get_by_label("Search").click();
    rig.harness.run();
    rig.harness.get_by_label("Search").type_text("north");
    rig.harness.run();
    assert!(rig.is_shown("Entrances, Not watched") && rig.is_shown("North · Yard, Not watched"));
    assert!(!rig.is_shown("Lobby, Not watched"));
}

#[test]
fn a_tile_is_added_from_its_context_menu() {
    let mut rig = WindowSetup::new(Language::En, with_virtual_dvr()).open();
    menu(&mut rig, "Tile 2: Desk · Lobby, Preparing");
    rig.click("Add to virtual DVR");
    rig.click("Entrances");
    assert_eq!(members(&saved(&rig).expect("saved")).last(), Some(&(1, 2)));
}

#[test]
fn what_was_entered_is_asked_about_before_it_is_dropped() {
    for (language, edit, field, [unsaved, save]) in [
        (
            Language::En,
            "Edit virtual DVR…",
            "Name of the virtual DVR",
            ["There are changes that are not saved", "Save"],
        ),
        (
            Language::Ja,
            "仮想 DVR を編集…",
            "仮想 DVR の名前",
            ["保存していない変更があります", "保存"],
        ),
    ] {
        let mut rig = WindowSetup::new(language, with_virtual_dvr()).open();
        let is_row = |label: String| label.split([',', '、']).next() == Some("Entrances");
        let row = rig.harness.get_by(|node| node.label().is_some_and(is_row));
        row.click_secondary();
        rig.harness.run();
        rig.click(edit);
        rig.click(field);
        rig.harness.get_by_label(field).type_text("!");
        rig.harness.run();
        rig.press(Key::Escape);
        assert!(rig.is_shown(unsaved));
        rig.click(save);
        assert!(saved(&rig).expect("saved").name.contains('!'));
    }
}
