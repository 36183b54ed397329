//! The options of `monomi device add`, and the device that they describe.

use std::fmt;
use std::str::FromStr;

use clap::Args;

use super::console::{CliError, Console, read_password};
use device::{BrandId, Brands, Carrier, Draft, DraftError, Field, MediaTransport, PasswordEdit, Registry};

#[derive(Args, Clone, Debug)]
pub(super) struct AddArgs {
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
    /// Register without connecting
    #[arg(long)]
    disabled: bool,
    /// All in one: rtsp://user:password@host:port/path (or rtsps), raw or percent-encoded. Other users of this computer can see a
    /// password in a command line: --password-stdin is safer
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port", "brand", "main_path", "user", "rtsps"])]
    url: Option<TypedUrl>,
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
        if self.password_stdin {
            draft.password = PasswordEdit::Set(read_password(console, "--password-stdin")?);
        }
        if let Some(transport) = self.transport.as_deref().and_then(MediaTransport::from_word) {
            draft.transport = transport;
        }
        draft.enabled = !self.disabled;
        Ok(draft)
    }

    /// What is wrong with the draft, one line for each mistake.
    pub(super) fn complaint(&self, errors: &[DraftError]) -> CliError {
        let lines = errors.iter().map(|error| complaint(error, self.url.is_some()));
        CliError::Input(lines.collect::<Vec<_>>().join("\n"))
    }
}

/// The mistake with the option where it was made; `by_url`: the address came from `--url`.
pub(super) fn complaint(error: &DraftError, by_url: bool) -> String {
    let option = match error.field {
        Field::Site => "--site",
        Field::Name | Field::ChannelName(_) => "--name",
        Field::Brand => "--brand",
        Field::Channels => "--channels",
        Field::SubPath => "--sub-path",
        Field::Transport => "--transport",
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
