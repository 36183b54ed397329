//! A scripted recorder that speaks ONVIF, without its socket, for tests: what a request says goes in, what it answers comes out.

mod archive;
mod camera;
mod events;
mod signing;

pub use archive::ArchiveHabits;
pub use camera::{CameraHabits, ScriptedCamera};
pub use events::{EventHabits, Naming, ScriptedEvents};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use super::time::{iso_time, shifted};
use super::xml::{XmlError, XmlLimits, XmlTree};
use camera::CameraAnswer;
use events::EventAnswer;
use signing::SignedIn;

/// How it behaves. The default keeps to the book: Digest with MD5, both media services, one channel.
#[derive(Clone, Debug)]
pub struct ScriptedHabits {
    pub user: String,
    pub password: String,
    pub sign_in: SignInHabit,
    pub channels: u16,
    /// It has the second media service, where each main stream is H.265.
    pub media2: bool,
    /// What it calls itself in addresses, such as its address behind a router.
    pub host: String,
    pub rtsp_port: u16,
    /// Seconds that its clock is ahead.
    pub clock: i64,
    /// So many refusals in a row lock the account.
    pub locks_after: u32,
    /// Prefixes are not declared, `&` stands as it is, faults come with 200.
    pub sloppy: bool,
    /// It closes each connection after its answer.
    pub closes: bool,
    /// It answers this instead of anything: a status and a page.
    pub page: Option<(u16, String)>,
    /// Its first channel can be steered, and behaves so.
    pub camera: Option<CameraHabits>,
    /// It tells events, and so.
    pub events: Option<EventHabits>,
    /// It has recordings, and answers so of them.
    pub archive: Option<ArchiveHabits>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInHabit {
    Nobody,
    /// Tokens alone; a refusal is a fault with 400, or with 200 where it is sloppy.
    Token,
    Digest {
        sha256: bool,
        nonce_each: bool,
    },
    /// The password as it is, by the scheme of RFC 7617 alone.
    Basic,
}

/// A request, as a server sees it.
#[derive(Clone, Debug, Default)]
pub struct SeenRequest {
    pub method: String,
    pub target: String,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What it answers.
#[derive(Clone, Debug)]
pub struct ScriptedAnswer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub closes: bool,
    /// It says nothing at all, and keeps the connection.
    pub silent: bool,
    /// It says this only after so long, and before, as soon as there is more to say.
    pub waits: Duration,
}

#[derive(Debug)]
pub struct ScriptedRecorder {
    pub habits: ScriptedHabits,
    /// The calls that it answered or refused, by name.
    pub calls: BTreeMap<String, u32>,
    /// Sign-ins that it refused, and those in a row.
    pub refused: u32,
    pub camera: ScriptedCamera,
    pub events: ScriptedEvents,
    in_a_row: u32,
    nonce: u32,
}

impl Default for ScriptedHabits {
    fn default() -> Self {
        Self {
            user: "admin".to_owned(),
            password: "p@ss:日".to_owned(),
            sign_in: SignInHabit::Digest {
                sha256: false,
                nonce_each: false,
            },
            channels: 1,
            media2: true,
            host: "192.168.1.64".to_owned(),
            rtsp_port: 554,
            clock: 0,
            locks_after: 3,
            sloppy: false,
            closes: false,
            page: None,
            camera: None,
            events: None,
            archive: None,
        }
    }
}

impl ScriptedRecorder {
    pub fn new(habits: ScriptedHabits) -> Self {
        Self {
            camera: ScriptedCamera::new(habits.camera.clone().unwrap_or_default()),
            events: ScriptedEvents::new(habits.events.clone().unwrap_or_default()),
            habits,
            calls: BTreeMap::new(),
            refused: 0,
            in_a_row: 0,
            nonce: 0,
        }
    }

    pub fn is_locked(&self) -> bool {
        self.in_a_row >= self.habits.locks_after
    }

