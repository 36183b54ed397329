//! What parts of an `attach` say: `Code=VideoMotion;action=Start;index=0;data={…}`.

use std::time::Duration;

use incidents::{IncidentKind, IncidentState, text_of};

use super::said::{Report, Said};

/// An end is said. That one was lost must not last for ever.
const ENDS: Duration = Duration::from_secs(3_600);

/// A heartbeat is asked for as often as this.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);

/// Asked for by name, for all of them flood.
pub(super) fn path() -> String {
    format!(
        "/cgi-bin/eventManager.cgi?action=attach&codes=[VideoMotion,VideoLoss,VideoBlind,AlarmLocal,CrossLineDetection,CrossRegionDetection,\
         StorageFailure,StorageLowSpace,StorageNotExist,LoginFailure,NetAbort,IPConflict]&heartbeat={}",
        HEARTBEAT.as_secs()
    )
}

/// What a part says; `None`: nothing that is understood.
pub(super) fn read(body: &[u8]) -> Option<Said> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.eq_ignore_ascii_case("heartbeat") {
        return Some(Said::Heartbeat);
    }
    // The data hold semicolons and equals signs of their own.
    let (head, _) = text.split_once(";data=").unwrap_or((text, ""));
    let field = |name: &str| {
        let mut fields = head.split([';', '\n']).filter_map(|field| field.split_once('='));
        fields.find_map(|(of, value)| of.trim().eq_ignore_ascii_case(name).then(|| value.trim()))
    };
    let name = text_of(field("Code")?);
    if name.is_empty() {
        return None;
    }
    let state = match field("action").unwrap_or_default().to_ascii_lowercase().as_str() {
        "start" | "appear" => IncidentState::Begin,
        "stop" | "disappear" => IncidentState::End,
        _ => IncidentState::Moment,
    };
    let kind = kind(&name);
    let index = field("index").and_then(|index| index.parse::<u16>().ok());
    let is_camera = kind.is_of_camera() && kind != IncidentKind::Other;
    Some(Said::Report(Report {
        kind,
        state,
        channel: index.filter(|_| is_camera).and_then(|index| index.checked_add(1)),
        // Of an input or a disk.
        detail: match (is_camera, index) {
            (false, Some(index)) => (u32::from(index) + 1).to_string(),
            _ => String::new(),
        },
        device_time: None,
        ends_after: (state == IncidentState::Begin && kind != IncidentKind::VideoLoss && is_camera).then_some(ENDS),
        name,
    }))
}

fn kind(code: &str) -> IncidentKind {
    use IncidentKind as Kind;
    match code {
        "VideoMotion" | "SmartMotion" => Kind::Motion,
        "VideoLoss" => Kind::VideoLoss,
        "VideoBlind" | "VideoAbnormalDetection" | "VideoUnFocus" | "SceneChange" => Kind::Tamper,
        "CrossLineDetection" => Kind::LineCrossing,
        "CrossRegionDetection" | "LeftDetection" | "TakenAwayDetection" => Kind::Intrusion,
        "SmartMotionHuman" | "SmartMotionVehicle" | "FaceDetection" | "HumanTrait" => Kind::Object,
        "AudioMutation" | "AudioAnomaly" => Kind::Sound,
        "AlarmLocal" | "AlarmInput" => Kind::AlarmInput,
        "StorageLowSpace" => Kind::StorageFull,
        "StorageFailure" | "StorageNotExist" => Kind::StorageFailure,
        "LoginFailure" => Kind::SignInFailure,
        "NetAbort" | "IPConflict" | "MACConflict" => Kind::Network,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        match read(text.as_bytes()) {
            Some(Said::Report(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_read_before_its_data() {
        let text = "Code=VideoMotion;action=Start;index=0;data={\n  \"Id\" : [ 0 ],\n \"Name\" : \"a;index=7;action=Stop\"\n}\n";
        let motion = report(text);
        assert_eq!(
            (motion.kind, motion.state, motion.channel),
            (IncidentKind::Motion, IncidentState::Begin, Some(1))
        );
        let stop = report("Code=VideoMotion;action=Stop;index=15");
        assert_eq!(
            (stop.state, stop.channel, stop.ends_after),
            (IncidentState::End, Some(16), None)
        );
        let pulse = report("Code=CrossLineDetection; action=Pulse; index=2");
        assert_eq!(
            (pulse.kind, pulse.state, pulse.channel),
            (IncidentKind::LineCrossing, IncidentState::Moment, Some(3))
        );
    }

    #[test]
    fn inputs_and_disks_are_no_channels_and_the_unknown_keeps_its_name() {
        let input = report("Code=AlarmLocal;action=Start;index=3");
        assert_eq!(
            (input.kind, input.channel, input.detail.as_str()),
            (IncidentKind::AlarmInput, None, "4")
        );
        let disk = report("Code=StorageFailure;action=Start;index=0");
        assert_eq!((disk.kind, disk.channel), (IncidentKind::StorageFailure, None));
        let odd = report("Code=NewThing;action=Pulse;index=1");
        assert_eq!(
            (odd.kind, odd.name.as_str(), odd.channel),
            (IncidentKind::Other, "NewThing", None)
        );
        assert_eq!(report("Code=VideoLoss;action=Start;index=65535").channel, None);
    }

    #[test]
    fn heartbeats_are_known_and_junk_is_not() {
        assert_eq!(read(b" Heartbeat\r\n"), Some(Said::Heartbeat));
        for junk in [
            "",
            "Code",
            "Code=;action=Start",
            ";data={}",
            "Error\r\nBad Request",
            "\u{fffd}",
        ] {
            assert_eq!(read(junk.as_bytes()), None, "{junk}");
        }
    }
}
