//! `monomi device edit`: changes fields of one or many devices in one write, and says what changes for how many.

use clap::Args;
use i18n_embed_fl::fl;

use super::complaint::complaint;
use super::console::{CliError, Console, read_password};
use super::words::words_of;
use crate::store::Profile;
use device::{
    BrandId, BulkChange, BulkDraft, BulkError, BulkPaths, BulkPlan, Carrier, DeviceId, MediaTransport, PasswordEdit,
    Paths, Registry,
};

#[derive(Args, Clone, Debug)]
pub(super) struct EditArgs {
    /// Devices to change: names, or SITE/NAME where several sites have one of that name
    #[arg(value_name = "NAME", required_unless_present_any = ["site", "brand", "all"])]
    devices: Vec<String>,
    /// Also every device of this site; may be given several times
    #[arg(long, value_name = "S")]
    site: Vec<String>,
    /// Also every device of this brand; may be given several times
    #[arg(long, value_name = "B")]
    brand: Vec<String>,
    /// Every device
    #[arg(long, conflicts_with_all = ["devices", "site", "brand"])]
    all: bool,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Move to this site, which is made where it is not there
    #[arg(long, value_name = "S")]
    new_site: Option<String>,
    /// Another name, for one device alone
    #[arg(long, value_name = "N")]
    new_name: Option<String>,
    /// Another brand preset; a port that was the usual one of the former brand follows
    #[arg(long, value_name = "B", conflicts_with_all = ["main_path", "sub_path"])]
    new_brand: Option<String>,
    /// Own path of the main stream, as for `device add`
    #[arg(long, value_name = "T")]
    main_path: Option<String>,
    /// Own path of the sub stream
    #[arg(long, value_name = "T", requires = "main_path")]
    sub_path: Option<String>,
    /// Address or name
    #[arg(long, value_name = "H")]
    host: Option<String>,
    /// RTSP port
    #[arg(long, value_name = "P")]
    port: Option<String>,
    /// Other address to take when the preferred one is dead, such as VPN=10.8.0.5:554, in order of use; these take the place of all
    /// before, and '' is none
    #[arg(long, value_name = "E")]
    endpoint: Vec<String>,
    /// RTSP over TLS (rtsps), or without it (rtsp)
    #[arg(long, value_name = "C", value_parser = ["rtsp", "rtsps"])]
    carrier: Option<String>,
    /// How pictures are carried
    #[arg(long, value_name = "T", value_parser = ["automatic", "tcp", "udp", "multicast"])]
    transport: Option<String>,
    /// User to sign in with; empty for none
    #[arg(long, value_name = "U")]
    user: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
    /// Forget the password
    #[arg(long, conflicts_with = "password_stdin")]
    no_password: bool,
    /// Number of channels, 1 to 256
    #[arg(long, value_name = "N")]
    channels: Option<String>,
    /// Connect to them
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Keep them, but do not connect
    #[arg(long)]
    disable: bool,
}

/// Runs the command on a registry as it was loaded.
pub(super) fn edit(
    args: &EditArgs,
    registry: &Registry,
    profile: &Profile,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let ids = args.selected(registry)?;
    let draft = args.draft(console)?;
    if draft.is_empty() {
        return Err(CliError::Input(
            "nothing is to be changed; `monomi device edit --help` lists the fields".to_owned(),
        ));
    }
    if args.new_name.is_some() && ids.len() > 1 {
        return Err(CliError::Input("--new-name: is for one device alone".to_owned()));
    }
    let plan = draft
        .plan(registry, &crate::store::brands(), &ids)
        .map_err(complaints)?;
    let mut gone = Vec::new();
    let told = told(&plan, args.dry_run);
    if !args.dry_run && !plan.edits.is_empty() {
        let saved = profile
            .save_devices(plan.edits)
            .map_err(|error| CliError::Failed(error.to_string()))?;
        let name_of = |id: &DeviceId| Some(registry.label_of(registry.device(*id)?).into_owned());
        for name in saved.owed.iter().filter_map(name_of) {
            console.complain(&fl!(words_of(profile), "cli-former-password-owed", name = name));
        }
        gone = saved.gone.iter().filter_map(name_of).collect();
        if let Some(aside) = profile.secrets().take_key_set_aside() {
            console.complain(&format!(
                "secrets.key was damaged and is kept as {aside}; passwords that were stored before have to be entered again"
            ));
        }
    }
    console.print(&told)?;
    if gone.is_empty() {
        return Ok(());
    }
    let words = words_of(profile);
    Err(CliError::Failed(fl!(
        words,
        "cli-edited-device-gone",
        names = words.list(&gone)
    )))
}

