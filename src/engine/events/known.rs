//! Where the alerts look events up: troubles and what is reported.

use events::{EventBook, EventId, EventRecord, EventsById, Reported};

pub(super) struct Known<'a> {
    pub book: &'a EventBook,
    pub reported: &'a Reported,
}

impl EventsById for Known<'_> {
    fn event(&self, id: EventId) -> Option<&EventRecord> {
        self.book.get(id).or_else(|| self.reported.get(id))
    }
}
