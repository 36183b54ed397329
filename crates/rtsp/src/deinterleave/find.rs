use super::{Deinterleaver, PREFIX, is_likely, prefix};
use crate::{Quirk, limit, message, parse_head};

/// What a buffer begins with.
pub(super) enum Found {
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

/// The longest first line of a message.
const START_LINE: usize = 4096;

impl Deinterleaver {
    /// What the buffer begins with.
    pub(super) fn find(&mut self) -> Found {
        match self.buffer.first() {
            None => Found::Undecided,
            Some(b'\r' | b'\n' | 0) => {
                let blank = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
                Found::Blank(self.buffer.iter().position(blank).unwrap_or(self.buffer.len()))
            }
            Some(b'$') => self.find_packet(),
            Some(b'A'..=b'Z') if self.synced || may_begin(self.before, &self.buffer) => self.find_head(),
            Some(_) => self.junk(),
        }
    }

    /// Everything up to where something may begin: a packet, a reply, or a request that does not follow other text.
    fn junk(&self) -> Found {
        let bytes = &self.buffer[..];
        let begins = |at: &usize| match bytes[*at] {
            b'$' => true,
            byte if byte.is_ascii_uppercase() => may_begin(bytes[at - 1], &bytes[*at..]),
            _ => false,
        };
        Found::Junk((1..bytes.len()).find(begins).unwrap_or(bytes.len()))
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
        // In doubt, nothing more certain may begin inside, and what follows must fit. That is asked first, for it is cheap, and
        // an endless stream of junk must not cost more than reading it.
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
        match first_line(&self.buffer) {
            Line::Message => {}
            Line::Other => return self.junk(),
            Line::Endless => return Found::Junk(START_LINE),
            Line::Open if self.ended => return self.junk(),
            Line::Open => return Found::Undecided,
        }
        let bytes = &self.buffer[..];
        for at in self.searched..bytes.len() {
            if bytes[at] != b'\n' {
                continue;
            }
            match &bytes[at + 1..] {
                _ if at >= limit::HEAD => return Found::Junk(limit::HEAD),
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
}

/// Whether an upper-case letter after `before` may begin a message: a reply anywhere, a request only where no text goes before.
fn may_begin(before: u8, bytes: &[u8]) -> bool {
    let text = before.is_ascii_graphic() || before == b' ';
    !text
        || [&b"RTSP/"[..], b"HTTP/"]
            .iter()
            .any(|name| bytes.starts_with(name) || name.starts_with(bytes))
}

/// What the first line of some bytes is.
enum Line {
    /// A status line or a request line.
    Message,
    Other,
    /// Text, but longer than any line that makes sense.
    Endless,
    /// More bytes decide.
    Open,
}

fn first_line(bytes: &[u8]) -> Line {
    let line = &bytes[..bytes.len().min(START_LINE)];
    let token = line
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let name = &line[..token.unwrap_or(line.len())];
    let version = |version: &[u8]| name.starts_with(version) || version.starts_with(name);
    let possible = version(b"RTSP/")
        || version(b"HTTP/")
        || message::is_method(name)
        || (token.is_none() && message::begins_method(name));
    if !possible {
        return Line::Other;
    }
    match line.iter().position(|byte| *byte == b'\n') {
        Some(end) if parse_head(&line[..end]).is_ok() => Line::Message,
        Some(_) => Line::Other,
        None if line
            .iter()
            .any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r')) =>
        {
            Line::Other
        }
        None if line.len() == START_LINE => Line::Endless,
        None => Line::Open,
    }
}
