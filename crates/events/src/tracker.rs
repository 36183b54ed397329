//! Makes events of what one look after the other finds.
//!
//! A part stands as failing from the look that finds it so until one that finds pictures of it: in between, an attempt may be under way
//! or nobody may watch. What stands for long enough is an event, together with all that fails with it.

mod earlier;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{
    Acknowledged, Cause, End, EventBook, EventId, EventRecord, MOST_EVENTS, Moment, Observation, Part, Sighting,
    Subject, Unwatched, WallTime,
};
use device::SiteId;
use earlier::Earlier;

/// A site's outage is found device by device: what begins within this time of another and fails with it is the same event.
const JOIN: Duration = Duration::from_secs(120);

/// After the first device of a site shows again, the others have this long to follow; then they are troubles of their own.
const GRACE: Duration = Duration::from_secs(120);

/// What comes back within this time of its end is the same event, once more.
const AGAIN: Duration = Duration::from_secs(600);

/// What nobody watches for this long has an end that nobody knows.
const UNWATCHED: Duration = Duration::from_secs(15 * 60);

/// For so long after the end of an outage its devices still report what it did to them.
const AFTERMATH: Duration = Duration::from_secs(60);

/// A trouble that is said to have begun longer ago than it takes to notice one counts from when it was noticed.
const LAG: Duration = Duration::from_secs(60);

/// So many events may last at once; what fails beyond that is on screen alone.
const MOST_OPEN: usize = MOST_EVENTS / 2;

/// What one look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Opened(EventId),
    /// It had surely ended, and is back.
    Again(EventId),
    /// It reaches farther than it seemed.
    Widened(EventId),
    /// This event turned out to be a part of the other one, and is gone.
    Absorbed(EventId, EventId),
    /// It ended a while ago, so that it is worth telling.
    Settled(EventId),
    /// It lasted when the program ended, and is over: nobody saw its end.
    Gone(EventId),
    /// It lasted when the program ended, and nobody will know whether it went on.
    Forgotten(EventId),
    /// Something else of it changed: it ended, or is back after a moment, or its cause is another one.
    Changed(EventId),
    /// Old events were dropped.
    Pruned,
}

/// The events, and what stands behind those that last or ended a moment ago.
#[derive(Default)]
pub struct Tracker {
    book: EventBook,
    standing: BTreeMap<Part, Standing>,
    live: BTreeMap<EventId, Live>,
    /// What lasted when the program ended.
    earlier: BTreeMap<EventId, Earlier>,
}

/// A part that failed when it was heard of last.
struct Standing {
    cause: Cause,
    /// Since when it fails, as far as that is known.
    since: WallTime,
    /// Since when it counts as failing.
    counts_from: Instant,
    /// When it was watched last.
    heard: (Instant, WallTime),
}

/// An event that lasts, or ended a moment ago.
struct Live {
    parts: BTreeSet<Part>,
    opened: Instant,
    /// When the first of its parts showed again, while others do not.
    returned: Option<(Instant, WallTime)>,
    ended: Option<Instant>,
    settled: bool,
}

/// Why a part does not stand as failing any more.
#[derive(Clone, Copy)]
enum Left {
    Fine,
    /// It was watched last at this time.
    Lost(WallTime),
}

