//! Questions over HTTP, such as what a device is: each is a link of the device itself, with a permit for each of its connects. So
//! the budgets, a refused sign-in and *Internal network only* hold for them as for its streams.

mod drafted;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::attempt::{FOR_STREAMS, FOR_TESTS, Refusals, SignInKey, recorder_of};
use super::super::budget_keeper::OnDisk;
use super::super::failure::failure;
use super::{Connections, ConnectionsEffect};
use crate::net::{LocalPort, Target, Trust};
use device::{
    Carrier, Certificate, CertificateOwner, Credentials, Device, DeviceEdit, DeviceId, Fingerprint, Host, OnvifPlace,
    PasswordEdit,
};
use reconnect::{AttemptId, Dial, Failure, FailureKind, Input, LinkId, LinkView, Permit, Rank, Stage};

/// Set in the identity of every drafted device that is asked; those of Tests and errands begin with another bit, and registered ones
/// are found in the registry.
const QUESTION_BIT: u64 = 1 << 62;

/// So many drafted devices are kept in the machine, so that clicking again and again is held back like any retry.
const MOST_DRAFTED: usize = 64;

/// One question, from its first connect to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct QuestionId(u64);

/// Whom to ask.
pub(in crate::engine) enum Addressee {
    /// By itself, when nothing else is due.
    Registered(DeviceId),
    /// Only whether it is there, at the port of its streams: nobody signs in.
    Checked(DeviceId),
    /// A person steers its cameras.
    Steered(DeviceId),
    /// A person looks at what it recorded.
    Archive(DeviceId),
    /// A person asks: the device as it is drafted.
    Drafted(Box<DeviceEdit>),
}

/// A connect of a question that may be made now.
pub(in crate::engine) struct GrantedQuestion {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub permit: Permit,
    /// That it counts as spent, which must be on disk before its first packet.
    pub counted: OnDisk,
    pub target: Target,
    pub credentials: Option<Credentials>,
    pub refusals: Arc<Refusals>,
    pub keys: SignInKeys,
    /// How long a refusal of the same sign-in is the answer, without asking the recorder.
    pub believe_refusal: Duration,
    /// Whether the password may go as it is: only in TLS, and only to whoever shows the certificate that is remembered from now on.
    pub may_basic: bool,
    /// How its streams are carried, for who asks at their port.
    pub asks_rtsp: Carrier,
    /// By which road of its device.
    pub road: usize,
}

/// What a refusal of the sign-in of a question is remembered by.
#[derive(Clone, Copy)]
pub(in crate::engine) struct SignInKeys {
    /// The sign-in at this recorder, the same as of its streams.
    pub recorder: SignInKey,
    /// At its ONVIF alone, which often has users of its own.
    pub onvif: SignInKey,
}

struct Question {
    device: DeviceId,
    signs_in: bool,
    /// Of its streams.
    carrier: Carrier,
    is_drafted: bool,
    rank: Rank,
    host: Host,
    /// Of its streams: with the host it is the recorder.
    rtsp_port: u16,
    place: OnvifPlace,
    /// Whose certificate its port shows, where that is remembered: of a registered device, asked at one of its own addresses.
    owner: Option<CertificateOwner>,
    /// By which road it was asked last.
    road: usize,
    /// What it showed on an earlier connect of this question, where nothing else is remembered.
    shown: Option<Fingerprint>,
    /// Nobody has said that it is the device that is registered.
    unconfirmed: bool,
    /// Once it was granted.
    keys: Option<SignInKeys>,
    /// Wanted, or being dialled.
    link: Option<LinkId>,
    /// What the machine knows as under way.
    attempt: Option<AttemptId>,
    /// Where it is connected.
    address: Option<IpAddr>,
}

impl Question {
    /// It is asked where the streams of its device come from. As it is drafted, a device has no roads.
    fn goes_by(&mut self, road: usize, device: &Device) {
        let Some((host, port)) = device.place(road).filter(|_| !self.is_drafted) else {
            return;
        };
        (self.host, self.rtsp_port) = (host.clone(), port);
        if !self.signs_in {
            self.place.port = port;
        }
        if std::mem::replace(&mut self.road, road) != road {
            self.shown = None;
        }
        self.owner = self.owner.map(|owner| owner.by(road));
    }
}

#[derive(Default)]
pub(super) struct Questions {
    asked: BTreeMap<QuestionId, Question>,
    drafted: VecDeque<DeviceId>,
}

impl Questions {
    /// Whether a question of this device is not answered yet.
    pub(super) fn asks(&self, device: DeviceId) -> bool {
        self.asked.values().any(|question| question.device == device)
    }

