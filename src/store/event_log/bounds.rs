//! How much is kept: what is too old goes, and of what is too much the oldest, those of security last.

use rusqlite::{Connection, params};

use super::row::{place, signed};
use events::{Category, LogBounds, WallTime};

/// So many go at once, so that whoever waits for the log waits for a moment only.
const STEP: i64 = 500;

const DAY: u64 = 24 * 3_600 * 1_000;

/// Drops one step of what is beyond the bounds; whether more may be.
pub(super) fn prune(connection: &mut Connection, bounds: LogBounds, now: WallTime) -> rusqlite::Result<bool> {
    let security = place(Category::ALL, Category::Security);
    let oldest = now.0.saturating_sub(u64::from(bounds.days).saturating_mul(DAY));
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS dropped (id INTEGER PRIMARY KEY, words INTEGER); DELETE FROM temp.dropped",
    )?;
    let mut dropped = transaction.execute(
        "INSERT INTO temp.dropped SELECT id, words FROM event INDEXED BY by_time \
         WHERE parent IS NULL AND since < ?1 ORDER BY since, id LIMIT ?2",
        params![signed(oldest), STEP],
    )?;
    if dropped == 0 && size(&transaction)? > u64::from(bounds.size) * 1_024 * 1_024 {
        dropped = transaction.execute(
            "INSERT INTO temp.dropped SELECT id, words FROM event INDEXED BY by_time \
             WHERE parent IS NULL AND category <> ?1 AND until IS NOT NULL ORDER BY since, id LIMIT ?2",
            params![security, STEP],
        )?;
        if dropped == 0 {
            dropped = transaction.execute(
                "INSERT INTO temp.dropped SELECT id, words FROM event INDEXED BY by_time \
                 WHERE parent IS NULL ORDER BY since, id LIMIT ?1",
                [STEP],
            )?;
        }
    }
    if dropped == 0 {
        return Ok(false);
    }
    transaction.execute(
        "INSERT OR IGNORE INTO temp.dropped SELECT id, words FROM event INDEXED BY by_parent \
         WHERE parent IN (SELECT id FROM temp.dropped) AND parent IS NOT NULL",
        [],
    )?;
    transaction.execute("DELETE FROM event WHERE id IN (SELECT id FROM temp.dropped)", [])?;
    transaction.execute(
        "DELETE FROM words WHERE id IN (SELECT words FROM temp.dropped) \
         AND NOT EXISTS (SELECT 1 FROM event INDEXED BY by_words WHERE event.words = words.id AND parent IS NULL)",
        [],
    )?;
    transaction.commit()?;
    // Each step gives one page back.
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum(2000)")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(true)
}

/// Of what is used, in bytes.
fn size(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let used = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok(u64::try_from(used * number("PRAGMA page_size")?).unwrap_or(0))
}
