//! WHAT IS WRITTEN DOWN: tracing into rotating files of the profile, bounded in size.
//!
//! Belongs here: the files and their rotation. Does not belong here: what is worth a line (each room says so itself, state
//! changes and not repetitions); nothing here ever sees a password, because passwords cannot be printed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::private;

/// The size of a file, in bytes; then the next one begins.
const FILE_BYTES: u64 = 2 * 1024 * 1024;
/// The number of files that are kept: 8 MiB in all.
const FILES: usize = 4;

/// Writes everything that the rooms tell to `monomi.log` in `folder`; older text is in `monomi.1.log` and so on. The level is
/// `info`, or what the environment variable `MONOMI_LOG` says. Does nothing when a log was started already.
///
/// # Errors
/// When the folder or the file cannot be written; Monomi runs on without a log then.
pub fn start(folder: &Path) -> io::Result<Log> {
    prepare(folder)?;
    let file = Rotating::open(folder.to_path_buf(), FILE_BYTES, FILES)?;
    let (orders, ordered) = sync_channel(BACKLOG);
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write_all(file, &ordered))?;
    let filter = EnvFilter::try_from_env("MONOMI_LOG")
        .unwrap_or_else(|_unset| EnvFilter::new("info,wgpu=warn,naga=warn,zbus=warn"));
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(filter)
        .with_writer(Teller(orders.clone()))
        .finish();
    tracing::subscriber::set_global_default(subscriber).ok();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "Monomi starts");
    Ok(Log(orders))
}

/// The log that is being written. What was told is in the file when this is dropped, if the disk takes it soon, and the file is closed:
/// Windows removes no folder with a file that is open. What is told after that is not written down.
#[must_use]
pub struct Log(SyncSender<LogOrder>);

impl Drop for Log {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        if self.0.try_send(LogOrder::End(done)).is_ok() {
            written.recv_timeout(LAST_WORDS).ok();
        }
    }
}

/// What the thread that writes is told.
enum LogOrder {
    Write(Vec<u8>),
    End(SyncSender<()>),
}

/// Lines that wait to be written. More are dropped: whoever tells something serves sockets, and never waits for a disk.
const BACKLOG: usize = 4_096;
/// How long the end of the program waits for the last lines.
const LAST_WORDS: Duration = Duration::from_millis(500);

fn write_all(mut file: impl Write, orders: &Receiver<LogOrder>) {
    while let Ok(order) = orders.recv() {
        match order {
            // A line that cannot be written is dropped, so that a full disk does not fill the terminal.
            LogOrder::Write(line) => drop(file.write(&line)),
            LogOrder::End(done) => {
                drop(file);
                let _told = done.try_send(());
                return;
            }
        }
    }
}

/// Makes the folder, and what earlier versions let everybody read private.
fn prepare(folder: &Path) -> io::Result<()> {
    private::make_folder(folder)?;
    private::keep_private(folder);
    for number in 0..FILES {
        private::keep_private(&name(folder, number));
    }
    Ok(())
}

/// Takes lines for the thread that writes.
#[derive(Clone)]
struct Teller(SyncSender<LogOrder>);

impl<'a> MakeWriter<'a> for Teller {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Teller {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _dropped = self.0.try_send(LogOrder::Write(bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A log file that starts anew when it is full. Full files are numbered, and the oldest one is deleted.
struct Rotating {
    folder: PathBuf,
    file: File,
    written: u64,
    most: u64,
    files: usize,
}

impl Rotating {
    fn open(folder: PathBuf, most: u64, files: usize) -> io::Result<Self> {
        // Names of devices and addresses stand in it.
        let file = private::file_to_append(&name(&folder, 0))?;
        let written = file.metadata()?.len();
        Ok(Self {
            folder,
            file,
            written,
            most,
            files,
        })
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (0..self.files.saturating_sub(1)).rev() {
            let from = name(&self.folder, number);
            if from.exists() {
                std::fs::rename(from, name(&self.folder, number + 1))?;
            }
        }
        self.file = private::file_to_append(&name(&self.folder, 0))?;
        self.written = 0;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written > 0 && self.written + bytes.len() as u64 > self.most {
            self.rotate()?;
        }
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn name(folder: &Path, number: usize) -> PathBuf {
    match number {
        0 => folder.join("monomi.log"),
        number => folder.join(format!("monomi.{number}.log")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_keeps_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(folder.path().to_path_buf(), 1_000, 3).unwrap();
        for line in 0..1_000 {
            log.write_all(format!("line {line:04}\n").as_bytes()).unwrap();
        }
        let sizes: Vec<u64> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 3);
        assert!(sizes.iter().all(|size| *size <= 1_000), "{sizes:?}");
        let newest = std::fs::read_to_string(name(folder.path(), 0)).unwrap();
        assert!(newest.ends_with("line 0999\n"));
    }

    /// A disk that takes nothing until it is let go.
    struct Dead(Receiver<()>, SyncSender<Vec<u8>>);

    impl Write for Dead {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _let_go = self.0.recv();
            let _kept = self.1.try_send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_tells_something_never_waits_for_a_disk_and_what_waits_is_bounded() {
        let (let_go, dead) = sync_channel::<()>(0);
        let (keep, kept) = sync_channel(3 * BACKLOG);
        let (orders, ordered) = sync_channel(BACKLOG);
        let disk = std::thread::Builder::new()
            .spawn(move || write_all(Dead(dead, keep), &ordered))
            .unwrap();
        let mut teller = Teller(orders.clone());
        for _ in 0..2 * BACKLOG {
            teller.write_all(b"line").unwrap();
        }
        drop(let_go);
        drop(teller);
        drop(Log(orders));
        disk.join().unwrap();
        let written = kept.try_iter().count();
        assert!((BACKLOG..=BACKLOG + 1).contains(&written), "{written}");
    }

    #[cfg(unix)]
    #[test]
    fn log_files_are_for_their_owner_alone_those_of_earlier_versions_too() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        for number in 0..2 {
            let path = name(folder.path(), number);
            File::create(&path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        prepare(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let mut log = Rotating::open(folder.path().to_path_buf(), 10, 3).unwrap();
        for _ in 0..2 {
            log.write_all(b"a long line\n").unwrap();
        }
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_restart_goes_on_in_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            Rotating::open(folder.path().to_path_buf(), 1_000, 3)
                .unwrap()
                .write_all(b"x\n")
                .unwrap();
        }
        assert_eq!(std::fs::read_to_string(name(folder.path(), 0)).unwrap(), "x\nx\n");
    }
}