    fn by_link(&self, link: LinkId) -> Option<QuestionId> {
        let of_link = |(_, question): &(&QuestionId, &Question)| question.link == Some(link);
        self.asked.iter().find(of_link).map(|(id, _)| *id)
    }

    fn by_attempt(&self, attempt: AttemptId) -> Option<QuestionId> {
        let of_attempt = |(_, question): &(&QuestionId, &Question)| question.attempt == Some(attempt);
        self.asked.iter().find(of_attempt).map(|(id, _)| *id)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.asked.len() + self.drafted.len()
    }
}

impl Connections {
    /// Begins a question; it is granted by [`ConnectionsEffect::Question`]. `None`: the device is not registered, or not enabled.
    pub(in crate::engine) fn begin_question(
        &mut self,
        to: Addressee,
        place: OnvifPlace,
        now: Instant,
    ) -> Option<QuestionId> {
        let rank = match to {
            // Nobody waits for what a device is asked by itself.
            Addressee::Registered(_) | Addressee::Checked(_) => Rank::Background,
            Addressee::Steered(_) | Addressee::Archive(_) | Addressee::Drafted(_) => Rank::Selected,
        };
        let signs_in = !matches!(to, Addressee::Checked(_));
        let question = match to {
            Addressee::Registered(id) | Addressee::Steered(id) | Addressee::Archive(id) | Addressee::Checked(id) => {
                let device = self.devices.get(id).filter(|device| device.enabled)?.clone();
                if signs_in {
                    self.want_sign_in(id, &device.user, PasswordEdit::Keep, now);
                }
                Question {
                    signs_in,
                    carrier: device.carrier,
                    device: id,
                    is_drafted: false,
                    rank,
                    host: device.host,
                    rtsp_port: device.port,
                    owner: place.secure.then(|| CertificateOwner::web(id, place.port)),
                    road: 0,
                    shown: None,
                    unconfirmed: device.unconfirmed,
                    place,
                    keys: None,
                    link: None,
                    attempt: None,
                    address: None,
                }
            }
            Addressee::Drafted(edit) => self.drafted_question(*edit, place, now),
        };
        let id = QuestionId(self.fresh_id());
        let (device, is_drafted) = (question.device, question.is_drafted);
        self.questions.asked.insert(id, question);
        self.want_question(id, now);
        if is_drafted {
            self.machine.handle(Input::RetryNow(device), now);
        }
        Some(id)
    }

    /// The question needs another connect, for the device closed the last one.
    pub(in crate::engine) fn want_question(&mut self, id: QuestionId, now: Instant) {
        let link = LinkId(self.fresh_id());
        let Some(question) = self.questions.asked.get_mut(&id) else {
            return;
        };
        (question.link, question.attempt, question.address) = (Some(link), None, None);
        let (device, rank) = (question.device, question.rank);
        self.machine.handle(Input::Want { link, device, rank }, now);
        self.changed();
    }

    /// The question is answered, or not wanted any more.
    pub(in crate::engine) fn end_question(&mut self, id: QuestionId, now: Instant) {
        let Some(question) = self.questions.asked.remove(&id) else {
            return;
        };
        if let Some(link) = question.link {
            self.machine.handle(Input::Unwant(link), now);
        }
        self.forget_unused_sign_in(question.device);
        // A check is shown with the next second: a thousand of them must not have the window painted anew for each step.
        if question.signs_in {
            self.changed();
        }
    }

    /// Whether a permit is for a question.
    pub(super) fn is_question(&self, link: LinkId) -> bool {
        self.questions.by_link(link).is_some()
    }

