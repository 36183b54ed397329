use std::{
    fmt,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{DatagramOrder, Lesson, Message, Quirk, ReplayEvent, Track};

/// What a [`Session`](super::Session) wants next.
#[derive(Clone, PartialEq)]
pub enum SessionOutput {
    /// Bytes to write to the socket, in this order.
    Send(Bytes),
    Event(Event),
    /// What the sockets beside the connection have to do, in this order.
    Datagrams(DatagramOrder),
    /// The session has nothing to do before `until` unless bytes arrive.
    Sleep {
        until: Instant,
        why: &'static str,
    },
}

/// What happened.
#[derive(Clone, PartialEq)]
pub enum Event {
    /// The device plays: it answered PLAY, or sent data before the reply. `tracks` are those that were set up, the video first.
    /// The event comes again when sound was set up beside the picture.
    Playing { tracks: Vec<Track> },
    /// PLAY was answered, and no datagram came so far by the only transport that is left. It is waited for on.
    Silent { detail: String },
    /// One RTP packet of the track with this index in `tracks`.
    Rtp { track: usize, packet: Bytes },
    /// One compound RTCP packet of the track with this index in `tracks`.
    Rtcp { track: usize, packet: Bytes },
    /// The device did something wrong that was tolerated. Each kind is told once a session.
    Quirk(Quirk),
    /// The session taught something that the next one should begin with.
    Learnt(Lesson),
    /// What became of an order of recorded pictures; in its place among the packets.
    Replay(ReplayEvent),
    /// What the device says, as it came; told where [`Session::tell_messages`](super::Session::tell_messages) asked for that. It may
    /// echo a sign-in.
    Message(Message),
    /// Terminal: the device sends the client to another address.
    Redirect(Redirect),
    /// Terminal.
    Failed(SessionError),
    /// Terminal: closed because [`Session::close`](super::Session::close) was called.
    Closed,
}

/// Where a redirect leads (RFC 2326 §10.10, §11.3). Whether to follow is the caller's policy.
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Name or address; IPv6 without brackets.
    pub host: String,
    pub port: u16,
    pub secure: bool,
    /// Path and query for the next [`Request`](super::Request).
    pub target: String,
}

/// Why a session ended, at which step, and what the device said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionError {
    pub kind: SessionErrorKind,
    pub step: Step,
    /// At most 200 characters, no control characters, never a secret; may be empty.
    pub detail: String,
}

/// The kinds of failure a caller reacts to differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionErrorKind {
    /// The device does not accept the user or the password, or wants one and there is none. At most one wrong try was made.
    SignIn,
    /// Basic is all that the device takes, and the password may not be sent so ([`Request::basic`](crate::Request)).
    InClear,
    /// The device knows no such stream.
    NoSuchStream,
    /// The device is full or asks to wait (453, 486, 503, "too many users").
    Limit { retry_after: Option<Duration> },
    /// There is no video that can be shown; the detail names what there is.
    NoVideo,
    /// A reply did not come in time.
    Timeout,
    /// No way of carrying the media suits both sides.
    NoTransport(TransportFault),
    /// What the device said cannot be understood, or it refused for no known reason.
    Protocol,
    /// A web server refused what it does not understand.
    Http,
    /// The device closed the connection or announced the end of the stream.
    Ended,
}

/// Why no transport suits both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportFault {
    /// The device refuses every transport that is allowed.
    Refused,
    /// Datagrams were set up, but none came: something on the way drops them.
    Silent,
    /// This computer has no port for datagrams, or may not join the group to which the device sends.
    Unopened,
    /// Only transports are allowed that would leave the encryption of the connection.
    Encrypted,
}

/// How far a session had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Options,
    Describe,
    Setup,
    Play,
    /// Playing.
    Media,
    Teardown,
}

impl Event {
    /// Whether the session is over after this event: only [`SessionOutput::Sleep`] follows.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Redirect(_) | Self::Failed(_) | Self::Closed)
    }
}

/// A request may carry credentials, so only its length is printed.
impl fmt::Debug for SessionOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Event(event) => event.fmt(f),
            Self::Datagrams(order) => order.fmt(f),
            Self::Sleep { until, why } => f.debug_struct("Sleep").field("until", until).field("why", why).finish(),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playing { tracks } => f.debug_struct("Playing").field("tracks", tracks).finish(),
            Self::Silent { detail } => write!(f, "Silent({detail})"),
            Self::Rtp { track, packet } => write!(f, "Rtp {{ track: {track}, {} bytes }}", packet.len()),
            Self::Rtcp { track, packet } => write!(f, "Rtcp {{ track: {track}, {} bytes }}", packet.len()),
            Self::Quirk(quirk) => write!(f, "Quirk({quirk:?})"),
            Self::Learnt(lesson) => write!(f, "Learnt({lesson:?})"),
            Self::Replay(event) => event.fmt(f),
            Self::Message(message) => message.fmt(f),
            Self::Redirect(redirect) => redirect.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

/// The path may hold a password, so it is not printed.
impl fmt::Debug for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}
