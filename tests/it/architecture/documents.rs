//! What the documents of the repository name in backticks is there: files and folders are renamed, and a recipe that names the old one leads nowhere.

use std::path::Path;

const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// The folders in which a path of the documents may begin; ARCHITECTURE.md names modules from their rooms on.
const BEGINNINGS: &[&str] = &["", "src", "crates", "tests/it"];

/// The paths in backticks outside of code blocks: names with a slash, of source files and of documents.
fn paths(document: &str) -> Vec<String> {
    let mut in_block = false;
    let prose = document.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_block ^= fence;
        !in_block && !fence
    });
    let codes = prose.flat_map(|line| line.split('`').skip(1).step_by(2));
    let is_path = |code: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        code.chars().all(plain) && (code.contains('/') || [".rs", ".md"].iter().any(|ending| code.ends_with(ending)))
    };
    codes.filter(is_path).map(str::to_owned).collect()
}

/// Where a path of a document is, seen from the room that it names; `reconnect/rate.rs` is `crates/reconnect/src/rate.rs`.
fn exists(root: &Path, path: &str) -> bool {
    let of_a_member = path.split_once('/').map(|(room, below)| {
        let folder = root.join("crates").join(room.replace('_', "-"));
        folder.join("src").join(below)
    });
    BEGINNINGS.iter().any(|beginning| {
        let path = root.join(beginning).join(path);
        path.exists() || path.with_extension("rs").exists()
    }) || of_a_member.is_some_and(|path| path.exists() || path.with_extension("rs").exists())
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root.join(document)).expect(document);
        let named = paths(&text);
        assert!(named.len() > 10, "{document}: {named:?}");
        missing.extend(
            named
                .into_iter()
                .filter(|path| !exists(root, path))
                .map(|path| format!("{document}: {path}")),
        );
    }
    assert!(missing.is_empty(), "these are not there:\n{}", missing.join("\n"));
}

/// The words of a text that stay the same in every language: commands, options, fields, files of the profile, words with `-` or `_`.
fn fixed_words(text: &str) -> std::collections::BTreeSet<&str> {
    let of_a_word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let words = text.split(|c: char| !of_a_word(c)).map(|word| word.trim_matches('.'));
    let is_fixed = |word: &&str| {
        let file = [".toml", ".json", ".exe", ".md"]
            .iter()
            .any(|ending| word.ends_with(ending));
        word.starts_with("--") && word.len() > 3 || word.contains('_') || file
    };
    words.filter(is_fixed).collect()
}

#[test]
fn the_japanese_read_me_has_each_part_and_each_fixed_word_of_the_english_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [english, japanese] =
        ["README.md", "README.ja.md"].map(|name| std::fs::read_to_string(root.join(name)).unwrap());
    let count = |text: &str, begin: &str| text.lines().filter(|line| line.starts_with(begin)).count();
    for begin in ["## ", "| ", "```", "!["] {
        assert_eq!(count(&english, begin), count(&japanese, begin), "lines with “{begin}”");
    }
    let there = fixed_words(&japanese);
    let missing: Vec<&str> = fixed_words(&english).difference(&there).copied().collect();
    // Each read-me leads to the other one.
    assert_eq!(missing, ["README.ja.md", "en.md"]);
}

#[test]
fn words_that_stay_the_same_are_told_from_others() {
    let found = fixed_words("`make run --demo` has cpu_percent in devices.toml. A calm-eyed word, too.");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        ["--demo", "cpu_percent", "devices.toml"]
    );
}

#[test]
fn a_path_is_told_from_other_code() {
    let text = "See `src/main.rs`, `wall/` and `README.md`, `cargo test`, `device::Site`.\n```sh\ncat `no/such`\n```\n`a/{b}.rs`";
    assert_eq!(paths(text), ["src/main.rs", "wall/", "README.md"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(exists(root, "reconnect/rate.rs") && exists(root, "net/dial.rs"));
    assert!(!exists(root, "reconnect/no_such_file.rs") && !exists(root, "src/no_such_folder/"));
}
