//! From bytes to characters: which encoding a spreadsheet has chosen.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use zeroize::Zeroizing;

use super::CsvFault;

/// How the characters of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvEncoding {
    Utf8,
    Utf16,
    /// As Windows writes it in Japan (code page 932).
    ShiftJis,
}

impl CsvEncoding {
    /// The name of the encoding, which is the same in all languages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::ShiftJis => "Shift_JIS",
        }
    }
}

/// The characters of a file, by its byte order mark, or else by what its bytes can be.
pub(super) fn decode(bytes: &[u8]) -> Result<(Zeroizing<String>, CsvEncoding), CsvFault> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decoded(&bytes[mark..], encoding).ok_or(CsvFault::Encoding);
    }
    let candidates = match looks_like_utf_16(bytes) {
        Some(encoding) => [encoding, UTF_8, SHIFT_JIS],
        // Shift_JIS is the last one because it takes most of what is UTF-8, too.
        None => [UTF_8, SHIFT_JIS, SHIFT_JIS],
    };
    let mut read = candidates.iter().filter_map(|encoding| decoded(bytes, encoding));
    read.next().ok_or(CsvFault::Encoding)
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<(Zeroizing<String>, CsvEncoding)> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let name = match encoding {
        found if found == UTF_8 => CsvEncoding::Utf8,
        found if found == SHIFT_JIS => CsvEncoding::ShiftJis,
        _ => CsvEncoding::Utf16,
    };
    // A table for spreadsheets holds no NUL; UTF-16 that was read as anything else does.
    let is_text = !text.contains('\0');
    is_text.then(|| (Zeroizing::new(text.into_owned()), name))
}

/// Each separator and line end is a character below U+0100, one of whose bytes is 0 in UTF-16.
fn looks_like_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(4096) & !1];
    let (first, second) = start.chunks_exact(2).fold((0, 0), |(first, second), pair| {
        (first + usize::from(pair[0] == 0), second + usize::from(pair[1] == 0))
    });
    match (first, second) {
        (0, 0) => None,
        (0, _) => Some(UTF_16LE),
        (_, 0) => Some(UTF_16BE),
        (first, second) => Some(if second > first { UTF_16LE } else { UTF_16BE }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "名前,アドレス\r\n本店①,10.0.0.1\r\n";

    fn utf_16(text: &str, big: bool) -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn each_encoding_is_told_with_its_mark_and_without() {
        let with = |mark: &str, big| utf_16(&format!("{mark}{TEXT}"), big);
        for (bytes, encoding) in [
            (TEXT.as_bytes().to_vec(), CsvEncoding::Utf8),
            (format!("\u{FEFF}{TEXT}").into_bytes(), CsvEncoding::Utf8),
            (with("\u{FEFF}", false), CsvEncoding::Utf16),
            (with("\u{FEFF}", true), CsvEncoding::Utf16),
            (with("", false), CsvEncoding::Utf16),
            (with("", true), CsvEncoding::Utf16),
            (SHIFT_JIS.encode(TEXT).0.into_owned(), CsvEncoding::ShiftJis),
        ] {
            let (text, found) = decode(&bytes).unwrap();
            assert_eq!((text.as_str(), found), (TEXT, encoding));
        }
    }

    #[test]
    fn what_no_encoding_fits_is_refused() {
        assert_eq!(decode(&[0x41, 0xFF, 0xFE, 0x2C]).map(|_| ()), Err(CsvFault::Encoding));
        assert_eq!(decode(b"\xEF\xBB\xBF\xFF").map(|_| ()), Err(CsvFault::Encoding));
        assert_eq!(decode(b"a\0b,\0\0c").map(|_| ()), Err(CsvFault::Encoding), "no text");
    }
}
