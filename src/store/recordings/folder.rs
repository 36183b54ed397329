//! The folder for recordings: what is in it, what goes, and what is finished that was left in the middle.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::part_file::{is_open_part, repair};
use device::days_of;
use recording::{Kept, RecordedPart, RecordingFault, is_part_name, read_info, read_part};

/// Whoever records into a folder holds this file.
const HELD: &str = ".monomi-recording.lock";

/// Folders below the one for recordings: site, device, channel, date.
const DEPTH: usize = 4;

/// Where recordings go that no setting says otherwise.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    let dirs = directories::UserDirs::new()?;
    let videos = dirs
        .video_dir()
        .map_or_else(|| dirs.home_dir().join("Videos"), Path::to_owned);
    Some(videos.join("Monomi"))
}

/// The folder of all recordings.
#[derive(Debug)]
pub struct RecordingFolder {
    root: PathBuf,
    /// Held as long as this program records into it.
    held: Option<File>,
}

/// Parts of some days, and how many files look like parts and cannot be read.
#[derive(Debug, Default)]
pub struct FoundParts {
    pub parts: Vec<RecordedPart>,
    pub damaged: u32,
}

impl RecordingFolder {
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root, held: None }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folder where it is missing and takes it, so that nobody else finishes what is being written here; `false`: another
    /// program records into it as well.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn take(&mut self) -> io::Result<bool> {
        if self.held.is_some() {
            return Ok(true);
        }
        fs::create_dir_all(&self.root)?;
        let path = self.root.join(HELD);
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                self.held = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            // A file system without locks: whoever uses such a one for two programs has to know.
            Err(TryLockError::Error(_)) => Ok(true),
        }
    }

    /// Bytes of its disk that are free for this user.
    ///
    /// # Errors
    /// Those of the system.
    pub fn free(&self) -> io::Result<u64> {
        let there = self.root.ancestors().find(|folder| folder.exists());
        fs4::available_space(there.unwrap_or(&self.root))
    }

    /// Every file that may be a part, by its name alone, with when it began (microseconds since 1970) as its end, and its size.
    #[must_use]
    pub fn kept(&self) -> (Vec<Kept<usize>>, Vec<PathBuf>) {
        let mut paths = Vec::new();
        let mut kept = Vec::new();
        walk(&self.root, 0, None, &mut |path, date| {
            let Some(begin) = begin_of(date, path) else { return };
            let Ok(about) = path.metadata() else { return };
            kept.push(Kept {
                id: paths.len(),
                end: begin,
                bytes: about.len(),
            });
            paths.push(path.to_owned());
        });
        (kept, paths)
    }

    /// Removes a part, and the folders that are empty then. What is no recording of this program stays.
    ///
    /// # Errors
    /// Those of the disk; a file of others is an error as well.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        match read_info(File::open(path)?) {
            Ok(_) | Err(RecordingFault::Damaged(_)) => {}
            Err(RecordingFault::Io(error)) => return Err(error),
            Err(RecordingFault::Foreign) => return Err(io::Error::other("it is no recording of Monomi")),
        }
        fs::remove_file(path)?;
        let below = |folder: &&Path| folder.starts_with(&self.root) && *folder != self.root;
        for folder in path.ancestors().skip(1).take_while(below) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Finishes what a program left that was killed: of each channel in the two newest days. `but`: what is written now. How many were
    /// finished.
    #[must_use]
    pub fn finish_left(&self, but: impl Fn(&Path) -> bool) -> u32 {
        let mut days: BTreeMap<PathBuf, Vec<(String, Vec<PathBuf>)>> = BTreeMap::new();
        walk(&self.root, 0, None, &mut |path, date| {
            let Some(channel) = path.parent().and_then(Path::parent) else {
                return;
            };
            let days = days.entry(channel.to_owned()).or_default();
            match days.iter_mut().find(|(known, _)| known == date) {
                Some((_, parts)) => parts.push(path.to_owned()),
                None => days.push((date.to_owned(), vec![path.to_owned()])),
            }
        });
        let mut finished = 0;
        for (_, mut days) in days {
            days.sort();
            for path in days.into_iter().rev().take(2).flat_map(|(_, parts)| parts) {
                if but(&path) || !is_open_part(&path).unwrap_or(false) {
                    continue;
                }
                match repair(&path) {
                    Ok(true) => finished += 1,
                    Ok(false) => {}
                    Err(error) => tracing::warn!(%error, "a recording that was left in the middle cannot be finished"),
                }
            }
        }
        finished
    }

    /// The parts that overlap the time from `from` to `to` (microseconds since 1970).
    ///
    /// # Errors
    /// The folder cannot be read; one that is not there has no parts.
    pub fn find(&self, from: i64, to: i64) -> io::Result<FoundParts> {
        match fs::read_dir(&self.root) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FoundParts::default()),
            Err(error) => return Err(error),
        }
        const DAY: i64 = 86_400_000_000;
        let mut found = FoundParts::default();
        walk(
            &self.root,
            0,
            Some((from - 2 * DAY, to + 2 * DAY)),
            &mut |path, _| match part_at(path) {
                Ok(part) if part.from < to && part.to > from => found.parts.push(part),
                Ok(_) | Err(RecordingFault::Foreign) => {}
                Err(RecordingFault::Damaged(_) | RecordingFault::Io(_)) => found.damaged += 1,
            },
        );
        found
            .parts
            .sort_by(|one, other| (one.stream, one.from, &one.path).cmp(&(other.stream, other.from, &other.path)));
        Ok(found)
    }
}

