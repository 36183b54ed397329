//! What a topic means, and which datum tells whether it begins or ends (ONVIF Core §9, `http://www.onvif.org/ver10/topics`, and what makers add).

use incidents::IncidentKind;

/// What is made of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// With a state, or over at once where it says none.
    Kind(IncidentKind),
    /// Not by a yes or no: it is wrong while this datum is one of these words.
    Word(IncidentKind, &'static [&'static str]),
    /// Figures that come again and again, and tell nothing that happened.
    Ignored,
}

/// The topic without its prefixes and without what some devices hang behind it.
pub(super) fn plain(topic: &str) -> String {
    let parts = topic.trim().trim_end_matches(['/', '.']).split('/');
    let parts = parts.map(|part| part.rsplit(':').next().unwrap_or_default());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// `topic`: as [`plain`] makes it.
pub(super) fn meaning(topic: &str) -> Meaning {
    use IncidentKind as Kind;
    let small = topic.to_ascii_lowercase();
    let last = small.rsplit('/').next().unwrap_or_default();
    let under = |root: &str| small.starts_with(root);
    let has = |words: &[&str]| words.iter().any(|word| last.contains(word));
    if under("monitoring/processorusage")
        || under("monitoring/operatingtime") && last != "lastreboot"
        || under("monitoring/heartbeat")
    {
        return Meaning::Ignored;
    }
    if under("recordingconfig/jobstate") {
        return Meaning::Word(Kind::RecordingFailure, &["error"]);
    }
    Meaning::Kind(match () {
        () if under("videosource/motionalarm") => Kind::Motion,
        () if under("videosource/signalloss") || under("videosource/connectionfailed") => Kind::VideoLoss,
        () if [
            "globalscenechange",
            "imagetoodark",
            "imagetooblurry",
            "imagetoobright",
            "impairedvisibility",
        ]
        .iter()
        .any(|word| small.contains(word)) =>
        {
            Kind::Tamper
        }
        () if under("ruleengine/linedetector") || has(&["linecross", "linedetect"]) => Kind::LineCrossing,
        () if under("ruleengine/fielddetector") || has(&["intrusion", "objectsinside"]) => Kind::Intrusion,
        () if under("ruleengine/tamperdetector") || has(&["tamper"]) => Kind::Tamper,
        () if has(&[
            "people", "human", "vehicle", "face", "dogcat", "pet", "visitor", "package",
        ]) =>
        {
            Kind::Object
        }
        () if has(&["motion"]) || under("ruleengine/motionregiondetector") => Kind::Motion,
        () if under("audioanalytics") || under("audiosource") || has(&["sound", "audio"]) => Kind::Sound,
        () if under("device/trigger/relay") => Kind::RelayOutput,
        () if under("device/trigger") => Kind::AlarmInput,
        () if small.contains("storagefailure") => Kind::StorageFailure,
        () if under("device/hardwarefailure") || under("monitoring/environmentalconditions") => Kind::HardwareFailure,
        () if under("monitoring/linkstatus") || has(&["networklost", "ipconflict"]) => Kind::Network,
        () if last == "lastreboot" || under("device/operationmode") => Kind::Restart,
        () if under("device/securitypolicy") || has(&["authfailed"]) => Kind::SignInFailure,
        () => Kind::Other,
    })
}

/// The names of data that say yes or no. Others count where they say `true` or `false`.
pub(super) const STATES: &[&str] = &[
    "State",
    "LogicalState",
    "IsMotion",
    "IsTamper",
    "IsInside",
    "IsPeople",
    "IsVehicle",
    "IsLineCross",
    "IsIntrusion",
    "IsTPSmartEvent",
    "Failed",
    "Active",
    "Value",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_known_whatever_hangs_around_them() {
        use IncidentKind as Kind;
        for (topic, kind) in [
            ("tns1:VideoSource/MotionAlarm", Kind::Motion),
            ("tns1:RuleEngine/CellMotionDetector/Motion//.", Kind::Motion),
            ("tns1:RuleEngine/CellMotionDetector/Motion/", Kind::Motion),
            ("tns1:RuleEngine/MotionRegionDetector/Motion", Kind::Motion),
            ("tns1:VideoSource/SignalLoss", Kind::VideoLoss),
            ("tns1:VideoSource/ConnectionFailed", Kind::VideoLoss),
            ("tns1:VideoSource/GlobalSceneChange/ImagingService", Kind::Tamper),
            ("tns1:VideoSource/ImageTooDark/AnalyticsService", Kind::Tamper),
            ("tns1:RuleEngine/TamperDetector/Tamper", Kind::Tamper),
            ("tns1:RuleEngine/FieldDetector/ObjectsInside", Kind::Intrusion),
            ("tns1:RuleEngine/LineDetector/Crossed", Kind::LineCrossing),
            ("tns1:RuleEngine/MyRuleDetector/PeopleDetect", Kind::Object),
            ("tns1:RuleEngine/CellMotionDetector/People", Kind::Object),
            ("tns1:RuleEngine/CellMotionDetector/LineCross", Kind::LineCrossing),
            ("tns1:RuleEngine/CellMotionDetector/Intrusion", Kind::Intrusion),
            ("tns1:UserAlarm/IVA/HumanShapeDetect", Kind::Object),
            ("tns1:Device/Trigger/tnshik:AlarmIn", Kind::AlarmInput),
            ("tns1:Device/Trigger/DigitalInput", Kind::AlarmInput),
            ("tns1:Device/Trigger/Relay", Kind::RelayOutput),
            ("tns1:Device/HardwareFailure/StorageFailure", Kind::StorageFailure),
            ("tns1:Device/HardwareFailure/FanFailure", Kind::HardwareFailure),
            ("tns1:Monitoring/OperatingTime/LastReboot", Kind::Restart),
            ("tns1:Device/SecurityPolicy/AuthFailed", Kind::SignInFailure),
            ("tnsmaker:Strange/Thing", Kind::Other),
        ] {
            assert_eq!(meaning(&plain(topic)), Meaning::Kind(kind), "{topic}");
        }
        assert_eq!(meaning(&plain("tns1:Monitoring/ProcessorUsage")), Meaning::Ignored);
        assert_eq!(plain("tns1:RuleEngine/tnsajax:x//."), "RuleEngine/x");
    }
}
