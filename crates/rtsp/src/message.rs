use std::{borrow::Cow, fmt};

use bytes::Bytes;

use super::{Quirk, Quirks, limit, text::decode};

/// A head and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub head: Head,
    pub body: Bytes,
}

/// Start line and headers (RFC 2326 §6, §7), from which every byte can be had back where they are not UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    pub start: StartLine,
    /// In their order; names as written.
    headers: Vec<(String, String)>,
}

/// The first line of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine {
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

fn parse_start(line: &str, quirks: &mut Quirks) -> Result<StartLine, HeadError> {
    let line = line.trim();
    if line.contains(|c: char| c.is_ascii_control() && c != '\t') {
        return Err(HeadError::StartLine);
    }
    let (first, rest) = line.split_once([' ', '\t']).ok_or(HeadError::StartLine)?;
    let rest = rest.trim_start();
    let http = first.starts_with("HTTP/");
    if http || first.starts_with("RTSP/") {
        let code = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let valid = |status: &u16| (100..1000).contains(status);
        let status = leading_number(code).filter(valid).ok_or(HeadError::StartLine)?;
        let reason = rest[code.len()..].trim().to_owned();
        if http {
            quirks.insert(Quirk::HttpVersion);
        }
        if reason.is_empty() {
            quirks.insert(Quirk::NoReason);
        }
        Ok(StartLine::Response { status, reason, http })
    } else if is_method(first.as_bytes())
        && rest
            .rsplit([' ', '\t'])
            .next()
            .is_some_and(|last| last.starts_with("RTSP/"))
    {
        Ok(StartLine::Request {
            method: first.to_owned(),
        })
    } else {
        Err(HeadError::StartLine)
    }
}

/// Whether this can be a method name (RFC 2326 §6.1): upper-case letters and `_`.
pub(super) fn is_method(token: &[u8]) -> bool {
    token.len() >= 3 && begins_method(token)
}

