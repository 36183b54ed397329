//! A camera that can be steered, as part of the scripted recorder: it moves in the time that it is given.

use std::time::{Duration, SystemTime};

use crate::xml::XmlTree;

/// How it behaves. The default keeps to the book.
#[derive(Clone, Debug)]
pub struct CameraHabits {
    pub ignores_timeout: bool,
    pub refuses_timeout: bool,
    /// The range that it offers for a `Timeout`.
    pub timeouts: [&'static str; 2],
    /// It confirms a Stop and goes on.
    pub ignores_stop: bool,
    /// It answers a Stop by this fault.
    pub refuses_stop: Option<&'static str>,
    /// It refuses a move of no speed.
    pub refuses_zero: bool,
    /// It does not answer a move of pan and tilt together.
    pub silent_diagonal: bool,
    /// The account may only watch; it says so by a fault, or by 401.
    pub only_watches: Option<u16>,
    /// Token and name.
    pub presets: Vec<(&'static str, &'static str)>,
    /// The tokens of its preset tours.
    pub tours: Vec<&'static str>,
}

#[derive(Debug)]
pub struct ScriptedCamera {
    pub habits: CameraHabits,
    /// Pan, tilt and zoom now.
    velocity: [f32; 3],
    /// Until when it moves so at most.
    until: Option<SystemTime>,
    focusing: f32,
    /// The moves that it was asked for, with their speeds and `Timeout`.
    pub moves: Vec<([f32; 3], String)>,
    /// What was asked of it that acts, in order.
    pub acts: Vec<String>,
    /// The preset that it was sent to.
    pub preset: Option<String>,
    pub tour: Option<String>,
}

pub(super) enum CameraAnswer {
    Content(String),
    Fault(&'static str, &'static str),
    Unauthorized,
    Silence,
}

impl Default for CameraHabits {
    fn default() -> Self {
        Self {
            ignores_timeout: false,
            refuses_timeout: false,
            timeouts: ["PT1S", "PT60S"],
            ignores_stop: false,
            refuses_stop: None,
            refuses_zero: false,
            silent_diagonal: false,
            only_watches: None,
            presets: vec![("1", "Gate"), ("2", ""), ("3", "Preset 3"), ("94", "Preset 94")],
            tours: vec!["tour1"],
        }
    }
}

impl ScriptedCamera {
    pub(super) fn new(habits: CameraHabits) -> Self {
        Self {
            habits,
            velocity: [0.0; 3],
            until: None,
            focusing: 0.0,
            moves: Vec::new(),
            acts: Vec::new(),
            preset: None,
            tour: None,
        }
    }

    /// Whether it moves at this moment.
    #[must_use]
    pub fn is_moving(&self, now: SystemTime) -> bool {
        let turns = self.velocity != [0.0; 3] && self.until.is_none_or(|until| now < until);
        turns || self.focusing != 0.0
    }

    /// Its speeds at this moment.
    #[must_use]
    pub fn velocity(&self, now: SystemTime) -> [f32; 3] {
        match self.until {
            Some(until) if now >= until => [0.0; 3],
            _ => self.velocity,
        }
    }

    #[must_use]
    pub fn focus(&self) -> f32 {
        self.focusing
    }

    /// What its profile says of it.
    pub(super) fn configuration(second: bool) -> String {
        let name = if second { "PTZ" } else { "PTZConfiguration" };
        format!(
            "<tt:{name} token=\"ptz1\"><tt:Name>p</tt:Name><tt:NodeToken>node1</tt:NodeToken><tt:DefaultContinuousPanTiltVelocitySpace>\
             http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace</tt:DefaultContinuousPanTiltVelocitySpace></tt:{name}>"
        )
    }

