//! Enquiries: what devices say over ONVIF that they are and which channels they have. A person asks for one in the editor; devices
//! that show a picture are asked by themselves now and then what they are.

mod converse;
mod news;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use self::converse::Told;
pub(super) use self::news::{EnquiryEvent, EnquiryNews};
use super::asking::{ConversationEnd, converse};
use super::connections::{GrantedQuestion, QuestionId};
use super::inbox::Inbox;
use crate::bridge::{EnquiryId, EnquiryState, EnquiryStatus, KnownIdentity};
use ::onvif::{Enquiry, EnquiryGoal, EnquiryPlan, EnquiryResult, EnquiryStep};
use device::{DeviceId, Identity, OnvifPlace};
use problem_report::Scrub;
use reconnect::{Failure, LinkView};

/// A device is asked by itself what it is this often at most: clocks drift slowly, and firmware changes rarely.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 3_600);
/// It is asked first when its pictures have come for so long, so that a restart costs no connect.
const FIRST_LOOK: Duration = Duration::from_secs(60);
/// Whether one is due is found out this often.
const LOOK_FOR_DUE: Duration = Duration::from_secs(10);

/// The most finished enquiries by hand that are shown.
const MOST_SHOWN: usize = 256;

/// So many connections in a row without an answer end an enquiry.
const FRUITLESS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    ByHand(EnquiryId),
    Look(DeviceId),
    /// A person diagnoses the device.
    Trace,
}

struct Asked {
    purpose: Purpose,
    /// `None` while a connection has it, and before the first one.
    enquiry: Option<Box<Enquiry>>,
    place: OnvifPlace,
    step: Option<EnquiryStep>,
    /// Since when it is connected or asks; `None` while it waits for a permit.
    since: Option<Instant>,
    connects: u32,
    requests: u32,
    fruitless: u32,
    task: Option<AbortHandle>,
}

/// What the connections have to do for an enquiry.
#[derive(Debug, PartialEq)]
pub(super) enum AfterConversation {
    /// Another connect.
    Again,
    End,
    Refused(Failure),
    Failed(Option<std::net::IpAddr>, Failure),
}

#[derive(Default)]
pub(super) struct Enquiries {
    asked: BTreeMap<QuestionId, Asked>,
    shown: BTreeMap<EnquiryId, Arc<EnquiryStatus>>,
    identities: Arc<HashMap<DeviceId, KnownIdentity>>,
    /// When each device that shows pictures is asked next.
    due: BTreeMap<DeviceId, Instant>,
    looked: Option<Instant>,
    /// The one of a diagnosis that has ended.
    traced: Option<(QuestionId, EnquiryState)>,
    /// What registered devices said that they are known by, to be kept.
    learnt: Vec<(DeviceId, Identity)>,
}

impl Enquiries {
    /// A person asks.
    pub(super) fn begin(&mut self, id: EnquiryId, question: QuestionId, place: OnvifPlace) {
        self.insert(question, Purpose::ByHand(id), place);
        self.show(id, EnquiryState::Waiting { until: None }, 0, 0);
    }

    /// Who is asked by itself now, if anybody is: one at a time, among the devices that show pictures.
    pub(super) fn look_due(
        &mut self,
        live: impl FnOnce() -> BTreeMap<DeviceId, OnvifPlace>,
        now: Instant,
    ) -> Option<(DeviceId, OnvifPlace)> {
        let rests = self
            .looked
            .is_some_and(|at| now.saturating_duration_since(at) < LOOK_FOR_DUE);
        let looks = |asked: &Asked| matches!(asked.purpose, Purpose::Look(_));
        if rests || self.asked.values().any(looks) {
            return None;
        }
        self.looked = Some(now);
        let live = live();
        for device in live.keys() {
            self.due.entry(*device).or_insert(now + FIRST_LOOK);
        }
        let is_due = |(device, _): &(&DeviceId, &OnvifPlace)| self.due.get(device).is_some_and(|due| now >= *due);
        let (device, place) = live.iter().find(is_due)?;
        self.due.insert(*device, now + LOOK_AGAIN);
        Some((*device, place.clone()))
    }

    pub(super) fn begin_look(&mut self, device: DeviceId, question: QuestionId, place: OnvifPlace) {
        self.insert(question, Purpose::Look(device), place);
    }

