//! The handbook: its entry in the menu, that its menus and pages lead where it says, and its pictures.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use device::{Device, DeviceId, Registry, Site, SiteId};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, EngineState, Frame, Notice, NoticeKind, PixelOrder, TestState, TestStatus, TileState};
use monomi::i18n::Language;
use reconnect::{FailureKind, SiteState, Stage};
use settings::Theme;

use super::rig::{WindowRig, WindowSetup, device, registry, set_streams};
use super::screens::pictures;
use super::trouble::{fails, site_is};
use crate::handbook::paths;

#[test]
fn the_menu_opens_it_in_the_language_of_the_window_and_a_failure_says_where_it_is() {
    for (language, help, entry, said) in [
        (
            Language::En,
            "Help",
            "Handbook",
            "The handbook could not be opened (no permission)",
        ),
        (
            Language::Ja,
            "ヘルプ",
            "ハンドブック",
            "ハンドブックを開けませんでした（アクセスする権限がありません）",
        ),
    ] {
        let mut rig = WindowSetup::new(language, Registry::default()).open();
        rig.click(help);
        rig.click(entry);
        assert_eq!(*rig.handbook_opened.lock().unwrap(), [language]);
        let (file, reason) = (
            PathBuf::from("/cache/handbook.html"),
            std::io::Error::from_raw_os_error(13).to_string(),
        );
        rig.change(|state| {
            state.notices = Arc::new(vec![Notice {
                id: 1,
                kind: NoticeKind::HandbookNotOpened { file, reason },
            }]);
        });
        rig.harness.get_by_label_contains(said);
        rig.harness.get_by_label_contains("/cache/handbook.html");
    }
}

#[test]
fn every_way_that_begins_in_the_menu_bar_leads_where_it_says() {
    for (language, menus) in [
        (Language::En, ["File", "View", "Help"]),
        (Language::Ja, ["ファイル", "表示", "ヘルプ"]),
    ] {
        let ways: Vec<Vec<String>> = paths(language)
            .into_iter()
            .filter(|way| way.len() > 1 && menus.contains(&way[0].as_str()))
            .collect();
        assert!(ways.len() > 15, "{language:?}: {ways:?}");
        for way in ways {
            let mut rig = WindowSetup::new(language, shops(language)).open();
            for (at, step) in way.iter().enumerate() {
                let found = rig.harness.query_all_by_label(step).next();
                let found = found.unwrap_or_else(|| panic!("{language:?}: {way:?}: no “{step}”"));
                if at + 1 < way.len() {
                    found.click_accesskit();
                    rig.harness.run();
                }
            }
        }
    }
}

/// Three shops with the names of everyday, sixteen channels in all.
fn shops(language: Language) -> Registry {
    let (sites, channels) = match language {
        Language::En => (
            ["Osaka", "Kobe", "Kyoto"],
            ["Entrance", "Till", "Storeroom", "Car park"],
        ),
        Language::Ja => (["大阪店", "神戸店", "京都店"], ["入口", "レジ", "倉庫", "駐車場"]),
    };
    let recorder = |id: u64, name: &str, site: u64| Device {
        site: SiteId(site),
        host: format!("192.168.{site}0.{}", 19 + id).parse().unwrap(),
        ..device(id, name, &channels)
    };
    let devices = [
        recorder(1, "DVR1", 1),
        recorder(2, "DVR2", 1),
        recorder(3, "DVR1", 2),
        recorder(4, "DVR1", 3),
    ];
    Registry {
        sites: (1..)
            .zip(sites)
            .map(|(id, name)| Site::new(SiteId(id), name.to_owned()))
            .collect(),
        ..registry(&devices)
    }
}

/// Thirty recorders, the last of which stands outside.
fn thirty(language: Language) -> Registry {
    let mut all = shops(language);
    let first = all.devices[0].clone();
    for id in 5..=30 {
        let site = 1 + id % 3;
        let host = if id == 30 {
            "203.0.113.9".to_owned()
        } else {
            format!("192.168.{site}0.{}", 19 + id)
        };
        all.devices.push(Device {
            id: DeviceId(id),
            name: format!("DVR{id}"),
            site: SiteId(site),
            host: host.parse().unwrap(),
            ..first.clone()
        });
    }
    all
}

