//! `monomi device`: adds, edits, lists and removes devices, also beside a running engine, which takes the change over at once.

use std::io;

use clap::{Args, Subcommand};
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::access::Access;
use super::console::{CliError, Console, table, value_of};
use super::device_add::AddArgs;
use super::device_csv::{self, ExportArgs, ImportArgs};
use super::device_edit::{self, EditArgs};
use super::exit::Exit;
use super::words::{complaints, of_system, words_of};
use crate::store::{Forgotten, Profile, SaveError, TrustBook};
use device::{
    Carrier, Certificate, CertificateOwner, ChannelPaths, Device, Paths, Registry, RegistryError, SelectError,
    StreamKind, Template,
};

/// Add, edit, list and remove devices; a running Monomi takes the change over at once
#[derive(Args, Clone, Debug)]
pub struct DeviceArgs {
    #[command(subcommand)]
    action: DeviceAction,
}

#[derive(Subcommand, Clone, Debug)]
enum DeviceAction {
    /// Register a recorder or camera
    Add(Box<AddArgs>),
    /// Change fields of one or many devices at once
    Edit(Box<EditArgs>),
    /// Write every device to a table for spreadsheets, without passwords
    Export(ExportArgs),
    /// Add and change devices as a table says, all in one step
    Import(Box<ImportArgs>),
    /// Print every device, without passwords
    List {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Forget a device and its password
    Remove(Named),
    /// Forget the certificate that an RTSPS device showed until now; the one it shows next is remembered
    Trust(Named),
    /// Connect to a device again
    Enable(Named),
    /// Keep a device, but do not connect to it
    Disable(Named),
    /// Print the brands that --brand takes
    Brands {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Clone, Debug)]
struct Named {
    /// The device: its name, or SITE/NAME where several sites have one of that name
    #[arg(value_name = "NAME")]
    device: String,
}

/// Runs one of the device commands.
#[must_use]
pub fn run(args: &DeviceArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let access = match args.action {
        DeviceAction::List { .. } | DeviceAction::Brands { .. } | DeviceAction::Export(_) => Access::Read,
        _ => Access::Change,
    };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| act(&args.action, &profile, &mut console));
    console.end(done)
}

fn act(action: &DeviceAction, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    if !matches!(action, DeviceAction::Brands { .. }) {
        for complaint in complaints(profile) {
            console.complain(&complaint);
        }
    }
    match action {
        DeviceAction::Add(args) => add(args, profile, console),
        DeviceAction::Edit(args) => {
            let registry = value_of(profile.load_registry(), console)?;
            device_edit::edit(args, &registry, profile, console)
        }
        DeviceAction::Export(args) => {
            let registry = value_of(profile.load_registry(), console)?;
            device_csv::export(args, &registry, profile, console)
        }
        DeviceAction::Import(args) => {
            let registry = value_of(profile.load_registry(), console)?;
            device_csv::import(args, &registry, profile, console)
        }
        DeviceAction::List { json } => list(*json, profile, console),
        DeviceAction::Remove(named) => remove(&named.device, profile, console),
        DeviceAction::Trust(named) => trust(&named.device, profile, console),
        DeviceAction::Enable(named) => enable(&named.device, true, profile, console),
        DeviceAction::Disable(named) => enable(&named.device, false, profile, console),
        DeviceAction::Brands { json } => brands(*json, console),
    }
}

