//! PLAYBACKS: recorded pictures that a person looks at. What is asked and where a playback is stands in `archive`; how it is connected, in
//! `connections`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::attempt::{PlaybackFeed, PlaybackOrder, ReplayNews};
use super::connections::{PlaybackPlan, PlaybackProgress};
use crate::bridge::{
    FrameClock, FrameSlot, PlaybackSearch, PlaybackStatus, PlaybackTrouble, PlaybackWish, StreamInfo, StreamStatus,
    TileState,
};
use archive::{Playhead, RecorderClock, SignedDuration, Speed, Stretch, TimeReading, Timeline, Timestamp};
use device::{Brands, ChannelId, Device, DeviceId, PlaybackRange, PlaybackWay, Registry};
use onvif::StreamPlace;
use reconnect::{FailureKind, LinkId, Stage};

/// Where a playback begins unless somebody says where: so long ago.
const A_MOMENT_AGO: SignedDuration = SignedDuration::from_secs(60);

/// So much is asked of a recorder whose request path says where to end.
const MOST_ASKED: SignedDuration = SignedDuration::from_hours(12);

/// What is wrong of what is known of a time at which a recorder has nothing, around it.
const NOTHING_AROUND: SignedDuration = SignedDuration::from_secs(1);

pub(super) type PlaybacksShown = Arc<BTreeMap<ChannelId, Arc<PlaybackStatus>>>;

/// How each device reads times, where that was learnt, with its contact then.
type Readings = BTreeMap<DeviceId, (u64, TimeReading)>;

/// What others have to do.
pub(super) enum PlaybackEffect {
    Changed,
    Begin(Box<PlaybackPlan>),
    End(LinkId),
    /// The recorder has nothing there, whatever the search for its recordings said.
    Refuted(ChannelId, Stretch),
}

#[derive(Default)]
pub(super) struct Playbacks {
    open: BTreeMap<ChannelId, Playback>,
    readings: Readings,
    effects: VecDeque<PlaybackEffect>,
}

/// How a device is asked, as far as that is known.
struct Asked {
    way: Option<PlaybackWay>,
    clock: RecorderClock,
}

struct Playback {
    /// Of the device as it was when it was asked ([`Device::contact_print`]; its brand is part of it).
    contact: u64,
    asked: Asked,
    head: Playhead,
    link: Option<LinkId>,
    slot: Arc<FrameSlot>,
    orders: watch::Sender<PlaybackOrder>,
    frames: Arc<FrameClock>,
    trouble: Option<PlaybackTrouble>,
    other_speed: Option<f64>,
    /// The seek for which another connection was made.
    reopened: u64,
    timeline: Arc<Timeline>,
}

impl Playbacks {
    /// A person wants something of the recordings of a channel. `ahead`: of the recorder's clock, where it was asked; `wall`: now, by our clock.
    pub(super) fn wish(
        &mut self,
        channel: ChannelId,
        wish: PlaybackWish,
        (registry, brands): (&Registry, &Brands),
        ahead: Option<SignedDuration>,
        (now, wall): (Instant, Timestamp),
    ) {
        self.effects.push_back(PlaybackEffect::Changed);
        match wish {
            PlaybackWish::Close => return self.close(channel),
            PlaybackWish::Open(at) if !self.open.contains_key(&channel) => {
                let Some(device) = registry.device(channel.device).filter(|device| device.enabled) else {
                    return;
                };
                let at = at.unwrap_or_else(|| wall.checked_sub(A_MOMENT_AGO).unwrap_or(wall));
                self.open(channel, device, brands, ahead, at, (now, wall));
                return;
            }
            _ => {}
        }
        let reading = reading_of(&self.readings, channel.device);
        let Some(playback) = self.open.get_mut(&channel) else {
            return;
        };
        let is_gone = playback.link.is_none();
        match wish {
            PlaybackWish::Open(None) | PlaybackWish::Close | PlaybackWish::Look(_) | PlaybackWish::Search => return,
            PlaybackWish::Open(Some(at)) | PlaybackWish::Seek(at) => playback.seek(channel, at, reading, (now, wall)),
            PlaybackWish::Pause(paused) => {
                playback.head.set_paused(paused, now);
                playback.orders.send_modify(|order| order.paused = paused);
            }
            PlaybackWish::Step => {
                playback.head.set_paused(true, now);
                playback
                    .orders
                    .send_modify(|order| (order.paused, order.steps) = (true, order.steps + 1));
            }
            PlaybackWish::Speed(speed) => playback.set_speed(speed, now),
        }
        if is_gone
            && matches!(
                wish,
                PlaybackWish::Seek(_) | PlaybackWish::Open(_) | PlaybackWish::Pause(false)
            )
        {
            let plan = playback.plan(channel, reading, wall);
            self.begin(plan);
        }
    }

