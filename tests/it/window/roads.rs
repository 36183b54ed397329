//! A tile whose pictures come by another address says by which, and the panel of an outage says which were tried.

use std::collections::HashMap;
use std::sync::Arc;

use device::{DeviceId, Registry, Road, Roads};
use monomi::bridge::TileState;
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, RoadTried, RoadView, Stage};

use super::rig::{WindowRig, WindowSetup, device, registry, set_streams};

fn lobby() -> Registry {
    let mut lobby = device(1, "Lobby", &["Door", "Desk"]);
    lobby.roads = Roads {
        others: vec![Road {
            name: "VPN".to_owned(),
            host: "10.8.0.5".parse().unwrap(),
            port: 554,
        }],
        pinned: None,
    };
    registry(&[lobby])
}

fn failure(kind: FailureKind) -> Failure {
    Failure {
        kind,
        stage: Stage::Connect,
        detail: String::new(),
    }
}

/// What is painted while the device takes this road, with what was tried in vain.
fn painted(language: Language, state: &TileState, taken: usize, tried: &[Option<FailureKind>]) -> Vec<String> {
    let mut setup = WindowSetup::new(language, lobby());
    set_streams(&mut setup.state, |_| Some(state.clone()));
    let now = setup.state.now;
    let tried = tried.iter().map(|kind| {
        let found = |kind: FailureKind| RoadTried {
            at: now,
            failure: failure(kind),
        };
        kind.map(found)
    });
    let view = RoadView {
        taken,
        since: now,
        goal: 0,
        pinned: false,
        returns: false,
        answers_since: None,
        next_look: None,
        tried: tried.collect(),
    };
    setup.state.roads = Arc::new(HashMap::from([(DeviceId(1), view)]));
    let rig: WindowRig = setup.open();
    rig.painted()
}

#[test]
fn a_tile_is_marked_only_while_its_pictures_come_by_another_address() {
    for language in [Language::En, Language::Ja] {
        let marked = |texts: &[String]| texts.iter().any(|text| text.contains("→ VPN"));
        assert!(!marked(&painted(language, &TileState::Live, 0, &[None, None])));
        assert!(marked(&painted(
            language,
            &TileState::Live,
            1,
            &[Some(FailureKind::Timeout), None]
        )));
    }
}

#[test]
fn the_panel_of_a_device_that_no_address_reaches_says_what_each_was_found_to_do() {
    let offline = TileState::Offline {
        failure: failure(FailureKind::Timeout),
        next_try: None,
    };
    for (language, said) in [
        (Language::En, "No address shows pictures"),
        (Language::Ja, "どの接続先でも映像を表示できません"),
    ] {
        let tried = [Some(FailureKind::Timeout), Some(FailureKind::Refused)];
        let texts = painted(language, &offline, 1, &tried);
        let all = texts.join("\n");
        assert!(all.contains(said) && all.contains("VPN"), "{all}");
        let one = painted(language, &offline, 0, &[Some(FailureKind::Timeout), None]).join("\n");
        assert!(!one.contains(said), "{one}");
    }
}
