use egui::Rect;

/// A rectangle of whole pixels; right and bottom lie outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Area {
    pub const NOTHING: Self = Self {
        left: i32::MAX,
        top: i32::MAX,
        right: i32::MIN,
        bottom: i32::MIN,
    };

    /// All of a window of this size in pixels.
    #[must_use]
    pub fn of_size([width, height]: [u32; 2]) -> Self {
        Self {
            left: 0,
            top: 0,
            right: width.cast_signed(),
            bottom: height.cast_signed(),
        }
    }

    /// The pixels of a rectangle in points, each edge rounded to the nearest pixel.
    #[must_use]
    pub(super) fn snapped(rect: Rect, scale: f32) -> Self {
        Self {
            left: (rect.left() * scale).round() as i32,
            top: (rect.top() * scale).round() as i32,
            right: (rect.right() * scale).round() as i32,
            bottom: (rect.bottom() * scale).round() as i32,
        }
    }

    /// All pixels that a rectangle in points touches.
    #[must_use]
    pub(super) fn touched(rect: Rect, scale: f32) -> Self {
        Self {
            left: (rect.left() * scale).floor() as i32,
            top: (rect.top() * scale).floor() as i32,
            right: (rect.right() * scale).ceil() as i32,
            bottom: (rect.bottom() * scale).ceil() as i32,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// 0 where it is empty.
    #[must_use]
    pub fn width(&self) -> usize {
        usize::try_from(i64::from(self.right) - i64::from(self.left)).unwrap_or(0)
    }

    #[must_use]
    pub fn height(&self) -> usize {
        usize::try_from(i64::from(self.bottom) - i64::from(self.top)).unwrap_or(0)
    }

    #[must_use]
    pub fn intersect(&self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    #[must_use]
    pub fn union(&self, other: Self) -> Self {
        if other.is_empty() {
            return *self;
        }
        if self.is_empty() {
            return other;
        }
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    #[must_use]
    pub fn covers(&self, other: Self) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }

    /// The same areas, with those that overlap joined, so that no pixel is painted twice.
    #[must_use]
    pub fn joined(areas: impl Iterator<Item = Self>) -> Vec<Self> {
        let mut apart: Vec<Self> = Vec::new();
        for mut area in areas {
            while let Some(at) = apart.iter().position(|other| !other.intersect(area).is_empty()) {
                area = area.union(apart.swap_remove(at));
            }
            apart.push(area);
        }
        apart
    }
}
