/// How a device is asked for what happens at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EventSource {
    /// As its brand has it, where it was asked over HTTP before, so that its port is known; else not at all.
    #[default]
    Automatic,
    /// Not at all.
    Off,
    /// By ONVIF (PullPoint).
    Onvif,
    /// By Hikvision's own interface, which others sell, too.
    Hikvision,
    /// By Dahua's own interface, which others sell, too.
    Dahua,
}

impl EventSource {
    pub const ALL: [Self; 5] = [Self::Automatic, Self::Off, Self::Onvif, Self::Hikvision, Self::Dahua];

    /// As the command line and the files write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Off => "off",
            Self::Onvif => "onvif",
            Self::Hikvision => "hikvision",
            Self::Dahua => "dahua",
        }
    }

    /// What [`Self::as_str`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}
