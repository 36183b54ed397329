//! `monomi device`: adds, lists and removes devices, also beside a running engine, which takes the change over at once.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Access, Exit};
use crate::store::{Profile, SaveError, WriteError};
use device::{
    BrandId, Brands, Carrier, Device, Draft, DraftError, Field, Password, PasswordEdit, Paths, Registry, RegistryError,
    StreamKind, Template,
};

/// Add, list and remove devices; a running Monomi takes the change over at once
#[derive(Args, Clone, Debug)]
pub struct DeviceArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Clone, Debug)]
enum Action {
    /// Register a recorder or camera
    Add(Box<AddArgs>),
    /// Print every device, without passwords
    List {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
    /// Forget a device and its password
    Remove { name: String },
    /// Forget the certificate that an RTSPS device showed until now; the one it shows next is remembered
    Trust { name: String },
    /// Connect to a device again
    Enable { name: String },
    /// Keep a device, but do not connect to it
    Disable { name: String },
    /// Print the brands that --brand takes
    Brands {
        /// Print one JSON array of objects
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Clone, Debug)]
struct AddArgs {
    /// Site: what shares one way out; made where it is not there
    #[arg(long, value_name = "S", default_value = "Default")]
    site: String,
    /// Name of the device; with --url its host where it is left out
    #[arg(long, value_name = "N", required_unless_present = "url")]
    name: Option<String>,
    /// Address or name of the device; it is resolved anew at every attempt
    #[arg(long, value_name = "H", required_unless_present = "url")]
    host: Option<String>,
    /// RTSP port [default: that of the brand, or 554]
    #[arg(long, value_name = "P")]
    port: Option<String>,
    /// Brand preset, see `monomi device brands` [default: hikvision]
    #[arg(long, value_name = "B", conflicts_with_all = ["main_path", "sub_path"])]
    brand: Option<String>,
    /// Own path of the main stream, such as /ch{ch}/main; also {ch0}, {ch:02}, {ch*100+s}, {s}, {s0}, {user}, {pass}
    #[arg(long, value_name = "T")]
    main_path: Option<String>,
    /// Own path of the sub stream [default: the main stream]
    #[arg(long, value_name = "T")]
    sub_path: Option<String>,
    /// Number of channels, 1 to 256 [default: 1]
    #[arg(long, value_name = "N")]
    channels: Option<String>,
    /// User to sign in with
    #[arg(long, value_name = "U")]
    user: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Use RTSP over TLS
    #[arg(long)]
    rtsps: bool,
    /// Register without connecting
    #[arg(long)]
    disabled: bool,
    /// All in one: rtsp://user:password@host:port/path (or rtsps), raw or percent-encoded. Other users of this computer can see a
    /// password in a command line: --password-stdin is safer
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port", "brand", "main_path", "user", "rtsps"])]
    url: Option<TypedUrl>,
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
        Action::List { .. } | Action::Brands { .. } => Access::Read,
        _ => Access::Change,
    };
    let done = profile(access)
        .map_err(CliError::Failed)
        .and_then(|profile| act(&args.action, &profile, &mut console));
    console.end(done)
}

/// Where a command reads and prints.
pub(super) struct Console<'a> {
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub complaints: &'a mut dyn Write,
}

/// Why a command did not do what it should; the words go to standard error.
pub(super) enum CliError {
    Input(String),
    Failed(String),
}

impl Console<'_> {
    pub(super) fn end(&mut self, result: Result<(), CliError>) -> Exit {
        let (message, exit) = match result {
            Ok(()) => return Exit::Done,
            Err(CliError::Input(message)) => (message, Exit::BadInput),
            Err(CliError::Failed(message)) => (message, Exit::Failed),
        };
        for line in message.lines() {
            self.complain(line);
        }
        exit
    }

    pub(super) fn complain(&mut self, line: &str) {
        let _ = writeln!(self.complaints, "monomi: {line}");
    }

    /// Whoever closed the pipe has read what they want.
    pub(super) fn print(&mut self, text: &str) -> Result<(), CliError> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Failed(error.to_string())),
            _ => Ok(()),
        }
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        Self::Failed(error.to_string())
    }
}

