//! One part on disk while it is written. Whoever writes never waits until the disk has it: that is another's turn ([`Settled`]).

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use recording::{Cut, PartInfo, PartWriter, Pushed, Sealed, StreamDescription, Unit, file_name, folder_of};

/// So many files of the same second are made beside each other.
const MOST_OF_A_NAME: u32 = 1_000;

/// A part that is being written.
#[derive(Debug)]
pub struct PartFile {
    file: File,
    path: PathBuf,
    info: PartInfo,
    writer: PartWriter,
    /// Something was written since the disk was asked to have it.
    unsynced: bool,
    /// Pictures have reached the file.
    has_pictures: bool,
    /// The disk is still busy with what it was asked to have.
    settling: Arc<AtomicBool>,
}

/// A part that was closed, or that goes on: what is to be done until the disk has it for certain.
#[derive(Debug)]
pub struct Settled {
    file: File,
    path: PathBuf,
    seal: Option<Sealed>,
    settling: Option<Arc<AtomicBool>>,
}

impl PartFile {
    /// Makes the file with its head. A part that is there is never replaced.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn begin(root: &Path, info: PartInfo, description: StreamDescription) -> io::Result<Self> {
        let mut folder = root.to_owned();
        folder.extend(folder_of(&info));
        fs::create_dir_all(&folder)?;
        let (writer, head) = PartWriter::begin(&info, description);
        for again in 0..MOST_OF_A_NAME {
            let path = folder.join(file_name(&info, again));
            match File::options().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    let written = file.write_all(&head);
                    let part = Self {
                        file,
                        path,
                        info,
                        writer,
                        unsynced: false,
                        has_pictures: false,
                        settling: Arc::default(),
                    };
                    if let Err(error) = written {
                        part.remove_empty();
                        return Err(error);
                    }
                    return Ok(part);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[must_use]
    pub fn info(&self) -> &PartInfo {
        &self.info
    }

    /// Whether another part begins with this picture.
    #[must_use]
    pub fn cut(&self, unit: &Unit, description: Option<&StreamDescription>) -> Option<Cut> {
        self.writer.cut(unit, description)
    }

    /// Takes a picture; whether some have reached the file now.
    ///
    /// # Errors
    /// Those of the disk. The part is as good as it was before, once it is closed.
    pub fn push(&mut self, unit: &Unit) -> io::Result<bool> {
        let Pushed::Write(bytes) = self.writer.push(unit) else {
            return Ok(false);
        };
        self.file.write_all(&bytes)?;
        self.unsynced = true;
        self.has_pictures = true;
        Ok(true)
    }

    /// What the disk should be asked to have: what was written since the last time, once it has that.
    pub fn to_settle(&mut self) -> Option<Settled> {
        if !self.unsynced || self.settling.load(Ordering::Acquire) {
            return None;
        }
        let file = self.file.try_clone().ok()?;
        self.unsynced = false;
        self.settling.store(true, Ordering::Release);
        Some(Settled {
            file,
            path: self.path.clone(),
            seal: None,
            settling: Some(Arc::clone(&self.settling)),
        })
    }

    /// Writes what waits and closes the part; `None`: it has no picture, and its file is removed.
    ///
    /// # Errors
    /// Those of the disk; what was written before stays and is finished at the next start.
    pub fn close(mut self) -> io::Result<Option<Settled>> {
        let last = self.writer.flush();
        if let Err(error) = self.file.write_all(&last) {
            self.abandon();
            return Err(error);
        }
        if self.writer.pictures() == 0 {
            self.remove_empty();
            return Ok(None);
        }
        let seal = Some(self.writer.seal());
        let Self { file, path, .. } = self;
        Ok(Some(Settled {
            file,
            path,
            seal,
            settling: None,
        }))
    }

    /// Closes it where its disk takes nothing any more: it stays as whole as it is, and without any picture it goes.
    pub fn abandon(self) {
        if !self.has_pictures {
            self.remove_empty();
        }
    }

    fn remove_empty(self) {
        drop(self.file);
        let _ = fs::remove_file(&self.path);
    }
}

impl Settled {
    /// Waits until the disk has it, and finishes the part where it was closed.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn settle(mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let Some(seal) = self.seal.take() else { return Ok(()) };
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(&seal.tables)?;
        // Only what the disk has may be pointed at.
        self.file.sync_data()?;
        self.file.seek(SeekFrom::Start(seal.hinge_at))?;
        self.file.write_all(&seal.hinge)?;
        self.file.sync_all()?;
        settle_name(&self.path)
    }
}

/// Waits until the folder has the name of the file for certain; elsewhere than on Unix, the file itself brings it.
fn settle_name(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        if let Some(settling) = &self.settling {
            settling.store(false, Ordering::Release);
        }
    }
}

/// Finishes a part that was left in the middle; `false`: it holds no picture and was removed, or it is finished already.
pub(super) fn repair(path: &Path) -> io::Result<bool> {
    let mut file = File::options().read(true).write(true).open(path)?;
    let part = match recording::read_part(&mut file) {
        Ok(part) => part,
        Err(recording::RecordingFault::Io(error)) => return Err(error),
        Err(fault) => return Err(io::Error::other(fault)),
    };
    if part.finished {
        return Ok(false);
    }
    let Some(seal) = part.seal() else {
        drop(file);
        fs::remove_file(path)?;
        return Ok(false);
    };
    file.set_len(part.whole)?;
    let settled = Settled {
        file,
        path: path.to_owned(),
        seal: Some(seal),
        settling: None,
    };
    settled.settle().map(|()| true)
}

/// Whether a file is a part of this program that is not finished.
pub(super) fn is_open_part(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut first = [0; 8];
    file.read_exact(&mut first)?;
    match recording::read_info(file) {
        Ok((_, end)) => Ok(end.is_none()),
        Err(_) => Ok(false),
    }
}
