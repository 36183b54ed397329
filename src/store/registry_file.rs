//! `devices.toml`: one `[[site]]`, `[[device]]` and `[[virtual-dvr]]` record each, in display order.

mod fields;
mod virtual_dvr;

use std::collections::{HashMap, HashSet};

use toml_edit::{ArrayOfTables, Item, Table, Value};

use super::document::{self, Document, LoadProblem, Parsed, set};
use super::migrate;
use device::{
    BrandId, Brands, Carrier, Channel, Device, DeviceId, Draft, Host, MAX_CHANNELS, Paths, Registry, Site, SiteId,
    Template, VirtualDvrId, with_hidden_shown,
};
use fields::Fields;
use virtual_dvr::VIRTUAL_DVR;

/// What a document holds. `rows` say which record is which, so that a later write finds them; `None` is a record that is not
/// understood and stays as it is.
pub(super) struct Read {
    pub registry: Registry,
    pub problems: Vec<LoadProblem>,
    site_rows: Vec<Option<SiteId>>,
    device_rows: Vec<Option<DeviceId>>,
    virtual_rows: Vec<Option<VirtualDvrId>>,
}

pub(super) fn read(table: &Table) -> Read {
    let mut reader = Reader::default();
    let site_rows = reader.records(table, "site", |reader, at, row| reader.site(at, row));
    let device_rows = reader.records(table, "device", |reader, at, row| reader.device(at, row));
    let virtual_rows = reader.records(table, VIRTUAL_DVR, |reader, at, row| reader.virtual_dvr(at, row));
    Read {
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
    let Parsed { toml, .. } = document::parse(text, &migrate::DEVICES);
    let read = read(toml.as_table());
    (read.registry, read.problems)
}

/// `text` changed so that it holds `registry`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, registry: &Registry) -> Option<String> {
    let Parsed { mut toml, fault: None } = document::parse(text, &migrate::DEVICES) else {
        return None;
    };
    write_table(toml.as_table_mut(), registry);
    Some(toml.to_string())
}

/// Warns of devices whose brand is not in the table.
pub(super) fn check_brands(registry: &Registry, brands: &Brands) -> Vec<LoadProblem> {
    let unknown = registry.devices.iter().filter_map(|device| match &device.paths {
        Paths::Brand(id) if brands.get(id).is_none() => {
            let message = format!("the brand '{id}' is not known; choose another one for this device");
            Some(LoadProblem::Warning {
                at: format!("device '{}'", device.name),
                message,
            })
        }
        _ => None,
    });
    unknown.collect()
}