fn live(state: &mut EngineState) {
    set_streams(state, |_| Some(TileState::Live));
    pictures(state);
}

fn open(language: Language, registry: Registry, theme: Theme) -> WindowRig {
    let mut setup = WindowSetup::new(language, registry);
    (setup.theme, setup.size) = (theme, [1024.0, 640.0]);
    setup.brands = monomi::store::brands();
    setup.open()
}

fn chord(rig: &mut WindowRig, key: Key) {
    rig.harness.key_press_modifiers(Modifiers::COMMAND, key);
    rig.harness.run();
}

/// Clicks the first of what is called so.
fn click_first(rig: &mut WindowRig, labels: [&str; 2]) {
    let found = labels
        .iter()
        .find_map(|label| rig.harness.query_all_by_label(label).next());
    found.unwrap_or_else(|| panic!("{labels:?}")).click_accesskit();
    rig.harness.run();
}

/// The first of this role that is called so.
fn find<'a>(rig: &'a WindowRig, role: Role, labels: [&str; 2]) -> Option<egui_kittest::Node<'a>> {
    rig.harness
        .query_all_by_role(role)
        .find(|node| labels.map(Some).contains(&node.accesskit_node().label().as_deref()))
}

fn type_into(rig: &mut WindowRig, labels: [&str; 2], text: &str) {
    let field = find(rig, Role::TextInput, labels).or_else(|| find(rig, Role::PasswordInput, labels));
    field.unwrap_or_else(|| panic!("{labels:?}")).focus();
    rig.harness.run();
    chord(rig, Key::A);
    rig.harness.event(egui::Event::Paste(text.to_owned()));
    rig.harness.run();
}

/// A device whose Test has shown its first picture.
fn tested(rig: &mut WindowRig) {
    chord(rig, Key::N);
    type_into(
        rig,
        ["Site", "拠点"],
        if rig.is_shown("拠点") { "大阪店" } else { "Osaka" },
    );
    type_into(rig, ["Name", "名前"], "DVR3");
    type_into(rig, ["Host name or address", "ホスト名またはアドレス"], "192.168.10.22");
    type_into(rig, ["User", "ユーザー名"], "viewer");
    type_into(rig, ["Password", "パスワード"], "a-password");
    let test = find(rig, Role::Button, ["Test", "テスト"]);
    test.expect("a button for the Test").click_accesskit();
    rig.harness.run();
    let sent = rig.sent();
    let id = sent.iter().find_map(|command| match command {
        Command::Test(request) => Some(request.id),
        _ => None,
    });
    let steps = [
        Stage::Resolve,
        Stage::Connect,
        Stage::Options,
        Stage::Describe,
        Stage::Setup,
        Stage::Play,
        Stage::Media,
    ];
    rig.change(|state| {
        let slot = Arc::new(monomi::bridge::FrameSlot::default());
        slot.publish(Frame {
            order: PixelOrder::Rgba,
            ..super::rig::picture(7, 320, 180)
        });
        state.test = Some(Arc::new(TestStatus {
            id: id.expect("a Test was asked for"),
            waited: None,
            not_asked: None,
            done: steps
                .into_iter()
                .zip([2, 8, 5, 31, 12, 9, 180].map(Duration::from_millis))
                .collect(),
            failed_after: None,
            state: TestState::Passed {
                codec: "H.264".to_owned(),
                width: 1920,
                height: 1080,
            },
            slot,
        }));
    });
}

/// The settings, on the page of this name.
fn page(rig: &mut WindowRig, labels: [&str; 2]) {
    chord(rig, Key::Comma);
    click_first(rig, labels);
}

fn outage(state: &mut EngineState) {
    fails(state, FailureKind::Timeout, Stage::Connect, |device| device < 3);
    site_is(state, 0, SiteState::Outage);
    pictures(state);
}

