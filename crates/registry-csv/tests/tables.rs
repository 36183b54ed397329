//! Whole files: what they make of a registry, and that what is written comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use device::{
    Brand, BrandId, Brands, Device, DeviceEdit, DeviceId, Password, PasswordEdit, Paths, Problem, Registry, SiteId,
    sample,
};
use proptest::prelude::*;
use registry_csv::{
    CsvColumn, CsvDelimiter, CsvEncoding, CsvFault, CsvHeader, CsvKind, CsvOutcome, CsvPlan, CsvReason, CsvRow, read,
    write,
};

fn brands() -> Brands {
    let brand = |id: &str, name: &str, port| Brand {
        id: BrandId(id.to_owned()),
        names: vec![name.to_owned(), format!("{name} OEM")],
        main: Some("/{ch}".parse().unwrap()),
        sub: None,
        port,
        notes: BTreeMap::new(),
        events: None,
        playback: None,
    };
    Brands::new(vec![
        brand("hikvision", "Hikvision", 554),
        brand("odd", "Odd Maker", 9554),
    ])
}

/// `DVR1` and `Gate` of Tokyo, `DVR1` of Osaka.
fn registry() -> Registry {
    let at = |site, id, name| Device {
        site: SiteId(site),
        ..sample::device(id, name, 2)
    };
    Registry {
        sites: vec![sample::site(SiteId(1), "Tokyo"), sample::site(SiteId(2), "Osaka")],
        devices: vec![at(1, 1, "DVR1"), at(1, 2, "Gate"), at(2, 3, "DVR1")],
        ..Registry::default()
    }
}

fn plan(text: &str) -> CsvPlan {
    read(text.as_bytes(), &registry(), &brands(), "Default").unwrap()
}

/// Each row as `number: what`.
fn told(plan: &CsvPlan) -> Vec<String> {
    let one = |row: &CsvRow| {
        let what = match &row.outcome {
            CsvOutcome::New(edit) => format!("new {}/{}", edit.site.name, edit.device.name),
            CsvOutcome::Changed(_, changes) => {
                let each = changes
                    .iter()
                    .map(|change| format!("{} {}>{}", change.column, change.before, change.after));
                each.collect::<Vec<_>>().join(", ")
            }
            CsvOutcome::Same => "same".to_owned(),
            CsvOutcome::Bad(mistakes) => {
                let each = mistakes.iter().map(|mistake| {
                    let column = mistake.column.as_deref().unwrap_or("row");
                    format!("{column}: {}", mistake.reason)
                });
                each.collect::<Vec<_>>().join(", ")
            }
        };
        format!("{}: {what}", row.number)
    };
    plan.rows.iter().map(one).collect()
}

#[test]
fn rows_are_new_changed_the_same_or_bad_with_row_column_and_reason() {
    let plan = plan(
        "Site,Name,Host,Port,Note\r\n\
         tokyo,dvr1,192.0.2.1,8554,x\r\n\
         Tokyo,Gate,192.0.2.1,554,\r\n\
         Nara,New,10.0.0.1,,\r\n\
         ,Other,10.0.0.2,,\r\n\
         Tokyo,Bad,10.0.0.300,0,\r\n\
         Tokyo,,10.0.0.1,,\r\n",
    );
    assert_eq!(
        told(&plan),
        [
            "2: Name DVR1>dvr1, RTSP port 554>8554",
            "3: same",
            "4: new Nara/New",
            "5: new Default/Other",
            "6: Host: this looks like an IPv4 address, but is none, Port: must be 1 to 65535",
            "7: Name: nothing is entered",
        ]
    );
    assert_eq!(plan.ignored, ["Note"]);
    assert_eq!(plan.edits().len(), 3);
    assert_eq!(
        (plan.encoding, plan.delimiter, plan.kind),
        (CsvEncoding::Utf8, CsvDelimiter::Comma, CsvKind::Monomi)
    );
    let mut after = registry();
    after.save_all(&plan.edits()).unwrap();
    assert_eq!((after.devices.len(), after.sites.len()), (5, 4));
    assert_eq!(after.devices[0].port, 8554);
}

