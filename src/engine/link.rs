//! One attempt at one stream, from the dial to the last packet. It reports and obeys; it decides nothing and never retries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::clock;
use super::ear::Ear;
use super::failure::{failure, of_dial};
use super::pump::{End, Picture, Pump};
use super::refusals::{Refusals, recorder_of};
use crate::bridge::{FrameSlot, SoundState, Waker};
use crate::net::{DialStep, Target};
use crate::video::{DecoderChoice, SoundOutput};
use device::{Credentials, Fingerprint, StreamKind, Template};
use reconnect::{Failure, FailureKind, Permit, Stage};
use rtsp;
use wall::Listen;

/// One run of one link; an attempt may inherit the run of an older one that came back to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunId(pub u64);

/// Everything one attempt needs.
pub(super) struct Job {
    pub run: RunId,
    pub permit: Permit,
    pub target: Target,
    pub path: PathSource,
    pub credentials: Box<dyn FnOnce() -> Result<Option<Credentials>, String> + Send>,
    pub refusals: Arc<Refusals>,
    /// How long a refusal of the same words is the answer, without asking the recorder.
    pub believe_refusal: Duration,
    pub decode: bool,
    pub listen: Listen,
    pub output: SoundOutput,
    pub decoder: DecoderChoice,
    pub slot: Arc<FrameSlot>,
    pub waker: Waker,
    pub counters: Arc<Counters>,
    pub report: mpsc::Sender<Report>,
    pub control: mpsc::Receiver<Control>,
}

/// Where the request path comes from.
pub(super) enum PathSource {
    Template {
        template: Template,
        channel: u16,
        kind: StreamKind,
    },
    /// As a redirect gave it.
    Literal(String),
}

/// Bytes that came in; read by the driver at its leisure.
#[derive(Debug, Default)]
pub(super) struct Counters {
    bytes: AtomicU64,
}

impl Counters {
    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Decode(bool),
    Listen(Listen),
    /// TEARDOWN on the same socket, then end.
    Close,
}

#[derive(Debug)]
pub(super) struct Report {
    pub run: RunId,
    pub news: News,
}

#[derive(Debug)]
pub(super) enum News {
    /// The policy allowed this address; the SYN goes out now.
    Dialling(SocketAddr),
    Connected {
        address: SocketAddr,
        fingerprint: Option<Fingerprint>,
    },
    Reached(Stage),
    Playing {
        codec: String,
    },
    /// A picture came out of the decoder for the first time in this run.
    FirstPicture,
    /// While somebody listens.
    Sound(SoundState),
    Redirected {
        address: Option<SocketAddr>,
        to: rtsp::Redirect,
    },
    /// The attempt failed, or the stream ended by itself.
    Failed {
        address: Option<SocketAddr>,
        local_port: Option<u16>,
        failure: Failure,
    },
    /// Closed on our wish.
    Closed,
}

pub(super) async fn run(job: Job) {
    let Job { run, report, .. } = &job;
    let (run, report) = (*run, report.clone());
    let news = attempt(job).await;
    // The driver may be gone already: then nobody needs to know.
    report.send(Report { run, news }).await.ok();
}

async fn attempt(mut job: Job) -> News {
    let failed = |address, local_port, failure| News::Failed {
        address,
        local_port,
        failure,
    };
    let credentials = match spawn_blocking(job.credentials).await {
        Ok(Ok(credentials)) => credentials,
        Ok(Err(text)) => return failed(None, None, failure(FailureKind::Local, Stage::Resolve, text)),
        Err(_panicked) => {
            return failed(
                None,
                None,
                failure(FailureKind::Local, Stage::Resolve, "the password store failed"),
            );
        }
    };
    let words = job
        .refusals
        .words(&job.target.host, job.target.port, credentials.as_ref());
    if let Some(refusal) = job.refusals.lately(words, job.believe_refusal, clock::now()) {
        return failed(None, None, failure(FailureKind::Auth, Stage::Resolve, refusal.detail));
    }
    let tell = |news| {
        job.report.try_send(Report { run: job.run, news }).ok();
    };
    let dialling = crate::net::dial(job.permit, &job.target, |step| match step {
        DialStep::Resolved(address) => tell(News::Dialling(address)),
        DialStep::Connected => tell(News::Reached(Stage::Tls)),
        DialStep::Secured => tell(News::Reached(Stage::Options)),
    });
    let dialled = tokio::select! {
        biased;
        () = closed(&mut job.control, &mut job.decode, &mut job.listen) => return News::Closed,
        dialled = dialling => dialled,
    };
    let dialled = match dialled {
        Ok(dialled) => dialled,
        Err(error) => return failed(error.address, error.local_port, of_dial(&error)),
    };
    let peer = dialled.peer;
    tell(News::Connected {
        address: peer,
        fingerprint: dialled.fingerprint,
    });
    let request = rtsp::Request {
        secure: matches!(job.target.carrier, device::Carrier::Rtsps),
        authority: authority(&job.target),
        target: match &job.path {
            PathSource::Literal(path) => path.clone(),
            PathSource::Template {
                template,
                channel,
                kind,
            } => template.expand(*channel, *kind, credentials.as_ref()),
        },
        credentials,
        user_agent: concat!("Monomi/", env!("CARGO_PKG_VERSION")).to_owned(),
        seed: fastrand::u64(..),
        audio: job.listen != Listen::No,
    };
    let session = rtsp::Session::new(request, clock::now());
    let mut pump = Pump::new(
        session,
        job.run,
        job.report.clone(),
        Picture {
            decode: job.decode,
            decoder: job.decoder,
            slot: job.slot,
            waker: job.waker,
        },
        Ear::new(job.listen, job.output),
    );
    let end = pump.pump(dialled.stream, &mut job.control, &job.counters).await;
    if pump.is_playing() {
        job.refusals.accepted(words);
    }
    match end {
        End::Closed => News::Closed,
        End::Failed(failure) => {
            if failure.kind == FailureKind::Auth {
                let recorder = recorder_of(&job.target.host, job.target.port);
                job.refusals.refused(words, recorder, failure.clone(), clock::now());
            }
            failed(Some(peer), None, failure)
        }
        End::Redirected(to) => News::Redirected {
            address: Some(peer),
            to,
        },
    }
}

/// Until [`Control::Close`] comes, or the driver is gone.
async fn closed(control: &mut mpsc::Receiver<Control>, decode: &mut bool, listen: &mut Listen) {
    loop {
        match control.recv().await {
            Some(Control::Decode(wanted)) => *decode = wanted,
            Some(Control::Listen(wanted)) => *listen = wanted,
            Some(Control::Close) | None => return,
        }
    }
}

fn authority(target: &Target) -> String {
    let usual = match target.carrier {
        device::Carrier::Rtsp => 554,
        device::Carrier::Rtsps => 322,
    };
    let host = target.host.in_url();
    if target.port == usual {
        host
    } else {
        format!("{host}:{}", target.port)
    }
}
