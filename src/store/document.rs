//! One TOML file of the profile: loaded, changed in memory, saved without losing a comment or an unknown key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::atomic::{self, WriteError};
use super::format::{FileFormat, Parsed, line_of, parse};
use super::load::{Found, LoadProblem};
use super::read::{self, Print, Refusal};
use super::records::set;

/// One TOML file with its comments, its unknown keys and the place where changes go.
#[derive(Debug)]
pub struct Document {
    toml: DocumentMut,
    /// What is on disk at `target` now.
    on_disk: Option<String>,
    target: PathBuf,
    problems: Vec<LoadProblem>,
    found: Found,
    /// Why the system does not give the file, which then is not written.
    refused: Option<Refusal>,
}

impl Document {
    /// Reads `path`, or the newest readable file beside it; a file that is not there is empty. What the system refuses to give ends
    /// the search.
    #[must_use]
    pub fn load(path: &Path, format: &FileFormat) -> Self {
        let mut reason = None;
        let mut remains = None;
        let mut salvaged = Vec::new();
        for number in 0..=MOST_BESIDE {
            let candidate = beside(path, number);
            match read(&candidate, format) {
                FileContent::Good { toml, text } => return Self::good(path, &candidate, toml, text, reason),
                FileContent::Missing if number == 0 && beside(path, 1).exists() => {}
                FileContent::Missing => {
                    let mut remains = remains;
                    note_salvaged(&mut remains, salvaged);
                    return Self::missing(path, candidate, remains, reason, format);
                }
                FileContent::Bad { toml, reason: why } => {
                    reason.get_or_insert(why);
                    if number == 0 {
                        salvaged = ids(toml.as_table());
                    }
                    // The later file is newer. One that yields nothing does not hide what an earlier one yields.
                    if remains.is_none() || !toml.as_table().is_empty() {
                        remains = Some(toml);
                    }
                }
                FileContent::Unreadable(why) => return Self::unreadable(candidate, remains, why, format),
            }
        }
        let refusal = Refusal::System("there are too many damaged files beside it".to_owned());
        Self::unreadable(path.to_owned(), remains, refusal, format)
    }

    /// The same for whoever is about to change the file, which fails where the system does not give it.
    pub(super) fn load_to_change(path: &Path, format: &FileFormat) -> Result<Self, WriteError> {
        let document = Self::load_at_rest(path, format);
        document.refusal().map_or(Ok(document), Err)
    }

