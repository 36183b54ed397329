//! One conversation with a device, without its socket: the next request, its answer, the next request, until it is known what the
//! device is and what it offers.
//!
//! The order is that of the fewest refusals: first what anybody may ask (time, services), then a call that wants a sign-in, bare, and
//! once it is known how the device signs in, the rest. One refused sign-in ends it.

use std::time::{Duration, SystemTime};

use device::Credentials;

use super::address::{StreamPlace, stream_place};
use super::envelope::{Call, Service, escaped};
use super::fault::{Fault, FaultKind, said};
use super::identity::{DeviceIdentity, brand_of};
use super::media::{MediaProfile, OfferedChannel, channels, profiles};
use super::request::{WebReply, WebRequest};
use super::services::ServicePaths;
use super::sign_in::{SignInRefusal, SignInVerdict, SignInWay};
use super::time::clock_offset;
use super::xml::{XmlError, XmlLimits, XmlTree};

/// Where the device service is, unless somebody says otherwise.
pub const DEVICE_SERVICE: &str = "/onvif/device_service";

/// What is wanted to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnquiryGoal {
    /// Model, firmware, serial number, clock.
    Identity,
    /// The same, and all channels with their streams.
    Channels,
}

/// What an enquiry begins with.
#[derive(Debug)]
pub struct EnquiryPlan {
    pub goal: EnquiryGoal,
    /// Path and query of the device service, such as [`DEVICE_SERVICE`].
    pub path: String,
    pub credentials: Option<Credentials>,
    /// The password may be sent in clear: in TLS with a device whose certificate is known.
    pub may_basic: bool,
    /// For nonces.
    pub seed: u64,
}

/// What was asked, in the order of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnquiryStep {
    Clock,
    Services,
    Identity,
    Profiles,
    /// The address of a stream.
    Streams,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum EnquiryNext {
    Ask(Box<WebRequest>),
    Done,
}

/// What became known. What was known before it ended badly is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnquiryResult {
    pub identity: DeviceIdentity,
    pub channels: Vec<OfferedChannel>,
    /// The steps that came to a good end, each with its own time.
    pub done: Vec<(EnquiryStep, Duration)>,
    /// Why it ended early, and at which step.
    pub failed: Option<(EnquiryStep, EnquiryFault)>,
    /// A preset of the brand table that fits what the device said.
    pub brand: Option<&'static str>,
}

/// Why an enquiry ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnquiryFault {
    SignIn(SignInRefusal),
    /// What answers knows no ONVIF, or it is switched off: the status, and what was said.
    NotOnvif {
        status: u16,
        text: String,
    },
    /// The user may not ask this.
    NotAllowed(String),
    /// It is busy (503).
    Busy,
    /// The device's own words.
    Refused(String),
    /// The answer cannot be read.
    Unreadable(XmlError),
    /// There are no channels.
    NoChannels,
}

/// One conversation.
pub struct Enquiry {
    plan: EnquiryPlan,
    sign_in: SignInWay,
    state: Asking,
    result: EnquiryResult,
    services: ServicePaths,
    profiles: Vec<MediaProfile>,
    /// What was said that may tell the maker.
    marks: String,
    /// How long the step under way took so far.
    spent: Duration,
    /// A body is read as an answer of the device: at least one was.
    speaks_onvif: bool,
}

/// What is asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asking {
    Clock,
    Services,
    Capabilities,
    Identity,
    Profiles(Service),
    /// The main or the sub stream of a channel.
    Stream {
        service: Service,
        channel: usize,
        is_sub: bool,
    },
    Done,
}

impl Enquiry {
    pub fn new(plan: EnquiryPlan) -> Self {
        let sign_in = SignInWay::new(plan.credentials.clone(), plan.may_basic, plan.seed);
        Self {
            plan,
            sign_in,
            state: Asking::Clock,
            result: EnquiryResult::default(),
            services: ServicePaths::default(),
            profiles: Vec::new(),
            marks: String::new(),
            spent: Duration::ZERO,
            speaks_onvif: false,
        }
    }

