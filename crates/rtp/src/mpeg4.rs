//! RTP payload format for MPEG-4 Visual (RFC 6416 section 5): the byte stream itself (ISO/IEC 14496-2), cut anywhere.

mod layer;

use std::time::Instant;

use super::access_unit::Discarded;
use super::assembler::{Arrival, Assembler, Gap};
use super::syntax::Slice;

/// Cuts the byte stream into pictures where their start codes say so.
#[derive(Debug)]
pub(super) struct Mpeg4 {
    pub pictures: Assembler,
    /// What a decoder must know before the first picture: of the SDP until the stream brings its own.
    config: Vec<u8>,
    /// The last bytes of the packet before, where a start code may have been cut through.
    carried: Vec<u8>,
    part: Part,
    /// The configuration was put before a picture of this packet; once a packet is enough.
    inserted: bool,
    /// Bytes looked at.
    pub work: u64,
}

/// What the bytes that come belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// Nothing that is kept: its beginning is missing.
    #[default]
    Nothing,
    /// What stands before a picture. `layer`: among it is the header of a video object layer.
    Opening {
        layer: bool,
    },
    Picture,
}

/// A start code and its type.
const CODE: usize = 4;
/// Types of start codes (table 6-3).
const LAYER: std::ops::RangeInclusive<u8> = 0x20..=0x2f;
const SEQUENCE: u8 = 0xb0;
const SEQUENCE_END: u8 = 0xb1;
const GROUP: u8 = 0xb3;
const OBJECT: u8 = 0xb5;
const PICTURE: u8 = 0xb6;

/// The longest configuration that is kept, in bytes; real ones have about 50.
const LONGEST_CONFIG: usize = 1_024;

