//! The editor of one device.

use device::{BrandId, Carrier, DeviceEdit, DeviceId, MediaTransport, PasswordEdit, Paths, Registry};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use monomi::bridge::Command;
use monomi::i18n::Language;

use super::rig::{Window, click, fill, has, has_part, key, press, registry, window, wrong};

fn new_device(language: Language, registry: Registry) -> Window {
    let mut window = window(language, registry);
    window.state_mut().dialog.open_new_device(None);
    window.run();
    window
}

fn editing(language: Language) -> Window {
    let mut window = window(language, registry(&["Lobby", "Roof"]));
    window.state_mut().dialog.edit_device(DeviceId(1));
    window.run();
    window
}

fn saved(window: &Window) -> Option<&DeviceEdit> {
    window.state().sent.iter().rev().find_map(|command| match command {
        Command::SaveDevice(edit) => Some(&**edit),
        _ => None,
    })
}

fn own_paths(window: &mut Window, brand: &str, own_paths: &str) {
    window.get_by_role_and_label(Role::ComboBox, brand).click();
    window.run();
    press(window, own_paths);
}

/// What the fields are called in one language, and what is said of them.
struct Texts {
    language: Language,
    site: &'static str,
    name: &'static str,
    host: &'static str,
    port: &'static str,
    main_path: &'static str,
    brand: &'static str,
    own_paths: &'static str,
    save: &'static str,
    no_site: &'static str,
    no_host: &'static str,
    bad_ipv4: &'static str,
    bad_port: &'static str,
    no_path: &'static str,
    taken: &'static str,
}

const SAID: [Texts; 2] = [
    Texts {
        language: Language::En,
        site: "Site",
        name: "Name",
        host: "Host name or address",
        port: "RTSP port",
        main_path: "Path, main stream",
        brand: "Brand",
        own_paths: "Own paths",
        save: "Save",
        no_site: "Enter the name of the site",
        no_host: "Enter the address or the host name of the device",
        bad_ipv4: "Not a complete IPv4 address: four numbers from 0 to 255, such as 192.168.0.20",
        bad_port: "Enter a number from 1 to 65535",
        no_path: "Enter the path, or choose a brand",
        taken: "Another device of this site has this name",
    },
    Texts {
        language: Language::Ja,
        site: "拠点",
        name: "名前",
        host: "ホスト名またはアドレス",
        port: "RTSP ポート",
        main_path: "メインのパス",
        brand: "メーカー",
        own_paths: "パスを自分で入力",
        save: "保存",
        no_site: "拠点の名前を入力してください",
        no_host: "機器のアドレスまたはホスト名を入力してください",
        bad_ipv4: "IPv4 アドレスとして正しくありません。192.168.0.20 のように、0〜255 の数字を 4 つ入力してください。",
        bad_port: "1〜65535 の数字を入力してください",
        no_path: "パスを入力するか、メーカーを選んでください",
        taken: "この拠点には同じ名前の機器があります",
    },
];

#[test]
fn a_device_is_added_with_errors_beside_their_fields_and_then_right() {
    for said in SAID {
        let mut window = new_device(said.language, registry(&["Lobby"]));
        assert!(!has(&window, said.no_site), "nothing is wrong before anything was done");
        fill(&mut window, said.site, "");
        own_paths(&mut window, said.brand, said.own_paths);
        press(&mut window, said.save);
        for (field, problem) in [
            (said.site, said.no_site),
            (said.host, said.no_host),
            (said.main_path, said.no_path),
        ] {
            assert!(has(&window, problem), "{problem}");
            assert_eq!(wrong(&window, field).as_deref(), Some(problem));
        }
        assert!(saved(&window).is_none());

        fill(&mut window, said.site, "osaka");
        fill(&mut window, said.name, "lobby");
        fill(&mut window, said.host, "192.168.0.256");
        fill(&mut window, said.port, "70000");
        fill(&mut window, said.main_path, "/live/{ch}");
        press(&mut window, said.save);
        assert_eq!(wrong(&window, said.name).as_deref(), Some(said.taken));
        assert_eq!(wrong(&window, said.host).as_deref(), Some(said.bad_ipv4));
        assert_eq!(wrong(&window, said.port).as_deref(), Some(said.bad_port));
        assert_eq!(wrong(&window, said.site), None);
        assert!(saved(&window).is_none());

        fill(&mut window, said.site, "京都");
        assert_eq!(
            wrong(&window, said.name),
            None,
            "another site may have one of this name"
        );
        fill(&mut window, said.name, "録画機 2");
        fill(&mut window, said.host, "dvr.example.jp");
        fill(&mut window, said.port, "8554");
        press(&mut window, said.save);
        assert!(!window.state().dialog.is_open());
        let edit = saved(&window).unwrap();
        assert_eq!(
            (edit.site.name.as_str(), edit.device.name.as_str(), edit.device.port),
            ("京都", "録画機 2", 8554)
        );
        assert_eq!(window.state().device_names(), ["Lobby", "録画機 2"]);
    }
}

