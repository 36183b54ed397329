use std::net::IpAddr;
use std::time::Duration;

/// How an attempt or a stream ended badly; every kind has one [`Remedy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The device answered with RST: the path works, the service does not.
    Refused,
    /// No answer in time.
    Timeout,
    /// The network reported that there is no way (ICMP, or the name did not resolve).
    Unreachable,
    /// This machine itself has no route; no packet was sent.
    NoRoute,
    /// This machine could not begin, before any packet: no request path is known, its descriptors are used up. Says nothing of
    /// the device or its path.
    Local,
    /// The password store of this machine did not give the password; no packet was sent.
    PasswordStore,
    /// The policy (internal network only) forbids the address; no packet was sent.
    Policy,
    /// The device did not accept the user or the password.
    Auth,
    /// The device is full or asks to wait (453, 486, 503, "too many users").
    Limit { retry_after: Option<Duration> },
    /// The device spoke, but not understandably, or closed the session.
    Protocol,
    /// A web server answered, not one for RTSP.
    SpeaksHttp,
    /// Media arrives, but the decoder makes no picture of it.
    Undecodable,
    /// The TLS handshake failed for a reason that may pass.
    Tls,
    /// The device took the connection and closed it when it was spoken to in TLS. One that starts does so, and one to which this is
    /// too new: what it does again and again is [`TlsObstacle::HangsUp`].
    TlsHungUp,
    /// The device answered, but no TLS connection comes of it until something is changed.
    TlsUnspoken { obstacle: TlsObstacle },
    /// The device shows another certificate than the one that was remembered.
    CertificateChanged,
    /// What was remembered of the device's certificate cannot be read any more, so that none may be taken for the first one; no
    /// packet was sent.
    CertificateUnsure,
    /// The device knows no such stream (404, 454, 400 to DESCRIBE).
    NoSuchChannel,
    /// The stream has no video that can be shown.
    UnsupportedCodec,
    /// Decoding pictures of this size, in pixels, would take more memory than this computer may give. The stream plays, and shows
    /// nothing.
    TooLarge {
        width: u32,
        height: u32,
        limit: MemoryLimit,
    },
    /// The device answered, but its pictures do not reach this computer by any transport that both sides allow.
    NoTransport { obstacle: TransportObstacle },
}

/// Which limit of memory a stream exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryLimit {
    /// That of one stream.
    Stream,
    /// That of all streams that are decoded together.
    Together,
}

/// Why pictures do not come by any transport (RFC 2326 §12.39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportObstacle {
    /// The device refuses TCP, UDP and multicast.
    Refused,
    /// The device refuses the only one that the user chose.
    NotChosen,
    /// It says that it sends datagrams, but none comes: a firewall drops them.
    Silent,
    /// This computer has no port for datagrams, or may not join the group to which it sends.
    Unopened,
    /// It would send datagrams alone, which are not encrypted, and is registered with RTSPS.
    Encrypted,
}

/// Why another TLS handshake with a device would end as the last one did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlsObstacle {
    /// It speaks TLS 1.1 or older alone, whose flaws are why nothing new speaks it (RFC 8996).
    OldVersion,
    /// It and this program have no cipher or key exchange in common, such as where it knows RSA key exchange alone.
    NoCommonCipher,
    /// What it speaks on this port is not TLS.
    NotTls,
    /// It lets nobody in without a certificate of theirs.
    ClientCertificate,
    /// It shows no certificate, or one whose key cannot be read or used.
    UnusableCertificate,
    /// It does not prove that it has the key of the certificate that it shows.
    KeyNotProven,
    /// It closes every connection on which TLS is spoken, without a word.
    HangsUp,
}

impl TlsObstacle {
    /// What is in the way and what helps, in English, for the log and scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OldVersion => {
                "speaks TLS 1.1 or older alone; update its firmware, or use RTSP inside its own network"
            }
            Self::NoCommonCipher => {
                "offers no cipher that is still spoken; update its firmware, or use RTSP inside its own network"
            }
            Self::NotTls => "does not speak TLS on this port; use RTSP, or its port for RTSPS",
            Self::ClientCertificate => "wants a certificate of its clients; switch that off in the device",
            Self::UnusableCertificate => {
                "shows no certificate with a key of use; update its firmware, or use RTSP inside its own network"
            }
            Self::KeyNotProven => "does not prove to have the key of its certificate; somebody may be in between",
            Self::HangsUp => {
                "hangs up whenever TLS is spoken, so that it probably knows old TLS alone, or none on this port; update its \
                 firmware, check the port, or use RTSP inside its own network"
            }
        }
    }
}

/// What a kind of failure is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Try the device again, 2 to 60 s later.
    RetryWithBackoff,
    /// Leave the device alone for this long at least (30 s where it did not say); streams that play stay.
    WaitAtLeast(Option<Duration>),
    /// The device is well, this stream is not: try the stream again minutes later.
    RetrySlowly,
    /// Nothing until somebody changes the credentials (or trusts the new certificate), or the slow retry where the user allows it.
    StopUntilChanged,
    /// Nothing until a person asks, the device was edited or it says that it has started. No timer asks.
    AwaitChange,
    /// The same, and a look each 5 to 60 minutes, for what is in the way is not certain.
    LookRarely,
    /// Nothing until the policy or the address changes; a name is looked up again each minute.
    AwaitPolicy,
    /// Nothing until the operating system reports a change.
    AwaitNetwork,
    /// Nothing until the password store was asked once more, or the device was edited. No timer asks.
    AwaitPassword,
}

