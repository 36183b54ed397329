//! File → Restore, Export profile and Import profile, by the labels on screen.

use std::path::PathBuf;
use std::sync::Arc;

use device::Password;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{
    Command, CopyInfo, ImportInfo, NamesDiffer, ProfileAnswer, ProfileFault, ProfileOutcome, ProfileRequest,
};
use monomi::i18n::Language;
use wall::{Layout, TourPlan, View, Views, Wall, WindowView};

use super::rig::{WindowRig, WindowSetup, cameras};
use super::screens::shoot;

/// The last request about the profile, with its number.
fn asked(rig: &WindowRig) -> (u64, ProfileRequest) {
    let asked = rig.sent().into_iter().rev().find_map(|command| match command {
        Command::Profile { id, request } => Some((id, *request)),
        _ => None,
    });
    asked.expect("a request")
}

fn answer(rig: &mut WindowRig, id: u64, outcome: Result<ProfileOutcome, ProfileFault>) {
    rig.change(|state| state.profile = Some(Arc::new(ProfileAnswer { id, outcome })));
}

fn type_into(rig: &mut WindowRig, label: &str, text: &str) {
    rig.harness.get_by_label(label).focus();
    rig.harness.run();
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    rig.harness.run();
    rig.harness.get_by_label(label).type_text(text);
    rig.harness.run();
}

fn copy(id: &str, when: &str) -> CopyInfo {
    CopyInfo {
        id: id.to_owned(),
        when: when.to_owned(),
        devices: 2,
        views: 1,
        ..CopyInfo::default()
    }
}

#[test]
fn a_copy_is_chosen_by_what_it_changes_and_what_it_brings_back_is_on_the_wall_at_once() {
    for (language, labels) in [
        (
            Language::En,
            [
                "File",
                "Restore…",
                "2026-11-27 09:00:00: 2 devices, 1 view",
                "Comes back: 北口",
                "Restore",
                "Restored. What was there before is in the list",
            ],
        ),
        (
            Language::Ja,
            [
                "ファイル",
                "復元…",
                "2026-11-27 09:00:00：機器 2 台、ビュー 1 件",
                "戻る項目：北口",
                "復元する",
                "復元しました。復元前の状態は一覧にあります。",
            ],
        ),
    ] {
        let [file, menu, line, back, restore, done] = labels;
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        assert_eq!(rig.tiles().len(), 16);
        rig.click(file);
        rig.click(menu);
        let (id, request) = asked(&rig);
        assert_eq!(request, ProfileRequest::Copies);
        let older = CopyInfo {
            devices_differ: NamesDiffer {
                back: vec!["北口".to_owned()],
                ..NamesDiffer::default()
            },
            ..copy("old", "2026-11-27 09:00:00")
        };
        let copies = vec![copy("now", "2026-11-28 23:16:22"), older];
        answer(&mut rig, id, Ok(ProfileOutcome::Copies(copies)));
        assert!(rig.is_shown(line), "{language:?}");
        // The newest one that would change something is chosen.
        assert!(rig.is_shown(back), "{language:?}");
        rig.click(restore);
        let (id, request) = asked(&rig);
        assert_eq!(request, ProfileRequest::Restore("old".to_owned()));
        // It knows the devices, so that none is new to it.
        let known = cameras(16).devices.iter().map(|device| device.id).collect();
        let window = WindowView {
            wall: Wall::restore(Layout::Four, Vec::new(), known, 0, false),
            ..WindowView::default()
        };
        let night = View::of("夜間", &window.wall);
        let restored = ProfileOutcome::Restored {
            views: Views::restore(vec![night], TourPlan::default()),
            windows: vec![window],
            without: vec!["南倉庫".to_owned()],
        };
        answer(&mut rig, id, Ok(restored));
        assert!(rig.is_shown(done), "{language:?}");
        assert!(
            rig.harness.query_by_label_contains("南倉庫").is_some(),
            "{language:?}: whose password is to be entered again"
        );
        assert_eq!(asked(&rig).1, ProfileRequest::Copies, "the list is read again");
        rig.press(Key::Escape);
        assert_eq!(rig.tiles().len(), 4);
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::B);
        rig.harness.run();
        assert!(rig.is_shown("夜間"), "the view is back, too");
    }
}

