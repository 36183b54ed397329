//! The end of the loop.

use tokio::sync::mpsc;

use super::super::clock;
use super::super::inbox::Inbox;
use super::{Core, LAST_WORDS, LAST_WRITES};

impl Core {
    /// Ends all that goes on, while the last recordings are finished beside it.
    pub(in crate::engine) async fn end(&mut self, inbox: &mut mpsc::Receiver<Inbox>) {
        let last_parts = self.recordings.end().map(tokio::task::spawn_blocking);
        self.end_all_else(inbox).await;
        if let Some(last_parts) = last_parts {
            last_parts.await.ok();
        }
    }

    /// Stops the cameras that are held, tears every socket down and lets the last writes be done, and waits a little for all of it.
    async fn end_all_else(&mut self, inbox: &mut mpsc::Receiver<Inbox>) {
        self.leave_sources(inbox).await;
        let begin = tokio::time::Instant::now();
        self.ptz.release_all(clock::now());
        self.connections.close();
        self.files.forget_removed();
        self.files.last_try();
        self.habits.flush(clock::now());
        self.health.flush(clock::now());
        self.events.end(clock::now());
        self.letters.flush();
        self.settle();
        loop {
            let (open, busy) = (
                self.connections.has_open_runs() || self.ptz.may_move() || self.letters.is_under_way(),
                self.files.is_busy() || self.events.is_busy(),
            );
            let until = match (open, busy) {
                (false, false) => return,
                (true, false) => begin + LAST_WORDS,
                (_, true) => begin + LAST_WRITES,
            };
            tokio::select! {
                Some(report) = self.reports.recv() => self.connections.report(report, clock::now()),
                Some(answer) = self.answers.recv() => self.files.answered(answer, clock::now()),
                Some(answer) = self.log_answers.recv() => self.events.answered(answer, clock::now()),
                Some(message) = inbox.recv() => match message {
                    Inbox::Ptz(news) => self.on_ptz(*news, clock::now()),
                    // What a server has by now is not sent again after the next start.
                    Inbox::Letters(news) => {
                        self.on_letters(news, clock::now());
                        self.letters.flush();
                        self.settle();
                    }
                    _ => {}
                },
                () = tokio::time::sleep_until(until) => {
                    if busy {
                        tracing::warn!("the last writes are not done: the disk or the keyring does not answer");
                    }
                    return;
                }
            }
            // A Stop that was refused is followed by what else may stop it.
            self.poll_ptz(clock::now());
        }
    }
}
