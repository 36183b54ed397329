//! Diagnose: the trace of one attempt that a person asks for, and of one enquiry after it. The attempt is made by the connections and the
//! enquiry by the enquiries; here stands how far both are, and what comes next.

mod news;
mod survey;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::clock;
use super::connections::QuestionId;
use super::inbox::Inbox;
use crate::bridge::{DiagnoseTarget, EngineState, EnquiryState, TileState, TraceId, TraceShown};
use crate::net::Policy;
use ::onvif::EnquiryStep;
use device::{Device, DeviceEdit, OnvifPlace, PasswordEdit, Registry, Site, StreamId};
use reconnect::{FailureKind, LinkView, Stage};
use trace::{ExchangeKind, NoEnquiry, Note, OnvifState, Others, StepName, Trace, TraceSubject, Verdict};

pub(super) use self::news::DiagnosisNews;

/// So many traces are kept, for the window and for a problem report.
const MOST_KEPT: usize = 8;

/// What other parts have to do.
pub(super) enum DiagnosisEffect {
    Changed,
    /// Make the attempt.
    Attempt,
    /// It is over, or not wanted any more.
    EndAttempt,
    /// Ask this device by ONVIF.
    Ask(Box<DeviceEdit>, OnvifPlace),
    EndQuestion(QuestionId),
}

/// Whom the attempt is made at.
#[derive(Clone)]
pub(super) struct Patient {
    /// As it would be saved; of a registered one nothing is changed.
    pub edit: DeviceEdit,
    pub stream: StreamId,
    /// This stream and no other of the device was asked for.
    pub is_named: bool,
    /// It is dialled as it is registered.
    pub is_registered: bool,
}

struct Diagnosis {
    patient: Patient,
    shown: TraceShown,
    question: Option<QuestionId>,
    /// How the others fare was looked at after the attempt.
    looked_beside: bool,
    task: Option<AbortHandle>,
}

#[derive(Default)]
pub(super) struct Diagnoses {
    current: Option<Diagnosis>,
    /// The last ones that are over, the newest last.
    kept: Arc<Vec<Arc<TraceShown>>>,
    effects: VecDeque<DiagnosisEffect>,
}

impl Patient {
    /// `None`: what is asked for is not registered.
    pub(super) fn of(target: DiagnoseTarget, registry: &Registry) -> Option<Self> {
        let registered = |stream: StreamId, is_named| {
            let device = registry.device(stream.channel.device)?;
            Some(Self {
                edit: edit_of(device, registry)?,
                stream,
                is_named,
                is_registered: device.enabled,
            })
        };
        match target {
            DiagnoseTarget::Stream(stream) => registered(stream, true),
            DiagnoseTarget::Device(id) => registered(main_of(id), false),
            DiagnoseTarget::Draft(edit, stream) => Some(Self {
                edit: *edit,
                stream,
                is_named: true,
                is_registered: false,
            }),
        }
    }

    fn subject(&self, registry: &Registry) -> TraceSubject {
        let device = &self.edit.device;
        let known = registry.device(device.id);
        TraceSubject {
            name: known.map_or_else(|| device.name.clone(), |device| registry.label_of(device).into_owned()),
            site: known.map_or_else(String::new, |_| self.edit.site.name.clone()),
            host: device.host.to_string(),
            port: device.port,
            channel: self.stream.channel.number,
            secure: device.carrier == device::Carrier::Rtsps,
            is_registered: known.is_some(),
        }
    }
}

fn main_of(device: device::DeviceId) -> StreamId {
    StreamId {
        channel: device::ChannelId { device, number: 1 },
        kind: device::StreamKind::Main,
    }
}

fn edit_of(device: &Device, registry: &Registry) -> Option<DeviceEdit> {
    let site: &Site = registry.site(device.site)?;
    Some(DeviceEdit {
        device: device.clone(),
        site: site.clone(),
        password: PasswordEdit::Keep,
        before: Some(Box::new(device.clone())),
    })
}