    pub(super) fn answer(&mut self, name: &str, tree: &XmlTree, now: SystemTime) -> CameraAnswer {
        let text = |name: &str| tree.find(name).map(|found| found.text().to_owned());
        let is_act = matches!(
            name,
            "ContinuousMove" | "Stop" | "Move" | "GotoPreset" | "OperatePresetTour"
        );
        if is_act {
            self.acts.push(name.to_owned());
        }
        match self.habits.only_watches {
            Some(401) if is_act => return CameraAnswer::Unauthorized,
            Some(_) if is_act => return CameraAnswer::Fault("NotAuthorized", "Sender not Authorized"),
            _ => {}
        }
        let done = || CameraAnswer::Content(String::new());
        match name {
            "GetNode" => CameraAnswer::Content(self.node()),
            "GetConfigurationOptions" => {
                let [least, most] = self.habits.timeouts;
                CameraAnswer::Content(format!(
                    "<tptz:PTZConfigurationOptions><tt:PTZTimeout><tt:Min>{least}</tt:Min><tt:Max>{most}</tt:Max></tt:PTZTimeout>\
                     </tptz:PTZConfigurationOptions>"
                ))
            }
            "GetMoveOptions" => CameraAnswer::Content(
                "<timg:MoveOptions><tt:Continuous><tt:Speed><tt:Min>-7</tt:Min><tt:Max>7</tt:Max></tt:Speed></tt:Continuous></timg:MoveOptions>"
                    .to_owned(),
            ),
            "GetPresets" => {
                let preset = |(token, name): &(&str, &str)| {
                    format!("<tptz:Preset token=\"{token}\"><tt:Name>{name}</tt:Name></tptz:Preset>")
                };
                CameraAnswer::Content(self.habits.presets.iter().map(preset).collect())
            }
            "GetPresetTours" => {
                let tour = |token: &&str| {
                    let state = if self.tour.as_deref() == Some(*token) { "Touring" } else { "Idle" };
                    format!(
                        "<tptz:PresetTour token=\"{token}\"><tt:Name>Night {token}</tt:Name><tt:Status><tt:State>{state}</tt:State></tt:Status>\
                         </tptz:PresetTour>"
                    )
                };
                CameraAnswer::Content(self.habits.tours.iter().map(tour).collect())
            }
            "ContinuousMove" => self.move_on(tree, text("Timeout"), now),
            "Stop" if text("VideoSourceToken").is_some() => {
                self.focusing = 0.0;
                done()
            }
            "Stop" => match self.habits.refuses_stop {
                Some(code) => CameraAnswer::Fault(code, "no"),
                None => {
                    if !self.habits.ignores_stop {
                        self.velocity = [0.0; 3];
                    }
                    done()
                }
            },
            "Move" => {
                self.focusing = text("Speed").and_then(|speed| speed.parse().ok()).unwrap_or(0.0);
                done()
            }
            "GotoPreset" => {
                self.preset = text("PresetToken");
                done()
            }
            "OperatePresetTour" => {
                self.tour = text("PresetTourToken").filter(|_| text("Operation").as_deref() == Some("Start"));
                done()
            }
            _ => CameraAnswer::Fault("ActionNotSupported", "Optional Action Not Implemented"),
        }
    }

    fn move_on(&mut self, tree: &XmlTree, timeout: Option<String>, now: SystemTime) -> CameraAnswer {
        let speed = |name: &str, axis: &str| -> f32 {
            let value = tree.find(name).and_then(|found| found.attribute(axis)?.parse().ok());
            value.unwrap_or(0.0)
        };
        let velocity = [speed("PanTilt", "x"), speed("PanTilt", "y"), speed("Zoom", "x")];
        self.moves.push((velocity, timeout.clone().unwrap_or_default()));
        if self.habits.refuses_timeout && timeout.is_some() {
            return CameraAnswer::Fault("InvalidArgVal", "Timeout");
        }
        if self.habits.refuses_zero && velocity == [0.0; 3] {
            return CameraAnswer::Fault("InvalidVelocity", "no");
        }
        if self.habits.silent_diagonal && velocity[0] != 0.0 && velocity[1] != 0.0 {
            return CameraAnswer::Silence;
        }
        let seconds = timeout.and_then(|text| text.strip_prefix("PT")?.strip_suffix('S')?.parse().ok());
        self.velocity = velocity;
        self.until = seconds
            .filter(|_| !self.habits.ignores_timeout)
            .map(|seconds| now + Duration::from_secs(seconds));
        CameraAnswer::Content("<tptz:ContinuousMoveResponse/>".to_owned())
    }

    fn node(&self) -> String {
        let space = |name: &str, uri: &str, ranges: &str| {
            format!(
                "<tt:{name}><tt:URI>http://www.onvif.org/ver10/tptz/{uri}/VelocityGenericSpace</tt:URI>{ranges}</tt:{name}>"
            )
        };
        let range = |name: &str| format!("<tt:{name}><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:{name}>");
        let turns = space(
            "ContinuousPanTiltVelocitySpace",
            "PanTiltSpaces",
            &(range("XRange") + &range("YRange")),
        );
        let zooms = space("ContinuousZoomVelocitySpace", "ZoomSpaces", &range("XRange"));
        format!(
            "<tptz:PTZNode token=\"node1\"><tt:SupportedPTZSpaces>{turns}{zooms}</tt:SupportedPTZSpaces><tt:Extension><tt:SupportedPresetTour>\
             <tt:MaximumNumberOfPresetTours>{}</tt:MaximumNumberOfPresetTours></tt:SupportedPresetTour></tt:Extension></tptz:PTZNode>",
            self.habits.tours.len()
        )
    }
}
