use std::time::Duration;

/// The longest text of a device that is kept, in characters.
const LONGEST: usize = 120;

/// Something that a device says happened to it, or before one of its cameras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub kind: IncidentKind,
    pub state: IncidentState,
    /// The channel, from 1, where the device tells one that can be believed; else it is the device's.
    pub channel: Option<u16>,
    /// What the device calls it, such as a topic or a code; never empty.
    pub name: String,
    /// Which one of several: a rule, an input, a disk. Empty where there is one.
    pub detail: String,
    /// Seconds since 1970 by the clock of the device, where it says a time that can be.
    pub device_time: Option<i64>,
    /// It is not only how things stand since before anybody listened.
    pub is_news: bool,
    /// What has begun counts as ended when it was not repeated for so long, for many devices never say that it has.
    pub ends_after: Option<Duration>,
}

/// Whether something begins, ends, or is over at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IncidentState {
    Begin,
    End,
    Moment,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IncidentKind {
    Motion,
    /// Somebody crossed a line.
    LineCrossing,
    /// Somebody is in an area, or has entered or left it.
    Intrusion,
    /// People, vehicles, animals, faces, parcels.
    Object,
    /// The recorder gets no picture of a camera.
    VideoLoss,
    /// A camera is covered, turned away, dark or out of focus.
    Tamper,
    Sound,
    AlarmInput,
    RelayOutput,
    StorageFull,
    StorageFailure,
    RecordingFailure,
    /// A fan, the power supply, the temperature.
    HardwareFailure,
    /// Somebody was refused at the device.
    SignInFailure,
    Network,
    Restart,
    /// What is not known here: its name tells.
    Other,
}

impl IncidentKind {
    /// For files and for scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::LineCrossing => "line-crossing",
            Self::Intrusion => "intrusion",
            Self::Object => "object",
            Self::VideoLoss => "video-loss",
            Self::Tamper => "tamper",
            Self::Sound => "sound",
            Self::AlarmInput => "alarm-input",
            Self::RelayOutput => "relay-output",
            Self::StorageFull => "storage-full",
            Self::StorageFailure => "storage-failure",
            Self::RecordingFailure => "recording-failure",
            Self::HardwareFailure => "hardware-failure",
            Self::SignInFailure => "sign-in-failure",
            Self::Network => "network",
            Self::Restart => "restart",
            Self::Other => "other",
        }
    }

    /// Whether it is about what a camera sees, so that a channel belongs to it.
    #[must_use]
    pub const fn is_of_camera(self) -> bool {
        matches!(
            self,
            Self::Motion
                | Self::LineCrossing
                | Self::Intrusion
                | Self::Object
                | Self::VideoLoss
                | Self::Tamper
                | Self::Sound
                | Self::RecordingFailure
                | Self::Other
        )
    }
}

impl Incident {
    /// Whether the other one is about the same, so that it repeats or ends it.
    #[must_use]
    pub fn is_about_same(&self, other: &Self) -> bool {
        (self.kind, self.channel) == (other.kind, other.channel)
            && self.name == other.name
            && self.detail == other.detail
    }
}

/// A text of a device as it is kept: in one line, without what cannot be seen, and no longer than 120 characters.
#[must_use]
pub fn text_of(text: &str) -> String {
    // What is further on is not looked at, so that no text costs more than its place on screen.
    let begin: String = text.chars().take(4 * LONGEST).collect();
    let words: Vec<&str> = begin.split_whitespace().collect();
    let visible = |character: &char| !device::is_hidden(*character) && !character.is_control();
    words.join(" ").chars().filter(visible).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_short_line() {
        assert_eq!(text_of(" a\r\n\tb\u{202e}\u{7}c "), "a bc");
        assert_eq!(text_of(&"監".repeat(1_000)).chars().count(), LONGEST);
        assert_eq!(text_of(&" ".repeat(1 << 20)), "");
    }
}