    pub fn answer(&mut self, request: &SeenRequest, now: SystemTime) -> ScriptedAnswer {
        if let Some((status, page)) = self.habits.page.clone() {
            return self.plain(status, &page);
        }
        // Some dispatch by the action alone.
        let action = request
            .headers
            .get("content-type")
            .and_then(|value| value.split_once("action=\""));
        let name = action
            .and_then(|(_, action)| action.split('"').next()?.rsplit('/').next())
            .unwrap_or_default();
        *self.calls.entry(name.to_owned()).or_default() += 1;
        let is_open = matches!(name, "GetSystemDateAndTime" | "GetServices" | "GetCapabilities");
        if !is_open {
            match self.signed_in(request, now) {
                SignedIn::Yes => {
                    self.in_a_row = 0;
                    // Its nonce was for this request.
                    if matches!(self.habits.sign_in, SignInHabit::Digest { nonce_each: true, .. }) {
                        self.nonce += 1;
                    }
                }
                SignedIn::No { stale } => return self.challenge(stale),
                SignedIn::Wrong => {
                    self.refused += 1;
                    self.in_a_row += 1;
                    return self.challenge(false);
                }
            }
        }
        let second = request.body.contains("ver20/media");
        let tree = XmlTree::read(request.body.as_bytes(), XmlLimits::ANSWER);
        let token = tree.as_ref().ok().and_then(|tree| tree.find("ProfileToken"));
        let token = token.map(|token| token.text().to_owned()).unwrap_or_default();
        match name {
            "GetSystemDateAndTime" => self.soap(&date_and_time(shifted(now, self.habits.clock))),
            "GetServices" => self.services(),
            "GetDeviceInformation" => self.soap(
                "<tds:GetDeviceInformationResponse><tds:Manufacturer>Emstone &amp; Söhne</tds:Manufacturer><tds:Model>NVR-64</tds:Model>\
                 <tds:FirmwareVersion>V4.30.005</tds:FirmwareVersion><tds:SerialNumber>SN0123456789</tds:SerialNumber>\
                 <tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>",
            ),
            "GetProfiles" | "GetProfile" => self.profiles(second),
            "GetStreamUri" => self.stream_uri(&token),
            name if is_of_archive(name) && self.habits.archive.is_some() => self.archive_answer(name, &tree),
            name if name.ends_with("Request") => self.event_answer(name, &tree, &request.target, now),
            _ => self.camera_answer(name, &tree, now),
        }
    }

    fn event_answer(
        &mut self,
        name: &str,
        tree: &Result<XmlTree, XmlError>,
        to: &str,
        now: SystemTime,
    ) -> ScriptedAnswer {
        let (Some(_), Ok(tree)) = (&self.habits.events, tree) else {
            return self.fault(400, "ActionNotSupported", "Optional Action Not Implemented");
        };
        let theirs = shifted(now, self.habits.clock);
        match self.events.answer(name, tree, to, &self.habits.host, theirs) {
            EventAnswer::Content(content) => self.soap(&content),
            EventAnswer::Fault(code, text) => self.fault(400, code, text),
            EventAnswer::Unauthorized => self.challenge(false),
            EventAnswer::Waits(waits, content) => ScriptedAnswer {
                waits,
                ..self.soap(&content)
            },
        }
    }

    fn archive_answer(&self, name: &str, tree: &Result<XmlTree, XmlError>) -> ScriptedAnswer {
        let (Some(archive), Ok(tree)) = (&self.habits.archive, tree) else {
            return self.fault(400, "ActionNotSupported", "Optional Action Not Implemented");
        };
        let place = (self.habits.host.as_str(), self.habits.rtsp_port);
        match archive.answer(name, tree, self.habits.channels, place) {
            Ok(content) => self.soap(&content),
            Err((code, text)) => self.fault(400, code, text),
        }
    }

    fn camera_answer(&mut self, name: &str, tree: &Result<XmlTree, XmlError>, now: SystemTime) -> ScriptedAnswer {
        let unknown = ("ActionNotSupported", "Optional Action Not Implemented");
        let (Some(_), Ok(tree)) = (&self.habits.camera, tree) else {
            return self.fault(400, unknown.0, unknown.1);
        };
        match self.camera.answer(name, tree, now) {
            CameraAnswer::Content(content) => {
                let service = if name.contains("Move") && name != "ContinuousMove" {
                    "timg"
                } else {
                    "tptz"
                };
                self.soap(&format!(
                    "<{service}:{name}Response>{content}</{service}:{name}Response>"
                ))
            }
            CameraAnswer::Fault(code, text) => self.fault(400, code, text),
            CameraAnswer::Unauthorized => self.challenge(false),
            CameraAnswer::Silence => ScriptedAnswer {
                silent: true,
                ..self.plain(200, "")
            },
        }
    }

    fn services(&self) -> ScriptedAnswer {
        let service = |namespace: &str, path: &str| {
            let host = &self.habits.host;
            format!(
                "<tds:Service><tds:Namespace>http://www.onvif.org/{namespace}/wsdl</tds:Namespace>\
                 <tds:XAddr>http://{host}/onvif/{path}</tds:XAddr></tds:Service>"
            )
        };
        let mut all = service("ver10/device", "device_service") + &service("ver10/media", "media");
        if self.habits.media2 {
            all += &service("ver20/media", "media2");
        }
        if self.habits.camera.is_some() {
            all += &(service("ver20/ptz", "ptz") + &service("ver20/imaging", "imaging"));
        }
        if self.habits.events.is_some() {
            all += &service("ver10/events", "events");
        }
        if self.habits.archive.is_some() {
            all += &(service("ver10/search", "search") + &service("ver10/replay", "replay"));
        }
        self.soap(&format!("<tds:GetServicesResponse>{all}</tds:GetServicesResponse>"))
    }

