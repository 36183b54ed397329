//! A file or a folder that the person chooses in the dialog of the system. It opens beside the window: nothing waits for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use egui::{Button, Context, Ui};
use i18n_embed_fl::fl;

use crate::i18n::Words;

/// What is asked of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub title: String,
    pub wanted: Wanted,
    /// The folder that is shown first, if it exists.
    pub folder: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    Folder,
    /// A file that exists. `ending`: what its name ends with, without the dot.
    Open {
        ending: &'static str,
    },
    /// A file to write.
    Save {
        name: String,
        ending: &'static str,
    },
}

/// Takes the answer. Dropped without one, it means that nothing was chosen.
pub struct Reply {
    sender: SyncSender<PathBuf>,
    ctx: Context,
}

impl Reply {
    pub fn chose(&self, path: PathBuf) {
        // Nobody waits for it any more where the window is gone.
        let _ = self.sender.try_send(path);
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.ctx.request_repaint();
    }
}

type Ask = dyn Fn(Question, Reply) + Send + Sync;

/// Opens the dialog of the system, or says that there is none.
#[derive(Clone, Default)]
pub struct Chooser(Option<Arc<Ask>>);

impl Chooser {
    /// `ask` returns at once and replies from a thread of its own.
    pub fn new(ask: impl Fn(Question, Reply) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }
}

/// The button *Choose…* of one field, and the question that is open.
#[derive(Default)]
pub struct Choice {
    asked: Option<Receiver<PathBuf>>,
}

impl Choice {
    /// Paints the button and returns the path that was chosen, once.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        words: &Words,
        chooser: &Chooser,
        text: &str,
        question: impl FnOnce() -> Question,
    ) -> Option<PathBuf> {
        let button = Button::new(text);
        let enabled = chooser.0.is_some() && self.asked.is_none();
        let response = ui.add_enabled(enabled, button);
        let response = if chooser.0.is_none() {
            response.on_disabled_hover_text(fl!(words, "choose-none"))
        } else {
            response
        };
        if let Some(ask) = chooser.0.as_ref().filter(|_| response.clicked()) {
            let (sender, receiver) = sync_channel(1);
            self.asked = Some(receiver);
            let ctx = ui.ctx().clone();
            ask(question(), Reply { sender, ctx });
        }
        match self.asked.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => None,
            Ok(path) => {
                self.asked = None;
                Some(path)
            }
            Err(TryRecvError::Disconnected) => {
                self.asked = None;
                None
            }
        }
    }
}

/// The folder of a typed path, where the choice begins.
#[must_use]
pub fn folder_of(typed: &str) -> Option<PathBuf> {
    let path = PathBuf::from(typed.trim());
    path.is_absolute()
        .then(|| path.parent().map_or_else(|| path.clone(), PathBuf::from))
}

/// The name in a typed path, or `otherwise`.
#[must_use]
pub fn name_of(typed: &str, otherwise: &str) -> String {
    let path = PathBuf::from(typed.trim());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| otherwise.to_owned())
}
