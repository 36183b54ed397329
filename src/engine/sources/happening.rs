//! What a device tells, as an event of the log.

use device::{ChannelId, DeviceId};
use events::{Category, Happening, Occurrence, Severity, Subject, WallTime};
use incidents::{Incident, IncidentKind, IncidentState};

/// The event that it is; `None`: nothing that anybody would want to read, such as how things stood before anybody listened.
pub(in crate::engine) fn happening(device: DeviceId, incident: &Incident) -> Option<Happening> {
    // Nothing has happened: it is so, and lasts.
    if !incident.is_news && incident.state != IncidentState::Begin {
        return None;
    }
    let subject = match incident.channel {
        Some(number) => Subject::Channel(ChannelId { device, number }),
        None => Subject::Device(device),
    };
    let happening = match occurrence(incident) {
        Some(occurrence) => Happening::new(subject, occurrence),
        None => {
            let (category, severity) = own(incident.kind);
            Happening::own(subject, &incident.name, category, severity)
        }
    };
    let happening = match incident.state {
        IncidentState::Begin => happening.begins_for(incident.ends_after),
        IncidentState::End => happening.ends(),
        IncidentState::Moment => happening,
    };
    let time = incident.device_time.and_then(|seconds| u64::try_from(seconds).ok());
    let time = time.map(|seconds| WallTime(seconds.saturating_mul(1_000)));
    Some(happening.by_device_time(time).detail(&incident.detail))
}

/// The word of the log for it, where there is one.
fn occurrence(incident: &Incident) -> Option<Occurrence> {
    let name = incident.name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Some(match incident.kind {
        IncidentKind::Motion => Occurrence::Motion,
        IncidentKind::LineCrossing => Occurrence::LineCrossing,
        IncidentKind::Intrusion if has(&["entrance", "enter"]) => Occurrence::RegionEntered,
        IncidentKind::Intrusion if has(&["exiting", "exit"]) => Occurrence::RegionLeft,
        IncidentKind::Intrusion => Occurrence::Intrusion,
        IncidentKind::Object if has(&["vehicle", "anpr"]) => Occurrence::Vehicle,
        IncidentKind::Object if has(&["face"]) => Occurrence::Face,
        IncidentKind::Object if has(&["dogcat", "pet", "animal"]) => Occurrence::Animal,
        IncidentKind::Object if has(&["package", "baggage"]) => Occurrence::Package,
        IncidentKind::Object if has(&["visitor"]) => Occurrence::Visitor,
        IncidentKind::Object => Occurrence::Person,
        IncidentKind::VideoLoss => Occurrence::VideoLoss,
        IncidentKind::Tamper => Occurrence::Tamper,
        IncidentKind::Sound => Occurrence::Sound,
        IncidentKind::AlarmInput => Occurrence::Input,
        IncidentKind::RelayOutput => Occurrence::Output,
        IncidentKind::StorageFull => Occurrence::StorageFull,
        IncidentKind::StorageFailure if has(&["notexist"]) => Occurrence::StorageMissing,
        IncidentKind::StorageFailure => Occurrence::StorageFailure,
        IncidentKind::RecordingFailure => Occurrence::RecordingStopped,
        IncidentKind::HardwareFailure if has(&["fan"]) => Occurrence::FanFailure,
        IncidentKind::HardwareFailure if has(&["power"]) => Occurrence::PowerFailure,
        IncidentKind::HardwareFailure if has(&["temperature", "overheat"]) => Occurrence::Overheated,
        IncidentKind::SignInFailure => Occurrence::SignInFailed,
        IncidentKind::Network if has(&["conflict"]) => Occurrence::AddressConflict,
        IncidentKind::Network => Occurrence::LinkLost,
        IncidentKind::Restart => Occurrence::Restarted,
        IncidentKind::HardwareFailure | IncidentKind::Other => return None,
    })
}

fn own(kind: IncidentKind) -> (Category, Severity) {
    match kind {
        IncidentKind::HardwareFailure => (Category::Device, Severity::Warning),
        _ => (Category::Device, Severity::Info),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use events::{Phase, What};

    fn incident(kind: IncidentKind, name: &str, state: IncidentState) -> Incident {
        Incident {
            kind,
            state,
            channel: None,
            name: name.to_owned(),
            detail: "2".to_owned(),
            device_time: Some(1_795_956_000),
            is_news: true,
            ends_after: Some(Duration::from_secs(30)),
        }
    }

    #[test]
    fn what_begins_ends_and_is_over_at_once_is_told_so_with_the_time_of_the_device() {
        let device = DeviceId(1);
        let motion = incident(IncidentKind::Motion, "VideoMotion", IncidentState::Begin);
        let begun = happening(
            device,
            &Incident {
                channel: Some(3),
                ..motion.clone()
            },
        )
        .unwrap();
        assert_eq!(begun.subject, Subject::Channel(ChannelId { device, number: 3 }));
        assert_eq!(
            begun.phase,
            Phase::Begin {
                ends_after: Some(Duration::from_secs(30))
            }
        );
        assert_eq!(begun.device_time, Some(WallTime(1_795_956_000_000)));
        let over = happening(
            device,
            &Incident {
                state: IncidentState::End,
                ..motion
            },
        )
        .unwrap();
        assert_eq!(
            (over.subject, over.phase, &over.what),
            (Subject::Device(device), Phase::End, &begun.what)
        );
        let line = incident(IncidentKind::LineCrossing, "linedetection", IncidentState::Moment);
        assert_eq!(happening(device, &line).unwrap().phase, Phase::Moment);
    }

    #[test]
    fn words_of_the_log_are_found_and_the_unknown_keeps_its_name() {
        let what = |kind, name: &str| {
            happening(DeviceId(1), &incident(kind, name, IncidentState::Begin))
                .unwrap()
                .what
        };
        for (kind, name, occurrence) in [
            (IncidentKind::Object, "vehicledetection", Occurrence::Vehicle),
            (
                IncidentKind::Object,
                "RuleEngine/MyRuleDetector/PeopleDetect",
                Occurrence::Person,
            ),
            (IncidentKind::Intrusion, "regionEntrance", Occurrence::RegionEntered),
            (
                IncidentKind::StorageFailure,
                "StorageNotExist",
                Occurrence::StorageMissing,
            ),
            (IncidentKind::Network, "ipconflict", Occurrence::AddressConflict),
            (
                IncidentKind::HardwareFailure,
                "Device/HardwareFailure/FanFailure",
                Occurrence::FanFailure,
            ),
        ] {
            assert_eq!(what(kind, name), What::Known(occurrence), "{name}");
        }
        let What::Own { name, category, .. } = what(IncidentKind::Other, "Odd/Thing") else {
            panic!("it has no word");
        };
        assert_eq!((name.as_str(), category), ("Odd/Thing", Category::Device));
    }
}
