//! What a machine that cannot keep up gives up, and when it gets it back.

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
    recovered: Option<Instant>,
    /// How often a step that was taken back had to be given up again soon.
    relapses: u32,
}

/// Strain must last this long before a step is given up, and again before the next one.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Calm must last this long before a step is taken back; doubled for each relapse, up to 16 times.
pub const CALM: Duration = Duration::from_secs(20);

/// From here on the cores are full; up to there another step may be borne.
const FULL: f32 = 0.9;
const EASY: f32 = 0.7;

/// Strain that comes back within this time after a step was taken back is its fault.
const RELAPSE: Duration = Duration::from_secs(60);

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
        if late || cpu >= FULL {
            self.calm = None;
            let since = *self.strained.get_or_insert(now);
            if now.saturating_duration_since(since) >= PATIENCE && self.relief.0 < Relief::MOST {
                let soon = self
                    .recovered
                    .is_some_and(|at| now.saturating_duration_since(at) < RELAPSE);
                self.relapses = if soon { (self.relapses + 1).min(4) } else { 0 };
                self.recovered = None;
                self.relief.0 += 1;
                self.strained = Some(now);
            }
        } else if cpu <= EASY {
            self.strained = None;
            let since = *self.calm.get_or_insert(now);
            if !self.relief.is_none() && now.saturating_duration_since(since) >= CALM * (1 << self.relapses) {
                self.relief.0 -= 1;
                self.recovered = Some(now);
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
    use super::*;

    struct Machine(Overload, Instant);

    impl Machine {
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
        let mut machine = Machine::new();
        assert_eq!(machine.run(5, 0.95, 0), 0);
        assert_eq!(machine.run(1, 0.95, 0), 1);
        assert_eq!(machine.run(4, 0.95, 0), 1);
        assert_eq!(machine.run(1, 0.95, 0), 2);
        assert_eq!(machine.run(100, 0.95, 0), 5, "and no further");
        assert_eq!(Machine::new().run(600, 0.89, 9), 0, "hard work is no overload");
        assert_eq!(Machine::new().run(6, 0.2, 10), 1, "pictures that are not painted are");
    }

    #[test]
    fn a_peak_is_no_overload() {
        let mut machine = Machine::new();
        for _ in 0..50 {
            assert_eq!(machine.run(4, 1.0, 50), 0);
            assert_eq!(machine.run(1, 0.8, 0), 0);
        }
    }

    #[test]
    fn it_recovers_slowly_and_more_slowly_after_a_relapse() {
        let mut machine = Machine::new();
        machine.run(6, 1.0, 0);
        assert_eq!(machine.run(20, 0.5, 0), 1);
        assert_eq!(machine.run(1, 0.5, 0), 0);
        assert_eq!(machine.run(6, 1.0, 0), 1);
        assert_eq!(machine.run(40, 0.5, 0), 1, "twice as long now");
        assert_eq!(machine.run(1, 0.5, 0), 0);
        machine.run(120, 0.5, 0);
        machine.run(6, 1.0, 0);
        assert_eq!(machine.run(21, 0.5, 0), 0, "forgotten after a good while");
    }

    #[test]
    fn between_calm_and_strain_everything_stays() {
        let mut machine = Machine::new();
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
}
