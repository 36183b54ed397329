//! `monomi settings`: reads and changes settings by name, also beside a running engine, which takes the change over at once.

use std::io;
use std::net::Ipv4Addr;

use clap::{Args, Subcommand};
use i18n_embed_fl::fl;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::console::{CliError, Console, read_password, table, value_of};
use super::words::words_of;
use super::{Access, Exit};
use crate::store::{Autostart, OWNER_OF_WEBHOOK_PATH, Profile, hash_password};
use device::{Password, Registry};
use events::{OwnRule, Subject};
use settings::{Breadth, Cidr, KEYS, SettingKey, Settings, Value as Setting, ValueKind, WebAddress};

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
            let value = match key.name {
                ALERT_RULES => Zeroizing::new(with_site_ids(&value, &value_of(profile.load_registry(), console)?)?),
                OWN_RULES => Zeroizing::new(with_place_ids(&value, &value_of(profile.load_registry(), console)?)?),
                WEBHOOK => return set_webhook(key, &value, profile, console),
                _ => value,
            };
            set(key, &value, profile, console)
        }
        SettingsAction::Get { name } => {
            let key = find(name)?;
            let value = shown(key, &value_of(profile.load_settings(), console)?, profile);
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

/// The value that is printed: of a password only whether there is one, of a site its name.
fn shown(key: &SettingKey, settings: &Settings, profile: &Profile) -> Setting {
    match key.get(settings) {
        Setting::Text(hash) if key.kind == ValueKind::Secret && !hash.is_empty() => Setting::Text("(set)".to_owned()),
        Setting::List(rules) if key.name == ALERT_RULES && !rules.is_empty() => {
            let registry = profile.load_registry().value;
            Setting::List(rules.iter().map(|rule| with_site_name(rule, &registry)).collect())
        }
        value => value,
    }
}

const ALERT_RULES: &str = "alert-rules";
const OWN_RULES: &str = "alert-own-rules";
const WEBHOOK: &str = "webhook";

/// Sets the server of the address. The whole address goes to the passwords before, because it is used for that server alone; what belonged to
/// another server goes afterwards, because that one is told nothing without it.
fn set_webhook(key: &SettingKey, value: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(format!("{WEBHOOK}: {error}"));
    let before = profile.load_settings().value.messengers.webhook;
    let typed: Option<WebAddress> = match value.trim() {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|error: settings::WebAddressError| CliError::Input(format!("{WEBHOOK}: {error}")))?,
        ),
    };
    let has_path = typed.as_ref().is_some_and(WebAddress::has_path);
    if let Some(typed) = typed.as_ref().filter(|_| has_path) {
        let whole = Password::new(typed.to_string());
        let stored = profile.secrets().set(OWNER_OF_WEBHOOK_PATH, &whole);
        stored.map_err(|error| failed(&error))?;
    }
    let server = typed.as_ref().map(|address| address.origin().to_string());
    set(key, &server.unwrap_or_default(), profile, console)?;
    let is_same = match (&before, &typed) {
        (Some(before), Some(typed)) => before.is_same_server(typed),
        (before, typed) => before.is_none() && typed.is_none(),
    };
    if !has_path && !is_same {
        let cleared = profile.secrets().clear(OWNER_OF_WEBHOOK_PATH);
        cleared.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Rules in which places are named, such as `where=site:Osaka+device:Front door`, with ids; each is a rule that is understood.
fn with_place_ids(rules: &str, registry: &Registry) -> Result<String, CliError> {
    let wrong = |text: String| CliError::Input(format!("{OWN_RULES}: {text}"));
    let place = |word: &str| -> Result<String, CliError> {
        let word = word.trim();
        if word.parse::<Subject>().is_ok() {
            return Ok(word.to_owned());
        }
        let found = match word.split_once(':') {
            Some(("site", name)) => registry.find_site_by_name(name).map(|site| Subject::Site(site.id)),
            Some(("device", name)) => registry
                .devices
                .iter()
                .find(|device| device.name == name)
                .map(|device| Subject::Device(device.id)),
            _ => None,
        };
        let found = found.ok_or_else(|| wrong(format!("there is no '{word}'; it is site:NAME or device:NAME")))?;
        Ok(found.to_string())
    };
    let field = |field: &str| match field.trim().strip_prefix("where=") {
        Some(places) => Ok(format!(
            "where={}",
            places.split('+').map(place).collect::<Result<Vec<_>, _>>()?.join("+")
        )),
        None => Ok(field.trim().to_owned()),
    };
    let rule = |rule: &str| {
        let fields: Vec<String> = rule.split(';').map(field).collect::<Result<_, CliError>>()?;
        let text = fields.join("; ");
        let read: Result<OwnRule, _> = text.parse();
        read.map_err(|error| wrong(error.to_string()))?;
        Ok(text)
    };
    let rules = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty());
    Ok(rules.map(rule).collect::<Result<Vec<_>, CliError>>()?.join(","))
}

