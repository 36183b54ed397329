use super::caption::TextSize;
use super::trouble::Trouble;
use crate::bridge::{CalendarDay, Command, EngineState, Motion, PtzWish};
use crate::i18n::Words;
use device::{ChannelId, DeviceId, SiteId, StreamId, VirtualDvrId};
use onvif::Preset;
use settings::Volume;
use wall::{Crop, Direction, Layout};

/// A person's request by mouse or key, which the application carries out. Widgets change nothing themselves.
#[derive(Debug)]
pub enum Act {
    SetLayout(Layout),
    /// Turn this many pages on (or back).
    Turn(isize),
    Step(Direction),
    Select(usize),
    /// Enlarge the tile at this place to the whole page, or show all tiles again.
    Alone(usize),
    /// Put channels on the wall, one a tile, beginning at this place; `None`: where there is room, and what is on the wall already stays.
    Put(Option<usize>, Vec<ChannelId>),
    /// Put members of a virtual DVR on the wall, under the labels that they have there.
    PutVirtual(Option<usize>, VirtualDvrId, Vec<ChannelId>),
    /// Put all channels of a virtual DVR on the wall, in its own layout.
    OpenVirtual(VirtualDvrId),
    /// Open the dialog of a new virtual DVR that holds these channels.
    NewVirtualDvr(Vec<ChannelId>),
    /// Open the dialog of a new virtual DVR that holds the channels selected in the tree, or else those of the page.
    Group,
    EditVirtualDvr(VirtualDvrId),
    /// Add the dragged channels to a virtual DVR, in front of the named member or at the end.
    AddToVirtual(VirtualDvrId, Option<ChannelId>, Dragged),
    /// Open the editor of the user's own layouts.
    Layouts,
    Swap(usize, usize),
    Clear(usize),
    /// Set how the picture of the tile at this place fills it: shape, zoom and choice of stream.
    Crop(usize, Crop),
    /// Listen to this channel alone; when it is heard already, turn the sound off.
    Listen(ChannelId),
    /// Set the volume of the channel that is heard.
    Volume(Volume),
    ClearPage,
    /// Show the tiles of these channels, or else of these devices, wherever they are; else the first device in the tree.
    LeadTo(Vec<ChannelId>, Vec<DeviceId>),
    /// Empty all pages.
    ClearAll,
    /// Take back what was done to the wall last.
    UndoChange,
    /// The last change of the wall is not wanted back.
    ForgetChange,
    Fullscreen,
    Tree,
    Figures,
    Search,
    /// Select a device in the tree and scroll to it.
    Reveal(DeviceId),
    Settings(SettingsTab),
    AddDevice(Option<SiteId>),
    /// Open the dialog that looks for recorders on the network.
    FindRecorders,
    EditDevice(DeviceId),
    EditDevices(Vec<DeviceId>),
    /// Open the editor of a site.
    EditSite(SiteId),
    /// Remove devices, after a question if they are many.
    RemoveDevices(Vec<DeviceId>),
    TryDemo,
    /// Start the tour, or stop it.
    Tour,
    /// Continue a paused tour at once.
    ResumeTour,
    NewWindow,
    CloseWindow,
    /// Show a named view in this window.
    OpenView(String),
    OpenViewInNewWindow(String),
    /// Open the dialog of named views; with `save` the cursor stands in the field for a new name.
    Views {
        save: bool,
    },
    ViewRenamed(String, String),
    /// Open the dialog of the dated copies.
    Restore,
    /// Open the dialog of the file that holds the profile.
    ProfileFile(ProfileFileTask),
    /// Open the dialog that writes or reads the registry as a table for spreadsheets.
    Csv(CsvTask),
    /// Open the list of what happened.
    Events,
    /// Open the browser of recordings, where something happened or on today.
    Recordings(Option<RecordingsAt>),
    /// Show the handbook, outside of the program.
    Handbook,
    Shortcuts,
    /// Open the report of what paints, what decodes, and what that costs.
    Computer,
    Health,
    OwnFigures,
    /// Open the dialog that says why there is no picture.
    Diagnose(DiagnoseWhat),
    /// Open the dialog of the problem report.
    ReportProblem,
    About,
    Quit,
    Steer(SteerAct),
    Send(Command),
}

/// What is to be diagnosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnoseWhat {
    /// A person types a name or a host.
    Ask,
    Device(DeviceId),
    Stream(StreamId),
}

/// What a hand wants of a camera.
#[derive(Debug)]
pub enum SteerAct {
    /// The tile at this place is steered from now on: keys and wheel are its camera's.
    Begin(usize, ChannelId),
    End,
    /// It is held so in this frame.
    Hold(ChannelId, Motion),
    Ask(ChannelId, PtzWish),
    /// Ask the person before the camera goes to this number, which may be no place.
    Question(ChannelId, Preset),
}

/// Where the browser of recordings is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingsAt {
    pub channel: ChannelId,
    pub day: CalendarDay,
    /// In microseconds since 1970.
    pub at: i64,
}

/// What is done with the file that holds the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFileTask {
    Export,
    Import,
}

/// What is done with the registry as a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvTask {
    Export,
    Import,
}

/// The tabs of File → Settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingsTab {
    #[default]
    General,
    Network,
    Devices,
    Alerts,
    Recording,
}

/// The pages of the Network tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetworkPage {
    /// Where Monomi may connect, and how often.
    #[default]
    Rules,
    /// How every site stands.
    Sites,
}

/// The payload of a drag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dragged {
    /// A channel from the tree, or all channels of a site; with the name that is shown beside the pointer.
    Channels(String, Vec<ChannelId>),
    /// Devices from the tree, with all of their channels; with the name that is shown beside the pointer.
    Devices(String, Vec<DeviceId>, Vec<ChannelId>),
    /// Members of a virtual DVR from the tree; with the name that is shown beside the pointer.
    Virtual(String, VirtualDvrId, Vec<ChannelId>),
    /// A tile of the wall, by its place.
    Tile(usize),
}

/// The data that every widget paints from.
#[derive(Clone, Copy)]
pub struct PaintContext<'a> {
    pub state: &'a EngineState,
    pub words: &'a Words,
    /// The program runs as a kiosk: widgets offer nothing that leads out of it or changes anything.
    pub kiosk: bool,
    /// The volume of the channel that is heard.
    pub volume: Volume,
    /// What fails now, the worst first.
    pub troubles: &'a [Trouble],
    /// Whose pictures are late.
    pub late: &'a [Trouble],
    pub text: TextSize,
    /// The channel whose camera is steered in this window.
    pub steered: Option<ChannelId>,
}
