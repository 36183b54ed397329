//! WHAT CROSSES between the engine and the screen: commands one way, snapshots, notices and frames the other.
//!
//! Belongs here: plain values and the one-frame slot. Does not belong here: anything that acts or paints.

mod command;
mod engine;
mod event;
mod snapshot;
mod sound;
mod views;

pub use ::frame::{Asked, Blank, Frame, FrameSlot, PixelOrder, Pixels, SlotCounts, Waker};
pub use command::{Command, TestId, TestRequest, Wanted};
pub use engine::EngineHandle;
pub use event::{Event, StreamStats};
pub use snapshot::{
    Clock, Notice, NoticeKind, SecretsPlace, SiteStatus, Snapshot, SnapshotProblem, StreamInfo, StreamStatus,
    TestState, TestStatus, TileState, Totals, Unlock,
};
pub use sound::{SoundProblem, SoundState};
pub use views::{TransferFault, Transferred, ViewsTransfer};
