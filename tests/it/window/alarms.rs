//! What alarms open: cameras in a window of their own, beside what the operator watches, and how to be rid of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use device::{ChannelId, DeviceId};
use egui::{Context, Key};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use events::{AlarmView, Cause, End, EventId, EventRecord};
use monomi::bridge::{Command, EngineState, OpenAlarm, ProfileAnswer, ProfileOutcome, ShownEvent, TileState};
use monomi::i18n::Language;
use wall::Views;

use super::events::{clock, event};
use super::rig::{WindowRig, WindowSetup, cameras, set_streams, two_views};

fn camera(number: u16) -> ChannelId {
    ChannelId {
        device: DeviceId(1),
        number,
    }
}

fn alarm(id: u64, cause: Cause, numbers: &[u16], view: AlarmView) -> OpenAlarm {
    let record = EventRecord {
        end: End::Lasts,
        ..event(id, 0, cause)
    };
    OpenAlarm {
        about: ShownEvent {
            since: clock(record.since),
            until: None,
            event: record,
        },
        cameras: numbers.iter().map(|number| camera(*number)).collect(),
        view,
    }
}

fn with(rig: &mut WindowRig, alarms: Vec<OpenAlarm>) {
    rig.change(|state: &mut EngineState| state.events.alarms = Arc::new(alarms));
    rig.harness.run();
}

fn buttons(rig: &WindowRig, text: &str) -> Vec<String> {
    let found = rig.harness.query_all_by(|node| {
        let label = node.label();
        label.is_some_and(|label| label.ends_with(text))
    });
    found.filter_map(|node| node.accesskit_node().label()).collect()
}

fn dismissed(rig: &WindowRig) -> Vec<Vec<u64>> {
    let sent = rig.sent().into_iter().filter_map(|command| match command {
        Command::DismissAlarms(ids) => Some(ids.into_iter().map(|EventId(id)| id).collect()),
        _ => None,
    });
    sent.collect()
}

fn replacing() -> AlarmView {
    let mut view = AlarmView::of_event();
    view.replaces = true;
    view
}

#[test]
fn several_alarms_add_up_and_each_is_dismissed_by_button_or_key() {
    for (language, dismiss, all) in [
        (Language::En, ": Dismiss", "Dismiss all"),
        (Language::Ja, "：閉じる", "すべて閉じる"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(4)).open();
        let first = || alarm(40, Cause::Refused, &[1], replacing());
        with(&mut rig, vec![first()]);
        assert_eq!(buttons(&rig, dismiss).len(), 1);
        assert!(!rig.is_shown(all));
        with(
            &mut rig,
            vec![first(), alarm(41, Cause::NoAnswer, &[2, 3], replacing())],
        );
        assert_eq!(buttons(&rig, dismiss).len(), 2);
        assert_eq!(places(&rig), [camera(1), camera(2), camera(3)]);
        rig.press(Key::Backspace);
        rig.click(all);
        let newest = buttons(&rig, dismiss)[0].clone();
        rig.click(&newest);
        assert_eq!(dismissed(&rig), [vec![41], vec![40, 41], vec![41]]);
        with(&mut rig, Vec::new());
        assert_eq!(buttons(&rig, dismiss), [""; 0]);
    }
}

fn places(rig: &WindowRig) -> Vec<ChannelId> {
    let wall = &rig.harness.state().view().wall;
    wall.places().iter().flatten().map(|placed| placed.channel).collect()
}

