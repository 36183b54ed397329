//! `devices.toml`: one `[[site]]`, `[[device]]` and `[[virtual-dvr]]` record each, in display order.

mod fields;
mod reader;
mod site_about;
mod virtual_dvr;

use std::collections::{HashMap, HashSet};

use toml_edit::{ArrayOfTables, Item, Table, Value};

use super::document::Document;
use super::format::{self, Parsed};
use super::load::LoadProblem;
use super::migrate;
use super::records::{self, set};
use device::{
    BrandId, Brands, Carrier, Channel, ChannelPaths, Device, DeviceId, Draft, EventSource, Host, Identity,
    MAX_CHANNELS, MediaTransport, OnvifPlace, Paths, Registry, Roads, Site, SiteId, Template, VirtualDvrId, folded,
};
use fields::RecordFields;
use reader::{RegistryReader, name, required};
use virtual_dvr::VIRTUAL_DVR;

/// The content of a document. The `rows` hold the id of each record in file order, so that a later write finds it;
/// `None` is a record that is not understood and stays as it is.
pub(super) struct ReadRegistry {
    pub registry: Registry,
    pub problems: Vec<LoadProblem>,
    site_rows: Vec<Option<SiteId>>,
    device_rows: Vec<Option<DeviceId>>,
    virtual_rows: Vec<Option<VirtualDvrId>>,
}

pub(super) fn read(table: &Table) -> ReadRegistry {
    let mut reader = RegistryReader::default();
    let site_rows = reader.records(table, "site", site);
    let device_rows = reader.records(table, "device", device);
    let virtual_rows = reader.records(table, VIRTUAL_DVR, virtual_dvr::read);
    ReadRegistry {
        registry: reader.registry,
        problems: reader.problems,
        site_rows,
        device_rows,
        virtual_rows,
    }
}

/// Makes the records of `document` those of `registry`. Only what differs from what the document says is touched.
pub(super) fn write(document: &mut Document, registry: &Registry) {
    write_table(document.table_mut(), registry);
}

/// The registry that a text holds, with what was wrong with it.
#[must_use]
pub fn from_text(text: &str) -> (Registry, Vec<LoadProblem>) {
    let Parsed { toml, .. } = format::parse(text, &migrate::DEVICES);
    let read = read(toml.as_table());
    (read.registry, read.problems)
}

/// `text` changed so that it holds `registry`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, registry: &Registry) -> Option<String> {
    let Parsed { mut toml, fault: None } = format::parse(text, &migrate::DEVICES) else {
        return None;
    };
    write_table(toml.as_table_mut(), registry);
    Some(toml.to_string())
}

/// Warns of devices whose brand is not in the table.
pub(super) fn check_brands(registry: &Registry, brands: &Brands) -> Vec<LoadProblem> {
    warnings(registry, |device| match &device.paths {
        Paths::Brand(id) if brands.get(id).is_none() => Some(format!(
            "the brand '{id}' is not known; choose another one for this device"
        )),
        _ => None,
    })
}

/// Warns of devices whose path holds a password in clear: earlier versions did not know every name of one.
pub(super) fn check_secrets(registry: &Registry) -> Vec<LoadProblem> {
    warnings(registry, |device| {
        let message = "its path holds a password in clear; edit the device and write {pass} in its place";
        device.has_secret_in_path().then(|| message.to_owned())
    })
}

fn warnings(registry: &Registry, wrong: impl Fn(&Device) -> Option<String>) -> Vec<LoadProblem> {
    let with_message = |device| wrong(device).map(|message| (device, message));
    let (devices, messages): (Vec<&Device>, Vec<String>) = registry.devices.iter().filter_map(with_message).unzip();
    let labels = registry.labels_of(&devices).into_iter();
    let warning = |(label, message)| LoadProblem::Warning {
        at: format!("device '{label}'"),
        message,
    };
    labels.zip(messages).map(warning).collect()
}

fn write_table(table: &mut Table, registry: &Registry) {
    let before = read(table);
    let sites_before: HashMap<_, _> = before.registry.sites.iter().map(|site| (site.id, site)).collect();
    let devices_before: HashMap<_, _> = before
        .registry
        .devices
        .iter()
        .map(|device| (device.id, device))
        .collect();
    let sites = registry.sites.iter().map(|now| {
        let was = sites_before.get(&now.id).copied().map(fields::site);
        (now.id, was, fields::site(now))
    });
    write_records(table, "site", &before.site_rows, sites.collect());
    let devices = registry.devices.iter().map(|now| {
        let was = devices_before.get(&now.id).copied().map(fields::device);
        (now.id, was, fields::device(now))
    });
    write_records(table, "device", &before.device_rows, devices.collect());
    let virtual_dvrs = registry.virtual_dvrs.iter().map(|now| {
        let was = before.registry.virtual_dvr(now.id).map(fields::virtual_dvr);
        (now.id, was, fields::virtual_dvr(now))
    });
    write_records(table, VIRTUAL_DVR, &before.virtual_rows, virtual_dvrs.collect());
}

