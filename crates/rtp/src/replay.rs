//! The extension of recorded pictures (ONVIF Streaming Specification, RTP header extension): the time of each frame, as the recorder
//! kept it.

use super::header::HeaderReader;

/// The identifier of the extension.
const REPLAY: u16 = 0xabac;

/// Seconds from the beginning of NTP's time (1900) to that of Unix (1970).
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// What a recorder says of the frame that a packet begins, or is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayStamp {
    /// When it was recorded, by the recorder's clock: milliseconds since 1970 in UTC.
    pub unix_ms: i64,
    /// A decoder can begin with it (C).
    pub clean: bool,
    /// It is the last one before a gap (E).
    pub ends: bool,
    /// It does not follow the one before (D).
    pub discontinuous: bool,
    /// It is the last one of the track (T).
    pub last: bool,
    /// The lowest byte of the `CSeq` of the PLAY that it belongs to.
    pub cseq: u8,
}

/// The stamp of an RTP packet; `None` where it has none. Another extension may follow in the same header.
#[must_use]
pub fn replay_stamp(packet: &[u8]) -> Option<ReplayStamp> {
    let header = HeaderReader::default().read(packet)?;
    let (id, range) = header.extension?;
    let data = packet.get(range)?;
    if id != REPLAY {
        return None;
    }
    let seconds = u32::from_be_bytes(*data.first_chunk()?);
    let fraction = u32::from_be_bytes(*data.get(4..)?.first_chunk()?);
    let [flags, cseq, ..] = *data.get(8..)? else {
        return None;
    };
    let millis = (i64::from(fraction) * 1_000) >> 32;
    Some(ReplayStamp {
        unix_ms: (i64::from(seconds) - NTP_TO_UNIX) * 1_000 + millis,
        clean: flags & 0x80 != 0,
        ends: flags & 0x40 != 0,
        discontinuous: flags & 0x20 != 0,
        last: flags & 0x10 != 0,
        cseq,
    })
}

/// The time of the RTP clock in a packet, and whether it is the last one of its picture.
#[must_use]
pub fn rtp_time(packet: &[u8]) -> Option<(u32, bool)> {
    let [first, second, _, _, time @ ..] = packet else {
        return None;
    };
    let time = u32::from_be_bytes(*time.first_chunk()?);
    (first >> 6 == 2 && packet.len() >= 12).then_some((time, second & 0x80 != 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamped(words: u16, data: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x90, 0x80 | 96, 0, 1, 0, 0, 0, 7, 1, 2, 3, 4, 0xab, 0xac];
        packet.extend(words.to_be_bytes());
        packet.extend_from_slice(data);
        packet.extend([0x65, 1, 2, 3]);
        packet
    }

    #[test]
    fn the_time_and_the_marks_are_read() {
        // 2026-11-28T09:00:00.5Z
        let seconds = u32::try_from(1_795_856_400 + NTP_TO_UNIX).unwrap();
        let mut data = seconds.to_be_bytes().to_vec();
        data.extend(0x8000_0000_u32.to_be_bytes());
        data.extend([0xa0, 9, 0, 0]);
        let stamp = replay_stamp(&stamped(3, &data)).unwrap();
        assert_eq!(stamp.unix_ms, 1_795_856_400_500);
        assert_eq!(
            (stamp.clean, stamp.ends, stamp.discontinuous, stamp.last),
            (true, false, true, false)
        );
        assert_eq!(stamp.cseq, 9);
        // A second extension behind it, of JPEG.
        data.extend([0xff, 0xd8, 0, 1, 0, 0, 0, 0]);
        assert_eq!(replay_stamp(&stamped(5, &data)), Some(stamp));
        assert_eq!(rtp_time(&stamped(5, &data)), Some((7, true)));
    }

    #[test]
    fn other_packets_have_none() {
        assert_eq!(replay_stamp(&[]), None);
        assert_eq!(replay_stamp(&stamped(2, &[0; 8])), None, "too short");
        assert_eq!(replay_stamp(&stamped(9, &[0; 12])), None, "shorter than it says");
        let mut other = stamped(3, &[0; 12]);
        other[12] = 0xbe;
        assert_eq!(replay_stamp(&other), None);
        assert_eq!(rtp_time(&[0x80, 0, 0, 0, 0, 0, 0, 7]), None);
    }

    proptest! {
        #[test]
        fn no_packet_ends_badly(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = replay_stamp(&bytes);
            let _ = rtp_time(&bytes);
        }
    }
}
