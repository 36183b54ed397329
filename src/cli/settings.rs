//! `monomi settings`: reads and changes settings by name, also beside a running engine, which takes the change over at once.

use std::io;
use std::net::Ipv4Addr;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::console::{CliError, Console, read_password, table, value_of};
use super::{Access, Exit};
use crate::store::{Autostart, Profile, hash_password};
use settings::{Breadth, Cidr, KEYS, SettingKey, Settings, Value as Setting, ValueKind};

/// Read and change settings by name; a running Monomi takes the change over at once
#[derive(Args, Clone, Debug)]
pub struct SettingsArgs {
    #[command(subcommand)]
    action: SettingsAction,
}

#[derive(Subcommand, Clone, Debug)]
enum SettingsAction {
    /// Change a setting
    Set {
        name: String,
        /// true or false, a number, a word, or a list divided by commas; see `monomi settings list`
        #[arg(
            allow_hyphen_values = true,
            required_unless_present = "stdin",
            conflicts_with = "stdin"
        )]
        value: Option<String>,
        /// Read the value from standard input (one line), as passwords are
        #[arg(long)]
        stdin: bool,
    },
    /// Print the value of one setting
    Get { name: String },
    /// Print every setting with its value and what it means
    List {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
}

/// Runs one of the settings commands.
#[must_use]
pub fn run(args: &SettingsArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let access = match args.action {
        SettingsAction::Get { .. } | SettingsAction::List { .. } => Access::Read,
        SettingsAction::Set { .. } => Access::Change,
    };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| act(&args.action, &profile, &mut console));
    console.end(done)
}

fn act(action: &SettingsAction, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    match action {
        SettingsAction::Set { name, value, .. } => {
            let key = find(name)?;
            let value = typed(key, value.as_deref(), console)?;
            set(key, &value, profile, console)
        }
        SettingsAction::Get { name } => {
            let key = find(name)?;
            let value = shown(key, &value_of(profile.load_settings(), console)?);
            console.print(&format!("{value}\n"))
        }
        SettingsAction::List { json } => list(*json, profile, console),
    }
}

/// The value in the form that is saved. A password comes from standard input, because others can read a command line.
fn typed(key: &SettingKey, value: Option<&str>, console: &mut Console<'_>) -> Result<Zeroizing<String>, CliError> {
    let value = match value {
        Some(_) if key.kind == ValueKind::Secret => {
            let text = "a password is not taken from the command line, where others can read it; use --stdin";
            return Err(CliError::Input(format!("{}: {text}", key.name)));
        }
        Some(value) => return Ok(Zeroizing::new(value.to_owned())),
        None => read_password(console, "--stdin")?,
    };
    if key.kind != ValueKind::Secret || value.is_empty() {
        return Ok(Zeroizing::new(value.expose().to_owned()));
    }
    let hash = hash_password(&value).map_err(|error| CliError::Failed(error.to_string()))?;
    Ok(Zeroizing::new(hash.to_string()))
}

/// The value that is printed: of a password only whether there is one.
fn shown(key: &SettingKey, settings: &Settings) -> Setting {
    match key.get(settings) {
        Setting::Text(hash) if key.kind == ValueKind::Secret && !hash.is_empty() => Setting::Text("(set)".to_owned()),
        value => value,
    }
}

fn set(key: &SettingKey, value: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let before = value_of(profile.load_settings(), console)?.start_at_login;
    profile
        .update_settings(|settings| key.set_text(settings, value))?
        .map_err(|error| CliError::Input(format!("{}: {error}", key.name)))?;
    let settings = profile.load_settings().value;
    if key.name == "internal-networks" {
        for network in &settings.internal_networks {
            if let Some(warning) = warning(*network) {
                console.complain(&format!("{}: {warning}", key.name));
            }
        }
    }
    let now = settings.start_at_login;
    if now != before
        && let Some(autostart) = Autostart::of_this_program(Some(profile.path()))
    {
        // A running window does the same; without one this command has to.
        autostart
            .set(now)
            .map_err(|error| CliError::Failed(error.to_string()))?;
    }
    Ok(())
}

/// What a network means that is wider than anybody's own. It is taken all the same.
fn warning(network: Cidr) -> Option<String> {
    let kind = if network.contains(Ipv4Addr::UNSPECIFIED.into()) {
        "IPv4"
    } else {
        "IPv6"
    };
    match network.breadth() {
        Breadth::Everything => Some(format!(
            "{network} is every {kind} address: all of them count as internal, and internal-network-only excludes none of them"
        )),
        Breadth::Wide => Some(format!(
            "{network} is wider than any private network: public addresses in it count as internal"
        )),
        Breadth::Usual => None,
    }
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let settings = value_of(profile.load_settings(), console)?;
    if as_json {
        let entries = KEYS.iter().map(|key| {
            let mut entry = json!({ "name": key.name, "value": as_value(shown(key, &settings)), "help": key.help });
            match key.kind {
                ValueKind::Number { min, max } => {
                    entry["min"] = min.into();
                    entry["max"] = max.into();
                }
                ValueKind::Choice(words) => entry["choices"] = words.into(),
                ValueKind::Bool | ValueKind::Text | ValueKind::List | ValueKind::Secret => {}
            }
            entry
        });
        return console.print(&format!("{:#}\n", Value::Array(entries.collect())));
    }
    let row = |key: &SettingKey| {
        let value = shown(key, &settings).to_string();
        vec![key.name.to_owned(), value, key.help.to_owned()]
    };
    console.print(&table(&KEYS.iter().map(row).collect::<Vec<_>>()))
}

fn find(name: &str) -> Result<&'static SettingKey, CliError> {
    SettingKey::find(name).ok_or_else(|| {
        let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        CliError::Input(format!("there is no setting '{name}'; there are: {}", names.join(", ")))
    })
}

