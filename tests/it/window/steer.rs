//! Steering the camera of a tile: the ring under the pointer, the keys, the wheel, the presets, and that nothing is held longer than a
//! hand holds it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use device::{ChannelId, ChannelPaths, Device, DeviceId, OnvifPlace, Paths, Registry};
use egui::{Event, Key, PointerButton, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{
    Command, Motion, PtzLink, PtzStatus, PtzWish, SteeringDoing, SteeringTrouble, SteeringView, TileState, Velocity,
};
use monomi::i18n::Language;
use onvif::{Preset, PresetTour, PtzOffer, ServiceFunction, TourOrder};
use reconnect::{Failure, FailureKind, Stage};

use super::rig::{WindowRig, WindowSetup, device, picture, registry, set_streams};
use super::screens::shoot;

const STEERED: ChannelId = ChannelId {
    device: DeviceId(1),
    number: 1,
};

const RING: [(Language, &str); 2] = [
    (Language::En, "Steer: press an arrow, or drag from the middle"),
    (Language::Ja, "カメラの操作：矢印を押すか、中央からドラッグします"),
];

const STEER: &str = "Steer the camera (PTZ) (P)";

/// Four channels, of which the first one can be steered.
fn domes() -> Registry {
    let paths = |number: u16| ChannelPaths {
        main: format!("/{number}").parse().unwrap(),
        sub: None,
        ptz: (number == 1).then(|| "main1".to_owned()),
    };
    registry(&[Device {
        paths: Paths::Listed((1..=4).map(paths).collect()),
        onvif: Some(OnvifPlace::default()),
        ..device(1, "NVR", &["Gate", "Yard", "Hall", "Dock"])
    }])
}

fn opened(setup: WindowSetup) -> WindowRig {
    let mut rig = setup.open();
    rig.change(|state| {
        set_streams(state, |_| Some(TileState::Live));
        for (stream, status) in state.streams.iter() {
            status.slot.set_source(1280, 720);
            status.slot.publish(picture(stream.channel.number, 320, 180));
        }
    });
    rig.sent();
    rig
}

fn open(language: Language) -> WindowRig {
    opened(WindowSetup::new(language, domes()))
}

fn tile_centre(rig: &WindowRig, number: usize) -> Pos2 {
    let label = rig.tiles()[number - 1].clone();
    rig.harness.get_by_label(&label).rect().center()
}

fn hover(rig: &mut WindowRig, at: Pos2) {
    rig.harness.hover_at(at);
    rig.harness.run_steps(2);
}

fn pointer(rig: &mut WindowRig, at: Pos2, pressed: bool) {
    rig.harness.event(Event::PointerMoved(at));
    rig.harness.event(Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    });
    rig.harness.run_steps(2);
}

fn key(rig: &mut WindowRig, key: Key, pressed: bool) {
    rig.harness.event(Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    });
    rig.harness.run_steps(2);
}

/// What the engine was asked for the steered camera since the last call.
fn wishes(rig: &WindowRig) -> Vec<PtzWish> {
    let of = |command| match command {
        Command::Ptz(channel, wish) => {
            assert_eq!(channel, STEERED);
            Some(wish)
        }
        _ => None,
    };
    rig.sent().into_iter().filter_map(of).collect()
}

fn velocity(wish: &PtzWish) -> Velocity {
    match wish {
        PtzWish::Hold(Motion::Turn(velocity)) => *velocity,
        other => panic!("{other:?}"),
    }
}

fn preset(token: &str, name: &str, number: u16, service: Option<ServiceFunction>) -> Preset {
    Preset {
        token: token.to_owned(),
        name: name.to_owned(),
        number: Some(number),
        service,
    }
}

fn known() -> PtzStatus {
    PtzStatus {
        view: SteeringView {
            doing: SteeringDoing::Still,
            offer: Some(PtzOffer {
                pan_tilt: true,
                zoom: true,
                focus: true,
                tours: true,
            }),
            presets: Some(vec![
                preset("1", "Gate 門", 1, None),
                preset("2", "", 2, None),
                preset("94", "", 94, Some(ServiceFunction::Reboot)),
            ]),
            tours: vec![PresetTour {
                token: "t".to_owned(),
                name: "Night".to_owned(),
                on: false,
            }],
            ..SteeringView::default()
        },
        link: PtzLink::Open,
        ..PtzStatus::default()
    }
}

fn tell(rig: &mut WindowRig, status: PtzStatus) {
    rig.change(move |state| state.ptz = Arc::new(BTreeMap::from([(STEERED, Arc::new(status))])));
}

