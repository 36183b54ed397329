//! By which transport the media comes, and what is tried where the device refuses one.

use std::collections::VecDeque;

use device::MediaTransport;

use super::{Session, Step, ask::RequestPurpose};
use crate::{
    Event, Lesson, LowerTransport, Message, Quirk, Request, SessionErrorKind, TransportFault,
    datagrams::DatagramOrder,
    transport::{InterleavedChannels, StatedDatagrams},
};

/// The transport in use, and those that are left to be tried.
pub(super) struct Carriage {
    pub now: LowerTransport,
    left: VecDeque<LowerTransport>,
    /// How the device refused the first one.
    refusal: Option<(SessionErrorKind, String)>,
    /// The device said 461, or set up another transport than was asked for.
    refused: bool,
    /// Datagrams were set up and none came.
    silent: bool,
    /// TEARDOWN waits for its reply; then everything is set up by the transport `now`.
    moving: bool,
    /// There was such a TEARDOWN.
    moved: bool,
    /// No transport is allowed at all.
    none: bool,
    /// This computer could not open what the last one needs.
    unopened: bool,
}

impl Carriage {
    pub fn new(request: &Request) -> Self {
        let mut left = order(request);
        let first = left.pop_front();
        Self {
            now: first.unwrap_or(LowerTransport::Interleaved),
            left,
            refusal: None,
            refused: false,
            silent: false,
            moving: false,
            moved: false,
            none: first.is_none(),
            unopened: false,
        }
    }

    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// The description names a group: there the device sends in any case.
    pub fn prefer_group(&mut self) {
        let is_group = |transport: &LowerTransport| *transport == LowerTransport::Multicast;
        if let Some(at) = self.left.iter().position(is_group) {
            self.left.remove(at);
            self.left.push_front(LowerTransport::Multicast);
        }
    }
}

/// What is tried, in this order. In TLS only what stays in it: RTP in datagrams would be in the clear.
fn order(request: &Request) -> VecDeque<LowerTransport> {
    use LowerTransport::{Interleaved, Multicast, Udp};
    let mut order = match request.transport {
        MediaTransport::Automatic => vec![Interleaved, Udp, Multicast],
        MediaTransport::Tcp => vec![Interleaved],
        MediaTransport::Udp => vec![Udp],
        MediaTransport::Multicast => vec![Multicast],
    };
    if let Some(last) = request.habits.recorder.transport
        && let Some(at) = order.iter().position(|transport| *transport == last)
    {
        let last = order.remove(at);
        order.insert(0, last);
    }
    if request.habits.recorder.doubts() && order.len() > 1 {
        order.swap(0, 1);
    }
    order.retain(|transport| !request.secure || *transport == Interleaved);
    order.into()
}

impl Session {
    /// By which transport media comes, or is asked for.
    #[must_use]
    pub fn transport(&self) -> LowerTransport {
        self.carriage.now
    }

    /// The `Transport` header that asks for a track (RFC 2326 §12.39). Some devices refuse the usual form with 461, so there is a
    /// plain one.
    pub(super) fn transport_header(&self, index: usize, plain: bool) -> String {
        let profile = if plain { "RTP/AVP/UDP" } else { "RTP/AVP" };
        match (self.carriage.now, self.datagrams.local(index)) {
            (LowerTransport::Interleaved, _) => InterleavedChannels::asked(index).header(plain),
            (LowerTransport::Udp, ports) => {
                let (rtp, rtcp) = ports.map_or((0, 0), |ports| (ports.rtp, ports.rtcp));
                format!("{profile};unicast;client_port={rtp}-{rtcp}")
            }
            (LowerTransport::Multicast, _) => format!("{profile};multicast"),
        }
    }

    /// Asks for a track; over UDP its ports come first.
    pub(super) fn ask_set_up(&mut self, index: usize) {
        if self.carriage.none {
            let fault = SessionErrorKind::NoTransport(TransportFault::Encrypted);
            self.fail(fault, "RTP over UDP is not encrypted");
        } else if self.carriage.now == LowerTransport::Udp && self.datagrams.local(index).is_none() {
            self.order(DatagramOrder::Bind { track: index });
            self.datagrams.binds(index);
        } else {
            self.send(RequestPurpose::Setup { index, plain: false });
        }
    }

