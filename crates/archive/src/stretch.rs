use jiff::{SignedDuration, Timestamp};

/// A stretch of time, from its first moment up to the one that is no longer in it. It is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    from: Timestamp,
    to: Timestamp,
}

impl Stretch {
    /// `None` where nothing lies between the two.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// From `from` on, so long; at the end of all time shorter, and of no length at least as long as can be told.
    pub(crate) fn of_length(from: Timestamp, length: SignedDuration) -> Self {
        let least = SignedDuration::from_nanos(1);
        let from = from.min(Timestamp::MAX.saturating_sub(least).unwrap_or(from));
        let to = from.saturating_add(length.max(least)).unwrap_or(Timestamp::MAX);
        Self { from, to }
    }

    #[must_use]
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// The first moment after it.
    #[must_use]
    pub fn to(&self) -> Timestamp {
        self.to
    }

    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// What lies in both.
    #[must_use]
    pub fn overlap(&self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// What is left before and after `other`.
    #[must_use]
    pub fn without(&self, other: Self) -> [Option<Self>; 2] {
        match self.overlap(other) {
            None => [Some(*self), None],
            Some(_) => [
                Self::new(self.from, other.from.min(self.to)),
                Self::new(other.to.max(self.from), self.to),
            ],
        }
    }
}

/// Adds a stretch to a list that is sorted and of which none touch; those that it touches become one with it.
pub(crate) fn unite(list: &mut Vec<Stretch>, new: Stretch) {
    let mut grown = new;
    list.retain(|old| {
        let apart = old.to < grown.from || grown.to < old.from;
        if !apart {
            grown = Stretch {
                from: grown.from.min(old.from),
                to: grown.to.max(old.to),
            };
        }
        apart
    });
    let at = list.partition_point(|old| old.from < grown.from);
    list.insert(at, grown);
}

/// Takes a stretch out of such a list.
pub(crate) fn take_out(list: &mut Vec<Stretch>, gone: Stretch) {
    *list = list.iter().flat_map(|old| old.without(gone)).flatten().collect();
}

/// The parts of `within` that no stretch of such a list covers, in their order.
pub(crate) fn uncovered(list: &[Stretch], within: Stretch) -> Vec<Stretch> {
    let mut left = vec![within];
    for covered in list.iter().filter(|covered| covered.overlap(within).is_some()) {
        let Some(last) = left.pop() else { break };
        left.extend(last.without(*covered).into_iter().flatten());
        // What lies before a covered part is done; only the last one can be cut again.
        if left.last().is_none_or(|last| last.to <= covered.from) {
            break;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn stretch(from: i64, to: i64) -> Stretch {
        Stretch::new(at(from), at(to)).unwrap()
    }

    #[test]
    fn nothing_is_no_stretch() {
        assert_eq!(Stretch::new(at(5), at(5)), None);
        assert_eq!(Stretch::new(at(6), at(5)), None);
        assert_eq!(stretch(0, 5).overlap(stretch(5, 9)), None);
        assert!(!stretch(0, 5).contains(at(5)));
    }

    #[test]
    fn what_touches_becomes_one() {
        let mut list = Vec::new();
        for new in [stretch(10, 20), stretch(40, 50), stretch(20, 30), stretch(0, 5)] {
            unite(&mut list, new);
        }
        assert_eq!(list, [stretch(0, 5), stretch(10, 30), stretch(40, 50)]);
        take_out(&mut list, stretch(4, 45));
        assert_eq!(list, [stretch(0, 4), stretch(45, 50)]);
    }

    #[test]
    fn what_is_not_covered_is_found() {
        let list = [stretch(0, 5), stretch(10, 30), stretch(40, 50)];
        assert_eq!(
            uncovered(&list, stretch(3, 60)),
            [stretch(5, 10), stretch(30, 40), stretch(50, 60)]
        );
        assert_eq!(uncovered(&list, stretch(12, 20)), []);
        assert_eq!(uncovered(&list, stretch(12, 35)), [stretch(30, 35)]);
        assert_eq!(uncovered(&[], stretch(1, 2)), [stretch(1, 2)]);
        assert_eq!(uncovered(&list, stretch(6, 8)), [stretch(6, 8)]);
    }
}
