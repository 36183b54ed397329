//! `monomi verify`: whether an export is what was exported.

use std::io;
use std::path::PathBuf;

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console};
use super::exit::Exit;
use super::words;
use crate::store::{Verified, key_print, verify_export};

/// Check whether an export is unchanged since it was signed: the video, its statement and the signature
#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    /// The video, or the statement beside it (FILE.mp4.json)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The print of the key that has to have signed it, as `monomi export` printed it on the computer that exported
    #[arg(long, value_name = "PRINT")]
    key: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the command; it needs no profile.
#[must_use]
pub fn run(args: &VerifyArgs) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = verify(args, &mut console);
    console.end(done)
}

fn verify(args: &VerifyArgs, console: &mut Console<'_>) -> Result<(), CliError> {
    let words = words::of_system();
    let checked = verify_export(&args.file);
    let checked = checked.map_err(|fault| fault.to_string()).and_then(|verified| {
        let print = key_print(&verified.key);
        let plain = |text: &str| text.split_whitespace().collect::<String>().to_ascii_lowercase();
        match &args.key {
            Some(key) if plain(key) != plain(&print) => Err(fl!(words, "cli-verify-other-key", print = print)),
            _ => Ok(verified),
        }
    });
    if args.json {
        let value = match &checked {
            Ok(verified) => json!({
                "unchanged": true,
                "key-print": key_print(&verified.key),
                "key-as-asked": args.key.is_some(),
                "statement": verified.statement,
            }),
            Err(reason) => json!({ "unchanged": false, "reason": reason }),
        };
        console.print(&format!("{value:#}\n"))?;
    }
    let verified = checked.map_err(|reason| CliError::Failed(fl!(words, "cli-verify-failed", reason = reason)))?;
    if !args.json {
        console.print(&said(&words, &verified, args.key.is_some()))?;
    }
    Ok(())
}

fn said(words: &crate::i18n::Words, verified: &Verified, asked: bool) -> String {
    let statement = &verified.statement;
    let text = |value: &Value| match value {
        Value::String(text) => visible(text),
        other => other.to_string(),
    };
    let file = verified.video.display().to_string();
    let print = key_print(&verified.key);
    let source = &statement["source"];
    let mut lines = vec![
        fl!(words, "cli-verify-same", file = file),
        format!(
            "  {} / {} / {} ({})",
            text(&source["site"]),
            text(&source["device"]),
            text(&source["channel"]),
            text(&source["stream"])
        ),
        format!(
            "  {} – {}",
            text(&statement["got"]["from"]),
            text(&statement["got"]["to"])
        ),
    ];
    let operator = text(&statement["operator"]);
    let exported = text(&statement["exported"]);
    lines.push(format!(
        "  {}",
        fl!(words, "cli-verify-by", operator = operator, time = exported)
    ));
    for gap in statement["gaps"].as_array().into_iter().flatten() {
        let (from, to) = (text(&gap["from"]), text(&gap["to"]));
        lines.push(format!("  {}", fl!(words, "cli-export-gap", from = from, to = to)));
    }
    lines.push(match asked {
        true => fl!(words, "cli-verify-key-right", print = print),
        false => fl!(words, "cli-verify-key", print = print),
    });
    lines.push(fl!(words, "cli-verify-proves"));
    lines.join("\n") + "\n"
}

/// A text of a file in one line, without what cannot be seen.
fn visible(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control() && !device::is_hidden(*letter))
        .collect()
}
