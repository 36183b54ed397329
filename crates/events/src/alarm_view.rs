//! Which cameras an alarm opens, and where.

use std::collections::BTreeSet;

use super::{EventRecord, Subject};
use device::ChannelId;

/// Cameras that an alarm opens in a window of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmView {
    /// The cameras of the event itself.
    pub of_event: bool,
    pub channels: BTreeSet<ChannelId>,
    /// On which monitor, from 1; `None`: where the system puts it.
    pub monitor: Option<u8>,
    /// It takes the place of what the window on that monitor shows.
    pub replaces: bool,
    /// It closes by itself when the event has ended.
    pub closes: bool,
    unknown: Vec<String>,
}

/// The most cameras that one alarm opens.
const MOST: usize = 16;

impl AlarmView {
    pub(super) const KEYS: [&str; 4] = ["open", "monitor", "replace", "close"];

    /// The view that a new rule begins with: the cameras of the event, until it ends.
    #[must_use]
    pub fn of_event() -> Self {
        Self {
            of_event: true,
            closes: true,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn opens_anything(&self) -> bool {
        self.of_event || !self.channels.is_empty() || !self.unknown.is_empty()
    }

    /// The cameras that are opened about an event. `of_device`: the channels of a device.
    #[must_use]
    pub fn cameras(
        &self,
        event: &EventRecord,
        of_device: impl Fn(device::DeviceId) -> Vec<ChannelId>,
    ) -> Vec<ChannelId> {
        let mut cameras: Vec<ChannelId> = Vec::new();
        if self.of_event {
            match event.subject {
                Subject::Channel(channel) => cameras.push(channel),
                Subject::Channels(device) => {
                    cameras.extend(event.channels.iter().map(|number| ChannelId {
                        device,
                        number: *number,
                    }));
                }
                _ => cameras.extend(event.devices.iter().flat_map(|device| of_device(*device))),
            }
        }
        let more = self.channels.iter().filter(|channel| !cameras.contains(channel));
        let more: Vec<ChannelId> = more.copied().collect();
        cameras.extend(more);
        cameras.truncate(MOST);
        cameras
    }

    pub(super) fn read(&mut self, key: &str, value: &str) {
        match key {
            "open" => {
                for word in value.split('+').map(str::trim).filter(|word| !word.is_empty()) {
                    match (word, channel(word)) {
                        ("event", _) => self.of_event = true,
                        (_, Some(channel)) => drop(self.channels.insert(channel)),
                        (_, None) => self.unknown.push(word.to_owned()),
                    }
                }
            }
            "monitor" => self.monitor = value.parse().ok().filter(|number| *number > 0),
            "replace" => self.replaces = value == "yes",
            "close" => self.closes = value == "yes",
            _ => {}
        }
    }

    pub(super) fn fields(&self) -> Vec<String> {
        let channel = |of: &ChannelId| format!("{}:{}", of.device, of.number);
        let event = self.of_event.then(|| "event".to_owned());
        let words = event.into_iter().chain(self.channels.iter().map(channel));
        let words: Vec<String> = words.chain(self.unknown.iter().cloned()).collect();
        let mut fields = vec![format!("open={}", words.join("+"))];
        if let Some(monitor) = self.monitor {
            fields.push(format!("monitor={monitor}"));
        }
        let word = |yes| if yes { "yes" } else { "no" };
        fields.push(format!("replace={}", word(self.replaces)));
        fields.push(format!("close={}", word(self.closes)));
        fields
    }
}

/// A camera as `DEVICE:NUMBER`.
fn channel(text: &str) -> Option<ChannelId> {
    let (device, number) = text.split_once(':')?;
    Some(ChannelId {
        device: device.parse().ok()?,
        number: number.parse().ok()?,
    })
}
