//! The messengers, each with its server: when it goes next, and why it may not.

use std::time::Duration;

use super::LetterId;
use events::WallTime;

/// From one connection to the next, however much there is to say.
pub(crate) const PAUSE: Duration = Duration::from_secs(60);

/// How long a server is left alone after so many failures in a row; the last one again and again.
const WAITS: [u64; 6] = [60, 120, 300, 600, 1_200, 1_800];

/// How a connection to a server went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The server has these now.
    pub delivered: Vec<LetterId>,
    /// It does not take these, whatever it is asked.
    pub refused: Vec<LetterId>,
    pub end: DeliveryEnd,
}

/// What that means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEnd {
    /// The server did what it was asked, or said why not.
    Done,
    /// It did not answer, or has no time now.
    Later,
    /// It goes on like this until a person changes something, such as a password.
    Stopped,
}

/// What outlives the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptMessenger {
    /// What its server and sign-in were; another value begins anew.
    pub target: u64,
    pub failures: u32,
    pub next: WallTime,
    pub stopped: bool,
}

/// A messenger as the screen shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessengerView {
    /// So many letters wait for it.
    pub waiting: usize,
    /// When it goes next, where letters wait.
    pub next: Option<WallTime>,
    /// It waits for a person.
    pub stopped: bool,
}

/// One messenger that has a server.
#[derive(Debug, Default)]
pub(crate) struct MessengerState {
    pub kept: KeptMessenger,
    pub under_way: bool,
    /// Something was changed while it was under way: how that ends says nothing of what is set now.
    lifted: bool,
}

impl MessengerState {
    pub(crate) fn new(target: u64) -> Self {
        let kept = KeptMessenger {
            target,
            ..KeptMessenger::default()
        };
        Self {
            kept,
            under_way: false,
            lifted: false,
        }
    }

    /// When it may go. A time that lies further ahead than any wait is of a clock that was set back since.
    pub(crate) fn next(&self, now: WallTime) -> WallTime {
        let longest = WAITS[WAITS.len() - 1];
        match self.kept.next > after(now, Duration::from_secs(longest)) {
            true => now,
            false => self.kept.next,
        }
    }

    pub(crate) fn ended(&mut self, end: DeliveryEnd, now: WallTime) {
        self.under_way = false;
        let end = match end {
            DeliveryEnd::Stopped if self.lifted => DeliveryEnd::Later,
            end => end,
        };
        self.lifted = false;
        self.kept.stopped = end == DeliveryEnd::Stopped;
        let wait = match end {
            DeliveryEnd::Done => {
                self.kept.failures = 0;
                PAUSE
            }
            DeliveryEnd::Later | DeliveryEnd::Stopped => {
                let step = usize::try_from(self.kept.failures).unwrap_or(usize::MAX);
                self.kept.failures = self.kept.failures.saturating_add(1);
                Duration::from_secs(WAITS[step.min(WAITS.len() - 1)])
            }
        };
        self.kept.next = after(now, wait);
    }

    /// A person changed something, or asks.
    pub(crate) fn lift(&mut self) {
        self.lifted = self.under_way;
        self.kept.stopped = false;
        self.kept.failures = 0;
        self.kept.next = WallTime::default();
    }
}

pub(crate) fn after(at: WallTime, by: Duration) -> WallTime {
    WallTime(at.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
}
