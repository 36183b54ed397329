//! The loop's state on a profile that is thrown away, for tests that turn it by hand.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::core::Core;
use super::inbox::{Inbox, MOST_WAITING};
use super::options::Options;
use crate::bridge::{EngineEvent, EngineHandle};
use crate::store::Profile;

pub(super) struct Rig {
    pub core: Core,
    pub engine: EngineHandle,
    pub inbox: mpsc::Sender<Inbox>,
    pub receiver: mpsc::Receiver<Inbox>,
    pub events: mpsc::Receiver<EngineEvent>,
    pub folder: Option<tempfile::TempDir>,
}

impl Rig {
    pub(super) async fn new() -> Self {
        Self::with(Profile::without_keyring).await
    }

    /// With what `furnish` makes of the fresh profile.
    pub(super) async fn with(furnish: impl FnOnce(Profile) -> Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rig = Self::on(folder.path(), furnish).await;
        rig.folder = Some(folder);
        rig
    }

    /// On the profile that an earlier one left.
    pub(super) async fn on(folder: &Path, furnish: impl FnOnce(Profile) -> Profile) -> Self {
        Self::calling(folder, furnish, None, crate::video::SoundOutput::default()).await
    }

    /// The same, where people are called by `notifier` and `output`.
    pub(super) async fn calling(
        folder: &Path,
        furnish: impl FnOnce(Profile) -> Profile,
        notifier: Option<super::Notifier>,
        output: crate::video::SoundOutput,
    ) -> Self {
        let (inbox, receiver) = mpsc::channel(MOST_WAITING);
        let (tell, events) = mpsc::channel(1_024);
        let profile = Profile::open(Some(folder.to_path_buf())).unwrap();
        let options = Options {
            profile: furnish(profile),
            brands: Arc::new(crate::store::brands()),
            events: Some(tell),
            want_all: None,
            listen: false,
            hears: true,
            autostart: None,
            open_folder: Arc::new(|_| Ok(())),
            output,
            notifier,
            letters: letters_in_short(),
        };
        let (engine, mut core) = Core::new(options, inbox.clone(), |_| {});
        core.open().await;
        Self {
            core,
            engine,
            inbox,
            receiver,
            events,
            folder: None,
        }
    }
}

/// Letters in words that no person reads.
fn letters_in_short() -> Option<super::LetterWriter> {
    use crate::bridge::{LetterAbout, LetterToWrite};
    let write = |letter: &LetterToWrite| {
        let subject = match &letter.about {
            LetterAbout::Begun(events) => format!("{} begun", events.len()),
            LetterAbout::Over(events) => format!("{} over", events.len()),
            LetterAbout::Trial => "試験".to_owned(),
            LetterAbout::Digest(count) => format!("{count} letters"),
            LetterAbout::Pictures(notes) => format!("{} pictures", notes.len()),
        };
        outbox::LetterText {
            subject,
            body: "body\n.\nend".to_owned(),
        }
    };
    Some(Arc::new(write))
}
