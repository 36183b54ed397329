//! What parts of an `alertStream` say (`EventNotificationAlert`), in XML or JSON, under any of its namespaces.

use std::time::Duration;

use incidents::{IncidentKind, IncidentState, text_of, unix_time};
use onvif::{XmlLimits, XmlTree};

use super::said::{Report, Said};

/// An event is said again each second while it lasts, and its end never: so it is over so long after it was said last.
const ENDS: Duration = Duration::from_secs(5);

/// The same of what is said more seldom.
const ENDS_SLOWLY: Duration = Duration::from_secs(30);

/// The paths, in the order in which they are tried: old firmware knows the second one alone.
pub(super) const PATHS: &[&str] = &[
    "/ISAPI/Event/notification/alertStream",
    "/Event/notification/alertStream",
];

pub(super) const ENDS_WITH: &[u8] = b"</EventNotificationAlert>";

/// What a part says; `None`: nothing that is understood.
pub(super) fn read(body: &[u8]) -> Option<Said> {
    let fields = match body.first() {
        Some(b'{') => Fields::Json(String::from_utf8_lossy(body).into_owned()),
        _ => Fields::Xml(XmlTree::read(body, XmlLimits::DATAGRAM).ok()?),
    };
    let wrapped = fields.get("eventType")?;
    // A wrapper says how long something lasts that has a name of its own.
    let related = fields
        .get("relationEvent")
        .filter(|_| wrapped.eq_ignore_ascii_case("duration"));
    let name = text_of(&related.unwrap_or(wrapped));
    if name.is_empty() {
        return None;
    }
    let small = name.to_ascii_lowercase();
    let is_active = fields
        .get("eventState")
        .is_none_or(|state| !state.eq_ignore_ascii_case("inactive"));
    let is_sign_of_life = small == "heartbeat" || small == "videoloss" && !is_active;
    if is_sign_of_life {
        return Some(Said::Heartbeat);
    }
    let kind = kind(&small);
    let number = |name: &str| fields.get(name)?.parse::<u16>().ok().filter(|number| *number > 0);
    let channel = number("channelID").or_else(|| number("dynChannelID"));
    let input = fields.get("inputIOPortID").or_else(|| fields.get("portID"));
    let is_quick = matches!(
        kind,
        IncidentKind::Motion
            | IncidentKind::LineCrossing
            | IncidentKind::Intrusion
            | IncidentKind::Object
            | IncidentKind::Tamper
    );
    let state = match (is_active, kind) {
        (true, IncidentKind::SignInFailure) => IncidentState::Moment,
        (true, _) => IncidentState::Begin,
        (false, _) => IncidentState::End,
    };
    Some(Said::Report(Report {
        kind,
        state,
        channel,
        detail: input.map(|input| text_of(&input)).unwrap_or_default(),
        device_time: fields.get("dateTime").and_then(|time| unix_time(&time)),
        ends_after: (state == IncidentState::Begin).then_some(if is_quick { ENDS } else { ENDS_SLOWLY }),
        name,
    }))
}

fn kind(small: &str) -> IncidentKind {
    use IncidentKind as Kind;
    match small {
        "vmd" | "motion" | "motiondetection" | "pir" => Kind::Motion,
        "videoloss" => Kind::VideoLoss,
        "shelteralarm" | "tamperdetection" | "tamper" | "defocus" | "scenechangedetection" | "badvideo" => Kind::Tamper,
        "linedetection" => Kind::LineCrossing,
        "fielddetection" | "regionentrance" | "regionexiting" | "loitering" => Kind::Intrusion,
        "facedetection" | "facesnap" | "vehicledetection" | "anpr" | "peopledetection" | "unattendedbaggage"
        | "attendedbaggage" => Kind::Object,
        "audioexception" | "audiodetection" => Kind::Sound,
        "io" | "alarmlocal" => Kind::AlarmInput,
        "diskfull" => Kind::StorageFull,
        "diskerror" | "raidexception" | "hddbadblock" => Kind::StorageFailure,
        "recordingfailure" | "recordexception" => Kind::RecordingFailure,
        "nicbroken" | "ipconflict" | "ipcconflict" => Kind::Network,
        "illaccess" => Kind::SignInFailure,
        "highhddtemperature" | "fanabnormal" | "hightemperature" => Kind::HardwareFailure,
        _ => Kind::Other,
    }
}

enum Fields {
    Xml(XmlTree),
    Json(String),
}

