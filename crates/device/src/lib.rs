//! WHAT IS REGISTERED: sites, devices, channels, brand presets, credentials, and the draft a person types.
//!
//! Belongs here: plain values, their parsing, and the order in which they are kept.
//! Does not belong here: files (`store`), sockets (`net`), what a device is doing right now (`reconnect`, `bridge`).

mod address;
mod brand;
mod bulk;
mod calendar;
mod certificate;
mod channel_paths;
mod contact;
mod credential;
mod draft;
mod edit;
mod event_source;
mod fingerprint;
mod identity;
mod letters;
mod onvif_place;
mod planned;
mod playback_way;
mod problem;
mod registry;
mod road;
#[cfg(any(test, feature = "test-support"))]
pub mod sample;
mod secrets;
mod site_about;
mod template;
mod typed;
mod url;
mod virtual_dvr;
mod web_address;

pub use address::{Host, HostError, is_public};
pub use brand::{Brand, BrandId, Brands};
pub use bulk::{BulkChange, BulkDraft, BulkError, BulkField, BulkPaths, BulkPlan};
pub use calendar::{date_of, days_of};
pub use certificate::{Certificate, CertificateOwner, CertificateOwnerError};
pub use channel_paths::{ChannelPaths, DraftPaths};
pub use credential::{Credentials, Password};
pub use draft::Draft;
pub use edit::{DeviceEdit, PasswordEdit};
pub use event_source::EventSource;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use identity::{Identity, Mac, MacError};
pub use letters::{as_name, folded, is_hidden, is_twin, is_unseen, search_form, with_hidden_shown};
pub use onvif_place::{OnvifPlace, OnvifPlaceError};
pub use planned::{Days, LocalMoment, PlannedWork, PlannedWorkProblem, WorkPlan, WorkSpan, WorkWatch};
pub use playback_way::{PlaybackRange, PlaybackWay, TimeBasis};
pub use problem::{DraftError, Field, Problem, Reading};
pub use registry::{NameProblem, Named, Registry, RegistryError, SelectError, TakenNames};
pub use road::{DraftRoad, Road, Roads, road_of};
pub use site_about::{SiteAbout, SiteDraft, SiteField, SiteProblem};
pub use template::{Template, TemplateError};
pub use virtual_dvr::{VirtualDvr, VirtualDvrMember};
pub use web_address::{WebAddress, WebAddressError};

/// Stable identity of a site, never reused; written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(pub u64);

/// Stable identity of a device, never reused; written as 16 hexadecimal digits. Names and addresses may change, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub u64);

/// Stable identity of a virtual DVR, never reused; written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VirtualDvrId(pub u64);

/// One channel of one device; `number` is 1-based as printed on the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId {
    pub device: DeviceId,
    pub number: u16,
}

/// Which of the two encodings of a channel: the full picture or the small one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamKind {
    #[default]
    Main,
    Sub,
}

/// One stream a recorder can send: what a session is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    pub channel: ChannelId,
    pub kind: StreamKind,
}

/// A place whose devices share one router, and so one connection to the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub id: SiteId,
    pub name: String,
    /// What a person has to know of it.
    pub about: SiteAbout,
}

impl Site {
    /// A site of which nothing but its name is known.
    #[must_use]
    pub fn new(id: SiteId, name: String) -> Self {
        let about = SiteAbout::default();
        Self { id, name, about }
    }
}

/// How RTSP is carried: plain TCP or TLS (RFC 7826 §19, `rtsps`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Carrier {
    #[default]
    Rtsp,
    Rtsps,
}

impl Carrier {
    /// The port of `rtsp` (RFC 2326 §3.2) or of `rtsps` (RFC 7826 §22.14).
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Rtsp => 554,
            Self::Rtsps => 322,
        }
    }
}

/// How the user wants the pictures of a device to be carried (RFC 2326 §12.39, lower transport).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MediaTransport {
    /// On the RTSP connection; in datagrams where the device refuses that.
    #[default]
    Automatic,
    /// On the RTSP connection alone.
    Tcp,
    /// In datagrams to this computer alone.
    Udp,
    /// In datagrams to a group alone.
    Multicast,
}

impl MediaTransport {
    pub const ALL: [Self; 4] = [Self::Automatic, Self::Tcp, Self::Udp, Self::Multicast];

    /// As the command line and the files write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Multicast => "multicast",
        }
    }

    /// What [`Self::as_str`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str() == word)
    }
}

/// Where the request paths of a device come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paths {
    /// A preset of the brand table.
    Brand(BrandId),
    /// Typed by the user; without `sub` the main stream serves both.
    Own { main: Template, sub: Option<Template> },
    /// As the device told them, for each channel in order; a channel beyond them has none.
    Listed(Vec<ChannelPaths>),
}

/// A channel as the user named it; an empty name shows as its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
}

