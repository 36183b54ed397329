use std::path::PathBuf;

use super::notice::NoticeKind;
use super::trial::{TestId, TestRequest};
use device::{ChannelId, DeviceEdit, DeviceId, Password, Site, SiteId, StreamId, VirtualDvr, VirtualDvrId};
use reconnect::Rank;
use settings::{Settings, Volume};
use wall::{Listen, View, Views, WindowView};

/// What the screen asks of the engine.
#[derive(Debug)]
pub enum Command {
    /// Add a device, or replace the one with the same id.
    SaveDevice(Box<DeviceEdit>),
    /// Remove devices (their passwords are kept until the undo time is over).
    RemoveDevices(Vec<DeviceId>),
    /// Bring the devices of the last removal back.
    UndoRemove,
    SetEnabled(Vec<DeviceId>, bool),
    /// Put `device` at `index` of the whole list.
    MoveDevice {
        device: DeviceId,
        index: usize,
    },
    /// Add a site, or rename the one with the same id.
    SaveSite(Site),
    /// Remove a site that has no devices.
    RemoveSite(SiteId),
    /// Add a virtual DVR, or replace the one with the same id.
    SaveVirtualDvr(Box<VirtualDvr>),
    RemoveVirtualDvr(VirtualDvrId),
    /// Bring the virtual DVR of the last removal back.
    UndoRemoveVirtualDvr,
    /// All settings but the kiosk's password, which only [`Command::SetKioskPassword`] changes.
    SaveSettings(Box<Settings>),
    /// Keep the hash of the password that the kiosk is left with; `None`: there is none.
    SetKioskPassword(Option<Password>),
    /// Is this the kiosk's password? [`super::EngineState::unlock`] says so under the same `id`.
    Unlock {
        id: u64,
        password: Password,
    },
    /// From now on, without keeping it: that is [`Settings::sound_volume`].
    SetVolume(Volume),
    /// All streams that are wanted now; what is not in the list is let go.
    Show(Vec<WantedStream>),
    RetryNow(DeviceId),
    /// Forget the certificate that the device showed until now; the one it shows next is remembered.
    TrustCertificate(DeviceId),
    /// Keep the next picture of the channel as a PNG file; a notice says where it is, or why it is not.
    SaveSnapshot(ChannelId),
    /// Connect once with this draft, through the same dial and governor, and report the steps.
    Test(Box<TestRequest>),
    CancelTest(TestId),
    /// What the windows show, for the next start; sent when it changed and rested for a moment.
    SaveWindows(Vec<WindowView>),
    /// The named views and the tour; sent at once when they changed.
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
    /// Show this notice: only the window knows what it tells.
    Tell(NoticeKind),
    /// Notice `id` was read and closed.
    Dismiss(u64),
}

/// One stream the wall needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedStream {
    pub stream: StreamId,
    pub rank: Rank,
    /// `false`: keep the connection, decode nothing (a page that was just left).
    pub decode: bool,
    pub listen: Listen,
}
