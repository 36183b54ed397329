//! One rule of a person's own: which events, where, when, after how long, by which means.
//!
//! As a text it is one line of fields, such as `name=Night; what=motion+input; least=warning; where=site:1f2e; when=daily 18:00-08:00;
//! after=60; means=sound+mail`. What a newer program wrote and this one does not know is kept.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{AlarmView, Category, EventRecord, Kind, LocalTime, Means, Occurrence, Severity, Subject, WeekHours};

/// What a rule is about: a trouble of a kind, a category, or one thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleTopic {
    Category(Category),
    Kind(Kind),
    Occurrence(Occurrence),
}

impl RuleTopic {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Category(category) => category.as_str(),
            Self::Kind(kind) => kind.as_str(),
            Self::Occurrence(occurrence) => occurrence.as_str(),
        }
    }

    /// The topic of this word; no two have the same.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let category = Category::from_word(word).map(Self::Category);
        let kind = || Kind::from_word(word).map(Self::Kind);
        let occurrence = || Occurrence::from_word(word).map(Self::Occurrence);
        category.or_else(kind).or_else(occurrence)
    }

    fn is_of(self, event: &EventRecord) -> bool {
        match self {
            Self::Category(category) => event.category() == category,
            Self::Kind(kind) => event.cause().is_some_and(|cause| cause.kind() == kind),
            Self::Occurrence(occurrence) => event.what == occurrence.into(),
        }
    }
}

/// A rule of a person's own. The first one that fits an event decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRule {
    pub name: String,
    pub enabled: bool,
    /// Empty, and nothing that this program does not know: whatever happens.
    pub topics: BTreeSet<RuleTopic>,
    pub least: Severity,
    /// Sites and devices; empty: everywhere.
    pub places: BTreeSet<Subject>,
    pub when: WeekHours,
    /// What ends earlier calls nobody, in seconds.
    pub after: u32,
    pub means: Means,
    /// The tiles of its cameras have a border while it lasts or nobody has seen it.
    pub border: bool,
    /// Cameras are opened in a window of their own.
    pub view: Option<AlarmView>,
    /// Words and fields that this program does not know, as they were.
    unknown: Unknown,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Unknown {
    topics: Vec<String>,
    places: Vec<String>,
    means: Vec<String>,
    fields: Vec<String>,
    /// The whole rule: nothing of it is understood.
    all: Option<String>,
}

impl Default for OwnRule {
    fn default() -> Self {
        Self {
            name: String::new(),
            enabled: true,
            topics: BTreeSet::new(),
            least: Severity::Warning,
            places: BTreeSet::new(),
            when: WeekHours::default(),
            after: 0,
            means: Means::NONE,
            border: false,
            view: None,
            unknown: Unknown::default(),
        }
    }
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnRuleError {
    #[error("'{0}' is no field such as name=Night; there are name, what, least, where, when, after, means, open, off")]
    Field(String),
    #[error("'{0}' is none of info, warning, alarm")]
    Severity(String),
    #[error(transparent)]
    When(#[from] super::WeekHoursError),
    #[error("'{0}' is no number of seconds up to 86400")]
    After(String),
    #[error("a name holds no comma, semicolon or control character")]
    Name,
}

/// The longest time that an event may have to last, in seconds.
const LONGEST: u32 = 86_400;
const BORDER: &str = "border";

impl OwnRule {
    /// The longest name, in characters.
    pub const LONGEST_NAME: usize = 60;

    /// A rule as a person begins to make it.
    #[must_use]
    pub fn switched_off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }

    /// The rule of a text, as far as it goes: one that is not understood is about nothing, and stays as it is.
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.parse().unwrap_or_else(|_not_understood| Self {
            enabled: false,
            unknown: Unknown {
                all: Some(text.to_owned()),
                ..Unknown::default()
            },
            ..Self::default()
        })
    }

    /// The text of a rule that is not understood.
    #[must_use]
    pub fn not_understood(&self) -> Option<&str> {
        self.unknown.all.as_deref()
    }

