//! From the reports of the attempts back to the machine.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::super::attempt::{AttemptEvent, AttemptReport};
use super::super::clock;
use super::super::failure::{failure, of_size};
use super::links::Purpose;
use super::run::Run;
use super::{Connections, ConnectionsEffect, PlaybackProgress, TestProgress};
use crate::bridge::{EngineEvent, SoundProblem, SoundState};
use device::CertificateOwner;
use reconnect::{AttemptId, Failure, FailureKind, Input, LinkId, Stage, Why};
use rtsp::{Lesson, Took};
use trace::Note;

impl Connections {
    pub(in crate::engine) fn report(&mut self, report: AttemptReport, now: Instant) {
        let AttemptReport { run, event } = report;
        let Some(id) = self.links.of_run(run) else { return };
        if event.is_last() {
            self.links.run_ends(run);
        }
        let event = match event {
            AttemptEvent::Learnt(lesson) => return self.learnt(id, lesson),
            event => event,
        };
        let Some(link) = self.links.get_mut(id) else { return };
        if link.parked.as_ref().is_some_and(|parked| parked.id == run) {
            if event.is_last() {
                link.parked = None;
            } else {
                self.look_at(id, now);
            }
            return;
        }
        if link.run.as_ref().is_some_and(|current| current.id == run) {
            self.current(id, event, now);
            self.changed();
        }
    }

    /// Something happened to the run that the link `id` has now.
    fn current(&mut self, id: LinkId, event: AttemptEvent, now: Instant) {
        let Some(link) = self.links.get_mut(id) else { return };
        let Some(run) = &mut link.run else { return };
        let attempt = run.attempt;
        match event {
            AttemptEvent::Dialling(address) => {
                run.address = Some(address);
                run.reached(Stage::Connect, now);
                self.dials.push_back(now);
                if link.hops == 0 {
                    self.devices.dialled((link.device, run.road), address.ip());
                }
                self.announce(id, now);
                self.trace(id, || Note::Dialling(address));
                self.tell_test(id, TestProgress::Reached(Stage::Connect));
                if !self.policy.load().allows(address.ip()) {
                    // The policy was switched on between the look-up and now.
                    self.policy_changed(now);
                }
            }
            AttemptEvent::Reached(stage) => {
                run.reached(stage, now);
                self.tell_test(id, TestProgress::Reached(stage));
            }
            AttemptEvent::NotAsked(refused) => self.tell_test(id, TestProgress::NotAsked(refused)),
            AttemptEvent::Connected { address, certificate } => {
                run.connected(now);
                let shown = certificate.as_ref().map(|shown| shown.fingerprint.to_string());
                let (address, road) = (address.ip(), run.road);
                self.devices.connected((link.device, road), address);
                // Where a redirect led, another device may answer.
                if link.is_stream()
                    && link.hops == 0
                    && let Some(certificate) = certificate
                {
                    let owner = CertificateOwner::from(link.device).by(road);
                    self.effects
                        .push_back(ConnectionsEffect::Certificate(owner, certificate));
                }
                self.machine.handle(Input::Connected { attempt, address }, now);
                if let Some(shown) = shown {
                    self.trace(id, || Note::Certificate(shown));
                }
            }
            AttemptEvent::OtherCertificate(certificate) => {
                let (shown, road) = (certificate.fingerprint.to_string(), run.road);
                if link.is_stream() && link.hops == 0 {
                    let owner = CertificateOwner::from(link.device).by(road);
                    self.effects
                        .push_back(ConnectionsEffect::OtherCertificate(owner, certificate));
                }
                self.trace(id, || Note::Certificate(shown));
            }
            AttemptEvent::Playing {
                codec,
                slowest_reply,
                awaited,
            } => {
                run.plays(awaited, now);
                let known = run.begun_with().map(|habits| habits.recorder.longest_reply);
                link.hops = 0;
                let device = link.device;
                self.devices.answered(device);
                // Nobody looks at its pictures; what is on screen must show one.
                if !link.is_shown() {
                    self.devices.shows(device);
                }
                link.note_playing(codec.clone());
                if link.is_playback() {
                    self.playback_plays(id, attempt, now);
                    return;
                }
                if let Some(known) = known {
                    let time = slowest_reply;
                    self.learnt(id, Lesson::Reply(Took { time, known }));
                }
                self.outcome(id, Ok(()), now);
                self.machine.handle(Input::Playing { attempt }, now);
                self.note_road(device, now);
                self.trace(id, || Note::Playing(codec));
                self.tell_test(id, TestProgress::Reached(Stage::Media));
            }
            AttemptEvent::Silent(failure) => {
                if link.is_stream() {
                    self.outcome(id, Err(failure.clone()), now);
                    if let Some(run) = self.links.get_mut(id).and_then(|link| link.run.as_mut()) {
                        run.is_silent(failure);
                    }
                }
            }
            AttemptEvent::FirstPicture => {
                let codec = link.codec().to_owned();
                self.look_at(id, now);
                self.tell_test(id, TestProgress::Passed { codec });
            }
            AttemptEvent::Whole => {
                self.look_at(id, now);
                self.whole_changed(id);
            }
            AttemptEvent::TooLarge => {
                self.look_at(id, now);
                self.tell_too_large(id);
            }
            AttemptEvent::DecoderRestarted(detail) => {
                self.decoders_restarted += 1;
                let restarted = ConnectionsEffect::DecoderRestarted(link.stream.channel, detail);
                if link.is_stream() {
                    self.effects.push_back(restarted);
                }
            }
            AttemptEvent::Sound(state) => self.sound_changed(id, state),
            AttemptEvent::Redirected { address, to } => self.redirected(id, address, to, now),
            AttemptEvent::Failed {
                address,
                local_port,
                failure,
            } => {
                run.address = run.address.or(address);
                let address = run.address.map(|address| address.ip());
                self.announce(id, now);
                self.failed_early(id, local_port, &failure);
                self.failed(id, attempt, address, failure, now);
            }
            AttemptEvent::Challenged => link.signs_in = true,
            AttemptEvent::Closed => link.run = None,
            AttemptEvent::Traced(note) => self.trace(id, || note),
            AttemptEvent::Replay(news) => self.tell_playback(id, PlaybackProgress::News(news)),
            AttemptEvent::Learnt(_) => {}
        }
    }

