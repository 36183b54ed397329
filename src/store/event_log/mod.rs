//! `events.sqlite`: everything that happened, for the log of events.
//!
//! What is written is committed before it is said to be, and then survives the end of the process at any moment. A file that is damaged, or of a
//! newer program, is left as it is, and the log goes on in another one beside it. Whoever is not the one program that writes reads beside it.

mod ask;
mod bounds;
mod export;
mod fault;
mod row;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use self::ask::Found;
use self::row::{COLUMNS, signed, unsigned};
use super::profile::Profile;
use events::{
    EventBook, EventId, EventQuery, EventRecord, LogBounds, LogChange, LogOpened, LogPage, LogStart, MOST_EVENTS,
    OLDEST, WallTime,
};

pub use self::export::{event_json, event_time};
pub use self::fault::LogFault;

/// The names of the file, and of those beside it that take its place where it cannot be used.
const FILES: [&str; 4] = [
    "events.sqlite",
    "events.recovered.sqlite",
    "events.recovered-2.sqlite",
    "events.recovered-3.sqlite",
];

impl Profile {
    /// Opens the log to be written. What a program had kept that had no log is taken over once.
    pub fn open_event_log(&self, now: WallTime) -> Result<(EventLog, LogOpened, Vec<LogAside>), LogFault> {
        EventLog::open(self.path(), &self.load_events().value, now)
    }

    /// Opens the log to be read beside a program that writes it; `None`: nothing was ever kept.
    pub fn read_event_log(&self) -> Result<Option<EventReader>, LogFault> {
        EventReader::open(self.path())
    }
}

/// A file that could not be used, and the one that is written in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAside {
    pub file: String,
    pub beside: String,
    pub reason: String,
}

/// The log of events on disk.
pub struct EventLog {
    folder: PathBuf,
    /// Which of [`FILES`] it is.
    at: usize,
    connection: Connection,
    found: Found,
    bounds: LogBounds,
}

impl EventLog {
    /// Opens the log of this folder, and takes over what is in it. `book`: what a program had kept that had no log.
    pub fn open(folder: &Path, book: &EventBook, now: WallTime) -> Result<(Self, LogOpened, Vec<LogAside>), LogFault> {
        let mut aside = Vec::new();
        for at in newest(folder).unwrap_or(0)..FILES.len() {
            match Self::take_over(folder, at, book, now) {
                Ok((log, opened)) => return Ok((log, opened, aside)),
                Err(LogFault::Refused(reason)) => return Err(LogFault::Refused(reason)),
                Err(fault) => aside.push(LogAside {
                    file: FILES[at].to_owned(),
                    beside: FILES[(at + 1) % FILES.len()].to_owned(),
                    reason: fault.to_string(),
                }),
            }
        }
        Err(LogFault::Damaged("none of its files can be used".to_owned()))
    }

    fn take_over(folder: &Path, at: usize, book: &EventBook, now: WallTime) -> Result<(Self, LogOpened), LogFault> {
        let connection = schema::open(&folder.join(FILES[at]))?;
        let mut log = Self {
            folder: folder.to_owned(),
            at,
            connection,
            found: Found::default(),
            bounds: LogBounds::default(),
        };
        let opened = log.begin(book, now)?;
        Ok((log, opened))
    }

    /// What still lasted when the last run was heard of has an end that nobody knows.
    fn begin(&mut self, book: &EventBook, now: WallTime) -> Result<LogOpened, LogFault> {
        let transaction = self.connection.transaction()?;
        let kept = meta(&transaction, KEPT)?;
        if meta(&transaction, TAKEN_OVER)?.is_none() {
            for event in book.iter() {
                row::put(&transaction, event)?;
            }
            set_meta(&transaction, TAKEN_OVER, 1)?;
        }
        transaction.execute(
            "UPDATE event SET until = max(since, ?1), until_unknown = 'program-ended' WHERE until IS NULL",
            [kept.unwrap_or(0)],
        )?;
        let crashed = meta(&transaction, RUNNING)? == Some(1);
        set_meta(&transaction, RUNNING, 1)?;
        set_meta(&transaction, KEPT, signed(now.0))?;
        let select = format!(
            "SELECT {COLUMNS} FROM event WHERE origin = 'trouble' AND parent IS NULL AND severity = 2 AND since > ?2 ORDER BY since DESC, id DESC LIMIT ?1"
        );
        let troubles = row::all(
            &mut transaction.prepare_cached(&select)?,
            params![
                i64::try_from(MOST_EVENTS).unwrap_or(i64::MAX),
                signed(now.before(OLDEST).0)
            ],
        )?;
        let last: i64 = transaction.query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        transaction.commit()?;
        let last = EventId(unsigned(last));
        Ok(LogOpened {
            book: EventBook::restore(troubles, Some(last), now),
            crashed,
        })
    }

    /// Writes all of these or none. What lasts is known to have lasted until `now`.
    pub fn write(&mut self, changes: &[LogChange], now: WallTime) -> Result<(), LogFault> {
        let transaction = self.connection.transaction()?;
        for change in changes {
            apply(&transaction, change)?;
        }
        set_meta(&transaction, KEPT, signed(now.0))?;
        Ok(transaction.commit()?)
    }

    /// The program comes to its end: the next one does not take it for killed.
    pub fn end(&mut self) -> Result<(), LogFault> {
        set_meta(&self.connection, RUNNING, 0)?;
        Ok(())
    }