fn act(action: &Action, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    match action {
        Action::Add(args) => add(args, profile, console),
        Action::List { json } => list(*json, profile, console),
        Action::Remove { name } => remove(name, profile, console),
        Action::Trust { name } => trust(name, profile, console),
        Action::Enable { name } => enable(name, true, profile, console),
        Action::Disable { name } => enable(name, false, profile, console),
        Action::Brands { json } => brands(*json, console),
    }
}

fn add(args: &AddArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let brands = crate::store::brands();
    let registry = loaded(profile, console);
    let draft = draft(args, &registry, &brands, console)?;
    let edit = draft.parse(&registry, &brands, None).map_err(|errors| {
        let lines = errors.iter().map(|error| complaint(error, args.url.is_some()));
        CliError::Input(lines.collect::<Vec<_>>().join("\n"))
    })?;
    let name = edit.device.name.clone();
    let saved = profile.save_device(edit);
    if let Some(aside) = profile.secrets().take_key_set_aside() {
        console.complain(&format!(
            "secrets.key was damaged and is kept as {aside}; passwords that were stored before have to be entered again"
        ));
    }
    match saved {
        Ok(()) => console.print(&format!("added '{name}'\n")),
        Err(SaveError::Registry(RegistryError::DuplicateName)) => {
            Err(CliError::Input(format!("--name: another device has the name '{name}'")))
        }
        Err(error) => Err(CliError::Failed(error.to_string())),
    }
}

fn draft(args: &AddArgs, registry: &Registry, brands: &Brands, console: &mut Console<'_>) -> Result<Draft, CliError> {
    let mut draft = match &args.url {
        Some(url) => Draft::from_url(&url.0).map_err(|error| CliError::Input(complaint(&error, true)))?,
        None => Draft::new(),
    };
    args.site.clone_into(&mut draft.site);
    match &args.name {
        Some(name) => name.clone_into(&mut draft.name),
        None => draft.name = registry.free_device_name(&draft.name),
    }
    if let Some(brand) = &args.brand {
        draft.brand = Some(BrandId(brand.trim().to_lowercase()));
    } else if args.main_path.is_some() || args.sub_path.is_some() {
        draft.brand = None;
    }
    if args.url.is_none() {
        if args.rtsps {
            draft.carrier = Carrier::Rtsps;
        }
        let of_brand = draft
            .brand
            .as_ref()
            .and_then(|brand| brands.get(brand))
            .map_or(Draft::RTSP_PORT, |brand| brand.port);
        draft.port = if args.rtsps && of_brand == Draft::RTSP_PORT {
            Draft::RTSPS_PORT
        } else {
            of_brand
        }
        .to_string();
    }
    let given = [
        (&args.host, &mut draft.host),
        (&args.port, &mut draft.port),
        (&args.main_path, &mut draft.main_path),
        (&args.sub_path, &mut draft.sub_path),
        (&args.channels, &mut draft.channels),
        (&args.user, &mut draft.user),
    ];
    for (typed, field) in given {
        if let Some(typed) = typed {
            typed.clone_into(field);
        }
    }
    if args.password_stdin {
        draft.password = PasswordEdit::Set(read_password(console, "--password-stdin")?);
    }
    draft.enabled = !args.disabled;
    Ok(draft)
}

