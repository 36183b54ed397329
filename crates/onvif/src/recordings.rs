//! What a recorder has recorded (ONVIF Recording Search and Replay Control Service Specifications, Profile G), as a conversation without its
//! socket: which recordings there are, which one is of the channel, when it has pictures, and where it is played.
//!
//! The search for recordings knows no times; those come from the events of their tracks. Devices answer a search for ever, or at once and
//! empty, or with tokens of other recordings: pages are counted, and what is of another recording is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use device::Credentials;
use incidents::unix_time;

use super::address::stream_place;
use super::enquiry::EnquiryFault;
use super::envelope::{Call, Service, escaped};
use super::fault::{Fault, FaultKind, said};
use super::found_recordings::{FoundRecordings, OfferedRecording, RecordingsFault};
use super::request::{WebReply, WebRequest};
use super::services::ServicePaths;
use super::sign_in::{SignInVerdict, SignInWay};
use super::time::{clock_offset, iso_time};
use super::xml::{XmlElement, XmlLimits, XmlTree};

/// What is asked.
#[derive(Debug)]
pub struct RecordingsPlan {
    /// Path and query of the device service.
    pub path: String,
    pub credentials: Option<Credentials>,
    /// The password may be sent in clear.
    pub may_basic: bool,
    /// For nonces.
    pub seed: u64,
    /// From 1.
    pub channel: u16,
    /// How many the device has: where it has as many recordings, they are in the same order.
    pub channels: u16,
    /// Seconds since 1970, by our own clock.
    pub from: i64,
    /// The same.
    pub to: i64,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub enum RecordingsNext {
    Ask(Box<WebRequest>),
    Done,
}

/// So many pages of one search are asked for, however many there may be.
const MOST_PAGES: u32 = 60;

/// So many empty ones in a row say as much as an end.
const MOST_EMPTY: u32 = 3;

/// So many events are kept.
const MOST_EVENTS: usize = 20_000;

/// The recordings of a device that are kept.
const MOST_RECORDINGS: usize = 1_024;

const TRACK_STATE: &str = "tns1:RecordingHistory/Track/State";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    Clock,
    Services,
    Capabilities,
    Find,
    Results,
    EndSearch,
    FindEvents { filtered: bool },
    EventResults,
    EndEvents,
    ReplayUri,
    Done,
}

/// One conversation.
pub struct Recordings {
    /// Its times are by the clock of the device, once that is known.
    plan: RecordingsPlan,
    sign_in: SignInWay,
    services: ServicePaths,
    asking: Asking,
    search: String,
    pages: u32,
    empty: u32,
    /// By track: when, and whether there are pictures from then on.
    events: BTreeMap<String, Vec<(i64, bool)>>,
    /// The same, each once.
    told: BTreeSet<(String, i64, bool)>,
    result: FoundRecordings,
}

impl Recordings {
    #[must_use]
    pub fn new(plan: RecordingsPlan) -> Self {
        Self {
            sign_in: SignInWay::new(plan.credentials.clone(), plan.may_basic, plan.seed),
            plan,
            services: ServicePaths::default(),
            asking: Asking::Clock,
            search: String::new(),
            pages: 0,
            empty: 0,
            events: BTreeMap::new(),
            told: BTreeSet::new(),
            result: FoundRecordings::default(),
        }
    }

    /// The request that is due; asked again, it gives the same once more, signed anew. `now`: the time by our own clock.
    pub fn next(&mut self, now: SystemTime) -> RecordingsNext {
        let search = || format!("<p:SearchToken>{}</p:SearchToken>", escaped(&self.search));
        let page = || {
            format!(
                "{}<p:MaxResults>100</p:MaxResults><p:WaitTime>PT5S</p:WaitTime>",
                search()
            )
        };
        let (service, name, content) = match self.asking {
            Asking::Clock => (Service::Device, "GetSystemDateAndTime", String::new()),
            Asking::Services => {
                let content = "<p:IncludeCapability>false</p:IncludeCapability>".to_owned();
                (Service::Device, "GetServices", content)
            }
            Asking::Capabilities => (
                Service::Device,
                "GetCapabilities",
                "<p:Category>All</p:Category>".to_owned(),
            ),
            Asking::Find => {
                let content = "<p:Scope/><p:MaxMatches>1000</p:MaxMatches><p:KeepAliveTime>PT30S</p:KeepAliveTime>";
                (Service::Search, "FindRecordings", content.to_owned())
            }
            Asking::Results => (Service::Search, "GetRecordingSearchResults", page()),
            Asking::EndSearch | Asking::EndEvents => (Service::Search, "EndSearch", search()),
            Asking::FindEvents { filtered } => (Service::Search, "FindEvents", self.find_events(filtered)),
            Asking::EventResults => (Service::Search, "GetEventSearchResults", page()),
            Asking::ReplayUri => {
                let token = escaped(self.result.chosen.as_deref().unwrap_or_default());
                let content = format!(
                    "<p:StreamSetup><Stream xmlns=\"http://www.onvif.org/ver10/schema\">RTP-Unicast</Stream>\
                     <Transport xmlns=\"http://www.onvif.org/ver10/schema\"><Protocol>RTSP</Protocol></Transport></p:StreamSetup>\
                     <p:RecordingToken>{token}</p:RecordingToken>"
                );
                (Service::Replay, "GetReplayUri", content)
            }
            Asking::Done => return RecordingsNext::Done,
        };
        let target = self.services.path(service).unwrap_or(&self.plan.path).to_owned();
        let call = Call {
            service,
            name,
            content: &content,
            addressing: None,
        };
        let signature = self.sign_in.sign(call, &target, self.is_open(), now);
        RecordingsNext::Ask(Box::new(signature.request(call, target)))
    }