    /// The reply to SETUP is about datagrams, or should be; returns whether nothing is left to be done about it.
    pub(super) fn set_up_datagrams(&mut self, index: usize, message: &Message) -> bool {
        let header = message.head.header("Transport").unwrap_or_default();
        let stated = StatedDatagrams::stated(header);
        match (self.carriage.now, stated) {
            (LowerTransport::Interleaved, None) => return false,
            (LowerTransport::Interleaved, Some(stated)) => {
                self.note(Quirk::OtherTransport);
                if stated.multicast {
                    self.carriage.prefer_group();
                }
                self.carriage.refused = true;
                self.mark_set_up(index);
                self.transport_fails(index, "200 the device set up UDP where TCP was asked for");
            }
            _ if InterleavedChannels::stated(header).is_some() => {
                // It would rather send on this connection.
                self.note(Quirk::OtherTransport);
                self.use_transport(LowerTransport::Interleaved);
                return false;
            }
            (LowerTransport::Udp, Some(stated)) if stated.multicast => self.join(index, &stated),
            (LowerTransport::Udp, stated) => {
                self.datagrams.agreed(index, stated.as_ref());
                self.mark_set_up(index);
                self.punch(index);
                self.set_up(index + 1);
            }
            (LowerTransport::Multicast, Some(stated)) if !stated.multicast => {
                self.carriage.refused = true;
                self.mark_set_up(index);
                self.transport_fails(index, "200 the device set up unicast where multicast was asked for");
            }
            (LowerTransport::Multicast, stated) => self.join(index, &stated.unwrap_or_default()),
        }
        true
    }

    fn join(&mut self, index: usize, stated: &StatedDatagrams) {
        self.mark_set_up(index);
        let (group, port) = self.tracks.get(index).map_or((None, None), |planned| planned.group);
        let group = stated.destination.filter(|group| group.is_multicast()).or(group);
        let of_description = port.map(|rtp| crate::Ports {
            rtp,
            rtcp: rtp.wrapping_add(1),
        });
        match (group, stated.port.or(of_description)) {
            (Some(group), Some(ports)) => {
                self.datagrams.joins(index, ports);
                self.order(DatagramOrder::Join {
                    track: index,
                    group,
                    ports,
                });
            }
            _ => self.transport_fails(index, "200 the device names no group to listen to"),
        }
    }

    /// The answer to [`DatagramOrder::Bind`] or [`DatagramOrder::Join`]: the ports, or `None` where there are none.
    pub fn ports(&mut self, track: usize, ports: Option<crate::Ports>, now: std::time::Instant) {
        self.now = self.now.max(now);
        if self.over || !self.datagrams.awaits_ports(track) {
            return;
        }
        match (self.carriage.now, ports) {
            (transport, None) => {
                self.carriage.unopened |= track == 0;
                let text = match transport {
                    LowerTransport::Multicast => "this computer may not join the group to which the device sends",
                    _ => "this computer has no free port for datagrams",
                };
                self.transport_fails(track, text);
            }
            (LowerTransport::Udp, Some(ports)) if !self.datagrams.is_group(track) => {
                self.datagrams.bound(track, ports);
                self.send(RequestPurpose::Setup {
                    index: track,
                    plain: false,
                });
            }
            (_, Some(_)) => self.set_up(track + 1),
        }
    }

    fn mark_set_up(&mut self, index: usize) {
        if let Some(planned) = self.tracks.get_mut(index) {
            planned.channels = Some(InterleavedChannels::asked(index));
        }
    }

    /// Whether a refusal of SETUP may be about the transport. Devices say so in many ways; 461 is the right one.
    pub(super) fn is_about_transport(&self, index: usize, status: u16, kind: SessionErrorKind) -> bool {
        let may_be = match kind {
            SessionErrorKind::Protocol => matches!(status, 400 | 406 | 451 | 455 | 456 | 461 | 463 | 500 | 501 | 551),
            // It has just described this stream to this user.
            SessionErrorKind::SignIn | SessionErrorKind::NoSuchStream => matches!(status, 403 | 404),
            _ => false,
        };
        index == 0 && may_be && self.step == Step::Setup
    }

    /// The device refused a transport.
    pub(super) fn transport_refused(&mut self, status: u16, kind: SessionErrorKind, text: &str) {
        self.carriage.refused |= status == 461;
        self.carriage.refusal.get_or_insert_with(|| (kind, text.to_owned()));
        self.next_transport(text);
    }

