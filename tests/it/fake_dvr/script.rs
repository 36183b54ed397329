//! How the fake DVR behaves: plain values, everything normal by default.

use std::time::Duration;

use super::datagrams::Datagrams;
use super::life::Life;

/// The whole behaviour of one fake DVR. `..Script::default()` is a well-behaved recorder without a password.
#[derive(Clone, Debug)]
pub struct Script {
    pub auth: Auth,
    pub user: String,
    pub password: String,
    /// Between the quotes of the challenge, in any encoding.
    pub realm: &'static [u8],
    /// RTSPS with a certificate that it signed itself.
    pub tls: bool,
    pub codec: Codec,
    /// Pictures a second.
    pub fps: u32,
    pub heads: Heads,
    pub sdp: Sdp,
    pub sound: Sound,
    pub base: Base,
    pub transport: Transport,
    pub datagrams: Datagrams,
    pub flow: Flow,
    pub habit: Habit,
    pub pace: Pace,
    pub ending: Ending,
    /// What is answered instead of the normal reply.
    pub faults: Vec<Fault>,
    /// In seconds; 0: the `Session` header names none.
    pub session_timeout: u32,
    /// Closes a session without a keepalive for this long; `None`: never.
    pub drops_without_keepalive: Option<Duration>,
    /// What it takes for one.
    pub life: Life,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            user: "admin".to_owned(),
            password: "secret".to_owned(),
            realm: b"DVR, 4",
            tls: false,
            codec: Codec::H264,
            fps: 5,
            heads: Heads::Normal,
            sdp: Sdp::Normal,
            sound: Sound::None,
            base: Base::Own,
            transport: Transport::Normal,
            datagrams: Datagrams::default(),
            flow: Flow::Normal,
            habit: Habit::None,
            pace: Pace::default(),
            ending: Ending::Never,
            faults: Vec::new(),
            session_timeout: 60,
            drops_without_keepalive: None,
            life: Life::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    None,
    Basic,
    /// Without `algorithm` and `qop`, as old recorders ask (RFC 2069 style).
    DigestPlain,
    DigestMd5,
    DigestSha256,
    /// Digest (MD5, `qop="auth,auth-int"`) and Basic in two headers.
    DigestAndBasic,
    /// The second good answer is refused with `stale=true` and a new nonce.
    DigestStale,
    /// It closes after each 401; its nonce holds on every connection, and no count of it may come twice.
    DigestCloses,
    /// It closes after each 401.
    BasicCloses,
    /// Each refusal says `stale=true` and has a new nonce, whatever was wrong.
    AlwaysStale,
    /// The same, and it closes after each 401.
    AlwaysStaleCloses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    H264,
    /// Four slices a picture.
    H264Slices,
    /// A key frame each 40 pictures.
    H264LongGroup,
    /// After the first picture no key frame: a part of each picture is refreshed.
    H264IntraRefresh,
    H265,
    /// 8192×8192.
    H265Huge,
    Mjpeg,
    /// 2560×1440.
    MjpegLarge,
    /// H.264 data under an encoding name that nobody knows.
    Unknown,
    /// The SDP has sound and no picture.
    AudioOnly,
}

/// What the heads of its replies look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    Normal,
    LfOnly,
    /// `RTSP/1.0 200`.
    NoReason,
    /// `CSeq : 1`.
    SpaceBeforeColon,
    JunkLine,
    Latin1Value,
    /// `HTTP/1.0 200 OK`.
    Http,
    NoCSeq,
    WrongCSeq,
    /// An empty line before each reply.
    LeadingCrLf,
    /// `content-length: 12 `.
    TrailingSpace,
    LowerCaseNames,
}

/// What is odd about the session description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sdp {
    Normal,
    /// `a=Media_header`, `a=appversion`, `b=AS:5100` and the attributes before `t=`.
    Hikvision,
    /// No `v=`, `o=` and `s=`.
    MediaOnly,
    /// `o=` with seven fields.
    LongOrigin,
    /// Lines end in LF alone and a NUL follows the last.
    LfAndNul,
    NonUtf8Name,
    BadBandwidth,
    /// A second `m=` line that ends after its first word.
    ShortMedia,
    /// `a=rtpmap: 96 H264/90000`.
    SpaceInRtpmap,
    AbsoluteControl,
    StarControl,
    NoControl,
    /// Control addresses name a host that is not the DVR.
    ForeignHost,
    /// Sound (PCMU) before the picture.
    AudioFirst,
    Empty,
}

/// The sound beside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    None,
    /// A tone in G.711 µ-law.
    Pcmu,
    /// Offered as G.726; none comes.
    G726,
}