fn write_table(table: &mut Table, registry: &Registry) {
    let before = read(table);
    let sites = registry.sites.iter().map(|now| {
        let was = before.registry.site(now.id).map(fields::site);
        (now.id, was, fields::site(now))
    });
    write_records(table, "site", &before.site_rows, sites.collect());
    let devices = registry.devices.iter().map(|now| {
        let was = before.registry.device(now.id).map(fields::device);
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

#[derive(Default)]
struct Reader {
    registry: Registry,
    problems: Vec<LoadProblem>,
    site_ids: HashSet<SiteId>,
    device_ids: HashSet<DeviceId>,
    /// Lower case, because a registry of a thousand devices is looked through for every one of them.
    device_names: HashSet<String>,
}

impl Reader {
    fn warn(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(LoadProblem::Warning {
            at: at.to_owned(),
            message: message.into(),
        });
    }

    fn records<Id>(
        &mut self,
        table: &Table,
        key: &str,
        read: impl Fn(&mut Self, &str, &Table) -> Result<Id, String>,
    ) -> Vec<Option<Id>> {
        let Some(rows) = document::records(table, key) else {
            self.problems.push(document::no_records(key));
            return Vec::new();
        };
        let read_row = |(index, row): (usize, &Table)| {
            let at = format!("{key}[{index}]");
            read(self, &at, row)
                .map_err(|problem| self.warn(&at, format!("{problem}; this record is not used")))
                .ok()
        };
        rows.iter().enumerate().map(read_row).collect()
    }

    fn site(&mut self, _at: &str, row: &Table) -> Result<SiteId, String> {
        let id = required(row, "id")?
            .parse::<SiteId>()
            .map_err(|error| format!("id: {error}"))?;
        let name = name(&required(row, "name")?)?;
        if self.registry.find_site_by_name(&name).is_some() {
            return Err(format!("another site has the name '{name}'"));
        }
        if !self.site_ids.insert(id) {
            return Err(format!("another site has the id '{id}'"));
        }
        self.registry.sites.push(Site { id, name });
        Ok(id)
    }

    fn device(&mut self, at: &str, row: &Table) -> Result<DeviceId, String> {
        let id = required(row, "id")?
            .parse::<DeviceId>()
            .map_err(|error| format!("id: {error}"))?;
        if self.device_ids.contains(&id) {
            return Err(format!("another device has the id '{id}'"));
        }
        let own_name = name(&required(row, "name")?)?;
        let host = required(row, "host")?
            .parse::<Host>()
            .map_err(|error| format!("host: {error}"))?;
        let paths = self.paths(at, row)?;
        let device = Device {
            id,
            site: self.site_of(at, row),
            name: self.free_name(at, own_name),
            paths,
            host,
            port: self
                .number(at, row, "port", 1, u16::MAX.into(), Draft::RTSP_PORT.into())
                .try_into()
                .unwrap_or(Draft::RTSP_PORT),
            carrier: self.carrier(at, row),
            user: self.text(at, row, "user"),
            password_revision: self
                .number(at, row, "password-revision", 0, u32::MAX.into(), 0)
                .try_into()
                .unwrap_or(0),
            channels: self.channels(at, row),
            enabled: self.bool(at, row, "enabled", true),
        };
        self.device_ids.insert(id);
        self.device_names.insert(device.name.to_lowercase());
        self.registry.devices.push(device);
        Ok(id)
    }

    fn paths(&mut self, at: &str, row: &Table) -> Result<Paths, String> {
        match row.get("brand").map(Item::as_str) {
            Some(Some(brand)) if !brand.is_empty() => return Ok(Paths::Brand(BrandId(brand.to_owned()))),
            Some(_) => self.warn(&format!("{at}.brand"), "is not the name of a brand"),
            None => {}
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
                self.warn(&format!("{at}.sub-path"), error.to_string());
                None
            }
            Some(None) => {
                self.warn(&format!("{at}.sub-path"), "is not a text");
                None
            }
        };
        Ok(Paths::Own { main, sub })
    }

    /// The site by id; one that is not there is made, so that the device can be used.
    fn site_of(&mut self, at: &str, row: &Table) -> SiteId {
        let text = row.get("site").and_then(Item::as_str).unwrap_or_default();
        let id = text.parse::<SiteId>().ok();
        if let Some(id) = id.filter(|id| self.site_ids.contains(id)) {
            return id;
        }
        self.warn(
            &format!("{at}.site"),
            "is not the id of a site; the device is put into the site 'Default'",
        );
        if let Some(site) = self.registry.find_site_by_name(DEFAULT_SITE) {
            return site.id;
        }
        let id = id.unwrap_or(SiteId(DEFAULT_SITE_ID));
        self.site_ids.insert(id);
        self.registry.sites.push(Site {
            id,
            name: DEFAULT_SITE.to_owned(),
        });
        id
    }

    fn free_name(&mut self, at: &str, name: String) -> String {
        if !self.device_names.contains(&name.to_lowercase()) {
            return name;
        }
        let free = self.registry.free_device_name(&name);
        self.warn(
            &format!("{at}.name"),
            format!("another device has the name '{name}'; this one is called '{free}'"),
        );
        free
    }

    fn carrier(&mut self, at: &str, row: &Table) -> Carrier {
        match row.get("carrier").map(Item::as_str) {
            None | Some(Some("rtsp")) => Carrier::Rtsp,
            Some(Some("rtsps")) => Carrier::Rtsps,
            Some(_) => {
                self.warn(
                    &format!("{at}.carrier"),
                    "is neither 'rtsp' nor 'rtsps'; 'rtsp' is used",
                );
                Carrier::Rtsp
            }
        }
    }

    fn channels(&mut self, at: &str, row: &Table) -> Vec<Channel> {
        let mut names = self.names(at, row, "channel-names");
        let most = i64::try_from(MAX_CHANNELS).unwrap_or(i64::MAX);
        let named = i64::try_from(names.len()).unwrap_or(most).clamp(1, most);
        let count = usize::try_from(self.number(at, row, "channels", 1, most, named)).unwrap_or(1);
        names.resize(count, String::new());
        names.into_iter().map(|name| Channel { name }).collect()
    }

    /// A list of names, each possibly empty.
    fn names(&mut self, at: &str, row: &Table, key: &str) -> Vec<String> {
        let mut names = Vec::new();
        match row.get(key).map(Item::as_array) {
            None => {}
            Some(None) => self.warn(&format!("{at}.{key}"), "is not a list of texts"),
            Some(Some(list)) => {
                for (index, item) in list.iter().enumerate() {
                    let fits = item.as_str().and_then(|text| match text {
                        "" => Some(String::new()),
                        text => name(text).ok().filter(|name| name.len() >= text.len()),
                    });
                    if fits.is_none() {
                        self.warn(&format!("{at}.{key}[{index}]"), "is not a name of up to 200 characters");
                    }
                    names.push(fits.unwrap_or_default());
                }
            }
        }
        names
    }

    fn number(&mut self, at: &str, row: &Table, key: &str, min: i64, max: i64, default: i64) -> i64 {
        match row.get(key).map(Item::as_integer) {
            None => default,
            Some(Some(number)) if (min..=max).contains(&number) => number,
            Some(_) => {
                self.warn(
                    &format!("{at}.{key}"),
                    format!("is not a number of {min} to {max}; {default} is used"),
                );
                default
            }
        }
    }

    fn text(&mut self, at: &str, row: &Table, key: &str) -> String {
        match row.get(key).map(Item::as_str) {
            None => String::new(),
            Some(Some(text)) if !text.chars().any(char::is_control) => text.to_owned(),
            Some(_) => {
                self.warn(
                    &format!("{at}.{key}"),
                    "is not a text without control characters; it is taken as empty",
                );
                String::new()
            }
        }
    }

    fn bool(&mut self, at: &str, row: &Table, key: &str, default: bool) -> bool {
        match row.get(key).map(Item::as_bool) {
            None => default,
            Some(Some(value)) => value,
            Some(None) => {
                self.warn(
                    &format!("{at}.{key}"),
                    format!("is neither true nor false; {default} is used"),
                );
                default
            }
        }
    }
}

const DEFAULT_SITE: &str = "Default";
const DEFAULT_SITE_ID: u64 = 1;

fn required(row: &Table, key: &str) -> Result<String, String> {
    match row.get(key) {
        None => Err(format!("has no {key}")),
        Some(item) => item
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("{key}: is not a text")),
    }
}

fn name(text: &str) -> Result<String, String> {
    // Characters that turn text around come from a file only; the device is worth more than its name's looks.
    let name = match text.chars().any(char::is_control) {
        true => text.trim().to_owned(),
        false => with_hidden_shown(text.trim()),
    };
    match () {
        () if name.is_empty() => Err("its name is empty".to_owned()),
        () if name.chars().count() > Draft::MAX_NAME => {
            Err(format!("its name is longer than {} characters", Draft::MAX_NAME))
        }
        () if name.chars().any(char::is_control) => Err("its name holds a control character".to_owned()),
        () => Ok(name),
    }
}

// Writing ----------------------------------------------------------------------------------------------------------------------

/// `rows`: which record stands where now. `wanted`: the records that shall be, each with its fields before (if any) and now.
fn write_records<Id: Copy + Eq + std::hash::Hash>(
    table: &mut Table,
    key: &str,
    rows: &[Option<Id>],
    wanted: Vec<(Id, Option<Fields>, Fields)>,
) {
    let old = document::take_records(table, key);
    let first_position = old.iter().filter_map(Table::position).min();
    let mut kept = HashMap::new();
    // A record that is not understood stays behind the one it stood behind.
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
    let stayed = rows.iter().flatten().filter(|id| order.contains(id));
    let in_order = stayed.eq(order
        .iter()
        .take(rows.iter().flatten().filter(|id| order.contains(id)).count()));

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

/// Tables are printed by position; equal positions keep the order of the list.
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
