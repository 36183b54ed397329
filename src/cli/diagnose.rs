//! `monomi diagnose`: why a device shows no picture, by one attempt and one enquiry of the engine's own dial and budgets.

use std::io;
use std::time::{Duration, Instant};

use clap::Args;
use i18n_embed_fl::fl;

use super::complaint::complaint;
use super::console::{CliError, Console, value_of};
use super::diagnose_json::as_json;
use super::own_engine::OwnEngine;
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{Command, DiagnoseRequest, DiagnoseTarget, TargetFault, TraceId, TraceShown};
use crate::i18n::Words;
use crate::store::Profile;
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
    let registry = value_of(profile.load_registry(), console)?;
    let words = words_of(profile);
    let brands = crate::store::brands();
    let target = DiagnoseTarget::typed(&args.device, &registry, &brands).map_err(|fault| said_of(&words, &fault))?;
    let registered = match &target {
        DiagnoseTarget::Device(id) => registry.device(*id),
        _ => None,
    };
    let is_registered = registered.is_some();
    let engine = OwnEngine::start(profile, registered.map(|device| (device, &registry)))?;
    let id = TraceId(1);
    let screen = engine.handle().clone();
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
                engine.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await
    });
    drop(engine);
    let (shown, now) = shown.map_err(|_elapsed| CliError::Failed(fl!(words, "cli-onvif-no-turn")))?;
    console.print(&match args.json {
        true => format!("{:#}\n", as_json(&shown, is_registered)),
        false => (says.text)(&words, &shown, now),
    })?;
    Ok(shown.trace.verdict())
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
