//! Which pictures a slice of H.265 names (ITU-T H.265, 08/2021, sections 7.3.7 and 7.4.8).

use crate::bits::BitReader;
use crate::references::{
    LongTerm, MOST_NAMED, Named, PictureForm, PictureHead, Place, SequenceForm, ShortTerm, ShortTermSet,
};

/// `num_short_term_ref_pic_sets` and `num_long_term_ref_pics_sps` (section 7.4.3.2.1).
const MOST_SETS: u32 = 64;
const MOST_LONG_TERM: u32 = 32;

/// `delta_poc_s0_minus1` and the like (section 7.4.8).
const FARTHEST: u32 = 1 << 15;

/// Section 7.3.2.2.1, behind the pictures that a decoder holds.
pub(super) fn sequence_form(bits: &mut BitReader<'_>, planes: bool, order_bits: u32) -> Option<SequenceForm> {
    if order_bits > 16 {
        return None;
    }
    // Sizes of blocks, and how deep they are divided.
    (0..6).try_for_each(|_| bits.ue().map(drop))?;
    if bits.flag()? && bits.flag()? {
        scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        (0..2).try_for_each(|_| bits.ue().map(drop))?;
        bits.skip(1)?;
    }
    let count = bits.ue().filter(|count| *count <= MOST_SETS)?;
    let mut short_term = Vec::new();
    for _ in 0..count {
        let set = short_term_set(bits, &short_term, false)?;
        short_term.push(set);
    }
    let long_term = if bits.flag()? {
        let count = bits.ue().filter(|count| *count <= MOST_LONG_TERM)?;
        Some((0..count).map(|_| long_term(bits, order_bits)).collect::<Option<_>>()?)
    } else {
        None
    };
    Some(SequenceForm {
        planes,
        order_bits,
        short_term,
        long_term,
    })
}

/// Section 7.3.4: the lists are stepped over.
fn scaling_lists(bits: &mut BitReader<'_>) -> Option<()> {
    for size in 0..4 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.flag()? {
                bits.ue()?;
                continue;
            }
            let first = u32::from(size > 1);
            let coefficients = 64.min(1 << (4 + 2 * size));
            (0..first + coefficients).try_for_each(|_| bits.se().map(drop))?;
        }
    }
    Some(())
}

fn long_term(bits: &mut BitReader<'_>, order_bits: u32) -> Option<LongTerm> {
    Some(LongTerm {
        order: bits.bits(order_bits)?,
        used: bits.flag()?,
    })
}

/// Section 7.3.7. `earlier`: the sets before it; `own`: it stands in a slice and not in a sequence parameter set.
fn short_term_set(bits: &mut BitReader<'_>, earlier: &[ShortTermSet], own: bool) -> Option<ShortTermSet> {
    if !earlier.is_empty() && bits.flag()? {
        return predicted_set(bits, earlier, own);
    }
    let (before, after) = (bits.ue()?, bits.ue()?);
    if u64::from(before) + u64::from(after) > MOST_NAMED as u64 {
        return None;
    }
    let mut side = |count, sign| {
        let mut distance = 0;
        (0..count)
            .map(|_| {
                distance += sign * step(bits)?;
                Some(ShortTerm {
                    distance,
                    used: bits.flag()?,
                })
            })
            .collect::<Option<Vec<_>>>()
    };
    Some(ShortTermSet {
        before: side(before, -1)?,
        after: side(after, 1)?,
    })
}

fn step(bits: &mut BitReader<'_>) -> Option<i32> {
    bits.ue().filter(|less| *less < FARTHEST).map(|less| less as i32 + 1)
}

