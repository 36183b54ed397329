//! What the screen and `watch` see of the connections.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::links::LinkRecord;
use super::tile_state::tile_state;
use super::{Connections, ConnectionsEffect};
use crate::bridge::{
    DeviceStatus, EngineEvent, EngineTotals, FrameSlot, SiteDevices, SiteStatus, StreamStatus, TileState,
};
use crate::net::Policy;
use device::{ChannelId, Device, DeviceId, Site, SiteId, StreamId, StreamKind};
use reconnect::RoadView;

/// Figures are measured this often.
const MEASURE: Duration = Duration::from_secs(1);

/// Ticks come more often than this.
const OVERDUE: Duration = Duration::from_secs(1);

/// The connections at one time.
pub(in crate::engine) struct Shown {
    pub streams: HashMap<StreamId, StreamStatus>,
    pub sites: Vec<SiteStatus>,
    pub devices: HashMap<DeviceId, DeviceStatus>,
    /// By which road each device is reached that has several.
    pub roads: HashMap<DeviceId, RoadView>,
    /// All but the relief of an overloaded computer.
    pub totals: EngineTotals,
    /// Enabled devices whose address, as far as it is known, the policy forbids.
    pub excluded: Vec<DeviceId>,
}

/// Pictures of all streams since the last measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct PictureCounts {
    pub shown: u64,
    pub replaced: u64,
    /// A wall shows them, which has something to leave out where the computer is overloaded.
    pub on_screen: bool,
}

/// What the streams on screen show of one device.
#[derive(Clone, Copy, Default)]
struct SeenOnScreen {
    live: bool,
    failing: bool,
    excluded: bool,
}

impl SeenOnScreen {
    fn of(streams: &HashMap<StreamId, StreamStatus>) -> HashMap<DeviceId, Self> {
        let mut devices: HashMap<DeviceId, Self> = HashMap::new();
        for (stream, status) in streams {
            let seen = devices.entry(stream.channel.device).or_default();
            seen.live |= status.state == TileState::Live;
            seen.failing |= status.state.failure().is_some();
            seen.excluded |= matches!(status.state, TileState::Refused { .. });
        }
        devices
    }

    fn count_in(self, site: &mut SiteDevices) {
        site.watched += 1;
        site.live += u32::from(self.live);
        site.failing += u32::from(self.failing);
        site.excluded += u32::from(self.excluded);
    }
}

impl Connections {
    /// Works out what every tile says now; whether one of them changed.
    pub(in crate::engine) fn judge(&mut self, now: Instant) -> bool {
        // The loop may have been kept from its ticks: pictures that came meanwhile are not late.
        if self
            .looked
            .is_some_and(|at| now.saturating_duration_since(at) >= OVERDUE)
        {
            self.tick(now);
        }
        let mut changed = false;
        let (mut told, mut shows) = (Vec::new(), Vec::new());
        for (id, link) in self.links.iter_mut().filter(|(_, link)| link.is_shown()) {
            let state = tile_state(self.machine.link(id), link.facts(now), now);
            if link.state.as_ref() == Some(&state) {
                continue;
            }
            changed = true;
            if state.has_pictures() {
                shows.push(link.device);
            }
            let before = link.state.replace(state.clone());
            if before.as_ref().is_none_or(|before| differs(before, &state)) {
                told.push((link.stream, state));
            }
        }
        for device in shows {
            self.devices.shows(device);
        }
        for (stream, state) in told {
            self.log_state(stream, &state);
            self.effects
                .push_back(ConnectionsEffect::Tell(EngineEvent::State { at: now, stream, state }));
        }
        changed
    }

    fn log_state(&self, stream: StreamId, state: &TileState) {
        let device = self.devices.label(stream.channel.device).unwrap_or_default();
        let failure = state.failure();
        tracing::info!(
            device,
            channel = stream.channel.number,
            stream = stream.kind.as_str(),
            state = state.name(),
            cause = failure.map(|failure| failure.kind.name()),
            detail = failure.map(|failure| failure.detail.as_str()),
            "state"
        );
    }

