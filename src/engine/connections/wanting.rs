//! Which devices the machine knows and which streams are wanted of them; what an edit or a changed policy does to them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::super::attempt::recorder_of;
use super::super::certificates::Certificates;
use super::super::failure::failure;
use super::super::password::PasswordAnswer;
use super::links::{LinkRecord, Purpose};
use super::run::Run;
use super::{Connections, ConnectionsEffect, TestProgress, policy_of};
use crate::bridge::WantedStream;
use device::{Device, DeviceId, PasswordEdit, Registry, StreamId};
use reconnect::{FailureKind, Input, LinkId, Rank, SignIn, Stage};
use wall::Listen;

impl Connections {
    /// Takes the list of all that the screen wants.
    pub(in crate::engine) fn show(&mut self, wanted: &[WantedStream], now: Instant) {
        if self.means.want_all.is_none() {
            wanted.clone_into(&mut self.on_screen);
            self.show_all(now);
        }
    }

    /// Takes the list of all that is recorded: it stays connected, whether a window shows it or not.
    pub(in crate::engine) fn record(&mut self, recorded: Vec<StreamId>, now: Instant) {
        self.recorded = recorded;
        self.show_all(now);
    }

    fn show_all(&mut self, now: Instant) {
        let mut wanted = match self.means.want_all {
            None => self.on_screen.clone(),
            Some(kind) => {
                let enabled = self.devices.registry().devices.iter().filter(|device| device.enabled);
                let all = enabled.flat_map(Device::channel_ids).map(|channel| WantedStream {
                    stream: StreamId { channel, kind },
                    rank: Rank::Visible,
                    decode: true,
                    listen: Listen::No,
                });
                all.collect()
            }
        };
        for stream in &self.recorded {
            if !wanted.iter().any(|want| want.stream == *stream) {
                wanted.push(WantedStream {
                    stream: *stream,
                    rank: Rank::Visible,
                    decode: false,
                    listen: Listen::No,
                });
            }
        }
        self.show_only(&wanted, now);
    }

    fn show_only(&mut self, wanted: &[WantedStream], now: Instant) {
        let streams: BTreeSet<StreamId> = wanted.iter().map(|want| want.stream).collect();
        let gone = self
            .links
            .which(|link| link.is_stream() && !streams.contains(&link.stream));
        for link in gone {
            self.unwant(link, now);
        }
        for want in wanted {
            self.want(*want, now);
        }
        self.changed();
    }

    pub(super) fn want(&mut self, want: WantedStream, now: Instant) {
        let WantedStream {
            stream,
            rank,
            decode,
            listen,
        } = want;
        if !self.devices.has(stream) {
            return;
        }
        let device = stream.channel.device;
        let link = match self.links.of_stream(stream) {
            Some(link) => link,
            None => {
                let link = LinkId(self.fresh_id());
                self.links
                    .insert(link, LinkRecord::new(Purpose::Stream, stream, device, rank));
                link
            }
        };
        let Some(record) = self.links.get_mut(link) else {
            return;
        };
        record.set_decode(decode, now);
        record.rank = rank;
        self.set_listen(link, listen);
        if let Some(user) = self.devices.get(device).map(|device| device.user.clone()) {
            self.want_sign_in(device, &user, PasswordEdit::Keep, now);
        }
        self.machine.handle(Input::Want { link, device, rank }, now);
    }

    /// Asks for the password of a device that is wanted, before a permit can be granted to it.
    pub(super) fn want_sign_in(&mut self, device: DeviceId, user: &str, password: PasswordEdit, now: Instant) {
        if self.sign_ins.has(device) {
            return;
        }
        let state = match self.sign_ins.want(device, user, password) {
            Some(question) => {
                self.effects.push_back(ConnectionsEffect::AskPassword(question));
                SignIn::Asking
            }
            None => SignIn::Ready,
        };
        self.machine.handle(Input::SignIn { device, state }, now);
    }

