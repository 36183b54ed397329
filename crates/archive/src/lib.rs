//! WHAT A RECORDER HAS RECORDED: what is asked of it, what came, what is not known yet, and where a playback is.
//!
//! Belongs here: stretches of time, the timeline of a channel, which part of it is to be asked, the recorder's clock, the bar of a day,
//! the place and the speed of a playback. All of it is plain values: times are arguments.
//! Does not belong here: how a recorder is asked (`onvif`, `vendor`), how its pictures come (`rtsp`, `rtp`), sockets, painting.
//!
//! Times are UTC inside. A zone only says where a day begins and how a time is written, so that a day has 23, 24 or 25 hours.

mod asker;
mod clock;
mod day_bar;
mod playhead;
mod speed;
mod stretch;
mod timeline;

pub use jiff::tz::TimeZone;
pub use jiff::{SignedDuration, Timestamp};

pub use asker::{Answered, ArchiveAsker, ArchiveQuestion, MOST_AT_ONCE, NEWS_AFTER};
pub use clock::{
    ANY_OFFSET, Judgement, RecorderClock, TimeReading, clock_text, judge, read_clock_range, read_typed_time, spell,
};
pub use day_bar::{DayBar, LONGEST_VIEW, SHORTEST_VIEW, Tick, day_of};
pub use playhead::{Doing, FrameTime, Gap, Playhead, SILENT_AFTER, is_gap};
pub use speed::Speed;
pub use stretch::Stretch;
pub use timeline::{JOINED, MOST_SPANS, Piece, RecordingKind, Span, Timeline, TimelineState};
