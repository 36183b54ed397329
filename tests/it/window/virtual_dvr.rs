//! Virtual DVRs: made in the tree, opened like a DVR, with labels, a layout and an order of their own.

use std::sync::Arc;

use device::{ChannelId, DeviceId, Registry, VirtualDvr, VirtualDvrId, VirtualDvrMember};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, NoticeKind};
use monomi::i18n::Language;

use super::stage::{Setting, Stage, device, registry};

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

fn saved(stage: &Stage) -> Option<VirtualDvr> {
    let sent = stage.sent();
    sent.into_iter().rev().find_map(|command| match command {
        Command::SaveVirtualDvr(dvr) => Some(*dvr),
        _ => None,
    })
}

fn members(dvr: &VirtualDvr) -> Vec<(u64, u16)> {
    let one = |member: &VirtualDvrMember| (member.channel.device.0, member.channel.number);
    dvr.members.iter().map(one).collect()
}

fn press(stage: &mut Stage, modifiers: Modifiers, key: Key) {
    stage.harness.key_press_modifiers(modifiers, key);
    stage.harness.run();
}

fn click_with(stage: &mut Stage, modifiers: Modifiers, label: &str) {
    stage.harness.get_by_label(label).click_modifiers(modifiers);
    stage.harness.run();
}

fn menu(stage: &mut Stage, label: &str) {
    stage.harness.get_by_label(label).click_secondary();
    stage.harness.run();
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
        let mut stage = Setting::new(language, two_recorders()).open();
        let yard = lobby.replace("Lobby", "Yard");
        stage.click(&yard);
        stage.press(Key::ArrowRight);
        stage.click(gate);
        click_with(&mut stage, Modifiers::COMMAND, lobby);
        press(&mut stage, Modifiers::COMMAND, Key::G);
        assert_eq!(saved(&stage), None, "not before it is saved");
        stage.click(save);
        let dvr = saved(&stage).expect("saved");
        assert_eq!((dvr.name.as_str(), members(&dvr)), (name, vec![(2, 1), (1, 1), (1, 2)]));
    }
}

#[test]
fn shift_reaches_from_line_to_line_and_the_context_menu_makes_it() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    stage.click("Lobby, Not watched");
    click_with(&mut stage, Modifiers::SHIFT, "Yard, Not watched");
    menu(&mut stage, "Lobby, Not watched");
    stage.click("New virtual DVR…");
    stage.click("Save");
    let dvr = saved(&stage).expect("saved");
    assert_eq!(members(&dvr), [(1, 1), (1, 2), (2, 1), (2, 2)]);
}

#[test]
fn keys_alone_select_and_group() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    stage.click("Lobby, Not watched");
    press(&mut stage, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut stage, Modifiers::COMMAND, Key::G);
    stage.press(Key::Enter);
    assert_eq!(members(&saved(&stage).expect("Enter saves")).len(), 4);
    assert!(!stage.is_shown("Save"), "the dialog is closed");
}

#[test]
fn without_the_tree_the_page_is_grouped() {
    let mut stage = Setting::new(Language::En, two_recorders()).open();
    stage.click("Tile 1: Door · Lobby, Preparing");
    stage.press(Key::Delete);
    press(&mut stage, Modifiers::COMMAND, Key::G);
    stage.click("Save");
    assert_eq!(members(&saved(&stage).expect("saved")), [(1, 2), (2, 1), (2, 2)]);
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
        let mut stage = Setting::new(language, with_virtual_dvr()).open();
        assert_eq!(stage.tiles().len(), 4);
        stage.double_click(node);
        let tiles = stage.tiles();
        assert_eq!((tiles.len(), tiles[0].as_str()), (6, tile));
        assert!(tiles[1].contains("Door · Lobby"), "no label: its own name");
        stage.press(Key::Num2);
        stage.click(node);
        stage.press(Key::Enter);
        assert_eq!(stage.tiles().len(), 6, "Enter does the same");
    }
}

#[test]
fn its_label_goes_where_the_tile_goes_and_is_found_again_after_a_restart() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    stage.drag("Entrances, Not watched", "Tile 3: Gate · Yard, Preparing");
    assert_eq!(
        stage.tiles().len(),
        4,
        "dropped on a tile, the wall stays divided as it is"
    );
    assert!(stage.tiles()[2].contains("North · Yard"), "{:?}", stage.tiles());
    stage.drag("Tile 3: North · Yard, Preparing", "Tile 2: Desk · Lobby, Preparing");
    assert!(stage.tiles()[1].contains("North · Yard"), "{:?}", stage.tiles());
    let mut setting = Setting::new(Language::En, with_virtual_dvr());
    setting.state.windows = Arc::new(vec![stage.harness.state().view().clone()]);
    assert!(setting.open().tiles()[1].contains("North · Yard"));
}

#[test]
fn what_is_dragged_onto_it_becomes_a_member() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    stage.drag("Lobby, Not watched", "Entrances, Not watched");
    let dvr = saved(&stage).expect("saved");
    assert_eq!(
        members(&dvr),
        [(2, 1), (9, 1), (1, 1), (1, 2)],
        "the door moved to its device"
    );
    stage.drag("Tile 4: Fence · Yard, Preparing", "Entrances, Not watched");
    assert_eq!(members(&saved(&stage).expect("saved")).last(), Some(&(2, 2)));
}