#[test]
fn an_alarm_opens_a_window_of_its_own_that_is_not_saved_and_to_close_it_is_to_dismiss_it() {
    let titles: Arc<Mutex<Vec<String>>> = Arc::default();
    let closes: Arc<AtomicBool> = Arc::default();
    let (seen, close) = (Arc::clone(&titles), Arc::clone(&closes));
    Context::set_immediate_viewport_renderer(move |ctx, mut viewport| {
        seen.lock().unwrap().extend(viewport.builder.title.clone());
        let mut info = egui::ViewportInfo::default();
        if close.load(Ordering::Relaxed) {
            info.events.push(egui::ViewportEvent::Close);
        }
        let input = egui::RawInput {
            viewport_id: viewport.ids.this,
            viewports: std::iter::once((viewport.ids.this, info)).collect(),
            ..egui::RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| (viewport.viewport_ui_cb)(ui));
        output.textures_delta.clear();
    });
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.further_windows = true;
    let mut rig = setup.open();
    let before = rig.harness.state().view().wall.clone();
    let of_event = alarm(40, Cause::Refused, &[3], AlarmView::of_event());
    with(&mut rig, vec![of_event.clone()]);
    assert!(titles.lock().unwrap().contains(&"Alarm — Monomi".to_owned()));
    assert_eq!(rig.harness.state().view().wall, before, "what is watched stays");
    rig.change(|state| state.now += std::time::Duration::from_secs(60));
    let saved = rig.sent().into_iter().any(|command| match command {
        Command::SaveWindows(windows) => windows.len() != 1,
        _ => false,
    });
    assert!(!saved, "a window of an alarm is never saved");
    // By itself, when it is over.
    with(&mut rig, Vec::new());
    titles.lock().unwrap().clear();
    rig.harness.run();
    assert_eq!(*titles.lock().unwrap(), [""; 0]);
    // By a person, who closes the window.
    with(&mut rig, vec![of_event]);
    closes.store(true, Ordering::Relaxed);
    rig.harness.run();
    rig.harness.step();
    assert_eq!(dismissed(&rig).first(), Some(&vec![40]));
}

#[test]
fn what_is_watched_gives_way_only_where_the_rule_says_so_and_comes_back() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let before = rig.harness.state().view().wall.clone();
    with(&mut rig, vec![alarm(40, Cause::Refused, &[3], replacing())]);
    assert_eq!(places(&rig), [camera(3)]);
    rig.click("DVR: refused: Dismiss");
    assert_eq!(dismissed(&rig), [vec![40]]);
    with(&mut rig, Vec::new());
    assert_eq!(rig.harness.state().view().wall, before);
}

#[test]
fn a_tour_waits_behind_what_an_alarm_shows() {
    let mut setup = WindowSetup::new(Language::En, cameras(4));
    setup.state.views = Arc::new(two_views());
    set_streams(&mut setup.state, |_| Some(TileState::Live));
    let mut rig = setup.open();
    rig.press(Key::T);
    with(&mut rig, vec![alarm(40, Cause::Refused, &[4], replacing())]);
    for _ in 0..25 {
        rig.change(|state| state.now += std::time::Duration::from_secs(1));
        assert_eq!(places(&rig), [camera(4)]);
    }
    with(&mut rig, Vec::new());
    assert_ne!(places(&rig), [camera(4)]);
}

#[test]
fn what_is_restored_while_an_alarm_is_open_is_there_when_that_is_over() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    with(&mut rig, vec![alarm(40, Cause::Refused, &[3], replacing())]);
    let mut window = rig.harness.state().view().clone();
    window.wall.show(&[camera(2)], None);
    let wall = window.wall.clone();
    let outcome = ProfileOutcome::Restored {
        views: Views::default(),
        windows: vec![window],
        without: Vec::new(),
    };
    rig.change(|state| {
        let outcome = Ok(outcome);
        state.profile = Some(Arc::new(ProfileAnswer { id: 1, outcome }));
    });
    rig.harness.run();
    assert_eq!(places(&rig), [camera(3)], "the alarm is open still");
    assert_eq!(dismissed(&rig), [[0_u64; 0]; 0]);
    with(&mut rig, Vec::new());
    assert_eq!(rig.harness.state().view().wall.places(), wall.places());
}

#[test]
fn a_camera_that_an_alarm_is_about_has_a_border_that_is_said() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    let said = |rig: &WindowRig| {
        let found = rig.harness.query_all_by(|node| {
            let description = node.description();
            description.is_some_and(|text| text == "An alarm is about this camera")
        });
        found.count()
    };
    assert_eq!(said(&rig), 0);
    rig.change(|state| state.events.bordered = Arc::new([camera(2)].into()));
    rig.harness.run();
    assert_eq!(said(&rig), 1);
}