#[test]
fn what_is_there_now_is_said_and_cannot_be_restored() {
    let mut rig = WindowSetup::new(Language::En, cameras(1)).open();
    rig.click("File");
    rig.click("Restore…");
    let (id, _) = asked(&rig);
    answer(
        &mut rig,
        id,
        Ok(ProfileOutcome::Copies(vec![copy("now", "2026-11-28 23:16:22")])),
    );
    rig.click("2026-11-28 23:16:22: 2 devices, 1 view");
    assert!(rig.is_shown("This is what is there now"));
    rig.click("Restore");
    assert!(rig.sent().is_empty());
}

#[test]
fn a_profile_is_exported_with_a_passphrase_that_is_typed_twice() {
    for (language, labels) in [
        (
            Language::En,
            [
                "File",
                "Export profile…",
                "Path of the file",
                "Passphrase",
                "Passphrase again",
                "Export",
                "The two passphrases are not the same",
                "Exported",
                "There is a file of this name already; choose another name",
            ],
        ),
        (
            Language::Ja,
            [
                "ファイル",
                "プロファイルの書き出し…",
                "ファイルのパス",
                "パスフレーズ",
                "パスフレーズ（確認）",
                "書き出す",
                "2 つのパスフレーズが一致しません",
                "書き出しました",
                "同じ名前のファイルがすでにあります。別の名前にしてください。",
            ],
        ),
    ] {
        let [file, menu, path, word, again, export, differs, done, exists] = labels;
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        rig.click(file);
        rig.click(menu);
        type_into(&mut rig, path, "/tmp/moved.monomi");
        type_into(&mut rig, word, "a passphrase");
        type_into(&mut rig, again, "another");
        rig.click(export);
        assert!(rig.is_shown(differs), "{language:?}");
        type_into(&mut rig, again, "a passphrase");
        rig.click(export);
        let (id, request) = asked(&rig);
        let expected = ProfileRequest::Export {
            path: PathBuf::from("/tmp/moved.monomi"),
            passphrase: Password::new("a passphrase"),
        };
        assert_eq!(request, expected);
        answer(&mut rig, id, Err(ProfileFault::Exists));
        assert!(rig.is_shown(exists), "{language:?}");
        rig.click(export);
        let (id, _) = asked(&rig);
        answer(
            &mut rig,
            id,
            Ok(ProfileOutcome::Exported {
                without: vec![],
                missing: vec!["device[2]: host".to_owned()],
            }),
        );
        assert!(
            rig.harness.query_by_label_contains("device[2]").is_some(),
            "{language:?}"
        );
        assert!(rig.is_shown(done), "{language:?}");
    }
}

