use std::time::Duration;

/// A pause that doubles each time, up to a most, until something lasted.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Pause {
    #[must_use]
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            next: first,
        }
    }

    /// How long to wait now; the next one is twice as long.
    pub fn grow(&mut self) -> Duration {
        let now = self.next;
        self.next = (now * 2).min(self.most);
        now
    }

    /// What was waited for lasted.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_until_something_lasted() {
        let second = Duration::from_secs(1);
        let mut pause = Pause::new(second * 60, second * 200);
        assert_eq!(
            [pause.grow(), pause.grow(), pause.grow()],
            [second * 60, second * 120, second * 200]
        );
        assert_eq!(pause.grow(), second * 200);
        pause.reset();
        assert_eq!(pause.grow(), second * 60);
    }
}
