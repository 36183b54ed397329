//! `settings.toml`: one key for every setting that differs from its default.

use toml_edit::{Item, Table, Value};

use super::document::{self, Document, LoadProblem, set};
use super::migrate;
use crate::settings::{self, KEYS, Key, Kind, SetError, Settings};

/// What holds where its value cannot be read: a person may have forbidden the outside.
const CAUTIOUS: &str = "internal-network-only";

/// The settings of a document. A value that is not understood is the default, one beyond its limit is the limit.
pub(super) fn read(table: &Table) -> (Settings, Vec<LoadProblem>) {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    let warning = |key: &Key, message: String| LoadProblem::Warning {
        at: key.name.to_owned(),
        message,
    };
    for key in KEYS {
        let Some(item) = table.get(key.name).filter(|item| !item.is_none()) else {
            continue;
        };
        let result = from_item(item)
            .ok_or(SetError::WrongType)
            .and_then(|value| key.set(&mut settings, value));
        let Err(error) = result else { continue };
        if key.name == CAUTIOUS {
            settings.internal_network_only = true;
        }
        match &error {
            SetError::AboveCeiling { max: limit, .. } | SetError::BelowFloor { min: limit, .. } => {
                let _ = key.set(&mut settings, settings::Value::Number((*limit).into()));
            }
            _ if key.kind == Kind::List => set_good_items(key, item, &mut settings),
            _ => {}
        }
        problems.push(warning(key, format!("{error}; '{}' is used", key.get(&settings))));
    }
    (settings, problems)
}

/// Makes the keys of `document` those of `settings`. Only what differs from what the document says is touched.
pub(super) fn write(document: &mut Document, settings: &Settings) {
    write_table(document.table_mut(), settings);
}

/// A file that only parts could be saved of may have forbidden the outside in a part that is lost.
pub(super) fn be_cautious(document: &mut Document) {
    if document.is_salvaged() && !document.table().contains_key(CAUTIOUS) {
        set(document.table_mut(), CAUTIOUS, true.into());
    }
}

/// The settings that a text holds, with what was wrong with it.
#[must_use]
pub fn from_text(text: &str) -> (Settings, Vec<LoadProblem>) {
    let toml = document::parse(text, &migrate::SETTINGS).unwrap_or_else(|(remains, _)| remains);
    read(toml.as_table())
}

/// `text` changed so that it holds `settings`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, settings: &Settings) -> Option<String> {
    let mut toml = document::parse(text, &migrate::SETTINGS).ok()?;
    write_table(toml.as_table_mut(), settings);
    Some(toml.to_string())
}

fn write_table(table: &mut Table, settings: &Settings) {
    let (before, _) = read(table);
    for key in KEYS {
        let value = key.get(settings);
        if value != key.get(&before) {
            set(table, key.name, to_toml(value));
        }
    }
}

fn set_good_items(key: &Key, item: &Item, settings: &mut Settings) {
    let Some(array) = item.as_array() else { return };
    let mut good = Vec::new();
    for text in array.iter().filter_map(Value::as_str) {
        if key.set(settings, settings::Value::List(vec![text.to_owned()])).is_ok() {
            good.push(text.to_owned());
        }
    }
    let _ = key.set(settings, settings::Value::List(good));
}

fn from_item(item: &Item) -> Option<settings::Value> {
    Some(match item.as_value()? {
        Value::Boolean(value) => settings::Value::Bool(*value.value()),
        Value::Integer(value) => settings::Value::Number(*value.value()),
        Value::String(value) => settings::Value::Text(value.value().clone()),
        Value::Array(array) => settings::Value::List(
            array
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn to_toml(value: settings::Value) -> Value {
    match value {
        settings::Value::Bool(value) => value.into(),
        settings::Value::Number(value) => value.into(),
        settings::Value::Text(value) => value.into(),
        settings::Value::List(list) => Value::Array(list.into_iter().collect()),
    }
}
