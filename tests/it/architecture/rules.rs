//! The rules beside the table: which room may use which crate, and what the pure ones do without.

use std::collections::BTreeSet;

use super::names::{Named, Names};
use super::source::Source;
use super::table::Table;

/// Crates that only some rooms may name, and why.
const CRATES: &[(&[&str], &[&str], &str)] = &[
    (
        &["tokio", "tokio_rustls"],
        &["main", "engine", "net", "http", "mail", "cli", "demo"],
        "the screen and the pure rooms wait for nothing",
    ),
    (
        &["gstreamer", "gstreamer_app", "gstreamer_video", "gstreamer_rtsp_server"],
        &["main", "video", "demo"],
        "GStreamer is video's business, and the demo DVR's",
    ),
    (
        &["egui", "eframe"],
        &["main", "app", "ui", "settings_dialog", "soft_window"],
        "only the screen paints",
    ),
    (
        &["softbuffer", "egui_winit"],
        &["main", "app", "soft_window"],
        "windows are the shell's business",
    ),
    (
        &["serde", "toml", "toml_edit"],
        &["store"],
        "what is written to disk is store's business",
    ),
    (
        &["serde_json"],
        &["store", "cli", "status_feed"],
        "JSON is for scripts, which the command line prints it for, and for feeds",
    ),
    (&["socket2"], &["net", "demo"], "only net opens a socket"),
    (
        &["rustls", "rustls_pki_types", "rustls_native_certs"],
        &["net"],
        "TLS is net's business",
    ),
    (&["hyper", "http_body_util"], &["http"], "HTTP is http's business"),
    (&["lettre"], &["mail"], "mails are mail's business"),
    (&["keyring"], &["store"], "passwords are store's business"),
    (&["rusqlite"], &["store"], "what is written to disk is store's business"),
    (
        &["ring"],
        &["store", "net", "http"],
        "cryptography serves the password file, TLS and signed requests alone",
    ),
    (
        &["argon2"],
        &["store"],
        "cryptography serves the password file and TLS alone",
    ),
    (&["notify_rust"], &["desktop"], "notifications are desktop's business"),
    (
        &["gilrs"],
        &["main"],
        "a joystick is read by the program and handed to the window",
    ),
    (&["rpassword"], &["cli"], "only the command line has a terminal"),
];

/// Names of `std::net` and `tokio::net` that open a socket, and the rooms that may use them.
const SOCKETS: &[&str] = &["TcpStream", "TcpSocket", "TcpListener", "UdpSocket", "UnixStream"];
const SOCKET_ROOMS: &[&str] = &["net", "demo"];

/// Rooms that get the time as an argument, beside the pure ones.
const CLOCKLESS: &[&str] = &["ui", "settings_dialog", "app", "bridge"];

/// Members of the workspace without effects: nothing is awaited there, and no clock is read.
const PURE: &[&str] = &[
    "reconnect",
    "wall",
    "device",
    "recording",
    "rtp",
    "problem_report",
    "registry_csv",
    "rtsp",
    "onvif",
    "discovery",
    "settings",
    "events",
    "health",
    "incidents",
    "vendor",
    "status_feed",
    "archive",
    "outbox",
    "trace",
    "self_watch",
];

/// The other members.
const NOT_PURE: &[&str] = &["frame", "soft_window"];

/// The only files that may call `connect`: the dial, the TLS handshakes over what it dialled, and what asks the display server of this
/// computer, to which winit connects as well.
const CONNECTS: &[&str] = &["net/dial.rs", "net/tls/mod.rs", "net/tls/web.rs", "work_area.rs"];

