//! `monomi diagnose`, the real binary: what it prints and how it ends, and whose part it is where packets go nowhere.

use std::path::Path;
use std::process::{Command, Output};

use monomi::store::Profile;
use serde_json::{Value, json};

use crate::fake_dvr::{Auth, FakeDvr, Script};
use crate::unshared::{in_a_namespace, is_inside};

fn monomi(profile: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_monomi"))
        .arg("--profile")
        .arg(profile)
        .args(arguments)
        .output()
        .expect("monomi")
}

fn diagnosed(profile: &Path, host: &str) -> (Option<i32>, Value) {
    let output = monomi(profile, &["diagnose", host, "--json"]);
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), value)
}

fn step<'a>(value: &'a Value, name: &str) -> &'a Value {
    let steps = value["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["step"] == name);
    step.unwrap_or_else(|| panic!("{name}: {value:#}"))
}

#[test]
fn a_host_is_diagnosed_as_text_and_as_json_and_its_password_is_in_neither() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = "Tr4ce-s3cret";
    let dvr = FakeDvr::start(Script {
        auth: Auth::DigestSha256,
        password: secret.to_owned(),
        ..Script::default()
    });
    let address = dvr.url().replace("://", &format!("://admin:{secret}@"));
    let output = monomi(folder.path(), &["diagnose", &address, "--json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(output.status.code(), Some(0), "{value:#}");
    assert_eq!(
        (&value["verdict"], &value["registered"]),
        (&json!("works"), &json!(false))
    );
    let names: Vec<&str> = value["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "name",
            "policy",
            "route",
            "turn",
            "connect",
            "tls",
            "greeting",
            "sign-in",
            "describe",
            "setup",
            "first-packet",
            "first-key-frame",
            "first-picture"
        ]
    );
    let picture = step(&value, "first-picture");
    assert_eq!(
        (&picture["state"], &picture["found"]["codec"]),
        (&json!("done"), &json!("H.264"))
    );
    assert!(
        picture["took_ms"].is_number() && picture["began_ms"].is_number(),
        "{picture}"
    );
    let sign_in = step(&value, "sign-in")["exchanges"].as_array().unwrap();
    assert_eq!(
        (&sign_in[0]["kind"], &sign_in[1]["kind"]),
        (&json!("said"), &json!("answered"))
    );
    // At the port that the book names nobody speaks ONVIF here, which was asked once.
    assert_eq!(value["onvif"]["state"], "over", "{value:#}");
    assert_eq!(dvr.seen().len(), 1);

    let text = monomi(folder.path(), &["diagnose", &address]);
    assert_eq!(text.status.code(), Some(0), "{text:?}");
    let all = [output.stdout, output.stderr, text.stdout, text.stderr].concat();
    let all = String::from_utf8(all).expect("text");
    assert!(
        all.contains("> DESCRIBE rtsp://") && all.contains("< RTSP/1.0 401"),
        "{all}"
    );
    for form in [secret, "Tr4ce%2Ds3cret", "VHI0Y2UtczNjcmV0", "54723463652d733363726574"] {
        assert!(!all.contains(form), "{form}: {all}");
    }
    let log = std::fs::read_dir(folder.path()).expect("the profile").flatten();
    for file in log.filter(|entry| entry.path().is_file()) {
        let text = std::fs::read(file.path()).expect("a file");
        assert!(!String::from_utf8_lossy(&text).contains(secret), "{file:?}");
    }
}

#[test]
fn a_registered_device_is_diagnosed_by_its_name_also_beside_a_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let dvr = FakeDvr::start(Script::default());
    let added = monomi(
        folder.path(),
        &["device", "add", "--url", &dvr.url(), "--name", "Front", "--site", "Lab"],
    );
    assert!(added.status.success(), "{added:?}");
    let (code, value) = diagnosed(folder.path(), "front");
    assert_eq!((code, &value["device"]), (Some(0), &json!("Front")), "{value:#}");
    assert_eq!((&value["registered"], &value["site"]), (&json!(true), &json!("Lab")));
    // A device that tells no place of ONVIF is not asked there.
    assert_eq!(value["onvif"]["why"], "no-place");
    let profile = Profile::open(Some(folder.path().to_path_buf())).expect("the profile");
    let lock = profile.lock().expect("the lock of a window");
    let (code, value) = diagnosed(folder.path(), "Lab/Front");
    assert_eq!((code, &value["device"]), (Some(0), &json!("Front")), "{value:#}");
    assert_eq!(
        (&value["verdict"], &value["registered"]),
        (&json!("works"), &json!(true))
    );
    drop(lock);
    assert_eq!(dvr.seen().len(), 2);
}

