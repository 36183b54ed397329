//! What the messages of a pull say.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use incidents::{ChannelBelief, Incident, IncidentKind, IncidentState, text_of, unix_time};

use super::topics::{Meaning, STATES, meaning, plain};
use crate::xml::{XmlElement, XmlTree};

/// The most messages of one answer that are read.
const MOST_MESSAGES: usize = 1_000;

/// The most states that are remembered.
const MOST_STATES: usize = 1_024;

/// Motion that is not repeated for so long is over, unless the device was heard to say so itself.
const MOTION_ENDS: Duration = Duration::from_secs(30);

/// The same with a device that says when it is over: that one message was lost must not last for ever.
const MOTION_ENDS_AT_LAST: Duration = Duration::from_secs(3_600);

/// Names of source items that name a camera (the values are tokens).
const CAMERAS: &[&str] = &[
    "VideoSourceConfigurationToken",
    "VideoSource",
    "Source",
    "VideoSourceToken",
];

/// What is known from one message to the next.
#[derive(Default)]
pub(super) struct Notifications {
    /// By topic and source: whether it is on.
    states: BTreeMap<(String, String), bool>,
    /// Topics of which an end was heard.
    ending: Vec<String>,
    belief: ChannelBelief,
    /// By which tokens the device names its cameras.
    pub cameras: HashMap<String, u16>,
    /// So many channels are registered.
    channels: usize,
}

impl Notifications {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            channels,
            ..Self::default()
        }
    }

    /// The incidents of an answer, in its order, and how many messages it had.
    pub(super) fn read(&mut self, tree: &XmlTree) -> (Vec<Incident>, usize) {
        let messages: Vec<XmlElement<'_>> = tree.top().all("NotificationMessage").take(MOST_MESSAGES).collect();
        let incidents = messages.iter().filter_map(|message| self.message(*message)).collect();
        (incidents, messages.len())
    }

    fn message(&mut self, message: XmlElement<'_>) -> Option<Incident> {
        let topic = plain(message.child("Topic")?.text());
        let name = text_of(&topic);
        if name.is_empty() {
            return None;
        }
        let meaning = meaning(&topic);
        // The outer element of the book holds one of the same name.
        let outer = message.child("Message")?;
        let said = outer.child("Message").unwrap_or(outer);
        let items = |section: &str| -> Vec<(String, String)> {
            let items = said.child(section).into_iter().flat_map(|section| section.children());
            let named = items.filter_map(|item| Some((item.attribute("Name")?, item.attribute("Value")?)));
            named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        };
        let (source, data) = (items("Source"), items("Data"));
        let (kind, on) = match meaning {
            Meaning::Ignored => return None,
            Meaning::Kind(kind) => (kind, yes_or_no(&data, kind)),
            Meaning::Word(kind, wrong) => {
                let says = |(name, value): &(String, String)| {
                    (name == "State").then(|| wrong.iter().any(|word| value.eq_ignore_ascii_case(word)))
                };
                (kind, Some(data.iter().find_map(says)?))
            }
        };
        let written: Vec<&str> = source.iter().map(|(_, value)| value.as_str()).collect();
        let key = (name.clone(), text_of(&written.join(" ")));
        let operation = said.attribute("PropertyOperation").unwrap_or_default();
        if operation == "Deleted" {
            self.states.remove(&key);
            return None;
        }
        let is_initial = operation == "Initialized";
        let before = self.note(&key, on);
        let is_news = match (is_initial, on, before) {
            (false, _, _) => true,
            // How things stand: it was so before anybody listened, and nothing is said that was known.
            (true, Some(true), None) => false,
            (true, Some(on), Some(before)) if on != before => true,
            (true, ..) => return None,
        };
        if on == Some(false) && !self.ending.contains(&key.0) && self.ending.len() < MOST_STATES && !is_initial {
            self.ending.push(key.0.clone());
        }
        let ends = self.ending.contains(&key.0);
        let state = match on {
            Some(true) => IncidentState::Begin,
            Some(false) => IncidentState::End,
            None => IncidentState::Moment,
        };
        let is_motion = matches!(
            kind,
            IncidentKind::Motion | IncidentKind::Object | IncidentKind::Intrusion | IncidentKind::Sound
        );
        Some(Incident {
            kind,
            state,
            channel: self.channel(kind, &source),
            name,
            detail: detail(&source),
            device_time: said.attribute("UtcTime").and_then(unix_time),
            is_news,
            ends_after: (is_motion && state == IncidentState::Begin).then_some(match ends {
                true => MOTION_ENDS_AT_LAST,
                false => MOTION_ENDS,
            }),
        })
    }

    /// Remembers a state; the one before.
    fn note(&mut self, key: &(String, String), on: Option<bool>) -> Option<bool> {
        let before = self.states.get(key).copied();
        if let Some(on) = on
            && (before.is_some() || self.states.len() < MOST_STATES)
        {
            self.states.insert(key.clone(), on);
        }
        before
    }

    /// By the tokens of the device alone: a number in a name would be a guess.
    fn channel(&mut self, kind: IncidentKind, source: &[(String, String)]) -> Option<u16> {
        if !kind.is_of_camera() {
            return None;
        }
        let named = source.iter().filter(|(name, _)| CAMERAS.contains(&name.as_str()));
        let said = named.filter_map(|(_, token)| self.cameras.get(token).copied()).next();
        self.belief.judge(said, self.channels)
    }
}

