//! Network abstraction layer units of a byte stream (H.264 and H.265, Annex B).

use memchr::memmem;

/// The units between the start codes, without the zeros that fill up to the next one.
pub fn units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut starts = memmem::find_iter(bytes, &[0, 0, 1]).map(|at| at + 3).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()?;
        let end = starts.peek().map_or(bytes.len(), |next| next - 3);
        let unit = bytes.get(start..end).unwrap_or_default();
        let length = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Some(&unit[..length])
    })
    .filter(|unit| !unit.is_empty())
}

/// The same units, each behind its length in four bytes (ISO/IEC 14496-15 section 5.3.2).
pub(super) fn with_lengths(bytes: &[u8]) -> Vec<u8> {
    let mut sample = Vec::with_capacity(bytes.len() + 8);
    for unit in units(bytes) {
        let length = u32::try_from(unit.len()).unwrap_or(u32::MAX);
        sample.extend_from_slice(&length.to_be_bytes());
        sample.extend_from_slice(unit);
    }
    sample
}

/// A unit without the bytes that keep start codes out of it (`emulation_prevention_three_byte`).
pub(super) fn payload(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_behind_long_and_short_start_codes() {
        let bytes = [9, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4, 0];
        let found: Vec<&[u8]> = units(&bytes).collect();
        assert_eq!(found, [&[0x67, 1, 2][..], &[0x68, 3], &[0x65, 4]]);
        assert_eq!(with_lengths(&bytes)[..7], [0, 0, 0, 3, 0x67, 1, 2]);
        assert_eq!(payload(&[1, 0, 0, 3, 1, 0, 0, 3]), [1, 0, 0, 1, 0, 0]);
    }
}
