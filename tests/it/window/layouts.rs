//! Own layouts: made by merging cells with the mouse or the keys, kept under a name, used like any other.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::Command;
use monomi::i18n::Language;
use wall::{Layout, OwnLayouts};

use super::stage::{Setting, Stage, cameras};

fn saved(stage: &Stage) -> Option<OwnLayouts> {
    let sent = stage.sent();
    sent.into_iter().rev().find_map(|command| match command {
        Command::SaveViews(views) => Some(views.layouts),
        _ => None,
    })
}

fn said(layouts: &OwnLayouts) -> Vec<(String, String)> {
    let one = |own: &wall::OwnLayout| (own.name.clone(), Layout::Own(own.grid.clone()).to_string());
    layouts.list().iter().map(one).collect()
}

fn edit(stage: &mut Stage) {
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    stage.harness.run();
}

fn name(stage: &mut Stage, label: &str, text: &str) {
    stage.harness.get_by_label(label).click();
    stage.harness.run();
    stage.harness.get_by_label(label).type_text(text);
    stage.harness.run();
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
        let mut stage = Setting::new(language, cameras(16)).open();
        edit(&mut stage);
        stage.drag(cells[0], cells[1]);
        stage.click(merge);
        name(&mut stage, field, "Gates");
        stage.click(save);
        let layouts = saved(&stage).expect("saved");
        assert_eq!(said(&layouts), [("Gates".to_owned(), "4x4:0,0,2,2".to_owned())]);
        stage.click(close);
        stage.click(view);
        stage.click(layout);
        stage.click("Gates");
        stage.press(Key::Escape);
        assert_eq!(stage.tiles().len(), 13);
        assert!(stage.is_shown("Gates"), "its button in the menu bar bears its name");
    }
}

#[test]
fn keys_alone_merge_and_split() {
    let mut stage = Setting::new(Language::En, cameras(16)).open();
    edit(&mut stage);
    let press = |stage: &mut Stage, modifiers, key| {
        stage.harness.key_press_modifiers(modifiers, key);
        stage.harness.run();
    };
    press(&mut stage, Modifiers::NONE, Key::ArrowRight);
    press(&mut stage, Modifiers::SHIFT, Key::ArrowRight);
    press(&mut stage, Modifiers::SHIFT, Key::ArrowDown);
    press(&mut stage, Modifiers::NONE, Key::M);
    assert!(stage.is_shown("13 tiles in all"));
    press(&mut stage, Modifiers::NONE, Key::S);
    assert!(stage.is_shown("16 tiles in all"));
    press(&mut stage, Modifiers::NONE, Key::M);
    name(&mut stage, "Name of the layout", "Keys");
    stage.press(Key::Enter);
    assert_eq!(said(&saved(&stage).expect("saved"))[0].1, "4x4:1,0,2,2");
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
        let mut stage = Setting::new(language, cameras(16)).open();
        edit(&mut stage);
        stage.press(Key::Escape);
        assert!(!stage.is_shown(field), "nothing was entered");
        edit(&mut stage);
        name(&mut stage, field, "Gates");
        stage.press(Key::Escape);
        assert!(stage.is_shown(unsaved));
        stage.click(keep);
        assert_eq!(stage.harness.get_by_label(field).value().as_deref(), Some("Gates"));
        stage.press(Key::Escape);
        stage.click(discard);
        assert!(!stage.is_shown(field));
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
        let mut stage = Setting::new(language, cameras(16)).open();
        let entered = |stage: &Stage| stage.harness.get_by_label(field).value().unwrap_or_default();
        edit(&mut stage);
        name(&mut stage, field, "Gates");
        stage.click(new);
        assert!(stage.is_shown(unsaved));
        stage.click(keep);
        assert_eq!(entered(&stage), "Gates");
        stage.click(new);
        stage.click(save);
        assert_eq!(said(&saved(&stage).expect("saved"))[0].0, "Gates");
        assert_eq!(entered(&stage), "", "and on with what was asked for");
        name(&mut stage, field, "Doors");
        stage.click("Gates");
        stage.click(discard);
        assert_eq!(entered(&stage), "Gates");
        assert_eq!(saved(&stage), None, "the other was discarded");
    }
}

#[test]
fn a_layout_is_renamed_deleted_and_brought_back() {
    let mut stage = Setting::new(Language::En, cameras(16)).open();
    edit(&mut stage);
    name(&mut stage, "Name of the layout", "Gates");
    stage.click("Save");
    name(&mut stage, "Name of the layout", " 2");
    stage.click("Save");
    assert_eq!(said(&saved(&stage).expect("saved"))[0].0, "Gates 2");
    stage.click("Delete");
    assert!(said(&saved(&stage).expect("saved")).is_empty());
    stage.click("Undo");
    assert_eq!(said(&saved(&stage).expect("saved")).len(), 1);
    stage.click("Use");
    assert_eq!(
        *stage.harness.state().view().wall.layout(),
        "4x4:".parse::<Layout>().unwrap()
    );
    edit(&mut stage);
    assert!(stage.is_shown("Delete"), "begins with the one that is on the wall");
}