    /// A session of the link `id` taught this; one that is parked teaches too.
    pub(super) fn learnt(&mut self, id: LinkId, lesson: Lesson) {
        let Some(link) = self.links.get(id) else { return };
        // Another road may lead to another recorder.
        if link.road().is_some_and(|road| road != 0) {
            return;
        }
        let device = match &link.purpose {
            Purpose::Stream | Purpose::Playback(_) => self.devices.get(link.device),
            Purpose::Test(device) => Some(&**device),
        };
        if let Some(device) = device.cloned() {
            self.effects
                .push_back(ConnectionsEffect::Learnt(Box::new(device), link.stream, lesson));
        }
    }

    /// Takes note of what came in on the connections of this link, before the next tick does.
    fn look_at(&mut self, id: LinkId, now: Instant) {
        let Some(link) = self.links.get_mut(id).filter(|link| !link.is_playback()) else {
            return;
        };
        let look = link.look(now, clock::local_clock());
        for lesson in look.lessons {
            self.learnt(id, lesson);
        }
        for input in look.inputs {
            self.machine.handle(input, now);
        }
        if self.links.get(id).is_some_and(|link| link.heir_of.is_some()) {
            self.succeed(now);
        }
    }

    /// A Test of pictures that are not decoded because of their size has its answer.
    fn tell_too_large(&mut self, id: LinkId) {
        let run = self.links.get(id).and_then(|link| link.run.as_ref());
        if let Some(too_large) = run.and_then(Run::too_large) {
            self.tell_test(id, TestProgress::Failed(of_size(too_large)));
        }
    }

