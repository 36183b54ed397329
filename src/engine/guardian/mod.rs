//! THE GUARDIAN: a thread that sleeps and looks once a second whether the loop turns. Where it does not, it says where the loop stands and has the program start
//! itself again, so that the same wall is shown.
//!
//! Belongs here: the thread, where the loop is, with which arguments the program starts again. Does not belong here: when a loop counts as stuck and how often
//! it may start again (`self_watch`), the file that counts it (`store`), how a program takes its own place (`packaged`).

mod again;
mod beat;

use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

pub(super) use self::beat::{Beat, Post};
use crate::bridge::{EngineHandle, EngineState, Notice, NoticeKind, RecordingsShown};
use crate::packaged;
use crate::store::Profile;
use ::self_watch::{LoopLook, LoopVerdict, LoopWatch, Standstill};

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(1);

/// So many looks in a row without a turn are a loop that stands still: ten seconds.
const PATIENCE: u32 = 10;

/// How long the disk is waited for that counts the restarts, unless something else is said. One that does not answer would hold up the next start as well.
const DISK: Duration = Duration::from_secs(5);

/// The last lines of the log are on disk by then.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// What the guardian does with a loop that stands still.
pub struct Guard {
    /// Where the restarts are counted.
    pub profile: Profile,
    /// The arguments with which this run was started; `None`: it is not started again (a demo, or a run that ends by itself).
    pub arguments: Option<Vec<OsString>>,
    /// Whether there are windows, which may be a kiosk.
    pub has_windows: bool,
    /// So many looks without a turn are too many; [`Guard::new`] has the usual number.
    pub patience: u32,
    /// How long the disk is waited for that counts the restarts.
    pub disk: Duration,
}

impl Guard {
    /// `arguments`: those with which this run was started; `None`: it is not started again.
    #[must_use]
    pub fn new(profile: Profile, arguments: Option<Vec<OsString>>, has_windows: bool) -> Self {
        Self {
            profile,
            arguments,
            has_windows,
            patience: PATIENCE,
            disk: DISK,
        }
    }
}

/// The thread; it ends when this is dropped.
pub(super) struct Guardian {
    _ends: SyncSender<()>,
}

impl Guardian {
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(guard: Guard, beat: Arc<Beat>, engine: EngineHandle) -> io::Result<Self> {
        let (ends, ended) = sync_channel(0);
        let look = move || {
            let mut watch = LoopWatch::new(LOOK, guard.patience);
            let (mut steady, mut wall) = (Instant::now(), SystemTime::now());
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let (then, then_wall) = (steady, wall);
                (steady, wall) = (Instant::now(), SystemTime::now());
                let (turns, runs) = beat.seen();
                let verdict = watch.look(LoopLook {
                    turns,
                    runs,
                    steady: steady.duration_since(then),
                    wall: wall.duration_since(then_wall).unwrap_or_default(),
                });
                if verdict == LoopVerdict::Stuck {
                    stands_still(&guard, &beat, &engine);
                }
            }
        };
        let thread = std::thread::Builder::new().name("guardian".to_owned());
        thread.stack_size(256 * 1_024).spawn(look)?;
        Ok(Self { _ends: ends })
    }
}

/// The loop stands still: it is said where, and the program starts again, if it may.
fn stands_still(guard: &Guard, beat: &Beat, engine: &EngineHandle) {
    let (post, threads) = (beat.post().word(), threads());
    tracing::error!(post, threads, "the engine stands still");
    let at = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let standstill = Standstill {
        at: i64::try_from(at.as_secs()).unwrap_or(i64::MAX),
        post: post.to_owned(),
        threads,
        restarted: false,
    };
    let why_not = match (note(guard, standstill), &guard.arguments) {
        (Some(true), Some(given)) => {
            let arguments = again::arguments(given, beat.is_kiosk().filter(|_| guard.has_windows));
            tracing::error!("Monomi starts itself again");
            std::thread::sleep(LAST_WORDS);
            packaged::start_in_own_place(&arguments).to_string()
        }
        (Some(true), None) => "this run is not started again by itself".to_owned(),
        (Some(false), _) => "it was started again three times within an hour".to_owned(),
        (None, _) => "the disk does not answer, so that the next start would not either".to_owned(),
    };
    tracing::error!(why_not, "Monomi stays as it is");
    say(engine, post);
}

/// Counts it on disk; whether the program may start again. `None`: the disk does not answer.
fn note(guard: &Guard, standstill: Standstill) -> Option<bool> {
    let (profile, restarts) = (guard.profile.clone(), guard.arguments.is_some());
    let (tell, told) = sync_channel(1);
    let count = move || {
        let mut book = profile.load_restarts();
        let before = book.times.clone();
        let may = book.found(standstill);
        if !restarts {
            book.times = before;
            if let Some(untold) = &mut book.untold {
                untold.restarted = false;
            }
        }
        match profile.save_restarts(&book) {
            // What cannot be counted could happen without end.
            Err(error) => tracing::error!(%error, "that the engine stands still is not kept"),
            Ok(()) => drop(tell.try_send(may)),
        }
    };
    let thread = std::thread::Builder::new().name("guardian-disk".to_owned());
    thread.spawn(count).ok()?;
    told.recv_timeout(guard.disk).ok()
}

/// Nothing may look live that is not.
fn say(engine: &EngineHandle, post: &str) {
    let last = engine.state();
    let kind = NoticeKind::StandsStill { post: post.to_owned() };
    let notice = Notice { id: u64::MAX, kind };
    engine.publish(EngineState {
        streams: Arc::default(),
        recordings: RecordingsShown::default(),
        playbacks: Arc::default(),
        notices: Arc::new(last.notices.iter().cloned().chain([notice]).collect()),
        ..EngineState::clone(&last)
    });
}

/// What the system says of the engine's threads: their state and what they wait for (Linux: `/proc/self/task`).
fn threads() -> String {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return String::new();
    };
    let about = |task: std::path::PathBuf| -> Option<String> {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let name = name.trim();
        if !name.starts_with("monomi-engine") {
            return None;
        }
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        // The second field is the thread's name and may hold anything but ends at the last bracket.
        let state = stat.rsplit_once(") ")?.1.chars().next()?;
        let waits = std::fs::read_to_string(task.join("wchan")).unwrap_or_default();
        Some(format!("{name} {state} {}", waits.trim()).trim_end().to_owned())
    };
    let mut all: Vec<String> = tasks.flatten().filter_map(|task| about(task.path())).collect();
    all.sort();
    // The pool of threads that may wait for disks is large, and most of it waits for work.
    all.truncate(8);
    all.join(", ")
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
