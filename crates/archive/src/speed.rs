use std::fmt;

/// How fast a playback runs, and which way: 1/8 to 16 times, forwards or backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Speed {
    /// 8 is as fast as it was.
    eighths: i16,
}

/// From here on key frames are enough, and more than a connection carries.
const ONLY_KEYS_ABOVE: i16 = 4 * 8;

const SLOWEST: i16 = 1;
const FASTEST: i16 = 16 * 8;

impl Default for Speed {
    fn default() -> Self {
        Self { eighths: 8 }
    }
}

impl Speed {
    /// How many times as fast; negative backwards.
    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.eighths) / 8.0
    }

    #[must_use]
    pub fn is_usual(self) -> bool {
        self.eighths == 8
    }

    #[must_use]
    pub fn is_reverse(self) -> bool {
        self.eighths < 0
    }

    /// Whether only key frames are shown: above four times, and backwards, where nothing else can be decoded as it comes.
    #[must_use]
    pub fn only_key_frames(self) -> bool {
        self.is_reverse() || self.eighths > ONLY_KEYS_ABOVE
    }

    /// Twice as fast, in the same direction.
    #[must_use]
    pub fn faster(self) -> Self {
        self.with_size((self.eighths.abs() * 2).min(FASTEST))
    }

    /// Half as fast, in the same direction.
    #[must_use]
    pub fn slower(self) -> Self {
        self.with_size((self.eighths.abs() / 2).max(SLOWEST))
    }

    /// The other way, as fast.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { eighths: -self.eighths }
    }

    fn with_size(self, size: i16) -> Self {
        let sign = if self.is_reverse() { -1 } else { 1 };
        Self { eighths: sign * size }
    }
}

impl fmt::Display for Speed {
    /// Such as `1×`, `1/4×` and `-2×`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_reverse() { "-" } else { "" };
        match self.eighths.abs() {
            size if size >= 8 => write!(f, "{sign}{}×", size / 8),
            size => write!(f, "{sign}1/{}×", 8 / size.max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_from_an_eighth_to_sixteen_times() {
        let mut speed = Speed::default();
        let mut seen = vec![speed.to_string()];
        for _ in 0..6 {
            speed = speed.faster();
            seen.push(speed.to_string());
        }
        assert_eq!(seen, ["1×", "2×", "4×", "8×", "16×", "16×", "16×"]);
        for _ in 0..9 {
            speed = speed.slower();
        }
        assert_eq!((speed.to_string(), speed.factor()), ("1/8×".to_owned(), 0.125));
        assert_eq!(speed.faster().to_string(), "1/4×");
        assert_eq!(speed.reversed().to_string(), "-1/8×");
        assert_eq!(speed.reversed().reversed(), speed);
    }

    #[test]
    fn above_four_times_and_backwards_key_frames_are_enough() {
        let four = Speed::default().faster().faster();
        assert!(!four.only_key_frames() && four.faster().only_key_frames());
        assert!(Speed::default().reversed().only_key_frames());
    }
}
