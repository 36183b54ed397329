//! Several devices at once: one form for all of them with what changes, and a question before many are removed.

use device::{Device, DeviceEdit, Password, PasswordEdit};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::Command;
use monomi::i18n::Language;
use monomi::ui::SettingsTab;

use super::rig::{Window, click, has, has_part, key, press, registry, window};

/// `count` devices, all of them selected.
fn all_selected(language: Language, count: usize) -> Window {
    let names: Vec<String> = (1..=count).map(|number| format!("DVR {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut window = window(language, registry(&names));
    window.state_mut().dialog.open(SettingsTab::Devices);
    window.run();
    let list = match language {
        Language::Ja => "機器",
        _ => "Devices",
    };
    window.get_by_role_and_label(Role::ListBox, list).focus();
    window.run();
    key(&mut window, Modifiers::NONE, Key::ArrowDown);
    key(&mut window, Modifiers::COMMAND, Key::A);
    window
}

fn edited(window: &Window) -> Vec<&DeviceEdit> {
    let saved = window.state().sent.iter().filter_map(|command| match command {
        Command::SaveDevices(edits) => Some(edits),
        _ => None,
    });
    saved.flatten().collect()
}

#[test]
fn what_is_typed_is_set_for_all_and_everything_else_stays() {
    for (language, edit, title, [user, password, port], preview, save, undo) in [
        (
            Language::En,
            "Edit…",
            "Edit 3 devices",
            ["User", "Password", "RTSP port"],
            ["Nothing so far", "RTSP port: 3 devices", "554 → 8554"],
            "Save",
            "Undo",
        ),
        (
            Language::Ja,
            "編集…",
            "3 台の機器を編集",
            ["ユーザー名", "パスワード", "RTSP ポート"],
            ["まだありません", "RTSP ポート：3 台", "554 → 8554"],
            "保存",
            "元に戻す",
        ),
    ] {
        let mut window = all_selected(language, 3);
        let before = window.state().now.registry.devices.clone();
        click(&mut window, edit);
        assert!(has(&window, title));
        assert!(has(&window, preview[0]));
        let text = |window: &mut Window, label: &str, text: &str| {
            let role = if label == password {
                Role::PasswordInput
            } else {
                Role::TextInput
            };
            window.get_by_role_and_label(role, label).focus();
            window.run();
            key(window, Modifiers::COMMAND, Key::A);
            window.event(egui::Event::Paste(text.to_owned()));
            window.run();
        };
        text(&mut window, port, "8554");
        text(&mut window, user, "viewer");
        text(&mut window, password, "s3cret");
        for said in &preview[1..] {
            assert!(has(&window, said), "{said}");
        }
        press(&mut window, save);
        let edits = edited(&window);
        assert_eq!(edits.len(), 3);
        for (was, edit) in before.iter().zip(edits) {
            let expected = Device {
                port: 8554,
                user: "viewer".to_owned(),
                ..was.clone()
            };
            assert_eq!(edit.device, expected);
            assert_eq!(edit.password, PasswordEdit::Set(Password::new("s3cret")));
        }
        assert!(!has(&window, title), "back in the list");
        click(&mut window, undo);
        assert_eq!(window.state().now.registry.devices, before);
    }
}

#[test]
fn a_mistake_names_its_device_and_is_not_saved() {
    let mut window = all_selected(Language::En, 2);
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(has(&window, "Edit 2 devices"), "by keyboard alone");
    window.get_by_role_and_label(Role::TextInput, "RTSP port").focus();
    window.run();
    key(&mut window, Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Paste("70000".to_owned()));
    window.run();
    assert!(has_part(&window, "DVR 1, RTSP port: "));
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(edited(&window).is_empty());
    // What was typed is not dropped without a word.
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert!(has(&window, "There are changes that are not saved"));
    click(&mut window, "Discard");
    assert!(edited(&window).is_empty());
    assert!(!has(&window, "Edit 2 devices"));
}

#[test]
fn many_are_removed_only_after_a_question_that_names_them() {
    for (language, delete, title, names, passwords, remove, keep) in [
        (
            Language::En,
            "Delete",
            "Remove 8 devices?",
            "DVR 1, DVR 2, DVR 3, DVR 4, DVR 5, DVR 6 and 2 more",
            "Their passwords go with them.",
            "Remove 8",
            "Cancel",
        ),
        (
            Language::Ja,
            "削除",
            "8 台の機器を削除しますか？",
            "DVR 1、DVR 2、DVR 3、DVR 4、DVR 5、DVR 6 ほか 2 台",
            "保存したパスワードも削除します。",
            "8 台を削除",
            "キャンセル",
        ),
    ] {
        let mut window = all_selected(language, 8);
        key(&mut window, Modifiers::NONE, Key::Delete);
        assert!(has(&window, title) && has(&window, names) && has_part(&window, passwords));
        key(&mut window, Modifiers::NONE, Key::Enter);
        assert_eq!(window.state().device_names().len(), 8, "Enter by habit keeps them");
        assert!(!has(&window, title));
        click(&mut window, delete);
        key(&mut window, Modifiers::NONE, Key::Escape);
        assert!(
            !has(&window, title) && has(&window, delete),
            "Esc closes the question alone"
        );
        click(&mut window, delete);
        click(&mut window, keep);
        assert_eq!(window.state().device_names().len(), 8);
        click(&mut window, delete);
        click(&mut window, remove);
        assert!(window.state().device_names().is_empty());
    }
}

#[test]
fn four_are_removed_without_a_question() {
    let mut window = all_selected(Language::En, 4);
    key(&mut window, Modifiers::NONE, Key::Delete);
    assert!(window.state().device_names().is_empty());
    assert!(has(&window, "Undo"));
}