impl Mpeg4 {
    pub(super) fn new(fmtp: &[(String, String)], now: Instant) -> Self {
        let stated = fmtp.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("config"));
        let config = stated.and_then(|(_, value)| bytes_of(value)).unwrap_or_default();
        let mut pictures = Assembler::new(&[], now).of_packets();
        pictures.format = layer::format(&config);
        Self {
            pictures,
            config,
            carried: Vec::new(),
            part: Part::Nothing,
            inserted: false,
            work: 0,
        }
    }

    pub(super) fn restart(&mut self, now: Instant) {
        self.carried.clear();
        self.part = Part::Nothing;
        self.pictures.restart(now);
    }

    /// Bytes held beside the pictures.
    pub(super) fn buffered(&self) -> usize {
        self.config.len() + self.carried.len()
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> &[u8] {
        &self.config
    }

    pub(super) fn read(&mut self, payload: &[u8], arrival: &mut Arrival) {
        let mut gap = std::mem::replace(&mut arrival.gap, Gap::None);
        if gap == Gap::Likely && !payload.starts_with(&[0, 0, 1]) {
            // It goes on with what the missing packets began or held a part of.
            (gap, arrival.torn) = (Gap::Believed, true);
        }
        self.pictures.gap(gap);
        if gap == Gap::Believed {
            self.carried.clear();
        }
        self.work += payload.len() as u64;
        self.inserted = false;
        let joined;
        let bytes = if self.carried.is_empty() {
            payload
        } else {
            self.carried.extend_from_slice(payload);
            joined = std::mem::take(&mut self.carried);
            &joined
        };
        let kept = if arrival.marker { 0 } else { cut_code(bytes) };
        let (bytes, cut) = bytes.split_at(bytes.len() - kept);
        let mut begin = 0;
        let mut code = None;
        for at in memchr::memmem::find_iter(bytes, &[0, 0, 1]) {
            if let Some(&next) = bytes.get(at + 3) {
                self.take(code, &bytes[begin..at], arrival);
                (begin, code) = (at, Some(next));
            }
        }
        self.take(code, &bytes[begin..], arrival);
        self.carried.extend_from_slice(cut);
        if self.part == Part::Picture {
            self.pictures.packet_done(arrival);
        }
    }

    /// Takes bytes up to the next start code. `code`: of the one that they begin with; without one they go on with what came before.
    fn take(&mut self, code: Option<u8>, bytes: &[u8], arrival: &mut Arrival) {
        match code {
            None if bytes.is_empty() => {}
            None => self.go_on(bytes, arrival),
            Some(PICTURE) => self.begin(bytes, arrival),
            Some(SEQUENCE_END) => self.pictures.counts.discard(Discarded::Filler),
            Some(code) => self.open(code, bytes, arrival),
        }
    }

    /// A picture begins.
    fn begin(&mut self, bytes: &[u8], arrival: &Arrival) {
        // `vop_coding_type` 0 is I (section 6.3.5).
        let intra = bytes.get(CODE).is_some_and(|byte| byte >> 6 == 0);
        let has_layer = matches!(self.part, Part::Opening { layer: true });
        if has_layer {
            self.learn_config();
        }
        let lacks_config = intra && !has_layer && !std::mem::replace(&mut self.inserted, true);
        self.pictures.first_slice(
            Slice {
                first: true,
                random_access: intra,
                intra,
            },
            arrival,
        );
        if lacks_config {
            self.work += self.config.len() as u64;
            self.pictures.insert(self.config.clone(), 0);
        }
        self.part = Part::Picture;
        self.extend(bytes);
    }

    /// What stands before a picture begins or goes on.
    fn open(&mut self, code: u8, bytes: &[u8], arrival: &Arrival) {
        let opens = matches!(code, 0..=0x2f | SEQUENCE | GROUP | OBJECT);
        match self.part {
            Part::Picture | Part::Nothing if opens => self.part = Part::Opening { layer: false },
            // User data and the like belong to what they follow.
            Part::Nothing => return,
            Part::Picture | Part::Opening { .. } => {}
        }
        if let Part::Opening { layer } = &mut self.part {
            *layer |= LAYER.contains(&code);
            self.pictures.opening_unit(arrival.now);
        }
        self.extend(bytes);
    }

    /// Bytes that begin with no start code.
    fn go_on(&mut self, bytes: &[u8], arrival: &mut Arrival) {
        let kept = match self.part {
            Part::Picture => {
                let further = Slice {
                    first: false,
                    random_access: true,
                    intra: true,
                };
                self.pictures.further_slice(further, arrival)
            }
            Part::Opening { .. } => true,
            Part::Nothing => {
                self.pictures.damage();
                self.pictures.counts.discard(Discarded::Headless);
                false
            }
        };
        if kept {
            self.extend(bytes);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        if !self.pictures.extend(bytes) {
            self.part = Part::Nothing;
        } else if self.part == Part::Picture {
            self.pictures.close_unit();
        }
    }

    /// What stands before the picture that begins is a configuration from now on, without the header of a group.
    fn learn_config(&mut self) {
        let opening = self.pictures.opening_bytes();
        let group = memchr::memmem::find(opening, &[0, 0, 1, GROUP]);
        let config = &opening[..group.unwrap_or(opening.len())];
        self.work += 2 * opening.len().min(LONGEST_CONFIG) as u64;
        if config.len() > LONGEST_CONFIG {
            self.pictures.counts.discard(Discarded::SurplusSet);
            return;
        }
        if config != self.config {
            self.config = config.to_vec();
            let format = layer::format(&self.config);
            let changed = self.pictures.format != format;
            self.pictures.format = format.or(self.pictures.format);
            self.pictures.note_format(changed);
        }
    }
}

/// How many bytes at the end may be a start code that was cut through, or one whose picture type has not come.
fn cut_code(bytes: &[u8]) -> usize {
    let begins: [&[u8]; 4] = [&[0, 0, 1, PICTURE], &[0, 0, 1], &[0, 0], &[0]];
    begins
        .iter()
        .find(|begin| bytes.ends_with(begin))
        .map_or(0, |begin| begin.len())
}

/// The bytes that these hexadecimal digits stand for.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits
        .trim()
        .trim_matches('"')
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|two| (two[0] << 4 | two[1]) as u8).collect();
    (bytes.len() <= LONGEST_CONFIG && bytes.starts_with(&[0, 0, 1])).then_some(bytes)
}
