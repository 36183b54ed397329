use crate::bridge::{Command, EngineState};
use crate::i18n::Words;
use device::{ChannelId, DeviceId, SiteId, VirtualDvrId};
use settings::Volume;
use wall::{Crop, Direction, Layout};

/// What a person asked for by mouse or key; the application does it. Widgets never change anything themselves.
#[derive(Debug)]
pub enum Act {
    SetLayout(Layout),
    /// Turn this many pages on (or back).
    Turn(isize),
    Step(Direction),
    Select(usize),
    /// Show the channel at this place alone, or all tiles again.
    Alone(usize),
    /// Put channels on the wall from this place on; `None`: from the selected tile on.
    Put(Option<usize>, Vec<ChannelId>),
    /// The same with members of a virtual DVR, which bear its labels.
    PutVirtual(Option<usize>, VirtualDvrId, Vec<ChannelId>),
    /// Put all channels of a virtual DVR on the wall, in its own layout.
    OpenVirtual(VirtualDvrId),
    /// Ask for a name for these channels together.
    NewVirtualDvr(Vec<ChannelId>),
    /// The same with what is selected in the tree, or on the page.
    Group,
    EditVirtualDvr(VirtualDvrId),
    /// Make what was dragged members of a virtual DVR, in front of that member or at the end.
    AddToVirtual(VirtualDvrId, Option<ChannelId>, Dragged),
    /// Edit own layouts.
    Layouts,
    Swap(usize, usize),
    Clear(usize),
    /// Show the channel at this place in this way.
    Crop(usize, Crop),
    /// Listen to a channel and to no other, or to none when it is heard already.
    Listen(ChannelId),
    /// How loud the channel is that is listened to.
    Volume(Volume),
    ClearPage,
    Fullscreen,
    Tree,
    Figures,
    Search,
    Settings(SettingsTab),
    AddDevice(Option<SiteId>),
    EditDevice(DeviceId),
    TryDemo,
    /// Start the tour, or stop it.
    Tour,
    /// Go on at once with a tour that was touched.
    ResumeTour,
    NewWindow,
    CloseWindow,
    /// Show a named view in this window.
    OpenView(String),
    OpenViewInNewWindow(String),
    /// The dialog of named views; `save`: to give the present wall a name.
    Views {
        save: bool,
    },
    ViewRenamed(String, String),
    Shortcuts,
    About,
    Quit,
    Send(Command),
}

/// The tabs of File → Settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingsTab {
    #[default]
    General,
    Network,
    Devices,
}

/// What is being dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dragged {
    /// From the tree: a channel, or all channels of a device or a site; with the name of what is dragged.
    Channels(String, Vec<ChannelId>),
    /// From the tree: members of a virtual DVR.
    Virtual(String, VirtualDvrId, Vec<ChannelId>),
    /// A tile of the wall, by its place.
    Tile(usize),
}

/// What every widget paints from.
#[derive(Clone, Copy)]
pub struct PaintContext<'a> {
    pub state: &'a EngineState,
    pub words: &'a Words,
    /// Nothing is offered that leads out or changes anything.
    pub kiosk: bool,
    /// Of the channel that is listened to.
    pub volume: Volume,
}