/// Rules such as `大阪/refused=none,sign-in=none` with the ids of the sites that they name.
fn with_site_ids(rules: &str, registry: &Registry) -> Result<String, CliError> {
    let with_id = |rule: &str| {
        let (what, means) = rule.split_once('=').unwrap_or((rule, ""));
        let Some((site, kind)) = what.rsplit_once('/') else {
            return Ok(rule.to_owned());
        };
        let of_id = || registry.site(site.trim().parse().ok()?);
        let found = registry.find_site_by_name(site).or_else(of_id);
        let found = found.ok_or_else(|| {
            let sites: Vec<&str> = registry.sites.iter().map(|site| site.name.as_str()).collect();
            let text = format!("there is no site '{}'; there are: {}", site.trim(), sites.join(", "));
            CliError::Input(format!("{ALERT_RULES}: {text}"))
        })?;
        Ok(format!("{}/{kind}={means}", found.id))
    };
    let rules: Result<Vec<String>, CliError> = rules.split(',').map(with_id).collect();
    Ok(rules?.join(","))
}

fn with_site_name(rule: &str, registry: &Registry) -> String {
    let named = || {
        let (site, rest) = rule.split_once('/')?;
        let site = registry.site(site.parse().ok()?)?;
        Some(format!("{}/{rest}", site.name))
    };
    named().unwrap_or_else(|| rule.to_owned())
}