// Reading ----------------------------------------------------------------------------------------------------------------------

fn site(reader: &mut RegistryReader, at: &str, row: &Table) -> Result<SiteId, String> {
    let id = required(row, "id")?
        .parse::<SiteId>()
        .map_err(|error| format!("id: {error}"))?;
    let name = name(&required(row, "name")?)?;
    if reader.site_ids.contains(&id) {
        return Err(format!("another site has the id '{id}'"));
    }
    let looks = folded(&name);
    if let Some(same) = reader.sites_by_name.get(&looks) {
        // Its devices stand in the one that is seen.
        reader.same_sites.insert(id, *same);
        return Err(format!("another site has the name '{name}'"));
    }
    reader.site_ids.insert(id);
    reader.sites_by_name.insert(looks, id);
    let about = site_about::read(reader, at, row);
    reader.registry.sites.push(Site { id, name, about });
    Ok(id)
}

fn device(reader: &mut RegistryReader, at: &str, row: &Table) -> Result<DeviceId, String> {
    let id = required(row, "id")?
        .parse::<DeviceId>()
        .map_err(|error| format!("id: {error}"))?;
    if reader.device_ids.contains(&id) {
        return Err(format!("another device has the id '{id}'"));
    }
    let own_name = name(&required(row, "name")?)?;
    let host = required(row, "host")?
        .parse::<Host>()
        .map_err(|error| format!("host: {error}"))?;
    let paths = paths(reader, at, row)?;
    let site = site_of(reader, at, row);
    let device = Device {
        id,
        site,
        name: free_name(reader, at, site, own_name),
        paths,
        host,
        port: reader
            .number(at, row, "port", 1, u16::MAX.into(), Draft::RTSP_PORT.into())
            .try_into()
            .unwrap_or(Draft::RTSP_PORT),
        roads: Roads::default(),
        carrier: carrier(reader, at, row),
        transport: transport(reader, at, row),
        onvif: onvif(reader, at, row),
        events: events(reader, at, row),
        user: reader.text(at, row, "user"),
        password_revision: reader
            .number(at, row, "password-revision", 0, u32::MAX.into(), 0)
            .try_into()
            .unwrap_or(0),
        channels: channels(reader, at, row),
        enabled: reader.bool(at, row, "enabled", true),
        identity: identity(reader, at, row),
        unconfirmed: reader.bool(at, row, "unconfirmed", false),
    };
    let roads = roads(reader, at, row, device.port);
    let device = Device { roads, ..device };
    reader.device_ids.insert(id);
    reader.registry.devices.push(device);
    Ok(id)
}

fn paths(reader: &mut RegistryReader, at: &str, row: &Table) -> Result<Paths, String> {
    match row.get("brand").map(Item::as_str) {
        Some(Some(brand)) if !brand.is_empty() => return Ok(Paths::Brand(BrandId(brand.to_owned()))),
        Some(_) => reader.warn(&format!("{at}.brand"), "is not the name of a brand"),
        None => {}
    }
    if row.get("main-paths").is_some() {
        return listed(row);
    }
    let main = match row.get("main-path") {
        None => return Err("has neither brand nor main-path".to_owned()),
        Some(item) => item.as_str().ok_or("main-path: is not a text")?,
    };
    let main = main
        .parse::<Template>()
        .map_err(|error| format!("main-path: {error}"))?;
    let sub = match row
        .get("sub-path")
        .map(|item| item.as_str().map(str::parse::<Template>))
    {
        None => None,
        Some(Some(Ok(sub))) => Some(sub),
        Some(Some(Err(error))) => {
            reader.warn(&format!("{at}.sub-path"), error.to_string());
            None
        }
        Some(None) => {
            reader.warn(&format!("{at}.sub-path"), "is not a text");
            None
        }
    };
    Ok(Paths::Own { main, sub })
}

