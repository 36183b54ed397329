//! Pictures of the main screens, for people to look at: `MONOMI_SCREENS=DIR cargo test --test it window::screens -- --ignored`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use device::{Registry, Site, SiteId};
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{EngineState, Notice, NoticeKind, SoundState, TileState};
use monomi::i18n::Language;
use reconnect::{Failure, FailureKind, MemoryLimit, SiteState, Stage, TlsObstacle, TransportObstacle};
use settings::Theme;
use wall::{Over, TourPlan, Views};

use super::overload::relief;
use super::rig::{WindowRig, WindowSetup, device, picture, registry, set_streams};
use super::states::all_states;

fn shops() -> Registry {
    let mut registry = registry(&[
        device(
            1,
            "本店DVR 1号機",
            &[
                "正面入口",
                "レジ前",
                "バックヤード搬入口・東側（夜間は赤外線に切り替え）",
                "駐車場",
                "階段2F",
                "事務所",
                "倉庫A",
                "",
            ],
        ),
        device(
            2,
            "Warehouse NVR",
            &[
                "Gate",
                "Ramp",
                "Dock 1",
                "Dock 2",
                "Aisle",
                "Cold store",
                "Office",
                "Roof",
            ],
        ),
        device(3, "Annex", &["", "", "", ""]),
    ]);
    registry
        .sites
        .push(Site::new(SiteId(2), "Warehouse Yokohama".to_owned()));
    registry.devices[1].site = SiteId(2);
    registry.devices[2].site = SiteId(2);
    registry.devices[2].enabled = false;
    registry
}

fn live(state: &mut EngineState) {
    set_streams(state, |_| Some(TileState::Live));
    pictures(state);
}

pub fn pictures(state: &EngineState) {
    for (stream, status) in state.streams.iter() {
        if !matches!(
            status.state,
            TileState::Connecting { .. } | TileState::Refused { .. } | TileState::SignInFailed { .. }
        ) {
            let number = stream.channel.number + stream.channel.device.0 as u16 * 3;
            status.slot.set_source(704, 396);
            status.slot.publish(picture(number, 352, 198));
        }
    }
}

fn outage(state: &mut EngineState) {
    all_states(state);
    pictures(state);
    let mut sites = (*state.sites).clone();
    sites[1].state = SiteState::Outage;
    sites[1].next_canary = Some(state.now + Duration::from_secs(8));
    state.sites = Arc::new(sites);
    state.notices = Arc::new(vec![Notice {
        id: 1,
        kind: NoticeKind::DevicesRemoved {
            names: vec!["旧館DVR".into()],
        },
    }]);
}

fn too_large(width: u32, limit: MemoryLimit) -> Failure {
    let height = 8_192;
    Failure {
        kind: FailureKind::TooLarge { width, height, limit },
        stage: Stage::Media,
        detail: String::new(),
    }
}

/// What is awaited, what is not whole, and what waits for a change at the device.
fn unfinished(state: &mut EngineState) {
    let ago = |seconds| Some(state.now - Duration::from_secs(seconds));
    let offline = |kind, stage| TileState::Offline {
        failure: Failure {
            kind,
            stage,
            detail: String::new(),
        },
        next_try: None,
    };
    let states = [
        TileState::Live,
        TileState::AwaitingKeyFrame {
            since: state.now - Duration::from_secs(12),
        },
        TileState::WithoutKeyFrames,
        TileState::Connecting {
            stage: Stage::Describe,
            since: ago(12),
        },
        TileState::Connecting {
            stage: Stage::Media,
            since: ago(38),
        },
        offline(
            FailureKind::TlsUnspoken {
                obstacle: TlsObstacle::NoCommonCipher,
            },
            Stage::Tls,
        ),
        offline(
            FailureKind::TlsUnspoken {
                obstacle: TlsObstacle::NotTls,
            },
            Stage::Tls,
        ),
        offline(
            FailureKind::NoTransport {
                obstacle: TransportObstacle::Unopened,
            },
            Stage::Setup,
        ),
        TileState::Offline {
            failure: Failure {
                kind: FailureKind::TlsUnspoken {
                    obstacle: TlsObstacle::HangsUp,
                },
                stage: Stage::Tls,
                detail: String::new(),
            },
            next_try: Some(state.now + Duration::from_secs(290)),
        },
        offline(
            FailureKind::NoTransport {
                obstacle: TransportObstacle::Silent,
            },
            Stage::Media,
        ),
        offline(
            FailureKind::NoTransport {
                obstacle: TransportObstacle::Refused,
            },
            Stage::Setup,
        ),
        TileState::TooLarge {
            failure: too_large(8_192, MemoryLimit::Stream),
        },
        TileState::TooLarge {
            failure: too_large(12_000, MemoryLimit::Together),
        },
    ];
    set_streams(state, |stream| {
        let number = usize::from(stream.channel.number) + if stream.channel.device.0 == 2 { 8 } else { 0 };
        Some(states[(number - 1) % states.len()].clone())
    });
    pictures(state);
}

