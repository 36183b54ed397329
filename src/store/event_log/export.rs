//! What is in the log, written to a file for others: for spreadsheets or for programs.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::super::atomic;
use super::super::exchange::{ExchangeError, is_free};
use super::EventReader;
use events::{End, EventQuery, EventRecord, LogFormat, LogLabels, LogPlace, LogStart, Unwatched, WallTime};

/// So many are read at once.
const PAGE: usize = 1_000;

impl EventReader {
    /// Writes the events that are asked for to a new file, the oldest first: as a whole or not at all; how many there are.
    pub fn export(
        &mut self,
        query: &EventQuery,
        format: LogFormat,
        labels: &LogLabels,
        path: &Path,
    ) -> Result<usize, ExchangeError> {
        is_free(path)?;
        let mut count = 0;
        atomic::write_by(path, |file| {
            let mut out = BufWriter::new(file);
            count = match format {
                LogFormat::Csv => self.csv(query, labels, &mut out)?,
                LogFormat::Json => self.json(query, &mut out)?,
            };
            out.flush()
        })?;
        Ok(count)
    }

    fn csv(&mut self, query: &EventQuery, labels: &LogLabels, out: &mut impl Write) -> io::Result<usize> {
        // Spreadsheets take a file for UTF-8 by this mark.
        out.write_all("\u{feff}".as_bytes())?;
        let mut table = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        table.write_record(&labels.head)?;
        let count = self.each(
            query,
            |event| Ok(table.write_record(cells(event, labels).map(as_text))?),
        )?;
        table.flush()?;
        Ok(count)
    }

    fn json(&mut self, query: &EventQuery, out: &mut impl Write) -> io::Result<usize> {
        let mut before = "[\n";
        let count = self.each(query, |event| {
            write!(out, "{before}{}", event_json(event))?;
            before = ",\n";
            Ok(())
        })?;
        out.write_all(if count == 0 { b"[]\n" } else { b"\n]\n" })?;
        Ok(count)
    }

    fn each(&mut self, query: &EventQuery, mut take: impl FnMut(&EventRecord) -> io::Result<()>) -> io::Result<usize> {
        let (mut start, mut count) = (LogStart::Oldest, 0);
        loop {
            let page = self.page(query, start, PAGE).map_err(io::Error::other)?;
            for event in page.events.iter().rev() {
                take(event)?;
            }
            count += page.events.len();
            match page.events.first().map(LogPlace::of) {
                Some(newest) if page.more => start = LogStart::Newer(newest),
                _ => return Ok(count),
            }
        }
    }
}

/// An event as one row, as `LogLabels::head` has the titles.
fn cells(event: &EventRecord, labels: &LogLabels) -> [String; 15] {
    let called = |word: &str| labels.called.get(word).cloned().unwrap_or_else(|| word.to_owned());
    let until = match event.end {
        End::Lasts => String::new(),
        End::At(at) => event_time(at),
        End::Unknown(at, _) => format!("{}?", event_time(at)),
    };
    let site = event.site.as_ref().map(|(_, name)| name.clone());
    let channels: Vec<String> = event.channels.iter().map(u16::to_string).collect();
    let noted = event.acknowledged.as_ref();
    [
        event_time(event.since),
        until,
        called(event.severity().as_str()),
        called(event.category().as_str()),
        site.unwrap_or_default(),
        event.name.clone(),
        channels.join(" "),
        called(event.what.word()),
        event.count.to_string(),
        event.device_time.map(event_time).unwrap_or_default(),
        event.who.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.detail.to_string(),
        noted.map(|noted| event_time(noted.at)).unwrap_or_default(),
        noted.map(|noted| noted.who.to_string()).unwrap_or_default(),
        noted.map(|noted| noted.note.to_string()).unwrap_or_default(),
    ]
}

/// A cell that begins as a formula does has an apostrophe in front: a device chooses what stands in it.
fn as_text(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

/// An event as one object, in the words of the program and in UTC.
#[must_use]
pub fn event_json(event: &EventRecord) -> Value {
    let site = event.site.as_ref();
    json!({
        "id": event.id.0,
        "since": utc(event.since),
        "until": event.until().map(utc),
        "until_unknown": match event.end {
            End::Unknown(_, Unwatched::ProgramEnded) => Some("program-ended"),
            End::Unknown(_, Unwatched::NotWatched) => Some("not-watched"),
            End::Unknown(_, Unwatched::WhileOff) => Some("while-off"),
            End::Lasts | End::At(_) => None,
        },
        "category": event.category().as_str(),
        "severity": event.severity().as_str(),
        "what": event.what.word(),
        "subject": event.subject.to_string(),
        "name": event.name,
        "site": site.map(|(id, _)| id.to_string()),
        "site_name": site.map(|(_, name)| name),
        "devices": event.devices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "channels": event.channels,
        "device_time": event.device_time.map(utc),
        "count": event.count,
        "detail": event.detail.as_str(),
        "who": event.who.as_ref().map(|who| who.as_str()),
        "parent": event.parent.map(|id| id.0),
        "seen": event.seen,
        "acknowledged": event.acknowledged.as_ref().map(|noted| json!({
            "at": utc(noted.at),
            "who": noted.who.as_str(),
            "note": noted.note.as_str(),
        })),
    })
}

fn timestamp(at: WallTime) -> jiff::Timestamp {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX)
}

fn utc(at: WallTime) -> String {
    timestamp(at).to_string()
}

/// A local time, as `2026-11-30 08:15:00`.
#[must_use]
pub fn event_time(at: WallTime) -> String {
    let zoned = timestamp(at).to_zoned(jiff::tz::TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
