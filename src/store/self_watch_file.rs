//! `own-figures.txt` and `restarts.json`: what Monomi itself cost, and how often it had to start itself again. Neither holds anything that the user entered
//! or a secret: where one is damaged or missing, it is begun anew.

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Profile, WriteError, atomic, read};
use crate::private::file_to_append;
use self_watch::{OwnSample, OwnSeries, RestartBook, Standstill};

/// So many lines are added before the file is written anew without what is too old.
const MOST_ADDED: usize = 24 * 60;

/// Keeps the series of one profile: a line is added each minute, and the file is written anew once a day. What is killed in between leaves a line that
/// is cut, at the most.
#[derive(Debug)]
pub struct OwnFiguresFile {
    path: PathBuf,
    /// Lines since the file was written anew; `None`: by an earlier run, nobody knows how many.
    added: Option<usize>,
}

impl OwnFiguresFile {
    /// Adds these minutes. `series`: all that is known, with them.
    ///
    /// # Errors
    /// [`WriteError`]; these minutes are written with the next ones.
    pub fn add(&mut self, minutes: &[OwnSample], series: &OwnSeries) -> Result<(), WriteError> {
        match self.added {
            Some(added) if added < MOST_ADDED => {
                let lines: String = minutes.iter().map(OwnSeries::minute_line).collect();
                let add = || -> io::Result<()> { file_to_append(&self.path)?.write_all(lines.as_bytes()) };
                // After a failure all of it is written anew, with what was left out.
                self.added = None;
                add().map_err(|source| WriteError::new(&self.path, source))?;
                self.added = Some(added + minutes.len());
            }
            _ => {
                atomic::write(&self.path, series.to_text().as_bytes())?;
                self.added = Some(0);
            }
        }
        Ok(())
    }
}

/// The file of the restarts. Times are in seconds since 1970.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    restarts: Vec<i64>,
    #[serde(default)]
    untold: Option<KeptStandstill>,
}

#[derive(Serialize, Deserialize)]
struct KeptStandstill {
    at: i64,
    post: String,
    #[serde(default)]
    threads: String,
    #[serde(default)]
    restarted: bool,
}

impl Profile {
    /// What Monomi cost in the last 30 days, as far as it is known.
    #[must_use]
    pub fn load_own_series(&self) -> OwnSeries {
        let bytes = read::file(&self.own_figures_path()).ok().flatten().unwrap_or_default();
        let (series, damaged) = OwnSeries::from_text(&String::from_utf8_lossy(&bytes));
        if damaged > 0 {
            tracing::info!(damaged, "lines of own-figures.txt are damaged and left out");
        }
        series
    }

    /// Where the series is kept.
    #[must_use]
    pub fn own_figures_file(&self) -> OwnFiguresFile {
        OwnFiguresFile {
            path: self.own_figures_path(),
            added: None,
        }
    }

    /// How often Monomi started itself again, and the standstill that nobody was told of yet.
    #[must_use]
    pub fn load_restarts(&self) -> RestartBook {
        let bytes = read::file(&self.restarts_path()).ok().flatten().unwrap_or_default();
        let kept: Kept = serde_json::from_slice(&bytes).unwrap_or_default();
        RestartBook {
            times: kept.restarts,
            untold: kept.untold.map(|kept| Standstill {
                at: kept.at,
                post: kept.post,
                threads: kept.threads,
                restarted: kept.restarted,
            }),
        }
    }

    /// Keeps that; the file is on disk then, because this process ends.
    ///
    /// # Errors
    /// [`WriteError`], where the file is as it was.
    pub fn save_restarts(&self, book: &RestartBook) -> Result<(), WriteError> {
        let kept = Kept {
            restarts: book.times.clone(),
            untold: book.untold.as_ref().map(|told| KeptStandstill {
                at: told.at,
                post: told.post.clone(),
                threads: told.threads.clone(),
                restarted: told.restarted,
            }),
        };
        let text = serde_json::to_vec(&kept).unwrap_or_default();
        atomic::write(&self.restarts_path(), &text)
    }

    fn own_figures_path(&self) -> PathBuf {
        self.path().join("own-figures.txt")
    }

    fn restarts_path(&self) -> PathBuf {
        self.path().join("restarts.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use self_watch::OwnFigure;

    fn profile() -> (tempfile::TempDir, Profile) {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf())).unwrap();
        (folder, profile.without_keyring())
    }

    fn minute(number: i64) -> OwnSample {
        OwnSample::at(1_764_000_000 + number * 60).with(OwnFigure::Memory, Some(number.unsigned_abs()))
    }

    #[test]
    fn four_days_of_minutes_are_read_again_and_the_file_stays_small() {
        let (_folder, profile) = profile();
        let (mut file, mut series) = (profile.own_figures_file(), OwnSeries::default());
        let mut largest = 0;
        for number in 0..4 * 1_440 {
            series.push(minute(number));
            file.add(&[minute(number)], &series).unwrap();
            largest = largest.max(std::fs::metadata(profile.own_figures_path()).unwrap().len());
        }
        assert_eq!(profile.load_own_series(), series);
        assert!(largest < 256 * 1_024, "{largest}");
    }

    #[test]
    fn a_line_that_was_cut_and_what_is_no_text_cost_themselves_alone() {
        let (_folder, profile) = profile();
        let (mut file, mut series) = (profile.own_figures_file(), OwnSeries::default());
        for number in 0..10 {
            series.push(minute(number));
            file.add(&[minute(number)], &series).unwrap();
        }
        let path = profile.own_figures_path();
        file_to_append(&path).unwrap().write_all(b"m 1764").unwrap();
        assert_eq!(profile.load_own_series(), series);
        // The next run writes it anew at once.
        let mut next = profile.own_figures_file();
        series.push(minute(12));
        next.add(&[minute(12)], &series).unwrap();
        assert_eq!(profile.load_own_series(), series);
        file_to_append(&path).unwrap().write_all(b"\xff\xfe\0\n").unwrap();
        assert_eq!(profile.load_own_series(), series);
    }

    #[test]
    fn restarts_are_kept_and_a_damaged_file_is_as_none() {
        let (_folder, profile) = profile();
        assert_eq!(profile.load_restarts(), RestartBook::default());
        let mut book = RestartBook::default();
        assert!(book.found(Standstill {
            at: 1_764_000_000,
            post: "files".to_owned(),
            threads: "monomi-engine D".to_owned(),
            restarted: false,
        }));
        profile.save_restarts(&book).unwrap();
        assert_eq!(profile.load_restarts(), book);
        atomic::write(&profile.restarts_path(), b"{\"restarts\":[1]").unwrap();
        assert_eq!(profile.load_restarts(), RestartBook::default());
    }
}