#[test]
fn an_error_shows_when_its_field_is_left() {
    let mut window = new_device(Language::En, Registry::default());
    fill(&mut window, "Host name or address", "dvr one");
    assert_eq!(wrong(&window, "Host name or address"), None);
    key(&mut window, Modifiers::NONE, Key::Tab);
    assert_eq!(
        wrong(&window, "Host name or address").as_deref(),
        Some("There is a space in the host name")
    );
    assert!(!has(&window, "Enter the name of the site") || wrong(&window, "RTSP port").is_none());
}

#[test]
fn an_edited_device_keeps_its_identity_and_its_password() {
    for (language, name, save, port) in [
        (Language::En, "Name", "Save", "RTSP port"),
        (Language::Ja, "名前", "保存", "RTSP ポート"),
    ] {
        let mut window = editing(language);
        fill(&mut window, name, "Lobby east");
        fill(&mut window, port, "555");
        press(&mut window, save);
        let edit = saved(&window).unwrap();
        assert_eq!(
            (edit.device.id, edit.device.port, &edit.password),
            (DeviceId(1), 555, &PasswordEdit::Keep)
        );
        assert_eq!(window.state().device_names(), ["Lobby east", "Roof"]);
    }
}

#[test]
fn a_password_is_set_or_removed_and_never_shown_unasked() {
    let secret = "p@ss:w/rd%#日本";
    let mut window = editing(Language::En);
    fill(&mut window, "Password", secret);
    assert!(!has_part(&window, secret));
    assert_ne!(window.get_by_label("Password").value().as_deref(), Some(secret));
    press(&mut window, "Show");
    assert_eq!(window.get_by_label("Password").value().as_deref(), Some(secret));
    press(&mut window, "Save");
    let PasswordEdit::Set(password) = &saved(&window).unwrap().password else {
        panic!("not set")
    };
    assert_eq!(password.expose(), secret);

    let mut window = editing(Language::En);
    click(&mut window, "Remove the stored password");
    press(&mut window, "Save");
    assert_eq!(saved(&window).unwrap().password, PasswordEdit::Clear);
}

#[test]
fn a_pasted_url_is_split_into_its_fields() {
    for said in SAID {
        let mut window = new_device(said.language, registry(&[]));
        fill(
            &mut window,
            said.host,
            "rtsps://ad min:p@ss:w/rd%#日本@dvr.example.jp:3322/live/1?x=y",
        );
        assert_eq!(
            window.get_by_label(said.host).value().as_deref(),
            Some("dvr.example.jp")
        );
        assert_eq!(window.get_by_label(said.port).value().as_deref(), Some("3322"));
        fill(&mut window, said.site, "Osaka");
        press(&mut window, said.save);
        let edit = saved(&window).unwrap();
        assert_eq!(
            (edit.device.carrier, edit.device.user.as_str()),
            (Carrier::Rtsps, "ad min")
        );
        let Paths::Own { main, .. } = &edit.device.paths else {
            panic!("own path")
        };
        assert_eq!(main.as_str(), "/live/1?x=y");
        let PasswordEdit::Set(password) = &edit.password else {
            panic!("password")
        };
        assert_eq!(password.expose(), "p@ss:w/rd%#日本");
    }
}

