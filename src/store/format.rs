//! The version that a file is written in, and how a text is read: brought up to date, or salvaged where it is broken.

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
    let together = |parts: &[String]| parts.concat().parse::<DocumentMut>();
    together(&parts).unwrap_or_else(|_| {
        // Each part is valid alone but not together with the others, because a key stands twice. The first one counts.
        let mut good = Vec::new();
        for part in parts {
            good.push(part);
            if together(&good).is_err() {
                good.pop();
            }
        }
        together(&good).unwrap_or_default()
    })
}
