//! General and Network.

use std::sync::Arc;
use std::time::Duration;

use device::{Password, SiteId};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, SecretsPlace, SiteDevices, SiteStatus};
use monomi::i18n::Language;
use monomi::ui::SettingsTab;
use monomi::ui::choosing::{Chooser, Wanted};
use reconnect::{Limits, SiteState};
use settings::{Decoder, Language as Chosen, Theme};

use super::rig::{DialogRig, Window, click, device, fill, has, has_part, key, registry, window, window_of, wrong};

fn opened(language: Language, tab: SettingsTab) -> Window {
    let mut registry = registry(&["Lobby"]);
    registry.devices.push(device(9, "Gate camera", "203.0.113.9"));
    let mut window = window(language, registry);
    window.state_mut().dialog.open(tab);
    window.run();
    window
}

fn saved(window: &Window) -> usize {
    window
        .state()
        .sent
        .iter()
        .filter(|command| matches!(command, Command::SaveSettings(_)))
        .count()
}

#[test]
fn the_language_switches_at_once_and_back() {
    let mut window = opened(Language::En, SettingsTab::General);
    click(&mut window, "日本語");
    assert_eq!(window.state().settings().language, Chosen::Ja);
    assert!(has(&window, "全般") && has(&window, "パスワード") && !has(&window, "General"));
    click(&mut window, "English");
    assert!(has(&window, "General") && !has(&window, "全般"));
    assert_eq!(saved(&window), 2, "each change is sent once");
}

#[test]
fn every_choice_of_the_general_page_is_sent_whole() {
    let mut window = opened(Language::Ja, SettingsTab::General);
    click(&mut window, "ライト");
    click(&mut window, "ハードウェア");
    click(&mut window, "この PC にサインインしたら Monomi を起動する");
    click(&mut window, "全画面で開く");
    let settings = window.state().settings();
    assert_eq!((settings.theme, settings.decoder), (Theme::Light, Decoder::Hardware));
    assert!(settings.start_at_login && settings.start_fullscreen);
    assert_eq!(saved(&window), 4);
}

#[test]
fn the_general_page_says_where_passwords_are_kept() {
    for (language, keyring, file) in [
        (
            Language::En,
            "The keyring of this computer",
            "An encrypted file in the profile",
        ),
        (Language::Ja, "この PC のキーリング", "プロファイル内の暗号化ファイル"),
    ] {
        let mut window = opened(language, SettingsTab::General);
        assert!(has(&window, file) && !has(&window, keyring));
        window.state_mut().now.secrets = SecretsPlace::Keyring;
        window.run();
        assert!(has(&window, keyring) && !has(&window, file));
    }
}

#[test]
fn a_change_made_elsewhere_is_taken_over_and_not_undone() {
    let mut window = opened(Language::En, SettingsTab::General);
    let mut settings = window.state().settings().clone();
    settings.start_fullscreen = true;
    window.state_mut().now.settings = Arc::new(settings);
    window.run();
    click(&mut window, "Light");
    let settings = window.state().settings();
    assert!(settings.start_fullscreen && settings.theme == Theme::Light);
}

#[test]
fn a_folder_that_is_no_whole_path_gets_its_error_and_is_not_sent() {
    let mut window = opened(Language::En, SettingsTab::General);
    fill(&mut window, "Folder for snapshots", "pictures");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(has(&window, "Enter the whole path of the folder, from the root"));
    assert_eq!(saved(&window), 0);
    fill(&mut window, "Folder for snapshots", "/srv/pictures");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(
        window.state().settings().snapshot_folder.as_deref(),
        Some("/srv/pictures".as_ref())
    );
}

#[test]
fn internal_network_only_acts_at_once_and_says_which_devices_it_excludes() {
    for (language, switch, excluded, device) in [
        (
            Language::En,
            "Internal network only",
            "1 device is excluded now",
            "Gate camera (203.0.113.9)",
        ),
        (
            Language::Ja,
            "内部ネットワークのみ",
            "現在 1 台の機器が除外されています",
            "Gate camera（203.0.113.9）",
        ),
    ] {
        let mut window = opened(language, SettingsTab::Network);
        assert!(!has(&window, excluded));
        click(&mut window, switch);
        assert!(window.state().settings().internal_network_only);
        assert!(has(&window, excluded) && has(&window, device));
        click(&mut window, switch);
        assert!(!window.state().settings().internal_network_only && !has(&window, excluded));
    }
}

