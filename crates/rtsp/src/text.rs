//! A device's text is bytes, in whatever encoding. It is kept as a `str` from which every byte can be had back.

use std::borrow::Cow;

/// Stands for the byte 0x80; the others follow (a part of the private use area, U+E000 to U+F8FF).
const FIRST: u32 = 0xf780;

/// UTF-8 as it is. A text that is not UTF-8 has a character of the private use area for each byte that is not ASCII.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| byte_of(c).is_some()) => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char_of).collect()),
    }
}

/// The bytes that [`decode`] took.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// The same to be read by people: in Latin-1 where it is not UTF-8.
pub(super) fn shown(c: char) -> char {
    byte_of(c).map_or(c, char::from)
}

/// Whether a character is not ASCII in the device's own encoding.
pub(super) fn is_high(c: char) -> bool {
    !c.is_ascii()
}

fn char_of(byte: u8) -> char {
    if byte.is_ascii() {
        return char::from(byte);
    }
    char::from_u32(FIRST + u32::from(byte - 0x80)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn byte_of(c: char) -> Option<u8> {
    let offset = u32::from(c).checked_sub(FIRST)?;
    u8::try_from(offset)
        .ok()
        .filter(u8::is_ascii)
        .map(|offset| 0x80 + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_told_in_its_own_encoding_and_shown_in_one_that_people_read() {
        assert_eq!(decode("録画機 é".as_bytes()), "録画機 é");
        let latin = decode(b"Caf\xe9");
        assert_eq!(encode(&latin), b"Caf\xe9");
        assert_eq!(latin.chars().map(shown).collect::<String>(), "Café");
        let private = "a\u{f780}b";
        assert_eq!(encode(&decode(private.as_bytes())), private.as_bytes());
    }

    proptest! {
        #[test]
        fn every_byte_can_be_had_back(bytes: Vec<u8>) {
            prop_assert_eq!(encode(&decode(&bytes)), bytes);
        }
    }
}
