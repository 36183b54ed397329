use proptest::prelude::*;

use super::*;
use device::{ChannelId, PlannedWork, Road, SiteDraft, VirtualDvr, VirtualDvrMember, WorkPlan};

const HEAD: &str = "version = 1\n\n[[site]]\nid = \"00000000000000aa\"\nname = \"Tokyo\"\n\n";

fn device(id: u64, name: &str) -> String {
    format!(
        "[[device]]\nid = \"{id:016x}\"\nsite = \"00000000000000aa\"\nname = \"{name}\"\nbrand = \"dahua\"\nhost = \"10.0.0.{id}\"\n"
    )
}

fn messages(problems: &[LoadProblem]) -> Vec<String> {
    problems.iter().map(LoadProblem::to_string).collect()
}

/// Writing what was read changes no byte.
#[track_caller]
fn unchanged(text: &str) -> (Registry, Vec<String>) {
    let (registry, problems) = from_text(text);
    assert_eq!(to_text(text, &registry).as_deref(), Some(text));
    (registry, messages(&problems))
}

#[test]
fn a_file_is_read_and_written_as_it_was() {
    let text = format!(
        "# my recorders\n{HEAD}# the first one\n{}port = 8554 # odd\nwarranty = 2030-01-01\n[device.extra]\nrack = 3\n\n# next\n{}",
        device(1, "A"),
        device(2, "B"),
    );
    let (registry, problems) = unchanged(&text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        registry
            .devices
            .iter()
            .map(|device| (device.name.as_str(), device.port))
            .collect::<Vec<_>>(),
        [("A", 8554), ("B", 554)]
    );

    let mut changed = registry.clone();
    changed.devices[0].port = 555;
    changed.devices[0].enabled = false;
    let expected = text.replace(
        "port = 8554 # odd\nwarranty = 2030-01-01\n",
        "port = 555 # odd\nwarranty = 2030-01-01\nenabled = false\n",
    );
    assert_eq!(to_text(&text, &changed).unwrap(), expected);

    let mut moved = registry;
    moved.devices.swap(0, 1);
    let after = to_text(&text, &moved).unwrap();
    assert_eq!(from_text(&after), (moved, vec![]));
    let place = |what: &str| after.find(what).unwrap_or_else(|| panic!("{what} in {after}"));
    assert!(
        place("# next") < place("name = \"B\"") && place("name = \"B\"") < place("# the first one"),
        "{after}"
    );
    assert!(place("name = \"A\"") < place("[device.extra]"), "{after}");
}

#[test]
fn a_bad_record_stays_and_the_rest_loads() {
    for (bad, problem) in [
        ("name = \"X\"\nbrand = \"dahua\"\nhost = \"x\"\n", "has no id"),
        (
            "id = 5\nname = \"X\"\nbrand = \"dahua\"\nhost = \"x\"\n",
            "id: is not a text",
        ),
        (
            "id = \"hello\"\nname = \"X\"\nbrand = \"dahua\"\nhost = \"x\"\n",
            "id: invalid digit found in string",
        ),
        (
            "id = \"0000000000000001\"\nname = \"X\"\nbrand = \"dahua\"\nhost = \"x\"\n",
            "another device has the id '0000000000000001'",
        ),
        (
            "id = \"0000000000000003\"\nbrand = \"dahua\"\nhost = \"x\"\n",
            "has no name",
        ),
        (
            "id = \"0000000000000003\"\nname = \" \"\nbrand = \"dahua\"\nhost = \"x\"\n",
            "its name is empty",
        ),
        (
            "id = \"0000000000000003\"\nname = \"X\"\nbrand = \"dahua\"\n",
            "has no host",
        ),
        (
            "id = \"0000000000000003\"\nname = \"X\"\nbrand = \"dahua\"\nhost = \"10.0.0.256\"\n",
            "host: this looks like an IPv4 address, but is none",
        ),
        (
            "id = \"0000000000000003\"\nname = \"X\"\nhost = \"x\"\n",
            "has neither brand nor main-path",
        ),
        (
            "id = \"0000000000000003\"\nname = \"X\"\nhost = \"x\"\nmain-path = 1\n",
            "main-path: is not a text",
        ),
        (
            "id = \"0000000000000003\"\nname = \"X\"\nhost = \"x\"\nmain-path = \"/{ch\"\n",
            "main-path: a brace is opened but not closed, or closed but not opened",
        ),
    ] {
        let text = format!("{HEAD}{}\n[[device]]\n{bad}\n{}", device(1, "A"), device(2, "B"));
        let (mut registry, problems) = unchanged(&text);
        assert_eq!(problems, [format!("device[1]: {problem}; this record is not used")]);
        assert_eq!(registry.devices.len(), 2);
        // Neither a change nor the loss of its neighbours takes it away.
        registry.devices.clear();
        let after = to_text(&text, &registry).unwrap();
        assert!(after.contains(bad), "{after}");
    }
    let long = "x".repeat(10_000);
    let text = format!("{HEAD}[[device]]\nid = \"03\"\nname = \"{long}\"\nbrand = \"dahua\"\nhost = \"x\"\n");
    assert_eq!(
        unchanged(&text).1,
        ["device[0]: its name is longer than 200 characters; this record is not used"]
    );
}

