//! Pictures of outages, for people to look at: `MONOMI_SCREENS=DIR cargo test --test it window::outages -- --ignored`.

use std::collections::HashMap;
use std::sync::Arc;

use device::{DeviceId, Registry};
use egui::Key;
use monomi::bridge::{DeviceStatus, EngineState, Notice, NoticeKind, TileState, Tried};
use monomi::i18n::Language;
use reconnect::{FailureKind, SiteState, Stage};
use settings::Theme;

use super::rig::{WindowRig, WindowSetup};
use super::screens::{pictures, shoot};
use super::trouble::{fails, failure, fleet, site_is};

/// One recorder of three refuses, and a person has asked for it.
fn recorder(state: &mut EngineState) {
    fails(state, FailureKind::Refused, Stage::Connect, |device| device == 2);
    let status = DeviceStatus {
        failure: Some(failure(FailureKind::Refused, Stage::Connect)),
        since: None,
        tried: Some(Tried {
            at: state.now,
            clock: state.clock,
            failure: failure(FailureKind::Refused, Stage::Connect),
            by_hand: true,
        }),
    };
    state.devices = Arc::new(HashMap::from([(DeviceId(2), status)]));
    pictures(state);
}

/// The first site is silent, and a recorder elsewhere refuses the password.
fn site(state: &mut EngineState) {
    fails(state, FailureKind::Timeout, Stage::Connect, |device| device < 3);
    site_is(state, 0, SiteState::Outage);
    let refused = TileState::SignInFailed {
        failure: failure(FailureKind::Auth, Stage::Describe),
        next_try: None,
    };
    for (stream, status) in Arc::make_mut(&mut state.streams) {
        if stream.channel.device == DeviceId(3) {
            status.state = refused.clone();
        }
    }
    pictures(state);
}

fn everything(state: &mut EngineState) {
    fails(state, FailureKind::Timeout, Stage::Connect, |_| true);
    site_is(state, 0, SiteState::Outage);
    site_is(state, 1, SiteState::Outage);
    pictures(state);
}

fn no_network(state: &mut EngineState) {
    fails(state, FailureKind::NoRoute, Stage::Connect, |_| true);
    site_is(state, 0, SiteState::NoNetwork);
    site_is(state, 1, SiteState::NoNetwork);
    pictures(state);
}

/// The channels of two recorders stand in turn.
fn scattered(mut registry: Registry) -> Registry {
    registry.devices.truncate(2);
    registry
}

fn open(language: Language, theme: Theme, size: [f32; 2], registry: Registry) -> WindowRig {
    let mut setup = WindowSetup::new(language, registry);
    (setup.theme, setup.size) = (theme, size);
    setup.open()
}

/// What an engine state becomes in an outage.
type Scene = fn(&mut EngineState);

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn an_outage_of_one_recorder_of_one_site_and_of_everything() {
    let scenes: [(&str, Scene); 4] = [
        ("recorder", recorder),
        ("site", site),
        ("everything", everything),
        ("no-network", no_network),
    ];
    for (size, named) in [
        ([1280.0, 720.0], "720"),
        ([1920.0, 1080.0], "1080"),
        ([3840.0, 2160.0], "2160"),
    ] {
        for language in Language::ALL {
            for theme in [Theme::Dark, Theme::Light] {
                for (scene, happens) in scenes {
                    let mut rig = open(language, theme, size, fleet());
                    rig.press(Key::Num4);
                    rig.change(happens);
                    let name = format!("outage-{scene}-{named}-{}-{}", language.tag(), theme.as_str());
                    shoot(rig, &name);
                }
            }
        }
    }
    let small = [1280.0, 720.0];
    let mut setup = WindowSetup::new(Language::Ja, fleet());
    (setup.size, setup.fullscreen) = (small, true);
    let mut rig = setup.open();
    rig.press(Key::Num4);
    rig.change(site);
    shoot(rig, "outage-full-screen");
    let mut rig = open(Language::Ja, Theme::Dark, small, fleet());
    rig.press(Key::Num7);
    rig.change(site);
    shoot(rig, "outage-sixty-four");
    let mut rig = open(Language::En, Theme::Dark, small, scattered(fleet()));
    rig.press(Key::Num3);
    rig.change(recorder);
    shoot(rig, "outage-nine");
    let mut rig = open(Language::Ja, Theme::Dark, small, fleet());
    rig.press(Key::Num4);
    rig.change(site);
    rig.press(Key::Enter);
    rig.change(site);
    shoot(rig, "outage-alone");
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_tree_and_what_stands_over_the_wall() {
    for (language, theme, size, name) in [
        (Language::Ja, Theme::Dark, [1280.0, 720.0], "ja-dark-720"),
        (Language::En, Theme::Light, [1280.0, 720.0], "en-light-720"),
        (Language::Ja, Theme::Light, [3840.0, 2160.0], "ja-light-2160"),
        (Language::En, Theme::Dark, [3840.0, 2160.0], "en-dark-2160"),
    ] {
        let ago = |state: &EngineState| {
            let mut state = state.clone();
            recorder(&mut state);
            state
        };
        for only in [false, true] {
            let mut setup = WindowSetup::new(language, fleet());
            (setup.theme, setup.size) = (theme, size);
            let mut view = wall::WindowView::default();
            view.tree.trouble_only = only;
            view.tree.open_devices = [DeviceId(2)].into();
            setup.state.windows = Arc::new(vec![view]);
            let mut rig = setup.open();
            rig.change(|state| *state = ago(state));
            if !only {
                rig.change(|state| {
                    let reason = std::io::Error::from_raw_os_error(28).to_string();
                    let file = "views.toml".to_owned();
                    let kinds = [
                        NoticeKind::DevicesEdited {
                            names: vec!["大阪本店 1 号機".to_owned()],
                        },
                        NoticeKind::WriteFailed { file, reason },
                    ];
                    let notices = (1..).zip(kinds).map(|(id, kind)| Notice { id, kind });
                    state.notices = Arc::new(notices.collect());
                });
            }
            let what = if only { "trouble" } else { "notices" };
            shoot(rig, &format!("tree-{what}-{name}"));
        }
        let mut rig = open(language, theme, size, fleet());
        rig.press(Key::F1);
        shoot(rig, &format!("keys-{name}"));
        let mut setup = WindowSetup::new(language, fleet());
        (setup.theme, setup.size, setup.is_demo) = (theme, size, true);
        let mut rig = setup.open();
        rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |_| false));
        rig.change(|state| pictures(state));
        shoot(rig, &format!("demo-{name}"));
    }
}
