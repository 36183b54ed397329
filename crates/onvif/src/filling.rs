//! From what a device offers to the draft of a device.

use device::{Carrier, Draft, DraftPaths, OnvifPlace};

use super::address::StreamPlace;
use super::enquiry::EnquiryResult;
use super::media::{OfferedChannel, OfferedStream};

/// Takes the channels of a device into a draft: their number, names and paths, and the port where none but the usual one was typed, for
/// a router may forward another one than the device knows of. A channel of which the device told no stream is left out. Returns how many
/// channels there are; with none the draft stays as it is.
pub fn fill(draft: &mut Draft, result: &EnquiryResult, place: &OnvifPlace) -> usize {
    let channels: Vec<(&OfferedChannel, Streams<'_>)> = result
        .channels
        .iter()
        .filter_map(|channel| Some((channel, Streams::of(channel)?)))
        .take(device::MAX_CHANNELS)
        .collect();
    let Some((_, first)) = channels.first() else { return 0 };
    let usual = [Draft::RTSP_PORT, Draft::RTSPS_PORT].map(|port| port.to_string());
    let typed = draft.port.trim();
    if typed.is_empty() || usual.iter().any(|port| port == typed) {
        let carrier = if first.main.secure {
            Carrier::Rtsps
        } else {
            Carrier::Rtsp
        };
        draft.port = first.main.port.unwrap_or(carrier.default_port()).to_string();
        draft.carrier = carrier;
    }
    draft.brand = None;
    (draft.main_path, draft.sub_path) = (String::new(), String::new());
    draft.listed = channels
        .iter()
        .map(|(channel, streams)| streams.paths(channel))
        .collect();
    draft.channels = channels.len().to_string();
    draft.channel_names = channels.iter().map(|(channel, _)| channel.name.clone()).collect();
    draft.onvif = Some(place.clone());
    if draft.name.trim().is_empty() {
        draft.name = match result.identity.model.as_str() {
            "" => draft.host.chars().take(Draft::MAX_NAME).collect(),
            model => model.to_owned(),
        };
    }
    channels.len()
}

struct Streams<'a> {
    main: &'a StreamPlace,
    sub: Option<&'a StreamPlace>,
}

impl<'a> Streams<'a> {
    /// Where only one of the two is known it serves both.
    fn of(channel: &'a OfferedChannel) -> Option<Self> {
        let main = place(&channel.main);
        let sub = channel.sub.as_ref().and_then(place);
        Some(Self {
            main: main.or(sub)?,
            sub: sub.filter(|sub| main.is_some_and(|main| main.target != sub.target)),
        })
    }

    fn paths(&self, channel: &OfferedChannel) -> DraftPaths {
        // A brace would be taken for a placeholder.
        let path = |place: &StreamPlace| place.target.replace('{', "%7B").replace('}', "%7D");
        DraftPaths {
            main: path(self.main),
            sub: self.sub.map(path).unwrap_or_default(),
            ptz: channel.ptz.clone().unwrap_or_default(),
        }
    }
}

fn place(stream: &OfferedStream) -> Option<&StreamPlace> {
    stream.place.as_ref()?.as_ref().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::DeviceIdentity;

    fn stream(target: Option<&str>, port: Option<u16>) -> OfferedStream {
        let place = target.map(|target| StreamPlace {
            port,
            secure: false,
            target: target.to_owned(),
        });
        OfferedStream {
            token: String::new(),
            codec: String::new(),
            width: 0,
            height: 0,
            place: Some(place.ok_or_else(|| "no".to_owned())),
        }
    }

    fn result(channels: &[(&str, Option<&str>, Option<&str>)]) -> EnquiryResult {
        let channel = |(name, main, sub): &(&str, Option<&str>, Option<&str>)| OfferedChannel {
            name: (*name).to_owned(),
            main: stream(*main, Some(10_554)),
            sub: Some(stream(*sub, Some(10_554))),
            ptz: (*name == "Gate").then(|| "main3".to_owned()),
        };
        EnquiryResult {
            identity: DeviceIdentity {
                model: "NVR-64".to_owned(),
                ..DeviceIdentity::default()
            },
            channels: channels.iter().map(channel).collect(),
            ..EnquiryResult::default()
        }
    }

    #[test]
    fn channels_become_paths_names_and_a_port() {
        let found = result(&[
            ("Door", Some("/a?{x}"), Some("/b")),
            ("", None, None),
            ("Gate", None, Some("/d")),
            ("", Some("/e"), Some("/e")),
        ]);
        let mut draft = Draft::new();
        assert_eq!(fill(&mut draft, &found, &OnvifPlace::at(8_080)), 3);
        let paths: Vec<(&str, &str)> = draft
            .listed
            .iter()
            .map(|paths| (paths.main.as_str(), paths.sub.as_str()))
            .collect();
        assert_eq!(paths, [("/a?%7Bx%7D", "/b"), ("/d", ""), ("/e", "")]);
        assert_eq!(draft.channel_names, ["Door", "Gate", ""]);
        let steered: Vec<&str> = draft.listed.iter().map(|paths| paths.ptz.as_str()).collect();
        assert_eq!(steered, ["", "main3", ""]);
        assert_eq!(
            (draft.port.as_str(), draft.name.as_str(), draft.channels.as_str()),
            ("10554", "NVR-64", "3")
        );
        assert!(draft.has_listed_paths());
        // A port that a person typed is the one of the router.
        let mut typed = Draft {
            port: "8554".to_owned(),
            name: "Shop".to_owned(),
            ..Draft::new()
        };
        fill(&mut typed, &found, &OnvifPlace::default());
        assert_eq!((typed.port.as_str(), typed.name.as_str()), ("8554", "Shop"));
    }

    #[test]
    fn a_device_without_streams_changes_nothing() {
        let mut draft = Draft::new();
        assert_eq!(
            fill(&mut draft, &result(&[("Door", None, None)]), &OnvifPlace::default()),
            0
        );
        assert!(draft == Draft::new());
    }
}