#[test]
fn a_bad_value_is_its_default_and_stays() {
    for (line, problem) in [
        ("port = \"554\"", "port: is not a number of 1 to 65535; 554 is used"),
        ("port = 0", "port: is not a number of 1 to 65535; 554 is used"),
        ("port = 65536", "port: is not a number of 1 to 65535; 554 is used"),
        (
            "carrier = \"udp\"",
            "carrier: is neither 'rtsp' nor 'rtsps'; 'rtsp' is used",
        ),
        ("carrier = 1", "carrier: is neither 'rtsp' nor 'rtsps'; 'rtsp' is used"),
        (
            "user = 1",
            "user: is not a text without control characters; it is taken as empty",
        ),
        (
            "user = \"a\\u0000\"",
            "user: is not a text without control characters; it is taken as empty",
        ),
        (
            "password-revision = -1",
            "password-revision: is not a number of 0 to 4294967295; 0 is used",
        ),
        ("channels = 0", "channels: is not a number of 1 to 256; 1 is used"),
        ("channels = 257", "channels: is not a number of 1 to 256; 1 is used"),
        ("channels = \"4\"", "channels: is not a number of 1 to 256; 1 is used"),
        ("channel-names = \"Door\"", "channel-names: is not a list of texts"),
        (
            "channel-names = [1]",
            "channel-names[0]: is not a name of up to 200 characters",
        ),
        ("enabled = \"yes\"", "enabled: is neither true nor false; true is used"),
    ] {
        let text = format!("{HEAD}{}{line}\n", device(1, "A"));
        let (registry, problems) = unchanged(&text);
        assert_eq!(problems, [format!("device[0].{problem}")], "{line}");
        assert_eq!(registry, from_text(&format!("{HEAD}{}", device(1, "A"))).0, "{line}");
    }
    let text = format!(
        "{HEAD}{}",
        device(1, "A").replace("\"dahua\"", "5\nmain-path = \"/a\"\nsub-path = \"/{\"")
    );
    let (registry, problems) = unchanged(&text);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(
        registry.devices[0].paths,
        Paths::Own {
            main: "/a".parse().unwrap(),
            sub: None
        }
    );
}

