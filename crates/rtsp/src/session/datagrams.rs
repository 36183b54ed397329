//! Media that comes in datagrams beside the connection: its ports, its order, and whether it comes at all.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Media, Session, Step, is_rtcp};
use crate::{
    Event, LowerTransport, Ports, Reorder, RtcpItem, SessionOutput, datagrams::DatagramOrder, limit, rtcp_items,
    transport::StatedDatagrams,
};

/// The tracks that are carried by datagrams.
#[derive(Default)]
pub(super) struct DatagramTracks {
    ways: BTreeMap<usize, Way>,
    /// The track whose ports are being opened.
    opening: Option<usize>,
    /// Since when the first one is awaited; `None` before PLAY was answered.
    awaited_since: Option<Instant>,
    /// When something has to become of it that none came; `None` once one came.
    silent_at: Option<Instant>,
    /// How long the first one was awaited.
    waited: Duration,
    /// When the next datagrams go out that open the way for those of the device.
    punch_at: Option<Instant>,
    punched: usize,
    /// The device said that the picture has ended (RTCP BYE); media that comes after all makes it untrue.
    bye_at: Option<Instant>,
}

/// How one track comes.
#[derive(Default)]
struct Way {
    group: bool,
    local: Option<Ports>,
    /// The device's own ports.
    remote: Option<Ports>,
    /// From where it says that it sends.
    source: Option<IpAddr>,
    order: Reorder,
    /// The source identifier of the last packet.
    ssrc: Option<u32>,
}

impl DatagramTracks {
    pub fn local(&self, index: usize) -> Option<Ports> {
        self.ways.get(&index).and_then(|way| way.local)
    }

    pub fn binds(&mut self, index: usize) {
        self.ways.insert(index, Way::default());
        self.opening = Some(index);
    }

    pub fn joins(&mut self, index: usize, ports: Ports) {
        let way = Way {
            group: true,
            local: Some(ports),
            ..Way::default()
        };
        self.ways.insert(index, way);
        self.opening = Some(index);
    }

    pub fn bound(&mut self, index: usize, ports: Ports) {
        self.ways.entry(index).or_default().local = Some(ports);
    }

    /// Whether the ports of this track are awaited; they are no more.
    pub fn awaits_ports(&mut self, index: usize) -> bool {
        self.opening.take_if(|opening| *opening == index).is_some()
    }

    pub fn is_opening(&self) -> bool {
        self.opening.is_some()
    }

    pub fn is_group(&self, index: usize) -> bool {
        self.ways.get(&index).is_some_and(|way| way.group)
    }

    /// The device agreed to send here.
    pub fn agreed(&mut self, index: usize, stated: Option<&StatedDatagrams>) {
        let way = self.ways.entry(index).or_default();
        way.remote = stated.and_then(|stated| stated.server_port);
        way.source = stated.and_then(|stated| stated.source);
        way.order = Reorder::default();
    }

    /// None came: they are awaited up to this time all the same, counted from PLAY. Whether that is still to come.
    pub fn go_on_waiting(&mut self, longest: Duration, now: Instant) -> bool {
        let until = self.awaited_since.unwrap_or(now) + longest;
        self.silent_at = Some(until);
        now < until
    }

    /// From where the device says that it sends the picture.
    pub fn stated_source(&self) -> Option<IpAddr> {
        self.ways.get(&0).and_then(|way| way.source)
    }

    /// Forgets everything; whether there was anything.
    pub fn clear(&mut self) -> bool {
        let had = !self.ways.is_empty();
        *self = Self::default();
        had
    }

    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        let orders = self.ways.values().filter_map(|way| way.order.deadline());
        let order = orders.min().map(|at| (at, "datagrams out of order"));
        let silent = self.silent_at.map(|at| (at, "the first datagram"));
        let punch = self.punch_at.map(|at| (at, "opening the way for datagrams"));
        let bye = self.bye_at.map(|at| (at, "media after RTCP BYE"));
        [order, silent, punch, bye]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }
}

impl Session {
    /// A datagram that came from the device to a port of this track. What it is, its bytes say.
    pub fn handle_datagram(&mut self, track: usize, datagram: Bytes, now: Instant) {
        self.now = self.now.max(now);
        let plays = matches!(self.step, Step::Play | Step::Media) && !self.carriage.is_moving();
        if self.over || !plays || datagram.len() < 8 || datagram[0] >> 6 != 2 {
            return;
        }
        if !self.datagrams.ways.contains_key(&track) {
            return;
        }
        if self.step == Step::Play {
            // Nothing keeps the reply to PLAY ahead of the media.
            self.begin_media();
        }
        if self.datagrams.silent_at.take().is_some() {
            let since = self.datagrams.awaited_since.unwrap_or(self.now);
            self.datagrams.waited = self.now.saturating_duration_since(since);
            self.datagrams.punch_at = None;
            self.tell_tracks();
            self.transport_works();
        }
        let number = self.number_of(track);
        if is_rtcp(&datagram) {
            self.on_rtcp_datagram(track, datagram);
        } else if let Some(way) = self.datagrams.ways.get_mut(&track) {
            // Reports are of what came, in the order in which it came.
            self.life.on_rtp(number, &datagram, self.now);
            way.order.push(datagram, self.now);
            self.pass_datagrams(track);
        }
    }

