//! Which group dials next: those that want something later, and those that want to dial now.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::class::Class;
use super::plans::GroupId;

/// When to look again, and what for.
pub(super) type Wake = Option<(Instant, &'static str)>;

pub(super) fn sooner(wake: &mut Wake, at: Instant, why: &'static str) {
    if wake.is_none_or(|(other, _)| at < other) {
        *wake = Some((at, why));
    }
}

/// What a group wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupWish {
    /// To dial now. In its line it stands by `since`; at `again` it may want something else.
    Now {
        line: QueueLine,
        since: Instant,
        again: Option<Instant>,
    },
    At(Instant),
    /// Only an input can change it.
    Never,
}

/// Groups that draw on the same permits stand in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueueLine {
    pub(super) class: Class,
    pub(super) on_screen: bool,
}

impl QueueLine {
    pub(super) fn is_hurried(self) -> bool {
        self.class == Class::Hurried
    }
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    #[default]
    Nowhere,
    Agenda(Instant),
    InLine {
        line: QueueLine,
        since: Instant,
        ticket: u64,
        again: Option<Instant>,
    },
}

/// Of so many turns of unproven groups one is of a group that is not on screen, where both want one.
const SHARE: u32 = 4;

/// Invariant: each group stands in one place at most, and `places` says which.
#[derive(Default)]
pub(super) struct Queue {
    places: BTreeMap<GroupId, Standing>,
    agenda: BTreeSet<(Instant, GroupId)>,
    lines: BTreeMap<QueueLine, BTreeSet<(Instant, u64, GroupId)>>,
    last_ticket: u64,
    turns: u32,
}

impl Queue {
    /// Puts a group where its wish belongs. In a line it stands by the time that it names, and keeps its place among equals.
    pub(super) fn place(&mut self, id: GroupId, wish: GroupWish) {
        let before = self.place_of(id);
        let after = match wish {
            GroupWish::Never => Standing::Nowhere,
            GroupWish::At(at) => Standing::Agenda(at),
            GroupWish::Now { line, since, again } => {
                let ticket = match before {
                    Standing::InLine { line: old, ticket, .. } if line == old => ticket,
                    _ => {
                        self.last_ticket += 1;
                        self.last_ticket
                    }
                };
                Standing::InLine {
                    line,
                    since,
                    ticket,
                    again,
                }
            }
        };
        if after == before {
            return;
        }
        self.remove(id);
        let (in_line, later) = stands(after);
        if let Some(at) = later {
            self.agenda.insert((at, id));
        }
        if let Some((line, since, ticket)) = in_line {
            self.lines.entry(line).or_default().insert((since, ticket, id));
        }
        if after != Standing::Nowhere {
            self.places.insert(id, after);
        }
    }

    pub(super) fn remove(&mut self, id: GroupId) {
        let (in_line, later) = stands(self.places.remove(&id).unwrap_or_default());
        if let Some(at) = later {
            self.agenda.remove(&(at, id));
        }
        if let Some((line, since, ticket)) = in_line
            && let Some(groups) = self.lines.get_mut(&line)
        {
            groups.remove(&(since, ticket, id));
            if groups.is_empty() {
                self.lines.remove(&line);
            }
        }
    }

    pub(super) fn place_of(&self, id: GroupId) -> Standing {
        self.places.get(&id).copied().unwrap_or_default()
    }

    /// Who wants something first, and when.
    pub(super) fn earliest(&self) -> Option<(Instant, GroupId)> {
        self.agenda.first().copied()
    }