impl FailureKind {
    /// Whether it is about one stream of a device, and not about the device.
    #[must_use]
    pub fn is_of_one_stream(self) -> bool {
        matches!(
            self,
            Self::NoSuchChannel
                | Self::UnsupportedCodec
                | Self::Undecodable
                | Self::NoTransport {
                    obstacle: TransportObstacle::Silent | TransportObstacle::Unopened
                }
        )
    }

    #[must_use]
    pub fn remedy(self) -> Remedy {
        match self {
            Self::Refused
            | Self::Timeout
            | Self::Unreachable
            | Self::Protocol
            | Self::SpeaksHttp
            | Self::Undecodable
            | Self::Tls
            | Self::TlsHungUp
            | Self::Local => Remedy::RetryWithBackoff,
            Self::Limit { retry_after } => Remedy::WaitAtLeast(retry_after),
            // Nothing says that a firewall was opened, or that a group can be joined.
            Self::NoTransport {
                obstacle: TransportObstacle::Silent | TransportObstacle::Unopened,
            } => Remedy::RetrySlowly,
            Self::NoTransport { .. } => Remedy::AwaitChange,
            Self::NoSuchChannel | Self::UnsupportedCodec => Remedy::RetrySlowly,
            Self::Auth | Self::CertificateChanged => Remedy::StopUntilChanged,
            Self::TlsUnspoken {
                obstacle: TlsObstacle::HangsUp,
            } => Remedy::LookRarely,
            Self::TlsUnspoken { .. } | Self::CertificateUnsure | Self::TooLarge { .. } => Remedy::AwaitChange,
            Self::Policy => Remedy::AwaitPolicy,
            Self::NoRoute => Remedy::AwaitNetwork,
            Self::PasswordStore => Remedy::AwaitPassword,
        }
    }

    /// The stable name in `watch --json` (`result`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable | Self::NoRoute => "unreachable",
            Self::Policy => "policy",
            Self::Auth => "auth",
            Self::PasswordStore => "password-store",
            Self::Limit { .. } => "limit",
            Self::Protocol
            | Self::SpeaksHttp
            | Self::Undecodable
            | Self::NoSuchChannel
            | Self::UnsupportedCodec
            | Self::Local => "protocol",
            Self::NoTransport { .. } => "transport",
            Self::TooLarge { .. } => "too-large",
            Self::Tls
            | Self::TlsHungUp
            | Self::TlsUnspoken { .. }
            | Self::CertificateChanged
            | Self::CertificateUnsure => "tls",
        }
    }
}

/// How far the attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Resolve,
    Connect,
    Tls,
    Options,
    Describe,
    Setup,
    Play,
    /// The stream had been playing.
    Media,
}

impl Stage {
    /// The stable name for logs and scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Options => "options",
            Self::Describe => "describe",
            Self::Setup => "setup",
            Self::Play => "play",
            Self::Media => "media",
        }
    }
}

/// A classified failure with what the device said (bounded, never a secret).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    pub kind: FailureKind,
    pub stage: Stage,
    /// Such as `454 Session Not Found`; at most 200 characters, may be empty.
    pub detail: String,
}

impl Failure {
    /// The policy forbids this address.
    #[must_use]
    pub fn forbidden(address: IpAddr) -> Self {
        Self {
            kind: FailureKind::Policy,
            stage: Stage::Resolve,
            detail: address.to_string(),
        }
    }

    /// Whether an attempt that ended so may have sent anything: only then it counts as failed.
    #[must_use]
    pub fn sent_packets(&self) -> bool {
        match self.kind {
            FailureKind::Policy
            | FailureKind::NoRoute
            | FailureKind::Local
            | FailureKind::PasswordStore
            | FailureKind::CertificateUnsure => false,
            // The same words were refused before: the recorder was not asked again.
            FailureKind::Auth => self.stage > Stage::Resolve,
            FailureKind::Refused
            | FailureKind::Timeout
            | FailureKind::Unreachable
            | FailureKind::Limit { .. }
            | FailureKind::Protocol
            | FailureKind::SpeaksHttp
            | FailureKind::Undecodable
            | FailureKind::Tls
            | FailureKind::TlsHungUp
            | FailureKind::TlsUnspoken { .. }
            | FailureKind::CertificateChanged
            | FailureKind::NoSuchChannel
            | FailureKind::UnsupportedCodec
            | FailureKind::TooLarge { .. }
            | FailureKind::NoTransport { .. } => true,
        }
    }

    /// Whether this speaks against the path, not the device: nothing came back before a connection stood, or a stream that
    /// had been playing fell silent. A device that accepts and then says nothing proves its path.
    #[must_use]
    pub fn blames_path(&self) -> bool {
        matches!(self.kind, FailureKind::Timeout | FailureKind::Unreachable)
            && matches!(self.stage, Stage::Resolve | Stage::Connect | Stage::Media)
    }

    /// Whether something came back: its path works.
    #[must_use]
    pub(super) fn is_an_answer(&self) -> bool {
        self.sent_packets() && !self.blames_path()
    }
}