impl Diagnoses {
    /// Begins with what costs no packet. Another one that is under way ends.
    pub(super) fn begin(
        &mut self,
        id: TraceId,
        patient: Patient,
        registry: &Registry,
        (policy, inbox): (Arc<ArcSwap<Policy>>, mpsc::Sender<Inbox>),
        now: Instant,
    ) {
        self.end(now);
        let device = &patient.edit.device;
        let surveying = survey::survey(id, device.host.clone(), device.port, policy, inbox);
        let task = Some(tokio::spawn(surveying).abort_handle());
        let shown = TraceShown {
            id,
            clock: clock::local_clock(),
            trace: Trace::new(patient.subject(registry), now),
        };
        self.current = Some(Diagnosis {
            patient,
            shown,
            question: None,
            looked_beside: false,
            task,
        });
        self.changed();
    }

    /// Nobody waits for it any more.
    pub(super) fn cancel(&mut self, id: TraceId, now: Instant) {
        if self.current.as_ref().is_some_and(|it| it.shown.id == id) {
            self.end(now);
        }
    }

    fn end(&mut self, now: Instant) {
        let Some(mut ended) = self.current.take() else { return };
        if let Some(task) = ended.task.take() {
            task.abort();
        }
        self.effects.push_back(DiagnosisEffect::EndAttempt);
        let question = ended.question.take();
        self.effects.extend(question.map(DiagnosisEffect::EndQuestion));
        ended.shown.trace.give_up(now);
        self.keep(ended);
        self.changed();
    }

    pub(super) fn poll_effect(&mut self) -> Option<DiagnosisEffect> {
        self.effects.pop_front()
    }

    pub(super) fn patient(&self) -> Option<Patient> {
        self.current.as_ref().map(|it| it.patient.clone())
    }

    /// What the survey found.
    pub(super) fn surveyed(&mut self, id: TraceId, news: DiagnosisNews, now: Instant) {
        let Some(current) = self.current.as_mut().filter(|it| it.shown.id == id) else {
            return;
        };
        let trace = &mut current.shown.trace;
        match news {
            DiagnosisNews::Named(found) => {
                let is_address = !matches!(current.patient.edit.device.host, device::Host::Name(_));
                trace.named(found, is_address, now);
            }
            DiagnosisNews::Allowed(allowed, internal_only) => trace.allowed(allowed, internal_only, now),
            DiagnosisNews::Way(way) => {
                trace.routed(way, now);
                if !trace.stream().is_over() {
                    self.effects.push_back(DiagnosisEffect::Attempt);
                }
            }
            DiagnosisNews::WayAgain(way) => trace.looked_again(way),
        }
        self.settle();
    }

    /// The attempt is awaited, or was under way already.
    pub(super) fn awaits(&mut self, stream: StreamId, under_way: Option<Stage>, now: Instant) {
        if let Some(current) = &mut self.current {
            current.shown.trace.is_of(stream.channel.number);
            if let Some(stage) = under_way {
                current.shown.trace.adopts(stage, now);
            }
        }
        self.changed();
    }

    /// What the attempt tells.
    pub(super) fn note(&mut self, note: Note, now: Instant) {
        if let Some(current) = &mut self.current {
            current.shown.trace.note(note, now);
            self.settle();
        }
    }

    /// The attempt is of this stream.
    pub(super) fn is_of(&mut self, stream: StreamId) {
        if let Some(current) = &mut self.current {
            current.shown.trace.is_of(stream.channel.number);
        }
    }

    /// Whether the attempt still waits for its turn.
    pub(super) fn waits(&self) -> bool {
        let current = self.current.as_ref().and_then(|it| it.shown.trace.stream().current());
        current.is_some_and(|step| step.name == StepName::Turn)
    }

