//! Named views: saved, opened, renamed, ordered, deleted and brought back, written to files and read from them.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, TransferFault, Transferred, ViewsTransfer};
use monomi::i18n::Language;
use wall::{Layout, TourPlan, View, Views};

use super::rig::{WindowRig, WindowSetup, cameras};

/// The views of the last command that saved them.
fn saved(rig: &WindowRig) -> Views {
    let saved = rig.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveViews(views) => Some(*views),
        _ => None,
    });
    saved.expect("the views are saved")
}

fn names(views: &Views) -> Vec<&str> {
    views.list().iter().map(|view| view.name.as_str()).collect()
}

fn stage_with(names: &[&str]) -> WindowRig {
    let mut setup = WindowSetup::new(Language::En, cameras(16));
    let view = |name: &&str| View {
        name: (*name).to_owned(),
        layout: Layout::Nine,
        ..View::default()
    };
    setup.state.views = Arc::new(Views::restore(names.iter().map(view).collect(), TourPlan::default()));
    setup.open()
}

fn chord(rig: &mut WindowRig, modifiers: Modifiers, key: Key) {
    rig.harness.key_press_modifiers(modifiers, key);
    rig.harness.run();
}

#[test]
fn the_wall_is_saved_under_a_name_and_opened_again() {
    for (language, field, save, view, menu) in [
        (Language::En, "Name of the view", "Save", "View", "Views"),
        (Language::Ja, "ビューの名前", "保存", "表示", "ビュー"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        chord(&mut rig, Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
        rig.harness.get_by_label(field).type_text("夜間");
        rig.harness.run();
        rig.click(save);
        let views = saved(&rig);
        assert_eq!(
            (names(&views), views.list()[0].layout.clone()),
            (vec!["夜間"], Layout::Sixteen)
        );
        rig.press(Key::Escape);
        rig.press(Key::Num1);
        assert_eq!(rig.tiles().len(), 1);
        rig.click(view);
        rig.click(menu);
        rig.click("夜間");
        assert_eq!(rig.tiles().len(), 16, "{language:?}");
        rig.press(Key::Num1);
        chord(&mut rig, Modifiers::COMMAND, Key::Num1);
        assert_eq!(rig.tiles().len(), 16, "Ctrl+1 opens the first view");
    }
}

#[test]
fn a_name_that_is_taken_says_so_and_may_be_replaced() {
    let mut rig = stage_with(&["A"]);
    chord(&mut rig, Modifiers::COMMAND, Key::B);
    rig.click("Save");
    assert!(rig.is_shown("Enter a name"));
    rig.harness.get_by_label("Name of the view").focus();
    rig.harness.run();
    rig.harness.get_by_label("Name of the view").type_text("A");
    rig.harness.run();
    rig.click("Save");
    assert!(rig.is_shown("There is a view of this name already"));
    rig.click("Replace the view of this name");
    assert_eq!(saved(&rig).list()[0].layout, Layout::Sixteen);
}

#[test]
fn views_are_renamed_ordered_deleted_and_brought_back() {
    let mut rig = stage_with(&["A", "B", "C"]);
    chord(&mut rig, Modifiers::COMMAND, Key::B);
    rig.click("B");
    rig.click("Move up");
    assert_eq!(names(&saved(&rig)), ["B", "A", "C"]);
    rig.click("Rename…");
    rig.harness.get_by_label("New name").type_text(" 2");
    rig.harness.run();
    rig.click("Rename");
    assert_eq!(names(&saved(&rig)), ["B 2", "A", "C"]);
    rig.click("Delete");
    assert_eq!(names(&saved(&rig)), ["A", "C"]);
    assert!(rig.is_shown("“B 2” was deleted"));
    rig.click("Undo");
    assert_eq!(names(&saved(&rig)), ["B 2", "A", "C"]);
}

#[test]
fn views_are_written_to_a_file_and_what_is_wrong_stands_beneath_its_field() {
    let mut rig = stage_with(&["A", "B"]);
    chord(&mut rig, Modifiers::COMMAND, Key::B);
    rig.click("Export all");
    assert!(
        rig.is_shown("Enter the whole path of the file, from the root"),
        "the test's folder is none"
    );
    rig.harness.get_by_label("Path of the file").focus();
    rig.harness.run();
    chord(&mut rig, Modifiers::COMMAND, Key::A);
    rig.harness
        .get_by_label("Path of the file")
        .type_text("/tmp/views.toml");
    rig.harness.run();
    rig.click("Export all");
    let sent = rig.sent();
    let asked = sent.iter().find_map(|command| match command {
        Command::ExportViews { id, views, path } => Some((*id, views.len(), path.clone())),
        _ => None,
    });
    let (id, count, path) = asked.expect("the views are exported");
    assert_eq!((count, path.to_str()), (2, Some("/tmp/views.toml")));
    let answer = |id, outcome| {
        move |state: &mut monomi::bridge::EngineState| {
            state.transfer = Some(Arc::new(ViewsTransfer { id, outcome }));
        }
    };
    rig.change(answer(id, Err(TransferFault::Exists)));
    assert!(rig.is_shown("There is a file of this name already; choose another name"));
    rig.click("Import");
    assert!(rig.is_shown("Saving or reading…"), "until the answer comes");
    let outcome = Ok(Transferred::Imported {
        views: vec![View {
            name: "A".to_owned(),
            ..View::default()
        }],
        missing: vec!["正門".to_owned()],
    });
    rig.change(answer(id + 1, outcome));
    assert!(rig.is_shown("1 view was added"));
    assert!(rig.is_shown("Not registered here, so their tiles stay empty: 正門"));
    assert_eq!(names(&saved(&rig)), ["A", "B", "A (2)"]);
    assert!(
        rig.harness
            .query_by_label("A (2)")
            .is_some_and(|node| node.accesskit_node().label().is_some())
    );
}

#[test]
fn a_view_of_the_command_line_is_what_the_first_window_shows() {
    let mut setup = WindowSetup::new(Language::En, cameras(16));
    setup.view = Some("Nine".to_owned());
    let nine = View {
        name: "Nine".to_owned(),
        layout: Layout::Nine,
        ..View::default()
    };
    setup.state.views = Arc::new(Views::restore(vec![nine], TourPlan::default()));
    assert_eq!(setup.open().tiles().len(), 9);
}
