//! Changes values and lists of records in a TOML table without losing the comments and spaces round them.

use std::borrow::Cow;

use toml_edit::{ArrayOfTables, Item, Table, Value};

use super::load::LoadProblem;

/// Sets a value and keeps the spaces and comments round it.
pub(super) fn set(table: &mut Table, key: &str, mut value: Value) {
    if let Some(Item::Value(old)) = table.get_mut(key) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    } else {
        table.insert(key, Item::Value(value));
    }
}

/// Sets a value, or removes the key where there is none.
pub(super) fn set_or_remove(table: &mut Table, key: &str, value: Option<Value>) {
    match value {
        Some(value) => set(table, key, value),
        None => {
            table.remove(key);
        }
    }
}

/// The table under `key`; a value that is none makes room.
pub(super) fn child<'a>(table: &'a mut Table, key: &str) -> &'a mut Table {
    if !table.get(key).is_some_and(Item::is_table) {
        table.insert(key, Item::Table(Table::new()));
    }
    match table.entry(key).or_insert_with(|| Item::Table(Table::new())) {
        Item::Table(child) => child,
        _ => unreachable!("a table was put there"),
    }
}

/// The records under `key`, also if they are written in line; `None`: the key holds no list of records.
pub(super) fn records<'a>(table: &'a Table, key: &str) -> Option<Vec<Cow<'a, Table>>> {
    match table.get(key) {
        None | Some(Item::None) => Some(Vec::new()),
        // A registry may have ten thousand: they are not copied.
        Some(Item::ArrayOfTables(rows)) => Some(rows.iter().map(Cow::Borrowed).collect()),
        Some(item) => {
            let rows = item.clone().into_array_of_tables().ok()?;
            Some(rows.into_iter().map(Cow::Owned).collect())
        }
    }
}

/// The problem of a key that holds no list of records.
pub(super) fn no_records(key: &str) -> LoadProblem {
    LoadProblem::Warning {
        at: key.to_owned(),
        message: format!("is not a list of [[{key}]] records; it is not used"),
    }
}

/// Takes the records out of the table, so that they can be written anew. A value that is no list of records is kept
/// under another name.
pub(super) fn take_records(table: &mut Table, key: &str) -> ArrayOfTables {
    let records = table.remove(key).map(Item::into_array_of_tables);
    records
        .transpose()
        .map(Option::unwrap_or_default)
        .unwrap_or_else(|other| {
            table.insert(&format!("unreadable-{key}"), other);
            ArrayOfTables::new()
        })
}
