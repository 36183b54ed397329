//! The numbered steps that bring older files to the current version.
//!
//! A step is never edited again once it was released. It uses nothing of the rooms, only TOML and what stands in this file,
//! so that later changes of the program cannot change what it does.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Key, Table, value};

use super::format::FileFormat;

pub(super) const DEVICES: FileFormat = FileFormat {
    steps: &[devices_v0_to_v1],
};
pub(super) const SETTINGS: FileFormat = FileFormat {
    steps: &[settings_v0_to_v1],
};
pub(super) const VIEWS: FileFormat = FileFormat {
    steps: &[views_v0_to_v1],
};
pub(super) const TRUST: FileFormat = FileFormat {
    steps: &[trust_v0_to_v1],
};
pub(super) const HABITS: FileFormat = FileFormat {
    steps: &[habits_v0_to_v1],
};
pub(super) const HEALTH: FileFormat = FileFormat {
    steps: &[health_v0_to_v1],
};
pub(super) const FEEDS: FileFormat = FileFormat {
    steps: &[feeds_v0_to_v1],
};
pub(super) const EVENTS: FileFormat = FileFormat {
    steps: &[events_v0_to_v1],
};
pub(super) const SECRETS: FileFormat = FileFormat {
    steps: &[secrets_v0_to_v1],
};

/// Version 0 lacks the number of the version only.
fn trust_v0_to_v1(_: &mut DocumentMut) {}

/// Version 0 lacks the number of the version only.
fn habits_v0_to_v1(_: &mut DocumentMut) {}

/// Version 0 lacks the number of the version only.
fn health_v0_to_v1(_: &mut DocumentMut) {}

/// Version 0 lacks the number of the version only.
fn feeds_v0_to_v1(_: &mut DocumentMut) {}

/// Version 0 lacks the number of the version only.
fn views_v0_to_v1(_: &mut DocumentMut) {}

/// Version 0 is written by hand: it has no `version`, sites and devices may lack an `id`, devices name their site
/// instead of giving its id, and a site needs no record of its own.
fn devices_v0_to_v1(toml: &mut DocumentMut) {
    let mut sites = Vec::new();
    if let Some(tables) = toml.get_mut("site").and_then(Item::as_array_of_tables_mut) {
        for site in tables.iter_mut() {
            give_id(site, "site");
            sites.extend(text(site, "name").zip(text(site, "id")));
        }
    }
    let mut new_sites = Vec::new();
    if let Some(tables) = toml.get_mut("device").and_then(Item::as_array_of_tables_mut) {
        for device in tables.iter_mut() {
            give_id(device, "device");
            let Some(site) = text(device, "site") else { continue };
            if sites.iter().any(|(_, id)| *id == site) {
                continue;
            }
            let known = sites.iter().find(|(name, _)| *name == site).map(|(_, id)| id.clone());
            let id = known.unwrap_or_else(|| {
                let id = id_of("site", &site);
                sites.push((site.clone(), id.clone()));
                new_sites.push((site, id.clone()));
                id
            });
            if let Some(value) = device.get_mut("site").and_then(Item::as_value_mut) {
                let decor = value.decor().clone();
                *value = id.into();
                *value.decor_mut() = decor;
            }
        }
    }
    let sites = toml
        .entry("site")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(tables) = sites.as_array_of_tables_mut() {
        for (name, id) in new_sites {
            let mut site = Table::new();
            site.insert("id", value(id));
            site.insert("name", value(name));
            tables.push(site);
        }
    }
}

/// Version 0 had underscores where names have hyphens.
fn settings_v0_to_v1(toml: &mut DocumentMut) {
    let old: Vec<String> = toml
        .iter()
        .filter(|(key, _)| key.contains('_'))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in old {
        let new = key.replace('_', "-");
        if toml.contains_key(&new) {
            continue;
        }
        if let Some((key, item)) = toml.remove_entry(&key) {
            let new = Key::new(new).with_leaf_decor(key.leaf_decor().clone());
            toml.insert_formatted(&new, item);
        }
    }
}

/// There was no version 0 of this file.
fn events_v0_to_v1(_toml: &mut DocumentMut) {}

/// There was no version 0 of this file.
fn secrets_v0_to_v1(_toml: &mut DocumentMut) {}

fn give_id(table: &mut Table, kind: &str) {
    if let (None, Some(name)) = (table.get("id"), text(table, "name")) {
        table.insert("id", value(id_of(kind, &name)));
    }
}

/// An id made from a name. The same name gives the same id, because the file may be read many times before it is
/// written.
fn id_of(kind: &str, name: &str) -> String {
    // FNV-1a, 64 bits.
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let id = kind
        .bytes()
        .chain([b':'])
        .chain(name.bytes())
        .fold(0xcbf2_9ce4_8422_2325, hash);
    format!("{id:016x}")
}

fn text(table: &Table, key: &str) -> Option<String> {
    table.get(key).and_then(Item::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(step: fn(&mut DocumentMut), before: &str, after: &str) {
        let mut toml: DocumentMut = before.parse().unwrap();
        step(&mut toml);
        assert_eq!(toml.to_string(), after);
    }

    #[test]
    fn devices_written_by_hand_get_ids_and_sites() {
        check(
            devices_v0_to_v1,
            "[[site]]\nname = \"Tokyo\"\n[[device]]\nname = \"A\"\nsite = \"Tokyo\" # here\nhost = \"10.0.0.1\"\n[[device]]\n\
             name = \"B\"\nsite = \"Osaka\"\nid = \"00000000000000ff\"\n",
            "[[site]]\nname = \"Tokyo\"\nid = \"31f70fce3b9a6122\"\n\n[[site]]\nid = \"33b23b5ef16d8999\"\nname = \"Osaka\"\n[[device]]\n\
             name = \"A\"\nsite = \"31f70fce3b9a6122\" # here\nhost = \"10.0.0.1\"\nid = \"2718dd450799e4be\"\n[[device]]\n\
             name = \"B\"\nsite = \"33b23b5ef16d8999\"\nid = \"00000000000000ff\"\n",
        );
    }

    #[test]
    fn settings_lose_their_underscores() {
        check(
            settings_v0_to_v1,
            "# mine\nshow_figures = true # yes\ntheme = \"dark\"\nstart_at_login = 1\nstart-at-login = false\n",
            "theme = \"dark\"\nstart_at_login = 1\nstart-at-login = false\n# mine\nshow-figures = true # yes\n",
        );
    }
}
