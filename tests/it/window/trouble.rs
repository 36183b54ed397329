//! What fails is said once: one panel over the tiles of a recorder or a site, one line in the status bar.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use device::{ChannelId, Device, DeviceId, Registry, Site, SiteId};
use egui::Key;
use egui::accesskit::{Role, Toggled};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, DeviceStatus, EngineState, TileState, Tried};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, HeldBy, SiteState, Stage};

use wall::{Layout, Placed, TourPlan, View, Views};

use super::rig::{WindowRig, WindowSetup, cameras, device, registry, set_streams};

pub fn failure(kind: FailureKind, stage: Stage) -> Failure {
    Failure {
        kind,
        stage,
        detail: String::new(),
    }
}

fn offline(state: &EngineState, kind: FailureKind, stage: Stage) -> TileState {
    TileState::Offline {
        failure: failure(kind, stage),
        next_try: Some(state.now + Duration::from_secs(14)),
    }
}

/// Every channel of the devices that `down` says so of is offline for 12 min for this reason, the others are live.
pub fn fails(state: &mut EngineState, kind: FailureKind, stage: Stage, down: impl Fn(u64) -> bool) {
    let dead = match kind {
        FailureKind::Policy => TileState::Refused {
            failure: failure(kind, stage),
        },
        FailureKind::Auth => TileState::SignInFailed {
            failure: failure(kind, stage),
            next_try: None,
        },
        FailureKind::CertificateChanged => TileState::Offline {
            failure: failure(kind, stage),
            next_try: None,
        },
        _ => offline(state, kind, stage),
    };
    set_streams(state, |stream| {
        Some(if down(stream.channel.device.0) {
            dead.clone()
        } else {
            TileState::Live
        })
    });
    let ago = state.now - Duration::from_secs(12 * 60 + 5);
    for status in Arc::make_mut(&mut state.streams).values_mut() {
        if status.state != TileState::Live {
            status.last_picture = Some(ago);
        }
    }
}

pub fn site_is(state: &mut EngineState, site: usize, is: SiteState) {
    let sites = Arc::make_mut(&mut state.sites);
    sites[site].state = is;
    sites[site].devices.live = 0;
}

fn recorder(id: u64, name: &str, channels: usize, site: u64) -> Device {
    let names: Vec<String> = (1..=channels).map(|number| format!("Cam {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Device {
        site: SiteId(site),
        host: format!("192.0.2.{id}").parse().unwrap(),
        ..device(id, name, &names)
    }
}

/// Two shops: two recorders in Osaka, one in Kobe, with four channels each.
fn shops() -> Registry {
    shops_of(["大阪 DVR 1", "大阪 DVR 2", "神戸 DVR"], 4)
}

/// The same with so many channels for each that they fill a page of sixteen, and with long names.
pub fn fleet() -> Registry {
    let long = "大阪本店 2 号機 地下駐車場・搬入口・エレベーターホール";
    let mut registry = shops_of(["大阪本店 1 号機", long, "神戸 DVR"], 6);
    registry.devices[2].channels.truncate(4);
    registry
}

fn shops_of(names: [&str; 3], channels: usize) -> Registry {
    let [first, second, third] = names;
    let site = |id, name: &str| Site::new(SiteId(id), name.to_owned());
    Registry {
        sites: vec![site(1, "大阪"), site(2, "神戸")],
        ..registry(&[
            recorder(1, first, channels, 1),
            recorder(2, second, channels, 1),
            recorder(3, third, channels, 2),
        ])
    }
}

fn count(rig: &WindowRig, label: &str) -> usize {
    rig.harness.query_all_by_label(label).count()
}

fn buttons(rig: &WindowRig, starts: &str) -> Vec<String> {
    let all = rig.harness.query_all_by_role(Role::Button);
    let labels = all.filter_map(|node| node.accesskit_node().label());
    labels.filter(|label| label.starts_with(starts)).collect()
}

#[test]
fn a_dead_recorder_is_said_once_over_its_sixteen_tiles() {
    for (language, cause, timing, retry, age) in [
        (
            Language::En,
            "The device is there, but nothing listens on this port",
            "for 12 min, next try in 14 s",
            "Retry now",
            "for 12 min",
        ),
        (
            Language::Ja,
            "機器は応答しましたが、このポートでは待ち受けていません",
            "12 分間、14 秒後に再試行",
            "今すぐ再試行",
            "12 分間",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |_| true));
        for said in [cause, timing, retry] {
            assert_eq!(count(&rig, said), 1, "{said}");
        }
        let tiles = rig
            .harness
            .query_all_by(|node| node.description().as_deref() == Some(age));
        assert_eq!(tiles.count(), 16, "each tile says its age");
        rig.change(|state| state.now += Duration::from_secs(3));
        assert_eq!(count(&rig, &timing.replace("14", "11")), 1, "it counts down");
        rig.sent();
        rig.click(retry);
        let sent = rig.sent();
        assert!(matches!(&sent[..], [Command::RetryNow(DeviceId(1))]), "{sent:?}");
    }
}

