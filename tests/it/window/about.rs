//! Help → About: which program this is, and what is in it.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, UpdateCheck, UpdateFault, UpdateState};
use monomi::i18n::Language;
use monomi::ui::about::Build;
use settings::Settings;

use super::rig::{WindowRig, WindowSetup, cameras};

fn open(language: Language) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(1)).open();
    let [menu, entry] = match language {
        Language::En => ["Help", "About Monomi"],
        Language::Ja => ["ヘルプ", "バージョン情報"],
    };
    rig.click(menu);
    rig.click(entry);
    rig
}

#[test]
fn about_says_version_and_build_and_copies_them_for_a_report() {
    let build = Build::OF_THIS_PROGRAM;
    for (language, version, copy) in [
        (Language::En, "Version ", "Copy"),
        (Language::Ja, "バージョン ", "コピー"),
    ] {
        let mut rig = open(language);
        assert!(rig.is_shown(&format!("{version}{}", build.version)));
        assert!(rig.harness.query_by_label_contains(build.target).is_some());
        rig.harness.get_by_label(copy).click();
        let copied = (0..4).any(|_frame| {
            rig.harness.step();
            let commands = &rig.harness.output().platform_output.commands;
            commands.contains(&egui::OutputCommand::CopyText(build.to_string()))
        });
        assert!(copied);
    }
}

#[test]
fn the_licences_of_everything_inside_are_a_click_away() {
    for (language, licences, back, copy) in [
        (Language::En, "Licences of everything inside", "Back", "Copy"),
        (Language::Ja, "使用しているソフトウェアのライセンス", "戻る", "コピー"),
    ] {
        let mut rig = open(language);
        rig.click(licences);
        assert!(
            rig.harness.query_by_label_contains("accesskit ").is_some(),
            "the first crates"
        );
        assert!(!rig.is_shown(copy));
        rig.click(back);
        assert!(rig.is_shown(copy), "{language:?}");
        rig.press(egui::Key::Escape);
        assert!(!rig.is_shown(copy), "it is closed");
    }
}

fn has_asked(rig: &WindowRig) -> bool {
    rig.sent()
        .iter()
        .any(|command| matches!(command, Command::CheckForUpdate))
}

#[test]
fn without_an_address_the_button_says_where_to_enter_one_and_leads_there() {
    for (language, check, part, open_settings, field) in [
        (
            Language::En,
            "Check for a newer version",
            "Settings → General",
            "Open the settings",
            "Ask for it at",
        ),
        (
            Language::Ja,
            "新しいバージョンを確認",
            "「設定」→「全般」",
            "設定を開く",
            "確認先",
        ),
    ] {
        let mut rig = open(language);
        assert!(rig.harness.query_by_label_contains(part).is_none());
        rig.click(check);
        assert!(rig.harness.query_by_label_contains(part).is_some());
        assert!(!has_asked(&rig));
        rig.click(open_settings);
        assert!(rig.harness.query_all_by_label(field).next().is_some());
    }
}

#[test]
fn a_newer_version_is_asked_for_once_a_press_and_its_page_can_be_copied() {
    let mut rig = open(Language::En);
    rig.change(|state| {
        let settings = Settings {
            update_address: "https://get.example.jp/newest".parse().ok(),
            ..(*state.settings).clone()
        };
        state.settings = Arc::new(settings);
    });
    assert!(!has_asked(&rig), "nobody is asked by itself");
    rig.click("Check for a newer version");
    assert!(has_asked(&rig));
    let page = "https://get.example.jp/1.2.3";
    let mut shows = |state: UpdateState| {
        rig.change(|engine| {
            let server = "get.example.jp".to_owned();
            engine.update = Some(Arc::new(UpdateCheck { server, state }));
        });
    };
    shows(UpdateState::Failed(UpdateFault::Silent));
    shows(UpdateState::Newer {
        version: "1.2.3".to_owned(),
        page: Some(page.to_owned()),
    });
    assert!(rig.is_shown("Version 1.2.3 is there.") && rig.is_shown(page));
    rig.harness.get_by_label("Copy the address").click();
    let copied = (0..4).any(|_frame| {
        rig.harness.step();
        let commands = &rig.harness.output().platform_output.commands;
        commands.contains(&egui::OutputCommand::CopyText(page.to_owned()))
    });
    assert!(copied);
    assert!(!has_asked(&rig));
}
