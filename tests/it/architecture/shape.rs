//! How large a file may grow, and how a room opens.

use super::source::Source;

const MAX_LINES: usize = 999;
const MAX_LINES_BEFORE_TESTS: usize = 500;

/// Files that are too long.
pub fn size_faults(file: &Source, only_tests: bool, faults: &mut Vec<String>) {
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
pub fn header_faults(file: &Source, faults: &mut Vec<String>) {
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