#[test]
fn what_does_not_fit_together_is_mended() {
    let text = format!(
        "{HEAD}{}{}{}",
        device(1, "A"),
        device(2, "a"),
        device(3, "C").replace("aa\"", "bb\"")
    );
    let (registry, problems) = from_text(&text);
    assert_eq!(
        registry
            .devices
            .iter()
            .map(|device| device.name.as_str())
            .collect::<Vec<_>>(),
        ["A", "a (2)", "C"]
    );
    assert_eq!(
        registry.site(registry.devices[2].site).map(|site| site.name.as_str()),
        Some("Default")
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    let after = to_text(&text, &registry).unwrap();
    assert_eq!(from_text(&after).0, registry);

    let twice = format!("{HEAD}[[site]]\nid = \"00000000000000ab\"\nname = \"tokyo\"\n");
    assert_eq!(
        unchanged(&twice).1,
        ["site[1]: another site has the name 'tokyo'; this record is not used"]
    );
}

#[test]
fn what_is_no_list_of_records_is_kept_beside() {
    let (registry, problems) = from_text("version = 1\ndevice = 5\n");
    assert_eq!(
        messages(&problems),
        ["device: is not a list of [[device]] records; it is not used"]
    );
    assert!(
        to_text("version = 1\ndevice = 5\n", &registry)
            .unwrap()
            .contains("unreadable-device = 5")
    );
    let inline = "version = 1\nsite = [{ id = \"0a\", name = \"S\" }]\ndevice = [{ id = \"01\", site = \"0a\", name = \"A\", brand = \"dahua\", host = \"a\" }]\n";
    let (registry, problems) = from_text(inline);
    assert_eq!((registry.devices.len(), problems), (1, vec![]));
    assert_eq!(from_text(&to_text(inline, &registry).unwrap()).0, registry);
}

#[test]
fn a_thousand_devices_load_and_save() {
    let devices: String = (1..=1000)
        .map(|id| device(id, &format!("DVR {id}")).replace("10.0.0.", "dvr-"))
        .collect();
    let (registry, problems) = unchanged(&format!("{HEAD}{devices}"));
    assert_eq!((registry.devices.len(), problems.len()), (1000, 0));
}

#[test]
fn ten_thousand_devices_with_names_fit_into_a_file() {
    let channels: Vec<Channel> = (1..=16)
        .map(|number| Channel {
            name: format!("第{number}駐車場出入口"),
        })
        .collect();
    let site = Site::new(SiteId(1), "本社".to_owned());
    let devices = (1..=10_000).map(|id| Device {
        site: site.id,
        channels: channels.clone(),
        ..device::sample::device(id, &format!("名古屋支店 DVR {id}"), 16)
    });
    let registry = Registry {
        devices: devices.collect(),
        sites: vec![site],
        ..Registry::default()
    };
    let text = to_text("version = 1\n", &registry).unwrap();
    assert!(
        (text.len() as u64) < crate::store::read::MAX_BYTES / 2,
        "{} bytes",
        text.len()
    );
    assert_eq!(from_text(&text).0, registry);
}

#[test]
fn a_virtual_dvr_keeps_what_is_gone_and_what_is_not_known() {
    let virtual_dvr = "[[virtual-dvr]]\nid = \"000000000000000c\"\nname = \"All doors\"\nlayout = \"1+5\"\ncolour = \"red\"\n\
        channels = [\"00000000000000ff/2\", \"0000000000000001/1\"] # ff is in repair\nlabels = [\"Back door\", \"\"]\n";
    let text = format!("{HEAD}{}{virtual_dvr}", device(1, "A"));
    let (mut registry, problems) = unchanged(&text);
    assert_eq!(problems, [""; 0]);
    let dvr = registry.virtual_dvrs[0].clone();
    assert_eq!(
        (dvr.name.as_str(), dvr.layout.as_str(), dvr.members.len()),
        ("All doors", "1+5", 2)
    );
    assert_eq!(dvr.label(dvr.members[0].channel), Some("Back door"));
    assert!(
        registry.device_of(dvr.members[0].channel).is_none() && registry.device_of(dvr.members[1].channel).is_some()
    );

    registry.virtual_dvrs[0].name = "Doors".to_owned();
    let after = to_text(&text, &registry).unwrap();
    assert_eq!(after, text.replace("All doors", "Doors"), "nothing else is touched");
    registry.virtual_dvrs.clear();
    assert!(!to_text(&after, &registry).unwrap().contains("virtual-dvr"));
}

#[test]
fn a_bad_virtual_dvr_is_named_and_stays() {
    let text = format!(
        "{HEAD}[[virtual-dvr]]\nid = \"0c\"\nname = \"A\"\nlayout = 4\nchannels = [\"01/1\", \"01/0\", 5, \"01/1\", \"02/9\"]\n\
         labels = [\"\", \"\", \"\", \"\", \"Nine\"]\n[[virtual-dvr]]\nid = \"0c\"\nname = \"B\"\n[[virtual-dvr]]\nid = \"0d\"\nname = \"a\"\n\
         channels = 3\n[[virtual-dvr]]\nname = \"C\"\n"
    );
    let (registry, problems) = from_text(&text);
    assert_eq!(problems.len(), 8, "{problems:?}");
    let dvr = &registry.virtual_dvrs[0];
    assert_eq!(dvr.members.len(), 2);
    assert_eq!(dvr.members[1].label, "Nine", "labels stay with their channels");
    assert_eq!(registry.virtual_dvrs[1].name, "a (2)");
    let after = to_text(&text, &registry).unwrap();
    assert_eq!(from_text(&after).0, registry);
    assert!(
        after.contains("\"01/0\", 5,") && after.contains("name = \"C\""),
        "{after}"
    );
}

fn any_name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"'\\\\#\\[\\]=日本録画機🎥]{1,20}".prop_map(|name| format!("n{}", name.trim()))
}

