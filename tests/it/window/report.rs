//! Help → Report a problem, by the labels on screen.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, ProfileAnswer, ProfileFault, ProfileOutcome, ProfileRequest};
use monomi::i18n::Language;
use problem_report::ReportFile;

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

fn files() -> Vec<ReportFile> {
    let log: String = (0..20_000)
        .map(|line| format!("2026-11-29T00:00:00Z line {line}\n"))
        .collect();
    vec![
        ReportFile::new("contents.txt", "Problem report of Monomi\n"),
        ReportFile::new("devices.toml", "[[device]]\nname = \"正門\"\n"),
        ReportFile::new("logs/monomi.log", log),
    ]
}

/// Help, the entry, pseudonyms, leaving out the log, the field for the path, save, saved, and a file that is there.
fn labels(language: Language) -> [&'static str; 8] {
    match language {
        Language::En => [
            "Help",
            "Report a problem…",
            "Replace names and addresses by pseudonyms (the same one for the same name in all files)",
            "Include logs/monomi.log",
            "Path of the file",
            "Save the report",
            "Saved",
            "There is a file of this name already; choose another name",
        ],
        Language::Ja => [
            "ヘルプ",
            "不具合報告…",
            "名前とアドレスを仮名に置き換える（同じ名前はすべてのファイルで同じ仮名）",
            "logs/monomi.log を含める",
            "ファイルのパス",
            "報告を保存",
            "保存しました",
            "同じ名前のファイルがすでにあります。別の名前にしてください。",
        ],
    }
}

#[test]
fn each_file_of_a_report_is_looked_at_before_it_is_saved() {
    for language in Language::ALL {
        let [help, menu, pseudonyms, log, path, save, saved, exists] = labels(language);
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        rig.click(help);
        rig.click(menu);
        let (id, request) = asked(&rig);
        let ProfileRequest::GatherReport {
            said,
            pseudonyms: false,
        } = request
        else {
            panic!("{request:?}");
        };
        let names: Vec<&str> = said.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["computer.txt", "state.txt"]);
        assert!(
            said[0].text.contains("Monomi") && said[1].text.contains("Devices"),
            "{said:?}"
        );
        answer(&mut rig, id, Ok(ProfileOutcome::ReportGathered(Arc::new(files()))));
        let said = |rig: &WindowRig, text: &str| rig.harness.query_by_label_contains(text).is_some();
        assert!(
            said(&rig, "Problem report of Monomi"),
            "{language:?}: the first file is shown"
        );
        rig.click("devices.toml");
        assert!(said(&rig, "name = \"正門\""), "{language:?}");
        rig.click("logs/monomi.log");
        let lines = rig.harness.query_all_by_label_contains("line ").count();
        assert!((3..200).contains(&lines), "{language:?}: {lines} lines are painted");
        rig.click(log);
        type_into(&mut rig, path, "/mnt/stick/report.zip");
        rig.click(save);
        let (id, request) = asked(&rig);
        let kept = Arc::new(files()[..2].to_vec());
        let file = PathBuf::from("/mnt/stick/report.zip");
        assert_eq!(
            request,
            ProfileRequest::SaveReport {
                path: file,
                files: kept
            }
        );
        answer(&mut rig, id, Err(ProfileFault::Exists));
        assert!(rig.is_shown(exists), "{language:?}");
        rig.click(save);
        let (id, _) = asked(&rig);
        let (without, missing) = (vec![], vec![]);
        answer(&mut rig, id, Ok(ProfileOutcome::Exported { without, missing }));
        assert!(rig.is_shown(saved), "{language:?}");
        rig.click(pseudonyms);
        let (_, request) = asked(&rig);
        assert!(
            matches!(request, ProfileRequest::GatherReport { pseudonyms: true, .. }),
            "{language:?}"
        );
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn a_problem_report_in_both_languages() {
    for (language, tag) in [(Language::En, "en"), (Language::Ja, "ja")] {
        let [help, menu, ..] = labels(language);
        let mut setup = WindowSetup::new(language, cameras(4));
        setup.size = [1280.0, 720.0];
        let mut rig = setup.open();
        rig.click(help);
        rig.click(menu);
        let (id, _) = asked(&rig);
        answer(&mut rig, id, Ok(ProfileOutcome::ReportGathered(Arc::new(files()))));
        rig.click("logs/monomi.log");
        shoot(rig, &format!("report_{tag}"));
    }
}