fn as_value(value: Setting) -> Value {
    match value {
        Setting::Bool(value) => value.into(),
        Setting::Number(value) => value.into(),
        Setting::Text(value) => value.into(),
        Setting::List(value) => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: SettingsArgs,
    }

    fn run(profile: &Profile, args: &[&str]) -> (Exit, String, String) {
        run_with(profile, args, "")
    }

    fn run_with(profile: &Profile, args: &[&str], input: &str) -> (Exit, String, String) {
        let cli = Cli::try_parse_from([&["settings"], args].concat()).unwrap_or_else(|error| panic!("{error}"));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console = Console {
            input: &mut input.as_bytes(),
            out: &mut out,
            complaints: &mut err,
        };
        let done = act(&cli.args.action, profile, &mut console);
        let exit = console.end(done);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn settings_are_set_and_listed() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        for (name, value) in [
            ("internal-network-only", "true"),
            ("internal-networks", "203.0.113.0/24, 2001:db8::/32"),
            ("language", "ja"),
            ("site-failed-per-minute", "6"),
            ("snapshot-folder", "/tmp/pictures"),
        ] {
            assert_eq!(
                run(&profile, &["set", name, value]),
                (Exit::Done, String::new(), String::new()),
                "{name}"
            );
        }
        assert_eq!(
            run(&profile, &["get", "internal-networks"]).1,
            "203.0.113.0/24,2001:db8::/32\n"
        );
        let (_, list, _) = run(&profile, &["list"]);
        assert!(
            list.lines()
                .any(|line| line.starts_with("internal-network-only ") && line.contains(" true ")),
            "{list}"
        );
        let json: Value = serde_json::from_str(&run(&profile, &["list", "--json"]).1).unwrap();
        let limit = json
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["name"] == "site-failed-per-minute")
            .unwrap();
        assert_eq!((&limit["value"], &limit["max"]), (&json!(6), &json!(30)));
        assert_eq!(json.as_array().unwrap().len(), KEYS.len());
    }

    #[test]
    fn a_network_that_covers_everything_is_taken_with_a_word_about_what_it_means() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        let (exit, out, err) = run(
            &profile,
            &["set", "internal-networks", "10.0.0.0/8,0.0.0.0/0,::/0,64.0.0.0/2"],
        );
        assert_eq!((exit, out.as_str()), (Exit::Done, ""));
        assert_eq!(
            err,
            "monomi: internal-networks: 0.0.0.0/0 is every IPv4 address: all of them count as internal, and internal-network-only \
             excludes none of them\nmonomi: internal-networks: ::/0 is every IPv6 address: all of them count as internal, and \
             internal-network-only excludes none of them\nmonomi: internal-networks: 64.0.0.0/2 is wider than any private network: \
             public addresses in it count as internal\n"
        );
        assert_eq!(profile.load_settings().value.internal_networks.len(), 4);
    }

    #[test]
    fn a_password_is_read_from_standard_input_and_kept_as_a_hash_that_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        let (exit, _, err) = run(&profile, &["set", "kiosk-password", "hunter2"]);
        assert_eq!(exit, Exit::BadInput);
        assert!(err.contains("--stdin") && !err.contains("hunter2"), "{err}");
        let stdin = ["set", "kiosk-password", "--stdin"];
        assert_eq!(run_with(&profile, &stdin, "hunter2\n").0, Exit::Done);
        let kept = profile.load_settings().value.kiosk_password.expect("a hash");
        assert!(crate::store::password_fits(&device::Password::new("hunter2"), &kept));
        assert_eq!(run(&profile, &["get", "kiosk-password"]).1, "(set)\n");
        for list in [&["list"][..], &["list", "--json"]] {
            let (_, said, _) = run(&profile, list);
            assert!(
                said.contains("(set)") && !said.contains("pbkdf2") && !said.contains("hunter2"),
                "{said}"
            );
        }
        for file in std::fs::read_dir(dir.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(7).any(|part| part == b"hunter2"));
        }
        assert_eq!(run_with(&profile, &stdin, "\n").0, Exit::Done);
        assert_eq!(profile.load_settings().value.kiosk_password, None);
        // Other values may come this way too.
        assert_eq!(run_with(&profile, &["set", "theme", "--stdin"], "dark\n").0, Exit::Done);
    }

    #[test]
    fn bad_values_are_refused_with_words() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap();
        for (name, value, complaint) in [
            ("internal-network-only", "yes", "'yes' is neither true nor false"),
            ("site-failed-per-minute", "31", "31 is above the ceiling, 30"),
            ("process-in-flight", "0", "0 is below the smallest value, 1"),
            ("site-in-flight", "-1", "-1 is below the smallest value, 1"),
            ("site-in-flight", "many", "'many' is not a whole number"),
            ("theme", "pink", "'pink' is none of system, dark, light"),
            (
                "internal-networks",
                "10.0.0.0/8,intranet",
                "'intranet' is not an IP address",
            ),
            (
                "internal-networks",
                "10.0.0.0/64",
                "'/64' is not a prefix length of 0 to 32",
            ),
            ("snapshot-folder", "pictures", "the folder must be an absolute path"),
        ] {
            let (exit, out, err) = run(&profile, &["set", name, value]);
            assert_eq!((exit, out), (Exit::BadInput, String::new()), "{name}");
            assert_eq!(err, format!("monomi: {name}: {complaint}\n"));
        }
        let (exit, _, err) = run(&profile, &["set", "colour", "red"]);
        assert_eq!(exit, Exit::BadInput);
        assert!(
            err.contains("there is no setting 'colour'") && err.contains("internal-network-only"),
            "{err}"
        );
        assert_eq!(profile.load_settings().value, Settings::default());
    }
}
