//! What is found in engine states that are made up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::bridge::{
    Clock, DeviceStatus, EngineState, EngineTotals, EventsShown, FrameSlot, SecretsPlace, SiteStatus, SoundState,
    StreamInfo, StreamStatus, TileState, Tried,
};
use device::{Device, Registry, StreamId, StreamKind, sample};
use reconnect::{HeldBy, SiteState, Stage};

fn failure(kind: FailureKind, stage: Stage) -> Failure {
    Failure {
        kind,
        stage,
        detail: String::new(),
    }
}

/// Sites 1 and 2: recorders 1 and 2 at the first, 3 at the second, with four channels each.
fn engine(state_of: impl Fn(u64, u16, Instant) -> Option<TileState>) -> EngineState {
    let now = Instant::now() + Duration::from_secs(3_600);
    let mut registry = Registry {
        sites: vec![sample::site(SiteId(1), "A"), sample::site(SiteId(2), "B")],
        ..Registry::default()
    };
    let mut streams = HashMap::new();
    for (id, site) in [(1, 1), (2, 1), (3, 2)] {
        let device = Device {
            site: SiteId(site),
            host: format!("192.0.2.{id}").parse().unwrap(),
            ..sample::device(id, &format!("DVR {id}"), 4)
        };
        for channel in device.channel_ids() {
            let kind = StreamKind::Sub;
            if let Some(state) = state_of(id, channel.number, now) {
                streams.insert(StreamId { channel, kind }, status(state, now));
            }
        }
        registry.devices.push(device);
    }
    let sites = registry.sites.iter();
    let sites = sites.map(|site| SiteStatus::untried(site.id, &site.name, 12));
    EngineState {
        now,
        clock: Clock::default(),
        sites: Arc::new(sites.collect()),
        registry: Arc::new(registry),
        registry_awaited: false,
        settings: Arc::default(),
        windows: Arc::default(),
        views: Arc::default(),
        transfer: None,
        profile: None,
        find: Arc::default(),
        moved: Arc::default(),
        unlock: None,
        streams: Arc::new(streams),
        roads: Arc::default(),
        devices: Arc::default(),
        totals: EngineTotals::default(),
        notices: Arc::default(),
        events: EventsShown::default(),
        messengers: Arc::default(),
        secrets: SecretsPlace::default(),
        test: None,
        traces: Arc::default(),
        enquiries: Arc::default(),
        identities: Arc::default(),
        certificates: crate::bridge::CertificatesShown::default(),
        recordings: Default::default(),
        ptz: Arc::default(),
        sources: Arc::default(),
        health: Arc::default(),
        password_warnings: Arc::default(),
        planned: Arc::default(),
        feeds: Arc::default(),
        own: crate::bridge::OwnShown::default(),
        playbacks: Arc::default(),
        update: None,
        excluded: Arc::default(),
    }
}

fn status(state: TileState, now: Instant) -> StreamStatus {
    StreamStatus {
        state,
        last_picture: Some(now - Duration::from_secs(120)),
        last_picture_clock: None,
        slot: Arc::new(FrameSlot::default()),
        sound: SoundState::Off,
        info: StreamInfo::default(),
    }
}

fn offline(kind: FailureKind, stage: Stage, next_try: Option<Instant>) -> TileState {
    TileState::Offline {
        failure: failure(kind, stage),
        next_try,
    }
}

fn with_sites(mut state: EngineState, states: [SiteState; 2]) -> EngineState {
    for (site, is) in Arc::make_mut(&mut state.sites).iter_mut().zip(states) {
        site.state = is;
    }
    state
}

fn scopes(troubles: &[Trouble]) -> Vec<(Scope, usize)> {
    troubles
        .iter()
        .map(|trouble| (trouble.scope.clone(), trouble.channels.len()))
        .collect()
}

#[test]
fn a_recorder_has_one_cause_which_is_what_its_last_attempt_found() {
    let mut state = engine(|device, channel, now| {
        let soon = Some(now + Duration::from_secs(u64::from(channel)));
        Some(match (device, channel) {
            (1, 4) => offline(FailureKind::Refused, Stage::Connect, soon),
            (1, 2) => TileState::Connecting {
                stage: Stage::Connect,
                since: None,
            },
            (1, _) => offline(FailureKind::Protocol, Stage::Media, soon),
            _ => TileState::Live,
        })
    });
    let found = find(&state);
    assert_eq!(scopes(&found), [(Scope::Device(DeviceId(1)), 4)]);
    assert_eq!(
        found[0].cause,
        Cause::Failed(failure(FailureKind::Refused, Stage::Connect))
    );
    assert_eq!(found[0].next, Next::Trying);
    assert_eq!(found[0].since, Some(state.now - Duration::from_secs(120)));
    // Its only tile is being tried: the cause is still known.
    let streams = Arc::make_mut(&mut state.streams);
    streams.retain(|stream, _| stream.channel.device != DeviceId(1) || stream.channel.number == 2);
    let tried = Tried {
        at: state.now,
        clock: state.clock,
        failure: failure(FailureKind::Refused, Stage::Connect),
        by_hand: false,
    };
    let known = DeviceStatus {
        failure: Some(failure(FailureKind::Refused, Stage::Connect)),
        since: None,
        tried: Some(tried),
    };
    state.devices = Arc::new(HashMap::from([(DeviceId(1), known)]));
    assert_eq!(
        find(&state)[0].cause,
        Cause::Failed(failure(FailureKind::Refused, Stage::Connect))
    );
}

