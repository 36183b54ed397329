//! An event as a row of the table, and back.

use std::collections::BTreeSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};

use device::{DeviceId, SiteId, search_form};
use events::{
    Acknowledged, Category, Cause, Detail, End, EventId, EventRecord, NoteText, Occurrence, OwnName, Severity, Subject,
    Unwatched, WallTime, What,
};

/// The columns of a row, in the order in which [`read`] reads them.
pub(super) const COLUMNS: &str = "event.id, since, until, until_unknown, category, severity, origin, event.what, subject, site, name, \
     site_name, devices, channels, device_time, count, detail, who, parent, seen, acknowledged, acknowledged_by, note";

const PUT: &str = "INSERT INTO event (id, since, until, until_unknown, category, severity, origin, what, words, subject, device, site, \
     name, site_name, devices, channels, device_time, count, detail, who, parent, seen) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22) \
     ON CONFLICT (id) DO UPDATE SET since = ?2, until = ?3, until_unknown = ?4, category = ?5, severity = ?6, origin = ?7, what = ?8, \
     words = ?9, subject = ?10, device = ?11, site = ?12, name = ?13, site_name = ?14, devices = ?15, channels = ?16, device_time = ?17, \
     count = ?18, detail = ?19, who = ?20, parent = ?21, seen = ?22";

const PROGRAM_ENDED: &str = "program-ended";
const NOT_WATCHED: &str = "not-watched";
const WHILE_OFF: &str = "while-off";

/// Writes an event anew, or as it is now.
pub(super) fn put(transaction: &Transaction<'_>, event: &EventRecord) -> rusqlite::Result<()> {
    let (until, unknown) = match event.end {
        End::Lasts => (None, None),
        End::At(at) => (Some(at), None),
        End::Unknown(at, Unwatched::ProgramEnded) => (Some(at), Some(PROGRAM_ENDED)),
        End::Unknown(at, Unwatched::NotWatched) => (Some(at), Some(NOT_WATCHED)),
        End::Unknown(at, Unwatched::WhileOff) => (Some(at), Some(WHILE_OFF)),
    };
    let origin = match event.what {
        What::Trouble(_) => "trouble",
        What::Known(_) => "known",
        What::Own { .. } => "own",
    };
    let site = event.site_id().map(|site| signed(site.0));
    let site_name = event.site.as_ref().map(|(_, name)| name.as_str());
    transaction.prepare_cached(PUT)?.execute(params![
        signed(event.id.0),
        signed(event.since.0),
        until.map(|at| signed(at.0)),
        unknown,
        place(Category::ALL, event.category()),
        place(Severity::ALL, event.severity()),
        origin,
        event.what.word(),
        words(transaction, event)?,
        event.subject.to_string(),
        event.subject.device().map(|device| signed(device.0)),
        site,
        event.name,
        site_name,
        listed(event.devices.iter().filter(|id| Some(**id) != event.subject.device())),
        listed(event.channels.iter()),
        event.device_time.map(|at| signed(at.0)),
        event.count,
        some(event.detail.as_str()),
        event.who.as_ref().map(OwnName::as_str),
        event.parent.map(|id| signed(id.0)),
        event.seen,
    ])?;
    Ok(())
}

