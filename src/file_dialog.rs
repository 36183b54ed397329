//! THE DIALOG OF THE SYSTEM for files and folders: the desktop portal on Linux, the common dialogs on Windows and macOS.
//!
//! Belongs to the binary: how the dialog is opened. Does not belong here: what is asked for and what becomes of the answer (`ui`).

use monomi::ui::choosing::{Chooser, Question, Reply, Wanted};
use rfd::FileDialog;

/// No chooser where this desktop has no such dialog: the path is typed then.
pub fn chooser() -> Chooser {
    if is_offered() {
        Chooser::new(ask)
    } else {
        Chooser::default()
    }
}

/// Asks on a thread of its own, because the dialog stays open for as long as the person likes.
fn ask(question: Question, reply: Reply) {
    let thread = std::thread::Builder::new().name("file dialog".to_owned());
    let asked = thread.spawn(move || {
        if let Some(path) = choose(question) {
            reply.chose(path);
        }
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "the file dialog did not open");
    }
}

fn choose(question: Question) -> Option<std::path::PathBuf> {
    let mut dialog = FileDialog::new().set_title(question.title);
    if let Some(folder) = question.folder.filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    match question.wanted {
        Wanted::Folder => dialog.pick_folder(),
        Wanted::Open { ending } => dialog.add_filter(format!("*.{ending}"), &[ending]).pick_file(),
        Wanted::Save { name, ending } => dialog
            .set_file_name(name)
            .add_filter(format!("*.{ending}"), &[ending])
            .save_file(),
    }
}

#[cfg(not(target_os = "linux"))]
fn is_offered() -> bool {
    true
}

/// Whether a portal is installed and a session bus is there to start it, or the program that stands in for it.
#[cfg(target_os = "linux")]
fn is_offered() -> bool {
    use std::path::{Path, PathBuf};

    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let bus = || {
        let socket = variable("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("bus"));
        variable("DBUS_SESSION_BUS_ADDRESS").is_some() || socket.is_some_and(|socket| socket.exists())
    };
    let portal = || {
        let folders = variable("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
        let service = "dbus-1/services/org.freedesktop.portal.Desktop.service";
        std::env::split_paths(&folders).any(|folder: PathBuf| folder.join(service).exists())
    };
    let zenity = || {
        let programs = variable("PATH").unwrap_or_default();
        std::env::split_paths(&programs).any(|folder| folder.join("zenity").exists())
    };
    bus() && portal() || zenity()
}
