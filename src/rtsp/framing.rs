use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};

use super::{Head, Message, Quirk, Quirks, limit, message, parse_head};

/// Cuts what a socket delivers into interleaved packets and messages (RFC 2326 §10.12), whatever lies between them.
///
/// A packet is copied once, into the buffer; what is handed out shares it.
#[derive(Debug)]
pub struct Framer {
    buffer: BytesMut,
    /// How far the buffer has been searched for what the present start needs.
    searched: usize,
    /// Whether the buffer begins where the last good item ended.
    synced: bool,
    /// A head whose body has not come yet.
    awaiting: Option<Awaiting>,
    last_input: Option<Instant>,
    ended: bool,
    known: [u64; 4],
    expects_description: bool,
    /// Bytes skipped since the last good item.
    skipped: usize,
    counters: Counters,
    quirks: Quirks,
    /// Quirks that were not reported yet, in their order.
    fresh: Vec<Quirk>,
}

/// One thing a device sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Interleaved data of a known channel that begins like RTP or RTCP.
    Packet {
        channel: u8,
        payload: Bytes,
    },
    Message(Message),
}

/// What was received and what was thrown away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets handed out.
    pub packets: u64,
    /// Interleaved packets dropped: an unknown channel, not RTP, or not wanted yet.
    pub dropped: u64,
    /// Bytes skipped between packets and messages.
    pub junk: u64,
}

#[derive(Debug)]
struct Awaiting {
    head: Head,
    /// Without a length the body ends where the device pauses or the next message begins.
    length: Option<usize>,
}

/// What the buffer begins with.
enum Found {
    /// More bytes decide.
    Undecided,
    /// An interleaved packet with a payload of this length.
    Packet(usize),
    /// The same, but nothing that can be used.
    Useless(usize, Quirk),
    /// A message head of this length.
    Head(usize),
    /// Line ends or zeros, harmless.
    Blank(usize),
    Junk(usize),
}

/// `$`, channel, length.
const PREFIX: usize = 4;
/// The shortest payload that can be RTCP.
const SHORTEST: usize = 8;
/// The longest first line of a message.
const START_LINE: usize = 4096;

impl Default for Framer {
    fn default() -> Self {
        Self {
            buffer: BytesMut::with_capacity(limit::HEAD),
            searched: 0,
            synced: true,
            awaiting: None,
            last_input: None,
            ended: false,
            known: [0; 4],
            expects_description: false,
            skipped: 0,
            counters: Counters::default(),
            quirks: Quirks::default(),
            fresh: Vec::new(),
        }
    }
}

impl Framer {
    /// Takes what the socket delivered. Call [`Framer::next`] until `None` before the next call: the buffer then stays bounded.
    pub fn push(&mut self, bytes: &[u8], now: Instant) {
        self.last_input = Some(now);
        self.buffer.extend_from_slice(bytes);
    }

    /// Nothing will follow: what is there is all there is.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Data on this channel is wanted.
    pub fn know(&mut self, channel: u8) {
        self.known[usize::from(channel >> 6)] |= 1 << (channel & 63);
    }

    /// Whether the reply that is due carries a description, which some devices send without a length.
    pub fn expect_description(&mut self, expected: bool) {
        self.expects_description = expected;
    }

    /// The next item, if it is complete at `now`.
    pub fn next(&mut self, now: Instant) -> Option<Item> {
        loop {
            if let Some(awaiting) = self.awaiting.take() {
                match self.body(&awaiting, now) {
                    Some(body) => {
                        return Some(Item::Message(Message {
                            head: awaiting.head,
                            body,
                        }));
                    }
                    None => {
                        self.awaiting = Some(awaiting);
                        return None;
                    }
                }
            }
            match self.find() {
                Found::Undecided => return None,
                Found::Packet(length) => {
                    let channel = self.buffer[1];
                    self.consume(PREFIX);
                    let payload = self.take(length);
                    self.good();
                    self.counters.packets += 1;
                    return Some(Item::Packet { channel, payload });
                }
                Found::Useless(length, quirk) => {
                    self.consume(PREFIX + length);
                    self.note(quirk);
                    self.counters.dropped += 1;
                    self.skipped += PREFIX + length;
                    self.synced = true;
                }
                Found::Head(length) => self.head(length),
                Found::Blank(length) => {
                    self.consume(length);
                    self.skipped += length;
                }
                Found::Junk(length) => {
                    self.consume(length);
                    self.note(Quirk::Junk);
                    self.counters.junk += length as u64;
                    self.skipped += length;
                    self.synced = false;
                }
            }
            if self.is_garbage() {
                return None;
            }
        }
    }

    /// Whether so much came without one good item that this is no RTSP.
    #[must_use]
    pub fn is_garbage(&self) -> bool {
        self.skipped > limit::JUNK
    }

