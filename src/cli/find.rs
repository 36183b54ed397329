//! `monomi find`: the recorders that answer on the networks of this computer, and at typed addresses.

use std::io;
use std::sync::Arc;

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console, table, value_of};
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{FindStatus, FoundRow, FoundState};
use crate::engine;
use crate::i18n::Words;
use crate::store::Profile;
use device::{Host, Registry};
use discovery::Ranges;

/// Look for recorders: on every network of this computer, and at the addresses of --range or of the setting find-ranges
#[derive(Args, Clone, Debug)]
pub struct FindArgs {
    /// Addresses beyond routers, such as 192.168.5.*, 192.168.5.10-40 or 10.0.8.0/22; in place of find-ranges
    #[arg(long, value_name = "RANGE")]
    range: Vec<String>,
    /// Print one JSON array of objects
    #[arg(long)]
    json: bool,
}

/// Looks for recorders and prints them.
#[must_use]
pub fn run(args: &FindArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Read)
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::Failed(error.to_string()))?;
    let found = runtime.block_on(engine::find_once(ranges, &settings, &registry, |_| {}));
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