    /// Reads `path` when nobody is just writing it: a file that is damaged, perhaps because an editor or a sync tool is at it, is waited
    /// for until it is whole or has been at rest for [`AT_REST`].
    #[must_use]
    pub fn load_at_rest(path: &Path, format: &FileFormat) -> Self {
        let begin = Instant::now();
        let mut seen = (Print::of(path), begin);
        loop {
            let document = Self::load(path, format);
            let is_damaged = match document.found {
                Found::Whole | Found::Beside(_) => false,
                Found::Part | Found::Unreadable => true,
                Found::Nothing => path.exists(),
            };
            let print = Print::of(path);
            if print != seen.0 {
                seen = (print, Instant::now());
            }
            let modified = print.and_then(Print::modified);
            let at_rest = modified.is_some_and(|at| at.elapsed().is_ok_and(|age| age >= AT_REST));
            if !is_damaged || at_rest || seen.1.elapsed() >= AT_REST || begin.elapsed() >= LONGEST_WAIT {
                return document;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    #[must_use]
    pub fn table(&self) -> &Table {
        self.toml.as_table()
    }

    pub fn table_mut(&mut self) -> &mut Table {
        self.toml.as_table_mut()
    }

    /// Where the content came from.
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Whether anything may be missing, because only a part of the file could be read, or none.
    #[must_use]
    pub fn is_salvaged(&self) -> bool {
        matches!(self.found, Found::Part | Found::Unreadable)
    }

    /// Where [`Document::save`] writes.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    pub(super) fn take_problems(&mut self) -> Vec<LoadProblem> {
        std::mem::take(&mut self.problems)
    }

    /// Writes the file, if anything changed since it was loaded. A file that could not be read is not replaced.
    pub fn save(&mut self) -> Result<(), WriteError> {
        let text = self.toml.to_string();
        if self.on_disk.as_ref() != Some(&text) {
            if let Some(refusal) = self.refusal() {
                return Err(refusal);
            }
            atomic::write(&self.target, text.as_bytes())?;
            self.on_disk = Some(text);
        }
        Ok(())
    }

    /// What was saved beside the file while it could not be used, the newest; `None` where it was always usable, or still is not.
    pub(super) fn saved_beside(&self, path: &Path, format: &FileFormat) -> Option<DocumentMut> {
        if self.target != path || self.on_disk.is_none() || self.refused.is_some() {
            return None;
        }
        let mut newest = None;
        for number in 1..=MOST_BESIDE {
            match read(&beside(path, number), format) {
                FileContent::Good { toml, .. } => newest = Some(toml),
                FileContent::Bad { .. } | FileContent::Unreadable(_) => {}
                FileContent::Missing => break,
            }
        }
        newest
    }

    /// The ids of what the damaged file itself still yielded, which are noted in what was saved beside it: what of these is missing in
    /// the repaired file was left out on purpose.
    pub(super) fn salvaged(beside: &Table) -> HashSet<String> {
        let noted = beside.get(SALVAGED).and_then(Item::as_array);
        let noted = noted.into_iter().flatten().filter_map(Value::as_str);
        noted.map(str::to_owned).collect()
    }

    /// The text that [`Document::save`] would write.
    pub(super) fn text(&self) -> String {
        self.toml.to_string()
    }

    /// Whether this text is what the file holds.
    pub(super) fn holds(&self, text: &str) -> bool {
        self.on_disk.as_deref() == Some(text)
    }

    pub(super) fn refusal(&self) -> Option<WriteError> {
        let (path, refusal) = (self.target.clone(), self.refused.clone()?);
        Some(WriteError::Unread { path, refusal })
    }

    fn good(path: &Path, used: &Path, toml: DocumentMut, text: String, reason: Option<String>) -> Self {
        let is_blank = text.trim_start_matches('\u{feff}').trim().is_empty();
        let found = match () {
            () if used != path => Found::Beside(file_name(used)),
            () if is_blank => Found::Nothing,
            () => Found::Whole,
        };
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
        } else if is_blank && used == path {
            vec![LoadProblem::Emptied { file: file_name(path) }]
        } else {
            Vec::new()
        };
        Self {
            toml,
            on_disk: Some(text),
            target: used.to_owned(),
            problems,
            found,
            refused: None,
        }
    }

    fn missing(
        path: &Path,
        free: PathBuf,
        remains: Option<DocumentMut>,
        reason: Option<String>,
        format: &FileFormat,
    ) -> Self {
        let found = if reason.is_some() { Found::Part } else { Found::Nothing };
        let problem = reason.map(|reason| LoadProblem::SetAside {
            file: file_name(path),
            beside: file_name(&free),
            reason,
        });
        Self {
            toml: of_this_version(remains, format),
            on_disk: None,
            target: free,
            problems: problem.into_iter().collect(),
            found,
            refused: None,
        }
    }

    fn unreadable(path: PathBuf, remains: Option<DocumentMut>, refusal: Refusal, format: &FileFormat) -> Self {
        let problem = LoadProblem::Unreadable {
            file: file_name(&path),
            refusal: refusal.clone(),
        };
        let toml = of_this_version(remains, format);
        Self {
            // What is unchanged is not written, and so is no error.
            on_disk: Some(toml.to_string()),
            toml,
            target: path,
            problems: vec![problem],
            found: Found::Unreadable,
            refused: Some(refusal),
        }
    }
}

/// The key of a file saved beside a damaged one that lists what was in the damaged one.
const SALVAGED: &str = "salvaged";

/// The ids of all records of a file.
fn ids(table: &Table) -> Vec<String> {
    let records = table.iter().filter_map(|(_, item)| item.as_array_of_tables());
    let ids = records.flatten().filter_map(|row| row.get("id")?.as_str());
    ids.map(str::to_owned).collect()
}

fn note_salvaged(remains: &mut Option<DocumentMut>, ids: Vec<String>) {
    let Some(toml) = remains.as_mut().filter(|_| !ids.is_empty()) else {
        return;
    };
    set(toml.as_table_mut(), SALVAGED, ids.into_iter().collect::<Array>().into());
}

fn of_this_version(toml: Option<DocumentMut>, format: &FileFormat) -> DocumentMut {
    let mut toml = toml.unwrap_or_default();
    set(toml.as_table_mut(), "version", format.version().into());
    toml
}

/// How many files are looked at beside a damaged one.
const MOST_BESIDE: u32 = 99;

/// A file that nobody changed for so long is not being written.
const AT_REST: Duration = Duration::from_secs(1);

/// No file is waited for any longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

const LOOK_AGAIN: Duration = Duration::from_millis(50);

enum FileContent {
    Good { toml: DocumentMut, text: String },
    Missing,
    Bad { toml: DocumentMut, reason: String },
    Unreadable(Refusal),
}

fn read(path: &Path, format: &FileFormat) -> FileContent {
    let bytes = match read::file(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return FileContent::Missing,
        Err(refusal) => return FileContent::Unreadable(refusal),
    };
    let (text, encoding) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
            (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(format!("line {line}: not UTF-8")),
            )
        }
    };
    let Parsed { toml, fault } = parse(&text, format);
    match encoding.or(fault) {
        None => FileContent::Good { toml, text },
        Some(reason) => FileContent::Bad { toml, reason },
    }
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

