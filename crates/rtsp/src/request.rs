use std::{fmt, time::Duration};

use device::{Credentials, MediaTransport};

use super::{Challenge, Habits, Replay};

/// What is asked of a device.
#[derive(Clone)]
pub struct Request {
    /// `rtsps` instead of `rtsp` in request URIs; the stream handed the bytes is TLS already.
    pub secure: bool,
    /// `host[:port]` for request URIs; the port is left out where it is the default one (554, or 322 for `rtsps`).
    pub authority: String,
    /// Path and query, such as `/Streaming/Channels/101`. Some brands demand the password in it, so it is never printed.
    pub target: String,
    pub credentials: Option<Credentials>,
    /// Whether the password may be sent by Basic, by which whoever answers learns it. `false` where a redirect led to another
    /// origin (scheme, host and port, RFC 6454 §4): there only Digest is answered.
    pub basic: bool,
    /// Sent as `User-Agent`.
    pub user_agent: String,
    /// Whether sound is set up beside the picture.
    pub audio: bool,
    /// What the device wanted for a sign-in when it closed an earlier connection, so that the first request is signed already.
    pub challenge: Option<Challenge>,
    /// How the user wants the media to be carried.
    pub transport: MediaTransport,
    /// What earlier sessions with this recorder taught.
    pub habits: Habits,
    pub patience: SessionPatience,
    /// Recorded pictures are wanted, not live ones.
    pub replay: Option<Replay>,
    /// Source of client nonces (RFC 7616 §3.4): random in production, fixed in tests.
    pub seed: u64,
}

/// How long a session waits. It has no limit of its own beside these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPatience {
    /// Each request for its reply. Their number is bounded.
    pub reply: Duration,
    /// The first datagram after PLAY, before another transport is asked for; where none is left, before it is said that nothing comes.
    pub media: Duration,
    /// The same where no transport is left, before the session ends. Waiting on an open socket costs nothing.
    pub longest: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("secure", &self.secure)
            .field("authority", &self.authority)
            .field("signed", &self.credentials.is_some())
            .field("audio", &self.audio)
            .finish_non_exhaustive()
    }
}