    /// Measures all streams, at most once a second. What was counted, where somebody paints it: nobody does for `watch`.
    pub(in crate::engine) fn measure(&mut self, now: Instant) -> Option<PictureCounts> {
        if self.measured.is_some_and(|last| now.duration_since(last) < MEASURE) {
            return None;
        }
        self.measured = Some(now);
        let mut counts = PictureCounts::default();
        for (_, link) in self.links.iter_mut() {
            let (shown, replaced) = link.measure(now);
            counts.shown += shown;
            counts.replaced += replaced;
        }
        counts.on_screen = self.means.want_all.is_none();
        Some(counts)
    }

    pub(in crate::engine) fn shown(&self) -> Shown {
        let shown = self.links.iter().filter(|(_, link)| link.is_shown());
        let streams: HashMap<StreamId, StreamStatus> = shown
            .filter_map(|(_, link)| Some((link.stream, link.status()?)))
            .collect();
        let live = |status: &&StreamStatus| status.state == TileState::Live;
        let totals = self.machine.totals();
        Shown {
            sites: self.site_statuses(&streams),
            devices: self.devices.statuses(),
            roads: self.roads(),
            totals: EngineTotals {
                live: streams.values().filter(live).count(),
                wanted: streams.len(),
                attempts_last_minute: u32::try_from(self.dials.len()).unwrap_or(u32::MAX),
                attempts: totals.attempts,
                failed: totals.failed,
                half_open: totals.half_open,
                ..EngineTotals::default()
            },
            excluded: self.excluded(),
            streams,
        }
    }

    fn site_statuses(&self, streams: &HashMap<StreamId, StreamStatus>) -> Vec<SiteStatus> {
        let seen = SeenOnScreen::of(streams);
        let mut members: HashMap<SiteId, SiteDevices> = HashMap::new();
        for device in self.enabled() {
            let devices = members.entry(device.site).or_default();
            devices.all += 1;
            if let Some(seen) = seen.get(&device.id) {
                seen.count_in(devices);
            }
        }
        let status = |site: &Site| {
            let devices = members.get(&site.id).copied().unwrap_or_default();
            let view = self.machine.site(site.id);
            let budget = self.settings.limits.site_failed_per_minute;
            let untried = SiteStatus {
                devices,
                ..SiteStatus::untried(site.id, &site.name, budget)
            };
            let Some(view) = view else { return untried };
            SiteStatus {
                state: view.state,
                next_canary: view.next_canary,
                half_open: view.half_open,
                attempts: view.attempts,
                failed: view.failed,
                attempts_last_minute: view.attempts_last_minute,
                failed_last_minute: view.failed_last_minute,
                budget_per_minute: view.failed_allowed,
                ..untried
            }
        };
        self.devices.registry().sites.iter().map(status).collect()
    }

    pub(super) fn excluded(&self) -> Vec<DeviceId> {
        self.forbidden().into_iter().map(|(device, _)| device).collect()
    }

    /// Enabled devices where the policy forbids to connect, with the address that it forbids, as far as it is known.
    pub(super) fn forbidden(&self) -> Vec<(DeviceId, IpAddr)> {
        let policy = self.policy.load();
        // One road that is allowed, or of which that is not known, is enough.
        let forbidden = |device: &Device| {
            let mut addresses = self.devices.addresses_of(device).peekable();
            let preferred = (*addresses.peek()?)?;
            let all = addresses.all(|address| address.is_some_and(|ip| !policy.allows(ip)));
            all.then_some((device.id, preferred))
        };
        self.enabled().filter_map(forbidden).collect()
    }

    fn enabled(&self) -> impl Iterator<Item = &Device> {
        let devices = self.devices.registry().devices.iter();
        devices.filter(|device| device.enabled)
    }

    /// Whether streams of this device are wanted and nothing of it is live: an attempt has failed, and none plays.
    pub(in crate::engine) fn is_down(&self, device: DeviceId) -> bool {
        let streams = self
            .links
            .iter()
            .map(|(_, link)| link)
            .filter(|link| link.is_stream() && link.device == device);
        let (mut failing, mut live) = (false, false);
        for link in streams {
            let state = link.state.as_ref();
            live |= matches!(
                state,
                Some(TileState::Live | TileState::Late | TileState::AwaitingKeyFrame { .. })
            );
            failing |= state.is_some_and(|state| state.failure().is_some());
        }
        failing && !live
    }