#[test]
fn a_device_is_known_by_its_identity_under_another_name_and_site() {
    let text = "ID,Site,Name,Host\n#0000000000000001,Nara,Renamed,192.0.2.1\n2,Nara,Gate,192.0.2.1\n1.23E+15,,X,h\n";
    let plan = plan(text);
    let id = "ID: is no identity of a device; a spreadsheet may have made a number of it";
    assert_eq!(
        told(&plan),
        [
            "2: Site Tokyo>Nara, Name DVR1>Renamed".to_owned(),
            "3: Site Tokyo>Nara".to_owned(),
            format!("4: {id}")
        ]
    );
    let sites: Vec<_> = plan.edits().iter().map(|edit| edit.site.id).collect();
    assert_eq!(sites[0], sites[1], "the new site is made once");
}

#[test]
fn names_change_hands_and_a_refused_row_refuses_those_that_wanted_its_name() {
    let swap = plan("ID,Site,Name,Host\n1,Tokyo,Gate,192.0.2.1\n2,Tokyo,DVR1,192.0.2.1\n");
    assert_eq!(told(&swap), ["2: Name DVR1>Gate", "3: Name Gate>DVR1"]);
    registry().save_all(&swap.edits()).unwrap();
    // 3 keeps the name that it has, so that 1 cannot have it; then 1 keeps its name, too.
    let text = "ID,Site,Name,Host\n1,Osaka,DVR1,h\n2,Tokyo,DVR1,h\n3,Osaka,Gate,a b\n";
    let refused = plan(text);
    assert_eq!(
        refused.count(|outcome| matches!(outcome, CsvOutcome::Bad(_))),
        3,
        "{:?}",
        told(&refused)
    );
    let twice = plan("Site,Name,Host\nTokyo,A,h\nTokyo,a,h\nTokyo,Gate,g\nTokyo,gate,h\n");
    assert_eq!(
        told(&twice)[1..],
        [
            "3: Name: another device of this site has this name",
            "4: Host 192.0.2.1>g",
            "5: row: row 4 is about the same device"
        ]
    );
}

#[test]
fn what_is_not_in_the_file_stays_and_empty_cells_take_only_what_may_be_empty() {
    let mut registry = registry();
    let device = &mut registry.devices[0];
    device.user = "admin".to_owned();
    device.port = 8554;
    device.channels = sample::channels(&["Door", "Yard"]);
    let text = "Name,Host,User,Channel names,Port,Site\nDVR1,192.0.2.1,,,,Tokyo\n";
    let plan = read(text.as_bytes(), &registry, &brands(), "").unwrap();
    assert_eq!(told(&plan), ["2: User admin>, Channel names Door\nYard>"]);
    let text = "Name,Host,Site\nDVR1,192.0.2.1,Tokyo\n";
    assert_eq!(
        told(&read(text.as_bytes(), &registry, &brands(), "").unwrap()),
        ["2: same"]
    );
    let text = "Name,Host,Site,Channel names\nDVR1,192.0.2.1,Tokyo,\"Door\r\nGate\r\nHall\"\n";
    let plan = read(text.as_bytes(), &registry, &brands(), "").unwrap();
    assert_eq!(
        told(&plan),
        ["2: Channels 2>3, Channel names Door\nYard>Door\nGate\nHall"]
    );
}

#[test]
fn the_template_of_ivms_4200_is_read() {
    let text = "Nickname,Adding Mode,Address,Port,Device Information,User Name,Password,Add Offline Device,\
                Export to Group,Channel Number,Alarm Input Number\r\n\
                Shop,0,192.168.1.64,8000,,admin,s3cret pass ,0,1,16,4\r\n\
                Far,6,,8000,DS-123,admin,x,0,1,,\r\n\
                Lone,0,cam.example,8001,,,p,,,,\r\n";
    let plan = plan(text);
    assert_eq!(plan.kind, CsvKind::Ivms);
    assert_eq!(
        told(&plan),
        [
            "2: new Default/Shop",
            "3: Adding Mode: only adding mode 0 (address or domain name) can be connected to directly, Address: the host is empty",
            "4: new Default/Lone"
        ]
    );
    let edits = plan.edits();
    let shop = &edits[0];
    assert_eq!(
        (shop.device.port, shop.device.channels.len(), shop.device.user.as_str()),
        (554, 16, "admin")
    );
    assert_eq!(shop.device.paths, Paths::Brand(BrandId("hikvision".to_owned())));
    assert_eq!(shop.password, PasswordEdit::Set(Password::new("s3cret pass ")));
    assert_eq!(edits[1].device.user, "admin", "its default");
    assert!(!format!("{plan:?}").contains("s3cret"));
    // The same file again changes nothing but the passwords, which cannot be compared.
    let mut registry = registry();
    registry.save_all(&edits).unwrap();
    let again = read(text.as_bytes(), &registry, &brands(), "Default").unwrap();
    assert_eq!(told(&again)[0], "2: Password >");
}

