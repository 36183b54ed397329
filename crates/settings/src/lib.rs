//! WHAT THE USER PREFERS: plain values with defaults, and one table that names them all.
//!
//! Belongs here: every setting, its limits and its words for the command line. Does not belong here: files (`store`),
//! what a window remembers of itself, anything that acts.

mod check;
mod cidr;
mod key;
mod messengers;
mod password_hash;
mod recording;
mod value;
mod volume;

use std::path::PathBuf;

pub use device::{WebAddress, WebAddressError};

pub use self::recording::RecordingSettings;
pub use check::CheckSettings;
pub use cidr::{Breadth, Cidr, CidrError};
pub use key::{KEYS, SettingKey};
pub use messengers::{MailSecurity, MessengerSettings, ServerAddress, ServerAddressError};
pub use password_hash::{PasswordHash, PasswordHashError};
pub use value::{SetError, Value, ValueKind};
pub use volume::Volume;

use discovery::Ranges;
use events::{AlertSettings, LogBounds, choice};
use reconnect::Limits;

/// Everything that can be set. Always valid: out of a file or a dialog it comes through [`KEYS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub language: Language,
    pub theme: Theme,
    pub renderer: Renderer,
    pub decoder: Decoder,
    pub start_at_login: bool,
    pub start_fullscreen: bool,
    /// Connect to private addresses and [`Settings::internal_networks`] only.
    pub internal_network_only: bool,
    /// Networks that count as internal beside the private ones.
    pub internal_networks: Vec<Cidr>,
    pub limits: Limits,
    /// Figures (frames a second, bit rate, codec, size) on every tile.
    pub show_figures: bool,
    /// How large the captions of tiles are.
    pub captions: Captions,
    /// The volume of the one tile that is listened to.
    pub sound_volume: Volume,
    /// When and how a person is called about what happens.
    pub alerts: AlertSettings,
    /// How much of what happened is kept.
    pub event_log: LogBounds,
    /// By whom somebody elsewhere is written to about it.
    pub messengers: MessengerSettings,
    /// `None`: the Pictures folder.
    pub snapshot_folder: Option<PathBuf>,
    /// The password with which `--kiosk` is left; `None`: the kiosk does not start.
    pub kiosk_password: Option<PasswordHash>,
    /// The ranges of addresses in which recorders are looked for beside the networks of this computer.
    pub find_ranges: Ranges,
    /// Look for them at the start and every two hours, too, not only when a person asks.
    pub find_by_itself: bool,
    /// A device that answers at another address is asked there at once, if it signs in by Digest; else only after a click.
    pub follow_moved_devices: bool,
    /// How often devices are asked that no tile shows.
    pub checks: CheckSettings,
    /// What is recorded here.
    pub recording: RecordingSettings,
    /// Who is asked for a newer version, when somebody presses the button for it; `None`: nobody.
    pub update_address: Option<WebAddress>,
}

impl Settings {
    /// The settings while their file cannot be read: the defaults, but with *Internal network only* on, because the user may have
    /// chosen it.
    #[must_use]
    pub fn cautious() -> Self {
        Self {
            internal_network_only: true,
            ..Self::default()
        }
    }
}

choice! {
    #[derive(Default)]
    enum Language {
        /// The language of the operating system.
        #[default]
        Auto = "auto",
        Ja = "ja",
        En = "en",
    }
}
choice! {
    /// How large the captions of tiles are. The two larger sizes grow with the tile, so that they are read from afar on any screen.
    #[derive(Default)]
    enum Captions {
        /// By the size of the screen.
        #[default]
        Auto = "auto",
        Small = "small",
        Medium = "medium",
        Large = "large",
    }
}
choice! {
    #[derive(Default)]
    enum Theme {
        #[default]
        System = "system",
        Dark = "dark",
        Light = "light",
    }
}
choice! {
    /// What paints the window.
    #[derive(Default)]
    enum Renderer {
        /// The GPU by wgpu or OpenGL, and the CPU where there is none.
        #[default]
        Auto = "auto",
        Wgpu = "wgpu",
        Glow = "glow",
        /// The CPU.
        Software = "software",
    }
}
choice! {
    /// What decodes video.
    #[derive(Default)]
    enum Decoder {
        #[default]
        Auto = "auto",
        Software = "software",
        Hardware = "hardware",
    }
}
