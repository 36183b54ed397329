//! Which devices the machine knows and which streams are wanted of them; what an edit or a changed policy does to them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use super::clock;
use super::core::Core;
use super::failure::failure;
use super::record::{DeviceMemory, Link, Purpose, Running};
use super::refusals::recorder_of;
use crate::bridge::Wanted;
use crate::net::Policy;
use device::{Device, DeviceId, Host, StreamId};
use reconnect::{FailureKind, Input, LinkId, Rank, Stage};
use settings::Settings;
use wall::Listen;

impl Core {
    /// Takes the list of all that the screen wants.
    pub(super) fn show(&mut self, wanted: &[Wanted]) {
        let now = clock::now();
        let gone: Vec<LinkId> = self
            .streams
            .iter()
            .filter(|(stream, _)| !wanted.iter().any(|want| want.stream == **stream))
            .map(|(_, link)| *link)
            .collect();
        for link in gone {
            self.unwant(link, now);
        }
        for want in wanted {
            self.want(*want, now);
        }
        self.publisher.dirty();
    }

    fn want(&mut self, want: Wanted, now: Instant) {
        let device = want.stream.channel.device;
        let exists = self
            .registry
            .device(device)
            .is_some_and(|device| device.enabled && usize::from(want.stream.channel.number) <= device.channels.len());
        if !exists {
            return;
        }
        let Wanted {
            stream,
            rank,
            decode,
            listen,
        } = want;
        let link = match self.streams.get(&stream) {
            Some(link) => *link,
            None => {
                let link = LinkId(self.fresh_id());
                self.streams.insert(stream, link);
                self.links.insert(link, Link::new(Purpose::Stream, stream, device));
                link
            }
        };
        let Some(record) = self.links.get_mut(&link) else {
            return;
        };
        record.set_decode(decode, now);
        record.rank = rank;
        self.set_listen(link, listen);
        self.machine.handle(Input::Want { link, device, rank }, now);
    }

    /// Lets go of a link: its sockets are torn down, the machine forgets it.
    pub(super) fn unwant(&mut self, link: LinkId, now: Instant) {
        if let Some(record) = self.links.remove(&link) {
            record.running.iter().chain(&record.parked).for_each(Running::close);
            if record.purpose == Purpose::Stream {
                self.streams.remove(&record.stream);
            }
        }
        self.machine.handle(Input::Unwant(link), now);
        self.publisher.dirty();
    }

    /// Tells the machine of every device, after the registry changed.
    pub(super) fn devices_changed(&mut self) {
        self.publish_now();
        let now = clock::now();
        let registry = Arc::clone(&self.registry);
        let known: Vec<DeviceId> = self.devices.keys().copied().filter(|id| !self.is_trial(*id)).collect();
        for id in known {
            if !registry.device(id).is_some_and(|device| device.enabled) {
                self.devices.remove(&id);
                let links: Vec<LinkId> = self
                    .links
                    .iter()
                    .filter(|(_, link)| link.device == id)
                    .map(|(id, _)| *id)
                    .collect();
                for link in links {
                    self.unwant(link, now);
                }
                self.machine.handle(Input::DeviceRemoved(id), now);
            }
        }
        for device in registry.devices.iter().filter(|device| device.enabled) {
            self.register(device, now);
        }
        self.site_states.retain(|site, _| registry.site(*site).is_some());
        self.drop_vanished_channels(now);
        if let Some(kind) = self.want_all {
            let wanted: Vec<Wanted> = registry
                .devices
                .iter()
                .filter(|device| device.enabled)
                .flat_map(Device::channel_ids)
                .map(|channel| Wanted {
                    stream: StreamId { channel, kind },
                    rank: Rank::Visible,
                    decode: true,
                    listen: Listen::No,
                })
                .collect();
            self.show(&wanted);
        }
        self.publisher.dirty();
    }