    /// What every datagram and connection is held against.
    pub(in crate::engine) fn policy(&self) -> Arc<ArcSwap<Policy>> {
        Arc::clone(&self.policy)
    }

    /// Where the pictures of each camera come that shows some: of the smaller stream, where both do.
    pub(in crate::engine) fn live_slots(&self) -> Vec<(ChannelId, Arc<FrameSlot>)> {
        let mut slots: BTreeMap<ChannelId, (StreamKind, Arc<FrameSlot>)> = BTreeMap::new();
        let live = |link: &LinkRecord| link.is_shown() && link.state == Some(TileState::Live);
        for (_, link) in self.links.iter().filter(|(_, link)| live(link)) {
            let StreamId { channel, kind } = link.stream;
            if kind == StreamKind::Sub || !slots.contains_key(&channel) {
                slots.insert(channel, (kind, Arc::clone(&link.slot)));
            }
        }
        slots.into_iter().map(|(channel, (_, slot))| (channel, slot)).collect()
    }

    /// Where the pictures of a channel come, of the main stream where it is live.
    pub(in crate::engine) fn live_slot(&self, channel: ChannelId) -> Option<Arc<FrameSlot>> {
        let live = |kind| {
            let link = self.links.get(self.links.of_stream(StreamId { channel, kind })?)?;
            (link.state == Some(TileState::Live)).then(|| Arc::clone(&link.slot))
        };
        live(StreamKind::Main).or_else(|| live(StreamKind::Sub))
    }
}

/// Whether a change is worth telling: another state, another cause, or that its picture alone is awaited now; not a countdown that
/// moved, nor each step of a sign-in.
fn differs(before: &TileState, after: &TileState) -> bool {
    let cause = |state: &TileState| state.failure().map(|failure| (failure.kind, failure.detail.clone()));
    let plays = |state: &TileState| state.awaits().is_some_and(|(what, _)| what == "picture");
    before.name() != after.name() || cause(before) != cause(after) || plays(before) != plays(after)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::super::super::attempt::{AttemptEvent, AttemptPlan, AttemptReport};
    use super::super::super::clock;
    use super::super::super::endurance::{registry, show_all};
    use super::super::super::rig::Rig;
    use crate::bridge::TileState;
    use futures_util::future::BoxFuture;

    /// A stream of ten pictures a second.
    fn plays(mut plan: AttemptPlan) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (run, report) = (plan.run, plan.report.clone());
            let address = SocketAddr::from(([10, 0, 0, 1], 554));
            for event in [
                AttemptEvent::Connected {
                    address,
                    certificate: None,
                },
                AttemptEvent::Playing {
                    codec: "H.264".to_owned(),
                    slowest_reply: Duration::ZERO,
                    awaited: Duration::ZERO,
                },
            ] {
                report.send(AttemptReport { run, event }).await.ok();
            }
            let mut pictures = tokio::time::interval(Duration::from_millis(100));
            loop {
                tokio::select! {
                    wanted = plan.orders.changed() => if wanted.is_err() { break },
                    _ = pictures.tick() => {
                        plan.received.add_bytes(1_000);
                        plan.received.add_packets(1);
                        plan.received.add_picture();
                    }
                }
            }
            let event = AttemptEvent::Closed;
            report.send(AttemptReport { run, event }).await.ok();
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_was_kept_from_its_ticks_looks_before_it_says_that_a_stream_is_late() {
        let mut rig = Rig::new().await;
        rig.core.connections().set_runner(Box::new(plays));
        rig.core.enter(registry(0));
        show_all(&mut rig.core);
        let mut tick = tokio::time::interval(Duration::from_millis(250));
        let live = |rig: &mut Rig| {
            let streams = rig.core.connections().shown().streams;
            streams
                .values()
                .filter(|status| status.state == TileState::Live)
                .count()
        };
        for _ in 0..2_000 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        let before = live(&mut rig);
        assert!(before > 3, "{before}");
        // The streams go on, and nobody looks.
        tokio::time::sleep(Duration::from_secs(5)).await;
        rig.core.connections().judge(clock::now());
        assert_eq!(live(&mut rig), before);
    }
}
