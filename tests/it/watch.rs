//! The real binary: `monomi watch --json`, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

pub const BINARY: &str = env!("CARGO_BIN_EXE_monomi");

/// `monomi --profile PROFILE`. The environment variable `MONOMI_UNDER_TEST` names another program than the one that was built with the
/// tests, such as a script that starts that of Windows.
pub fn monomi(profile: &Path) -> Command {
    let mut command = Command::new(std::env::var_os(UNDER_TEST).unwrap_or_else(|| BINARY.into()));
    command.arg("--profile").arg(profile);
    command
}

const UNDER_TEST: &str = "MONOMI_UNDER_TEST";

/// Whether the program hears the signals that ask it to end. That of Windows does not: Wine ends it by SIGTERM at once and without a word, and tells it nothing of SIGINT.
pub fn hears_signals() -> bool {
    std::env::var_os(UNDER_TEST).is_none()
}

pub fn add_device(profile: &Path, site: &str, name: &str, url: &str) {
    let output = monomi(profile)
        .args(["device", "add", "--site", site, "--name", name, "--url", url])
        .output()
        .expect("the binary");
    assert!(
        output.status.success(),
        "device add {url}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub fn set(profile: &Path, name: &str, value: &str) {
    let output = monomi(profile)
        .args(["settings", "set", name, value])
        .output()
        .expect("the binary");
    assert!(
        output.status.success(),
        "settings set {name} {value}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub struct Watch {
    child: Child,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<Arc<Line>>>,
    more: Condvar,
    ended: AtomicBool,
}

/// One line of `watch --json`.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was read here.
    pub at: Instant,
    /// Seconds since the watch began, by its own clock.
    pub t: f64,
    pub event: String,
    pub fields: Value,
}

impl Line {
    pub fn text(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap_or_default()
    }

    /// A stream: device and channel.
    pub fn stream(&self) -> (String, String) {
        (self.text("device").to_owned(), self.fields["channel"].to_string())
    }

    /// It went to the network and did not end well.
    pub fn is_failure(&self) -> bool {
        self.event == "outcome" && !matches!(self.text("result"), "connected" | "policy")
    }
}

impl Watch {
    /// `command` is `monomi --profile PROFILE`, perhaps inside a namespace.
    pub fn start(mut command: Command) -> Self {
        command.args(["watch", "--json", "--stream", "main"]);
        Self::start_with(command)
    }

    /// `command` is a whole one that prints JSON.
    pub fn start_with(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary");
        let out = child.stdout.take().expect("its output");
        let heard = Arc::new(Heard::default());
        let listener = Arc::clone(&heard);
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                for text in BufReader::new(out).lines().map_while(Result::ok) {
                    let fields: Value =
                        serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"));
                    let t = fields["t"].as_f64().unwrap_or_else(|| panic!("no `t`: {text}"));
                    let event = fields["event"]
                        .as_str()
                        .unwrap_or_else(|| panic!("no `event`: {text}"))
                        .to_owned();
                    listener.lines.lock().expect("the lines").push(Arc::new(Line {
                        at: Instant::now(),
                        t,
                        event,
                        fields,
                    }));
                    listener.more.notify_all();
                }
                listener.ended.store(true, Ordering::SeqCst);
                listener.more.notify_all();
            })
            .expect("a thread");
        Self { child, heard }
    }

    pub fn log(&self) -> Log {
        Log {
            lines: self.heard.lines.lock().expect("the lines").clone(),
        }
    }

    /// The memory of the process in bytes, with its part of what it shares.
    pub fn memory(&self) -> u64 {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id())).unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or_default() * 1_024
    }

    /// Waits until `done` or `limit`; the time it took.
    ///
    /// # Panics
    /// If the watch ended before, by itself or by somebody else's hand.
    pub fn until(&self, limit: Duration, mut done: impl FnMut(&Log) -> bool) -> Result<Duration, Log> {
        let begin = Instant::now();
        let mut lines = self.heard.lines.lock().expect("the lines");
        loop {
            let log = Log { lines: lines.clone() };
            if done(&log) {
                return Ok(begin.elapsed());
            }
            assert!(
                !self.heard.ended.load(Ordering::SeqCst),
                "the watch ended; its last lines:\n{}",
                log.tail(20)
            );
            let Some(left) = limit.checked_sub(begin.elapsed()) else {
                return Err(log);
            };
            lines = self
                .heard
                .more
                .wait_timeout(lines, left.min(Duration::from_millis(500)))
                .expect("the lines")
                .0;
        }
    }

    /// Waits until `count` streams of `site` are live.
    pub fn until_live(&self, site: &str, count: usize, limit: Duration) -> Duration {
        self.until(limit, |log| log.live(site).len() == count)
            .unwrap_or_else(|log| {
                panic!(
                    "{} of {count} streams of {site} live after {limit:?}; the last lines:\n{}",
                    log.live(site).len(),
                    log.tail(30)
                )
            })
    }

    /// Ends it as a person would; what it said.
    pub fn stop(mut self) -> Log {
        self.end_by("TERM");
        self.log()
    }

    /// Ends it by SIGINT, SIGTERM or SIGHUP (`INT`, `TERM`, `HUP`): the exit code.
    pub fn signal(mut self, name: &str) -> Option<i32> {
        self.end_by(name)
    }

    /// Ends it by SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("its end");
    }

    /// Ends it by SIGTERM; the time that it took.
    pub fn time_to_end(mut self) -> Duration {
        let begin = Instant::now();
        self.end_by("TERM");
        begin.elapsed()
    }

    fn end_by(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "no signal was sent");
        let begin = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "SIG{signal} did not end it");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything that was said up to some moment.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub lines: Vec<Arc<Line>>,
}

