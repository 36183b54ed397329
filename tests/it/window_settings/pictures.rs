//! Pictures of every page, to be looked at: `MONOMI_PICTURES=DIR cargo test --test it window_settings::pictures -- --ignored`.

use std::sync::Arc;
use std::time::Duration;

use device::{BrandId, DeviceId, Paths, Registry, Site, SiteId};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Frame, NoticeKind, SiteDevices, SiteStatus, TestState};
use monomi::i18n::Language;
use monomi::ui::SettingsTab;
use reconnect::{Failure, FailureKind, SiteState, Stage};
use settings::Theme;

use super::rig::{DialogRig, Window, device, registry, sized};

#[test]
#[ignore = "paints pictures for people: make screenshots"]
fn of_every_page() {
    let folder = std::env::var_os("MONOMI_PICTURES").expect("MONOMI_PICTURES names a folder");
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (size_name, size) in [
        ("720", egui::vec2(1280.0, 720.0)),
        ("1080", egui::vec2(1920.0, 1080.0)),
        ("600", egui::vec2(800.0, 600.0)),
    ] {
        for (language, theme) in [
            (Language::Ja, Theme::Dark),
            (Language::En, Theme::Light),
            (Language::En, Theme::Dark),
            (Language::Ja, Theme::Light),
        ] {
            let small = size_name == "720";
            if !small && (language, theme) != (Language::Ja, Theme::Dark) {
                continue;
            }
            for (name, prepare) in PAGES {
                let mut window = sized(language, fleet(language), size);
                let rig = window.state_mut();
                let mut settings = (*rig.now.settings).clone();
                settings.theme = theme;
                rig.now.settings = Arc::new(settings);
                prepare(&mut window);
                window.run_ok();
                // A busy machine paints in software slower than the harness waits for.
                let picture = (0..5).find_map(|_| window.render().ok());
                let picture = picture.expect("a renderer");
                let theme = theme.as_str();
                picture
                    .save(folder.join(format!("{name}-{}-{theme}-{size_name}.png", language.tag())))
                    .unwrap();
            }
        }
    }
}