#[test]
fn the_answer_to_retry_now_stands_for_some_seconds() {
    for (language, answer) in [
        (Language::En, "Tried 09:05:42: refused"),
        (Language::Ja, "09:05:42 に試行：接続拒否"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(16)).open();
        let tried = |state: &mut EngineState, by_hand| {
            fails(state, FailureKind::Refused, Stage::Connect, |_| true);
            let status = DeviceStatus {
                failure: Some(failure(FailureKind::Refused, Stage::Connect)),
                since: None,
                tried: Some(Tried {
                    at: state.now,
                    clock: state.clock,
                    failure: failure(FailureKind::Refused, Stage::Connect),
                    by_hand,
                }),
            };
            state.devices = Arc::new(HashMap::from([(DeviceId(1), status)]));
        };
        rig.change(|state| tried(state, false));
        assert!(!rig.is_shown(answer), "nobody asked");
        rig.change(|state| tried(state, true));
        assert!(rig.is_shown(answer));
        rig.change(|state| state.now += Duration::from_secs(9));
        assert!(rig.is_shown(answer));
        rig.change(|state| state.now += Duration::from_secs(2));
        assert!(!rig.is_shown(answer));
    }
}

#[test]
fn a_site_is_said_once_whether_it_is_silent_or_refuses() {
    for (language, silent, refused) in [
        (
            Language::En,
            "Nothing answers at this site; one device is tried for all",
            "On every device: The device is there, but nothing listens on this port",
        ),
        (
            Language::Ja,
            "この拠点から応答がなく、1 台だけで復旧を確認しています",
            "すべての機器：機器は応答しましたが、このポートでは待ち受けていません",
        ),
    ] {
        let mut rig = WindowSetup::new(language, shops()).open();
        let retry = if language == Language::En {
            "Retry now"
        } else {
            "今すぐ再試行"
        };
        rig.change(|state| {
            fails(state, FailureKind::Timeout, Stage::Connect, |device| device < 3);
            site_is(state, 0, SiteState::Outage);
        });
        assert_eq!((count(&rig, silent), count(&rig, retry)), (1, 1));
        rig.change(|state| {
            fails(state, FailureKind::Refused, Stage::Connect, |device| device < 3);
            site_is(state, 0, SiteState::Partial);
        });
        assert_eq!((count(&rig, refused), count(&rig, retry)), (1, 1));
    }
}

