//! Why there is no picture: what is asked for, and the traces of the last attempts that were diagnosed.

use super::clock::Clock;
use ::trace::Trace;
use device::{
    Brands, ChannelId, DeviceEdit, DeviceId, Draft, DraftError, Host, OnvifPlace, Registry, SelectError, StreamId,
    StreamKind,
};

/// The number of a trace. The screen chooses it and never uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub u64);

/// The request to diagnose.
#[derive(Clone, Debug)]
pub struct DiagnoseRequest {
    pub id: TraceId,
    pub target: DiagnoseTarget,
}

/// What is diagnosed.
#[derive(Clone, Debug)]
pub enum DiagnoseTarget {
    /// A registered device, at whichever stream of it fails.
    Device(DeviceId),
    /// A stream of a registered device.
    Stream(StreamId),
    /// A host that is not registered, at this stream: once by RTSP, and once by ONVIF where the draft says where.
    Draft(Box<DeviceEdit>, StreamId),
}

/// A trace, under way or over.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceShown {
    pub id: TraceId,
    /// When it began.
    pub clock: Clock,
    pub trace: Trace,
}

/// Why nothing can be diagnosed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetFault {
    /// Several devices are called so; each of these texts means one of them.
    Ambiguous(Vec<String>),
    Draft(Vec<DraftError>),
}

impl DiagnoseTarget {
    /// What a person means who types the name of a device, its host, or a host that is not registered, with a port or as a whole address.
    ///
    /// # Errors
    /// [`TargetFault`], where it is none of them.
    pub fn typed(text: &str, registry: &Registry, brands: &Brands) -> Result<Self, TargetFault> {
        let text = text.trim();
        match registry.select(text) {
            Ok(device) => return Ok(Self::Device(device.id)),
            Err(SelectError::Ambiguous { candidates, .. }) => return Err(TargetFault::Ambiguous(candidates)),
            Err(SelectError::Unknown(_)) => {}
        }
        let draft = draft_at(text).map_err(|error| TargetFault::Draft(vec![error]))?;
        let host = draft.host.trim().parse::<Host>().ok();
        let at_host: Vec<_> = registry
            .devices
            .iter()
            .filter(|device| Some(&device.host) == host.as_ref())
            .collect();
        let with_port = |text: &str| !text.is_empty() && text != draft.host;
        if let [device] = at_host[..]
            && !with_port(text)
        {
            return Ok(Self::Device(device.id));
        }
        let draft = Draft {
            site: draft.host.clone(),
            name: draft.host.clone(),
            onvif: Some(OnvifPlace::default()),
            ..draft
        };
        // Nothing of it is saved, so that no name is taken by another device.
        let edit = draft
            .parse(&Registry::default(), brands, None)
            .map_err(TargetFault::Draft)?;
        let channel = ChannelId {
            device: edit.device.id,
            number: 1,
        };
        let kind = StreamKind::Main;
        Ok(Self::Draft(Box::new(edit), StreamId { channel, kind }))
    }
}

fn draft_at(text: &str) -> Result<Draft, DraftError> {
    if Draft::is_url(text) {
        return Draft::from_url(text);
    }
    let empty = Draft::new();
    // An IPv6 address has colons of its own, and brackets where a port follows.
    let port = text
        .rsplit_once(':')
        .filter(|(host, _)| host.ends_with(']') || !host.contains(':'));
    let (host, port) = port.map_or((text, empty.port.as_str()), |(host, port)| (host, port));
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    Ok(Draft {
        host: host.to_owned(),
        port: port.to_owned(),
        ..empty
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use device::{Brand, BrandId, sample};

    #[test]
    fn a_name_a_host_and_an_address_are_told_apart() {
        let mut device = sample::device(7, "Front", 1);
        device.host = "192.168.0.20".parse().unwrap();
        let registry = sample::registry(&[device]);
        let brands = Brands::new(vec![Brand {
            id: BrandId("hikvision".to_owned()),
            names: vec!["Hikvision".to_owned()],
            main: "/Streaming/Channels/{ch}01".parse().ok(),
            sub: None,
            port: 554,
            notes: BTreeMap::new(),
            events: None,
            playback: None,
        }]);
        let typed = |text: &str| DiagnoseTarget::typed(text, &registry, &brands);
        for text in ["front", " Front ", "192.168.0.20"] {
            assert!(matches!(typed(text), Ok(DiagnoseTarget::Device(DeviceId(7)))), "{text}");
        }
        for (text, host, port) in [
            ("192.168.0.21", "192.168.0.21", 554),
            ("192.168.0.20:8554", "192.168.0.20", 8_554),
            ("dvr.example.jp:10554", "dvr.example.jp", 10_554),
            ("[fd00::9]:8554", "fd00::9", 8_554),
            ("rtsp://192.168.0.22:555/ch1", "192.168.0.22", 555),
        ] {
            let Ok(DiagnoseTarget::Draft(edit, _)) = typed(text) else {
                panic!("{text}");
            };
            assert_eq!((edit.device.host.to_string().as_str(), edit.device.port), (host, port));
            assert!(edit.device.onvif.is_some());
        }
        for wrong in ["", "no host!", "192.168.0.21:x"] {
            assert!(matches!(typed(wrong), Err(TargetFault::Draft(_))), "{wrong}");
        }
    }
}
