//! WHAT MAKERS SAY IN INTERFACES OF THEIR OWN: the streams of events of Hikvision (`alertStream`) and Dahua (`attach`), and of those who sell both
//! under other names.
//!
//! Belongs here: what is asked, how endless answers are cut into parts, what a part means, and when a silence is too long.
//! Does not belong here: sockets, HTTP, clocks, when to connect again.

mod dahua;
mod event_stream;
mod hikvision;
mod multipart;
mod said;

pub use event_stream::{
    EventStream, EventStreamPlan, Maker, StreamHead, StreamNext, StreamOpened, StreamRequest, StreamTrouble,
};
pub use multipart::{BodyPart, MOST_PART, MultipartReader};
