//! Pictures of H.265 that a recorder left out before it numbered the packets: what refers to them is not whole, and nothing else.

mod packetiser;

use std::time::{Duration, Instant};

use packetiser::Packetiser;
use packetiser::h265::{Form, Picture, Set, sorted};
use proptest::prelude::*;
use rtp::{Condition, Depacketizer, Format, TrackParameters};

const FRAME: Duration = Duration::from_millis(40);

/// The units of one picture, with the sets before it.
type Units = Vec<Vec<u8>>;

/// Plays the pictures that come; `numbered`: those that do not are missing in the numbers of packets, too. Returns which of those
/// that came are not whole.
fn not_whole(pictures: &[Units], comes: impl Fn(usize) -> bool, numbered: bool) -> Vec<usize> {
    let mut now = Instant::now();
    let parameters = TrackParameters {
        format: Format::H265,
        payload_type: 96,
        fmtp: &[],
        dimensions: None,
    };
    let mut track = Depacketizer::new(&parameters, now);
    let mut sender = Packetiser::new(Format::H265);
    let (mut sent, mut conditions) = (Vec::new(), Vec::new());
    for (index, units) in pictures.iter().enumerate() {
        let packets = if comes(index) || numbered {
            sender.fragments(units, 300)
        } else {
            Vec::new()
        };
        if comes(index) {
            sent.push(index);
            packets.iter().for_each(|packet| track.push(packet, now));
        }
        now += FRAME;
        track.poll(now);
        conditions.extend(std::iter::from_fn(|| track.next_unit()).map(|unit| unit.condition));
    }
    track.poll(now + Duration::from_secs(2));
    conditions.extend(std::iter::from_fn(|| track.next_unit()).map(|unit| unit.condition));
    assert_eq!(conditions.len(), sent.len(), "every picture that came comes out");
    let mut all = sent.into_iter().zip(conditions);
    std::iter::from_fn(|| all.find(|(_, condition)| *condition != Condition::Whole))
        .map(|(index, _)| index)
        .collect()
}

/// The pictures of a byte stream.
fn pictures_of(stream: &[u8]) -> Vec<Units> {
    let mut pictures: Vec<Units> = Vec::new();
    let mut opening = Vec::new();
    let mut rest = stream;
    while let Some(begin) = rest.windows(3).position(|bytes| bytes == [0, 0, 1]) {
        rest = &rest[begin + 3..];
        let end = rest
            .windows(3)
            .position(|bytes| bytes == [0, 0, 1])
            .unwrap_or(rest.len());
        let unit = &rest[..end];
        let unit = &unit[..unit.len() - unit.iter().rev().take_while(|byte| **byte == 0).count()];
        opening.push(unit.to_vec());
        if unit[0] >> 1 < 32 {
            pictures.push(std::mem::take(&mut opening));
        }
    }
    pictures
}

/// Of an encoder in common use: groups of 30 that are open, with pyramids of B pictures.
const OPEN: &[u8] = include_bytes!("streams/open-groups.h265");
/// Groups of 40 that are closed, with leading pictures that can be decoded, sub-layers, and up to four references.
const CLOSED: &[u8] = include_bytes!("streams/closed-groups.h265");

#[test]
fn of_an_encoder_s_streams_every_picture_is_whole_where_none_was_left_out() {
    for stream in [OPEN, CLOSED] {
        let pictures = pictures_of(stream);
        assert_eq!(pictures.len(), 110);
        assert_eq!(not_whole(&pictures, |_| true, false), Vec::<usize>::new());
    }
}

/// How many pictures another decoder makes differently where one is left out, by the number of the one.
#[test]
fn where_a_picture_was_left_out_as_many_are_not_whole_as_another_decoder_shows_wrong() {
    // An open group ends with the access point 86; 87 to 90 are shown before it and refer across it.
    let open = [
        (68, 21),
        (69, 20),
        (70, 0),
        (73, 16),
        (74, 15),
        (75, 0),
        (78, 11),
        (82, 7),
        (84, 0),
        (86, 23),
        (87, 3),
        (88, 0),
        (91, 18),
        (95, 14),
        (99, 10),
        (103, 6),
        (107, 2),
        (108, 0),
    ];
    let closed = [
        (68, 9),
        (70, 0),
        (72, 5),
        (76, 1),
        (78, 31),
        (79, 1),
        (80, 0),
        (81, 28),
        (83, 0),
        (86, 23),
        (93, 16),
        (97, 12),
        (99, 10),
        (103, 6),
        (106, 3),
        (107, 2),
        (108, 0),
    ];
    for (stream, left_out) in [(OPEN, &open[..]), (CLOSED, &closed)] {
        let pictures = pictures_of(stream);
        for (gone, wrong) in left_out {
            let found = not_whole(&pictures, |index| index != *gone, false);
            assert_eq!(found.len(), *wrong, "without {gone}: {found:?}");
            assert!(found.iter().all(|index| index > gone), "{gone}: {found:?}");
        }
    }
}