    /// When [`Framer::next`] has something to say without further input.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.awaiting.as_ref()?;
        Some(self.last_input? + self.idle())
    }

    /// The next thing that was tolerated; each kind comes once.
    pub fn next_quirk(&mut self) -> Option<Quirk> {
        (!self.fresh.is_empty()).then(|| self.fresh.remove(0))
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many bytes are held.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    fn note(&mut self, quirk: Quirk) {
        if self.quirks.insert(quirk) {
            self.fresh.push(quirk);
        }
    }

    fn good(&mut self) {
        self.synced = true;
        self.skipped = 0;
    }

    fn consume(&mut self, length: usize) {
        self.buffer.advance(length);
        self.searched = 0;
    }

    fn take(&mut self, length: usize) -> Bytes {
        self.searched = 0;
        self.buffer.split_to(length).freeze()
    }

    fn find(&mut self) -> Found {
        match self.buffer.first() {
            None => Found::Undecided,
            Some(b'\r' | b'\n' | 0) => {
                let blank = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
                Found::Blank(self.buffer.iter().position(blank).unwrap_or(self.buffer.len()))
            }
            Some(b'$') => self.find_packet(),
            Some(b'A'..=b'Z') => self.find_head(),
            Some(_) => self.junk(),
        }
    }

    /// Everything up to where something may begin.
    fn junk(&self) -> Found {
        let begins = |byte: &u8| *byte == b'$' || byte.is_ascii_uppercase();
        let rest = self.buffer.get(1..).unwrap_or_default();
        Found::Junk(1 + rest.iter().position(begins).unwrap_or(rest.len()))
    }

    fn find_packet(&mut self) -> Found {
        let Some((channel, length)) = prefix(&self.buffer) else {
            return Found::Undecided;
        };
        let known = self.knows(channel);
        let available = self.buffer.len();
        if length > 0 && available == PREFIX {
            return Found::Undecided;
        }
        let likely = known && is_likely(&self.buffer, length);
        if self.synced && likely {
            return if available >= PREFIX + length {
                Found::Packet(length)
            } else {
                Found::Undecided
            };
        }
        // In doubt, nothing more certain may begin inside, and what follows must fit.
        let follows = self.buffer.get(PREFIX + length).copied();
        if follows.is_some_and(|byte| !matches!(byte, b'$' | b'\r' | b'\n' | b'A'..=b'Z')) {
            return self.junk();
        }
        match self.find_proof(PREFIX + length) {
            Some(at) => Found::Junk(at),
            None if follows.is_none() => Found::Undecided,
            None if likely => Found::Packet(length),
            None if !self.synced => self.junk(),
            None => Found::Useless(length, if known { Quirk::NotRtp } else { Quirk::UnknownChannel }),
        }
    }

    /// Where, within a doubtful packet that ends at `end`, something certain begins: two packets in a row or a reply. Of several
    /// the one that is complete first, so that it does not matter how the bytes arrived.
    fn find_proof(&mut self, end: usize) -> Option<usize> {
        const REPLY: &[u8] = b"RTSP/1.";
        let bytes = &self.buffer[..self.buffer.len().min(end)];
        let mut unfinished = None;
        let mut found: Option<(usize, usize)> = None;
        for at in self.searched.max(1)..bytes.len() {
            let here = &bytes[at..];
            let proven = match prefix(here) {
                None => here.starts_with(REPLY).then_some(at + REPLY.len()),
                Some((channel, length)) if self.knows(channel) && is_likely(here, length) => {
                    let next = here.get(PREFIX + length..).unwrap_or_default();
                    match prefix(next) {
                        Some((channel, after)) if self.knows(channel) && is_likely(next, after) => {
                            Some(at + PREFIX + length + PREFIX + 1)
                        }
                        Some(_) if next.len() > PREFIX => None,
                        _ if next.first().is_some_and(|byte| *byte != b'$') => None,
                        _ => {
                            unfinished = unfinished.or(Some(at));
                            None
                        }
                    }
                }
                Some(_) => None,
            };
            if let Some(proven) = proven
                && found.is_none_or(|(earlier, _)| proven < earlier)
            {
                found = Some((proven, at));
            }
        }
        // What may straddle the end is looked at again.
        self.searched = unfinished
            .unwrap_or(bytes.len())
            .min(bytes.len().saturating_sub(REPLY.len()));
        found.map(|(_, at)| at)
    }

    fn find_head(&mut self) -> Found {
        match starts_message(&self.buffer) {
            Some(true) => {}
            Some(false) => return self.junk(),
            None if self.ended => return self.junk(),
            None => return Found::Undecided,
        }
        let bytes = &self.buffer[..];
        for at in self.searched..bytes.len() {
            if bytes[at] != b'\n' {
                continue;
            }
            match &bytes[at + 1..] {
                _ if at >= limit::HEAD - 3 => return Found::Junk(limit::HEAD),
                [b'\n', ..] => return Found::Head(at + 2),
                [b'\r', b'\n', ..] => return Found::Head(at + 3),
                [b'$', channel, ..] if self.knows(*channel) => return Found::Head(at + 1),
                [_, _, ..] => {}
                _ if self.ended => {}
                _ => {
                    self.searched = at;
                    return Found::Undecided;
                }
            }
        }
        self.searched = bytes.len();
        if bytes.len() > limit::HEAD {
            Found::Junk(limit::HEAD)
        } else if self.ended {
            Found::Head(bytes.len())
        } else {
            Found::Undecided
        }
    }

    fn head(&mut self, length: usize) {
        let parsed = parse_head(&self.buffer[..length]);
        self.consume(length);
        let Ok((head, quirks)) = parsed else {
            self.note(Quirk::Junk);
            self.counters.junk += length as u64;
            self.skipped += length;
            self.synced = false;
            return;
        };
        quirks.iter().for_each(|quirk| self.note(quirk));
        self.good();
        let described =
            self.expects_description && matches!(head.start, message::Start::Response { status: 200..300, .. });
        let length = match head.content_length() {
            Some(0) | None if described => None,
            stated => Some(stated.unwrap_or(0).min(limit::BODY)),
        };
        self.awaiting = Some(Awaiting { head, length });
    }

    fn body(&mut self, awaiting: &Awaiting, now: Instant) -> Option<Bytes> {
        let available = self.buffer.len();
        let silent = self.ended
            || self
                .last_input
                .is_some_and(|last| now.saturating_duration_since(last) >= self.idle());
        match awaiting.length {
            Some(length) if self.begins_something_else(length) => {
                self.note(Quirk::ShortBody);
                Some(Bytes::new())
            }
            Some(length) if available >= length => Some(self.take(length)),
            Some(_) if silent => {
                self.note(Quirk::ShortBody);
                Some(self.take(available))
            }
            Some(_) => None,
            None => {
                let end = self.next_start().or((available > limit::BODY).then_some(limit::BODY));
                let end = end.or(silent.then_some(available))?;
                self.note(Quirk::MissingContentLength);
                Some(self.take(end))
            }
        }
    }

    /// Whether a packet or a reply stands where a body was promised.
    fn begins_something_else(&self, length: usize) -> bool {
        let bytes = &self.buffer[..];
        length > 0
            && (bytes.starts_with(b"RTSP/1.")
                || prefix(bytes).is_some_and(|(channel, length)| self.knows(channel) && is_likely(bytes, length)))
    }

    /// Where a line begins that is no SDP but a message or a packet.
    fn next_start(&mut self) -> Option<usize> {
        const REPLY: &[u8] = b"RTSP/";
        let bytes = &self.buffer[..];
        let begins = |at: &usize| {
            let here = &bytes[*at..];
            (*at == 0 || bytes[at - 1] == b'\n') && (here.starts_with(REPLY) || here.starts_with(b"$"))
        };
        let found = (self.searched..bytes.len()).find(begins);
        self.searched = bytes.len().saturating_sub(REPLY.len());
        found
    }

    /// The silence that ends the body being awaited.
    fn idle(&self) -> Duration {
        let bytes = &self.buffer[..];
        let whole = || bytes.ends_with(b"\n") && bytes.windows(2).take(limit::HEAD).any(|pair| pair == b"m=");
        let torn = self.expects_description && !whole();
        if torn { limit::TORN_BODY_IDLE } else { limit::BODY_IDLE }
    }

    fn knows(&self, channel: u8) -> bool {
        self.known[usize::from(channel >> 6)] & (1 << (channel & 63)) != 0
    }
}

