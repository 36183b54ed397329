use super::address::StreamPlace;
use super::enquiry::EnquiryFault;

/// A recording of the device: what it keeps of one camera.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedRecording {
    pub token: String,
    /// What it calls its source.
    pub source: String,
    /// Its tracks with pictures; empty where it did not say.
    pub video: Vec<String>,
    /// Seconds since 1970, by the clock of the device.
    pub earliest: Option<i64>,
    pub latest: Option<i64>,
}

/// What became known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundRecordings {
    /// Their clock less ours, in seconds.
    pub clock_offset: Option<i64>,
    pub recordings: Vec<OfferedRecording>,
    /// Which of them is of the channel.
    pub chosen: Option<String>,
    /// When it has pictures: from, to, in seconds since 1970, by the clock of the device; sorted.
    pub spans: Vec<(i64, i64)>,
    /// The device did not say when there are gaps: the spans are no more than its oldest and newest picture.
    pub rough: bool,
    /// The device never said that it was done with what it tells; there may be more, and [`FoundRecordings::known_until`] says from when on.
    pub cut_off: bool,
    /// What comes later is not known, in seconds since 1970 by the clock of the device: a recording went on there, or the device had not
    /// come to it. `None`: all that was asked is known.
    pub known_until: Option<i64>,
    pub place: Option<StreamPlace>,
    /// Why it ended early.
    pub failed: Option<RecordingsFault>,
}

/// Why it ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingsFault {
    /// It has no service for it.
    NoSearch,
    /// Nothing is recorded, or nothing that says of which channel it is.
    NoRecording,
    Other(EnquiryFault),
}
