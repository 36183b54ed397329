//! The parameter sets of a track: those of the SDP until the stream brings its own.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::frame_numbers::FrameForm;
use super::picture_format::PictureFormat;
use super::references::{PictureForm, SequenceForm};
use super::syntax::{SetKind, SliceForm, Syntax};

/// The sets that are in force.
#[derive(Debug)]
pub(super) struct Sets {
    syntax: Syntax,
    held: Vec<Held>,
    /// The stream has sets that are not held: slices may mean others than these.
    surplus: bool,
}

#[derive(Debug)]
struct Held {
    kind: SetKind,
    id: u32,
    /// From the SDP, not from the stream.
    described: bool,
    nal: Vec<u8>,
    refers_to: Option<u32>,
    format: Option<PictureFormat>,
    form: Option<SliceForm>,
}

/// What became of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    Known,
    Changed,
    /// It is damaged, and not kept.
    Damaged,
    /// There are too many, or it is too large.
    Surplus,
}

pub(super) const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Of one set, and of all of them with their start codes, in bytes.
const LARGEST: usize = 2_048;
const MOST_BYTES: usize = 4_096;

/// Recorders have two to five.
const MOST_SETS: usize = 16;

/// Of the text of one SDP parameter, in bytes.
const LONGEST_TEXT: usize = 32 * 1024;

