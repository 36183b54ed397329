//! Help → About: which program this is, and what is in it.

use egui_kittest::kittest::Queryable as _;
use monomi::i18n::Language;
use monomi::ui::about::Build;

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