#[test]
fn words_of_people_and_makers_are_understood() {
    let text = "拠点\t名前\t有効\tアドレス\tメーカー\tプロトコル\t伝送方式\n\
                奈良\t北\tいいえ\t10.0.0.1\tOdd Maker\trtsp\t自動\n\
                奈良\t南\t有効\t10.0.0.2\t\tRTSPS\tudp\n\
                奈良\t西\tたぶん\t10.0.0.3\tNobody\thttp\tpigeon\n";
    let plan = plan(text);
    let CsvOutcome::New(north) = &plan.rows[0].outcome else {
        panic!("{:?}", told(&plan));
    };
    assert_eq!((north.device.enabled, north.device.port), (false, 9554));
    assert_eq!(
        told(&plan)[1..],
        [
            "3: 伝送方式: would carry the pictures outside of the encryption; over TLS only automatic and tcp can be chosen",
            "4: 有効: is neither yes nor no, プロトコル: is neither rtsp nor rtsps, \
             伝送方式: is neither automatic nor tcp, udp or multicast, メーカー: this brand is not known"
        ]
    );
}

#[test]
fn no_password_is_written_and_none_that_is_read_is_said() {
    let with_secret = "Name,Host,Password,Path\nA,10.0.0.1,s3cret,/x?password=s3cret\nB,bad host,s3cret,/\n";
    let plan = plan(with_secret);
    assert!(!format!("{plan:?} {:?}", told(&plan)).contains("s3cret"));
    let mut registry = registry();
    registry.save_all(&plan.edits()).unwrap();
    let written = String::from_utf8(write(&registry, CsvHeader::English)).unwrap();
    assert!(!written.contains("s3cret"), "{written}");
    assert!(!written.contains(&CsvColumn::Password.to_string()));
}

#[test]
fn a_stray_separator_or_quotation_mark_is_said_and_moves_nothing() {
    let more = plan("Name,Host\nA,10.0.0.1,oops\n");
    assert_eq!(told(&more), ["2: row: has more cells than the first row"]);
    let lines = "X,10.0.0.1\n".repeat(300);
    let open = plan(&format!("Name,Host\n\"A,10.0.0.1\n{lines}"));
    assert_eq!(open.rows.len(), 1);
    assert!(matches!(&open.rows[0].outcome, CsvOutcome::Bad(found) if found[0].reason == CsvReason::OpenQuote));
    let too_large = vec![b'a'; registry_csv::MOST_BYTES + 1];
    assert_eq!(read(&too_large, &registry(), &brands(), ""), Err(CsvFault::TooLarge));
}

/// How many names are compared for a file that changes `count` devices of a registry, and adds as many.
fn folds(count: u64) -> u64 {
    let site = |id| SiteId(1 + id % 7);
    let registry = Registry {
        sites: (1..8)
            .map(|id| sample::site(SiteId(id), &format!("Site {id}")))
            .collect(),
        devices: (1..=count)
            .map(|id| Device {
                site: site(id),
                ..sample::device(id, &format!("DVR {id}"), 16)
            })
            .collect(),
        ..Registry::default()
    };
    let mut text = "Site,Name,Host,User\n".to_owned();
    for id in 1..=2 * count {
        text += &format!("Site {},DVR {id},192.0.2.7,viewer\n", site(id).0);
    }
    let before = sample::folds();
    let plan = read(text.as_bytes(), &registry, &brands(), "").unwrap();
    let mut after = registry;
    after.save_all(&plan.edits()).unwrap();
    assert_eq!(after.devices.len() as u64, 2 * count);
    sample::folds() - before
}