prop_compose! {
    fn any_device()(
        id in 1u64.., name in any_name(), site in any::<prop::sample::Index>(), own in 0u8..3, listed in 1usize..5, host in "[a-z]{1,8}|10\\.0\\.0\\.1|::1",
        port in 1u16.., tls in any::<bool>(), user in "\\PC{0,12}", revision: u32, channels in prop::collection::vec(prop_oneof![Just(String::new()), any_name()], 1..6),
        others in prop::collection::vec((prop_oneof![Just(""), Just("VPN 2"), Just("外線")], "10\\.8\\.0\\.[1-9]|2001:db8::1|[a-z]{1,8}", 1u16..), 0..=Roads::MOST),
        enabled: bool, endpoint in "[a-z0-9-]{0,20}", sub in any::<bool>(), transport in prop::sample::select(MediaTransport::ALL.to_vec()),
        events in prop::sample::select(EventSource::ALL.to_vec()),
    ) -> (Device, prop::sample::Index) {
        let own_sub = sub.then(|| "/{s}".parse().unwrap());
        let paths = match own {
            0 => Paths::Own { main: "/a?b={ch}&\"#日".parse().unwrap(), sub: own_sub },
            1 => {
                let each = ChannelPaths { main: "/a%7Bb?c=1&d".parse().unwrap(), sub: own_sub, ptz: enabled.then(|| "プロファイル_1".to_owned()) };
                Paths::Listed(vec![each; listed])
            }
            _ => Paths::Brand(BrandId("dahua".into())),
        };
        let device = Device {
            id: DeviceId(id), site: SiteId(0), name, paths, host: host.parse().unwrap(), port,
            carrier: if tls { Carrier::Rtsps } else { Carrier::Rtsp }, transport, user, password_revision: revision,
            onvif: (own == 1).then(|| OnvifPlace::at(port)), events,
            channels: channels.into_iter().map(|name| Channel { name }).collect(), enabled,
            identity: Identity::new(Some(&endpoint), Some("DS7608-0001").filter(|_| enabled), "00:11:22:33:44:55".parse().ok().filter(|_| own == 0)),
            unconfirmed: own == 0,
            roads: Roads {
                pinned: (enabled && !others.is_empty()).then_some(others.len()),
                others: others.into_iter().map(|(name, host, port)| Road { name: name.to_owned(), host: host.parse().unwrap(), port }).collect(),
            },
        };
        (device, site)
    }
}

