//! WHAT CROSSES between the engine and the screen: commands one way, the engine state, notices and frames the other.
//!
//! Belongs here: plain values and the one-frame slot. Does not belong here: anything that acts or paints.

mod command;
mod engine;
mod event;
mod sound;
mod state;
mod views;

pub use ::frame::{Asked, Blank, Frame, FrameSlot, PixelOrder, Pixels, SlotCounts, Waker};
pub use command::{Command, TestId, TestRequest, Wanted};
pub use engine::EngineHandle;
pub use event::{Event, StreamStats};
pub use sound::{SoundProblem, SoundState};
pub use state::{
    Clock, EngineState, Notice, NoticeKind, SecretsPlace, SiteStatus, SnapshotProblem, StreamInfo, StreamStatus,
    TestState, TestStatus, TileState, Totals, Unlock,
};
pub use views::{TransferFault, Transferred, ViewsTransfer};