/// All of standard input without the line end that an editor or `echo` leaves; `option` is what asked for it.
pub(super) fn read_password(console: &mut Console<'_>, option: &str) -> Result<Password, CliError> {
    const MOST: u64 = 64 * 1024;
    let mut text = String::new();
    console
        .input
        .take(MOST)
        .read_to_string(&mut text)
        .map_err(|error| CliError::Input(format!("{option}: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Password::new(line.strip_suffix('\r').unwrap_or(line)))
}

/// Names the option where the mistake was made.
fn complaint(error: &DraftError, by_url: bool) -> String {
    let option = match error.field {
        Field::Site => "--site",
        Field::Name | Field::ChannelName(_) => "--name",
        Field::Brand => "--brand",
        Field::Channels => "--channels",
        Field::SubPath => "--sub-path",
        Field::Url => "--url",
        Field::MainPath | Field::Host | Field::Port | Field::User | Field::Password if by_url => "--url",
        Field::MainPath => "--main-path",
        Field::Host => "--host",
        Field::Port => "--port",
        Field::User => "--user",
        Field::Password => "--password-stdin",
    };
    let hint = if error.field == Field::Brand {
        " (see `monomi device brands`)"
    } else {
        ""
    };
    format!("{option}: {}{hint}", error.problem)
}

fn list(as_json: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = loaded(profile, console);
    let with_password = profile.secrets().devices();
    if as_json {
        let devices: Vec<Value> = registry
            .devices
            .iter()
            .map(|device| as_value(device, &registry, with_password.contains(&device.id)))
            .collect();
        return console.print(&format!("{:#}\n", Value::Array(devices)));
    }
    let mut rows = vec![
        ["NAME", "SITE", "HOST", "CHANNELS", "BRAND", "USER", "PASSWORD", "STATE"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for device in &registry.devices {
        let brand = match &device.paths {
            Paths::Brand(id) => id.to_string(),
            Paths::Own { .. } => "own paths".to_owned(),
        };
        rows.push(vec![
            device.name.clone(),
            site_name(device, &registry),
            device.host.with_port(device.port),
            device.channels.len().to_string(),
            brand,
            device.user.clone(),
            if with_password.contains(&device.id) {
                "stored"
            } else {
                "none"
            }
            .to_owned(),
            if device.enabled { "enabled" } else { "disabled" }.to_owned(),
        ]);
    }
    console.print(&table(&rows))
}

fn as_value(device: &Device, registry: &Registry, has_password: bool) -> Value {
    let (brand, main, sub) = match &device.paths {
        Paths::Brand(id) => (Some(id.to_string()), None, None),
        Paths::Own { main, sub } => (None, Some(main.to_string()), sub.as_ref().map(Template::to_string)),
    };
    let names: Vec<&str> = device.channels.iter().map(|channel| channel.name.as_str()).collect();
    json!({
        "id": device.id.to_string(),
        "site": site_name(device, registry),
        "name": device.name,
        "host": device.host.to_string(),
        "port": device.port,
        "rtsps": device.carrier == Carrier::Rtsps,
        "brand": brand,
        "main_path": main,
        "sub_path": sub,
        "user": device.user,
        "has_password": has_password,
        "channels": device.channels.len(),
        "channel_names": names,
        "enabled": device.enabled,
    })
}

fn remove(name: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = loaded(profile, console);
    let device = registry.find_device_by_name(name).ok_or_else(|| no_such_device(name))?;
    profile.remove_device(device.id)?.ok_or_else(|| no_such_device(name))?;
    console.print(&format!("removed '{}'\n", device.name))
}

fn trust(name: &str, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let registry = loaded(profile, console);
    let device = registry.find_device_by_name(name).ok_or_else(|| no_such_device(name))?;
    profile.save_trust(device.id, None)?;
    console.print(&format!("the next certificate of '{}' is trusted\n", device.name))
}

fn enable(name: &str, enabled: bool, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    let changed = profile.update_registry(|registry| {
        let device = registry.find_device_by_name(name)?;
        let (id, name) = (device.id, device.name.clone());
        registry.set_enabled(id, enabled).ok().map(|()| name)
    })?;
    let name = changed.ok_or_else(|| no_such_device(name))?;
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
                "note": brand.note_en,
            })
        });
        return console.print(&format!("{:#}\n", Value::Array(brands.collect())));
    }
    let mut rows = vec![["BRAND", "NAMES", "PORT", "MAIN PATH"].map(str::to_owned).to_vec()];
    for brand in brands.all() {
        let main = path(brand.main.as_ref()).unwrap_or_else(|| "(none known)".to_owned());
        rows.push(vec![brand.id.to_string(), brand.label(), brand.port.to_string(), main]);
    }
    console.print(&table(&rows))
}