    /// What was tried is not wanted any more, such as where the page was turned.
    pub(super) fn lost(&mut self, now: Instant) {
        if self
            .current
            .as_ref()
            .is_some_and(|it| !it.shown.trace.stream().is_over())
        {
            self.end(now);
        }
    }

    /// What the machine plans for the attempt that waits.
    pub(super) fn judge(&mut self, view: Option<LinkView>, picture: Option<(String, u32, u32)>, now: Instant) {
        if !self.waits() {
            return;
        }
        let Some(current) = &mut self.current else { return };
        let trace = &mut current.shown.trace;
        match view {
            Some(LinkView::Waiting { until, held_by, .. }) => trace.waits_until(until, held_by),
            Some(LinkView::BackingOff { until, .. }) => trace.waits_until(Some(until), reconnect::HeldBy::Device),
            Some(LinkView::Stopped { failure, .. }) => {
                let note = match failure.kind {
                    FailureKind::Auth => Note::NotAsked,
                    _ => Note::Failed(failure),
                };
                trace.note(note, now);
                self.settle();
            }
            // It came back on a connection that was left open.
            Some(LinkView::Playing(_)) => {
                if let Some((codec, width, height)) = picture {
                    trace.adopts(Stage::Media, now);
                    trace.note(Note::Picture { codec, width, height }, now);
                    self.settle();
                }
            }
            Some(LinkView::Dialling(_)) => {}
            None => self.end(now),
        }
    }

    /// After the attempt comes the enquiry, and after that nothing.
    fn settle(&mut self) {
        self.changed();
        let Some(current) = &mut self.current else { return };
        let trace = &mut current.shown.trace;
        if !trace.stream().is_over() {
            return;
        }
        if trace.onvif_state() == OnvifState::NotYet {
            self.effects.push_back(DiagnosisEffect::EndAttempt);
            match (no_enquiry(trace), current.patient.edit.device.onvif.clone()) {
                (Some(why), _) => trace.onvif_not_asked(why),
                (None, None) => trace.onvif_not_asked(NoEnquiry::NoPlace),
                (None, Some(place)) => {
                    trace.onvif_waits(None);
                    let edit = Box::new(current.patient.edit.clone());
                    self.effects.push_back(DiagnosisEffect::Ask(edit, place));
                }
            }
        }
    }

    /// Whom to look at once more, now that the attempt got no answer.
    pub(super) fn looks_again(&mut self, inbox: &mpsc::Sender<Inbox>) {
        let Some(current) = self.current.as_mut().filter(|it| it.shown.trace.stream().is_over()) else {
            return;
        };
        let address: Option<IpAddr> = current.shown.trace.address();
        if let Some(ip) = address {
            current.shown.trace.looks_again();
            tokio::spawn(survey::look_again(current.shown.id, ip, inbox.clone()));
        }
    }

    /// The question is asked, or cannot be.
    pub(super) fn asks(&mut self, question: Option<QuestionId>, now: Instant) {
        let Some(current) = &mut self.current else { return };
        current.question = question;
        if question.is_none() {
            current.shown.trace.give_up(now);
        }
        self.changed();
    }

    pub(super) fn question(&self) -> Option<QuestionId> {
        self.current.as_ref()?.question
    }

    /// A connect of the question is made.
    pub(super) fn question_dials(&mut self, question: QuestionId, now: Instant) {
        self.with(question, |trace| trace.onvif_dials(now));
    }

    pub(super) fn question_waits(&mut self, question: QuestionId, until: Option<Instant>) {
        self.with(question, |trace| trace.onvif_waits(until));
    }

    pub(super) fn question_asks(&mut self, question: QuestionId, step: Option<EnquiryStep>, now: Instant) {
        if let Some(step) = step {
            self.with(question, |trace| trace.onvif_asks(step, now));
        }
    }

    pub(super) fn question_told(&mut self, question: QuestionId, direction: ExchangeKind, text: &str, now: Instant) {
        self.with(question, |trace| trace.onvif_told(direction, text, now));
    }