type Page = (&'static str, fn(&mut Window));

const PAGES: &[Page] = &[
    ("general", |window| window.state_mut().dialog.open(SettingsTab::General)),
    ("general-kiosk", |window| {
        window.state_mut().dialog.open(SettingsTab::General);
        window.run_ok();
        let at = window.ctx.content_rect().center();
        scroll_down(window, at);
    }),
    ("network", |window| network(window)),
    ("network-sites", |window| {
        network(window);
        window.state_mut().dialog.open_sites();
    }),
    ("network-end", |window| {
        network(window);
        window.run_ok();
        scroll_down(window, egui::pos2(640.0, 400.0));
    }),
    ("alerts", |window| alerts(window)),
    ("alerts-end", |window| {
        alerts(window);
        window.run_ok();
        let at = window.ctx.content_rect().center();
        scroll_down(window, at);
    }),
    ("devices", |window| {
        let rig = window.state_mut();
        let names = vec!["本社".to_owned()];
        rig.now.notices = Arc::new(vec![monomi::bridge::Notice {
            id: 1,
            kind: NoticeKind::DevicesRemoved { names },
        }]);
        rig.dialog.open(SettingsTab::Devices);
    }),
    ("bulk", |window| {
        window.state_mut().dialog.edit_devices((1..=40).map(DeviceId).collect());
        window.run_ok();
        for (labels, text) in [
            (["User", "ユーザー名"], "viewer"),
            (["RTSP port", "RTSP ポート"], "8554"),
        ] {
            let fields = window.get_all_by_role(egui::accesskit::Role::TextInput);
            let is_it =
                |node: &egui_kittest::Node<'_>| labels.map(Some).contains(&node.accesskit_node().label().as_deref());
            fields.into_iter().find(is_it).unwrap().focus();
            window.run_ok();
            window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
            window.run_ok();
            window.event(egui::Event::Paste(text.to_owned()));
            window.run_ok();
        }
    }),
    ("removal", |window| {
        window.state_mut().dialog.open(SettingsTab::Devices);
        window.run_ok();
        window.get_by_role(egui::accesskit::Role::ListBox).focus();
        window.run_ok();
        window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        window.run_ok();
        window.key_press(egui::Key::Delete);
        window.run_ok();
    }),
    ("devices-empty", |window| {
        let rig = window.state_mut();
        rig.now.registry = Arc::default();
        rig.dialog.open(SettingsTab::Devices);
    }),
    ("sites", |window| {
        window.state_mut().dialog.open(SettingsTab::Devices);
        window.run_ok();
        click_any(window, &["Sites (4)", "拠点（4）"]);
    }),
    ("editor-brand", |window| {
        window.state_mut().dialog.open_new_device(None);
        window.run_ok();
        click_any(window, &["Brand", "メーカー"]);
    }),
    ("editor-unsaved", |window| {
        window.state_mut().dialog.edit_device(DeviceId(1));
        window.run_ok();
        click_any(window, &["RTSPS (encrypted)", "RTSPS（暗号化）"]);
        window.key_press(egui::Key::Escape);
        window.run_ok();
    }),
    ("editor-end", |window| {
        window.state_mut().dialog.edit_device(DeviceId(1));
        window.run_ok();
        click_any(window, &["Channel names", "チャンネル名"]);
        scroll_down(window, egui::pos2(400.0, 400.0));
    }),
    ("editor-new", |window| window.state_mut().dialog.open_new_device(None)),
    ("editor-errors", |window| {
        window.state_mut().dialog.open_new_device(None);
        window.run_ok();
        window.key_press(egui::Key::Enter);
        window.run_ok();
    }),
    ("editor-passed", |window| {
        edit_and_test(window);
        let done = [
            Stage::Resolve,
            Stage::Connect,
            Stage::Options,
            Stage::Describe,
            Stage::Setup,
            Stage::Play,
            Stage::Media,
        ];
        let done = done
            .into_iter()
            .zip([2, 8, 5, 31, 12, 9, 180].map(Duration::from_millis))
            .collect();
        let passed = TestState::Passed {
            codec: "H.264".to_owned(),
            width: 1280,
            height: 720,
        };
        let slot = window.state_mut().test_is(done, passed);
        let pixel = |x: u32, y: u32| [(x * 255 / 320) as u8, (y * 255 / 180) as u8, 120, 255];
        let data: Vec<u8> = (0..180).flat_map(|y| (0..320).flat_map(move |x| pixel(x, y))).collect();
        slot.publish(Frame {
            width: 320,
            height: 180,
            data: data.into(),
            order: monomi::bridge::PixelOrder::Rgba,
            number: 1,
            at: window.state().now.now,
        });
    }),
    ("editor-failed", |window| {
        edit_and_test(window);
        let done = [Stage::Connect, Stage::Options]
            .into_iter()
            .zip([8, 5].map(Duration::from_millis))
            .collect();
        let failure = Failure {
            kind: FailureKind::Auth,
            stage: Stage::Describe,
            detail: "401 Unauthorized".to_owned(),
        };
        window.state_mut().test_is(done, TestState::Failed(failure));
    }),
];

fn scroll_down(window: &mut Window, at: egui::Pos2) {
    window.hover_at(at);
    for _ in 0..30 {
        window.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, -10.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        window.run_ok();
    }
}

fn click_any(window: &mut Window, labels: &[&str]) {
    let found = labels.iter().find_map(|label| window.query_by_label(label));
    found.unwrap().click_accesskit();
    window.run_ok();
}

fn alerts(window: &mut Window) {
    let rig = window.state_mut();
    let mut settings = (*rig.now.settings).clone();
    settings.alerts.quiet_hours = "22:00-07:00".parse().ok();
    rig.now.settings = Arc::new(settings);
    rig.dialog.open(SettingsTab::Alerts);
}

fn network(window: &mut Window) {
    let rig = window.state_mut();
    let mut settings = (*rig.now.settings).clone();
    settings.internal_network_only = true;
    settings.internal_networks = vec!["198.51.100.0/24".parse().unwrap()];
    rig.now.settings = Arc::new(settings);
    rig.now.excluded = Arc::new(vec![DeviceId(3)]);
    rig.now.sites = Arc::new(statuses(rig));
    rig.dialog.open(SettingsTab::Network);
}

fn statuses(rig: &DialogRig) -> Vec<SiteStatus> {
    let states = [
        SiteState::Up,
        SiteState::Partial,
        SiteState::Outage,
        SiteState::NoNetwork,
    ];
    let sites = rig.now.registry.sites.iter().zip(states);
    sites
        .map(|(site, state)| SiteStatus {
            id: site.id,
            name: site.name.clone(),
            state,
            next_canary: (state == SiteState::Outage).then(|| rig.now.now + Duration::from_secs(14)),
            half_open: u32::from(state == SiteState::Outage),
            attempts: 3,
            failed: 2,
            attempts_last_minute: 3,
            failed_last_minute: if state == SiteState::Up { 0 } else { 2 },
            budget_per_minute: 12,
            devices: SiteDevices {
                all: 16,
                watched: if state == SiteState::Up { 16 } else { 12 },
                live: match state {
                    SiteState::Up => 16,
                    SiteState::Partial => 3,
                    SiteState::Outage | SiteState::NoNetwork => 0,
                },
                failing: if state == SiteState::Up { 0 } else { 9 },
                excluded: 0,
            },
        })
        .collect()
}

fn edit_and_test(window: &mut Window) {
    window.state_mut().dialog.edit_device(DeviceId(2));
    window.run_ok();
    let tests = |node: &egui_kittest::Node<'_>| {
        ["Test", "テスト"]
            .map(Some)
            .contains(&node.accesskit_node().label().as_deref())
    };
    window
        .get_all_by_role(egui::accesskit::Role::Button)
        .find(tests)
        .unwrap()
        .click_accesskit();
    window.run_ok();
}

fn fleet(language: Language) -> Registry {
    let (sites, names): (&[&str], &[&str]) = match language {
        Language::Ja => (
            &["本社", "北関東物流センター第二倉庫", "大阪駅前", "港"],
            &[
                "本社ロビー録画機",
                "北関東物流センター第二倉庫南側搬入口レコーダー（予備機）",
                "正門カメラ",
                "屋上",
            ],
        ),
        _ => (
            &["Headquarters", "Warehouse North", "Station", "Harbour"],
            &["Lobby DVR", "Car park", "Gate camera", "Roof"],
        ),
    };
    let mut all = registry(&[]);
    all.sites = sites
        .iter()
        .zip(1..)
        .map(|(name, id)| Site::new(SiteId(id), (*name).to_owned()))
        .collect();
    for index in 0..40_u64 {
        let name = match names.get(index as usize) {
            Some(name) => (*name).to_owned(),
            None => format!("{} {index}", names[0]),
        };
        let host = if index == 2 {
            "203.0.113.9".to_owned()
        } else {
            format!("192.168.{}.{}", index / 10, 20 + index)
        };
        let mut device = device(index + 1, &name, &host);
        device.site = SiteId(1 + index % 4);
        device.enabled = index % 7 != 5;
        if index % 3 != 0 {
            device.paths = Paths::Brand(BrandId(
                ["hikvision", "dahua", "uniview-nvr"][index as usize % 3].to_owned(),
            ));
        }
        all.devices.push(device);
    }
    all
}
