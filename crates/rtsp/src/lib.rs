//! HOW RTSP TALKS: a sans-IO client session (RFC 2326, TCP-interleaved): bytes in, bytes and events out.
//!
//! Belongs here: message heads, interleaved data, SDP, authentication, the order of requests, what devices get wrong.
//! Does not belong here: sockets, clocks, retrying, decoding.
//!
//! Recorders are sloppy. Whatever can be understood is accepted and reported once as a [`Quirk`]; what cannot be understood
//! costs bounded memory and time and ends in a named [`SessionError`].

mod auth;
mod datagrams;
mod deinterleave;
mod habits;
mod keepalive;
mod limit;
mod message;
mod output;
mod quirk;
mod reception;
mod refusal;
mod reorder;
mod replay;
mod request;
mod rtcp;
mod sdp;
mod session;
mod text;
mod track;
mod transport;
mod url;

pub use auth::Challenge;
pub use datagrams::DatagramOrder;
pub use deinterleave::{Counters, Deinterleaver, WireItem};
pub use habits::{
    DeviceHabits, HabitBook, Habits, LONGEST_HABIT, Lesson, LowerTransport, QUICK, RecorderHabits, StreamHabits, Took,
    origin_of,
};
pub use keepalive::{KeepaliveEnd, KeepaliveHabits, KeepaliveLesson, KeepaliveWay, MOST_EFFORT, Sign, Signs};
pub use message::{Head, HeadError, Message, StartLine, parse_head};
pub use output::{Event, Redirect, SessionError, SessionErrorKind, SessionOutput, Step, TransportFault};
pub use quirk::{Quirk, Quirks};
pub use reception::Reports;
pub use reorder::{MOST_WAITING, MOST_WAITING_BYTES, REORDER_WINDOW, Reorder, ReorderCounts};
pub use replay::{Replay, ReplayAnswer, ReplayEvent, ReplayOrder, ReplayRefusal, ReplayStart, ReplayWay};
pub use request::{Request, SessionPatience};
pub use rtcp::{ReportBlock, RtcpItem, receiver_report, rtcp_items};
pub use sdp::{Description, Section, parse_sdp};
pub use session::Session;
pub use track::{Codec, Media, SoundOffer, Track};
pub use transport::Ports;
