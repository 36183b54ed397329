//! `monomi profile`: a profile in one sealed file, to move it to another computer.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use i18n_embed_fl::fl;

use super::access::Access;
use super::console::{CliError, Console, read_password};
use super::exit::Exit;
use super::words::{refusal_in_words, words_of};
use crate::store::{ExchangeError, Exported, ImportPlan, Profile, read_profile_file};
use device::Password;

/// Move devices, views, settings and passwords to another computer, in one file that a passphrase seals
#[derive(Args, Clone, Debug)]
pub struct ProfileArgs {
    #[command(subcommand)]
    action: ProfileAction,
}

#[derive(Subcommand, Clone, Debug)]
enum ProfileAction {
    /// Write the profile to a new file
    Export {
        file: PathBuf,
        /// Read the passphrase from standard input (one line) instead of asking for it
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Print what a file would bring; with --yes, take it over. What is there is a dated copy first
    Import {
        file: PathBuf,
        /// Read the passphrase from standard input (one line) instead of asking for it
        #[arg(long)]
        passphrase_stdin: bool,
        /// Take it over
        #[arg(long)]
        yes: bool,
        /// Take the settings over, too [default: only where no device is registered yet]
        #[arg(long)]
        settings: bool,
    },
}

/// Runs one of the profile commands.
#[must_use]
pub fn run(args: &ProfileArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Change)
        .map_err(CliError::Failed)
        .and_then(|profile| act(&args.action, &profile, &mut console));
    console.end(done)
}

fn act(action: &ProfileAction, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    match action {
        ProfileAction::Export { file, passphrase_stdin } => {
            let file = std::path::absolute(file).map_err(|error| CliError::Failed(error.to_string()))?;
            let passphrase = passphrase(profile, *passphrase_stdin, true, console)?;
            let Exported { without, missing } = profile
                .export_to(&file, &passphrase)
                .map_err(|error| fault(profile, &file.display().to_string(), &error))?;
            let words = words_of(profile);
            console.print(&format!("exported '{}'\n", file.display()))?;
            let mut lacks = Vec::new();
            if !without.is_empty() {
                lacks.push(fl!(words, "profile-without", names = words.list(&without)));
            }
            if !missing.is_empty() {
                lacks.push(fl!(words, "profile-missing", parts = words.list(&missing)));
            }
            // A script that goes on to delete the original must not take this for all of it.
            match lacks.is_empty() {
                true => Ok(()),
                false => Err(CliError::Failed(lacks.join("\n"))),
            }
        }
        ProfileAction::Import {
            file,
            passphrase_stdin,
            yes,
            settings,
        } => {
            let passphrase = passphrase(profile, *passphrase_stdin, false, console)?;
            let contents = read_profile_file(file, &passphrase)
                .map_err(|error| fault(profile, &file.display().to_string(), &error))?;
            let plan = profile.plan_import(&contents);
            let with_settings = *settings || plan.takes_windows;
            console.print(&said(&plan, with_settings))?;
            let words = words_of(profile);
            if !yes {
                return console.print(&format!("{}\n", fl!(words, "cli-import-not-yet")));
            }
            let imported = profile
                .import(&contents, with_settings)
                .map_err(|error| CliError::Failed(error.to_string()))?;
            if !imported.without.is_empty() {
                console.complain(&fl!(words, "profile-not-stored", names = words.list(&imported.without)));
            }
            console.print(&format!("imported '{}'\n", file.display()))
        }
    }
}

/// What an import would do, one line each.
fn said(plan: &ImportPlan, with_settings: bool) -> String {
    let mut text = String::new();
    for (sign, kind, names) in [
        ('+', "device", &plan.new_devices),
        ('~', "device", &plan.changed_devices),
        ('+', "view", &plan.new_views),
        ('~', "view", &plan.changed_views),
    ] {
        for name in names {
            text += &format!("{sign} {kind} '{name}'\n");
        }
    }
    text += &format!("{} passwords\n", plan.passwords);
    if with_settings {
        text += "~ settings\n";
    }
    text
}

