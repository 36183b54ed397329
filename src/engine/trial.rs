//! The device dialog's *Test*: one attempt with a draft, by the same dial and governor as everything else.

use std::time::{Duration, Instant};

use super::clock;
use super::core::Core;
use super::fleet::known_address;
use super::record::{Link, Purpose};
use super::refusals::recorder_of;
use crate::bridge::{TestId, TestRequest, TestState, TestStatus};
use device::{DeviceEdit, DeviceId};
use reconnect::{Failure, Input, LinkId, LinkView, Rank, Stage};

/// The Test that is shown; one at a time.
pub(super) struct Trial {
    pub id: TestId,
    pub edit: DeviceEdit,
    pub link: LinkId,
    began: Instant,
    done: Vec<(Stage, Duration)>,
    result: Option<Result<(), Failure>>,
    slot: std::sync::Arc<crate::bridge::FrameSlot>,
    codec: String,
}

impl Core {
    pub(super) fn begin_trial(&mut self, request: TestRequest) {
        let now = clock::now();
        self.end_trial(now);
        let TestRequest { id, edit, stream } = request;
        let recorder = recorder_of(&edit.device.host, edit.device.port);
        // The same for the same recorder, so that clicking again and again is held back like any retry.
        let device = DeviceId(recorder | TRIAL_BIT);
        if let Some(before) = self.last_trial.replace(device).filter(|before| *before != device) {
            self.devices.remove(&before);
            self.machine.handle(Input::DeviceRemoved(before), now);
        }
        let link = LinkId(self.fresh_id());
        let mut record = Link::new(Purpose::Test(id), stream, device);
        record.rank = Rank::Selected;
        let slot = std::sync::Arc::clone(&record.slot);
        self.links.insert(link, record);
        self.devices.entry(device).or_default();
        let address = known_address(&edit.device.host);
        let site = edit.site.id;
        self.trial = Some(Trial {
            id,
            edit,
            link,
            began: now,
            done: Vec::new(),
            result: None,
            slot,
            codec: String::new(),
        });
        self.publisher.dirty();
        // A new revision for every Test: a person asked, so an earlier refusal of other words does not stop it.
        let revision = self.fresh_id();
        self.machine.handle(
            Input::Device {
                id: device,
                site,
                address,
                recorder,
                revision,
            },
            now,
        );
        self.machine.handle(
            Input::Want {
                link,
                device,
                rank: Rank::Selected,
            },
            now,
        );
        self.machine.handle(Input::RetryNow(device), now);
    }

    pub(super) fn cancel_trial(&mut self, id: TestId) {
        if self.trial.as_ref().is_some_and(|trial| trial.id == id) {
            self.end_trial(clock::now());
        }
    }

    fn end_trial(&mut self, now: Instant) {
        if let Some(trial) = self.trial.take() {
            self.unwant(trial.link, now);
        }
    }

    pub(super) fn is_trial(&self, device: DeviceId) -> bool {
        device.0 & TRIAL_BIT != 0 && self.registry.device(device).is_none()
    }

    pub(super) fn trial_reached(&mut self, link: LinkId, stage: Stage, now: Instant) {
        if let Some(trial) = self.trial.as_mut().filter(|trial| trial.link == link) {
            // Reaching a stage completes the one before it.
            if let Some(before) = before(stage) {
                trial.done.retain(|(done, _)| *done != before);
                trial.done.push((before, now.saturating_duration_since(trial.began)));
            }
        }
    }

    pub(super) fn trial_passed(&mut self, link: LinkId) {
        let codec = self
            .links
            .get(&link)
            .map(|link| link.facts.info.codec.clone())
            .unwrap_or_default();
        if let Some(trial) = self
            .trial
            .as_mut()
            .filter(|trial| trial.link == link && trial.result.is_none())
        {
            let took = clock::now().saturating_duration_since(trial.began);
            trial.done.push((Stage::Media, took));
            trial.codec = codec;
            trial.result = Some(Ok(()));
            // The first picture is all that was asked for.
            self.unwant(link, clock::now());
        }
    }

    pub(super) fn trial_failed(&mut self, link: LinkId, failure: Failure, now: Instant) {
        if let Some(trial) = self
            .trial
            .as_mut()
            .filter(|trial| trial.link == link && trial.result.is_none())
        {
            trial.result = Some(Err(failure));
            // A Test is one attempt: trying on is for devices that are registered.
            self.unwant(link, now);
        }
    }
}

impl Trial {
    pub(super) fn status(&self, link: Option<&Link>, view: Option<LinkView>) -> TestStatus {
        let running = link.and_then(|link| link.running.as_ref());
        let state = match (&self.result, running, view) {
            (Some(Ok(())), ..) => {
                let (width, height) = self.slot.source().unwrap_or_default();
                TestState::Passed {
                    codec: self.codec.clone(),
                    width,
                    height,
                }
            }
            (Some(Err(failure)), ..) => TestState::Failed(failure.clone()),
            (None, Some(running), _) => TestState::Running { stage: running.stage },
            (None, None, Some(LinkView::Waiting { until, .. })) => TestState::Waiting { until },
            (None, None, Some(LinkView::Stopped { failure, .. })) => TestState::Failed(failure),
            (None, None, Some(LinkView::BackingOff { until, .. })) => TestState::Waiting { until: Some(until) },
            (None, None, _) => TestState::Waiting { until: None },
        };
        TestStatus {
            id: self.id,
            done: self.done.clone(),
            state,
            slot: std::sync::Arc::clone(&self.slot),
        }
    }
}

/// Set in the identity of every tested device: registered ones are random, so they may have it too, but then they are found
/// in the registry.
const TRIAL_BIT: u64 = 1 << 63;

fn before(stage: Stage) -> Option<Stage> {
    match stage {
        Stage::Resolve => None,
        Stage::Connect => Some(Stage::Resolve),
        Stage::Tls | Stage::Options => Some(Stage::Connect),
        Stage::Describe => Some(Stage::Options),
        Stage::Setup => Some(Stage::Describe),
        Stage::Play => Some(Stage::Setup),
        Stage::Media => Some(Stage::Play),
    }
}
