use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, Value};

use super::{WriteError, atomic};

/// A value out of a file, and what was wrong with the file. Reading never fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<T> {
    pub value: T,
    pub problems: Vec<LoadProblem>,
}

/// What was wrong with a file. Nothing of it is lost: the file is not touched, or keeps what was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// `file` cannot be used; changes are saved to `beside`. Both are file names without folder.
    SetAside {
        file: String,
        beside: String,
        reason: String,
    },
    /// A value or record at `at`, such as `device[2].port`, is not understood.
    Warning { at: String, message: String },
}

/// What a file is written in: `steps[n]` turns version `n` into `n + 1`, so the number of steps is the version of today.
pub struct Format {
    pub steps: &'static [fn(&mut DocumentMut)],
}

/// One TOML file with its comments, its unknown keys and the place where changes go.
#[derive(Debug)]
pub struct Document {
    toml: DocumentMut,
    /// What is on disk at `target` now.
    on_disk: Option<String>,
    target: PathBuf,
    problems: Vec<LoadProblem>,
    salvaged: bool,
}

impl Document {
    /// Reads `path`, or the newest readable file beside it; a file that is not there is empty.
    #[must_use]
    pub fn load(path: &Path, format: &Format) -> Self {
        let mut reason = None;
        let mut remains = None;
        let mut number = 0;
        loop {
            let candidate = beside(path, number);
            match read(&candidate, format) {
                Read::Good { toml, text } => return Self::good(path, &candidate, toml, text, reason),
                Read::Missing if number == 0 && beside(path, 1).exists() => {}
                Read::Missing => return Self::missing(path, candidate, remains, reason, format),
                Read::Bad { toml, reason: why } => {
                    reason.get_or_insert(why);
                    // The later file is the newer one; but one that yields nothing does not hide what an earlier one yields.
                    if remains.is_none() || !toml.as_table().is_empty() {
                        remains = Some(toml);
                    }
                }
            }
            number += 1;
        }
    }

    #[must_use]
    pub fn table(&self) -> &Table {
        self.toml.as_table()
    }

    pub fn table_mut(&mut self) -> &mut Table {
        self.toml.as_table_mut()
    }

    /// Whether this is what could be saved of a file that cannot be used, so that anything may be missing.
    #[must_use]
    pub fn is_salvaged(&self) -> bool {
        self.salvaged
    }

    /// Where [`Document::save`] writes.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    pub(super) fn take_problems(&mut self) -> Vec<LoadProblem> {
        std::mem::take(&mut self.problems)
    }

    /// Writes what changed since it was loaded; nothing where nothing did.
    pub fn save(&mut self) -> Result<(), WriteError> {
        let text = self.toml.to_string();
        if self.on_disk.as_ref() != Some(&text) {
            atomic::write(&self.target, text.as_bytes())?;
            self.on_disk = Some(text);
        }
        Ok(())
    }

    fn good(path: &Path, used: &Path, toml: DocumentMut, text: String, reason: Option<String>) -> Self {
        let problems = if let Some(reason) = reason {
            vec![LoadProblem::SetAside {
                file: file_name(path),
                beside: file_name(used),
                reason,
            }]
        } else if used == path && beside(path, 1).exists() {
            let message = format!(
                "{} is readable again and counts; this file beside it is not used",
                file_name(path)
            );
            vec![LoadProblem::Warning {
                at: file_name(&beside(path, 1)),
                message,
            }]
        } else {
            Vec::new()
        };
        Self {
            toml,
            on_disk: Some(text),
            target: used.to_owned(),
            problems,
            salvaged: false,
        }
    }

    fn missing(
        path: &Path,
        free: PathBuf,
        remains: Option<DocumentMut>,
        reason: Option<String>,
        format: &Format,
    ) -> Self {
        let salvaged = reason.is_some();
        let problem = reason.map(|reason| LoadProblem::SetAside {
            file: file_name(path),
            beside: file_name(&free),
            reason,
        });
        let mut toml = remains.unwrap_or_default();
        set(toml.as_table_mut(), "version", format.version().into());
        Self {
            toml,
            on_disk: None,
            target: free,
            problems: problem.into_iter().collect(),
            salvaged,
        }
    }
}

impl Format {
    /// The version that this program writes.
    #[must_use]
    pub fn version(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { file, beside, reason } => {
                write!(f, "{file} is left as it is ({reason}); changes are saved to {beside}")
            }
            Self::Warning { at, message } => write!(f, "{at}: {message}"),
        }
    }
}

/// Sets a value and leaves the spaces and comments round it.
pub(super) fn set(table: &mut Table, key: &str, value: Value) {
    let mut value = value;
    if let Some(Item::Value(old)) = table.get(key) {
        *value.decor_mut() = old.decor().clone();
    }
    table.insert(key, Item::Value(value));
}

/// Reads a text as a file would be read. `Err`: what could be saved of it, and why the file cannot be used.
pub(super) fn parse(text: &str, format: &Format) -> Result<DocumentMut, (DocumentMut, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut toml = match text.parse::<DocumentMut>() {
        Ok(toml) => toml,
        Err(error) => {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let what = error.message().lines().next().unwrap_or("syntax error").to_owned();
            let mut remains = salvage(text);
            let _ = migrate(&mut remains, format);
            return Err((remains, format!("line {line}: {what}")));
        }
    };
    match migrate(&mut toml, format) {
        Ok(()) => Ok(toml),
        Err(reason) => Err((toml, reason)),
    }
}

enum Read {
    Good { toml: DocumentMut, text: String },
    Missing,
    Bad { toml: DocumentMut, reason: String },
}

/// No registry comes near this size.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

fn read(path: &Path, format: &Format) -> Read {
    let bad = |reason: String| Read::Bad {
        toml: DocumentMut::new(),
        reason,
    };
    let bytes = match fs::metadata(path).and_then(|meta| {
        if meta.len() > MAX_BYTES {
            Ok(None)
        } else {
            fs::read(path).map(Some)
        }
    }) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return bad("it is too large".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::Missing,
        Err(error) => return bad(error.to_string()),
    };
    match String::from_utf8(bytes) {
        Ok(text) => match parse(&text, format) {
            Ok(toml) => Read::Good { toml, text },
            Err((toml, reason)) => Read::Bad { toml, reason },
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let mut toml = salvage(&String::from_utf8_lossy(error.as_bytes()));
            let _ = migrate(&mut toml, format);
            Read::Bad {
                toml,
                reason: format!("line {line}: not UTF-8"),
            }
        }
    }
}

/// Brings a document to the version of today. `Err`: it is newer, or its version is no number; it stays as it is.
fn migrate(toml: &mut DocumentMut, format: &Format) -> Result<(), String> {
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

/// The parts of a broken text that are TOML by themselves: tables as a whole, keys before the first table line by line.
fn salvage(text: &str) -> DocumentMut {
    let mut good = String::new();
    let mut keep = |part: &str| {
        if part.parse::<DocumentMut>().is_ok() {
            good.push_str(part);
        }
    };
    let mut part = String::new();
    let mut head = true;
    for line in text.split_inclusive('\n') {
        let header = line.trim_start().starts_with('[');
        if header || head {
            keep(&std::mem::take(&mut part));
        }
        head &= !header;
        part.push_str(line);
    }
    keep(&part);
    good.parse().unwrap_or_default()
}

/// `devices.toml`, `devices.recovered.toml`, `devices.recovered-2.toml` and so on.
fn beside(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match number {
        0 => path.to_owned(),
        1 => path.with_file_name(format!("{stem}.recovered.toml")),
        number => path.with_file_name(format!("{stem}.recovered-{number}.toml")),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