    /// Whether a name can be kept.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        name.chars().count() <= Self::LONGEST_NAME && !name.chars().any(|c| c.is_control() || matches!(c, ',' | ';'))
    }

    /// Whether the event is one of those that the rule is about, whenever it happens.
    #[must_use]
    pub fn is_about(&self, event: &EventRecord) -> bool {
        let all = self.topics.is_empty() && self.unknown.topics.is_empty();
        self.enabled
            && self.unknown.all.is_none()
            && event.severity() >= self.least
            && (all || self.topics.iter().any(|topic| topic.is_of(event)))
            && self.is_at(event)
    }

    fn is_at(&self, event: &EventRecord) -> bool {
        if self.places.is_empty() && self.unknown.places.is_empty() {
            return true;
        }
        // What concerns everything concerns each place.
        event.subject.reach() > Subject::Site(device::SiteId(0)).reach()
            || self.places.iter().any(|place| match place {
                Subject::Site(site) => event.site_id() == Some(*site),
                Subject::Device(device) => event.devices.contains(device),
                _ => event.subject == *place,
            })
    }

    /// Whether it calls anybody, or shows anything.
    #[must_use]
    pub fn calls(&self) -> bool {
        self.means != Means::NONE || self.border || self.view.is_some()
    }

    #[must_use]
    pub fn after(&self) -> Duration {
        Duration::from_secs(self.after.into())
    }

    /// Whether it holds at this time.
    #[must_use]
    pub fn holds(&self, at: LocalTime, is_holiday: impl Fn(i64) -> bool) -> bool {
        self.when.contain(at, is_holiday)
    }
}

impl FromStr for OwnRule {
    type Err = OwnRuleError;

    fn from_str(text: &str) -> Result<Self, OwnRuleError> {
        let mut rule = Self::default();
        let mut view: Option<AlarmView> = None;
        for field in text.split(';').map(str::trim).filter(|field| !field.is_empty()) {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key.trim(), value.trim()),
                None if field == "off" => {
                    rule.enabled = false;
                    continue;
                }
                None => return Err(OwnRuleError::Field(field.to_owned())),
            };
            let words = || value.split('+').map(str::trim).filter(|word| !word.is_empty());
            match key {
                "name" if Self::is_name(value) => value.clone_into(&mut rule.name),
                "name" => return Err(OwnRuleError::Name),
                "what" => {
                    for word in words() {
                        match RuleTopic::from_word(word) {
                            Some(topic) => drop(rule.topics.insert(topic)),
                            None => rule.unknown.topics.push(word.to_owned()),
                        }
                    }
                }
                "least" => {
                    let severity = Severity::from_word(value);
                    rule.least = severity.ok_or_else(|| OwnRuleError::Severity(value.to_owned()))?;
                }
                "where" => {
                    for word in words() {
                        match word.parse() {
                            Ok(place) => drop(rule.places.insert(place)),
                            Err(_not_known) => rule.unknown.places.push(word.to_owned()),
                        }
                    }
                }
                "when" => rule.when = value.parse()?,
                "after" => {
                    let seconds = value.parse().ok().filter(|seconds| *seconds <= LONGEST);
                    rule.after = seconds.ok_or_else(|| OwnRuleError::After(value.to_owned()))?;
                }
                "means" => {
                    for word in words() {
                        if word == BORDER {
                            rule.border = true;
                        } else if word != "none" && !rule.means.add(word) {
                            rule.unknown.means.push(word.to_owned());
                        }
                    }
                }
                _ if AlarmView::KEYS.contains(&key) => view.get_or_insert_default().read(key, value),
                _ => rule.unknown.fields.push(field.to_owned()),
            }
        }
        rule.view = view.filter(|view| view.opens_anything());
        Ok(rule)
    }
}

