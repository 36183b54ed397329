//! The tables of the file, and how a connection is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::fault::LogFault;

/// The version of the tables that this program writes.
pub(super) const VERSION: i64 = 1;

/// Whoever reads beside the window holds it up no longer than this, and the other way round.
const BUSY: Duration = Duration::from_secs(5);

/// A file of so many bytes is looked through before it is opened.
const MOST_CHECKED: u64 = 32 * 1_024 * 1_024;

/// Every list that is shown is read along one of the indexes from its newest end; what is a detail of another event is in none of them.
/// What is searched for stands once in `words`, however many events say it; a number of `words` is never given again, because whoever
/// searches notes which ones it found.
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE words (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (what, text));
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    until INTEGER,
    until_unknown TEXT,
    category INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    origin TEXT NOT NULL,
    what TEXT NOT NULL,
    words INTEGER NOT NULL,
    subject TEXT NOT NULL,
    device INTEGER,
    site INTEGER,
    name TEXT NOT NULL,
    site_name TEXT,
    devices TEXT,
    channels TEXT,
    device_time INTEGER,
    count INTEGER NOT NULL,
    detail TEXT,
    who TEXT,
    parent INTEGER,
    seen INTEGER NOT NULL,
    acknowledged INTEGER,
    acknowledged_by TEXT,
    note TEXT
);
CREATE INDEX by_time ON event (since, id, category, severity, words) WHERE parent IS NULL;
CREATE INDEX by_category ON event (category, since, id, severity, words) WHERE parent IS NULL;
CREATE INDEX by_device ON event (device, since, id, category, severity, words) WHERE parent IS NULL;
CREATE INDEX by_site ON event (site, since, id, category, severity, words) WHERE parent IS NULL;
CREATE INDEX by_alarm ON event (since, id, category, words) WHERE parent IS NULL AND severity = 2;
CREATE INDEX by_words ON event (words, since, id, category, severity) WHERE parent IS NULL;
CREATE INDEX by_parent ON event (parent, since, id, category, severity, words) WHERE parent IS NOT NULL;
CREATE INDEX lasting ON event (id) WHERE until IS NULL;
CREATE INDEX unseen ON event (id) WHERE seen = 0 AND severity = 2;
";

/// Opens the file to be written; a new one is made where there is none.
pub(super) fn open(path: &Path) -> Result<Connection, LogFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    look(path)?;
    let mut connection = Connection::open_with_flags(path, flags)?;
    frugal(&connection)?;
    let version = version(&connection)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 1_000)?;
    connection.pragma_update(None, "journal_size_limit", 4 * 1_024 * 1_024)?;
    if version == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    }
    Ok(connection)
}

/// Looks for damage where that takes no time, and for a newer program, before anything is written.
fn look(path: &Path) -> Result<(), LogFault> {
    let size = std::fs::metadata(path).map_or(0, |found| found.len());
    if size == 0 {
        return Ok(());
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    frugal(&connection)?;
    if version(&connection)? > VERSION {
        return Err(LogFault::Newer);
    }
    if size > MOST_CHECKED {
        return Ok(());
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(LogFault::Damaged(found))
    }
}

/// Opens the file to be read beside a program that writes it; `None`: its tables are only being made. What is searched for is noted
/// in a table of the connection, which a file that is opened to be read allows.
pub(super) fn open_to_read(path: &Path) -> Result<Option<Connection>, LogFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    frugal(&connection)?;
    match version(&connection)? {
        0 => Ok(None),
        version if version > VERSION => Err(LogFault::Newer),
        _ => Ok(Some(connection)),
    }
}

fn version(connection: &Connection) -> Result<i64, LogFault> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The wall pays for what is kept in memory: the system caches the file as well.
fn frugal(connection: &Connection) -> Result<(), LogFault> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "cache_size", -256)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(())
}
