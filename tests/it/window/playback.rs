//! Recorded pictures in a tile: the key that opens them, the bar, what is pressed and typed, and that nothing looks live that is not.

use std::sync::Arc;

use archive::{Doing, Judgement, RecordingKind, SignedDuration, Span, Speed, Stretch, TimeZone, Timeline, Timestamp};
use device::{ChannelId, DeviceId};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, EngineState, FrameClock, PlaybackStatus, PlaybackTrouble, PlaybackWish, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{WindowRig, WindowSetup, cameras, set_streams, status};

const CHANNEL: ChannelId = ChannelId {
    device: DeviceId(1),
    number: 1,
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn playback(state: &EngineState) -> PlaybackStatus {
    let zone = TimeZone::posix("JST-9").unwrap();
    let mark = at("2026-11-28T00:12:00Z");
    let clock = FrameClock::default();
    clock.set(mark.as_millisecond(), true);
    let mut timeline = Timeline::default();
    let stretch = |from: &str, to: &str| Stretch::new(at(from), at(to)).unwrap();
    let span = |from, to, kind| Span {
        stretch: stretch(from, to),
        kind,
    };
    timeline.take(
        stretch("2026-11-27T15:00:00Z", "2026-11-28T06:00:00Z"),
        at("2026-11-28T06:00:00Z"),
        &[
            span(
                "2026-11-27T15:00:00Z",
                "2026-11-28T05:00:00Z",
                RecordingKind::Continuous,
            ),
            span("2026-11-28T00:10:00Z", "2026-11-28T01:00:00Z", RecordingKind::Motion),
            span("2026-11-28T03:00:00Z", "2026-11-28T03:30:00Z", RecordingKind::Alarm),
        ],
    );
    PlaybackStatus {
        stream: status(state, TileState::Live, std::time::Duration::ZERO),
        doing: Doing::Playing,
        asked: mark,
        mark,
        clock: Arc::new(clock),
        speed: Speed::default(),
        other_speed: None,
        paused: false,
        gap: None,
        judgement: Some(Judgement::AsAsked),
        clock_offset: None,
        trouble: None,
        timeline: Arc::new(timeline),
        search: monomi::bridge::PlaybackSearch::NotAsked,
        zone,
        now: at("2026-11-28T08:00:00Z"),
    }
}

fn set(rig: &mut WindowRig, change: impl FnOnce(&mut PlaybackStatus)) {
    rig.change(|state| {
        let mut status = playback(state);
        change(&mut status);
        state.playbacks = Arc::new([(CHANNEL, Arc::new(status))].into());
    });
}

fn open(language: Language) -> WindowRig {
    let mut rig = WindowSetup::new(language, cameras(1)).open();
    rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
    rig.sent();
    rig
}

fn wishes(rig: &WindowRig) -> Vec<PlaybackWish> {
    let of_channel = |command| match command {
        // What is looked at is told beside what is done.
        Command::Playback(_, PlaybackWish::Look(_)) => None,
        Command::Playback(channel, wish) if channel == CHANNEL => Some(wish),
        _ => None,
    };
    rig.sent().into_iter().filter_map(of_channel).collect()
}

#[test]
fn one_key_leads_to_the_recordings_and_back() {
    let mut rig = open(Language::En);
    rig.press(Key::B);
    assert_eq!(wishes(&rig), [PlaybackWish::Open(None)]);
    // Nothing else means anything while live pictures are shown.
    for key in [Key::Space, Key::Period, Key::J, Key::L] {
        rig.press(key);
    }
    assert_eq!(wishes(&rig), []);
    set(&mut rig, |_| {});
    for key in [Key::Space, Key::Period, Key::L, Key::J, Key::K, Key::B] {
        rig.press(key);
    }
    let usual = Speed::default();
    assert_eq!(
        wishes(&rig),
        [
            PlaybackWish::Pause(true),
            PlaybackWish::Step,
            PlaybackWish::Speed(usual.faster()),
            PlaybackWish::Speed(usual.slower()),
            PlaybackWish::Speed(usual.reversed()),
            PlaybackWish::Close,
        ]
    );
}

#[test]
fn a_playback_ends_with_its_tile() {
    let mut rig = open(Language::En);
    set(&mut rig, |_| {});
    assert_eq!(wishes(&rig), []);
    rig.press(Key::Delete);
    assert!(wishes(&rig).contains(&PlaybackWish::Close));
}

#[test]
fn a_tile_that_plays_back_says_so_and_shows_the_time_of_its_picture() {
    for (language, tile, pause) in [
        (Language::En, "Recording of 2026-11-28 09:12:00", "Pause (Space)"),
        (Language::Ja, "録画 2026-11-28 09:12:00", "一時停止 (スペース)"),
    ] {
        let mut rig = open(language);
        set(&mut rig, |_| {});
        let label = rig.tiles().remove(0);
        assert!(label.contains(tile), "{label}");
        assert!(rig.is_shown(pause));
        rig.click(pause);
        assert_eq!(wishes(&rig), [PlaybackWish::Pause(true)]);
    }
}

#[test]
fn a_press_on_the_bar_seeks_and_the_wheel_zooms_it() {
    let mut rig = open(Language::En);
    set(&mut rig, |_| {});
    let bar = |rig: &WindowRig| {
        let bar = rig
            .harness
            .get_by(|node| node.label().is_some_and(|label| label.starts_with("Recordings from")));
        (bar.rect(), bar.accesskit_node().label().unwrap())
    };
    let (rect, said) = bar(&rig);
    assert_eq!(
        said,
        "Recordings from 2026-11-28 00:00:00 to 2026-11-29 00:00:00; the mark is at 2026-11-28 09:12:00"
    );
    let press = |rig: &mut WindowRig, at: egui::Pos2| {
        rig.harness.event(egui::Event::PointerMoved(at));
        rig.harness.run();
        for pressed in [true, false] {
            rig.harness.event(egui::Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
        }
        rig.harness.run();
    };
    press(&mut rig, rect.center());
    let sought = wishes(&rig);
    let [PlaybackWish::Seek(at_noon), ..] = sought[..] else {
        panic!("{sought:?}")
    };
    let off = at_noon.duration_since(at("2026-11-28T03:00:00Z"));
    assert!(off.abs() < SignedDuration::from_mins(5), "{at_noon}");
    for _ in 0..60 {
        rig.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, 50.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        rig.harness.run();
    }
    let (_, zoomed) = bar(&rig);
    let ends = zoomed
        .strip_prefix("Recordings from ")
        .and_then(|rest| rest.split_once("; "));
    let (from, to) = ends.and_then(|(ends, _)| ends.split_once(" to ")).expect("from and to");
    let time = |text: &str| at(&format!("{}+09:00", text.replace(' ', "T")));
    let (from, to) = (time(from), time(to));
    let off = to.duration_since(from) - archive::SHORTEST_VIEW;
    assert!(off.abs() <= SignedDuration::from_secs(1), "{zoomed}");
    let noon = at("2026-11-28T03:00:00Z");
    assert!(from <= noon && noon < to, "{zoomed}");
}

#[test]
fn a_typed_time_is_jumped_to_and_what_is_none_is_said_at_the_field() {
    let mut rig = open(Language::En);
    set(&mut rig, |_| {});
    let field = rig.harness.get_by_label("Jump to a time");
    field.focus();
    field.type_text("14:30");
    rig.harness.run();
    rig.press(Key::Enter);
    assert_eq!(wishes(&rig), [PlaybackWish::Seek(at("2026-11-28T05:30:00Z"))]);
    let field = rig.harness.get_by_label("Jump to a time");
    field.focus();
    field.type_text("noon");
    rig.harness.run();
    rig.press(Key::Enter);
    assert_eq!(wishes(&rig), []);
    let said = "This is no time. Write 9:12, 9:12:30 or 2026-11-28 9:12.";
    assert!(
        rig.painted().iter().any(|text| text.contains("This is no time")),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_said_under_the_bar() {
    let mut rig = open(Language::En);
    let wall = |text: &str| at(text);
    set(&mut rig, |status| status.trouble = Some(PlaybackTrouble::Full));
    assert!(
        rig.painted()
            .iter()
            .any(|text| text.starts_with("The recorder has no free playback"))
    );
    // Whoever has not answered yet has not stopped, and a refusal is named.
    let connecting = TileState::Connecting {
        stage: Stage::Connect,
        since: None,
    };
    let refused = TileState::SignInFailed {
        failure: Failure {
            kind: FailureKind::Auth,
            stage: Stage::Describe,
            detail: String::new(),
        },
        next_try: None,
    };
    let silent = "The recorder sends nothing any more";
    for (state, said) in [
        (connecting, "Connecting to the recorder for its recordings…"),
        (refused, "The device does not accept the user or the password"),
    ] {
        set(&mut rig, |status| {
            status.doing = Doing::Silent;
            status.stream.state = state;
        });
        let painted = rig.painted();
        assert!(painted.iter().any(|text| text.contains(said)), "{painted:?}");
        assert!(!painted.iter().any(|text| text.contains(silent)), "{painted:?}");
    }
    set(&mut rig, |status| status.doing = Doing::Silent);
    assert!(rig.painted().iter().any(|text| text.contains(silent)));
    set(&mut rig, |status| status.doing = Doing::Ended);
    assert!(rig.is_shown("The recording ends here."));
    set(&mut rig, |status| {
        status.judgement = Some(Judgement::OffBy(SignedDuration::from_hours(-1)));
    });
    let said =
        "The recorder plays another time: 2026-11-28 09:12:00 was asked for, and it began at 2026-11-28 08:12:00.";
    assert!(rig.is_shown(said));
    set(&mut rig, |status| {
        status.gap = Stretch::new(wall("2026-11-28T00:00:00Z"), wall("2026-11-28T00:10:00Z"));
    });
    assert!(rig.is_shown("Nothing was recorded from 2026-11-28 09:00:00 to 2026-11-28 09:10:00."));
    set(&mut rig, |status| status.clock.set(status.mark.as_millisecond(), false));
    assert!(rig.tiles()[0].contains("Recording of about 2026-11-28 09:12:00"));
}

#[test]
fn a_tile_that_plays_a_recording_is_not_counted_as_live_and_says_the_whole_date_only_where_it_needs_it() {
    for (language, all, none, recorded) in [
        (
            Language::En,
            "1 / 1 tiles live",
            "0 / 1 tiles live",
            "1 tile plays a recording",
        ),
        (
            Language::Ja,
            "1 / 1 タイルがライブ",
            "0 / 1 タイルがライブ",
            "1 タイルが録画を再生",
        ),
    ] {
        let mut rig = open(language);
        assert!(rig.harness.query_by_label(all).is_some());
        set(&mut rig, |_| {});
        for said in [none, recorded] {
            assert!(rig.harness.query_by_label(said).is_some(), "{said}");
        }
        assert!(rig.harness.query_by_label(all).is_none());
    }
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
    set(&mut rig, |_| {});
    assert!(rig.harness.query_by_label("11-28 09:12:00").is_some(), "another day");
    rig.change(|state| (state.clock.year, state.clock.month, state.clock.day) = (2026, 11, 28));
    assert!(rig.harness.query_by_label("09:12:00").is_some(), "today");
}
