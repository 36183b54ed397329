//! The Alerts page: how somebody is called, when, and about what.

use device::{SiteId, sample};
use egui_kittest::kittest::Queryable as _;
use events::{AlertSettings, AlertSound, Cause, EventId, EventRecord, Kind, LocalTime, Means, Subject, WallTime};
use monomi::bridge::{AlertTrial, Command, SoundProblem, Trying};
use monomi::i18n::Language;
use monomi::ui::SettingsTab;

use super::rig::{Window, click, fill, has, has_part, registry, sized, window};

fn opened(language: Language) -> Window {
    let mut registry = registry(&["Lobby"]);
    registry.sites.push(sample::site(SiteId(77), "Kobe"));
    let mut window = window(language, registry);
    window.state_mut().dialog.open(SettingsTab::Alerts);
    window.run();
    window
}

/// The same on a screen on which all of the page is to be seen.
fn tall(language: Language) -> Window {
    let mut window = sized(language, registry(&["Lobby"]), egui::vec2(1280.0, 3_000.0));
    window.state_mut().dialog.open(SettingsTab::Alerts);
    window.run();
    window
}

fn alerts(window: &Window) -> &AlertSettings {
    &window.state().settings().alerts
}

#[test]
fn how_somebody_is_called_acts_at_once() {
    for (language, until_seen, attention, notification, kiosk) in [
        (
            Language::En,
            "Until someone has seen it",
            "Ask for attention in the task bar",
            "Notification of the desktop",
            "Show it in a kiosk, too",
        ),
        (
            Language::Ja,
            "確認するまで繰り返す",
            "タスクバーで知らせる",
            "デスクトップ通知を表示する",
            "キオスクでもデスクトップ通知を表示する",
        ),
    ] {
        let mut window = opened(language);
        click(&mut window, until_seen);
        click(&mut window, attention);
        click(&mut window, kiosk);
        assert!(alerts(&window).kiosk_notification);
        click(&mut window, notification);
        let now = alerts(&window);
        assert_eq!(now.sound, AlertSound::UntilSeen);
        assert!(!now.attention && !now.notification);
    }
}

#[test]
fn each_kind_has_its_own_means_and_a_site_may_have_rules_of_its_own() {
    let mut window = opened(Language::En);
    click(&mut window, "Sign-in failed: Sound");
    let quiet = Means {
        sound: false,
        ..Means::default()
    };
    assert_eq!(alerts(&window).rules.means(Some(SiteId(77)), Kind::SignIn), quiet);
    click(&mut window, "For");
    click(&mut window, "Kobe");
    click(&mut window, "No answer: Task bar");
    assert_eq!(
        alerts(&window).rules.means(Some(SiteId(77)), Kind::NoAnswer),
        Means::default(),
        "not its own yet"
    );
    click(&mut window, "This site has rules of its own");
    click(&mut window, "No answer: Task bar");
    click(&mut window, "No answer: Notification");
    click(&mut window, "Sign-in failed: Sound");
    let rules = &alerts(&window).rules;
    // What has no column yet is as it was.
    let sound = Means {
        attention: false,
        notification: false,
        ..Means::default()
    };
    assert_eq!(rules.means(Some(SiteId(77)), Kind::NoAnswer), sound);
    assert_eq!(rules.means(Some(SiteId(77)), Kind::SignIn), Means::default());
    assert_eq!(rules.means(Some(sample::SITE), Kind::NoAnswer), Means::default());
    assert_eq!(rules.means(None, Kind::SignIn), quiet);
    click(&mut window, "This site has rules of its own");
    assert!(!alerts(&window).rules.has_own(SiteId(77)));
}

#[test]
fn quiet_hours_begin_as_the_night_and_take_times_of_day_alone() {
    for (language, quiet, from, saturday, problem) in [
        (
            Language::En,
            "Quiet hours",
            "From",
            "Sat",
            "Write a time of day as 22:00",
        ),
        (
            Language::Ja,
            "通知しない時間帯",
            "開始時刻",
            "土",
            "時刻は 22:00 のように入力してください",
        ),
    ] {
        let mut window = opened(language);
        let hours = |window: &Window| alerts(window).quiet_hours.map(|hours| hours.to_string());
        assert_eq!(hours(&window), None);
        click(&mut window, quiet);
        assert_eq!(hours(&window).as_deref(), Some("22:00-07:00"));
        fill(&mut window, from, "23:30");
        click(&mut window, saturday);
        assert_eq!(hours(&window).as_deref(), Some("23:30-07:00"));
        assert!(!alerts(&window).quiet_days.has(5) && alerts(&window).quiet_days.has(6));
        fill(&mut window, from, "25 o'clock");
        assert!(has(&window, problem));
        click(&mut window, saturday);
        assert_eq!(
            hours(&window).as_deref(),
            Some("23:30-07:00"),
            "what is no time changes nothing"
        );
        click(&mut window, quiet);
        assert_eq!(hours(&window), None);
    }
}