/// What the device told of each channel. A path that is none makes the whole list none, for the others would move up.
fn listed(row: &Table) -> Result<Paths, String> {
    let texts = |key: &str| -> Vec<&str> {
        let list = row.get(key).and_then(Item::as_array).into_iter().flatten();
        list.map(|item| item.as_str().unwrap_or_default()).collect()
    };
    let (mains, mut subs, mut steered) = (texts("main-paths"), texts("sub-paths"), texts("ptz-profiles"));
    subs.resize(mains.len(), "");
    steered.resize(mains.len(), "");
    let path = |key: &str, text: &str| text.parse::<Template>().map_err(|error| format!("{key}: {error}"));
    let rows = mains.iter().zip(&subs).zip(&steered).take(MAX_CHANNELS);
    let each = rows.map(|((main, sub), ptz)| {
        let sub = Some(*sub).filter(|sub| !sub.is_empty());
        let ptz = Some(*ptz).filter(|token| !token.is_empty());
        Ok(ChannelPaths {
            main: path("main-paths", main)?,
            sub: sub.map(|sub| path("sub-paths", sub)).transpose()?,
            ptz: ptz.map(str::to_owned),
        })
    });
    let each = each.collect::<Result<Vec<_>, String>>()?;
    if each.is_empty() {
        return Err("main-paths: is empty".to_owned());
    }
    Ok(Paths::Listed(each))
}

/// Its other addresses. One that is none is left out, with a warning: the device is reached by the others.
fn roads(reader: &mut RegistryReader, at: &str, row: &Table, port: u16) -> Roads {
    let mut roads = Roads::default();
    let texts = row.get("other-addresses").and_then(Item::as_array);
    for item in texts.into_iter().flatten() {
        let road = item.as_str().and_then(|text| device::road_of(text, port));
        match road.filter(|_| roads.others.len() < Roads::MOST) {
            Some(road) => roads.others.push(road),
            None => reader.warn(
                &format!("{at}.other-addresses"),
                "one of them is no address, or one too many",
            ),
        }
    }
    let pinned = row.get("pinned-address").and_then(Item::as_integer);
    let pinned = pinned.and_then(|pinned| usize::try_from(pinned).ok());
    roads.pinned = pinned.filter(|pinned| *pinned < roads.count() && roads.count() > 1);
    roads
}

fn onvif(reader: &mut RegistryReader, at: &str, row: &Table) -> Option<OnvifPlace> {
    let text = row.get("onvif")?.as_str().unwrap_or_default();
    match text.parse() {
        Ok(place) => Some(place),
        Err(error) => {
            reader.warn(&format!("{at}.onvif"), format!("{error}"));
            None
        }
    }
}

/// What the device is known by. A part that is none is left out, with a warning: the device is used all the same.
fn identity(reader: &mut RegistryReader, at: &str, row: &Table) -> Identity {
    let [endpoint, serial, mac] = ["endpoint", "serial", "mac"].map(|key| reader.text(at, row, key));
    let identity = Identity::new(Some(&endpoint), Some(&serial), mac.parse().ok());
    let parts = [
        ("endpoint", &endpoint, identity.endpoint.is_some()),
        ("serial", &serial, identity.serial.is_some()),
        ("mac", &mac, identity.mac.is_some()),
    ];
    for (key, _, _) in parts.iter().filter(|(_, text, taken)| !text.is_empty() && !taken) {
        reader.warn(&format!("{at}.{key}"), "is nothing that one device alone is known by");
    }
    identity
}

/// The device's site. A site that does not exist is made, so that the device can be used.
fn site_of(reader: &mut RegistryReader, at: &str, row: &Table) -> SiteId {
    let text = row.get("site").and_then(Item::as_str).unwrap_or_default();
    let id = text.parse::<SiteId>().ok();
    if let Some(id) = id.filter(|id| reader.site_ids.contains(id)) {
        return id;
    }
    if let Some(same) = id.and_then(|id| reader.same_sites.get(&id)) {
        return *same;
    }
    reader.warn(
        &format!("{at}.site"),
        "is not the id of a site; the device is put into the site 'Default'",
    );
    if let Some(site) = reader.sites_by_name.get(&folded(DEFAULT_SITE)) {
        return *site;
    }
    let id = id.unwrap_or(SiteId(DEFAULT_SITE_ID));
    reader.site_ids.insert(id);
    reader.sites_by_name.insert(folded(DEFAULT_SITE), id);
    reader.registry.sites.push(Site::new(id, DEFAULT_SITE.to_owned()));
    id
}

fn free_name(reader: &mut RegistryReader, at: &str, site: SiteId, name: String) -> String {
    let free = reader.device_names.take(site, &name);
    if free == name {
        return name;
    }
    reader.warn(
        &format!("{at}.name"),
        format!("another device of this site has the name '{name}'; this one is called '{free}'"),
    );
    free
}