#[cfg(test)]
mod tests {
    use std::{fs, io};

    use super::*;

    const FORMAT: FileFormat = FileFormat {
        steps: &[step_0, step_1],
    };

    fn step_0(toml: &mut DocumentMut) {
        toml.insert("from-0", toml_edit::value(true));
    }

    fn step_1(toml: &mut DocumentMut) {
        toml.insert("from-1", toml_edit::value(true));
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(bytes: &[u8]) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            place.put("a.toml", bytes);
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn put(&self, name: &str, bytes: &[u8]) {
            io::Write::write_all(&mut fs::File::create(self.path(name)).unwrap(), bytes).unwrap();
        }

        fn bytes(&self, name: &str) -> Vec<u8> {
            fs::read(self.path(name)).unwrap()
        }

        fn load(&self) -> Document {
            Document::load(&self.path("a.toml"), &FORMAT)
        }

        fn set_aside(&self) -> (String, String) {
            match &self.load().problems[..] {
                [LoadProblem::SetAside { file, beside, reason }] if file == "a.toml" => {
                    (beside.clone(), reason.clone())
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn keys(document: &Document) -> String {
        document
            .table()
            .iter()
            .map(|(key, _)| key)
            .filter(|key| *key != "version")
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn only_the_missing_steps_are_taken() {
        for (text, expected) in [
            ("", "from-0 from-1"),
            ("x = 1", "x from-0 from-1"),
            ("version = 0", "from-0 from-1"),
            ("version = 1", "from-1"),
            ("version = 2", ""),
        ] {
            let document = Folder::with(text.as_bytes()).load();
            assert_eq!(keys(&document), expected, "{text}");
            assert_eq!(document.table()["version"].as_integer(), Some(2));
            let said = LoadProblem::Emptied {
                file: "a.toml".to_owned(),
            };
            let expected = if text.is_empty() { vec![said] } else { vec![] };
            assert_eq!(document.problems, expected);
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_empty_and_reading_writes_nothing() {
        let place = Folder(tempfile::tempdir().unwrap());
        let mut document = place.load();
        assert_eq!((keys(&document).as_str(), document.problems.len()), ("", 0));
        assert!(!place.path("a.toml").exists());
        document.save().unwrap();
        assert_eq!(place.bytes("a.toml"), b"version = 2\n");
    }

    #[test]
    fn unchanged_text_is_not_written() {
        let place = Folder::with(b"version = 2 # two\n");
        let before = fs::metadata(place.path("a.toml")).unwrap().modified().unwrap();
        place.load().save().unwrap();
        assert_eq!(fs::metadata(place.path("a.toml")).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn byte_order_mark_and_line_ends_of_windows_are_read() {
        let mut document = Folder::with(b"\xef\xbb\xbfversion = 2\r\nx = 1\r\n[t]\r\ny = 2\r\n").load();
        assert_eq!((keys(&document).as_str(), document.take_problems()), ("x t", vec![]));
    }

    /// What is broken, what can still be read of it, and what is said.
    #[test]
    fn a_broken_file_is_never_written_and_what_is_readable_of_it_is_used() {
        for (bytes, readable, said) in [
            (
                &b"version = 2\nx = 1\ny = = 2\nz = 3\n[t]\na = 1\n[u\nb = 1\n[v]\nc = 1\n"[..],
                "x z t v",
                "line 3: ",
            ),
            (b"version = 2\nx = 1\ny = \"\xff\xfe\"\n", "x y", "line 3: not UTF-8"),
            (b"version = 2\nx = 1\n\0\0\0\n", "x", "line 3: "),
            (b"\0\0\0\0\0\0\0\0", "from-0 from-1", "line 1: "),
            (
                b"version = 3\nx = 1\nnew = 2\n",
                "x new",
                "it was written by a newer Monomi (version 3; this one knows 2)",
            ),
            (b"version = \"2\"\nx = 1\n", "x", "its version is not a number"),
            (b"version = -1\nx = 1\n", "x", "its version is not a number"),
            (b"version = 2\nx = 1\nx = 2\n", "x", "line 3: duplicate key"),
        ] {
            let place = Folder::with(bytes);
            let mut document = place.load();
            assert_eq!(keys(&document), readable, "{said}");
            let (beside, reason) = place.set_aside();
            assert_eq!(beside, "a.recovered.toml");
            assert!(reason.starts_with(said), "{reason}");
            assert!(document.is_salvaged());

            set(document.table_mut(), "mine", 1.into());
            document.save().unwrap();
            assert_eq!(place.bytes("a.toml"), bytes);

            // The next start reads what was saved, and goes on saving there.
            for number in 2..4 {
                let mut document = place.load();
                assert!(!document.is_salvaged());
                assert_eq!(place.set_aside().0, "a.recovered.toml");
                assert_eq!(document.table()["mine"].as_integer(), Some(number - 1));
                set(document.table_mut(), "mine", number.into());
                document.save().unwrap();
            }
            assert_eq!(place.bytes("a.toml"), bytes);
        }
    }

    #[test]
    fn a_repaired_file_counts_again() {
        let place = Folder::with(b"x = = 1");
        place.load().save().unwrap();
        place.put("a.toml", b"version = 2\nx = 1\n");
        let document = place.load();
        assert_eq!(
            (keys(&document).as_str(), document.target()),
            ("x", place.path("a.toml").as_path())
        );
        assert!(
            matches!(&document.problems[..], [LoadProblem::Warning { at, .. }] if at == "a.recovered.toml"),
            "{:?}",
            document.problems
        );
    }

    #[test]
    fn a_file_that_went_leaves_the_one_beside_it() {
        let place = Folder::with(b"x = = 1");
        place.put("a.recovered.toml", b"version = 2\ny = 1\n");
        fs::remove_file(place.path("a.toml")).unwrap();
        let document = place.load();
        assert_eq!((keys(&document).as_str(), document.problems.len()), ("y", 0));
        assert_eq!(document.target(), place.path("a.recovered.toml"));
    }

    #[test]
    fn a_second_broken_file_gets_a_third() {
        let place = Folder::with(b"x = 1\ny = = 1");
        place.put("a.recovered.toml", b"z = 1\ny = = 1");
        let mut document = place.load();
        assert_eq!(
            (keys(&document).as_str(), place.set_aside().0.as_str()),
            ("z from-0 from-1", "a.recovered-2.toml")
        );
        document.save().unwrap();
        assert_eq!(place.bytes("a.recovered.toml"), b"z = 1\ny = = 1");
        assert!(!place.load().is_salvaged());
    }

    /// What the system does not give ends the search at once, whatever it is, and nothing is written in its place.
    #[track_caller]
    fn refused(place: &Folder, why: &Refusal) {
        let mut document = place.load();
        assert_eq!(document.found(), &Found::Unreadable);
        assert!(document.is_salvaged());
        match &document.take_problems()[..] {
            [LoadProblem::Unreadable { file, refusal }] => assert_eq!((file.as_str(), refusal), ("a.toml", why)),
            other => panic!("{other:?}"),
        }
        document.save().expect("what is unchanged is not written");
        set(document.table_mut(), "x", 1.into());
        assert!(document.save().unwrap_err().to_string().contains(&why.to_string()));
        assert!(Document::load_to_change(&place.path("a.toml"), &FORMAT).is_err());
        assert_eq!(fs::read_dir(place.0.path()).unwrap().count(), 1, "nothing beside it");
    }

    #[test]
    fn a_folder_or_a_file_that_is_too_large_is_refused() {
        let place = Folder(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("a.toml")).unwrap();
        refused(&place, &Refusal::Folder);
        fs::remove_dir(place.path("a.toml")).unwrap();
        let large = fs::File::create(place.path("a.toml")).unwrap();
        large.set_len(read::MAX_BYTES + 1).unwrap();
        refused(&place, &Refusal::TooLarge);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_device_and_a_link_to_nothing_are_refused_without_a_wait() {
        use std::os::unix::fs::symlink;

        let place = Folder(tempfile::tempdir().unwrap());
        let made = std::process::Command::new("mkfifo").arg(place.path("a.toml")).status();
        assert!(made.unwrap().success());
        refused(&place, &Refusal::NoFile);
        for (target, why) in [("/dev/zero", Refusal::NoFile), ("nowhere", Refusal::LinkToNothing)] {
            fs::remove_file(place.path("a.toml")).unwrap();
            symlink(target, place.path("a.toml")).unwrap();
            refused(&place, &why);
        }
        // The link is never replaced by a file.
        assert!(atomic::write(&place.path("a.toml"), b"x").is_err());
        assert!(fs::symlink_metadata(place.path("a.toml")).unwrap().is_symlink());
    }

    #[test]
    fn a_path_that_leads_nowhere_ends_the_search_at_once() {
        let place = Folder::with(b"version = 2");
        for path in [place.path("a.toml").join("b.toml"), place.path(&"x".repeat(300))] {
            let document = Document::load(&path, &FORMAT);
            assert_eq!(document.found(), &Found::Unreadable, "{}", path.display());
        }
    }

    #[test]
    fn a_file_without_text_is_as_if_there_were_none() {
        for blank in ["", "\u{feff}\r\n", " \n"] {
            let document = Folder::with(blank.as_bytes()).load();
            let said = LoadProblem::Emptied {
                file: "a.toml".to_owned(),
            };
            assert_eq!((document.found(), &document.problems), (&Found::Nothing, &vec![said]));
        }
        assert_eq!(Folder::with(b"# mine\n").load().found(), &Found::Whole);
    }

    #[test]
    fn who_is_about_to_write_waits_for_a_file_that_is_being_written() {
        let place = Folder::with(b"version = 2\nx = [1,");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                place.put("a.toml", b"version = 2\nx = [1, 2]\n");
            });
            let document = Document::load_to_change(&place.path("a.toml"), &FORMAT).unwrap();
            assert_eq!((document.found(), keys(&document).as_str()), (&Found::Whole, "x"));
        });
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_their_owner_alone_and_links_stay_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let place = Folder::with(b"version = 2\n");
        fs::create_dir(place.path("elsewhere")).unwrap();
        fs::rename(place.path("a.toml"), place.path("elsewhere/b.toml")).unwrap();
        symlink(place.path("elsewhere/b.toml"), place.path("a.toml")).unwrap();
        let mut document = place.load();
        let mode = || {
            fs::metadata(place.path("elsewhere/b.toml"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        let before = mode();
        set(document.table_mut(), "x", 1.into());
        document.save().unwrap();
        assert!(fs::symlink_metadata(place.path("a.toml")).unwrap().is_symlink());
        assert_eq!(place.bytes("elsewhere/b.toml"), b"version = 2\nx = 1\n");
        assert_eq!(mode(), before);
        assert_eq!(
            fs::read_dir(place.path("elsewhere")).unwrap().count(),
            1,
            "no temporary file stays"
        );

        let fresh = Folder(tempfile::tempdir().unwrap());
        fresh.load().save().unwrap();
        let mode = fs::metadata(fresh.path("a.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
