use super::lookahead::HeldBytes;
use super::{Deinterleaver, PREFIX, is_likely, prefix};
use crate::{Quirk, limit, message};

/// What a buffer begins with.
pub(super) enum BufferStart {
    /// It cannot be told before more bytes have come.
    Undecided,
    /// An interleaved packet with a payload of this length.
    Packet(usize),
    /// An interleaved packet of this length that cannot be used.
    Useless(usize, Quirk),
    /// A message head of this length.
    Head(usize),
    /// Line ends or zeros, which some devices send between messages.
    Blank(usize),
    Junk(usize),
}

/// The longest first line of a message.
const START_LINE: usize = 4096;

impl Deinterleaver {
    /// What the buffer begins with.
    pub(super) fn find(&mut self) -> BufferStart {
        match self.buffer.first() {
            None => BufferStart::Undecided,
            Some(b'\r' | b'\n' | 0) => {
                let blank = |byte: &u8| !matches!(byte, b'\r' | b'\n' | 0);
                let length = self.buffer.iter().position(blank).unwrap_or(self.buffer.len());
                self.work += length as u64;
                BufferStart::Blank(length)
            }
            Some(b'$') => self.find_packet(),
            Some(b'A'..=b'Z') if self.synced || may_begin(self.before, &self.buffer) => self.find_head(),
            Some(_) => self.junk(),
        }
    }

    /// Everything up to where something may begin: a packet, a reply, or a request that does not follow other text.
    fn junk(&mut self) -> BufferStart {
        let bytes = &self.buffer[..];
        let begins = |at: &usize| match bytes[*at] {
            b'$' => true,
            byte if byte.is_ascii_uppercase() => may_begin(bytes[at - 1], &bytes[*at..]),
            _ => false,
        };
        let length = (1..bytes.len()).find(begins).unwrap_or(bytes.len());
        self.work += length as u64;
        BufferStart::Junk(length)
    }

    fn find_packet(&mut self) -> BufferStart {
        let Some((channel, length)) = prefix(&self.buffer) else {
            return BufferStart::Undecided;
        };
        let known = self.knows(channel);
        let available = self.buffer.len();
        if length > 0 && available == PREFIX {
            return BufferStart::Undecided;
        }
        let likely = known && is_likely(&self.buffer, length);
        if self.synced && likely {
            return if available >= PREFIX + length {
                BufferStart::Packet(length)
            } else {
                BufferStart::Undecided
            };
        }
        // In doubt, nothing more certain may begin inside, and what follows must fit. That is asked first, for it is cheap, and
        // an endless stream of junk must not cost more than reading it.
        let follows = self.buffer.get(PREFIX + length).copied();
        if follows.is_some_and(|byte| !matches!(byte, b'$' | b'\r' | b'\n' | b'A'..=b'Z')) {
            return self.junk();
        }
        match self.find_proof(PREFIX + length) {
            Some(at) => BufferStart::Junk(at),
            None if follows.is_none() => BufferStart::Undecided,
            None if likely => BufferStart::Packet(length),
            None if !self.synced => self.junk(),
            None => BufferStart::Useless(length, if known { Quirk::NotRtp } else { Quirk::UnknownChannel }),
        }
    }

    /// Where, within a doubtful packet that ends at `end`, something certain begins.
    fn find_proof(&mut self, end: usize) -> Option<usize> {
        let held = HeldBytes {
            bytes: &self.buffer,
            first: self.offset,
            known: &self.known,
        };
        self.proofs.find(held, end, &mut self.work)
    }

    fn find_head(&mut self) -> BufferStart {
        match self.first_line() {
            FirstLine::Message => {}
            FirstLine::Other => return self.junk(),
            FirstLine::Endless => return BufferStart::Junk(START_LINE),
            FirstLine::Open if self.ended => return self.junk(),
            FirstLine::Open => return BufferStart::Undecided,
        }
        let bytes = &self.buffer[..];
        for at in self.searched..bytes.len() {
            self.work += 1;
            if bytes[at] != b'\n' {
                continue;
            }
            match &bytes[at + 1..] {
                _ if at >= limit::HEAD => return BufferStart::Junk(limit::HEAD),
                [b'\n', ..] => return BufferStart::Head(at + 2),
                [b'\r', b'\n', ..] => return BufferStart::Head(at + 3),
                [b'$', channel, ..] if self.knows(*channel) => return BufferStart::Head(at + 1),
                [_, _, ..] => {}
                _ if self.ended => {}
                _ => {
                    self.searched = at;
                    return BufferStart::Undecided;
                }
            }
        }
        self.searched = bytes.len();
        if bytes.len() > limit::HEAD {
            BufferStart::Junk(limit::HEAD)
        } else if self.ended {
            BufferStart::Head(bytes.len())
        } else {
            BufferStart::Undecided
        }
    }
}

impl Deinterleaver {
    /// What the line is with which the buffer begins.
    fn first_line(&mut self) -> FirstLine {
        let held = HeldBytes {
            bytes: &self.buffer,
            first: self.offset,
            known: &self.known,
        };
        let near = |index: &usize| *index < START_LINE;
        let line_end = self
            .line_end
            .find(held, |byte| byte == b'\n', &mut self.work)
            .filter(near);
        let control = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r');
        let control = self.control.find(held, control, &mut self.work).filter(near);
        self.work += TOKENS as u64;
        if !may_become_start_line(&self.buffer) || control != line_end {
            return FirstLine::Other;
        }
        match line_end {
            Some(end) if is_start_line(self.buffer[..end].trim_ascii_end()) => FirstLine::Message,
            Some(_) => FirstLine::Other,
            None if self.buffer.len() >= START_LINE => FirstLine::Endless,
            None => FirstLine::Open,
        }
    }
}

/// Whether a line that begins with these bytes may turn out to be a status line or a request line.
fn may_become_start_line(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(TOKENS)];
    let token = start
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let name = &start[..token.unwrap_or(start.len())];
    let version = |version: &[u8]| name.starts_with(version) || version.starts_with(name);
    version(b"RTSP/")
        || version(b"HTTP/")
        || message::is_method(name)
        || (token.is_none() && message::begins_method(name))
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
enum FirstLine {
    /// A status line or a request line.
    Message,
    Other,
    /// Text that is longer than any first line of a message.
    Endless,
    /// It cannot be told before more bytes have come.
    Open,
}

/// The longest version or method, the status, and what may stand between them.
const TOKENS: usize = 64;

/// Whether a line without its end is a status line or a request line, as far as its first and last word tell.
fn is_start_line(line: &[u8]) -> bool {
    let (first, last) = (
        &line[..line.len().min(TOKENS)],
        &line[line.len().saturating_sub(TOKENS)..],
    );
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some(end) = first.iter().position(blank) else {
        return false;
    };
    let (name, rest) = first.split_at(end);
    if name.starts_with(b"RTSP/") || name.starts_with(b"HTTP/") {
        return rest.iter().find(|byte| !blank(byte)).is_some_and(u8::is_ascii_digit);
    }
    let last = last.trim_ascii_end().rsplit(blank).next().unwrap_or_default();
    message::is_method(name) && last.starts_with(b"RTSP/")
}