/// Whether this can be the beginning of one.
pub(super) fn begins_method(token: &[u8]) -> bool {
    token.len() <= 24 && token.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &[u8]) -> (u16, String, Head, Quirks) {
        let (head, quirks) =
            parse_head(text).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(text)));
        match head.start.clone() {
            StartLine::Response { status, reason, .. } => (status, reason, head, quirks),
            StartLine::Request { method } => panic!("a request {method}"),
        }
    }

    /// Every row of the table of head strictness, and what was seen beside it.
    #[test]
    fn sloppy_heads_work() {
        let rows: &[(&str, &[u8], Option<Quirk>)] = &[
            (
                "correct",
                b"RTSP/1.0 401 Unauthorized\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                None,
            ),
            (
                "LF only",
                b"RTSP/1.0 401 Unauthorized\nCSeq: 7\nContent-Length: 12\n\n",
                Some(Quirk::LineFeedOnly),
            ),
            (
                "no reason phrase",
                b"RTSP/1.0 401\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::NoReason),
            ),
            (
                "no reason phrase, blank",
                b"RTSP/1.0 401 \r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::NoReason),
            ),
            (
                "space before colon",
                b"RTSP/1.0 401 No\r\nCSeq : 7\r\nContent-Length : 12\r\n\r\n",
                Some(Quirk::SpaceBeforeColon),
            ),
            (
                "Latin-1 value",
                b"RTSP/1.0 401 No\r\nServer: G\xE9n\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::NotUtf8),
            ),
            (
                "junk header line",
                b"RTSP/1.0 401 No\r\nwhat is this\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::JunkHeader),
            ),
            (
                "HTTP",
                b"HTTP/1.0 401 No\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::HttpVersion),
            ),
            (
                "leading CRLF",
                b"\r\n\r\nRTSP/1.0 401 No\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                None,
            ),
            (
                "space after length",
                b"RTSP/1.0 401 No\r\nCSeq: 7 \r\nContent-Length: 12 \r\n\r\n",
                None,
            ),
            (
                "folded",
                b"RTSP/1.0 401 No\r\nServer: a\r\n b\r\nCSeq:\r\n\t7\r\nContent-Length: 12\r\n\r\n",
                Some(Quirk::FoldedHeader),
            ),
            (
                "no colon space",
                b"RTSP/1.0 401 No\r\ncseq:7\r\nCONTENT-LENGTH:12\r\n\r\n",
                None,
            ),
            (
                "many blanks",
                b"RTSP/1.0   401   No\r\nCSeq:    7\r\nContent-Length:\t12\r\n\r\n",
                None,
            ),
            (
                "RTSP/2.0",
                b"RTSP/2.0 401 No\r\nCSeq: 7\r\nContent-Length: 12\r\n\r\n",
                None,
            ),
            (
                "no blank line",
                b"RTSP/1.0 401 No\r\nCSeq: 7\r\nContent-Length: 12",
                None,
            ),
        ];
        for (name, bytes, quirk) in rows {
            let (status, _, head, quirks) = parse(bytes);
            assert_eq!(
                (status, head.cseq(), head.content_length()),
                (401, Some(7), Some(12)),
                "{name}"
            );
            let expected: Vec<Quirk> = quirk.iter().copied().collect();
            let noted: Vec<Quirk> = quirks
                .iter()
                .filter(|quirk| *name != "no blank line" || *quirk != Quirk::LineFeedOnly)
                .collect();
            assert_eq!(noted, expected, "{name}");
        }
    }

    #[test]
    fn the_reason_and_every_header_of_a_name_are_kept() {
        let (status, reason, head, _) =
            parse(b"RTSP/1.0 453 Not Enough Bandwidth\r\nA: 1\r\na:2\r\nServer: G\xE9n\r\n\r\n");
        assert_eq!((status, reason.as_str()), (453, "Not Enough Bandwidth"));
        assert_eq!(head.all("A").collect::<Vec<_>>(), ["1", "2"]);
        let server = head.header("server").map(crate::text::encode);
        assert_eq!(server.as_deref(), Some(&b"G\xE9n"[..]));
    }

    #[test]
    fn requests_of_a_device_are_told_from_replies() {
        let (head, _) = parse_head(b"ANNOUNCE rtsp://10.0.0.1/live RTSP/1.0\r\nCSeq: 3\r\n\r\n").expect("a request");
        assert_eq!(
            head.start,
            StartLine::Request {
                method: "ANNOUNCE".into()
            }
        );
        assert_eq!(head.cseq(), Some(3));
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for junk in [
            &b""[..],
            b"\r\n\r\n",
            b"RTSP/1.0\r\n",
            b"RTSP/1.0 abc No\r\n",
            b"RTSP/1.0 99 x\r\n",
            b"RTSP/1.0 2000 x\r\n",
            b"hello world\r\n",
            b"OPTIONS *\r\n",
            b"NO RTSP/1.0 200 OK\r\n",
            b"RTSP/1.0 200 \x01\r\n",
        ] {
            assert_eq!(
                parse_head(junk),
                Err(HeadError::StartLine),
                "{}",
                String::from_utf8_lossy(junk)
            );
        }
        assert_eq!(parse_head(&vec![b'a'; limit::HEAD + 1]), Err(HeadError::TooLong));
    }

    #[test]
    fn endless_headers_are_cut_off() {
        let mut text = b"RTSP/1.0 200 OK\r\n".to_vec();
        text.extend(b"A: b\r\n".repeat(5_000));
        assert!(parse(&text).2.headers().count() <= limit::HEADERS);
    }

    #[test]
    fn debug_shows_no_header() {
        let (_, _, head, _) = parse(b"RTSP/1.0 200 OK\r\nAuthorization: Basic c2VjcmV0\r\n\r\n");
        assert!(!format!("{head:?}").contains("c2VjcmV0"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
            let _ = parse_head(&bytes);
        }

        #[test]
        fn any_head_is_read_without_panic(lines in proptest::collection::vec("[ \t]?[a-zA-Z -]{0,12}:?[ -~\u{e9}\u{3042}]{0,40}", 0..20)) {
            let text = format!("RTSP/1.0 200 OK\r\n{}\r\n\r\n", lines.join("\r\n"));
            let (head, _) = parse_head(text.as_bytes()).expect("the status line is good");
            let _ = (head.cseq(), head.content_length(), head.all("x").count());
        }
    }
}
