//! `monomi backup`: the dated copies of the registry and the views, listed and restored.

use std::io;

use clap::{Args, Subcommand};
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::access::Access;
use super::console::{CliError, Console, table};
use super::exit::Exit;
use super::words::{refusal_in_words, words_of};
use crate::store::{DatedCopy, NameChanges, PartFault, Profile, RestoreError};

/// List and restore dated copies of devices and views: one after each of the last 10 changes, one a day for 30 days
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    #[command(subcommand)]
    action: BackupAction,
}

#[derive(Subcommand, Clone, Debug)]
enum BackupAction {
    /// Print every copy, the newest first, with what a restore would change (+ back, - gone, ~ changed)
    List {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Make devices and views those of a copy; what is there now is a copy afterwards. A running Monomi takes them over
    Restore {
        /// The name of the copy, as `monomi backup list` prints it
        id: String,
    },
}

/// Runs one of the backup commands.
#[must_use]
pub fn run(args: &BackupArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let access = match args.action {
        BackupAction::List { .. } => Access::Read,
        BackupAction::Restore { .. } => Access::Change,
    };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| match &args.action {
            BackupAction::List { json } => list(*json, &profile, &mut console),
            BackupAction::Restore { id } => restore(id, &profile, &mut console),
        });
    console.end(done)
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let copies = profile.copies();
    if as_json {
        let copies: Vec<Value> = copies.iter().map(as_value).collect();
        return console.print(&format!("{:#}\n", Value::Array(copies)));
    }
    let words = words_of(profile);
    let mut rows = vec![vec![
        fl!(words, "cli-head-copy"),
        fl!(words, "cli-head-when"),
        fl!(words, "cli-head-devices"),
        fl!(words, "cli-head-views"),
        fl!(words, "cli-head-changes"),
    ]];
    for copy in &copies {
        rows.push(vec![
            copy.id.clone(),
            copy.when(),
            copy.devices.to_string(),
            copy.views.to_string(),
            changes(copy),
        ]);
    }
    console.print(&table(&rows))
}

fn changes(copy: &DatedCopy) -> String {
    let signed = |sign: &str, names: &[String]| names.iter().map(|name| format!("{sign}{name}")).collect::<Vec<_>>();
    let of = |changes: &NameChanges| {
        [
            signed("+", &changes.back),
            signed("-", &changes.gone),
            signed("~", &changes.changed),
        ]
        .concat()
    };
    let mut parts = [of(&copy.difference.devices), of(&copy.difference.views)].concat();
    if copy.difference.rest {
        parts.push("~".to_owned());
    }
    if copy.is_damaged {
        parts.push("(damaged)".to_owned());
    }
    if parts.is_empty() {
        "=".to_owned()
    } else {
        parts.join(" ")
    }
}

fn as_value(copy: &DatedCopy) -> Value {
    let names =
        |changes: &NameChanges| json!({ "back": changes.back, "gone": changes.gone, "changed": changes.changed });
    json!({
        "id": copy.id,
        "when": copy.when(),
        "sites": copy.sites,
        "devices": copy.devices,
        "views": copy.views,
        "changes": {
            "devices": names(&copy.difference.devices),
            "views": names(&copy.difference.views),
            "rest": copy.difference.rest,
        },
        "current": copy.difference.is_none(),
        "damaged": copy.is_damaged,
    })
}

fn restore(id: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    match profile.restore_copy(id) {
        Ok(restored) => {
            let devices = restored.registry.devices.len();
            let views = restored.views.list().len();
            console.print(&format!("restored '{id}': {devices} devices, {views} views\n"))?;
            if !restored.without.is_empty() {
                let words = words_of(profile);
                console.complain(&fl!(words, "restore-without", names = words.list(&restored.without)));
            }
            Ok(())
        }
        Err(error @ RestoreError::NoSuchCopy(_)) => Err(CliError::Input(error.to_string())),
        Err(RestoreError::Unreadable { file, fault }) => {
            let words = words_of(profile);
            let reason = match &fault {
                PartFault::Missing => fl!(words, "file-fault-gone"),
                PartFault::Cut | PartFault::Damaged(_) => fl!(words, "copy-damaged"),
                PartFault::Refused(refusal) => refusal_in_words(&words, refusal),
            };
            let said = fl!(words, "profile-unreadable", file = file, reason = reason);
            Err(CliError::Failed(format!("{id}: {said}")))
        }
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::Site;

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        (dir, profile)
    }

    fn console<T>(act: impl FnOnce(&mut Console<'_>) -> T) -> (T, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let result = act(&mut Console {
            input: &mut io::empty(),
            out: &mut out,
            complaints: &mut err,
        });
        (result, String::from_utf8(out).unwrap())
    }

    fn add_site(profile: &Profile, id: u64, name: &str) {
        let site = Site::new(device::SiteId(id), name.to_owned());
        profile
            .update_registry(|registry| registry.save_site(site))
            .unwrap()
            .unwrap();
    }

    #[test]
    fn copies_are_listed_and_restored_also_beside_open_windows() {
        let (_dir, profile) = profile();
        add_site(&profile, 1, "Tokyo");
        add_site(&profile, 2, "大阪");
        let (_, text) = console(|console| list(true, &profile, console));
        let copies: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (copies[0]["current"].clone(), copies[1]["sites"].clone()),
            (json!(true), json!(1))
        );
        let id = copies[1]["id"].as_str().unwrap().to_owned();
        let _window = profile.lock().unwrap();
        let (done, said) = console(|console| restore(&id, &profile, console));
        assert!(done.is_ok() && said.contains(&id), "{said}");
        assert_eq!(profile.load_registry().value.sites.len(), 1);
        let (unknown, _) = console(|console| restore("x", &profile, console));
        assert!(matches!(unknown, Err(CliError::Input(_))));
        let (_, text) = console(|console| list(false, &profile, console));
        assert!(text.lines().count() >= 3, "{text}");
    }
}
