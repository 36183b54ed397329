//! In which order the table of sites stands. Pure.

use std::cmp::{Ordering, Reverse};

use super::columns::Sort;
use crate::bridge::SiteStatus;
use crate::ui::site::SiteHealth;
use device::SiteId;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SiteColumn {
    Name,
    /// The worst first.
    #[default]
    State,
    Live,
    Failed,
    Attempts,
    HalfOpen,
    Next,
}

impl SiteColumn {
    pub const ALL: [Self; 7] = [
        Self::Name,
        Self::State,
        Self::Live,
        Self::Failed,
        Self::Attempts,
        Self::HalfOpen,
        Self::Next,
    ];
}

/// The sites as the table shows them. Those that are equal stand by their names. `failed`: whether a device of the site that nobody
/// watches failed when it was tried last.
pub(super) fn sorted(sites: &[SiteStatus], by: Sort<SiteColumn>, failed: impl Fn(SiteId) -> bool) -> Vec<&SiteStatus> {
    let mut sites: Vec<&SiteStatus> = sites.iter().collect();
    sites.sort_by(|one, other| {
        let order = compare(one, other, by.column, &failed);
        let order = if by.reversed { order.reverse() } else { order };
        order.then_with(|| names(&one.name, &other.name))
    });
    sites
}

fn compare(one: &SiteStatus, other: &SiteStatus, column: SiteColumn, failed: &dyn Fn(SiteId) -> bool) -> Ordering {
    // Of numbers the largest is what one looks for.
    let most = |number: fn(&SiteStatus) -> u32| Reverse(number(one)).cmp(&Reverse(number(other)));
    match column {
        SiteColumn::Name => names(&one.name, &other.name),
        SiteColumn::State => {
            let worst = |site: &SiteStatus| {
                let rank = SiteHealth::of(site).rank();
                let rank = if failed(site.id) {
                    rank.min(SiteHealth::PartlyLive.rank())
                } else {
                    rank
                };
                (rank, Reverse(site.devices.failing))
            };
            worst(one).cmp(&worst(other))
        }
        SiteColumn::Live => {
            let live = |site: &SiteStatus| (site.devices.watched == 0, Reverse(site.devices.live));
            live(one).cmp(&live(other))
        }
        SiteColumn::Failed => most(|site| site.failed_last_minute),
        SiteColumn::Attempts => most(|site| site.attempts_last_minute),
        SiteColumn::HalfOpen => most(|site| site.half_open),
        SiteColumn::Next => {
            let next = |site: &SiteStatus| (site.next_canary.is_none(), site.next_canary);
            next(one).cmp(&next(other))
        }
    }
}

/// Names as people order them: without regard to case, and 9 before 10.
pub(super) fn names(one: &str, other: &str) -> Ordering {
    alphanumeric_sort::compare_str(one.to_lowercase(), other.to_lowercase()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::bridge::SiteDevices;
    use device::SiteId;
    use reconnect::SiteState;

    fn site(name: &str, state: SiteState, [watched, live, failing]: [u32; 3]) -> SiteStatus {
        SiteStatus {
            state,
            devices: SiteDevices {
                all: 5,
                watched,
                live,
                failing,
                excluded: 0,
            },
            ..SiteStatus::untried(SiteId(1), name, 12)
        }
    }

    fn said(sites: &[SiteStatus], column: SiteColumn, reversed: bool) -> String {
        let sites = sorted(sites, Sort { column, reversed }, |site| site == SiteId(9));
        sites
            .iter()
            .map(|site| site.name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn trouble_stands_first_and_what_nobody_watches_last() {
        let sites = [
            site("up10", SiteState::Up, [3, 3, 0]),
            site("idle", SiteState::Up, [0; 3]),
            site("up9", SiteState::Up, [3, 3, 0]),
            site("partly", SiteState::Partial, [3, 2, 1]),
            site("out", SiteState::Outage, [3, 0, 3]),
            site("nothing", SiteState::Partial, [3, 0, 3]),
            site("worse", SiteState::Outage, [5, 0, 5]),
            SiteStatus {
                id: SiteId(9),
                ..site("silent", SiteState::Up, [0; 3])
            },
        ];
        let worst_first = "worse out nothing partly silent up9 up10 idle";
        let by = Sort::default();
        assert_eq!(said(&sites, by.column, by.reversed), worst_first, "at first");
        assert_eq!(
            said(&sites, SiteColumn::State, true),
            "idle up9 up10 silent partly nothing out worse"
        );
        assert_eq!(
            said(&sites, SiteColumn::Name, false),
            "idle nothing out partly silent up9 up10 worse"
        );
        assert_eq!(
            said(&sites, SiteColumn::Live, false),
            "up9 up10 partly nothing out worse idle silent"
        );
    }

    #[test]
    fn numbers_stand_from_the_largest_and_times_from_the_next() {
        let start = Instant::now();
        let with = |name, failed, next: Option<u64>| SiteStatus {
            failed_last_minute: failed,
            attempts_last_minute: failed * 2,
            next_canary: next.map(|seconds| start + Duration::from_secs(seconds)),
            ..site(name, SiteState::Up, [1, 1, 0])
        };
        let sites = [with("a", 1, None), with("b", 5, Some(9)), with("c", 0, Some(3))];
        assert_eq!(said(&sites, SiteColumn::Failed, false), "b a c");
        assert_eq!(said(&sites, SiteColumn::Attempts, true), "c a b");
        assert_eq!(said(&sites, SiteColumn::Next, false), "c b a");
        assert_eq!(
            said(&sites, SiteColumn::HalfOpen, false),
            "a b c",
            "by name where they are equal"
        );
    }
}
