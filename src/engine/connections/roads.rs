//! Devices that can be reached by several addresses: the machine says which one is taken; here the streams follow it. What returns to
//! the preferred address does so stream by stream: an heir shows its first picture there before the stream is let go.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::super::failure::failure;
use super::errand::Granted;
use super::links::{LinkRecord, Purpose};
use super::{Connections, ConnectionsEffect};
use crate::bridge::EngineEvent;
use crate::net::{Target, Trust};
use device::{Carrier, Device, DeviceId};
use reconnect::{AttemptId, Dial, Failure, FailureKind, Input, LinkId, RoadView, Stage};

impl Connections {
    /// The machine says that a device takes another road, returns, or does not any more.
    pub(super) fn road_changed(&mut self, device: DeviceId, now: Instant) {
        let view = self.machine.road(device);
        let taken = view.as_ref().map_or(0, |view| view.taken);
        if self.devices.take_road(device, taken) {
            let label = self.devices.label(device);
            tracing::debug!(device = label, road = taken, "takes another address");
            // Who was sent elsewhere was sent by whoever stands where the other road ends.
            let links = self.links.iter_mut().map(|(_, link)| link);
            for link in links.filter(|link| link.device == device) {
                (link.redirect, link.hops) = (None, 0);
            }
        }
        self.note_road(device, now);
        if view.is_some_and(|view| view.returns) {
            self.returning.insert(device);
            self.next_heir(device, now);
        } else {
            self.returning.remove(&device);
            let heirs = self.links.which(|link| link.heir_of.is_some() && link.device == device);
            for heir in heirs {
                self.unwant(heir, now);
            }
        }
        self.changed();
    }

    /// Streams that show a picture where they return to, and those that are wanted or play since the return began.
    pub(super) fn go_on_returning(&mut self, now: Instant) {
        self.succeed(now);
        for device in self.returning.iter().copied().collect::<Vec<_>>() {
            self.next_heir(device, now);
        }
    }

    /// Tells that pictures come by another road, once they do: in an outage a device takes one road after the other in vain.
    pub(super) fn note_road(&mut self, device: DeviceId, now: Instant) {
        if !self.devices.has_roads(device) {
            return;
        }
        let taken = self.machine.road(device).map_or(0, |view| view.taken);
        let shows = |link: &LinkRecord| {
            let run = link.run.as_ref().filter(|run| run.playing.is_some());
            link.device == device
                && link.is_stream()
                && link.heir_of.is_none()
                && run.is_some_and(|run| run.road == taken)
        };
        if self.links.which(shows).is_empty() {
            return;
        }
        let Some(before) = self.devices.shows_by(device, taken) else {
            return;
        };
        let name = |road| self.devices.get(device)?.road_name(road);
        let (from, to) = (name(before).unwrap_or_default(), name(taken).unwrap_or_default());
        let label = self.devices.label(device);
        // By their numbers, for their names are the user's.
        tracing::info!(device = label, before, taken, "is reached by another address");
        self.effects.push_back(ConnectionsEffect::Tell(EngineEvent::Road {
            at: now,
            device,
            before,
            taken,
        }));
        self.effects
            .push_back(ConnectionsEffect::RoadChanged(device, format!("{from} → {to}")));
    }

    /// One stream of a device that returns gets its heir. One at a time, so that a recorder has one session more at most.
    fn next_heir(&mut self, device: DeviceId, now: Instant) {
        let Some(goal) = self
            .machine
            .road(device)
            .filter(|view| view.returns)
            .map(|view| view.goal)
        else {
            return;
        };
        let heirs = self.links.which(|link| link.device == device && link.heir_of.is_some());
        if !heirs.is_empty() {
            return;
        }
        let plays_elsewhere = |link: &LinkRecord| {
            let run = link.run.as_ref().filter(|run| run.playing.is_some());
            link.device == device && link.is_stream() && run.is_some_and(|run| run.road != goal)
        };
        let Some(of) = self.links.which(plays_elsewhere).first().copied() else {
            return;
        };
        let Some(record) = self.links.get(of) else { return };
        let (stream, rank, decode) = (record.stream, record.rank, record.decode());
        let heir = LinkId(self.fresh_id());
        let mut record = LinkRecord::new(Purpose::Stream, stream, device, rank);
        record.heir_of = Some(of);
        record.set_decode(decode, now);
        self.links.insert(heir, record);
        self.machine.handle(Input::Heir { heir, of }, now);
    }

