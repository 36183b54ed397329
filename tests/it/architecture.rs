//! Holds ARCHITECTURE.md against the code: the rooms, the arrows between them, what each may touch, and how large a file may grow.
//!
//! The table is the fenced block `rooms` of ARCHITECTURE.md: one line a room, `room -> rooms it may know`; `*` is all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Crates that only some rooms may name, and why.
const CRATES: &[(&[&str], &[&str], &str)] = &[
    (
        &["tokio", "tokio_rustls"],
        &["main", "engine", "net", "cli", "demo"],
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
        &["store", "cli"],
        "JSON is for scripts: the command line prints it",
    ),
    (&["socket2"], &["net", "demo"], "only net opens a socket"),
    (&["rustls", "rustls_pki_types"], &["net"], "TLS is net's business"),
    (&["keyring"], &["store"], "passwords are store's business"),
    (
        &["ring"],
        &["store", "net"],
        "cryptography serves the password file and TLS alone",
    ),
];

/// Names of `std::net` and `tokio::net` that open a socket, and the rooms that may use them.
const SOCKETS: &[&str] = &["TcpStream", "TcpSocket", "TcpListener", "UdpSocket", "UnixStream"];
const SOCKET_ROOMS: &[&str] = &["net", "demo"];

/// Rooms that get the time as an argument.
const CLOCKLESS: &[&str] = &[
    "ui",
    "settings_dialog",
    "app",
    "reconnect",
    "wall",
    "device",
    "rtp",
    "rtsp",
    "settings",
    "bridge",
];

/// Rooms without effects: nothing is awaited there.
const PURE: &[&str] = &["reconnect", "wall", "device", "rtp", "rtsp", "settings"];

/// The only files that may call `connect`: the dial, and the TLS handshake over what it dialled.
const CONNECTS: &[&str] = &["net/dial.rs", "net/tls.rs"];

const MAX_LINES: usize = 999;
const MAX_LINES_BEFORE_TESTS: usize = 500;

#[test]
fn the_code_keeps_to_architecture_md() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let mut files = sources(&root.join("src"));
    for member in std::fs::read_dir(root.join("crates")).expect("the members of the workspace") {
        let member = member.expect("a readable entry");
        let name = member.file_name().to_string_lossy().replace('-', "_");
        for file in sources(&member.path().join("src")) {
            let below = if file.path == "lib.rs" { "mod.rs" } else { &file.path };
            files.push(Source {
                path: format!("{name}/{below}"),
                ..file
            });
        }
    }
    let faults = faults(&text, &files);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// One source file: its path below `src`, with slashes, and its text.
struct Source {
    path: String,
    text: String,
}

