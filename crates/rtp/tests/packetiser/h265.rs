//! Writes the headers of H.265 that say which pictures refer to which (ITU-T H.265, sections 7.3.2 and 7.3.6).

/// Bits of a unit, written one by one.
#[derive(Default)]
pub struct Bits(Vec<bool>);

impl Bits {
    pub fn bits(&mut self, count: u32, value: u64) -> &mut Self {
        self.0.extend((0..count).rev().map(|at| value >> at & 1 == 1));
        self
    }

    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.bits(1, u64::from(flag))
    }

    pub fn ue(&mut self, value: u64) -> &mut Self {
        let length = (value + 1).ilog2();
        self.bits(length, 0).bits(length + 1, value + 1)
    }

    /// With emulation prevention, behind a header of two bytes.
    pub fn unit(mut self, kind: u8, temporal_id: u8) -> Vec<u8> {
        self.0.push(true);
        let mut nal = vec![kind << 1, temporal_id + 1];
        for byte in self.0.chunks(8) {
            let byte = (0..8).fold(0, |all, at| all << 1 | u8::from(byte.get(at).copied().unwrap_or(false)));
            if byte <= 3 && nal.ends_with(&[0, 0]) {
                nal.push(3);
            }
            nal.push(byte);
        }
        nal
    }
}

/// Distances of pictures and whether they are used.
pub type Set = Vec<(i64, bool)>;

/// What stands in the parameter sets.
#[derive(Clone, Debug)]
pub struct Form {
    pub order_bits: u32,
    pub planes: bool,
    pub output_flag: bool,
    pub extra_bits: u32,
    /// Each is written in terms of the one before it where that can be.
    pub sets: Vec<Set>,
    pub long_term: Option<Vec<(u64, bool)>>,
    pub scaling_lists: bool,
    pub pulse_code: bool,
    pub sub_layers: u32,
}

impl Form {
    pub fn sequence(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.bits(4, 0).bits(3, self.sub_layers.into()).flag(true);
        // Profile and level, then those of each sub-layer: a level for every second one.
        bits.bits(64, 0x0160_0000_0300_9000).bits(32, 0x0000_005d);
        for layer in 0..self.sub_layers {
            bits.flag(false).flag(layer % 2 == 0);
        }
        if self.sub_layers > 0 {
            bits.bits(2 * (8 - self.sub_layers), 0);
        }
        for _ in (0..self.sub_layers).step_by(2) {
            bits.bits(8, 93);
        }
        bits.ue(0);
        if self.planes {
            bits.ue(3).flag(true);
        } else {
            bits.ue(1);
        }
        bits.ue(320)
            .ue(240)
            .flag(false)
            .ue(0)
            .ue(0)
            .ue(u64::from(self.order_bits) - 4);
        bits.flag(false).ue(15).ue(2).ue(0);
        for size in [0, 3, 0, 3, 1, 1] {
            bits.ue(size);
        }
        bits.flag(self.scaling_lists);
        if self.scaling_lists {
            bits.flag(true);
            for size in 0..4 {
                for list in 0..if size == 3 { 2 } else { 6 } {
                    let own = list % 2 == 0;
                    bits.flag(own);
                    let more = u64::from(size > 1) + 64.min(1 << (4 + 2 * size));
                    for at in 0..if own { more } else { 1 } {
                        bits.ue(at % 5);
                    }
                }
            }
        }
        bits.flag(true).flag(true).flag(self.pulse_code);
        if self.pulse_code {
            bits.bits(8, 0x77).ue(0).ue(2).flag(false);
        }
        bits.ue(self.sets.len() as u64);
        for (index, set) in self.sets.iter().enumerate() {
            write_set(&mut bits, set, &self.sets[..index], false);
        }
        bits.flag(self.long_term.is_some());
        if let Some(listed) = &self.long_term {
            bits.ue(listed.len() as u64);
            for (low, used) in listed {
                bits.bits(self.order_bits, *low).flag(*used);
            }
        }
        bits.flag(true).flag(true).flag(false).flag(false);
        bits.unit(33, 0)
    }

    pub fn picture(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.ue(0)
            .ue(0)
            .flag(true)
            .flag(self.output_flag)
            .bits(3, self.extra_bits.into());
        bits.bits(32, 0x5a5a_5a5a);
        bits.unit(34, 0)
    }

