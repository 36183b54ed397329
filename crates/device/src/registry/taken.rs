use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::letters::folded;

/// The names that are taken, each within its `Place`, such as a site. A free name is found without a look at all the others, so that
/// thousands of equal names cost no more than thousands of different ones.
#[derive(Clone, Debug)]
pub struct TakenNames<Place> {
    taken: HashSet<(Place, String)>,
    /// The number that the next device of a name would get.
    next: HashMap<(Place, String), u64>,
}

impl<Place> Default for TakenNames<Place> {
    fn default() -> Self {
        Self {
            taken: HashSet::new(),
            next: HashMap::new(),
        }
    }
}

impl<Place: Copy + Eq + Hash> TakenNames<Place> {
    /// Takes `name`, or `name (2)`, `name (3)` and so on: the first that is free.
    pub fn take(&mut self, place: Place, name: &str) -> String {
        let base = (place, folded(name));
        if self.taken.insert(base.clone()) {
            return name.to_owned();
        }
        let next = self.next.entry(base).or_insert(2);
        loop {
            let numbered = format!("{name} ({next})");
            *next += 1;
            if self.taken.insert((place, folded(&numbered))) {
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_number_is_given() {
        let mut names = TakenNames::default();
        let given = [
            (1, "A"),
            (1, "a"),
            (2, "A"),
            (1, "A (4)"),
            (1, "A"),
            (1, "A"),
            (1, "A (4)"),
        ];
        let given = given.map(|(place, name)| names.take(place, name));
        assert_eq!(given, ["A", "a (2)", "A", "A (4)", "A (3)", "A (5)", "A (4) (2)"]);
        assert_eq!(names.take(1, "Cafe\u{301}"), "Cafe\u{301}");
        assert_eq!(names.take(1, "Caf\u{e9}"), "Caf\u{e9} (2)");
    }
}
