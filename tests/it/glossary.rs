//! The glossary of ARCHITECTURE.md names types that exist in the rooms that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The glossary and the types it names, as (room, type).
fn named_types(architecture: &str) -> Vec<(String, String)> {
    let section = architecture
        .split_once("\n## The words of the house\n")
        .expect("the glossary")
        .1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let codes = section.split('`').skip(1).step_by(2);
    codes
        .filter_map(|code| code.split_once("::"))
        .map(|(room, name)| (room.to_owned(), name.to_owned()))
        .collect()
}

/// The source of a room, whether it is a member of the workspace or a module of the program.
fn source_of(room: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let member = root.join("crates").join(room.replace('_', "-")).join("src");
    let mut folders = vec![if member.is_dir() {
        member
    } else {
        root.join("src").join(room)
    }];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text += &std::fs::read_to_string(&path).unwrap();
            }
        }
    }
    text
}

fn declares(source: &str, name: &str) -> bool {
    let words: Vec<&str> = source.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    words
        .windows(2)
        .any(|pair| matches!(pair[0], "struct" | "enum" | "trait" | "type") && pair[1] == name)
}

#[test]
fn every_type_of_the_glossary_is_declared_in_its_room() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let named = named_types(&std::fs::read_to_string(path).unwrap());
    assert!(named.len() > 40, "{named:?}");
    let mut sources = BTreeMap::new();
    let missing: Vec<String> = named
        .into_iter()
        .filter(|(room, name)| {
            let source = sources.entry(room.clone()).or_insert_with(|| source_of(room));
            !declares(source, name)
        })
        .map(|(room, name)| format!("{room}::{name}"))
        .collect();
    assert!(missing.is_empty(), "the glossary names what is not there: {missing:?}");
}

#[test]
fn a_type_that_is_only_used_is_not_declared() {
    assert!(declares("pub struct Wall {\n}", "Wall"));
    assert!(!declares("fn f(wall: Wall) {}", "Wall"));
    assert!(!declares("pub struct WallView {}", "Wall"));
}

/// The names of the public types that a source declares at its top level.
fn public_types(source: &str) -> impl Iterator<Item = &str> {
    let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
    let declared = source
        .lines()
        .filter_map(move |line| kinds.iter().find_map(|kind| line.strip_prefix(kind)));
    declared.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

/// The rooms of the program and of the workspace, by the names of their folders.
fn rooms() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("src"), root.join("crates")].map(|folder| std::fs::read_dir(folder).unwrap());
    let entries = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let names = entries.filter(|path| path.is_dir()).map(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.replace('-', "_")
    });
    names.collect()
}

#[test]
fn a_public_type_has_a_name_that_no_other_room_gives() {
    let mut rooms_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let rooms = rooms();
    assert!(rooms.len() > 15, "{rooms:?}");
    for room in rooms {
        let source = source_of(&room);
        let types: std::collections::BTreeSet<&str> = public_types(&source).collect();
        for name in types {
            rooms_of.entry(name.to_owned()).or_default().push(room.clone());
        }
    }
    rooms_of.retain(|_, rooms| rooms.len() > 1);
    assert!(rooms_of.is_empty(), "one word means two things: {rooms_of:?}");
}

#[test]
fn only_what_is_public_is_a_public_type() {
    let source =
        "pub struct Wall<T> {\n}\npub(crate) enum Hidden {}\nstruct Own;\n    pub struct Inner;\npub type Word = u8;";
    assert_eq!(public_types(source).collect::<Vec<_>>(), ["Wall", "Word"]);
}
