//! One step of a ladder.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use onvif::EnquiryFault;
use reconnect::Failure;

use super::exchange::Exchange;

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepName {
    /// The name is looked up.
    Name,
    /// Whether *Internal network only* allows its addresses.
    Policy,
    /// Whether this computer knows a way there.
    Route,
    /// The governor gives a permit.
    Turn,
    Connect,
    Tls,
    /// OPTIONS.
    Greeting,
    SignIn,
    Describe,
    Setup,
    FirstPacket,
    FirstKeyFrame,
    FirstPicture,
    OnvifReach,
    OnvifClock,
    OnvifServices,
    OnvifSignIn,
    OnvifIdentity,
    OnvifChannels,
}

impl StepName {
    /// Those to the first picture.
    pub const STREAM: [Self; 13] = [
        Self::Name,
        Self::Policy,
        Self::Route,
        Self::Turn,
        Self::Connect,
        Self::Tls,
        Self::Greeting,
        Self::SignIn,
        Self::Describe,
        Self::Setup,
        Self::FirstPacket,
        Self::FirstKeyFrame,
        Self::FirstPicture,
    ];

    /// Those of the enquiry.
    pub const ONVIF: [Self; 6] = [
        Self::OnvifReach,
        Self::OnvifClock,
        Self::OnvifServices,
        Self::OnvifSignIn,
        Self::OnvifIdentity,
        Self::OnvifChannels,
    ];

    /// The stable name for scripts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Policy => "policy",
            Self::Route => "route",
            Self::Turn => "turn",
            Self::Connect | Self::OnvifReach => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::SignIn | Self::OnvifSignIn => "sign-in",
            Self::Describe => "describe",
            Self::Setup => "setup",
            Self::FirstPacket => "first-packet",
            Self::FirstKeyFrame => "first-key-frame",
            Self::FirstPicture => "first-picture",
            Self::OnvifClock => "clock",
            Self::OnvifServices => "services",
            Self::OnvifIdentity => "identity",
            Self::OnvifChannels => "channels",
        }
    }
}

/// A step with its time and what happened in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceStep {
    pub name: StepName,
    pub state: StepState,
    /// Since the trace began. `None`: it has not begun, or it was over before.
    pub began: Option<Duration>,
    /// Once it is over.
    pub took: Option<Duration>,
    pub exchanges: Vec<Exchange>,
    pub fact: Option<StepFact>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StepState {
    ToCome,
    Running,
    Done,
    /// This device does not need it.
    NotNeeded,
    Failed(TraceFault),
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
pub enum TraceFault {
    Stream(Failure),
    Onvif(EnquiryFault),
    /// The device refused the same sign-in a short while ago, and is not asked again.
    NotAsked,
}

/// What a step found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepFact {
    /// The host is an address already.
    IsAddress,
    Addresses(Vec<IpAddr>),
    /// The policy allows these, and whether it was asked to keep to the internal network.
    Allowed {
        addresses: Vec<IpAddr>,
        internal_only: bool,
    },
    /// The same as [`super::Trace::way`].
    Way,
    /// Before this trace began.
    Earlier,
    At(SocketAddr),
    Certificate(String),
    /// It was signed in to at once, as the device asked for lately.
    SignInKnown,
    SignedIn,
    Codec(String),
    Picture {
        codec: String,
        width: u32,
        height: u32,
    },
    /// Its clock less ours, in seconds.
    Clock(i64),
    Is {
        maker: String,
        model: String,
        firmware: String,
    },
    Channels(usize),
}

impl TraceStep {
    pub(crate) fn new(name: StepName) -> Self {
        Self {
            name,
            state: StepState::ToCome,
            began: None,
            took: None,
            exchanges: Vec::new(),
            fact: None,
        }
    }

    #[must_use]
    pub fn fault(&self) -> Option<&TraceFault> {
        match &self.state {
            StepState::Failed(fault) => Some(fault),
            StepState::ToCome | StepState::Running | StepState::Done | StepState::NotNeeded => None,
        }
    }
}
