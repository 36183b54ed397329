//! From a permit to a running attempt.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::super::attempt::{self, AttemptPlan, FOR_STREAMS, FOR_TESTS, Received, RequestPath, RunId};
use super::super::failure::failure;
use super::links::Purpose;
use super::patience::Waits;
use super::run::Run;
use super::{Connections, TestProgress};
use crate::net::{Target, Trust};
use crate::video::DecoderChoice;
use device::{Carrier, Credentials, Device, Host, MediaTransport};
use reconnect::{AttemptId, Dial, Failure, FailureKind, Input, LinkId, Stage, Why};

/// Where an attempt goes.
type Destination = (Host, u16, Carrier, RequestPath);

impl Connections {
    /// Uses a permit: dials, or gives the attempt to a connection that came back to life by itself.
    pub(super) fn dial(&mut self, dial: Dial, now: Instant) {
        let device = dial.device;
        if self.devices.get(device).is_some() {
            *self.attempts.entry(device).or_default() += 1;
        }
        let granted = self.grant_knock(dial, now).and_then(|dial| self.grant_look(dial, now));
        let Some(dial) = granted else {
            return;
        };
        let (id, attempt, dial_why) = (dial.link, dial.attempt, dial.why);
        if self.is_errand(id) {
            self.grant_errand(dial, now);
            return;
        }
        if self.is_question(id) {
            self.grant_question(dial, now);
            return;
        }
        if let Some(link) = self.links.get_mut(id) {
            link.leave_other_roads(dial.road);
        }
        if self.take_revived(id, attempt, now) {
            // No packet was needed.
            if let Some(attempts) = self.attempts.get_mut(&device) {
                *attempts = attempts.saturating_sub(1);
            }
            return;
        }
        if let Some(link) = self.links.get_mut(id) {
            link.dialled_anew(now);
        }
        if self.diagnosed.is_some() {
            self.is_recorded(id);
        }
        match self.prepare(id, dial.road) {
            Ok((destination, credentials)) => self.launch(dial, destination, credentials, now),
            Err(failure) if self.is_playback(id) => self.playback_failed(id, attempt, (None, failure), now),
            Err(failure) => {
                self.note_ended(id, &failure, dial_why == Why::Manual, now);
                self.fail(id, attempt, failure, now);
            }
        }
        self.changed();
    }

    /// Whom to dial for this link, and as whom to sign in.
    fn prepare(&mut self, id: LinkId, road: usize) -> Result<(Destination, Option<Credentials>), Failure> {
        let failed = |kind, stage, text: &str| failure(kind, stage, text);
        let gone = || failed(FailureKind::NoSuchChannel, Stage::Resolve, "the device is gone");
        let link = self.links.get_mut(id).ok_or_else(gone)?;
        let device = match &link.purpose {
            Purpose::Stream | Purpose::Playback(_) => self.devices.get(link.device).ok_or_else(gone)?,
            Purpose::Test(device) => device,
        };
        let credentials = self
            .sign_ins
            .ready(link.device)
            .ok_or_else(|| failed(FailureKind::Local, Stage::Resolve, "the password is not known yet"))?;
        let destination = match link.redirect.take() {
            None => {
                let stream = link.stream;
                let of_playback = match &link.purpose {
                    Purpose::Playback(plan) => Some(&plan.template),
                    Purpose::Stream | Purpose::Test(_) => None,
                };
                let of_stream = || self.means.brands.template(device, stream.channel.number, stream.kind);
                let template = of_playback
                    .or_else(of_stream)
                    .ok_or_else(|| failed(FailureKind::Local, Stage::Resolve, "no request path is known"))?;
                let path = RequestPath::Template {
                    template: template.clone(),
                    channel: stream.channel.number,
                    kind: stream.kind,
                };
                let (host, port) = device.place(road).ok_or_else(gone)?;
                (host.clone(), port, device.carrier, path)
            }
            Some(to) => redirected(to, device, road)?,
        };
        Ok((destination, credentials))
    }

