//! From a permit to a running link, and from its reports back to the machine.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;

use super::clock;
use super::core::Core;
use super::failure::{failure, of_dial_stage};
use super::link::{Counters, Job, News, PathSource, Report, RunId};
use super::record::{Link, Purpose, Running};
use super::refusals;
use crate::bridge::{Event, SoundState};
use crate::net::{LocalPort, Target, Trust};
use crate::video::DecoderChoice;
use device::{Credentials, Device, PasswordEdit};
use reconnect::{AttemptId, Dial, Failure, FailureKind, Input, LinkId, Stage};
use rtsp;
use wall::Listen;

/// A redirect that follows this many others fails the attempt.
const MOST_REDIRECTS: u8 = 3;

impl Core {
    /// Uses a permit: dials, or gives the attempt to a connection that came back to life by itself.
    pub(super) fn dial(&mut self, dial: Dial, now: Instant) {
        let Dial {
            permit,
            attempt,
            link: id,
            device: _,
            why,
            reuse_port,
        } = dial;
        if self.take_revived(id, attempt, now) {
            return;
        }
        let Some(device) = self.device_of(id) else {
            self.fail(
                id,
                attempt,
                failure(FailureKind::NoSuchChannel, Stage::Resolve, "the device is gone"),
                now,
            );
            return;
        };
        let run_id = RunId(self.fresh_id());
        let Some(link) = self.links.get_mut(&id) else { return };
        if let Some(parked) = link.parked.take() {
            parked.close();
        }
        let (stream, purpose) = (link.stream, link.purpose);
        let redirect = link.redirect.take();
        let Some(template) = self.brands.template(&device, stream.kind).cloned() else {
            self.fail(
                id,
                attempt,
                failure(FailureKind::Local, Stage::Resolve, "no request path is known"),
                now,
            );
            return;
        };
        let memory = self.devices.entry(link.device).or_default();
        let local_port = match memory.local_port {
            Some(port) if reuse_port => LocalPort::Again(port),
            _ => LocalPort::Any,
        };
        // A redirect leads to another host, with a certificate of its own.
        let pin = self.trust.get(&link.device).filter(|_| redirect.is_none());
        let trust = pin.map_or(Trust::FirstUse, |pin| Trust::Pinned(*pin));
        let turn = memory.turn;
        let (host, port, carrier, path) = match redirect {
            None => {
                let path = PathSource::Template {
                    template,
                    channel: stream.channel.number,
                    kind: stream.kind,
                };
                (device.host.clone(), device.port, device.carrier, path)
            }
            Some(rtsp::Redirect {
                host,
                port,
                secure,
                target,
            }) => {
                let carrier = if secure {
                    device::Carrier::Rtsps
                } else {
                    device::Carrier::Rtsp
                };
                match host.parse() {
                    Ok(host) => (host, port, carrier, PathSource::Literal(target)),
                    Err(error) => {
                        let text = format!("redirected to a host that is none: {error}");
                        self.fail(id, attempt, failure(FailureKind::Protocol, Stage::Describe, text), now);
                        return;
                    }
                }
            }
        };
        let (control, orders) = mpsc::channel(8);
        let counters = Arc::new(Counters::default());
        link.running = Some(Running {
            run: run_id,
            attempt,
            why,
            control,
            counters: Arc::clone(&counters),
            since: now,
            announced: false,
            address: None,
            stage: Stage::Resolve,
            connected: false,
            playing: None,
            alive: now,
            heard: now,
            told: None,
            seen_bytes: 0,
            seen_pictures: link.slot.counts().published,
        });
        link.facts.meter.clear();
        link.expect_sound();
        let engine = self.engine.clone();
        let job = Job {
            run: run_id,
            permit,
            target: Target {
                host,
                port,
                carrier,
                trust,
                policy: Arc::clone(&self.policy),
                local_port,
                turn,
            },
            path,
            decode: link.decode,
            listen: link.may_listen(),
            output: self.output.clone(),
            decoder: decoder_of(self.settings.decoder),
            slot: Arc::clone(&link.slot),
            waker: Arc::new(move || engine.picture_came()),
            counters,
            report: self.reports.0.clone(),
            control: orders,
            credentials: self.credentials_for(id, &device),
            refusals: Arc::clone(&self.refusals),
            believe_refusal: match purpose {
                Purpose::Stream => refusals::FOR_STREAMS,
                Purpose::Test(_) => refusals::FOR_TESTS,
            },
        };
        self.runs.insert(run_id, id);
        tokio::spawn(to_its_end(run_id, self.reports.0.clone(), (self.runner)(job)));
        self.publisher.dirty();
    }