    /// What of a track is in order.
    fn pass_datagrams(&mut self, index: usize) {
        let track = self.number_of(index);
        let Some(way) = self.datagrams.ways.get_mut(&index) else {
            return;
        };
        while let Some(packet) = way.order.next(self.now) {
            way.ssrc = packet
                .get(8..12)
                .and_then(|ssrc| ssrc.try_into().ok())
                .map(u32::from_be_bytes);
            if index == 0 {
                self.datagrams.bye_at = None;
            }
            self.output
                .push_back(SessionOutput::Event(Event::Rtp { track, packet }));
        }
    }

    fn on_rtcp_datagram(&mut self, index: usize, packet: Bytes) {
        let is_picture = self
            .tracks
            .get(index)
            .is_some_and(|planned| planned.track.media == Media::Video);
        let ssrc = self.datagrams.ways.get(&index).and_then(|way| way.ssrc);
        if is_picture && ssrc.is_some_and(|ssrc| rtcp_items(&packet).any(|item| item == RtcpItem::Bye { ssrc })) {
            self.datagrams.bye_at.get_or_insert(self.now + limit::AFTER_BYE);
        }
        let track = self.number_of(index);
        self.life.on_rtcp(track, &packet, self.now);
        self.emit(Event::Rtcp { track, packet });
    }

    /// The number of a track among those that are set up.
    fn number_of(&self, index: usize) -> usize {
        let before = self.tracks.iter().take(index);
        before.filter(|planned| planned.channels.is_some()).count()
    }

    /// How long media was awaited after PLAY had been answered, before the session said that it plays.
    #[must_use]
    pub fn media_awaited(&self) -> Duration {
        self.datagrams.waited
    }

    /// PLAY was answered; returns whether the first datagram is awaited before anything is said to play.
    pub(super) fn awaits_datagrams(&mut self) -> bool {
        if self.carriage.now == LowerTransport::Interleaved {
            self.transport_works();
            return false;
        }
        self.datagrams.awaited_since = Some(self.now);
        self.datagrams.silent_at = Some(self.now + self.request.patience.media);
        self.datagrams.punched = 0;
        self.punch_all();
        true
    }

    /// Sends a small packet from each port of a track to that of the device: a router on the way then lets through what comes
    /// back. Only to the device itself, wherever it says that it sends from.
    pub(super) fn punch(&mut self, index: usize) {
        let Some(ports) = self.datagrams.ways.get(&index).and_then(|way| way.remote) else {
            return;
        };
        let send = |rtcp, port, datagram: &'static [u8]| DatagramOrder::Send {
            track: index,
            rtcp,
            port,
            datagram: Bytes::from_static(datagram),
        };
        self.order(send(false, ports.rtp, EMPTY_RTP));
        self.order(send(true, ports.rtcp, EMPTY_REPORT));
    }

    fn punch_all(&mut self) {
        let indexes: Vec<usize> = self.datagrams.ways.keys().copied().collect();
        for index in indexes {
            self.punch(index);
        }
        let next = limit::PUNCHES.get(self.datagrams.punched);
        self.datagrams.punch_at = next.map(|wait| self.now + *wait);
        self.datagrams.punched += 1;
    }

    /// A report about a track, to the device's own port for it; none where it named none, as for a group.
    pub(super) fn report_by_datagram(&mut self, index: usize, datagram: Bytes) {
        if let Some(ports) = self.datagrams.ways.get(&index).and_then(|way| way.remote) {
            let (track, rtcp, port) = (index, true, ports.rtcp);
            self.order(DatagramOrder::Send {
                track,
                rtcp,
                port,
                datagram,
            });
        }
    }

    pub(super) fn order(&mut self, order: DatagramOrder) {
        self.output.push_back(SessionOutput::Datagrams(order));
    }

    /// Does what is due about datagrams; returns whether that was anything.
    pub(super) fn tick_datagrams(&mut self) -> bool {
        let now = self.now;
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let ways = self.datagrams.ways.iter();
        let late = ways.filter(|(_, way)| is_due(way.order.deadline()));
        let late: Vec<usize> = late.map(|(index, _)| *index).collect();
        for index in &late {
            self.pass_datagrams(*index);
        }
        if self.step != Step::Media || self.carriage.is_moving() {
            return !late.is_empty();
        }
        if is_due(self.datagrams.bye_at) {
            self.end("the device ended the stream (RTCP BYE)");
        } else if is_due(self.datagrams.silent_at) {
            self.datagrams.silent_at = None;
            self.transport_is_silent();
        } else if is_due(self.datagrams.punch_at) {
            self.punch_all();
        } else {
            return !late.is_empty();
        }
        true
    }
}

/// An RTP header without anything (RFC 3550 §5.1).
const EMPTY_RTP: &[u8] = &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A receiver report without blocks (RFC 3550 §6.4.2).
const EMPTY_REPORT: &[u8] = &[0x80, 201, 0, 1, 0, 0, 0, 0];
