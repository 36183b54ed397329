//! The version that a file is written in, and how a text is read: brought up to date, or salvaged where it is broken.

use std::collections::HashSet;

use toml_edit::DocumentMut;

use super::records::set;

/// The versions of a file: `steps[n]` turns version `n` into `n + 1`, so that the number of steps is the current
/// version.
pub struct FileFormat {
    pub steps: &'static [fn(&mut DocumentMut)],
}

impl FileFormat {
    /// The version that this program writes.
    #[must_use]
    pub fn version(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }
}

/// The result of reading a text.
pub(super) struct Parsed {
    pub toml: DocumentMut,
    /// Why the text cannot be used as a file; `toml` is then the part of it that can be read.
    pub fault: Option<String>,
}

/// Reads a text and brings it to the current version.
pub(super) fn parse(text: &str, format: &FileFormat) -> Parsed {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut toml, broken) = match text.parse::<DocumentMut>() {
        Ok(toml) => (toml, None),
        Err(error) => {
            let line = error.span().map_or(0, |span| line_of(text.as_bytes(), span.start));
            let what = error.message().lines().next().unwrap_or("syntax error");
            (salvage(text), Some(format!("line {line}: {what}")))
        }
    };
    let migrated = migrate(&mut toml, format);
    Parsed {
        toml,
        fault: broken.or(migrated.err()),
    }
}

/// The number of the line that holds byte `at`, counted from 1.
pub(super) fn line_of(text: &[u8], at: usize) -> usize {
    text.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// Brings a document to the current version. `Err`: it is newer, or its version is no number; then it is unchanged.
fn migrate(toml: &mut DocumentMut, format: &FileFormat) -> Result<(), String> {
    let version = match toml.get("version") {
        None => 0,
        Some(item) => item
            .as_integer()
            .and_then(|version| usize::try_from(version).ok())
            .ok_or("its version is not a number")?,
    };
    if version > format.steps.len() {
        return Err(format!(
            "it was written by a newer Monomi (version {version}; this one knows {})",
            format.version()
        ));
    }
    for step in &format.steps[version..] {
        step(toml);
    }
    set(toml.as_table_mut(), "version", format.version().into());
    Ok(())
}

/// The readable parts of a broken text: each table that is valid as a whole, and each valid line before the first
/// table.
fn salvage(text: &str) -> DocumentMut {
    let mut parts = vec![String::new()];
    let mut head = true;
    for line in text.split_inclusive('\n') {
        let header = line.trim_start().starts_with('[');
        if header || head {
            parts.push(String::new());
        }
        head &= !header;
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
        }
    }
    parts.retain(|part| part.parse::<DocumentMut>().is_ok());
    together(&parts).unwrap_or_else(|| {
        // Each part is valid alone but not together with the others, because a key stands twice. The first one counts.
        let parts = without_doubles(parts);
        together(&parts).unwrap_or_else(|| longest_good(&parts))
    })
}

fn together(parts: &[String]) -> Option<DocumentMut> {
    parts.concat().parse().ok()
}

/// The parts without those whose key or header stood before. A `[[list]]` begins its tables below anew.
fn without_doubles(parts: Vec<String>) -> Vec<String> {
    let mut seen: HashSet<String> = HashSet::new();
    let is_first = |part: &String| {
        let line = part.trim_start();
        if let Some(list) = line.strip_prefix("[[") {
            let below = format!("[{}.", list.split(']').next().unwrap_or_default().trim());
            seen.retain(|name| !name.starts_with(&below));
            return true;
        }
        let name = match line.starts_with('[') {
            true => line.split_inclusive(']').next(),
            false => line.split('=').next().filter(|_| line.contains('=')),
        };
        name.is_none_or(|name| seen.insert(name.trim().to_owned()))
    };
    let mut is_first = is_first;
    parts.into_iter().filter(|part| is_first(part)).collect()
}

/// The document of the first parts, as many of them as are valid together. Each one more is as valid as those before it allow, so
/// that a few looks find the end.
fn longest_good(parts: &[String]) -> DocumentMut {
    let (mut good, mut bad) = (0, parts.len());
    let mut document = DocumentMut::new();
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match together(&parts[..middle]) {
            Some(more) => (good, document) = (middle, more),
            None => bad = middle,
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: FileFormat = FileFormat { steps: &[] };

    fn keys(text: &str) -> Vec<String> {
        let parsed = parse(text, &FORMAT);
        assert!(parsed.fault.is_some());
        let keys = parsed.toml.iter().map(|(key, _)| key.to_owned());
        keys.filter(|key| key != "version").collect()
    }

    #[test]
    fn of_what_stands_twice_the_first_counts() {
        assert_eq!(
            keys("x = 1\ny = 2\nx = 3\n[t]\na = 1\n[u]\n[t]\na = 2\n"),
            ["x", "y", "t", "u"]
        );
        let toml = parse("[t]\na = 1\n[t]\na = 2\n", &FORMAT).toml;
        assert_eq!(toml["t"]["a"].as_integer(), Some(1));
        // A key that is a table by two ways is found by nobody's header; what stands before it counts.
        assert_eq!(keys("x = 1\n[t]\na = 1\n[t.a.b]\n[u]\n"), ["x", "t"]);
    }

    #[test]
    fn ten_thousand_records_of_which_one_stands_twice_are_read_at_once() {
        let row = |number: u32| format!("[[d]]\nid = {number}\n[d.more]\nx = 1\n[d.other]\n");
        let text: String = (0..10_000).map(row).collect();
        let parsed = parse(&format!("{text}[t]\n[t]\n"), &FORMAT);
        assert!(parsed.fault.is_some_and(|fault| fault.contains("duplicate")));
        let rows = parsed.toml["d"].as_array_of_tables().unwrap();
        assert_eq!(
            (rows.len(), rows.iter().filter(|row| row.contains_key("more")).count()),
            (10_000, 10_000)
        );
    }
}
