//! An endless `multipart` answer, cut into its parts while it comes (RFC 2046 §5.1).
//!
//! Devices leave the length of a part out, write it without a blank, or write a wrong one; some name the boundary with its hyphens. A part is given as
//! soon as it is whole, because the next one may be minutes away. Pictures between the texts are passed over.

/// The most bytes of a part that are held. What is longer is passed over.
pub const MOST_PART: usize = 64 * 1024;

/// No part is longer, whatever is said: it would hide everything behind it.
const MOST_SKIPPED: usize = 16 << 20;

/// The most bytes of a line that are held, and of the headers of one part.
const MOST_LINE: usize = 4 * 1024;
const MOST_HEAD: usize = 16 * 1024;

/// One part that was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyPart {
    /// In small letters; empty where it says none.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Cuts one answer. What it holds is bounded, and each byte is looked at a bounded number of times.
pub struct MultipartReader {
    /// Without hyphens before it.
    boundary: Vec<u8>,
    /// A part whose length is not known is whole when it ends so.
    ends_with: &'static [u8],
    state: State,
    line: Vec<u8>,
    /// The line under way is longer than what is held of it.
    is_cut: bool,
    body: Vec<u8>,
    /// Lengths were right so far.
    trusts_lengths: bool,
}

enum State {
    /// Before a boundary. `behind_length`: nothing but that is right here.
    Between { behind_length: bool },
    Head {
        length: Option<usize>,
        content_type: String,
        bytes: usize,
    },
    Body {
        /// So many bytes are still to come.
        left: Option<usize>,
        content_type: String,
        is_text: bool,
        /// It is longer than what is held, or nothing that is wanted.
        is_dropped: bool,
    },
}

impl MultipartReader {
    /// `content_type`: of the answer; `ends_with`: the last bytes of each part, where its maker has any.
    #[must_use]
    pub fn new(content_type: &str, ends_with: &'static [u8]) -> Self {
        let boundary = parameter(content_type, "boundary");
        Self {
            boundary: boundary.trim_start_matches('-').as_bytes().to_vec(),
            ends_with,
            state: State::Between { behind_length: false },
            line: Vec::new(),
            is_cut: false,
            body: Vec::new(),
            trusts_lengths: true,
        }
    }

