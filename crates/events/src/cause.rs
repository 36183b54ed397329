//! Why something is not seen, coarse enough to be kept in a file and to be ruled by.

use crate::choice;
use reconnect::{Failure, FailureKind, Stage};

choice! {
    /// What kind of trouble an event is: alerts have rules for each.
    #[derive(PartialOrd, Ord)]
    enum Kind {
        /// Nothing answers.
        NoAnswer = "no-answer",
        /// The device is there, and its service is not.
        Refused = "refused",
        SignIn = "sign-in",
        Certificate = "certificate",
        /// It answers, and some or all of its pictures do not come.
        NoPicture = "no-picture",
        /// This computer has no network, or cannot begin.
        Computer = "computer",
    }
}

choice! {
    /// The cause of an event, as it is told in a few words.
    #[derive(PartialOrd, Ord)]
    enum Cause {
        NoNetwork = "no-network",
        /// Pictures came and then nothing more, or nothing answers.
        NoAnswer = "no-answer",
        /// The network says that there is no way.
        NoWay = "no-way",
        /// Its name is not found.
        NoName = "no-name",
        Refused = "refused",
        Local = "local",
        SignIn = "sign-in",
        PasswordStore = "password-store",
        CertificateChanged = "certificate-changed",
        CertificateUnsure = "certificate-unsure",
        Tls = "tls",
        /// It is full, or asks to wait.
        Limit = "limit",
        BrokenOff = "broken-off",
        Protocol = "protocol",
        SpeaksHttp = "speaks-http",
        Undecodable = "undecodable",
        NoSuchChannel = "no-such-channel",
        UnsupportedCodec = "unsupported-codec",
        Transport = "transport",
        TooLarge = "too-large",
    }
}

impl Cause {
    /// The cause that a failure is; `None`: the person's own choice, which is no trouble.
    #[must_use]
    pub fn of(failure: &Failure) -> Option<Self> {
        Some(match (failure.kind, failure.stage) {
            (FailureKind::Policy, _) => return None,
            (FailureKind::Refused, _) => Self::Refused,
            (FailureKind::Timeout | FailureKind::Unreachable, Stage::Resolve) => Self::NoName,
            (FailureKind::Timeout, _) => Self::NoAnswer,
            (FailureKind::Unreachable | FailureKind::NoRoute, _) => Self::NoWay,
            (FailureKind::Local, _) => Self::Local,
            (FailureKind::PasswordStore, _) => Self::PasswordStore,
            (FailureKind::Auth, _) => Self::SignIn,
            (FailureKind::Limit { .. }, _) => Self::Limit,
            (FailureKind::Protocol, Stage::Media) => Self::BrokenOff,
            (FailureKind::Protocol, _) => Self::Protocol,
            (FailureKind::SpeaksHttp, _) => Self::SpeaksHttp,
            (FailureKind::Undecodable, _) => Self::Undecodable,
            (FailureKind::Tls | FailureKind::TlsHungUp | FailureKind::TlsUnspoken { .. }, _) => Self::Tls,
            (FailureKind::CertificateChanged, _) => Self::CertificateChanged,
            (FailureKind::CertificateUnsure, _) => Self::CertificateUnsure,
            (FailureKind::NoSuchChannel, _) => Self::NoSuchChannel,
            (FailureKind::UnsupportedCodec, _) => Self::UnsupportedCodec,
            (FailureKind::NoTransport { .. }, _) => Self::Transport,
            (FailureKind::TooLarge { .. }, _) => Self::TooLarge,
        })
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::NoNetwork | Self::Local => Kind::Computer,
            Self::NoAnswer | Self::NoWay | Self::NoName => Kind::NoAnswer,
            Self::Refused => Kind::Refused,
            Self::SignIn | Self::PasswordStore => Kind::SignIn,
            Self::CertificateChanged | Self::CertificateUnsure | Self::Tls => Kind::Certificate,
            Self::Limit
            | Self::BrokenOff
            | Self::Protocol
            | Self::SpeaksHttp
            | Self::Undecodable
            | Self::NoSuchChannel
            | Self::UnsupportedCodec
            | Self::Transport
            | Self::TooLarge => Kind::NoPicture,
        }
    }

    /// Whether a trouble that turns from one cause into the other is still the same: a recorder that starts again breaks off, is silent,
    /// refuses, and answers nonsense. What a person has to do something else about is another trouble.
    #[must_use]
    pub fn continues(self, other: Self) -> bool {
        self.family() == other.family()
    }

    fn family(self) -> Kind {
        match self {
            Self::NoNetwork | Self::Local | Self::Refused | Self::BrokenOff | Self::Protocol | Self::Limit => {
                Kind::NoAnswer
            }
            _ => self.kind(),
        }
    }
}