pub fn shoot(mut rig: WindowRig, name: &str) {
    let folder = PathBuf::from(std::env::var_os("MONOMI_SCREENS").expect("MONOMI_SCREENS names a folder"));
    std::fs::create_dir_all(&folder).unwrap();
    // A busy machine paints in software slower than the harness waits for.
    let image = (0..5).find_map(|_| rig.harness.render().ok());
    let image = image.expect("a renderer");
    image.save(folder.join(format!("{name}.png"))).unwrap();
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_main_screens_in_both_languages_and_themes() {
    for (language, theme) in [
        (Language::Ja, Theme::Dark),
        (Language::En, Theme::Dark),
        (Language::Ja, Theme::Light),
        (Language::En, Theme::Light),
    ] {
        let name = |screen: &str| format!("{screen}-{}-{}", language.tag(), theme.as_str());
        let open = |registry: Registry| {
            let mut setup = WindowSetup::new(language, registry);
            setup.theme = theme;
            setup.open()
        };
        shoot(open(Registry::default()), &name("1-first-start"));
        let mut rig = open(shops());
        rig.change(live);
        shoot(rig, &name("2-wall"));
        let mut rig = open(shops());
        rig.change(outage);
        rig.press(Key::Num3);
        rig.change(outage);
        shoot(rig, &name("3-states"));
        let mut rig = open(shops());
        rig.change(unfinished);
        rig.press(Key::Num3);
        rig.change(unfinished);
        shoot(rig, &name("3-unfinished"));
        let mut rig = open(shops());
        rig.change(outage);
        rig.press(Key::Enter);
        rig.press(Key::ArrowRight);
        rig.press(Key::ArrowRight);
        rig.change(outage);
        shoot(rig, &name("4-alone"));
        let mut rig = open(shops());
        rig.press(Key::F1);
        shoot(rig, &name("5-shortcuts"));
        let mut rig = open(shops());
        rig.click(if language == Language::Ja { "表示" } else { "View" });
        shoot(rig, &name("6-menu"));
        let mut rig = open(shops());
        rig.change(|state| {
            live(state);
            let mut settings = (*state.settings).clone();
            settings.show_figures = true;
            state.settings = Arc::new(settings);
        });
        rig.press(Key::Num8);
        rig.change(|state| {
            live(state);
            let mut streams = (*state.streams).clone();
            for status in streams.values_mut() {
                status.info.delay = Some(Duration::from_millis(83));
            }
            state.streams = Arc::new(streams);
            state.totals.relief = relief(2);
        });
        shoot(rig, &name("7-mixed-figures"));
        let mut setup = WindowSetup::new(language, shops());
        setup.theme = theme;
        let plan = TourPlan {
            over: Over::Pages,
            ..TourPlan::default()
        };
        setup.state.views = Arc::new(Views::restore(vec![], plan));
        let mut rig = setup.open();
        rig.press(Key::Num2);
        rig.change(live);
        rig.press(Key::F11);
        rig.press(Key::T);
        rig.change(|state| {
            state.now += Duration::from_secs(1);
            state.totals.relief = relief(2);
        });
        rig.press(Key::ArrowLeft);
        shoot(rig, &name("9-tour"));
        let mut rig = open(shops());
        let heard = |state: &mut EngineState| {
            live(state);
            for (stream, status) in Arc::make_mut(&mut state.streams) {
                if stream.channel.number == 1 {
                    status.sound = SoundState::Playing;
                }
            }
        };
        rig.change(heard);
        rig.press(Key::M);
        rig.change(heard);
        for _ in 0..4 {
            rig.harness
                .key_press_modifiers(egui::Modifiers::COMMAND, Key::ArrowDown);
            rig.harness.run();
        }
        let tile = rig.tiles()[0].clone();
        rig.harness.get_by_label(&tile).click_secondary();
        rig.harness.run();
        rig.click(if language == Language::Ja {
            "音量：80 %"
        } else {
            "Volume: 80 %"
        });
        rig.change(heard);
        shoot(rig, &name("9-sound"));
        let mut setup = WindowSetup::new(language, shops());
        (setup.theme, setup.kiosk) = (theme, Some(Arc::default()));
        let mut rig = setup.open();
        rig.change(live);
        rig.press(Key::Escape);
        shoot(rig, &name("9-kiosk"));
        let mut rig = open(shops());
        rig.change(live);
        rig.change(super::events::happen);
        rig.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::E);
        rig.harness.run();
        shoot(rig, &name("9-events"));
        let mut rig = open(shops());
        rig.change(outage);
        rig.change(super::events::happen);
        rig.press(Key::F11);
        shoot(rig, &name("9-events-badge"));
        let mut rig = open(shops());
        rig.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::G);
        rig.harness.run();
        shoot(rig, &name("9-virtual-dvr"));
        let mut rig = open(shops());
        rig.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::L);
        rig.harness.run();
        for key in [Key::ArrowRight, Key::ArrowDown] {
            rig.harness.key_press_modifiers(egui::Modifiers::SHIFT, key);
            rig.harness.run();
        }
        rig.press(Key::M);
        rig.press(Key::ArrowRight);
        shoot(rig, &name("9-own-layouts"));
    }
    let names: Vec<String> = (1..=64).map(|n| format!("カメラ {n}")).collect();
    let big = registry(&[device(
        1,
        "本店DVR",
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    )]);
    for (size, name) in [
        ([1280.0, 720.0], "8-sixty-four-720"),
        ([3840.0, 2160.0], "8-sixty-four-2160"),
    ] {
        let mut setup = WindowSetup::new(Language::Ja, big.clone());
        setup.size = size;
        let mut rig = setup.open();
        rig.press(Key::Num7);
        rig.change(|state| {
            set_streams(state, |_| Some(TileState::Live));
            all_states_again(state);
            pictures(state);
        });
        shoot(rig, name);
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_tools_of_tiles_and_all_layouts() {
    for (language, size, width) in [
        (Language::Ja, [1280.0, 720.0], "720"),
        (Language::En, [1280.0, 720.0], "720"),
        (Language::Ja, [3840.0, 2160.0], "2160"),
        (Language::En, [3840.0, 2160.0], "2160"),
    ] {
        let name = |screen: &str| format!("{screen}-{}-{width}", language.tag());
        let open = |theme| {
            let mut setup = WindowSetup::new(language, shops());
            (setup.theme, setup.size) = (theme, size);
            let mut rig = setup.open();
            rig.change(live);
            rig
        };
        let hover = |rig: &mut WindowRig, tile: usize| {
            let label = rig.tiles()[tile].clone();
            let at = rig.harness.get_by_label(&label).rect().center();
            rig.harness.hover_at(at);
            rig.harness.run();
        };
        for theme in [Theme::Dark, Theme::Light] {
            let mut rig = open(theme);
            rig.press(Key::Num3);
            rig.change(outage);
            hover(&mut rig, 0);
            shoot(rig, &name(&format!("t1-tools-{}", theme.as_str())));
            let mut rig = open(theme);
            rig.press(Key::Num3);
            rig.change(outage);
            hover(&mut rig, 2);
            shoot(rig, &name(&format!("t1-tools-offline-{}", theme.as_str())));
        }
        let mut rig = open(Theme::Dark);
        rig.press(Key::Num7);
        rig.change(live);
        hover(&mut rig, 9);
        shoot(rig, &name("t2-tools-small"));
        let mut rig = open(Theme::Dark);
        rig.press(Key::Enter);
        rig.press(Key::PageDown);
        rig.change(live);
        shoot(rig, &name("t3-single"));
        let mut rig = open(Theme::Light);
        rig.press(Key::F11);
        rig.press(Key::Enter);
        rig.change(live);
        rig.harness.run_steps(240);
        shoot(rig, &name("t3-single-fullscreen"));
        let mut rig = open(Theme::Dark);
        rig.press(Key::Num2);
        rig.change(live);
        for _ in 0..5 {
            rig.press(Key::Plus);
        }
        rig.harness.run_steps(240);
        shoot(rig, &name("t4-zoom"));
        let mut rig = open(Theme::Dark);
        rig.press(Key::Num2);
        rig.change(live);
        for _ in 0..5 {
            rig.press(Key::Plus);
        }
        rig.press(Key::Enter);
        rig.change(live);
        shoot(rig, &name("t4-zoom-alone"));
        let mut rig = open(Theme::Dark);
        rig.change(|state| {
            live(state);
            let path = "/home/operator/Pictures/本店DVR 1号機-ch2-20261121-090542.png".into();
            state.notices = Arc::new(vec![Notice {
                id: 1,
                kind: NoticeKind::SnapshotSaved { path },
            }]);
        });
        shoot(rig, &name("t7-toast"));
        let mut rig = open(Theme::Dark);
        rig.click(if language == Language::Ja {
            "すべての画面分割"
        } else {
            "All layouts"
        });
        shoot(rig, &name("t5-picker"));
        let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
        let corridors = [Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];
        for (index, key) in keys.into_iter().chain(corridors).enumerate() {
            let mut rig = open(Theme::Dark);
            rig.harness.key_press_modifiers(egui::Modifiers::ALT, key);
            rig.harness.run();
            rig.change(|state| {
                live(state);
                for (stream, status) in state.streams.iter().filter(|_| index >= 4) {
                    status.slot.set_source(1080, 1920);
                    status.slot.publish(picture(stream.channel.number, 216, 384));
                }
            });
            let layout = rig.harness.state().view().wall.layout().to_string();
            shoot(rig, &name(&format!("t6-layout-{layout}")));
        }
    }
}

/// Every ninth channel of many shows each state in turn.
fn all_states_again(state: &mut EngineState) {
    let mut nine = state.clone();
    all_states(&mut nine);
    let by_number = |number: u16| {
        let found = nine.streams.iter().find(|(stream, _)| stream.channel.number == number);
        found.map(|(_, status)| status.state.clone()).unwrap_or(TileState::Live)
    };
    set_streams(state, |stream| {
        let number = stream.channel.number;
        Some(if number % 7 == 0 {
            by_number((number / 7).clamp(1, 9))
        } else {
            TileState::Live
        })
    });
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn about_and_how_it_runs() {
    for language in [Language::Ja, Language::En] {
        let name = |screen: &str| format!("{screen}-{}-720", language.tag());
        let open = |entry: &str| {
            let mut rig = WindowSetup::new(language, shops()).open();
            rig.change(super::computer::decoding);
            rig.click(if language == Language::Ja { "ヘルプ" } else { "Help" });
            rig.click(entry);
            rig
        };
        let [about, licences, computer] = match language {
            Language::Ja => ["バージョン情報", "使用しているソフトウェアのライセンス", "動作状況"],
            Language::En => ["About Monomi", "Licences of everything inside", "How Monomi runs here"],
        };
        let mut rig = open(about);
        rig.change(|state| {
            let settings = settings::Settings {
                update_address: "https://get.example.jp/newest".parse().ok(),
                ..(*state.settings).clone()
            };
            state.settings = Arc::new(settings);
            state.update = Some(Arc::new(monomi::bridge::UpdateCheck {
                server: "get.example.jp".to_owned(),
                state: monomi::bridge::UpdateState::Failed(monomi::bridge::UpdateFault::Untrusted(String::new())),
            }));
        });
        shoot(rig, &name("a1-about"));
        let mut rig = open(about);
        rig.click(licences);
        shoot(rig, &name("a2-licences"));
        shoot(open(computer), &name("a3-computer"));
    }
}
