//! The signals that ask the program to end.

/// Waits until somebody asks the program to end: SIGINT, SIGTERM, or SIGHUP when its terminal or session goes; on Windows Ctrl+C,
/// Ctrl+Break, the console that is closed, and the user who logs off.
///
/// # Errors
/// When the system lets no handler be set.
pub async fn stop_signal() -> std::io::Result<()> {
    EndSignals::new()?.recv().await;
    Ok(())
}

#[cfg(unix)]
pub(super) use self::unix::EndSignals;
#[cfg(windows)]
pub(super) use self::windows::EndSignals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// The handlers of the signals, which are set as long as this exists.
    pub(in crate::cli) struct EndSignals {
        interrupt: Signal,
        terminate: Signal,
        /// `None`: who started the program wants it to outlive the terminal (`nohup`).
        hangup: Option<Signal>,
    }

    impl EndSignals {
        pub(in crate::cli) fn new() -> std::io::Result<Self> {
            let hangup = (!hangup_is_ignored()).then(|| signal(SignalKind::hangup()));
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: hangup.transpose()?,
            })
        }

        pub(in crate::cli) async fn recv(&mut self) {
            let hangup = async {
                match &mut self.hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = hangup => {}
            }
        }
    }

    /// Whether SIGHUP is ignored, as Linux tells it (proc(5), `SigIgn`: a mask in hexadecimal digits whose lowest bit is SIGHUP).
    fn hangup_is_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & 1 == 1)
    }
}

#[cfg(windows)]
mod windows {
    use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};
    use tokio::sync::watch;

    use crate::cli::log_off;

    /// What a console tells, and what the session of the user does. After a close and a log-off Windows ends the program within five
    /// seconds.
    pub(in crate::cli) struct EndSignals {
        interrupt: CtrlC,
        stop: CtrlBreak,
        close: CtrlClose,
        log_off: watch::Receiver<bool>,
    }

    impl EndSignals {
        pub(in crate::cli) fn new() -> std::io::Result<Self> {
            Ok(Self {
                interrupt: ctrl_c()?,
                stop: ctrl_break()?,
                close: ctrl_close()?,
                log_off: log_off::heard()?,
            })
        }

        pub(in crate::cli) async fn recv(&mut self) {
            let log_off = async {
                if self.log_off.wait_for(|heard| *heard).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.stop.recv() => {}
                _ = self.close.recv() => {}
                () = log_off => {}
            }
        }
    }
}