    /// A person diagnoses: what is said and answered is told, too.
    pub(super) fn begin_traced(&mut self, question: QuestionId, place: OnvifPlace) {
        self.traced = None;
        self.insert(question, Purpose::Trace, place);
    }

    /// How the enquiry of a diagnosis ended.
    pub(super) fn take_traced(&mut self) -> Option<(QuestionId, EnquiryState)> {
        self.traced.take()
    }

    /// Nobody waits for it any more.
    pub(super) fn forget(&mut self, question: QuestionId) {
        self.drop_asked(question);
    }

    /// A person wants something else of this device: what it is asked by itself is asked later. The question that is not wanted any more.
    pub(super) fn give_way(&mut self, device: DeviceId, now: Instant) -> Option<QuestionId> {
        let of = |(_, asked): &(&QuestionId, &Asked)| asked.purpose == Purpose::Look(device);
        let question = self.asked.iter().find(of).map(|(question, _)| *question)?;
        self.due.insert(device, now + FIRST_LOOK);
        self.drop_asked(question);
        Some(question)
    }

    fn insert(&mut self, question: QuestionId, purpose: Purpose, place: OnvifPlace) {
        let asked = Asked {
            purpose,
            enquiry: None,
            place,
            step: None,
            since: None,
            connects: 0,
            requests: 0,
            fruitless: 0,
            task: None,
        };
        self.asked.insert(question, asked);
    }

