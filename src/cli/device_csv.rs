//! `monomi device export` and `monomi device import`: the registry as a table for spreadsheets.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console};
use super::profile::fault;
use super::words::words_of;
use crate::i18n::{Language, Words};
use crate::store::{Profile, read_table};
use crate::wording;
use device::{DeviceId, Registry};
use registry_csv::{CsvColumn, CsvHeader, CsvKind, CsvOutcome, CsvPlan, CsvRow, MOST_BYTES};

#[derive(Args, Clone, Debug)]
pub(super) struct ExportArgs {
    /// The new file, in UTF-8; `-` is standard output. No password is written
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub(super) struct ImportArgs {
    /// A table of devices: of Monomi, of a spreadsheet, or the batch template of iVMS-4200; `-` is standard input
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// Site of new devices of which the table does not say one
    #[arg(long, value_name = "S", default_value = "Default")]
    site: String,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave out rows that cannot be taken, instead of taking none
    #[arg(long)]
    skip_bad: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn export(
    args: &ExportArgs,
    registry: &Registry,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let header = match words_of(profile).language() {
        Language::Ja => CsvHeader::Japanese,
        Language::En => CsvHeader::English,
    };
    if args.csv == Path::new("-") {
        let table = registry_csv::write(registry, header);
        return console.print(&String::from_utf8_lossy(&table));
    }
    let file = std::path::absolute(&args.csv).map_err(|error| CliError::Failed(error.to_string()))?;
    let name = file.display().to_string();
    let missing = profile
        .export_csv(&file, header)
        .map_err(|error| fault(profile, &name, &error))?;
    console.print(&format!("exported {} devices to '{name}'\n", registry.devices.len()))?;
    match missing.is_empty() {
        true => Ok(()),
        // A script that goes on must not take this for all of it.
        false => Err(CliError::Failed(format!("not in it: {}", missing.join("; ")))),
    }
}

pub(super) fn import(
    args: &ImportArgs,
    registry: &Registry,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let bytes = read(args, profile, console)?;
    let plan = registry_csv::read(&bytes, registry, &crate::store::brands(), &args.site)
        .map_err(|error| CliError::Input(format!("{}: {error}", args.csv.display())))?;
    let bad = plan.count(|outcome| matches!(outcome, CsvOutcome::Bad(_)));
    let refused = bad > 0 && !args.skip_bad;
    let mut gone = Vec::new();
    let writes = !args.dry_run && !refused;
    if writes {
        gone = save(&plan, registry, profile, console)?;
    }
    if args.json {
        console.print(&format!("{:#}\n", as_value(&plan, writes)))?;
    } else {
        console.print(&told(&words_of(profile), &plan, writes))?;
    }
    if refused && !args.dry_run {
        return Err(CliError::Input(fl!(words_of(profile), "cli-csv-refused", count = bad)));
    }
    if gone.is_empty() {
        return Ok(());
    }
    let names = gone.join(", ");
    Err(CliError::Failed(format!(
        "removed by another program meanwhile: {names}"
    )))
}

fn read(
    args: &ImportArgs,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<zeroize::Zeroizing<Vec<u8>>, CliError> {
    if args.csv != Path::new("-") {
        let name = args.csv.display().to_string();
        return read_table(&args.csv).map_err(|error| fault(profile, &name, &error));
    }
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let read = console.input.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| CliError::Input(format!("--csv: {error}")))?;
    Ok(bytes)
}

/// Saves what the table makes of the registry, and names the devices that are not registered any more.
fn save(
    plan: &CsvPlan,
    registry: &Registry,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<Vec<String>, CliError> {
    let edits = plan.edits();
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let saved = profile
        .save_devices(edits)
        .map_err(|error| CliError::Failed(error.to_string()))?;
    if !plan.sites.is_empty() {
        profile.update_registry(|registry| {
            for (before, after) in &plan.sites {
                // One that was removed meanwhile keeps nothing from the others.
                registry.edit_site(before, after).ok();
            }
        })?;
    }
    if let Some(aside) = profile.secrets().take_key_set_aside() {
        console.complain(&format!(
            "secrets.key was damaged and is kept as {aside}; passwords that were stored before have to be entered again"
        ));
    }
    let name_of = |id: &DeviceId| Some(registry.label_of(registry.device(*id)?).into_owned());
    Ok(saved.gone.iter().filter_map(name_of).collect())
}

/// A line for each row that changes something or is wrong, and the counts.
fn told(words: &Words, plan: &CsvPlan, written: bool) -> String {
    let mut lines = Vec::new();
    for row in &plan.rows {
        let (number, name) = (row.number.to_string(), format!("'{}/{}'", row.site, row.name));
        match &row.outcome {
            CsvOutcome::New(_) => lines.push(fl!(words, "cli-csv-new", row = number, name = name)),
            CsvOutcome::Changed(_, changes) => {
                let each = changes.iter().map(|change| match change.column {
                    CsvColumn::Password => fl!(words, "csv-password-set"),
                    column => format!(
                        "{column}: {} -> {}",
                        value(words, &change.before),
                        value(words, &change.after)
                    ),
                });
                let each: Vec<String> = each.collect();
                let each = each.join(", ");
                lines.push(fl!(words, "cli-csv-changed", row = number, name = name, changes = each));
            }
            CsvOutcome::Same => {}
            CsvOutcome::Bad(mistakes) => {
                for mistake in mistakes {
                    let (number, reason) = (number.as_str(), wording::reason(words, &mistake.reason));
                    lines.push(match mistake.column.as_deref() {
                        Some(column) => {
                            fl!(
                                words,
                                "cli-csv-bad-cell",
                                row = number,
                                column = column,
                                reason = reason
                            )
                        }
                        None => fl!(words, "cli-csv-bad-row", row = number, reason = reason),
                    });
                }
            }
        }
    }
    if !plan.ignored.is_empty() {
        lines.push(fl!(words, "csv-ignored", columns = words.list(&plan.ignored)));
    }
    if plan.kind == CsvKind::Ivms {
        lines.push(fl!(words, "csv-template"));
    }
    let [new, changed, same, bad] = counts(plan).map(|count| count.to_string());
    lines.push(match written {
        true => fl!(
            words,
            "cli-csv-counts",
            new = new,
            changed = changed,
            same = same,
            bad = bad
        ),
        false => fl!(
            words,
            "cli-csv-would",
            new = new,
            changed = changed,
            same = same,
            bad = bad
        ),
    });
    lines.into_iter().map(|line| line + "\n").collect()
}

fn value(words: &Words, text: &str) -> String {
    if text.is_empty() {
        fl!(words, "cli-csv-nothing")
    } else {
        text.replace('\n', " / ")
    }
}

fn counts(plan: &CsvPlan) -> [usize; 4] {
    [
        plan.count(|outcome| matches!(outcome, CsvOutcome::New(_))),
        plan.count(|outcome| matches!(outcome, CsvOutcome::Changed(..))),
        plan.count(|outcome| matches!(outcome, CsvOutcome::Same)),
        plan.count(|outcome| matches!(outcome, CsvOutcome::Bad(_))),
    ]
}

fn as_value(plan: &CsvPlan, written: bool) -> Value {
    let [new, changed, same, bad] = counts(plan);
    let rows: Vec<Value> = plan.rows.iter().map(row_as_value).collect();
    json!({
        "encoding": plan.encoding.as_str(),
        "template": plan.kind == CsvKind::Ivms,
        "ignored_columns": plan.ignored,
        "new": new,
        "changed": changed,
        "same": same,
        "bad": bad,
        "written": written,
        "rows": rows,
    })
}

fn row_as_value(row: &CsvRow) -> Value {
    let (result, changes, mistakes) = match &row.outcome {
        CsvOutcome::New(_) => ("new", &[][..], &[][..]),
        CsvOutcome::Changed(_, changes) => ("changed", &changes[..], &[][..]),
        CsvOutcome::Same => ("same", &[][..], &[][..]),
        CsvOutcome::Bad(mistakes) => ("bad", &[][..], &mistakes[..]),
    };
    let changes = changes.iter().map(|change| match change.column {
        CsvColumn::Password => json!({ "column": change.column.to_string() }),
        column => json!({ "column": column.to_string(), "before": change.before, "after": change.after }),
    });
    let mistakes = mistakes
        .iter()
        .map(|mistake| json!({ "column": mistake.column, "reason": mistake.reason.to_string() }));
    json!({
        "row": row.number,
        "site": row.site,
        "name": row.name,
        "result": result,
        "changes": changes.collect::<Vec<_>>(),
        "mistakes": mistakes.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_table_is_said_in_the_language_of_the_window() {
        let table = "Name,Host,Enabled\nA,10.0.0.1,maybe\nB,10.0.0.2,yes\n";
        let brands = crate::store::brands();
        let plan = registry_csv::read(table.as_bytes(), &Registry::default(), &brands, "Lab").unwrap();
        for (language, wrong, counts) in [
            (Language::En, "row 2, column 'Enabled': enter yes or no", "bad 1"),
            (Language::Ja, "2 行目、列「Enabled」：", "取り込み不可 1"),
        ] {
            let said = told(&Words::new(language), &plan, false);
            assert!(said.contains(wrong) && said.contains(counts), "{said}");
        }
    }
}