/// The pictures of an earlier set, each as much farther, and the picture that this set is of itself (equations 7-61 and 7-62).
fn predicted_set(bits: &mut BitReader<'_>, earlier: &[ShortTermSet], own: bool) -> Option<ShortTermSet> {
    let back = if own { bits.ue()? as usize } else { 0 };
    let from = earlier.get(earlier.len().checked_sub(back.checked_add(1)?)?)?;
    let backwards = bits.flag()?;
    let shift = if backwards { -step(bits)? } else { step(bits)? };
    let distances = from.before.iter().chain(&from.after).map(|picture| picture.distance);
    let mut pictures = Vec::with_capacity(MOST_NAMED + 1);
    for distance in distances.chain([0]) {
        let used = bits.flag()?;
        if used || bits.flag()? {
            let distance = distance + shift;
            if distance.unsigned_abs() > FARTHEST {
                return None;
            }
            pictures.push(ShortTerm { distance, used });
        }
    }
    // The picture itself is not among those that it refers to.
    pictures.retain(|picture| picture.distance != 0);
    if pictures.len() > MOST_NAMED {
        return None;
    }
    pictures.sort_by_key(|picture| picture.distance.abs());
    let (before, after) = pictures.into_iter().partition(|picture| picture.distance < 0);
    Some(ShortTermSet { before, after })
}

/// Section 7.3.6.1, up to the references. `nal`: the first slice of a picture; `None`: it cannot be read with certainty.
pub(in crate::syntax) fn picture_head(
    nal: &[u8],
    sequence: &SequenceForm,
    picture: PictureForm,
) -> Option<PictureHead> {
    let [first, second, body @ ..] = nal else { return None };
    let (kind, temporal_id) = (first >> 1 & 0x3f, (second & 7).checked_sub(1)?);
    let mut bits = BitReader::new(body);
    if !bits.flag()? {
        return None;
    }
    if (16..=23).contains(&kind) {
        bits.skip(1)?;
    }
    bits.ue()?;
    bits.skip(picture.extra_bits)?;
    let intra = bits.ue().filter(|kind| *kind <= 2)? == 2;
    bits.skip(u32::from(picture.output_flag) + 2 * u32::from(sequence.planes))?;
    let mut head = PictureHead {
        kind,
        temporal_id,
        intra,
        order: 0,
        order_bits: sequence.order_bits,
        named: Vec::new(),
    };
    if matches!(kind, 19 | 20) {
        return Some(head);
    }
    head.order = bits.bits(sequence.order_bits)?;
    let explicit;
    let sets = &sequence.short_term;
    let set = if bits.flag()? {
        let at = bits.bits(width(sets.len()))?;
        sets.get(at as usize)?
    } else {
        explicit = short_term_set(&mut bits, sets, true)?;
        &explicit
    };
    head.named
        .extend(set.before.iter().chain(&set.after).map(|picture| Named {
            place: Place::Distance(picture.distance),
            used: picture.used,
        }));
    if let Some(listed) = &sequence.long_term {
        long_term_pictures(&mut bits, listed, sequence.order_bits, &mut head.named)?;
    }
    (head.named.len() <= MOST_NAMED).then_some(head)
}

fn long_term_pictures(
    bits: &mut BitReader<'_>,
    listed: &[LongTerm],
    order_bits: u32,
    named: &mut Vec<Named>,
) -> Option<()> {
    let by_list = if listed.is_empty() { 0 } else { bits.ue()? };
    let by_order = bits.ue()?;
    let count = by_list.checked_add(by_order).filter(|count| *count <= MOST_LONG_TERM)?;
    let mut back = 0;
    for index in 0..count {
        let picture = if index < by_list {
            let at = bits.bits(width(listed.len()))?;
            *listed.get(at as usize)?
        } else {
            long_term(bits, order_bits)?
        };
        // Rounds add up, apart for each of the two kinds (equation 7-52).
        if index == 0 || index == by_list {
            back = 0;
        }
        let low = picture.order;
        let place = if bits.flag()? {
            back += u64::from(bits.ue()?);
            Place::Rounds { low, back }
        } else {
            Place::Low(low)
        };
        named.push(Named {
            place,
            used: picture.used,
        });
    }
    Some(())
}

/// `Ceil(Log2(count))`.
fn width(count: usize) -> u32 {
    count.next_power_of_two().trailing_zeros()
}
