//! What recorders do to RTP packets that are right at first.

use super::script::Habit;

/// One stream's habit and what it remembers.
pub struct Habits {
    habit: Habit,
    fps: u32,
    picture: u32,
    /// The next sequence number, where the habit counts by itself.
    number: u16,
}

impl Habits {
    pub fn new(habit: Habit, fps: u32) -> Self {
        Self {
            habit,
            fps,
            picture: 0,
            number: 0,
        }
    }

    /// The packets of one picture as this recorder sends them.
    pub fn apply(&mut self, mut packets: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let number = self.picture;
        self.picture += 1;
        match self.habit {
            Habit::None => {}
            Habit::OneUnit { h265 } => packets = self.one_unit(&packets, h265),
            Habit::MarkerOnEverySlice => mark_every_unit(&mut packets),
            Habit::TimeStandsStill => set_time(&mut packets, 4_711),
            Habit::TimeStepsBack => set_time(&mut packets, 0_u32.wrapping_sub(number * 6_000)),
            Habit::TimeJumps => set_time(&mut packets, number.wrapping_mul(0x9e37_79b9)),
            Habit::NumbersBeginAnew => {
                if number.is_multiple_of(3 * self.fps) {
                    self.number = 0;
                }
                self.renumber(&mut packets, 1);
            }
            Habit::NumbersOfTwoTracks => {
                self.renumber(&mut packets, 1);
                // Sound that was not set up took the next two.
                self.number = self.number.wrapping_add(2);
            }
            Habit::PaddingBit => packets.iter_mut().for_each(|packet| packet[0] |= 0x20),
            Habit::LosesAPacket { picture } => {
                if number == picture {
                    packets.remove(1);
                }
            }
            Habit::LeavesOutAPicture { picture } => {
                if number == picture {
                    packets.clear();
                }
                self.renumber(&mut packets, 1);
            }
            Habit::NoRecoveryPoints => {
                packets.retain(|packet| packet[12] & 0x1f != 6);
                self.renumber(&mut packets, 1);
            }
            Habit::SaysHuge { from, until } => {
                if (from..until).contains(&number) {
                    packets.iter_mut().for_each(say_huge);
                }
            }
            Habit::OnvifExtension { width, height } => {
                packets = packets
                    .iter()
                    .map(|packet| with_frame_header(packet, width, height))
                    .collect();
            }
        }
        packets
    }

    fn renumber(&mut self, packets: &mut [Vec<u8>], step: u16) {
        for packet in packets {
            packet[2..4].copy_from_slice(&self.number.to_be_bytes());
            self.number = self.number.wrapping_add(step);
        }
    }

    /// All units of a picture with start codes between them, as one unit in fragments (RFC 6184, 5.8; RFC 7798, 4.4.3).
    fn one_unit(&mut self, packets: &[Vec<u8>], h265: bool) -> Vec<Vec<u8>> {
        let units = if h265 {
            units_of_h265(packets)
        } else {
            units_of_h264(packets)
        };
        let joined = units.join(&[0, 0, 0, 1][..]);
        let header = if h265 { 2 } else { 1 };
        let chunks: Vec<&[u8]> = joined[header..].chunks(997).collect();
        let count = chunks.len();
        let pack = |(index, chunk): (usize, &&[u8])| {
            let flags = u8::from(index == 0) << 7 | u8::from(index + 1 == count) << 6;
            let mut packet = packets[0][..12].to_vec();
            packet[1] = packet[1] & 0x7f | u8::from(index + 1 == count) << 7;
            packet[2..4].copy_from_slice(&self.number.to_be_bytes());
            self.number = self.number.wrapping_add(1);
            if h265 {
                packet.extend([joined[0] & 0x81 | 49 << 1, joined[1], flags | joined[0] >> 1 & 0x3f]);
            } else {
                packet.extend([joined[0] & 0xe0 | 28, flags | joined[0] & 0x1f]);
            }
            packet.extend_from_slice(chunk);
            packet
        };
        chunks.iter().enumerate().map(pack).collect()
    }
}

/// Puts a set that says 16000×16000 in the place of a sequence parameter set.
fn say_huge(packet: &mut Vec<u8>) {
    const HUGE: [u8; 11] = [0x67, 66, 0, 40, 0xda, 0x00, 0x3e, 0x80, 0x07, 0xd1, 0x90];
    if packet[12] & 0x1f == 7 {
        packet.truncate(12);
        packet.extend(HUGE);
    }
}

fn set_time(packets: &mut [Vec<u8>], time: u32) {
    for packet in packets {
        packet[4..8].copy_from_slice(&time.to_be_bytes());
    }
}

/// On the last packet of every unit of H.264 or H.265.
fn mark_every_unit(packets: &mut [Vec<u8>]) {
    for packet in packets {
        let ends = match packet[12] & 0x1f {
            28 => packet[13] & 0x40 != 0,
            _ => true,
        };
        packet[1] = packet[1] & 0x7f | u8::from(ends) << 7;
    }
}

fn units_of_h264(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    for payload in packets.iter().map(|packet| &packet[12..]) {
        match payload[0] & 0x1f {
            24 => aggregated(&payload[1..], &mut units),
            28 if payload[1] & 0x80 != 0 => {
                units.push([&[payload[0] & 0xe0 | payload[1] & 0x1f], &payload[2..]].concat());
            }
            28 => units
                .last_mut()
                .expect("a first fragment")
                .extend_from_slice(&payload[2..]),
            _ => units.push(payload.to_vec()),
        }
    }
    units
}

fn units_of_h265(packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    for payload in packets.iter().map(|packet| &packet[12..]) {
        match payload[0] >> 1 & 0x3f {
            48 => aggregated(&payload[2..], &mut units),
            49 if payload[2] & 0x80 != 0 => {
                units.push(
                    [
                        &[payload[0] & 0x81 | (payload[2] & 0x3f) << 1, payload[1]],
                        &payload[3..],
                    ]
                    .concat(),
                );
            }
            49 => units
                .last_mut()
                .expect("a first fragment")
                .extend_from_slice(&payload[3..]),
            _ => units.push(payload.to_vec()),
        }
    }
    units
}

fn aggregated(mut rest: &[u8], units: &mut Vec<Vec<u8>>) {
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (unit, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        units.push(unit.to_vec());
        rest = after;
    }
}

/// The frame header of a JPEG picture in the RTP header extension of its first packet (ONVIF streaming specification, 5.1.4),
/// and no size in the packets.
fn with_frame_header(packet: &[u8], width: u16, height: u16) -> Vec<u8> {
    let (header, payload) = packet.split_at(12);
    let mut made = header.to_vec();
    if payload[1..4] == [0; 3] {
        made[0] |= 0x10;
        let luma = if payload[4] & 0x3f == 1 { 0x22 } else { 0x21 };
        let mut segments = vec![0xff, 0xc0, 0, 17, 8];
        segments.extend(height.to_be_bytes());
        segments.extend(width.to_be_bytes());
        segments.extend([3, 1, luma, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff]);
        made.extend([0xff, 0xd8]);
        made.extend((segments.len() as u16 / 4).to_be_bytes());
        made.extend(segments);
    }
    made.extend_from_slice(payload);
    let at = made.len() - payload.len();
    made[at + 6..at + 8].fill(0);
    made
}
