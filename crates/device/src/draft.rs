use std::fmt;

use super::letters::{as_name, half_width, is_unseen};
use super::secrets::{masked, take_out};
use super::typed::{self, number};
use super::{
    Brand, BrandId, Brands, Carrier, Channel, ChannelPaths, Device, DeviceEdit, DeviceId, DraftError, DraftPaths,
    DraftRoad, EventSource, Field, Host, MAX_CHANNELS, MediaTransport, OnvifPlace, PasswordEdit, Paths, Problem,
    Reading, Registry, Roads, Site, SiteId, Template, TemplateError, road, url,
};

/// What a person typed in the device dialog or on the command line: all text, nothing checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// The name of the site. A site of that name is used, or made if there is none.
    pub site: String,
    pub name: String,
    /// `None`: the paths are typed by hand, in the next two fields.
    pub brand: Option<BrandId>,
    /// Own paths, as [`Template`]; they count only where `brand` is `None`.
    pub main_path: String,
    /// May be empty: the main stream serves both.
    pub sub_path: String,
    /// What the device told of each channel; it counts where `brand` is `None` and `main_path` is empty.
    pub listed: Vec<DraftPaths>,
    pub host: String,
    pub port: String,
    /// Its other addresses in order; an empty one counts as none.
    pub roads: Vec<DraftRoad>,
    pub carrier: Carrier,
    pub transport: MediaTransport,
    /// Where the device speaks ONVIF, once it did.
    pub onvif: Option<OnvifPlace>,
    pub events: EventSource,
    pub user: String,
    pub password: PasswordEdit,
    /// How many, in digits.
    pub channels: String,
    /// May be shorter or longer than `channels`.
    pub channel_names: Vec<String>,
    pub enabled: bool,
}

impl Draft {
    /// The longest name of a site, a device or a channel, in characters after trimming.
    pub const MAX_NAME: usize = typed::MAX_NAME;
    /// The longest user name and password, in characters.
    pub const MAX_CREDENTIAL: usize = 1000;
    /// The port where none is typed.
    pub const RTSP_PORT: u16 = Carrier::Rtsp.default_port();
    /// The port of RTSP over TLS where none is typed.
    pub const RTSPS_PORT: u16 = Carrier::Rtsps.default_port();

    /// A device with nothing entered: the first brand of the table, port 554, 1 channel, enabled.
    #[must_use]
    pub fn new() -> Self {
        Self {
            site: String::new(),
            name: String::new(),
            brand: Some(BrandId("hikvision".to_owned())),
            main_path: String::new(),
            sub_path: String::new(),
            listed: Vec::new(),
            host: String::new(),
            port: Self::RTSP_PORT.to_string(),
            roads: Vec::new(),
            carrier: Carrier::Rtsp,
            transport: MediaTransport::Automatic,
            onvif: None,
            events: EventSource::default(),
            user: String::new(),
            password: PasswordEdit::Keep,
            channels: "1".to_owned(),
            channel_names: Vec::new(),
            enabled: true,
        }
    }

    /// A registered device, to be edited; its password is kept unless one is typed.
    #[must_use]
    pub fn of(device: &Device, registry: &Registry) -> Self {
        let (mut main_path, mut sub_path, mut listed) = (String::new(), String::new(), Vec::new());
        let brand = match &device.paths {
            Paths::Brand(id) => Some(id.clone()),
            Paths::Own { main, sub } => {
                main_path = main.to_string();
                sub_path = sub.as_ref().map(Template::to_string).unwrap_or_default();
                None
            }
            Paths::Listed(paths) => {
                listed = paths.iter().map(ChannelPaths::drafted).collect();
                None
            }
        };
        Self {
            site: registry
                .site(device.site)
                .map(|site| site.name.clone())
                .unwrap_or_default(),
            name: device.name.clone(),
            brand,
            main_path,
            sub_path,
            listed,
            host: device.host.to_string(),
            port: device.port.to_string(),
            roads: device.roads.others.iter().map(DraftRoad::from).collect(),
            carrier: device.carrier,
            transport: device.transport,
            onvif: device.onvif.clone(),
            events: device.events,
            user: device.user.clone(),
            password: PasswordEdit::Keep,
            channels: device.channels.len().to_string(),
            channel_names: device.channels.iter().map(|channel| channel.name.clone()).collect(),
            enabled: device.enabled,
        }
    }

