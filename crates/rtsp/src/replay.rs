//! Recorded pictures: how they are asked for, and what the recorder says of them (RFC 2326 §10.5, §10.6, §12.29, §12.34; ONVIF Streaming
//! Specification, Replay).

use std::fmt::Write as _;
use std::time::Duration;

/// What makes a session one of recorded pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub way: ReplayWay,
    /// Where it begins.
    pub order: ReplayOrder,
}

/// How the recorder is told which time is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReplayWay {
    /// `Require: onvif-replay` and `Range: clock=`: a device that knows no replay refuses (551) instead of playing something else.
    #[default]
    Onvif,
    /// `Range: clock=` alone.
    Clock,
    /// `Range: npt=`: seconds from the beginning of the recording.
    Npt,
    /// In the request path: another time is asked by TEARDOWN and DESCRIBE on the same connection.
    Path,
}

/// What is to be played, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayOrder {
    /// `None`: from where it is.
    pub from: Option<ReplayStart>,
    /// How many times as fast; negative backwards.
    pub scale: f64,
    /// Key frames alone (`Frames: intra`).
    pub only_keys: bool,
    /// As fast as it is read, instead of in its own time (`Rate-Control: no`).
    pub at_once: bool,
    /// Nothing is to come before the next order.
    pub paused: bool,
    /// Of who orders: [`ReplayEvent::Begins`] repeats it.
    pub tag: u64,
}

/// The time that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayStart {
    /// UTC by the recorder's clock, such as `20261128T130000.000Z` (RFC 2326 §3.7).
    Clock(String),
    /// Since the beginning of the recording.
    Npt(Duration),
    /// The request path that names it, for [`ReplayWay::Path`].
    Path(String),
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplayEvent {
    /// What comes from here on is of the order that went out now.
    Begins { tag: u64 },
    /// The recorder took it, and says so much of it.
    Answered(ReplayAnswer),
    /// The recorder did not take it. What played before is paused.
    Refused { why: ReplayRefusal, detail: String },
    /// It sends nothing before the next order.
    Paused,
    /// The recording goes no further.
    Ended,
}

/// What the answer to PLAY says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplayAnswer {
    /// The header `Range` as it came: what the recorder means to play.
    pub range: Option<String>,
    /// How fast, where it says so: `Scale`, or `Speed` where that says something else than 1.
    pub scale: Option<f64>,
    /// The time of RTP at which it begins (`RTP-Info`).
    pub rtp_time: Option<u32>,
}

/// Why a recorder does not play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplayRefusal {
    /// Nothing is recorded there (457), or not under this path (404).
    NoRecording,
    /// It has no playback left (453, 486, 503).
    Full,
    /// It knows no replay (551, 501), or not this one.
    Unknown,
    Other,
}

impl Default for ReplayOrder {
    fn default() -> Self {
        Self {
            from: None,
            scale: 1.0,
            only_keys: false,
            at_once: false,
            paused: false,
            tag: 0,
        }
    }
}

impl ReplayOrder {
    /// From there, as fast as it was.
    #[must_use]
    pub fn from(start: ReplayStart) -> Self {
        Self {
            from: Some(start),
            ..Self::default()
        }
    }

    /// The headers of PLAY beside those of every request.
    pub(crate) fn headers(&self, way: ReplayWay) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if way == ReplayWay::Onvif {
            headers.push(("Require", REQUIRE.to_owned()));
        }
        match &self.from {
            Some(ReplayStart::Clock(clock)) => headers.push(("Range", format!("clock={clock}-"))),
            Some(ReplayStart::Npt(at)) => headers.push(("Range", format!("npt={:.3}-", at.as_secs_f64()))),
            Some(ReplayStart::Path(_)) => headers.push(("Range", "npt=0.000-".to_owned())),
            None => {}
        }
        if way == ReplayWay::Onvif {
            let rate_control = if self.at_once { "no" } else { "yes" };
            headers.push(("Rate-Control", rate_control.to_owned()));
            if self.from.is_some() {
                headers.push(("Immediate", "yes".to_owned()));
            }
        }
        if self.only_keys && way != ReplayWay::Path {
            headers.push(("Frames", "intra".to_owned()));
        }
        // Without rate control the scale says the direction alone (ONVIF Streaming Specification, Rate-Control).
        let scale = if self.at_once { self.scale.signum() } else { self.scale };
        if (scale - 1.0).abs() > f64::EPSILON {
            let mut written = String::new();
            write!(written, "{scale:.3}").ok();
            headers.push(("Scale", written));
        }
        headers
    }
}

