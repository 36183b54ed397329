//! `monomi report`: the problem report, for whoever helps.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::access::Access;
use super::console::{CliError, Console};
use super::exit::Exit;
use super::profile::fault;
use crate::store::Profile;
use problem_report::ReportFile;

/// Write a problem report: logs, settings and devices in one zip file, without passwords
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// The new zip file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace names and addresses by pseudonyms, the same for the same name in all files
    #[arg(long)]
    pseudonyms: bool,
}

/// Runs the command. `said`: what the program says of itself.
#[must_use]
pub fn run(args: &ReportArgs, said: String, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Read)
        .map_err(CliError::Failed)
        .and_then(|profile| write(args, said, &profile, &mut console));
    console.end(done)
}

fn write(args: &ReportArgs, said: String, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let file = std::path::absolute(&args.output).map_err(|error| CliError::Failed(error.to_string()))?;
    let name = file.display().to_string();
    let said = vec![ReportFile::new("computer.txt", said)];
    let files = profile.gather_report(said, &profile.sealed_passwords(), args.pseudonyms);
    Profile::save_report(&file, &files).map_err(|error| fault(profile, &name, &error))?;
    let list: String = files
        .iter()
        .map(|file| format!("{:>9} {}\n", file.text.len(), file.name))
        .collect();
    console.print(&format!("{list}written to '{name}'\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_written_once_and_lists_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().join("profile")))
            .unwrap()
            .without_keyring();
        let args = ReportArgs {
            output: dir.path().join("report.zip"),
            pseudonyms: true,
        };
        let ran = || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut console = Console {
                input: &mut io::empty(),
                out: &mut out,
                complaints: &mut err,
            };
            let done = write(&args, "Monomi 0.1.0\n".to_owned(), &profile, &mut console);
            let exit = console.end(done);
            (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
        };
        let (exit, out, err) = ran();
        assert_eq!((exit, err.as_str()), (Exit::Done, ""));
        assert!(
            out.contains("13 computer.txt\n") && out.contains("settings.toml"),
            "{out}"
        );
        assert_eq!(ran().0, Exit::BadInput, "it is never replaced");
    }
}
