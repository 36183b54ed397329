//! `monomi diagnose`: why a device shows no picture, by one attempt and one enquiry of the engine's own dial and budgets.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use i18n_embed_fl::fl;
use tokio::sync::Notify;

use super::complaint::complaint;
use super::console::{CliError, Console, value_of};
use super::diagnose_json::as_json;
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{Command, DiagnoseRequest, DiagnoseTarget, TargetFault, TraceId, TraceShown};
use crate::engine::{Engine, Options, by_the_desktop};
use crate::i18n::Words;
use crate::store::{Profile, Scratch};
use device::{ChannelId, Device, DeviceEdit, PasswordEdit, Registry, StreamId, StreamKind};
use trace::{Trace, Verdict};

/// Say why a device shows no picture: one attempt and one enquiry, step by step, without passwords
#[derive(Args, Clone, Debug)]
pub struct DiagnoseArgs {
    /// A device by its name (or SITE/NAME), or a host that is not registered: HOST, HOST:PORT or an rtsp address
    #[arg(value_name = "NAME|HOST")]
    device: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// How a trace is said in words, which is the screen's business.
#[derive(Clone, Copy)]
pub struct TraceWords {
    /// All of it.
    pub text: fn(&Words, &TraceShown, Instant) -> String,
    /// For what it waits.
    pub waits: fn(&Words, &Trace, Instant) -> Option<String>,
}

/// How long a turn and the attempt may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs the command: done where a picture came, failed where none did.
#[must_use]
pub fn run(args: &DiagnoseArgs, says: TraceWords, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let mut works = false;
    let done = profile(Access::Change)
        .map_err(CliError::Failed)
        .and_then(|profile| diagnose(args, says, &profile, &mut console))
        .map(|verdict| works = verdict == Some(Verdict::Works));
    match console.end(done) {
        Exit::Done if !works => Exit::Failed,
        exit => exit,
    }
}

fn diagnose(
    args: &DiagnoseArgs,
    says: TraceWords,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<Option<Verdict>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    let registry = value_of(profile.load_registry(), console)?;
    let words = words_of(profile);
    let brands = Arc::new(crate::store::brands());
    let target = DiagnoseTarget::typed(&args.device, &registry, &brands).map_err(|fault| said_of(&words, &fault))?;
    let is_registered = matches!(target, DiagnoseTarget::Device(_));
    // Beside a window that runs this is a program of its own, which keeps no files.
    let lock = profile.lock().ok();
    let scratch = match lock {
        Some(_) => None,
        None => Some(Scratch::new("monomi-diagnose-").map_err(|error| failed(&error))?),
    };
    let (own, target) = match &scratch {
        None => (profile.clone(), target),
        Some(scratch) => {
            let own = Profile::open(Some(scratch.path().to_path_buf())).map_err(|error| failed(&error))?;
            own.save_settings(&profile.load_settings().value)
                .map_err(|error| failed(&error))?;
            (own, drafted(target, &registry, profile)?)
        }
    };
    let options = Options {
        profile: own,
        brands,
        events: None,
        want_all: None,
        listen: false,
        autostart: None,
        open_folder: by_the_desktop(),
        output: crate::video::SoundOutput::default(),
        notifier: None,
    };
    let engine = Engine::start(options).map_err(|error| failed(&error))?;
    let id = TraceId(1);
    let screen = engine.handle().clone();
    let news = Arc::new(Notify::new());
    let told = Arc::clone(&news);
    screen.set_waker(Arc::new(move || told.notify_one()));
    screen.send(Command::Diagnose(Box::new(DiagnoseRequest { id, target })));
    let mut told_wait = false;
    let shown = engine.block_on(async {
        let over = async {
            loop {
                let state = screen.state();
                let shown = state.traces.iter().find(|shown| shown.id == id).cloned();
                if let Some(shown) = shown {
                    if shown.trace.is_over() {
                        return (shown, state.now);
                    }
                    if let Some(waits) = (says.waits)(&words, &shown.trace, state.now).filter(|_| !told_wait) {
                        told_wait = true;
                        console.complain(&waits);
                    }
                }
                news.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await
    });
    drop(engine);
    drop(lock);
    let (shown, now) = shown.map_err(|_elapsed| CliError::Failed(fl!(words, "cli-onvif-no-turn")))?;
    console.print(&match args.json {
        true => format!("{:#}\n", as_json(&shown, is_registered)),
        false => (says.text)(&words, &shown, now),
    })?;
    Ok(shown.trace.verdict())
}

/// A registered device as a draft, with its password, for an engine that does not know it.
fn drafted(target: DiagnoseTarget, registry: &Registry, profile: &Profile) -> Result<DiagnoseTarget, CliError> {
    let id = match target {
        DiagnoseTarget::Device(id) => id,
        other => return Ok(other),
    };
    let found = registry.device(id).and_then(|device: &Device| {
        let site = registry.site(device.site)?;
        Some((device, site))
    });
    let Some((device, site)) = found else {
        return Ok(DiagnoseTarget::Device(id));
    };
    let password = profile
        .secrets()
        .get(id)
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let edit = DeviceEdit {
        site: site.clone(),
        device: device.clone(),
        password: password.map_or(PasswordEdit::Clear, PasswordEdit::Set),
        before: None,
    };
    let channel = ChannelId { device: id, number: 1 };
    let kind = StreamKind::Main;
    Ok(DiagnoseTarget::Draft(Box::new(edit), StreamId { channel, kind }))
}

fn said_of(words: &Words, fault: &TargetFault) -> CliError {
    CliError::Input(match fault {
        TargetFault::Ambiguous(names) => fl!(words, "diagnose-ambiguous", names = words.list(names)),
        TargetFault::Draft(errors) => {
            let lines: Vec<String> = errors.iter().map(|error| complaint(error, true)).collect();
            lines.join("\n").replace("--url", "NAME|HOST")
        }
    })
}
