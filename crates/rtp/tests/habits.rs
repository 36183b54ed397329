//! What recorders do to RTP, one test a habit: the pictures come out all the same.

mod packetiser;

use std::time::{Duration, Instant};

use base64::Engine as _;
use packetiser::{Packetiser, nal, picture, start_codes, stream};
use rtp::{AccessUnit, Condition, Depacketizer, Discarded, Format, Key, Sync, TrackParameters};

const FRAME: Duration = Duration::from_millis(66);

/// A depacketizer and its clock.
struct Rig {
    track: Depacketizer,
    now: Instant,
    units: Vec<AccessUnit>,
}

impl Rig {
    fn new(format: Format) -> Self {
        Self::described(format, &[])
    }

    fn described(format: Format, fmtp: &[(String, String)]) -> Self {
        let now = Instant::now();
        let parameters = TrackParameters {
            format,
            payload_type: 96,
            fmtp,
            dimensions: None,
        };
        Self {
            track: Depacketizer::new(&parameters, now),
            now,
            units: Vec::new(),
        }
    }

    fn push(&mut self, packets: &[Vec<u8>]) {
        for packet in packets {
            self.track.push(packet, self.now);
            self.units.extend(std::iter::from_fn(|| self.track.next_unit()));
        }
    }

    /// Lets time pass as a caller would who keeps to the deadline.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.track.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.track.poll(self.now);
            self.units.extend(std::iter::from_fn(|| self.track.next_unit()));
        }
        self.now = until;
    }

    /// One picture each frame interval.
    fn play(&mut self, pictures: impl IntoIterator<Item = Vec<Vec<u8>>>) {
        for packets in pictures {
            self.push(&packets);
            self.pass(FRAME);
        }
    }

    fn conditions(&self) -> Vec<Condition> {
        self.units.iter().map(|unit| unit.condition).collect()
    }
}

/// `count` pictures, an IDR picture with its sets each ten; `slices` each.
fn pictures(count: usize, slices: usize) -> Vec<Vec<Vec<u8>>> {
    (0..count)
        .map(|number| picture(number % 10 == 0, slices, 900, number as u8))
        .collect()
}

fn whole(rig: &Rig, pictures: &[Vec<Vec<u8>>]) {
    let got: Vec<_> = rig.units.iter().map(|unit| unit.data.to_vec()).collect();
    let sent: Vec<_> = pictures.iter().map(|nals| stream(nals)).collect();
    assert_eq!(got.len(), sent.len(), "pictures");
    assert!(got == sent, "other bytes");
    assert!(
        rig.conditions().iter().all(|condition| *condition == Condition::Whole),
        "{:?}",
        rig.conditions()
    );
    assert_eq!(rig.track.counts().lost, 0);
}

#[test]
fn a_well_behaved_recorder_s_pictures_end_at_once() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 1);
    for (number, nals) in sent.iter().enumerate() {
        rig.push(&sender.fragments(nals, 300));
        if number > 1 {
            assert_eq!(rig.units.len(), number + 1, "no waiting for what comes next");
        }
        rig.pass(FRAME);
    }
    whole(&rig, &sent);
    let keys = rig
        .units
        .iter()
        .filter(|unit| unit.key == Some(Key::RandomAccess))
        .count();
    assert_eq!((keys, rig.track.sync()), (3, Sync::Synced));
}

#[test]
fn sets_and_picture_behind_start_codes_in_one_fragmented_unit_are_told_apart() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 1);
    // 7 bytes a fragment: start codes straddle their borders.
    rig.play(sent.iter().map(|nals| sender.fragments(&[start_codes(nals)], 7)));
    whole(&rig, &sent);
    assert_eq!(rig.units[0].key, Some(Key::RandomAccess));
    assert!(rig.units[0].sets_changed && !rig.units[10].sets_changed);
    assert_eq!(
        rig.track.picture_format().map(|format| (format.width, format.height)),
        Some((640, 640))
    );
}

