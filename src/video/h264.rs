//! Reads H.264 before it is decoded, for decoders that have no parser before them. Pictures have the form `avc`: each
//! NAL unit follows its length in four bytes (ISO/IEC 14496-15, section 5.3.4).

use h264_reader::avcc::AvcDecoderConfigurationRecord;
use h264_reader::nal::sps::{FrameMbsFlags, SeqParameterSet, SpsError};
use h264_reader::nal::{Nal as _, RefNal};
use h264_reader::rbsp::{BitRead as _, BitReader};

const LENGTH: usize = 4;

/// Pixels of a macroblock.
const MACROBLOCK: u64 = 16 * 16;

/// How many pixels the decoder takes memory for, by the `codec_data` of caps; `None`: its parameter sets do not tell.
pub(super) fn pixels(codec_data: &[u8]) -> Option<u64> {
    let record = AvcDecoderConfigurationRecord::try_from(codec_data).ok()?;
    let sets = record.sequence_parameter_sets().flatten();
    sets.filter_map(pixels_of).max()
}

fn pixels_of(set: &[u8]) -> Option<u64> {
    match SeqParameterSet::from_bits(RefNal::new(set, &[], true).rbsp_bits()) {
        Ok(set) => {
            let units = u64::from(set.pic_width_in_mbs()) * u64::from(set.pic_height_in_map_units());
            let fields = if matches!(set.frame_mbs_flags, FrameMbsFlags::Frames) {
                1
            } else {
                2
            };
            Some(units * fields * MACROBLOCK)
        }
        // The picture is larger than its level allows. Cameras send this too, so that only the size counts.
        Err(SpsError::FieldValueTooLarge {
            name: "pic_size_in_map_units",
            value,
        }) => Some(u64::from(value) * MACROBLOCK),
        Err(_) => None,
    }
}

/// Whether decoding can begin with this access unit: its first slice refers to no other picture. Encoders with open groups of
/// pictures or recovery points send I pictures that are no IDR pictures.
pub(super) fn is_intra(mut unit: &[u8]) -> bool {
    while let Some((length, rest)) = unit.split_first_chunk::<LENGTH>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((nal, rest)) = rest.split_at_checked(length) else {
            return false;
        };
        unit = rest;
        match nal.first().map(|header| header & 0x1f) {
            // Section 7.4.1: a slice of an IDR picture.
            Some(5) => return true,
            // Another slice, or its first partition: `first_mb_in_slice`, then `slice_type` (section 7.3.3).
            Some(1 | 2) => {
                let mut bits = BitReader::new(&nal[1..]);
                let slice_type = bits
                    .read_ue("first_mb_in_slice")
                    .and_then(|_| bits.read_ue("slice_type"));
                // I and SI, of this slice or of all of the picture (table 7-6).
                return slice_type.is_ok_and(|kind| matches!(kind % 5, 2 | 4));
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `codec_data` for one sequence parameter set and no picture parameter set.
    fn record(set: &[u8]) -> Vec<u8> {
        let mut record = vec![1, set[1], set[2], set[3], 0xff, 0xe1, 0, set.len() as u8];
        record.extend_from_slice(set);
        record.push(0);
        record
    }

    #[test]
    fn the_size_is_known_before_anything_is_decoded_whatever_the_level_says() {
        let set = [0x67, 66, 0, 40, 0xda, 0x02, 0x80, 0x51, 0x90];
        assert_eq!(pixels(&record(&set)), Some(640 * 640));
        // 1000 × 1000 macroblocks.
        let set = [0x67, 66, 0, 40, 0xda, 0x00, 0x3e, 0x80, 0x07, 0xd1, 0x90];
        assert_eq!(pixels(&record(&set)), Some(16_000 * 16_000));
        for nonsense in [&[][..], &[1; 6], &record(&[0x67, 66, 0, 40]), &[0xff; 40]] {
            assert_eq!(pixels(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn decoding_begins_with_an_intra_picture() {
        let (sei, idr) = ([0, 0, 0, 2, 0x06, 0x80], [0, 0, 0, 2, 0x65, 0x88]);
        let (intra, predicted) = ([0, 0, 0, 2, 0x41, 0x88], [0, 0, 0, 2, 0x41, 0x98]);
        assert!(is_intra(&idr) && is_intra(&intra));
        assert!(is_intra(&[sei, intra].concat()));
        assert!(!is_intra(&predicted) && !is_intra(&[sei, predicted, idr].concat()));
        for torn in [
            &[][..],
            &idr[..3],
            &idr[..5],
            &[0, 0, 0, 1, 0x41],
            &[0, 0, 0, 0],
            &[0xff; 9],
            &sei,
        ] {
            assert!(!is_intra(torn), "{torn:?}");
        }
    }
}