    /// The connection of a playback is wanted.
    pub(super) fn begun(&mut self, channel: ChannelId, link: Option<(LinkId, Arc<FrameSlot>)>) {
        let Some(playback) = self.open.get_mut(&channel) else {
            return;
        };
        match link {
            Some((link, slot)) => (playback.link, playback.slot) = (Some(link), slot),
            None => playback.link = None,
        }
    }

    /// How a playback comes along.
    pub(super) fn progress(&mut self, link: LinkId, progress: PlaybackProgress, (now, wall): (Instant, Timestamp)) {
        self.effects.push_back(PlaybackEffect::Changed);
        let mut open = self.open.iter_mut();
        let Some((channel, playback)) = open.find(|(_, playback)| playback.link == Some(link)) else {
            return;
        };
        let channel = *channel;
        match progress {
            PlaybackProgress::Playing => {
                playback.trouble = None;
                playback.head.heard(now);
            }
            PlaybackProgress::News(ReplayNews::Frame { at, after, exact, seek }) => {
                if seek == playback.orders.borrow().seek {
                    playback.head.frame(archive::FrameTime { at, exact }, after, now);
                    playback.trouble = None;
                    self.learn(channel, (now, wall));
                }
            }
            PlaybackProgress::News(ReplayNews::Scale(scale)) => {
                let asked = playback.head.speed().factor();
                playback.other_speed = ((scale - asked).abs() > 0.01).then_some(scale);
            }
            PlaybackProgress::News(ReplayNews::Refused { why, detail }) => {
                let refuted = playback.refused(why, detail);
                self.effects
                    .extend(refuted.map(|stretch| PlaybackEffect::Refuted(channel, stretch)));
            }
            PlaybackProgress::News(ReplayNews::Ended) => playback.head.end(now),
            PlaybackProgress::Failed(failure) => {
                playback.link = None;
                if playback.reopens(&failure, now) {
                    let reading = reading_of(&self.readings, channel.device);
                    let plan = playback.plan(channel, reading, wall);
                    return self.begin(plan);
                }
                // Some close the connection where the recording ends.
                let at_the_end = failure.kind == FailureKind::Protocol && failure.stage == Stage::Media;
                let ended = at_the_end && playback.head.shown().is_some();
                if ended {
                    playback.head.end(now);
                }
                playback.trouble = playback.trouble.take().or(match failure.kind {
                    FailureKind::Limit { .. } => Some(PlaybackTrouble::Full),
                    FailureKind::NoSuchChannel => Some(PlaybackTrouble::NoRecording),
                    _ if ended => None,
                    _ => Some(PlaybackTrouble::Failed(failure)),
                });
            }
        }
    }

