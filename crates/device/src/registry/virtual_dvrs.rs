//! The virtual DVRs of a registry.

use super::{Registry, RegistryError};
use crate::letters::folded;
use crate::{ChannelId, Device, VirtualDvr, VirtualDvrId};

impl Registry {
    #[must_use]
    pub fn virtual_dvr(&self, id: VirtualDvrId) -> Option<&VirtualDvr> {
        self.virtual_dvrs.iter().find(|dvr| dvr.id == id)
    }

    /// Case and surrounding space do not count.
    #[must_use]
    pub fn find_virtual_dvr_by_name(&self, name: &str) -> Option<&VirtualDvr> {
        let name = folded(name);
        self.virtual_dvrs.iter().find(|dvr| folded(&dvr.name) == name)
    }

    /// The device of a channel, if both are registered.
    #[must_use]
    pub fn device_of(&self, channel: ChannelId) -> Option<&Device> {
        let device = self.device(channel.device)?;
        (1..=device.channels.len())
            .contains(&usize::from(channel.number))
            .then_some(device)
    }

    /// Adds the virtual DVR at the end, or replaces the one with the same id where it stands.
    pub fn save_virtual_dvr(&mut self, dvr: VirtualDvr) -> Result<(), RegistryError> {
        if self
            .find_virtual_dvr_by_name(&dvr.name)
            .is_some_and(|other| other.id != dvr.id)
        {
            return Err(RegistryError::DuplicateName);
        }
        match self.virtual_dvrs.iter_mut().find(|known| known.id == dvr.id) {
            Some(known) => *known = dvr,
            None => self.virtual_dvrs.push(dvr),
        }
        Ok(())
    }

    /// The virtual DVR with its index, for [`Registry::restore_virtual_dvr`].
    pub fn remove_virtual_dvr(&mut self, id: VirtualDvrId) -> Option<(usize, VirtualDvr)> {
        let index = self.virtual_dvrs.iter().position(|dvr| dvr.id == id)?;
        Some((index, self.virtual_dvrs.remove(index)))
    }

    /// Puts a removed virtual DVR back at `index`, or at the end. A name that was taken meanwhile gets a number.
    pub fn restore_virtual_dvr(&mut self, index: usize, mut dvr: VirtualDvr) {
        if self.virtual_dvr(dvr.id).is_none() {
            dvr.name = self.free_virtual_dvr_name(&dvr.name);
            self.virtual_dvrs.insert(index.min(self.virtual_dvrs.len()), dvr);
        }
    }

    /// `name`, or `name (2)`, `name (3)` and so on: the first that no virtual DVR has.
    #[must_use]
    pub fn free_virtual_dvr_name(&self, name: &str) -> String {
        let numbered = (2..=self.virtual_dvrs.len() + 2).map(|number| format!("{name} ({number})"));
        std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| self.find_virtual_dvr_by_name(name).is_none())
            .unwrap_or_default()
    }
}
