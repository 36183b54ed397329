use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use super::certificates::CertificatesShown;
use super::clock::Clock;
use super::device_status::DeviceStatus;
use super::diagnosis::TraceShown;
use super::enquiry::{EnquiryId, EnquiryStatus, KnownIdentity};
use super::events::EventsShown;
use super::find::FindStatus;
use super::messengers::MessengerShown;
use super::notice::Notice;
use super::own::OwnShown;
use super::playback::PlaybackStatus;
use super::profile::ProfileAnswer;
use super::ptz::PtzStatus;
use super::recording::RecordingsShown;
use super::site::{FeedShown, WorkShown};
use super::sources::SourceStatus;
use super::stream::StreamStatus;
use super::trial::TestStatus;
use super::update::UpdateCheck;
use super::views::ViewsTransfer;
use device::{ChannelId, DeviceId, Host, Registry, SiteId, StreamId};
use events::Messenger;
use health::{HealthBook, PasswordWarning};
use reconnect::{RoadView, SiteState};
use settings::Settings;
use wall::{Relief, Views, WindowView};

/// All that the screen shows of the engine, as one value of one moment. Cheap to clone.
#[derive(Clone)]
pub struct EngineState {
    /// The moment of this state. Ages and countdowns are differences to it.
    pub now: Instant,
    pub clock: Clock,
    pub registry: Arc<Registry>,
    /// Devices that are registered may be missing in the registry, because its file could not be read as a whole.
    pub registry_awaited: bool,
    pub settings: Arc<Settings>,
    /// The windows as they were when the profile was opened; read once at the start, empty for a fresh profile.
    pub windows: Arc<Vec<WindowView>>,
    /// The named views, as they were when the profile was opened.
    pub views: Arc<Views>,
    /// The last export or import of views.
    pub transfer: Option<Arc<ViewsTransfer>>,
    /// The answer to the last [`super::Command::Profile`].
    pub profile: Option<Arc<ProfileAnswer>>,
    /// The answer to the last [`super::Command::Unlock`].
    pub unlock: Option<Unlock>,
    /// Every stream that is wanted, whether it plays or not.
    pub streams: Arc<HashMap<StreamId, StreamStatus>>,
    pub sites: Arc<Vec<SiteStatus>>,
    /// The devices of which something was tried in vain.
    pub devices: Arc<HashMap<DeviceId, DeviceStatus>>,
    /// By which of its addresses each device is reached that has several.
    pub roads: Arc<HashMap<DeviceId, RoadView>>,
    pub totals: EngineTotals,
    pub notices: Arc<Vec<Notice>>,
    pub events: EventsShown,
    /// Those who carry what is said of events elsewhere, where they have a server.
    pub messengers: Arc<BTreeMap<Messenger, MessengerShown>>,
    pub secrets: SecretsPlace,
    pub test: Option<Arc<TestStatus>>,
    /// What was diagnosed last, the newest last.
    pub traces: Arc<Vec<Arc<TraceShown>>>,
    /// The enquiries by hand that were not cancelled.
    pub enquiries: Arc<BTreeMap<EnquiryId, Arc<EnquiryStatus>>>,
    /// What registered devices said that they are.
    pub identities: Arc<HashMap<DeviceId, KnownIdentity>>,
    pub certificates: CertificatesShown,
    /// The channels that were steered since the program began.
    pub ptz: Arc<BTreeMap<ChannelId, Arc<PtzStatus>>>,
    pub recordings: RecordingsShown,
    /// The channels of which recorded pictures are shown.
    pub playbacks: Arc<BTreeMap<ChannelId, Arc<PlaybackStatus>>>,
    /// How the events of devices are heard that are asked for them.
    pub sources: Arc<BTreeMap<DeviceId, Arc<SourceStatus>>>,
    /// How available each device was, as far as anybody looked.
    pub health: Arc<HealthBook>,
    /// Passwords that anybody tries first.
    pub password_warnings: Arc<BTreeMap<DeviceId, PasswordWarning>>,
    /// When somebody works at a site, of those for which that is planned.
    pub planned: Arc<BTreeMap<SiteId, WorkShown>>,
    /// What the status feeds of sites said last.
    pub feeds: Arc<BTreeMap<SiteId, FeedShown>>,
    /// What the program itself costs over time.
    pub own: OwnShown,
    /// The last [`super::Command::CheckForUpdate`], and how far it is.
    pub update: Option<Arc<UpdateCheck>>,
    /// The last find, and how far it is.
    pub find: Arc<FindStatus>,
    /// Devices that answer at another address than the registered one, and do not show anything: where they are now.
    pub moved: Arc<HashMap<DeviceId, Host>>,
    /// Devices that *Internal network only* excludes now.
    pub excluded: Arc<Vec<DeviceId>>,
}

impl EngineState {
    /// Until when somebody works at a site, as was planned; `None`: nobody does.
    #[must_use]
    pub fn planned_until(&self, site: SiteId) -> Option<Clock> {
        self.planned.get(&site)?.until
    }
}

/// Whether the password of `id` was the kiosk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlock {
    pub id: u64,
    pub granted: bool,
}

/// Figures of the whole program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineTotals {
    pub live: usize,
    pub wanted: usize,
    /// Connection attempts of the whole process in the last 60 s, measured at the dial.
    pub attempts_last_minute: u32,
    /// Since the start: attempts, and those of them that failed.
    pub attempts: u64,
    pub failed: u64,
    /// Dials under way that are not connected yet.
    pub half_open: u32,
    /// What an overloaded machine gives up now.
    pub relief: Relief,
    pub process: ProcessCost,
}

/// What the program costs the computer, measured once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessCost {
    /// Of the last second, in thousandths of one core; `None`: not measured yet, or the system does not tell.
    pub cpu_permille: Option<u32>,
    /// In memory now (resident); 0: not known.
    pub memory_kib: u64,
    pub threads: u64,
}

/// A site as the Network tab and the banner show it.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteStatus {
    pub id: SiteId,
    pub name: String,
    pub state: SiteState,
    pub next_canary: Option<Instant>,
    pub half_open: u32,
    /// The attempts since the start of the program, and those of them that failed.
    pub attempts: u64,
    pub failed: u64,
    pub attempts_last_minute: u32,
    pub failed_last_minute: u32,
    /// Failed attempts a minute that the limits allow this site.
    pub budget_per_minute: u32,
    pub devices: SiteDevices,
}

impl SiteStatus {
    /// A site at which nothing was tried yet. `budget_per_minute`: the failed attempts a minute that its limits allow.
    #[must_use]
    pub fn untried(id: SiteId, name: &str, budget_per_minute: u32) -> Self {
        Self {
            id,
            name: name.to_owned(),
            state: SiteState::Up,
            next_canary: None,
            half_open: 0,
            attempts: 0,
            failed: 0,
            attempts_last_minute: 0,
            failed_last_minute: 0,
            budget_per_minute,
            devices: SiteDevices::default(),
        }
    }
}

/// How many enabled devices a site has, and what is seen of them now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteDevices {
    pub all: u32,
    /// A channel of theirs is on screen: of the others nothing is asked and nothing known.
    pub watched: u32,
    /// Of those that are watched: with a live stream, with one that failed, and with one that *Internal network only* forbids.
    pub live: u32,
    pub failing: u32,
    pub excluded: u32,
}

/// Where passwords are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretsPlace {
    Keyring,
    #[default]
    EncryptedFile,
}
