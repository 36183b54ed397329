//! WHAT THE DESKTOP SAYS: notifications, one for each call, which replace each other.
//!
//! Belongs here: how a notification gets to the desktop, and that one that does not answer keeps nobody waiting. Does not belong here:
//! what is said (`ui`), when (`events`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use notify_rust::{Notification, Timeout};

/// A desktop that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many calls are remembered, to be replaced by what is said of them later.
const MOST_REMEMBERED: usize = 100;

/// The desktop's notifications.
#[derive(Clone, Default)]
pub struct Desktop(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// The desktop's number for each call, the newest last.
    shown: Mutex<VecDeque<(u64, u32)>>,
    /// It was asked, and has not answered.
    silent: AtomicBool,
}

impl Desktop {
    /// Shows `summary` and `body`, in place of what was shown for the same call. Blocks until the desktop has it, or for ten seconds.
    ///
    /// # Errors
    /// In the words of the system: there is no desktop that shows notifications, or it does not answer.
    pub fn say(&self, call: u64, summary: &str, body: &str) -> Result<(), String> {
        let silent = || Err("the desktop's notifications do not answer".to_owned());
        if self.0.silent.swap(true, Ordering::AcqRel) {
            return silent();
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let (inner, summary, body) = (Arc::clone(&self.0), summary.to_owned(), body.to_owned());
        let asked = std::thread::Builder::new()
            .name("notification".to_owned())
            .spawn(move || {
                let shown = inner.show(call, &summary, &body);
                inner.silent.store(false, Ordering::Release);
                // Whoever asked may have given up.
                let _ = answer.send(shown);
            });
        if let Err(error) = asked {
            self.0.silent.store(false, Ordering::Release);
            return Err(error.to_string());
        }
        match answered.recv_timeout(PATIENCE) {
            Ok(shown) => shown,
            Err(_gave_up) => silent(),
        }
    }
}

impl Inner {
    fn show(&self, call: u64, summary: &str, body: &str) -> Result<(), String> {
        let known = || self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notification = Notification::new();
        notification
            .appname("Monomi")
            .summary(summary)
            .body(&escaped(body))
            .icon("camera-video")
            .timeout(Timeout::Default);
        #[cfg(windows)]
        if is_installed() {
            notification.app_id(NOTIFIER);
        }
        if let Some((_, id)) = known().iter().rev().find(|(of, _)| *of == call) {
            notification.id(*id);
        }
        let shown = notification.show().map_err(|error| error.to_string())?;
        let mut known = known();
        known.retain(|(of, _)| *of != call);
        known.push_back((call, number_of(&shown)));
        if known.len() > MOST_REMEMBERED {
            known.pop_front();
        }
        Ok(())
    }
}

/// What the notifications of Windows know the program by; the installer registers it with a name and an icon.
#[cfg(windows)]
const NOTIFIER: &str = "Monomi.Monomi";

/// Whether the name is registered. Windows shows nothing of a name that is not; the one that stands in then is that of its shell.
#[cfg(windows)]
fn is_installed() -> bool {
    let key = format!(r"Software\Classes\AppUserModelId\{NOTIFIER}");
    windows_registry::CURRENT_USER.open(key).is_ok()
}

#[cfg(all(unix, not(target_os = "macos")))]
fn number_of(shown: &notify_rust::NotificationHandle) -> u32 {
    shown.id()
}

/// The system does not replace by number.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn number_of<T>(_: &T) -> u32 {
    0
}

/// Some desktops read the body as markup.
fn escaped(body: &str) -> String {
    if cfg!(all(unix, not(target_os = "macos"))) {
        body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        body.to_owned()
    }
}

#[cfg(all(test, windows))]
mod tests {
    #[test]
    fn a_notification_is_shown_or_it_is_said_why_not() {
        if let Err(reason) = super::Desktop::default().say(1, "Monomi", "北口: 応答がありません") {
            assert!(!reason.contains("do not answer"), "{reason}");
            crate::skipped::skip("a notification", &reason);
        }
    }
}
