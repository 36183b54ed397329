//! The valve between recorded packets and the player: a pause holds them back, a step lets one picture through. Whatever passes tells
//! the time of its picture.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::watch;

use crate::bridge::FrameClock;
use archive::{SignedDuration, Timestamp};

/// What a playback needs beside what a stream needs.
#[derive(Clone, Debug)]
pub(in crate::engine) struct PlaybackFeed {
    pub way: rtsp::ReplayWay,
    pub orders: watch::Receiver<PlaybackOrder>,
    /// Where the time of each picture is told, by our clock.
    pub clock: Arc<FrameClock>,
    /// How far the recorder's clock is ahead of ours.
    pub ahead: SignedDuration,
}

/// What is wanted of a playback now. It is given by a `watch` channel, so that the newest wish cannot be lost.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) struct PlaybackOrder {
    /// Another number: another time is wanted.
    pub seek: u64,
    pub from: rtsp::ReplayStart,
    /// The same by our clock.
    pub from_time: Timestamp,
    pub scale: f64,
    pub only_keys: bool,
    pub paused: bool,
    /// How often one picture more was wanted.
    pub steps: u64,
}

/// What a playback tells.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) enum ReplayNews {
    /// A picture of this time goes to the screen, by our clock; told a few times a second, and at once behind a gap.
    Frame {
        at: Timestamp,
        /// Of the picture right before it; `None`: it is the first one since something was ordered.
        after: Option<Timestamp>,
        exact: bool,
        seek: u64,
    },
    /// The recorder says that it plays so fast.
    Scale(f64),
    Refused {
        why: rtsp::ReplayRefusal,
        detail: String,
    },
    Ended,
}

/// A picture's time is told so often.
const TELL: Duration = Duration::from_millis(200);

/// More is not read from the socket while nothing passes: the recorder waits.
const MOST_HELD: usize = 4 << 20;

pub(super) struct Valve {
    feed: PlaybackFeed,
    order: PlaybackOrder,
    held: VecDeque<Bytes>,
    held_bytes: usize,
    /// Pictures that may pass although it is shut.
    steps: u64,
    /// The recorder was told to pause.
    recorder_paused: bool,
    /// What comes is of the order with this number.
    begun: Option<u64>,
    /// Where the clock of the packets begins, and at which of its times.
    base: (Timestamp, Option<u32>),
    scale: f64,
    /// The time of the packets of the picture that is under way.
    under_way: Option<(u32, Timestamp, bool)>,
    /// The time of the last whole picture.
    last: Option<Timestamp>,
    /// The same, since the order that is played now.
    before: Option<Timestamp>,
    told: Option<Instant>,
}

impl Valve {
    pub fn new(mut feed: PlaybackFeed) -> Self {
        let order = feed.orders.borrow_and_update().clone();
        Self {
            steps: u64::from(order.paused),
            base: (order.from_time, None),
            scale: order.scale,
            feed,
            order,
            held: VecDeque::new(),
            held_bytes: 0,
            recorder_paused: false,
            begun: None,
            under_way: None,
            last: None,
            before: None,
            told: None,
        }
    }

    /// What the session begins with.
    pub fn replay(&self) -> rtsp::Replay {
        rtsp::Replay {
            way: self.feed.way,
            order: self.asks(true),
        }
    }

    /// Another order has come.
    pub async fn changed(valve: Option<&mut Self>) {
        let ended = match valve {
            Some(valve) => valve.feed.orders.changed().await.is_err(),
            None => true,
        };
        // The order to close comes by another way.
        if ended {
            std::future::pending::<()>().await;
        }
    }

    /// Whether no more is to be read: what is held back is enough.
    pub fn is_full(&self) -> bool {
        self.held_bytes >= MOST_HELD
    }

    /// Whether no picture passes, because a person paused.
    pub fn is_shut(&self) -> bool {
        self.order.paused && self.steps == 0
    }

    /// Takes the newest order; what passes now goes to `out`.
    pub fn obey(&mut self, session: &mut rtsp::Session, out: &mut Vec<Bytes>, now: Instant) -> Vec<ReplayNews> {
        let order = self.feed.orders.borrow_and_update().clone();
        let before = std::mem::replace(&mut self.order, order);
        let mut news = Vec::new();
        if self.order.seek != before.seek {
            self.held.clear();
            self.held_bytes = 0;
            self.steps = u64::from(self.order.paused);
            self.recorder_paused = false;
            session.replay(self.asks(true), now);
            return news;
        }
        self.steps += self.order.steps.saturating_sub(before.steps);
        let scale_changed = self.order.scale.total_cmp(&before.scale).is_ne();
        if !self.order.paused && (before.paused || scale_changed) {
            self.recorder_paused = false;
            session.replay(self.asks(false), now);
        }
        self.release(out, now, &mut news);
        if self.steps > 0 && self.recorder_paused {
            self.recorder_paused = false;
            session.replay(self.asks(false), now);
        }
        news
    }

