//! What an answer changes.

use std::time::{Duration, Instant, SystemTime};

use incidents::unix_time;

use super::{
    EMPTY, End, LASTED, LEAST, LONGEST_PAUSE, PACE, PULL_LASTS, PullPoint, PullTrouble, Renewing, SLOW_PACE, Step,
    Subscription, reference,
};
use crate::envelope::Service;
use crate::fault::said;
use crate::media::camera_tokens;
use crate::request::WebReply;
use crate::services::ServicePaths;
use crate::time::clock_offset;
use crate::xml::XmlTree;

impl PullPoint {
    pub(super) fn opened(
        &mut self,
        tree: Option<&XmlTree>,
        status: u16,
        (took, now, wall): (Duration, Instant, SystemTime),
    ) {
        let cameras = |services: &ServicePaths| match services.has_media() {
            true => Step::Cameras(services.media()),
            false => Step::Ready,
        };
        self.step = match self.step {
            Step::Clock => {
                let asked = wall.checked_sub(took / 2).unwrap_or(wall);
                self.sign_in
                    .set_clock(tree.and_then(|tree| clock_offset(tree.top(), asked)));
                Step::Services
            }
            Step::Services => {
                tree.inspect(|tree| self.services.read_services(tree));
                match self.services.path(Service::Events) {
                    Some(_) => cameras(&self.services),
                    // Some name it there alone.
                    None => Step::Capabilities,
                }
            }
            Step::Capabilities => {
                tree.inspect(|tree| self.services.read_capabilities(tree));
                if self.answered_at.is_none() {
                    // Nothing that it said so far was an answer.
                    let said = PullTrouble::Unsupported(format!("HTTP {status}"));
                    return self.begin_anew(said, now);
                }
                cameras(&self.services)
            }
            Step::Cameras(service) => {
                let tokens = tree.map(camera_tokens).unwrap_or_default();
                match service {
                    // The second service may be announced and have nothing.
                    Service::Media2 if tokens.is_empty() => Step::Cameras(Service::Media1),
                    _ => {
                        self.notifications.cameras = tokens;
                        Step::Ready
                    }
                }
            }
            Step::Ready => Step::Ready,
        };
    }

    /// The device is asked from the first call on, after a pause.
    fn begin_anew(&mut self, trouble: PullTrouble, now: Instant) {
        self.step = Step::Clock;
        self.trouble = Some(trouble);
        self.make_at = Some(now + self.pause.grow().max(LONGEST_PAUSE / 4));
    }

    pub(super) fn made(&mut self, tree: &XmlTree, reply: &WebReply, now: Instant) {
        let Some(reference) = reference::read(tree, &reply.body) else {
            return self.not_made(said("no reference to a subscription"), false, now);
        };
        let (lasts, termination) = times(tree);
        self.trouble = None;
        self.empty = 0;
        self.pull_at = Some(now + if self.is_costly { SLOW_PACE } else { PACE });
        // Whatever becomes of it, the next one is not made before.
        self.make_at = Some(now + LEAST);
        self.subscription = Some(Subscription {
            reference,
            made_at: now,
            good_at: now,
            lasts,
            termination,
            renew: match self.no_renew {
                true => Renewing::Refused,
                false => Renewing::NotNeeded,
            },
            synchronise: false,
        });
    }

    /// What one refuses, another wants: each way to say the end is tried once, each after a pause of its own.
    pub(super) fn not_made(&mut self, text: String, is_unknown: bool, now: Instant) {
        if is_unknown {
            self.trouble = Some(PullTrouble::Unsupported(text));
            self.make_at = Some(now + LONGEST_PAUSE);
            return;
        }
        let next = match self.end {
            End::Relative => Some(End::Absolute),
            End::Absolute => Some(End::Unsaid),
            End::Unsaid => None,
        };
        let pause = match next {
            Some(_) => PACE,
            None => self.pause.grow(),
        };
        self.end = next.unwrap_or(End::Relative);
        self.trouble = Some(PullTrouble::Refused(text));
        self.make_at = Some(now + pause);
    }

    pub(super) fn synchronised(&mut self) {
        if let Some(subscription) = &mut self.subscription {
            subscription.synchronise = false;
        }
    }

    pub(super) fn pulled(&mut self, tree: &XmlTree, took: Duration, now: Instant) {
        let (heard, messages) = self.notifications.read(tree);
        self.heard.extend(heard);
        let is_early = messages == 0 && took < PULL_LASTS / 2;
        self.empty = if is_early { self.empty + 1 } else { 0 };
        let pace = match self.is_costly || self.empty >= EMPTY {
            true => SLOW_PACE,
            false => PACE,
        };
        self.pull_at = Some(now + pace);
        let Some(subscription) = &mut self.subscription else {
            return;
        };
        if now.saturating_duration_since(subscription.made_at) >= LASTED {
            self.pause.reset();
        }
        subscription.good_at = now;
        let (lasts, termination) = times(tree);
        if termination.is_none() || termination != subscription.termination {
            (subscription.lasts, subscription.termination) = (lasts, termination);
            if subscription.renew != Renewing::Refused {
                subscription.renew = Renewing::NotNeeded;
            }
        } else if subscription.renew == Renewing::NotNeeded {
            // The pull did not make it last.
            let after = (lasts * 4 / 5).max(LEAST);
            subscription.renew = Renewing::At(now + after.saturating_sub(took).max(PACE));
        }
    }

    pub(super) fn renewed(&mut self, tree: Option<&XmlTree>, now: Instant) {
        let Some(tree) = tree else {
            self.no_renew = true;
            return self.set_renewing(Renewing::Refused);
        };
        let (lasts, termination) = times(tree);
        if let Some(subscription) = &mut self.subscription {
            (subscription.lasts, subscription.good_at) = (lasts, now);
            subscription.termination = termination.or(subscription.termination);
            subscription.renew = Renewing::At(now + (lasts * 4 / 5).max(LEAST));
        }
    }

    pub(super) fn set_renewing(&mut self, renew: Renewing) {
        if let Some(subscription) = &mut self.subscription {
            subscription.renew = renew;
        }
    }

    /// The device does not know it any more. It is left to die, and another one made after a pause that grows.
    pub(super) fn drop_subscription(&mut self, trouble: PullTrouble, now: Instant) {
        self.subscription = None;
        self.trouble = Some(trouble);
        self.make_at = Some(now + self.pause.grow());
    }
}

/// How long it lasts from now on by the clock of the device, and when it ends by it.
fn times(tree: &XmlTree) -> (Duration, Option<i64>) {
    let time = |name: &str| tree.find(name).and_then(|element| unix_time(element.text()));
    let termination = time("TerminationTime");
    let lasts = termination
        .zip(time("CurrentTime"))
        .map(|(end, now)| end.saturating_sub(now));
    let lasts = lasts
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Duration::from_secs);
    (
        lasts.unwrap_or(LEAST).clamp(LEAST, Duration::from_secs(86_400)),
        termination,
    )
}
