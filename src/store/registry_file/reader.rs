//! Reads the fields of a record: the registry so far, the problems, and the typed fields of one row.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use toml_edit::{Item, Table};

use crate::store::load::LoadProblem;
use crate::store::records;
use device::{DeviceId, Draft, Registry, SiteId, TakenNames, VirtualDvrId, with_hidden_shown};

/// The registry as far as it is read, and the problems so far. `at` names the record in warnings, such as `device[2]`.
#[derive(Default)]
pub(super) struct RegistryReader {
    pub(super) registry: Registry,
    pub(super) problems: Vec<LoadProblem>,
    pub(super) site_ids: HashSet<SiteId>,
    pub(super) device_ids: HashSet<DeviceId>,
    pub(super) device_names: TakenNames<SiteId>,
    /// The sites by their names as they look.
    pub(super) sites_by_name: HashMap<String, SiteId>,
    /// Sites of a name that another one has, and that one.
    pub(super) same_sites: HashMap<SiteId, SiteId>,
    pub(super) virtual_ids: HashSet<VirtualDvrId>,
    pub(super) virtual_names: TakenNames<()>,
}

impl RegistryReader {
    pub(super) fn warn(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(LoadProblem::Warning {
            at: at.to_owned(),
            message: message.into(),
        });
    }

    pub(super) fn records<Id>(
        &mut self,
        table: &Table,
        key: &str,
        read: impl Fn(&mut Self, &str, &Table) -> Result<Id, String>,
    ) -> Vec<Option<Id>> {
        let Some(rows) = records::records(table, key) else {
            self.problems.push(records::no_records(key));
            return Vec::new();
        };
        let read_row = |(index, row): (usize, &Cow<'_, Table>)| {
            let at = format!("{key}[{index}]");
            read(self, &at, row)
                .map_err(|problem| self.warn(&at, format!("{problem}; this record is not used")))
                .ok()
        };
        rows.iter().enumerate().map(read_row).collect()
    }

    /// A list of names, each possibly empty.
    pub(super) fn names(&mut self, at: &str, row: &Table, key: &str) -> Vec<String> {
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

    pub(super) fn number(&mut self, at: &str, row: &Table, key: &str, min: i64, max: i64, default: i64) -> i64 {
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

    pub(super) fn text(&mut self, at: &str, row: &Table, key: &str) -> String {
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

    pub(super) fn bool(&mut self, at: &str, row: &Table, key: &str, default: bool) -> bool {
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

pub(super) fn required(row: &Table, key: &str) -> Result<String, String> {
    match row.get(key) {
        None => Err(format!("has no {key}")),
        Some(item) => item
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| format!("{key}: is not a text")),
    }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    // Characters that reverse the direction of text are made visible. They come only from a file, and refusing the
    // device for them would be worse.
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