#[test]
fn an_import_shows_what_comes_before_it_is_taken_over() {
    for (language, labels) in [
        (
            Language::En,
            [
                "File",
                "Import profile…",
                "Path of the file",
                "Passphrase",
                "Show what comes",
                "This is not the passphrase that the file was exported with",
                "Devices that are replaced: 正門",
                "Take the settings over, too",
                "Import",
                "Imported. What was there before is in File → Restore",
            ],
        ),
        (
            Language::Ja,
            [
                "ファイル",
                "プロファイルの読み込み…",
                "ファイルのパス",
                "パスフレーズ",
                "内容を確認",
                "パスフレーズが違います。書き出したときのパスフレーズを入力してください。",
                "置き換える機器：正門",
                "設定も読み込む",
                "読み込む",
                "読み込みました。読み込み前の状態は「ファイル」→「復元」にあります。",
            ],
        ),
    ] {
        let [file, menu, path, word, look, wrong, replaced, settings, import, done] = labels;
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        rig.click(file);
        rig.click(menu);
        type_into(&mut rig, path, "/tmp/moved.monomi");
        type_into(&mut rig, word, "a passphrase");
        assert!(!rig.is_shown(import), "nothing is taken over unseen");
        rig.click(look);
        let (id, request) = asked(&rig);
        assert!(matches!(request, ProfileRequest::Look { .. }));
        answer(&mut rig, id, Err(ProfileFault::WrongPassphrase));
        assert!(rig.is_shown(wrong), "{language:?}");
        rig.click(look);
        let (id, _) = asked(&rig);
        let info = ImportInfo {
            changed_devices: vec!["正門".to_owned()],
            passwords: 1,
            ..ImportInfo::default()
        };
        answer(&mut rig, id, Ok(ProfileOutcome::Looked(info)));
        assert!(rig.is_shown(replaced), "{language:?}");
        rig.click(settings);
        rig.click(import);
        let (id, request) = asked(&rig);
        assert!(matches!(request, ProfileRequest::Import { settings: false, .. }));
        let imported = ProfileOutcome::Imported {
            views: Views::default(),
            windows: vec![],
            without: vec![],
        };
        answer(&mut rig, id, Ok(imported));
        assert!(rig.is_shown(done), "{language:?}");
        rig.press(Key::Escape);
        assert_eq!(rig.tiles().len(), 16, "the windows stay as they are");
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_dialogs_of_a_profile_in_both_languages() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for (language, labels) in [
        (
            Language::En,
            [
                "File",
                "Restore…",
                "Export profile…",
                "Import profile…",
                "Path of the file",
                "Passphrase",
                "Export",
                "Show what comes",
            ],
        ),
        (
            Language::Ja,
            [
                "ファイル",
                "復元…",
                "プロファイルの書き出し…",
                "プロファイルの読み込み…",
                "ファイルのパス",
                "パスフレーズ",
                "書き出す",
                "内容を確認",
            ],
        ),
    ] {
        let [file, restore, export, import, path, word, export_now, look] = labels;
        let open = |menu| {
            let mut setup = WindowSetup::new(language, cameras(16));
            setup.size = [1280.0, 720.0];
            let mut rig = setup.open();
            rig.click(file);
            rig.click(menu);
            rig
        };
        let mut rig = open(restore);
        let (id, _) = asked(&rig);
        let older = CopyInfo {
            devices_differ: NamesDiffer {
                back: names(&["北口", "Warehouse 2"]),
                gone: names(&["駐車場"]),
                ..NamesDiffer::default()
            },
            ..copy("old", "2026-11-27 09:00:00")
        };
        let mut copies = vec![copy("now", "2026-11-28 23:16:22"), older];
        copies.extend((10..22).map(|day| copy(&day.to_string(), &format!("2026-11-{day} 09:00:00"))));
        answer(&mut rig, id, Ok(ProfileOutcome::Copies(copies)));
        shoot(rig, &format!("profile-restore-{}", language.tag()));

        let mut rig = open(export);
        type_into(&mut rig, path, "/tmp/moved.monomi");
        type_into(&mut rig, word, "a passphrase");
        rig.click(export_now);
        shoot(rig, &format!("profile-export-{}", language.tag()));

        let mut rig = open(import);
        type_into(&mut rig, path, "/tmp/moved.monomi");
        type_into(&mut rig, word, "a passphrase");
        rig.click(look);
        let (id, _) = asked(&rig);
        let info = ImportInfo {
            changed_devices: names(&["正門", "録画機 1 号機 地下駐車場・搬入口・エレベーターホール"]),
            passwords: 1,
            ..ImportInfo::default()
        };
        answer(&mut rig, id, Ok(ProfileOutcome::Looked(info)));
        shoot(rig, &format!("profile-import-{}", language.tag()));
    }
}
