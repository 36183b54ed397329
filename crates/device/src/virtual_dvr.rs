use super::{ChannelId, VirtualDvrId};

/// Channels of any devices under one name, shown in the tree like a device. It has no connection of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualDvr {
    pub id: VirtualDvrId,
    pub name: String,
    /// In the order in which they are put on the wall. No channel twice, at most [`VirtualDvr::MAX_MEMBERS`]. A channel whose
    /// device is gone stays: the device may come back.
    pub members: Vec<VirtualDvrMember>,
    /// How the wall is divided when it is opened, as layouts are written (`9`, `1+5`, `4x3:0,0,2,2`); empty: as it is.
    pub layout: String,
}

/// A channel of a virtual DVR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualDvrMember {
    pub channel: ChannelId,
    /// What its tile is called; empty: the channel's own name.
    pub label: String,
}

impl VirtualDvr {
    pub const MAX_MEMBERS: usize = 1024;

    /// The member's label, where it has one.
    #[must_use]
    pub fn label(&self, channel: ChannelId) -> Option<&str> {
        let member = self.members.iter().find(|member| member.channel == channel)?;
        Some(member.label.as_str()).filter(|label| !label.is_empty())
    }

    /// Adds channels in front of the member `before`, or at the end. Those that are members already move there and keep their
    /// label.
    pub fn add(&mut self, channels: &[ChannelId], before: Option<ChannelId>) {
        if before.is_some_and(|before| channels.contains(&before)) {
            return;
        }
        let mut added: Vec<VirtualDvrMember> = Vec::new();
        for channel in channels {
            if added.iter().any(|member| member.channel == *channel) {
                continue;
            }
            let known = self.members.iter().position(|member| member.channel == *channel);
            added.push(known.map_or_else(
                || VirtualDvrMember {
                    channel: *channel,
                    label: String::new(),
                },
                |index| self.members.remove(index),
            ));
        }
        let at = before.and_then(|before| self.members.iter().position(|member| member.channel == before));
        let at = at.unwrap_or(self.members.len());
        self.members.splice(at..at, added);
        self.members.truncate(Self::MAX_MEMBERS);
    }

    pub fn remove(&mut self, channel: ChannelId) {
        self.members.retain(|member| member.channel != channel);
    }

    /// Moves a member `by` places; past an end is the end.
    pub fn shift(&mut self, channel: ChannelId, by: isize) {
        let Some(from) = self.members.iter().position(|member| member.channel == channel) else {
            return;
        };
        let member = self.members.remove(from);
        let to = from.saturating_add_signed(by).min(self.members.len());
        self.members.insert(to, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceId, Registry, RegistryError};

    fn ch(device: u64, number: u16) -> ChannelId {
        ChannelId {
            device: DeviceId(device),
            number,
        }
    }

    fn dvr(id: u64, name: &str, channels: &[ChannelId]) -> VirtualDvr {
        let mut dvr = VirtualDvr {
            id: VirtualDvrId(id),
            name: name.to_owned(),
            members: Vec::new(),
            layout: String::new(),
        };
        dvr.add(channels, None);
        dvr
    }

    fn said(dvr: &VirtualDvr) -> String {
        let one = |member: &VirtualDvrMember| {
            format!("{}/{}{}", member.channel.device.0, member.channel.number, member.label)
        };
        dvr.members.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn channels_are_members_once_and_keep_their_label_when_they_move() {
        let mut dvr = dvr(1, "A", &[ch(1, 1), ch(2, 1), ch(1, 1)]);
        assert_eq!(said(&dvr), "1/1 2/1");
        dvr.members[0].label = "Door".to_owned();
        dvr.add(&[ch(3, 1), ch(1, 1)], None);
        assert_eq!(said(&dvr), "2/1 3/1 1/1Door");
        dvr.add(&[ch(1, 1)], Some(ch(2, 1)));
        assert_eq!(said(&dvr), "1/1Door 2/1 3/1");
        dvr.add(&[ch(2, 1)], Some(ch(2, 1)));
        assert_eq!(said(&dvr), "1/1Door 2/1 3/1", "in front of itself");
        assert_eq!((dvr.label(ch(1, 1)), dvr.label(ch(2, 1))), (Some("Door"), None));
        dvr.shift(ch(1, 1), 1);
        dvr.shift(ch(3, 1), -9);
        assert_eq!(said(&dvr), "3/1 2/1 1/1Door");
        dvr.shift(ch(3, 1), 9);
        dvr.shift(ch(9, 9), 1);
        dvr.remove(ch(2, 1));
        assert_eq!(said(&dvr), "1/1Door 3/1");
    }

    #[test]
    fn there_is_a_bound() {
        let many: Vec<ChannelId> = (1..=2000).map(|number| ch(1, number)).collect();
        assert_eq!(dvr(1, "A", &many).members.len(), VirtualDvr::MAX_MEMBERS);
    }

    #[test]
    fn names_are_unique_and_a_removal_can_be_undone() {
        let mut registry = Registry::default();
        for (id, name) in [(1, "A"), (2, "B"), (3, "C")] {
            registry.save_virtual_dvr(dvr(id, name, &[])).unwrap();
        }
        assert_eq!(
            registry.save_virtual_dvr(dvr(4, " b ", &[])),
            Err(RegistryError::DuplicateName)
        );
        assert_eq!(registry.free_virtual_dvr_name("b"), "b (2)");
        assert_eq!(registry.free_virtual_dvr_name("D"), "D");
        let before = registry.clone();
        let (index, removed) = registry.remove_virtual_dvr(VirtualDvrId(2)).unwrap();
        assert!(registry.remove_virtual_dvr(VirtualDvrId(2)).is_none());
        registry.restore_virtual_dvr(index, removed.clone());
        assert_eq!(registry, before);
        registry.restore_virtual_dvr(index, removed.clone());
        assert_eq!(registry, before, "only once");
        registry.remove_virtual_dvr(VirtualDvrId(2));
        registry.save_virtual_dvr(dvr(5, "b", &[])).unwrap();
        registry.restore_virtual_dvr(index, removed);
        assert_eq!(registry.virtual_dvrs[1].name, "B (2)");
    }
}