    fn launch(
        &mut self,
        dial: Dial,
        (host, port, carrier, path): Destination,
        credentials: Option<Credentials>,
        now: Instant,
    ) {
        self.keep_budget(now);
        let recorded = self.diagnosed.is_some() && self.is_recorded(dial.link);
        let run = RunId(self.fresh_id());
        let Some(link) = self.links.get_mut(dial.link) else {
            return;
        };
        let (local_port, turn, pinned) = self.devices.next_dial((link.device, dial.road), dial.reuse_port);
        // Another origin has a certificate of its own.
        let trust = if path.is_at_own_origin() {
            pinned
        } else {
            Trust::FirstUse
        };
        // Another origin is another recorder.
        let device = match &link.purpose {
            Purpose::Stream | Purpose::Playback(_) => self.devices.get(link.device),
            Purpose::Test(device) => Some(&**device),
        };
        let playback = match &link.purpose {
            Purpose::Playback(plan) => Some(plan.feed.clone()),
            Purpose::Stream | Purpose::Test(_) => None,
        };
        // The recorder is to wait for who reads, which datagrams cannot tell it.
        let transport = match &playback {
            Some(_) => MediaTransport::Tcp,
            None => device.map(|device| device.transport).unwrap_or_default(),
        };
        let digest_only = device.is_some_and(|device| device.unconfirmed);
        let habits = device
            .filter(|_| path.is_at_own_origin() && dial.road == 0)
            .map(|device| self.habits.of(device, link.stream));
        let (orders, obeyed) = watch::channel(link.orders());
        let received = Arc::new(Received::default());
        let begun = (run, dial.attempt, dial.why, dial.road);
        let longest_reply = habits.as_ref().and_then(|habits| habits.recorder.longest_reply);
        let reply = self.devices.patience(link.device).limit(longest_reply);
        let waits = Waits::new(reply, link.patience_for_picture(habits.as_ref()), !link.is_stream());
        let known = (waits.picture, habits.clone());
        link.begin(Run::new(begun, orders, Arc::clone(&received), known, now));
        let plan = AttemptPlan {
            run,
            permit: dial.permit,
            counted: self.means.budget.on_disk(self.spent_revision),
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
            transport,
            digest_only,
            credentials,
            habits,
            refusals: Arc::clone(&self.refusals),
            challenges: Arc::clone(&self.challenges),
            believe_refusal: match link.purpose {
                Purpose::Stream => FOR_STREAMS,
                Purpose::Test(_) | Purpose::Playback(_) => FOR_TESTS,
            },
            patience: waits.session,
            orders: obeyed,
            output: self.means.output.clone(),
            decoder: decoder_of(self.settings.decoder),
            recorded,
            slot: Arc::clone(&link.slot),
            waker: Arc::clone(&self.means.waker),
            received,
            inlet: link.is_stream().then(|| self.means.inlets.of(link.stream)),
            report: self.reports.clone(),
            playback,
        };
        self.links.run_begins(run, dial.link);
        let attempt = (self.runner)(plan);
        tokio::spawn(attempt::run_to_its_end(run, self.reports.clone(), attempt));
    }

    /// A parked connection on which pictures flow again takes the attempt over, without a packet.
    fn take_revived(&mut self, id: LinkId, attempt: AttemptId, now: Instant) -> bool {
        let Some(link) = self.links.get_mut(id).filter(|link| link.is_revived(now)) else {
            return false;
        };
        let Some(mut parked) = link.parked.take() else {
            return false;
        };
        tracing::info!(link = id.0, "a stream came back on its old connection");
        parked.revive(attempt);
        let address = parked.address.map(|address| address.ip());
        link.run = Some(parked);
        if let Some(address) = address {
            self.machine.handle(Input::Connected { attempt, address }, now);
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
        self.tell_test(id, TestProgress::Failed(failure));
    }
}

/// Where a redirect of `device` leads, which was reached by this road.
fn redirected(to: rtsp::Redirect, device: &Device, road: usize) -> Result<Destination, Failure> {
    let carrier = if to.secure { Carrier::Rtsps } else { Carrier::Rtsp };
    match to.host.parse::<Host>() {
        Ok(host) => {
            let same_origin = carrier == device.carrier && device.place(road) == Some((&host, to.port));
            let path = RequestPath::Redirected {
                path: to.target,
                same_origin,
            };
            Ok((host, to.port, carrier, path))
        }
        Err(error) => {
            let text = format!("redirected to a host that is none: {error}");
            Err(failure(FailureKind::Protocol, Stage::Describe, text))
        }
    }
}

fn decoder_of(choice: settings::Decoder) -> DecoderChoice {
    match choice {
        settings::Decoder::Auto => DecoderChoice::Auto,
        settings::Decoder::Software => DecoderChoice::Software,
        settings::Decoder::Hardware => DecoderChoice::Hardware,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::endurance::{registry, show_all};
    use super::super::super::rig::Rig;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_a_defect_of_ours_ends_has_failed_and_holds_up_nobody() {
        let mut rig = Rig::new().await;
        let defect = Box::new(|_plan| panic_later());
        rig.core.connections().set_runner(defect);
        rig.core.enter(registry(0));
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..1_000 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        let connections = rig.core.connections();
        let totals = connections.machine().totals();
        assert!(totals.failed > 10 && totals.half_open <= 3, "{totals:?}");
        assert!(connections.open_runs() <= 3, "{} runs", connections.open_runs());
    }

    fn panic_later() -> futures_util::future::BoxFuture<'static, ()> {
        Box::pin(async { panic!("a defect that this sign-in brings to light") })
    }
}
