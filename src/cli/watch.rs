//! `monomi watch`: connects and decodes every enabled channel as the wall would, and prints what changes.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::demo_profile::DemoProfile;
use super::{Exit, stop_signal};
use crate::bridge::{EngineEvent, EngineState, TileState};
use crate::engine::{Engine, Guard, Options, by_the_desktop, process_figures};
use crate::store::Profile;
use device::{Registry, SiteId, StreamId, StreamKind};
use reconnect::{Failure, FailureKind, MemoryLimit, SiteState};

/// Connect and decode every enabled channel without a window, and print what changes
#[derive(Args, Clone, Debug)]
pub struct WatchArgs {
    /// Print one JSON object a line (events: attempt, outcome, state, site, stats)
    #[arg(long)]
    pub json: bool,
    /// End after this many seconds [default: run until SIGINT, SIGTERM or SIGHUP]
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Which stream of each channel [default: main for up to 16 channels, sub above and with --demo]
    #[arg(long, value_name = "STREAM")]
    pub stream: Option<StreamArg>,
    /// Watch a built-in demo DVR with a throw-away profile
    #[arg(long)]
    pub demo: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StreamArg {
    Main,
    Sub,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_not_a_number| format!("'{text}' is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// The wall shows the main stream in tiles this many at most (see `wall::demand`).
const MOST_MAIN: usize = 16;

/// `stats` come this often, in seconds.
const STATS: Duration = Duration::from_secs(2);

/// Events that wait to be printed.
const BACKLOG: usize = 16_384;

/// Runs until the duration is over or a signal comes.
#[must_use]
pub fn run(args: &WatchArgs, profile: impl FnOnce() -> Result<Profile, String>) -> Exit {
    match watch(args, profile) {
        Ok(()) => Exit::Done,
        Err(message) => {
            complain(&message);
            Exit::Failed
        }
    }
}

fn watch(args: &WatchArgs, profile: impl FnOnce() -> Result<Profile, String>) -> Result<(), String> {
    crate::video::init().map_err(|error| error.to_string())?;
    // It goes last, when nobody has a file of its profile open.
    let demo = if args.demo {
        Some(DemoProfile::start(None, &super::words::of_system())?)
    } else {
        None
    };
    let profile = match &demo {
        Some(demo) => demo.profile()?,
        None => profile()?,
    };
    let _lock = profile.lock().map_err(|error| error.to_string())?;
    let log = crate::log::start(&profile.log_dir());
    let _log = log.inspect_err(|error| complain(&format!("no log is written: {error}")));
    for complaint in super::words::complaints(&profile) {
        complain(&complaint);
    }
    let loaded = profile.load_registry();
    for problem in &loaded.problems {
        complain(&problem.to_string());
    }
    let registry = loaded.value;
    let channels: usize = registry
        .devices
        .iter()
        .filter(|d| d.enabled)
        .map(|d| d.channels.len())
        .sum();
    if channels == 0 {
        complain("no device is enabled; add one with `monomi device add`, it is taken over at once");
    }
    let stream = match args.stream {
        Some(StreamArg::Main) => StreamKind::Main,
        Some(StreamArg::Sub) => StreamKind::Sub,
        None if args.demo || channels > MOST_MAIN => StreamKind::Sub,
        None => StreamKind::Main,
    };
    let (events, mut incoming) = mpsc::channel(BACKLOG);
    let brands = Arc::new(crate::store::brands());
    // A demo has a profile that goes with it, and who asked for some seconds does not want them again.
    let starts_again = demo.is_none() && args.duration.is_none();
    let arguments = starts_again.then(|| std::env::args_os().skip(1).collect());
    let guard = Guard::new(profile.clone(), arguments, false);
    let options = Options {
        profile,
        brands,
        events: Some(events),
        want_all: Some(stream),
        listen: true,
        hears: false,
        autostart: None,
        open_folder: by_the_desktop(),
        output: crate::video::SoundOutput::default(),
        notifier: None,
        letters: None,
    };
    let start = Instant::now();
    let mut engine = Engine::start(options).map_err(|error| error.to_string())?;
    engine.guard(guard);
    let screen = engine.handle().clone();
    let (lines, outcome) = print_lines()?;
    let mut printer = Printer {
        json: args.json,
        start,
        last: 0.0,
        lines,
        unread: 0,
        closed: false,
    };
    let duration = args.duration;
    engine.block_on(async {
        let mut stats = tokio::time::interval(STATS);
        let end = async {
            match duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        let stop = stop_signal();
        tokio::pin!(end, stop);
        loop {
            tokio::select! {
                () = &mut end => break,
                result = &mut stop => {
                    if let Err(error) = result {
                        return Err(error.to_string());
                    }
                    break;
                }
                event = incoming.recv() => match event {
                    Some(event) => printer.event(&event, &screen.state().registry),
                    None => break,
                },
                _ = stats.tick() => printer.stats(&screen.state()),
            }
            if printer.closed {
                return Ok(());
            }
        }
        while let Ok(event) = incoming.try_recv() {
            printer.event(&event, &screen.state().registry);
        }
        printer.stats(&screen.state());
        Ok(())
    })?;
    drop(printer);
    drop(engine);
    // What was printed is there; a reader that is stuck must not hold the end up.
    match outcome.recv_timeout(LAST_LINES) {
        Ok(Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot print: {error}")),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Lines that wait for a slow reader; what does not fit is counted and told.
const UNREAD: usize = 8_192;

/// How long the last lines may take.
const LAST_LINES: Duration = Duration::from_millis(400);

/// Where lines go to be printed, and where the end of the printing is told.
type Lines = (
    std::sync::mpsc::SyncSender<String>,
    std::sync::mpsc::Receiver<std::io::Result<()>>,
);

/// Prints on a thread of its own: a reader that does not read holds up nobody but itself.
fn print_lines() -> Result<Lines, String> {
    let (lines, waiting) = std::sync::mpsc::sync_channel::<String>(UNREAD);
    let (told, outcome) = std::sync::mpsc::sync_channel(1);
    let print = move || {
        let mut out = std::io::stdout();
        let result = waiting
            .iter()
            .try_for_each(|line| writeln!(out, "{line}").and_then(|()| out.flush()));
        // Nobody may be left to hear it.
        told.try_send(result).ok();
    };
    let thread = std::thread::Builder::new().name("monomi-print".to_owned());
    thread.spawn(print).map_err(|error| error.to_string())?;
    Ok((lines, outcome))
}

struct Printer {
    json: bool,
    start: Instant,
    /// The time of the last line: lines stand in the order of their times.
    last: f64,
    lines: std::sync::mpsc::SyncSender<String>,
    /// Lines that a reader was too slow for.
    unread: u64,
    /// Nobody can read any more.
    closed: bool,
}

impl Printer {
    fn event(&mut self, event: &EngineEvent, registry: &Registry) {
        let (at, name, fields) = describe(event, registry);
        self.print(at, name, fields);
    }

    fn stats(&mut self, state: &EngineState) {
        let figures = process_figures();
        let mut channels: Vec<(&StreamId, Value)> = state
            .streams
            .iter()
            .map(|(stream, status)| (stream, channel(*stream, status, state)))
            .collect();
        channels.sort_by_key(|(stream, _)| **stream);
        let sites = state.sites.iter().map(|site| {
            json!({
                "site": site.name,
                "state": site_state(site.state),
                "attempts": site.attempts,
                "failed": site.failed,
                "half_open": site.half_open,
            })
        });
        let totals = state.totals;
        let fields = json!({
            "attempts": totals.attempts,
            "failed": totals.failed,
            "half_open": totals.half_open,
            "live": totals.live,
            "wanted": totals.wanted,
            "lines_dropped": self.unread,
            "open_fds": figures.open_fds,
            "rss_kib": figures.rss_kib,
            "threads": figures.threads,
            "cpu_percent": totals.process.cpu_permille.map(|permille| f64::from(permille) / 10.0),
            "sites": sites.collect::<Vec<_>>(),
            "channels": channels.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
        });
        self.print(Instant::now(), "stats", fields);
    }

    fn print(&mut self, at: Instant, name: &str, fields: Value) {
        let t = at.saturating_duration_since(self.start).as_secs_f64().max(self.last);
        self.last = t;
        let line = if self.json {
            as_json(t, name, fields)
        } else {
            as_text(t, name, &fields)
        };
        match self.lines.try_send(line) {
            Ok(()) => {}
            Err(std::sync::mpsc::TrySendError::Full(_)) => self.unread += 1,
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => self.closed = true,
        }
    }
}

fn as_json(t: f64, name: &str, fields: Value) -> String {
    let mut line = serde_json::Map::new();
    line.insert("t".to_owned(), json!((t * 1_000.0).round() / 1_000.0));
    line.insert("event".to_owned(), json!(name));
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    Value::Object(line).to_string()
}

fn as_text(t: f64, name: &str, fields: &Value) -> String {
    let mut line = format!("{t:9.3}  {name:<8}");
    let Value::Object(fields) = fields else { return line };
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_null() && !value.is_array()) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push_str(&format!(" {key}={value}"));
    }
    line
}

fn describe(event: &EngineEvent, registry: &Registry) -> (Instant, &'static str, Value) {
    match event {
        EngineEvent::Attempt {
            at,
            site,
            stream,
            address,
            attempt,
            why,
        } => {
            let mut fields = names(*stream, registry);
            fields["site"] = json!(site_name(*site, registry));
            fields["address"] = json!(address.map(|address: SocketAddr| address.to_string()));
            fields["attempt"] = json!(attempt);
            fields["why"] = json!(why.as_str());
            (*at, "attempt", fields)
        }
        EngineEvent::Outcome {
            at,
            stream,
            attempt,
            result,
            took,
        } => {
            let mut fields = names(*stream, registry);
            fields["attempt"] = json!(attempt);
            fields["result"] = json!(
                result
                    .as_ref()
                    .map_or_else(|failure| failure.kind.name(), |()| "connected")
            );
            fields["ms"] = json!(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            if let Err(failure) = result {
                fields["cause"] = json!(cause(failure));
            }
            (*at, "outcome", fields)
        }
        EngineEvent::State { at, stream, state } => {
            let mut fields = names(*stream, registry);
            fields["state"] = json!(state.name());
            fields["cause"] = json!(state.failure().map(cause));
            fields["next_try_s"] = json!(seconds_until(state.next_try(), *at));
            awaited(&mut fields, state, *at);
            (*at, "state", fields)
        }
        EngineEvent::Road {
            at,
            device,
            before,
            taken,
        } => {
            let registered = registry.device(*device);
            let name = |road: usize| registered.and_then(|device| device.road_name(road));
            let fields = json!({
                "site": registered.and_then(|device| site_name(device.site, registry)),
                "device": registered.map(|device| device.name.as_str()),
                "from": name(*before),
                "address": name(*taken),
                "preferred": *taken == 0,
            });
            (*at, "address", fields)
        }
        EngineEvent::Site {
            at,
            site,
            state,
            next_canary,
        } => {
            let fields = json!({
                "site": site_name(*site, registry),
                "state": site_state(*state),
                "next_canary_s": seconds_until(*next_canary, *at),
            });
            (*at, "site", fields)
        }
    }
}

fn names(stream: StreamId, registry: &Registry) -> Value {
    let device = registry.device(stream.channel.device);
    let site = device.and_then(|device| site_name(device.site, registry));
    let device = device.map(|device| device.name.as_str());
    json!({ "site": site, "device": device, "channel": stream.channel.number, "stream": stream.kind.as_str() })
}

fn site_name(site: SiteId, registry: &Registry) -> Option<String> {
    registry.site(site).map(|site| site.name.clone())
}

/// Kind, stage and what the device said: one line that a person can read and a script can match.
fn cause(failure: &Failure) -> String {
    let mut what = format!("{} at {}", failure.kind.name(), failure.stage.name());
    if let FailureKind::TlsUnspoken { obstacle } = failure.kind {
        what = format!("{what}: it {}", obstacle.as_str());
    }
    if let FailureKind::TooLarge { width, height, limit } = failure.kind {
        let alone = match limit {
            MemoryLimit::Stream => "alone",
            MemoryLimit::Together => "with the other large streams",
        };
        what = format!("{what}: pictures of {width}x{height} take too much memory {alone}");
    }
    if failure.detail.is_empty() {
        what
    } else {
        format!("{what}: {}", failure.detail)
    }
}

fn seconds_until(until: Option<Instant>, at: Instant) -> Option<f64> {
    until.map(|until| (until.saturating_duration_since(at).as_secs_f64() * 10.0).round() / 10.0)
}

/// What the stream waits for, and how long already.
fn awaited(fields: &mut Value, state: &TileState, at: Instant) {
    let (what, since) = state.awaits().unzip();
    let waited = since.flatten().map(|since| at.saturating_duration_since(since));
    fields["awaits"] = json!(what);
    fields["waited_s"] = json!(waited.map(|waited| (waited.as_secs_f64() * 10.0).round() / 10.0));
}

fn site_state(state: SiteState) -> &'static str {
    match state {
        SiteState::Up => "up",
        SiteState::Partial => "partial",
        SiteState::Outage => "outage",
        SiteState::NoNetwork => "no-network",
    }
}

fn channel(stream: StreamId, status: &crate::bridge::StreamStatus, state: &EngineState) -> Value {
    let mut fields = names(stream, &state.registry);
    let info = &status.info;
    fields["state"] = json!(status.state.name());
    awaited(&mut fields, &status.state, state.now);
    fields["fps"] = json!((f64::from(info.fps) * 100.0).round() / 100.0);
    fields["width"] = json!(info.width);
    fields["height"] = json!(info.height);
    fields["codec"] = json!(info.codec);
    fields["kbit_s"] = json!(info.kbit_s);
    fields["decoder"] = json!(info.decoder.as_ref().map(|decoder| &decoder.element));
    fields["hardware"] = json!(info.decoder.as_ref().map(|decoder| decoder.hardware));
    fields["frames"] = json!(info.frames);
    // Nobody takes the pictures of a watch, so that each replaces the one before: only lost packets count here.
    fields["dropped"] = json!(status.slot.counts().lost);
    fields
}

/// A terminal that is gone is no reason to stop.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "monomi: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_or_refused_in_words() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1_500)));
        assert!(seconds("-1").is_err());
        assert!(seconds("soon").is_err_and(|message| message.contains("soon")));
    }

    #[test]
    fn a_line_of_json_has_its_time_and_event_first_class() {
        let line: Value = serde_json::from_str(&as_json(1.23456, "state", json!({ "state": "live" }))).unwrap();
        assert_eq!(line, json!({ "t": 1.235, "event": "state", "state": "live" }));
    }

    #[test]
    fn text_lines_leave_out_what_is_not_known() {
        let line = as_text(2.0, "state", &json!({ "device": "北口", "cause": null }));
        assert_eq!(line, "    2.000  state    device=北口");
    }

    #[test]
    fn every_state_has_its_countdown_in_tenths() {
        let now = Instant::now();
        assert_eq!(seconds_until(Some(now + Duration::from_millis(2_345)), now), Some(2.3));
        assert_eq!(seconds_until(Some(now), now + Duration::from_secs(1)), Some(0.0));
        assert_eq!(seconds_until(None, now), None);
    }
}
