//! Makes rows of the log of what sources report: what repeats is one row with a count, a state has its own begin and end.
//!
//! A report that begins again what ended a moment ago counts on the same row; one that flaps has longer for that. A row covers a quarter
//! of an hour at most, an hour where it flaps, so that the log keeps telling when things happened. What a person did and what the program did is a row each
//! time; only what lasts of the program has a begin and an end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Category, End, EventId, EventRecord, Happening, Moment, Occurrence, Phase, Subject, Unwatched, What};
use crate::rate::Rate;
use device::{DeviceId, SiteId};

/// What comes back within this time is the same row, once more.
const AGAIN: Duration = Duration::from_secs(60);

/// The same for what flaps.
const FLAPS_AGAIN: Duration = Duration::from_secs(600);

/// The time from the first to the last begin of a row.
const SPAN: Duration = Duration::from_secs(15 * 60);

/// The same for what flaps.
const FLAPS_SPAN: Duration = Duration::from_secs(3_600);

/// So many rows are remembered at once; of more, those that were not heard of for longest are let go.
const MOST_ROWS: usize = 8_192;

/// Where the reports of sources come to rows of the log.
#[derive(Default)]
pub struct Aggregator {
    rows: BTreeMap<Key, Row>,
    /// Rows that changed since they were asked for.
    changed: BTreeSet<Key>,
    /// Rows that nothing is added to any more.
    done: Vec<EventRecord>,
    rate: Rate,
}

type Key = (Subject, What);

/// What else is known of a report that is a row of its own.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// A number that was never given before.
    pub id: EventId,
    /// What the device or the site is called.
    pub name: String,
    pub site: Option<(SiteId, String)>,
    /// The outage that it is a detail of ([`super::Tracker::outage_of`]).
    pub parent: Option<EventId>,
}

struct Row {
    event: EventRecord,
    begun: Instant,
    heard: Moment,
    ends_after: Option<Duration>,
    /// The row before it flapped, and it goes on.
    flapped: bool,
}

impl Aggregator {
    /// Takes in a report. `circumstances` is asked where it is a row of its own. `false`: more happens than can be kept, and this
    /// was only counted.
    pub fn take(
        &mut self,
        happening: Happening,
        circumstances: impl FnOnce(&Happening) -> Circumstances,
        now: Moment,
    ) -> bool {
        let stands_alone = stands_alone(&happening);
        if !stands_alone && !self.rate.admits(now.steady) {
            return false;
        }
        let key = (happening.subject, happening.what.clone());
        let known = self.rows.get_mut(&key).filter(|_| !stands_alone);
        match (known, happening.phase) {
            (None, Phase::End) => {}
            (Some(row), Phase::End) => {
                if row.end(End::At(now.wall)) {
                    row.heard = now;
                    self.changed.insert(key);
                }
            }
            (Some(row), Phase::Begin { ends_after }) if row.event.lasts() => {
                row.heard = now;
                row.ends_after = ends_after;
            }
            (Some(row), Phase::Begin { .. } | Phase::Moment) if row.takes_more(now) => {
                row.again(happening, now);
                self.changed.insert(key);
            }
            (_, Phase::Begin { .. } | Phase::Moment) => {
                let around = circumstances(&happening);
                let mut row = Row::new(happening, around, now);
                let before = self.rows.get(&key).filter(|before| !before.is_over(now));
                row.flapped = before.is_some_and(Row::flaps);
                if stands_alone {
                    self.done.push(row.event);
                } else {
                    self.let_go(&key);
                    self.changed.insert(key.clone());
                    self.rows.insert(key, row);
                    self.make_room(now);
                }
            }
        }
        true
    }

    /// The row of what lasts so.
    #[must_use]
    pub fn lasting(&self, subject: Subject, what: &What) -> Option<EventId> {
        let row = self.rows.get(&(subject, what.clone()))?;
        row.event.lasts().then_some(row.event.id)
    }

    /// Ends what should have been heard of again, and counts what was too much. To be called every second or so.
    pub fn tick(&mut self, now: Moment, mut new_id: impl FnMut() -> EventId) {
        let mut over = Vec::new();
        for (key, row) in &mut self.rows {
            let silent = now.steady.saturating_duration_since(row.heard.steady);
            if row.ends_after.is_some_and(|after| silent >= after) && row.end(End::At(row.heard.wall)) {
                self.changed.insert(key.clone());
            }
            if !row.event.lasts() && row.is_over(now) {
                over.push(key.clone());
            }
        }
        for key in over {
            self.let_go(&key);
        }
        if let Some(times) = self.rate.refused(now.steady) {
            let too_many = Happening::new(Subject::Computer, Occurrence::TooMany);
            let too_many = Happening { times, ..too_many };
            let around = Circumstances {
                id: new_id(),
                name: String::new(),
                site: None,
                parent: None,
            };
            let row = Row::new(too_many, around, now);
            self.done.push(row.event);
        }
    }

