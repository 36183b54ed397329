//! The `[[virtual-dvr]]` records: `channels` and `labels` belong together by their place in the list.

use std::collections::HashSet;

use toml_edit::{Item, Table};

use super::{Reader, name, required};
use device::{ChannelId, Member, VirtualDvr, VirtualDvrId};

pub(super) const VIRTUAL_DVR: &str = "virtual-dvr";

impl Reader {
    pub(super) fn virtual_dvr(&mut self, at: &str, row: &Table) -> Result<VirtualDvrId, String> {
        let id = required(row, "id")?
            .parse::<VirtualDvrId>()
            .map_err(|error| format!("id: {error}"))?;
        if self.registry.virtual_dvr(id).is_some() {
            return Err(format!("another virtual DVR has the id '{id}'"));
        }
        let own_name = name(&required(row, "name")?)?;
        let free = self.registry.free_virtual_dvr_name(&own_name);
        if free != own_name {
            self.warn(
                &format!("{at}.name"),
                format!("another virtual DVR has the name '{own_name}'; this one is called '{free}'"),
            );
        }
        let dvr = VirtualDvr {
            id,
            name: free,
            members: self.members(at, row),
            layout: self.text(at, row, "layout"),
        };
        self.registry.virtual_dvrs.push(dvr);
        Ok(id)
    }

    /// Channels whose device is not registered are members too: it may come back.
    fn members(&mut self, at: &str, row: &Table) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        let labels = self.names(at, row, "labels");
        let channels = match row.get("channels").map(Item::as_array) {
            None => return members,
            Some(None) => {
                self.warn(&format!("{at}.channels"), "is not a list of channels");
                return members;
            }
            Some(Some(channels)) => channels,
        };
        let mut seen = HashSet::new();
        for (index, item) in channels.iter().enumerate().take(VirtualDvr::MAX_MEMBERS) {
            let channel = item.as_str().and_then(channel);
            match channel.filter(|channel| seen.insert(*channel)) {
                Some(channel) => members.push(Member {
                    channel,
                    label: labels.get(index).cloned().unwrap_or_default(),
                }),
                None => self.warn(
                    &format!("{at}.channels[{index}]"),
                    "is not a channel that is not in the list yet, such as '0000000000000007/1'",
                ),
            }
        }
        members
    }
}

/// A channel as `0000000000000007/1`: the device's id and the number.
fn channel(text: &str) -> Option<ChannelId> {
    let (device, number) = text.split_once('/')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let device = device.parse().ok()?;
    Some(ChannelId { device, number })
}
