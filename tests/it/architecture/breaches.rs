//! The checks themselves, on small trees: each breach is found, and nothing else.

use super::rules::manifest_faults;
use super::source::Source;
use super::table::Table;

const TABLE: &str = "```rooms\nmain -> *\nui -> bridge, device\nbridge -> device\ndevice ->\nnet -> device\n```";
const HEADER: &str = "//! WHAT IT IS.\n//! Belongs here: this. Does not belong here: that.\n";

/// The faults of a small tree in which `path` holds `code`.
fn faults_with(path: &str, code: &str) -> Vec<String> {
    let mut files: Vec<Source> = ["main.rs", "ui/mod.rs", "bridge/mod.rs", "device/mod.rs", "net/mod.rs"]
        .iter()
        .filter(|name| **name != path)
        .map(|name| Source {
            path: (*name).to_owned(),
            text: HEADER.to_owned(),
            of_a_member: false,
        })
        .collect();
    files.push(Source {
        path: path.to_owned(),
        text: format!("{HEADER}{code}"),
        of_a_member: false,
    });
    faults(TABLE, &files)
}

fn faults(architecture: &str, files: &[Source]) -> Vec<String> {
    super::faults(architecture, files)
}

#[test]
fn a_clean_tree_has_no_faults() {
    let none: Vec<String> = Vec::new();
    assert_eq!(
        faults_with(
            "ui/mod.rs",
            "use crate::bridge::EngineState; fn f() { device::parse(); }"
        ),
        none
    );
    assert_eq!(faults_with("main.rs", "use monomi::net::dial;"), none);
    assert_eq!(faults_with("ui/tree/row.rs", "use super::super::panel;"), none);
    assert_eq!(
        faults_with(
            "device/mod.rs",
            "#[cfg(test)] mod tests { use crate::net::dial; fn f() { let _ = std::time::Instant::now(); } }"
        ),
        none
    );
    assert_eq!(
        faults_with(
            "net/dial.rs",
            "async fn f(s: tokio::net::TcpSocket) { s.connect(a).await; }"
        ),
        none
    );
}

#[test]
fn every_kind_of_breach_is_found_with_file_and_line() {
    for (path, code, fault) in [
        (
            "ui/mod.rs",
            "use crate::net::dial;",
            "src/ui/mod.rs:3: `ui` may not know `net`",
        ),
        (
            "ui/mod.rs",
            "use crate::{bridge::A, net::{self, dial}};",
            "src/ui/mod.rs:3: `ui` may not know `net`",
        ),
        (
            "ui/mod.rs",
            "\nfn f() { crate::net::dial(); }",
            "src/ui/mod.rs:4: `ui` may not know `net`",
        ),
        (
            "ui/mod.rs",
            "fn f() { info!(\"{}\", crate::net::dial()); }",
            "src/ui/mod.rs:3: `ui` may not know `net`",
        ),
        (
            "ui/tree/row.rs",
            "use super::super::super::net::dial;",
            "src/ui/tree/row.rs:3: `ui` may not know `net`",
        ),
        (
            "device/mod.rs",
            "use super::bridge::A;",
            "src/device/mod.rs:3: `device` may not know `bridge`",
        ),
        (
            "ui/mod.rs",
            "use tokio::sync::mpsc;",
            "src/ui/mod.rs:3: `ui` may not use tokio: the screen and the pure rooms wait for nothing",
        ),
        (
            "net/mod.rs",
            "#[derive(serde::Serialize)] struct A;",
            "src/net/mod.rs:3: `net` may not use serde: what is written to disk is store's business",
        ),
        (
            "ui/mod.rs",
            "fn f() { let _ = std::time::Instant::now(); }",
            "src/ui/mod.rs:3: `ui` may not read a clock: time is an argument",
        ),
        (
            "bridge/mod.rs",
            "use std::net::{IpAddr, TcpStream};",
            "src/bridge/mod.rs:3: `bridge` may not name a socket: only net opens one",
        ),
        (
            "net/mod.rs",
            "fn f(s: Socket) { s.connect(&address); }",
            "src/net/mod.rs:3: only net::dial connects a socket",
        ),
        (
            "device/mod.rs",
            "async fn f() { g().await; }",
            "src/device/mod.rs:3: `device` is pure and awaits nothing",
        ),
        ("device/mod.rs", "fn f { }", "src/device/mod.rs:3: does not parse: "),
    ] {
        let found = faults_with(path, code);
        assert!(
            found.iter().any(|line| line.starts_with(fault)),
            "{code}: expected `{fault}` in {found:#?}"
        );
    }
}