#[test]
fn every_cause_has_its_panel_and_the_button_that_helps() {
    let causes = [
        (FailureKind::Refused, Stage::Connect, Some("Retry now")),
        (FailureKind::Timeout, Stage::Connect, Some("Retry now")),
        (FailureKind::Timeout, Stage::Media, Some("Retry now")),
        (FailureKind::Unreachable, Stage::Resolve, Some("Retry now")),
        (FailureKind::Protocol, Stage::Media, Some("Retry now")),
        (FailureKind::Auth, Stage::Describe, Some("Edit device…")),
        (
            FailureKind::CertificateChanged,
            Stage::Tls,
            Some("Trust the new certificate"),
        ),
        (FailureKind::Policy, Stage::Resolve, None),
    ];
    for (kind, stage, button) in causes {
        let mut rig = WindowSetup::new(Language::En, cameras(9)).open();
        rig.change(|state| fails(state, kind, stage, |_| true));
        let panel = rig
            .harness
            .query_all_by_label("DVR")
            .filter(|node| node.rect().width() > 100.0);
        assert_eq!(panel.count(), 1, "{kind:?}: one panel");
        for each in ["Retry now", "Edit device…", "Trust the new certificate"] {
            assert_eq!(count(&rig, each), usize::from(button == Some(each)), "{kind:?}: {each}");
        }
    }
}

#[test]
fn a_panel_lies_on_its_own_tiles_and_hides_no_living_picture() {
    let mut rig = WindowSetup::new(Language::En, shops()).open();
    rig.press(Key::Num4);
    rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |device| device == 2));
    let panel = rig
        .harness
        .get_by_label("The device is there, but nothing listens on this port")
        .rect();
    let living = rig.tiles();
    let living = living.iter().filter(|label| label.ends_with("LIVE"));
    let mut seen = 0;
    for label in living {
        seen += 1;
        let tile = rig.harness.get_by_label(label).rect();
        assert!(!tile.intersects(panel), "{label}");
    }
    assert_eq!(seen, 8);
}

/// Two recorders whose tiles alternate as on a chess board, in a window as it opens first.
fn chequered(layout: Layout) -> WindowRig {
    let count = layout.grid().cells().len();
    let side = count.isqrt();
    let registry = Registry {
        sites: vec![],
        ..registry(&[recorder(1, "DVR 1", count / 2, 0), recorder(2, "DVR 2", count / 2, 0)])
    };
    let mut setup = WindowSetup::new(Language::Ja, registry);
    let place = |tile: usize| {
        let device = DeviceId(1 + ((tile % side + tile / side) % 2) as u64);
        let number = (tile / 2 + 1) as u16;
        Some(Placed::from(ChannelId { device, number }))
    };
    let view = View {
        name: "Mixed".to_owned(),
        layout,
        places: (0..count).map(place).collect(),
        seconds: None,
    };
    setup.state.views = Arc::new(Views::restore(vec![view], TourPlan::default()));
    setup.view = Some("Mixed".to_owned());
    setup.size = [1264.0, 632.0];
    setup.open()
}

#[test]
fn a_recorder_whose_tiles_lie_apart_is_said_once_with_its_button() {
    let cause = "機器は応答しましたが、このポートでは待ち受けていません";
    for down in [1, 2] {
        let mut rig = chequered(Layout::Sixteen);
        rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |device| device == down));
        assert_eq!((count(&rig, cause), count(&rig, "今すぐ再試行")), (1, 1));
        let panel = rig.harness.get_by_label(cause).rect();
        let living: Vec<String> = rig
            .tiles()
            .into_iter()
            .filter(|label| label.contains("ライブ"))
            .collect();
        assert_eq!(living.len(), 8, "{:?}", rig.tiles());
        for label in living {
            assert!(!rig.harness.get_by_label(&label).rect().intersects(panel), "{label}");
        }
    }
}

#[test]
fn where_no_panel_fits_the_first_tile_speaks_and_the_others_say_their_age() {
    let mut rig = chequered(Layout::SixtyFour);
    rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |device| device == 1));
    let ages = rig
        .harness
        .query_all_by(|node| node.description().as_deref() == Some("12 分間"));
    assert_eq!(ages.count(), 31);
}