    /// Tells the machine of one device; links of a device whose address or sign-in changed are dialled anew.
    pub(super) fn register(&mut self, device: &Device, now: Instant) {
        let trusted_anew = self.devices.get(&device.id).map_or(0, |memory| memory.trusted_anew);
        let revision = revision_of(device, trusted_anew);
        let literal = known_address(&device.host);
        let memory = self.devices.entry(device.id).or_default();
        let changed = memory.revision != 0 && memory.revision != revision;
        let recorder = recorder_of(&device.host, device.port);
        if changed {
            self.refusals.forget(recorder);
            *memory = DeviceMemory {
                trusted_anew,
                local_port: memory.local_port,
                ..DeviceMemory::default()
            };
        }
        memory.revision = revision;
        let address = literal.or(memory.address);
        self.machine.handle(
            Input::Device {
                id: device.id,
                site: device.site,
                address,
                recorder,
                revision,
            },
            now,
        );
        if changed {
            self.redial(device.id, now);
        }
    }

    /// Closes what a device has open and wants it anew.
    fn redial(&mut self, device: DeviceId, now: Instant) {
        let streams: Vec<(LinkId, Wanted)> = self
            .links
            .iter()
            .filter(|(_, link)| link.device == device && link.purpose == Purpose::Stream)
            .map(|(id, link)| {
                (
                    *id,
                    Wanted {
                        stream: link.stream,
                        rank: link.rank,
                        decode: link.decode,
                        listen: link.listen,
                    },
                )
            })
            .collect();
        for (link, wanted) in streams {
            self.unwant(link, now);
            self.want(wanted, now);
        }
    }

    fn drop_vanished_channels(&mut self, now: Instant) {
        let gone: Vec<LinkId> = self
            .links
            .iter()
            .filter(|(_, link)| link.purpose == Purpose::Stream)
            .filter(|(_, link)| {
                self.registry
                    .device(link.stream.channel.device)
                    .is_none_or(|device| usize::from(link.stream.channel.number) > device.channels.len())
            })
            .map(|(id, _)| *id)
            .collect();
        for link in gone {
            self.unwant(link, now);
        }
    }

    /// Takes over a changed policy: what is connected to a forbidden address is closed now, the rest comes back by the ramp.
    pub(super) fn policy_changed(&mut self) {
        let now = clock::now();
        let policy = Arc::new(policy_of(&self.settings));
        self.policy.store(Arc::clone(&policy));
        let mut inputs = Vec::new();
        for link in self.links.values_mut() {
            let forbidden = |running: &Running| running.address.is_some_and(|address| !policy.allows(address.ip()));
            if link.parked.as_ref().is_some_and(forbidden)
                && let Some(parked) = link.parked.take()
            {
                parked.close();
            }
            if link.running.as_ref().is_some_and(forbidden)
                && let Some(running) = link.running.take()
            {
                running.close();
                let address = running.address.map(|address| address.ip());
                let detail = address.map(|ip| ip.to_string()).unwrap_or_default();
                let failure = failure(FailureKind::Policy, Stage::Resolve, detail);
                inputs.push(Input::Failed {
                    attempt: running.attempt,
                    address,
                    failure,
                });
            }
        }
        for input in inputs {
            self.machine.handle(input, now);
        }
        self.machine.handle(Input::PolicyChanged, now);
        self.publisher.dirty();
    }
}

pub(super) fn policy_of(settings: &Settings) -> Policy {
    Policy {
        internal_only: settings.internal_network_only,
        own: settings.internal_networks.clone(),
    }
}

/// Where a host is, as far as that needs no look-up.
pub(super) fn known_address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ip(_) | Host::Zoned(..) => host.ip().map(|ip| ip.to_canonical()),
        // RFC 6761, section 6.3: it is this machine, network or not.
        Host::Name(name) if name.eq_ignore_ascii_case("localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        Host::Name(_) => None,
    }
}

/// A number that changes when the device would have to be dialled anew; never 0.
fn revision_of(device: &Device, trusted_anew: u32) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (
        &device.host,
        device.port,
        device.carrier,
        &device.user,
        device.password_revision,
        trusted_anew,
    )
        .hash(&mut hasher);
    format!("{:?}", device.paths).hash(&mut hasher);
    hasher.finish().max(1)
}
