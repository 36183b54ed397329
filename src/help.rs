//! `--help` in the language of the person. In English it is what the doc comments of the arguments say; the texts of the other
//! languages stand in the Fluent files.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use i18n_embed_fl::fl;
use monomi::app;
use monomi::i18n::{Language, Words};
use monomi::store::Profile;

/// The help that these arguments ask for, in a language other than English; `None`: clap prints it.
pub fn in_other_language(root: Command, arguments: &[OsString]) -> Option<String> {
    let arguments: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let language = language_of(&arguments);
    (language != Language::En).then(|| render(root, &arguments, &Words::new(language)))
}

/// What is wrong with these arguments, in a language other than English; `None`: clap says it.
pub fn fault_in_other_language(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let arguments: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let language = language_of(&arguments);
    (language != Language::En).then(|| fault(error, &Words::new(language)))
}

fn fault(error: &clap::Error, words: &Words) -> String {
    let about = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" "),
        _ => String::new(),
    };
    let (name, value) = (about(ContextKind::InvalidArg), about(ContextKind::InvalidValue));
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => fl!(words, "usage-unknown", name = name),
        ErrorKind::InvalidSubcommand => {
            let command = about(ContextKind::InvalidSubcommand);
            fl!(words, "usage-no-command", name = command)
        }
        ErrorKind::MissingRequiredArgument => fl!(words, "usage-missing", name = name),
        ErrorKind::InvalidValue if value.is_empty() => fl!(words, "usage-missing", name = name),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            fl!(words, "usage-value", name = name, value = value)
        }
        ErrorKind::ArgumentConflict => {
            let other = about(ContextKind::PriorArg);
            fl!(words, "usage-conflict", name = name, other = other)
        }
        _ => fl!(words, "usage-other"),
    };
    for (kind, label) in [
        (ContextKind::ValidValue, fl!(words, "usage-values")),
        (ContextKind::SuggestedArg, fl!(words, "usage-meant")),
        (ContextKind::SuggestedSubcommand, fl!(words, "usage-meant")),
        (ContextKind::SuggestedValue, fl!(words, "usage-meant")),
    ] {
        let said = about(kind);
        if !said.is_empty() {
            text += &format!("\n{label}: {said}");
        }
    }
    format!("monomi: {text}\n{}\n", fl!(words, "usage-help"))
}

/// The language that the window would have with these arguments.
fn language_of(arguments: &[&str]) -> Language {
    let asked = value_of("--lang", arguments).and_then(Language::from_tag);
    asked.unwrap_or_else(|| {
        let folder = value_of("--profile", arguments).map(PathBuf::from);
        let settings = Profile::open_to_read(folder).map(|profile| profile.look_at_settings().1.value);
        app::language_of(settings.unwrap_or_default().language)
    })
}

fn value_of<'a>(option: &str, arguments: &[&'a str]) -> Option<&'a str> {
    let at = |index: usize| arguments.get(index).copied();
    (0..arguments.len()).find_map(|index| match at(index)?.strip_prefix(option)? {
        "" => at(index + 1),
        joined => joined.strip_prefix('='),
    })
}

fn render(root: Command, arguments: &[&str], words: &Words) -> String {
    let global: Vec<Arg> = root
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .cloned()
        .collect();
    let mut path = Vec::new();
    let mut command = root;
    for argument in arguments {
        // Values of options are no names of commands, unless somebody calls a profile so.
        if let Some(below) = command.find_subcommand(argument) {
            path.push((*argument).to_owned());
            command = below.clone().args(&global);
        }
    }
    in_words(command, &path.join(" "), words).render_long_help().to_string()
}