/// The registry; what was wrong with its file goes to standard error.
fn loaded(profile: &Profile, console: &mut Console<'_>) -> Registry {
    let loaded = profile.load_registry();
    for problem in &loaded.problems {
        console.complain(&problem.to_string());
    }
    loaded.value
}

fn no_such_device(name: &str) -> CliError {
    CliError::Input(format!("there is no device '{name}'"))
}

fn site_name(device: &Device, registry: &Registry) -> String {
    registry
        .site(device.site)
        .map(|site| site.name.clone())
        .unwrap_or_default()
}

/// Columns two spaces apart.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A URL that may hold a password, and so is not printed.
#[derive(Clone)]
struct TypedUrl(String);

impl FromStr for TypedUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for TypedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedUrl(***)")
    }
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

    struct Place {
        _dir: tempfile::TempDir,
        profile: Profile,
    }

    impl Place {
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
        let place = Place::new();
        let added = place.run(
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
        let list = place.json();
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
        let password = place.profile.secrets().get(id).unwrap().unwrap();
        assert_eq!(password.expose(), "s3cret p@ss:w/rd%#日本");
        for args in [&["list"][..], &["list", "--json"]] {
            assert!(!place.run(args, b"").out.contains("s3cret"));
        }
        assert_eq!(place.run(&["disable", "dvr 1"], b"").exit, Exit::Done);
        assert_eq!(place.json()[0]["enabled"], false);
        assert_eq!(place.run(&["enable", "DVR 1"], b"").exit, Exit::Done);
        assert_eq!(place.json()[0]["enabled"], true);
        assert_eq!(place.run(&["remove", "dvr 1"], b"").exit, Exit::Done);
        assert_eq!(place.json(), json!([]));
        assert!(place.profile.secrets().get(id).unwrap().is_none());
    }

    #[test]
    fn a_url_is_taken_apart() {
        let place = Place::new();
        let url = "rtsp://user:s3cret@ss:w/rd%#日本@host:8554/ch{ch}/main";
        for _ in 0..2 {
            assert_eq!(
                place
                    .run(
                        &["add", "--url", url, "--sub-path", "/ch{ch}/sub", "--channels", "4"],
                        b""
                    )
                    .exit,
                Exit::Done
            );
        }
        let list = place.json();
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
            place.profile.secrets().get(id).unwrap().unwrap().expose(),
            "s3cret@ss:w/rd%#日本"
        );
    }

    #[test]
    fn mistakes_name_their_option_and_change_nothing() {
        let place = Place::new();
        place.run(&["add", "--name", "A", "--host", "a"], b"");
        let long = "x".repeat(10_000);
        for (args, complaint) in [
            (
                &["add", "--name", "a", "--host", "b"][..],
                "--name: another device has this name",
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
            let ran = place.run(args, b"");
            assert_eq!(ran.exit, Exit::BadInput, "{args:?}");
            assert!(
                ran.err.starts_with(&format!("monomi: {complaint}")),
                "{args:?}: {}",
                ran.err
            );
            assert!(!ran.err.contains("s3cret"));
        }
        let several = place.run(&["add", "--name", "A", "--host", "", "--port", "x"], b"");
        assert_eq!(several.err.lines().count(), 3, "{}", several.err);
        let bad_utf8 = place.run(&["add", "--name", "B", "--host", "b", "--password-stdin"], &[0xff]);
        assert_eq!(bad_utf8.exit, Exit::BadInput);
        assert_eq!(place.json().as_array().map(Vec::len), Some(1));
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
        let ran = Place::new().run(&["brands"], b"");
        assert!(ran.out.contains("hikvision") && ran.out.contains("LTS"), "{}", ran.out);
    }
}