/// The header of the unit stands in the fragments' own headers and once more behind the start code.
#[test]
fn a_start_code_before_each_unit_that_is_cut_up_is_no_part_of_it() {
    for format in [Format::H264, Format::H265] {
        for code in [&[0, 0, 1][..], &[0, 0, 0, 1]] {
            let mut rig = Rig::new(format);
            let mut sender = Packetiser::new(format);
            let sent: Vec<_> = match format {
                Format::H265 => (0..30)
                    .map(|number| packetiser::picture_h265(number % 10 == 0, 2, 900, number as u8))
                    .collect(),
                _ => pictures(30, 2),
            };
            let header = if format == Format::H265 { 2 } else { 1 };
            let coded = |nal: &Vec<u8>| [&nal[..header], code, nal].concat();
            rig.play(sent.iter().map(|nals| {
                let nals: Vec<_> = nals.iter().map(coded).collect();
                sender.fragments(&nals, 7)
            }));
            whole(&rig, &sent);
        }
    }
}

#[test]
fn a_marker_on_every_slice_tears_no_picture() {
    for slices in [2, 4, 7] {
        let mut rig = Rig::new(Format::H264);
        let mut sender = Packetiser::new(Format::H264).marker_on_every_unit();
        let sent = pictures(60, slices);
        for (number, nals) in sent.iter().enumerate() {
            rig.push(&sender.fragments(nals, 300));
            if number > 20 {
                assert_eq!(rig.units.len(), number + 1, "the number of slices is known by then");
            }
            rig.pass(FRAME);
        }
        whole(&rig, &sent);
        assert!(rig.units.iter().all(|unit| unit.slices as usize == slices));
    }
}

#[test]
fn a_marker_on_every_slice_with_changing_numbers_of_slices_tears_no_picture() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264).marker_on_every_unit();
    let sent: Vec<_> = (0..60)
        .map(|number| picture(number % 10 == 0, 2 + number % 4, 400, number as u8))
        .collect();
    rig.play(sent.iter().map(|nals| sender.fragments(nals, 300)));
    whole(&rig, &sent);
}

#[test]
fn a_marker_that_comes_to_stand_on_every_slice_costs_one_picture() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264).marker_on_every_unit();
    let sent: Vec<_> = (0..60)
        .map(|number| picture(number % 10 == 0, if number < 20 { 1 } else { 3 }, 400, 0))
        .collect();
    rig.play(sent.iter().map(|nals| sender.fragments(nals, 300)));
    assert_eq!(rig.units.len(), 60);
    assert_eq!(
        rig.track.counts().discarded(Discarded::Late),
        2,
        "the second and third slice"
    );
    assert!(rig.units[30..].iter().all(|unit| unit.condition == Condition::Whole));
    assert_eq!(rig.units[21].condition, Condition::Smeared, "it refers to the torn one");
}

#[test]
fn without_any_marker_pictures_come_out_and_the_last_one_before_a_pause_too() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264).without_marker();
    let sent = pictures(20, 2);
    rig.play(sent.iter().map(|nals| sender.fragments(nals, 300)));
    whole(&rig, &sent);
}

#[test]
fn the_same_habits_in_h265() {
    for (every, slices) in [(true, 3), (false, 1), (false, 3)] {
        let mut rig = Rig::new(Format::H265);
        let mut sender = Packetiser::new(Format::H265);
        if every {
            sender = sender.marker_on_every_unit();
        }
        let sent: Vec<_> = (0..30)
            .map(|number| packetiser::picture_h265(number % 10 == 0, slices, 500, number as u8))
            .collect();
        rig.play(sent.iter().map(|nals| sender.fragments(nals, 200)));
        whole(&rig, &sent);
    }
    let mut rig = Rig::new(Format::H265);
    let mut sender = Packetiser::new(Format::H265);
    let sent: Vec<_> = (0..30)
        .map(|number| packetiser::picture_h265(number % 10 == 0, 1, 500, 1))
        .collect();
    rig.play(sent.iter().map(|nals| sender.fragments(&[start_codes(nals)], 7)));
    whole(&rig, &sent);
}