#[test]
fn a_stream_that_a_recorder_lacks_is_the_trouble_of_its_channel_alone() {
    let found = find(&engine(|device, channel, _| {
        Some(match (device, channel) {
            (1, 3) => TileState::NoSuchChannel {
                failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                next_try: None,
            },
            (2, _) => TileState::Connecting {
                stage: Stage::Describe,
                since: None,
            },
            _ => TileState::Live,
        })
    }));
    assert_eq!(scopes(&found), [(Scope::Channels(DeviceId(1)), 1)]);
}

#[test]
fn a_site_fails_as_one_whether_it_is_silent_or_refuses_and_not_while_a_recorder_of_it_is_live() {
    for (kind, site) in [
        (FailureKind::Timeout, SiteState::Outage),
        (FailureKind::Refused, SiteState::Partial),
    ] {
        let of = |down: fn(u64) -> bool| {
            let state = engine(|device, _, now| {
                Some(match down(device) {
                    true => offline(kind, Stage::Connect, Some(now)),
                    false => TileState::Live,
                })
            });
            scopes(&find(&with_sites(state, [site, SiteState::Up])))
        };
        assert_eq!(of(|device| device < 3), [(Scope::Site(SiteId(1)), 8)]);
        assert_eq!(of(|device| device == 2), [(Scope::Device(DeviceId(2)), 4)]);
        assert_eq!(
            of(|device| device == 3),
            [(Scope::Device(DeviceId(3)), 4)],
            "one recorder is no site"
        );
    }
}

#[test]
fn what_a_person_must_do_for_each_device_is_said_for_each() {
    let found = find(&engine(|_, _, _| {
        Some(TileState::SignInFailed {
            failure: failure(FailureKind::Auth, Stage::Describe),
            next_try: None,
        })
    }));
    assert_eq!(found.len(), 3);
}

#[test]
fn everything_at_once_is_one_trouble() {
    let dead = |kind| engine(move |_, _, now| Some(offline(kind, Stage::Connect, Some(now))));
    let silent = with_sites(dead(FailureKind::Timeout), [SiteState::Outage; 2]);
    assert_eq!(scopes(&find(&silent)), [(Scope::AllSites(2), 12)]);
    let cut_off = with_sites(dead(FailureKind::NoRoute), [SiteState::NoNetwork; 2]);
    assert_eq!(scopes(&find(&cut_off)), [(Scope::Network, 12)]);
}

#[test]
fn a_start_is_no_trouble_and_neither_is_what_is_late() {
    let found = find(&engine(|device, channel, _| {
        Some(match (device, channel) {
            (1, _) => TileState::Late,
            (2, 1) => TileState::Connecting {
                stage: Stage::Describe,
                since: None,
            },
            (2, _) => TileState::Waiting {
                held_by: HeldBy::Device,
                until: None,
                failure: None,
            },
            _ => TileState::Live,
        })
    }));
    assert_eq!(found, []);
}

#[test]
fn the_worst_comes_first() {
    let state = engine(|device, channel, now| {
        Some(match (device, channel) {
            (3, 1) => TileState::NoSuchChannel {
                failure: failure(FailureKind::NoSuchChannel, Stage::Describe),
                next_try: None,
            },
            (3, _) => TileState::Live,
            _ => offline(FailureKind::Timeout, Stage::Connect, Some(now)),
        })
    });
    let found = find(&with_sites(state, [SiteState::Outage, SiteState::Up]));
    assert_eq!(
        scopes(&found),
        [(Scope::Site(SiteId(1)), 8), (Scope::Channels(DeviceId(3)), 1)]
    );
}

fn held(held_by: HeldBy, now: Instant) -> TileState {
    TileState::Waiting {
        held_by,
        until: Some(now + Duration::from_secs(20)),
        failure: None,
    }
}

/// As the engine knows a device that is not on screen any more.
fn remember(state: &mut EngineState, device: u64, kind: FailureKind) {
    let failure = failure(kind, Stage::Connect);
    let known = DeviceStatus {
        failure: Some(failure.clone()),
        since: Some(state.now - Duration::from_secs(300)),
        tried: Some(Tried {
            at: state.now - Duration::from_secs(20),
            clock: state.clock,
            failure,
            by_hand: false,
        }),
    };
    Arc::make_mut(&mut state.devices).insert(DeviceId(device), known);
}

