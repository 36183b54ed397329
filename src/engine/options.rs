use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::events::Notifier;
use super::letters::LetterWriter;
use crate::bridge::EngineEvent;
use crate::store::{Autostart, Profile};
use crate::video::SoundOutput;
use device::{Brands, StreamKind};

/// Shows a folder to the person; tests have one of their own.
pub type OpenFolder = Arc<dyn Fn(&Path) -> std::io::Result<()> + Send + Sync>;

/// How to run the engine.
pub struct Options {
    pub profile: Profile,
    pub brands: Arc<Brands>,
    /// Where everything that happens is told, for `watch`; a slow reader loses nothing but delays nobody: it is bounded by
    /// what the reader's channel holds.
    pub events: Option<mpsc::Sender<EngineEvent>>,
    /// Want every channel of every enabled device in this stream, as `watch` does; otherwise the screen says what it wants.
    pub want_all: Option<StreamKind>,
    /// Listen to what arrives by itself (link changes, neighbours, Hello). Off only in tests that make their own network.
    pub listen: bool,
    /// Listen to the events that devices tell, where that is wanted; a command that is over soon does not.
    pub hears: bool,
    /// How the program is started with the user's session, kept as the setting says; `None`: not this engine's business.
    pub autostart: Option<Autostart>,
    /// Shows a folder with the desktop's file manager. It may take as long as that is open.
    pub open_folder: OpenFolder,
    /// Where the sound of the one tile goes that is listened to, and the tone of alerts.
    pub output: SoundOutput,
    /// Shows a notification on the desktop; `None`: nobody is called about events, not by a sound either.
    pub notifier: Option<Notifier>,
    /// Puts in words what is said of events to somebody elsewhere; `None`: nobody is written to.
    pub letters: Option<LetterWriter>,
}