#[test]
fn rtp_times_that_stand_still_step_back_or_jump_do_not_matter() {
    let times: [fn(u32) -> u32; 4] = [
        |_| 7,
        |number| 0_u32.wrapping_sub(number * 6_000),
        |number| number.wrapping_mul(0x9e37_79b9),
        |number| number / 5,
    ];
    for time in times {
        let mut rig = Rig::new(Format::H264);
        let mut sender = Packetiser::new(Format::H264).with_time(time);
        let sent = pictures(30, 2);
        rig.play(sent.iter().map(|nals| sender.fragments(nals, 300)));
        whole(&rig, &sent);
    }
}

#[test]
fn a_time_of_its_own_for_every_packet_does_not_matter() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264).marker_on_every_unit();
    let sent = pictures(30, 3);
    let mut time = 0_u32;
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 300);
        for packet in &mut packets {
            time += 90;
            packet[4..8].copy_from_slice(&time.to_be_bytes());
        }
        packets
    }));
    whole(&rig, &sent);
}

#[test]
fn sequence_numbers_that_begin_anew_cost_nothing() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(200, 2);
    rig.play(sent.iter().enumerate().map(|(number, nals)| {
        if number % 45 == 44 {
            sender.number = 0;
        }
        sender.fragments(nals, 300)
    }));
    whole(&rig, &sent);
}

#[test]
fn sequence_numbers_shared_with_a_track_that_was_not_set_up_are_no_loss() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(200, 1);
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 200);
        // Two packets of sound a picture, one of them between two fragments.
        for packet in &mut packets[1..] {
            let number = u16::from_be_bytes([packet[2], packet[3]]).wrapping_add(1);
            packet[2..4].copy_from_slice(&number.to_be_bytes());
        }
        sender.number = sender.number.wrapping_add(2);
        packets
    }));
    whole(&rig, &sent);
    assert!(rig.track.counts().renumbered > 0);
}

#[test]
fn a_padding_bit_without_padding_costs_nothing() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 2);
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 300);
        packets.iter_mut().for_each(|packet| packet[0] |= 0x20);
        packets
    }));
    whole(&rig, &sent);
}

#[test]
fn source_identifiers_and_foreign_payload_types_between_do_not_matter() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 1);
    rig.play(sent.iter().enumerate().map(|(number, nals)| {
        let mut packets = sender.fragments(nals, 300);
        packets
            .iter_mut()
            .for_each(|packet| packet[8..12].copy_from_slice(&(number as u32 / 10).to_be_bytes()));
        let mut foreign = packets[0].clone();
        foreign[1] = 8;
        packets.insert(1, foreign);
        packets
    }));
    whole(&rig, &sent);
    assert_eq!(rig.track.counts().discarded(Discarded::ForeignPayloadType), 30);
}

#[test]
fn a_payload_type_that_the_description_does_not_name_is_the_stream_s_own() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(10, 1);
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 300);
        packets.iter_mut().for_each(|packet| packet[1] = packet[1] & 0x80 | 97);
        packets
    }));
    whole(&rig, &sent);
}

#[test]
fn the_same_packet_twice_counts_once() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(10, 1);
    rig.play(sent.iter().map(|nals| {
        let packets = sender.fragments(nals, 300);
        packets
            .iter()
            .flat_map(|packet| [packet.clone(), packet.clone()])
            .collect()
    }));
    whole(&rig, &sent);
    assert_eq!(
        rig.track.counts().discarded(Discarded::Repeated),
        rig.track.counts().packets / 2
    );
}

#[test]
fn fragments_whose_last_one_is_not_marked_are_whole() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264).without_marker();
    let sent = pictures(10, 1);
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 300);
        packets
            .iter_mut()
            .filter(|packet| packet[12] & 0x1f == 28)
            .for_each(|packet| packet[13] &= !0x40);
        packets
    }));
    // Nothing says that the last fragment is the last: the last picture waits for the next one.
    whole(&rig, &sent[..9]);
}

#[test]
fn sets_with_a_marker_and_the_time_of_the_picture_before_belong_to_the_next_one() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 1);
    rig.play(sent.iter().map(|nals| {
        let mut packets = sender.fragments(nals, 3_000);
        for packet in packets.iter_mut().filter(|packet| matches!(packet[12] & 0x1f, 7 | 8)) {
            packet[1] |= 0x80;
            let time = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]).wrapping_sub(6_000);
            packet[4..8].copy_from_slice(&time.to_be_bytes());
        }
        packets
    }));
    whole(&rig, &sent);
}