#[test]
fn a_network_counts_when_its_line_is_right_and_a_wrong_line_says_why() {
    let mut window = opened(Language::En, SettingsTab::Network);
    click(&mut window, "Add a network");
    fill(&mut window, "Internal network 1", "10.1.0.0/40");
    assert_eq!(
        wrong(&window, "Internal network 1"),
        None,
        "not judged while it is typed"
    );
    key(&mut window, Modifiers::NONE, Key::Tab);
    let problem = "What follows the / must be a number from 0 to 32";
    assert_eq!(wrong(&window, "Internal network 1").as_deref(), Some(problem));
    assert!(has(&window, problem));
    assert_eq!(saved(&window), 0);
    fill(&mut window, "Internal network 1", "198.51.100.0/24, intranet");
    key(&mut window, Modifiers::NONE, Key::Tab);
    assert_eq!(
        window.state().settings().internal_networks,
        ["198.51.100.0/24".parse().unwrap()]
    );
    assert!(
        wrong(&window, "Internal network 2").is_some(),
        "what was typed stays, with its error"
    );
    click(&mut window, "Remove internal network 1");
    assert!(window.state().settings().internal_networks.is_empty());
}

#[test]
fn a_network_is_not_taken_over_while_it_is_typed() {
    let mut window = opened(Language::En, SettingsTab::Network);
    click(&mut window, "Add a network");
    window.event(egui::Event::Text("198.51.100.0/2".to_owned()));
    window.run();
    assert_eq!(
        saved(&window),
        0,
        "198.51.100.0/2 on the way to /24 would open a quarter of all addresses"
    );
}

#[test]
fn a_limit_is_lowered_freely_and_never_raised_above_its_ceiling() {
    for (language, label) in [
        (Language::En, "Failures a minute, per site"),
        (Language::Ja, "1 分間の失敗（拠点ごと）"),
    ] {
        let mut window = opened(language, SettingsTab::Network);
        let set = |window: &mut Window, value: f64| {
            window
                .get_by_role_and_label(Role::Slider, label)
                .set_value_accesskit(value);
            window.run();
            window.state().settings().limits.site_failed_per_minute
        };
        assert_eq!(set(&mut window, 3.0), 3);
        assert_eq!(set(&mut window, 10_000.0), Limits::CEILING_FAILED_PER_MINUTE);
        assert_eq!(set(&mut window, 0.0), 1);
        assert!(has_part(&window, "30"), "the ceiling is named");
    }
}

#[test]
fn a_site_shows_its_state_its_budget_and_its_next_try() {
    for (language, row) in [
        (
            Language::En,
            "Site: Osaka, State: No answer, Devices live: 0 / 64, Failed in 1 min: 5 / 12, Tried in 1 min: 6, Half-open: 1, Next try: 14 s",
        ),
        (
            Language::Ja,
            "拠点：Osaka、状態：応答なし、ライブの機器：0 / 64、1 分間の失敗：5 / 12、1 分間の試行：6、接続途中：1、次の試行：14 秒",
        ),
    ] {
        let mut window = opened(language, SettingsTab::Network);
        window.state_mut().dialog.open_sites();
        let rig = window.state_mut();
        let mut sites = (*rig.now.sites).clone();
        let site = sites.first_mut().unwrap();
        site.state = SiteState::Outage;
        site.next_canary = Some(rig.now.now + Duration::from_millis(13_200));
        (site.half_open, site.attempts_last_minute, site.failed_last_minute) = (1, 6, 5);
        site.devices = SiteDevices {
            all: 64,
            watched: 64,
            failing: 64,
            ..SiteDevices::default()
        };
        rig.now.sites = Arc::new(sites);
        window.run();
        assert!(has(&window, row), "{:?}", window.get_by_role(Role::Row));
    }
}

#[test]
fn a_site_that_nobody_watches_is_neither_up_nor_dead() {
    for (language, row) in [
        (
            Language::En,
            "Site: Osaka, State: Not watched, Devices live: – / 5, Failed in 1 min: 0 / 12, Tried in 1 min: 0, Half-open: 0, Next try: –",
        ),
        (
            Language::Ja,
            "拠点：Osaka、状態：未表示、ライブの機器：– / 5、1 分間の失敗：0 / 12、1 分間の試行：0、接続途中：0、次の試行：–",
        ),
    ] {
        let mut window = opened(language, SettingsTab::Network);
        window.state_mut().dialog.open_sites();
        let rig = window.state_mut();
        let mut sites = (*rig.now.sites).clone();
        sites[0].devices.all = 5;
        rig.now.sites = Arc::new(sites);
        window.run();
        assert!(has(&window, row), "{:?}", window.get_by_role(Role::Row));
    }
}

#[test]
fn the_folder_for_snapshots_is_chosen_in_the_dialog_of_the_system() {
    for (language, button) in [(Language::En, "Choose…"), (Language::Ja, "選択…")] {
        let chooser = Chooser::new(|question, reply| {
            assert_eq!(question.wanted, Wanted::Folder);
            reply.chose("/mnt/pictures".into());
        });
        let rig = DialogRig::choosing(language, registry(&["Lobby"]), chooser);
        let mut window = window_of(rig, egui::vec2(1280.0, 720.0));
        window.state_mut().dialog.open(SettingsTab::General);
        window.run();
        click(&mut window, button);
        let folder = window.state().settings().snapshot_folder.clone();
        assert_eq!(folder, Some("/mnt/pictures".into()));
    }
}

