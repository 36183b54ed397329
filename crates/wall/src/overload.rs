//! What an overloaded computer gives up, and when it gets it back.

use std::time::{Duration, Instant};

/// What was measured since the last reading, about a second ago.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// What the process used of all cores, from 0 to 1; `None` where the system does not tell.
    pub cpu: Option<f32>,
    /// Pictures that came out of the decoders, and those of them that the next one replaced before they were painted.
    pub pictures: u64,
    pub replaced: u64,
}

/// What is given up now: the more, the higher. The selected tile comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relief(u8);

/// Follows the load: gives up one step after 5 s of strain, takes one back after a longer calm.
#[derive(Debug, Default)]
pub struct Overload {
    relief: Relief,
    strained: Option<Instant>,
    calm: Option<Instant>,
    /// The step that was taken back last, and when, until it is known whether that was right.
    recovered: Option<(u8, Instant)>,
    /// For each step, how often in a row it had to be given up again soon after it was taken back.
    relapses: [u32; Relief::MOST as usize + 1],
}

/// Strain must last this long before a step is given up, and again before the next one.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Calm must last this long before a step is taken back; doubled for each relapse, up to 64 times.
pub const CALM: Duration = Duration::from_secs(20);

/// The share of all cores from which on the computer counts as strained.
const FULL: f32 = 0.9;
/// The share of all cores up to which it counts as calm.
const EASY: f32 = 0.7;

/// Strain that comes back within this time after a step was taken back is its fault: main streams come back one after the
/// other, as the governor dials them. A step that held for so long was right.
const RELAPSE: Duration = Duration::from_secs(300);

const MOST_DOUBLINGS: u32 = 6;

impl Relief {
    const MOST: u8 = 5;

    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether a tile falls to the sub stream.
    #[must_use]
    pub fn takes_sub(self, selected: bool) -> bool {
        self.0 >= if selected { 4 } else { 1 }
    }

    /// Of how many pictures one is shown.
    #[must_use]
    pub fn every(self, selected: bool) -> u32 {
        match (self.0, selected) {
            (5.., true) => 2,
            (_, true) | (0 | 1, false) => 1,
            (2, false) => 2,
            (3.., false) => 4,
        }
    }
}

