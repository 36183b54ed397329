//! The fuzz targets are built by few, so that one which lacks a crate would go unnoticed.

use std::collections::BTreeSet;
use std::path::Path;

use super::source;

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
        for file in source::below(&root.join(room)) {
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
