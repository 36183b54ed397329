//! In which order the list of devices stands.

use i18n_embed_fl::fl;

use super::columns::Sort;
use super::device_state::DeviceStates;
use super::env::Env;
use super::site_order::names;
use device::{Device, Paths};

/// A column by which the list can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeviceColumn {
    Name,
    Site,
    Address,
    Brand,
    Channels,
    /// The worst first.
    State,
}

/// Puts the rows in the order of the column that was chosen, if one was.
pub(super) fn order(env: &Env, sort: Option<Sort<DeviceColumn>>, rows: &mut [&Device]) {
    let Some(sort) = sort else { return };
    let registry = &env.state.registry;
    let site = |device: &Device| registry.site(device.site).map_or("", |site| site.name.as_str());
    let states = DeviceStates::of(env.state);
    let brand = |device: &Device| brand_of(device, env);
    rows.sort_by(|one, other| {
        let order = match sort.column {
            DeviceColumn::Name => names(&one.name, &other.name),
            DeviceColumn::Site => names(site(one), site(other)),
            DeviceColumn::Address => names(&one.host.with_port(one.port), &other.host.with_port(other.port)),
            DeviceColumn::Brand => names(&brand(one), &brand(other)),
            DeviceColumn::Channels => other.channels.len().cmp(&one.channels.len()),
            DeviceColumn::State => states.get(one).rank().cmp(&states.get(other).rank()),
        };
        if sort.reversed { order.reverse() } else { order }
    });
}

pub(super) fn brand_of(device: &Device, env: &Env) -> String {
    match &device.paths {
        Paths::Brand(id) => env
            .brands
            .get(id)
            .and_then(|brand| brand.names.first().cloned())
            .unwrap_or_else(|| id.to_string()),
        Paths::Own { .. } => fl!(env.words, "editor-own-paths"),
        Paths::Listed(_) => fl!(env.words, "editor-listed-paths"),
    }
}