#[test]
fn an_address_that_can_be_read_in_two_ways_is_asked_about_where_it_was_pasted() {
    for (language, host, question, choice, save) in [
        (
            Language::En,
            "Host name or address",
            "This address can be read in several ways",
            "Host dvr.example.jp, user test/@",
            "Save",
        ),
        (
            Language::Ja,
            "ホスト名またはアドレス",
            "この URL は複数の意味に読み取れます",
            "ホスト：dvr.example.jp、ユーザー名：test/@",
            "保存",
        ),
    ] {
        let mut window = new_device(language, registry(&["Lobby"]));
        fill(&mut window, host, "rtsp://test/@:s3cret@dvr.example.jp/live");
        assert!(has_part(&window, question));
        assert!(!has_part(&window, "s3cret"), "it stands in the field alone");
        press(&mut window, choice);
        assert!(!has_part(&window, question) && !has(&window, choice));
        press(&mut window, save);
        let edit = saved(&window).expect("a device");
        assert_eq!(
            (edit.device.user.as_str(), edit.device.host.to_string().as_str()),
            ("test/@", "dvr.example.jp")
        );
        assert!(matches!(&edit.password, PasswordEdit::Set(password) if password.expose() == "s3cret"));
        assert!(matches!(&edit.device.paths, Paths::Own { main, .. } if main.as_str() == "/live"));
    }
}

#[test]
fn a_text_that_is_far_too_long_is_kept_and_named() {
    let long = "録画機".repeat(3_500);
    let mut window = editing(Language::Ja);
    let before = window.get_by_label("保存").rect();
    for field in [
        "名前",
        "拠点",
        "ホスト名またはアドレス",
        "ユーザー名",
        "チャンネル数",
        "メインのパス",
    ] {
        fill(&mut window, field, &long);
        assert_eq!(
            window.get_by_label(field).value().unwrap().chars().count(),
            long.chars().count(),
            "{field} was cut"
        );
        assert!(window.get_by_label(field).rect().width() < 520.0);
    }
    press(&mut window, "保存");
    for field in [
        "名前",
        "拠点",
        "ホスト名またはアドレス",
        "ユーザー名",
        "チャンネル数",
        "メインのパス",
    ] {
        assert!(wrong(&window, field).is_some(), "{field}");
    }
    assert!(saved(&window).is_none());
    assert_eq!(window.get_by_label("保存").rect(), before, "the layout stands");
}

#[test]
fn unsaved_changes_are_not_lost_by_escape() {
    for (language, name, unsaved, keep, discard) in [
        (
            Language::En,
            "Name",
            "There are changes that are not saved",
            "Keep editing",
            "Discard",
        ),
        (
            Language::Ja,
            "名前",
            "保存していない変更があります",
            "編集を続ける",
            "破棄",
        ),
    ] {
        let mut window = editing(language);
        fill(&mut window, name, "East");
        key(&mut window, Modifiers::NONE, Key::Escape);
        assert!(has(&window, unsaved) && window.state().dialog.is_open());
        click(&mut window, keep);
        assert!(!has(&window, unsaved));
        assert_eq!(window.get_by_label(name).value().as_deref(), Some("East"));
        key(&mut window, Modifiers::NONE, Key::Escape);
        click(&mut window, discard);
        assert!(!window.state().dialog.is_open() && window.state().sent.is_empty());

        let mut window = editing(language);
        key(&mut window, Modifiers::NONE, Key::Escape);
        assert!(!window.state().dialog.is_open(), "nothing was changed");
    }
}

#[test]
fn enter_saves_from_any_field() {
    let mut window = editing(Language::En);
    fill(&mut window, "User", "operator");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(saved(&window).unwrap().device.user, "operator");
}

#[test]
fn a_brand_is_found_by_any_of_its_names_and_shows_its_url() {
    let mut window = new_device(Language::En, registry(&[]));
    fill(&mut window, "Host name or address", "192.168.0.20");
    window.get_by_role_and_label(Role::ComboBox, "Brand").click();
    window.run();
    fill(&mut window, "Search brands", "abus");
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert!(saved(&window).is_none(), "Enter chose the brand and did not save");
    assert!(has(&window, "rtsp://192.168.0.20:554/Streaming/Channels/101"), "main");
    assert!(has(&window, "rtsp://192.168.0.20:554/Streaming/Channels/102"), "sub");
    fill(&mut window, "Site", "Osaka");
    fill(&mut window, "Name", "East");
    press(&mut window, "Save");
    assert_eq!(
        saved(&window).unwrap().device.paths,
        Paths::Brand(BrandId("hikvision".to_owned()))
    );
}

