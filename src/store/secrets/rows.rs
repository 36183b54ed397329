//! `secrets.toml` as a table: a record for each device, and the entries of the keyring that are owed.
//!
//! A record holds the sealed password, or the name of its entry in the keyring; `coming` names an entry that is being made. An
//! entry that no record names any more is a debt, until the keyring has forgotten it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use toml_edit::{Item, Table};

use super::error::SecretError;
use super::home::Home;
use crate::store::document::Document;
use crate::store::records::set;
use device::DeviceId;

/// Where the password of a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored<'a> {
    /// In this file; `None`: what stands there is no text.
    Sealed(Option<&'a str>),
    /// In the keyring under this name; `None`: under that of earlier versions.
    Keyring(Option<&'a str>),
}

/// The devices that have a password.
pub(super) fn all(table: &Table) -> impl Iterator<Item = (DeviceId, Stored<'_>)> {
    records(table).filter_map(|(device, row)| Some((device, stored_in(row)?)))
}

pub(super) fn stored(table: &Table, device: DeviceId) -> Option<Stored<'_>> {
    stored_in(table.get(DEVICE)?.as_table()?.get(&device.to_string())?.as_table()?)
}

/// The devices that were noted as removed and still have a record.
pub(super) fn removed(table: &Table) -> Vec<DeviceId> {
    let noted = records(table).filter(|(_, row)| row.contains_key(REMOVED));
    noted.map(|(device, _)| device).collect()
}

/// The names of the entries that the keyring still has to forget.
pub(super) fn owed(table: &Table) -> Vec<String> {
    let owed = table.get(OWED).and_then(Item::as_table);
    owed.into_iter()
        .flatten()
        .map(|(account, _)| account.to_owned())
        .collect()
}

/// Whether [`Rows::settle`] may have something to do.
pub(super) fn is_unsettled(table: &Table) -> bool {
    records(table).any(|(_, row)| row.contains_key(AWAITED) || row.contains_key(COMING))
}

/// The file while it is changed.
pub(super) struct Rows<'a> {
    table: &'a mut Table,
}

impl<'a> Rows<'a> {
    pub(super) fn of(document: &'a mut Document) -> Self {
        Self {
            table: document.table_mut(),
        }
    }

    /// The name under which the password of the device is to be kept in the keyring. A name that is used once is never given
    /// again after it was forgotten, so that paying a debt cannot take a living password.
    pub(super) fn begin_entry(
        &mut self,
        device: DeviceId,
        now: SystemTime,
        home: &Home,
    ) -> Result<String, SecretError> {
        let row = self.record(device, now)?;
        if let Some(account) = own_account(row, KEYRING, home) {
            return Ok(account);
        }
        let account = home.new_account(device);
        set(row, COMING, account.as_str().into());
        set(row, SINCE, seconds(now).into());
        Ok(account)
    }

    /// The keyring holds the password under this name now.
    pub(super) fn end_entry(
        &mut self,
        device: DeviceId,
        account: &str,
        now: SystemTime,
        home: &Home,
    ) -> Result<(), SecretError> {
        self.replace(device, now, home, |row| set(row, KEYRING, account.into()))?;
        self.forgive(account);
        Ok(())
    }

    pub(super) fn set_sealed(
        &mut self,
        device: DeviceId,
        sealed: &str,
        now: SystemTime,
        home: &Home,
    ) -> Result<(), SecretError> {
        self.replace(device, now, home, |row| set(row, SEALED, sealed.into()))
    }

    /// Takes the record of the device away; the entries that it named are owed from now on.
    pub(super) fn remove(&mut self, device: DeviceId, home: &Home) {
        let rows = self.table.get_mut(DEVICE).and_then(Item::as_table_mut);
        let row = rows.and_then(|rows| rows.remove(&device.to_string()));
        if let Some(row) = row.as_ref().and_then(Item::as_table) {
            let accounts = own_accounts(row, device, home);
            self.owe(accounts);
        }
    }

    pub(super) fn mark_removed(&mut self, devices: &[DeviceId], removed: bool) {
        self.each(|device, row| {
            if !devices.contains(&device) {
            } else if removed {
                set(row, REMOVED, true.into());
            } else {
                row.remove(REMOVED);
            }
        });
    }

    /// Takes away what was begun [`AWAITED_FOR`] ago and never ended: passwords of devices that never came, entries of the
    /// keyring that were never named. `registered`: the devices that there are.
    pub(super) fn settle(&mut self, registered: &dyn Fn(DeviceId) -> bool, now: SystemTime, home: &Home) {
        let mut never_came = Vec::new();
        let mut unnamed = Vec::new();
        self.each(|device, row| {
            if registered(device) {
                row.remove(AWAITED);
            }
            let over = is_over(row, now);
            if over && row.contains_key(AWAITED) {
                never_came.push(device);
            } else if over && row.contains_key(COMING) {
                unnamed.extend(own_account(row, COMING, home));
                row.remove(COMING);
            }
            if !row.contains_key(AWAITED) && !row.contains_key(COMING) {
                row.remove(SINCE);
            }
        });
        for device in never_came {
            self.remove(device, home);
        }
        self.owe(unnamed);
        self.drop_empty();
    }

    /// This profile is a copy: what the original named is named in full, and what it owes is its own affair.
    pub(super) fn become_a_copy(&mut self, earlier: impl Fn(DeviceId) -> String) {
        self.each(|device, row| {
            row.remove(COMING);
            if row.remove(IN_KEYRING).is_some() && !row.contains_key(KEYRING) {
                set(row, KEYRING, earlier(device).into());
            }
        });
        self.table.remove(OWED);
        self.drop_empty();
    }