impl Overload {
    /// Takes a reading; what is given up from now on.
    pub fn note(&mut self, load: Load, now: Instant) -> Relief {
        let late = load.pictures >= 10 && load.replaced * 10 >= load.pictures;
        let cpu = load.cpu.unwrap_or(0.0);
        if let Some((step, at)) = self.recovered
            && now.saturating_duration_since(at) >= RELAPSE
        {
            self.relapses[usize::from(step)] = 0;
            self.recovered = None;
        }
        if late || cpu >= FULL {
            self.calm = None;
            let since = *self.strained.get_or_insert(now);
            if now.saturating_duration_since(since) >= PATIENCE && self.relief.0 < Relief::MOST {
                if let Some((step, _)) = self.recovered.take() {
                    let relapses = &mut self.relapses[usize::from(step)];
                    *relapses = (*relapses + 1).min(MOST_DOUBLINGS);
                }
                self.relief.0 += 1;
                self.strained = Some(now);
            }
        } else if cpu <= EASY {
            self.strained = None;
            let since = *self.calm.get_or_insert(now);
            let step = self.relief.0;
            let wait = CALM * (1 << self.relapses[usize::from(step)]);
            if !self.relief.is_none() && now.saturating_duration_since(since) >= wait {
                self.relief.0 -= 1;
                self.recovered = Some((step, now));
                self.calm = Some(now);
            }
        } else {
            (self.strained, self.calm) = (None, None);
        }
        self.relief
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::{Crop, Demand, Need, Progress, ShownTile};
    use device::{ChannelId, DeviceId, StreamId, StreamKind};

    struct SimulatedMachine(Overload, Instant);

    impl SimulatedMachine {
        fn new() -> Self {
            Self(Overload::default(), Instant::now())
        }

        /// So many seconds under this load.
        fn run(&mut self, seconds: u32, cpu: f32, replaced: u64) -> u8 {
            for _ in 0..seconds {
                self.1 += Duration::from_secs(1);
                let load = Load {
                    cpu: Some(cpu),
                    pictures: 100,
                    replaced,
                };
                self.0.note(load, self.1);
            }
            self.0.relief.0
        }
    }

    #[test]
    fn strain_must_last_and_each_step_takes_as_long_again() {
        let mut machine = SimulatedMachine::new();
        assert_eq!(machine.run(5, 0.95, 0), 0);
        assert_eq!(machine.run(1, 0.95, 0), 1);
        assert_eq!(machine.run(4, 0.95, 0), 1);
        assert_eq!(machine.run(1, 0.95, 0), 2);
        assert_eq!(machine.run(100, 0.95, 0), 5, "and no further");
        assert_eq!(SimulatedMachine::new().run(600, 0.89, 9), 0, "hard work is no overload");
        assert_eq!(
            SimulatedMachine::new().run(6, 0.2, 10),
            1,
            "pictures that are not painted are"
        );
    }

    #[test]
    fn a_peak_is_no_overload() {
        let mut machine = SimulatedMachine::new();
        for _ in 0..50 {
            assert_eq!(machine.run(4, 1.0, 50), 0);
            assert_eq!(machine.run(1, 0.8, 0), 0);
        }
    }

    #[test]
    fn it_recovers_slowly_and_more_slowly_after_a_relapse() {
        let mut machine = SimulatedMachine::new();
        machine.run(6, 1.0, 0);
        assert_eq!(machine.run(20, 0.5, 0), 1);
        assert_eq!(machine.run(1, 0.5, 0), 0);
        assert_eq!(machine.run(6, 1.0, 0), 1);
        assert_eq!(machine.run(40, 0.5, 0), 1, "twice as long now");
        assert_eq!(machine.run(1, 0.5, 0), 0);
        machine.run(300, 0.5, 0);
        machine.run(6, 1.0, 0);
        assert_eq!(machine.run(21, 0.5, 0), 0, "forgotten after a good while");
    }

    #[test]
    fn between_calm_and_strain_everything_stays() {
        let mut machine = SimulatedMachine::new();
        machine.run(6, 1.0, 0);
        assert_eq!(machine.run(600, 0.8, 0), 1);
    }

    #[test]
    fn a_system_that_does_not_tell_its_load_is_judged_by_its_pictures() {
        let (mut overload, start) = (Overload::default(), Instant::now());
        let load = Load {
            cpu: None,
            pictures: 100,
            replaced: 60,
        };
        overload.note(load, start);
        assert!(!overload.note(load, start + PATIENCE).is_none());
    }

    #[test]
    fn the_selected_tile_comes_last() {
        for level in 0..=Relief::MOST {
            let relief = Relief(level);
            assert!(relief.takes_sub(false) || !relief.takes_sub(true));
            assert!(relief.every(false) >= relief.every(true));
        }
        assert!((0..4).all(|level| !Relief(level).takes_sub(true) && Relief(level).every(true) == 1));
    }

    /// A machine with a wall of one DVR: 16 tiles, the first one selected. What it decodes and paints costs, streams take time
    /// to connect, and the load follows from what is given up, as it does in life.
    struct SimulatedWall {
        overload: Overload,
        demand: Demand,
        /// In pictures of the main stream that it decodes and paints without strain, a stream.
        power: f32,
        asked: HashMap<StreamId, Instant>,
        now: Instant,
        /// Streams that were asked for anew.
        dials: usize,
    }

    impl SimulatedWall {
        fn new(power: f32) -> Self {
            Self {
                overload: Overload::default(),
                demand: Demand::default(),
                power,
                asked: HashMap::new(),
                now: Instant::now(),
                dials: 0,
            }
        }

        /// One second; the relief, and which tiles have the sub stream alone.
        fn second(&mut self) -> (Relief, Vec<bool>) {
            self.now += Duration::from_secs(1);
            let tile = |number| ShownTile {
                channel: ChannelId {
                    device: DeviceId(1),
                    number,
                },
                height: 300.0,
                selected: number == 1,
                crop: Crop::default(),
                tiles: 16,
            };
            let tiles: Vec<ShownTile> = (1..=16).map(tile).collect();
            let (now, asked) = (self.now, &self.asked);
            // One recorder is dialled one stream after the other.
            let progress = |stream: StreamId| {
                let patience = Duration::from_secs(2 + 4 * u64::from(stream.channel.number));
                match asked.get(&stream).is_some_and(|since| now >= *since + patience) {
                    true => Progress::Plays,
                    false => Progress::Idle,
                }
            };
            let needs = self.demand.update(&tiles, &[], |_| true, progress, now);
            let relief = self.overload.relief;
            let cost = |need: &Need| {
                let every = relief.every(need.stream.channel.number == 1) as f32;
                let decode = if need.stream.kind == StreamKind::Main {
                    1.0
                } else {
                    0.25
                };
                if progress(need.stream) == Progress::Plays {
                    decode + 0.5 / every
                } else {
                    0.0
                }
            };
            let share = needs.iter().map(cost).sum::<f32>() / (1.5 * self.power);
            let needed: HashSet<StreamId> = needs.iter().map(|need| need.stream).collect();
            self.asked.retain(|stream, _| needed.contains(stream));
            for stream in &needed {
                self.asked.entry(*stream).or_insert_with(|| {
                    self.dials += 1;
                    now
                });
            }
            let load = Load {
                cpu: Some(share.min(1.0)),
                pictures: 240,
                replaced: (240.0 * (1.0 - 1.0 / share.max(1.0))) as u64,
            };
            let relief = self.overload.note(load, now);
            self.demand.set_relief(relief);
            let sub_only = |number| {
                needs
                    .iter()
                    .all(|need| need.stream.channel.number != number || need.stream.kind == StreamKind::Sub)
            };
            (relief, (1..=16).map(sub_only).collect())
        }

        /// So many seconds; how often what is given up changed.
        fn run(&mut self, seconds: u32) -> usize {
            let mut changes = 0;
            for _ in 0..seconds {
                let before = self.overload.relief;
                changes += usize::from(self.second().0 != before);
            }
            changes
        }
    }

    #[test]
    fn tiles_fall_to_sub_then_to_lower_rates_and_the_selected_one_last() {
        // Too weak for anything: everything is given up, step by step.
        let mut wall = SimulatedWall::new(0.5);
        let (mut others, mut selected) = (None, None);
        for second in 0..400 {
            let (relief, sub) = wall.second();
            assert!(relief.every(true) <= relief.every(false));
            if sub[1..].iter().all(|sub| *sub) {
                others.get_or_insert(second);
            }
            if sub[0] {
                selected.get_or_insert(second);
            }
        }
        assert!(others.is_some() && selected > others, "{others:?} {selected:?}");
        assert_eq!(wall.overload.relief.0, Relief::MOST);
    }

    #[test]
    fn a_machine_that_is_strong_enough_gives_up_nothing() {
        assert_eq!(SimulatedWall::new(20.0).run(3600), 0);
    }

    #[test]
    fn a_machine_that_is_always_too_weak_tries_rarely_and_does_not_flap() {
        // In tenths: far too weak, nearly strong enough for its sub streams, for its main streams.
        for power in [5, 50, 86, 122, 140, 158_u16] {
            let mut wall = SimulatedWall::new(f32::from(power) / 10.0);
            wall.run(3600);
            let dials = wall.dials;
            let changes = wall.run(3600);
            let dials = wall.dials - dials;
            assert!(
                changes <= 16 && dials <= 5 * 16,
                "{changes} changes and {dials} dials an hour at {power}"
            );
        }
    }

    #[test]
    fn when_the_strain_is_over_everything_comes_back_and_stays() {
        let mut wall = SimulatedWall::new(3.0);
        wall.run(3 * 3600);
        assert!(!wall.overload.relief.is_none());
        wall.power = 40.0;
        wall.run(3600);
        let (relief, sub) = wall.second();
        assert!(relief.is_none() && sub.iter().all(|sub| !sub), "{relief:?}");
        assert_eq!(wall.run(3600), 0);
    }
}