/// Channel and payload length, once they are there.
fn prefix(bytes: &[u8]) -> Option<(u8, usize)> {
    match bytes {
        [b'$', channel, high, low, ..] => Some((*channel, usize::from(u16::from_be_bytes([*high, *low])))),
        _ => None,
    }
}

/// Whether the payload begins like RTP or RTCP: version 2 (RFC 3550 §5.1) and long enough.
fn is_likely(bytes: &[u8], length: usize) -> bool {
    length >= SHORTEST && bytes.get(PREFIX).is_some_and(|first| first & 0xC0 == 0x80)
}

/// Whether the bytes begin a status line or a request line; `None` while that is open.
fn starts_message(bytes: &[u8]) -> Option<bool> {
    let line = &bytes[..bytes.len().min(START_LINE)];
    let end = line.iter().position(|byte| *byte == b'\n');
    let line = &line[..end.unwrap_or(line.len())];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Some(false);
    }
    if end.is_some() {
        // parse_head decides; it is cheap, for the line is short.
        return Some(parse_head(line).is_ok());
    }
    if bytes.len() >= START_LINE {
        return Some(false);
    }
    let token = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
    let version = |name: &[u8]| line.starts_with(name) || name.starts_with(line);
    let possible = version(b"RTSP/") || version(b"HTTP/") || {
        let name = &line[..token];
        if token < line.len() {
            message::is_method(name)
        } else {
            name.len() <= 24 && name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_')
        }
    };
    if possible { None } else { Some(false) }
}
