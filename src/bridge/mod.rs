//! WHAT CROSSES between the engine and the screen: commands to the engine; engine state, notices and frames to the
//! screen.
//!
//! Belongs here: plain values and the one-frame slot. Does not belong here: anything that acts or paints.

mod alarm;
mod alert;
mod certificates;
mod clock;
mod command;
mod device_status;
mod diagnosis;
mod enquiry;
mod event;
mod event_log;
mod events;
mod find;
mod handle;
mod letter;
mod messengers;
mod notice;
mod notification;
mod own;
mod playback;
mod profile;
mod ptz;
mod recording;
mod shown_event;
mod site;
mod sound;
mod sources;
mod state;
mod stream;
mod trial;
mod update;
mod views;

pub use self::recording::{
    RecordingExport, RecordingExportStatus, RecordingTrouble, RecordingView, RecordingsRead, RecordingsRequest,
    RecordingsShown, ShownPart,
};
pub use ::frame::{Asked, Blank, Frame, FrameSlot, PixelOrder, Pixels, SlotCounts, Waker};
pub use alarm::OpenAlarm;
pub use alert::{AlertFault, AlertTrial, Trying};
pub use certificates::{CertificatesShown, ExpiringDevice};
pub use clock::Clock;
pub use command::{Command, WantedStream};
pub use device_status::{DeviceStatus, Tried};
pub use diagnosis::{DiagnoseRequest, DiagnoseTarget, TargetFault, TraceId, TraceShown};
pub use enquiry::{EnquiryId, EnquiryRequest, EnquiryState, EnquiryStatus, KnownIdentity};
pub use event::EngineEvent;
pub use event_log::{CalendarDay, LogExport, LogExported, LogPart, LogPeriod, LogQuery, LogRead, LogRequest};
pub use events::EventsShown;
pub use find::{FindRequest, FindStatus, FoundRow, FoundState};
pub use handle::EngineHandle;
pub use letter::{LetterAbout, LetterToWrite, PictureNote};
pub use messengers::{MessengerFault, MessengerShown};
pub use notice::{FileFault, Notice, NoticeKind, SnapshotProblem};
pub use notification::{Notification, NotificationAbout};
pub use own::{OwnShown, occurrence_of};
pub use playback::{FrameClock, PlaybackSearch, PlaybackStatus, PlaybackTrouble, PlaybackWish, SearchTrouble};
pub use profile::{CopyInfo, ImportInfo, NamesDiffer, ProfileAnswer, ProfileFault, ProfileOutcome, ProfileRequest};
pub use ptz::{Motion, PtzLink, PtzStatus, PtzWish, SteeringDoing, SteeringTrouble, SteeringView, Velocity};
pub use shown_event::ShownEvent;
pub use site::{FeedFault, FeedShown, SiteEdit, WorkOrder, WorkShown};
pub use sound::{SoundProblem, SoundState};
pub use sources::{LastHeard, SourceFault, SourceState, SourceStatus};
pub use state::{EngineState, EngineTotals, ProcessCost, SecretsPlace, SiteDevices, SiteStatus, Unlock};
pub use stream::{DecoderUsed, StreamInfo, StreamStatus, TileState};
pub use trial::{TestId, TestRequest, TestState, TestStatus};
pub use update::{UpdateCheck, UpdateFault, UpdateState};
pub use views::{TransferFault, Transferred, ViewsTransfer};