/// What is on a picture.
type Scene = fn(Language) -> WindowRig;

const PICTURES: [(&str, Scene); 9] = [
    ("first-start", |language| {
        let mut rig = open(language, Registry::default(), Theme::Dark);
        rig.change(|state| state.totals.attempts_last_minute = 0);
        rig
    }),
    ("test", |language| {
        let mut rig = open(language, shops(language), Theme::Light);
        tested(&mut rig);
        rig
    }),
    ("bulk", |language| {
        let mut rig = open(language, thirty(language), Theme::Light);
        page(&mut rig, ["Devices", "機器"]);
        rig.harness.get_by_role(Role::ListBox).focus();
        rig.harness.run();
        chord(&mut rig, Key::A);
        click_first(&mut rig, ["Edit…", "編集…"]);
        type_into(&mut rig, ["User", "ユーザー名"], "viewer");
        type_into(&mut rig, ["RTSP port", "RTSP ポート"], "8554");
        rig
    }),
    ("wall", |language| {
        let mut rig = open(language, shops(language), Theme::Dark);
        rig.press(Key::Num4);
        rig.change(live);
        rig
    }),
    ("outage", |language| {
        let mut rig = open(language, shops(language), Theme::Dark);
        rig.press(Key::Num4);
        rig.change(outage);
        rig
    }),
    ("alerts", |language| {
        let mut rig = open(language, shops(language), Theme::Light);
        page(&mut rig, ["Alerts", "通知"]);
        rig
    }),
    ("events", |language| {
        let mut rig = open(language, shops(language), Theme::Dark);
        rig.change(live);
        rig.change(super::events::happen);
        chord(&mut rig, Key::E);
        rig
    }),
    ("network", |language| {
        let mut rig = open(language, thirty(language), Theme::Light);
        rig.change(|state| {
            let mut settings = (*state.settings).clone();
            settings.internal_network_only = true;
            state.settings = Arc::new(settings);
            state.excluded = Arc::new(vec![DeviceId(30)]);
        });
        page(&mut rig, ["Network", "ネットワーク"]);
        rig
    }),
    ("export", |language| {
        let mut rig = open(language, shops(language), Theme::Light);
        rig.change(live);
        let [file, export] = match language {
            Language::En => ["File", "Export profile…"],
            Language::Ja => ["ファイル", "プロファイルの書き出し…"],
        };
        rig.click(file);
        rig.click(export);
        type_into(
            &mut rig,
            ["Path of the file", "ファイルのパス"],
            "/media/usb/shop.monomi",
        );
        type_into(&mut rig, ["Passphrase", "パスフレーズ"], "a passphrase");
        type_into(&mut rig, ["Passphrase again", "パスフレーズ（確認）"], "a passphrase");
        rig
    }),
];

#[test]
#[ignore = "writes the pictures of the handbook; make screenshots"]
fn the_pictures_of_the_handbook() {
    let folder = PathBuf::from(std::env::var_os("MONOMI_HANDBOOK").expect("MONOMI_HANDBOOK names a folder"));
    for language in Language::ALL {
        let folder = folder.join(language.tag());
        std::fs::create_dir_all(&folder).unwrap();
        for (name, scene) in PICTURES {
            let mut rig = scene(language);
            // A busy machine paints in software slower than the harness waits for.
            let image = (0..5).find_map(|_| rig.harness.render().ok()).expect("a renderer");
            save(
                &folder.join(format!("{name}.png")),
                image.width(),
                image.height(),
                image.as_raw(),
            );
        }
    }
}

/// Writes a picture as small as PNG can, with 32 steps for each colour, which text and areas do not show.
fn save(path: &std::path::Path, width: u32, height: u32, rgba: &[u8]) {
    let rgb: Vec<u8> = rgba
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .map(|value| (value & 0xf8) | (value >> 5))
        .collect();
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&rgb).unwrap();
    writer.finish().unwrap();
}