    /// Reads `rtsp[s]://user:password@host:port/path`, encoded or raw. Site stays empty, the name is the host. A password in the path
    /// becomes `{pass}`.
    ///
    /// # Errors
    /// [`Problem::Ambiguous`] where it can be read in several ways; [`Draft::readings`] gives them all.
    pub fn from_url(text: &str) -> Result<Self, DraftError> {
        url::parse(text).map(Self::of_url).map_err(|problem| DraftError {
            field: Field::Url,
            problem,
        })
    }

    /// The ways to read an address, each with the draft that it gives. Empty where there is none.
    #[must_use]
    pub fn readings(text: &str) -> Vec<(Reading, Self)> {
        let readings = url::readings(text).unwrap_or_default();
        let drafts = readings
            .into_iter()
            .filter_map(|(reading, url)| Some((reading, Self::of_url(url.ok()?))));
        drafts.collect()
    }

    /// Whether what was typed as a host is a whole address, in full-width forms too.
    #[must_use]
    pub fn is_url(text: &str) -> bool {
        url::is_url(text)
    }

    fn of_url(url: url::Url) -> Self {
        Self {
            name: url.host.to_string(),
            brand: None,
            main_path: url.path,
            host: url.host.to_string(),
            port: url.port.to_string(),
            carrier: url.carrier,
            user: url.user,
            password: url.password.map_or(PasswordEdit::Keep, PasswordEdit::Set),
            ..Self::new()
        }
    }

    /// The device, or all errors at once, each with its field. `id`: the device that is edited; its own name is no duplicate.
    pub fn parse(
        &self,
        registry: &Registry,
        brands: &Brands,
        id: Option<DeviceId>,
    ) -> Result<DeviceEdit, Vec<DraftError>> {
        let mut errors = Errors(Vec::new());
        let site = errors.take(Field::Site, name(&self.site, Required::Yes));
        let at = site.as_deref().and_then(|site| registry.find_site_by_name(site));
        let name = errors.take(
            Field::Name,
            name(&self.name, Required::Yes).and_then(|name| free(name, at, registry, id)),
        );
        let registered = id.and_then(|id| registry.device(id));
        let (paths, found) = self.paths(brands, registered, &mut errors);
        let host = errors.take(
            Field::Host,
            half_width(&self.host).parse::<Host>().map_err(Problem::Host),
        );
        let port = errors.take(Field::Port, number(&self.port, 1, u16::MAX.into()));
        let place = host
            .as_ref()
            .zip(port)
            .map(|(host, port)| (host, u16::try_from(port).unwrap_or(0)));
        let roads = road::parse_all(&self.roads, place);
        let roads = roads.map_err(|wrong| {
            let errors_of = wrong.into_iter().map(|(field, problem)| DraftError { field, problem });
            errors.0.extend(errors_of);
        });
        let user = errors.take(Field::User, credential(self.user.trim()).map(str::to_owned));
        let user = user.map(|user| {
            if user.is_empty() {
                found.user.unwrap_or(user)
            } else {
                user
            }
        });
        let password = errors.take(Field::Password, password(&self.password));
        let password = found.password.map(PasswordEdit::Set).or(password);
        let channels = self.channels(&mut errors);
        let in_datagrams = matches!(self.transport, MediaTransport::Udp | MediaTransport::Multicast);
        if in_datagrams && self.carrier == Carrier::Rtsps {
            errors.take::<()>(Field::Transport, Err(Problem::NotEncrypted));
        }

        let (Some(site), Some(name), Some(paths), Some(host), Some(port), Some(user), Some(password), Some(channels)) =
            (site, name, paths, host, port, user, password, channels)
        else {
            return Err(errors.0);
        };
        if !errors.0.is_empty() {
            return Err(errors.0);
        }
        let site = registry
            .find_site_by_name(&site)
            .cloned()
            .unwrap_or(Site::new(SiteId::random(), site));
        // Another address that a person types is another device, until it says who it is; the same one again confirms it.
        let same = registered.filter(|device| device.host == host);
        let identity = same.map(|device| device.identity.clone()).unwrap_or_default();
        let unconfirmed = same.is_some_and(|device| device.unconfirmed) && password == PasswordEdit::Keep;
        let roads = Roads::of(roads.unwrap_or_default(), registered);
        let device = Device {
            identity,
            unconfirmed,
            id: id.unwrap_or_else(DeviceId::random),
            site: site.id,
            name,
            paths,
            host,
            port: u16::try_from(port).unwrap_or(Self::RTSP_PORT),
            roads,
            carrier: self.carrier,
            transport: self.transport,
            onvif: self.onvif.clone(),
            events: self.events,
            user,
            password_revision: id
                .and_then(|id| registry.device(id))
                .map_or(0, |device| device.password_revision),
            channels,
            enabled: self.enabled,
        };
        let before = id.and_then(|id| registry.device(id)).cloned().map(Box::new);
        Ok(DeviceEdit {
            site,
            device,
            password,
            before,
        })
    }