#[test]
fn a_tile_whose_camera_can_be_steered_has_a_ring_under_the_pointer_and_no_other_one() {
    for (language, ring) in RING {
        let mut rig = open(language);
        assert!(!rig.is_shown(ring), "no pointer, no ring");
        let at = tile_centre(&rig, 1);
        hover(&mut rig, at);
        assert!(rig.is_shown(ring));
        let other = tile_centre(&rig, 2);
        hover(&mut rig, other);
        assert!(!rig.is_shown(ring));
        assert!(wishes(&rig).is_empty(), "a look costs no packet");
    }
}

#[test]
fn passers_by_of_a_kiosk_turn_no_camera() {
    let mut setup = WindowSetup::new(Language::En, domes());
    setup.kiosk = Some(Arc::default());
    let mut rig = opened(setup);
    let at = tile_centre(&rig, 1);
    hover(&mut rig, at);
    assert!(!rig.is_shown(RING[0].1) && !rig.is_shown(STEER));
    rig.press(Key::P);
    key(&mut rig, Key::ArrowRight, true);
    assert!(wishes(&rig).is_empty());
}

#[test]
fn the_ring_is_pressed_and_dragged_and_the_camera_is_let_go_with_the_button() {
    let mut rig = open(Language::En);
    let at = tile_centre(&rig, 1);
    hover(&mut rig, at);
    let ring = rig.harness.get_by_label(RING[0].1).rect();
    let right = ring.center() + vec2(ring.width() * 0.4, 0.0);
    pointer(&mut rig, right, true);
    let told = wishes(&rig);
    assert_eq!(told[0], PtzWish::Open);
    let first = velocity(&told[1]);
    assert!(first.pan > 0.5 && first.tilt == 0.0, "{first:?}");
    // A hold that goes on is said again; it costs no frame for each.
    rig.harness.run_steps(60);
    let again = wishes(&rig);
    assert!((2..=6).contains(&again.len()), "{again:?}");
    assert!(again.iter().all(|wish| velocity(wish) == first));
    rig.harness.event(Event::PointerMoved(ring.center() - vec2(0.0, 400.0)));
    rig.harness.run_steps(2);
    let up = wishes(&rig);
    assert_eq!(velocity(&up[0]).tilt, 1.0, "the fastest beyond the ring: {up:?}");
    pointer(&mut rig, ring.center(), false);
    assert!(wishes(&rig).contains(&PtzWish::Release));
    rig.harness.run_steps(60);
    assert!(wishes(&rig).is_empty());
}

#[test]
fn keys_turn_the_camera_of_the_selected_tile_and_end_with_the_hand() {
    let mut rig = open(Language::En);
    let at = tile_centre(&rig, 1);
    pointer(&mut rig, at, true);
    pointer(&mut rig, at, false);
    rig.press(Key::P);
    assert_eq!(wishes(&rig), [PtzWish::Open]);
    key(&mut rig, Key::ArrowLeft, true);
    assert_eq!(velocity(&wishes(&rig)[0]).pan, -0.5);
    assert_eq!(
        rig.harness.state().view().wall.selected(),
        0,
        "the arrow is the camera's"
    );
    key(&mut rig, Key::ArrowLeft, false);
    assert_eq!(wishes(&rig), [PtzWish::Release]);
    key(&mut rig, Key::Plus, true);
    assert_eq!(velocity(&wishes(&rig)[0]).zoom, 0.5);
    key(&mut rig, Key::Plus, false);
    key(&mut rig, Key::Comma, true);
    assert!(wishes(&rig).contains(&PtzWish::Hold(Motion::Focus(-0.5))));
    key(&mut rig, Key::Comma, false);
    wishes(&rig);
    rig.press(Key::S);
    assert_eq!(wishes(&rig), [PtzWish::Halt]);
    rig.press(Key::Escape);
    assert_eq!(wishes(&rig), [PtzWish::Close]);
    rig.press(Key::ArrowRight);
    assert_eq!(
        rig.harness.state().view().wall.selected(),
        1,
        "the arrow is the wall's again"
    );
    assert!(wishes(&rig).is_empty());
}

