//! What lasted when the program ended: after the next start it goes on as the same event, or its end is told although nobody saw it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{GRACE, Live, News, Standing, Tracker, UNWATCHED, continues};
use crate::{End, EventBook, EventId, EventRecord, Moment, Observation, Part, Subject, Unwatched, WallTime};
use device::ChannelId;

/// What fails again after so long a time in which the program did not run is another trouble.
const SAME: Duration = Duration::from_secs(24 * 3_600);

/// The end of what lasted longer ago than this is told to nobody.
const OLDEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// One event of which nobody knows yet whether it still lasts.
pub(super) struct Earlier {
    parts: BTreeSet<Part>,
    /// It was known to last until then.
    until: WallTime,
    /// Since when it is looked for.
    looked_for: Option<Instant>,
    /// Since when all of its parts show pictures, and since when the first one does.
    fine: Option<Instant>,
    first: Option<Instant>,
}

/// The events of the book that lasted when the program ended.
pub(super) fn of_book(book: &EventBook) -> BTreeMap<EventId, Earlier> {
    let earlier = |event: &EventRecord| {
        let End::Unknown(until, Unwatched::ProgramEnded) = event.end else {
            return None;
        };
        event.cause()?;
        let parts: BTreeSet<Part> = match event.subject {
            Subject::Channels(device) if !event.channels.is_empty() => {
                let channel = |number: &u16| {
                    let number = *number;
                    Part::Channel(ChannelId { device, number })
                };
                event.channels.iter().map(channel).collect()
            }
            _ => event.devices.iter().copied().map(Part::Device).collect(),
        };
        let earlier = Earlier {
            parts,
            until,
            looked_for: None,
            fine: None,
            first: None,
        };
        (!earlier.parts.is_empty()).then_some((event.id, earlier))
    };
    book.iter().filter_map(earlier).collect()
}

/// What one look says of an event of earlier.
enum Found {
    NotYet,
    /// It still fails.
    Fails,
    /// It fails, and that is another trouble; or nobody will ever know.
    Lost,
    /// Pictures of all that failed are there.
    Gone,
}

impl Tracker {
    /// The events that lasted when the program ended, and of which nobody knows yet whether they still do.
    #[must_use]
    pub fn awaited(&self) -> BTreeSet<EventId> {
        self.earlier.keys().copied().collect()
    }

    /// Goes on with what fails as it did when the program ended, and tells of what does not.
    pub(super) fn resume(&mut self, look: &Observation, after: Duration, now: Moment, news: &mut Vec<News>) {
        if self.earlier.is_empty() {
            return;
        }
        for (id, mut earlier) in std::mem::take(&mut self.earlier) {
            let Some(event) = self.book.get_mut(id) else { continue };
            match earlier.found(event, look, after, now) {
                Found::NotYet => drop(self.earlier.insert(id, earlier)),
                Found::Lost => news.push(News::Forgotten(id)),
                Found::Gone => {
                    event.end = End::Unknown(earlier.until.max(event.since), Unwatched::WhileOff);
                    news.push(News::Gone(id));
                }
                Found::Fails => {
                    event.end = End::Lasts;
                    let fails = |part: &Part| !look.shows(*part) && look.registered.contains(&part.device());
                    let parts: BTreeSet<Part> = earlier.parts.into_iter().filter(fails).collect();
                    for part in &parts {
                        let standing = Standing {
                            cause: event.cause().unwrap_or(crate::Cause::NoAnswer),
                            since: event.since,
                            counts_from: now.steady,
                            heard: (now.steady, earlier.until),
                        };
                        self.standing.entry(*part).or_insert(standing);
                    }
                    let live = Live {
                        parts,
                        opened: now.steady,
                        returned: None,
                        ended: None,
                        settled: false,
                    };
                    self.live.insert(id, live);
                    news.push(News::Changed(id));
                }
            }
        }
    }
}

impl Earlier {
    fn found(&mut self, event: &EventRecord, look: &Observation, after: Duration, now: Moment) -> Found {
        let began = *self.looked_for.get_or_insert(now.steady);
        if self.until < now.wall.before(OLDEST) {
            return Found::Lost;
        }
        let fails = look.sightings.iter().any(|sighting| {
            let mut tried = sighting.parts.difference(&sighting.held);
            continues(event, sighting.cause) && tried.any(|part| self.parts.contains(part))
        });
        if fails {
            return match self.until < now.wall.before(SAME) {
                true => Found::Lost,
                false => Found::Fails,
            };
        }
        let is_there = |part: &&Part| look.registered.contains(&part.device());
        let there = || self.parts.iter().filter(is_there);
        let shown = there().filter(|part| look.shows(**part)).count();
        if shown == 0 {
            (self.fine, self.first) = (None, None);
            return match now.steady.saturating_duration_since(began) >= UNWATCHED {
                true => Found::Lost,
                false => Found::NotYet,
            };
        }
        // Those that did not come back with the others are troubles of their own.
        let first = *self.first.get_or_insert(now.steady);
        if shown < there().count() && now.steady.saturating_duration_since(first) < GRACE {
            self.fine = None;
            return Found::NotYet;
        }
        let fine = *self.fine.get_or_insert(now.steady);
        match now.steady.saturating_duration_since(fine) >= after {
            true => Found::Gone,
            false => Found::NotYet,
        }
    }
}