#[test]
fn what_does_not_work_ends_with_1_and_what_is_no_host_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let (code, value) = diagnosed(folder.path(), &format!("127.0.0.1:{}", closed.expect("a port").port()));
    assert_eq!((code, &value["verdict"]), (Some(1), &json!("port-closed")));
    let connect = step(&value, "connect");
    assert_eq!(
        (&connect["state"], &connect["cause"]),
        (&json!("failed"), &json!("refused"))
    );
    let output = monomi(folder.path(), &["diagnose", "no host!"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("NAME|HOST"),
        "{output:?}"
    );
}

#[test]
fn whose_part_it_is_where_packets_go_nowhere() {
    in_a_namespace("diagnose", "diagnose::diagnoses_in_a_namespace");
}

fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().expect("ip");
    assert!(output.status.success(), "ip {arguments}: {output:?}");
}

/// Packets that left by an interface.
fn sent_by(interface: &str) -> u64 {
    let output = Command::new("ip")
        .args(["-j", "-s", "link", "show", "dev", interface])
        .output()
        .expect("ip");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    value[0]["stats64"]["tx"]["packets"].as_u64().expect("a number")
}

#[test]
#[ignore = "started by whose_part_it_is_where_packets_go_nowhere in a namespace of its own"]
fn diagnoses_in_a_namespace() {
    if !is_inside() {
        return;
    }
    // Else the kernel itself sends datagrams of IPv6 by each interface.
    for name in ["all", "default"] {
        #[expect(clippy::disallowed_methods, reason = "it is the kernel's, not a file")]
        std::fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1").ok();
    }
    ip("link set lo up");
    // A network in which nobody is, one whose packets vanish, and one behind a router that is not there.
    ip("link add empty type veth peer name end");
    ip("addr add 10.77.1.1/24 dev empty");
    ip("link set empty up");
    ip("link set end up");
    ip("link add hole type veth peer name hole-end");
    ip("addr add 10.78.1.1/24 dev hole");
    ip("link set hole up");
    ip("link set hole-end up");
    // Whoever that is, it is not behind the other end.
    ip("neigh add 10.78.1.9 lladdr 02:00:00:00:00:09 dev hole");
    ip("route add 198.51.100.0/24 via 10.77.1.254");
    let folder = tempfile::tempdir().expect("a folder");
    let before = sent_by("hole");
    for (host, verdict, failed, way) in [
        ("10.77.1.9", "nobody-there", "connect", "direct"),
        ("198.51.100.9", "router", "connect", "router"),
        ("10.78.1.9", "unknown", "connect", "direct"),
        ("203.0.113.9", "no-way", "route", "none"),
    ] {
        let (code, value) = diagnosed(folder.path(), host);
        assert_eq!(
            (code, &value["verdict"]),
            (Some(1), &json!(verdict)),
            "{host}: {value:#}"
        );
        assert_eq!(step(&value, failed)["state"], "failed", "{host}: {value:#}");
        assert_eq!(value["way"]["kind"], way, "{host}");
        assert_eq!(value["onvif"]["state"], "not-asked", "{host}: nothing more is tried");
    }
    let syns = sent_by("hole") - before;
    assert!(
        (1..=2).contains(&syns),
        "one attempt has two SYNs at most, and there were {syns}"
    );

    let set = monomi(folder.path(), &["settings", "set", "internal-network-only", "true"]);
    assert!(set.status.success(), "{set:?}");
    ip("route add 203.0.113.0/24 dev hole");
    let before = sent_by("hole");
    let (code, value) = diagnosed(folder.path(), "203.0.113.9");
    assert_eq!((code, &value["verdict"]), (Some(1), &json!("policy")), "{value:#}");
    assert_eq!(sent_by("hole"), before, "a packet left for the Internet");
}
