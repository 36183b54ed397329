//! What is recorded by itself: rules of devices and channels, as settings have them.

use device::{ChannelId, DeviceId, StreamKind};

use super::schedule::{Schedule, ScheduleError};

/// What is recorded of a channel by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRule {
    pub device: DeviceId,
    /// `None`: of all channels that have no rule of their own.
    pub channel: Option<u16>,
    /// Which stream; a second connection is opened where a tile shows the other one.
    pub stream: StreamKind,
    /// In which hours.
    pub schedule: Schedule,
    /// When something happens before the camera, from some seconds before on.
    pub on_event: bool,
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingRuleError {
    #[error("'{0}' is no rule; such is DEVICE/CHANNEL=sub;mon-fri 08:00-20:00;events")]
    NoRule(String),
    #[error("there are two rules for {0}")]
    Twice(String),
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

/// All rules, at most one for each device and one for each of its channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingRules(Vec<RecordingRule>);

impl RecordingRules {
    /// # Errors
    /// The first text that is no rule.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, RecordingRuleError> {
        let mut rules = Self::default();
        for text in texts {
            let rule = read(text)?;
            if rules.position(rule.device, rule.channel).is_some() {
                return Err(RecordingRuleError::Twice(whom(&rule)));
            }
            rules.0.push(rule);
        }
        Ok(rules)
    }

    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(written).collect()
    }

    #[must_use]
    pub fn list(&self) -> &[RecordingRule] {
        &self.0
    }

    /// The one that holds for a channel.
    #[must_use]
    pub fn of(&self, channel: ChannelId) -> Option<&RecordingRule> {
        let own = self.position(channel.device, Some(channel.number));
        own.or_else(|| self.position(channel.device, None))
            .and_then(|at| self.0.get(at))
    }

    /// Puts a rule in the place of the one for the same device or channel.
    pub fn set(&mut self, rule: RecordingRule) {
        match self.position(rule.device, rule.channel) {
            Some(at) => self.0[at] = rule,
            None => self.0.push(rule),
        }
    }

    pub fn remove(&mut self, device: DeviceId, channel: Option<u16>) {
        self.0.retain(|rule| (rule.device, rule.channel) != (device, channel));
    }

    fn position(&self, device: DeviceId, channel: Option<u16>) -> Option<usize> {
        self.0
            .iter()
            .position(|rule| (rule.device, rule.channel) == (device, channel))
    }
}

fn whom(rule: &RecordingRule) -> String {
    match rule.channel {
        None => rule.device.to_string(),
        Some(number) => format!("{}/{number}", rule.device),
    }
}

fn written(rule: &RecordingRule) -> String {
    let stream = match rule.stream {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    };
    let mut words = vec![stream.to_owned()];
    words.extend(rule.schedule.words());
    if rule.on_event {
        words.push("events".to_owned());
    }
    format!("{}={}", whom(rule), words.join(";"))
}

fn read(text: &str) -> Result<RecordingRule, RecordingRuleError> {
    let no_rule = || RecordingRuleError::NoRule(text.to_owned());
    let (whom, what) = text.split_once('=').ok_or_else(no_rule)?;
    let (device, channel) = match whom.split_once('/') {
        None => (whom, None),
        Some((device, number)) => (device, Some(number.trim().parse().map_err(|_other| no_rule())?)),
    };
    let mut rule = RecordingRule {
        device: device.trim().parse().map_err(|_other| no_rule())?,
        channel,
        stream: StreamKind::Main,
        schedule: Schedule::default(),
        on_event: false,
    };
    for word in what.split(';').map(str::trim).filter(|word| !word.is_empty()) {
        match word {
            "main" => rule.stream = StreamKind::Main,
            "sub" => rule.stream = StreamKind::Sub,
            "events" => rule.on_event = true,
            span => rule.schedule.add(span)?,
        }
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written_and_a_channels_own_one_counts() {
        let texts = [
            "0000000000000007=sub;always",
            "0000000000000007/3=main;mon-fri 08:00-20:00;events",
        ];
        let rules = RecordingRules::read(texts).unwrap();
        assert_eq!(rules.texts(), texts);
        let of = |number| {
            rules.of(ChannelId {
                device: DeviceId(7),
                number,
            })
        };
        assert!(of(3).unwrap().on_event && !of(4).unwrap().on_event);
        assert!(RecordingRules::read(["x=always"]).is_err());
        assert!(RecordingRules::read(["7=soon"]).is_err());
        assert!(RecordingRules::read(["7=always", "7=events"]).is_err());
    }
}
