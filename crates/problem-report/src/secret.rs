//! What a secret looks like: those that are known, in each way of writing them, and what stands where secrets stand.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use device::Password;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A shorter secret is not looked for, because it stands in everything: it would be known by what is left out.
const SHORTEST: usize = 4;

/// The names of values that are secrets or prove one, in lower case. A name ends with one of these.
const NAMES: [&str; 17] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pwd",
    "pass",
    "psw",
    "secret",
    "token",
    "apikey",
    "api_key",
    "ha1",
    "response",
    "cnonce",
    "passworddigest",
    "authorization",
    "パスワード",
];

/// Of these a log speaks, too: "the response: 200".
const SAID_OF_OTHERS: [&str; 5] = ["response", "token", "secret", "pass", "ha1"];

/// Takes secrets out of texts.
pub struct Scrub {
    known: Option<AhoCorasick>,
}

impl Scrub {
    /// `secrets`: those that are known. Others are found by what stands beside them.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Password>) -> Self {
        let long = secrets
            .into_iter()
            .map(Password::expose)
            .filter(|secret| secret.chars().count() >= SHORTEST);
        let mut written: Vec<String> = long.flat_map(forms).collect();
        written.sort_unstable();
        written.dedup();
        let known = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(&written);
        Self {
            known: known.ok().filter(|_| !written.is_empty()),
        }
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let text = match &self.known {
            Some(known) => known.replace_all(text, &vec![HIDDEN; known.patterns_len()]),
            None => text.to_owned(),
        };
        text.split_inclusive('\n').map(without_named).collect()
    }
}

/// All ways in which a text may have been written.
fn forms(secret: &str) -> Vec<String> {
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let lightly = |kept: &[char]| -> String {
        let one = |c: char| match c {
            c if c.is_ascii_alphanumeric() || kept.contains(&c) => c.to_string(),
            c => utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC).to_string(),
        };
        secret.chars().map(one).collect()
    };
    let as_xml = |quotes: bool| {
        let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match quotes {
            true => text.replace('"', "&quot;").replace('\'', "&apos;"),
            false => text,
        }
    };
    let escaped = |c: char| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\t' => "\\t".to_owned(),
        c => c.to_string(),
    };
    let as_ascii = |c: char| match c {
        c if c.is_ascii() => escaped(c),
        c => c
            .encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect(),
    };
    let mut forms = vec![
        secret.to_owned(),
        // Each character is kept or not, by what wrote it (RFC 3986 §2.3, and what browsers do).
        lightly(&['-', '.', '_', '~']),
        lightly(&[
            '-', '.', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=',
        ]),
        lightly(&[
            '-', '.', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=', ':', '@', '/', '?',
        ]),
        lightly(&['-', '.', '_', '*', '~', ' ']).replace(' ', "+"),
        as_xml(false),
        as_xml(true),
        // JSON, TOML and what Rust prints; with and without escapes for what is not ASCII.
        secret.chars().map(escaped).collect(),
        secret.chars().map(as_ascii).collect(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        // UTF-16 that was read as bytes.
        secret.chars().map(|c| format!("{c}\0")).collect(),
        secret.chars().map(|c| format!("\0{c}")).collect(),
        percent,
    ];
    let little: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [secret.as_bytes(), &little, &big] {
        forms.push(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        forms.extend(base64_forms(bytes));
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

/// The part of a base64 text that is the same whatever stands before and after these bytes, at each of the three places where they can
/// begin (RFC 4648 §4).
fn base64_forms(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            if let Some(part) = text.get(first..last).filter(|part| part.len() > SHORTEST) {
                forms.push(part.to_owned());
            }
        }
    }
    forms
}

/// A line without the sign-ins of addresses, and without the values whose names mean a secret.
fn without_named(line: &str) -> String {
    let line = without_sign_ins(line);
    let mut clean = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some(at) = rest.find(['=', ':']) {
        let (before, separator) = (&rest[..at], &rest[at..=at]);
        clean.push_str(before);
        clean.push_str(separator);
        rest = &rest[at + 1..];
        let name = before.trim_end().trim_end_matches(['"', '\'', '\\']);
        let means = |name: &str, meaning: &str| {
            let start = name.len().checked_sub(meaning.len())?;
            let ending = name.get(start..)?;
            let is_word = !name[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
            (ending.eq_ignore_ascii_case(meaning) && is_word).then_some(())
        };
        let Some(meaning) = NAMES.iter().find(|meaning| means(name, meaning).is_some()) else {
            continue;
        };
        let value = rest.trim_start_matches([' ', '\t']);
        let is_quoted = before.ends_with(['"', '\'']) || value.starts_with(['"', '\'', '\\']);
        if separator == ":" && !is_quoted && SAID_OF_OTHERS.contains(meaning) {
            continue;
        }
        clean.push_str(&rest[..rest.len() - value.len()]);
        let end = match value.chars().next() {
            // The text is quoted within a quoted one.
            Some('\\') => value[1..]
                .find('\\')
                .map_or(value.len(), |end| end + 3)
                .min(value.len()),
            // The credentials of a request reach to the end of its line (RFC 9110 §11.6.2).
            _ if *meaning == "authorization" => value.find(['\r', '\n']).unwrap_or(value.len()),
            Some(quote @ ('"' | '\'')) => 1 + end_of_quoted(&value[1..], quote),
            _ => value
                .find(|c: char| c.is_whitespace() || "&,;\"'<>)}]".contains(c))
                .unwrap_or(value.len()),
        };
        match value[..end].trim_matches(['"', '\'', '\\']) {
            "" => clean.push_str(&value[..end]),
            _ => clean.push_str(&format!("\"{HIDDEN}\"")),
        }
        rest = &value[end..];
    }
    clean + rest
}

/// Where a quoted text ends, with its closing sign.
fn end_of_quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            '\n' => return at,
            _ => {}
        }
    }
    text.len()
}