    /// A packet of the picture has come; what passes goes to `out`.
    pub fn take(&mut self, packet: Bytes, out: &mut Vec<Bytes>, now: Instant) -> Vec<ReplayNews> {
        let mut news = Vec::new();
        // It is of a time that is not wanted any more.
        if self.begun != Some(self.order.seek) {
            return news;
        }
        self.held_bytes += packet.len();
        self.held.push_back(packet);
        self.release(out, now, &mut news);
        news
    }

    /// Lets the recorder wait where nothing is to pass; whether it is told so now.
    pub fn mind(&mut self, session: &mut rtsp::Session, now: Instant) -> bool {
        let waits = self.is_shut() && !self.recorder_paused;
        let minds = waits && self.begun == Some(self.order.seek);
        if minds {
            self.recorder_paused = true;
            let pause = rtsp::ReplayOrder {
                paused: true,
                ..self.asks(false)
            };
            session.replay(pause, now);
        }
        minds
    }

    pub fn on_event(&mut self, event: rtsp::ReplayEvent) -> Option<ReplayNews> {
        match event {
            rtsp::ReplayEvent::Begins { tag } => {
                let is_seek = self.begun != Some(tag);
                self.begun = Some(tag);
                self.scale = self.order.scale;
                if is_seek {
                    self.last = None;
                    self.base = (self.order.from_time, None);
                    self.told = None;
                } else if let Some(at) = self.last {
                    // The clock of the packets may begin anew, and runs at another pace.
                    self.base = (at, None);
                }
                // Where it goes on from is the recorder's choice, and nothing is missing there.
                self.before = None;
                self.under_way = None;
                None
            }
            rtsp::ReplayEvent::Answered(answer) => {
                let range = answer.range.as_deref().and_then(archive::read_clock_range);
                if let Some(begins) = range.and_then(|theirs| theirs.checked_sub(self.feed.ahead).ok()) {
                    self.base = (begins, answer.rtp_time.or(self.base.1));
                }
                let scale = answer.scale?;
                self.scale = scale;
                Some(ReplayNews::Scale(scale))
            }
            rtsp::ReplayEvent::Refused { why, detail } => Some(ReplayNews::Refused { why, detail }),
            rtsp::ReplayEvent::Ended => Some(ReplayNews::Ended),
            rtsp::ReplayEvent::Paused => None,
        }
    }

    fn asks(&self, seeks: bool) -> rtsp::ReplayOrder {
        rtsp::ReplayOrder {
            from: seeks.then(|| self.order.from.clone()),
            scale: self.order.scale,
            only_keys: self.order.only_keys,
            at_once: false,
            paused: false,
            tag: self.order.seek,
        }
    }

    fn release(&mut self, out: &mut Vec<Bytes>, now: Instant, news: &mut Vec<ReplayNews>) {
        while !self.is_shut() {
            let Some(packet) = self.held.pop_front() else { break };
            self.held_bytes -= packet.len();
            self.pass(&packet, now, news);
            out.push(packet);
        }
    }

    /// Takes note of the time that a packet tells.
    fn pass(&mut self, packet: &[u8], now: Instant, news: &mut Vec<ReplayNews>) {
        let Some((rtp, is_last)) = rtp::rtp_time(packet) else {
            return;
        };
        if self.under_way.is_some_and(|(before, ..)| before != rtp) {
            // Some recorders do not mark the last packet of a picture.
            self.complete(now, news);
        }
        let stamp = rtp::replay_stamp(packet);
        let exact = stamp.and_then(|stamp| {
            Timestamp::from_millisecond(stamp.unix_ms)
                .ok()?
                .checked_sub(self.feed.ahead)
                .ok()
        });
        let (at, is_exact) = match (exact, self.under_way) {
            (Some(at), _) => (at, true),
            (None, Some((_, at, is_exact))) => (at, is_exact),
            (None, None) => (self.reckoned(rtp), false),
        };
        self.under_way = Some((rtp, at, is_exact));
        if is_last {
            self.complete(now, news);
        }
        if stamp.is_some_and(|stamp| stamp.last) {
            news.push(ReplayNews::Ended);
        }
    }

