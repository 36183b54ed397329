//! Holds ARCHITECTURE.md against the code, in what Cargo cannot say: the arrows between the rooms of `src`, what each may touch,
//! circles between the files of a room, how large a file may grow, and how a room opens. What a member of the workspace may know
//! Cargo holds; the table only has to say the same as its manifest.

mod breaches;
mod circles;
mod documents;
mod fuzz;
mod names;
mod rules;
mod shape;
mod source;
mod table;

use std::collections::BTreeSet;
use std::path::Path;

use names::Names;
use source::Source;
use table::Table;

#[test]
fn the_code_keeps_to_architecture_md() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let faults = faults(&text, &source::all(root));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_members_of_the_workspace_know_each_other_as_the_table_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let table = Table::parse(&text).expect("the table of rooms");
    let mut faults = Vec::new();
    for member in std::fs::read_dir(root.join("crates")).expect("the members of the workspace") {
        let member = member.expect("a readable entry");
        let name = member.file_name().to_string_lossy().replace('-', "_");
        let manifest = std::fs::read_to_string(member.path().join("Cargo.toml")).expect("a manifest");
        faults.extend(rules::manifest_faults(&name, &manifest, &table));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every breach, as `file:line: rule`.
fn faults(architecture: &str, files: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    let table = match Table::parse(architecture) {
        Ok(table) => table,
        Err(fault) => return vec![format!("ARCHITECTURE.md: {fault}")],
    };
    let of_the_binary = source::modules_of_the_binary(files);
    let rooms: Vec<String> = files
        .iter()
        .map(|file| source::room_of(&file.path, &of_the_binary))
        .collect();
    let all_rooms: BTreeSet<String> = rooms.iter().filter(|room| *room != "lib").cloned().collect();
    faults.extend(table_faults(&table, &all_rooms));

    let mut parsed = Vec::new();
    for (file, room) in files.iter().zip(&rooms) {
        match syn::parse_file(&file.text) {
            Ok(ast) => parsed.push((file, room, ast)),
            Err(error) => {
                let line = error.span().start().line;
                faults.push(format!("src/{}:{line}: does not parse: {error}", file.path));
            }
        }
    }
    let tests: BTreeSet<String> = parsed
        .iter()
        .flat_map(|(file, _, ast)| source::test_files(&file.path, ast))
        .collect();
    let only_tests = |file: &Source| {
        tests
            .iter()
            .any(|test| file.path == *test || file.path.starts_with(&format!("{}/", test.trim_end_matches(".rs"))))
    };
    let named: Vec<(&Source, &String, Names)> = parsed
        .iter()
        .filter(|(file, ..)| !only_tests(file))
        .map(|(file, room, ast)| (*file, *room, names::of(ast)))
        .collect();
    for (file, room) in files.iter().zip(&rooms) {
        shape::size_faults(file, only_tests(file), &mut faults);
        if room != "main" {
            shape::header_faults(file, &mut faults);
        }
    }
    for (file, room, names) in &named {
        faults.extend(rules::faults(file, room, names, &all_rooms, &table));
    }
    let members: Vec<circles::Member<'_>> = named
        .iter()
        .map(|(file, room, names)| circles::Member { file, room, names })
        .collect();
    faults.extend(circles::faults(&members));
    faults.sort();
    faults.dedup();
    faults
}

fn table_faults(table: &Table, rooms: &BTreeSet<String>) -> Vec<String> {
    let missing = rooms.iter().filter(|room| !table.has(room));
    let missing = missing.map(|room| format!("ARCHITECTURE.md: room `{room}` of src is not in the table"));
    let gone = table.rooms().filter(|room| !rooms.contains(*room));
    let gone = gone.map(|room| format!("ARCHITECTURE.md: room `{room}` of the table is not in src"));
    let ring = table.cycle().map(|ring| {
        let ring = ring.join(" -> ");
        format!("ARCHITECTURE.md: rooms know each other in a ring: {ring}")
    });
    missing.chain(gone).chain(ring).collect()
}