#[test]
fn a_missing_fragment_damages_its_picture_and_smears_the_next_up_to_a_key_frame() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(30, 1);
    rig.play(sent.iter().enumerate().map(|(number, nals)| {
        let mut packets = sender.fragments(nals, 300);
        if number == 14 {
            packets.pop();
        }
        packets
    }));
    let mut expected = vec![Condition::Whole; 30];
    expected[14] = Condition::Damaged;
    expected[15..20].fill(Condition::Smeared);
    assert_eq!(rig.conditions(), expected);
    assert_eq!(rig.track.counts().lost, 1);
    assert_eq!(rig.units.iter().map(|unit| unit.lost).sum::<u32>(), 1);
}

#[test]
fn a_missing_fragment_in_the_middle_damages_a_picture_once_the_numbers_are_believed() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(200, 1);
    rig.play(sent.iter().enumerate().map(|(number, nals)| {
        let mut packets = sender.fragments(nals, 200);
        if number == 195 {
            packets.remove(2);
        }
        packets
    }));
    assert_eq!(rig.units.len(), 200);
    assert_eq!(rig.units[195].condition, Condition::Damaged);
    assert!(rig.units[196..].iter().all(|unit| unit.condition == Condition::Smeared));
    assert_eq!(rig.track.counts().lost, 1);
}

/// With sound in the description its packets may have taken the numbers.
#[test]
fn a_missing_fragment_in_the_middle_of_the_first_pictures_is_known_where_no_other_track_is_described() {
    for (alone, first) in [(true, Condition::Damaged), (false, Condition::Whole)] {
        let mut rig = Rig::new(Format::H264);
        if alone {
            rig.track = rig.track.alone();
        }
        let mut sender = Packetiser::new(Format::H264);
        let sent = pictures(20, 1);
        rig.play(sent.iter().enumerate().map(|(number, nals)| {
            let mut packets = sender.fragments(nals, 100);
            if number == 2 {
                packets.remove(4);
            }
            packets
        }));
        let mut expected = vec![Condition::Whole; 20];
        if alone {
            expected[3..10].fill(Condition::Smeared);
        }
        expected[2] = first;
        assert_eq!(
            (rig.conditions(), rig.track.counts().lost),
            (expected, u64::from(alone))
        );
    }
}

#[test]
fn numbers_that_step_between_pictures_are_no_loss_where_no_other_track_is_described() {
    let mut rig = Rig::new(Format::H264);
    rig.track = rig.track.alone();
    let mut sender = Packetiser::new(Format::H264);
    let sent = pictures(200, 2);
    rig.play(sent.iter().map(|nals| {
        let packets = sender.fragments(nals, 60);
        sender.number = sender.number.wrapping_add(1);
        packets
    }));
    whole(&rig, &sent);
}

#[test]
fn a_client_that_joins_between_key_frames_waits_for_one() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let since = rig.now;
    let sent = pictures(30, 1);
    rig.play(sent[5..9].iter().map(|nals| sender.fragments(nals, 300)));
    assert_eq!(rig.track.sync(), Sync::WaitingForKey { since });
    rig.play(sent[9..12].iter().map(|nals| sender.fragments(nals, 300)));
    assert_eq!(rig.track.sync(), Sync::Synced);
    assert_eq!(
        rig.conditions()[4..],
        [Condition::Smeared, Condition::Whole, Condition::Whole]
    );
}

#[test]
fn key_frames_get_the_sets_that_only_the_description_has() {
    let fmtp = [("sprop-parameter-sets".to_owned(), "Z0IAKNoCgFGQ,aM44gA==".to_owned())];
    let mut rig = Rig::described(Format::H264, &fmtp);
    let mut sender = Packetiser::new(Format::H264);
    let idr = nal(Format::H264, 5, true, 500, 3);
    rig.push(&sender.fragments(&[vec![9, 0xf0], idr.clone()], 200));
    rig.pass(FRAME * 2);
    let sets = [
        vec![0x67, 66, 0, 40, 0xda, 0x02, 0x80, 0x51, 0x90],
        vec![0x68, 0xce, 0x38, 0x80],
    ];
    let [sps, pps] = sets;
    assert_eq!(rig.units[0].data, stream(&[vec![9, 0xf0], sps, pps, idr]));
}

