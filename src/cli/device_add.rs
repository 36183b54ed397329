//! The options of `monomi device add`, and the device that they describe.

use std::fmt;
use std::str::FromStr;

use clap::Args;

use super::complaint::complaint;
use super::console::{CliError, Console, read_password};
use super::device_onvif::{self, TypedPlace};
use crate::store::Profile;
use device::{
    BrandId, Brands, Carrier, Draft, DraftError, DraftRoad, EventSource, MediaTransport, PasswordEdit, Registry,
};

#[derive(Args, Clone, Debug)]
pub(super) struct AddArgs {
    /// Site: what shares one way out; made where it is not there
    #[arg(long, value_name = "S", default_value = "Default")]
    site: String,
    /// Name of the device; where it is left out, with --url its host and with --onvif its model
    #[arg(long, value_name = "N", required_unless_present_any = ["url", "onvif"])]
    name: Option<String>,
    /// Address or name of the device; it is resolved anew at every attempt
    #[arg(long, value_name = "H", required_unless_present_any = ["url", "onvif"])]
    host: Option<String>,
    /// RTSP port [default: that of the brand, or 554]
    #[arg(long, value_name = "P")]
    port: Option<String>,
    /// Other address to take when the preferred one is dead, such as VPN=10.8.0.5:554; several in order of use
    #[arg(long, value_name = "E")]
    endpoint: Vec<String>,
    /// Brand preset, see `monomi device brands` [default: hikvision]
    #[arg(long, value_name = "B", conflicts_with_all = ["main_path", "sub_path"])]
    brand: Option<String>,
    /// Own path of the main stream, such as /ch{ch}/main; also {ch0}, {ch:02}, {ch*100+s}, {s}, {s0}, {user}, {pass}, {pass:raw}
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
    /// How pictures are carried; automatic is TCP, and UDP where the device refuses TCP
    #[arg(long, value_name = "T", value_parser = ["automatic", "tcp", "udp", "multicast"])]
    transport: Option<String>,
    /// How the device is asked for what happens at it; automatic is as its brand has it, where it was asked by ONVIF
    #[arg(long, value_name = "E", value_parser = ["automatic", "off", "onvif", "hikvision", "dahua"])]
    events: Option<String>,
    /// Register without connecting
    #[arg(long)]
    disabled: bool,
    /// All in one: rtsp://user:password@host:port/path (or rtsps), raw or percent-encoded. Other users of this computer can see a
    /// password in a command line: --password-stdin is safer
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port", "brand", "main_path", "user", "rtsps"])]
    url: Option<TypedUrl>,
    /// Ask this host by ONVIF for its channels, their names and addresses: HOST, HOST:PORT or https://HOST/PATH
    #[arg(long, value_name = "HOST", conflicts_with_all = ["host", "brand", "main_path", "sub_path", "channels", "url"])]
    onvif: Option<TypedPlace>,
}

impl AddArgs {
    /// The device as the options describe it; with `--password-stdin` the password is read from `console`.
    pub(super) fn draft(
        &self,
        registry: &Registry,
        brands: &Brands,
        console: &mut Console<'_>,
    ) -> Result<Draft, CliError> {
        let mut draft = match &self.url {
            Some(url) => Draft::from_url(&url.0).map_err(|error| CliError::Input(complaint(&error, true)))?,
            None => Draft::new(),
        };
        self.site.clone_into(&mut draft.site);
        match &self.name {
            Some(name) => name.clone_into(&mut draft.name),
            // It is named by what it says that it is.
            None if self.onvif.is_some() => {}
            None => draft.name = registry.free_device_name(&draft.site, &draft.name),
        }
        if let Some(brand) = &self.brand {
            draft.brand = Some(BrandId(brand.trim().to_lowercase()));
        } else if self.main_path.is_some() || self.sub_path.is_some() {
            draft.brand = None;
        }
        if self.url.is_none() {
            if self.rtsps {
                draft.carrier = Carrier::Rtsps;
            }
            let of_brand = draft
                .brand
                .as_ref()
                .and_then(|brand| brands.get(brand))
                .map_or(Draft::RTSP_PORT, |brand| brand.port);
            draft.port = if self.rtsps && of_brand == Draft::RTSP_PORT {
                Draft::RTSPS_PORT
            } else {
                of_brand
            }
            .to_string();
        }
        let given = [
            (&self.host, &mut draft.host),
            (&self.port, &mut draft.port),
            (&self.main_path, &mut draft.main_path),
            (&self.sub_path, &mut draft.sub_path),
            (&self.channels, &mut draft.channels),
            (&self.user, &mut draft.user),
        ];
        for (typed, field) in given {
            if let Some(typed) = typed {
                typed.clone_into(field);
            }
        }
        if let Some(typed) = &self.onvif {
            typed.host.clone_into(&mut draft.host);
        }
        if self.password_stdin {
            draft.password = PasswordEdit::Set(read_password(console, "--password-stdin")?);
        }
        if let Some(transport) = self.transport.as_deref().and_then(MediaTransport::from_word) {
            draft.transport = transport;
        }
        if let Some(events) = self.events.as_deref().and_then(EventSource::from_word) {
            draft.events = events;
        }
        draft.roads = self
            .endpoint
            .iter()
            .map(|text| DraftRoad::read(text, &draft.port))
            .collect();
        draft.enabled = !self.disabled;
        Ok(draft)
    }

    /// Completes a draft by what the device says over ONVIF, where that is asked for.
    pub(super) fn ask(
        &self,
        draft: &mut Draft,
        (registry, brands, profile): (&Registry, &Brands, &Profile),
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        let Some(typed) = &self.onvif else { return Ok(()) };
        device_onvif::fill_in(draft, &typed.place, (registry, brands, profile), console)?;
        if self.name.is_none() {
            draft.name = registry.free_device_name(&draft.site, &draft.name);
        }
        Ok(())
    }

    /// What is wrong with the draft, one line for each mistake.
    pub(super) fn complaint(&self, errors: &[DraftError]) -> CliError {
        let lines = errors.iter().map(|error| complaint(error, self.url.is_some()));
        CliError::Input(lines.collect::<Vec<_>>().join("\n"))
    }
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