    /// A parked connection on which pictures flow again takes the attempt over, without a packet.
    fn take_revived(&mut self, id: LinkId, attempt: AttemptId, now: Instant) -> bool {
        let Some(link) = self.links.get_mut(&id) else {
            return false;
        };
        if !link.revived(now) {
            return false;
        }
        let Some(mut parked) = link.parked.take() else {
            return false;
        };
        tracing::info!(link = id.0, "a stream came back on its old connection");
        parked.attempt = attempt;
        parked.playing = Some(now);
        parked.alive = now;
        let address = parked.address;
        link.running = Some(parked);
        if let Some(address) = address {
            self.machine.handle(
                Input::Connected {
                    attempt,
                    address: address.ip(),
                },
                now,
            );
        }
        self.machine.handle(Input::Playing { attempt }, now);
        true
    }

    /// An attempt that ends before a socket exists.
    fn fail(&mut self, id: LinkId, attempt: AttemptId, failure: Failure, now: Instant) {
        self.machine.handle(
            Input::Failed {
                attempt,
                address: None,
                failure: failure.clone(),
            },
            now,
        );
        self.trial_failed(id, failure, now);
        self.publisher.dirty();
    }

    fn device_of(&self, id: LinkId) -> Option<Device> {
        let link = self.links.get(&id)?;
        match link.purpose {
            Purpose::Stream => self.registry.device(link.device).cloned(),
            Purpose::Test(_) => self.trial.as_ref().map(|trial| trial.edit.device.clone()),
        }
    }

    /// How the link finds its sign-in; asked on a thread that may wait for the keyring.
    fn credentials_for(
        &self,
        id: LinkId,
        device: &Device,
    ) -> Box<dyn FnOnce() -> Result<Option<Credentials>, String> + Send> {
        let edit = match self.links.get(&id).map(|link| link.purpose) {
            Some(Purpose::Test(_)) => self.trial.as_ref().map(|trial| trial.edit.password.clone()),
            _ => None,
        };
        let (secrets, device, user) = (Arc::clone(&self.secrets), device.id, device.user.clone());
        Box::new(move || {
            let password = match edit {
                Some(PasswordEdit::Set(password)) => Some(password),
                Some(PasswordEdit::Clear) => None,
                Some(PasswordEdit::SameAs(other)) => secrets.get(other).map_err(|error| error.to_string())?,
                Some(PasswordEdit::Keep) | None => secrets.get(device).map_err(|error| error.to_string())?,
            };
            let anonymous = user.is_empty() && password.is_none();
            let password = password.unwrap_or_else(|| device::Password::new(""));
            Ok((!anonymous).then_some(Credentials { user, password }))
        })
    }

    pub(super) fn on_report(&mut self, report: Report) {
        let now = clock::now();
        let Report { run, news } = report;
        let Some(id) = self.runs.get(&run).copied() else { return };
        if news.is_last() {
            self.runs.remove(&run);
        }
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.parked.as_ref().is_some_and(|parked| parked.run == run) {
            if news.is_last() {
                link.parked = None;
            }
            return;
        }
        if link.running.as_ref().is_none_or(|running| running.run != run) {
            return;
        }
        self.on_news(id, news, now);
        self.publisher.dirty();
    }