/// A line whose addresses have no sign-in: `rtsp://user:password@host` is `rtsp://***@host`.
fn without_sign_ins(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        clean.push_str(&rest[..at + 3]);
        rest = &rest[at + 3..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
            .unwrap_or(rest.len());
        if let Some(sign) = rest[..end].rfind('@')
            && rest[..sign].contains(':')
        {
            clean.push_str(HIDDEN);
            rest = &rest[sign..];
        }
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_secret_tells_it() {
        let scrub = Scrub::new([]);
        for (text, clean) in [
            ("rtsp://admin:p@ss/w@10.0.0.1:554/live", "rtsp://***@10.0.0.1:554/live"),
            (
                "GET /x?user=admin&password=abc&ch=1 HTTP/1.1",
                "GET /x?user=admin&password=\"***\"&ch=1 HTTP/1.1",
            ),
            (
                "{\"password\": \"a\\\"b\", \"port\": 554}",
                "{\"password\": \"***\", \"port\": 554}",
            ),
            (
                "Authorization: Digest username=\"a\", response=\"00\"\r\nCSeq: 1",
                "Authorization: \"***\"\r\nCSeq: 1",
            ),
            ("kiosk-password = \"$argon2id$v=19$\"", "kiosk-password = \"***\""),
            (
                "said=\"{\\\"password\\\": \\\"abc\\\", 1}\"",
                "said=\"{\\\"password\\\": \"***\", 1}\"",
            ),
            ("response=0123456789abcdef, uri=\"/\"", "response=\"***\", uri=\"/\""),
        ] {
            assert_eq!(scrub.clean(text), clean);
        }
        // What may be a password is one.
        assert_eq!(scrub.clean("rtsp://10.0.0.1:554/a@b"), "rtsp://***@b");
        for text in [
            "password-revision = 3",
            "the response: of 10.0.0.1",
            "2026-11-29T00:00:00Z INFO monomi: compass: north, bypass=1",
            "wants a password: ",
            "rtsp://10.0.0.1:554/a",
        ] {
            assert_eq!(scrub.clean(text), text);
        }
    }

    #[test]
    fn a_short_secret_does_not_take_everything() {
        assert_eq!(
            Scrub::new([&Password::new("1")]).clean("channel 1 of 11"),
            "channel 1 of 11"
        );
    }
}