impl EditArgs {
    fn selected(&self, registry: &Registry) -> Result<Vec<DeviceId>, CliError> {
        let mut ids = Vec::new();
        for name in &self.devices {
            ids.push(registry.select(name)?.id);
        }
        for name in &self.site {
            let site = registry
                .find_site_by_name(name)
                .ok_or_else(|| CliError::Input(format!("--site: there is no site '{}'", name.trim())))?;
            ids.extend(registry.devices_of(site.id).map(|device| device.id));
        }
        for name in &self.brand {
            let brand = BrandId(name.trim().to_lowercase());
            if crate::store::brands().get(&brand).is_none() {
                let hint = "this brand is not known (see `monomi device brands`)";
                return Err(CliError::Input(format!("--brand: {hint}")));
            }
            let of_brand = |device: &&device::Device| device.paths == Paths::Brand(brand.clone());
            ids.extend(registry.devices.iter().filter(of_brand).map(|device| device.id));
        }
        if self.all {
            ids.extend(registry.devices.iter().map(|device| device.id));
        }
        if ids.is_empty() {
            return Err(CliError::Input("no device is selected".to_owned()));
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    fn draft(&self, console: &mut Console<'_>) -> Result<BulkDraft, CliError> {
        let paths = match (&self.new_brand, &self.main_path) {
            (Some(brand), _) => Some(BulkPaths::Brand(BrandId(brand.trim().to_lowercase()))),
            (None, Some(main)) => Some(BulkPaths::Own {
                main: main.clone(),
                sub: self.sub_path.clone().unwrap_or_default(),
            }),
            (None, None) => None,
        };
        let password = if self.password_stdin {
            Some(PasswordEdit::Set(read_password(console, "--password-stdin")?))
        } else {
            self.no_password.then_some(PasswordEdit::Clear)
        };
        Ok(BulkDraft {
            site: self.new_site.clone(),
            name: self.new_name.clone(),
            paths,
            host: self.host.clone(),
            port: self.port.clone(),
            roads: (!self.endpoint.is_empty()).then(|| self.endpoint.clone()),
            carrier: self.carrier.as_deref().map(|carrier| match carrier {
                "rtsps" => Carrier::Rtsps,
                _ => Carrier::Rtsp,
            }),
            transport: self.transport.as_deref().and_then(MediaTransport::from_word),
            user: self.user.clone(),
            password,
            channels: self.channels.clone(),
            enabled: match (self.enable, self.disable) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
        })
    }
}

/// One line for each mistake of each device; what is wrong for all of them is said once.
fn complaints(errors: Vec<BulkError>) -> CliError {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for BulkError { device, errors } in errors {
        for error in errors {
            let text = complaint(&error, false);
            let text = text
                .replacen("--name:", "--new-name:", 1)
                .replacen("--site:", "--new-site:", 1)
                .replacen("--brand:", "--new-brand:", 1);
            match said.iter_mut().find(|(known, _)| *known == text) {
                Some((_, devices)) => devices.push(device.clone()),
                None => said.push((text, vec![device.clone()])),
            }
        }
    }
    let lines = said.into_iter().map(|(text, devices)| match &devices[..] {
        [device] => format!("'{device}': {text}"),
        [first, others @ ..] => format!("'{first}' and {} more: {text}", others.len()),
        [] => text,
    });
    CliError::Input(lines.collect::<Vec<_>>().join("\n"))
}

fn told(plan: &BulkPlan, dry_run: bool) -> String {
    let mut told = String::new();
    for change in plan.changes() {
        told.push_str(&format!("{}\n", one_line(&change)));
    }
    let (changed, unchanged) = (plan.edits.len(), plan.unchanged);
    told.push_str(&match dry_run {
        true => format!("would change {changed}, leave {unchanged} as they are\n"),
        false => format!("changed {changed}, left {unchanged} as they were\n"),
    });
    told
}

fn one_line(change: &BulkChange) -> String {
    let shown = |texts: &[String]| {
        let shown: Vec<&str> = texts
            .iter()
            .take(3)
            .map(|text| if text.is_empty() { "(none)" } else { text })
            .collect();
        let more = if texts.len() > 3 { ", ..." } else { "" };
        format!("{}{more}", shown.join(", "))
    };
    let devices = match change.devices {
        1 => "1 device".to_owned(),
        count => format!("{count} devices"),
    };
    let (before, after) = (shown(&change.before), shown(&change.after));
    if change.before.is_empty() {
        return format!("{}: {after} ({devices})", change.field);
    }
    format!("{}: {before} -> {after} ({devices})", change.field)
}
