//! THE ONE LOOP: the only clock, timer and spawner. It turns what the machine decides into effects, and what effects report
//! into the machine's inputs.
//!
//! Belongs here: wiring between `reconnect`, `net`, `rtsp`, `video`, `store` and the screen's [`crate::bridge`].
//! Does not belong here: when to try again (`reconnect`), what a device understands (`rtsp`), painting.

mod archive;
mod asking;
mod attempt;
mod budget_keeper;
mod certificates;
mod clock;
mod connections;
mod core;
mod diagnosis;
#[cfg(test)]
mod endurance;
mod enquiry;
mod events;
mod failure;
mod feeds;
mod figures;
mod file_fault;
mod files;
mod find;
mod first_state;
mod folder;
mod guardian;
mod habits;
mod health;
mod inbox;
mod letters;
mod listeners;
mod options;
mod password;
mod pictures;
mod planned;
mod playback;
mod process;
mod ptz;
mod recording;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod rig;
mod screen;
mod self_watch;
#[cfg(test)]
mod sixty_days;
mod sources;
mod still_image;
mod trial;
mod update;
mod worker;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use self::core::{Core, LAST_WRITES};
use self::guardian::{Beat, Guardian};
use self::inbox::{Inbox, MOST_WAITING};
use crate::bridge::{Command, EngineHandle, EngineState, Notice, NoticeKind};
use crate::store::{self, Profile};

pub use events::{Notifier, who};
pub use find::find_once;
pub use folder::by_the_desktop;
pub use guardian::Guard;
pub use letters::LetterWriter;
pub use options::{OpenFolder, Options};
pub use process::{ProcessFigures, process_figures};

/// A running engine. Dropping it ends the engine, with every socket torn down.
pub struct Engine {
    handle: EngineHandle,
    inbox: mpsc::Sender<Inbox>,
    runtime: Option<tokio::runtime::Runtime>,
    loop_task: Option<tokio::task::JoinHandle<()>>,
    /// Tells the loop of files that somebody changed.
    _watch: Option<store::Watch>,
    beat: Arc<Beat>,
    guardian: Option<Guardian>,
}

impl Engine {
    /// Reads the profile and starts the loop on threads of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(options: Options) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(64)
            .thread_name("monomi-engine")
            .enable_all()
            .build()?;
        let (inbox, receiver) = mpsc::channel(MOST_WAITING);
        let sender = inbox.clone();
        let _guard = runtime.enter();
        let watch = watch_files(&options.profile, inbox.clone());
        let beat = Arc::<Beat>::default();
        let seen = Arc::clone(&beat);
        let (engine, mut core) = Core::new(options, inbox.clone(), move |command: Command| {
            seen.note(&command);
            if sender.try_send(Inbox::Command(command)).is_err() {
                tracing::warn!("the engine is busy or gone: a command of the screen was not taken");
            }
        });
        core.follow(Arc::clone(&beat));
        let loop_task = runtime.spawn(run_to_its_end(core, receiver, engine.clone()));
        Ok(Self {
            handle: engine,
            inbox,
            runtime: Some(runtime),
            loop_task: Some(loop_task),
            _watch: watch,
            beat,
            guardian: None,
        })
    }

    /// Has the program start itself again when the loop stands still; until then it costs nothing.
    pub fn guard(&mut self, guard: Guard) {
        match Guardian::start(guard, Arc::clone(&self.beat), self.handle.clone()) {
            Ok(guardian) => self.guardian = Some(guardian),
            Err(error) => tracing::warn!(%error, "nobody looks whether the engine stands still"),
        }
    }

    /// The screen's end.
    #[must_use]
    pub fn handle(&self) -> &EngineHandle {
        &self.handle
    }

    /// Shows a notice that came from outside the engine.
    pub fn notice(&self, kind: NoticeKind) {
        if self.inbox.try_send(Inbox::Notice(kind)).is_err() {
            tracing::warn!("the engine is busy or gone: a notice is not shown");
        }
    }

    /// Runs `future` on the engine's threads.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(future);
        }
    }

    /// Runs `future` on the engine's threads until it is done; for the command line, which has no loop of its own.
    ///
    /// # Panics
    /// Never while the engine lives.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.runtime {
            Some(runtime) => runtime.block_on(future),
            None => unreachable!("the runtime is taken only in drop"),
        }
    }
}

fn watch_files(profile: &Profile, inbox: mpsc::Sender<Inbox>) -> Option<store::Watch> {
    let tell = move |changed| {
        inbox.blocking_send(Inbox::FileChanged(changed)).ok();
    };
    store::watch(profile, tell)
        .inspect_err(|error| tracing::warn!(%error, "changes of the profile by others are not noticed"))
        .ok()
}

/// Runs the loop. Should a defect of this program end it, then nothing may look live that is not.
async fn run_to_its_end(core: Core, inbox: mpsc::Receiver<Inbox>, engine: EngineHandle) {
    if AssertUnwindSafe(core.run(inbox)).catch_unwind().await.is_ok() {
        return;
    }
    tracing::error!("a defect ended the engine");
    let last = engine.state();
    let kind = NoticeKind::NoVideo {
        reason: "a defect ended the engine; Monomi has to be started again".to_owned(),
    };
    let notice = Notice { id: u64::MAX, kind };
    engine.publish(EngineState {
        streams: Arc::default(),
        notices: Arc::new(last.notices.iter().cloned().chain([notice]).collect()),
        ..EngineState::clone(&last)
    });
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Whoever ends the program does not want it again.
        self.guardian = None;
        let (Some(runtime), Some(loop_task)) = (self.runtime.take(), self.loop_task.take()) else {
            return;
        };
        runtime.block_on(async {
            self.inbox.send(Inbox::Quit).await.ok();
            tokio::time::timeout(LAST_WRITES + Duration::from_millis(300), loop_task)
                .await
                .ok();
        });
        runtime.shutdown_background();
    }
}

#[cfg(test)]
mod tests {
    use super::endurance::{registry, show_all};
    use super::rig::Rig;
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_looks_live_after_a_defect_ended_the_loop() {
        let mut rig = Rig::new().await;
        rig.core.enter(registry(0));
        show_all(&mut rig.core);
        rig.core.publish_now();
        let engine = rig.engine.clone();
        assert!(!engine.state().streams.is_empty());
        rig.core
            .connections()
            .set_runner(Box::new(|_plan| panic!("a defect of the loop")));
        run_to_its_end(rig.core, rig.receiver, engine.clone()).await;
        let last = engine.state();
        assert!(last.streams.is_empty());
        assert!(
            last.notices
                .iter()
                .any(|notice| matches!(notice.kind, NoticeKind::NoVideo { .. }))
        );
    }
}