    /// Where the packets' own clock says that a picture is.
    fn reckoned(&mut self, rtp: u32) -> Timestamp {
        let (from, base) = self.base;
        let base = *self.base.1.get_or_insert(base.unwrap_or(rtp));
        // The clock of a picture runs at 90 kHz (RFC 6184 §5, RFC 7798 §4.1), and begins anew every 13 hours.
        let ticks = rtp.wrapping_sub(base).cast_signed();
        let seconds = f64::from(ticks) / 90_000.0 * self.scale;
        let passed = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        from.checked_add(passed).unwrap_or(from)
    }

    /// A picture has passed as a whole.
    fn complete(&mut self, now: Instant, news: &mut Vec<ReplayNews>) {
        let Some((_, at, exact)) = self.under_way.take() else {
            return;
        };
        self.feed.clock.set(at.as_millisecond(), exact);
        self.last = Some(at);
        let after = self.before.replace(at);
        let behind_gap = after.is_some_and(|after| archive::is_gap(after, at, self.order.only_keys));
        let waits = self.order.paused;
        self.steps = self.steps.saturating_sub(u64::from(waits));
        if waits || behind_gap || self.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL) {
            self.told = Some(now);
            let seek = self.order.seek;
            news.push(ReplayNews::Frame { at, after, exact, seek });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCE: u8 = 7;

    /// A packet of the picture at this time of RTP; the last one of it or not, with a stamp or not.
    fn packet(rtp: u32, is_last: bool, stamp: Option<i64>) -> Bytes {
        let extension = if stamp.is_some() { 0x90 } else { 0x80 };
        let mut packet = vec![extension, 96 | u8::from(is_last) << 7, 0, SEQUENCE];
        packet.extend(rtp.to_be_bytes());
        packet.extend([0, 0, 0, 1]);
        if let Some(second) = stamp {
            packet.extend([0xab, 0xac, 0, 3]);
            packet.extend(u32::try_from(second + 2_208_988_800).unwrap().to_be_bytes());
            packet.extend([0; 8]);
        }
        packet.extend([0x65, 0]);
        packet.into()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn order(seek: u64) -> PlaybackOrder {
        PlaybackOrder {
            seek,
            from: rtsp::ReplayStart::Clock("x".to_owned()),
            from_time: at(1_000_000),
            scale: 1.0,
            only_keys: false,
            paused: false,
            steps: 0,
        }
    }

    fn valve(order: PlaybackOrder) -> (Valve, watch::Sender<PlaybackOrder>, rtsp::Session) {
        let (sender, orders) = watch::channel(order);
        let feed = PlaybackFeed {
            way: rtsp::ReplayWay::Clock,
            orders,
            clock: Arc::default(),
            ahead: SignedDuration::from_secs(5),
        };
        let valve = Valve::new(feed);
        let request = rtsp::Request {
            secure: false,
            authority: "dvr".to_owned(),
            target: "/".to_owned(),
            credentials: None,
            basic: false,
            user_agent: String::new(),
            audio: false,
            challenge: None,
            transport: device::MediaTransport::Tcp,
            habits: rtsp::Habits::default(),
            patience: rtsp::SessionPatience {
                reply: Duration::from_secs(10),
                media: Duration::from_secs(10),
                longest: Duration::from_secs(10),
            },
            replay: Some(valve.replay()),
            seed: 1,
        };
        (valve, sender, rtsp::Session::new(request, Instant::now()))
    }

    #[test]
    fn a_picture_tells_its_own_time_or_it_is_reckoned_and_said_so() {
        let (mut valve, _sender, _session) = valve(order(1));
        let (mut out, now) = (Vec::new(), Instant::now());
        assert!(
            valve.take(packet(0, true, None), &mut out, now).is_empty() && out.is_empty(),
            "of before"
        );
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        let told = valve.take(packet(900_000, true, None), &mut out, now);
        assert_eq!(
            told,
            [ReplayNews::Frame {
                at: at(1_000_000),
                after: None,
                exact: false,
                seek: 1
            }]
        );
        // Ten seconds later, by the clock of the packets.
        valve.take(packet(1_800_000, true, None), &mut out, now);
        assert_eq!(valve.feed.clock.get().unwrap().at, at(1_000_010));
        // The recorder's clock is five seconds ahead of ours.
        valve.take(packet(1_800_090, false, Some(1_000_105)), &mut out, now);
        valve.take(packet(1_800_090, true, None), &mut out, now);
        let shown = valve.feed.clock.get().unwrap();
        assert_eq!((shown.at, shown.exact), (at(1_000_100), true));
        assert_eq!(out.len(), 4);
        // What the recorder answered counts more than what was asked.
        let answer = rtsp::ReplayAnswer {
            range: Some("clock=19700112T134655Z-".to_owned()),
            ..rtsp::ReplayAnswer::default()
        };
        valve.on_event(rtsp::ReplayEvent::Answered(answer));
        valve.take(packet(900_000, true, None), &mut out, now);
        assert_eq!(valve.feed.clock.get().unwrap().at, at(1_000_010));
    }

    #[test]
    fn a_gap_is_judged_between_pictures_that_follow_each_other() {
        let (mut valve, _sender, _session) = valve(order(1));
        let (mut out, now) = (Vec::new(), Instant::now());
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        // Ten seconds of pictures that come at once are told once.
        let mut told = Vec::new();
        for picture in 0..100 {
            told.extend(valve.take(packet(picture * 9_000, true, None), &mut out, now));
        }
        assert_eq!(told.len(), 1);
        let soon = now + TELL;
        let after = |told: Vec<ReplayNews>| match told[..] {
            [ReplayNews::Frame { at, after, .. }] => after.map(|after| at.duration_since(after)),
            _ => panic!("{told:?}"),
        };
        let told = valve.take(packet(100 * 9_000, true, None), &mut out, soon);
        assert_eq!(after(told), Some(SignedDuration::from_millis(100)));
        // Behind a gap it does not wait for its turn.
        let told = valve.take(packet(200 * 9_000, true, None), &mut out, soon);
        assert_eq!(after(told), Some(SignedDuration::from_secs(10)));
        // Another order is no gap.
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        let told = valve.take(packet(300 * 9_000, true, None), &mut out, soon + TELL);
        assert_eq!(after(told), None);
    }

    #[test]
    fn a_pause_holds_pictures_back_and_a_step_lets_one_through() {
        let (mut valve, sender, mut session) = valve(order(1));
        let (mut out, now) = (Vec::new(), Instant::now());
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        sender.send_modify(|order| order.paused = true);
        valve.obey(&mut session, &mut out, now);
        for picture in 0..3 {
            valve.take(packet(picture * 90, false, None), &mut out, now);
            valve.take(packet(picture * 90, true, None), &mut out, now);
        }
        assert!(out.is_empty() && valve.is_shut(), "no decoder is to be blamed for that");
        sender.send_modify(|order| order.steps += 1);
        let told = valve.obey(&mut session, &mut out, now);
        assert_eq!((out.len(), told.len()), (2, 1), "both packets of one picture");
        sender.send_modify(|order| order.paused = false);
        valve.obey(&mut session, &mut out, now);
        assert_eq!(out.len(), 6);
    }

    #[test]
    fn after_a_seek_nothing_of_the_time_before_passes_and_a_paused_one_shows_one_picture() {
        let (mut valve, sender, mut session) = valve(order(1));
        let (mut out, now) = (Vec::new(), Instant::now());
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        sender.send_modify(|wish| {
            *wish = PlaybackOrder {
                paused: true,
                ..order(2)
            }
        });
        valve.obey(&mut session, &mut out, now);
        valve.take(packet(0, true, None), &mut out, now);
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        valve.take(packet(0, true, None), &mut out, now);
        assert!(out.is_empty(), "an order that is not wanted any more");
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 2 });
        for picture in 0..3 {
            valve.take(packet(picture * 90, true, None), &mut out, now);
        }
        assert_eq!(out.len(), 1);
        assert!(!valve.recorder_paused);
        valve.mind(&mut session, now);
        assert!(valve.recorder_paused);
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let (mut valve, sender, mut session) = valve(order(1));
        let (mut out, now) = (Vec::new(), Instant::now());
        valve.on_event(rtsp::ReplayEvent::Begins { tag: 1 });
        sender.send_modify(|order| order.paused = true);
        valve.obey(&mut session, &mut out, now);
        let large = Bytes::from(vec![0x80; 64 << 10]);
        for _ in 0..64 {
            assert!(!valve.is_full());
            valve.take(large.clone(), &mut out, now);
        }
        assert!(valve.is_full());
    }
}
