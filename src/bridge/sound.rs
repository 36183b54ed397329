/// The state of a stream's sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SoundState {
    /// Nobody listens.
    #[default]
    Off,
    /// The sound was asked for; nothing is heard yet.
    Starting,
    /// Samples reach the output.
    Playing,
    Failed(SoundProblem),
}

/// Why there is no sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundProblem {
    /// The stream has no sound.
    NoSound,
    /// The sound has an encoding that cannot be played here, such as `G726-32`.
    Unplayable { codec: String },
    /// The device offers sound and then refused it.
    Refused,
    /// This computer has no audio output that works.
    NoDevice,
    /// GStreamer's plug-in for the audio output is missing; one of these packages has it.
    NoPlugin { packages: String },
    /// The audio output fails, in the words of the system.
    NoOutput { reason: String },
    /// The sound cannot be decoded.
    Broken { reason: String },
}