/// Never taken from the command line, where others can read it.
fn passphrase(profile: &Profile, stdin: bool, twice: bool, console: &mut Console<'_>) -> Result<Password, CliError> {
    let words = words_of(profile);
    let passphrase = if stdin {
        read_password(console, "--passphrase-stdin")?
    } else if io::stdin().is_terminal() {
        let asked = |text: String| {
            let typed = rpassword::prompt_password(format!("{text}: "));
            typed
                .map(Password::new)
                .map_err(|error| CliError::Failed(error.to_string()))
        };
        let passphrase = asked(fl!(words, "profile-passphrase"))?;
        if twice && asked(fl!(words, "profile-passphrase-again"))? != passphrase {
            return Err(CliError::Input(fl!(words, "profile-passphrase-differs")));
        }
        passphrase
    } else {
        return Err(CliError::Input(fl!(words, "cli-passphrase-needed")));
    };
    if passphrase.is_empty() {
        return Err(CliError::Input(fl!(words, "profile-passphrase-empty")));
    }
    Ok(passphrase)
}

/// Why a file was not written or read, in the language of the window.
pub(super) fn fault(profile: &Profile, file: &str, error: &ExchangeError) -> CliError {
    let words = words_of(profile);
    let said = match error {
        ExchangeError::NotFound => fl!(words, "profile-not-found"),
        ExchangeError::Exists => fl!(words, "profile-exists"),
        ExchangeError::Denied => fl!(words, "profile-denied"),
        ExchangeError::NotAProfile => fl!(words, "profile-foreign"),
        ExchangeError::Truncated => fl!(words, "profile-truncated"),
        ExchangeError::WrongPassphrase => fl!(words, "profile-wrong-passphrase"),
        ExchangeError::Damaged => fl!(words, "profile-damaged"),
        ExchangeError::Newer => fl!(words, "profile-newer"),
        ExchangeError::Unreadable { file, refusal } => {
            let reason = refusal_in_words(&words, refusal);
            fl!(words, "profile-unreadable", file = file.as_str(), reason = reason)
        }
        ExchangeError::Other(reason) => fl!(words, "profile-other", reason = reason.as_str()),
    };
    let message = format!("{file}: {said}");
    match error {
        ExchangeError::Denied | ExchangeError::Unreadable { .. } | ExchangeError::Other(_) => CliError::Failed(message),
        _ => CliError::Input(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{Site, SiteId};

    fn ran(action: &ProfileAction, profile: &Profile, mut input: &[u8]) -> (Exit, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            input: &mut input,
            out: &mut out,
            complaints: &mut err,
        };
        let done = act(action, profile, &mut console);
        let exit = console.end(done);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn profile(language: settings::Language) -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        profile
            .update_settings(|settings| settings.language = language)
            .unwrap();
        (dir, profile)
    }

    #[test]
    fn a_file_is_written_shown_and_taken_over_and_a_wrong_passphrase_is_said_in_the_users_language() {
        for (language, wrong) in [
            (settings::Language::En, "not the passphrase"),
            (settings::Language::Ja, "パスフレーズが違います"),
        ] {
            let ((here, from), (_there, to)) = (profile(language), profile(language));
            let site = Site::new(SiteId(7), "東京".to_owned());
            from.update_registry(|registry| registry.save_site(site))
                .unwrap()
                .unwrap();
            let file = here.path().join("moved");
            let export = ProfileAction::Export {
                file: file.clone(),
                passphrase_stdin: true,
            };
            assert_eq!(ran(&export, &from, b"").0, Exit::BadInput, "an empty passphrase");
            let (exit, _, err) = ran(&export, &from, b"word\n");
            assert_eq!((exit, err.as_str()), (Exit::Done, ""));
            assert_eq!(ran(&export, &from, b"word\n").0, Exit::BadInput, "it is there already");
            let import = |yes| ProfileAction::Import {
                file: file.clone(),
                passphrase_stdin: true,
                yes,
                settings: false,
            };
            let (exit, _, err) = ran(&import(true), &to, b"other");
            assert!(exit == Exit::BadInput && err.contains(wrong), "{err}");
            let (exit, out, _) = ran(&import(false), &to, b"word");
            assert!(
                exit == Exit::Done && out.contains("settings") && out.contains("--yes"),
                "{out}"
            );
            assert!(to.load_registry().value.sites.is_empty());
            assert_eq!(ran(&import(true), &to, b"word").0, Exit::Done);
            assert_eq!(to.load_registry().value.sites.len(), 1);
        }
    }
}