    /// The paths without secrets, and what stood in them.
    fn paths(&self, brands: &Brands, registered: Option<&Device>, errors: &mut Errors) -> (Option<Paths>, InClear) {
        let mut found = InClear::default();
        if let Some(id) = &self.brand {
            let known = match brands.get(id) {
                None => Err(Problem::UnknownBrand),
                Some(Brand { main: None, .. }) => Err(Problem::HttpOnly),
                Some(_) => Ok(Paths::Brand(id.clone())),
            };
            return (errors.take(Field::Brand, known), found);
        }
        if self.has_listed_paths() {
            let paths = self
                .listed
                .iter()
                .map(|paths| self.listed_paths(paths, registered, &mut found));
            let paths = paths.collect::<Result<Vec<_>, _>>().map(Paths::Listed);
            return (errors.take(Field::MainPath, paths), found);
        }
        let main = errors.take(Field::MainPath, self.path(&self.main_path, registered, &mut found));
        let sub = match self.sub_path.trim() {
            "" => Some(None),
            typed => errors
                .take(Field::SubPath, self.path(typed, registered, &mut found))
                .map(Some),
        };
        let paths = main.zip(sub).map(|(main, sub)| Paths::Own { main, sub });
        (paths, found)
    }

    /// Whether the paths are those that the device told.
    #[must_use]
    pub fn has_listed_paths(&self) -> bool {
        self.brand.is_none() && !self.listed.is_empty() && self.main_path.trim().is_empty()
    }

    fn listed_paths(
        &self,
        typed: &DraftPaths,
        registered: Option<&Device>,
        found: &mut InClear,
    ) -> Result<ChannelPaths, Problem> {
        let main = self.path(&typed.main, registered, found)?;
        let sub = match typed.sub.as_str() {
            "" => None,
            sub => Some(self.path(sub, registered, found)?),
        };
        let ptz = Some(typed.ptz.clone()).filter(|token| !token.is_empty());
        Ok(ChannelPaths { main, sub, ptz })
    }

    fn path(&self, typed: &str, registered: Option<&Device>, found: &mut InClear) -> Result<Template, Problem> {
        let template = typed.parse::<Template>();
        let typed_password = match &self.password {
            PasswordEdit::Set(password) => Some(password),
            PasswordEdit::Keep | PasswordEdit::Clear | PasswordEdit::SameAs(_) => None,
        };
        let user = match self.user.trim() {
            "" => found.user.as_deref().unwrap_or_default(),
            user => user,
        };
        let source = template.as_ref().map_or(typed, Template::as_str);
        let typed_before = registered.is_some_and(|device| device.has_path(source));
        let taken = match take_out(source, user, typed_password.or(found.password.as_ref())) {
            // What was kept so by an earlier version holds up no other edit; that it is there is told when the file is read.
            Err(_) if typed_before => return template.map_err(Problem::Template),
            taken => taken?,
        };
        let has_password = registered.is_some_and(|device| device.password_revision > 0);
        if taken.password.is_some() && (has_password || matches!(self.password, PasswordEdit::SameAs(_))) {
            // Whether it is the password that is kept already cannot be told here.
            return match template {
                Ok(template) if typed_before => Ok(template),
                _ => Err(Problem::Template(TemplateError::HoldsPassword)),
            };
        }
        let template = if taken.path == source {
            template
        } else {
            taken.path.parse()
        };
        let template = template.map_err(Problem::Template)?;
        found.user = taken.user.or(found.user.take());
        found.password = taken.password.or(found.password.take());
        Ok(template)
    }

