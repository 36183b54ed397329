//! `monomi events`: what happened, read from the log that a running Monomi writes.

use std::io;
use std::time::Duration;

use clap::Args;

use super::access::Access;
use super::console::{CliError, Console, table, value_of};
use super::exit::Exit;
use super::words::words_of;
use crate::i18n::Words;
use crate::store::{EventReader, LogFault, Profile, event_json, event_time};
use crate::wording::event;
use device::{Registry, search_form};
use events::{Category, End, EventId, EventQuery, EventRecord, LogPlace, LogStart, Severity, WallTime};

/// So many are read at once.
const PAGE: usize = 500;
/// From one look at what is new to the next.
const LOOK: Duration = Duration::from_millis(500);

/// Print what happened, the oldest first: troubles, what devices reported, what was changed
#[derive(Args, Clone, Debug)]
pub struct EventsArgs {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Since a date and time (2026-11-30, 2026-11-30T08:00), or for so long: 30m, 12h, 7d
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<WallTime>,
    /// Of this category only; may be given several times
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    category: Vec<Category>,
    /// Of the site with this name or id
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Only what has this in its name, its words or its details
    #[arg(long, value_name = "TEXT", default_value = "")]
    text: String,
    /// Alarms only
    #[arg(long)]
    alerts: bool,
    /// No more than the newest so many
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    most: usize,
    /// Go on with what happens from now on, until it is interrupted
    #[arg(long)]
    follow: bool,
}

/// Runs the command.
#[must_use]
pub fn run(args: &EventsArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Read)
        .map_err(CliError::Failed)
        .and_then(|profile| print(args, &profile, &mut console));
    console.end(done)
}

fn print(args: &EventsArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let words = words_of(profile);
    let registry = value_of(profile.load_registry(), console)?;
    let query = query(args, &words, &registry)?;
    let mut reader = profile.read_event_log()?;
    let last = match &reader {
        Some(reader) => reader.last()?,
        None => EventId(0),
    };
    let mut found = Vec::new();
    while let Some(reader) = reader.as_mut().filter(|_| found.len() < args.most) {
        let start = found.last().map(LogPlace::of).map_or(LogStart::Newest, LogStart::Older);
        let page = reader.page(&query, start, PAGE.min(args.most - found.len()))?;
        found.extend(page.events);
        if !page.more {
            break;
        }
    }
    // What was written meanwhile is in them already.
    let last = found.iter().map(|event| event.id).max().max(Some(last)).unwrap_or(last);
    found.reverse();
    console.print(&said(&found, args.json, &words))?;
    if args.follow {
        follow(args, profile, (&query, &words), reader, last, console)?;
    }
    Ok(())
}

/// Goes on with what is written after this event, until it is interrupted or nobody reads it.
fn follow(
    args: &EventsArgs,
    profile: &Profile,
    (query, words): (&EventQuery, &Words),
    mut reader: Option<EventReader>,
    mut last: EventId,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    loop {
        std::thread::sleep(LOOK);
        if reader.is_none() {
            reader = profile.read_event_log()?;
        }
        let Some(reader) = &reader else { continue };
        let news = reader.since(last)?;
        last = news.last().map_or(last, |event| event.id);
        let wanted: Vec<EventRecord> = news.into_iter().filter(|event| fits(query, event)).collect();
        console.print(&said(&wanted, args.json, words))?;
    }
}

fn query(args: &EventsArgs, words: &Words, registry: &Registry) -> Result<EventQuery, CliError> {
    let site = args.site.as_ref().map(|wanted| {
        let mut sites = registry.sites.iter();
        let site = sites.find(|site| site.name == *wanted || site.id.to_string() == *wanted);
        site.map(|site| site.id)
            .ok_or_else(|| CliError::Input(format!("there is no site '{wanted}'")))
    });
    Ok(EventQuery {
        categories: args.category.iter().copied().collect(),
        alarms: args.alerts,
        site: site.transpose()?,
        from: args.since,
        called: event::called(words, &args.text),
        text: args.text.clone(),
        ..EventQuery::default()
    })
}

/// Whether what is new is asked for.
fn fits(query: &EventQuery, event: &EventRecord) -> bool {
    let text = search_form(query.text.trim());
    let site = event.site.as_ref().map_or("", |(_, name)| name.as_str());
    let who = event.who.as_ref().map_or("", |who| who.as_str());
    let texts = [site, &event.name, event.what.word(), event.detail.as_str(), who];
    event.parent.is_none()
        && (query.categories.is_empty() || query.categories.contains(&event.category()))
        && (!query.alarms || event.severity() == Severity::Alarm)
        && (query.site.is_none() || event.site_id() == query.site)
        && query.from.is_none_or(|from| event.since >= from)
        && (text.is_empty()
            || query.called.contains(event.what.word())
            || texts.iter().any(|of| search_form(of).contains(&text)))
}

fn said(events: &[EventRecord], json: bool, words: &Words) -> String {
    if json {
        return events.iter().map(|event| format!("{}\n", event_json(event))).collect();
    }
    let rows: Vec<Vec<String>> = events.iter().map(|event| row(event, words)).collect();
    table(&rows)
}