    /// Leaves the file, which turned out to be damaged, as it is, and begins the next one.
    pub fn set_aside(&mut self, fault: &LogFault, now: WallTime) -> Result<LogAside, LogFault> {
        let next = self.at + 1;
        let Some(beside) = FILES.get(next) else {
            return Err(LogFault::Damaged(fault.to_string()));
        };
        let (log, _) = Self::take_over(&self.folder, next, &EventBook::default(), now)?;
        let aside = LogAside {
            file: FILES[self.at].to_owned(),
            beside: (*beside).to_owned(),
            reason: fault.to_string(),
        };
        let bounds = self.bounds;
        *self = log;
        self.bounds = bounds;
        tracing::warn!(?aside, "the log of events goes on in another file");
        Ok(aside)
    }

    /// The events from `start` on, the newest first, `most` of them at most.
    pub fn page(&mut self, query: &EventQuery, start: LogStart, most: usize) -> Result<LogPage, LogFault> {
        Ok(ask::page(&self.connection, &mut self.found, query, start, most)?)
    }

    pub fn set_bounds(&mut self, bounds: LogBounds) {
        self.bounds = bounds;
    }

    /// Drops some of what is too old or too much, the oldest first, security last; whether there is more to be dropped.
    pub fn prune(&mut self, now: WallTime) -> Result<bool, LogFault> {
        let more = bounds::prune(&mut self.connection, self.bounds, now)?;
        // Numbers of words are given again.
        self.found.forget();
        Ok(more)
    }
}

/// The log as it is read beside the program that writes it.
pub struct EventReader {
    connection: Connection,
    found: Found,
}

impl EventReader {
    /// `None`: nothing was ever kept.
    pub fn open(folder: &Path) -> Result<Option<Self>, LogFault> {
        let mut fault = None;
        let Some(newest) = newest(folder) else {
            return Ok(None);
        };
        for file in FILES[..=newest].iter().rev() {
            let path = folder.join(file);
            if !path.exists() {
                continue;
            }
            match schema::open_to_read(&path) {
                Ok(connection) => {
                    let found = Found::default();
                    return Ok(connection.map(|connection| Self { connection, found }));
                }
                Err(other) => fault = Some(other),
            }
        }
        fault.map_or(Ok(None), Err)
    }

    /// The events from `start` on, the newest first, `most` of them at most.
    pub fn page(&mut self, query: &EventQuery, start: LogStart, most: usize) -> Result<LogPage, LogFault> {
        Ok(ask::page(&self.connection, &mut self.found, query, start, most)?)
    }

    /// The highest number that was given.
    pub fn last(&self) -> Result<EventId, LogFault> {
        let last: i64 = self
            .connection
            .query_row("SELECT coalesce(max(id), 0) FROM event", [], |row| row.get(0))?;
        Ok(EventId(unsigned(last)))
    }

    /// What was written since, the oldest first.
    pub fn since(&self, last: EventId) -> Result<Vec<EventRecord>, LogFault> {
        let select = format!("SELECT {COLUMNS} FROM event WHERE id > ?1 ORDER BY id LIMIT 1000");
        Ok(row::all(
            &mut self.connection.prepare_cached(&select)?,
            [signed(last.0)],
        )?)
    }
}

/// The last of [`FILES`] that there is: those before it turned out to be of no use, though that may not be seen when they are opened.
fn newest(folder: &Path) -> Option<usize> {
    (0..FILES.len()).rev().find(|at| folder.join(FILES[*at]).exists())
}

/// Until when the program is known to have run.
const KEPT: &str = "kept";
/// Whether what an earlier program had kept was taken over.
const TAKEN_OVER: &str = "taken-over";
/// Whether a program runs, or ended without saying so.
const RUNNING: &str = "running";

fn meta(connection: &Connection, key: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

fn set_meta(connection: &Connection, key: &str, value: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
        .execute(params![key, value])?;
    Ok(())
}

fn apply(transaction: &Transaction<'_>, change: &LogChange) -> rusqlite::Result<()> {
    match change {
        LogChange::Put(event) => row::put(transaction, event)?,
        LogChange::Under(id, parent, at) => {
            let (id, parent) = (signed(id.0), signed(parent.0));
            transaction
                .prepare_cached("UPDATE event SET parent = ?2, until = coalesce(until, max(since, ?3)) WHERE id = ?1")?
                .execute(params![id, parent, signed(at.0)])?;
            transaction
                .prepare_cached("UPDATE event SET parent = ?2 WHERE parent = ?1 AND parent IS NOT NULL")?
                .execute([id, parent])?;
        }
        LogChange::See(ids) => {
            let mut see = transaction.prepare_cached("UPDATE event SET seen = 1 WHERE id = ?1")?;
            for id in ids {
                see.execute([signed(id.0)])?;
            }
        }
        LogChange::SeeUntil(id) => {
            transaction
                .prepare_cached("UPDATE event SET seen = 1 WHERE seen = 0 AND severity = 2 AND id <= ?1")?
                .execute([signed(id.0)])?;
        }
        LogChange::Acknowledge(id, acknowledged) => {
            transaction
                .prepare_cached(
                    "UPDATE event SET seen = 1, acknowledged = ?2, acknowledged_by = ?3, note = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    signed(id.0),
                    signed(acknowledged.at.0),
                    acknowledged.who.as_str(),
                    acknowledged.note.as_str(),
                ])?;
        }
    }
    Ok(())
}
