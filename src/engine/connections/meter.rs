use std::collections::VecDeque;
use std::time::Instant;

/// Pictures and bytes at the last few readings, and the rates between them.
#[derive(Default)]
pub(super) struct Meter {
    readings: VecDeque<(Instant, u64, u64)>,
}

impl Meter {
    const READINGS: usize = 5;

    /// Takes a reading; pictures a second and kilobits a second since the oldest one kept.
    pub(super) fn read(&mut self, now: Instant, pictures: u64, bytes: u64) -> (f32, u32) {
        let (fps, kbit_s) = match self.readings.front() {
            Some(&(then, old_pictures, old_bytes)) if now > then && bytes >= old_bytes => {
                let seconds = now.duration_since(then).as_secs_f64();
                let fps = pictures.saturating_sub(old_pictures) as f64 / seconds;
                (
                    fps as f32,
                    ((bytes - old_bytes) as f64 * 8.0 / 1_000.0 / seconds) as u32,
                )
            }
            _ => (0.0, 0),
        };
        self.readings.push_back((now, pictures, bytes));
        if self.readings.len() > Self::READINGS {
            self.readings.pop_front();
        }
        (fps, kbit_s)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.readings.len()
    }

    pub(super) fn clear(&mut self) {
        self.readings.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_meter_tells_the_rate_of_the_last_readings() {
        let start = Instant::now();
        let mut meter = Meter::default();
        assert_eq!(meter.read(start, 0, 0), (0.0, 0));
        let (fps, kbit_s) = meter.read(start + Duration::from_secs(2), 30, 250_000);
        assert!((fps - 15.0).abs() < 0.01);
        assert_eq!(kbit_s, 1_000);
    }
}
