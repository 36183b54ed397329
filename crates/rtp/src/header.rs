//! The RTP header (RFC 3550 section 5.1), as far as it can be believed.

use std::ops::Range;

/// What the header of one packet says, and where its payload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub number: u16,
    pub time: u32,
    /// The extension's identifier and its data (section 5.3.1).
    pub extension: Option<(u16, Range<usize>)>,
    pub payload: Range<usize>,
}

const FIXED: usize = 12;

/// What the contributing sources of earlier packets are worth.
#[derive(Debug, Default)]
struct Sources {
    last: Vec<u8>,
    /// How often in a row they were others than before.
    changes: u32,
    are_noise: bool,
}

/// So many packets in a row, each with other sources than the one before, have none: a mixer keeps its own for long.
const MOST_CHANGES: u32 = 3;

impl Sources {
    /// How many bytes of `packet` behind the fixed header are contributing sources, if `stated` of them are.
    fn length(&mut self, stated: usize, packet: &[u8]) -> usize {
        let Some(sources) = packet.get(FIXED..FIXED + stated).filter(|_| !self.are_noise) else {
            return 0;
        };
        let changed = !self.last.is_empty() && self.last != sources;
        self.changes = if changed { self.changes + 1 } else { 0 };
        self.are_noise = self.changes >= MOST_CHANGES;
        if self.last != sources {
            self.last = sources.to_vec();
        }
        if self.are_noise { 0 } else { stated }
    }
}

/// Reads headers of one track and remembers which of its bits are to be believed.
#[derive(Debug, Default)]
pub(super) struct HeaderReader {
    /// The padding bit was set once where there was no padding.
    padding_is_noise: bool,
    /// The extension bit was set once where there was no extension.
    extension_is_noise: bool,
    sources: Sources,
}

impl HeaderReader {
    /// `None`: no RTP packet of version 2. Contributing sources, an extension or padding that would reach past the end of the
    /// packet are not there, whatever their bits say.
    pub(super) fn read(&mut self, packet: &[u8]) -> Option<Header> {
        let [first, second, n0, n1, t0, t1, t2, t3, ..] = *packet else {
            return None;
        };
        if first >> 6 != 2 || packet.len() < FIXED {
            return None;
        }
        let mut start = FIXED;
        start += self.sources.length(usize::from(first & 0x0f) * 4, packet);
        let mut extension = None;
        if first & 0x10 != 0
            && !self.extension_is_noise
            && let Some([id0, id1, l0, l1]) = packet[start..].first_chunk::<4>()
        {
            let data = start + 4;
            let end = data + usize::from(u16::from_be_bytes([*l0, *l1])) * 4;
            if end <= packet.len() {
                extension = Some((u16::from_be_bytes([*id0, *id1]), data..end));
                start = end;
            } else {
                self.extension_is_noise = true;
            }
        }
        let padding = if first & 0x20 != 0 {
            self.padding(&packet[start..])
        } else {
            0
        };
        Some(Header {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            number: u16::from_be_bytes([n0, n1]),
            time: u32::from_be_bytes([t0, t1, t2, t3]),
            extension,
            payload: start..packet.len() - padding,
        })
    }

