use std::fmt;

macro_rules! quirks {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// Something a device gets wrong and that was tolerated. Holds no text of the device.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Quirk { $($(#[$doc])* $name,)+ }

        impl Quirk {
            /// A few English words for a log or a trace.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

quirks! {
    LineFeedOnly = "lines end in LF only",
    NoReason = "status line without a reason phrase",
    HttpVersion = "reply says HTTP",
    SpaceBeforeColon = "space before the colon of a header",
    FoldedHeader = "folded header",
    JunkHeader = "header line without a colon",
    NotUtf8 = "header is not UTF-8",
    MissingCSeq = "reply without CSeq",
    WrongCSeq = "reply with another CSeq",
    UnexpectedReply = "reply to nothing",
    MissingContentLength = "body without Content-Length",
    ShortBody = "body shorter than Content-Length",
    Junk = "junk between frames",
    UnknownChannel = "data on a channel that was not set up",
    NotRtp = "interleaved data that is not RTP",
    UncleanChallenge = "malformed challenge",
    OptionsRefused = "OPTIONS refused",
    IncompleteDescription = "SDP without v=, o= or s=",
    DescriptionNotUtf8 = "SDP is not UTF-8",
    MalformedDescription = "malformed SDP line",
    GuessedFormat = "payload format not stated",
    SetupRetried = "SETUP accepted in another form only",
    SoundRefused = "SETUP of the sound refused",
    SetUpAnew = "sound refused beside a picture that plays, set up anew",
    MissingChannels = "Transport without interleaved=",
    OtherChannels = "other channels than asked for",
    MissingSession = "SETUP answered without Session",
    SessionLost = "session unknown at PLAY, set up again",
    PlayRetried = "PLAY accepted in another form only",
    DataBeforePlay = "data before the reply to PLAY",
    PlayUnanswered = "data, but no good reply to PLAY",
    KeepaliveRefused = "keepalive refused",
    KeepaliveUnanswered = "keepalive not answered",
    TransportRefused = "asked for another transport on the same connection",
    OtherTransport = "another transport set up than was asked for",
    ServerRequest = "device sent a request",
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of quirks.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks(u64);

impl Quirks {
    /// Returns whether it was new.
    pub fn insert(&mut self, quirk: Quirk) -> bool {
        let before = self.0;
        self.0 |= 1 << (quirk as u32);
        self.0 != before
    }

    /// Takes over what `other` holds.
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    #[must_use]
    pub fn contains(self, quirk: Quirk) -> bool {
        self.0 & (1 << (quirk as u32)) != 0
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is here and not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.iter().copied().filter(move |quirk| self.contains(*quirk))
    }
}

const _: () = assert!(Quirk::ALL.len() <= 64, "Quirks is one u64");

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
