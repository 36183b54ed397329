//! The loop's state on a profile that is thrown away, for tests that turn it by hand.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::core::Core;
use super::inbox::Inbox;
use super::{INBOX, Options};
use crate::bridge::Event;
use crate::store::Profile;

pub(super) struct Rig {
    pub core: Core,
    pub inbox: mpsc::Sender<Inbox>,
    pub receiver: mpsc::Receiver<Inbox>,
    pub events: mpsc::Receiver<Event>,
    pub folder: tempfile::TempDir,
}

impl Rig {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, receiver) = mpsc::channel(INBOX);
        let (tell, events) = mpsc::channel(1_024);
        let options = Options {
            profile: Profile::open(Some(folder.path().to_path_buf()))
                .unwrap()
                .without_keyring(),
            brands: Arc::new(crate::store::brands()),
            events: Some(tell),
            want_all: None,
            listen: false,
            autostart: None,
            output: crate::video::SoundOutput::default(),
        };
        let (_engine, core) = Core::new(options, inbox.clone(), |_| {});
        Self {
            core,
            inbox,
            receiver,
            events,
            folder,
        }
    }
}
