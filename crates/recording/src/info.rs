//! What a part says of itself, in a box that stands before its pictures: lines of `name: value`.

use device::{ChannelId, DeviceId, StreamId, StreamKind};

/// Why something is recorded. What counts more comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingCause {
    /// The hours of a schedule.
    Schedule,
    /// A person.
    Hand,
    /// Something happened before the camera.
    Event,
}

impl RecordingCause {
    /// Its stable name, in files and names of files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Hand => "manual",
            Self::Event => "event",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Schedule, Self::Hand, Self::Event]
            .into_iter()
            .find(|cause| cause.name() == name)
    }
}

/// What is known of a part before its first picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    pub stream: StreamId,
    pub cause: RecordingCause,
    /// When its first picture arrived, in microseconds since 1970 (UTC), by the clock of this computer.
    pub begin: i64,
    /// How far the clock on the wall was ahead of UTC then, in minutes.
    pub offset: i16,
    /// Names as they were then.
    pub site: String,
    pub device: String,
    pub channel: String,
}

impl PartInfo {
    /// As a part has it.
    pub(super) fn text(&self) -> String {
        let Self {
            stream,
            cause,
            begin,
            offset,
            site,
            device,
            channel,
        } = self;
        let kind = match stream.kind {
            StreamKind::Main => "main",
            StreamKind::Sub => "sub",
        };
        let line = |text: &str| text.replace(['\n', '\r', '\0'], " ");
        format!(
            "format: monomi-part-1\ndevice-id: {}\nnumber: {}\nstream: {kind}\ncause: {}\nbegin-us: {begin}\n\
             offset-minutes: {offset}\nsite: {}\ndevice: {}\nchannel: {}\n",
            stream.channel.device,
            stream.channel.number,
            cause.name(),
            line(site),
            line(device),
            line(channel),
        )
    }

    /// What is not known is left out; `None`: it does not say of which stream it is, and when.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            lines.find_map(|(known, value)| (known == name).then_some(value))
        };
        let named = |name| field(name).unwrap_or_default().to_owned();
        let device: DeviceId = field("device-id")?.parse().ok()?;
        let number = field("number")?.parse().ok()?;
        let begin: i64 = field("begin-us")?.parse().ok()?;
        // A time that no clock shows is a damaged file.
        if !(0..=32_503_680_000_000_000).contains(&begin) {
            return None;
        }
        let offset = field("offset-minutes").and_then(|text| text.parse().ok());
        Some(Self {
            stream: StreamId {
                channel: ChannelId { device, number },
                kind: match field("stream") {
                    Some("sub") => StreamKind::Sub,
                    _ => StreamKind::Main,
                },
            },
            cause: field("cause")
                .and_then(RecordingCause::from_name)
                .unwrap_or(RecordingCause::Schedule),
            begin,
            offset: offset.filter(|offset| (-1_440..=1_440).contains(offset)).unwrap_or(0),
            site: named("site"),
            device: named("device"),
            channel: named("channel"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn info() -> PartInfo {
        PartInfo {
            stream: StreamId {
                channel: ChannelId {
                    device: DeviceId(0x1f),
                    number: 3,
                },
                kind: StreamKind::Sub,
            },
            cause: RecordingCause::Event,
            begin: 1_764_573_000_000_000,
            offset: 540,
            site: "本店".to_owned(),
            device: "玄関: NVR".to_owned(),
            channel: String::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_unknown_lines_are_passed_over() {
        let text = format!("later: yes\n{}", info().text());
        assert_eq!(PartInfo::from_text(&text), Some(info()));
        assert_eq!(PartInfo::from_text("begin-us: 5\n"), None);
        let hostile = info().text().replace("1764573000000000", "9223372036854775807");
        assert_eq!(PartInfo::from_text(&hostile), None);
    }
}