    fn channels(&self, errors: &mut Errors) -> Option<Vec<Channel>> {
        let most = u32::try_from(MAX_CHANNELS).unwrap_or(u32::MAX);
        let count = errors.take(Field::Channels, number(&self.channels, 1, most))?;
        let names = (1..=u16::try_from(count).ok()?).map(|channel| {
            let typed = self
                .channel_names
                .get(usize::from(channel) - 1)
                .map_or("", String::as_str);
            errors
                .take(Field::ChannelName(channel), name(typed, Required::No))
                .map(|name| Channel { name })
        });
        names.collect::<Vec<_>>().into_iter().collect()
    }
}

impl fmt::Debug for Draft {
    /// Without the secrets that somebody may have typed into the host or a path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = match &self.password {
            PasswordEdit::Set(password) => Some(password),
            PasswordEdit::Keep | PasswordEdit::Clear | PasswordEdit::SameAs(_) => None,
        };
        let host = if self.host.contains(['@', '/', '?', '＠', '／']) {
            "***"
        } else {
            &self.host
        };
        f.debug_struct("Draft")
            .field("site", &self.site)
            .field("name", &self.name)
            .field("brand", &self.brand)
            .field("main_path", &masked(&self.main_path, password))
            .field("sub_path", &masked(&self.sub_path, password))
            .field("listed", &self.listed.len())
            .field("host", &host)
            .field("port", &self.port)
            .field("roads", &self.roads.len())
            .field("carrier", &self.carrier)
            .field("transport", &self.transport)
            .field("user", &self.user)
            .field("password", &self.password)
            .field("channels", &self.channels)
            .field("channel_names", &self.channel_names)
            .field("enabled", &self.enabled)
            .finish()
    }
}

/// What stood in the paths in clear.
#[derive(Default)]
struct InClear {
    user: Option<String>,
    password: Option<super::Password>,
}

impl Default for Draft {
    fn default() -> Self {
        Self::new()
    }
}

struct Errors(Vec<DraftError>);

impl Errors {
    fn take<T>(&mut self, field: Field, result: Result<T, Problem>) -> Option<T> {
        result
            .map_err(|problem| self.0.push(DraftError { field, problem }))
            .ok()
    }
}

#[derive(PartialEq)]
enum Required {
    Yes,
    No,
}

fn name(typed: &str, required: Required) -> Result<String, Problem> {
    let name = as_name(typed);
    match () {
        () if name.is_empty() && required == Required::Yes => Err(Problem::Empty),
        () if name.chars().count() > Draft::MAX_NAME => Err(Problem::TooLong { max: Draft::MAX_NAME }),
        () if is_unseen(&name) => Err(Problem::ControlCharacter),
        () => Ok(name),
    }
}

fn free(name: String, site: Option<&Site>, registry: &Registry, id: Option<DeviceId>) -> Result<String, Problem> {
    match site.and_then(|site| registry.find_device_at(site.id, &name)) {
        Some(other) if Some(other.id) != id => Err(Problem::Duplicate),
        _ => Ok(name),
    }
}

fn credential(text: &str) -> Result<&str, Problem> {
    match () {
        () if text.chars().count() > Draft::MAX_CREDENTIAL => Err(Problem::TooLong {
            max: Draft::MAX_CREDENTIAL,
        }),
        () if text.chars().any(char::is_control) => Err(Problem::ControlCharacter),
        () => Ok(text),
    }
}