/// The command with its texts in the language of `words`.
fn in_words(command: Command, path: &str, words: &Words) -> Command {
    let name = if path.is_empty() {
        "monomi".to_owned()
    } else {
        format!("monomi {path}")
    };
    let has_commands = command.has_subcommands();
    let mut command = command.bin_name(name);
    // Of a copy, because asking for it adds what is disabled below.
    let usage = command.clone().render_usage().to_string();
    let usage = usage
        .trim_start_matches("Usage: ")
        .replace("[OPTIONS]", &format!("[{}]", fl!(words, "help-word-options")))
        .replace("COMMAND", &fl!(words, "help-word-commands"));
    let below: Vec<String> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    for name in below {
        let whole = format!("{path} {name}");
        if let Some(text) = of_command(words, whole.trim()) {
            // A list of commands has room for the first sentence.
            let first = text.lines().next().unwrap_or_default().to_owned();
            command = command.mut_subcommand(name, |below| below.about(first));
        }
    }
    if has_commands {
        let help = Command::new("help").about(fl!(words, "help-of-help-command"));
        command = command.disable_help_subcommand(true).subcommand(help);
    }
    // Headings live as long as the program, which ends after the help.
    let arguments: &'static str = fl!(words, "help-word-arguments").leak();
    let options: &'static str = fl!(words, "help-word-options").leak();
    let commands: &'static str = fl!(words, "help-word-commands").leak();
    let mut command = command
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::HelpLong))
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::SetTrue),
        )
        .mut_args(|arg| {
            let text = of_argument(words, path, arg.get_id().as_str());
            let heading = if arg.is_positional() { arguments } else { options };
            let arg = match text {
                Some(text) => arg.help(text.clone()).long_help(text),
                None => arg,
            };
            let arg = arg.help_heading(heading);
            match arg.get_action().takes_values() {
                // They stand in the text.
                true => arg.hide_possible_values(true).hide_default_value(true),
                false => arg,
            }
        })
        .subcommand_help_heading(commands)
        .override_usage(usage)
        .help_template(format!(
            "{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}",
            fl!(words, "help-word-usage")
        ));
    if let Some(text) = of_command(words, path) {
        command = command.about(text.clone()).long_about(text);
    }
    command
}

/// What a command does, by its path.
fn of_command(words: &Words, path: &str) -> Option<String> {
    Some(match path {
        "" => fl!(words, "help-monomi"),
        "device" => fl!(words, "help-device"),
        "device add" => fl!(words, "help-device-add"),
        "device edit" => fl!(words, "help-device-edit"),
        "device export" => fl!(words, "help-device-export"),
        "device import" => fl!(words, "help-device-import"),
        "device list" => fl!(words, "help-device-list"),
        "device remove" => fl!(words, "help-device-remove"),
        "device trust" => fl!(words, "help-device-trust"),
        "device enable" => fl!(words, "help-device-enable"),
        "device disable" => fl!(words, "help-device-disable"),
        "device brands" => fl!(words, "help-device-brands"),
        "site" => fl!(words, "help-site"),
        "site list" => fl!(words, "help-site-list"),
        "site edit" => fl!(words, "help-site-edit"),
        "site maintenance" => fl!(words, "help-site-maintenance"),
        "find" => fl!(words, "help-find"),
        "alerts" => fl!(words, "help-alerts"),
        "alerts test" => fl!(words, "help-alerts-test"),
        "alerts list" => fl!(words, "help-alerts-list"),
        "alerts secret" => fl!(words, "help-alerts-secret"),
        "diagnose" => fl!(words, "help-diagnose"),
        "ptz" => fl!(words, "help-ptz"),
        "settings" => fl!(words, "help-settings"),
        "settings set" => fl!(words, "help-settings-set"),
        "settings get" => fl!(words, "help-settings-get"),
        "settings list" => fl!(words, "help-settings-list"),
        "backup" => fl!(words, "help-backup"),
        "backup list" => fl!(words, "help-backup-list"),
        "backup restore" => fl!(words, "help-backup-restore"),
        "profile" => fl!(words, "help-move"),
        "profile export" => fl!(words, "help-export"),
        "profile import" => fl!(words, "help-import"),
        "report" => fl!(words, "help-report"),
        "status" => fl!(words, "help-status"),
        "events" => fl!(words, "help-events"),
        "export" => fl!(words, "help-record-export"),
        "verify" => fl!(words, "help-verify"),
        "watch" => fl!(words, "help-watch"),
        "demo-dvr" => fl!(words, "help-demo-dvr"),
        _ => return None,
    })
}

