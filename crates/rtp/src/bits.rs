//! Reads the syntax elements of H.264 and H.265 (section 7.2 and 9.1 or 9.2 of each).

/// Walks the bits of a NAL unit and leaves out the emulation prevention bytes (H.264 section 7.4.1, H.265 section 7.4.2.1).
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// The next byte.
    at: usize,
    /// Zero bytes before it.
    zeros: u8,
    byte: u8,
    /// Bits of `byte` that were not read yet.
    left: u8,
}

impl<'a> BitReader<'a> {
    /// `bytes`: a NAL unit after its header.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            zeros: 0,
            byte: 0,
            left: 0,
        }
    }

    /// One bit; `None` at the end.
    pub(super) fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            if self.zeros >= 2 && self.bytes.get(self.at) == Some(&3) {
                self.at += 1;
                self.zeros = 0;
            }
            self.byte = *self.bytes.get(self.at)?;
            self.at += 1;
            self.zeros = if self.byte == 0 {
                self.zeros.saturating_add(1)
            } else {
                0
            };
            self.left = 8;
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.bit()? == 1)
    }

    /// `u(count)` with at most 32 bits.
    pub(super) fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |value, _| Some(value << 1 | self.bit()?))
    }

    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(drop))
    }

    /// `ue(v)`: at most 32 leading zeros.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 32 {
                return None;
            }
        }
        let rest = (0..zeros).try_fold(0_u64, |value, _| Some(value << 1 | u64::from(self.bit()?)))?;
        u32::try_from((1_u64 << zeros) - 1 + rest).ok()
    }

    /// `se(v)`.
    pub(super) fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 0 { -code / 2 } else { (code + 1) / 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_golomb_codes_are_read_as_in_table_9_2() {
        // 1 010 011 00100 00101 00110 00111
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1001_1000, 0b1110_0000]);
        let read: Vec<_> = (0..7).map_while(|_| reader.ue()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4, 5, 6]);
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let read: Vec<_> = (0..5).map_while(|_| reader.se()).collect();
        assert_eq!(read, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn emulation_prevention_bytes_are_no_part_of_the_syntax() {
        let mut reader = BitReader::new(&[0, 0, 3, 1, 0, 0, 3, 0]);
        let read: Vec<_> = std::iter::from_fn(|| reader.bits(8)).collect();
        assert_eq!(read, [0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn the_end_is_none_and_the_largest_code_fits() {
        assert_eq!(BitReader::new(&[]).bit(), None);
        assert_eq!(BitReader::new(&[0; 3]).ue(), None);
        assert_eq!(BitReader::new(&[0; 9]).ue(), None);
        let most = [0, 0, 0, 0, 0x80, 0, 0, 0, 0];
        assert_eq!(BitReader::new(&most).ue(), Some(u32::MAX));
        let too_much = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(BitReader::new(&too_much).ue(), None);
    }
}
