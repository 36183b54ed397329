//! RTCP packets (RFC 3550 §6): what is read of a device's, and the receiver reports that are sent to it.

use bytes::{BufMut as _, Bytes, BytesMut};

/// What a compound packet of a device says that matters to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcpItem {
    /// A sender report (RFC 3550 §6.4.1): who sends, and the middle 32 bits of its NTP time, which a receiver report repeats.
    SenderReport { ssrc: u32, middle: u32 },
    /// The source has left (RFC 3550 §6.6).
    Bye { ssrc: u32 },
}

/// One reception report block (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// Whose packets were received.
    pub ssrc: u32,
    /// Of the packets since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Since the beginning; where packets came twice it may be negative. Held to 24 bits.
    pub cumulative_lost: i32,
    /// The highest sequence number, extended by how often the numbers began anew.
    pub highest_sequence: u32,
    /// Interarrival jitter, in units of the RTP clock.
    pub jitter: u32,
    /// The middle 32 bits of the last sender report's NTP time; 0: none came.
    pub last_sender_report: u32,
    /// Since then, in 1/65536 s.
    pub delay: u32,
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;
/// Sources that one BYE may name (its count has five bits).
const SOURCES: usize = 31;

/// Reads a compound packet as far as it is one. Each step takes four bytes at least, so that the work is bounded by the length.
pub fn rtcp_items(packet: &[u8]) -> impl Iterator<Item = RtcpItem> {
    parts(packet).flat_map(|(kind, count, body)| {
        let sender = (kind == SENDER_REPORT)
            .then(|| word(body, 0).zip(word(body, 6)))
            .flatten()
            .map(|(ssrc, middle)| RtcpItem::SenderReport { ssrc, middle });
        let left = if kind == BYE { count.min(SOURCES) } else { 0 };
        let byes = (0..left).filter_map(move |index| word(body, index * 4));
        sender.into_iter().chain(byes.map(|ssrc| RtcpItem::Bye { ssrc }))
    })
}

/// The packets of a compound packet: type, count and what follows the head.
fn parts(packet: &[u8]) -> impl Iterator<Item = (u8, usize, &[u8])> {
    let mut rest = packet;
    std::iter::from_fn(move || {
        let (head, _) = rest.split_first_chunk::<4>()?;
        // Version 2 (RFC 3550 §6.4.1); anything else is no RTCP.
        if head[0] >> 6 != 2 {
            return None;
        }
        let length = 4 * (1 + usize::from(u16::from_be_bytes([head[2], head[3]])));
        // A packet that states too much is read as far as it goes.
        let (part, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        Some((head[1], usize::from(head[0] & 0x1f), part.get(4..).unwrap_or_default()))
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

/// A compound packet with a receiver report and the CNAME of who reports (RFC 3550 §6.1, §6.4.2, §6.5). Without a block it says
/// that nothing was received yet.
#[must_use]
pub fn receiver_report(reporter: u32, block: Option<ReportBlock>, cname: &str) -> Bytes {
    let mut out = BytesMut::with_capacity(80);
    let count = u8::from(block.is_some());
    out.put_slice(&[0x80 | count, RECEIVER_REPORT]);
    out.put_u16(1 + 6 * u16::from(count));
    out.put_u32(reporter);
    if let Some(block) = block {
        out.put_u32(block.ssrc);
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) & 0xff_ffff;
        out.put_u32(u32::from(block.fraction_lost) << 24 | lost.unsigned_abs());
        out.put_u32(block.highest_sequence);
        out.put_u32(block.jitter);
        out.put_u32(block.last_sender_report);
        out.put_u32(block.delay);
    }
    let name = &cname.as_bytes()[..cname.len().min(255)];
    // One chunk: source, item, and one to four zero bytes up to the next word.
    let chunk = (4 + 2 + name.len()) / 4 + 1;
    out.put_slice(&[0x81, DESCRIPTION]);
    out.put_u16(u16::try_from(chunk).unwrap_or_default());
    out.put_u32(reporter);
    out.put_slice(&[CNAME, u8::try_from(name.len()).unwrap_or_default()]);
    out.put_slice(name);
    out.put_bytes(0, chunk * 4 - (4 + 2 + name.len()));
    out.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_receiver_report_has_every_field_in_its_place() {
        let block = ReportBlock {
            ssrc: 0x0102_0304,
            fraction_lost: 0x40,
            cumulative_lost: -2,
            highest_sequence: 0x0001_ffff,
            jitter: 7,
            last_sender_report: 0xaabb_ccdd,
            delay: 0x0002_8000,
        };
        let packet = receiver_report(0x1111_2222, Some(block), "ab");
        let expected = [
            &[
                0x81, 201, 0, 7, 0x11, 0x11, 0x22, 0x22, 1, 2, 3, 4, 0x40, 0xff, 0xff, 0xfe,
            ][..],
            &[0, 1, 0xff, 0xff, 0, 0, 0, 7, 0xaa, 0xbb, 0xcc, 0xdd, 0, 2, 0x80, 0],
            &[0x81, 202, 0, 3, 0x11, 0x11, 0x22, 0x22, 1, 2, b'a', b'b', 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(&packet[..], expected);
        let empty = receiver_report(1, None, "abc");
        assert_eq!(&empty[..8], [0x80, 201, 0, 1, 0, 0, 0, 1]);
        assert_eq!(
            &empty[8..],
            [0x81, 202, 0, 3, 0, 0, 0, 1, 1, 3, b'a', b'b', b'c', 0, 0, 0]
        );
    }

    #[test]
    fn sender_reports_and_farewells_are_found_in_a_compound_packet() {
        let report = [
            &[0x80, 200, 0, 6, 0, 0, 0, 9][..],
            &[0x11, 0x11, 0xaa, 0xbb, 0xcc, 0xdd, 0x22, 0x22],
            &[0; 12],
        ]
        .concat();
        let other = [0x80, 210, 0, 0];
        let bye = [0x82, 203, 0, 2, 0, 0, 0, 9, 0, 0, 0, 10];
        let items: Vec<_> = rtcp_items(&[&report[..], &other, &bye].concat()).collect();
        let sender = RtcpItem::SenderReport {
            ssrc: 9,
            middle: 0xaabb_ccdd,
        };
        assert_eq!(items, [sender, RtcpItem::Bye { ssrc: 9 }, RtcpItem::Bye { ssrc: 10 }]);
        assert_eq!(rtcp_items(&report[..15]).count(), 1, "cut off behind what matters");
        assert_eq!(rtcp_items(&report[..13]).count(), 0);
        assert_eq!(rtcp_items(&[0x9f, 203, 0xff, 0xff, 0, 0, 0, 9]).count(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_in_bounded_work(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            prop_assert!(parts(&bytes).count() <= bytes.len() / 4 + 1);
            prop_assert!(rtcp_items(&bytes).count() <= bytes.len() / 4 + 1);
        }

        #[test]
        fn what_is_sent_is_well_formed(name in "[a-f0-9]{0,300}", block: bool) {
            let packet = receiver_report(7, block.then(ReportBlock::default), &name);
            prop_assert_eq!(packet.len() % 4, 0);
            prop_assert_eq!(parts(&packet).map(|(kind, ..)| kind).collect::<Vec<_>>(), [201, 202]);
            prop_assert_eq!(packet.last(), Some(&0));
        }
    }
}