    /// Takes the answer to the last request, which took so long. `now`: the time by our own clock.
    pub fn answered(&mut self, reply: &WebReply, took: Duration, now: SystemTime) {
        let tree = XmlTree::read(&reply.body, XmlLimits::ANSWER);
        let fault = tree.as_ref().ok().and_then(Fault::of);
        let wants_sign_in =
            reply.status == 401 || fault.as_ref().is_some_and(|fault| fault.kind == FaultKind::NotSignedIn);
        if !(self.is_open() && wants_sign_in) {
            match self.sign_in.judge(reply, fault.as_ref()) {
                SignInVerdict::Fine => {}
                SignInVerdict::Again => return,
                SignInVerdict::Refused(refusal) => return self.fail(EnquiryFault::SignIn(refusal)),
            }
        }
        if reply.status == 503 {
            return self.fail(EnquiryFault::Busy);
        }
        match (tree, fault) {
            (_, Some(fault)) => self.refused(&fault),
            (Ok(tree), None) if tree.find("Body").is_some() => self.take(&tree, took, now),
            (Err(error), None) if !self.may_lack() => self.fail(EnquiryFault::Unreadable(error)),
            _ if self.may_lack() => self.go_on(),
            _ => {
                let (status, text) = (reply.status, String::new());
                self.fail(EnquiryFault::NotOnvif { status, text });
            }
        }
    }

