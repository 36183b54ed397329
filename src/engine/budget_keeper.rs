//! Keeps on disk what connects cost, so that a program that is killed and started again goes on where it was.
//!
//! The file is written by a task beside the loop. Each attempt waits for it before its first packet, because an attempt that a
//! killed program forgot would be made again by the next one.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::clock;
use crate::store::Profile;
use reconnect::Spent;

/// A dead disk delays a dial by no more than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// The loop's end. Whatever was given last is written in the end; what it replaces meanwhile is not.
pub(super) struct BudgetKeeper {
    given: watch::Sender<Given>,
    written: watch::Receiver<u64>,
}

#[derive(Default)]
struct Given {
    revision: u64,
    spent: Spent,
}

/// The promise that one revision is on disk.
pub(super) struct OnDisk {
    revision: u64,
    written: watch::Receiver<u64>,
}

impl BudgetKeeper {
    pub(super) fn start(profile: Profile) -> Self {
        let (given, orders) = watch::channel(Given::default());
        let (tell, written) = watch::channel(0);
        tokio::spawn(keep(profile, orders, tell));
        Self { given, written }
    }

    /// Has this written soon. Revisions only grow.
    pub(super) fn keep(&self, revision: u64, spent: Spent) {
        self.given.send_replace(Given { revision, spent });
    }

    /// The promise that this revision, or a later one, is on disk.
    pub(super) fn on_disk(&self, revision: u64) -> OnDisk {
        OnDisk {
            revision,
            written: self.written.clone(),
        }
    }
}

impl OnDisk {
    /// Waits until it is on disk, or for a second.
    pub(super) async fn wait(&mut self) {
        let revision = self.revision;
        let there = self.written.wait_for(|written| *written >= revision);
        match tokio::time::timeout(PATIENCE, there).await {
            Ok(Ok(_)) | Ok(Err(_)) => {}
            Err(_too_late) => tracing::warn!("the disk does not answer: what this attempt costs may be forgotten"),
        }
    }
}

async fn keep(profile: Profile, mut orders: watch::Receiver<Given>, written: watch::Sender<u64>) {
    let mut told = false;
    while orders.changed().await.is_ok() {
        let (revision, spent) = {
            let given = orders.borrow_and_update();
            (given.revision, given.spent.clone())
        };
        let (profile, now) = (profile.clone(), clock::wall());
        let saved = spawn_blocking(move || profile.save_spent(&spent, now)).await;
        if let Ok(Err(error)) = saved
            && !std::mem::replace(&mut told, true)
        {
            tracing::warn!(%error, "what connects cost is not kept for the next start");
        }
        // It is no obstacle to dialling that it could not be written.
        written.send_replace(revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_promised_to_be_on_disk_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        let keeper = BudgetKeeper::start(profile.clone());
        for revision in 1..20 {
            let spent = Spent {
                process: vec![Duration::from_millis(revision)],
                ..Spent::default()
            };
            keeper.keep(revision, spent);
            keeper.on_disk(revision).wait().await;
            let kept = profile.load_spent(std::time::UNIX_EPOCH).unwrap();
            assert_eq!(kept.process, [Duration::from_millis(revision)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_does_not_answer_delays_a_dial_by_a_second() {
        let (_never, written) = watch::channel(0);
        let begin = tokio::time::Instant::now();
        OnDisk { revision: 1, written }.wait().await;
        assert_eq!(begin.elapsed(), PATIENCE);
    }

    #[tokio::test]
    async fn a_profile_that_cannot_be_written_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        drop(dir);
        let keeper = BudgetKeeper::start(profile);
        keeper.keep(1, Spent::default());
        keeper.written.clone().wait_for(|written| *written == 1).await.unwrap();
    }
}
