//! What happened while nobody looked: the list, the badge that leads there, what counts as seen, and attention.

use std::sync::Arc;
use std::time::Duration;

use device::{DeviceId, SiteId};
use egui::accesskit::Role;
use egui::{Key, Modifiers, UserAttentionType, ViewportCommand, ViewportId};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use events::{Cause, End, EventId, EventRecord, Subject, Unwatched, WallTime};
use monomi::bridge::{Clock, Command, EngineState, ShownEvent};
use monomi::i18n::Language;

use super::rig::{WindowRig, WindowSetup, cameras};

/// Today at 08:00, as the engine states of the tests have it.
pub const EIGHT: u64 = 8 * 3_600_000;

pub fn clock(wall: WallTime) -> Clock {
    let seconds = wall.0 / 1_000;
    let part = |value: u64| u8::try_from(value).expect("a part of a day");
    Clock {
        year: 2026,
        month: 11,
        day: 21,
        hour: part(seconds / 3_600),
        minute: part(seconds / 60 % 60),
        second: part(seconds % 60),
    }
}

pub fn event(id: u64, minutes: u64, cause: Cause) -> EventRecord {
    EventRecord {
        name: "Old name".to_owned(),
        site: Some((SiteId(1), "本店".to_owned())),
        end: End::At(WallTime(EIGHT + (id + minutes) * 60_000)),
        ..EventRecord::new(
            EventId(id),
            Subject::Device(DeviceId(1)),
            cause,
            WallTime(EIGHT + id * 60_000),
        )
    }
}

/// Five events, the last of which lasts; two of them were seen.
pub fn happen(state: &mut EngineState) {
    let events = [
        EventRecord {
            seen: true,
            ..event(1, 2, Cause::SignIn)
        },
        EventRecord {
            subject: Subject::Site(SiteId(1)),
            name: "本店".to_owned(),
            devices: [DeviceId(1), DeviceId(2)].into(),
            ..event(2, 12, Cause::NoAnswer)
        },
        EventRecord {
            end: End::Unknown(WallTime(EIGHT + 20 * 60_000), Unwatched::ProgramEnded),
            seen: true,
            ..event(3, 0, Cause::NoAnswer)
        },
        EventRecord {
            subject: Subject::Channels(DeviceId(1)),
            channels: [2].into(),
            count: 4,
            ..event(25, 3, Cause::BrokenOff)
        },
        EventRecord {
            end: End::Lasts,
            ..event(40, 0, Cause::Refused)
        },
    ];
    publish(state, &events);
}

pub fn publish(state: &mut EngineState, events: &[EventRecord]) {
    let shown = |event: &EventRecord| ShownEvent {
        event: event.clone(),
        since: clock(event.since),
        until: event.until().map(clock),
    };
    state.events.list = Arc::new(events.iter().map(shown).collect());
    state.events.unseen = events.iter().filter(|event| !event.seen).count();
    state.events.now = WallTime(EIGHT + 65 * 60_000 + 42_000);
}

fn opened(language: Language) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(4)).open();
    rig.change(happen);
    rig
}

fn rows(rig: &WindowRig) -> Vec<String> {
    let rows = rig.harness.query_all_by(|node| node.role() == Role::Row);
    let labels = rows.filter_map(|row| row.accesskit_node().label());
    labels.filter(|label| label.contains("08:")).collect()
}

fn seen(rig: &WindowRig) -> Vec<Vec<u64>> {
    let seen = rig.sent().into_iter().filter_map(|command| match command {
        Command::SeeEvents(ids) => Some(ids.into_iter().map(|id| id.0).collect()),
        _ => None,
    });
    seen.collect()
}

