//! What a person changed, found by comparing: whichever way it was changed, also by another program. Never a password, nor what may hold one.

use device::{Device, Registry, Site, SiteId};
use events::{Happening, Occurrence, Subject};
use settings::{KEYS, Settings, Value, ValueKind};

/// Settings whose value may hold a secret: the path of such an address is one with some services.
const MAY_HOLD_A_SECRET: [&str; 1] = ["webhook"];

/// What was added, changed and removed in the registry.
pub(super) fn of_registry(before: &Registry, after: &Registry) -> Vec<Happening> {
    let mut edits = Vec::new();
    for site in &after.sites {
        match before.site(site.id) {
            None => edits.push(named(Subject::Site(site.id), Occurrence::SiteAdded, &site.name)),
            Some(old) => edits.extend(edited(
                Subject::Site(site.id),
                Occurrence::SiteEdited,
                &of_site(old, site),
            )),
        }
    }
    for device in &after.devices {
        match before.device(device.id) {
            None => edits.push(named(Subject::Device(device.id), Occurrence::DeviceAdded, &device.name)),
            Some(old) => {
                let what = of_device(old, device, before, after);
                edits.extend(edited(Subject::Device(device.id), Occurrence::DeviceEdited, &what));
            }
        }
    }
    for dvr in &after.virtual_dvrs {
        match before.virtual_dvrs.iter().find(|old| old.id == dvr.id) {
            None => edits.push(named(Subject::Computer, Occurrence::VirtualDvrAdded, &dvr.name)),
            Some(old) if old != dvr => {
                let name = changed("name", &old.name, &dvr.name).unwrap_or_else(|| dvr.name.clone());
                edits.push(named(Subject::Computer, Occurrence::VirtualDvrEdited, &name));
            }
            Some(_) => {}
        }
    }
    let gone = before
        .virtual_dvrs
        .iter()
        .filter(|old| after.virtual_dvrs.iter().all(|dvr| dvr.id != old.id));
    edits.extend(gone.map(|old| named(Subject::Computer, Occurrence::VirtualDvrRemoved, &old.name)));
    let gone = before.devices.iter().filter(|old| after.device(old.id).is_none());
    edits.extend(gone.map(|old| named(Subject::Device(old.id), Occurrence::DeviceRemoved, &old.name)));
    let gone = before.sites.iter().filter(|old| after.site(old.id).is_none());
    edits.extend(gone.map(|old| named(Subject::Site(old.id), Occurrence::SiteRemoved, &old.name)));
    edits
}

/// What was changed in the settings, each with its value before and after.
pub(super) fn of_settings(before: &Settings, after: &Settings) -> Vec<Happening> {
    let keys = KEYS.iter().filter(|key| key.get(before) != key.get(after));
    keys.filter_map(|key| {
        let what = if key.name.starts_with("internal-network") {
            Occurrence::PolicyEdited
        } else {
            Occurrence::SettingsEdited
        };
        let said = if key.kind == ValueKind::Secret || MAY_HOLD_A_SECRET.contains(&key.name) {
            Some(key.name.to_owned())
        } else {
            changed(key.name, &shown(&key.get(before)), &shown(&key.get(after)))
        };
        edited(Subject::Computer, what, &[said])
    })
    .collect()
}

/// With some services the path of an address is a secret.
fn of_site(old: &Site, new: &Site) -> Vec<Option<String>> {
    let alone = |field: &str, differs: bool| differs.then(|| field.to_owned());
    let work = |site: &Site| {
        let work: Vec<String> = site.about.work.iter().map(ToString::to_string).collect();
        work.join("; ")
    };
    vec![
        changed("name", &old.name, &new.name),
        changed("note", &old.about.note, &new.about.note),
        changed("contact", &old.about.contact, &new.about.contact),
        alone("page", old.about.page != new.about.page),
        alone("feed", old.about.feed != new.about.feed),
        changed("planned work", &work(old), &work(new)),
    ]
}

