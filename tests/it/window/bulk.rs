//! New devices, many devices, and all pages at once: nothing that was arranged is lost.

use std::sync::Arc;

use device::{DeviceId, Registry};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::Command;
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, device, registry};

fn recorders(count: u64) -> Registry {
    let devices: Vec<_> = (1..=count)
        .map(|id| device(id, &format!("DVR {id}"), &["Door", "Desk"]))
        .collect();
    registry(&devices)
}

/// The tiles without their states.
fn shown(rig: &WindowRig) -> Vec<String> {
    let name = |tile: String| tile.split([',', '、']).next().unwrap_or_default().to_owned();
    rig.tiles().into_iter().map(name).collect()
}

#[test]
fn the_first_device_shows_its_pictures_and_later_ones_wait_in_the_tree() {
    let mut rig = WindowSetup::new(Language::En, Registry::default()).open();
    rig.change(|state| state.registry = Arc::new(recorders(1)));
    assert_eq!(shown(&rig)[..2], ["Tile 1: Door · DVR 1", "Tile 2: Desk · DVR 1"]);
    let before = shown(&rig);
    rig.change(|state| state.registry = Arc::new(recorders(204)));
    assert_eq!(shown(&rig), before);
    assert!(!rig.is_shown("1 / 2"), "no page was added");
    rig.click("DVR 2, Not watched");
    rig.press(Key::Enter);
    assert_eq!(shown(&rig)[..2], before[..2], "nobody loses a tile");
    assert_eq!(shown(&rig)[2..], ["Tile 3: Door · DVR 2", "Tile 4: Desk · DVR 2"]);
}

#[test]
fn a_device_that_was_added_is_selected_in_the_tree() {
    for (language, devices, duplicate, save, row) in [
        (Language::En, "Devices", "Duplicate…", "Save", "DVR 1 (2), Not watched"),
        (Language::Ja, "機器", "複製…", "保存", "DVR 1 (2)、未表示"),
    ] {
        let mut rig = WindowSetup::new(language, recorders(60)).open();
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
        rig.harness.run();
        rig.harness.get_by_role_and_label(Role::Tab, devices).click();
        rig.harness.run();
        let mut listed = rig.harness.get_all_by_role(Role::ListBoxOption);
        let first = listed.find(|node| {
            node.accesskit_node()
                .label()
                .is_some_and(|label| label.starts_with("DVR 1,"))
        });
        first.expect("the first device").click();
        drop(listed);
        rig.harness.run();
        rig.click(duplicate);
        rig.harness.get_by_role_and_label(Role::Button, save).click();
        rig.harness.run();
        let edit = rig.sent().into_iter().find_map(|command| match command {
            Command::SaveDevice(edit) => Some(*edit),
            _ => None,
        });
        let edit = edit.expect("the new device");
        assert!(!rig.is_shown(row));
        let mut state = (*rig.engine.state()).clone();
        let mut registry = Registry::clone(&state.registry);
        registry.save(edit).unwrap();
        state.registry = Arc::new(registry);
        rig.engine.publish(state);
        // The list of the settings scrolls for a while.
        rig.harness.run_steps(150);
        assert!(rig.is_shown(row), "scrolled to it");
    }
}

#[test]
fn an_undone_removal_leaves_the_wall_as_it_was() {
    let mut rig = WindowSetup::new(Language::En, recorders(8)).open();
    rig.press(Key::Num2);
    rig.press(Key::Delete);
    rig.press(Key::PageDown);
    rig.press(Key::ArrowRight);
    rig.press(Key::Delete);
    let (before, page) = (shown(&rig), "2 / 4");
    assert!(rig.is_shown(page) && before[1] == "Tile 2: empty", "{before:?}");
    rig.change(|state| state.registry = Arc::new(registry(&[])));
    rig.change(|state| state.registry = Arc::new(recorders(8)));
    assert!(rig.is_shown(page));
    assert_eq!(shown(&rig), before);
    rig.press(Key::PageUp);
    assert_eq!(shown(&rig)[0], "Tile 1: empty", "what was taken off stays off");
}

#[test]
fn all_pages_are_cleared_from_the_menu_and_come_back() {
    for (language, view, clear, again, undo, said) in [
        (
            Language::En,
            "View",
            "Clear all pages",
            "Undo the change of the wall",
            "Undo",
            "All 4 pages are empty now",
        ),
        (
            Language::Ja,
            "表示",
            "すべてのページを空にする",
            "画面の変更を元に戻す",
            "元に戻す",
            "4 ページをすべて空にしました",
        ),
    ] {
        let mut rig = WindowSetup::new(language, recorders(8)).open();
        rig.press(Key::Num2);
        rig.press(Key::PageDown);
        let before = shown(&rig);
        for way_back in [undo, again] {
            rig.click(view);
            rig.click(clear);
            assert!(rig.is_shown(said));
            assert!(!shown(&rig)[0].contains("Door"), "{:?}", shown(&rig));
            if way_back == again {
                rig.click(view);
            }
            rig.click(way_back);
            assert_eq!(shown(&rig), before);
            assert!(!rig.is_shown(said));
        }
    }
}

#[test]
fn five_devices_of_the_tree_are_removed_after_a_question_and_edited_in_one_form() {
    for (language, row, menu_remove, remove, menu_edit, title) in [
        (
            Language::En,
            ", Not watched",
            "Remove 5 devices",
            "Remove 5",
            "Edit 5 devices…",
            "Edit 5 devices",
        ),
        (
            Language::Ja,
            "、未表示",
            "5 台の機器を削除",
            "5 台を削除",
            "5 台の機器を編集…",
            "5 台の機器を編集",
        ),
    ] {
        let mut rig = WindowSetup::new(language, recorders(8)).open();
        let menu = |rig: &mut WindowRig| {
            rig.click(&format!("DVR 1{row}"));
            for _ in 0..4 {
                rig.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
                rig.harness.run();
            }
            rig.harness.get_by_label(&format!("DVR 3{row}")).click_secondary();
            rig.harness.run();
        };
        menu(&mut rig);
        rig.click(menu_remove);
        let removed = |rig: &WindowRig| {
            let sent = rig.sent().into_iter();
            sent.filter_map(|command| match command {
                Command::RemoveDevices(ids) => Some(ids),
                _ => None,
            })
            .collect::<Vec<_>>()
        };
        assert!(removed(&rig).is_empty(), "it is asked first");
        rig.click(remove);
        assert_eq!(removed(&rig), [(1..=5).map(DeviceId).collect::<Vec<_>>()]);
        menu(&mut rig);
        rig.click(menu_edit);
        assert!(rig.harness.query_all_by_label(title).next().is_some());
    }
}