#[test]
fn the_list_says_of_each_event_where_and_what_it_was_since_when_until_when_and_whether_it_was_seen() {
    let mut rig = opened(Language::En);
    rig.click("View");
    rig.click("Event log…");
    assert_eq!(
        rows(&rig),
        [
            "DVR: refused, since 08:40:00, until still, 25 min 42 s, not seen",
            "Cam 2 · DVR: broke off, 4 times, since 08:25:00, until 08:28:00, 3 min 00 s, not seen",
            "DVR: no answer, since 08:03:00, until not known (Monomi ended 08:20:00), at least 17 min 00 s, seen",
            "本店 (2 devices): no answer, since 08:02:00, until 08:14:00, 12 min 00 s, not seen",
            "DVR: sign-in failed, since 08:01:00, until 08:03:00, 2 min 00 s, seen",
        ]
    );
    let mut rig = opened(Language::Ja);
    rig.click("表示");
    rig.click("ログ閲覧…");
    let rows = rows(&rig);
    assert_eq!(
        rows[0],
        "DVR：接続拒否、開始 08:40:00、終了 継続中、25 分 42 秒、未確認"
    );
    assert_eq!(
        rows[2],
        "DVR：応答なし、開始 08:03:00、終了 不明（08:20:00 に Monomi を終了）、17 分 00 秒以上、確認済み"
    );
}

#[test]
fn the_badge_counts_what_nobody_has_seen_and_leads_to_the_list_in_full_screen_too() {
    for (language, badge, title) in [
        (Language::En, "3 events not seen", "Event log"),
        (Language::Ja, "未確認の出来事 3 件", "ログ閲覧"),
    ] {
        let mut rig = opened(language);
        rig.click(badge);
        assert!(rig.is_shown(title));
        rig.press(Key::Escape);
        assert!(!rig.is_shown(title));
        rig.press(Key::F11);
        rig.click(badge);
        assert!(rig.is_shown(title));
        rig.press(Key::Escape);
        rig.change(|state| state.events.unseen = 0);
        assert!(!rig.is_shown(badge), "nothing is left to see");
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
        rig.harness.run();
        assert!(rig.is_shown(title));
    }
}

#[test]
fn a_list_that_stands_open_sees_nothing_until_somebody_presses_a_key_or_clicks() {
    for language in Language::ALL {
        let mut rig = opened(language);
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
        rig.harness.run();
        for _ in 0..20 {
            rig.change(|state| state.now += Duration::from_secs(1));
        }
        // What comes in meanwhile is not seen either.
        rig.change(|state| {
            let mut events: Vec<EventRecord> = state.events.list.iter().map(|shown| shown.event.clone()).collect();
            events.push(event(50, 1, Cause::NoAnswer));
            publish(state, &events);
        });
        assert!(seen(&rig).is_empty());
        rig.press(Key::ArrowDown);
        assert_eq!(seen(&rig), [[50, 40, 25, 2]]);
        rig.press(Key::ArrowDown);
        assert_eq!(seen(&rig).len(), 1, "the engine has not said yet that they are seen");
    }
    let mut rig = opened(Language::En);
    rig.click("3 events not seen");
    seen(&rig);
    rig.harness.hover_at(egui::pos2(640.0, 300.0));
    rig.harness.run();
    assert!(seen(&rig).is_empty(), "a mouse that is bumped sees nothing");
    rig.harness.get_by_label("Event log").click();
    rig.harness.run();
    assert_eq!(seen(&rig), [[40, 25, 2]]);
}

#[test]
fn what_is_out_of_sight_is_not_seen_but_can_be_marked_as_seen() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    rig.change(|state| {
        let events: Vec<EventRecord> = (0..60).map(|id| event(id, 1, Cause::NoAnswer)).collect();
        publish(state, &events);
    });
    rig.click("60 events not seen");
    rig.press(Key::ArrowDown);
    let first: Vec<u64> = seen(&rig).concat();
    assert!((10..30).contains(&first.len()), "{first:?}");
    assert!(first.contains(&59) && !first.contains(&0));
    rig.click("Mark all as seen");
    let sent = rig.sent();
    assert!(sent.iter().any(|command| matches!(command, Command::SeeAllEvents)));
}

