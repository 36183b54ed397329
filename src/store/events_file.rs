//! `events.toml`: what happened, for the list of events. Nothing that the user entered is in it but what has been seen.

use std::collections::BTreeSet;

use toml_edit::{Array, Item, Table, Value};

use super::atomic::WriteError;
use super::document::Document;
use super::load::Loaded;
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::records::{child, set, set_or_remove};
use device::DeviceId;
use events::{Cause, End, EventBook, EventId, EventRecord, Subject, Unwatched, WallTime};

impl Profile {
    /// What happened in earlier runs of the program. What is not understood is left out, and stays in the file.
    #[must_use]
    pub fn load_events(&self) -> Loaded<EventBook> {
        let mut document = self.events();
        let problems = document.take_problems();
        let table = document.table();
        let events = rows(table).filter_map(|(id, row)| read(id, row));
        let last = rows(table).map(|(id, _)| id).max();
        Loaded {
            value: EventBook::restore(events, last, wall(table, KEPT).unwrap_or_default()),
            problems,
            found: document.found().clone(),
        }
    }

    /// Keeps what happened until `now`. Events that are not in `book` are dropped; keys that this program does not know stay.
    pub fn save_events(&self, book: &EventBook, now: WallTime) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = self.events();
        write(document.table_mut(), book, now);
        document.save()
    }

    fn events(&self) -> Document {
        Document::load(&self.path().join("events.toml"), &migrate::EVENTS)
    }
}

const EVENT: &str = "event";
/// When the file was written: what lasted then is known to have lasted until then.
const KEPT: &str = "kept";

fn rows(root: &Table) -> impl Iterator<Item = (EventId, &Table)> {
    let table = root.get(EVENT).and_then(Item::as_table);
    let rows = table.into_iter().flat_map(Table::iter);
    rows.filter_map(|(key, item)| Some((EventId(key.parse().ok()?), item.as_table()?)))
}

fn read(id: EventId, row: &Table) -> Option<EventRecord> {
    let text = |key: &str| row.get(key).and_then(Item::as_str);
    let end = match (wall(row, "until"), text("until-unknown")) {
        (Some(at), Some("not-watched")) => End::Unknown(at, Unwatched::NotWatched),
        (Some(at), Some("while-off")) => End::Unknown(at, Unwatched::WhileOff),
        (Some(at), Some(_)) => End::Unknown(at, Unwatched::ProgramEnded),
        (Some(at), None) => End::At(at),
        (None, _) => End::Lasts,
    };
    let site = text("site").and_then(|id| id.parse().ok());
    let devices = row.get("devices").and_then(Item::as_array).into_iter().flatten();
    let channels = row.get("channels").and_then(Item::as_array).into_iter().flatten();
    let number = |key: &str| row.get(key).and_then(Item::as_integer);
    let subject: Subject = text("subject")?.parse().ok()?;
    let devices = devices.filter_map(|id| id.as_str()?.parse::<DeviceId>().ok());
    let since = wall(row, "since")?;
    let cause = Cause::from_word(text("cause")?)?;
    let mut event = EventRecord::new(id, subject, cause, since);
    text("name").unwrap_or_default().clone_into(&mut event.name);
    event.site = site.map(|site| (site, text("site-name").unwrap_or_default().to_owned()));
    event.devices.extend(devices);
    let channels = channels.filter_map(|number| u16::try_from(number.as_integer()?).ok());
    event.channels.extend(channels);
    event.end = end;
    let count = number("count").and_then(|count| u32::try_from(count).ok());
    event.count = count.unwrap_or(1).max(1);
    event.seen = row.get("seen").and_then(Item::as_bool).unwrap_or(false);
    Some(event)
}