fn row(event: &EventRecord, words: &Words) -> Vec<String> {
    let until = match event.end {
        End::Lasts => "…".to_owned(),
        End::At(at) if at == event.since => String::new(),
        End::At(at) => event_time(at),
        End::Unknown(at, _) => format!("{}?", event_time(at)),
    };
    let site = event.site.as_ref().map(|(_, name)| name.as_str());
    let mut place: Vec<&str> = site.into_iter().chain([event.name.as_str()]).collect();
    place.dedup();
    let channels: Vec<String> = event.channels.iter().map(u16::to_string).collect();
    let place = [place.join("/"), channels.join(",")];
    let what = event::what(words, &event.what);
    let what = if event.count > 1 {
        format!("{what} ×{}", event.count)
    } else {
        what
    };
    vec![
        event_time(event.since),
        until,
        event.severity().as_str().to_owned(),
        place
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" "),
        what,
        event.who.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.detail.to_string(),
    ]
}

fn category(word: &str) -> Result<Category, String> {
    Category::from_word(word).ok_or_else(|| format!("'{word}' is none of: {}", Category::WORDS.join(", ")))
}

fn since(text: &str) -> Result<WallTime, String> {
    let wrong = || format!("'{text}' is neither a date such as 2026-11-30, nor one with a time, nor 30m, 12h or 7d");
    let now = jiff::Timestamp::now();
    let unit = match text.chars().last() {
        Some('m') => Some(60),
        Some('h') => Some(3_600),
        Some('d') => Some(86_400),
        _ => None,
    };
    let millis = if let Some(unit) = unit {
        let count: i64 = text[..text.len() - 1].parse().map_err(|_not_a_number| wrong())?;
        let back = count.checked_mul(unit * 1_000).ok_or_else(wrong)?;
        now.as_millisecond().saturating_sub(back)
    } else {
        let civil: jiff::civil::DateTime = text
            .parse()
            .or_else(|_no_time| text.parse::<jiff::civil::Date>().map(jiff::civil::Date::into))
            .map_err(|_no_date| wrong())?;
        let zoned = civil
            .to_zoned(jiff::tz::TimeZone::system())
            .map_err(|_no_such_time| wrong())?;
        zoned.timestamp().as_millisecond()
    };
    Ok(WallTime(u64::try_from(millis.max(0)).unwrap_or(0)))
}

impl From<LogFault> for CliError {
    fn from(fault: LogFault) -> Self {
        Self::Failed(format!("the log of events cannot be read: {fault}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use device::{DeviceId, SiteId};
    use events::{Cause, Detail, LogChange, Occurrence, OwnName, Subject};

    fn args() -> EventsArgs {
        EventsArgs {
            json: false,
            since: None,
            category: Vec::new(),
            site: None,
            text: String::new(),
            alerts: false,
            most: 1_000,
            follow: false,
        }
    }

    fn ran(profile: &Profile, args: &EventsArgs) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            input: &mut io::empty(),
            out: &mut out,
            complaints: &mut err,
        };
        let done = print(args, profile, &mut console);
        assert_eq!(console.end(done), Exit::Done, "{}", String::from_utf8_lossy(&err));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_in_the_log_is_printed_the_oldest_first_while_another_program_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        assert_eq!(ran(&profile, &args()), "");
        let now = WallTime(1_800_000_000_000);
        let (mut log, _, _) = profile.open_event_log(now).unwrap();
        let outage = EventRecord {
            name: "大阪店".to_owned(),
            site: Some((SiteId(1), "大阪店".to_owned())),
            ..EventRecord::new(EventId(1), Subject::Site(SiteId(1)), Cause::NoAnswer, now)
        };
        let edit = EventRecord {
            name: "DVR 2".to_owned(),
            who: Some(OwnName::new("sato")),
            detail: Detail::new("port 554 → 8554"),
            end: End::At(WallTime(now.0 + 60_000)),
            ..EventRecord::new(
                EventId(2),
                Subject::Device(DeviceId(2)),
                Occurrence::DeviceEdited,
                WallTime(now.0 + 60_000),
            )
        };
        let changes = [outage, edit].map(|event| LogChange::Put(Box::new(event)));
        log.write(&changes, now).unwrap();
        let json = EventsArgs { json: true, ..args() };
        let lines: Vec<Value> = ran(&profile, &json)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            (&lines[0]["what"], &lines[0]["until"]),
            (&json!("no-answer"), &Value::Null)
        );
        assert_eq!(
            (&lines[1]["who"], &lines[1]["category"]),
            (&json!("sato"), &json!("user"))
        );
        let count = |args: EventsArgs| ran(&profile, &args).lines().count();
        assert_eq!(count(EventsArgs { alerts: true, ..args() }), 1);
        assert_eq!(
            count(EventsArgs {
                text: "８５５４".to_owned(),
                ..args()
            }),
            1
        );
        assert_eq!(
            count(EventsArgs {
                category: vec![Category::Storage],
                ..args()
            }),
            0
        );
        assert_eq!(
            count(EventsArgs {
                since: Some(WallTime(now.0 + 1)),
                ..args()
            }),
            1
        );
        assert_eq!(count(EventsArgs { most: 1, ..args() }), 1);
        let answer = event::what(&words_of(&profile), &Cause::NoAnswer.into());
        assert_eq!(count(EventsArgs { text: answer, ..args() }), 1);
    }

    #[test]
    fn a_time_is_a_date_or_how_long_ago() {
        let ago = |text: &str| i64::try_from(since(text).unwrap().0).unwrap() - jiff::Timestamp::now().as_millisecond();
        assert!((-7_205_000..=-7_195_000).contains(&ago("2h")));
        assert_eq!(event_time(since("2026-11-30").unwrap()), "2026-11-30 00:00:00");
        assert_eq!(event_time(since("2026-11-30T08:15").unwrap()), "2026-11-30 08:15:00");
        for wrong in ["", "h", "yesterday", "2026-13-01", "-", "日"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