#[test]
fn a_window_that_loses_the_keyboard_a_page_that_is_turned_and_a_tile_that_is_left_let_go() {
    let held = || {
        let mut rig = open(Language::En);
        let at = tile_centre(&rig, 1);
        pointer(&mut rig, at, true);
        pointer(&mut rig, at, false);
        rig.press(Key::P);
        key(&mut rig, Key::ArrowUp, true);
        assert_eq!(velocity(wishes(&rig).last().unwrap()).tilt, 0.5);
        rig
    };
    let mut rig = held();
    rig.harness.input_mut().focused = false;
    rig.harness.event(Event::WindowFocused(false));
    rig.harness.run_steps(2);
    assert_eq!(wishes(&rig), [PtzWish::Release]);

    let mut rig = held();
    rig.harness.key_press(Key::Num1);
    rig.harness.run_steps(2);
    rig.harness.key_press(Key::PageDown);
    rig.harness.run_steps(3);
    let told = wishes(&rig);
    assert!(
        told.contains(&PtzWish::Close) && told.contains(&PtzWish::Release),
        "{told:?}"
    );

    let mut rig = held();
    let other = tile_centre(&rig, 2);
    pointer(&mut rig, other, true);
    pointer(&mut rig, other, false);
    let told = wishes(&rig);
    assert!(
        told.contains(&PtzWish::Close) && told.contains(&PtzWish::Release),
        "{told:?}"
    );

    let mut rig = held();
    rig.press(Key::F1);
    assert!(wishes(&rig).contains(&PtzWish::Release), "a dialog has the keyboard");
}

