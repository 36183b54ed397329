//! SHOWS THE HANDBOOK with the browser of the desktop, which needs no network for it.
//!
//! Belongs to the binary: where its page is written and who opens it. Does not belong here: what it says (`handbook`).

use std::path::{Path, PathBuf};

use monomi::bridge::{Command, EngineHandle, NoticeKind};
use monomi::i18n::Language;
use monomi::{handbook, packaged, store};

/// Shows the handbook in a language; a notice says where its file is, should that fail.
pub fn opener(engine: EngineHandle) -> Box<dyn Fn(Language)> {
    Box::new(move |language| {
        let engine = engine.clone();
        // A thread of its own: the disk may be slow, and some desktops answer when the browser is closed.
        let thread = std::thread::Builder::new().name("handbook".to_owned());
        let started = thread.spawn(move || {
            let file = folder().join(handbook::file_name(language));
            if let Err(reason) = show(&file, language) {
                tracing::warn!(reason, file = %file.display(), "the handbook did not open");
                engine.send(Command::Tell(NoticeKind::HandbookNotOpened { file, reason }));
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "the handbook did not open");
        }
    })
}

fn show(file: &Path, language: Language) -> Result<(), String> {
    store::save_page(file, &handbook::page(language)).map_err(|error| error.to_string())?;
    packaged::open(file).map_err(|error| error.to_string())
}

/// The folder that the page is written to: the cache, or where browsers may be snaps, which cannot read hidden folders, that of the
/// user's documents.
fn folder() -> PathBuf {
    let snaps = ["/snap/bin", "/var/lib/snapd/snap/bin"];
    if cfg!(target_os = "linux") && snaps.iter().any(|snaps| Path::new(snaps).is_dir()) {
        return super::documents();
    }
    directories::ProjectDirs::from("", "", "monomi").map_or_else(std::env::temp_dir, |dirs| dirs.cache_dir().to_owned())
}