/// So early nothing is known of a recorder's numbers. Both together say it.
#[test]
fn a_gap_in_the_numbers_and_a_reference_that_never_came_are_a_loss_from_the_beginning_on() {
    let pictures = pictures_of(CLOSED);
    let found = not_whole(&pictures, |index| index != 5, true);
    assert_eq!(
        (found.first(), found.last()),
        (Some(&6), Some(&37)),
        "up to the next key frame: {found:?}"
    );
    assert_eq!(
        not_whole(&pictures, |index| index != 5, false),
        Vec::<usize>::new(),
        "one of them alone does not"
    );
}

/// Every picture refers to the one before, and to another one that the group never had.
fn sloppy(count: usize, group: usize, names: impl Fn(usize) -> Set) -> Vec<Units> {
    let form = Form {
        order_bits: 8,
        planes: false,
        output_flag: false,
        extra_bits: 0,
        sets: Vec::new(),
        long_term: None,
        scaling_lists: false,
        pulse_code: false,
        sub_layers: 0,
    };
    (0..count)
        .map(|index| {
            let order = index % group;
            let picture = Picture {
                kind: if order == 0 { 19 } else { 1 },
                temporal_id: 0,
                order: order as i64,
                short_term: if order == 0 { Vec::new() } else { names(order) },
                long_term: Vec::new(),
            };
            let mut units = if order == 0 {
                vec![form.sequence(), form.picture()]
            } else {
                Vec::new()
            };
            units.push(form.slice(&picture, 40));
            units
        })
        .collect()
}

#[test]
fn a_recorder_that_always_names_the_same_references_is_not_thought_to_leave_pictures_out_after_a_key_frame() {
    let always = |_| vec![(-1, true), (-2, true), (-4, true)];
    assert_eq!(
        not_whole(&sloppy(600, 200, always), |_| true, false),
        Vec::<usize>::new()
    );
}

#[test]
fn a_recorder_that_names_pictures_which_it_never_made_is_not_believed() {
    // Beyond the next picture: it never comes before the one that names it.
    let wrong = |order: usize| {
        if order.is_multiple_of(8) {
            vec![(-1, true), (3, true)]
        } else {
            vec![(-1, true)]
        }
    };
    assert_eq!(
        not_whole(&sloppy(600, 100, wrong), |_| true, false),
        Vec::<usize>::new()
    );
}

#[test]
fn a_key_frame_that_was_left_out_is_missed_up_to_the_next_one() {
    let pictures = sloppy(260, 50, |_| vec![(-1, true)]);
    let found = not_whole(&pictures, |index| index != 150, false);
    assert_eq!(found, (151..200).collect::<Vec<_>>());
}

#[test]
fn where_the_sets_are_not_known_nothing_is_claimed() {
    let pictures = sloppy(200, 50, |_| vec![(-1, true)]);
    for hidden in [33, 34] {
        let without: Vec<Units> = pictures
            .iter()
            .map(|units| units.iter().filter(|unit| unit[0] >> 1 != hidden).cloned().collect())
            .collect();
        assert_eq!(
            not_whole(&without, |index| index != 120, false),
            Vec::<usize>::new(),
            "{hidden}"
        );
    }
}

/// A made stream: groups of P pictures with B pictures between them, and what of them was left out.
#[derive(Clone, Debug)]
struct Made {
    form: Form,
    pictures: Vec<Picture>,
}

fn forms() -> impl Strategy<Value = Form> {
    let set = prop::collection::btree_map(prop_oneof![-6..0_i64, 1..4_i64], any::<bool>(), 0..5)
        .prop_map(|set| sorted(set.into_iter().collect()));
    let listed = prop::collection::btree_map(0..16_u64, any::<bool>(), 0..5).prop_map(|all| all.into_iter().collect());
    (
        (4..=16_u32, any::<bool>(), any::<bool>(), 0..8_u32),
        prop::collection::vec(set, 0..9),
        prop::option::of(listed),
        (any::<bool>(), any::<bool>(), 0..7_u32),
    )
        .prop_map(
            |((order_bits, planes, output_flag, extra_bits), sets, long_term, more)| Form {
                order_bits,
                planes,
                output_flag,
                extra_bits,
                sets,
                long_term,
                scaling_lists: more.0,
                pulse_code: more.1,
                sub_layers: more.2,
            },
        )
}