/// Paths and addresses of ONVIF may hold a password: that they were changed is all that is said of them.
fn of_device(old: &Device, new: &Device, before: &Registry, after: &Registry) -> Vec<Option<String>> {
    let site = |registry: &Registry, id: SiteId| registry.site(id).map_or_else(String::new, |site| site.name.clone());
    let alone = |field: &str, differs: bool| differs.then(|| field.to_owned());
    let others = |device: &Device| {
        let roads: Vec<String> = device.roads.others.iter().map(ToString::to_string).collect();
        roads.join("; ")
    };
    let pinned = |device: &Device| {
        device
            .roads
            .pinned
            .and_then(|road| device.road_name(road))
            .unwrap_or_default()
    };
    let names = |device: &Device| {
        device
            .channels
            .iter()
            .map(|channel| channel.name.clone())
            .collect::<Vec<_>>()
    };
    vec![
        changed("name", &old.name, &new.name),
        changed("site", &site(before, old.site), &site(after, new.site)),
        changed("host", &old.host.to_string(), &new.host.to_string()),
        changed("port", &old.port.to_string(), &new.port.to_string()),
        changed("other addresses", &others(old), &others(new)),
        changed("pinned address", &pinned(old), &pinned(new)),
        changed("user", &old.user, &new.user),
        alone("password", old.password_revision != new.password_revision),
        changed("enabled", &old.enabled.to_string(), &new.enabled.to_string()),
        changed(
            "channels",
            &old.channels.len().to_string(),
            &new.channels.len().to_string(),
        ),
        alone(
            "channel names",
            old.channels.len() == new.channels.len() && names(old) != names(new),
        ),
        alone("paths", old.paths != new.paths),
        alone("events", old.events != new.events),
        alone(
            "transport",
            old.transport != new.transport || old.carrier != new.carrier,
        ),
    ]
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::List(values) => values.join(", "),
    }
}

fn changed(field: &str, before: &str, after: &str) -> Option<String> {
    (before != after).then(|| format!("{field}: {before} → {after}"))
}

fn named(subject: Subject, what: Occurrence, name: &str) -> Happening {
    Happening::new(subject, what).detail(name).by(&who())
}

fn edited(subject: Subject, what: Occurrence, fields: &[Option<String>]) -> Option<Happening> {
    let fields: Vec<&str> = fields.iter().flatten().map(String::as_str).collect();
    let happening = Happening::new(subject, what).detail(&fields.join(", ")).by(&who());
    Some(happening).filter(|_| !fields.is_empty())
}

/// The user of the system.
pub fn who() -> String {
    let names = ["USER", "USERNAME", "LOGNAME"];
    names
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_else(|| "?".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::endurance::registry;

    fn said(edits: &[Happening]) -> Vec<(&str, &str)> {
        edits
            .iter()
            .map(|edit| (edit.what.word(), edit.detail.as_str()))
            .collect()
    }

    #[test]
    fn what_was_changed_is_said_with_what_it_was_before_and_no_password_is() {
        let before = registry(0);
        let mut after = before.clone();
        assert_eq!(of_registry(&before, &after), []);
        let gone = after.devices.remove(1);
        let device = &mut after.devices[0];
        device.port += 1;
        device.password_revision += 1;
        "renamed".clone_into(&mut device.name);
        let (old, new) = (&before.devices[0], &after.devices[0]);
        let edits = of_registry(&before, &after);
        let fields = format!(
            "name: {} → renamed, port: {} → {}, password",
            old.name, old.port, new.port
        );
        assert_eq!(
            said(&edits),
            [
                ("device-edited", fields.as_str()),
                ("device-removed", gone.name.as_str())
            ]
        );
        assert!(edits.iter().all(|edit| edit.who.is_some()));
        let begun = of_registry(&Registry::default(), &before);
        assert_eq!(begun.len(), before.sites.len() + before.devices.len());
    }

    #[test]
    fn a_setting_is_said_with_both_values_and_the_policy_is_of_security() {
        let before = Settings::default();
        let mut after = before.clone();
        after.show_figures = !before.show_figures;
        after.internal_network_only = !before.internal_network_only;
        after.messengers.webhook = "https://hooks.example.jp/T000/geheim".parse().ok();
        let edits = of_settings(&before, &after);
        let words: Vec<&str> = edits.iter().map(|edit| edit.what.word()).collect();
        assert!(
            words.contains(&"settings-edited") && words.contains(&"policy-edited"),
            "{words:?}"
        );
        let policy = said(&edits).into_iter().find(|(word, _)| *word == "policy-edited");
        assert_eq!(
            policy.map(|(_, detail)| detail),
            Some("internal-network-only: false → true")
        );
        assert!(said(&edits).contains(&("settings-edited", "webhook")), "{edits:?}");
    }
}
