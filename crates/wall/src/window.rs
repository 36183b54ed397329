use std::collections::{BTreeMap, BTreeSet};

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
    /// The sizes that a person gave to dialogs, in points, by their names; the first window has them for all.
    pub dialogs: BTreeMap<String, [f32; 2]>,
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

/// A monitor of the desktop. Each rectangle: left, top, width, height in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Monitor {
    pub area: [f32; 4],
    /// The part that no task bar covers, as far as the system tells.
    pub work: Option<[f32; 4]>,
}

impl Monitor {
    /// The room for windows in the monitor at `area`, of the rectangles that the system says are free on the whole desktop: the largest
    /// part of one of them that lies on it. `None`: less than half of it is free, which no task bar leaves.
    #[must_use]
    pub fn work_of([left, top, width, height]: [f32; 4], free: &[[f32; 4]]) -> Option<[f32; 4]> {
        let size = |[_, _, width, height]: &[f32; 4]| width.max(0.0) * height.max(0.0);
        let shared = free.iter().map(|[x, y, w, h]| {
            let (from_x, from_y) = (x.max(left), y.max(top));
            let (to_x, to_y) = ((x + w).min(left + width), (y + h).min(top + height));
            [from_x, from_y, to_x - from_x, to_y - from_y]
        });
        let largest = shared.max_by(|a, b| size(a).total_cmp(&size(b)));
        largest.filter(|part| part[2] > 0.0 && part[3] > 0.0 && size(part) * 2.0 >= width * height)
    }

    /// Where windows may be.
    fn room(self) -> [f32; 4] {
        self.work.unwrap_or(self.area)
    }
}

impl From<[f32; 4]> for Monitor {
    /// One of which no more is known than where it is.
    fn from(area: [f32; 4]) -> Self {
        Self { area, work: None }
    }
}

impl WindowPlace {
    /// A window's first size, in points.
    pub const FIRST_SIZE: [f32; 2] = [1280.0, 800.0];

    /// The place on a desktop of these monitors. A window that is larger than its monitor shrinks
    /// and stands on it whole; one whose monitor is gone, or that shows too little of itself to be grasped, moves to the nearest one.
    #[must_use]
    pub fn on(self, monitors: &[Monitor]) -> Self {
        let Some([x, y]) = self.at else { return self };
        let own = self.size.unwrap_or(Self::FIRST_SIZE);
        let overlap = |low: f32, length: f32, other: f32, other_length: f32| {
            ((low + length).min(other + other_length) - low.max(other)).max(0.0)
        };
        let [width, height] = self.size.unwrap_or(Self::UNKNOWN);
        let grasped = monitors.iter().any(
            |Monitor {
                 area: [left, top, w, h],
                 ..
             }| {
                overlap(x, width, *left, *w) >= Self::GRASP.min(width)
                    && overlap(y, height, *top, *h) >= Self::GRASP.min(height)
            },
        );
        let distance = |Monitor {
                            area: [left, top, w, h],
                            ..
                        }: &Monitor| {
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
    pub fn wholly(self, monitors: &[Monitor]) -> Self {
        let place = self.on(monitors);
        let monitor = place.monitor(monitors).and_then(|index| monitors.get(index));
        monitor.map_or(place, |monitor| place.wholly_on(*monitor))
    }

    fn wholly_on(self, monitor: Monitor) -> Self {
        let [left, top, width, height] = monitor.room();
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

    /// The size of the inside of a window that is to be no larger than the work area of a monitor. Where the system does not tell
    /// that area, what fits the monitor with its frame stays, and anything else leaves room for a task bar too.
    #[must_use]
    pub fn fitting([width, height]: [f32; 2], monitor: Monitor) -> [f32; 2] {
        let [_, _, most_width, most_height] = monitor.room();
        let bar = if monitor.work.is_some() { 0.0 } else { Self::TASK_BAR };
        let fit = |own: f32, most: f32, frame: f32, bar: f32| {
            if own + frame <= most {
                own
            } else {
                (most - frame - bar).max(1.0)
            }
        };
        [
            fit(width, most_width, Self::BORDERS, 0.0),
            fit(height, most_height, Self::TITLE, bar),
        ]
    }

    /// The index of the monitor that most of the window is on; `None`: on none, or its place is not known.
    #[must_use]
    pub fn monitor(self, monitors: &[Monitor]) -> Option<usize> {
        let ([x, y], [width, height]) = (self.at?, self.size.unwrap_or(Self::UNKNOWN));
        let shared = |Monitor {
                          area: [left, top, w, h],
                          ..
                      }: &Monitor| {
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

    const LEFT: Monitor = whole([0.0, 0.0, 1920.0, 1080.0]);
    const RIGHT: Monitor = whole([1920.0, 0.0, 1280.0, 720.0]);

    const fn whole(area: [f32; 4]) -> Monitor {
        Monitor { area, work: None }
    }

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
        let small = |w, h| whole([0.0, 0.0, w, h]);
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
                    x >= 0.0 && y >= 0.0 && x + w <= monitor.area[2] && y + h <= monitor.area[3],
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

    #[test]
    fn a_window_fits_into_what_no_task_bar_covers() {
        // A bar of 90 points above and one of 60 at the left.
        let monitor = Monitor {
            area: [0.0, 0.0, 1366.0, 768.0],
            work: Some([60.0, 90.0, 1306.0, 678.0]),
        };
        assert_eq!(WindowPlace::fitting([1280.0, 800.0], monitor), [1280.0, 638.0]);
        assert_eq!(WindowPlace::fitting([1280.0, 630.0], monitor), [1280.0, 630.0]);
        let placed = place(0.0, 0.0).on(&[monitor]);
        assert_eq!((placed.at, placed.size), (Some([60.0, 90.0]), Some([1280.0, 638.0])));
    }

    #[test]
    fn the_work_area_of_a_monitor_is_what_is_free_of_it() {
        let (left, right) = (LEFT.area, RIGHT.area);
        // One rectangle over both monitors, as many desktops tell it: a bar of 40 points at the foot of the left one.
        let both = [[0.0, 0.0, 3200.0, 1040.0]];
        assert_eq!(Monitor::work_of(left, &both), Some([0.0, 0.0, 1920.0, 1040.0]));
        assert_eq!(Monitor::work_of(right, &both), Some(right));
        // One for each.
        let each = [[0.0, 32.0, 1920.0, 1048.0], [1920.0, 0.0, 1280.0, 680.0]];
        assert_eq!(Monitor::work_of(left, &each), Some(each[0]));
        assert_eq!(Monitor::work_of(right, &each), Some(each[1]));
        for nonsense in [
            vec![],
            vec![[0.0, 0.0, 0.0, 0.0]],
            vec![[0.0, 0.0, 300.0, 200.0]],
            vec![[9e9, 0.0, 1.0, 1.0]],
        ] {
            assert_eq!(Monitor::work_of(left, &nonsense), None, "{nonsense:?}");
        }
    }
}
