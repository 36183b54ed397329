//! How devices write `WWW-Authenticate` (RFC 7235 §4.1), read whatever separates the parameters, quoted or not.

use crate::text;

/// One challenge of a header.
#[derive(Debug, Default)]
pub(super) struct Offer {
    pub scheme: String,
    parameters: Vec<(String, ParameterValue)>,
}

/// The value of a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ParameterValue {
    /// What it means.
    pub plain: String,
    /// What stood between its quotes, or can stand there.
    pub quoted: String,
}

/// The most challenges of one header, and parameters of one challenge.
const CHALLENGES: usize = 9;
const PARAMETERS: usize = 32;

impl Offer {
    pub fn get(&self, name: &str) -> Option<&ParameterValue> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    fn set(&mut self, name: &str, value: ParameterValue) {
        let name = name.to_ascii_lowercase();
        // An empty list counts as no list, and only the first value of a name counts.
        let pointless = value.plain.is_empty() && matches!(name.as_str(), "qop" | "algorithm" | "stale");
        if !pointless && self.parameters.len() < PARAMETERS && self.get(&name).is_none() {
            self.parameters.push((name, value));
        }
    }
}

/// Whether there is a comma between all parameters, roughly; for the quirk only.
pub(super) fn is_clean(header: &str) -> bool {
    let mut quoted = false;
    let outside: String = header
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    outside.matches('=').count() <= outside.matches(',').count() + 1
}

/// The challenges of one header.
pub(super) fn read(header: &str) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    let mut rest = header;
    while offers.len() <= CHALLENGES {
        rest = rest.trim_start_matches([' ', '\t', ',', ';']);
        if rest.is_empty() {
            break;
        }
        let end = rest.find([' ', '\t', ',', ';', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match after.trim_start().strip_prefix('=') {
            Some(value) if !word.is_empty() => {
                let (value, after) = read_value(value.trim_start());
                rest = after;
                if let Some(offer) = offers.last_mut() {
                    offer.set(word, value);
                }
            }
            _ => {
                if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                    offers.push(Offer {
                        scheme: word.to_owned(),
                        parameters: Vec::new(),
                    });
                }
                let skip = after
                    .chars()
                    .next()
                    .map_or(0, |c| if word.is_empty() { c.len_utf8() } else { 0 });
                rest = &after[skip..];
            }
        }
    }
    offers
}

/// A quoted string, closed or not, or everything up to the next separator; and what follows.
fn read_value(text: &str) -> (ParameterValue, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',', ';']).unwrap_or(text.len());
        return (ParameterValue::unquoted(&text[..end]), &text[end..]);
    };
    let mut plain = String::new();
    let (mut before, mut wide) = (None, false);
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            // ISO-2022-JP: up to the next escape two bytes are one character, among them those of the quote and the backslash.
            ('\u{1b}', Some('$')) => wide = true,
            ('\u{1b}', Some('(')) => wide = false,
            _ if wide => {}
            ('"', _) => {
                let quoted_end = &quoted[at + 1..];
                return (ParameterValue::quoted(plain, &quoted[..at]), quoted_end);
            }
            ('\\', Some('"')) if before.is_some_and(text::is_high) && ends_value(&quoted[at + 2..]) => {}
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                plain.push(escaped);
                chars.next();
                before = Some(escaped);
                continue;
            }
            // Any other backslash is itself: in Shift_JIS and GBK it is the second byte of many characters.
            _ => {}
        }
        plain.push(c);
        before = Some(c);
    }
    (ParameterValue::quoted(plain, quoted), "")
}

/// Whether a quote before this text was the last of a value: then a backslash before it was half a character.
fn ends_value(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t']);
    after.is_empty() || after.starts_with([',', ';'])
}

impl ParameterValue {
    fn quoted(plain: String, between: &str) -> Self {
        Self {
            plain,
            quoted: between.to_owned(),
        }
    }

    fn unquoted(text: &str) -> Self {
        Self {
            plain: text.to_owned(),
            quoted: quote(text),
        }
    }
}

/// A text as it can stand between quotes.
pub(super) fn quote(text: &str) -> String {
    let escape = |c: char| matches!(c, '"' | '\\').then_some('\\').into_iter().chain(Some(c));
    text.chars().filter(|c| !c.is_control()).flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_what_devices_mean_and_are_quoted_as_they_came() {
        let rows: [(&[u8], &[u8], &[u8]); 9] = [
            (b"\"DVR\"", b"DVR", b"DVR"),
            (b"DVR", b"DVR", b"DVR"),
            (b"D\"V\\R", b"D\"V\\R", b"D\\\"V\\\\R"),
            (b"\"a \\\"b\\\" \\\\ c\", x=y", b"a \"b\" \\ c", b"a \\\"b\\\" \\\\ c"),
            (b"\"a\\b\"", b"a\\b", b"a\\b"),
            ("\"録画機\"".as_bytes(), "録画機".as_bytes(), "録画機".as_bytes()),
            // Shift_JIS, where the second byte of two characters is the backslash.
            (
                b"\"\x95\x5c\x8e\xa6\", nonce=1",
                b"\x95\x5c\x8e\xa6",
                b"\x95\x5c\x8e\xa6",
            ),
            (b"\"\x83\x5c\", nonce=\"1\"", b"\x83\x5c", b"\x83\x5c"),
            // ISO-2022-JP with the byte of a quote.
            (
                b"\"\x1b$B!\"=\\\x1b(B\", nonce=1",
                b"\x1b$B!\"=\\\x1b(B",
                b"\x1b$B!\"=\\\x1b(B",
            ),
        ];
        for (header, plain, quoted) in rows {
            let header = text::decode(header);
            let (value, _) = read_value(&header);
            assert_eq!(text::encode(&value.plain), plain, "{header}");
            assert_eq!(text::encode(&value.quoted), quoted, "{header}");
        }
    }

    #[test]
    fn the_work_is_bounded() {
        assert!(read(&"Digest a=b,".repeat(1_000)).len() <= CHALLENGES + 1);
        let many: String = (0..1_000).map(|number| format!("p{number}=\"x\",")).collect();
        assert_eq!(read(&format!("Digest {many}"))[0].parameters.len(), PARAMETERS);
    }
}
