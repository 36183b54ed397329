//! Calls beside the loop: each means has one call under way, because a sound server or a desktop may keep one waiting.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::attempt::sound_problem;
use super::super::inbox::Inbox;
use super::done::AlertDone;
use crate::bridge::Notification;
use crate::video::{SoundOutput, play_tone};

/// Notifications that wait; of more, the oldest are dropped, for the list has them.
const MOST_WAITING: usize = 8;

/// Shows a notification; blocks until the desktop has it. The error is in the words of the system.
pub type Notifier = Arc<dyn Fn(&Notification) -> Result<(), String> + Send + Sync>;

/// By what people are called, and where it is told how that went.
pub(in crate::engine) struct AlertOutputs {
    pub notifier: Notifier,
    pub sound: SoundOutput,
    pub inbox: mpsc::Sender<Inbox>,
}

pub(super) struct Sender {
    outputs: Option<AlertOutputs>,
    sound: Means,
    notification: Means,
    waiting: VecDeque<Notification>,
}

/// The state of one means.
#[derive(Default)]
struct Means {
    /// A call is under way.
    busy: bool,
    /// The last call did not work, and that was said.
    failed: bool,
}

impl Sender {
    pub(super) fn new(outputs: Option<AlertOutputs>) -> Self {
        Self {
            outputs,
            sound: Means::default(),
            notification: Means::default(),
            waiting: VecDeque::new(),
        }
    }

    /// Plays the tone, unless one is being played.
    pub(super) fn play(&mut self) {
        let Some(outputs) = self.outputs.as_ref().filter(|_| !self.sound.busy) else {
            return;
        };
        self.sound.busy = true;
        let (output, inbox) = (outputs.sound.clone(), outputs.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let played = play_tone(&output).map_err(sound_problem);
            inbox.blocking_send(Inbox::Alerted(AlertDone::Sound(played))).ok();
        });
    }

    /// Shows a notification after those that are under way.
    pub(super) fn notify(&mut self, notification: Notification) {
        if self.outputs.is_none() {
            return;
        }
        // What is said of a call replaces what was to be said of it.
        self.waiting.retain(|waiting| waiting.call != notification.call);
        self.waiting.push_back(notification);
        if self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
        self.hand_over();
    }

    /// A call is done; the next one of its means begins.
    pub(super) fn done(&mut self, done: &AlertDone) {
        match done {
            AlertDone::Sound(_) => self.sound.busy = false,
            AlertDone::Notification(_) => {
                self.notification.busy = false;
                self.hand_over();
            }
        }
    }

    /// Whether a failure was not said before.
    pub(super) fn is_news(&mut self, done: &AlertDone) -> bool {
        let (means, failed) = match done {
            AlertDone::Sound(result) => (&mut self.sound, result.is_err()),
            AlertDone::Notification(result) => (&mut self.notification, result.is_err()),
        };
        let was = std::mem::replace(&mut means.failed, failed);
        failed && !was
    }

    fn hand_over(&mut self) {
        let Some(outputs) = self.outputs.as_ref().filter(|_| !self.notification.busy) else {
            return;
        };
        let Some(notification) = self.waiting.pop_front() else {
            return;
        };
        self.notification.busy = true;
        let (notifier, inbox) = (Arc::clone(&outputs.notifier), outputs.inbox.clone());
        tokio::task::spawn_blocking(move || {
            let shown = notifier(&notification);
            inbox.blocking_send(Inbox::Alerted(AlertDone::Notification(shown))).ok();
        });
    }
}
