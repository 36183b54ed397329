//! `assets/licences.txt` names exactly the crates that Cargo.lock has for the program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// The text is in every program: larger than this, something is printed that need not be.
const MOST_BYTES: usize = 512 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn parsed(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The packages that a member of the workspace needs, for any system, without those of its tests.
fn needed_by(manifest: &Table) -> BTreeSet<String> {
    let systems = manifest.get("target").and_then(Value::as_table).into_iter();
    let systems = systems.flat_map(Table::values).filter_map(Value::as_table);
    [manifest]
        .into_iter()
        .chain(systems)
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(Value::as_table)
        .flatten()
        .map(|(name, value)| {
            let renamed = value.get("package").and_then(Value::as_str);
            renamed.unwrap_or(name).to_owned()
        })
        .collect()
}

fn members() -> BTreeMap<String, BTreeSet<String>> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap();
    let manifests = folders.map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let manifests = manifests.chain([root().join("Cargo.toml")]).map(|path| parsed(&path));
    manifests
        .map(|manifest| {
            let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
            (name, needed_by(&manifest))
        })
        .collect()
}

/// `NAME VERSION` of each crate of others that Cargo.lock has for the program.
fn locked() -> BTreeSet<String> {
    let lock = parsed(&root().join("Cargo.lock"));
    let packages: Vec<&Table> = lock["package"]
        .as_array()
        .expect("packages")
        .iter()
        .filter_map(Value::as_table)
        .collect();
    let members = members();
    let text = |package: &Table, key: &str| package[key].as_str().expect("a text").to_owned();
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut todo = vec!["monomi".to_owned()];
    while let Some(wanted) = todo.pop() {
        let (name, version) = wanted.split_once(' ').unwrap_or((&wanted, ""));
        let package = packages.iter().find(|package| {
            text(package, "name") == name && (version.is_empty() || text(package, "version") == version)
        });
        let package = package.unwrap_or_else(|| panic!("Cargo.lock has no {wanted}"));
        let own = members.get(name).filter(|_| !package.contains_key("source"));
        if own.is_none() && !found.insert(format!("{name} {}", text(package, "version"))) {
            continue;
        }
        let needs = package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for need in needs.filter_map(Value::as_str) {
            // `name`, `name version` or `name version (source)`.
            let mut parts = need.split(' ');
            let name = parts.next().unwrap_or_default();
            if own.is_none_or(|own| own.contains(name)) {
                todo.push(
                    parts
                        .next()
                        .map_or_else(|| name.to_owned(), |version| format!("{name} {version}")),
                );
            }
        }
    }
    found
}

#[test]
fn every_crate_in_the_program_is_named_with_its_licence() {
    let text = std::fs::read_to_string(root().join("assets/licences.txt")).unwrap();
    let list = text.split("\n====").next().unwrap_or_default();
    let named: BTreeMap<String, &str> = list
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.split(' ').nth(1).is_some_and(|version| version.contains('.')))
        .map(|(name, licence)| (name.to_owned(), licence))
        .collect();
    let locked = locked();
    assert!(locked.len() > 300, "{}", locked.len());
    let named_only: BTreeSet<String> = named.keys().cloned().collect();
    let differ: Vec<&String> = named_only.symmetric_difference(&locked).collect();
    assert!(differ.is_empty(), "run `make licences`: {differ:?}");
    assert!(named.values().all(|licence| !licence.is_empty()));
    for other in ["GStreamer", "FFmpeg", "M PLUS 1", "BIZ UDPGothic"] {
        assert!(list.contains(other), "{other}");
    }
}

#[test]
fn the_texts_of_the_licences_are_there_and_bounded() {
    let text = std::fs::read_to_string(root().join("assets/licences.txt")).unwrap();
    assert!(text.len() < MOST_BYTES, "{} bytes", text.len());
    for wanted in [
        "Apache License\n",
        "Permission is hereby granted, free of charge",
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "SIL OPEN FONT LICENSE",
        "Mozilla Public License",
        "UNICODE LICENSE V3",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    // The name of a user or of a folder of whoever made it is not in it.
    assert!(!text.contains("/home/") && !text.contains("/.cargo/"));
}
