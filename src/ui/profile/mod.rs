//! The dialogs about the whole profile: File → Restore, and its export and import in one file.

mod file;
mod restore;

pub use file::ProfileFileDialog;
pub use restore::RestoreDialog;

use i18n_embed_fl::fl;

use super::form::weak_text;
use super::icon::{self, Icon};
use super::{banner, reason, theme};
use crate::bridge::{Command, EngineHandle, EngineState, ProfileAnswer, ProfileFault, ProfileRequest};
use crate::i18n::Words;

/// The numbers of requests, and which answer is still to come.
struct Asking {
    last: u64,
    waiting: bool,
}

impl Asking {
    /// `first`: 1 or 2, so that no two dialogs take an answer for theirs.
    fn new(first: u64) -> Self {
        Self {
            last: first,
            waiting: false,
        }
    }

    fn ask(&mut self, engine: &EngineHandle, request: ProfileRequest) {
        self.last += 2;
        self.waiting = true;
        engine.send(Command::Profile {
            id: self.last,
            request: Box::new(request),
        });
    }

    /// The answer, once.
    fn answer<'a>(&mut self, state: &'a EngineState) -> Option<&'a ProfileAnswer> {
        let answer = state
            .profile
            .as_deref()
            .filter(|answer| self.waiting && answer.id == self.last)?;
        self.waiting = false;
        Some(answer)
    }
}

fn waiting(ui: &mut egui::Ui, words: &Words) {
    let color = theme::tokens(ui).accent;
    ui.horizontal(|ui| {
        icon::show(ui, Icon::Waiting, 14.0, color);
        ui.label(fl!(words, "status-working"));
    });
}

fn done(ui: &mut egui::Ui, text: &str) {
    let color = theme::tokens(ui).live;
    ui.horizontal(|ui| {
        icon::show(ui, Icon::Done, 14.0, color);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// A line such as `Comes back: A, B`, if there are names.
fn names(ui: &mut egui::Ui, words: &Words, names: &[String], line: impl FnOnce(String) -> String) {
    const MOST: usize = 12;
    if names.is_empty() {
        return;
    }
    let mut shown = names.iter().take(MOST).cloned().collect::<Vec<_>>();
    let more = names.len().saturating_sub(MOST);
    if more > 0 {
        shown.push(fl!(words, "notice-more", count = more));
    }
    weak_text(ui, &line(words.list(&shown)));
}

/// Why a request about the profile came to nothing. What is wrong with a table of devices its own dialog says.
#[must_use]
pub fn problem(words: &Words, fault: &ProfileFault) -> String {
    match fault {
        ProfileFault::NoTable(fault) => fl!(words, "profile-other", reason = fault.to_string()),
        ProfileFault::NotFound => fl!(words, "profile-not-found"),
        ProfileFault::Exists => fl!(words, "profile-exists"),
        ProfileFault::Denied => fl!(words, "profile-denied"),
        ProfileFault::NotAProfile => fl!(words, "profile-foreign"),
        ProfileFault::Truncated => fl!(words, "profile-truncated"),
        ProfileFault::WrongPassphrase => fl!(words, "profile-wrong-passphrase"),
        ProfileFault::Damaged => fl!(words, "profile-damaged"),
        ProfileFault::Newer => fl!(words, "profile-newer"),
        ProfileFault::Unreadable { file, fault } => {
            fl!(
                words,
                "profile-unreadable",
                file = file.as_str(),
                reason = banner::file_fault(words, fault)
            )
        }
        ProfileFault::Other { reason } => fl!(words, "profile-other", reason = reason::in_words(words, reason)),
    }
}