    /// Takes the next bytes, and gives the parts that are whole with them.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<BodyPart> {
        let mut parts = Vec::new();
        for byte in bytes {
            if let Some(part) = self.byte(*byte) {
                parts.push(part);
            }
        }
        parts
    }

    /// So many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.line.capacity() + self.body.capacity()
    }

    fn byte(&mut self, byte: u8) -> Option<BodyPart> {
        if self.line.len() < MOST_LINE {
            self.line.push(byte);
        } else {
            self.is_cut = true;
        }
        if let State::Body { left: Some(left), .. } = &mut self.state {
            *left -= 1;
            if *left == 0 {
                self.keep_line();
                return self.end_part(true);
            }
        }
        if byte == b'\n' {
            return self.end_line();
        }
        if self.line.len() >= MOST_LINE && matches!(self.state, State::Body { .. }) {
            // No line of a text is so long that its rest could be a boundary.
            self.keep_line();
        }
        let is_unmeasured = matches!(
            &self.state,
            State::Body {
                left: None,
                is_dropped: false,
                ..
            }
        );
        if is_unmeasured && self.ends_with.last() == Some(&byte) && self.is_whole() {
            self.keep_line();
            return self.end_part(false);
        }
        None
    }

    fn end_line(&mut self) -> Option<BodyPart> {
        let is_boundary = !self.is_cut && is_boundary(&self.line, &self.boundary);
        match &mut self.state {
            State::Between { behind_length } => {
                if is_boundary {
                    self.begin_head();
                } else if *behind_length && !self.line.trim_ascii().is_empty() {
                    // More came than was said.
                    self.trusts_lengths = false;
                    *behind_length = false;
                }
                self.drop_line();
                None
            }
            State::Head { bytes, .. } => {
                *bytes += self.line.len();
                if *bytes > MOST_HEAD {
                    self.state = State::Between { behind_length: false };
                    self.drop_line();
                } else if self.line.trim_ascii().is_empty() {
                    self.drop_line();
                    return self.begin_body();
                } else if is_boundary {
                    self.begin_head();
                    self.drop_line();
                } else {
                    self.header();
                }
                None
            }
            State::Body { is_text, left, .. } => {
                if is_boundary && (*is_text || left.is_none()) {
                    // It is shorter than was said.
                    self.trusts_lengths &= left.is_none();
                    self.drop_line();
                    let part = self.end_part(false);
                    self.begin_head();
                    return part;
                }
                self.keep_line();
                None
            }
        }
    }

    fn begin_head(&mut self) {
        self.body.clear();
        self.state = State::Head {
            length: None,
            content_type: String::new(),
            bytes: 0,
        };
    }

    fn header(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.drop_line();
        let State::Head {
            length, content_type, ..
        } = &mut self.state
        else {
            return;
        };
        let Some((name, value)) = line.split_once(':') else {
            return;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "content-length" => *length = value.trim().parse().ok(),
            "content-type" => *content_type = value.trim().to_ascii_lowercase(),
            _ => {}
        }
    }

    fn begin_body(&mut self) -> Option<BodyPart> {
        let State::Head {
            length, content_type, ..
        } = &mut self.state
        else {
            return None;
        };
        let content_type = std::mem::take(content_type);
        let is_text = !["image/", "video/", "audio/", "octet-stream"]
            .iter()
            .any(|other| content_type.contains(other));
        let left = length.filter(|length| *length <= MOST_SKIPPED && (self.trusts_lengths || !is_text));
        self.body.clear();
        let is_dropped = !is_text || left.is_some_and(|left| left > MOST_PART);
        self.state = match left {
            // A length of nothing is said by some of what is not empty.
            Some(0) => State::Between { behind_length: true },
            left => State::Body {
                left,
                content_type,
                is_text,
                is_dropped,
            },
        };
        None
    }

    fn keep_line(&mut self) {
        if let State::Body { is_dropped, .. } = &mut self.state {
            *is_dropped |= self.is_cut || self.body.len() + self.line.len() > MOST_PART;
            match is_dropped {
                true => self.body = Vec::new(),
                false => self.body.extend_from_slice(&self.line),
            }
        }
        self.drop_line();
    }

    fn drop_line(&mut self) {
        self.line.clear();
        self.is_cut = false;
    }

    /// Whether what came of a part ends as its maker's parts do. What is looked at is no longer than that end.
    fn is_whole(&self) -> bool {
        let (end, line) = (self.ends_with, &self.line);
        if line.len() >= end.len() {
            return line.ends_with(end);
        }
        let (before, rest) = end.split_at(end.len() - line.len());
        line == rest && self.body.ends_with(before)
    }

    fn end_part(&mut self, behind_length: bool) -> Option<BodyPart> {
        let state = std::mem::replace(&mut self.state, State::Between { behind_length });
        let State::Body {
            content_type,
            is_dropped,
            ..
        } = state
        else {
            return None;
        };
        let body = std::mem::take(&mut self.body);
        let body = body.trim_ascii();
        (!is_dropped && !body.is_empty()).then(|| BodyPart {
            content_type,
            body: body.to_vec(),
        })
    }
}

/// Whether a line is the boundary, or the last one, whatever hyphens stand around it. Where none was named, any line of hyphens and letters is.
fn is_boundary(line: &[u8], boundary: &[u8]) -> bool {
    let line = line.trim_ascii();
    let Some(named) = line.strip_prefix(b"--") else {
        return false;
    };
    let named = trim_hyphens(named);
    match boundary.is_empty() {
        true => {
            !named.is_empty()
                && named
                    .iter()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        }
        false => named == trim_hyphens(boundary),
    }
}

fn trim_hyphens(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b"-") {
        text = rest;
    }
    while let Some(rest) = text.strip_suffix(b"-") {
        text = rest;
    }
    text
}

/// The value of a parameter of a header (RFC 9110 §5.6.6), quoted or not.
fn parameter(value: &str, name: &str) -> String {
    let mut parameters = value.split(';').skip(1);
    let found = parameters.find_map(|parameter| {
        let (of, value) = parameter.split_once('=')?;
        of.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests;