    /// Somebody has seen these.
    pub fn see(&mut self, ids: &[EventId]) {
        for row in self.rows.values_mut().filter(|row| ids.contains(&row.event.id)) {
            row.event.seen = true;
        }
    }

    /// A person has seen all of them.
    pub fn see_all(&mut self) {
        for row in self.rows.values_mut() {
            row.event.seen = true;
        }
    }

    /// Nothing is heard of the events of this device any more: what lasts has an end that is not known.
    pub fn lost(&mut self, device: DeviceId) {
        for (key, row) in &mut self.rows {
            if row.event.subject.device() == Some(device)
                && row.end(End::Unknown(row.heard.wall, Unwatched::NotWatched))
            {
                self.changed.insert(key.clone());
            }
        }
    }

    /// The rows that are new or changed since they were asked for, each as it is now.
    #[must_use]
    pub fn changes(&mut self) -> Vec<EventRecord> {
        let mut changes = std::mem::take(&mut self.done);
        let changed = std::mem::take(&mut self.changed);
        let rows = changed.iter().filter_map(|key| self.rows.get(key));
        changes.extend(rows.map(|row| row.event.clone()));
        changes
    }

    /// How many rows are remembered.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// How many rows wait to be asked for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.done.len() + self.changed.len()
    }

    /// Whether time alone changes nothing.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.rows.is_empty() && self.rate.is_calm()
    }

    /// These were not kept for want of a place: they are counted.
    pub fn not_kept(&mut self, times: u32) {
        self.rate.refuse(times);
    }

    fn let_go(&mut self, key: &Key) {
        if let Some(mut row) = self.rows.remove(key) {
            let at = row.heard.wall;
            let ended = row.end(End::Unknown(at, Unwatched::NotWatched));
            if self.changed.remove(key) || ended {
                self.done.push(row.event);
            }
        }
    }

    fn make_room(&mut self, now: Moment) {
        if self.rows.len() <= MOST_ROWS {
            return;
        }
        let mut by_age: Vec<(Instant, Key)> = self
            .rows
            .iter()
            .filter(|(_, row)| row.heard.steady < now.steady)
            .map(|(key, row)| (row.heard.steady, key.clone()))
            .collect();
        by_age.sort();
        by_age.truncate(MOST_ROWS / 4);
        let has_old = !by_age.is_empty();
        for (_, key) in by_age {
            self.let_go(&key);
        }
        if !has_old {
            let keys: Vec<Key> = self.rows.keys().take(MOST_ROWS / 4).cloned().collect();
            for key in keys {
                self.let_go(&key);
            }
        }
    }
}

/// What is never counted together with others.
fn stands_alone(happening: &Happening) -> bool {
    let category = happening.what.category();
    let is_moment = happening.phase == Phase::Moment;
    happening.who.is_some() || category == Category::User || category == Category::Program && is_moment
}

impl Row {
    fn new(happening: Happening, around: Circumstances, now: Moment) -> Self {
        let mut event = EventRecord::new(around.id, happening.subject, happening.what, now.wall);
        event.name = around.name;
        event.site = around.site;
        event.parent = around.parent;
        event.device_time = happening.device_time;
        event.detail = happening.detail;
        event.who = happening.who;
        event.count = happening.times.max(1);
        let ends_after = match happening.phase {
            Phase::Begin { ends_after } => ends_after,
            Phase::End | Phase::Moment => {
                event.end = End::At(now.wall);
                None
            }
        };
        Self {
            event,
            begun: now.steady,
            heard: now,
            ends_after,
            flapped: false,
        }
    }

    fn flaps(&self) -> bool {
        self.flapped || self.event.flaps()
    }

    /// Whether what begins now is no more the same thing that comes back.
    fn is_over(&self, now: Moment) -> bool {
        let again = if self.flaps() { FLAPS_AGAIN } else { AGAIN };
        now.steady.saturating_duration_since(self.heard.steady) >= again
    }

    /// Whether it may begin again in this row.
    fn takes_more(&self, now: Moment) -> bool {
        let span = if self.flaps() { FLAPS_SPAN } else { SPAN };
        !self.is_over(now) && now.steady.saturating_duration_since(self.begun) < span
    }

    fn again(&mut self, happening: Happening, now: Moment) {
        let event = &mut self.event;
        event.count = event.count.saturating_add(happening.times.max(1));
        event.detail = happening.detail;
        self.heard = now;
        match happening.phase {
            Phase::Begin { ends_after } => {
                self.ends_after = ends_after;
                event.end = End::Lasts;
            }
            Phase::End | Phase::Moment => event.end = End::At(now.wall.max(event.since)),
        }
    }

    /// Ends it, if it lasts; no end is before its begin, however the clock was set.
    fn end(&mut self, end: End) -> bool {
        let since = self.event.since;
        let lasted = self.event.lasts();
        if lasted {
            self.event.end = match end {
                End::At(at) => End::At(at.max(since)),
                End::Unknown(at, why) => End::Unknown(at.max(since), why),
                End::Lasts => End::Lasts,
            };
        }
        lasted
    }
}
