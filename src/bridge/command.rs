use std::path::PathBuf;

use super::diagnosis::{DiagnoseRequest, TraceId};
use super::enquiry::{EnquiryId, EnquiryRequest};
use super::event_log::{LogExport, LogRequest};
use super::find::FindRequest;
use super::notice::NoticeKind;
use super::playback::PlaybackWish;
use super::profile::ProfileRequest;
use super::ptz::PtzWish;
use super::recording::{RecordingExport, RecordingsRequest};
use super::site::{SiteEdit, WorkOrder};
use super::trial::{TestId, TestRequest};
use device::{
    CertificateOwner, ChannelId, DeviceEdit, DeviceId, Fingerprint, Password, Site, SiteId, StreamId, VirtualDvr,
    VirtualDvrId,
};
use events::{EventId, Messenger, NoteText};
use reconnect::Rank;
use settings::{Settings, Volume};
use wall::{Listen, View, Views, WindowView};

/// A request of the screen to the engine.
#[derive(Debug)]
pub enum Command {
    /// Add a device, or replace the one with the same id.
    SaveDevice(Box<DeviceEdit>),
    /// Save an edit of several devices: all of them, in one write, or none.
    SaveDevices(Vec<DeviceEdit>),
    /// The same for devices that were found; one [`Command::UndoEdit`] takes all of a `run` back, in however many steps they came.
    AddDevices {
        edits: Vec<DeviceEdit>,
        run: u64,
    },
    /// Bring the devices of the last edit of several back as they were, passwords included.
    UndoEdit,
    /// Remove devices. Their passwords are cleared when the removal can no longer be undone.
    RemoveDevices(Vec<DeviceId>),
    /// Bring the devices of the last removal back.
    UndoRemove,
    SetEnabled(Vec<DeviceId>, bool),
    /// Has a device take one of its addresses and no other (0: the preferred one), or any of them again.
    PinRoad(DeviceId, Option<usize>),
    /// Put `device` at `index` of the whole list.
    MoveDevice {
        device: DeviceId,
        index: usize,
    },
    /// Add a site, or rename the one with the same id.
    SaveSite(Site),
    /// Change what is known of a site.
    EditSite(Box<SiteEdit>),
    /// Work at a site begins now, or is done.
    PlanWork(SiteId, WorkOrder),
    /// Remove a site that has no devices.
    RemoveSite(SiteId),
    /// Add a virtual DVR, or replace the one with the same id.
    SaveVirtualDvr(Box<VirtualDvr>),
    RemoveVirtualDvr(VirtualDvrId),
    /// Bring the virtual DVR of the last removal back.
    UndoRemoveVirtualDvr,
    /// Save all settings but the kiosk's password, which only [`Command::SetKioskPassword`] changes.
    SaveSettings(Box<Settings>),
    /// Save the hash of the password that ends the kiosk; `None` removes it.
    SetKioskPassword(Option<Password>),
    /// Check whether this is the kiosk's password; the answer is [`super::EngineState::unlock`] with the same `id`.
    Unlock {
        id: u64,
        password: Password,
    },
    /// Change the volume at once, without saving it; the saved one is [`Settings::sound_volume`].
    SetVolume(Volume),
    /// Replace the list of wanted streams; streams that are not in it are closed.
    Show(Vec<WantedStream>),
    RetryNow(DeviceId),
    /// Forget the certificate that the device showed until now; the one it shows next is remembered.
    TrustCertificate(DeviceId),
    /// Trust exactly these, which were shown instead of the remembered ones.
    TrustCertificates(Vec<(CertificateOwner, Fingerprint)>),
    /// Save the next picture of the channel as a PNG file; a notice says where the file is, or why there is none.
    SaveSnapshot(ChannelId),
    /// Open the folder that this file is in, with the desktop's file manager; a notice says why that failed.
    OpenFolderOf(PathBuf),
    /// Connect once with this draft, through the same dial and governor, and report the steps.
    Test(Box<TestRequest>),
    CancelTest(TestId),
    /// Try a device once and trace each step; [`super::EngineState::traces`] has the trace.
    Diagnose(Box<DiagnoseRequest>),
    /// Nobody waits for that trace any more.
    CancelDiagnosis(TraceId),
    /// Ask a device by ONVIF what it is and which channels it has; [`super::EngineState::enquiries`] has the answer.
    Enquire(Box<EnquiryRequest>),
    /// It is not wanted any more, or its answer was taken.
    CancelEnquiry(EnquiryId),
    /// Do this with the camera of a channel; [`super::EngineState::ptz`] says what comes of it.
    Ptz(ChannelId, PtzWish),
    /// Begin or end the recording of a stream by hand.
    Record(StreamId, bool),
    /// Look for the recordings of a day; [`super::RecordingsShown::read`] has the answer with the same number.
    ReadRecordings(RecordingsRequest),
    /// Export recordings; [`super::RecordingsShown::export`] says how far that is. One is under way at a time.
    ExportRecordings(Box<RecordingExport>),
    /// Stop the export that is under way. Files that are done stay.
    StopRecordingExport,
    /// Play a recording with the program that the desktop has for it.
    PlayRecording(PathBuf),
    /// Do this with the recordings of a channel; [`super::EngineState::playbacks`] says what comes of it.
    Playback(ChannelId, PlaybackWish),
    /// Save what the windows show, for the next start. Sent when it has changed and then stayed the same for a moment.
    SaveWindows(Vec<WindowView>),
    /// Save the named views, the own layouts and the tour. Sent as soon as they change.
    SaveViews(Box<Views>),
    /// Write views to a new file; [`super::EngineState::transfer`] says how it ended.
    ExportViews {
        id: u64,
        path: PathBuf,
        views: Vec<View>,
    },
    /// Read views from a file.
    ImportViews {
        id: u64,
        path: PathBuf,
    },
    /// Do something with the profile as a whole; [`super::EngineState::profile`] says how it ended.
    Profile {
        id: u64,
        request: Box<ProfileRequest>,
    },
    /// Somebody has seen these events.
    SeeEvents(Vec<EventId>),
    /// Somebody has seen all events until now.
    SeeAllEvents,
    /// Somebody has taken note of this event, and wrote this to it.
    AcknowledgeEvent(EventId, NoteText),
    /// Read a part of the log.
    ReadLog(Box<LogRequest>),
    /// Write events to a file.
    ExportLog(Box<LogExport>),
    /// Call once by every means that is on; [`super::EventsShown::trial`] says how that went.
    TryAlert,
    /// Have this messenger carry a letter at once; [`super::EngineState::messengers`] says how that went.
    TryMessenger(Messenger),
    /// The password of the mail server, or the key that signs requests; `None`: there is none any more.
    SetMessengerSecret(Messenger, Option<Password>),
    /// Close the cameras that alarms about these events opened.
    DismissAlarms(Vec<EventId>),
    /// Somebody heard it: end the sound that lasts until what happened is seen.
    HushAlerts,
    /// The windows became a kiosk, or are one no more.
    InKiosk(bool),
    /// Look for recorders, in place of a find that is under way; [`super::EngineState::find`] has what answers.
    Find(FindRequest),
    /// Try connections to the addresses that stayed silent in the last find, within the budget of the governor.
    KnockSilent,
    /// End the find that is under way; what was found stays.
    CancelFind,
    /// A person says that a device is the one that answers at another address, or that it is the same one where it was put by itself.
    TakeMoved(DeviceId),
    /// Ask [`Settings::update_address`] once whether there is a newer version; [`super::EngineState::update`] has the answer.
    CheckForUpdate,
    /// Show this notice, which comes from the window.
    Tell(NoticeKind),
    /// Somebody is there to read these notices.
    Read(Vec<u64>),
    /// Remove notice `id`, which the person closed.
    Dismiss(u64),
}

/// A stream that the wall needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedStream {
    pub stream: StreamId,
    pub rank: Rank,
    /// `false`: the connection is kept and nothing is decoded, as for a page that was just left.
    pub decode: bool,
    pub listen: Listen,
}