    /// Takes note of what the next attempt should know of one that failed.
    fn failed_early(&mut self, id: LinkId, local_port: Option<u16>, failure: &Failure) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.hops = 0;
        link.redirect = None;
        link.note_silence(failure);
        let road = link.run.as_ref().map_or(0, |run| run.road);
        self.devices.failed((link.device, road), local_port, failure);
        if link.note_sound_failure(failure) {
            self.sound_changed(id, SoundState::Failed(SoundProblem::Refused));
        }
    }

    fn redirected(&mut self, id: LinkId, address: Option<SocketAddr>, to: rtsp::Redirect, now: Instant) {
        let Some(link) = self.links.get_mut(id) else { return };
        let Some(run) = &link.run else { return };
        let attempt = run.attempt;
        let address = address.or(run.address).map(|address| address.ip());
        let may_follow = self.machine.may_follow(id);
        link.hops = link.hops.saturating_add(1);
        match address {
            Some(address) if may_follow => {
                let place = format!("{}:{}", to.host, to.port);
                link.redirect = Some(to);
                tracing::info!(link = id.0, hop = link.hops, "redirected");
                self.trace(id, || Note::Redirected(place));
                // The host that was dialled did answer.
                self.outcome(id, Ok(()), now);
                if let Some(link) = self.links.get_mut(id) {
                    link.run = None;
                }
                self.machine.handle(Input::Redirected { attempt, address }, now);
            }
            _ => {
                link.hops = 0;
                let failure = failure(FailureKind::Protocol, Stage::Describe, "redirected without end");
                self.failed(id, attempt, address, failure, now);
            }
        }
    }

    /// The run of the link `id` has ended so: said to the listeners, to the machine and to a Test that waits for it.
    fn failed(&mut self, id: LinkId, attempt: AttemptId, address: Option<IpAddr>, failure: Failure, now: Instant) {
        if self.is_playback(id) {
            drop(self.links.get_mut(id).and_then(|link| link.run.take()));
            self.playback_failed(id, attempt, (address, failure), now);
            return;
        }
        self.outcome(id, Err(failure.clone()), now);
        let by_hand = self.links.get_mut(id).and_then(|link| link.run.take());
        let by_hand = by_hand.is_some_and(|run| run.why == Why::Manual);
        self.note_ended(id, &failure, by_hand, now);
        self.machine.handle(
            Input::Failed {
                attempt,
                address,
                failure: failure.clone(),
            },
            now,
        );
        // What a recorder needs two connections for is no failure of the Test.
        if !self.links.get(id).is_some_and(|link| link.signs_in) {
            self.tell_test(id, TestProgress::Failed(failure));
        }
    }

    /// Tells of the attempt, once, as soon as it is known where it goes.
    fn announce(&mut self, id: LinkId, now: Instant) {
        let Some(link) = self.links.get_mut(id) else { return };
        let (stream, is_stream) = (link.stream, link.is_stream());
        let Some(run) = &mut link.run else { return };
        if std::mem::replace(&mut run.announced, true) || !is_stream {
            return;
        }
        let Some(device) = self.devices.get(stream.channel.device) else {
            return;
        };
        tracing::debug!(
            device = self.devices.label(device.id),
            channel = stream.channel.number,
            attempt = run.attempt.0,
            why = run.why.as_str(),
            "attempt"
        );
        self.effects.push_back(ConnectionsEffect::Tell(EngineEvent::Attempt {
            at: now,
            site: device.site,
            stream,
            address: run.address,
            attempt: run.attempt.0,
            why: run.why,
        }));
    }

    fn outcome(&mut self, id: LinkId, result: Result<(), Failure>, now: Instant) {
        let Some(link) = self.links.get(id).filter(|link| link.is_stream()) else {
            return;
        };
        let Some(run) = &link.run else { return };
        let told = (run.playing.is_some() || run.silent().is_some()) && result.is_err();
        if !told {
            self.effects.push_back(ConnectionsEffect::Tell(EngineEvent::Outcome {
                at: now,
                stream: link.stream,
                attempt: run.attempt.0,
                result,
                took: now.saturating_duration_since(run.since),
            }));
        }
    }
}