    /// Converses with the permit that was granted.
    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>, now: Instant) {
        let (question, attempt) = (granted.question, granted.attempt);
        let Some(asked) = self.asked.get_mut(&question) else {
            return;
        };
        let mut enquiry = asked.enquiry.take().unwrap_or_else(|| {
            Box::new(Enquiry::new(EnquiryPlan {
                goal: match asked.purpose {
                    Purpose::ByHand(_) | Purpose::Trace => EnquiryGoal::Channels,
                    Purpose::Look(_) => EnquiryGoal::Identity,
                },
                path: asked.place.path.clone(),
                credentials: granted.credentials.clone(),
                may_basic: granted.may_basic,
                seed: fastrand::u64(..),
            }))
        });
        asked.connects += 1;
        asked.since = Some(now);
        let is_told = asked.purpose == Purpose::Trace;
        let conversing = tokio::spawn(async move {
            let told = inbox.clone();
            let send = move |event| {
                let news = EnquiryNews {
                    question,
                    attempt,
                    event,
                };
                told.try_send(Inbox::Enquiry(Box::new(news))).ok();
            };
            let password = granted.credentials.as_ref().map(|credentials| &credentials.password);
            let scrub = is_told.then(|| Scrub::new(password));
            let mut told = Told {
                enquiry: &mut enquiry,
                scrub,
                tell: &send,
            };
            let end = converse(granted, &mut told, |step| send(step.into())).await;
            let news = EnquiryNews {
                question,
                attempt,
                event: EnquiryEvent::Ended(enquiry, end),
            };
            // The loop may be gone already: then nobody needs to know.
            inbox.send(Inbox::Enquiry(Box::new(news))).await.ok();
        });
        asked.task = Some(conversing.abort_handle());
        self.update(question);
    }

    /// One more request goes out.
    pub(super) fn asking(&mut self, question: QuestionId, step: Option<EnquiryStep>, now: Instant) {
        let Some(asked) = self.asked.get_mut(&question) else {
            return;
        };
        asked.requests += 1;
        asked.fruitless = 0;
        if asked.step != step {
            (asked.step, asked.since) = (step, Some(now));
        }
        self.update(question);
    }

    /// A connection of it is over; what the connections have to do.
    pub(super) fn ended(
        &mut self,
        question: QuestionId,
        enquiry: Box<Enquiry>,
        end: ConversationEnd,
        now: Instant,
    ) -> AfterConversation {
        let Some(asked) = self.asked.get_mut(&question) else {
            return AfterConversation::End;
        };
        asked.task = None;
        let result = || Arc::new(enquiry.result().clone());
        let (state, after) = match end {
            ConversationEnd::Closed if enquiry.step().is_some() => {
                asked.fruitless += 1;
                if asked.fruitless <= FRUITLESS {
                    (asked.enquiry, asked.since) = (Some(enquiry), None);
                    self.update(question);
                    return AfterConversation::Again;
                }
                let detail = "it closes each connection without an answer";
                let failure =
                    super::failure::failure(reconnect::FailureKind::Protocol, reconnect::Stage::Describe, detail);
                (EnquiryState::Failed(failure), AfterConversation::End)
            }
            ConversationEnd::Closed | ConversationEnd::Finished => {
                (EnquiryState::Done(result()), AfterConversation::End)
            }
            ConversationEnd::Refused(failure) => (EnquiryState::Done(result()), AfterConversation::Refused(failure)),
            ConversationEnd::NotAsked(clock) => (EnquiryState::NotAsked(clock), AfterConversation::End),
            ConversationEnd::Broke(failure) => (EnquiryState::Failed(failure), AfterConversation::End),
            ConversationEnd::Failed { address, failure } => (
                EnquiryState::Failed(failure.clone()),
                AfterConversation::Failed(address, failure),
            ),
        };
        self.finish(question, state, now);
        after
    }

    /// The machine or the connections ended it.
    pub(super) fn lost(&mut self, question: QuestionId, failure: Failure, now: Instant) {
        self.finish(question, EnquiryState::Failed(failure), now);
    }

    /// A person does not want it any more, or has seen its answer. The question that is not wanted any more.
    pub(super) fn cancel(&mut self, id: EnquiryId) -> Option<QuestionId> {
        self.shown.remove(&id);
        let of = |(_, asked): &(&QuestionId, &Asked)| asked.purpose == Purpose::ByHand(id);
        let question = self.asked.iter().find(of).map(|(question, _)| *question)?;
        self.drop_asked(question);
        Some(question)
    }

    /// Enquiries by hand that wait for a permit: what the machine plans for them is shown, and one that it will not dial has failed.
    pub(super) fn judge(&mut self, view: impl Fn(QuestionId) -> Option<LinkView>, now: Instant) -> Vec<QuestionId> {
        let waits = |(question, asked): (&QuestionId, &Asked)| asked.since.is_none().then_some(*question);
        let waiting: Vec<QuestionId> = self.asked.iter().filter_map(waits).collect();
        let mut over = Vec::new();
        for question in waiting {
            let id = match self.asked.get(&question).map(|asked| asked.purpose) {
                Some(Purpose::ByHand(id)) => Some(id),
                Some(Purpose::Trace) => None,
                Some(Purpose::Look(_)) | None => continue,
            };
            let until = match view(question) {
                Some(LinkView::Stopped { failure, .. }) => {
                    self.finish(question, EnquiryState::Failed(failure), now);
                    over.push(question);
                    continue;
                }
                Some(LinkView::Waiting { until, .. }) => until,
                Some(LinkView::BackingOff { until, .. }) => Some(until),
                _ => None,
            };
            let (connects, requests) = self
                .asked
                .get(&question)
                .map_or((0, 0), |asked| (asked.connects, asked.requests));
            if let Some(id) = id {
                self.show(id, EnquiryState::Waiting { until }, connects, requests);
            }
        }
        over
    }

    pub(super) fn shown(&self) -> BTreeMap<EnquiryId, Arc<EnquiryStatus>> {
        self.shown.clone()
    }

    pub(super) fn identities(&self) -> Arc<HashMap<DeviceId, KnownIdentity>> {
        Arc::clone(&self.identities)
    }

    /// What is known of devices that are gone is forgotten.
    pub(super) fn retain(&mut self, is_there: impl Fn(DeviceId) -> bool) {
        self.due.retain(|device, _| is_there(*device));
        if self.identities.keys().any(|device| !is_there(*device)) {
            Arc::make_mut(&mut self.identities).retain(|device, _| is_there(*device));
        }
    }

    /// A person asked a registered device, and it said what it is.
    pub(super) fn note_identity(&mut self, device: DeviceId, result: &EnquiryResult, now: Instant) {
        if result.done.iter().any(|(step, _)| *step == EnquiryStep::Identity) {
            let known = KnownIdentity {
                identity: result.identity.clone(),
                at: now,
            };
            Arc::make_mut(&mut self.identities).insert(device, known);
            let identity = Identity::new(None, Some(&result.identity.serial), None);
            if !identity.is_empty() {
                self.learnt.push((device, identity));
            }
            self.due.insert(device, now + LOOK_AGAIN);
        }
    }

    /// What registered devices said since the last call that they are known by.
    pub(super) fn take_learnt(&mut self) -> Vec<(DeviceId, Identity)> {
        std::mem::take(&mut self.learnt)
    }

    /// What kept this device from saying what it is was taken away by a person.
    pub(super) fn look_soon(&mut self, device: DeviceId, now: Instant) {
        if let Some(due) = self.due.get_mut(&device) {
            *due = now;
        }
    }

    fn finish(&mut self, question: QuestionId, state: EnquiryState, now: Instant) {
        let Some(asked) = self.drop_asked(question) else { return };
        match asked.purpose {
            Purpose::ByHand(id) => self.show(id, state, asked.connects, asked.requests),
            Purpose::Trace => self.traced = Some((question, state)),
            Purpose::Look(device) => match &state {
                EnquiryState::Done(result) => self.note_identity(device, result, now),
                other => tracing::info!(%device, state = ?other, "a device did not say what it is"),
            },
        }
    }

    fn drop_asked(&mut self, question: QuestionId) -> Option<Asked> {
        let asked = self.asked.remove(&question)?;
        if let Some(task) = &asked.task {
            task.abort();
        }
        Some(asked)
    }

    fn update(&mut self, question: QuestionId) {
        let Some(asked) = self.asked.get(&question) else { return };
        let Purpose::ByHand(id) = asked.purpose else { return };
        let step = asked.step;
        let state = match asked.since {
            Some(since) => EnquiryState::Asking { step, since },
            None => EnquiryState::Waiting { until: None },
        };
        let (connects, requests) = (asked.connects, asked.requests);
        self.show(id, state, connects, requests);
    }

    fn show(&mut self, id: EnquiryId, state: EnquiryState, connects: u32, requests: u32) {
        let status = EnquiryStatus {
            id,
            state,
            connects,
            requests,
        };
        self.shown.insert(id, Arc::new(status));
        while self.shown.len() > MOST_SHOWN {
            self.shown.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn live(count: u64) -> BTreeMap<DeviceId, OnvifPlace> {
        (1..=count).map(|id| (DeviceId(id), OnvifPlace::default())).collect()
    }

    /// Looks each second, and lets each look end at once. Returns how often each of so many devices was asked.
    fn looks(enquiries: &mut Enquiries, devices: u64, from: Instant, seconds: u32) -> BTreeMap<DeviceId, u32> {
        let mut asked = BTreeMap::new();
        for second in 0..seconds {
            if let Some((device, _)) = enquiries.look_due(|| live(devices), from + SECOND * second) {
                *asked.entry(device).or_default() += 1;
            }
        }
        asked
    }

    #[test]
    fn a_device_is_asked_after_a_minute_of_pictures_and_each_six_hours() {
        let start = Instant::now();
        let mut enquiries = Enquiries::default();
        assert!(
            looks(&mut enquiries, 3, start, 60).is_empty(),
            "a restart costs no connect"
        );
        let first = looks(&mut enquiries, 3, start + SECOND * 60, 60);
        assert_eq!(first.values().copied().collect::<Vec<u32>>(), [1, 1, 1]);
        let rest = looks(&mut enquiries, 3, start + SECOND * 120, 6 * 3_600 - 120);
        assert!(rest.is_empty(), "{rest:?}");
        let again = looks(&mut enquiries, 3, start + SECOND * 6 * 3_600, 200);
        assert_eq!(again.values().copied().collect::<Vec<u32>>(), [1, 1, 1]);
    }

    #[test]
    fn devices_that_are_gone_are_forgotten() {
        let start = Instant::now();
        let mut enquiries = Enquiries::default();
        looks(&mut enquiries, 5, start, 120);
        let result = EnquiryResult {
            done: vec![(EnquiryStep::Identity, SECOND)],
            ..EnquiryResult::default()
        };
        enquiries.note_identity(DeviceId(5), &result, start);
        assert_eq!(enquiries.identities().len(), 1);
        assert!(enquiries.take_learnt().is_empty(), "no serial number was said");
        enquiries.retain(|device| device.0 < 3);
        assert!(enquiries.identities().is_empty());
        assert_eq!(enquiries.due.len(), 2);
    }
}