    /// Whether a password was sent with the request under way, in whatever form.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.sign_in.has_signed()
    }

    /// What is known so far.
    #[must_use]
    pub fn result(&self) -> &FoundRecordings {
        &self.result
    }

    fn is_open(&self) -> bool {
        matches!(self.asking, Asking::Clock | Asking::Services | Asking::Capabilities)
    }

    /// Whether it goes on without an answer to what is asked now.
    fn may_lack(&self) -> bool {
        self.is_open() || matches!(self.asking, Asking::EndSearch | Asking::EndEvents)
    }

    fn find_events(&self, filtered: bool) -> String {
        let time = |seconds: i64| iso_time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.max(0).unsigned_abs()));
        let token = escaped(self.result.chosen.as_deref().unwrap_or_default());
        let filter = match filtered {
            true => format!(
                "<p:SearchFilter><wsnt:TopicExpression xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" \
                 xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
                 Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">{TRACK_STATE}</wsnt:TopicExpression></p:SearchFilter>"
            ),
            false => "<p:SearchFilter/>".to_owned(),
        };
        format!(
            "<p:StartPoint>{}</p:StartPoint><p:EndPoint>{}</p:EndPoint>\
             <p:Scope><IncludedRecordings xmlns=\"http://www.onvif.org/ver10/schema\">{token}</IncludedRecordings></p:Scope>{filter}\
             <p:IncludeStartState>true</p:IncludeStartState><p:KeepAliveTime>PT30S</p:KeepAliveTime>",
            time(self.plan.from),
            time(self.plan.to)
        )
    }

    fn take(&mut self, tree: &XmlTree, took: Duration, now: SystemTime) {
        match self.asking {
            Asking::Clock => {
                let asked = now.checked_sub(took / 2).unwrap_or(now);
                self.sign_in.set_clock(clock_offset(tree.top(), asked));
                self.result.clock_offset = self.sign_in.clock();
                // What is asked are its own times.
                let offset = self.sign_in.clock().unwrap_or(0);
                self.plan.from = self.plan.from.saturating_add(offset);
                self.plan.to = self.plan.to.saturating_add(offset);
            }
            Asking::Services => self.services.read_services(tree),
            Asking::Capabilities => self.services.read_capabilities(tree),
            Asking::Find | Asking::FindEvents { .. } => {
                let token = tree.find("SearchToken").map(|token| token.text().to_owned());
                match token.filter(|token| !token.is_empty()) {
                    Some(token) => self.search = token,
                    None => return self.fail(EnquiryFault::Refused(said("no SearchToken"))),
                }
            }
            Asking::Results => {
                let before = self.result.recordings.len();
                self.read_recordings(tree);
                if self.wants_page(tree, self.result.recordings.len() > before) {
                    return;
                }
            }
            Asking::EventResults => {
                let came = self.read_events(tree);
                if self.wants_page(tree, came) {
                    return;
                }
            }
            Asking::ReplayUri => {
                self.result.place = tree.find("Uri").and_then(|uri| stream_place(uri.text()));
            }
            Asking::EndSearch | Asking::EndEvents | Asking::Done => {}
        }
        self.go_on();
    }

    /// Whether the search has another page, as far as it is to be believed.
    fn wants_page(&mut self, tree: &XmlTree, came: bool) -> bool {
        let state = tree.find("SearchState").map_or("", |state| state.text());
        self.pages += 1;
        self.empty = if came { 0 } else { self.empty + 1 };
        let ends = state.eq_ignore_ascii_case("Completed") || self.empty >= MOST_EMPTY;
        let too_many = self.pages >= MOST_PAGES || self.events.values().map(Vec::len).sum::<usize>() >= MOST_EVENTS;
        self.result.cut_off |= self.asking == Asking::EventResults && too_many && !ends;
        !ends && !too_many
    }

    fn read_recordings(&mut self, tree: &XmlTree) {
        for information in tree.top().all("RecordingInformation") {
            let Some(token) = information.text_of(&["RecordingToken"]) else {
                continue;
            };
            let is_known = self.result.recordings.iter().any(|known| known.token == token);
            if is_known || self.result.recordings.len() >= MOST_RECORDINGS {
                continue;
            }
            let is_video = |track: &XmlElement<'_>| {
                let kind = track.text_of(&["TrackType"]).unwrap_or("Video");
                kind.eq_ignore_ascii_case("Video")
            };
            let tracks: Vec<XmlElement<'_>> = information.all("Track").collect();
            let video = tracks.iter().filter(|track| is_video(track));
            let video: Vec<String> = video
                .filter_map(|track| track.text_of(&["TrackToken"]))
                .map(str::to_owned)
                .collect();
            // Sound alone is none of ours.
            if !tracks.is_empty() && video.is_empty() {
                continue;
            }
            let time = |name| information.text_of(&[name]).and_then(unix_time);
            let source = information.child("Source");
            self.result.recordings.push(OfferedRecording {
                token: token.to_owned(),
                source: source
                    .and_then(|source| source.text_of(&["SourceId"]))
                    .unwrap_or_default()
                    .to_owned(),
                video,
                earliest: time("EarliestRecording"),
                latest: time("LatestRecording"),
            });
        }
    }

    /// Whether an event came that is of the recording, and new.
    fn read_events(&mut self, tree: &XmlTree) -> bool {
        let mut came = false;
        let chosen = self.result.chosen.clone().unwrap_or_default();
        let recording = self
            .result
            .recordings
            .iter()
            .find(|recording| recording.token == chosen);
        let video = recording.map(|recording| recording.video.clone()).unwrap_or_default();
        for result in tree.top().all("Result") {
            // Some answer with what nobody asked for.
            if result.text_of(&["RecordingToken"]).is_some_and(|token| token != chosen) {
                continue;
            }
            let track = result.text_of(&["TrackToken"]).unwrap_or_default();
            if !video.is_empty() && !track.is_empty() && !video.iter().any(|known| known == track) {
                continue;
            }
            let present = result
                .all("SimpleItem")
                .find(|item| item.attribute("Name") == Some("IsDataPresent"));
            let present = present.and_then(|item| item.attribute("Value"));
            let Some(present) = present.map(|value| value.eq_ignore_ascii_case("true") || value == "1") else {
                continue;
            };
            let is_start = result
                .text_of(&["StartStateEvent"])
                .is_some_and(|value| value == "true" || value == "1");
            let at = match is_start {
                true => Some(self.plan.from),
                false => result.text_of(&["Time"]).and_then(unix_time),
            };
            if let Some(at) = at {
                // A device that tells the same for ever has no more.
                came |= self.told.insert((track.to_owned(), at, present));
                self.events.entry(track.to_owned()).or_default().push((at, present));
            }
        }
        came
    }

    fn refused(&mut self, fault: &Fault) {
        match (self.asking, fault.kind) {
            // Topic filters fail on some.
            (Asking::FindEvents { filtered: true }, _) => self.asking = Asking::FindEvents { filtered: false },
            // It knows no events, or lost the search: what it said of the recording is all there is.
            (Asking::FindEvents { .. } | Asking::EventResults, _) => {
                self.result.rough = true;
                self.asking = Asking::EndEvents;
                self.go_on();
            }
            (_, FaultKind::NotAllowed) => self.fail(EnquiryFault::NotAllowed(fault.text.clone())),
            _ if self.may_lack() => self.go_on(),
            (Asking::Find, FaultKind::Unknown) => self.end(RecordingsFault::NoSearch),
            _ => self.fail(EnquiryFault::Refused(fault.text.clone())),
        }
    }

    fn go_on(&mut self) {
        self.asking = match self.asking {
            Asking::Clock => Asking::Services,
            Asking::Services if self.services.path(Service::Search).is_none() => Asking::Capabilities,
            Asking::Services | Asking::Capabilities => match self.services.path(Service::Search) {
                Some(_) => Asking::Find,
                None => return self.end(RecordingsFault::NoSearch),
            },
            Asking::Find => self.pages_of(Asking::Results),
            Asking::Results => Asking::EndSearch,
            Asking::EndSearch => {
                self.result.chosen = self.choose();
                match self.result.chosen {
                    Some(_) => Asking::FindEvents { filtered: true },
                    None => return self.end(RecordingsFault::NoRecording),
                }
            }
            Asking::FindEvents { .. } => self.pages_of(Asking::EventResults),
            Asking::EventResults => Asking::EndEvents,
            Asking::EndEvents => {
                self.reckon();
                Asking::ReplayUri
            }
            Asking::ReplayUri | Asking::Done => Asking::Done,
        };
    }

    fn pages_of(&mut self, asking: Asking) -> Asking {
        (self.pages, self.empty) = (0, 0);
        asking
    }

    /// Which recording is of the channel: the one in its place, where there are as many as channels; the only one of a single channel.
    /// Of any other it is not known, and none is guessed.
    fn choose(&self) -> Option<String> {
        let recordings = &self.result.recordings;
        let place = usize::from(self.plan.channel).checked_sub(1)?;
        let same = recordings.len() == usize::from(self.plan.channels);
        let chosen = recordings.get(place).filter(|_| same)?;
        Some(chosen.token.clone())
    }

    /// From the states of the tracks to when there are pictures.
    fn reckon(&mut self) {
        let (from, to) = (self.plan.from, self.plan.to);
        // The device tells them in their order, and what it did not come to is not known.
        let last = self.events.values().flatten().map(|(at, _)| *at).max();
        let until = match self.result.cut_off {
            true => last.unwrap_or(from).min(to),
            false => to,
        };
        let mut goes_on = false;
        let mut spans = Vec::new();
        for events in self.events.values_mut() {
            // Of two at the same time the later one counts; the start state comes before.
            events.sort_by_key(|(at, _)| *at);
            let mut since = None;
            for (at, present) in events.iter() {
                match (present, since) {
                    (true, None) => since = Some(*at),
                    (false, Some(begin)) => {
                        spans.push((begin, *at));
                        since = None;
                    }
                    _ => {}
                }
            }
            goes_on |= since.is_some();
            spans.extend(since.map(|begin| (begin, until)));
        }
        let mut known = until;
        let chosen = self
            .result
            .recordings
            .iter()
            .find(|recording| Some(&recording.token) == self.result.chosen.as_ref());
        if let Some(recording) = chosen {
            if self.result.rough {
                spans.extend(recording.earliest.zip(recording.latest));
            } else if let Some(latest) = recording.latest {
                // What goes on is not recorded beyond its newest picture.
                spans.iter_mut().for_each(|(_, end)| *end = (*end).min(latest));
                known = if goes_on { until.min(latest) } else { until };
            }
        }
        self.result.known_until = (known < to).then_some(known);
        spans.retain(|(begin, end)| begin < end && *begin < to && *end > from);
        spans.sort_unstable();
        self.result.spans = spans;
    }

    fn fail(&mut self, fault: EnquiryFault) {
        self.end(RecordingsFault::Other(fault));
    }

    fn end(&mut self, fault: RecordingsFault) {
        self.result.failed = Some(fault);
        self.asking = Asking::Done;
    }
}

#[cfg(test)]
#[path = "recordings_tests.rs"]
mod tests;