/// Of what was on screen when it fell, the page that was turned to shows only these devices, which nobody tried.
fn turned_to(pages: &'static [u64], state_of_sites: [SiteState; 2]) -> EngineState {
    let state = engine(move |device, channel, now| {
        let canary = TileState::Connecting {
            stage: Stage::Connect,
            since: None,
        };
        let state = if channel == 1 {
            canary
        } else {
            held(HeldBy::SiteOutage, now)
        };
        pages.contains(&device).then_some(state)
    });
    with_sites(state, state_of_sites)
}

#[test]
fn a_page_that_is_turned_to_in_an_outage_has_the_trouble_of_its_site_whether_it_is_silent_or_refuses() {
    for (kind, site) in [
        (FailureKind::Timeout, SiteState::Outage),
        (FailureKind::Refused, SiteState::Partial),
    ] {
        let mut state = turned_to(&[2], [site, SiteState::Up]);
        remember(&mut state, 1, kind);
        let found = find(&state);
        assert_eq!(
            scopes(&found),
            [(Scope::Site(SiteId(1)), 4)],
            "one trouble, and nothing remembered beside it"
        );
        assert_eq!(found[0].cause, Cause::Failed(failure(kind, Stage::Connect)));
        assert_eq!(found[0].since, Some(state.now - Duration::from_secs(120)));
        assert_eq!(found[0].next, Next::Trying);
        assert_eq!(found[0].devices, [DeviceId(2), DeviceId(1)]);
        assert_eq!(found[0].held, BTreeSet::from([DeviceId(2)]));
    }
    // What the program knew before it was started again is only that the site is out.
    let found = find(&turned_to(&[2], [SiteState::Outage, SiteState::Up]));
    assert_eq!(
        (scopes(&found), &found[0].cause),
        (vec![(Scope::Site(SiteId(1)), 4)], &Cause::FellSilent)
    );
    // Of the way back: nobody knows yet whether it fails.
    let ramp = engine(|device, _, now| (device == 2).then(|| held(HeldBy::Site, now)));
    assert_eq!(find(&ramp), []);
}

#[test]
fn devices_that_failed_and_devices_that_wait_have_one_trouble() {
    let state = engine(|device, _, now| match device {
        1 => Some(offline(FailureKind::Timeout, Stage::Connect, Some(now))),
        2 => Some(held(HeldBy::SiteOutage, now)),
        _ => Some(TileState::Live),
    });
    let found = find(&with_sites(state, [SiteState::Outage, SiteState::Up]));
    assert_eq!(scopes(&found), [(Scope::Site(SiteId(1)), 8)]);
}

#[test]
fn a_device_that_a_person_must_do_something_for_stays_a_trouble_of_its_own_in_an_outage() {
    let state = engine(|device, _, now| match device {
        1 => Some(TileState::SignInFailed {
            failure: failure(FailureKind::Auth, Stage::Describe),
            next_try: None,
        }),
        2 => Some(held(HeldBy::SiteOutage, now)),
        _ => Some(TileState::Live),
    });
    let found = find(&with_sites(state, [SiteState::Outage, SiteState::Up]));
    assert_eq!(
        scopes(&found),
        [(Scope::Site(SiteId(1)), 4), (Scope::Device(DeviceId(1)), 4)]
    );
}

#[test]
fn a_page_that_is_turned_to_while_every_site_is_out_has_the_trouble_of_all() {
    let mut state = turned_to(&[3], [SiteState::Outage; 2]);
    remember(&mut state, 1, FailureKind::Timeout);
    remember(&mut state, 2, FailureKind::Timeout);
    let found = find(&state);
    assert_eq!(scopes(&found), [(Scope::AllSites(2), 4)]);
    assert_eq!(found[0].devices.len(), 3);
    // The other site answered when it was looked at last.
    let mut state = with_sites(state, [SiteState::Up, SiteState::Outage]);
    Arc::make_mut(&mut state.sites)[0].attempts = 4;
    assert_eq!(find(&state)[0].channels.len(), 4);
    assert!(!matches!(find(&state)[0].scope, Scope::AllSites(_)));
}

#[test]
fn without_network_a_page_says_so_of_what_was_never_tried() {
    let state = engine(|_, _, now| Some(held(HeldBy::NoNetwork, now)));
    let found = find(&with_sites(state, [SiteState::NoNetwork; 2]));
    assert_eq!(scopes(&found), [(Scope::Network, 12)]);
}

#[test]
fn an_entry_that_waits_for_another_one_of_its_recorder_has_its_trouble() {
    let mut state = engine(|device, _, now| (device == 2).then(|| held(HeldBy::Device, now)));
    let registry = Arc::make_mut(&mut state.registry);
    registry.devices[1].host = registry.devices[0].host.clone();
    assert_eq!(find(&state), []);
    remember(&mut state, 1, FailureKind::Refused);
    let found = find(&state);
    assert_eq!(
        (found.len(), found[0].channels.len(), found[0].devices.len()),
        (1, 4, 2)
    );
}