/// Every breach, as `file:line: rule`.
fn faults(architecture: &str, files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    let parsed: Vec<(&Source, Result<syn::File, syn::Error>)> =
        files.iter().map(|f| (f, syn::parse_file(&f.text))).collect();
    let room_of = |path: &str| room_of(path, &modules_of_the_binary(&parsed));
    let rooms: BTreeSet<String> = files
        .iter()
        .map(|file| room_of(&file.path))
        .filter(|room| room != "lib")
        .collect();
    let table = match Table::parse(architecture) {
        Ok(table) => table,
        Err(fault) => return vec![format!("ARCHITECTURE.md: {fault}")],
    };
    for room in rooms.iter().filter(|room| !table.0.contains_key(*room)) {
        faults.push(format!("ARCHITECTURE.md: room `{room}` of src is not in the table"));
    }
    for room in table.0.keys().filter(|room| !rooms.contains(*room)) {
        faults.push(format!("ARCHITECTURE.md: room `{room}` of the table is not in src"));
    }
    if let Some(ring) = table.cycle() {
        faults.push(format!(
            "ARCHITECTURE.md: rooms know each other in a ring: {}",
            ring.join(" -> ")
        ));
    }
    let tests: BTreeSet<String> = parsed
        .iter()
        .filter_map(|(f, ast)| Some((f, ast.as_ref().ok()?)))
        .flat_map(|(f, ast)| test_files(&f.path, ast))
        .collect();
    for (file, ast) in &parsed {
        let only_tests = tests
            .iter()
            .any(|test| file.path == *test || file.path.starts_with(&format!("{}/", test.trim_end_matches(".rs"))));
        size_faults(file, only_tests, &mut faults);
        if room_of(&file.path) != "main" {
            header_faults(file, &mut faults);
        }
        match ast {
            Err(error) => faults.push(format!(
                "src/{}:{}: does not parse: {error}",
                file.path,
                error.span().start().line
            )),
            Ok(_) if only_tests => {}
            Ok(ast) => {
                let mut reader = Reader {
                    file,
                    room: room_of(&file.path),
                    rooms: &rooms,
                    table: &table,
                    faults: &mut faults,
                };
                reader.visit_file(ast);
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Which room may know which.
struct Table(BTreeMap<String, Arrows>);

enum Arrows {
    All,
    To(BTreeSet<String>),
}

impl Table {
    fn parse(text: &str) -> Result<Self, String> {
        let block = text
            .split_once("```rooms\n")
            .ok_or("no block ```rooms")?
            .1
            .split_once("```")
            .ok_or("the block ```rooms has no end")?
            .0;
        let mut rooms = BTreeMap::new();
        for line in block
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (room, known) = line.split_once("->").ok_or(format!("no `->` in `{line}`"))?;
            let known: BTreeSet<String> = known
                .split(',')
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .collect();
            let arrows = if known.contains("*") {
                Arrows::All
            } else {
                Arrows::To(known)
            };
            if rooms.insert(room.trim().to_owned(), arrows).is_some() {
                return Err(format!("room `{}` stands twice in the table", room.trim()));
            }
        }
        Ok(Self(rooms))
    }

    fn allows(&self, from: &str, to: &str) -> bool {
        match self.0.get(from) {
            Some(Arrows::All) => true,
            Some(Arrows::To(known)) => known.contains(to),
            None => false,
        }
    }

    fn cycle(&self) -> Option<Vec<String>> {
        self.0
            .keys()
            .find_map(|start| self.way_back(start, &mut vec![start.clone()]))
    }

    fn way_back(&self, start: &str, way: &mut Vec<String>) -> Option<Vec<String>> {
        let Some(Arrows::To(known)) = self.0.get(way.last()?) else {
            return None;
        };
        for next in known {
            if next == start {
                way.push(next.clone());
                return Some(way.clone());
            }
            if !way.contains(next) {
                way.push(next.clone());
                if let Some(ring) = self.way_back(start, way) {
                    return Some(ring);
                }
                way.pop();
            }
        }
        None
    }
}

/// `device/address.rs` and `device.rs` are of room `device`; what main.rs declares is of room `main`.
fn room_of(path: &str, of_the_binary: &BTreeSet<String>) -> String {
    let name = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    if of_the_binary.contains(name) {
        "main".to_owned()
    } else {
        name.to_owned()
    }
}

fn modules_of_the_binary(parsed: &[(&Source, Result<syn::File, syn::Error>)]) -> BTreeSet<String> {
    let main = parsed
        .iter()
        .find(|(file, _)| file.path == "main.rs")
        .and_then(|(_, ast)| ast.as_ref().ok());
    let items = main.map(|ast| ast.items.as_slice()).unwrap_or_default();
    let name = |item: &syn::Item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}

/// Files that `#[cfg(test)] mod x;` pulls in.
fn test_files(path: &str, ast: &syn::File) -> Vec<String> {
    let folder = match path.rsplit_once('/') {
        Some((folder, "mod.rs")) => format!("{folder}/"),
        None if path == "lib.rs" || path == "main.rs" => String::new(),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    };
    ast.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if module.content.is_none() && for_tests(&module.attrs) => {
                Some(module.ident.to_string())
            }
            _ => None,
        })
        .flat_map(|name| [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")])
        .collect()
}

fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|what| what.is_ident("test")))
}

