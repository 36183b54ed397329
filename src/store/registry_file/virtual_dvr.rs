//! The `[[virtual-dvr]]` records: `channels` and `labels` belong together by their place in the list.

use std::collections::HashSet;

use toml_edit::{Item, Table};

use super::reader::{RegistryReader, name, required};
use device::{ChannelId, VirtualDvr, VirtualDvrId, VirtualDvrMember};

pub(super) const VIRTUAL_DVR: &str = "virtual-dvr";

/// Reads one record and registers it; `Err`: why it is not used.
pub(super) fn read(reader: &mut RegistryReader, at: &str, row: &Table) -> Result<VirtualDvrId, String> {
    let id = required(row, "id")?
        .parse::<VirtualDvrId>()
        .map_err(|error| format!("id: {error}"))?;
    if reader.virtual_ids.contains(&id) {
        return Err(format!("another virtual DVR has the id '{id}'"));
    }
    let own_name = name(&required(row, "name")?)?;
    let free = reader.virtual_names.take((), &own_name);
    if free != own_name {
        reader.warn(
            &format!("{at}.name"),
            format!("another virtual DVR has the name '{own_name}'; this one is called '{free}'"),
        );
    }
    let dvr = VirtualDvr {
        id,
        name: free,
        members: members(reader, at, row),
        layout: reader.text(at, row, "layout"),
    };
    reader.virtual_ids.insert(id);
    reader.registry.virtual_dvrs.push(dvr);
    Ok(id)
}

/// The members. A channel whose device is not registered stays a member, because the device may come back.
fn members(reader: &mut RegistryReader, at: &str, row: &Table) -> Vec<VirtualDvrMember> {
    let mut members: Vec<VirtualDvrMember> = Vec::new();
    let labels = reader.names(at, row, "labels");
    let channels = match row.get("channels").map(Item::as_array) {
        None => return members,
        Some(None) => {
            reader.warn(&format!("{at}.channels"), "is not a list of channels");
            return members;
        }
        Some(Some(channels)) => channels,
    };
    let mut seen = HashSet::new();
    for (index, item) in channels.iter().enumerate().take(VirtualDvr::MAX_MEMBERS) {
        let channel = item.as_str().and_then(channel);
        match channel.filter(|channel| seen.insert(*channel)) {
            Some(channel) => members.push(VirtualDvrMember {
                channel,
                label: labels.get(index).cloned().unwrap_or_default(),
            }),
            None => reader.warn(
                &format!("{at}.channels[{index}]"),
                "is not a channel that is not in the list yet, such as '0000000000000007/1'",
            ),
        }
    }
    members
}

/// A channel as `0000000000000007/1`: the device's id and the number.
fn channel(text: &str) -> Option<ChannelId> {
    let (device, number) = text.split_once('/')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let device = device.parse().ok()?;
    Some(ChannelId { device, number })
}
