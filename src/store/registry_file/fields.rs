//! The keys and values of each kind of record, in file order.

use toml_edit::{Array, Value};

use device::{Carrier, ChannelPaths, Device, EventSource, MediaTransport, Paths, Site, VirtualDvr, VirtualDvrMember};

/// Every key of a record that this program knows, in file order; `None`: the key is left out.
pub(super) type RecordFields = Vec<(&'static str, Option<Value>)>;

pub(super) fn site(site: &Site) -> RecordFields {
    let work: Array = site.about.work.iter().map(ToString::to_string).collect();
    vec![
        ("id", Some(site.id.to_string().into())),
        ("name", Some(site.name.as_str().into())),
        ("note", text(&site.about.note)),
        ("contact", text(&site.about.contact)),
        ("page", site.about.page.as_ref().map(|page| page.to_string().into())),
        ("feed", site.about.feed.as_ref().map(|feed| feed.to_string().into())),
        ("planned-work", (!site.about.work.is_empty()).then(|| work.into())),
    ]
}

/// A text that is left out where it is empty.
fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| text.into())
}

pub(super) fn device(device: &Device) -> RecordFields {
    let mut listed = (None, None, None);
    let (brand, main, sub) = match &device.paths {
        Paths::Brand(id) => (Some(id.0.as_str().into()), None, None),
        Paths::Own { main, sub } => (
            None,
            Some(main.as_str().into()),
            sub.as_ref().map(|sub| sub.as_str().into()),
        ),
        Paths::Listed(paths) => {
            let main: Array = paths.iter().map(|paths| paths.main.as_str()).collect();
            let sub = |paths: &ChannelPaths| paths.sub.as_ref().map_or(String::new(), ToString::to_string);
            let sub: Array = paths.iter().map(sub).collect();
            let steered: Array = paths
                .iter()
                .map(|paths| paths.ptz.as_deref().unwrap_or_default())
                .collect();
            let can_any = paths.iter().any(|paths| paths.ptz.is_some());
            listed = (Some(main.into()), Some(sub.into()), can_any.then(|| steered.into()));
            (None, None, None)
        }
    };
    let named = device
        .channels
        .iter()
        .rposition(|channel| !channel.name.is_empty())
        .map_or(0, |last| last + 1);
    let names: Array = device.channels[..named]
        .iter()
        .map(|channel| channel.name.as_str())
        .collect();
    let carrier = match device.carrier {
        Carrier::Rtsp => "rtsp",
        Carrier::Rtsps => "rtsps",
    };
    let identity = &device.identity;
    let others: Array = device.roads.others.iter().map(ToString::to_string).collect();
    let pinned = device.roads.pinned.and_then(|road| i64::try_from(road).ok());
    let transport = Some(device.transport).filter(|transport| *transport != MediaTransport::Automatic);
    let events = Some(device.events).filter(|events| *events != EventSource::Automatic);
    vec![
        ("id", Some(device.id.to_string().into())),
        ("site", Some(device.site.to_string().into())),
        ("name", Some(device.name.as_str().into())),
        ("brand", brand),
        ("main-path", main),
        ("sub-path", sub),
        ("main-paths", listed.0),
        ("sub-paths", listed.1),
        ("ptz-profiles", listed.2),
        ("host", Some(device.host.to_string().into())),
        ("port", Some(i64::from(device.port).into())),
        ("other-addresses", (!others.is_empty()).then(|| others.into())),
        ("pinned-address", pinned.map(Value::from)),
        ("carrier", Some(carrier.into())),
        ("transport", transport.map(|transport| transport.as_str().into())),
        ("onvif", device.onvif.as_ref().map(|place| place.to_string().into())),
        ("events", events.map(|events| events.as_str().into())),
        ("user", Some(device.user.as_str().into())),
        ("password-revision", Some(i64::from(device.password_revision).into())),
        (
            "channels",
            Some(i64::try_from(device.channels.len()).unwrap_or(1).into()),
        ),
        ("channel-names", (named > 0).then(|| names.into())),
        ("enabled", Some(device.enabled.into())),
        ("endpoint", identity.endpoint.as_deref().map(Value::from)),
        ("serial", identity.serial.as_deref().map(Value::from)),
        ("mac", identity.mac.map(|mac| mac.to_string().into())),
        ("unconfirmed", device.unconfirmed.then(|| true.into())),
    ]
}

pub(super) fn virtual_dvr(dvr: &VirtualDvr) -> RecordFields {
    let channel = |member: &VirtualDvrMember| format!("{}/{}", member.channel.device, member.channel.number);
    let channels: Array = dvr.members.iter().map(channel).collect();
    let labels: Array = dvr.members.iter().map(|member| member.label.as_str()).collect();
    let has_labels = dvr.members.iter().any(|member| !member.label.is_empty());
    vec![
        ("id", Some(dvr.id.to_string().into())),
        ("name", Some(dvr.name.as_str().into())),
        ("layout", (!dvr.layout.is_empty()).then(|| dvr.layout.as_str().into())),
        ("channels", Some(channels.into())),
        ("labels", has_labels.then(|| labels.into())),
    ]
}