/// A recorder or camera. The password is not here: `store` keeps it under the [`DeviceId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub site: SiteId,
    pub name: String,
    pub paths: Paths,
    pub host: Host,
    pub port: u16,
    /// Its other addresses, for when this one is dead.
    pub roads: Roads,
    pub carrier: Carrier,
    pub transport: MediaTransport,
    /// Where it speaks ONVIF, once it did.
    pub onvif: Option<OnvifPlace>,
    /// How it is asked for what happens at it.
    pub events: EventSource,
    pub user: String,
    /// Raised by one whenever the password is set or cleared, so that a running engine notices a change that another process made.
    pub password_revision: u32,
    /// Index 0 is channel 1. Never empty, at most [`MAX_CHANNELS`].
    pub channels: Vec<Channel>,
    pub enabled: bool,
    /// What it is known by, whatever its address; empty where it never said.
    pub identity: Identity,
    /// It was found at this address by itself, and nobody has said that it is the same device: its password is given by Digest alone.
    pub unconfirmed: bool,
}

/// The most channels one device may have.
pub const MAX_CHANNELS: usize = 256;

impl Device {
    /// This device with what differs between `before` and `after`: each field for itself, and of the channels each name. Its id and the
    /// revision of its password stay.
    pub(crate) fn changed(&self, before: &Self, after: &Self) -> Self {
        fn take<T: Clone + PartialEq>(now: &T, before: &T, after: &T) -> T {
            if before == after { now } else { after }.clone()
        }
        let mut channels = self.channels.clone();
        if before.channels.len() != after.channels.len() {
            channels.resize_with(after.channels.len(), Channel::default);
        }
        for (index, channel) in channels.iter_mut().enumerate() {
            if let Some(after) = after.channels.get(index)
                && *before.channels.get(index).unwrap_or(&Channel::default()) != *after
            {
                channel.clone_from(after);
            }
        }
        Self {
            id: self.id,
            site: take(&self.site, &before.site, &after.site),
            name: take(&self.name, &before.name, &after.name),
            paths: take(&self.paths, &before.paths, &after.paths),
            host: take(&self.host, &before.host, &after.host),
            port: take(&self.port, &before.port, &after.port),
            roads: take(&self.roads, &before.roads, &after.roads),
            carrier: take(&self.carrier, &before.carrier, &after.carrier),
            transport: take(&self.transport, &before.transport, &after.transport),
            onvif: take(&self.onvif, &before.onvif, &after.onvif),
            events: take(&self.events, &before.events, &after.events),
            user: take(&self.user, &before.user, &after.user),
            password_revision: self.password_revision,
            channels,
            enabled: take(&self.enabled, &before.enabled, &after.enabled),
            identity: take(&self.identity, &before.identity, &after.identity),
            unconfirmed: take(&self.unconfirmed, &before.unconfirmed, &after.unconfirmed),
        }
    }

    /// Whether one of its own paths is this one, as it is kept.
    fn has_path(&self, path: &str) -> bool {
        self.own_paths().any(|own| own.as_str() == path)
    }

    /// Whether a password stands in clear in one of its own paths, as earlier versions kept it.
    #[must_use]
    pub fn has_secret_in_path(&self) -> bool {
        let holds = |path: &Template| {
            let taken = secrets::take_out(path.as_str(), &self.user, None);
            taken.map_or(true, |taken| taken.password.is_some())
        };
        self.own_paths().any(holds)
    }

    /// The ONVIF profile by which the camera of a channel is steered; `None`: it cannot be, or the device did not say that it can.
    #[must_use]
    pub fn ptz_profile(&self, channel: ChannelId) -> Option<&str> {
        let Paths::Listed(listed) = &self.paths else {
            return None;
        };
        let index = usize::from(channel.number)
            .checked_sub(1)
            .filter(|_| channel.device == self.id)?;
        self.onvif.as_ref()?;
        listed.get(index)?.ptz.as_deref()
    }

    fn own_paths(&self) -> impl Iterator<Item = &Template> {
        let (main, sub, listed) = match &self.paths {
            Paths::Brand(_) => (None, None, &[][..]),
            Paths::Own { main, sub } => (Some(main), sub.as_ref(), &[][..]),
            Paths::Listed(listed) => (None, None, listed.as_slice()),
        };
        let listed = listed
            .iter()
            .flat_map(|paths| std::iter::once(&paths.main).chain(&paths.sub));
        main.into_iter().chain(sub).chain(listed)
    }

    /// The channels of this device in order.
    pub fn channel_ids(&self) -> impl Iterator<Item = ChannelId> + use<> {
        let device = self.id;
        let count = u16::try_from(self.channels.len()).unwrap_or(u16::MAX);
        (1..=count).map(move |number| ChannelId { device, number })
    }
}

macro_rules! hex_id {
    ($($name:ident),+) => {$(
        impl $name {
            /// A fresh random identity.
            #[must_use]
            pub fn random() -> Self {
                Self(fastrand::u64(1..))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                u64::from_str_radix(text, 16).map(Self)
            }
        }
    )+};
}
hex_id!(SiteId, DeviceId, VirtualDvrId);

impl StreamKind {
    /// `main` or `sub`, as the command line and the files write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}
