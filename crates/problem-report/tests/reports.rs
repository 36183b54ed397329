//! Whole reports: no secret is in them in any way of writing it, and a name has one pseudonym in all files.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Read as _;

use base64::Engine as _;
use device::{Device, Password, Registry, sample};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use problem_report::{NameKind, Pseudonyms, ReportFile, Scrub, bundle, cleaned};

const SECRETS: [&str; 4] = ["s3cret p@ss", "日本のパス%#", "a\"b\\c&<d>", "correct-horse"];

/// A secret as protocols, files and programs write it.
fn written(secret: &str) -> Vec<String> {
    let mut all = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().to_lowercase(),
        format!("{secret:?}"),
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        secret.chars().map(|c| format!("{c}\0")).collect(),
    ];
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02X}")).collect() };
    let utf_16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [secret.as_bytes(), &utf_16] {
        all.push(hex(bytes));
        for before in ["", "u", "us", "user:"] {
            let with = [before.as_bytes(), bytes, b":more"].concat();
            all.push(base64::engine::general_purpose::STANDARD.encode(&with));
            all.push(base64::engine::general_purpose::URL_SAFE.encode(&with));
        }
    }
    all
}

/// The longest piece of a base64 text that stands for the secret alone.
fn core_of(text: &str) -> &str {
    &text[8..text.len().saturating_sub(10).max(9)]
}

#[test]
fn no_secret_is_in_a_report_in_any_way_of_writing_it() {
    let secrets = SECRETS.map(Password::new);
    let mut log = String::new();
    for secret in SECRETS {
        for form in written(secret) {
            log += &format!("2026-11-29T00:00:00Z INFO monomi: the device said {form} and went on\n");
        }
        log += &format!("rtsp://admin:{secret}@10.0.0.1:554/live\nGET /?pwd={secret} HTTP/1.1\n");
    }
    let files = vec![ReportFile::new("logs/monomi.log", log)];
    let files = cleaned(files, &Scrub::new(&secrets), None);
    let text = &files[0].text;
    for secret in SECRETS {
        for form in written(secret) {
            assert!(!text.contains(&form), "{form}");
        }
        for form in written(secret)
            .iter()
            .filter(|form| form.ends_with('=') && form.len() > 24)
        {
            assert!(!text.contains(core_of(form)), "{form}");
        }
    }
    assert_eq!(
        text.matches("went on").count(),
        SECRETS.iter().map(|secret| written(secret).len()).sum::<usize>()
    );
    let bytes = bundle(&files).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut packed = String::new();
    zip.by_index(0).unwrap().read_to_string(&mut packed).unwrap();
    assert_eq!(packed, *text, "what was looked at is what is packed");
}

fn registry() -> Registry {
    let named = |id, name: &str, host: &str, user: &str| Device {
        host: host.parse().unwrap(),
        user: user.to_owned(),
        channels: sample::channels(&["入口", "Yard", "1"]),
        ..sample::device(id, name, 3)
    };
    let mut registry = sample::registry(&[
        named(1, "本店DVR", "shop.example.jp", "watcher"),
        named(2, "DVR", "192.168.1.20", "watcher"),
        named(3, "DVR 1", "203.0.113.7", "admin"),
    ]);
    registry.sites[0].name = "Osaka \"Umeda\"".to_owned();
    registry
}

#[test]
fn a_name_has_one_pseudonym_in_all_files_and_logs_stay_readable() {
    let mut names = Pseudonyms::of(&registry());
    names.add(NameKind::Own, "/home/taro");
    let log = "2026-11-29T13:00:01.250Z  INFO monomi::engine: played device=\"本店DVR\" host=shop.example.jp:554\n\
               DVR 10 is no name of ours, DVR 1 is, DVRs are not; channel 1 of 入口\n\
               from 192.168.1.20:50000 to 203.0.113.7, [fe80::1%eth0], 00:1A:2b:3c:4d:5e, ::1 and 127.0.0.1\n\
               redirected to rtsp://watcher@other.example.net:8554/x, serial=DS-7608NI0123 of urn:uuid:2419d68a-2dd2-21b2-a205-ec2bd6f5a1b1\n\
               opened /home/taro/.config/monomi in site \"Osaka \\\"Umeda\\\"\", wide ２０\n";
    let state = "DS-7608NI0123 is at 192.168.1.20 (SHOP.example.jp), taken for other.example.net\n";
    let files = vec![
        ReportFile::new("state.txt", state),
        ReportFile::new("logs/monomi.log", log),
    ];
    let files = cleaned(files, &Scrub::new([]), Some(&mut names));
    assert_eq!(
        files[0].text,
        "serial-1 is at local-address-1 (host-1), taken for host-2\n"
    );
    assert_eq!(
        files[1].text,
        "2026-11-29T13:00:01.250Z  INFO monomi::engine: played device=\"device-1\" host=host-1:554\n\
         device-2 10 is no name of ours, device-3 is, DVRs are not; channel 1 of channel-1\n\
         from local-address-1:50000 to address-1, [local-address-2%eth0], mac-1, ::1 and 127.0.0.1\n\
         redirected to rtsp://user-1@host-2:8554/x, serial=serial-1 of urn:uuid:uuid-1\n\
         opened own-1/.config/monomi in site \"site-1\", wide ２０\n"
    );
    let registry = names.registry(&registry());
    let shown = format!("{registry:?}");
    for name in ["本店", "入口", "Yard", "shop.example", "Umeda", "watcher"] {
        assert!(!shown.contains(name), "{name}: {shown}");
    }
}

#[test]
fn paths_that_hold_a_secret_are_left_out() {
    let mut registry = registry();
    registry.devices[0].paths = device::Paths::Own {
        main: "/live?user=a&password=hunter22".parse().unwrap(),
        sub: None,
    };
    assert!(registry.devices[0].has_secret_in_path());
    registry.sites[0].about.contact = "Sato 03-1234-5678".to_owned();
    registry.sites[0].about.feed = "https://status.example.jp/SECRETPATH".parse().ok();
    let shown = problem_report::without_secret_paths(&registry);
    assert_eq!(shown.sites[0].about, device::SiteAbout::default());
    let shown = format!("{shown:?}");
    assert!(!shown.contains("hunter22") && shown.contains("DVR 1"));
}