#[test]
fn the_wheel_zooms_the_camera_while_it_is_steered_and_the_picture_otherwise() {
    let mut rig = open(Language::En);
    let at = tile_centre(&rig, 1);
    pointer(&mut rig, at, true);
    pointer(&mut rig, at, false);
    let wheel = |rig: &mut WindowRig| {
        rig.harness.event(Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: vec2(0.0, 1.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        rig.harness.run_steps(40);
    };
    wheel(&mut rig);
    assert!(wishes(&rig).is_empty(), "it enlarges the picture");
    rig.press(Key::Num0);
    rig.press(Key::P);
    wishes(&rig);
    wheel(&mut rig);
    let told = wishes(&rig);
    assert_eq!(velocity(&told[0]).zoom, 0.5);
    assert_eq!(
        told.last(),
        Some(&PtzWish::Release),
        "one notch ends by itself: {told:?}"
    );
}

#[test]
fn a_joystick_steers_the_camera_of_its_window_and_is_let_go_when_nobody_steers() {
    let stands: Arc<Mutex<[f32; 3]>> = Arc::default();
    let wanted: Arc<Mutex<Vec<bool>>> = Arc::default();
    let mut setup = WindowSetup::new(Language::En, domes());
    let (reads, asked) = (Arc::clone(&stands), Arc::clone(&wanted));
    setup.joystick = Some(Box::new(move |wanted| {
        asked.lock().unwrap().push(wanted);
        wanted.then(|| *reads.lock().unwrap())
    }));
    let mut rig = opened(setup);
    let at = tile_centre(&rig, 1);
    pointer(&mut rig, at, true);
    pointer(&mut rig, at, false);
    assert!(
        wanted.lock().unwrap().is_empty(),
        "it is not opened before somebody steers"
    );
    rig.harness.key_press(Key::P);
    rig.harness.run_steps(10);
    assert_eq!(wishes(&rig), [PtzWish::Open]);
    *stands.lock().unwrap() = [-1.0, 0.0, 0.0];
    rig.harness.run_steps(10);
    assert_eq!(velocity(&wishes(&rig)[0]).pan, -1.0);
    *stands.lock().unwrap() = [0.0; 3];
    rig.harness.run_steps(10);
    assert_eq!(wishes(&rig), [PtzWish::Release]);
    *stands.lock().unwrap() = [1.0, 0.0, 0.0];
    rig.harness.run_steps(10);
    wishes(&rig);
    rig.harness.input_mut().focused = false;
    rig.harness.event(Event::WindowFocused(false));
    rig.harness.run_steps(3);
    assert_eq!(wishes(&rig), [PtzWish::Release], "the window has lost the keyboard");
    assert_eq!(wanted.lock().unwrap().last(), Some(&false));
    let asked = wanted.lock().unwrap().len();
    rig.harness.run_steps(30);
    assert_eq!(wanted.lock().unwrap().len(), asked, "nobody looks at it any more");
}

#[test]
fn presets_begin_with_the_named_ones_and_a_service_number_is_asked_for() {
    let mut rig = open(Language::En);
    let at = tile_centre(&rig, 1);
    hover(&mut rig, at);
    tell(&mut rig, known());
    hover(&mut rig, at + vec2(2.0, 0.0));
    rig.click("Presets");
    assert!(rig.is_shown("Gate 門") || rig.harness.query_by_label_contains("Gate 門").is_some());
    assert!(
        rig.harness.query_by_label_contains("restarts").is_none(),
        "not before all numbers are opened"
    );
    rig.harness.get_by_label_contains("Gate 門").click();
    rig.harness.run();
    assert!(wishes(&rig).contains(&PtzWish::GoTo("1".to_owned())));
    rig.click("Presets");
    rig.harness.get_by_label_contains("All numbers").click();
    rig.harness.run();
    rig.harness.get_by_label_contains("94 · restarts the camera").click();
    rig.harness.run();
    assert!(rig.is_shown("Go to number 94?"));
    assert!(wishes(&rig).iter().all(|wish| !matches!(wish, PtzWish::GoTo(_))));
    rig.click("Cancel");
    assert!(!rig.is_shown("Go to number 94?"));
    rig.click("Presets");
    rig.harness.get_by_label_contains("All numbers").click();
    rig.harness.run();
    rig.harness.get_by_label_contains("94 · restarts").click();
    rig.harness.run();
    rig.click("Go to 94");
    assert!(wishes(&rig).contains(&PtzWish::GoTo("94".to_owned())));
    rig.click("Presets");
    rig.harness.get_by_label_contains("Night").click();
    rig.harness.run();
    assert!(wishes(&rig).contains(&PtzWish::Tour("t".to_owned(), TourOrder::Start)));
}

fn with_trouble(trouble: SteeringTrouble) -> PtzStatus {
    let mut status = known();
    status.view.trouble = Some(trouble);
    status
}

#[test]
fn a_person_sees_whether_it_moves_may_not_or_does_not_answer() {
    let moving = || {
        let mut status = known();
        status.view.doing = SteeringDoing::Moving;
        status
    };
    let failed = || {
        let failure = Failure {
            kind: FailureKind::Refused,
            stage: Stage::Connect,
            detail: String::new(),
        };
        PtzStatus {
            failure: Some(failure),
            ..known()
        }
    };
    let may_not = || with_trouble(SteeringTrouble::NotAllowed("Sender not Authorized".to_owned()));
    for (language, said) in [
        (
            Language::En,
            [
                "Steering",
                "This account may only watch",
                "has not confirmed",
                "does not answer",
                "Cannot steer: ",
            ],
        ),
        (
            Language::Ja,
            [
                "操作中",
                "見ることだけが許可",
                "停止を確認できません",
                "応答しません",
                "操作できません：",
            ],
        ),
    ] {
        let mut rig = open(language);
        let at = tile_centre(&rig, 1);
        pointer(&mut rig, at, true);
        pointer(&mut rig, at, false);
        rig.press(Key::P);
        let states = [
            moving(),
            may_not(),
            with_trouble(SteeringTrouble::MayStillMove),
            with_trouble(SteeringTrouble::NoAnswer),
            failed(),
        ];
        for (status, said) in states.into_iter().zip(said) {
            tell(&mut rig, status);
            let shown = rig.harness.query_all_by_label_contains(said).count();
            assert!(shown > 0, "{said}");
        }
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn pictures_of_a_camera_that_is_steered_in_both_languages() {
    for language in Language::ALL {
        let name = |screen: &str| format!("steer-{screen}-{}", language.tag());
        let mut rig = open(language);
        let at = tile_centre(&rig, 1);
        pointer(&mut rig, at, true);
        pointer(&mut rig, at, false);
        rig.press(Key::P);
        let mut status = known();
        status.view.doing = SteeringDoing::Moving;
        tell(&mut rig, status);
        let ring = RING.iter().find(|(of, _)| *of == language).unwrap().1;
        let ring = rig.harness.get_by_label(ring).rect();
        pointer(
            &mut rig,
            ring.center() + vec2(ring.width() * 0.3, ring.width() * -0.2),
            true,
        );
        shoot(rig, &name("moving"));
        let mut rig = open(language);
        let at = tile_centre(&rig, 1);
        hover(&mut rig, at);
        shoot(rig, &name("hover"));
        let mut rig = open(language);
        pointer(&mut rig, at, true);
        pointer(&mut rig, at, false);
        rig.press(Key::P);
        tell(&mut rig, with_trouble(SteeringTrouble::NotAllowed(String::new())));
        rig.click(match language {
            Language::En => "Presets",
            Language::Ja => "プリセット",
        });
        shoot(rig, &name("watches"));
        let mut rig = open(language);
        pointer(&mut rig, at, true);
        pointer(&mut rig, at, false);
        rig.press(Key::Enter);
        rig.press(Key::P);
        tell(&mut rig, known());
        let (presets, all, number) = match language {
            Language::En => ("Presets", "All numbers", "94 · "),
            Language::Ja => ("プリセット", "すべての番号", "94 · "),
        };
        rig.click(presets);
        rig.harness.get_by_label_contains(all).click();
        rig.harness.run();
        rig.harness.get_by_label_contains(number).click();
        rig.harness.run();
        shoot(rig, &name("service"));
    }
}