    /// The keyring has forgotten this entry.
    pub(super) fn forgive(&mut self, account: &str) {
        let Some(owed) = self.table.get_mut(OWED).and_then(Item::as_table_mut) else {
            return;
        };
        owed.remove(account);
        if owed.is_empty() {
            self.table.remove(OWED);
        }
    }

    fn owe(&mut self, accounts: Vec<String>) {
        if accounts.is_empty() {
            return;
        }
        if !self.table.get(OWED).is_some_and(Item::is_table) {
            self.table.insert(OWED, toml_edit::table());
        }
        if let Some(owed) = self.table.get_mut(OWED).and_then(Item::as_table_mut) {
            for account in accounts {
                set(owed, &account, true.into());
            }
        }
    }

    /// Puts one place in the record instead of every other; the entries that it named before are owed, but for the one that it
    /// names now.
    fn replace(
        &mut self,
        device: DeviceId,
        now: SystemTime,
        home: &Home,
        place: impl FnOnce(&mut Table),
    ) -> Result<(), SecretError> {
        let row = self.record(device, now)?;
        let mut before = own_accounts(row, device, home);
        for key in [SEALED, IN_KEYRING, KEYRING, COMING, REMOVED] {
            row.remove(key);
        }
        if !row.contains_key(AWAITED) {
            row.remove(SINCE);
        }
        place(row);
        let now = own_account(row, KEYRING, home);
        before.retain(|account| Some(account) != now.as_ref());
        self.owe(before);
        Ok(())
    }

    /// The record of the device. A new one is that of a device that is still to come.
    fn record(&mut self, device: DeviceId, now: SystemTime) -> Result<&mut Table, SecretError> {
        if self.table.get(DEVICE).is_some_and(|item| !item.is_table()) {
            self.table.remove(DEVICE);
        }
        let implicit = || {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        };
        let rows = self.table.entry(DEVICE).or_insert_with(implicit).as_table_mut();
        let damaged = || SecretError::Unreadable("secrets.toml is damaged".to_owned());
        let rows = rows.ok_or_else(damaged)?;
        let id = device.to_string();
        if rows.get(&id).is_some_and(|row| !row.is_table()) {
            rows.remove(&id);
        }
        let new = || {
            let mut row = Table::new();
            set(&mut row, AWAITED, true.into());
            set(&mut row, SINCE, seconds(now).into());
            Item::Table(row)
        };
        rows.entry(&id).or_insert_with(new).as_table_mut().ok_or_else(damaged)
    }

    fn each(&mut self, mut act: impl FnMut(DeviceId, &mut Table)) {
        let rows = self.table.get_mut(DEVICE).and_then(Item::as_table_mut);
        for (id, row) in rows.into_iter().flat_map(Table::iter_mut) {
            if let (Ok(device), Some(row)) = (id.parse(), row.as_table_mut()) {
                act(device, row);
            }
        }
    }

    /// Takes away the records that name no password.
    fn drop_empty(&mut self) {
        if let Some(rows) = self.table.get_mut(DEVICE).and_then(Item::as_table_mut) {
            rows.retain(|_, row| row.as_table().is_none_or(|row| !row.is_empty()));
        }
    }
}

const DEVICE: &str = "device";
const SEALED: &str = "sealed";
const KEYRING: &str = "keyring";
/// Of earlier versions: the name of the entry is that of the profile and the device.
const IN_KEYRING: &str = "in-keyring";
const COMING: &str = "coming";
/// The device was not registered yet when its password was stored.
const AWAITED: &str = "awaited";
/// When that was, or when the entry was begun, in seconds since 1970.
const SINCE: &str = "since";
const REMOVED: &str = "removed";
const OWED: &str = "owed";

/// Longer than any program takes from a password to its device, a keyring that waits for a person among it.
const AWAITED_FOR: Duration = Duration::from_secs(600);

fn records(table: &Table) -> impl Iterator<Item = (DeviceId, &Table)> {
    let devices = table.get(DEVICE).and_then(Item::as_table);
    let rows = devices.into_iter().flat_map(Table::iter);
    rows.filter_map(|(id, row)| Some((id.parse().ok()?, row.as_table()?)))
}

fn stored_in(row: &Table) -> Option<Stored<'_>> {
    if let Some(sealed) = row.get(SEALED) {
        return Some(Stored::Sealed(sealed.as_str()));
    }
    let account = row.get(KEYRING).and_then(Item::as_str);
    let earlier = || row.contains_key(IN_KEYRING).then_some(Stored::Keyring(None));
    account.map(|account| Stored::Keyring(Some(account))).or_else(earlier)
}

/// The entry that the record names under this key, if it is this profile's.
fn own_account(row: &Table, key: &str, home: &Home) -> Option<String> {
    let account = row.get(key)?.as_str()?;
    home.owns(account).then(|| account.to_owned())
}

/// Every entry of this profile that the record names.
fn own_accounts(row: &Table, device: DeviceId, home: &Home) -> Vec<String> {
    let earlier = row.contains_key(IN_KEYRING).then(|| home.earlier_account(device));
    let named = [KEYRING, COMING].map(|key| own_account(row, key, home));
    named.into_iter().flatten().chain(earlier).collect()
}

/// A clock that was set back by more than that makes it over, too: nothing is awaited for ever.
fn is_over(row: &Table, now: SystemTime) -> bool {
    let since = row.get(SINCE).and_then(Item::as_integer).unwrap_or(0);
    seconds(now).abs_diff(since) >= AWAITED_FOR.as_secs()
}

fn seconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(since).unwrap_or(i64::MAX)
}
