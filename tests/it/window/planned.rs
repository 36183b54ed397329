//! Planned work and what a person wrote down of a site: in the tree, in the menu of the site, on the panel of an outage.

use std::sync::Arc;

use device::{DeviceId, PlannedWork, Registry, SiteDraft, WorkPlan};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use health::HealthRecord;
use monomi::bridge::{Clock, Command, EngineState, FeedFault, FeedShown, WorkOrder, WorkShown};
use monomi::i18n::Language;
use reconnect::{FailureKind, SiteState, Stage};

use super::rig::{WindowRig, WindowSetup};
use super::trouble::{fails, fleet, site_is};

/// The first site has a contact, a note and a page, and a plan.
fn known() -> Registry {
    let mut registry = fleet();
    let site = &mut registry.sites[0];
    let typed = SiteDraft {
        note: "鍵は管理人室".to_owned(),
        contact: "山田 06-1234-5678".to_owned(),
        page: "https://status.example.jp/".to_owned(),
        feed: String::new(),
    };
    site.about = typed.parse(&site.about).unwrap();
    site.about.work = WorkPlan::of(vec![PlannedWork::read("weekly sun 02:00-04:00")]);
    registry
}

fn is_down(state: &mut EngineState) {
    fails(state, FailureKind::Timeout, Stage::Connect, |device| device < 3);
    site_is(state, 0, SiteState::Outage);
}

fn is_worked_at(state: &mut EngineState) {
    let until = Clock {
        hour: 14,
        minute: 0,
        ..state.clock
    };
    let shown = WorkShown {
        until: Some(until),
        times: vec![None],
    };
    state.planned = Arc::new([(state.registry.sites[0].id, shown)].into());
}

fn texts(rig: &WindowRig) -> Vec<String> {
    let all = rig.harness.query_all(egui_kittest::kittest::by());
    let said = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value())
    };
    all.filter_map(said).collect()
}

fn says(rig: &WindowRig, part: &str) -> bool {
    texts(rig).iter().any(|text| text.contains(part))
}

/// A window in which a panel has room for all that is to be said.
fn large(language: Language) -> WindowRig {
    let mut setup = WindowSetup::new(language, known());
    setup.size = [2560.0, 1440.0];
    let mut rig = setup.open();
    rig.press(Key::Num4);
    rig
}

#[test]
fn the_tree_and_the_panel_say_until_when_somebody_works_there_and_whom_to_call() {
    for (language, planned, contact, open) in [
        (
            Language::En,
            "Planned work until 14:00",
            "Contact: 山田 06-1234-5678",
            "Open the status page",
        ),
        (
            Language::Ja,
            "計画作業中（14:00 まで）",
            "連絡先：山田 06-1234-5678",
            "障害情報ページを開く",
        ),
    ] {
        let mut rig = large(language);
        rig.change(is_down);
        assert!(!says(&rig, planned));
        assert!(
            rig.is_shown(contact) && rig.is_shown("鍵は管理人室"),
            "{:?}",
            texts(&rig)
        );
        let link = rig.harness.get_by_role_and_label(Role::Link, open);
        link.click();
        rig.harness.run();
        rig.change(is_worked_at);
        let row = texts(&rig)
            .into_iter()
            .filter(|text| text.starts_with("大阪") && text.contains(planned));
        assert!(row.count() >= 1, "the line of the tree: {:?}", texts(&rig));
        let panel = texts(&rig).into_iter().any(|text| text.starts_with(planned));
        assert!(panel, "the panel: {:?}", texts(&rig));
    }
}

#[test]
fn work_begins_and_ends_from_the_menu_of_the_site() {
    for (language, menu, two, end, edit, title) in [
        (
            Language::En,
            "Planned work",
            "Now, for 2 h",
            "End planned work",
            "Edit site…",
            "Site 大阪",
        ),
        (
            Language::Ja,
            "計画作業",
            "今から 2 時間",
            "計画作業を終了",
            "拠点を編集…",
            "拠点「大阪」",
        ),
    ] {
        let mut rig = WindowSetup::new(language, known()).open();
        let open = |rig: &mut WindowRig, entries: &[&str]| {
            let is_row = |label: String| label.split([',', '、', '：']).next() == Some("大阪");
            let row = rig
                .harness
                .get_by(|node| node.role() == Role::TreeItem && node.label().is_some_and(is_row));
            row.click_secondary();
            rig.harness.run();
            for entry in entries {
                rig.click(entry);
            }
        };
        open(&mut rig, &[menu, two]);
        let site = rig.engine.state().registry.sites[0].id;
        let ordered = |rig: &WindowRig| {
            rig.sent().into_iter().find_map(|command| match command {
                Command::PlanWork(at, order) if at == site => Some(order),
                _ => None,
            })
        };
        assert_eq!(ordered(&rig), Some(WorkOrder::For { minutes: 120 }));
        rig.change(is_worked_at);
        open(&mut rig, &[menu, end]);
        assert_eq!(ordered(&rig), Some(WorkOrder::End));
        open(&mut rig, &[edit]);
        assert!(says(&rig, title), "{:?}", texts(&rig));
    }
}

#[test]
fn the_panel_says_what_the_status_feed_says_or_why_it_was_not_read() {
    for (language, said, policy) in [
        (
            Language::En,
            "Status feed: 回線障害 (10:30)",
            "Internal network only forbids status.example.jp, so that its status feed is not read.",
        ),
        (
            Language::Ja,
            "障害情報：回線障害（10:30）",
            "「内部ネットワークのみ」の設定により status.example.jp に接続できないため、障害情報を読み込みません。",
        ),
    ] {
        let mut rig = large(language);
        let shown = |state: &mut EngineState, title: Option<&str>, fault| {
            let at = Clock {
                hour: 10,
                minute: 30,
                ..state.clock
            };
            let feed = FeedShown {
                server: "status.example.jp".to_owned(),
                title: title.map(str::to_owned),
                at: title.map(|_| at),
                read: title.map(|_| at),
                fault,
            };
            state.feeds = Arc::new([(state.registry.sites[0].id, feed)].into());
        };
        rig.change(|state| {
            is_down(state);
            shown(state, Some("回線障害"), None);
        });
        assert!(rig.is_shown(said), "{:?}", texts(&rig));
        rig.change(|state| shown(state, None, Some(FeedFault::Policy)));
        assert!(rig.is_shown(policy), "{:?}", texts(&rig));
    }
}

#[test]
fn what_was_changed_of_a_device_that_is_down_waits_for_its_next_contact() {
    for (language, waits) in [
        (
            Language::En,
            "What was changed of it since its last pictures waits for the next contact.",
        ),
        (
            Language::Ja,
            "最後に映像を受信した後の変更は、次に接続できたときに有効になります。",
        ),
    ] {
        let mut rig = large(language);
        let with_print = |state: &mut EngineState, differs: u64| {
            fails(state, FailureKind::Refused, Stage::Connect, |device| device == 1);
            let print = state.registry.devices[0].contact_print();
            let mut record = HealthRecord::default();
            record.reached_as = Some(print ^ differs);
            state.health = Arc::new([(DeviceId(1), Arc::new(record))].into());
        };
        rig.change(|state| with_print(state, 0));
        assert!(!says(&rig, waits));
        rig.change(|state| with_print(state, 1));
        assert!(says(&rig, waits), "{:?}", texts(&rig));
    }
}