    pub(super) fn grant_question(&mut self, dial: Dial, now: Instant) {
        self.keep_budget(now);
        let Some(id) = self.questions.by_link(dial.link) else {
            return;
        };
        let Some(question) = self.questions.asked.get_mut(&id) else {
            return;
        };
        question.attempt = Some(dial.attempt);
        if let Some(device) = self.devices.get(question.device) {
            question.goes_by(dial.road, device);
        }
        let trust = match question.owner.map(|owner| self.devices.trust(owner)) {
            None | Some(Trust::FirstUse) => question.shown.map_or(Trust::FirstUse, Trust::Pinned),
            Some(trust) => trust,
        };
        if trust == Trust::Unsure {
            // For the machine nothing was sent, and the streams of the device are no matter of this.
            let nothing = failure(FailureKind::Local, Stage::Resolve, "the certificate is lost");
            self.question_failed(id, dial.attempt, None, nothing, now);
            let unsure = failure(FailureKind::CertificateUnsure, Stage::Resolve, "");
            self.effects.push_back(ConnectionsEffect::QuestionEnded(id, unsure));
            return;
        }
        // By another road nobody was asked when the device was registered: what answers there is not given the password as it is.
        let may_basic = question.place.secure && !question.unconfirmed && dial.road == 0;
        let ready = match question.signs_in {
            true => self.sign_ins.ready(question.device),
            false => Some(None),
        };
        let Some(credentials) = ready else {
            let unknown = failure(FailureKind::Local, Stage::Resolve, "the password is not known yet");
            self.question_failed(id, dial.attempt, None, unknown.clone(), now);
            self.effects.push_back(ConnectionsEffect::QuestionEnded(id, unknown));
            return;
        };
        let (host, port) = (question.host.clone(), question.place.port);
        let keys = SignInKeys {
            recorder: self.refusals.key(&host, question.rtsp_port, credentials.as_ref()),
            onvif: self.refusals.key(&host, port, credentials.as_ref()),
        };
        question.keys = Some(keys);
        let granted = GrantedQuestion {
            question: id,
            attempt: dial.attempt,
            permit: dial.permit,
            counted: self.means.budget.on_disk(self.spent_revision),
            keys,
            target: Target {
                host,
                port,
                // What they call the same connection without RTSP.
                carrier: if question.place.secure {
                    Carrier::Rtsps
                } else {
                    Carrier::Rtsp
                },
                // Not the one of RTSPS: the port has a certificate of its own.
                trust,
                policy: Arc::clone(&self.policy),
                local_port: LocalPort::Any,
                turn: 0,
            },
            credentials,
            refusals: Arc::clone(&self.refusals),
            believe_refusal: if question.is_drafted { FOR_TESTS } else { FOR_STREAMS },
            may_basic,
            asks_rtsp: question.carrier,
            road: dial.road,
        };
        self.dials.push_back(now);
        self.effects.push_back(ConnectionsEffect::Question(Box::new(granted)));
        self.changed();
    }

    /// The question has reached its device.
    pub(in crate::engine) fn question_connected(
        &mut self,
        id: QuestionId,
        attempt: AttemptId,
        address: IpAddr,
        certificate: Option<Box<Certificate>>,
        now: Instant,
    ) {
        if let Some(question) = self
            .questions
            .asked
            .get_mut(&id)
            .filter(|it| it.attempt == Some(attempt))
        {
            question.address = Some(address);
            if let Some(certificate) = certificate {
                question.shown = Some(certificate.fingerprint);
                let remember = |owner| ConnectionsEffect::Certificate(owner, certificate);
                self.effects.extend(question.owner.map(remember));
            }
        }
        self.machine.handle(Input::Connected { attempt, address }, now);
        if !self.policy.load().allows(address) {
            // The policy was switched on between the look-up and now.
            self.policy_changed(now);
        }
    }

    /// The device has answered for the first time on this connection.
    pub(in crate::engine) fn question_answered(&mut self, id: QuestionId, attempt: AttemptId, now: Instant) {
        self.machine.handle(Input::Answered { attempt }, now);
        let question = self
            .questions
            .asked
            .get_mut(&id)
            .filter(|it| it.attempt == Some(attempt));
        if let Some(question) = question {
            question.attempt = None;
            if let Some(link) = question.link.take() {
                self.machine.handle(Input::Unwant(link), now);
            }
        }
        self.changed();
    }

    /// Its port shows this certificate instead of the remembered one.
    pub(in crate::engine) fn question_shown(&mut self, id: QuestionId, certificate: Box<Certificate>) {
        let owner = self.questions.asked.get(&id).and_then(|question| question.owner);
        let other = |owner| ConnectionsEffect::OtherCertificate(owner, certificate);
        self.effects.extend(owner.map(other));
    }

    /// A connect of the question has failed before anything was answered on it.
    pub(in crate::engine) fn question_failed(
        &mut self,
        id: QuestionId,
        attempt: AttemptId,
        address: Option<IpAddr>,
        failure: Failure,
        now: Instant,
    ) {
        match address {
            // It is there, and only its web port has another certificate: its streams are no matter of this.
            Some(address) if failure.kind == FailureKind::CertificateChanged => {
                self.machine.handle(Input::Connected { attempt, address }, now);
                self.machine.handle(Input::Answered { attempt }, now);
            }
            _ => {
                let failed = Input::Failed {
                    attempt,
                    address,
                    failure,
                };
                self.machine.handle(failed, now);
            }
        }
        self.end_question(id, now);
    }

