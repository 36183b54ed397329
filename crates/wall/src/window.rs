use std::collections::BTreeSet;

use super::tiles::Wall;
use device::{DeviceId, SiteId, VirtualDvrId};

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
    /// A window's first size, in points.
    pub const FIRST_SIZE: [f32; 2] = [1280.0, 800.0];

    /// The place on a desktop of these monitors (left, top, width, height in points). A window that is larger than its monitor shrinks
    /// and stands on it whole; one whose monitor is gone, or that shows too little of itself to be grasped, moves to the nearest one.
    #[must_use]
    pub fn on(self, monitors: &[[f32; 4]]) -> Self {
        let Some([x, y]) = self.at else { return self };
        let own = self.size.unwrap_or(Self::FIRST_SIZE);
        let overlap = |low: f32, length: f32, other: f32, other_length: f32| {
            ((low + length).min(other + other_length) - low.max(other)).max(0.0)
        };
        let [width, height] = self.size.unwrap_or(Self::UNKNOWN);
        let grasped = monitors.iter().any(|[left, top, w, h]| {
            overlap(x, width, *left, *w) >= Self::GRASP.min(width)
                && overlap(y, height, *top, *h) >= Self::GRASP.min(height)
        });
        let distance = |[left, top, w, h]: &[f32; 4]| {
            let (dx, dy) = (x - x.clamp(*left, left + w), y - y.clamp(*top, top + h));
            dx.hypot(dy)
        };
        let nearest = || monitors.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        let on_most = self.monitor(monitors).and_then(|index| monitors.get(index));
        let Some(monitor) = on_most.filter(|_| grasped).or_else(nearest) else {
            return self;
        };
        let fitting = Self::fitting(own, *monitor);
        if grasped && fitting == own {
            return self;
        }
        let size = if fitting == own { self.size } else { Some(fitting) };
        Self { size, ..self }.wholly_on(*monitor)
    }

    /// Moved so that all of it is on the monitor that most of it is on.
    #[must_use]
    pub fn wholly(self, monitors: &[[f32; 4]]) -> Self {
        let place = self.on(monitors);
        let monitor = place.monitor(monitors).and_then(|index| monitors.get(index));
        monitor.map_or(place, |monitor| place.wholly_on(*monitor))
    }

    fn wholly_on(self, [left, top, width, height]: [f32; 4]) -> Self {
        let [own_width, own_height] = self.size.unwrap_or(Self::FIRST_SIZE);
        let inside = |value: f32, low: f32, length: f32, own: f32| value.clamp(low, (low + length - own).max(low));
        let at = self.at.map(|[x, y]| {
            let (x, y) = (
                inside(x, left, width, own_width),
                inside(y, top, height, own_height + Self::TITLE),
            );
            [x, y]
        });
        Self { at, ..self }
    }

    /// The size of the inside of a window that is to be no larger than the work area of a monitor. No system that Monomi knows tells
    /// that area before a window is open: what fits the monitor with its frame stays, anything else leaves room for a task bar too.
    #[must_use]
    pub fn fitting([width, height]: [f32; 2], [_, _, most_width, most_height]: [f32; 4]) -> [f32; 2] {
        let fit = |own: f32, most: f32, frame: f32, bar: f32| {
            if own + frame <= most {
                own
            } else {
                (most - frame - bar).max(1.0)
            }
        };
        [
            fit(width, most_width, Self::BORDERS, 0.0),
            fit(height, most_height, Self::TITLE, Self::TASK_BAR),
        ]
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
    /// What the frame takes at both sides, what its title and lower edge take, and what a task bar takes (Windows 11: 31 and 48).
    const BORDERS: f32 = 16.0;
    const TITLE: f32 = 40.0;
    const TASK_BAR: f32 = 48.0;
}

/// The pane with sites, devices and channels.
#[derive(Clone, Debug, PartialEq)]
pub struct TreePane {
    pub open: bool,
    /// Its width in points; `None` until the user dragged its edge.
    pub width: Option<f32>,
    /// Sites whose devices are hidden; devices and virtual DVRs start closed.
    pub closed_sites: BTreeSet<SiteId>,
    /// Devices whose channels are in view.
    pub open_devices: BTreeSet<DeviceId>,
    /// Virtual DVRs whose channels are in view.
    pub open_virtual_dvrs: BTreeSet<VirtualDvrId>,
    /// Only what has trouble is in view.
    pub trouble_only: bool,
}

impl Default for TreePane {
    fn default() -> Self {
        Self {
            open: true,
            width: None,
            closed_sites: BTreeSet::new(),
            open_devices: BTreeSet::new(),
            open_virtual_dvrs: BTreeSet::new(),
            trouble_only: false,
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
            let place = WindowPlace {
                size: Some([1200.0, 680.0]),
                ..place(at.0, at.1)
            };
            assert_eq!(place.on(&[LEFT, RIGHT]), place, "{at:?}");
        }
        assert_eq!(WindowPlace::default().on(&[LEFT]), WindowPlace::default());
        assert_eq!(place(9_000.0, 0.0).on(&[]), place(9_000.0, 0.0), "no monitor is known");
    }

    #[test]
    fn a_window_whose_monitor_is_gone_moves_to_the_nearest_one_whole() {
        assert_eq!(place(2_400.0, 100.0).on(&[LEFT]).at, Some([640.0, 100.0]));
        let moved = place(-5_000.0, -5_000.0).on(&[RIGHT]);
        assert_eq!((moved.at, moved.size), (Some([1920.0, 0.0]), Some([1264.0, 632.0])));
    }

    #[test]
    fn a_window_is_never_larger_than_its_monitor() {
        let small = |w, h| [0.0, 0.0, w, h];
        for (size, monitor, fitting) in [
            ([1280.0, 800.0], small(1280.0, 720.0), [1264.0, 632.0]),
            ([1280.0, 800.0], small(1366.0, 768.0), [1280.0, 680.0]),
            ([1400.0, 820.0], small(1280.0, 720.0), [1264.0, 632.0]),
            ([1280.0, 800.0], small(1920.0, 1080.0), [1280.0, 800.0]),
            ([1200.0, 680.0], small(1280.0, 720.0), [1200.0, 680.0]),
            ([3840.0, 2160.0], small(1920.0, 1080.0), [1904.0, 992.0]),
        ] {
            assert_eq!(WindowPlace::fitting(size, monitor), fitting, "{size:?} on {monitor:?}");
            let place = WindowPlace {
                at: Some([40.0, 30.0]),
                size: Some(size),
                maximized: false,
            };
            let placed = place.on(&[monitor]);
            assert_eq!(placed.size, Some(fitting));
            if fitting != size {
                let ([x, y], [w, h]) = (placed.at.unwrap(), fitting);
                assert!(
                    x >= 0.0 && y >= 0.0 && x + w <= monitor[2] && y + h <= monitor[3],
                    "{placed:?}"
                );
            }
        }
        let beside = WindowPlace {
            at: Some([60.0, 60.0]),
            size: Some([1200.0, 660.0]),
            maximized: false,
        };
        assert_eq!(
            beside.on(&[RIGHT, small(1280.0, 720.0)]).at,
            beside.at,
            "it was put there"
        );
        assert_eq!(beside.wholly(&[RIGHT, small(1280.0, 720.0)]).at, Some([60.0, 20.0]));
    }
}
