//! File → Export devices and Import devices, by the labels on screen.

use std::path::PathBuf;
use std::sync::Arc;

use device::{DeviceEdit, PasswordEdit, Registry};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{Command, ProfileAnswer, ProfileFault, ProfileOutcome, ProfileRequest};
use monomi::i18n::Language;
use registry_csv::{CsvFault, CsvHeader, CsvPlan};

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

/// What the engine answers for this table.
fn looked(registry: &Registry, table: &str) -> ProfileOutcome {
    let brands = monomi::store::brands();
    let plan: CsvPlan = registry_csv::read(table.as_bytes(), registry, &brands, "Default").unwrap();
    ProfileOutcome::CsvLooked(Arc::new(plan))
}

/// A new device, a changed one, and two mistakes; the site of the sample devices is asked of the registry.
fn table(registry: &Registry) -> String {
    let (site, known) = (&registry.sites[0].name, &registry.devices[0]);
    let (name, host) = (&known.name, &known.host);
    format!(
        "Site,Name,Host,Port,User,Password,Rack\r\n\
         Nara,新しい店,10.0.0.9,,admin,s3cret,3\r\n\
         {site},{name},{host},8554,,,1\r\n\
         {site},Bad,10.0.0.300,0,,,\r\n\
         ,,10.0.0.1,,,,\r\n"
    )
}