fn write(root: &mut Table, book: &EventBook, now: WallTime) {
    set(root, KEPT, number(now));
    let known: BTreeSet<EventId> = book.iter().map(|event| event.id).collect();
    let table = child(root, EVENT);
    table.set_implicit(true);
    let is_dropped = |key: &str, item: &Item| {
        let id = EventId(key.parse().ok()?);
        // What is not understood may be of a newer program.
        read(id, item.as_table()?).filter(|_| !known.contains(&id))
    };
    let dropped: Vec<String> = table
        .iter()
        .filter(|(key, item)| is_dropped(key, item).is_some())
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in dropped {
        table.remove(&key);
    }
    for event in book.iter() {
        write_event(child(table, &event.id.0.to_string()), event);
    }
}

fn write_event(row: &mut Table, event: &EventRecord) {
    let mut set = |key: &str, value: Option<Value>| set_or_remove(row, key, value);
    let some_text = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Value::from);
    set("subject", Some(event.subject.to_string().into()));
    set("name", some_text(&event.name));
    set("site", event.site.as_ref().map(|(id, _)| id.to_string().into()));
    set("site-name", event.site.as_ref().and_then(|(_, name)| some_text(name)));
    set("cause", event.cause().map(|cause| cause.as_str().into()));
    set("since", Some(number(event.since)));
    set("until", event.until().map(number));
    let unknown = match event.end {
        End::Unknown(_, Unwatched::ProgramEnded) => Some("program-ended"),
        End::Unknown(_, Unwatched::NotWatched) => Some("not-watched"),
        End::Unknown(_, Unwatched::WhileOff) => Some("while-off"),
        End::Lasts | End::At(_) => None,
    };
    set("until-unknown", unknown.map(Value::from));
    set("count", Some(i64::from(event.count).into()).filter(|_| event.count > 1));
    set("seen", Some(event.seen.into()));
    // A device says itself which one it is.
    let is_alone = event.subject.device().is_some() && event.devices.len() == 1;
    let devices: Array = event.devices.iter().map(DeviceId::to_string).collect();
    set("devices", Some(devices.into()).filter(|_| !is_alone));
    let has_channels = !event.channels.is_empty();
    let channels: Array = event.channels.iter().map(|number| i64::from(*number)).collect();
    set("channels", Some(channels.into()).filter(|_| has_channels));
}

fn wall(table: &Table, key: &str) -> Option<WallTime> {
    let millis = table.get(key)?.as_integer()?;
    u64::try_from(millis).ok().map(WallTime)
}

