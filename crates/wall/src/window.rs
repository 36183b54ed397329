use std::collections::BTreeSet;

use super::tiles::Wall;
use device::SiteId;

/// What one window shows and how, as it is found again after a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowView {
    pub wall: Wall,
    pub tree: TreePane,
    pub fullscreen: bool,
    /// The named view that was opened last.
    pub view: Option<String>,
    /// Whether a tour runs in the window.
    pub touring: bool,
    pub place: WindowPlace,
}

/// Where a window stands on the desktop, as far as the system tells (Wayland does not).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowPlace {
    /// Left and top edge of the frame, in points.
    pub at: Option<[f32; 2]>,
    /// Width and height of the inside, in points.
    pub size: Option<[f32; 2]>,
    pub maximized: bool,
}

impl WindowPlace {
    /// The place on a desktop of these monitors (left, top, width, height in points): a window whose monitor is gone, or that
    /// shows too little of itself to be grasped, moves to the nearest monitor.
    #[must_use]
    pub fn on(self, monitors: &[[f32; 4]]) -> Self {
        let (Some([x, y]), [width, height]) = (self.at, self.size.unwrap_or(Self::UNKNOWN)) else {
            return self;
        };
        let overlap = |low: f32, length: f32, other: f32, other_length: f32| {
            ((low + length).min(other + other_length) - low.max(other)).max(0.0)
        };
        let grasped = monitors.iter().any(|[left, top, w, h]| {
            overlap(x, width, *left, *w) >= Self::GRASP.min(width)
                && overlap(y, height, *top, *h) >= Self::GRASP.min(height)
        });
        let distance = |[left, top, w, h]: &[f32; 4]| {
            let (dx, dy) = (x - x.clamp(*left, left + w), y - y.clamp(*top, top + h));
            dx.hypot(dy)
        };
        let nearest = monitors.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let Some([left, top, w, h]) = nearest.filter(|_| !grasped) else {
            return self;
        };
        let inside = |value: f32, low: f32, length: f32, own: f32| value.clamp(low, (low + length - own).max(low));
        Self {
            at: Some([inside(x, *left, *w, width), inside(y, *top, *h, height)]),
            size: self.size.map(|[width, height]| [width.min(*w), height.min(*h)]),
            ..self
        }
    }

    /// The index of the monitor that most of the window is on; `None`: on none, or its place is not known.
    #[must_use]
    pub fn monitor(self, monitors: &[[f32; 4]]) -> Option<usize> {
        let ([x, y], [width, height]) = (self.at?, self.size.unwrap_or(Self::UNKNOWN));
        let shared = |[left, top, w, h]: &[f32; 4]| {
            let wide = (x + width).min(left + w) - x.max(*left);
            let high = (y + height).min(top + h) - y.max(*top);
            wide.max(0.0) * high.max(0.0)
        };
        let areas = monitors.iter().map(shared).enumerate();
        let most = areas.max_by(|(_, a), (_, b)| a.total_cmp(b));
        most.filter(|(_, area)| *area > 0.0).map(|(index, _)| index)
    }

    /// The part of a window that must be on a monitor, in each direction.
    const GRASP: f32 = 120.0;
    const UNKNOWN: [f32; 2] = [640.0, 400.0];
}

/// The pane with sites, devices and channels.
#[derive(Clone, Debug, PartialEq)]
pub struct TreePane {
    pub open: bool,
    /// Its width in points; `None` until the user dragged its edge.
    pub width: Option<f32>,
    /// Sites whose devices are hidden; devices open on demand and start closed.
    pub closed_sites: BTreeSet<SiteId>,
}

impl Default for TreePane {
    fn default() -> Self {
        Self {
            open: true,
            width: None,
            closed_sites: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: [f32; 4] = [0.0, 0.0, 1920.0, 1080.0];
    const RIGHT: [f32; 4] = [1920.0, 0.0, 1280.0, 720.0];

    fn place(x: f32, y: f32) -> WindowPlace {
        WindowPlace {
            at: Some([x, y]),
            size: Some([1280.0, 800.0]),
            maximized: false,
        }
    }

    #[test]
    fn a_window_is_on_the_monitor_that_shows_most_of_it() {
        for (at, monitor) in [
            ((0.0, 0.0), Some(0)),
            ((1200.0, 0.0), Some(0)),
            ((1900.0, 0.0), Some(1)),
            ((9000.0, 0.0), None),
        ] {
            assert_eq!(place(at.0, at.1).monitor(&[LEFT, RIGHT]), monitor, "{at:?}");
        }
        assert_eq!(WindowPlace::default().monitor(&[LEFT]), None);
        assert_eq!(place(0.0, 0.0).monitor(&[]), None);
    }

    #[test]
    fn a_window_on_a_monitor_stays_where_it_is() {
        for at in [(0.0, 0.0), (-700.0, 200.0), (1900.0, 0.0), (3000.0, 100.0)] {
            let place = place(at.0, at.1);
            assert_eq!(place.on(&[LEFT, RIGHT]), place, "{at:?}");
        }
        assert_eq!(WindowPlace::default().on(&[LEFT]), WindowPlace::default());
        assert_eq!(place(9_000.0, 0.0).on(&[]), place(9_000.0, 0.0), "no monitor is known");
    }

    #[test]
    fn a_window_whose_monitor_is_gone_moves_to_the_nearest_one_whole() {
        assert_eq!(place(2_400.0, 100.0).on(&[LEFT]).at, Some([640.0, 100.0]));
        let moved = place(-5_000.0, -5_000.0).on(&[RIGHT]);
        assert_eq!((moved.at, moved.size), (Some([1920.0, 0.0]), Some([1280.0, 720.0])));
    }
}