/// What the file says of itself; one that is not finished is read as far as it is whole.
pub(super) fn part_at(path: &Path) -> Result<RecordedPart, RecordingFault> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let (info, end) = read_info(&file)?;
    let to = match end {
        Some(end) => end,
        None => read_part(&file)?.end(),
    };
    Ok(RecordedPart {
        path: path.to_owned(),
        stream: info.stream,
        cause: info.cause,
        from: info.begin,
        to,
        bytes,
        finished: end.is_some(),
        site: info.site,
        device: info.device,
        channel: info.channel,
    })
}

/// Shows every file that may be a part to `found`, with the name of the folder of its date. `window`: leaves out dates that are outside
/// of it.
fn walk(folder: &Path, depth: usize, window: Option<(i64, i64)>, found: &mut impl FnMut(&Path, &str)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // A link may lead out of the folder, and what is there is none of ours.
        let Ok(kind) = entry.file_type() else { continue };
        let Some(name) = name.to_str() else { continue };
        if depth < DEPTH && kind.is_dir() {
            if depth == DEPTH - 1 {
                let Some(day) = day_of(name) else { continue };
                let at = day * 86_400_000_000;
                if window.is_some_and(|(from, to)| at < from || at > to) {
                    continue;
                }
            }
            walk(&entry.path(), depth + 1, window, found);
        } else if depth == DEPTH && kind.is_file() && is_part_name(name) {
            let date = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
            found(&entry.path(), date);
        }
    }
}

/// The day of a folder such as `2026-11-28`, counted from 1970-01-01.
fn day_of(name: &str) -> Option<i64> {
    let mut pieces = name.split('-');
    let (year, month, day) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let is_date = name.len() == 10 && pieces.next().is_none();
    let date = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    (is_date && (1..=12).contains(&date.1) && (1..=31).contains(&date.2)).then(|| days_of(date))
}

/// When a part began by its names, in microseconds since 1970.
fn begin_of(date: &str, path: &Path) -> Option<i64> {
    let name = path.file_name()?.to_str()?;
    let number = |from: usize, to: usize| name.get(from..to)?.parse::<i64>().ok();
    let of_day = number(0, 2)? * 3_600 + number(3, 5)? * 60 + number(6, 8)?;
    let ahead = (number(9, 11)? * 60 + number(11, 13)?) * 60;
    let ahead = if name.as_bytes().get(8) == Some(&b'-') {
        -ahead
    } else {
        ahead
    };
    Some((day_of(date)? * 86_400 + of_day - ahead) * 1_000_000)
}