fn size_faults(file: &Source, only_tests: bool, faults: &mut Vec<String>) {
    let all = file.text.lines().count();
    let before_tests = file
        .text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .count();
    if all > MAX_LINES {
        faults.push(format!(
            "src/{}:{all}: {all} lines, at most {MAX_LINES}: split it by duty",
            file.path
        ));
    }
    if !only_tests && before_tests > MAX_LINES_BEFORE_TESTS {
        faults.push(format!("src/{}:{before_tests}: {before_tests} lines before its tests, at most {MAX_LINES_BEFORE_TESTS}: split it by duty", file.path));
    }
}

/// A room opens by saying in capitals what it is, then what belongs there and what does not.
fn header_faults(file: &Source, faults: &mut Vec<String>) {
    let parts: Vec<&str> = file.path.split('/').collect();
    let opens_room =
        matches!(parts.as_slice(), [_, "mod.rs"]) || matches!(parts.as_slice(), [name] if *name != "lib.rs");
    if !opens_room {
        return;
    }
    let header: Vec<&str> = file.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let first = header.first().copied().unwrap_or_default().trim_start();
    let shouts = first
        .split_whitespace()
        .next()
        .is_some_and(|word| word.len() > 2 && word.chars().all(|c| c.is_uppercase() || c == ':' || c == ','));
    if !shouts {
        faults.push(format!("src/{}:1: a room opens with `//! WHAT ...`", file.path));
    }
    let header = header.join(" ").to_lowercase();
    if !(header.contains("belongs here") && header.contains("not belong")) {
        faults.push(format!(
            "src/{}:1: the header says what belongs here and what does not",
            file.path
        ));
    }
}

/// Walks one file and notes what it names.
struct Reader<'a> {
    file: &'a Source,
    room: String,
    rooms: &'a BTreeSet<String>,
    table: &'a Table,
    faults: &'a mut Vec<String>,
}