#[test]
fn a_row_leads_to_its_tile_or_to_the_tree() {
    let mut rig = opened(Language::En);
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    rig.harness.run();
    rig.click("Cam 2 · DVR: broke off, 4 times, since 08:25:00, until 08:28:00, 3 min 00 s, not seen");
    assert!(!rig.is_shown("Mark all as seen"));
    let wall = &rig.harness.state().view().wall;
    assert_eq!(wall.selected_channel().map(|channel| channel.number), Some(2));
    // By keys, and with nothing on the wall.
    rig.click("View");
    rig.click("Clear all pages");
    rig.press(Key::F9);
    assert!(!rig.harness.state().view().tree.open);
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    rig.harness.run();
    rig.press(Key::ArrowDown);
    rig.press(Key::Enter);
    assert!(rig.harness.state().view().tree.open && !rig.is_shown("Mark all as seen"));
}

#[test]
fn an_empty_list_says_what_will_be_in_it_and_leads_to_the_alerts() {
    for (language, empty, alerts, sound) in [
        (
            Language::En,
            "Nothing happened. A trouble that lasts for 30 s is listed here.",
            "Alerts…",
            "Until someone has seen it",
        ),
        (
            Language::Ja,
            "出来事はありません。30 秒以上続いた障害をここに表示します。",
            "通知の設定…",
            "確認するまで繰り返す",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
        rig.harness.run();
        assert!(rig.is_shown(empty));
        rig.click(alerts);
        assert!(rig.is_shown(sound) && !rig.is_shown(empty));
    }
}

#[test]
fn the_window_asks_for_attention_once_for_each_call_and_not_while_somebody_works_in_it() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let asked = |rig: &mut WindowRig, focused: bool| {
        rig.system_says(|window| window.focused = Some(focused));
        let mut state = (*rig.engine.state()).clone();
        state.events.attention += 1;
        rig.engine.publish(state);
        let mut asked = 0;
        for _ in 0..4 {
            rig.harness.step();
            let output = rig.harness.output();
            let commands = &output.viewport_output[&ViewportId::ROOT].commands;
            let ask = ViewportCommand::RequestUserAttention(UserAttentionType::Critical);
            asked += commands.iter().filter(|command| **command == ask).count();
        }
        asked
    };
    assert_eq!(asked(&mut rig, false), 1);
    assert_eq!(asked(&mut rig, false), 1);
    assert_eq!(asked(&mut rig, true), 0);
}

#[test]
fn a_key_or_a_click_at_a_kiosk_ends_the_sound_and_elsewhere_it_does_not() {
    for kiosk in [true, false] {
        let mut setup = WindowSetup::new(Language::En, cameras(4));
        setup.kiosk = kiosk.then(Arc::default);
        let mut rig = setup.open();
        let told = rig
            .sent()
            .iter()
            .any(|command| matches!(command, Command::InKiosk(true)));
        assert_eq!(told, kiosk);
        let hushed = |rig: &WindowRig| rig.sent().iter().any(|command| matches!(command, Command::HushAlerts));
        rig.press(Key::ArrowRight);
        assert!(!hushed(&rig), "nothing sounds");
        rig.change(|state| state.events.sounding = true);
        assert!(!hushed(&rig), "nobody is there");
        rig.press(Key::ArrowRight);
        assert_eq!(hushed(&rig), kiosk);
        rig.harness.get_by_label_contains("Tile 1:").click();
        rig.harness.run();
        assert_eq!(hushed(&rig), kiosk);
    }
}

#[test]
fn passers_by_see_neither_badge_nor_list() {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.kiosk = Some(Arc::default());
    let mut rig = setup.open();
    rig.change(happen);
    assert!(!rig.is_shown("3 events not seen"));
    rig.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    rig.harness.run();
    assert!(!rig.is_shown("Event log"));
}