    /// How many bytes at the end of `payload` are padding. Their last one counts them all; the others are zero in practice.
    fn padding(&mut self, payload: &[u8]) -> usize {
        let count = usize::from(payload.last().copied().unwrap_or_default());
        let is_padding = count > 0
            && count <= payload.len()
            && payload[payload.len() - count..payload.len() - 1]
                .iter()
                .all(|byte| *byte == 0);
        if !is_padding {
            self.padding_is_noise = true;
        }
        if self.padding_is_noise { 0 } else { count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![first, 0x80 | 96, 1, 2, 0, 0, 0, 7, 1, 2, 3, 4];
        packet.extend_from_slice(rest);
        packet
    }

    fn payload_of(packet: &[u8]) -> Vec<u8> {
        packet[HeaderReader::default().read(packet).unwrap().payload].to_vec()
    }

    #[test]
    fn the_fixed_header_is_read() {
        let header = HeaderReader::default().read(&packet(0x80, &[9, 9])).unwrap();
        assert!(header.marker);
        assert_eq!((header.payload_type, header.number, header.time), (96, 0x0102, 7));
        assert_eq!((header.payload, header.extension), (12..14, None));
    }

    #[test]
    fn sources_and_an_extension_are_stepped_over() {
        let with_source = packet(0x81, &[0, 0, 0, 1, 5]);
        assert_eq!(payload_of(&with_source), [5]);
        let with_both = packet(0x91, &[0, 0, 0, 1, 0xff, 0xd8, 0, 1, 1, 2, 3, 4, 5]);
        let header = HeaderReader::default().read(&with_both).unwrap();
        assert_eq!(header.extension, Some((0xffd8, 20..24)));
        assert_eq!(with_both[header.payload], [5]);
    }

    #[test]
    fn what_would_reach_past_the_packet_is_not_there() {
        assert_eq!(payload_of(&packet(0x8f, &[5, 6])), [5, 6]);
        assert_eq!(payload_of(&packet(0x90, &[0, 0, 0, 9, 5])), [0, 0, 0, 9, 5]);
        assert_eq!(payload_of(&packet(0x90, &[5])), [5]);
    }

    #[test]
    fn padding_is_taken_away_where_it_is_padding() {
        assert_eq!(payload_of(&packet(0xa0, &[5, 6, 0, 0, 3])), [5, 6]);
        assert_eq!(payload_of(&packet(0xa0, &[5, 6, 1])), [5, 6]);
        assert_eq!(payload_of(&packet(0xa0, &[0, 0, 3])), [0_u8; 0]);
    }

    #[test]
    fn a_padding_bit_without_padding_is_noise_and_stays_so() {
        for noise in [&[5, 6, 0][..], &[5, 6, 9], &[5, 6, 3]] {
            let mut reader = HeaderReader::default();
            assert_eq!(reader.read(&packet(0xa0, noise)).unwrap().payload, 12..15, "{noise:?}");
            assert_eq!(reader.read(&packet(0xa0, &[5, 1])).unwrap().payload, 12..14);
        }
        assert_eq!(payload_of(&packet(0xa0, &[])), [0_u8; 0]);
    }

    #[test]
    fn an_extension_bit_without_an_extension_is_noise_and_stays_so() {
        let mut reader = HeaderReader::default();
        assert_eq!(
            reader.read(&packet(0x90, &[0x7c, 0x85, 9, 9, 9])).unwrap().payload,
            12..17
        );
        // These bytes could be an extension without data.
        assert_eq!(
            reader.read(&packet(0x90, &[0x41, 0x9a, 0, 0, 9])).unwrap().payload,
            12..17
        );
    }

    #[test]
    fn a_count_of_sources_without_sources_is_noise_and_stays_so() {
        let mut reader = HeaderReader::default();
        let payload = |reader: &mut HeaderReader, byte| reader.read(&packet(0x81, &[byte; 9])).unwrap().payload;
        let first: Vec<_> = (0..4).map(|byte| payload(&mut reader, byte).start).collect();
        assert_eq!(first, [16, 16, 16, 12]);
        assert_eq!(payload(&mut reader, 3).start, 12);
    }

    #[test]
    fn a_mixer_s_sources_may_change_now_and_then() {
        let mut reader = HeaderReader::default();
        for byte in [1, 1, 2, 3, 3, 4, 5, 5] {
            assert_eq!(reader.read(&packet(0x81, &[byte; 9])).unwrap().payload, 16..21);
        }
    }

    #[test]
    fn what_is_no_rtp_is_none() {
        for bytes in [&[][..], &[0x80; 11], &packet(0x40, &[1])] {
            assert_eq!(HeaderReader::default().read(bytes), None);
        }
    }
}