    /// A search found where the recordings of a channel are played, and how far the recorder's clock is ahead, in seconds. A device whose
    /// preset knows no way is played so (ONVIF Profile G).
    pub(super) fn found(
        &mut self,
        channel: ChannelId,
        place: Option<StreamPlace>,
        offset: Option<i64>,
        (now, wall): (Instant, Timestamp),
    ) {
        self.effects.push_back(PlaybackEffect::Changed);
        let Some(playback) = self.open.get_mut(&channel) else {
            return;
        };
        if playback.link.is_none() {
            playback.asked.clock.ahead = offset.map(SignedDuration::from_secs).or(playback.asked.clock.ahead);
        }
        if playback.asked.way.is_some() {
            return;
        }
        // A brace is none of ours there.
        let path = place.map(|place| place.target.replace('{', "%7B").replace('}', "%7D"));
        let way = path.and_then(|path| PlaybackWay::new(&path, "", device::TimeBasis::Utc, PlaybackRange::Onvif).ok());
        let Some(way) = way else {
            playback.trouble = Some(PlaybackTrouble::NoWay);
            return;
        };
        playback.asked.way = Some(way);
        let at = playback.head.asked();
        playback.seek(channel, at, TimeReading::Utc, (now, wall));
        let plan = playback.plan(channel, TimeReading::Utc, wall);
        self.begin(plan);
    }

    /// What a recorder plays shows how it reads times: where it reads them the other way, it is asked once more.
    fn learn(&mut self, channel: ChannelId, times: (Instant, Timestamp)) {
        let Some(playback) = self.open.get_mut(&channel) else {
            return;
        };
        let by_firmware = playback
            .asked
            .way
            .as_ref()
            .is_some_and(|way| way.time == device::TimeBasis::Device);
        if playback.head.judgement() != Some(archive::Judgement::OtherReading) || !by_firmware {
            return;
        }
        // Only what the pictures say themselves is believed, and once.
        let is_exact = playback.head.shown().is_some_and(|shown| shown.exact);
        if !is_exact || self.readings.contains_key(&channel.device) {
            return;
        }
        self.readings
            .insert(channel.device, (playback.contact, TimeReading::Utc));
        let asked = playback.head.asked();
        playback.seek(channel, asked, TimeReading::Utc, times);
    }

