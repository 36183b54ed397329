//! The device dialog's *Test*: how far its one attempt has come, and how it ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connections::TestProgress;
use crate::bridge::{FrameSlot, TestId, TestState, TestStatus};
use reconnect::{Failure, LinkId, LinkView, Stage};

/// The Test that is shown; one at a time.
#[derive(Default)]
pub(super) struct Trial(Option<Test>);

struct Test {
    id: TestId,
    link: LinkId,
    began: Instant,
    done: Vec<(Stage, Duration)>,
    result: Option<Result<(), Failure>>,
    slot: Arc<FrameSlot>,
    codec: String,
}

impl Trial {
    /// A Test begins on this link, whose picture comes to `slot`.
    pub(super) fn begin(&mut self, id: TestId, (link, slot): (LinkId, Arc<FrameSlot>), now: Instant) {
        self.0 = Some(Test {
            id,
            link,
            began: now,
            done: Vec::new(),
            result: None,
            slot,
            codec: String::new(),
        });
    }

    /// Ends the Test with this identity, or whichever there is; the link that is not wanted any more.
    pub(super) fn end(&mut self, id: Option<TestId>) -> Option<LinkId> {
        let ended = self.0.take_if(|test| id.is_none_or(|id| test.id == id))?;
        Some(ended.link)
    }

    /// Takes note of what became of a link. Whether it is not wanted any more.
    pub(super) fn note(&mut self, link: LinkId, progress: TestProgress, now: Instant) -> bool {
        let Some(test) = self.0.as_mut().filter(|test| test.link == link) else {
            return false;
        };
        match progress {
            TestProgress::Reached(stage) => test.reached(stage, now),
            // A Test is one attempt: trying on is for devices that are registered.
            TestProgress::Failed(failure) if test.result.is_none() => test.result = Some(Err(failure)),
            // The first picture is all that was asked for.
            TestProgress::Passed { codec } if test.result.is_none() => {
                test.done
                    .push((Stage::Media, now.saturating_duration_since(test.began)));
                test.codec = codec;
                test.result = Some(Ok(()));
            }
            TestProgress::Failed(_) | TestProgress::Passed { .. } => {}
        }
        test.result.is_some()
    }

    pub(super) fn link(&self) -> Option<LinkId> {
        self.0.as_ref().map(|test| test.link)
    }

    /// What is shown: `view` is what the machine plans for the link, `stage` how far its attempt is, and since when.
    pub(super) fn status(
        &self,
        (view, stage): (Option<LinkView>, Option<(Stage, Instant)>),
    ) -> Option<Arc<TestStatus>> {
        let test = self.0.as_ref()?;
        Some(Arc::new(TestStatus {
            id: test.id,
            done: test.done.clone(),
            state: test.state(view, stage),
            slot: Arc::clone(&test.slot),
        }))
    }
}

impl Test {
    fn reached(&mut self, stage: Stage, now: Instant) {
        // Reaching a stage completes the one before it.
        if let Some(before) = before(stage) {
            self.done.retain(|(done, _)| *done != before);
            self.done.push((before, now.saturating_duration_since(self.began)));
        }
    }

    fn state(&self, view: Option<LinkView>, stage: Option<(Stage, Instant)>) -> TestState {
        match (&self.result, stage, view) {
            (Some(Ok(())), ..) => {
                let (width, height) = self.slot.source().unwrap_or_default();
                TestState::Passed {
                    codec: self.codec.clone(),
                    width,
                    height,
                }
            }
            (Some(Err(failure)), ..) => TestState::Failed(failure.clone()),
            (None, Some((stage, since)), _) => TestState::Running { stage, since },
            (None, None, Some(LinkView::Waiting { until, .. })) => TestState::Waiting { until },
            (None, None, Some(LinkView::Stopped { failure, .. })) => TestState::Failed(failure),
            (None, None, Some(LinkView::BackingOff { until, .. })) => TestState::Waiting { until: Some(until) },
            (None, None, _) => TestState::Waiting { until: None },
        }
    }
}

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