#[test]
fn the_carrier_brings_its_usual_port_unless_one_was_typed() {
    let mut window = new_device(Language::En, registry(&[]));
    click(&mut window, "RTSPS (encrypted)");
    assert_eq!(window.get_by_label("RTSP port").value().as_deref(), Some("322"));
    fill(&mut window, "RTSP port", "9000");
    click(&mut window, "RTSP");
    assert_eq!(window.get_by_label("RTSP port").value().as_deref(), Some("9000"));
}

#[test]
fn channels_are_named_one_by_one() {
    let mut window = editing(Language::Ja);
    fill(&mut window, "チャンネル数", "3");
    window.get_by_label("チャンネル名").scroll_to_me();
    window.run();
    click(&mut window, "チャンネル名");
    window.get_by_label("CH 3").scroll_to_me();
    window.run();
    fill(&mut window, "CH 3", "搬入口");
    press(&mut window, "保存");
    let names: Vec<_> = saved(&window)
        .unwrap()
        .device
        .channels
        .iter()
        .map(|channel| channel.name.as_str())
        .collect();
    assert_eq!(names, ["Gate", "", "搬入口"]);
}

#[test]
fn every_field_is_reached_by_tab() {
    let mut window = editing(Language::En);
    let mut reached = Vec::new();
    for _ in 0..40 {
        key(&mut window, Modifiers::NONE, Key::Tab);
        for name in [
            "Site",
            "Name",
            "Host name or address",
            "RTSP port",
            "User",
            "Password",
            "Brand",
            "Channels",
            "Test",
            "Save",
            "Cancel",
        ] {
            if window.get_all_by_label(name).any(|node| node.is_focused()) && !reached.contains(&name) {
                reached.push(name);
            }
        }
    }
    assert_eq!(reached.len(), 11, "{reached:?}");
}

#[test]
fn a_new_device_begins_in_the_site_of_the_last_one_or_in_a_default_one() {
    for (language, default) in [(Language::En, "Default"), (Language::Ja, "既定の拠点")] {
        let said = SAID.iter().find(|said| said.language == language).unwrap();
        let window = new_device(language, registry(&["Lobby"]));
        assert_eq!(window.get_by_label(said.site).value().as_deref(), Some("Osaka"));
        let mut window = new_device(language, Registry::default());
        assert_eq!(window.get_by_label(said.site).value().as_deref(), Some(default));
        fill(&mut window, said.name, "First");
        fill(&mut window, said.host, "fe80::1%eth0");
        press(&mut window, said.save);
        let edit = saved(&window).expect("nothing else is asked for");
        assert_eq!(
            (edit.site.name.as_str(), edit.device.host.to_string().as_str()),
            (default, "fe80::1%eth0")
        );
    }
}

#[test]
fn how_pictures_are_carried_is_chosen_and_udp_is_no_choice_for_rtsps() {
    for (language, udp, rtsps, save, problem) in [
        (
            Language::En,
            "UDP",
            "RTSPS (encrypted)",
            "Save",
            "RTSPS does not encrypt UDP and multicast. Choose “Automatic” or “TCP”",
        ),
        (
            Language::Ja,
            "UDP",
            "RTSPS（暗号化）",
            "保存",
            "RTSPS では UDP とマルチキャストは暗号化されません。「自動」または「TCP」を選んでください。",
        ),
    ] {
        let mut window = editing(language);
        window.get_by_role_and_label(Role::RadioButton, udp).click();
        window.run();
        window.get_by_role_and_label(Role::RadioButton, rtsps).click();
        window.run();
        press(&mut window, save);
        assert!(has(&window, problem) && saved(&window).is_none());
        window.get_by_role_and_label(Role::RadioButton, "RTSP").click();
        window.run();
        press(&mut window, save);
        let device = &saved(&window).expect("a device").device;
        assert_eq!(device.transport, MediaTransport::Udp);
    }
}