    /// Heirs that show a picture, or play where nobody looks, take the places of what they inherit.
    pub(super) fn succeed(&mut self, now: Instant) {
        for heir in self.links.which(|link| link.heir_of.is_some()) {
            let of = self.links.get(heir).and_then(|link| link.heir_of);
            let inherited = of.and_then(|of| Some((of, self.links.get(of)?.wanted())));
            let Some((of, wanted)) = inherited else {
                // Nobody wants the stream any more, or it was dialled anew.
                self.unwant(heir, now);
                continue;
            };
            let Some(link) = self.links.get_mut(heir) else { continue };
            link.set_decode(wanted.decode, now);
            let run = link.run.as_ref().filter(|run| run.playing.is_some());
            let shows = run.is_some_and(|run| run.has_pictures() || !wanted.decode);
            if !shows {
                continue;
            }
            let device = link.device;
            self.links.succeed(heir, of);
            self.unwant(of, now);
            self.want(wanted, now);
            self.next_heir(device, now);
            self.changed();
        }
    }

    /// Grants a permit, if it is for a look at a road; else it comes back.
    pub(super) fn grant_look(&mut self, dial: Dial, now: Instant) -> Option<Dial> {
        if !self.devices.is_look(dial.device, dial.link) {
            return Some(dial);
        }
        self.keep_budget(now);
        let by = (dial.device, dial.road);
        let place = self.devices.get(dial.device).and_then(|device| device.place(dial.road));
        let Some((host, port)) = place.map(|(host, port)| (host.clone(), port)) else {
            let gone = failure(FailureKind::Local, Stage::Resolve, "there is no such address any more");
            self.take_look(dial.attempt, Err((None, gone)), now);
            return None;
        };
        let (local_port, turn, _) = self.devices.next_dial(by, dial.reuse_port);
        let granted = Granted {
            attempt: dial.attempt,
            permit: dial.permit,
            counted: self.means.budget.on_disk(self.spent_revision),
            target: Target {
                host,
                port,
                // Whether anybody takes the connect: what it is worth the first stream finds out, whose certificate a person is told of.
                carrier: Carrier::Rtsp,
                trust: Trust::FirstUse,
                policy: Arc::clone(&self.policy),
                local_port,
                turn,
            },
        };
        self.dials.push_back(now);
        self.looks.insert(dial.attempt, by);
        self.effects.push_back(ConnectionsEffect::Knock(Box::new(granted)));
        None
    }

    /// What came of a look at a road; says whether it was one.
    pub(super) fn looked(
        &mut self,
        attempt: AttemptId,
        result: &Result<IpAddr, (Option<IpAddr>, Failure)>,
        now: Instant,
    ) -> bool {
        let Some(by) = self.looks.remove(&attempt) else {
            return false;
        };
        if let Ok(address) = result {
            self.devices.connected(by, *address);
        }
        self.take_look(attempt, result.clone(), now);
        self.changed();
        true
    }

    fn take_look(&mut self, attempt: AttemptId, result: Result<IpAddr, (Option<IpAddr>, Failure)>, now: Instant) {
        match result {
            Ok(address) => {
                self.machine.handle(Input::Connected { attempt, address }, now);
                self.machine.handle(Input::Answered { attempt }, now);
            }
            Err((address, failure)) => {
                let failed = Input::Failed {
                    attempt,
                    address,
                    failure,
                };
                self.machine.handle(failed, now);
            }
        }
    }

    /// Gives a registered device the address by which it is reached now.
    pub(in crate::engine) fn puts_where_reached(&self, device: &mut Device) {
        let taken = self.machine.road(device.id).map_or(0, |view| view.taken);
        if let Some((host, port)) = device.place(taken).map(|(host, port)| (host.clone(), port)) {
            (device.host, device.port) = (host, port);
        }
    }

    /// By which road each device is reached that has several.
    pub(super) fn roads(&self) -> HashMap<DeviceId, RoadView> {
        let devices = self.devices.registry().devices.iter();
        let several = devices.filter(|device| device.enabled && device.roads.count() > 1);
        several
            .filter_map(|device| Some((device.id, self.machine.road(device.id)?)))
            .collect()
    }
}