fn add(args: &AddArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let brands = crate::store::brands();
    let registry = value_of(profile.load_registry(), console)?;
    let mut draft = args.draft(&registry, &brands, console)?;
    args.ask(&mut draft, (&registry, &brands, profile), console)?;
    let edit = draft
        .parse(&registry, &brands, None)
        .map_err(|errors| args.complaint(&errors))?;
    let name = edit.device.name.clone();
    let saved = profile.save_device(edit);
    if let Some(aside) = profile.secrets().take_key_set_aside() {
        console.complain(&format!(
            "secrets.key was damaged and is kept as {aside}; passwords that were stored before have to be entered again"
        ));
    }
    match saved {
        Ok(()) => console.print(&format!("added '{name}'\n")),
        Err(SaveError::Registry(RegistryError::DuplicateName)) => Err(CliError::Input(format!(
            "--name: another device of this site has the name '{name}'"
        ))),
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = value_of(profile.load_registry(), console)?;
    let with_password = profile.secrets().devices();
    let owed = profile.secrets().owed().len();
    if owed > 0 {
        console.complain(&fl!(words_of(profile), "cli-passwords-owed", count = owed));
    }
    if as_json {
        let trust = profile.load_trust().value;
        let devices: Vec<Value> = registry
            .devices
            .iter()
            .map(|device| {
                let mut value = as_value(device, &registry, with_password.contains(&device.id));
                value["certificates"] = certificates_of(device, &trust);
                value
            })
            .collect();
        return console.print(&format!("{:#}\n", Value::Array(devices)));
    }
    let words = words_of(profile);
    let mut rows = vec![vec![
        fl!(words, "cli-head-name"),
        fl!(words, "cli-head-site"),
        fl!(words, "cli-head-host"),
        fl!(words, "cli-head-channels"),
        fl!(words, "cli-head-brand"),
        fl!(words, "cli-head-user"),
        fl!(words, "cli-head-password"),
        fl!(words, "cli-head-state"),
    ]];
    for device in &registry.devices {
        let brand = match &device.paths {
            Paths::Brand(id) => id.to_string(),
            Paths::Own { .. } => fl!(words, "cli-own-paths"),
            Paths::Listed(_) => fl!(words, "editor-listed-paths"),
        };
        rows.push(vec![
            device.name.clone(),
            site_name(device, &registry),
            roads_of(device),
            device.channels.len().to_string(),
            brand,
            device.user.clone(),
            if with_password.contains(&device.id) {
                fl!(words, "cli-password-stored")
            } else {
                fl!(words, "cli-password-none")
            },
            if device.enabled {
                fl!(words, "cli-enabled")
            } else {
                fl!(words, "cli-disabled")
            },
        ]);
    }
    console.print(&table(&rows))
}

/// Every address of a device in its order; the one that it is pinned to is marked.
fn roads_of(device: &Device) -> String {
    let own = device.host.with_port(device.port);
    let all = std::iter::once(own).chain(device.roads.others.iter().map(ToString::to_string));
    let marked = all
        .enumerate()
        .map(|(road, text)| match device.roads.pinned == Some(road) {
            true => format!("*{text}"),
            false => text,
        });
    marked.collect::<Vec<_>>().join(" > ")
}

fn as_value(device: &Device, registry: &Registry, has_password: bool) -> Value {
    let (brand, main, sub) = match &device.paths {
        Paths::Brand(id) => (Some(id.to_string()), None, None),
        Paths::Own { main, sub } => (None, Some(main.to_string()), sub.as_ref().map(Template::to_string)),
        Paths::Listed(_) => (None, None, None),
    };
    let names: Vec<&str> = device.channels.iter().map(|channel| channel.name.as_str()).collect();
    json!({
        "id": device.id.to_string(),
        "site": site_name(device, registry),
        "name": device.name,
        "host": device.host.to_string(),
        "port": device.port,
        "endpoints": device.roads.others.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "pinned": device.roads.pinned.and_then(|road| device.road_name(road)),
        "rtsps": device.carrier == Carrier::Rtsps,
        "transport": device.transport.as_str(),
        "brand": brand,
        "main_path": main,
        "sub_path": sub,
        "listed_paths": listed_paths(device),
        "onvif": device.onvif.as_ref().map(ToString::to_string),
        "events": device.events.as_str(),
        "user": device.user,
        "has_password": has_password,
        "channels": device.channels.len(),
        "channel_names": names,
        "enabled": device.enabled,
    })
}

/// The certificates that are remembered of a device, that of its streams first.
fn certificates_of(device: &Device, trust: &TrustBook) -> Value {
    let own = trust.pins.iter().filter(|(owner, _)| owner.device == device.id);
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let day = |certificate: &Certificate| {
        let (year, month, day) = certificate.last_day()?;
        Some(format!("{year:04}-{month:02}-{day:02}"))
    };
    let row = |(owner, certificate): (&CertificateOwner, &Certificate)| {
        json!({
            "address": device.road_name(usize::from(owner.road)),
            "https_port": owner.web_port,
            "fingerprint": certificate.fingerprint.to_string(),
            "valid_until": day(certificate),
            "subject": told(&certificate.subject),
            "issuer": told(&certificate.issuer),
        })
    };
    own.map(row).collect()
}

/// The paths that the device told, each with its main and its sub stream; `null` where it told none.
fn listed_paths(device: &Device) -> Value {
    match &device.paths {
        Paths::Brand(_) | Paths::Own { .. } => Value::Null,
        Paths::Listed(listed) => {
            let path = |template: &Template| template.to_string();
            let row = |paths: &ChannelPaths| {
                let (main, sub) = (path(&paths.main), paths.sub.as_ref().map(path));
                json!({ "main": main, "sub": sub, "ptz": paths.ptz.is_some() })
            };
            listed.iter().map(row).collect()
        }
    }
}

fn remove(typed: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = value_of(profile.load_registry(), console)?;
    let device = registry.select(typed)?;
    let unknown = || SelectError::Unknown(typed.to_owned());
    let removed = profile.remove_device(device.id)?.ok_or_else(unknown)?;
    let name = registry.label_of(device);
    console.print(&format!("removed '{name}'\n"))?;
    if let Forgotten::Owed(reason) = removed.password {
        tracing::debug!(reason, "a password is owed");
        console.complain(&fl!(words_of(profile), "cli-password-owed", name = name.as_ref()));
    }
    Ok(())
}

fn trust(typed: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = value_of(profile.load_registry(), console)?;
    let device = registry.select(typed)?;
    profile.trust_anew(device.id)?;
    let name = registry.label_of(device);
    console.print(&format!("the next certificate of '{name}' is trusted\n"))
}

fn enable(typed: &str, enabled: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let changed = profile.update_registry(|registry| {
        let device = registry.select(typed)?;
        let (id, name) = (device.id, registry.label_of(device).into_owned());
        let unknown = |_| SelectError::Unknown(typed.to_owned());
        registry.set_enabled(id, enabled).map(|()| name).map_err(unknown)
    })?;
    let name = changed?;
    console.print(&format!("{} '{name}'\n", if enabled { "enabled" } else { "disabled" }))
}

fn brands(as_json: bool, console: &mut Console<'_>) -> Result<(), CliError> {
    let brands = crate::store::brands();
    let path = |template: Option<&Template>| template.map(Template::to_string);
    if as_json {
        let brands = brands.all().iter().map(|brand| {
            json!({
                "id": brand.id.to_string(),
                "names": brand.names,
                "main_path": path(brand.template(StreamKind::Main)),
                "sub_path": path(brand.template(StreamKind::Sub)),
                "port": brand.port,
                "note": brand.note("en"),
            })
        });
        return console.print(&format!("{:#}\n", Value::Array(brands.collect())));
    }
    let words = of_system();
    let mut rows = vec![vec![
        fl!(words, "cli-head-brand"),
        fl!(words, "cli-head-names"),
        fl!(words, "cli-head-port"),
        fl!(words, "cli-head-main-path"),
    ]];
    for brand in brands.all() {
        let main = path(brand.main.as_ref()).unwrap_or_else(|| fl!(words, "cli-no-path"));
        rows.push(vec![brand.id.to_string(), brand.label(), brand.port.to_string(), main]);
    }
    console.print(&table(&rows))
}

impl From<SelectError> for CliError {
    fn from(error: SelectError) -> Self {
        Self::Input(error.to_string())
    }
}

fn site_name(device: &Device, registry: &Registry) -> String {
    registry
        .site(device.site)
        .map(|site| site.name.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: DeviceArgs,
    }

    struct Ran {
        exit: Exit,
        out: String,
        err: String,
    }

    struct Scratch {
        _dir: tempfile::TempDir,
        profile: Profile,
    }

    impl Scratch {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
            Self { _dir: dir, profile }
        }

        fn run(&self, args: &[&str], mut input: &[u8]) -> Ran {
            let cli = Cli::try_parse_from([&["device"], args].concat()).unwrap_or_else(|error| panic!("{error}"));
            assert!(!format!("{:?}", cli.args).contains("s3cret"));
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut console = Console {
                input: &mut input,
                out: &mut out,
                complaints: &mut err,
            };
            let done = act(&cli.args.action, &self.profile, &mut console);
            let exit = console.end(done);
            Ran {
                exit,
                out: String::from_utf8(out).unwrap(),
                err: String::from_utf8(err).unwrap(),
            }
        }

        fn json(&self) -> Value {
            serde_json::from_str(&self.run(&["list", "--json"], b"").out).unwrap()
        }
    }

    fn usage_error(args: &[&str]) -> i32 {
        Cli::try_parse_from([&["device"], args].concat())
            .err()
            .map_or(0, |error| error.exit_code())
    }

    #[test]
    fn a_device_is_added_listed_and_removed() {
        let scratch = Scratch::new();
        let added = scratch.run(
            &[
                "add",
                "--site",
                "東京",
                "--name",
                "DVR 1",
                "--host",
                "192.168.0.20",
                "--channels",
                "16",
                "--user",
                "admin",
                "--password-stdin",
            ],
            "s3cret p@ss:w/rd%#日本\n".as_bytes(),
        );
        assert_eq!((added.exit, added.err.as_str()), (Exit::Done, ""));
        let list = scratch.json();
        let device = &list[0];
        assert_eq!(device["site"], "東京");
        assert_eq!(
            (&device["name"], &device["host"]),
            (&json!("DVR 1"), &json!("192.168.0.20"))
        );
        assert_eq!((&device["port"], &device["channels"]), (&json!(554), &json!(16)));
        assert_eq!(
            (&device["brand"], &device["has_password"]),
            (&json!("hikvision"), &json!(true))
        );
        let id = device["id"].as_str().unwrap().parse().unwrap();
        let password = scratch.profile.secrets().get(id).unwrap().unwrap();
        assert_eq!(password.expose(), "s3cret p@ss:w/rd%#日本");
        for args in [&["list"][..], &["list", "--json"]] {
            assert!(!scratch.run(args, b"").out.contains("s3cret"));
        }
        assert_eq!(scratch.run(&["disable", "dvr 1"], b"").exit, Exit::Done);
        assert_eq!(scratch.json()[0]["enabled"], false);
        assert_eq!(scratch.run(&["enable", "DVR 1"], b"").exit, Exit::Done);
        assert_eq!(scratch.json()[0]["enabled"], true);
        assert_eq!(scratch.run(&["remove", "dvr 1"], b"").exit, Exit::Done);
        assert_eq!(scratch.json(), json!([]));
        assert!(scratch.profile.secrets().get(id).unwrap().is_none());
    }

    #[test]
    fn other_addresses_are_kept_in_order_and_each_mistake_names_its_option() {
        let scratch = Scratch::new();
        let add = [
            "add",
            "--name",
            "A",
            "--host",
            "10.0.0.1",
            "--port",
            "8554",
            "--endpoint",
            "VPN=10.8.0.5",
            "--endpoint",
            "a.example.jp:10554",
        ];
        assert_eq!(scratch.run(&add, b"").exit, Exit::Done);
        assert_eq!(
            scratch.json()[0]["endpoints"],
            json!(["VPN=10.8.0.5:8554", "a.example.jp:10554"])
        );
        let list = scratch.run(&["list"], b"").out;
        assert!(
            list.contains("10.0.0.1:8554 > VPN=10.8.0.5:8554 > a.example.jp:10554"),
            "{list}"
        );
        let wrong = scratch.run(&["edit", "A", "--endpoint", "10.0.0.1:8554"], b"");
        assert!(
            wrong.err.contains("--endpoint") || wrong.err.contains("other address 1"),
            "{}",
            wrong.err
        );
        assert_eq!(scratch.run(&["edit", "A", "--endpoint", "b"], b"").exit, Exit::Done);
        assert_eq!(scratch.json()[0]["endpoints"], json!(["b:8554"]));
        assert_eq!(scratch.run(&["edit", "A", "--endpoint", ""], b"").exit, Exit::Done);
        assert_eq!(scratch.json()[0]["endpoints"], json!([]));
    }

    #[test]
    fn a_url_is_taken_apart() {
        let scratch = Scratch::new();
        let url = "rtsp://user:s3cret@ss:w/rd%#日本@host:8554/ch{ch}/main";
        for _ in 0..2 {
            assert_eq!(
                scratch
                    .run(
                        &["add", "--url", url, "--sub-path", "/ch{ch}/sub", "--channels", "4"],
                        b""
                    )
                    .exit,
                Exit::Done
            );
        }
        let list = scratch.json();
        assert_eq!(
            (&list[0]["name"], &list[1]["name"]),
            (&json!("host"), &json!("host (2)"))
        );
        assert_eq!(
            (&list[0]["main_path"], &list[0]["sub_path"]),
            (&json!("/ch{ch}/main"), &json!("/ch{ch}/sub"))
        );
        assert_eq!(
            (&list[0]["user"], &list[0]["port"], &list[0]["channels"]),
            (&json!("user"), &json!(8554), &json!(4))
        );
        let id = list[0]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            scratch.profile.secrets().get(id).unwrap().unwrap().expose(),
            "s3cret@ss:w/rd%#日本"
        );
    }

    #[test]
    fn mistakes_name_their_option_and_change_nothing() {
        let scratch = Scratch::new();
        scratch.run(&["add", "--name", "A", "--host", "a"], b"");
        let long = "x".repeat(10_000);
        for (args, complaint) in [
            (
                &["add", "--name", "a", "--host", "b"][..],
                "--name: another device of this site has this name",
            ),
            (
                &["add", "--name", "B", "--host", "192.168.0.256"],
                "--host: this looks like an IPv4 address",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--port", "0"],
                "--port: must be 1 to 65535",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--port", "rtsp"],
                "--port: is not a number",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--channels", "257"],
                "--channels: must be 1 to 256",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--brand", "nobody"],
                "--brand: this brand is not known",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--brand", "pinetron"],
                "--brand: no RTSP path of this brand",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--main-path", "/{channel}"],
                "--main-path: '{channel}' is not known",
            ),
            (
                &["add", "--name", "B", "--host", "b", "--sub-path", "/x"],
                "--main-path: the path is empty",
            ),
            (
                &["add", "--name", &long, "--host", "b"],
                "--name: longer than 200 characters",
            ),
            (&["add", "--name", "", "--host", "b"], "--name: nothing is entered"),
            (&["add", "--url", "http://b/"], "--url: is not of the form"),
            (
                &["add", "--url", "rtsp://u:s3cret@b:99999/"],
                "--url: must be 1 to 65535",
            ),
            (&["remove", "B"], "there is no device 'B'"),
        ] {
            let ran = scratch.run(args, b"");
            assert_eq!(ran.exit, Exit::BadInput, "{args:?}");
            assert!(
                ran.err.starts_with(&format!("monomi: {complaint}")),
                "{args:?}: {}",
                ran.err
            );
            assert!(!ran.err.contains("s3cret"));
        }
        let several = scratch.run(&["add", "--name", "A", "--host", "", "--port", "x"], b"");
        assert_eq!(several.err.lines().count(), 3, "{}", several.err);
        let bad_utf8 = scratch.run(&["add", "--name", "B", "--host", "b", "--password-stdin"], &[0xff]);
        assert_eq!(bad_utf8.exit, Exit::BadInput);
        assert_eq!(scratch.json().as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn two_sites_may_have_a_device_of_the_same_name() {
        let scratch = Scratch::new();
        for site in ["Tokyo", "大阪"] {
            let added = scratch.run(&["add", "--site", site, "--name", "DVR1", "--host", "h"], b"");
            assert_eq!((added.exit, added.err.as_str()), (Exit::Done, ""));
        }
        let enabled = || {
            scratch
                .json()
                .as_array()
                .unwrap()
                .iter()
                .map(|device| device["enabled"] == true)
                .collect::<Vec<_>>()
        };
        for action in ["remove", "trust", "enable", "disable"] {
            let ran = scratch.run(&[action, "dvr1"], b"");
            assert_eq!(ran.exit, Exit::BadInput, "{action}");
            let said = "monomi: several devices are called 'dvr1', say which one: 'Tokyo/DVR1', '大阪/DVR1'\n";
            assert_eq!(ran.err, said, "{action}");
        }
        assert_eq!(enabled(), [true, true]);
        let ran = scratch.run(&["disable", "大阪/dvr1"], b"");
        assert_eq!((ran.exit, ran.out.as_str()), (Exit::Done, "disabled '大阪/DVR1'\n"));
        assert_eq!(enabled(), [true, false]);
        assert_eq!(
            scratch.run(&["remove", "Tokyo/DVR1"], b"").out,
            "removed 'Tokyo/DVR1'\n"
        );
        assert_eq!(
            scratch.run(&["enable", "DVR1"], b"").out,
            "enabled 'DVR1'\n",
            "only one is left"
        );
    }

    #[test]
    fn many_devices_are_edited_at_once() {
        let scratch = Scratch::new();
        for (site, name, host) in [("Tokyo", "DVR1", "a"), ("Osaka", "DVR1", "b"), ("Osaka", "Gate", "c")] {
            let added = scratch.run(&["add", "--site", site, "--name", name, "--host", host], b"");
            assert_eq!(added.exit, Exit::Done, "{}", added.err);
        }
        let dry = scratch.run(
            &[
                "edit",
                "--site",
                "osaka",
                "--port",
                "8554",
                "--user",
                "viewer",
                "--password-stdin",
                "--dry-run",
            ],
            b"s3cret\n",
        );
        let told = "port: 554 -> 8554 (2 devices)\nuser: (none) -> viewer (2 devices)\npassword: set (2 devices)\n";
        assert_eq!((dry.exit, dry.err.as_str()), (Exit::Done, ""));
        assert_eq!(dry.out, format!("{told}would change 2, leave 0 as they are\n"));
        assert_eq!(scratch.json()[1]["port"], 554, "nothing was saved");
        assert_eq!(scratch.json()[1]["has_password"], false);
        let done = scratch.run(
            &[
                "edit",
                "Osaka/DVR1",
                "Gate",
                "--port",
                "8554",
                "--user",
                "viewer",
                "--password-stdin",
            ],
            b"s3cret\n",
        );
        assert_eq!(done.out, format!("{told}changed 2, left 0 as they were\n"));
        let list = scratch.json();
        for (index, port, user) in [(0, 554, ""), (1, 8554, "viewer"), (2, 8554, "viewer")] {
            let device = &list[index];
            assert_eq!((&device["port"], &device["user"]), (&json!(port), &json!(user)));
            assert_eq!(device["has_password"], json!(index > 0));
            let id = device["id"].as_str().unwrap().parse().unwrap();
            let password = scratch.profile.secrets().get(id).unwrap();
            assert_eq!(
                password.map(|password| password.expose().to_owned()),
                (index > 0).then(|| "s3cret".to_owned())
            );
        }
        let all = scratch.run(
            &["edit", "--all", "--new-brand", "dahua", "--disable", "--no-password"],
            b"",
        );
        assert_eq!(all.exit, Exit::Done, "{}", all.err);
        assert!(
            all.out.contains("brand or paths: hikvision -> dahua (3 devices)"),
            "{}",
            all.out
        );
        let again = scratch.run(&["edit", "--brand", "dahua", "--disable"], b"");
        assert_eq!(again.out, "changed 0, left 3 as they were\n");
        assert_eq!(scratch.json()[1]["has_password"], false);
    }

    #[test]
    fn an_edit_that_does_not_fit_changes_nothing() {
        let scratch = Scratch::new();
        for site in ["Tokyo", "Osaka"] {
            scratch.run(&["add", "--site", site, "--name", "DVR1", "--host", "a"], b"");
        }
        let before = scratch.json();
        for (args, complaint) in [
            (
                &["edit", "DVR1", "--port", "1"][..],
                "several devices are called 'DVR1'",
            ),
            (&["edit", "DVR2", "--port", "1"], "there is no device 'DVR2'"),
            (
                &["edit", "--site", "Nara", "--port", "1"],
                "--site: there is no site 'Nara'",
            ),
            (
                &["edit", "--brand", "nobody", "--port", "1"],
                "--brand: this brand is not known",
            ),
            (&["edit", "--brand", "dahua", "--port", "1"], "no device is selected"),
            (&["edit", "--all"], "nothing is to be changed"),
            (
                &["edit", "--all", "--new-name", "A"],
                "--new-name: is for one device alone",
            ),
            (
                &["edit", "--all", "--port", "0"],
                "'Tokyo/DVR1' and 1 more: --port: must be 1 to 65535",
            ),
            (
                &["edit", "--all", "--new-site", "Nara"],
                "'Osaka/DVR1': --new-name: another device of this site has this name",
            ),
        ] {
            let ran = scratch.run(args, b"");
            assert_eq!(ran.exit, Exit::BadInput, "{args:?}");
            assert!(
                ran.err.starts_with(&format!("monomi: {complaint}")),
                "{args:?}: {}",
                ran.err
            );
            assert_eq!(scratch.json(), before, "{args:?}");
        }
        let renamed = scratch.run(
            &["edit", "Osaka/DVR1", "--new-name", "DVR2", "--new-site", "Tokyo"],
            b"",
        );
        assert_eq!(renamed.exit, Exit::Done, "{}", renamed.err);
        assert_eq!(scratch.json()[1]["name"], "DVR2");
        assert_eq!(usage_error(&["edit", "--port", "1"]), 2, "no selection");
    }

    #[test]
    fn a_table_is_written_changed_in_a_spreadsheet_and_read_in_one_step() {
        let scratch = Scratch::new();
        for (site, name) in [("Tokyo", "DVR1"), ("Osaka", "0012")] {
            let args = [
                "add",
                "--site",
                site,
                "--name",
                name,
                "--host",
                "10.0.0.1",
                "--password-stdin",
            ];
            assert_eq!(scratch.run(&args, b"s3cret").exit, Exit::Done);
        }
        let file = scratch.profile.path().join("devices.csv").display().to_string();
        let export = scratch.run(&["export", "--csv", &file], b"");
        assert_eq!((export.exit, export.err.as_str()), (Exit::Done, ""));
        let table = std::fs::read_to_string(&file).unwrap();
        assert!(
            table.starts_with("\u{FEFF}Site,Name,Enabled,Host,RTSP port,") && table.contains("\r\nOsaka,'0012,yes,")
        );
        assert!(!table.contains("s3cret"), "{table}");
        assert_eq!(
            scratch.run(&["export", "--csv", &file], b"").exit,
            Exit::BadInput,
            "none is replaced"
        );
        assert_eq!(scratch.run(&["export", "--csv", "-"], b"").out, table);
        let changed = table.replace("DVR1,yes", "DVR1,no") + "Nara,New,yes,nvr.example,8554\r\n";
        let bad = changed + "Nara,Bad,yes,a b\r\n";
        let before = scratch.json();
        let refused = scratch.run(&["import", "--csv", "-"], bad.as_bytes());
        assert_eq!(refused.exit, Exit::BadInput);
        assert!(refused.out.contains("row 5, column 'Host': "), "{}", refused.out);
        assert_eq!(scratch.json(), before);
        let dry = scratch.run(&["import", "--csv", "-", "--dry-run", "--json"], bad.as_bytes());
        let told: Value = serde_json::from_str(&dry.out).unwrap();
        let counts = ["new", "changed", "same", "bad", "written"].map(|key| told[key].clone());
        assert_eq!(counts, [json!(1), json!(1), json!(1), json!(1), json!(false)]);
        assert_eq!(
            told["rows"][0]["changes"],
            json!([{"column": "Enabled", "before": "yes", "after": "no"}])
        );
        assert_eq!(told["rows"][3]["mistakes"][0]["column"], "Host");
        assert_eq!(scratch.json(), before, "nothing was saved");
        let done = scratch.run(&["import", "--csv", "-", "--skip-bad"], bad.as_bytes());
        assert_eq!((done.exit, done.err.as_str()), (Exit::Done, ""));
        assert!(done.out.ends_with("new 1, changed 1, same 1, bad 1\n"), "{}", done.out);
        let list = scratch.json();
        assert_eq!(
            (&list[0]["enabled"], &list[0]["has_password"]),
            (&json!(false), &json!(true))
        );
        assert_eq!((&list[2]["site"], &list[2]["port"]), (&json!("Nara"), &json!(8554)));
    }

    #[test]
    fn the_batch_template_of_ivms_4200_brings_its_passwords() {
        let scratch = Scratch::new();
        let template = "Nickname,Adding Mode,Address,Port,Device Information,User Name,Password\r\n\
                        店舗,0,192.168.1.64,8000,,admin,s3cret\r\n";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(template);
        let done = scratch.run(&["import", "--csv", "-", "--site", "大阪"], &bytes);
        assert_eq!((done.exit, done.err.as_str()), (Exit::Done, ""));
        assert!(!done.out.contains("s3cret"));
        let list = scratch.json();
        assert_eq!((&list[0]["name"], &list[0]["site"]), (&json!("店舗"), &json!("大阪")));
        assert_eq!(
            (&list[0]["port"], &list[0]["has_password"]),
            (&json!(554), &json!(true))
        );
        let id = list[0]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(scratch.profile.secrets().get(id).unwrap().unwrap().expose(), "s3cret");
    }

    #[test]
    fn usage_mistakes_are_exit_code_2() {
        for args in [
            &["add", "--host", "b"][..],
            &["add", "--name", "b"],
            &[
                "add",
                "--name",
                "b",
                "--host",
                "b",
                "--brand",
                "dahua",
                "--main-path",
                "/",
            ],
            &["add", "--url", "rtsp://b/", "--host", "b"],
            &["remove"],
            &["nothing"],
        ] {
            assert_eq!(usage_error(args), 2, "{args:?}");
        }
    }

    #[test]
    fn brands_are_listed() {
        let ran = Scratch::new().run(&["brands"], b"");
        assert!(ran.out.contains("hikvision") && ran.out.contains("LTS"), "{}", ran.out);
    }
}
