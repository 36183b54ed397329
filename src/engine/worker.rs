//! A WORKER beside the loop: it owns what may keep one waiting (a disk, a keyring) and carries out orders one after another.
//!
//! Belongs here: the order of the work and its answers. Does not belong here: what the work is (`files`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::spawn_blocking;

/// Orders that wait at the worker; more of them wait at [`Worker`].
const QUEUE: usize = 16;

/// The loop's end of a worker that owns a `T` and answers with an `A`.
pub(super) struct Worker<T, A> {
    orders: mpsc::Sender<Job<T, A>>,
    /// Orders that the channel had no room for, oldest first: what the user entered is never dropped.
    waiting: VecDeque<Job<T, A>>,
    unanswered: usize,
}

struct Job<T, A> {
    work: Box<dyn FnOnce(&mut T) -> A + Send>,
    /// The answer where a defect of this program ends the work.
    lost: A,
}

impl<T: Send + 'static, A: Send + 'static> Worker<T, A> {
    /// Starts the worker. Each order is answered once, in the order in which they were given.
    pub(super) fn start(owned: T, answers: mpsc::Sender<A>) -> Self {
        let (orders, queue) = mpsc::channel(QUEUE);
        tokio::spawn(work(owned, queue, answers));
        Self {
            orders,
            waiting: VecDeque::new(),
            unanswered: 0,
        }
    }

    /// Gives an order; never waits. `lost` is the answer where a defect of this program ends the work.
    pub(super) fn order(&mut self, lost: A, work: impl FnOnce(&mut T) -> A + Send + 'static) {
        let work = Box::new(work);
        self.unanswered += 1;
        self.waiting.push_back(Job { work, lost });
        self.hand_over();
    }

    /// To be called for every answer that came.
    pub(super) fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.hand_over();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.unanswered == 0
    }

    fn hand_over(&mut self) {
        while let Some(order) = self.waiting.pop_front() {
            match self.orders.try_send(order) {
                Ok(()) => {}
                Err(TrySendError::Full(order)) => {
                    self.waiting.push_front(order);
                    return;
                }
                Err(TrySendError::Closed(_)) => tracing::error!("a worker is gone: an order is lost"),
            }
        }
    }
}

async fn work<T: Send + 'static, A: Send + 'static>(
    owned: T,
    mut orders: mpsc::Receiver<Job<T, A>>,
    answers: mpsc::Sender<A>,
) {
    let owned = Arc::new(Mutex::new(owned));
    while let Some(Job { work, lost }) = orders.recv().await {
        let owned = Arc::clone(&owned);
        let done = spawn_blocking(move || work(&mut owned.lock().unwrap_or_else(PoisonError::into_inner))).await;
        let answer = done.unwrap_or_else(|stopped| {
            tracing::error!(%stopped, "a defect ended an order");
            lost
        });
        // Where the loop is gone the orders that it gave are carried out all the same.
        answers.send(answer).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn orders_are_carried_out_and_answered_in_sequence_however_many_there_are() {
        let (answers, mut answered) = mpsc::channel(4);
        let mut worker = Worker::start(0_usize, answers);
        let count = 3 * QUEUE;
        for number in 0..count {
            worker.order(None, move |next: &mut usize| {
                assert_eq!(*next, number);
                *next += 1;
                Some(number)
            });
        }
        for number in 0..count {
            assert_eq!(answered.recv().await, Some(Some(number)));
            assert!(!worker.is_idle());
            worker.answered();
        }
        assert!(worker.is_idle());
    }

    #[tokio::test]
    async fn a_defect_in_one_order_is_answered_and_the_next_is_carried_out() {
        let (answers, mut answered) = mpsc::channel(4);
        let mut worker = Worker::start((), answers);
        worker.order("lost", |()| panic!("a defect"));
        worker.order("lost", |()| "done");
        assert_eq!(answered.recv().await, Some("lost"));
        assert_eq!(answered.recv().await, Some("done"));
    }
}