#[test]
fn the_table_is_held_against_the_tree() {
    let found = faults_with("wall/mod.rs", "");
    assert_eq!(found, ["ARCHITECTURE.md: room `wall` of src is not in the table"]);
    let empty: [Source; 0] = [];
    assert!(
        faults("```rooms\nold ->\n```", &empty)
            .contains(&"ARCHITECTURE.md: room `old` of the table is not in src".to_owned())
    );
    assert_eq!(faults("no table", &empty), ["ARCHITECTURE.md: no block ```rooms"]);
    assert!(
        faults("```rooms\na -> b\nb -> a\n```", &empty)
            .iter()
            .any(|fault| fault.contains("in a ring: a -> b -> a"))
    );
}

#[test]
fn what_main_declares_is_of_room_main() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
        of_a_member: false,
    };
    let files = [
        source("main.rs", "mod launch;"),
        source("launch.rs", "use eframe::App; use monomi::net::dial;"),
        source("net/mod.rs", HEADER),
    ];
    assert_eq!(faults("```rooms\nmain -> *\nnet ->\n```", &files), Vec::<String>::new());
}

#[test]
fn long_files_and_rooms_without_a_header_are_found() {
    let long = "fn f() {}\n".repeat(501);
    assert!(
        faults_with("net/dial.rs", &long)
            .iter()
            .any(|fault| fault.contains("lines before its tests"))
    );
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}", "fn f() {}\n".repeat(600));
    assert_eq!(faults_with("net/dial.rs", &tests), Vec::<String>::new());
    assert!(
        faults_with("net/dial.rs", &format!("{tests}{}", "fn f() {}\n".repeat(600)))
            .iter()
            .any(|fault| fault.contains("at most 999"))
    );
    let bare = Source {
        path: "device/mod.rs".to_owned(),
        text: "//! Things.\n".to_owned(),
        of_a_member: false,
    };
    let found = faults("```rooms\ndevice ->\n```", &[bare]);
    assert!(
        found.contains(&"src/device/mod.rs:1: a room opens with `//! WHAT ...`".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"src/device/mod.rs:1: the header says what belongs here and what does not".to_owned()),
        "{found:?}"
    );
}

#[test]
fn circles_between_the_files_of_a_room_are_found() {
    let tree = |files: &[(&str, &str)]| {
        let header = [("device/mod.rs", HEADER)];
        let sources: Vec<Source> = header
            .iter()
            .chain(files)
            .map(|(path, text)| Source {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
                of_a_member: path.starts_with("device/"),
            })
            .collect();
        super::faults("```rooms\ndevice ->\n```", &sources)
    };
    let circle = "`device` has a circle: device/host.rs -(Port)-> device/port.rs -(Host)-> device/host.rs";
    for (host, port) in [
        ("use super::port::Port;", "use super::host::Host;"),
        ("use crate::port::Port;", "fn f() { crate::host::Host; }"),
        (
            "mod inner { use super::super::port::Port; }",
            "fn f(h: &super::host::Host) {}",
        ),
    ] {
        let files = [("device/host.rs", host), ("device/port.rs", port)];
        assert_eq!(tree(&files), [circle], "{host} {port}");
    }
    // Through what the module above them hands on.
    let handed_on = [
        (
            "device/part/mod.rs",
            "mod host; mod port; pub use host::Host; use port::Port;",
        ),
        ("device/part/host.rs", "use super::Port;"),
        ("device/part/port.rs", "use crate::part::Host;"),
    ];
    let found = tree(&handed_on);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("device/part/host.rs -(Port)-> device/part/port.rs"),
        "{found:?}"
    );
    // One way, a module and its folder, and tests.
    let clean = [
        (
            "device/host.rs",
            "use super::port::Port; #[cfg(test)] mod tests { use super::super::part::Part; }",
        ),
        ("device/port.rs", ""),
        (
            "device/part/mod.rs",
            "mod inner; use inner::Inner; use super::host::Host; pub struct Part;",
        ),
        ("device/part/inner.rs", "use super::Part; pub struct Inner;"),
    ];
    assert_eq!(tree(&clean), Vec::<String>::new());
}

#[test]
fn a_manifest_that_says_other_than_the_table_is_found() {
    let table = Table::parse("```rooms\nwall -> device\ndevice ->\n```").expect("a table");
    let manifest = |lines: &str| format!("[dependencies]\n{lines}");
    let right = manifest("monomi-device.workspace = true\nthiserror.workspace = true\n");
    assert_eq!(manifest_faults("wall", &right, &table), Vec::<String>::new());
    assert_eq!(
        manifest_faults("wall", &manifest(""), &table),
        ["ARCHITECTURE.md: `wall` knows by its manifest: "]
    );
    assert_eq!(
        manifest_faults("device", &manifest("tokio = \"1\"\n"), &table),
        ["crates/device/Cargo.toml: `device` may not use tokio: the screen and the pure rooms wait for nothing"]
    );
}