    /// The lines in which somebody stands.
    pub(super) fn lines(&self) -> impl Iterator<Item = QueueLine> + '_ {
        self.lines.keys().copied()
    }

    /// Whose turn it is, of those that stand in these lines. What is proven goes first, then what hurries, each in the order
    /// of arrival; then the others, whoever waited longest, and three of four times somebody on screen.
    pub(super) fn next(&self, open: &[QueueLine]) -> Option<GroupId> {
        let heads = || {
            open.iter()
                .filter_map(|line| self.lines.get(line)?.first().map(|head| (*line, *head)))
        };
        let first_come = heads().filter(|(line, _)| is_first_come(line.class)).min();
        if let Some((_, (_, _, id))) = first_come {
            return Some(id);
        }
        let longest = |on_screen| {
            let waiting = heads().filter(|(line, _)| line.on_screen == on_screen);
            waiting.map(|(_, head)| head).min()
        };
        let (seen, unseen) = (longest(true), longest(false));
        let turn = if self.turns % SHARE == SHARE - 1 {
            unseen.or(seen)
        } else {
            seen.or(unseen)
        };
        turn.map(|(_, _, id)| id)
    }

    /// A group of this class has dialled.
    pub(super) fn took_turn(&mut self, class: Class) {
        if !is_first_come(class) {
            self.turns = self.turns.wrapping_add(1);
        }
    }

    /// How many turns pass before that of a group with so many ahead of it in its own half, and so many in the other.
    pub(super) fn turns_before(on_screen: bool, ahead: usize, others: usize) -> usize {
        let share = usize::try_from(SHARE).unwrap_or(1);
        let between = if on_screen {
            ahead / (share - 1)
        } else {
            (ahead + 1) * (share - 1)
        };
        ahead + between.min(others)
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.agenda.clear();
        self.lines.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    #[cfg(test)]
    pub(super) fn with_last_ticket(last_ticket: u64) -> Self {
        Self {
            last_ticket,
            ..Self::default()
        }
    }
}

/// The entry of a place in its line, and in the agenda.
fn stands(place: Standing) -> (Option<(QueueLine, Instant, u64)>, Option<Instant>) {
    match place {
        Standing::Nowhere => (None, None),
        Standing::Agenda(at) => (None, Some(at)),
        Standing::InLine {
            line,
            since,
            ticket,
            again,
        } => (Some((line, since, ticket)), again),
    }
}

/// Arrival is what counts in these lines; in the others, who was looked at longest ago.
fn is_first_come(class: Class) -> bool {
    matches!(class, Class::Proven | Class::Promising | Class::Hurried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn line(class: Class, on_screen: bool) -> QueueLine {
        QueueLine { class, on_screen }
    }

    fn now(line: QueueLine, since: Instant) -> GroupWish {
        let again = None;
        GroupWish::Now { line, since, again }
    }

    #[test]
    fn a_group_stands_in_one_place() {
        let start = Instant::now();
        let mut queue = Queue::default();
        let (id, doubtful) = (GroupId(1), line(Class::Doubtful, true));
        queue.place(id, GroupWish::At(start));
        assert_eq!(queue.earliest(), Some((start, id)));
        queue.place(id, now(doubtful, start));
        assert_eq!(queue.earliest(), None);
        assert_eq!(queue.next(&[doubtful]), Some(id));
        assert_eq!(queue.next(&[]), None, "its line is closed");
        queue.place(id, GroupWish::Never);
        assert_eq!(queue.lines().count() + queue.len(), 0);
    }

    #[test]
    fn what_is_proven_goes_first_and_what_waited_longest_next() {
        let start = Instant::now();
        let mut queue = Queue::default();
        let at = |seconds| start + Duration::from_secs(seconds);
        queue.place(GroupId(1), now(line(Class::Doubtful, true), at(9)));
        queue.place(GroupId(2), now(line(Class::Doubtful, true), at(3)));
        queue.place(GroupId(3), now(line(Class::Unknown, true), at(5)));
        queue.place(GroupId(4), now(line(Class::Proven, false), at(9)));
        let all: Vec<_> = queue.lines().collect();
        let mut order = Vec::new();
        while let Some(id) = queue.next(&all) {
            order.push(id.0);
            queue.remove(id);
        }
        assert_eq!(order, [4, 2, 3, 1]);
    }

    #[test]
    fn three_of_four_turns_are_of_groups_on_screen_and_nobody_is_starved() {
        let start = Instant::now();
        let mut queue = Queue::default();
        let mut turns = [0; 40];
        for id in 0..40 {
            queue.place(GroupId(id), now(line(Class::Doubtful, id < 20), start));
        }
        for step in 0..400_u32 {
            let all: Vec<_> = queue.lines().collect();
            let id = queue.next(&all).unwrap();
            let index = usize::try_from(id.0).unwrap();
            turns[index] += 1;
            queue.remove(id);
            queue.took_turn(Class::Doubtful);
            let again = start + Duration::from_secs(u64::from(step) + 1);
            queue.place(id, now(line(Class::Doubtful, id.0 < 20), again));
        }
        assert!(turns[..20].iter().all(|turns| *turns == 15), "{turns:?}");
        assert!(turns[20..].iter().all(|turns| *turns == 5), "{turns:?}");
    }
}