impl Tracker {
    /// Goes on with what an earlier run of the program left.
    #[must_use]
    pub fn new(book: EventBook) -> Self {
        Self {
            earlier: earlier::of_book(&book),
            book,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn book(&self) -> &EventBook {
        &self.book
    }

    /// Somebody has seen these events; whether that is news.
    pub fn see(&mut self, ids: impl IntoIterator<Item = EventId>) -> bool {
        self.book.see(ids)
    }

    /// A person has taken note of this event; whether that changed anything.
    pub fn acknowledge(&mut self, id: EventId, noted: &Acknowledged) -> bool {
        self.book.acknowledge(id, noted)
    }

    /// The trouble of a whole device or of more that this is a part of, if it lasts or ended a moment ago: what a device reports of its
    /// connection or its pictures then is a detail of it.
    #[must_use]
    pub fn outage_of(&self, subject: Subject, site: Option<SiteId>, now: Instant) -> Option<EventId> {
        let whole = subject.device().map(Part::Device);
        let recent = |live: &&Live| {
            let age = live.ended.map(|ended| now.saturating_duration_since(ended));
            age.is_none_or(|age| age < AFTERMATH)
        };
        let live = self.live.iter().filter(|(_, live)| recent(live));
        let mut covering = live.filter(|(id, live)| {
            let reaches = |of: Subject| match of {
                Subject::Computer | Subject::AllSites => true,
                Subject::Site(id) => site == Some(id),
                Subject::Device(_) | Subject::Channels(_) | Subject::Channel(_) => false,
            };
            whole.is_some_and(|whole| live.parts.contains(&whole))
                || self.book.get(**id).is_some_and(|event| reaches(event.subject))
        });
        covering.next_back().map(|(id, _)| *id)
    }

    /// This event is a detail of another one.
    pub fn set_parent(&mut self, id: EventId, parent: EventId) {
        if let Some(event) = self.book.get_mut(id) {
            event.parent = Some(parent);
        }
    }

    /// A number for an event of another part, which is never given twice.
    pub fn next_id(&mut self) -> EventId {
        self.book.next_id()
    }

    /// Whether nothing fails and nothing is remembered, so that a look that finds nothing changes nothing.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.standing.is_empty() && self.live.is_empty() && self.earlier.is_empty()
    }

    /// Takes in one look. `after`: how long a trouble lasts before it is an event.
    pub fn look(&mut self, look: &Observation, after: Duration, now: Moment) -> Vec<News> {
        let mut news = Vec::new();
        let left = self.stand(look, now);
        self.resume(look, after, now, &mut news);
        self.end(look, &left, now, &mut news);
        for sighting in &look.sightings {
            self.open(sighting, after, now, &mut news);
        }
        self.settle(after, now, &mut news);
        if self.book.prune(now.wall) {
            news.push(News::Pruned);
        }
        news
    }

    /// Notes which parts fail now; those that did and do not any more.
    fn stand(&mut self, look: &Observation, now: Moment) -> BTreeMap<Part, Left> {
        let mut sighted = BTreeSet::new();
        for sighting in &look.sightings {
            for part in &sighting.parts {
                sighted.insert(*part);
                match self.standing.get_mut(part) {
                    Some(standing) if standing.cause.continues(sighting.cause) => {
                        standing.cause = sighting.cause;
                        standing.heard = (now.steady, now.wall);
                    }
                    known => {
                        let is_new = known.is_none();
                        let since = sighting.since.filter(|_| is_new).unwrap_or(now.steady);
                        let age = now.steady.saturating_duration_since(since);
                        let standing = Standing {
                            cause: sighting.cause,
                            since: now.wall.before(age),
                            counts_from: if age <= LAG { since } else { now.steady },
                            heard: (now.steady, now.wall),
                        };
                        self.standing.insert(*part, standing);
                    }
                }
            }
        }
        let in_events: BTreeSet<Part> = self
            .open_events()
            .flat_map(|(_, live)| live.parts.iter().copied())
            .collect();
        let mut left = BTreeMap::new();
        self.standing.retain(|part, standing| {
            if sighted.contains(part) {
                return true;
            }
            let whole = Part::Device(part.device());
            let unwatched = now.steady.saturating_duration_since(standing.heard.0) >= UNWATCHED;
            if look.shows(*part) {
                left.insert(*part, Left::Fine);
                false
            } else if !look.registered.contains(&part.device()) || unwatched {
                left.insert(*part, Left::Lost(standing.heard.1));
                false
            } else if sighted.contains(&whole) && !in_events.contains(part) {
                // Its device fails as a whole, and that says it.
                false
            } else {
                if look.watches(*part) {
                    standing.heard = (now.steady, now.wall);
                }
                true
            }
        });
        left
    }

    fn open_events(&self) -> impl Iterator<Item = (EventId, &Live)> {
        let open = self.live.iter().filter(|(_, live)| live.ended.is_none());
        open.map(|(id, live)| (*id, live))
    }

    /// Ends events of which nothing fails any more, and those of a site that is back but for some devices.
    fn end(&mut self, look: &Observation, left: &BTreeMap<Part, Left>, now: Moment, news: &mut Vec<News>) {
        for (id, live) in self.live.iter_mut().filter(|(_, live)| live.ended.is_none()) {
            let Some(event) = self.book.get_mut(*id) else { continue };
            let fails = |part: &&Part| {
                let standing = self.standing.get(part);
                standing.is_some_and(|standing| continues(event, standing.cause))
            };
            let failing = live.parts.iter().filter(fails).count();
            if failing == live.parts.len() {
                live.returned = None;
                continue;
            }
            let lost = live.parts.iter().filter_map(|part| match left.get(part) {
                Some(Left::Lost(at)) => Some(*at),
                Some(Left::Fine) | None => None,
            });
            let lost: Vec<WallTime> = lost.collect();
            let is_back = lost.len() < live.parts.len() - failing || live.returned.is_some();
            if failing == 0 {
                let last = lost.into_iter().max().unwrap_or(now.wall);
                event.end = if is_back {
                    End::At(now.wall.max(event.since))
                } else {
                    End::Unknown(last.max(event.since), Unwatched::NotWatched)
                };
                live.ended = Some(now.steady);
                news.push(News::Changed(*id));
                continue;
            }
            if !is_back {
                continue;
            }
            let (first, wall) = *live.returned.get_or_insert((now.steady, now.wall));
            let sighted = || look.sightings.iter().any(|sighting| sighting.subject == event.subject);
            let is_wide = event.subject.reach() >= Subject::Site(SiteId(0)).reach();
            if is_wide && now.steady.saturating_duration_since(first) >= GRACE && !sighted() {
                event.end = End::At(wall.max(event.since));
                live.ended = Some(first);
                news.push(News::Changed(*id));
            }
        }
    }

    /// Makes an event of what is sighted, unless it is a part of one, or does not last for long enough yet.
    fn open(&mut self, sighting: &Sighting, after: Duration, now: Moment, news: &mut Vec<News>) {
        let cause = sighting.cause;
        let of_kind = |id: &EventId, book: &EventBook| {
            let event = book.get(*id);
            event.is_some_and(|event| continues(event, cause))
        };
        let mut joins = Vec::new();
        let mut covered = BTreeSet::new();
        let (mut known, mut rest) = (Vec::new(), sighting.parts.clone());
        for (id, live) in self.open_events().filter(|(id, _)| of_kind(id, &self.book)) {
            let Some(event) = self.book.get(id) else { continue };
            let common: Vec<Part> = live.parts.intersection(&sighting.parts).copied().collect();
            if !common.is_empty() {
                known.push((id, event.subject));
                rest.retain(|part| !common.contains(part));
            }
            let recent = now.steady.saturating_duration_since(live.opened) < JOIN;
            let is_part = recent && event.subject.reach() < sighting.subject.reach() && !common.is_empty();
            if event.subject == sighting.subject || is_part {
                joins.push(id);
            } else {
                covered.extend(common);
            }
        }
        // Who turns a page finds nothing out: what waits there waits for what is known to fail.
        let only_turned = !rest.is_empty() && rest.is_subset(&sighting.held);
        match known.as_slice() {
            [(id, subject)] if only_turned && *subject != sighting.subject => return self.reach(*id, sighting, news),
            [(id, _), ..] if only_turned && joins.is_empty() => return self.reach(*id, sighting, news),
            _ => {}
        }
        let mut parts = sighting.parts.clone();
        parts.retain(|part| !covered.contains(part));
        let standing = || parts.iter().filter_map(|part| self.standing.get(part));
        let lasts = |standing: &Standing| now.steady.saturating_duration_since(standing.counts_from) >= after;
        if parts.is_empty() || joins.is_empty() && !standing().any(lasts) {
            return;
        }
        let since = standing().map(|standing| standing.since).min().unwrap_or(now.wall);
        let Some((keep, absorbed)) = joins.split_first() else {
            return self.begin(sighting, parts, since, now, news);
        };
        for id in absorbed {
            if let Some(live) = self.live.remove(id) {
                parts.extend(live.parts);
            }
            self.book.remove(*id);
            news.push(News::Absorbed(*id, *keep));
        }
        let (Some(event), Some(live)) = (self.book.get_mut(*keep), self.live.get_mut(keep)) else {
            return;
        };
        let before = event.clone();
        let widens = sighting.subject.reach() > event.subject.reach();
        event.since = if widens { event.since.min(since) } else { event.since };
        event.seen &= !widens;
        describe(event, sighting, &parts);
        live.parts.extend(parts);
        if widens {
            news.push(News::Widened(*keep));
        } else if *event != before {
            news.push(News::Changed(*keep));
        }
    }

    /// An event is seen to reach what nobody watched before: it is the same one, so that nobody is called for it anew.
    fn reach(&mut self, id: EventId, sighting: &Sighting, news: &mut Vec<News>) {
        let (Some(event), Some(live)) = (self.book.get_mut(id), self.live.get_mut(&id)) else {
            return;
        };
        let before = event.clone();
        live.parts.extend(&sighting.parts);
        if sighting.subject.reach() > event.subject.reach() {
            describe(event, sighting, &sighting.parts);
        } else if !matches!(event.subject, Subject::Channels(_)) {
            event.devices.extend(sighting.parts.iter().map(|part| part.device()));
        }
        if *event != before {
            news.push(News::Changed(id));
        }
    }

    /// A new event, or once more one that ended a moment ago.
    fn begin(
        &mut self,
        sighting: &Sighting,
        parts: BTreeSet<Part>,
        since: WallTime,
        now: Moment,
        news: &mut Vec<News>,
    ) {
        if self.open_events().count() >= MOST_OPEN {
            return;
        }
        let cause = sighting.cause;
        let is_same = |id: &EventId, live: &Live, book: &EventBook| {
            let event = book.get(*id).filter(|event| event.subject == sighting.subject);
            event.is_some_and(|event| continues(event, cause)) && !live.parts.is_disjoint(&parts)
        };
        let ended = self.live.iter_mut().filter(|(_, live)| live.ended.is_some());
        let mut same = ended.filter(|(id, live)| is_same(id, live, &self.book));
        if let Some((id, live)) = same.next_back()
            && let Some(event) = self.book.get_mut(*id)
        {
            event.end = End::Lasts;
            event.count = event.count.saturating_add(1);
            describe(event, sighting, &parts);
            live.ended = None;
            live.returned = None;
            live.opened = now.steady;
            live.parts.extend(parts);
            if std::mem::take(&mut live.settled) {
                event.seen = false;
                news.push(News::Again(*id));
            } else {
                news.push(News::Changed(*id));
            }
            return;
        }
        let id = self.book.add(|id| {
            let mut event = EventRecord::new(id, sighting.subject, sighting.cause, since);
            describe(&mut event, sighting, &parts);
            event
        });
        let live = Live {
            parts,
            opened: now.steady,
            returned: None,
            ended: None,
            settled: false,
        };
        self.live.insert(id, live);
        news.push(News::Opened(id));
    }

    /// Tells of ends that hold. Each time that an event comes back its next end has to hold twice as long, so that what flaps calls
    /// a few times and then no more.
    fn settle(&mut self, after: Duration, now: Moment, news: &mut Vec<News>) {
        let book = &self.book;
        self.live.retain(|id, live| {
            let Some(event) = book.get(*id) else { return false };
            let Some(ended) = live.ended else { return true };
            let age = now.steady.saturating_duration_since(ended);
            let doubled = 2_u32.saturating_pow(event.count.saturating_sub(1));
            if !live.settled && age >= after.saturating_mul(doubled).min(AGAIN) {
                live.settled = true;
                news.push(News::Settled(*id));
            }
            age < AGAIN
        });
    }
}

/// Whether a part that fails for this cause belongs to the trouble.
fn continues(event: &EventRecord, cause: Cause) -> bool {
    event.cause().is_some_and(|known| known.continues(cause))
}

/// Takes over what is known of the subject.
fn describe(event: &mut EventRecord, sighting: &Sighting, parts: &BTreeSet<Part>) {
    event.subject = sighting.subject;
    event.what = sighting.cause.into();
    event.name.clone_from(&sighting.name);
    event.site.clone_from(&sighting.site);
    event.devices.extend(parts.iter().map(|part| part.device()));
    match sighting.subject {
        Subject::Channels(_) => event.channels.extend(parts.iter().filter_map(|part| match part {
            Part::Channel(channel) => Some(channel.number),
            Part::Device(_) => None,
        })),
        _ => event.channels.clear(),
    }
}