#[test]
fn twice_the_rows_are_twice_the_work() {
    let (some, twice) = (folds(250), folds(500));
    assert!(
        some > 250 && twice < some * 21 / 10,
        "{some} names were compared for 500 rows, {twice} for 1000"
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[=+\\-@'\"0-9a-z,;\t 店]{1,12}",
        "[0-9]{1,20}",
        "\\PC{1,20}",
        "[A-Za-z]{1,8}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_is_written_is_read_as_the_same(
        names in prop::collection::vec((text(), text(), prop::collection::vec(text(), 0..4)), 1..6),
        japanese in any::<bool>(),
    ) {
        let mut registry = Registry::default();
        for (index, (name, user, channels)) in names.into_iter().enumerate() {
            let draft = device::Draft {
                site: format!("Site {}", index % 2),
                name,
                host: "cam.example".to_owned(),
                user,
                brand: None,
                main_path: "/{ch}".to_owned(),
                channels: channels.len().max(1).to_string(),
                channel_names: channels,
                ..device::Draft::new()
            };
            if let Ok(edit) = draft.parse(&registry, &brands(), None) {
                registry.save(DeviceEdit { device: Device { id: DeviceId(index as u64 + 1), ..edit.device.clone() }, ..edit }).unwrap();
            }
        }
        let header = if japanese { CsvHeader::Japanese } else { CsvHeader::English };
        let written = write(&registry, header);
        let plan = read(&written, &registry, &brands(), "").unwrap();
        let all_same = plan.rows.iter().all(|row| row.outcome == CsvOutcome::Same);
        prop_assert!(all_same && plan.rows.len() == registry.devices.len(), "{:?}\n{}", told(&plan), String::from_utf8_lossy(&written));
    }
}

#[test]
fn a_problem_of_the_name_is_told_by_its_kind() {
    let plan = plan("Site,Name,Host\nTokyo,A,h\nTokyo,A ,h\n");
    let CsvOutcome::Bad(mistakes) = &plan.rows[1].outcome else {
        panic!("{:?}", told(&plan));
    };
    assert!(matches!(&mistakes[0].reason, CsvReason::Field(error) if error.problem == Problem::Duplicate));
}

#[test]
fn what_is_known_of_a_site_stands_on_each_line_and_comes_back() {
    let mut registry = registry();
    registry.sites[0].about.contact = "山田".to_owned();
    registry.sites[0].about.page = "https://status.example.jp/".parse().ok();
    let bytes = write(&registry, CsvHeader::English);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches("山田").count(), 2, "{text}");
    let same = read(&bytes, &registry, &brands(), "Default").unwrap();
    assert!(same.sites.is_empty() && same.edits().is_empty(), "{:?}", told(&same));
    let changed = text
        .replacen("山田", "佐藤", 2)
        .replace("https://status.example.jp/", "");
    let plan = read(changed.as_bytes(), &registry, &brands(), "Default").unwrap();
    let [(before, after)] = &plan.sites[..] else {
        panic!("{:?}", plan.sites)
    };
    assert_eq!(
        (before.about.contact.as_str(), after.about.contact.as_str()),
        ("山田", "佐藤")
    );
    assert_eq!(after.about.page, before.about.page, "an empty cell says nothing");
    assert_eq!(told(&plan)[0], "2: Site contact 山田>佐藤");
}

#[test]
fn a_new_site_comes_with_what_its_rows_say_and_a_bad_address_is_said() {
    let text =
        "Site,Name,Host,Site note,Status page\nKobe,A,192.0.2.1,Key at desk,\nKobe,B,192.0.2.2,,https://x.example/\n";
    let plan = plan(text);
    for edit in plan.edits() {
        assert_eq!(edit.site.about.note, "Key at desk");
        assert!(edit.site.about.page.is_some());
    }
    assert_eq!((plan.edits().len(), plan.sites.len()), (2, 0));
    let bad = self::plan("Site,Name,Host,Status page\nKobe,A,192.0.2.1,javascript:alert(1)\n");
    assert!(
        told(&bad)[0].contains("Status page: the address must begin"),
        "{:?}",
        told(&bad)
    );
}