impl Log {
    pub fn of(&self, event: &str) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .map(Arc::as_ref)
            .filter(move |line| line.event == event)
    }

    /// What was said between two moments, by the watch's own clock.
    pub fn between(&self, from: Instant, to: Instant) -> Self {
        let start = self
            .lines
            .iter()
            .filter_map(|line| line.at.checked_sub(Duration::from_secs_f64(line.t)))
            .min();
        let inside = |line: &&Arc<Line>| {
            start.is_some_and(|start| (from..to).contains(&(start + Duration::from_secs_f64(line.t))))
        };
        Self {
            lines: self.lines.iter().filter(inside).cloned().collect(),
        }
    }

    /// The last state of each stream of `site` (by the name of its devices: `SITE-...`).
    pub fn states(&self, site: &str) -> BTreeMap<(String, String), String> {
        let own = format!("{site}-");
        self.of("state")
            .filter(|line| line.text("device").starts_with(&own))
            .map(|line| (line.stream(), line.text("state").to_owned()))
            .collect()
    }

    pub fn live(&self, site: &str) -> BTreeSet<(String, String)> {
        self.states(site)
            .into_iter()
            .filter(|(_, state)| state == "live")
            .map(|(stream, _)| stream)
            .collect()
    }

    /// Only what concerns devices of `site`.
    pub fn at_site(&self, site: &str) -> Self {
        let own = format!("{site}-");
        Self {
            lines: self
                .lines
                .iter()
                .filter(|line| line.text("device").starts_with(&own))
                .cloned()
                .collect(),
        }
    }

    /// The most events that `wanted` picks in any window of `seconds`.
    pub fn most_in(&self, seconds: f64, wanted: impl Fn(&Line) -> bool) -> usize {
        let times: Vec<f64> = self
            .lines
            .iter()
            .filter(|line| wanted(line))
            .map(|line| line.t)
            .collect();
        times
            .iter()
            .map(|end| times.iter().filter(|t| **t <= *end && **t > end - seconds).count())
            .max()
            .unwrap_or(0)
    }

    pub fn failed_in_any_minute(&self) -> usize {
        self.most_in(60.0, Line::is_failure)
    }

    pub fn attempts(&self) -> usize {
        self.of("attempt").count()
    }

    /// The most attempts that were under way at once.
    pub fn most_at_once(&self) -> usize {
        let (mut open, mut most) = (BTreeSet::new(), 0);
        for line in &self.lines {
            let attempt = line.fields["attempt"].as_u64();
            match line.event.as_str() {
                "attempt" => drop(open.insert(attempt)),
                "outcome" => drop(open.remove(&attempt)),
                _ => {}
            }
            most = most.max(open.len());
        }
        most
    }

    /// The last lines, without the figures that come every few seconds.
    pub fn tail(&self, count: usize) -> String {
        let told: Vec<String> = self
            .lines
            .iter()
            .filter(|line| line.event != "stats")
            .map(|line| line.fields.to_string())
            .collect();
        told[told.len().saturating_sub(count)..].join("\n")
    }
}