fn number(wall: WallTime) -> Value {
    i64::try_from(wall.0).unwrap_or(i64::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Found, LoadProblem};
    use device::SiteId;
    use events::MOST_EVENTS;

    fn event(id: u64) -> EventRecord {
        EventRecord {
            name: "DVR \"1\"".to_owned(),
            site: Some((SiteId(3), "大阪".to_owned())),
            end: End::At(WallTime(5_000 + id)),
            seen: id.is_multiple_of(2),
            ..EventRecord::new(
                EventId(id),
                Subject::Device(DeviceId(7)),
                Cause::NoAnswer,
                WallTime(1_000 + id),
            )
        }
    }

    fn several() -> Vec<EventRecord> {
        vec![
            event(1),
            EventRecord {
                subject: Subject::Channels(DeviceId(7)),
                channels: [2, 5].into(),
                what: Cause::NoSuchChannel.into(),
                count: 9,
                ..event(2)
            },
            EventRecord {
                subject: Subject::Site(SiteId(3)),
                devices: [DeviceId(7), DeviceId(8)].into(),
                end: End::Unknown(WallTime(9_000), Unwatched::NotWatched),
                ..event(3)
            },
            EventRecord {
                subject: Subject::Computer,
                name: String::new(),
                site: None,
                devices: [DeviceId(7), DeviceId(9)].into(),
                end: End::Unknown(WallTime(9_500), Unwatched::ProgramEnded),
                ..event(4)
            },
        ]
    }

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        (dir, profile)
    }

    fn book(events: Vec<EventRecord>) -> EventBook {
        let last = events.last().map(|event| event.id);
        EventBook::restore(events, last, WallTime(0))
    }

    fn text(dir: &tempfile::TempDir) -> String {
        std::fs::read_to_string(dir.path().join("events.toml")).unwrap()
    }

    fn put(dir: &tempfile::TempDir, text: &str) {
        super::super::atomic::write(&dir.path().join("events.toml"), text.as_bytes()).unwrap();
    }

    #[test]
    fn all_that_happened_is_read_again_and_what_was_dropped_is_not() {
        let (_dir, profile) = profile();
        assert_eq!(profile.load_events().value, EventBook::default());
        let kept = book(several());
        profile.save_events(&kept, WallTime(10_000)).unwrap();
        let loaded = profile.load_events();
        assert_eq!((loaded.value, loaded.problems), (kept, vec![]));
        let fewer = book(several().split_off(2));
        profile.save_events(&fewer, WallTime(10_000)).unwrap();
        assert_eq!(profile.load_events().value, fewer);
    }

    #[test]
    fn what_lasts_when_it_is_written_is_known_to_have_lasted_until_then() {
        let (dir, profile) = profile();
        profile.save_events(&book(several()), WallTime(10_000)).unwrap();
        put(&dir, &text(&dir).replacen("until = 5001\n", "", 1));
        let loaded = profile.load_events().value;
        let first = loaded.iter().next().unwrap();
        assert_eq!(first.end, End::Unknown(WallTime(10_000), Unwatched::ProgramEnded));
    }

    #[test]
    fn what_this_program_does_not_know_stays_and_its_number_is_not_given_again() {
        let (dir, profile) = profile();
        profile.save_events(&book(several()), WallTime(10_000)).unwrap();
        let newer = "[event.77]\nsubject = \"doorbell\"\ncause = \"rung\"\nsince = 3\n";
        let strange = text(&dir).replacen("count = 9", "count = 9\nnote = \"called the shop\"", 1);
        put(&dir, &format!("{strange}\n{newer}"));
        let loaded = profile.load_events().value;
        assert_eq!(loaded.len(), 4);
        profile.save_events(&loaded, WallTime(11_000)).unwrap();
        assert!(text(&dir).contains("called the shop") && text(&dir).contains("doorbell"));
        let again = profile.load_events().value;
        assert_eq!(again, loaded, "and 77 is the highest number that was given");
        assert_ne!(again, book(several()));
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_said_and_costs_what_is_damaged() {
        let (dir, profile) = profile();
        profile.save_events(&book(several()), WallTime(10_000)).unwrap();
        let good = text(&dir);
        put(&dir, &format!("{good}\n[event.9"));
        let loaded = profile.load_events();
        assert_eq!((loaded.value.len(), loaded.found), (4, Found::Part));
        assert!(matches!(&loaded.problems[..], [LoadProblem::SetAside { file, .. }] if file == "events.toml"));
        profile.save_events(&loaded.value, WallTime(11_000)).unwrap();
        assert!(text(&dir).ends_with("[event.9"), "it is left as it is");
        assert_eq!(profile.load_events().value.len(), 4);
        for row in ["[event.1]\nsince = -1", "event = 7", "[event]\n1 = 2", "[event.x]", ""] {
            put(&dir, row);
            assert_eq!(profile.load_events().value.len(), 0, "{row}");
        }
    }

    #[test]
    fn a_file_with_more_than_a_thousand_events_is_read_as_the_newest_thousand() {
        let (_dir, profile) = profile();
        let many = book((1..=1_000).map(event).collect());
        profile.save_events(&many, WallTime(10_000)).unwrap();
        let loaded = profile.load_events().value;
        assert_eq!(loaded.len(), MOST_EVENTS);
        let more = EventBook::restore((1..=1_500).map(event), None, WallTime(0));
        assert_eq!(more.len(), MOST_EVENTS);
        assert_eq!(more.iter().next().unwrap().id, EventId(501));
    }
}