/// Whether it is on; `None` where no datum says so.
fn yes_or_no(data: &[(String, String)], kind: IncidentKind) -> Option<bool> {
    let word = |value: &str| match value.trim().to_ascii_lowercase().as_str() {
        "true" | "active" => Some(true),
        "false" | "inactive" => Some(false),
        _ => None,
    };
    let figure = |value: &str| match value.trim() {
        "1" => Some(true),
        "0" => Some(false),
        other => word(other),
    };
    let known = data
        .iter()
        .filter(|(name, _)| STATES.iter().any(|state| state.eq_ignore_ascii_case(name)));
    let by_name = known.filter_map(|(_, value)| {
        if kind == IncidentKind::Other {
            word(value)
        } else {
            figure(value)
        }
    });
    by_name.chain(data.iter().filter_map(|(_, value)| word(value))).next()
}

/// Which rule or input it is, beside the camera.
fn detail(source: &[(String, String)]) -> String {
    let others = source
        .iter()
        .filter(|(name, _)| !CAMERAS.contains(&name.as_str()) && name != "VideoAnalyticsConfigurationToken");
    let values: Vec<&str> = others.map(|(_, value)| value.as_str()).collect();
    text_of(&values.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::XmlLimits;

    fn message(topic: &str, operation: &str, source: &[(&str, &str)], data: &[(&str, &str)]) -> String {
        let items = |items: &[(&str, &str)]| -> String {
            let written = items
                .iter()
                .map(|(name, value)| format!("<tt:SimpleItem Name=\"{name}\" Value=\"{value}\"/>"));
            written.collect()
        };
        format!(
            "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"x\">{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"2026-11-29T12:40:00Z\" \
             PropertyOperation=\"{operation}\"><tt:Source>{}</tt:Source><tt:Data>{}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>",
            items(source),
            items(data)
        )
    }

    fn notifications(channels: usize) -> Notifications {
        let cameras = [("cfg1", 1), ("src1", 1), ("cfg2", 2), ("src2", 2)];
        Notifications {
            cameras: cameras.map(|(token, number)| (token.to_owned(), number)).into(),
            channels,
            ..Notifications::default()
        }
    }

    fn read(notifications: &mut Notifications, messages: &[String]) -> Vec<Incident> {
        let text = format!(
            "<Body><PullMessagesResponse>{}</PullMessagesResponse></Body>",
            messages.concat()
        );
        let tree = XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap();
        let (incidents, count) = notifications.read(&tree);
        assert_eq!(count, messages.len());
        incidents
    }

    const MOTION: &str = "tns1:RuleEngine/CellMotionDetector/Motion";

    #[test]
    fn motion_begins_and_ends_on_the_channel_of_its_token() {
        let mut notifications = notifications(2);
        let states = |notifications: &mut Notifications, token: &str, value: &str| {
            let text = message(
                MOTION,
                "Changed",
                &[("VideoSourceConfigurationToken", token), ("Rule", "M1")],
                &[("IsMotion", value)],
            );
            let found = read(notifications, &[text]).remove(0);
            (found.state, found.channel, found.detail, found.ends_after)
        };
        let (begin, end) = (IncidentState::Begin, IncidentState::End);
        let rule = || "M1".to_owned();
        assert_eq!(
            states(&mut notifications, "cfg1", "true"),
            (begin, None, rule(), Some(MOTION_ENDS)),
            "not proven yet"
        );
        assert_eq!(
            states(&mut notifications, "cfg2", "1"),
            (begin, Some(2), rule(), Some(MOTION_ENDS))
        );
        assert_eq!(states(&mut notifications, "cfg2", "0"), (end, Some(2), rule(), None));
        assert_eq!(
            states(&mut notifications, "cfg1", "true"),
            (begin, Some(1), rule(), Some(MOTION_ENDS_AT_LAST))
        );
        assert_eq!(
            states(&mut notifications, "00200", "true").1,
            None,
            "no number in a name is a channel"
        );
    }

    #[test]
    fn how_things_stand_is_no_news_unless_it_differs() {
        let mut notifications = notifications(1);
        let mut one = |operation: &str, value: &str| {
            let text = message(
                "tns1:VideoSource/SignalLoss",
                operation,
                &[("Source", "src1")],
                &[("State", value)],
            );
            read(&mut notifications, &[text])
                .pop()
                .map(|found| (found.state, found.is_news))
        };
        assert_eq!(one("Initialized", "false"), None);
        assert_eq!(one("Changed", "true"), Some((IncidentState::Begin, true)));
        assert_eq!(one("Initialized", "true"), None, "it is known");
        assert_eq!(
            one("Initialized", "false"),
            Some((IncidentState::End, true)),
            "it ended while nobody listened"
        );
        assert_eq!(one("Deleted", "false"), None);
        assert_eq!(one("Initialized", "true"), Some((IncidentState::Begin, false)));
    }

    #[test]
    fn figures_are_ignored_words_are_understood_and_the_unknown_keeps_its_name() {
        let mut notifications = notifications(1);
        let found = read(
            &mut notifications,
            &[
                message("tns1:Monitoring/ProcessorUsage", "Changed", &[], &[("Value", "7")]),
                message(
                    "tns1:RecordingConfig/JobState",
                    "Changed",
                    &[("RecordingJobToken", "j")],
                    &[("State", "Error")],
                ),
                message(
                    "tns1:RecordingConfig/JobState",
                    "Changed",
                    &[("RecordingJobToken", "j")],
                    &[("State", "Active")],
                ),
                message(
                    "tns1:RuleEngine/LineDetector/Crossed",
                    "Changed",
                    &[("Source", "src1")],
                    &[("ObjectId", "1")],
                ),
                message("tnsmaker:Odd/Thing", "", &[("Gate", "3")], &[("Count", "1")]),
                message(
                    "tns1:Device/Trigger/DigitalInput",
                    "Changed",
                    &[("InputToken", "in2")],
                    &[("LogicalState", "1")],
                ),
            ],
        );
        let short: Vec<_> = found
            .iter()
            .map(|one| (one.kind, one.state, one.name.as_str(), one.detail.as_str()))
            .collect();
        use IncidentKind as Kind;
        assert_eq!(
            short,
            [
                (
                    Kind::RecordingFailure,
                    IncidentState::Begin,
                    "RecordingConfig/JobState",
                    "j"
                ),
                (
                    Kind::RecordingFailure,
                    IncidentState::End,
                    "RecordingConfig/JobState",
                    "j"
                ),
                (
                    Kind::LineCrossing,
                    IncidentState::Moment,
                    "RuleEngine/LineDetector/Crossed",
                    ""
                ),
                (Kind::Other, IncidentState::Moment, "Odd/Thing", "3"),
                (
                    Kind::AlarmInput,
                    IncidentState::Begin,
                    "Device/Trigger/DigitalInput",
                    "in2"
                ),
            ]
        );
        assert_eq!(found[2].channel, Some(1), "its only camera");
        assert_eq!(found[0].device_time, Some(1_795_956_000));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut notifications = notifications(1);
        for number in 0..3 * MOST_STATES {
            let source = number.to_string();
            read(
                &mut notifications,
                &[message(MOTION, "Changed", &[("Rule", &source)], &[("State", "true")])],
            );
        }
        assert_eq!(notifications.states.len(), MOST_STATES);
    }
}