    /// A device that is gone plays nothing, and one that was changed is another one, perhaps: nothing of the one before is shown under
    /// its name.
    pub(super) fn set_registry(&mut self, registry: &Registry) {
        let contact_of = |id: DeviceId| {
            let device = registry.device(id).filter(|device| device.enabled);
            device.map(Device::contact_print)
        };
        self.readings
            .retain(|id, (contact, _)| registry.device(*id).map(Device::contact_print) == Some(*contact));
        let gone: Vec<ChannelId> = self
            .open
            .iter()
            .filter(|(channel, playback)| contact_of(channel.device) != Some(playback.contact))
            .map(|(channel, _)| *channel)
            .collect();
        for channel in gone {
            self.effects.push_back(PlaybackEffect::Changed);
            self.close(channel);
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<PlaybackEffect> {
        self.effects.pop_front()
    }

    /// Whether anything is played back, of which the figures change by themselves.
    pub(super) fn is_any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What is shown. `stream`: how the connection of a link is.
    pub(super) fn shown(
        &self,
        stream: impl Fn(LinkId) -> Option<StreamStatus>,
        known: impl Fn(ChannelId) -> (Option<Arc<Timeline>>, PlaybackSearch),
        (now, wall): (Instant, Timestamp),
    ) -> PlaybacksShown {
        let shown = self.open.iter().map(|(channel, playback)| {
            let stream = playback.link.and_then(&stream);
            (
                *channel,
                Arc::new(playback.status(stream, known(*channel), (now, wall))),
            )
        });
        Arc::new(shown.collect())
    }

    fn open(
        &mut self,
        channel: ChannelId,
        device: &Device,
        brands: &Brands,
        ahead: Option<SignedDuration>,
        at: Timestamp,
        (now, wall): (Instant, Timestamp),
    ) {
        let zone = archive::TimeZone::system();
        let reading = reading_of(&self.readings, device.id);
        let asked = Asked {
            way: brands.playback(device).cloned(),
            clock: RecorderClock { ahead, zone },
        };
        let order = PlaybackOrder {
            seek: 0,
            from: rtsp::ReplayStart::Clock(String::new()),
            from_time: at,
            scale: 1.0,
            only_keys: false,
            paused: false,
            steps: 0,
        };
        let playback = Playback {
            contact: device.contact_print(),
            head: Playhead::new(at, asked.ahead_of_utc(at), now),
            // A device that speaks ONVIF is asked first where its recordings are played.
            trouble: (asked.way.is_none() && device.onvif.is_none()).then_some(PlaybackTrouble::NoWay),
            asked,
            link: None,
            slot: Arc::default(),
            orders: watch::channel(order).0,
            frames: Arc::default(),
            other_speed: None,
            reopened: 0,
            timeline: Arc::default(),
        };
        let playback = self.open.entry(channel).or_insert(playback);
        playback.seek(channel, at, reading, (now, wall));
        let plan = playback.plan(channel, reading, wall);
        self.begin(plan);
    }

    fn begin(&mut self, plan: Option<PlaybackPlan>) {
        self.effects
            .extend(plan.map(|plan| PlaybackEffect::Begin(Box::new(plan))));
    }

    fn close(&mut self, channel: ChannelId) {
        let link = self.open.remove(&channel).and_then(|playback| playback.link);
        self.effects.extend(link.map(PlaybackEffect::End));
    }
}

fn reading_of(readings: &Readings, device: DeviceId) -> TimeReading {
    let learnt = readings.get(&device);
    learnt.map(|(_, reading)| *reading).unwrap_or_default()
}

impl Asked {
    fn ahead_of_utc(&self, at: Timestamp) -> SignedDuration {
        SignedDuration::from_secs(self.clock.zone.to_offset(at).seconds().into())
    }

    /// Start and end as this recorder wants them written.
    fn spelt(&self, way: &PlaybackWay, at: Timestamp, reading: TimeReading, wall: Timestamp) -> (String, String) {
        let spell = |at| archive::spell(at, way.time, reading, &self.clock, way.format());
        let end = at
            .checked_add(MOST_ASKED)
            .unwrap_or(at)
            .min(wall.max(at + SignedDuration::from_secs(1)));
        (spell(at), spell(end))
    }
}

impl Playback {
    fn seek(&mut self, channel: ChannelId, at: Timestamp, reading: TimeReading, (now, wall): (Instant, Timestamp)) {
        let Some(way) = &self.asked.way else { return };
        let at = at.min(wall);
        let from = match way.range {
            PlaybackRange::Path => {
                let (start, end) = self.asked.spelt(way, at, reading, wall);
                let path = way.template(&start, &end);
                let path = path.map(|template| template.expand(channel.number, device::StreamKind::Main, None));
                rtsp::ReplayStart::Path(path.unwrap_or_default())
            }
            PlaybackRange::Onvif | PlaybackRange::Clock => {
                rtsp::ReplayStart::Clock(archive::clock_text(self.asked.clock.theirs(at)))
            }
        };
        self.head.seek(at, now);
        self.trouble = None;
        self.orders.send_modify(|order| {
            (order.seek, order.from, order.from_time) = (order.seek + 1, from, at);
        });
    }

    /// Some recorders close the connection where one time ends and another one is asked for: that is one more connect for a seek, which a
    /// person asked for, and only one.
    fn reopens(&mut self, failure: &reconnect::Failure, now: Instant) -> bool {
        let seek = self.orders.borrow().seek;
        let closed =
            failure.kind == FailureKind::Protocol && failure.stage == Stage::Describe && self.trouble.is_none();
        let is_sought = seek > 1 && self.head.doing(now) == archive::Doing::Seeking;
        let by_path = self.asked.way.as_ref().is_some_and(PlaybackWay::is_by_path);
        closed && is_sought && by_path && std::mem::replace(&mut self.reopened, seek) != seek
    }

    fn set_speed(&mut self, speed: Speed, now: Instant) {
        self.head.set_speed(speed, now);
        self.other_speed = None;
        self.orders.send_modify(|order| {
            (order.scale, order.only_keys) = (speed.factor(), speed.only_key_frames());
        });
    }

    fn plan(&self, channel: ChannelId, reading: TimeReading, wall: Timestamp) -> Option<PlaybackPlan> {
        let way = self.asked.way.as_ref()?;
        let (start, end) = self.asked.spelt(way, self.head.asked(), reading, wall);
        Some(PlaybackPlan {
            channel,
            template: way.template(&start, &end).ok()?,
            feed: PlaybackFeed {
                way: match way.range {
                    PlaybackRange::Path => rtsp::ReplayWay::Path,
                    PlaybackRange::Onvif => rtsp::ReplayWay::Onvif,
                    PlaybackRange::Clock => rtsp::ReplayWay::Clock,
                },
                orders: self.orders.subscribe(),
                clock: Arc::clone(&self.frames),
                ahead: self.asked.clock.ahead.unwrap_or_default(),
            },
        })
    }

    /// What the bar may have said otherwise is given back.
    fn refused(&mut self, why: rtsp::ReplayRefusal, detail: String) -> Option<Stretch> {
        let mut refuted = None;
        self.trouble = Some(match why {
            rtsp::ReplayRefusal::NoRecording => {
                let at = self.head.asked();
                refuted = at.checked_add(NOTHING_AROUND).ok().and_then(|to| Stretch::new(at, to));
                if let Some(around) = refuted {
                    Arc::make_mut(&mut self.timeline).refute(around);
                }
                PlaybackTrouble::NoRecording
            }
            rtsp::ReplayRefusal::Full => PlaybackTrouble::Full,
            rtsp::ReplayRefusal::Unknown => PlaybackTrouble::Unknown(detail),
            rtsp::ReplayRefusal::Other => PlaybackTrouble::Refused(detail),
        });
        refuted
    }

    fn status(
        &self,
        stream: Option<StreamStatus>,
        (timeline, search): (Option<Arc<Timeline>>, PlaybackSearch),
        (now, wall): (Instant, Timestamp),
    ) -> PlaybackStatus {
        let no_way = self.asked.way.is_none() && matches!(search, PlaybackSearch::Failed(_));
        let head = &self.head;
        // Where it is played is asked first; what has played and is over keeps its picture.
        let is_awaited = head.shown().is_none() && head.doing(now) != archive::Doing::Ended;
        let state = match is_awaited && self.trouble.is_none() && !no_way {
            true => TileState::Connecting {
                stage: Stage::Resolve,
                since: None,
            },
            false => TileState::Live,
        };
        let stream = stream.unwrap_or_else(|| StreamStatus {
            state,
            last_picture: None,
            last_picture_clock: None,
            slot: Arc::clone(&self.slot),
            sound: crate::bridge::SoundState::Off,
            info: StreamInfo::default(),
        });
        PlaybackStatus {
            stream,
            doing: head.doing(now),
            asked: head.asked(),
            mark: head.mark(),
            clock: Arc::clone(&self.frames),
            speed: head.speed(),
            other_speed: self.other_speed,
            paused: head.is_paused(),
            gap: head.gap().map(|gap| gap.0),
            judgement: head.judgement(),
            clock_offset: self.asked.clock.offset().map(|offset| offset.as_secs()),
            trouble: self.trouble.clone().or(no_way.then_some(PlaybackTrouble::NoWay)),
            timeline: timeline.unwrap_or_else(|| Arc::clone(&self.timeline)),
            search,
            zone: self.asked.clock.zone.clone(),
            now: wall,
        }
    }
}
