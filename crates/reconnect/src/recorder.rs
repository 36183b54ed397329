//! One recorder may be registered several times (an entry a channel, or once for each user), and a Test is an entry of its own:
//! between them they have one dial in flight, one pace, and one count of connects that came to nothing.

use super::device_plan::DevicePlan;
use super::machine::Machine;
use device::DeviceId;

impl Machine {
    /// Makes the device an entry of this recorder, and of no other. No dial of it may be under way where that is a change.
    pub(super) fn enter_recorder(&mut self, id: DeviceId, recorder: u64) {
        if self.directory.entries(recorder).any(|entry| entry == id) {
            return;
        }
        self.leave_recorder(id);
        let other = self.directory.entries(recorder).next();
        let shared = other.and_then(|other| self.members.get(&other)).map(DevicePlan::shared);
        self.directory.enter_recorder(recorder, id);
        let earlier = if shared.is_none() {
            self.earlier.take_recorder(recorder)
        } else {
            Vec::new()
        };
        if let Some(member) = self.members.get_mut(&id) {
            member.recorder = recorder;
            member.share(shared.unwrap_or((false, earlier.into())));
        }
    }

    pub(super) fn leave_recorder(&mut self, id: DeviceId) {
        let Some(recorder) = self.members.get(&id).map(|member| member.recorder) else {
            return;
        };
        self.directory.leave_recorder(recorder, id);
    }

    /// The device is being dialled: the other entries wait.
    pub(super) fn recorder_is_busy(&mut self, device: DeviceId) {
        let now = self.now;
        self.each_other(device, |member| {
            member.recorder_busy = true;
            member.recorder_dialled(now);
        });
    }

    /// Its dial has ended: the others may go.
    pub(super) fn recorder_is_free(&mut self, device: DeviceId) {
        self.each_other(device, |member| member.recorder_busy = false);
    }

    /// Does this to every entry of the device's recorder.
    pub(super) fn each_entry(&mut self, device: DeviceId, change: impl Fn(&mut DevicePlan)) {
        for id in self.other_entries(device) {
            self.members.get_mut(&id).into_iter().for_each(&change);
        }
        self.members.get_mut(&device).into_iter().for_each(&change);
    }

    /// Does this to the other entries, which may be due or not any more by it. The device's own group settles when its dial or
    /// outcome is noted.
    fn each_other(&mut self, device: DeviceId, change: impl Fn(&mut DevicePlan)) {
        let own = self.members.get(&device).map(|member| member.group);
        for id in self.other_entries(device) {
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            change(member);
            let group = member.group;
            self.refresh(id);
            if own != Some(group) {
                self.settle(group);
            }
        }
    }

    fn other_entries(&self, device: DeviceId) -> Vec<DeviceId> {
        let recorder = self.members.get(&device).map(|member| member.recorder);
        let entries = recorder
            .into_iter()
            .flat_map(|recorder| self.directory.entries(recorder));
        entries.filter(|id| *id != device).collect()
    }
}