fn carrier(reader: &mut RegistryReader, at: &str, row: &Table) -> Carrier {
    match row.get("carrier").map(Item::as_str) {
        None | Some(Some("rtsp")) => Carrier::Rtsp,
        Some(Some("rtsps")) => Carrier::Rtsps,
        Some(_) => {
            reader.warn(
                &format!("{at}.carrier"),
                "is neither 'rtsp' nor 'rtsps'; 'rtsp' is used",
            );
            Carrier::Rtsp
        }
    }
}

fn transport(reader: &mut RegistryReader, at: &str, row: &Table) -> MediaTransport {
    let Some(item) = row.get("transport") else {
        return MediaTransport::Automatic;
    };
    item.as_str().and_then(MediaTransport::from_word).unwrap_or_else(|| {
        reader.warn(
            &format!("{at}.transport"),
            "is none of 'automatic', 'tcp', 'udp' and 'multicast'; 'automatic' is used",
        );
        MediaTransport::Automatic
    })
}

fn events(reader: &mut RegistryReader, at: &str, row: &Table) -> EventSource {
    let Some(item) = row.get("events") else {
        return EventSource::Automatic;
    };
    item.as_str().and_then(EventSource::from_word).unwrap_or_else(|| {
        reader.warn(
            &format!("{at}.events"),
            "is none of 'automatic', 'off', 'onvif', 'hikvision' and 'dahua'; 'off' is used",
        );
        EventSource::Off
    })
}

fn channels(reader: &mut RegistryReader, at: &str, row: &Table) -> Vec<Channel> {
    let mut names = reader.names(at, row, "channel-names");
    let most = i64::try_from(MAX_CHANNELS).unwrap_or(i64::MAX);
    let named = i64::try_from(names.len()).unwrap_or(most).clamp(1, most);
    let count = usize::try_from(reader.number(at, row, "channels", 1, most, named)).unwrap_or(1);
    names.resize(count, String::new());
    names.into_iter().map(|name| Channel { name }).collect()
}

const DEFAULT_SITE: &str = "Default";
const DEFAULT_SITE_ID: u64 = 1;

// Writing ----------------------------------------------------------------------------------------------------------------------

/// Rewrites the records of one kind. `rows`: the ids of the records in file order. `wanted`: the records to write, each
/// with its former fields (if any) and its new ones.
fn write_records<Id: Copy + Eq + std::hash::Hash>(
    table: &mut Table,
    key: &str,
    rows: &[Option<Id>],
    wanted: Vec<(Id, Option<RecordFields>, RecordFields)>,
) {
    let old = records::take_records(table, key);
    let first_position = old.iter().filter_map(Table::position).min();
    let mut kept = HashMap::new();
    // A record that is not understood stays behind the record that it followed.
    let mut strangers: HashMap<Option<Id>, Vec<Table>> = HashMap::new();
    let mut behind = None;
    for (row, id) in old.into_iter().zip(rows) {
        match id {
            Some(id) => {
                kept.insert(*id, row);
                behind = Some(*id);
            }
            None => strangers.entry(behind).or_default().push(row),
        }
    }
    let order: Vec<Id> = wanted.iter().map(|(id, ..)| *id).collect();
    let stays: HashSet<Id> = order.iter().copied().collect();
    let stayed: Vec<&Id> = rows.iter().flatten().filter(|id| stays.contains(id)).collect();
    let in_order = stayed.iter().copied().eq(order.iter().take(stayed.len()));

    let mut new = ArrayOfTables::new();
    let mut push = |mut row: Table| {
        if !in_order {
            place(&mut row, first_position);
        }
        new.push(row);
    };
    strangers.remove(&None).into_iter().flatten().for_each(&mut push);
    for (id, was, now) in wanted {
        let mut row = kept.remove(&id).unwrap_or_default();
        let was = was.unwrap_or_default();
        for (index, (key, value)) in now.into_iter().enumerate() {
            let before = was.get(index).and_then(|(_, value)| value.as_ref());
            match value {
                Some(value) if before.map(Value::to_string) != Some(value.to_string()) => set(&mut row, key, value),
                None if before.is_some() => drop(row.remove(key)),
                _ => {}
            }
        }
        push(row);
        strangers.remove(&Some(id)).into_iter().flatten().for_each(&mut push);
    }
    strangers.into_values().flatten().for_each(&mut push);
    if !new.is_empty() {
        table.insert(key, Item::ArrayOfTables(new));
    }
}

/// Gives a table a position. Tables are printed by position; those with the same position keep the order of the list.
fn place(row: &mut Table, position: Option<isize>) {
    row.set_position(position);
    for (_, item) in row.iter_mut() {
        match item {
            Item::Table(inner) => place(inner, position),
            Item::ArrayOfTables(inner) => inner.iter_mut().for_each(|inner| place(inner, position)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
