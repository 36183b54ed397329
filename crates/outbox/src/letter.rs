//! One letter: what is said of one call, or of its end.

use events::{EventRecord, WallTime, choice};

/// Tells letters apart, also those of earlier runs of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(pub u64);

choice! {
    /// What a letter says.
    #[derive(PartialOrd, Ord)]
    enum Phase {
        /// Something began.
        Begun = "begun",
        /// All of it has ended.
        Over = "over",
        /// A person tries whether letters arrive.
        Trial = "trial",
    }
}

/// What people read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterText {
    /// One line.
    pub subject: String,
    pub body: String,
}

/// What programs read of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TroubleFacts {
    pub event: u64,
    /// What it is about, as in `events::Subject`.
    pub subject: String,
    pub name: String,
    /// The name of the site where it is, if it is at one.
    pub site: Option<String>,
    pub kind: String,
    pub cause: String,
    /// So many devices take part.
    pub devices: u32,
    pub since: WallTime,
    /// When it ended, or was known to last; `None`: it lasts.
    pub until: Option<WallTime>,
}

impl TroubleFacts {
    #[must_use]
    pub fn of(event: &EventRecord) -> Self {
        Self {
            event: event.id.0,
            subject: event.subject.to_string(),
            name: event.name.clone(),
            site: event.site.as_ref().map(|(_, name)| name.clone()),
            kind: kind_of(event).to_owned(),
            cause: event.what.word().to_owned(),
            devices: u32::try_from(event.devices.len()).unwrap_or(u32::MAX),
            since: event.since,
            until: event.until(),
        }
    }
}

/// What rules name, else what events are sorted by.
fn kind_of(event: &EventRecord) -> &'static str {
    match event.cause() {
        Some(cause) => cause.kind().as_str(),
        None => event.category().as_str(),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub id: LetterId,
    pub phase: Phase,
    /// When it was written first.
    pub written: WallTime,
    /// It is not sent before this.
    pub due: WallTime,
    pub text: LetterText,
    pub troubles: Vec<TroubleFacts>,
    /// So often its server refused it.
    pub refusals: u32,
}
