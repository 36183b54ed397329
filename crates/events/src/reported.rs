//! What devices and the program report, as far as somebody is called about it: rows of the log that have a begin and an end for alerts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Acknowledged, EventId, EventRecord, Moment, News};

/// What begins again within this time of its end is not over.
const HOLDS: Duration = Duration::from_secs(60);

/// So many are remembered; of more, the oldest are let go.
const MOST: usize = 1_000;

/// So long after its end an event is still listed, unless somebody has seen it.
const LISTED: Duration = Duration::from_secs(24 * 3_600);

#[derive(Default)]
pub struct Reported {
    rows: BTreeMap<EventId, Row>,
}

struct Row {
    event: EventRecord,
    /// Since when it is over.
    ended: Option<Instant>,
    settled: bool,
}

impl Reported {
    /// Takes over a row of the log as it is now. Where there are too many, what is of the least account is let go: first what is over.
    pub fn take(&mut self, event: EventRecord, now: Moment) -> Vec<News> {
        let id = event.id;
        let ended = (!event.lasts()).then_some(now.steady);
        if let Some(row) = self.rows.get_mut(&id) {
            // Who has seen it has seen what comes back on the same row.
            let (seen, acknowledged) = (row.event.seen, row.event.acknowledged.take());
            row.event = event;
            row.event.seen |= seen;
            row.event.acknowledged = row.event.acknowledged.take().or(acknowledged);
            row.ended = ended;
            return vec![News::Changed(id)];
        }
        let settled = false;
        self.rows.insert(id, Row { event, ended, settled });
        let mut news = vec![News::Opened(id)];
        while self.rows.len() > MOST {
            let Some(victim) = self.victim() else { break };
            let row = self.rows.remove(&victim);
            if row.is_some_and(|row| !row.settled) {
                news.push(News::Forgotten(victim));
            }
        }
        news
    }

    /// The row to let go: the oldest one that is over, else the oldest one that has ended just now, else the oldest one.
    fn victim(&self) -> Option<EventId> {
        let oldest = |is_so: fn(&Row) -> bool| self.rows.iter().find(|(_, row)| is_so(row)).map(|(id, _)| *id);
        oldest(|row| row.settled)
            .or_else(|| oldest(|row| row.ended.is_some()))
            .or_else(|| oldest(|_| true))
    }

    /// Tells of ends that hold, and lets go of what is long over. To be called every second or so.
    pub fn tick(&mut self, now: Moment) -> Vec<News> {
        let mut news = Vec::new();
        self.rows.retain(|id, row| {
            let Some(ended) = row.ended else { return true };
            let age = now.steady.saturating_duration_since(ended);
            if age >= HOLDS && !std::mem::replace(&mut row.settled, true) {
                news.push(News::Settled(*id));
            }
            !row.settled || !row.event.seen && age < LISTED
        });
        news
    }

    #[must_use]
    pub fn get(&self, id: EventId) -> Option<&EventRecord> {
        self.rows.get(&id).map(|row| &row.event)
    }

    /// The oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &EventRecord> {
        self.rows.values().map(|row| &row.event)
    }

    /// Whether time alone tells of no end.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.rows.values().all(|row| row.ended.is_none() || row.settled)
    }

    /// Somebody has seen these; whether that is news.
    pub fn see(&mut self, ids: impl IntoIterator<Item = EventId>) -> bool {
        let mut news = false;
        for id in ids {
            if let Some(row) = self.rows.get_mut(&id) {
                news |= !std::mem::replace(&mut row.event.seen, true);
            }
        }
        news
    }

    /// A person has seen all of them; whether that is news.
    pub fn see_all(&mut self) -> bool {
        let ids: Vec<EventId> = self.rows.keys().copied().collect();
        self.see(ids)
    }

    /// A person has taken note of this event; whether that changed anything.
    pub fn acknowledge(&mut self, id: EventId, noted: &Acknowledged) -> bool {
        let Some(row) = self.rows.get_mut(&id) else {
            return false;
        };
        row.event.seen = true;
        row.event.acknowledged = Some(noted.clone());
        true
    }
}