#[test]
fn two_sites_whose_rows_alternate_have_a_panel_each() {
    let names = ["DVR 1", "DVR 2", "DVR 3", "DVR 4"];
    let recorders = [0, 1, 2, 3].map(|at| recorder(at + 1, names[at as usize], 4, 1 + at % 2));
    let registry = Registry {
        sites: shops().sites,
        ..registry(&recorders)
    };
    for (language, retry) in [(Language::En, "Retry now"), (Language::Ja, "今すぐ再試行")] {
        let mut setup = WindowSetup::new(language, registry.clone());
        setup.size = [1264.0, 632.0];
        let mut rig = setup.open();
        rig.change(|state| {
            fails(state, FailureKind::Refused, Stage::Connect, |_| true);
            site_is(state, 0, SiteState::Partial);
            site_is(state, 1, SiteState::Partial);
        });
        assert_eq!(count(&rig, retry), 2, "{:?}", rig.tiles());
    }
}

#[test]
fn a_single_tile_says_it_itself_and_a_long_name_pushes_nothing_off() {
    let long = "録画機 1 号機 地下駐車場・搬入口・エレベーターホール・防災センター前 予備系統";
    let mut rig = WindowSetup::new(Language::Ja, registry(&[device(1, long, &["A"])])).open();
    rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |_| true));
    assert_eq!(count(&rig, "今すぐ再試行"), 1);
    let names: Vec<String> = (1..=16).map(|number| format!("Cam {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rig = WindowSetup::new(Language::Ja, registry(&[device(1, long, &names)])).open();
    rig.change(|state| fails(state, FailureKind::Refused, Stage::Connect, |_| true));
    let cause = "機器は応答しましたが、このポートでは待ち受けていません";
    assert_eq!(count(&rig, cause), 1, "the cause stands on a line of its own");
}

#[test]
fn one_recorder_has_one_cause_while_one_of_its_tiles_is_tried() {
    let mut rig = WindowSetup::new(Language::En, cameras(16)).open();
    rig.change(|state| {
        fails(state, FailureKind::Refused, Stage::Connect, |_| true);
        for (stream, status) in Arc::make_mut(&mut state.streams) {
            if stream.channel.number == 3 {
                status.state = TileState::Connecting {
                    stage: Stage::Connect,
                    since: None,
                };
            }
        }
    });
    assert!(rig.is_shown("for 12 min, trying now"));
    let tiles = rig
        .harness
        .query_all_by(|node| node.description().as_deref() == Some("for 12 min"));
    assert_eq!(tiles.count(), 16);
}

#[test]
fn the_status_bar_names_the_worst_trouble_and_counts_the_others() {
    for (language, worst, more) in [
        (Language::En, "大阪: no answer for 12 min, next try 14 s", "+ 1 more"),
        (Language::Ja, "大阪：応答なし 12 分間、14 秒後に再試行", "ほか 1 件"),
    ] {
        let mut rig = WindowSetup::new(language, shops()).open();
        let both = |state: &mut EngineState| {
            fails(state, FailureKind::Timeout, Stage::Connect, |_| true);
            site_is(state, 0, SiteState::Outage);
            let refused = offline(state, FailureKind::Refused, Stage::Connect);
            for (stream, status) in Arc::make_mut(&mut state.streams) {
                if stream.channel.device == DeviceId(3) {
                    status.state = refused.clone();
                }
            }
        };
        rig.change(both);
        assert!(rig.is_shown(worst), "{:?}", buttons(&rig, "大阪"));
        assert!(rig.is_shown(more));
        rig.change(|state| set_streams(state, |_| Some(TileState::Live)));
        assert!(!rig.is_shown(worst) && !rig.is_shown(more), "all is live again");
    }
}

#[test]
fn a_click_leads_to_the_page_from_full_screen_and_from_a_kiosk_too() {
    for kiosk in [false, true] {
        let mut setup = WindowSetup::new(Language::En, shops());
        setup.fullscreen = !kiosk;
        setup.kiosk = kiosk.then(Arc::default);
        let mut rig = setup.open();
        rig.press(Key::Num2);
        rig.change(|state| fails(state, FailureKind::Timeout, Stage::Connect, |device| device == 3));
        assert!(rig.tiles()[0].contains("大阪 DVR 1"), "the first page");
        rig.click("神戸 / 神戸 DVR: no answer for 12 min, next try 14 s");
        assert!(rig.tiles()[0].contains("神戸 DVR"), "{:?}", rig.tiles());
    }
}

#[test]
fn what_stands_on_no_tile_is_led_to_in_the_tree_which_says_its_trouble() {
    let mut rig = WindowSetup::new(Language::En, shops()).open();
    rig.change(|state| fails(state, FailureKind::Timeout, Stage::Connect, |device| device == 3));
    let third = |label: &String| label.contains("神戸 DVR");
    while let Some(tile) = rig.tiles().into_iter().find(third) {
        rig.click(&tile);
        rig.press(Key::Delete);
    }
    rig.press(Key::F9);
    assert!(!rig.is_shown("Only what has trouble"), "the tree is closed");
    forget_streams(&mut rig, 3);
    rig.click("神戸 / 神戸 DVR: no answer, tried last at 09:05:42");
    let row = "神戸 DVR, Not watched; failed last: no answer";
    let selected = rig.harness.get_by_label(row).accesskit_node().toggled();
    assert_eq!(selected, Some(Toggled::True), "the tree is open, at the device");
    assert!(rig.is_shown("神戸, Not watched; failed last: no answer"));
}

/// Nothing of this device is on screen any more; it did not answer when it was tried last.
fn forget_streams(rig: &mut WindowRig, device: u64) {
    rig.change(|state| {
        let mut streams = (*state.streams).clone();
        streams.retain(|stream, _| stream.channel.device != DeviceId(device));
        state.streams = Arc::new(streams);
        for site in Arc::make_mut(&mut state.sites) {
            site.devices.watched = u32::from(site.id != SiteId(2));
        }
        let status = DeviceStatus {
            failure: Some(failure(FailureKind::Timeout, Stage::Connect)),
            since: None,
            tried: Some(Tried {
                at: state.now - Duration::from_secs(20),
                clock: state.clock,
                failure: failure(FailureKind::Timeout, Stage::Connect),
                by_hand: false,
            }),
        };
        state.devices = Arc::new(HashMap::from([(DeviceId(device), status)]));
    });
}

#[test]
fn what_nobody_watches_says_when_it_was_tried_last() {
    let mut rig = WindowSetup::new(Language::En, shops()).open();
    rig.change(|state| fails(state, FailureKind::Timeout, Stage::Connect, |_| false));
    forget_streams(&mut rig, 3);
    assert!(rig.is_shown("神戸 / 神戸 DVR: no answer, tried last at 09:05:42"));
}

#[test]
fn every_site_silent_is_one_trouble() {
    for (language, said) in [
        (Language::En, "No site answers"),
        (Language::Ja, "どの拠点からも応答がありません"),
    ] {
        let mut rig = WindowSetup::new(language, shops()).open();
        rig.change(|state| {
            fails(state, FailureKind::Timeout, Stage::Connect, |_| true);
            site_is(state, 0, SiteState::Outage);
            site_is(state, 1, SiteState::Outage);
        });
        assert_eq!(count(&rig, said), 1);
    }
}

#[test]
fn what_is_late_is_named_in_the_status_bar_after_all_that_shows_nothing() {
    for (language, late, dead, more) in [
        (Language::En, "late for 7 s", "refused", "+ 1 more"),
        (Language::Ja, "遅延 7 秒間", "接続拒否", "ほか 1 件"),
    ] {
        let mut rig = WindowSetup::new(language, shops()).open();
        let said = |rig: &WindowRig, what: &str| {
            let all = rig.harness.query_all_by_role(Role::Button);
            let labels = all.filter_map(|node| node.accesskit_node().label());
            labels.filter(|label| label.contains(what)).collect::<Vec<_>>()
        };
        let state_of = |state: &mut EngineState, refused: u64| {
            fails(state, FailureKind::Refused, Stage::Connect, |device| device == refused);
            for (stream, status) in Arc::make_mut(&mut state.streams) {
                if stream.channel.device.0 == 1 {
                    status.state = TileState::Late;
                }
            }
        };
        rig.change(|state| state_of(state, 0));
        let line = said(&rig, late);
        assert!(line.len() == 1 && line[0].contains("大阪 DVR 1"), "{line:?}");
        // It leads to the tiles.
        rig.harness.get_by_label_contains("Cam 1 · 神戸 DVR").click();
        rig.harness.run();
        rig.click(&line[0]);
        let selected = rig.harness.state().view().wall.selected_channel();
        assert_eq!(selected.map(|channel| channel.device), Some(DeviceId(1)));
        rig.change(|state| state_of(state, 3));
        assert!(said(&rig, late).is_empty());
        assert_eq!(said(&rig, dead).len(), 1);
        rig.click(more);
        assert_eq!(said(&rig, late).len(), 1);
        // A window without a status bar keeps its tiles where they are.
        let mut rig = WindowSetup::new(language, shops()).open();
        rig.press(Key::F11);
        rig.change(|state| state_of(state, 0));
        assert!(said(&rig, late).is_empty());
    }
}

#[test]
fn a_page_that_is_turned_to_in_an_outage_has_one_panel_and_tiles_with_their_age_alone() {
    for (language, silent, refused, age) in [
        (
            Language::En,
            "Nothing answers at this site; one device is tried for all",
            "One device is tried for all: The device is there, but nothing listens on this port",
            "for 5 min",
        ),
        (
            Language::Ja,
            "この拠点から応答がなく、1 台だけで復旧を確認しています",
            "1 台だけで復旧を確認中：機器は応答しましたが、このポートでは待ち受けていません",
            "5 分間",
        ),
    ] {
        for (kind, site, said) in [
            (FailureKind::Timeout, SiteState::Outage, silent),
            (FailureKind::Refused, SiteState::Partial, refused),
        ] {
            let mut rig = WindowSetup::new(language, shops()).open();
            rig.change(|state| {
                let waits = TileState::Waiting {
                    held_by: HeldBy::SiteOutage,
                    until: Some(state.now + Duration::from_secs(14)),
                    failure: None,
                };
                // The first recorder failed on another page; the second one was never tried.
                set_streams(state, |stream| match stream.channel.device.0 {
                    1 => None,
                    2 => Some(waits.clone()),
                    _ => Some(TileState::Live),
                });
                for status in Arc::make_mut(&mut state.streams).values_mut() {
                    if status.state != TileState::Live {
                        status.last_picture = None;
                    }
                }
                let found = failure(kind, Stage::Connect);
                let known = DeviceStatus {
                    failure: Some(found.clone()),
                    since: Some(state.now - Duration::from_secs(305)),
                    tried: Some(Tried {
                        at: state.now - Duration::from_secs(20),
                        clock: state.clock,
                        failure: found,
                        by_hand: false,
                    }),
                };
                state.devices = Arc::new(HashMap::from([(DeviceId(1), known)]));
                site_is(state, 0, site);
            });
            assert_eq!(count(&rig, said), 1, "{language:?} {kind:?}");
            let ages = rig
                .harness
                .query_all_by(|node| node.description().as_deref() == Some(age));
            assert_eq!(ages.count(), 4, "each tile says its age");
            assert_eq!(
                buttons(&rig, "大阪").len(),
                1,
                "one line in the status bar: {:?}",
                buttons(&rig, "大阪")
            );
        }
    }
}

#[test]
fn what_all_wait_for_is_said_by_the_first_tile_alone() {
    let mut rig = WindowSetup::new(Language::En, cameras(4)).open();
    rig.change(|state| {
        set_streams(state, |_| {
            Some(TileState::Waiting {
                held_by: HeldBy::Process,
                until: None,
                failure: None,
            })
        });
    });
    let painted = rig.painted();
    let sentence = |text: &&String| text.starts_with("Other connections go first");
    assert_eq!(painted.iter().filter(sentence).count(), 1, "{painted:?}");
}