/// What an argument of the command at `path` means, by its name in the program.
fn of_argument(words: &Words, path: &str, argument: &str) -> Option<String> {
    Some(match (path, argument) {
        (_, "help") => fl!(words, "help-of-help"),
        (_, "version") => fl!(words, "help-of-version"),
        (_, "profile") => fl!(words, "help-profile"),
        ("", "lang") => fl!(words, "help-lang"),
        ("", "demo") => fl!(words, "help-demo"),
        ("", "view") => fl!(words, "help-view"),
        ("", "monitor") => fl!(words, "help-monitor"),
        ("", "fullscreen") => fl!(words, "help-fullscreen"),
        ("", "kiosk") => fl!(words, "help-kiosk"),
        ("", "renderer") => fl!(words, "help-renderer"),
        ("device add", "site") => fl!(words, "help-add-site"),
        ("device add", "name") => fl!(words, "help-add-name"),
        ("device add", "host") => fl!(words, "help-add-host"),
        ("device add", "endpoint") => fl!(words, "help-add-endpoint"),
        ("device add", "port") => fl!(words, "help-add-port"),
        ("device add", "brand") => fl!(words, "help-add-brand"),
        ("device add", "main_path") => fl!(
            words,
            "help-add-main-path",
            example = "/ch{ch}/main",
            more = "{ch0}, {ch:02}, {ch*100+s}, {s}, {s0}, {user}, {pass}, {pass:raw}"
        ),
        ("device add", "sub_path") => fl!(words, "help-add-sub-path"),
        ("device add", "channels") => fl!(words, "help-add-channels"),
        ("device add", "user") => fl!(words, "help-add-user"),
        ("device add", "password_stdin") => fl!(words, "help-add-password-stdin"),
        ("device add", "rtsps") => fl!(words, "help-add-rtsps"),
        ("device add", "transport") => fl!(words, "help-add-transport"),
        ("device add", "events") => fl!(words, "help-add-events"),
        ("device add", "disabled") => fl!(words, "help-add-disabled"),
        ("device add", "url") => fl!(words, "help-add-url"),
        ("device add", "onvif") => fl!(words, "help-add-onvif"),
        ("device edit", "devices") => fl!(words, "help-edit-devices"),
        ("device edit", "site") => fl!(words, "help-edit-site"),
        ("device edit", "brand") => fl!(words, "help-edit-brand"),
        ("device edit", "all") => fl!(words, "help-edit-all"),
        ("device edit", "dry_run") => fl!(words, "help-edit-dry-run"),
        ("device edit", "new_site") => fl!(words, "help-edit-new-site"),
        ("device edit", "new_name") => fl!(words, "help-edit-new-name"),
        ("device edit", "new_brand") => fl!(words, "help-edit-new-brand"),
        ("device edit", "main_path") => fl!(words, "help-edit-main-path"),
        ("device edit", "sub_path") => fl!(words, "help-edit-sub-path"),
        ("device edit", "host") => fl!(words, "help-edit-host"),
        ("device edit", "endpoint") => fl!(words, "help-edit-endpoint"),
        ("device edit", "port") => fl!(words, "help-edit-port"),
        ("device edit", "carrier") => fl!(words, "help-edit-carrier"),
        ("device edit", "transport") => fl!(words, "help-edit-transport"),
        ("device edit", "user") => fl!(words, "help-edit-user"),
        ("device edit", "password_stdin") => fl!(words, "help-edit-password-stdin"),
        ("device edit", "no_password") => fl!(words, "help-edit-no-password"),
        ("device edit", "channels") => fl!(words, "help-edit-channels"),
        ("device edit", "enable") => fl!(words, "help-edit-enable"),
        ("device edit", "disable") => fl!(words, "help-edit-disable"),
        ("device export", "csv") => fl!(words, "help-export-csv"),
        ("device import", "csv") => fl!(words, "help-import-csv"),
        ("device import", "site") => fl!(words, "help-import-csv-site"),
        ("device import", "dry_run") => fl!(words, "help-edit-dry-run"),
        ("device import", "skip_bad") => fl!(words, "help-import-csv-skip-bad"),
        ("device import", "json") => fl!(words, "help-import-csv-json"),
        ("device remove" | "device trust" | "device enable" | "device disable", "device") => fl!(words, "help-name"),
        ("site list", "json") => fl!(words, "help-json"),
        ("site edit" | "site maintenance", "site") => fl!(words, "help-site-name"),
        ("site edit", "note") => fl!(words, "help-site-note"),
        ("site edit", "contact") => fl!(words, "help-site-contact"),
        ("site edit", "page") => fl!(words, "help-site-page"),
        ("site edit", "feed") => fl!(words, "help-site-feed"),
        ("site maintenance", "from") => fl!(words, "help-site-from"),
        ("site maintenance", "to") => fl!(words, "help-site-to"),
        ("site maintenance", "span") => fl!(words, "help-site-for"),
        ("site maintenance", "weekly") => fl!(words, "help-site-weekly"),
        ("site maintenance", "end") => fl!(words, "help-site-end"),
        ("site maintenance", "remove") => fl!(words, "help-site-remove"),
        ("ptz", "device") => fl!(words, "help-ptz-device"),
        ("ptz", "channel") => fl!(words, "help-ptz-channel"),
        ("ptz", "list") => fl!(words, "help-ptz-list"),
        ("ptz", "way") => fl!(words, "help-ptz-move"),
        ("ptz", "seconds") => fl!(words, "help-ptz-for"),
        ("ptz", "stop") => fl!(words, "help-ptz-stop"),
        ("ptz", "preset") => fl!(words, "help-ptz-preset"),
        ("ptz", "sure") => fl!(words, "help-ptz-sure"),
        ("ptz", "tour") => fl!(words, "help-ptz-tour"),
        ("ptz", "end") => fl!(words, "help-ptz-end"),
        ("ptz", "json") => fl!(words, "help-ptz-json"),
        ("find", "range") => fl!(words, "help-find-range"),
        ("alerts test", "messenger") => fl!(words, "help-alerts-messenger"),
        ("alerts test" | "alerts list", "json") => fl!(words, "help-json"),
        ("alerts secret", "of") => fl!(words, "help-alerts-of"),
        ("diagnose", "device") => fl!(words, "help-diagnose-device"),
        ("diagnose", "json") => fl!(words, "help-diagnose-json"),
        ("find", "knock") => fl!(words, "help-find-knock"),
        ("device list" | "device brands" | "find" | "settings list" | "backup list", "json") => fl!(words, "help-json"),
        ("settings set" | "settings get", "name") => fl!(words, "help-setting-name"),
        ("settings set", "value") => fl!(words, "help-set-value"),
        ("settings set", "stdin") => fl!(words, "help-set-stdin"),
        ("backup restore", "id") => fl!(words, "help-copy"),
        ("profile export" | "profile import", "file") => fl!(words, "help-file"),
        ("profile export" | "profile import", "passphrase_stdin") => fl!(words, "help-passphrase-stdin"),
        ("profile import", "yes") => fl!(words, "help-import-yes"),
        ("profile import", "settings") => fl!(words, "help-import-settings"),
        ("report", "output") => fl!(words, "help-report-output"),
        ("report", "pseudonyms") => fl!(words, "help-report-pseudonyms"),
        ("status", "json") => fl!(words, "help-status-json"),
        ("status", "program") => fl!(words, "help-status-program"),
        ("status", "html") => fl!(words, "help-status-html"),
        ("events", "json") => fl!(words, "help-events-json"),
        ("events", "since") => fl!(words, "help-events-since"),
        ("events", "category") => fl!(words, "help-events-category"),
        ("events", "site") => fl!(words, "help-events-site"),
        ("events", "text") => fl!(words, "help-events-text"),
        ("events", "alerts") => fl!(words, "help-events-alerts"),
        ("events", "most") => fl!(words, "help-events-most"),
        ("events", "follow") => fl!(words, "help-events-follow"),
        ("export", "channel") => fl!(words, "help-record-export-channel"),
        ("export", "from") => fl!(words, "help-record-export-from"),
        ("export", "to") => fl!(words, "help-record-export-to"),
        ("export", "output") => fl!(words, "help-record-export-output"),
        ("export" | "verify", "json") => fl!(words, "help-record-export-json"),
        ("verify", "file") => fl!(words, "help-verify-file"),
        ("verify", "key") => fl!(words, "help-verify-key"),
        ("watch", "json") => fl!(words, "help-watch-json"),
        ("watch", "duration") => fl!(words, "help-watch-duration"),
        ("watch", "stream") => fl!(words, "help-watch-stream"),
        ("watch", "demo") => fl!(words, "help-watch-demo"),
        ("demo-dvr", "listen") => fl!(words, "help-demo-dvr-listen"),
        ("demo-dvr", "channels") => fl!(words, "help-demo-dvr-channels"),
        ("demo-dvr", "user") => fl!(words, "help-demo-dvr-user"),
        ("demo-dvr", "password") => fl!(words, "help-demo-dvr-password"),
        _ => return None,
    })
}