    /// A connect of the question has failed, and the device takes a road behind that one now: whether it is asked there, too. The first
    /// road is asked first, so that each is asked once.
    pub(in crate::engine) fn asks_on_by_another_road(
        &mut self,
        id: QuestionId,
        attempt: AttemptId,
        (address, failure): (Option<IpAddr>, Failure),
        now: Instant,
    ) -> bool {
        let question = self.questions.asked.get(&id);
        let question = question.filter(|question| self.devices.has_roads(question.device));
        let Some(&Question { device, road, link, .. }) = question else {
            return false;
        };
        let failed = Input::Failed {
            attempt,
            address,
            failure,
        };
        self.machine.handle(failed, now);
        let goes_on = self.machine.road(device).is_some_and(|view| view.taken > road);
        if goes_on {
            link.into_iter()
                .for_each(|link| self.machine.handle(Input::Unwant(link), now));
            self.want_question(id, now);
        }
        goes_on
    }

    /// The device refused the sign-in: it is not signed in to again before somebody changes that. What plays with the same sign-in
    /// shows that the device knows it, so that only its ONVIF does not.
    pub(in crate::engine) fn question_refused(&mut self, id: QuestionId, failure: Failure, now: Instant) {
        let Some(question) = self.questions.asked.get(&id) else {
            return;
        };
        let device = question.device;
        let recorder = recorder_of(&question.host, question.rtsp_port);
        if let Some(keys) = question.keys {
            if self.plays_with(keys.recorder) {
                self.refusals.refused(keys.onvif, recorder, failure, now);
            } else {
                self.refusals.refused(keys.recorder, recorder, failure.clone(), now);
                self.machine.handle(Input::SignInRefused { device, failure }, now);
            }
        }
        self.end_question(id, now);
    }

    /// Whether a stream plays that was signed in to so.
    fn plays_with(&self, key: SignInKey) -> bool {
        let mut playing = self
            .links
            .iter()
            .filter(|(_, link)| link.is_stream() && link.run.as_ref().is_some_and(|run| run.playing.is_some()));
        playing.any(|(_, link)| {
            let road = link.run.as_ref().map_or(0, |run| run.road);
            let place = self.devices.get(link.device).and_then(|device| device.place(road));
            place
                .zip(self.sign_ins.ready(link.device))
                .is_some_and(|((host, port), credentials)| self.refusals.key(host, port, credentials.as_ref()) == key)
        })
    }

    /// What the machine plans for a question that waits for its connect.
    pub(in crate::engine) fn question_view(&self, id: QuestionId) -> Option<LinkView> {
        let link = self.questions.asked.get(&id)?.link?;
        self.machine.link(link)
    }

    /// The machine gave an attempt up.
    pub(super) fn abort_question(&mut self, attempt: AttemptId) {
        if let Some(id) = self.questions.by_attempt(attempt) {
            self.questions.asked.remove(&id);
            let aborted = failure(FailureKind::Local, Stage::Connect, "the device was changed meanwhile");
            self.effects.push_back(ConnectionsEffect::QuestionEnded(id, aborted));
        }
    }

    /// The questions of a device that is gone or was changed end.
    pub(super) fn drop_questions(&mut self, device: DeviceId, now: Instant) {
        let ids: Vec<QuestionId> = self.questions_that(|question| question.device == device);
        for id in ids {
            self.end_question(id, now);
            let gone = failure(FailureKind::Local, Stage::Connect, "the device was changed meanwhile");
            self.effects.push_back(ConnectionsEffect::QuestionEnded(id, gone));
        }
    }

    /// What is connected to an address that is forbidden now is closed.
    pub(super) fn forbid_questions(&mut self, now: Instant) {
        let policy = self.policy.load_full();
        let forbidden = |question: &Question| question.address.filter(|address| !policy.allows(*address));
        for id in self.questions_that(|question| forbidden(question).is_some()) {
            let Some(question) = self.questions.asked.get(&id) else {
                continue;
            };
            let (address, attempt) = (question.address, question.attempt);
            let detail = address.map(|address| address.to_string()).unwrap_or_default();
            let refused = failure(FailureKind::Policy, Stage::Resolve, detail);
            match attempt {
                Some(attempt) => self.question_failed(id, attempt, address, refused.clone(), now),
                None => self.end_question(id, now),
            }
            self.effects.push_back(ConnectionsEffect::QuestionEnded(id, refused));
        }
    }

    fn questions_that(&self, fit: impl Fn(&Question) -> bool) -> Vec<QuestionId> {
        let fitting = self.questions.asked.iter().filter(|(_, question)| fit(question));
        fitting.map(|(id, _)| *id).collect()
    }
}
