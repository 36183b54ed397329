//! `monomi export`: recordings of this computer as files that anybody can play, each with a signed statement of what it is.

use std::io;
use std::path::PathBuf;

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::access::Access;
use super::console::{CliError, Console, value_of};
use super::exit::Exit;
use super::words::words_of;
use crate::i18n::Words;
use crate::store::{
    ExportRequest, ExportedAll, Profile, RecordingFolder, SigningKey, default_folder, export_recordings, key_print,
};
use device::{ChannelId, DeviceId, Registry};

/// Write recordings of a time to MP4 files, as the cameras sent them, each with a signed statement beside it (FILE.mp4.json)
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// A channel as NAME/3 or SITE/NAME/3, or NAME for all of its channels; may be given several times
    #[arg(long, value_name = "CHANNEL", required = true)]
    channel: Vec<String>,
    /// From this local time on (2026-11-28T09:00, 2026-11-28T09:00:30); the file begins with the key picture before it
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: i64,
    /// Up to this local time
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: i64,
    /// The folder for the files
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
#[must_use]
pub fn run(args: &ExportArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Change)
        .map_err(CliError::Failed)
        .and_then(|profile| export(args, &profile, &mut console));
    console.end(done)
}

fn export(args: &ExportArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let words = words_of(profile);
    if args.from >= args.to {
        return Err(CliError::Input(fl!(words, "cli-export-order")));
    }
    let registry = value_of(profile.load_registry(), console)?;
    let mut channels = Vec::new();
    for typed in &args.channel {
        channels.extend(channels_of(&registry, typed)?);
    }
    channels.sort_unstable();
    channels.dedup();
    let settings = profile.load_settings().value;
    let folder = settings.recording.folder.or_else(default_folder);
    let folder = folder.ok_or_else(|| CliError::Failed(fl!(words, "cli-export-no-folder")))?;
    let key = SigningKey::of(&profile.secrets()).map_err(|fault| CliError::Failed(fault.to_string()))?;
    let request = ExportRequest {
        channels,
        from: args.from,
        to: args.to,
        folder: args.output.clone(),
        operator: crate::engine::who(),
        tool: concat!("Monomi ", env!("CARGO_PKG_VERSION")).to_owned(),
        now: jiff::Timestamp::now().as_microsecond(),
    };
    let all = export_recordings(&RecordingFolder::new(folder), &request, &key, |_| true)
        .map_err(|fault| CliError::Failed(fault.to_string()))?;
    if args.json {
        console.print(&format!("{:#}\n", as_value(&all, &key)))?;
    } else {
        console.print(&said(&all, &key, &registry, &words))?;
    }
    if all.files.is_empty() {
        return Err(CliError::Failed(fl!(words, "cli-export-nothing")));
    }
    Ok(())
}

/// The channels that a person means: one of a device, or all of them.
fn channels_of(registry: &Registry, typed: &str) -> Result<Vec<ChannelId>, CliError> {
    let device = |name: &str| -> Option<DeviceId> {
        let registered = registry.select(name).ok().map(|device| device.id);
        // Of a device that is not registered any more the recordings are still there.
        let by_id = || {
            Some(name)
                .filter(|name| name.len() == 16)
                .and_then(|name| name.parse().ok())
        };
        registered.or_else(by_id)
    };
    if let Some((name, number)) = typed.rsplit_once('/')
        && let (Some(device), Ok(number)) = (device(name), number.trim().parse())
    {
        return Ok(vec![ChannelId { device, number }]);
    }
    let device = registry
        .select(typed)
        .map_err(|error| CliError::Input(error.to_string()))?;
    Ok(device.channel_ids().collect())
}

fn as_value(all: &ExportedAll, key: &SigningKey) -> Value {
    let channel = |channel: &ChannelId| json!({ "device-id": channel.device.to_string(), "channel": channel.number });
    let files: Vec<Value> = all
        .files
        .iter()
        .map(|file| {
            let gaps: Vec<Value> = file
                .gaps
                .iter()
                .map(|gap| json!({ "from": stamp(gap.from), "to": stamp(gap.to) }))
                .collect();
            json!({
                "file": file.path.display().to_string(),
                "statement": file.statement.display().to_string(),
                "device-id": file.channel.device.to_string(),
                "channel": file.channel.number,
                "from": stamp(file.from),
                "to": stamp(file.to),
                "pictures": file.pictures,
                "bytes": file.bytes,
                "gaps": gaps,
            })
        })
        .collect();
    json!({
        "files": files,
        "damaged": all.damaged.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "nothing-recorded": all.empty.iter().map(channel).collect::<Vec<_>>(),
        "key": key.public(),
        "key-print": key_print(&key.public()),
    })
}

fn said(all: &ExportedAll, key: &SigningKey, registry: &Registry, words: &Words) -> String {
    let mut lines = Vec::new();
    for file in &all.files {
        lines.push(file.path.display().to_string());
        let (from, to) = (stamp(file.from), stamp(file.to));
        lines.push(format!("  {from} – {to}"));
        for gap in &file.gaps {
            let (from, to) = (stamp(gap.from), stamp(gap.to));
            lines.push(format!("  {}", fl!(words, "cli-export-gap", from = from, to = to)));
        }
    }
    for path in &all.damaged {
        let path = path.display().to_string();
        lines.push(fl!(words, "cli-export-damaged", path = path));
    }
    for channel in &all.empty {
        let device = registry.device(channel.device);
        let name = device.map_or_else(
            || channel.device.to_string(),
            |device| registry.label_of(device).into_owned(),
        );
        let number = channel.number;
        lines.push(fl!(words, "cli-export-empty", name = name, number = number));
    }
    if !all.files.is_empty() {
        let print = key_print(&key.public());
        lines.push(fl!(words, "cli-export-key", print = print));
    }
    lines.join("\n") + "\n"
}

/// A local time with its distance from UTC.
fn stamp(micros: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    let at = at.to_zoned(jiff::tz::TimeZone::system());
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// A local time, or one with its distance from UTC, in microseconds since 1970.
fn time(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.as_microsecond());
    }
    let wrong = || format!("'{text}' is no time such as 2026-11-28T09:00 or 2026-11-28T09:00:30+09:00");
    let civil: jiff::civil::DateTime = text
        .parse()
        .or_else(|_no_time| text.parse::<jiff::civil::Date>().map(jiff::civil::Date::into))
        .map_err(|_no_date| wrong())?;
    let zoned = civil
        .to_zoned(jiff::tz::TimeZone::system())
        .map_err(|_no_such_time| wrong())?;
    Ok(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_their_distance_from_utc() {
        assert_eq!(time("1970-01-01T09:00:30+09:00"), Ok(30_000_000));
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(1_000_000));
        assert!(time("2026-11-28T09:00").is_ok() && time("2026-11-28").is_ok());
        assert!(time("9 o'clock").is_err());
    }
}