    /// This transport does not come about for a track, for a reason of ours.
    fn transport_fails(&mut self, index: usize, text: &str) {
        if index > 0 {
            if let Some(planned) = self.tracks.get_mut(index) {
                planned.channels = None;
            }
            self.refuse(
                RequestPurpose::Setup { index, plain: true },
                SessionErrorKind::Protocol,
                text,
            );
        } else {
            self.next_transport(text);
        }
    }

    /// Datagrams were set up, and none came yet. What is left is asked for, and after it they are waited for once more: some devices
    /// take long for their first picture, and where nothing else comes about, waiting costs nothing.
    pub(super) fn transport_is_silent(&mut self) {
        let was_silent = std::mem::replace(&mut self.carriage.silent, true);
        let has_group = self.tracks.first().is_some_and(|planned| planned.group.0.is_some());
        self.carriage
            .left
            .retain(|left| *left != LowerTransport::Multicast || has_group);
        let text = match self.datagrams.stated_source() {
            Some(source) => format!("no datagram comes from the device, which says that it sends from {source}"),
            None => "no datagram comes".to_owned(),
        };
        if !self.carriage.left.is_empty() {
            if !was_silent {
                self.carriage.left.push_back(self.carriage.now);
            }
            self.next_transport(&text);
        } else if !self.datagrams.go_on_waiting(self.request.patience.longest, self.now) {
            self.next_transport(&text);
        } else {
            let detail = self.detail(&text);
            self.emit(Event::Silent { detail });
        }
    }

    /// Asks for the next transport on this same connection, which costs no SYN, or ends where none is left.
    fn next_transport(&mut self, text: &str) {
        let Some(next) = self.carriage.left.pop_front() else {
            let carriage = &mut self.carriage;
            let (kind, text) = match carriage.refusal.take() {
                _ if carriage.silent => (SessionErrorKind::NoTransport(TransportFault::Silent), text.to_owned()),
                _ if carriage.unopened => (SessionErrorKind::NoTransport(TransportFault::Unopened), text.to_owned()),
                // Whom it lets in by no transport it does not let in.
                Some((kind @ (SessionErrorKind::SignIn | SessionErrorKind::NoSuchStream), text)) => (kind, text),
                _ if carriage.refused && self.request.secure => (
                    SessionErrorKind::NoTransport(TransportFault::Encrypted),
                    text.to_owned(),
                ),
                Some((kind, text)) if !carriage.refused => (kind, text),
                Some((_, text)) => (SessionErrorKind::NoTransport(TransportFault::Refused), text),
                None => (SessionErrorKind::NoTransport(TransportFault::Refused), text.to_owned()),
            };
            return self.fail(kind, &text);
        };
        self.note(Quirk::TransportRefused);
        self.use_transport(next);
        if self.session.is_none() {
            self.set_up(0);
            return;
        }
        (self.carriage.moving, self.carriage.moved) = (true, true);
        self.abandoned = self.pending.take().map(|pending| pending.cseq);
        self.send(RequestPurpose::Teardown);
    }

    fn use_transport(&mut self, transport: LowerTransport) {
        self.carriage.now = transport;
        if self.datagrams.clear() {
            self.order(DatagramOrder::Close);
        }
    }

    /// TEARDOWN was answered, or its reply does not come; returns whether everything is to be set up by another transport.
    pub(super) fn moved(&mut self) -> bool {
        std::mem::take(&mut self.carriage.moving)
    }

    /// The device closed the connection. Where that was instead of TEARDOWN's reply or after it, the next one is to begin with what
    /// would have come now; where it was at SETUP, the device may have meant the transport.
    pub(super) fn transport_ends(&mut self) {
        if self.carriage.is_moving() || self.carriage.moved && self.step == Step::Setup {
            self.emit(Event::Learnt(Lesson::Transport(self.carriage.now)));
        } else if self.step == Step::Setup
            && !self.is_set_up()
            && !self.request.secure
            && self.request.transport == MediaTransport::Automatic
        {
            let known = self.request.habits.recorder.ends_at_setup;
            self.emit(Event::Learnt(Lesson::EndAtSetup { known }));
        }
    }

    /// Media comes by the transport in use.
    pub(super) fn transport_works(&mut self) {
        let recorder = &self.request.habits.recorder;
        let last = recorder.transport.unwrap_or(LowerTransport::Interleaved);
        if last != self.carriage.now || recorder.ends_at_setup > 0 {
            self.emit(Event::Learnt(Lesson::Transport(self.carriage.now)));
        }
    }
}