#[test]
fn what_is_strange_of_a_site_is_said_and_kept_and_the_site_works() {
    let text = format!(
        "version = 1\n\n[[site]]\nid = \"{:016x}\"\nname = \"Osaka\"\nnote = 7\ncontact = \"Sato\"\npage = \"ftp://x\"\n\
         feed = \"http://x/\"\nplanned-work = [\"weekly sun 02:00-04:00\", \"yearly 3\", \"done never\"] # nights\nfuture = 1\n",
        5
    );
    let (registry, problems) = unchanged(&text);
    let about = &registry.sites[0].about;
    assert_eq!((about.contact.as_str(), about.note.as_str()), ("Sato", ""));
    assert_eq!((&about.page, &about.feed), (&None, &None));
    assert_eq!(about.work.iter().count(), 3);
    assert_eq!(problems.len(), 4, "{problems:?}");
    let mut changed = registry.clone();
    changed.sites[0].about.contact = "Tanaka".to_owned();
    assert_eq!(to_text(&text, &changed).unwrap(), text.replace("Sato", "Tanaka"));
    let work = PlannedWork::read("weekly mon 02:00-04:00");
    let at = device::LocalMoment {
        unix: 0,
        weekday: 3,
        minute: 0,
    };
    changed.sites[0].about.work = changed.sites[0].about.work.with(work, at).unwrap();
    let after = to_text(&text, &changed).unwrap();
    for kept in [
        "yearly 3",
        "done never",
        "weekly mon 02:00-04:00",
        "note = 7",
        "future = 1",
        "ftp://x",
    ] {
        assert!(after.contains(kept), "{kept} in {after}");
    }
}

prop_compose! {
    fn any_virtual_dvr()(
        id in 1u64.., name in any_name(), layout in prop_oneof![Just(""), Just("1+5"), Just("4x3:0,0,2,2")],
        members in prop::collection::vec((0u64..9, 1u16..20, prop_oneof![Just(String::new()), any_name()]), 0..8),
    ) -> VirtualDvr {
        let mut dvr = VirtualDvr { id: VirtualDvrId(id), name, members: vec![], layout: layout.to_owned() };
        for (device, number, label) in members {
            let channel = ChannelId { device: DeviceId(device), number };
            dvr.remove(channel);
            dvr.members.push(VirtualDvrMember { channel, label });
        }
        dvr
    }
}

prop_compose! {
    fn any_registry()(
        sites in prop::collection::vec((1u64.., any_name()), 1..4), devices in prop::collection::vec(any_device(), 0..8),
        virtual_dvrs in prop::collection::vec(any_virtual_dvr(), 0..4),
    ) -> Registry {
        let mut registry = Registry::default();
        for (id, name) in sites {
            let mut site = Site::new(SiteId(id), name.clone());
            if id.is_multiple_of(2) {
                let page = format!("https://{id}.example.jp/status");
                let typed = SiteDraft { note: format!("{name}\n{name}"), contact: name, feed: page.clone(), page };
                site.about = typed.parse(&site.about).unwrap_or_default();
                let work = ["weekly sat,sun 22:00-07:00", "2026-12-01T00:00:00Z/2026-12-01T05:00:00Z"];
                site.about.work = WorkPlan::of(work.iter().map(|text| PlannedWork::read(text)).collect());
            }
            let _ = registry.save_site(site);
        }
        for (mut device, site) in devices {
            device.site = site.get(&registry.sites).id;
            if registry.device(device.id).is_none() && registry.find_device_at(device.site, &device.name).is_none() {
                registry.devices.push(device);
            }
        }
        for dvr in virtual_dvrs {
            let _ = registry.save_virtual_dvr(dvr);
        }
        registry
    }
}