impl Fields {
    fn get(&self, name: &str) -> Option<String> {
        let value = match self {
            Self::Xml(tree) => tree.find(name)?.text().to_owned(),
            Self::Json(text) => json_value(text, name)?,
        };
        Some(value).filter(|value| !value.is_empty())
    }
}

/// The first text or number of this name, at whatever depth.
fn json_value(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(str::to_owned),
        None => {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.');
            rest.get(..end.unwrap_or(rest.len())).map(str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(kind: &str, state: &str, more: &str) -> String {
        format!(
            "<EventNotificationAlert version=\"1.0\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"><ipAddress>10.0.0.5</ipAddress>\
             <dateTime>2026-11-29T21:40:00+09:00</dateTime><activePostCount>1</activePostCount><eventType>{kind}</eventType>\
             <eventState>{state}</eventState>{more}</EventNotificationAlert>"
        )
    }

    fn report(text: &str) -> Report {
        match read(text.as_bytes()) {
            Some(Said::Report(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn events_are_known_whatever_their_spelling() {
        use IncidentKind as Kind;
        for (kind, expected) in [
            ("VMD", Kind::Motion),
            ("vmd", Kind::Motion),
            ("videoloss", Kind::VideoLoss),
            ("shelteralarm", Kind::Tamper),
            ("tamperdetection", Kind::Tamper),
            ("fielddetection", Kind::Intrusion),
            ("linedetection", Kind::LineCrossing),
            ("regionEntrance", Kind::Intrusion),
            ("io", Kind::AlarmInput),
            ("IO", Kind::AlarmInput),
            ("diskfull", Kind::StorageFull),
            ("diskerror", Kind::StorageFailure),
            ("nicbroken", Kind::Network),
            ("ipconflict", Kind::Network),
            ("illaccess", Kind::SignInFailure),
            ("recordingfailure", Kind::RecordingFailure),
            ("somethingNew", Kind::Other),
        ] {
            let report = report(&alert(kind, "active", ""));
            assert_eq!((report.kind, report.name.as_str()), (expected, kind), "{kind}");
        }
        let wrapped = report(&alert(
            "duration",
            "active",
            "<DurationList><Duration><relationEvent>linedetection</relationEvent></Duration></DurationList>",
        ));
        assert_eq!(
            (wrapped.kind, wrapped.name.as_str()),
            (Kind::LineCrossing, "linedetection")
        );
    }

    #[test]
    fn the_loss_of_a_picture_is_only_what_is_active() {
        assert_eq!(
            read(alert("videoloss", "inactive", "<channelID>1</channelID>").as_bytes()),
            Some(Said::Heartbeat)
        );
        let lost = report(&alert("videoloss", "active", "<channelID>3</channelID>"));
        assert_eq!(
            (lost.state, lost.channel, lost.ends_after),
            (IncidentState::Begin, Some(3), Some(ENDS_SLOWLY))
        );
    }

    #[test]
    fn channels_and_times_are_taken_where_they_can_be() {
        let one = |more: &str| report(&alert("VMD", "active", more));
        assert_eq!(one("<channelID>2</channelID>").channel, Some(2));
        assert_eq!(one("<dynChannelID>4</dynChannelID>").channel, Some(4));
        for none in [
            "<channelID>0</channelID>",
            "<channelID></channelID>",
            "",
            "<channelID>x</channelID>",
        ] {
            assert_eq!(one(none).channel, None, "{none}");
        }
        assert_eq!(one("").device_time, Some(1_795_956_000));
        let odd = alert("VMD", "active", "").replace("2026-11-29T21:40:00+09:00", "2024-01-22T11:47:0500:00");
        assert_eq!(report(&odd).device_time, None);
        assert_eq!(report(&alert("VMD", "inactive", "")).state, IncidentState::End);
    }

    #[test]
    fn json_is_read_and_junk_is_not() {
        let report = report(
            r#"{"ipAddress":"10.0.0.5","channelID": 5,"dateTime":"2026-11-29T12:40:00Z","eventType": "VMD","eventState":"active"}"#,
        );
        assert_eq!(
            (report.kind, report.channel, report.device_time),
            (IncidentKind::Motion, Some(5), Some(1_795_956_000))
        );
        for junk in [
            "",
            "{",
            "{\"eventType\"",
            "<a/>",
            "<eventType/>",
            "\u{1f600}",
            "{\"eventType\":}",
        ] {
            assert_eq!(read(junk.as_bytes()), None, "{junk}");
        }
        assert!(
            read(b"<EventNotificationAlert><eventType>VMD</eventType><eve").is_some(),
            "it was cut off"
        );
    }
}
