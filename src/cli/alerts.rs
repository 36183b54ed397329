//! `monomi alerts`: whether somebody elsewhere is reached, which rules call whom, and the secrets that messengers need.

use std::io;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console, read_password, table, value_of};
use super::own_engine::OwnEngine;
use super::words::words_of;
use super::{Access, Exit};
use crate::bridge::{Command, MessengerFault, MessengerShown, Trying};
use crate::engine::LetterWriter;
use crate::i18n::Words;
use crate::store::{OWNER_OF_WEBHOOK_PATH, Profile, owner_of_secret};
use device::{DeviceId, Password, Registry};
use events::{Kind, Messenger, OwnRule, Subject};

/// Try who is told of events elsewhere, list the rules, keep the secrets
#[derive(Args, Clone, Debug)]
pub struct AlertsArgs {
    #[command(subcommand)]
    action: AlertsAction,
}

#[derive(Subcommand, Clone, Debug)]
enum AlertsAction {
    /// Send a test and say what came of it; ends with 1 where it did not arrive
    Test {
        /// By which of them; else by all that have a server
        #[arg(value_enum)]
        messenger: Vec<MessengerWord>,
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Print which events call by which means
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Keep a secret, read from standard input (one line); an empty one removes it
    Secret {
        #[arg(value_enum)]
        of: SecretWord,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum MessengerWord {
    Mail,
    Webhook,
    Syslog,
}

impl MessengerWord {
    fn messenger(self) -> Messenger {
        match self {
            Self::Mail => Messenger::Mail,
            Self::Webhook => Messenger::Webhook,
            Self::Syslog => Messenger::Syslog,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum SecretWord {
    /// The password of the mail server
    Mail,
    /// The key that signs requests
    WebhookKey,
    /// What the web server is asked for: path and query of the address
    WebhookPath,
}

/// How a fault is said in words, which is the screen's business.
#[derive(Clone)]
pub struct AlertWords {
    pub writer: LetterWriter,
    pub fault: fn(&Words, &str, &MessengerFault) -> String,
    pub messenger: fn(&Words, Messenger) -> String,
}

/// How long a turn and the conversation may take.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs one of the commands.
#[must_use]
pub fn run(
    args: &AlertsArgs,
    says: impl FnOnce() -> AlertWords,
    profile: impl FnOnce(Access) -> Result<Profile, String>,
) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let access = match args.action {
        AlertsAction::List { .. } => Access::Read,
        AlertsAction::Test { .. } | AlertsAction::Secret { .. } => Access::Change,
    };
    let mut arrived = true;
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| match &args.action {
            AlertsAction::Test { messenger, json } => {
                let wanted: Vec<Messenger> = messenger.iter().map(|word| word.messenger()).collect();
                arrived = test(&wanted, *json, &says(), &profile, &mut console)?;
                Ok(())
            }
            AlertsAction::List { json } => list(*json, &profile, &mut console),
            AlertsAction::Secret { of } => secret(*of, &profile, &mut console),
        });
    match console.end(done) {
        Exit::Done if !arrived => Exit::Failed,
        exit => exit,
    }
}

/// Whether all of them arrived.
fn test(
    wanted: &[Messenger],
    as_json: bool,
    says: &AlertWords,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<bool, CliError> {
    let settings = value_of(profile.load_settings(), console)?;
    let words = words_of(profile);
    let of = &settings.messengers;
    let has_server = |messenger: &Messenger| match messenger {
        Messenger::Mail => of.sends_mail(),
        Messenger::Webhook => of.webhook.is_some(),
        Messenger::Syslog => of.syslog_server.is_some(),
    };
    if let Some(without) = wanted.iter().find(|messenger| !has_server(messenger)) {
        let name = (says.messenger)(&words, *without);
        return Err(CliError::Input(fl!(words, "cli-alerts-no-server", messenger = name)));
    }
    let all = || Messenger::ALL.iter().copied().filter(has_server).collect();
    let tried: Vec<Messenger> = if wanted.is_empty() { all() } else { wanted.to_vec() };
    if tried.is_empty() {
        return Err(CliError::Input(fl!(words, "cli-alerts-nobody")));
    }
    let engine = OwnEngine::start_with_letters(profile, says.writer.clone())?;
    let screen = engine.handle().clone();
    let found = engine.block_on(async {
        let over = async {
            let mut sent = false;
            loop {
                let shown = |of: &Messenger| screen.state().messengers.get(of).cloned();
                let known: Vec<MessengerShown> = tried.iter().filter_map(shown).collect();
                if !sent && known.len() == tried.len() {
                    sent = true;
                    for messenger in &tried {
                        screen.send(Command::TryMessenger(*messenger));
                    }
                }
                let is_over = |shown: &MessengerShown| matches!(shown.trial, Trying::Done | Trying::Failed(_));
                if sent && known.len() == tried.len() && known.iter().all(is_over) {
                    return known;
                }
                engine.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await
    });
    drop(engine);
    let found = found.map_err(|_elapsed| CliError::Failed(fl!(words, "cli-onvif-no-turn")))?;
    let result = |shown: &MessengerShown| match &shown.trial {
        Trying::Failed(fault) => Some((says.fault)(&words, &shown.server, fault)),
        _ => None,
    };
    let results: Vec<_> = tried
        .iter()
        .zip(&found)
        .map(|(of, shown)| (*of, shown, result(shown)))
        .collect();
    if as_json {
        let one = |(of, shown, fault): &(Messenger, &MessengerShown, Option<String>)| json!({ "messenger": of.as_str(), "server": shown.server, "arrived": fault.is_none(), "reason": fault });
        let all: Vec<Value> = results.iter().map(one).collect();
        console.print(&format!("{:#}\n", Value::Array(all)))?;
    } else {
        for (of, shown, fault) in &results {
            let name = (says.messenger)(&words, *of);
            let said = match fault {
                None => fl!(words, "messenger-trial-done", server = shown.server.as_str()),
                Some(reason) => reason.clone(),
            };
            console.print(&format!("{name}: {said}\n"))?;
        }
    }
    Ok(results.iter().all(|(_, _, fault)| fault.is_none()))
}

fn secret(of: SecretWord, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let mut secret = read_password(console, "standard input")?;
    let owner = match of {
        SecretWord::Mail => owner_of_secret(Messenger::Mail),
        SecretWord::WebhookKey => owner_of_secret(Messenger::Webhook),
        SecretWord::WebhookPath => OWNER_OF_WEBHOOK_PATH,
    };
    if of == SecretWord::WebhookPath && !secret.is_empty() {
        let address = value_of(profile.load_settings(), console)?.messengers.webhook;
        let address = address.ok_or_else(|| CliError::Input(fl!(words_of(profile), "cli-alerts-no-webhook")))?;
        let whole = address.with_secret(secret.expose());
        let whole = whole.ok_or_else(|| CliError::Input(fl!(words_of(profile), "cli-alerts-no-path")))?;
        secret = Password::new(whole.to_string());
    }
    let stored = match secret.is_empty() {
        true => profile.secrets().clear(owner).map(drop),
        false => profile.secrets().set(owner, &secret),
    };
    stored.map_err(|error| CliError::Failed(error.to_string()))
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let settings = value_of(profile.load_settings(), console)?;
    let registry = value_of(profile.load_registry(), console)?;
    let alerts = &settings.alerts;
    let own = alerts.own_rules.iter();
    if as_json {
        let rules: Vec<Value> = own.map(|rule| rule_json(rule, &registry)).collect();
        let table: Vec<Value> = Kind::ALL
            .iter()
            .map(|kind| json!({ "kind": kind.as_str(), "means": alerts.means_of(None, *kind).words() }))
            .collect();
        let sites: Vec<String> = alerts.rules.texts();
        let value = json!({ "own_rules": rules, "kinds": table, "rules": sites });
        return console.print(&format!("{value:#}\n"));
    }
    let words = words_of(profile);
    let state = |rule: &OwnRule| match (rule.not_understood().is_some(), rule.enabled) {
        (true, _) => fl!(words, "cli-alerts-not-understood"),
        (false, true) => String::new(),
        (false, false) => fl!(words, "cli-alerts-off"),
    };
    let mut rows: Vec<Vec<String>> = own
        .enumerate()
        .map(|(at, rule)| vec![format!("{}", at + 1), named(&rule.to_string(), &registry), state(rule)])
        .collect();
    let kinds = Kind::ALL.iter().map(|kind| {
        let means = alerts.means_of(None, *kind).words();
        let means = if means.is_empty() {
            "none".to_owned()
        } else {
            means.join("+")
        };
        vec!["-".to_owned(), format!("{}={means}", kind.as_str()), String::new()]
    });
    rows.extend(kinds);
    console.print(&table(&rows))
}

fn rule_json(rule: &OwnRule, registry: &Registry) -> Value {
    let place = |place: &Subject| match place {
        Subject::Site(id) => registry.site(*id).map(|site| format!("site:{}", site.name)),
        Subject::Device(id) => device_name(registry, *id).map(|name| format!("device:{name}")),
        _ => None,
    };
    json!({
        "name": rule.name,
        "on": rule.enabled,
        "understood": rule.not_understood().is_none(),
        "what": rule.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(),
        "least": rule.least.as_str(),
        "where": rule.places.iter().map(|of| place(of).unwrap_or_else(|| of.to_string())).collect::<Vec<_>>(),
        "when": rule.when.to_string(),
        "after": rule.after,
        "means": rule.means.words(),
        "border": rule.border,
        "text": rule.to_string(),
    })
}

fn device_name(registry: &Registry, id: DeviceId) -> Option<String> {
    registry.device(id).map(|device| device.name.clone())
}

/// The rule with the names of its places.
fn named(rule: &str, registry: &Registry) -> String {
    let place = |word: &str| {
        let known = match word.parse() {
            Ok(Subject::Site(id)) => registry.site(id).map(|site| format!("site:{}", site.name)),
            Ok(Subject::Device(id)) => device_name(registry, id).map(|name| format!("device:{name}")),
            _ => None,
        };
        known.unwrap_or_else(|| word.to_owned())
    };
    let field = |field: &str| match field.strip_prefix("where=") {
        Some(places) => format!("where={}", places.split('+').map(place).collect::<Vec<_>>().join("+")),
        None => field.to_owned(),
    };
    rule.split("; ").map(field).collect::<Vec<_>>().join("; ")
}
