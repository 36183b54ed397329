//! One event, and the moments it is told with.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use super::{Category, Cause, Detail, NoteText, OwnName, Severity, What};
use device::{ChannelId, DeviceId, SiteId};

/// A time of the wall clock, in milliseconds since 1970. It may leap, so that nothing is timed by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub u64);

impl WallTime {
    /// This much earlier.
    #[must_use]
    pub fn before(self, by: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// A time of day where the person is, as the clock on the wall shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// From Monday, 0, to Sunday, 6.
    pub weekday: u8,
    /// Since midnight.
    pub minute: u16,
    /// Since 1970-01-01.
    pub day: i64,
}

/// One moment on all three clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What is timed is timed by this one.
    pub steady: Instant,
    pub wall: WallTime,
    pub local: LocalTime,
}

/// The number of an event in its book, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// This computer, and so all that it watches; the program itself.
    Computer,
    AllSites,
    Site(SiteId),
    Device(DeviceId),
    /// Some channels of a device that shows others.
    Channels(DeviceId),
    /// One channel, as its device reports it.
    Channel(ChannelId),
}

impl Subject {
    /// How far it reaches: more is wider.
    #[must_use]
    pub fn reach(self) -> u8 {
        match self {
            Self::Channels(_) | Self::Channel(_) => 0,
            Self::Device(_) => 1,
            Self::Site(_) => 2,
            Self::AllSites => 3,
            Self::Computer => 4,
        }
    }

    /// The device that it is, or is of.
    #[must_use]
    pub fn device(self) -> Option<DeviceId> {
        match self {
            Self::Device(device) | Self::Channels(device) => Some(device),
            Self::Channel(channel) => Some(channel.device),
            Self::Computer | Self::AllSites | Self::Site(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    /// As files write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Computer => f.write_str("computer"),
            Self::AllSites => f.write_str("all-sites"),
            Self::Site(site) => write!(f, "site:{site}"),
            Self::Device(device) => write!(f, "device:{device}"),
            Self::Channels(device) => write!(f, "channels:{device}"),
            Self::Channel(channel) => write!(f, "channel:{}:{}", channel.device, channel.number),
        }
    }
}

/// A text that names no subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this names nothing that an event can be about")]
pub struct NoSubject;

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        let device = |id: &str| id.parse().map_err(|_not_an_id| NoSubject);
        match text.split_once(':') {
            None if text == "computer" => Ok(Self::Computer),
            None if text == "all-sites" => Ok(Self::AllSites),
            Some(("site", id)) => id.parse().map(Self::Site).map_err(|_not_an_id| NoSubject),
            Some(("device", id)) => device(id).map(Self::Device),
            Some(("channels", id)) => device(id).map(Self::Channels),
            Some(("channel", id)) => {
                let (id, number) = id.split_once(':').ok_or(NoSubject)?;
                let number = number.parse().map_err(|_not_a_number| NoSubject)?;
                let device = device(id)?;
                Ok(Self::Channel(ChannelId { device, number }))
            }
            _ => Err(NoSubject),
        }
    }
}

/// How an event ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It lasts.
    Lasts,
    At(WallTime),
    /// Nobody knows: it still lasted at this time.
    Unknown(WallTime, Unwatched),
}

/// Why nobody knows when an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwatched {
    ProgramEnded,
    /// No tile showed it any more, or it was removed or disabled.
    NotWatched,
    /// It ended while the program did not run.
    WhileOff,
}

/// Something that happened: a trouble of a device, of a site, of everything, or what a source reported. One row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    pub id: EventId,
    pub subject: Subject,
    /// What the device or the site was called; empty where the subject has no name.
    pub name: String,
    /// The site of a device, and what it was called.
    pub site: Option<(SiteId, String)>,
    /// What it was found to be last.
    pub what: What,
    /// All devices that it concerned.
    pub devices: BTreeSet<DeviceId>,
    /// Of a device that showed others: the channels.
    pub channels: BTreeSet<u16>,
    pub since: WallTime,
    /// When it began by the clock of the device, where that is told.
    pub device_time: Option<WallTime>,
    /// What has no length ended as it began.
    pub end: End,
    /// How often it began: more than once where it came back soon after its end.
    pub count: u32,
    /// In the device's own words, the last of them where it came back.
    pub detail: Detail,
    /// The user of the system who did it.
    pub who: Option<OwnName>,
    /// The event of which this one is a detail.
    pub parent: Option<EventId>,
    pub seen: bool,
    pub acknowledged: Option<Acknowledged>,
}

/// That a person has taken note of an event, and what they wrote to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub at: WallTime,
    pub who: OwnName,
    pub note: NoteText,
}

/// What began so often and ended is said to come and go.
const FLAPS: u32 = 4;

impl EventRecord {
    /// Whether it has no length: it happened, and that was all.
    #[must_use]
    pub fn is_moment(&self) -> bool {
        self.end == End::At(self.since)
    }

    /// An event that lasts, of which no more is known.
    #[must_use]
    pub fn new(id: EventId, subject: Subject, what: impl Into<What>, since: WallTime) -> Self {
        Self {
            id,
            subject,
            name: String::new(),
            site: None,
            what: what.into(),
            devices: subject.device().into_iter().collect(),
            channels: match subject {
                Subject::Channel(channel) => [channel.number].into(),
                _ => BTreeSet::new(),
            },
            since,
            device_time: None,
            end: End::Lasts,
            count: 1,
            detail: Detail::default(),
            who: None,
            parent: None,
            seen: false,
            acknowledged: None,
        }
    }

    #[must_use]
    pub fn lasts(&self) -> bool {
        self.end == End::Lasts
    }

    /// The cause of a trouble; `None`: it is another kind of event.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.what.cause()
    }

    #[must_use]
    pub fn category(&self) -> Category {
        self.what.category()
    }

    #[must_use]
    pub fn severity(&self) -> Severity {
        self.what.severity()
    }

    /// Whether it comes and goes, and so says more of a cable than of what it reports. What a device sees in its pictures does so rightly.
    #[must_use]
    pub fn flaps(&self) -> bool {
        self.count >= FLAPS
            && !matches!(
                self.category(),
                Category::Analytics | Category::User | Category::Program
            )
    }

    /// The site that rules are looked up for.
    #[must_use]
    pub fn site_id(&self) -> Option<SiteId> {
        match self.subject {
            Subject::Site(site) => Some(site),
            Subject::Computer | Subject::AllSites => None,
            Subject::Device(_) | Subject::Channels(_) | Subject::Channel(_) => self.site.as_ref().map(|(id, _)| *id),
        }
    }

    /// When it was known to last at the latest, or ended; `None`: it lasts.
    #[must_use]
    pub fn until(&self) -> Option<WallTime> {
        match self.end {
            End::Lasts => None,
            End::At(at) | End::Unknown(at, _) => Some(at),
        }
    }
}