/// An empty password counts as no password.
fn password(edit: &PasswordEdit) -> Result<PasswordEdit, Problem> {
    match edit {
        PasswordEdit::Set(password) if password.is_empty() => Ok(PasswordEdit::Clear),
        PasswordEdit::Set(password) => credential(password.expose()).map(|_| edit.clone()),
        PasswordEdit::Keep | PasswordEdit::Clear | PasswordEdit::SameAs(_) => Ok(edit.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HostError, Password};

    fn brands() -> Brands {
        let brand = |id: &str, main: Option<&str>| Brand {
            id: BrandId(id.to_owned()),
            names: vec![id.to_owned()],
            main: main.map(|main| main.parse().unwrap()),
            sub: None,
            port: 554,
            notes: std::collections::BTreeMap::new(),
            events: None,
            playback: None,
        };
        Brands::new(vec![brand("hikvision", Some("/{ch}")), brand("pinetron", None)])
    }

    fn draft() -> Draft {
        Draft {
            site: "Tokyo".into(),
            name: "A".into(),
            host: "10.0.0.1".into(),
            ..Draft::new()
        }
    }

    fn registry() -> Registry {
        let mut registry = Registry::default();
        registry
            .save(draft().parse(&registry, &brands(), None).unwrap())
            .unwrap();
        registry
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Draft), expected: &[(Field, Problem)]) {
        let mut draft = Draft {
            name: "B".into(),
            ..draft()
        };
        change(&mut draft);
        let found = draft.parse(&registry(), &brands(), None).err().unwrap_or_default();
        let found: Vec<_> = found.into_iter().map(|error| (error.field, error.problem)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_mistake_stands_at_its_field() {
        use Field as F;
        use Problem as P;
        let range = |min, max| P::OutOfRange { min, max };
        check(|_| {}, &[]);
        check(|draft| draft.site = "  ".into(), &[(F::Site, P::Empty)]);
        check(|draft| draft.name = String::new(), &[(F::Name, P::Empty)]);
        check(
            |draft| draft.name = "x".repeat(10_000),
            &[(F::Name, P::TooLong { max: 200 })],
        );
        check(|draft| draft.name = format!(" {} ", "録".repeat(200)), &[]);
        check(|draft| draft.name = "a\tb".into(), &[(F::Name, P::ControlCharacter)]);
        check(|draft| draft.name = " a ".into(), &[(F::Name, P::Duplicate)]);
        check(
            |draft| (draft.name, draft.site) = ("A".into(), "tokyo".into()),
            &[(F::Name, P::Duplicate)],
        );
        check(|draft| (draft.name, draft.site) = ("A".into(), "Osaka".into()), &[]);
        check(
            |draft| draft.host = "10.0.0.256".into(),
            &[(F::Host, P::Host(HostError::BadIpv4))],
        );
        check(|draft| draft.port = String::new(), &[(F::Port, P::Empty)]);
        check(|draft| draft.port = "0".into(), &[(F::Port, range(1, 65535))]);
        check(
            |draft| draft.port = "99999999999999999999".into(),
            &[(F::Port, range(1, 65535))],
        );
        check(|draft| draft.port = "-1".into(), &[(F::Port, P::NotANumber)]);
        for (transport, is_wrong) in MediaTransport::ALL.into_iter().zip([false, false, true, true]) {
            let wrong = [(F::Transport, P::NotEncrypted)];
            let change = |draft: &mut Draft| (draft.carrier, draft.transport) = (Carrier::Rtsps, transport);
            check(change, if is_wrong { &wrong } else { &[] });
            check(|draft| draft.transport = transport, &[]);
        }
        check(|draft| draft.channels = "257".into(), &[(F::Channels, range(1, 256))]);
        check(|draft| draft.channels = "many".into(), &[(F::Channels, P::NotANumber)]);
        check(
            |draft| draft.user = "u".repeat(1001),
            &[(F::User, P::TooLong { max: 1000 })],
        );
        check(
            |draft| draft.password = PasswordEdit::Set(Password::new("a\nb")),
            &[(F::Password, P::ControlCharacter)],
        );
        check(
            |draft| draft.brand = Some(BrandId("?".into())),
            &[(F::Brand, P::UnknownBrand)],
        );
        check(
            |draft| draft.brand = Some(BrandId("pinetron".into())),
            &[(F::Brand, P::HttpOnly)],
        );
        check(
            |draft| draft.brand = None,
            &[(F::MainPath, P::Template(TemplateError::Empty))],
        );
        check(
            |draft| (draft.brand, draft.main_path, draft.sub_path) = (None, "/{ch".into(), "/{x}".into()),
            &[
                (F::MainPath, P::Template(TemplateError::UnbalancedBrace)),
                (F::SubPath, P::Template(TemplateError::UnknownPlaceholder("x".into()))),
            ],
        );
        check(
            |draft| {
                (draft.brand, draft.main_path) = (None, "/user=a&password=b&channel={ch}".into());
                draft.password = PasswordEdit::Set(Password::new("c"));
            },
            &[(F::MainPath, P::TwoPasswords)],
        );
        check(
            |draft| {
                (draft.channels, draft.channel_names) = ("2".into(), vec!["Door".into(), "x".repeat(201), "\0".into()]);
            },
            &[(F::ChannelName(2), P::TooLong { max: 200 })],
        );
    }

    #[test]
    fn a_password_that_was_typed_into_a_path_becomes_the_devices_password() {
        let typed = Draft {
            brand: None,
            main_path: "/user=joe&password=s3cret&channel={ch}".into(),
            sub_path: "/sub/s3cret".into(),
            ..draft()
        };
        assert!(!format!("{typed:?}").contains("password=s3cret"));
        let edit = typed.parse(&Registry::default(), &brands(), None).unwrap();
        assert_eq!(edit.password, PasswordEdit::Set(Password::new("s3cret")));
        assert_eq!(edit.device.user, "joe");
        let Paths::Own { main, sub: Some(sub) } = &edit.device.paths else {
            panic!("{:?}", edit.device.paths)
        };
        assert_eq!(
            (main.as_str(), sub.as_str()),
            ("/user={user}&password={pass}&channel={ch}", "/sub/{pass}")
        );
        // Of a device that has a password already it cannot be told whether this is the same, unless it is typed too.
        let id = edit.device.id;
        let mut registry = Registry::default();
        registry.save(edit).unwrap();
        assert_eq!(registry.device(id).unwrap().password_revision, 1);
        let problem = typed.parse(&registry, &brands(), Some(id)).unwrap_err()[0]
            .problem
            .clone();
        assert_eq!(problem, Problem::Template(TemplateError::HoldsPassword));
        let with_password = Draft {
            password: PasswordEdit::Set(Password::new("s3cret")),
            ..typed.clone()
        };
        assert!(with_password.parse(&registry, &brands(), Some(id)).is_ok());
        // As an earlier version kept it: other edits go on, and it moves as soon as no other password is kept.
        let old = |text: &str| text.parse::<Template>().unwrap();
        registry.devices[0].paths = Paths::Own {
            main: old(&typed.main_path),
            sub: Some(old(&typed.sub_path)),
        };
        assert!(registry.devices[0].has_secret_in_path());
        let edit = typed.parse(&registry, &brands(), Some(id)).unwrap();
        assert_eq!(
            (edit.device.paths, edit.password),
            (registry.devices[0].paths.clone(), PasswordEdit::Keep)
        );
        registry.devices[0].password_revision = 0;
        let edit = typed.parse(&registry, &brands(), Some(id)).unwrap();
        assert_eq!(edit.password, PasswordEdit::Set(Password::new("s3cret")));
        assert!(!edit.device.has_secret_in_path());
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let wrong = Draft {
            channels: "0".into(),
            port: "x".into(),
            ..Draft::new()
        };
        let fields: Vec<_> = wrong
            .parse(&Registry::default(), &brands(), None)
            .unwrap_err()
            .iter()
            .map(|error| error.field)
            .collect();
        assert_eq!(
            fields,
            [Field::Site, Field::Name, Field::Host, Field::Port, Field::Channels]
        );
    }

    #[test]
    fn full_width_digits_are_digits() {
        let typed = Draft {
            host: "１９２．１６８．０．２０".into(),
            port: "５５４".into(),
            channels: "１６".into(),
            ..draft()
        };
        let device = typed.parse(&Registry::default(), &brands(), None).unwrap().device;
        assert_eq!(
            (device.host.to_string().as_str(), device.port, device.channels.len()),
            ("192.168.0.20", 554, 16)
        );
    }

    #[test]
    fn an_edited_device_keeps_its_identity_and_may_keep_its_name() {
        let registry = registry();
        let device = &registry.devices[0];
        let mut edited = Draft::of(device, &registry);
        assert_eq!(
            edited.parse(&registry, &brands(), Some(device.id)).unwrap().device,
            *device
        );
        edited.site = "osaka".into();
        let edit = edited.parse(&registry, &brands(), Some(device.id)).unwrap();
        assert_eq!((edit.device.id, edit.site.name.as_str()), (device.id, "osaka"));
        assert_ne!(edit.site.id, device.site);
        edited.site = " TOKYO ".into();
        assert_eq!(
            edited.parse(&registry, &brands(), Some(device.id)).unwrap().site,
            registry.sites[0]
        );
    }

    #[test]
    fn an_empty_password_is_none_and_none_is_printed() {
        let edit = |text: &str| {
            let draft = Draft {
                password: PasswordEdit::Set(Password::new(text)),
                ..draft()
            };
            (
                format!("{draft:?}"),
                draft.parse(&Registry::default(), &brands(), None).unwrap(),
            )
        };
        assert_eq!(edit("").1.password, PasswordEdit::Clear);
        let (printed, parsed) = edit("s3cret");
        assert!(!printed.contains("s3cret") && !format!("{parsed:?}").contains("s3cret"));
    }
}