    fn on_news(&mut self, id: LinkId, news: News, now: Instant) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(running) = &mut link.running else { return };
        let attempt = running.attempt;
        match news {
            News::Dialling(address) => {
                running.address = Some(address);
                running.stage = Stage::Connect;
                self.dials.push_back(now);
                self.announce(id, now);
                self.trial_reached(id, Stage::Connect, now);
                if !self.policy.load().allows(address.ip()) {
                    // The policy was switched on between the look-up and now.
                    self.policy_changed();
                }
            }
            News::Reached(stage) => {
                running.stage = running.stage.max(stage);
                self.trial_reached(id, stage, now);
            }
            News::Connected { address, fingerprint } => {
                running.connected = true;
                running.stage = running.stage.max(Stage::Options);
                if let Some(memory) = self.devices.get_mut(&link.device) {
                    memory.address = Some(address.ip());
                    memory.local_port = None;
                }
                if link.purpose == Purpose::Stream
                    && link.hops == 0
                    && let Some(fingerprint) = fingerprint
                {
                    let device = link.device;
                    self.remember_certificate(device, fingerprint);
                }
                self.machine.handle(
                    Input::Connected {
                        attempt,
                        address: address.ip(),
                    },
                    now,
                );
            }
            News::Playing { codec } => {
                running.playing = Some(now);
                running.alive = now;
                running.stage = Stage::Media;
                link.hops = 0;
                link.note_playing();
                link.facts.info.codec = codec;
                self.outcome(id, Ok(()), now);
                self.machine.handle(Input::Playing { attempt }, now);
                self.trial_reached(id, Stage::Media, now);
            }
            News::FirstPicture => {
                let clock = super::publish::local_clock();
                link.look(now, clock, &mut Vec::new());
                self.trial_passed(id);
            }
            News::Sound(state) => self.on_sound(id, state),
            News::Redirected { address, to } => self.on_redirect(id, address, to, now),
            News::Failed {
                address,
                local_port,
                failure,
            } => {
                running.address = running.address.or(address);
                let address = running.address;
                self.announce(id, now);
                self.note_unheard(id, &failure);
                self.after_failure(id, local_port, &failure);
                self.failed(id, attempt, address.map(|address| address.ip()), failure, now);
            }
            News::Closed => link.running = None,
        }
    }

    fn on_redirect(&mut self, id: LinkId, address: Option<SocketAddr>, to: rtsp::Redirect, now: Instant) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.hops < MOST_REDIRECTS {
            // The host that was dialled did answer.
            self.outcome(id, Ok(()), now);
        }
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(running) = link.running.take() else { return };
        let attempt = running.attempt;
        let address = address.or(running.address).map(|address| address.ip());
        link.hops += 1;
        match address {
            Some(address) if link.hops <= MOST_REDIRECTS => {
                link.redirect = Some(to);
                tracing::info!(link = id.0, hop = link.hops, "redirected");
                self.machine.handle(Input::Redirected { attempt, address }, now);
            }
            _ => {
                link.hops = 0;
                let failure = failure(FailureKind::Protocol, Stage::Describe, "redirected more than 3 times");
                link.running = Some(running);
                self.failed(id, attempt, address, failure, now);
            }
        }
    }

    /// The run of the link `id` has ended so: said to the listeners, to the machine and to a test that waits for it.
    fn failed(&mut self, id: LinkId, attempt: AttemptId, address: Option<IpAddr>, failure: Failure, now: Instant) {
        self.outcome(id, Err(failure.clone()), now);
        if let Some(link) = self.links.get_mut(&id) {
            link.running = None;
        }
        let failed = Input::Failed {
            attempt,
            address,
            failure: failure.clone(),
        };
        self.machine.handle(failed, now);
        self.trial_failed(id, failure, now);
    }

    /// Remembers what the next attempt at the device should know.
    fn after_failure(&mut self, id: LinkId, local_port: Option<u16>, failure: &Failure) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.hops = 0;
        link.redirect = None;
        let Some(memory) = self.devices.get_mut(&link.device) else {
            return;
        };
        if of_dial_stage(failure.stage) {
            memory.local_port = local_port.or(memory.local_port);
            memory.turn = memory.turn.wrapping_add(1);
        }
    }

    /// Tells of the attempt, once, as soon as it is known where it goes.
    fn announce(&mut self, id: LinkId, now: Instant) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(running) = &mut link.running else { return };
        if std::mem::replace(&mut running.announced, true) || link.purpose != Purpose::Stream {
            return;
        }
        let (attempt, why, address, stream) = (running.attempt.0, running.why, running.address, link.stream);
        let Some(device) = self.registry.device(stream.channel.device) else {
            return;
        };
        let site = device.site;
        tracing::debug!(
            device = device.name,
            channel = stream.channel.number,
            attempt,
            why = why.as_str(),
            "attempt"
        );
        self.publisher.tell(Event::Attempt {
            at: now,
            site,
            stream,
            address,
            attempt,
            why,
        });
    }

    fn outcome(&mut self, id: LinkId, result: Result<(), Failure>, now: Instant) {
        let Some(link) = self.links.get(&id) else { return };
        let Some(running) = &link.running else { return };
        let ended_later = running.playing.is_some() && result.is_err();
        if ended_later || link.purpose != Purpose::Stream {
            return;
        }
        let (stream, attempt) = (link.stream, running.attempt.0);
        let took = now.saturating_duration_since(running.since);
        self.publisher.tell(Event::Outcome {
            at: now,
            stream,
            attempt,
            result,
            took,
        });
    }
}

