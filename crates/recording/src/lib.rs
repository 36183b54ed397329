//! WHAT IS RECORDED of a stream, and how it stands in files: pictures in, bytes of files out, and back.
//!
//! Belongs here: the ring before an alarm, when a part ends and the next one begins, the file format (fragmented MP4 that becomes a
//! plain one when it is finished, ISO/IEC 14496-12), names of folders and files, which parts go first, the hours and rules of a
//! schedule, and which pictures an export takes. Does not belong here: disks, threads, clocks, where pictures come from.

mod description;
mod info;
mod nal;
mod names;
mod part;
mod plain;
mod plan;
mod reader;
mod recorded;
mod ring;
mod rotation;
mod rules;
mod schedule;
mod sequence;
mod span;
mod table;
mod timeline;
mod unit;

pub use description::{RecordedCodec, StreamDescription};
pub use info::{PartInfo, RecordingCause};
pub use nal::units;
pub use names::{file_name, folder_of, is_part_name, safe_name};
pub use part::{Cut, LONGEST_PART, PartWriter, Pushed};
pub use plain::{PLAIN_BODY, PlainWriter};
pub use plan::{ExportPlan, PartPiece, RecordingGap, Run, adds_to, missing_of_both, plan};
pub use reader::{PlainFile, ReadPart, RecordingFault, Sample, read_info, read_part, read_plain};
pub use recorded::RecordedPart;
pub use ring::Ring;
pub use rotation::{Bounds, Kept, make_room, surplus};
pub use rules::{RecordingRule, RecordingRuleError, RecordingRules};
pub use schedule::{Schedule, ScheduleError};
pub use span::{RecordedSpan, spans_of};
pub use table::Sealed;
pub use unit::Unit;

/// Ticks a second of every time in a file.
pub const TIMESCALE: u32 = 90_000;

/// Microseconds as ticks of a file.
#[must_use]
pub fn ticks_of(micros: i64) -> i64 {
    micros.saturating_mul(9) / 100
}

/// Ticks of a file as microseconds.
#[must_use]
pub fn micros_of(ticks: i64) -> i64 {
    ticks.saturating_mul(100) / 9
}
