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
