//! The device dialog's *Test*: how far its one attempt has come, and how it ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connections::TestProgress;
use crate::bridge::{Clock, FrameSlot, TestId, TestState, TestStatus};
use reconnect::{Failure, LinkId, LinkView, Stage};

/// The Test that is shown; one at a time.
#[derive(Default)]
pub(super) struct Trial(Option<Test>);

struct Test {
    id: TestId,
    link: LinkId,
    began: Instant,
    /// How long it waited for its turn.
    waited: Option<Duration>,
    /// The step that is under way, and since when.
    step: Option<(Stage, Instant)>,
    not_asked: Option<Clock>,
    done: Vec<(Stage, Duration)>,
    failed_after: Option<Duration>,
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
            waited: None,
            step: None,
            not_asked: None,
            done: Vec::new(),
            failed_after: None,
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
            TestProgress::NotAsked(refused) => test.not_asked = Some(refused),
            // A Test is one attempt: trying on is for devices that are registered.
            TestProgress::Failed(failure) if test.result.is_none() => {
                test.failed_after = test.step.map(|(_, since)| now.saturating_duration_since(since));
                test.result = Some(Err(failure));
            }
            // The first picture is all that was asked for.
            TestProgress::Passed { codec } if test.result.is_none() => {
                test.step_ends(now);
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
            waited: test.waited,
            not_asked: test.not_asked,
            done: test.done.clone(),
            failed_after: test.failed_after,
            state: test.state(view, stage),
            slot: Arc::clone(&test.slot),
        }))
    }
}

impl Test {
    fn reached(&mut self, stage: Stage, now: Instant) {
        let waited = now.saturating_duration_since(self.began);
        self.waited.get_or_insert(waited);
        match self.step {
            // Another address of the same name.
            Some((current, _)) if current == stage => return,
            // A redirect: what was done at the first place is done anew at the next.
            Some((current, _)) if current > stage => self.done.retain(|(done, _)| *done < stage),
            Some(_) | None => self.step_ends(now),
        }
        self.step = Some((stage, now));
    }

    fn step_ends(&mut self, now: Instant) {
        if let Some((stage, since)) = self.step.take() {
            self.done.push((stage, now.saturating_duration_since(since)));
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: LinkId = LinkId(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn begun(now: Instant) -> Trial {
        let mut trial = Trial::default();
        trial.begin(TestId(1), (LINK, Arc::default()), now);
        trial
    }

    #[test]
    fn each_step_has_its_own_time_and_the_wait_for_the_turn_is_none_of_them() {
        let start = Instant::now();
        let mut trial = begun(start);
        for (stage, at) in [
            (Stage::Resolve, 2_433),
            (Stage::Connect, 2_440),
            (Stage::Options, 2_448),
            (Stage::Describe, 2_460),
            (Stage::Setup, 2_500),
            (Stage::Play, 2_510),
            (Stage::Media, 2_530),
        ] {
            trial.note(LINK, TestProgress::Reached(stage), start + ms(at));
        }
        trial.note(
            LINK,
            TestProgress::Passed {
                codec: "H.264".to_owned(),
            },
            start + ms(2_630),
        );
        let status = trial.status((None, None)).unwrap();
        assert_eq!(status.waited, Some(ms(2_433)));
        let steps = [
            (Stage::Resolve, ms(7)),
            (Stage::Connect, ms(8)),
            (Stage::Options, ms(12)),
            (Stage::Describe, ms(40)),
            (Stage::Setup, ms(10)),
            (Stage::Play, ms(20)),
            (Stage::Media, ms(100)),
        ];
        assert_eq!(status.done, steps);
    }

    #[test]
    fn a_redirect_begins_again_and_a_second_address_goes_on() {
        let start = Instant::now();
        let mut trial = begun(start);
        for (stage, at) in [
            (Stage::Resolve, 0),
            (Stage::Connect, 5),
            (Stage::Connect, 9),
            (Stage::Options, 10),
            (Stage::Describe, 20),
            (Stage::Resolve, 100),
            (Stage::Connect, 101),
            (Stage::Options, 103),
        ] {
            trial.note(LINK, TestProgress::Reached(stage), start + ms(at));
        }
        let status = trial.status((None, None)).unwrap();
        assert_eq!(status.done, [(Stage::Resolve, ms(1)), (Stage::Connect, ms(2))]);
    }
}