proptest! {
    /// From one registry to any other, through text, with a stranger and a comment in between.
    #[test]
    fn any_registry_survives_a_file(first in any_registry(), mut second in any_registry(), keep in any::<bool>()) {
        let start = "# mine\nversion = 1\nfuture = 1\n\n[[device]]\nstranger = true\n\n[later]\nx = 1\n";
        let text = to_text(start, &first).unwrap();
        prop_assert_eq!(&from_text(&text).0, &first);
        if keep {
            // Some of the old devices stay, in another order.
            second.devices.retain(|device| first.device(device.id).is_none() && first.devices_named(&device.name).next().is_none());
            let at = second.devices.len() / 2;
            for device in &first.devices {
                let site = second.sites[0].id;
                if second.find_device_at(site, &device.name).is_none() {
                    second.devices.insert(at, Device { site, ..device.clone() });
                }
            }
        }
        let text = to_text(&text, &second).unwrap();
        let (read, problems) = from_text(&text);
        prop_assert_eq!(&read, &second, "{}", text);
        prop_assert_eq!(problems.len(), 1);
        for kept in ["# mine", "future = 1", "stranger = true", "[later]\nx = 1"] {
            prop_assert!(text.contains(kept), "{} in {}", kept, text);
        }
    }

    #[test]
    fn any_text_gives_a_registry(text in "\\PC{0,200}|((\\[\\[(site|device|virtual-dvr)\\]\\]|(id|name|host|brand|site|port|channels|labels) = [\"a0-9\\]\\[]{0,6})\n){0,20}") {
        let (registry, _) = from_text(&text);
        for device in &registry.devices {
            prop_assert!(registry.site(device.site).is_some());
        }
        if let Some(text) = to_text(&text, &registry) {
            prop_assert_eq!(from_text(&text).0, registry);
        }
    }
}

#[test]
fn a_path_with_a_password_in_clear_is_told_without_it() {
    let text = r#"
version = 1
[[site]]
id = "0000000000000001"
name = "Tokyo"
[[device]]
id = "0000000000000002"
site = "0000000000000001"
name = "Gate"
host = "192.0.2.1"
main-path = "/live?u=admin&p=s3cret"
"#;
    let (registry, _) = from_text(text);
    assert_eq!(registry.devices.len(), 1);
    let told = check_secrets(&registry);
    assert_eq!(told.len(), 1);
    assert!(told[0].to_string().contains("'Gate'") && !told[0].to_string().contains("s3cret"));
}

#[test]
fn tens_of_thousands_of_equal_names_and_of_sites_are_read_and_written() {
    const MANY: u64 = 20_000;
    let devices: String = (1..=MANY)
        .map(|id| format!("[[device]]\nid = \"{id:016x}\"\nsite = \"00000000000000aa\"\nname = \"A\"\nbrand = \"gone\"\nhost = \"h\"\n"))
        .collect();
    let text = format!("{HEAD}{devices}");
    let (registry, problems) = from_text(&text);
    assert_eq!((registry.devices.len() as u64, problems.len() as u64), (MANY, MANY - 1));
    assert_eq!(registry.devices[MANY as usize - 1].name, format!("A ({MANY})"));
    assert_eq!(check_brands(&registry, &Brands::new(Vec::new())).len() as u64, MANY);
    assert_eq!(to_text(&text, &registry).as_deref(), Some(text.as_str()));
    let sites: String = (0xab..0xab + MANY)
        .map(|id| format!("[[site]]\nid = \"{id:016x}\"\nname = \"Site {id}\"\n"))
        .collect();
    let (registry, problems) = unchanged(&format!("{HEAD}{sites}"));
    assert_eq!((registry.sites.len() as u64, problems), (MANY + 1, vec![]));
}

#[test]
fn names_that_look_the_same_are_the_same_in_a_file_too() {
    let device = |id, name: &str| {
        device(id, name).replace(
            "00000000000000aa",
            if id == 3 {
                "00000000000000ac"
            } else {
                "00000000000000ab"
            },
        )
    };
    let sites = "[[site]]\nid = \"00000000000000ab\"\nname = \"Caf\u{e9}\"\n\n[[site]]\nid = \"00000000000000ac\"\nname = \"Cafe\u{301}\"\n\n";
    let text = format!(
        "{HEAD}{sites}{}{}{}",
        device(1, "Caf\u{e9}"),
        device(2, "Cafe\u{301}"),
        device(3, "Yard")
    );
    let (registry, problems) = unchanged(&text);
    assert_eq!((registry.sites.len(), problems.len()), (2, 2), "{problems:?}");
    let names: Vec<&str> = registry.devices.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["Caf\u{e9}", "Cafe\u{301} (2)", "Yard"]);
    assert!(
        registry.devices.iter().all(|device| device.site == SiteId(0xab)),
        "the site that is seen"
    );
}
