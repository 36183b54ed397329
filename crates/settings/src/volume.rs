/// How loud the one tile is that is listened to: a share of the full volume, as a person hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume(u8);

impl Volume {
    pub const FULL: Self = Self(100);
    pub const MUTED: Self = Self(0);
    /// The change of one press of a key, in percent.
    pub const STEP: u8 = 5;

    /// A volume of `percent`; more than 100 counts as 100.
    #[must_use]
    pub fn of_percent(percent: u8) -> Self {
        Self(percent.min(Self::FULL.0))
    }

    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }

    #[must_use]
    pub fn is_muted(self) -> bool {
        self == Self::MUTED
    }

    #[must_use]
    pub fn louder(self) -> Self {
        Self::of_percent(self.0 + Self::STEP)
    }

    #[must_use]
    pub fn softer(self) -> Self {
        Self(self.0.saturating_sub(Self::STEP))
    }

    /// The factor for samples: the cube of the share, as sound servers and players have it, because loudness as people hear it
    /// grows more slowly than the samples.
    #[must_use]
    pub fn amplitude(self) -> f64 {
        (f64::from(self.0) / f64::from(Self::FULL.0)).powi(3)
    }
}

impl Default for Volume {
    fn default() -> Self {
        Self::FULL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_end_at_silence_and_at_full() {
        let steps = |by: fn(Volume) -> Volume, from| {
            let mut volumes = vec![from];
            while volumes.last() != Some(&by(volumes[volumes.len() - 1])) {
                volumes.push(by(volumes[volumes.len() - 1]));
            }
            volumes
        };
        let down = steps(Volume::softer, Volume::FULL);
        assert_eq!((down.len(), down.last()), (21, Some(&Volume::MUTED)));
        assert_eq!(steps(Volume::louder, Volume::MUTED).last(), Some(&Volume::FULL));
        assert_eq!(Volume::of_percent(97).louder(), Volume::FULL);
        assert_eq!(Volume::of_percent(3).softer(), Volume::MUTED);
        assert_eq!(Volume::of_percent(255), Volume::FULL);
    }

    #[test]
    fn half_the_way_is_about_half_as_loud() {
        assert_eq!((Volume::MUTED.amplitude(), Volume::FULL.amplitude()), (0.0, 1.0));
        // -18 dB; ears halve every 10 dB or less where it is soft.
        assert!((Volume::of_percent(50).amplitude() - 0.125).abs() < 1e-9);
    }
}