#[test]
fn try_it_calls_at_once_and_says_how_that_went() {
    for (language, button, sound, notification) in [
        (
            Language::En,
            "Try it",
            "Sound: this computer has no audio output that works",
            "Notification: done",
        ),
        (
            Language::Ja,
            "試す",
            "音：この PC に使用できる音声出力がありません",
            "デスクトップ通知：成功",
        ),
    ] {
        let mut window = opened(language);
        let before = AlertTrial {
            sound: Trying::Failed(SoundProblem::NoDevice),
            notification: Trying::Done,
        };
        window.state_mut().now.events.trial = Some(before);
        window.run();
        assert!(!has(&window, sound), "that was another time");
        click(&mut window, button);
        let asked = window
            .state()
            .sent
            .iter()
            .any(|command| matches!(command, Command::TryAlert));
        assert!(asked && has(&window, sound) && has(&window, notification));
        assert!(window.query_by_label(button).is_some());
    }
}

#[test]
fn a_rule_of_ones_own_is_made_with_a_name_hours_and_means_and_a_mistake_is_said_where_it_was_typed() {
    for (language, add, name, always, monday, wrong, border, opens, day_wrong, holidays, unnamed, nobody) in [
        (
            Language::En,
            "Add a rule",
            "Name",
            "Always",
            "Mon",
            "Write hours as 22:00-06:00, several with a blank between them.",
            "Border of the tile",
            "Open cameras",
            "“someday” is no day. Write 2026-12-29, 2026-12-29..2027-01-03 or 12-29..01-03.",
            "Holidays",
            "Rule 1",
            "everywhere · calls nobody",
        ),
        (
            Language::Ja,
            "ルールを追加",
            "名前",
            "常時",
            "月",
            "22:00-06:00 のように入力してください。複数の場合は空白で区切ります。",
            "タイルの枠",
            "カメラを表示する",
            "「someday」は日付として解釈できません。2026-12-29、2026-12-29..2027-01-03、12-29..01-03 のように入力してください。",
            "休日",
            "ルール 1",
            "すべての場所 · 通知なし",
        ),
    ] {
        let mut window = tall(language);
        click(&mut window, add);
        let rule = |window: &Window| alerts(window).own_rules[0].clone();
        assert_eq!(alerts(&window).own_rules.len(), 1);
        let camera = Subject::Device(device::DeviceId(1));
        let event = EventRecord::new(EventId(1), camera, Cause::NoAnswer, WallTime(0));
        let noon = LocalTime {
            weekday: 0,
            minute: 720,
            day: 4,
        };
        let calls = |window: &Window| alerts(window).decide(&event, noon).calls();
        assert!(calls(&window), "the table calls as before");
        assert!(!rule(&window).enabled && !has_part(&window, nobody));
        click(&mut window, unnamed);
        assert!(has_part(&window, nobody) && !calls(&window));
        fill(&mut window, name, "Night, everywhere");
        assert_eq!(rule(&window).name, "", "a comma is not kept");
        fill(&mut window, name, "Night");
        click(&mut window, border);
        click(&mut window, opens);
        click(&mut window, always);
        fill(&mut window, monday, "8-9");
        assert!(has(&window, wrong));
        fill(&mut window, monday, "22:00-06:00 12:00-13:00");
        assert!(!has(&window, wrong));
        fill(&mut window, holidays, "someday");
        assert!(has(&window, day_wrong));
        fill(&mut window, holidays, "12-29..01-03, 2027-05-10");
        assert!(!has(&window, day_wrong));
        // A field is taken over when it is left.
        fill(&mut window, name, "Night");
        assert_eq!(alerts(&window).holidays.len(), 2);
        let made = rule(&window);
        assert_eq!(
            (made.name.as_str(), made.border, made.view.is_some()),
            ("Night", true, true)
        );
        assert_eq!(made.when.day_text(0).as_deref(), Some("22:00-06:00 12:00-13:00"));
    }
}

#[test]
fn rules_of_ones_own_are_switched_moved_and_removed_and_one_that_is_not_understood_stays() {
    let mut window = tall(Language::En);
    let mut settings = window.state().settings().clone();
    settings.alerts.own_rules = ["name=A; means=mail", "hologram"].map(events::OwnRule::read).to_vec();
    window.state_mut().now.settings = std::sync::Arc::new(settings);
    window.run();
    assert!(has(&window, "Not understood, and kept as it is: hologram"));
    click(&mut window, "A");
    assert!(!alerts(&window).own_rules[0].enabled);
    click(&mut window, "Rule 2: Up");
    let texts: Vec<String> = alerts(&window).own_rules.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["hologram", "name=A; off; least=warning; means=mail"]);
    click(&mut window, "A: Remove");
    assert_eq!(alerts(&window).own_rules.len(), 1);
}
