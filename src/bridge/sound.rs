/// What a stream's sound does now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SoundState {
    /// Nobody listens.
    #[default]
    Off,
    /// Asked for; nothing is heard yet.
    Starting,
    /// Samples reach the output.
    Playing,
    Failed(SoundProblem),
}

/// Why there is no sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundProblem {
    /// The stream carries none.
    NoSound,
    /// In an encoding that is not played here, such as `G726-32`.
    Unplayable { codec: String },
    /// The device offers it and did not give it.
    Refused,
    /// This computer has no audio output that works.
    NoDevice,
    /// What speaks to the audio output is not installed; one of these packages does.
    NoPlugin { packages: String },
    /// The audio output fails, in the words of the system.
    NoOutput { reason: String },
    /// What came cannot be decoded.
    Broken { reason: String },
}
