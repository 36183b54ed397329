use std::{borrow::Cow, fmt};

use bytes::Bytes;

use super::{Quirk, Quirks, limit};

/// A head and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub head: Head,
    pub body: Bytes,
}

/// Start line and headers (RFC 2326 §6, §7), in Latin-1 where they are not UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    pub start: Start,
    /// In their order; names as written.
    headers: Vec<(String, String)>,
}

/// The first line of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Response {
        status: u16,
        reason: String,
        /// The line says `HTTP/` instead of `RTSP/`.
        http: bool,
    },
    /// A request of the device to us.
    Request { method: String },
}

/// Why bytes are no message head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    #[error("no status line and no request line")]
    StartLine,
    #[error("head longer than {} bytes", limit::HEAD)]
    TooLong,
}

/// Parses a head up to its blank line or the end of `bytes`. Lines may end in LF or CRLF and be folded; lines without a colon
/// are skipped.
pub fn parse_head(bytes: &[u8]) -> Result<(Head, Quirks), HeadError> {
    if bytes.len() > limit::HEAD {
        return Err(HeadError::TooLong);
    }
    let mut quirks = Quirks::default();
    let mut lines = bytes.split(|&byte| byte == b'\n').map(|line| {
        line.strip_suffix(b"\r").unwrap_or_else(|| {
            if !line.is_empty() {
                quirks.insert(Quirk::LineFeedOnly);
            }
            line
        })
    });
    let lines: Vec<Cow<'_, str>> = {
        let first = lines
            .find(|line| !line.trim_ascii().is_empty())
            .ok_or(HeadError::StartLine)?;
        std::iter::once(first)
            .chain(lines.take_while(|line| !line.is_empty()))
            .take(limit::HEADERS)
            .map(decode)
            .collect()
    };
    if lines.iter().any(|line| matches!(line, Cow::Owned(_))) {
        quirks.insert(Quirk::NotUtf8);
    }
    let (first, rest) = lines.split_first().ok_or(HeadError::StartLine)?;
    let start = parse_start(first, &mut quirks)?;
    let headers = parse_headers(rest, &mut quirks);
    Ok((Head { start, headers }, quirks))
}

impl Head {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Every header of this name, in any case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| value.as_str())
    }

    /// Every header.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The sequence number (RFC 2326 §12.17), if there is one.
    #[must_use]
    pub fn cseq(&self) -> Option<u32> {
        leading_number(self.header("CSeq")?)
    }

    /// The stated length of the body in bytes (RFC 2326 §12.14), if there is one.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        leading_number(self.header("Content-Length")?)
    }
}

/// The digits a header value begins with, as a number.
pub(super) fn leading_number<N: std::str::FromStr>(value: &str) -> Option<N> {
    let value = value.trim_start();
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value[..end].parse().ok()
}

/// UTF-8, or else Latin-1, in which every byte is a character.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

fn parse_start(line: &str, quirks: &mut Quirks) -> Result<Start, HeadError> {
    let line = line.trim();
    let (first, rest) = line.split_once([' ', '\t']).ok_or(HeadError::StartLine)?;
    let rest = rest.trim_start();
    let http = first.starts_with("HTTP/");
    if http || first.starts_with("RTSP/") {
        let (code, reason) = rest.split_at_checked(3).ok_or(HeadError::StartLine)?;
        let status: u16 = code
            .parse()
            .map_err(|_: std::num::ParseIntError| HeadError::StartLine)?;
        if !(100..1000).contains(&status) || reason.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(HeadError::StartLine);
        }
        let reason = reason.trim().to_owned();
        if http {
            quirks.insert(Quirk::HttpVersion);
        }
        if reason.is_empty() {
            quirks.insert(Quirk::NoReason);
        }
        Ok(Start::Response { status, reason, http })
    } else if is_method(first.as_bytes()) && rest.contains("RTSP/") {
        Ok(Start::Request {
            method: first.to_owned(),
        })
    } else {
        Err(HeadError::StartLine)
    }
}

/// Whether this can be a method name (RFC 2326 §6.1): upper-case letters and `_`.
pub(super) fn is_method(token: &[u8]) -> bool {
    (3..=24).contains(&token.len()) && token.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

fn parse_headers(lines: &[Cow<'_, str>], quirks: &mut Quirks) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::with_capacity(lines.len());
    for line in lines {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                quirks.insert(Quirk::FoldedHeader);
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) if !name.trim().is_empty() => {
                if name.ends_with([' ', '\t']) {
                    quirks.insert(Quirk::SpaceBeforeColon);
                }
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            _ => {
                quirks.insert(Quirk::JunkHeader);
            }
        }
    }
    headers
}

/// A device may echo what it was sent, so neither headers nor body are printed.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({:?}, {} headers)", self.start, self.headers.len())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, {} bytes)", self.head, self.body.len())
    }
}
