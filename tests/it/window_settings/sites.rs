//! The editor of a site.

use egui::Key;
use monomi::bridge::{Command, WorkOrder};
use monomi::i18n::Language;

use super::rig::*;
use device::PlannedWork;

fn opened(language: Language, sites: &str, edit: &str) -> Window {
    let mut window = window(language, registry(&["Lobby"]));
    window.state_mut().dialog.open(monomi::ui::SettingsTab::Devices);
    window.run();
    click(&mut window, sites);
    click(&mut window, edit);
    window
}

#[test]
fn what_is_known_of_a_site_is_typed_checked_and_saved() {
    for (language, sites, edit, contact, page, feed, save, wrong) in [
        (
            Language::En,
            "Sites (1)",
            "Edit…",
            "Contact",
            "Status page",
            "Status feed",
            "Save",
            "A feed is read over https:// alone.",
        ),
        (
            Language::Ja,
            "拠点（1）",
            "編集…",
            "連絡先",
            "障害情報ページ",
            "障害情報フィード",
            "保存",
            "フィードは https:// のみ読み込めます。",
        ),
    ] {
        let mut window = opened(language, sites, edit);
        fill(&mut window, contact, "Sato 03-1234-5678");
        fill(&mut window, page, "https://status.example.jp/");
        fill(&mut window, feed, "http://status.example.jp/feed");
        click(&mut window, save);
        assert!(has(&window, wrong));
        assert!(window.state().sent.is_empty());
        fill(&mut window, feed, "https://status.example.jp/feed");
        click(&mut window, save);
        let [Command::EditSite(edit)] = &window.state().sent[..] else {
            panic!("{:?}", window.state().sent)
        };
        assert_eq!(edit.after.about.contact, "Sato 03-1234-5678");
        assert_eq!(
            edit.after.about.feed.as_ref().map(ToString::to_string).as_deref(),
            Some("https://status.example.jp/feed")
        );
        assert_eq!(edit.before.about, device::SiteAbout::default());
    }
}

#[test]
fn work_is_planned_at_once_and_a_time_that_cannot_be_is_said_beside_it() {
    let mut window = opened(Language::En, "Sites (1)", "Edit…");
    let order = |window: &Window| match window.state().sent.last() {
        Some(Command::PlanWork(_, order)) => Some(order.clone()),
        _ => None,
    };
    click(&mut window, "Now, for 4 h");
    assert_eq!(order(&window), Some(WorkOrder::For { minutes: 240 }));
    let sent = window.state().sent.len();
    fill(&mut window, "From, as 2026-12-01 22:00", "2999-02-30 22:00");
    fill(&mut window, "To, as 2026-12-02 05:00", "2999-03-02 05:00");
    click(&mut window, "Plan once");
    assert!(has(&window, "Write date and time as 2026-12-01 22:00."));
    fill(&mut window, "From, as 2026-12-01 22:00", "2999-03-03 22:00");
    click(&mut window, "Plan once");
    assert!(has(&window, "The end must be after the begin."));
    assert_eq!(window.state().sent.len(), sent, "nothing was sent");
    fill(&mut window, "From, as 2026-12-01 22:00", "2999-03-01 22:00");
    click(&mut window, "Plan once");
    assert!(matches!(
        order(&window),
        Some(WorkOrder::Between { from, to }) if (from.day, from.hour, to.day, to.hour) == (1, 22, 2, 5)
    ));
    fill(&mut window, "Hours, as 02:00-04:00", "02:00-04:00");
    click(&mut window, "Plan each week");
    assert!(has(&window, "Choose a day of the week."));
    click(&mut window, "Sun");
    click(&mut window, "Plan each week");
    let weekly = PlannedWork::read("weekly sun 02:00-04:00");
    assert_eq!(order(&window), Some(WorkOrder::Add(weekly)));
    key(&mut window, egui::Modifiers::NONE, Key::Escape);
    assert!(!has(&window, "Site Osaka"));
}
