//! Shows the folder of a file with the desktop's file manager.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::inbox::Inbox;
use super::options::OpenFolder;
use crate::bridge::NoticeKind;

/// The program that the desktop has for folders.
#[must_use]
pub fn by_the_desktop() -> OpenFolder {
    Arc::new(crate::packaged::open)
}

/// Shows the folder of `file`, and says in a notice why it could not.
pub(super) fn open(file: &Path, open_folder: &OpenFolder, inbox: &mpsc::Sender<Inbox>) {
    if let Some(folder) = file.parent() {
        show(folder, open_folder, inbox);
    }
}

/// Shows a folder, or a file with the program that the desktop has for it, and says in a notice why it could not.
pub(super) fn show(what: &Path, open_folder: &OpenFolder, inbox: &mpsc::Sender<Inbox>) {
    let folder = what.to_path_buf();
    let (open_folder, inbox) = (Arc::clone(open_folder), inbox.clone());
    // A thread of its own, because some file managers return only when the person closes them.
    let started = std::thread::Builder::new().name("open-folder".to_owned()).spawn({
        let (folder, inbox) = (folder.clone(), inbox.clone());
        move || {
            if let Err(error) = open_folder(&folder) {
                tell(&inbox, &folder, &error);
            }
        }
    });
    if let Err(error) = started {
        tokio::task::spawn_blocking(move || tell(&inbox, &folder, &error));
    }
}

fn tell(inbox: &mpsc::Sender<Inbox>, folder: &Path, error: &std::io::Error) {
    tracing::warn!(%error, folder = %folder.display(), "the folder could not be opened");
    let kind = NoticeKind::FolderNotOpened {
        folder: folder.to_path_buf(),
        reason: error.to_string(),
    };
    inbox.blocking_send(Inbox::Notice(kind)).ok();
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn the_folder_is_opened_beside_the_loop_and_a_failure_is_said() {
        let (inbox, mut received) = mpsc::channel(4);
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = Arc::clone(&asked);
        let fails: OpenFolder = Arc::new(move |folder: &Path| {
            log.lock().unwrap().push(folder.to_path_buf());
            Err(std::io::Error::other("no file manager"))
        });
        open(Path::new("/pictures/DVR.png"), &fails, &inbox);
        let Some(Inbox::Notice(kind)) = received.recv().await else {
            panic!("a notice");
        };
        let folder = Path::new("/pictures").to_path_buf();
        assert_eq!(*asked.lock().unwrap(), std::slice::from_ref(&folder));
        let reason = "no file manager".to_owned();
        assert_eq!(kind, NoticeKind::FolderNotOpened { folder, reason });
    }
}