struct Labels {
    file: &'static str,
    export: &'static str,
    import: &'static str,
    path: &'static str,
    export_do: &'static str,
    exported: &'static str,
    look: &'static str,
    no_header: &'static str,
    tabs: [&'static str; 4],
    bad: &'static str,
    changed: &'static str,
    left_out: &'static str,
    import_do: &'static str,
    site: &'static str,
}

fn labels(language: Language) -> Labels {
    match language {
        Language::En => Labels {
            file: "File",
            export: "Export devices (CSV)…",
            import: "Import devices (CSV)…",
            path: "Path of the file",
            export_do: "Export",
            exported: "Exported",
            look: "Show what comes",
            no_header: "No row names the columns: the first row needs at least the columns Name and Host (or Nickname and Address)",
            tabs: ["All (4)", "New (1)", "Changed (1)", "Cannot be taken (2)"],
            bad: "“Port”: ",
            changed: "RTSP port: 554 → 8554",
            left_out: "2 rows cannot be taken and are left out",
            import_do: "Import 2 devices",
            site: "Site of new devices for which the table names none",
        },
        Language::Ja => Labels {
            file: "ファイル",
            export: "機器の書き出し（CSV）…",
            import: "機器の読み込み（CSV）…",
            path: "ファイルのパス",
            export_do: "書き出す",
            exported: "書き出しました",
            look: "内容を確認",
            no_header: "列の名前の行がありません。先頭の行に「名前」と「アドレス」の列が必要です。",
            tabs: ["すべて（4）", "追加（1）", "変更（1）", "読み込めない（2）"],
            bad: "「Port」：",
            changed: "RTSP ポート：554 → 8554",
            left_out: "読み込めない 2 行は除きます",
            import_do: "2 台を読み込む",
            site: "一覧に拠点がない新しい機器の拠点",
        },
    }
}

#[test]
fn an_import_shows_new_changed_and_bad_rows_and_saves_after_ok_in_one_step() {
    for language in Language::ALL {
        let labels = labels(language);
        let registry = cameras(4);
        let mut rig = WindowSetup::new(language, registry.clone()).open();
        rig.click(labels.file);
        rig.click(labels.import);
        type_into(&mut rig, labels.path, "/mnt/stick/shops.csv");
        type_into(&mut rig, labels.site, "Osaka");
        rig.click(labels.look);
        let (id, request) = asked(&rig);
        let path = PathBuf::from("/mnt/stick/shops.csv");
        let site = "Osaka".to_owned();
        assert_eq!(request, ProfileRequest::LookCsv { path, site });
        answer(&mut rig, id, Err(ProfileFault::NoTable(CsvFault::NoHeader)));
        assert!(rig.is_shown(labels.no_header), "{language:?}");
        rig.click(labels.look);
        let (id, _) = asked(&rig);
        answer(&mut rig, id, Ok(looked(&registry, &table(&registry))));
        for tab in labels.tabs {
            assert!(rig.is_shown(tab), "{language:?}: {tab}");
        }
        let said = |rig: &WindowRig, text: &str| rig.harness.query_by_label_contains(text).is_some();
        assert!(said(&rig, labels.bad), "{language:?}: what is wrong comes first");
        assert!(!said(&rig, labels.changed) && said(&rig, "Rack"), "{language:?}");
        rig.click(labels.tabs[2]);
        assert!(said(&rig, labels.changed), "{language:?}");
        rig.click(labels.tabs[0]);
        assert!(
            said(&rig, "Nara/新しい店") && said(&rig, labels.left_out),
            "{language:?}"
        );
        assert!(!said(&rig, "s3cret"));
        assert!(
            !rig.sent()
                .iter()
                .any(|command| matches!(command, Command::SaveDevices(_))),
            "nothing before OK"
        );
        rig.click(labels.import_do);
        let saved: Vec<DeviceEdit> = rig
            .sent()
            .into_iter()
            .find_map(|command| match command {
                Command::SaveDevices(edits) => Some(edits),
                _ => None,
            })
            .expect("the edits");
        assert_eq!(saved.len(), 2);
        assert!(matches!(saved[0].password, PasswordEdit::Set(_)) && saved[1].device.port == 8554);
        assert!(!rig.is_shown(labels.import_do), "{language:?}: it is closed");
    }
}

#[test]
fn devices_that_change_meanwhile_are_looked_at_anew() {
    let labels = labels(Language::En);
    let registry = cameras(4);
    let mut rig = WindowSetup::new(Language::En, registry.clone()).open();
    rig.click(labels.file);
    rig.click(labels.import);
    type_into(&mut rig, labels.path, "/mnt/stick/shops.csv");
    rig.click(labels.look);
    let (id, _) = asked(&rig);
    answer(&mut rig, id, Ok(looked(&registry, &table(&registry))));
    rig.sent();
    let mut now = registry;
    now.devices[0].port = 8554;
    now.devices[0].user = String::new();
    let after = now.clone();
    rig.change(move |state| state.registry = Arc::new(after));
    let (id, request) = asked(&rig);
    assert!(matches!(request, ProfileRequest::LookCsv { .. }));
    answer(&mut rig, id, Ok(looked(&now, &table(&now))));
    assert!(rig.is_shown("Changed (0)") && rig.is_shown("Import 1 device"));
}

#[test]
fn five_thousand_rows_are_shown_without_painting_all() {
    let labels = labels(Language::En);
    let registry = cameras(1);
    let mut rig = WindowSetup::new(Language::En, registry.clone()).open();
    rig.click(labels.file);
    rig.click(labels.import);
    type_into(&mut rig, labels.path, "/mnt/stick/shops.csv");
    rig.click(labels.look);
    let (id, _) = asked(&rig);
    let rows: String = (0..5_000).map(|row| format!("Shop {row},DVR,10.1.0.1\n")).collect();
    answer(&mut rig, id, Ok(looked(&registry, &format!("Site,Name,Host\n{rows}"))));
    assert!(rig.is_shown("All (5000)") && rig.is_shown("Import 5000 devices"));
    let painted = rig.harness.query_all_by_label_contains("/DVR").count();
    assert!((5..60).contains(&painted), "{painted} rows");
}

#[test]
fn an_export_says_what_is_in_it_and_never_replaces_a_file() {
    for (language, header) in [(Language::En, CsvHeader::English), (Language::Ja, CsvHeader::Japanese)] {
        let labels = labels(language);
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        rig.click(labels.file);
        rig.click(labels.export);
        type_into(&mut rig, labels.path, "/mnt/stick/shops.csv");
        rig.click(labels.export_do);
        let (id, request) = asked(&rig);
        let path = PathBuf::from("/mnt/stick/shops.csv");
        assert_eq!(request, ProfileRequest::ExportCsv { path, header });
        let (without, missing) = (vec![], vec![]);
        answer(&mut rig, id, Ok(ProfileOutcome::Exported { without, missing }));
        assert!(rig.is_shown(labels.exported), "{language:?}");
        rig.click(labels.export_do);
        let (id, _) = asked(&rig);
        answer(&mut rig, id, Err(ProfileFault::Exists));
        assert!(!rig.is_shown(labels.exported), "{language:?}");
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_table_of_devices_in_both_languages() {
    for (language, tag) in [(Language::En, "en"), (Language::Ja, "ja")] {
        let labels = labels(language);
        let registry = cameras(4);
        let open = |menu| {
            let mut setup = WindowSetup::new(language, registry.clone());
            setup.size = [1280.0, 720.0];
            let mut rig = setup.open();
            rig.click(labels.file);
            rig.click(menu);
            type_into(&mut rig, labels.path, "/mnt/stick/shops.csv");
            rig
        };
        let looked_at = || {
            let mut rig = open(labels.import);
            rig.click(labels.look);
            let (id, _) = asked(&rig);
            answer(&mut rig, id, Ok(looked(&registry, &table(&registry))));
            rig
        };
        shoot(open(labels.import), &format!("csv_import_{tag}"));
        shoot(looked_at(), &format!("csv_bad_{tag}"));
        let mut rig = looked_at();
        rig.click(labels.tabs[0]);
        shoot(rig, &format!("csv_all_{tag}"));
        shoot(open(labels.export), &format!("csv_export_{tag}"));
    }
}