/// The number of the texts that it is found by.
fn words(connection: &Connection, event: &EventRecord) -> rusqlite::Result<i64> {
    let site = event.site.as_ref().map_or("", |(_, name)| name.as_str());
    let who = event.who.as_ref().map_or("", OwnName::as_str);
    let what = event.what.word();
    let own = if matches!(event.what, What::Own { .. }) {
        what
    } else {
        ""
    };
    let text = search_form(&[site, &event.name, own, event.detail.as_str(), who].join("\n"));
    let known = connection
        .prepare_cached("SELECT id FROM words WHERE what = ?1 AND text = ?2")?
        .query_row(params![what, text], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO words (what, text) VALUES (?1, ?2)")?
        .execute(params![what, text])?;
    Ok(connection.last_insert_rowid())
}

/// The rows that a statement finds; what a newer program wrote and this one does not understand is left out.
pub(super) fn all(
    statement: &mut CachedStatement<'_>,
    given: impl rusqlite::Params,
) -> rusqlite::Result<Vec<EventRecord>> {
    let mut rows = statement.query(given)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.extend(read(row)?);
    }
    Ok(events)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<EventRecord>> {
    let (origin, word, subject): (String, String, String) = (row.get(6)?, row.get(7)?, row.get(8)?);
    let what = match origin.as_str() {
        "trouble" => Cause::from_word(&word).map(What::Trouble),
        "known" => Occurrence::from_word(&word).map(What::Known),
        _ => None,
    };
    let category = Category::ALL.get(usize::from(row.get::<_, u16>(4)?)).copied();
    let severity = Severity::ALL.get(usize::from(row.get::<_, u16>(5)?)).copied();
    let what = what.or_else(|| {
        Some(What::Own {
            name: OwnName::new(&word),
            category: category?,
            severity: severity?,
        })
    });
    let (Some(what), Ok(subject)) = (what, subject.parse::<Subject>()) else {
        return Ok(None);
    };
    let mut event = EventRecord::new(EventId(unsigned(row.get(0)?)), subject, what, time(row.get(1)?));
    event.end = match (
        row.get::<_, Option<i64>>(2)?,
        row.get::<_, Option<String>>(3)?.as_deref(),
    ) {
        (None, _) => End::Lasts,
        (Some(at), None) => End::At(time(at)),
        (Some(at), Some(WHILE_OFF)) => End::Unknown(time(at), Unwatched::WhileOff),
        (Some(at), Some(NOT_WATCHED)) => End::Unknown(time(at), Unwatched::NotWatched),
        (Some(at), Some(_)) => End::Unknown(time(at), Unwatched::ProgramEnded),
    };
    let site: Option<i64> = row.get(9)?;
    event.name = row.get(10)?;
    let site_name: Option<String> = row.get(11)?;
    event.site = site.zip(site_name).map(|(id, name)| (SiteId(unsigned(id)), name));
    let devices = numbers(row.get(12)?);
    event
        .devices
        .extend(devices.iter().filter_map(|id| id.parse::<DeviceId>().ok()));
    let channels: BTreeSet<u16> = numbers(row.get(13)?).iter().filter_map(|id| id.parse().ok()).collect();
    event.channels.extend(channels);
    event.device_time = row.get::<_, Option<i64>>(14)?.map(time);
    event.count = row.get(15)?;
    event.detail = Detail::new(row.get::<_, Option<String>>(16)?.as_deref().unwrap_or_default());
    event.who = row.get::<_, Option<String>>(17)?.map(|who| OwnName::new(&who));
    event.parent = row.get::<_, Option<i64>>(18)?.map(|id| EventId(unsigned(id)));
    event.seen = row.get(19)?;
    if let Some(at) = row.get::<_, Option<i64>>(20)? {
        event.acknowledged = Some(Acknowledged {
            at: time(at),
            who: OwnName::new(row.get::<_, Option<String>>(21)?.as_deref().unwrap_or_default()),
            note: NoteText::new(row.get::<_, Option<String>>(22)?.as_deref().unwrap_or_default()),
        });
    }
    Ok(Some(event))
}

/// Where a value stands in its list, which is how the file knows it: lists only grow at their end.
pub(super) fn place<T: PartialEq>(all: &[T], value: T) -> i64 {
    let place = all.iter().position(|other| *other == value);
    place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1)
}

fn listed<T: ToString>(values: impl Iterator<Item = T>) -> Option<String> {
    let words: Vec<String> = values.map(|value| value.to_string()).collect();
    some(&words.join(" ")).map(str::to_owned)
}

fn numbers(text: Option<String>) -> Vec<String> {
    text.iter()
        .flat_map(|text| text.split(' '))
        .map(str::to_owned)
        .collect()
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn time(at: i64) -> WallTime {
    WallTime(u64::try_from(at).unwrap_or(0))
}

/// SQLite's integers have a sign; the bits are the same.
pub(super) fn signed(number: u64) -> i64 {
    number.cast_signed()
}

pub(super) fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}
