//! Which parts go when the disk or the user's limits want room: the oldest, and only those that this program made.

use std::collections::BTreeSet;

/// What may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// All parts together, in bytes; `None`: as much as the disk has.
    pub bytes: Option<u64>,
    /// How long after its end a part may go on being kept, in microseconds; `None`: as long as there is room.
    pub age: Option<i64>,
    /// So many bytes of the disk stay free.
    pub floor: u64,
}

/// A part that may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<Id> {
    pub id: Id,
    /// When it ends, in microseconds since 1970.
    pub end: i64,
    pub bytes: u64,
}

/// The parts that have to go, the oldest first. `free`: of the disk, in bytes; `wanted`: for what is to be written next; `now`: in
/// microseconds since 1970. Parts that are being written are not among `parts`.
pub fn surplus<Id: Copy + Ord>(parts: &[Kept<Id>], bounds: Bounds, free: u64, wanted: u64, now: i64) -> Vec<Id> {
    let mut oldest: Vec<&Kept<Id>> = parts.iter().collect();
    oldest.sort_by_key(|part| (part.end, part.id));
    let mut kept: u64 = parts.iter().map(|part| part.bytes).sum();
    let mut free = free;
    let mut gone = Vec::new();
    for part in oldest {
        let too_old = bounds.age.is_some_and(|age| now.saturating_sub(part.end) > age);
        let too_much = bounds.bytes.is_some_and(|most| kept.saturating_add(wanted) > most);
        let too_full = free < bounds.floor.saturating_add(wanted);
        if !too_old && !too_much && !too_full {
            break;
        }
        kept -= part.bytes;
        free = free.saturating_add(part.bytes);
        gone.push(part.id);
    }
    gone
}

/// Lets `remove` take the parts that have to go, the oldest first, and returns how much of the disk is free afterwards. One that cannot
/// be removed goes on counting, and a younger one goes for it: a single file must not end all recording.
pub fn make_room<Id: Copy + Ord>(
    parts: Vec<Kept<Id>>,
    bounds: Bounds,
    free: u64,
    wanted: u64,
    now: i64,
    mut remove: impl FnMut(&Kept<Id>) -> bool,
) -> u64 {
    let (mut kept, mut bounds, mut free) = (parts, bounds, free);
    loop {
        let gone: BTreeSet<Id> = surplus(&kept, bounds, free, wanted, now).into_iter().collect();
        if gone.is_empty() {
            return free;
        }
        let (mut going, rest): (Vec<_>, Vec<_>) = kept.into_iter().partition(|part| gone.contains(&part.id));
        kept = rest;
        going.sort_by_key(|part| (part.end, part.id));
        for part in going {
            if remove(&part) {
                free = free.saturating_add(part.bytes);
            } else {
                bounds.bytes = bounds.bytes.map(|most| most.saturating_sub(part.bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour, so that sixty days are done in a moment.
    const PART: i64 = 3_600_000_000;

    #[test]
    fn sixty_days_of_sixteen_channels_never_leave_the_bounds_and_lose_only_the_oldest() {
        let bounds = Bounds {
            bytes: Some(220 << 30),
            age: Some(14 * 86_400_000_000),
            floor: 5 << 30,
        };
        let disk: u64 = 256 << 30;
        let mut parts: Vec<Kept<u64>> = Vec::new();
        let (mut id, mut used, mut most_age, mut least_age) = (0, 0, 0, i64::MAX);
        for step in 0..60 * 24_i64 {
            // Somebody else fills the disk and empties it again.
            let wave = (step % 400 - 200).unsigned_abs();
            let foreign = (20 << 30) + (wave * (200 << 20));
            let now = step * PART;
            for channel in 0..16_u64 {
                let bytes = (180 << 20) + (channel << 22);
                let free = disk.saturating_sub(foreign + used);
                let gone = surplus(&parts, bounds, free, bytes, now);
                let youngest_gone = parts
                    .iter()
                    .filter(|part| gone.contains(&part.id))
                    .map(|part| part.end)
                    .max();
                parts.retain(|part| !gone.contains(&part.id));
                if let (Some(gone), Some(oldest)) = (youngest_gone, parts.iter().map(|part| part.end).min()) {
                    assert!(gone <= oldest);
                }
                id += 1;
                parts.push(Kept {
                    id,
                    end: now + PART,
                    bytes,
                });
                used = parts.iter().map(|part| part.bytes).sum();
                assert!(
                    foreign + used + bounds.floor <= disk && used <= 220 << 30,
                    "step {step}"
                );
            }
            let oldest = parts.iter().map(|part| part.end).min().unwrap();
            most_age = most_age.max(now - oldest);
            if step > 20 * 24 {
                least_age = least_age.min(now - oldest);
            }
        }
        let day = 86_400_000_000;
        assert!(most_age <= 14 * day, "{most_age}");
        assert!(least_age > day, "it keeps what there is room for: {least_age}");
    }

    #[test]
    fn a_part_that_cannot_be_removed_goes_on_counting_and_the_next_one_goes_for_it() {
        let part = |id: u32, bytes| Kept {
            id,
            end: i64::from(id),
            bytes,
        };
        let parts = || vec![part(4, 10), part(1, 10), part(2, 10), part(3, 10)];
        let gone = |bounds, free, stuck: &[u32]| {
            let mut gone = Vec::new();
            let free = make_room(parts(), bounds, free, 5, 1_000, |part| {
                let goes = !stuck.contains(&part.id);
                gone.extend(goes.then_some(part.id));
                goes
            });
            (gone, free)
        };
        let full = Bounds {
            bytes: None,
            age: None,
            floor: 100,
        };
        assert_eq!(gone(full, 100, &[]), (vec![1], 110));
        assert_eq!(gone(full, 100, &[1, 2]), (vec![3], 110));
        assert_eq!(gone(full, 100, &[1, 2, 3, 4]), (vec![], 100), "it ends");
        let limited = Bounds {
            bytes: Some(35),
            age: None,
            floor: 0,
        };
        assert_eq!(gone(limited, 100, &[]), (vec![1], 110));
        assert_eq!(
            gone(limited, 100, &[1]),
            (vec![2], 110),
            "with what cannot go the limit is kept"
        );
    }

    #[test]
    fn what_is_too_old_goes_though_there_is_room() {
        let bounds = Bounds {
            bytes: None,
            age: Some(100),
            floor: 0,
        };
        let part = |id, end| Kept { id, end, bytes: 1 };
        assert_eq!(
            surplus(&[part(1, 950), part(2, 800), part(3, 899)], bounds, 10, 1, 1_000),
            [2, 3]
        );
    }
}