    /// The only slice of a picture, with `bytes` of data.
    pub fn slice(&self, picture: &Picture, bytes: usize) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.flag(true);
        if picture.kind >= 16 {
            bits.flag(false);
        }
        bits.ue(0).bits(self.extra_bits, 0x55);
        bits.ue(if picture.kind >= 16 { 2 } else { 1 });
        bits.bits(u32::from(self.output_flag), 1)
            .bits(2 * u32::from(self.planes), 1);
        if !matches!(picture.kind, 19 | 20) {
            let round = 1_i64 << self.order_bits;
            bits.bits(self.order_bits, picture.order.rem_euclid(round) as u64);
            match self.sets.iter().position(|set| *set == picture.short_term) {
                Some(at) => {
                    bits.flag(true).bits(width(self.sets.len()), at as u64);
                }
                None => {
                    bits.flag(false);
                    write_set(&mut bits, &picture.short_term, &self.sets, true);
                }
            }
            if self.long_term.is_some() {
                self.write_long_term(&mut bits, picture);
            }
        }
        bits.bits(12, 0xaaa);
        for at in 0..bytes {
            bits.bits(8, (at % 250 + 4) as u64);
        }
        bits.unit(picture.kind, picture.temporal_id)
    }

    /// Those whose low bits another picture has, too, are named with their rounds.
    fn write_long_term(&self, bits: &mut Bits, picture: &Picture) {
        let round = 1_i64 << self.order_bits;
        let listed = self.long_term.clone().unwrap_or_default();
        let mut named: Vec<_> = picture
            .long_term
            .iter()
            .map(|(order, used, exact)| {
                let low = order.rem_euclid(round);
                let back = (picture.order.div_euclid(round) - order.div_euclid(round)) as u64;
                let at = listed.iter().position(|listed| *listed == (low as u64, *used));
                (at.is_none(), back, low as u64, *used, *exact, at)
            })
            .collect();
        named.sort();
        let by_list = named.iter().filter(|named| !named.0).count();
        if !listed.is_empty() {
            bits.ue(by_list as u64);
        }
        bits.ue((named.len() - by_list) as u64);
        let mut before = 0;
        for (index, (_, back, low, used, exact, at)) in named.into_iter().enumerate() {
            match at {
                Some(at) => bits.bits(width(listed.len()), at as u64),
                None => bits.bits(self.order_bits, low).flag(used),
            };
            if index == 0 || index == by_list {
                before = 0;
            }
            bits.flag(exact);
            if exact {
                bits.ue(back - before);
                before = back;
            }
        }
    }
}

/// A picture and what it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub kind: u8,
    pub temporal_id: u8,
    /// Its place in the order of output.
    pub order: i64,
    pub short_term: Set,
    /// Places, whether they are used, and whether all of the place is written.
    pub long_term: Vec<(i64, bool, bool)>,
}

fn width(count: usize) -> u32 {
    (0..16).find(|bits| 1 << bits >= count).unwrap_or(16)
}

/// Those before come first, the nearest first.
pub fn sorted(mut set: Set) -> Set {
    set.sort_by_key(|(distance, _)| (*distance > 0, distance.abs()));
    set
}

fn write_set(bits: &mut Bits, set: &Set, earlier: &[Set], own: bool) {
    if !earlier.is_empty() {
        let nearest = if own { 0 } else { earlier.len() - 1 };
        let shifts = (1..9).flat_map(|shift| [-shift, shift]);
        let found = (nearest..earlier.len())
            .rev()
            .flat_map(|from| shifts.clone().map(move |shift| (from, shift)))
            .find(|(from, shift)| {
                let candidates: Vec<_> = earlier[*from]
                    .iter()
                    .map(|(distance, _)| distance + shift)
                    .chain([*shift])
                    .collect();
                set.iter().all(|(distance, _)| candidates.contains(distance))
            });
        bits.flag(found.is_some());
        if let Some((from, shift)) = found {
            if own {
                bits.ue((earlier.len() - from - 1) as u64);
            }
            bits.flag(shift < 0).ue(shift.unsigned_abs() - 1);
            for distance in earlier[from].iter().map(|(distance, _)| *distance).chain([0]) {
                let named = set.iter().find(|(own, _)| *own == distance + shift);
                let used = named.is_some_and(|(_, used)| *used);
                bits.flag(used);
                if !used {
                    bits.flag(named.is_some());
                }
            }
            return;
        }
    }
    let (before, after): (Vec<_>, Vec<_>) = set.iter().partition(|(distance, _)| *distance < 0);
    bits.ue(before.len() as u64).ue(after.len() as u64);
    for side in [before, after] {
        let mut last = 0;
        for (distance, used) in side {
            bits.ue((distance - last).unsigned_abs() - 1).flag(used);
            last = distance;
        }
    }
}