/// Makes the attempt. One that a defect of this program ends is reported as failed, for its site waits for a report.
async fn to_its_end(run: RunId, report: mpsc::Sender<Report>, attempt: impl Future<Output = ()>) {
    if AssertUnwindSafe(attempt).catch_unwind().await.is_err() {
        tracing::error!(run = run.0, "a defect ended an attempt");
        let news = News::Failed {
            address: None,
            local_port: None,
            failure: failure(
                FailureKind::Protocol,
                Stage::Options,
                "a defect of Monomi ended the attempt",
            ),
        };
        report.send(Report { run, news }).await.ok();
    }
}

fn decoder_of(choice: settings::Decoder) -> DecoderChoice {
    match choice {
        settings::Decoder::Auto => DecoderChoice::Auto,
        settings::Decoder::Software => DecoderChoice::Software,
        settings::Decoder::Hardware => DecoderChoice::Hardware,
    }
}

impl News {
    /// After this the run says nothing more.
    pub(super) fn is_last(&self) -> bool {
        match self {
            Self::Redirected { .. } | Self::Failed { .. } | Self::Closed => true,
            Self::Dialling(_)
            | Self::Connected { .. }
            | Self::Reached(_)
            | Self::Playing { .. }
            | Self::FirstPicture
            | Self::Sound(_) => false,
        }
    }
}

impl Link {
    pub(super) fn new(purpose: Purpose, stream: device::StreamId, device: device::DeviceId) -> Self {
        Self {
            purpose,
            stream,
            device,
            rank: reconnect::Rank::default(),
            decode: true,
            decode_since: None,
            listen: Listen::No,
            unheard: 0,
            sound: SoundState::Off,
            slot: Arc::new(crate::bridge::FrameSlot::with_clock(Instant::now)),
            running: None,
            parked: None,
            redirect: None,
            hops: 0,
            facts: super::record::Facts::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::endurance::{registry, show_all};
    use super::super::rig::Rig;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_a_defect_of_ours_ends_has_failed_and_holds_up_nobody() {
        let mut rig = Rig::new();
        rig.core.runner = Box::new(|_job| Box::pin(async { panic!("a defect that these words bring to light") }));
        rig.core.take_registry(registry(0));
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
        for _ in 0..1_000 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        let totals = rig.core.machine.totals();
        assert!(totals.failed > 10 && totals.half_open <= 3, "{totals:?}");
        assert!(rig.core.runs.len() <= 3, "{} runs", rig.core.runs.len());
    }
}