    pub(super) fn question_ended(&mut self, question: QuestionId, state: EnquiryState, now: Instant) {
        self.with(question, |trace| match state {
            EnquiryState::Done(result) => trace.onvif_ends(&result, now),
            EnquiryState::NotAsked(_) => trace.onvif_sign_in_refused_before(now),
            EnquiryState::Failed(failure) => trace.onvif_fails(failure, now),
            EnquiryState::Waiting { .. } | EnquiryState::Asking { .. } => {}
        });
    }

    fn with(&mut self, question: QuestionId, change: impl FnOnce(&mut Trace)) {
        if let Some(current) = self.current.as_mut().filter(|it| it.question == Some(question)) {
            change(&mut current.shown.trace);
            self.changed();
        }
    }

    /// Looks once, when the attempt is over, how the others at the same site fare. One that is over is kept. Whether anything changed.
    pub(super) fn look(&mut self, state: &EngineState) -> bool {
        let Some(current) = &mut self.current else { return false };
        let looks = current.shown.trace.stream().is_over() && !current.looked_beside;
        if looks {
            current.looked_beside = true;
            let others = others(state, &current.patient);
            current.shown.trace.beside(others);
        }
        if !current.shown.trace.is_over() {
            return looks;
        }
        if let Some(ended) = self.current.take() {
            self.keep(ended);
        }
        true
    }

    fn keep(&mut self, ended: Diagnosis) {
        let subject = ended.shown.trace.subject();
        let failed = ended.shown.trace.stream().failed().map(|step| step.name.as_str());
        let verdict = ended.shown.trace.verdict().map(Verdict::as_str);
        tracing::info!(device = subject.name, failed, verdict, "diagnosed");
        let kept = Arc::make_mut(&mut self.kept);
        kept.push(Arc::new(ended.shown));
        let too_many = kept.len().saturating_sub(MOST_KEPT);
        kept.drain(..too_many);
    }

    /// The last ones, the newest last.
    pub(super) fn shown(&self) -> Arc<Vec<Arc<TraceShown>>> {
        match &self.current {
            None => Arc::clone(&self.kept),
            Some(current) => {
                let current = Arc::new(current.shown.clone());
                Arc::new(self.kept.iter().cloned().chain([current]).collect())
            }
        }
    }

    fn changed(&mut self) {
        self.effects.push_back(DiagnosisEffect::Changed);
    }
}

/// Why the device is not asked by ONVIF after such an attempt, where it is not.
fn no_enquiry(trace: &Trace) -> Option<NoEnquiry> {
    match trace.verdict()? {
        Verdict::Policy | Verdict::Name | Verdict::NoWay | Verdict::ThisComputer => Some(NoEnquiry::NoWay),
        Verdict::Router(_)
        | Verdict::NobodyThere
        | Verdict::RecorderAlone { .. }
        | Verdict::WholeSite { .. }
        | Verdict::Unknown => Some(NoEnquiry::NothingAnswers),
        Verdict::Works | Verdict::PortClosed | Verdict::Recorder => None,
    }
}

/// How the other devices of the same site fare.
fn others(state: &EngineState, patient: &Patient) -> Others {
    let device = &patient.edit.device;
    let mut others = Others::default();
    let beside = state.registry.devices_of(device.site);
    for other in beside.filter(|other| other.enabled && other.id != device.id) {
        others.all += 1;
        let mut own = state
            .streams
            .iter()
            .filter(|(stream, _)| stream.channel.device == other.id)
            .map(|(_, status)| &status.state);
        let (mut live, mut failing) = (false, false);
        own.by_ref().for_each(|tile| {
            live |= matches!(
                tile,
                TileState::Live | TileState::Late | TileState::AwaitingKeyFrame { .. }
            );
            failing |= tile.failure().is_some_and(reconnect::Failure::blames_path);
        });
        others.live += u32::from(live);
        others.failing += u32::from(failing && !live);
    }
    others
}