/// Recorders write it with and without padding, and with bits left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Sets {
    /// Takes the sets of `sprop-parameter-sets` (RFC 6184 section 8.1) or `sprop-vps`, `sprop-sps` and `sprop-pps` (RFC 7798
    /// section 7.1). One may hold several behind start codes; what is damaged is left out.
    pub(super) fn new(syntax: Syntax, fmtp: &[(String, String)]) -> Self {
        let mut sets = Self {
            syntax,
            held: Vec::new(),
            surplus: false,
        };
        let names: &[&str] = match syntax {
            Syntax::H264 => &["sprop-parameter-sets"],
            Syntax::H265 => &["sprop-vps", "sprop-sps", "sprop-pps"],
        };
        for (name, text) in fmtp {
            if !names.iter().any(|known| name.trim().eq_ignore_ascii_case(known)) || text.len() > LONGEST_TEXT {
                continue;
            }
            for word in text.split(',') {
                let text: Vec<u8> = word
                    .bytes()
                    .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'"')
                    .collect();
                let bytes = LENIENT.decode(text).unwrap_or_default();
                units(&bytes).for_each(|nal| {
                    sets.hold(nal, true);
                });
            }
        }
        sets
    }

    /// Takes note of a unit of the stream.
    pub(super) fn note(&mut self, nal: &[u8]) -> Noted {
        self.hold(nal, false)
    }

    fn hold(&mut self, nal: &[u8], described: bool) -> Noted {
        let super::syntax::Unit::Set(kind) = self.syntax.unit(nal) else {
            return Noted::Damaged;
        };
        let Some(set) = self.syntax.set(kind, nal) else {
            return Noted::Damaged;
        };
        if !described {
            // What the SDP said of this kind was a stand-in. Where it is the same set it stays known.
            self.held
                .retain(|held| !held.described || held.kind != kind || held.nal == nal);
        }
        let position = self.held.iter().position(|held| held.kind == kind && held.id == set.id);
        if let Some(at) = position {
            let held = &mut self.held[at];
            held.described &= described;
            if held.nal == nal {
                return Noted::Known;
            }
        }
        let others = self.held.iter().enumerate().filter(|(at, _)| Some(*at) != position);
        let bytes: usize = others.map(|(_, held)| held.nal.len() + START_CODE.len()).sum();
        let full = position.is_none() && self.held.len() >= MOST_SETS;
        if full || nal.len() > LARGEST || bytes + nal.len() + START_CODE.len() > MOST_BYTES {
            self.surplus |= !described;
            return Noted::Surplus;
        }
        let new = Held {
            kind,
            id: set.id,
            described,
            nal: nal.to_vec(),
            refers_to: set.refers_to,
            format: set.format,
            form: set.form,
        };
        match position {
            Some(at) => self.held[at] = new,
            None => self.held.push(new),
        }
        Noted::Changed
    }

    /// All sets of these kinds behind start codes, in the order in which a decoder wants them.
    pub(super) fn byte_stream(&self, kinds: impl Fn(SetKind) -> bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for &kind in self.syntax.kinds().iter().filter(|kind| kinds(**kind)) {
            for held in self.held.iter().filter(|held| held.kind == kind) {
                bytes.extend_from_slice(&START_CODE);
                bytes.extend_from_slice(&held.nal);
            }
        }
        bytes
    }

    /// Of the sequence parameter set that wants the most memory.
    pub(super) fn format(&self) -> Option<PictureFormat> {
        self.held
            .iter()
            .filter_map(|held| held.format)
            .max_by_key(|format| format.decoder_bytes)
    }

    /// Of the sequence parameter set that this picture parameter set refers to; `None`: one of them is not held.
    pub(super) fn format_of(&self, picture: u32) -> Option<PictureFormat> {
        let sequence = self.find(SetKind::Picture, picture)?.refers_to?;
        self.find(SetKind::Sequence, sequence)?.format
    }

    /// How slices of H.265 that refer to this picture parameter set begin; `None`: that is not known with certainty.
    pub(super) fn forms_of(&self, picture: u32) -> Option<(&SequenceForm, PictureForm)> {
        let picture = self.find(SetKind::Picture, picture).filter(|_| !self.surplus)?;
        let sequence = self.find(SetKind::Sequence, picture.refers_to?)?;
        match (&sequence.form, &picture.form) {
            (Some(SliceForm::Sequence(sequence)), Some(SliceForm::Picture(picture))) => Some((sequence, *picture)),
            _ => None,
        }
    }

    fn find(&self, kind: SetKind, id: u32) -> Option<&Held> {
        self.held.iter().find(|held| held.kind == kind && held.id == id)
    }

    /// How slices of H.264 write `frame_num`.
    pub(super) fn frame_form(&self) -> Option<FrameForm> {
        self.held.iter().find_map(|held| match held.form {
            Some(SliceForm::Frames(form)) => Some(form),
            _ => None,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.held.iter().map(|held| held.nal.len()).sum()
    }
}

/// The NAL units of a byte stream (Annex B), without the zeros that may follow each; what has no start code is one unit.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take()?;
        let end = memchr::memmem::find(bytes, &[0, 0, 1]);
        rest = end.map(|end| &bytes[end + 3..]);
        let nal = &bytes[..end.unwrap_or(bytes.len())];
        let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
        Some(&nal[..nal.len() - zeros])
    })
    .filter(|nal| !nal.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: [u8; 9] = [0x67, 66, 0, 40, 0xda, 0x02, 0x80, 0x51, 0x90];
    const PPS: [u8; 4] = [0x68, 0xce, 0x38, 0x80];

    fn described(text: &str) -> Sets {
        Sets::new(Syntax::H264, &[("sprop-parameter-sets".to_owned(), text.to_owned())])
    }

    fn encoded(bytes: &[u8]) -> String {
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    fn stream(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter()
            .flat_map(|nal| START_CODE.iter().chain(*nal).copied())
            .collect()
    }

    #[test]
    fn sets_of_the_sdp_are_known_with_their_size() {
        let sets = described(&format!("{}, {}", encoded(&SPS), encoded(&PPS)));
        assert_eq!(sets.byte_stream(|_| true), stream(&[&SPS, &PPS]));
        assert_eq!(sets.format().map(|format| format.pixels()), Some(640 * 640));
    }

    #[test]
    fn sets_behind_start_codes_in_one_word_are_split() {
        for begin in [&[][..], &[0, 0, 1], &[0, 0, 0, 1]] {
            let bytes = [begin, &SPS, &[0, 0, 0, 1], &PPS, &[0]].concat();
            assert_eq!(described(&encoded(&bytes)).byte_stream(|_| true), stream(&[&SPS, &PPS]));
        }
    }

    #[test]
    fn noise_in_the_sdp_is_left_out() {
        let sets = described(&format!(
            "!!!,,%%%,AAAA=,Z0I,{},====",
            encoded(&PPS).trim_end_matches('=')
        ));
        assert_eq!(sets.byte_stream(|_| true), stream(&[&PPS]));
        assert_eq!(sets.format(), None);
    }

    #[test]
    fn what_the_stream_brings_replaces_what_the_sdp_said() {
        let mut sets = described(&format!("{},{}", encoded(&SPS), encoded(&[0x68, 0x53])));
        assert_eq!(sets.note(&SPS), Noted::Known);
        assert_eq!(sets.note(&PPS), Noted::Changed);
        assert_eq!(sets.note(&PPS), Noted::Known);
        assert_eq!(sets.byte_stream(|_| true), stream(&[&SPS, &PPS]));
        assert_eq!(sets.note(&[0x67, 66]), Noted::Damaged);
        assert_eq!(sets.byte_stream(|kind| kind == SetKind::Picture), stream(&[&PPS]));
    }

    #[test]
    fn only_so_many_sets_and_bytes_are_kept() {
        let mut sets = described("");
        for id in 0..64_u8 {
            let mut set = vec![0x68, 0x80 | id];
            set.resize(300, 7);
            sets.note(&set);
        }
        assert!(sets.bytes() <= MOST_BYTES && sets.len() <= MOST_SETS);
        let mut large = PPS.to_vec();
        large.resize(LARGEST + 1, 7);
        assert_eq!(sets.note(&large), Noted::Surplus);
    }
}
