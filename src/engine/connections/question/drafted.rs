//! Devices that are asked as they are drafted, before anybody has saved them.

use std::time::Instant;

use super::super::super::attempt::recorder_of;
use super::super::Connections;
use super::super::devices::known_address;
use super::{MOST_DRAFTED, QUESTION_BIT, Question};
use device::{CertificateOwner, DeviceEdit, DeviceId, OnvifPlace, PasswordEdit};
use reconnect::{Input, Rank};

impl Connections {
    /// The question to a device as it is drafted, which the machine knows from now on.
    pub(super) fn drafted_question(&mut self, edit: DeviceEdit, place: OnvifPlace, now: Instant) -> Question {
        let recorder = recorder_of(&edit.device.host, edit.device.port);
        let device = DeviceId(recorder & (QUESTION_BIT - 1) | QUESTION_BIT);
        self.questions.drafted.retain(|drafted| *drafted != device);
        self.questions.drafted.push_back(device);
        while self.questions.drafted.len() > MOST_DRAFTED {
            let Some(oldest) = self
                .questions
                .drafted
                .iter()
                .position(|drafted| !self.questions.asks(*drafted))
            else {
                break;
            };
            if let Some(oldest) = self.questions.drafted.remove(oldest) {
                self.machine.handle(Input::DeviceRemoved(oldest), now);
            }
        }
        // A new revision each time: a person asked, so that an earlier refusal of other words does not stop it.
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
        self.sign_ins.forget(device);
        self.want_sign_in(device, &edit.device.user, password, now);
        // A draft of a registered device at another host is another device.
        let registered = self
            .devices
            .get(edit.device.id)
            .filter(|it| it.host == edit.device.host);
        let owner = registered.map(|it| CertificateOwner::web(it.id, place.port));
        Question {
            signs_in: true,
            carrier: edit.device.carrier,
            device,
            is_drafted: true,
            rank: Rank::Selected,
            host: edit.device.host,
            rtsp_port: edit.device.port,
            owner: owner.filter(|_| place.secure),
            road: 0,
            shown: None,
            unconfirmed: edit.device.unconfirmed,
            place,
            keys: None,
            link: None,
            attempt: None,
            address: None,
        }
    }
}