impl Reader<'_> {
    fn fault(&mut self, at: Span, rule: &str) {
        self.faults
            .push(format!("src/{}:{}: {rule}", self.file.path, at.start().line));
    }

    fn is_in(&self, rooms: &[&str]) -> bool {
        rooms.contains(&self.room.as_str())
    }

    /// `path` as written in a `use`, an expression, a type or a macro.
    fn names(&mut self, path: &[String], at: Span) {
        let Some(first) = path.first() else { return };
        let inside = match first.as_str() {
            "crate" | "monomi" => path.get(1),
            "super" => self.past_the_room(path),
            // A member of the workspace.
            _ if path.len() > 1 => Some(first),
            _ => None,
        };
        if let Some(room) = inside
            .filter(|room| self.rooms.contains(*room) && **room != self.room)
            .cloned()
        {
            // lib.rs is the map of the rooms, not a room that knows others.
            if self.room != "lib" && !self.table.allows(&self.room, &room) {
                self.fault(at, &format!("`{}` may not know `{room}`", self.room));
            }
        }
        for (names, rooms, why) in CRATES {
            if names.contains(&first.as_str()) && !self.is_in(rooms) {
                self.fault(at, &format!("`{}` may not use {first}: {why}", self.room));
            }
        }
        if !self.is_in(SOCKET_ROOMS)
            && (first == "std" || first == "tokio")
            && path.get(1).is_some_and(|module| module == "net")
            && path.iter().any(|name| SOCKETS.contains(&name.as_str()))
        {
            self.fault(
                at,
                &format!("`{}` may not name a socket: only net opens one", self.room),
            );
        }
        let reads_clock = path
            .windows(2)
            .any(|pair| (pair[0] == "Instant" || pair[0] == "SystemTime") && pair[1] == "now");
        if reads_clock && self.is_in(CLOCKLESS) {
            self.fault(
                at,
                &format!("`{}` may not read a clock: time is an argument", self.room),
            );
        }
        if path.len() > 1 {
            self.connects(&path[path.len() - 1], at);
        }
    }

    /// What `super::super::x` names when it leaves the room.
    fn past_the_room<'p>(&self, path: &'p [String]) -> Option<&'p String> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let parts = self.file.path.split('/').count();
        let depth = if self.file.path.ends_with("/mod.rs") {
            parts - 1
        } else {
            parts
        };
        (ups >= depth).then(|| path.get(ups)).flatten()
    }

    fn connects(&mut self, name: &str, at: Span) {
        if (name == "connect" || name == "connect_timeout") && !CONNECTS.contains(&self.file.path.as_str()) {
            self.fault(at, "only net::dial connects a socket");
        }
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.use_tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, before)),
            syn::UseTree::Name(syn::UseName { ident, .. }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.names(before, ident.span());
                before.pop();
            }
            syn::UseTree::Glob(glob) => self.names(before, glob.span()),
        }
    }

    /// Paths inside a macro's or an attribute's tokens: identifiers joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut at = Span::call_site();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                other => {
                    if path.len() > 1 {
                        self.names(&path, at);
                    }
                    path.clear();
                    match other {
                        TokenTree::Ident(ident) => {
                            at = ident.span();
                            path.push(ident.to_string());
                        }
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        if path.len() > 1 {
            self.names(&path, at);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes: &[syn::Attribute] = match item {
            syn::Item::Mod(i) => &i.attrs,
            syn::Item::Fn(i) => &i.attrs,
            syn::Item::Impl(i) => &i.attrs,
            syn::Item::Use(i) => &i.attrs,
            _ => &[],
        };
        if !for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.names(&names, path.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // GObject's `connect("signal", ..)` is no socket.
        let signal = matches!(
            call.args.first(),
            Some(syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(_),
                ..
            }))
        );
        if !signal {
            self.connects(&call.method.to_string(), call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        if self.is_in(PURE) {
            self.fault(
                expression.await_token.span,
                &format!("`{}` is pure and awaits nothing", self.room),
            );
        }
        visit::visit_expr_await(self, expression);
    }
}

fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a readable src") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path
                    .strip_prefix(folder)
                    .expect("below src")
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push(Source {
                    path: below,
                    text: std::fs::read_to_string(&path).expect("readable source"),
                });
            }
        }
    }
    found
}

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
        })
        .collect();
    files.push(Source {
        path: path.to_owned(),
        text: format!("{HEADER}{code}"),
    });
    faults(TABLE, &files)
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

/// The fuzz targets are built by few, so that one which lacks a crate would go unnoticed.
#[test]
fn the_fuzz_targets_have_the_crates_of_the_rooms_that_they_mount() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let crates = |manifest: &str| -> BTreeSet<String> {
        let text = read(manifest);
        let (_, list) = text.split_once("\n[dependencies]\n").expect("dependencies");
        let lines = list.lines().take_while(|line| !line.starts_with('['));
        let names = lines.filter_map(|line| line.split_once(" = "));
        names
            .map(|(name, _)| name.trim_end_matches(".workspace").replace('-', "_"))
            .collect()
    };
    let (all, there) = (crates("Cargo.toml"), crates("fuzz/Cargo.toml"));
    let mounts = read("fuzz/src/lib.rs");
    let rooms = mounts.lines().filter_map(|line| {
        let path = line.strip_prefix("#[path = \"../../")?;
        path.strip_suffix("/mod.rs\"]")
    });
    let mut needed = BTreeSet::new();
    for room in rooms {
        for file in sources(&root.join(room)) {
            let words: Vec<&str> = file
                .text
                .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
                .collect();
            let named = |name: &&String| words.iter().any(|word| word.starts_with(&format!("{name}::")));
            needed.extend(all.iter().filter(named).cloned());
        }
    }
    assert!(
        needed.contains("toml_edit") && needed.contains("tempfile"),
        "{needed:?}"
    );
    let missing: Vec<_> = needed.difference(&there).collect();
    assert!(missing.is_empty(), "fuzz/Cargo.toml lacks {missing:?}");
}
