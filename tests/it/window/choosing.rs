//! Files and folders are chosen in the dialog of the system, and can be typed where there is none.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::i18n::Language;
use monomi::ui::choosing::{Chooser, Question, Reply, Wanted};

use super::rig::{WindowRig, WindowSetup, cameras};

/// A dialog of the system that the test answers, and what it was asked.
#[derive(Clone, Default)]
struct Person(Arc<Mutex<Vec<(Question, Reply)>>>);

impl Person {
    fn chooser(&self) -> Chooser {
        let asked = Arc::clone(&self.0);
        Chooser::new(move |question, reply| asked.lock().unwrap().push((question, reply)))
    }

    /// The question that is open. `None` for the path: nothing is chosen.
    fn answer(&self, rig: &mut WindowRig, path: Option<&str>) -> Question {
        let (question, reply) = self.0.lock().unwrap().pop().expect("a question");
        if let Some(path) = path {
            reply.chose(PathBuf::from(path));
        }
        drop(reply);
        rig.harness.run();
        question
    }
}

fn opened(language: Language, person: Option<&Person>) -> WindowRig {
    let mut setup = WindowSetup::new(language, cameras(1));
    setup.chooser = person.map(Person::chooser).unwrap_or_default();
    setup.open()
}

fn path(rig: &WindowRig, label: &str) -> String {
    rig.harness.get_by_label(label).value().unwrap_or_default()
}

#[test]
fn a_file_of_views_is_chosen_and_a_choice_that_is_dropped_changes_nothing() {
    for (language, open, save, field) in [
        (Language::En, "Open…", "Save as…", "Path of the file"),
        (Language::Ja, "開く…", "保存先…", "ファイルのパス"),
    ] {
        let person = Person::default();
        let mut rig = opened(language, Some(&person));
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
        rig.harness.run();
        let before = path(&rig, field);
        rig.click(open);
        assert!(
            rig.harness.get_by_label(open).accesskit_node().is_disabled(),
            "one at a time"
        );
        let question = person.answer(&mut rig, None);
        assert_eq!(question.wanted, Wanted::Open { ending: "toml" });
        assert_eq!(path(&rig, field), before);
        rig.click(save);
        let question = person.answer(&mut rig, Some("/mnt/stick/night.toml"));
        let name = "monomi-views.toml".to_owned();
        assert_eq!(question.wanted, Wanted::Save { name, ending: "toml" });
        assert_eq!(path(&rig, field), "/mnt/stick/night.toml");
        rig.click(open);
        let question = person.answer(&mut rig, None);
        assert_eq!(
            question.folder,
            Some(PathBuf::from("/mnt/stick")),
            "it begins where the last one was"
        );
    }
}

#[test]
fn the_file_of_a_profile_is_chosen_too() {
    for (language, file, export, import, open, save, field) in [
        (
            Language::En,
            "File",
            "Export profile…",
            "Import profile…",
            "Open…",
            "Save as…",
            "Path of the file",
        ),
        (
            Language::Ja,
            "ファイル",
            "プロファイルの書き出し…",
            "プロファイルの読み込み…",
            "開く…",
            "保存先…",
            "ファイルのパス",
        ),
    ] {
        let person = Person::default();
        let mut rig = opened(language, Some(&person));
        for (menu, button) in [(export, save), (import, open)] {
            rig.click(file);
            rig.click(menu);
            rig.click(button);
            let question = person.answer(&mut rig, Some("/mnt/stick/shop.monomi"));
            assert_ne!(question.wanted, Wanted::Folder);
            assert_eq!(path(&rig, field), "/mnt/stick/shop.monomi");
            rig.press(Key::Escape);
        }
    }
}

#[test]
fn without_such_a_dialog_the_path_is_typed() {
    let mut rig = opened(Language::En, None);
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
    rig.harness.run();
    assert!(rig.harness.get_by_label("Open…").accesskit_node().is_disabled());
    rig.harness.get_by_label("Path of the file").click();
    rig.harness.run();
    rig.harness.get_by_label("Path of the file").type_text("x");
    rig.harness.run();
    assert!(path(&rig, "Path of the file").contains('x'));
}