    /// The request that is due; asked again, it gives the same once more, signed anew. `now`: the time by our own clock.
    pub fn next(&mut self, now: SystemTime) -> EnquiryNext {
        let token = |token: &str| format!("<p:ProfileToken>{}</p:ProfileToken>", escaped(token));
        let (service, name, content) = match &self.state {
            Asking::Clock => (Service::Device, "GetSystemDateAndTime", String::new()),
            Asking::Services => {
                let content = "<p:IncludeCapability>false</p:IncludeCapability>";
                (Service::Device, "GetServices", content.to_owned())
            }
            Asking::Capabilities => {
                let content = "<p:Category>All</p:Category>";
                (Service::Device, "GetCapabilities", content.to_owned())
            }
            Asking::Identity => (Service::Device, "GetDeviceInformation", String::new()),
            Asking::Profiles(Service::Media2) => {
                let content = "<p:Type>All</p:Type>";
                (Service::Media2, "GetProfiles", content.to_owned())
            }
            Asking::Profiles(service) => (*service, "GetProfiles", String::new()),
            Asking::Stream {
                service,
                channel,
                is_sub,
            } => {
                let profile = self.stream_token(*channel, *is_sub);
                let content = match service {
                    Service::Media2 => format!("<p:Protocol>RTSP</p:Protocol>{}", token(profile)),
                    _ => format!(
                        "<p:StreamSetup><Stream xmlns=\"http://www.onvif.org/ver10/schema\">RTP-Unicast</Stream>\
                         <Transport xmlns=\"http://www.onvif.org/ver10/schema\"><Protocol>RTSP</Protocol></Transport></p:StreamSetup>{}",
                        token(profile)
                    ),
                };
                (*service, "GetStreamUri", content)
            }
            Asking::Done => return EnquiryNext::Done,
        };
        let is_open = matches!(self.state, Asking::Clock | Asking::Services | Asking::Capabilities);
        let target = self.path_of(service).to_owned();
        let call = Call {
            service,
            name,
            content: &content,
            addressing: None,
        };
        let signature = self.sign_in.sign(call, &target, is_open, now);
        EnquiryNext::Ask(Box::new(signature.request(call, target)))
    }