    /// Takes the answer to a [`super::ConnectionsEffect::AskPassword`].
    pub(in crate::engine) fn password_answered(&mut self, number: u64, answer: PasswordAnswer, now: Instant) {
        let (password, state) = match answer {
            Ok(password) => (Some(password), SignIn::Ready),
            Err(detail) => (None, SignIn::Unreadable { detail }),
        };
        let Some(device) = self.sign_ins.answer(number, password) else {
            return;
        };
        if let SignIn::Unreadable { detail } = &state {
            tracing::warn!(device = %device, detail, "the password cannot be read");
            let failure = failure(FailureKind::PasswordStore, Stage::Resolve, detail);
            for link in self.links.of_device(device) {
                self.tell_test(link, TestProgress::Failed(failure.clone()));
            }
        }
        self.machine.handle(Input::SignIn { device, state }, now);
        self.diagnosis_has_password(device, now);
        self.changed();
    }

    /// The password store or what it holds changed: passwords that could not be read are asked for once more.
    pub(in crate::engine) fn passwords_changed(&mut self, now: Instant) {
        for device in self.sign_ins.unreadable() {
            self.ask_again(device, false, now);
        }
    }

    fn ask_again(&mut self, device: DeviceId, by_hand: bool, now: Instant) {
        if let Some(question) = self.sign_ins.ask_again(device, by_hand) {
            self.effects.push_back(ConnectionsEffect::AskPassword(question));
            let state = SignIn::Asking;
            self.machine.handle(Input::SignIn { device, state }, now);
            self.changed();
        }
    }

    /// A person asks to try this device now.
    pub(in crate::engine) fn retry_now(&mut self, device: DeviceId, now: Instant) {
        self.devices.asked(device);
        self.ask_again(device, true, now);
        // The device may send smaller pictures to who asks anew.
        let too_large = |link: &LinkRecord| link.run.as_ref().is_some_and(|run| run.too_large().is_some());
        for link in self.links.which(|link| link.device == device && too_large(link)) {
            self.want_anew(link, now);
        }
        self.machine.handle(Input::RetryNow(device), now);
    }

    /// Lets go of a link: its sockets are torn down, the machine forgets it.
    pub(in crate::engine) fn unwant(&mut self, link: LinkId, now: Instant) {
        let record = self.links.remove(link);
        self.machine.handle(Input::Unwant(link), now);
        if let Some(device) = record.map(|record| record.device) {
            self.forget_unused_sign_in(device);
        }
        self.changed();
    }

    /// Forgets the password of a device of which nothing is wanted.
    pub(super) fn forget_unused_sign_in(&mut self, device: DeviceId) {
        if self.links.of_device(device).is_empty() && !self.questions.asks(device) {
            self.sign_ins.forget(device);
        }
    }

    /// Tells the machine of every device, after the registry changed.
    pub(in crate::engine) fn set_registry(&mut self, registry: &Arc<Registry>, now: Instant) {
        self.devices.set_registry(Arc::clone(registry));
        for id in self.devices.vanished() {
            if self.is_test(id) {
                continue;
            }
            self.devices.forget(id);
            self.keyless.remove(&id);
            for link in self.links.of_device(id) {
                self.unwant(link, now);
            }
            self.drop_questions(id, now);
            self.machine.handle(Input::DeviceRemoved(id), now);
        }
        for device in registry.devices.iter().filter(|device| device.enabled) {
            self.register(device, now);
        }
        self.site_states.retain(|site, _| registry.site(*site).is_some());
        let devices = &self.devices;
        let gone = self.links.which(|link| link.is_stream() && !devices.has(link.stream));
        for link in gone {
            self.unwant(link, now);
        }
        if self.means.want_all.is_some() {
            self.show_all(now);
        }
        self.changed();
    }

    /// Tells the machine of one device; links of a device whose address or sign-in changed are dialled anew.
    fn register(&mut self, device: &Device, now: Instant) {
        let registered = self.devices.register(device);
        if let Some(roads) = &registered.roads {
            let links = self.links.iter_mut().map(|(_, link)| link);
            for link in links.filter(|link| link.device == device.id) {
                link.roads_changed(roads);
            }
        }
        self.machine.handle(
            Input::Device {
                id: device.id,
                site: device.site,
                address: registered.address,
                recorder: registered.recorder,
                revision: registered.revision,
            },
            now,
        );
        if device.roads.count() > 1 || self.machine.road(device.id).is_some() {
            let look = LinkId(self.fresh_id());
            let (id, roads) = (device.id, self.devices.roads_of(device, look));
            self.machine.handle(Input::Roads { device: id, roads }, now);
        }
        if registered.changed {
            for (host, port) in (0..device.roads.count()).filter_map(|road| device.place(road)) {
                self.refusals.forget(recorder_of(host, port));
            }
            self.drop_questions(device.id, now);
            self.sign_ins.forget(device.id);
            self.redial(device.id, now);
        }
    }

