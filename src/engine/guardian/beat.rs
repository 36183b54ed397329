//! Where the loop is, told by a few stores that cost nothing.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::super::inbox::Inbox;
use crate::bridge::Command;

/// What the loop is doing: the input that it takes in, with all that follows from it, or the part whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Post {
    /// It waits for something to happen. Where it stands there, the threads of the engine are held by others.
    Waits,
    Governor,
    Screen,
    Attempts,
    Files,
    Events,
    Command,
    Network,
    Find,
    Alerts,
    Errand,
    Letters,
    Enquiry,
    Diagnosis,
    Playback,
    Recordings,
    Steering,
    Checks,
    Sources,
    Connections,
    Devices,
    Program,
}

impl Post {
    const ALL: [Self; 22] = [
        Self::Waits,
        Self::Governor,
        Self::Screen,
        Self::Attempts,
        Self::Files,
        Self::Events,
        Self::Command,
        Self::Network,
        Self::Find,
        Self::Alerts,
        Self::Errand,
        Self::Letters,
        Self::Enquiry,
        Self::Diagnosis,
        Self::Playback,
        Self::Recordings,
        Self::Steering,
        Self::Checks,
        Self::Sources,
        Self::Connections,
        Self::Devices,
        Self::Program,
    ];

    /// The post at which this message is taken in.
    pub(in crate::engine) fn of(message: &Inbox) -> Self {
        match message {
            Inbox::Command(_) => Self::Command,
            Inbox::Network(_) => Self::Network,
            Inbox::Hello(..) | Inbox::Find(_) | Inbox::Knocked(..) => Self::Find,
            Inbox::FileChanged(_) => Self::Files,
            Inbox::Notice(_) => Self::Screen,
            Inbox::Alerted(_) => Self::Alerts,
            Inbox::Errand(_) | Inbox::Feed(_) => Self::Errand,
            Inbox::Letters(_) => Self::Letters,
            Inbox::Diagnosis(..) => Self::Diagnosis,
            Inbox::Enquiry(_) => Self::Enquiry,
            Inbox::Archive(_) => Self::Playback,
            Inbox::Recordings(_) => Self::Recordings,
            Inbox::Ptz(_) => Self::Steering,
            Inbox::Checked(_) => Self::Checks,
            Inbox::Source(_) => Self::Sources,
            Inbox::OwnFigures(_) => Self::Program,
            Inbox::Quit => Self::Waits,
        }
    }

    /// For the log and for scripts.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Waits => "waits for a thread",
            Self::Governor => "governor",
            Self::Screen => "screen",
            Self::Attempts => "attempts",
            Self::Files => "files",
            Self::Events => "events",
            Self::Command => "command of the screen",
            Self::Network => "network",
            Self::Find => "find",
            Self::Alerts => "alerts",
            Self::Errand => "errand",
            Self::Letters => "letters",
            Self::Enquiry => "enquiry",
            Self::Diagnosis => "diagnosis",
            Self::Playback => "playback",
            Self::Recordings => "recordings",
            Self::Steering => "steering",
            Self::Checks => "checks",
            Self::Sources => "event sources",
            Self::Connections => "connections",
            Self::Devices => "devices",
            Self::Program => "self-watch",
        }
    }
}

/// What the loop says of itself while it turns.
#[derive(Debug, Default)]
pub(in crate::engine) struct Beat {
    turns: AtomicU64,
    post: AtomicU8,
    runs: AtomicBool,
    /// As the screen said last: [`KIOSK`] or [`NO_KIOSK`]; 0: it has said nothing yet.
    kiosk: AtomicU8,
}

const KIOSK: u8 = 1;
const NO_KIOSK: u8 = 2;

impl Beat {
    /// Another turn begins, here.
    pub(in crate::engine) fn turns(&self, post: Post) {
        self.at(post);
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.runs.store(true, Ordering::Relaxed);
    }

    pub(in crate::engine) fn at(&self, post: Post) {
        self.post.store(post as u8, Ordering::Relaxed);
    }

    /// The loop is at its end, and turns no more.
    pub(in crate::engine) fn ends(&self) {
        self.runs.store(false, Ordering::Relaxed);
    }

    /// The screen sends this command, whether the loop takes it or not.
    pub(in crate::engine) fn note(&self, command: &Command) {
        if let Command::InKiosk(kiosk) = command {
            self.kiosk
                .store(if *kiosk { KIOSK } else { NO_KIOSK }, Ordering::Relaxed);
        }
    }

    /// Whether the windows are a kiosk; `None`: nobody has said so since the start.
    pub(super) fn is_kiosk(&self) -> Option<bool> {
        match self.kiosk.load(Ordering::Relaxed) {
            KIOSK => Some(true),
            NO_KIOSK => Some(false),
            _ => None,
        }
    }

    /// How often it has turned, and whether it is to turn.
    pub(super) fn seen(&self) -> (u64, bool) {
        (self.turns.load(Ordering::Relaxed), self.runs.load(Ordering::Relaxed))
    }

    pub(super) fn post(&self) -> Post {
        let post = usize::from(self.post.load(Ordering::Relaxed));
        Post::ALL.get(post).copied().unwrap_or(Post::Waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_post_is_known_by_its_number() {
        let beat = Beat::default();
        assert_eq!((beat.seen(), beat.post()), ((0, false), Post::Waits));
        for post in Post::ALL {
            beat.turns(post);
            assert_eq!(beat.post(), post);
        }
        assert_eq!(beat.seen(), (Post::ALL.len() as u64, true));
        beat.ends();
        assert!(!beat.seen().1);
        assert_eq!(beat.is_kiosk(), None);
        for kiosk in [true, false] {
            beat.note(&Command::InKiosk(kiosk));
            beat.note(&Command::HushAlerts);
            assert_eq!(beat.is_kiosk(), Some(kiosk));
        }
    }
}