impl fmt::Display for OwnRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = &self.unknown;
        if let Some(text) = &unknown.all {
            return f.write_str(text);
        }
        let mut fields = vec![format!("name={}", self.name)];
        if !self.enabled {
            fields.push("off".to_owned());
        }
        let topics = self.topics.iter().map(|topic| topic.as_str().to_owned());
        let topics: Vec<String> = topics.chain(unknown.topics.iter().cloned()).collect();
        if !topics.is_empty() {
            fields.push(format!("what={}", topics.join("+")));
        }
        fields.push(format!("least={}", self.least.as_str()));
        let places = self.places.iter().map(Subject::to_string);
        let places: Vec<String> = places.chain(unknown.places.iter().cloned()).collect();
        if !places.is_empty() {
            fields.push(format!("where={}", places.join("+")));
        }
        if !self.when.is_always() {
            fields.push(format!("when={}", self.when));
        }
        if self.after > 0 {
            fields.push(format!("after={}", self.after));
        }
        let border = self.border.then(|| BORDER.to_owned());
        let known = self.means.words().into_iter().map(str::to_owned);
        let means: Vec<String> = known.chain(border).chain(unknown.means.iter().cloned()).collect();
        let means = if means.is_empty() {
            "none".to_owned()
        } else {
            means.join("+")
        };
        fields.push(format!("means={means}"));
        if let Some(view) = &self.view {
            fields.extend(view.fields());
        }
        fields.extend(unknown.fields.iter().cloned());
        f.write_str(&fields.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, EventId, WallTime};
    use device::{ChannelId, DeviceId, SiteId};

    fn read(text: &str) -> OwnRule {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn motion() -> EventRecord {
        let channel = ChannelId {
            device: DeviceId(5),
            number: 2,
        };
        let mut event = EventRecord::new(EventId(1), Subject::Channel(channel), Occurrence::Motion, WallTime(0));
        event.site = Some((SiteId(3), "Osaka".to_owned()));
        event
    }

    #[test]
    fn no_two_topics_have_the_same_word() {
        let words = [Category::WORDS, Kind::WORDS, Occurrence::WORDS].concat();
        let once: BTreeSet<&str> = words.iter().copied().collect();
        assert_eq!(once.len(), words.len());
    }

    #[test]
    fn a_rule_is_read_as_it_is_written_with_what_a_newer_program_put_there() {
        for text in [
            "name=; least=warning; means=none",
            "name=夜間; off; what=analytics+sign-in+input; least=alarm; where=site:0000000000000003+device:0000000000000005; \
             when=mon-fri 22:00-06:00 / holiday all; after=60; means=sound+mail+border",
            "name=x; what=motion+levitation; least=info; where=planet:mars; means=sound+pigeon; colour=red",
            "name=y; least=alarm; means=none; open=event+0000000000000005:2; monitor=2; replace=yes; close=no",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        for text in [
            "nonsense",
            "least=loud",
            "when=always",
            "after=x",
            "after=86401",
            "name=a\u{7}",
        ] {
            assert!(text.parse::<OwnRule>().is_err(), "{text}");
            let kept = OwnRule::read(text);
            assert_eq!((kept.to_string(), kept.is_about(&motion())), (text.to_owned(), false));
        }
    }

    #[test]
    fn a_rule_is_about_what_it_names_where_it_says_and_as_severe() {
        let event = motion();
        for (rule, is_about) in [
            ("least=info", true),
            ("least=warning", false),
            ("least=info; what=motion", true),
            ("least=info; what=analytics", true),
            ("least=info; what=video+input", false),
            ("least=info; where=site:3", true),
            ("least=info; where=site:4", false),
            ("least=info; where=site:4+device:5", true),
            ("off; least=info", false),
            // What only a newer program knows is not taken for everything.
            ("least=info; what=levitation", false),
            ("least=info; where=planet:mars", false),
        ] {
            assert_eq!(read(rule).is_about(&event), is_about, "{rule}");
        }
        let all = EventRecord::new(EventId(2), Subject::AllSites, Cause::NoAnswer, WallTime(0));
        assert!(read("what=no-answer; where=site:4").is_about(&all));
    }
}