    fn profiles(&self, second: bool) -> ScriptedAnswer {
        if second && !self.habits.media2 {
            return self.fault(400, "ActionNotSupported", "no such service");
        }
        let mut all = String::new();
        for channel in 1..=self.habits.channels {
            for (kind, width, height) in [("main", 1920, 1080), ("sub", 704, 480)] {
                let codec = if second && kind == "main" { "H265" } else { "H264" };
                let (source, encoder) = match second {
                    true => ("VideoSource", "VideoEncoder"),
                    false => ("VideoSourceConfiguration", "VideoEncoderConfiguration"),
                };
                // The first media service knows no H.265.
                let encoded = match self.habits.media2 && !second && kind == "main" {
                    true => String::new(),
                    false => format!(
                        "<tt:{encoder} token=\"ve\"><tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>\
                         <tt:Height>{height}</tt:Height></tt:Resolution></tt:{encoder}>"
                    ),
                };
                let content = format!(
                    "<tt:{source} token=\"vs{channel}\"><tt:Name>Camera {channel} 監視</tt:Name><tt:SourceToken>source{channel}</tt:SourceToken>\
                     </tt:{source}>{encoded}"
                );
                let steerable = self.habits.camera.is_some() && channel == 1;
                let content = content
                    + &if steerable {
                        ScriptedCamera::configuration(second)
                    } else {
                        String::new()
                    };
                let content = if second {
                    format!("<tr2:Configurations>{content}</tr2:Configurations>")
                } else {
                    content
                };
                let _ = write!(
                    all,
                    "<trt:Profiles token=\"{kind}{channel}\" fixed=\"true\"><tt:Name>p</tt:Name>{content}</trt:Profiles>"
                );
            }
        }
        self.soap(&format!("<trt:GetProfilesResponse>{all}</trt:GetProfilesResponse>"))
    }

    fn stream_uri(&self, token: &str) -> ScriptedAnswer {
        let (kind, channel) = token.split_at(token.find(|c: char| c.is_ascii_digit()).unwrap_or(token.len()));
        let number = if kind == "main" { 1 } else { 2 };
        let and = if self.habits.sloppy { "&" } else { "&amp;" };
        let (host, port) = (&self.habits.host, self.habits.rtsp_port);
        self.soap(&format!(
            "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://{host}:{port}/Streaming/Channels/{channel}0{number}?transportmode=unicast{and}profile={token}\
             </tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
        ))
    }

    fn soap(&self, body: &str) -> ScriptedAnswer {
        let declared = match self.habits.sloppy {
            true => "",
            false => {
                " xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:tt=\"http://www.onvif.org/ver10/schema\" \
                 xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" \
                 xmlns:tr2=\"http://www.onvif.org/ver20/media/wsdl\" xmlns:ter=\"http://www.onvif.org/ver10/error\" \
                 xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:timg=\"http://www.onvif.org/ver20/imaging/wsdl\" \
                 xmlns:tse=\"http://www.onvif.org/ver10/search/wsdl\" xmlns:trp=\"http://www.onvif.org/ver10/replay/wsdl\""
            }
        };
        let mut answer = self.plain(200, "");
        answer
            .headers
            .push(("Content-Type", "application/soap+xml; charset=utf-8".to_owned()));
        answer.body =
            format!("<?xml version=\"1.0\"?>\n<s:Envelope{declared}><s:Body>{body}</s:Body></s:Envelope>").into_bytes();
        if self.habits.sloppy {
            answer.body.push(0);
        }
        answer
    }

    fn fault(&self, status: u16, code: &str, text: &str) -> ScriptedAnswer {
        let mut answer = self.soap(&format!(
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>\
             <s:Reason><s:Text xml:lang=\"en\">{text}</s:Text></s:Reason></s:Fault>"
        ));
        answer.status = if self.habits.sloppy { 200 } else { status };
        answer
    }

    fn plain(&self, status: u16, body: &str) -> ScriptedAnswer {
        ScriptedAnswer {
            status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            closes: self.habits.closes,
            silent: false,
            waits: Duration::ZERO,
        }
    }
}

fn is_of_archive(name: &str) -> bool {
    name.starts_with("Find") || name.ends_with("SearchResults") || matches!(name, "EndSearch" | "GetReplayUri")
}

fn date_and_time(time: SystemTime) -> String {
    let text = iso_time(time);
    let number = |from: usize, to: usize| {
        text.get(from..to)
            .and_then(|digits| digits.parse::<u32>().ok())
            .unwrap_or(0)
    };
    format!(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute>\
         <tt:Second>{}</tt:Second></tt:Time><tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date></tt:UTCDateTime>\
         </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
        number(11, 13),
        number(14, 16),
        number(17, 19),
        number(0, 4),
        number(5, 7),
        number(8, 10)
    )
}

/// The present, for who has no clock at hand.
pub const NOON: SystemTime = SystemTime::UNIX_EPOCH;

/// How long an answer of it takes in tests that have no clock.
pub const TOOK: Duration = Duration::from_millis(20);