#[test]
fn a_recovery_point_is_a_key_and_whole_after_its_pictures() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    // A recovery point after 2 frames: ue(2) = 011.
    let message = vec![6, 6, 1, 0b0111_0100, 0x80];
    let sent: Vec<_> = (0..6_u8)
        .map(|number| match number {
            1 => vec![message.clone(), nal(Format::H264, 1, true, 200, number)],
            _ => vec![nal(Format::H264, 1, true, 200, number)],
        })
        .collect();
    rig.play(sent.iter().map(|nals| sender.fragments(nals, 100)));
    assert_eq!(rig.units[1].key, Some(Key::Recovery { pictures: 2 }));
    let smeared = rig
        .conditions()
        .iter()
        .take_while(|condition| **condition == Condition::Smeared)
        .count();
    assert_eq!((smeared, rig.track.sync()), (3, Sync::Synced));
}

#[test]
fn a_picture_that_is_too_large_is_thrown_away_and_counted() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    rig.push(&sender.fragments(&picture(true, 1, 5 << 20, 1), 60_000));
    let sent = pictures(10, 1);
    rig.play(sent.iter().map(|nals| sender.fragments(nals, 300)));
    assert_eq!(rig.track.counts().discarded(Discarded::Oversized), 1);
    whole(&rig, &sent);
}

/// Pictures of one packet, numbered from the last key frame on; a key frame each `group`.
fn numbered_frames(count: usize, group: usize) -> Vec<Vec<Vec<u8>>> {
    let numbered = |number: usize| {
        // `frame_num` has 4 bits, after 7 of what comes before it.
        let frame = (number % group % 16) as u8;
        let header = [0x9a | frame >> 3, frame << 5 | 0x1f, 7, 7, 7];
        if number.is_multiple_of(group) {
            vec![
                packetiser::SPS.to_vec(),
                packetiser::PPS.to_vec(),
                [&[0x65][..], &header].concat(),
            ]
        } else {
            vec![[&[0x41][..], &header].concat()]
        }
    };
    (0..count).map(numbered).collect()
}

/// A recorder whose own queue is full leaves pictures out before it numbers the packets.
#[test]
fn a_picture_that_was_left_out_before_packets_were_numbered_is_known_where_frames_were_numbered_well() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = numbered_frames(200, 40);
    let left_out = |number: &usize| [90, 130, 170].contains(number);
    rig.play(
        (0..200)
            .filter(|number| !left_out(number))
            .map(|number| sender.fragments(&sent[number], 300)),
    );
    let mut smeared = false;
    let mut conditions = rig.conditions().into_iter();
    for number in 0..200 {
        smeared = (smeared || left_out(&number)) && !number.is_multiple_of(40);
        if !left_out(&number) {
            let expected = if smeared { Condition::Smeared } else { Condition::Whole };
            assert_eq!(conditions.next(), Some(expected), "picture {number}");
        }
    }
    assert_eq!(rig.track.counts().lost, 0, "no packet is missing");
}

#[test]
fn a_recorder_that_numbers_frames_wrongly_is_not_thought_to_leave_pictures_out() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    // Of each group of ten the last eight say two more than they should.
    let sent = numbered_frames(14 * 40, 14);
    let wrong = (0..sent.len()).filter(|number| !(2..6).contains(&(number % 14)));
    rig.play(wrong.map(|number| sender.fragments(&sent[number], 300)));
    assert!(rig.conditions().iter().all(|condition| *condition == Condition::Whole));
}

