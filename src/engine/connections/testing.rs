//! The link of a Test: one attempt with a draft, by the same dial and governor as everything else.

use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::Connections;
use super::devices::known_address;
use super::links::{LinkRecord, Purpose};
use super::run::Run;
use crate::bridge::FrameSlot;
use device::{DeviceEdit, DeviceId, PasswordEdit, StreamId};
use reconnect::{Input, LinkId, LinkView, Rank, Stage};

/// Set in the identity of every tested device: registered ones are random, so they may have it too, but then they are found
/// in the registry.
const TEST_BIT: u64 = 1 << 63;

impl Connections {
    /// Wants a stream of a drafted device. The link, and where its picture comes.
    pub(in crate::engine) fn begin_test(
        &mut self,
        edit: &DeviceEdit,
        stream: StreamId,
        now: Instant,
    ) -> (LinkId, Arc<FrameSlot>) {
        let recorder = recorder_of(&edit.device.host, edit.device.port);
        // The same for the same recorder, so that clicking again and again is held back like any retry.
        let device = DeviceId(recorder | TEST_BIT);
        if let Some(before) = self.last_test.replace(device).filter(|before| *before != device) {
            self.devices.forget(before);
            self.machine.handle(Input::DeviceRemoved(before), now);
        }
        self.devices.remember(device);
        let link = LinkId(self.fresh_id());
        let purpose = Purpose::Test(Arc::new(edit.device.clone()));
        let record = LinkRecord::new(purpose, stream, device, Rank::Selected);
        let slot = Arc::clone(&record.slot);
        self.links.insert(link, record);
        // A new revision for every Test: a person asked, so an earlier refusal of other words does not stop it.
        let revision = self.fresh_id();
        self.machine.handle(
            Input::Device {
                id: device,
                site: edit.site.id,
                address: known_address(&edit.device.host),
                recorder,
                revision,
            },
            now,
        );
        let password = match &edit.password {
            PasswordEdit::Keep => PasswordEdit::SameAs(edit.device.id),
            edit => edit.clone(),
        };
        self.want_sign_in(device, &edit.device.user, password, now);
        let rank = Rank::Selected;
        self.machine.handle(Input::Want { link, device, rank }, now);
        self.machine.handle(Input::RetryNow(device), now);
        self.changed();
        (link, slot)
    }

    pub(super) fn is_test(&self, device: DeviceId) -> bool {
        device.0 & TEST_BIT != 0 && self.devices.get(device).is_none()
    }

    /// What the machine plans for the link of a Test, and how far its attempt is, and since when.
    pub(in crate::engine) fn test_view(&self, link: LinkId) -> (Option<LinkView>, Option<(Stage, Instant)>) {
        let run = self.links.get(link).and_then(|link| link.run.as_ref());
        (self.machine.link(link), run.map(Run::stage))
    }
}