/// The `Content-Base` header of DESCRIBE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Own,
    None,
    /// Names a host that is not the DVR.
    Foreign,
    /// `192.0.2.1/live/`.
    NoScheme,
}

/// The `Transport` header of SETUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Normal,
    NoInterleaved,
    /// `interleaved=8-9` whatever was asked; the media comes there.
    OtherChannels,
    Missing,
}

/// How media comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Normal,
    /// 13 bytes of junk between two frames, now and then.
    Junk,
    /// Media comes before the reply to PLAY.
    BeforePlayReply,
    /// Frames of a channel that was not agreed come in between.
    UnknownChannel,
    /// The server asks OPTIONS, GET_PARAMETER and ANNOUNCE of the client between frames.
    ServerRequests,
    /// Everything, replies too, arrives in pieces of a few bytes.
    Crumbs,
}

/// What becomes of the RTP packets of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    None,
    /// Parameter sets and picture are one unit, with start codes inside.
    OneUnit {
        h265: bool,
    },
    MarkerOnEverySlice,
    TimeStandsStill,
    TimeStepsBack,
    TimeJumps,
    /// Each 3 s from 0.
    NumbersBeginAnew,
    /// Shared with sound that was not set up.
    NumbersOfTwoTracks,
    /// Set, without padding.
    PaddingBit,
    /// A full queue: leaves out a picture before it numbers the packets.
    LeavesOutAPicture {
        picture: u32,
    },
    /// The second packet of this picture, and of no other, is lost on the way.
    LosesAPacket {
        picture: u32,
    },
    /// Nothing says where a picture is whole again: SEI (type 6) is left out.
    NoRecoveryPoints,
    /// Its sequence parameter sets (H.264) say 16000×16000 from one picture on, and the truth again from another.
    SaysHuge {
        from: u32,
        until: u32,
    },
    /// The size of a JPEG picture is in the header extension alone.
    OnvifExtension {
        width: u16,
        height: u16,
    },
}

/// How much time it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Until DESCRIBE is answered.
    pub describe: Duration,
    /// From PLAY to the first picture.
    pub first_picture: Duration,
    /// From one picture to the next; zero: as [`Script::fps`] says.
    pub each: Duration,
    /// The picture of the clip with which it begins: the client joins in the middle.
    pub joins_at: u32,
    /// So long after PLAY it sends nothing for so long, in each session.
    pub pause: Option<(Duration, Duration)>,
}

/// How a playing stream ends; the times count from PLAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Never,
    /// PLAY is answered, nothing comes.
    NoMedia,
    /// The socket stays open, requests are answered, pictures stop.
    Freeze(Duration),
    Close(Duration),
    Reset(Duration),
    /// Bytes that mean nothing, as fast as they are read.
    Garbage(Duration),
    /// The server says TEARDOWN and closes.
    ServerTeardown(Duration),
}

/// Something else than the normal reply at one step.
#[derive(Clone, Debug)]
pub struct Fault {
    pub step: Step,
    pub answer: Answer,
    /// How often, over all connections.
    pub times: u32,
}

impl Fault {
    pub fn always(step: Step, answer: Answer) -> Self {
        Self {
            step,
            answer,
            times: u32::MAX,
        }
    }

    pub fn once(step: Step, answer: Answer) -> Self {
        Self { step, answer, times: 1 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Right after the connection was accepted.
    Accept,
    Options,
    Describe,
    Setup,
    /// SETUP while a picture plays.
    SetupBeside,
    /// SETUP of the sound before anything plays.
    SetupSound,
    Play,
    /// GET_PARAMETER, SET_PARAMETER, and OPTIONS while playing.
    Keepalive,
    Teardown,
}

#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing, with the connection left open.
    Silence,
    Close,
    /// RST.
    Reset,
    /// A status line and more header lines; `{self}` becomes the DVR's own `rtsp://address:port`.
    Status(u16, &'static str, Vec<(&'static str, String)>),
    /// Bytes that mean nothing, for ever.
    Garbage,
    /// Exactly these bytes.
    Raw(Vec<u8>),
}

impl Answer {
    pub fn status(code: u16, reason: &'static str) -> Self {
        Self::Status(code, reason, Vec::new())
    }

    pub fn redirect(to: &str) -> Self {
        Self::Status(302, "Moved Temporarily", vec![("Location", to.to_owned())])
    }

    pub fn busy(seconds: u32) -> Self {
        Self::Status(503, "Service Unavailable", vec![("Retry-After", seconds.to_string())])
    }
}