#[test]
fn a_missing_picture_of_one_packet_is_known_by_its_frame_number() {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    let sent = numbered_frames(10, 16);
    let packets: Vec<_> = sent.iter().map(|nals| sender.fragments(nals, 300)).collect();
    rig.play(
        packets
            .into_iter()
            .enumerate()
            .filter(|(number, _)| *number != 4)
            .map(|(_, packets)| packets),
    );
    assert_eq!(rig.track.counts().lost, 1);
    assert!(
        rig.conditions()[..4]
            .iter()
            .all(|condition| *condition == Condition::Whole)
    );
    assert!(
        rig.conditions()[4..]
            .iter()
            .all(|condition| *condition == Condition::Smeared)
    );
}

/// What of a picture a decoder that has its sets can do without.
fn fronts(pictures: &[Vec<Vec<u8>>]) -> Vec<(usize, bool)> {
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    rig.play(pictures.iter().map(|nals| sender.fragments(nals, 300)));
    whole(&rig, pictures);
    rig.units.iter().map(|unit| (unit.front, unit.sets_changed)).collect()
}

#[test]
fn parameter_sets_at_the_front_of_a_picture_are_told_with_a_delimiter_and_up_to_anything_else() {
    let (delimiter, message) = (vec![9, 0xf0], vec![6, 5, 1, 0xaa, 0x80]);
    let other = vec![0x68, 0xce, 0x38, 0x81];
    let [sps, pps, slice] = <[Vec<u8>; 3]>::try_from(picture(true, 1, 900, 1)).expect("three units");
    let later = nal(Format::H264, 1, true, 900, 2);
    let both = 4 + sps.len() + 4 + pps.len();
    let sent = [
        (vec![sps.clone(), pps.clone(), slice.clone()], (both, true)),
        (vec![later.clone()], (0, false)),
        (
            vec![
                delimiter.clone(),
                sps.clone(),
                pps.clone(),
                message.clone(),
                slice.clone(),
            ],
            (6 + both, false),
        ),
        (vec![delimiter, later], (0, false)),
        (
            vec![sps.clone(), message, pps.clone(), slice.clone()],
            (4 + sps.len(), false),
        ),
        (vec![sps.clone(), other.clone(), slice.clone()], (both, true)),
        (vec![sps.clone(), other, slice.clone()], (both, false)),
        // Not readable here: it is not said to be the same.
        (vec![sps, vec![0x68], pps, slice], (13, true)),
    ];
    let (pictures, expected): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
    assert_eq!(fronts(&pictures), expected);
}

#[test]
fn sets_that_only_the_sdp_has_are_at_the_front_too() {
    let sets =
        [&packetiser::SPS[..], &packetiser::PPS].map(|nal| base64::engine::general_purpose::STANDARD.encode(nal));
    let fmtp = ("sprop-parameter-sets".to_owned(), sets.join(","));
    let mut rig = Rig::described(Format::H264, &[fmtp]);
    let mut sender = Packetiser::new(Format::H264);
    let delimiter = vec![9, 0xf0];
    let key = vec![delimiter, nal(Format::H264, 5, true, 900, 1)];
    rig.play([key.clone(), key].map(|nals| sender.fragments(&nals, 300)));
    let both = 8 + packetiser::SPS.len() + packetiser::PPS.len();
    let fronts: Vec<_> = rig.units.iter().map(|unit| (unit.front, unit.sets_changed)).collect();
    assert_eq!(fronts, [(6 + both, false); 2]);
}

#[test]
fn sets_before_what_closes_a_picture_are_at_the_front_of_none() {
    let other = vec![0x68, 0xce, 0x38, 0x81];
    let end_of_sequence = vec![10];
    let key = picture(true, 1, 900, 1);
    let both = 8 + key[0].len() + key[1].len();
    let first = [key.clone(), vec![other, end_of_sequence]].concat();
    let mut rig = Rig::new(Format::H264);
    let mut sender = Packetiser::new(Format::H264);
    rig.play([first, key].map(|nals| sender.fragments(&nals, 300)));
    let fronts: Vec<_> = rig.units.iter().map(|unit| (unit.front, unit.sets_changed)).collect();
    assert_eq!(fronts, [(both, true); 2]);
    assert!(rig.units.iter().all(|unit| unit.front <= unit.data.len()));
}