#[test]
fn sites_stand_with_trouble_first_and_by_any_column_that_is_clicked() {
    for (language, name, page) in [
        (Language::En, "Site", "Sites now (3)"),
        (Language::Ja, "拠点", "拠点の現在の状態（3）"),
    ] {
        let mut window = opened(language, SettingsTab::Network);
        let rig = window.state_mut();
        let first = rig.now.sites[0].clone();
        let site = |id, name: &str, state, live| SiteStatus {
            id: SiteId(id),
            name: name.to_owned(),
            state,
            devices: SiteDevices {
                all: 4,
                watched: 4,
                live,
                failing: 4 - live,
                excluded: 0,
            },
            ..first.clone()
        };
        rig.now.sites = Arc::new(vec![
            site(1, "Shop 10", SiteState::Up, 4),
            site(2, "Shop 9", SiteState::Partial, 3),
            site(3, "Yard", SiteState::Outage, 0),
        ]);
        window.run();
        click(&mut window, page);
        let rows = |window: &Window| -> Vec<String> {
            let mut rows: Vec<_> = window.get_all_by_role(Role::Row).collect();
            rows.sort_by(|one, other| one.rect().top().total_cmp(&other.rect().top()));
            let labels = rows.iter().filter_map(|row| row.accesskit_node().label());
            labels
                .map(|label| {
                    label
                        .split([':', '：', ',', '、'])
                        .nth(1)
                        .unwrap_or_default()
                        .trim()
                        .to_owned()
                })
                .collect()
        };
        assert_eq!(rows(&window), ["Yard", "Shop 9", "Shop 10"]);
        let head = |window: &mut Window| {
            window.get_by_role_and_label(Role::ColumnHeader, name).click();
            window.run();
        };
        head(&mut window);
        assert_eq!(rows(&window), ["Shop 9", "Shop 10", "Yard"]);
        head(&mut window);
        assert_eq!(rows(&window), ["Yard", "Shop 10", "Shop 9"]);
    }
}

#[test]
fn the_keyboard_reaches_every_tab_and_leaves() {
    let mut window = opened(Language::En, SettingsTab::General);
    key(&mut window, Modifiers::CTRL, Key::Tab);
    assert!(has(&window, "Internal network only"));
    key(&mut window, Modifiers::CTRL, Key::Tab);
    assert!(has(&window, "Add a device…"));
    key(&mut window, Modifiers::CTRL | Modifiers::SHIFT, Key::Tab);
    assert!(has(&window, "Internal network only"));
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert!(!window.state().dialog.is_open() && !has(&window, "Settings"));
}

#[test]
fn what_lies_behind_takes_no_clicks_and_no_focus() {
    let mut window = opened(Language::En, SettingsTab::General);
    click(&mut window, "A tile behind");
    for _ in 0..40 {
        key(&mut window, Modifiers::NONE, Key::Tab);
        assert!(!window.get_by_label("A tile behind").is_focused());
    }
    assert_eq!(window.state().clicks_behind, 0);
    key(&mut window, Modifiers::NONE, Key::Escape);
    click(&mut window, "A tile behind");
    assert_eq!(window.state().clicks_behind, 1);
}

#[test]
fn the_password_of_the_kiosk_is_set_twice_and_removed() {
    for (language, new, again, set, differs, none, is_set, remove) in [
        (
            Language::En,
            "New password",
            "The same again",
            "Set the password",
            "This is not the same password",
            "Without a password the kiosk does not start.",
            "Without a menu and on the whole screen, Monomi ends or comes back to its window with this password alone.",
            "Remove",
        ),
        (
            Language::Ja,
            "新しいパスワード",
            "もう一度入力",
            "パスワードを設定",
            "同じパスワードを入力してください",
            "パスワードを設定するまで、キオスクは起動しません。",
            "メニューのない全画面表示になり、このパスワードがなければ終了もウィンドウ表示への復帰もできません。",
            "解除",
        ),
    ] {
        let mut window = opened(language, SettingsTab::General);
        assert!(has(&window, none) && !has(&window, remove));
        fill(&mut window, new, "open sesame");
        fill(&mut window, again, "open simsim");
        key(&mut window, Modifiers::NONE, Key::Enter);
        assert!(has(&window, differs), "said where it was typed");
        assert_eq!(window.state().settings().kiosk_password, None);
        fill(&mut window, again, "open sesame");
        assert!(!has(&window, differs));
        assert!(has(&window, set));
        key(&mut window, Modifiers::NONE, Key::Enter);
        let sent = format!("{:?}", window.state().sent);
        assert!(sent.contains("SetKioskPassword") && !sent.contains("sesame"), "{sent}");
        let kept = window.state().settings().kiosk_password.clone().expect("a hash");
        assert!(monomi::store::password_fits(&Password::new("open sesame"), &kept));
        assert!(has(&window, is_set) && !has(&window, none));
        window.get_by_label(remove).focus();
        window.run();
        key(&mut window, Modifiers::NONE, Key::Space);
        assert_eq!(window.state().settings().kiosk_password, None);
        assert!(has(&window, none));
    }
}
