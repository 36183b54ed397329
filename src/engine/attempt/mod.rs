//! ONE ATTEMPT at one stream, from the dial to the last packet. It reports and obeys; it decides nothing and never retries.

mod challenges;
mod datagrams;
mod ear;
mod outbox;
mod playback;
mod pump;
mod recorder;
mod refusals;
mod replaying;
mod report;
mod tap;
mod track;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};

use self::ear::Ear;
use self::playback::Valve;
use self::pump::{PictureOutlet, Pump, SessionEnd};
use self::recorder::Recorder;
use super::budget_keeper::OnDisk;
use super::clock;
use super::failure::{failure, of_dial, of_socket, with_choice};
use super::recording::Inlet;
use crate::bridge::{FrameSlot, Waker};
use crate::net::{Datagrams, DialStep, Reason, Target, Trust};
use crate::video::{DecoderChoice, SoundOutput};
use device::{Carrier, Credentials, MediaTransport, StreamKind, Template};
use reconnect::{Failure, FailureKind, Permit, Stage};
use wall::Listen;

pub(super) use challenges::Challenges;
pub(super) use ear::sound_problem;
pub(super) use playback::{PlaybackFeed, PlaybackOrder, ReplayNews};
pub(super) use refusals::{FOR_STREAMS, FOR_TESTS, Refusals, SignInKey, recorder_of};
pub(super) use report::{AttemptEvent, AttemptReport, Received, RunId, StreamOrders};

/// Everything one attempt needs.
pub(super) struct AttemptPlan {
    pub run: RunId,
    pub permit: Permit,
    /// That this attempt counts as spent, which must be on disk before its first packet.
    pub counted: OnDisk,
    pub target: Target,
    pub path: RequestPath,
    /// How the user wants the media to be carried.
    pub transport: MediaTransport,
    /// Nobody has said that this is the device that is registered: its password goes by Digest alone, and into no path.
    pub digest_only: bool,
    pub credentials: Option<Credentials>,
    /// What earlier attempts learnt. `None` where a redirect led to another origin: what holds there is not asked and not kept.
    pub habits: Option<rtsp::Habits>,
    pub refusals: Arc<Refusals>,
    pub challenges: Arc<Challenges>,
    /// How long a refusal of the same sign-in is the answer, without asking the recorder.
    pub believe_refusal: Duration,
    pub patience: rtsp::SessionPatience,
    pub orders: watch::Receiver<StreamOrders>,
    pub output: SoundOutput,
    pub decoder: DecoderChoice,
    /// Somebody diagnoses the device: what is said and answered is told.
    pub recorded: bool,
    pub slot: Arc<FrameSlot>,
    pub waker: Waker,
    pub received: Arc<Received>,
    /// Where its pictures are taken for a recording; `None`: nobody may record it.
    pub inlet: Option<Arc<Inlet>>,
    pub report: mpsc::Sender<AttemptReport>,
    /// Recorded pictures are wanted, not live ones.
    pub playback: Option<PlaybackFeed>,
}

/// Where the request path comes from.
pub(super) enum RequestPath {
    Template {
        template: Template,
        channel: u16,
        kind: StreamKind,
    },
    /// As a redirect gave it, and whether the redirect stayed at the device's own origin: same carrier, host and port.
    Redirected { path: String, same_origin: bool },
}

impl RequestPath {
    /// Whether the device itself is asked, as far as its address can say: not where a redirect led to another carrier, host or
    /// port. Another port of a host is another recorder wherever a router forwards ports.
    pub(super) fn is_at_own_origin(&self) -> bool {
        matches!(self, Self::Template { .. } | Self::Redirected { same_origin: true, .. })
    }
}

/// Makes the attempt and reports its end.
pub(super) async fn run(plan: AttemptPlan) {
    let (run, report) = (plan.run, plan.report.clone());
    let event = attempt(plan).await;
    // The loop may be gone already: then nobody needs to know.
    report.send(AttemptReport { run, event }).await.ok();
}

/// Runs an attempt. One that a defect of this program ends is reported as failed, for its site waits for a report.
pub(super) async fn run_to_its_end(run: RunId, report: mpsc::Sender<AttemptReport>, attempt: impl Future<Output = ()>) {
    if AssertUnwindSafe(attempt).catch_unwind().await.is_err() {
        tracing::error!(run = run.0, "a defect ended an attempt");
        let event = AttemptEvent::Failed {
            address: None,
            local_port: None,
            failure: failure(
                FailureKind::Protocol,
                Stage::Options,
                "a defect of Monomi ended the attempt",
            ),
        };
        report.send(AttemptReport { run, event }).await.ok();
    }
}

