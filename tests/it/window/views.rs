//! Named views: saved, opened, renamed, ordered, deleted and brought back, written to files and read from them.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, TransferFault, Transferred, ViewsTransfer};
use monomi::i18n::Language;
use wall::{Layout, TourPlan, View, Views};

use super::stage::{Setting, Stage, cameras};

/// The views of the last command that saved them.
fn saved(stage: &Stage) -> Views {
    let saved = stage.sent().into_iter().rev().find_map(|command| match command {
        Command::SaveViews(views) => Some(*views),
        _ => None,
    });
    saved.expect("the views are saved")
}

fn names(views: &Views) -> Vec<&str> {
    views.list().iter().map(|view| view.name.as_str()).collect()
}

fn stage_with(names: &[&str]) -> Stage {
    let mut setting = Setting::new(Language::En, cameras(16));
    let view = |name: &&str| View {
        name: (*name).to_owned(),
        layout: Layout::Nine,
        ..View::default()
    };
    setting.state.views = Arc::new(Views::restore(names.iter().map(view).collect(), TourPlan::default()));
    setting.open()
}

fn chord(stage: &mut Stage, modifiers: Modifiers, key: Key) {
    stage.harness.key_press_modifiers(modifiers, key);
    stage.harness.run();
}

#[test]
fn the_wall_is_saved_under_a_name_and_opened_again() {
    for (language, field, save, view, menu) in [
        (Language::En, "Name of the view", "Save", "View", "Views"),
        (Language::Ja, "ビューの名前", "保存", "表示", "ビュー"),
    ] {
        let mut stage = Setting::new(language, cameras(16)).open();
        chord(&mut stage, Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
        stage.harness.get_by_label(field).type_text("夜間");
        stage.harness.run();
        stage.click(save);
        let views = saved(&stage);
        assert_eq!(
            (names(&views), views.list()[0].layout.clone()),
            (vec!["夜間"], Layout::Sixteen)
        );
        stage.press(Key::Escape);
        stage.press(Key::Num1);
        assert_eq!(stage.tiles().len(), 1);
        stage.click(view);
        stage.click(menu);
        stage.click("夜間");
        assert_eq!(stage.tiles().len(), 16, "{language:?}");
        stage.press(Key::Num1);
        chord(&mut stage, Modifiers::COMMAND, Key::Num1);
        assert_eq!(stage.tiles().len(), 16, "Ctrl+1 opens the first view");
    }
}

#[test]
fn a_name_that_is_taken_says_so_and_may_be_replaced() {
    let mut stage = stage_with(&["A"]);
    chord(&mut stage, Modifiers::COMMAND, Key::B);
    stage.click("Save");
    assert!(stage.is_shown("Enter a name"));
    stage.harness.get_by_label("Name of the view").focus();
    stage.harness.run();
    stage.harness.get_by_label("Name of the view").type_text("A");
    stage.harness.run();
    stage.click("Save");
    assert!(stage.is_shown("There is a view of this name already"));
    stage.click("Replace the view of this name");
    assert_eq!(saved(&stage).list()[0].layout, Layout::Sixteen);
}

#[test]
fn views_are_renamed_ordered_deleted_and_brought_back() {
    let mut stage = stage_with(&["A", "B", "C"]);
    chord(&mut stage, Modifiers::COMMAND, Key::B);
    stage.click("B");
    stage.click("Move up");
    assert_eq!(names(&saved(&stage)), ["B", "A", "C"]);
    stage.click("Rename…");
    stage.harness.get_by_label("New name").type_text(" 2");
    stage.harness.run();
    stage.click("Rename");
    assert_eq!(names(&saved(&stage)), ["B 2", "A", "C"]);
    stage.click("Delete");
    assert_eq!(names(&saved(&stage)), ["A", "C"]);
    assert!(stage.is_shown("“B 2” was deleted"));
    stage.click("Undo");
    assert_eq!(names(&saved(&stage)), ["B 2", "A", "C"]);
}

#[test]
fn views_are_written_to_a_file_and_what_is_wrong_stands_beneath_its_field() {
    let mut stage = stage_with(&["A", "B"]);
    chord(&mut stage, Modifiers::COMMAND, Key::B);
    stage.click("Export all");
    assert!(
        stage.is_shown("Enter the whole path of the file, from the root"),
        "the test's folder is none"
    );
    stage.harness.get_by_label("Path of the file").focus();
    stage.harness.run();
    chord(&mut stage, Modifiers::COMMAND, Key::A);
    stage
        .harness
        .get_by_label("Path of the file")
        .type_text("/tmp/views.toml");
    stage.harness.run();
    stage.click("Export all");
    let sent = stage.sent();
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
    stage.change(answer(id, Err(TransferFault::Exists)));
    assert!(stage.is_shown("There is a file of this name already; choose another name"));
    stage.click("Import");
    assert!(stage.is_shown("Saving or reading…"), "until the answer comes");
    let outcome = Ok(Transferred::Imported {
        views: vec![View {
            name: "A".to_owned(),
            ..View::default()
        }],
        missing: vec!["正門".to_owned()],
    });
    stage.change(answer(id + 1, outcome));
    assert!(stage.is_shown("1 view was added"));
    assert!(stage.is_shown("Not registered here, so their tiles stay empty: 正門"));
    assert_eq!(names(&saved(&stage)), ["A", "B", "A (2)"]);
    assert!(
        stage
            .harness
            .query_by_label("A (2)")
            .is_some_and(|node| node.accesskit_node().label().is_some())
    );
}

#[test]
fn a_view_of_the_command_line_is_what_the_first_window_shows() {
    let mut setting = Setting::new(Language::En, cameras(16));
    setting.view = Some("Nine".to_owned());
    let nine = View {
        name: "Nine".to_owned(),
        layout: Layout::Nine,
        ..View::default()
    };
    setting.state.views = Arc::new(Views::restore(vec![nine], TourPlan::default()));
    assert_eq!(setting.open().tiles().len(), 9);
}