/// What a device has to know that is asked so.
pub(crate) const REQUIRE: &str = "onvif-replay";

impl ReplayRefusal {
    pub(crate) fn of(status: u16) -> Self {
        match status {
            404 | 410 | 457 => Self::NoRecording,
            453 | 486 | 503 => Self::Full,
            405 | 501 | 551 => Self::Unknown,
            _ => Self::Other,
        }
    }
}

impl ReplayAnswer {
    /// From the headers of a reply.
    pub(crate) fn read(head: &crate::Head) -> Self {
        let number = |name| {
            head.header(name)?
                .trim()
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
        };
        let is_other = |speed: &f64| (*speed - 1.0).abs() > f64::EPSILON;
        let rtp_time = head.header("RTP-Info").and_then(|info| {
            let first = info.split(',').next()?;
            let time = first.split(';').find_map(|part| part.trim().strip_prefix("rtptime="))?;
            crate::message::leading_number(time)
        });
        Self {
            range: head.header("Range").map(|range| range.chars().take(200).collect()),
            scale: number("Speed").filter(is_other).or_else(|| number("Scale")),
            rtp_time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(order: &ReplayOrder, way: ReplayWay) -> Vec<String> {
        let headers = order.headers(way);
        headers
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect()
    }

    #[test]
    fn each_way_says_the_time_in_its_own_words() {
        let clock = ReplayOrder::from(ReplayStart::Clock("20261128T130000.000Z".into()));
        assert_eq!(
            lines(&clock, ReplayWay::Onvif),
            [
                "Require: onvif-replay",
                "Range: clock=20261128T130000.000Z-",
                "Rate-Control: yes",
                "Immediate: yes"
            ]
        );
        assert_eq!(lines(&clock, ReplayWay::Clock), ["Range: clock=20261128T130000.000Z-"]);
        let npt = ReplayOrder {
            scale: -2.0,
            only_keys: true,
            ..ReplayOrder::from(ReplayStart::Npt(Duration::from_millis(61_500)))
        };
        assert_eq!(
            lines(&npt, ReplayWay::Npt),
            ["Range: npt=61.500-", "Frames: intra", "Scale: -2.000"]
        );
        let path = ReplayOrder {
            scale: 0.125,
            ..ReplayOrder::from(ReplayStart::Path("/x".into()))
        };
        assert_eq!(lines(&path, ReplayWay::Path), ["Range: npt=0.000-", "Scale: 0.125"]);
        // It goes on from where it is.
        assert_eq!(lines(&ReplayOrder::default(), ReplayWay::Clock), Vec::<String>::new());
        let export = ReplayOrder {
            at_once: true,
            scale: 16.0,
            ..clock
        };
        assert!(lines(&export, ReplayWay::Onvif).contains(&"Rate-Control: no".to_owned()));
        assert!(
            !lines(&export, ReplayWay::Onvif)
                .iter()
                .any(|line| line.starts_with("Scale"))
        );
    }

    #[test]
    fn an_answer_is_read_as_recorders_write_it() {
        let read = |text: &str| ReplayAnswer::read(&crate::parse_head(text.as_bytes()).unwrap().0);
        let answer = read(
            "RTSP/1.0 200 OK\r\nRange: clock=20261128T125958Z-\r\nScale: 1.000\r\nSpeed: 4.000\r\n\
             RTP-Info: url=rtsp://x/t1;seq=9;rtptime=4294967295,url=rtsp://x/t2;rtptime=5\r\n\r\n",
        );
        assert_eq!(answer.range.as_deref(), Some("clock=20261128T125958Z-"));
        assert_eq!((answer.scale, answer.rtp_time), (Some(4.0), Some(u32::MAX)));
        let sloppy = read("RTSP/1.0 200 OK\r\nScale: fast\r\nRTP-Info: url=x;rtptime=-\r\n\r\n");
        assert_eq!(sloppy, ReplayAnswer::default());
    }
}