#[test]
fn members_are_moved_and_removed_by_keys_and_by_drag() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    stage.click("Entrances, Not watched");
    stage.press(Key::ArrowRight);
    assert!(
        stage.is_shown("Old, Not registered any more"),
        "what is gone is kept and says so"
    );
    stage.drag("Door · Lobby, Not watched", "North · Yard, Not watched");
    assert_eq!(members(&saved(&stage).expect("saved")), [(1, 1), (2, 1), (9, 1)]);
    stage.click("North · Yard, Not watched");
    press(&mut stage, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(members(&saved(&stage).expect("saved")), [(1, 1), (2, 1), (9, 1)]);
    stage.press(Key::Delete);
    assert_eq!(members(&saved(&stage).expect("saved")), [(1, 1), (9, 1)]);
    assert_eq!(
        stage.tiles().iter().filter(|tile| tile.contains("Gate")).count(),
        1,
        "the wall keeps it"
    );
}

#[test]
fn name_labels_layout_and_order_are_edited_in_its_dialog() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    stage.click("Entrances, Not watched");
    stage.press(Key::F2);
    stage.harness.get_by_label("Name of the virtual DVR").type_text(" 2");
    stage.harness.run();
    stage.harness.get_by_label("Label 2, Door").click();
    stage.harness.run();
    stage.harness.get_by_label("Label 2, Door").type_text("South");
    stage.harness.run();
    stage.click("Move Door up");
    stage.click("Remove CH 1");
    stage.click("Layout when it is opened");
    stage.click("25 tiles");
    stage.click("Save");
    let dvr = saved(&stage).expect("saved");
    assert_eq!((dvr.name.as_str(), dvr.layout.as_str()), ("Entrances 2", "25"));
    let labels: Vec<&str> = dvr.members.iter().map(|member| member.label.as_str()).collect();
    assert_eq!(labels, ["South", "North"]);
}

#[test]
fn a_name_that_is_taken_or_empty_is_told_where_it_is_typed() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    press(&mut stage, Modifiers::COMMAND, Key::G);
    for (typed, problem) in [
        ("", "Enter a name"),
        (" entrances", "Another virtual DVR has this name"),
    ] {
        press(&mut stage, Modifiers::COMMAND, Key::A);
        stage.press(Key::Backspace);
        stage.harness.get_by_label("Name of the virtual DVR").type_text(typed);
        stage.harness.run();
        assert!(stage.is_shown(problem), "{problem}");
        stage.press(Key::Enter);
        assert_eq!(saved(&stage), None);
        stage.harness.get_by_label("Name of the virtual DVR").focus();
        stage.harness.run();
    }
    stage.press(Key::Escape);
    stage.click("Discard");
    assert!(!stage.is_shown("Save"));
}

#[test]
fn removing_it_leaves_its_channels_and_can_be_undone() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    menu(&mut stage, "Entrances, Not watched");
    stage.click("Remove virtual DVR");
    assert!(matches!(
        stage.sent()[..],
        [.., Command::RemoveVirtualDvr(VirtualDvrId(5))]
    ));
    stage.change(|state| {
        state.registry = Arc::new(two_recorders());
        let kind = NoticeKind::VirtualDvrRemoved {
            name: "Entrances".to_owned(),
        };
        state.notices = Arc::new(vec![monomi::bridge::Notice { id: 1, kind }]);
    });
    assert!(!stage.is_shown("Entrances, Not watched"));
    assert_eq!(stage.tiles().len(), 4);
    stage.click("Undo");
    assert!(
        stage
            .sent()
            .iter()
            .any(|command| matches!(command, Command::UndoRemoveVirtualDvr))
    );
}

#[test]
fn search_finds_it_by_its_labels() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    stage.harness.get_by_label("Search").click();
    stage.harness.run();
    stage.harness.get_by_label("Search").type_text("north");
    stage.harness.run();
    assert!(stage.is_shown("Entrances, Not watched") && stage.is_shown("North · Yard, Not watched"));
    assert!(!stage.is_shown("Lobby, Not watched"));
}

#[test]
fn a_tile_is_added_from_its_context_menu() {
    let mut stage = Setting::new(Language::En, with_virtual_dvr()).open();
    menu(&mut stage, "Tile 2: Desk · Lobby, Preparing");
    stage.click("Add to virtual DVR");
    stage.click("Entrances");
    assert_eq!(members(&saved(&stage).expect("saved")).last(), Some(&(1, 2)));
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
        let mut stage = Setting::new(language, with_virtual_dvr()).open();
        let is_row = |label: String| label.split([',', '、']).next() == Some("Entrances");
        let row = stage.harness.get_by(|node| node.label().is_some_and(is_row));
        row.click_secondary();
        stage.harness.run();
        stage.click(edit);
        stage.click(field);
        stage.harness.get_by_label(field).type_text("!");
        stage.harness.run();
        stage.press(Key::Escape);
        assert!(stage.is_shown(unsaved));
        stage.click(save);
        assert!(saved(&stage).expect("saved").name.contains('!'));
    }
}