    /// Closes what a device has open and wants it anew.
    fn redial(&mut self, device: DeviceId, now: Instant) {
        for id in self.links.of_device(device) {
            self.want_anew(id, now);
        }
    }

    /// Closes what a stream has open and wants it anew.
    fn want_anew(&mut self, id: LinkId, now: Instant) {
        let Some(link) = self.links.get(id).filter(|link| link.is_stream()) else {
            return;
        };
        let wanted = link.wanted();
        self.unwant(id, now);
        self.want(wanted, now);
    }

    pub(in crate::engine) fn set_certificates(&mut self, certificates: Arc<Certificates>) {
        self.devices.set_certificates(certificates);
    }

    /// The user trusts whatever certificate the device shows next: it is dialled anew.
    pub(in crate::engine) fn trust_anew(&mut self, id: DeviceId, now: Instant) {
        if let Some(device) = self.devices.get(id).filter(|device| device.enabled).cloned() {
            self.devices.trust_anew(id);
            self.register(&device, now);
        }
    }

    /// Takes over a changed policy: what is connected to a forbidden address is closed now, the rest comes back by the ramp.
    pub(in crate::engine) fn policy_changed(&mut self, now: Instant) {
        let policy = Arc::new(policy_of(&self.settings));
        self.policy.store(Arc::clone(&policy));
        let forbidden = |run: &mut Run| run.address.is_some_and(|address| !policy.allows(address.ip()));
        let (mut inputs, mut playbacks) = (Vec::new(), Vec::new());
        for (id, link) in self.links.iter_mut() {
            drop(link.parked.take_if(forbidden));
            if let Some(run) = link.run.take_if(forbidden) {
                playbacks.extend(link.is_playback().then_some((id, run.attempt, run.address)));
                let address = run.address.map(|address| address.ip());
                let detail = address.map(|ip| ip.to_string()).unwrap_or_default();
                inputs.push(Input::Failed {
                    attempt: run.attempt,
                    address,
                    failure: failure(FailureKind::Policy, Stage::Resolve, detail),
                });
            }
        }
        for input in inputs {
            self.machine.handle(input, now);
        }
        for (id, attempt, address) in playbacks {
            let detail = address.map(|address| address.ip().to_string()).unwrap_or_default();
            let refused = failure(FailureKind::Policy, Stage::Resolve, detail);
            self.playback_failed(id, attempt, (address.map(|address| address.ip()), refused), now);
        }
        self.forbid_questions(now);
        self.machine.handle(Input::PolicyChanged, now);
        for (device, address) in self.forbidden() {
            self.machine.handle(Input::Forbidden { device, address }, now);
        }
        self.changed();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Duration;

    use super::super::super::attempt::{AttemptEvent, AttemptPlan, AttemptReport};
    use super::super::super::endurance::{registry, show_all};
    use super::super::super::rig::Rig;
    use super::*;
    use crate::bridge::{Command, TileState};
    use device::Host;
    use settings::Settings;

    /// An attempt at a recorder on which nothing listens, wherever a name leads.
    async fn refuse(plan: AttemptPlan) {
        let (run, report) = (plan.run, plan.report.clone());
        let ip = plan.target.host.ip().unwrap_or(Ipv4Addr::new(192, 0, 2, 9).into());
        let address = SocketAddr::new(ip, plan.target.port);
        let tell = |event| report.send(AttemptReport { run, event });
        tell(AttemptEvent::Dialling(address)).await.ok();
        let failed = AttemptEvent::Failed {
            address: Some(address),
            local_port: None,
            failure: failure(FailureKind::Refused, Stage::Connect, ""),
        };
        tell(failed).await.ok();
    }

    #[tokio::test(start_paused = true)]
    async fn internal_network_only_acts_at_once_on_tiles_that_wait_for_their_next_try() {
        let mut rig = Rig::new().await;
        rig.core
            .connections()
            .set_runner(Box::new(|plan| Box::pin(refuse(plan))));
        let mut registry = registry(0);
        registry.devices.truncate(2);
        registry.devices[0].host = Host::Ip(Ipv4Addr::new(192, 0, 2, 7).into());
        registry.devices[1].host = "shop.example.jp".parse().unwrap();
        rig.core.enter(registry);
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let states = |rig: &mut Rig| {
            rig.core.publish_now();
            let state = rig.engine.state();
            state
                .streams
                .values()
                .map(|status| status.state.clone())
                .collect::<Vec<_>>()
        };
        // Each has been tried, and waits for its next try.
        loop {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
            let before = states(&mut rig);
            if before.len() == 2 && before.iter().all(|state| matches!(state, TileState::Offline { .. })) {
                break;
            }
        }
        let switch = |rig: &mut Rig, internal_network_only| {
            let settings = Settings {
                internal_network_only,
                ..Settings::default()
            };
            rig.core
                .connections()
                .set_settings(Arc::new(settings), super::super::clock::now());
            states(rig)
        };
        let refused = switch(&mut rig, true);
        assert!(
            refused.iter().all(|state| matches!(state, TileState::Refused { .. })),
            "{refused:?}"
        );
        assert_eq!(rig.engine.state().excluded.len(), 2);
        let back = switch(&mut rig, false);
        assert!(
            !back.iter().any(|state| matches!(state, TileState::Refused { .. })),
            "{back:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_is_wanted_what_is_recorded_is_connected_as_well() {
        use device::StreamKind;

        let mut rig = Rig::new().await;
        let connections = rig.core.connections();
        connections.set_runner(Box::new(|plan| Box::pin(refuse(plan))));
        connections.means.want_all = Some(StreamKind::Main);
        let mut registry = registry(0);
        registry.devices.truncate(1);
        let channel = registry.devices[0].channel_ids().next().unwrap();
        rig.core.enter(registry);
        let stream = |kind| StreamId { channel, kind };
        let decodes = |rig: &mut Rig, kind| {
            let links = &mut rig.core.connections().links;
            let link = links.of_stream(stream(kind))?;
            Some(links.get(link)?.wanted().decode)
        };
        let now = super::super::clock::now();
        rig.core.connections().record(vec![stream(StreamKind::Sub)], now);
        assert_eq!(decodes(&mut rig, StreamKind::Main), Some(true));
        assert_eq!(decodes(&mut rig, StreamKind::Sub), Some(false));
        rig.core.connections().record(Vec::new(), now);
        assert_eq!(decodes(&mut rig, StreamKind::Main), Some(true));
        assert_eq!(decodes(&mut rig, StreamKind::Sub), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_has_one_cause_and_who_asked_for_a_try_gets_its_answer() {
        let mut rig = Rig::new().await;
        rig.core
            .connections()
            .set_runner(Box::new(|plan| Box::pin(refuse(plan))));
        let mut registry = registry(0);
        registry.devices.truncate(1);
        let id = registry.devices[0].id;
        rig.core.enter(registry);
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..100 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        let known = |rig: &mut Rig| {
            rig.core.publish_now();
            rig.engine.state().devices.get(&id).cloned().expect("tried in vain")
        };
        let before = known(&mut rig);
        assert_eq!(before.failure.map(|failure| failure.kind), Some(FailureKind::Refused));
        assert!(before.since.is_some());
        assert!(
            !before.tried.as_ref().is_some_and(|tried| tried.by_hand),
            "nobody asked"
        );
        rig.core.on_command(Command::RetryNow(id), super::super::clock::now());
        let mut answer = known(&mut rig).tried;
        for _ in 0..100 {
            if answer.as_ref().is_some_and(|tried| tried.by_hand) {
                break;
            }
            rig.core.turn(&mut rig.receiver, &mut tick).await;
            answer = known(&mut rig).tried;
        }
        let answer = answer.filter(|tried| tried.by_hand).expect("the answer");
        assert_eq!(answer.failure.kind, FailureKind::Refused);
        assert_eq!(known(&mut rig).since, before.since, "it is the same trouble");
    }
}
