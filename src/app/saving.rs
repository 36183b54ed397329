//! Decides when something that changes often is saved.

use std::time::{Duration, Instant};

/// Remembers the value that was saved last, and since when a newer one has not changed.
pub(super) struct Saving<T> {
    saved: T,
    changed: Option<(T, Instant)>,
}

impl<T: Clone + PartialEq> Saving<T> {
    pub(super) fn new(view: &T) -> Self {
        Self {
            saved: view.clone(),
            changed: None,
        }
    }

    /// Whether something would be lost if the window were closed now.
    pub(super) fn is_unsaved(&self, view: &T) -> bool {
        self.saved != *view
    }

    /// Whether it is time to save `view`. If so, it counts as saved.
    pub(super) fn is_due(&mut self, view: &T, now: Instant) -> bool {
        if *view == self.saved {
            self.changed = None;
            return false;
        }
        match &self.changed {
            Some((seen, since)) if seen == view => {
                let due = now.saturating_duration_since(*since) >= REST;
                if due {
                    self.saved = view.clone();
                    self.changed = None;
                }
                due
            }
            _ => {
                self.changed = Some((view.clone(), now));
                false
            }
        }
    }
}

/// How long a value must stay the same before it is saved.
const REST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use wall::{Layout, WindowView};

    #[test]
    fn the_window_is_saved_once_when_it_rested() {
        let (mut view, start) = (WindowView::default(), Instant::now());
        let mut saving = Saving::new(&view);
        let at = |millis| start + Duration::from_millis(millis);
        assert!(!saving.is_due(&view, at(0)));
        view.wall.set_layout(Layout::Nine);
        assert!(!saving.is_due(&view, at(100)));
        assert!(!saving.is_due(&view, at(900)));
        view.wall.set_layout(Layout::Sixteen);
        assert!(!saving.is_due(&view, at(1_200)), "changed again: the rest begins anew");
        assert!(!saving.is_due(&view, at(1_900)));
        assert!(saving.is_due(&view, at(2_300)));
        assert!(!saving.is_due(&view, at(9_000)));
    }

    #[test]
    fn a_change_that_is_taken_back_is_not_saved() {
        let (mut view, start) = (WindowView::default(), Instant::now());
        let mut saving = Saving::new(&view);
        view.fullscreen = true;
        assert!(!saving.is_due(&view, start));
        view.fullscreen = false;
        assert!(!saving.is_due(&view, start + REST * 3));
    }
}
