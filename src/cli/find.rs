//! `monomi find`: the recorders that answer on the networks of this computer, and at typed addresses.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console, table, value_of};
use super::own_engine::OwnEngine;
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{Command, FindRequest, FindStatus, FoundRow, FoundState};
use crate::engine;
use crate::i18n::Words;
use crate::store::Profile;
use device::{Device, Host, Registry};
use discovery::{Knocks, Ranges};

/// Look for recorders: on every network of this computer, and at the addresses of --range or of the setting find-ranges
#[derive(Args, Clone, Debug)]
pub struct FindArgs {
    /// Addresses beyond routers, such as 192.168.5.*, 192.168.5.10-40 or 10.0.8.0/22; in place of find-ranges
    #[arg(long, value_name = "RANGE")]
    range: Vec<String>,
    /// Then try connections to the addresses that stayed silent, within the budget; how many and how long is said first
    #[arg(long)]
    knock: bool,
    /// Print one JSON array of objects
    #[arg(long)]
    json: bool,
}

/// A find takes seconds, and longer where there are many addresses.
const FIND_LASTS: Duration = Duration::from_secs(600);

/// Looks for recorders and prints them.
#[must_use]
pub fn run(args: &FindArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    // What connections cost is kept in the profile.
    let access = if args.knock { Access::Change } else { Access::Read };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| find(args, &profile, &mut console));
    console.end(done)
}

fn find(args: &FindArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let settings = value_of(profile.load_settings(), console)?;
    let registry = Arc::new(value_of(profile.load_registry(), console)?);
    let words = words_of(profile);
    let ranges = match args.range.is_empty() {
        true => settings.find_ranges.clone(),
        false => ranges(&args.range)?,
    };
    let found = if args.knock {
        find_and_knock(ranges, &registry, profile, &words, console)?
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CliError::Failed(error.to_string()))?;
        runtime.block_on(engine::find_once(ranges, &settings, &registry, |_| {}))
    };
    if found.forbidden > 0 {
        console.complain(&fl!(words, "find-forbidden", count = found.forbidden));
    }
    if found.asked_from.is_empty() {
        console.complain(&fl!(words, "find-no-network"));
    }
    if found.full {
        console.complain(&fl!(words, "find-full", count = found.rows.len()));
    }
    console.print(&match args.json {
        true => format!("{:#}\n", as_json(&found, &registry)),
        false => as_table(&found, &registry, &words),
    })
}

/// Looks for recorders, and then knocks at what stayed silent: each knock has its permit of the governor.
fn find_and_knock(
    ranges: Ranges,
    registry: &Registry,
    profile: &Profile,
    words: &Words,
    console: &mut Console<'_>,
) -> Result<Arc<FindStatus>, CliError> {
    let own = OwnEngine::start(profile, None)?;
    let screen = own.handle();
    screen.send(Command::Find(FindRequest { ranges, hurried: true }));
    until(&own, FIND_LASTS, words, |find| find.progress.is_some())?;
    let found = until(&own, FIND_LASTS, words, |find| find.progress.is_none())?;
    if found.silent == 0 {
        return Ok(told_apart(&found, registry));
    }
    let (most, lasts) = Knocks::cost(found.silent);
    console.complain(&fl!(
        words,
        "find-knock-cost",
        silent = found.silent,
        most = most,
        lasts = words.duration(lasts)
    ));
    screen.send(Command::KnockSilent);
    let is_over = |find: &FindStatus| find.knocks.is_none() && find.silent == 0;
    let found = until(&own, lasts * 2 + FIND_LASTS, words, is_over)?;
    Ok(told_apart(&found, registry))
}

/// Waits until the find has come so far.
fn until(
    own: &OwnEngine,
    patience: Duration,
    words: &Words,
    is_there: impl Fn(&FindStatus) -> bool,
) -> Result<Arc<FindStatus>, CliError> {
    let find = own.block_on(async {
        let over = async {
            loop {
                let find = Arc::clone(&own.handle().state().find);
                if is_there(&find) {
                    return find;
                }
                own.changed().await;
            }
        };
        tokio::time::timeout(patience, over).await
    });
    find.map_err(|_elapsed| CliError::Failed(fl!(words, "cli-find-late")))
}

/// Beside a window the engine of a command knows no devices: those that are registered are told here.
fn told_apart(found: &FindStatus, registry: &Registry) -> Arc<FindStatus> {
    let mut rows = Vec::clone(&found.rows);
    for row in rows.iter_mut().filter(|row| row.state == FoundState::New) {
        let is_it = |device: &&Device| {
            let is_there = device.is_at(&row.host) || row.also.iter().any(|host| device.is_at(host));
            let is_known = device.identity.is_same(&row.identity);
            is_known || is_there && (device.identity.is_empty() || row.identity.is_empty())
        };
        if let Some(device) = registry.devices.iter().find(is_it) {
            row.state = FoundState::Registered(device.id);
        }
    }
    Arc::new(FindStatus {
        rows: Arc::new(rows),
        ..found.clone()
    })
}

fn ranges(typed: &[String]) -> Result<Ranges, CliError> {
    let (ranges, faults) = Ranges::parse(&typed.join(","));
    match faults.as_slice() {
        [] => Ok(ranges),
        faults => {
            let lines: Vec<String> = faults.iter().map(|fault| format!("--range: {}", fault.error)).collect();
            Err(CliError::Input(lines.join("\n")))
        }
    }
}

fn as_table(found: &FindStatus, registry: &Registry, words: &Words) -> String {
    let row = |row: &FoundRow| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        vec![
            row.host.to_string(),
            text(&row.maker),
            text(&row.model),
            text(&row.name),
            text(&row.identity.serial),
            state(row, registry, words),
        ]
    };
    match found.rows.as_slice() {
        [] => format!("{}\n", fl!(words, "find-nothing")),
        rows => table(&rows.iter().map(row).collect::<Vec<_>>()),
    }
}

fn state(row: &FoundRow, registry: &Registry, words: &Words) -> String {
    let name = |id| registry.device(id).map(|device| registry.label_of(device).into_owned());
    match row.state {
        FoundState::New => fl!(words, "find-state-new"),
        FoundState::Registered(id) => fl!(words, "find-state-registered", name = name(id).unwrap_or_default()),
        FoundState::Moved(id) => fl!(words, "find-state-moved", name = name(id).unwrap_or_default()),
        FoundState::Elsewhere => fl!(words, "find-state-elsewhere"),
    }
}

fn as_json(found: &FindStatus, registry: &Registry) -> Value {
    let row = |row: &FoundRow| {
        let (state, device) = match row.state {
            FoundState::New => ("new", None),
            FoundState::Registered(id) => ("registered", Some(id)),
            FoundState::Moved(id) => ("moved", Some(id)),
            FoundState::Elsewhere => ("elsewhere", None),
        };
        let device = device.and_then(|id| registry.device(id));
        json!({
            "address": row.host.to_string(),
            "also": row.also.iter().map(Host::to_string).collect::<Vec<_>>(),
            "port": row.port,
            "maker": row.maker,
            "model": row.model,
            "name": row.name,
            "serial": row.identity.serial,
            "mac": row.identity.mac.map(|mac| mac.to_string()),
            "endpoint": row.identity.endpoint,
            "state": state,
            "device": device.map(|device| registry.label_of(device).into_owned()),
        })
    };
    found.rows.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_is_none_is_named_with_its_option() {
        let Err(CliError::Input(text)) = ranges(&["192.168.5.*".to_owned(), "10.0.0.0/8,nonsense".to_owned()]) else {
            panic!("it was taken");
        };
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.starts_with("--range: ")), "{text}");
    }
}