/// `dice`: one for each choice; `group`: pictures of one.
fn made(form: Form, dice: &[u8], group: usize, count: usize) -> Made {
    let mut at = 0;
    let mut roll = |sides: u8| {
        at += 1;
        dice[at % dice.len()] % sides
    };
    let round = 1_i64 << form.order_bits;
    let mut pictures: Vec<Picture> = Vec::new();
    let mut held: Vec<i64> = Vec::new();
    let mut long: Vec<i64> = Vec::new();
    let mut last = 0;
    while pictures.len() < count {
        if pictures.len().is_multiple_of(group) || last > group as i64 * 2 {
            let key = Picture {
                kind: 19 + roll(2),
                temporal_id: 0,
                order: 0,
                short_term: Vec::new(),
                long_term: Vec::new(),
            };
            pictures.push(key);
            (last, held) = (0, vec![0]);
            long = if form.long_term.is_some() && roll(2) == 0 {
                vec![0]
            } else {
                Vec::new()
            };
            continue;
        }
        let between = i64::from(roll(3));
        let end = last + 1 + between;
        for (nth, order) in std::iter::once(end).chain(last + 1..end).enumerate() {
            let refers_on = nth == 0 || roll(2) == 0;
            let nearest = held
                .iter()
                .copied()
                .min_by_key(|place| (place - order).abs())
                .unwrap_or_default();
            // Where the low bits of a place are not its own it is written whole.
            let late = pictures.iter().rev().take(20).map(|picture| picture.order);
            let recent: Vec<i64> = held.iter().copied().chain(late).collect();
            held.retain(|place| {
                !long.contains(place) && (*place == nearest || *place == end || *place >= order - 6 || roll(4) > 0)
            });
            let mut short_term: Set = held
                .iter()
                .map(|place| (place - order, *place == nearest || roll(2) == 0))
                .collect();
            short_term.truncate(8);
            let long_term: Vec<_> = long
                .iter()
                .map(|place| {
                    let alike = |other: &i64| (other - place) % round == 0 && other != place;
                    let exact = recent.iter().any(alike) || (order - place) % round == 0 || roll(3) == 0;
                    (*place, roll(2) == 0, exact)
                })
                .collect();
            held = short_term.iter().map(|(distance, _)| order + distance).collect();
            pictures.push(Picture {
                kind: if refers_on { 1 } else { 0 },
                temporal_id: u8::from(nth > 0 && roll(2) == 0),
                order,
                short_term: sorted(short_term),
                long_term,
            });
            if refers_on {
                held.push(order);
            }
        }
        last = end;
    }
    Made { form, pictures }
}

impl Made {
    fn units(&self) -> Vec<Units> {
        let unit = |picture: &Picture| {
            let slice = self.form.slice(picture, 30);
            if picture.kind >= 16 {
                vec![self.form.sequence(), self.form.picture(), slice]
            } else {
                vec![slice]
            }
        };
        self.pictures.iter().map(unit).collect()
    }

    /// Which pictures refer to one that is gone, or to one that does.
    fn wrong(&self, gone: &[usize]) -> Vec<usize> {
        let mut whole: std::collections::HashMap<i64, bool> = Default::default();
        let mut wrong = Vec::new();
        for (index, picture) in self.pictures.iter().enumerate() {
            if picture.kind >= 16 {
                whole.clear();
            }
            let short = picture
                .short_term
                .iter()
                .filter(|named| named.1)
                .map(|named| picture.order + named.0);
            let long = picture.long_term.iter().filter(|named| named.1).map(|named| named.0);
            let founded = short.chain(long).all(|place| whole[&place]);
            let came = !gone.contains(&index);
            whole.insert(picture.order, came && founded);
            if came && !founded {
                wrong.push(index);
            }
        }
        wrong
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_refers_to_a_picture_that_was_left_out_is_not_whole_and_nothing_else(
        form in forms(),
        dice in prop::collection::vec(any::<u8>(), 97),
        group in 8..60_usize,
        gone in 170..230_usize,
        more in 0..2_usize,
    ) {
        let made = made(form, &dice, group, 240);
        let units = made.units();
        prop_assert_eq!(not_whole(&units, |_| true, false), Vec::<usize>::new());
        let gone: Vec<usize> = (gone..=gone + more).filter(|index| made.pictures[*index].kind < 16).collect();
        let found = not_whole(&units, |index| !gone.contains(&index), false);
        prop_assert_eq!(found, made.wrong(&gone), "without {:?}", gone);
    }

    /// The headers of real streams, changed anywhere: nothing panics, and what is held stays small.
    #[test]
    fn damaged_headers_cost_bounded_memory(
        closed in any::<bool>(),
        damage in prop::collection::vec((0..20_usize, 0..4_usize, 0..60_usize, any::<u8>()), 1..30),
    ) {
        let mut pictures = pictures_of(if closed { CLOSED } else { OPEN });
        pictures.truncate(40);
        for (picture, unit, at, value) in damage {
            if let Some(byte) = pictures[picture].get_mut(unit).and_then(|unit| unit.get_mut(at)) {
                *byte = value;
            }
        }
        let now = Instant::now();
        let parameters = TrackParameters { format: Format::H265, payload_type: 96, fmtp: &[], dimensions: None };
        let mut track = Depacketizer::new(&parameters, now);
        let mut sender = Packetiser::new(Format::H265);
        for packet in pictures.iter().flat_map(|units| sender.fragments(units, 300)) {
            track.push(&packet, now);
            prop_assert!(track.buffered() < 1 << 20);
            while track.next_unit().is_some() {}
        }
    }
}