async fn attempt(mut plan: AttemptPlan) -> AttemptEvent {
    let failed = |address, local_port, failure| AttemptEvent::Failed {
        address,
        local_port,
        failure,
    };
    let credentials = plan.credentials.take();
    let key = plan
        .refusals
        .key(&plan.target.host, plan.target.port, credentials.as_ref());
    if let Some((refusal, at)) = plan.refusals.lately(key, plan.believe_refusal, clock::now()) {
        let (run, event) = (plan.run, AttemptEvent::NotAsked(at));
        plan.report.try_send(AttemptReport { run, event }).ok();
        return failed(None, None, failure(FailureKind::Auth, Stage::Resolve, refusal.detail));
    }
    if plan.target.trust == Trust::Unsure && plan.target.carrier == Carrier::Rtsps {
        let unsure = failure(FailureKind::CertificateUnsure, Stage::Resolve, "");
        return failed(None, None, unsure);
    }
    let tell = |event| {
        plan.report.try_send(AttemptReport { run: plan.run, event }).ok();
    };
    let (permit, mut counted) = (plan.permit, plan.counted);
    let after_connect = match plan.target.carrier {
        Carrier::Rtsp => Stage::Options,
        Carrier::Rtsps => Stage::Tls,
    };
    let dialling = async {
        counted.wait().await;
        tell(AttemptEvent::Reached(Stage::Resolve));
        let dial = crate::net::dial(permit, &plan.target, |step| match step {
            DialStep::Resolved(address) => tell(AttemptEvent::Dialling(address)),
            DialStep::Connected => tell(AttemptEvent::Reached(after_connect)),
            DialStep::Secured => tell(AttemptEvent::Reached(Stage::Options)),
        });
        dial.await
    };
    let dialled = tokio::select! {
        biased;
        () = closed(&mut plan.orders) => return AttemptEvent::Closed,
        dialled = dialling => dialled,
    };
    let dialled = match dialled {
        Ok(dialled) => dialled,
        Err(error) => {
            let failure = of_dial(&error);
            if let Reason::CertificateChanged(shown) = error.reason {
                tell(AttemptEvent::OtherCertificate(shown));
            }
            return failed(error.address, error.local_port, failure);
        }
    };
    let peer = dialled.peer;
    tell(AttemptEvent::Connected {
        address: peer,
        certificate: dialled.certificate.map(Box::new),
    });
    let local = match dialled.stream.local_addr() {
        Ok(local) => local,
        Err(error) => return failed(Some(peer), None, of_socket(&error, false)),
    };
    let datagrams = Datagrams::new(local, peer, Arc::clone(&plan.target.policy));
    let orders = *plan.orders.borrow_and_update();
    let recorder = plan.recorded.then(|| Recorder::new(credentials.as_ref(), &plan.path));
    let valve = plan.playback.take().map(Valve::new);
    let is_playback = valve.is_some();
    let request = rtsp::Request {
        secure: plan.target.carrier == Carrier::Rtsps,
        authority: authority(&plan.target),
        target: match &plan.path {
            RequestPath::Redirected { path, .. } => path.clone(),
            RequestPath::Template {
                template,
                channel,
                kind,
            } => template.expand(*channel, *kind, credentials.as_ref().filter(|_| !plan.digest_only)),
        },
        credentials,
        basic: plan.path.is_at_own_origin() && !plan.digest_only,
        user_agent: concat!("Monomi/", env!("CARGO_PKG_VERSION")).to_owned(),
        seed: fastrand::u64(..),
        audio: orders.listen != Listen::No,
        transport: plan.transport,
        challenge: plan
            .challenges
            .get(key, clock::now())
            .filter(|challenge| plan.path.is_at_own_origin() && !(plan.digest_only && challenge.is_basic())),
        habits: plan.habits.clone().unwrap_or_default(),
        patience: plan.patience,
        replay: valve.as_ref().map(Valve::replay),
    };
    let teaches = plan.habits.is_some();
    let session = rtsp::Session::new(request, clock::now());
    let mut pump = Pump::new(
        (session, teaches),
        datagrams,
        plan.run,
        plan.report.clone(),
        PictureOutlet {
            decode: orders.decode,
            decoder: plan.decoder,
            slot: plan.slot,
            waker: plan.waker,
            received: plan.received,
            inlet: plan.inlet,
        },
        Ear::new(orders.listen, plan.output),
    );
    if let Some(recorder) = recorder {
        pump.record(recorder);
    }
    if let Some(valve) = valve {
        pump.play_back(valve);
    }
    let end = pump.pump(dialled.stream, &mut plan.orders).await;
    if plan.path.is_at_own_origin() {
        plan.challenges.keep(key, pump.challenge(), clock::now());
        if pump.leaves_a_challenge() {
            let (run, event) = (plan.run, AttemptEvent::Challenged);
            plan.report.send(AttemptReport { run, event }).await.ok();
        }
    }
    if pump.is_playing() {
        plan.refusals.accepted(key);
    }
    match end {
        SessionEnd::Closed => AttemptEvent::Closed,
        // To ask again changes nothing before a person has confirmed the device.
        SessionEnd::InClear(failure) if plan.digest_only => {
            let kind = FailureKind::Auth;
            failed(Some(peer), None, Failure { kind, ..failure })
        }
        SessionEnd::Failed(failure) | SessionEnd::InClear(failure) => {
            let failure = with_choice(failure, plan.transport);
            // Of an unconfirmed one nobody knows whether the password is wrong: it may never have been given.
            // Who may not play recordings may still watch.
            let is_of_recordings = is_playback && failure.stage > Stage::Describe;
            if failure.kind == FailureKind::Auth && !plan.digest_only && !is_of_recordings {
                let recorder = recorder_of(&plan.target.host, plan.target.port);
                plan.refusals.refused(key, recorder, failure.clone(), clock::now());
            }
            failed(Some(peer), None, failure)
        }
        SessionEnd::Redirected(to) => AttemptEvent::Redirected {
            address: Some(peer),
            to,
        },
    }
}

/// Returns when the stream is not wanted any more, or the loop is gone.
async fn closed(orders: &mut watch::Receiver<StreamOrders>) {
    while orders.changed().await.is_ok() {}
}

fn authority(target: &Target) -> String {
    let usual = target.carrier.default_port();
    let host = target.host.in_url();
    if target.port == usual {
        host
    } else {
        format!("{host}:{}", target.port)
    }
}