/// What a file names that its room may not: other rooms, crates, sockets, clocks, awaits and connects.
pub fn faults(file: &Source, room: &str, names: &Names, rooms: &BTreeSet<String>, table: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, rule: String| faults.push(format!("src/{}:{line}: {rule}", file.path));
    let is_in = |rooms: &[&str]| rooms.contains(&room);
    let connects = "only net::dial connects a socket";
    let may_connect = CONNECTS.contains(&file.path.as_str());
    for Named { path, line, depth } in &names.paths {
        let Some(first) = path.first() else { continue };
        // What members know, Cargo says. lib.rs is the map of the rooms, not a room that knows others.
        if !file.of_a_member {
            let other = room_named(file, path, *depth).filter(|other| rooms.contains(*other) && *other != room);
            if let Some(other) = other
                && room != "lib"
                && !table.allows(room, other)
            {
                fault(*line, format!("`{room}` may not know `{other}`"));
            }
            for (_, rooms, why) in CRATES.iter().filter(|(names, ..)| names.contains(&first.as_str())) {
                if !is_in(rooms) {
                    fault(*line, format!("`{room}` may not use {first}: {why}"));
                }
            }
        }
        let of_a_net_module = (first == "std" || first == "tokio") && path.get(1).is_some_and(|module| module == "net");
        if of_a_net_module && !is_in(SOCKET_ROOMS) && path.iter().any(|name| SOCKETS.contains(&name.as_str())) {
            fault(*line, format!("`{room}` may not name a socket: only net opens one"));
        }
        let reads_clock = path
            .windows(2)
            .any(|pair| (pair[0] == "Instant" || pair[0] == "SystemTime") && pair[1] == "now");
        if reads_clock && (is_in(CLOCKLESS) || is_in(PURE)) {
            fault(*line, format!("`{room}` may not read a clock: time is an argument"));
        }
        let last = path.last().filter(|_| path.len() > 1);
        if last.is_some_and(|name| name == "connect" || name == "connect_timeout") && !may_connect {
            fault(*line, connects.to_owned());
        }
    }
    for line in names.connects.iter().filter(|_| !may_connect) {
        fault(*line, connects.to_owned());
    }
    for line in names.awaits.iter().filter(|_| is_in(PURE)) {
        fault(*line, format!("`{room}` is pure and awaits nothing"));
    }
    faults
}

/// The room or member that a path leads to, if it leads out of its own.
fn room_named<'p>(file: &Source, path: &'p [String], depth: usize) -> Option<&'p str> {
    let first = path.first()?;
    match first.as_str() {
        "crate" | "monomi" => path.get(1).map(String::as_str),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let modules = super::source::module_of(&file.path).len();
            (ups >= modules + depth).then(|| path.get(ups).map(String::as_str))?
        }
        _ if path.len() > 1 => Some(first),
        _ => None,
    }
}

/// What the manifest of a member depends on that the table or the rules do not have, and the other way round.
pub fn manifest_faults(member: &str, manifest: &str, table: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    let parsed: toml::Table = match manifest.parse() {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("crates/{member}/Cargo.toml: {error}")],
    };
    if !PURE.contains(&member) && !NOT_PURE.contains(&member) {
        faults.push(format!(
            "tests/it/architecture/rules.rs: `{member}` is in neither PURE nor NOT_PURE"
        ));
    }
    let here = parsed.get("dependencies").into_iter();
    let targets = parsed.get("target").and_then(toml::Value::as_table).into_iter();
    let elsewhere = targets
        .flat_map(|targets| targets.values())
        .filter_map(|target| target.get("dependencies"));
    let names: BTreeSet<String> = here
        .chain(elsewhere)
        .filter_map(toml::Value::as_table)
        .flat_map(|table| table.keys())
        .map(|name| name.replace('-', "_"))
        .collect();
    let members: BTreeSet<String> = names
        .iter()
        .filter_map(|name| name.strip_prefix("monomi_").map(str::to_owned))
        .collect();
    if table.known_to(member).is_some_and(|known| *known != members) {
        faults.push(format!(
            "ARCHITECTURE.md: `{member}` knows by its manifest: {}",
            members.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    for (crates, rooms, why) in CRATES {
        for name in names.iter().filter(|name| crates.contains(&name.as_str())) {
            if !rooms.contains(&member) {
                faults.push(format!(
                    "crates/{member}/Cargo.toml: `{member}` may not use {name}: {why}"
                ));
            }
        }
    }
    faults
}
