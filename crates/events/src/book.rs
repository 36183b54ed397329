//! The list of events: the newest last, bounded by number and age.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Acknowledged, End, EventId, EventRecord, Unwatched, WallTime};

/// The most events that are kept; the oldest that ended go first.
pub const MOST_EVENTS: usize = 1_000;

/// Events that ended longer ago are dropped.
pub const OLDEST: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Where events are looked up by their numbers.
pub trait EventsById {
    fn event(&self, id: EventId) -> Option<&EventRecord>;
}

impl EventsById for EventBook {
    fn event(&self, id: EventId) -> Option<&EventRecord> {
        self.get(id)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventBook {
    events: BTreeMap<EventId, EventRecord>,
    last: u64,
}

impl EventBook {
    /// The book that an earlier run of the program left, at `kept`. What still lasted then has an end that nobody knows. `last`: the
    /// highest number that was given.
    #[must_use]
    pub fn restore(events: impl IntoIterator<Item = EventRecord>, last: Option<EventId>, kept: WallTime) -> Self {
        let mut book = Self {
            last: last.map_or(0, |id| id.0),
            ..Self::default()
        };
        for mut event in events {
            if event.lasts() {
                event.end = End::Unknown(kept.max(event.since), Unwatched::ProgramEnded);
            }
            book.last = book.last.max(event.id.0);
            book.events.insert(event.id, event);
        }
        book.prune_number();
        book
    }

    /// The oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &EventRecord> {
        self.events.values()
    }

    #[must_use]
    pub fn get(&self, id: EventId) -> Option<&EventRecord> {
        self.events.get(&id)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    #[must_use]
    pub fn unseen(&self) -> usize {
        self.events.values().filter(|event| !event.seen).count()
    }

    /// Somebody has seen these; whether that is news.
    pub fn see(&mut self, ids: impl IntoIterator<Item = EventId>) -> bool {
        let mut news = false;
        for id in ids {
            if let Some(event) = self.events.get_mut(&id) {
                news |= !std::mem::replace(&mut event.seen, true);
            }
        }
        news
    }

    /// A person has taken note of this event; whether that changed anything.
    pub fn acknowledge(&mut self, id: EventId, noted: &Acknowledged) -> bool {
        let Some(event) = self.events.get_mut(&id) else {
            return false;
        };
        event.seen = true;
        event.acknowledged = Some(noted.clone());
        true
    }

    /// The highest number that was given.
    #[must_use]
    pub fn last(&self) -> EventId {
        EventId(self.last)
    }

    /// Drops what ended too long ago; whether there was any.
    pub fn prune(&mut self, now: WallTime) -> bool {
        let oldest = now.before(OLDEST);
        let before = self.events.len();
        self.events
            .retain(|_, event| event.until().is_none_or(|until| until >= oldest));
        self.prune_number();
        self.events.len() < before
    }

    pub(super) fn get_mut(&mut self, id: EventId) -> Option<&mut EventRecord> {
        self.events.get_mut(&id)
    }

    /// Puts an event at the end, under a number of its own.
    pub(super) fn add(&mut self, make: impl FnOnce(EventId) -> EventRecord) -> EventId {
        let id = self.next_id();
        self.events.insert(id, make(id));
        self.prune_number();
        id
    }

    pub(super) fn next_id(&mut self) -> EventId {
        self.last += 1;
        EventId(self.last)
    }

    pub(super) fn remove(&mut self, id: EventId) {
        self.events.remove(&id);
    }

    fn prune_number(&mut self) {
        while self.events.len() > MOST_EVENTS {
            let ended = self.events.values().find(|event| !event.lasts()).map(|event| event.id);
            let Some(oldest) = ended.or_else(|| self.events.keys().next().copied()) else {
                return;
            };
            self.events.remove(&oldest);
        }
    }
}