fn set(key: &SettingKey, value: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let before = value_of(profile.load_settings(), console)?.start_at_login;
    profile
        .update_settings(|settings| key.set_text(settings, value))?
        .map_err(|error| CliError::Input(format!("{}: {error}", key.name)))?;
    let settings = profile.load_settings().value;
    if key.name == "internal-networks" {
        for network in &settings.internal_networks {
            if let Some(warning) = warning(*network, profile) {
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

/// What a network means that is not wholly private. It is taken all the same.
fn warning(network: Cidr, profile: &Profile) -> Option<String> {
    let words = words_of(profile);
    let text = network.to_string();
    let kind = if network.contains(Ipv4Addr::UNSPECIFIED.into()) {
        "IPv4"
    } else {
        "IPv6"
    };
    match network.breadth() {
        Breadth::Everything => Some(fl!(words, "cli-network-everything", network = text, kind = kind)),
        Breadth::Wide => Some(fl!(words, "cli-network-wide", network = text)),
        Breadth::Public => Some(fl!(words, "cli-network-public", network = text)),
        Breadth::Private => None,
    }
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let settings = value_of(profile.load_settings(), console)?;
    if as_json {
        let entries = KEYS.iter().map(|key| {
            let mut entry =
                json!({ "name": key.name, "value": as_value(shown(key, &settings, profile)), "help": key.help });
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
        let value = shown(key, &settings, profile).to_string();
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
            ("internal-networks", "192.168.4.0/24, fd00:db8::/32"),
            ("language", "ja"),
            ("site-failed-per-minute", "6"),
            ("snapshot-folder", dir.path().to_str().unwrap()),
        ] {
            assert_eq!(
                run(&profile, &["set", name, value]),
                (Exit::Done, String::new(), String::new()),
                "{name}"
            );
        }
        assert_eq!(
            run(&profile, &["get", "internal-networks"]).1,
            "192.168.4.0/24,fd00:db8::/32\n"
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

    fn profile_in(language: settings::Language) -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        profile
            .update_settings(|settings| settings.language = language)
            .unwrap();
        (dir, profile)
    }

    #[test]
    fn the_path_of_a_webhook_goes_to_the_passwords_and_to_no_other_server() {
        let (dir, profile) = profile_in(settings::Language::En);
        let set = |address: &str| run_with(&profile, &["set", "webhook", "--stdin"], &format!("{address}\n")).0;
        let path = || {
            let path = profile.secrets().get(OWNER_OF_WEBHOOK_PATH).unwrap();
            path.map(|path| path.expose().to_owned())
        };
        assert_eq!(set("https://hooks.example.jp/T000/geheim?x=1"), Exit::Done);
        assert_eq!(run(&profile, &["get", "webhook"]).1, "https://hooks.example.jp/\n");
        assert_eq!(path().as_deref(), Some("https://hooks.example.jp/T000/geheim?x=1"));
        let file = std::fs::read_to_string(dir.path().join("settings.toml")).unwrap();
        assert!(!file.contains("geheim"), "{file}");
        assert_eq!(set("https://hooks.example.jp/"), Exit::Done);
        assert!(path().is_some(), "the same server");
        assert_eq!(set("https://elsewhere.example/"), Exit::Done);
        assert_eq!(path(), None);
        assert_eq!(set("ftp://x"), Exit::BadInput);
    }

    #[test]
    fn rules_of_ones_own_are_taken_with_names_and_refused_with_a_reason() {
        let (_dir, profile) = profile_in(settings::Language::En);
        let set = |rules: &str| run(&profile, &["set", "alert-own-rules", rules]);
        assert_eq!(
            set("name=Night; what=motion; when=daily 22:00-06:00; means=mail").0,
            Exit::Done
        );
        for (rule, why) in [
            ("least=loud", "none of info, warning, alarm"),
            ("when=mon 8-9", "no hours such as"),
            ("where=site:Nowhere", "there is no 'site:Nowhere'"),
            ("nonsense", "no field"),
        ] {
            let (exit, _, err) = set(rule);
            assert!(exit == Exit::BadInput && err.contains(why), "{rule}: {err}");
        }
        assert_eq!(profile.load_settings().value.alerts.own_rules.len(), 1);
    }

    #[test]
    fn a_network_that_is_not_private_is_taken_with_a_word_about_what_it_means() {
        for (language, everything, public) in [
            (
                settings::Language::En,
                "is every IPv4 address",
                "holds public addresses",
            ),
            (
                settings::Language::Ja,
                "IPv4 のすべてのアドレス",
                "公開アドレスを含みます",
            ),
        ] {
            let (_dir, profile) = profile_in(language);
            let networks = "10.0.0.0/8,fd00::/8,0.0.0.0/0,64.0.0.0/2,8.0.0.0/8,2001::/16";
            let (exit, out, err) = run(&profile, &["set", "internal-networks", networks]);
            assert_eq!((exit, out.as_str()), (Exit::Done, ""));
            assert_eq!(err.lines().count(), 4, "{err}");
            assert!(err.contains(everything) && err.matches(public).count() == 2, "{err}");
            assert_eq!(profile.load_settings().value.internal_networks.len(), 6);
        }
    }

    #[test]
    fn rules_of_a_site_are_typed_and_printed_with_its_name() {
        let (_dir, profile) = profile_in(settings::Language::En);
        for (id, name) in [(7, "大阪"), (8, "A")] {
            let site = device::Site::new(device::SiteId(id), name.to_owned());
            profile
                .update_registry(|registry| registry.save_site(site))
                .unwrap()
                .unwrap();
        }
        let rules = "sign-in=none,大阪/refused=none, a/no-answer=sound";
        assert_eq!(run(&profile, &["set", "alert-rules", rules]).0, Exit::Done);
        let kept = profile.load_settings().value.alerts.rules;
        assert!(kept.has_own(device::SiteId(7)) && kept.has_own(device::SiteId(8)));
        let (_, out, _) = run(&profile, &["get", "alert-rules"]);
        assert!(
            out.contains("大阪/refused=none") && out.contains("A/no-answer=sound"),
            "{out}"
        );
        assert_eq!(run(&profile, &["set", "alert-rules", out.trim()]).0, Exit::Done);
        assert_eq!(profile.load_settings().value.alerts.rules, kept);
        let (exit, _, err) = run(&profile, &["set", "alert-rules", "B/refused=none"]);
        assert!(
            exit == Exit::BadInput && err.contains("'B'") && err.contains("大阪"),
            "{err}"
        );
        assert_eq!(profile.load_settings().value.alerts.rules, kept);
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
        assert!(crate::store::password_fits(&Password::new("hunter2"), &kept));
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