    /// Takes the answer to the last request, which took so long. `now`: the time by our own clock.
    pub fn answered(&mut self, reply: &WebReply, took: Duration, now: SystemTime) {
        self.spent += took;
        self.note_marks(reply);
        let tree = XmlTree::read(&reply.body, XmlLimits::ANSWER);
        let fault = tree.as_ref().ok().and_then(Fault::of);
        let is_open = matches!(self.state, Asking::Clock | Asking::Services | Asking::Capabilities);
        let wants_sign_in =
            reply.status == 401 || fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::NotSignedIn);
        if !(is_open && wants_sign_in) {
            match self.sign_in.judge(reply, fault.as_ref()) {
                SignInVerdict::Fine => {}
                SignInVerdict::Again => return,
                SignInVerdict::Refused(refusal) => return self.fail(EnquiryFault::SignIn(refusal)),
            }
        }
        if reply.status == 503 {
            return self.fail(EnquiryFault::Busy);
        }
        let body = tree.as_ref().ok().and_then(|tree| tree.find("Body"));
        self.speaks_onvif |= body.is_some();
        match (&tree, fault, body) {
            (_, Some(fault), _) => self.refused(&fault),
            (Ok(tree), None, Some(_)) => self.take(tree, took, now),
            (Err(error), None, _) if self.speaks_onvif && *error != XmlError::NoElement => {
                self.fail(EnquiryFault::Unreadable(*error));
            }
            _ if is_open && wants_sign_in => self.go_on(),
            // Some answer what they do not know with an empty body, or with a page.
            _ if self.speaks_onvif && self.may_lack() => self.go_on(),
            _ => self.fail(EnquiryFault::NotOnvif {
                status: reply.status,
                text: title(&tree),
            }),
        }
    }

    /// How far it is; `None` once it is done.
    pub fn step(&self) -> Option<EnquiryStep> {
        Some(match self.state {
            Asking::Clock => EnquiryStep::Clock,
            Asking::Services | Asking::Capabilities => EnquiryStep::Services,
            Asking::Identity => EnquiryStep::Identity,
            Asking::Profiles(_) => EnquiryStep::Profiles,
            Asking::Stream { .. } => EnquiryStep::Streams,
            Asking::Done => return None,
        })
    }

    /// Whether a password was sent with the request under way, in whatever form.
    pub fn has_signed(&self) -> bool {
        self.sign_in.has_signed()
    }

    /// What is known so far.
    pub fn result(&self) -> &EnquiryResult {
        &self.result
    }

    fn path_of(&self, service: Service) -> &str {
        self.services.path(service).unwrap_or(&self.plan.path)
    }

    fn stream_token(&self, channel: usize, is_sub: bool) -> &str {
        let channel = self.result.channels.get(channel);
        let stream = channel.and_then(|channel| {
            if is_sub {
                channel.sub.as_ref()
            } else {
                Some(&channel.main)
            }
        });
        stream.map_or("", |stream| &stream.token)
    }

    /// The answer is what was asked for, as far as can be told.
    fn take(&mut self, tree: &XmlTree, took: Duration, now: SystemTime) {
        match self.state.clone() {
            Asking::Clock => {
                let asked = now.checked_sub(took / 2).unwrap_or(now);
                self.sign_in.set_clock(clock_offset(tree.top(), asked));
                self.result.identity.clock_offset = self.sign_in.clock();
            }
            Asking::Services => self.services.read_services(tree),
            Asking::Capabilities => self.services.read_capabilities(tree),
            Asking::Identity => {
                self.result.identity = DeviceIdentity::of(tree, self.sign_in.clock());
                let words = format!(" {} {}", self.result.identity.maker, self.result.identity.model);
                self.marks.insert_str(0, &words);
            }
            Asking::Profiles(_) => {
                self.profiles = profiles(tree);
                self.result.channels = channels(&self.profiles);
            }
            Asking::Stream { channel, is_sub, .. } => {
                let uri = tree.find("Uri").map_or("", |uri| uri.text());
                let place = stream_place(uri).ok_or_else(|| said(uri));
                self.place(channel, is_sub, place);
            }
            Asking::Done => {}
        }
        self.go_on();
    }

    /// The device will not do what was asked.
    fn refused(&mut self, fault: &Fault) {
        match (&self.state, fault.kind) {
            (Asking::Stream { channel, is_sub, .. }, FaultKind::Unknown | FaultKind::Other) => {
                let (channel, is_sub) = (*channel, *is_sub);
                self.place(channel, is_sub, Err(fault.text.clone()));
                self.go_on();
            }
            (_, FaultKind::NotAllowed) => self.fail(EnquiryFault::NotAllowed(fault.text.clone())),
            _ if self.may_lack() => self.go_on(),
            _ => self.fail(EnquiryFault::Refused(fault.text.clone())),
        }
    }

    /// Whether it goes on without an answer to what is asked now.
    fn may_lack(&self) -> bool {
        match self.state {
            Asking::Clock | Asking::Services | Asking::Capabilities => true,
            Asking::Profiles(Service::Media2) => true,
            Asking::Identity => self.plan.goal == EnquiryGoal::Channels,
            Asking::Profiles(_) | Asking::Stream { .. } | Asking::Done => false,
        }
    }

    fn place(&mut self, channel: usize, is_sub: bool, place: Result<StreamPlace, String>) {
        let Some(channel) = self.result.channels.get_mut(channel) else {
            return;
        };
        let stream = if is_sub {
            channel.sub.as_mut()
        } else {
            Some(&mut channel.main)
        };
        if let Some(stream) = stream {
            stream.place = Some(place);
        }
    }

    /// What was asked is answered, or is done without: the next one.
    fn go_on(&mut self) {
        let step = self.step();
        let wants_channels = self.plan.goal == EnquiryGoal::Channels;
        self.state = match &self.state {
            Asking::Clock if wants_channels => Asking::Services,
            Asking::Clock => Asking::Identity,
            Asking::Services if !self.services.has_media() => Asking::Capabilities,
            Asking::Services | Asking::Capabilities => Asking::Identity,
            Asking::Identity if wants_channels => Asking::Profiles(self.services.media()),
            Asking::Identity => Asking::Done,
            // The second service may be announced and have nothing.
            Asking::Profiles(Service::Media2) if self.result.channels.is_empty() => Asking::Profiles(Service::Media1),
            Asking::Profiles(_) if self.result.channels.is_empty() => return self.fail(EnquiryFault::NoChannels),
            Asking::Profiles(service) => Asking::Stream {
                service: *service,
                channel: 0,
                is_sub: false,
            },
            Asking::Stream {
                service,
                channel,
                is_sub,
            } => {
                let has_sub = self
                    .result
                    .channels
                    .get(*channel)
                    .is_some_and(|channel| channel.sub.is_some());
                let (channel, is_sub) = match (*is_sub, has_sub) {
                    (false, true) => (*channel, true),
                    _ => (*channel + 1, false),
                };
                match channel < self.result.channels.len() {
                    true => Asking::Stream {
                        service: *service,
                        channel,
                        is_sub,
                    },
                    false => Asking::Done,
                }
            }
            Asking::Done => Asking::Done,
        };
        if let Some(step) = step.filter(|step| self.step() != Some(*step)) {
            self.result.done.push((step, std::mem::take(&mut self.spent)));
        }
        if self.state == Asking::Done {
            self.result.brand = brand_of(&self.marks);
        }
    }

    fn fail(&mut self, fault: EnquiryFault) {
        if let Some(step) = self.step() {
            self.result.failed = Some((step, fault));
        }
        self.result.brand = brand_of(&self.marks);
        self.state = Asking::Done;
    }

    fn note_marks(&mut self, reply: &WebReply) {
        // A few words of it are enough, and none is kept twice.
        if !self.marks.is_empty() {
            return;
        }
        let challenges = reply
            .challenges
            .iter()
            .map(|challenge| String::from_utf8_lossy(challenge).into_owned());
        let words = reply
            .server
            .iter()
            .cloned()
            .chain(challenges)
            .collect::<Vec<_>>()
            .join(" ");
        self.marks = words.chars().take(500).collect();
        if !self.speaks_onvif {
            let page = String::from_utf8_lossy(reply.body.get(..reply.body.len().min(2_000)).unwrap_or_default());
            self.marks.push_str(&page);
        }
    }
}

/// What a page calls itself.
fn title(tree: &Result<XmlTree, XmlError>) -> String {
    let title = tree.as_ref().ok().and_then(|tree| tree.find("title"));
    title.map(|title| said(title.text())).unwrap_or_default()
}

#[cfg(test)]
#[path = "enquiry_tests.rs"]
mod tests;
