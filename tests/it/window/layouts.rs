//! Own layouts: made by merging cells with the mouse or the keys, kept under a name, used like any other.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::Command;
use monomi::i18n::Language;
use wall::{Layout, OwnLayouts};

use super::rig::{WindowRig, WindowSetup, cameras};

fn saved(rig: &WindowRig) -> Option<OwnLayouts> {
    let sent = rig.sent();
    sent.into_iter().rev().find_map(|command| match command {
        Command::SaveViews(views) => Some(views.layouts),
        _ => None,
    })
}

fn said(layouts: &OwnLayouts) -> Vec<(String, String)> {
    let one = |own: &wall::OwnLayout| (own.name.clone(), Layout::Own(own.grid.clone()).to_string());
    layouts.list().iter().map(one).collect()
}

fn edit(rig: &mut WindowRig) {
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    rig.harness.run();
}

fn name(rig: &mut WindowRig, label: &str, text: &str) {
    rig.harness.get_by_label(label).click();
    rig.harness.run();
    rig.harness.get_by_label(label).type_text(text);
    rig.harness.run();
}

#[test]
fn cells_are_merged_with_the_mouse_and_the_layout_is_in_the_menu() {
    for (language, cells, merge, field, save, close, view, layout) in [
        (
            Language::En,
            ["Cell 1: column 1, row 1", "Cell 6: column 2, row 2"],
            "Merge",
            "Name of the layout",
            "Save",
            "Close",
            "View",
            "Layout",
        ),
        (
            Language::Ja,
            ["セル 1：1 列、1 行", "セル 6：2 列、2 行"],
            "結合",
            "画面分割の名前",
            "保存",
            "閉じる",
            "表示",
            "画面分割",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        edit(&mut rig);
        rig.drag(cells[0], cells[1]);
        rig.click(merge);
        name(&mut rig, field, "Gates");
        rig.click(save);
        let layouts = saved(&rig).expect("saved");
        assert_eq!(said(&layouts), [("Gates".to_owned(), "4x4:0,0,2,2".to_owned())]);
        rig.click(close);
        rig.click(view);
        rig.click(layout);
        rig.click("Gates");
        rig.press(Key::Escape);
        assert_eq!(rig.tiles().len(), 13);
        assert!(rig.is_shown("Gates"), "its button in the menu bar bears its name");
    }
}

#[test]
fn keys_alone_merge_and_split() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    edit(&mut rig);
    let press = |rig: &mut WindowRig, modifiers, key| {
        rig.harness.key_press_modifiers(modifiers, key);
        rig.harness.run();
    };
    press(&mut rig, Modifiers::NONE, Key::ArrowRight);
    press(&mut rig, Modifiers::SHIFT, Key::ArrowRight);
    press(&mut rig, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut rig, Modifiers::NONE, Key::M);
    assert!(rig.is_shown("13 tiles in all"));
    press(&mut rig, Modifiers::NONE, Key::S);
    assert!(rig.is_shown("16 tiles in all"));
    press(&mut rig, Modifiers::NONE, Key::M);
    name(&mut rig, "Name of the layout", "Keys");
    rig.press(Key::Enter);
    assert_eq!(said(&saved(&rig).expect("saved"))[0].1, "4x4:1,0,2,2");
}

#[test]
fn a_layout_that_is_not_saved_is_asked_about() {
    for (language, field, [unsaved, keep, discard]) in [
        (
            Language::En,
            "Name of the layout",
            ["There are changes that are not saved", "Keep editing", "Discard"],
        ),
        (
            Language::Ja,
            "画面分割の名前",
            ["保存していない変更があります", "編集を続ける", "破棄"],
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        edit(&mut rig);
        rig.press(Key::Escape);
        assert!(!rig.is_shown(field), "nothing was entered");
        edit(&mut rig);
        name(&mut rig, field, "Gates");
        rig.press(Key::Escape);
        assert!(rig.is_shown(unsaved));
        rig.click(keep);
        assert_eq!(rig.harness.get_by_label(field).value().as_deref(), Some("Gates"));
        rig.press(Key::Escape);
        rig.click(discard);
        assert!(!rig.is_shown(field));
    }
}

#[test]
fn a_layout_that_is_not_saved_is_asked_about_before_another_is_edited() {
    for (language, field, new, [unsaved, keep, discard, save]) in [
        (
            Language::En,
            "Name of the layout",
            "New layout",
            [
                "There are changes that are not saved",
                "Keep editing",
                "Discard",
                "Save",
            ],
        ),
        (
            Language::Ja,
            "画面分割の名前",
            "新しい画面分割",
            ["保存していない変更があります", "編集を続ける", "破棄", "保存"],
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        let entered = |rig: &WindowRig| rig.harness.get_by_label(field).value().unwrap_or_default();
        edit(&mut rig);
        name(&mut rig, field, "Gates");
        rig.click(new);
        assert!(rig.is_shown(unsaved));
        rig.click(keep);
        assert_eq!(entered(&rig), "Gates");
        rig.click(new);
        rig.click(save);
        assert_eq!(said(&saved(&rig).expect("saved"))[0].0, "Gates");
        assert_eq!(entered(&rig), "", "and on with what was asked for");
        name(&mut rig, field, "Doors");
        rig.click("Gates");
        rig.click(discard);
        assert_eq!(entered(&rig), "Gates");
        assert_eq!(saved(&rig), None, "the other was discarded");
    }
}

#[test]
fn a_layout_is_renamed_deleted_and_brought_back() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    edit(&mut rig);
    name(&mut rig, "Name of the layout", "Gates");
    rig.click("Save");
    name(&mut rig, "Name of the layout", " 2");
    rig.click("Save");
    assert_eq!(said(&saved(&rig).expect("saved"))[0].0, "Gates 2");
    rig.click("Delete");
    assert!(said(&saved(&rig).expect("saved")).is_empty());
    rig.click("Undo");
    assert_eq!(said(&saved(&rig).expect("saved")).len(), 1);
    rig.click("Use");
    assert_eq!(
        *rig.harness.state().view().wall.layout(),
        "4x4:".parse::<Layout>().unwrap()
    );
    edit(&mut rig);
    assert!(rig.is_shown("Delete"), "begins with the one that is on the wall");
}
